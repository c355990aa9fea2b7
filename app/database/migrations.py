"""Migrations: a database brought up to a revision, or taken back to it, by its owner."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATION_SEARCH_PATH = "public,ledger"
"""Where new tables go."""
PROJECT = Path(__file__).parents[2]


def alembic_config(url: str) -> "Config":
    """Alembic's settings for that database; everything else is in migrations/env.py.

    Alembic is imported when it is asked for: it takes as long as all of SQLAlchemy, and of all
    commands only one migrates.
    """
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(PROJECT / "migrations"))
    config.set_main_option("prepend_sys_path", str(PROJECT))
    config.set_main_option("path_separator", "newline")
    config.attributes["url"] = url
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database up to that revision, as its owner."""
    from alembic import command  # noqa: PLC0415 - see alembic_config

    command.upgrade(alembic_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to that revision; what later revisions held is gone."""
    from alembic import command  # noqa: PLC0415 - see alembic_config

    command.downgrade(alembic_config(url), revision)
