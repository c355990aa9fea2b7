"""What is planned, ordered, allotted, delivered and paid for: plain values, no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from statistics import median

from app.kernel.errors import DomainError
from app.kernel.ids import LARGEST_INTEGER
from app.kernel.money import Cents
from app.kernel.serials import BOOKLET_SIZES, BookletNumber
from app.orders.errors import (
    BookletsNotOfThisOrder,
    DeliveryExceedsOrder,
    EmptyDelivery,
    RangeCutsABooklet,
    RangeReversed,
    RangesOverlap,
    SerialsNotOfThisOrder,
    SerialsReceivedAlready,
    VintageFull,
)
from app.programmes.rules import Entitled, Payer, Public

LAST_BOOKLET = 999_999
"""Serial numbers are printed with six digits of booklet at most."""


class OrderState(StrEnum):
    """How far an order has come, in the same words everywhere: which rows exist says it."""

    PREPARED = "prepared"
    APPROVED = "approved"
    SENT = "sent"
    DELIVERED = "delivered"
    ACTIVE = "active"
    CANCELLED = "cancelled"


FRENCH_STATE = {
    OrderState.PREPARED: "à approuver",
    OrderState.APPROVED: "à envoyer",
    OrderState.SENT: "envoyée",
    OrderState.DELIVERED: "livrée",
    OrderState.ACTIVE: "active",
    OrderState.CANCELLED: "annulée",
}
"""Sent until everything has arrived, delivered until everything that arrived is active."""
INERT = "inert"
"""Beside the states, in a list: something arrived and cannot serve yet."""


@dataclass(frozen=True, slots=True)
class LineAsked:
    """So many booklets of a size, at a price for each booklet in cents."""

    booklet_size: int
    booklet_count: int
    unit_price_cents: Cents


# ── What an order costs ───────────────────────────────────────────────────────────────────────────

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class OrderingTerms:
    """What the programme says of its orders on a day."""

    payer: Payer
    face_value_cents: Cents
    fee_basis_points: int


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """What an order costs, each part apart: printing, face value, fees.

    When CAP Nord pays the mediators the order pays for printing only; when the issuer does, the
    order pays it the face value and its fees too.
    """

    voucher_count: int
    printing_cents: Cents
    face_value_cents: Cents
    fee_cents: Cents

    @property
    def total_cents(self) -> Cents:
        """What the mandates must reach."""
        return Cents(self.printing_cents + self.face_value_cents + self.fee_cents)


def totals(lines: Sequence[LineAsked], terms: OrderingTerms) -> OrderTotals:
    """The cost of these lines; the fee is rounded half up, once for the order."""
    count = sum(line.booklet_count * line.booklet_size for line in lines)
    printing = Cents(sum(line.booklet_count * line.unit_price_cents for line in lines))
    face = Cents(count * paid_face_value(terms.payer, terms.face_value_cents))
    fee = (face * terms.fee_basis_points + BASIS_POINTS // 2) // BASIS_POINTS
    return OrderTotals(count, printing, face, Cents(fee))


def paid_face_value(payer: str, face_value_cents: int) -> Cents:
    """What the order pays for each pass beside its printing."""
    return Cents(face_value_cents if payer == Payer.ISSUER else 0)


@dataclass(frozen=True, slots=True)
class ApprovedCost:
    """What an approved order commits, what was mandated for it, and what of it has come."""

    payer: str
    voucher_count: int
    face_value_cents: int
    printing_cents: int
    fee_cents: int
    mandated_cents: int
    came_count: int
    came_printing_cents: int

    @property
    def cost_cents(self) -> Cents:
        """Printing, fees, and every pass at its face value, whoever pays the mediators."""
        face = self.voucher_count * self.face_value_cents
        return Cents(self.printing_cents + self.fee_cents + face)

    @property
    def kept_cents(self) -> Cents:
        """What of it was paid, or may be still, once its passes serve no more.

        Where the issuer pays, no mandat follows: what there was is what it is paid. Where the
        authority does, what came may cost its face value, and its printing may be mandated still.
        """
        if self.payer == Payer.ISSUER:
            return Cents(min(self.cost_cents, self.mandated_cents))
        printing = min(self.printing_cents, max(self.mandated_cents, self.came_printing_cents))
        return Cents(printing + self.came_count * self.face_value_cents)


# ── How many to order ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StockOfSize:
    """Booklets of one size that need not be ordered: active, inert, and expected of sent orders.

    `prepared_count` are those of orders that are prepared or approved and have not left: told
    apart, because they may still be given up.
    """

    booklet_size: int
    active_count: int = 0
    inert_count: int = 0
    expected_count: int = 0
    prepared_count: int = 0

    @property
    def usable_count(self) -> int:
        """What can still be handed out."""
        return self.active_count + self.inert_count + self.expected_count


@dataclass(frozen=True, slots=True)
class PlannedPublic:
    """So many people of a public, who receive so many booklets of a size each."""

    public: Public
    person_count: int
    booklet_size: int
    booklet_count: int

    @property
    def needed_count(self) -> int:
        """Booklets for all of them."""
        return self.person_count * self.booklet_count


@dataclass(frozen=True, slots=True)
class Measured:
    """What the programme has shown so far, beside the plan: it changes none of its figures."""

    issued_count: int = 0
    redeemed_count: int = 0
    delay_days: int | None = None
    """Days from the hand-over to the use of a pass: half of the latest passes took less."""


@dataclass(frozen=True, slots=True)
class PlannedSize:
    """What one size comes to: booklets needed, less those there are."""

    stock: StockOfSize
    needed_count: int

    @property
    def booklet_size(self) -> int:
        """5 or 10."""
        return self.stock.booklet_size

    @property
    def to_order_count(self) -> int:
        """What is missing; a stock beyond the need leaves nothing to order."""
        return max(0, self.needed_count - self.stock.usable_count)

    @property
    def to_order_beyond_count(self) -> int:
        """What is missing still, once the orders that are prepared have left."""
        return max(0, self.to_order_count - self.stock.prepared_count)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many booklets people will need, what there is, and what is measured beside it."""

    publics: tuple[PlannedPublic, ...]
    stock: tuple[StockOfSize, ...]
    measured: Measured = Measured()

    @property
    def sizes(self) -> tuple[PlannedSize, ...]:
        """Each size that is printed, largest first."""
        stock = {s.booklet_size: s for s in self.stock}
        return tuple(
            PlannedSize(
                stock.get(size, StockOfSize(size)),
                sum(p.needed_count for p in self.publics if p.booklet_size == size),
            )
            for size in BOOKLET_SIZES
        )

    @property
    def is_covered(self) -> bool:
        """Whether what there is suffices: an order of nothing would be refused."""
        return not any(size.to_order_count for size in self.sizes)

    @property
    def voucher_count(self) -> int:
        """The passes of what is to be ordered."""
        return sum(size.to_order_count * size.stock.booklet_size for size in self.sizes)


