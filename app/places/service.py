"""Places from a national file: read row by row, held against the directory, taken one by one.

A place that comes in is a line of the directory and nothing more: it receives people with passes
once it has an agreement and a label, like any other.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.database.locks import earlier, hold
from app.database.rows import insert_rows
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.communes import key_of
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import written_phone
from app.mediators import queries as mediators
from app.mediators.queries import Offer
from app.mediators.service import record_profile
from app.partners import contacts
from app.partners import queries as partners
from app.partners.models import PartnerContact
from app.partners.rules import OrganisationKind
from app.partners.service import known_organisation, register_organisation
from app.places import queries, reading
from app.places.errors import (
    PlaceRowNotToTake,
    PlaceRowTakenAlready,
    PlacesFileUnreadable,
    UnknownPlacesFile,
)
from app.places.models import PlacesFile, PlacesRow, PlaceTaking
from app.places.queries import PlaceInDirectory
from app.places.rules import (
    CHOSEN_KINDS,
    LONGEST_FIELD,
    MOST_KEPT,
    Aspect,
    Difference,
    Known,
    Row,
    Told,
    Verdict,
    commune_of,
    differences,
    read_row,
)
from app.programmes.queries import is_demonstration
from app.works.rules import nobody

CHUNK = 1_000


class Fate(StrEnum):
    """How a row of a file stands against the directory at this moment."""

    NEW = "new"
    DIFFERENT = "different"
    SAME = "same"
    TAKEN = "taken"
    WRONG = "wrong"


FRENCH_FATE = {
    Fate.NEW: "Nouveau lieu",
    Fate.DIFFERENT: "Différent de l’annuaire",
    Fate.SAME: "Identique à l’annuaire",
    Fate.TAKEN: "Repris",
    Fate.WRONG: "Écarté",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with its fate, the place that it speaks of, and what it would change."""

    row: PlacesRow
    fate: Fate
    place: PlaceInDirectory | None
    differences: tuple[Difference, ...]
    kind: OrganisationKind | None
    """What it is, where the file says so without doubt."""
    older: bool = False
    """Whether the directory was spoken to since the file says that it was brought up to date."""

    @property
    def told_on(self) -> date:
        """When what the row says was brought up to date."""
        return date.fromisoformat(self.row.fields["date_maj"])

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is said of the row."""
        return tuple(filter(None, self.row.remarks.split("\n")))


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────


def read_places(
    session: Session, *, actor: Actor, file_id: UUID, content: bytes, now: datetime
) -> PlacesFile:
    """Read a file of the national schema; the same content again finds the first reading.

    Rows of the eighteen communes are kept with their verdict; the others are counted.

    Raises:
        PlacesFileUnreadable: it is no such file, has no row, or too many are of the territory.
        IdAlreadyUsed: the id came earlier with another file.
    """
    actor.check(Right.MANAGE_PARTNERS)
    file_hash = hashlib.sha256(content).digest()
    digest = request_hash("places file", file=file_hash.hex())
    if record := earlier(session, PlacesFile, file_id, digest):
        return record
    hold(session, "places file", file_hash.hex())
    if record := queries.file_of_content(session, file_hash):
        return record
    row_count, elsewhere = 0, 0
    kept: list[Row] = []
    seen: set[tuple[str, str]] = set()
    for line, typed in reading.rows(content):
        row_count += 1
        if commune_of({name: typed.get(name, "") for name in ("code_insee", "commune")}) is None:
            elsewhere += 1
            continue
        kept.append(_once(read_row(line, typed), seen))
    if not row_count:
        raise PlacesFileUnreadable(reason="il n’a aucune ligne de lieu")
    if len(kept) > MOST_KEPT:
        raise PlacesFileUnreadable(reason=f"il a plus de {MOST_KEPT} lieux du territoire")
    record = PlacesFile(
        id=file_id,
        request_hash=digest,
        file_hash=file_hash,
        row_count=row_count,
        elsewhere_count=elsewhere,
        wrong_count=sum(row.verdict is Verdict.WRONG for row in kept),
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    for start in range(0, len(kept), CHUNK):
        insert_rows(
            session,
            PlacesRow,
            [
                {
                    "file_id": file_id,
                    "line": row.line,
                    "verdict": str(row.verdict),
                    "national_id": row.fields.get("id", ""),
                    "source": row.fields.get("source", ""),
                    "fields": dict(sorted(row.fields.items())),
                    "remarks": "\n".join(one[:LONGEST_FIELD] for one in row.remarks),
                }
                for row in kept[start : start + CHUNK]
            ],
        )
    return record


def _once(row: Row, seen: set[tuple[str, str]]) -> Row:
    """The row, put aside when an earlier one has its identifier."""
    key = row.fields.get("source", ""), row.fields.get("id", "")
    if row.verdict is Verdict.TOLD and key in seen:
        said = ("Cet identifiant est déjà plus haut dans le fichier (id).",)
        return replace(row, verdict=Verdict.WRONG, remarks=said)
    seen.add(key)
    return row


def known_places_file(session: Session, *, actor: Actor, file_id: UUID) -> PlacesFile:
    """The file of that id.

    Raises:
        UnknownPlacesFile: there is none.
    """
    actor.check(Right.MANAGE_PARTNERS)
    record = queries.places_file(session, file_id)
    if record is None:
        raise UnknownPlacesFile
    return record


# ── Judging ───────────────────────────────────────────────────────────────────────────────────────


def judged(session: Session, file: PlacesFile) -> list[Judged]:
    """Every row that was kept of a file, against the directory as it is now."""
    rows = queries.rows_of_file(session, file.id)
    taken = queries.takings_of_file(session, file.id)
    matched = _matched(session, rows)
    matched |= {line: taking.organisation_id for line, taking in taken.items()}
    found = queries.places_of(session, set(matched.values()), receiving=set(), ours=set())
    places = {place.organisation.id: place for place in found}
    spoken_of = {line: places.get(place_id) for line, place_id in matched.items()}
    return [_fate(row, spoken_of.get(row.line), taken=row.line in taken) for row in rows]


def _fate(row: PlacesRow, place: PlaceInDirectory | None, *, taken: bool) -> Judged:
    told = queries.told_of(row)
    if told is None:
        return Judged(row, Fate.WRONG, None, (), None)
    if taken:
        return Judged(row, Fate.TAKEN, place, (), told.kind)
    if place is None:
        return Judged(row, Fate.NEW, None, (), told.kind)
    changes = tuple(differences(told, place.known()))
    fate = Fate.DIFFERENT if changes else Fate.SAME
    older = told.fields["date_maj"] < place.told_on.isoformat()
    return Judged(row, fate, place, changes, told.kind, older=older)


def _matched(session: Session, rows: Iterable[PlacesRow]) -> dict[int, UUID]:
    """The organisation that each row speaks of: by its identifier, its SIRET, or its name.

    One SIRET may stand for several places, a town and its libraries: then only the one that bears
    the organisation's name is that organisation.
    """
    told = {row.line: one for row in rows if (one := queries.told_of(row)) is not None}
    taken = queries.organisations_taken(session)
    bodies = partners.all_organisations(session)
    by_siret = {one.siret: one for one in bodies if one.siret}
    by_name = {(key_of(one.name), one.insee): one for one in bodies}
    sharing = Counter(one.siret for one in told.values() if one.siret)
    found: dict[int, UUID] = {}
    for line, one in told.items():
        fields, siret = one.fields, one.siret
        name = key_of(fields["nom"])
        body = by_siret.get(siret) if siret else None
        if body is not None and siret and sharing[siret] > 1 and key_of(body.name) != name:
            body = None
        body = body or by_name.get((name, fields.get("code_insee")))
        known = taken.get((fields.get("source", ""), fields["id"]))
        if known is not None:
            found[line] = known
        elif body is not None:
            found[line] = body.id
    return found


# ── Taking ────────────────────────────────────────────────────────────────────────────────────────


def take_rows(
    session: Session,
    *,
    actor: Actor,
    request_id: UUID,
    file_id: UUID,
    lines: Mapping[int, OrganisationKind | None],
    now: datetime,
    told: Callable[[int], None] = nobody,
) -> list[PlaceTaking]:
    """Take rows of a file into the directory: a new place, or what differs of a known one.

    `lines` says what each new place is, where the file leaves it open. All of them or none.
    `told` hears how many are taken.

    Raises:
        UnknownPlacesFile: there is none.
        PlaceRowNotToTake: a row is wrong, unknown, or changes nothing.
        PlaceRowTakenAlready: somebody took it.
        InvalidInput: nobody says what a new place is.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    if not lines:
        raise InvalidInput(lines="Cochez au moins une ligne à reprendre.")
    file = known_places_file(session, actor=actor, file_id=file_id)
    hold(session, "places file", file.file_hash.hex())
    before = {one.row.line: one for one in judged(session, file)}
    found = []
    for line, kind in sorted(lines.items()):
        taking_id = uuid5(request_id, str(line))
        digest = request_hash("place taking", file=file_id, line=line, kind=kind)
        if record := earlier(session, PlaceTaking, taking_id, digest):
            found.append(record)
            continue
        one = before.get(line)
        if one is not None and one.fate is Fate.TAKEN:
            raise PlaceRowTakenAlready(line=line)
        if one is None or one.fate not in {Fate.NEW, Fate.DIFFERENT}:
            raise PlaceRowNotToTake(line=line)
        hand = _Hand(session, actor, taking_id, Told(one.row.fields), now)
        record = PlaceTaking(
            id=taking_id,
            request_hash=digest,
            file_id=file_id,
            line=line,
            verdict=str(Verdict.TOLD),
            organisation_id=hand.takes(one, kind),
            recorded_by=actor.agent_id,
            recorded_at=now,
        )
        session.add(record)
        session.flush()
        found.append(record)
        told(len(found))
    return found


