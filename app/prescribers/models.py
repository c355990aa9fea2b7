"""Beneficiaries and prescriptions. Written once, but for a person's identity.

What prescribers hold, and how it reaches them, is in `custody_models`.
"""

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

from app.database import BigInt, Day, Flag, Model, Record, UtcDateTime, Uuid16
from app.programmes.models import PUBLICS

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
        Index("beneficiary_by_prescriber", "prescriber_id"),
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
    """Who the person is. The only table that knows; purged two years after the last contact."""

    __tablename__ = "beneficiary_identity"
    __table_args__ = (
        CheckConstraint(
            "birth_year between 1900 and 2100", name="identity_birth_year_is_plausible"
        ),
        {"sqlite_strict": True},
    )

    beneficiary_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("beneficiary.id", name="identity_is_a_beneficiarys"), primary_key=True
    )
    surname: Mapped[str] = mapped_column(Text)
    first_name: Mapped[str] = mapped_column(Text)
    birth_year: Mapped[int] = mapped_column(Integer)
    commune: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    last_contact_on: Mapped[date] = mapped_column(Day)


class Prescription(Record):
    """Booklets handed to a person after an assessment, with a commitment and an orientation."""

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
            ["settings_id", "programme_id", "settings_ordinal", "settings_from"],
            [
                "programme_settings.id",
                "programme_settings.programme_id",
                "programme_settings.ordinal",
                "programme_settings.applies_from",
            ],
            name="prescription_names_the_settings",
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
            "public <> 'senior' or age_years >= 60",
            name="prescription_to_a_senior_is_at_60_or_over",
        ),
        CheckConstraint(
            "public <> 'registered_job_seeker' or declares_no_other_pass",
            name="registered_job_seeker_declares_no_other_pass",
        ),
        UniqueConstraint("number", name="prescription_number_is_one_prescription"),
        UniqueConstraint(
            "id",
            "programme_id",
            "beneficiary_id",
            "public",
            "settings_id",
            name="prescription_names_its_person",
        ),
        Index("prescription_by_prescriber", "prescriber_id"),
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
    referred_to_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="prescription_refers_to_a_mediator")
    )
    prescribed_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="prescription_was_made_by_an_agent")
    )
    prescribed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PrescriptionBooklet(Model):
    """One booklet of a prescription: the nth of what the person is entitled to.

    `ordinal` counts the person's booklets in the programme from 1; unique for a person and
    never above the entitlement, so two agents and one last booklet cannot both succeed.
    """

    __tablename__ = "prescription_booklet"
    __table_args__ = (
        ForeignKeyConstraint(
            ["prescription_id", "programme_id", "beneficiary_id", "public", "settings_id"],
            [
                "prescription.id",
                "prescription.programme_id",
                "prescription.beneficiary_id",
                "prescription.public",
                "prescription.settings_id",
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
            ["booklet_id", "booklet_size"],
            ["booklet.id", "booklet.size"],
            name="prescribed_booklet_names_its_size",
        ),
        CheckConstraint(
            "ordinal between 1 and entitled_count", name="prescription_is_within_the_entitlement"
        ),
        UniqueConstraint(
            "programme_id", "beneficiary_id", "ordinal", name="entitlement_is_used_once"
        ),
        {"sqlite_strict": True},
    )

    booklet_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    booklet_size: Mapped[int] = mapped_column(Integer)
    prescription_id: Mapped[UUID] = mapped_column(Uuid16)
    programme_id: Mapped[UUID] = mapped_column(Uuid16)
    beneficiary_id: Mapped[UUID] = mapped_column(Uuid16)
    public: Mapped[str] = mapped_column(Text)
    settings_id: Mapped[UUID] = mapped_column(Uuid16)
    entitled_count: Mapped[int] = mapped_column(Integer)
    renewal_count: Mapped[int] = mapped_column(Integer)
    ordinal: Mapped[int] = mapped_column(Integer)
