"""Printing on pages: what left for the printer, the form, and the files, made again each time."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database import Database
from app.identity.rules import RIGHTS, Right
from app.kernel.errors import DomainError
from app.orders import queries as orders
from app.orders.errors import OrderNotSent, UnknownOrder
from app.orders.models import BookletOrder
from app.printing import background, queries
from app.printing.errors import UnknownPrintBatch
from app.printing.models import PrintBatch
from app.printing.rules import FRENCH_KIND, LARGEST_BATCH, PrintKind
from app.printing.service import Asked, file_again, plan_batch, print_booklets
from app.printing.views import batches_shown, file_name, public_address
from app.programmes.keys import KeyStore
from app.web.api import Json
from app.web.auth import check, current_actor, started_at
from app.web.downloads import CSV, PDF, download
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction, in_transactions_of_its_own
from app.works.models import Work
from app.works.pages import followed
from app.works.rules import WorkKind
from app.works.service import ask

bp = Blueprint("printing_pages", __name__)

LINES = 50
KINDS = tuple(Choice(str(kind), words) for kind, words in FRENCH_KIND.items())
LOOKS = (
    Choice("non", "Caractères normaux (4 feuillets par page)"),
    Choice("oui", "Gros caractères (3 feuillets par page)"),
)


@dataclass(frozen=True, slots=True)
class PrintingPage:
    """The list of batches, of one order or of all."""

    batches: tuple[Json, ...]
    order_number: str
    unknown: bool
    may_print: bool
    next_address: str
    kinds: dict[str, str]


@dataclass(frozen=True, slots=True)
class NewPrintPage:
    """The form: what the order brings, and what of it was printed."""

    form: Form
    order_number: str
    first: int
    last: int
    printed_up_to: int
    largest: int = LARGEST_BATCH
    kinds: tuple[Choice, ...] = KINDS
    looks: tuple[Choice, ...] = LOOKS


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One batch and its files."""

    batch: Json
    kind: str
    may_print: bool


@bp.get("/impression")
def batches() -> ResponseReturnValue:
    """What was printed, the latest first; `commande` keeps one order's."""
    check(Right.SEE_ORDERS)
    return render_template("printing/list.html", page=in_transaction(_printing_page))


def _printing_page(session: Session) -> PrintingPage:
    number = request.args.get("commande", "").strip().upper()[:20]
    typed = request.args.get("page", "")
    turn = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0  # noqa: PLR2004 - digits of a page
    order = orders.order_by_number(session, number) if number else None
    unknown = bool(number) and order is None
    found = (
        []
        if unknown
        else queries.latest_batches(
            session,
            limit=LINES + 1,
            offset=turn * LINES,
            order_id=order.id if order else None,
        )
    )
    following = ""
    if len(found) > LINES:
        following = url_for("printing_pages.batches", commande=number or None, page=turn + 1)
    return PrintingPage(
        batches=tuple(batches_shown(session, found[:LINES])),
        order_number=number,
        unknown=unknown,
        may_print=_may_print(),
        next_address=following,
        kinds={str(kind): words for kind, words in FRENCH_KIND.items()},
    )


@bp.route("/impression/nouvelle/<number>", methods=["GET", "POST"])
def new_batch(number: str) -> ResponseReturnValue:
    """Print booklets of a sent order."""
    check(Right.PRINT_BOOKLETS)
    if request.method == "POST":
        form = Form.sent()
        batch = _printed(form, number)
        if isinstance(batch, Work):
            return followed(batch)
        if batch is not None:
            return done(
                url_for("printing_pages.batch", number=batch.number),
                background.recorded(batch.number),
            )
        page = in_transaction(lambda session: _new_page(session, number, form))
    else:
        page = in_transaction(lambda session: _new_page(session, number, None))
    return render_template("printing/new.html", page=page), page.form.status


