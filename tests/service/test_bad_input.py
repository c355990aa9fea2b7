"""Partners, programmes, orders and deliveries that make no sense, or come too early or twice."""

from datetime import timedelta

import pytest

from app.identity.errors import EmailTaken, GuessablePassword, WeakPassword
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.orders import errors as orders
from app.orders.rules import LineAsked, SerialRange
from app.partners.errors import (
    BankDetailsApprovedAlready,
    SiretTaken,
    UnknownBankDetails,
    UnknownOrganisation,
)
from app.partners.models import Organisation
from app.programmes.errors import (
    KeyMissing,
    UnknownProgramme,
    UnknownVintage,
    VintageLabelTaken,
)
from app.programmes.keys import KeyStore
from app.programmes.rules import Entitled, Public
from app.vouchers.errors import VintageKeyMismatch
from tests.opening import TEN_EUROS
from tests.service.cases import (
    AFTER_ALL,
    LONG,
    NOBODY,
    TOO_LARGE,
    YEAR_ONE,
    Case,
    case,
    days,
    invalid,
    names,
    see_refused,
    sentence,
)
from tests.service.conftest import World
from tests.service.steps import SIRET, STEPS


def lines(name: str, *asked: LineAsked) -> Case:
    """An order whose lines make no sense."""
    return case(f"an order {name}", "prepare_order", InvalidInput, {"lines": asked}, "lines")


def delivery(
    name: str, refusal: type[DomainError], *ranges: tuple[int, int], order: str = "sent order"
) -> Case:
    """A delivery of these serials; the order waits for 181 to 200, in booklets of 10."""
    return case(
        name,
        "record_delivery",
        refusal,
        lambda c: {
            "order_id": c.ids[order],
            "ranges": [SerialRange(first, last) for first, last in ranges],
        },
    )


