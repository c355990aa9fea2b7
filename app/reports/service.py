"""Reports: each figure is a sum over movements, and each rate names its denominator."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.clearing.lookups import look_up_code
from app.identity.rules import Actor, Right
from app.kernel import codes
from app.kernel.clock import FIRST_DAY, LAST_DAY, end_of_day, martinique_day
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.money import Cents
from app.kernel.serials import SerialNumber
from app.ledger import AccountKind, MovementKind
from app.ledger.models import Voucher
from app.orders.endings import serves_no_more
from app.orders.queries import ordered_voucher_count
from app.partners.models import Organisation
from app.partners.queries import organisation_names, organisations_by_id
from app.partners.rules import OrganisationKind
from app.programmes import queries as programmes
from app.programmes.errors import UnknownVintage
from app.programmes.models import VintageTerms
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.programmes.service import known_programme, known_vintage
from app.reports import queries
from app.reports.models import NO_PUBLIC
from app.reports.rules import BEFORE_PASSNUM
from app.reports.snapshots import ISSUES, MovedOfPublic, moved_of_publics
from app.reports.told import (
    ChainStage,
    Denominator,
    MonthRow,
    PlaceRow,
    StoryStep,
    UsageRow,
    VoucherLine,
    VoucherPage,
)
from app.vouchers import queries as vouchers
from app.vouchers.errors import UnknownVoucher
from app.vouchers.service import (
    check_concerns,
    code_not_of_here,
    known_booklet,
    read_serial,
    seen_booklet,
    seen_voucher,
)

CHAIN = (
    AccountKind.STOCK_INERT,
    AccountKind.STOCK,
    AccountKind.TRANSIT,
    AccountKind.PRESCRIBER,
    AccountKind.CIRCULATION,
    AccountKind.REDEEMED,
    AccountKind.CLAIMED,
    AccountKind.SETTLED,
)
EXITS = (
    AccountKind.BLOCKED,
    AccountKind.WITHHELD,
    AccountKind.VOID,
    AccountKind.EXPIRED,
    AccountKind.CREDITED,
)
USED = frozenset({AccountKind.REDEEMED, AccountKind.CLAIMED, AccountKind.SETTLED})
ON_ORDER, UNDELIVERED = "on_order", "undelivered"
"""What has not arrived: still expected, or of a vintage whose passes serve no more."""


def undelivered_kind(terms: VintageTerms, on: date) -> str:
    """Whether what has not arrived on a day may still be received: see app.orders.endings."""
    return UNDELIVERED if serves_no_more(terms, on) else ON_ORDER


BY_PUBLIC = attrgetter("public")
BY_MONTH = attrgetter("acted_in")
KeyT = TypeVar("KeyT")

FlowBetween = tuple[ledger.Account, ledger.Account, int]
"""From one account to another, so many passes."""


@dataclass(frozen=True)
class Perimeter:
    """What a report counts: vintages, and what was recorded before the instant `at`.

    What several reports ask of it is looked up once.
    """

    vintages: dict[int, VintageTerms]
    on: date
    at: datetime
    reading: ledger.Reading
    """What moved then, of these vintages and of others."""
    programme_id: UUID | None = None
    vintage_id: int | None = None
    """The one programme or vintage that was asked for."""

    @cached_property
    def balances(self) -> dict[ledger.Account, ledger.Balance]:
        """What rests in each account of these vintages that has ever moved."""
        balances = ledger.balances_of(self.reading.session, self.reading)
        return {a: b for a, b in balances.items() if a.vintage_id in self.vintages}

    @cached_property
    def accounts(self) -> dict[int, ledger.Account]:
        """The accounts of these vintages that have ever moved."""
        return {account.id: account for account in self.balances}

    @cached_property
    def parties(self) -> dict[UUID, Organisation]:
        """Whose those accounts are."""
        return organisations_by_id(
            self.reading.session, {account.party_id for account in self.balances}
        )

    @cached_property
    def publics(self) -> list[MovedOfPublic]:
        """What was issued to each public and used by it."""
        return moved_of_publics(self.reading.session, self.reading)

    @cached_property
    def taken_over(self) -> list[queries.TakenOver]:
        """What opening balances moved, in any vintage and whenever."""
        return queries.taken_over(self.reading.session)


def perimeter(
    session: Session, *, programme_id: UUID | None, vintage_id: int | None, on: date, now: datetime
) -> Perimeter:
    """One programme or all (None), all its vintages or one, until the end of a day or until now.

    Raises:
        UnknownProgramme, UnknownVintage.
        InvalidInput: the day is out of bounds or to come.
    """
    if not FIRST_DAY <= on <= LAST_DAY or on > martinique_day(now):
        raise InvalidInput(at="Écrivez un jour entre 2000 et aujourd’hui.")
    vintages = programmes.all_vintages(session)
    if programme_id is not None:
        known_programme(session, programme_id)
        vintages = {v: t for v, t in vintages.items() if t.programme_id == programme_id}
    if vintage_id is not None:
        vintages = {vintage_id: vintages[vintage_id]} if vintage_id in vintages else {}
        if not vintages:
            raise UnknownVintage
    at = min(end_of_day(on), now)
    reading = ledger.Reading(session, ledger.Window(at))
    return Perimeter(vintages, on, at, reading, programme_id, vintage_id)


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Where the passes are: `ordered` closes to `stages` and `exits` together."""

    read_at: datetime
    ordered: ChainStage
    stages: tuple[ChainStage, ...]
    exits: tuple[ChainStage, ...]


