"""Organisations, agreements and bank details. Written once: a change is a new row."""

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
    func,
    select,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column

from app.database import BigInt, Bytes, Day, Flag, Model, Record, UtcDateTime, Uuid16
from app.partners.rules import (
    FARTHEST_LATITUDE,
    FARTHEST_LONGITUDE,
    LA_POSTE_SIREN,
    LARGEST_FILE,
    LONGEST_CLOSING_REASON,
    LONGEST_REFUSAL_REASON,
    LONGEST_SIRET_REASON,
    PUBLIC_BODIES,
    AgreementRole,
    MediaType,
    OrganisationKind,
)

KINDS = ", ".join(f"'{kind}'" for kind in OrganisationKind)
PUBLIC_KINDS = ", ".join(f"'{kind}'" for kind in OrganisationKind if kind in PUBLIC_BODIES)
AGREEMENT_ROLES = ", ".join(f"'{role}'" for role in AgreementRole)
MEDIA_TYPES = ", ".join(f"'{media_type}'" for media_type in MediaType)


def _digit(place: int) -> str:
    return f"cast(substr(siret, {place}, 1) as integer)"


def _key(length: int) -> str:
    """Luhn's sum over the first digits of a SIRET: every second one from the end is doubled."""
    return " + ".join(
        f"cast(substr('0246813579', {_digit(place)} + 1, 1) as integer)"
        if (length - place) % 2
        else _digit(place)
        for place in range(1, length + 1)
    )


SIRET_KEY_IS_RIGHT = (
    f"substr(siret, 1, 9) <> '000000000' and ({_key(9)}) % 10 = 0"
    f" and case when substr(siret, 1, 9) <> '{LA_POSTE_SIREN}' then ({_key(14)}) % 10 = 0"
    f" else ({' + '.join(map(_digit, range(1, 15)))}) % 5 = 0"
    " or siret = '35600000000048' end"
)
"""As `read_siret` judges it."""


