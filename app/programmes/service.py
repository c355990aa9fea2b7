"""Setting programmes and vintages up."""

import hashlib
import re
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.serials import LABEL
from app.kernel.text import clean
from app.partners.service import known_organisation, wrong_period
from app.programmes import queries
from app.programmes.errors import UnknownProgramme, UnknownVintage, VintageLabelTaken
from app.programmes.keys import KeyStore
from app.programmes.models import DemonstrationMark, Entitlement, Programme, VintageTerms
from app.programmes.rules import RECOMMENDED, Entitled, Payer, Validity

LARGEST_FACE_VALUE_CENTS = 100_000
LONGEST_TOLERANCE_DAYS = 366
LARGEST_VINTAGE_ID = 2**31 - 1


def create_programme(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID,
    name: str,
    payer: Payer,
    sponsor_id: UUID,
    issuer_id: UUID,
    now: datetime,
    entitlements: Iterable[Entitled] = RECOMMENDED,
) -> Programme:
    """Open a programme with what each public is entitled to.

    Raises:
        InvalidInput: the name cannot be one, or an entitlement is out of bounds.
        UnknownOrganisation: sponsor or issuer is nobody.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PROGRAMME)
    entitled = sorted(entitlements, key=lambda e: e.public)
    cleaned = clean(name)
    wrong = {}
    if cleaned is None:
        wrong["name"] = "Écrivez le nom du dispositif, en 200 caractères au plus."
    if len({e.public for e in entitled}) < len(entitled):
        wrong["entitlements"] = "Chaque public ne figure qu’une fois : retirez le doublon."
    if not all(e.in_bounds for e in entitled):
        wrong["entitlements"] = "Un public reçoit de 1 à 20 carnets, de 5 ou de 10 pass."
    if cleaned is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "programme",
        name=cleaned,
        payer=payer,
        sponsor=sponsor_id,
        issuer=issuer_id,
        entitlements=[(e.public, e.booklet_size, e.booklet_count) for e in entitled],
    )
    if record := earlier(session, Programme, programme_id, digest):
        return record
    known_organisation(session, sponsor_id)
    known_organisation(session, issuer_id)
    record = Programme(
        id=programme_id,
        request_hash=digest,
        name=cleaned,
        payer=payer,
        sponsor_id=sponsor_id,
        issuer_id=issuer_id,
        created_by=actor.agent_id,
        created_at=now,
    )
    session.add(record)
    session.flush()
    session.add_all(
        Entitlement(
            programme_id=programme_id,
            public=e.public,
            booklet_size=e.booklet_size,
            booklet_count=e.booklet_count,
        )
        for e in entitled
    )
    session.flush()
    return record


def known_programme(session: Session, programme_id: UUID) -> Programme:
    """The programme of that id.

    Raises:
        UnknownProgramme: there is none.
    """
    programme = queries.programme(session, programme_id)
    if programme is None:
        raise UnknownProgramme
    return programme


def create_vintage(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID,
    label: str,
    face_value_cents: int,
    valid_from: date,
    valid_until: date,
    tolerance_days: int,
    keys: KeyStore,
    now: datetime,
) -> VintageTerms:
    """Open a vintage and make its key. The label is its idempotency key: it names one vintage.

    Raises:
        UnknownProgramme: nothing has that id.
        InvalidInput: label, face value, days or tolerance out of bounds.
        VintageLabelTaken: the label names another vintage already.
    """
    actor.check(Right.MANAGE_PROGRAMME)
    known_programme(session, programme_id)
    wrong = wrong_period(valid_from, valid_until)
    if not re.fullmatch(LABEL, label):
        wrong["label"] = "Écrivez deux chiffres et une lettre, par exemple 26A."
    if not 0 < face_value_cents <= LARGEST_FACE_VALUE_CENTS:
        wrong["face_value_cents"] = "La valeur d’un pass va de 0,01 € à 1 000 €."
    if not 0 <= tolerance_days <= LONGEST_TOLERANCE_DAYS:
        wrong["tolerance_days"] = "La tolérance va de 0 à 366 jours."
    if wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "vintage",
        programme=programme_id,
        label=label,
        face_value_cents=face_value_cents,
        valid_from=valid_from,
        valid_until=valid_until,
        tolerance_days=tolerance_days,
    )
    hold(session, "vintage", label)
    if terms := queries.vintage_by_label(session, label):
        if terms.request_hash != digest:
            raise VintageLabelTaken
        return terms
    validity = Validity(valid_from, valid_until, tolerance_days)
    terms = VintageTerms(
        vintage_id=ledger.add_vintage(session, face_value_cents=face_value_cents),
        request_hash=digest,
        programme_id=programme_id,
        label=label,
        valid_from=valid_from,
        valid_until=valid_until,
        tolerance_days=tolerance_days,
        last_redemption_on=validity.last_redemption_on,
        key_fingerprint=hashlib.sha256(keys.create(label)).digest()[:8],
        created_by=actor.agent_id,
        created_at=now,
    )
    session.add(terms)
    session.flush()
    return terms


def known_vintage(session: Session, vintage_id: int) -> VintageTerms:
    """The terms of that vintage.

    Raises:
        UnknownVintage: there is none.
    """
    known = 0 < vintage_id <= LARGEST_VINTAGE_ID
    terms = queries.vintage(session, vintage_id) if known else None
    if terms is None:
        raise UnknownVintage
    return terms


def mark_demonstration(session: Session, *, now: datetime) -> None:
    """Say, for ever, that this database has held demonstration data."""
    if not queries.is_demonstration(session):
        session.add(DemonstrationMark(id=1, marked_at=now))
        session.flush()
