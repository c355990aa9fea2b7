"""A hand-over as people click through it: nothing typed is lost, and no name leaves its table."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity import drafts
from app.identity.models import FormDraft
from app.identity.service import set_password
from app.identity.session_models import AgentSession
from app.kernel.clock import first_instant
from app.kernel.ids import new_id
from app.orders.models import BookletOrder
from app.prescribers.models import Beneficiary, BeneficiaryIdentity, Prescription
from app.programmes.rules import Public
from app.programmes.service import known_vintage
from tests.api.house import PASSWORD, House, token_of_form

Typed = Mapping[str, str | list[str]]

PERSON: Typed = {
    "surname": "Zyxélène",
    "first_name": "Quixotte",
    "birth_year": "1988",
    "commune": "Le Lorrain",
    "public": "registered_job_seeker",
}
NEED: Typed = {**{f"q{place}": "1" for place in range(7)}, "signature": "paper", "atteste": "oui"}


def read(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return unescape(answer.text).replace("\u00a0", " ").replace("\u202f", " ")


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def send(client: FlaskClient, path: str, page: str, typed: Typed) -> str:
    """Send a form of that page; every answer is an address to open."""
    form = {"csrf_token": hidden(page, "csrf_token"), "id": hidden(page, "id"), **typed}
    answer = client.post(path, data=form)
    assert answer.status_code in {302, 303}, answer.text
    return str(answer.location)


def test_each_step_is_an_address_that_can_be_opened_again(house: House) -> None:
    scheme = house.scheme
    with house.database.transaction() as session:
        scheme.stock(session)
        scheme.allocation(session, 1, 4)
    client = house.signed_in("plie").client
    blank = read(client, "/remises/nouvelle")

    person = send(client, "/remises/nouvelle", blank, {**PERSON, "birth_year": "88"})
    wrong = read(client, person)
    assert "Écrivez une année entre" in wrong
    assert "Zyxélène" in wrong
    assert "Zyx" not in person
    need = send(client, "/remises/nouvelle", wrong, PERSON)
    assert need == f"{person}/besoin"
    assert "Quixotte Zyxélène" in read(client, need)
    assert f"{person}/suite" in read(client, "/remises")
    assert client.get(f"{person}/suite").location == f"{person}/carnet"
    again = send(client, need, read(client, need), NEED)
    assert again == need
    told = read(client, need)
    assert "Posez-lui la question et cochez sa déclaration" in told
    assert told.count("checked") == 9
    booklet = send(client, need, told, {**NEED, "declares": "oui"})
    page = read(client, booklet)
    assert "checked" not in page
    typed = {"carnets": "26A 00001\r\n26A 00002"}
    assert send(client, booklet, page, typed) == booklet
    refused = read(client, booklet)
    assert "Choisissez avec la personne où elle ira" in refused
    assert "N’en remettez pas davantage" in refused
    assert "Déjà reçu : 0. Vous en remettez 2." in refused
    assert "26A 00002" in refused
    place = str(scheme.organisations["exo7"])
    shown = send(client, booklet, refused, {"carnets": "26A 00001", "lieu": place})

    assert "est enregistrée" in read(client, shown)
    assert "terminée" not in read(client, "/remises")
    assert client.get(booklet).location == client.get(person).location == shown
    assert send(client, booklet, refused, {"carnets": "26A 00001", "lieu": place}) == shown
    with house.database.transaction(writing=False) as session:
        assert session.scalar(select(func.count()).select_from(FormDraft)) == 0
        assert session.scalar(select(func.count()).select_from(Prescription)) == 1


def test_who_is_alike_is_said_before_anybody_is_registered(house: House) -> None:
    with house.database.transaction() as session:
        house.scheme.stock(session)
        house.scheme.allocation(session, 11, 12, to="ccas")
        elsewhere = house.scheme.beneficiary(
            session, public=Public.SENIOR, birth_year=1950, by="ccas"
        )
        house.scheme.prescription(session, elsewhere, [11], by="ccas")
        own = house.scheme.beneficiary(session, birth_year=1950, by="plie")
        who = session.get_one(BeneficiaryIdentity, own)
        typed = {
            **PERSON,
            "surname": who.surname.upper(),
            "first_name": who.first_name,
            "birth_year": str(who.birth_year),
        }
    client = house.signed_in("plie").client
    blank = read(client, "/remises/nouvelle")

    person = send(client, "/remises/nouvelle", blank, typed)
    page = read(client, person)

    assert "Est-ce la même personne ?" in page
    assert f'value="{own}"' in page
    assert "1 carnet, le dernier le" in page
    assert str(elsewhere) not in page
    with house.database.transaction(writing=False) as session:
        assert session.scalar(select(func.count()).select_from(Beneficiary)) == 2
    chosen = {"geste": "choisir", "personne": str(own)}
    assert send(client, "/remises/nouvelle", page, chosen).endswith("/besoin")
    apart = client.get(send(client, "/remises/nouvelle", page, {**typed, "autre": "oui"})).location
    asks = read(client, apart)
    answered = {**typed, "autre": "oui", "qui": "autre"}
    assert send(client, "/remises/nouvelle", asks, answered) == f"{apart}/besoin"
    slip = {**typed, "surname": f"{who.surname} Zyx"}
    assert send(client, "/remises/nouvelle", asks, slip).endswith("/besoin")
    with house.database.transaction(writing=False) as session:
        assert session.scalar(select(func.count()).select_from(Beneficiary)) == 3
    strange = {"geste": "choisir", "personne": str(elsewhere)}
    form = {"csrf_token": hidden(page, "csrf_token"), "id": hidden(page, "id"), **strange}
    assert client.post("/remises/nouvelle", data=form).status_code == 404
    gone = send(client, "/remises/nouvelle", page, {"geste": "abandonner"})
    assert gone == "/remises"
    assert client.get(person).location == "/remises/nouvelle"


def test_going_back_to_type_the_next_person_leaves_the_first_hand_over_to_the_first(
    house: House,
) -> None:
    """Assessed and signed for one, it never becomes somebody else's unless the agent says so."""
    client, start = house.signed_in("plie").client, "/remises/nouvelle"
    with house.database.transaction() as session:
        chosen = house.scheme.beneficiary(session, birth_year=1950, by="plie")
    blank = read(client, start)
    first = send(client, start, blank, PERSON)
    send(client, first, read(client, first), {**NEED, "declares": "oui"})
    following = {**PERSON, "surname": "Wolof", "first_name": "Yamile", "birth_year": ""}
    slip = {**PERSON, "surname": "Zyxelenne", "commune": "Ajoupa-Bouillon"}

    assert send(client, start, blank, slip) == first
    asked = str(client.get(send(client, start, blank, following)).location)
    assert client.get(send(client, start, blank, following)).location == asked
    page = read(client, asked)
    assert "la remise de Quixotte Zyxelenne (1988). Vous venez d’y écrire Yamile Wolof." in (
        page.replace("<strong>", "").replace("</strong>", "")
    )
    assert "C’est une autre personne : commencer une nouvelle remise" in page
    assert "Je corrige le nom de la même personne" in page
    assert send(client, start, page, following) == asked
    assert send(client, start, page, {**following, "qui": "meme"}) == asked
    wrong = read(client, asked)
    assert 'id="birth_year-erreur"' in wrong
    assert 'value="Wolof"' in wrong
    following = {**following, "birth_year": "1950", "qui": "autre"}
    second = send(client, start, wrong, following)
    assert second == f"{asked}/besoin"
    need = read(client, second)
    assert "Celle de Quixotte Zyxelenne vous attend dans « Remises »" in need
    assert "Yamile Wolof" in need
    assert "checked" not in need
    assert read(client, first).count("checked") == 9 + 1
    assert "2 remises ne sont pas terminées" in read(client, "/remises")

    # Given up, the first person is still nobody else; and one found in a list takes no answers.
    third = send(client, start, wrong, {"geste": "choisir", "personne": str(chosen)})
    assert third not in {first, second}
    assert "checked" not in read(client, third)
    assert send(client, start, blank, {"geste": "abandonner"}) == "/remises"
    again = read(client, str(client.get(send(client, start, blank, following)).location))
    assert "Quixotte Zyxelenne reste parmi vos personnes" in again
    assert send(client, start, again, {**following, "qui": "meme"}) == first
    with house.database.transaction(writing=False) as session:
        names = session.scalars(select(BeneficiaryIdentity.surname)).all()
        assert sorted(names) == ["Démonstration", "Wolof", "Wolof"]