def chain_report(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID | None = None,
    vintage_id: int | None = None,
    on: date,
    now: datetime,
) -> ChainReport:
    """What rests at each stage at the end of a day, closing to what was ordered.

    Raises:
        RightMissing, and as perimeter().
    """
    actor.check(Right.SEE_REPORTS)
    within = perimeter(session, programme_id=programme_id, vintage_id=vintage_id, on=on, now=now)
    return chain_within(session, within)


def chain_within(session: Session, within: Perimeter) -> ChainReport:
    """The same, of a perimeter that others read too."""
    counts: Counter[str] = Counter()
    cents: Counter[str] = Counter()
    worth = ledger.face_values(session)
    expected = {v: undelivered_kind(terms, within.on) for v, terms in within.vintages.items()}
    rests = ledger.rests_of(within.reading)
    ordered = ordered_voucher_count(session, vintage_ids=list(within.vintages), at=within.at)
    for vintage_id, count in ordered.items():
        rests[vintage_id, "ordered"] = count
        # The issuer's balance is minus what was received: with what was ordered, what is to come.
        rests[vintage_id, AccountKind.ISSUER] += count
    for (vintage_id, kind), count in rests.items():
        if vintage_id in within.vintages:
            resting = expected[vintage_id] if kind == AccountKind.ISSUER else kind
            counts[resting] += count
            cents[resting] += count * worth[vintage_id]

    def stage(kind: str) -> ChainStage:
        return ChainStage(str(kind), counts[kind], Cents(cents[kind]))

    return ChainReport(
        read_at=within.at,
        ordered=stage("ordered"),
        stages=(stage(ON_ORDER), *(stage(kind) for kind in CHAIN)),
        exits=tuple(stage(kind) for kind in (UNDELIVERED, *EXITS)),
    )


@dataclass(frozen=True, slots=True)
class UsageReport:
    """How many of the passes handed out were used. See app.web.pages.UsagePage for each figure."""

    read_at: datetime
    issued_count: int
    redeemed_count: int
    redeemed_cents: Cents
    in_hand_count: int
    in_hand_cents: Cents
    denominators: tuple[Denominator, ...]
    prescribers: tuple[UsageRow, ...]
    publics: tuple[UsageRow, ...]
    places: tuple[PlaceRow, ...]
    months: tuple[MonthRow, ...]


def usage_report(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID | None = None,
    vintage_id: int | None = None,
    on: date,
    now: datetime,
) -> UsageReport:
    """The usage rate's numerator and its named denominators, at the end of a day.

    Raises:
        RightMissing, and as perimeter().
    """
    actor.check(Right.SEE_REPORTS)
    within = perimeter(session, programme_id=programme_id, vintage_id=vintage_id, on=on, now=now)
    return usage_within(session, within)


