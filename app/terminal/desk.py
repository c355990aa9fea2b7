"""The desk at which a verb does its work: the database, the agent who acts, what is answered.

A verb is one call of a service between two lines of parsing and answering. The machine's operator
speaks for an agent by naming it, with the rights of a token; an approval is a person's act, so it
asks for that person's password.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar
from uuid import UUID

import click
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.config import SecretDamaged, SettingRefused, Settings
from app.database.connections import Database, UnknownDatabase, read_url
from app.identity import passwords
from app.identity.errors import SignInRefused
from app.identity.rules import FROM_COMMAND, Actor, Right
from app.identity.service import (
    Door,
    actor_of,
    begin_sign_in,
    fail_sign_in,
    finish_sign_in,
    keys_at,
    working_agent,
)
from app.kernel.clock import utc_now
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.kernel.money import NARROW, NO_BREAK
from app.kernel.text import de
from app.terminal import machine
from app.terminal.french import Command, Misused, Refused
from app.terminal.french import Group as FrenchGroup
from app.terminal.place import Place, reason
from app.terminal.values import Id
from app.web.format import MINUS, NOTHING_TO_DIVIDE, moment, typeset

DEBUG = "PASSNUM_DEBUG"


class Desk:
    """One command at work."""

    def __init__(
        self, place: Place, *, email: str | None, as_json: bool, password_on_stdin: bool = False
    ) -> None:
        self.place, self.email, self.as_json = place, email, as_json
        self.password_on_stdin = password_on_stdin
        self.now = utc_now()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "database" in self.__dict__:
            self.database.close()

    @cached_property
    def settings(self) -> Settings:
        """The settings of the installation."""
        return self.place.settings()

    @cached_property
    def database(self) -> Database:
        """The database as the application sees it."""
        return open_database(self.settings.database_url)

    @contextmanager
    def transaction(self, *, writing: bool = True) -> Iterator[Session]:
        """One transaction, committed when the block ends."""
        with self.database.transaction(writing=writing) as session:
            yield session

    # ── Who acts ──────────────────────────────────────────────────────────────────────────────────

    def actor(self, session: Session, right: Right | None = None) -> Actor:
        """The agent named by --agent, with the rights of a token.

        Raises:
            UnknownAgent, AgentDisabled, RightMissing.
        """
        actor = actor_of(working_agent(session, self.named_agent), by_token=True)
        if right is not None:
            actor.check(right)
        return actor

    @property
    def named_agent(self) -> str:
        """The address of the agent for whom the command acts."""
        if not self.email:
            message = "Dites pour qui vous agissez : --agent ADRESSE (ou PASSNUM_AGENT)."
            raise Misused(message, click.get_current_context())
        return self.email

    def approver(self) -> Actor:
        """The agent named by --agent in person, once the password is the right one.

        Without a password it is a token that asks, and the service says that a token may not.

        Raises:
            SignInRefused, TooManyAttempts: as at the sign-in page, whose throttle this is.
        """
        password = self._password()
        if password is None:
            with self.transaction(writing=False) as session:
                return self.actor(session)
        keys = keys_at(
            self.settings.secret_key,
            Door.SIGN_IN,
            self.named_agent,
            place=f"terminal {os.getuid()}",
        )
        with self.transaction() as session:
            agent = begin_sign_in(session, email=self.named_agent, keys=keys, now=self.now)
        if not passwords.matches(agent.password_hash if agent else None, password) or agent is None:
            with self.transaction() as session:
                fail_sign_in(session, agent=agent, keys=keys, origin=FROM_COMMAND, now=self.now)
            raise SignInRefused
        with self.transaction() as session:
            finish_sign_in(session, keys=keys, now=self.now)
        return actor_of(agent, by_token=False)

    def _password(self) -> str | None:
        if self.password_on_stdin:
            return first_line()
        if sys.stdin.isatty():
            return ask_hidden(f"Mot de passe {de(self.named_agent)}")
        return None

    # ── What is answered ──────────────────────────────────────────────────────────────────────────

    def answer(self, sentence: str, **data: Any) -> None:  # noqa: ANN401 - whatever JSON can say
        """One sentence for a person, or the data for a program. An id is told to both."""
        if self.as_json:
            self.dump(data)
            return
        say(sentence)
        if "id" in data:
            say(f"Identifiant : {data['id']}")

    def table(
        self, rows: Sequence[dict[str, Any]], columns: dict[str, Callable[[Any], object]], none: str
    ) -> None:
        """Rows in columns for a person, a list of objects for a program."""
        if self.as_json:
            self.dump(rows)
        elif not rows:
            say(none)
        else:
            show_table(list(columns), [[str(c(row)) for c in columns.values()] for row in rows])

    def dump(self, data: object) -> None:
        """JSON on one line; days, instants and ids as their usual texts."""
        click.echo(json.dumps(data, ensure_ascii=False, default=in_json))


def open_database(url: str, *, as_owner: bool = False) -> Database:
    """The database, which a command never makes by accident.

    Raises:
        UnknownDatabase: the address is none.
        Refused: the SQLite file does not exist.
    """
    parsed = read_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        message = f"La base {parsed.database} n’existe pas encore : lancez « passnum migrate »."
        raise Refused(message)
    return Database(url, as_owner=as_owner)


def in_json(value: object) -> str:
    """What JSON has no form for."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def say(text: str) -> None:
    """A line for a person, with the spaces of French typography."""
    click.echo(typeset(text))