class SiretEntry(Record):
    """The SIRET of an organisation that came without one; a later version corrects a wrong one.

    Where one was given at registration, the first version is that number, told to be false.
    """

    __tablename__ = "siret_entry"
    __table_args__ = (
        UniqueConstraint("organisation_id", "version", name="siret_entry_is_one_a_version"),
        UniqueConstraint(
            "id", "organisation_id", "version", "recorded_by", name="siret_entry_names_who_wrote_it"
        ),
        CheckConstraint(
            "(version = 1) = (corrects_id is null)"
            " and (corrects_id is null) = (corrects_version is null)"
            " and (corrects_id is null) = (corrects_by is null)"
            " and (corrects_version is null or corrects_version = version - 1)",
            name="siret_entry_corrects_the_one_before",
        ),
        ForeignKeyConstraint(
            ["corrects_id", "organisation_id", "corrects_version", "corrects_by"],
            [
                "siret_entry.id",
                "siret_entry.organisation_id",
                "siret_entry.version",
                "siret_entry.recorded_by",
            ],
            name="siret_entry_names_what_it_corrects",
        ),
        CheckConstraint("corrects_by <> recorded_by", name="siret_entry_is_corrected_by_another"),
        CheckConstraint(
            "length(siret) = 14 and ltrim(siret, '0123456789') = ''",
            name="siret_entry_has_14_digits",
        ),
        CheckConstraint(SIRET_KEY_IS_RIGHT, name="siret_entry_has_the_right_key"),
        CheckConstraint(
            f"length(reason) between 1 and {LONGEST_SIRET_REASON}", name="siret_entry_says_why"
        ),
        Index("siret_entry_by_siret", "siret"),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="siret_entry_is_an_organisations")
    )
    version: Mapped[int] = mapped_column(Integer)
    siret: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    corrects_id: Mapped[UUID | None] = mapped_column(Uuid16)
    corrects_version: Mapped[int | None] = mapped_column(Integer)
    corrects_by: Mapped[int | None] = mapped_column(BigInt)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="siret_entry_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


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
        CheckConstraint("length(insee) = 5", name="organisation_insee_has_5_characters"),
        CheckConstraint(
            f"public_body = (kind in ({PUBLIC_KINDS}))", name="organisation_kind_says_its_nature"
        ),
        UniqueConstraint("id", "public_body", name="organisation_names_its_nature"),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True, sort_order=-2)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    siret_given: Mapped[str | None] = mapped_column("siret", Text)
    """What it was registered with; read `siret`."""
    siret: Mapped[str | None] = column_property(
        func.coalesce(
            select(SiretEntry.siret)
            .where(SiretEntry.organisation_id == id)  # noqa: A003 - the column above
            .order_by(SiretEntry.version.desc())
            .limit(1)
            .correlate_except(SiretEntry)
            .scalar_subquery(),
            siret_given,
        )
    )
    """The one place from which a SIRET is read: what was written last, else what it came with."""
    commune: Mapped[str] = mapped_column(Text)
    insee: Mapped[str | None] = mapped_column(Text)
    public_body: Mapped[bool] = mapped_column(Flag)
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
        UniqueConstraint("id", "organisation_id", "role", name="agreement_names_its_role"),
        UniqueConstraint("follows_id", name="agreement_is_renewed_once"),
        ForeignKeyConstraint(
            ["follows_id", "organisation_id", "role"],
            ["agreement.id", "agreement.organisation_id", "agreement.role"],
            name="agreement_renews_one_of_its_kind",
        ),
        CheckConstraint(
            "(document_title is null) = (document_sha256 is null)"
            " and (document_title is null) = (document_kept_at is null)",
            name="agreement_names_its_whole_document",
        ),
        CheckConstraint("length(document_sha256) = 32", name="agreement_document_has_a_sha256"),
        CheckConstraint(
            "redemption_fee_basis_points between 0 and 10000", name="agreement_fee_is_a_share"
        ),
        CheckConstraint(
            "redemption_fee_basis_points is null or role = 'mediator'",
            name="agreement_fee_is_a_mediators",
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
    document_title: Mapped[str | None] = mapped_column(Text)
    document_sha256: Mapped[bytes | None] = mapped_column(Bytes)
    document_kept_at: Mapped[str | None] = mapped_column(Text)
    follows_id: Mapped[UUID | None] = mapped_column(Uuid16)
    redemption_fee_basis_points: Mapped[int | None] = mapped_column(Integer)
    """What is kept of a mediator's passes; None: what the programme keeps of everybody's."""
    created_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="agreement_was_recorded_by_an_agent")
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Closed:
    """What a record says that ends another before its last day; what happened before stays."""

    from_on: Mapped[date] = mapped_column(Day)
    """The first day without right."""
    reason: Mapped[str] = mapped_column(Text)
    recorded_on: Mapped[date] = mapped_column(Day)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AgreementClosure(Closed, Record):
    """An agreement ends early: from a day on it gives no right."""

    __tablename__ = "agreement_closure"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agreement_id", "organisation_id", "role", "valid_from", "valid_until"],
            [
                "agreement.id",
                "agreement.organisation_id",
                "agreement.role",
                "agreement.valid_from",
                "agreement.valid_until",
            ],
            name="agreement_closure_names_the_agreement",
        ),
        UniqueConstraint("agreement_id", name="agreement_is_closed_once"),
        CheckConstraint(
            "from_on between valid_from and valid_until", name="agreement_is_closed_within_its_days"
        ),
        CheckConstraint("from_on >= recorded_on", name="agreement_is_not_closed_afterwards"),
        CheckConstraint(
            f"length(reason) between 1 and {LONGEST_CLOSING_REASON}",
            name="agreement_closure_says_why",
        ),
        {"sqlite_strict": True},
    )

    agreement_id: Mapped[UUID] = mapped_column(Uuid16)
    organisation_id: Mapped[UUID] = mapped_column(Uuid16)
    role: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_until: Mapped[date] = mapped_column(Day)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="agreement_was_closed_by_an_agent")
    )


class AgreementFile(Record):
    """The signed paper itself, read into the database and kept with it. Nobody named the file."""

    __tablename__ = "agreement_file"
    __table_args__ = (
        UniqueConstraint("agreement_id", "sha256", name="agreement_file_is_kept_once"),
        CheckConstraint(f"media_type in ({MEDIA_TYPES})", name="agreement_file_is_of_a_known_type"),
        CheckConstraint(
            f"byte_count between 1 and {LARGEST_FILE} and length(content) = byte_count",
            name="agreement_file_is_as_long_as_it_says",
        ),
        CheckConstraint("length(sha256) = 32", name="agreement_file_has_a_sha256"),
        {"sqlite_strict": True},
    )

    agreement_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("agreement.id", name="agreement_file_is_an_agreements")
    )
    media_type: Mapped[str] = mapped_column(Text)
    byte_count: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[bytes] = mapped_column(Bytes)
    content: Mapped[bytes] = mapped_column(Bytes, deferred=True)
    """Read only when it is asked for."""
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="agreement_file_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


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


