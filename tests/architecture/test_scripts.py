"""scripts/run refuses in one French sentence, before it installs; the locks name no place."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases import Databases

ROOT = Path(__file__).resolve().parents[2]
NBSP = "\u00a0"


def run(
    *arguments: str, script: Path = ROOT / "scripts" / "run", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Call scripts/run as a newcomer does, with nothing of ours in the environment."""
    return subprocess.run(
        [script, *arguments],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a refused start prints."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    line, end = done.stderr[:-1], done.stderr[-1]
    assert end == "\n"
    assert "\n" not in line
    assert line.endswith(".")
    return line


@pytest.mark.parametrize("port", ["0", "65536", "-1", "abc", "8000.5", "٣", ""])
def test_a_port_that_is_none_is_refused_with_the_bounds(port: str) -> None:
    refusal = sentence(run(f"--port={port}"))

    assert refusal == (
        f"«{NBSP}{port}{NBSP}» n’est pas un port{NBSP}: choisissez un nombre entre 1 et 65535."
    )


def test_a_port_that_is_taken_is_refused_with_another() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        refusal = sentence(run("--port", str(port)))

    assert f"Le port {port} est déjà pris" in refusal
    assert re.search(r"--port \d+\.$", refusal)


def test_the_environment_is_read_and_an_option_wins_over_it() -> None:
    assert "70000" in sentence(run(PASSNUM_PORT="70000"))
    assert "70001" in sentence(run("--port", "70001", PASSNUM_PORT="8000"))


def unwritable(tmp_path: Path) -> Path:
    """A folder in which this account can make nothing; root can nearly everywhere."""
    if os.geteuid() == 0:
        return Path("/sys/passnum")
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    return folder


def test_a_data_folder_that_is_read_only_is_refused_with_the_way_out(tmp_path: Path) -> None:
    refusal = sentence(run("--data-dir", str(unwritable(tmp_path)), "--port", free_port()))

    assert "Impossible d’écrire dans le dossier de données" in refusal
    assert "--data-dir" in refusal


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    refusal = sentence(run("--data-dir", str(file), "--port", free_port()))

    assert "ce n’est pas un dossier" in refusal


@pytest.mark.parametrize("url", ["mysql://x/y", "passnum.db", "sqlite://", "postgresql://[x"])
def test_a_database_of_another_kind_is_refused_with_the_two_forms(tmp_path: Path, url: str) -> None:
    refusal = sentence(start_on(tmp_path, url))

    assert "sqlite:///" in refusal
    assert "postgresql://" in refusal


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Madame la présidente,")

    refusal = sentence(start_on(tmp_path, f"sqlite:///{letter}"))

    assert f"Le fichier {letter} n’est pas une base SQLite" in refusal
    assert letter.read_text() == "Madame la présidente,"


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    port = free_port()

    refusal = sentence(start_on(tmp_path, f"postgresql://passnum:secret@127.0.0.1:{port}/passnum"))

    assert f"127.0.0.1, port {port}" in refusal
    assert "secret" not in refusal


def test_an_option_that_does_not_exist_is_refused_with_the_help() -> None:
    assert "--prot" in sentence(run("--prot", "8000"))
    assert "scripts/run --help" in sentence(run("--port"))


def test_help_is_french_and_names_every_option_and_variable() -> None:
    done = run("--help")

    assert done.returncode == 0
    for word in ("--port", "--data-dir", "--database-url", "--no-demo", "Emploi", "PASSNUM_PORT"):
        assert word in done.stdout


def test_a_python_that_is_too_old_is_refused_with_the_version_that_is_needed(
    tmp_path: Path,
) -> None:
    with_programs(tmp_path, {"python3": "exit 1", "dirname": 'exec /usr/bin/dirname "$@"'})

    refusal = sentence(run(PATH=str(tmp_path)))

    assert "Python 3.11" in refusal


def with_programs(folder: Path, programs: Mapping[str, str]) -> None:
    """Fill a folder with small shell programs, to be the whole PATH."""
    for name, body in programs.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)


