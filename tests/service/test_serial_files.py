"""A printer's file: what is right arrives, what is wrong is put aside with its reason, once."""

import io
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app import ledger
from app.database.connections import Database
from app.kernel import codes
from app.kernel.ids import new_id
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger.models import Voucher
from app.orders import queries as orders
from app.orders.rules import SerialRange
from app.papers.sheets import Field, xlsx_bytes
from app.printing.errors import CodesNotOurs
from app.printing.service import Asked as PrintAsked
from app.printing.service import PublicAddress, plan_batch
from app.stock import queries
from app.stock.errors import (
    SerialFileEmpty,
    SerialFileNotOfThisOrder,
    SerialFileTooLong,
    SerialFileWithoutCodes,
)
from app.stock.file_rules import CodesFrom, Fault
from app.stock.serial_files import Asked, Imported, Stage, import_serials
from app.takeover.errors import UnreadableFile
from app.vouchers.models import Booklet
from tests.factories import Scheme

Lines = list[tuple[str, str, str]]


class Printer:
    """Three booklets of 10 and two of 5, and the files that come with them."""

    def __init__(self, database: Database, scheme: Scheme) -> None:
        self.database, self.scheme = database, scheme
        with database.transaction() as session:
            self.order_id = scheme.sent_order(session, tens=3, fives=2)
        self.key = scheme.keys.key(scheme.label)

    def lines(self, *numbers: int) -> Lines:
        """What is printed on these booklets."""
        return [
            (
                str(SerialNumber(BookletNumber(self.scheme.label, number), place + 1)),
                codes.derive(self.key, self.first(number) + place),
                codes.derive_cover(self.key, number),
            )
            for number in numbers or range(1, 6)
            for place in range(10 if number <= 3 else 5)
        ]

    @staticmethod
    def first(number: int) -> int:
        """The first serial of a booklet."""
        return (number - 1) * 10 + 1 if number <= 3 else 31 + (number - 4) * 5

    def send(
        self,
        lines: Sequence[Sequence[str]],
        head: str = "serial;code;cover",
        *,
        who: str = "coordinator",
        import_id: UUID | None = None,
        **asked: object,
    ) -> Imported:
        """Import a CSV of these lines."""
        content = "\r\n".join([head, *(";".join(line) for line in lines)]).encode()
        return self.import_bytes(content, who=who, import_id=import_id, **asked)

    def import_bytes(
        self,
        content: bytes,
        *,
        who: str = "coordinator",
        import_id: UUID | None = None,
        **asked: object,
    ) -> Imported:
        return import_serials(
            self.database,
            actor=self.scheme.actors[who],
            import_id=import_id or new_id(),
            asked=Asked(self.order_id, io.BytesIO(content), **asked),  # type: ignore[arg-type]
            keys=self.scheme.keys,
            now=self.scheme.now,
        )

    def aside(self, done: Imported) -> list[tuple[int, Fault]]:
        """Lines put aside, and why."""
        with self.database.transaction(writing=False) as session:
            return [(row.line, row.fault) for row in queries.every_row_aside(session, done.record)]

    def here(self) -> set[int]:
        """Serials in the cupboard."""
        with self.database.transaction(writing=False) as session:
            assert ledger.verify(session).honest
            return set(session.scalars(select(Voucher.serial)))


@pytest.fixture
def printer(database: Database, scheme: Scheme) -> Printer:
    return Printer(database, scheme)


def test_a_file_that_is_right_arrives_whole(printer: Printer) -> None:
    done = printer.send(printer.lines())

    record = done.record
    assert not done.again
    assert (record.row_count, record.received_count, record.missing_count) == (40, 40, 0)
    assert printer.here() == set(range(1, 41))
    with printer.database.transaction(writing=False) as session:
        assert record.delivery_id
        (came,) = [orders.ranges_of(session, record.delivery_id)]
        assert [(r.first_serial, r.last_serial) for r in came] == [(1, 30), (31, 40)]
    assert (record.number[:4], orders_number(printer, record.delivery_id)[:4]) == ("FIC-", "LIV-")


