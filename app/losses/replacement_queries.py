"""Looking replacements and compromised vintages up, and passes that may replace others."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Subquery, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.database.lists import Place, placed
from app.ledger import AccountKind, VoucherRange
from app.ledger.models import AccountRow, Voucher
from app.losses.replacement_models import Compromise, Replacement
from app.partners.queries import organisations_in
from app.prescribers.models import Prescription, PrescriptionBooklet
from app.prescribers.queries import is_handed_over
from app.vouchers.models import Booklet, ReplacedVoucher

# ── Replacements ──────────────────────────────────────────────────────────────────────────────────


def replacements_after(
    session: Session, after: UUID | None, *, limit: int, prescriber_id: UUID | None = None
) -> list[Replacement]:
    """Replacements in the order of their ids, from after that one; those of one prescriber."""
    query = select(Replacement).order_by(Replacement.id).limit(limit)
    if after is not None:
        query = query.where(Replacement.id > after)
    if prescriber_id is not None:
        query = query.where(Replacement.prescriber_id == prescriber_id)
    return list(session.scalars(query))


REPLACEMENTS_BY = {"fait": (Replacement.replaced_at,)}


def latest_replacements(
    session: Session, place: Place, *, prescriber_id: UUID | None, cause: str | None
) -> list[Replacement]:
    """Replacements from that place of the list on, the latest first."""
    query = placed(select(Replacement), place, Replacement.id, REPLACEMENTS_BY)
    if prescriber_id is not None:
        query = query.where(Replacement.prescriber_id == prescriber_id)
    if cause is not None:
        query = query.where(Replacement.cause == cause)
    return list(session.scalars(query))


def prescribers(session: Session) -> list[tuple[UUID, str]]:
    """Prescribers of which passes were replaced, by name."""
    return organisations_in(session, Replacement.prescriber_id)


def replacement_by_number(session: Session, number: str) -> Replacement | None:
    """The replacement of that printed number."""
    return session.scalar(select(Replacement).where(Replacement.number == number))


def pairs_of(session: Session, replacement_id: UUID) -> list[ReplacedVoucher]:
    """What a replacement replaced by what, in the order of the old ones."""
    return list(
        session.scalars(
            select(ReplacedVoucher)
            .where(ReplacedVoucher.replacement_id == replacement_id)
            .order_by(ReplacedVoucher.old_voucher_id)
        )
    )


def pair_counts(session: Session, replacement_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many passes each replacement replaced."""
    rows = session.execute(
        select(ReplacedVoucher.replacement_id, func.count())
        .where(ReplacedVoucher.replacement_id.in_(set(replacement_ids)))
        .group_by(ReplacedVoucher.replacement_id)
    )
    return {row[0]: row[1] for row in rows}


def lineage(session: Session, voucher_id: int) -> tuple[int | None, int | None]:
    """The pass that this one replaces, and the one that replaces it."""
    return (
        session.scalar(
            select(ReplacedVoucher.old_voucher_id).where(
                ReplacedVoucher.new_voucher_id == voucher_id
            )
        ),
        session.scalar(
            select(ReplacedVoucher.new_voucher_id).where(
                ReplacedVoucher.old_voucher_id == voucher_id
            )
        ),
    )


def hand_overs_of(session: Session, voucher_ids: Iterable[int]) -> list[Prescription]:
    """The hand-overs that passes come from, by their lineage, in order of number."""
    line = (
        select(Voucher.id.label("voucher_id"))
        .where(Voucher.id.in_(set(voucher_ids)))
        .cte("line", recursive=True)
    )
    line = line.union_all(
        select(ReplacedVoucher.old_voucher_id).join(
            line, ReplacedVoucher.new_voucher_id == line.c.voucher_id
        )
    )
    return list(
        session.scalars(
            select(Prescription)
            .where(
                Prescription.id.in_(
                    select(PrescriptionBooklet.prescription_id)
                    .join(Voucher, Voucher.booklet_id == PrescriptionBooklet.booklet_id)
                    .join(line, line.c.voucher_id == Voucher.id)
                ),
                is_handed_over(),
            )
            .order_by(Prescription.number)
        )
    )


def lost_by_booklet(session: Session, lost: Iterable[VoucherRange]) -> list[tuple[int, int]]:
    """For each booklet of these passes, how many of it they are and how many it had, by its id."""
    rows = session.execute(
        select(func.count(), Booklet.size)
        .select_from(Voucher)
        .join(Booklet, Booklet.id == Voucher.booklet_id)
        .where(or_(false(), *(Voucher.id.between(one.first, one.last) for one in lost)))
        .group_by(Booklet.id, Booklet.size)
        .order_by(Booklet.id)
    )
    return [(count, size) for count, size in rows]


def booklets_of(session: Session, vouchers: Iterable[VoucherRange]) -> list[int]:
    """The booklets that these passes are in."""
    named = (Voucher.id.between(one.first, one.last) for one in vouchers)
    return list(session.scalars(select(Voucher.booklet_id).where(or_(false(), *named)).distinct()))


def whole_booklets(session: Session, account_id: int, *, size: int, count: int) -> list[int]:
    """The last whole booklets of that size in an account, so many at most, by their first pass."""
    here = _booklets_in(account_id)
    return list(
        session.scalars(
            select(Booklet.id)
            .join(here, here.c.booklet_id == Booklet.id)
            .where(Booklet.size == size, here.c.here == size)
            .order_by(Booklet.id.desc())
            .limit(count)
        )
    )