def start_on(tmp_path: Path, url: str) -> subprocess.CompletedProcess[str]:
    """Start with that database, everything else being right."""
    return run("--data-dir", str(tmp_path), "--port", free_port(), "--database-url", url)


def free_port() -> str:
    """A port where nothing answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


# ── Files that speak for the project elsewhere ────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["scripts/run", "scripts/test", "scripts/lock", ".ci/run"])
def test_a_command_can_be_run_as_it_is_cloned(name: str) -> None:
    assert (ROOT / name).stat().st_mode & stat.S_IXOTH


@pytest.mark.parametrize(
    "lock", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda p: p.name
)
def test_a_lock_names_digests_and_no_place(lock: Path) -> None:
    text = lock.read_text()

    assert "--hash=sha256:" in text
    assert not re.search(r"https?:|file:|/(home|tmp|root|opt|work)/", text)


def test_the_front_end_lock_names_digests_and_no_place() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    for name, package in packages.items():
        assert "resolved" not in package
        assert name == "" or package["integrity"].startswith("sha512-")


def test_the_test_lock_serves_what_the_run_lock_serves() -> None:
    def pinned(name: str) -> dict[str, str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        return dict(re.findall(r"^([a-z0-9-]+)(?:\[\w+\])?==(\S+)", text, re.MULTILINE))

    assert pinned("run").items() <= pinned("test").items()


# ── A start ───────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Start:
    """A start that went well, watched until Ctrl-C ended it."""

    exit_status: int
    printed: str
    home_page: str
    cpu_seconds: float


def start_and_stop(script: Path, *arguments: str, port: str, **environment: str) -> Start:
    """Start, look at the home page, press Ctrl-C as a terminal does: for every process at once."""
    process = subprocess.Popen(
        [script, "--port", port, *arguments],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if f"http://127.0.0.1:{port}" in line:
            break
    else:
        pytest.fail(f"it did not start:\n{printed}")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
        home_page = answer.read().decode()
    os.killpg(process.pid, signal.SIGINT)
    printed += process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Start(process.returncode, printed, home_page, usage.ru_utime + usage.ru_stime)


@pytest.mark.parametrize("dialect", ["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)])
def test_a_start_migrates_serves_and_stops_cleanly(
    databases: Databases, tmp_path: Path, dialect: str
) -> None:
    url = databases.empty(dialect)

    start = start_and_stop(
        ROOT / "scripts" / "run",
        f"--database-url={url}",
        f"--data-dir={tmp_path}",
        "--no-demo",
        port=free_port(),
    )

    assert start.exit_status in {0, 130}
    assert "Traceback" not in start.printed
    assert 'lang="fr"' in start.home_page
    databases.drop(url)


def test_a_database_that_the_server_does_not_know_is_refused_by_name(
    databases: Databases, tmp_path: Path
) -> None:
    done = start_on(tmp_path, databases.postgresql_url("passnum_absente"))

    assert "passnum_absente" in sentence(done)


# ── From an empty machine ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Path]:
    """The project as git has it, in a folder of its own."""
    place = tmp_path / "a new folder"
    subprocess.run(["git", "clone", "--quiet", ROOT, place], check=True)
    yield place
    shutil.rmtree(place)


@pytest.mark.deep
def test_a_newcomer_starts_with_one_command_and_again_within_five_seconds(
    newcomer: Path, tmp_path: Path
) -> None:
    script, port = newcomer / "scripts" / "run", free_port()

    first = start_and_stop(script, port=port, HOME=str(tmp_path))
    again = start_and_stop(script, port=port, HOME=str(tmp_path))

    assert first.exit_status in {0, 130}
    assert "Mot de passe" in again.printed
    assert "Installation" not in again.printed
    assert "Traceback" not in first.printed + again.printed
    # Of the processor's time: what the clock says depends on who else works on the machine.
    assert again.cpu_seconds < 5


@pytest.mark.deep
def test_without_a_network_the_start_says_so(newcomer: Path, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/"

    done = run(
        script=newcomer / "scripts" / "run",
        HOME=str(tmp_path),
        PASSNUM_PORT=free_port(),
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL=nowhere,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Les dépendances n’ont pas pu être téléchargées")
    assert done.stderr.count("\n") == 1
