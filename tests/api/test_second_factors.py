"""Signing in with two factors, and sessions that end on the server, through the pages."""

import re
from datetime import timedelta
from html import unescape

import pyotp
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.identity.models import AccountEvent
from app.identity.service import set_password
from app.identity.session_models import AgentSession, RecoveryCode, TotpSecret
from app.mails.models import Mail
from app.web.cookie import COOKIE
from tests.api.house import PASSWORD, House
from tests.pages import markup

SECOND, FACTORS = "/connexion/second-facteur", "/mon-compte/second-facteur"


def fields(page: str, form_id: str | None = None) -> dict[str, str]:
    """What a form brings back by itself: the last one of the page, or that one."""
    forms = [f for f in markup.read(page).all("form") if f.attributes["method"] == "post"]
    form = next((f for f in forms if f.attributes.get("id") == form_id), forms[-1])
    return {
        field.attributes["name"]: unescape(field.attributes.get("value", ""))
        for field in form.all("input")
        if field.attributes.get("type") == "hidden"
    }


def send(client: FlaskClient, path: str, form_id: str = "formulaire", **typed: str) -> TestResponse:
    """Open a page, fill its form in, send it."""
    return client.post(path, data=fields(client.get(path).text, form_id) | typed)


def sign_in(house: House, name: str, *, to: str = "/commandes") -> FlaskClient:
    """Type an address and a password."""
    with house.database.transaction() as session:
        set_password(session, email=f"{name}@exemple.fr", password=PASSWORD, now=house.clock())
    client = house.app.test_client()
    return again(client, name, to=to)


def again(client: FlaskClient, name: str, *, to: str = "/commandes") -> FlaskClient:
    """The same browser, once more."""
    page = fields(client.get(f"/connexion?next={to}").text, "")
    first = markup.read(client.get(f"/connexion?next={to}").text).all("form")[0]
    page = {
        f.attributes["name"]: f.attributes.get("value", "")
        for f in first.all("input")
        if f.attributes.get("type") == "hidden"
    }
    answer = client.post(
        "/connexion", data={**page, "email": f"{name}@exemple.fr", "password": PASSWORD}
    )
    assert answer.status_code == 302, answer.text
    return client


def enrol(client: FlaskClient) -> tuple[pyotp.TOTP, str, list[str]]:
    """Add an application; it, the code that proved it, and the recovery codes."""
    page = client.get(f"{FACTORS}/application").text
    secret = re.search(r"<dd>([A-Z2-7 ]{30,})</dd>", page)
    assert secret is not None
    phone = pyotp.TOTP(secret[1].replace(" ", ""))
    shown = phone.now()
    sent = client.post(
        f"{FACTORS}/application",
        data=fields(page, "formulaire") | {"code": shown},
    )
    assert sent.status_code == 303, sent.text
    assert sent.location == f"{FACTORS}/codes-de-secours"
    codes = re.findall(r'class="code">([0-9A-Z-]{14})<', send(client, sent.location).text)
    assert len(codes) == 10
    return phone, shown, codes