def pool(
    session: Session,
    account_id: int,
    *,
    needed: int,
    sizes: Collection[int] = (),
    besides: Collection[int] = (),
    among: Collection[int] | None = None,
) -> list[int]:
    """Passes of an account that replace others: what is left of cut booklets comes first.

    Among the whole ones, those of `sizes` go first, and of them the last booklet: the first ones
    are the next to be handed out. Booklets of `besides` are taken already. One of which a pass is
    blocked is left alone: its paper is damaged, or not where it was. With `among`, only booklets
    of these are asked.
    """
    other, resting = aliased(Voucher), aliased(AccountRow)
    damaged = (
        select(1)
        .select_from(other)
        .join(resting, resting.id == other.account_id)
        .where(other.booklet_id == Voucher.booklet_id, resting.kind == AccountKind.BLOCKED)
        .correlate(Voucher)
    )
    here = _booklets_in(account_id)
    query = (
        select(Voucher.id)
        .join(Booklet, Booklet.id == Voucher.booklet_id)
        .join(here, here.c.booklet_id == Voucher.booklet_id)
        .where(
            Voucher.account_id == account_id,
            Voucher.booklet_id.not_in(list(besides)),
            ~damaged.exists(),
        )
        .order_by(
            (here.c.here == Booklet.size),
            Booklet.size.not_in(list(sizes)),
            Voucher.booklet_id.desc(),
            Voucher.id,
        )
        .limit(needed)
    )
    if among is not None:
        query = query.where(Voucher.booklet_id.in_(list(among)))
    return list(session.scalars(query))


def _booklets_in(account_id: int) -> Subquery:
    """How many passes of each booklet rest in an account."""
    return (
        select(Voucher.booklet_id, func.count().label("here"))
        .where(Voucher.account_id == account_id)
        .group_by(Voucher.booklet_id)
        .subquery()
    )


# ── Compromised vintages ──────────────────────────────────────────────────────────────────────────


def compromise_of(session: Session, vintage_id: int) -> Compromise | None:
    """What was declared of a vintage whose key leaked."""
    return session.scalar(select(Compromise).where(Compromise.vintage_id == vintage_id))


def accounts_holding(
    session: Session, vintage_id: int, kinds: Iterable[AccountKind]
) -> list[tuple[int, AccountKind, UUID]]:
    """Accounts of these kinds in which some pass of a vintage rests: id, kind, party."""
    rows = session.execute(
        select(AccountRow.id, AccountRow.kind, AccountRow.party_id)
        .where(
            AccountRow.vintage_id == vintage_id,
            AccountRow.kind.in_(list(kinds)),
            select(Voucher.id).where(Voucher.account_id == AccountRow.id).exists(),
        )
        .order_by(AccountRow.id)
    )
    return [(account_id, AccountKind(kind), party) for account_id, kind, party in rows]


def first_in(session: Session, account_id: int, *, limit: int) -> list[int]:
    """The first passes that rest in an account."""
    return list(
        session.scalars(
            select(Voucher.id)
            .where(Voucher.account_id == account_id)
            .order_by(Voucher.id)
            .limit(limit)
        )
    )


@dataclass(frozen=True, slots=True)
class Owed:
    """A hand-over some of whose passes were replaced, and by which."""

    prescriber_id: UUID
    prescription_id: UUID
    prescription_number: str
    old_ids: tuple[int, ...]
    new_ids: tuple[int, ...]


def owed_by(session: Session, compromise_id: UUID) -> list[Owed]:
    """Who must receive what after a compromise, hand-over by hand-over.

    A pass that stood for another one is found by its lineage: the first of it was handed over.
    """
    was, older = ReplacedVoucher, aliased(ReplacedVoucher)
    line = (
        select(
            was.old_voucher_id.label("old_id"),
            was.new_voucher_id.label("new_id"),
            was.old_voucher_id.label("root_id"),
        )
        .join(Replacement, Replacement.id == was.replacement_id)
        .where(Replacement.compromise_id == compromise_id)
        .cte("line", recursive=True)
    )
    line = line.union_all(
        select(line.c.old_id, line.c.new_id, older.old_voucher_id).join(
            older, older.new_voucher_id == line.c.root_id
        )
    )
    rows = session.execute(
        select(
            Prescription.prescriber_id,
            Prescription.id,
            Prescription.number,
            line.c.old_id,
            line.c.new_id,
        )
        .join(Voucher, Voucher.id == line.c.root_id)
        .join(PrescriptionBooklet, PrescriptionBooklet.booklet_id == Voucher.booklet_id)
        .join(Prescription, Prescription.id == PrescriptionBooklet.prescription_id)
        .where(
            is_handed_over(),
            ~exists(select(1).where(older.new_voucher_id == line.c.root_id)),
        )
        .order_by(Prescription.prescriber_id, Prescription.number, line.c.old_id)
    )
    found: dict[UUID, tuple[UUID, str, list[int], list[int]]] = {}
    for prescriber_id, prescription_id, number, old, new in rows:
        entry = found.setdefault(prescription_id, (prescriber_id, number, [], []))
        entry[2].append(old)
        entry[3].append(new)
    return [
        Owed(prescriber_id, prescription_id, number, tuple(old), tuple(new))
        for prescription_id, (prescriber_id, number, old, new) in found.items()
    ]


def count_in(session: Session, vintage_id: int, kinds: Iterable[AccountKind]) -> int:
    """How many passes of a vintage rest in accounts of these kinds."""
    query = (
        select(func.count())
        .select_from(Voucher)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .where(AccountRow.vintage_id == vintage_id, AccountRow.kind.in_(list(kinds)))
    )
    return session.scalar(query) or 0
