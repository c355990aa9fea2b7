"""The directory of partners on pages: who they are, what they signed, where they are paid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity import queries as agents
from app.identity.rules import RIGHTS, Right
from app.kernel.clock import martinique_day
from app.mediators import forms, queries, service
from app.mediators.forms import Sheet
from app.mediators.rules import (
    FRENCH_CASH_OFFICE,
    FRENCH_LABEL_STEP,
    FRENCH_SERVICE,
    FRENCH_WEEKDAY,
    CashOfficeKind,
    LabelStep,
    Service,
    told_hours,
)
from app.partners import queries as partners
from app.partners import service as partnership
from app.partners.models import Organisation, PartnerContact
from app.partners.rules import (
    FRENCH_AGREEMENT_ROLE,
    FRENCH_KIND,
    RENEWAL_WARNING_DAYS,
    AgreementRole,
    OrganisationKind,
    ends_soon,
    in_force,
    written_degrees,
    written_phone,
)
from app.partners.vault import BankVault
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.web.auth import check, current_actor, started_at
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("partners_pages", __name__)
T = TypeVar("T")

LINES = 60
"""Organisations on a page of the directory."""

RENEWALS = {
    "agreement": "Convention",
    "label": "Label",
    "cash_office": "Régie",
}


@dataclass(frozen=True, slots=True)
class Line:
    """An organisation in the directory."""

    id: UUID
    name: str
    kind: str
    commune: str
    roles: tuple[str, ...]
    ends_soon: bool
    succeeded: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked of the directory; it stays in the address."""

    name: str
    kind: str
    role: str
    insee: str
    soon: bool
    kinds: tuple[Choice, ...] = forms.KINDS
    roles: tuple[Choice, ...] = forms.ROLES
    communes: tuple[Choice, ...] = forms.COMMUNE_CHOICES

    @property
    def used(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.name or self.kind or self.role or self.insee or self.soon)


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    """The directory."""

    filters: Filters
    lines: tuple[Line, ...]
    found_count: int
    more: str
    may_manage: bool


@dataclass(frozen=True, slots=True)
class RenewalsPage:
    """What ends soon."""

    lines: tuple[queries.Renewal, ...]
    days: int
    words: dict[str, str]
    roles: dict[AgreementRole, str]


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
    accounts: tuple[Account, ...]
    succeeded_by: Takeover | None
    succeeds: tuple[Takeover, ...]
    warnings: tuple[str, ...]
    sees_all: bool
    """Agreements and accounts are for itself and for those who see all."""
    may_manage: bool
    may_correct: bool
    may_type_account: bool


@dataclass(frozen=True, slots=True)
class FormPage:
    """One of the forms of an organisation, or of none yet."""

    sheet: Sheet
    form: Form
    back: str
    back_label: str
    facts: tuple[tuple[str, str], ...] = ()


def _today() -> date:
    return martinique_day(started_at())


def _may(right: Right) -> bool:
    return right in RIGHTS[current_actor().role]


# ── The directory ─────────────────────────────────────────────────────────────────────────────────


@bp.get("/partenaires")
def directory() -> ResponseReturnValue:
    """Every organisation, or those that were asked for."""
    check(Right.SEE_PARTNERS)
    return render_template("partners/list.html", page=in_transaction(_directory_page))


def _asked(name: str, among: Sequence[Choice]) -> str:
    """A filter of the address; one that is not in the list is passed over."""
    value = request.args.get(name, "")
    return value if value in {choice.value for choice in among} else ""


