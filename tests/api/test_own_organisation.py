"""People see what concerns their own organisation, and nothing of the others."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest

from tests.api.house import Caller, House


def serial(house: House, booklet: int, place: int) -> str:
    """The printed serial of a pass, without its key."""
    return f"{house.scheme.booklet(booklet)} {place:02d}"


def everything(caller: Caller, path: str) -> list[dict[str, object]]:
    return [row for page in caller.pages(path, limit=200) for row in page]


ELSEWHERE: dict[str, tuple[str, Callable[[House], str], int, str]] = {
    "an allocation": (
        "ccas",
        lambda house: f"/allocations/{house.lived.ids['allocation']}",
        403,
        "other_organisation",
    ),
    "a person": (
        "ccas",
        lambda house: f"/beneficiaries/{house.lived.ids['person']}",
        404,
        "unknown_beneficiary",
    ),
    "a prescription": (
        "ccas",
        lambda house: f"/prescriptions/{house.lived.ids['prescription']}",
        404,
        "unknown_prescription",
    ),
    "a booklet": (
        "ccas",
        lambda house: f"/booklets/{house.scheme.booklet(1)}",
        404,
        "unknown_booklet",
    ),
    "a pass": ("ccas", lambda house: f"/vouchers/{serial(house, 1, 1)}", 404, "unknown_voucher"),
    "a history": (
        "carecof",
        lambda house: f"/vouchers/{serial(house, 1, 1)}/history",
        404,
        "unknown_voucher",
    ),
    "a redemption": (
        "carecof",
        lambda house: f"/redemptions/{house.lived.ids['redemption']}",
        404,
        "unknown_redemption",
    ),
    "a statement": (
        "carecof",
        lambda house: f"/statements/{house.lived.ids['paid']}",
        404,
        "unknown_statement",
    ),
    "a payment order": (
        "carecof",
        lambda house: f"/payment-orders/{house.lived.ids['paid order']}",
        404,
        "unknown_payment_order",
    ),
    "an agreement": (
        "ccas",
        lambda house: f"/partners/{house.scheme.organisations['plie']}/agreements",
        403,
        "other_organisation",
    ),
    "bank details": (
        "ccas",
        lambda house: f"/partners/{house.scheme.organisations['exo7']}/bank-details",
        403,
        "other_organisation",
    ),
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_what_concerns_another_organisation_is_refused(lived_in: House, what: str) -> None:
    who, path, status, code = ELSEWHERE[what]

    lived_in.by_token(who).get(path(lived_in)).refused(status, code)


def test_nobody_writes_for_another_organisation(lived_in: House) -> None:
    ids = lived_in.lived.ids
    receipt = f"/allocations/{ids['on the way']}/receipt"
    undo = f"/redemptions/{ids['redemption']}/reversal"

    lived_in.by_token("ccas").post(receipt, {}).refused(403, "other_organisation")
    undone = lived_in.by_token("carecof").post(undo, {"reason": "Essai"})
    undone.refused(404, "unknown_redemption")


def test_each_sees_its_own(lived_in: House) -> None:
    ids = lived_in.lived.ids
    plie, exo7 = lived_in.by_token("plie"), lived_in.by_token("exo7")

    plie.get(f"/allocations/{ids['allocation']}").read()
    person = plie.get(f"/beneficiaries/{ids['person']}").read()
    assert (person["surname"], person["first_name"]) == ("Démonstration", "Rosette")
    booklet = plie.get(f"/booklets/{lived_in.scheme.booklet(1)}").read()
    assert [pass_["state"] for pass_ in booklet["vouchers"]].count("circulation") == 4
    assert plie.get(f"/vouchers/{serial(lived_in, 1, 1)}").read()["state"] == "settled"
    taken = exo7.get(f"/vouchers/{serial(lived_in, 1, 1)}").read()
    assert taken["holder"]["name"] == "EXO7"
    assert exo7.get(f"/booklets/{lived_in.scheme.booklet(1)}").read()["size"] == 10
    exo7.get(f"/statements/{ids['paid']}").read()
    assert exo7.get(f"/payment-orders/{ids['paid order']}").read()["paid_on"]


def organisations_of(rows: list[dict[str, object]], name: str) -> set[UUID]:
    return {UUID(str(row[name])) for row in rows}


def test_lists_are_of_the_own_organisation(lived_in: House) -> None:
    organisations = lived_in.scheme.organisations
    plie, ccas = lived_in.by_token("plie"), lived_in.by_token("ccas")
    exo7, auditor = lived_in.by_token("exo7"), lived_in.by_token("auditor")

    for caller, path, name, own in (
        (plie, "/allocations", "recipient_id", "plie"),
        (plie, "/prescriptions", "prescriber_id", "plie"),
        (exo7, "/redemptions", "mediator_id", "exo7"),
        (exo7, "/statements", "mediator_id", "exo7"),
    ):
        assert organisations_of(everything(caller, path), name) == {organisations[own]}
    for path, name in (("/allocations", "recipient_id"), ("/statements", "mediator_id")):
        assert len(organisations_of(everything(auditor, path), name)) > 1
    names = {person["first_name"] for person in everything(plie, "/beneficiaries")}
    assert names == {"Rosette"}
    assert len(everything(plie, "/beneficiaries")) == 2
    assert len(everything(ccas, "/beneficiaries")) == 2
    assert {booklet["number"] for booklet in everything(plie, "/booklets")} == {
        lived_in.scheme.booklet(number) for number in range(1, 6)
    }
    seen = [booklet["number"] for booklet in everything(exo7, "/booklets")]
    assert seen == [*(lived_in.scheme.booklet(number) for number in (1, 2)), "22R 00001"]
    # Two of the order never arrived.
    labels = [str(booklet["number"])[:3] for booklet in everything(auditor, "/booklets")]
    assert labels.count(lived_in.scheme.label) == 22 - 2
    payment_orders = everything(exo7, "/payment-orders")
    assert {order["id"] for order in payment_orders} == {
        str(lived_in.lived.ids[name]) for name in ("paid order", "corrected payment order")
    }


def test_a_run_tells_a_mediator_of_its_own_statement_only(lived_in: House) -> None:
    path = f"/clearing-runs/{lived_in.lived.ids['run']}"

    everybody = lived_in.by_token("auditor").get(path).read()
    own = lived_in.by_token("exo7").get(path).read()

    assert (everybody["statement_count"], everybody["amount_cents"]) == (3, 3000)
    assert (own["statement_count"], own["amount_cents"]) == (1, 1000)
    [statement] = own["statements"]
    assert statement["mediator_id"] == str(lived_in.scheme.organisations["exo7"])


def test_balances_are_of_the_own_organisation(lived_in: House) -> None:
    plie = str(lived_in.scheme.organisations["plie"])

    own = lived_in.by_token("plie").get("/ledger/balances").read()["items"]
    all_of_them = lived_in.by_token("auditor").get("/ledger/balances").read()["items"]

    rest = {row["account"]["kind"]: row["voucher_count"] for row in own}
    assert rest == {"transit": 10, "prescriber": 20, "circulation": 11}
    assert {plie} <= {row["account"]["counterparty_id"] for row in own}
    assert sum(row["voucher_count"] for row in all_of_them) == 0


def test_an_iban_is_never_told_whole(lived_in: House) -> None:
    organisations, ids = lived_in.scheme.organisations, lived_in.lived.ids
    auditor = lived_in.by_token("auditor")

    for path in (
        f"/partners/{organisations['exo7']}/bank-details",
        f"/statements/{ids['paid']}",
        f"/payment-orders/{ids['paid order']}",
    ):
        told = auditor.get(path).response.text
        assert "FR14" in told
        assert "2004101005" not in told.replace(" ", "")


def test_no_name_of_a_person_leaves_its_prescriber(lived_in: House) -> None:
    for path in ("/vouchers/" + serial(lived_in, 1, 1) + "/history", "/ledger/movements"):
        told = lived_in.by_token("auditor").get(path).response.text
        assert "Rosette" not in told
        # As a number of its own: any id may hold these four figures.
        assert not re.search(r"(?<![\w.-])1985(?![\w-])", told)


PAGES_OF_OTHERS = {
    ("plie", "ccas"): (
        "/remises/{prescription}",
        "/remises/{prescription}/annuler",
        "/remises/{prescription}/lettre.pdf",
        "/remises/{prescription}/lettre-gros-caracteres.pdf",
        "/mes-personnes/{person}/corriger",
        "/dotations/{allocation}",
        "/dotations/{allocation}/bordereau.pdf",
        "/dotations/{on the way}/reception",
        "/demandes/{request}",
    ),
    ("exo7", "carecof"): (
        "/bordereaux/{paid}",
        "/bordereaux/{paid}/bordereau.pdf",
        "/encaissements/{redemption}",
        "/encaissements/{redemption}/recu.pdf",
        "/encaissements/{redemption}/annuler",
        "/seances/{support session}",
    ),
}
"""Pages and files of one organisation, and another of the same role that knows their address."""


@pytest.mark.parametrize(("own", "other"), PAGES_OF_OTHERS)
def test_a_page_or_a_file_of_another_organisation_stays_closed(
    lived_in: House, own: str, other: str
) -> None:
    owner, stranger = (lived_in.signed_in(name, anew=True).client for name in (own, other))

    for path in PAGES_OF_OTHERS[own, other]:
        address = path.format_map(lived_in.lived.ids)
        assert owner.get(address).status_code == 200, address
        refused = stranger.get(address)
        assert refused.status_code in {403, 404}, address
        assert refused.mimetype == "text/html"
        assert "Rosette" not in refused.text


def test_a_list_and_a_search_find_nothing_of_another_organisation(lived_in: House) -> None:
    stranger = lived_in.signed_in("carecof", anew=True).client
    statement = str(lived_in.lived.ids["paid"])

    for path in ("/bordereaux", "/bordereaux.csv", "/encaissements", "/recus", "/seances"):
        told = stranger.get(path)
        assert told.status_code == 200
        assert statement not in told.text
        assert "EXO7" not in told.text
    people = lived_in.signed_in("ccas", anew=True).client
    prescription = str(lived_in.lived.ids["prescription"])
    for path in ("/remises", "/remises.csv", "/mes-personnes", "/stock", "/dotations"):
        told = people.get(path)
        assert told.status_code == 200
        assert prescription not in told.text
        assert "RM-2026-0001" not in told.text
