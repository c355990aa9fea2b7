"""The page that the square of a pass or of a cover opens, on anybody's telephone."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.identity import passwords
from app.kernel.communes import COMMUNES, commune_named
from app.printing.looking import Look, look_at_cover, look_at_pass
from app.web.auth import ANONYMOUS, started_at
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transactions_of_its_own

bp = Blueprint("public_pass", __name__)
ANONYMOUS.update({"public_pass.voucher", "public_pass.cover"})

LONGEST_CODE = 60


@dataclass(frozen=True, slots=True)
class PublicPage:
    """What the page shows; nothing when no pass bears the code."""

    look: Look | None
    help_line: str
    commune: str
    communes: tuple[Choice, ...]


@bp.get("/P/<code>")
@bp.get("/p/<code>")
def voucher(code: str) -> ResponseReturnValue:
    """Whether a pass can be used, until when, and where."""
    return _answer(look_at_pass, code)


@bp.get("/C/<code>")
@bp.get("/c/<code>")
def cover(code: str) -> ResponseReturnValue:
    """The same of a booklet, and how many passes remain in it."""
    return _answer(look_at_cover, code)


def _answer(look_at: Callable[..., Look | None], code: str) -> Response:
    settings = current_settings()
    asker = f"public look {request.remote_addr or ''}"
    near = commune_named(request.args.get("commune", "")[:LONGEST_CODE])
    look = in_transactions_of_its_own(
        partial(
            look_at,
            typed=code[:LONGEST_CODE],
            address_hash=passwords.keyed_hash(settings.secret_key, asker),
            now=started_at(),
            near=near.centre if near else None,
        )
    )
    page = PublicPage(
        look,
        settings.help_line,
        near.name if near else "",
        tuple(Choice(one.name, one.name) for one in COMMUNES),
    )
    answer = make_response(render_template("printing/public.html", page=page))
    answer.status_code = HTTPStatus.OK if look else HTTPStatus.NOT_FOUND
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
