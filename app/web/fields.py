"""What may stand in a request and in an answer: each kind of value, its bounds, its French refusal.

Every schema of the API is made of these. A value that marshmallow would read generously (« yes »
for true, a day without dashes) is refused: what the contract says is what is accepted.
"""

# ruff: noqa: ANN401, EM101, RUF012 - marshmallow's signatures, the keys of its messages, and where it looks for them

import binascii
import re
from base64 import b64decode
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.kernel.clock import FIRST_DAY, LAST_DAY, end_of_day, first_instant
from app.kernel.ids import LARGEST_INTEGER
from app.kernel.money import NARROW

EnumT = TypeVar("EnumT", bound=StrEnum)

MESSAGES = {
    "required": "Ce champ est obligatoire.",
    "null": "Ce champ ne peut pas être vide.",
    "validator_failed": "Cette valeur ne convient pas.",
}
NOT_AN_OBJECT = "Écrivez un objet JSON, entre accolades."
UNKNOWN_FIELD = "Ce champ n’existe pas ici : retirez-le, ou corrigez son nom."

LONGEST_FILE = 2_000_000
"""Characters of base64: a body of two megabytes holds no more."""
A_UUID = "0192f0c1-6b7a-7cc0-8d3e-5f1b2a3c4d5e"

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_WHOLE = re.compile(r"-?[0-9]{1,20}")


def read_uuid(typed: object) -> UUID | None:
    """A UUID in its usual form, or None."""
    return UUID(typed) if isinstance(typed, str) and _UUID.fullmatch(typed) else None


