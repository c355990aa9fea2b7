"""Lists: what is taken away is what is shown, all of it, in the same order."""

import re
from collections.abc import Iterator
from csv import reader
from dataclasses import dataclass, replace
from datetime import date
from html import unescape
from io import BytesIO, StringIO
from types import ModuleType
from urllib.parse import parse_qsl, urlsplit
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import journal_pages
from app.accounts import pages as accounts_pages
from app.clearing import (
    correction_pages,
    counter_pages,
    debit_note_pages,
    dispute_pages,
    session_pages,
    sheet_pages,
    statement_pages,
)
from app.clearing.redemption_models import Redemption
from app.devices import pages as device_pages
from app.identity.rules import Role
from app.losses import pages as losses_pages
from app.losses import replacement_pages, write_off_pages
from app.mediators import ending_pages
from app.mediators import pages as partner_pages
from app.orders import pages as orders_pages
from app.papers.sheets import Kind
from app.prescribers import custody_pages, handover_pages, request_pages
from app.prescribers.models import BeneficiaryIdentity
from app.printing import pages as printing_pages
from app.reports import movement_pages, register_pages
from app.signals import pages as signal_pages
from app.stock import count_pages
from app.takeover import pages as takeover_pages
from app.web.format import day_short
from app.web.lists import Listing
from tests.browser.addresses import client_of
from tests.browser.site import Site

FIRST_CELL = re.compile(r'<th scope="row"[^>]*>\s*(?:<a[^>]*>)?([^<]*)')
ORDER = re.compile(r'<select class="input" id="tri".*?</select>', re.DOTALL)
MORE = re.compile(r'href="([^"]*)">Lignes suivantes')
BACK = re.compile(r'href="([^"]*)">Lignes précédentes')
FILE = re.compile(r'href="([^"]*)" download>(CSV|Excel)')


@dataclass(frozen=True)
class Case:
    """A list as somebody reads it: whole, and through one of its filters."""

    module: ModuleType
    name: str
    role: Role
    path: str
    narrowed: str
    """A filter that lets some lines through, and not all; {day} is the fullest day."""

    @property
    def listing(self) -> Listing[object, object]:  # type: ignore[type-var]  # whatever it lists
        """What its feature says of it."""
        found: Listing[object, object] = getattr(self.module, self.name)  # type: ignore[type-var]
        return found


CASES = (
    Case(statement_pages, "STATEMENTS", Role.FINANCE, "/bordereaux", "etat=paid"),
    Case(orders_pages, "ORDERS", Role.COORDINATOR, "/commandes", "etat=active"),
    Case(custody_pages, "CONSIGNMENTS", Role.COORDINATOR, "/dotations", "nature=dotation"),
    Case(handover_pages, "HANDOVERS", Role.COORDINATOR, "/remises", "public=senior"),
    Case(counter_pages, "REDEMPTIONS", Role.COORDINATOR, "/encaissements", "jour={day}"),
    Case(partner_pages, "DIRECTORY", Role.COORDINATOR, "/partenaires", "role=mediator"),
    Case(losses_pages, "BLOCKS", Role.COORDINATOR, "/oppositions", "cause=stolen"),
    Case(request_pages, "REQUESTS", Role.COORDINATOR, "/demandes", "etat=a-traiter"),
    Case(count_pages, "COUNTS", Role.COORDINATOR, "/comptages", "etat=signed"),
    Case(correction_pages, "CORRECTIONS", Role.COORDINATOR, "/corrections", "etat=set_aside"),
    Case(debit_note_pages, "DEBIT_NOTES", Role.FINANCE, "/corrections/titres", "etat=encaisses"),
    Case(dispute_pages, "DISPUTES", Role.COORDINATOR, "/litiges", "etat=kept"),
    Case(sheet_pages, "SHEETS", Role.COORDINATOR, "/saisies", "etat=set_aside"),
    Case(session_pages, "SESSIONS", Role.COORDINATOR, "/seances", "du={day}&au={day}"),
    Case(replacement_pages, "REPLACEMENTS", Role.COORDINATOR, "/remplacements", "motif=lost"),
    Case(write_off_pages, "WRITE_OFFS", Role.COORDINATOR, "/destructions", "etat=abandoned"),
    Case(signal_pages, "SIGNALS", Role.COORDINATOR, "/signalements", "etat=decides"),
    Case(accounts_pages, "ACCOUNTS", Role.COORDINATOR, "/comptes", "role=mediator"),
    Case(journal_pages, "EVENTS", Role.ADMINISTRATOR, "/journal-des-comptes", "quoi=invited"),
    Case(journal_pages, "MAILS", Role.ADMINISTRATOR, "/courriels", "etat=failed"),
    Case(takeover_pages, "TAKEOVERS", Role.COORDINATOR, "/reprise", "etat=approved"),
    Case(printing_pages, "BATCHES", Role.COORDINATOR, "/impression", "sortie=booklets"),
    Case(ending_pages, "RENEWALS", Role.COORDINATOR, "/partenaires/a-renouveler", "quoi=label"),
    Case(register_pages, "HOLDINGS", Role.ACCOUNTANT, "/registres", "du={day}&au={day}"),
    Case(device_pages, "DEVICES", Role.COORDINATOR, "/appareils", "etat=revoques"),
    Case(movement_pages, "MOVEMENTS", Role.ACCOUNTANT, "/mouvements", "du={day}&au={day}"),
)
MOST_WAYS = 2
"""A list that is held whole is sorted by whatever it shows: two heads tell of the others."""
RARE = {"DEBIT_NOTES", "REPLACEMENTS"}
"""Of which the demonstration has none: tests/api/test_rare_pages.py has."""


