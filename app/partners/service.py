"""Registering organisations, their agreements and their successors."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.database.locks import earlier, hold
from app.identity.errors import RoleElsewhere
from app.identity.models import Agent
from app.identity.rules import Actor, Right, Role
from app.identity.service import create_agent
from app.kernel.clock import FIRST_DAY, LAST_DAY, martinique_day
from app.kernel.communes import COMMUNES, commune_named
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id, request_hash
from app.kernel.text import clean, de, not_latin
from app.partners import queries
from app.partners.errors import (
    AgreementOverlaps,
    AgreementRenewedAlready,
    NoAgreementInForce,
    OrganisationSucceeded,
    SiretTaken,
    SucceededAlready,
    UnknownAgreement,
    UnknownOrganisation,
)
from app.partners.models import (
    Agreement,
    Organisation,
    SiretEntry,
    Succession,
)
from app.partners.rules import (
    FRENCH_AGREEMENT_ROLE,
    GIVEN_AT_REGISTRATION,
    HIGHEST_FEE_BASIS_POINTS,
    NO_SIRET,
    PUBLIC_BODIES,
    WHERE_ROLES_ARE,
    AgreementRole,
    OrganisationKind,
    SignedDocument,
    read_insee,
    read_sha256,
    read_siret,
)


def register_organisation(
    session: Session,
    *,
    actor: Actor | None,
    organisation_id: UUID,
    kind: OrganisationKind,
    name: str,
    commune: str,
    siret: str | None,
    now: datetime,
    insee: str | None = None,
    demonstration: bool = False,
) -> Organisation:
    """Let an organisation take part. `actor` is None for the operator of the machine.

    The eighteen communes are known by their name; elsewhere the Insee code is typed too, if known.

    Raises:
        InvalidInput: name, commune, its code or the SIRET cannot be one, or two of them differ.
        SiretTaken: another organisation has that SIRET.
        IdAlreadyUsed: the id came earlier with another content.
    """
    if actor is not None:
        actor.check(Right.MANAGE_PARTNERS)
    cleaned, place = clean(name), _commune(commune, insee)
    number = read_siret(siret) if siret is not None else None
    wrong = not_latin(name=name, commune=commune)
    if cleaned is None:
        wrong["name"] = "Écrivez le nom de la structure, en 200 caractères au plus."
    if isinstance(place, dict):
        wrong |= place
    if siret is not None and number is None:
        wrong["siret"] = NO_SIRET
    if cleaned is None or isinstance(place, dict) or wrong:
        raise InvalidInput(**wrong)
    commune, code = place
    digest = request_hash(
        "organisation", kind=kind, name=cleaned, commune=commune, insee=code, siret=number
    )
    if record := earlier(session, Organisation, organisation_id, digest):
        return record
    if number is not None:
        check_siret_is_free(session, number)
    freed = number is not None and queries.was_given(session, number)
    if freed and actor is None:
        raise SiretTaken
    record = Organisation(
        id=organisation_id,
        request_hash=digest,
        kind=kind,
        name=cleaned,
        commune=commune,
        insee=code,
        public_body=kind in PUBLIC_BODIES,
        siret_given=None if freed else number,
        demonstration=demonstration,
        created_at=now,
    )
    session.add(record)
    session.flush()
    if freed and actor is not None and number is not None:
        _write_freed_siret(session, record, number, digest=digest, actor=actor, now=now)
    set_committed_value(record, "siret", number)
    return record


def _write_freed_siret(
    session: Session,
    organisation: Organisation,
    siret: str,
    *,
    digest: bytes,
    actor: Actor,
    now: datetime,
) -> None:
    """Write a SIRET with which another organisation was registered, and that was corrected there.

    Where numbers are given each stands once, for ever: this one is written beside.
    """
    session.add(
        SiretEntry(
            id=new_id(),
            request_hash=digest,
            organisation_id=organisation.id,
            version=1,
            siret=siret,
            reason=GIVEN_AT_REGISTRATION,
            recorded_by=actor.agent_id,
            recorded_at=now,
        )
    )
    session.flush()


def check_siret_is_free(session: Session, siret: str) -> None:
    """Refuse the SIRET of another organisation; whoever else writes it waits.

    Raises:
        SiretTaken.
    """
    hold(session, "siret", siret)
    if queries.organisation_by_siret(session, siret):
        raise SiretTaken


def _commune(name: str, insee: str | None) -> tuple[str, str | None] | dict[str, str]:
    """A commune's name and code, or what is wrong with them: a French sentence by field."""
    cleaned = clean(name)
    if cleaned is None:
        return {"commune": "Écrivez le nom de la commune, en 200 caractères au plus."}
    code = read_insee(insee) if insee is not None else None
    if insee is not None and code is None:
        return {"insee": "Un code Insee de commune a 5 chiffres : par exemple 97214."}
    known = commune_named(cleaned)
    if known is None:
        if any(code == commune.insee for commune in COMMUNES):
            return {"insee": "Ce code est celui d’une autre commune : corrigez l’un des deux."}
        return cleaned, code
    if code is not None and code != known.insee:
        return {"insee": f"Le code {de(known.name)} est {known.insee} : corrigez l’un des deux."}
    return known.name, known.insee