def test_an_empty_drawer_is_told_before_the_questions_and_a_person_is_asked_in_few_words(
    house: House,
) -> None:
    client = house.signed_in("plie").client
    blank = read(client, "/remises/nouvelle")
    empty = read(client, send(client, "/remises/nouvelle", blank, {**PERSON, "surname": ""}))
    assert "Écrivez le nom." in empty
    need = read(client, send(client, "/remises/nouvelle", empty, PERSON))
    assert "Vous n’avez plus de carnet de 10, le seul que ce public reçoit" in need
    assert 'href="/demandes/nouvelle"' in need


def test_who_is_chosen_is_said_gone_on_with_put_right_or_changed(house: House) -> None:
    with house.database.transaction() as session:
        own = house.scheme.beneficiary(session, public=Public.SENIOR, birth_year=1950, by="plie")
    client = house.signed_in("plie").client
    blank = read(client, "/remises/nouvelle")
    chosen = {"geste": "choisir", "personne": str(own)}
    need = send(client, "/remises/nouvelle", blank, chosen)
    person = need.removesuffix("/besoin")

    told = read(client, person)
    assert "Première visite" not in told
    assert f'href="{need}">Continuer avec Rosette Démonstration</a>' in told
    correct = f"/mes-personnes/{own}/corriger"
    assert f'href="{correct}?brouillon={person.rpartition("/")[2]}"' in told
    address = f"{correct}?brouillon={person.rpartition('/')[2]}"
    page = read(client, address)
    assert 'value="1950"' in page
    typed = {
        "surname": "Zyxélène",
        "first_name": "Rosette",
        "birth_year": "1999",
        "commune": "Le Lorrain",
        "phone": "12",
        "email": "rosette@exemple.fr",
    }
    form = {"csrf_token": hidden(page, "csrf_token"), "id": hidden(page, "id")}
    refused = client.post(address, data=form | typed)
    assert refused.status_code == 422
    wrong = unescape(refused.text)
    assert 'id="birth_year-erreur"' in wrong
    assert 'id="phone-erreur"' in wrong
    assert 'value="Zyxélène"' in wrong
    put_right = {**typed, "birth_year": "1951", "phone": "0696 00 00 01"}
    assert send(client, address, page, put_right) == person
    told = read(client, person)
    assert "Les coordonnées sont corrigées" in told
    assert "Continuer avec Rosette Zyxélène" in told
    with house.database.transaction(writing=False) as session:
        who = session.get_one(BeneficiaryIdentity, own)
        assert (who.birth_year, who.commune, who.phone, who.email) == (
            1951,
            "Le Lorrain",
            "0696 00 00 01",
            "rosette@exemple.fr",
        )

    assert send(client, "/remises/nouvelle", told, {"geste": "changer"}) == "/remises/nouvelle"
    assert "Choisissez l’autre personne" in read(client, "/remises/nouvelle")
    assert "terminée" not in read(client, "/remises")


