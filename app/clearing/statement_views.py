"""What the pages of statements are told: plain values, in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import (
    documents,
    payment_queries,
    queries,
    session_queries,
    standing_queries,
    statements,
)
from app.clearing.outlook import Outlook, outlook_of
from app.clearing.payees import Account, AwaitedAccount, account_awaited, account_of
from app.clearing.payer_words import WORDS, PayerWords, danger_among, state_labels
from app.clearing.receipts import serial_in
from app.clearing.recoveries import recoveries_of
from app.clearing.rules import (
    OWED,
    HoldReason,
    PaperLine,
    PaperRecovery,
    PaperSession,
    RedemptionState,
    StatementState,
)
from app.clearing.standing_queries import Filter, Standing, Sum, TakenBack
from app.identity.naming import named_to
from app.identity.rules import RIGHTS, Actor, Right
from app.kernel.money import NO_BREAK, Cents
from app.partners import queries as partners
from app.programmes import queries as programmes
from app.programmes.models import Programme
from app.programmes.rules import Payer
from app.programmes.service import known_programme
from app.web.format import count as number
from app.web.format import day_long, day_short, euros, month_long, plural
from app.web.lists import Listed
from app.web.pages import Choice

FRENCH_STATE: dict[StatementState, tuple[str, str]] = {
    StatementState.DRAFT: ("warn", "À approuver"),
    StatementState.APPROVED: ("go", WORDS[Payer.AUTHORITY].to_order),
    StatementState.ORDERED: ("go", WORDS[Payer.AUTHORITY].ordered),
    StatementState.REJECTED: ("bad", "Rejeté"),
    StatementState.PAID: ("ok", "Payé"),
    StatementState.OFFSET: ("ok", "Compensé"),
    StatementState.EMPTY: ("", "Vidé"),
}
"""Tone and words of a state; where the issuer pays, `state_labels` has other words for some."""
FRENCH_HELD = {
    HoldReason.BANK_DETAILS: "compte bancaire à confirmer",
    HoldReason.CERTIFICATION: "certification du médiateur attendue",
}
FRENCH_WITHDRAWN = {
    RedemptionState.WITHDRAWN: ("warn", "Attend la prochaine liquidation"),
    RedemptionState.UNDONE: ("", "Encaissement annulé"),
    RedemptionState.TAKEN_BACK: ("warn", "Repris"),
}
OWN_STATE = FRENCH_STATE | {
    StatementState.DRAFT: ("warn", "En préparation"),
    StatementState.APPROVED: ("go", "Approuvé"),
    StatementState.ORDERED: ("go", "En paiement"),
    StatementState.REJECTED: ("bad", "Paiement revenu"),
}
"""The same, for the mediator whom it pays: what others still do is not its business."""
OWN_HELD = {
    HoldReason.BANK_DETAILS: "votre relevé d’identité bancaire manque",
    HoldReason.CERTIFICATION: "à certifier par vous",
}
HELD = "retained"
SETTLED = {StatementState.PAID, StatementState.OFFSET, StatementState.EMPTY}
"""Nobody has anything more to pay."""
COMPENSATED_BY = {StatementState.PAID, StatementState.OFFSET}


def period_of(cut_off_on: date) -> str:
    """The month that a cut-off closes."""
    return month_long(cut_off_on - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One line of the list."""

    id: UUID
    number: str
    mediator: str
    commune: str
    period: str
    cut_off_on: date
    voucher_count: int
    net_cents: Cents
    tone: str
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class StateTab:
    """One state, and how many statements are in it."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class ListPage:
    """Statements, what they come to, and the filters that stay in the address."""

    list: Listed[StatementRow]
    total: Sum
    owed: Sum
    paid: Sum
    compensated_cents: Cents
    """What paid and compensated statements held back for passes taken back: it was never paid."""
    taken_back: TakenBack
    """Of what is paid: clawed back, and no statement has recovered it."""
    tabs: tuple[StateTab, ...]
    mediators: tuple[Choice, ...]
    programmes: tuple[Choice, ...]
    months: tuple[Choice, ...]
    outlook: Outlook | None
    """« Quand suis-je payé ? », for a mediator."""
    authority_pays: bool
    """Some of them: the payment file is theirs."""
    issuers: tuple[Choice, ...]
    """Who else pays some of them: there is a list for each."""
    danger: str
    """Why the authority pays none of those that an issuer pays."""


def _sum(sums: Sequence[Sum]) -> Sum:
    return Sum(
        sum(one.statement_count for one in sums),
        sum(one.voucher_count for one in sums),
        sum(one.amount_cents for one in sums),
        sum(one.net_cents for one in sums),
        sum(one.recovered_cents for one in sums),
    )


def list_page(
    session: Session,
    *,
    actor: Actor,
    asked: Filter,
    listed: Listed[StatementRow],
    today: date,
) -> ListPage:
    """The list as those filters show it; sums are of everything they let through."""
    whole = replace(asked, state=None, held=None)
    sums = standing_queries.sums_by_state(session, asked=whole)
    own = actor.scope is not None
    # To the mediator, its draft is one under preparation, whatever it waits for.
    held = {} if own else standing_queries.sums_by_state(session, asked=replace(whole, held=True))
    known = programmes.programmes_after(session, None, limit=100)
    payers = [(one.name, Payer(one.payer)) for one in known if asked.programme_id in {None, one.id}]
    words = {state: label for state, (_, label) in (OWN_STATE if own else FRENCH_STATE).items()}
    if not own:
        words |= state_labels(payer for _, payer in payers)
    held_count = _sum(list(held.values())).statement_count
    tabs = [StateTab("", "Tous", _sum(list(sums.values())).statement_count)]
    for value in words:
        of_state = sums[value].statement_count if value in sums else 0
        if value is StatementState.DRAFT:
            of_state -= held_count
        if of_state:
            tabs.append(StateTab(value, words[value], of_state))
        if value is StatementState.DRAFT and held_count:
            tabs.append(StateTab(HELD, "Retenus", held_count))
    shown = sums
    if asked.held is not None:
        shown = standing_queries.sums_by_state(session, asked=asked)
    elif asked.state is not None:
        shown = {state: one for state, one in sums.items() if state is asked.state}
    closed = {(day - timedelta(days=1)).replace(day=1) for day in queries.cut_offs(session)}
    months = sorted(closed, reverse=True)
    return ListPage(
        listed,
        total=_sum(list(shown.values())),
        owed=_sum([sums[s] for s in OWED if s in sums]),
        paid=_sum([sums[s] for s in (StatementState.PAID,) if s in sums]),
        compensated_cents=Cents(
            _sum([sums[s] for s in sums if s in COMPENSATED_BY]).recovered_cents
        ),
        taken_back=standing_queries.taken_back(session, asked=whole),
        tabs=tuple(tabs),
        mediators=()
        if actor.scope
        else tuple(Choice(str(i), name) for i, name in queries.mediators_with_statements(session)),
        programmes=tuple(Choice(str(p.id), p.name) for p in known),
        months=tuple(Choice(f"{month:%Y-%m}", month_long(month)) for month in months),
        outlook=outlook_of(session, actor.scope, today=today) if actor.scope else None,
        authority_pays=any(one.payer == Payer.AUTHORITY for one in known),
        issuers=() if own else _issuers(session, known),
        danger="" if own else danger_among(payers),
    )


def _issuers(session: Session, known: Sequence[Programme]) -> tuple[Choice, ...]:
    """The issuers that pay mediators."""
    paying = {one.issuer_id for one in known if one.payer == Payer.ISSUER}
    names = partners.organisation_names(session, paying) if paying else {}
    return tuple(Choice(str(one), names[one]) for one in sorted(paying, key=names.__getitem__))


def listed_rows(
    session: Session, standings: Sequence[Standing], *, today: date, own: bool
) -> tuple[StatementRow, ...]:
    """Statements as the list tells them; to the mediator whom they pay, in words of its own."""
    held = statements.held_because(session, standings)
    organisations = partners.organisations_by_id(
        session, {one.statement.mediator_id for one in standings}
    )
    rows = []
    for one in standings:
        mediator = organisations[one.statement.mediator_id]
        reasons = held.get(one.id, ())
        payer = payer_of(session, one)
        tone, words = state_words(one, reasons, payer, own=own)
        rows.append(
            StatementRow(
                id=one.id,
                number=documents.number_of(one),
                mediator=mediator.name,
                commune=mediator.commune,
                period=period_of(one.run.cut_off_on),
                cut_off_on=one.run.cut_off_on,
                voucher_count=one.version.voucher_count,
                net_cents=one.payable_cents,
                tone=tone,
                state=words,
                why=", ".join((OWN_HELD if own else FRENCH_HELD)[r] for r in reasons)
                or why_of(one, payer, today=today, own=own),
            )
        )
    return tuple(rows)


def payer_of(session: Session, one: Standing) -> Payer:
    """Who pays it: that of its programme, which is read once a session."""
    return Payer(known_programme(session, one.statement.programme_id).payer)


def state_words(
    one: Standing, reasons: Sequence[HoldReason], payer: Payer, *, own: bool
) -> tuple[str, str]:
    """Tone and words of the state of a statement."""
    if reasons == (HoldReason.CERTIFICATION,) and own:
        return "warn", "À certifier"
    if reasons:
        return "bad", "Retenu"
    if own:
        return OWN_STATE[one.state]
    tone, label = FRENCH_STATE[one.state]
    return tone, state_labels([payer]).get(one.state, label)


def why_of(one: Standing, payer: Payer, *, today: date, own: bool) -> str:
    """The few words under a state."""
    due = "La collectivité l’approuve" if own and one.state is StatementState.DRAFT else ""
    if one.state is StatementState.OFFSET:
        return "rien à payer"
    if one.approval is None and one.recovered_cents:
        held_back = f"{euros(one.recovered_cents)} de pass repris déduits"
        return f"{held_back} ; {due}" if due else held_back
    if one.approval is not None:
        late = one.approval.due_on < today
        due = f"{'en retard, dû' if late else 'avant'} le {day_short(one.approval.due_on)}"
    if one.rejection is not None:
        return f"le {day_short(one.rejection.rejected_on)} ; {due}"
    if one.payment is not None:
        return f"le {day_short(one.payment.paid_on)}"
    if one.order is not None and not own:
        return f"{WORDS[payer].reference} {one.order.mandate_number}, {due}"
    return due


# ── One statement ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story of a statement."""

    title: str
    drawing: str
    at: datetime | None = None
    on: date | None = None
    said: str = ""
    here: bool = False
    by_id: int | None = None
    by: str = ""
    """Who did it, as the reader is told."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A pass that was taken off the statement, and whether it was undone since."""

    redemption_id: UUID
    serial: str
    tone: str
    state: str
    undoable: bool


