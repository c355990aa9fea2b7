"""What the page of an organisation says of it: who it is, what it signed, where it is paid."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from app.identity import queries as agents
from app.identity.naming import named_to
from app.identity.rules import Right
from app.kernel.money import NO_BREAK
from app.kernel.text import written_phone
from app.mediators import queries
from app.mediators.models import CashOffice, Label
from app.mediators.rules import (
    FRENCH_CASH_OFFICE,
    FRENCH_LABEL_STEP,
    FRENCH_RENEWAL,
    FRENCH_SERVICE,
    FRENCH_WEEKDAY,
    CashOfficeKind,
    LabelStep,
    Service,
    told_hours,
)
from app.partners import queries as partners
from app.partners import service as partnership
from app.partners.models import (
    Agreement,
    AgreementClosure,
    AgreementFile,
    Closed,
    Organisation,
    PartnerAddress,
    SiretEntry,
)
from app.partners.rules import (
    FRENCH_AGREEMENT_ROLE,
    FRENCH_KIND,
    MOST_FILES,
    SUFFIX,
    AgreementRole,
    BankDetailsState,
    MediaType,
    OrganisationKind,
    in_force,
    written_degrees,
    written_siret,
)
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.programmes.words import percent
from app.web.auth import current_actor, may, started_on
from app.web.format import count, day_long, day_short


@dataclass(frozen=True, slots=True)
class Period:
    """Something in force from a day to a day: an agreement, a label, a régie."""

    id: UUID
    title: str
    reference: str
    valid_from: date
    valid_until: date
    tone: str
    state: str
    note: str = ""
    renew: str = ""
    close: str = ""
    attach: str = ""
    files: tuple[tuple[str, str], ...] = ()
    """Addresses and words of the signed papers."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A contact as it is read."""

    id: UUID
    position: str
    phone: str
    dialled: str
    email: str


@dataclass(frozen=True, slots=True)
class Application:
    """An application for a label with its steps."""

    id: UUID
    steps: tuple[tuple[date, str, str], ...]
    decided: bool


@dataclass(frozen=True, slots=True)
class Account:
    """Bank details, masked."""

    id: UUID
    holder: str
    iban: str
    tone: str
    state: str
    may_approve: bool
    """Then the reader may refuse it as well."""
    may_withdraw: bool
    prepared_at: datetime
    prepared_by: str
    decided_at: datetime | None
    decided_by: str
    undecided: str
    """In the place of who decided, where nobody did."""
    reason: str
    """Why it was refused."""


