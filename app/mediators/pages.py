"""The directory of partners, and the page of each (`partner_parts` says what is on it)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.communes import key_of
from app.mediators import forms, queries
from app.mediators.partner_parts import partner_page
from app.partners import queries as partners
from app.partners.models import Organisation
from app.partners.rules import FRENCH_AGREEMENT_ROLE, FRENCH_KIND, OrganisationKind
from app.programmes import queries as programmes
from app.web.auth import check, may, started_on
from app.web.forms import Form
from app.web.lists import Column, Listed, Listing, piece_of
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("partners_pages", __name__)

LINES = 60
"""Organisations on a page of the directory."""


@dataclass(frozen=True, slots=True)
class Line:
    """An organisation in the directory."""

    id: UUID
    name: str
    kind: str
    commune: str
    siret: str
    roles: tuple[str, ...]
    ends_soon: bool
    succeeded: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked of the directory; it stays in the address."""

    form: Form
    name: str
    kind: str
    role: str
    insee: str
    soon: bool
    kinds: tuple[Choice, ...] = forms.KINDS
    roles: tuple[Choice, ...] = forms.ROLES
    communes: tuple[Choice, ...] = forms.COMMUNE_CHOICES

    @property
    def used(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.name or self.kind or self.role or self.insee or self.soon)


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    """The directory."""

    filters: Filters
    list: Listed[Line]
    found_count: int
    may_manage: bool


def _asked(form: Form, name: str, among: Sequence[Choice]) -> str:
    """A filter of the address; one that is not in the list is said."""
    return form.among(name, {choice.value: choice.value for choice in among}) or ""


def _filters(form: Form) -> Filters:
    return Filters(
        form,
        name=" ".join(form.text("nom").split()),
        kind=_asked(form, "nature", forms.KINDS),
        role=_asked(form, "role", forms.ROLES),
        insee=_asked(form, "commune", forms.COMMUNE_CHOICES),
        soon=may(Right.MANAGE_PARTNERS) and bool(form.text("bientot")),
    )


def _ending(session: Session) -> set[UUID]:
    """Those of whom something is to be renewed, for whoever may do it."""
    if not may(Right.MANAGE_PARTNERS):
        return set()
    return {one.organisation.id for one in queries.renewals(session, on=started_on())}


def _every(session: Session, filters: Filters) -> list[Organisation]:
    soon = _ending(session) if filters.soon else set()
    return [
        one
        for one in partners.directory(
            session,
            kind=filters.kind or None,
            role=filters.role or None,
            insee=filters.insee or None,
            name=filters.name,
            on=started_on(),
        )
        if not filters.soon or one.id in soon
    ]


DIRECTORY_BY: dict[str, Callable[[Organisation], str]] = {
    "nom": lambda one: key_of(one.name),
    "nature": lambda one: FRENCH_KIND[OrganisationKind(one.kind)],
    "commune": lambda one: key_of(one.commune),
}
"""The directory comes by name: it has hundreds of lines at most, sorted where accents are known."""


def _found(session: Session, form: Form, place: Place) -> list[Organisation]:
    return piece_of(_every(session, _filters(form)), place, DIRECTORY_BY)


def _lines(session: Session, found: Sequence[Organisation]) -> list[Line]:
    ids, today, soon = [one.id for one in found], started_on(), _ending(session)
    roles = partners.roles_on(session, ids, on=today)
    gone = partners.succeeded_on(session, ids, on=today)
    return [
        Line(
            one.id,
            one.name,
            FRENCH_KIND[OrganisationKind(one.kind)],
            one.commune,
            one.siret or "",
            tuple(FRENCH_AGREEMENT_ROLE[role] for role in roles.get(one.id, ())),
            ends_soon=one.id in soon,
            succeeded=one.id in gone,
        )
        for one in found
    ]


DIRECTORY = Listing(
    "partners_pages.directory",
    name="partenaires",
    title="Partenaires",
    columns=(
        Column[Line]("Structure", lambda line: line.name, sort="nom", width=40),
        Column("Nature", lambda line: line.kind, sort="nature", width=28),
        Column("Commune", lambda line: line.commune, sort="commune"),
        Column("SIRET", lambda line: line.siret, shown=False),
        Column("Rôle", lambda line: ", ".join(line.roles), width=30),
    ),
    filters=("nom", "nature", "role", "commune", "bientot"),
    found=_found,
    told=_lines,
    first="nom",
    lines=LINES,
)


@bp.get("/partenaires")
def directory() -> ResponseReturnValue:
    """Every organisation, or those that were asked for."""
    check(Right.SEE_PARTNERS)

    def work(session: Session) -> DirectoryPage:
        found = DIRECTORY.page(session)
        filters = _filters(found.form)
        every = _every(session, filters)
        return DirectoryPage(filters, found, len(every), may(Right.MANAGE_PARTNERS))

    return render_template("partners/list.html", page=in_transaction(work))


@bp.get("/partenaires.<any(csv, xlsx):ending>")
def directory_file(ending: str) -> ResponseReturnValue:
    """The organisations of the address, all of them."""
    check(Right.SEE_PARTNERS)
    return DIRECTORY.file(ending, programmes.is_demonstration)


@bp.get("/partenaires/<uuid:partner_id>")
def partner(partner_id: UUID) -> ResponseReturnValue:
    """Everything about an organisation, on one page."""
    check(Right.SEE_PARTNERS)
    page = in_transaction(lambda session: partner_page(session, partner_id))
    return render_template("partners/partner.html", page=page)
