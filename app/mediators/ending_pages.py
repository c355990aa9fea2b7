"""« À renouveler »: agreements, labels and régies that end soon, and that nothing follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.communes import key_of
from app.mediators import queries
from app.mediators.queries import Renewal
from app.mediators.rules import FRENCH_RENEWAL
from app.papers.sheets import Kind
from app.partners.rules import FRENCH_AGREEMENT_ROLE
from app.programmes import queries as programmes
from app.web.auth import check, started_on
from app.web.forms import Form
from app.web.lists import Column, Listed, Listing, piece_of
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("ending_pages", __name__)

KINDS = tuple(Choice(kind, words) for kind, words in FRENCH_RENEWAL.items())


@dataclass(frozen=True, slots=True)
class RenewalsPage:
    """What ends soon."""

    list: Listed[Renewal]
    kinds: tuple[Choice, ...]
    days: programmes.WarningDays

    def said(self, one: Renewal) -> str:
        """What ends."""
        return _said(one)


def _said(one: Renewal) -> str:
    role = f" de {FRENCH_AGREEMENT_ROLE[one.role]}" if one.role else ""
    return f"{FRENCH_RENEWAL[one.kind]}{role}"


RENEWALS_BY: dict[str, Callable[[Renewal], Any]] = {
    "fin": lambda one: one.valid_until,
    "structure": lambda one: key_of(one.organisation.name),
    "quoi": _said,
}
"""They are few: one or two of each partner."""


def _found(session: Session, form: Form, place: Place) -> list[Renewal]:
    kind = form.among("quoi", {choice.value: choice.value for choice in KINDS})
    found = queries.renewals(session, on=started_on())
    return piece_of([one for one in found if kind in {None, one.kind}], place, RENEWALS_BY)


def _told(_session: Session, found: Sequence[Renewal]) -> Sequence[Renewal]:
    return found


RENEWALS = Listing(
    "ending_pages.listed",
    name="a-renouveler",
    title="À renouveler",
    columns=(
        Column[Renewal]("Structure", lambda one: one.organisation.name, sort="structure", width=40),
        Column("Commune", lambda one: one.organisation.commune, shown=False),
        Column("Ce qui se termine", _said, sort="quoi", width=28),
        Column("Référence", lambda one: one.reference, width=24),
        Column("Dernier jour", lambda one: one.valid_until, Kind.DAY, "fin"),
    ),
    filters=("quoi",),
    found=_found,
    told=_told,
    first="fin",
)


@bp.get("/partenaires/a-renouveler")
def listed() -> ResponseReturnValue:
    """Agreements, labels and régies that end soon, and that nothing follows."""
    check(Right.MANAGE_PARTNERS)
    today = started_on()
    page = in_transaction(
        lambda session: RenewalsPage(
            RENEWALS.page(session), KINDS, programmes.warning_days(session, on=today)
        )
    )
    return render_template("partners/renewals.html", page=page)


@bp.get("/partenaires/a-renouveler.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The same as a file."""
    check(Right.MANAGE_PARTNERS)
    return RENEWALS.file(ending, programmes.is_demonstration)