@dataclass(frozen=True, slots=True)
class StatementPage:
    """One statement: its state, its lines, its story, and what the reader may do."""

    id: UUID
    number: str
    mediator: str
    commune: str
    programme: str
    period: str
    cut_off_on: date
    tone: str
    state: str
    waits: str
    version: int
    voucher_count: int
    amount_cents: Cents
    fee_basis_points: int
    fee_cents: Cents
    net_cents: Cents
    payee: str
    """The account that was paid, or that the next act freezes or pays."""
    awaited: AwaitedAccount | None
    """Typed for the mediator, and not confirmed yet, where that changes what is paid."""
    due_on: date | None
    late: bool
    lines: tuple[PaperLine, ...]
    steps: tuple[Step, ...]
    acts: tuple[str, ...]
    """Names of the acts that the reader may do now."""
    not_allowed: str
    """Why the reader may not do what the statement waits for."""
    order_id: UUID | None
    mandate: str
    rejected_account: str
    """The account of the mandat that was rejected."""
    same_account: bool
    """The next order would pay it again: no other one was confirmed since."""
    rejected_on: date | None
    rejected_because: str
    sent_back_unpaid: bool
    """The accountant rejected the last mandat before paying it: its number serves no more."""
    withdrawn: tuple[Withdrawn, ...]
    recoveries: tuple[PaperRecovery, ...]
    """Passes that were paid and taken back, and that this statement makes up for."""
    payable_cents: Cents
    sessions: tuple[PaperSession, ...]
    words: PayerWords
    """Of whoever pays it."""
    paid_by: str
    danger: str
    """Why nobody else may pay it, while it waits to be paid."""

    @property
    def title(self) -> str:
        """What people call it."""
        return f"Bordereau {self.number}" if self.number else "Projet de bordereau"

    def lines_after(self, mark: str) -> "Lines":
        """Some lines: those that follow the one of that mark, or else the first ones."""
        marks = [mark_of(line) for line in self.lines]
        start = marks.index(mark) + 1 if mark in marks else 0
        end = start + LINES
        return Lines(
            self.lines[start:end],
            first=start + 1,
            next_mark=marks[end - 1] if end < len(marks) else "",
        )


