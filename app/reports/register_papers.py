"""Registers, accounts of use and slips as files: sheets streamed row by row, papers to sign."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import accumulate
from typing import BinaryIO

from app.kernel.clock import martinique_day
from app.papers.flow import Paper
from app.papers.french import euros_in_words, grouped, long_day, money, short_day, typeset
from app.papers.measures import A4
from app.papers.parts import LEFT, fields, letterhead, signatures
from app.papers.sheet import strong
from app.papers.sheets import Field, Kind, Values, csv_chunks, write_xlsx
from app.papers.table import Column, Row, Table, note
from app.reports.register_rules import (
    AccountOfUse,
    Entry,
    Holding,
    Register,
    Slip,
    SlipLine,
    UseLine,
)

LANDSCAPE = (A4[1], A4[0])
SIGNING = 40.0
MOST_PRINTED = 20_000
"""Entries on paper: beyond it nobody reads them, and a spreadsheet does better."""

FIELDS = (
    Field("Numéro", Kind.NUMBER),
    Field("Date", Kind.MOMENT),
    Field("Opération", width=34),
    Field("De", width=34),
    Field("À", width=34),
    Field("Série, du", width=18),
    Field("Série, au", width=18),
    Field("Carnets", Kind.NUMBER),
    Field("Pass", Kind.NUMBER),
    Field("Valeur d’un pass (€)", Kind.EUROS),
    Field("Entrées", Kind.NUMBER),
    Field("Sorties", Kind.NUMBER),
    Field("Solde (pass)", Kind.NUMBER),
    Field("Solde (€)", Kind.EUROS),
    Field("Pièce", width=26),
    Field("Détenteur", width=34),
    Field("Millésime", width=12),
)


def register_title(register: Register) -> str:
    """What the sheet is."""
    holding = register.holding
    return f"Registre des valeurs inactives, {holding.holder}, millésime {holding.vintage}"


def period(since: date, until: date) -> str:
    """From when to when, in words."""
    return f"du {long_day(since)} au {long_day(until)}"


def register_values(register: Register, entries: Iterable[Entry]) -> Iterator[Values]:
    """The rows of the sheet: the opening balance, each movement, the closing balance."""
    holding = register.holding
    nothing, whose = (None,) * 5, (holding.holder, holding.vintage)

    def balance(label: str, count: int) -> Values:
        sums = (holding.face_value_cents, None, None, count, holding.cents(count), "")
        return (None, None, label, *nothing, None, *sums, *whose)

    yield balance(f"Solde au {short_day(register.since)}, au matin", holding.opening_count)
    for e in entries:
        yield (
            e.number,
            e.recorded_at,
            e.operation,
            e.origin,
            e.destination,
            e.first_serial,
            e.last_serial,
            e.booklet_count,
            e.voucher_count,
            e.face_value_cents,
            e.in_count or None,
            e.out_count or None,
            e.balance_count,
            e.balance_cents,
            e.document,
            *whose,
        )
    yield balance(f"Solde au {short_day(register.until)}, au soir", holding.closing_count)


def write_register(
    out: BinaryIO, register: Register, entries: Iterable[Entry], *, ending: str
) -> None:
    """A register as CSV, XLSX or PDF; the sheets are written as they are read."""
    if ending == "pdf":
        out.write(register_pdf(register, list(entries)))
    elif ending == "xlsx":
        write_xlsx(
            out,
            FIELDS,
            register_values(register, entries),
            title=register_title(register),
            specimen=register.specimen,
        )
    else:
        rows = register_values(register, entries)
        out.writelines(csv_chunks(FIELDS, rows, specimen=register.specimen))


def register_pdf(register: Register, entries: Sequence[Entry]) -> bytes:
    """A register on landscape pages, balances carried over, signed by its holder and by another."""
    holding = register.holding
    paper = Paper(
        "Registre des valeurs inactives",
        "",
        letterhead(register.sponsor),
        subtitle=typeset(f"Millésime {holding.vintage}, {period(register.since, register.until)}"),
        subject=register_title(register),
        foot=typeset(f"Registre, {holding.holder}, millésime {holding.vintage}"),
        specimen=register.specimen,
        size=LANDSCAPE,
    )
    s, wide = paper.sheet, paper.wide - 2 * LEFT
    opening, closing = holding.opening_count, holding.closing_count
    with s.elem("Sect"):
        y = fields(
            s,
            LEFT,
            paper.top - 4,
            wide,
            52,
            (
                ("Détenteur", strong(holding.holder)),
                ("Valeur d’un pass", money(holding.face_value_cents)),
                ("Solde d’ouverture", _balance(opening, holding.cents(opening))),
                ("Solde de clôture", strong(_balance(closing, holding.cents(closing)))),
            ),
        )
    y = _movements(paper, y - 3, holding, entries)
    y = note(
        s,
        y - 6,
        wide,
        typeset(
            "Un détenteur répond de ce qui repose chez lui et de ce qu’il a envoyé tant que le "
            "destinataire n’a pas signé. Le numéro est celui du mouvement au registre de passnum ; "
            "l’instant d’enregistrement fait foi, à l’heure de Martinique."
        ),
    )
    y = paper.room(y, SIGNING + 20)
    cents = holding.cents(closing)
    words = typeset(
        f"Arrêté le présent registre à {strong(f'{grouped(closing)} pass')}, soit "
        f"{strong(euros_in_words(cents))} de valeur faciale."
    )
    with s.leaf("P"):
        y = s.para(LEFT, y - 4, wide, words, 9.5, 4.4)
    signatures(
        s,
        y - 3,
        wide,
        SIGNING,
        ("Le détenteur", "Je détiens ces valeurs.", ""),
        ("L’ordonnateur", "J’ai vérifié ce registre.", ""),
    )
    return paper.finish()


def _movements(paper: Paper, y: float, holding: Holding, entries: Sequence[Entry]) -> float:
    """What came, what went and what was left each time; balances are carried over pages."""
    came, went = (
        list(accumulate((getattr(e, side) for e in entries), initial=0))
        for side in ("in_count", "out_count")
    )

    def sums(count: int) -> tuple[str, ...]:
        last = entries[count - 1].balance_count if count else holding.opening_count
        return (
            grouped(came[count]),
            grouped(went[count]),
            grouped(last),
            money(holding.cents(last)),
            "",
        )

    table = Table(paper.sheet, _columns(paper.wide - 2 * LEFT), row=5.2, size=7.4)
    rows = [_row(entry) for entry in entries]
    return table.run(paper, y, rows, total="Mouvements et solde", sums=sums)


def _balance(count: int, cents: int) -> str:
    return typeset(f"{grouped(count)} pass, {money(cents)}")


def _columns(wide: float) -> tuple[Column, ...]:
    fixed = 16 + 20 + 32 + 13 + 12 + 13 + 13 + 15 + 24 + 28
    place = (wide - fixed) / 2.6
    return (
        Column(("N°",), 16, "r"),
        Column(("Date",), 20),
        Column(("Opération",), place * 0.8, wrap=True),
        Column(("De",), place * 0.9, wrap=True),
        Column(("À",), place * 0.9, wrap=True),
        Column(("Série", "du … au …"), 32),
        Column(("Carnets",), 13, "r"),
        Column(("Pass",), 12, "r"),
        Column(("Entrées",), 13, "r"),
        Column(("Sorties",), 13, "r"),
        Column(("Solde", "en pass"), 15, "r"),
        Column(("Solde", "en euros"), 24, "r"),
        Column(("Pièce",), 28, wrap=True),
    )


def _row(entry: Entry) -> Row:
    return Row(
        (
            grouped(entry.number),
            short_day(martinique_day(entry.recorded_at)),
            entry.operation,
            entry.origin,
            entry.destination,
            (entry.first_serial, entry.last_serial),
            grouped(entry.booklet_count) if entry.booklet_count else "–",
            grouped(entry.voucher_count),
            grouped(entry.in_count) if entry.in_count else "",
            grouped(entry.out_count) if entry.out_count else "",
            grouped(entry.balance_count),
            money(entry.balance_cents),
            entry.document,
        )
    )


# ── Compte d’emploi ───────────────────────────────────────────────────────────────────────────────


def account_pdf(account: AccountOfUse) -> bytes:
    """The account of use of a vintage at the end of a year: what was ordered closes to zero."""
    paper = Paper(
        "Compte d’emploi",
        "",
        letterhead(account.sponsor),
        subtitle=typeset(f"Millésime {account.vintage}, au {long_day(account.on)}"),
        subject=f"Compte d’emploi, millésime {account.vintage}",
        specimen=account.specimen,
    )
    s, wide = paper.sheet, paper.wide - 2 * LEFT
    with s.elem("Sect"):
        y = fields(
            s,
            LEFT,
            paper.top - 4,
            wide,
            40,
            (
                ("Dispositif", strong(account.programme)),
                ("Valeur d’un pass", money(account.face_value_cents)),
                ("Arrêté le", f"{long_day(account.on)}, au soir"),
            ),
        )
    columns = (
        Column(("Emploi",), wide - 100, wrap=True),
        Column(("Au", short_day(account.before_on)), 24, "r"),
        Column(("Dans", "l’année"), 22, "r"),
        Column(("Au", short_day(account.on)), 24, "r"),
        Column(("Valeur",), 30, "r"),
    )

    def row(line: UseLine) -> Row:
        return Row(
            (
                (line.label, typeset(line.why)),
                grouped(line.before_count),
                grouped(line.year_count),
                grouped(line.count),
                money(line.cents),
            ),
            strong=line.total,
            shade=line.total,
        )

    table = Table(s, columns, row=6.2, size=9)
    y = table.run(
        paper, y - 3, [row(line) for line in (account.ordered, *account.lines, account.gap)]
    )
    y = paper.room(y, SIGNING + 16)
    signatures(
        s,
        y - 8,
        wide,
        SIGNING,
        ("L’ordonnateur", "Compte certifié exact.", ""),
        ("Le comptable public", "Vu et vérifié.", ""),
    )
    return paper.finish()


# ── Bordereau d’emploi et de versement ────────────────────────────────────────────────────────────


def slip_pdf(slip: Slip) -> bytes:
    """What a régie did with its passes, and what it was paid, signed by both."""
    paper = Paper(
        "Bordereau d’emploi",
        "",
        letterhead(slip.sponsor or slip.holder),
        subtitle=typeset(f"et de versement, {period(slip.since, slip.until)}"),
        subject=f"Bordereau d’emploi et de versement, {slip.holder}",
        specimen=slip.specimen,
    )
    s, wide = paper.sheet, paper.wide - 2 * LEFT
    with s.elem("Sect"):
        y = fields(
            s,
            LEFT,
            paper.top - 4,
            wide,
            40,
            (
                ("Structure", strong(slip.holder)),
                ("Régie", slip.office or "aucune régie en vigueur sur la période"),
                ("Période", period(slip.since, slip.until)),
            ),
        )
    columns = (
        Column(("",), wide - 64, wrap=True),
        Column(("Pass",), 28, "r"),
        Column(("Valeur",), 36, "r"),
    )
    for title, lines in (("Emploi des carnets", slip.held), ("Pass encaissés", slip.taken)):
        y = paper.room(y, 50)
        with s.leaf("H2"):
            s.text(LEFT, y - 8, title, "B", 11)
        table = Table(s, columns, row=6.2, size=9)
        y = table.run(paper, y - 11, [_slip_row(line) for line in lines])
    y = paper.room(y, SIGNING + 16)
    signer = "Le régisseur" if slip.office else "Le responsable de la structure"
    signatures(
        s,
        y - 8,
        wide,
        SIGNING,
        (signer, "Certifié exact.", ""),
        ("Le comptable public", "Vu et vérifié.", ""),
    )
    return paper.finish()


def _slip_row(line: SlipLine) -> Row:
    return Row(
        (line.label, grouped(line.count), money(line.cents)), strong=line.total, shade=line.total
    )
