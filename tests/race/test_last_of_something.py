"""Two people reach for the last of something at once: one succeeds, the other is told."""

from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from app.clearing import queries as clearing
from app.clearing.statements import approve_statement
from app.database.connections import Database
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.prescribers import prescriptions, queries
from app.programmes.rules import Public
from tests.factories import Scheme
from tests.race.conftest import all_at_once
from tests.race.together import after, meeting, no_hold

AGENTS = 8


def hand_over_at_once(database: Database, scheme: Scheme, person: UUID) -> Counter[str]:
    """Each of eight agents hands another booklet to the same person."""

    def hand_over(number: int) -> str:
        try:
            with database.transaction() as session:
                scheme.prescription(session, person, [number + 1])
        except DomainError as refusal:
            return refusal.code
        return "issued"

    return Counter(all_at_once(hand_over, count=AGENTS))


def test_three_booklets_are_all_that_a_person_gets_whoever_hands_them_over(
    database: Database, scheme: Scheme
) -> None:
    with database.transaction() as session:
        scheme.allocation(session, 1, AGENTS)
        person = scheme.beneficiary(session)

    told = hand_over_at_once(database, scheme, person)

    assert told == {"issued": 3, "entitlement_exceeded": AGENTS - 3}
    with database.transaction() as session:
        assert queries.received(session, scheme.programme_id, person).count == 3


def test_one_of_two_agents_gives_the_last_renewal(database: Database, scheme: Scheme) -> None:
    """The first booklet is used up, one renewal is left, and both have a booklet in hand."""
    with database.transaction() as session:
        scheme.allocation(session, 11, 14, to="ccas")
        person = scheme.beneficiary(session, public=Public.SENIOR, birth_year=1950, by="ccas")
        scheme.prescription(session, person, [11], by="ccas")
        for code in scheme.codes(session, 11):
            scheme.redeem(session, code).accepted()

    def renew(number: int) -> str:
        try:
            with database.transaction() as session:
                scheme.prescription(session, person, [12 + number], by="ccas")
        except DomainError as refusal:
            return refusal.code
        return "issued"

    assert Counter(all_at_once(renew, count=2)) == {"issued": 1, "entitlement_exceeded": 1}


def test_without_the_hold_the_database_alone_refuses_and_nobody_is_told_why(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        scheme.allocation(session, 1, AGENTS)
        person = scheme.beneficiary(session)
    monkeypatch.setattr(prescriptions, "hold", no_hold)

    with meeting(AGENTS, once=True) as meet:
        after(monkeypatch, queries.received, meet)
        with pytest.raises(IntegrityError, match="entitlement_is_used_once"):
            hand_over_at_once(database, scheme, person)

    with database.transaction() as session:
        assert queries.received(session, scheme.programme_id, person).count <= 3


def test_statements_approved_at_once_are_numbered_without_a_gap(
    database: Database, scheme: Scheme
) -> None:
    with database.transaction() as session:
        names = [f"place{number}" for number in range(AGENTS)]
        for name in names:
            scheme.mediator(session, name)
        scheme.allocation(session, 1, 1)
        scheme.prescription(session, scheme.beneficiary(session), [1])
        for name, code in zip(names, scheme.codes(session, 1), strict=False):
            scheme.redeem(session, code, at=name)
    run_id = scheme.clearing(database)
    with database.transaction(writing=False) as session:
        statements = clearing.statements_of(session, run_id)
        read = [clearing.latest_version(session, statement.id) for statement in statements]
    assert len(statements) == AGENTS

    def approve(number: int) -> int:
        with database.transaction() as session:
            return approve_statement(
                session,
                actor=scheme.actors["coordinator"],
                statement_id=statements[number].id,
                version=read[number].version,
                net_cents=read[number].net_cents,
                now=scheme.later,
            ).number

    assert sorted(all_at_once(approve, count=AGENTS)) == list(range(1, AGENTS + 1))


def test_twins_of_one_request_are_one_record(database: Database, scheme: Scheme) -> None:
    with database.transaction() as session:
        scheme.allocation(session, 1, 1)
        person = scheme.beneficiary(session)
    prescription_id = new_id()

    def hand_over(_number: int) -> UUID:
        with database.transaction() as session:
            return scheme.prescription(session, person, [1], prescription_id=prescription_id)

    assert set(all_at_once(hand_over, count=AGENTS)) == {prescription_id}
