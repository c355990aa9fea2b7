"""Disputes: two mediators claim one pass; somebody decides, once, and never pays both."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app import ledger
from app.clearing import (
    correction_queries,
    queries,
    redemption_queries,
    redemptions,
    rules,
    statements,
    undoing,
)
from app.clearing.correction_models import Dispute, DisputeDecision
from app.clearing.errors import (
    AttemptDisputedAlready,
    AttemptNotDisputable,
    DisputeDecidedAlready,
    DisputedPassOnStatement,
    DisputedPassPaid,
    DisputedPaymentTakenBack,
    DisputeOpenerCannotDecide,
    PassDisputedAlready,
    UnknownDispute,
    VoucherAlreadyRedeemed,
)
from app.clearing.receipts import ReceiptSigner
from app.clearing.redemption_models import Redemption
from app.clearing.redemptions import Named
from app.clearing.statements import PassRange
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.ledger import AccountKind
from app.ledger.models import Voucher
from app.vouchers import queries as vouchers
from app.vouchers.service import read_code

LONGEST_REASON = 200
"""Of a withdrawal or of an undo; the decision keeps the whole."""


LONGEST_STORY = 1000


class Outcome(StrEnum):
    """How a dispute ends."""

    KEPT = "kept"
    AWARDED = "awarded"


def wrong_about(story: str, redeemed_at: datetime, *, now: datetime) -> dict[str, str]:
    """What to write instead of what is told of a session."""
    wrong = {}
    if clean(story, longest=LONGEST_STORY) is None:
        wrong["story"] = "Racontez en quelques mots l’accompagnement et qui a remis le pass."
    if redeemed_at > now:
        wrong["redeemed_at"] = "L’accompagnement ne peut pas être à venir."
    return wrong


def open_dispute(
    session: Session,
    *,
    actor: Actor,
    dispute_id: UUID,
    attempt_id: UUID,
    code: str,
    redeemed_at: datetime,
    story: str,
    now: datetime,
) -> Dispute:
    """Claim a pass that was refused as « déjà encaissé ailleurs ».

    The code is asked for again: what was answered to a scan keeps no trace of the pass, and whoever
    has the code has held the paper.

    Raises:
        AttemptNotDisputable: the attempt is not the actor's, was answered otherwise, or bore
            another code; or the pass is taken by no other mediator now.
        AttemptDisputedAlready, MistypedVoucherCode.
        PassDisputedAlready: the claimant has an open dispute on that pass.
        InvalidInput: no story, or the session is to come or before the pass was issued.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.OPEN_DISPUTE)
    cleaned, wrong = clean(story, longest=LONGEST_STORY), wrong_about(story, redeemed_at, now=now)
    if cleaned is None or wrong:
        raise InvalidInput(**wrong)
    code_hash = codes.digest(read_code(code))
    digest = request_hash(
        "dispute", attempt=attempt_id, code=code_hash, at=redeemed_at, story=cleaned
    )
    if record := earlier(session, Dispute, dispute_id, digest):
        return record
    hold(session, "attempt", attempt_id)
    attempt = correction_queries.attempt(session, attempt_id)
    if (
        attempt is None
        or not actor.sees(attempt.mediator_id)
        or attempt.verdict != VoucherAlreadyRedeemed.code
        or attempt.request_hash != redemptions.content_of(code_hash, attempt.mediator_id)
    ):
        raise AttemptNotDisputable
    if correction_queries.dispute_of_attempt(session, attempt_id):
        raise AttemptDisputedAlready
    [voucher] = ledger.voucher_states(session, Voucher.code_hash == code_hash)
    holder = redemption_queries.latest_redemption_of(session, voucher.id)
    if holder is None or holder.mediator_id == attempt.mediator_id:
        raise AttemptNotDisputable
    _check_issued(session, voucher, holder.mediator_id, redeemed_at)
    hold(session, "claim", f"{voucher.id} {attempt.mediator_id}")
    if correction_queries.open_claim(session, voucher.id, claimant_id=attempt.mediator_id):
        raise PassDisputedAlready
    record = Dispute(
        id=dispute_id,
        request_hash=digest,
        attempt_id=attempt_id,
        voucher_id=voucher.id,
        redemption_id=holder.id,
        claimant_id=attempt.mediator_id,
        redeemed_at=redeemed_at,
        story=cleaned,
        opened_by=actor.agent_id,
        opened_at=now,
    )
    session.add(record)
    session.flush()
    return record


def _check_issued(
    session: Session, voucher: ledger.VoucherState, mediator_id: UUID, redeemed_at: datetime
) -> None:
    """Refuse the claim of a session held before anybody had the pass."""
    on = martinique_day(redeemed_at)
    terms = redemption_queries.terms_by_booklet(
        session, [voucher.booklet_id], mediator_id=mediator_id, on=on
    )
    issued_on = terms[voucher.booklet_id].issued_on
    if issued_on is not None and on < issued_on:
        raise InvalidInput(
            redeemed_at=f"Ce pass a été remis le {issued_on:%d/%m/%Y} : l’accompagnement ne peut "
            "pas être avant."
        )


