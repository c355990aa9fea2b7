"""What is told of programmes and vintages, whole pages at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import ledger
from app.database.rows import rows_by
from app.identity.models import Agent
from app.partners import queries as partners
from app.programmes import queries, service
from app.programmes.models import (
    Entitlement,
    FunderShare,
    Programme,
    ProgrammeSettings,
    SettingsWithdrawal,
    VintageTerms,
)
from app.programmes.rules import Terms
from app.programmes.words import Change, changes
from app.web.api import Json, shown


def programmes_shown(session: Session, programmes: Sequence[Programme], *, on: date) -> list[Json]:
    """Programmes with what each public is entitled to on that day."""
    ids = [programme.id for programme in programmes]
    applied = queries.settings_applied(session, ids, on)
    entitlements = rows_by(
        session, Entitlement.settings_id, [s.id for s in applied.values()], Entitlement.public
    )
    return [shown(p, entitlements=entitlements[applied[p.id].id]) for p in programmes]


def vintages_shown(session: Session, vintages: Sequence[VintageTerms]) -> list[Json]:
    """Vintages with their face value, which the ledger keeps."""
    return [
        shown(v, id=v.vintage_id, face_value_cents=ledger.face_value(session, v.vintage_id))
        for v in vintages
    ]


@dataclass(frozen=True, slots=True)
class VersionShown:
    """One version of the settings: what it says, who made it, what it changed, who took it back."""

    settings: ProgrammeSettings
    terms: Terms
    made_by: str
    changes: list[Change]
    withdrawal: SettingsWithdrawal | None
    withdrawn_by: str


def versions_shown(session: Session, versions: Sequence[ProgrammeSettings]) -> list[VersionShown]:
    """Versions one after the other, each compared with the last one before it that stands."""
    terms = [service.terms_of(session, version) for version in versions]
    names = funders_named(session, *terms)
    withdrawals = withdrawals_of(session, versions)
    people = agents_named(
        session,
        {version.made_by for version in versions} | {w.withdrawn_by for w in withdrawals.values()},
    )
    told: list[VersionShown] = []
    before: Terms | None = None
    for version, said in zip(versions, terms, strict=True):
        withdrawal = withdrawals.get(version.id)
        told.append(
            VersionShown(
                version,
                said,
                people[version.made_by],
                changes(before, said, names) if before else [],
                withdrawal,
                people[withdrawal.withdrawn_by] if withdrawal else "",
            )
        )
        before = before if withdrawal else said
    return told


def withdrawals_of(
    session: Session, versions: Sequence[ProgrammeSettings]
) -> dict[UUID, SettingsWithdrawal]:
    """The withdrawals of those versions that were taken back."""
    ids = [version.id for version in versions]
    found = rows_by(session, SettingsWithdrawal.settings_id, ids)
    return {settings_id: rows[0] for settings_id, rows in found.items() if rows}


def funders_named(session: Session, *terms: Terms) -> dict[UUID, str]:
    """Every funder of these settings by its name."""
    return partners.organisation_names(
        session, {share.organisation_id for said in terms for share in said.funders}
    )


def agents_named(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Agents by their names."""
    query = select(Agent.id, Agent.name).where(Agent.id.in_(ids))
    return dict(session.execute(query).all())


def settings_shown(session: Session, versions: Sequence[ProgrammeSettings]) -> list[Json]:
    """Versions of settings with what each public receives and who funds what."""
    ids = [version.id for version in versions]
    entitlements = rows_by(session, Entitlement.settings_id, ids, Entitlement.public)
    shares = rows_by(
        session,
        FunderShare.settings_id,
        ids,
        FunderShare.share_basis_points.desc(),
        FunderShare.organisation_id,
    )
    withdrawals = withdrawals_of(session, versions)
    return [
        shown(
            v,
            entitlements=entitlements[v.id],
            funders=shares[v.id],
            withdrawal=withdrawals.get(v.id),
        )
        for v in versions
    ]


def shares_shown(session: Session, settings: ProgrammeSettings) -> list[Json]:
    """Who funds what part in a version."""
    terms = service.terms_of(session, settings)
    names = funders_named(session, terms)
    return [
        {
            "organisation_id": share.organisation_id,
            "name": names[share.organisation_id],
            "share_basis_points": share.share_basis_points,
            "covers": share.covers,
        }
        for share in terms.funders
    ]
