"""Statements as pages: what is owed to each mediator, and the next act for whoever may do it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import (
    background,
    documents,
    files,
    payments,
    queries,
    run_queries,
    runs,
    standing_queries,
    statement_views,
    statements,
)
from app.clearing.models import ClearingRun
from app.clearing.payer_words import PayerWords, danger_among
from app.clearing.rules import CERTIFIED, HELD, StatementState
from app.clearing.standing_queries import Filter, Standing
from app.clearing.statement_views import (
    ListPage,
    StatementPage,
    StatementRow,
    list_page,
    listed_rows,
    statement_page,
)
from app.clearing.statements import PassRange
from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.clock import first_instant, next_month
from app.papers.sheets import Kind
from app.programmes import queries as programmes
from app.programmes.rules import Payer
from app.programmes.service import known_programme
from app.web.auth import ANONYMOUS, check, current_actor, may, started_at, started_on
from app.web.format import count, day_long, euros, plural
from app.web.forms import Form, done
from app.web.lists import Column, Listing
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction, in_transactions_of_its_own
from app.works.models import Work
from app.works.pages import followed
from app.works.rules import WorkKind
from app.works.service import ask

bp = Blueprint("statement_pages", __name__)
ANONYMOUS.add("statement_pages.verify")

MANY = 100
LONGEST_CODE = 60
"""A code of a paper as typed, with whatever is between its groups."""


# ── The list ──────────────────────────────────────────────────────────────────────────────────────


def month_of(typed: str) -> tuple[date, date] | None:
    """The cut-offs that close a month written 2026-10: from its second day to the next first."""
    try:
        first = date.fromisoformat(f"{typed}-01")
        following = next_month(first)
    except (ValueError, OverflowError):
        return None
    return first + timedelta(days=1), following


def _choices(session: Session) -> dict[str, dict[str, UUID]]:
    """The mediators and the programmes that the list may be narrowed to."""
    known = programmes.programmes_after(session, None, limit=MANY)
    paid = () if current_actor().scope else queries.mediators_with_statements(session)
    return {
        "mediateur": {str(identity): identity for identity, _ in paid},
        "dispositif": {str(one.id): one.id for one in known},
    }


def _asked(session: Session, form: Form) -> Filter:
    known = _choices(session)
    states = {str(state): state for state in StatementState}
    held = {HELD: True}.get(form.text("etat"))
    if current_actor().scope is None and form.text("etat") == StatementState.DRAFT:
        held = False
    month = month_of(form.text("mois"))
    if form.text("mois") and month is None:
        form.among("mois", {})
    return Filter(
        mediator_id=current_actor().scope or form.among("mediateur", known["mediateur"]),
        programme_id=form.among("dispositif", known["dispositif"]),
        state=None if held is not None else form.among("etat", states),
        held=held,
        cut_off_between=month,
    )


def _found(session: Session, form: Form, place: Place) -> list[Standing]:
    return standing_queries.statements_listed(session, place, asked=_asked(session, form))


def _rows(session: Session, found: Sequence[Standing]) -> Sequence[StatementRow]:
    own, today = current_actor().scope is not None, started_on()
    return listed_rows(session, found, today=today, own=own)


STATEMENTS = Listing(
    "statement_pages.listed",
    name="bordereaux",
    title="Bordereaux",
    columns=(
        Column[StatementRow]("Bordereau", lambda row: row.number or "Projet", width=16),
        Column("Médiateur", lambda row: row.mediator, sort="mediateur", width=36),
        Column("Commune", lambda row: row.commune, shown=False),
        Column("Période", None, Kind.DAY, "periode"),
        Column("Période", lambda row: row.period, shown=False),
        Column("Arrêté le", lambda row: row.cut_off_on, Kind.DAY, shown=False),
        Column("Pass", lambda row: row.voucher_count, Kind.NUMBER, "pass"),
        Column("Net à payer (€)", lambda row: row.net_cents, Kind.EUROS, "net"),
        Column("État", lambda row: row.state),
        Column("Précision", lambda row: row.why, width=36, shown=False),
    ),
    filters=("etat", "mediateur", "dispositif", "mois"),
    found=_found,
    told=_rows,
    first="-periode",
)


@bp.get("/bordereaux")
def listed() -> ResponseReturnValue:
    """What is owed to each mediator, the latest first; filters stay in the address."""
    check(Right.SEE_STATEMENTS)
    actor = current_actor()

    def work(session: Session) -> ListPage:
        hidden = frozenset({"Médiateur"} if actor.scope else ())
        found = STATEMENTS.page(session, hidden=hidden)
        return list_page(
            session,
            actor=actor,
            asked=_asked(session, found.form),
            listed=found,
            today=started_on(),
        )

    return render_template(
        "clearing/statements.html",
        page=in_transaction(work),
        may_run=may(Right.PREPARE_CLEARING),
        may_order=may(Right.ORDER_PAYMENT),
        own=actor.scope is not None,
    )


@bp.get("/bordereaux.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The statements of the address, all of them."""
    check(Right.SEE_STATEMENTS)
    return STATEMENTS.file(ending, programmes.is_demonstration)