LINES = 20
"""Of a statement on its page: a phone shows each as a card."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Some of the lines of a statement."""

    shown: tuple[PaperLine, ...]
    first: int
    next_mark: str
    """Of the last one shown, when others follow."""


def mark_of(line: PaperLine) -> str:
    """What names a line of a statement in an address."""
    return f"{line.day:%Y%m%d}-{line.first.replace(' ', '')}"


def statement_page(
    session: Session, *, actor: Actor, statement_id: UUID, today: date
) -> StatementPage:
    """What the page of a statement says to that actor."""
    one = statements.known_standing(session, actor=actor, statement_id=statement_id)
    statement, version, approval = one.statement, one.version, one.approval
    programme = known_programme(session, statement.programme_id)
    payer = Payer(programme.payer)
    pays = programme.issuer_id if payer is Payer.ISSUER else programme.sponsor_id
    parties = partners.organisations_by_id(session, {statement.mediator_id, pays})
    mediator, said = parties[statement.mediator_id], WORDS[payer]
    reasons = statements.held_because(session, [one]).get(one.id, ())
    own = actor.scope is not None
    tone, words = state_words(one, reasons, payer, own=own)
    certified = queries.certification_of(session, one.id, version.version) is not None
    acts, not_allowed = _acts(session, one, actor, reasons, certified=certified)
    owed = recoveries_of(session, one)
    account = account_of(session, one)
    return StatementPage(
        id=one.id,
        number=documents.number_of(one),
        mediator=mediator.name,
        commune=mediator.commune,
        programme=programme.name,
        period=period_of(one.run.cut_off_on),
        cut_off_on=one.run.cut_off_on,
        tone=tone,
        state=words,
        waits=(_waits_of_own if own else _waits)(one, reasons, account, said),
        version=version.version,
        voucher_count=version.voucher_count,
        amount_cents=Cents(version.amount_cents),
        fee_basis_points=version.fee_basis_points,
        fee_cents=Cents(version.fee_cents),
        net_cents=Cents(version.net_cents),
        payee=account.words,
        awaited=account_awaited(session, actor, one),
        due_on=_due_on(session, one),
        late=approval is not None and one.state in OWED and approval.due_on < today,
        lines=tuple(documents.lines_of(session, one.id)),
        steps=_signed(session, actor, _steps(session, one, said)),
        acts=acts,
        not_allowed=not_allowed,
        order_id=one.order.id if one.order else None,
        mandate=one.order.mandate_number if one.order else "",
        rejected_account=account.rejected,
        same_account=account.same,
        rejected_on=one.rejection.rejected_on if one.rejection else None,
        rejected_because=one.rejection.reason if one.rejection else "",
        sent_back_unpaid=one.rejection is not None and one.rejection.payment_id is None,
        withdrawn=_withdrawn(session, one.id),
        recoveries=tuple(documents.recoveries_shown(session, owed)),
        payable_cents=Cents(version.net_cents - sum(r.net_cents for r in owed)),
        sessions=tuple(documents.sessions_of(session, one)),
        words=said,
        paid_by=parties[pays].name,
        danger="" if own or one.state in SETTLED else said.danger,
    )


