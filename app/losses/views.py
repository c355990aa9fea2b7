"""Oppositions, replacements and destructions as pages and the API tell them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.identity.queries import agent_name
from app.kernel.clock import martinique_day
from app.ledger import AccountKind, MovementKind, VoucherRange
from app.losses import queries, write_offs
from app.losses import replacement_queries as replaced
from app.losses.blocks import runs
from app.losses.models import Block, WriteOff
from app.losses.naming import serials_of
from app.losses.papers import Destroyed, Destruction, Swap
from app.losses.replacement_models import Replacement
from app.losses.rules import (
    FRENCH_REPLACEMENT_CAUSE,
    FRENCH_WRITE_OFF,
    ReplacementCause,
    WriteOffKind,
)
from app.partners.queries import organisation_names
from app.programmes import queries as programmes
from app.programmes.service import known_programme
from app.web.api import Json, shown
from app.web.format import count as counted
from app.web.format import plural


@dataclass(frozen=True, slots=True)
class Series:
    """Neighbouring passes: from one serial number to another, with their holder and place."""

    first: str
    last: str
    voucher_count: int
    holder: str
    place: str
    left_count: int
    """How many of them are there still."""
    amount_cents: int = 0


Run = tuple[VoucherRange, AccountKind, UUID, int, int]
"""Passes in a row: which, kind of account, holder, how many are left, value of one."""


def series_of(session: Session, found: Iterable[Run]) -> list[Series]:
    """Series of passes in a row."""
    told = list(found)
    serials = serials_of(session, [i for whole, *_ in told for i in (whole.first, whole.last)])
    names = organisation_names(session, {party for _, _, party, _, _ in told})
    return [
        Series(
            serials[whole.first],
            serials[whole.last],
            whole.count,
            names.get(party, ""),
            str(kind),
            left,
            whole.count * cents,
        )
        for whole, kind, party, left, cents in told
    ]


def blocked_series(session: Session, block_id: UUID) -> list[Series]:
    """What an opposition blocked, and how much of it is blocked still."""
    return series_of(
        session,
        [
            (
                run.vouchers,
                run.kind,
                run.party_id,
                len(queries.still_blocked(session, run)),
                ledger.face_value(session, run.vintage_id),
            )
            for run in queries.runs_of(session, [block_id], MovementKind.BLOCK)
        ],
    )


ENDS = (AccountKind.VOID, AccountKind.EXPIRED, AccountKind.CREDITED)
"""Where passes rest that never serve again."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of passes that an opposition blocks no longer, and the papers that say so."""

    words: str
    replacements: tuple[str, ...] = ()
    destructions: tuple[str, ...] = ()


def fates_of(session: Session, block_id: UUID) -> list[Fate]:
    """What became of what an opposition blocked, but of those that it blocks still."""
    found = queries.runs_of(session, [block_id], MovementKind.BLOCK)
    whole = sum(run.vouchers.count for run in found)
    left = sum(len(queries.still_blocked(session, run)) for run in found)
    if left == whole:
        return []
    swaps, ends = queries.replaced_counts(session, found), queries.destroyed_counts(session, found)
    swapped, gone = sum(swaps.values()), sum(ends.values())
    now = queries.kinds_now(session, found)
    over = sum(now[kind] for kind in ENDS) - swapped - gone
    free = whole - left - swapped - gone - over
    told = (
        (swapped, Fate(_fate(swapped, whole, "annulé{s} et remplacé{s}"), tuple(swaps))),
        (gone, Fate(_fate(gone, whole, "détruit{s}"), (), tuple(ends))),
        (over, Fate(_fate(over, whole, "expiré{s}"))),
        (free, Fate(_fate(free, whole, "plus bloqué{s} par elle", no="ne "))),
    )
    return [fate for count, fate in told if count]


def _fate(count: int, whole: int, words: str, *, no: str = "") -> str:
    """« Ses 10 pass sont annulés », « Son pass n’est plus bloqué », « 3 pass sont expirés »."""
    owner = ("Son pass" if count == 1 else "Ses {n} pass") if count == whole else "{n} pass"
    verb = "est" if count == 1 else "sont"
    negated = f"{no}{verb}".replace("ne est", "n’est")
    return f"{owner.format(n=counted(count))} {negated} {words.format(s=plural(count))}"


def resting_runs(states: Sequence[ledger.VoucherState]) -> list[Run]:
    """Passes as they rest, in the fewest ranges."""
    return [
        (whole, account.kind, account.party_id, whole.count, account.face_value_cents)
        for account, whole in runs(states)
    ]


def resting_series(session: Session, states: Sequence[ledger.VoucherState]) -> list[Series]:
    """Passes as they rest, in words."""
    return series_of(session, resting_runs(states))


def blocks_shown(session: Session, blocks: Sequence[Block]) -> list[Json]:
    """Oppositions with what each blocked and found too late."""
    names = organisation_names(session, {block.organisation_id for block in blocks})
    told = []
    for block in blocks:
        findings = queries.findings_of(session, block.id)
        serials = serials_of(session, [finding.voucher_id for finding in findings])
        series = blocked_series(session, block.id)
        told.append(
            {
                **shown(block),
                "organisation_name": names[block.organisation_id],
                "blocked_count": sum(one.voucher_count for one in series),
                "still_blocked_count": sum(one.left_count for one in series),
                "blocked": [
                    {
                        "first": one.first,
                        "last": one.last,
                        "voucher_count": one.voucher_count,
                        "still_blocked_count": one.left_count,
                        "from_": one.place,
                        "holder_name": one.holder,
                    }
                    for one in series
                ],
                "too_late": [
                    {"serial": serials[finding.voucher_id], "found": finding.found}
                    for finding in findings
                ],
            }
        )
    return told


