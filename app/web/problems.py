"""Refusals as answers: problem+json (RFC 9457) under /api/, a French page elsewhere."""

import logging
import secrets
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import orjson
from flask import Flask, Response, current_app, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import (
    Conflict,
    DomainError,
    JsonValue,
    NotFound,
    NotPermitted,
    NotSignedIn,
    RuleBroken,
    Throttled,
)
from app.web import drafts, words
from app.web.auth import (
    API_PREFIX,
    FormExpired,
    ask_to_sign_in,
    form_of_before,
    is_signed_in,
    recognise,
)
from app.web.pages import ErrorPage

STATUS_BY_FAMILY: tuple[tuple[type[DomainError], HTTPStatus], ...] = (
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (Throttled, HTTPStatus.TOO_MANY_REQUESTS),
    (NotFound, HTTPStatus.NOT_FOUND),
    (NotPermitted, HTTPStatus.FORBIDDEN),
    (RuleBroken, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Conflict, HTTPStatus.CONFLICT),
)

SENTENCES = {
    HTTPStatus.BAD_REQUEST: "La demande ne peut pas être lue. Vérifiez que le corps est du JSON.",
    HTTPStatus.NOT_FOUND: "Cette adresse n’existe pas. Consultez /api/v1/openapi.json.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Cette adresse n’accepte pas cette méthode. "
    "Consultez /api/v1/openapi.json.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "L’envoi est trop gros. Coupez-le en plusieurs envois.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Envoyez du JSON, avec Content-Type: application/json.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Certaines valeurs ne conviennent pas. "
    "Corrigez les champs indiqués, puis renvoyez.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Une erreur est survenue chez nous ; rien n’a été enregistré."
    " Renvoyez la même demande avec le même identifiant.",
}
CODES = {
    HTTPStatus.BAD_REQUEST: "not_json",
    HTTPStatus.NOT_FOUND: "no_such_address",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "not_announced_as_json",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid_input",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error",
}

log = logging.getLogger(__name__)


def status_of(error: DomainError) -> HTTPStatus:
    """The HTTP status of a refusal, by its family."""
    return next(
        (status for family, status in STATUS_BY_FAMILY if isinstance(error, family)),
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )


def problem(
    status: HTTPStatus, *, code: str, sentence: str, details: dict[str, JsonValue] | None = None
) -> Response:
    """An answer of type application/problem+json.

    `code` is stable and made for programs, `detail` is French and made for people.
    """
    content = {
        "type": f"urn:passnum:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": sentence,
        **({"details": details} if details else {}),
    }
    response = Response(orjson.dumps(content), status, mimetype="application/problem+json")
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def refused(error: DomainError) -> AnyResponse:
    """The answer to a refusal of the domain."""
    status = status_of(error)
    if not request.path.startswith(API_PREFIX):
        if isinstance(error, FormExpired) and (asked := form_of_before()):
            return redirect(asked)
        return error_page(status, sentence=error.message, code=error.code)
    answer = problem(status, code=error.code, sentence=error.message, details=error.details)
    minutes = error.details.get("minutes")
    if isinstance(error, Throttled) and isinstance(minutes, int):
        answer.headers["Retry-After"] = str(60 * minutes)
    return answer


def http_error(error: HTTPException) -> AnyResponse:
    """The answer to what Flask or Werkzeug refuses."""
    try:
        status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    except ValueError:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
    if not request.path.startswith(API_PREFIX):
        if error.response is not None or (error.code or 500) < HTTPStatus.BAD_REQUEST:
            return error.get_response()
        asked_to_read = status is HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET"
        if asked_to_read and (page := drafts.page_of(request.path)):
            # Come back to after a form was refused there: its page says where things stand.
            return redirect(request.script_root + quote(page))
        recognise()
        if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return error_page(status, sentence=_too_large(), back=request.full_path.rstrip("?"))
        return error_page(status)
    messages = getattr(error, "data", {}).get("messages", {})
    fields: dict[str, JsonValue] = {}
    for found in messages.values():
        fields |= dict(by_field(found))
    answer = problem(
        status,
        code=CODES.get(status, status.name.lower()),
        sentence=SENTENCES.get(status, "La demande ne peut pas être acceptée telle quelle."),
        details={"fields": fields} if fields else None,
    )
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers.extend(h for h in error.get_headers() if h[0] == "Allow")
    return answer


Page = TypeVar("Page", bound=Callable[..., object])
_LIMITS = dict[object, str]()


def refusing_larger(refusal: DomainError) -> Callable[[Page], Page]:
    """What a page says of a file too large to be read at all: as of one over its own limit."""

    def named(page: Page) -> Page:
        _LIMITS[page] = f"{refusal.message} Rien n’a été enregistré."
        return page

    return named


def _too_large() -> str:
    return _LIMITS.get(current_app.view_functions.get(request.endpoint or ""), "")


def by_field(messages: object, name: str = "") -> Iterator[tuple[str, str]]:
    """What marshmallow found, one sentence a field: « lines.0.booklet_size » and what to write."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            # marshmallow says « _schema » of what concerns a whole object.
            yield from by_field(inner, f"{name}.{key}".strip(".") if key != "_schema" else name)
    elif isinstance(messages, list):
        yield name, " ".join(map(str, messages))


def crashed(error: Exception) -> AnyResponse:
    """The answer to a fault of ours: a reference to give, and everything else in the log."""
    reference = secrets.token_hex(4)
    log.error("unexpected error, reference %s", reference, exc_info=error)
    if request.path.startswith(API_PREFIX):
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            code="internal_error",
            sentence=SENTENCES[HTTPStatus.INTERNAL_SERVER_ERROR],
            details={"reference": reference},
        )
    return error_page(HTTPStatus.INTERNAL_SERVER_ERROR, reference=reference)


def error_page(
    status: HTTPStatus,
    *,
    sentence: str = "",
    reference: str = "",
    code: str = "",
    back: str = "",
) -> AnyResponse:
    """A French page that says what happened and what to do next."""
    if status is HTTPStatus.UNAUTHORIZED:
        return ask_to_sign_in()
    known = status if status in words.REFUSALS else HTTPStatus.BAD_REQUEST
    page = ErrorPage(
        status=known.value,
        sentence=sentence,
        reference=reference,
        signed_in=is_signed_in(),
        code=code,
        back=back,
    )
    return Response(render_template("errors/error.html", page=page), status)


def register(app: Flask) -> None:
    """Let every error of the application become one of these answers."""
    app.register_error_handler(DomainError, refused)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, crashed)
