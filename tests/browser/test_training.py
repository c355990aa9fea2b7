"""The whole gesture by somebody who practises, on a phone: the real pages, and nothing real."""

import gzip
import re

from playwright.sync_api import Browser, Page, expect

from app.identity.rules import Role
from tests.browser import looking
from tests.browser.looking import SCREENS, press
from tests.browser.site import PHONE_SCREEN, Site
from tests.browser.test_site import NEXT_BYTES
from tests.pages import markup
from tests.pages.rules import RULES


def keeps_every_rule(page: Page) -> None:
    """As any page of the site, on a phone in the light and on a desk in the dark."""
    expect(page).to_have_title(re.compile("ENTRAÎNEMENT$"))
    expect(page.get_by_text("Rien de ce que vous faites ici ne compte")).to_be_visible()
    expect(page.get_by_role("link", name="Revenir à passnum").first).to_be_visible()
    looking.keeps_to_every_screen(page, (SCREENS[3], PHONE_SCREEN))
    for rule in RULES:
        rule(markup.read(page.content()))
    assert len(gzip.compress(page.content().encode())) <= NEXT_BYTES


def type_a_person(page: Page) -> None:
    """The person that the page proposes."""
    page.get_by_text("À taper ici").click()
    keeps_every_rule(page)
    proposed = page.locator(".practice li").first.inner_text()
    name, year, commune, public = proposed.split(", ", 3)
    first_name, surname = name.split(" ")
    page.get_by_label("Nom", exact=True).fill(surname)
    page.get_by_label("Prénom").fill(first_name)
    page.get_by_label("Année de naissance").fill(year)
    page.get_by_label("Commune").select_option(commune)
    page.get_by_role("radio", name=re.compile(f"^{re.escape(public)}")).check()
    press(page.get_by_role("button", name="Continuer"))


def test_a_prescriber_tries_the_whole_gesture_on_a_phone(browser: Browser, site: Site) -> None:
    signed_in = site.signed_in(Role.PRESCRIBER)
    with looking.opened(
        browser, f"{site.url}/s-entrainer", PHONE_SCREEN, signed_in=signed_in
    ) as page:
        press(page.get_by_role("button", name="Commencer l’entraînement"))
        keeps_every_rule(page)
        press(page.get_by_role("link", name="Carnets d’entraînement", exact=True))
        keeps_every_rule(page)
        page.go_back()

        press(page.get_by_role("link", name="Remettre un carnet", exact=True))
        type_a_person(page)
        for question in page.locator("fieldset[id^=q]").all():
            question.get_by_role("radio").first.check()
        page.get_by_label("Coché à l’écran devant l’agent").check()
        for box in page.get_by_role("checkbox").all():
            box.check()
        press(page.get_by_role("button", name="Continuer"))
        page.get_by_text("À taper ici").click()
        number = page.locator(".practice li", has_text="carnet de 5").first.inner_text()
        page.get_by_label("Carnet", exact=True).fill(number.partition(",")[0])
        page.locator("#lieu").get_by_role("radio").first.check()
        press(page.get_by_role("button", name="Remettre le carnet"))
        expect(page.get_by_role("link", name="Imprimer la lettre")).to_be_visible()
        keeps_every_rule(page)

        press(page.get_by_role("link", name="Étape 2 sur 3"))
        press(page.get_by_role("button", name="Continuer comme médiateur"))
        press(page.get_by_role("link", name="Encaisser un pass", exact=True))
        page.get_by_text("À taper ici").click()
        code = page.locator(".practice li").first.inner_text().partition(",")[0]
        page.get_by_label("Code du pass").fill(code)
        press(page.get_by_role("button", name="Encaisser", exact=True))
        expect(page.get_by_text("Accepté", exact=True)).to_be_visible()

        press(page.get_by_role("link", name="Étape 3 sur 3"))
        press(page.get_by_role("link", name="Lire le bilan", exact=True))
        expect(page.get_by_text("de votre carnet")).to_be_visible()
        keeps_every_rule(page)
        press(page.get_by_role("link", name="Revenir à passnum").first)
        expect(page).to_have_url(f"{site.url}/aujourd-hui")
        expect(page).to_have_title(re.compile("SPÉCIMEN$"))
