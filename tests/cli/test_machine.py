"""What the machine or the database refuses is one sentence that says what to do next."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.cli.terminals import Terminal, free_port, plain
from tests.cli.town import COORDINATOR, Town
from tests.databases import Databases


def at(tmp_path: Path, url: str) -> Terminal:
    """A terminal on that database."""
    return Terminal(tmp_path / "data", url, agent=COORDINATOR)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_migrate_says_each_step_and_the_version_and_the_second_time_that_all_is_well(
    databases: Databases, tmp_path: Path, dialect: str
) -> None:
    terminal = at(tmp_path, databases.empty(dialect))

    first, second = terminal("migrate"), terminal("migrate")

    steps = first.splitlines()[:-1]
    version = f"{len(steps):04d}"
    assert steps == [f"Migration {step:04d}…" for step in range(1, len(steps) + 1)]
    assert first.splitlines()[-1] == f"Base à la version {version} ({len(steps)} étapes)."
    assert second == f"Base à la version {version}, déjà à jour.\n"
    assert terminal.json("migrate") == {"version": version, "steps": 0}
    databases.drop(terminal.database_url)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_database_without_its_schema_is_sent_to_migrate(
    databases: Databases, tmp_path: Path, dialect: str
) -> None:
    terminal = at(tmp_path, databases.empty(dialect))

    for words in (("verify",), ("order", "list"), ("serve", "--port", free_port())):
        assert "passnum migrate" in terminal.refusal(*words)
    databases.drop(terminal.database_url)


def test_a_file_that_does_not_exist_is_not_made_by_accident(tmp_path: Path) -> None:
    file = tmp_path / "none.db"

    refused = at(tmp_path, f"sqlite:///{file}").refusal("verify")

    assert refused == f"La base {file} n’existe pas encore : lancez « passnum migrate »."
    assert not file.exists()


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "lettre.txt"
    letter.write_text("Madame la présidente," * 100, encoding="utf-8")
    terminal = at(tmp_path, f"sqlite:///{letter}")

    for words in (("verify",), ("migrate",)):
        assert terminal.refusal(*words) == (
            f"Le fichier {letter} n’est pas une base SQLite : indiquez-en un autre."
        )
    assert letter.read_text(encoding="utf-8").startswith("Madame la présidente,")


@pytest.mark.parametrize("url", ["mysql://u:secret@h/y", "passnum.db", "sqlite://", "x"])
def test_an_address_that_is_none_is_answered_with_the_two_forms(tmp_path: Path, url: str) -> None:
    refused = at(tmp_path, url).refusal("verify")

    assert "sqlite:///chemin/du/fichier" in refused
    assert "secret" not in refused


@pytest.mark.parametrize("verb", ["verify", "migrate", "demo"])
def test_a_server_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, verb: str
) -> None:
    port = free_port()

    refused = at(tmp_path, f"postgresql://passnum:secret@127.0.0.1:{port}/passnum").refusal(verb)

    assert f"127.0.0.1, port {port}" in refused
    assert "secret" not in refused


def test_a_base_or_an_account_that_the_server_does_not_know_is_named(
    databases: Databases, tmp_path: Path
) -> None:
    here = make_url(databases.postgresql_url("postgres"))

    nowhere = here.set(database="inconnue").render_as_string(hide_password=False)
    assert "ne connaît pas de base « inconnue »" in at(tmp_path, nowhere).refusal("verify")

    nobody = here.set(username="personne").render_as_string(hide_password=False)
    assert "refuse ce compte de connexion" in at(tmp_path, nobody).refusal("verify")


def test_a_data_folder_that_is_read_only_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    # Root writes nearly everywhere, but not there.
    folder = Path("/sys/passnum") if os.geteuid() == 0 else tmp_path / "data"

    refused = Terminal(folder, "sqlite:///x.db").refusal("verify")

    assert f"Impossible d’écrire dans le dossier de données {folder}" in refused


def test_a_data_folder_that_is_a_file_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    refused = at(tmp_path, "sqlite:///x.db").refusal("verify")

    assert "Impossible d’écrire dans le dossier de données" in refused
    assert "--data-dir" in refused


def test_an_option_names_another_installation_than_the_environment(
    town: Town, tmp_path: Path
) -> None:
    elsewhere = at(tmp_path, "sqlite:////nowhere/passnum.db")
    folder, url = str(tmp_path / "other"), town.terminal.database_url

    listed = elsewhere("--data-dir", folder, "--database-url", url, "agent", "list")

    assert COORDINATOR in listed
    assert (tmp_path / "other" / "session.secret").is_file()


def test_a_fault_of_ours_is_told_without_a_traceback_unless_asked(town: Town) -> None:
    key = town.terminal.data_dir / "keys" / "receipts.pem"
    key.write_bytes(b"no key" * 10)

    refused = town.by("mediateur").run("redeem", "0000000000000000")

    assert "erreur imprévue" in plain(refused.stderr)
    assert refused.stderr.count("\n") == 1
    assert refused.exit_code == 1


def test_whoever_stops_reading_stops_the_command_without_a_word(busy: Town) -> None:
    command = f"passnum codes {busy.order} --from 2 --reason Essai --agent {COORDINATOR} | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PASSNUM_DATA_DIR": str(busy.terminal.data_dir),
            "PASSNUM_DATABASE_URL": busy.terminal.database_url,
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert plain(done.stdout) == "serial;code;cover\n"
    assert done.stderr == ""


@pytest.fixture
def two_logins(databases: Databases) -> Iterator[tuple[str, str]]:
    """An empty database as a deployment has it: the address of its owner, and the application's."""
    url = make_url(databases.empty("postgresql"))
    assert databases.postgresql_template  # the two roles exist from here on
    owner, application = f"owner_{os.getpid()}", f"application_{os.getpid()}"
    with psycopg.connect(databases.server_url, autocommit=True) as server:
        for statement in (
            f"create role {owner} login in role passnum_owner, passnum_app",
            f"create role {application} login in role passnum_app",
            f"alter database {url.database} owner to {owner}",
        ):
            server.execute(statement)
    yield (
        url.set(username=owner).render_as_string(hide_password=False),
        url.set(username=application).render_as_string(hide_password=False),
    )
    databases.drop(url.render_as_string(hide_password=False))
    with psycopg.connect(databases.server_url, autocommit=True) as server:
        server.execute(f"drop role {owner}, {application}")


def test_the_login_of_the_application_works_and_only_the_owners_migrates(
    two_logins: tuple[str, str], tmp_path: Path
) -> None:
    owner, application = two_logins
    service, upkeep = at(tmp_path, application), at(tmp_path, owner)

    assert "lancez d’abord « passnum migrate »" in service.refusal("verify")
    assert "n’a pas les droits qu’il faut" in service.refusal("migrate")
    upkeep("migrate")

    assert "tout concorde" in service("verify")
    assert Town(service).open().supply().issue().redeem(1)["amount_cents"] == 1000