def _printed(form: Form, number: str) -> PrintBatch | Work | None:
    order = in_transaction(lambda session: _sent_order(session, number))
    first, last = form.integer("first"), form.integer("last")
    asked = Asked(
        order_id=order.id,
        kind=form.choice("kind", PrintKind),
        first=first,
        last=last,
        large=form.text("large") == "oui",
        reason=form.text("reason"),
    )
    try:
        form.check()
        if last - first >= background.AT_ONCE:
            return in_transaction(partial(_ask, order, asked, form.id))
        return in_transactions_of_its_own(partial(_work, asked, form.id))
    except DomainError as refusal:
        form.refuse(refusal)
        return None


def _ask(order: BookletOrder, asked: Asked, batch_id: UUID, session: Session) -> PrintBatch | Work:
    """Refuse at once what cannot be printed; the rest is drawn in the background."""
    plan = plan_batch(
        session,
        actor=current_actor(),
        batch_id=batch_id,
        asked=asked,
        address=public_address(),
        keys=KeyStore(current_settings().key_dir),
        now=started_at(),
    )
    if isinstance(plan, PrintBatch):
        return plan
    return ask(
        session,
        actor=current_actor(),
        work_id=batch_id,
        kind=WorkKind.PRINTING,
        asked=background.asked_of(order, asked),
        secret_key=current_settings().secret_key,
        now=started_at(),
    )


def _work(asked: Asked, batch_id: UUID, database: Database) -> PrintBatch:
    return print_booklets(
        database,
        actor=current_actor(),
        batch_id=batch_id,
        asked=asked,
        address=public_address(),
        keys=KeyStore(current_settings().key_dir),
        now=started_at(),
    )


def _new_page(session: Session, number: str, form: Form | None) -> NewPrintPage:
    order = _sent_order(session, number)
    allotted = orders.allotments(session, order.id)
    first, last = allotted[0].first_booklet, allotted[-1].last_booklet
    printed = queries.printed_up_to(session, order.id) or first - 1
    start = printed + 1 if printed < last else first
    proposed = form or Form.blank(
        kind=str(PrintKind.BOOKLETS),
        first=str(start),
        last=str(min(last, start + LARGEST_BATCH - 1)),
        large="non",
    )
    return NewPrintPage(proposed, order.number, first, last, printed if printed >= first else 0)


def _sent_order(session: Session, number: str) -> BookletOrder:
    order = orders.order_by_number(session, number.strip().upper()[:20])
    if order is None:
        raise UnknownOrder
    if not orders.allotments(session, order.id):
        raise OrderNotSent
    return order


@bp.get("/impression/<number>")
def batch(number: str) -> ResponseReturnValue:
    """One batch: who, when, why, and its files."""
    check(Right.SEE_ORDERS)

    def work(session: Session) -> BatchPage:
        found = _known(session, number)
        (told,) = batches_shown(session, [found])
        return BatchPage(told, FRENCH_KIND[PrintKind(found.kind)], _may_print())

    return render_template("printing/batch.html", page=in_transaction(work))


@bp.get("/impression/<number>/<int:ordinal>")
def file(number: str, ordinal: int) -> Response:
    """One file, made again; it is the one that was recorded, or it is refused."""
    check(Right.PRINT_BOOKLETS)

    def work(session: Session) -> tuple[bytes, PrintBatch]:
        found = _known(session, number)
        content = file_again(
            session,
            actor=current_actor(),
            batch=found,
            ordinal=ordinal,
            keys=KeyStore(current_settings().key_dir),
        )
        return content, found

    content, found = in_transaction(work)
    kind = PDF if found.kind == PrintKind.BOOKLETS else CSV
    return download(content, file_name(found, ordinal), kind)


def _known(session: Session, number: str) -> PrintBatch:
    found = queries.batch_by_number(session, number.strip().upper()[:20])
    if found is None:
        raise UnknownPrintBatch
    return found


def _may_print() -> bool:
    return Right.PRINT_BOOKLETS in RIGHTS[current_actor().role]