def plan(
    people: Mapping[Public, int],
    entitled: Sequence[Entitled],
    stock: Sequence[StockOfSize],
    measured: Measured,
) -> Plan:
    """The booklets for so many people of each public: people × entitlement, less the stock."""
    order = list(Public)
    publics = tuple(
        PlannedPublic(e.public, people[e.public], e.booklet_size, e.booklet_count)
        for e in sorted(entitled, key=lambda one: order.index(one.public))
        if people.get(e.public)
    )
    return Plan(publics, tuple(stock), measured)


def delay_in_days(delays: Sequence[tuple[date, date]]) -> int | None:
    """The median of the days from hand-over to use; of nothing there is none."""
    days = [max(0, (used - given).days) for given, used in delays]
    return round(median(days)) if days else None


# ── On paper ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FormLine:
    """A line of the order form; its booklets have numbers once the order is sent."""

    booklet_size: int
    booklet_count: int
    unit_price_cents: Cents
    booklets: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class OrderForm:
    """Everything that the order form says: the same values give the same paper."""

    number: str
    programme_name: str
    vintage_label: str
    sponsor_name: str
    sponsor_commune: str
    sponsor_siret: str
    issuer_name: str
    issuer_commune: str
    issuer_siret: str
    pays_face_value: bool
    face_value_cents: Cents
    lines: tuple[FormLine, ...]
    voucher_count: int
    printing_cents: Cents
    face_cents: Cents
    fee_basis_points: int
    fee_cents: Cents
    total_cents: Cents
    market_number: str
    engagement_number: str
    service_code: str
    deliver_to: str
    expected_on: date | None
    prepared_on: date
    approved_on: date | None
    sent_on: date | None
    cancelled: bool
    specimen: bool


# ── Serials ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, order=True)
class SerialRange:
    """Consecutive serials of one vintage, both ends included."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many passes."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Allotted:
    """The serials that one line of a sent order may bring, and its first booklet's number."""

    booklet_size: int
    serials: SerialRange
    first_booklet: int

    @property
    def last_booklet(self) -> int:
        """Its last booklet's number."""
        return self.first_booklet + self.serials.count // self.booklet_size - 1

    @property
    def booklets(self) -> str:
        """Its booklets in words, for a refusal."""
        return f"{self.first_booklet} à {self.last_booklet} (carnets de {self.booklet_size})"

    def first_serial_of(self, booklet: int) -> int:
        """The serial of the first pass of one of its booklets."""
        return self.serials.first + (booklet - self.first_booklet) * self.booklet_size

    def __str__(self) -> str:
        """In words, for a refusal."""
        return f"{self.serials.first} à {self.serials.last} (carnets de {self.booklet_size})"


def allot(lines: Sequence[LineAsked], *, last_serial: int, last_booklet: int) -> list[Allotted]:
    """Serials for the lines of an order, following the last ones of the vintage without a gap.

    Raises:
        VintageFull: a booklet's number would have more than six digits.
    """
    allotted = []
    for line in sorted(lines, key=lambda line: -line.booklet_size):
        serials = SerialRange(last_serial + 1, last_serial + line.booklet_count * line.booklet_size)
        allotted.append(Allotted(line.booklet_size, serials, last_booklet + 1))
        last_serial, last_booklet = serials.last, last_booklet + line.booklet_count
        if last_booklet > LAST_BOOKLET:
            raise VintageFull(last=LAST_BOOKLET)
    return allotted