def _directory_page(session: Session) -> DirectoryPage:
    may_manage, today = _may(Right.MANAGE_PARTNERS), _today()
    filters = Filters(
        name=" ".join(request.args.get("nom", "").split())[:100],
        kind=_asked("nature", forms.KINDS),
        role=_asked("role", forms.ROLES),
        insee=_asked("commune", forms.COMMUNE_CHOICES),
        soon=may_manage and bool(request.args.get("bientot")),
    )
    soon = (
        {one.organisation.id for one in queries.renewals(session, on=today)}
        if may_manage
        else set()
    )
    found = [
        one
        for one in partners.directory(
            session,
            kind=filters.kind or None,
            role=filters.role or None,
            insee=filters.insee or None,
            name=filters.name,
            on=today,
        )
        if not filters.soon or one.id in soon
    ]
    after = request.args.get("apres", "")
    start = next((n for n, one in enumerate(found, 1) if str(one.id) == after), 0)
    shown = found[start : start + LINES]
    ids = [one.id for one in shown]
    roles = partners.roles_on(session, ids, on=today)
    gone = partners.succeeded_on(session, ids, on=today)
    lines = tuple(
        Line(
            one.id,
            one.name,
            FRENCH_KIND[OrganisationKind(one.kind)],
            one.commune,
            tuple(FRENCH_AGREEMENT_ROLE[role] for role in roles.get(one.id, ())),
            ends_soon=one.id in soon,
            succeeded=one.id in gone,
        )
        for one in shown
    )
    asked: dict[str, Any] = {k: v for k, v in request.args.items() if v and k != "apres"}
    more = (
        url_for(".directory", apres=shown[-1].id, **asked)
        if len(found) > start + len(shown)
        else ""
    )
    return DirectoryPage(filters, lines, len(found), more, may_manage)


@bp.get("/partenaires/a-renouveler")
def renewals() -> ResponseReturnValue:
    """Agreements, labels and régies that end soon, and that nothing follows."""
    check(Right.MANAGE_PARTNERS)
    lines = in_transaction(lambda session: queries.renewals(session, on=_today()))
    page = RenewalsPage(tuple(lines), RENEWAL_WARNING_DAYS, RENEWALS, FRENCH_AGREEMENT_ROLE)
    return render_template("partners/renewals.html", page=page)


# ── One organisation ──────────────────────────────────────────────────────────────────────────────


@bp.get("/partenaires/<uuid:partner_id>")
def partner(partner_id: UUID) -> ResponseReturnValue:
    """Everything about an organisation, on one page."""
    check(Right.SEE_PARTNERS)
    page = in_transaction(lambda session: _partner_page(session, partner_id))
    return render_template("partners/partner.html", page=page)


def _state(valid_from: date, valid_until: date, *, followed: bool) -> tuple[str, str]:
    """The tone and the words of a period, today."""
    today = _today()
    if valid_from > today:
        return "", "À venir"
    if not in_force(valid_from, valid_until, on=today):
        return "", "Terminée"
    if ends_soon(valid_until, on=today) and not followed:
        return "warn", "Bientôt à renouveler"
    return "ok", "En vigueur"


