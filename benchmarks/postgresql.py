"""A PostgreSQL server that flushes what it commits, its databases, and pgbench.

The server is that of the tests with the settings of a deployment. PASSNUM_BENCH_POSTGRESQL_URL
names another one, by the address of a superuser's: references are made without triggers.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from app.database.connections import APPLICATION_ROLE, SEARCH_PATH
from benchmarks.machine import descendants, parent_of, processor_seconds
from tests.databases import Server, installed_programs

OTHER_SERVER = "PASSNUM_BENCH_POSTGRESQL_URL"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "log_min_messages": "fatal",
    # What happens by itself, and would fall into one measurement and not into its neighbour.
    "autovacuum": "off",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
}


class Cluster:
    """One server and the databases that this run has made on it."""

    def __init__(self, url: str, server: Server | None, folder: Path) -> None:
        self.url, self._server, self.folder = url, server, folder
        self._made: list[str] = []

    @classmethod
    def start(cls, folder: Path) -> Self:
        """The server that was named, else one of our own on the disk of temporary files."""
        if url := os.environ.get(OTHER_SERVER):
            return cls(url, None, folder)
        data = Path(tempfile.mkdtemp(prefix="passnum-benchmarks-"))
        server = Server(data, SETTINGS).start()
        return cls(server.url, server, folder)

    def stop(self) -> None:
        """Leave nothing behind; on a server that is not ours, nothing but the roles."""
        for name in list(self._made):
            self.drop(name)
        if self._server is not None:
            self._server.stop()

    def create(self, name: str, *, template: str = "template1") -> str:
        """A new database, or a copy of another one; returns its name on the server."""
        full_name = self.named(name)
        self._on_server("create database {} template {} strategy file_copy", full_name, template)
        self._made.append(full_name)
        self.execute("checkpoint")
        return full_name

    @staticmethod
    def named(name: str) -> str:
        """What a database of this run is called on the server."""
        return f"passnum_bench_{os.getpid()}_{name}"

    def drop(self, name: str) -> None:
        """Remove a database."""
        self._made.remove(name)
        self._on_server("drop database {} with (force)", name)

    def address(self, name: str) -> str:
        """The address of a database of this server."""
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def execute(self, *statements: str, database: str | None = None) -> None:
        """Say something as the superuser, each statement its own transaction."""
        with psycopg.connect(
            self.address(database) if database else self.url, autocommit=True
        ) as connection:
            connection.execute(f"set search_path = {SEARCH_PATH}")
            for statement in statements:
                connection.execute(statement.encode())

    def setting(self, name: str) -> str:
        """What a setting of the server is."""
        with psycopg.connect(self.url) as connection:
            [value] = connection.execute("select current_setting(%s)", [name]).fetchone() or ["?"]
        return str(value)

    def processor_seconds(self) -> float:
        """What all its processes have used so far, of those that run; it is on this machine."""
        with psycopg.connect(self.url) as connection:
            return processor_seconds(descendants(parent_of(connection.info.backend_pid)))

    def __str__(self) -> str:
        """What the figures depend on."""
        names = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        return "PostgreSQL " + ", ".join(
            f"{name} {self.setting(name)}".removeprefix("server_version ") for name in names
        )

    def _on_server(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))

    def pgbench(
        self,
        database: str,
        script: str,
        *,
        clients: int,
        transactions: int,
        variables: Mapping[str, int],
    ) -> float:
        """Transactions a second of a script, as the application, each client so many times.

        Raises:
            RuntimeError: a transaction failed.
        """
        path = self.folder / "pgbench.sql"
        path.write_text(script, encoding="utf-8")
        done = subprocess.run(
            [
                installed_programs() / "pgbench",
                *("--no-vacuum", "--protocol=prepared", "--random-seed=4", f"--file={path}"),
                *(f"--client={clients}", f"--jobs={min(clients, os.cpu_count() or 1)}"),
                f"--transactions={transactions}",
                *(f"--define={name}={value}" for name, value in variables.items()),
                self.address(database),
            ],
            check=False,
            capture_output=True,
            text=True,
            env=os.environ
            | {"PGOPTIONS": f"-c role={APPLICATION_ROLE} -c search_path={SEARCH_PATH}"},
        )
        rate = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
        if done.returncode != 0 or rate is None:
            message = f"pgbench failed:\n{done.stdout}{done.stderr[:4000]}"
            raise RuntimeError(message)
        return float(rate[1])
