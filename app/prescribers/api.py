"""People, and handing them booklets."""

from functools import partial
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.prescribers import people, prescriptions, queries, referrals, undoing
from app.prescribers.letter_files import commitment_file, letter_file
from app.prescribers.models import PrescriptionUndo
from app.prescribers.people import Person
from app.prescribers.prescriptions import Reasons
from app.prescribers.schemas import (
    AlikePageSchema,
    BeneficiaryPageSchema,
    BeneficiaryRectificationSchema,
    BeneficiaryRequestSchema,
    BeneficiarySchema,
    Edition,
    LetterQuery,
    PrescriptionPageSchema,
    PrescriptionRequestSchema,
    PrescriptionSchema,
    ReferralPageSchema,
    ReferralQuery,
    UndoRequestSchema,
    UndoSchema,
)
from app.prescribers.views import (
    alike_shown,
    beneficiary_shown,
    prescriptions_shown,
    referral_shown,
)
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page, whole
from app.web.auth import current_actor, started_at
from app.web.downloads import PDF
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
        person = people.register_beneficiary(
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
        person = people.known_beneficiary(
            session, actor=current_actor(), beneficiary_id=beneficiary_id
        )
        return beneficiary_shown(person, queries.identity(session, person.id))

    return in_transaction(work)


@routes.post(
    "/beneficiaries/<uuid:beneficiary_id>/rectification",
    "Rectifier l’identité d’une personne",
    right=Right.ISSUE_BOOKLETS,
    body=BeneficiaryRectificationSchema,
    answer=BeneficiarySchema,
    status=200,
    description="Remplace ce qui était écrit ; son public reste.",
)
def rectify_beneficiary(body: Json, beneficiary_id: UUID) -> Json:
    """Put a person's identity right."""

    def work(session: Session) -> Json:
        person = people.rectify_beneficiary(
            session,
            actor=current_actor(),
            beneficiary_id=beneficiary_id,
            person=Person(**body),
            now=started_at(),
        )
        return beneficiary_shown(person, queries.identity(session, person.id))

    return in_transaction(work)


@routes.get(
    "/beneficiaries/<uuid:beneficiary_id>/duplicates",
    "Chercher les doublons probables d’une personne",
    right=Right.ISSUE_BOOKLETS,
    answer=AlikePageSchema,
    description="Même nom, même prénom, même année : public, carnets et date, jamais la personne.",
)
def list_duplicates(beneficiary_id: UUID) -> Json:
    """Others of the same name and year who have received booklets."""
    return in_transaction(
        lambda session: whole(
            [
                alike_shown(alike)
                for alike in people.likely_duplicates(
                    session, actor=current_actor(), beneficiary_id=beneficiary_id
                )
            ]
        )
    )


@routes.get(
    "/referrals",
    "Classer les médiateurs pour une personne",
    right=Right.ISSUE_BOOKLETS,
    query=ReferralQuery,
    answer=ReferralPageSchema,
    refuses=(404,),
    description="Services utiles, public accueilli, distance, horaires, avec la raison.",
)
def list_referrals(query: Json) -> Json:
    """Mediators that receive people today, in the order that suits a person."""

    def work(session: Session) -> Json:
        places = referrals.ranked(
            session,
            actor=current_actor(),
            beneficiary_id=query["beneficiary_id"],
            answers=query["answers"],
            now=started_at(),
        )
        return whole([referral_shown(place) for place in places])

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
    reasons = Reasons(
        duplicate=body.pop("duplicate_reason"),
        renewal=body.pop("renewal_reason"),
        exception=body.pop("exception_reason"),
        late=body.pop("late_reason"),
    )

    def work(session: Session) -> list[Json]:
        prescription = prescriptions.issue_booklets(
            session,
            actor=current_actor(),
            prescription_id=id_of_request(body),
            reasons=reasons,
            now=started_at(),
            **body,
        )
        return prescriptions_shown(session, [prescription])

    return in_transaction(work)[0]


@routes.get(
    "/prescriptions",
    "Lister les remises",
    right=Right.SEE_PRESCRIPTIONS,
    query=UuidPageQuery,
    answer=PrescriptionPageSchema,
)
def list_prescriptions(query: Json) -> Json:
    """Prescriptions, without names; a prescriber's own."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                queries.prescriptions_after,
                session,
                query["after"],
                prescriber_id=current_actor().scope,
            ),
            partial(prescriptions_shown, session),
        )
    )


@routes.get(
    "/prescriptions/<uuid:prescription_id>",
    "Lire une remise",
    right=Right.SEE_PRESCRIPTIONS,
    answer=PrescriptionSchema,
)
def read_prescription(prescription_id: UUID) -> Json:
    """One prescription, without names."""

    def work(session: Session) -> list[Json]:
        prescription = prescriptions.known_prescription(
            session, actor=current_actor(), prescription_id=prescription_id
        )
        return prescriptions_shown(session, [prescription])

    return in_transaction(work)[0]


@routes.post(
    "/prescriptions/<uuid:prescription_id>/undo",
    "Annuler une remise dont aucun pass n’a servi",
    right=Right.UNDO_PRESCRIPTION,
    body=UndoRequestSchema,
    answer=UndoSchema,
    description="La coordination à tout moment, ou le jour même l’agent qui l’a faite.",
)
def undo_prescription(body: Json, prescription_id: UUID) -> PrescriptionUndo:
    """Take a hand-over back: its booklets are in the drawer again."""
    return in_transaction(
        lambda session: undoing.undo_prescription(
            session,
            actor=current_actor(),
            undo_id=id_of_request(body),
            prescription_id=prescription_id,
            reason=body["reason"],
            now=started_at(),
        )
    )


@routes.file(
    "/prescriptions/<uuid:prescription_id>/letter",
    "Imprimer la lettre d’orientation",
    formats={"pdf": PDF},
    right=Right.SEE_BENEFICIARIES,
    query=LetterQuery,
    description="Où aller aujourd’hui et comment faire ; sur une feuille, deux en gros caractères.",
)
def print_letter(query: Json, prescription_id: UUID) -> Response:
    """The orientation letter of a hand-over, in either edition."""
    return letter_file(prescription_id, large=query["edition"] == Edition.LARGE)


@routes.file(
    "/beneficiaries/<uuid:beneficiary_id>/commitment",
    "Imprimer l’engagement à signer",
    formats={"pdf": PDF},
    right=Right.ISSUE_BOOKLETS,
    description="La feuille que la personne signe avant que le carnet lui soit remis.",
)
def print_commitment(beneficiary_id: UUID) -> Response:
    """What a person commits to, to be signed on paper."""
    return commitment_file(beneficiary_id)
