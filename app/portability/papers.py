"""A declaration of claims as sheets and as a paper: the same figures, from plain values."""

from collections.abc import Iterator, Sequence

from app.kernel.clock import martinique_day
from app.kernel.money import Cents
from app.ledger import AccountKind
from app.papers.flow import Paper
from app.papers.french import grouped, long_day, money, typeset
from app.papers.parts import LEFT, letterhead, signature
from app.papers.sheet import strong
from app.papers.sheets import Field, Kind, Values, csv_bytes
from app.papers.table import Column, Row, Table
from app.portability.rules import ClaimLine, Claims

TITLE = "Déclaration de créances"
STATES = {
    AccountKind.REDEEMED: "Encaissés, pas encore sur un bordereau",
    AccountKind.CLAIMED: "Sur un bordereau, pas encore payés",
    AccountKind.STOCK_INERT: "Livrés, pas encore activés",
    AccountKind.STOCK: "En stock",
    AccountKind.TRANSIT: "En route",
    AccountKind.PRESCRIBER: "Chez le prescripteur",
    AccountKind.CIRCULATION: "Remis à des personnes",
    AccountKind.WITHHELD: "Retenus avant l’échéance",
    AccountKind.BLOCKED: "En opposition",
}
FIELDS = (
    Field("Structure", width=44),
    Field("Dispositif", width=30),
    Field("Millésime", width=12),
    Field("État des pass", width=40),
    Field("Pass", Kind.NUMBER),
    Field("Valeur (€)", Kind.EUROS),
)


def claims_csv(claims: Claims) -> bytes:
    """What each mediator is owed."""
    return csv_bytes(FIELDS, _values(claims.owed), specimen=claims.specimen)


def holders_csv(claims: Claims) -> bytes:
    """What each structure holds, or has handed out."""
    return csv_bytes(FIELDS, _values(claims.outstanding), specimen=claims.specimen)


def _values(lines: Sequence[ClaimLine]) -> Iterator[Values]:
    for line in lines:
        yield (
            line.name,
            line.programme,
            line.vintage,
            STATES[line.kind],
            line.voucher_count,
            line.amount_cents,
        )


def claims_pdf(claims: Claims) -> bytes:
    """Both lists on paper, to join to a declaration, with a place to sign."""
    day = long_day(martinique_day(claims.read_at))
    paper = Paper(
        TITLE,
        "",
        letterhead(claims.sponsor),
        subtitle=f"état du registre au {day}",
        subject="Pass encaissés et non payés par médiateur, valeur des pass par détenteur",
        foot=typeset(f"{TITLE}, état du registre au {day}"),
        specimen=claims.specimen,
    )
    s, y, wide = paper.sheet, paper.top, paper.wide - 2 * LEFT
    owed, held = summed(claims.owed), summed(claims.outstanding)
    with s.leaf("P"):
        y = s.para(
            LEFT,
            y - 2,
            wide,
            typeset(
                f"Les médiateurs ont pris {strong(f'{grouped(owed[0])} pass')} qui ne leur sont "
                f"pas payés, soit {strong(money(owed[1]))}. Les autres pass en cours valent "
                f"{strong(money(held[1]))}. Chaque chiffre est une somme de mouvements du registre."
            ),
            10,
        )
    y = _list(paper, y - 3, "1. Dû aux médiateurs", claims.owed)
    y = _list(paper, y - 6, "2. Valeur des pass par détenteur", claims.outstanding)
    y = paper.room(y, 44)
    signature(
        s,
        LEFT,
        y - 6,
        84,
        32,
        "Pour la collectivité",
        "Certifié conforme au registre, pour être joint à la déclaration de créances.",
    )
    return paper.finish()


def _list(paper: Paper, y: float, title: str, lines: Sequence[ClaimLine]) -> float:
    """A title and its table; a sentence where there is nothing."""
    s, wide = paper.sheet, paper.wide - 2 * LEFT
    y = paper.room(y, 40)
    with s.leaf("H2"):
        y = s.para(LEFT, y - 4, wide, title, 12, font="B")
    if not lines:
        with s.leaf("P"):
            return s.para(LEFT, y, wide, "Rien à cette date.", 10)
    columns = [
        Column(("Structure",), 66, wrap=True),
        Column(("Millésime",), 18),
        Column(("État des pass",), 48, wrap=True),
        Column(("Pass",), 18, "r"),
        Column(("Valeur",), 28, "r"),
    ]
    rows = [
        Row(
            (
                line.name,
                line.vintage,
                STATES[line.kind],
                grouped(line.voucher_count),
                money(line.amount_cents),
            )
        )
        for line in lines
    ]

    def sums(count: int) -> tuple[str, ...]:
        passes, cents = summed(lines[:count])
        return grouped(passes), money(cents)

    return Table(s, columns, row=6.2, size=9).run(paper, y - 1, rows, total="Ensemble", sums=sums)


def summed(lines: Sequence[ClaimLine]) -> tuple[int, Cents]:
    """How many passes, and what they are worth."""
    return (
        sum(line.voucher_count for line in lines),
        Cents(sum(line.amount_cents for line in lines)),
    )
