"""Reports as files: sheets and papers drawn from plain values, the same bytes each time."""

from collections.abc import Iterator
from dataclasses import replace

from app.papers.flow import Paper
from app.papers.french import grouped, long_day, money, typeset
from app.papers.measures import NBSP
from app.papers.parts import LEFT
from app.papers.sheet import strong
from app.papers.sheets import Field, Kind, Values, csv_bytes, xlsx_bytes
from app.papers.table import Column, Row, Table
from app.reports.rules import By, UsageLine, UsageTable, summed

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
        subtitle=f"par {table.heading.lower()}",
        subject=usage_title(table),
        foot=f"{usage_title(table)}, {usage_period(table).lower()}",
        specimen=table.specimen,
    )
    s, y, wide = paper.sheet, paper.top, paper.wide - 2 * LEFT
    with s.leaf("P"):
        y = s.para(LEFT, y - 2, wide, f"{strong(usage_period(table))}, {table.scope}.", 10.5)
        of = f"Taux : pass utilisés pour cent, rapportés à {strong(table.rate_of)}."
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
        part = summed(table.lines[:count], issued=given)
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
