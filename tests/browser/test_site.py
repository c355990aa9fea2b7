"""The four pages in the running application, as the people of the demonstration use them."""

import gzip
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from app.identity.rules import Role
from app.kernel.codes import written
from app.web import assets
from app.web.format import compact
from tests.browser import looking
from tests.browser.addresses import ADDRESSES, Address, Walk, client_of
from tests.browser.looking import DESK, SCREENS, Screen, press
from tests.browser.site import EMAILS, PHONE_SCREEN, Site, sign_in
from tests.pages import gallery, markup
from tests.pages.rules import RULES

PAPER = Screen(DESK, "light")
FIRST_BYTES, NEXT_BYTES = 150_000, 30_000
"""What a page may weigh, compressed, when nothing is kept yet, and when all but itself is."""


def figures(page: Page, row: str) -> list[int]:
    """The passes and the cents of one line of the chain."""
    cells = page.get_by_role("row", name=re.compile(f"^{row}")).get_by_role("cell")
    return [int(re.sub(r"\D", "", text)) for text in cells.all_inner_texts()]


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_a_page_of_the_site_is_accessible_and_fits_every_screen(
    site: Site, address: Address
) -> None:
    window = site.window(address.role)
    with window.showing(site.url + address.on(site), status=address.status) as page:
        looking.keeps_to_every_screen(page, [PHONE_SCREEN])
        # The gallery asks axe-core about every part by night; here width and colours may differ.
        page.set_viewport_size({"width": DESK, "height": 800})
        page.emulate_media(color_scheme="dark")
        assert looking.overflow(page) == 0
        assert looking.squeezed(page) == []
        assert looking.faint(page) == []
        page.emulate_media(color_scheme="light")


@pytest.mark.deep
@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_a_page_of_the_site_is_accessible_on_a_desk_and_in_the_dark(
    site: Site, address: Address
) -> None:
    with site.window(address.role).showing(
        site.url + address.on(site), status=address.status
    ) as page:
        looking.keeps_to_every_screen(page, SCREENS[1:])


@pytest.mark.parametrize(
    "role", [Role.COORDINATOR, Role.FINANCE, Role.ACCOUNTANT, Role.PRESCRIBER], ids=str
)
def test_whatever_waits_is_one_press_from_where_it_is_done(site: Site, role: Role) -> None:
    client = client_of(site, role)
    page = markup.read(client.get("/aujourd-hui").text)
    tasks = [one for one in page.all("ul") if "tasks" in one.classes]

    assert tasks
    for link in (link for group in tasks for link in group.all("a")):
        assert client.get(link.attributes["href"]).status_code == 200


RARE = {
    "clearing/debit_note.html",
    "clearing/new_debit_note.html",
    "losses/replacement.html",
}
"""Pages for which the demonstration has nothing to show: tests/api/test_rare_pages.py has."""
OF_A_TRAINING = {"training/path.html", "training/paper.html", "training/meaning.html"}
"""Pages of those who practise: tests/browser/test_training.py looks at them."""


def test_a_booklet_is_handed_over_in_three_steps_on_a_phone(browser: Browser, site: Site) -> None:
    signed_in = site.signed_in(Role.PRESCRIBER)
    with looking.opened(browser, f"{site.url}/stock", PHONE_SCREEN, signed_in=signed_in) as page:
        [number, *_] = re.findall(r"26A\s\d{5}", page.locator("main").inner_text())

    with looking.opened(
        browser, f"{site.url}/remises/nouvelle", PHONE_SCREEN, signed_in=signed_in
    ) as page:
        page.get_by_label("Nom", exact=True).fill("Démonstration")
        page.get_by_label("Prénom").fill("Célestine")
        page.get_by_label("Année de naissance").fill("1990")
        page.get_by_label("Commune").select_option(index=1)
        page.get_by_text("Participant du PLIE").click()
        press(page.get_by_role("button", name="Continuer"))

        for question in page.locator("fieldset[id^=q]").all():
            question.get_by_role("radio").first.check()
        page.locator("#signature").get_by_role("radio").first.check()
        for box in page.get_by_role("checkbox").all():
            box.check()
        press(page.get_by_role("button", name="Continuer"))

        looking.keeps_to_every_screen(page, SCREENS[::3])
        for rule in RULES:
            rule(markup.read(page.content()))
        page.get_by_label("Carnet", exact=True).fill(number)
        page.locator("#lieu").get_by_role("radio").first.check()
        press(page.get_by_role("button", name="Remettre le carnet"))

        expect(page.get_by_role("link", name="Imprimer la lettre")).to_be_visible()


