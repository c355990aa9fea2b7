"""A printer's file with its faults, and cupboards that are counted; what differs is invented."""

import io
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from app.demo.calendar import Timeline, instant
from app.demo.partners import SPONSOR
from app.demo.world import Act, World
from app.kernel import codes
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger import AccountKind
from app.orders import queries as orders
from app.prescribers import custody_queries
from app.stock import counts
from app.stock.count_rules import CountedLine
from app.stock.serial_files import Asked, Sorted, receive_file, sort_file

ARRIVED = 8
"""Booklets that the file of the third order names."""
CUPBOARD = (AccountKind.STOCK_INERT, AccountKind.STOCK, AccountKind.PRESCRIBER)


def acts(timeline: Timeline) -> Iterator[Act]:
    """A first carton comes with its file; the cupboard, then two drawers are counted."""
    ago = timeline.ago
    yield Act(instant(ago(7), 10, 15), receive_a_carton)
    yield Act(instant(ago(6), 15), partial(count, holder=SPONSOR.key, by="coordinator"))
    yield Act(instant(ago(5), 11), partial(count, holder="ccas_2", by="ccas_2", lost=1))
    yield Act(instant(ago(1), 16, 30), partial(count, holder="plie", by="plie", going_on=True))


def receive_a_carton(world: World, at: datetime) -> None:
    """Of eight booklets, one lacks a line, one bears a wrong number, one comes twice."""
    order_id, label = world.orders["third"], world.timeline.vintage_label
    part = orders.allotments(world.session, order_id)[0]
    lines = [
        (str(SerialNumber(BookletNumber(label, number), place + 1)), serial)
        for number in range(part.first_booklet, part.first_booklet + ARRIVED)
        for place in range(part.booklet_size)
        for serial in [part.first_serial_of(number) + place]
    ]
    rows = [[number, codes.derive(world.key, serial)] for number, serial in lines]
    rows[12][0] = f"{rows[12][0][:-2]}00"
    rows.append(rows[3])
    del rows[35]
    content = "\r\n".join(["serial;code", *(";".join(row) for row in rows)])
    asked = Asked(order_id, io.BytesIO(content.encode()))
    actor, import_id = world.actors["coordinator"], world.new_id(at)
    found = sort_file(world.session, actor=actor, import_id=import_id, asked=asked, keys=world.keys)
    if isinstance(found, Sorted):
        receive_file(
            world.session, actor=actor, import_id=import_id, found=found, keys=world.keys, now=at
        )


def count(
    world: World,
    at: datetime,
    *,
    holder: str,
    by: str,
    lost: int = 0,
    going_on: bool = False,
) -> None:
    """Somebody counts what lies there; another signs, unless something is lost or left to do."""
    session, actor, party = world.session, world.actors[by], world.organisations[holder]
    record = counts.open_count(
        session,
        actor=actor,
        count_id=world.new_id(at),
        holder_id=party,
        counted_on=at.date(),
        now=at,
    )
    held = custody_queries.held_booklets(session, CUPBOARD, party_id=party)
    lines = [CountedLine(run.label, run.first_number, run.last_number) for run in held]
    if lost:
        last = lines[-1]
        lines[-1:] = [
            CountedLine(last.label, last.first, last.last - lost)
            for _ in range(last.booklet_count > lost)
        ]
    if going_on:
        lines = lines[:1]
    counts.enter_lines(
        session,
        actor=actor,
        entry_id=world.new_id(at),
        count_id=record.id,
        lines=lines,
        now=at,
    )
    if going_on:
        return
    counts.close_count(session, actor=actor, count_id=record.id, now=at)
    if not lost:
        counts.sign_count(session, actor=world.actors["coordinator2"], count_id=record.id, now=at)
