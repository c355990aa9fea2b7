"""One page for the council: every pass and every euro, closing to zero, on exactly one page."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.identity.errors import RightMissing
from app.kernel.money import Cents
from app.reports.council import council_sheet
from app.reports.papers import council_pdf
from app.reports.rules import CouncilSheet, FunderLine
from tests.factories import Scheme
from tests.papers.reading import words


def sheet_of(session: Session, scheme: Scheme, who: str = "auditor") -> CouncilSheet:
    return council_sheet(
        session,
        actor=scheme.actors[who],
        programme_id=scheme.programme_id,
        on=scheme.today,
        now=scheme.now + timedelta(minutes=1),
    )


def plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_before_the_first_order_the_page_closes_on_nothing(
    session: Session, usual_scheme: Scheme
) -> None:
    sheet = sheet_of(session, usual_scheme)

    assert (sheet.ordered.voucher_count, sheet.missing_count, sheet.missing_cents) == (0, 0, 0)
    assert len(words(council_pdf(sheet))) == 1


def test_every_pass_and_every_euro_is_somewhere(session: Session, usual_scheme: Scheme) -> None:
    for code in usual_scheme.issued_booklet(session)[:4]:
        usual_scheme.redeem(session, code)
    usual_scheme.sent_order(session, tens=3, fives=0)

    sheet = sheet_of(session, usual_scheme)

    assert sheet.ordered.voucher_count == 150
    assert (sheet.missing_count, sheet.missing_cents) == (0, 0)
    parts = {p.label: p.amount_cents for p in (sheet.paid, sheet.owed, sheet.committed)}
    assert list(parts.values()) == [0, 4000, 146_000]
    assert (sheet.printing_cents, sheet.mandated_cents) == (3400, 10_000_000)
    assert (sheet.redeemed_count, sheet.issued_count) == (4, 10)
    assert sum(funder.amount_cents for funder in sheet.funders) == 4000
    with pytest.raises(RightMissing):
        sheet_of(session, usual_scheme, "exo7")


def test_the_paper_is_one_page_and_says_the_same(session: Session, usual_scheme: Scheme) -> None:
    usual_scheme.redeem(session, usual_scheme.issued_booklet(session)[0])
    sheet = sheet_of(session, usual_scheme)

    first, again = council_pdf(sheet), council_pdf(sheet)

    assert first == again
    [said] = words(first)
    for part in ("120 pass", "1 utilisés sur 10 remis", "Écart00,00", "Payé aux médiateurs"):
        assert plain(part) in plain(said)


def test_long_names_and_great_sums_stay_on_one_page(session: Session, usual_scheme: Scheme) -> None:
    sheet = sheet_of(session, usual_scheme)
    long = "Établissement public de coopération intercommunale du Nord de la Martinique"
    great = replace(
        sheet,
        programme_name="Dispositif " * 18,
        ordered=replace(sheet.ordered, voucher_count=9_999_999, amount_cents=Cents(99_999_999_00)),
        paid=replace(sheet.paid, amount_cents=Cents(99_999_999_00)),
        exits=(replace(sheet.exits[0], label="Jamais livrés", why=long), *sheet.exits),
        fee_cents=Cents(99_999_999_00),
        budget_cents=Cents(99_999_999_00),
        budget_released_cents=Cents(99_999_999_00),
        funders=tuple(
            FunderLine(f"{long} {n}", 2000, Cents(10**9), Cents((5 + n) * 10**8)) for n in range(3)
        ),
        specimen=True,
    )

    assert len(words(council_pdf(great))) == 1
