"""What every part of the JSON API shares: the contract, ids, pages of lists, answers."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import orjson
from flask import Flask, request
from flask.json.provider import JSONProvider
from flask_smorest import Api, Blueprint
from marshmallow import EXCLUDE, RAISE, Schema, fields, validate

from app.kernel.errors import InvalidInput
from app.kernel.ids import LARGEST_INTEGER, new_id

PREFIX = "/api/v1"
PAGE = 50
LARGEST_PAGE = 200
T = TypeVar("T")

PROBLEM = {
    "description": "Refus : un code stable pour les programmes, "
    "une phrase en français pour les personnes.",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "code", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "details": {"type": "object"},
                },
            }
        }
    },
}


class PassnumApi(Api):
    """flask-smorest without its error handler: app.web.problems answers for everything."""

    def _register_error_handlers(self) -> None:
        """Leave errors to app.web.problems."""


class Body(Schema):
    """A JSON body; a field that nobody knows is refused, so that a slip does not pass unseen."""

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE


class Query(Schema):
    """Parameters of an address; unknown ones are left alone."""

    class Meta:
        """Pass over what is not declared."""

        unknown = EXCLUDE


def identifier(**more: Any) -> fields.Integer:  # noqa: ANN401 - whatever marshmallow's field takes
    """An integer id or serial: positive, and no larger than a database holds."""
    return fields.Integer(strict=True, validate=validate.Range(min=1, max=LARGEST_INTEGER), **more)


def text(longest: int = 200, **more: Any) -> fields.String:  # noqa: ANN401 - whatever marshmallow's field takes
    """One line of text; services clean it and refuse what is empty or has control characters."""
    return fields.String(validate=validate.Length(max=longest), **more)


class Identified(Body):
    """A request that creates: `id` is a UUID of the client's, and its idempotency key.

    Without it, the Idempotency-Key header is read; without either the server makes one, and
    sending again would create again.
    """

    id = fields.UUID(
        metadata={"description": "UUID made by the client; sending it again is harmless."}
    )


def id_of_request(body: dict[str, Any]) -> UUID:
    """The id under which a request creates, taken out of its body.

    Raises:
        InvalidInput: the Idempotency-Key header is no UUID.
    """
    if given := body.pop("id", None):
        return UUID(str(given))
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return new_id()
    try:
        return UUID(header.strip().strip('"'))
    except ValueError:
        raise InvalidInput(id="L’en-tête Idempotency-Key est un UUID.") from None


class PageQuery(Query):
    """Which page of a list: after which row, and how many rows."""

    limit = fields.Integer(load_default=PAGE, validate=validate.Range(min=1, max=LARGEST_PAGE))


class UuidPageQuery(PageQuery):
    """A page of a list of records."""

    after = fields.UUID(load_default=None, metadata={"description": "`next` of the page before."})


class NumberPageQuery(PageQuery):
    """A page of a list of numbered rows."""

    after = fields.Integer(
        load_default=0,
        validate=validate.Range(min=0, max=LARGEST_INTEGER),
        metadata={"description": "`next` of the page before."},
    )


def page_of(schema: type[Schema]) -> type[Schema]:
    """The schema of a page of that kind of rows."""
    return type(
        f"{schema.__name__.removesuffix('Schema')}PageSchema",
        (Schema,),
        {
            "items": fields.List(fields.Nested(schema), required=True),
            "next": fields.Raw(
                required=True,
                allow_none=True,
                metadata={
                    "description": "À passer dans `after` ; null à la dernière page.",
                    "type": ["string", "integer", "null"],
                },
            ),
        },
    )


def page(
    read: Callable[[int], Sequence[T]], *, limit: int, key: Callable[[T], object]
) -> dict[str, object]:
    """One page of rows and what to pass for the next; one row more is read to know of it."""
    rows = read(limit + 1)
    shown = rows[:limit]
    return {"items": shown, "next": _plain(key(shown[-1])) if len(rows) > limit else None}


def _plain(key: object) -> str | int:
    return key if isinstance(key, int) else str(key)


def blueprint(name: str, description: str) -> Blueprint:
    """A part of the API, under /api/v1."""
    return Blueprint(name, name, url_prefix=PREFIX, description=description)


def problems(*statuses: int) -> Callable[[T], T]:
    """Say in the contract which refusals an operation may answer, beside everybody's."""

    def decorate(view: T) -> T:
        documented: dict[str, Any] = getattr(view, "_apidoc", {})
        responses = documented.setdefault("manual_doc", {}).setdefault("responses", {})
        for status in (401, 403, *statuses):
            responses[str(status)] = PROBLEM
        view._apidoc = documented  # type: ignore[attr-defined]  # noqa: SLF001 - where flask-smorest looks
        return view

    return decorate


class OrjsonProvider(JSONProvider):
    """JSON by orjson: dates and UUIDs in their usual forms, and a third of the time."""

    def dumps(self, obj: Any, **_kwargs: Any) -> str:  # noqa: ANN401 - Flask's signature
        """To text."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:  # noqa: ANN401 - Flask's signature
        """From text."""
        return orjson.loads(s)


def register(app: Flask) -> Api:
    """Give the application its JSON and the contract at /api/v1/openapi.json."""
    app.json = OrjsonProvider(app)
    app.config.update(
        API_TITLE="passnum",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
    )
    return PassnumApi(
        app,
        spec_kwargs={
            "info": {
                "description": "Registre et liquidation des Pass numériques. Montants en centimes "
                "d’euro, instants en UTC (RFC 3339), jours de Martinique (ISO 8601).",
                "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            },
            "security": [{"token": []}],
            "components": {
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
        },
    )
