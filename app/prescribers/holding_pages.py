"""Who holds what on pages, and what is to come back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.money import Cents
from app.kernel.serials import BookletNumber
from app.partners.queries import organisation_names
from app.prescribers import custody_queries as queries
from app.prescribers import holdings, recalls
from app.prescribers.custody_desk import (
    Holder,
    holders_of,
)
from app.prescribers.custody_models import (
    Consignment,
)
from app.prescribers.custody_papers import recalls_sheet
from app.prescribers.custody_queries import HeldBack, StockReading
from app.prescribers.custody_rules import (
    FRENCH_RECALL_REASON,
    RecallReason,
)
from app.prescribers.recalls import Recall, Returning
from app.programmes import queries as programmes
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.downloads import FORMATS, download
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("holding_pages", __name__)


@dataclass(frozen=True, slots=True)
class StockPage:
    """Who holds what."""

    holders: tuple[Holder, ...]
    form: Form
    choices: tuple[Choice, ...]
    read_at: datetime
    own_id: UUID | None
    """Whose drawer it is, to whoever sees its own alone."""
    recalled: bool
    """Whether some of it is to come back."""
    held_back: tuple[HeldBack, ...]
    """What of the reader's drawer a hold withholds."""
    incomplete: tuple["IncompleteLine", ...]
    may_declare: bool
    may_request: bool
    may_send: bool

    @property
    def own(self) -> bool:
        """Whether the reader sees its own alone."""
        return self.own_id is not None


@dataclass(frozen=True, slots=True)
class IncompleteLine:
    """What is left of a booklet of which some passes rest elsewhere."""

    booklet: str
    holder: str
    here_count: int
    size: int
    blocked_count: int


@bp.get("/stock")
def stock() -> ResponseReturnValue:
    """What each holder has; a prescriber sees its own."""
    check(Right.SEE_ALLOCATIONS)
    return render_template("custody/stock.html", page=in_transaction(_stock_page))


def _stock_page(session: Session) -> StockPage:
    actor = current_actor()
    reading = holdings.stock_read(session, actor=actor)
    held = reading.held()
    everything = holders_of(session, held)
    form = Form.asked("chez")
    one = form.among("chez", {str(holder.id): holder for holder in everything})
    return StockPage(
        holders=(one,) if one else everything,
        form=form,
        choices=tuple(Choice(str(holder.id), holder.name) for holder in everything),
        read_at=started_at(),
        own_id=actor.scope,
        recalled=recalls.is_anything_due(session, actor=actor, held=held, on=started_on()),
        held_back=tuple(queries.held_back(session, actor.scope)) if actor.scope else (),
        incomplete=_incomplete(session, reading, one.id if one else None),
        may_declare=may(Right.DECLARE_LOSS),
        may_request=may(Right.REQUEST_BOOKLETS),
        may_send=may(Right.SEND_BOOKLETS),
    )


def _incomplete(
    session: Session, reading: StockReading, holder_id: UUID | None
) -> tuple[IncompleteLine, ...]:
    found = holdings.incomplete_held(reading, actor=current_actor(), holder_id=holder_id)
    names = organisation_names(session, {one.party_id for one in found})
    return tuple(
        IncompleteLine(
            str(BookletNumber(one.label, one.number)),
            names[one.party_id],
            one.here_count,
            one.size,
            one.blocked_count,
        )
        for one in found
    )


# ── What is to come back ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RecallsPage:
    """What is to come back, and who may send it."""

    lines: tuple[Recall, ...]
    returning: tuple[Returning, ...]
    reasons: dict[RecallReason, str]
    form: Form
    own: bool
    may_send: bool

    def id_of(self, line: Recall) -> UUID:
        """The id of the return of a line: each line has its own."""
        return uuid5(self.form.id, f"{line.holder_id} {line.programme_id}")

    @property
    def booklet_count(self) -> int:
        """Booklets in all."""
        return sum(line.booklet_count for line in self.lines)

    @property
    def amount_cents(self) -> Cents:
        """What their passes are worth."""
        return Cents(sum(line.amount_cents for line in self.lines))


def _recalls_page(session: Session, form: Form) -> RecallsPage:
    actor = current_actor()
    return RecallsPage(
        tuple(recalls.recalls(session, actor=actor, on=started_on())),
        tuple(recalls.under_way(session, actor=actor, on=started_on())),
        FRENCH_RECALL_REASON,
        form,
        own=actor.scope is not None,
        may_send=may(Right.SEND_BOOKLETS),
    )


@bp.route("/a-faire-rentrer", methods=["GET", "POST"])
def recalled() -> ResponseReturnValue:
    """What is to come back; one press prepares the return of a line."""
    check(Right.SEE_ALLOCATIONS)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":

        def act(session: Session) -> Consignment:
            holder_id, programme_id = form.uuid("detenteur"), form.uuid("dispositif")
            form.check()
            return recalls.prepare_recall(
                session,
                actor=current_actor(),
                consignment_id=form.id,
                programme_id=programme_id,
                holder_id=holder_id,
                now=started_at(),
            )

        if (made := form.submit(act)) is not None:
            return done(
                url_for("custody_pages.consignment", consignment_id=made.id),
                f"Le retour {made.number} est préparé. Imprimez son bordereau et joignez-le aux "
                "carnets : le stock les comptera à l’arrivée.",
            )
    page = in_transaction(lambda session: _recalls_page(session, form))
    return render_template("custody/recalls.html", page=page), form.status


@bp.get("/a-faire-rentrer.<any(csv, xlsx):ending>")
def recalled_file(ending: str) -> ResponseReturnValue:
    """The same list as a sheet."""
    check(Right.SEE_ALLOCATIONS)

    def work(session: Session) -> bytes:
        lines = recalls.recalls(session, actor=current_actor(), on=started_on())
        specimen = programmes.is_demonstration(session)
        return recalls_sheet(lines, ending=ending, specimen=specimen)

    name = f"a-faire-rentrer-{started_on():%Y-%m-%d}.{ending}"
    return download(in_transaction(work), name, FORMATS[ending])
