"""Arithmetic of ranges and the chart's verdict: plain values, no database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.ledger.chart import TRANSITIONS, AccountKind, MovementKind
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
