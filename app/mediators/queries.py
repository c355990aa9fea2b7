"""Looking labels, cash offices and places up."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Subquery, exists, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.database.rows import rows_by
from app.kernel.communes import Point, commune_named
from app.ledger import AccountKind
from app.ledger.models import AccountRow, Movement, Posting, Voucher
from app.mediators.models import (
    CashOffice,
    CashOfficeClosure,
    Label,
    LabelApplication,
    LabelProgress,
    PlaceCapacity,
    PlaceHours,
    PlaceProfile,
    PlacePublic,
    PlaceService,
)
from app.mediators.rules import CashOfficeKind, OpeningHours, Service
from app.partners import queries as partners
from app.partners.models import (
    Agreement,
    AgreementClosure,
    Organisation,
    PartnerAddress,
    Succession,
)
from app.partners.queries import agreement_covers
from app.partners.rules import AgreementRole
from app.programmes.queries import warning_days
from app.programmes.rules import Public


def label_in_force(session: Session, organisation_id: UUID, *, on: date) -> Label | None:
    """A label that covers that day; the one that ends last when several do."""
    return session.scalar(
        select(Label)
        .where(
            Label.organisation_id == organisation_id,
            Label.valid_from <= on,
            Label.valid_until >= on,
        )
        .order_by(Label.valid_until.desc(), Label.id)
        .limit(1)
    )


def labels_of(session: Session, organisation_id: UUID) -> list[Label]:
    """Every label of a mediator, oldest first."""
    return list(
        session.scalars(
            select(Label)
            .where(Label.organisation_id == organisation_id)
            .order_by(Label.valid_from, Label.id)
        )
    )


def applications_of(session: Session, organisation_id: UUID) -> list[LabelApplication]:
    """Every application for a label, oldest first."""
    return list(
        session.scalars(
            select(LabelApplication)
            .where(LabelApplication.organisation_id == organisation_id)
            .order_by(LabelApplication.applied_on, LabelApplication.id)
        )
    )


# ── Cash offices ──────────────────────────────────────────────────────────────────────────────────


def cash_office_covers(on: date | BindParameter[date]) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a régie gives its right on a day: within its days, open."""
    return (
        CashOffice.valid_from <= on,
        CashOffice.valid_until >= on,
        not_(
            exists().where(
                CashOfficeClosure.cash_office_id == CashOffice.id, CashOfficeClosure.from_on <= on
            )
        ),
    )


def cash_office_in_force(
    organisation_id: BindParameter[UUID], *, on: BindParameter[date]
) -> Subquery:
    """For a larger statement: a régie that lets a public body take passes that day, at most one."""
    return (
        select(CashOffice.id, CashOffice.kind, CashOffice.valid_from, CashOffice.valid_until)
        .where(
            CashOffice.organisation_id == organisation_id,
            CashOffice.kind != CashOfficeKind.ADVANCES,
            *cash_office_covers(on),
        )
        .order_by(CashOffice.valid_until.desc(), CashOffice.id)
        .limit(1)
        .subquery("cash_office_in_force")
    )


def mandate_in_force(organisation_id: BindParameter[UUID], *, on: BindParameter[date]) -> Subquery:
    """For a larger statement: a mandate to act in the sponsor's name that day, at most one."""
    return (
        select(Agreement.id)
        .where(
            Agreement.organisation_id == organisation_id,
            Agreement.role == AgreementRole.MANDATE,
            *agreement_covers(on),
        )
        .order_by(Agreement.id)
        .limit(1)
        .subquery("mandate_in_force")
    )


def may_cash(on: date) -> ColumnElement[bool]:
    """Whether an organisation may take passes: a public body needs a régie or a mandate."""
    return or_(
        not_(Organisation.public_body),
        exists().where(
            CashOffice.organisation_id == Organisation.id,
            CashOffice.kind != CashOfficeKind.ADVANCES,
            *cash_office_covers(on),
        ),
        _mandated(on),
    )