@dataclass(frozen=True, slots=True)
class _Hand:
    """Who takes one row, and what it says."""

    session: Session
    actor: Actor
    taking_id: UUID
    told: Told
    now: datetime

    def takes(self, one: Judged, kind: OrganisationKind | None) -> UUID:
        """Write down what the row says; the organisation that it speaks of."""
        if one.place is None:
            organisation_id = self._registers(one, kind)
            aspects = set(Aspect)
        else:
            organisation_id = one.place.organisation.id
            aspects = {change.aspect for change in one.differences}
        if Aspect.ADDRESS in aspects:
            self._locates(organisation_id, one.place)
        if Aspect.CONTACT in aspects and (self.told.phone or self.told.email):
            self._reaches(organisation_id, one.place.contact if one.place else None)
        if Aspect.PROFILE in aspects:
            self._describes(organisation_id, one.place.offer if one.place else Offer())
        return organisation_id

    def _registers(self, one: Judged, kind: OrganisationKind | None) -> UUID:
        """A new organisation, without a SIRET that another place of the same body bears."""
        nature = kind or one.kind
        if nature not in CHOSEN_KINDS:
            line = one.row.line
            raise InvalidInput(**{f"kind_{line}": f"Dites ce qu’est le lieu de la ligne {line}."})
        siret = self.told.siret
        if siret and partners.organisation_by_siret(self.session, siret):
            siret = None
        return register_organisation(
            self.session,
            actor=self.actor,
            organisation_id=uuid5(self.taking_id, "organisation"),
            kind=nature,
            name=self.told.fields["nom"],
            commune=self.told.fields["commune"],
            siret=siret,
            insee=self.told.fields.get("code_insee"),
            now=self.now,
        ).id

    def _locates(self, organisation_id: UUID, before: PlaceInDirectory | None) -> None:
        """Where it is; what the file leaves unsaid stays as it was."""
        fields = self.told.fields
        said = before.known() if before else Known()
        latitude, longitude = self.told.microdegrees or said.microdegrees or (None, None)
        contacts.record_address(
            self.session,
            actor=self.actor,
            address_id=uuid5(self.taking_id, "address"),
            organisation_id=organisation_id,
            street=fields["adresse"],
            complement=fields.get("complement_adresse") or said.complement or None,
            postcode=fields["code_postal"],
            latitude_microdegrees=latitude,
            longitude_microdegrees=longitude,
            now=self.now,
        )

    def _reaches(self, organisation_id: UUID, replaced: PartnerContact | None) -> None:
        contacts.record_contact(
            self.session,
            actor=self.actor,
            contact_id=uuid5(self.taking_id, "contact"),
            organisation_id=organisation_id,
            position=replaced.position if replaced else "Accueil",
            phone=self.told.phone or (replaced.phone if replaced else None),
            email=self.told.email or (replaced.email if replaced else None),
            replaces_id=replaced.id if replaced else None,
            now=self.now,
        )

    def _describes(self, organisation_id: UUID, offer: Offer) -> None:
        profile = mediators.profile_of(self.session, organisation_id)
        record_profile(
            self.session,
            actor=self.actor,
            profile_id=uuid5(self.taking_id, "profile"),
            organisation_id=organisation_id,
            version=profile.version + 1 if profile else 1,
            services=self.told.services or offer.services,
            publics=offer.publics,
            hours=self.told.hours or offer.hours,
            access_notes=offer.access_notes,
            now=self.now,
        )


