"""Looking organisations, agreements and bank details up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Subquery, case, exists, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.database.rows import rows_by
from app.kernel.communes import Point, key_of
from app.partners.models import (
    Agreement,
    AgreementClosure,
    AgreementFile,
    BankDetails,
    BankDetailsApproval,
    BankDetailsRefusal,
    Organisation,
    PartnerAddress,
    PartnerContact,
    SiretEntry,
    Succession,
)
from app.partners.rules import (
    MICRODEGREES,
    AgreementRole,
    BankDetailsState,
    OrganisationKind,
    read_siret,
)


def agreement_covers(on: date | BindParameter[date]) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which an agreement gives its right on a day: within its days, open."""
    return (
        Agreement.valid_from <= on,
        Agreement.valid_until >= on,
        not_(
            exists().where(
                AgreementClosure.agreement_id == Agreement.id, AgreementClosure.from_on <= on
            )
        ),
    )


def organisation(session: Session, organisation_id: UUID) -> Organisation | None:
    """The organisation of that id."""
    return session.get(Organisation, organisation_id)


def organisation_by_siret(session: Session, siret: str) -> Organisation | None:
    """The organisation of that SIRET."""
    return session.scalar(select(Organisation).where(Organisation.siret == siret))


def was_given(session: Session, siret: str) -> bool:
    """Whether an organisation was registered with that SIRET, corrected since or not."""
    return bool(session.scalar(select(exists().where(Organisation.siret_given == siret))))


def siret_entries(session: Session, organisation_id: UUID) -> list[SiretEntry]:
    """Every SIRET that was written for an organisation, oldest first: the last one is true."""
    return list(
        session.scalars(
            select(SiretEntry)
            .where(SiretEntry.organisation_id == organisation_id)
            .order_by(SiretEntry.version)
        )
    )


def organisations_after(
    session: Session, after: UUID | None, *, limit: int, kind: str | None = None
) -> list[Organisation]:
    """Organisations in the order of their ids, from after that one."""
    query = select(Organisation).order_by(Organisation.id).limit(limit)
    if after is not None:
        query = query.where(Organisation.id > after)
    if kind is not None:
        query = query.where(Organisation.kind == kind)
    return list(session.scalars(query))


def directory(
    session: Session,
    *,
    kind: str | None = None,
    role: str | None = None,
    insee: str | None = None,
    name: str = "",
    on: date,
) -> list[Organisation]:
    """Organisations by name, accents and articles left aside; `role` is one in force that day.

    A SIRET typed for a name finds whom it belongs to.

    A directory has tens of lines, hundreds at most: names are compared here, where accents are
    known, rather than by either database.
    """
    query = select(Organisation)
    if kind is not None:
        query = query.where(Organisation.kind == kind)
    if insee is not None:
        query = query.where(Organisation.insee == insee)
    if role is not None:
        query = query.where(
            select(Agreement.id)
            .where(
                Agreement.organisation_id == Organisation.id,
                Agreement.role == role,
                *agreement_covers(on),
            )
            .exists()
        )
    wanted = key_of(name)
    if number := read_siret(name):
        query, wanted = query.where(Organisation.siret == number), ""
    found = ((key_of(one.name), one) for one in session.scalars(query))
    return [
        one
        for _, one in sorted(
            ((key, one) for key, one in found if wanted in key),
            key=lambda pair: (pair[0], pair[1].id),
        )
    ]


def roles_on(session: Session, ids: Iterable[UUID], *, on: date) -> dict[UUID, list[AgreementRole]]:
    """The roles for which organisations have an agreement in force that day."""
    rows = session.execute(
        select(Agreement.organisation_id, Agreement.role)
        .where(
            Agreement.organisation_id.in_(list(ids)),
            *agreement_covers(on),
        )
        .distinct()
    )
    found: dict[UUID, list[AgreementRole]] = {}
    for organisation_id, role in sorted(rows, key=lambda row: row.role):
        found.setdefault(organisation_id, []).append(AgreementRole(role))
    return found