def plain(text: str) -> str:
    """Words with the spaces of a keyboard."""
    return " ".join(unescape(text).split())


def first_cells(page: str) -> list[str]:
    """What each line of a list begins with; the sum below them is none of them."""
    found: list[str] = FIRST_CELL.findall(page.partition("<tfoot")[0])
    return found


def shown_as(kind: Kind, value: str) -> str:
    """The first cell of a line of a file, as the page shows it."""
    if kind is Kind.DAY:
        day, month, year = map(int, value.split("/"))
        return plain(day_short(date(year, month, day)))
    return plain(value)


def pages(client: FlaskClient, address: str, further: re.Pattern[str] = MORE) -> Iterator[str]:
    """A page of a list, and each that follows it, or comes before."""
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        yield answer.text
        found = further.search(answer.text)
        address = unescape(found[1]) if found else ""


def fullest_day(site: Site) -> str:
    """The day on which most passes were taken."""
    with site.database.transaction(writing=False) as session:
        query = select(Redemption.redeemed_on).group_by(Redemption.redeemed_on)
        day = session.scalars(query.order_by(func.count().desc()).limit(1)).one()
        return day.isoformat()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.strip("/"))
def test_a_file_holds_the_rows_of_all_pages_in_their_order(
    site: Site, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(site, case.role)
    narrowed = case.narrowed.format(day=fullest_day(site))
    whole = "" if "{day}" in case.narrowed else case.path
    sizes: list[int] = []
    files: dict[str, str] = {}
    for start in filter(None, (whole, f"{case.path}?{narrowed}")):
        monkeypatch.setattr(case.module, case.name, replace(case.listing, lines=5000))
        (everything,) = pages(client, start)
        rows = first_cells(everything)
        sizes.append(len(rows))
        if not rows:
            assert sizes[0] or case.name in RARE
            assert ("Rien ne correspond" in everything) == ("?" in start)
            continue
        lines = max(1, -(-len(rows) // 3))
        monkeypatch.setattr(case.module, case.name, replace(case.listing, lines=lines))
        (menu,) = ORDER.findall(everything)
        ways = re.findall(r'<option value="([^"]*)"', menu)
        assert ways
        for way in ways[:MOST_WAYS]:
            told = list(pages(client, f"{start}{'&' if '?' in start else '?'}tri={way}"))
            files = {words: unescape(address) for address, words in FILE.findall(told[-1])}
            asked = dict(parse_qsl(urlsplit(start).query))
            assert asked.items() <= dict(parse_qsl(urlsplit(files["CSV"]).query)).items()
            heads, *values = read(client.get(files["CSV"]).get_data())
            cells = [cell for page in told for cell in first_cells(page)]
            if case.listing.columns[0].value is not None:
                kind = case.listing.columns[0].kind
                assert [shown_as(kind, value[0]) for value in values] == [
                    plain(cell).replace(" ", "") if kind is Kind.NUMBER else plain(cell)
                    for cell in cells
                ]
            assert len(cells) == len(values)
            if way == ways[0] and len(told) > 1:
                back = unescape(BACK.search(told[-1])[1])  # type: ignore[index]  # it is there
                before = [first_cells(page) for page in pages(client, back, BACK)]
                assert before == [first_cells(page) for page in told[-2::-1]]
            assert len(values) == len(rows)
            assert heads[-1] == "Mention"
            assert {value[-1] for value in values} == {"SPÉCIMEN"}
            sorted_by = next(c for c in case.listing.columns if c.sort == way.lstrip("-"))
            assert ('aria-sort="' in told[0]) == sorted_by.shown
            if (
                sorted_by.value
                and not sorted_by.ways
                and sorted_by.kind in {Kind.DAY, Kind.MOMENT, Kind.NUMBER}
            ):
                column = [value[heads.index(sorted_by.head)] for value in values]
                keys = [measure(cell) for cell in column]
                assert keys == sorted(keys, reverse=way.startswith("-"))
    assert sizes[-1] > 1 or len(sizes) > 1
    assert sizes[-1] < sizes[0] or len(sizes) == 1 or case.name in RARE
    if not files:
        return
    with ZipFile(BytesIO(client.get(files["Excel"]).get_data())) as book:
        assert book.testzip() is None


def read(sheet: bytes) -> list[list[str]]:
    """The lines of a sheet, its heads first."""
    return list(reader(StringIO(sheet.decode("utf-8-sig"), newline=""), delimiter=";"))


def measure(cell: str) -> tuple[int, ...]:
    """A number, a day or an instant of a file, to be compared."""
    day, _, time = cell.partition(" ")
    return (*map(int, reversed(day.split("/"))), *map(int, time.split(":") if time else ()))


def test_no_file_names_a_person_and_none_passes_over_a_filter(site: Site) -> None:
    client = client_of(site, Role.PRESCRIBER)
    page, sheet = (client.get(f"/remises{ending}").text for ending in ("", ".csv"))
    with site.database.transaction(writing=False) as session:
        people = session.scalars(select(BeneficiaryIdentity)).all()
    seen = [one.surname for one in people if f"{one.first_name} {one.surname}" in page]

    assert seen
    assert not [one for one in people if one.surname in sheet or one.first_name in sheet]
    assert "Ce filtre n’est pas compris" in plain(client.get("/remises?public=tous").text)
    assert client.get("/remises.csv?public=tous").status_code == 422
    assert client.get("/remises.pdf").status_code == 404
    assert client.get("/mes-personnes.csv").status_code == 404