def replacements_shown(session: Session, records: Sequence[Replacement]) -> list[Json]:
    """Replacements, each pass with the one that stands for it."""
    names = organisation_names(session, {record.prescriber_id for record in records})
    told = []
    for record in records:
        swap = swap_of(session, record)
        told.append(
            {
                **shown(record),
                "prescriber_name": names[record.prescriber_id],
                "voucher_count": len(swap.passes),
                "passes": [{"old": old, "new": new} for old, new in swap.passes],
            }
        )
    return told


def swap_of(session: Session, record: Replacement) -> Swap:
    """A replacement as its slip tells it: serial numbers, and no person."""
    pairs = replaced.pairs_of(session, record.id)
    ids = [i for pair in pairs for i in (pair.old_voucher_id, pair.new_voucher_id)]
    serials = serials_of(session, ids)
    terms = programmes.vintage_by_label(session, serials[pairs[0].new_voucher_id][:3])
    if terms is None:
        message = f"replacement {record.number} is of no vintage"
        raise AssertionError(message)
    names = organisation_names(session, {record.prescriber_id})
    return Swap(
        number=record.number,
        sponsor=organisation_names(
            session, {known_programme(session, terms.programme_id).sponsor_id}
        ).popitem()[1],
        prescriber=names[record.prescriber_id],
        cause=FRENCH_REPLACEMENT_CAUSE[ReplacementCause(record.cause)],
        replaced_on=record.replaced_on,
        last_day=terms.valid_until,
        face_value_cents=ledger.face_value(session, terms.vintage_id),
        passes=tuple((serials[p.old_voucher_id], serials[p.new_voucher_id]) for p in pairs),
    )


def destruction_of(session: Session, record: WriteOff) -> Destruction:
    """A destruction as its procès-verbal tells it."""
    resting = write_offs.states_in(session, queries.ranges_of(session, record.id))
    states = [resting[voucher_id] for voucher_id in sorted(resting)]
    series = resting_series(session, states)
    approval = queries.approval_of(session, record.id)
    abandonment = queries.abandonment_of(session, record.id)
    terms = programmes.all_vintages(session)[states[0].account.vintage_id]
    sponsor_id = known_programme(session, terms.programme_id).sponsor_id
    return Destruction(
        number=record.number,
        sponsor=organisation_names(session, {sponsor_id})[sponsor_id],
        kind=FRENCH_WRITE_OFF[WriteOffKind(record.kind)],
        misprints=record.kind == WriteOffKind.MISPRINTS,
        reason=record.reason,
        prepared_on=record.prepared_on,
        prepared_by=agent_name(session, record.prepared_by),
        approved_on=approval.approved_on if approval else None,
        approved_by=agent_name(session, approval.approved_by if approval else None),
        abandoned_on=martinique_day(abandonment.abandoned_at) if abandonment else None,
        abandoned_by=agent_name(session, abandonment.abandoned_by if abandonment else None),
        abandonment_reason=abandonment.reason if abandonment else "",
        destroyed=tuple(
            Destroyed(one.first, one.last, one.holder, one.voucher_count, one.amount_cents)
            for one in series
        ),
    )


def write_offs_shown(session: Session, records: Sequence[WriteOff]) -> list[Json]:
    """Destructions with what each destroys; as many statements for two as for two hundred."""
    ids = [record.id for record in records]
    approvals = queries.approvals_of(session, ids)
    abandonments = queries.abandonments_of(session, ids)
    wholes = queries.ranges_by_write_off(session, ids)
    states = write_offs.states_in(session, [whole for found in wholes.values() for whole in found])
    resting = {
        record.id: resting_runs(
            [states[i] for whole in wholes[record.id] for i in range(whole.first, whole.last + 1)]
        )
        for record in records
    }
    every = iter(series_of(session, [run for found in resting.values() for run in found]))
    told = []
    for record in records:
        series, approval = list(islice(every, len(resting[record.id]))), approvals.get(record.id)
        abandonment = abandonments.get(record.id)
        told.append(
            {
                **shown(record),
                "approved_by": approval.approved_by if approval else None,
                "approved_at": approval.approved_at if approval else None,
                "abandoned_by": abandonment.abandoned_by if abandonment else None,
                "abandoned_at": abandonment.abandoned_at if abandonment else None,
                "abandonment_reason": abandonment.reason if abandonment else None,
                "voucher_count": sum(one.voucher_count for one in series),
                "amount_cents": sum(one.amount_cents for one in series),
                "destroyed": [
                    {
                        "first": one.first,
                        "last": one.last,
                        "holder_name": one.holder,
                        "voucher_count": one.voucher_count,
                        "amount_cents": one.amount_cents,
                    }
                    for one in series
                ],
            }
        )
    return told