def _partner_page(session: Session, partner_id: UUID) -> PartnerPage:
    organisation, actor, today = (
        partnership.known_organisation(session, partner_id),
        current_actor(),
        _today(),
    )
    sees_all, may_manage = actor.sees(partner_id), _may(Right.MANAGE_PARTNERS)
    address = partners.address_of(session, partner_id)
    offer = queries.offers(session, [partner_id]).get(partner_id, queries.Offer())
    capacity = queries.capacity_on(session, [partner_id], on=today).get(partner_id)
    gone = partners.succession_of(session, partner_id)
    from_others = partners.succeeded_by_it(session, partner_id)
    names = partners.organisation_names(
        session,
        [*([gone.successor_id] if gone else []), *(one.organisation_id for one in from_others)],
    )
    roles = partners.roles_on(session, [partner_id], on=today).get(partner_id, [])
    lacking = (
        organisation.public_body
        and AgreementRole.MEDIATOR in roles
        and not queries.has_cash_office(session, partner_id, on=today)
    )
    return PartnerPage(
        organisation=organisation,
        kind=FRENCH_KIND[OrganisationKind(organisation.kind)],
        roles=tuple(FRENCH_AGREEMENT_ROLE[role] for role in roles),
        address=(
            tuple(
                filter(
                    None,
                    [
                        address.street,
                        address.complement,
                        f"{address.postcode} {organisation.commune}",
                    ],
                )
            )
            if address
            else ()
        ),
        coordinates=(
            f"{written_degrees(address.latitude_microdegrees)} ; "
            f"{written_degrees(address.longitude_microdegrees)}"
            if address and address.latitude_microdegrees is not None
            else ""
        ),
        contacts=tuple(
            Reach(
                one.id,
                one.position,
                written_phone(one.phone) if one.phone else "",
                one.phone or "",
                one.email or "",
            )
            for one in partners.contacts_of(session, partner_id)
        ),
        services=tuple(FRENCH_SERVICE[one] for one in Service if one in offer.services),
        publics=tuple(FRENCH_PUBLIC[one] for one in Public if one in offer.publics),
        hours=tuple(
            (name, said)
            for weekday, name in enumerate(FRENCH_WEEKDAY)
            if (said := told_hours(offer.hours, weekday))
        ),
        access_notes=offer.access_notes or "",
        capacity=(capacity.ready, capacity.from_on) if capacity else None,
        agreements=_agreements(session, partner_id, may_manage) if sees_all else (),
        labels=_labels(session, partner_id),
        applications=_applications(session, partner_id) if sees_all else (),
        cash_offices=_cash_offices(session, partner_id) if sees_all else (),
        cash_office_missing=lacking,
        accounts=_accounts(session, partner_id) if sees_all else (),
        succeeded_by=(
            Takeover(gone.successor_id, names[gone.successor_id], gone.from_on, gone.reference)
            if gone
            else None
        ),
        succeeds=tuple(
            Takeover(one.organisation_id, names[one.organisation_id], one.from_on, one.reference)
            for one in from_others
        ),
        warnings=(
            tuple(
                f"{RENEWALS[one.kind]} « {one.reference} » : dernier jour le "
                f"{one.valid_until:%d/%m/%Y}."
                for one in queries.renewals(session, on=today, organisation_id=partner_id)
            )
            if sees_all
            else ()
        ),
        sees_all=sees_all,
        may_manage=may_manage,
        may_correct=_may(Right.CORRECT_PROFILE) and sees_all,
        may_type_account=_may(Right.PREPARE_BANK_DETAILS),
    )


def _agreements(session: Session, partner_id: UUID, may_manage: bool) -> tuple[Period, ...]:  # noqa: FBT001 - one reader, two views
    rows = partners.agreements_of(session, partner_id)
    renewed = {one.follows_id for one in rows}
    told = []
    for one in reversed(rows):
        tone, state = _state(
            one.valid_from,
            one.valid_until,
            followed=any(
                other.role == one.role and other.valid_until > one.valid_until for other in rows
            ),
        )
        told.append(
            Period(
                one.id,
                FRENCH_AGREEMENT_ROLE[AgreementRole(one.role)].capitalize(),
                one.reference,
                one.valid_from,
                one.valid_until,
                tone,
                state,
                note=(
                    f"{one.document_title}, conservé : {one.document_kept_at}. Empreinte "
                    f"{(one.document_sha256 or b'').hex()[:12]}…"
                    if one.document_title
                    else ""
                ),
                renew=(
                    url_for(".agreement", partner_id=partner_id, suit=one.id)
                    if may_manage and one.id not in renewed
                    else ""
                ),
            )
        )
    return tuple(told)


def _labels(session: Session, partner_id: UUID) -> tuple[Period, ...]:
    rows = queries.labels_of(session, partner_id)
    last = max((one.valid_until for one in rows), default=date.min)
    return tuple(
        Period(
            one.id,
            "Label",
            one.reference,
            one.valid_from,
            one.valid_until,
            *_masculine(_state(one.valid_from, one.valid_until, followed=last > one.valid_until)),
        )
        for one in reversed(rows)
    )


def _masculine(state: tuple[str, str]) -> tuple[str, str]:
    """A label is masculine."""
    return state[0], "Terminé" if state[1] == "Terminée" else state[1]