CASES: list[Case] = [
    # ── Partners ──────────────────────────────────────────────────────────────────────────────────
    *names("register_organisation", "name"),
    *names("register_organisation", "commune"),
    invalid("register_organisation", "name", "Ассоциация", name="in another script"),
    invalid("register_organisation", "siret", "73282932000075", name="with a wrong key"),
    invalid("register_organisation", "siret", "7328293200007", name="one digit short"),
    invalid("register_organisation", "siret", "٧٣٢٨٢٩٣٢٠٠٠٠٧٤", name="in foreign digits"),
    case(
        "several fields at once",
        "register_organisation",
        InvalidInput,
        {"name": "", "commune": "\0", "siret": "1"},
        "name",
        "commune",
        "siret",
    ),
    invalid("record_siret", "siret", "73282932000075"),
    invalid("record_siret", "siret", "0" * 14, name="of zeros"),
    invalid("record_siret", "corrects", "1"),
    invalid("record_siret", "reason", ""),
    case("a SIRET of nobody", "record_siret", UnknownOrganisation, {"organisation_id": NOBODY}),
    *names("sign_agreement", "reference"),
    *days("sign_agreement"),
    case(
        "an agreement with nobody",
        "sign_agreement",
        UnknownOrganisation,
        {"organisation_id": NOBODY},
    ),
    *names("prepare_bank_details", "holder"),
    invalid("prepare_bank_details", "iban", "FR1420041010050500013M02607", name="with a wrong key"),
    invalid("prepare_bank_details", "iban", "FR14", name="cut"),
    invalid("prepare_bank_details", "iban", "", name="empty"),
    case(
        "bank details of nobody",
        "prepare_bank_details",
        UnknownOrganisation,
        {"organisation_id": NOBODY},
    ),
    case(
        "unknown bank details",
        "approve_bank_details",
        UnknownBankDetails,
        {"bank_details_id": NOBODY},
    ),
    invalid("refuse_bank_details", "reason", ""),
    case(
        "unknown bank details",
        "refuse_bank_details",
        UnknownBankDetails,
        {"bank_details_id": NOBODY},
    ),
    *names("grant_label", "reference"),
    *days("grant_label"),
    case("a label of nobody", "grant_label", UnknownOrganisation, {"organisation_id": NOBODY}),
    invalid("apply_for_label", "applied_on", YEAR_ONE),
    invalid("apply_for_label", "applied_on", AFTER_ALL),
    case(
        "an application of nobody",
        "apply_for_label",
        UnknownOrganisation,
        {"organisation_id": NOBODY},
    ),
    # ── Agents ────────────────────────────────────────────────────────────────────────────────────
    *names("create_agent", "name"),
    *(
        invalid("create_agent", "email", typed)
        for typed in ("", "x", "x@", "@x.fr", "a b@x.fr", "a@x..fr", "a@x.f", "a\0@x.fr", "é@" * 99)
    ),
    case("an address in use", "create_agent", EmailTaken, {"email": "EXO7@exemple.fr "}),
    case("a password of one word", "create_agent", WeakPassword, {"password": "caravelle"}),
    case(
        "a password that everybody tries",
        "create_agent",
        GuessablePassword,
        {"password": "Motdepasse-2026!"},
    ),
    # ── Programmes ────────────────────────────────────────────────────────────────────────────────
    *names("create_programme", "name"),
    case(
        "a public entitled twice",
        "create_programme",
        InvalidInput,
        {"entitlements": [Entitled(Public.PLIE, 10, 3), Entitled(Public.PLIE, 5, 1)]},
        "entitlements",
    ),
    *(
        case(
            f"{count} booklets of {size} a person",
            "create_programme",
            InvalidInput,
            {"entitlements": [Entitled(Public.PLIE, size, count)]},
            "entitlements",
        )
        for size, count in ((7, 1), (10, 0), (10, 21), (TOO_LARGE, 1), (10, TOO_LARGE))
    ),
    case("a programme of nobody", "create_programme", UnknownOrganisation, {"sponsor_id": NOBODY}),
    case(
        "a programme without issuer", "create_programme", UnknownOrganisation, {"issuer_id": NOBODY}
    ),
    *(
        invalid("create_vintage", "label", typed)
        for typed in ("", "26", "26a", "26AA", "2026A", "٢٦A", "26É", "26A\n")
    ),
    *(
        invalid("create_vintage", "face_value_cents", value)
        for value in (0, -1, 100_001, TOO_LARGE)
    ),
    *(invalid("create_vintage", "tolerance_days", value) for value in (-1, 367, TOO_LARGE)),
    *days("create_vintage"),
    case("a vintage of no programme", "create_vintage", UnknownProgramme, {"programme_id": NOBODY}),
    case("a label in use", "create_vintage", VintageLabelTaken, {"label": "26A"}),
    # ── Orders ────────────────────────────────────────────────────────────────────────────────────
    case("an order of nothing", "prepare_order", orders.EmptyOrder, {"lines": []}),
    lines("of booklets of 7", LineAsked(7, 1, TEN_EUROS)),
    lines("with a size twice", LineAsked(10, 1, TEN_EUROS), LineAsked(10, 2, TEN_EUROS)),
    *(lines(f"of {count}", LineAsked(10, count, TEN_EUROS)) for count in (0, -1, 100_001, 2**63)),
    *(lines(f"at {price}", LineAsked(10, 1, Cents(price))) for price in (-1, 2**63)),
    case("an order of no programme", "prepare_order", UnknownProgramme, {"programme_id": NOBODY}),
    *(
        case(f"an order of vintage {n}", "prepare_order", UnknownVintage, {"vintage_id": n})
        for n in (0, -1, 999, 2**31, TOO_LARGE)
    ),
    case(
        "an order of another programme's vintage",
        "prepare_order",
        orders.VintageOfAnotherProgramme,
        lambda c: {"vintage_id": c.other_vintage_id},
    ),
    case("an unknown order approved", "approve_order", orders.UnknownOrder, {"order_id": NOBODY}),
    case(
        "an order approved by a second person",
        "approve_order",
        orders.OrderApprovedAlready,
        lambda c: {"order_id": c.ids["approved order"]},
    ),
    case("an unknown order sent", "send_order", orders.UnknownOrder, {"order_id": NOBODY}),
    case(
        "an order sent before its approval",
        "send_order",
        orders.OrderNotApproved,
        lambda c: {"order_id": c.ids["prepared order"]},
    ),
    # ── Deliveries ────────────────────────────────────────────────────────────────────────────────
    case("a delivery of no order", "record_delivery", orders.UnknownOrder, {"order_id": NOBODY}),
    delivery("before it was sent", orders.OrderNotSent, (181, 190), order="approved order"),
    delivery("a delivery of nothing", orders.EmptyDelivery),
    delivery("a reversed range", orders.RangeReversed, (190, 181)),
    delivery("a range from zero", orders.RangeReversed, (0, 10)),
    delivery("a negative range", orders.RangeReversed, (-10, -1)),
    delivery("a range beyond 2^63", orders.RangeReversed, (181, TOO_LARGE)),
    delivery("ranges that overlap", orders.RangesOverlap, (181, 190), (190, 199)),
    delivery("the same range twice", orders.RangesOverlap, (181, 190), (181, 190)),
    delivery("a range in another", orders.RangesOverlap, (181, 200), (185, 186)),
    delivery("another order's serials", orders.SerialsNotOfThisOrder, (141, 150)),
    delivery("serials of nobody", orders.SerialsNotOfThisOrder, (1001, 1010)),
    delivery("one booklet too many", orders.DeliveryExceedsOrder, (181, 210)),
    delivery("a range from before the order", orders.DeliveryExceedsOrder, (171, 190)),
    delivery("half a booklet", orders.RangeCutsABooklet, (181, 185)),
    delivery("a booklet without its first pass", orders.RangeCutsABooklet, (182, 190)),
    delivery("ten passes of two booklets", orders.RangeCutsABooklet, (186, 195)),
    delivery("what arrived before", orders.SerialsReceivedAlready, (1, 10), order="stock order"),
    case(
        "a delivery without the key",
        "record_delivery",
        KeyMissing,
        lambda c: {"keys": KeyStore(c.scheme.keys.folder / "elsewhere")},
    ),
    # ── Mandates and activations ──────────────────────────────────────────────────────────────────
    invalid("record_mandate", "mandate_number", "", name="empty"),
    invalid("record_mandate", "mandate_number", "M" * 51, name="of 51 characters"),
    invalid("record_mandate", "mandate_number", "M\0", name="with NUL"),
    invalid("record_mandate", "amount_cents", -1),
    invalid("record_mandate", "amount_cents", TOO_LARGE),
    case("a mandate of no order", "record_mandate", orders.UnknownOrder, {"order_id": NOBODY}),
    case(
        "a mandate before the approval",
        "record_mandate",
        orders.OrderNotApproved,
        lambda c: {"order_id": c.ids["prepared order"]},
    ),
    case(
        "a mandate number twice",
        "record_mandate",
        orders.MandateTaken,
        {"mandate_number": " M-1 poor order "},
    ),
    case(
        "a mandate number of a statement",
        "record_mandate",
        orders.MandateTaken,
        lambda c: {"mandate_number": f"M-{c.ids['paid']}", "now": c.scheme.later},
    ),
    invalid("record_mandate", "amount_cents", 0),
    *(
        case(
            f"a mandate {when}",
            "record_mandate",
            InvalidInput,
            lambda c, days=days: {  # type: ignore[misc]  # each keeps its own
                "issued_on": c.scheme.today + timedelta(days=days)
            },
            "issued_on",
        )
        for when, days in (("dated before the approval", -1), ("to come", 1))
    ),
    invalid("cancel_mandate", "reason", " "),
    case(
        "a cancellation of no mandate",
        "cancel_mandate",
        orders.UnknownMandate,
        {"mandate_id": NOBODY},
    ),
    case(
        "a cancellation of a mandate that covers what is active",
        "cancel_mandate",
        orders.MandateCoversActivation,
        lambda c: {"mandate_id": c.ids["mandate of stock order"]},
    ),
    case(
        "an activation of no delivery",
        "activate_delivery",
        orders.UnknownDelivery,
        {"delivery_id": NOBODY},
    ),
    case(
        "an activation without mandate",
        "activate_delivery",
        orders.MandateMissing,
        lambda c: {"delivery_id": c.ids["inert delivery"]},
    ),
    case(
        "an activation that the mandates do not cover",
        "activate_delivery",
        orders.MandateDoesNotCover,
        lambda c: {"delivery_id": c.ids["poor delivery"]},
    ),
    case(
        "an activation of what is active",
        "activate_delivery",
        orders.DeliveryActivatedAlready,
        lambda c: {"delivery_id": c.ids["stock delivery"]},
    ),
]


