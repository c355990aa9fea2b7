"""The button that reads the public page aloud: there with a voice, and only then."""

from playwright.sync_api import Browser, Page, expect

from tests.browser import looking
from tests.browser.site import PHONE_SCREEN, Site

BUTTON = "[data-listen]"
VOICE = """
  window.spoken = [];
  Object.defineProperty(window, "speechSynthesis", { value: {
    getVoices: () => [{ lang: "fr-FR" }],
    addEventListener: () => {},
    cancel: () => { window.spoken = []; },
    speak: (one) => window.spoken.push(one.text),
  }});
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
"""


def spoken(page: Page) -> list[str]:
    said: list[str] = page.evaluate("window.spoken")
    return said


def test_a_device_with_a_voice_reads_what_is_on_the_page(browser: Browser, site: Site) -> None:
    address = f"{site.url}/P/{site.pass_in_hand()[1]}"
    with looking.opened(browser, address, PHONE_SCREEN) as page:
        page.add_init_script(VOICE)
        page.reload()
        page.click(BUTTON)
        expect(page.locator(BUTTON)).to_have_text("Arrêter")
        said = spoken(page)
        assert said[0].startswith("Ce pass est")
        assert len(said) == len(set(said))
        page.click(BUTTON)
        expect(page.locator(BUTTON)).to_have_text("Écouter la page")
        assert spoken(page) == []
        page.goto(f"{address}?langue=en")
        expect(page.locator(BUTTON)).to_be_hidden()
