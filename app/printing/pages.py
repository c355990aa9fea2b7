"""Printing on pages: what left for the printer, the form, and the files, made again each time."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.connections import Database
from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.errors import DomainError
from app.orders import queries as orders
from app.orders.errors import OrderNotSent, UnknownOrder
from app.orders.models import BookletOrder
from app.papers.sheets import Kind
from app.printing import background, queries
from app.printing.errors import UnknownPrintBatch
from app.printing.models import PrintBatch
from app.printing.rules import FRENCH_KIND, LARGEST_BATCH, PrintKind
from app.printing.service import Asked, file_again, plan_batch, print_booklets
from app.printing.views import batches_shown, file_name, public_address
from app.programmes.keys import KeyStore
from app.programmes.queries import is_demonstration
from app.web.api import Json
from app.web.auth import check, current_actor, may, started_at
from app.web.downloads import CSV, PDF, download
from app.web.forms import Form, done
from app.web.lists import Column, Listed, Listing
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

    list: Listed[Json]
    order_number: str
    """The order that is asked for, once it is known."""
    may_print: bool
    outputs: tuple[Choice, ...] = KINDS

    @property
    def kinds(self) -> dict[str, str]:
        """What came out, in words."""
        return {str(kind): words for kind, words in FRENCH_KIND.items()}


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


def _order_asked(session: Session, form: Form) -> BookletOrder | None:
    number = form.text("commande").upper()
    order = orders.order_by_number(session, number) if number else None
    if number and order is None:
        form.wrong(
            "commande",
            f"Aucune commande ne porte le numéro « {number} » : relisez-le sur le bon de commande. "
            "La liste est montrée sans lui.",
        )
    return order


def _found(session: Session, form: Form, place: Place) -> list[PrintBatch]:
    order = _order_asked(session, form)
    return queries.latest_batches(
        session,
        place,
        order_id=order.id if order else None,
        kind=form.among("sortie", {str(kind): kind for kind in PrintKind}),
    )


BATCHES = Listing(
    "printing_pages.batches",
    name="impressions",
    title="Impressions",
    columns=(
        Column[Json]("Impression", lambda batch: batch["number"], width=16),
        Column("Commande", lambda batch: batch["order_number"], width=16),
        Column("Faite", lambda batch: batch["printed_at"], Kind.MOMENT, "faite"),
        Column("Carnets", None, Kind.NUMBER, "carnets"),
        Column("Du carnet", lambda batch: batch["first_booklet"], Kind.NUMBER, shown=False),
        Column("Au carnet", lambda batch: batch["last_booklet"], Kind.NUMBER, shown=False),
        Column("Sortie", lambda batch: FRENCH_KIND[batch["kind"]], width=28),
        Column("Motif", lambda batch: batch["reason"] or "", width=36),
    ),
    filters=("commande", "sortie"),
    found=_found,
    told=batches_shown,
    first="-faite",
    lines=LINES,
)


@bp.get("/impression")
def batches() -> ResponseReturnValue:
    """What was printed, the latest first; `commande` keeps one order's."""
    check(Right.SEE_ORDERS)

    def work(session: Session) -> PrintingPage:
        listed = BATCHES.page(session)
        order = _order_asked(session, listed.form)
        return PrintingPage(listed, order.number if order else "", may(Right.PRINT_BOOKLETS))

    return render_template("printing/list.html", page=in_transaction(work))


@bp.get("/impression.<any(csv, xlsx):ending>")
def batches_file(ending: str) -> ResponseReturnValue:
    """The batches of the address, all of them; no code is in it."""
    check(Right.SEE_ORDERS)
    return BATCHES.file(ending, is_demonstration)


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
        content=asked.reason.encode(),
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
        return BatchPage(told, FRENCH_KIND[PrintKind(found.kind)], may(Right.PRINT_BOOKLETS))

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