def roles_by_organisation(
    session: Session, roles: Iterable[AgreementRole], *, on: date
) -> set[UUID]:
    """The organisations that have an agreement in force that day in one of these roles."""
    return set(
        session.scalars(
            select(Agreement.organisation_id).where(
                Agreement.role.in_(list(roles)), *agreement_covers(on)
            )
        )
    )


def organisations_in(
    session: Session, column: InstrumentedAttribute[UUID]
) -> list[tuple[UUID, str]]:
    """The organisations that stand in a column, by name: what a list may be narrowed to."""
    query = select(Organisation.id, Organisation.name).where(Organisation.id.in_(select(column)))
    return [(one, name) for one, name in session.execute(query.order_by(Organisation.name))]


def organisation_names(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of organisations, for pages."""
    rows = session.execute(
        select(Organisation.id, Organisation.name).where(Organisation.id.in_(set(ids)))
    )
    return dict(rows.all())


def organisations_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, Organisation]:
    """Organisations by their ids."""
    rows = session.scalars(select(Organisation).where(Organisation.id.in_(list(ids))))
    return {organisation.id: organisation for organisation in rows}


def names_of_kind(session: Session, kind: str) -> list[str]:
    """What the organisations of that kind are called."""
    query = select(Organisation.name).where(Organisation.kind == kind).order_by(Organisation.name)
    return list(session.scalars(query))


def authority_name(session: Session) -> str:
    """What the authority whose database this is is called; nothing before it is registered."""
    return next(iter(names_of_kind(session, OrganisationKind.SPONSOR)), "")


def all_organisations(session: Session) -> list[Organisation]:
    """Everybody who takes part, hundreds at most."""
    return list(session.scalars(select(Organisation).order_by(Organisation.id)))


def organisations_by_name(session: Session, name: str) -> list[Organisation]:
    """The organisations of that name; two namesakes are told apart by SIRET or id."""
    return list(
        session.scalars(
            select(Organisation).where(Organisation.name == name).order_by(Organisation.id)
        )
    )


def agreement_in_force(
    session: Session, organisation_id: UUID, role: AgreementRole, *, on: date
) -> Agreement | None:
    """An agreement of that role that covers that day; the one that ends last when several do."""
    return session.scalar(
        select(Agreement)
        .where(
            Agreement.organisation_id == organisation_id,
            Agreement.role == role,
            *agreement_covers(on),
        )
        .order_by(Agreement.valid_until.desc(), Agreement.id)
        .limit(1)
    )


def agreements_of(session: Session, organisation_id: UUID) -> list[Agreement]:
    """Everything an organisation signed, oldest first."""
    return list(
        session.scalars(
            select(Agreement)
            .where(Agreement.organisation_id == organisation_id)
            .order_by(Agreement.valid_from, Agreement.id)
        )
    )


def agreement(session: Session, agreement_id: UUID) -> Agreement | None:
    """The agreement of that id."""
    return session.get(Agreement, agreement_id)


def renewal_of(session: Session, agreement_id: UUID) -> Agreement | None:
    """The agreement that follows that one."""
    return session.scalar(select(Agreement).where(Agreement.follows_id == agreement_id))


def overlapping_agreement(
    session: Session, organisation_id: UUID, role: AgreementRole, *, first: date, last: date
) -> Agreement | None:
    """An agreement of that role that gives its right on one of those days, if there is one."""
    return session.scalar(
        select(Agreement)
        .outerjoin(AgreementClosure, AgreementClosure.agreement_id == Agreement.id)
        .where(
            Agreement.organisation_id == organisation_id,
            Agreement.role == role,
            Agreement.valid_from <= last,
            Agreement.valid_until >= first,
            or_(AgreementClosure.from_on.is_(None), AgreementClosure.from_on > first),
        )
        .order_by(Agreement.valid_from, Agreement.id)
        .limit(1)
    )


def closure_of(session: Session, agreement_id: UUID) -> AgreementClosure | None:
    """How an agreement ended early, if it did."""
    return session.scalar(
        select(AgreementClosure).where(AgreementClosure.agreement_id == agreement_id)
    )


def closures_of(session: Session, organisation_id: UUID) -> dict[UUID, AgreementClosure]:
    """How the agreements of an organisation ended early, by agreement."""
    rows = session.scalars(
        select(AgreementClosure).where(AgreementClosure.organisation_id == organisation_id)
    )
    return {row.agreement_id: row for row in rows}


def ends_of_agreements(
    session: Session, ids: Iterable[UUID], role: AgreementRole
) -> dict[UUID, list[date]]:
    """The first day without right after each agreement of a role, for each of these."""
    found: dict[UUID, list[date]] = {organisation_id: [] for organisation_id in ids}
    if not found:
        return found
    rows = session.execute(
        select(Agreement.organisation_id, Agreement.valid_until, AgreementClosure.from_on)
        .outerjoin(AgreementClosure, AgreementClosure.agreement_id == Agreement.id)
        .where(Agreement.organisation_id.in_(found.keys()), Agreement.role == role)
    )
    for organisation_id, valid_until, closed_from in rows:
        ends = valid_until + timedelta(days=1), closed_from
        found[organisation_id].append(min(filter(None, ends)))
    return found


# ── Signed papers ─────────────────────────────────────────────────────────────────────────────────


def agreement_file(session: Session, file_id: UUID) -> AgreementFile | None:
    """The file of that id; its content is read when it is asked for."""
    return session.get(AgreementFile, file_id)


def files_of(session: Session, agreement_ids: Iterable[UUID]) -> dict[UUID, list[AgreementFile]]:
    """The signed papers of agreements, oldest first, without their content."""
    return rows_by(session, AgreementFile.agreement_id, agreement_ids, AgreementFile.recorded_at)


# ── Successors ────────────────────────────────────────────────────────────────────────────────────


def succession_of(session: Session, organisation_id: UUID) -> Succession | None:
    """Who takes over, or took over, from an organisation."""
    return session.scalar(select(Succession).where(Succession.organisation_id == organisation_id))


def succeeded_on(session: Session, ids: Iterable[UUID], *, on: date) -> set[UUID]:
    """Which of these organisations have been taken over by that day."""
    return set(days_of_succession(session, ids, on=on))


def days_of_succession(session: Session, ids: Iterable[UUID], *, on: date) -> dict[UUID, date]:
    """From which day on these organisations are taken over, of those that are by that day."""
    rows = session.execute(
        select(Succession.organisation_id, Succession.from_on).where(
            Succession.organisation_id.in_(list(ids)), Succession.from_on <= on
        )
    )
    return dict(rows.all())


def succeeded_by_it(session: Session, organisation_id: UUID) -> list[Succession]:
    """From whom an organisation took over, oldest first."""
    return list(
        session.scalars(
            select(Succession)
            .where(Succession.successor_id == organisation_id)
            .order_by(Succession.from_on, Succession.id)
        )
    )


def successions_about(session: Session, organisation_id: UUID) -> list[Succession]:
    """Who took over from an organisation, then from whom it took over."""
    own = succession_of(session, organisation_id)
    return [*([own] if own else []), *succeeded_by_it(session, organisation_id)]


def successor_on(organisation_id: BindParameter[UUID], *, on: BindParameter[date]) -> Subquery:
    """For a larger statement: `name` and `from_on` of who has taken over that day, at most one."""
    return (
        select(Organisation.name, Succession.from_on)
        .join(Organisation, Organisation.id == Succession.successor_id)
        .where(Succession.organisation_id == organisation_id, Succession.from_on <= on)
        .subquery("successor")
    )


def public_accountants(session: Session, *, on: date) -> list[Organisation]:
    """The accountant bodies of the scheme that nobody has taken over by that day."""
    taken_over = exists().where(
        Succession.organisation_id == Organisation.id, Succession.from_on <= on
    )
    return list(
        session.scalars(
            select(Organisation)
            .where(Organisation.kind == OrganisationKind.ACCOUNTANT, ~taken_over)
            .order_by(Organisation.id)
        )
    )


# ── Where they are, and how to reach them ─────────────────────────────────────────────────────────


def address_of(session: Session, organisation_id: UUID) -> PartnerAddress | None:
    """Where an organisation is: the latest version."""
    return session.scalar(
        select(PartnerAddress)
        .where(PartnerAddress.organisation_id == organisation_id)
        .order_by(PartnerAddress.version.desc())
        .limit(1)
    )


def address_versions(session: Session, organisation_id: UUID) -> list[PartnerAddress]:
    """Everything that was said of where an organisation is, oldest first."""
    return list(
        session.scalars(
            select(PartnerAddress)
            .where(PartnerAddress.organisation_id == organisation_id)
            .order_by(PartnerAddress.version)
        )
    )


def addresses_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, PartnerAddress]:
    """Where organisations are, by their ids."""
    rows = session.scalars(
        select(PartnerAddress)
        .where(PartnerAddress.organisation_id.in_(list(ids)))
        .order_by(PartnerAddress.version)
    )
    return {row.organisation_id: row for row in rows}


def point_of(address: PartnerAddress) -> Point | None:
    """Where an address is on the map, if that was said."""
    latitude, longitude = address.latitude_microdegrees, address.longitude_microdegrees
    if latitude is None or longitude is None:
        return None
    return Point(latitude / MICRODEGREES, longitude / MICRODEGREES)


def contact(session: Session, contact_id: UUID) -> PartnerContact | None:
    """The contact of that id, replaced or not."""
    return session.get(PartnerContact, contact_id)


def contact_that_replaced(session: Session, contact_id: UUID) -> PartnerContact | None:
    """What came instead of a contact."""
    return session.scalar(select(PartnerContact).where(PartnerContact.replaces_id == contact_id))


def phones_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The first telephone number of each organisation today, where it has one."""
    later = aliased(PartnerContact)
    rows = session.execute(
        select(PartnerContact.organisation_id, PartnerContact.phone)
        .where(
            PartnerContact.organisation_id.in_(list(ids)),
            PartnerContact.phone.is_not(None),
            not_(PartnerContact.ended),
            ~select(later.id).where(later.replaces_id == PartnerContact.id).exists(),
        )
        .order_by(PartnerContact.recorded_at.desc(), PartnerContact.id.desc())
    )
    return {organisation_id: phone for organisation_id, phone in rows if phone}


def contacts_of(session: Session, organisation_id: UUID) -> list[PartnerContact]:
    """How to reach an organisation today: neither replaced nor ended, oldest first."""
    return contacts_by_organisation(session, [organisation_id]).get(organisation_id, [])


def contacts_by_organisation(
    session: Session, ids: Iterable[UUID]
) -> dict[UUID, list[PartnerContact]]:
    """How to reach organisations today, by their ids, oldest first."""
    later = aliased(PartnerContact)
    rows = session.scalars(
        select(PartnerContact)
        .where(
            PartnerContact.organisation_id.in_(list(ids)),
            not_(PartnerContact.ended),
            ~select(later.id).where(later.replaces_id == PartnerContact.id).exists(),
        )
        .order_by(PartnerContact.recorded_at, PartnerContact.id)
    )
    found: dict[UUID, list[PartnerContact]] = {}
    for row in rows:
        found.setdefault(row.organisation_id, []).append(row)
    return found


# ── Bank details ──────────────────────────────────────────────────────────────────────────────────


def bank_details(session: Session, bank_details_id: UUID) -> BankDetails | None:
    """The bank details of that id."""
    return session.get(BankDetails, bank_details_id)


def any_bank_details(session: Session) -> bool:
    """Whether anybody ever named an account."""
    return session.scalar(select(BankDetails.id).limit(1)) is not None


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account that was typed for an organisation, and what became of it."""

    details: BankDetails
    approval: BankDetailsApproval | None
    refusal: BankDetailsRefusal | None
    state: BankDetailsState

    @property
    def lives(self) -> bool:
        """Whether it waits or was confirmed: what is refused or closed counts for nothing."""
        return self.state in {BankDetailsState.WAITING, BankDetailsState.APPROVED}


_LATER, _CONFIRMED = aliased(BankDetails), aliased(BankDetailsApproval)
_SUPERSEDED = exists().where(
    _LATER.organisation_id == BankDetails.organisation_id,
    _LATER.prepared_at > BankDetails.prepared_at,
    _CONFIRMED.bank_details_id == _LATER.id,
)
_STATE = case(
    (BankDetailsApproval.bank_details_id.is_not(None), BankDetailsState.APPROVED),
    (BankDetailsRefusal.refused_by == BankDetails.prepared_by, BankDetailsState.WITHDRAWN),
    (BankDetailsRefusal.id.is_not(None), BankDetailsState.REFUSED),
    (_SUPERSEDED, BankDetailsState.SUPERSEDED),
    else_=BankDetailsState.WAITING,
)
_NAMED = (
    select(BankDetails, BankDetailsApproval, BankDetailsRefusal, _STATE)
    .outerjoin(BankDetailsApproval, BankDetailsApproval.bank_details_id == BankDetails.id)
    .outerjoin(BankDetailsRefusal, BankDetailsRefusal.bank_details_id == BankDetails.id)
)


def bank_details_of(session: Session, organisation_id: UUID) -> list[NamedAccount]:
    """Every account that was ever typed for an organisation, oldest first."""
    query = _NAMED.where(BankDetails.organisation_id == organisation_id)
    rows = session.execute(query.order_by(BankDetails.prepared_at, BankDetails.id))
    return [_named(*row) for row in rows]


def named_account(session: Session, bank_details_id: UUID) -> NamedAccount | None:
    """The account of that id, with what became of it."""
    row = session.execute(_NAMED.where(BankDetails.id == bank_details_id)).one_or_none()
    return _named(*row) if row else None


def _named(
    details: BankDetails,
    approval: BankDetailsApproval | None,
    refusal: BankDetailsRefusal | None,
    state: str,
) -> NamedAccount:
    return NamedAccount(details, approval, refusal, BankDetailsState(state))


def _is_refused(details: type[BankDetails]) -> ColumnElement[bool]:
    return exists().where(BankDetailsRefusal.bank_details_id == details.id)


_TYPED_LAST = (
    ~exists().where(BankDetailsApproval.bank_details_id == BankDetails.id),
    ~_is_refused(BankDetails),
    ~exists().where(
        _LATER.organisation_id == BankDetails.organisation_id,
        _LATER.prepared_at > BankDetails.prepared_at,
        ~_is_refused(_LATER),
    ),
)
"""It waits, and no other was typed after it for its organisation but what was refused."""


def bank_details_to_approve(session: Session, *, limit: int) -> list[BankDetails]:
    """Accounts that a second person has not checked yet, the last one of each organisation."""
    query = select(BankDetails).where(*_TYPED_LAST).limit(limit)
    return list(session.scalars(query.order_by(BankDetails.prepared_at, BankDetails.id)))


def waiting_bank_details(session: Session, organisation_id: UUID) -> BankDetails | None:
    """The account typed last for an organisation, while a second person has yet to check it."""
    query = select(BankDetails).where(BankDetails.organisation_id == organisation_id, *_TYPED_LAST)
    return session.scalar(query.order_by(BankDetails.id.desc()).limit(1))


def approval_of(session: Session, bank_details_id: UUID) -> BankDetailsApproval | None:
    """The approval of these bank details."""
    return session.get(BankDetailsApproval, bank_details_id)


def approved_bank_details(session: Session, organisation_id: UUID) -> BankDetails | None:
    """Where an organisation is paid: the account approved last."""
    return session.scalar(
        select(BankDetails)
        .join(BankDetailsApproval, BankDetailsApproval.bank_details_id == BankDetails.id)
        .where(BankDetails.organisation_id == organisation_id)
        .order_by(BankDetailsApproval.approved_at.desc(), BankDetails.id.desc())
        .limit(1)
    )
