"""What becomes of an agreement once it is signed: its paper is kept, and it may end early."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app.database import Record
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.partners import queries
from app.partners.errors import (
    AgreementClosedAlready,
    FileIsAnother,
    FileKeptAlready,
    FileNotReadable,
    FileTooLarge,
    TooManyFiles,
    UnknownAgreement,
    UnknownAgreementFile,
)
from app.partners.models import Agreement, AgreementClosure, AgreementFile, Closed
from app.partners.rules import (
    LARGEST_FILE,
    LONGEST_CLOSING_REASON,
    MOST_FILES,
    read_media_type,
)


class Ended(Protocol):
    """What is in force from a day to a day, for an organisation."""

    @property
    def organisation_id(self) -> UUID:
        """Whose it is."""

    @property
    def valid_from(self) -> date:
        """Its first day."""

    @property
    def valid_until(self) -> date:
        """Its last day."""


ClosureT = TypeVar("ClosureT", bound=Record)


def known_agreement(
    session: Session, agreement_id: UUID, *, organisation_id: UUID | None = None
) -> Agreement:
    """The agreement of that id, of that organisation when one is named.

    Raises:
        UnknownAgreement: there is none.
    """
    agreement = queries.agreement(session, agreement_id)
    if agreement is None or organisation_id not in {None, agreement.organisation_id}:
        raise UnknownAgreement
    return agreement


# ── Ending early ──────────────────────────────────────────────────────────────────────────────────


def closing_reason(
    reason: str, *, from_on: date, valid_from: date, valid_until: date, now: datetime
) -> str:
    """Why something in force from a day to a day ends early, as typed.

    Raises:
        InvalidInput: there is no reason, or the day is past or not one of its days.
    """
    said = clean(reason, longest=LONGEST_CLOSING_REASON)
    wrong = {}
    if said is None:
        wrong["reason"] = f"Dites pourquoi, en {LONGEST_CLOSING_REASON} caractères au plus."
    if not valid_from <= from_on <= valid_until:
        wrong["from_on"] = f"Écrivez un jour du {valid_from:%d/%m/%Y} au {valid_until:%d/%m/%Y}."
    elif from_on < martinique_day(now):
        wrong["from_on"] = "Une fin anticipée ne change rien au passé : écrivez un jour à venir."
    if said is None or wrong:
        raise InvalidInput(**wrong)
    return said


def end_early(
    session: Session,
    closure: type[ClosureT],
    *,
    actor: Actor,
    closure_id: UUID,
    digest: bytes,
    ended: Ended,
    there: Callable[[], Closed | None],
    refusal: type[DomainError],
    from_on: date,
    reason: str,
    now: datetime,
    **named: object,
) -> ClosureT:
    """End an agreement or a régie before its last day: what happened before stays.

    `named` is what the closure says of it besides its days; `there` looks for one made before.

    Raises:
        `refusal`: it was ended before.
        InvalidInput: no reason, or the day is past or not one of its days.
        IdAlreadyUsed: the id came earlier with another content.
    """
    if record := earlier(session, closure, closure_id, digest):
        return record
    said = closing_reason(
        reason,
        from_on=from_on,
        valid_from=ended.valid_from,
        valid_until=ended.valid_until,
        now=now,
    )
    hold(session, "organisation", ended.organisation_id)
    if before := there():
        raise refusal(day=f"{before.from_on:%d/%m/%Y}")
    record = closure(
        id=closure_id,
        request_hash=digest,
        organisation_id=ended.organisation_id,
        valid_from=ended.valid_from,
        valid_until=ended.valid_until,
        from_on=from_on,
        reason=said,
        recorded_by=actor.agent_id,
        recorded_on=martinique_day(now),
        recorded_at=now,
        **named,
    )
    session.add(record)
    session.flush()
    return record


def close_agreement(
    session: Session,
    *,
    actor: Actor,
    closure_id: UUID,
    agreement_id: UUID,
    from_on: date,
    reason: str,
    now: datetime,
) -> AgreementClosure:
    """End an agreement early: from that day it gives no right, and what happened before stays.

    Raises:
        UnknownAgreement, AgreementClosedAlready.
        InvalidInput: no reason, or the day is past or not one of its days.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    agreement = known_agreement(session, agreement_id)
    return end_early(
        session,
        AgreementClosure,
        actor=actor,
        closure_id=closure_id,
        digest=request_hash("agreement closure", agreement=agreement_id, on=from_on, reason=reason),
        ended=agreement,
        there=lambda: queries.closure_of(session, agreement_id),
        refusal=AgreementClosedAlready,
        from_on=from_on,
        reason=reason,
        now=now,
        agreement_id=agreement_id,
        role=agreement.role,
    )


# ── Signed papers ─────────────────────────────────────────────────────────────────────────────────


def keep_file(
    session: Session,
    *,
    actor: Actor,
    file_id: UUID,
    agreement_id: UUID,
    content: bytes,
    now: datetime,
) -> AgreementFile:
    """Keep the signed paper of an agreement, in the database and once for all.

    What it is is read from its bytes: the name that it had is nobody's business.

    Raises:
        UnknownAgreement.
        FileTooLarge, FileNotReadable: it is no PDF, JPEG or PNG that we keep.
        FileIsAnother: a fingerprint was typed with the agreement, and this file has another.
        FileKeptAlready, TooManyFiles.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    agreement = known_agreement(session, agreement_id)
    sha256 = hashlib.sha256(content).digest()
    digest = request_hash("agreement file", agreement=agreement_id, sha256=sha256.hex())
    if record := earlier(session, AgreementFile, file_id, digest):
        return record
    if len(content) > LARGEST_FILE:
        raise FileTooLarge(megabytes=LARGEST_FILE // 1024**2)
    media_type = read_media_type(content)
    if media_type is None:
        raise FileNotReadable
    if agreement.document_sha256 not in {None, sha256}:
        raise FileIsAnother
    hold(session, "agreement", agreement_id)
    there = queries.files_of(session, [agreement_id])[agreement_id]
    if any(one.sha256 == sha256 for one in there):
        raise FileKeptAlready
    if len(there) >= MOST_FILES:
        raise TooManyFiles(count=MOST_FILES)
    record = AgreementFile(
        id=file_id,
        request_hash=digest,
        agreement_id=agreement_id,
        media_type=media_type,
        byte_count=len(content),
        sha256=sha256,
        content=content,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def known_file(session: Session, *, actor: Actor, file_id: UUID) -> AgreementFile:
    """A signed paper, for the organisation that signed it and for those who see all.

    Raises:
        UnknownAgreementFile, OtherOrganisation.
    """
    actor.check(Right.SEE_PARTNERS)
    file = queries.agreement_file(session, file_id)
    if file is None:
        raise UnknownAgreementFile
    actor.check_sees(known_agreement(session, file.agreement_id).organisation_id)
    return file