def show_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns that are as wide as what they hold; numbers end where they end."""
    cells = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numbers = [are_numbers(column[1:]) for column in zip(*cells, strict=True)]
    for row in cells:
        line = (
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numbers, strict=True)
        )
        click.echo("  ".join(line).rstrip())


def are_numbers(column: Sequence[str]) -> bool:
    """Whether a column holds counts, sums or rates; a dash stands for what there is not."""
    said = [cell for cell in column if cell != NOTHING_TO_DIVIDE]
    return bool(said) and all(NUMBER.fullmatch(cell) for cell in said)


NUMBER = re.compile(rf"{MINUS}?[0-9{NARROW}{NO_BREAK}]+(,[0-9]+)?({NO_BREAK}[€%])?")


def first_line() -> str:
    """The first line of the standard input, without its end."""
    return sys.stdin.readline().rstrip("\r\n")


def ask_hidden(question: str) -> str:
    """What a person types without seeing it."""
    answer: str = click.prompt(
        typeset(question), hide_input=True, err=True, default="", show_default=False
    )
    return answer


def new_password(*, on_stdin: bool, of: str) -> str:
    """A password to keep: a line of the standard input, or typed twice.

    Raises:
        Misused: there is no terminal to ask at, or the two are not the same.
    """
    if on_stdin:
        return first_line()
    if not sys.stdin.isatty():
        message = "Donnez le mot de passe avec --password-stdin : il n’y a pas de terminal ici."
        raise Misused(message, click.get_current_context())
    password = ask_hidden(f"Mot de passe {de(of)}")
    if ask_hidden("Le même, encore une fois") != password:
        message = "Les deux mots de passe ne sont pas les mêmes : rien n’est changé."
        raise Refused(message)
    return password


# ── Verbs ─────────────────────────────────────────────────────────────────────────────────────────


class Verb(Command):
    """A command that ends with one French sentence whatever it meets, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own
        """Do the work; tell a refusal."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            if os.environ.get(DEBUG):
                raise
            raise Refused(told(error, ctx)) from error


def told(error: Exception, ctx: click.Context) -> str:
    """One sentence for what stopped a verb."""
    place = ctx.find_object(Place) or Place()
    match error:
        case DomainError():
            return machine.refusal(error)
        case UnknownDatabase():
            return machine.unknown_database(str(error))
        case SecretDamaged() | SettingRefused():
            return str(error)
        case DBAPIError():
            said = machine.database_refusal(error, place.settings().database_url)
        case OSError(filename=str() as name):
            said = f"{name} : {reason(error)}."
        case _:
            said = None
    return said or (
        f"passnum a rencontré une erreur imprévue ({type(error).__name__}) ; rien d’inachevé n’est "
        f"enregistré. Avec {DEBUG}=1, la même commande montre le détail à transmettre."
    )


class Group(FrenchGroup):
    """Verbs about one thing, each a `Verb`."""

    command_class = Verb
    group_class = type


def operating(work: Callable[..., None]) -> Callable[..., None]:
    """A verb of the machine's operator, for whom no agent is named."""

    @click.option("--json", "as_json", is_flag=True, help="Répond en JSON, pour un programme.")
    @click.pass_obj
    @wraps(work)
    def run(place: Place, /, *, as_json: bool, **given: Any) -> None:  # noqa: ANN401 - click's own
        with Desk(
            place,
            email=given.pop("acting_agent", None),
            as_json=as_json,
            password_on_stdin=given.pop("approval_on_stdin", False),
        ) as desk:
            work(desk, **given)

    return run


def acting(work: Callable[..., None]) -> Callable[..., None]:
    """A verb of an agent, who is named."""
    return click.option(
        "--agent",
        "acting_agent",
        envvar="PASSNUM_AGENT",
        metavar="ADRESSE",
        help="L’agent pour qui vous agissez (PASSNUM_AGENT).",
    )(operating(work))


def approving(work: Callable[..., None]) -> Callable[..., None]:
    """A verb that a person approves with, by password."""
    return click.option(
        "--password-stdin",
        "approval_on_stdin",
        is_flag=True,
        help="Lit le mot de passe de cet agent sur l’entrée standard au lieu de le demander.",
    )(acting(work))


password_on_stdin = click.option(
    "--password-stdin",
    "password_on_stdin",
    is_flag=True,
    help="Lit le mot de passe sur l’entrée standard au lieu de le demander deux fois.",
)


def _minted(_ctx: click.Context, _option: click.Parameter, value: UUID | None) -> UUID:
    return value or new_id()


repeatable = click.option(
    "--id",
    "request_id",
    type=Id(),
    callback=_minted,
    help="Identifiant de la demande : la répéter avec le même ne fait rien de plus.",
)


class HasId(Protocol):
    """A record, as lists are paged by."""

    @property
    def id(self) -> UUID:
        """What names it."""
        ...


RecordT = TypeVar("RecordT", bound=HasId)
PAGE = 500


def every(page_after: Callable[[UUID | None], list[RecordT]]) -> list[RecordT]:
    """All records of a paged list."""
    rows: list[RecordT] = []
    while page := page_after(rows[-1].id if rows else None):
        rows += page
    return rows


def in_french(instant: datetime | None) -> str:
    """A moment in Martinique, or a dash for what has not happened."""
    return moment(instant) if instant else "–"