def _due_on(session: Session, one: Standing) -> date | None:
    """By when something is paid; a draft's delay runs already, whenever it is approved."""
    if one.state is StatementState.EMPTY or (one.approval and not one.approval.payable_cents):
        return None
    return statements.due_on(session, one)


def _withdrawn(session: Session, statement_id: UUID) -> tuple[Withdrawn, ...]:
    lines = [
        session_queries.line_of(session, redemption_id)
        for redemption_id in queries.withdrawn_redemptions(session, statement_id)
    ]
    return tuple(
        Withdrawn(
            line.redemption.id,
            serial_in(line.redemption.receipt),
            *FRENCH_WITHDRAWN.get(line.state, ("ok", "Sur un autre bordereau")),
            line.state is RedemptionState.WITHDRAWN,
        )
        for line in lines
    )


def _waits(
    one: Standing, reasons: Sequence[HoldReason], account: Account, words: PayerWords
) -> str:
    if HoldReason.BANK_DETAILS in reasons:
        return (
            "Le compte bancaire du médiateur n’est pas confirmé. Saisissez-le, faites-le confirmer "
            "par une autre personne, puis approuvez. Les autres bordereaux n’attendent pas."
        )
    if HoldReason.CERTIFICATION in reasons:
        return (
            "Le médiateur certifie d’abord que les accompagnements ont été réalisés. "
            "Les autres bordereaux n’attendent pas."
        )
    return {
        StatementState.DRAFT: "Une autre personne que celle qui l’a préparé l’approuve.",
        StatementState.EMPTY: "Tous ses pass ont été retirés : il n’attend plus rien.",
        StatementState.OFFSET: "Les reprises l’ont compensé en entier : il n’y a rien à payer.",
        StatementState.APPROVED: words.waits_approved,
        StatementState.ORDERED: words.waits_ordered,
        StatementState.PAID: "Il est payé : il n’y a plus rien à faire.",
        StatementState.REJECTED: (
            words.waits_rejected if account.same else words.waits_rejected_elsewhere
        ),
    }[one.state]


