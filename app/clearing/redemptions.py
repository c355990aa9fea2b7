"""Redeeming vouchers: from scanned codes to money owed to a mediator.

A batch and a single scan are the same path, in the same number of statements: look for earlier
answers, lock the passes, judge each, then write attempts, postings, movements and redemptions.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.clearing import redemption_queries, rules
from app.clearing.errors import (
    VERDICTS,
    BatchTooLarge,
    SessionInTheFuture,
    TooManyGuesses,
    UnknownRedemption,
    VoucherAlreadyRedeemed,
    VoucherUsedBefore,
)
from app.clearing.receipts import Receipt, ReceiptSigner
from app.clearing.redemption_models import Redemption, RedemptionAttempt
from app.clearing.redemption_queries import Attempt, Earlier, InForce, Terms
from app.database.rows import as_read, insert_rows
from app.identity.rules import Actor, Right
from app.kernel import codes
from app.kernel.clock import MARTINIQUE, martinique_day
from app.kernel.errors import DomainError, IdAlreadyUsed
from app.kernel.money import Cents
from app.kernel.serials import SerialNumber
from app.ledger import chart
from app.mediators.holding import refusal_to_take
from app.partners.rules import AgreementRole
from app.partners.service import known_organisation
from app.vouchers.errors import CoverInsteadOfPass, MistypedVoucherCode, UnknownVoucher
from app.vouchers.queries import booklet_by_cover
from app.vouchers.service import code_not_of_here, read_code

ACCEPTED, ELSEWHERE = "accepted", "ailleurs"
LARGEST_BATCH = 1000
GUESS_WINDOW = timedelta(minutes=15)
GUESSES_ALLOWED = 20
"""Unknown codes with a right check character that one account may send in the window: a typing
error is caught by the check character before it counts, so honest people never come near."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One pass as it is sent: an id minted by the device, the code as read, the act's instant."""

    redemption_id: UUID
    code: str
    redeemed_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a scan: a redemption, or the refusal that stands for good.

    `undone` tells a repetition that the redemption was undone since.
    """

    redemption_id: UUID
    redemption: Redemption | None = None
    refusal: DomainError | None = None
    undone: bool = False

    def accepted(self) -> Redemption:
        """The redemption.

        Raises:
            DomainError: the refusal, where there is one.
        """
        if self.refusal is not None:
            raise self.refusal
        if self.redemption is None:
            message = "a verdict is a redemption or a refusal"
            raise AssertionError(message)
        return self.redemption


@dataclass(frozen=True, slots=True)
class Named:
    """One pass to take, named by the hash of its code: read once, however it was typed."""

    redemption_id: UUID
    code_hash: bytes
    redeemed_at: datetime


@dataclass(slots=True)
class _Accepted:
    """A pass on its way to become a redemption."""

    scan: Named
    voucher: ledger.VoucherState
    terms: Terms
    on: date
    label: InForce
    agreement: InForce


def redeem_vouchers(
    session: Session, *, actor: Actor, scans: Sequence[Scan], signer: ReceiptSigner, now: datetime
) -> list[Verdict]:
    """Take passes for the actor's mediator; a verdict for each, in the order sent.

    Sending the same scans again gives the same verdicts. One bad pass spoils no other.

    Once too many codes of the batch were unknown, no further one is looked at: what comes after is
    told to wait, and nothing of that is written down.

    Raises:
        RightMissing: the actor is no mediator.
        BatchTooLarge: none, or more than a thousand.
        TooManyGuesses: too many unknown codes lately; nothing was looked up.
        PostingRepeated: another act took one of the ids at this very moment; send again.
    """
    actor.check(Right.REDEEM)
    if not 0 < len(scans) <= LARGEST_BATCH:
        raise BatchTooLarge(largest=LARGEST_BATCH)
    read = [_read(scan) for scan in scans]
    batch = _Batch(session, actor, actor.organisation_id, signer, now)
    judged = iter(batch.judge([one for one in read if isinstance(one, Named)]))
    return [next(judged) if isinstance(one, Named) else one for one in read]


def _read(scan: Scan) -> Named | Verdict:
    """The pass that a scan names, or the answer to what cannot be a code: nothing is looked up."""
    try:
        code = read_code(scan.code)
    except MistypedVoucherCode as refusal:
        return Verdict(scan.redemption_id, refusal=refusal)
    return Named(scan.redemption_id, codes.digest(code), scan.redeemed_at)


def redeem_named(
    session: Session,
    *,
    actor: Actor,
    mediator_id: UUID,
    passes: Sequence[Named],
    signer: ReceiptSigner,
    now: datetime,
) -> list[Verdict]:
    """Take passes in the name of a mediator; who may ask for that is the caller's to check."""
    return _Batch(session, actor, mediator_id, signer, now).judge(passes)


