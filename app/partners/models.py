"""Organisations, agreements and bank details. Written once: a change is a new row."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Day, Flag, Model, Record, UtcDateTime, Uuid16
from app.partners.rules import AgreementRole, OrganisationKind

KINDS = ", ".join(f"'{kind}'" for kind in OrganisationKind)
AGREEMENT_ROLES = ", ".join(f"'{role}'" for role in AgreementRole)


class Organisation(Record):
    """A body that takes part: the sponsor, the issuer, a prescriber, a mediator, a commune."""

    __tablename__ = "organisation"
    __table_args__ = (
        UniqueConstraint("siret", name="organisation_siret_is_one_organisation"),
        UniqueConstraint("id", "kind", name="organisation_names_its_kind"),
        CheckConstraint(f"kind in ({KINDS})", name="organisation_kind_is_known"),
        CheckConstraint(
            "siret is null or length(siret) = 14", name="organisation_siret_has_14_digits"
        ),
        CheckConstraint("length(name) between 1 and 200", name="organisation_has_a_name"),
        {"sqlite_strict": True},
    )

    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    siret: Mapped[str | None] = mapped_column(Text)
    commune: Mapped[str] = mapped_column(Text)
    demonstration: Mapped[bool] = mapped_column(Flag)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Agreement(Record):
    """What an organisation signed for one role, from a first day to a last day, both included."""

    __tablename__ = "agreement"
    __table_args__ = (
        CheckConstraint(f"role in ({AGREEMENT_ROLES})", name="agreement_role_is_known"),
        CheckConstraint("valid_until >= valid_from", name="agreement_ends_after_it_begins"),
        UniqueConstraint(
            "id",
            "organisation_id",
            "role",
            "valid_from",
            "valid_until",
            name="agreement_names_its_role_and_days",
        ),
        Index("agreement_by_organisation", "organisation_id", "role", "valid_until"),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="agreement_is_an_organisations")
    )
    role: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_until: Mapped[date] = mapped_column(Day)
    created_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="agreement_was_recorded_by_an_agent")
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BankDetails(Record):
    """An account on which an organisation asks to be paid; used only once approved.

    The IBAN is sealed (app/partners/vault.py): a nonce of 12 bytes, 15 to 34 characters, a tag of
    16. The fingerprint stands for it in keys, the masked one on pages.
    """

    __tablename__ = "bank_details"
    __table_args__ = (
        UniqueConstraint(
            "id", "organisation_id", "prepared_by", name="bank_details_name_their_preparer"
        ),
        UniqueConstraint(
            "id",
            "holder",
            "iban_fingerprint",
            "iban_masked",
            name="bank_details_name_their_account",
        ),
        CheckConstraint(
            "length(iban_sealed) between 43 and 62", name="bank_details_have_a_sealed_iban"
        ),
        CheckConstraint("length(iban_masked) = 11", name="bank_details_mask_their_iban"),
        CheckConstraint("length(iban_fingerprint) = 32", name="bank_details_have_a_fingerprint"),
        Index("bank_details_by_organisation", "organisation_id"),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="bank_details_are_an_organisations")
    )
    holder: Mapped[str] = mapped_column(Text)
    iban_sealed: Mapped[bytes] = mapped_column(Bytes)
    iban_key_id: Mapped[str] = mapped_column(Text)
    iban_fingerprint: Mapped[bytes] = mapped_column(Bytes)
    iban_masked: Mapped[str] = mapped_column(Text)
    prepared_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="bank_details_were_prepared_by_an_agent")
    )
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BankDetailsApproval(Model):
    """A second person checked the account with the organisation."""

    __tablename__ = "bank_details_approval"
    __table_args__ = (
        ForeignKeyConstraint(
            ["bank_details_id", "organisation_id", "prepared_by"],
            ["bank_details.id", "bank_details.organisation_id", "bank_details.prepared_by"],
            name="bank_details_approval_names_the_preparer",
        ),
        CheckConstraint("approved_by <> prepared_by", name="bank_details_are_approved_by_another"),
        UniqueConstraint(
            "bank_details_id", "organisation_id", name="bank_details_are_approved_once"
        ),
        {"sqlite_strict": True},
    )

    bank_details_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(Uuid16)
    prepared_by: Mapped[int] = mapped_column(BigInt)
    approved_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="bank_details_were_approved_by_an_agent")
    )
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)
