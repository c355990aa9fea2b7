"""Hand-overs under way: where each is kept between its steps, and which of an agent's are not done.

A counter is interrupted: several may wait at once. Each is its agent's alone, sealed, and forgotten
with its hand-over or after a day (decision 0030).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from app.identity import drafts
from app.identity.drafts import Kept, Typed
from app.prescribers import queries
from app.prescribers.handover_parts import check_need
from app.prescribers.models import Beneficiary, BeneficiaryIdentity
from app.prescribers.rules import QUESTIONS
from app.web.auth import current_actor, started_at
from app.web.drafts import AGAIN
from app.web.forms import Form
from app.web.transaction import current_settings

PLACE = "/remises/nouvelle"
"""Where hand-overs under way are kept as drafts."""
PERSON = "personne"
"""In a draft: the id of the person whom the hand-over is for, once step 1 is done."""
WRONG = "!"
"""In a draft, before the names of a step and of a field: what to write there instead."""
FIELDS = {
    "person": (
        "recherche",
        "surname",
        "first_name",
        "birth_year",
        "commune",
        "public",
        "phone",
        "email",
        "autre",
    ),
    "need": (
        *(f"q{place}" for place in range(len(QUESTIONS.questions))),
        "signature",
        "engagement",
        "atteste",
        "declares",
    ),
    "booklet": ("carnets", "doublon", "renouvellement", "exception", "tardive", "lieu"),
}
"""What each step asks, by the names of its fields."""
LONGEST_NAME = 200
STEPS = ("la personne", "le besoin", "carnet et lieu")
CUT_STEPS = {"besoin": "handover_steps.need", "carnet": "handover_steps.booklet"}
"""The steps whose form may have arrived after the sign-in had ended, by how their address ends."""


def opened(session: Session, draft_id: UUID) -> Typed | None:
    """What was typed of a hand-over under way; None when it is done, given up or too old."""
    return drafts.kept_draft(
        session,
        draft_id=draft_id,
        agent_id=current_actor().agent_id,
        place=PLACE,
        secret_key=current_settings().secret_key,
        now=started_at(),
    )


def keep(session: Session, draft_id: UUID, typed: Typed) -> None:
    """Keep what was typed of a hand-over under way."""
    drafts.keep_draft(
        session,
        draft_id=draft_id,
        agent_id=current_actor().agent_id,
        place=PLACE,
        typed=typed,
        secret_key=current_settings().secret_key,
        now=started_at(),
    )


def person_of(typed: Typed) -> UUID | None:
    """The person whom a draft is for, once step 1 is done."""
    return UUID(typed[PERSON][0]) if PERSON in typed else None


def answered(typed: Typed) -> bool:
    """Whether a draft holds more than a person: what was answered, signed or scanned."""
    return any("".join(typed.get(name, [])) for name in (*FIELDS["need"], *FIELDS["booklet"]))


# ── Those that are not done ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A hand-over under way: whose, at which step, left when, and where it goes on."""

    id: UUID
    name: str
    """Empty while nobody is chosen or typed."""
    step: int
    kept_at: datetime
    address: str

    @property
    def step_in_words(self) -> str:
        """The step it waits at."""
        return STEPS[self.step - 1]


Known: TypeAlias = dict[UUID, tuple[Beneficiary, BeneficiaryIdentity]]
"""People of the agent's own prescriber, those that were not purged."""


class Cut(NamedTuple):
    """A form of a hand-over that arrived after the sign-in had ended."""

    endpoint: str
    draft: Kept


def unfinished(session: Session) -> tuple[Unfinished, ...]:
    """The agent's own hand-overs under way, the one left last first."""
    drafted, cuts = _under_way(session)
    known = queries.people_of(
        session,
        current_actor().organisation_id,
        [who for one in drafted.values() if (who := person_of(one.typed))],
    )
    told = [
        _told(id_, drafted.get(id_) or cuts[id_].draft, cuts.get(id_), known)
        for id_ in {**drafted, **cuts}
        if id_ in drafted or queries.prescription(session, id_) is None
    ]
    return tuple(sorted(told, key=lambda one: one.kept_at, reverse=True))


def give_up(session: Session, draft_id: UUID) -> bool:
    """Forget a hand-over under way, with what a sign-in cut short; whether a person stays noted."""
    agent_id = current_actor().agent_id
    noted = PERSON in (opened(session, draft_id) or {})
    for one in _kept(session):
        if _hand_over_of(one) == draft_id:
            drafts.forget_draft(session, draft_id=one.id, agent_id=agent_id)
    return noted


def _kept(session: Session) -> list[Kept]:
    return drafts.drafts_from(
        session,
        agent_id=current_actor().agent_id,
        place=PLACE,
        secret_key=current_settings().secret_key,
        now=started_at(),
    )


def _under_way(session: Session) -> tuple[dict[UUID, Kept], dict[UUID, Cut]]:
    """The drafts by hand-over, and the forms cut short that are newer than their draft."""
    kept = _kept(session)
    drafted = {one.id: one for one in kept if one.place == PLACE and "id" not in one.typed}
    cuts: dict[UUID, Cut] = {}
    for one in kept:
        of = _hand_over_of(one)
        if of == one.id or of is None or of in cuts:
            continue
        draft = drafted.get(of)
        newer = draft is None or draft.kept_at <= one.kept_at
        ending = one.place.rpartition("/")[2]
        if one.place == PLACE and newer:
            cuts[of] = Cut("handover_steps.person", one)
        elif draft is not None and newer and ending in CUT_STEPS:
            cuts[of] = Cut(CUT_STEPS[ending], one)
    return drafted, cuts


def _hand_over_of(one: Kept) -> UUID | None:
    """The hand-over that a draft belongs to: itself, or the one whose form was cut short."""
    below = one.place.removeprefix(PLACE).strip("/").partition("/")[0]
    try:
        return UUID(below or one.typed.get("id", [str(one.id)])[0])
    except ValueError:
        return None


def _told(id_: UUID, draft: Kept, cut: Cut | None, known: Known) -> Unfinished:
    typed, who = draft.typed, person_of(draft.typed)
    chosen = known.get(who) if who else None
    if chosen is None:
        step = 1
        words = (typed.get(field, [""])[0].strip() for field in ("first_name", "surname"))
        name = " ".join(filter(None, words))[:LONGEST_NAME]
    else:
        form = Form(typed, id_)
        check_need(form, chosen[0])
        step, name = (2 if form.errors else 3), f"{chosen[1].first_name} {chosen[1].surname}"
    if cut is not None:
        values: dict[str, Any] = {AGAIN: cut.draft.id}
        if cut.draft.place != PLACE:
            values["draft_id"] = id_
        address = url_for(cut.endpoint, **values)
        return Unfinished(id_, name, step, cut.draft.kept_at, address)
    goes_on = "handover_steps.person_again" if chosen is None else "handover_steps.go_on"
    return Unfinished(id_, name, step, draft.kept_at, url_for(goes_on, draft_id=id_))
