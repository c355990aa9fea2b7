"""Looking places up: what the directory says of each, what files said, and what nobody did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.clock import martinique_day
from app.kernel.communes import Point, kilometres
from app.mediators import queries as mediators
from app.mediators.hours import OpenState, standing
from app.mediators.models import PlaceProfile
from app.mediators.queries import Offer
from app.mediators.rules import Service
from app.partners import queries as partners
from app.partners.models import Organisation, PartnerAddress, PartnerContact
from app.partners.rules import AgreementRole, OrganisationKind
from app.places.models import PlacesFile, PlacesRow, PlaceTaking
from app.places.rules import Exported, Known, Told, Verdict, missing_to_export, ways_in
from app.programmes.rules import Public

OURS = frozenset({AgreementRole.MEDIATOR, AgreementRole.VENUE})
"""Who signed to receive people is one of our places."""
RECEPTION = "accueil"
"""The contact that may be told to everybody: a function that answers the public."""


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────


def places_file(session: Session, file_id: UUID) -> PlacesFile | None:
    """The file of that id."""
    return session.get(PlacesFile, file_id)


def file_of_content(session: Session, file_hash: bytes) -> PlacesFile | None:
    """The file with that very content."""
    return session.scalar(select(PlacesFile).where(PlacesFile.file_hash == file_hash))


def latest_files(session: Session, *, limit: int) -> Sequence[PlacesFile]:
    """Files, the latest first."""
    return session.scalars(
        select(PlacesFile).order_by(PlacesFile.recorded_at.desc(), PlacesFile.id).limit(limit)
    ).all()


def rows_of_file(session: Session, file_id: UUID) -> Sequence[PlacesRow]:
    """The rows that were kept of a file, as they stand in it."""
    return session.scalars(
        select(PlacesRow).where(PlacesRow.file_id == file_id).order_by(PlacesRow.line)
    ).all()


def takings_of_file(session: Session, file_id: UUID) -> dict[int, PlaceTaking]:
    """Which rows of a file were taken, by line."""
    rows = session.scalars(select(PlaceTaking).where(PlaceTaking.file_id == file_id))
    return {row.line: row for row in rows}


def organisations_taken(session: Session) -> dict[tuple[str, str], UUID]:
    """Which organisation an identifier of a source speaks of, from rows taken before."""
    rows = session.execute(
        select(PlacesRow.source, PlacesRow.national_id, PlaceTaking.organisation_id)
        .join(
            PlaceTaking,
            (PlaceTaking.file_id == PlacesRow.file_id) & (PlaceTaking.line == PlacesRow.line),
        )
        .order_by(PlaceTaking.recorded_at, PlaceTaking.id)
    )
    return {(source, national_id): party for source, national_id, party in rows}


def told_nationally(session: Session, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """What the row taken last said of each organisation."""
    rows = session.execute(
        select(PlaceTaking.organisation_id, PlacesRow.fields)
        .join(
            PlacesRow,
            (PlaceTaking.file_id == PlacesRow.file_id) & (PlaceTaking.line == PlacesRow.line),
        )
        .where(PlaceTaking.organisation_id.in_(list(ids)))
        .order_by(PlaceTaking.recorded_at, PlaceTaking.id)
    )
    return dict(rows.all())


# ── Places ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PlaceInDirectory:
    """What the directory knows of a place."""

    organisation: Organisation
    offer: Offer
    address: PartnerAddress | None
    contact: PartnerContact | None
    """The reception where there is one, else the contact named last."""
    where: Point | None
    receives: bool
    """Whether people may be sent there today."""
    ours: bool
    """Whether it signed to receive people."""
    imported: dict[str, Any]
    told_on: date

    @property
    def exactly(self) -> Point | None:
        """The place itself, where its coordinates were said."""
        return partners.point_of(self.address) if self.address else None

    @property
    def phone(self) -> str:
        """Where it answers."""
        return (self.contact.phone or "") if self.contact else ""

    @property
    def public_email(self) -> str:
        """An address that may be told to everybody: the reception's alone."""
        if self.contact is None or not self.contact.position.casefold().startswith(RECEPTION):
            return ""
        return self.contact.email or ""

    @property
    def ways_in(self) -> list[str]:
        """How one is received there, in national words."""
        return ways_in(self.imported, phone=self.phone, email=self.public_email)

    @property
    def missing(self) -> tuple[str, ...]:
        """What nobody has said yet, as people would say it."""
        return tuple(
            words
            for words, said in (
                ("pas d’adresse", self.address),
                ("pas de coordonnées", self.exactly),
                ("pas d’horaires", self.offer.hours),
                ("pas de services", self.offer.services),
                ("pas de téléphone", self.phone),
            )
            if not said
        )

    @property
    def to_complete(self) -> tuple[str, ...]:
        """The same, and what keeps a place of ours out of the open data."""
        if self.ours and not self.organisation.siret:
            return (*self.missing, "pas de SIRET")
        return self.missing

    def known(self) -> Known:
        """The same as a file of places would say it."""
        address = self.address
        point = self.exactly
        return Known(
            name=self.organisation.name,
            commune=self.organisation.commune,
            street=address.street if address else "",
            complement=(address.complement or "") if address else "",
            postcode=address.postcode if address else "",
            microdegrees=(
                (address.latitude_microdegrees or 0, address.longitude_microdegrees or 0)
                if address and point
                else None
            ),
            phone=self.phone,
            email=(self.contact.email or "") if self.contact else "",
            services=self.offer.services,
            hours=self.offer.hours,
            told_on=self.told_on,
        )

    def exported(self, source: str) -> Exported:
        """The same as it is told to everybody."""
        known, one = self.known(), self.organisation
        return Exported(
            id=str(one.id),
            siret=one.siret or "",
            kind=OrganisationKind(one.kind),
            name=one.name,
            commune=one.commune,
            insee=one.insee or "",
            postcode=known.postcode,
            street=known.street,
            complement=known.complement,
            microdegrees=known.microdegrees,
            phone=self.phone,
            email=self.public_email,
            services=tuple(sorted(self.offer.services)),
            hours=self.offer.hours,
            only_seniors=self.offer.publics == {Public.SENIOR},
            takes_passes=self.receives,
            told_on=self.told_on,
            source=source,
            imported=self.imported,
        )


