"""Oppositions on pages: a loss is declared, looked up, and lifted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.errors import DomainError
from app.ledger import AccountKind, MovementKind, contiguous
from app.losses import blocks, queries
from app.losses.errors import UnknownBlock
from app.losses.forms import LINES, NOT_KEPT, named_in
from app.losses.models import Block, BlockLift
from app.losses.naming import Named, read_lines, serials_of
from app.losses.rules import (
    BLOCKABLE,
    FRENCH_BLOCK_CAUSE,
    FRENCH_DECLARANT,
    USED,
    BlockCause,
    Declarant,
)
from app.losses.views import Fate, Series, blocked_series, fates_of, resting_series
from app.papers.sheets import Kind
from app.partners.queries import organisation_names
from app.programmes.queries import is_demonstration
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.format import day_long
from app.web.forms import Form, check_first, checked_id, done, done_after_check
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("losses_pages", __name__)

CAUSES = tuple(Choice(str(cause), words) for cause, words in FRENCH_BLOCK_CAUSE.items())
DECLARANTS = tuple(Choice(str(who), words) for who, words in FRENCH_DECLARANT.items())


@dataclass(frozen=True, slots=True)
class BlockLine:
    """An opposition in the list."""

    number: str
    declared_at: datetime
    organisation: str
    cause: str
    blocked_count: int


@dataclass(frozen=True, slots=True)
class BlocksPage:
    """The oppositions, the latest first."""

    list: Listed[BlockLine]
    causes: tuple[Choice, ...]
    may_declare: bool


def _found(session: Session, form: Form, place: Place) -> list[Block]:
    return queries.latest_blocks(
        session,
        place,
        organisation_id=current_actor().scope,
        cause=form.among("cause", {choice.value: choice.value for choice in CAUSES}),
    )


def _lines(session: Session, found: Sequence[Block]) -> list[BlockLine]:
    names = organisation_names(session, {block.organisation_id for block in found})
    left = queries.blocked_counts(session, [block.id for block in found])
    return [
        BlockLine(
            block.number,
            block.declared_at,
            names[block.organisation_id],
            FRENCH_BLOCK_CAUSE[BlockCause(block.cause)],
            left.get(block.id, 0),
        )
        for block in found
    ]


BLOCKS = Listing(
    "losses_pages.listed",
    name="oppositions",
    title="Oppositions",
    columns=(
        Column[BlockLine]("Opposition", lambda line: line.number, width=16),
        Column("Déclarée le", lambda line: line.declared_at, Kind.MOMENT, "declaration"),
        Column("Par", lambda line: line.organisation, width=36),
        Column("Ce qui s’est passé", lambda line: line.cause, width=24),
        Column("Encore bloqués", lambda line: line.blocked_count, Kind.NUMBER),
    ),
    filters=("cause",),
    found=_found,
    told=_lines,
    first="-declaration",
    lines=LINES,
)


@bp.get("/oppositions")
def listed() -> ResponseReturnValue:
    """Oppositions; a prescriber's own."""
    check(Right.SEE_LOSSES)
    page = in_transaction(
        lambda session: BlocksPage(BLOCKS.page(session), CAUSES, may(Right.DECLARE_LOSS))
    )
    return render_template("losses/list.html", page=page)


