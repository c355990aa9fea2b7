"""Every page with every kind of data, looked at by a browser: on a phone, on a desk, by night."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import looking
from tests.browser.looking import DESK, PHONE, SCREENS, Screen, Window
from tests.pages import gallery

USUAL = ("sign-in", "sign-in-refused", "chain", "search-refused", "voucher", "usage", "error-404")


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Window]:
    """The window in which the sheets are shown one after the other."""
    window = Window.of(browser, SCREENS[0])
    yield window
    window.page.context.close()


every_sheet = pytest.mark.parametrize("name", gallery.SHEETS)
usual_sheets = pytest.mark.parametrize("name", USUAL)


@every_sheet
def test_a_page_is_accessible_and_fits_every_screen(
    window: Window, gallery_url: str, name: str
) -> None:
    with window.showing(f"{gallery_url}/{name}") as page:
        looking.keeps_to_every_screen(page, SCREENS[::3])


@usual_sheets
def test_a_page_fits_at_four_hundred_per_cent(
    browser: Browser, gallery_url: str, name: str
) -> None:
    with looking.opened(browser, f"{gallery_url}/{name}", Screen(DESK // 4, "light")) as page:
        assert looking.overflow(page) == 0


@pytest.mark.parametrize("name", ["sign-in-refused", "chain", "voucher"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    browser: Browser, gallery_url: str, name: str, width: int
) -> None:
    with looking.opened(browser, f"{gallery_url}/{name}", Screen(width, "light")) as page:
        controls = page.locator(
            "a[href]:visible, button:visible, input:visible, select:visible, summary:visible"
        ).count()
        stops = []
        for _ in range(controls + 5):
            page.keyboard.press("Tab")
            stop = looking.focus_stop(page)
            if stop["what"]:
                stops.append(stop["what"])
                assert stop["seen"], stop["what"]
                # Inside a date field the browser rings the little calendar by itself.
                assert stop["ring"] or 'type="date"' in stop["what"], stop["what"]

        assert len(set(stops)) >= controls


def test_the_first_stop_leads_past_the_menu(browser: Browser, gallery_url: str) -> None:
    with looking.opened(browser, f"{gallery_url}/chain", Screen(DESK, "light")) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")

        expect(page.locator("#contenu")).to_be_focused()


def test_the_menu_of_a_phone_opens_without_script_and_gives_the_focus_back(
    browser: Browser, gallery_url: str
) -> None:
    with looking.opened(browser, f"{gallery_url}/chain", Screen(PHONE, "light")) as page:
        menu, button = page.locator("#menu"), page.get_by_role("button", name="Menu")
        expect(menu).to_be_hidden()

        button.focus()
        page.keyboard.press("Enter")
        expect(menu).to_be_visible()
        assert looking.axe_violations(page) == []
        assert looking.small_targets(page) == []

        page.keyboard.press("Escape")
        expect(menu).to_be_hidden()
        expect(button).to_be_focused()

        button.click()
        page.get_by_role("button", name="Fermer").click()
        expect(menu).to_be_hidden()


def test_the_criteria_unfold_on_a_phone_and_lie_open_on_a_desk(
    browser: Browser, gallery_url: str
) -> None:
    with looking.opened(browser, f"{gallery_url}/usage", Screen(PHONE, "light")) as page:
        expect(page.get_by_label("Compter jusqu’au")).to_be_hidden()
        page.get_by_text("Changer les critères").click()
        expect(page.get_by_label("Compter jusqu’au")).to_be_visible()
        assert looking.axe_violations(page) == []

    with looking.opened(browser, f"{gallery_url}/usage", Screen(DESK, "light")) as page:
        expect(page.get_by_label("Compter jusqu’au")).to_be_visible()


def test_a_refusal_has_the_focus_and_leads_to_its_field(browser: Browser, gallery_url: str) -> None:
    with looking.opened(browser, f"{gallery_url}/sign-in-refused", Screen(PHONE, "light")) as page:
        expect(page.locator(".summary")).to_be_focused()

        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#password")).to_be_focused()


@pytest.mark.parametrize("name", ["chain", "voucher", "usage"])
def test_a_printed_page_is_black_on_white_without_the_menu(
    browser: Browser, gallery_url: str, name: str
) -> None:
    with looking.opened(browser, f"{gallery_url}/{name}", Screen(DESK, "dark")) as page:
        page.emulate_media(media="print", color_scheme="dark")

        colours = page.evaluate(
            "(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))"
        )
        assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        assert page.locator("nav, form, button").locator("visible=true").count() == 0
        assert page.get_by_text("SPÉCIMEN").is_visible()
        assert page.get_by_text("CAP Nord Martinique").first.is_visible()
        assert page.get_by_text("Lu dans passnum le").is_visible()


def test_figures_of_money_stand_on_one_line(browser: Browser, gallery_url: str) -> None:
    with looking.opened(browser, f"{gallery_url}/chain", Screen(PHONE, "light")) as page:
        heights = page.locator("td.num").evaluate_all(
            "cells => cells.map(cell => { const range = document.createRange();"
            " range.selectNodeContents(cell); return range.getClientRects().length; })"
        )

        assert set(heights) == {1}
