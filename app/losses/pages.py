"""When paper goes wrong, on pages: oppositions, replacements, destructions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database import Place
from app.identity.rules import RIGHTS, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError, InvalidInput
from app.ledger import AccountKind, MovementKind, contiguous
from app.losses import blocks, queries, replacements, write_offs
from app.losses import replacement_queries as replaced
from app.losses.errors import UnknownBlock, UnknownReplacement, UnknownWriteOff
from app.losses.models import Block, BlockLift, WriteOff
from app.losses.naming import Named, read_lines, serials_of, without_codes
from app.losses.papers import Destruction, Swap, destruction_report, replacement_slip
from app.losses.replacement_models import Replacement
from app.losses.rules import (
    BLOCKABLE,
    FRENCH_BLOCK_CAUSE,
    FRENCH_DECLARANT,
    FRENCH_REPLACEMENT_CAUSE,
    FRENCH_SOURCE,
    FRENCH_WRITE_OFF,
    USED,
    BlockCause,
    Declarant,
    ReplacementCause,
    Source,
    WriteOffKind,
)
from app.losses.views import Series, blocked_series, destruction_of, resting_series, swap_of
from app.papers.sheets import Kind
from app.partners.queries import organisation_names
from app.prescribers import queries as people
from app.prescribers.prescriptions import passes_unused
from app.printing.queries import batch_by_number
from app.programmes.queries import is_demonstration
from app.vouchers.errors import UnknownVoucher
from app.web.auth import check, current_actor, started_at
from app.web.downloads import PDF, download
from app.web.forms import Form, done
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("losses_pages", __name__)

LINES = 40
CAUSES = tuple(Choice(str(cause), words) for cause, words in FRENCH_BLOCK_CAUSE.items())
DECLARANTS = tuple(Choice(str(who), words) for who, words in FRENCH_DECLARANT.items())
REPLACEMENT_CAUSES = tuple(
    Choice(str(cause), words)
    for cause, words in FRENCH_REPLACEMENT_CAUSE.items()
    if cause is not ReplacementCause.COMPROMISED
)


def _may(right: Right) -> bool:
    return right in RIGHTS[current_actor().role]


def _today() -> date:
    return martinique_day(started_at())


def _offset() -> int:
    typed = request.args.get("apres", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else 0  # noqa: PLR2004 - digits of a place in a list


def _next(endpoint: str, rows: Sequence[object], **kept: str) -> str:
    if len(rows) <= LINES:
        return ""
    asked = {k: v for k, v in kept.items() if v} | {"apres": str(_offset() + LINES)}
    return f"{url_for(endpoint)}?{urlencode(asked)}"


# ── Oppositions ───────────────────────────────────────────────────────────────────────────────────


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
        lambda session: BlocksPage(BLOCKS.page(session), CAUSES, _may(Right.DECLARE_LOSS))
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


def _named(form: Form) -> list[Named]:
    """What was typed, its codes replaced by serial numbers; a code that is none counts.

    Raises:
        TooManyGuesses, MistypedVoucherCode, UnknownVoucher.
    """
    told, known = in_transaction(
        lambda session: without_codes(
            session,
            actor=current_actor(),
            named=read_lines(form.text("passes")),
            now=started_at(),
        )
    )
    if not known:
        raise UnknownVoucher
    form.typed["passes"] = [
        "\n".join(n.first if n.first == n.last else f"{n.first} à {n.last}" for n in told)
    ]
    return told


@bp.route("/oppositions/nouvelle", methods=["GET", "POST"])
def new_block() -> ResponseReturnValue:
    """Declare a loss: say what, see what it does, then do it."""
    check(Right.DECLARE_LOSS)
    if request.method == "GET":
        form = Form.blank(happened_on=_today().isoformat(), passes=request.args.get("pass", ""))
        return _new_block_page(form, None)
    form = Form.sent()
    if not form.text("passes"):
        form.wrong("passes", "Écrivez au moins un numéro de pass ou de carnet, ou un code.")
    asked = _Declaration(
        [],
        form.choice("declarant", Declarant, "Choisissez qui déclare la perte."),
        form.choice("cause", BlockCause, "Choisissez ce qui s’est passé."),
        form.day("happened_on"),
    )
    try:
        form.check()
        asked.named.extend(_named(form))
    except DomainError as refusal:
        form.refuse(refusal)
        return _new_block_page(form, None)
    if form.text("step") == "faire":
        made = form.submit(lambda session: _block(session, form, asked))
        if made is not None:
            number, said = made
            return done(url_for(".shown", number=number), said)
        return _new_block_page(form, None)
    return _new_block_page(form, form.submit(lambda session: _foreseen(session, asked)))


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
        "day": f"{form.day('happened_on'):%d/%m/%Y}" if foreseen else "",
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
        any(finding.found in USED for finding in findings),
        form,
        _may(Right.LIFT_BLOCK),
        _may(Right.REPLACE_PASSES),
        _may(Right.PREPARE_WRITE_OFF),
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


# ── Replacements ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ReplacementLine:
    """A replacement in the list."""

    number: str
    replaced_at: datetime
    prescriber: str
    cause: str
    voucher_count: int


@dataclass(frozen=True, slots=True)
class ReplacementsPage:
    """The replacements, the latest first."""

    lines: tuple[ReplacementLine, ...]
    next: str
    may_replace: bool


@bp.get("/remplacements")
def replacements_listed() -> ResponseReturnValue:
    """Replacements; a prescriber's own."""
    check(Right.SEE_LOSSES)

    def work(session: Session) -> ReplacementsPage:
        rows = replaced.latest_replacements(
            session, limit=LINES + 1, offset=_offset(), prescriber_id=current_actor().scope
        )
        shown = rows[:LINES]
        names = organisation_names(session, {record.prescriber_id for record in shown})
        counts = replaced.pair_counts(session, [record.id for record in shown])
        lines = tuple(
            ReplacementLine(
                record.number,
                record.replaced_at,
                names[record.prescriber_id],
                FRENCH_REPLACEMENT_CAUSE[ReplacementCause(record.cause)],
                counts.get(record.id, 0),
            )
            for record in shown
        )
        return ReplacementsPage(
            lines, _next(".replacements_listed", rows), _may(Right.REPLACE_PASSES)
        )

    return render_template("losses/replacements.html", page=in_transaction(work))


