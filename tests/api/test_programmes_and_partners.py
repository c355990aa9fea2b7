"""Programmes, vintages, partners, agreements, labels and bank details over HTTP."""

import pytest

from tests.api.house import Caller, House, Json
from tests.opening import IBAN

DAYS = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}


@pytest.fixture
def coordinator(house: House) -> Caller:
    return house.by_token("coordinator")


@pytest.fixture
def town(coordinator: Caller) -> Json:
    body = {"kind": "town", "name": "Ville du Lorrain", "commune": "Le Lorrain"}
    return coordinator.post("/partners", body).made()


def test_a_programme_says_what_each_public_is_entitled_to(
    house: House, coordinator: Caller
) -> None:
    organisations = house.scheme.organisations
    body = {
        "name": "Dispositif d’été",
        "payer": "issuer",
        "sponsor_id": str(organisations["sponsor"]),
        "issuer_id": str(organisations["issuer"]),
        "entitlements": [
            {"public": "senior", "booklet_size": 5, "booklet_count": 2, "renewal_count": 1}
        ],
    }

    made = coordinator.post("/programmes", body).made()

    assert made["entitlements"] == body["entitlements"]
    assert made["payer"] == "issuer"
    assert coordinator.get(f"/programmes/{made['id']}").read() == made
    assert made in coordinator.get("/programmes").read()["items"]


def test_a_public_has_one_entitlement(house: House, coordinator: Caller) -> None:
    organisations = house.scheme.organisations
    body = {
        "name": "Doublon",
        "sponsor_id": str(organisations["sponsor"]),
        "issuer_id": str(organisations["issuer"]),
        "entitlements": [{"public": "senior", "booklet_size": 5, "booklet_count": 2}] * 2,
    }

    refused = coordinator.post("/programmes", body).refused(422, "invalid_input")

    assert "entitlements" in refused["details"]["fields"]


def test_a_vintage_tells_its_last_day(house: House, coordinator: Caller) -> None:
    path = f"/programmes/{house.scheme.programme_id}/vintages"
    body = {"label": "27C", "face_value_cents": 1000, "tolerance_days": 31, **DAYS}

    made = coordinator.post(path, body).made()

    assert made["last_redemption_on"] == "2028-01-31"
    assert [v["label"] for v in coordinator.get(path).read()["items"]] == ["26A", "27C"]


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"valid_from": "2027-12-31", "valid_until": "2026-01-01"}, "valid_until"),
        ({"valid_from": "2026-02-29", "valid_until": "2026-03-01"}, "valid_from"),
    ],
)
def test_days_are_days_and_in_order(
    coordinator: Caller, town: Json, days: dict[str, str], field: str
) -> None:
    body = {"role": "prescriber", "reference": "C-1", **days}

    answer = coordinator.post(f"/partners/{town['id']}/agreements", body)

    assert field in answer.refused(422, "invalid_input")["details"]["fields"]


def test_a_siret_is_checked_and_belongs_to_one(coordinator: Caller) -> None:
    body = {"kind": "company", "name": "Imprimerie", "commune": "Le François"}

    made = coordinator.post("/partners", body | {"siret": "732 829 320 00074"}).made()

    assert made["siret"] == "73282932000074"
    again = coordinator.post("/partners", body | {"siret": "73282932000074"})
    again.refused(409, "siret_taken")
    wrong = coordinator.post("/partners", body | {"siret": "73282932000075"})
    assert "clé" in wrong.refused(422, "invalid_input")["details"]["fields"]["siret"]


def test_an_agreement_and_a_label_are_kept_with_their_days(coordinator: Caller, town: Json) -> None:
    path = f"/partners/{town['id']}"

    signed = coordinator.post(
        f"{path}/agreements", {"role": "mediator", "reference": "C-9", **DAYS}
    ).made()
    applied = coordinator.post(f"{path}/label-applications", {"applied_on": "2026-01-05"}).made()
    granted = coordinator.post(f"{path}/labels", {"reference": "#APTIC", **DAYS}).made()

    for name, made in (
        ("agreements", signed),
        ("label-applications", applied),
        ("labels", granted),
    ):
        assert coordinator.get(f"{path}/{name}").read() == {"items": [made], "next": None}


def test_bank_details_wait_for_a_second_person(
    house: House, coordinator: Caller, town: Json
) -> None:
    path = f"/partners/{town['id']}/bank-details"
    typed = coordinator.post(path, {"holder": "VILLE DU LORRAIN", "iban": IBAN}).made()
    approve = f"/bank-details/{typed['id']}/approve"

    assert (typed["iban"], typed["approved_by"]) == ("FR14 … 2606", None)
    alone = house.signed_in("coordinator").post(approve, {"iban": IBAN})
    alone.refused(422, "bank_details_preparer_cannot_approve")
    house.by_token("finance").post(approve, {"iban": IBAN}).refused(403, "token_cannot_approve")
    approved = house.signed_in("finance").post(approve, {"iban": IBAN}).read()

    assert approved["approved_by"] not in {None, typed["prepared_by"]}
    assert house.signed_in("finance").post(approve, {"iban": IBAN}).read() == approved
    late = house.signed_in("finance2").post(approve, {"iban": IBAN})
    late.refused(409, "bank_details_approved_already")
    assert coordinator.get(path).read()["items"] == [approved]


def test_an_iban_that_cannot_exist_is_refused_by_name(coordinator: Caller, town: Json) -> None:
    body = {"holder": "VILLE", "iban": "FR1420041010050500013M02607"}

    answer = coordinator.post(f"/partners/{town['id']}/bank-details", body)

    assert "iban" in answer.refused(422, "invalid_input")["details"]["fields"]


def test_partners_are_listed_by_kind_and_page_by_page(coordinator: Caller, town: Json) -> None:
    everybody = [row["id"] for page in coordinator.pages("/partners", limit=2) for row in page]

    assert everybody == sorted(everybody)
    assert len(everybody) == len(set(everybody)) == 7
    assert coordinator.get("/partners", kind="town").read()["items"] == [town]


def test_versions_of_settings_are_numbered_as_far_as_their_column(
    house: House, coordinator: Caller
) -> None:
    path = f"/programmes/{house.scheme.programme_id}/settings"

    assert coordinator.get(path, after=2**31 - 1).read() == {"items": [], "next": None}
    coordinator.get(path, after=2**31).refused(422, "invalid_input")
