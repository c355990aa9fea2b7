"""The ledger, read only: every movement, and what rests in each account."""

from functools import partial

from app import ledger
from app.identity.rules import Right
from app.reports.schemas import BalancePageSchema, BalanceQuery, MovementPageSchema
from app.reports.views import balances_shown, movements_shown
from app.web.api import Json, NumberPageQuery, Routes, page, whole
from app.web.auth import current_actor
from app.web.transaction import in_transaction

routes = Routes("ledger", "Le registre, en lecture seule.")
bp = routes.blueprint


@routes.get(
    "/ledger/movements",
    "Lister les mouvements",
    right=Right.SEE_LEDGER,
    query=NumberPageQuery,
    answer=MovementPageSchema,
)
def list_movements(query: Json) -> Json:
    """The journal, in the order of writing."""
    return in_transaction(
        lambda session: page(
            query,
            partial(ledger.movements_after, session, query["after"]),
            partial(movements_shown, session),
            key=lambda row: row[0].id,
        )
    )


@routes.get(
    "/ledger/balances",
    "Lire les soldes",
    right=Right.SEE_VOUCHERS,
    query=BalanceQuery,
    answer=BalancePageSchema,
    description="Ceux de votre structure ; la coordination, les finances, le comptable et le "
    "contrôle les voient tous.",
)
def list_balances(query: Json) -> Json:
    """What rests in each account, now or at an instant."""
    return in_transaction(
        lambda session: whole(balances_shown(session, actor=current_actor(), at=query["at"]))
    )
