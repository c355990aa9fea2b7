"""Allocations, prescriptions and payments that make no sense, or come too early or twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.clearing import errors as clearing
from app.kernel.errors import DomainError, InvalidInput
from app.mediators.errors import NoLabelInForce
from app.orders.errors import MandateTaken
from app.partners.errors import NoAgreementInForce, UnknownOrganisation
from app.prescribers import errors as prescribers
from app.prescribers.allocations import BookletRange
from app.prescribers.people import Person
from app.programmes.errors import NotEntitled, UnknownProgramme, UnknownVintage
from app.programmes.rules import Public
from app.vouchers.errors import MistypedSerial, NotABookletNumber, UnknownBooklet
from tests.service.cases import (
    AFTER_ALL,
    LONG,
    NOBODY,
    TOO_LARGE,
    YEAR_ONE,
    Case,
    case,
    invalid,
    names,
    see_refused,
    sentence,
)
from tests.service.conftest import World


def allocation(name: str, refusal: type[DomainError], *ranges: tuple[str, str]) -> Case:
    """An allocation of these booklets, as typed."""
    return case(
        name,
        "allocate_booklets",
        refusal,
        {"booklets": [BookletRange(first, last) for first, last in ranges]},
    )


def recipient(name: str, refusal: type[DomainError], organisation: str) -> Case:
    """An allocation to somebody who may not receive it."""
    return case(
        name,
        "allocate_booklets",
        refusal,
        lambda c: {"recipient_id": c.scheme.organisations[organisation]},
    )


def person(field: str, value: object, *, name: str | None = None) -> Case:
    """A person of whom one thing cannot be."""
    said = Person("Démonstration", "Rosette", 1985, "Le Lorrain")
    bent: dict[str, Any] = {field: value}
    return case(
        f"{field} {name or repr(value)[:24]}",
        "register_beneficiary",
        InvalidInput,
        {"person": replace(said, **bent)},
        field,
    )


def booklets(name: str, refusal: type[DomainError], *typed: str) -> Case:
    """A prescription of these booklets, as typed."""
    return case(name, "issue_booklets", refusal, {"booklets": typed})


def referred(name: str, refusal: type[DomainError], organisation: str) -> Case:
    """A prescription that sends the person where passes could not be taken."""
    return case(
        name,
        "issue_booklets",
        refusal,
        lambda c: {"referred_to_id": c.scheme.organisations[organisation]},
    )


def much_later(name: str, step: str, refusal: type[DomainError], days: int) -> Case:
    """The same request so many days from now."""
    return case(name, step, refusal, lambda c: {"now": c.scheme.now + timedelta(days=days)})


def of(name: str, step: str, refusal: type[DomainError], argument: str, made: str) -> Case:
    """A request about something of the chain that it cannot be about."""
    return case(name, step, refusal, lambda c: {argument: c.ids[made]})


CASES: list[Case] = [
    # ── Allocations ───────────────────────────────────────────────────────────────────────────────
    case("no programme", "allocate_booklets", UnknownProgramme, {"programme_id": NOBODY}),
    case("nobody", "allocate_booklets", UnknownOrganisation, {"recipient_id": NOBODY}),
    recipient("a mediator", NoAgreementInForce, "exo7"),
    recipient("a prescriber whose agreement ended yesterday", NoAgreementInForce, "lapsed"),
    much_later("after the agreement", "allocate_booklets", NoAgreementInForce, 301),
    allocation("nothing", prescribers.EmptyAllocation),
    allocation("not a number", NotABookletNumber, ("sept", "8")),
    allocation("a wrong key", MistypedSerial, ("26A 00007 01 00", "26A 00007 01 00")),
    allocation("booklet zero", NotABookletNumber, ("26A 00000", "26A 00007")),
    allocation("reversed", prescribers.BookletsReversed, ("26A 00008", "26A 00007")),
    allocation("two vintages", prescribers.BookletsReversed, ("26A 00007", "26Z 00008")),
    allocation("far too many", prescribers.BookletsReversed, ("26A 00001", "26A 100001")),
    allocation("no vintage", UnknownVintage, ("99X 00001", "99X 00001")),
    allocation("not delivered", prescribers.BookletsMissing, ("26A 00020", "26A 00021")),
    allocation(
        "a booklet twice",
        prescribers.BookletsOverlap,
        ("26A 00007", "26A 00008"),
        ("26A 00008", "26A 00009"),
    ),
    allocation("given away", prescribers.BookletNotInStock, ("26A 00004", "26A 00007")),
    allocation("on the way", prescribers.BookletNotInStock, ("26A 00005", "26A 00005")),
    allocation("handed over", prescribers.BookletNotInStock, ("26A 00001", "26A 00001")),
    allocation("inert", prescribers.BookletNotInStock, ("26A 00015", "26A 00015")),
    allocation("stock and inert", prescribers.BookletNotInStock, ("26A 00013", "26A 00015")),
    of(
        "another programme",
        "allocate_booklets",
        prescribers.BookletOfAnotherProgramme,
        "programme_id",
        "other programme",
    ),
    case(
        "no consignment",
        "confirm_receipt",
        prescribers.UnknownConsignment,
        {"consignment_id": NOBODY},
    ),
    of(
        "received before",
        "confirm_receipt",
        prescribers.ConsignmentReceivedAlready,
        "consignment_id",
        "allocation",
    ),
    # ── People ────────────────────────────────────────────────────────────────────────────────────
    *(
        person(field, value, name=name)
        for field in ("surname", "first_name", "commune")
        for name, value in (("empty", " "), ("with NUL", "a\0"), ("too long", LONG))
    ),
    *(person("birth_year", year) for year in (1899, 0, -1, 2090, TOO_LARGE)),
    *(person("phone", phone) for phone in ("zéro", "12345", "0" * 31, "0696\0000000")),
    *(person("email", email) for email in ("rosette", "a@b", "a@\0.fr", "@")),
    case(
        "a senior of 59",
        "register_beneficiary",
        prescribers.NotASenior,
        lambda c: {
            "public": Public.SENIOR,
            "person": Person("Démonstration", "Rosette", c.scheme.today.year - 59, "Le Robert"),
        },
    ),
    # ── Prescriptions ─────────────────────────────────────────────────────────────────────────────
    case("no programme", "issue_booklets", UnknownProgramme, {"programme_id": NOBODY}),
    case("nobody", "issue_booklets", prescribers.UnknownBeneficiary, {"beneficiary_id": NOBODY}),
    case(
        "no commitment",
        "issue_booklets",
        prescribers.CommitmentMissing,
        {"commitment": None},
    ),
    case(
        "no declaration",
        "issue_booklets",
        prescribers.DeclarationMissing,
        lambda c: {"beneficiary_id": c.ids["seeker"], "declares_no_other_pass": False},
    ),
    case(
        "a senior who is none any more by our clock",
        "issue_booklets",
        prescribers.NotASenior,
        lambda c: {
            "actor": "ccas",
            "beneficiary_id": c.ids["senior"],
            "now": c.scheme.now - timedelta(days=365 * 25),
        },
    ),
    of(
        "a public without entitlement",
        "issue_booklets",
        NotEntitled,
        "programme_id",
        "other programme",
    ),
    much_later("after the agreement", "issue_booklets", NoAgreementInForce, 301),
    much_later("after the vintage", "issue_booklets", prescribers.VintageOver, 61),
    much_later("before the vintage", "issue_booklets", NoAgreementInForce, -301),
    case("to nobody", "issue_booklets", UnknownOrganisation, {"referred_to_id": NOBODY}),
    referred("to a place without label", NoLabelInForce, "unlabelled"),
    referred("to a place without agreement", NoAgreementInForce, "unsigned"),
    referred("to a prescriber", NoAgreementInForce, "ccas"),
    booklets("nothing", prescribers.NoBookletGiven),
    booklets("not a number", NotABookletNumber, "carnet"),
    booklets("a wrong key", MistypedSerial, "26A 00003 01 00"),
    booklets("never delivered", UnknownBooklet, "26A 00099"),
    booklets("of no vintage", UnknownBooklet, "25B 00001"),
    booklets("twice", prescribers.BookletsOverlap, "26A 00003", "26A 00003"),
    booklets("of the other size", prescribers.WrongBookletSize, "26A 00012"),
    booklets("too many", prescribers.EntitlementExceeded, "26A 00003", "26A 00004"),
    booklets("in stock", prescribers.BookletNotYours, "26A 00007"),
    booklets("on the way", prescribers.BookletOnItsWay, "26A 00005"),
    booklets("inert", prescribers.BookletNotYours, "26A 00015"),
    booklets("handed over before", prescribers.BookletHandedOver, "26A 00001"),
    case(
        "a booklet of another programme",
        "issue_booklets",
        prescribers.BookletOfAnotherProgramme,
        lambda c: {
            "actor": "ccas",
            "beneficiary_id": c.ids["senior"],
            "programme_id": c.ids["other programme"],
            "booklets": [c.scheme.booklet(12)],
        },
    ),
    # ── Undoing ───────────────────────────────────────────────────────────────────────────────────
    *names("undo_redemption", "reason"),
    case(
        "no redemption",
        "undo_redemption",
        clearing.UnknownRedemption,
        {"redemption_id": NOBODY},
    ),
    *(
        of(what, "undo_redemption", refusal, "redemption_id", f"{what} redemption")
        for what, refusal in (
            ("undone", clearing.RedemptionUndoneAlready),
            ("claimed", clearing.RedemptionClaimedAlready),
            ("paid", clearing.RedemptionClaimedAlready),
        )
    ),
    # ── Clearing ──────────────────────────────────────────────────────────────────────────────────
    case("no programme", "open_clearing_run", UnknownProgramme, {"programme_id": NOBODY}),
    invalid("open_clearing_run", "cut_off_on", YEAR_ONE),
    invalid("open_clearing_run", "cut_off_on", AFTER_ALL),
    case(
        "to come",
        "open_clearing_run",
        clearing.CutOffInTheFuture,
        lambda c: {"cut_off_on": c.scheme.today + timedelta(days=4)},
    ),
    case("none", "approve_statement", clearing.UnknownStatement, {"statement_id": NOBODY}),
    *(
        case(f"at {cents}", "approve_statement", clearing.StatementChanged, {"net_cents": cents})
        for cents in (0, 999, 1001, -1000, TOO_LARGE)
    ),
    of("held", "approve_statement", clearing.StatementHeld, "statement_id", "held"),
    case(
        "approved by a second person",
        "approve_statement",
        clearing.StatementApprovedAlready,
        lambda c: {"statement_id": c.ids["approved"], "actor": "coordinator"},
    ),
    # ── Payment orders and payments ───────────────────────────────────────────────────────────────
    *names("order_payment", "mandate_number"),
    *names("order_payment", "bordereau_number"),
    invalid("order_payment", "issued_on", YEAR_ONE),
    invalid("order_payment", "issued_on", AFTER_ALL),
    case("none", "order_payment", clearing.UnknownStatement, {"statement_id": NOBODY}),
    of("a draft", "order_payment", clearing.StatementNotApproved, "statement_id", "draft"),
    of("twice", "order_payment", clearing.StatementOrderedAlready, "statement_id", "ordered"),
    case(
        "before the approval",
        "order_payment",
        InvalidInput,
        lambda c: {"issued_on": c.scheme.today},
        "issued_on",
    ),
    *(
        case(
            f"the mandat number of {whose}",
            "order_payment",
            MandateTaken,
            number,
        )
        for whose, number in (
            ("another statement", lambda c: {"mandate_number": f"M-{c.ids['paid']}"}),
            ("an order", {"mandate_number": " M-1  spare"}),
        )
    ),
    of("the same account", "order_payment", clearing.SameAccountAgain, "statement_id", "rejected"),
    case("none", "record_payment", clearing.UnknownPaymentOrder, {"payment_order_id": NOBODY}),
    of(
        "twice",
        "record_payment",
        clearing.PaymentRecordedAlready,
        "payment_order_id",
        "paid order",
    ),
    invalid("record_payment", "paid_on", YEAR_ONE),
    invalid("record_payment", "paid_on", AFTER_ALL),
    case(
        "before the mandate",
        "record_payment",
        InvalidInput,
        lambda c: {"paid_on": c.scheme.today},
        "paid_on",
    ),
]


@pytest.mark.parametrize("bent", CASES, ids=sentence)
def test_refused_with_its_code_and_nothing_changed(world: World, bent: Case) -> None:
    see_refused(world, bent)