@pytest.fixture(scope="module")
def walk(site: Site) -> Walk:
    return Walk.through(site)


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_a_page_of_the_site_keeps_every_rule(walk: Walk, address: Address) -> None:
    page = walk.pages[address]
    assert "SPÉCIMEN" in page.one("title").text
    for rule in RULES:
        rule(page)


def test_every_template_is_shown_in_the_gallery_or_on_the_way(walk: Walk) -> None:
    parts = {"layout", "macros"}
    templates = {
        path.relative_to(gallery.TEMPLATES).as_posix()
        for path in gallery.TEMPLATES.rglob("*.html")
        if path.relative_to(gallery.TEMPLATES).parts[0] not in parts
    }

    shown = {sheet.template for sheet in gallery.SHEETS.values()} | walk.templates
    assert templates - shown == RARE | OF_A_TRAINING


def test_a_page_comes_fast_over_a_slow_network(walk: Walk) -> None:
    ours = {
        assets.static_url(name): len(gzip.compress((assets.BUILD / hashed).read_bytes()))
        for name, hashed in assets.read_manifest().items()
    }
    font = ours[assets.static_url("vendor/hanken-grotesk-latin-wght-normal.woff2")]

    for address, page in walk.pages.items():
        asked = {e.attributes.get("src") or e.attributes.get("href", "") for e in page.walk()}
        first = walk.weights[address] + font + sum(ours[one] for one in asked & set(ours))
        assert walk.weights[address] <= NEXT_BYTES, address
        assert first <= FIRST_BYTES, address
    assert ours[assets.static_url(assets.READER_WASM)] > FIRST_BYTES  # so no page asks for it


def test_every_class_has_a_rule_and_every_rule_has_a_use(walk: Walk) -> None:
    sheet = (assets.SOURCE / "components.css").read_text(encoding="utf-8")
    styled = set(
        re.findall(
            r"\.([a-z][\w-]*)", re.sub(r"/\*.*?\*/|url\([^)]*\)", "", sheet, flags=re.DOTALL)
        )
    )
    shown = [markup.read(gallery.render(name)) for name in gallery.SHEETS]
    used = {
        word for page in (*shown, *walk.pages.values()) for e in page.walk() for word in e.classes
    }

    assert used - styled == set()
    # What only the answer to a form shows is at least written in a template.
    written = " ".join(path.read_text("utf-8") for path in gallery.TEMPLATES.rglob("*.html"))
    assert styled - used - set(re.findall(r"[\w-]+", written)) == set()


def test_who_comes_by_a_link_signs_in_and_arrives_there(browser: Browser, site: Site) -> None:
    with looking.opened(browser, f"{site.url}/taux-d-utilisation", PHONE_SCREEN) as page:
        expect(page.get_by_text("Connectez-vous pour voir cette page")).to_be_visible()

        sign_in(page, page.url, email=EMAILS[Role.AUDITOR])
        expect(page).to_have_url(f"{site.url}/taux-d-utilisation")

        page.get_by_role("button", name="Menu").click()
        press(page.get_by_role("button", name="Se déconnecter"))
        expect(page.get_by_text("Vous êtes déconnecté")).to_be_visible()

        page.go_back()
        page.reload()
        expect(page.get_by_role("button", name="Se connecter")).to_be_visible()


