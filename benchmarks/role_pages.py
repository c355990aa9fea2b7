"""Every page that each role can come to, after few passes and after a hundred times as many.

Measured on both databases: the processor time that a page takes of the worker and of the database,
from the first byte of the request to the last of the answer. The world is the demonstration again
and again (benchmarks.town); whoever looks follows every link (benchmarks.visits), so a page that is
new is measured too, and so are the addresses that the tests open (tests/browser/addresses.py): to
some pages a link leads only in one state of what they are about. What nobody opens is told by name.
Each must be answered within a tenth of a second however long the ledger is.
"""

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError

from app.clearing.receipts import ReceiptSigner
from app.config import Settings
from app.database.connections import Database
from app.database.migrations import migrate
from app.demo.accounts import DEMONSTRATION_ACCOUNTS
from app.demo.service import load
from app.factory import create_app
from app.identity.rules import Role
from app.identity.service import actor_of, known_agent
from app.kernel.clock import utc_now
from app.printing.models import PrintBatch
from app.printing.rules import PrintKind
from app.programmes.keys import KeyStore
from app.programmes.models import VintageTerms
from app.reports.snapshots import take_snapshots
from app.vouchers import queries as vouchers
from app.vouchers.resting import read_ahead
from app.vouchers.service import codes_of
from benchmarks import town
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_most
from benchmarks.report_pages import FAST_MS, signed_in
from benchmarks.visits import OF_A_FILE, Page, Visitor, pages_of, used_by
from tests.browser.addresses import ADDRESSES
from tests.browser.site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOTICED_MS = 40
"""What takes less is not told to have grown: nobody sees it."""
FLAT = 2.0
"""Of a page of forty milliseconds, half of the time may be the machine’s."""
NOT_OPENED = {
    "home": "it leads on to the page with which a day begins",
    "static": "no page",
    "provider_pages.leave": "it leads to ProConnect, which a town has not",
    "provider_pages.arrive": "it comes from there",
    "second_factor.show": "for who is half signed in",
    "second_factor.recover": "for who is half signed in",
    "factor_pages.codes": "told once, after a press",
    "factor_pages.rename_passkey": "nobody of the demonstration has a passkey",
    "factor_pages.remove_passkey": "nobody of the demonstration has a passkey",
    "gate_pages.reset": "for who holds a letter",
    "handover_steps.go_on": "it leads on to the step that lacks something",
    "partner_signing.file": "a file",
    "works_pages.file": "a file",
    "setting_steps.review": "it shows what was just typed",
    "orders_pages.activate": "a form of one delivery, like that of a mandat",
    "orders_pages.send": "a form of one order, like that of a mandat",
    "partner_profile.approval": "a form of one account",
    "debit_note_pages.issue": "a form of one mediator; none is due in the demonstration",
    "debit_note_pages.shown": "none was issued in the demonstration",
    "replacement_pages.shown": "none was made in the demonstration",
}
"""Pages that nobody comes to in a town, each with the reason."""
READERS = ("coordinator", "finance", "accountant", "auditor", "plie", "exo7", "administrator")
SEARCHED = ("26A", "BC-2026-0001", "Rosalie")
SLOWEST = 10
FAILED = 500
"""From that status on a page is broken, and was not measured."""


