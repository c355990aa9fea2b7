"""The database: what its tables are made of, the same in both dialects.

SQLite serves a pilot, PostgreSQL 15 or later a deployment. Each column type has one meaning and two
spellings, for SQLite's STRICT tables know INTEGER, TEXT and BLOB. Migrations that were released
import the types from here, and are never edited: here they stay.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    Text,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import Boolean, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC. SQLite: 27 characters that sort like time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """TEXT on SQLite, timestamptz on PostgreSQL."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        """Refuse a naive instant: nobody knows when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a naive instant was about to be stored"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401 - SQLAlchemy's signature
        """Always aware, always UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value)  # its Z is UTC
        instant: datetime = value
        return instant.astimezone(UTC)


class Day(TypeDecorator[date]):
    """A day in Martinique."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """TEXT on SQLite, date on PostgreSQL."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        """ISO 8601 on SQLite."""
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:  # noqa: ANN401 - SQLAlchemy's signature
        """A date, whatever the dialect keeps."""
        if value is None or isinstance(value, date):
            return value
        return date.fromisoformat(value)


class Uuid16(TypeDecorator[UUID]):
    """A UUID: the type of that name on PostgreSQL, 16 bytes on SQLite."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """BLOB on SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(LargeBinary())
        return dialect.type_descriptor(postgresql.UUID(as_uuid=True))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        """Sixteen bytes on SQLite."""
        return value.bytes if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:  # noqa: ANN401 - SQLAlchemy's signature
        """A UUID, whatever the dialect keeps."""
        if value is None or isinstance(value, UUID):
            return value
        return UUID(bytes=bytes(value))


class Flag(TypeDecorator[bool]):
    """Yes or no."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """INTEGER on SQLite."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:  # noqa: ANN401, FBT001 - SQLAlchemy's signature
        """0 or 1 on SQLite."""
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:  # noqa: ANN401 - SQLAlchemy's signature
        """A bool, whatever the dialect keeps."""
        return None if value is None else bool(value)


class JsonText(TypeDecorator[dict[str, Any]]):
    """A small JSON object, kept as it was said."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        """Keys sorted."""
        return None if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any] | None:  # noqa: ANN401 - SQLAlchemy's signature
        """A dictionary again."""
        return None if value is None else json.loads(value)


BigInt = BigInteger().with_variant(Integer(), "sqlite")
Bytes = LargeBinary


class Model(DeclarativeBase):
    """Base of every mapped table. Constraints are named by hand: names are promises."""


class Record(Model):
    """A row made by a request: the id is the request's, the hash tells repetition from reuse."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True, sort_order=-2)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary, sort_order=-1)