class BankDetailsRefusal(Record):
    """The account is not the right one: nothing is ever paid there.

    By the person who checked it, or by the one who typed it, who takes it back.
    """

    __tablename__ = "bank_details_refusal"
    __table_args__ = (
        UniqueConstraint("bank_details_id", name="bank_details_are_refused_once"),
        CheckConstraint(
            f"length(reason) between 1 and {LONGEST_REFUSAL_REASON}",
            name="bank_details_refusal_has_a_reason",
        ),
        {"sqlite_strict": True},
    )

    bank_details_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("bank_details.id", name="refusal_is_of_bank_details")
    )
    reason: Mapped[str] = mapped_column(Text)
    refused_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="bank_details_were_refused_by_an_agent")
    )
    refused_at: Mapped[datetime] = mapped_column(UtcDateTime)


# ── The directory ─────────────────────────────────────────────────────────────────────────────────


class PartnerAddress(Record):
    """Where an organisation is. A later version replaces it."""

    __tablename__ = "partner_address"
    __table_args__ = (
        UniqueConstraint("organisation_id", "version", name="partner_address_is_one_a_version"),
        CheckConstraint("version > 0", name="partner_address_versions_count_from_one"),
        CheckConstraint("length(postcode) = 5", name="partner_address_has_a_postcode"),
        CheckConstraint(
            "(latitude_microdegrees is null) = (longitude_microdegrees is null)",
            name="partner_address_has_both_coordinates",
        ),
        CheckConstraint(
            f"latitude_microdegrees between -{FARTHEST_LATITUDE} and {FARTHEST_LATITUDE}"
            f" and longitude_microdegrees between -{FARTHEST_LONGITUDE} and {FARTHEST_LONGITUDE}",
            name="partner_address_is_on_earth",
        ),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="partner_address_is_an_organisations")
    )
    version: Mapped[int] = mapped_column(Integer)
    street: Mapped[str] = mapped_column(Text)
    complement: Mapped[str | None] = mapped_column(Text)
    postcode: Mapped[str] = mapped_column(Text)
    latitude_microdegrees: Mapped[int | None] = mapped_column(Integer)
    longitude_microdegrees: Mapped[int | None] = mapped_column(Integer)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="partner_address_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PartnerContact(Record):
    """How to reach a function of an organisation. Nobody is named; a later one replaces it.

    `ended` says that the function is reached no more: such a row only closes the one before.
    """

    __tablename__ = "partner_contact"
    __table_args__ = (
        UniqueConstraint("id", "organisation_id", name="partner_contact_names_its_organisation"),
        UniqueConstraint("replaces_id", name="partner_contact_is_replaced_once"),
        ForeignKeyConstraint(
            ["replaces_id", "organisation_id"],
            ["partner_contact.id", "partner_contact.organisation_id"],
            name="partner_contact_replaces_one_of_its_own",
        ),
        CheckConstraint(
            "length(position) between 1 and 100", name="partner_contact_names_a_function"
        ),
        CheckConstraint(
            "(phone is not null or email is not null) <> ended",
            name="partner_contact_is_reached_until_it_ends",
        ),
        CheckConstraint(
            "not ended or replaces_id is not null", name="partner_contact_ends_another"
        ),
        CheckConstraint("email = lower(email)", name="partner_contact_email_is_lower_case"),
        Index("partner_contact_by_organisation", "organisation_id"),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="partner_contact_is_an_organisations")
    )
    position: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    replaces_id: Mapped[UUID | None] = mapped_column(Uuid16)
    ended: Mapped[bool] = mapped_column(Flag)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="partner_contact_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Succession(Record):
    """An organisation is taken over by another from a day: its debts stay, its acts end."""

    __tablename__ = "succession"
    __table_args__ = (
        UniqueConstraint("organisation_id", name="organisation_is_succeeded_once"),
        CheckConstraint("organisation_id <> successor_id", name="succession_is_by_another"),
        Index("succession_by_successor", "successor_id"),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="succession_is_an_organisations")
    )
    successor_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="succession_names_the_successor")
    )
    from_on: Mapped[date] = mapped_column(Day)
    reference: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="succession_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