def orders_number(printer: Printer, delivery_id: UUID) -> str:
    with printer.database.transaction(writing=False) as session:
        delivery = orders.delivery(session, delivery_id)
        assert delivery
        return delivery.number


def test_the_same_file_again_changes_nothing_and_says_so(printer: Printer) -> None:
    first = printer.send(printer.lines(1, 2))

    again = printer.send(printer.lines(1, 2), who="coordinator2")

    assert again.again
    assert again.record.id == first.record.id
    assert printer.here() == set(range(1, 21))


def test_each_wrong_row_is_put_aside_with_its_reason(printer: Printer) -> None:
    lines = [list(line) for line in printer.lines()]
    lines[0][0] = lines[0][0][:-2] + "00"  # the key of 26A 00001 01
    lines[11][1] = lines[12][1]  # the code of its neighbour, on 26A 00002 02
    lines[30][1] = "ABC"  # 26A 00004 01
    del lines[38]  # 26A 00005 04
    extra = [
        ["bonjour", "", ""],
        [str(SerialNumber(BookletNumber("26A", 6), 1)), "", ""],
        [str(SerialNumber(BookletNumber("25Z", 1), 1)), "", ""],
        lines[25],
        [lines[26][1], lines[26][0], ""],
    ]

    done = printer.send([*lines, *extra])

    faults = dict(printer.aside(done))
    assert {line: faults[line] for line in (2, 13, 32, *range(41, 46))} == {
        2: Fault.WRONG_KEY,
        13: Fault.CODE_WRONG,
        32: Fault.CODE_UNREADABLE,
        41: Fault.UNREADABLE,
        42: Fault.NOT_ORDERED,
        43: Fault.NOT_ORDERED,
        44: Fault.DUPLICATE,
        45: Fault.UNREADABLE,
    }
    incomplete = {line for line, fault in faults.items() if fault is Fault.INCOMPLETE}
    assert incomplete == {*range(3, 12), *range(12, 22), *range(33, 37), *range(37, 41)} - {13}
    assert printer.here() == set(range(21, 31))
    with printer.database.transaction(writing=False) as session:
        # 26A 00001 01 was written wrongly and 26A 00005 04 not at all: the file names neither.
        assert queries.gaps_of(session, done.record.id) == [SerialRange(1, 1), SerialRange(39, 39)]
        rows = queries.every_row_aside(session, done.record)
        kept = " ".join(row.typed for row in rows)
    assert not any(code in kept for _, code, _ in printer.lines())


def test_what_was_put_aside_arrives_once_mended(printer: Printer) -> None:
    lines = [list(line) for line in printer.lines(1, 2)]
    lines[3][0] = "26A 00001 04 00"
    wrong = printer.send(lines)

    mended = printer.send(printer.lines(1))

    assert printer.here() == set(range(1, 21))
    assert mended.record.delivery_id != wrong.record.delivery_id
    with printer.database.transaction(writing=False) as session:
        rows = list(queries.every_row_aside(session, wrong.record))
    assert {row.line: row.arrived_at is not None for row in rows} == {
        # Nobody knows which pass the wrong number was to name.
        line: line != 5
        for line in range(2, 12)
    }


def test_serials_alone_are_enough_when_passnum_makes_the_codes(printer: Printer) -> None:
    done = printer.send([line[:1] for line in printer.lines(4)], head="Numéro de série")

    assert done.record.received_count == 5
    known = printer.send(printer.lines(4, 5))
    assert {fault for _, fault in printer.aside(known)} == {Fault.KNOWN}
    assert printer.here() == set(range(31, 41))


