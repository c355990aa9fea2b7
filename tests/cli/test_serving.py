"""`passnum serve` as a real process: it says where it is, answers, and ends cleanly."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.kernel import codes
from app.server import HIDDEN, scrub
from tests.cli.terminals import Terminal, free_port, plain
from tests.cli.town import Town
from tests.databases import Databases

LONG = 60


@contextmanager
def serving(terminal: Terminal, port: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A server in a process group of its own, as a shell would start it."""
    with subprocess.Popen(
        [Path(sys.executable).with_name("passnum"), "serve", "--port", port, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
        env=os.environ
        | {
            "PASSNUM_DATA_DIR": str(terminal.data_dir),
            "PASSNUM_DATABASE_URL": terminal.database_url,
        },
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    """What it says once it answers."""
    assert process.stdout is not None
    line = plain(process.stdout.readline())
    assert line.startswith("passnum répond sur"), line
    return line


def answer(port: str, path: str) -> tuple[int, str]:
    """A page of the server."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=LONG) as page:
        return page.status, page.read().decode()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """How it ended, and the rest of what it said."""
    said, _ = process.communicate(timeout=LONG)
    return process.returncode, plain(said)


def test_it_answers_and_ctrl_c_ends_it_without_a_word_too_many(terminal: Terminal) -> None:
    port = free_port()
    with serving(terminal, port) as process:
        assert (
            first_line(process) == f"passnum répond sur http://127.0.0.1:{port} (Ctrl-C arrête).\n"
        )
        assert answer(port, "/healthz")[0] == 200
        assert answer(port, "/readyz")[0] == 200
        assert "passnum" in answer(port, "/connexion")[1]

        # A terminal sends Ctrl-C to everything that was started there.
        os.killpg(process.pid, signal.SIGINT)

        assert ended(process) == (0, "Arrêté.\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
def test_a_stop_and_a_closed_terminal_end_it_as_well(town: Town, number: signal.Signals) -> None:
    with serving(town.terminal, free_port()) as process:
        first_line(process)

        process.send_signal(number)

        assert ended(process) == (0, "Arrêté.\n")


def test_a_killed_server_leaves_nothing_on_its_port(town: Town) -> None:
    port = free_port()
    with serving(town.terminal, port) as process:
        first_line(process)
        process.kill()
        process.wait(LONG)

        deadline = time.monotonic() + LONG
        while answers(port) and time.monotonic() < deadline:
            time.sleep(0.2)

        assert not answers(port)


def answers(port: str) -> bool:
    """Whether something still listens."""
    try:
        return answer(port, "/healthz")[0] == 200
    except OSError:
        return False


def test_a_worker_that_dies_is_replaced(town: Town) -> None:
    port = free_port()
    with serving(town.terminal, port) as process:
        first_line(process)
        [worker] = children(process.pid)
        os.kill(worker, signal.SIGKILL)

        deadline = time.monotonic() + LONG
        while not (answers(port) and children(process.pid) != [worker]):
            assert time.monotonic() < deadline
            time.sleep(0.2)

        process.send_signal(signal.SIGINT)
        assert ended(process)[0] == 0


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]


def test_postgresql_is_served_by_several_processes(databases: Databases, tmp_path: Path) -> None:
    port, url = free_port(), databases.clone("postgresql")
    with serving(Terminal(tmp_path, url), port, "--workers", "3") as process:
        first_line(process)
        assert answer(port, "/readyz")[0] == 200
        assert len(children(process.pid)) == 3
        os.killpg(process.pid, signal.SIGINT)
        assert ended(process) == (0, "Arrêté.\n")
    databases.drop(url)


def test_sqlite_is_served_by_one(town: Town) -> None:
    refused = town.terminal.refusal("serve", "--workers", "2", "--port", free_port())

    assert refused.startswith("SQLite n’a qu’un processus")


def test_a_port_that_is_taken_is_refused(town: Town) -> None:
    port = free_port()
    with serving(town.terminal, port) as process:
        first_line(process)

        refused = town.terminal.refusal("serve", "--port", port)

        assert refused == f"Le port {port} est déjà pris : choisissez-en un autre avec --port."


# ── What the log keeps ────────────────────────────────────────────────────────────────────────────

CODE = codes.derive(b"key", 1)


@pytest.mark.parametrize(
    "written",
    [
        CODE,
        CODE.lower(),
        codes.written(CODE),
        codes.written(CODE).replace(" ", "-"),
        codes.written(CODE).replace(" ", "%20"),
        codes.written(CODE).replace(" ", "+"),
    ],
)
def test_no_log_line_keeps_a_code(written: str) -> None:
    assert scrub(f"GET /pass?typed={written} HTTP/1.1") == f"GET /pass?typed={HIDDEN} HTTP/1.1"
    assert scrub(f"'{written}'") == f"'{HIDDEN}'"


@pytest.mark.parametrize(
    "line",
    [
        "posting 0199f2a0-1b2c-7d3e-8f40-123456789abc",
        "26A 00442 07 29",
        f"{CODE[:-1]}{'0' if CODE[-1] != '0' else '1'}",
        f"x{CODE}",
        "a line that says nothing at all",
    ],
)
def test_a_log_line_keeps_the_rest(line: str) -> None:
    assert scrub(line) == line