def test_every_hand_over_that_waits_is_named_to_its_agent_and_goes_on_or_is_given_up(
    house: House,
) -> None:
    with house.database.transaction() as session:
        set_password(session, email="plie@exemple.fr", password=PASSWORD, now=house.clock())
    client = house.app.test_client()
    sign_in("plie", client, "")
    addresses = []
    for surname in ("Zyxélène", "Wolof"):
        blank = read(client, "/remises/nouvelle")
        addresses.append(send(client, "/remises/nouvelle", blank, {**PERSON, "surname": surname}))
    search = {"geste": "chercher", "recherche": "Zy"}
    searched = send(client, "/remises/nouvelle", read(client, "/remises/nouvelle"), search)

    for page in (read(client, "/remises"), read(client, "/aujourd-hui")):
        assert "3 remises ne sont pas terminées" in page
        assert "<strong>Quixotte Wolof</strong>" in page
        assert "<strong>Quixotte Zyxélène</strong>" in page
        assert "<strong>Personne pas encore notée</strong>" in page
        assert page.count("Étape 2 sur 3 : le besoin. Laissée là le") == 2
        for address in addresses:
            assert f'href="{address.removesuffix("/besoin")}/suite"' in page
        assert f'href="{searched}"' in page
    assert "terminée" not in read(house.signed_in("ccas").client, "/remises")

    # A form cut short by the end of the sign-in is that of its hand-over, and not another one.
    need = read(client, addresses[0])
    with house.database.transaction() as session:
        for signed_in in session.scalars(select(AgentSession)):
            signed_in.expires_at = signed_in.begun_at + timedelta(microseconds=1)
    asked = send(client, addresses[0], need, NEED)
    path = unescape(hidden(client.get(asked).text, "next"))
    sign_in("plie", client, path)
    page = read(client, "/remises")
    assert "3 remises ne sont pas terminées" in page
    assert f'href="{path}"' in page

    for address, told in (
        (addresses[0], "La personne reste connue de votre structure"),
        (searched, "rien n’en est gardé"),
    ):
        form = {"geste": "abandonner", "id": address.split("/")[3]}
        assert send(client, "/remises/nouvelle", page, form) == "/remises"
        page = read(client, "/remises")
        assert told in page
    assert "Une remise n’est pas terminée" in page
    with house.database.transaction(writing=False) as session:
        assert session.scalar(select(func.count()).select_from(FormDraft)) == 1