def redeem_voucher(
    session: Session, *, actor: Actor, scan: Scan, signer: ReceiptSigner, now: datetime
) -> Verdict:
    """Take one pass. The verdict is returned, not raised, because a refusal is written down too.

    Raises:
        RightMissing, TooManyGuesses, MistypedVoucherCode.
        IdAlreadyUsed: the id came earlier with another code, or for another act.
    """
    [verdict] = redeem_vouchers(session, actor=actor, scans=[scan], signer=signer, now=now)
    return answered(verdict)


def answered(verdict: Verdict) -> Verdict:
    """The verdict on one pass; what was not written down is raised.

    Raises:
        MistypedVoucherCode, IdAlreadyUsed, TooManyGuesses.
    """
    if isinstance(verdict.refusal, (MistypedVoucherCode, IdAlreadyUsed, TooManyGuesses)):
        raise verdict.refusal
    return verdict


@dataclass(frozen=True, slots=True)
class Judge:
    """Decides on one pass at one mediator: its state first, then the day, label and agreement."""

    session: Session
    mediator_id: UUID
    now: datetime

    def judge(  # noqa: PLR0911 - one return a verdict
        self,
        scan: Named,
        voucher: ledger.VoucherState,
        terms: Terms,
        *,
        on: date,
        taken: Mapping[int, datetime],
    ) -> _Accepted | DomainError:
        """What becomes of a scan; `taken` says when this batch took which passes already."""
        if voucher.id in taken:
            return _taken("ici", taken[voucher.id])
        if voucher.account.kind in rules.TAKEN:
            return self._taken_already(voucher)
        if refusal := rules.refusal_of_state(voucher.account.kind, since=self._since(voucher)):
            return refusal
        if scan.redeemed_at > self.now + rules.CLOCK_TOLERANCE:
            return SessionInTheFuture(day=f"{on:%d/%m/%Y}")
        if refusal := rules.refusal_of_day(terms.validity, on=on, issued_on=terms.issued_on):
            return refusal
        gone = terms.succession
        if refusal := refusal_to_take(
            named=self._mediator_name,
            on=on,
            succession=(gone.successor, gone.from_on) if gone else None,
            labelled=terms.label is not None,
            agreed=terms.agreement is not None,
            may_cash=not terms.is_public or bool(terms.cash_office or terms.mandate_id),
        ):
            return refusal
        assert terms.label is not None  # noqa: S101 - refused above
        assert terms.agreement is not None  # noqa: S101 - refused above
        return _Accepted(scan, voucher, terms, on, terms.label, terms.agreement)

    def _taken_already(self, voucher: ledger.VoucherState) -> DomainError:
        holder = redemption_queries.latest_redemption_of(self.session, voucher.id)
        if holder is None:
            return VoucherUsedBefore()
        where = "ici" if holder.mediator_id == self.mediator_id else ELSEWHERE
        return _taken(where, holder.redeemed_at)

    def _since(self, voucher: ledger.VoucherState) -> str:
        """The day since which a pass is blocked."""
        if voucher.account.kind is not ledger.AccountKind.BLOCKED:
            return ""
        last = ledger.history(self.session, voucher.id)[-1]
        return f"{martinique_day(last.occurred_at):%d/%m/%Y}"

    def _mediator_name(self) -> str:
        return known_organisation(self.session, self.mediator_id).name


