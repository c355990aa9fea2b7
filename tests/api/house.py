"""The HTTP door of a scheme: an application on its database, and a way in for each agent."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Settings
from app.database.connections import Database
from app.factory import create_app
from app.identity.rules import FROM_SERVER
from app.identity.service import create_token, known_agent
from app.identity.session_rules import Method, Second
from app.identity.sessions import begin_session
from app.web.cookie import COOKIE
from tests.api.contract import Contract
from tests.beginnings import begin, lived
from tests.databases import Databases
from tests.factories import Scheme
from tests.pages.client import PageClient
from tests.service.chain import CREDENTIAL, SQUARE, Chain

API = "/api/v1"
PASSWORD = "Sept mots bien choisis pour ouvrir cette porte"
PROBLEM = "application/problem+json"

Json = Any


@dataclass
class Clock:
    """The time of the application: ours, and so many days."""

    days: int = 0

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)


@dataclass(frozen=True)
class Answer:
    """What came back, read as the contract says: JSON, or a problem."""

    response: TestResponse

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def body(self) -> Json:
        return orjson.loads(self.response.data)

    @property
    def code(self) -> str:
        """The code of a refusal; nothing when it is none."""
        return str(self.body.get("code", "")) if self.status >= 400 else ""

    def made(self, status: int = 201) -> Json:
        """The body of an answer that is no refusal."""
        assert self.status == status, self.response.text
        assert self.response.mimetype == "application/json"
        return self.body

    def read(self) -> Json:
        return self.made(200)

    def found(self) -> bytes:
        """A file, or a document as bytes."""
        assert self.status == 200, self.response.text
        return bytes(self.response.data)

    def refused(self, status: int, code: str) -> Json:
        """The body of that refusal, and of no other."""
        assert (self.status, self.code) == (status, code), self.response.text
        assert self.response.mimetype == PROBLEM
        assert self.body["status"] == status
        assert self.body["type"] == f"urn:passnum:problem:{code}"
        assert self.body["title"]
        assert self.body["detail"]
        return self.body


@dataclass
class Caller:
    """One agent at the door, with what proves who it is."""

    client: FlaskClient
    contract: Contract
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: object) -> Answer:
        return self.send("GET", path, query=query)

    def post(self, path: str, body: Json = None, *, key: UUID | str | None = None) -> Answer:
        headers = {"Idempotency-Key": str(key)} if key else {}
        if body is None:
            return self.send("POST", path, headers=headers)
        return self.send("POST", path, json.dumps(body).encode(), headers=headers)

    def send(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        *,
        query: Mapping[str, object] | None = None,
        content_type: str | None = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request as bytes; what comes back is what the contract promises."""
        path, _, asked = path.partition("?")
        query = dict(parse_qsl(asked)) | dict(query or {})
        response = self.client.open(
            f"{API}{path}",
            method=method,
            data=data,
            query_string=query,
            content_type=content_type if data is not None else None,
            headers={**self.headers, **(headers or {})},
        )
        self.contract.judge(method, f"{API}{path}", response)
        return Answer(response)

    def pages(self, path: str, *, limit: int) -> Iterator[list[Json]]:
        """Every page of a list, as a client walks through it."""
        page = self.get(path, limit=limit).read()
        yield page["items"]
        while page["next"] is not None:
            page = self.get(path, limit=limit, after=page["next"]).read()
            yield page["items"]


