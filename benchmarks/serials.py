"""Receiving a printer's file through import_serials, against SQL that fills the same tables.

The reference is that of benchmarks.arrival: one INSERT of all booklets and one of all vouchers with
every trigger, key and index in place. The file has a row a pass with its code and its cover, as
passnum writes it for printers: each is read, its keys are checked and its codes derived again.
"""

import csv
import time
from functools import partial
from pathlib import Path

from app.database.connections import Database
from app.kernel import codes
from app.kernel.ids import new_id
from app.kernel.serials import BookletNumber, SerialNumber
from app.stock.serial_files import Asked, import_serials
from benchmarks import arrival, world
from benchmarks.arrival import Arrival, peak_megabytes, receive
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_most

TARGET = 2.6
"""Twice the target of a delivery by hand: each row is read and its codes are derived once more."""


def measure(bench: Bench) -> list[Figure]:
    """The time of an import as a multiple of the database's alone, and how much memory it took."""
    passes = bench.sizes.delivery
    small = receive(bench, passes // 10, read_file)
    large = receive(bench, passes, read_file)
    alone = receive(bench, passes, arrival.fill)
    return [
        Figure(
            f"importing a file of {passes:,} serials / the same SQL with all triggers",
            large.seconds / alone.seconds,
            "×",
            at_most(TARGET),
            f"{large.seconds:.1f} against {alone.seconds:.1f} s; {large.rate:,.0f} rows/s, "
            f"{small.passes:,} at {small.rate:,.0f}/s",
        ),
        Figure(
            f"memory that a file of {large.passes:,} serials takes",
            large.grown_megabytes,
            "MB",
            remark=f"{small.passes:,} serials: {small.grown_megabytes:.0f} MB",
        ),
    ]


def read_file(url: str, folder: Path, passes: int) -> Arrival:
    """In a process of its own: write the file, then import it."""
    database = Database(url)
    scheme, order_id, _ = world.ordered(database, folder, passes=passes)
    path = folder / "serials.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(("serial", "code", "cover"))
        key = scheme.keys.key(scheme.label)
        code_of = partial(codes.derive, key)
        for booklet in range(1, passes // world.BOOKLET + 1):
            number = BookletNumber(scheme.label, booklet)
            cover = codes.derive_cover(key, booklet)
            first = (booklet - 1) * world.BOOKLET + 1
            writer.writerows(
                (SerialNumber(number, place + 1), code_of(first + place), cover)
                for place in range(world.BOOKLET)
            )
    before = peak_megabytes()
    started = time.perf_counter()
    with path.open("rb") as opened:
        done = import_serials(
            database,
            actor=scheme.actors["coordinator"],
            import_id=new_id(),
            asked=Asked(order_id, opened),
            keys=scheme.keys,
            now=scheme.now,
        )
    seconds = time.perf_counter() - started
    database.close()
    if done.record.received_count != passes:
        message = f"{done.record.received_count} of {passes} arrived"
        raise AssertionError(message)
    return Arrival(passes, seconds, peak_megabytes() - before)
