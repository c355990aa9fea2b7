"""What waits for a person about the scheme: ends of validity, partners, signals, takeovers."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from app import ledger
from app.closing import queries as closing
from app.closing.calendar import schedule
from app.closing.complements import any_late, late_passes
from app.closing.models import JointStatement
from app.closing.rules import FRENCH_ABOUT, FRENCH_STEP, Side, Step, next_step
from app.desk.queries import Day, look
from app.desk.rules import Task, told
from app.identity.rules import RIGHTS, Actor, Right
from app.kernel.clock import first_instant
from app.ledger import AccountKind
from app.mediators import queries as mediators
from app.programmes import queries as programmes
from app.programmes.models import VintageTerms
from app.setup import service as set_up
from app.signals import queries as signals
from app.takeover import queries as takeover
from app.takeover.models import Takeover
from app.takeover.rules import TakeoverState
from app.web.format import day_long
from app.works import queries as works
from app.works.rules import WorkKind, title_of


def beginning_to_finish(session: Session, actor: Actor, day: Day) -> list[Task]:
    """What is left of setting up, until something is ordered."""
    left = set_up.steps_left(session, actor=actor, on=day.today)
    if not left:
        return []
    return [
        Task(
            title="Continuer la mise en route",
            about="Rien n’est encore commandé. La page dit ce qui reste, dans l’ordre.",
            action="Continuer",
            endpoint="setup_pages.path",
            count=left,
            unit="étape" if left == 1 else "étapes",
        )
    ]


def vintages_to_close(session: Session, actor: Actor, day: Day) -> list[Task]:
    """Ends of validity in which a person must act: the hold, the signatures, the settlement."""
    steps = closing.steps_by_vintage(session)
    held, drawn_up = closing.holds(session), closing.joint_statements(session)
    settled = closing.settlements(session)
    resting = _unused_resting(session) if settled else Counter[int]()
    tasks = []
    for terms in day.vintages.values():
        done = {Step(step.step) for step in steps.get(terms.vintage_id, [])}
        if terms.vintage_id in settled:
            statement = drawn_up[terms.vintage_id]
            if any_late(session, statement, resting[terms.vintage_id]):
                tasks += _late_passes(session, actor, terms, statement)
            continue
        waits_for_hold = Step.WITHHOLD in done and Step.EXPIRE not in done
        if waits_for_hold and terms.vintage_id not in held and _may(actor, Right.VALIDATE_HOLD):
            tasks.append(_closing_task(terms, FRENCH_STEP[Step.WITHHOLD], "Valider la retenue"))
        elif terms.vintage_id in drawn_up:
            signed = closing.signatures_of(session, terms.vintage_id)
            if len(signed) < len(Side):
                if _may(actor, Right.SIGN_CLOSING):
                    about = "L’état contradictoire attend ses deux signatures."
                    tasks.append(_closing_task(terms, about, "Signer"))
            elif _may(actor, Right.SETTLE_CLOSING):
                tasks.append(_closing_task(terms, "Les deux parties ont signé.", "Solder"))
    return tasks


def _unused_resting(session: Session) -> Counter[int]:
    """How many passes of each vintage rest expired or void."""
    found: Counter[int] = Counter()
    for account, balance in ledger.balances(session).items():
        if account.kind in {AccountKind.EXPIRED, AccountKind.VOID}:
            found[account.vintage_id] += balance.voucher_count
    return found


def _late_passes(
    session: Session, actor: Actor, terms: VintageTerms, statement: JointStatement
) -> list[Task]:
    """Passes that came back after a vintage was settled: drawn up by one, settled by another."""
    if not _may(actor, Right.SETTLE_CLOSING):
        return []
    tasks = []
    waiting = [
        complement
        for complement, settlement in closing.complements_of(session, terms.vintage_id)
        if settlement is None
    ]
    late = len(late_passes(session, statement)) - sum(one.voucher_count for one in waiting)
    if late > 0 and not waiting:
        about = "Des pass sont revenus après le solde : dressez un complément quand ils en valent "
        tasks.append(_late_task(terms, f"{about}la signature.", "Dresser le complément", late))
    tasks += [
        _late_task(
            terms,
            f"Le complément {one.number} attend ses deux signatures, puis son solde.",
            "Solder",
            one.voucher_count,
        )
        for one in waiting
        if one.drawn_by != actor.agent_id
    ]
    return tasks


def _late_task(terms: VintageTerms, about: str, action: str, count: int) -> Task:
    return Task(
        title=f"Compléter le solde du millésime {terms.label}",
        about=about,
        action=action,
        endpoint="closing_pages.shown",
        values={"label": terms.label},
        count=count,
        unit="pass revenu" if count == 1 else "pass revenus",
    )


def _closing_task(terms: VintageTerms, about: str, action: str) -> Task:
    return Task(
        title=f"Clore le millésime {terms.label}",
        about=about,
        action=action,
        endpoint="closing_pages.shown",
        values={"label": terms.label},
        count=1,
        unit="millésime",
    )


def _may(actor: Actor, right: Right) -> bool:
    return right in RIGHTS[actor.role]


@dataclass(frozen=True, slots=True)
class End:
    """A vintage that will end, the next step of its calendar, and what happens then."""

    label: str
    valid_until: date
    due_on: date
    step: str
    about: str


def ends_to_come(session: Session, *, now: datetime) -> tuple[End, ...]:
    """The next step of each vintage that is not closed, the soonest first."""
    done = closing.steps_by_vintage(session)
    found = []
    for terms in programmes.all_vintages(session).values():
        following = next_step([Step(step.step) for step in done.get(terms.vintage_id, [])])
        if following is None:
            continue
        (due,) = (one for one in schedule(session, terms, now=now) if one.step is following)
        said = FRENCH_STEP[following], FRENCH_ABOUT[following]
        found.append(End(terms.label, terms.valid_until, due.due_on, *said))
    return tuple(sorted(found, key=lambda end: (end.due_on, end.label)))


def works_under_way(session: Session, actor: Actor, day: Day) -> list[Task]:
    """Long work of one's own that goes on, or has made a file to take away."""
    going_on = [
        Task(
            title=f"{title_of(WorkKind(one.kind), one.asked)} : en cours",
            about="Le travail continue pendant que vous faites autre chose.",
            action="Voir où il en est",
            endpoint="works_pages.shown",
            values={"work_id": one.id},
            count=1,
            unit="travail",
        )
        for one in works.under_way(session, agent_id=actor.agent_id)
    ]
    ready = [
        Task(
            title=f"{title_of(WorkKind(one.kind), one.asked)} : prête",
            about=f"Elle est gardée jusqu’au {day_long(file.last_day)}.",
            action="La télécharger",
            endpoint="works_pages.shown",
            values={"work_id": one.id},
            count=1,
            unit="fichier",
        )
        for one, file in works.with_files(
            session, agent_id=actor.agent_id, now=first_instant(day.today)
        )
    ]
    return [*going_on, *ready]