def count(house: House, model: type) -> int:
    with house.database.transaction(writing=False) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_finance_enrols_before_anything_else_opens_and_shows_a_code_ever_after(
    house: House,
) -> None:
    client = sign_in(house, "finance")

    assert client.get("/commandes").location == FACTORS
    assert client.get("/api/v1/me").json["code"] == "second_factor_needed"  # type: ignore[index]
    assert client.get(f"{FACTORS}/codes-de-secours").location == FACTORS
    gate = client.get(FACTORS).text
    assert "Votre rôle exige un second facteur" in gate
    assert 'id="menu"' not in gate
    before = client.get_cookie(COOKIE)
    phone, shown, codes = enrol(client)
    after = client.get_cookie(COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert client.get("/commandes").status_code == 200
    assert client.get(SECOND).location == "/"

    refused = send(client, f"{FACTORS}/application/retirer")
    assert refused.status_code == 422
    assert "c’est le dernier" in refused.text

    again(client, "finance")
    assert client.get("/commandes").location == SECOND
    assert client.get(FACTORS).location == SECOND, "a password alone enrols nothing"
    assert client.get("/commandes").location == SECOND
    assert send(client, SECOND, code="000000").status_code == 422
    assert send(client, SECOND, code=shown).status_code == 422, "used when it was enrolled"
    later = phone.at(house.clock() + timedelta(seconds=30))
    assert send(client, SECOND, code=later).location == "/commandes"
    again(client, "finance")
    client.get("/commandes")
    assert send(client, SECOND, code=later).status_code == 422, "a code serves once"
    back = send(client, "/connexion/code-de-secours", code=codes[0].lower().replace("-", " "))
    assert back.location == "/commandes"
    assert "Il vous en reste 9" in client.get("/commandes").text.replace("\xa0", " ")
    again(client, "finance")
    assert send(client, "/connexion/code-de-secours", code=codes[0]).status_code == 422

    with house.database.transaction(writing=False) as session:
        [kept] = session.scalars(select(TotpSecret)).all()
        assert phone.secret.encode() not in kept.sealed
        assert codes[1].replace("-", "").encode() not in b"".join(
            session.scalars(select(RecoveryCode.code_hash))
        )
        kinds = set(session.scalars(select(AccountEvent.kind)))
        told = " ".join(session.scalars(select(Mail.subject)))
    assert {"factor_added", "factor_failed", "recovery_code_used", "signed_in"} <= kinds
    assert "second facteur a été ajouté" in told


def test_codes_are_throttled_as_passwords_are(house: House) -> None:
    client = sign_in(house, "administrator")
    enrol(client)
    again(client, "administrator")
    agent_id = house.scheme.actors["administrator"].agent_id
    stranger = house.app.test_client()
    for typed in (f"second factor {agent_id}", f"second step\0{agent_id}") * 5:
        send(stranger, "/connexion", email=typed, password="n’importe quoi")

    tries = [send(client, SECOND, code="123456").status_code for _ in range(6)]

    assert tries == [422] * 5 + [429]
    assert "trop d’essais" in send(client, SECOND, code="123456").text.lower()


def test_a_session_ends_on_the_server_wherever_its_cookie_is(house: House) -> None:
    here, there, third = (sign_in(house, "coordinator") for _ in range(3))
    # The password was set anew for each: what came before it has ended.
    assert here.get("/commandes").location.startswith("/connexion")
    here, there = again(here, "coordinator"), again(there, "coordinator")
    stolen = there.get_cookie(COOKIE)
    page = here.get("/mon-compte/connexions").text
    assert page.count("Celle-ci") == 1

    ends = [f.attributes["action"] for f in markup.read(page).all("form") if "fin" in str(f)]
    ends = re.findall(r'action="(/mon-compte/connexions/[0-9a-f-]{36}/fin)"', page)
    assert len(ends) == 2
    assert here.post(ends[0], data=fields(page)).status_code == 303
    assert here.post(ends[0], data=fields(page)).status_code == 303, "a double click is harmless"
    assert there.post(ends[1], data=fields(page)).status_code in {302, 403}
    assert here.post("/mon-compte/connexions/autres/fin", data=fields(page)).status_code == 303
    for other in (there, third):
        assert other.get("/commandes").location.startswith("/connexion?")
    assert here.get("/commandes").status_code == 200

    own = here.get_cookie(COOKIE)
    here.post("/deconnexion", data=fields(here.get("/commandes").text))
    for kept in (own, stolen):
        assert kept is not None
        here.set_cookie(COOKIE, kept.value)
        assert here.get("/commandes").location.startswith("/connexion?")
    with house.database.transaction(writing=False) as session:
        assert all(len(h) == 32 for h in session.scalars(select(AgentSession.token_hash)))


def test_a_session_is_over_after_a_while_without_an_act_and_in_all(house: House) -> None:
    house.app.extensions["passnum_settings"] = type(house.app.extensions["passnum_settings"])(
        **{
            name: getattr(house.app.extensions["passnum_settings"], name)
            for name in house.app.extensions["passnum_settings"].__slots__
        }
        | {"session_minutes": {"coordinator": (3 * 24 * 60, 5 * 24 * 60)}}
    )
    client = sign_in(house, "coordinator")

    house.clock.days = 2
    assert client.get("/commandes").status_code == 200, "seen, so the three days begin anew"
    house.clock.days = 4
    assert client.get("/commandes").status_code == 200
    house.clock.days = 5
    assert "reason=expired" in client.get("/commandes").location
    house.clock.days = 400
    sign_in(house, "coordinator")
    assert count(house, AgentSession) == 1, "what is a year old is forgotten"


def test_an_administrator_resets_anothers_factors_for_a_reason_and_never_their_own(
    house: House,
) -> None:
    finance = sign_in(house, "finance")
    enrol(finance)
    agents = {n: a.agent_id for n, a in house.scheme.actors.items()}
    path = f"/comptes/{agents['finance']}/securite"
    admin = house.signed_in("administrator").client
    page = admin.get(path).text
    assert "Application de codes" in page
    act = f"{path}/seconds-facteurs"

    assert admin.post(act, data=fields(page, "formulaire") | {"reason": "x"}).status_code == 422
    no_reason = admin.post(act, data=fields(page, "formulaire") | {"sure": "oui"})
    assert no_reason.status_code == 422
    typed = fields(page, "formulaire") | {"reason": "téléphone perdu", "sure": "oui"}
    assert admin.post(act, data=typed).status_code == 303
    assert finance.get("/commandes").location.startswith("/connexion?")
    assert again(finance, "finance").get("/commandes").location == FACTORS
    own = f"/comptes/{agents['administrator']}/securite/seconds-facteurs"
    assert admin.post(own, data=typed).status_code == 403
    for name in ("coordinator", "exo7"):
        client = house.signed_in(name).client
        assert client.get(path).status_code == 403
        assert (
            client.post(
                act, data=fields(client.get("/mon-compte/connexions").text) | typed
            ).status_code
            == 403
        )

    with house.database.transaction(writing=False) as session:
        letter = session.scalars(select(Mail).order_by(Mail.queued_at.desc(), Mail.id.desc()))
        assert any("téléphone perdu" in mail.body for mail in letter)
