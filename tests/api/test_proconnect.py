"""Signing in with ProConnect, against a provider that really answers."""

import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.config import ProConnect, SettingRefused, session_minutes
from app.identity.models import Agent
from app.identity.service import disable_agent
from app.identity.session_models import AgentSession, ProviderIdentity
from tests.api.house import House
from tests.api.openid_provider import Lies, OpenIdProvider
from tests.pages import markup

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SETTINGS = "passnum_settings"


@pytest.fixture(scope="module")
def running() -> Iterator[OpenIdProvider]:
    """One provider for the module: making its keys takes a while."""
    with OpenIdProvider() as provider:
        yield provider


@pytest.fixture
def provider(running: OpenIdProvider, house: House) -> OpenIdProvider:
    """An honest provider that the house knows, with one coordinator signed in."""
    running.email, running.subject, running.lies = "coordinator@exemple.fr", "f3e1-4a", Lies()
    known = house.app.extensions[SETTINGS]
    house.app.extensions[SETTINGS] = replace(known, proconnect=running.settings)
    return running


def come_back(client: FlaskClient, *, to: str = "/commandes", state: str = "") -> tuple[str, str]:
    """To the provider and back: where one then is, and what the page says."""
    left = client.get(f"/connexion/proconnect?next={to}")
    if left.status_code != 302:
        return "", left.text
    there = requests.get(left.location, allow_redirects=False, timeout=5)
    back = urlsplit(there.headers["Location"])
    query = back.query if not state else back.query.replace("state=", f"state={state}")
    arrived = client.get(f"{back.path}?{query}")
    return arrived.location or "", arrived.text if arrived.status_code != 302 else ""


def said(page: str) -> str:
    """What the summary of errors says."""
    return next(e for e in markup.read(page).walk() if "summary" in e.classes).text


def test_an_agent_comes_by_a_known_address_then_by_the_number_of_the_provider(
    house: House, provider: OpenIdProvider
) -> None:
    client = house.app.test_client()
    assert "ProConnect" in client.get("/connexion").text

    provider.email = "Coordinator@EXEMPLE.fr"
    assert come_back(client) == ("/commandes", "")
    assert client.get("/commandes").status_code == 200
    assert provider.issuer in client.get("/commandes").headers["Content-Security-Policy"]
    provider.email, provider.lies.plain_info = "a.new.name@exemple.fr", True
    assert come_back(house.app.test_client()) == ("/commandes", "")
    with house.database.transaction(writing=False) as session:
        [link] = session.scalars(select(ProviderIdentity)).all()
        assert link.agent_id == house.scheme.actors["coordinator"].agent_id
        tokens = session.scalars(select(AgentSession.provider_token)).all()

    token = markup.read(client.get("/commandes").text)
    field = next(f for f in token.all("input") if f.attributes.get("name") == "csrf_token")
    out = client.post("/deconnexion", data={"csrf_token": field.attributes["value"]})
    requests.get(out.location, allow_redirects=False, timeout=5)
    assert provider.ended[-1]["id_token_hint"] in tokens
    assert urlsplit(provider.ended[-1]["post_logout_redirect_uri"]).path == "/connexion"
    assert client.get("/commandes").location.startswith("/connexion?")


def test_two_factors_shown_there_are_not_asked_for_again_here(
    house: House, provider: OpenIdProvider
) -> None:
    provider.email = "finance@exemple.fr"
    client = house.app.test_client()

    come_back(client)
    assert client.get("/commandes").location == "/mon-compte/second-facteur"
    for proof in ({"amr": ["pwd", "mfa"]}, {"acr": "eidas2"}):
        provider.lies.id_token = proof
        client = house.app.test_client()
        come_back(client)
        assert client.get("/commandes").status_code == 200


NOT_FOR_US = "ne peut pas être acceptée"
AWAY = "ne répond pas"
LIES = {
    "another nonce": (Lies(id_token={"nonce": "n" * 40}), NOT_FOR_US),
    "another audience": (Lies(id_token={"aud": "another site"}), NOT_FOR_US),
    "another issuer": (Lies(id_token={"iss": "https://else.example"}), NOT_FOR_US),
    "too old": (Lies(id_token={"exp": int(time.time()) - 1}), NOT_FOR_US),
    "for another access": (Lies(id_token={"at_hash": "AAAA"}), NOT_FOR_US),
    "signed by another": (Lies(foreign_key=True), NOT_FOR_US),
    "another person's info": (Lies(info={"sub": "somebody else"}), NOT_FOR_US),
    "info for another": (Lies(info={"aud": "another site"}), NOT_FOR_US),
    "an address not verified": (Lies(info={"email_verified": False}), "aucun compte passnum"),
    "no address": (Lies(info={"email": None}), "aucun compte passnum"),
    "an unknown address": (Lies(info={"email": "personne@exemple.fr"}), "aucun compte passnum"),
    "a closed account": (Lies(info={"email": "exo7@exemple.fr"}), "est fermé"),
    "no tokens": (Lies(fails_at="token"), AWAY),
    "no info": (Lies(fails_at="userinfo"), AWAY),
}


