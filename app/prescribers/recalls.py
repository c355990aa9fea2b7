"""What is to come back: booklets in the drawer of who may neither hold nor hand them over today.

A public body needs a régie or a mandate, and everybody an agreement as a prescriber. From the day
when one of them is missing, whole booklets are only waiting to be returned.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import IdAlreadyUsed
from app.kernel.money import Cents
from app.kernel.serials import BookletNumber
from app.ledger import AccountKind
from app.mediators import queries as mediators
from app.partners import queries as partners
from app.partners.rules import AgreementRole
from app.partners.service import known_organisation
from app.prescribers import custody_queries as queries
from app.prescribers.allocations import BookletRange
from app.prescribers.custody import return_booklets
from app.prescribers.custody_models import Consignment
from app.prescribers.custody_queries import Held
from app.prescribers.custody_rules import FRENCH_RECALL_REASON, RecallReason
from app.prescribers.errors import NothingToRecall
from app.programmes import queries as programmes


@dataclass(frozen=True, slots=True)
class Recall:
    """What one holder must return of one programme, and why."""

    holder_id: UUID
    holder: str
    programme_id: UUID
    programme: str
    reason: RecallReason
    since: date | None
    """The first day without right, when there was one before."""
    booklets: tuple[Held, ...]
    voucher_count: int
    amount_cents: Cents

    @property
    def booklet_count(self) -> int:
        """How many booklets."""
        return sum(held.count for held in self.booklets)

    @property
    def runs(self) -> list[tuple[str, str]]:
        """Their printed numbers, in runs from a first to a last one."""
        return [
            (
                str(BookletNumber(held.label, held.first_number)),
                str(BookletNumber(held.label, held.last_number)),
            )
            for held in self.booklets
        ]


def recalls(
    session: Session, *, actor: Actor, on: date, holder_id: UUID | None = None
) -> list[Recall]:
    """What is to come back that day, by holder and programme; a prescriber reads its own.

    Raises:
        RightMissing, OtherOrganisation.
    """
    actor.check(Right.SEE_ALLOCATIONS)
    if holder_id is not None:
        actor.check_sees(holder_id)
    held = queries.held_booklets(
        session, [AccountKind.PRESCRIBER], party_id=holder_id or actor.scope
    )
    why = _without_right(session, {one.party_id for one in held}, on=on)
    vintages, names = programmes.all_vintages(session), partners.organisation_names(session, why)
    values = ledger.face_values(session)
    lines: list[Recall] = []

    def of(one: Held) -> tuple[str, str]:
        return str(one.party_id), str(vintages[one.vintage_id].programme_id)

    for _, runs in groupby(sorted((h for h in held if h.party_id in why), key=of), key=of):
        booklets = tuple(runs)
        holder, programme_id = booklets[0].party_id, vintages[booklets[0].vintage_id].programme_id
        programme = programmes.programme(session, programme_id)
        passes = [(one.vintage_id, one.count * one.size) for one in booklets]
        lines.append(
            Recall(
                holder,
                names[holder],
                programme_id,
                programme.name if programme else "",
                *why[holder],
                booklets,
                sum(count for _, count in passes),
                Cents(sum(values[vintage] * count for vintage, count in passes)),
            )
        )
    return sorted(lines, key=lambda one: (one.holder, one.programme))


@dataclass(frozen=True, slots=True)
class Returning:
    """A return of a holder without right: prepared, and not counted by the stock yet."""

    consignment_id: UUID
    number: str
    holder: str
    sent_on: date
    booklet_count: int


def under_way(session: Session, *, actor: Actor, on: date) -> list[Returning]:
    """Returns of holders without right that are not counted yet, by holder; a prescriber's own.

    Raises:
        RightMissing.
    """
    actor.check(Right.SEE_ALLOCATIONS)
    sent = queries.returns_in_transit(session, sender_id=actor.scope)
    why = _without_right(session, {one.sender_id for one in sent}, on=on)
    counts = queries.booklets_counted(session, [one.id for one in sent])
    names = partners.organisation_names(session, why)
    lines = [
        Returning(one.id, one.number, names[one.sender_id], one.sent_on, counts.get(one.id, 0))
        for one in sent
        if one.sender_id in why
    ]
    return sorted(lines, key=lambda one: (one.holder, one.number))


def is_anything_due(session: Session, *, actor: Actor, held: Iterable[Held], on: date) -> bool:
    """Whether anything of what the actor sees held is to come back that day, or on its way back.

    Raises:
        RightMissing.
    """
    actor.check(Right.SEE_ALLOCATIONS)
    holders = {one.party_id for one in held if one.kind == AccountKind.PRESCRIBER}
    if _without_right(session, holders, on=on):
        return True
    sent = queries.returns_in_transit(session, sender_id=actor.scope)
    return bool(_without_right(session, {one.sender_id for one in sent} - holders, on=on))


def prepare_recall(
    session: Session,
    *,
    actor: Actor,
    consignment_id: UUID,
    programme_id: UUID,
    holder_id: UUID,
    now: datetime,
) -> Consignment:
    """Send back everything that a holder without right has of a programme, in one consignment.

    Sent again, it is the consignment of the first time.

    Raises:
        OtherOrganisation, UnknownOrganisation.
        NothingToRecall: it may hold booklets, or has none.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.SEND_BOOKLETS)
    actor.check_sees(holder_id)
    hold(session, "recall", holder_id)
    if there := queries.consignment(session, consignment_id):
        if (there.sender_id, there.programme_id) != (holder_id, programme_id):
            raise IdAlreadyUsed
        return there
    holder = known_organisation(session, holder_id)
    on = martinique_day(now)
    for recall in recalls(session, actor=actor, on=on, holder_id=holder_id):
        if recall.programme_id == programme_id:
            since = f" depuis le {recall.since:%d/%m/%Y}" if recall.since else ""
            return return_booklets(
                session,
                actor=actor,
                consignment_id=consignment_id,
                programme_id=programme_id,
                sender_id=holder_id,
                booklets=[BookletRange(first, last) for first, last in recall.runs],
                reason=f"{FRENCH_RECALL_REASON[recall.reason]}{since}",
                now=now,
            )
    raise NothingToRecall(organisation=holder.name)


