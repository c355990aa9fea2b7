"""What people type about orders, read from their forms."""

import re
from collections.abc import Mapping
from datetime import date

from app.kernel.serials import BOOKLET_SIZES
from app.orders.rules import LineAsked, Plan
from app.orders.service import LARGEST_ORDER, LARGEST_PRICE_CENTS, OrderDetails
from app.programmes.rules import Public
from app.web.forms import Form

COUNT_OF = {10: "tens", 5: "fives"}
PRICE_OF = {10: "ten_price", 5: "five_price"}
MANY = 100
"""Programmes and vintages in a list of choices; an authority has a handful."""
RANGES = 6
"""Ranges of booklets that one page takes; a longer delivery is recorded in several."""


def new_order(vintage: str, plan: Plan | None, *, expected_on: date | None = None) -> Form:
    """A blank order, with what the planner proposes and whom it was planned for."""
    proposed: dict[str, str] = {"vintage": vintage}
    if expected_on is not None:
        proposed["expected_on"] = expected_on.isoformat()
    if plan is not None:
        if not plan.is_covered:
            proposed |= {COUNT_OF[s.booklet_size]: str(s.to_order_count) for s in plan.sizes}
        proposed |= {str(p.public): str(p.person_count) for p in plan.publics}
    return Form.blank(**proposed)


def lines_of(form: Form) -> list[LineAsked]:
    """The lines that have booklets; what is left empty is none, and needs no price."""
    lines = []
    for size in BOOKLET_SIZES:
        count = form.integer(COUNT_OF[size]) if form.text(COUNT_OF[size]) else 0
        if count > LARGEST_ORDER:
            form.wrong(COUNT_OF[size], "Un nombre de carnets va de 1 à 100 000.")
        if count:
            price = form.cents(PRICE_OF[size])
            if price > LARGEST_PRICE_CENTS:
                form.wrong(PRICE_OF[size], "Le prix d’un carnet va de 0 à 10 000 €.")
            lines.append(LineAsked(size, count, price))
    return lines


def details_of(form: Form) -> OrderDetails:
    """What stands on the order form beside its lines."""
    return OrderDetails(
        market_number=form.text("market_number"),
        engagement_number=form.text("engagement_number"),
        service_code=form.text("service_code"),
        deliver_to=form.text("deliver_to"),
        expected_on=form.day("expected_on") if form.text("expected_on") else None,
    )


def people_of(form: Form) -> dict[Public, int]:
    """How many people of each public were planned; a field left empty is nobody."""
    return {p: form.integer(p) for p in Public if form.text(p) not in {"", "0"}}


def people_in(typed: Mapping[str, str]) -> Form:
    """The planner's form as the address has it."""
    return Form({name: [value] for name, value in typed.items()}, Form.blank().id)


def booklets_of(form: Form, label: str) -> list[tuple[int, tuple[int, int]]]:
    """The ranges of booklets that were typed, each with its line: « 26A 00012 » or 12."""
    found = []
    for place in range(1, RANGES + 1):
        first, last = form.text(f"first_{place}"), form.text(f"last_{place}")
        if not first and not last:
            continue
        ends = [
            _booklet(form, f"{end}_{place}", typed or other, label)
            for end, typed, other in (("first", first, last), ("last", last, first))
        ]
        found.append((place, (ends[0], ends[1])))
    return found


def _booklet(form: Form, name: str, typed: str, label: str) -> int:
    digits = "".join(typed.upper().split()).removeprefix(label)
    if not re.fullmatch(r"[0-9]{1,6}", digits, re.ASCII):
        form.wrong(name, f"Écrivez le numéro d’un carnet, par exemple {label} 00012.")
        return 0
    return int(digits)
