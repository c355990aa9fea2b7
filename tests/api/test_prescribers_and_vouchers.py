"""Allocations, people, prescriptions, and where a pass has been, over HTTP."""

from itertools import pairwise

import pytest

from tests.api.house import Caller, House, Json
from tests.factories import ANSWERS


@pytest.fixture
def stocked(house: House) -> House:
    """A house with ten booklets of ten and four of five in stock."""
    with house.database.transaction() as session:
        house.scheme.stock(session)
    return house


@pytest.fixture
def plie(stocked: House) -> Caller:
    return stocked.by_token("plie")


def allocated(house: House, first: int, last: int) -> Json:
    body = {
        "programme_id": str(house.scheme.programme_id),
        "recipient_id": str(house.scheme.organisations["plie"]),
        "booklets": [{"first": house.scheme.booklet(first), "last": house.scheme.booklet(last)}],
    }
    return house.by_token("coordinator").post("/allocations", body)


def person(public: str = "plie", birth_year: int = 1985) -> Json:
    return {
        "public": public,
        "surname": "Démonstration",
        "first_name": "Rosette",
        "birth_year": birth_year,
        "commune": "Le Lorrain",
    }


def handed(house: House, beneficiary: Json, *booklets: int, **more: object) -> Json:
    body = {
        "programme_id": str(house.scheme.programme_id),
        "beneficiary_id": beneficiary["id"],
        "booklets": [house.scheme.booklet(number) for number in booklets],
        "referred_to_id": str(house.scheme.organisations["exo7"]),
        "answers": ANSWERS,
        "commitment": "paper",
        "duplicate_reason": "another_person",
        **more,
    }
    return house.by_token("plie").post("/prescriptions", body)


def test_booklets_are_on_the_way_until_somebody_signs(stocked: House, plie: Caller) -> None:
    made = allocated(stocked, 1, 3).made()
    path = f"/allocations/{made['id']}"
    assert made["state"] == "in_transit"
    assert made["booklets"] == [{"first": "26A 00001", "last": "26A 00003", "voucher_count": 30}]
    on_the_way = plie.get("/vouchers/26A 00002 01").read()
    assert on_the_way["state"] == "transit"
    assert (on_the_way["holder"]["name"], on_the_way["recipient"]["name"]) == ("SPONSOR", "PLIE")

    plie.post(f"{path}/receipt").made()

    received = plie.get(path).read()
    assert (received["state"], received["booklets"]) == ("received", made["booklets"])
    plie.post(f"{path}/receipt").refused(409, "consignment_received_already")
    assert plie.get("/vouchers/26A 00002 01").read()["recipient"] is None


def test_a_booklet_is_entrusted_once(stocked: House) -> None:
    allocated(stocked, 1, 1).made()

    assert "26A 00001" in allocated(stocked, 1, 2).refused(409, "booklet_not_in_stock")["detail"]
    allocated(stocked, 3, 2).refused(422, "booklets_reversed")
    allocated(stocked, 14, 15).refused(422, "booklets_missing")


def test_a_person_gets_what_the_programme_gives_and_no_more(stocked: House, plie: Caller) -> None:
    plie.post(f"/allocations/{allocated(stocked, 1, 5).made()['id']}/receipt").made()
    rosette = plie.post("/beneficiaries", person()).made()

    first = handed(stocked, rosette, 1, 2).made()
    too_many = handed(stocked, rosette, 3, 4)
    second = handed(stocked, rosette, 3).made()

    details = too_many.refused(422, "entitlement_exceeded")["details"]
    assert (details["received"], details["entitled"], details["left"]) == (2, 3, 1)
    assert [booklet["nth"] for booklet in first["booklets"]] == [1, 2]
    assert [booklet["nth"] for booklet in second["booklets"]] == [3]
    assert plie.get(f"/prescriptions/{second['id']}").read() == second
    assert [p["id"] for p in plie.get("/prescriptions").read()["items"]] == sorted(
        (first["id"], second["id"])
    )


def test_what_a_hand_out_needs_is_asked_for(stocked: House, plie: Caller) -> None:
    plie.post(f"/allocations/{allocated(stocked, 1, 5).made()['id']}/receipt").made()
    rosette = plie.post("/beneficiaries", person()).made()
    seeker = plie.post("/beneficiaries", person("registered_job_seeker")).made()
    elsewhere = str(stocked.scheme.organisations["ccas"])

    handed(stocked, rosette, 1, answers="01").refused(422, "assessment_missing")
    handed(stocked, seeker, 1).refused(422, "declaration_missing")
    handed(stocked, rosette, 11).refused(422, "wrong_booklet_size")
    handed(stocked, rosette, 9).refused(409, "booklet_not_yours")
    handed(stocked, rosette, 1, referred_to_id=elsewhere).refused(422, "no_agreement_in_force")
    plie.post("/beneficiaries", person("senior", 2000)).refused(422, "not_a_senior")
    handed(stocked, seeker, 1, declares_no_other_pass=True).made()


def test_a_pass_tells_its_whole_history(stocked: House, plie: Caller) -> None:
    plie.post(f"/allocations/{allocated(stocked, 1, 1).made()['id']}/receipt").made()
    rosette = plie.post("/beneficiaries", person()).made()
    prescription = handed(stocked, rosette, 1).made()

    history = plie.get("/vouchers/26A 00001 07/history").read()["items"]
    shown = plie.get("/vouchers/26A0000107").read()

    assert [entry["kind"] for entry in history] == [
        *("receive", "activate", "allocate", "accept", "issue")
    ]
    assert history[-1]["document_id"] == prescription["id"]
    assert history[-1]["credit"]["kind"] == shown["state"] == "circulation"
    assert all(before["credit"] == after["debit"] for before, after in pairwise(history))


def test_a_key_that_does_not_fit_is_said(stocked: House) -> None:
    auditor = stocked.by_token("auditor")
    serial = auditor.get("/vouchers/26A 00001 07").read()["serial"]
    wrong = serial[:-2] + f"{(int(serial[-2:]) + 1) % 98:02d}"

    auditor.get(f"/vouchers/{serial}").read()
    auditor.get(f"/vouchers/{wrong}").refused(422, "mistyped_serial")
    auditor.get("/vouchers/26A 00001").refused(422, "not_a_serial_number")
    auditor.get("/vouchers/26A 00001 11").refused(422, "not_a_serial_number")
    auditor.get("/vouchers/26A 00011 06").refused(404, "unknown_voucher")


def test_booklets_are_listed_page_by_page(stocked: House) -> None:
    pages = list(stocked.by_token("auditor").pages("/booklets", limit=5))

    assert [len(page) for page in pages] == [5, 5, 4]
    assert [row["number"] for page in pages for row in page] == [
        stocked.scheme.booklet(number) for number in range(1, 15)
    ]