def _waits_of_own(
    one: Standing, reasons: Sequence[HoldReason], account: Account, words: PayerWords
) -> str:
    """What a statement waits for, told to the mediator whom it pays."""
    if HoldReason.CERTIFICATION in reasons:
        return (
            "C’est un projet : relisez ses lignes, puis certifiez que ces accompagnements ont été "
            "réalisés. La collectivité l’approuve ensuite, et le délai de paiement court du jour "
            "où vous certifiez. Si une ligne est fausse, appelez la coordination avant de "
            "certifier."
        )
    if HoldReason.BANK_DETAILS in reasons:
        return "Donnez votre relevé d’identité bancaire à la collectivité : le bordereau l’attend."
    return {
        StatementState.DRAFT: (
            "C’est un projet : ni son total ni son numéro ne sont arrêtés. La collectivité "
            "l’approuve, et peut encore en retirer un pass ; vous n’avez rien à faire."
        ),
        StatementState.EMPTY: "Tous ses pass ont été retirés : il n’attend plus rien.",
        StatementState.OFFSET: (
            "Il compense en entier des pass déjà payés et repris : rien n’est à vous verser."
        ),
        StatementState.APPROVED: words.own_approved,
        StatementState.ORDERED: words.own_ordered,
        StatementState.PAID: "Il est payé : il n’y a plus rien à faire.",
        StatementState.REJECTED: (
            "La banque a renvoyé le paiement. Vérifiez avec la collectivité le compte à payer : un "
            "autre paiement suit."
            if account.same
            else "La banque a renvoyé le paiement. Un autre compte est confirmé : un autre "
            "paiement y suit, et vous n’avez rien à faire."
        ),
    }[one.state]


def _acts(
    session: Session,
    one: Standing,
    actor: Actor,
    reasons: Sequence[HoldReason],
    *,
    certified: bool,
) -> tuple[tuple[str, ...], str]:
    """What the actor may do now, and why not what else the statement waits for."""
    rights = RIGHTS[actor.role]
    if one.state is StatementState.DRAFT:
        return _acts_on_a_draft(session, one, actor, reasons, certified=certified)
    acts: list[str] = []
    if one.state in {StatementState.APPROVED, StatementState.REJECTED} and (
        Right.ORDER_PAYMENT in rights
    ):
        acts.append("mandater")
    if Right.RECORD_PAYMENT in rights:
        acts += {
            StatementState.ORDERED: ["payer", "rejeter"],
            StatementState.PAID: ["rejeter"],
        }.get(one.state, [])
    return tuple(acts), ""


