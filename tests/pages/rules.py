"""What every page keeps, whatever it says: read from its HTML, without a browser."""

import itertools
import re
from collections.abc import Callable

from tests.pages import samples
from tests.pages.markup import Element

LIVE = {"a", "button", "input", "select", "textarea", "summary"}
SPACE_THAT_BREAKS = re.compile(r" [:;!?»%€]|« |\d \d")
NOT_FOR_READERS = ("None", "Undefined", "{{", "{%", "Traceback", "&nbsp;", "&amp;")


def a_page_has_a_title_one_h1_and_headings_in_order(page: Element) -> None:
    """A title that names the page and passnum, one h1, no level left out."""
    headings = [heading.tag for heading in page.all("h1", "h2", "h3")]
    levels = [int(tag[1]) for tag in headings]

    assert re.search(r"\w.* · passnum", page.one("title").text)
    assert levels.count(1) == 1
    # The summary of errors stands above the title: it is what the person must read first.
    after_title = levels[levels.index(1) :]
    assert all(later - sooner <= 1 for sooner, later in itertools.pairwise(after_title))
    assert all(heading.text for heading in page.all("h1", "h2", "h3"))


def nothing_for_programs_is_shown(page: Element) -> None:
    """No word of the code."""
    assert not any(mark in page.text for mark in NOT_FOR_READERS)


def a_page_lives_under_the_strict_policy(page: Element) -> None:
    """No style of its own, and no script but a file of this site."""
    for element in page.walk():
        assert element.tag not in {"style", "iframe", "object"}
        if element.tag == "script":
            assert element.attributes["src"].startswith("/static/")
            assert not element.text
        assert not any(key == "style" or key.startswith("on") for key in element.attributes)


def every_reference_inside_a_page_leads_somewhere(page: Element) -> None:
    """Each reference has its target, each id is one."""
    ids = [element.attributes["id"] for element in page.walk() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    told = {
        name
        for element in page.walk()
        for name in element.attributes.get("aria-describedby", "").split()
    }
    # What is wrong with a field is read out with it.
    assert {e.attributes.get("id") for e in page.walk() if "error" in e.classes} <= told | {None}

    for element in page.walk():
        pointers = [
            *element.attributes.get("aria-describedby", "").split(),
            *element.attributes.get("aria-labelledby", "").split(),
            *filter(None, [element.attributes.get("for"), element.attributes.get("popovertarget")]),
        ]
        if element.tag == "a" and element.attributes["href"].startswith("#"):
            pointers.append(element.attributes["href"][1:])
        assert set(pointers) <= set(ids), element


def every_field_and_control_has_a_name(page: Element) -> None:
    """What can be used says what it does."""
    labelled = {label.attributes.get("for") for label in page.all("label")}

    for element in page.all("input", "select", "textarea"):
        if element.attributes.get("type") != "hidden":
            assert element.attributes.get("id") in labelled or element.inside("label")
    for element in page.all("a", "button", "summary"):
        assert element.text, element
    for image in page.all("img"):
        assert "alt" in image.attributes


def a_form_that_posts_carries_the_token_and_no_code_travels_in_an_address(page: Element) -> None:
    """A form that acts carries the token; no secret travels in an address."""
    for form in page.all("form"):
        names = {element.attributes.get("name") for element in form.all("input", "select")}
        # Without an address it would be sent to what follows the # as well: `forms.here`.
        assert form.attributes["action"].startswith(("/", "#lieux"))
        if form.attributes["method"] == "post":
            assert "csrf_token" in names
        else:
            assert names.isdisjoint({"typed", "password", "csrf_token"})


def no_sign_or_figure_is_cut_off_at_the_end_of_a_line(page: Element) -> None:
    """A figure stays with its unit, a sign with its word."""
    for element in page.walk():
        for child in element.children:
            # What people typed is given back as it was.
            if isinstance(child, str) and samples.HOSTILE not in child:
                assert not SPACE_THAT_BREAKS.search(_without_numbers(child)), child


def _without_numbers(text: str) -> str:
    """Serial numbers, digests and keys have plain spaces: no break is the style sheet's wish."""
    serial, digest = r"\d{2}[A-Z] \d{5,6}( \d{2}){0,2}", r"[0-9a-f]{8}( [0-9a-f]{8})+"
    key = r"[A-Z2-7]{4}( [A-Z2-7]{4}){3,}"
    return re.sub(f"{serial}|{digest}|{key}", "", text)


def every_table_names_itself_its_columns_and_its_rows(page: Element) -> None:
    """A table has a name and heads that say what they head."""
    for table in page.all("table"):
        assert table.one("caption").text
        headers = table.all("thead")[0].all("th")
        assert all(header.attributes["scope"] == "col" for header in headers)
        for row in table.all("tbody", "tfoot"):
            for header in row.all("th"):
                assert header.attributes["scope"] in {"row", "rowgroup"}


RULES: tuple[Callable[[Element], None], ...] = (
    a_page_has_a_title_one_h1_and_headings_in_order,
    nothing_for_programs_is_shown,
    a_page_lives_under_the_strict_policy,
    every_reference_inside_a_page_leads_somewhere,
    every_field_and_control_has_a_name,
    a_form_that_posts_carries_the_token_and_no_code_travels_in_an_address,
    no_sign_or_figure_is_cut_off_at_the_end_of_a_line,
    every_table_names_itself_its_columns_and_its_rows,
)
