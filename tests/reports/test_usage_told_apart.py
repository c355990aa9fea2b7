"""Usage told apart: page, JSON, CSV, workbook and paper show the same figures."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from app.database.connections import Database
from app.identity.errors import RightMissing
from app.kernel.errors import InvalidInput
from app.programmes.service import create_vintage
from app.reports.papers import usage_csv, usage_pdf, usage_xlsx
from app.reports.rules import WHERE_USED, By, Denominator, UsageTable
from app.reports.service import perimeter, usage_report, usage_within
from app.reports.usage import table_within, usage_by
from tests.api.house import House, house_that_has_lived
from tests.databases import Databases
from tests.factories import Scheme
from tests.pages import markup
from tests.pages.markup import Element
from tests.papers.reading import words


@pytest.fixture(scope="module")
def lived(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_that_has_lived(databases, "sqlite", tmp_path_factory.mktemp("usage")) as house:
        yield house


def told(house: House, session: Session, by: By, **more: object) -> UsageTable:
    now = house.clock()
    return usage_by(
        session,
        actor=house.scheme.actors["auditor"],
        by=by,
        now=now,
        **{"on": house.scheme.today, **more},  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("by", By)
def test_every_table_adds_up_to_the_same_passes(lived: House, by: By) -> None:
    with lived.database.transaction(writing=False) as session:
        whole = usage_report(
            session,
            actor=lived.scheme.actors["auditor"],
            on=lived.scheme.today,
            now=lived.clock(),
        )
        table = told(lived, session, by)

    assert table.total.redeemed_count == whole.redeemed_count > 0
    assert table.total.redeemed_cents == whole.redeemed_cents
    assert table.total.issued_count in {None, whole.issued_count}
    assert sum(line.redeemed_count for line in table.lines) == whole.redeemed_count


def test_what_a_page_reads_once_is_what_each_report_says(lived: House) -> None:
    house, now = lived, lived.clock()
    asked = {"on": house.scheme.today, "now": now, "programme_id": house.scheme.programme_id}
    actor = house.scheme.actors["auditor"]
    with house.database.transaction(writing=False) as session:
        within = perimeter(session, vintage_id=None, **asked)  # type: ignore[arg-type]
        for by, since in product(By, (None, house.scheme.today)):
            table = table_within(session, actor=actor, within=within, by=by, since=since, now=now)
            alone = usage_by(session, actor=actor, by=by, since=since, **asked)  # type: ignore[arg-type]
            assert table == alone
        report = usage_report(session, actor=actor, **asked)  # type: ignore[arg-type]
        assert usage_within(session, within) == report


def shown(house: House, path: str) -> list[list[str]]:
    """The first table of the page, as its cells read."""
    answer = house.signed_in("auditor").client.get(path)
    assert answer.status_code == 200
    table = next(
        t
        for t in markup.read(answer.text).all("table")
        if "t-detail" in str(t.one("caption").attributes)
    )
    return [
        [plain(cell.text) for cell in row.children if isinstance(cell, Element)]
        for part in table.all("tbody", "tfoot")
        for row in part.all("tr")
    ]


def plain(text: str) -> str:
    """Words with the spaces and the minus of a keyboard."""
    text = text.replace("\N{MINUS SIGN}", "-")
    return " ".join(re.sub("[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", " ", text).split())


def number(text: str) -> float | None:
    """A figure as any of the files writes it."""
    bare = re.sub(r"[^0-9,.-]", "", plain(text)).replace(",", ".")
    return round(float(bare), 2) if bare.strip("-.") else None


@pytest.mark.parametrize("by", [By.PRESCRIBER, By.MEDIATOR_COMMUNE, By.PUBLIC, By.MONTH])
def test_page_json_csv_workbook_and_paper_agree_figure_by_figure(lived: House, by: By) -> None:
    reader = lived.signed_in("auditor").client
    json = lived.by_token("auditor").get("/reports/usage", by=by).read()["table"]
    files = {
        ending: reader.get(f"/taux-d-utilisation.{ending}?par={by}").data
        for ending in ("csv", "xlsx", "pdf")
    }
    page = shown(lived, f"/taux-d-utilisation?par={by}")

    lines = [*json["lines"], json["total"]]
    figures = [
        [
            *([line["issued_count"]] if json["denominator"] == "issued" else []),
            line["redeemed_count"],
            line["redeemed_cents"] / 100,
            None if line["rate_tenths"] is None else line["rate_tenths"] / 10,
        ]
        for line in lines
    ]
    width = len(figures[0])
    assert [[number(cell) for cell in row[-width:]] for row in page] == figures
    rows = list(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig")), delimiter=";"))[1:]
    assert [[number(c) for c in row[-width - 1 : -1]] for row in rows] == figures
    assert all(row[-1] == "SPÉCIMEN" for row in rows)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(files["xlsx"])).get_sheet_by_index(0)
    cells = [row[-width - 1 : -1] for row in sheet.to_python()[1:]]
    for row, expected in zip(cells, figures, strict=True):
        *counted, share = (None if cell == "" else cell for cell in row)
        assert counted == expected[:-1]
        assert (share if share is None else round(float(str(share)) * 100, 1)) == expected[-1]
    paper = "".join(plain(" ".join(words(files["pdf"]))).split())
    for line, expected in zip(lines, figures, strict=True):
        share = "–" if expected[-1] is None else f"{expected[-1]:.1f}%".replace(".", ",")
        counts = "".join(str(n) for n in expected[:-2])
        euros = f"{expected[-2]:.2f}€".replace(".", ",")
        assert f"{counts}{euros}{share}" in paper, line["name"]


def test_a_period_counts_acts_and_not_what_came_before(session: Session, tmp_path: Path) -> None:
    scheme = Scheme.ready(session, tmp_path)
    for code in scheme.issued_booklet(session)[:2]:
        scheme.redeem(session, code)
    asked = {
        "actor": scheme.actors["auditor"],
        "by": By.MONTH,
        "on": scheme.today,
        "now": scheme.now + timedelta(minutes=1),
    }

    today = usage_by(session, since=scheme.today, **asked)  # type: ignore[arg-type]

    assert (today.total.issued_count, today.total.redeemed_count) == (10, 2)
    late = {**asked, "on": scheme.today - timedelta(days=1)}
    before = usage_by(session, since=scheme.today - timedelta(days=9), **late)  # type: ignore[arg-type]
    assert (before.total.issued_count, before.total.redeemed_count) == (0, 0)
    with pytest.raises(InvalidInput):
        usage_by(session, since=scheme.today, **late)  # type: ignore[arg-type]
    with pytest.raises(RightMissing):
        usage_by(session, **{**asked, "actor": scheme.actors["exo7"]})  # type: ignore[arg-type]


def test_the_same_table_gives_the_same_files(lived: House) -> None:
    with lived.database.transaction(writing=False) as session:
        table = told(lived, session, By.PRESCRIBER)

    for made in (usage_csv, usage_xlsx, usage_pdf):
        assert made(table) == made(table)


def test_passes_taken_over_from_people_have_a_line_of_their_own(
    database: Database, tmp_path: Path
) -> None:
    with database.transaction() as session:
        scheme = Scheme.ready(session, tmp_path)
        create_vintage(
            session,
            actor=scheme.actors["coordinator"],
            programme_id=scheme.programme_id,
            label="24R",
            face_value_cents=1000,
            valid_from=scheme.today,
            valid_until=scheme.today,
            tolerance_days=0,
            keys=scheme.keys,
            now=scheme.now,
            taken_over=True,
        )
        scheme.taken_over(
            session,
            "24R;1;1;5;circulation;CCAS;passnum;",
            "24R;2;2;5;circulation;CCAS;passnum;3-5",
            voucher_count=10,
        )
        for code in scheme.issued_booklet(session)[:4]:
            scheme.redeem(session, code)
        asked = {
            "actor": scheme.actors["auditor"],
            "on": scheme.today,
            "now": scheme.now + timedelta(minutes=1),
        }
        table = usage_by(session, by=By.PUBLIC, **asked)  # type: ignore[arg-type]
        today = {
            by: usage_by(session, by=by, since=scheme.today, **asked)  # type: ignore[arg-type]
            for by in By
        }
        months = usage_by(session, by=By.MONTH, **asked)  # type: ignore[arg-type]

    told = {line.name: line.issued_count for line in table.lines if line.issued_count}
    assert told == {"Participants du PLIE": 10, "Repris, public non connu": 10}
    assert (table.total.issued_count, table.total.redeemed_count) == (20, 6)
    # Over a period what was taken over was there before: it is in the denominator, and no act.
    for by, period in today.items():
        assert period.total.redeemed_count == 4, by
        assert period.total.of_count == (4 if by in WHERE_USED else 18), by
        assert period.total.issued_count in {None, 10}, by
    assert next((line.name, line.issued_count, line.of_count) for line in months.lines) == (
        "Repris d’avant passnum",
        10,
        10,
    )
    assert [line.of_count for line in months.lines[1:]] == [18]


def test_over_a_period_passes_handed_out_before_are_in_the_denominator(
    session: Session, tmp_path: Path
) -> None:
    scheme = Scheme.ready(session, tmp_path)
    codes = scheme.issued_booklet(session)
    scheme.now += timedelta(days=40)
    for code in codes[:9]:
        scheme.redeem(session, code)
    asked = {
        "actor": scheme.actors["auditor"],
        "on": scheme.today,
        "now": scheme.now + timedelta(minutes=1),
        "since": scheme.today - timedelta(days=30),
    }

    for by in By:
        table = usage_by(session, by=by, **asked)  # type: ignore[arg-type]
        assert table.total.of_count == (9 if by in WHERE_USED else 10)
        for line in (*table.lines, table.total):
            assert line.rate_tenths is None or 0 <= line.rate_tenths <= 1000
        assert table.denominator in {Denominator.AVAILABLE, Denominator.REDEEMED}
