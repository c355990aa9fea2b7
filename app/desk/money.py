"""What waits for a person about money: statements, payments, corrections, disputes."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from app.clearing import correction_queries, queries, run_queries, session_queries, statements
from app.clearing.queries import Filter, Standing
from app.clearing.rules import HELD, ClawbackState, SheetState, StatementState
from app.clearing.statement_views import period_of
from app.desk.queries import MANY, look
from app.desk.rules import Task, Waiting, everything, told
from app.identity.rules import Actor
from app.kernel.clock import first_instant
from app.kernel.money import Cents
from app.partners import queries as partners
from app.partners.models import BankDetails
from app.programmes import queries as programmes
from app.web.format import month_long

T = TypeVar("T")


def statements_to_approve(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Drafts that nothing holds, prepared by others."""

    def wanted(one: Standing) -> bool:
        return one.statement.prepared_by != actor.agent_id and not _withdrew(session, one, actor)

    return _of_statements(
        session,
        _standing(session, StatementState.DRAFT, wanted, held=False),
        StatementState.DRAFT,
        title="Approuver le bordereau de {mediator}",
        titles="Approuver {count} bordereaux",
        about="{period}. Relisez le total, puis approuvez-le ou retirez un pass.",
        action="Vérifier",
    )


def _withdrew(session: Session, one: Standing, actor: Actor) -> bool:
    """Whether this agent took a pass from that draft: each withdrawal makes a version."""
    return one.version.version > 1 and queries.withdrawn_by(session, one.id, actor.agent_id)


def statements_held(session: Session, _actor: Actor, _today: date) -> list[Task]:
    """Drafts that cannot be paid yet, and why."""
    return _of_statements(
        session,
        _standing(session, StatementState.DRAFT, held=True),
        HELD,
        title="Débloquer le bordereau de {mediator}",
        titles="Débloquer {count} bordereaux",
        about="{period}. Il manque un compte bancaire confirmé ou la certification du médiateur.",
        action="Voir ce qui manque",
    )


def payments_to_order(session: Session, _actor: Actor, _today: date) -> list[Task]:
    """Approved statements that no mandat names yet, and payments that came back."""
    return [
        *_of_statements(
            session,
            _standing(session, StatementState.REJECTED),
            StatementState.REJECTED,
            title="Payer de nouveau {mediator}",
            titles="Payer de nouveau {count} bordereaux",
            about="La banque a rejeté le paiement. Confirmez un autre compte, puis mandatez.",
            action="Voir le rejet",
        ),
        *_of_statements(
            session,
            _standing(session, StatementState.APPROVED),
            StatementState.APPROVED,
            title="Mandater le bordereau de {mediator}",
            titles="Mandater {count} bordereaux",
            about="{period}. Il est approuvé : saisissez son mandat de paiement.",
            action="Mandater",
        ),
    ]


def payments_to_record(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Mandats that nobody has recorded as paid or refused; not those of one's own approval."""

    def wanted(one: Standing) -> bool:
        return one.approval is not None and one.approval.approved_by != actor.agent_id

    return _of_statements(
        session,
        _standing(session, StatementState.ORDERED, wanted),
        StatementState.ORDERED,
        title="Enregistrer le paiement de {mediator}",
        titles="Enregistrer {count} paiements",
        about="{period}. Le mandat est émis : dites s’il est payé, ou rejeté par la banque.",
        action="Enregistrer",
    )


def _standing(
    session: Session,
    state: StatementState,
    wanted: Callable[[Standing], bool] = everything,
    *,
    held: bool | None = None,
) -> Waiting[Standing]:
    asked = Filter(state=state, held=held)
    return look(lambda place: queries.statements_listed(session, place, asked=asked), wanted)


def _of_statements(
    session: Session,
    found: Waiting[Standing],
    state: str,
    *,
    title: str,
    titles: str,
    about: str,
    action: str,
) -> list[Task]:
    """`state` is the filter of the list that has all of them."""
    if not found.things:
        return []
    names = partners.organisation_names(
        session, {one.statement.mediator_id for one in found.things}
    )

    def one_of(one: Standing) -> Task:
        return Task(
            title=title.format(mediator=names[one.statement.mediator_id]),
            about=about.format(period=period_of(one.run.cut_off_on).capitalize()),
            action=action,
            endpoint="statement_pages.shown",
            values={"statement_id": one.id},
            count=one.version.voucher_count,
            unit="pass",
            amount_cents=one.payable_cents,
            due_on=statements.due_on(session, one),
        )

    together = Task(
        title=titles,
        about="Ils sont ensemble dans la liste des bordereaux.",
        action="Voir la liste",
        endpoint="statement_pages.listed",
        values={"etat": state},
        unit="pass",
        amount_cents=Cents(sum(one.payable_cents for one in found.things)),
        # The list has the latest month first: the last one has waited longest.
        due_on=statements.due_on(session, found.things[-1]),
    )
    return told(found, one_of, together, lambda one: one.version.voucher_count)


def runs_to_make(session: Session, _actor: Actor, today: date) -> list[Task]:
    """Programmes in which passes taken before this month are on no statement."""
    first = today.replace(day=1)
    return [
        Task(
            title=f"Liquider les encaissements de {month_long(first - timedelta(days=1))}",
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


def accounts_to_confirm(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Bank details that somebody else prepared."""
    waiting = partners.bank_details_to_approve(session, limit=MANY)
    theirs = tuple(one for one in waiting if one.prepared_by != actor.agent_id)
    found = Waiting(theirs, more=len(waiting) == MANY)
    names = partners.organisation_names(session, {one.organisation_id for one in theirs})

    def one_of(one: BankDetails) -> Task:
        return Task(
            title=f"Confirmer le compte bancaire de {names[one.organisation_id]}",
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
    return told(found, one_of, together)


def sheets_to_check(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Passes that a colleague typed for a mediator."""
    found = look(
        lambda place: session_queries.latest_sheets(session, place, state=SheetState.WAITING),
        lambda one: one.typed_by != actor.agent_id,
    )
    return _counted(
        found,
        title="Relire les pass saisis pour un médiateur",
        about="Un collègue les a saisis sur papier : ils comptent dès que vous les confirmez.",
        endpoint="sheet_pages.list_sheets",
        state=SheetState.WAITING,
        unit=("saisie", "saisies"),
    )


def clawbacks_to_approve(session: Session, actor: Actor, _today: date) -> list[Task]:
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
        endpoint="correction_pages.listed",
        state=ClawbackState.WAITING,
        unit=("reprise", "reprises"),
    )


def disputes_to_decide(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Passes that two mediators claim."""
    found = look(
        lambda place: correction_queries.latest_disputes(session, place, decided=False),
        lambda one: one.dispute.opened_by != actor.agent_id,
    )
    return _counted(
        found,
        title="Trancher un pass demandé par deux médiateurs",
        about="Le premier reçu est compté ; rien n’est payé deux fois tant que vous lisez.",
        endpoint="dispute_pages.listed",
        state="a-trancher",
        unit=("litige", "litiges"),
    )


def _counted(
    found: Waiting[T], *, title: str, about: str, endpoint: str, state: str, unit: tuple[str, str]
) -> list[Task]:
    """All of them in one line, however few they are."""
    if not found.things and not found.more:
        return []
    count = len(found.things)
    return [
        Task(
            title=title,
            about=about,
            action="Ouvrir",
            endpoint=endpoint,
            values={"etat": str(state)},
            count=count,
            unit=f"{unit[count > 1]} au moins" if found.more else unit[count > 1],
        )
    ]