def known_dispute(session: Session, *, actor: Actor, dispute_id: UUID) -> Dispute:
    """The dispute of that id, for who claimed and for those who see all.

    Raises:
        UnknownDispute: there is none, or it is another mediator's: both look alike.
    """
    found = correction_queries.dispute(session, dispute_id)
    if found is None or not actor.sees(found.claimant_id):
        raise UnknownDispute
    return found


def decide_dispute(
    session: Session,
    *,
    actor: Actor,
    dispute_id: UUID,
    outcome: Outcome,
    reason: str,
    signer: ReceiptSigner,
    now: datetime,
) -> DisputeDecision:
    """Leave the pass to who took it first, or give it to the other mediator. Twice is once.

    To award it, the first redemption is undone, after a withdrawal where a draft claims it; one
    that is paid is clawed back before, by two people. Then the pass is redeemed by the claimant,
    under the same rules as any other: never both.

    Raises:
        UnknownDispute, DisputeOpenerCannotDecide, DisputeDecidedAlready.
        DisputedPassOnStatement, DisputedPassPaid: what stands before an award.
        DisputedPaymentTakenBack: the first was paid, and owes that back: it keeps nothing.
        What refuses a redemption: the pass has expired, or the claimant had no label that day …
        InvalidInput: no reason.
    """
    actor.check(Right.DECIDE_DISPUTE)
    cleaned = clean(reason, longest=1000)
    if cleaned is None:
        raise InvalidInput(
            reason="Écrivez en quelques mots pourquoi : les deux médiateurs le lisent."
        )
    hold(session, "dispute", dispute_id)
    found = known_dispute(session, actor=actor, dispute_id=dispute_id)
    if decided := correction_queries.dispute_decision_of(session, dispute_id):
        same = (str(outcome), cleaned, actor.agent_id)
        if (decided.outcome, decided.reason, decided.decided_by) == same:
            return decided
        raise DisputeDecidedAlready
    if found.opened_by == actor.agent_id:
        raise DisputeOpenerCannotDecide
    awarded = None
    hold(session, "redemption", found.redemption_id)
    if outcome is Outcome.KEPT and correction_queries.is_taken_back(session, found.redemption_id):
        raise DisputedPaymentTakenBack
    if outcome is Outcome.AWARDED:
        _take_from_the_first(session, found, actor=actor, reason=cleaned, now=now)
        awarded = _give(session, found, actor=actor, signer=signer, now=now)
    decision = DisputeDecision(
        dispute_id=dispute_id,
        opened_by=found.opened_by,
        outcome=outcome,
        reason=cleaned,
        redemption_id=awarded.id if awarded else None,
        decided_by=actor.agent_id,
        decided_at=now,
    )
    session.add(decision)
    session.flush()
    return decision


def _take_from_the_first(
    session: Session, found: Dispute, *, actor: Actor, reason: str, now: datetime
) -> None:
    """Let the pass circulate again, if the redemption that is disputed still holds it."""
    # Not locked yet: a draft is held before the passes that it claims.
    [voucher] = ledger.voucher_states(session, Voucher.id == found.voucher_id)
    first = redemptions.known_redemption(session, actor=actor, redemption_id=found.redemption_id)
    if (
        voucher.account.kind not in rules.TAKEN  # and what refuses it now, the award will say
        or ledger.latest_redemption(session, voucher.id) != first.movement_id
    ):
        return
    if voucher.account.kind is AccountKind.SETTLED:
        raise DisputedPassPaid
    if voucher.account.kind is AccountKind.CLAIMED:
        _withdraw(session, found, voucher, actor=actor, reason=reason, now=now)
    undoing.take_back(
        session,
        actor=actor,
        reversal_id=uuid5(found.id, "reversal"),
        redemption=first,
        reason=reason[:LONGEST_REASON],
        now=now,
    )


def _withdraw(
    session: Session,
    found: Dispute,
    voucher: ledger.VoucherState,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    """Take the pass off the draft that claims it."""
    statement_id = redemption_queries.claimed_by(session, voucher.id)
    if statement_id is None or queries.approval_of(session, statement_id):
        raise DisputedPassOnStatement
    serial = str(vouchers.serial_numbers(session, [(voucher.id, voucher.booklet_id)])[voucher.id])
    statements.take_off(
        session,
        actor=actor,
        withdrawal_id=uuid5(found.id, "withdrawal"),
        statement_id=statement_id,
        version=queries.latest_version(session, statement_id).version,
        passes=[PassRange(serial, serial)],
        reason=reason[:LONGEST_REASON],
        now=now,
    )


def _give(
    session: Session, found: Dispute, *, actor: Actor, signer: ReceiptSigner, now: datetime
) -> Redemption:
    """The pass is redeemed by who claimed it, for the session that it told of."""
    [voucher] = ledger.voucher_states(session, Voucher.id == found.voucher_id)
    [verdict] = redemptions.redeem_named(
        session,
        actor=actor,
        mediator_id=found.claimant_id,
        passes=[Named(uuid5(found.id, "award"), voucher.code_hash, found.redeemed_at)],
        signer=signer,
        now=now,
    )
    return verdict.accepted()
