"""Reports as files: sheets and papers drawn from plain values, the same bytes each time."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.kernel.money import Cents
from app.papers.flow import Paper
from app.papers.french import grouped, long_day, money, typeset
from app.papers.measures import GREY, NBSP, TEAL, TINT, DoesNotFit
from app.papers.parts import FLOOR, LEFT, letterhead
from app.papers.sheet import Sheet, clipped, strong
from app.papers.sheets import Field, Kind, Values, csv_bytes, xlsx_bytes
from app.papers.table import Cell, Column, Row, Table
from app.reports.rules import (
    BASIS,
    By,
    CouncilSheet,
    FunderLine,
    Place,
    PublicLine,
    UsageLine,
    UsageTable,
    summed,
)

NO_RATE = "\N{EN DASH}"


# ── Usage ─────────────────────────────────────────────────────────────────────────────────────────


def usage_title(table: UsageTable) -> str:
    """What the sheet is."""
    return f"Taux d’utilisation par {table.heading.lower()}"


def usage_period(table: UsageTable) -> str:
    """When what is counted was done or recorded."""
    if table.since is not None:
        return f"Actes du {long_day(table.since)} au {long_day(table.on)}"
    return f"Depuis le début, jusqu’au {long_day(table.on)} au soir"


def usage_fields(table: UsageTable) -> tuple[Field, ...]:
    """The columns of the sheet; the rate says what it is a rate of."""
    named: tuple[Field, ...] = (Field(table.heading, width=40),)
    if table.by in {By.PRESCRIBER, By.MEDIATOR}:
        named += (Field("Commune", width=24),)
    if table.by is By.PUBLIC:
        named += (Field("Compté à part", width=16),)
    given = (Field("Pass remis", Kind.NUMBER),) if table.total.issued_count is not None else ()
    return (
        *named,
        *given,
        Field("Pass utilisés", Kind.NUMBER),
        Field("Valeur utilisée (€)", Kind.EUROS),
        Field(f"Taux (% : {table.rate_of})", Kind.RATE, width=30),
    )


def usage_values(table: UsageTable) -> Iterator[Values]:
    """The rows of the sheet, the sum last."""
    for line in (*table.lines, table.total):
        named: tuple[object, ...] = (line.name,)
        if table.by in {By.PRESCRIBER, By.MEDIATOR}:
            named += (line.detail or "",)
        if table.by is By.PUBLIC:
            named += ("oui" if line.apart else "",)
        given = (line.issued_count,) if table.total.issued_count is not None else ()
        # Rounded as on the page and on paper, so that all of them show the same figure.
        rate = None if line.rate_tenths is None else line.rate_tenths / 1000
        yield (*named, *given, line.redeemed_count, line.redeemed_cents, rate)


def usage_csv(table: UsageTable) -> bytes:
    """The table for a spreadsheet."""
    return csv_bytes(usage_fields(table), usage_values(table), specimen=table.specimen)


def usage_xlsx(table: UsageTable) -> bytes:
    """The table as a workbook."""
    return xlsx_bytes(
        usage_fields(table),
        usage_values(table),
        title=usage_title(table),
        specimen=table.specimen,
    )


def rate(line: UsageLine) -> str:
    """« 50,1 % », or a dash where there is nothing to divide."""
    if line.rate_tenths is None:
        return NO_RATE
    return f"{grouped(line.rate_tenths // 10)},{line.rate_tenths % 10}{NBSP}%"


def usage_pdf(table: UsageTable) -> bytes:
    """The table as a paper."""
    paper = Paper(
        "Taux d’utilisation",
        "",
        letterhead(table.sponsor),
        subtitle=f"par {table.heading.lower()}",
        subject=usage_title(table),
        foot=f"{usage_title(table)}, {usage_period(table).lower()}",
        specimen=table.specimen,
    )
    s, y, wide = paper.sheet, paper.top, paper.wide - 2 * LEFT
    with s.leaf("P"):
        y = s.para(LEFT, y - 2, wide, f"{strong(usage_period(table))}, {table.scope}.", 10.5)
        of = f"Taux : pass utilisés, pour cent de {strong(table.rate_of)}."
        y = s.para(LEFT, y, wide, typeset(of), 9.5)
    given = table.total.issued_count is not None
    columns = [Column((table.heading,), 84 if given else 104, wrap=True)]
    if given:
        columns.append(Column(("Pass remis",), 22, "r"))
    columns += [
        Column(("Pass utilisés",), 24, "r"),
        Column(("Valeur utilisée",), 28, "r"),
        Column(("Taux",), 20, "r"),
    ]
    rows = [
        Row(
            (
                (line.name, line.detail) if line.detail else line.name,
                *((grouped(line.issued_count or 0),) if given else ()),
                grouped(line.redeemed_count),
                money(line.redeemed_cents),
                rate(line),
            ),
            shade=line.apart,
        )
        for line in table.lines
    ]

    def sums(count: int) -> tuple[str, ...]:
        part = summed(table.lines[:count], table.by)
        if not given:  # a part of what all of them took together
            part = replace(part, of_count=table.total.of_count)
        return (
            *((grouped(part.issued_count or 0),) if given else ()),
            grouped(part.redeemed_count),
            money(part.redeemed_cents),
            rate(part),
        )

    drawn = Table(s, columns, row=6.2, size=9)
    drawn.run(paper, y - 1, rows, total="Ensemble", sums=sums)
    return paper.finish()


USAGE_FILES = {"csv": usage_csv, "xlsx": usage_xlsx, "pdf": usage_pdf}


def usage_file_name(table: UsageTable, ending: str) -> str:
    """What the file is called: what it tells apart, and its day."""
    plain = unicodedata.normalize("NFKD", table.heading.lower()).encode("ascii", "ignore").decode()
    return f"taux-d-utilisation-par-{plain.replace(' ', '-')}-{table.on:%Y-%m-%d}.{ending}"


# ── One page for the council ──────────────────────────────────────────────────────────────────────

COLUMN_GAP = 6.0
RIVERS_HIGH = (30.0, 20.0, 10.0)
"""How high the drawing is: where the tables are long, it gives way."""
LINE_HIGH = 4.7


def council_pdf(sheet: CouncilSheet) -> bytes:
    """One A4, and never two: where every pass and every euro is.

    Raises:
        DoesNotFit: something is too long for its place; no second page is begun.
    """
    lows = []
    for river_high in RIVERS_HIGH:
        paper, low = _council(sheet, river_high)
        if low >= FLOOR:
            return paper.finish()
        lows.append(low)
    message = f"one page of {FLOOR - max(lows):.0f} mm too much"
    raise DoesNotFit(message)


def _council(sheet: CouncilSheet, river_high: float) -> tuple[Paper, float]:
    """The page as it is drawn, and where it ends."""
    paper = Paper(
        "Une page pour le conseil",
        "",
        letterhead(sheet.sponsor),
        subtitle=f"au {long_day(sheet.on)} au soir",
        subject=f"Où est chaque pass, où est chaque euro : {sheet.programme_name}",
        foot=typeset(
            f"Chaque chiffre est une somme de mouvements du registre, lue le "
            f"{long_day(sheet.on)}. Paiement des médiateurs : {_payer(sheet)}."
        ),
        specimen=sheet.specimen,
    )
    y = _headline(paper, sheet, paper.top + 1)
    y = _river(paper, sheet, y, river_high)
    half = (paper.wide - 2 * LEFT - COLUMN_GAP) / 2
    right = LEFT + half + COLUMN_GAP
    left_low = _passes(paper, sheet, y, half)
    low = _euros(paper, sheet, y, right, half)
    low = _funders(paper, sheet, low - 5, right, half)
    ends = (
        _key_days(paper, sheet, low - 5, right, half),
        _publics(paper, sheet, left_low - 5, half),
    )
    return paper, min(ends)


def _payer(sheet: CouncilSheet) -> str:
    return "l’émetteur" if sheet.pays_by_issuer else "la collectivité"


def _headline(paper: Paper, sheet: CouncilSheet, y: float) -> float:
    s, wide = paper.sheet, paper.wide - 2 * LEFT
    with s.leaf("H2"):
        name = clipped(sheet.programme_name, wide, 3, 11, font="B")
        y = s.para(LEFT, y - 3, wide, name, 11, font="B", most=3) + 1.5
    used = UsageLine("", sheet.redeemed_count, sheet.paid.amount_cents, sheet.issued_count)
    share = f"{grouped(sheet.redeemed_count)} utilisés sur {grouped(sheet.issued_count)} remis"
    boxes = (
        (
            f"{grouped(sheet.ordered.voucher_count)} pass",
            f"commandés, {money(sheet.ordered.amount_cents)}",
        ),
        (
            rate(used),
            f"d’utilisation : {share}",
        ),
        (money(sheet.paid.amount_cents), f"payés, et {money(sheet.owed.amount_cents)} dus"),
    )
    third = (wide - 2 * COLUMN_GAP) / 3
    for place, (big, small) in enumerate(boxes):
        x = LEFT + place * (third + COLUMN_GAP)
        s.rect(x, y - 7.4, third, 0.9, fill=TEAL)
        with s.leaf("P"):
            s.text(x, y - 14.6, big, "B", 17, fit=third)
            s.para(x, y - 19, third, typeset(small), 8.4, 3.6, font="T", most=2)
    return y - 27


def _river(paper: Paper, sheet: CouncilSheet, y: float, high: float) -> float:
    """What goes on, then what rests at each stage: solids and exits add up to the order."""
    s, wide = paper.sheet, paper.wide - 2 * LEFT
    column = wide / len(sheet.stages)
    whole = max(sheet.ordered.voucher_count, 1)
    alt = "Les étapes de la chaîne ; le tableau « Où est chaque pass » donne les mêmes nombres."
    low = y - high
    with s.leaf("Figure", alt=alt, bbox=(LEFT, low - 9, LEFT + wide, y)):
        for place, stage in enumerate(sheet.stages):
            x = LEFT + place * column
            ahead = sum(p.voucher_count for p in sheet.stages[place + 1 :])
            light = high * ahead / whole
            solid = high * stage.voucher_count / whole
            if light:
                s.rect(x, y - light, column, light, fill=TINT)
            if solid:
                s.rect(x, y - light - solid, column * 0.86, solid, fill=TEAL)
            s.text(x + 0.6, low - 3.6, grouped(stage.voucher_count), "TB", 9.4)
            s.text(x + 0.6, low - 7.4, stage.label, "T", 7.6, color=GREY, fit=column)
    return low - 13


def _rows(
    s: Sheet,
    left: float,
    y: float,
    caption: str,
    columns: tuple[Column, ...],
    rows: Sequence[tuple[Sequence[Cell], bool]],
) -> float:
    """A table in one column of the page; rows in bold are sums. Returns the y under it."""
    with s.leaf("H2"):
        s.text(left, y - 3, caption, "B", 10.5, color=TEAL)
    table = Table(s, columns, row=LINE_HIGH, size=8.2, left=left)
    with s.elem("Table"):
        y = table.heads(y - 5, repeated=False)
        for cells, strong_row in rows:
            y = table.line(y, tuple(cells), shade=strong_row, strong=strong_row)
    return y


def _passes(paper: Paper, sheet: CouncilSheet, y: float, wide: float) -> float:
    columns = (
        Column(("Où",), wide - 46),
        Column(("Pass",), 18, "r"),
        Column(("Valeur",), 28, "r"),
    )

    def row(place: Place) -> Sequence[str]:
        return place.label, grouped(place.voucher_count), money(place.amount_cents)

    rows = [(row(place), False) for place in (*sheet.stages, *sheet.exits)]
    rows.append((row(sheet.ordered), True))
    gap = sum(p.amount_cents for p in (*sheet.stages, *sheet.exits)) - sheet.ordered.amount_cents
    rows.append((("Écart", grouped(sheet.missing_count), money(-gap)), True))
    return _rows(paper.sheet, LEFT, y, "Où est chaque pass", columns, rows)


def _euros(paper: Paper, sheet: CouncilSheet, y: float, left: float, wide: float) -> float:
    columns = (Column(("Valeur faciale",), wide - 30, wrap=True), Column(("Euros",), 30, "r"))
    parts = (sheet.paid, sheet.owed, sheet.committed, sheet.released)
    rows: list[tuple[Sequence[str], bool]] = [
        ((f"{part.label} : {part.why}".replace(" :", f"{NBSP}:"), money(part.amount_cents)), False)
        for part in parts
    ]
    rows.append((("Commandé", money(sheet.ordered.amount_cents)), True))
    rows.append((("Écart", money(sheet.missing_cents)), True))
    rows.append((("Impression des commandes envoyées", money(sheet.printing_cents)), False))
    if sheet.fee_cents:
        rows.append((("Frais de l’émetteur, à part", money(sheet.fee_cents)), False))
    rows.append((("Mandaté pour les commandes", money(sheet.mandated_cents)), False))
    if sheet.budget_cents is not None:
        rows.append((("Budget", money(sheet.budget_cents)), False))
        if sheet.budget_released_cents:
            told = "Dégagé de ce budget, ne se paiera plus"
            rows.append(((told, money(sheet.budget_released_cents)), False))
        unspent = Cents(sheet.budget_cents - sheet.budget_committed_cents)
        rows.append((("Reste à engager sur ce budget", money(unspent)), False))
    return _rows(paper.sheet, left, y, "Où est chaque euro", columns, rows)


def _share(sheet: CouncilSheet, line: FunderLine) -> Cell:
    """A funder's part of everything used; where it takes less, the share that it agreed to."""
    part, whole = sheet.part_of(line)
    told = rate(UsageLine("", part, line.amount_cents, whole))
    if not sheet.agreed_only(line):
        return told
    agreed = rate(UsageLine("", line.share_basis_points, line.amount_cents, BASIS))
    return told, f"{agreed} de", money(line.of_cents)