@dataclass(frozen=True, slots=True)
class WrittenSiret:
    """A SIRET that was written after the organisation came: by whom, when and from where."""

    siret: str
    by: str
    on: datetime
    reason: str
    told_false: bool
    """Whether it was given at registration, and is told here to be false."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """A takeover, seen from one of its two ends."""

    other_id: UUID
    other: str
    from_on: date
    reference: str


@dataclass(frozen=True, slots=True)
class PartnerPage:
    """Everything about an organisation that the reader may see."""

    organisation: Organisation
    kind: str
    roles: tuple[str, ...]
    address: tuple[str, ...]
    coordinates: str
    siret: str
    sirets: tuple[WrittenSiret, ...]
    """The newest first."""
    siret_act: str
    """What may be done of it now, if anything."""
    contacts: tuple[Reach, ...]
    services: tuple[str, ...]
    publics: tuple[str, ...]
    hours: tuple[tuple[str, str], ...]
    access_notes: str
    capacity: tuple[bool, date] | None
    agreements: tuple[Period, ...]
    labels: tuple[Period, ...]
    applications: tuple[Application, ...]
    cash_offices: tuple[Period, ...]
    cash_office_missing: bool
    holding_right_missing: bool
    accounts: tuple[Account, ...]
    succeeded_by: Takeover | None
    succeeds: tuple[Takeover, ...]
    warnings: tuple[str, ...]
    sees_all: bool
    """Agreements and accounts are for itself and for those who see all."""
    may_manage: bool
    may_correct: bool
    may_type_account: bool


def _state(
    row: Agreement | Label | CashOffice, closure: Closed | None, *, ending: Collection[UUID]
) -> tuple[str, str]:
    """The tone and the words of a period, today; `ending` is what is to be renewed."""
    today = started_on()
    if row.valid_from > today:
        return "", "À venir"
    if closure is not None and closure.from_on <= today:
        return "", "Fin anticipée"
    if not in_force(row.valid_from, row.valid_until, on=today):
        return "", "Terminée"
    if closure is not None:
        return "warn", f"Prend fin le {day_short(closure.from_on)}"
    if row.id in ending:
        return "warn", "Bientôt à renouveler"
    return "ok", "En vigueur"


def partner_page(session: Session, partner_id: UUID) -> PartnerPage:
    """An organisation as whoever looks may see it.

    Raises:
        UnknownOrganisation.
    """
    organisation, actor, today = (
        partnership.known_organisation(session, partner_id),
        current_actor(),
        started_on(),
    )
    sees_all, may_manage = actor.sees(partner_id), may(Right.MANAGE_PARTNERS)
    address = partners.address_of(session, partner_id)
    entries = partners.siret_entries(session, partner_id)
    offer = queries.offers(session, [partner_id]).get(partner_id, queries.Offer())
    capacity = queries.capacity_on(session, [partner_id], on=today).get(partner_id)
    succeeded_by, succeeds = _takeovers(session, partner_id)
    soon = queries.renewals(session, on=today, organisation_id=partner_id)
    ending = {one.id for one in soon}
    roles = partners.roles_on(session, [partner_id], on=today).get(partner_id, [])
    lacking = (
        organisation.public_body
        and AgreementRole.MEDIATOR in roles
        and not queries.among_those_who(session, queries.may_cash(today), [partner_id])
    )
    return PartnerPage(
        organisation=organisation,
        kind=FRENCH_KIND[OrganisationKind(organisation.kind)],
        roles=tuple(FRENCH_AGREEMENT_ROLE[role] for role in roles),
        address=_address(address, organisation.commune),
        coordinates=_coordinates(address),
        siret=written_siret(organisation.siret) if organisation.siret else "",
        sirets=_sirets(session, organisation, entries) if sees_all else (),
        siret_act=_siret_act(organisation, entries) if may_manage else "",
        contacts=_contacts(session, partner_id),
        services=tuple(FRENCH_SERVICE[one] for one in Service if one in offer.services),
        publics=tuple(FRENCH_PUBLIC[one] for one in Public if one in offer.publics),
        hours=tuple(
            (name, said)
            for weekday, name in enumerate(FRENCH_WEEKDAY)
            if (said := told_hours(offer.hours, weekday))
        ),
        access_notes=offer.access_notes or "",
        capacity=(capacity.ready, capacity.from_on) if capacity else None,
        agreements=_agreements(session, partner_id, may_manage, ending) if sees_all else (),
        labels=_labels(session, partner_id, ending),
        applications=_applications(session, partner_id) if sees_all else (),
        cash_offices=(_cash_offices(session, partner_id, may_manage, ending) if sees_all else ()),
        cash_office_missing=lacking,
        holding_right_missing=(
            AgreementRole.PRESCRIBER in roles
            and not queries.among_those_who(session, queries.may_hold(today), [partner_id])
        ),
        accounts=_accounts(session, partner_id) if sees_all else (),
        succeeded_by=succeeded_by,
        succeeds=succeeds,
        warnings=tuple(_warning(one) for one in soon) if sees_all else (),
        sees_all=sees_all,
        may_manage=may_manage,
        may_correct=may(Right.CORRECT_PROFILE) and sees_all,
        may_type_account=may(Right.PREPARE_BANK_DETAILS) and sees_all,
    )


def _address(address: PartnerAddress | None, commune: str) -> tuple[str, ...]:
    if address is None:
        return ()
    lines = (address.street, address.complement, f"{address.postcode} {commune}")
    return tuple(line for line in lines if line)


def _coordinates(address: PartnerAddress | None) -> str:
    if address is None or address.latitude_microdegrees is None:
        return ""
    return (
        f"{written_degrees(address.latitude_microdegrees)} ; "
        f"{written_degrees(address.longitude_microdegrees)}"
    )


def _sirets(
    session: Session, organisation: Organisation, entries: Sequence[SiretEntry]
) -> tuple[WrittenSiret, ...]:
    names = agents.agent_names(session, {one.recorded_by for one in entries})
    return tuple(
        WrittenSiret(
            written_siret(one.siret),
            names.get(one.recorded_by, ""),
            one.recorded_at,
            one.reason,
            told_false=one.version == 1 and one.siret == organisation.siret_given,
        )
        for one in reversed(entries)
    )


def _siret_act(organisation: Organisation, entries: Sequence[SiretEntry]) -> str:
    """Completing is for where none is known, correcting for who did not write the wrong one.

    Where one was given at registration, somebody else tells first that it is false.
    """
    if entries:
        own = entries[-1].recorded_by == current_actor().agent_id
        return "" if own else "Corriger le SIRET"
    return "Signaler un SIRET faux" if organisation.siret else "Compléter le SIRET"


def _contacts(session: Session, partner_id: UUID) -> tuple[Reach, ...]:
    return tuple(
        Reach(
            one.id,
            one.position,
            written_phone(one.phone) if one.phone else "",
            one.phone or "",
            one.email or "",
        )
        for one in partners.contacts_of(session, partner_id)
    )


def _takeovers(session: Session, partner_id: UUID) -> tuple[Takeover | None, tuple[Takeover, ...]]:
    """Who took over from it, and from whom it took over."""
    gone = partners.succession_of(session, partner_id)
    from_others = partners.succeeded_by_it(session, partner_id)
    names = partners.organisation_names(
        session,
        [*([gone.successor_id] if gone else []), *(one.organisation_id for one in from_others)],
    )
    return (
        Takeover(gone.successor_id, names[gone.successor_id], gone.from_on, gone.reference)
        if gone
        else None
    ), tuple(
        Takeover(one.organisation_id, names[one.organisation_id], one.from_on, one.reference)
        for one in from_others
    )


def _warning(soon: queries.Renewal) -> str:
    return (
        f"{FRENCH_RENEWAL[soon.kind]} « {soon.reference} » : dernier jour le "
        f"{day_long(soon.valid_until)}."
    )


def _agreements(
    session: Session,
    partner_id: UUID,
    may_manage: bool,  # noqa: FBT001 - one reader, two views
    ending: Collection[UUID],
) -> tuple[Period, ...]:
    rows = partners.agreements_of(session, partner_id)
    closures = partners.closures_of(session, partner_id)
    files = partners.files_of(session, [one.id for one in rows])
    renewed = {one.follows_id for one in rows}
    told = []
    for one in reversed(rows):
        closure = closures.get(one.id)
        tone, state = _state(one, closure, ending=ending)
        told.append(
            Period(
                one.id,
                FRENCH_AGREEMENT_ROLE[AgreementRole(one.role)].capitalize(),
                one.reference,
                one.valid_from,
                one.valid_until,
                tone,
                state,
                note=". ".join(_said_of(one, closure)),
                renew=(
                    url_for("partner_signing.agreement", partner_id=partner_id, suit=one.id)
                    if may_manage and one.id not in renewed
                    else ""
                ),
                close=(
                    url_for(
                        "partner_signing.close_agreement",
                        partner_id=partner_id,
                        agreement_id=one.id,
                    )
                    if may_manage and closure is None and one.valid_until >= started_on()
                    else ""
                ),
                attach=(
                    url_for("partner_signing.attach", partner_id=partner_id, agreement_id=one.id)
                    if may_manage and len(files[one.id]) < MOST_FILES
                    else ""
                ),
                files=tuple(
                    (
                        url_for("partner_signing.file", partner_id=partner_id, file_id=file.id),
                        _words_of(file),
                    )
                    for file in files[one.id]
                ),
            )
        )
    return tuple(told)


def _words_of(file: AgreementFile) -> str:
    """« Document (PDF, 240 ko) »."""
    kind, size = SUFFIX[MediaType(file.media_type)].upper(), max(1, round(file.byte_count / 1024))
    return f"Document ({kind}, {count(size)}{NO_BREAK}ko)"


def _said_of(one: Agreement, closure: AgreementClosure | None) -> list[str]:
    """What is told below an agreement."""
    said = []
    if one.redemption_fee_basis_points is not None:
        said.append(f"Frais : {percent(one.redemption_fee_basis_points)} de la valeur encaissée")
    if one.document_title:
        said.append(
            f"{one.document_title}, conservé : {one.document_kept_at}. Empreinte "
            f"{(one.document_sha256 or b'').hex()[:12]}…"
        )
    if closure is not None:
        said.append(f"Sans droit à compter du {day_long(closure.from_on)} : {closure.reason}")
    return said


def _labels(session: Session, partner_id: UUID, ending: Collection[UUID]) -> tuple[Period, ...]:
    return tuple(
        Period(
            one.id,
            "Label",
            one.reference,
            one.valid_from,
            one.valid_until,
            *_masculine(_state(one, None, ending=ending)),
        )
        for one in reversed(queries.labels_of(session, partner_id))
    )


def _masculine(state: tuple[str, str]) -> tuple[str, str]:
    """A label is masculine."""
    return state[0], "Terminé" if state[1] == "Terminée" else state[1]


def _cash_offices(
    session: Session,
    partner_id: UUID,
    may_manage: bool,  # noqa: FBT001 - one reader, two views
    ending: Collection[UUID],
) -> tuple[Period, ...]:
    closures = queries.closures_of(session, partner_id)
    told = []
    for one in reversed(queries.cash_offices_of(session, partner_id)):
        closure = closures.get(one.id)
        ended = (
            f". Sans droit à compter du {day_long(closure.from_on)} : {closure.reason}"
            if closure
            else ""
        )
        told.append(
            Period(
                one.id,
                FRENCH_CASH_OFFICE[CashOfficeKind(one.kind)].capitalize(),
                one.reference,
                one.valid_from,
                one.valid_until,
                *_state(one, closure, ending=ending),
                note=f"Régisseur : {one.held_by}{ended}",
                close=(
                    url_for(
                        "partner_signing.close_cash_office",
                        partner_id=partner_id,
                        cash_office_id=one.id,
                    )
                    if may_manage and closure is None and one.valid_until >= started_on()
                    else ""
                ),
            )
        )
    return tuple(told)


def _applications(session: Session, partner_id: UUID) -> tuple[Application, ...]:
    rows = queries.applications_of(session, partner_id)
    steps = queries.progress_of(session, [one.id for one in rows])
    noted = {one.recorded_by for one in rows}
    noted |= {step.recorded_by for reached in steps.values() for step in reached}
    by = {
        agent_id: f"Noté par {agent.name}"
        for agent_id in noted
        if (agent := agents.agent(session, agent_id)) is not None
    }
    return tuple(
        Application(
            one.id,
            (
                (one.applied_on, "Demande déposée", by[one.recorded_by]),
                *(
                    (
                        step.reached_on,
                        FRENCH_LABEL_STEP[LabelStep(step.step)],
                        ". ".join(filter(None, [step.note, by[step.recorded_by]])),
                    )
                    for step in steps[one.id]
                ),
            ),
            decided=any(step.step in {"granted", "refused"} for step in steps[one.id]),
        )
        for one in reversed(rows)
    )


def _accounts(session: Session, partner_id: UUID) -> tuple[Account, ...]:
    used = partners.approved_bank_details(session, partner_id)
    may_approve, may_type = may(Right.APPROVE_BANK_DETAILS), may(Right.PREPARE_BANK_DETAILS)
    me = current_actor().agent_id
    every = partners.bank_details_of(session, partner_id)
    decided = {one.details.id: _decided(one) for one in every}
    named = named_to(
        session,
        current_actor(),
        [one.details.prepared_by for one in every] + [by for by, _ in decided.values() if by],
    )
    told = []
    for one in reversed(every):
        details, waits = one.details, one.state is BankDetailsState.WAITING
        by, at = decided[details.id]
        own = details.prepared_by == me
        told.append(
            Account(
                details.id,
                details.holder,
                details.iban_masked,
                *_state_of_account(one, in_use=used is not None and used.id == details.id),
                may_approve=waits and may_approve and not own,
                may_withdraw=waits and may_type and own,
                prepared_at=details.prepared_at,
                prepared_by=named(details.prepared_by),
                decided_at=at,
                decided_by=named(by),
                undecided="pas encore" if waits else "un compte saisi plus tard est confirmé",
                reason=one.refusal.reason if one.refusal else "",
            )
        )
    return tuple(told)


def _decided(one: partners.NamedAccount) -> tuple[int | None, datetime | None]:
    """Who confirmed or refused it, and when."""
    if one.approval is not None:
        return one.approval.approved_by, one.approval.approved_at
    if one.refusal is not None:
        return one.refusal.refused_by, one.refusal.refused_at
    return None, None


def _state_of_account(one: partners.NamedAccount, *, in_use: bool) -> tuple[str, str]:
    """The tone and the words of an account."""
    if in_use:
        return "ok", "Utilisé pour les paiements"
    return {
        BankDetailsState.WAITING: ("warn", "À confirmer"),
        BankDetailsState.APPROVED: ("", "Remplacé"),
        BankDetailsState.REFUSED: ("bad", "Refusé"),
        BankDetailsState.WITHDRAWN: ("", "Retiré"),
        BankDetailsState.SUPERSEDED: ("", "Sans suite"),
    }[one.state]
