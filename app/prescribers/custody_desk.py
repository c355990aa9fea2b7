"""What pages of custody share: words, choices, and booklets by the holder that answers for them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.kernel.errors import DomainError
from app.kernel.money import NO_BREAK
from app.kernel.serials import BookletNumber
from app.ledger import AccountKind
from app.partners import queries as partners
from app.prescribers import custody_queries as queries
from app.prescribers.allocations import BookletRange, named_booklet
from app.prescribers.custody_models import BookletRequest
from app.prescribers.custody_queries import Held
from app.prescribers.custody_rules import (
    ConsignmentKind,
    ConsignmentState,
    RequestState,
    numbered_lines,
)
from app.programmes import queries as programmes
from app.web.format import count, plural
from app.web.forms import Form
from app.web.pages import Choice

LINES = 50
"""Lines of a list on one page."""
MANY = 200
"""Programmes in a choice, requests in a list."""

KINDS = {
    ConsignmentKind.ALLOCATION: "Dotation",
    ConsignmentKind.RETURN: "Retour",
    ConsignmentKind.TRANSFER: "Transfert",
}
STATES = {
    ConsignmentState.IN_TRANSIT: ("go", "En route"),
    ConsignmentState.RECEIVED: ("ok", "Reçu"),
    ConsignmentState.RECEIVED_SHORT: ("warn", "Reçu avec manque"),
    ConsignmentState.CANCELLED: ("", "Annulé"),
}
FILTERS = {
    "en-route": ConsignmentState.IN_TRANSIT,
    "recue": ConsignmentState.RECEIVED,
    "avec-manque": ConsignmentState.RECEIVED_SHORT,
    "annulee": ConsignmentState.CANCELLED,
}
NATURES = {
    "dotation": ConsignmentKind.ALLOCATION,
    "retour": ConsignmentKind.RETURN,
    "transfert": ConsignmentKind.TRANSFER,
}
REQUEST_STATES = {
    RequestState.PENDING: ("warn", "À traiter"),
    RequestState.ALLOCATED: ("ok", "Accordée"),
    RequestState.DECLINED: ("bad", "Refusée"),
}
REQUEST_FILTERS = {
    "a-traiter": RequestState.PENDING,
    "accordee": RequestState.ALLOCATED,
    "refusee": RequestState.DECLINED,
}
PLACES = {
    AccountKind.STOCK_INERT: ("warn", "Inertes"),
    AccountKind.STOCK: ("", "En stock"),
    AccountKind.TRANSIT: ("go", "En route"),
    AccountKind.PRESCRIBER: ("go", "Chez le prescripteur"),
}


@dataclass(frozen=True, slots=True)
class StockLine:
    """What one holder has of one vintage and size, in runs of numbers."""

    kind: AccountKind
    towards: str
    label: str
    size: int
    booklet_count: int
    missing_count: int
    """Those that a count did not find: they are on no way any more."""
    runs: tuple[str, ...]
    more: int

    @property
    def tone(self) -> str:
        """The look of where they are."""
        return PLACES[self.kind][0]

    @property
    def place(self) -> str:
        """Where they are, in words."""
        return PLACES[self.kind][1]

    @property
    def is_in_drawer(self) -> bool:
        """Whether they rest with the prescriber who hands them out."""
        return self.kind is AccountKind.PRESCRIBER


@dataclass(frozen=True, slots=True)
class Holder:
    """One holder and all it has."""

    id: UUID
    name: str
    lines: tuple[StockLine, ...]

    @property
    def booklet_count(self) -> int:
        """Booklets that it answers for."""
        return sum(line.booklet_count for line in self.lines)

    @property
    def voucher_count(self) -> int:
        """The passes of these booklets."""
        return sum(line.booklet_count * line.size for line in self.lines)


SAID = 30
"""Faulty lines told at once."""

Line = tuple[int, BookletRange | DomainError]
"""The number of a typed line, with what it names, or why it cannot be read."""


def ranges(session: Session, form: Form, name: str) -> list[BookletRange]:
    """Booklets as scanned or typed, a line each; one scanned twice is there once.

    A line that cannot be read is noted beside the field, by its number.
    """
    lines = read_lines(session, form, name)
    note_lines(form, name, [(n, read) for n, read in lines if isinstance(read, DomainError)])
    return [read for _, read in lines if isinstance(read, BookletRange)]


def read_lines(session: Session, form: Form, name: str) -> list[Line]:
    """Each line as scanned or typed, but those that name a booklet once more."""
    found: list[tuple[BookletNumber, BookletNumber]] = []
    lines: list[Line] = []
    for number, *ends in numbered_lines(form.text(name)):
        try:
            first, last = (named_booklet(session, end) for end in ends)
        except DomainError as refusal:
            lines.append((number, refusal))
            continue
        if first != last or not any(_holds(known, first) for known in found):
            found.append((first, last))
            lines.append((number, BookletRange(str(first), str(last))))
    return lines


def note_lines(form: Form, name: str, wrong: Sequence[tuple[int, DomainError]]) -> None:
    """Say beside the field what is wrong with each of these lines."""
    if wrong:
        told = [f"Ligne {number} : {refusal.message}" for number, refusal in wrong[:SAID]]
        if len(wrong) > SAID:
            told.append(f"Et {count(len(wrong) - SAID)} de plus.")
        form.wrong(name, "\n".join(told))


def _holds(known: tuple[BookletNumber, BookletNumber], one: BookletNumber) -> bool:
    first, last = known
    return first.vintage_label == one.vintage_label and first.number <= one.number <= last.number


def twice_said(session: Session, form: Form, name: str) -> str:
    """What is added to the sentence of an act when booklets were scanned twice; mostly nothing."""
    lines = len(numbered_lines(form.text(name)))
    left = lines - len(ranges(session, form, name))
    if left <= 0:
        return ""
    once = "ne compte qu’une fois" if left == 1 else "ne comptent qu’une fois"
    return f" {booklets_said(left)} scanné{plural(left)} deux fois {once}."


def programme_choices(session: Session) -> tuple[Choice, ...]:
    """The programmes, to choose one."""
    return tuple(
        Choice(str(p.id), p.name) for p in programmes.programmes_after(session, None, limit=MANY)
    )


def only(choices: Sequence[Choice]) -> str:
    """The value of the only choice there is, proposed at once."""
    return choices[0].value if len(choices) == 1 else ""


def booklets_said(number: int) -> str:
    """« 12 carnets »."""
    return f"{count(number)} carnet{plural(number)}"


def read_uuid(typed: str) -> UUID | None:
    """An id of the address, or none."""
    try:
        return UUID(typed)
    except ValueError:
        return None


def agent_name(session: Session, agent_id: int) -> str:
    """The name of an agent."""
    agent = identity.agent(session, agent_id)
    return agent.name if agent else ""


def wanted(row: BookletRequest) -> str:
    """« 20 carnets de 10, 4 carnets de 5 »."""
    wanted = ((row.tens_count, 10), (row.fives_count, 5))
    return ", ".join(f"{booklets_said(number)} de {size}" for number, size in wanted if number)


SHOWN_RUNS = 12
"""Runs of numbers told on one line of the page; one holder alone shows all of its own."""


def holders_of(session: Session, held: Sequence[Held]) -> tuple[Holder, ...]:
    """Booklets by the holder that answers for them, the fullest first."""
    of_each: dict[UUID, list[Held]] = {}
    for party, rows in groupby(held, key=attrgetter("party_id")):
        of_each.setdefault(party, []).extend(rows)
    towards = {h.counterparty_id for h in held if h.kind == AccountKind.TRANSIT}
    names = partners.organisation_names(session, of_each.keys() | towards)
    lost = queries.missing_numbers(session)
    holders = []
    for party, theirs in of_each.items():
        lines = tuple(
            _stock_line(list(runs), names, lost)
            for _, runs in groupby(sorted(theirs, key=_line_of), key=_line_of)
        )
        holders.append(Holder(party, names[party], lines))
    return tuple(sorted(holders, key=lambda holder: (-holder.booklet_count, holder.name)))


def _line_of(held: Held) -> tuple[str, str, str, int]:
    """What stands on one line: place, where to, vintage, size; tens first."""
    towards = str(held.counterparty_id) if held.kind == AccountKind.TRANSIT else ""
    return held.kind, towards, held.label, -held.size


def _stock_line(
    runs: Sequence[Held], names: dict[UUID, str], lost: Collection[tuple[int, int]]
) -> StockLine:
    first = runs[0]
    shown = []
    for held in runs[:SHOWN_RUNS]:
        ends = dict.fromkeys((held.first_number, held.last_number))
        numbers = (str(BookletNumber(held.label, n)).replace(" ", NO_BREAK) for n in ends)
        shown.append(" à ".join(numbers))
    return StockLine(
        kind=AccountKind(first.kind),
        towards=names[first.counterparty_id] if first.kind == AccountKind.TRANSIT else "",
        label=first.label,
        size=first.size,
        booklet_count=sum(h.count for h in runs),
        missing_count=sum(
            (held.vintage_id, number) in lost
            for held in runs
            if held.kind == AccountKind.TRANSIT
            for number in range(held.first_number, held.last_number + 1)
        ),
        runs=tuple(shown),
        more=max(0, len(runs) - SHOWN_RUNS),
    )
