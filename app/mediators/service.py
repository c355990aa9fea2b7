"""Recording labels, cash offices, and what places of mediation offer."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, LAST_DAY, day_asked, martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.mediators import queries
from app.mediators.errors import (
    CashOfficeOverlaps,
    LabelStepOutOfOrder,
    NoLabelInForce,
    NotAPublicBody,
    NotReceiving,
    ProfileChanged,
    UnknownLabelApplication,
)
from app.mediators.holding import check_may_cash
from app.mediators.models import (
    CashOffice,
    Label,
    LabelApplication,
    LabelProgress,
    PlaceCapacity,
    PlaceHours,
    PlaceProfile,
    PlacePublic,
    PlaceService,
)
from app.mediators.rules import (
    LONGEST_NOTES,
    MOST_STRETCHES,
    PLACE_OF_STEP,
    CashOfficeKind,
    GrantedLabel,
    LabelStep,
    OpeningHours,
    Service,
    hours_overlap,
)
from app.partners.rules import AgreementRole
from app.partners.service import (
    agreement_in_force,
    check_lasts,
    known_organisation,
    wrong_period,
)
from app.programmes.rules import Public


def apply_for_label(
    session: Session,
    *,
    actor: Actor,
    application_id: UUID,
    organisation_id: UUID,
    applied_on: date,
    now: datetime,
) -> LabelApplication:
    """Record that an organisation asked for the label.

    Raises:
        UnknownOrganisation: nobody has that id.
        InvalidInput: the day is out of bounds.
        OrganisationSucceeded: another had taken over by then.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    if not FIRST_DAY <= applied_on <= LAST_DAY:
        raise InvalidInput(applied_on="Écrivez un jour entre 2000 et 2099.")
    digest = request_hash("label application", organisation=organisation_id, on=applied_on)
    if record := earlier(session, LabelApplication, application_id, digest):
        return record
    known_organisation(session, organisation_id)
    check_lasts(session, organisation_id, until=applied_on)
    record = LabelApplication(
        id=application_id,
        request_hash=digest,
        organisation_id=organisation_id,
        applied_on=applied_on,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def grant_label(
    session: Session,
    *,
    actor: Actor,
    label_id: UUID,
    organisation_id: UUID,
    reference: str,
    valid_from: date,
    valid_until: date,
    now: datetime,
) -> Label:
    """Record the label of a mediator, from a day to a day, both included.

    Raises:
        UnknownOrganisation: nobody has that id.
        InvalidInput: the days are out of bounds or the wrong way round, or the reference is empty.
        OrganisationSucceeded: it would run past the day when another took over.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    wrong = wrong_period(valid_from, valid_until)
    cleaned = clean(reference)
    if cleaned is None:
        wrong["reference"] = "Écrivez la référence du label."
    if cleaned is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "label",
        organisation=organisation_id,
        reference=cleaned,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    if record := earlier(session, Label, label_id, digest):
        return record
    hold(session, "organisation", organisation_id)
    known_organisation(session, organisation_id)
    check_lasts(session, organisation_id, until=valid_until)
    record = Label(
        id=label_id,
        request_hash=digest,
        organisation_id=organisation_id,
        reference=cleaned,
        valid_from=valid_from,
        valid_until=valid_until,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def note_label_progress(
    session: Session,
    *,
    actor: Actor,
    progress_id: UUID,
    application_id: UUID,
    step: LabelStep,
    reached_on: date,
    note: str | None,
    now: datetime,
    label: GrantedLabel | None = None,
) -> LabelProgress:
    """Note how far an application came. The step that grants the label records it too.

    The label of an application has an id that follows from that of the step.

    Raises:
        UnknownLabelApplication: none has that id.
        InvalidInput: the day is before the last step's or to come; the note is too long; a granted
            label is not described, or described where none is granted.
        LabelStepOutOfOrder: the application has come as far, or was decided.
        OrganisationSucceeded: the label would run past the day when another took over.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    remark = clean(note) if note else None
    wrong: dict[str, str] = {}
    if note and remark is None:
        wrong["note"] = "Écrivez la remarque en 200 caractères au plus."
    if (step is LabelStep.GRANTED) != (label is not None):
        wrong["reference"] = "Écrivez la référence du label accordé, et lui seul en a une."
    digest = request_hash(
        "label progress",
        application=application_id,
        step=step,
        reached_on=reached_on,
        note=remark,
        label=[label.reference, label.valid_from, label.valid_until] if label else None,
    )
    if record := earlier(session, LabelProgress, progress_id, digest):
        return record
    hold(session, "label application", application_id)
    application = queries.application(session, application_id)
    if application is None:
        raise UnknownLabelApplication
    since = _reached_before(session, application, step)
    today = martinique_day(now)
    if not since <= reached_on <= today:
        wrong["reached_on"] = f"{day_asked(since, today)} L’étape d’avant est du {since:%d/%m/%Y}."
    if wrong:
        raise InvalidInput(**wrong)
    label_id = None
    if label is not None:
        label_id = grant_label(
            session,
            actor=actor,
            label_id=uuid5(progress_id, "label"),
            organisation_id=application.organisation_id,
            reference=label.reference,
            valid_from=label.valid_from,
            valid_until=label.valid_until,
            now=now,
        ).id
    record = LabelProgress(
        id=progress_id,
        request_hash=digest,
        application_id=application_id,
        organisation_id=application.organisation_id,
        step=step,
        place=PLACE_OF_STEP[step],
        reached_on=reached_on,
        note=remark,
        label_id=label_id,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def _reached_before(session: Session, application: LabelApplication, step: LabelStep) -> date:
    """The day of the step before that one, or of the application itself.

    Raises:
        LabelStepOutOfOrder: the application has come as far, or was decided.
    """
    before = queries.progress_of(session, [application.id])[application.id]
    if not before:
        return application.applied_on
    if PLACE_OF_STEP[step] <= before[-1].place:
        raise LabelStepOutOfOrder
    return before[-1].reached_on


def known_application(
    session: Session, application_id: UUID, *, organisation_id: UUID
) -> LabelApplication:
    """The application of that id, of that organisation.

    Raises:
        UnknownLabelApplication: there is none.
    """
    application = queries.application(session, application_id)
    if application is None or application.organisation_id != organisation_id:
        raise UnknownLabelApplication
    return application


def record_cash_office(
    session: Session,
    *,
    actor: Actor,
    cash_office_id: UUID,
    organisation_id: UUID,
    kind: CashOfficeKind,
    reference: str,
    held_by: str,
    valid_from: date,
    valid_until: date,
    now: datetime,
) -> CashOffice:
    """Record the régie of a public body, from a day to a day, both included.

    Raises:
        UnknownOrganisation: nobody has that id.
        NotAPublicBody: it needs no régie.
        CashOfficeOverlaps: another of that kind gives its right on one of these days.
        InvalidInput: the days are out of bounds or the wrong way round, or a text is empty.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    wrong = wrong_period(valid_from, valid_until)
    order, function = clean(reference), clean(held_by, longest=100)
    if order is None:
        wrong["reference"] = "Écrivez la référence de l’arrêté qui crée la régie."
    if function is None:
        wrong["held_by"] = "Écrivez la fonction du régisseur, sans son nom."
    if order is None or function is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "cash office",
        organisation=organisation_id,
        kind=kind,
        reference=order,
        held_by=function,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    if record := earlier(session, CashOffice, cash_office_id, digest):
        return record
    organisation = known_organisation(session, organisation_id)
    if not organisation.public_body:
        raise NotAPublicBody(organisation=organisation.name)
    hold(session, "organisation", organisation_id)
    if there := queries.overlapping_cash_office(
        session, organisation_id, kind, first=valid_from, last=valid_until
    ):
        raise CashOfficeOverlaps(
            organisation=organisation.name,
            reference=there.reference,
            valid_from=f"{there.valid_from:%d/%m/%Y}",
            valid_until=f"{there.valid_until:%d/%m/%Y}",
        )
    record = CashOffice(
        id=cash_office_id,
        request_hash=digest,
        organisation_id=organisation_id,
        public_body=True,
        kind=kind,
        reference=order,
        held_by=function,
        valid_from=valid_from,
        valid_until=valid_until,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def record_profile(
    session: Session,
    *,
    actor: Actor,
    profile_id: UUID,
    organisation_id: UUID,
    version: int,
    services: Collection[Service],
    publics: Collection[Public],
    hours: Collection[OpeningHours],
    access_notes: str | None,
    now: datetime,
) -> PlaceProfile:
    """Say what a place offers, to whom and when; its own agents may.

    `version` is the one that comes next: 1, or one more than the profile that was read, so that
    two people who correct at once do not undo each other. Publics: none means everybody.

    Raises:
        OtherOrganisation: it is neither the actor's nor the coordination that asks.
        UnknownOrganisation: nobody has that id.
        InvalidInput: hours overlap or are out of bounds, or the notes are too long.
        ProfileChanged: that version is there already, or is not the next.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.CORRECT_PROFILE)
    actor.check_sees(organisation_id)
    notes = clean(access_notes, longest=LONGEST_NOTES) if access_notes else None
    wrong = {}
    if access_notes and notes is None:
        wrong["access_notes"] = f"Écrivez l’accès en {LONGEST_NOTES} caractères au plus."
    wrong |= _wrong_hours(hours)
    if wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "profile",
        organisation=organisation_id,
        version=version,
        services=sorted(set(services)),
        publics=sorted(set(publics)),
        hours=sorted((one.weekday, one.opens, one.closes) for one in hours),
        notes=notes,
    )
    if record := earlier(session, PlaceProfile, profile_id, digest):
        return record
    hold(session, "organisation", organisation_id)
    known_organisation(session, organisation_id)
    before = queries.profile_of(session, organisation_id)
    if version != (before.version + 1 if before else 1):
        raise ProfileChanged
    record = PlaceProfile(
        id=profile_id,
        request_hash=digest,
        organisation_id=organisation_id,
        version=version,
        access_notes=notes,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    session.add_all(
        [
            *(PlaceService(profile_id=profile_id, service=one) for one in sorted(set(services))),
            *(PlacePublic(profile_id=profile_id, public=one) for one in sorted(set(publics))),
            *(
                PlaceHours(
                    profile_id=profile_id, weekday=one.weekday, opens=one.opens, closes=one.closes
                )
                for one in sorted(hours)
            ),
        ]
    )
    session.flush()
    return record


def _wrong_hours(hours: Collection[OpeningHours]) -> dict[str, str]:
    if len(hours) > MOST_STRETCHES or not all(one.in_bounds for one in hours):
        return {"hours": "Écrivez des heures d’un même jour, l’ouverture avant la fermeture."}
    if hours_overlap(hours):
        said = "Deux plages du même jour se recouvrent ou se touchent : réunissez-les."
        return {"hours": said}
    return {}


def record_capacity(
    session: Session,
    *,
    actor: Actor,
    capacity_id: UUID,
    organisation_id: UUID,
    ready: bool,
    from_on: date,
    now: datetime,
) -> PlaceCapacity:
    """Say whether a place is ready to receive people, from a day on.

    Raises:
        UnknownOrganisation: nobody has that id.
        InvalidInput: the day is out of bounds.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    if not FIRST_DAY <= from_on <= LAST_DAY:
        raise InvalidInput(from_on="Écrivez un jour entre 2000 et 2099.")
    digest = request_hash("capacity", organisation=organisation_id, ready=ready, from_on=from_on)
    if record := earlier(session, PlaceCapacity, capacity_id, digest):
        return record
    hold(session, "organisation", organisation_id)
    known_organisation(session, organisation_id)
    record = PlaceCapacity(
        id=capacity_id,
        request_hash=digest,
        organisation_id=organisation_id,
        version=queries.last_capacity_version(session, organisation_id) + 1,
        ready=ready,
        from_on=from_on,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def check_receives_people(session: Session, organisation_id: UUID, *, on: date) -> None:
    """Refuse to send people to a place that could not take their passes that day.

    Raises:
        UnknownOrganisation, OrganisationSucceeded, NoAgreementInForce, NoLabelInForce.
        CashOfficeMissing: a public body without régie or mandate.
        NotReceiving: it said that it receives nobody for now.
    """
    agreement_in_force(session, organisation_id, AgreementRole.MEDIATOR, on=on)
    organisation = known_organisation(session, organisation_id)
    said = {"organisation": organisation.name, "day": f"{on:%d/%m/%Y}"}
    if queries.label_in_force(session, organisation_id, on=on) is None:
        raise NoLabelInForce(**said)
    check_may_cash(session, organisation_id, on=on)
    capacity = queries.capacity_on(session, [organisation_id], on=on).get(organisation_id)
    if capacity is not None and not capacity.ready:
        raise NotReceiving(**said)