def measure(bench: Bench) -> list[Figure]:
    """The slowest page of each role on each database, and the page that grew most."""
    many = max(2, bench.sizes.used // town.PASSES)
    with demonstration(bench) as (demo, settings):
        return [
            figure
            for kind in ("PostgreSQL", "SQLite")
            for figure in measured(bench, demo, settings, kind, many)
        ]


def measured(
    bench: Bench, demo: Database, settings: Settings, kind: str, many: int
) -> list[Figure]:
    """The figures of one kind of database."""
    seen = {copies: visited(bench, demo, settings, kind, copies) for copies in (1, many)}
    pages = {
        copies: {reader: list(one.visited.values()) for reader, one in visitors.items()}
        for copies, visitors in seen.items()
    }
    passes, found = many * town.PASSES, []
    for reader, slowest in pages[many].items():
        told = sorted(slowest, key=lambda one: -one.processor_ms)[:SLOWEST]
        found.append(
            Figure(
                f"slowest of {len(slowest)} addresses, {reader}, {passes:,} passes, {kind}",
                told[0].processor_ms,
                "ms",
                at_most(FAST_MS),
                ", ".join(map(str, told)),
            )
        )
    every = [(reader, page) for reader, some in pages[many].items() for page in some]
    first = sorted(every, key=lambda one: -one[1].first_ms)[:SLOWEST]
    broken = [
        f"{reader} {path}"
        for visitors in seen.values()
        for reader, one in visitors.items()
        for path, status in one.refused.items()
        if status >= FAILED
    ]
    found += [
        Figure(
            f"the slowest when opened first after a start, {passes:,} passes, {kind}",
            first[0][1].first_ms,
            "ms",
            remark=", ".join(f"{reader} {one.path} {one.first_ms:.0f} ms" for reader, one in first),
        ),
        Figure(
            f"addresses that could not be opened, of {len(every)}, {kind}",
            len(broken),
            target=at_most(0),
            remark=", ".join(broken[:SLOWEST]),
        ),
    ]
    never = {
        endpoint: rule
        for one in seen[many].values()
        for endpoint, rule in pages_of(one.app).items()
    }
    for _, page in every:
        never.pop(page.endpoint.removesuffix(OF_A_FILE), None)
    left_out = sorted(never.keys() - NOT_OPENED.keys())
    found.append(
        Figure(
            f"pages that nobody opened, beside {len(NOT_OPENED)} that are named, {kind}",
            len(left_out),
            target=at_most(0),
            remark=", ".join(f"{one} {never[one]}" for one in left_out),
        )
    )
    before, after = (slowest_of_each(pages[copies]) for copies in (1, many))
    grown = {
        name: ms / before[name] for name, ms in after.items() if name in before and ms > NOTICED_MS
    }
    most = sorted(grown, key=grown.__getitem__, reverse=True)[:SLOWEST]
    return [
        *found,
        Figure(
            f"the page that grew most, {passes:,} / {town.PASSES:,} passes, {kind}",
            max(grown.values(), default=1.0),
            "×",
            at_most(FLAT),
            ", ".join(f"{name} {grown[name]:.1f} × for {after[name]:.0f} ms" for name in most),
        ),
    ]


def slowest_of_each(pages: dict[str, list[Page]]) -> dict[str, float]:
    """The milliseconds of each page of each role, at the address where it takes longest."""
    found: dict[str, float] = {}
    for reader, some in pages.items():
        for page in some:
            name = f"{reader} {page.endpoint}"
            found[name] = max(found.get(name, 0), page.processor_ms)
    return found


@contextmanager
def demonstration(bench: Bench) -> Iterator[tuple[Database, Settings]]:
    """The demonstration in a file of its own, and where its keys are."""
    folder = bench.folder / "town"
    folder.mkdir()
    settings = Settings.from_environment({"PASSNUM_DATA_DIR": str(folder)})
    migrate(settings.owner_database_url)
    owner = Database(settings.owner_database_url, as_owner=True)
    load(
        owner,
        keys=KeyStore(settings.key_dir),
        signer=ReceiptSigner(settings.key_dir),
        now=utc_now(),
        progress=lambda _: None,
    )
    yield owner, settings
    owner.close()


def visited(
    bench: Bench, demo: Database, settings: Settings, kind: str, copies: int
) -> dict[str, Visitor]:
    """What each reader sees in a town of so many copies, page by page."""
    found = {}
    with built(bench, demo, kind, copies) as database:
        app = create_app(
            Settings(settings.data_dir, database.url, database.url, secret_key=b"benchmarks"),
            database,
        )
        # As a worker does when it starts: what it has imported is not looked through for garbage.
        gc.freeze()
        read_ahead(database)
        typed = [f"/P/{a_code(demo, settings)}", a_printed_file(database)]
        # Whoever looks has no browser here: the addresses are all that is asked of the site.
        site = Site(cast("Browser", None), app, "", database, KeyStore(settings.key_dir))
        with used_by(database) as processor:
            for key in READERS:
                account = next(one for one in DEMONSTRATION_ACCOUNTS if one.key == key)
                with database.transaction() as session:
                    actor = actor_of(known_agent(session, account.email), by_token=False)
                client = signed_in(app, database, actor)
                visitor = Visitor(app, client, database, processor)
                visitor.wander(typed)
                if copies > 1:
                    small = replace(site, database=demo)
                    visitor.look_at(list(addresses_in(site, small, account.role)))
                visitor.search(SEARCHED)
                found[key] = visitor
    return found


NOT_THERE = (ValueError, LookupError, AssertionError, StopIteration, InvalidRequestError)
"""What an address of the tests raises where something is not as often there as it expects."""


def addresses_in(site: Site, demo: Site, role: Role) -> Iterator[str]:
    """Where a role comes to in a town, as the tests find it there, or else in the demonstration.

    What is in neither is left out, and its page is told by name.
    """
    for address in ADDRESSES:
        for one in (site, demo) if address.role == role else ():
            try:
                path = address.on(one)
            except NOT_THERE:
                continue
            yield path
            break


def a_code(demo: Database, settings: Settings) -> str:
    """What is printed on the first pass."""
    with demo.transaction(writing=False) as session:
        (booklet,) = vouchers.booklets_after(session, 0, limit=1)
        terms = session.get_one(VintageTerms, booklet.vintage_id)
        return str(next(codes_of(booklet, terms, KeyStore(settings.key_dir)))[1])


def a_printed_file(database: Database) -> str:
    """A file of the first booklets, made again.

    They are the demonstration's own. The lists of a town lead to those of its copies, which are
    refused: no key of ours makes the codes of a copy.
    """
    with database.transaction(writing=False) as session:
        batch = session.scalars(
            select(PrintBatch)
            .where(PrintBatch.kind == PrintKind.BOOKLETS)
            .order_by(PrintBatch.first_booklet, PrintBatch.printed_at)
            .limit(1)
        ).one()
        return f"/impression/{batch.number}/1"


@contextmanager
def built(bench: Bench, demo: Database, kind: str, copies: int) -> Iterator[Database]:
    """A town of so many copies, with its sums as the server takes them."""
    with ExitStack() as closing:
        name = ""
        if kind == "SQLite":
            path = bench.folder / f"town-{copies}.db"
            url = f"sqlite:///{path}"
            migrate(url)
        else:
            name = closing.enter_context(bench.empty())
            # One process to look at: what it does is what the page takes.
            bench.cluster.execute(
                f'alter database "{name}" set max_parallel_workers_per_gather = 0'
            )
            url = bench.cluster.address(name)
        town.build(demo, url, copies=copies)
        database = Database(url)
        take_snapshots(database, now=utc_now())
        if name:
            bench.cluster.execute("vacuum analyze", database=name)
        yield database
        database.close()
