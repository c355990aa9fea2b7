"""The files of a declaration of claims, for one programme."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.identity.rules import Right
from app.portability.claims import read_claims
from app.portability.papers import claims_csv, claims_pdf, holders_csv
from app.portability.rules import Claims
from app.programmes.service import known_programme
from app.web.auth import check, started_at
from app.web.downloads import FORMATS, download
from app.web.transaction import in_transaction

bp = Blueprint("claims_pages", __name__)


@bp.get("/dispositifs/<uuid:programme_id>/creances.<any(pdf, csv):ending>")
def claims(programme_id: UUID, ending: str) -> ResponseReturnValue:
    """What each mediator is owed, with what everybody holds on the paper."""
    draw = claims_pdf if ending == "pdf" else claims_csv
    return _answer(programme_id, f"declaration-de-creances.{ending}", draw)


@bp.get("/dispositifs/<uuid:programme_id>/detenteurs.csv")
def holders(programme_id: UUID) -> ResponseReturnValue:
    """What each structure holds, or has handed out."""
    return _answer(programme_id, "valeur-par-detenteur.csv", holders_csv)


def _answer(programme_id: UUID, name: str, draw: Callable[[Claims], bytes]) -> ResponseReturnValue:
    check(Right.SEE_LEDGER)
    in_transaction(partial(known_programme, programme_id=programme_id))
    read = partial(read_claims, now=started_at(), programme_id=programme_id)
    return download(draw(in_transaction(read)), name, FORMATS[name.rpartition(".")[2]])