def _cash_offices(session: Session, partner_id: UUID) -> tuple[Period, ...]:
    rows = queries.cash_offices_of(session, partner_id)
    return tuple(
        Period(
            one.id,
            FRENCH_CASH_OFFICE[CashOfficeKind(one.kind)].capitalize(),
            one.reference,
            one.valid_from,
            one.valid_until,
            *_state(
                one.valid_from,
                one.valid_until,
                followed=any(
                    other.kind == one.kind and other.valid_until > one.valid_until for other in rows
                ),
            ),
            note=f"Régisseur : {one.held_by}",
        )
        for one in reversed(rows)
    )


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
    may, me = _may(Right.APPROVE_BANK_DETAILS), current_actor().agent_id
    told = []
    for details, approval in reversed(partners.bank_details_of(session, partner_id)):
        if approval is None:
            tone, state = "warn", "À confirmer"
        elif used is not None and used.id == details.id:
            tone, state = "ok", "Utilisé pour les paiements"
        else:
            tone, state = "", "Remplacé"
        told.append(
            Account(
                details.id,
                details.holder,
                details.iban_masked,
                tone,
                state,
                may_approve=may and approval is None and details.prepared_by != me,
            )
        )
    return tuple(told)


# ── Forms ─────────────────────────────────────────────────────────────────────────────────────────


def _ask(
    sheet: Sheet,
    *,
    of: Organisation | None,
    proposed: dict[str, str | list[str]],
    act: Callable[[Session, Form], T],
    then: Callable[[T], ResponseReturnValue],
    facts: tuple[tuple[str, str], ...] = (),
) -> ResponseReturnValue:
    """Show a form, or do what was sent and open the page of the result."""
    form = Form.sent() if request.method == "POST" else Form.blank(**proposed)
    if request.method == "POST":
        made = form.submit(lambda session: act(session, form))
        if made is not None:
            return then(made)
    page = FormPage(
        sheet,
        form,
        back=url_for(".partner", partner_id=of.id) if of else url_for(".directory"),
        back_label=of.name if of else "Tous les partenaires",
        facts=facts,
    )
    return render_template("partners/form.html", page=page), form.status


def _known(partner_id: UUID) -> Organisation:
    return in_transaction(lambda session: partnership.known_organisation(session, partner_id))


def _back_to(partner_id: UUID, sentence: str) -> Callable[[object], ResponseReturnValue]:
    return lambda _made: done(url_for(".partner", partner_id=partner_id), sentence)


@bp.route("/partenaires/nouveau", methods=["GET", "POST"])
def new_partner() -> ResponseReturnValue:
    """Let an organisation take part."""
    check(Right.MANAGE_PARTNERS)

    def act(session: Session, form: Form) -> Organisation:
        kind = form.choice("kind", OrganisationKind)
        form.check()
        return partnership.register_organisation(
            session,
            actor=current_actor(),
            organisation_id=form.id,
            kind=kind,
            name=form.text("name"),
            commune=form.text("commune"),
            insee=form.text("insee") or None,
            siret=form.text("siret") or None,
            now=started_at(),
        )

    return _ask(
        forms.NEW_PARTNER,
        of=None,
        proposed={},
        act=act,
        then=lambda made: done(
            url_for(".partner", partner_id=made.id),
            f"« {made.name} » est ajoutée. Enregistrez maintenant sa convention.",
        ),
    )


@bp.route("/partenaires/<uuid:partner_id>/adresse", methods=["GET", "POST"])
def address(partner_id: UUID) -> ResponseReturnValue:
    """Say where an organisation is."""
    check(Right.MANAGE_PARTNERS)
    known = _known(partner_id)
    before = in_transaction(lambda session: partners.address_of(session, partner_id))

    def act(session: Session, form: Form) -> object:
        latitude = forms.degrees(form, "latitude_microdegrees")
        longitude = forms.degrees(form, "longitude_microdegrees")
        form.check()
        return partnership.record_address(
            session,
            actor=current_actor(),
            address_id=form.id,
            organisation_id=partner_id,
            street=form.text("street"),
            complement=form.text("complement") or None,
            postcode=form.text("postcode"),
            latitude_microdegrees=latitude,
            longitude_microdegrees=longitude,
            now=started_at(),
        )

    return _ask(
        forms.ADDRESS,
        of=known,
        proposed=forms.typed_address(before),
        act=act,
        then=_back_to(partner_id, "L’adresse est enregistrée."),
    )