def read_day(typed: object) -> date | None:
    """A day written 2026-11-22, between 2000 and 2099, or None."""
    if not isinstance(typed, str) or not _DAY.fullmatch(typed):
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def read_instant(typed: object) -> datetime | None:
    """An instant of RFC 3339 with its offset, between 2000 and 2099 in Martinique, or None."""
    if not isinstance(typed, str) or not _INSTANT.fullmatch(typed.upper()):
        return None
    try:
        instant = datetime.fromisoformat(typed.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if first_instant(FIRST_DAY) <= instant < end_of_day(LAST_DAY) else None


def spaced(number: int) -> str:
    """A number as French writes it: 100000 is « 100 000 »."""
    return f"{number:,}".replace(",", NARROW)


def described(about: str, example: object, more: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a field with what the contract says of it."""
    metadata = {
        **({"description": about} if about else {}),
        **({"examples": [example]} if example is not None else {}),
        **more.pop("metadata", {}),
    }
    return {**more, "metadata": metadata}


class Text(fields.String):
    """One line of text. Services clean it, and refuse control characters and what says nothing."""

    default_error_messages = {**MESSAGES, "invalid": "Écrivez un texte, entre guillemets."}

    def __init__(
        self, longest: int = 200, *, about: str = "", example: str | None = None, **more: Any
    ) -> None:
        length = validate.Length(1, longest, error=f"Écrivez de 1 à {longest} caractères.")
        super().__init__(validate=length, **described(about, example, more))

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **kwargs)


class Whole(fields.Integer):
    """A whole number between two bounds."""

    default_error_messages = {**MESSAGES, "invalid": "Écrivez un nombre entier, sans guillemets."}

    def __init__(
        self,
        least: int = 1,
        most: int = LARGEST_INTEGER,
        *,
        about: str = "",
        example: int | None = None,
        **more: Any,
    ) -> None:
        within = validate.Range(
            least, most, error=f"Écrivez un nombre de {spaced(least)} à {spaced(most)}."
        )
        super().__init__(strict=True, validate=within, **described(about, example, more))


class QueryWhole(Whole):
    """A whole number in an address, where everything is text."""

    default_error_messages = {"invalid": "Écrivez un nombre entier, en chiffres."}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not isinstance(value, str) or not _WHOLE.fullmatch(value):
            raise self.make_error("invalid")
        return super()._deserialize(int(value), *args, **kwargs)


class File(fields.String):
    """A file inside a JSON body, in base64; what a service is given are its bytes."""

    default_error_messages = {
        **MESSAGES,
        "invalid": "Écrivez le fichier en base64 (RFC 4648), sans retour à la ligne.",
    }

    def __init__(
        self, *, about: str, longest: int = LONGEST_FILE, said: str = "1,5 Mo", **more: Any
    ) -> None:
        more["metadata"] = {"contentEncoding": "base64"}
        super().__init__(
            validate=validate.Length(
                1, longest, error=f"Envoyez un fichier qui n’est pas vide, de {said} au plus."
            ),
            **described(about, "bWlsbGVzaW1lO3ByZW1pZXIgY2FybmV0Cg==", more),
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        try:
            return b64decode(super()._deserialize(value, *args, **kwargs), validate=True)
        except (binascii.Error, ValueError):
            raise self.make_error("invalid") from None


class Uuid(fields.UUID):
    """An id of a record."""

    default_error_messages = {**MESSAGES, "invalid_uuid": f"Écrivez un UUID, comme {A_UUID}."}

    def __init__(self, *, about: str = "", **more: Any) -> None:
        super().__init__(**described(about, A_UUID, more))

    def _validated(self, value: Any) -> UUID:
        read = read_uuid(value)
        if read is None:
            raise self.make_error("invalid_uuid")
        return read


class Day(fields.Date):
    """A day in Martinique, between 2000 and 2099."""

    default_error_messages = {
        **MESSAGES,
        "invalid": "Écrivez un jour qui existe, entre 2000 et 2099, comme 2026-11-22.",
    }

    def __init__(self, *, about: str = "", **more: Any) -> None:
        super().__init__(**described(about, None, more))

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> date:
        day = read_day(value)
        if day is None:
            raise self.make_error("invalid")
        return day


class Instant(fields.DateTime):
    """An instant with its offset from UTC, between 2000 and 2099."""

    default_error_messages = {
        **MESSAGES,
        "invalid": "Écrivez un instant avec son décalage, entre 2000 et 2099, "
        "comme 2026-11-22T10:05:00-04:00.",
    }

    def __init__(self, *, about: str = "", **more: Any) -> None:
        super().__init__(**described(about, None, more))

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> datetime:
        instant = read_instant(value)
        if instant is None:
            raise self.make_error("invalid")
        return instant


class Moment(fields.String):
    """Just before an instant, or the end of a day: what a balance is asked for."""

    default_error_messages = {
        **MESSAGES,
        "invalid": "Écrivez un jour, comme 2026-11-22, ou un instant avec son décalage, "
        "entre 2000 et 2099.",
    }

    def __init__(self, *, about: str = "", **more: Any) -> None:
        super().__init__(**described(about, None, more))

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        day = read_day(value)
        instant = end_of_day(day) if day is not None else read_instant(value)
        if instant is None:
            raise self.make_error("invalid")
        return instant


class Word(fields.String):
    """One of the words of a choice."""

    default_error_messages = {**MESSAGES, "invalid": "Écrivez un mot de la liste."}


class Choice(fields.Enum[EnumT], Generic[EnumT]):
    """One of the words of a list."""

    default_error_messages = {**MESSAGES, "unknown": "Choisissez parmi : {choices}."}

    def __init__(self, words: type[EnumT], *, about: str = "", **more: Any) -> None:
        super().__init__(words, by_value=Word, **described(about, None, more))

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str | None:
        # Rows of the database hold the plain word.
        return None if value is None else str(value)


class Flag(fields.Boolean):
    """Yes or no."""

    default_error_messages = {**MESSAGES, "invalid": "Écrivez true ou false, sans guillemets."}

    def __init__(self, *, about: str = "", **more: Any) -> None:
        super().__init__(**described(about, None, more))

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Many(fields.List[Any]):
    """A list of so many values at most."""

    default_error_messages = {**MESSAGES, "invalid": "Écrivez une liste, entre crochets."}

    def __init__(
        self,
        inner: fields.Field[Any],
        longest: int | None = None,
        *,
        shortest: int = 0,
        about: str = "",
        **more: Any,
    ) -> None:
        if longest is not None:
            sentence = f"La liste compte de {shortest} à {longest} éléments."
            more["validate"] = validate.Length(shortest, longest, error=sentence)
        super().__init__(inner, **described(about, None, more))

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **kwargs)


class Part(fields.Nested):
    """An object inside another."""

    default_error_messages = {**MESSAGES, "type": NOT_AN_OBJECT}

    def __init__(self, schema: type[Schema], *, about: str = "", **more: Any) -> None:
        super().__init__(schema, **described(about, None, more))