@bp.get("/bordereaux/fichier-de-paiement.csv")
def payment_csv() -> ResponseReturnValue:
    """What the authority is to pay, for the finance software."""
    check(Right.ORDER_PAYMENT)
    return files.payments_to_order()


@bp.get("/bordereaux/liste-pour-emetteur/<uuid:issuer_id>.csv")
def issuer_csv(issuer_id: UUID) -> ResponseReturnValue:
    """What an issuer is to pay, to send it with the statements."""
    check(Right.ORDER_PAYMENT)
    return files.payments_to_order(issuer_id)


# ── One statement ─────────────────────────────────────────────────────────────────────────────────


def looked_at(session: Session, statement_id: UUID) -> StatementPage:
    """What the page of a statement says to whoever looks."""
    return statement_page(
        session,
        actor=current_actor(),
        statement_id=statement_id,
        today=started_on(),
    )


@bp.get("/bordereaux/<uuid:statement_id>")
def shown(statement_id: UUID) -> ResponseReturnValue:
    """One statement: what it waits for, its lines, its story, and what may be done now."""
    check(Right.SEE_STATEMENTS)
    page = in_transaction(lambda session: looked_at(session, statement_id))
    return render_template(
        "clearing/statement.html",
        page=page,
        lines=page.lines_after(request.args.get("apres", "")),
        may_undo=may(Right.UNDO_REDEMPTION),
    )


@bp.get("/bordereaux/<uuid:statement_id>/bordereau.pdf")
def pdf(statement_id: UUID) -> ResponseReturnValue:
    """The paper."""
    check(Right.SEE_STATEMENTS)
    return files.statement_file(statement_id, "pdf")


@bp.get("/bordereaux/<uuid:statement_id>/bordereau.csv")
def csv(statement_id: UUID) -> ResponseReturnValue:
    """Its lines, for a spreadsheet."""
    check(Right.SEE_STATEMENTS)
    return files.statement_file(statement_id, "csv")


@dataclass(frozen=True, slots=True)
class Act:
    """One act on a statement, as a page asks for it."""

    name: str
    right: Right
    title: str
    button: str
    refused: str
    do: Callable[[Session, Form, StatementPage], str]
    """Does it, and says what happened and what comes next."""
    values: Callable[[StatementPage], dict[str, str]] = lambda _: {}
    """What the form proposes."""


def withdraw(session: Session, form: Form, page: StatementPage) -> str:
    """Take the ticked series off the draft."""
    ranges = [PassRange(*value.split("/", 1)) for value in form.texts("passes") if "/" in value]
    typed = form.text("serial")
    if typed:
        ranges.append(PassRange(typed, typed))
    made = statements.withdraw_passes(
        session,
        actor=current_actor(),
        withdrawal_id=form.id,
        statement_id=page.id,
        version=form.integer("version"),
        passes=ranges,
        reason=form.text("reason"),
        now=started_at(),
    )
    return (
        f"{count(made.voucher_count)} pass retiré{plural(made.voucher_count)} du projet. Une autre "
        "personne approuve ce qui reste. Ce qui est retiré aujourd’hui se liquide à partir de "
        "demain."
    )


def certify(session: Session, form: Form, page: StatementPage) -> str:
    """The mediator certifies."""
    if not form.checked("certified"):
        form.wrong("certified", "Cochez la case pour certifier.")
    form.check()
    statements.certify_statement(
        session,
        actor=current_actor(),
        certification_id=form.id,
        statement_id=page.id,
        version=form.integer("version"),
        now=started_at(),
    )
    return "Le bordereau est certifié. La collectivité l’approuve maintenant."


def approve(session: Session, form: Form, page: StatementPage) -> str:
    """Another person approves the total that they read."""
    net_cents, version = form.cents("net"), form.integer("version")
    form.check()
    approval = statements.approve_statement(
        session,
        actor=current_actor(),
        statement_id=page.id,
        version=version,
        net_cents=net_cents,
        now=started_at(),
    )
    return (
        page.words.approved.format(
            amount=euros(approval.payable_cents), day=day_long(approval.due_on)
        )
        if approval.payable_cents
        else "Le bordereau est approuvé : les reprises le compensent, il n’y a rien à payer."
    )


