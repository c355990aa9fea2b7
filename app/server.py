"""Serving: granian, started, watched and stopped by this process.

SQLite has one writer, so one worker with a few threads; PostgreSQL has a worker a core, each with
one thread. There is no access log: what people typed belongs in no file.
"""

import logging
import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import click
from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer
from sqlalchemy.exc import DBAPIError

from app.clearing.background import clear
from app.closing.keeper import CalendarKeeper
from app.config import DEFAULT_PORT, Settings
from app.database.connections import Database
from app.demo.cli import show_accounts
from app.factory import create_app
from app.identity.keeper import SessionKeeper
from app.kernel import codes
from app.kernel.loading import called
from app.mails.keeper import MailKeeper
from app.places.background import take_places
from app.prescribers.keeper import IdentityKeeper
from app.printing.background import printer
from app.programmes import queries as programmes
from app.reports.background import archiver
from app.reports.keeper import SnapshotKeeper
from app.signals.keeper import SignalKeeper
from app.stock.background import receiver
from app.takeover.background import opener, take_over
from app.terminal.desk import Desk, Verb, operating, say
from app.terminal.french import Refused
from app.terminal.values import Count
from app.trust.keeper import SealKeeper
from app.vouchers.resting import read_ahead
from app.web.health import NotReady, refuse_unless_ready
from app.works.doing import Doer
from app.works.keeper import keepers
from app.works.long_lists import lister
from app.works.rules import WorkKind

HOST = "127.0.0.1"
GREATEST_PORT = 65535
SQLITE_THREADS = 4
MOST_WORKERS = 64
USUAL_WORKERS = 8
STARTING, STOPPING = 60, 10
"""Seconds that a worker has to answer, and to finish what it is answering when asked to stop."""


@click.command("serve", cls=Verb)
@click.option(
    "--port",
    type=Count(1, GREATEST_PORT),
    envvar="PASSNUM_PORT",
    default=str(DEFAULT_PORT),
    help=f"Le port d’écoute (PASSNUM_PORT, sinon {DEFAULT_PORT}).",
)
@click.option("--workers", type=Count(1, MOST_WORKERS), help="Combien de processus (un par cœur).")
@operating
def serve(desk: Desk, *, port: int, workers: int | None) -> None:
    """Sert les pages et l’API sur 127.0.0.1, jusqu’à Ctrl-C.

    Refuse de servir une base qui n’est pas à jour, ou dont le registre a perdu ses règles.

    Exemple : passnum serve --port 8000
    """
    check_port(port)
    try:
        refuse_unless_ready(desk.database)
    except NotReady as error:
        raise Refused(str(error)) from error
    with desk.transaction(writing=False) as session:
        specimen = programmes.is_demonstration(session)
    on_postgresql = desk.database.is_postgresql
    if workers is not None and workers > 1 and not on_postgresql:
        message = "SQLite n’a qu’un processus : pour en servir plusieurs, passez à PostgreSQL."
        raise Refused(message)
    # Nothing that the workers inherit may share a connection.
    desk.database.close()
    threads = 1 if on_postgresql else SQLITE_THREADS
    server = Front(
        partial(called, "app.server:application", desk.settings, threads),
        port=port,
        workers=workers or (usual_workers() if on_postgresql else 1),
        threads=threads,
        announce=partial(announce, port, specimen=specimen),
    )
    server.run()
    say("Arrêté.")


