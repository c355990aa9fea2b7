"""A small scheme, built through the same services as everybody uses, step by step.

`Scheme.ready(session, folder)` opens a programme with its people; each method then takes one
step of the chain and returns what the next needs.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import clawbacks, payment_queries, payments, recoveries, runs, statements
from app.clearing import queries as clearing
from app.clearing.models import ClearingRun, Statement, StatementVersion
from app.clearing.redemption_models import RedemptionReversal
from app.clearing.redemptions import Scan, Verdict, redeem_voucher
from app.clearing.statements import PassRange
from app.clearing.undoing import undo_redemption
from app.database.connections import Database
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.kernel.serials import BookletNumber, SerialNumber
from app.losses import blocks, write_offs
from app.losses.models import Block
from app.losses.naming import Named
from app.losses.rules import BlockCause, Declarant
from app.orders import deliveries, mandates
from app.orders import service as orders
from app.orders.models import OrderMandate
from app.orders.rules import LineAsked, SerialRange
from app.prescribers import allocations, custody, people, prescriptions
from app.prescribers.allocations import BookletRange
from app.prescribers.people import Person
from app.prescribers.prescriptions import Reasons
from app.prescribers.rules import Commitment, DuplicateReason
from app.programmes.rules import Public
from app.takeover import service as takeover
from app.vouchers import queries as vouchers
from tests.opening import Opening

ANSWERS = "0121010"
"""An assessment: some help is needed."""
ALIKE = Reasons(duplicate=DuplicateReason.ANOTHER_PERSON)
"""Everybody here is called Rosette, and the agents know it."""


class Scheme(Opening):
    """One programme and the people who make it live; its methods are their acts."""

    # ── The chain ─────────────────────────────────────────────────────────────────────────────────

    def prepared_order(
        self, session: Session, *, tens: int = 10, fives: int = 4, unit_cents: int = 200
    ) -> UUID:
        """An order that waits for somebody else's approval."""
        sizes = ((10, tens), (5, fives))
        return orders.prepare_order(
            session,
            actor=self.actors["coordinator"],
            order_id=new_id(),
            programme_id=self.programme_id,
            vintage_id=self.vintage_id,
            lines=[LineAsked(size, count, Cents(unit_cents)) for size, count in sizes if count],
            now=self.now,
        ).id

    def sent_order(
        self, session: Session, *, tens: int = 10, fives: int = 4, unit_cents: int = 200
    ) -> UUID:
        """An order prepared by one, approved by another, and sent."""
        order_id = self.prepared_order(session, tens=tens, fives=fives, unit_cents=unit_cents)
        orders.approve_order(
            session, actor=self.actors["coordinator2"], order_id=order_id, now=self.now
        )
        orders.send_order(
            session, actor=self.actors["coordinator"], order_id=order_id, now=self.now
        )
        return order_id

    def delivery(self, session: Session, order_id: UUID, ranges: Sequence[SerialRange]) -> UUID:
        """A delivery of these serials."""
        return deliveries.record_delivery(
            session,
            actor=self.actors["coordinator"],
            delivery_id=new_id(),
            order_id=order_id,
            ranges=ranges,
            keys=self.keys,
            now=self.now,
        ).id

    def mandate(
        self,
        session: Session,
        order_id: UUID,
        amount_cents: int,
        *,
        number: str | None = None,
        now: datetime | None = None,
    ) -> OrderMandate:
        """A mandate of the accountant for an order, whatever the order comes to."""
        return mandates.record_mandate(
            session,
            accept_beyond=True,
            actor=self.actors["finance"],
            mandate_id=new_id(),
            order_id=order_id,
            mandate_number=number or f"M-{new_id()}",
            amount_cents=Cents(amount_cents),
            now=now or self.now,
        )

    def activated(self, session: Session, delivery_id: UUID) -> UUID:
        """A delivery put in service as far as its mandates go; the activation's id."""
        return deliveries.activate_delivery(
            session,
            actor=self.actors["finance"],
            activation_id=new_id(),
            delivery_id=delivery_id,
            now=self.now,
        ).id

    def activation(self, session: Session, order_id: UUID, delivery_id: UUID) -> UUID:
        """A mandate that covers everything, and the activation of that delivery."""
        self.mandate(session, order_id, 10_000_000)
        return self.activated(session, delivery_id)

    def stock(self, session: Session, *, tens: int = 10, fives: int = 4) -> UUID:
        """An order that arrived whole and is active; returns the order's id."""
        order_id = self.sent_order(session, tens=tens, fives=fives)
        from app.orders import queries  # noqa: PLC0415 - keeps the list above about services

        ranges = [a.serials for a in queries.allotments(session, order_id)]
        self.activation(session, order_id, self.delivery(session, order_id, ranges))
        return order_id

    def booklet(self, number: int) -> str:
        """The printed number of a booklet of the vintage."""
        return str(BookletNumber(self.label, number))

    def serial(self, number: int, place: int) -> str:
        """The printed serial number of one pass of a booklet, counted from 1."""
        return str(SerialNumber(BookletNumber(self.label, number), place))

    def allocation(
        self, session: Session, first: int, last: int, *, to: str = "plie", accept: bool = True
    ) -> UUID:
        """Booklets entrusted to a prescriber, who signs for them unless told otherwise."""
        allocation_id = allocations.allocate_booklets(
            session,
            actor=self.actors["coordinator"],
            allocation_id=new_id(),
            programme_id=self.programme_id,
            recipient_id=self.organisations[to],
            booklets=[BookletRange(self.booklet(first), self.booklet(last))],
            now=self.now,
        ).id
        if accept:
            custody.confirm_receipt(
                session,
                actor=self.actors[to],
                receipt_id=new_id(),
                consignment_id=allocation_id,
                now=self.now,
            )
        return allocation_id

    def beneficiary(
        self,
        session: Session,
        *,
        public: Public = Public.PLIE,
        birth_year: int = 1985,
        by: str = "plie",
    ) -> UUID:
        """A person met by a prescriber."""
        return people.register_beneficiary(
            session,
            actor=self.actors[by],
            beneficiary_id=new_id(),
            public=public,
            person=Person("Démonstration", "Rosette", birth_year, "Le Lorrain"),
            now=self.now,
        ).id

    def prescription(
        self,
        session: Session,
        beneficiary_id: UUID,
        booklets: Sequence[int],
        *,
        by: str = "plie",
        referred_to: str = "exo7",
        prescription_id: UUID | None = None,
        reasons: Reasons = ALIKE,
    ) -> UUID:
        """Booklets handed to a person."""
        return prescriptions.issue_booklets(
            session,
            actor=self.actors[by],
            prescription_id=prescription_id or new_id(),
            programme_id=self.programme_id,
            beneficiary_id=beneficiary_id,
            booklets=[self.booklet(number) for number in booklets],
            referred_to_id=self.organisations[referred_to],
            answers=ANSWERS,
            commitment=Commitment.PAPER,
            reasons=reasons,
            declares_no_other_pass=True,
            now=self.now,
        ).id

    def issued_booklet(self, session: Session, number: int = 1) -> list[VoucherCode]:
        """Stock, allocation and prescription of one booklet of ten; returns its codes."""
        if vouchers.booklet_by_number(session, BookletNumber(self.label, number)) is None:
            self.stock(session)
        self.allocation(session, number, number)
        self.prescription(session, self.beneficiary(session), [number])
        return self.codes(session, number)

    def codes(self, session: Session, number: int) -> list[VoucherCode]:
        """The codes of a booklet, in the order of its passes."""
        booklet = vouchers.booklet_by_number(session, BookletNumber(self.label, number))
        assert booklet is not None
        key = self.keys.key(self.label)
        return [codes.derive(key, booklet.first_serial + place) for place in range(booklet.size)]

    def redeem(
        self,
        session: Session,
        code: str,
        *,
        at: str = "exo7",
        redemption_id: UUID | None = None,
        redeemed_at: datetime | None = None,
    ) -> Verdict:
        """A mediator takes one pass."""
        return redeem_voucher(
            session,
            actor=self.actors[at],
            scan=Scan(redemption_id or new_id(), code, redeemed_at or self.now),
            signer=self.signer,
            now=self.now,
        )

    def undone(
        self,
        session: Session,
        redemption_id: UUID,
        *,
        by: str = "exo7",
        now: datetime | None = None,
    ) -> RedemptionReversal:
        """A pass that a mediator gives back."""
        return undo_redemption(
            session,
            actor=self.actors[by],
            reversal_id=new_id(),
            redemption_id=redemption_id,
            reason="Erreur",
            now=now or self.now,
        )

    # ── What goes wrong with paper ────────────────────────────────────────────────────────────────

    def blocked(
        self,
        session: Session,
        *passes: str | Named,
        by: str = "coordinator",
        declarant: Declarant = Declarant.HOLDER,
        cause: BlockCause = BlockCause.LOST,
    ) -> Block:
        """Passes or booklets declared lost today: one by its number, or all from one to another."""
        return blocks.block_vouchers(
            session,
            actor=self.actors[by],
            block_id=new_id(),
            named=[Named(one, one) if isinstance(one, str) else one for one in passes],
            declarant=declarant,
            cause=cause,
            happened_on=self.today,
            now=self.now,
        )

    def destroyed(self, session: Session, *passes: str) -> UUID:
        """These single passes blocked, then destroyed; the id of the procès-verbal."""
        self.blocked(session, *passes)
        prepared = write_offs.prepare_write_off(
            session,
            actor=self.actors["coordinator"],
            write_off_id=new_id(),
            named=[Named(number, number) for number in passes],
            reason="Brûlé",
            now=self.now,
        )
        write_offs.approve_write_off(
            session,
            actor=self.actors["finance"],
            write_off_id=prepared.id,
            voucher_count=len(passes),
            now=self.now,
        )
        return prepared.id

    def taken_over(
        self,
        session: Session,
        *lines: str,
        voucher_count: int,
        programme_id: UUID | None = None,
    ) -> UUID:
        """Booklets of before, counted and approved; the id of the procès-verbal."""
        head = "millesime;premier carnet;dernier carnet;taille;lieu;prescripteur;codes;restants"
        counted = takeover.prepare_takeover(
            session,
            actor=self.actors["coordinator"],
            takeover_id=new_id(),
            programme_id=programme_id or self.programme_id,
            content="\n".join((head, *lines)).encode(),
            counted_on=self.today,
            now=self.now,
        )
        takeover.approve_takeover(
            session,
            actor=self.actors["coordinator2"],
            takeover_id=counted.id,
            voucher_count=voucher_count,
            keys=self.keys,
            now=self.now,
        )
        return counted.id

    # ── Money ─────────────────────────────────────────────────────────────────────────────────────

    def clearing(self, database: Database, *, run_id: UUID | None = None) -> UUID:
        """A run that takes everything recorded until now; a draft for each mediator."""
        return runs.run_clearing(
            database,
            actor=self.actors["finance"],
            run_id=run_id or new_id(),
            programme_id=self.programme_id,
            cut_off_on=martinique_day(self.later),
            now=self.later,
        ).id

    def opened_run(
        self, session: Session, *, run_id: UUID | None = None, programme_id: UUID | None = None
    ) -> ClearingRun:
        """A run that has drafted nothing yet."""
        return runs.open_clearing_run(
            session,
            actor=self.actors["finance"],
            run_id=run_id or new_id(),
            programme_id=programme_id or self.programme_id,
            cut_off_on=martinique_day(self.later),
            now=self.later,
        )

    def drafted(self, session: Session, run: ClearingRun, mediator: str) -> list[Statement]:
        """What an open run drafts for one mediator: a statement for each rate of its fee."""
        return runs.draft_statements(
            session, run=run, mediator_id=self.organisations[mediator], now=self.later
        )

    @property
    def later(self) -> datetime:
        """Two days from now: past any midnight that the tests themselves may cross."""
        return self.now + timedelta(days=2)

    def draft(self, session: Session, run_id: UUID, mediator: str) -> Statement:
        """The statement of a mediator in a run."""
        [found] = (
            statement
            for statement in clearing.statements_of(session, run_id)
            if statement.mediator_id == self.organisations[mediator]
        )
        return found

    def total(self, session: Session, run_id: UUID, mediator: str) -> StatementVersion:
        """What the statement of a mediator in a run comes to now."""
        return clearing.latest_version(session, self.draft(session, run_id, mediator).id)

    def approved(
        self,
        session: Session,
        statement: Statement,
        *,
        by: str = "finance2",
        recovered_cents: int | None = None,
    ) -> UUID:
        """A statement approved at the version and total that it shows; returns its id."""
        read = clearing.latest_version(session, statement.id)
        if recovered_cents is None:
            owed = recoveries.to_recover(session, statement, read.net_cents)
            recovered_cents = sum(one.net_cents for one in owed)
        return statements.approve_statement(
            session,
            actor=self.actors[by],
            statement_id=statement.id,
            version=read.version,
            net_cents=read.net_cents - recovered_cents,
            now=self.later,
        ).statement_id

    def ordered(self, session: Session, statement_id: UUID, *, why: str | None = None) -> UUID:
        """A payment order for an approved statement; returns the order's id."""
        earlier = len(payment_queries.rounds_of(session, statement_id))
        return payments.order_payment(
            session,
            actor=self.actors["finance"],
            payment_order_id=new_id(),
            statement_id=statement_id,
            mandate_number=f"M-{statement_id}" + (f"-{earlier}" if earlier else ""),
            bordereau_number="B-1",
            issued_on=martinique_day(self.later),
            same_account_reason=why,
            now=self.later,
        ).id

    def withdrawn(
        self, session: Session, statement_id: UUID, *serials: str, by: str = "finance"
    ) -> UUID:
        """These passes taken off a draft; returns the withdrawal's id."""
        return statements.withdraw_passes(
            session,
            actor=self.actors[by],
            withdrawal_id=new_id(),
            statement_id=statement_id,
            version=clearing.latest_version(session, statement_id).version,
            passes=[PassRange(serial, serial) for serial in serials],
            reason="Saisi deux fois",
            now=self.later,
        ).id

    def certified(self, session: Session, statement_id: UUID, *, by: str = "exo7") -> UUID:
        """The mediator's certification of the last version; returns its id."""
        return statements.certify_statement(
            session,
            actor=self.actors[by],
            certification_id=new_id(),
            statement_id=statement_id,
            version=clearing.latest_version(session, statement_id).version,
            now=self.later,
        ).id

    def rejected(self, session: Session, payment_order_id: UUID) -> UUID:
        """The accountant's record that the money came back; returns its id."""
        return payments.reject_payment(
            session,
            actor=self.actors["accountant"],
            rejection_id=new_id(),
            payment_order_id=payment_order_id,
            rejected_on=martinique_day(self.later),
            reason="Compte clos",
            now=self.later,
        ).id

    def paid(self, session: Session, payment_order_id: UUID) -> UUID:
        """The accountant's record that it was paid; returns its id."""
        return payments.record_payment(
            session,
            actor=self.actors["accountant"],
            payment_id=new_id(),
            payment_order_id=payment_order_id,
            paid_on=martinique_day(self.later),
            now=self.later,
        ).id

    def clawback(
        self,
        session: Session,
        redemption_id: UUID,
        *,
        reason: str = "La séance n’a pas eu lieu",
    ) -> UUID:
        """What was paid for a pass asked back, until another person approves; its id."""
        return clawbacks.prepare_clawback(
            session,
            actor=self.actors["finance"],
            clawback_id=new_id(),
            redemption_id=redemption_id,
            reason=reason,
            now=self.later,
        ).id

    def taken_back(
        self, session: Session, redemption_id: UUID, *, now: datetime | None = None
    ) -> UUID:
        """What was paid for a pass and should not have been, owed back; the clawback's id."""
        return clawbacks.approve_clawback(
            session,
            actor=self.actors["finance2"],
            clawback_id=self.clawback(session, redemption_id),
            now=now or self.later,
        ).clawback_id