def known_organisation(session: Session, organisation_id: UUID) -> Organisation:
    """The organisation of that id.

    Raises:
        UnknownOrganisation: there is none.
    """
    organisation = queries.organisation(session, organisation_id)
    if organisation is None:
        raise UnknownOrganisation
    return organisation


def open_account(
    session: Session,
    *,
    actor: Actor | None,
    email: str,
    name: str,
    role: Role,
    organisation_id: UUID,
    password: str | None,
    now: datetime,
) -> Agent:
    """Open an agent's account in an organisation where that role exists.

    `actor` is None for the operator of the machine.

    Raises:
        UnknownOrganisation: nobody has that id.
        RoleElsewhere: the role is not one of such an organisation.
        RightMissing, InvalidInput, EmailTaken, WeakPassword: as create_agent.
    """
    organisation = known_organisation(session, organisation_id)
    if organisation.kind not in WHERE_ROLES_ARE[role]:
        raise RoleElsewhere
    return create_agent(
        session,
        actor=actor,
        email=email,
        name=name,
        role=role,
        organisation_id=organisation_id,
        password=password,
        now=now,
    )


def sign_agreement(
    session: Session,
    *,
    actor: Actor,
    agreement_id: UUID,
    organisation_id: UUID,
    role: AgreementRole,
    reference: str,
    valid_from: date,
    valid_until: date,
    now: datetime,
    document: SignedDocument | None = None,
    follows_id: UUID | None = None,
    redemption_fee_basis_points: int | None = None,
) -> Agreement:
    """Record what an organisation signed, for one role and from a day to a day, both included.

    `follows_id` names the agreement that this one renews. A mediator's may say what is kept of its
    passes, in basis points, instead of what the programme keeps of everybody's.

    Raises:
        UnknownOrganisation: nobody has that id.
        InvalidInput: the days are out of bounds or the wrong way round, the reference is empty,
            the document is not whole, or a fee is no share or nobody's who is paid.
        AgreementOverlaps: another of that role gives its right on one of these days.
        UnknownAgreement: it renews one that is not this organisation's, for this role.
        AgreementRenewedAlready: another renews the same one.
        OrganisationSucceeded: it would run past the day when another took over.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    wrong = wrong_period(valid_from, valid_until)
    cleaned = clean(reference)
    if cleaned is None:
        wrong["reference"] = "Écrivez la référence de la convention signée."
    paper = _document(document)
    if isinstance(paper, dict):
        wrong |= paper
    wrong |= _wrong_fee(role, redemption_fee_basis_points)
    if cleaned is None or isinstance(paper, dict) or wrong:
        raise InvalidInput(**wrong)
    title, sha256, kept_at = paper
    digest = request_hash(
        "agreement",
        organisation=organisation_id,
        role=role,
        reference=cleaned,
        valid_from=valid_from,
        valid_until=valid_until,
        document=[title, sha256 and sha256.hex(), kept_at],
        follows=follows_id,
        fee=redemption_fee_basis_points,
    )
    if record := earlier(session, Agreement, agreement_id, digest):
        return record
    hold(session, "organisation", organisation_id)
    organisation = known_organisation(session, organisation_id)
    check_lasts(session, organisation_id, until=valid_until)
    if follows_id is not None:
        _check_renewable(session, follows_id, organisation_id=organisation_id, role=role)
    _check_alone(session, organisation, role, first=valid_from, last=valid_until)
    record = Agreement(
        id=agreement_id,
        request_hash=digest,
        organisation_id=organisation_id,
        role=role,
        reference=cleaned,
        valid_from=valid_from,
        valid_until=valid_until,
        document_title=title,
        document_sha256=sha256,
        document_kept_at=kept_at,
        follows_id=follows_id,
        redemption_fee_basis_points=redemption_fee_basis_points,
        created_by=actor.agent_id,
        created_at=now,
    )
    session.add(record)
    session.flush()
    return record


def _wrong_fee(role: AgreementRole, basis_points: int | None) -> dict[str, str]:
    """What is wrong with a fee by agreement, if anything."""
    if basis_points is None:
        return {}
    if role is not AgreementRole.MEDIATOR:
        return {"redemption_fee_basis_points": "Seule la convention d’un médiateur a des frais."}
    if not 0 <= basis_points <= HIGHEST_FEE_BASIS_POINTS:
        return {"redemption_fee_basis_points": "Écrivez des frais de 0 à 100 %."}
    return {}


def _document(
    document: SignedDocument | None,
) -> tuple[str | None, bytes | None, str | None] | dict[str, str]:
    """The paper behind an agreement, read; or what is wrong with it, by field."""
    if document is None:
        return None, None, None
    title, kept_at = clean(document.title), clean(document.kept_at)
    sha256 = read_sha256(document.sha256)
    wrong = {}
    if title is None:
        wrong["document.title"] = "Écrivez le titre du document, en 200 caractères au plus."
    if sha256 is None:
        wrong["document.sha256"] = (
            "L’empreinte SHA-256 a 64 chiffres et lettres de a à f : recopiez-la en entier."
        )
    if kept_at is None:
        wrong["document.kept_at"] = "Écrivez où l’original est conservé."
    return wrong or (title, sha256, kept_at)


def _check_alone(
    session: Session, organisation: Organisation, role: AgreementRole, *, first: date, last: date
) -> None:
    there = queries.overlapping_agreement(session, organisation.id, role, first=first, last=last)
    if there is not None:
        raise AgreementOverlaps(
            organisation=organisation.name,
            role=FRENCH_AGREEMENT_ROLE[role],
            reference=there.reference,
            valid_from=f"{there.valid_from:%d/%m/%Y}",
            valid_until=f"{there.valid_until:%d/%m/%Y}",
        )


def _check_renewable(
    session: Session, agreement_id: UUID, *, organisation_id: UUID, role: AgreementRole
) -> None:
    """Refuse to renew what is another's, or renewed already.

    Raises:
        UnknownAgreement, AgreementRenewedAlready.
    """
    renewed = queries.agreement(session, agreement_id)
    if renewed is None or (renewed.organisation_id, renewed.role) != (organisation_id, role):
        raise UnknownAgreement
    if queries.renewal_of(session, agreement_id):
        raise AgreementRenewedAlready


def wrong_period(valid_from: date, valid_until: date) -> dict[str, str]:
    """What is wrong with a first and a last day: a French sentence by field, or nothing."""
    wrong = {}
    if not FIRST_DAY <= valid_from <= LAST_DAY:
        wrong["valid_from"] = "Écrivez un jour entre 2000 et 2099."
    if not FIRST_DAY <= valid_until <= LAST_DAY:
        wrong["valid_until"] = "Écrivez un jour entre 2000 et 2099."
    elif valid_until < valid_from:
        wrong["valid_until"] = "Le dernier jour vient après le premier : corrigez l’un des deux."
    return wrong


def agreement_in_force(
    session: Session, organisation_id: UUID, role: AgreementRole, *, on: date
) -> Agreement:
    """The agreement that lets an organisation act in a role that day.

    Raises:
        UnknownOrganisation: nobody has that id.
        OrganisationSucceeded: another has taken over by that day.
        NoAgreementInForce: naming the organisation, the role and the day.
    """
    organisation = known_organisation(session, organisation_id)
    check_lasts(session, organisation_id, until=on)
    agreement = queries.agreement_in_force(session, organisation_id, role, on=on)
    if agreement is None:
        raise NoAgreementInForce(
            organisation=organisation.name,
            role=FRENCH_AGREEMENT_ROLE[role],
            day=f"{on:%d/%m/%Y}",
        )
    return agreement


# ── Successors ────────────────────────────────────────────────────────────────────────────────────


def succeed(
    session: Session,
    *,
    actor: Actor,
    succession_id: UUID,
    organisation_id: UUID,
    successor_id: UUID,
    from_on: date,
    reference: str,
    now: datetime,
) -> Succession:
    """Let another organisation take over from a day: accounts are never merged, old debts stay.

    From that day the organisation redeems, signs and is labelled no more; what it is owed is still
    paid to it.

    Raises:
        UnknownOrganisation: one of the two is nobody.
        InvalidInput: the day is past or out of bounds, the reference is empty, or both are one.
        SucceededAlready: another took over before, or the successor is itself succeeded.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    cleaned = clean(reference)
    wrong = {}
    if cleaned is None:
        wrong["reference"] = "Écrivez la référence de l’acte : délibération, traité de fusion…"
    if not FIRST_DAY <= from_on <= LAST_DAY:
        wrong["from_on"] = "Écrivez un jour entre 2000 et 2099."
    elif from_on < martinique_day(now):
        wrong["from_on"] = "Une reprise ne change rien au passé : écrivez un jour à venir."
    if successor_id == organisation_id:
        wrong["successor_id"] = "Choisissez une autre structure : elle ne se reprend pas elle-même."
    if cleaned is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "succession",
        organisation=organisation_id,
        successor=successor_id,
        from_on=from_on,
        reference=cleaned,
    )
    if record := earlier(session, Succession, succession_id, digest):
        return record
    for held in sorted({organisation_id, successor_id}):
        hold(session, "organisation", held)
    for one in (organisation_id, successor_id):
        organisation = known_organisation(session, one)
        if queries.succession_of(session, one):
            raise SucceededAlready(organisation=organisation.name)
    record = Succession(
        id=succession_id,
        request_hash=digest,
        organisation_id=organisation_id,
        successor_id=successor_id,
        from_on=from_on,
        reference=cleaned,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def check_lasts(session: Session, organisation_id: UUID, *, until: date) -> None:
    """Refuse what an organisation would do on a day when another has taken over from it.

    Raises:
        OrganisationSucceeded.
    """
    succession = queries.succession_of(session, organisation_id)
    if succession is not None and succession.from_on <= until:
        raise OrganisationSucceeded(
            organisation=known_organisation(session, organisation_id).name,
            successor=known_organisation(session, succession.successor_id).name,
            day=f"{succession.from_on:%d/%m/%Y}",
        )
