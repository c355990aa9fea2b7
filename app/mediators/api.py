"""Labels of mediators, cash offices, and what places offer."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.mediators import holding, queries, service
from app.mediators.models import CashOfficeClosure, Label, LabelProgress, PlaceCapacity
from app.mediators.rules import GrantedLabel, OpeningHours
from app.mediators.schemas import (
    CapacityPageSchema,
    CapacityRequestSchema,
    CapacitySchema,
    CashOfficePageSchema,
    CashOfficeRequestSchema,
    CashOfficeSchema,
    LabelApplicationPageSchema,
    LabelApplicationRequestSchema,
    LabelApplicationSchema,
    LabelPageSchema,
    LabelProgressRequestSchema,
    LabelProgressSchema,
    LabelRequestSchema,
    LabelSchema,
    ProfilePageSchema,
    ProfileRequestSchema,
    ProfileSchema,
    RenewalPageSchema,
)
from app.mediators.views import (
    applications_shown,
    cash_office_shown,
    profiles_shown,
    renewals_shown,
)
from app.partners.schemas import ClosureRequestSchema, ClosureSchema
from app.partners.service import known_organisation
from app.web.api import Json, Routes, id_of_request, shown, whole
from app.web.auth import current_actor, started_at, started_on
from app.web.transaction import in_transaction

routes = Routes("mediators", "Labels, régies et fiches des lieux de médiation.")
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
def apply_for_label(body: Json, partner_id: UUID) -> Json:
    """Record that an organisation asked for the label."""

    def work(session: Session) -> Json:
        application = service.apply_for_label(
            session,
            actor=current_actor(),
            application_id=id_of_request(body),
            organisation_id=partner_id,
            now=started_at(),
            **body,
        )
        return applications_shown(session, [application])[0]

    return in_transaction(work)


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
        return whole(applications_shown(session, queries.applications_of(session, partner.id)))

    return in_transaction(work)


@routes.post(
    "/label-applications/<uuid:application_id>/progress",
    "Noter une étape d’une demande de label",
    right=Right.MANAGE_PARTNERS,
    body=LabelProgressRequestSchema,
    answer=LabelProgressSchema,
)
def note_label_progress(body: Json, application_id: UUID) -> LabelProgress:
    """Note how far an application came; the step that grants the label records it too."""
    label = body.pop("label")
    return in_transaction(
        lambda session: service.note_label_progress(
            session,
            actor=current_actor(),
            progress_id=id_of_request(body),
            application_id=application_id,
            label=GrantedLabel(**label) if label else None,
            now=started_at(),
            **body,
        )
    )


@routes.post(
    "/partners/<uuid:partner_id>/cash-offices",
    "Enregistrer une régie",
    right=Right.MANAGE_PARTNERS,
    body=CashOfficeRequestSchema,
    answer=CashOfficeSchema,
)
def record_cash_office(body: Json, partner_id: UUID) -> Json:
    """Record the régie of a public body."""
    return in_transaction(
        lambda session: cash_office_shown(
            service.record_cash_office(
                session,
                actor=current_actor(),
                cash_office_id=id_of_request(body),
                organisation_id=partner_id,
                now=started_at(),
                **body,
            ),
            None,
        )
    )


@routes.get(
    "/partners/<uuid:partner_id>/cash-offices",
    "Lister les régies d’une structure",
    right=Right.SEE_PARTNERS,
    answer=CashOfficePageSchema,
)
def list_cash_offices(partner_id: UUID) -> Json:
    """Every régie of a public body, oldest first."""

    def work(session: Session) -> Json:
        partner = known_organisation(session, partner_id)
        closures = queries.closures_of(session, partner.id)
        return whole(
            [
                cash_office_shown(row, closures.get(row.id))
                for row in queries.cash_offices_of(session, partner.id)
            ]
        )

    return in_transaction(work)


@routes.post(
    "/cash-offices/<uuid:cash_office_id>/closure",
    "Mettre fin à une régie avant son terme",
    right=Right.MANAGE_PARTNERS,
    body=ClosureRequestSchema,
    answer=ClosureSchema,
    description="À compter de ce jour elle ne permet plus de détenir ni d’encaisser.",
)
def close_cash_office(body: Json, cash_office_id: UUID) -> CashOfficeClosure:
    """End a régie early."""
    return in_transaction(
        lambda session: holding.close_cash_office(
            session,
            actor=current_actor(),
            closure_id=id_of_request(body),
            cash_office_id=cash_office_id,
            now=started_at(),
            **body,
        )
    )


@routes.post(
    "/partners/<uuid:partner_id>/profiles",
    "Enregistrer la fiche d’un lieu",
    right=Right.CORRECT_PROFILE,
    body=ProfileRequestSchema,
    answer=ProfileSchema,
)
def record_profile(body: Json, partner_id: UUID) -> Json:
    """Say what a place offers, to whom and when; its own agents may."""
    hours = [OpeningHours(**one) for one in body.pop("hours")]

    def work(session: Session) -> Json:
        profile = service.record_profile(
            session,
            actor=current_actor(),
            profile_id=id_of_request(body),
            organisation_id=partner_id,
            hours=hours,
            now=started_at(),
            **body,
        )
        return profiles_shown(session, [profile])[0]

    return in_transaction(work)


@routes.get(
    "/partners/<uuid:partner_id>/profiles",
    "Lister les versions de la fiche d’un lieu",
    right=Right.SEE_PARTNERS,
    answer=ProfilePageSchema,
)
def list_profiles(partner_id: UUID) -> Json:
    """Every version of what a place offers, oldest first: the last one is true."""

    def work(session: Session) -> Json:
        partner = known_organisation(session, partner_id)
        return whole(profiles_shown(session, queries.profile_versions(session, partner.id)))

    return in_transaction(work)


@routes.post(
    "/partners/<uuid:partner_id>/capacities",
    "Dire si un lieu est prêt à recevoir",
    right=Right.MANAGE_PARTNERS,
    body=CapacityRequestSchema,
    answer=CapacitySchema,
)
def record_capacity(body: Json, partner_id: UUID) -> PlaceCapacity:
    """Say whether a place is ready to receive people, from a day on."""
    return in_transaction(
        lambda session: service.record_capacity(
            session,
            actor=current_actor(),
            capacity_id=id_of_request(body),
            organisation_id=partner_id,
            now=started_at(),
            **body,
        )
    )


@routes.get(
    "/partners/<uuid:partner_id>/capacities",
    "Lister ce qu’un lieu a dit de sa disponibilité",
    right=Right.SEE_PARTNERS,
    answer=CapacityPageSchema,
)
def list_capacities(partner_id: UUID) -> Json:
    """What a place said of its readiness, in the order of its days."""

    def work(session: Session) -> Json:
        partner = known_organisation(session, partner_id)
        return whole([shown(row) for row in queries.capacities_of(session, partner.id)])

    return in_transaction(work)


@routes.get(
    "/partner-renewals",
    "Lister ce qui est bientôt à renouveler",
    right=Right.MANAGE_PARTNERS,
    answer=RenewalPageSchema,
)
def list_renewals() -> Json:
    """Agreements, labels and régies that end soon, and that nothing follows; soonest first."""
    return in_transaction(
        lambda session: whole(renewals_shown(queries.renewals(session, on=started_on())))
    )
