"""Reading a file of places: the CSV or the JSON of the national schema, whatever its dialect."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

import orjson

from app.places.errors import PlacesFileUnreadable
from app.places.rules import FIELDS, MOST_ROWS

ASKED = ("id", "nom", "commune", "services")
"""A table without these is another one."""


def rows(content: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each row with its number, its fields by their names.

    Raises:
        PlacesFileUnreadable: it is no such table or list, or is longer than the country's.
    """
    found = _objects(content) if content.lstrip()[:1] in {b"[", b"{"} else _table(content)
    for count, (number, row) in enumerate(found):
        if count >= MOST_ROWS:
            raise PlacesFileUnreadable(reason=f"il dépasse {MOST_ROWS} lignes")
        yield number, row


def _table(content: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    text = _decoded(content)
    head, _, _ = text.partition("\n")
    delimiter = max(";,\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="")
    try:
        heads = [name.strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = heads
        if missing := [name for name in ASKED if name not in heads]:
            raise PlacesFileUnreadable(
                reason=f"sa première ligne ne nomme pas {', '.join(missing)}"
            )
        for row in reader:
            yield reader.line_num, {name: row.get(name) or "" for name in FIELDS}
    except csv.Error:
        raise PlacesFileUnreadable(reason=f"la ligne {reader.line_num + 1} ne se lit pas") from None


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise PlacesFileUnreadable(reason="ses caractères sont illisibles")


def _objects(content: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise PlacesFileUnreadable(reason="ce JSON est abîmé") from None
    if isinstance(found, dict):
        found = next((part for part in found.values() if isinstance(part, list)), None)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise PlacesFileUnreadable(reason="ce n’est pas une liste de lieux")
    yield from enumerate(map(as_written, found), 1)


def as_written(one: Mapping[str, object]) -> dict[str, str]:
    """The fields of an object as a table would write them."""
    return {name: _text(one.get(name)) for name in FIELDS}


def _text(value: object) -> str:
    if value is None or isinstance(value, bool | dict):
        return ""
    if isinstance(value, list):
        return "|".join(_text(part) for part in _parts(value))
    return str(value)


def _parts(values: Iterable[object]) -> list[object]:
    return [part for part in values if isinstance(part, str | int | float)]