@dataclass(frozen=True, slots=True)
class NewReplacementPage:
    """Passes to replace, and why."""

    form: Form
    causes: tuple[Choice, ...]
    source: str
    from_stock: bool
    foreseen: "ForeseenSwap | None"


@dataclass(frozen=True, slots=True)
class Entitled:
    """The hand-over that passes come from, and what its person has before and after: the same."""

    number: str
    received_count: int
    left_count: int


@dataclass(frozen=True, slots=True)
class ForeseenSwap:
    """What a replacement would do, before it is made."""

    pairs: tuple[tuple[str, str], ...]
    prescriber: str
    cause: str
    entitled: tuple[Entitled, ...]


@bp.route("/remplacements/nouveau", methods=["GET", "POST"])
def new_replacement() -> ResponseReturnValue:
    """Replace passes that a person holds or has lost."""
    check(Right.REPLACE_PASSES)
    ahead: ForeseenSwap | None = None
    if request.method == "POST":
        form = Form.sent()
        made = _replaced(form)
        if isinstance(made, Replacement):
            return done(
                url_for(".replacement", number=made.number),
                f"Le remplacement {made.number} est fait : prenez les pass indiqués, et "
                "remettez-les avec le bordereau.",
            )
        ahead = made
    else:
        form = Form.blank(passes=request.args.get("pass", ""))
    from_stock = current_actor().sees()
    source = FRENCH_SOURCE[Source.STOCK if from_stock else Source.DRAWER]
    page = NewReplacementPage(form, REPLACEMENT_CAUSES, source, from_stock, ahead)
    return render_template("losses/new_replacement.html", page=page), form.status


def _replaced(form: Form) -> Replacement | ForeseenSwap | None:
    """What was done, or what it would do when that was not seen yet."""
    if not form.text("passes"):
        form.wrong("passes", "Écrivez au moins un numéro de pass ou de carnet, ou un code.")
    cause = form.choice("cause", ReplacementCause, "Choisissez pourquoi.")
    try:
        form.check()
        named = _named(form)
    except DomainError as refusal:
        form.refuse(refusal)
        return None
    seen = form.text("step") == "faire"
    if not (seen and form.checked("sure")):
        ahead = form.submit(lambda session: _foreseen_swap(session, named, cause))
        if seen and ahead:
            form.refuse(InvalidInput(sure="Cochez cette case : un pass annulé ne revient pas."))
        return ahead
    return form.submit(
        lambda session: replacements.replace_passes(
            session,
            actor=current_actor(),
            replacement_id=form.id,
            named=named,
            cause=cause,
            free_of_charge=form.checked("free"),
            now=started_at(),
        )
    )


