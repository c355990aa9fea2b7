"""People, and handing them booklets."""

from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.prescribers import prescriptions, queries
from app.prescribers.prescriptions import Person
from app.prescribers.schemas import (
    BeneficiaryPageSchema,
    BeneficiaryRequestSchema,
    BeneficiarySchema,
    PrescriptionPageSchema,
    PrescriptionRequestSchema,
    PrescriptionSchema,
)
from app.prescribers.views import beneficiary_shown, prescriptions_shown
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page
from app.web.auth import current_actor, started_at
from app.web.transaction import in_transaction

routes = Routes("prescribers", "Bénéficiaires et remises de carnets.")
bp = routes.blueprint


@routes.post(
    "/beneficiaries",
    "Enregistrer une personne",
    right=Right.ISSUE_BOOKLETS,
    body=BeneficiaryRequestSchema,
    answer=BeneficiarySchema,
)
def register_beneficiary(body: Json) -> Json:
    """Write down a person whom the prescriber has met."""
    beneficiary_id, public = id_of_request(body), body.pop("public")

    def work(session: Session) -> Json:
        person = prescriptions.register_beneficiary(
            session,
            actor=current_actor(),
            beneficiary_id=beneficiary_id,
            public=public,
            person=Person(**body),
            now=started_at(),
        )
        return beneficiary_shown(person, queries.identity(session, person.id))

    return in_transaction(work)


@routes.get(
    "/beneficiaries",
    "Lister les personnes de sa structure",
    right=Right.SEE_BENEFICIARIES,
    query=UuidPageQuery,
    answer=BeneficiaryPageSchema,
)
def list_beneficiaries(query: Json) -> Json:
    """The people of the agent's own prescriber."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                queries.beneficiaries_after,
                session,
                query["after"],
                prescriber_id=current_actor().organisation_id,
            ),
            lambda rows: [beneficiary_shown(*row) for row in rows],
            key=lambda row: row[0].id,
        )
    )


@routes.get(
    "/beneficiaries/<uuid:beneficiary_id>",
    "Lire une personne de sa structure",
    right=Right.SEE_BENEFICIARIES,
    answer=BeneficiarySchema,
)
def read_beneficiary(beneficiary_id: UUID) -> Json:
    """One person of the agent's own prescriber."""

    def work(session: Session) -> Json:
        person = prescriptions.known_beneficiary(
            session, actor=current_actor(), beneficiary_id=beneficiary_id
        )
        return beneficiary_shown(person, queries.identity(session, person.id))

    return in_transaction(work)


@routes.post(
    "/prescriptions",
    "Remettre des carnets à une personne",
    right=Right.ISSUE_BOOKLETS,
    body=PrescriptionRequestSchema,
    answer=PrescriptionSchema,
    refuses=(404,),
    description="Dans la limite de ce que prévoit le dispositif pour son public.",
)
def issue_booklets(body: Json) -> Json:
    """Hand booklets to a person, and refer them to a mediator."""

    def work(session: Session) -> list[Json]:
        prescription = prescriptions.issue_booklets(
            session,
            actor=current_actor(),
            prescription_id=id_of_request(body),
            now=started_at(),
            **body,
        )
        return prescriptions_shown(session, [prescription])

    return in_transaction(work)[0]


@routes.get(
    "/prescriptions",
    "Lister les remises de sa structure",
    right=Right.SEE_BENEFICIARIES,
    query=UuidPageQuery,
    answer=PrescriptionPageSchema,
)
def list_prescriptions(query: Json) -> Json:
    """The prescriptions of the agent's own prescriber."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                queries.prescriptions_after,
                session,
                query["after"],
                prescriber_id=current_actor().organisation_id,
            ),
            partial(prescriptions_shown, session),
        )
    )


@routes.get(
    "/prescriptions/<uuid:prescription_id>",
    "Lire une remise de sa structure",
    right=Right.SEE_BENEFICIARIES,
    answer=PrescriptionSchema,
)
def read_prescription(prescription_id: UUID) -> Json:
    """One prescription of the agent's own prescriber."""

    def work(session: Session) -> list[Json]:
        prescription = prescriptions.known_prescription(
            session, actor=current_actor(), prescription_id=prescription_id
        )
        return prescriptions_shown(session, [prescription])

    return in_transaction(work)[0]
