"""The cookie of a session: a secret that this site alone receives, out of reach of scripts."""

from flask import request
from werkzeug.wrappers import Response

from app.web.transaction import current_settings

COOKIE = "passnum"
"""What a form says once, and the token against other sites, have a cookie of their own."""


def secret_of_cookie() -> str:
    """What the browser sent; nothing when it has no session."""
    return request.cookies.get(COOKIE, "")


def keep_cookie(response: Response, secret: str) -> None:
    """Give the browser its secret; it forgets it when it is closed."""
    response.set_cookie(
        COOKIE,
        secret,
        httponly=True,
        samesite="Lax",
        secure=current_settings().secure_cookies,
    )


def drop_cookie(response: Response) -> None:
    """Take it back."""
    response.delete_cookie(
        COOKIE, httponly=True, samesite="Lax", secure=current_settings().secure_cookies
    )