def usage_within(session: Session, within: Perimeter) -> UsageReport:
    """The same, of a perimeter that others read too."""
    balances = within.balances

    def flows(net: ledger.Net) -> list[FlowBetween]:
        return flows_within(within, net, within.accounts)

    issues, redemptions = flows(ISSUES), flows(ledger.uses())
    used = [(a, b) for a, b in balances.items() if a.kind in USED]
    in_hand = [b for a, b in balances.items() if a.kind is AccountKind.CIRCULATION]
    ordered = ordered_voucher_count(session, vintage_ids=list(within.vintages), at=within.at)
    issued_count = sum(count for *_, count in issues)
    return UsageReport(
        read_at=within.at,
        issued_count=issued_count,
        redeemed_count=sum(b.voucher_count for _, b in used),
        redeemed_cents=Cents(sum(b.amount_cents for _, b in used)),
        in_hand_count=sum(b.voucher_count for b in in_hand),
        in_hand_cents=Cents(sum(b.amount_cents for b in in_hand)),
        denominators=(
            Denominator("issued", issued_count),
            Denominator("entrusted", _entrusted(flows)),
            Denominator(
                "received",
                -sum(b.voucher_count for a, b in balances.items() if a.kind is AccountKind.ISSUER),
            ),
            Denominator("ordered", sum(ordered.values())),
        ),
        prescribers=_by_prescriber(within, issues, redemptions),
        publics=_by_public(within),
        places=_by_mediator(within, redemptions),
        months=_by_month(within),
    )


def flows_within(
    within: Perimeter, net: ledger.Net, accounts: Mapping[int, ledger.Account]
) -> list[FlowBetween]:
    """What moved in a perimeter."""
    return [
        (accounts[f.debit_account_id], accounts[f.credit_account_id], f.voucher_count)
        for f in ledger.flows_of(within.reading, net)
        if f.debit_account_id in accounts
        and accounts[f.debit_account_id].vintage_id in within.vintages
    ]


def counted(
    within: Perimeter,
    moved: Iterable[ledger.MovedInMonth | MovedOfPublic],
    net: ledger.Net,
    key: Callable[[Any], KeyT],
) -> Counter[tuple[KeyT, int]]:
    """How many passes of each vintage of a perimeter moved, told apart by a key."""
    found: Counter[tuple[KeyT, int]] = Counter()
    for line in moved:
        if line.vintage_id in within.vintages:
            sign = net.sign(line.kind, line.debit_kind, line.credit_kind)
            if sign:
                found[key(line), line.vintage_id] += sign * line.voucher_count
    return found


def of_all_vintages(counts: Mapping[tuple[KeyT, int], int]) -> Counter[KeyT]:
    """The same, whatever the vintage."""
    found: Counter[KeyT] = Counter()
    for (key, _), count in counts.items():
        found[key] += count
    return found


def _entrusted(flows: Callable[[ledger.Net], list[FlowBetween]]) -> int:
    """Passes that prescribers signed for, less those that they sent back or on."""
    signed_for = sum(n for *_, n in flows(ledger.net(AccountKind.TRANSIT, AccountKind.PRESCRIBER)))
    sent_on = sum(n for *_, n in flows(ledger.net(AccountKind.PRESCRIBER, AccountKind.TRANSIT)))
    return signed_for - sent_on


def _by_prescriber(
    within: Perimeter,
    issues: Iterable[FlowBetween],
    redemptions: Iterable[FlowBetween],
) -> tuple[UsageRow, ...]:
    issued: Counter[UUID] = Counter()
    redeemed: Counter[UUID] = Counter()
    for prescriber, _, count in issues:
        issued[prescriber.party_id] += count
    # Circulation stays with the prescriber who issued, so one redemption says where from.
    for circulation, _, count in redemptions:
        redeemed[circulation.party_id] += count
    rows = (
        UsageRow(within.parties[party].name, issued[party], redeemed[party])
        for party in issued | redeemed
    )
    return tuple(sorted(rows, key=lambda row: (-row.issued_count, row.name)))


