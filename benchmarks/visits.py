"""Somebody who opens whatever they may: the pages of the menu, and those behind, found by links.

Nothing is listed by hand but what only a person would type. A page that is new is opened because
the menu, the map of addresses or another page leads there.
"""

import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import unescape
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from app.database.connections import Database
from benchmarks.machine import descendants, parent_of

MILLISECONDS = 1000
NANOSECONDS = 1e9
OF_A_KIND = 1
"""So many addresses of one page are opened without a question behind, and as many with each
question by itself, and with several."""
MORE_TURNS, WORTH_MS = 3, 40
"""What takes longer is asked again so often, and the quickest counts: a machine has other work."""
OF_A_FILE = " (file)"
"""What is written behind the name of a page that answers with a file."""
SKIPPED = {"static", "sign_in.sign_out"}
FILE = re.compile(r"\.([a-z]{2,5}|[a-z-]+-proof|<[^<>]+>)$")
"""Exports take what they take: they are measured elsewhere."""


@dataclass(frozen=True, slots=True)
class Page:
    """What it took to answer one address."""

    path: str
    endpoint: str
    processor_ms: float
    """Of the worker and of the database."""
    wall_ms: float
    statement_count: int
    byte_count: int
    first_ms: float = 0.0
    """The same when it was opened first: nothing of it was remembered, nor its template read."""

    def __str__(self) -> str:
        """« /stock 34 ms (41 with all waiting), 12 statements »."""
        return (
            f"{self.path} {self.processor_ms:.0f} ms ({self.wall_ms:.0f} with all waiting), "
            f"{self.statement_count} statements"
        )


@dataclass
class Visitor:
    """Somebody signed in before an application."""

    app: Flask
    client: FlaskClient
    database: Database
    processor: Callable[[], float]
    """Seconds that the worker and the database have used so far."""
    visited: dict[str, Page] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    _times: Counter[tuple[str, str]] = field(default_factory=Counter)

    def wander(self, typed: Iterable[str]) -> None:
        """Open what was typed, what has no part to fill in, and whatever is linked from there."""
        adapter = self.app.url_map.bind("localhost")
        coming = deque([*typed, *self._plain(adapter)])
        while coming:
            path = coming.popleft()
            if not self._is_new(adapter, path):
                continue
            coming.extend(self._open(adapter, path))

    def search(self, words: Iterable[str]) -> None:
        """Type these words into the search box, which no address shows."""
        form = self.client.get("/pass")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.text)
        if token is None:
            return
        for typed in words:
            sent = {"typed": typed, "csrf_token": unescape(token[1])}
            with counted(self.database) as statements:
                before, started = self.processor(), time.perf_counter()
                answer = self.client.post("/pass", data=sent)
                wall, used = time.perf_counter() - started, self.processor() - before
            self.visited[f"/pass « {typed} »"] = Page(
                f"/pass « {typed} »",
                "desk_pages.find",
                MILLISECONDS * used,
                MILLISECONDS * wall,
                len(statements),
                len(answer.data),
            )

    def look_at(self, paths: Iterable[str]) -> None:
        """Open these as well, whatever they answer: pages to which a link leads seldom."""
        adapter = self.app.url_map.bind("localhost")
        for path in paths:
            if path not in self.visited:
                self._open(adapter, path, any_status=True)

    def _plain(self, adapter: MapAdapter) -> Iterator[str]:
        for rule in self.app.url_map.iter_rules():
            if not rule.arguments and "GET" in (rule.methods or ()) and not _is_api(rule.rule):
                yield adapter.build(rule.endpoint)

    def _is_new(self, adapter: MapAdapter, path: str) -> bool:
        endpoint = endpoint_of(adapter, path)
        names = re.sub(r"=[^&]*", "", urlsplit(path).query)
        kind = (endpoint, "several" if "&" in names else names)
        if FILE.search(urlsplit(path).path) or not endpoint or endpoint in SKIPPED:
            return False
        if path in self.visited or path in self.refused:
            return False
        self._times[kind] += 1
        return self._times[kind] <= OF_A_KIND

    def _open(self, adapter: MapAdapter, path: str, *, any_status: bool = False) -> list[str]:
        page, status, text = self._ask(adapter, path)
        first_ms = page.processor_ms
        wanted = range(HTTPStatus.INTERNAL_SERVER_ERROR) if any_status else {HTTPStatus.OK}
        if status not in wanted:
            self.refused[path] = status
            return []
        for _ in range(MORE_TURNS if page.processor_ms > WORTH_MS else 0):
            again, *_ = self._ask(adapter, path)
            page = min(page, again, key=lambda one: one.processor_ms)
        self.visited[path] = replace(page, first_ms=first_ms)
        return [] if text is None else [*links(text), *filters(path, text)]

    def _ask(self, adapter: MapAdapter, path: str) -> tuple[Page, int, str | None]:
        with counted(self.database) as statements:
            before, started = self.processor(), time.perf_counter()
            answer = self.client.get(path)
            size = len(answer.data)
            wall, used = time.perf_counter() - started, self.processor() - before
        is_page = answer.mimetype == "text/html"
        page = Page(
            path,
            endpoint_of(adapter, path) + ("" if is_page else OF_A_FILE),
            MILLISECONDS * used,
            MILLISECONDS * wall,
            len(statements),
            size,
        )
        return page, answer.status_code, answer.text if is_page else None


def pages_of(app: Flask) -> dict[str, str]:
    """The endpoints of an application that answer with a page, and the rule of their address."""
    return {
        rule.endpoint: rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not _is_api(rule.rule) and not FILE.search(rule.rule)
    }


def _is_api(rule: str) -> bool:
    return rule.startswith("/api/")


def endpoint_of(adapter: MapAdapter, path: str) -> str:
    """The page that answers an address; nothing when none does."""
    try:
        return str(adapter.match(urlsplit(path).path, method="GET")[0])
    except HTTPException:
        return ""


def links(text: str) -> list[str]:
    """The addresses of this site that a page leads to."""
    found = (unescape(href) for href in re.findall(r'href="(/[^"#]*)', text))
    return [path for path in found if not _is_api(path)]


def filters(path: str, text: str) -> list[str]:
    """A list as each of its filters would show it, one at a time: the last choice of each."""
    if urlsplit(path).query:
        return []
    found = []
    for form in re.findall(r'<form[^>]*method="get".*?</form>', text, re.DOTALL | re.IGNORECASE):
        for name, options in re.findall(
            r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL
        ):
            values = [unescape(v) for v in re.findall(r'<option[^>]*value="([^"]+)"', options)]
            found += [f"{path}?{urlencode({name: value})}" for value in values[-1:]]
    return found


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@contextmanager
def used_by(database: Database) -> Iterator[Callable[[], float]]:
    """A clock of the processor time that this process, and the server of the database, have used.

    The database is on this machine, and nobody else uses its server.
    """
    if not database.is_postgresql:
        yield time.process_time
        return
    with database.engine.connect() as connection:
        server = parent_of(connection.execute(text("select pg_backend_pid()")).scalar_one())

        def processor() -> float:
            return time.process_time() + sum(map(on_a_core, descendants(server)))

        yield processor


def on_a_core(process_id: int) -> float:
    """Seconds that a process was on a core, to the nanosecond."""
    try:
        told = Path(f"/proc/{process_id}/schedstat").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(told.split()[0]) / NANOSECONDS
