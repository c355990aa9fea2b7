"""What people have in hand is the same whether it is walked to, counted, or added up by hand."""

from collections import Counter, defaultdict
from datetime import date
from itertools import product
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.clock import martinique_day
from app.ledger import AccountKind
from app.ledger.models import AccountRow, Voucher
from app.prescribers.in_hand import (
    USED,
    Holding,
    Reached,
    Sizes,
    holdings_of_people,
    most_to_lose_first,
)
from app.prescribers.models import Beneficiary, PrescriptionBooklet
from app.prescribers.queries import is_handed_over, last_hand_overs
from app.programmes.models import VintageTerms
from app.vouchers.models import ReplacedVoucher
from tests.demo.conftest import NOW, Loaded

WALKED = Sizes(few=0, at_once=8)
"""Nobody is found from what is left: people are walked to, a few at a time."""
Passes = dict[tuple[UUID, UUID, str], list[tuple[str, date]]]
"""Where each pass rests and until when it serves, by prescriber, person and public."""


def passes_handed(session: Session) -> Passes:
    """Every pass of every booklet, or the one that stands for it."""
    replaced = select(ReplacedVoucher.old_voucher_id, ReplacedVoucher.new_voucher_id)
    instead = dict(session.execute(replaced).all())
    resting = {
        voucher_id: (kind, last_day)
        for voucher_id, kind, last_day in session.execute(
            select(Voucher.id, AccountRow.kind, VintageTerms.valid_until)
            .join(AccountRow, AccountRow.id == Voucher.account_id)
            .join(VintageTerms, VintageTerms.vintage_id == Voucher.vintage_id)
        )
    }
    found: Passes = defaultdict(list)
    for booklet, prescriber_id in session.execute(
        select(PrescriptionBooklet, Beneficiary.prescriber_id)
        .join(Beneficiary, Beneficiary.id == PrescriptionBooklet.beneficiary_id)
        .where(is_handed_over())
    ):
        for place in range(booklet.booklet_size):
            voucher_id = booklet.booklet_id + place
            while voucher_id in instead:
                voucher_id = instead[voucher_id]
            found[prescriber_id, booklet.beneficiary_id, booklet.public].append(resting[voucher_id])
    return found


def by_hand(session: Session, handed: Passes, prescriber_id: UUID, on: date) -> list[Holding]:
    """What each person has, those with none left included."""
    serving = {
        (person, public): some
        for (prescriber, person, public), passes in handed.items()
        if prescriber == prescriber_id and (some := [one for one in passes if one[1] >= on])
    }
    last = last_hand_overs(session, [person for person, _ in serving])
    told = []
    for (person, public), some in serving.items():
        left = [day for kind, day in some if kind == AccountKind.CIRCULATION]
        used = sum(kind in USED for kind, _ in some)
        first = min(left or (day for _, day in some))
        told.append(Holding(person, public, last[person], len(some), used, len(left), first))
    return sorted(told, key=lambda one: (one.last_day, one.beneficiary_id))


def page_by_page(
    session: Session, prescriber_id: UUID, on: date, *, sizes: Sizes, limit: int, whom: str
) -> list[Holding]:
    """What each page shows, one after the other."""
    found: list[Holding] = []
    after = None
    while some := holdings_of_people(
        session,
        prescriber_id,
        on=on,
        unused=whom == "unused",
        done=whom == "done",
        after=after,
        limit=limit,
        sizes=sizes,
    ):
        found += some
        after = some[-1].last_day, some[-1].beneficiary_id
    return found


def sheet_by_sheet(
    session: Session, prescriber_id: UUID, on: date, *, limit: int, unused: bool
) -> list[Holding]:
    """What each page of a call sheet shows, one after the other."""
    found: list[Holding] = []
    after = None
    while some := most_to_lose_first(
        session, prescriber_id, on=on, unused=unused, after=after, limit=limit, sizes=WALKED
    ):
        found += some
        after = Reached(some[-1].last_day, some[-1].left_count, some[-1].beneficiary_id)
    return found


def test_a_page_shows_whom_a_look_at_every_pass_finds(loaded: Loaded) -> None:
    shown: Counter[str] = Counter()
    with loaded.database.transaction(writing=False) as session:
        handed = passes_handed(session)
        prescribers, today = sorted({one for one, *_ in handed}), martinique_day(NOW)
        last_day = max(session.scalars(select(VintageTerms.valid_until)))
        for prescriber_id, on in [*product(prescribers, [today]), (prescribers[0], last_day)]:
            every = by_hand(session, handed, prescriber_id, on)
            left = [one for one in every if one.left_count]
            expected = {
                "left": left,
                "unused": [one for one in left if not one.used_count],
                "done": [one for one in every if not one.left_count],
            }
            shown.update({whom: len(people) for whom, people in expected.items()})
            for whom, people in expected.items():
                for sizes, limit in ((Sizes(), 1_000), (WALKED, 15)):
                    told = page_by_page(
                        session, prescriber_id, on, sizes=sizes, limit=limit, whom=whom
                    )
                    assert told == people, (whom, on, limit)
                if whom != "done":
                    called = sheet_by_sheet(
                        session, prescriber_id, on, limit=15, unused=whom == "unused"
                    )
                    assert called == sorted(
                        people, key=lambda one: (one.last_day, -one.left_count, one.beneficiary_id)
                    )
    assert shown["left"] > shown["unused"] > 0 < shown["done"]