def _foreseen_swap(session: Session, named: list[Named], cause: ReplacementCause) -> ForeseenSwap:
    chosen = replacements.foreseen(session, actor=current_actor(), named=named, now=started_at())
    serials = serials_of(session, [i for pair in chosen.pairs for i in pair])
    entitled = []
    for one in replaced.hand_overs_of(session, chosen.old_ids):
        received = people.received(session, one.programme_id, one.beneficiary_id)
        entitled.append(Entitled(one.number, received.count, passes_unused(session, received)))
    return ForeseenSwap(
        tuple((serials[old], serials[new]) for old, new in chosen.pairs),
        organisation_names(session, {chosen.prescriber_id})[chosen.prescriber_id],
        FRENCH_REPLACEMENT_CAUSE[cause],
        tuple(entitled),
    )


@dataclass(frozen=True, slots=True)
class ReplacementPage:
    """One replacement: which passes are void, and which stand for them."""

    record: Replacement
    swap: Swap
    source: str


def _known_replacement(session: Session, number: str) -> Replacement:
    found = replaced.replacement_by_number(session, number)
    if found is None:
        raise UnknownReplacement
    return replacements.known_replacement(session, actor=current_actor(), replacement_id=found.id)


@bp.get("/remplacements/<number>")
def replacement(number: str) -> ResponseReturnValue:
    """A replacement, and the slip that goes with it."""
    check(Right.SEE_LOSSES)

    def work(session: Session) -> ReplacementPage:
        record = _known_replacement(session, number)
        return ReplacementPage(
            record, swap_of(session, record), FRENCH_SOURCE[Source(record.source)]
        )

    return render_template("losses/replacement.html", page=in_transaction(work))


@bp.get("/remplacements/<number>/bordereau.pdf")
def replacement_pdf(number: str) -> Response:
    """The slip that goes with the new passes."""
    check(Right.SEE_LOSSES)

    def work(session: Session) -> tuple[Swap, bool]:
        return swap_of(session, _known_replacement(session, number)), is_demonstration(session)

    swap, specimen = in_transaction(work)
    return download(replacement_slip(swap, specimen=specimen), f"{swap.number}.pdf", PDF)


# ── Destructions ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class WriteOffLine:
    """A destruction in the list."""

    number: str
    prepared_at: datetime
    kind: str
    reason: str
    state: str
    """approved, abandoned, or waiting."""


@dataclass(frozen=True, slots=True)
class WriteOffsPage:
    """The destructions, the latest first."""

    lines: tuple[WriteOffLine, ...]
    next: str
    may_prepare: bool


@bp.get("/destructions")
def write_offs_listed() -> ResponseReturnValue:
    """Destructions by procès-verbal."""
    check(Right.SEE_LEDGER)

    def work(session: Session) -> WriteOffsPage:
        rows = queries.latest_write_offs(session, limit=LINES + 1, offset=_offset())
        shown = rows[:LINES]
        ids = [record.id for record in shown]
        approved, abandoned = (
            queries.approvals_of(session, ids),
            queries.abandonments_of(session, ids),
        )
        lines = tuple(
            WriteOffLine(
                record.number,
                record.prepared_at,
                FRENCH_WRITE_OFF[WriteOffKind(record.kind)],
                record.reason,
                "approved"
                if record.id in approved
                else "abandoned"
                if record.id in abandoned
                else "waiting",
            )
            for record in shown
        )
        return WriteOffsPage(
            lines, _next(".write_offs_listed", rows), _may(Right.PREPARE_WRITE_OFF)
        )

    return render_template("losses/write_offs.html", page=in_transaction(work))


@bp.route("/destructions/nouvelle", methods=["GET", "POST"])
def new_write_off() -> ResponseReturnValue:
    """Prepare a destruction; another person counts and approves."""
    check(Right.PREPARE_WRITE_OFF)
    form = (
        Form.sent() if request.method == "POST" else Form.blank(passes=request.args.get("pass", ""))
    )
    if request.method == "POST":
        record = form.submit(lambda session: _prepare(session, form))
        if record is not None:
            return done(
                url_for(".write_off", number=record.number),
                f"Le procès-verbal {record.number} est préparé. Une autre personne compte les "
                "pass, puis l’approuve.",
            )
    return render_template("losses/new_write_off.html", page=form), form.status


