"""A clearing run as long work: one step a mediator."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import runs, standing_queries
from app.clearing.standing_queries import Filter
from app.web.format import count, plural
from app.works.doing import Task
from app.works.rules import Progress, Result, asked

AT_ONCE = 2_000
"""Up to so many passes a run is made while the person waits: it takes a second."""


def asked_of(programme_id: UUID, cut_off_on: date) -> dict[str, object]:
    """What a run in the background is asked with, and the page that asks again."""
    again = {"dispositif": str(programme_id), "arrete": cut_off_on.isoformat()}
    return asked(
        f"arrêtée le {cut_off_on:%d/%m/%Y}",
        back="statement_pages.preview",
        back_values=again,
        back_named="Liquidation",
        **again,
    )


def clear(task: Task) -> Result:
    """Make the drafts of a run, telling of each mediator.

    Raises:
        as app.clearing.runs.run_clearing.
    """
    programme_id = UUID(task.asked["dispositif"])
    run = runs.run_clearing(
        task.database,
        actor=task.actor,
        run_id=task.id,
        programme_id=programme_id,
        cut_off_on=date.fromisoformat(task.asked["arrete"]),
        now=task.asked_at,
        told=lambda done, of: task.told(Progress("Médiateurs", done, of)),
    )
    with task.database.transaction(writing=False) as session:
        told = said(session, run.id)
    return Result(
        told,
        "statement_pages.listed",
        made_by(programme_id, date.fromisoformat(task.asked["arrete"])),
    )


def made_by(programme_id: UUID, cut_off_on: date) -> dict[str, Any]:
    """What shows the drafts of a run in the list, those that are held included."""
    month = cut_off_on - timedelta(days=1)
    return {"dispositif": str(programme_id), "mois": f"{month:%Y-%m}"}


def said(session: Session, run_id: UUID) -> str:
    """What a run has done, and what comes next."""
    sums = standing_queries.sums_by_state(session, asked=Filter(run_id=run_id))
    held = standing_queries.sums_by_state(session, asked=Filter(run_id=run_id, held=True))
    made, waits = (sum(one.statement_count for one in found.values()) for found in (sums, held))
    done = f"La liquidation a fait {count(made)} projet{plural(made)} de bordereau."
    if not waits:
        return f"{done} Une autre personne {'les ' if made > 1 else 'l’'}approuve maintenant."
    lacks = "il manque un compte bancaire confirmé ou la certification du médiateur"
    if waits == made:
        return f"{done} {'Ils sont retenus' if made > 1 else 'Il est retenu'} : {lacks}."
    return (
        f"{done} Une autre personne en approuve {count(made - waits)} maintenant ; "
        f"{count(waits)} {'sont retenus' if waits > 1 else 'est retenu'} : {lacks}."
    )
