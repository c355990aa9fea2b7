"""What is signed or taken home when paper went wrong: the procès-verbal, the slip. No person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.papers.flow import Paper
from app.papers.french import euros_in_words, grouped, long_day, money, typeset
from app.papers.parts import LEFT, fields, letterhead, signatory, signatures
from app.papers.sheet import strong
from app.papers.table import Column, Row, Table

WIDE = 178.0
SIGNING = 52.0


@dataclass(frozen=True, slots=True)
class Destroyed:
    """Neighbouring passes of one holder."""

    first: str
    last: str
    holder: str
    voucher_count: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Destruction:
    """A procès-verbal of destruction as it is printed."""

    number: str
    sponsor: str
    kind: str
    misprints: bool
    reason: str
    prepared_on: date
    prepared_by: str
    """The agent’s name: a member of staff answers for what is destroyed."""
    approved_on: date | None
    approved_by: str
    abandoned_on: date | None
    abandoned_by: str
    abandonment_reason: str
    destroyed: tuple[Destroyed, ...]

    @property
    def voucher_count(self) -> int:
        """All of them."""
        return sum(one.voucher_count for one in self.destroyed)

    @property
    def amount_cents(self) -> int:
        """Their face value."""
        return sum(one.amount_cents for one in self.destroyed)


_DESTROYED = (
    Column(("Premier pass",), 42),
    Column(("Dernier pass",), 42),
    Column(("Détenus par",), 50, wrap=True),
    Column(("Pass",), 18, "r"),
    Column(("Valeur",), 26, "r"),
)


def destruction_report(data: Destruction, *, specimen: bool) -> bytes:
    """The procès-verbal, as a tagged PDF: same data, same bytes."""
    paper = Paper(
        "Procès-verbal de destruction",
        data.number,
        letterhead(data.sponsor),
        subtitle="Valeurs inactives",
        specimen=specimen,
    )
    s = paper.sheet
    with s.elem("Sect"):
        y = fields(
            s,
            LEFT,
            paper.top - 4,
            WIDE,
            34,
            (
                ("Détruits", strong(typeset(data.kind))),
                ("Motif", typeset(data.reason)),
                ("Préparé", typeset(f"le {long_day(data.prepared_on)} par {data.prepared_by}")),
                ("État", typeset(_state(data))),
            ),
        )
    y = _destroyed(paper, y - 3, data.destroyed)
    y = paper.room(y, SIGNING + 30)
    with s.leaf("P"):
        y = s.para(LEFT, y - 8, WIDE, typeset(_closed_at(data)), 9.5, 4.4)
    signatures(
        s,
        y - 4,
        WIDE,
        SIGNING,
        (
            "Qui a compté et préparé",
            "J’ai compté les pass énumérés ci-dessus.",
            signatory(data.prepared_by),
        ),
        (
            "Qui a vérifié et approuvé",
            "J’ai compté de mon côté, je trouve les mêmes, et je les ai vu détruire.",
            signatory(data.approved_by),
        ),
    )
    return paper.finish()


def _state(data: Destruction) -> str:
    """Who decided, and when."""
    if data.approved_on:
        return f"approuvé le {long_day(data.approved_on)} par {data.approved_by}"
    if data.abandoned_on:
        return (
            f"abandonné le {long_day(data.abandoned_on)} par {data.abandoned_by} : "
            f"{data.abandonment_reason}"
        )
    return "préparé, en attente d’une seconde personne"


def _destroyed(paper: Paper, y: float, destroyed: Sequence[Destroyed]) -> float:
    """What is destroyed, a row for each run; returns the lower edge."""
    rows = [
        Row(
            (
                one.first,
                one.last,
                one.holder,
                grouped(one.voucher_count),
                money(one.amount_cents),
            )
        )
        for one in destroyed
    ]

    def sums(count: int) -> tuple[str, ...]:
        counted = destroyed[:count]
        return (
            grouped(sum(one.voucher_count for one in counted)),
            money(sum(one.amount_cents for one in counted)),
        )

    return Table(paper.sheet, _DESTROYED).run(paper, y, rows, total="Total", sums=sums)


def _closed_at(data: Destruction) -> str:
    """The count and the sum in words, and what becomes of these passes."""
    count = f"{grouped(data.voucher_count)} pass"
    if data.misprints:
        return (
            f"Arrêté à {count}. Les feuilles mal imprimées sont détruites ; les pass réimprimés "
            "avec les mêmes numéros et les mêmes codes restent valables et ne sont pas comptés "
            "deux fois."
        )
    fate = "seront annulés une fois ce procès-verbal approuvé"
    if data.approved_on:
        fate = "sont annulés et refusés pour toujours"
    elif data.abandoned_on:
        fate = "ne sont pas annulés : ce procès-verbal est abandonné et reste sans effet"
    return (
        f"Arrêté à {count}, pour une valeur faciale de "
        f"{strong(euros_in_words(data.amount_cents))}. Ces pass {fate} ; leur papier, s’il est "
        "là, est détruit devant les deux signataires."
    )


@dataclass(frozen=True, slots=True)
class Swap:
    """A replacement as its slip is printed: numbers, and no person."""

    number: str
    sponsor: str
    prescriber: str
    cause: str
    replaced_on: date
    last_day: date
    face_value_cents: int
    passes: tuple[tuple[str, str], ...]


_SWAPPED = (Column(("Pass annulé",), 89), Column(("Pass qui le remplace",), 89))


def replacement_slip(data: Swap, *, specimen: bool) -> bytes:
    """What goes with the new passes, to be kept by the person and signed by both."""
    paper = Paper(
        "Remplacement de pass",
        data.number,
        letterhead(data.sponsor),
        subtitle="À remettre avec les nouveaux pass",
        specimen=specimen,
    )
    s = paper.sheet
    with s.elem("Sect"):
        y = fields(
            s,
            LEFT,
            paper.top - 4,
            WIDE,
            38,
            (
                ("Prescripteur", strong(data.prescriber)),
                ("Remplacés le", long_day(data.replaced_on)),
                ("Motif", typeset(data.cause)),
                ("Valables jusqu’au", strong(long_day(data.last_day))),
            ),
        )
    count = len(data.passes)
    with s.leaf("P"):
        y = s.para(
            LEFT,
            y - 3,
            WIDE,
            typeset(_told(count, data.face_value_cents)),
            10.5,
            4.9,
        )
    rows = [Row(pair) for pair in data.passes]
    y = Table(s, _SWAPPED).run(paper, y - 2, rows)
    y = paper.room(y, SIGNING + 12)
    signatures(
        s,
        y - 6,
        WIDE,
        SIGNING,
        ("Qui remet les nouveaux pass", "Remis à la personne ce jour.", ""),
        ("La personne", "J’ai reçu les nouveaux pass ci-dessus.", ""),
    )
    return paper.finish()


def _told(count: int, face_value_cents: int) -> str:
    """What the person must know of the old passes and of the new ones."""
    if count == 1:
        return (
            "Le pass de gauche est annulé : jetez-le si vous le retrouvez, il est refusé partout. "
            f"Celui de droite, de {money(face_value_cents)}, le remplace. "
            "Vous n’avez rien à payer."
        )
    return (
        f"Les {grouped(count)} pass de gauche sont annulés : jetez-les si vous les retrouvez, ils "
        f"sont refusés partout. Ceux de droite, de {money(face_value_cents)} chacun, les "
        "remplacent. Vous n’avez rien à payer."
    )
