"""Letters, handed in to a real mail server that takes them, puts them off, or refuses."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config import MailServer, Security, SettingRefused, Settings
from app.database.connections import Database
from app.identity.models import Agent
from app.identity.rules import Role
from app.identity.service import create_agent
from app.kernel.ids import new_id
from app.mails.models import Mail
from app.mails.outbox import opened_link, write_mail, write_to_person
from app.mails.rules import MailKind, MailState
from app.mails.sending import LINK_LOST, Sent, send_due
from app.mails.wording import Letter, written
from app.partners.rules import OrganisationKind
from app.partners.service import register_organisation
from tests.databases import Databases
from tests.mails.post_office import free_port, open_office

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
LINK = "/invitation/secret-of-the-link"
KEY = bytes(32)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def post(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    """A database with somebody to write to."""
    url = databases.clone(request.param)
    database = Database(url)
    with database.transaction() as session:
        plie = register_organisation(
            session,
            actor=None,
            organisation_id=new_id(),
            kind=OrganisationKind.PLIE,
            name="PLIE",
            commune="Le Lorrain",
            siret=None,
            now=NOW,
        )
        create_agent(
            session,
            actor=None,
            email="rosalie@exemple.fr",
            name="Rosalie Exemple",
            role=Role.PRESCRIBER,
            organisation_id=plie.id,
            password=None,
            now=NOW,
        )
    yield database
    database.close()
    databases.drop(url)


def letter(database: Database, *, now: datetime = NOW) -> Mail:
    """An invitation in the outbox."""
    with database.transaction() as session:
        agent = session.scalars(select(Agent)).one()
        until = "27 novembre 2026 à 10 h"
        return write_mail(
            session,
            kind=MailKind.INVITATION,
            agent_id=agent.id,
            address=agent.email,
            letter=written(
                MailKind.INVITATION,
                authority="CAP Nord Martinique",
                organisation="Le PLIE",
                role="Prescripteur",
                until=until,
            ),
            now=now,
            link=LINK,
            useful_until=now + timedelta(days=7),
            key=KEY,
        )


def settings(folder: Path, server: MailServer | None) -> Settings:
    return Settings(folder, "", "", mail_server=server, secret_key=KEY)


def again(session: Session, mail: Mail) -> Mail:
    return session.get_one(Mail, mail.id)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_letter_leaves_once_by_a_protected_road(
    post: Database, tmp_path: Path, security: Security
) -> None:
    mail = letter(post)
    with open_office(tmp_path, security) as (office, server):
        first = send_due(post, settings(tmp_path, server), now=NOW)
        second = send_due(post, settings(tmp_path, server), now=NOW + timedelta(days=1))

    [taken] = office.taken
    plain, page = (part.get_content() for part in taken.iter_parts())
    assert (first, second) == (Sent(sent=1), Sent())
    assert taken["Message-ID"] == f"<{mail.id}@capnord.example>"
    assert taken["To"] == "rosalie@exemple.fr"
    assert "Le PLIE" in plain
    assert f"https://pass.capnord.example{LINK}" in plain
    assert f'href="https://pass.capnord.example{LINK}"' in page
    with post.transaction(writing=False) as session:
        sent = again(session, mail)
        assert (sent.state, sent.attempt_count, sent.sealed_link) == (MailState.SENT, 1, None)


def test_a_letter_put_off_is_tried_later_under_the_same_name(
    post: Database, tmp_path: Path
) -> None:
    mail = letter(post)
    with open_office(tmp_path, Security.STARTTLS) as (office, server):
        office.answers = ["451 greylisted, try again", "421 busy"]
        rounds = [
            send_due(post, settings(tmp_path, server), now=NOW + after * MINUTE)
            for after in (0, 0.5, 1, 5, 6)
        ]

    assert rounds == [Sent(put_off=1), Sent(), Sent(put_off=1), Sent(), Sent(sent=1)]
    assert [taken["Message-ID"] for taken in office.taken] == [f"<{mail.id}@capnord.example>"]


def test_a_letter_refused_for_good_is_not_tried_again_and_says_why(
    post: Database, tmp_path: Path
) -> None:
    mail = letter(post)
    with open_office(tmp_path, Security.STARTTLS) as (office, server):
        office.answers = ["550 no such mailbox"]
        rounds = [
            send_due(post, settings(tmp_path, server), now=NOW + timedelta(hours=h))
            for h in (0, 24)
        ]

    assert (rounds, office.taken) == ([Sent(failed=1), Sent()], [])
    with post.transaction(writing=False) as session:
        failed = again(session, mail)
        assert (failed.state, failed.answer) == (MailState.FAILED, "550 no such mailbox")
        assert failed.sealed_link is None


def test_a_letter_to_a_person_forgets_where_it_went(post: Database, tmp_path: Path) -> None:
    ids = new_id(), new_id()
    with post.transaction() as session:
        for mail_id in ids:
            write_to_person(
                session,
                mail_id=mail_id,
                agent_id=session.scalars(select(Agent.id)).one(),
                address="celestine@exemple.fr",
                letter=Letter("Où aller", "Chez Exo 7."),
                now=NOW,
                key=KEY,
            )
    with open_office(tmp_path, Security.STARTTLS) as (office, server):
        office.answers = ["550 <celestine@exemple.fr> is nobody here"]
        assert send_due(post, settings(tmp_path, server), now=NOW) == Sent(sent=1, failed=1)

    assert [taken["To"] for taken in office.taken] == ["celestine@exemple.fr"]
    with post.transaction(writing=False) as session:
        told = [session.get_one(Mail, mail_id) for mail_id in ids]
        assert {mail.answer for mail in told} == {None, "550"}
        assert [(mail.address, mail.sealed_link) for mail in told] == [("", None)] * 2


@pytest.mark.parametrize(
    "fault", ["no starttls", "a stranger's certificate", "wrong password", "nobody there"]
)
def test_a_road_that_is_not_safe_gets_nothing_and_is_tried_again(
    post: Database, tmp_path: Path, fault: str
) -> None:
    mail = letter(post)
    with open_office(tmp_path, Security.STARTTLS, offers_tls=fault != "no starttls") as (
        office,
        server,
    ):
        faulty = replace(
            server,
            authority_file=None if fault == "a stranger's certificate" else server.authority_file,
            password="autre" if fault == "wrong password" else server.password,
            port=free_port() if fault == "nobody there" else server.port,
        )
        assert send_due(post, settings(tmp_path, faulty), now=NOW) == Sent(put_off=1)

    assert office.taken == []
    with post.transaction() as session:
        kept = again(session, mail)
        assert kept.answer
        assert opened_link(kept, KEY) == LINK
        session.delete(kept)


def test_without_a_server_letters_are_kept_then_too_late_then_forgotten(
    post: Database, tmp_path: Path
) -> None:
    mail = letter(post)

    assert send_due(post, settings(tmp_path, None), now=NOW) == Sent()
    with post.transaction(writing=False) as session:
        assert again(session, mail).state == MailState.WAITING
    with open_office(tmp_path, Security.TLS) as (office, server):
        late = send_due(post, settings(tmp_path, server), now=NOW + timedelta(days=8))
    assert (late, office.taken) == (Sent(failed=1), [])
    send_due(post, settings(tmp_path, None), now=NOW + timedelta(days=366))
    with post.transaction(writing=False) as session:
        assert session.scalars(select(Mail)).all() == []


def test_a_link_that_the_changed_key_does_not_open_is_said_to_be_lost(
    post: Database, tmp_path: Path
) -> None:
    mail = letter(post)

    with open_office(tmp_path, Security.TLS) as (office, server):
        changed = replace(settings(tmp_path, server), secret_key=b"\1" * 32)
        assert send_due(post, changed, now=NOW) == Sent(failed=1)

    assert office.taken == []
    with post.transaction() as session:
        kept = again(session, mail)
        assert kept.answer == LINK_LOST
        session.delete(kept)


@pytest.mark.parametrize(
    "wrong",
    [
        {"PASSNUM_SMTP_SECURITY": "ssl"},
        {"PASSNUM_SMTP_PORT": "99999"},
        {"PASSNUM_SMTP_SENDER": "nobody"},
        {"PASSNUM_PUBLIC_URL": ""},
        {"PASSNUM_SMTP_SECURITY": "none", "PASSNUM_SMTP_USER": "passnum"},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, str]) -> None:
    good = {
        "PASSNUM_SMTP_HOST": "smtp.capnord.example",
        "PASSNUM_SMTP_SENDER": "a@b.example",
        "PASSNUM_PUBLIC_URL": "https://pass.capnord.example",
    }
    made = MailServer.from_environment(good)

    assert made is not None
    assert (made.port, made.security) == (587, Security.STARTTLS)
    assert MailServer.from_environment({}) is None
    with pytest.raises(SettingRefused):
        MailServer.from_environment(good | wrong)
