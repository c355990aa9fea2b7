"""kill -9 of a worker, of the server, of the database under load: nothing lost, nothing doubled.

Each pass is scanned by two mediators at once, each with an id of its own, and each scanner does
what a device does: it sends again, with the same id, until it has been answered. Meanwhile a clerk
takes paid passes back, ends a vintage and counts the stock, and is killed too, again and again.
"""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.clearing.redemption_models import Redemption
from app.database.connections import Database
from app.database.migrations import migrate
from app.identity.service import create_token
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from app.ledger.verify import verify
from benchmarks.machine import descendants
from tests.databases import Databases, Server
from tests.factories import Scheme
from tests.faults.clerk import Clerk

BOOKLETS = 6
MEDIATORS = ("exo7", "carecof")
PATIENCE = 60
FINAL = {200, 201, 409, 422}
SAFE = {"fsync": "on", "listen_addresses": "", "log_min_messages": "fatal"}


@dataclass(frozen=True)
class Scan:
    """One pass in the hands of one mediator."""

    id: UUID
    code: VoucherCode
    mediator: str


@dataclass
class Shop:
    """A server that answers, what is to be scanned there, and what was answered."""

    url: str
    command: list[str]
    environment: dict[str, str]
    port: int
    tokens: dict[str, str]
    scans: list[Scan]
    clerk: Clerk
    answers: dict[UUID, tuple[int, str]] = field(default_factory=dict)

    def start(self) -> None:
        """Serve as people serve, until the port answers."""
        self.process = subprocess.Popen(
            self.command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environment,
        )
        wait_for(self.port)

    def kill_a_worker(self) -> None:
        """kill -9 of one process that answers; the one that was started starts another."""
        os.kill(descendants(self.process.pid)[1], signal.SIGKILL)

    def kill_everything(self) -> None:
        """kill -9 of the server with all its workers; whoever watches it starts it again."""
        for process_id in descendants(self.process.pid):
            os.kill(process_id, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self.start()

    def scan_all(self) -> None:
        """Send every scan from several devices, each again until it is answered."""
        with ThreadPoolExecutor(4) as devices:
            list(devices.map(self._scan, self.scans))

    def _scan(self, scan: Scan) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self._send(scan)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if answer[0] in FINAL:
                self.answers[scan.id] = answer
                return
            time.sleep(0.05)

    def _send(self, scan: Scan) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        body = {"id": str(scan.id), "code": scan.code, "redeemed_at": MOMENT}
        head = {
            "Authorization": f"Bearer {self.tokens[scan.mediator]}",
            "Content-Type": "application/json",
        }
        try:
            connection.request("POST", "/api/v1/redemptions", json.dumps(body), head)
            answer = connection.getresponse()
            said = json.loads(answer.read() or b"{}")
            return answer.status, str(said.get("code", said.get("serial", "")))
        finally:
            connection.close()


MOMENT = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@contextmanager
def shop(url: str, folder: Path) -> Iterator[Shop]:
    """A scheme with passes in people's hands, served as people serve it."""
    database = Database(url)
    with database.transaction() as session:
        scheme = Scheme.ready(session, folder)
        scheme.stock(session, tens=BOOKLETS + 1)
        scheme.allocation(session, 1, BOOKLETS)
        for first in range(1, BOOKLETS + 1, 3):
            scheme.prescription(session, scheme.beneficiary(session), [first, first + 1, first + 2])
        codes = [code for book in range(1, BOOKLETS + 1) for code in scheme.codes(session, book)]
        tokens = {
            name: create_token(
                session, email=f"{name}@exemple.fr", label="scanner", now=scheme.now
            )[0]
            for name in MEDIATORS
        }
    clerk = Clerk.hired(database, scheme, url, booklet=BOOKLETS + 1)
    scans = [Scan(new_id(), code, name) for code in codes for name in MEDIATORS]
    random.Random(7).shuffle(scans)  # noqa: S311 - any order will do, the same each time
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [str(Path(sys.executable).with_name("passnum")), "serve", "--port", str(port)]
    environment = os.environ | {"PASSNUM_DATA_DIR": str(folder), "PASSNUM_DATABASE_URL": url}
    database.close()
    opened = Shop(url, command, environment, port, tokens, scans, clerk)
    opened.start()
    try:
        yield opened
    finally:
        opened.process.terminate()
        opened.process.wait(PATIENCE)


def wait_for(port: int) -> None:
    """Until somebody listens there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


def scanned_while(open_shop: Shop, *kills: Callable[[], None]) -> None:
    """Scan everything while one thing after the other is killed."""
    watch = open_shop.clerk.supervised()
    # A test that fails ends at once, and waits for no scanner that nobody answers any more.
    clients = threading.Thread(target=open_shop.scan_all, daemon=True)
    clients.start()
    for kill in kills:
        answered = len(open_shop.answers)
        deadline = time.monotonic() + PATIENCE
        while len(open_shop.answers) < answered + 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        kill()
    clients.join(PATIENCE * 2)
    watch.join(PATIENCE * 2)
    assert not clients.is_alive()
    assert watch.exitcode == 0


def nothing_is_lost_or_doubled(open_shop: Shop) -> None:
    """Each scan was answered; each pass was taken once, by the scan that was told so."""
    assert set(open_shop.answers) == {scan.id for scan in open_shop.scans}
    accepted = {scan for scan in open_shop.scans if open_shop.answers[scan.id][0] in {200, 201}}
    refused = [open_shop.answers[s.id] for s in open_shop.scans if s not in accepted]

    assert len(accepted) == len({scan.code for scan in accepted}) == len(open_shop.scans) // 2
    assert set(refused) == {(409, "voucher_already_redeemed")}
    database = Database(open_shop.url)
    with database.transaction(writing=False) as session:
        assert set(session.scalars(select(Redemption.id))) == {
            *(scan.id for scan in accepted),
            *open_shop.clerk.paid,
        }
        open_shop.clerk.nothing_is_lost_or_doubled(session)
        assert verify(session).honest
    database.close()

    first = dict(open_shop.answers)
    open_shop.scan_all()
    assert {i: a[1] for i, a in open_shop.answers.items()} == {i: a[1] for i, a in first.items()}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_web_worker_and_the_whole_server_killed_under_load_loses_and_doubles_nothing(
    dialect: str, databases: Databases, tmp_path: Path
) -> None:
    url = databases.clone(dialect)
    with shop(url, tmp_path) as open_shop:
        scanned_while(open_shop, open_shop.kill_a_worker, open_shop.kill_everything)

        nothing_is_lost_or_doubled(open_shop)
    databases.drop(url)


def test_a_database_killed_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    server = Server(settings=SAFE).start()
    try:
        migrate(server.url)
        with shop(server.url, tmp_path) as open_shop:

            def kill() -> None:
                server.kill()
                server.start_again()

            scanned_while(open_shop, kill, kill)

            nothing_is_lost_or_doubled(open_shop)
    finally:
        server.stop()
