"""« Mise en route »: from an empty database to a first order handed to approval, by pages alone."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from app.database.connections import Database
from app.kernel.clock import martinique_day, utc_now
from app.programmes.forms import STEPS
from app.programmes.installation import FirstAgent, open_installation
from app.programmes.keys import KeyStore
from tests.api.house import PASSWORD, House
from tests.factories import Scheme
from tests.orders.test_order_pages import Desk, flat
from tests.pages import markup

PATH = "/mise-en-route"
TODAY = martinique_day(utc_now())
IBAN = "FR76 3000 6000 0112 3456 7890 189"
LASTING = {"valid_from": f"{TODAY:%d/%m/%Y}", "valid_until": f"{TODAY + timedelta(300):%d/%m/%Y}"}


@pytest.fixture
def new_town(database: Database, tmp_path: Path) -> House:
    """What `passnum init` leaves: a sponsor, who manages accounts, who coordinates."""
    with database.transaction() as session:
        open_installation(
            session,
            name="Communauté de l’Ouest",
            commune="Le Lorrain",
            siret=None,
            administrator=FirstAgent("administrator@exemple.fr", "Mélissa Exemple", PASSWORD),
            coordinator=FirstAgent("coordinator@exemple.fr", "Nadège Exemple", PASSWORD),
            now=utc_now(),
        )
    return House.on(database, tmp_path, Scheme(KeyStore(tmp_path / "keys"), utc_now()))


class Beginner(Desk):
    """A coordinator who presses what the path shows, and reads what it says."""

    def link(self, label: str) -> str:
        """The address behind a button of the path."""
        page = markup.read(self.client.get(PATH).text)
        return next(link.attributes["href"] for link in page.all("a") if label in flat(link.text))

    def is_led_to_the_path(self) -> None:
        """From the home page, and from the first button of the day."""
        home = self.client.get("/")
        assert (home.status_code, home.headers["Location"]) == (302, PATH)
        path = markup.read(self.client.get(PATH).text)
        said = flat(path.text)
        assert "De rien à la première commande" in said
        assert "Communauté de l’Ouest" in said
        assert "CAP Nord" not in said
        here = [
            link.attributes["href"] for link in path.all("a") if "aria-current" in link.attributes
        ]
        assert here == [PATH]
        today = self.read("/aujourd-hui")
        assert "Continuer la mise en route" in today
        assert "Confier des carnets" not in today

    def presses(self, label: str, typed: Mapping[str, str]) -> str:
        """Press a button of the path, fill the form behind it, read what follows."""
        return self.sends(self.link(label), typed)

    def steps(self) -> dict[str, str]:
        """Each step of the path with its state and what is said of it."""
        page = markup.read(self.client.get(PATH).text)
        return {
            flat(step.one("h3").text): flat(step.all("p")[0].text)
            for part in page.all("ol")
            for step in part.all("li")
        }

    def open_and_folded(self) -> tuple[str, int]:
        """The one step that the path opens, and how many it folds away."""
        page = markup.read(self.client.get(PATH).text)
        [now] = (li for li in page.all("li") if li.attributes.get("aria-current") == "step")
        folded = sum(len(part.all("li")) for part in page.all("details"))
        return flat(now.one("h3").text), folded

    def answers(self, names: tuple[str, ...], typed: Mapping[str, Mapping[str, str]]) -> None:
        """Go through the questions one page after the other, as « Continuer » leads."""
        address = self.link("Répondre")
        for name in names:
            here = self.client.get(address)
            assert here.status_code == 200
            page = markup.read(here.text)
            form = next(f for f in page.all("form") if f.attributes.get("id") == "formulaire")
            filled = {
                e.attributes["name"]: e.attributes.get("value", "")
                for e in form.all("input")
                if e.attributes["type"] not in {"radio", "checkbox"} or "checked" in e.attributes
            }
            filled |= {
                choice.attributes["name"]: option.attributes["value"]
                for choice in form.all("select")
                for option in choice.all("option")
                if "selected" in option.attributes
            }
            sent = self.client.post(address, data=filled | dict(typed.get(name, {})))
            assert sent.status_code == 303, flat(sent.text)
            address = sent.headers["Location"]
        assert address.endswith("/relire")


def invite_finance_and_accountant(new_town: House) -> None:
    """What the administration of accounts does, whom the path names."""
    administrator = Desk(new_town, "administrator")
    sponsor = re.search(
        r'value="([^"]+)"[^>]*>\s*Communauté', administrator.client.get("/comptes/inviter").text
    )
    assert sponsor is not None
    for role in ("finance", "accountant"):
        typed = {"name": role, "email": f"{role}@exemple.fr", "role": role, "manager": ""}
        administrator.sends("/comptes/inviter", {**typed, "structure": sponsor[1]})


NEW_STEPS = tuple(step.name for step in STEPS if step.name != "date")


@pytest.mark.parametrize(
    "database_url", ["postgresql", pytest.param("sqlite", marks=pytest.mark.deep)], indirect=True
)
def test_a_new_town_walks_from_nothing_to_an_order_handed_to_approval(new_town: House) -> None:
    town = Beginner(new_town, "coordinator")
    town.is_led_to_the_path()
    assert "Bloqué" in town.steps()["Nom et payeur"]

    town.presses("Enregistrer l’émetteur", {"name": "Imprimerie du Nord", "commune": "Le Lorrain"})
    town.presses("Ajouter un financeur", {"name": "La Région", "commune": "Le Lorrain"})
    with_state = town.client.get("/dispositifs/nouveau/financeurs").text
    [share] = re.findall(r'name="(share_[^"]+)"', with_state)
    town.answers(
        NEW_STEPS,
        {
            "dispositif": {"name": "Pass de l’Ouest"},
            "publics": {"senior_size": "10", "senior_renewals": "0", "other_size": ""},
            "financeurs": {share: "50"},
            "argent": {"redemption_fee_basis_points": "4"},
        },
    )
    again = town.read("/dispositifs/nouveau/relire")
    assert "Une personne de 60 ans et plus reçoit un carnet de 10 pass, soit 100 €." in again
    assert "Pour 1 000 € de pass utilisés : La Région 500 €, la collectivité 500 €." in again
    assert "Pour 100 € de pass encaissés, un médiateur reçoit 96 €." in again
    assert "Rien n’est prévu." in again
    said = town.sends("/dispositifs/nouveau/relire", {})
    assert "Le dispositif « Pass de l’Ouest » est ouvert." in said

    vintage = {
        "label": "27A",
        "face_value": "10",
        "tolerance_days": "31",
        "sure": "oui",
        "taken_over": "",
    }
    town.presses("Ouvrir un millésime", {**vintage, **LASTING})
    for name, kind in (("CCAS du Lorrain", "ccas"), ("Exo 7", "association")):
        town.presses("Ajouter une structure", {"name": name, "kind": kind, "commune": "Le Lorrain"})
    assert "Commencé Aucune convention n’est en cours." in town.steps()["Les prescripteurs"]
    signed = {"reference": "Convention 2027-01", **LASTING}
    town.presses("Signer avec CCAS du Lorrain", signed)
    town.presses("Signer avec Exo 7", signed)
    town.presses("Label d’Exo 7", {"reference": "L-1", **LASTING})
    assert "Sans régie ni mandat : CCAS du Lorrain" in town.steps()["Les régies"]
    town.presses(
        "Régie de CCAS du Lorrain",
        {"kind": "advances", "reference": "A-1", "held_by": "Régisseur", **LASTING},
    )
    town.presses("Compte d’Exo 7", {"holder": "Exo 7", "iban": IBAN})
    assert "Sans compte confirmé : Exo 7" in town.steps()["Les comptes bancaires"]
    for place in ("CCAS du Lorrain", "Exo 7"):
        someone = {"name": "Alix Exemple", "email": f"{place[:3].lower()}@exemple.fr"}
        town.presses(f"Inviter pour {place}", someone)

    team = town.steps()["Deux personnes pour chaque décision"]
    assert "Il manque une deuxième personne : à la coordination ou au service financier." in team
    assert "L’administration des comptes les invite : Mélissa Exemple" in team
    invite_finance_and_accountant(new_town)
    assert "Personne ne manque." in town.steps()["Deux personnes pour chaque décision"]

    blank = town.client.get(town.link("Calculer le besoin"))
    assert blank.status_code == 200
    [programme] = re.findall(r'<option value="([0-9a-f-]{36})"', blank.text)
    planned = town.client.get(f"/commandes/planifier?dispositif={programme}&senior=10").text
    assert "10 × 1 = 10 de 10" in flat(planned)
    [prepare] = re.findall(r'href="(/commandes/nouvelle[^"]*)"', planned)
    said = town.sends(prepare.replace("&amp;", "&"), {"ten_price": "2,20"})
    assert "est préparée. Une autre personne l’approuve maintenant." in said
    steps = town.steps()
    assert "à approuver. Une autre personne l’approuve." in steps["La première commande"]
    left = {title for title, said in steps.items() if not said.startswith(("Fait", "Facultatif"))}
    assert "Continuer la mise en route" not in town.read("/aujourd-hui")
    # The account of the mediator waits for a second person, who was only just invited.
    assert left == {"Les comptes bancaires"}
    assert town.open_and_folded() == ("Les comptes bancaires", len(steps) - len(left))


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)], indirect=True
)
def test_answers_are_kept_checked_and_changed_before_the_act(house: House) -> None:
    desk, programme = Beginner(house, "coordinator"), house.scheme.programme_id
    steps = f"/dispositifs/{programme}/reglages"

    refused = desk.sends(f"{steps}/fin", {"tolerance_days": "beaucoup"}, status=422)
    assert "Écrivez un nombre entier, en chiffres." in refused
    assert "beaucoup" in desk.client.get(f"{steps}/fin").text
    assert "La fin d’un millésime : Écrivez un nombre entier" in desk.sends(
        f"{steps}/relire", {}, status=422
    )
    seen = desk.sends(f"{steps}/fin", {"tolerance_days": "20", "geste": "voir"})
    assert "dernier jour où un accompagnement compte" in seen
    later = desk.sends(f"{steps}/argent", {"payment_delay_days": "20", "geste": "plus-tard"})
    assert "Vos réponses sont gardées 30 jours" in later

    house.clock.days = 20
    changed = desk.sends(f"{steps}/sans-reseau?retour=relire", {"offline_pass_count": "20"})
    for said in (
        "Délai de paiement : 30 jours, puis 20 jours",
        "Tolérance après la fin : 31 jours, puis 20 jours",
        "Pass acceptés hors connexion : 50 pass, puis 20 pass",
    ):
        assert said in changed
    hidden = markup.read(desk.client.get(f"{steps}/relire").text)
    same = {
        "id": next(
            e.attributes["value"] for e in hidden.all("input") if e.attributes["name"] == "id"
        )
    }
    assert "Les réglages de la version 2 s’appliquent" in desk.sends(f"{steps}/relire", {})
    # The same button pressed twice, and an old page: one version, and no second one unasked.
    token = {
        "csrf_token": desk.client.get(f"{steps}/relire")
        .text.split('name="csrf_token" value="')[1]
        .split('"')[0]
    }
    twice = desk.client.post(f"{steps}/relire", data={**same, **token})
    assert (twice.status_code, f"/dispositifs/{programme}" in twice.headers["Location"]) == (
        303,
        True,
    )
    unchanged = desk.sends(f"{steps}/relire", {}, status=422)
    assert "Pour l’instant rien ne change par rapport à la version 2" in unchanged

    house.clock.days = 20 + 31
    assert "beaucoup" not in desk.client.get(f"{steps}/fin").text


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)], indirect=True
)
def test_a_budget_below_what_is_committed_is_confirmed_when_it_is_read_again(house: House) -> None:
    with house.database.transaction() as session:
        house.scheme.stock(session)
    desk = Desk(house, "coordinator")
    steps = f"/dispositifs/{house.scheme.programme_id}/reglages"
    desk.sends(f"{steps}/argent?retour=relire", {"budget_cents": "1"})

    refused = desk.sends(f"{steps}/relire", {}, status=422)
    assert "Ce budget est déjà dépassé, je confirme" in refused
    assert "version 2 s’appliquent" in desk.sends(f"{steps}/relire", {"below_committed": "oui"})
