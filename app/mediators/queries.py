"""Looking labels up."""

from datetime import date
from uuid import UUID

from sqlalchemy import BindParameter, Subquery, select
from sqlalchemy.orm import Session

from app.mediators.models import CashOffice, Label, LabelApplication
from app.mediators.rules import CashOfficeKind


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


# ── Cash offices ──────────────────────────────────────────────────────────────────────────────────


def cash_office_in_force(
    organisation_id: BindParameter[UUID], *, on: BindParameter[date]
) -> Subquery:
    """For a larger statement: a régie that lets a public body take passes that day, at most one."""
    return (
        select(CashOffice.id, CashOffice.kind, CashOffice.valid_from, CashOffice.valid_until)
        .where(
            CashOffice.organisation_id == organisation_id,
            CashOffice.kind != CashOfficeKind.ADVANCES,
            CashOffice.valid_from <= on,
            CashOffice.valid_until >= on,
        )
        .order_by(CashOffice.valid_until.desc(), CashOffice.id)
        .limit(1)
        .subquery("cash_office_in_force")
    )
