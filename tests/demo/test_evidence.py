"""What the accountant reads and takes away: the journal, and the documents of a period."""

import hashlib
from collections import Counter
from csv import DictReader
from dataclasses import replace
from io import BytesIO, StringIO
from zipfile import ZipFile

from sqlalchemy import func, select

from app.clearing.models import StatementApproval
from app.database.lists import Place
from app.identity.models import Agent
from app.identity.rules import Role
from app.identity.service import actor_of
from app.kernel.clock import martinique_day
from app.kernel.text import file_word
from app.ledger import MovementKind
from app.ledger.models import AccountRow, Movement
from app.partners.models import Organisation
from app.prescribers.custody_models import Consignment
from app.reports import evidence, journal
from app.reports.snapshots import take_snapshot
from tests.demo.conftest import NOW, Loaded


def test_the_archive_of_a_year_holds_every_document_and_their_digests(loaded: Loaded) -> None:
    today = martinique_day(NOW)
    with loaded.database.transaction(writing=False) as session:
        agent = session.scalars(select(Agent).where(Agent.role == Role.ACCOUNTANT)).first()
        assert agent is not None
        asking = evidence.Asking(
            actor_of(agent, by_token=False),
            today.replace(month=1, day=1),
            today,
            "HTTPS://PASSNUM.EXEMPLE.FR",
            NOW,
            specimen=True,
        )
        pieces = evidence.pieces_of(session, asking)
        counts = evidence.counted(session, asking)
        approved = session.scalar(select(func.count()).select_from(StatementApproval))
        sent = session.scalar(select(func.count()).select_from(Consignment))
    assert counts["07-bordereaux"] == 2 * (approved or 0)
    assert counts["03-dotations"] == sent
    held = {folder: count for folder, count in counts.items() if count}
    assert held == Counter(piece.folder for piece in pieces)

    # One document of each kind: papers are rendered one by one, and all alike.
    first = {piece.folder + piece.name[-3:]: piece for piece in pieces}.values()
    out = BytesIO()
    evidence.write_archive(out, loaded.database, list(first), specimen=True)

    with ZipFile(out) as archive:
        contents = archive.read("sommaire.csv").decode("utf-8-sig")
        rows = list(DictReader(StringIO(contents), delimiter=";"))
        assert {row["Fichier"] for row in rows} | {"sommaire.csv"} == set(archive.namelist())
        for row in rows:
            content = archive.read(row["Fichier"])
            assert hashlib.sha256(content).hexdigest() == row["Empreinte SHA-256"]
            assert content.startswith((b"%PDF", "\ufeff".encode()))
        [register] = [row for row in rows if "11-registres" in row["Fichier"]]
        assert register["Fichier"].endswith(f"-{file_word(register['Détenteur'])}.csv")
        told = archive.read(register["Fichier"]).decode("utf-8-sig")
        lines = list(DictReader(StringIO(told), delimiter=";"))
        assert {line["Détenteur"] for line in lines} == {register["Détenteur"]} != {""}


def test_the_journal_tells_every_movement_once_and_finds_what_is_rare(loaded: Loaded) -> None:
    today = martinique_day(NOW)
    year = journal.Wanted(today.replace(month=1, day=1), today)
    with loaded.database.session() as session:  # what is summed here is rolled back
        agent = session.scalars(select(Agent).where(Agent.role == Role.AUDITOR)).first()
        assert agent is not None
        actor = actor_of(agent, by_token=False)
        partner = session.scalars(select(Organisation).where(Organisation.name == "Exo 7")).one()

        def numbers(wanted: journal.Wanted, *, down: bool = False) -> list[int]:
            told: list[int] = []
            place = Place(500, descending=down)
            while found := journal.lines(session, place, actor=actor, wanted=wanted, now=NOW):
                told += [line.number for line in found]
                place = replace(place, after=told[-1])
            return told

        rare = replace(year, kind=MovementKind.UNDO), replace(year, vintage_id=2)
        unsummed = [numbers(wanted) for wanted in rare]
        while take_snapshot(session, now=NOW):
            pass
        assert [numbers(wanted) for wanted in rare] == unsummed
        everything = numbers(year)
        voids = numbers(replace(year, kind=MovementKind.VOID))
        theirs = numbers(replace(year, kind=MovementKind.REDEEM, party_id=partner.id))
        assert numbers(year, down=True) == everything[::-1]
        assert numbers(replace(year, kind=MovementKind.VOID), down=True) == voids[::-1]
        rows = session.execute(select(Movement.id, Movement.kind)).all()
        taken = session.scalars(
            select(Movement.id)
            .join(AccountRow, AccountRow.id == Movement.credit_account_id)
            .where(Movement.kind == MovementKind.REDEEM, AccountRow.party_id == partner.id)
        ).all()

    assert everything == sorted(key for key, _ in rows)
    assert voids == sorted(key for key, kind in rows if kind == MovementKind.VOID) != []
    assert theirs == sorted(taken) != []
