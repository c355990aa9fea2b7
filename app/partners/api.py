"""The directory of partners, their agreements, and where they are paid."""

from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.partners import agreements, bank_details, contacts, queries, service, sirets
from app.partners.models import (
    AgreementClosure,
    Organisation,
    PartnerAddress,
    PartnerContact,
    SiretEntry,
    Succession,
)
from app.partners.rules import SignedDocument
from app.partners.schemas import (
    AddressPageSchema,
    AddressRequestSchema,
    AddressSchema,
    AgreementFileContentSchema,
    AgreementFilePageSchema,
    AgreementFileRequestSchema,
    AgreementFileSchema,
    AgreementPageSchema,
    AgreementRequestSchema,
    AgreementSchema,
    BankDetailsApprovalRequestSchema,
    BankDetailsPageSchema,
    BankDetailsRefusalRequestSchema,
    BankDetailsRequestSchema,
    BankDetailsSchema,
    ClosureRequestSchema,
    ClosureSchema,
    ContactPageSchema,
    ContactRequestSchema,
    ContactSchema,
    PartnerPageSchema,
    PartnerQuery,
    PartnerRequestSchema,
    PartnerSchema,
    SiretPageSchema,
    SiretRequestSchema,
    SiretSchema,
    SuccessionPageSchema,
    SuccessionRequestSchema,
    SuccessionSchema,
)
from app.partners.vault import BankVault
from app.partners.views import (
    account_shown,
    agreement_shown,
    file_shown,
    file_with_content,
)
from app.web.api import Json, Routes, id_of_request, page, shown, whole
from app.web.auth import current_actor, started_at
from app.web.transaction import current_settings, in_transaction

routes = Routes("partners", "Structures partenaires, conventions et comptes bancaires.")
bp = routes.blueprint


@routes.post(
    "/partners",
    "Enregistrer une structure",
    right=Right.MANAGE_PARTNERS,
    body=PartnerRequestSchema,
    answer=PartnerSchema,
)
def register_partner(body: Json) -> Organisation:
    """Let an organisation take part."""
    return in_transaction(
        lambda session: service.register_organisation(
            session,
            actor=current_actor(),
            organisation_id=id_of_request(body),
            now=started_at(),
            **body,
        )
    )


@routes.get(
    "/partners",
    "Lister les structures",
    right=Right.SEE_PARTNERS,
    query=PartnerQuery,
    answer=PartnerPageSchema,
)
def list_partners(query: Json) -> Json:
    """Organisations in the order of their ids."""
    return in_transaction(
        lambda session: page(
            query,
            partial(queries.organisations_after, session, query["after"], kind=query["kind"]),
            lambda rows: [shown(row) for row in rows],
        )
    )


@routes.get(
    "/partners/<uuid:partner_id>",
    "Lire une structure",
    right=Right.SEE_PARTNERS,
    answer=PartnerSchema,
)
def read_partner(partner_id: UUID) -> Organisation:
    """One organisation."""
    return in_transaction(lambda session: service.known_organisation(session, partner_id))


@routes.post(
    "/partners/<uuid:partner_id>/agreements",
    "Enregistrer une convention signée",
    right=Right.MANAGE_PARTNERS,
    body=AgreementRequestSchema,
    answer=AgreementSchema,
)
def sign_agreement(body: Json, partner_id: UUID) -> Json:
    """Record what an organisation signed, for one role and between two days."""
    paper = body.pop("document")
    return in_transaction(
        lambda session: agreement_shown(
            service.sign_agreement(
                session,
                actor=current_actor(),
                agreement_id=id_of_request(body),
                organisation_id=partner_id,
                document=SignedDocument(**paper) if paper else None,
                now=started_at(),
                **body,
            ),
            None,
        )
    )


@routes.get(
    "/partners/<uuid:partner_id>/agreements",
    "Lister les conventions d’une structure",
    right=Right.SEE_PARTNERS,
    answer=AgreementPageSchema,
)
def list_agreements(partner_id: UUID) -> Json:
    """Everything an organisation signed, for itself and for those who see all."""

    def work(session: Session) -> Json:
        partner = service.known_organisation(session, partner_id)
        current_actor().check_sees(partner.id)
        closures = queries.closures_of(session, partner.id)
        return whole(
            [
                agreement_shown(row, closures.get(row.id))
                for row in queries.agreements_of(session, partner.id)
            ]
        )

    return in_transaction(work)


@routes.post(
    "/agreements/<uuid:agreement_id>/closure",
    "Mettre fin à une convention avant son terme",
    right=Right.MANAGE_PARTNERS,
    body=ClosureRequestSchema,
    answer=ClosureSchema,
    description="À compter de ce jour elle ne donne plus de droit. Rien ne le reprend.",
)
def close_agreement(body: Json, agreement_id: UUID) -> AgreementClosure:
    """End an agreement early."""
    return in_transaction(
        lambda session: agreements.close_agreement(
            session,
            actor=current_actor(),
            closure_id=id_of_request(body),
            agreement_id=agreement_id,
            now=started_at(),
            **body,
        )
    )


