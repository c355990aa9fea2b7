"""Each table of the pages is a whole list, or says why it is not: none is forgotten.

A whole list (`app.web.lists`) is sorted by its heads, read page after page both ways, and leaves as
a file of exactly what is shown.
"""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import app
from app.web.lists import Listing
from tests.browser.test_lists import CASES

TEMPLATES = Path(app.__file__).parent / "web" / "templates"
MACRO = re.compile(r"{% macro (\w+)\(.*?{% endmacro %}", re.DOTALL)
LIST = re.compile(r"\b(?:heads|lines)\(page\.list")

FEW = "A handful by nature, all of them on the page."
ONE = "The parts of one document, whole on its page and on its papers."
FIGURES = "Figures of a report, in the order of its reading; it has files of its own."
ASKED = "An answer to one question, told before an act and gone after it."

NOT_A_LIST = {
    "accounts/account.html": "The last acts on one account; the journal has them all.",
    "clearing/counter.html": FIGURES,
    "clearing/own.html": FEW,
    "clearing/receipts.html": "A month of receipts, each signed; the whole month leaves as a file.",
    "clearing/run.html": ASKED,
    "clearing/session.html": ONE,
    "clearing/sheet.html": ONE,
    "clearing/statement.html": ONE,
    "closing/list.html": FEW,
    "closing/vintage.html": ONE,
    "custody/cancel.html": ASKED,
    "custody/consignment.html": ONE,
    "custody/new_request.html": ASKED,
    "custody/recalls.html": "One line a holder, each with its act; it leaves as CSV.",
    "custody/receive.html": ASKED,
    "custody/request.html": ONE,
    "custody/send.html": ASKED,
    "custody/stock.html": FIGURES,
    "desk/today.html": FIGURES,
    "handovers/sheet.html": ONE,
    "identity/connections.html": FEW,
    "identity/factors.html": FEW,
    "losses/block.html": ONE,
    "losses/new.html": ASKED,
    "losses/new_replacement.html": ASKED,
    "losses/replacement.html": ONE,
    "losses/write_off.html": ONE,
    "orders/confirm.html": ASKED,
    "orders/order.html": ONE,
    "orders/plan.html": ASKED,
    "partners/partner.html": ONE,
    "places/files.html": FEW,
    "places/list.html": "By distance and with a map; its file is the national one.",
    "printing/batch.html": ONE,
    "programmes/list.html": FEW,
    "programmes/programme.html": ONE,
    "registers/account.html": FIGURES,
    "registers/evidence.html": FIGURES,
    "registers/register.html": "A register is read in the order of its numbers, each line with the "
    "balance after it; whole as CSV, XLSX and PDF.",
    "registers/slip.html": FIGURES,
    "reports/chain.html": FIGURES,
    "reports/council.html": FIGURES,
    "reports/usage.html": FIGURES,
    "setup/path.html": FEW,
    "stock/count.html": ONE,
    "stock/file.html": "The rows of one file that were put aside, in their order, page by page; "
    "all of them leave as CSV and PDF.",
    "stock/files.html": FEW,
    "takeover/takeover.html": ONE,
    "vouchers/search.html": ASKED,
    "works/list.html": "One's own latest works; what they made is what is taken away.",
    "works/work.html": "What is wrong with one file, line by line, until it is sent again.",
}
"""Pages with a table that are not read, sorted and taken away like a list, and why."""


def tables() -> re.Pattern[str]:
    """How a page draws a table: itself, or by a macro that does."""
    drawn = [
        macro[1]
        for path in (TEMPLATES / "macros").glob("*.html")
        for macro in MACRO.finditer(path.read_text())
        if "<table" in macro[0]
    ]
    return re.compile(rf"<table\b|\b(?:{'|'.join(drawn)})\(")


def pages_with_tables() -> dict[str, str]:
    """The templates of pages that draw a table, and what they are made of."""
    found, table = {}, tables()
    for path in sorted(TEMPLATES.rglob("*.html")):
        name, text = str(path.relative_to(TEMPLATES)), path.read_text()
        if not name.startswith(("macros/", "layout/")) and table.search(text):
            found[name] = text
    return found


def listings() -> list[Listing]:  # type: ignore[type-arg]  # whatever they list
    """Every list that a feature describes."""
    names = [info.name for info in pkgutil.walk_packages(app.__path__, "app.")]
    modules = [importlib.import_module(name) for name in names if name.endswith("pages")]
    return [
        value for module in modules for value in vars(module).values() if isinstance(value, Listing)
    ]


def test_each_table_is_a_whole_list_or_says_why_not() -> None:
    pages = pages_with_tables()
    plain = {name for name, text in pages.items() if not LIST.search(text)}

    assert plain - NOT_A_LIST.keys() == set(), "make it a Listing, or say why it is none"
    assert NOT_A_LIST.keys() - plain == set(), "it is a list now, or gone"


def test_each_list_is_walked_by_the_tests_of_lists() -> None:
    known = {case.listing.endpoint for case in CASES}

    assert {listing.endpoint for listing in listings()} == known


@pytest.mark.parametrize("listing", listings(), ids=lambda listing: listing.name)
def test_a_list_has_an_order_of_its_own_and_a_file_that_names_it(
    listing: Listing,  # type: ignore[type-arg]  # whatever it lists
) -> None:
    orders = {column.sort for column in listing.columns if column.sort}
    heads = [column.head for column in listing.columns if column.value]

    assert listing.first.removeprefix("-") in orders
    assert re.fullmatch(r"[a-z-]+", listing.name)
    assert len(set(heads)) == len(heads)
