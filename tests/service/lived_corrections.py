"""Corrections and disputes of a scheme that has lived, of its other programme.

| pass of 22R 00001 | at exo7: what became of it                                        |
|-------------------|-------------------------------------------------------------------|
| 1                 | paid, clawed back: asked for by a debit note, which was collected |
| 2                 | paid, clawed back: recovered by the statement of pass 7           |
| 3                 | paid; its clawback waits to be approved                           |
| 4                 | paid; its clawback was set aside                                  |
| 5                 | paid, clawed back: nothing has recovered it yet                   |
| 6                 | paid; carecof disputes it                                         |
| 7                 | settled without a payment                                         |
| 8                 | undone: awarded to carecof                                        |
| 9                 | kept, though carecof had claimed it                               |
| 10                | refused to carecof, who has not claimed it                        |
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import (
    clawbacks,
    debit_notes,
    disputes,
    payments,
    queries,
    recoveries,
    statements,
)
from app.clearing.disputes import Outcome
from app.clearing.redemptions import Scan, redeem_voucher
from app.clearing.rules import SessionKind, Topic
from app.clearing.sessions import link_redemptions, record_session
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from app.kernel.serials import BookletNumber
from app.programmes.service import create_vintage
from app.vouchers import queries as vouchers
from tests.factories import Scheme
from tests.opening import TEN_EUROS

LABEL = "22R"


@dataclass
class Corrected:
    """The scheme, its other programme, and the ids of what was made, by name."""

    scheme: Scheme
    programme_id: UUID
    ids: dict[str, UUID] = field(default_factory=dict)
    codes: list[VoucherCode] = field(default_factory=list)

    @property
    def much_later(self) -> datetime:
        """When the delay of the settings is over."""
        return self.scheme.later + timedelta(days=70)

    def live(self, session: Session) -> None:
        """Everything of the table above."""
        self._in_pockets(session)
        taken = [self._redeemed(session, place) for place in range(1, 7)]
        self._session(session, taken[0])
        self.ids["corrected"] = self._paid(session)
        for place in (1, 2, 5):
            self._clawed_back(session, f"clawback {place}", taken[place - 1])
            if place == 1:
                self._collected(session)
            if place == 2:
                self._redeemed(session, 7)
                self.ids["offset"] = self._approved(session)
        self.ids["waiting clawback"] = self.scheme.clawback(session, taken[2])
        self.ids["clawback set aside"] = self.scheme.clawback(session, taken[3])
        clawbacks.set_aside_clawback(
            session,
            actor=self.scheme.actors["coordinator"],
            clawback_id=self.ids["clawback set aside"],
            reason="La séance a bien eu lieu",
            now=self.much_later,
        )
        self.ids["paid for correction"] = taken[5]
        self._disputed(session)

    def _in_pockets(self, session: Session) -> None:
        scheme = self.scheme
        create_vintage(
            session,
            actor=scheme.actors["coordinator"],
            programme_id=self.programme_id,
            label=LABEL,
            face_value_cents=TEN_EUROS,
            valid_from=scheme.today,
            valid_until=scheme.today,
            tolerance_days=0,
            keys=scheme.keys,
            taken_over=True,
            now=scheme.now,
        )
        scheme.taken_over(
            session,
            f"{LABEL};1;1;10;circulation;CCAS;passnum",
            voucher_count=10,
            programme_id=self.programme_id,
        )
        booklet = vouchers.booklet_by_number(session, BookletNumber(LABEL, 1))
        assert booklet is not None
        key = scheme.keys.key(LABEL)
        self.codes = [codes.derive(key, booklet.first_serial + place) for place in range(10)]

    def _redeemed(self, session: Session, place: int, *, at: str = "exo7") -> UUID:
        """A scan of a pass; its id, whatever was answered."""
        scan_id = new_id()
        redeem_voucher(
            session,
            actor=self.scheme.actors[at],
            scan=Scan(scan_id, self.codes[place - 1], self.scheme.now),
            signer=self.scheme.signer,
            now=self.scheme.now,
        )
        return scan_id

    def _session(self, session: Session, redemption_id: UUID) -> None:
        exo7 = self.scheme.actors["exo7"]
        self.ids["printed session"] = record_session(
            session,
            actor=exo7,
            session_id=new_id(),
            held_on=self.scheme.today,
            duration_minutes=75,
            kind=SessionKind.GROUP,
            people_count=6,
            topics=[Topic.FORMALITIES],
            now=self.scheme.now,
        ).id
        link_redemptions(
            session,
            actor=exo7,
            session_id=self.ids["printed session"],
            redemption_ids=[redemption_id],
            now=self.scheme.now,
        )

    def _approved(self, session: Session) -> UUID:
        scheme = self.scheme
        run = scheme.opened_run(session, programme_id=self.programme_id)
        [draft] = scheme.drafted(session, run, "exo7")
        read = queries.latest_version(session, draft.id)
        owed = recoveries.to_recover(session, draft, read.net_cents)
        return statements.approve_statement(
            session,
            actor=scheme.actors["finance2"],
            statement_id=draft.id,
            version=read.version,
            net_cents=read.net_cents - sum(one.net_cents for one in owed),
            now=self.scheme.later,
        ).statement_id

    def _paid(self, session: Session) -> UUID:
        statement_id, day = self._approved(session), martinique_day(self.scheme.later)
        order = payments.order_payment(
            session,
            actor=self.scheme.actors["finance"],
            payment_order_id=new_id(),
            statement_id=statement_id,
            mandate_number=f"M-{statement_id}",
            bordereau_number="B-2",
            issued_on=day,
            now=self.scheme.later,
        )
        self.ids["corrected payment order"] = order.id
        payments.record_payment(
            session,
            actor=self.scheme.actors["accountant"],
            payment_id=new_id(),
            payment_order_id=order.id,
            paid_on=day,
            now=self.scheme.later,
        )
        return statement_id

    def _clawed_back(self, session: Session, name: str, redemption_id: UUID) -> None:
        self.ids[name] = self.scheme.taken_back(session, redemption_id)

    def _collected(self, session: Session) -> None:
        self.ids["debit note"] = debit_notes.issue_debit_note(
            session,
            actor=self.scheme.actors["finance"],
            debit_note_id=new_id(),
            mediator_id=self.scheme.organisations["exo7"],
            programme_id=self.programme_id,
            now=self.much_later,
        ).id
        self.ids["collection"] = new_id()
        debit_notes.collect_debit_note(
            session,
            actor=self.scheme.actors["accountant"],
            collection_id=self.ids["collection"],
            debit_note_id=self.ids["debit note"],
            collected_on=martinique_day(self.much_later),
            now=self.much_later,
        )

    def _disputed(self, session: Session) -> None:
        scheme = self.scheme
        for place in (8, 9, 10):
            self._redeemed(session, place)
        for place, outcome in ((6, None), (8, Outcome.AWARDED), (9, Outcome.KEPT)):
            name = f"dispute {place}"
            self.ids[name] = disputes.open_dispute(
                session,
                actor=scheme.actors["carecof"],
                dispute_id=new_id(),
                attempt_id=self._redeemed(session, place, at="carecof"),
                code=self.codes[place - 1],
                redeemed_at=scheme.now,
                story="La personne a remis ce pass à notre atelier",
                now=scheme.now,
            ).id
            if outcome is not None:
                disputes.decide_dispute(
                    session,
                    actor=scheme.actors["finance2"],
                    dispute_id=self.ids[name],
                    outcome=outcome,
                    reason="D’après la feuille d’émargement",
                    signer=scheme.signer,
                    now=scheme.now,
                )
        self.ids["refused attempt"] = self._redeemed(session, 10, at="carecof")
