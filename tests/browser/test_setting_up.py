"""« Mise en route » on a phone: a coordinator walks from an empty database to a first order."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from app.config import Settings
from app.database import Database, migrate
from app.demo.accounts import PASSWORD
from app.factory import create_app
from app.identity import passwords
from app.kernel.clock import martinique_day, utc_now
from app.programmes.installation import FirstAgent, open_installation
from tests.browser import looking
from tests.browser.conftest import served
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
    page.get_by_role("link", name=link).first.click()
    fill(page, typed)
    page.get_by_role("button", name=button).click()
    assert page.locator("[role=status]").count() == 1, page.locator("main").inner_text()


@pytest.mark.deep
def test_a_coordinator_walks_from_nothing_to_a_first_order_on_a_phone(
    browser: Browser, new_town: str
) -> None:
    days = {"Premier jour": FIRST.isoformat(), "Dernier jour, inclus": LAST.isoformat()}
    signed = {"Référence": "Convention 1", **days}
    with looking.opened(browser, f"{new_town}/connexion", PHONE_SCREEN) as page:
        sign_in(page, new_town, email="nadege@exemple.fr")
        page.wait_for_url("**/mise-en-route")
        assert looking.overflow(page) == 0

        printer = {"Nom": "Imprimerie du Nord", "Commune": "Le Lorrain"}
        does(page, "Enregistrer l’émetteur", printer, "Ajouter la structure")
        page.goto(f"{new_town}/mise-en-route")
        page.get_by_role("link", name="Répondre : nom et payeur").first.click()
        fill(page, {"Nom": "Pass de l’Ouest"})
        page.get_by_text("Qui est l’émetteur").click()
        assert page.get_by_text("Celui qui garantit les pass et les fait imprimer").is_visible()
        for number in range(1, 9):
            assert f"Étape {number} sur 8" in page.locator("main").inner_text().replace("\xa0", " ")
            page.get_by_role("button", name="Continuer").click()
        page.go_back()
        page.go_forward()
        page.get_by_role("link", name="Modifier : Ce que reçoit une personne").click()
        page.locator("#senior_size").select_option("10")
        page.get_by_role("button", name="Continuer").click()
        assert "un carnet de 10 pass, soit 100 €" in page.locator("main").inner_text().replace(
            "\xa0", " "
        )
        assert looking.overflow(page) == 0
        page.get_by_role("button", name="Ouvrir le dispositif").click()

        page.get_by_role("link", name="Ouvrir un millésime").first.click()
        vintage = {
            "Repère": "27A",
            "Premier jour de validité": FIRST.isoformat(),
            "Dernier jour de validité": LAST.isoformat(),
        }
        fill(page, vintage)
        page.get_by_text("J’ai relu la valeur et les jours").click()
        page.get_by_role("button", name="Ouvrir le millésime").click()
        for name, kind in (("CCAS du Lorrain", "CCAS"), ("Exo 7", "Association")):
            typed = {"Nom": name, "Nature": kind, "Commune": "Le Lorrain"}
            does(page, "Ajouter une structure", typed, "Ajouter la structure")
            does(page, f"Signer avec {name}", signed, "Enregistrer la convention")
        does(page, "Label de Exo 7", {"Référence": "L-1", **days}, "Enregistrer le label")
        page.goto(f"{new_town}/mise-en-route")
        page.get_by_role("link", name="Régie de CCAS du Lorrain").first.click()
        fill(page, {"Référence de l’arrêté": "A-1", "Fonction du régisseur": "Régisseur", **days})
        page.get_by_label("Régie d’avances").check()
        page.get_by_role("button", name="Enregistrer la régie").click()

        page.goto(f"{new_town}/mise-en-route")
        assert "Il manque une deuxième personne" in page.locator("main").inner_text()
        page.get_by_role("link", name="Calculer le besoin").first.click()
        fill(page, {"60 ans et plus": "10"})
        page.get_by_role("button", name="Calculer").click()
        page.get_by_role("link", name="Préparer").click()
        fill(page, {"Prix d’un carnet de 10": "2,20"})
        page.get_by_role("button", name="Préparer la commande").click()
        assert "Une autre personne l’approuve maintenant" in page.locator("main").inner_text()
        page.goto(f"{new_town}/mise-en-route")
        assert looking.overflow(page) == 0
        assert "à approuver. Une autre personne l’approuve." in page.locator("main").inner_text()
