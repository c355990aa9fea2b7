"""Beneficiaries and prescriptions. Written once, but for a person's identity.

What prescribers hold, and how it reaches them, is in `custody_models`.
"""

from collections.abc import Iterable
from datetime import date, datetime
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

from app.database import BigInt, Bytes, Day, Flag, Model, Record, UtcDateTime, Uuid16
from app.prescribers.rules import (
    QUESTION_SETS,
    Commitment,
    DuplicateReason,
    ExceptionReason,
    LateReason,
    Need,
    RenewalReason,
    UndoReason,
)
from app.programmes.models import PUBLICS


def _codes(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


AGREEMENT = [
    "agreement.id",
    "agreement.organisation_id",
    "agreement.role",
    "agreement.valid_from",
    "agreement.valid_until",
]


class Beneficiary(Record):
    """A person whom the scheme helps, without any name: what statistics and rules need."""

    __tablename__ = "beneficiary"
    __table_args__ = (
        CheckConstraint(f"public in ({PUBLICS})", name="beneficiary_public_is_known"),
        UniqueConstraint("id", "public", name="beneficiary_names_its_public"),
        UniqueConstraint("id", "prescriber_id", name="beneficiary_names_its_prescriber"),
        Index("beneficiary_by_prescriber", "prescriber_id"),
        Index("beneficiary_in_order", "prescriber_id", "id"),
        {"sqlite_strict": True},
    )

    public: Mapped[str] = mapped_column(Text)
    prescriber_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="beneficiary_is_met_by_a_prescriber")
    )
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="beneficiary_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BeneficiaryIdentity(Model):
    """Who the person is. The only table that knows; purged two years after the last contact.

    `likeness` is the name as two agents would both have typed it (app.prescribers.rules): it finds
    likely duplicates, and goes with the name. So does `request_hash`, which tells the registration
    sent again from another: whoever has the database could try names against it.
    """

    __tablename__ = "beneficiary_identity"
    __table_args__ = (
        CheckConstraint(
            "birth_year between 1900 and 2100", name="identity_birth_year_is_plausible"
        ),
        Index("identity_by_likeness", "likeness", "birth_year"),
        {"sqlite_strict": True},
    )

    beneficiary_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("beneficiary.id", name="identity_is_a_beneficiarys"), primary_key=True
    )
    surname: Mapped[str] = mapped_column(Text)
    first_name: Mapped[str] = mapped_column(Text)
    likeness: Mapped[str] = mapped_column(Text)
    birth_year: Mapped[int] = mapped_column(Integer)
    commune: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    last_contact_on: Mapped[date] = mapped_column(Day)
    request_hash: Mapped[bytes | None] = mapped_column(Bytes)