def _prepare(session: Session, form: Form) -> WriteOff:
    if not form.text("passes"):
        form.wrong("passes", "Écrivez au moins un numéro de pass ou de carnet.")
    typed = form.text("batch")
    batch = batch_by_number(session, typed.upper()) if typed else None
    if typed and batch is None:
        form.wrong("batch", "Aucune impression ne porte ce numéro : relisez-le.")
    form.check()
    return write_offs.prepare_write_off(
        session,
        actor=current_actor(),
        write_off_id=form.id,
        named=read_lines(form.text("passes")),
        reason=form.text("reason"),
        print_batch_id=batch.id if batch else None,
        now=started_at(),
    )


@dataclass(frozen=True, slots=True)
class WriteOffPage:
    """One destruction: what it destroys, and what comes next."""

    destruction: Destruction
    form: Form
    approved_at: datetime | None
    obstacle: str
    """A pass that moved since: it can no longer be approved."""
    is_mine: bool
    may_approve: bool
    may_abandon: bool


def _known_write_off(session: Session, number: str) -> WriteOff:
    found = queries.write_off_by_number(session, number)
    if found is None:
        raise UnknownWriteOff
    return write_offs.known_write_off(session, actor=current_actor(), write_off_id=found.id)


@bp.route("/destructions/<number>", methods=["GET", "POST"])
def write_off(number: str) -> ResponseReturnValue:
    """A destruction; another person approves it here."""
    check(Right.SEE_LEDGER)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        check(Right.APPROVE_WRITE_OFF)
        if form.submit(lambda session: _approve(session, form, number)):
            return done(
                url_for(".write_off", number=number),
                "La destruction est approuvée. Imprimez le procès-verbal et signez-le à deux.",
            )

    def work(session: Session) -> WriteOffPage:
        record = _known_write_off(session, number)
        approval = queries.approval_of(session, record.id)
        over = approval or queries.abandonment_of(session, record.id)
        obstacle = None if over else write_offs.obstacle(session, record)
        return WriteOffPage(
            destruction_of(session, record),
            form,
            approval.approved_at if approval else None,
            obstacle or "",
            record.prepared_by == current_actor().agent_id,
            _may(Right.APPROVE_WRITE_OFF),
            over is None and _may(Right.PREPARE_WRITE_OFF),
        )

    return render_template("losses/write_off.html", page=in_transaction(work)), form.status


def _approve(session: Session, form: Form, number: str) -> object:
    counted = form.integer("voucher_count", "Écrivez le nombre de pass que vous avez compté.")
    if not form.checked("destroyed"):
        form.wrong("destroyed", "Comptez, voyez détruire, puis cochez cette case.")
    form.check()
    return write_offs.approve_write_off(
        session,
        actor=current_actor(),
        write_off_id=_known_write_off(session, number).id,
        voucher_count=counted,
        now=started_at(),
    )


@bp.route("/destructions/<number>/abandon", methods=["GET", "POST"])
def abandon_write_off(number: str) -> ResponseReturnValue:
    """Give a destruction up, with a reason: its passes are free for another."""
    check(Right.PREPARE_WRITE_OFF)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        made = form.submit(
            lambda session: write_offs.abandon_write_off(
                session,
                actor=current_actor(),
                abandonment_id=form.id,
                write_off_id=_known_write_off(session, number).id,
                reason=form.text("reason"),
                now=started_at(),
            )
        )
        if made is not None:
            return done(
                url_for(".write_off", number=number),
                f"Le procès-verbal {number} est abandonné : rien n’est annulé, et ses pass "
                "peuvent entrer dans un autre.",
            )
    record = in_transaction(
        lambda session: destruction_of(session, _known_write_off(session, number))
    )
    return render_template("losses/abandon_write_off.html", page=record, form=form), form.status


@bp.get("/destructions/<number>/proces-verbal.pdf")
def write_off_pdf(number: str) -> Response:
    """The procès-verbal, to be signed by two."""
    check(Right.SEE_LEDGER)

    def work(session: Session) -> tuple[Destruction, bool]:
        return (
            destruction_of(session, _known_write_off(session, number)),
            is_demonstration(session),
        )

    data, specimen = in_transaction(work)
    return download(destruction_report(data, specimen=specimen), f"{data.number}.pdf", PDF)
