"""Where partners are paid: sealed at rest, and readable only with the key of this machine."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from shutil import copytree
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.connections import Database
from app.identity.errors import RightMissing
from app.identity.models import AccountEvent
from app.kernel.ids import new_id
from app.mails.models import Mail
from app.partners import queries
from app.partners.bank_details import (
    approve_bank_details,
    clear_iban,
    known_bank_details,
    prepare_bank_details,
    refuse_bank_details,
)
from app.partners.errors import (
    BankDetailsConfirmed,
    BankDetailsDamaged,
    BankDetailsRefused,
    BankDetailsSuperseded,
    BankKeyMissing,
)
from app.partners.models import BankDetails
from app.partners.vault import BankVault
from tests.factories import Scheme
from tests.opening import IBAN
from tests.service.chain import every_row

GERMAN = "DE89370400440532013000"


def typed(database: Database, scheme: Scheme, *, iban: str = IBAN, name: str = "exo7") -> UUID:
    with database.transaction() as session:
        return prepare_bank_details(
            session,
            actor=scheme.actors["coordinator"],
            bank_details_id=new_id(),
            organisation_id=scheme.organisations[name],
            holder="Association",
            iban=iban,
            vault=scheme.vault,
            now=scheme.now,
        ).id


def read(database: Database, details_id: UUID) -> BankDetails:
    with database.transaction(writing=False) as session:
        return known_bank_details(session, details_id)


def test_an_iban_comes_back_whole_for_a_payment_file(database: Database, scheme: Scheme) -> None:
    details = read(database, typed(database, scheme, iban=GERMAN))

    assert clear_iban(details, scheme.vault) == GERMAN
    assert details.iban_masked == "DE89 … 3000"


def test_one_account_has_one_fingerprint_and_never_one_ciphertext(
    database: Database, scheme: Scheme
) -> None:
    first = read(database, typed(database, scheme))
    again = read(database, typed(database, scheme, name="carecof"))
    other = read(database, typed(database, scheme, iban=GERMAN))

    assert first.iban_fingerprint == again.iban_fingerprint != other.iban_fingerprint
    assert first.iban_sealed != again.iban_sealed


def test_the_database_holds_no_iban_in_clear(database: Database, scheme: Scheme) -> None:
    typed(database, scheme, iban=GERMAN)

    with database.transaction(writing=False) as session:
        told = str(every_row(session))
    assert "DE89 … 3000" in told
    assert not any(iban[4:] in told for iban in (IBAN, GERMAN))
    if database.engine.dialect.name == "sqlite":
        file = Path(database.engine.url.database or "")
        content = b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))
        assert "DE89 … 3000".encode() in content
        assert GERMAN[4:].encode() not in content
        assert IBAN[4:].encode() not in content


def test_a_sealed_iban_opens_for_its_own_organisation_alone(
    database: Database, scheme: Scheme
) -> None:
    mine = read(database, typed(database, scheme))
    theirs = read(database, typed(database, scheme, iban=GERMAN, name="carecof"))

    mine.iban_sealed = theirs.iban_sealed

    with pytest.raises(BankDetailsDamaged) as refused:
        clear_iban(mine, scheme.vault)
    assert "FR14 … 2606" in refused.value.message


def test_a_lost_key_is_said_and_never_replaced_in_silence(
    database: Database, scheme: Scheme, tmp_path: Path
) -> None:
    details = read(database, typed(database, scheme))
    elsewhere = BankVault(tmp_path / "elsewhere")

    with pytest.raises(BankKeyMissing) as refused:
        clear_iban(details, elsewhere)
    assert "bank-details.key" in refused.value.message
    with pytest.raises(BankKeyMissing):
        typed(database, replace_vault(scheme, elsewhere))
    assert not elsewhere.file.exists()

    elsewhere.create()
    with pytest.raises(BankKeyMissing):
        clear_iban(details, elsewhere)


def test_a_restored_key_opens_again(database: Database, scheme: Scheme, tmp_path: Path) -> None:
    details = read(database, typed(database, scheme))
    restored = BankVault(copytree(scheme.vault.folder, tmp_path / "restored"))

    assert clear_iban(details, restored) == IBAN


def replace_vault(scheme: Scheme, vault: BankVault) -> Scheme:
    return replace(scheme, keys=type(scheme.keys)(vault.folder))


def test_the_account_in_use_is_the_one_approved_last(database: Database, scheme: Scheme) -> None:
    typed(database, scheme, iban=GERMAN)

    with database.transaction(writing=False) as session:
        details = queries.approved_bank_details(session, scheme.organisations["exo7"])

    assert details is not None
    assert details.iban_masked == "FR14 … 2606"


def test_the_agents_of_the_organisation_hear_of_it_twice_and_nobody_else(
    database: Database, scheme: Scheme
) -> None:
    details_id = typed(database, scheme, iban=GERMAN)
    with database.transaction() as session:
        approve_bank_details(
            session,
            actor=scheme.actors["finance"],
            bank_details_id=details_id,
            iban=GERMAN,
            vault=scheme.vault,
            now=scheme.now,
        )

        told = list(session.scalars(select(Mail).where(Mail.body.contains("3000"))))

    assert {mail.agent_id for mail in told} == {scheme.actors["exo7"].agent_id}
    assert [mail.kind for mail in told] == ["bank_details_proposed", "bank_details_confirmed"]
    assert all("DE89 … 3000" in mail.body for mail in told)


def refuse(session: Session, scheme: Scheme, typed: UUID, *, by: str, **changes: object) -> None:
    asked = {"refusal_id": new_id(), "reason": "Rappelée, la structure ne le connaît pas"}
    refuse_bank_details(
        session,
        actor=scheme.actors[by],
        bank_details_id=typed,
        now=scheme.now,
        **asked | changes,  # type: ignore[arg-type]
    )


def states(session: Session, scheme: Scheme) -> list[str]:
    return [
        str(one.state) for one in queries.bank_details_of(session, scheme.organisations["exo7"])
    ]


def test_a_false_account_is_refused_once_and_never_confirmed(
    database: Database, scheme: Scheme
) -> None:
    with database.transaction() as session:
        false = scheme.typed_account(session, "exo7", iban=GERMAN, now=scheme.later)
        waiting = queries.waiting_bank_details(session, scheme.organisations["exo7"])
        assert waiting is not None
        assert waiting.id == false
        with pytest.raises(RightMissing):
            refuse(session, scheme, false, by="exo7")
        with pytest.raises(RightMissing):
            refuse(session, scheme, new_id(), by="exo7")
        once = new_id()
        for _ in range(2):
            refuse(session, scheme, false, by="finance", refusal_id=once)

        assert states(session, scheme) == ["approved", "refused"]
        with pytest.raises(BankDetailsRefused):
            scheme.confirmed_account(session, false, iban=GERMAN)
        for by in ("finance2", "coordinator"):
            with pytest.raises(BankDetailsRefused):
                refuse(session, scheme, false, by=by)
        assert queries.bank_details_to_approve(session, limit=9) == []
        assert queries.waiting_bank_details(session, scheme.organisations["exo7"]) is None
        mails = [m for m in session.scalars(select(Mail)) if m.kind == "bank_details_refused"]
        assert [mail.agent_id for mail in mails] == [scheme.actors["exo7"].agent_id]
        assert "la structure ne le connaît pas" in mails[0].body
        assert "FR14 … 2606" in mails[0].body, "it says where it is paid meanwhile"
        event = session.scalars(
            select(AccountEvent).where(AccountEvent.kind == "bank_details_refused")
        ).one()
        assert (event.agent_id, event.actor_id) == tuple(
            scheme.actors[name].agent_id for name in ("exo7", "finance")
        )


def test_who_typed_an_account_takes_it_back_and_who_confirmed_it_cannot_refuse_it(
    database: Database, scheme: Scheme
) -> None:
    with database.transaction() as session:
        slip = scheme.typed_account(session, "exo7", iban=GERMAN, by="exo7", now=scheme.later)
        refuse(session, scheme, slip, by="exo7")
        in_use = queries.approved_bank_details(session, scheme.organisations["exo7"])
        assert in_use is not None
        with pytest.raises(BankDetailsConfirmed):
            refuse(session, scheme, in_use.id, by="finance")

        assert states(session, scheme) == ["approved", "withdrawn"]


def test_what_waits_is_closed_when_an_account_typed_later_is_confirmed(
    database: Database, scheme: Scheme
) -> None:
    with database.transaction() as session:
        older, newer, newest = (
            scheme.typed_account(
                session, "exo7", iban=GERMAN, now=scheme.later + timedelta(hours=hours)
            )
            for hours in range(3)
        )
        assert [one.id for one in queries.bank_details_to_approve(session, limit=9)] == [newest]
        scheme.confirmed_account(session, newer, iban=GERMAN, now=scheme.later)

        assert states(session, scheme) == ["approved", "superseded", "approved", "waiting"]
        for ended in (scheme.confirmed_account, partial(refuse, scheme=scheme, by="finance")):
            with pytest.raises(BankDetailsSuperseded):
                ended(session, typed=older)
        refuse(session, scheme, newest, by="finance")
        assert queries.bank_details_to_approve(session, limit=9) == []


def test_once_the_last_one_is_refused_the_one_before_it_waits_again(
    database: Database, scheme: Scheme
) -> None:
    with database.transaction() as session:
        first = scheme.typed_account(session, "exo7", iban=GERMAN, now=scheme.later)
        false = scheme.typed_account(
            session, "exo7", iban=GERMAN, now=scheme.later + timedelta(hours=1)
        )
        refuse(session, scheme, false, by="finance")

        assert [one.id for one in queries.bank_details_to_approve(session, limit=9)] == [first]
        scheme.confirmed_account(session, first, iban=GERMAN)
        assert states(session, scheme) == ["approved", "approved", "refused"]