class Prescription(Record):
    """Booklets handed to a person after an assessment, with a commitment and an orientation.

    The assessment is kept as figures, one a question of its set: nobody writes a word about a
    person. `commitment` says how the person signed, `prescribed_at` when, `prescribed_by` before
    whom.
    """

    __tablename__ = "prescription"
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
            name="prescription_names_the_agreement",
        ),
        ForeignKeyConstraint(
            ["beneficiary_id", "public"],
            ["beneficiary.id", "beneficiary.public"],
            name="prescription_names_the_public",
        ),
        ForeignKeyConstraint(
            ["beneficiary_id", "prescriber_id"],
            ["beneficiary.id", "beneficiary.prescriber_id"],
            name="prescription_is_by_the_persons_own_prescriber",
        ),
        ForeignKeyConstraint(
            ["settings_id", "programme_id", "settings_ordinal", "settings_from"],
            [
                "programme_settings.id",
                "programme_settings.programme_id",
                "programme_settings.ordinal",
                "programme_settings.applies_from",
            ],
            name="prescription_names_the_settings",
        ),
        ForeignKeyConstraint(
            ["referral_label_id", "referred_to_id", "referral_label_from", "referral_label_until"],
            ["label.id", "label.organisation_id", "label.valid_from", "label.valid_until"],
            name="prescription_refers_to_a_labelled_mediator",
        ),
        ForeignKeyConstraint(
            [
                "referral_agreement_id",
                "referred_to_id",
                "referral_agreement_role",
                "referral_agreement_from",
                "referral_agreement_until",
            ],
            AGREEMENT,
            name="prescription_refers_to_a_mediator_by_its_agreement",
        ),
        CheckConstraint(
            "prescribed_on >= settings_from", name="prescription_needs_settings_that_apply"
        ),
        CheckConstraint("agreement_role = 'prescriber'", name="prescription_is_a_prescribers"),
        CheckConstraint(
            "prescribed_on between agreement_from and agreement_until",
            name="prescription_needs_an_agreement_in_force",
        ),
        CheckConstraint(
            "referral_agreement_role = 'mediator'", name="prescription_refers_to_a_mediator"
        ),
        CheckConstraint(
            "prescribed_on between referral_agreement_from and referral_agreement_until",
            name="referral_needs_an_agreement_in_force",
        ),
        CheckConstraint(
            "prescribed_on between referral_label_from and referral_label_until",
            name="referral_needs_a_label_in_force",
        ),
        CheckConstraint(
            "public <> 'senior' or age_years >= 60",
            name="prescription_to_a_senior_is_at_60_or_over",
        ),
        CheckConstraint(
            "public <> 'registered_job_seeker' or declares_no_other_pass",
            name="registered_job_seeker_declares_no_other_pass",
        ),
        CheckConstraint(
            f"question_set in ({_codes(QUESTION_SETS)})",
            name="prescription_question_set_is_known",
        ),
        CheckConstraint(
            "length(answers) between 5 and 9"
            " and replace(replace(replace(answers, '0', ''), '1', ''), '2', '') = ''",
            name="prescription_answers_are_figures",
        ),
        CheckConstraint(f"need in ({_codes(Need)})", name="prescription_need_is_known"),
        CheckConstraint(
            f"commitment in ({_codes(Commitment)})", name="prescription_commitment_is_known"
        ),
        UniqueConstraint("number", name="prescription_number_is_one_prescription"),
        UniqueConstraint(
            "id",
            "programme_id",
            "beneficiary_id",
            "public",
            "settings_id",
            "prescribed_on",
            name="prescription_names_its_person",
        ),
        UniqueConstraint(
            "id", "prescribed_by", "prescribed_on", name="prescription_names_its_agent_and_day"
        ),
        Index("prescription_by_prescriber", "prescriber_id"),
        Index("prescription_by_day", "prescribed_at", "id"),
        Index("prescription_by_beneficiary", "beneficiary_id"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text)
    programme_id: Mapped[UUID] = mapped_column(Uuid16)
    settings_id: Mapped[UUID] = mapped_column(Uuid16)
    settings_ordinal: Mapped[int] = mapped_column(Integer)
    settings_from: Mapped[date] = mapped_column(Day)
    beneficiary_id: Mapped[UUID] = mapped_column(Uuid16)
    public: Mapped[str] = mapped_column(Text)
    prescriber_id: Mapped[UUID] = mapped_column(Uuid16)
    agreement_id: Mapped[UUID] = mapped_column(Uuid16)
    agreement_role: Mapped[str] = mapped_column(Text)
    agreement_from: Mapped[date] = mapped_column(Day)
    agreement_until: Mapped[date] = mapped_column(Day)
    prescribed_on: Mapped[date] = mapped_column(Day)
    age_years: Mapped[int] = mapped_column(Integer)
    declares_no_other_pass: Mapped[bool] = mapped_column(Flag)
    question_set: Mapped[str] = mapped_column(Text)
    answers: Mapped[str] = mapped_column(Text)
    need: Mapped[str] = mapped_column(Text)
    commitment: Mapped[str] = mapped_column(Text)
    referred_to_id: Mapped[UUID] = mapped_column(Uuid16)
    referral_label_id: Mapped[UUID] = mapped_column(Uuid16)
    referral_label_from: Mapped[date] = mapped_column(Day)
    referral_label_until: Mapped[date] = mapped_column(Day)
    referral_agreement_id: Mapped[UUID] = mapped_column(Uuid16)
    referral_agreement_role: Mapped[str] = mapped_column(Text)
    referral_agreement_from: Mapped[date] = mapped_column(Day)
    referral_agreement_until: Mapped[date] = mapped_column(Day)
    prescribed_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="prescription_was_made_by_an_agent")
    )
    prescribed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PrescriptionRenewal(Model):
    """An entitlement given again: the earlier booklets are used up, or there is a reason."""

    __tablename__ = "prescription_renewal"
    __table_args__ = (
        CheckConstraint("passes_left >= 0", name="renewal_counts_what_is_left"),
        CheckConstraint(
            "passes_left = 0 or reason is not null",
            name="renewal_before_the_end_has_a_reason",
        ),
        CheckConstraint(f"reason in ({_codes(RenewalReason)})", name="renewal_reason_is_known"),
        {"sqlite_strict": True},
    )

    prescription_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("prescription.id", name="renewal_is_a_prescriptions"), primary_key=True
    )
    passes_left: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(Text)