# ── Completing ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody who knows a place says of it, all at once."""

    street: str
    complement: str
    postcode: str
    microdegrees: tuple[int | None, int | None]
    phone: str
    email: str
    offer: Offer
    version: int
    """The version of the profile that comes next, as it was read."""


def complete_place(
    session: Session,
    *,
    actor: Actor,
    request_id: UUID,
    organisation_id: UUID,
    said: Said,
    now: datetime,
) -> list[Aspect]:
    """Write down what of a place is new: its address, how to reach it, what it offers and when.

    Raises:
        UnknownOrganisation: nobody has that id.
        InvalidInput: something cannot be so.
        ProfileChanged: somebody else described it meanwhile.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    known_organisation(session, organisation_id)
    (place,) = queries.places_of(session, [organisation_id], receiving=set(), ours=set())
    before, written = place.known(), []
    address = said.street, said.complement, said.postcode, said.microdegrees
    at = before.microdegrees or (None, None)
    if address != (before.street, before.complement, before.postcode, at):
        latitude, longitude = said.microdegrees
        contacts.record_address(
            session,
            actor=actor,
            address_id=uuid5(request_id, "address"),
            organisation_id=organisation_id,
            street=said.street,
            complement=said.complement or None,
            postcode=said.postcode,
            latitude_microdegrees=latitude,
            longitude_microdegrees=longitude,
            now=now,
        )
        written.append(Aspect.ADDRESS)
    if (said.phone, said.email) != (written_phone(before.phone), before.email):
        contacts.record_contact(
            session,
            actor=actor,
            contact_id=uuid5(request_id, "contact"),
            organisation_id=organisation_id,
            position=place.contact.position if place.contact else "Accueil",
            phone=said.phone or None,
            email=said.email or None,
            replaces_id=place.contact.id if place.contact else None,
            now=now,
        )
        written.append(Aspect.CONTACT)
    if said.offer != place.offer:
        record_profile(
            session,
            actor=actor,
            profile_id=uuid5(request_id, "profile"),
            organisation_id=organisation_id,
            version=said.version,
            services=said.offer.services,
            publics=said.offer.publics,
            hours=said.offer.hours,
            access_notes=said.offer.access_notes,
            now=now,
        )
        written.append(Aspect.PROFILE)
    return written


def open_data(
    session: Session, *, now: datetime, places: Sequence[queries.PlaceInDirectory] = ()
) -> queries.OpenData:
    """Our places as everybody may have them, told by the sponsor: nobody's right is asked for.

    `places` are those of the directory, where they were read already.
    """
    source = (
        "SPÉCIMEN, données de démonstration"
        if is_demonstration(session)
        else ", ".join(partners.names_of_kind(session, OrganisationKind.SPONSOR))
    )
    return queries.open_data(session, on=martinique_day(now), source=source, places=places)