@bp.route("/partenaires/<uuid:partner_id>/contact", methods=["GET", "POST"])
def contact(partner_id: UUID) -> ResponseReturnValue:
    """Add a contact, or replace the one that the address names."""
    check(Right.CORRECT_PROFILE)
    known = _known(partner_id)
    current_actor().check_sees(partner_id)
    replaced = in_transaction(lambda session: _contact_of(session, partner_id))

    def act(session: Session, form: Form) -> object:
        return partnership.record_contact(
            session,
            actor=current_actor(),
            contact_id=form.id,
            organisation_id=partner_id,
            position=form.text("position"),
            phone=form.text("phone") or None,
            email=form.text("email") or None,
            replaces_id=replaced.id if replaced else None,
            now=started_at(),
        )

    sheet = forms.CONTACT if replaced is None else forms.CHANGED_CONTACT
    return _ask(
        sheet,
        of=known,
        proposed=(
            {
                "position": replaced.position,
                "phone": replaced.phone or "",
                "email": replaced.email or "",
            }
            if replaced
            else {}
        ),
        act=act,
        then=_back_to(partner_id, "Les contacts de la structure sont à jour."),
    )


def _contact_of(session: Session, partner_id: UUID) -> PartnerContact | None:
    """The contact that the address of the page names, if it is this organisation's."""
    named = request.args.get("remplace", "")
    return next(
        (one for one in partners.contacts_of(session, partner_id) if str(one.id) == named), None
    )


@bp.route("/partenaires/<uuid:partner_id>/fiche", methods=["GET", "POST"])
def profile(partner_id: UUID) -> ResponseReturnValue:
    """Correct what a place offers, to whom and when."""
    check(Right.CORRECT_PROFILE)
    known = _known(partner_id)
    current_actor().check_sees(partner_id)
    offer, version = in_transaction(
        lambda session: (
            queries.offers(session, [partner_id]).get(partner_id, queries.Offer()),
            getattr(queries.profile_of(session, partner_id), "version", 0) + 1,
        )
    )

    def act(session: Session, form: Form) -> object:
        hours = forms.hours(form)
        services = {Service(one) for one in forms.several(form, "services", Service)}
        publics = {Public(one) for one in forms.several(form, "publics", Public)}
        # The version that was read travels with the form: a number that came from this page.
        read = form.integer("version", "Rechargez la page, puis recommencez.")
        form.check()
        return service.record_profile(
            session,
            actor=current_actor(),
            profile_id=form.id,
            organisation_id=partner_id,
            version=read,
            services=services,
            publics=publics,
            hours=hours,
            access_notes=" ".join(form.text("access_notes").split()) or None,
            now=started_at(),
        )

    return _ask(
        forms.PROFILE,
        of=known,
        proposed={**forms.typed_offer(offer), "version": str(version)},
        act=act,
        then=_back_to(partner_id, "La fiche du lieu est à jour : les prescripteurs la lisent."),
    )


@bp.route("/partenaires/<uuid:partner_id>/convention", methods=["GET", "POST"])
def agreement(partner_id: UUID) -> ResponseReturnValue:
    """Record an agreement, or renew the one that the address names."""
    check(Right.MANAGE_PARTNERS)
    known = _known(partner_id)
    named = request.args.get("suit", "")
    former = next(
        (
            one
            for one in in_transaction(lambda s: partners.agreements_of(s, partner_id))
            if str(one.id) == named
        ),
        None,
    )

    def act(session: Session, form: Form) -> object:
        role = form.choice("role", AgreementRole)
        valid_from, valid_until = form.day("valid_from"), form.day("valid_until")
        form.check()
        return partnership.sign_agreement(
            session,
            actor=current_actor(),
            agreement_id=form.id,
            organisation_id=partner_id,
            role=role,
            reference=form.text("reference"),
            valid_from=valid_from,
            valid_until=valid_until,
            document=forms.document(form),
            follows_id=former.id if former else None,
            now=started_at(),
        )

    return _ask(
        forms.AGREEMENT if former is None else forms.RENEWAL,
        of=known,
        proposed=(
            {
                "role": former.role,
                "valid_from": (former.valid_until + forms.ONE_DAY).isoformat(),
            }
            if former
            else {}
        ),
        act=act,
        then=_back_to(partner_id, "La convention est enregistrée."),
        facts=(
            (
                (
                    "Convention renouvelée",
                    f"{former.reference}, jusqu’au {former.valid_until:%d/%m/%Y}",
                ),
            )
            if former
            else ()
        ),
    )