def _by_public(within: Perimeter) -> tuple[UsageRow, ...]:
    issued = of_all_vintages(counted(within, within.publics, ISSUES, BY_PUBLIC))
    redeemed = of_all_vintages(counted(within, within.publics, ledger.uses(), BY_PUBLIC))
    return tuple(
        UsageRow(name, issued[public], redeemed[public], apart=apart)
        for public, name, apart in told_publics(issued | redeemed)
    )


def told_publics(counted: Counter[str]) -> list[tuple[str, str, bool]]:
    """Each public, its French name and whether it is counted apart from the agreement.

    A line for passes taken over, whose public nobody wrote down, stands there when there are any:
    the lines always add up to the whole.
    """
    told = [(str(public), FRENCH_PUBLIC[public], public is Public.OTHER) for public in Public]
    if counted[NO_PUBLIC]:
        told.append((NO_PUBLIC, "Repris, public non connu", True))
    return told


def _by_mediator(within: Perimeter, redemptions: Iterable[FlowBetween]) -> tuple[PlaceRow, ...]:
    counts: Counter[UUID] = Counter()
    cents: Counter[UUID] = Counter()
    for _, redeemed, count in redemptions:
        counts[redeemed.party_id] += count
        cents[redeemed.party_id] += count * redeemed.face_value_cents
    rows = (
        PlaceRow(*_place(within.parties[party]), counts[party], Cents(cents[party]))
        for party in counts
    )
    return tuple(sorted(rows, key=lambda row: (-row.redeemed_count, row.name)))


def _place(party: Organisation) -> tuple[str, str]:
    """A mediator and its commune; the sponsor stands for those from before passnum."""
    if party.kind == OrganisationKind.SPONSOR:
        return BEFORE_PASSNUM, ""
    return party.name, party.commune


def _by_month(within: Perimeter) -> tuple[MonthRow, ...]:
    """Every month from the first act to the day asked, without a gap.

    Opening balances are no acts of the month in which they were approved.
    """
    moved = within.reading.by_month
    issued = of_all_vintages(counted(within, moved, ISSUES, BY_MONTH))
    redeemed = of_all_vintages(counted(within, moved, ledger.uses(), BY_MONTH))
    for one in within.taken_over:
        if one.moved.vintage_id in within.vintages and one.acted_in in issued:
            counts = issued if one.moved.kind == MovementKind.ISSUE else redeemed
            counts[one.acted_in] -= one.moved.voucher_count
    issued, redeemed = +issued, +redeemed
    if not issued and not redeemed:
        return ()
    month, rows = min([*issued, *redeemed]), []
    last = max([*issued, *redeemed, within.on.replace(day=1)])
    while month <= last:
        rows.append(MonthRow(month, issued.get(month, 0), redeemed.get(month, 0)))
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return tuple(rows)


# ── One pass ──────────────────────────────────────────────────────────────────────────────────────


