"""A tiny paper that uses each part of the toolkit, as a feature would."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.papers.flow import Paper
from app.papers.french import euros_in_words, grouped, long_day, money
from app.papers.parts import LEFT, blank, field_card, letterhead, signature, tick
from app.papers.sheet import strong
from app.papers.table import Column, Row, Table

FACE_VALUE_CENTS = 1_000
ADDRESS = "HTTPS://PASS.CAPNORD.EXAMPLE/R/0123456789ABCDEF"


@dataclass(frozen=True)
class Lot:
    first: str
    last: str
    count: int


def slip(lots: Sequence[Lot], *, holder: str = "Exo 7", specimen: bool = True) -> bytes:
    paper = Paper(
        "Bordereau de remise",
        "BD-2026-0031",
        letterhead("CAP Nord Martinique"),
        subtitle="Carnets confiés à un prescripteur",
        specimen=specimen,
    )
    s, y = paper.sheet, paper.top
    half = (paper.wide - 2 * LEFT - 5) / 2
    rows = (("Prescripteur", strong(holder)), ("Départ", long_day(date(2026, 9, 1))))
    y = field_card(s, LEFT, y, half, "Remis à", rows, label=26) - 6

    def sums(count: int) -> tuple[str, str]:
        passes = sum(lot.count for lot in lots[:count])
        return grouped(passes), money(passes * FACE_VALUE_CENTS)

    table = Table(
        s,
        (
            Column(("Du carnet",), 50, wrap=True),
            Column(("au carnet",), 50),
            Column(("Pass",), 20, "r"),
            Column(("Valeur",), 30, "r"),
        ),
    )
    drawn = [
        Row((lot.first, lot.last, grouped(lot.count), money(lot.count * FACE_VALUE_CENTS)))
        for lot in lots
    ]
    y = table.run(paper, y, drawn, total="Total remis", sums=sums, closing=75) - 8
    total = sum(lot.count for lot in lots) * FACE_VALUE_CENTS
    with s.leaf("P"):
        y = s.para(LEFT, y, 150, f"Soit {strong(euros_in_words(total))}.", 10.5)
    tick(s, LEFT, y - 3, "Conforme")
    blank(s, LEFT + 40, y - 3, "Manquants", paper.wide - LEFT)
    s.qr(paper.wide - LEFT - 28, y - 40, 25, ADDRESS, "Code QR")
    signature(s, LEFT, y - 12, half, 40, "Départ", "Je remets les carnets énumérés ci-dessus.")
    return paper.finish()
