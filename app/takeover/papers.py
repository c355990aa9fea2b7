"""The procès-verbal of a taking over: what lay where, signed by the two who counted."""

from dataclasses import dataclass
from datetime import date, datetime

from app.kernel.clock import martinique_day
from app.papers.flow import Paper
from app.papers.french import euros_in_words, grouped, long_day, money, short_day
from app.papers.parts import LEFT, fields, letterhead, signatures
from app.papers.sheet import strong
from app.papers.table import Column, Row, Table
from app.takeover.rules import FRENCH_PLACE, Place, Total

SIGNING = 52.0
_COLUMNS = (
    Column(("Millésime",), 18),
    Column(("Où",), 36, wrap=True),
    Column(("Chez",), 37, wrap=True),
    Column(("Carnets", "de 10"), 16, "r"),
    Column(("Carnets", "de 5"), 16, "r"),
    Column(("Pass",), 15, "r"),
    Column(("Déjà", "utilisés"), 15, "r"),
    Column(("Valeur",), 25, "r"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """A procès-verbal as it is printed. Holders are names of organisations, by their ids."""

    number: str
    sponsor: str
    programme: str
    counted_on: date
    prepared_at: datetime
    approved_on: date | None
    refused_on: date | None
    reason: str
    fingerprint: str
    line_count: int
    totals: tuple[Total, ...]
    holders: dict[str, str]

    @property
    def taken(self) -> tuple[Total, ...]:
        """What comes into passnum."""
        return tuple(total for total in self.totals if total.place is not Place.ELSEWHERE)

    @property
    def left(self) -> tuple[Total, ...]:
        """What the file names and does not bring in."""
        return tuple(total for total in self.totals if total.place is Place.ELSEWHERE)


def report(data: Report, *, specimen: bool) -> bytes:
    """The procès-verbal, as a tagged PDF: same data, same bytes."""
    paper = Paper(
        "Procès-verbal de reprise",
        data.number,
        letterhead(data.sponsor),
        subtitle="Carnets et pass d’avant passnum",
        specimen=specimen,
    )
    s = paper.sheet
    with s.elem("Sect"):
        y = fields(
            s,
            LEFT,
            paper.top - 4,
            178,
            34,
            (
                ("Dispositif", strong(data.programme)),
                ("Compté le", strong(long_day(data.counted_on))),
                ("État", _state(data)),
                ("Fichier", f"{grouped(data.line_count)} lignes, empreinte {data.fingerprint}"),
            ),
        )
    y = _table(paper, y - 3, data.taken, data.holders, "Repris dans passnum")
    if data.left:
        with s.leaf("P"):
            y = s.para(
                LEFT,
                y - 8,
                178,
                "Les carnets ci-dessous sont cités par le fichier et ne sont pas repris : ils ont "
                "été encaissés, payés ou détruits avant passnum.",
                9,
                4,
            )
        y = _table(paper, y - 2, data.left, data.holders, "Non repris")
    cents = sum(total.amount_cents for total in data.taken)
    y = paper.room(y, SIGNING + 24)
    with s.leaf("P"):
        y = s.para(
            LEFT,
            y - 8,
            178,
            f"Arrêté le présent procès-verbal à {strong(euros_in_words(cents))}, valeur faciale de "
            f"{grouped(sum(total.voucher_count for total in data.taken))} pass.",
            9.5,
            4.4,
        )
    prepared_on = short_day(martinique_day(data.prepared_at))
    signatures(
        s,
        y - 4,
        178,
        SIGNING,
        (
            "Qui a compté et préparé",
            f"J’ai compté les carnets énumérés ; préparé le {prepared_on}.",
            "",
        ),
        (
            "Qui a vérifié et approuvé",
            "J’ai compté de mon côté et je trouve les mêmes carnets.",
            "",
        ),
    )
    return paper.finish()


def _state(data: Report) -> str:
    if data.approved_on:
        return f"approuvé le {long_day(data.approved_on)}"
    if data.refused_on:
        return f"écarté le {long_day(data.refused_on)} : rien n’en est repris"
    return "préparé, en attente d’une seconde personne"


def _table(
    paper: Paper, y: float, totals: tuple[Total, ...], holders: dict[str, str], name: str
) -> float:
    def sums(count: int) -> tuple[str, ...]:
        counted = totals[:count]
        return (
            grouped(sum(total.tens for total in counted)),
            grouped(sum(total.fives for total in counted)),
            grouped(sum(total.voucher_count for total in counted)),
            grouped(sum(total.used_count for total in counted)),
            money(sum(total.amount_cents for total in counted)),
        )

    rows = [
        Row(
            (
                total.vintage,
                FRENCH_PLACE[total.place],
                holders.get(total.holder, "–"),
                grouped(total.tens),
                grouped(total.fives),
                grouped(total.voucher_count),
                grouped(total.used_count),
                money(total.amount_cents),
            )
        )
        for total in totals
    ]
    return Table(paper.sheet, _COLUMNS).run(paper, y, rows, total=name, sums=sums)
