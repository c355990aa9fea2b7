"""Where organisations are, and how to reach them: what is said last is true."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean, not_latin, read_email
from app.partners import queries
from app.partners.errors import ContactReplacedAlready, UnknownContact
from app.partners.models import PartnerAddress, PartnerContact
from app.partners.rules import (
    FARTHEST_LATITUDE,
    FARTHEST_LONGITUDE,
    read_phone,
    read_postcode,
)
from app.partners.service import known_organisation


def record_address(
    session: Session,
    *,
    actor: Actor,
    address_id: UUID,
    organisation_id: UUID,
    street: str,
    complement: str | None,
    postcode: str,
    latitude_microdegrees: int | None,
    longitude_microdegrees: int | None,
    now: datetime,
) -> PartnerAddress:
    """Say where an organisation is; it replaces what was said before, which stays written.

    Raises:
        UnknownOrganisation: nobody has that id.
        InvalidInput: street, postcode or coordinates cannot be one.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    road, code = clean(street), read_postcode(postcode)
    more = clean(complement) if complement else None
    wrong = not_latin(street=street, complement=complement)
    if road is None:
        wrong["street"] = "Écrivez le numéro et la rue, ou le lieu-dit."
    if complement and more is None:
        wrong["complement"] = "Écrivez le complément en 200 caractères au plus."
    if code is None:
        wrong["postcode"] = "Un code postal a 5 chiffres : par exemple 97214."
    wrong |= _wrong_point(latitude_microdegrees, longitude_microdegrees)
    if road is None or code is None or wrong:
        raise InvalidInput(**wrong)
    said = {
        "street": road,
        "complement": more,
        "postcode": code,
        "latitude_microdegrees": latitude_microdegrees,
        "longitude_microdegrees": longitude_microdegrees,
    }
    digest = request_hash("address", organisation=organisation_id, said=said)
    if record := earlier(session, PartnerAddress, address_id, digest):
        return record
    hold(session, "organisation", organisation_id)
    known_organisation(session, organisation_id)
    before = queries.address_of(session, organisation_id)
    record = PartnerAddress(
        id=address_id,
        request_hash=digest,
        organisation_id=organisation_id,
        version=before.version + 1 if before else 1,
        recorded_by=actor.agent_id,
        recorded_at=now,
        **said,
    )
    session.add(record)
    session.flush()
    return record


def _wrong_point(latitude: int | None, longitude: int | None) -> dict[str, str]:
    """What is wrong with coordinates in millionths of a degree: both or none, and on Earth."""
    wrong = {}
    if (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        wrong[f"{missing}_microdegrees"] = "Donnez la latitude et la longitude, ou aucune des deux."
    if latitude is not None and not -FARTHEST_LATITUDE <= latitude <= FARTHEST_LATITUDE:
        wrong["latitude_microdegrees"] = "Une latitude va de −90 à 90 degrés : par exemple 14,801."
    if longitude is not None and not -FARTHEST_LONGITUDE <= longitude <= FARTHEST_LONGITUDE:
        wrong["longitude_microdegrees"] = (
            "Une longitude va de −180 à 180 degrés : par exemple −61,074."
        )
    return wrong


def record_contact(
    session: Session,
    *,
    actor: Actor,
    contact_id: UUID,
    organisation_id: UUID,
    position: str,
    phone: str | None,
    email: str | None,
    now: datetime,
    replaces_id: UUID | None = None,
) -> PartnerContact:
    """Say how to reach a function of an organisation, by telephone, by e-mail or both.

    Its own agents may. `replaces_id` names the contact that this one replaces; without telephone
    and e-mail it only ends that one.

    Raises:
        OtherOrganisation: it is neither the actor's nor the coordination that asks.
        UnknownOrganisation: nobody has that id.
        InvalidInput: function, telephone or e-mail cannot be one, or there is nothing to call.
        UnknownContact: it replaces one that is not this organisation's.
        ContactReplacedAlready: another replaced it meanwhile.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.CORRECT_PROFILE)
    actor.check_sees(organisation_id)
    function = clean(position, longest=100)
    number = read_phone(phone) if phone else None
    address = read_email(email) if email else None
    wrong = {}
    if function is None:
        wrong["position"] = "Écrivez la fonction à joindre : accueil, direction, comptabilité…"
    if phone and number is None:
        wrong["phone"] = "Écrivez un numéro de téléphone : par exemple 0596 00 00 00."
    if email and address is None:
        wrong["email"] = "Écrivez une adresse électronique : par exemple accueil@exemple.fr."
    ended = not phone and not email
    if ended and replaces_id is None:
        wrong["phone"] = "Donnez un numéro de téléphone ou une adresse électronique."
    if function is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "contact",
        organisation=organisation_id,
        position=function,
        phone=number,
        email=address,
        replaces=replaces_id,
    )
    if record := earlier(session, PartnerContact, contact_id, digest):
        return record
    hold(session, "organisation", organisation_id)
    known_organisation(session, organisation_id)
    if replaces_id is not None:
        _check_replaceable(session, replaces_id, organisation_id=organisation_id)
    record = PartnerContact(
        id=contact_id,
        request_hash=digest,
        organisation_id=organisation_id,
        position=function,
        phone=number,
        email=address,
        replaces_id=replaces_id,
        ended=ended,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def _check_replaceable(session: Session, contact_id: UUID, *, organisation_id: UUID) -> None:
    replaced = queries.contact(session, contact_id)
    if replaced is None or replaced.organisation_id != organisation_id:
        raise UnknownContact
    if replaced.ended or queries.contact_that_replaced(session, contact_id):
        raise ContactReplacedAlready
