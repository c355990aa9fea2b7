"""Moves from an order to what is active in the stock; `test_machines.py` plays them."""

import io
from uuid import UUID

import hypothesis.strategies as st
from hypothesis.stateful import rule

from app.kernel import codes
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.kernel.serials import BookletNumber, SerialNumber
from app.orders import deliveries, mandates
from app.orders import service as orders
from app.orders.rules import LineAsked, SerialRange
from app.programmes import freezes
from app.stock.serial_files import Asked, Imported, import_serials
from tests.property.moves import ANY, SLIP, one_of
from tests.property.order_oracle import FileRow
from tests.property.world import World

ORDERERS = st.sampled_from(["coordinator", "coordinator2", "finance", "accountant"])
SMALL = st.integers(0, 3)
SPOILED = st.lists(
    st.tuples(ANY, st.sampled_from(["lost", "twice", "mangled", "foreign", "miscoded"])), max_size=2
)


class OrderMoves(World):
    """Ordering, approving, sending, receiving, paying, activating."""

    @rule(by=ORDERERS, tens=SMALL, fives=SMALL)
    def prepare(self, by: str, tens: int, fives: int) -> None:
        new, lines = new_id(), {size: n for size, n in ((10, tens), (5, fives)) if n}
        self.both(
            self.oracle.prepare(new, by, lines),
            lambda session: orders.prepare_order(
                session,
                actor=self.actor(by),
                order_id=new,
                programme_id=self.scheme.programme_id,
                vintage_id=self.scheme.vintage_id,
                lines=[LineAsked(size, n, Cents(200)) for size, n in lines.items()],
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY, by=ORDERERS)
    def approve(self, pick: int, by: str) -> None:
        order_id = one_of(self.oracle.orders, pick)
        self.both(
            self.oracle.approve(order_id, by),
            lambda session: orders.approve_order(
                session, actor=self.actor(by), order_id=order_id, now=self.scheme.now
            ),
        )

    @rule(pick=ANY)
    def send(self, pick: int) -> None:
        order_id = one_of(self.oracle.orders, pick)
        self.both(
            self.oracle.send(order_id),
            lambda session: orders.send_order(
                session, actor=self.actor("coordinator"), order_id=order_id, now=self.scheme.now
            ),
        )

    @rule(
        pick=ANY,
        parts=st.lists(
            st.tuples(st.integers(0, 1), SMALL, st.integers(1, 4), SLIP), min_size=0, max_size=2
        ),
    )
    def deliver(self, pick: int, parts: list[tuple[int, int, int, int]]) -> None:
        """Ranges near what the order waits for, whole booklets but for a slip."""
        order_id = one_of(self.oracle.orders, pick)
        order = self.oracle.orders.get(order_id)
        waits = (order.allotted if order else None) or [(10, 1, 10, 1)]
        ranges = []
        for line, start, length, slip in parts:
            size, first, _, _ = waits[line % len(waits)]
            begin = first + start * size + slip
            ranges.append((begin, begin + length * size - 1))
        self.delivered(order_id, ranges)

    def delivered(self, order_id: UUID, ranges: list[tuple[int, int]]) -> None:
        new = new_id()
        self.both(
            self.oracle.deliver(new, order_id, ranges),
            lambda session: deliveries.record_delivery(
                session,
                actor=self.actor("coordinator"),
                delivery_id=new,
                order_id=order_id,
                ranges=[SerialRange(first, last) for first, last in ranges],
                keys=self.scheme.keys,
                now=self.scheme.now,
            ),
        )

    @rule(
        pick=ANY,
        number=st.sampled_from(["A", "B", "C"]),
        cents=st.sampled_from([0, 200, 400, 1000, 5000, 50000]),
    )
    def mandate(self, pick: int, number: str, cents: int) -> None:
        order_id = one_of(self.oracle.orders, pick)
        self.both(
            self.oracle.mandate(order_id, number, cents),
            lambda session: mandates.record_mandate(
                session,
                actor=self.actor("finance"),
                mandate_id=new_id(),
                order_id=order_id,
                mandate_number=number,
                amount_cents=Cents(cents),
                accept_beyond=True,
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY)
    def activate(self, pick: int) -> None:
        delivery_id = one_of(self.oracle.deliveries, pick)
        self.both(
            self.oracle.activate(delivery_id),
            lambda session: deliveries.activate_delivery(
                session,
                actor=self.actor("finance"),
                activation_id=new_id(),
                delivery_id=delivery_id,
                now=self.scheme.now,
            ),
        )

    @rule()
    def freeze(self) -> None:
        """The issuer fails: nothing new is ordered, delivered or entrusted."""
        self.both(
            self.oracle.freeze(),
            lambda session: freezes.freeze_programme(
                session,
                actor=self.actor("coordinator"),
                freeze_id=new_id(),
                programme_id=self.scheme.programme_id,
                reason="Liquidation judiciaire",
                now=self.scheme.now,
            ),
        )

    @rule()
    def thaw(self) -> None:
        self.both(
            self.oracle.thaw(),
            lambda session: freezes.lift_freeze(
                session,
                actor=self.actor("coordinator"),
                lift_id=new_id(),
                programme_id=self.scheme.programme_id,
                reason="Reprise par un autre",
                now=self.scheme.now,
            ),
        )

    # ── A printer's file ──────────────────────────────────────────────────────────────────────────

    @rule(pick=ANY, booklets=st.lists(SMALL, min_size=1, max_size=3, unique=True), spoiled=SPOILED)
    def printer_sends(self, pick: int, booklets: list[int], spoiled: list[tuple[int, str]]) -> None:
        """Some booklets of an order, row by row; some rows are wrong, each in its way."""
        order_id = one_of(self.oracle.orders, pick)
        order = self.oracle.orders.get(order_id)
        waits = (order.allotted if order else None) or [(10, 1, 10, 1)]
        rows = [
            FileRow(number + which, first + which * size + place, place + 1)
            for size, first, last, number in waits
            for which in booklets
            if first + which * size <= last
            for place in range(size)
        ]
        for place, how in spoiled:
            if rows:
                at = place % len(rows)
                rows[at : at + 1] = {
                    "lost": [],
                    "twice": [rows[at], rows[at]],
                    "mangled": [rows[at]._replace(fault="mangled")],
                    "foreign": [rows[at], rows[at]._replace(fault="foreign")],
                    "miscoded": [rows[at]._replace(fault="miscoded")],
                }[how]
        self.sent(order_id, "\r\n".join(["serial;code", *map(self.line, rows)]), rows)

    def line(self, row: FileRow) -> str:
        """What the printer wrote of one pass."""
        label = "99Z" if row.fault == "foreign" else self.scheme.label
        number = str(SerialNumber(BookletNumber(label, row.number), row.position))
        code = codes.derive(self.key, row.serial + (row.fault == "miscoded"))
        return f"{'?' if row.fault == 'mangled' else number};{code}"

    @rule(pick=ANY)
    def printer_sends_again(self, pick: int) -> None:
        """The very same file, whatever has happened since: nothing of it counts twice."""
        if self.files:
            order_id, content, rows = self.files[pick % len(self.files)]
            self.sent(order_id, content, rows)

    def sent(self, order_id: UUID, content: str, rows: list[FileRow]) -> None:
        new, known = new_id(), (order_id, content) in self.oracle.files
        expected = self.oracle.import_file(new, (order_id, content), rows)
        if expected is None and not known:
            self.files.append((order_id, content, rows))
        done: list[Imported] = []
        self.told(
            expected,
            lambda: done.append(
                import_serials(
                    self.database,
                    actor=self.actor("coordinator"),
                    import_id=new,
                    asked=Asked(order_id, io.BytesIO(content.encode())),
                    keys=self.scheme.keys,
                    now=self.scheme.now,
                )
            ),
        )
        for one in done:
            received = self.oracle.files[order_id, content]
            counted = one.record.received_count, one.record.quarantined_count
            assert (one.again, *counted) == (known, received, len(rows) - received)
