"""The joint statement of a vintage, and what settles it: signed by both parties, no person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from app.closing.rules import SettlementKind, settlement_words
from app.papers.flow import Paper
from app.papers.french import euros_in_words, grouped, long_day, money, typeset
from app.papers.parts import LEFT, fields, letterhead, signatures
from app.papers.sheet import Sheet, strong
from app.papers.sheets import Field, Kind, csv_bytes, xlsx_bytes
from app.papers.table import Column, Row, Table

WIDE = 178.0
SIGNING = 50.0


class Counted(NamedTuple):
    """What a step found with one holder."""

    holder: str
    kept_booklets: int
    kept_passes: int
    untouched_booklets: int
    begun_booklets: int
    finished_booklets: int
    unused_passes: int


COUNTED = (
    Field("Chez", width=32),
    Field("Carnets non remis", Kind.NUMBER),
    Field("Leurs pass", Kind.NUMBER),
    Field("Carnets remis, intacts", Kind.NUMBER),
    Field("Carnets remis, entamés", Kind.NUMBER),
    Field("Carnets remis, finis", Kind.NUMBER),
    Field("Pass à utiliser", Kind.NUMBER),
)


def counted_sheet(lines: Iterable[Counted], *, ending: str, specimen: bool) -> bytes:
    """The list that a step drew up, a row for each holder, as CSV or XLSX."""
    if ending == "xlsx":
        return xlsx_bytes(COUNTED, lines, title="Liste arrêtée", specimen=specimen)
    return csv_bytes(COUNTED, lines, specimen=specimen)


@dataclass(frozen=True, slots=True)
class Account:
    """A vintage's accounts, closed, and how they were settled."""

    number: str
    label: str
    programme: str
    sponsor: str
    issuer: str
    pays: str
    """Who pays the mediators, in words."""
    credited: bool
    valid_from: date
    valid_until: date
    last_redemption_on: date
    closed_on: date
    face_value_cents: int
    received_count: int
    used_count: int
    expired_count: int
    void_count: int
    free_count: int
    unused_count: int
    inert_count: int | None
    """Expired and never put in service; None where the accounts were closed without telling it."""
    unpaid_count: int
    signed_on: tuple[date | None, date | None]
    """By the sponsor, then by the issuer."""
    settlement: tuple[str, str, date] | None
    """Its number, the other party's reference, its day."""

    @property
    def settled_as(self) -> str:
        """What settled them, in words; nothing before."""
        return _settled_as(self.settlement, credited=self.credited) if self.settlement else ""

    @property
    def lines(self) -> tuple[tuple[str, int], ...]:
        """What was received, where it went, and what of it comes back: the last line."""
        if self.inert_count is None:
            # As both parties signed it then.
            expired: tuple[tuple[str, int], ...] = (
                ("Expirés sans avoir servi", self.expired_count),
            )
            last = "Jamais utilisés, et payés"
        else:
            expired = (
                ("Mis en service, expirés sans avoir servi", self.expired_count - self.inert_count),
                ("Reçus, jamais mis en service", self.inert_count),
            )
            last = (
                "Payés à l’émetteur et jamais utilisés"
                if self.credited
                else "Jamais utilisés : crédit à dégager"
            )
        return (
            ("Reçus de l’imprimeur ou repris", self.received_count),
            ("Utilisés chez un médiateur", self.used_count),
            *expired,
            ("Annulés (perdus, volés, détruits, remplacés)", self.void_count),
            ("dont remplacés gratuitement par l’émetteur", self.free_count),
            (last, self.unused_count),
        )


_COLUMNS = (
    Column(("Pass du millésime",), 110, wrap=True),
    Column(("Nombre",), 28, "r"),
    Column(("Valeur faciale",), 40, "r"),
)


def joint_statement(data: Account, *, specimen: bool) -> bytes:
    """The joint statement, as a tagged PDF: same data, same bytes."""
    paper = Paper(
        "État contradictoire",
        data.number,
        letterhead(data.sponsor),
        subtitle=f"Clôture du millésime {data.label}",
        specimen=specimen,
    )
    s = paper.sheet
    with s.elem("Sect"):
        y = fields(
            s,
            LEFT,
            paper.top - 4,
            WIDE,
            44,
            (
                ("Dispositif", strong(data.programme)),
                ("Commanditaire", data.sponsor),
                ("Émetteur", data.issuer),
                ("Qui paie les médiateurs", data.pays),
                ("Validité", f"du {long_day(data.valid_from)} au {long_day(data.valid_until)}"),
                ("Fin de la tolérance", long_day(data.last_redemption_on)),
                ("Arrêté le", strong(long_day(data.closed_on))),
            ),
        )
    worth = data.face_value_cents

    def line(words: str, count: int, *, bold: bool = False) -> Row:
        return Row((typeset(words), grouped(count), money(count * worth)), strong=bold)

    ends = {0, len(data.lines) - 1}
    rows = [
        line(words, count, bold=place in ends) for place, (words, count) in enumerate(data.lines)
    ]
    y = Table(s, _COLUMNS).run(paper, y - 3, rows)
    y = paper.room(y, SIGNING + 50)
    with s.leaf("P"):
        y = s.para(LEFT, y - 8, WIDE, typeset(_told(data)), 9.5, 4.4)
    names = (
        ("Le commanditaire", data.sponsor, data.signed_on[0]),
        ("L’émetteur", data.issuer, data.signed_on[1]),
    )
    _both_sign(s, y, names)
    return paper.finish()


