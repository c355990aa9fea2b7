"""Long work by its pages: asked for once, killed, done all the same, taken away, forgotten."""

import hashlib
import os
import re
import signal
from csv import DictReader
from dataclasses import replace
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.config import Settings
from app.database.connections import Database
from app.identity.models import Agent
from app.identity.rules import Role
from app.kernel.ids import request_hash
from app.orders import queries as orders
from app.orders.models import BookletOrder
from app.places import background as places
from app.printing import background as printing
from app.programmes.service import create_vintage
from app.reports import evidence
from app.server import doers
from app.takeover import background as takeovers
from app.web import lists
from app.works import doing
from app.works.models import Work
from app.works.rules import LANES, SILENCE, WAITED_FOR, Progress, WorkKind
from app.works.shelf import Shelf
from tests.api.house import House
from tests.api.test_place_pages import FILE, sent
from tests.opening import TEN_EUROS
from tests.orders.test_order_pages import flat

HEAD = "Millésime;Premier carnet;Dernier carnet;Taille;Lieu;Prescripteur;Codes\n"


@pytest.fixture(autouse=True)
def few_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds of papers are enough here: tests/demo looks at one of each."""
    kinds = ("02-livraisons", "07-bordereaux")
    few = [one for one in evidence.DOCUMENTS if one.folder in kinds]
    monkeypatch.setattr(evidence, "DOCUMENTS", few)
    monkeypatch.setattr(evidence, "_registers", lambda _session, _asking: iter(()))


def settings_of(house: House) -> Settings:
    settings = house.app.extensions["passnum_settings"]
    assert isinstance(settings, Settings)
    return settings


def look(house: House, *, later: timedelta = timedelta(), database: Database | None = None) -> bool:
    """What a server does every second: everything that waits; whether there was anything."""
    settings, done = settings_of(house), False
    while doing.do_next(
        database or house.database,
        doers=doers(settings, house.app),
        secret_key=settings.secret_key,
        shelf=Shelf.of(settings.data_dir),
        clock=lambda: house.clock() + later,
    ):
        done = True
    return done


def killed_in_the_middle(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """kill -9 of a process of its own once it has written two papers."""
    child = os.fork()
    if child:
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        return
    monkeypatch.setattr(doing, "BOARD", Deadly())
    try:
        look(house, database=Database(house.database.url))
    finally:
        os._exit(0)


class Deadly(dict[object, Progress]):
    """A board that kills whoever says that two are done."""

    def __setitem__(self, key: object, said: Progress) -> None:
        if said.done_count == 2:
            os.kill(os.getpid(), signal.SIGKILL)


def asked_for(client: FlaskClient, period: str = "") -> str:
    """Ask for the archive of a period; the page of the work that makes it."""
    address, said = sent(client, f"/pieces{period}", {})
    assert address.startswith("/travaux/"), said
    return address


def shelved(house: House) -> list[Path]:
    return sorted((settings_of(house).data_dir / "works").iterdir())


def test_an_archive_is_made_whoever_is_killed_and_only_its_asker_takes_it(
    used_up: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = used_up
    accountant = house.signed_in("accountant", anew=True).client
    auditor = house.signed_in("auditor", anew=True).client
    before = accountant.get("/pieces?du=2020-01-01&au=2020-02-01").text
    assert "n’a aucune pièce" in before
    assert "Préparer" not in before

    work = asked_for(accountant)
    assert asked_for(accountant) == work
    killed_in_the_middle(house, monkeypatch)
    assert not look(house)
    (left_behind,) = shelved(house)
    assert "En cours" in accountant.get(work).text

    assert look(house, later=SILENCE + timedelta(seconds=1))
    assert asked_for(accountant) == work
    shown = flat(accountant.get(work).text)
    answer = accountant.get(f"{work}/fichier", buffered=True)
    assert answer.content_type == "application/zip"
    assert hashlib.sha256(answer.data).hexdigest() in shown
    with ZipFile(BytesIO(answer.data)) as archive:
        assert "sommaire.csv" in archive.namelist()
        assert f"{len(archive.namelist()) - 1} pièces" in shown
        # The chain wrote a false digest down: that paper is missed by name, the others are there.
        rows = list(
            DictReader(StringIO(archive.read("sommaire.csv").decode("utf-8-sig")), delimiter=";")
        )
        (missed,) = (row["Fichier"] for row in rows if row["Pourquoi la pièce manque"])
        assert "1 pièce n’a pas pu être faite" in shown
        held = {row["Fichier"] for row in rows} - {missed}
        assert held | {"sommaire.csv"} == set(archive.namelist())
    rest = accountant.get(f"{work}/fichier", buffered=True, headers={"Range": "bytes=100-"})
    assert (rest.status_code, rest.data) == (206, answer.data[100:])
    assert answer.headers["Cache-Control"] == "no-store"

    for other in (auditor, house.signed_in("exo7", anew=True).client):
        assert other.get(work).status_code == 404
        assert other.get(f"{work}/fichier", buffered=True).status_code == 404
    theirs = asked_for(auditor)
    assert theirs != work
    assert auditor.get(f"{theirs}/fichier", buffered=True).status_code == 404
    look(house)
    assert auditor.get(f"{theirs}/fichier", buffered=True).data == answer.data

    assert "à télécharger" in accountant.get("/travaux").text
    assert "La télécharger" in accountant.get("/aujourd-hui").text
    shelf = Shelf.of(settings_of(house).data_dir)
    doing.forget_old(house.database, shelf=shelf, now=house.clock() + timedelta(hours=2))
    assert left_behind not in shelved(house)
    assert len(shelved(house)) == 2
    house.clock.days += 5
    doing.forget_old(house.database, shelf=shelf, now=house.clock())
    assert shelved(house) == []
    assert "n’est plus gardé" in accountant.get(work).text
    assert accountant.get(f"{work}/fichier", buffered=True).status_code == 404
    assert asked_for(accountant) != work


def test_without_script_the_page_comes_again_for_whoever_asks_it_to(
    used_up: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "DOCUMENTS", evidence.DOCUMENTS[:1])
    client = used_up.signed_in("auditor", anew=True).client
    work = asked_for(client, "?du=2026-01-01")
    try:
        page = client.get(work)
        assert "Refresh" not in page.headers
        (address,) = re.findall(r'href="([^"]+suivi=oui)"', page.text)
        again = client.get(address)
        assert again.headers["Refresh"] == "10"
        assert "Ne plus l’actualiser" in again.text
    finally:
        look(used_up)
    assert "Refresh" not in client.get(address).headers


def test_a_long_takeover_is_read_and_approved_in_the_background(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeovers, "BYTES_AT_ONCE", 0)
    monkeypatch.setattr(takeovers, "PASSES_AT_ONCE", 0)
    scheme = house.scheme
    with house.database.transaction() as session:
        create_vintage(
            session,
            actor=scheme.actors["coordinator"],
            programme_id=scheme.programme_id,
            label="25R",
            face_value_cents=TEN_EUROS,
            valid_from=scheme.today,
            valid_until=scheme.today + timedelta(days=30),
            tolerance_days=31,
            keys=scheme.keys,
            now=scheme.now,
            taken_over=True,
        )
    coordinator = house.signed_in("coordinator").client
    finance = house.signed_in("finance").client

    def sends(lines: str) -> str:
        typed = {
            "programme_id": str(scheme.programme_id),
            "counted_on": scheme.today.isoformat(),
            "file": (BytesIO((HEAD + lines).encode()), "carnets.csv"),
        }
        work = sent(coordinator, "/reprise", typed)[0]
        assert look(house)
        return work

    refused = flat(coordinator.get(sends("25R;1;3;10;quelque part;;\n")).text)
    assert "Ligne 2 Lieu « quelque part »" in refused
    assert "Recommencer" in refused

    done = coordinator.get(sends("25R;1;3;10;stock;;\n")).text
    (paper,) = re.findall(r'class="btn" href="(/reprise/[^"]+)"', done)
    assert "ne peut pas approuver" not in done
    typed = {"voucher_count": "29", "counted": "oui"}
    assert "Le total lu n’est pas celui" in sent(finance, paper, typed, 409)[1]
    work = sent(finance, paper, typed | {"voucher_count": "30"})[0]
    assert look(house)
    assert "La reprise est approuvée" in finance.get(work).text
    assert "approuvé" in finance.get(paper).text


def test_prints_and_places_in_large_numbers_go_on_in_the_background(
    used_up: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = used_up
    monkeypatch.setattr(printing, "AT_ONCE", 0)
    monkeypatch.setattr(places, "AT_ONCE", 0)
    settings = replace(
        settings_of(house), public_url="https://pass.exemple.fr", help_line="0596 00 11 22"
    )
    house.app.extensions["passnum_settings"] = settings
    client = house.signed_in("coordinator", anew=True).client

    with house.database.transaction(writing=False) as session:
        order = session.get_one(BookletOrder, house.lived.ids["sent order"])
        (first, *_) = orders.allotments(session, order.id)
    typed = {
        "kind": "booklets",
        "first": str(first.first_booklet),
        "last": str(first.first_booklet),
        "large": "non",
        "reason": "Abîmés",
    }
    work, said = sent(client, f"/impression/nouvelle/{order.number}", typed)
    assert work.startswith("/travaux/"), said
    assert look(house)
    assert "est notée" in client.get(work).text

    rows, _ = sent(client, "/lieux/fichiers", {"file": (BytesIO(FILE.encode()), "lieux.csv")})
    work, _ = sent(client, rows, {"lines": "2", "kind_2": "company"})
    assert look(house)
    assert "L’annuaire a repris 1 ligne" in flat(client.get(work).text)


def test_what_nobody_has_done_in_a_week_is_given_up(used_up: House) -> None:
    client = used_up.signed_in("accountant", anew=True).client
    work = asked_for(client, "?du=2026-02-01")
    shelf = Shelf.of(settings_of(used_up).data_dir)
    doing.forget_old(used_up.database, shelf=shelf, now=used_up.clock())
    assert "En attente" in client.get(work).text

    used_up.clock.days += WAITED_FOR.days
    doing.forget_old(used_up.database, shelf=shelf, now=used_up.clock())
    assert "Personne n’a pu faire ce travail" in client.get(work).text
    assert not look(used_up)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_file_of_a_long_list_is_made_later_and_is_what_the_list_shows(
    used_up: House, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    house = used_up
    coordinator = house.signed_in("coordinator", anew=True).client
    asked = f"/partenaires.{ending}?nature=association&tri=-nom&du=Durand"
    at_once = coordinator.get(asked).data
    monkeypatch.setattr(lists, "ROWS_AT_ONCE", 2)

    work = coordinator.get(asked).headers["Location"]
    assert work == coordinator.get(asked).headers["Location"]
    assert work != coordinator.get(f"/partenaires.{ending}").headers["Location"]
    assert "En attente" in coordinator.get(work).text
    with house.database.transaction() as session:
        kept = session.get_one(Work, UUID(work.rpartition("/")[2]))
        digest = hashlib.sha256(asked.encode()).hexdigest()
        said = {"kind": kept.kind, "asked": kept.asked, "by": kept.asked_by}
        assert kept.request_hash != request_hash("work", content=digest, **said)
        assert "Durand" not in str(kept.asked)
    assert look(house)

    page = flat(coordinator.get(work).text)
    assert "Fichier d’une liste, Partenaires" in page
    assert "lignes" in page
    later = coordinator.get(f"{work}/fichier")
    assert (later.status_code, later.data) == (200, at_once)
    later.close()
    assert house.signed_in("coordinator2").client.get(f"{work}/fichier").status_code == 404


def test_who_changed_role_takes_no_list_away(
    used_up: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = used_up
    monkeypatch.setattr(lists, "ROWS_AT_ONCE", 0)
    finance = house.signed_in("finance2", anew=True).client
    made, waits = (
        finance.get(f"/partenaires.{ending}").headers["Location"] for ending in ("csv", "xlsx")
    )
    assert look(house)
    with house.database.transaction() as session:
        number = house.scheme.actors["finance2"].agent_id
        session.execute(update(Agent).where(Agent.id == number).values(role=Role.AUDITOR))
    assert finance.get(f"{made}/fichier").status_code == 403
    assert finance.get(waits).status_code == 200


def test_every_kind_has_its_doer_and_its_lane(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url="", owner_database_url="")
    assert set(doers(settings, Flask("nobody"))) == set(WorkKind) == LANES[0] | LANES[1]
    assert not LANES[0] & LANES[1]