def check_delivered(  # noqa: C901 - a list of refusals, in their order
    ranges: Sequence[SerialRange], allotted: Sequence[Allotted]
) -> list[tuple[SerialRange, Allotted]]:
    """Each range with the allotment that it lies in, in order.

    A range over the end of one allotment into the next is cut there.

    Raises, in this order for each range:
        EmptyDelivery, RangeReversed, RangesOverlap, DeliveryExceedsOrder, SerialsNotOfThisOrder,
        RangeCutsABooklet.
    """
    if not ranges:
        raise EmptyDelivery
    for serials in ranges:
        if not 0 < serials.first <= serials.last <= LARGEST_INTEGER:
            raise RangeReversed(first=serials.first, last=serials.last)
    ordered = sorted(ranges)
    for before, after in pairwise(ordered):
        if after.first <= before.last:
            raise RangesOverlap(serial=after.first)
    placed = []
    for serials in ordered:
        pieces = [
            (SerialRange(max(serials.first, a.serials.first), min(serials.last, a.serials.last)), a)
            for a in allotted
            if serials.first <= a.serials.last and serials.last >= a.serials.first
        ]
        expected = " et ".join(map(str, allotted))
        if not pieces:
            raise SerialsNotOfThisOrder(first=serials.first, last=serials.last, expected=expected)
        if sum(piece.count for piece, _ in pieces) < serials.count:
            raise DeliveryExceedsOrder(first=serials.first, last=serials.last, expected=expected)
        placed += pieces
    for piece, a in placed:
        offsets = piece.first - a.serials.first, piece.last + 1 - a.serials.first
        if any(offset % a.booklet_size for offset in offsets):
            raise RangeCutsABooklet(first=piece.first, last=piece.last, size=a.booklet_size)
    return placed


def judge_booklets(
    ranges: Sequence[tuple[int, int]],
    allotted: Sequence[Allotted],
    received: Sequence[SerialRange],
    label: str,
) -> list[SerialRange | DomainError]:
    """Each range of booklet numbers as serials, or what is wrong with it: one sentence for each.

    People count covers, so a page takes the numbers of booklets; the first thing that is wrong
    with a range is said, in the order of check_delivered.
    """
    expected = " et ".join(a.booklets for a in allotted)
    judged: list[SerialRange | DomainError] = []
    for first, last in ranges:
        if not 0 < first <= last:
            judged.append(RangeReversed(first=first, last=last))
            continue
        ends = [serials_of_booklet(number, allotted) for number in (first, last)]
        if ends[0] is None or ends[1] is None:
            judged.append(BookletsNotOfThisOrder(first=first, last=last, expected=expected))
            continue
        serials = SerialRange(ends[0].first, ends[1].last)
        taken = [r for r in judged if isinstance(r, SerialRange)]
        if any(serials.first <= r.last and serials.last >= r.first for r in taken):
            judged.append(RangesOverlap(serial=str(BookletNumber(label, first))))
            continue
        if any(serials.first <= r.last and serials.last >= r.first for r in received):
            judged.append(SerialsReceivedAlready(first=first, last=last))
            continue
        judged.append(serials)
    return judged


def still_expected(allotted: Allotted, received: Sequence[SerialRange]) -> list[tuple[int, int]]:
    """The numbers of the booklets of a line that have not arrived, as ranges."""
    missing: list[tuple[int, int]] = []
    here = allotted.serials.first

    def note(last: int) -> None:
        if last >= here:
            size, start = allotted.booklet_size, allotted.serials.first
            missing.append(
                (
                    allotted.first_booklet + (here - start) // size,
                    allotted.first_booklet + (last - start) // size,
                )
            )

    for came in sorted(received):
        if came.last < allotted.serials.first or came.first > allotted.serials.last:
            continue
        note(came.first - 1)
        here = max(here, came.last + 1)
    note(allotted.serials.last)
    return missing


def serials_of_booklet(number: int, allotted: Sequence[Allotted]) -> SerialRange | None:
    """The passes of one booklet of an order, if it is one of it."""
    for part in allotted:
        if part.first_booklet <= number <= part.last_booklet:
            first = part.serials.first + (number - part.first_booklet) * part.booklet_size
            return SerialRange(first, first + part.booklet_size - 1)
    return None


def cost(
    delivered: Sequence[tuple[SerialRange, int]],
    unit_price_cents: Mapping[int, Cents],
    *,
    face_value_cents: int = 0,
) -> Cents:
    """What delivered ranges cost, given as (serials, booklet size), at the order's prices.

    `face_value_cents` is what the order pays for each pass: nothing when CAP Nord pays mediators.
    """
    return Cents(
        sum(
            serials.count // size * unit_price_cents[size] + serials.count * face_value_cents
            for serials, size in delivered
        )
    )