@routes.post(
    "/agreements/<uuid:agreement_id>/files",
    "Joindre le document signé d’une convention",
    right=Right.MANAGE_PARTNERS,
    body=AgreementFileRequestSchema,
    answer=AgreementFileSchema,
    description="PDF, JPEG ou PNG, reconnu à ses octets ; gardé une fois pour toutes.",
)
def keep_agreement_file(body: Json, agreement_id: UUID) -> Json:
    """Keep the signed paper of an agreement."""
    return in_transaction(
        lambda session: file_shown(
            agreements.keep_file(
                session,
                actor=current_actor(),
                file_id=id_of_request(body),
                agreement_id=agreement_id,
                now=started_at(),
                **body,
            )
        )
    )


@routes.get(
    "/agreements/<uuid:agreement_id>/files",
    "Lister les documents d’une convention",
    right=Right.SEE_PARTNERS,
    answer=AgreementFilePageSchema,
)
def list_agreement_files(agreement_id: UUID) -> Json:
    """The signed papers of an agreement, for itself and for those who see all."""

    def work(session: Session) -> Json:
        agreement = agreements.known_agreement(session, agreement_id)
        current_actor().check_sees(agreement.organisation_id)
        return whole(
            [file_shown(file) for file in queries.files_of(session, [agreement_id])[agreement_id]]
        )

    return in_transaction(work)


@routes.get(
    "/agreement-files/<uuid:file_id>",
    "Lire un document signé",
    right=Right.SEE_PARTNERS,
    answer=AgreementFileContentSchema,
)
def read_agreement_file(file_id: UUID) -> Json:
    """A signed paper, whole, for itself and for those who see all."""
    return in_transaction(
        lambda session: file_with_content(
            agreements.known_file(session, actor=current_actor(), file_id=file_id)
        )
    )


@routes.post(
    "/partners/<uuid:partner_id>/bank-details",
    "Saisir un compte bancaire",
    right=Right.PREPARE_BANK_DETAILS,
    body=BankDetailsRequestSchema,
    answer=BankDetailsSchema,
    description="Une autre personne doit le confirmer avant tout paiement.",
)
def prepare_bank_details(body: Json, partner_id: UUID) -> Json:
    """Type where an organisation asks to be paid."""

    def work(session: Session) -> Json:
        details = bank_details.prepare_bank_details(
            session,
            actor=current_actor(),
            bank_details_id=id_of_request(body),
            organisation_id=partner_id,
            vault=BankVault(current_settings().key_dir),
            now=started_at(),
            **body,
        )
        return account_shown(bank_details.known_account(session, details.id))

    return in_transaction(work)


@routes.get(
    "/partners/<uuid:partner_id>/bank-details",
    "Lister les comptes bancaires d’une structure",
    right=Right.SEE_PARTNERS,
    answer=BankDetailsPageSchema,
)
def list_bank_details(partner_id: UUID) -> Json:
    """Every account an organisation named, masked, for itself and for those who see all."""

    def work(session: Session) -> Json:
        partner = service.known_organisation(session, partner_id)
        current_actor().check_sees(partner.id)
        return whole([account_shown(row) for row in queries.bank_details_of(session, partner.id)])

    return in_transaction(work)


@routes.post(
    "/bank-details/<uuid:bank_details_id>/approve",
    "Confirmer un compte bancaire",
    right=Right.APPROVE_BANK_DETAILS,
    body=BankDetailsApprovalRequestSchema,
    answer=BankDetailsSchema,
    status=200,
    refuses=(409, 422),
)
def approve_bank_details(body: Json, bank_details_id: UUID) -> Json:
    """Confirm an account that somebody else typed, by typing its IBAN too."""

    def work(session: Session) -> Json:
        bank_details.approve_bank_details(
            session,
            actor=current_actor(),
            bank_details_id=bank_details_id,
            iban=body["iban"],
            vault=BankVault(current_settings().key_dir),
            now=started_at(),
        )
        return account_shown(bank_details.known_account(session, bank_details_id))

    return in_transaction(work)


@routes.post(
    "/bank-details/<uuid:bank_details_id>/refusal",
    "Refuser un compte bancaire qui n’est pas le bon",
    right=Right.PREPARE_BANK_DETAILS,
    body=BankDetailsRefusalRequestSchema,
    answer=BankDetailsSchema,
    description="Par qui peut le confirmer, ou par qui l’a saisi. Rien n’y sera payé, et la "
    "structure en est avertie.",
)
def refuse_bank_details(body: Json, bank_details_id: UUID) -> Json:
    """Say that an account is not the right one, before it is confirmed."""
    refusal_id = id_of_request(body)

    def work(session: Session) -> Json:
        bank_details.refuse_bank_details(
            session,
            actor=current_actor(),
            refusal_id=refusal_id,
            bank_details_id=bank_details_id,
            reason=body["reason"],
            now=started_at(),
        )
        return account_shown(bank_details.known_account(session, bank_details_id))

    return in_transaction(work)


