"""What waits for a person about money: statements, payments, corrections, disputes."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.clearing import correction_queries, queries, run_queries, session_queries, statements
from app.clearing.queries import Filter, Standing
from app.clearing.rules import StatementState
from app.clearing.statement_views import period_of
from app.database import Place
from app.desk.rules import MANY, Task, told
from app.identity.rules import Actor
from app.kernel.clock import first_instant
from app.kernel.money import Cents
from app.partners import queries as partners
from app.partners.models import BankDetails
from app.programmes import queries as programmes
from app.web.format import month_long


def statements_to_approve(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Drafts that nothing holds, prepared by others."""
    return _of_statements(
        session,
        [
            one
            for one in _standing(session, StatementState.DRAFT, held=False)
            if one.statement.prepared_by != actor.agent_id and not _withdrew(session, one, actor)
        ],
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
    found = _standing(session, StatementState.DRAFT, held=True)
    return _of_statements(
        session,
        found,
        title="Débloquer le bordereau de {mediator}",
        titles="Débloquer {count} bordereaux",
        about="{period}. Il manque un compte bancaire confirmé ou la certification du médiateur.",
        action="Voir ce qui manque",
    )


def payments_to_order(session: Session, _actor: Actor, _today: date) -> list[Task]:
    """Approved statements that no mandat names yet, and payments that came back."""
    back = _standing(session, StatementState.REJECTED)
    return [
        *_of_statements(
            session,
            back,
            title="Payer de nouveau {mediator}",
            titles="Payer de nouveau {count} bordereaux",
            about="La banque a rejeté le paiement. Confirmez un autre compte, puis mandatez.",
            action="Voir le rejet",
        ),
        *_of_statements(
            session,
            _standing(session, StatementState.APPROVED),
            title="Mandater le bordereau de {mediator}",
            titles="Mandater {count} bordereaux",
            about="{period}. Il est approuvé : saisissez son mandat de paiement.",
            action="Mandater",
        ),
    ]


def payments_to_record(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Mandats that nobody has recorded as paid or refused; not those of one's own approval."""
    found = [
        one
        for one in _standing(session, StatementState.ORDERED)
        if one.approval is not None and one.approval.approved_by != actor.agent_id
    ]
    return _of_statements(
        session,
        found,
        title="Enregistrer le paiement de {mediator}",
        titles="Enregistrer {count} paiements",
        about="{period}. Le mandat est émis : dites s’il est payé, ou rejeté par la banque.",
        action="Enregistrer",
    )


def _standing(
    session: Session, state: StatementState, *, held: bool | None = None
) -> list[Standing]:
    asked = Filter(state=state, held=held)
    return queries.statements_listed(session, Place(MANY), asked=asked)


def _of_statements(
    session: Session,
    found: Sequence[Standing],
    *,
    title: str,
    titles: str,
    about: str,
    action: str,
) -> list[Task]:
    if not found:
        return []
    names = partners.organisation_names(session, {one.statement.mediator_id for one in found})

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

    def together(several: Sequence[Standing]) -> Task:
        return Task(
            title=titles.format(count=len(several)),
            about="Ils sont ensemble dans la liste des bordereaux.",
            action="Voir la liste",
            endpoint="statement_pages.listed",
            values={"etat": str(several[0].state)},
            count=sum(one.version.voucher_count for one in several),
            unit="pass",
            amount_cents=Cents(sum(one.payable_cents for one in several)),
            # The list has the latest month first: the last one has waited longest.
            due_on=statements.due_on(session, several[-1]),
        )

    return told(found, one_of, together)


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
        if run_queries.anything_to_clear(session, programme.id, before=first_instant(first))
    ]


def accounts_to_confirm(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Bank details that somebody else prepared."""
    found = [
        one
        for one in partners.bank_details_to_approve(session, limit=MANY)
        if one.prepared_by != actor.agent_id
    ]
    names = partners.organisation_names(session, {one.organisation_id for one in found})

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

    def together(several: Sequence[BankDetails]) -> Task:
        return Task(
            title=f"Confirmer {len(several)} comptes bancaires",
            about="D’autres personnes les ont saisis. Ouvrez chaque organisme dans l’annuaire.",
            action="Ouvrir l’annuaire",
            endpoint="partners_pages.directory",
            count=len(several),
            unit="comptes",
        )

    return told(found, one_of, together)


def sheets_to_check(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Passes that a colleague typed for a mediator."""
    found = [
        one
        for one in session_queries.latest_sheets(session, waiting=True, limit=MANY)
        if one.typed_by != actor.agent_id
    ]
    return _counted(
        found,
        title="Relire les pass saisis pour un médiateur",
        about="Un collègue les a saisis sur papier : ils comptent dès que vous les confirmez.",
        endpoint="sheet_pages.list_sheets",
        unit=("saisie", "saisies"),
    )


def clawbacks_to_approve(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Passes paid by mistake, that somebody else wants back."""
    found = [
        one
        for one in correction_queries.latest_corrections(session, mediator_id=None, limit=MANY)
        if one.decision is None and one.clawback.prepared_by != actor.agent_id
    ]
    return _counted(
        found,
        title="Décider d’une reprise sur un pass payé",
        about="Une autre personne l’a préparée, avec son motif.",
        endpoint="correction_pages.listed",
        unit=("reprise", "reprises"),
    )


def disputes_to_decide(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Passes that two mediators claim."""
    found = [
        one
        for one in correction_queries.latest_disputes(session, claimant_id=None, limit=MANY)
        if one.decision is None and one.dispute.opened_by != actor.agent_id
    ]
    return _counted(
        found,
        title="Trancher un pass demandé par deux médiateurs",
        about="Le premier reçu est compté ; rien n’est payé deux fois tant que vous lisez.",
        endpoint="dispute_pages.listed",
        unit=("litige", "litiges"),
    )


def _counted(
    found: Sequence[object], *, title: str, about: str, endpoint: str, unit: tuple[str, str]
) -> list[Task]:
    if not found:
        return []
    return [
        Task(
            title=title,
            about=about,
            action="Ouvrir",
            endpoint=endpoint,
            count=len(found),
            unit=unit[len(found) > 1],
        )
    ]
