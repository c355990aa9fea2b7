"""Practising: the whole gesture on the real pages, and the real database knows nothing of it."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.config import Settings
from app.database import Model
from app.database.connections import Database
from app.factory import training
from app.kernel import codes
from app.kernel import training as papers
from app.kernel.clock import martinique_day
from app.training.copies import PAGE_BYTES, Copies
from app.training.door import TRAINING
from app.training.mount import Training
from app.training.rules import COOKIE, DOOR, KEPT_FOR, MOST, PAGE_COOKIE, PREFIX, settings_of
from app.web.cookie import COOKIE as REAL
from tests.api.house import Clock, House
from tests.papers import reading

ON_SQLITE = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)], indirect=True
)
"""What is asked of the training alone: it is on SQLite whatever the real database is."""


@dataclass(frozen=True)
class Practising:
    """A house where people may practise, and where its copies lie."""

    house: House
    copies: Copies
    clock: Clock
    """The time of those who practise."""

    def begin(self, name: str) -> FlaskClient:
        """Somebody signs in for real, and goes to practise."""
        client = self.house.signed_in(name).client
        answer = send(client, DOOR, geste="commencer")
        assert answer.status_code == 303, answer.text
        assert answer.location == f"{PREFIX}/parcours"
        return client


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Training, Clock]]:
    """The application of those who practise, for this module: telling its story takes a second."""
    folder, clock = tmp_path_factory.mktemp("training"), Clock()
    settings = Settings(
        data_dir=folder, database_url="", owner_database_url="", secret_key=b"of real pages" * 3
    )
    made = training(settings, clock)
    yield made, clock
    for name in list(made.copies._opened):  # noqa: SLF001 - files of this module, given back
        made.copies._opened.pop(name).close()  # noqa: SLF001


@pytest.fixture
def practising(house: House, shared: tuple[Training, Clock]) -> Practising:
    """A house of this test's own, whose door leads there."""
    made, clock = shared
    clock.days = 0
    house.app.extensions[TRAINING] = made
    return Practising(house, made.copies, clock)


Typed = dict[str, str | list[str]]


def send(client: FlaskClient, path: str, **typed: str | list[str]) -> TestResponse:
    """Open a page and send its last form."""
    page = client.get(path)
    assert page.status_code == 200, (path, page.text)
    hidden = re.findall(r'<input type="hidden" name="(csrf_token|id)" value="([^"]*)"', page.text)
    return client.post(path, data=dict(hidden) | typed)


def today() -> str:
    """The day it is in Martinique, as a date field sends it."""
    return martinique_day(datetime.now(UTC)).isoformat()


def said(answer: TestResponse) -> str:
    """What a page says."""
    bare = unescape(re.sub(r"<[^>]+>", "", answer.text))
    return " ".join(bare.split())


def rows(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    with database.transaction(writing=False) as session:
        return {
            name: session.scalar(text(f"select count(*) from {name}")) or 0  # noqa: S608 - our own
            for name in Model.metadata.tables
        }


PERSON: Typed = {
    "surname": "Démonstration",
    "first_name": "Odile",
    "birth_year": "1955",
    "commune": "Le Lorrain",
    "public": "senior",
}
NEED: Typed = {
    **{f"q{number}": "1" for number in range(7)},
    "signature": "screen",
    "engagement": ["0", "1", "2"],
    "atteste": "oui",
}


def hand_over(client: FlaskClient, booklet: str) -> TestResponse:
    """The three steps, as one sends them; the page that answers the last."""
    inside = f"{PREFIX}/remises/nouvelle"
    need = send(client, inside, **PERSON).location
    booklet_step = send(client, need, **NEED).location
    page = client.get(booklet_step)
    place = re.findall(r'name="lieu" value="([^"]+)"', page.text)[0]
    return client.post(
        booklet_step,
        data={"csrf_token": token(page), "carnets": booklet, "lieu": place},
        follow_redirects=True,
    )


def token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def test_a_whole_training_leaves_the_real_database_as_it_was(practising: Practising) -> None:
    house = practising.house
    before = rows(house.database)
    client = practising.begin("ccas")

    made = hand_over(client, "00E 00013")
    assert "5 pass à Odile Démonstration" in said(made)
    assert "ENTRAÎNEMENT" in made.text
    assert "Étape 2 sur 3" in said(made)
    letter = client.get(f"{made.request.path}/lettre.pdf")
    assert "SPÉCIMEN" in " ".join(reading.words(letter.data))
    send(client, f"{PREFIX}/parcours")
    client.post(f"{PREFIX}/role", data={"csrf_token": token(client.get(f"{PREFIX}/parcours"))})
    code = codes.written(codes.derive(papers.KEY, 121))
    taken = send(client, f"{PREFIX}/encaisser", codes=code, jour=today())
    assert "Accepté" in said(taken)
    meaning = said(client.get(f"{PREFIX}/bilan"))

    assert "Vous avez remis 5 pass" in meaning
    assert "Le pass 00E 00013 01 84, de votre carnet" in meaning
    after = rows(house.database)
    # Signing in is real; so are the two rows that the test's own sign-in makes.
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"agent_session", "account_event"}


