"""What waits for a prescriber's agent about people: who loses passes soon, who has not started."""

from sqlalchemy.orm import Session

from app.desk.queries import Day
from app.desk.rules import Task
from app.identity.rules import Actor
from app.prescribers import follow_up
from app.prescribers.in_hand import holdings_of_people

COUNTED = 30
"""People who are counted; beyond, a line says « au moins »."""


def people_to_call(session: Session, actor: Actor, day: Day) -> list[Task]:
    """People whose passes end soon, then people who have used none."""
    soon = day.today + follow_up.alert_before_end(session, on=day.today)
    ending = holdings_of_people(
        session, actor.organisation_id, on=day.today, ending_by=soon, limit=COUNTED + 1
    )
    unused = holdings_of_people(
        session, actor.organisation_id, on=day.today, unused=True, limit=COUNTED + 1
    )
    tasks = []
    if ending:
        tasks.append(
            Task(
                title="Appeler qui va perdre des pass",
                about="Leurs pass finissent bientôt, et il leur en reste.",
                action="Voir la liste",
                endpoint="people_pages.people",
                values={"qui": "a-perdre"},
                count=min(len(ending), COUNTED),
                unit=_unit(len(ending)),
                due_on=ending[0].last_day,
            )
        )
    if unused:
        tasks.append(
            Task(
                title="Appeler qui n’a pas commencé",
                about="Ces personnes ont un carnet et n’ont utilisé aucun pass.",
                action="Voir la liste",
                endpoint="people_pages.people",
                values={"qui": "pas-commence"},
                count=min(len(unused), COUNTED),
                unit=_unit(len(unused)),
            )
        )
    return tasks


def _unit(count: int) -> str:
    if count > COUNTED:
        return "personnes au moins"
    return "personne" if count == 1 else "personnes"
