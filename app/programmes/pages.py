"""Programmes on pages: what applies on a day, what changed, new settings, new vintages."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.text import read_day
from app.partners import queries as partners
from app.partners.models import Organisation
from app.partners.rules import OrganisationKind
from app.programmes import queries, service, words
from app.programmes.errors import BudgetBelowCommitted, UnknownSettings
from app.programmes.forms import QUESTIONS, Question, read_terms, typed_from
from app.programmes.keys import KeyStore
from app.programmes.models import Programme, ProgrammeSettings, SettingsWithdrawal
from app.programmes.rules import FRENCH_PUBLIC, Covers, Payer, Public, Terms
from app.programmes.views import VersionShown, funders_named, versions_shown, vintages_shown
from app.web.api import Json
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.format import day_long
from app.web.forms import Form, done
from app.web.pages import Choice, FieldError
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("programmes_pages", __name__)

MANY = 200
"""Programmes and organisations in a list; an authority has a handful."""

COVERS = tuple(
    Choice(str(covers), sentence[0].upper() + sentence[1:])
    for covers, sentence in words.FRENCH_COVERS.items()
)
PAYERS = tuple(Choice(str(payer), words.PAYER_SENTENCE[payer]) for payer in Payer)


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that belong together, each with its sentence."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProgrammeLine:
    """One programme in the list."""

    id: UUID
    name: str
    payer: str
    vintages: tuple[str, ...]
    applies_from: date
    ordinal: int


@dataclass(frozen=True, slots=True)
class ProgrammesPage:
    """The list of programmes."""

    programmes: tuple[ProgrammeLine, ...]
    may_manage: bool


@dataclass(frozen=True, slots=True)
class ProgrammePage:
    """What applied to a programme on a day, its versions and its vintages.

    `typed_on` is what was asked when it was refused; the page then shows today.
    """

    programme: Programme
    sponsor: str
    issuer: str
    payer: str
    on: date
    today: date
    typed_on: str
    errors: tuple[FieldError, ...]
    applied: VersionShown
    groups: tuple[Group, ...]
    publics: tuple[tuple[str, str], ...]
    funders: tuple[str, ...]
    versions: tuple[VersionShown, ...]
    vintages: tuple[Json, ...]
    may_manage: bool


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """The form of a new version."""

    programme: Programme
    form: Form
    last: ProgrammeSettings
    today: date
    publics: tuple[Choice, ...]
    funders: tuple[Choice, ...]
    covers: tuple[Choice, ...] = COVERS
    groups: tuple[tuple[str, tuple[tuple[str, Question], ...]], ...] = tuple(
        (title, tuple((name, QUESTIONS[name]) for name in names))
        for title, names in words.GROUPS.items()
    )
    next_ordinal: int = 0


@dataclass(frozen=True, slots=True)
class WithdrawalPage:
    """The form that takes a version back before its first day."""

    programme: Programme
    form: Form
    version: VersionShown


@dataclass(frozen=True, slots=True)
class NewVintagePage:
    """The form of a new vintage."""

    programme: Programme
    form: Form


@bp.get("/dispositifs")
def programmes() -> ResponseReturnValue:
    """Every programme, with what applies to it today."""
    check(Right.SEE_PROGRAMME)
    page = in_transaction(_programmes_page)
    return render_template("programmes/list.html", page=page)


def _programmes_page(session: Session) -> ProgrammesPage:
    lines = []
    for programme in queries.programmes_after(session, None, limit=MANY):
        applied = queries.settings_on(session, programme.id, started_on())
        settings = applied or queries.standing_settings(session, programme.id)[0]
        labels = tuple(terms.label for terms in queries.vintages_of(session, programme.id))
        lines.append(
            ProgrammeLine(
                programme.id,
                programme.name,
                "La collectivité" if programme.payer == Payer.AUTHORITY else "L’émetteur",
                labels,
                settings.applies_from,
                settings.ordinal,
            )
        )
    return ProgrammesPage(tuple(lines), may(Right.MANAGE_PROGRAMME))


@bp.get("/dispositifs/<uuid:programme_id>")
def programme(programme_id: UUID) -> ResponseReturnValue:
    """What applied to a programme on a day, today when nothing is said."""
    check(Right.SEE_PROGRAMME)
    page = in_transaction(lambda session: _programme_page(session, programme_id))
    return render_template("programmes/programme.html", page=page), 422 if page.errors else 200


def _programme_page(session: Session, programme_id: UUID) -> ProgrammePage:
    known = service.known_programme(session, programme_id)
    versions = versions_shown(session, queries.settings_versions(session, programme_id))
    typed = request.args.get("le", "").strip()[:20]
    on, error = _asked_day(typed, first=versions[0].settings.applies_from)
    applied = next(
        (v for v in reversed(versions) if v.settings.applies_from <= on and not v.withdrawal),
        versions[0],
    )
    names = funders_named(session, applied.terms)
    return ProgrammePage(
        programme=known,
        sponsor=_name(session, known.sponsor_id),
        issuer=_name(session, known.issuer_id),
        payer=words.PAYER_SENTENCE[Payer(known.payer)],
        on=on,
        today=started_on(),
        typed_on=typed or on.isoformat(),
        errors=(FieldError("le", error),) if error else (),
        applied=applied,
        groups=_groups(applied.terms),
        publics=_publics(applied.terms),
        funders=(
            *(words.funder(names[s.organisation_id], s) for s in applied.terms.funders),
            *filter(None, [words.rest(applied.terms)]),
        ),
        versions=tuple(reversed(versions)),
        vintages=tuple(vintages_shown(session, queries.vintages_of(session, programme_id))),
        may_manage=may(Right.MANAGE_PROGRAMME),
    )


def _asked_day(typed: str, *, first: date) -> tuple[date, str]:
    """The day asked for, and what to write instead of one that makes no sense."""
    if not typed:
        return max(started_on(), first), ""
    day = read_day(typed)
    if day is None:
        return max(started_on(), first), "Écrivez un jour comme 19/11/2026."
    if day < first:
        return max(started_on(), first), (
            f"Les réglages s’appliquent depuis le {first:%d/%m/%Y} : choisissez un jour d’après."
        )
    return day, ""


def _groups(terms: Terms) -> tuple[Group, ...]:
    return tuple(
        Group(title, tuple((words.NAMES[n], words.sentence(n, terms)) for n in names))
        for title, names in words.GROUPS.items()
    )


def _publics(terms: Terms) -> tuple[tuple[str, str], ...]:
    given = {entitled.public: entitled for entitled in terms.entitlements}
    return tuple(
        (
            FRENCH_PUBLIC[public],
            words.entitlement(given[public]) if public in given else "rien n’est prévu",
        )
        for public in Public
    )


@bp.route("/dispositifs/<uuid:programme_id>/reglages", methods=["GET", "POST"])
def settings(programme_id: UUID) -> ResponseReturnValue:
    """Change what a programme is set to, from a day on."""
    check(Right.MANAGE_PROGRAMME)
    known, last, terms, funders, ordinal = in_transaction(
        lambda session: _last_settings(session, programme_id)
    )
    if request.method == "GET":
        first_day = max(started_on(), last.applies_from)
        covers = {f"covers_{funder.id}": str(Covers.ALL) for funder in funders}
        form = Form.blank(applies_from=first_day.isoformat(), **covers | typed_from(terms))
    else:
        form = Form.sent()
        known_ids = [funder.id for funder in funders]
        if made := form.submit(lambda s: change_settings(s, form, programme_id, known_ids)):
            return done(
                url_for(".programme", programme_id=programme_id, le=made.applies_from.isoformat()),
                f"Les réglages de la version {made.ordinal} s’appliquent à partir du "
                f"{day_long(made.applies_from)}. Ce qui s’appliquait avant reste lisible.",
            )
    page = SettingsPage(
        known,
        form,
        last,
        started_on(),
        tuple(Choice(str(public), FRENCH_PUBLIC[public]) for public in Public),
        tuple(Choice(str(funder.id), funder.name) for funder in funders),
        next_ordinal=ordinal + 1,
    )
    return render_template("programmes/settings.html", page=page), form.status


def _last_settings(
    session: Session, programme_id: UUID
) -> tuple[Programme, ProgrammeSettings, Terms, list[Organisation], int]:
    known = service.known_programme(session, programme_id)
    last = queries.standing_settings(session, programme_id)[-1]
    funders = of_kind(session, OrganisationKind.FUNDER)
    ordinal = queries.settings_versions(session, programme_id)[-1].ordinal
    return known, last, service.terms_of(session, last), funders, ordinal


def change_settings(
    session: Session, form: Form, programme_id: UUID, funders: list[UUID]
) -> ProgrammeSettings:
    """Make the version that was typed, on one long page or step by step."""
    applies_from = form.day("applies_from")
    terms = read_terms(form, funders)
    form.check()
    try:
        return service.change_settings(
            session,
            actor=current_actor(),
            settings_id=form.id,
            programme_id=programme_id,
            applies_from=applies_from,
            terms=terms,
            document=form.text("document") or None,
            committed=current_app.extensions[service.COMMITTED],
            accept_below=form.checked("below_committed"),
            now=started_at(),
        )
    except BudgetBelowCommitted as refusal:
        form.wrong("below_committed", refusal.message)
        form.check()
        raise


@bp.route(
    "/dispositifs/<uuid:programme_id>/reglages/<uuid:settings_id>/retrait", methods=["GET", "POST"]
)
def withdrawal(programme_id: UUID, settings_id: UUID) -> ResponseReturnValue:
    """Take back a version before its first day, with a reason."""
    check(Right.MANAGE_PROGRAMME)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST" and (
        made := form.submit(lambda session: _withdraw(session, form, programme_id, settings_id))
    ):
        return done(
            url_for(".programme", programme_id=programme_id),
            f"La version {made.ordinal} des réglages est retirée : elle ne s’appliquera pas. "
            "Elle reste lisible, avec sa raison.",
        )

    def work(session: Session) -> WithdrawalPage:
        known = service.known_programme(session, programme_id)
        versions = versions_shown(session, queries.settings_versions(session, programme_id))
        version = next((v for v in versions if v.settings.id == settings_id), None)
        if version is None:
            raise UnknownSettings
        return WithdrawalPage(known, form, version)

    return render_template("programmes/withdrawal.html", page=in_transaction(work)), form.status


def _withdraw(
    session: Session, form: Form, programme_id: UUID, settings_id: UUID
) -> SettingsWithdrawal:
    return service.withdraw_settings(
        session,
        actor=current_actor(),
        withdrawal_id=form.id,
        programme_id=programme_id,
        settings_id=settings_id,
        reason=form.text("reason"),
        now=started_at(),
    )


@bp.route("/dispositifs/<uuid:programme_id>/millesimes/nouveau", methods=["GET", "POST"])
def new_vintage(programme_id: UUID) -> ResponseReturnValue:
    """Open a vintage: its value and the days on which it serves stay as they are for good."""
    check(Right.MANAGE_PROGRAMME)
    known, tolerance = in_transaction(
        lambda session: (
            service.known_programme(session, programme_id),
            queries.standing_settings(session, programme_id)[-1].tolerance_days,
        )
    )
    form = (
        Form.sent()
        if request.method == "POST"
        else Form.blank(face_value="10", tolerance_days=str(tolerance))
    )
    if request.method == "POST" and (label := form.submit(lambda s: _vintage(s, form, known))):
        return done(
            url_for(".programme", programme_id=programme_id),
            f"Le millésime {label} est ouvert et sa clé est faite : "
            "sauvegardez la clé à part de la base, puis commandez ses carnets.",
        )
    page = NewVintagePage(known, form)
    return render_template("programmes/new_vintage.html", page=page), form.status


def _vintage(session: Session, form: Form, known: Programme) -> str:
    face_value_cents = form.cents("face_value")
    valid_from, valid_until = form.day("valid_from"), form.day("valid_until")
    tolerance_days = form.integer("tolerance_days")
    if not form.checked("sure"):
        form.wrong("sure", "Relisez la valeur et les jours, puis cochez cette case.")
    form.check()
    return service.create_vintage(
        session,
        actor=current_actor(),
        programme_id=known.id,
        label=form.text("label").upper(),
        face_value_cents=face_value_cents,
        valid_from=valid_from,
        valid_until=valid_until,
        tolerance_days=tolerance_days,
        taken_over=form.checked("taken_over"),
        keys=KeyStore(current_settings().key_dir),
        now=started_at(),
    ).label


def of_kind(session: Session, kind: OrganisationKind) -> list[Organisation]:
    """Organisations of that kind, by name."""
    known = partners.organisations_after(session, None, limit=MANY, kind=kind)
    return sorted(known, key=lambda organisation: organisation.name)


def choices_of(organisations: list[Organisation]) -> tuple[Choice, ...]:
    """Organisations to choose from."""
    return tuple(Choice(str(o.id), o.name) for o in organisations)


def _name(session: Session, organisation_id: UUID) -> str:
    found = partners.organisation(session, organisation_id)
    return found.name if found else ""
