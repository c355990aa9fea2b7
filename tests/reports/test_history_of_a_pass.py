"""A pass tells its whole story, to those whose business it is."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.kernel.serials import SerialNumber
from app.reports.service import Found, search_vouchers, voucher_report
from app.vouchers.errors import MistypedSerial, MistypedVoucherCode, UnknownVoucher
from tests.factories import Scheme

ALL_STEPS = ["redeem", "issue", "accept", "allocate", "activate", "receive"]


@pytest.fixture
def scheme(session: Session, usual_scheme: Scheme) -> Scheme:
    codes = usual_scheme.issued_booklet(session)
    usual_scheme.redeem(session, codes[6])
    usual_scheme.now += timedelta(minutes=1)
    return usual_scheme


def test_a_pass_is_found_by_its_serial_and_tells_every_step_newest_first(
    session: Session, scheme: Scheme
) -> None:
    page = voucher_report(session, actor=scheme.actors["auditor"], typed_serial="26A 00001 07")

    assert [step.act for step in page.story] == ALL_STEPS
    assert (page.state, page.holder) == ("redeemed", "EXO7")
    assert [step.document and step.document.split()[0] for step in page.story] == [
        "Reçu,",
        "Remise",
        "Dotation",
        "Dotation",
        "Commande",
        "Livraison",
    ]
    assert page.story[-1].voucher_count == 100
    assert len(page.siblings) == 10


def test_a_pass_is_found_by_its_code(session: Session, scheme: Scheme) -> None:
    code = scheme.codes(session, 1)[6]
    typed = f"{code[:4]}-{code[4:8]} {code[8:12].lower()} {code[12:]}"

    found = search_vouchers(
        session, actor=scheme.actors["coordinator"], typed=typed, now=scheme.now
    )

    assert isinstance(found, SerialNumber)
    assert str(found).startswith("26A 00001 07")


def test_the_number_of_a_booklet_lists_its_passes(session: Session, scheme: Scheme) -> None:
    found = search_vouchers(
        session, actor=scheme.actors["coordinator"], typed="26A 00001", now=scheme.now
    )

    assert isinstance(found, Found)
    assert [line.state for line in found.lines].count("circulation") == 9


def test_a_mediator_lists_of_a_booklet_what_it_took_only(session: Session, scheme: Scheme) -> None:
    found = search_vouchers(session, actor=scheme.actors["exo7"], typed="26A 00001", now=scheme.now)

    assert isinstance(found, Found)
    assert [(line.serial.position, line.state) for line in found.lines] == [(7, "redeemed")]


@pytest.mark.parametrize("name", ["ccas", "carecof"])
def test_a_pass_that_never_was_mine_looks_like_no_pass(
    session: Session, scheme: Scheme, name: str
) -> None:
    with pytest.raises(UnknownVoucher):
        voucher_report(session, actor=scheme.actors[name], typed_serial="26A 00001 07")


@pytest.mark.parametrize("name", ["plie", "exo7"])
def test_whoever_had_the_pass_may_read_its_story(
    session: Session, scheme: Scheme, name: str
) -> None:
    page = voucher_report(session, actor=scheme.actors[name], typed_serial="26A 00001 07")

    assert [step.act for step in page.story] == ALL_STEPS


def test_a_slip_of_the_finger_is_told_as_such(session: Session, scheme: Scheme) -> None:
    with pytest.raises(MistypedSerial):
        voucher_report(session, actor=scheme.actors["auditor"], typed_serial="26A 00001 07 99")
    code = scheme.codes(session, 1)[0]
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    with pytest.raises(MistypedVoucherCode):
        search_vouchers(session, actor=scheme.actors["auditor"], typed=wrong, now=scheme.now)
