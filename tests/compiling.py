"""Statements are compiled once a run, not once a database.

SQLAlchemy keeps what it compiled for as long as an engine lives, and every test has engines of its
own: compiling took a sixth of the time of tests. Dialects of one kind and release compile alike.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

MANY = 10_000


def compile_once() -> None:
    """Let all engines of this process share what they compiled."""
    for kind in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        setattr(kind, "__eq__", alike)  # noqa: B010 - mypy would not have it otherwise
        setattr(kind, "__hash__", lambda self: hash(type(self)))  # noqa: B010
    kept: LRUCache[Any, Any] = LRUCache(MANY)
    # Each engine brings a cache of its own, which is not asked for.
    shared = property(lambda _: kept, lambda _, __: None)
    setattr(Engine, "_compiled_cache", shared)  # noqa: B010


def alike(self: Any, other: object) -> bool:  # noqa: ANN401 - a dialect
    """Whether two dialects compile alike: what differs between servers is their release."""
    return type(self) is type(other) and release(self) == release(other)


def release(dialect: Any) -> object:  # noqa: ANN401 - a dialect
    """The release of the server, once it has been asked."""
    return getattr(dialect, "server_version_info", None)
