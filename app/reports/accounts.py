"""The account of use of a vintage, and the slip of use and payment of a régie: sums, no lines."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.identity.rules import Actor, Right
from app.kernel.clock import end_of_day
from app.kernel.money import Cents
from app.ledger import Account, AccountKind, MovementKind
from app.mediators.queries import cash_offices_of
from app.orders.queries import ordered_voucher_count
from app.partners.queries import organisation_names
from app.partners.service import known_organisation
from app.programmes import queries as programmes
from app.programmes.models import VintageTerms
from app.programmes.service import known_programme, known_vintage
from app.reports import queries
from app.reports.register_rules import HELD, AccountOfUse, Slip, SlipLine, UseLine
from app.reports.registers import span
from app.reports.service import ON_ORDER, UNDELIVERED, undelivered_kind

K, M = AccountKind, MovementKind
REMAINING = (K.STOCK_INERT, K.STOCK, K.TRANSIT, K.PRESCRIBER, K.WITHHELD, K.CIRCULATION)


def account_of_use(
    session: Session, *, actor: Actor, vintage_id: int, on: date, now: datetime
) -> AccountOfUse:
    """What became of every pass ordered of a vintage, at the end of a day and of the year before.

    Raises:
        RightMissing, UnknownVintage.
        InvalidInput: the day is to come.
    """
    actor.check(Right.SEE_LEDGER)
    terms = known_vintage(session, vintage_id)
    programme = known_programme(session, terms.programme_id)
    within = span(since=on, until=on, now=now)
    before_on = on.replace(month=1, day=1) - timedelta(days=1)
    face = ledger.face_value(session, vintage_id)
    now_there = _use(session, terms, on, within.end)
    was_there = _use(session, terms, before_on, min(end_of_day(before_on), now))

    def line(label: str, why: str, *names: str, total: bool = False) -> UseLine:
        count = sum(now_there[name] for name in names)
        before = sum(was_there[name] for name in names)
        return UseLine(label, why, before, count, Cents(count * face), total)

    never_came = line("Jamais livrés", "commandés, trop tard pour être reçus", UNDELIVERED)
    return AccountOfUse(
        programme=programme.name,
        vintage=terms.label,
        sponsor=organisation_names(session, [programme.sponsor_id])[programme.sponsor_id],
        face_value_cents=face,
        on=on,
        before_on=before_on,
        read_at=now,
        ordered=line("Commandés", "à l’émetteur, et repris", "ordered", total=True),
        lines=(
            line("Payés", "utilisés, et réglés aux médiateurs", K.SETTLED),
            line("À payer", "utilisés, paiement à venir", K.REDEEMED, K.CLAIMED),
            line("Rejetés", "en opposition ou annulés, non remplacés", K.BLOCKED, "rejected"),
            line("Échangés", "annulés et remplacés par un autre pass", "exchanged"),
            line("Remboursés", "rendus par l’émetteur", K.CREDITED),
            line("Périmés", "pas utilisés à temps, non remboursés", K.EXPIRED),
            line("Restants chez des personnes", "peuvent encore servir", K.CIRCULATION),
            line(
                "Restants chez les détenteurs",
                "registre des valeurs inactives",
                *(kind for kind in REMAINING if kind is not K.CIRCULATION),
            ),
            line("Restants à livrer", "commandés, pas encore reçus", ON_ORDER),
            *(never for never in [never_came] if never.count or never.before_count),
        ),
        specimen=programmes.is_demonstration(session),
    )


def _use(session: Session, terms: VintageTerms, on: date, at: datetime) -> Counter[str]:
    """The passes of a vintage by where they rest on a day, just before an instant."""
    vintage_id = terms.vintage_id
    reading = ledger.Reading(session, ledger.Window(at))
    found: Counter[str] = Counter()
    for account, balance in ledger.balances_of(session, reading).items():
        if account.vintage_id == vintage_id:
            found[account.kind] += balance.voucher_count
    ordered = ordered_voucher_count(session, vintage_ids=[vintage_id], at=at)
    found["ordered"] = ordered.get(vintage_id, 0)
    found[undelivered_kind(terms, on)] = found["ordered"] + found[K.ISSUER]
    found["exchanged"] = queries.exchanged_count(session, vintage_id, at)
    found["rejected"] = found[K.VOID] - found["exchanged"]
    return found


# ── Bordereau d’emploi et de versement ────────────────────────────────────────────────────────────

TO_PAY = frozenset({K.REDEEMED, K.CLAIMED})
"""Taken in and not paid yet."""


def slip_of(
    session: Session, *, actor: Actor, holder_id: UUID, since: date, until: date, now: datetime
) -> Slip:
    """What a holder did in a period with the passes it held, took in, and was paid.

    Raises:
        RightMissing, UnknownOrganisation, InvalidInput: as span().
    """
    actor.check(Right.SEE_LEDGER)
    holder = known_organisation(session, holder_id)
    within = span(since=since, until=until, now=now)
    accounts = ledger.all_accounts(session)
    then = _moves(session, accounts, holder_id, within.start)
    moved = _moves(session, accounts, holder_id, within.end)
    period = Counter(moved)
    period.subtract(then)
    offices = [
        office
        for office in cash_offices_of(session, holder_id)
        if office.valid_from <= until and office.valid_until >= since
    ]
    sponsors = {p.sponsor_id for p in programmes.programmes_after(session, None, limit=1)}
    return Slip(
        holder=holder.name,
        sponsor=next(iter(organisation_names(session, sponsors).values()), ""),
        office=offices[0].reference if offices else "",
        since=since,
        until=until,
        read_at=now,
        held=tuple(_held(then, period)),
        taken=tuple(_taken(then, period)),
        specimen=programmes.is_demonstration(session),
    )


Move = tuple[str, str, str, int]
"""A kind of movement, its two kinds of account (« elsewhere » for somebody else's), a value."""
ELSEWHERE = "elsewhere"


def _moves(
    session: Session, accounts: Mapping[int, Account], holder_id: UUID, at: datetime
) -> Counter[Move]:
    """What moved from or to a holder until then."""
    found: Counter[Move] = Counter()
    for moved in ledger.Reading(session, ledger.Window(at)).by_account:
        debit, credit = accounts[moved.debit_account_id], accounts[moved.credit_account_id]
        if holder_id not in {debit.party_id, credit.party_id}:
            continue
        start = debit.kind if debit.party_id == holder_id else ELSEWHERE
        to = credit.kind if credit.party_id == holder_id else ELSEWHERE
        found[moved.kind, start, to, debit.face_value_cents] += moved.voucher_count
    return found


def _line(
    label: str, moves: Mapping[Move, int], sign: Callable[[Move], int], *, total: bool = False
) -> SlipLine:
    counts = [(move, sign(move) * count) for move, count in moves.items()]
    return SlipLine(
        label,
        sum(count for _, count in counts),
        Cents(sum(count * move[3] for move, count in counts)),
        total,
    )


def _into(kinds: Iterable[str]) -> Callable[[Move], int]:
    """1 for what comes into these kinds of account, -1 for what leaves them."""
    inside = frozenset(map(str, kinds))
    return lambda move: (move[2] in inside) - (move[1] in inside)


def _only(balance: Callable[[Move], int], chosen: Callable[[Move], bool]) -> Callable[[Move], int]:
    return lambda move: balance(move) if chosen(move) else 0


def _handed(move: Move) -> bool:
    """Handed to a person, in the place of another pass or not; or taken back from that person."""
    return move[0] in {M.ISSUE, M.REPLACE} or (move[0] == M.REVERSE and move[1] == K.CIRCULATION)


def _received(move: Move) -> bool:
    return move[1] == ELSEWHERE and not _handed(move)


def _sent_on(move: Move) -> bool:
    return move[2] == ELSEWHERE and not _handed(move)


def _other(move: Move) -> bool:
    return not (_handed(move) or _received(move) or _sent_on(move))


HELD_LINES = (
    ("Reçus", _received),
    ("Remis à des personnes", _handed),
    ("Rendus, ou reçus par d’autres", _sent_on),
    ("Oppositions levées ou mises, péremptions", _other),
)
"""Each movement is on one of these lines: together they are what changed."""


def _held(then: Mapping[Move, int], period: Mapping[Move, int]) -> Iterable[SlipLine]:
    """Emploi: what it held, received, handed over, sent on."""
    balance = _into(HELD)
    yield _line("Détenus au début", then, balance, total=True)
    for label, chosen in HELD_LINES:
        yield _line(label, period, _only(balance, chosen))
    both = Counter(then)
    both.update(period)
    yield _line("Détenus à la fin", both, balance, total=True)


def _taken(then: Mapping[Move, int], period: Mapping[Move, int]) -> Iterable[SlipLine]:
    """Versement: what it took in, and what of it was paid."""
    balance = _into(TO_PAY)
    yield _line("À payer au début", then, balance, total=True)
    yield _line("Encaissés", period, _only(balance, lambda m: m[0] == M.REDEEM))
    yield _line("Encaissements annulés", period, _only(balance, lambda m: m[0] == M.UNDO))
    yield _line(
        "Payés ou compensés, moins les paiements revenus",
        period,
        _only(balance, lambda m: m[0] not in {M.REDEEM, M.UNDO}),
    )
    both = Counter(then)
    both.update(period)
    yield _line("À payer à la fin", both, balance, total=True)