def _funders(paper: Paper, sheet: CouncilSheet, y: float, left: float, wide: float) -> float:
    columns = (
        Column(("De la valeur utilisée",), wide - 52, wrap=True),
        Column(("Part",), 27, "r"),
        Column(("Euros",), 25, "r"),
    )
    rows: list[tuple[Sequence[Cell], bool]] = [
        (
            (
                clipped(line.name, wide - 54.4, 2, 8.2, font="T"),
                _share(sheet, line),
                money(line.amount_cents),
            ),
            False,
        )
        for line in sheet.funders
    ]
    return _rows(paper.sheet, left, y, "Qui finance", columns, rows)


def _key_days(paper: Paper, sheet: CouncilSheet, y: float, left: float, wide: float) -> float:
    columns = (Column(("Étape",), wide - 36), Column(("Jour",), 36, "r"))
    rows = [((k.label, long_day(k.day) if k.day else "à venir"), False) for k in sheet.days]
    return _rows(paper.sheet, left, y, "Dates", columns, rows)


def _publics(paper: Paper, sheet: CouncilSheet, y: float, wide: float) -> float:
    columns = (
        Column(("Public",), wide - 48, wrap=True),
        Column(("Remis",), 16, "r"),
        Column(("Utilisés",), 16, "r"),
        Column(("Taux",), 16, "r"),
    )

    def row(line: PublicLine) -> Sequence[str]:
        used = UsageLine("", line.redeemed_count, Cents(0), line.issued_count)
        return line.name, grouped(line.issued_count), grouped(line.redeemed_count), rate(used)

    rows = [(row(line), False) for line in sheet.agreed]
    rows.append((row(sheet.agreed_total), True))
    rows += [(row(line), False) for line in sheet.beyond]
    return _rows(paper.sheet, LEFT, y, "Pour qui : pass utilisés sur pass remis", columns, rows)
