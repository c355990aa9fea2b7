"""Looking at a pass by its code before it is taken: nothing moves, and guesses are counted."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app import ledger
from app.clearing import redemption_queries
from app.clearing.redemption_models import RedemptionAttempt
from app.clearing.redemptions import (
    GUESS_WINDOW,
    GUESSES_ALLOWED,
    Judge,
    Named,
    refusal_of_unknown,
    too_many_guesses,
)
from app.identity.rules import Actor, Right
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.ids import new_id, request_hash
from app.kernel.serials import SerialNumber
from app.ledger.models import Voucher
from app.programmes.rules import Validity
from app.vouchers.errors import UnknownVoucher
from app.vouchers.service import read_code


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a pass would be taken now, and from when to when it serves; nothing of any person.

    `voucher` and what follows from it are None when no pass bears the code.
    """

    refusal: DomainError | None
    voucher: ledger.VoucherState | None = None
    serial: SerialNumber | None = None
    validity: Validity | None = None


def look_up_code(
    session: Session, *, actor: Actor, code: str, now: datetime
) -> ledger.VoucherState | None:
    """The pass that bears a typed code. A code that no pass bears is written down as a guess.

    Returns None rather than raise UnknownVoucher, so that the caller commits the guess first.

    Raises:
        TooManyGuesses, MistypedVoucherCode.
    """
    read = read_code(code)
    lately = redemption_queries.earlier_attempts(
        session, [], agent_id=actor.agent_id, since=now - GUESS_WINDOW
    )
    if lately.guess_count >= GUESSES_ALLOWED:
        raise too_many_guesses()
    states = ledger.voucher_states(session, Voucher.code_hash == codes.digest(read))
    if states:
        return states[0]
    session.execute(
        insert(RedemptionAttempt).values(
            id=new_id(),
            request_hash=request_hash("look-up", code=codes.digest(read)),
            verdict=UnknownVoucher.code,
            details={},
            mediator_id=actor.organisation_id,
            agent_id=actor.agent_id,
            attempted_at=now,
        )
    )
    return None


def check_voucher(session: Session, *, actor: Actor, code: str, now: datetime) -> Check:
    """What a mediator sees of a pass before taking it. Nothing moves.

    Raises:
        RightMissing, TooManyGuesses, MistypedVoucherCode.
    """
    actor.check(Right.CHECK_VOUCHER)
    voucher = look_up_code(session, actor=actor, code=code, now=now)
    if voucher is None:
        return Check(refusal_of_unknown(session, codes.digest(read_code(code))))
    terms = redemption_queries.terms_by_booklet(
        session,
        [voucher.booklet_id],
        mediator_id=actor.organisation_id,
        on=martinique_day(now),
    )[voucher.booklet_id]
    judge = Judge(session, actor.organisation_id, now)
    named = Named(new_id(), voucher.code_hash, now)
    judged = judge.judge(named, voucher, terms, on=martinique_day(now), taken={})
    return Check(
        refusal=judged if isinstance(judged, DomainError) else None,
        voucher=voucher,
        serial=SerialNumber(terms.booklet, voucher.id - voucher.booklet_id + 1),
        validity=terms.validity,
    )
