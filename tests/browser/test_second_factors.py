"""Keys, codes and sessions in a real browser, with an authenticator that only it believes in."""

import re
from typing import Any

import pyotp
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import looking
from tests.browser.looking import PHONE, SCREENS, press
from tests.browser.site import Site, sign_in

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
NOT_ASKED = "second facteur non exigé"


def a_browser(browser: Browser) -> BrowserContext:
    """Somebody's phone."""
    return browser.new_context(locale="fr-FR", viewport={"width": PHONE, "height": 800})


def plugged_in(page: Page) -> dict[str, Any]:
    """A device that makes keys and shows them."""
    debugger = page.context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    made: dict[str, Any] = debugger.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return made


def sign_out(page: Page) -> None:
    """By the menu of a phone."""
    page.get_by_role("button", name="Menu").click()
    press(page.get_by_role("button", name="Se déconnecter"))


def test_a_key_opens_by_itself_and_ends_what_was_opened_elsewhere(
    browser: Browser, site: Site
) -> None:
    # A key belongs to a name: no browser makes one for a bare number.
    url, email = site.url.replace("127.0.0.1", "localhost"), "finances2@exemple.fr"
    here, there = a_browser(browser).new_page(), a_browser(browser).new_page()
    plugged_in(here)

    sign_in(here, f"{url}/connexion", email=email)
    expect(here.get_by_text(NOT_ASKED).first).to_be_visible()
    here.goto(f"{url}/mon-compte/second-facteur")
    press(here.get_by_role("link", name="Ajouter une clé d’accès"))
    looking.keeps_to_every_screen(here, SCREENS[:1])
    here.get_by_label("Nom de la clé").fill("Téléphone de Fabrice")
    press(here.get_by_role("button", name="Créer la clé"))
    expect(here).to_have_url(re.compile("/codes-de-secours$"))
    press(here.get_by_role("button", name="Créer dix codes"))
    codes = here.locator("ol .code").all_inner_texts()
    assert len(set(codes)) == 10
    looking.keeps_to_every_screen(here, SCREENS[:1])
    sign_out(here)
    press(here.get_by_role("button", name="Se connecter avec une clé d’accès"))
    expect(here).not_to_have_url(re.compile("/connexion"))

    sign_in(there, f"{url}/connexion", email=email)
    expect(there.get_by_role("heading", name="Montrez que c’est vous")).to_be_visible()
    press(there.get_by_role("link", name="Prendre un code de secours"))
    there.get_by_label("Code de secours").fill(codes[3].lower())
    press(there.get_by_role("button", name="Continuer"))
    expect(there.get_by_text("Il vous en reste 9")).to_be_visible()

    here.goto(f"{url}/mon-compte/connexions")
    looking.keeps_to_every_screen(here, SCREENS[:1])
    by_key = here.get_by_role("row").filter(has_text="Clé d’accès")
    expect(by_key.get_by_text("Celle-ci").first).to_be_visible()
    press(here.get_by_role("button", name="Y mettre fin").first)
    expect(here.get_by_text("Cette connexion a pris fin")).to_be_visible()
    there.reload()
    expect(there.get_by_role("button", name="Se connecter", exact=True)).to_be_visible()

    here.goto(f"{url}/mon-compte/second-facteur")
    expect(here.get_by_role("row").filter(has_text="Téléphone de Fabrice")).to_be_visible()
    press(here.get_by_role("link", name="Retirer"))
    press(here.get_by_role("button", name="Retirer la clé"))
    expect(here.get_by_text("c’est le dernier").first).to_be_visible()
    for page in (here, there):
        page.context.close()


def test_an_application_is_added_and_asked_for_without_any_script(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(
        java_script_enabled=False, locale="fr-FR", viewport={"width": PHONE, "height": 800}
    )
    page = context.new_page()
    sign_in(page, f"{site.url}/connexion", email="coordination2@exemple.fr")
    page.goto(f"{site.url}/mon-compte/second-facteur")
    press(page.get_by_role("link", name="Ajouter une application"))
    page.get_by_text("Je ne peux pas scanner").click()
    secret = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.locator("main").inner_text())
    assert secret is not None
    phone = pyotp.TOTP(secret[0].replace(" ", ""))
    field = page.get_by_label("Code à 6 chiffres")
    assert field.get_attribute("inputmode") == "numeric"
    assert field.get_attribute("autocomplete") == "one-time-code"
    field.fill("12345")
    press(page.get_by_role("button", name="Enregistrer l’application"))
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("main"), "the same square stays").to_contain_text(secret[0])
    code = phone.now()
    page.get_by_label("Code à 6 chiffres").fill(f"{code[:3]} {code[3:]}")
    press(page.get_by_role("button", name="Enregistrer l’application"))
    expect(page.get_by_text("Il reste à noter vos codes")).to_be_visible()
    page.goto(f"{site.url}/mon-compte/second-facteur/application/retirer")
    press(page.get_by_role("button", name="Retirer l’application"))
    expect(page.get_by_text("L’application est retirée")).to_be_visible()
    context.close()
