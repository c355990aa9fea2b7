"""Every page, with every kind of data, keeps the promises that machines can check."""

import gzip
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from app.kernel import serials
from app.web import assets
from app.web.pages import MENU
from tests.pages import gallery, markup
from tests.pages.markup import Element
from tests.pages.rules import RULES

every_sheet = pytest.mark.parametrize("name", gallery.SHEETS)


@lru_cache
def html(name: str) -> str:
    return gallery.render(name)


@lru_cache
def page(name: str) -> Element:
    return markup.read(html(name))


@every_sheet
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_page_keeps_the_rule(name: str, rule: Callable[[Element], None]) -> None:
    rule(page(name))


@every_sheet
def test_nothing_that_was_typed_becomes_markup(name: str) -> None:
    assert "<script>" not in html(name)


@every_sheet
def test_demonstration_data_says_so_on_the_page_and_in_its_title(name: str) -> None:
    specimen = gallery.SHEETS[name].frame.specimen

    assert ("SPÉCIMEN" in page(name).one("title").text) == specimen
    assert ("SPÉCIMEN" in page(name).one("body").text) == specimen


@every_sheet
def test_the_menu_has_what_the_reader_may_open_and_nothing_else(name: str) -> None:
    reader = gallery.SHEETS[name].frame.reader
    menus = page(name).all("nav")

    if reader is None:
        assert not menus
    else:
        links = [link.attributes["href"] for link in menus[0].all("a")]
        of_ones_own = ("accounts_pages.mine", "works_pages.listed", "help_pages.mine")
        assert links == [
            gallery.ADDRESSES.build(entry.endpoint)
            for entry in MENU
            if entry.door in reader.may_open
        ] + [
            gallery.ADDRESSES.build(endpoint)
            for endpoint in of_ones_own
            if endpoint != "works_pages.listed" or "evidence" in reader.may_open
        ]
        assert "Se déconnecter" in menus[0].text


def test_an_error_is_said_at_the_top_and_beside_the_field() -> None:
    refused = page("sign-in-refused")
    summary = next(element for element in refused.walk() if "summary" in element.classes)
    field = next(e for e in refused.all("input") if e.attributes.get("id") == "password")

    assert page("sign-in-refused").one("title").text.startswith("Erreur")
    assert summary.one("a").attributes["href"] == "#password"
    assert field.attributes["aria-invalid"] == "true"
    assert field.attributes["aria-describedby"] == "password-erreur"


def test_what_was_typed_is_kept_and_a_password_never_is() -> None:
    fields = {e.attributes["name"]: e for e in page("sign-in-refused").all("input")}

    assert fields["email"].attributes["value"] == "agent.demonstration@exemple.fr"
    assert fields["password"].attributes["value"] == ""
    assert fields["next"].attributes["value"] == "/"


def test_a_day_that_does_not_exist_is_given_back_in_a_field_that_can_show_it() -> None:
    (field,) = (e for e in page("chain-bad-day").all("input") if e.attributes.get("name") == "au")

    assert (field.attributes["type"], field.attributes["value"]) == ("text", "2027-02-29")
    assert "open" in page("chain-bad-day").one("details").attributes


def test_the_chain_closes_to_the_order_on_the_page() -> None:
    bodies = page("chain").all("tbody")
    (total,) = page("chain").all("tfoot")
    sums = [body.all("tr")[-1].all("td")[0].text for body in bodies]

    assert [_figure(text) for text in sums] == [11_955, 45]
    assert _figure(total.all("td")[0].text) == 12_000
    assert "120\u00a0000\u00a0€" in total.text


def test_a_chain_that_does_not_close_says_so() -> None:
    assert "La somme ne tombe pas juste" in page("chain-open").text
    assert "La somme ne tombe pas juste" not in page("chain").text


def test_a_public_beyond_the_agreement_is_counted_apart() -> None:
    table = next(t for t in page("usage").all("table") if t.one("caption").text == "Par public")
    rows = [[cell.text for cell in row.all("th", "td")] for row in table.all("tr")]

    assert rows[5] == ["Publics de la convention", "6\u00a0060", "3\u00a0074", "50,7\u00a0%"]
    assert rows[6] == ["Comptés à part, au-delà de la convention avec l’État"]
    assert rows[-1] == ["Ensemble", "6\u00a0310", "3\u00a0160", "50,1\u00a0%"]


def test_a_history_tells_both_clocks_only_when_they_differ() -> None:
    newest, *older = (e for e in page("voucher").all("li") if e.all("time"))

    assert "Noté dans passnum le 6\u00a0nov. 2026, 17\u00a0h\u00a048" in newest.text
    assert not any("Noté dans passnum" in step.text for step in older)


def test_an_act_that_was_undone_stays_in_the_history() -> None:
    titles = [heading.text for heading in page("voucher-undone").all("h3")]

    assert titles[:2] == ["Encaissement annulé", "Encaissé par un médiateur"]


def test_the_example_of_a_serial_number_is_a_right_one() -> None:
    hint = next(e for e in page("search").walk() if e.attributes.get("id") == "typed-aide")
    (example,) = re.findall(r"\d{2}[A-Z]\s\d{5}\s\d{2}\s\d{2}", hint.text)

    assert isinstance(serials.read(example), serials.SerialNumber)


def test_a_page_is_light_enough_for_a_slow_phone() -> None:
    sheets = ("chain", "voucher", "usage", "sign-in")
    weights = {name: len(gzip.compress(html(name).encode())) for name in sheets}

    assert max(weights.values()) < 10_000, weights


def test_the_static_drawings_and_sheets_name_no_other_site() -> None:
    for path in Path(assets.SOURCE).rglob("*"):
        found = re.findall(r"https?://[^\s\"')]+", path.read_text(encoding="utf-8"))
        assert set(found) <= {"http://www.w3.org/2000/svg"}, path


def _figure(text: str) -> int:
    return int(text.replace("\u00a0", ""))
