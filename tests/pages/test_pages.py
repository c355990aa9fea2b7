"""Every page, with every kind of data, keeps the promises that machines can check."""

import itertools
import re
from functools import lru_cache
from pathlib import Path

import pytest

from app.kernel import serials
from app.web import assets
from tests.pages import gallery, markup, samples
from tests.pages.markup import Element

LIVE = {"a", "button", "input", "select", "textarea", "summary"}
SPACE_THAT_BREAKS = re.compile(r" [:;!?»%€]|« |\d \d")
NOT_FOR_READERS = ("None", "Undefined", "{{", "{%", "Traceback", "&amp;nbsp")

every_sheet = pytest.mark.parametrize("name", gallery.SHEETS)


@lru_cache
def html(name: str) -> str:
    return gallery.render(name)


@lru_cache
def page(name: str) -> Element:
    return markup.read(html(name))


@every_sheet
def test_a_page_has_a_title_one_h1_and_headings_in_order(name: str) -> None:
    headings = [heading.tag for heading in page(name).all("h1", "h2", "h3")]
    levels = [int(tag[1]) for tag in headings]

    assert re.search(r"\w.* · passnum", page(name).one("title").text)
    assert levels.count(1) == 1
    # The summary of errors stands above the title: it is what the person must read first.
    after_title = levels[levels.index(1) :]
    assert all(later - sooner <= 1 for sooner, later in itertools.pairwise(after_title))
    assert all(heading.text for heading in page(name).all("h1", "h2", "h3"))


@every_sheet
def test_nothing_that_was_typed_becomes_markup(name: str) -> None:
    assert "<script" not in html(name)
    assert not any(mark in html(name) for mark in NOT_FOR_READERS)


@every_sheet
def test_a_page_lives_under_the_strict_policy(name: str) -> None:
    for element in page(name).walk():
        assert element.tag not in {"script", "style", "iframe", "object"}
        assert not any(key == "style" or key.startswith("on") for key in element.attributes)


@every_sheet
def test_every_reference_inside_a_page_leads_somewhere(name: str) -> None:
    ids = [element.attributes["id"] for element in page(name).walk() if "id" in element.attributes]
    assert len(ids) == len(set(ids))

    for element in page(name).walk():
        pointers = [
            *element.attributes.get("aria-describedby", "").split(),
            *element.attributes.get("aria-labelledby", "").split(),
            *filter(None, [element.attributes.get("for"), element.attributes.get("popovertarget")]),
        ]
        if element.tag == "a" and element.attributes["href"].startswith("#"):
            pointers.append(element.attributes["href"][1:])
        assert set(pointers) <= set(ids), element


@every_sheet
def test_every_field_and_control_has_a_name(name: str) -> None:
    labelled = {label.attributes.get("for") for label in page(name).all("label")}

    for element in page(name).all("input", "select", "textarea"):
        if element.attributes.get("type") != "hidden":
            assert element.attributes["id"] in labelled
    for element in page(name).all("a", "button", "summary"):
        assert element.text, element
    for image in page(name).all("img"):
        assert "alt" in image.attributes


@every_sheet
def test_a_form_that_posts_carries_the_token_and_no_code_travels_in_an_address(name: str) -> None:
    for form in page(name).all("form"):
        names = {element.attributes.get("name") for element in form.all("input", "select")}
        if form.attributes["method"] == "post":
            assert "csrf_token" in names
        else:
            assert names.isdisjoint({"typed", "password", "csrf_token"})


@every_sheet
def test_no_sign_or_figure_is_cut_off_at_the_end_of_a_line(name: str) -> None:
    for element in page(name).walk():
        for child in element.children:
            # What people typed is given back as it was.
            if isinstance(child, str) and samples.HOSTILE not in child:
                assert not SPACE_THAT_BREAKS.search(_without_numbers(child)), child


def _without_numbers(text: str) -> str:
    """Serial numbers have plain spaces: a wish for no break is the style sheet's to grant."""
    return re.sub(r"\d{2}[A-Z] \d{5,6}( \d{2}){0,2}", "", text)


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
        doors = {"/ou-sont-les-pass": "chain", "/pass": "search", "/taux-d-utilisation": "usage"}
        links = [link.attributes["href"] for link in menus[0].all("a")]
        assert {doors[link] for link in links} == reader.may_open
        assert "Se déconnecter" in menus[0].text


@every_sheet
def test_every_table_names_itself_its_columns_and_its_rows(name: str) -> None:
    for table in page(name).all("table"):
        assert table.one("caption").text
        headers = table.all("thead")[0].all("th")
        assert all(header.attributes["scope"] == "col" for header in headers)
        for row in table.all("tbody", "tfoot"):
            for header in row.all("th"):
                assert header.attributes["scope"] in {"row", "rowgroup"}


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


def test_every_class_has_a_rule_and_every_rule_has_a_use() -> None:
    sheet = (assets.SOURCE / "components.css").read_text(encoding="utf-8")
    styled = set(
        re.findall(
            r"\.([a-z][\w-]*)", re.sub(r"/\*.*?\*/|url\([^)]*\)", "", sheet, flags=re.DOTALL)
        )
    )
    used = {word for name in gallery.SHEETS for e in page(name).walk() for word in e.classes}

    assert used - styled == set()
    assert styled - used == set()


def test_every_template_is_shown_in_the_gallery() -> None:
    parts = {"layout", "macros"}
    templates = {
        path.relative_to(gallery.TEMPLATES).as_posix()
        for path in gallery.TEMPLATES.rglob("*.html")
        if path.relative_to(gallery.TEMPLATES).parts[0] not in parts
    }

    assert {sheet.template for sheet in gallery.SHEETS.values()} == templates


def test_a_page_is_light_enough_for_a_slow_phone() -> None:
    weights = {name: len(html(name).encode()) for name in ("chain", "voucher", "usage", "sign-in")}

    assert max(weights.values()) < 30_000, weights


def test_the_static_drawings_and_sheets_name_no_other_site() -> None:
    for path in Path(assets.SOURCE).rglob("*"):
        found = re.findall(r"https?://[^\s\"')]+", path.read_text(encoding="utf-8"))
        assert set(found) <= {"http://www.w3.org/2000/svg"}, path


def _figure(text: str) -> int:
    return int(text.replace("\u00a0", ""))
