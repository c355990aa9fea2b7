"""Loading the demonstration: everything through the services, at its own dates, once."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import func, select

from app.clearing.receipts import ReceiptSigner
from app.config import EXAMPLE_URL
from app.database.connections import Database
from app.demo import (
    clearing,
    corrections,
    custody,
    directory,
    equipping,
    inviting,
    losses,
    national,
    opening,
    signals,
    stock,
    story,
)
from app.demo.accounts import DEMONSTRATION_ACCOUNTS, Account
from app.demo.calendar import Timeline
from app.demo.errors import DatabaseInUse
from app.demo.plan import make_plan
from app.demo.world import Act, World
from app.kernel.clock import martinique_day
from app.partners.models import Organisation
from app.programmes import queries
from app.programmes.keys import KeyStore
from app.programmes.service import mark_demonstration
from app.trust.notes import CheckpointSigner, origin_at
from app.trust.service import seal
from app.web.format import count, day_long, month_long, plural

__all__ = ["DEMONSTRATION_ACCOUNTS", "Account", "is_loaded", "load"]


def is_loaded(database: Database) -> bool:
    """Whether this database holds, or once held, the demonstration."""
    with database.transaction(writing=False) as session:
        return queries.is_demonstration(session)


def load(
    database: Database,
    *,
    keys: KeyStore,
    signer: ReceiptSigner,
    now: datetime,
    progress: Callable[[str], None],
) -> None:
    """Fill an empty database, and mark it for ever; a second time does nothing.

    One transaction: a loading that is cut short leaves nothing behind, not even the mark. The
    database is opened as its owner, who alone may write history with its own dates. The same
    `now` gives the same data, but for the keys of this installation and what they make.

    Raises:
        DatabaseInUse: somebody works in this database already.
    """
    timeline = Timeline(now)
    with database.transaction() as session:
        if queries.is_demonstration(session):
            return
        if session.scalar(select(func.count()).select_from(Organisation)):
            raise DatabaseInUse
        mark_demonstration(session, now=now)
        progress(f"démonstration, du {day_long(timeline.prepared_on)} à aujourd’hui")
        world = World(session, timeline, keys, signer)
        seals = CheckpointSigner(keys.folder, origin_at(EXAMPLE_URL))
        for month, acts in _by_month(_behind(now, _all_acts(timeline))):
            for act in acts:
                with world.at(act.at):
                    act.play(world, act.at)
            while seal(session, signer=seals, now=act.at):
                pass
            progress(_summary(month, world))


def _all_acts(timeline: Timeline) -> Iterator[Act]:
    yield from opening.acts(timeline)
    yield from directory.acts(timeline)
    yield from inviting.acts(timeline)
    yield from equipping.acts(timeline)
    yield from national.acts(timeline)
    plan = make_plan(timeline)
    yield from story.acts(timeline, plan)
    yield from custody.acts(timeline)
    yield from losses.acts(timeline)
    yield from stock.acts(timeline)
    yield from signals.acts(timeline)
    yield from clearing.acts(timeline)
    yield from corrections.acts(timeline, plan)


def _behind(now: datetime, acts: Iterable[Act]) -> list[Act]:
    """What has happened, in the order of time; at the same instant, in the order told."""
    return sorted((act for act in acts if act.at < now), key=lambda act: act.at)


def _by_month(acts: Iterable[Act]) -> Iterator[tuple[date, Iterator[Act]]]:
    yield from groupby(acts, key=lambda act: martinique_day(act.at).replace(day=1))


def _summary(month: date, world: World) -> str:
    booklets, passes = world.done.pop("booklets", 0), world.done.pop("passes", 0)
    if not booklets:
        return f"{month_long(month)} : partenaires, conventions et commandes"
    return (
        f"{month_long(month)} : {count(booklets)} carnet{plural(booklets)} "
        f"remis, {count(passes)} pass encaissés"
    )
