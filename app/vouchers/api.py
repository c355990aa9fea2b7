"""Booklets, passes and their histories. A code never travels in an address."""

from functools import partial

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.vouchers import queries, service
from app.vouchers.schemas import (
    BOOKLET,
    SERIAL,
    BookletPageSchema,
    HistoryPageSchema,
    VoucherSchema,
    WholeBookletSchema,
)
from app.vouchers.views import booklets_shown, voucher_shown
from app.web.api import Json, NumberPageQuery, Routes, page, text_in_path, whole
from app.web.auth import current_actor
from app.web.transaction import in_transaction

routes = Routes("vouchers", "Carnets et pass : où ils sont, où ils ont été.")
bp = routes.blueprint


@routes.get(
    "/booklets",
    "Lister les carnets",
    right=Right.SEE_VOUCHERS,
    query=NumberPageQuery,
    answer=BookletPageSchema,
    description="Ceux de votre structure : au moins un de leurs pass y repose, ou y est attendu. "
    "La coordination, les finances, le comptable et le contrôle les voient tous.",
)
def list_booklets(query: Json) -> Json:
    """Booklets in the order of their arrival."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                queries.booklets_after, session, query["after"], holder_id=current_actor().scope
            ),
            partial(booklets_shown, session),
        )
    )


@routes.get(
    "/booklets/<string:number>",
    "Lire un carnet",
    right=Right.SEE_VOUCHERS,
    answer=WholeBookletSchema,
    refuses=(404, 422),
    parameters=[text_in_path("number", "Numéro du carnet, ou d’un de ses pass.", BOOKLET)],
)
def read_booklet(number: str) -> Json:
    """One booklet and each of its passes."""

    def work(session: Session) -> list[Json]:
        booklet = service.seen_booklet(session, actor=current_actor(), typed=number)
        return booklets_shown(session, [booklet])

    return in_transaction(work)[0]


@routes.get(
    "/vouchers/<string:serial>",
    "Lire un pass",
    right=Right.SEE_VOUCHERS,
    answer=VoucherSchema,
    refuses=(404, 422),
    parameters=[text_in_path("serial", "Numéro de série imprimé.", SERIAL)],
    description="Prescripteurs et médiateurs ne voient que les pass passés par leur structure.",
)
def read_voucher(serial: str) -> Json:
    """One pass by its printed serial number."""

    def work(session: Session) -> Json:
        seen = service.seen_voucher(session, actor=current_actor(), typed=serial)
        return voucher_shown(session, seen)

    return in_transaction(work)


@routes.get(
    "/vouchers/<string:serial>/history",
    "Lire l’histoire d’un pass",
    right=Right.SEE_VOUCHERS,
    answer=HistoryPageSchema,
    refuses=(404, 422),
    parameters=[text_in_path("serial", "Numéro de série imprimé.", SERIAL)],
    description="Tous ses mouvements, du plus ancien au plus récent. "
    "Prescripteurs et médiateurs ne voient que les pass passés par leur structure.",
)
def read_history(serial: str) -> Json:
    """Everything that happened to a pass, oldest first."""
    return in_transaction(
        lambda session: whole(
            list(service.seen_voucher(session, actor=current_actor(), typed=serial).history)
        )
    )
