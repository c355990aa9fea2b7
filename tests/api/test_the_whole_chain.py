"""One pass from its order to its payment, over HTTP only; people approve, programs do the rest."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from app import ledger
from app.clearing.receipts import ALGORITHM
from app.database.connections import Database
from app.identity.rules import Role
from app.identity.service import create_agent
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.partners.rules import OrganisationKind
from app.programmes.keys import KeyStore
from tests.api.house import Caller, House, Json
from tests.factories import ANSWERS, Scheme
from tests.opening import IBAN

DAYS = timedelta(days=300)


@pytest.fixture
def empty_house(database: Database, tmp_path: Path) -> House:
    """What `passnum init` leaves: a sponsor with its people, and nothing else."""
    with database.transaction() as session:
        keys = tmp_path / "keys"
        scheme = Scheme(KeyStore(keys), House.present())
        scheme.organisation(session, "sponsor", OrganisationKind.SPONSOR)
        for name, role in (
            ("coordinator", Role.COORDINATOR),
            ("coordinator2", Role.COORDINATOR),
            ("finance", Role.FINANCE),
            ("finance2", Role.FINANCE),
            ("accountant", Role.ACCOUNTANT),
            ("auditor", Role.AUDITOR),
        ):
            scheme.agent(session, name, role, "sponsor")
    return House.on(database, tmp_path, scheme)


def partner(house: House, kind: str, name: str, commune: str) -> str:
    body = {"kind": kind, "name": name, "commune": commune}
    made = house.by_token("coordinator").post("/partners", body).made()
    return str(made["id"])


def account(house: House, name: str, role: Role, organisation_id: str) -> None:
    """Accounts are opened at the terminal: the API has no door to them."""
    with house.database.transaction() as session:
        create_agent(
            session,
            actor=None,
            email=f"{name}@exemple.fr",
            name=name,
            role=role,
            organisation_id=UUID(organisation_id),
            password=None,
            now=house.clock(),
        )


def today(house: House) -> date:
    return martinique_day(house.clock())


def in_force(house: House) -> dict[str, str]:
    return {
        "valid_from": str(today(house) - DAYS),
        "valid_until": str(today(house) + DAYS),
    }


def programme_and_vintage(house: House) -> tuple[str, int]:
    coordinator = house.by_token("coordinator")
    programme = coordinator.post(
        "/programmes",
        {
            "name": "Pass numérique CAP Nord",
            "sponsor_id": str(house.scheme.organisations["sponsor"]),
            "issuer_id": partner(house, "issuer", "Émetteur", "Fort-de-France"),
        },
    ).made()
    assert {e["public"]: e["booklet_count"] for e in programme["entitlements"]}["plie"] == 3
    vintage = coordinator.post(
        f"/programmes/{programme['id']}/vintages",
        {"label": "26A", "face_value_cents": 1000, "tolerance_days": 31, **in_force(house)},
    ).made()
    return programme["id"], vintage["id"]


def mediator(house: House) -> str:
    """A labelled mediator whose account a second person has confirmed."""
    coordinator = house.by_token("coordinator")
    exo7 = partner(house, "association", "Exo 7", "Case-Pilote")
    account(house, "exo7", Role.MEDIATOR, exo7)
    signed = {"role": "mediator", "reference": "C-1", **in_force(house)}
    coordinator.post(f"/partners/{exo7}/agreements", signed).made()
    granted = {"reference": "#APTIC", **in_force(house)}
    coordinator.post(f"/partners/{exo7}/labels", granted).made()
    typed = coordinator.post(
        f"/partners/{exo7}/bank-details", {"holder": "EXO 7", "iban": IBAN}
    ).made()
    house.signed_in("finance").post(f"/bank-details/{typed['id']}/approve", {"iban": IBAN}).read()
    return exo7


def prescriber(house: House) -> str:
    plie = partner(house, "plie", "PLIE du Nord", "Le Lorrain")
    account(house, "plie", Role.PRESCRIBER, plie)
    signed = {"role": "prescriber", "reference": "C-2", **in_force(house)}
    house.by_token("coordinator").post(f"/partners/{plie}/agreements", signed).made()
    return plie


def stock(house: House, programme_id: str, vintage_id: int) -> None:
    """Two booklets of ten: ordered, approved, sent, delivered, mandated, activated."""
    coordinator, finance = house.by_token("coordinator"), house.by_token("finance")
    line = {"booklet_size": 10, "booklet_count": 2, "unit_price_cents": 250}
    order = coordinator.post(
        "/orders", {"programme_id": programme_id, "vintage_id": vintage_id, "lines": [line]}
    ).made()
    path = f"/orders/{order['id']}"
    house.signed_in("coordinator2").post(f"{path}/approve").read()
    sent = coordinator.post(f"{path}/send").read()
    [allotted] = sent["allotments"]
    serials = {"first": allotted["first_serial"], "last": allotted["last_serial"]}
    delivery = coordinator.post(
        "/deliveries", {"order_id": order["id"], "ranges": [serials]}
    ).made()
    activation = {"delivery_id": delivery["id"]}
    finance.post("/activations", activation).refused(422, "mandate_missing")
    finance.post(f"{path}/mandates", {"mandate_number": "M-1", "amount_cents": 500}).made()
    assert finance.post("/activations", activation).made()["cost_cents"] == 500


def handed_out(house: House, programme_id: str, plie: str, exo7: str) -> None:
    """The first booklet entrusted, signed for, and handed to a person sent to the mediator."""
    referent = house.by_token("plie")
    allocation = (
        house.by_token("coordinator")
        .post(
            "/allocations",
            {
                "programme_id": programme_id,
                "recipient_id": plie,
                "booklets": [{"first": "26A 00001", "last": "26A 00002"}],
            },
        )
        .made()
    )
    assert allocation["state"] == "in_transit"
    referent.post(f"/allocations/{allocation['id']}/receipt").made()
    person = referent.post(
        "/beneficiaries",
        {
            "public": "plie",
            "surname": "Démonstration",
            "first_name": "Rosette",
            "birth_year": 1985,
            "commune": "Le Lorrain",
        },
    ).made()
    prescription = referent.post(
        "/prescriptions",
        {
            "programme_id": programme_id,
            "beneficiary_id": person["id"],
            "booklets": ["26A 00001"],
            "referred_to_id": exo7,
            "answers": ANSWERS,
            "commitment": "paper",
        },
    ).made()
    assert [booklet["number"] for booklet in prescription["booklets"]] == ["26A 00001"]


def redeemed(house: House) -> Json:
    """The first pass, by the code that is printed on it."""
    code = codes.derive(house.scheme.keys.key("26A"), 1)
    scanner = house.by_token("exo7")
    assert scanner.post("/vouchers/lookup", {"code": codes.written(code)}).read()["redeemable"]
    return scanner.post("/redemptions", {"code": code}).made()


def paid(house: House, programme_id: str) -> Json:
    """The next day: a run, an approval, a payment order and a payment, by four people."""
    finance = house.by_token("finance")
    house.clock.days = 1
    run = {"programme_id": programme_id, "cut_off_on": str(today(house))}
    [draft] = finance.post("/clearing-runs", run).made()["statements"]
    assert (draft["state"], draft["amount_cents"]) == ("draft", 1000)
    approval = {"version": draft["version"], "net_cents": draft["net_cents"]}
    path = f"/statements/{draft['id']}"
    alone = house.signed_in("finance").post(f"{path}/approve", approval)
    alone.refused(422, "statement_preparer_cannot_approve")
    approved = house.signed_in("finance2").post(f"{path}/approve", approval).read()
    assert approved["number"].startswith("BR-")
    order = finance.post(
        "/payment-orders",
        {
            "statement_id": draft["id"],
            "mandate_number": "M-2",
            "bordereau_number": "B-1",
            "issued_on": str(today(house)),
        },
    ).made()
    settled = {"paid_on": str(today(house))}
    house.by_token("accountant").post(f"/payment-orders/{order['id']}/payment", settled).made()
    return house.by_token("exo7").get(path).read()


def stages(caller: Caller) -> dict[str, int]:
    report = caller.get("/reports/chain").read()
    counted = {stage["kind"]: stage["voucher_count"] for stage in report["stages"]}
    assert sum(counted.values()) == report["ordered"]["voucher_count"] == 20
    return {kind: count for kind, count in counted.items() if count}


def test_a_pass_travels_from_its_order_to_its_payment(empty_house: House) -> None:
    house, auditor = empty_house, empty_house.by_token("auditor")
    programme_id, vintage_id = programme_and_vintage(house)
    exo7, plie = mediator(house), prescriber(house)

    stock(house, programme_id, vintage_id)
    assert stages(auditor) == {"stock": 20}
    handed_out(house, programme_id, plie, exo7)
    assert stages(auditor) == {"prescriber": 10, "circulation": 10}
    redemption = redeemed(house)
    assert stages(auditor) == {"prescriber": 10, "circulation": 9, "redeemed": 1}
    statement = paid(house, programme_id)

    assert statement["state"] == "paid"
    assert stages(auditor) == {"prescriber": 10, "circulation": 9, "settled": 1}
    usage = auditor.get("/reports/usage", programme_id=programme_id).read()
    rates = {d["kind"]: d["rate_basis_points"] for d in usage["denominators"]}
    assert (usage["redeemed_count"], usage["redeemed_cents"]) == (1, 1000)
    assert rates == {"issued": 1000, "entrusted": 500, "received": 500, "ordered": 500}
    history = auditor.get(f"/vouchers/{redemption['serial']}/history").read()["items"]
    assert [entry["kind"] for entry in history] == [
        *("receive", "activate", "allocate", "accept", "issue", "redeem", "claim", "settle")
    ]
    told = house.nobody().client.get("/.well-known/jwks.json").get_json()
    jws.deserialize_compact(
        redemption["receipt"], KeySet.import_key_set(told), algorithms=[ALGORITHM]
    )
    with house.database.session(writing=False) as session:
        assert ledger.verify(session).honest
