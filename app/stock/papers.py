"""What goes back to a printer, and the procès-verbal of a count that two people sign."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.kernel.clock import martinique_day
from app.kernel.serials import SerialNumber
from app.papers.flow import Paper
from app.papers.french import (
    clock,
    euros_in_words,
    grouped,
    long_day,
    money,
    plural,
    short_day,
    typeset,
)
from app.papers.measures import NBSP
from app.papers.parts import LEFT, fields, letterhead, signatory, signatures
from app.papers.sheet import strong
from app.papers.sheets import Field, Kind, csv_bytes
from app.papers.table import Column, Row, Table, note
from app.stock.count_rules import (
    FRENCH_DIFFERENCE,
    CountedLine,
    CountState,
    CountTotal,
    DifferenceKind,
)
from app.stock.file_rules import ADVICE, FRENCH_FAULT, CodesFrom, Fault
from app.stock.queries import FaultCount

ROWS_ON_PAPER = 500
"""Rows put aside that the paper names; the sheet names all."""
SIGNING = 52.0

# ── Files of a printer ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FileReport:
    """What a file came to, as it is shown and sent back; no code is in it."""

    number: str
    order_number: str
    vintage_label: str
    issuer: str
    sponsor: str
    fingerprint: str
    codes_from: CodesFrom
    imported_at: datetime
    row_count: int
    received_count: int
    quarantined_count: int
    missing_count: int
    delivery_number: str
    faults: tuple[FaultCount, ...]
    gaps: tuple[tuple[SerialNumber, SerialNumber], ...]

    @property
    def waiting_count(self) -> int:
        """Rows put aside whose pass has not arrived since."""
        return self.quarantined_count - sum(one.mended_count for one in self.faults)


@dataclass(frozen=True, slots=True)
class ToldRow:
    """A row put aside, with its number as it should be printed when the order knows it."""

    line: int
    typed: str
    serial: str
    fault: Fault
    arrived_on: date | None


ASIDE_COLUMNS = (
    Field("Ligne du fichier", Kind.NUMBER),
    Field("Numéro écrit", width=22),
    Field("Numéro attendu", width=22),
    Field("Raison", width=32),
    Field("À faire", width=70),
    Field("Arrivé depuis", Kind.DAY),
)


def discrepancy_sheet(data: FileReport, rows: Iterable[ToldRow], *, specimen: bool) -> bytes:
    """Every row put aside, then what the file leaves out, as a CSV to send back."""

    def lines() -> Iterable[Sequence[object]]:
        for row in rows:
            why = FRENCH_FAULT[row.fault], ADVICE[row.fault]
            yield row.line, row.typed, row.serial, *why, row.arrived_on
        for first, last in data.gaps:
            yield None, "", f"{first} à {last}", "Absent du fichier", "Envoyer ces pass.", None

    return csv_bytes(ASIDE_COLUMNS, lines(), specimen=specimen)


def discrepancy_report(data: FileReport, rows: Sequence[ToldRow], *, specimen: bool) -> bytes:
    """The same on paper: reasons and counts, what is missing, and the first rows put aside."""
    paper = Paper(
        "Écarts de livraison",
        data.number,
        letterhead(data.sponsor),
        subtitle=typeset(f"Destinataire : {data.issuer}"),
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
                ("Commande", strong(f"{data.order_number}, millésime {data.vintage_label}")),
                ("Fichier lu le", long_day(martinique_day(data.imported_at))),
                ("Empreinte", data.fingerprint[:32]),
                ("Lignes", grouped(data.row_count)),
                ("Reçu", strong(_received(data))),
                (
                    "Écarté",
                    strong(
                        f"{grouped(data.quarantined_count)} ligne{plural(data.quarantined_count)}"
                    ),
                ),
                ("Absent", strong(f"{grouped(data.missing_count)} pass")),
            ),
        )
    if data.faults:
        y = _reasons(paper, y - 3, data)
    if data.gaps:
        y = _gaps(paper, y - 8, data)
    if rows:
        y = _aside(paper, y - 8, rows, data.quarantined_count)
    note(
        s,
        paper.room(y - 8, 14) - 2,
        178,
        "Les pass reçus sont inertes jusqu’à leur activation. Renvoyez des carnets entiers : un "
        "fichier corrigé est reçu comme une livraison de plus. Aucun code ne figure ici.",
    )
    return paper.finish()


def _received(data: FileReport) -> str:
    if not data.delivery_number:
        return "rien"
    return f"{grouped(data.received_count)} pass, livraison {data.delivery_number}"


def _reasons(paper: Paper, y: float, data: FileReport) -> float:
    table = Table(
        paper.sheet,
        (
            Column(("Raison",), 50, wrap=True),
            Column(("Lignes",), 18, "r"),
            Column(("Arrivées depuis",), 28, "r"),
            Column(("Ce que nous demandons",), 82, wrap=True),
        ),
    )
    rows = [
        Row(
            (
                FRENCH_FAULT[one.fault],
                grouped(one.row_count),
                grouped(one.mended_count),
                ADVICE[one.fault],
            )
        )
        for one in data.faults
    ]
    return table.run(paper, y, rows)


def _gaps(paper: Paper, y: float, data: FileReport) -> float:
    y = _heading(paper, y, "Pass absents du fichier")
    table = Table(
        paper.sheet, (Column(("Du pass",), 60), Column(("au pass",), 60), Column(("",), 58))
    )
    rows = [Row((str(first), str(last), "")) for first, last in data.gaps[:ROWS_ON_PAPER]]
    return table.run(paper, y, rows)


def _aside(paper: Paper, y: float, rows: Sequence[ToldRow], count: int) -> float:
    said = rows[:ROWS_ON_PAPER]
    more = f", les {grouped(len(said))} premières" if count > len(said) else ""
    y = _heading(paper, y, f"Lignes écartées{more}")
    table = Table(
        paper.sheet,
        (
            Column(("Ligne",), 20, "r"),
            Column(("Numéro écrit",), 46, wrap=True),
            Column(("Numéro attendu",), 44),
            Column(("Raison",), 68, wrap=True),
        ),
    )
    return table.run(
        paper,
        y,
        [
            Row((grouped(row.line), row.typed, row.serial or "–", FRENCH_FAULT[row.fault]))
            for row in said
        ],
    )


def _heading(paper: Paper, y: float, words: str) -> float:
    y = paper.room(y, 30)
    with paper.sheet.leaf("H2"):
        paper.sheet.text(LEFT, y, words, "B", 11)
    return y - 3.4


# ── Counts ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Difference:
    """Passes of one booklet that differ: their numbers, and where the register says they rest."""

    kind: DifferenceKind
    first: SerialNumber
    last: SerialNumber
    place: str
    face_value_cents: int

    @property
    def voucher_count(self) -> int:
        """How many passes."""
        return self.last.position - self.first.position + 1

    @property
    def serials(self) -> list[SerialNumber]:
        """Each of them."""
        booklet = self.first.booklet
        return [
            SerialNumber(booklet, place)
            for place in range(self.first.position, self.last.position + 1)
        ]

    def __str__(self) -> str:
        """As it is printed."""
        if self.first == self.last:
            return str(self.first)
        return f"{self.first} à {str(self.last)[-5:]}"


@dataclass(frozen=True, slots=True)
class CountReport:
    """A count as its page and its procès-verbal tell it; before it is closed, no theory."""

    id: UUID
    number: str
    holder_id: UUID
    holder: str
    sponsor: str
    is_cupboard: bool
    counted_on: date
    opened_at: datetime
    state: CountState
    closed_at: datetime | None
    theory_at: datetime | None
    signed_at: datetime | None
    closed_by: int | None
    signed_by: int | None
    closed_by_name: str
    signed_by_name: str
    abandoned_at: datetime | None
    abandoned_by_name: str
    abandonment_reason: str
    totals: tuple[CountTotal, ...]
    differences: tuple[Difference, ...]
    strangers: tuple[CountedLine, ...]

    @property
    def agrees(self) -> bool:
        """Whether everything was found, and nothing else."""
        return not self.differences and not self.strangers


_TOTALS = (
    Column(("Millésime",), 24),
    Column(("Théorie", "pass"), 22, "r"),
    Column(("Théorie", "valeur"), 29, "r"),
    Column(("Compté", "pass"), 22, "r"),
    Column(("Compté", "valeur"), 29, "r"),
    Column(("Écart", "pass"), 22, "r"),
    Column(("Écart", "valeur"), 30, "r"),
)
_DIFFERENCES = (
    Column(("Sens",), 24),
    Column(("Pass",), 56),
    Column(("Nombre",), 18, "r"),
    Column(("Où le registre les place",), 80, wrap=True),
)


def count_paper(data: CountReport, *, specimen: bool) -> bytes:
    """The procès-verbal of a closed count: same data, same bytes, with who counted and signed."""
    paper = Paper(
        "Procès-verbal de vérification",
        data.number,
        letterhead(data.sponsor),
        subtitle="Carnets et pass comptés chez leur détenteur",
        specimen=specimen,
    )
    s = paper.sheet
    with s.elem("Sect"):
        y = fields(
            s,
            LEFT,
            paper.top - 4,
            178,
            38,
            (
                ("Détenteur", strong(_holder(data))),
                ("Compté le", strong(long_day(data.counted_on))),
                ("Théorie lue", _read_at(data)),
                ("État", _state(data)),
            ),
        )
    y = _count_totals(paper, y - 3, data.totals)
    if data.differences:
        y = _heading(paper, y - 9, "Différences, numéro par numéro")
        y = Table(s, _DIFFERENCES).run(
            paper,
            y,
            [
                Row(
                    (
                        FRENCH_DIFFERENCE[one.kind],
                        str(one),
                        grouped(one.voucher_count),
                        one.place,
                    )
                )
                for one in data.differences
            ],
        )
    if data.strangers:
        y = _heading(paper, y - 9, "Carnets trouvés qu’aucune livraison n’a apportés")
        y = Table(s, (Column(("Carnets",), 178),)).run(
            paper, y, [Row((str(line),)) for line in data.strangers]
        )
    _signatures(paper, y, data)
    return paper.finish()


def _holder(data: CountReport) -> str:
    return f"{data.holder} (l’armoire)" if data.is_cupboard else data.holder


def _read_at(data: CountReport) -> str:
    if data.theory_at is None or data.closed_at is None:
        return "pas encore : le comptage est en cours"
    if data.theory_at == data.closed_at:
        day = short_day(martinique_day(data.closed_at))
        return f"le {day} à {clock(data.closed_at)}, une fois le comptage fermé"
    return f"au soir du {short_day(data.counted_on)}, une fois le comptage fermé"


def _state(data: CountReport) -> str:
    if data.signed_at:
        return f"signé par deux personnes le {long_day(martinique_day(data.signed_at))}"
    return "fermé, en attente d’une seconde personne" if data.closed_at else "en cours"


def _count_totals(paper: Paper, y: float, totals: Sequence[CountTotal]) -> float:
    def sums(count: int) -> tuple[str, ...]:
        said = totals[:count]
        return (
            grouped(sum(t.theory_count for t in said)),
            money(sum(t.theory_cents for t in said)),
            grouped(sum(t.counted_count for t in said)),
            money(sum(t.counted_cents for t in said)),
            _signed(sum(t.difference_count for t in said)),
            money(sum(t.difference_cents for t in said)),
        )

    rows = [
        Row(
            (
                t.label,
                grouped(t.theory_count),
                money(t.theory_cents),
                grouped(t.counted_count),
                money(t.counted_cents),
                _signed(t.difference_count),
                money(t.difference_cents),
            )
        )
        for t in totals
    ]
    return Table(paper.sheet, _TOTALS).run(paper, y, rows, total="Ensemble", sums=sums)


def _signed(count: int) -> str:
    return f"+{grouped(count)}" if count > 0 else f"−{grouped(-count)}" if count else "0"


def _signatures(paper: Paper, y: float, data: CountReport) -> None:
    s = paper.sheet
    y = paper.room(y, SIGNING + 30)
    missing = sum(t.missing_count for t in data.totals)
    excess = sum(t.excess_count for t in data.totals)
    found = sum(t.counted_cents for t in data.totals)
    said = (
        "Rien ne manque et rien n’est en trop."
        if data.agrees
        else f"Pass manquants{NBSP}: {strong(grouped(missing))}. Pass en trop{NBSP}: "
        f"{strong(grouped(excess))}. Les suites à donner (opposition, recherche, retour) se "
        "décident à part."
    )
    with s.leaf("P"):
        y = s.para(
            LEFT,
            y - 8,
            178,
            f"Arrêté le présent procès-verbal à {strong(euros_in_words(found))} comptés, valeur "
            f"faciale. {said}",
            9.5,
            4.4,
        )
    signatures(
        s,
        y - 4,
        178,
        SIGNING,
        (
            "Qui a compté",
            (
                "J’ai compté les carnets sans connaître la théorie, et je trouve ceux qui sont "
                "énumérés."
            ),
            signatory(data.closed_by_name),
        ),
        (
            "Seconde personne",
            "J’ai vérifié ce comptage et je trouve les mêmes carnets.",
            signatory(data.signed_by_name),
        ),
    )


DIFFERENCE_COLUMNS = (
    Field("Sens", width=12),
    Field("Numéro de série", width=22),
    Field("Valeur (€)", Kind.EUROS),
    Field("Où le registre le place", width=50),
)


def difference_sheet(data: CountReport, *, specimen: bool) -> bytes:
    """Every pass that differs, a line each."""
    rows = [
        (FRENCH_DIFFERENCE[one.kind], str(serial), one.face_value_cents, one.place)
        for one in data.differences
        for serial in one.serials
    ]
    strangers = [
        ("Inconnu", str(line), None, "Aucune livraison ne l’a apporté") for line in data.strangers
    ]
    return csv_bytes(DIFFERENCE_COLUMNS, [*rows, *strangers], specimen=specimen)
