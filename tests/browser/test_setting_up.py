"""« Mise en route » on a phone: a coordinator walks from an empty database to a first order."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from app.config import Settings
from app.database.connections import Database
from app.database.migrations import migrate
from app.demo.accounts import PASSWORD
from app.factory import create_app
from app.identity import passwords
from app.kernel.clock import martinique_day, utc_now
from app.programmes.installation import FirstAgent, open_installation
from tests.browser import looking
from tests.browser.conftest import served
from tests.browser.looking import press
from tests.browser.site import PHONE_SCREEN, sign_in

FIRST, LAST = (martinique_day(utc_now()) + timedelta(days) for days in (0, 300))


@pytest.fixture
def new_town(tmp_path_factory: pytest.TempPathFactory, static_files: None) -> Iterator[str]:
    """The address of an application on what `passnum init` leaves, in an SQLite file."""
    del static_files
    passwords.make_cheap()
    folder = tmp_path_factory.mktemp("town")
    settings = Settings.from_environment({"PASSNUM_DATA_DIR": str(folder)})
    migrate(settings.owner_database_url)
    database = Database(settings.database_url)
    with database.transaction() as session:
        open_installation(
            session,
            name="Communauté de l’Ouest",
            commune="Le Lorrain",
            siret=None,
            administrator=FirstAgent("comptes@exemple.fr", "Mélissa Exemple", PASSWORD),
            coordinator=FirstAgent("nadege@exemple.fr", "Nadège Exemple", PASSWORD),
            now=utc_now(),
        )
    with served(create_app(settings, database)) as url:
        yield url
    database.close()


def fill(page: Page, typed: Mapping[str, str]) -> None:
    """Fill what is typed, choose what is chosen, by the words that people read."""
    for label, value in typed.items():
        box = page.get_by_label(label, exact=True)
        if box.evaluate("e => e.tagName") == "SELECT":
            box.select_option(label=value)
        else:
            box.fill(value)


def does(page: Page, link: str, typed: Mapping[str, str], button: str) -> None:
    """From the path: press, fill, send."""
    page.goto(re.sub(r"(//[^/]+).*", r"\1/mise-en-route", page.url))
    press(page.get_by_role("link", name=link).first)
    fill(page, typed)
    press(page.get_by_role("button", name=button))
    expect(page.locator("[role=status]"), link).to_have_count(1)


@pytest.mark.deep
def test_a_coordinator_walks_from_nothing_to_a_first_order_on_a_phone(
    browser: Browser, new_town: str
) -> None:
    days = {"Premier jour": FIRST.isoformat(), "Dernier jour, inclus": LAST.isoformat()}
    signed = {"Référence": "Convention 1", **days}
    with looking.opened(browser, f"{new_town}/connexion", PHONE_SCREEN) as page:
        sign_in(page, new_town, email="nadege@exemple.fr")
        expect(page).to_have_url(f"{new_town}/mise-en-route")
        assert looking.overflow(page) == 0

        printer = {"Nom": "Imprimerie du Nord", "Commune": "Le Lorrain"}
        does(page, "Enregistrer l’émetteur", printer, "Ajouter la structure")
        page.goto(f"{new_town}/mise-en-route")
        press(page.get_by_role("link", name="Répondre : nom et payeur").first)
        fill(page, {"Nom": "Pass de l’Ouest"})
        page.get_by_text("Qui est l’émetteur").click()
        expect(page.get_by_text("Celui qui garantit les pass et les fait imprimer")).to_be_visible()
        for number in range(1, 9):
            expect(page.locator("main")).to_contain_text(f"Étape {number} sur 8")
            press(page.get_by_role("button", name="Continuer"))
        page.go_back()
        page.go_forward()
        press(page.get_by_role("link", name="Modifier : Ce que reçoit une personne"))
        page.locator("#senior_size").select_option("10")
        press(page.get_by_role("button", name="Continuer"))
        expect(page.locator("main")).to_contain_text("un carnet de 10 pass, soit 100 €")
        assert looking.overflow(page) == 0
        press(page.get_by_role("button", name="Ouvrir le dispositif"))

        press(page.get_by_role("link", name="Ouvrir un millésime").first)
        vintage = {
            "Repère": "27A",
            "Premier jour de validité": FIRST.isoformat(),
            "Dernier jour de validité": LAST.isoformat(),
        }
        fill(page, vintage)
        page.get_by_text("J’ai relu la valeur et les jours").click()
        press(page.get_by_role("button", name="Ouvrir le millésime"))
        for name, kind in (("CCAS du Lorrain", "CCAS"), ("Exo 7", "Association")):
            typed = {"Nom": name, "Nature": kind, "Commune": "Le Lorrain"}
            does(page, "Ajouter une structure", typed, "Ajouter la structure")
            does(page, f"Signer avec {name}", signed, "Enregistrer la convention")
        does(page, "Label de Exo 7", {"Référence": "L-1", **days}, "Enregistrer le label")
        page.goto(f"{new_town}/mise-en-route")
        press(page.get_by_role("link", name="Régie de CCAS du Lorrain").first)
        fill(page, {"Référence de l’arrêté": "A-1", "Fonction du régisseur": "Régisseur", **days})
        page.get_by_label("Régie d’avances").check()
        press(page.get_by_role("button", name="Enregistrer la régie"))

        page.goto(f"{new_town}/mise-en-route")
        expect(page.locator("main")).to_contain_text("Il manque une deuxième personne")
        press(page.get_by_role("link", name="Calculer le besoin").first)
        fill(page, {"60 ans et plus": "10"})
        press(page.get_by_role("button", name="Calculer"))
        press(page.get_by_role("link", name="Préparer"))
        fill(page, {"Prix d’un carnet de 10": "2,20"})
        press(page.get_by_role("button", name="Préparer la commande"))
        expect(page.locator("main")).to_contain_text("Une autre personne l’approuve maintenant")
        page.goto(f"{new_town}/mise-en-route")
        assert looking.overflow(page) == 0
        expect(page.locator("main")).to_contain_text("à approuver. Une autre personne l’approuve.")