def all_places(session: Session, *, on: date) -> list[PlaceInDirectory]:
    """Every place of the directory, by name.

    An organisation is a place when it signed to receive people, said what it offers, or came from
    a national file. One that was taken over by another is none any more.
    """
    receiving = {one.organisation.id for one in mediators.places_receiving(session, on=on)}
    described = set(session.scalars(select(PlaceProfile.organisation_id).distinct()))
    taken = set(session.scalars(select(PlaceTaking.organisation_id).distinct()))
    roles = partners.roles_by_organisation(session, OURS, on=on)
    gone = partners.succeeded_on(session, described | taken | roles | receiving, on=on)
    ids = (described | taken | roles | receiving) - gone
    return places_of(session, ids, receiving=receiving, ours=roles)


def places_of(
    session: Session, ids: Iterable[UUID], *, receiving: set[UUID], ours: set[UUID]
) -> list[PlaceInDirectory]:
    """What the directory knows of these organisations, by name."""
    found = partners.organisations_by_id(session, ids)
    offered = mediators.offers(session, found)
    addresses = partners.addresses_of(session, found)
    contacts = partners.contacts_by_organisation(session, found)
    imported = told_nationally(session, found)
    profiled = profile_days(session, found)
    places = []
    for one in found.values():
        reached = contacts.get(one.id, [])
        contact = next(
            (c for c in reached if c.position.casefold().startswith(RECEPTION)),
            next((c for c in reversed(reached) if c.phone), reached[-1] if reached else None),
        )
        address = addresses.get(one.id)
        told = [one.created_at, *([address.recorded_at] if address else [])]
        told += [contact.recorded_at] if contact else []
        told += [profiled[one.id]] if one.id in profiled else []
        places.append(
            PlaceInDirectory(
                organisation=one,
                offer=offered.get(one.id, Offer()),
                address=address,
                contact=contact,
                where=mediators.where_is(one, address),
                receives=one.id in receiving,
                ours=one.id in ours,
                imported=imported.get(one.id, {}),
                told_on=martinique_day(max(told)),
            )
        )
    return sorted(
        places, key=lambda place: (place.organisation.name.casefold(), place.organisation.id)
    )


def profile_days(session: Session, ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When each organisation last said what it offers."""
    rows = session.execute(
        select(PlaceProfile.organisation_id, PlaceProfile.recorded_at)
        .where(PlaceProfile.organisation_id.in_(list(ids)))
        .order_by(PlaceProfile.version)
    )
    return dict(rows.all())


# ── The list of places ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Asked:
    """Which places, and from where."""

    near: Point | None = None
    service: Service | None = None
    public: Public | None = None
    access: str | None = None
    """A way to come in of the national vocabulary."""
    open_now: bool = False
    receiving: bool = False
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A place of the list, with how far it is and whether it is open."""

    place: PlaceInDirectory
    distance_km: int | None
    standing: OpenState | None


def find_places(
    session: Session, asked: Asked, *, at: datetime, places: Sequence[PlaceInDirectory] = ()
) -> list[Found]:
    """The places that were asked for, the nearest first where it is known from where.

    `at` is local: whether a place is open is a matter of its own clock.
    """
    found = []
    for place in places or all_places(session, on=at.date()):
        told = standing(place.offer.hours, at)
        if not _fits(place, asked) or (asked.open_now and not (told and told.is_open)):
            continue
        found.append(Found(place, kilometres(place.where, asked.near), told))
    return sorted(found, key=_nearest)


def _fits(place: PlaceInDirectory, asked: Asked) -> bool:
    offer = place.offer
    return (
        (asked.service is None or asked.service in offer.services)
        and (asked.public is None or not offer.publics or asked.public in offer.publics)
        and (asked.access is None or asked.access in place.ways_in)
        and (not asked.receiving or place.receives)
        and (not asked.incomplete or bool(place.to_complete))
    )


def _nearest(found: Found) -> tuple[bool, int, str, bytes]:
    one = found.place.organisation
    far = found.distance_km
    return far is None, far or 0, one.name.casefold(), one.id.bytes


# ── Out ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class OpenData:
    """Our places as everybody may have them, and those that lack what the standard asks for."""

    told: tuple[Exported, ...] = ()
    left_out: tuple[tuple[PlaceInDirectory, tuple[str, ...]], ...] = field(default=())


def open_data(
    session: Session, *, on: date, source: str, places: Sequence[PlaceInDirectory] = ()
) -> OpenData:
    """The places that signed to receive people; a place lacking a required field is left out.

    `places` are those of the directory, where they were read already.
    """
    told, left = [], []
    for place in places or all_places(session, on=on):
        if not place.ours:
            continue
        exported = place.exported(source)
        if missing := missing_to_export(exported):
            left.append((place, tuple(missing)))
        else:
            told.append(exported)
    return OpenData(tuple(told), tuple(left))


def told_of(row: PlacesRow) -> Told | None:
    """What a row says, if it can be taken."""
    return Told(row.fields) if row.verdict == Verdict.TOLD else None
