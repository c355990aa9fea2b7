"""What an organisation signed, its label and its régie: forms, early ends and papers."""

from datetime import date
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.clock import first_instant
from app.mediators import forms, holding, queries, service
from app.mediators.asking import ask, back_to, known
from app.mediators.rules import CashOfficeKind, LabelStep
from app.partners import agreements
from app.partners import queries as partners
from app.partners import service as partnership
from app.partners.errors import FileTooLarge
from app.partners.models import AgreementFile
from app.partners.rules import LARGEST_FILE, SUFFIX, AgreementRole, MediaType
from app.web.auth import check, current_actor, started_at, started_on
from app.web.downloads import download
from app.web.format import count, day_long
from app.web.forms import Form
from app.web.pages import Choice
from app.web.problems import refusing_larger
from app.web.transaction import in_transaction

bp = Blueprint("partner_signing", __name__)


@bp.route("/partenaires/<uuid:partner_id>/convention", methods=["GET", "POST"])
def agreement(partner_id: UUID) -> ResponseReturnValue:
    """Record an agreement, or renew the one that the address names."""
    check(Right.MANAGE_PARTNERS)
    organisation = known(partner_id)
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
        fee = forms.fee(form)
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
            redemption_fee_basis_points=fee,
            follows_id=former.id if former else None,
            now=started_at(),
        )

    return ask(
        forms.AGREEMENT if former is None else forms.RENEWAL,
        of=organisation,
        proposed=(
            {
                "role": former.role,
                "valid_from": (former.valid_until + forms.ONE_DAY).isoformat(),
            }
            if former
            else {"role": request.args.get("role", "")}
        ),
        act=act,
        then=back_to(
            partner_id, "La convention est enregistrée. Joignez-y maintenant le document signé."
        ),
        facts=(
            (
                (
                    "Convention renouvelée",
                    f"{former.reference}, jusqu’au {day_long(former.valid_until)}",
                ),
            )
            if former
            else ()
        ),
    )


@bp.route(
    "/partenaires/<uuid:partner_id>/convention/<uuid:agreement_id>/fin", methods=["GET", "POST"]
)
def close_agreement(partner_id: UUID, agreement_id: UUID) -> ResponseReturnValue:
    """End an agreement early."""
    check(Right.MANAGE_PARTNERS)
    closed = in_transaction(
        lambda session: agreements.known_agreement(
            session, agreement_id, organisation_id=partner_id
        )
    )

    ended, facts = "La fin anticipée est enregistrée.", list[tuple[str, str]]()
    if closed.role == AgreementRole.MEDIATOR:
        since = first_instant(started_on())
        taken = in_transaction(lambda session: queries.taken_since(session, partner_id, since))
        ended += " Les pass encaissés jusque-là seront payés"
        ended += f", avec {count(taken)} pass d’aujourd’hui." if taken else "."
        if taken:
            stay = "restent valables et seront payés" if taken > 1 else "reste valable et sera payé"
            facts.append(("Pass encaissés aujourd’hui", f"{count(taken)}, qui {stay}"))
    else:
        ended += " Ce que la structure détient encore est à faire rentrer."

    def act(session: Session, form: Form) -> object:
        from_on = _closing_day(form)
        return agreements.close_agreement(
            session,
            actor=current_actor(),
            closure_id=form.id,
            agreement_id=agreement_id,
            from_on=from_on,
            reason=form.text("reason"),
            now=started_at(),
        )

    return ask(
        forms.CLOSED_AGREEMENT,
        of=known(partner_id),
        proposed={},
        act=act,
        then=back_to(
            partner_id,
            ended,
        ),
        facts=(
            *_ending("Convention", closed.reference, closed.valid_from, closed.valid_until),
            *facts,
        ),
    )


def _closing_day(form: Form) -> date:
    """The first day without right, once the person has confirmed that nothing brings it back."""
    from_on = form.day("from_on")
    if not form.checked("sure"):
        form.wrong("sure", "Relisez le jour, puis cochez la case.")
    form.check()
    return from_on


def _ending(
    what: str, reference: str, valid_from: date, valid_until: date
) -> tuple[tuple[str, str], ...]:
    """What is about to end."""
    return (
        (what, reference),
        ("Dates prévues", f"du {day_long(valid_from)} au {day_long(valid_until)}"),
    )


