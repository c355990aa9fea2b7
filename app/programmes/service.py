"""Setting programmes and vintages up, and setting programmes to something else."""

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel import training
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.money import Cents, euros
from app.kernel.serials import LABEL
from app.kernel.text import clean, not_latin
from app.partners.rules import OrganisationKind
from app.partners.service import known_organisation, wrong_period
from app.programmes import queries
from app.programmes.errors import (
    BudgetBelowCommitted,
    NotAFunder,
    SettingsApplyAlready,
    SettingsChangedAfterwards,
    SettingsNotYetApply,
    SettingsUnchanged,
    SettingsWithdrawnAlready,
    UnknownProgramme,
    UnknownSettings,
    UnknownVintage,
    VintageLabelTaken,
)
from app.programmes.keys import KeyStore
from app.programmes.models import (
    DemonstrationMark,
    Entitlement,
    FunderShare,
    Programme,
    ProgrammeSettings,
    SettingsWithdrawal,
    VintageTerms,
)
from app.programmes.rules import (
    FIGURES,
    RECOMMENDED,
    Covers,
    Entitled,
    Payer,
    Public,
    Share,
    Terms,
    Validity,
    wrong_terms,
)

LARGEST_FACE_VALUE_CENTS = 100_000
LONGEST_TOLERANCE_DAYS = 366
LARGEST_VINTAGE_ID = 2**31 - 1
Committed = Callable[[Session, Programme, date], Cents]
"""What a programme has committed on a day: orders know it, above."""
COMMITTED = "passnum_committed"
"""Under this name the application holds that."""


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
    terms: Terms | None = None,
    applies_from: date | None = None,
) -> Programme:
    """Open a programme with the first version of its settings, which has the programme's id.

    Without `terms` everything but the entitlements is as recommended; without `applies_from` they
    apply from today on.

    Raises:
        InvalidInput: the name cannot be one, or a setting is out of bounds.
        UnknownOrganisation: sponsor or issuer is nobody.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PROGRAMME)
    terms = terms or Terms(entitlements=tuple(entitlements))
    today = martinique_day(now)
    cleaned = clean(name)
    wrong = wrong_terms(terms) | not_latin(name=name)
    if cleaned is None:
        wrong["name"] = "Écrivez le nom du dispositif, en 200 caractères au plus."
    if cleaned is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "programme",
        name=cleaned,
        payer=payer,
        sponsor=sponsor_id,
        issuer=issuer_id,
        applies_from=applies_from,
        terms=_content(terms),
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
    _write_settings(
        session,
        terms,
        ProgrammeSettings(
            id=programme_id,
            request_hash=digest,
            programme_id=programme_id,
            ordinal=1,
            applies_from=applies_from or today,
            made_by=actor.agent_id,
            made_at=now,
            made_on=today,
        ),
    )
    return record


def change_settings(
    session: Session,
    *,
    actor: Actor,
    settings_id: UUID,
    programme_id: UUID,
    applies_from: date,
    terms: Terms,
    now: datetime,
    document: str | None = None,
    committed: Committed | None = None,
    accept_below: bool = False,
) -> ProgrammeSettings:
    """Set a programme to something else from a day on: a whole new version, nothing is edited.

    Whoever types a budget sends `committed`: `app.orders.budget.committed_cents`, a layer above.

    Raises:
        UnknownProgramme, IdAlreadyUsed.
        BudgetBelowCommitted: more is committed already, and `accept_below` is not said.
        InvalidInput: a figure is out of bounds or out of order, or the document cannot be one.
        SettingsChangedAfterwards: the day has passed, or comes before that of a version that
            stands: withdraw that one first.
        SettingsUnchanged: the last version that stands says the same.
        UnknownOrganisation, NotAFunder: a share is nobody's, or of somebody who funds nothing.
    """
    actor.check(Right.MANAGE_PROGRAMME)
    wrong = wrong_terms(terms)
    named = clean(document) if document else None
    if document and named is None:
        wrong["document"] = "Écrivez la délibération ou l’acte, en 200 caractères au plus."
    if wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "settings",
        programme=programme_id,
        applies_from=applies_from,
        document=named,
        terms=_content(terms),
    )
    if record := earlier(session, ProgrammeSettings, settings_id, digest):
        return record
    programme = known_programme(session, programme_id)
    today = martinique_day(now)
    hold(session, "settings of", programme_id)
    if committed and terms.budget_cents is not None and not accept_below:
        _check_budget(session, programme, Cents(terms.budget_cents), committed, on=today)
    ordinal = queries.settings_versions(session, programme_id)[-1].ordinal
    last = queries.standing_settings(session, programme_id)[-1]
    earliest = max(today, last.applies_from)
    if applies_from < earliest:
        raise SettingsChangedAfterwards(earliest=f"{earliest:%d/%m/%Y}")
    if _content(terms) == _content(terms_of(session, last)):
        raise SettingsUnchanged(ordinal=last.ordinal)
    return _write_settings(
        session,
        terms,
        ProgrammeSettings(
            id=settings_id,
            request_hash=digest,
            programme_id=programme_id,
            ordinal=ordinal + 1,
            follows_ordinal=ordinal,
            applies_from=applies_from,
            document=named,
            made_by=actor.agent_id,
            made_at=now,
            made_on=today,
        ),
    )


def _check_budget(
    session: Session, programme: Programme, budget_cents: Cents, committed: Committed, *, on: date
) -> None:
    """Refuse a budget below what is committed, which nobody adds to meanwhile."""
    hold(session, "budget of", programme.id)
    there = committed(session, programme, on)
    if budget_cents < there:
        raise BudgetBelowCommitted(budget=euros(budget_cents), committed=euros(there))


def withdraw_settings(
    session: Session,
    *,
    actor: Actor,
    withdrawal_id: UUID,
    programme_id: UUID,
    settings_id: UUID,
    reason: str,
    now: datetime,
) -> SettingsWithdrawal:
    """Take back a version before its first day: it stays readable, and never applies.

    Raises:
        UnknownSettings, IdAlreadyUsed.
        InvalidInput: no reason, or not one line of 200 characters at most.
        SettingsApplyAlready: it has begun, or is the first one, without which nothing applies.
        SettingsWithdrawnAlready.
    """
    actor.check(Right.MANAGE_PROGRAMME)
    cleaned = clean(reason)
    if cleaned is None:
        raise InvalidInput(reason="Dites pourquoi, en 200 caractères au plus.")
    digest = request_hash("settings withdrawal", settings=settings_id, reason=cleaned)
    if record := earlier(session, SettingsWithdrawal, withdrawal_id, digest):
        return record
    hold(session, "settings of", programme_id)
    settings = queries.known_settings(session, settings_id)
    if settings is None or settings.programme_id != programme_id:
        raise UnknownSettings
    if queries.settings_withdrawal(session, settings_id):
        raise SettingsWithdrawnAlready(ordinal=settings.ordinal)
    today = martinique_day(now)
    if settings.ordinal == 1 or settings.applies_from <= today:
        raise SettingsApplyAlready(
            ordinal=settings.ordinal, applies_from=f"{settings.applies_from:%d/%m/%Y}"
        )
    record = SettingsWithdrawal(
        id=withdrawal_id,
        request_hash=digest,
        settings_id=settings_id,
        programme_id=programme_id,
        ordinal=settings.ordinal,
        applies_from=settings.applies_from,
        reason=cleaned,
        withdrawn_by=actor.agent_id,
        withdrawn_at=now,
        withdrawn_on=today,
    )
    session.add(record)
    session.flush()
    return record


def settings_on(session: Session, programme_id: UUID, day: date) -> ProgrammeSettings:
    """What applied to a programme on that day.

    Raises:
        UnknownProgramme: nothing has that id.
        SettingsNotYetApply: its first version applies from a later day.
    """
    settings = queries.settings_on(session, programme_id, day)
    if settings is None:
        known_programme(session, programme_id)
        first = queries.standing_settings(session, programme_id)[0]
        raise SettingsNotYetApply(applies_from=f"{first.applies_from:%d/%m/%Y}")
    return settings


def terms_of(session: Session, settings: ProgrammeSettings) -> Terms:
    """Everything that a version says, as plain values."""
    return Terms(
        entitlements=tuple(
            Entitled(Public(e.public), e.booklet_size, e.booklet_count, e.renewal_count)
            for e in queries.entitlements_of(session, settings.id)
        ),
        funders=tuple(
            Share(share.organisation_id, share.share_basis_points, Covers(share.covers))
            for share in queries.shares_of(session, settings.id)
        ),
        **{name: getattr(settings, name) for name in FIGURES},
    )


def _content(terms: Terms) -> dict[str, object]:
    """What a version says, whatever the order in which it was said."""
    return {
        "entitlements": sorted(
            [e.public, e.booklet_size, e.booklet_count, e.renewal_count] for e in terms.entitlements
        ),
        "funders": sorted(
            [str(f.organisation_id), f.share_basis_points, f.covers] for f in terms.funders
        ),
        **{name: getattr(terms, name) for name in FIGURES},
    }


def _write_settings(
    session: Session, terms: Terms, settings: ProgrammeSettings
) -> ProgrammeSettings:
    for name in FIGURES:
        setattr(settings, name, getattr(terms, name))
    funders = [known_organisation(session, share.organisation_id) for share in terms.funders]
    for funder in funders:
        if funder.kind != OrganisationKind.FUNDER:
            raise NotAFunder(name=funder.name)
    session.add(settings)
    session.flush()
    session.add_all(
        Entitlement(
            settings_id=settings.id,
            public=e.public,
            booklet_size=e.booklet_size,
            booklet_count=e.booklet_count,
            renewal_count=e.renewal_count,
        )
        for e in sorted(terms.entitlements, key=lambda e: e.public)
    )
    session.add_all(
        FunderShare(
            settings_id=settings.id,
            organisation_id=funder.id,
            organisation_kind=funder.kind,
            share_basis_points=share.share_basis_points,
            covers=share.covers,
        )
        for funder, share in zip(funders, terms.funders, strict=True)
    )
    session.flush()
    return settings


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
    taken_over: bool = False,
) -> VintageTerms:
    """Open a vintage and make its key. The label is its idempotency key: it names one vintage.

    `taken_over`: its booklets were printed before passnum and come in by app.takeover; nothing is
    ordered in it, because its numbers are somebody else's.

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
    elif label == training.LABEL and not queries.is_demonstration(session):
        wrong["label"] = "Ce millésime est celui des carnets d’entraînement : prenez-en un autre."
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
        taken_over=taken_over,
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
        taken_over=taken_over,
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