def why_not(session: Session, organisation_id: UUID, *, on: date) -> str:
    """Why an organisation can neither receive nor hand over booklets that day; nothing: it can."""
    why = _without_right(session, [organisation_id], on=on).get(organisation_id)
    if why is None:
        return ""
    reason, since = why
    return FRENCH_RECALL_REASON[reason] + (f" depuis le {since:%d/%m/%Y}" if since else "")


def _without_right(
    session: Session, organisation_ids: Iterable[UUID], *, on: date
) -> dict[UUID, tuple[RecallReason, date | None]]:
    """Those of these organisations that may not hold booklets that day, why, and since when."""
    ids = set(organisation_ids)
    agreed = {
        one for one, roles in partners.roles_on(session, ids, on=on).items()
        if AgreementRole.PRESCRIBER in roles
    }  # fmt: skip
    holding = mediators.among_those_who(session, mediators.may_hold(on), ids)
    succeeded = partners.days_of_succession(session, ids, on=on)
    unsigned = ids - agreed - succeeded.keys()
    unable = ids - holding - unsigned - succeeded.keys()
    signed = partners.ends_of_agreements(session, unsigned, AgreementRole.PRESCRIBER)
    mandated = partners.ends_of_agreements(session, unable, AgreementRole.MANDATE)
    offices = mediators.ends_of_cash_offices(session, unable)
    return {
        **{one: (RecallReason.SUCCEEDED, day) for one, day in succeeded.items()},
        **{one: (RecallReason.NO_AGREEMENT, _ended(signed[one], on=on)) for one in unsigned},
        **{
            one: (
                RecallReason.NO_RIGHT_TO_HOLD,
                _ended([*offices[one], *mandated[one]], on=on),
            )
            for one in unable
        },
    }


def _ended(ends: Sequence[date], *, on: date) -> date | None:
    """The day on which the last of several rights ended, if one did."""
    return max((end for end in ends if end <= on), default=None)