@dataclass(frozen=True, slots=True)
class Complement:
    """What expired after the accounts were closed, and how it was settled."""

    id: UUID
    number: str
    label: str
    sponsor: str
    issuer: str
    statement: str
    credited: bool
    face_value_cents: int
    voucher_count: int
    drawn_on: date
    drawn_by: str
    signed_on: tuple[date, date] | None
    """By the sponsor, then by the issuer."""
    settlement: tuple[str, str, date] | None

    @property
    def amount_cents(self) -> int:
        """Face value of them all."""
        return self.voucher_count * self.face_value_cents

    @property
    def settled_as(self) -> str:
        """What settled it, in words; nothing before."""
        return _settled_as(self.settlement, credited=self.credited) if self.settlement else ""


def complement_statement(data: Complement, *, specimen: bool) -> bytes:
    """The complement to a joint statement, as a tagged PDF: same data, same bytes."""
    paper = Paper(
        "Complément à l’état contradictoire",
        data.number,
        letterhead(data.sponsor),
        subtitle=f"Clôture du millésime {data.label}",
        specimen=specimen,
    )
    s = paper.sheet
    with s.elem("Sect"):
        y = fields(
            s,
            LEFT,
            paper.top - 4,
            WIDE,
            44,
            (
                ("État complété", strong(data.statement)),
                ("Émetteur", data.issuer),
                ("Arrêté", typeset(f"le {long_day(data.drawn_on)} par {data.drawn_by}")),
            ),
        )
    words = typeset("Expirés après l’arrêté de l’état, qui les comptait utilisés")
    row = Row((words, grouped(data.voucher_count), money(data.amount_cents)), strong=True)
    y = Table(s, _COLUMNS).run(paper, y - 3, [row])
    y = paper.room(y, SIGNING + 40)
    coming = (
        "L’émetteur rend cette valeur par un avoir de plus"
        if data.credited
        else "Le crédit engagé pour ces pass est dégagé ; aucun avoir n’est dû"
    )
    told = (
        "Ces encaissements ont été annulés ou repris trop tard pour que leurs pass resservent. "
        f"Arrêté à {strong(euros_in_words(data.amount_cents))}. {coming}."
    )
    if data.settlement:
        told = f"{told} {_settled(data.settlement, credited=data.credited)}"
    with s.leaf("P"):
        y = s.para(LEFT, y - 8, WIDE, typeset(told), 9.5, 4.4)
    signed = data.signed_on or (None, None)
    names = (
        ("Le commanditaire", data.sponsor, signed[0]),
        ("L’émetteur", data.issuer, signed[1]),
    )
    _both_sign(s, y, names)
    return paper.finish()


def _both_sign(s: Sheet, y: float, names: tuple[tuple[str, str, date | None], ...]) -> None:
    words = "J’ai vérifié ces comptes de mon côté et je trouve les mêmes."
    signed = [f" Signature enregistrée le {long_day(day)}." if day else "" for *_, day in names]
    signers = [
        (who, typeset(words + told), name)
        for (who, name, _), told in zip(names, signed, strict=True)
    ]
    signatures(s, y - 4, WIDE, SIGNING, *signers)


def _settled(settlement: tuple[str, str, date], *, credited: bool) -> str:
    return f"{_settled_as(settlement, credited=credited)}, le {long_day(settlement[2])}."


def _settled_as(settlement: tuple[str, str, date], *, credited: bool) -> str:
    kind = SettlementKind.CREDIT_NOTE if credited else SettlementKind.RELEASE
    return settlement_words(kind, settlement[0], settlement[1])


def _coming_to(data: Account) -> str:
    if data.inert_count is None or not data.credited:
        return "Ce qui n’a jamais servi est arrêté à"
    return "Ce qui a été payé et n’a jamais servi est arrêté à"


def _unpaid(count: int) -> str:
    """What the credit note does not ask for, and why."""
    if count == 1:
        return "Un pass jamais mis en service n’a pas été payé : l’avoir ne le compte pas."
    return (
        f"{grouped(count)} pass jamais mis en service n’ont pas été payés : l’avoir ne les "
        "compte pas."
    )


def _told(data: Account) -> str:
    total = data.unused_count * data.face_value_cents
    coming = (
        "L’émetteur rend cette valeur par un avoir"
        if data.credited
        else "Le crédit engagé pour ces pass est dégagé ; aucun avoir n’est dû"
    )
    told = (
        "Les comptes ferment à zéro : utilisés, expirés et annulés font ensemble ce qui a été "
        f"reçu. {_coming_to(data)} {strong(euros_in_words(total))}. {coming}."
    )
    if data.unpaid_count:
        told = f"{told} {_unpaid(data.unpaid_count)}"
    if data.settlement is None:
        return told
    return f"{told} {_settled(data.settlement, credited=data.credited)}"
