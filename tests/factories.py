"""A small scheme, built through the same services as everybody uses, step by step.

`Scheme.ready(session, folder)` opens a programme with its people; each method then takes one
step of the chain and returns what the next needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import payment_queries, payments, recoveries, runs, statements
from app.clearing import queries as clearing
from app.clearing.models import Statement, StatementVersion
from app.clearing.receipts import ReceiptSigner
from app.clearing.redemptions import Scan, Verdict, redeem_voucher
from app.clearing.statements import PassRange
from app.database import Database
from app.identity.models import Agent
from app.identity.rules import Actor, Role
from app.identity.service import actor_of, create_agent
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.kernel.serials import BookletNumber, SerialNumber
from app.mediators.service import grant_label
from app.orders import deliveries, mandates
from app.orders import service as orders
from app.orders.rules import LineAsked, SerialRange
from app.partners.bank_details import approve_bank_details, prepare_bank_details
from app.partners.rules import AgreementRole, OrganisationKind
from app.partners.service import register_organisation, sign_agreement
from app.partners.vault import BankVault
from app.prescribers import allocations, custody, people, prescriptions
from app.prescribers.allocations import BookletRange
from app.prescribers.people import Person
from app.prescribers.prescriptions import Reasons
from app.prescribers.rules import Commitment, DuplicateReason
from app.programmes.keys import KeyStore
from app.programmes.rules import Payer, Public
from app.programmes.service import create_programme, create_vintage
from app.vouchers import queries as vouchers

TEN_EUROS = Cents(1000)
IBAN = "FR1420041010050500013M02606"

ANSWERS = "0121010"
"""An assessment: some help is needed."""
ALIKE = Reasons(duplicate=DuplicateReason.ANOTHER_PERSON)
"""Everybody here is called Rosette, and the agents know it."""


@dataclass
class Scheme:
    """One programme and the people who make it live, each an Actor."""

    keys: KeyStore
    now: datetime
    actors: dict[str, Actor] = field(default_factory=dict)
    organisations: dict[str, UUID] = field(default_factory=dict)
    programme_id: UUID = field(default_factory=new_id)
    vintage_id: int = 0
    label: str = "26A"

    @classmethod
    def ready(
        cls,
        session: Session,
        folder: Path,
        *,
        now: datetime | None = None,
        payer: Payer = Payer.AUTHORITY,
    ) -> "Scheme":
        """CAP Nord, an issuer, two prescribers, two labelled mediators, and a vintage."""
        scheme = cls(KeyStore(folder / "keys"), now or datetime.now(UTC))
        scheme.organisation(session, "sponsor", OrganisationKind.SPONSOR)
        scheme.organisation(session, "issuer", OrganisationKind.ISSUER)
        for role in (Role.COORDINATOR, Role.FINANCE, Role.ACCOUNTANT, Role.AUDITOR):
            scheme.agent(session, str(role), role, "sponsor")
        scheme.agent(session, "coordinator2", Role.COORDINATOR, "sponsor")
        scheme.agent(session, "finance2", Role.FINANCE, "sponsor")
        scheme.agent(session, "administrator", Role.ADMINISTRATOR, "sponsor")
        create_programme(
            session,
            actor=scheme.actors["coordinator"],
            programme_id=scheme.programme_id,
            name="Pass numérique",
            payer=payer,
            sponsor_id=scheme.organisations["sponsor"],
            issuer_id=scheme.organisations["issuer"],
            now=scheme.now,
        )
        scheme.vintage_id = create_vintage(
            session,
            actor=scheme.actors["coordinator"],
            programme_id=scheme.programme_id,
            label=scheme.label,
            face_value_cents=TEN_EUROS,
            valid_from=scheme.today - timedelta(days=300),
            valid_until=scheme.today + timedelta(days=60),
            tolerance_days=31,
            keys=scheme.keys,
            now=scheme.now,
        ).vintage_id
        for name in ("ccas", "plie"):
            scheme.organisation(session, name, OrganisationKind(name))
            scheme.agent(session, name, Role.PRESCRIBER, name)
            scheme.agreement(session, name, AgreementRole.PRESCRIBER)
        scheme.agreement(session, "ccas", AgreementRole.MANDATE)
        for name in ("exo7", "carecof"):
            scheme.mediator(session, name)
        return scheme

    def at(self, folder: Path) -> "Scheme":
        """The same with its keys in that folder."""
        return replace(self, keys=KeyStore(folder / "keys"))

    @cached_property
    def signer(self) -> ReceiptSigner:
        """Who signs receipts, with the key in that folder."""
        return ReceiptSigner(self.keys.folder)

    def __getstate__(self) -> dict[str, object]:
        """What is written down: the keys stay in their folder."""
        return {name: value for name, value in vars(self).items() if name != "signer"}

    @property
    def vault(self) -> BankVault:
        """Where IBANs are sealed."""
        return BankVault(self.keys.folder)

    @property
    def today(self) -> date:
        """The day in Martinique."""
        return martinique_day(self.now)

    def organisation(self, session: Session, name: str, kind: OrganisationKind) -> UUID:
        """Register an organisation under a short name."""
        self.organisations[name] = register_organisation(
            session,
            actor=None,
            organisation_id=new_id(),
            kind=kind,
            name=name.upper(),
            commune="Le Lorrain",
            siret=None,
            now=self.now,
        ).id
        return self.organisations[name]

    def agent(self, session: Session, name: str, role: Role, organisation: str) -> Agent:
        """Open an account for that organisation; the actor is kept under the same name."""
        agent = create_agent(
            session,
            actor=None,
            email=f"{name}@exemple.fr",
            name=f"Agent {name}",
            role=role,
            organisation_id=self.organisations[organisation],
            password=None,
            now=self.now,
        )
        self.actors[name] = actor_of(agent, by_token=False)
        return agent

    def agreement(
        self,
        session: Session,
        name: str,
        role: AgreementRole,
        *,
        days: tuple[int, int] = (-300, 300),
    ) -> UUID:
        """Sign an agreement from and to so many days from today."""
        return sign_agreement(
            session,
            actor=self.actors["coordinator"],
            agreement_id=new_id(),
            organisation_id=self.organisations[name],
            role=role,
            reference=f"Convention {name}",
            valid_from=self.today + timedelta(days=days[0]),
            valid_until=self.today + timedelta(days=days[1]),
            now=self.now,
        ).id

    def mediator(
        self,
        session: Session,
        name: str,
        *,
        label: tuple[int, int] | None = (-300, 300),
        agreement: tuple[int, int] | None = (-300, 300),
        bank_details: bool = True,
    ) -> None:
        """A mediator with its agent; label and agreement in force unless told otherwise."""
        self.organisation(session, name, OrganisationKind.ASSOCIATION)
        self.agent(session, name, Role.MEDIATOR, name)
        if agreement:
            self.agreement(session, name, AgreementRole.MEDIATOR, days=agreement)
        if label:
            grant_label(
                session,
                actor=self.actors["coordinator"],
                label_id=new_id(),
                organisation_id=self.organisations[name],
                reference="#APTIC",
                valid_from=self.today + timedelta(days=label[0]),
                valid_until=self.today + timedelta(days=label[1]),
                now=self.now,
            )
        if bank_details:
            details = prepare_bank_details(
                session,
                actor=self.actors["coordinator"],
                bank_details_id=new_id(),
                organisation_id=self.organisations[name],
                holder=name.upper(),
                iban=IBAN,
                vault=self.vault,
                now=self.now,
            )
            approve_bank_details(
                session,
                actor=self.actors["finance"],
                bank_details_id=details.id,
                iban=IBAN,
                vault=self.vault,
                now=self.now,
            )

    # ── The chain ─────────────────────────────────────────────────────────────────────────────────

    def sent_order(self, session: Session, *, tens: int = 10, fives: int = 4) -> UUID:
        """An order prepared by one, approved by another, and sent."""
        order_id = new_id()
        sizes = ((10, tens), (5, fives))
        orders.prepare_order(
            session,
            actor=self.actors["coordinator"],
            order_id=order_id,
            programme_id=self.programme_id,
            vintage_id=self.vintage_id,
            lines=[LineAsked(size, count, Cents(200)) for size, count in sizes if count],
            now=self.now,
        )
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

    def activation(self, session: Session, order_id: UUID, delivery_id: UUID) -> UUID:
        """A mandate that covers everything, and the activation of that delivery."""
        mandates.record_mandate(
            session,
            accept_beyond=True,
            actor=self.actors["finance"],
            mandate_id=new_id(),
            order_id=order_id,
            mandate_number=f"M-{new_id()}",
            amount_cents=Cents(10_000_000),
            now=self.now,
        )
        return deliveries.activate_delivery(
            session,
            actor=self.actors["finance"],
            activation_id=new_id(),
            delivery_id=delivery_id,
            now=self.now,
        ).id

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
