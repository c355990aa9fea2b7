"""Passes typed by staff from the paper list of a mediator without a phone.

One person types, another compares with the paper and approves; then the passes are taken in the
mediator's name, each with its verdict. No code is kept: a line names the pass that it was read as.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app import ledger
from app.clearing import redemption_queries, session_queries
from app.clearing.errors import (
    TooManyGuesses,
    TypedSheetDecidedAlready,
    TypistCannotApprove,
    UnknownTypedSheet,
)
from app.clearing.lookups import look_up_code
from app.clearing.receipts import ReceiptSigner
from app.clearing.redemption_models import TypedSheet, TypedSheetDecision, TypedSheetLine
from app.clearing.redemptions import Named, Verdict, redeem_named, replayed
from app.clearing.rules import ToldSession, instant_of
from app.clearing.sessions import link, note_session
from app.database.locks import earlier, hold
from app.database.rows import insert_rows
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, martinique_day
from app.kernel.errors import DomainError, InvalidInput, JsonValue
from app.kernel.ids import request_hash
from app.kernel.serials import BookletNumber
from app.kernel.text import clean
from app.ledger.models import Voucher
from app.mediators.service import check_receives_people
from app.vouchers.errors import NotASerialNumber, UnknownVoucher
from app.vouchers.service import read_serial, voucher_by_serial

LARGEST_SHEET = 100
SHORTEST_SERIAL_WITH_KEY = 12
"""Characters of a serial number without spaces; without its key, a slip names another pass."""
LONGEST_TYPED = 60
APPROVED, SET_ASIDE = "approved", "set_aside"
FROM_CODE, FROM_SERIAL = "code", "serial"


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a typed line names no pass, and what to write instead."""

    place: int
    sentence: str


@dataclass(frozen=True, slots=True)
class _Read:
    place: int
    voucher_id: int
    read_from: str