@bp.route("/partenaires/<uuid:partner_id>/demande-de-label", methods=["GET", "POST"])
def label_application(partner_id: UUID) -> ResponseReturnValue:
    """Record that an organisation asked for the label."""
    check(Right.MANAGE_PARTNERS)

    def act(session: Session, form: Form) -> object:
        applied_on = form.day("applied_on")
        form.check()
        return service.apply_for_label(
            session,
            actor=current_actor(),
            application_id=form.id,
            organisation_id=partner_id,
            applied_on=applied_on,
            now=started_at(),
        )

    return _ask(
        forms.APPLICATION,
        of=_known(partner_id),
        proposed={"applied_on": _today().isoformat()},
        act=act,
        then=_back_to(partner_id, "La demande de label est enregistrée. Notez ses étapes ici."),
    )


@bp.route(
    "/partenaires/<uuid:partner_id>/demande-de-label/<uuid:application_id>",
    methods=["GET", "POST"],
)
def label_progress(partner_id: UUID, application_id: UUID) -> ResponseReturnValue:
    """Note how far an application came."""
    check(Right.MANAGE_PARTNERS)
    known = _known(partner_id)
    in_transaction(
        lambda session: service.known_application(
            session, application_id, organisation_id=partner_id
        )
    )

    def act(session: Session, form: Form) -> object:
        step = form.choice("step", LabelStep)
        reached_on = form.day("reached_on")
        label = forms.granted_label(form, step)
        form.check()
        return service.note_label_progress(
            session,
            actor=current_actor(),
            progress_id=form.id,
            application_id=application_id,
            step=step,
            reached_on=reached_on,
            note=form.text("note") or None,
            label=label,
            now=started_at(),
        )

    return _ask(
        forms.PROGRESS,
        of=known,
        proposed={"reached_on": _today().isoformat()},
        act=act,
        then=_back_to(partner_id, "L’étape de la demande de label est notée."),
    )


@bp.route("/partenaires/<uuid:partner_id>/label", methods=["GET", "POST"])
def label(partner_id: UUID) -> ResponseReturnValue:
    """Record a label."""
    check(Right.MANAGE_PARTNERS)

    def act(session: Session, form: Form) -> object:
        valid_from, valid_until = form.day("valid_from"), form.day("valid_until")
        form.check()
        return service.grant_label(
            session,
            actor=current_actor(),
            label_id=form.id,
            organisation_id=partner_id,
            reference=form.text("reference"),
            valid_from=valid_from,
            valid_until=valid_until,
            now=started_at(),
        )

    return _ask(
        forms.LABEL,
        of=_known(partner_id),
        proposed={},
        act=act,
        then=_back_to(partner_id, "Le label est enregistré."),
    )


@bp.route("/partenaires/<uuid:partner_id>/regie", methods=["GET", "POST"])
def cash_office(partner_id: UUID) -> ResponseReturnValue:
    """Record the régie of a public body."""
    check(Right.MANAGE_PARTNERS)

    def act(session: Session, form: Form) -> object:
        kind = form.choice("kind", CashOfficeKind)
        valid_from, valid_until = form.day("valid_from"), form.day("valid_until")
        form.check()
        return service.record_cash_office(
            session,
            actor=current_actor(),
            cash_office_id=form.id,
            organisation_id=partner_id,
            kind=kind,
            reference=form.text("reference"),
            held_by=form.text("held_by"),
            valid_from=valid_from,
            valid_until=valid_until,
            now=started_at(),
        )

    return _ask(
        forms.CASH_OFFICE,
        of=_known(partner_id),
        proposed={},
        act=act,
        then=_back_to(partner_id, "La régie est enregistrée."),
    )


