"""Labels of mediators and applications for one. Written once."""

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
from app.mediators.rules import MINUTES_A_DAY, PLACE_OF_STEP, CashOfficeKind, Service
from app.partners.models import Closed
from app.partners.rules import LONGEST_CLOSING_REASON
from app.programmes.rules import Public

CASH_OFFICE_KINDS = ", ".join(f"'{kind}'" for kind in CashOfficeKind)
SERVICES = ", ".join(f"'{service}'" for service in Service)
PUBLICS = ", ".join(f"'{public}'" for public in Public)
STEPS_IN_PLACE = " or ".join(
    f"(step = '{step}' and place = {place})" for step, place in PLACE_OF_STEP.items()
)


class LabelApplication(Record):
    """An organisation asked for the label; it may not redeem yet."""

    __tablename__ = "label_application"
    __table_args__ = (
        UniqueConstraint("id", "organisation_id", name="label_application_names_its_organisation"),
        Index("label_application_by_organisation", "organisation_id"),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="label_application_is_an_organisations")
    )
    applied_on: Mapped[date] = mapped_column(Day)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="label_application_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Label(Record):
    """The label #APTIC (or its successor) of a mediator, from a day to a day, both included."""

    __tablename__ = "label"
    __table_args__ = (
        CheckConstraint("valid_until >= valid_from", name="label_ends_after_it_begins"),
        UniqueConstraint(
            "id", "organisation_id", "valid_from", "valid_until", name="label_names_its_days"
        ),
        UniqueConstraint("id", "organisation_id", name="label_names_its_organisation"),
        Index("label_by_organisation", "organisation_id", "valid_until"),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="label_is_an_organisations")
    )
    reference: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_until: Mapped[date] = mapped_column(Day)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="label_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LabelProgress(Record):
    """How far an application came on a day; the step that grants names the label."""

    __tablename__ = "label_progress"
    __table_args__ = (
        ForeignKeyConstraint(
            ["application_id", "organisation_id"],
            ["label_application.id", "label_application.organisation_id"],
            name="label_progress_is_an_applications",
        ),
        ForeignKeyConstraint(
            ["label_id", "organisation_id"],
            ["label.id", "label.organisation_id"],
            name="label_progress_names_the_label",
        ),
        CheckConstraint(STEPS_IN_PLACE, name="label_progress_step_is_known"),
        CheckConstraint(
            "(step = 'granted') = (label_id is not null)", name="label_progress_grants_a_label"
        ),
        UniqueConstraint("application_id", "place", name="label_progress_is_one_a_step"),
        {"sqlite_strict": True},
    )

    application_id: Mapped[UUID] = mapped_column(Uuid16)
    organisation_id: Mapped[UUID] = mapped_column(Uuid16)
    step: Mapped[str] = mapped_column(Text)
    place: Mapped[int] = mapped_column(Integer)
    reached_on: Mapped[date] = mapped_column(Day)
    note: Mapped[str | None] = mapped_column(Text)
    label_id: Mapped[UUID | None] = mapped_column(Uuid16)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="label_progress_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CashOffice(Record):
    """The régie of a public body, from a day to a day, both included. Nobody is named in it."""

    __tablename__ = "cash_office"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "public_body"],
            ["organisation.id", "organisation.public_body"],
            name="cash_office_is_an_organisations",
        ),
        CheckConstraint("public_body", name="cash_office_is_a_public_bodys"),
        CheckConstraint(f"kind in ({CASH_OFFICE_KINDS})", name="cash_office_kind_is_known"),
        CheckConstraint("valid_until >= valid_from", name="cash_office_ends_after_it_begins"),
        UniqueConstraint(
            "id",
            "organisation_id",
            "kind",
            "valid_from",
            "valid_until",
            name="cash_office_names_its_days",
        ),
        Index("cash_office_by_organisation", "organisation_id", "valid_until"),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[UUID] = mapped_column(Uuid16)
    public_body: Mapped[bool] = mapped_column(Flag)
    kind: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    held_by: Mapped[str] = mapped_column(Text)
    """The function of the régisseur."""
    valid_from: Mapped[date] = mapped_column(Day)
    valid_until: Mapped[date] = mapped_column(Day)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="cash_office_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CashOfficeClosure(Closed, Record):
    """A régie ends early: from a day on it gives no right."""

    __tablename__ = "cash_office_closure"
    __table_args__ = (
        ForeignKeyConstraint(
            ["cash_office_id", "organisation_id", "kind", "valid_from", "valid_until"],
            [
                "cash_office.id",
                "cash_office.organisation_id",
                "cash_office.kind",
                "cash_office.valid_from",
                "cash_office.valid_until",
            ],
            name="cash_office_closure_names_the_cash_office",
        ),
        UniqueConstraint("cash_office_id", name="cash_office_is_closed_once"),
        CheckConstraint(
            "from_on between valid_from and valid_until",
            name="cash_office_is_closed_within_its_days",
        ),
        CheckConstraint("from_on >= recorded_on", name="cash_office_is_not_closed_afterwards"),
        CheckConstraint(
            f"length(reason) between 1 and {LONGEST_CLOSING_REASON}",
            name="cash_office_closure_says_why",
        ),
        {"sqlite_strict": True},
    )

    cash_office_id: Mapped[UUID] = mapped_column(Uuid16)
    organisation_id: Mapped[UUID] = mapped_column(Uuid16)
    kind: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_until: Mapped[date] = mapped_column(Day)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="cash_office_was_closed_by_an_agent")
    )


