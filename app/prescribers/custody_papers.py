"""The slip that travels with booklets, signed at both ends, and the sheet of what comes back."""

from collections.abc import Iterable, Sequence

from app.kernel.clock import martinique_day
from app.papers.flow import Paper
from app.papers.french import clock, euros_in_words, grouped, long_day, money, plural, short_day
from app.papers.measures import GREY, NBSP
from app.papers.parts import LEFT, blank, card, field_card, letterhead, signatory, signatures, tick
from app.papers.sheet import Sheet, strong
from app.papers.sheets import Field, Kind, csv_bytes, xlsx_bytes
from app.papers.table import Column, Row, Table
from app.prescribers.custody_rules import FRENCH_RECALL_REASON, ConsignmentKind, Lot
from app.prescribers.holdings import Slip
from app.prescribers.recalls import Recall

TITLES = {
    ConsignmentKind.ALLOCATION: ("Bordereau de remise", "Carnets confiés à un prescripteur"),
    ConsignmentKind.RETURN: ("Bordereau de retour", "Carnets rendus au stock"),
    ConsignmentKind.TRANSFER: ("Bordereau de transfert", "Carnets d’un prescripteur à un autre"),
}
CLOSING = 136
"""Millimetres that follow the table on the page of its total: words, count, signatures."""


def slip(data: Slip, *, specimen: bool) -> bytes:
    """The slip of a consignment, whole: the same data makes the same bytes."""
    title, subtitle = TITLES[data.kind]
    booklets = sum(lot.booklet_count for lot in data.lots)
    passes = sum(lot.voucher_count for lot in data.lots)
    cents = sum(lot.cents for lot in data.lots)
    counted = f"{grouped(booklets)} carnet{plural(booklets)}"
    total = f"{counted} · {grouped(passes)} pass · {money(cents)}"
    paper = Paper(
        title,
        data.number,
        letterhead(data.sponsor),
        subtitle=subtitle,
        specimen=specimen,
        foot=f"{data.number} · {total}",
    )
    s, half = paper.sheet, (paper.wide - 2 * LEFT - 5) / 2
    y = _ends(paper, data, half)
    y = _lots(paper, y, data.lots) - 7
    sum_in_words = (
        f"Soit {counted}, {grouped(passes)} pass numériques, pour {strong(euros_in_words(cents))}."
    )
    y = _in_words(paper, data, y, sum_in_words)
    y = _count(s, y, paper.wide - 2 * LEFT) - 6
    _both_sign(s, y, paper.wide - 2 * LEFT, data)
    with s.leaf("P"):
        words = "Deux exemplaires signés, un pour chaque partie."
        s.text(LEFT, y - 47, words, "R", 9, color=GREY)
    return paper.finish()


def _ends(paper: Paper, data: Slip, half: float) -> float:
    """Who sends, who receives; returns the baseline of what follows."""
    s = paper.sheet
    day = martinique_day(data.sent_at)
    given = [
        ("Structure", strong(data.sender)),
        ("Départ", f"{short_day(day)}, {clock(data.sent_at)}"),
    ]
    if data.reason:
        given.append(("Motif", data.reason))
    taken = [("Structure", strong(data.recipient))]
    if data.agreement:
        taken.append(("Convention", data.agreement))
    if data.request:
        taken.append(("Demande", data.request))
    low = field_card(s, LEFT, paper.top, half, "Envoyé par", given, label=22, least=28)
    other = field_card(s, LEFT + half + 5, paper.top, half, "Envoyé à", taken, label=22, least=28)
    return min(low, other) - 8