def test_an_issuers_codes_are_taken_as_they_are_and_only_once(printer: Printer) -> None:
    other = b"another key".ljust(32, b".")
    lines = [
        [serial, codes.derive(other, n), codes.derive_cover(other, n // 10)]
        for n, (serial, _, _) in enumerate(printer.lines(1, 2, 3))
    ]
    lines[10][1] = lines[0][1]  # a code of the first booklet on the second
    lines.append([lines[25][0], codes.derive(other, 99), ""])  # two codes for 26A 00003 06

    done = printer.send(lines, codes_from=CodesFrom.ISSUER)

    faults = dict(printer.aside(done))
    assert (faults[12], faults[27], faults[32]) == (
        Fault.CODE_TAKEN,
        Fault.CONTRADICTED,
        Fault.CONTRADICTED,
    )
    assert printer.here() == set(range(1, 11))
    with printer.database.transaction(writing=False) as session:
        borne = session.scalars(select(Voucher.code_hash).order_by(Voucher.serial)).all()
        (booklet,) = session.scalars(select(Booklet))
    assert borne == [codes.digest(codes.derive(other, n)) for n in range(10)]
    assert booklet.cover_hash == codes.digest(codes.derive_cover(other, 0))

    later = [[line[0], lines[0][1] if n == 0 else codes.derive(other, 50 + n), ""]
             for n, line in enumerate(printer.lines(4))]  # fmt: skip
    known = printer.send(later, codes_from=CodesFrom.ISSUER)
    assert dict(printer.aside(known))[2] is Fault.CODE_TAKEN

    with (
        printer.database.transaction(writing=False) as session,
        pytest.raises(CodesNotOurs, match="du carnet 26A 00001 viennent du fichier de l’émetteur"),
    ):
        plan_batch(
            session,
            actor=printer.scheme.actors["coordinator"],
            batch_id=new_id(),
            asked=PrintAsked(printer.order_id),
            address=PublicAddress("https://pass.exemple.fr", "0596 00 00 00"),
            keys=printer.scheme.keys,
            now=printer.scheme.now,
        )


def test_a_workbook_is_read_as_a_text_is(printer: Printer) -> None:
    content = xlsx_bytes(
        [Field("serial"), Field("code")],
        [line[:2] for line in printer.lines(4)],
        title="Série",
        specimen=False,
    )

    assert printer.import_bytes(content).record.received_count == 5


def test_a_file_that_cannot_be_this_orders_leaves_nothing(
    printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printer.lines()
    monkeypatch.setattr("app.stock.file_rules.MOST_QUARANTINED", 3)
    alone = [line[:1] for line in lines]

    with pytest.raises(SerialFileEmpty):
        printer.send([])
    with pytest.raises(SerialFileWithoutCodes):
        printer.send(alone, "serial", codes_from=CodesFrom.ISSUER)
    with pytest.raises(SerialFileTooLong):
        printer.send(lines, most_rows=10)
    with pytest.raises(SerialFileNotOfThisOrder):
        printer.send([["26B 00001 01"]] * 4, "serial")
    with pytest.raises(UnreadableFile):
        printer.import_bytes(b'serial\r\n"26A 00001 01')
    assert printer.here() == set()


def test_whoever_watches_hears_how_far_it_has_come(
    printer: Printer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("app.stock.serial_files.EVERY", 15)
    heard: list[tuple[Stage, int, int]] = []
    path = tmp_path / "serials.csv"
    path.write_text("serial\n" + "\n".join(line[0] for line in printer.lines()))

    with path.open("rb") as file:
        import_serials(
            printer.database,
            actor=printer.scheme.actors["coordinator"],
            import_id=new_id(),
            asked=Asked(printer.order_id, file),
            keys=printer.scheme.keys,
            now=printer.scheme.now,
            told=lambda *said: heard.append(said),
        )

    assert heard == [
        (Stage.READING, 15, 0),
        (Stage.READING, 30, 0),
        (Stage.RECEIVING, 30, 40),
        (Stage.RECEIVING, 40, 40),
    ]
