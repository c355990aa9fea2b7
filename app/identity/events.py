"""What happens to accounts, told once in a journal that nobody edits.

Every act on an account calls `record_event` in its own transaction. Nothing said there names a
person: agents by their numbers, network addresses as keyed hashes, browsers by their family.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.identity.models import AccountEvent
from app.identity.rules import AccountEventKind, Actor, Origin, Way

LONGEST_DETAIL = 200


def record_event(
    session: Session,
    *,
    kind: AccountEventKind,
    agent_id: int | None,
    actor: Actor | int | None,
    origin: Origin,
    now: datetime,
    detail: str | None = None,
) -> AccountEvent:
    """Tell what happened to the account of `agent_id`, and who did it.

    `agent_id` is None for an address without account, `actor` is None while nobody is signed in
    and for the operator of the machine. `detail` is a few words without any name or address of a
    person: the old and the new role, the label of a token, a reason.
    """
    event = AccountEvent(
        kind=kind,
        agent_id=agent_id,
        actor_id=actor.agent_id if isinstance(actor, Actor) else actor,
        way=Way.TOKEN if isinstance(actor, Actor) and actor.by_token else origin.way,
        detail=detail[:LONGEST_DETAIL] if detail else None,
        address_hash=origin.address_hash,
        browser=origin.browser,
        happened_at=now,
    )
    session.add(event)
    session.flush()
    return event