def _acts_on_a_draft(
    session: Session,
    one: Standing,
    actor: Actor,
    reasons: Sequence[HoldReason],
    *,
    certified: bool,
) -> tuple[tuple[str, ...], str]:
    rights, why = RIGHTS[actor.role], ""
    acts: list[str] = []
    if Right.CERTIFY_STATEMENT in rights and not certified:
        acts.append("certifier")
    if Right.APPROVE_STATEMENT in rights:
        if one.statement.prepared_by == actor.agent_id:
            why = "Vous l’avez préparé : vous ne pouvez pas l’approuver."
        elif queries.withdrawn_by(session, one.id, actor.agent_id):
            why = "Vous en avez retiré des pass : vous ne pouvez pas l’approuver."
        elif reasons:
            why = "Il ne peut pas encore être approuvé."
        else:
            acts.append("approuver")
    if Right.PREPARE_CLEARING in rights:
        acts.append("retirer")
    return tuple(acts), why


def _signed(session: Session, actor: Actor, steps: Sequence[Step]) -> tuple[Step, ...]:
    named = named_to(session, actor, [step.by_id for step in steps])
    return tuple(replace(step, by=named(step.by_id)) for step in steps)


def _steps(session: Session, one: Standing, words: PayerWords) -> list[Step]:
    """What happened, oldest first, then what is to come."""
    statement, approval = one.statement, one.approval
    first = queries.versions_of(session, one.id)[0]
    steps = [
        Step("Préparé", "bill", one.run.prepared_at, by_id=statement.prepared_by,
             said=f"{number(first.voucher_count)} pass enregistré{plural(first.voucher_count)} "
             f"avant le {day_long(one.run.cut_off_on)}.")
    ]  # fmt: skip
    steps += [
        Step("Pass retirés", "undo", made.withdrawn_at, by_id=made.withdrawn_by,
             said=f"{number(made.voucher_count)} pass : {made.reason}.")
        for made in queries.withdrawals_of(session, one.id)
    ]  # fmt: skip
    steps += [
        Step("Certifié par le médiateur", "check", made.certified_at,
             by_id=made.certified_by, said=f"Version {made.version}.")
        for made in queries.all_certifications_of(session, one.id)
    ]  # fmt: skip
    steps.sort(key=lambda step: step.at or one.run.prepared_at)
    if approval is None:
        if statement.certification_required:
            steps.append(Step("Certification du médiateur", "clock"))
        return [*steps, Step("Approbation", "clock"), Step(words.step, "clock"),
                Step("Paiement", "clock")]  # fmt: skip
    steps.append(
        Step("Approuvé", "check", approval.approved_at, by_id=approval.approved_by,
             said=f"{euros(approval.payable_cents)}, reçu le {day_long(approval.received_on)}"
             + (f", à payer avant le {day_long(approval.due_on)}." if approval.payable_cents
                else "."))
    )  # fmt: skip
    for order, payment, rejection in payment_queries.rounds_of(session, one.id):
        steps.append(
            Step(words.ordered if order.ordinal == 1
                 else f"{words.ordered} de nouveau (tour {order.ordinal})",
                 "bill", order.ordered_at, by_id=order.ordered_by,
                 said=words.order_told.format(
                     number=order.mandate_number, batch=order.bordereau_number,
                     day=day_long(order.issued_on),
                     account=order.payee_iban_masked.replace(" ", NO_BREAK)))
        )  # fmt: skip
        if payment:
            steps.append(Step("Payé", "euro", payment.recorded_at, by_id=payment.recorded_by,
                              said=f"Le {day_long(payment.paid_on)}."))  # fmt: skip
        if rejection:
            steps.append(
                Step("Rejeté", "warn", rejection.recorded_at, by_id=rejection.recorded_by,
                     said=f"Le {day_long(rejection.rejected_on)} : {rejection.reason}.")
            )  # fmt: skip
    if one.state in {StatementState.APPROVED, StatementState.REJECTED}:
        steps.append(Step(words.step, "clock"))
    if one.state is StatementState.OFFSET:
        said = f"{euros(approval.recovered_cents)} repris : rien n’est à payer."
        steps.append(Step("Compensé", "check", approval.approved_at, said=said))
    elif one.state is not StatementState.PAID:
        steps.append(Step("Paiement", "clock"))
    return steps