def prepare_sheet(
    session: Session,
    *,
    actor: Actor,
    sheet_id: UUID,
    mediator_id: UUID,
    held_on: date,
    typed: Sequence[str],
    told: ToldSession | None = None,
    now: datetime,
) -> TypedSheet | list[LineProblem]:
    """Write a list of passes down, by codes or serial numbers, for somebody else to check.

    `told` is the session that the paper tells of, if it does; all its passes paid for it.

    Lines that name no pass are returned, not raised, so that unknown codes count as guesses;
    nothing else is written then.

    Raises:
        InvalidInput: no line, too many, or a day that has not come.
        UnknownOrganisation, NoAgreementInForce, NoLabelInForce: no passes could be taken there.
        TooManyGuesses: too many unknown codes lately.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.TYPE_SHEETS)
    lines = [line.strip() for line in typed if line.strip()]
    wrong = _wrong(held_on, len(lines), today=martinique_day(now))
    if wrong := {**wrong, **(told.wrong if told else {})}:
        raise InvalidInput(**wrong)
    kept = told.as_json() if told else None
    digest = request_hash(
        "typed sheet", mediator=mediator_id, on=held_on, lines=lines, session=kept
    )
    if record := earlier(session, TypedSheet, sheet_id, digest):
        return record
    check_receives_people(session, mediator_id, on=held_on)
    read, problems = _read_lines(session, lines, actor=actor, now=now)
    if problems:
        return problems
    record = TypedSheet(
        id=sheet_id,
        request_hash=digest,
        mediator_id=mediator_id,
        held_on=held_on,
        told_session=kept,
        typed_by=actor.agent_id,
        typed_at=now,
    )
    session.add(record)
    session.flush()
    insert_rows(
        session,
        TypedSheetLine,
        [
            {
                "id": uuid5(sheet_id, f"line {one.place}"),
                "sheet_id": sheet_id,
                "place": one.place,
                "voucher_id": one.voucher_id,
                "read_from": one.read_from,
            }
            for one in read
        ],
    )
    return record


def _wrong(held_on: date, line_count: int, *, today: date) -> dict[str, JsonValue]:
    wrong: dict[str, JsonValue] = {}
    if not FIRST_DAY <= held_on <= today:
        wrong["held_on"] = "Écrivez le jour des accompagnements, au plus tard aujourd’hui."
    if not 0 < line_count <= LARGEST_SHEET:
        wrong["lines"] = f"Écrivez de 1 à {LARGEST_SHEET} pass, un par ligne."
    return wrong


def _read_lines(
    session: Session, lines: Sequence[str], *, actor: Actor, now: datetime
) -> tuple[list[_Read], list[LineProblem]]:
    """The pass that each line names; every line that names none, or one named before."""
    read: list[_Read] = []
    problems: list[LineProblem] = []
    places: dict[int, int] = {}
    for place, line in enumerate(lines, start=1):
        try:
            voucher_id, read_from = _read_line(session, line, actor=actor, now=now)
        except TooManyGuesses:
            if place == 1:
                raise
            problems.append(LineProblem(place, TooManyGuesses(minutes=15).message))
            break
        except DomainError as refusal:
            problems.append(LineProblem(place, refusal.message))
            continue
        if voucher_id in places:
            sentence = f"Ce pass est déjà à la ligne {places[voucher_id]}. Retirez-en une."
            problems.append(LineProblem(place, sentence))
            continue
        places[voucher_id] = place
        read.append(_Read(place, voucher_id, read_from))
    return read, problems


def _read_line(session: Session, line: str, *, actor: Actor, now: datetime) -> tuple[int, str]:
    """The pass of one line, and whether its code was read or its serial number."""
    if len(line) > LONGEST_TYPED:
        raise NotASerialNumber
    try:
        serial = read_serial(line)
    except NotASerialNumber:
        voucher = look_up_code(session, actor=actor, code=line, now=now)
        if voucher is None:
            raise UnknownVoucher from None
        return voucher.id, FROM_CODE
    if isinstance(serial, BookletNumber) or len(line.replace(" ", "")) < SHORTEST_SERIAL_WITH_KEY:
        raise NotASerialNumber
    return voucher_by_serial(session, serial).id, FROM_SERIAL


def known_sheet(session: Session, *, actor: Actor, sheet_id: UUID) -> TypedSheet:
    """A sheet, for staff and for the mediator in whose name it is.

    Raises:
        UnknownTypedSheet: none has that id, or it is another mediator's: both look alike.
    """
    actor.check(Right.SEE_REDEMPTIONS)
    found = session_queries.sheet(session, sheet_id)
    if found is None or not actor.sees(found.mediator_id):
        raise UnknownTypedSheet
    return found


def approve_sheet(
    session: Session, *, actor: Actor, sheet_id: UUID, signer: ReceiptSigner, now: datetime
) -> TypedSheetDecision:
    """Say that a sheet is what the paper says, and take its passes in the mediator's name, once.

    Approving again what one approved oneself changes nothing. A pass that is refused spoils no
    other: `verdicts_of` tells each.

    Raises:
        UnknownTypedSheet.
        TypistCannotApprove: who typed does not check.
        TypedSheetDecidedAlready: somebody else approved it, or it was set aside.
    """
    actor.check(Right.APPROVE_SHEET)
    sheet = known_sheet(session, actor=actor, sheet_id=sheet_id)
    hold(session, "typed_sheet", sheet_id)
    decision = session_queries.decision_of(session, sheet_id)
    if decision is not None:
        if decision.decision == APPROVED and decision.decided_by == actor.agent_id:
            return decision
        raise TypedSheetDecidedAlready
    if sheet.typed_by == actor.agent_id:
        raise TypistCannotApprove
    decision = _decide(session, sheet, actor=actor, decision=APPROVED, reason=None, now=now)
    at = instant_of(sheet.held_on, now=now)
    verdicts = redeem_named(
        session,
        actor=actor,
        mediator_id=sheet.mediator_id,
        passes=[
            Named(line.id, line.code_hash, at)
            for line in session_queries.lines_of_sheet(session, sheet_id)
        ],
        signer=signer,
        now=now,
    )
    paid = [verdict.redemption.id for verdict in verdicts if verdict.redemption is not None]
    if sheet.told_session is not None and paid:
        held = note_session(
            session,
            actor=actor,
            mediator_id=sheet.mediator_id,
            session_id=uuid5(sheet_id, "session"),
            held_on=sheet.held_on,
            told=ToldSession.of_json(sheet.told_session),
            now=now,
        )
        link(session, held, paid, actor=actor, now=now)
    return decision


def set_aside_sheet(
    session: Session, *, actor: Actor, sheet_id: UUID, reason: str, now: datetime
) -> TypedSheetDecision:
    """Say that a sheet is not what the paper says: none of its passes is taken.

    Who typed it may see the slip first. Setting aside again for the same reason changes nothing.

    Raises:
        UnknownTypedSheet, TypedSheetDecidedAlready.
        InvalidInput: no reason was given.
    """
    actor.check(Right.TYPE_SHEETS)
    cleaned = clean(reason)
    if cleaned is None:
        raise InvalidInput(reason="Écrivez en quelques mots ce qui ne va pas.")
    sheet = known_sheet(session, actor=actor, sheet_id=sheet_id)
    hold(session, "typed_sheet", sheet_id)
    decision = session_queries.decision_of(session, sheet_id)
    if decision is not None:
        if (decision.decided_by, decision.reason) == (actor.agent_id, cleaned):
            return decision
        raise TypedSheetDecidedAlready
    return _decide(session, sheet, actor=actor, decision=SET_ASIDE, reason=cleaned, now=now)


def _decide(
    session: Session,
    sheet: TypedSheet,
    *,
    actor: Actor,
    decision: str,
    reason: str | None,
    now: datetime,
) -> TypedSheetDecision:
    record = TypedSheetDecision(
        sheet_id=sheet.id,
        typed_by=sheet.typed_by,
        decision=decision,
        decided_by=actor.agent_id,
        decided_at=now,
        reason=reason,
    )
    session.add(record)
    session.flush()
    return record


def verdicts_of(session: Session, sheet_id: UUID) -> dict[UUID, Verdict]:
    """What became of each line of an approved sheet, by the line's id."""
    ids = [line.id for line in session_queries.lines_of_sheet(session, sheet_id)]
    return replayed(session, redemption_queries.attempts(session, ids).values())


def state_of_lines(
    session: Session, lines: Sequence[session_queries.SheetLine]
) -> dict[int, ledger.AccountKind]:
    """Where each pass of a sheet rests now: what the second person is told before the check."""
    ids = [line.voucher_id for line in lines]
    states = ledger.voucher_states(session, Voucher.id.in_(ids))
    return {state.id: state.account.kind for state in states}
