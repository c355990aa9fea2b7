"""What the oracle knows of orders and deliveries."""

from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from tests.property.custody_oracle import CustodyOracle

PRICE = 200
MAY_ORDER = {"coordinator", "coordinator2", "finance"}


@dataclass
class Order:
    """An order, and what has become of it."""

    prepared_by: str
    lines: dict[int, int]
    approved_by: str | None = None
    allotted: list[tuple[int, int, int, int]] | None = None
    """Once sent: size, first and last serial, first booklet."""
    mandates: dict[str, int] = field(default_factory=dict)
    active_cents: int = 0


@dataclass
class Delivery:
    """What arrived, and what it cost."""

    order: UUID
    serials: list[int]
    cents: int
    active: bool = False


class FileRow(NamedTuple):
    """One line of a printer's file: a pass, and what is wrong with the line."""

    number: int
    serial: int
    position: int
    fault: str = ""


@dataclass
class OrderOracle(CustodyOracle):
    """Orders, deliveries, mandates."""

    orders: dict[UUID, Order] = field(default_factory=dict)
    deliveries: dict[UUID, Delivery] = field(default_factory=dict)
    last_serial: int = 0
    last_booklet: int = 0
    files: dict[tuple[UUID, str], int] = field(default_factory=dict)
    """How many passes each file brought, by its order and what it says."""

    def prepare(self, new: UUID, by: str, lines: dict[int, int]) -> str | None:
        if by not in MAY_ORDER:
            return "right_missing"
        if not lines:
            return "empty_order"
        if self.frozen:
            return "programme_frozen"
        self.orders[new] = Order(by, lines)
        return None

    def approve(self, order_id: UUID, by: str) -> str | None:
        if by not in MAY_ORDER:
            return "right_missing"
        order = self.orders.get(order_id)
        if order is None:
            return "unknown_order"
        if order.prepared_by == by:
            return "order_preparer_cannot_approve"
        if order.approved_by is not None:
            return None if order.approved_by == by else "order_approved_already"
        if self.frozen:
            return "programme_frozen"
        order.approved_by = by
        return None

    def send(self, order_id: UUID) -> str | None:
        order = self.orders.get(order_id)
        if order is None:
            return "unknown_order"
        if order.approved_by is None:
            return "order_not_approved"
        if order.allotted is None:
            if self.frozen:
                return "programme_frozen"
            order.allotted = []
            for size in sorted(order.lines, reverse=True):
                count = order.lines[size]
                first, booklet = self.last_serial + 1, self.last_booklet + 1
                self.last_serial += size * count
                self.last_booklet += count
                order.allotted.append((size, first, self.last_serial, booklet))
        return None

    def deliver(self, new: UUID, order_id: UUID, ranges: list[tuple[int, int]]) -> str | None:
        order = self.orders.get(order_id)
        if order is None:
            return "unknown_order"
        if order.allotted is None:
            return "order_not_sent"
        if self.frozen:
            return "programme_frozen"
        if refusal := ill_formed(ranges) or misplaced(ranges, order.allotted):
            return refusal
        serials = [serial for first, last in sorted(ranges) for serial in range(first, last + 1)]
        if any(serial in self.place for serial in serials):
            return "serials_received_already"
        cents = 0
        for size, first, last, number in order.allotted:
            for start in range(first, last + 1, size):
                if start in serials:
                    self.booklet[number + (start - first) // size] = (start, size)
                    cents += PRICE + (1000 * size if self.issuer_pays else 0)
        for serial in serials:
            self.place[serial] = ("stock_inert", "sponsor", "sponsor")
        self.deliveries[new] = Delivery(order_id, serials, cents)
        return None

    def import_file(self, new: UUID, file: tuple[UUID, str], rows: list[FileRow]) -> str | None:
        """Whole booklets of which every line is right, and nothing came before, are received."""
        if file in self.files:
            return None
        order = self.orders.get(file[0])
        if order is None:
            return "unknown_order"
        if order.allotted is None:
            return "order_not_sent"
        if not rows:
            return "serial_file_empty"
        right: dict[int, set[int]] = {}
        for row in rows:
            if not row.fault and row.serial not in self.place:
                right.setdefault(row.number, set()).add(row.serial)
        sizes = {
            number + which: size
            for size, first, last, number in order.allotted
            for which in range((last - first + 1) // size)
        }
        whole = [n for n, serials in right.items() if len(serials) == sizes[n]]
        ranges = sorted((min(right[n]), max(right[n])) for n in whole)
        if ranges and (refusal := self.deliver(new, file[0], ranges)):
            return refusal
        self.files[file] = sum(len(right[n]) for n in whole)
        return None

    def mandate(self, order_id: UUID, number: str, cents: int) -> str | None:
        if not cents:
            return "invalid_input"
        order = self.orders.get(order_id)
        if order is None:
            return "unknown_order"
        if order.approved_by is None:
            return "order_not_approved"
        if any(number in other.mandates for other in self.orders.values()):
            return "mandate_taken"
        order.mandates[number] = cents
        return None

    def activate(self, delivery_id: UUID) -> str | None:
        delivery = self.deliveries.get(delivery_id)
        if delivery is None:
            return "unknown_delivery"
        order = self.orders[delivery.order]
        if delivery.active:
            return "delivery_activated_already"
        if not order.mandates:
            return "mandate_missing"
        if order.active_cents + delivery.cents > sum(order.mandates.values()):
            return "mandate_does_not_cover"
        delivery.active = True
        order.active_cents += delivery.cents
        for serial in delivery.serials:
            self.place[serial] = ("stock", "sponsor", "sponsor")
        return None


def ill_formed(ranges: list[tuple[int, int]]) -> str | None:
    """What is wrong with ranges whatever the order."""
    if not ranges:
        return "empty_delivery"
    if any(not 0 < first <= last for first, last in ranges):
        return "range_reversed"
    serials = [serial for first, last in ranges for serial in range(first, last + 1)]
    return "ranges_overlap" if len(set(serials)) < len(serials) else None


def misplaced(
    ranges: list[tuple[int, int]], allotted: list[tuple[int, int, int, int]]
) -> str | None:
    """What is wrong with ranges for that order."""
    expected = {
        s: (size, first) for size, first, last, _ in allotted for s in range(first, last + 1)
    }
    for first, last in sorted(ranges):
        inside = [serial for serial in range(first, last + 1) if serial in expected]
        if not inside:
            return "serials_not_of_this_order"
        if len(inside) < last - first + 1:
            return "delivery_exceeds_order"
    for piece in (range(first, last + 1) for first, last in ranges):
        for size, start in {expected[serial] for serial in piece}:
            ours = [serial for serial in piece if expected[serial] == (size, start)]
            if (ours[0] - start) % size or (ours[-1] + 1 - start) % size:
                return "range_cuts_a_booklet"
    return None