def test_a_booklet_of_another_and_one_that_is_none_look_alike(house: House) -> None:
    with house.database.transaction() as session:
        house.scheme.stock(session)
        house.scheme.allocation(session, 1, 4)
    client = house.signed_in("ccas").client
    token = hidden(client.get("/pass").text, "csrf_token")
    told = set()
    for typed in ("26A 00001", "26A 09999"):
        page = client.post("/pass", data={"csrf_token": token, "typed": typed}).text
        # The token of a form tells the second in which it was made, and nothing else.
        told.add(page.replace(typed, "").replace(hidden(page, "csrf_token"), ""))
    assert len(told) == 1
    assert "Ce carnet n’est pas chez vous, ou n’existe pas" in unescape(told.pop())


def sign_in(name: str, client: FlaskClient, path: str) -> str:
    """Sign in from the page that asks for it; where one then is."""
    form = {
        "email": f"{name}@exemple.fr",
        "password": PASSWORD,
        "csrf_token": token_of_form(client),
        "next": path,
    }
    answer = client.post("/connexion", data=form)
    assert answer.status_code == 302
    return str(answer.location)


def test_an_act_without_any_session_says_that_nothing_was_taken_and_leads_back(
    house: House,
) -> None:
    browser = house.app.test_client()
    asked = browser.post("/encaisser?seance=x", data={"codes": "ABCD"}).location
    page = read(browser, asked)
    assert "Votre session était finie" in page
    assert "rien n’est enregistré" in page
    assert "ABCD" not in asked
    assert hidden(page, "next") == "/encaisser?seance=x"
    nowhere = browser.post("/remises/nouvelle/x/y/z/engagement", data={})
    assert "next" not in str(nowhere.location)
    assert "reason=lost" not in browser.post("/deconnexion").location


def test_what_was_typed_outlives_the_sign_in_for_its_agent_alone(house: House) -> None:
    with house.database.transaction() as session:
        for name in ("plie", "ccas"):
            set_password(session, email=f"{name}@exemple.fr", password=PASSWORD, now=house.clock())
    client = house.app.test_client()
    sign_in("plie", client, "")
    blank = read(client, "/remises/nouvelle")
    with house.database.transaction() as session:
        for signed_in in session.scalars(select(AgentSession)):
            signed_in.expires_at = signed_in.begun_at + timedelta(microseconds=1)

    asked = send(client, "/remises/nouvelle", blank, PERSON)

    assert asked.startswith("/connexion?")
    assert "reason=kept" in asked
    assert "Zyx" not in asked
    assert "retrouverez ce que vous avez écrit" in read(house.app.test_client(), asked)
    path = unescape(hidden(client.get(asked).text, "next"))
    with house.database.transaction(writing=False) as session:
        [kept] = session.scalars(select(FormDraft)).all()
        assert b"Zyx" not in kept.sealed
    stranger = house.app.test_client()
    assert sign_in("ccas", stranger, path) == path
    assert "Zyxélène" not in read(stranger, path)
    assert sign_in("plie", client, path) == path
    page = read(client, path)
    assert "Ce que vous aviez écrit est là" in page
    assert 'value="Zyxélène"' in page
    assert send(client, path, page, PERSON).endswith("/besoin")


def test_what_was_typed_in_one_tab_outlives_signing_in_anew_in_another(house: House) -> None:
    with house.database.transaction() as session:
        for name in ("plie", "ccas"):
            set_password(session, email=f"{name}@exemple.fr", password=PASSWORD, now=house.clock())
    client = house.app.test_client()
    sign_in("plie", client, "")
    blank = read(client, "/remises/nouvelle")

    sign_in("ccas", client, "")
    refused = client.post(
        "/remises/nouvelle", data={**PERSON, "csrf_token": hidden(blank, "csrf_token")}
    )
    sign_in("plie", client, "")
    path = send(client, "/remises/nouvelle", blank, PERSON)

    assert refused.status_code == 403, "typed by somebody else"
    assert "<h1>Ce formulaire a expiré</h1>" in refused.text
    assert path.startswith("/remises/nouvelle?repris=")
    page = read(client, path)
    assert "Ce que vous aviez écrit est là" in page
    assert 'value="Zyxélène"' in page
    assert send(client, path, page, PERSON).endswith("/besoin")
    forged = client.post("/remises/nouvelle", data={**PERSON, "csrf_token": "1.x"})
    assert forged.status_code == 403