def test_what_is_wrong_opens_nothing_and_is_said_in_french(
    house: House, provider: OpenIdProvider
) -> None:
    with house.database.transaction() as session:
        disable_agent(session, email="exo7@exemple.fr", now=house.clock())
    client = house.app.test_client()

    for name, (lies, sentence) in LIES.items():
        provider.lies = lies
        location, page = come_back(client)
        assert location == "", name
        assert sentence in said(page), name
        assert client.get("/commandes").location.startswith("/connexion"), name
    provider.lies = Lies()
    assert NOT_FOR_US in said(come_back(client, state="x")[1]), "another journey's"
    client.get("/connexion/proconnect")
    gave_up = client.get("/connexion/proconnect/retour?error=access_denied&state=x")
    assert NOT_FOR_US in said(gave_up.text)
    asked = parse_qs(urlsplit(client.get("/connexion/proconnect").location).query)
    gave_up = client.get(f"/connexion/proconnect/retour?error=no&state={asked['state'][0]}")
    assert "interrompue" in said(gave_up.text)
    assert NOT_FOR_US in said(client.get("/connexion/proconnect/retour?code=x&state=").text)
    with house.database.transaction(writing=False) as session:
        assert session.scalar(select(func.count()).select_from(AgentSession)) == 0
        assert session.scalar(select(func.count()).select_from(ProviderIdentity)) == 0
        emails = set(session.scalars(select(Agent.email)))
    assert "personne@exemple.fr" not in emails, "no account opens by itself"


def test_an_account_is_one_person_there_until_it_is_unlinked(
    house: House, provider: OpenIdProvider
) -> None:
    client = house.app.test_client()
    come_back(client)
    provider.subject = "another person"
    assert "déjà relié" in said(come_back(house.app.test_client())[1])

    page = markup.read(client.get("/mon-compte/connexions").text)
    form = next(f for f in page.all("form") if "detacher" in f.attributes.get("action", ""))
    typed = {f.attributes["name"]: f.attributes["value"] for f in form.all("input")}
    assert client.post(form.attributes["action"], data=typed).status_code == 303
    assert come_back(house.app.test_client())[0] == "/commandes"


def test_a_provider_that_is_away_leaves_the_password(house: House) -> None:
    with OpenIdProvider() as gone:
        known = house.app.extensions[SETTINGS]
        house.app.extensions[SETTINGS] = replace(known, proconnect=gone.settings)
        gone.stop()
        client = house.app.test_client()
        _, page = come_back(client)

    assert AWAY in said(page)
    assert "Mot de passe" in page


def test_without_settings_there_is_no_button_and_half_of_them_are_refused(house: House) -> None:
    client = house.app.test_client()

    assert "ProConnect" not in client.get("/connexion").text
    assert client.get("/connexion/proconnect").status_code == 404
    assert ProConnect.from_environment({}) is None
    with pytest.raises(SettingRefused, match="CLIENT_SECRET"):
        ProConnect.from_environment(
            {"PASSNUM_PROCONNECT_ISSUER": "https://a", "PASSNUM_PROCONNECT_CLIENT_ID": "b"}
        )
    known = {"PASSNUM_PROCONNECT_CLIENT_ID": "b", "PASSNUM_PROCONNECT_CLIENT_SECRET": "c"}
    for issuer in ("http://fca.integ01.example", "http://localhost.example", "https://", "fca"):
        with pytest.raises(SettingRefused, match="https"):
            ProConnect.from_environment(known | {"PASSNUM_PROCONNECT_ISSUER": issuer})
    here = ProConnect.from_environment(known | {"PASSNUM_PROCONNECT_ISSUER": "http://[::1]:9/"})
    assert here is not None
    assert session_minutes("finance=30/600 all=60/720")["finance"] == (30, 600)
    for wrong in ("finance", "finance=0/10", "finance=20/10", "=1/2"):
        with pytest.raises(SettingRefused):
            session_minutes(wrong)