class PrescriptionException(Model):
    """More than the programme gives to the person's public, with the reason; counted apart."""

    __tablename__ = "prescription_exception"
    __table_args__ = (
        CheckConstraint(f"reason in ({_codes(ExceptionReason)})", name="exception_reason_is_known"),
        {"sqlite_strict": True},
    )

    prescription_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("prescription.id", name="exception_is_a_prescriptions"), primary_key=True
    )
    reason: Mapped[str] = mapped_column(Text)


class PrescriptionLate(Model):
    """The agent accepted to hand booklets over within days of their end, for a reason."""

    __tablename__ = "prescription_late"
    __table_args__ = (
        CheckConstraint(f"reason in ({_codes(LateReason)})", name="late_reason_is_known"),
        {"sqlite_strict": True},
    )

    prescription_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("prescription.id", name="late_is_a_prescriptions"), primary_key=True
    )
    reason: Mapped[str] = mapped_column(Text)


class PrescriptionBooklet(Model):
    """One booklet of a prescription: the nth of what the person is entitled to.

    `ordinal` counts the booklets ever handed to the person in the programme, from 1; it is unique,
    so two agents and one last booklet cannot both succeed. `undone_count` of those before were
    taken back: the difference is the nth, which stays within the entitlement and its renewals, or
    names an exception. A booklet taken back may be handed over again, so it may have several rows;
    `app.prescribers.queries.is_handed_over` tells which of them holds.
    """

    __tablename__ = "prescription_booklet"
    __table_args__ = (
        ForeignKeyConstraint(
            [
                "prescription_id",
                "programme_id",
                "beneficiary_id",
                "public",
                "settings_id",
                "prescribed_on",
            ],
            [
                "prescription.id",
                "prescription.programme_id",
                "prescription.beneficiary_id",
                "prescription.public",
                "prescription.settings_id",
                "prescription.prescribed_on",
            ],
            name="prescribed_booklet_is_of_its_prescription",
        ),
        ForeignKeyConstraint(
            ["settings_id", "public", "booklet_size", "entitled_count", "renewal_count"],
            [
                "entitlement.settings_id",
                "entitlement.public",
                "entitlement.booklet_size",
                "entitlement.booklet_count",
                "entitlement.renewal_count",
            ],
            name="prescribed_booklet_names_its_entitlement",
        ),
        ForeignKeyConstraint(
            ["booklet_id", "booklet_size", "vintage_id"],
            ["booklet.id", "booklet.size", "booklet.vintage_id"],
            name="prescribed_booklet_names_its_size_and_vintage",
        ),
        ForeignKeyConstraint(
            ["vintage_id", "programme_id", "valid_from", "valid_until"],
            [
                "vintage_terms.vintage_id",
                "vintage_terms.programme_id",
                "vintage_terms.valid_from",
                "vintage_terms.valid_until",
            ],
            name="prescribed_booklet_names_its_validity",
        ),
        CheckConstraint(
            "prescribed_on between valid_from and valid_until",
            name="prescription_is_within_the_validity",
        ),
        CheckConstraint(
            "ordinal > undone_count and (exception_id is not null"
            " or ordinal - undone_count <= entitled_count * (1 + renewal_count))",
            name="prescription_is_within_the_entitlement",
        ),
        CheckConstraint(
            "renewal_id is not null or ordinal - undone_count <= entitled_count"
            " or ordinal - undone_count > entitled_count * (1 + renewal_count)",
            name="renewed_booklet_names_the_renewal",
        ),
        CheckConstraint(
            "coalesce(renewal_id, prescription_id) = prescription_id"
            " and coalesce(exception_id, prescription_id) = prescription_id"
            " and coalesce(late_id, prescription_id) = prescription_id",
            name="prescribed_booklet_names_reasons_of_its_own",
        ),
        UniqueConstraint(
            "programme_id", "beneficiary_id", "ordinal", name="entitlement_is_used_once"
        ),
        Index("prescribed_booklet_by_prescription", "prescription_id"),
        Index("prescription_booklet_by_beneficiary", "beneficiary_id"),
        {"sqlite_strict": True},
    )

    booklet_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    prescription_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    booklet_size: Mapped[int] = mapped_column(Integer)
    vintage_id: Mapped[int] = mapped_column(Integer)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_until: Mapped[date] = mapped_column(Day)
    programme_id: Mapped[UUID] = mapped_column(Uuid16)
    beneficiary_id: Mapped[UUID] = mapped_column(Uuid16)
    public: Mapped[str] = mapped_column(Text)
    settings_id: Mapped[UUID] = mapped_column(Uuid16)
    prescribed_on: Mapped[date] = mapped_column(Day)
    entitled_count: Mapped[int] = mapped_column(Integer)
    renewal_count: Mapped[int] = mapped_column(Integer)
    ordinal: Mapped[int] = mapped_column(Integer)
    undone_count: Mapped[int] = mapped_column(Integer)
    renewal_id: Mapped[UUID | None] = mapped_column(
        Uuid16,
        ForeignKey("prescription_renewal.prescription_id", name="booklet_names_a_renewal"),
    )
    exception_id: Mapped[UUID | None] = mapped_column(
        Uuid16,
        ForeignKey("prescription_exception.prescription_id", name="booklet_names_an_exception"),
    )
    late_id: Mapped[UUID | None] = mapped_column(
        Uuid16,
        ForeignKey("prescription_late.prescription_id", name="booklet_names_its_acceptance"),
    )


