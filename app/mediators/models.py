"""Labels of mediators and applications for one. Written once."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Day, Record, UtcDateTime, Uuid16


class LabelApplication(Record):
    """An organisation asked for the label; it may not redeem yet."""

    __tablename__ = "label_application"
    __table_args__ = ({"sqlite_strict": True},)

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