@routes.post(
    "/partners/<uuid:partner_id>/addresses",
    "Enregistrer l’adresse d’une structure",
    right=Right.MANAGE_PARTNERS,
    body=AddressRequestSchema,
    answer=AddressSchema,
)
def record_address(body: Json, partner_id: UUID) -> PartnerAddress:
    """Say where an organisation is, from now on."""
    return in_transaction(
        lambda session: contacts.record_address(
            session,
            actor=current_actor(),
            address_id=id_of_request(body),
            organisation_id=partner_id,
            now=started_at(),
            **body,
        )
    )


@routes.get(
    "/partners/<uuid:partner_id>/addresses",
    "Lister les adresses d’une structure",
    right=Right.SEE_PARTNERS,
    answer=AddressPageSchema,
)
def list_addresses(partner_id: UUID) -> Json:
    """Every version of an address, oldest first: the last one is true."""

    def work(session: Session) -> Json:
        partner = service.known_organisation(session, partner_id)
        return whole([shown(row) for row in queries.address_versions(session, partner.id)])

    return in_transaction(work)


@routes.post(
    "/partners/<uuid:partner_id>/sirets",
    "Écrire ou corriger le SIRET d’une structure",
    right=Right.MANAGE_PARTNERS,
    body=SiretRequestSchema,
    answer=SiretSchema,
)
def record_siret(body: Json, partner_id: UUID) -> SiretEntry:
    """Write the SIRET of an organisation that has none, or correct what another person wrote."""
    return in_transaction(
        lambda session: sirets.record_siret(
            session,
            actor=current_actor(),
            entry_id=id_of_request(body),
            organisation_id=partner_id,
            now=started_at(),
            **body,
        )
    )


@routes.get(
    "/partners/<uuid:partner_id>/sirets",
    "Lire les SIRET écrits pour une structure",
    right=Right.SEE_PARTNERS,
    answer=SiretPageSchema,
)
def list_sirets(partner_id: UUID) -> Json:
    """Every SIRET that was written, oldest first: the last one is true."""

    def work(session: Session) -> Json:
        partner = service.known_organisation(session, partner_id)
        current_actor().check_sees(partner.id)
        return whole([shown(row) for row in queries.siret_entries(session, partner.id)])

    return in_transaction(work)


@routes.post(
    "/partners/<uuid:partner_id>/contacts",
    "Enregistrer un contact professionnel",
    right=Right.CORRECT_PROFILE,
    body=ContactRequestSchema,
    answer=ContactSchema,
)
def record_contact(body: Json, partner_id: UUID) -> PartnerContact:
    """Say how to reach a function; the partner’s own agents may."""
    return in_transaction(
        lambda session: contacts.record_contact(
            session,
            actor=current_actor(),
            contact_id=id_of_request(body),
            organisation_id=partner_id,
            now=started_at(),
            **body,
        )
    )


@routes.get(
    "/partners/<uuid:partner_id>/contacts",
    "Lister les contacts d’une structure",
    right=Right.SEE_PARTNERS,
    answer=ContactPageSchema,
)
def list_contacts(partner_id: UUID) -> Json:
    """How to reach an organisation today."""

    def work(session: Session) -> Json:
        partner = service.known_organisation(session, partner_id)
        return whole([shown(row) for row in queries.contacts_of(session, partner.id)])

    return in_transaction(work)


@routes.post(
    "/partners/<uuid:partner_id>/successions",
    "Enregistrer la reprise d’une structure",
    right=Right.MANAGE_PARTNERS,
    body=SuccessionRequestSchema,
    answer=SuccessionSchema,
)
def succeed(body: Json, partner_id: UUID) -> Succession:
    """Let another organisation take over from a day."""
    return in_transaction(
        lambda session: service.succeed(
            session,
            actor=current_actor(),
            succession_id=id_of_request(body),
            organisation_id=partner_id,
            now=started_at(),
            **body,
        )
    )


@routes.get(
    "/partners/<uuid:partner_id>/successions",
    "Lister les reprises où une structure est partie",
    right=Right.SEE_PARTNERS,
    answer=SuccessionPageSchema,
)
def list_successions(partner_id: UUID) -> Json:
    """Who took over from it, and from whom it took over."""

    def work(session: Session) -> Json:
        partner = service.known_organisation(session, partner_id)
        return whole([shown(row) for row in queries.successions_about(session, partner.id)])

    return in_transaction(work)