@pytest.mark.parametrize(
    ("below", "field"), [("{order}/mandats", "mandate_number"), ("/pass", "typed")]
)
def test_what_is_typed_below_a_page_or_searched_comes_back_on_its_page(
    house: House, below: str, field: str
) -> None:
    with house.database.transaction() as session:
        set_password(session, email="coordinator@exemple.fr", password=PASSWORD, now=house.clock())
        house.scheme.stock(session)
        order = f"/commandes/{session.scalars(select(BookletOrder.number)).one()}"
    client = house.app.test_client()
    sign_in("coordinator", client, "")
    blank = read(client, order)
    with house.database.transaction() as session:
        for signed_in in session.scalars(select(AgentSession)):
            signed_in.expires_at = signed_in.begun_at + timedelta(microseconds=1)

    typed = {"csrf_token": hidden(blank, "csrf_token"), field: "M-77"}
    asked = str(client.post(below.format(order=order), data=typed).location)

    assert "reason=kept" in asked
    path = unescape(hidden(client.get(asked).text, "next"))
    assert path.startswith(f"{below.format(order=order).removesuffix('/mandats')}?repris=")
    assert sign_in("coordinator", client, path) == path
    page = read(client, path)
    assert "Ce que vous aviez écrit est là" in page
    # The order of this house is not yet one that takes mandates: its page has no such field.
    assert ('value="M-77"' in page) == (field == "typed")
    assert client.get(f"{order}/mandats").location == order
    assert client.get("/commandes/A%0d%0aB/mandats").location == "/commandes/A%0D%0AB"
    assert client.get("/deconnexion").status_code == 405


def test_nobody_keeps_the_form_of_a_stranger_and_none_is_older_than_a_day(house: House) -> None:
    client = house.app.test_client()
    token = token_of_form(client)
    nobody = client.post("/remises/nouvelle", data={**PERSON, "csrf_token": token})
    assert "repris" not in nobody.location
    agent_id, now = house.scheme.actors["plie"].agent_id, house.clock()

    def keep(session: Session, text: str, *, hours: int) -> bool:
        return drafts.keep_draft(
            session,
            draft_id=new_id(),
            agent_id=agent_id,
            place="/x",
            typed={"a": [text]},
            secret_key=b"k" * 32,
            now=now - timedelta(hours=hours),
        )

    def kept(session: Session, draft_id: UUID, *, place: str = "/x", key: bytes = b"k") -> object:
        return drafts.kept_draft(
            session,
            draft_id=draft_id,
            agent_id=agent_id,
            place=place,
            secret_key=key * 32,
            now=now,
        )

    with house.database.transaction() as session:
        assert keep(session, "b", hours=25)
        assert keep(session, "b", hours=1)
        assert not keep(session, "b" * drafts.LARGEST_DRAFT, hours=0)
        [left] = session.scalars(select(FormDraft)).all()
        assert kept(session, left.id) == {"a": ["b"]}
        assert kept(session, left.id, key=b"q") is None
        assert kept(session, left.id, place="/y") is None


def test_the_end_of_validity_is_said_before_the_act_and_a_late_one_names_its_control(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = house.scheme
    with house.database.transaction() as session:
        scheme.stock(session)
        scheme.allocation(session, 1, 4)
        ends = known_vintage(session, scheme.vintage_id).valid_until
    days_before_the_end = first_instant(ends) - timedelta(days=2)
    monkeypatch.setitem(house.app.extensions, "passnum_clock", lambda: days_before_the_end)
    client = house.signed_in("plie").client

    person = send(client, "/remises/nouvelle", read(client, "/remises/nouvelle"), PERSON)
    booklet = send(client, person, read(client, person), {**NEED, "declares": "oui"})
    step = read(client, booklet)

    assert f"Les pass du {scheme.label} sont valables jusqu’au {ends:%d/%m/%Y}." in step
    assert "finissent dans 2 jours : une remise tardive se justifie" in step
    assert "Je ne l’accepte pas" in step
    refused = read(client, send(client, booklet, step, {"carnets": scheme.booklet(1)}))
    assert "Choisissez pourquoi vous l’acceptez" in refused
