"""The application a second time, under a path of its own: whoever has a copy works in it.

A request without a copy never gets as far as the second application, which is made by the first
request that needs it: a server in which nobody practises has none.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from flask import request
from werkzeug.http import parse_cookie
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from app.database.connections import Database
from app.training.copies import Copies
from app.training.rules import COOKIE, DOOR, PREFIX, WHY, Back, name_in
from app.web.transaction import current_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

VISIT = "passnum.training"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to the training: the copy it works in, and where the real application begins."""

    copies: Copies
    name: str
    database: Database
    outside: str

    @property
    def who(self) -> str:
        """Whose copy it is."""
        return self.name.partition("-")[0]

    @property
    def door(self) -> str:
        """The page from which people come."""
        return f"{self.outside}{DOOR}"


def is_for(environ: "WSGIEnvironment") -> bool:
    """Whether a request is for the training."""
    path: str = environ.get("PATH_INFO", "")
    return path == PREFIX or path.startswith(f"{PREFIX}/")


class Training:
    """The second application, and the copies it works in."""

    def __init__(self, copies: Copies, make: "Callable[[], WSGIApplication]") -> None:
        self.copies = copies
        self._make = make
        self._made: WSGIApplication | None = None
        self._guard = threading.Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer whoever has a copy, and lead everybody else to the door."""
        root = environ.get("SCRIPT_NAME", "")
        name = name_in(parse_cookie(environ).get(COOKIE, ""))
        database = self.copies.database(name)
        if database is None:
            left = "reason=signed_out" in environ.get("QUERY_STRING", "")
            why = Back.GONE if name else Back.LEFT if left else None
            return to_door(f"{root}{DOOR}", why)(environ, start_response)
        inside = {
            **environ,
            "SCRIPT_NAME": f"{root}{PREFIX}",
            "PATH_INFO": environ["PATH_INFO"].removeprefix(PREFIX) or "/",
            VISIT: Visit(self.copies, name, database, root),
        }
        return self._application()(inside, start_response)

    def _application(self) -> "WSGIApplication":
        with self._guard:
            self._made = self._made or self._make()
        return self._made


def to_door(address: str, why: Back | None = None) -> Response:
    """The way out, for whoever has no training under way."""
    answer = redirect(f"{address}?{WHY}={why}" if why else address, HTTPStatus.SEE_OTHER)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def current_visit() -> Visit:
    """The copy of the request that is being answered."""
    return cast("Visit", request.environ[VISIT])


def keep_copy(response: Response, *, name: str, secret: str, outside: str) -> None:
    """Give the browser its training: a cookie that no other page of the site receives."""
    response.set_cookie(
        COOKIE,
        f"{name}.{secret}",
        path=f"{outside}{PREFIX}",
        httponly=True,
        samesite="Lax",
        secure=current_settings().secure_cookies,
    )