@pytest.mark.parametrize("bent", CASES, ids=sentence)
def test_refused_with_its_code_and_nothing_changed(world: World, bent: Case) -> None:
    see_refused(world, bent)


def test_two_organisations_have_one_siret(world: World) -> None:
    register = STEPS["register_organisation"]
    register.run(world.session, world.chain, siret="732 829 320 00074")

    with pytest.raises(SiretTaken):
        register.run(world.session, world.chain, organisation_id=new_id(), siret=SIRET)


def test_bank_details_approved_by_another_need_no_second_approval(world: World) -> None:
    approve = STEPS["approve_bank_details"]
    approve.run(world.session, world.chain)

    with pytest.raises(BankDetailsApprovedAlready):
        approve.run(world.session, world.chain, actor="finance2")


def test_a_delivery_with_another_key_in_its_place_is_refused(world: World) -> None:
    elsewhere = KeyStore(world.scheme.keys.folder.parent / "forged")
    elsewhere.create(world.scheme.label)

    world.refuses(
        VintageKeyMismatch, lambda s, c: STEPS["record_delivery"].run(s, c, keys=elsewhere)
    )


def test_names_keep_their_accents_in_one_spelling(world: World) -> None:
    register = STEPS["register_organisation"]

    made = register.run(world.session, world.chain, name="E\u0301cole  du\u00a0Prêcheur")
    longest = register.run(world.session, world.chain, siret=None, name=LONG[:200])

    assert isinstance(made, Organisation)
    assert isinstance(longest, Organisation)
    assert (made.name, len(longest.name)) == ("École du Prêcheur", 200)