class PlaceProfile(Record):
    """What a place offers, to whom and when. A later version replaces it."""

    __tablename__ = "place_profile"
    __table_args__ = (
        UniqueConstraint("organisation_id", "version", name="place_profile_is_one_a_version"),
        CheckConstraint("version > 0", name="place_profile_versions_count_from_one"),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="place_profile_is_an_organisations")
    )
    version: Mapped[int] = mapped_column(Integer)
    access_notes: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="place_profile_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlaceService(Model):
    """A service that a version of a profile offers."""

    __tablename__ = "place_service"
    __table_args__ = (
        CheckConstraint(f"service in ({SERVICES})", name="place_service_is_known"),
        {"sqlite_strict": True},
    )

    profile_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("place_profile.id", name="place_service_is_a_profiles"), primary_key=True
    )
    service: Mapped[str] = mapped_column(Text, primary_key=True)


class PlacePublic(Model):
    """A public that a version of a profile welcomes; a profile without any welcomes all."""

    __tablename__ = "place_public"
    __table_args__ = (
        CheckConstraint(f"public in ({PUBLICS})", name="place_public_is_known"),
        {"sqlite_strict": True},
    )

    profile_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("place_profile.id", name="place_public_is_a_profiles"), primary_key=True
    )
    public: Mapped[str] = mapped_column(Text, primary_key=True)


class PlaceHours(Model):
    """A stretch of a weekday (0 is Monday) when the place is open, in minutes from midnight."""

    __tablename__ = "place_hours"
    __table_args__ = (
        CheckConstraint("weekday between 0 and 6", name="place_hours_are_on_a_weekday"),
        CheckConstraint(
            f"opens >= 0 and closes > opens and closes <= {MINUTES_A_DAY}",
            name="place_hours_are_within_a_day",
        ),
        {"sqlite_strict": True},
    )

    profile_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("place_profile.id", name="place_hours_are_a_profiles"), primary_key=True
    )
    weekday: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    opens: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    closes: Mapped[int] = mapped_column(Integer)


class PlaceCapacity(Record):
    """Whether a place is ready to receive people, from a day; a later row replaces it."""

    __tablename__ = "place_capacity"
    __table_args__ = (
        UniqueConstraint("organisation_id", "version", name="place_capacity_is_one_a_version"),
        CheckConstraint("version > 0", name="place_capacity_versions_count_from_one"),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="place_capacity_is_an_organisations")
    )
    version: Mapped[int] = mapped_column(Integer)
    ready: Mapped[bool] = mapped_column(Flag)
    from_on: Mapped[date] = mapped_column(Day)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="place_capacity_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
