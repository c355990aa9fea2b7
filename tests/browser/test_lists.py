"""Lists: what is taken away is what is shown, all of it, in the same order."""

import re
from collections.abc import Iterator
from csv import reader
from dataclasses import dataclass, replace
from html import unescape
from io import BytesIO, StringIO
from types import ModuleType
from urllib.parse import parse_qsl, urlsplit
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.clearing import counter_pages, statement_pages
from app.clearing.redemption_models import Redemption
from app.identity.rules import Role
from app.losses import pages as losses_pages
from app.mediators import pages as partner_pages
from app.orders import pages as orders_pages
from app.papers.sheets import Kind
from app.prescribers import custody_pages, handover_pages, request_pages
from app.prescribers.models import BeneficiaryIdentity
from app.stock import count_pages
from app.web.lists import Listing
from tests.browser.addresses import client_of
from tests.browser.site import Site

FIRST_CELL = re.compile(r'<th scope="row"[^>]*>\s*<a[^>]*>([^<]*)')
ORDER = re.compile(r'<select class="input" id="tri".*?</select>', re.DOTALL)
MORE = re.compile(r'href="([^"]*)">Lignes suivantes')
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
)


def plain(text: str) -> str:
    """Words with the spaces of a keyboard."""
    return " ".join(unescape(text).split())


def pages(client: FlaskClient, address: str) -> Iterator[str]:
    """A page of a list, and each that follows it."""
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        yield answer.text
        further = MORE.search(answer.text)
        address = unescape(further[1]) if further else ""


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
        rows = FIRST_CELL.findall(everything)
        sizes.append(len(rows))
        lines = max(1, -(-len(rows) // 3))
        monkeypatch.setattr(case.module, case.name, replace(case.listing, lines=lines))
        (menu,) = ORDER.findall(everything)
        ways = re.findall(r'<option value="([^"]*)"', menu)
        assert ways
        for way in ways:
            told = list(pages(client, f"{start}{'&' if '?' in start else '?'}tri={way}"))
            files = {words: unescape(address) for address, words in FILE.findall(told[-1])}
            asked = dict(parse_qsl(urlsplit(start).query))
            assert asked.items() <= dict(parse_qsl(urlsplit(files["CSV"]).query)).items()
            heads, *values = read(client.get(files["CSV"]).get_data())
            assert [plain(value[0]) for value in values] == [
                plain(cell) for page in told for cell in FIRST_CELL.findall(page)
            ]
            assert len(values) == len(rows)
            assert heads[-1] == "Mention"
            assert {value[-1] for value in values} == {"SPÉCIMEN"}
            assert 'aria-sort="' in told[0]
            sorted_by = next(c for c in case.listing.columns if c.sort == way.lstrip("-"))
            if sorted_by.value and sorted_by.kind in {Kind.DAY, Kind.MOMENT, Kind.NUMBER}:
                column = [value[heads.index(sorted_by.head)] for value in values]
                keys = [measure(cell) for cell in column]
                assert keys == sorted(keys, reverse=way.startswith("-"))
    assert sizes[-1] > 1 or len(sizes) > 1
    assert sizes[-1] < sizes[0] or len(sizes) == 1
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
