"""Each paper that prints a name prints any name that its form takes: cut, never refused."""

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from enum import Enum
from functools import partial
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.clearing import papers as clearing
from app.clearing import receipt_papers
from app.clearing.rules import DebitNotePaper, StatementPaper, Total
from app.closing import papers as closing
from app.guides.papers import kit_paper
from app.guides.rules import Kit, KitPaper
from app.kernel.serials import BookletNumber, SerialNumber
from app.kernel.text import LONGEST_NAME
from app.ledger import AccountKind
from app.losses import papers as losses
from app.orders.papers import order_form
from app.orders.rules import OrderForm
from app.papers.sheet import clipped, wrapped
from app.portability.papers import claims_pdf
from app.portability.rules import Claims
from app.prescribers import custody_papers
from app.prescribers import papers as prescribers
from app.prescribers.holdings import Slip
from app.reports import papers as reports
from app.reports import register_papers as registers
from app.reports.register_rules import AccountOfUse, Entry, Register
from app.reports.register_rules import Slip as EmploymentSlip
from app.reports.rules import CouncilSheet, UsageTable
from app.stock import papers as stock
from app.takeover import papers as takeover
from tests.papers import reading

ONE_WORD = "W" * LONGEST_NAME
WORDS = ("Ben Abdallah de la Rochefoucauld-Lévy Montgomery " * 5)[:LONGEST_NAME].strip()
OURS = {
    "vintage": "26A",
    "vintage_label": "26A",
    "label": "26A",
    "booklets": "26A 00012",
    "first": "26A 00012 01",
}
"""What passnum writes itself: numbers, series, days, words of its own."""
NAMED = """
    person prescriber town agent sponsor sender recipient sent_by received_by name programme reason
    programme_name sponsor_name sponsor_commune issuer_name issuer_commune deliver_to issuer holder
    closed_by_name signed_by_name abandoned_by_name abandonment_reason mediator commune debtor
    payee_name prepared_by approved_by abandoned_by drawn_by pays office mediator_name origin
    destination street access
"""
TYPED = frozenset(NAMED.split())
"""Fields that hold what somebody typed; every other text is short, and ours."""
DAY, INSTANT = date(2026, 3, 2), datetime(2026, 3, 2, 14, tzinfo=UTC)
FIXED: dict[Any, Any] = {
    bool: True,
    date: DAY,
    datetime: INSTANT,
    UUID: UUID(int=1),
    AccountKind: AccountKind.STOCK,
    SerialNumber: SerialNumber(BookletNumber("26A", 12), 1),
}


def built(kind: Any, field: str, name: str) -> Any:  # noqa: ANN401 - any frozen value of a paper
    """A value of that type, with the name wherever a name is told."""
    origin, parts = get_origin(kind), get_args(kind)
    made: Any
    if kind in FIXED:
        made = FIXED[kind]
    elif kind is str:
        # Whoever is named in full has a surname and a first name.
        whole = f"{name} {name}" if field == "person" else name
        made = whole if field in TYPED else OURS.get(field, "26A 00012")
    elif origin in (types.UnionType, Union):
        made = built(parts[0], field, name)
    elif origin is tuple:
        several = (parts[0],) * 2 if parts[-1] is Ellipsis else parts
        made = tuple(built(part, field, name) for part in several)
    elif origin is dict:
        made = {}
    elif isinstance(kind, type) and issubclass(kind, Enum):
        made = next(iter(kind))
    elif is_dataclass(kind) or hasattr(kind, "_fields"):
        names = [f.name for f in fields(kind)] if is_dataclass(kind) else kind._fields
        hints = get_type_hints(kind)
        made = kind(**{each: built(hints[each], each, name) for each in names})
    else:
        made = kind(1)
    return made


def _statement(data: StatementPaper) -> bytes:
    passes = sum(line.voucher_count for line in data.lines)
    cents = sum(line.amount_cents for line in data.lines)
    return clearing.statement_pdf(replace(data, total=Total.of(passes, cents, fee_basis_points=0)))


def _register(data: Register) -> bytes:
    return registers.register_pdf(data, [built(Entry, "", data.sponsor)] * 3)


def _council(data: CouncilSheet) -> bytes:
    # Publics have names of ours.
    return reports.council_pdf(replace(data, agreed=(), beyond=()))


Drawn = tuple[type, Callable[[Any], bytes]]


def _all() -> dict[str, Drawn]:
    kits: dict[str, Drawn] = {
        f"kit {p}": (Kit, partial(kit_paper, paper=p))
        for p in (KitPaper.POSTER_A4, KitPaper.PARTNER)
    }
    plain: Callable[..., Callable[[Any], bytes]] = partial(partial, specimen=False)
    return kits | {
        "letter": (prescribers.Letter, partial(prescribers.orientation_letter, large=False)),
        "large": (prescribers.Letter, partial(prescribers.orientation_letter, large=True)),
        "commitment": (prescribers.CommitmentForm, prescribers.commitment_form),
        "consignment": (Slip, plain(custody_papers.slip)),
        "claims": (Claims, claims_pdf),
        "order": (OrderForm, order_form),
        "destruction": (losses.Destruction, plain(losses.destruction_report)),
        "replacement": (losses.Swap, plain(losses.replacement_slip)),
        "statement": (StatementPaper, _statement),
        "debit note": (DebitNotePaper, clearing.debit_note_pdf),
        "receipt": (receipt_papers.ReceiptPaper, receipt_papers.receipt_pdf),
        "takeover": (takeover.Report, plain(takeover.report)),
        "joint": (closing.Account, plain(closing.joint_statement)),
        "complement": (closing.Complement, plain(closing.complement_statement)),
        "usage": (UsageTable, reports.usage_pdf),
        "council": (CouncilSheet, _council),
        "register": (Register, _register),
        "account": (AccountOfUse, registers.account_pdf),
        "slip": (EmploymentSlip, registers.slip_pdf),
        "delivery": (stock.FileReport, lambda d: stock.discrepancy_report(d, [], specimen=False)),
        "count": (stock.CountReport, plain(stock.count_paper)),
    }


@pytest.mark.parametrize(
    ("paper", "name"),
    [*((paper, ONE_WORD) for paper in _all()), ("commitment", WORDS), ("large", WORDS)],
    ids=lambda told: told[:12],
)
def test_a_paper_prints_any_name_that_its_form_takes(paper: str, name: str) -> None:
    kind, draw = _all()[paper]

    with reading.opened(draw(built(kind, "", name))) as pdf:
        for page in pdf:
            told = page.get_textpage()
            rectangles = [told.get_rect(place) for place in range(told.count_rects())]
            assert min(low for _, low, _, _ in rectangles) > 0
            assert max(right for _, _, right, _ in rectangles) < page.get_width()


@settings(max_examples=40)
@given(some.text("AWilé -’\u0301", max_size=401), some.floats(20, 180), some.integers(1, 4))
def test_what_is_cut_fits_its_lines_and_begins_as_it_was_written(
    name: str, wide: float, most: int
) -> None:
    told = clipped(name, wide, most, 9)

    assert len(wrapped(told, wide, 9)) <= most
    assert told == name or (told.endswith("…") and name.startswith(told[:-1]))