def signals_to_read(session: Session, _actor: Actor, _day: Day) -> list[Task]:
    """Patterns that somebody should look at."""
    count = signals.waiting_count(session)
    if not count:
        return []
    together = Task(
        title="Regarder des usages inhabituels",
        about="Rien n’est bloqué : vous jugez, et notez votre décision.",
        action="Regarder",
        endpoint="signal_pages.listed",
        values={"etat": "a-regarder"},
        count=count,
        unit="signalements",
    )
    if count > 1:
        return [together]
    [one] = signals.signals_after(session, None, limit=1, decided=False)
    return [
        replace(
            together,
            title="Regarder un usage inhabituel",
            endpoint="signal_pages.shown",
            values={"signal_id": one.id},
            unit="signalement",
        )
    ]


def partners_to_renew(session: Session, _actor: Actor, day: Day) -> list[Task]:
    """Agreements, labels and régies that end soon."""
    found = mediators.renewals(session, on=day.today)
    if not found:
        return []
    first = found[0]
    return [
        Task(
            title="Renouveler des conventions, labels ou régies",
            about=f"Le premier à finir : {first.organisation.name}.",
            action="Voir la liste",
            endpoint="ending_pages.listed",
            count=len(found),
            unit="fin proche" if len(found) == 1 else "fins proches",
            due_on=first.valid_until,
        )
    ]


def takeovers_to_approve(session: Session, actor: Actor, _day: Day) -> list[Task]:
    """Procès-verbaux of opening balances that somebody else prepared."""
    found = look(
        lambda place: takeover.latest_takeovers(session, place, state=TakeoverState.WAITING),
        lambda one: one.prepared_by != actor.agent_id,
    )

    def one_of(one: Takeover) -> Task:
        return Task(
            title=f"Approuver la reprise {one.number}",
            about="Des carnets tenus avant passnum entrent dans les comptes dès votre accord.",
            action="Vérifier",
            endpoint="takeover_pages.takeover",
            values={"takeover_id": one.id},
            count=one.voucher_count,
            unit="pass",
        )

    together = Task(
        title="Approuver {count} reprises",
        about="Des carnets tenus avant passnum entrent dans les comptes dès votre accord.",
        action="Voir la liste",
        endpoint="takeover_pages.takeovers",
        values={"etat": str(TakeoverState.WAITING)},
        unit="procès-verbaux",
    )
    return told(found, one_of, together)
