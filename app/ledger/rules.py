"""Arithmetic of ranges and the chart's verdict: plain values, no database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.ledger.chart import BACKWARD, TRANSITIONS, USED, AccountKind, MovementKind
from app.ledger.errors import NoSuchMove


@dataclass(frozen=True, slots=True, order=True)
class VoucherRange:
    """Vouchers with consecutive ids, both ends included."""

    first: int
    last: int

    def __post_init__(self) -> None:
        """A range is never empty."""
        if not 0 < self.first <= self.last:
            message = f"no range: {self.first}..{self.last}"
            raise ValueError(message)

    @classmethod
    def one(cls, voucher_id: int) -> "VoucherRange":
        """A single voucher."""
        return cls(voucher_id, voucher_id)

    @property
    def count(self) -> int:
        """How many vouchers."""
        return self.last - self.first + 1

    @property
    def span_bits(self) -> int:
        """The range has between 2**span_bits and 2**(span_bits + 1) − 1 vouchers."""
        return self.count.bit_length() - 1


def contiguous(voucher_ids: Iterable[int]) -> Iterator[VoucherRange]:
    """The fewest ranges that hold exactly those vouchers, in order."""
    first = last = None
    for voucher_id in sorted(voucher_ids):
        if last is not None and first is not None and voucher_id != last + 1:
            yield VoucherRange(first, last)
            first = voucher_id
        elif first is None:
            first = voucher_id
        last = voucher_id
    if first is not None and last is not None:
        yield VoucherRange(first, last)


def check_move(kind: MovementKind, start: AccountKind, to: AccountKind) -> None:
    """Refuse a move that the chart does not have.

    Raises:
        NoSuchMove: naming the kind and both accounts.
    """
    if (kind, start, to) not in TRANSITIONS:
        raise NoSuchMove(kind=str(kind), debit=str(start), credit=str(to))


@dataclass(frozen=True, slots=True)
class Net:
    """What went from some kinds of account to others, less what was taken back: the one definition.

    What was taken back is taken off the flow that it takes back, when that was done.
    """

    start: frozenset[AccountKind]
    to: frozenset[AccountKind]

    def sign(self, kind: str, debit_kind: str, credit_kind: str) -> int:
        """What one voucher that moves like this adds to it: 1, −1 when it comes back, or 0."""
        if kind in BACKWARD:
            return -1 if debit_kind in self.to and credit_kind in self.start else 0
        if kind == MovementKind.REPLACE:  # a pass that replaces another is not handed over again
            return 0
        return 1 if debit_kind in self.start and credit_kind in self.to else 0


def net(start: AccountKind, to: AccountKind) -> Net:
    """What went from one kind of account to another."""
    return Net(frozenset({start}), frozenset({to}))


def uses() -> Net:
    """Passes that paid for support: redemptions, less what was undone or clawed back."""
    return Net(frozenset({AccountKind.CIRCULATION, AccountKind.EXPIRED}), USED)