@bp.route(
    "/partenaires/<uuid:partner_id>/convention/<uuid:agreement_id>/document",
    methods=["GET", "POST"],
)
@refusing_larger(FileTooLarge(megabytes=LARGEST_FILE // 1024**2))
def attach(partner_id: UUID, agreement_id: UUID) -> ResponseReturnValue:
    """Keep the signed paper of an agreement."""
    check(Right.MANAGE_PARTNERS)
    signed = in_transaction(
        lambda session: agreements.known_agreement(
            session, agreement_id, organisation_id=partner_id
        )
    )

    def act(session: Session, form: Form) -> object:
        sent = request.files.get("file")
        content = sent.read() if sent else b""
        if not content:
            form.wrong("file", "Choisissez le fichier du document signé.")
        form.check()
        return agreements.keep_file(
            session,
            actor=current_actor(),
            file_id=form.id,
            agreement_id=agreement_id,
            content=content,
            now=started_at(),
        )

    return ask(
        forms.SIGNED_PAPER,
        of=known(partner_id),
        proposed={},
        act=act,
        then=back_to(partner_id, "Le document est joint à la convention, avec son empreinte."),
        facts=_ending("Convention", signed.reference, signed.valid_from, signed.valid_until),
    )


@bp.get("/partenaires/<uuid:partner_id>/document/<uuid:file_id>")
def file(partner_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """A signed paper, for those who may read it."""
    check(Right.SEE_PARTNERS)
    current_actor().check_sees(partner_id)

    def work(session: Session) -> tuple[AgreementFile, bytes]:
        found = agreements.known_file(session, actor=current_actor(), file_id=file_id)
        return found, found.content

    found, content = in_transaction(work)
    return download(
        content,
        f"convention-{found.sha256.hex()[:12]}.{SUFFIX[MediaType(found.media_type)]}",
        found.media_type,
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

    return ask(
        forms.APPLICATION,
        of=known(partner_id),
        proposed={"applied_on": started_on().isoformat()},
        act=act,
        then=back_to(partner_id, "La demande de label est enregistrée. Notez ses étapes ici."),
    )


@bp.route(
    "/partenaires/<uuid:partner_id>/demande-de-label/<uuid:application_id>",
    methods=["GET", "POST"],
)
def label_progress(partner_id: UUID, application_id: UUID) -> ResponseReturnValue:
    """Note how far an application came."""
    check(Right.MANAGE_PARTNERS)
    organisation = known(partner_id)
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

    return ask(
        forms.PROGRESS,
        of=organisation,
        proposed={"reached_on": started_on().isoformat()},
        act=act,
        then=back_to(partner_id, "L’étape de la demande de label est notée."),
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

    return ask(
        forms.LABEL,
        of=known(partner_id),
        proposed={},
        act=act,
        then=back_to(partner_id, "Le label est enregistré."),
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

    return ask(
        forms.CASH_OFFICE,
        of=known(partner_id),
        proposed={},
        act=act,
        then=back_to(partner_id, "La régie est enregistrée."),
    )


@bp.route("/partenaires/<uuid:partner_id>/regie/<uuid:cash_office_id>/fin", methods=["GET", "POST"])
def close_cash_office(partner_id: UUID, cash_office_id: UUID) -> ResponseReturnValue:
    """End a régie early."""
    check(Right.MANAGE_PARTNERS)
    closed = in_transaction(
        lambda session: holding.known_cash_office(
            session, cash_office_id, organisation_id=partner_id
        )
    )

    def act(session: Session, form: Form) -> object:
        from_on = _closing_day(form)
        return holding.close_cash_office(
            session,
            actor=current_actor(),
            closure_id=form.id,
            cash_office_id=cash_office_id,
            from_on=from_on,
            reason=form.text("reason"),
            now=started_at(),
        )

    return ask(
        forms.CLOSED_CASH_OFFICE,
        of=known(partner_id),
        proposed={},
        act=act,
        then=back_to(
            partner_id,
            "La fin anticipée est enregistrée. Ce que la structure détient encore est à faire "
            "rentrer.",
        ),
        facts=_ending("Régie", closed.reference, closed.valid_from, closed.valid_until),
    )


@bp.route("/partenaires/<uuid:partner_id>/reprise", methods=["GET", "POST"])
def succession(partner_id: UUID) -> ResponseReturnValue:
    """Let another organisation take over from a day."""
    check(Right.MANAGE_PARTNERS)
    organisation, others = in_transaction(
        lambda session: (
            partnership.known_organisation(session, partner_id),
            [
                Choice(str(one.id), f"{one.name}, {one.commune}")
                for one in partners.directory(session, on=started_on())
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

    return ask(
        forms.succession_sheet(organisation.name, others),
        of=organisation,
        proposed={},
        act=act,
        then=back_to(
            partner_id,
            "La reprise est enregistrée. Signez la convention de la structure qui reprend.",
        ),
    )
