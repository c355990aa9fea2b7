"""A count is blind until it is closed, names each pass that differs, and is signed by two."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id
from app.kernel.serials import BookletNumber
from app.ledger import AccountKind
from app.programmes.service import known_vintage
from app.stock import counts, queries
from app.stock.count_rules import CountedLine, CountState, DifferenceKind
from app.stock.errors import (
    CountAbandoned,
    CountClosed,
    CountEmptyUnsaid,
    CounterCannotSign,
    CountOpen,
    CountSignedAlready,
    HoldsNoBooklets,
    SignerNotOfHolder,
    UnknownCountedLine,
    UnknownStockCount,
)
from app.stock.models import CountAbandonment, StockCount
from app.vouchers.service import cover_of, known_booklet
from tests.factories import Scheme


@pytest.fixture
def plie(session: Session, scheme: Scheme) -> Scheme:
    """Six booklets of 10 and two of 5 in the cupboard, of which plie has 1 to 3."""
    scheme.stock(session, tens=6, fives=2)
    scheme.allocation(session, 1, 3)
    return scheme


def begun(session: Session, scheme: Scheme, holder: str = "plie", *, days: int = 0) -> StockCount:
    """A count of that holder."""
    return counts.open_count(
        session,
        actor=scheme.actors["coordinator" if holder == "sponsor" else holder],
        count_id=new_id(),
        holder_id=scheme.organisations[holder],
        counted_on=scheme.today + timedelta(days=days),
        now=scheme.now,
    )


def enter(
    session: Session, scheme: Scheme, count: StockCount, typed: str, who: str = "plie"
) -> None:
    """Scan or type."""
    counts.enter_lines(
        session,
        actor=scheme.actors[who],
        entry_id=new_id(),
        count_id=count.id,
        lines=counts.read_lines(session, typed),
        now=scheme.now,
    )


def close(session: Session, scheme: Scheme, count: StockCount, who: str = "plie") -> None:
    """Say that all is counted."""
    counts.close_count(session, actor=scheme.actors[who], count_id=count.id, now=scheme.now)


def told(session: Session, count: StockCount) -> list[tuple[DifferenceKind, int, int, AccountKind]]:
    """What differs: the way, the serials, and where they rest."""
    accounts = ledger.all_accounts(session)
    return [
        (
            DifferenceKind(one.kind),
            one.first_voucher_id,
            one.last_voucher_id,
            accounts[one.account_id].kind,
        )
        for one in queries.differences_of(session, count.id)
    ]


def test_a_drawer_that_is_right_differs_in_nothing(session: Session, plie: Scheme) -> None:
    count = begun(session, plie)
    booklet = known_booklet(session, BookletNumber("26A", 1))
    cover = cover_of(booklet, known_vintage(session, plie.vintage_id), plie.keys)

    enter(session, plie, count, f"https://passnum.example/C/{cover}\n26A 00002 à 3")
    enter(session, plie, count, "26A 00002")
    close(session, plie, count)

    (total,) = queries.totals_of(session, count.id)
    assert (total.theory_count, total.counted_count, total.difference_cents) == (30, 30, 0)
    assert told(session, count) == []


def test_each_pass_that_differs_is_named_and_said_where_it_rests(
    session: Session, plie: Scheme
) -> None:
    plie.prescription(session, plie.beneficiary(session), [3])
    count = begun(session, plie)

    enter(
        session,
        plie,
        count,
        "26A 00001 01 à 26A 00001 07\n26A 00003 02\n26A 00005\n26A 00090 à 26A 00091",
    )
    close(session, plie, count)

    assert told(session, count) == [
        (DifferenceKind.MISSING, 8, 20, AccountKind.PRESCRIBER),
        (DifferenceKind.EXCESS, 22, 22, AccountKind.CIRCULATION),
        (DifferenceKind.EXCESS, 41, 50, AccountKind.STOCK),
    ]
    (total,) = queries.totals_of(session, count.id)
    assert (total.theory_count, total.counted_count) == (20, 18)
    assert (total.missing_count, total.excess_count, total.difference_cents) == (13, 11, -2000)
    assert queries.strangers_of(session, count.id) == [CountedLine("26A", 90, 91)]


def test_what_was_typed_wrong_is_struck_before_the_end_and_not_after(
    session: Session, plie: Scheme
) -> None:
    count = begun(session, plie)
    enter(session, plie, count, "26A 00001 à 26A 00003\n26A 00004")
    (_, wrong) = queries.lines_entered(session, count.id)

    def strike(place: int) -> None:
        counts.strike_line(
            session,
            actor=plie.actors["plie"],
            correction_id=new_id(),
            count_id=count.id,
            entry_id=wrong.entry_id,
            place=place,
            now=plie.now,
        )

    strike(wrong.place)
    with pytest.raises(UnknownCountedLine):
        strike(wrong.place)
    close(session, plie, count)

    assert told(session, count) == []
    with pytest.raises(CountClosed):
        strike(1)
    with pytest.raises(CountClosed):
        enter(session, plie, count, "26A 00004")
    close(session, plie, count)
    with pytest.raises(CountClosed):
        close(session, plie, count, who="coordinator")


def test_a_count_of_a_past_day_is_held_against_that_day(session: Session, plie: Scheme) -> None:
    plie.prescription(session, plie.beneficiary(session), [3])
    for holder, today in (("sponsor", "26A 00004 à 8"), ("plie", "26A 00001 à 2")):
        who = "coordinator" if holder == "sponsor" else holder
        yesterday = begun(session, plie, holder, days=-1)
        counts.close_count(
            session,
            actor=plie.actors[who],
            count_id=yesterday.id,
            now=plie.now,
            nothing_there=True,
        )
        count = begun(session, plie, holder)
        enter(session, plie, count, today, who=who)
        close(session, plie, count, who=who)

        assert told(session, yesterday) == told(session, count) == []


def test_two_people_sign_and_one_of_them_is_the_holders(session: Session, plie: Scheme) -> None:
    def sign(count: StockCount, who: str) -> None:
        counts.sign_count(session, actor=plie.actors[who], count_id=count.id, now=plie.now)

    count = begun(session, plie)
    with pytest.raises(CountOpen):
        sign(count, "coordinator")
    with pytest.raises(CountEmptyUnsaid):
        close(session, plie, count)
    enter(session, plie, count, "26A 00001 à 3")
    close(session, plie, count)
    with pytest.raises(CounterCannotSign):
        sign(count, "plie")
    with pytest.raises(UnknownStockCount):
        sign(count, "ccas")
    sign(count, "coordinator")
    sign(count, "coordinator")
    with pytest.raises(CountSignedAlready):
        sign(count, "finance")
    assert counts.state_of(session, count.id) is CountState.SIGNED

    visited = begun(session, plie)
    enter(session, plie, visited, "26A 00001 à 3", who="coordinator")
    close(session, plie, visited, who="coordinator")
    with pytest.raises(SignerNotOfHolder):
        sign(visited, "finance")
    sign(visited, "plie")


def test_a_count_is_given_up_before_it_is_closed_and_then_compares_nothing(
    session: Session, plie: Scheme
) -> None:
    def give_up(count: StockCount, abandonment_id: UUID, who: str = "plie") -> CountAbandonment:
        return counts.abandon_count(
            session,
            actor=plie.actors[who],
            abandonment_id=abandonment_id,
            count_id=count.id,
            reason="Ouvert deux fois",
            now=plie.now,
        )

    count, closed, said = begun(session, plie), begun(session, plie), new_id()
    enter(session, plie, count, "26A 00001")
    enter(session, plie, closed, "26A 00001")
    close(session, plie, closed)

    with pytest.raises(UnknownStockCount):
        give_up(count, new_id(), who="ccas")
    assert give_up(count, said) is give_up(count, said)
    assert counts.state_of(session, count.id) is CountState.ABANDONED
    with pytest.raises(CountAbandoned):
        enter(session, plie, count, "26A 00002")
    with pytest.raises(CountAbandoned):
        close(session, plie, count)
    with pytest.raises(CountAbandoned):
        counts.sign_count(
            session, actor=plie.actors["coordinator"], count_id=count.id, now=plie.now
        )
    with pytest.raises(CountClosed):
        give_up(closed, new_id())


def test_what_cannot_be_counted_is_said(session: Session, plie: Scheme) -> None:
    count = begun(session, plie)
    for typed, said in (
        ("26A 00003 à 26A 00001", "Ligne 1"),
        ("\n26A 00001 01 à 26A 00002 01", "Ligne 2"),
        ("26A 00001 01 00", "clé"),
        ("bonjour", "Ligne 1"),
        ("99Z 00001", "99Z"),
    ):
        with pytest.raises(InvalidInput) as refused:
            enter(session, plie, count, typed)
        assert said in str(refused.value.details["fields"])
    with pytest.raises(HoldsNoBooklets):
        counts.open_count(
            session,
            actor=plie.actors["coordinator"],
            count_id=new_id(),
            holder_id=plie.organisations["exo7"],
            counted_on=plie.today,
            now=plie.now,
        )
    with pytest.raises(InvalidInput):
        begun(session, plie, days=1)
