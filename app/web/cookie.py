"""The cookie of a session: a secret that this site alone receives, out of reach of scripts."""

import re
import secrets
from datetime import timedelta

from flask import current_app, g, request, url_for
from werkzeug.wrappers import Response

from app.web.transaction import current_settings

COOKIE = "passnum"
"""What a form says once, and the token against other sites, have a cookie of their own."""
NAMED_BY = "PASSNUM_COOKIE"
"""The setting of Flask that says the name where it is another; its path is that of the pages."""


def secret_of_cookie() -> str:
    """What the browser sent; nothing when it has no session.

    What stands before a point is for whoever looks for the database first.
    """
    return request.cookies.get(_name(), "").rpartition(".")[2]


def _name() -> str:
    return str(current_app.config.get(NAMED_BY, COOKIE))


def _path() -> str:
    return str(current_app.config["SESSION_COOKIE_PATH"] or "/")


def keep_cookie(response: Response, secret: str) -> None:
    """Give the browser its secret; it forgets it when it is closed."""
    response.set_cookie(
        _name(),
        secret,
        path=_path(),
        httponly=True,
        samesite="Lax",
        secure=current_settings().secure_cookies,
    )


BROWSER = "passnum_browser"
"""Recognises a browser in which a password was right, for the throttle alone: it opens nothing."""
_NONCE = re.compile(r"[\w-]{22}", re.ASCII)


def browser_nonce() -> str:
    """What this browser is known by; a new one when it has none."""
    if "browser_nonce" not in g:
        sent = request.cookies.get(BROWSER, "")
        g.browser_nonce = sent if _NONCE.fullmatch(sent) else secrets.token_urlsafe(16)
    return str(g.browser_nonce)


def keep_browser(response: Response, lasting: timedelta) -> None:
    """Let the browser be known again."""
    response.set_cookie(
        BROWSER,
        browser_nonce(),
        max_age=lasting,
        path=url_for("identity_pages.sign_in"),
        httponly=True,
        samesite="Lax",
        secure=current_settings().secure_cookies,
    )


def drop_cookie(response: Response) -> None:
    """Take it back."""
    response.delete_cookie(
        _name(),
        path=_path(),
        httponly=True,
        samesite="Lax",
        secure=current_settings().secure_cookies,
    )