@ON_SQLITE
def test_nobody_gets_in_but_by_the_door(practising: Practising) -> None:
    house = practising.house
    client = practising.begin("ccas")
    cookie = client.get_cookie(COOKIE, path=PREFIX)
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", PREFIX)
    name, _, secret = cookie.value.partition(".")
    stranger = house.app.test_client()

    for forged in (
        "",
        secret,
        f"{name[:-1]}{'0' if name[-1] != '0' else '1'}.{secret}",
        f"../../passnum.{secret}",
        f"{name}.{'a' * len(secret)}",
        name,
    ):
        stranger.set_cookie(COOKIE, forged, path=PREFIX)
        answer = stranger.get(f"{PREFIX}/mes-personnes", follow_redirects=False)
        if not answer.location.startswith(DOOR):
            answer = stranger.get(answer.location)
        assert (answer.status_code, answer.location.partition("?")[0]) == (303, DOOR), forged
    # Neither session opens the other side.
    stranger.set_cookie(REAL, secret)
    assert stranger.get("/mes-personnes").location.startswith("/connexion")
    real = client.get_cookie(REAL)
    assert real is not None
    stranger.set_cookie(COOKIE, f"{name}.{real.value}", path=PREFIX)
    assert stranger.get(f"{PREFIX}/mes-personnes").status_code != 200
    # A form of another site opens nothing, and roles without a training have no door.
    assert client.post(DOOR, data={"geste": "commencer"}).status_code == 403
    assert house.signed_in("finance").client.get(DOOR).status_code == 403


@ON_SQLITE
def test_leaving_one_leaves_the_other_and_time_ends_both(practising: Practising) -> None:
    client = practising.begin("ccas")
    page = client.get(f"{PREFIX}/parcours")
    for header in ("Content-Security-Policy", "X-Content-Type-Options", "Cache-Control"):
        assert page.headers[header] == client.get("/stock").headers[header]
    for closed in ("mon-compte", "comptes", "appareils/nouveau"):
        assert "à l’entraînement" in said(client.get(f"{PREFIX}/{closed}")), closed
    for outside in ("connexion", "healthz", "connexion?next=//ailleurs.example"):
        assert client.get(f"{PREFIX}/{outside}").location == DOOR
    assert client.get_cookie(PAGE_COOKIE, path=PREFIX) is not None

    answer = client.post(f"{PREFIX}/deconnexion", data={"csrf_token": token(page)})

    assert answer.location.startswith(f"{PREFIX}/connexion")
    assert "quitté l’entraînement" in said(client.get(answer.location, follow_redirects=True))
    assert client.get(f"{PREFIX}/parcours").location == DOOR
    assert client.get("/stock").status_code == 200
    assert "Reprendre l’entraînement" in said(client.get(DOOR))
    assert send(client, DOOR, geste="reprendre").status_code == 303
    assert client.get(f"{PREFIX}/parcours").status_code == 200
    practising.clock.days = 3
    assert client.get(f"{PREFIX}/parcours").location.startswith(f"{PREFIX}/connexion")


