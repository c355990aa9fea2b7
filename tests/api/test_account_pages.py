"""Accounts on pages: from an invitation to the first page, a reset, a lock, the journal."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.identity.models import AccountEvent
from app.identity.rules import AccountEventKind
from app.identity.service import set_password
from app.mails.models import Mail
from app.mails.outbox import opened_link
from app.mails.rules import MailKind
from tests.api.house import House
from tests.pages import markup

pytestmark = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)], indirect=True
)
NEW = "Hibiscus-7-Prêcheur"
OTHER = "Colibri-8-Caravelle"


def token(client: FlaskClient, path: str) -> str:
    """What a form of that page must send back."""
    page = markup.read(client.get(path).text)
    return next(
        field.attributes["value"] or ""
        for field in page.all("input")
        if field.attributes.get("name") == "csrf_token"
    )


def send(client: FlaskClient, path: str, **typed: str) -> str:
    """Send the form of that page; where it leads, or what it says."""
    answer = client.post(path, data={"csrf_token": token(client, path), **typed})
    return answer.location if answer.status_code in {302, 303} else answer.text


def signed_in(house: House, name: str, password: str = NEW) -> FlaskClient:
    """Somebody who came by the page for it."""
    with house.database.transaction() as session:
        set_password(session, email=f"{name}@exemple.fr", password=password, now=house.clock())
    client = house.app.test_client()
    send(client, "/connexion", email=f"{name}@exemple.fr", password=password)
    return client


def latest_link(house: House, kind: MailKind) -> str:
    """The link of the letter that was written last."""
    key = house.app.config["SECRET_KEY"]
    with house.database.transaction(writing=False) as session:
        mail = session.scalars(
            select(Mail).where(Mail.kind == kind).order_by(Mail.queued_at.desc(), Mail.id.desc())
        ).first()
        assert mail is not None
        path = opened_link(mail, key)
        assert path is not None
        return path


def happened(house: House, kind: AccountEventKind) -> int:
    with house.database.transaction(writing=False) as session:
        query = select(func.count()).select_from(AccountEvent).where(AccountEvent.kind == kind)
        return session.scalar(query) or 0


def test_an_invitation_leads_from_the_letter_to_the_first_page(house: House) -> None:
    admin = house.signed_in("administrator").client
    plie = str(house.scheme.organisations["plie"])
    typed = {"name": "Régine Exemple", "email": "regine@exemple.fr", "structure": plie}

    nothing = send(admin, "/comptes/inviter")
    assert all(
        asked in nothing
        for asked in ("le nom de l’agent", "adresse complète", "la structure.", "le rôle.")
    )
    account = send(admin, "/comptes/inviter", role="prescriber", **typed)

    path = latest_link(house, MailKind.INVITATION)
    assert path not in admin.get(account).text
    [letter] = re.findall(r"/courriels/[0-9a-f-]{36}", admin.get("/courriels").text)[:1]
    assert "Gardés ici" in admin.get("/courriels").text
    assert path not in admin.get(letter).text
    assert path in send(admin, letter)
    assert happened(house, AccountEventKind.LINK_SHOWN) == 1
    guest = house.app.test_client()
    assert "regine@exemple.fr" in guest.get(path).text
    assert "trop simple" in send(guest, path, password="caravelle")
    assert "essaie en premier" in send(guest, path, password="Regine-Exemple-26")
    assert send(guest, path, password=NEW) == "/"
    assert guest.get("/", follow_redirects=True).status_code == 200
    assert guest.get(path).status_code == 404
    assert "invitation acceptée" in admin.get("/journal-des-comptes").text.lower()


def test_a_forgotten_password_is_replaced_and_ends_what_was_open(house: House) -> None:
    before = signed_in(house, "exo7")
    stranger = house.app.test_client()

    known, unknown = (
        send(stranger, "/mot-de-passe-oublie", email=email)
        for email in ("exo7@exemple.fr", "personne@exemple.fr")
    )

    assert known == unknown == "/mot-de-passe-oublie/demande"
    assert "aucun courriel ne part" in stranger.get(known).text
    assert send(stranger, latest_link(house, MailKind.RESET), password=OTHER) == "/"
    assert before.get("/mon-compte").status_code == 302
    assert stranger.get("/mon-compte").status_code == 200


def test_a_lock_says_until_when_and_the_administration_lifts_it(house: House) -> None:
    admin, wrong = house.signed_in("administrator").client, house.app.test_client()
    agent = house.scheme.actors["ccas"].agent_id
    for _ in range(5):
        send(wrong, "/connexion", email="ccas@exemple.fr", password="autre")

    paused = send(wrong, "/connexion", email="ccas@exemple.fr", password="autre")

    assert re.search(r"attendez jusqu’à \d\d?.h.\d\d", paused)
    assert happened(house, AccountEventKind.LOCKED) == 1
    assert "Lever le blocage" in admin.get(f"/comptes/{agent}").text
    send(admin, f"/comptes/{agent}", act="unlock")
    after = send(wrong, "/connexion", email="ccas@exemple.fr", password="autre")
    assert "ne convient pas" in after


def test_ones_own_password_asks_the_current_one(house: House) -> None:
    mine = signed_in(house, "plie")
    path = "/mon-compte/mot-de-passe"

    assert "actuel ne convient pas" in send(mine, path, current_password="faux", password=OTHER)
    assert send(mine, path, current_password=NEW, password=OTHER) == "/mon-compte"
    assert mine.get("/mon-compte").status_code == 200
    assert "Écrivez votre nom" in send(mine, "/mon-compte", name="Rosalie \u202eeilasoR")
    assert send(mine, "/mon-compte", name="Rosalie") == "/mon-compte"
    assert "Rosalie" in mine.get("/mon-compte").text


def test_the_journal_is_a_sheet_too_and_never_names_an_address(house: House) -> None:
    accountant = house.signed_in("accountant").client

    sheet = accountant.get("/journal-des-comptes.csv?quoi=signed_in").text

    assert "Connexion" in sheet
    assert "Compte créé" not in sheet
    assert "127.0.0.1" not in sheet
    assert accountant.get("/courriels").status_code == 403
    assert house.signed_in("coordinator").client.get("/journal-des-comptes").status_code == 403


def test_nobody_acts_as_somebody_else(house: House) -> None:
    finance = house.signed_in("finance").client
    other = house.scheme.actors["coordinator"].agent_id

    words = ("imperson", "act_as", "acting_for", "on_behalf", "usurp", "sudo", "become")
    rules = [f"{rule.rule} {rule.endpoint}".lower() for rule in house.app.url_map.iter_rules()]
    assert not [rule for rule in rules if any(word in rule for word in words)]
    for asked in (
        finance.get(f"/api/v1/me?agent_id={other}&actor={other}"),
        finance.get("/api/v1/me", headers={"X-Agent": str(other), "X-Remote-User": "coordinator"}),
    ):
        assert asked.get_json()["email"] == "finance@exemple.fr"


def test_a_number_that_no_account_can_have_shows_the_list_from_its_beginning(house: House) -> None:
    client = house.signed_in("coordinator").client

    assert client.get(f"/comptes?apres={'9' * 40}").status_code == 200


def test_addresses_that_nobody_wrote_do_no_harm(house: House) -> None:
    """Numbers that no database holds name nothing; only pages of this site are gone back to."""
    house.signed_in("administrator").get(f"/agents/{10**30}").refused(404, "no_such_address")
    admin = house.signed_in("administrator").client
    lost = admin.get(f"/comptes/{10**30}")
    assert lost.status_code == 404
    assert "Revenir à l’accueil" in lost.text
    assert "Revenir à l’accueil" in admin.get("/deconnexion").text
    assert "Se connecter" in house.app.test_client().get("/nulle-part").text
    assert admin.get(f"/comptes?apres={10**30}").status_code == 200
    signed_in(house, "coordinator")
    for after in ("/comptes\nX-Autre: 1", "/comptes\u202e", "/deconnexion", "//ailleurs", "/[rien"):
        client = house.app.test_client()
        typed = {"email": "coordinator@exemple.fr", "password": NEW, "next": after}
        assert send(client, "/connexion", **typed) == "/"
