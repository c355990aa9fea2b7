"""Who did what, in words: pages name the people who prepared, approved, mandated and paid."""

from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

from app.identity import queries
from app.identity.rules import FRENCH_ROLE, Actor, Role

Named = Callable[[int | None], str]
"""The name of an agent, as a reader is told it; of nobody, nothing."""


def named_to(session: Session, actor: Actor, agent_ids: Iterable[int | None]) -> Named:
    """How to name agents to that reader: « Nadège Exemple (coordination) », or « vous ».

    Who sees all organisations is told everybody’s name, others only those of their own: of what the
    authority did they are not told by whom, and the answer is empty. Asked once for a whole page.
    """
    found = queries.agents_by_id(session, {one for one in agent_ids if one is not None})

    def named(agent_id: int | None) -> str:
        agent = found.get(agent_id) if agent_id is not None else None
        if agent is None or not actor.sees(agent.organisation_id):
            return ""
        if agent.id == actor.agent_id:
            return "vous"
        return f"{agent.name} ({FRENCH_ROLE[Role(agent.role)].lower()})"

    return named
