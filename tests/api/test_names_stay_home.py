"""Who a person is stands in one table: in no other, in no log, in no answer about passes."""

import logging

import pytest
from sqlalchemy import text

from app.kernel.ids import new_id
from tests.api.house import House
from tests.api.requests import Json, reader_of, readings
from tests.papers.reading import words

TABLES = {
    "sqlite": "select name from sqlite_schema where type = 'table'",
    "postgresql": "select oid::regclass::text from pg_class where relkind = 'r'"
    " and relnamespace in ('public'::regnamespace, 'ledger'::regnamespace)",
}
HOME = "beneficiary_identity"
SURNAME, FIRST_NAME = "Zyxélène-Dumârtîn", "Quixotte"
PERSON: dict[str, Json] = {
    "surname": SURNAME,
    "first_name": FIRST_NAME,
    "birth_year": 1985,
    "commune": "Le Lorrain",
    "phone": "0696 71 82 93",
    "email": "zyxelene@exemple.fr",
}
TRACES = ("Zyxélène", "zyxelene", "Quixotte", "71 82 93")


def somebody_is_helped(house: House) -> None:
    """A person with an unmistakable name goes through the doors, some of them closed."""
    prescriber = house.by_token("plie")
    person = {"id": str(new_id()), "public": "plie", **PERSON}
    prescriber.post("/beneficiaries", person)
    prescriber.post("/beneficiaries", person)
    prescriber.post("/beneficiaries", person | {"surname": "Zyxélène autre"})
    prescriber.post("/beneficiaries", person | {"id": str(new_id()), "birth_year": 1066})
    prescriber.get(f"/beneficiaries/{person['id']}")
    house.by_token("ccas").get(f"/beneficiaries/{person['id']}")


def test_a_name_rests_in_one_table(used_up: House) -> None:
    somebody_is_helped(used_up)

    listed = TABLES["postgresql" if used_up.database.is_postgresql else "sqlite"]
    with used_up.database.transaction(writing=False) as session:
        found = {
            table
            for table in session.scalars(text(listed))
            for row in session.execute(text(f"select * from {table}"))  # noqa: S608 - the database's own names
            if any(trace in str(row) for trace in TRACES)
        }

    assert found == {HOME}


def test_no_log_names_a_person(used_up: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        somebody_is_helped(used_up)

    assert not [trace for trace in TRACES if trace in caplog.text]


def test_no_answer_about_passes_or_money_names_a_person(used_up: House) -> None:
    somebody_is_helped(used_up)

    for operation, path in readings(used_up).items():
        answer = used_up.by_token(reader_of(operation)).get(path).response
        is_paper = answer.mimetype == "application/pdf"
        told = (
            " ".join(words(answer.data))
            if is_paper
            else answer.get_data().decode("utf-8", "replace")
        )
        assert not [trace for trace in TRACES if trace in told] or "beneficiar" in path, path
