"""The file of a long list, made in the background: the same address, read again by whoever asked.

The address goes with the work sealed, as a file would, and is forgotten when it ends: a filter may
hold what somebody typed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from flask import Flask, Response, g, request

from app.database.connections import Database
from app.identity import queries as identity
from app.identity.passwords import keyed_hash
from app.kernel.ids import new_id
from app.kernel.text import read_day
from app.web.auth import current_actor, started_at
from app.web.format import count, moment
from app.web.lists import MAKER, Listing
from app.web.transaction import (
    current_settings,
    in_transactions_of_its_own,
    request_session,
)
from app.works.doing import Doer, Task
from app.works.pages import followed
from app.works.rules import Made, Progress, Result, WorkKind, asked
from app.works.service import ask

SAID_IN_DAYS = ("du", "au")
"""Filters that lead back to the list, where they are days: those say nothing of anybody."""


def have_made(listing: Listing[Any, Any], words: str) -> Response:
    """Ask for the file of this request's address; pressing twice in one minute asks once."""
    actor, now, secret_key = current_actor(), started_at(), current_settings().secret_key
    address = request.full_path.rstrip("?").encode()
    days = {
        name: typed
        for name in SAID_IN_DAYS
        if name in listing.filters and read_day(typed := request.args.get(name, ""))
    }
    back = {name: str(one) for name, one in (request.view_args or {}).items() if name != "ending"}
    said = asked(
        f"{listing.title} ({words}), {moment(now)}",
        back=listing.endpoint,
        back_values=back | days,
        back_named=listing.title,
        role=actor.role,
        address=keyed_hash(secret_key, address.decode()).hex(),
    )

    def work(database: Database) -> Response:
        with database.transaction() as session:
            return followed(
                ask(
                    session,
                    actor=actor,
                    work_id=new_id(),
                    kind=WorkKind.LIST,
                    asked=said,
                    content=address,
                    secret_key=secret_key,
                    now=now,
                )
            )

    return in_transactions_of_its_own(work)


@dataclass(slots=True)
class _Maker:
    """Takes the file of a task, and says how many rows it has."""

    task: Task
    made: Made | None = None
    row_count: int = 0

    def write(self, write: Callable[[BinaryIO], None], name: str, media_type: str) -> Response:
        self.made = self.task.write_file(write, name, media_type)
        return Response()

    def told(self, row_count: int) -> None:
        self.row_count = row_count
        self.task.told(Progress("Lignes écrites", row_count))


def lister(app: Flask) -> Doer:
    """Who makes files of lists, by the pages of that application."""

    def write_list(task: Task) -> Result:
        """Answer the address as its own request would have, by the rights of whoever asked now.

        Raises:
            RightMissing: that role may not read it any more.
        """
        maker = _Maker(task)
        with app.test_request_context(task.content.decode()):
            g.database, g.started_at = task.database, task.asked_at
            g.agent = identity.agent(request_session(), task.actor.agent_id)
            setattr(g, MAKER, maker)
            app.view_functions[str(request.endpoint)](**(request.view_args or {}))
        return Result(
            f"Le fichier a {count(maker.row_count)} lignes.",
            "works_pages.shown",
            {"work_id": str(task.id)},
            maker.made,
        )

    return write_list
