"""What every part of the JSON API shares: operations, the contract, ids, pages of lists."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

import orjson
from flask import Flask, Request, request
from flask.json.provider import JSONProvider
from flask_smorest import Api, Blueprint
from marshmallow import EXCLUDE, RAISE, Schema
from marshmallow import fields as marshmallow_fields
from webargs.core import missing
from webargs.flaskparser import FlaskParser, is_json_request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app.database import Model
from app.identity.rules import APPROVALS, Right
from app.kernel.errors import InvalidInput
from app.kernel.ids import LARGEST_INTEGER, new_id
from app.web.auth import current_actor
from app.web.fields import NOT_AN_OBJECT, UNKNOWN_FIELD, Many, Part, QueryWhole, Uuid, read_uuid

PREFIX = "/api/v1"
PAGE = 50
LARGEST_PAGE = 200
T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., object])
Json = dict[str, Any]

PROBLEM = {
    "type": "object",
    "description": "Un refus (RFC 9457) : `code` est stable et fait pour les programmes, `detail` "
    "est une phrase pour les personnes, qui dit quoi faire.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:passnum:problem:voucher_already_redeemed"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "examples": ["voucher_already_redeemed"]},
        "detail": {"type": "string"},
        "details": {
            "type": "object",
            "description": "Ce que le refus précise ; `fields` donne une phrase par champ.",
        },
    },
}
REFUSALS = {
    HTTPStatus.BAD_REQUEST: "Le corps n’est pas du JSON.",
    HTTPStatus.UNAUTHORIZED: "Ni jeton valable, ni session.",
    HTTPStatus.FORBIDDEN: "Le rôle ne le permet pas, l’élément est d’une autre structure, ou il "
    "manque un second facteur.",
    HTTPStatus.NOT_FOUND: "Introuvable, ou hors de ce que l’agent peut voir.",
    HTTPStatus.CONFLICT: "Trop tard, deux fois, ou contre l’état présent des choses.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Le corps est trop gros.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Le corps n’est pas annoncé comme du JSON.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Des valeurs ne conviennent pas, ou une règle l’interdit.",
    HTTPStatus.TOO_MANY_REQUESTS: "Trop d’essais en peu de temps.",
}
IDEMPOTENCY_KEY = "IdempotencyKey"


# ── Bodies and queries ────────────────────────────────────────────────────────────────────────────


class Body(Schema):
    """A JSON body; a field that nobody knows is refused, so that a slip does not pass unseen."""

    error_messages = {"type": NOT_AN_OBJECT, "unknown": UNKNOWN_FIELD}  # noqa: RUF012 - where marshmallow looks

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE


class Query(Schema):
    """Parameters of an address; unknown ones are left alone."""

    class Meta:
        """Pass over what is not declared."""

        unknown = EXCLUDE


class Identified(Body):
    """A request that creates: `id` is a UUID of the client's, and its idempotency key.

    Without it, the Idempotency-Key header is read; without either the server makes one, and
    sending again would create again.
    """

    id = Uuid(
        about="UUID fait par le client, qui identifie la demande : la renvoyer ne refait rien."
    )


def id_of_request(body: Json) -> UUID:
    """The id under which a request creates, taken out of its body.

    Raises:
        InvalidInput: the Idempotency-Key header is no UUID, or another one than the body's.
    """
    given: UUID | None = body.pop("id", None)
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return given or new_id()
    key = read_uuid(header.strip().strip('"'))
    if key is None:
        raise InvalidInput(id="L’en-tête Idempotency-Key est un UUID.")
    if given not in {None, key}:
        raise InvalidInput(id="L’en-tête Idempotency-Key et ce champ diffèrent : gardez-en un.")
    return key


class BodyParser(FlaskParser):
    """Bodies read by orjson: no NaN, no half of a character, no nesting without end."""

    def _raw_load_json(self, req: Request) -> Any:  # noqa: ANN401 - whatever JSON holds
        sent = req.get_data()
        # The check of a form may have read what was announced as one, and left nothing here.
        if (sent or req.mimetype) and not is_json_request(req):
            raise UnsupportedMediaType
        if not sent:
            return missing
        try:
            return orjson.loads(sent)
        except orjson.JSONDecodeError:
            raise BadRequest from None


# ── Pages of lists ────────────────────────────────────────────────────────────────────────────────


class PageQuery(Query):
    """Which page of a list: after which row, and how many rows."""

    limit = QueryWhole(1, LARGEST_PAGE, load_default=PAGE, about="Nombre de lignes de la page.")


class UuidPageQuery(PageQuery):
    """A page of a list of records."""

    after = Uuid(load_default=None, about="`next` de la page précédente.")


class NumberPageQuery(PageQuery):
    """A page of a list of numbered rows."""

    after = QueryWhole(0, LARGEST_INTEGER, load_default=0, about="`next` de la page précédente.")


def page_of(schema: type[Schema]) -> type[Schema]:
    """The schema of a page of that kind of rows."""
    return type(
        f"{schema.__name__.removesuffix('Schema')}PageSchema",
        (Schema,),
        {
            "items": Many(Part(schema), required=True),
            "next": marshmallow_fields.Raw(
                required=True,
                metadata={
                    "description": "À passer dans `after` ; null à la dernière page.",
                    "type": ["string", "integer", "null"],
                },
            ),
        },
    )


def page(
    query: Json,
    read: Callable[..., Sequence[T]],
    show: Callable[[Sequence[T]], list[Json]],
    *,
    key: Callable[[T], UUID | int] = attrgetter("id"),
) -> Json:
    """One page of what `read(limit=…)` finds, as `show` tells it, and what to pass for the next.

    One row more is read, to know whether there is one.
    """
    limit = query["limit"]
    rows = read(limit=limit + 1)
    if len(rows) <= limit:
        return whole(show(rows))
    last = key(rows[limit - 1])
    return {"items": show(rows[:limit]), "next": last if isinstance(last, int) else str(last)}


def whole(items: Sequence[object]) -> Json:
    """A list that fits in one page."""
    return {"items": items, "next": None}


def shown(record: Model, **more: object) -> Json:
    """A record by its columns, and what else is told of it; the schema of the answer chooses."""
    return {column.key: getattr(record, column.key) for column in record.__table__.columns} | more


# ── Operations ────────────────────────────────────────────────────────────────────────────────────


class Routes:
    """A part of the API, under /api/v1: each operation says what it takes, answers, and asks for.

    The right is checked before anything is read; the service behind checks it again.
    """

    def __init__(self, name: str, description: str) -> None:
        self.blueprint = Blueprint(name, name, url_prefix=PREFIX, description=description)
        self.blueprint.ARGUMENTS_PARSER = BodyParser()

    def get(
        self,
        path: str,
        summary: str,
        *,
        answer: type[Schema],
        right: Right | None = None,
        query: type[Query] | None = None,
        refuses: tuple[int, ...] = (),
        description: str = "",
        parameters: Sequence[Json] = (),
    ) -> Callable[[View], View]:
        """An operation that reads; the view is given its query.

        `parameters` describe texts of the address that are no ids.
        """

        def add(view: View) -> View:
            operation: Callable[..., object] = self.blueprint.response(
                200, answer, description="Ce qui était demandé."
            )(view)
            statuses = {*refuses}
            if query is not None:
                operation = self.blueprint.arguments(query(), location="query")(operation)
                statuses |= {422}
            doc: Json = {"summary": summary, "description": description}
            self._add(
                "GET",
                path,
                operation,
                right=right,
                statuses=statuses,
                doc=doc,
                parameters=parameters,
            )
            return view

        return add

    def file(
        self,
        path: str,
        summary: str,
        *,
        right: Right,
        formats: Mapping[str, str],
        query: type[Query] | None = None,
        refuses: tuple[int, ...] = (),
        description: str = "",
        unless_held: str = "",
    ) -> Callable[[View], View]:
        """An operation that answers a file; of several formats, its query says which.

        `unless_held` says what a 304 means, where one may be answered.
        """

        def add(view: View) -> View:
            operation: Callable[..., object] = view
            statuses = {*refuses}
            if query is not None:
                operation = self.blueprint.arguments(query(), location="query")(view)
                statuses |= {422}
            binary = {"schema": {"type": "string", "format": "binary"}}
            doc: Json = {"summary": summary, "description": description}
            self._add(
                "GET",
                path,
                operation,
                right=right,
                statuses=statuses,
                doc=doc,
                success={
                    "description": "Le fichier.",
                    "content": {kind.partition(";")[0]: binary for kind in formats.values()},
                },
                not_modified=unless_held,
            )
            return view

        return add

    def post(
        self,
        path: str,
        summary: str,
        *,
        answer: type[Schema],
        right: Right | None,
        body: type[Body] | None = None,
        status: int = 201,
        refuses: tuple[int, ...] = (),
        description: str = "",
    ) -> Callable[[View], View]:
        """An operation that writes; the view is given its body."""

        def add(view: View) -> View:
            operation: Callable[..., object] = self.blueprint.response(
                status, answer, description="Fait ; pas deux fois si la demande est renvoyée."
            )(view)
            statuses = {*refuses}
            doc: Json = {"summary": summary, "description": description}
            if body is not None:
                # Made once: a schema made for each request costs more than reading the body.
                schema = body()
                mandatory = any(field.required for field in schema.fields.values())
                operation = self.blueprint.arguments(schema, required=mandatory)(operation)
                statuses |= {400, 413, 415, 422}
                if issubclass(body, Identified):
                    doc["parameters"] = [IDEMPOTENCY_KEY]
                    statuses |= {409}
            self._add("POST", path, operation, right=right, statuses=statuses, doc=doc)
            return view

        return add

    def _add(
        self,
        method: str,
        path: str,
        operation: Callable[..., object],
        *,
        right: Right | None,
        statuses: set[int],
        doc: Json,
        parameters: Sequence[Json] = (),
        success: Json | None = None,
        not_modified: str = "",
    ) -> None:
        """Put an operation at its address, and what can be known of it in the contract."""
        name = operation.__name__
        # A sign-in whose second factor is still to be shown opens nothing: 403.
        statuses |= {401, 403}
        if "<uuid:" in path:
            statuses |= {404}
        if right is not None:
            doc["description"] = f"{doc['description']}\n\nDroit : `{right}`.".strip()
        if right in APPROVALS:
            doc["description"] += " Un jeton ne le porte jamais : connectez-vous."
            doc["security"] = [{"session": [], "csrf": []}]
        doc["responses"] = {str(s): HTTPStatus(s).name for s in sorted(statuses)}
        if success is not None:
            doc["responses"]["200"] = success
        if not_modified:
            doc["responses"]["304"] = {"description": not_modified}
        documented = self.blueprint.doc(operationId=name, **doc)(operation)
        view = guarded(documented, right)
        self.blueprint.add_url_rule(path, name, view, methods=[method], parameters=[*parameters])


def text_in_path(name: str, about: str, example: str) -> Json:
    """A parameter of an address that people read on paper."""
    return {
        "in": "path",
        "name": name,
        "required": True,
        "description": about,
        "schema": {"type": "string", "minLength": 1, "examples": [example]},
    }


def guarded(view: Callable[..., object], right: Right | None) -> Callable[..., object]:
    """The view, for those who have the right."""

    @wraps(view)
    def checked(*args: object, **kwargs: object) -> object:
        if right is not None:
            current_actor().check(right)
        return view(*args, **kwargs)

    return checked


# ── The contract ──────────────────────────────────────────────────────────────────────────────────


class PassnumApi(Api):
    """flask-smorest without its errors: app.web.problems answers for the whole application."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to app.web.problems."""

    def _register_pagination_header(self) -> None:
        """Lists say where they go on in their body."""

    def _register_responses(self) -> None:
        """Describe refusals as they are: one shape, and a meaning for each status."""
        components = self.spec.components
        components.schema("Problem", PROBLEM)
        refusal = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for status, meaning in REFUSALS.items():
            answer = {"description": meaning, "content": refusal}
            components.response(status.name, answer, lazy=True)
        components.parameter(
            IDEMPOTENCY_KEY,
            "header",
            {
                "name": "Idempotency-Key",
                "description": "Un UUID ; tient lieu de `id` quand le corps n’en a pas.",
                "schema": {"type": "string", "format": "uuid"},
            },
            lazy=True,
        )


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
            "security": [{"token": []}, {"session": [], "csrf": []}],
            "components": {
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer"},
                    "session": {"type": "apiKey", "in": "cookie", "name": "passnum"},
                    "csrf": {
                        "type": "apiKey",
                        "in": "header",
                        "name": "X-CSRFToken",
                        "description": "Donné par /api/v1/me ; pour les demandes qui écrivent.",
                    },
                },
            },
        },
    )
