"""A hand-over under way is one person's: whoever else is typed or chosen there gets another one.

An agent with a queue goes back in the browser to the first step and types the next person. What was
assessed and signed there is the first person's: only a slip of theirs is put right without a word,
and anything more is asked about (decision 0076). What was typed meanwhile waits in a draft of its
own, and the first one is left as it is.
"""

from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.identity import drafts
from app.identity.drafts import Typed
from app.prescribers import queries
from app.prescribers.custody_desk import read_uuid
from app.prescribers.handover_drafts import answered, keep, opened, person_of
from app.prescribers.rules import is_slip, likeness
from app.programmes.rules import Public
from app.web.auth import current_actor
from app.web.forms import Form

FIRST = "premiere"
"""In a draft that asks whether its person is another: the hand-over that was under way before."""
WHO = "qui"
"""The answer to it: one of the two below."""
ANOTHER_PERSON, SAME_PERSON = "autre", "meme"


@dataclass(frozen=True, slots=True)
class First:
    """Whom a hand-over is for already."""

    id: UUID
    name: str
    birth_year: int
    public: Public
    noted_here: bool
    """Whether this very hand-over has written them down; they were found in a list otherwise."""
    waits: bool
    """Whether their hand-over is under way still, and was not given up."""


def registered_as(draft_id: UUID, public: str) -> UUID:
    """The id of the person whom a draft registers: a slip put right makes nobody twice."""
    return uuid5(draft_id, f"person {public}")


def free_id(session: Session, draft_id: UUID) -> UUID:
    """That id, or after a hand-over was made with it, the one that its old pages go on with.

    The same one whenever the old page is sent: a double click begins one hand-over.
    """
    while queries.prescription(session, draft_id) is not None:
        draft_id = uuid5(draft_id, "next")
    return draft_id


def first_of(session: Session, draft_id: UUID, kept: Typed) -> First | None:
    """Whom a hand-over is for: chosen or noted there, even when its draft was given up since."""
    noted = [registered_as(draft_id, public) for public in Public]
    settled = person_of(kept)
    known = queries.people_of(
        session, current_actor().organisation_id, [settled] if settled else noted
    )
    for person, who in known.values():
        return First(
            person.id,
            f"{who.first_name} {who.surname}",
            who.birth_year,
            Public(person.public),
            noted_here=person.id in noted,
            waits=settled is not None,
        )
    return None


def is_somebody_else(session: Session, first: First, form: Form) -> bool:
    """Whether what was typed is more than a slip of theirs, or they were found and not typed."""
    if not first.noted_here:
        return True
    who = queries.identity(session, first.id)
    return who is not None and not is_slip(
        known=(who.surname, who.first_name, str(who.birth_year)),
        typed=(form.text("surname"), form.text("first_name"), form.text("birth_year")),
    )


def typed_apart(session: Session, form: Form, typed: Typed) -> UUID:
    """Keep whoever was typed in a draft of their own, which asks who they are; its id.

    Sent again, it is the same draft; once it is somebody's, it is left as it is.
    """
    mark = f"{likeness(form.text('surname'), form.text('first_name'))} {form.text('birth_year')}"
    apart = free_id(session, uuid5(form.id, mark))
    there = opened(session, apart)
    if there is None or person_of(there) is None:
        keep(session, apart, typed | {FIRST: [str(form.id)]})
    return apart


def begun_apart(
    session: Session, draft_id: UUID, kept: Typed, first: First, chosen: UUID
) -> tuple[UUID, str]:
    """The hand-over of somebody else than the first, chosen in a list, and what is said of it.

    The first one stays as it is; one that says nothing but whom was chosen is forgotten.
    """
    if not first.noted_here and not answered(kept):
        drafts.forget_draft(session, draft_id=draft_id, agent_id=current_actor().agent_id)
    said = said_of_first(session, draft_id)
    return free_id(session, uuid5(draft_id, str(chosen))), said


def first_asked(session: Session, form: Form) -> First | None:
    """Whose hand-over it was, on the page that asks whether somebody else was typed there."""
    first_id = read_uuid(form.text(FIRST))
    return first_of(session, first_id, opened(session, first_id) or {}) if first_id else None


def said_of_first(session: Session, first_id: UUID) -> str:
    """Where the hand-over that was under way before is found again; nothing when it is over."""
    kept = opened(session, first_id)
    first = first_of(session, first_id, kept or {})
    if first is None or not first.waits:
        return ""
    return (
        "Une nouvelle remise est commencée. "
        f"Celle de {first.name} vous attend dans « Remises », avec ses réponses."
    )
