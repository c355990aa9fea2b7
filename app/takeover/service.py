"""Taking over: what lay in cupboards, drawers and pockets before passnum becomes its first rows.

One person counts and sends the file, another counts again and approves the procès-verbal. Only then
do the passes exist, and the ledger's own moves bring each of them where it lies. Either of them may
set a procès-verbal aside before that, with a reason.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.database.rows import insert_rows
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.keys import KeyStore
from app.programmes.service import known_programme
from app.takeover import queries
from app.takeover.checking import Expected, Reading, check_takeover, read_codes
from app.takeover.errors import (
    TakeoverApprovedAlready,
    TakeoverChanged,
    TakeoverFileRefused,
    TakeoverPreparerCannotApprove,
    TakeoverRefusedAlready,
    UnknownTakeover,
    VintageEnded,
)
from app.takeover.models import (
    Takeover,
    TakeoverApproval,
    TakeoverCode,
    TakeoverLot,
    TakeoverRefusal,
)
from app.takeover.opening import open_balances
from app.takeover.rules import Faults, Lot, Total, totals
from app.works.rules import nobody

CARTON = 10_000
"""Rows written at a time, so that memory does not grow with the file."""


# ── The procès-verbal ─────────────────────────────────────────────────────────────────────────────


def prepare_takeover(
    session: Session,
    *,
    actor: Actor,
    takeover_id: UUID,
    programme_id: UUID,
    content: bytes,
    counted_on: date,
    now: datetime,
    codes_content: bytes | None = None,
) -> Takeover:
    """Draw a procès-verbal up from a whole file; the same file again finds the first one.

    Raises:
        UnknownProgramme, UnreadableFile.
        InvalidInput: the day of the count is to come.
        TakeoverFileRefused: names each line that is wrong; nothing is kept.
        TakeoverRefusedAlready: the procès-verbal of that very file was set aside.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_TAKEOVER)
    if counted_on > martinique_day(now):
        raise InvalidInput(counted_on="Écrivez le jour du comptage : aujourd’hui ou avant.")
    file_hash = hashlib.sha256(
        hashlib.sha256(content).digest() + hashlib.sha256(codes_content or b"").digest()
    ).digest()
    digest = request_hash(
        "takeover", programme=programme_id, file=file_hash.hex(), counted_on=counted_on
    )
    if record := earlier(session, Takeover, takeover_id, digest):
        return record
    hold(session, "takeover of", file_hash.hex())
    if record := queries.takeover_of_file(session, file_hash):
        _check_not_refused(session, record)
        return record
    reading = check_takeover(
        session,
        actor=actor,
        programme_id=programme_id,
        content=content,
        codes_content=codes_content,
        today=martinique_day(now),
    )
    if reading.faults.count:
        raise TakeoverFileRefused(
            count=reading.faults.count,
            line_count=reading.faults.line_count,
            faults=[{"line": f.line, "sentence": f.sentence} for f in reading.faults.kept],
        )
    record = Takeover(
        id=takeover_id,
        request_hash=digest,
        number=numbering.next_document_number(
            session, numbering.TAKEOVER, martinique_day(now).year
        ),
        programme_id=programme_id,
        file_hash=file_hash,
        counted_on=counted_on,
        voucher_count=reading.voucher_count,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    session.add(record)
    session.flush()
    _keep_lots(session, record, reading)
    if codes_content is not None:
        _keep_codes(session, record, reading, codes_content)
    return record


def _keep_lots(session: Session, record: Takeover, reading: Reading) -> None:
    for start in range(0, len(reading.lots), CARTON):
        insert_rows(
            session,
            TakeoverLot,
            [
                {
                    "takeover_id": record.id,
                    "line": lot.line,
                    "vintage_id": reading.vintages[lot.vintage].vintage_id,
                    "first_booklet": lot.first,
                    "last_booklet": lot.last,
                    "booklet_size": lot.size,
                    "place": str(lot.place),
                    "holder_id": UUID(lot.holder) if lot.holder else None,
                    "codes_in_file": lot.codes_in_file,
                    "used_places": lot.used,
                }
                for lot in reading.lots[start : start + CARTON]
            ],
        )


def _keep_codes(session: Session, record: Takeover, reading: Reading, content: bytes) -> None:
    """The file is read a second time, so that its codes are never all in memory."""
    rows: list[Mapping[str, object]] = []
    for _, label, serial, code_hash in read_codes(content, Expected(reading.lots), Faults()):
        rows.append(
            {
                "takeover_id": record.id,
                "vintage_id": reading.vintages[label].vintage_id,
                "serial": serial,
                "code_hash": code_hash,
            }
        )
        if len(rows) == CARTON:
            insert_rows(session, TakeoverCode, rows)
            rows = []
    if rows:
        insert_rows(session, TakeoverCode, rows)


def known_takeover(session: Session, *, actor: Actor, takeover_id: UUID) -> Takeover:
    """A procès-verbal, for those who see the ledger.

    Raises:
        RightMissing, UnknownTakeover.
    """
    actor.check(Right.SEE_LEDGER)
    record = queries.takeover(session, takeover_id)
    if record is None:
        raise UnknownTakeover
    return record


def takeover_totals(session: Session, record: Takeover) -> list[Total]:
    """What a procès-verbal says to lie where; the holders are ids."""
    return takeovers_totals(session, [record])[record.id]


def takeovers_totals(session: Session, records: Sequence[Takeover]) -> dict[UUID, list[Total]]:
    """What procès-verbaux say to lie where, each; the holders are ids."""
    cents = ledger.face_values(session)
    values = {
        terms.label: cents[vintage_id]
        for vintage_id, terms in programmes.all_vintages(session).items()
    }
    lots = defaultdict[UUID, list[Lot]](list)
    for takeover_id, lot in queries.lots_of_several(session, [record.id for record in records]):
        lots[takeover_id].append(lot)
    return {record.id: totals(lots[record.id], values) for record in records}


def holder_ids(counted: Iterable[Total]) -> set[UUID]:
    """The organisations that hold booklets."""
    return {UUID(total.holder) for total in counted if total.holder}


def refuse_takeover(
    session: Session,
    *,
    actor: Actor,
    refusal_id: UUID,
    takeover_id: UUID,
    reason: str,
    now: datetime,
) -> TakeoverRefusal:
    """Set aside a procès-verbal that is not approved, and say why: by who prepared it or another.

    Raises:
        UnknownTakeover, TakeoverApprovedAlready, TakeoverRefusedAlready.
        InvalidInput: no reason, or not one line of 200 characters at most.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_TAKEOVER)
    cleaned = clean(reason)
    if cleaned is None:
        raise InvalidInput(reason="Dites pourquoi, en 200 caractères au plus.")
    digest = request_hash("takeover refusal", takeover=takeover_id, reason=cleaned)
    if record := earlier(session, TakeoverRefusal, refusal_id, digest):
        return record
    hold(session, "takeover", takeover_id)
    takeover = known_takeover(session, actor=actor, takeover_id=takeover_id)
    if queries.approval(session, takeover_id):
        raise TakeoverApprovedAlready
    _check_not_refused(session, takeover)
    record = TakeoverRefusal(
        id=refusal_id,
        request_hash=digest,
        takeover_id=takeover_id,
        reason=cleaned,
        refused_by=actor.agent_id,
        refused_at=now,
    )
    session.add(record)
    session.flush()
    return record


def _check_not_refused(session: Session, record: Takeover) -> None:
    if refusal := queries.refusal(session, record.id):
        raise TakeoverRefusedAlready(number=record.number, reason=refusal.reason)


# ── Approval: the balances are opened ─────────────────────────────────────────────────────────────


def approve_takeover(
    session: Session,
    *,
    actor: Actor,
    takeover_id: UUID,
    voucher_count: int,
    keys: KeyStore,
    now: datetime,
    told: Callable[[int], None] = nobody,
) -> TakeoverApproval:
    """Approve what somebody else counted, naming the total that was read; twice is once.

    The passes come to exist with the issuer, and one posting a step brings them where they lie.
    `told` hears how many of them are written.

    Raises:
        as takeover_to_approve.
        TakenOverMeanwhile: a booklet of it exists by now.
        KeyMissing, VintageKeyMismatch: codes cannot be derived here.
    """
    record = takeover_to_approve(
        session, actor=actor, takeover_id=takeover_id, voucher_count=voucher_count, now=now
    )
    if approval := queries.approval(session, takeover_id):
        return approval
    programme = known_programme(session, record.programme_id)
    vintages = {terms.label: terms for terms in programmes.vintages_of(session, programme.id)}
    approval = TakeoverApproval(
        takeover_id=takeover_id,
        prepared_by=record.prepared_by,
        voucher_count=record.voucher_count,
        approved_by=actor.agent_id,
        approved_at=now,
    )
    session.add(approval)
    session.flush()
    hold(session, "voucher ids")
    open_balances(
        session,
        record,
        programme,
        vintages,
        keys=keys,
        actor_id=actor.agent_id,
        now=now,
        told=told,
    )
    return approval


def takeover_to_approve(
    session: Session, *, actor: Actor, takeover_id: UUID, voucher_count: int, now: datetime
) -> Takeover:
    """A procès-verbal that this person may approve, or has approved, having read that total.

    Raises:
        UnknownTakeover, TakeoverPreparerCannotApprove.
        TakeoverApprovedAlready: by somebody else.
        TakeoverRefusedAlready: it was set aside.
        TakeoverChanged: another total was read.
        VintageEnded: its passes serve no more.
    """
    actor.check(Right.APPROVE_TAKEOVER)
    hold(session, "takeover", takeover_id)
    record = known_takeover(session, actor=actor, takeover_id=takeover_id)
    if record.prepared_by == actor.agent_id:
        raise TakeoverPreparerCannotApprove
    if approval := queries.approval(session, takeover_id):
        if approval.approved_by == actor.agent_id:
            return record
        raise TakeoverApprovedAlready
    _check_not_refused(session, record)
    if voucher_count != record.voucher_count:
        raise TakeoverChanged(count=record.voucher_count)
    if ended := queries.ended_vintage(session, record.id, martinique_day(now)):
        raise VintageEnded(label=ended.label, ended_on=f"{ended.last_redemption_on:%d/%m/%Y}")
    return record
