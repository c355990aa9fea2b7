"""What an organisation is, where, when and for whom, and where it is paid: its forms."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.money import NO_BREAK
from app.mediators import forms, queries, service
from app.mediators.asking import ask, back_to, known
from app.mediators.rules import Service
from app.partners import bank_details as bank
from app.partners import contacts, sirets
from app.partners import queries as partners
from app.partners import service as partnership
from app.partners.errors import BankDetailsApprovedAlready, BankDetailsDiffer
from app.partners.models import BankDetails, Organisation, PartnerContact
from app.partners.rules import OrganisationKind, written_siret
from app.partners.vault import BankVault
from app.programmes.rules import Public
from app.web.auth import check, current_actor, started_at, started_on
from app.web.format import day_long
from app.web.forms import Form, done
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("partner_profile", __name__)

WITHOUT_AGREEMENT = frozenset(
    {
        OrganisationKind.SPONSOR,
        OrganisationKind.ISSUER,
        OrganisationKind.ACCOUNTANT,
        OrganisationKind.FUNDER,
    }
)
"""What a programme names itself, whatever agreements say."""


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

    return ask(
        forms.NEW_PARTNER,
        of=None,
        proposed={"kind": request.args.get("nature", "")},
        act=act,
        then=_added,
    )


def _added(made: Organisation) -> ResponseReturnValue:
    next_step = (
        "Elle n’a pas besoin de convention : « Mise en route » dit la suite."
        if made.kind in WITHOUT_AGREEMENT
        else "Enregistrez maintenant sa convention."
    )
    page = url_for("partners_pages.partner", partner_id=made.id)
    return done(page, f"« {made.name} » est ajoutée. {next_step}")


@bp.route("/partenaires/<uuid:partner_id>/adresse", methods=["GET", "POST"])
def address(partner_id: UUID) -> ResponseReturnValue:
    """Say where an organisation is."""
    check(Right.MANAGE_PARTNERS)
    organisation = known(partner_id)
    before = in_transaction(lambda session: partners.address_of(session, partner_id))

    def act(session: Session, form: Form) -> object:
        latitude = forms.degrees(form, "latitude_microdegrees")
        longitude = forms.degrees(form, "longitude_microdegrees")
        form.check()
        return contacts.record_address(
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

    return ask(
        forms.ADDRESS,
        of=organisation,
        proposed=forms.typed_address(before),
        act=act,
        then=back_to(partner_id, "L’adresse est enregistrée."),
    )


@bp.route("/partenaires/<uuid:partner_id>/siret", methods=["GET", "POST"])
def siret(partner_id: UUID) -> ResponseReturnValue:
    """Write the SIRET of an organisation that has none, or correct what somebody else wrote.

    What was given at registration is told to be false first.
    """
    check(Right.MANAGE_PARTNERS)
    organisation = known(partner_id)
    entries = in_transaction(lambda session: partners.siret_entries(session, partner_id))

    last = entries[-1].siret if entries else None
    given = organisation.siret if last is None else None

    def act(session: Session, form: Form) -> object:
        if not form.checked("sure"):
            form.wrong("sure", "Relisez les 14 chiffres, puis cochez la case.")
        form.check()
        return sirets.record_siret(
            session,
            actor=current_actor(),
            entry_id=form.id,
            organisation_id=partner_id,
            siret=given or form.text("siret"),
            reason=form.text("reason"),
            # What was read travels with the form: the number that it corrects.
            corrects=form.text("version") or None,
            now=started_at(),
        )

    said = "Le SIRET est enregistré : les papiers à venir le portent."
    if given:
        said = "Le SIRET est signalé. Une autre personne écrit maintenant le bon."
    return ask(
        forms.FALSE_SIRET if given else forms.CORRECTED_SIRET if last else forms.SIRET,
        of=organisation,
        proposed={"version": last or ""},
        act=act,
        then=back_to(partner_id, said),
        facts=(
            ("Structure", organisation.name),
            *((("SIRET à corriger", written_siret(last)),) if last else ()),
            *((("SIRET donné à l’enregistrement", written_siret(given)),) if given else ()),
        ),
    )


@bp.route("/partenaires/<uuid:partner_id>/contact", methods=["GET", "POST"])
def contact(partner_id: UUID) -> ResponseReturnValue:
    """Add a contact, or replace the one that the address names."""
    check(Right.CORRECT_PROFILE)
    organisation = known(partner_id)
    current_actor().check_sees(partner_id)
    replaced = in_transaction(lambda session: _contact_of(session, partner_id))

    def act(session: Session, form: Form) -> object:
        return contacts.record_contact(
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
    return ask(
        sheet,
        of=organisation,
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
        then=back_to(partner_id, "Les contacts de la structure sont à jour."),
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
    organisation = known(partner_id)
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

    return ask(
        forms.PROFILE,
        of=organisation,
        proposed={**forms.typed_offer(offer), "version": str(version)},
        act=act,
        then=back_to(partner_id, "La fiche du lieu est à jour : les prescripteurs la lisent."),
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

    return ask(
        forms.CAPACITY,
        of=known(partner_id),
        proposed={"from_on": started_on().isoformat()},
        act=act,
        then=back_to(partner_id, "La disponibilité du lieu est enregistrée."),
    )


@bp.route("/partenaires/<uuid:partner_id>/compte", methods=["GET", "POST"])
def bank_details(partner_id: UUID) -> ResponseReturnValue:
    """Type where an organisation asks to be paid."""
    check(Right.PREPARE_BANK_DETAILS)
    current_actor().check_sees(partner_id)

    def act(session: Session, form: Form) -> object:
        return bank.prepare_bank_details(
            session,
            actor=current_actor(),
            bank_details_id=form.id,
            organisation_id=partner_id,
            holder=form.text("holder"),
            iban=form.text("iban"),
            vault=BankVault(current_settings().key_dir),
            now=started_at(),
        )

    return ask(
        forms.BANK_DETAILS,
        of=known(partner_id),
        proposed={},
        act=act,
        then=_typed_by_its_own
        if current_actor().scope
        else back_to(partner_id, "Le compte est saisi. Une autre personne le confirme maintenant."),
    )


def _typed_by_its_own(_made: object) -> ResponseReturnValue:
    return done(
        url_for("mediator_pages.own"),
        "Le compte est saisi. Une personne de la collectivité vous appelle pour le vérifier, puis "
        "le confirme : d’ici là, rien ne change.",
    )


@bp.route("/partenaires/<uuid:partner_id>/compte/<uuid:bank_details_id>", methods=["GET", "POST"])
def approval(partner_id: UUID, bank_details_id: UUID) -> ResponseReturnValue:
    """Confirm an account that somebody else typed, unless it is not the right one."""
    check(Right.APPROVE_BANK_DETAILS)
    organisation = known(partner_id)

    def read(session: Session) -> tuple[BankDetails, str, bool]:
        account = bank.known_account(session, bank_details_id, organisation_id=partner_id)
        approve, refuse = bank.check_may_approve, bank.check_may_refuse
        refused = _why_not(lambda: approve(account, actor=current_actor()))
        if not refused and account.approval:
            refused = BankDetailsApprovedAlready.sentence
        may_refuse = not _why_not(lambda: refuse(account, actor=current_actor()))
        return account.details, refused, may_refuse

    details, refused, may_refuse = in_transaction(read)
    own = details.prepared_by == current_actor().agent_id

    def act(session: Session, form: Form) -> object:
        if not form.checked("sure"):
            form.wrong("sure", "Vérifiez le compte auprès de la structure, puis cochez la case.")
        form.check()
        try:
            return bank.approve_bank_details(
                session,
                actor=current_actor(),
                bank_details_id=bank_details_id,
                iban=form.text("iban"),
                vault=BankVault(current_settings().key_dir),
                now=started_at(),
            )
        except BankDetailsDiffer as refusal:
            form.wrong("iban", refusal.message)
            form.check()
            raise

    return ask(
        forms.APPROVAL,
        of=organisation,
        proposed={},
        act=act,
        then=back_to(
            partner_id, "Le compte est confirmé : les prochains bordereaux y seront payés."
        ),
        facts=_of_account(organisation, details),
        refused=refused,
        instead=(
            url_for(".refusal", partner_id=partner_id, bank_details_id=bank_details_id),
            forms.WITHDRAWAL.act if own else forms.REFUSAL.title,
        )
        if may_refuse
        else None,
    )


def _why_not(judge: Callable[[], object]) -> str:
    """What a rule says against it; nothing when it lets it through."""
    try:
        judge()
    except DomainError as refusal:
        return refusal.message
    return ""


def _of_account(organisation: Organisation, details: BankDetails) -> tuple[tuple[str, str], ...]:
    return (
        ("Structure", organisation.name),
        ("Titulaire", details.holder),
        ("IBAN", details.iban_masked.replace(" ", NO_BREAK)),
        ("Saisi le", day_long(martinique_day(details.prepared_at))),
    )


@bp.route(
    "/partenaires/<uuid:partner_id>/compte/<uuid:bank_details_id>/refuser", methods=["GET", "POST"]
)
def refusal(partner_id: UUID, bank_details_id: UUID) -> ResponseReturnValue:
    """Say that an account is not the right one; who typed it takes it back."""
    check(Right.PREPARE_BANK_DETAILS)
    current_actor().check_sees(partner_id)
    organisation = known(partner_id)

    def read(session: Session) -> tuple[BankDetails, str]:
        account = bank.known_account(session, bank_details_id, organisation_id=partner_id)
        return account.details, _why_not(
            lambda: bank.check_may_refuse(account, actor=current_actor())
        )

    details, refused = in_transaction(read)
    own = details.prepared_by == current_actor().agent_id

    def act(session: Session, form: Form) -> object:
        return bank.refuse_bank_details(
            session,
            actor=current_actor(),
            refusal_id=form.id,
            bank_details_id=bank_details_id,
            reason=form.text("reason"),
            now=started_at(),
        )

    said = f"Le compte est {'retiré' if own else 'refusé'} : rien n’y sera payé."
    return ask(
        forms.WITHDRAWAL if own else forms.REFUSAL,
        of=organisation,
        proposed={},
        act=act,
        then=(lambda _made: done(url_for("mediator_pages.own"), said))
        if current_actor().scope
        else back_to(partner_id, f"{said} La structure est avertie. Saisissez le bon compte."),
        facts=_of_account(organisation, details),
        refused=refused,
    )