def may_hold(on: date) -> ColumnElement[bool]:
    """Whether an organisation may hold passes: any régie lets a public body do so, or a mandate."""
    return or_(
        not_(Organisation.public_body),
        exists().where(CashOffice.organisation_id == Organisation.id, *cash_office_covers(on)),
        _mandated(on),
    )


def _mandated(on: date) -> ColumnElement[bool]:
    return exists().where(
        Agreement.organisation_id == Organisation.id,
        Agreement.role == AgreementRole.MANDATE,
        *agreement_covers(on),
    )


def among_those_who(
    session: Session, able: ColumnElement[bool], organisation_ids: Iterable[UUID]
) -> set[UUID]:
    """Those of these organisations for which `may_hold` or `may_cash` is true."""
    return set(
        session.scalars(
            select(Organisation.id).where(Organisation.id.in_(set(organisation_ids)), able)
        )
    )


def cash_office(session: Session, cash_office_id: UUID) -> CashOffice | None:
    """The régie of that id."""
    return session.get(CashOffice, cash_office_id)


def closure_of(session: Session, cash_office_id: UUID) -> CashOfficeClosure | None:
    """How a régie ended early, if it did."""
    return session.scalar(
        select(CashOfficeClosure).where(CashOfficeClosure.cash_office_id == cash_office_id)
    )


def closures_of(session: Session, organisation_id: UUID) -> dict[UUID, CashOfficeClosure]:
    """How the régies of an organisation ended early, by régie."""
    rows = session.scalars(
        select(CashOfficeClosure).where(CashOfficeClosure.organisation_id == organisation_id)
    )
    return {row.cash_office_id: row for row in rows}


def cash_offices_of(session: Session, organisation_id: UUID) -> list[CashOffice]:
    """Every régie of a public body, oldest first."""
    return list(
        session.scalars(
            select(CashOffice)
            .where(CashOffice.organisation_id == organisation_id)
            .order_by(CashOffice.valid_from, CashOffice.id)
        )
    )


def ends_of_cash_offices(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[date]]:
    """The first day without right after each régie, for each of these public bodies."""
    found: dict[UUID, list[date]] = {organisation_id: [] for organisation_id in ids}
    if not found:
        return found
    rows = session.execute(
        select(CashOffice.organisation_id, CashOffice.valid_until, CashOfficeClosure.from_on)
        .outerjoin(CashOfficeClosure, CashOfficeClosure.cash_office_id == CashOffice.id)
        .where(CashOffice.organisation_id.in_(found.keys()))
    )
    for organisation_id, valid_until, closed_from in rows:
        ends = valid_until + timedelta(days=1), closed_from
        found[organisation_id].append(min(filter(None, ends)))
    return found


def overlapping_cash_office(
    session: Session, organisation_id: UUID, kind: str, *, first: date, last: date
) -> CashOffice | None:
    """A régie of that kind that gives its right on one of those days, if there is one."""
    return session.scalar(
        select(CashOffice)
        .outerjoin(CashOfficeClosure, CashOfficeClosure.cash_office_id == CashOffice.id)
        .where(
            CashOffice.organisation_id == organisation_id,
            CashOffice.kind == kind,
            CashOffice.valid_from <= last,
            CashOffice.valid_until >= first,
            or_(CashOfficeClosure.from_on.is_(None), CashOfficeClosure.from_on > first),
        )
        .order_by(CashOffice.valid_from, CashOffice.id)
        .limit(1)
    )


# ── Applications for a label ──────────────────────────────────────────────────────────────────────


def application(session: Session, application_id: UUID) -> LabelApplication | None:
    """The application of that id."""
    return session.get(LabelApplication, application_id)


def progress_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[LabelProgress]]:
    """The steps of applications, in order, by application."""
    return rows_by(session, LabelProgress.application_id, ids, LabelProgress.place)


