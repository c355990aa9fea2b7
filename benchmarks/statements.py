"""What the application says to PostgreSQL for one redemption, heard and played again by pgbench.

Nothing is written twice: when the application's statements change, so does the reference. What
belongs to this pass or this mediator (ids, hashes, accounts) is worked out again from their
numbers, `:v` and `:m`; the rest stays as it was heard.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from http import HTTPStatus
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import event

from app.database.connections import Database
from app.factory import create_app
from app.identity import passwords
from app.kernel import codes
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from benchmarks import world
from benchmarks.bench import Bench

Statement = tuple[str, Mapping[str, object]]

MOVEMENT = "insert into movement"
RETURNED = "moved_"
"""Before the name of what pgbench keeps of the movement."""


@contextmanager
def heard(database: Database) -> Iterator[list[Statement]]:
    """Every statement with its parameters, in order, BEGIN and COMMIT apart."""
    said: list[Statement] = []

    def hear(
        _connection: object,
        _cursor: object,
        statement: str,
        parameters: Mapping[str, object],
        _context: object,
        _many: object,
    ) -> None:
        said.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said to redeem one pass, and of which pass and mediator."""

    statements: Sequence[Statement]
    redemption_id: UUID
    voucher_id: int
    code_hash: bytes
    movement_id: int
    mediator: int

    def script(self, *, mediators: int) -> str:
        """A pgbench script that redeems another pass each time, at mediators 1 to `mediators`.

        Each client has a stretch of passes, `:stride` long, from `:first` on, and counts in `:n`
        those that it has taken.
        """
        meanings = self.meanings()
        lines = [
            "\\set n :n + 1",
            "\\set v :first + :client_id * :stride + :n",
            f"\\set m random(1, {mediators})",
            "begin;",
        ]
        for statement, parameters in self.statements:
            spoken = re.sub(
                r"%\((\w+)\)s", partial(_spoken_parameter, parameters, meanings), statement
            ).replace("%%", "%")
            end = f" \\gset {RETURNED}" if statement.lower().startswith(MOVEMENT) else ";"
            lines.append(" ".join(spoken.split()) + end)
        return "\n".join([*lines, "commit;", ""])

    def meanings(self) -> dict[object, str]:
        """What pgbench works out anew, by the value that was heard."""
        m, v = self.mediator, self.voucher_id
        return {
            v: ":v::bigint",
            booklet_of(v): f"(:v::bigint - (:v::bigint - 1) % {world.BOOKLET})",
            self.code_hash: "sha256(:v::text::bytea)",
            self.redemption_id: _numbered(world.REDEMPTION, ":v"),
            self.movement_id: f":{RETURNED}id",
            passwords.token_hash(world.token(m)): "sha256(('passnum_bench_' || :m)::bytea)",
            world.numbered(world.ORGANISATION, m): _numbered(world.ORGANISATION, ":m"),
            world.numbered(world.LABEL, m): _numbered(world.LABEL, ":m"),
            world.numbered(world.AGREEMENT, m): _numbered(world.AGREEMENT, ":m"),
            world.FIRST_AGENT + m: f"({world.FIRST_AGENT} + :m::integer)",
            world.FIRST_ACCOUNT + m: f"({world.FIRST_ACCOUNT} + :m::integer)",
        }


def booklet_of(voucher_id: int) -> int:
    """The booklet of a voucher: the first of its ten."""
    return voucher_id - (voucher_id - 1) % world.BOOKLET


def _numbered(what: int, number: str) -> str:
    """The same as world.numbered, in SQL."""
    beginning = str(world.numbered(what, 0))[:24]
    return f"('{beginning}' || lpad(to_hex({number}::bigint), 12, '0'))::uuid"


def _spoken_parameter(
    parameters: Mapping[str, object], meanings: Mapping[object, str], found: re.Match[str]
) -> str:
    return _spoken(parameters[found[1]], meanings)


def _spoken(value: object, meanings: Mapping[object, str]) -> str:  # noqa: PLR0911 - a case a type
    """A parameter as pgbench says it."""
    value = getattr(value, "obj", value)  # psycopg wraps what is binary
    match value:
        case list():
            return f"array[{', '.join(_spoken(part, meanings) for part in value)}]"
        case _ if value in meanings:
            return meanings[value]
        case None:
            return "null"
        case bool() | int():
            return str(value)
        case bytes():
            return f"'\\x{value.hex()}'::bytea"
        case datetime():  # without colons, which begin a variable of pgbench's
            return f"'{value.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}'::timestamptz"
        case date() | UUID():
            return f"'{value}'"
        case str():
            return "'" + value.replace("'", "''") + "'"
    message = f"pgbench cannot say {value!r}"
    raise TypeError(message)


def one_redemption(bench: Bench) -> Heard:
    """Redeem a pass at the first mediator by the route, in this process, and hear how.

    Not the first pass of a booklet, whose id is the booklet's, and not in the first request.
    """
    with bench.circulating() as (name, the_world):
        database = Database(bench.cluster.address(name))
        client = create_app(the_world.settings(database.url), database).test_client()
        coming = ((v, code) for v, code in the_world.codes() if v != booklet_of(v))
        redeem_and_hear(database, client, *next(coming))
        once_more = redeem_and_hear(database, client, *next(coming))
        database.close()
    return once_more


def redeem_and_hear(
    database: Database, client: FlaskClient, voucher_id: int, code: VoucherCode
) -> Heard:
    """Redeem one pass at the first mediator.

    Raises:
        RuntimeError: it was refused.
    """
    redemption_id = new_id()
    with heard(database) as said:
        answer = client.post(
            "/api/v1/redemptions",
            headers={"Authorization": f"Bearer {world.token(1)}"},
            json={"id": str(redemption_id), "code": code},
        )
    if answer.status_code != HTTPStatus.CREATED or not answer.json:
        message = f"a redemption was refused: {answer.text}"
        raise RuntimeError(message)
    movement_id = answer.json["movement_id"]
    return Heard(said, redemption_id, voucher_id, codes.digest(code), movement_id, mediator=1)