class PrescriptionDuplicate(Model):
    """Somebody alike had received booklets; the agent saw it, and went on for a reason."""

    __tablename__ = "prescription_duplicate"
    __table_args__ = (
        CheckConstraint(
            "alike_count >= 1 and elsewhere_count between 0 and alike_count",
            name="duplicate_counts_who_is_alike",
        ),
        CheckConstraint(f"reason in ({_codes(DuplicateReason)})", name="duplicate_reason_is_known"),
        {"sqlite_strict": True},
    )

    prescription_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("prescription.id", name="duplicate_is_a_prescriptions"),
        primary_key=True,
    )
    alike_count: Mapped[int] = mapped_column(Integer)
    elsewhere_count: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)


class PrescriptionUndo(Record):
    """A hand-over taken back before any pass was used; its booklets are in the drawer again."""

    __tablename__ = "prescription_undo"
    __table_args__ = (
        ForeignKeyConstraint(
            ["prescription_id", "prescribed_by", "prescribed_on"],
            ["prescription.id", "prescription.prescribed_by", "prescription.prescribed_on"],
            name="undo_names_the_prescriptions_agent_and_day",
        ),
        UniqueConstraint("prescription_id", name="prescription_is_undone_once"),
        CheckConstraint(
            "by_coordination or (undone_by = prescribed_by and undone_on = prescribed_on)",
            name="undo_is_the_coordinations_or_its_agents_that_day",
        ),
        CheckConstraint(f"reason in ({_codes(UndoReason)})", name="undo_reason_is_known"),
        {"sqlite_strict": True},
    )

    prescription_id: Mapped[UUID] = mapped_column(Uuid16)
    prescribed_by: Mapped[int] = mapped_column(BigInt)
    prescribed_on: Mapped[date] = mapped_column(Day)
    reason: Mapped[str] = mapped_column(Text)
    by_coordination: Mapped[bool] = mapped_column(Flag)
    undone_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="prescription_was_undone_by_an_agent")
    )
    undone_on: Mapped[date] = mapped_column(Day)
    undone_at: Mapped[datetime] = mapped_column(UtcDateTime)
