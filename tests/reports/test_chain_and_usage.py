"""Where the passes are closes to what was ordered, and each rate names its denominator."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.database.connections import Database
from app.identity.errors import RightMissing
from app.kernel.clock import end_of_day, first_instant
from app.kernel.errors import InvalidInput
from app.orders.rules import SerialRange
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.programmes.service import known_vintage
from app.reports.accounts import account_of_use
from app.reports.council import council_sheet
from app.reports.papers import council_pdf
from app.reports.service import ChainReport, UsageReport, chain_report, usage_report
from tests.factories import Scheme
from tests.papers.reading import words


def chain(session: Session, scheme: Scheme, **more: object) -> ChainReport:
    return chain_report(
        session,
        actor=scheme.actors["auditor"],
        on=scheme.today,
        now=scheme.now + timedelta(minutes=1),
        **more,  # type: ignore[arg-type]
    )


def usage(session: Session, scheme: Scheme, **more: object) -> UsageReport:
    return usage_report(
        session,
        actor=scheme.actors["auditor"],
        now=scheme.now + timedelta(minutes=1),
        **{"on": scheme.today, **more},  # type: ignore[arg-type]
    )


def rests(report: ChainReport) -> dict[str, int]:
    return {stage.kind: stage.voucher_count for stage in report.stages + report.exits}


def test_every_pass_ordered_is_somewhere_at_each_step(
    session: Session, usual_scheme: Scheme
) -> None:

    assert chain(session, usual_scheme).ordered.voucher_count == 0

    order_id = usual_scheme.sent_order(session, tens=10, fives=4)
    assert rests(chain(session, usual_scheme))["on_order"] == 120

    delivery_id = usual_scheme.delivery(session, order_id, [SerialRange(1, 50)])
    partly = chain(session, usual_scheme)
    assert (rests(partly)["on_order"], rests(partly)["stock_inert"]) == (70, 50)

    usual_scheme.activation(session, order_id, delivery_id)
    usual_scheme.allocation(session, 1, 3)
    usual_scheme.allocation(session, 4, 4, accept=False)
    usual_scheme.prescription(session, usual_scheme.beneficiary(session), [1])
    usual_scheme.redeem(session, usual_scheme.codes(session, 1)[0])
    report = chain(session, usual_scheme)

    assert rests(report) == {
        **dict.fromkeys(rests(report), 0),
        "on_order": 70,
        "stock": 10,
        "transit": 10,
        "prescriber": 20,
        "circulation": 9,
        "redeemed": 1,
    }
    assert sum(rests(report).values()) == report.ordered.voucher_count == 120
    assert report.ordered.amount_cents == 120_000

    # When the passes serve no more, what has not arrived is expected no longer.
    terms = known_vintage(session, usual_scheme.vintage_id)
    usual_scheme.now = end_of_day(terms.last_redemption_on) - timedelta(minutes=2)
    assert rests(chain(session, usual_scheme))["on_order"] == 70
    usual_scheme.now += timedelta(minutes=2)
    ended = chain(session, usual_scheme)
    assert (rests(ended)["on_order"], rests(ended)["undelivered"]) == (0, 70)
    assert sum(rests(ended).values()) == ended.ordered.voucher_count == 120
    asked: Any = {
        "actor": usual_scheme.actors["auditor"],
        "on": usual_scheme.today,
        "now": usual_scheme.now,
    }
    sheet = council_sheet(session, programme_id=usual_scheme.programme_id, **asked)
    use = account_of_use(session, vintage_id=usual_scheme.vintage_id, **asked)
    assert (sheet.exits[0].label, sheet.exits[0].voucher_count) == ("Jamais livrés", 70)
    assert (sheet.released.voucher_count, sheet.missing_cents, use.missing_count) == (70, 0, 0)
    counts = {line.label: line.count for line in use.lines}
    assert (counts["Restants à livrer"], counts["Jamais livrés"]) == (0, 70)
    assert len(words(council_pdf(sheet))) == 1


def test_the_usage_rate_says_of_what(session: Session, usual_scheme: Scheme) -> None:
    codes = usual_scheme.issued_booklet(session)
    usual_scheme.allocation(session, 11, 11, to="ccas")
    elder = usual_scheme.beneficiary(session, public=Public.SENIOR, birth_year=1950, by="ccas")
    usual_scheme.prescription(session, elder, [11], by="ccas", referred_to="carecof")
    for code in codes[:4]:
        usual_scheme.redeem(session, code)
    usual_scheme.redeem(session, usual_scheme.codes(session, 11)[0], at="carecof")

    report = usage(session, usual_scheme)

    assert (report.issued_count, report.redeemed_count, report.redeemed_cents) == (15, 5, 5000)
    assert (report.in_hand_count, report.in_hand_cents) == (10, 10_000)
    assert {d.kind: d.voucher_count for d in report.denominators} == {
        "issued": 15,
        "entrusted": 15,
        "received": 120,
        "ordered": 120,
    }
    assert [(row.name, row.issued_count, row.redeemed_count) for row in report.prescribers] == [
        ("PLIE", 10, 4),
        ("CCAS", 5, 1),
    ]
    publics = {row.name: (row.issued_count, row.redeemed_count) for row in report.publics}
    assert publics[FRENCH_PUBLIC[Public.PLIE]] == (10, 4)
    assert publics[FRENCH_PUBLIC[Public.SENIOR]] == (5, 1)
    assert [(place.name, place.redeemed_count, place.amount_cents) for place in report.places] == [
        ("EXO7", 4, 4000),
        ("CARECOF", 1, 1000),
    ]
    for rows in (report.prescribers, report.publics, report.months):
        assert sum(row.issued_count for row in rows) == 15
        assert sum(row.redeemed_count for row in rows) == 5


def test_an_undone_redemption_leaves_the_rate(session: Session, usual_scheme: Scheme) -> None:
    verdict = usual_scheme.redeem(session, usual_scheme.issued_booklet(session)[0])
    assert usage(session, usual_scheme).redeemed_count == 1

    usual_scheme.undone(session, verdict.redemption_id)

    report = usage(session, usual_scheme)
    assert (report.redeemed_count, report.issued_count) == (0, 10)
    assert [row.redeemed_count for row in report.prescribers] == [0]
    assert sum(row.redeemed_count for row in report.publics) == 0
    assert sum(row.redeemed_count for row in report.months) == 0


def test_a_report_at_a_past_day_knows_only_what_was_recorded_by_then(
    owner_database: Database, usual_scheme: Scheme
) -> None:
    with owner_database.transaction() as session:
        yesterday = first_instant(usual_scheme.today) - timedelta(hours=1)
        with ledger.recorded_at(session, yesterday):
            codes = usual_scheme.issued_booklet(session)
        usual_scheme.redeem(session, codes[0])

        before = usage(session, usual_scheme, on=usual_scheme.today - timedelta(days=1))
        now = usage(session, usual_scheme)

    assert (before.issued_count, before.redeemed_count) == (10, 0)
    assert (now.issued_count, now.redeemed_count) == (10, 1)


def test_a_day_to_come_has_no_report(session: Session, usual_scheme: Scheme) -> None:

    with pytest.raises(InvalidInput):
        usage(session, usual_scheme, on=usual_scheme.today + timedelta(days=1))


@pytest.mark.parametrize("name", ["plie", "exo7", "administrator"])
def test_only_those_who_see_all_organisations_see_the_whole_chain(
    session: Session, usual_scheme: Scheme, name: str
) -> None:

    with pytest.raises(RightMissing):
        chain_report(
            session, actor=usual_scheme.actors[name], on=usual_scheme.today, now=usual_scheme.now
        )