@bp.route("/partenaires/<uuid:partner_id>/disponibilite", methods=["GET", "POST"])
def capacity(partner_id: UUID) -> ResponseReturnValue:
    """Say whether a place is ready to receive people."""
    check(Right.MANAGE_PARTNERS)

    def act(session: Session, form: Form) -> object:
        if form.text("ready") not in {"oui", "non"}:
            form.wrong("ready", "Dites si le lieu est prêt à recevoir.")
        from_on = form.day("from_on")
        form.check()
        return service.record_capacity(
            session,
            actor=current_actor(),
            capacity_id=form.id,
            organisation_id=partner_id,
            ready=form.text("ready") == "oui",
            from_on=from_on,
            now=started_at(),
        )

    return _ask(
        forms.CAPACITY,
        of=_known(partner_id),
        proposed={"from_on": _today().isoformat()},
        act=act,
        then=_back_to(partner_id, "La disponibilité du lieu est enregistrée."),
    )


@bp.route("/partenaires/<uuid:partner_id>/compte", methods=["GET", "POST"])
def bank_details(partner_id: UUID) -> ResponseReturnValue:
    """Type where an organisation asks to be paid."""
    check(Right.PREPARE_BANK_DETAILS)

    def act(session: Session, form: Form) -> object:
        return partnership.prepare_bank_details(
            session,
            actor=current_actor(),
            bank_details_id=form.id,
            organisation_id=partner_id,
            holder=form.text("holder"),
            iban=form.text("iban"),
            vault=BankVault(current_settings().key_dir),
            now=started_at(),
        )

    return _ask(
        forms.BANK_DETAILS,
        of=_known(partner_id),
        proposed={},
        act=act,
        then=_back_to(
            partner_id, "Le compte est saisi. Une autre personne le confirme maintenant."
        ),
    )


@bp.route("/partenaires/<uuid:partner_id>/compte/<uuid:bank_details_id>", methods=["GET", "POST"])
def approval(partner_id: UUID, bank_details_id: UUID) -> ResponseReturnValue:
    """Confirm an account that somebody else typed."""
    check(Right.APPROVE_BANK_DETAILS)
    known = _known(partner_id)
    details = in_transaction(
        lambda session: partnership.known_bank_details(
            session, bank_details_id, organisation_id=partner_id
        )
    )

    def act(session: Session, form: Form) -> object:
        if not form.checked("sure"):
            form.wrong("sure", "Vérifiez le compte auprès de la structure, puis cochez la case.")
        form.check()
        return partnership.approve_bank_details(
            session, actor=current_actor(), bank_details_id=bank_details_id, now=started_at()
        )

    return _ask(
        forms.APPROVAL,
        of=known,
        proposed={},
        act=act,
        then=_back_to(
            partner_id, "Le compte est confirmé : les prochains bordereaux y seront payés."
        ),
        facts=(
            ("Structure", known.name),
            ("Titulaire", details.holder),
            ("IBAN", details.iban_masked),
        ),
    )


@bp.route("/partenaires/<uuid:partner_id>/reprise", methods=["GET", "POST"])
def succession(partner_id: UUID) -> ResponseReturnValue:
    """Let another organisation take over from a day."""
    check(Right.MANAGE_PARTNERS)
    known, others = in_transaction(
        lambda session: (
            partnership.known_organisation(session, partner_id),
            [
                Choice(str(one.id), f"{one.name}, {one.commune}")
                for one in partners.directory(session, on=_today())
                if one.id != partner_id
            ],
        )
    )

    def act(session: Session, form: Form) -> object:
        successor_id, from_on = form.uuid("successor_id"), form.day("from_on")
        if not form.checked("sure"):
            form.wrong("sure", "Relisez la structure et le jour, puis cochez la case.")
        form.check()
        return partnership.succeed(
            session,
            actor=current_actor(),
            succession_id=form.id,
            organisation_id=partner_id,
            successor_id=successor_id,
            from_on=from_on,
            reference=form.text("reference"),
            now=started_at(),
        )

    return _ask(
        forms.succession_sheet(known.name, others),
        of=known,
        proposed={},
        act=act,
        then=_back_to(
            partner_id,
            "La reprise est enregistrée. Signez la convention de la structure qui reprend.",
        ),
    )