@bp.get("/oppositions.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The oppositions of the address, all of them."""
    check(Right.SEE_LOSSES)
    return BLOCKS.file(ending, is_demonstration)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a declaration would do, before it is made."""

    blocked: tuple[Series, ...]
    late: tuple[Series, ...]
    blocked_count: int
    late_count: int
    used: bool
    """Whether somebody used one of those that come too late."""


@dataclass(frozen=True, slots=True)
class NewBlockPage:
    """A declaration: first what and why, then what it does."""

    form: Form
    causes: tuple[Choice, ...]
    declarants: tuple[Choice, ...]
    foreseen: Foreseen | None
    words: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Declaration:
    named: list[Named]
    declarant: Declarant
    cause: BlockCause
    happened_on: date


@bp.route("/oppositions/nouvelle", methods=["GET", "POST"])
def new_block() -> ResponseReturnValue:
    """Declare a loss: say what, see what it does, then do it."""
    check(Right.DECLARE_LOSS)
    if request.method == "GET":
        return _block_to_declare()
    form = Form.sent()
    if not form.text("passes"):
        form.wrong("passes", "Écrivez au moins un numéro de pass ou de carnet, ou un code.")
    asked = _declared(form)
    try:
        form.check()
        asked.named.extend(named_in(form))
    except DomainError as refusal:
        form.refuse(refusal)
        return _new_block_page(form, None)
    if form.text("step") == "faire":
        made = form.submit(lambda session: _block(session, form, asked))
        if made is not None:
            number, said = made
            return done_after_check(form, url_for(".shown", number=number), said)
        return _new_block_page(form, None)
    foreseen = form.submit(lambda session: _foreseen(session, asked))
    return (foreseen and check_first(form)) or _new_block_page(form, foreseen)


def _block_to_declare() -> ResponseReturnValue:
    """The form not yet typed in, or what it would do when its address says that it was."""
    checked = checked_id()
    if checked is None:
        form = Form.blank(happened_on=started_on().isoformat(), passes=request.args.get("pass", ""))
        return _new_block_page(form, None)
    typed = Form.to_check()
    if typed is None:
        return in_transaction(lambda session: _declared_already(session, checked))
    asked = _declared(typed)
    asked.named.extend(read_lines(typed.text("passes")))
    return _new_block_page(typed, typed.submit(lambda session: _foreseen(session, asked)))


def _declared(form: Form) -> _Declaration:
    return _Declaration(
        [],
        form.choice("declarant", Declarant, "Choisissez qui déclare la perte."),
        form.choice("cause", BlockCause, "Choisissez ce qui s’est passé."),
        form.day("happened_on"),
    )


def _declared_already(session: Session, block_id: UUID) -> ResponseReturnValue:
    """What was checked is done, and shown; or kept no longer, and begun anew."""
    record = queries.record(session, Block, block_id)
    if record is None or not current_actor().sees(record.organisation_id):
        return done(url_for(".new_block"), NOT_KEPT)
    return redirect(url_for(".shown", number=record.number), HTTPStatus.SEE_OTHER)


def _block(session: Session, form: Form, asked: _Declaration) -> tuple[str, str]:
    """The number of the opposition that was made, and what it did."""
    record = blocks.block_vouchers(
        session,
        actor=current_actor(),
        block_id=form.id,
        named=asked.named,
        declarant=asked.declarant,
        cause=asked.cause,
        happened_on=asked.happened_on,
        complaint=form.text("complaint") or None,
        now=started_at(),
    )
    came_from = {run.kind for run in queries.runs_of(session, [record.id], MovementKind.BLOCK)}
    if not came_from:
        return record.number, f"L’opposition {record.number} est notée : elle n’a rien bloqué."
    said = f"L’opposition {record.number} est posée : ces pass sont refusés partout dès maintenant."
    if AccountKind.CIRCULATION in came_from:
        said += " Si la personne y a droit, remplacez-les."
    return record.number, said


def _foreseen(session: Session, asked: _Declaration) -> Foreseen:
    states = blocks.foreseen(
        session,
        actor=current_actor(),
        named=asked.named,
        cause=asked.cause,
        happened_on=asked.happened_on,
        now=started_at(),
    )
    free = [state for state in states if state.account.kind in BLOCKABLE]
    late = [state for state in states if state.account.kind not in BLOCKABLE]
    return Foreseen(
        tuple(resting_series(session, free)),
        tuple(resting_series(session, late)),
        len(free),
        len(late),
        any(state.account.kind in USED for state in late),
    )


def _new_block_page(form: Form, foreseen: Foreseen | None) -> ResponseReturnValue:
    words = {
        "declarant": {c.value: c.label for c in DECLARANTS}.get(form.text("declarant"), ""),
        "cause": {c.value: c.label for c in CAUSES}.get(form.text("cause"), ""),
        "day": day_long(form.day("happened_on")) if foreseen else "",
    }
    page = NewBlockPage(form, CAUSES, DECLARANTS, foreseen, words)
    return render_template("losses/new.html", page=page), form.status


@dataclass(frozen=True, slots=True)
class BlockPage:
    """One opposition: what it blocked, what came too late, what was lifted."""

    block: Block
    organisation: str
    cause: str
    declarant: str
    series: tuple[Series, ...]
    late: tuple[tuple[str, str], ...]
    lifts: tuple[BlockLift, ...]
    blocked_count: int
    left_count: int
    fates: tuple[Fate, ...]
    used: bool
    form: Form
    may_lift: bool
    may_replace: bool
    may_write_off: bool
    to_replace: str
    """What people hold of it and is blocked still, as the next form reads it."""
    to_write_off: str


@bp.route("/oppositions/<number>", methods=["GET", "POST"])
def shown(number: str) -> ResponseReturnValue:
    """An opposition; the coordination lifts it here, whole or in part."""
    check(Right.SEE_LOSSES)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        check(Right.LIFT_BLOCK)
        if form.submit(lambda session: _lift(session, form, number)):
            return done(
                url_for(".shown", number=number),
                "L’opposition est levée : les pass sont de nouveau où ils étaient. Si la "
                "convention du prescripteur a pris fin, ses carnets ne peuvent qu’être rendus.",
            )
    page = in_transaction(lambda session: _block_page(session, number, form))
    return render_template("losses/block.html", page=page), form.status


def _known_block(session: Session, number: str) -> Block:
    found = queries.block_by_number(session, number)
    if found is None:
        raise UnknownBlock
    return blocks.known_block(session, actor=current_actor(), block_id=found.id)


def _lift(session: Session, form: Form, number: str) -> object:
    if not form.checked("sure"):
        form.wrong("sure", "Cochez cette case : vous avez les pass sous les yeux.")
    form.check()
    return blocks.lift_block(
        session,
        actor=current_actor(),
        lift_id=form.id,
        block_id=_known_block(session, number).id,
        reason=form.text("reason"),
        named=read_lines(form.text("passes")),
        now=started_at(),
    )


def _block_page(session: Session, number: str, form: Form) -> BlockPage:
    record = _known_block(session, number)
    series = tuple(blocked_series(session, record.id))
    runs = queries.runs_of(session, [record.id], MovementKind.BLOCK)
    findings = queries.findings_of(session, record.id)
    serials = serials_of(session, [finding.voucher_id for finding in findings])
    return BlockPage(
        record,
        organisation_names(session, {record.organisation_id})[record.organisation_id],
        FRENCH_BLOCK_CAUSE[BlockCause(record.cause)],
        FRENCH_DECLARANT[Declarant(record.declarant)],
        series,
        tuple((serials[finding.voucher_id], finding.found) for finding in findings),
        tuple(queries.lifts_of(session, record.id)),
        sum(one.voucher_count for one in series),
        sum(one.left_count for one in series),
        tuple(fates_of(session, record.id)),
        any(finding.found in USED for finding in findings),
        form,
        may(Right.LIFT_BLOCK),
        may(Right.REPLACE_PASSES),
        may(Right.PREPARE_WRITE_OFF),
        _typed(session, [run for run in runs if run.kind is AccountKind.CIRCULATION]),
        _typed(session, runs),
    )


def _typed(session: Session, runs: Sequence[queries.Run]) -> str:
    """What is blocked still of these runs, a series a line."""
    left = [one for run in runs for one in queries.still_blocked(session, run)]
    wholes = list(contiguous(left))[:LINES]
    serials = serials_of(session, [i for whole in wholes for i in (whole.first, whole.last)])
    return "\n".join(
        serials[w.first] if w.count == 1 else f"{serials[w.first]} à {serials[w.last]}"
        for w in wholes
    )