def order(session: Session, form: Form, page: StatementPage) -> str:
    """The ordonnateur issues the mandat, or sends the statement to the issuer."""
    issued_on = form.day("issued_on")
    form.check()
    made = payments.order_payment(
        session,
        actor=current_actor(),
        payment_order_id=form.id,
        statement_id=page.id,
        mandate_number=form.text("mandate_number"),
        bordereau_number=form.text("bordereau_number"),
        issued_on=issued_on,
        same_account_reason=form.text("same_account_reason") or None,
        now=started_at(),
    )
    return page.words.order_done.format(number=made.mandate_number)


def pay(session: Session, form: Form, page: StatementPage) -> str:
    """A third person records the payment."""
    paid_on = form.day("paid_on")
    form.check()
    payments.record_payment(
        session,
        actor=current_actor(),
        payment_id=form.id,
        payment_order_id=page.order_id or UUID(int=0),
        paid_on=paid_on,
        now=started_at(),
    )
    return f"Le paiement de {euros(page.payable_cents)} est enregistré. Il n’y a plus rien à faire."


def reject(session: Session, form: Form, page: StatementPage) -> str:
    """The money came back."""
    rejected_on = form.day("rejected_on")
    form.check()
    payments.reject_payment(
        session,
        actor=current_actor(),
        rejection_id=form.id,
        payment_order_id=page.order_id or UUID(int=0),
        rejected_on=rejected_on,
        reason=form.text("reason"),
        now=started_at(),
    )
    return page.words.rejected_done


def of_today(name: str) -> Callable[[StatementPage], dict[str, str]]:
    """A day that is proposed as today."""
    return lambda _: {name: started_on().isoformat()}


def of_an_order(page: StatementPage) -> dict[str, str]:
    """Today, and where the issuer pays the number that it may know the statement by."""
    proposed = page.words.number_proposed and not page.sent_back_unpaid
    return {
        "issued_on": started_on().isoformat(),
        "mandate_number": page.number if proposed else "",
    }


ACTS = {
    act.name: act
    for act in (
        Act("retirer", Right.PREPARE_CLEARING, "Retirer des pass", "Retirer ces pass",
            "Les pass ne sont pas retirés", withdraw),
        Act("certifier", Right.CERTIFY_STATEMENT, "Certifier", "Je certifie",
            "Le bordereau n’est pas certifié", certify),
        Act("approuver", Right.APPROVE_STATEMENT, "Approuver", "Approuver ce total",
            "Le bordereau n’est pas approuvé", approve),
        Act("mandater", Right.ORDER_PAYMENT, "", "", "", order, of_an_order),
        Act("payer", Right.RECORD_PAYMENT, "", "Enregistrer le paiement",
            "Le paiement n’est pas enregistré", pay, of_today("paid_on")),
        Act("rejeter", Right.RECORD_PAYMENT, "Enregistrer un rejet", "Enregistrer le rejet",
            "Le rejet n’est pas enregistré", reject, of_today("rejected_on")),
    )
}  # fmt: skip


def told_by(words: PayerWords, act: Act) -> Act:
    """The act in the words of whoever pays."""
    if act.name == "mandater":
        return replace(
            act, title=words.order_title, button=words.order_button, refused=words.order_refused
        )
    return replace(act, title=words.pay_title) if act.name == "payer" else act


ON_A_MANDATE = frozenset({"payer", "rejeter"})
"""Acts on a mandat that is out: where there is none, they are not even tried.

The page of any act whose turn it is not says what the statement waits for. What is sent twice goes
on to the service, which knows what it has recorded already."""


@bp.route("/bordereaux/<uuid:statement_id>/<any(retirer,certifier,approuver,mandater,payer,rejeter):name>",
          methods=["GET", "POST"])  # fmt: skip
def act(statement_id: UUID, name: str) -> ResponseReturnValue:
    """One act on a statement: what it means, its fields, and the button."""
    asked = ACTS[name]
    check(asked.right)
    page = in_transaction(lambda session: looked_at(session, statement_id))
    form = Form.sent() if request.method == "POST" else Form.blank(**asked.values(page))
    stopped = (
        name in ON_A_MANDATE and page.order_id is None
        if request.method == "POST"
        else name not in page.acts
    )
    if request.method == "POST" and not stopped:
        said = form.submit(lambda session: asked.do(session, form, page))
        if said is not None:
            return done(url_for(".shown", statement_id=statement_id), said)
    return render_template(
        "clearing/act.html",
        page=page,
        act=told_by(page.words, asked),
        form=form,
        certified=CERTIFIED,
        stopped=stopped,
    ), 409 if stopped else form.status


