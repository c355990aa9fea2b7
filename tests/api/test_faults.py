"""When something breaks on our side: nothing is half done, and no log names a person."""

import logging

import pytest
from sqlalchemy import text

from app.database.connections import Database
from app.kernel import codes
from app.kernel.clock import martinique_day
from tests.api.house import API, House


def test_a_fault_is_told_by_a_reference_and_names_nobody(
    house: House, owner_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    plie = house.by_token("plie")
    with owner_database.transaction() as session:
        session.execute(text("drop table beneficiary_identity"))
    person = {
        "public": "plie",
        "surname": "Introuvable",
        "first_name": "Rosette",
        "birth_year": 1985,
        "commune": "Grand’Rivière",
        "email": "rosette@exemple.fr",
    }

    with caplog.at_level(logging.DEBUG):
        response = plie.client.post(f"{API}/beneficiaries", json=person, headers=plie.headers)

    assert response.status_code == 500
    assert response.mimetype == "application/problem+json"
    problem = response.get_json(force=True)
    assert problem["code"] == "internal_error"
    assert problem["details"]["reference"] in caplog.text
    for secret in (*map(str, person.values()), plie.headers["Authorization"]):
        if secret != "plie":
            assert secret not in caplog.text + response.text
    assert plie.get("/allocations").read()["items"] == []
    with house.database.session(writing=False) as session:
        assert session.scalar(text("select count(*) from beneficiary")) == 0


def test_a_throttled_scanner_is_told_how_long_to_wait(house: House) -> None:
    exo7 = house.by_token("exo7")
    for place in range(20):
        exo7.post("/vouchers/lookup", {"code": unknown_code(place)}).refused(404, "unknown_voucher")

    answer = exo7.post("/vouchers/lookup", {"code": unknown_code(21)})

    answer.refused(429, "too_many_guesses")
    assert int(answer.response.headers["Retry-After"]) == 15 * 60


def unknown_code(place: int) -> str:
    return codes.derive(b"another key", place)


def test_a_run_that_is_refused_leaves_the_door_open(house: House) -> None:
    with house.database.transaction() as session:
        passes = house.scheme.issued_booklet(session)
    house.by_token("exo7").post("/redemptions", {"code": passes[0]}).made()
    finance = house.by_token("finance")
    house.clock.days = 1
    run = {
        "programme_id": "00000000-0000-0000-0000-000000000001",
        "cut_off_on": str(martinique_day(house.clock())),
    }

    finance.post("/clearing-runs", run).refused(404, "unknown_programme")

    good = run | {"programme_id": str(house.scheme.programme_id)}
    [statement] = finance.post("/clearing-runs", good).made()["statements"]
    assert statement["amount_cents"] == 1000
