"""Looking labels up."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.mediators.models import Label, LabelApplication


def label_in_force(session: Session, organisation_id: UUID, *, on: date) -> Label | None:
    """A label that covers that day; the one that ends last when several do."""
    return session.scalar(
        select(Label)
        .where(
            Label.organisation_id == organisation_id,
            Label.valid_from <= on,
            Label.valid_until >= on,
        )
        .order_by(Label.valid_until.desc(), Label.id)
        .limit(1)
    )


def labels_of(session: Session, organisation_id: UUID) -> list[Label]:
    """Every label of a mediator, oldest first."""
    return list(
        session.scalars(
            select(Label)
            .where(Label.organisation_id == organisation_id)
            .order_by(Label.valid_from, Label.id)
        )
    )


def applications_of(session: Session, organisation_id: UUID) -> list[LabelApplication]:
    """Every application for a label, oldest first."""
    return list(
        session.scalars(
            select(LabelApplication)
            .where(LabelApplication.organisation_id == organisation_id)
            .order_by(LabelApplication.applied_on, LabelApplication.id)
        )
    )