# ── What places offer ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Offer:
    """What a version of a profile says. No publics: everybody is welcome."""

    services: frozenset[Service] = frozenset()
    publics: frozenset[Public] = frozenset()
    hours: tuple[OpeningHours, ...] = ()
    access_notes: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place that may receive people, and what is known of it.

    `where` is the place itself, or the middle of its commune; None when neither is known.
    """

    organisation: Organisation
    offer: Offer
    where: Point | None
    address: PartnerAddress | None = None

    @property
    def exactly(self) -> Point | None:
        """The place itself, where its coordinates were said."""
        return partners.point_of(self.address) if self.address else None


def profile_of(session: Session, organisation_id: UUID) -> PlaceProfile | None:
    """The latest version of a profile."""
    return session.scalar(
        select(PlaceProfile)
        .where(PlaceProfile.organisation_id == organisation_id)
        .order_by(PlaceProfile.version.desc())
        .limit(1)
    )


def profile_versions(session: Session, organisation_id: UUID) -> list[PlaceProfile]:
    """Every version of a profile, oldest first."""
    return list(
        session.scalars(
            select(PlaceProfile)
            .where(PlaceProfile.organisation_id == organisation_id)
            .order_by(PlaceProfile.version)
        )
    )


def offers(session: Session, organisation_ids: Iterable[UUID]) -> dict[UUID, Offer]:
    """What places say that they offer, by organisation; nothing of those that said nothing."""
    rows = session.scalars(
        select(PlaceProfile)
        .where(PlaceProfile.organisation_id.in_(list(organisation_ids)))
        .order_by(PlaceProfile.version)
    )
    latest = {row.organisation_id: row for row in rows}
    found = offers_of(session, latest.values())
    return {organisation_id: found[row.id] for organisation_id, row in latest.items()}


def offers_of(session: Session, profiles: Iterable[PlaceProfile]) -> dict[UUID, Offer]:
    """What these versions of profiles say, by their ids."""
    notes = {row.id: row.access_notes for row in profiles}
    services = rows_by(session, PlaceService.profile_id, notes, PlaceService.service)
    publics = rows_by(session, PlacePublic.profile_id, notes, PlacePublic.public)
    hours = rows_by(session, PlaceHours.profile_id, notes, PlaceHours.weekday, PlaceHours.opens)
    return {
        key: Offer(
            services=frozenset(Service(one.service) for one in services[key]),
            publics=frozenset(Public(one.public) for one in publics[key]),
            hours=tuple(OpeningHours(one.weekday, one.opens, one.closes) for one in hours[key]),
            access_notes=access_notes,
        )
        for key, access_notes in notes.items()
    }


def capacity_on(
    session: Session, organisation_ids: Iterable[UUID], *, on: date
) -> dict[UUID, PlaceCapacity]:
    """What places said of their readiness, as it applies that day, by organisation."""
    rows = session.scalars(
        select(PlaceCapacity)
        .where(
            PlaceCapacity.organisation_id.in_(list(organisation_ids)), PlaceCapacity.from_on <= on
        )
        .order_by(PlaceCapacity.from_on, PlaceCapacity.version)
    )
    return {row.organisation_id: row for row in rows}


def capacities_of(session: Session, organisation_id: UUID) -> list[PlaceCapacity]:
    """Everything that a place said of its readiness, in the order of its days."""
    return list(
        session.scalars(
            select(PlaceCapacity)
            .where(PlaceCapacity.organisation_id == organisation_id)
            .order_by(PlaceCapacity.from_on, PlaceCapacity.version)
        )
    )


def last_capacity_version(session: Session, organisation_id: UUID) -> int:
    """How often a place spoke of its readiness."""
    return (
        session.scalar(
            select(func.max(PlaceCapacity.version)).where(
                PlaceCapacity.organisation_id == organisation_id
            )
        )
        or 0
    )


def places_receiving(session: Session, *, on: date) -> list[Place]:
    """The mediators to whom people may be sent that day, by name, with what each offers."""
    places = places_nearby(session, on=on)
    offered = offers(session, [place.organisation.id for place in places])
    return [
        replace(place, offer=offered.get(place.organisation.id, place.offer)) for place in places
    ]


def places_nearby(session: Session, *, on: date) -> list[Place]:
    """The same for who asks only where they are: what they offer is not read.

    The same conditions as `service.check_receives_people`, for all at once.
    """
    covers = (Label.valid_from <= on, Label.valid_until >= on)
    signed = (Agreement.role == AgreementRole.MEDIATOR, *agreement_covers(on))
    query = (
        select(Organisation)
        .where(
            select(Label.id).where(Label.organisation_id == Organisation.id, *covers).exists(),
            select(Agreement.id)
            .where(Agreement.organisation_id == Organisation.id, *signed)
            .exists(),
            may_cash(on),
            ~select(Succession.id)
            .where(Succession.organisation_id == Organisation.id, Succession.from_on <= on)
            .exists(),
        )
        .order_by(Organisation.name, Organisation.id)
    )
    able = list(session.scalars(query))
    ids = [one.id for one in able]
    told = capacity_on(session, ids, on=on)
    addresses = partners.addresses_of(session, ids)
    return [
        Place(
            one,
            Offer(),
            where_is(one, addresses.get(one.id)),
            addresses.get(one.id),
        )
        for one in able
        if one.id not in told or told[one.id].ready
    ]


def where_is(one: Organisation, address: PartnerAddress | None) -> Point | None:
    """The place itself, else the middle of its commune; None when neither is known."""
    if address is not None and (point := partners.point_of(address)) is not None:
        return point
    commune = commune_named(one.commune)
    return commune.centre if commune else None


# ── What ends soon ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Renewal:
    """An agreement, a label or a régie that ends soon, and that nothing follows yet."""

    kind: str
    id: UUID
    organisation: Organisation
    reference: str
    role: AgreementRole | None
    valid_until: date


_Ends = tuple[
    str,
    type[Agreement | Label | CashOffice],
    tuple[str, ...],
    int,
    InstrumentedAttribute[UUID] | None,
]


def renewals(
    session: Session,
    *,
    on: date,
    organisation_id: UUID | None = None,
) -> list[Renewal]:
    """What ends from that day on within as many days as the programmes warn of, soonest first.

    Not what another of the same kind outlasts, nor what was closed early, nor what belongs to a
    body that was taken over.
    """
    warning = warning_days(session, on=on)
    found: list[Renewal] = []
    kinds: tuple[_Ends, ...] = (
        ("agreement", Agreement, ("role",), warning.agreement, AgreementClosure.agreement_id),
        ("label", Label, (), warning.label, None),
        ("cash_office", CashOffice, ("kind",), warning.agreement, CashOfficeClosure.cash_office_id),
    )
    for kind, model, same, days, closed in kinds:
        later = aliased(model)
        last = on + timedelta(days=days)
        query = (
            select(model, Organisation)
            .join(Organisation, Organisation.id == model.organisation_id)
            .where(
                model.valid_until.between(on, last),
                model.valid_from <= on,
                ~select(later.id)
                .where(
                    later.organisation_id == model.organisation_id,
                    later.valid_until > model.valid_until,
                    *(getattr(later, name) == getattr(model, name) for name in same),
                )
                .exists(),
                ~select(Succession.id)
                .where(Succession.organisation_id == model.organisation_id)
                .exists(),
            )
        )
        if closed is not None:
            query = query.where(not_(exists().where(closed == model.id)))
        if organisation_id is not None:
            query = query.where(model.organisation_id == organisation_id)
        rows: Iterable[Any] = session.execute(query)
        found += [
            Renewal(
                kind,
                row.id,
                organisation,
                row.reference,
                AgreementRole(row.role) if kind == "agreement" else None,
                row.valid_until,
            )
            for row, organisation in rows
        ]
    return sorted(found, key=lambda one: (one.valid_until, one.organisation.name, one.kind))


def taken_since(session: Session, mediator_id: UUID, since: datetime) -> int:
    """Passes that a mediator took for sessions from an instant on, and that no statement claims."""
    return session.execute(
        select(func.count())
        .select_from(Voucher)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .join(Movement, Movement.id == Voucher.last_movement_id)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(
            AccountRow.kind == AccountKind.REDEEMED,
            AccountRow.party_id == mediator_id,
            Posting.occurred_at >= since,
        )
    ).scalar_one()