@dataclass
class House:
    """An application and the scheme behind it."""

    app: Flask
    database: Database
    scheme: Scheme
    clock: Clock
    contract: Contract
    chain: Chain | None = None
    callers: dict[tuple[str, bool], Caller] = field(default_factory=dict)

    @classmethod
    def on(cls, database: Database, folder: Path, scheme: Scheme | Chain) -> Self:
        """Open the door of a scheme whose keys are in that folder."""
        clock = Clock()
        settings = Settings(
            data_dir=folder,
            database_url=database.url,
            owner_database_url=database.url,
            secret_key=b"a key of the tests, of 32 octets!",
            session_minutes=LASTING,
        )
        app, contract = application(settings, database, clock)
        if isinstance(scheme, Chain):
            return cls(app, database, scheme.scheme, clock, contract, scheme)
        return cls(app, database, scheme, clock, contract)

    @staticmethod
    def present() -> datetime:
        """The instant at which a scheme is set up."""
        return Clock()()

    @property
    def lived(self) -> Chain:
        """The ids of a scheme that has lived."""
        assert self.chain is not None
        return self.chain

    def nobody(self) -> Caller:
        """Whoever proves nothing."""
        return Caller(self.app.test_client(), self.contract)

    def by_token(self, name: str) -> Caller:
        """That agent, through a program."""
        if name in BEARERS:
            headers = {"Authorization": f"Bearer {BEARERS[name]}"}
            return Caller(self.app.test_client(), self.contract, headers)
        if (name, True) not in self.callers:
            with self.database.transaction() as session:
                secret, _ = create_token(
                    session, email=f"{name}@exemple.fr", label="tests", now=self.clock()
                )
            headers = {"Authorization": f"Bearer {secret}"}
            self.callers[name, True] = Caller(self.app.test_client(), self.contract, headers)
        return self.callers[name, True]

    def signed_in(self, name: str, *, anew: bool = False) -> Caller:
        """That agent, signed in as a person; tests of the page for it are elsewhere.

        `anew` where a test before may have ended that agent's sessions, as several acts do.
        """
        if anew or (name, False) not in self.callers:
            client = self.app.test_client()
            client.set_cookie(COOKIE, self.session_of(name))
            caller = Caller(client, self.contract)
            caller.headers = {"X-CSRFToken": caller.get("/me").read()["csrf_token"]}
            self.callers[name, False] = caller
        return self.callers[name, False]

    def session_of(self, name: str, second: Second | None = Second.TOTP) -> str:
        """The secret of a session of that agent, who has shown a second factor."""
        with self.database.transaction() as session:
            secret, _ = begin_session(
                session,
                agent=known_agent(session, f"{name}@exemple.fr"),
                method=Method.PASSWORD,
                second=second,
                browser="Tests",
                minutes=LASTING,
                origin=FROM_SERVER,
                now=self.clock(),
            )
        return secret


BEARERS = {"device": f"{CREDENTIAL}1", "square": SQUARE}
"""Who is no agent: a device of a chain that has lived, and what enrols another one."""
LASTING = {"all": (10_000_000, 10_000_000)}
"""Tests move the clock by months, and whoever was signed in still is."""
WIRED: list[tuple[Flask, Contract]] = []
"""The application of this process as it was wired, which answers nobody, and its contract."""


def application(
    settings: Settings, database: Database, clock: Callable[[], datetime]
) -> tuple[Flask, Contract]:
    """An application on that database, by that clock.

    Wiring one takes half a second of a processor, and its contract as much: houses share both, and
    differ in what requests find in the extensions.
    """
    if not WIRED:
        wired = create_app(settings, database, clock=clock)
        wired.test_client_class = PageClient
        WIRED.append((wired, Contract(wired)))
    [(wired, contract)] = WIRED
    app = copy(wired)
    app.config = copy(wired.config)
    app.extensions = wired.extensions | {
        "passnum_database": database,
        "passnum_settings": settings,
        "passnum_clock": clock,
    }
    return app, contract


@contextmanager
def house_that_has_lived(databases: Databases, dialect: str, folder: Path) -> Iterator[House]:
    """The door of a scheme in which something rests at every stage."""
    url, chain = begin(databases, dialect, folder, lived)
    database = Database(url)
    house = House.on(database, folder, chain)
    # What the chain ordered, approved and paid is dated two days from now.
    house.clock.days = 2
    yield house
    database.close()
    databases.drop(url)


def token_of_form(client: FlaskClient) -> str:
    """The hidden field of the sign-in form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/connexion").text)
    assert found is not None
    return found[1]


@contextmanager
def statements_counted(database: Database) -> Iterator[list[str]]:
    """The SQL that a database is told meanwhile, without what opens and closes transactions."""
    from sqlalchemy import event  # noqa: PLC0415 - only who counts listens

    told: list[str] = []

    def listen(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.split(maxsplit=1)[0].upper() not in {"BEGIN", "COMMIT", "ROLLBACK"}:
            told.append(statement)

    event.listen(database.engine, "before_cursor_execute", listen)
    try:
        yield told
    finally:
        event.remove(database.engine, "before_cursor_execute", listen)