# ── Runs ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RunPage:
    """What a run would take, once programme and day are chosen."""

    programmes: tuple[Choice, ...]
    expected: tuple[runs.Expected, ...] | None = None
    cut_off_on: date | None = None
    today: date | None = None
    withdrawn_count: int = 0
    """Passes taken off drafts today: a run takes them from tomorrow on."""
    danger: str = ""
    """Why the authority must not pay what it would draft, where the issuer does."""

    @property
    def sum(self) -> runs.ExpectedSum:
        """What it comes to in all."""
        return runs.expected_sum(self.expected or ())

    @property
    def draft_count(self) -> int:
        """How many drafts a run would make: none where all waits for its sessions."""
        return sum(bool(one.total.voucher_count) for one in self.expected or ())


@bp.get("/liquidations")
def preview() -> ResponseReturnValue:
    """What a run would take, mediator by mediator; nothing is written."""
    check(Right.PREPARE_CLEARING)
    typed = {name: request.args.get(name, "") for name in ("dispositif", "arrete")}
    form = Form.blank(**typed)
    return run_page(form, asked=bool(typed["arrete"]))


def run_page(form: Form, *, asked: bool) -> ResponseReturnValue:
    """The criteria, and the preview once they are given."""
    page = in_transaction(blank_run)
    if not form.text("dispositif") and len(page.programmes) == 1:
        form.typed["dispositif"] = [page.programmes[0].value]
    if not form.text("arrete"):
        # What a month's passes are worth is owed at its end.
        form.typed["arrete"] = [started_on().replace(day=1).isoformat()]
    if asked:

        def work(session: Session) -> RunPage:
            programme_id, cut_off_on = form.uuid("dispositif"), form.day("arrete")
            form.check()
            chosen = known_programme(session, programme_id)
            expected = runs.preview_clearing(
                session,
                actor=current_actor(),
                programme_id=programme_id,
                cut_off_on=cut_off_on,
                now=started_at(),
            )
            return RunPage(
                page.programmes,
                tuple(expected),
                cut_off_on,
                started_on(),
                run_queries.withdrawn_since(
                    session, programme_id, since=first_instant(started_on())
                ),
                danger_among([(chosen.name, Payer(chosen.payer))]),
            )

        page = form.submit(work) or page
    return render_template(
        "clearing/run.html", page=page, form=form, held=statement_views.FRENCH_HELD
    ), form.status


def blank_run(session: Session) -> RunPage:
    """The criteria alone."""
    known = programmes.programmes_after(session, None, limit=MANY)
    return RunPage(tuple(Choice(str(p.id), p.name) for p in known))


@bp.post("/liquidations")
def run() -> ResponseReturnValue:
    """Make the drafts that were previewed."""
    check(Right.PREPARE_CLEARING)
    form = Form.sent()
    programme_id, cut_off_on = form.uuid("dispositif"), form.day("arrete")
    if form.errors:
        return run_page(form, asked=False)
    actor, now = current_actor(), started_at()

    def run_now() -> ClearingRun:
        return in_transactions_of_its_own(
            lambda database: runs.run_clearing(
                database,
                actor=actor,
                run_id=form.id,
                programme_id=programme_id,
                cut_off_on=cut_off_on,
                now=now,
            )
        )

    def run_later(session: Session) -> Work | None:
        expected = runs.preview_clearing(
            session, actor=actor, programme_id=programme_id, cut_off_on=cut_off_on, now=now
        )
        if runs.expected_sum(expected).voucher_count <= background.AT_ONCE:
            return None
        return ask(
            session,
            actor=actor,
            work_id=form.id,
            kind=WorkKind.CLEARING_RUN,
            asked=background.asked_of(programme_id, cut_off_on),
            secret_key=current_settings().secret_key,
            now=now,
        )

    work = form.submit(run_later)
    if work is not None:
        return followed(work)
    made = None if form.errors else form.submit_apart(run_now)
    if made is None:
        return run_page(form, asked=False)
    return done(
        url_for(".listed", **background.made_by(programme_id, cut_off_on)),
        in_transaction(lambda session: background.said(session, made.id)),
    )


# ── For anybody ───────────────────────────────────────────────────────────────────────────────────


@bp.get("/V/<code>")
def verify(code: str) -> ResponseReturnValue:
    """Whether a paper is ours: number, net and day; no account, no person."""
    found = in_transaction(lambda session: documents.verified(session, code[:LONGEST_CODE]))
    return render_template("clearing/paper.html", page=found), 200 if found else 404