def voucher_report(session: Session, *, actor: Actor, typed_serial: str) -> VoucherPage:
    """One pass, where it rests, and its whole history, newest first.

    Raises:
        RightMissing, NotASerialNumber, MistypedSerial.
        UnknownVoucher: no such pass, or one that never was the actor's business: both look alike.
    """
    seen = seen_voucher(session, actor=actor, typed=typed_serial)
    serial, voucher, history = seen.serial, seen.state, seen.history
    terms = known_vintage(session, voucher.account.vintage_id)
    booklet = known_booklet(session, serial.booklet)
    siblings = ledger.voucher_states(
        session, Voucher.id.between(booklet.id, booklet.id + booklet.size - 1)
    )
    names = organisation_names(
        session,
        {
            party
            for entry in history
            for account in (entry.debit, entry.credit)
            for party in (account.party_id, account.counterparty_id)
        },
    )
    return VoucherPage(
        serial=serial,
        face_value_cents=Cents(voucher.account.face_value_cents),
        state=voucher.account.kind,
        since=history[-1].recorded_at,
        holder=names[voucher.account.party_id],
        recipient=names[voucher.account.counterparty_id]
        if voucher.account.kind is AccountKind.TRANSIT
        else "",
        programme_name=known_programme(session, terms.programme_id).name,
        valid_until=terms.valid_until,
        story=tuple(reversed(story(session, history, names))),
        siblings=tuple(
            VoucherLine(SerialNumber(serial.booklet, s.id - booklet.id + 1), s.account.kind)
            for s in siblings
        ),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """The passes of a booklet, when its number was typed."""

    lines: tuple[VoucherLine, ...]


def search_vouchers(
    session: Session, *, actor: Actor, typed: str, now: datetime
) -> SerialNumber | Found | DomainError:
    """What was typed, as a pass or the passes of a booklet: a code, a serial, a booklet's number.

    Of a booklet, only the passes that were the actor's business: nobody lists another's.
    A code that no pass bears is returned as a refusal, so that the guess is committed first.

    Raises:
        RightMissing, TooManyGuesses, MistypedVoucherCode, MistypedSerial, NotASerialNumber,
        UnknownVoucher, UnknownBooklet.
    """
    actor.check(Right.SEE_VOUCHERS)
    if looks_like_a_code(typed):
        voucher = look_up_code(session, actor=actor, code=typed, now=now)
        if voucher is None:
            digest = codes.digest(codes.read(typed))
            return code_not_of_here(session, digest, UnknownVoucher())
        check_concerns(actor, ledger.history(session, voucher.id))
        return vouchers.serial_numbers(session, [(voucher.id, voucher.booklet_id)])[voucher.id]
    read = read_serial(typed)
    if isinstance(read, SerialNumber):
        return seen_voucher(session, actor=actor, typed=typed).serial
    booklet = seen_booklet(session, actor=actor, typed=typed)
    states = ledger.voucher_states(
        session, Voucher.id.between(booklet.id, booklet.id + booklet.size - 1)
    )
    return Found(
        tuple(
            VoucherLine(SerialNumber(read, s.id - booklet.id + 1), s.account.kind)
            for s in states
            if actor.sees() or _concerns(session, actor, s.id)
        )
    )


def _concerns(session: Session, actor: Actor, voucher_id: int) -> bool:
    """Whether a pass ever was the actor's business."""
    try:
        check_concerns(actor, ledger.history(session, voucher_id))
    except UnknownVoucher:
        return False
    return True


def looks_like_a_code(typed: str) -> bool:
    """A serial number has at most 13 letters and digits, a code 16."""
    return sum(c.isalnum() for c in typed) > len("26A1234560712")


def _redemptions_undone(history: list[ledger.HistoryEntry]) -> set[int]:
    """The movements whose redemption was undone later: each undoing takes back the latest one."""
    undone, latest = set(), 0
    for entry in history:
        if entry.kind is MovementKind.REDEEM:
            latest = entry.movement_id
        elif entry.kind is MovementKind.UNDO:
            undone.add(latest)
    return undone


def story(
    session: Session, history: list[ledger.HistoryEntry], names: dict[UUID, str]
) -> list[StoryStep]:
    """A history in words' clothes, oldest first: who gave, who received, under which paper."""
    kinds = {entry.movement_id: entry.kind for entry in history}
    undone = {entry.reverses_id for entry in history} | _redemptions_undone(history)
    papers = queries.papers(session, {(e.document_type, e.document_id) for e in history})
    ends = {i for e in history for i in (e.vouchers.first, e.vouchers.last)}
    serials = vouchers.serial_numbers(
        session,
        [(s.id, s.booklet_id) for s in ledger.voucher_states(session, Voucher.id.in_(ends))],
    )
    return [
        StoryStep(
            act=entry.kind,
            movement_id=entry.movement_id,
            occurred_at=entry.occurred_at,
            recorded_at=entry.recorded_at,
            from_kind=entry.debit.kind,
            to_kind=entry.credit.kind,
            giver=names[entry.debit.party_id],
            receiver=names[entry.credit.counterparty_id],
            undone_act=kinds[cast("int", entry.reverses_id)]
            if entry.kind is MovementKind.REVERSE
            else None,
            undone_later=entry.movement_id in undone,
            document=papers.get(entry.document_id),
            first_serial=serials.get(entry.vouchers.first),
            last_serial=serials.get(entry.vouchers.last),
            voucher_count=entry.vouchers.count,
        )
        for entry in history
    ]
