"""What waits for a person about money: statements, payments, corrections, disputes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import (
    correction_queries,
    debit_notes,
    queries,
    run_queries,
    session_queries,
    standing_queries,
    statements,
)
from app.clearing.correction_queries import OpenNote, Owed
from app.clearing.rules import HELD, ClawbackState, SheetState, StatementState
from app.clearing.standing_queries import Unpaid
from app.clearing.statement_views import period_of
from app.desk.queries import ENOUGH, MANY, Day, RowT, look
from app.desk.rules import FEW, Task, Waiting, told
from app.identity.rules import RIGHTS, Actor, Right
from app.kernel.clock import first_instant
from app.kernel.money import Cents
from app.kernel.text import de
from app.partners import queries as partners
from app.partners.models import BankDetails
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.rules import Payer
from app.web.format import month_long


def _anyone(_session: Session, _actor: Actor, _one: Unpaid) -> bool:
    return True


def _is_to_approve(session: Session, actor: Actor, one: Unpaid) -> bool:
    """Prepared by others, who made each version but the withdrawals."""
    return one.prepared_by != actor.agent_id and not (
        one.version > 1 and queries.withdrawn_by(session, one.id, actor.agent_id)
    )


def _is_to_record(_session: Session, actor: Actor, one: Unpaid) -> bool:
    return one.approved_by != actor.agent_id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """Statements of which the same act comes next: whose turn it is, and how a line says it."""

    right: Right
    state: StatementState
    title: str
    titles: str
    about: str
    action: str
    held: bool = False
    payer: Payer | None = None
    """Whoever pays them, where it changes what is done."""
    wanted: Callable[[Session, Actor, Unpaid], bool] = _anyone

    @property
    def filter(self) -> str:
        """That of the list, which has all of them."""
        return HELD if self.held else self.state


STATEMENTS = (
    _Kind(
        right=Right.APPROVE_STATEMENT,
        state=StatementState.DRAFT,
        wanted=_is_to_approve,
        title="Approuver le bordereau : {mediator}",
        titles="Approuver {count} bordereaux",
        about="{period}. Relisez le total, puis approuvez-le ou retirez un pass.",
        action="Vérifier",
    ),
    _Kind(
        right=Right.ORDER_PAYMENT,
        state=StatementState.REJECTED,
        payer=Payer.AUTHORITY,
        title="Payer de nouveau : {mediator}",
        titles="Payer de nouveau {count} bordereaux",
        about="La banque a rejeté le paiement. Confirmez un autre compte, puis mandatez.",
        action="Voir le rejet",
    ),
    _Kind(
        right=Right.ORDER_PAYMENT,
        state=StatementState.REJECTED,
        payer=Payer.ISSUER,
        title="Transmettre de nouveau à l’émetteur : {mediator}",
        titles="Transmettre de nouveau {count} bordereaux à l’émetteur",
        about="Son paiement est revenu. Confirmez un autre compte, puis transmettez le bordereau.",
        action="Voir le rejet",
    ),
    _Kind(
        right=Right.ORDER_PAYMENT,
        state=StatementState.APPROVED,
        payer=Payer.AUTHORITY,
        title="Mandater le bordereau : {mediator}",
        titles="Mandater {count} bordereaux",
        about="{period}. Il est approuvé : saisissez son mandat de paiement.",
        action="Mandater",
    ),
    _Kind(
        right=Right.ORDER_PAYMENT,
        state=StatementState.APPROVED,
        payer=Payer.ISSUER,
        title="Transmettre à l’émetteur : {mediator}",
        titles="Transmettre {count} bordereaux à l’émetteur",
        about="{period}. Il est approuvé, et l’émetteur le paie : envoyez-le-lui, puis notez "
        "l’envoi.",
        action="Transmettre",
    ),
    _Kind(
        right=Right.RECORD_PAYMENT,
        state=StatementState.ORDERED,
        payer=Payer.AUTHORITY,
        wanted=_is_to_record,
        title="Enregistrer le paiement : {mediator}",
        titles="Enregistrer {count} paiements",
        about="{period}. Le mandat est émis : dites s’il est payé, ou rejeté par la banque.",
        action="Enregistrer",
    ),
    _Kind(
        right=Right.RECORD_PAYMENT,
        state=StatementState.ORDERED,
        payer=Payer.ISSUER,
        wanted=_is_to_record,
        title="Enregistrer le paiement de l’émetteur : {mediator}",
        titles="Enregistrer {count} paiements de l’émetteur",
        about="{period}. L’émetteur a le bordereau : dites quand il l’a payé, ou si son paiement "
        "est revenu.",
        action="Enregistrer",
    ),
    _Kind(
        right=Right.PREPARE_CLEARING,
        state=StatementState.DRAFT,
        held=True,
        title="Débloquer le bordereau : {mediator}",
        titles="Débloquer {count} bordereaux",
        about="{period}. Il manque un compte bancaire confirmé ou la certification du médiateur.",
        action="Voir ce qui manque",
    ),
)
"""What is done with statements, in the order in which it is told."""


def statements_unpaid(session: Session, actor: Actor, _day: Day) -> list[Task]:
    """Statements that wait for an act that this very person may do; all are read at once."""
    kinds = [kind for kind in STATEMENTS if kind.right in RIGHTS[actor.role]]
    if not kinds:
        return []
    unpaid = standing_queries.unpaid(session, {kind.state for kind in kinds})
    found = [(kind, _waiting(session, actor, kind, unpaid)) for kind in kinds]
    apart = len({one.payer for one in unpaid}) > 1
    names = partners.organisation_names(
        session, {one.mediator_id for _, waiting in found for one in waiting.things[:FEW]}
    )
    return [
        task
        for kind, waiting in found
        if waiting.things
        for task in _of_statements(session, kind, waiting, names, apart=apart)
    ]


def _waiting(
    session: Session, actor: Actor, kind: _Kind, unpaid: Iterable[Unpaid]
) -> Waiting[Unpaid]:
    wanted = (
        one
        for one in unpaid
        if one.state is kind.state
        and one.held is kind.held
        and kind.payer in {None, one.payer}
        and kind.wanted(session, actor, one)
    )
    things = tuple(islice(wanted, ENOUGH + 1))
    return Waiting(things[:ENOUGH], more=len(things) > ENOUGH)


def _of_statements(
    session: Session,
    kind: _Kind,
    found: Waiting[Unpaid],
    names: Mapping[UUID, str],
    *,
    apart: bool,
) -> list[Task]:
    def due_on(one: Unpaid) -> date:
        return one.due_on or statements.draft_due_on(session, one)

    def listed() -> dict[str, str]:
        """Their list, narrowed to one programme where all are of it and others are paid apart."""
        programmes_told = {one.programme_id for one in found.things}
        return {"etat": kind.filter} | (
            {"dispositif": str(*programmes_told)} if apart and len(programmes_told) == 1 else {}
        )

    def one_of(one: Unpaid) -> Task:
        return Task(
            title=kind.title.format(mediator=names[one.mediator_id]),
            about=kind.about.format(period=period_of(one.cut_off_on).capitalize()),
            action=kind.action,
            endpoint="statement_pages.shown",
            values={"statement_id": one.id},
            count=one.voucher_count,
            unit="pass",
            amount_cents=one.payable_cents,
            due_on=due_on(one),
        )

    together = Task(
        title=kind.titles,
        about="Ils sont ensemble dans la liste des bordereaux.",
        action="Voir la liste",
        endpoint="statement_pages.listed",
        values=listed(),
        unit="pass",
        amount_cents=Cents(sum(one.summed_cents for one in found.things)),
        # The list has the latest month first: the last one has waited longest.
        due_on=due_on(found.things[-1]),
    )
    return told(found, one_of, together, lambda one: one.voucher_count)


def runs_to_make(session: Session, _actor: Actor, day: Day) -> list[Task]:
    """Programmes in which passes taken before this month are on no statement."""
    first = day.today.replace(day=1)
    return [
        Task(
            title=f"Liquider les encaissements {de(month_long(first - timedelta(days=1)))}",
            about=f"{programme.name}. Des pass encaissés avant le 1er du mois ne sont sur aucun "
            "bordereau : les médiateurs attendent.",
            action="Voir l’aperçu",
            endpoint="statement_pages.preview",
            values={"dispositif": programme.id, "arrete": first.isoformat()},
            count=1,
            unit="liquidation",
        )
        for programme in programmes.programmes_after(session, None, limit=MANY)
        if run_queries.anything_old_to_clear(session, programme.id, before=first_instant(first))
    ]


NO_LIST = 10
"""Accounts told one by one: the directory does not show those that wait apart."""


def accounts_to_confirm(session: Session, actor: Actor, _day: Day) -> list[Task]:
    """Bank details that somebody else prepared."""
    waiting = partners.bank_details_to_approve(session, limit=MANY)
    theirs = tuple(one for one in waiting if one.prepared_by != actor.agent_id)
    found = Waiting(theirs, more=len(waiting) == MANY)
    names = partners.organisation_names(session, {one.organisation_id for one in theirs})

    def one_of(one: BankDetails) -> Task:
        return Task(
            title=f"Confirmer le compte bancaire : {names[one.organisation_id]}",
            about="Une autre personne l’a saisi. Vérifiez-le avec l’organisme, par un numéro "
            "que vous connaissez déjà.",
            action="Vérifier",
            endpoint="partner_profile.approval",
            values={"partner_id": one.organisation_id, "bank_details_id": one.id},
            count=1,
            unit="compte",
        )

    together = Task(
        title="Confirmer {count} comptes bancaires",
        about="D’autres personnes les ont saisis. Ouvrez chaque organisme dans l’annuaire.",
        action="Ouvrir l’annuaire",
        endpoint="partners_pages.directory",
        unit="comptes",
    )
    return told(found, one_of, together, few=NO_LIST)


def sheets_to_check(session: Session, actor: Actor, _day: Day) -> list[Task]:
    """Passes that a colleague typed for a mediator."""
    found = look(
        lambda place: session_queries.latest_sheets(session, place, state=SheetState.WAITING),
        lambda one: one.typed_by != actor.agent_id,
    )
    return _counted(
        found,
        title="Relire les pass saisis pour un médiateur",
        about="Un collègue les a saisis sur papier : ils comptent dès que vous les confirmez.",
        action="Relire",
        alone=("sheet_pages.sheet", "sheet_id"),
        endpoint="sheet_pages.list_sheets",
        state=SheetState.WAITING,
        unit=("saisie", "saisies"),
    )


def clawbacks_to_approve(session: Session, actor: Actor, _day: Day) -> list[Task]:
    """Passes paid by mistake, that somebody else wants back."""
    found = look(
        lambda place: correction_queries.latest_corrections(
            session, place, state=ClawbackState.WAITING
        ),
        lambda one: one.clawback.prepared_by != actor.agent_id,
    )
    return _counted(
        found,
        title="Décider d’une reprise sur un pass payé",
        about="Une autre personne l’a préparée, avec son motif.",
        action="Décider",
        alone=("correction_pages.shown", "clawback_id"),
        endpoint="correction_pages.listed",
        state=ClawbackState.WAITING,
        unit=("reprise", "reprises"),
    )


def notes_to_collect(session: Session, actor: Actor, _day: Day) -> list[Task]:
    """Debit notes that somebody else issued, and that nobody has paid."""
    notes = correction_queries.open_notes(session, but_of=actor.agent_id, limit=ENOUGH + 1)
    found = Waiting(tuple(notes[:ENOUGH]), more=len(notes) > ENOUGH)

    def one_of(one: OpenNote) -> Task:
        return Task(
            title=f"Encaisser le titre {numbering.written(numbering.DEBIT_NOTE, *one[1:3])}",
            about=f"{one.mediator} doit rendre cette somme. Dès qu’elle est payée, enregistrez le "
            "jour de l’encaissement.",
            action="Enregistrer",
            endpoint="debit_note_pages.shown",
            values={"debit_note_id": one.id},
            unit="titre",
            amount_cents=one.amount_cents,
        )

    together = Task(
        title="Encaisser {count} titres de recette",
        about="Ils sont ensemble dans la liste des titres, avec leur somme.",
        action="Voir la liste",
        endpoint="debit_note_pages.listed",
        values={"etat": "a-encaisser"},
        unit="titres",
        amount_cents=Cents(sum(one.amount_cents for one in found.things)),
    )
    return told(found, one_of, together)


def notes_to_issue(session: Session, _actor: Actor, day: Day) -> list[Task]:
    """What mediators owe back for so long that a debit note may ask for it."""
    found = Waiting(tuple(debit_notes.to_issue(session, today=day.today)))
    if not found.things:
        return []
    names = partners.organisation_names(session, {one.mediator_id for one in found.things})

    def one_of(one: Owed) -> Task:
        return Task(
            title=f"Émettre un titre pour {names[one.mediator_id]}",
            about="Le délai est passé, et aucun bordereau à venir ne compense ce qui est à rendre.",
            action="Émettre",
            endpoint="debit_note_pages.issue",
            values={"programme_id": one.programme_id, "mediator_id": one.mediator_id},
            count=one.voucher_count,
            unit="pass",
            amount_cents=one.net_cents,
        )

    together = Task(
        title="Émettre {count} titres de recette",
        about="Le délai est passé, et aucun bordereau à venir ne compense ce qui est à rendre.",
        action="Voir la liste",
        endpoint="correction_pages.listed",
        values={"etat": str(ClawbackState.OWED)},
        unit="pass",
        amount_cents=Cents(sum(one.net_cents for one in found.things)),
    )
    return told(found, one_of, together, lambda one: one.voucher_count)


def disputes_to_decide(session: Session, actor: Actor, _day: Day) -> list[Task]:
    """Passes that two mediators claim."""
    found = look(
        lambda place: correction_queries.latest_disputes(session, place, decided=False),
        lambda one: one.dispute.opened_by != actor.agent_id,
    )
    return _counted(
        found,
        title="Trancher un pass demandé par deux médiateurs",
        about="Le premier reçu est compté ; rien n’est payé deux fois tant que vous lisez.",
        action="Trancher",
        alone=("dispute_pages.shown", "dispute_id"),
        endpoint="dispute_pages.listed",
        state="a-trancher",
        unit=("litige", "litiges"),
    )


def _counted(
    found: Waiting[RowT],
    *,
    title: str,
    about: str,
    action: str,
    alone: tuple[str, str],
    endpoint: str,
    state: str,
    unit: tuple[str, str],
) -> list[Task]:
    """All of them in one line, however few they are; a single one is opened itself.

    `alone` is the page of one, and what its address calls the id.
    """
    if not found.things and not found.more:
        return []
    count = len(found.things)
    together = Task(
        title=title,
        about=about,
        action=action,
        endpoint=endpoint,
        values={"etat": str(state)},
        count=count,
        unit=f"{unit[count > 1]} au moins" if found.more else unit[count > 1],
    )
    if count == 1 and not found.more:
        page, its_id = alone
        return [replace(together, endpoint=page, values={its_id: found.things[0].id})]
    return [together]
