"""Looking programmes, their settings and their vintages up."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.programmes.models import (
    DemonstrationMark,
    Entitlement,
    FreezeLift,
    FunderShare,
    Programme,
    ProgrammeFreeze,
    ProgrammeSettings,
    SettingsWithdrawal,
    VintageTerms,
)
from app.programmes.rules import Terms


def programme(session: Session, programme_id: UUID) -> Programme | None:
    """The programme of that id."""
    return session.get(Programme, programme_id)


def programmes_after(session: Session, after: UUID | None, *, limit: int) -> list[Programme]:
    """Programmes in the order of their ids, from after that one."""
    query = select(Programme).order_by(Programme.id).limit(limit)
    return list(session.scalars(query if after is None else query.where(Programme.id > after)))


def vintage(session: Session, vintage_id: int) -> VintageTerms | None:
    """The terms of that vintage."""
    return session.get(VintageTerms, vintage_id)


def vintage_by_label(session: Session, label: str) -> VintageTerms | None:
    """The terms of the vintage of that label."""
    return session.scalar(select(VintageTerms).where(VintageTerms.label == label))


def vintages_of(session: Session, programme_id: UUID) -> list[VintageTerms]:
    """The vintages of a programme, oldest first."""
    return list(
        session.scalars(
            select(VintageTerms)
            .where(VintageTerms.programme_id == programme_id)
            .order_by(VintageTerms.vintage_id)
        )
    )


def all_vintages(session: Session) -> dict[int, VintageTerms]:
    """Every vintage by its number."""
    return {terms.vintage_id: terms for terms in session.scalars(select(VintageTerms))}


def stands() -> ColumnElement[bool]:
    """The condition that a version has not been withdrawn."""
    return ProgrammeSettings.id.not_in(select(SettingsWithdrawal.settings_id))


def settings_on(session: Session, programme_id: UUID, day: date) -> ProgrammeSettings | None:
    """The version that applied on that day: the greatest ordinal among those that had begun."""
    return session.scalar(
        select(ProgrammeSettings)
        .where(ProgrammeSettings.programme_id == programme_id)
        .where(ProgrammeSettings.applies_from <= day, stands())
        .order_by(ProgrammeSettings.ordinal.desc())
        .limit(1)
    )


def settings_applied(
    session: Session, programme_ids: Collection[UUID], day: date
) -> dict[UUID, ProgrammeSettings]:
    """The version of each programme that applied on that day; before its first one, the first."""
    found: dict[UUID, ProgrammeSettings] = {}
    for version in session.scalars(
        select(ProgrammeSettings)
        .where(ProgrammeSettings.programme_id.in_(programme_ids), stands())
        .order_by(ProgrammeSettings.ordinal)
    ):
        if version.programme_id not in found or version.applies_from <= day:
            found[version.programme_id] = version
    return found


def known_settings(session: Session, settings_id: UUID) -> ProgrammeSettings | None:
    """The version of that id."""
    return session.get(ProgrammeSettings, settings_id)


def settings_withdrawal(session: Session, settings_id: UUID) -> SettingsWithdrawal | None:
    """Who took that version back, if anybody has."""
    return session.scalar(
        select(SettingsWithdrawal).where(SettingsWithdrawal.settings_id == settings_id)
    )


def standing_settings(session: Session, programme_id: UUID) -> list[ProgrammeSettings]:
    """The versions that apply some day, oldest first: those withdrawn never do."""
    return [
        version
        for version in settings_versions(session, programme_id)
        if settings_withdrawal(session, version.id) is None
    ]


def settings_versions(session: Session, programme_id: UUID) -> list[ProgrammeSettings]:
    """Every version of a programme's settings, oldest first, withdrawn or not."""
    return list(
        session.scalars(
            select(ProgrammeSettings)
            .where(ProgrammeSettings.programme_id == programme_id)
            .order_by(ProgrammeSettings.ordinal)
        )
    )


