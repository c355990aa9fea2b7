"""The token that each form bears: this site made it, for one session and whoever had signed in.

Flask-WTF signs what the session keeps and compares it when the form comes back. What is kept for a
person begins with their number: so a form of theirs is known again after they signed in anew.
"""

import secrets

from flask import current_app, g, session
from itsdangerous import BadData, URLSafeTimedSerializer

FIELD = "csrf_token"
SALT = "wtf-csrf-token"
"""What Flask-WTF signs with."""


def begin_for(agent_id: int) -> None:
    """From now on, forms of this browser are of that agent's session."""
    g.pop(FIELD, None)
    session[FIELD] = f"{agent_id}.{secrets.token_hex(20)}"


def made_for(token: str) -> int | None:
    """For whom this site made that token, in whichever session; None of any other token."""
    try:
        kept = URLSafeTimedSerializer(current_app.secret_key or "", salt=SALT).loads(token)
    except BadData:
        return None
    number, _, rest = str(kept).partition(".")
    return int(number) if rest and number.isascii() and number.isdigit() else None
