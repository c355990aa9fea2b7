"""What goes back to a printer and what two people sign, read back from the paper."""

from datetime import UTC, date, datetime
from uuid import UUID

import pypdfium2

from app.kernel.serials import BookletNumber, SerialNumber
from app.stock.count_rules import CountedLine, CountState, CountTotal, DifferenceKind
from app.stock.file_rules import CodesFrom, Fault
from app.stock.papers import (
    CountReport,
    Difference,
    FileReport,
    ToldRow,
    count_paper,
    difference_sheet,
    discrepancy_report,
    discrepancy_sheet,
)
from app.stock.queries import FaultCount

AT = datetime(2026, 11, 22, 14, tzinfo=UTC)


def serial(booklet: int, place: int) -> SerialNumber:
    return SerialNumber(BookletNumber("26A", booklet), place)


def words(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return " ".join(" ".join(pages).split()).replace("\u00a0", " ").replace("\u202f", " ")


def file(count: int) -> tuple[FileReport, list[ToldRow]]:
    report = FileReport(
        number="FIC-2026-0001",
        order_number="BC-2026-0003",
        vintage_label="26A",
        issuer="Émetteur",
        sponsor="CAP Nord Martinique",
        fingerprint="38557c0ae3508b51" * 4,
        codes_from=CodesFrom.PASSNUM,
        imported_at=AT,
        row_count=1000,
        received_count=1000 - count,
        quarantined_count=count,
        missing_count=10,
        delivery_number="LIV-2026-0004",
        faults=(FaultCount(Fault.CODE_WRONG, count, 0),),
        gaps=((serial(12, 1), serial(12, 10)),),
    )
    rows = [
        ToldRow(n, str(serial(n, 1)), str(serial(n, 1)), Fault.CODE_WRONG, None)
        for n in range(1, count + 1)
    ]
    return report, rows


def test_the_printer_reads_what_is_wrong_row_by_row() -> None:
    report, rows = file(70)

    said = words(content := discrepancy_report(report, rows, specimen=False))

    assert "930 pass, livraison LIV-2026-0004" in said
    assert "Code d’un autre pass 70 0" in said
    assert str(serial(12, 10)) in said
    assert said.count("Numéro écrit") > 1, "heads are repeated over the pages"
    assert content == discrepancy_report(report, rows, specimen=False)
    lines = discrepancy_sheet(report, rows, specimen=False).decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 70 + 1
    assert lines[-1].split(";")[2:4] == [f"{serial(12, 1)} à {serial(12, 10)}", "Absent du fichier"]


def count(*differences: Difference, strangers: tuple[CountedLine, ...] = ()) -> CountReport:
    missing = sum(d.voucher_count for d in differences if d.kind is DifferenceKind.MISSING)
    excess = sum(d.voucher_count for d in differences if d.kind is DifferenceKind.EXCESS)
    return CountReport(
        id=UUID(int=1),
        number="PVC-2026-0001",
        holder_id=UUID(int=2),
        holder="CCAS du Lorrain",
        sponsor="CAP Nord Martinique",
        is_cupboard=False,
        counted_on=date(2026, 11, 22),
        opened_at=AT,
        state=CountState.CLOSED,
        closed_at=AT,
        theory_at=AT,
        signed_at=None,
        closed_by=1,
        signed_by=None,
        closed_by_name="Paul Sainte-Rose",
        signed_by_name="",
        abandoned_at=None,
        abandoned_by_name="",
        abandonment_reason="",
        totals=(CountTotal("26A", 100, 100 - missing + excess, missing, excess, 1000),),
        differences=differences,
        strangers=strangers,
    )


def test_the_proces_verbal_says_theory_counted_and_difference_and_leaves_room_for_two() -> None:
    data = count(
        Difference(
            DifferenceKind.MISSING, serial(4, 2), serial(4, 10), "Chez le prescripteur", 1000
        ),
        Difference(DifferenceKind.EXCESS, serial(9, 3), serial(9, 3), "Remis, PLIE", 1000),
        strangers=(CountedLine("26A", 90, 91),),
    )

    said = words(content := count_paper(data, specimen=False))

    assert "100 1 000,00 € 92 920,00 € −8 −80,00 €" in said
    assert "26A 00004 02" in said
    assert "Remis, PLIE" in said
    assert "26A 00090 à 26A 00091" in said
    assert "neuf cent vingt euros" in said
    assert said.count("Date, signature et cachet") == 2
    assert "Paul Sainte-Rose" in said
    assert content == count_paper(data, specimen=False)
    assert len(difference_sheet(data, specimen=False).splitlines()) == 1 + 9 + 1 + 1


def test_a_count_that_agrees_says_so() -> None:
    assert "Rien ne manque et rien n’est en trop." in words(count_paper(count(), specimen=False))
    assert "SPÉCIMEN" in words(count_paper(count(), specimen=True))