def _lots(paper: Paper, y: float, lots: Sequence[Lot]) -> float:
    """What is sent, a row for each run of numbers of one size; returns the lower edge."""
    s = paper.sheet
    with s.leaf("H2"):
        s.text(LEFT, y, "Carnets envoyés", "B", 11)

    def sums(count: int) -> tuple[str, str, str]:
        sent = lots[:count]
        return (
            grouped(sum(lot.booklet_count for lot in sent)),
            grouped(sum(lot.voucher_count for lot in sent)),
            money(sum(lot.cents for lot in sent)),
        )

    table = Table(
        s,
        (
            Column(("Du carnet",), 38),
            Column(("au carnet",), 38),
            Column(("Pass par carnet",), 29, "r"),
            Column(("Carnets",), 20, "r"),
            Column(("Pass",), 20, "r"),
            Column(("Valeur",), 33, "r"),
        ),
        row=6.6,
        size=9.4,
    )
    rows = [
        Row(
            (
                lot.first,
                lot.last,
                str(lot.size),
                grouped(lot.booklet_count),
                grouped(lot.voucher_count),
                money(lot.cents),
            )
        )
        for lot in lots
    ]
    return table.run(paper, y - 3.4, rows, total="Total envoyé", sums=sums, closing=CLOSING)


def _in_words(paper: Paper, data: Slip, y: float, sum_in_words: str) -> float:
    """The sum in words, and what holding these booklets means."""
    s, wide = paper.sheet, paper.wide - 2 * LEFT
    with s.leaf("P"):
        y = s.para(LEFT, y, wide, sum_in_words, 10.5, 5.2)
    days = sorted({lot.valid_until for lot in data.lots})
    until = " et ".join(strong(long_day(day)) for day in days)
    with s.leaf("P"):
        y = s.para(
            LEFT,
            y - 1.4,
            wide,
            f"Valables jusqu’au {until} inclus. Ces carnets sont des valeurs inactives{NBSP}: "
            "gardez-les sous clé et inscrivez-les le jour même au registre. Tant que l’arrivée "
            f"n’est pas signée, ils sont {strong('en route')}, et l’envoyeur en répond.",
            10,
            5.0,
            font="T",
            bold="TB",
        )
    return y - 2.5


def _count(s: Sheet, y: float, wide: float) -> float:
    """What the receiving end fills in before it signs; returns the lower edge."""
    high = 40.0
    with s.elem("Sect"):
        low = card(s, LEFT, y, wide, high, "À remplir à l’arrivée, avant de signer")
        x, right = LEFT + 3, LEFT + wide - 3
        blank(s, x, low - 1, "Carnets comptés", x + 70)
        blank(s, x + 76, low - 1, "Date et heure", right)
        tick(s, x, low - 9.5, "Conforme au bordereau")
        tick(s, x + 76, low - 9.5, "Non conforme")
        blank(s, x, low - 18, "Carnets manquants (n°)", right)
        blank(s, x, low - 26, "Carnets abîmés (n°)", right)
    return y - high


def _both_sign(s: Sheet, y: float, wide: float, data: Slip) -> None:
    """Whoever lets the booklets go, and whoever has counted them."""
    sender = "pour le stock" if data.kind is ConsignmentKind.ALLOCATION else "pour l’envoyeur"
    arrival = "pour le stock" if data.kind is ConsignmentKind.RETURN else "pour le destinataire"
    signatures(
        s,
        y,
        wide,
        42,
        (
            f"Départ, {sender}",
            "Je remets les carnets énumérés ci-dessus.",
            signatory(data.sent_by),
        ),
        (
            f"Arrivée, {arrival}",
            "J’ai compté, et je prends en charge les carnets reçus.",
            signatory(data.received_by),
        ),
        gap=5,
    )


RECALLS = (
    Field("Chez", width=32),
    Field("Dispositif", width=24),
    Field("Pourquoi", width=36),
    Field("Depuis le", Kind.DAY),
    Field("Premier carnet", width=16),
    Field("Dernier carnet", width=16),
    Field("Carnets", Kind.NUMBER),
    Field("Pass", Kind.NUMBER),
)


def recalls_sheet(recalls: Iterable[Recall], *, ending: str, specimen: bool) -> bytes:
    """What is to come back, a row for each run of numbers, as CSV or XLSX."""
    rows = (
        (
            one.holder,
            one.programme,
            FRENCH_RECALL_REASON[one.reason],
            one.since,
            first,
            last,
            held.count,
            held.count * held.size,
        )
        for one in recalls
        for (first, last), held in zip(one.runs, one.booklets, strict=True)
    )
    if ending == "xlsx":
        return xlsx_bytes(RECALLS, rows, title="À faire rentrer", specimen=specimen)
    return csv_bytes(RECALLS, rows, specimen=specimen)
