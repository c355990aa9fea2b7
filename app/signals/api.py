"""Signals: patterns for people to judge."""

from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.signals import queries, service
from app.signals.schemas import (
    LookedSchema,
    SignalDecisionRequestSchema,
    SignalPageSchema,
    SignalSchema,
    SignalsQuery,
)
from app.signals.views import signals_shown
from app.web.api import Json, Routes, id_of_request, page
from app.web.auth import current_actor, started_at
from app.web.transaction import in_transaction

routes = Routes("signals", "Signalements : ce qu’une personne regarde et décide.")
bp = routes.blueprint


@routes.post(
    "/signals/look",
    "Chercher des signalements",
    right=Right.DECIDE_SIGNAL,
    answer=LookedSchema,
    status=200,
    description="Sur les deux derniers mois, aux seuils des réglages. Chacun n’est dit "
    "qu’une fois, et ne bloque rien.",
)
def look_for_signals() -> Json:
    """Tell the patterns that nobody was told of."""

    def work(session: Session) -> Json:
        service.look_for_signals(session, actor=current_actor(), now=started_at())
        return {"waiting_count": queries.waiting_count(session)}

    return in_transaction(work)


@routes.get(
    "/signals",
    "Lister les signalements",
    right=Right.SEE_SIGNALS,
    query=SignalsQuery,
    answer=SignalPageSchema,
)
def list_signals(query: Json) -> Json:
    """Signals in the order of their ids, with what was decided."""
    return in_transaction(
        lambda session: page(
            query,
            partial(queries.signals_after, session, query["after"]),
            partial(signals_shown, session),
        )
    )


@routes.post(
    "/signals/<uuid:signal_id>/decision",
    "Décider d’un signalement",
    right=Right.DECIDE_SIGNAL,
    body=SignalDecisionRequestSchema,
    answer=SignalSchema,
    description="Une fois, avec une note. Rien d’autre ne se fait tout seul.",
)
def decide_signal(body: Json, signal_id: UUID) -> Json:
    """Say what came of a signal."""

    def work(session: Session) -> list[Json]:
        service.decide_signal(
            session,
            actor=current_actor(),
            decision_id=id_of_request(body),
            signal_id=signal_id,
            now=started_at(),
            **body,
        )
        record = service.known_signal(session, actor=current_actor(), signal_id=signal_id)
        return signals_shown(session, [record])

    return in_transaction(work)[0]
