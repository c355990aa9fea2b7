"""What scripts/run does: from an empty machine to passnum answering on 127.0.0.1.

What can be refused without installing anything is refused first: nobody should wait a minute to
learn that a port is taken.
"""

import argparse
import errno
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from environment import ROOT, VENV, Stop, prepare, say

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
GREATEST_PORT = 65535
POSTGRESQL_PORT = 5432
SQLITE_HEADER = b"SQLite format 3\x00"
PASSNUM = VENV / "bin" / "passnum"

HELP = """\
Emploi : scripts/run [options]

Installe passnum dans ce dossier, prépare la base de données, y charge la démonstration
la première fois, puis sert les pages sur http://127.0.0.1:8000. Ctrl-C arrête.

Options :
  --port N             port d’écoute (8000)                          PASSNUM_PORT
  --data-dir DOSSIER   dossier des données et des clés (var)         PASSNUM_DATA_DIR
  --database-url URL   sqlite:///fichier ou postgresql://…           PASSNUM_DATABASE_URL
                       (un fichier SQLite dans le dossier des données)
  --no-demo            ne charge pas la démonstration
  --help               affiche cette aide

Une option l’emporte sur la variable d’environnement de la même ligne.
"""


@dataclass(frozen=True)
class Options:
    """How this installation is started."""

    port: int
    data_dir: Path
    database_url: str | None
    demo: bool


class FrenchParser(argparse.ArgumentParser):
    """Refuses in French, in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Argparse's own words are English."""
        del message
        unreadable = f"Options incomprises : {' '.join(sys.argv[1:])}. Voyez scripts/run --help."
        raise Stop(unreadable)


def read_options(arguments: Sequence[str]) -> Options:
    """Options, else environment, else defaults.

    Raises:
        Stop: an option does not exist, or its value is not one.
    """
    parser = FrenchParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--port", default=os.environ.get("PASSNUM_PORT") or str(DEFAULT_PORT))
    parser.add_argument("--data-dir", default=os.environ.get("PASSNUM_DATA_DIR") or ROOT / "var")
    parser.add_argument("--database-url", default=os.environ.get("PASSNUM_DATABASE_URL") or None)
    parser.add_argument("--no-demo", action="store_true")
    given = parser.parse_args(arguments)
    if given.help:
        say(HELP)
        sys.exit(0)
    return Options(
        port=read_port(given.port),
        data_dir=Path(given.data_dir).expanduser().absolute(),
        database_url=given.database_url,
        demo=not given.no_demo,
    )


def read_port(text: str) -> int:
    """A TCP port.

    Raises:
        Stop: not a number between 1 and 65535.
    """
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= GREATEST_PORT:
        return int(text)
    message = f"« {text} » n’est pas un port : choisissez un nombre entre 1 et {GREATEST_PORT}."
    raise Stop(message)


# ── What must be there ────────────────────────────────────────────────────────────────────────────


def check_port(port: int) -> None:
    """Refuse a port where something else answers already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            message = f"Le port {port} est réservé à l’administrateur : essayez --port 8000."
            raise Stop(message) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            other = port + 1 if port < GREATEST_PORT else DEFAULT_PORT
            message = (
                f"Le port {port} est déjà pris : passnum tourne peut-être déjà ici ; "
                f"sinon, choisissez un autre port, par exemple --port {other}."
            )
            raise Stop(message) from None


def check_data_dir(folder: Path) -> None:
    """Refuse a folder in which nothing can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = (
            f"Impossible d’écrire dans le dossier de données {folder} ({reason(error)}) : "
            "changez ses droits, ou choisissez un autre dossier avec --data-dir."
        )
        raise Stop(message) from None


def reason(error: OSError) -> str:
    """Why the system refused, in French where it is a usual reason."""
    usual = {
        errno.EACCES: "droits insuffisants",
        errno.EPERM: "droits insuffisants",
        errno.EROFS: "lecture seule",
        errno.ENOSPC: "disque plein",
        errno.ENOTDIR: "ce n’est pas un dossier",
        errno.EEXIST: "ce n’est pas un dossier",
        errno.EISDIR: "c’est un dossier",
    }
    return usual.get(error.errno or 0) or str(error.strerror)


def check_database(url: str) -> None:
    """Refuse an address that cannot be a database of passnum, before anything is installed.

    Whether a PostgreSQL server knows the database and the login is for `passnum migrate` to say.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    scheme = parts.scheme.partition("+")[0]
    if scheme == "sqlite" and url.startswith(f"{parts.scheme}:///"):
        check_sqlite_file(Path(unquote(parts.path[1:])))
    elif scheme in {"postgresql", "postgres"}:
        if parts.hostname and "host" not in parse_qs(parts.query):
            check_server(parts.hostname, port or POSTGRESQL_PORT)
    else:
        message = (
            "L’adresse de la base de données n’est pas comprise : "
            "écrivez sqlite:///chemin/du/fichier ou postgresql://compte@serveur/base."
        )
        raise Stop(message)


def check_sqlite_file(path: Path) -> None:
    """Refuse what is no SQLite file, or where none can be made."""
    if not path.name or path.name == ":memory:":
        message = "La base SQLite doit être un fichier : écrivez sqlite:///chemin/du/fichier."
        raise Stop(message)
    try:
        with path.open("rb") as file:
            header = file.read(len(SQLITE_HEADER))
    except FileNotFoundError:
        check_data_dir(path.absolute().parent)
        return
    except OSError as error:
        message = f"La base de données {path} n’est pas lisible ({reason(error)})."
        raise Stop(message) from None
    if header not in {b"", SQLITE_HEADER}:
        message = f"Le fichier {path} n’est pas une base SQLite : indiquez-en un autre."
        raise Stop(message)


def check_server(host: str, port: int) -> None:
    """Refuse a PostgreSQL server that does not answer."""
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        message = (
            f"Aucun serveur ne répond à {host}, port {port} : vérifiez l’adresse de la base "
            "de données, et que PostgreSQL y est démarré."
        )
        raise Stop(message) from None


# ── The start ─────────────────────────────────────────────────────────────────────────────────────


def passnum(*arguments: str) -> None:
    """Run one verb of the command line, which tells how far it is and why it refuses."""
    done = subprocess.run([PASSNUM, *arguments], check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def main(arguments: Sequence[str]) -> NoReturn:
    """Check, install, migrate, load, then become the server."""
    options = read_options(arguments)
    check_port(options.port)
    check_data_dir(options.data_dir)
    if options.database_url:
        check_database(options.database_url)
        if options.database_url != os.environ.get("PASSNUM_DATABASE_URL"):
            # The owner's address belongs to the database that the option replaces.
            os.environ.pop("PASSNUM_OWNER_DATABASE_URL", None)
        os.environ["PASSNUM_DATABASE_URL"] = options.database_url
    os.environ["PASSNUM_DATA_DIR"] = str(options.data_dir)
    os.environ["PASSNUM_PORT"] = str(options.port)

    prepare("run")
    passnum("migrate")
    if options.demo:
        passnum("demo", "--if-empty")
    sys.stdout.flush()
    os.execv(PASSNUM, [str(PASSNUM), "serve", "--port", str(options.port)])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Stop as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        say("\nArrêté.")
        sys.exit(130)
