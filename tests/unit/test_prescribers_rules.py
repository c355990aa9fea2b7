"""The rules of a hand-over, read aloud."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.communes import COMMUNES, Point
from app.mediators.hours import opens_in
from app.mediators.rules import OpeningHours, Service
from app.prescribers.rules import (
    QUESTIONS,
    Candidate,
    Criterion,
    Need,
    Ranked,
    Rights,
    Tier,
    Wanted,
    is_slip,
    likeness,
    rank,
    reason,
)
from app.programmes.rules import Public

MONDAY_9 = datetime(2026, 11, 23, 9, tzinfo=UTC)
MORNING = OpeningHours(0, 8 * 60, 12 * 60)
TOMORROW = OpeningHours(1, 8 * 60 + 30, 12 * 60)


@pytest.mark.parametrize(
    ("answers", "need"),
    [
        ("0000000", Need.LIGHT),
        ("1111000", Need.LIGHT),
        ("1111100", Need.MEDIUM),
        ("2222100", Need.MEDIUM),
        ("2222200", Need.STRONG),
        ("2222222", Need.STRONG),
    ],
)
def test_the_answers_say_how_much_help_is_needed(answers: str, need: Need) -> None:
    assert QUESTIONS.need(answers) is need


def test_what_is_answered_not_without_help_says_which_services_fit() -> None:
    assert QUESTIONS.services("0002010") == (
        Service.ADMINISTRATIVE_PROCEDURES,
        Service.FINDING_WORK,
    )
    assert QUESTIONS.services("0000000") == ()


@pytest.mark.parametrize("answers", ["", "012", "01210123", "012101x", "01210 1", "\uff10121012"])
def test_answers_are_one_figure_a_question(answers: str) -> None:
    assert not QUESTIONS.readable(answers)
    assert QUESTIONS.readable("0121012")


def test_names_are_alike_however_two_agents_type_them() -> None:
    assert likeness("Démonstration", "Marie-Ange") == likeness(" DEMONSTRATION", "marie ange")
    assert likeness("Le Cœur", "Zoé") == likeness("Lecoeur", "ZOE")
    assert likeness("Ange", "Marie") != likeness("Angem", "Arie")


def test_rights_are_an_entitlement_then_renewals_then_exceptions() -> None:
    rights = Rights(booklet_count=2, renewal_count=1)

    assert [rights.tier(nth) for nth in range(1, 6)] == [
        Tier.ENTITLEMENT,
        Tier.ENTITLEMENT,
        Tier.RENEWAL,
        Tier.RENEWAL,
        Tier.EXCEPTION,
    ]
    assert rights.tiers(1, 2) == {Tier.ENTITLEMENT, Tier.RENEWAL}


def wanted(**changes: object) -> Wanted:
    values = {
        "services": (Service.ADMINISTRATIVE_PROCEDURES, Service.SAFE_USE),
        "public": Public.SENIOR,
        "home": COMMUNES[0].centre,
        "at": MONDAY_9,
    }
    return Wanted(**(values | changes))  # type: ignore[arg-type]


def test_the_sentence_says_what_decides_and_what_is_behind() -> None:
    near = Candidate(
        uuid4(),
        "CARECOF",
        frozenset({Service.ADMINISTRATIVE_PROCEDURES, Service.SAFE_USE}),
        where=COMMUNES[0].centre,
        openings=(TOMORROW,),
    )
    far = Candidate(uuid4(), "Exo 7", near.services, where=Point(14.714, -61.127))

    first, second = rank([far, near], wanted())

    assert reason(first, wanted()) == (
        "Propose tout ce qu’il faut, accueille ce public, dans la commune ou tout près, "
        "ouvre demain à 8\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}30."
    )
    assert reason(second, wanted()) == (
        "Propose tout ce qu’il faut, accueille ce public, à 11\N{NO-BREAK SPACE}km environ "
        "à vol d’oiseau, horaires à demander ; "
        "plus loin que le précédent."
    )


openings = st.builds(
    lambda day, opens, length: OpeningHours(day, opens, opens + length),
    st.integers(0, 6),
    st.integers(0, 1200),
    st.integers(30, 239),
)
candidates = st.lists(
    st.builds(
        Candidate,
        st.uuids(),
        st.sampled_from(["Exo 7", "CARECOF", "exo 7", "Émergence"]),
        st.frozensets(st.sampled_from(Service)),
        st.frozensets(st.sampled_from(Public)),
        st.none() | st.sampled_from([c.centre for c in COMMUNES]),
        st.lists(openings, max_size=3).map(tuple),
    ),
    max_size=7,
    unique_by=lambda one: one.id,
)
demands = st.builds(
    Wanted,
    st.lists(st.sampled_from(Service), unique=True).map(tuple),
    st.sampled_from(Public),
    st.none() | st.sampled_from([c.centre for c in COMMUNES]),
    st.integers(0, 366 * 24 * 60).map(lambda minutes: MONDAY_9 + timedelta(minutes=minutes)),
)


@given(candidates, demands, st.randoms())
def test_the_order_is_total_and_does_not_depend_on_how_places_arrive(
    places: list[Candidate], demand: Wanted, random: object
) -> None:
    shuffled = list(places)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    order = rank(places, demand)

    assert order == rank(shuffled, demand)
    assert sorted(one.place.id for one in order) == sorted(one.id for one in places)


@given(candidates, demands)
def test_what_is_said_of_each_place_is_true(places: list[Candidate], demand: Wanted) -> None:
    by_id: dict[UUID, Candidate] = {one.id: one for one in places}
    order = rank(places, demand)

    for one in order:
        place = by_id[one.place.id]
        assert set(one.fitting) == set(demand.services) & place.services
        assert one.welcomes == (not place.publics or demand.public in place.publics)
        assert one.opens_in_minutes == opens_in(place.openings, demand.at)
        assert reason(one, demand).endswith(".")
        assert reason(one, demand).count(".") == 1
    for before, one in pairwise(order):
        assert true_of(one.behind, before, one)
    assert not order or order[0].behind is None


def true_of(said: Criterion | None, before: Ranked, one: Ranked) -> bool:
    """Whether the place is behind the one before by that, and equal in all that comes first."""
    unknown = 10**9
    compared = {
        Criterion.SERVICES: (-len(before.fitting), -len(one.fitting)),
        Criterion.PUBLIC: (not before.welcomes, not one.welcomes),
        Criterion.DISTANCE: tuple(
            unknown if r.distance_km is None else r.distance_km for r in (before, one)
        ),
        Criterion.HOURS: tuple(
            unknown if r.opens_in_minutes is None else r.opens_in_minutes for r in (before, one)
        ),
    }
    for criterion, (earlier, own) in compared.items():
        if criterion == said:
            return bool(earlier < own)
        if earlier != own:
            return False
    return said is Criterion.NAME


@pytest.mark.parametrize(
    ("typed", "slip"),
    [
        (("DEMONSTRATION", "Marie Ange", "1957"), True),
        (("Demonstracion", "Marie-Ange", "1957"), True),
        (("Démonstration-Zyx", "", ""), True),
        (("Démonstration", "Marie-Ange", "1975"), True),
        (("Marie-Ange", "Démonstration", "1957"), True),
        (("Démonstration", "Rosette", "1957"), False),
        (("Wolof", "Marie-Ange", "1957"), False),
        (("Demonstracion", "Marie-Ange", "1958"), False),
        (("Wolof", "Rosette", "1957"), False),
    ],
)
def test_a_slip_changes_one_thing_and_a_name_only_in_its_spelling(
    typed: tuple[str, str, str], *, slip: bool
) -> None:
    assert is_slip(known=("Démonstration", "Marie-Ange", "1957"), typed=typed) is slip
