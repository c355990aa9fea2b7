"""Booklets on their way between holders, and requests for more. Written once."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Day, Model, Record, UtcDateTime, Uuid16
from app.prescribers.custody_rules import (
    Answer,
    ConsignmentKind,
    Finding,
    RequestAnswer,
    Settlement,
)
from app.prescribers.models import AGREEMENT
from app.programmes.models import PUBLICS


def _among(column: str, values: type[StrEnum]) -> str:
    return f"{column} in ({', '.join(repr(str(value)) for value in values)})"


class Consignment(Record):
    """Whole booklets that leave one holder for another: an allocation, a return or a transfer.

    They are in transit, and the sender answers for them, until the recipient has counted them. A
    prescriber receives, or passes booklets on, while its agreement is in force; it may return what
    it holds at any time.
    """

    __tablename__ = "consignment"
    __table_args__ = (
        CheckConstraint(_among("kind", ConsignmentKind), name="consignment_kind_is_known"),
        CheckConstraint(
            "(sender_id = sponsor_id) = (kind = 'allocation')"
            " and (recipient_id = sponsor_id) = (kind = 'return')"
            " and sender_id <> recipient_id",
            name="consignment_ends_fit_its_kind",
        ),
        ForeignKeyConstraint(
            ["programme_id", "sponsor_id"],
            ["programme.id", "programme.sponsor_id"],
            name="consignment_names_the_sponsor",
        ),
        ForeignKeyConstraint(
            [
                "recipient_agreement_id",
                "recipient_id",
                "agreement_role",
                "recipient_agreement_from",
                "recipient_agreement_until",
            ],
            AGREEMENT,
            name="consignment_names_its_recipients_agreement",
        ),
        ForeignKeyConstraint(
            [
                "sender_agreement_id",
                "sender_id",
                "agreement_role",
                "sender_agreement_from",
                "sender_agreement_until",
            ],
            AGREEMENT,
            name="consignment_names_its_senders_agreement",
        ),
        CheckConstraint("agreement_role = 'prescriber'", name="consignment_is_for_prescribers"),
        CheckConstraint(
            "kind = 'return' or (recipient_agreement_id is not null and coalesce("
            "sent_on between recipient_agreement_from and recipient_agreement_until, false))",
            name="consignment_needs_its_recipients_agreement_in_force",
        ),
        CheckConstraint(
            "kind <> 'transfer' or (sender_agreement_id is not null and coalesce("
            "sent_on between sender_agreement_from and sender_agreement_until, false))",
            name="transfer_needs_its_senders_agreement_in_force",
        ),
        UniqueConstraint("number", name="consignment_number_is_one_consignment"),
        UniqueConstraint("id", "kind", name="consignment_names_its_kind"),
        UniqueConstraint("id", "recipient_id", name="consignment_names_its_recipient"),
        Index("consignment_by_recipient", "recipient_id"),
        Index("consignment_by_sender", "sender_id"),
        {"sqlite_strict": True},
    )

    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    programme_id: Mapped[UUID] = mapped_column(Uuid16)
    sponsor_id: Mapped[UUID] = mapped_column(Uuid16)
    sender_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="consignment_has_a_sender")
    )
    recipient_id: Mapped[UUID] = mapped_column(Uuid16)
    agreement_role: Mapped[str] = mapped_column(Text)
    sender_agreement_id: Mapped[UUID | None] = mapped_column(Uuid16)
    sender_agreement_from: Mapped[date | None] = mapped_column(Day)
    sender_agreement_until: Mapped[date | None] = mapped_column(Day)
    recipient_agreement_id: Mapped[UUID | None] = mapped_column(Uuid16)
    recipient_agreement_from: Mapped[date | None] = mapped_column(Day)
    recipient_agreement_until: Mapped[date | None] = mapped_column(Day)
    reason: Mapped[str | None] = mapped_column(Text)
    sent_on: Mapped[date] = mapped_column(Day)
    prepared_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="consignment_was_prepared_by_an_agent")
    )
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ConsignmentRange(Model):
    """Consecutive vouchers of a consignment: whole booklets, one vintage, one movement."""

    __tablename__ = "consignment_range"
    __table_args__ = (
        CheckConstraint(
            "last_voucher_id >= first_voucher_id", name="consignment_range_is_not_empty"
        ),
        {"sqlite_strict": True},
    )

    consignment_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("consignment.id", name="consignment_range_is_a_consignments"),
        primary_key=True,
    )
    first_voucher_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    last_voucher_id: Mapped[int] = mapped_column(BigInt)
    vintage_id: Mapped[int] = mapped_column(Integer)


class ConsignmentAnswer(Record):
    """How a consignment ended: its recipient counted it and signed, or it was called back.

    One row, so it is never both.
    """

    __tablename__ = "consignment_answer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["consignment_id", "kind"],
            ["consignment.id", "consignment.kind"],
            name="consignment_answer_names_the_kind",
        ),
        CheckConstraint(_among("answer", Answer), name="consignment_answer_is_known"),
        UniqueConstraint("consignment_id", name="consignment_is_answered_once"),
        {"sqlite_strict": True},
    )

    consignment_id: Mapped[UUID] = mapped_column(Uuid16)
    kind: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="consignment_was_answered_by_an_agent")
    )
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_on: Mapped[date] = mapped_column(Day)


class ConsignmentFinding(Model):
    """A booklet that the count did not find as it should be: missing, or there and damaged."""

    __tablename__ = "consignment_finding"
    __table_args__ = (
        CheckConstraint(_among("finding", Finding), name="consignment_finding_is_known"),
        UniqueConstraint(
            "consignment_id", "booklet_id", "finding", name="consignment_finding_is_of_one_kind"
        ),
        {"sqlite_strict": True},
    )

    consignment_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("consignment_answer.consignment_id", name="finding_is_of_a_counted_consignment"),
        primary_key=True,
    )
    booklet_id: Mapped[int] = mapped_column(
        BigInt,
        ForeignKey("booklet.id", name="finding_is_about_a_booklet"),
        primary_key=True,
        autoincrement=False,
    )
    finding: Mapped[str] = mapped_column(Text)


class ShortfallSettlement(Record):
    """What became of booklets that were missing: found by the recipient, or back in the stock."""

    __tablename__ = "shortfall_settlement"
    __table_args__ = (
        CheckConstraint(_among("settlement", Settlement), name="shortfall_settlement_is_known"),
        UniqueConstraint("id", "consignment_id", name="settlement_names_its_consignment"),
        Index("shortfall_settlement_by_consignment", "consignment_id"),
        {"sqlite_strict": True},
    )

    consignment_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("consignment_answer.consignment_id", name="settlement_is_of_a_counted_one"),
    )
    settlement: Mapped[str] = mapped_column(Text)
    settled_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="shortfall_was_settled_by_an_agent")
    )
    settled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_on: Mapped[date] = mapped_column(Day)


class SettledBooklet(Model):
    """One missing booklet of a settlement: it is settled once."""

    __tablename__ = "settled_booklet"
    __table_args__ = (
        ForeignKeyConstraint(
            ["settlement_id", "consignment_id"],
            ["shortfall_settlement.id", "shortfall_settlement.consignment_id"],
            name="settled_booklet_is_of_its_settlement",
        ),
        ForeignKeyConstraint(
            ["consignment_id", "booklet_id", "finding"],
            [
                "consignment_finding.consignment_id",
                "consignment_finding.booklet_id",
                "consignment_finding.finding",
            ],
            name="settled_booklet_was_found_missing",
        ),
        CheckConstraint("finding = 'missing'", name="settled_booklet_was_missing"),
        {"sqlite_strict": True},
    )

    consignment_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    booklet_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    finding: Mapped[str] = mapped_column(Text)
    settlement_id: Mapped[UUID] = mapped_column(Uuid16)


class BookletRequest(Record):
    """A prescriber whose agreement is in force asks for more booklets, and says why."""

    __tablename__ = "booklet_request"
    __table_args__ = (
        ForeignKeyConstraint(
            [
                "agreement_id",
                "prescriber_id",
                "agreement_role",
                "agreement_from",
                "agreement_until",
            ],
            AGREEMENT,
            name="booklet_request_names_the_agreement",
        ),
        CheckConstraint("agreement_role = 'prescriber'", name="booklet_request_is_a_prescribers"),
        CheckConstraint(
            "requested_on between agreement_from and agreement_until",
            name="booklet_request_needs_an_agreement_in_force",
        ),
        CheckConstraint(f"public in ({PUBLICS})", name="booklet_request_public_is_known"),
        CheckConstraint(
            "tens_count >= 0 and fives_count >= 0 and tens_count + fives_count between 1 and 1000",
            name="booklet_request_is_for_some_booklets",
        ),
        CheckConstraint("length(reason) between 1 and 500", name="booklet_request_says_why"),
        UniqueConstraint("number", name="booklet_request_number_is_one_request"),
        UniqueConstraint("id", "prescriber_id", name="booklet_request_names_its_prescriber"),
        Index("booklet_request_by_prescriber", "prescriber_id"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text)
    programme_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("programme.id", name="booklet_request_is_of_a_programme")
    )
    prescriber_id: Mapped[UUID] = mapped_column(Uuid16)
    agreement_id: Mapped[UUID] = mapped_column(Uuid16)
    agreement_role: Mapped[str] = mapped_column(Text)
    agreement_from: Mapped[date] = mapped_column(Day)
    agreement_until: Mapped[date] = mapped_column(Day)
    public: Mapped[str] = mapped_column(Text)
    tens_count: Mapped[int] = mapped_column(Integer)
    fives_count: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    requested_on: Mapped[date] = mapped_column(Day)
    requested_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="booklet_request_was_made_by_an_agent")
    )
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BookletRequestAnswer(Record):
    """The coordination's answer: an allocation to that prescriber, or a reason why not."""

    __tablename__ = "booklet_request_answer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["request_id", "prescriber_id"],
            ["booklet_request.id", "booklet_request.prescriber_id"],
            name="request_answer_names_the_prescriber",
        ),
        ForeignKeyConstraint(
            ["consignment_id", "prescriber_id"],
            ["consignment.id", "consignment.recipient_id"],
            name="request_is_answered_by_what_its_prescriber_receives",
        ),
        CheckConstraint(_among("answer", RequestAnswer), name="request_answer_is_known"),
        CheckConstraint(
            "(answer = 'allocated') = (consignment_id is not null)",
            name="request_is_granted_by_an_allocation",
        ),
        CheckConstraint(
            "(answer = 'declined') = (reason is not null)", name="request_is_declined_for_a_reason"
        ),
        UniqueConstraint("request_id", name="booklet_request_is_answered_once"),
        UniqueConstraint("consignment_id", name="allocation_answers_one_request"),
        {"sqlite_strict": True},
    )

    request_id: Mapped[UUID] = mapped_column(Uuid16)
    prescriber_id: Mapped[UUID] = mapped_column(Uuid16)
    answer: Mapped[str] = mapped_column(Text)
    consignment_id: Mapped[UUID | None] = mapped_column(Uuid16)
    reason: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="booklet_request_was_answered_by_an_agent")
    )
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)