def check_port(port: int) -> None:
    """Refuse a port where something answers already: workers would share it without a word.

    Raises:
        Refused: it is taken, or not ours to take.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            message = f"Le port {port} est réservé à l’administrateur : essayez --port 8000."
            raise Refused(message) from None
        except OSError:
            message = f"Le port {port} est déjà pris : choisissez-en un autre avec --port."
            raise Refused(message) from None


def usual_workers() -> int:
    """A worker a core, and two at least: while one hashes a password, the other answers."""
    return min(max(2, os.cpu_count() or 1), USUAL_WORKERS)


def announce(port: int, *, specimen: bool) -> None:
    """Tell where to look, and how to sign in to a demonstration."""
    say(f"passnum répond sur http://{HOST}:{port} (Ctrl-C arrête).")
    if specimen:
        show_accounts()
    sys.stdout.flush()


class Front(MPServer):
    """Granian, told our way: it speaks French, and Ctrl-C or a closed terminal ends it cleanly."""

    def __init__(
        self,
        load: Callable[[], Callable[..., Any]],
        *,
        port: int,
        workers: int,
        threads: int,
        announce: Callable[[], None],
    ) -> None:
        super().__init__(
            "passnum",
            address=HOST,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=threads,
            http=HTTPModes.http1,
            websockets=False,
            log_access=False,
            log_level=LogLevels.error,
            log_dictconfig=LOGGING,
            respawn_failed_workers=True,
            workers_kill_timeout=STOPPING,
        )
        self.load, self.announce = load, announce

    def run(self) -> None:
        """Serve until somebody says stop.

        Raises:
            Refused: the workers stopped by themselves.
        """
        try:
            self.serve(target_loader=self.load, wrap_loader=False)
        except SystemExit as ending:
            message = "Le serveur s’est arrêté de lui-même : la cause est écrite plus haut."
            raise Refused(message) from ending

    def startup(self, spawn_target: Any, target_loader: Any) -> None:  # noqa: ANN401 - granian's
        """Start the workers, and say so once the first one answers."""
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        # A closed terminal would otherwise mean « reload », and the server would live on unseen.
        signal.signal(signal.SIGHUP, self.signal_handler_interrupt)
        if self._answers():
            self.announce()

    def _answers(self) -> bool:
        deadline = time.monotonic() + STARTING
        while not self.main_loop_interrupt.wait(0.02) and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.bind_port)) == 0:
                    return True
        return False


# ── In each worker ────────────────────────────────────────────────────────────────────────────────


def application(settings: Settings, threads: int) -> Callable[..., Any]:
    """The WSGI application, built inside a worker with connections of its own."""
    # Ctrl-C is for the parent, which lets each worker finish what it is answering; one that is
    # still starting has nothing to finish.
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=leave_with_parent, args=(os.getppid(),), daemon=True).start()
    try:
        database = Database(settings.database_url, pool_size=threads)
        made = create_app(settings, database)
    except (NotReady, DBAPIError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    threading.Thread(target=look_ahead, args=(database,), daemon=True).start()
    # Each worker looks, so that none has to outlive the others; whoever finds the lock taken is
    # spared the work.
    for keeper in (
        SealKeeper,
        CalendarKeeper,
        SignalKeeper,
        SnapshotKeeper,
        MailKeeper,
        IdentityKeeper,
        SessionKeeper,
    ):
        keeper(settings).start()
    for worker in keepers(settings, doers(settings, made)):
        worker.start()
    return made


def doers(settings: Settings, app: Flask) -> Mapping[WorkKind, Doer]:
    """Who does each kind of long work."""
    return {
        WorkKind.CLEARING_RUN: clear,
        WorkKind.SERIAL_FILE: receiver(settings),
        WorkKind.EVIDENCE: archiver(settings),
        WorkKind.PRINTING: printer(settings),
        WorkKind.TAKEOVER: take_over,
        WorkKind.TAKEOVER_APPROVAL: opener(settings),
        WorkKind.PLACES: take_places,
        WorkKind.LIST: lister(app),
    }


def look_ahead(database: Database) -> None:
    """Read what rests where before a page asks for it; whoever asks first reads it otherwise."""
    with suppress(DBAPIError):
        read_ahead(database)


def leave_with_parent(parent: int) -> None:
    """Stop when the parent is gone, however it went: nobody would stop this worker any more."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


class Scrubbed(logging.Formatter):
    """Log lines without a redemption code, whatever quoted it: a path, a message, a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, each code in it hidden."""
        return scrub(super().format(record))


POSSIBLE_CODE = re.compile(
    r"(?:(?<![0-9A-Za-z])|(?<=%20))(?<![0-9A-Za-z]-)"
    r"(?:[0-9A-Za-z]{4}(?:%20|[ +\-\u00a0\u202f])?){3}[0-9A-Za-z]{4}"
    r"(?![0-9A-Za-z]|-[0-9A-Za-z])"
)
HIDDEN = "[code]"


def scrub(text: str) -> str:
    """The text without anything that can be a code: sixteen characters whose check one is right."""

    def hide(found: re.Match[str]) -> str:
        bare = found[0].replace("%20", "").replace("+", "")
        try:
            codes.read(bare)
        except codes.MistypedCode:
            return found[0]
        return HIDDEN

    return POSSIBLE_CODE.sub(hide, text)


LOGGING: dict[str, Any] = {
    "formatters": {
        "generic": {
            "()": "app.server.Scrubbed",
            "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "generic",
            "stream": "ext://sys.stderr",
        }
    },
    "loggers": {"_granian": {"handlers": ["console"], "level": "ERROR", "propagate": False}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
