"""What is told of places, of applications for a label, and of what ends soon."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy.orm import Session

from app.mediators import queries
from app.mediators.models import CashOffice, CashOfficeClosure, LabelApplication, PlaceProfile
from app.web.api import Json, shown


def applications_shown(session: Session, applications: Sequence[LabelApplication]) -> list[Json]:
    """Applications with the steps that they reached."""
    steps = queries.progress_of(session, [one.id for one in applications])
    return [shown(one, progress=[shown(step) for step in steps[one.id]]) for one in applications]


def profiles_shown(session: Session, profiles: Sequence[PlaceProfile]) -> list[Json]:
    """Versions of profiles, with services, publics and hours in order."""
    offers = queries.offers_of(session, profiles)
    return [
        shown(
            one,
            services=sorted(offers[one.id].services),
            publics=sorted(offers[one.id].publics),
            hours=[asdict(stretch) for stretch in offers[one.id].hours],
        )
        for one in profiles
    ]


def renewals_shown(renewals: Sequence[queries.Renewal]) -> list[Json]:
    """What ends soon."""
    return [
        {
            "kind": one.kind,
            "id": one.id,
            "organisation_id": one.organisation.id,
            "organisation_name": one.organisation.name,
            "reference": one.reference,
            "role": one.role,
            "valid_until": one.valid_until,
        }
        for one in renewals
    ]


def cash_office_shown(office: CashOffice, closure: CashOfficeClosure | None) -> Json:
    """A régie, and its early end."""
    return shown(
        office,
        ends_from=closure.from_on if closure else None,
        ended_because=closure.reason if closure else None,
    )