@ON_SQLITE
def test_who_changed_sides_and_who_filled_a_copy_are_told_how_to_go_on(
    practising: Practising, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = practising.begin("ccas")
    client.post(f"{PREFIX}/role", data={"csrf_token": token(client.get(f"{PREFIX}/parcours"))})

    other = client.get(f"{PREFIX}/remises/nouvelle")
    assert (other.status_code, "changer de rôle" in said(other)) == (403, True)
    client.post(
        f"{PREFIX}/recommencer", data={"csrf_token": token(client.get(f"{PREFIX}/parcours"))}
    )
    assert "Choisissez une personne inventée" in said(client.get(f"{PREFIX}/parcours"))

    # A copy that is opened now has less room than it takes.
    monkeypatch.setattr("app.training.copies.LARGEST", PAGE_BYTES)
    while practising.copies._opened:  # noqa: SLF001 - each is opened again
        practising.copies._opened.popitem()[1].close()  # noqa: SLF001
    number, full = 0, other
    while full.status_code != 422 and number < 99:
        number += 1
        full = send(client, f"{PREFIX}/remises/nouvelle", **PERSON | {"surname": f"D{number:a>2}"})
    assert (full.status_code, "est plein" in said(full)) == (422, True)
    monkeypatch.undo()
    assert send(client, DOOR, geste="commencer").status_code == 303


@ON_SQLITE
def test_each_has_a_copy_of_their_own_and_old_ones_go(practising: Practising) -> None:
    copies = practising.copies
    first, second = practising.begin("ccas"), practising.begin("exo7")

    assert "Odile" in said(hand_over(first, "00E 00013"))
    assert "Vous n’avez encore rien fait" in said(second.get(f"{PREFIX}/bilan"))
    held = {path.stem for path in copies.shelf.glob("*-*.db")}
    first.post(f"{PREFIX}/recommencer", data={"csrf_token": token(first.get(f"{PREFIX}/parcours"))})
    assert "Vous n’avez encore rien fait" in said(first.get(f"{PREFIX}/bilan"))
    assert second.get(f"{PREFIX}/bilan").status_code == 200

    kept = {path.stem for path in copies.shelf.glob("*-*.db")}
    assert len(held & kept) == len(held) - 1
    long_ago = (datetime.now(UTC) - KEPT_FOR - timedelta(hours=1)).timestamp()
    for path in copies.shelf.glob("*-*.db*"):
        os.utime(path, (long_ago, long_ago))
    name = copies.begin("f" * 32, now=datetime.now(UTC))
    assert [path.stem for path in copies.shelf.glob("*-*.db")] == [name]
    assert "n’est plus là" in said(second.get(f"{PREFIX}/bilan", follow_redirects=True))
    for number in range(MOST + 2):
        (copies.shelf / f"{number:032x}-{'0' * 32}.db").touch()
    copies.begin("e" * 32, now=datetime.now(UTC))
    assert len(list(copies.shelf.glob("*-*.db"))) == MOST


def test_papers_of_one_are_refused_by_the_other_with_the_reason(practising: Practising) -> None:
    house = practising.house
    code = codes.derive(papers.KEY, 121)
    cover = codes.derive_cover(papers.KEY, 13)
    mediator, prescriber = house.signed_in("exo7"), house.signed_in("ccas")
    outside = "C’est un papier d’entraînement"
    inside = "n’est pas un carnet d’entraînement"

    assert outside in said(send(mediator.client, "/encaisser", codes=code, jour=today()))
    assert mediator.post("/vouchers/lookup", {"code": code}).code == "training_paper"
    for typed in ("00E 00013", "00E 00013 01", code, cover):
        assert outside in said(send(prescriber.client, "/pass", typed=typed)), typed
    assert "pour s’entraîner" in said(house.nobody().client.get(f"/C/{cover}"))
    client = practising.begin("exo7")
    unknown = codes.derive(b"a key of money" * 3, 7)
    assert inside in said(send(client, f"{PREFIX}/encaisser", codes=unknown, jour=today()))
    assert inside in said(send(client, f"{PREFIX}/pass", typed="26A 00001"))


def ways(page: str) -> set[str]:
    """Everything that a page leads to, sends to, or is told to ask by itself."""
    found = re.findall(r'(?:href|action|data-[a-z]+)="(/[^"]*)"', page)
    return {unescape(address).partition("#")[0] for address in found}


@ON_SQLITE
@pytest.mark.parametrize("name", ["ccas", pytest.param("exo7", marks=pytest.mark.deep)])
def test_no_page_of_a_training_leads_to_a_real_one(practising: Practising, name: str) -> None:
    client = practising.begin(name)
    if name == "ccas":
        hand_over(client, "00E 00013")
    to_see, seen = {f"{PREFIX}/", f"{PREFIX}/parcours"}, set()

    while to_see:
        path = min(to_see)
        to_see.remove(path)
        # One page of each kind: another record has the same links.
        kind = re.sub(r"[0-9a-f-]{36}|[0-9]+[A-Z]?[0-9]*", "*", path)
        if kind in seen:
            continue
        seen.add(kind)
        answer = client.get(path)
        assert answer.status_code < 500, path
        if answer.status_code in {302, 303, 308}:
            assert answer.location == DOOR or answer.location.startswith(f"{PREFIX}/"), path
            to_see |= {answer.location} - {DOOR}
            continue
        if answer.mimetype != "text/html":
            continue
        for way in ways(answer.text) - {"/"}:
            assert way.startswith((f"{PREFIX}/", "/static/")), (path, way)
            if "?" not in way and not way.endswith((".pdf", ".csv", ".xlsx", ".zip")):
                to_see |= {way} if way.startswith(PREFIX) else set()
    assert len(seen) > 20


@ON_SQLITE
def test_its_secrets_are_others_and_no_letter_leaves(practising: Practising) -> None:
    real = practising.house.app.extensions["passnum_settings"]

    inside = settings_of(real, "sqlite:///x.db")

    assert inside.secret_key != real.secret_key
    assert (inside.mail_server, inside.proconnect) == (None, None)
    assert real.key_dir not in (inside.key_dir, *inside.key_dir.parents)
