"""Labels of mediators, and applications for one."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.mediators import queries, service
from app.mediators.models import Label, LabelApplication
from app.mediators.schemas import (
    LabelApplicationPageSchema,
    LabelApplicationRequestSchema,
    LabelApplicationSchema,
    LabelPageSchema,
    LabelRequestSchema,
    LabelSchema,
)
from app.partners.service import known_organisation
from app.web.api import Json, Routes, id_of_request, shown, whole
from app.web.auth import current_actor, started_at
from app.web.transaction import in_transaction

routes = Routes("mediators", "Labels des acteurs de médiation.")
bp = routes.blueprint


@routes.post(
    "/partners/<uuid:partner_id>/labels",
    "Enregistrer un label accordé",
    right=Right.MANAGE_PARTNERS,
    body=LabelRequestSchema,
    answer=LabelSchema,
)
def grant_label(body: Json, partner_id: UUID) -> Label:
    """Record the label of a mediator, between two days."""
    return in_transaction(
        lambda session: service.grant_label(
            session,
            actor=current_actor(),
            label_id=id_of_request(body),
            organisation_id=partner_id,
            now=started_at(),
            **body,
        )
    )


@routes.get(
    "/partners/<uuid:partner_id>/labels",
    "Lister les labels d’une structure",
    right=Right.SEE_PARTNERS,
    answer=LabelPageSchema,
)
def list_labels(partner_id: UUID) -> Json:
    """Every label of a mediator, oldest first: whoever refers people there wants to know."""

    def work(session: Session) -> Json:
        partner = known_organisation(session, partner_id)
        return whole([shown(row) for row in queries.labels_of(session, partner.id)])

    return in_transaction(work)


@routes.post(
    "/partners/<uuid:partner_id>/label-applications",
    "Enregistrer une demande de label",
    right=Right.MANAGE_PARTNERS,
    body=LabelApplicationRequestSchema,
    answer=LabelApplicationSchema,
)
def apply_for_label(body: Json, partner_id: UUID) -> LabelApplication:
    """Record that an organisation asked for the label."""
    return in_transaction(
        lambda session: service.apply_for_label(
            session,
            actor=current_actor(),
            application_id=id_of_request(body),
            organisation_id=partner_id,
            now=started_at(),
            **body,
        )
    )


@routes.get(
    "/partners/<uuid:partner_id>/label-applications",
    "Lister les demandes de label d’une structure",
    right=Right.SEE_PARTNERS,
    answer=LabelApplicationPageSchema,
)
def list_label_applications(partner_id: UUID) -> Json:
    """Every application of an organisation, oldest first."""

    def work(session: Session) -> Json:
        partner = known_organisation(session, partner_id)
        return whole([shown(row) for row in queries.applications_of(session, partner.id)])

    return in_transaction(work)