def settings_after(
    session: Session, programme_id: UUID, after: int | None, *, limit: int
) -> list[ProgrammeSettings]:
    """Versions of a programme's settings, oldest first, from after that ordinal."""
    return list(
        session.scalars(
            select(ProgrammeSettings)
            .where(ProgrammeSettings.programme_id == programme_id)
            .where(ProgrammeSettings.ordinal > (after or 0))
            .order_by(ProgrammeSettings.ordinal)
            .limit(limit)
        )
    )


def entitlement(session: Session, settings_id: UUID, public: str) -> Entitlement | None:
    """What that version of the settings gives to that public."""
    return session.get(Entitlement, (settings_id, public))


def entitlements_of(session: Session, settings_id: UUID) -> list[Entitlement]:
    """What a version of the settings gives to each public."""
    return list(
        session.scalars(
            select(Entitlement)
            .where(Entitlement.settings_id == settings_id)
            .order_by(Entitlement.public)
        )
    )


def shares_of(session: Session, settings_id: UUID) -> list[FunderShare]:
    """Who funds what part in a version of the settings, the greatest part first."""
    return list(
        session.scalars(
            select(FunderShare)
            .where(FunderShare.settings_id == settings_id)
            .order_by(FunderShare.share_basis_points.desc(), FunderShare.organisation_id)
        )
    )


def is_demonstration(session: Session) -> bool:
    """Whether this database has ever held demonstration data."""
    return session.get(DemonstrationMark, 1) is not None


@dataclass(frozen=True, slots=True)
class WarningDays:
    """How long before its last day something is on the list « à renouveler »."""

    agreement: int
    """Also for a régie, which lets hold what an agreement lets hand over."""
    label: int


def warning_days(session: Session, *, on: date) -> WarningDays:
    """What the settings of that day ask for; the longest, as partners serve every programme."""
    settings = [
        there
        for programme_id in session.scalars(select(Programme.id))
        if (there := settings_on(session, programme_id, on)) is not None
    ]
    proposed = Terms()
    return WarningDays(
        agreement=max(
            (one.agreement_warning_days for one in settings),
            default=proposed.agreement_warning_days,
        ),
        label=max(
            (one.label_warning_days for one in settings), default=proposed.label_warning_days
        ),
    )


def open_freeze(session: Session, programme_id: UUID) -> ProgrammeFreeze | None:
    """The freeze of a programme that nobody has lifted."""
    return session.scalar(
        select(ProgrammeFreeze)
        .outerjoin(FreezeLift, FreezeLift.freeze_id == ProgrammeFreeze.id)
        .where(ProgrammeFreeze.programme_id == programme_id, FreezeLift.id.is_(None))
    )


def open_freezes(
    session: Session, programme_id: UUID | None = None
) -> list[tuple[str, ProgrammeFreeze]]:
    """The freezes that nobody has lifted, with the names of their programmes; one's or all."""
    query = (
        select(Programme.name, ProgrammeFreeze)
        .join(Programme, Programme.id == ProgrammeFreeze.programme_id)
        .outerjoin(FreezeLift, FreezeLift.freeze_id == ProgrammeFreeze.id)
        .where(FreezeLift.id.is_(None))
        .order_by(Programme.name)
    )
    if programme_id is not None:
        query = query.where(ProgrammeFreeze.programme_id == programme_id)
    return [(name, freeze) for name, freeze in session.execute(query)]


def freezes_of(
    session: Session, programme_id: UUID
) -> list[tuple[ProgrammeFreeze, FreezeLift | None]]:
    """Every freeze of a programme with its end, the latest first."""
    rows = session.execute(
        select(ProgrammeFreeze, FreezeLift)
        .outerjoin(FreezeLift, FreezeLift.freeze_id == ProgrammeFreeze.id)
        .where(ProgrammeFreeze.programme_id == programme_id)
        .order_by(ProgrammeFreeze.frozen_at.desc(), ProgrammeFreeze.id)
    )
    return [(freeze, lift) for freeze, lift in rows]