def _taken(where: str, redeemed_at: datetime) -> DomainError:
    local = redeemed_at.astimezone(MARTINIQUE)
    return VoucherAlreadyRedeemed(
        where=where,
        redeemed_on=f"{local:%d/%m/%Y} à {local.hour}\u202fh\u202f{local:%M}",
        redeemed_at=redeemed_at.isoformat(),
    )


def too_many_guesses() -> TooManyGuesses:
    """Why no more codes are read for a while."""
    return TooManyGuesses(minutes=int(GUESS_WINDOW.total_seconds() // 60))


def refusal_of_unknown(session: Session, code_hash: bytes) -> DomainError:
    """Why a code that no pass bears is not taken: it may be that of a cover."""
    if booklet_by_cover(session, code_hash) is not None:
        return CoverInsteadOfPass()
    return code_not_of_here(session, code_hash, UnknownVoucher())


def content_of(code_hash: bytes, mediator_id: UUID) -> bytes:
    """The hash of what a scan asks for: this pass, at this mediator."""
    return hashlib.sha256(b"redemption" + mediator_id.bytes + code_hash).digest()


class _Batch:
    """One call of redeem_vouchers: what it has read, judged and will write."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        mediator_id: UUID,
        signer: ReceiptSigner,
        now: datetime,
    ) -> None:
        self.session, self.actor, self.signer, self.now = session, actor, signer, now
        self.mediator_id = mediator_id
        self.verdicts: dict[UUID, Verdict] = {}
        self.hashes: dict[UUID, bytes] = {}
        self.accepted: list[_Accepted] = []
        self.refused: list[tuple[Named, DomainError]] = []

    def judge(self, passes: Sequence[Named]) -> list[Verdict]:
        if not passes:
            return []
        before = redemption_queries.earlier_attempts(
            self.session,
            [one.redemption_id for one in passes],
            agent_id=self.actor.agent_id,
            since=self.now - GUESS_WINDOW,
        )
        answers: list[Verdict | None] = []
        fresh: list[Named] = []
        for one in passes:
            answer, is_fresh = self._known_already(one, before)
            answers.append(answer)
            if is_fresh:
                fresh.append(one)
        if fresh:
            allowed = GUESSES_ALLOWED - before.guess_count
            if allowed <= 0:
                raise too_many_guesses()
            self._judge_fresh(fresh, guesses_allowed=allowed)
            self._write()
        again = replayed(self.session, before.attempts.values()) if before.attempts else {}
        return [
            answer or again.get(one.redemption_id) or self.verdicts[one.redemption_id]
            for one, answer in zip(passes, answers, strict=True)
        ]

    def _known_already(self, one: Named, before: Earlier) -> tuple[Verdict | None, bool]:
        """An answer that needs no looking up, and whether the pass is still to be judged."""
        redemption_id = one.redemption_id
        content = content_of(one.code_hash, self.mediator_id)
        known = (
            before.attempts[redemption_id].request_hash
            if redemption_id in before.attempts
            else self.hashes.get(redemption_id)
        )
        if redemption_id in before.taken_ids or known not in {None, content}:
            return Verdict(redemption_id, refusal=IdAlreadyUsed()), False
        if known is None:
            self.hashes[redemption_id] = content
        return None, known is None

    def _judge_fresh(self, fresh: Sequence[Named], *, guesses_allowed: int) -> None:
        """Lock the passes in the order of their ids, then judge the scans in the order sent."""
        by_hash = {
            voucher.code_hash: voucher
            for voucher in ledger.lock_vouchers_by_code(
                self.session, [one.code_hash for one in fresh]
            )
        }
        days = {one.redeemed_at: martinique_day(one.redeemed_at) for one in fresh}
        terms = self._terms(fresh, by_hash, days)
        taken: dict[int, datetime] = {}
        judge = Judge(self.session, self.mediator_id, self.now)
        for one in fresh:
            if guesses_allowed <= 0:
                # Not written down: the same id may be sent again later.
                self.verdicts[one.redemption_id] = Verdict(
                    one.redemption_id, refusal=too_many_guesses()
                )
                continue
            voucher = by_hash.get(one.code_hash)
            if voucher is None:
                guesses_allowed -= 1
                self.refused.append((one, refusal_of_unknown(self.session, one.code_hash)))
                continue
            on = days[one.redeemed_at]
            verdict = judge.judge(one, voucher, terms[on, voucher.booklet_id], on=on, taken=taken)
            if isinstance(verdict, DomainError):
                self.refused.append((one, verdict))
            else:
                taken[voucher.id] = one.redeemed_at
                self.accepted.append(verdict)

    def _terms(
        self,
        fresh: Sequence[Named],
        by_hash: Mapping[bytes, ledger.VoucherState],
        days: Mapping[datetime, date],
    ) -> dict[tuple[date, int], Terms]:
        """What decides on each pass, one statement a day."""
        booklets: dict[date, set[int]] = {}
        for one in fresh:
            if voucher := by_hash.get(one.code_hash):
                booklets.setdefault(days[one.redeemed_at], set()).add(voucher.booklet_id)
        return {
            (on, booklet_id): terms
            for on, ids in booklets.items()
            for booklet_id, terms in redemption_queries.terms_by_booklet(
                self.session, ids, mediator_id=self.mediator_id, on=on
            ).items()
        }

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────

    def _write(self) -> None:
        """Attempts first: whoever sends the same id at the same moment waits here, then yields."""
        rows = [self._attempt(a.scan, ACCEPTED, {}) for a in self.accepted]
        rows += [self._attempt(scan, r.code, r.details) for scan, r in self.refused]
        rows.sort(key=lambda row: row["id"].bytes)
        written = set(
            insert_rows(
                self.session,
                RedemptionAttempt,
                rows,
                returning=RedemptionAttempt.id,
                unless_there=True,
            )
        )
        if len(written) < len(rows):
            self._stand_back([row["id"] for row in rows if row["id"] not in written])
        for scan, refusal in self.refused:
            self.verdicts.setdefault(
                scan.redemption_id, Verdict(scan.redemption_id, refusal=refusal)
            )
        mine = [a for a in self.accepted if a.scan.redemption_id in written]
        if mine:
            self._post(mine)

    def _stand_back(self, ids: Sequence[UUID]) -> None:
        """Somebody answered these ids between our look and our writing: theirs is the answer."""
        attempts = redemption_queries.attempts(self.session, ids)
        theirs = replayed(self.session, attempts.values())
        for redemption_id in ids:
            if attempts[redemption_id].request_hash != self.hashes[redemption_id]:
                self.verdicts[redemption_id] = Verdict(redemption_id, refusal=IdAlreadyUsed())
            else:
                self.verdicts[redemption_id] = theirs[redemption_id]

    def _attempt(self, scan: Named, verdict: str, details: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": scan.redemption_id,
            "request_hash": self.hashes[scan.redemption_id],
            "verdict": verdict,
            "details": details,
            "mediator_id": self.mediator_id,
            "agent_id": self.actor.agent_id,
            "attempted_at": self.now,
        }

    def _post(self, accepted: Sequence[_Accepted]) -> None:
        """Move the passes and write the redemptions down, each with its receipt."""
        accounts = self._accounts(accepted)
        movement_ids = ledger.post_many(
            self.session,
            [
                (
                    ledger.Act(
                        posting_id=a.scan.redemption_id,
                        kind=ledger.MovementKind.REDEEM,
                        document_type="redemption",
                        document_id=a.scan.redemption_id,
                        actor_id=self.actor.agent_id,
                        occurred_at=a.scan.redeemed_at,
                    ),
                    [
                        ledger.Line(
                            ledger.MovementKind.REDEEM,
                            ledger.VoucherRange.one(a.voucher.id),
                            a.voucher.account,
                            accounts[a.voucher.account.vintage_id],
                        )
                    ],
                )
                for a in accepted
            ],
        )
        rows = [
            self._redemption(a, movement_id)
            for a, movement_id in zip(accepted, movement_ids, strict=True)
        ]
        insert_rows(self.session, Redemption, rows)
        for row in rows:
            self.verdicts[row["id"]] = Verdict(row["id"], redemption=as_read(Redemption, row))

    def _accounts(self, accepted: Sequence[_Accepted]) -> dict[int, ledger.Account]:
        """The mediator's account of redeemed passes, by vintage; opened the first time."""
        known: dict[int, ledger.Account] = {}
        missing: set[int] = set()
        for a in accepted:
            vintage_id, found = a.voucher.account.vintage_id, a.terms.redeemed_account_id
            if vintage_id in known:
                continue
            if found is None:
                missing.add(vintage_id)
                continue
            key = chart.redeemed(self.mediator_id, vintage_id)
            known[vintage_id] = ledger.Account(
                found,
                key.kind,
                key.party_id,
                key.counterparty_id,
                vintage_id,
                a.voucher.account.face_value_cents,
            )
        if missing:
            keys = [chart.redeemed(self.mediator_id, vintage_id) for vintage_id in missing]
            opened = ledger.accounts(self.session, keys).values()
            known |= {account.vintage_id: account for account in opened}
        return known

    def _redemption(self, a: _Accepted, movement_id: int) -> dict[str, Any]:
        serial = SerialNumber(a.terms.booklet, a.voucher.id - a.voucher.booklet_id + 1)
        amount = Cents(a.voucher.account.face_value_cents)
        validity, office = a.terms.validity, a.terms.cash_office
        return {
            "id": a.scan.redemption_id,
            "voucher_id": a.voucher.id,
            "vintage_id": a.voucher.account.vintage_id,
            "vintage_from": validity.valid_from,
            "vintage_until": validity.valid_until,
            "vintage_last_day": validity.last_redemption_on,
            "mediator_id": self.mediator_id,
            "label_id": a.label.id,
            "label_from": a.label.valid_from,
            "label_until": a.label.valid_until,
            "agreement_id": a.agreement.id,
            "agreement_role": AgreementRole.MEDIATOR,
            "agreement_from": a.agreement.valid_from,
            "agreement_until": a.agreement.valid_until,
            "mediator_is_public": a.terms.is_public,
            "cash_office_id": office.id if office else None,
            "cash_office_kind": office.kind if office else None,
            "cash_office_from": office.valid_from if office else None,
            "cash_office_until": office.valid_until if office else None,
            "mandate_id": a.terms.mandate_id if a.terms.is_public and office is None else None,
            "movement_id": movement_id,
            "amount_cents": amount,
            "redeemed_at": a.scan.redeemed_at,
            "redeemed_on": a.on,
            "redeemed_by": self.actor.agent_id,
            "receipt": self.signer.sign(
                Receipt(
                    a.scan.redemption_id,
                    self.mediator_id,
                    str(serial),
                    amount,
                    a.scan.redeemed_at,
                    movement_id,
                )
            ),
        }


def replayed(session: Session, attempts: Iterable[Attempt]) -> dict[UUID, Verdict]:
    """Earlier answers as they were, with what has become of the redemption since."""
    told = list(attempts)
    accepted = [a.id for a in told if a.verdict == ACCEPTED]
    redemptions = redemption_queries.redemptions_by_id(session, accepted) if accepted else {}
    undone = redemption_queries.undone_among(session, accepted) if accepted else set()
    return {
        a.id: Verdict(a.id, redemption=redemptions[a.id], undone=a.id in undone)
        if a.verdict == ACCEPTED
        else Verdict(a.id, refusal=VERDICTS[a.verdict](**a.details))
        for a in told
    }


def known_redemption(session: Session, *, actor: Actor, redemption_id: UUID) -> Redemption:
    """A redemption of the actor's own mediator, or any for those who see all.

    Raises:
        UnknownRedemption: none has that id, or it is another mediator's: both look alike.
    """
    redemption = redemption_queries.redemption(session, redemption_id)
    if redemption is None or not actor.sees(redemption.mediator_id):
        raise UnknownRedemption
    return redemption
