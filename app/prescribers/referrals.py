"""Where to send a person: mediators able to receive people, in the order that suits."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Actor, Right
from app.kernel.clock import MARTINIQUE, martinique_day
from app.kernel.communes import commune_named
from app.mediators import queries as mediators
from app.mediators.queries import Place
from app.mediators.rules import week_in_words
from app.prescribers import queries
from app.prescribers.errors import AssessmentMissing
from app.prescribers.people import known_beneficiary
from app.prescribers.rules import (
    QUESTIONS,
    Candidate,
    Ranked,
    Wanted,
    fit_said,
    hours_said,
    rank,
    reason,
)
from app.programmes.rules import Public

FAR_KM = 15


@dataclass(frozen=True, slots=True)
class Choice:
    """A mediator in the order, and the sentence that says why it stands there."""

    place: Place
    ranked: Ranked
    reason: str
    alone: str
    """The same without a word on the place before it, for whoever shows another order."""
    fits: str
    """The part of it about the person: services and public."""
    opens: str
    """When it opens next."""

    @property
    def far(self) -> bool:
        """Whether somebody without a car would think twice."""
        return (self.ranked.distance_km or 0) > FAR_KM

    @property
    def week(self) -> str:
        """When it is open, on one line; empty when nobody said."""
        return " ; ".join(
            f"{day.lower()} {hours}" for day, hours in week_in_words(self.place.offer.hours)
        )


def ranked(
    session: Session, *, actor: Actor, beneficiary_id: UUID, answers: str, now: datetime
) -> list[Choice]:
    """Every mediator that may receive people today, for a person and their answers.

    Raises:
        AssessmentMissing: these are no answers.
        UnknownBeneficiary: nobody of one's own prescriber.
    """
    actor.check(Right.ISSUE_BOOKLETS)
    if not QUESTIONS.readable(answers):
        raise AssessmentMissing(count=len(QUESTIONS.questions))
    person = known_beneficiary(session, actor=actor, beneficiary_id=beneficiary_id)
    who = queries.identity(session, beneficiary_id)
    home = commune_named(who.commune) if who else None
    wanted = Wanted(
        services=QUESTIONS.services(answers),
        public=Public(person.public),
        home=home.centre if home else None,
        at=now.astimezone(MARTINIQUE),
    )
    able = {
        place.organisation.id: place
        for place in mediators.places_receiving(session, on=martinique_day(now))
    }
    order = rank((_candidate(place) for place in able.values()), wanted)
    return [
        Choice(
            able[one.place.id],
            one,
            reason(one, wanted),
            reason(replace(one, behind=None), wanted),
            fits=fit_said(one, wanted),
            opens=hours_said(one, wanted),
        )
        for one in order
    ]


def _candidate(place: Place) -> Candidate:
    return Candidate(
        place.organisation.id,
        place.organisation.name,
        services=place.offer.services,
        publics=place.offer.publics,
        where=place.where,
        openings=place.offer.hours,
    )
