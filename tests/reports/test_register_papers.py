"""Registers on paper and in sheets: every entry once, totals carried over, the same bytes twice."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from uuid import UUID

from python_calamine import CalamineWorkbook

from app.kernel.money import Cents
from app.reports.register_papers import account_pdf, register_pdf, slip_pdf, write_register
from app.reports.register_rules import (
    AccountOfUse,
    Entry,
    Holding,
    Register,
    Slip,
    SlipLine,
    UseLine,
)
from tests.papers.reading import words

HOLDING = Holding(
    UUID(int=1), "CCAS du Lorrain", 1, "26A", Cents(1000), opening_count=100, in_count=600,
    out_count=0,
)  # fmt: skip
REGISTER = Register(
    HOLDING,
    date(2026, 1, 1),
    date(2026, 12, 31),
    datetime(2027, 1, 2, tzinfo=UTC),
    "CAP Nord Martinique",
    specimen=False,
)
ENTRIES = [
    Entry(
        number=7 * n,
        recorded_at=datetime(2026, 3, 1, 14, n, tzinfo=UTC),
        operation="Compté et accepté à l’arrivée",
        origin="CAP Nord Martinique, en route vers CCAS du Lorrain",
        destination="CCAS du Lorrain, chez le prescripteur",
        first_serial=f"26A {n:05d} 01 04",
        last_serial=f"26A {n:05d} 10 87",
        booklet_count=1,
        voucher_count=10,
        face_value_cents=Cents(1000),
        in_count=10,
        out_count=0,
        balance_count=100 + 10 * n,
        document=f"Dotation DOT-2026-{n:04d}",
    )
    for n in range(1, 60)
] + [
    Entry(
        7 * 60, datetime(2027, 1, 1, 3, 59, tzinfo=UTC), "Compté", "=CAP Nord", "CCAS",
        "26A 00060 01 04", "26A 00060 10 87", 1, 10, Cents(1000), 10, 0, 700, "",
    )
]  # fmt: skip


def plain(text: str) -> str:
    return " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())


def test_the_paper_carries_balances_over_and_ends_in_words() -> None:
    first = register_pdf(REGISTER, ENTRIES)
    pages = [plain(page) for page in words(first)]

    assert first == register_pdf(REGISTER, ENTRIES)
    assert len(pages) > 3
    for page, following in pairwise(pages):
        if "À reporter" in page:
            assert "Report de la page" in following
    whole = " ".join(pages)
    assert whole.count("DOT-2026-") == 59
    assert "Arrêté le présent registre à 700 pass, soit sept mille euros" in whole
    assert "31/12/2026" in pages[-1] + pages[-2]  # at 23:59 in Martinique


def test_sheets_hold_every_entry_between_two_balances() -> None:
    out, book = io.BytesIO(), io.BytesIO()
    write_register(out, REGISTER, iter(ENTRIES), ending="csv")
    write_register(book, REGISTER, iter(ENTRIES), ending="xlsx")

    book.seek(0)
    lines = out.getvalue().decode("utf-8-sig").splitlines()
    rows = CalamineWorkbook.from_filelike(book).get_sheet_by_index(0).to_python()
    assert len(lines) == len(rows) == 1 + 60 + 2
    assert lines[1].endswith(";10,00;;;100;1000,00;;CCAS du Lorrain;26A")
    assert lines[-1].endswith(";10,00;;;700;7000,00;;CCAS du Lorrain;26A")
    assert ";'=CAP Nord;" in lines[-2]
    assert rows[-1][12:14] == [700.0, 7000.0]


def test_accounts_and_slips_fit_one_page() -> None:
    line = UseLine("Payés", "utilisés, et réglés aux médiateurs", 10, 30, Cents(30_000))
    account = AccountOfUse(
        "Pass numérique",
        "26A",
        "CAP Nord Martinique",
        Cents(1000),
        date(2026, 12, 31),
        date(2025, 12, 31),
        datetime(2027, 1, 2, tzinfo=UTC),
        replace(line, label="Commandés", total=True),
        (line,),
        specimen=True,
    )
    held = (
        SlipLine("Détenus au début", 0, Cents(0), total=True),
        SlipLine("Reçus", 7, Cents(7000)),
    )
    slip = Slip(
        "Ville du Lorrain",
        "CAP Nord Martinique",
        "Régie 2026-1",
        date(2026, 9, 1),
        date(2026, 9, 30),
        datetime(2027, 1, 2, tzinfo=UTC),
        held,
        held,
        specimen=True,
    )

    [said], [told] = words(account_pdf(account)), words(slip_pdf(slip))

    assert account.missing_count == account.gap.count == 0
    assert "Écart" in plain(said)
    assert "Régie 2026-1" in plain(told)
    assert "Le comptable public" in plain(told)