def test_a_wrong_password_is_said_and_the_address_is_kept(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="fr-FR")
    page = context.new_page()

    sign_in(page, f"{site.url}/connexion", email="personne@exemple.fr", password="au hasard")

    expect(page).to_have_title(re.compile("^Erreur"))
    expect(page.get_by_label("Adresse électronique")).to_have_value("personne@exemple.fr")
    expect(page.get_by_label("Mot de passe")).to_have_value("")
    expect(page.locator(".summary")).to_be_focused()
    context.close()


def test_the_chain_closes_to_the_total_ordered(browser: Browser, site: Site) -> None:
    signed_in = site.signed_in(Role.COORDINATOR)

    for path in ("/ou-sont-les-pass", "/ou-sont-les-pass?au=2026-06-30"):
        with looking.opened(browser, site.url + path, PAPER, signed_in=signed_in) as page:
            rows = page.locator("tbody tr:not(.sub)")
            passes = [
                int(re.sub(r"\D", "", t))
                for t in rows.locator("td:nth-of-type(1)").all_inner_texts()
            ]

            assert figures(page, "Commandés")[0] == sum(passes)
            assert not page.get_by_text("ne tombe pas juste").is_visible()


def test_a_pass_is_found_by_its_number_and_by_its_code_which_no_address_shows(
    browser: Browser, site: Site
) -> None:
    serial, code = site.pass_in_hand()
    signed_in = site.signed_in(Role.COORDINATOR)

    for typed in (str(serial), compact(serial).lower(), written(code), code.lower()):
        addresses: list[str] = []
        with looking.opened(browser, f"{site.url}/pass", PAPER, signed_in=signed_in) as page:
            page.on("request", lambda request: addresses.append(request.url))  # noqa: B023 - heard before the next turn
            page.get_by_label("Numéro, code ou nom").fill(typed)
            press(page.get_by_role("button", name="Chercher"))

            expect(page).to_have_url(f"{site.url}/pass/{compact(serial)}")
            expect(page.get_by_role("heading", name="Son histoire")).to_be_visible()
            assert not any(code.lower() in address.lower() for address in addresses)
            assert code not in page.content().replace(" ", "")


def test_the_number_of_a_booklet_shows_its_passes(browser: Browser, site: Site) -> None:
    serial, _ = site.pass_in_hand()
    signed_in = site.signed_in(Role.COORDINATOR)

    with looking.opened(
        browser, f"{site.url}/ou-sont-les-pass", PAPER, signed_in=signed_in
    ) as page:
        page.get_by_label("Chercher un pass, un carnet, un bordereau, une commande ou un nom").fill(
            str(serial.booklet)
        )
        press(page.get_by_role("button", name="Chercher"))
        press(page.get_by_role("link", name=str(serial)))

        expect(page).to_have_url(f"{site.url}/pass/{compact(serial)}")


@pytest.mark.parametrize("role", Role)
def test_everybody_lands_on_a_page_of_their_own_and_every_entry_opens(
    browser: Browser, site: Site, role: Role
) -> None:
    with looking.opened(browser, site.url, PAPER, signed_in=site.signed_in(role)) as page:
        entries = [link.get_attribute("href") or "" for link in page.locator("nav a").all()]
        expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()

    reader = client_of(site, role)
    for entry in entries:
        page_of_entry = markup.read(reader.get(entry).text)
        menu = page_of_entry.all("nav")[0]
        current = [link for link in menu.all("a") if "aria-current" in link.attributes]
        assert [link.attributes["href"] for link in current] == [entry.partition("#")[0]]


def test_the_pages_need_no_script_at_all(browser: Browser, site: Site) -> None:
    serial, _ = site.pass_in_hand()
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()

    sign_in(page, f"{site.url}/pass", email=EMAILS[Role.COORDINATOR])
    page.get_by_label("Numéro, code ou nom").fill(str(serial))
    press(page.get_by_role("button", name="Chercher"))

    expect(page).to_have_url(f"{site.url}/pass/{compact(serial)}")
    context.close()
