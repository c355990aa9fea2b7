"""Naming a programme or a vintage on the command line."""

import click
from sqlalchemy.orm import Session

from app.programmes import queries
from app.programmes.errors import UnknownProgramme, UnknownVintage
from app.programmes.models import Programme, VintageTerms
from app.programmes.service import known_programme
from app.terminal.desk import PAGE, every
from app.terminal.french import Refused
from app.terminal.values import read_id

programme_option = click.option(
    "--programme",
    metavar="DISPOSITIF",
    help="Son nom ou son identifiant ; inutile quand il n’y en a qu’un.",
)


def programme_named(session: Session, typed: str | None) -> Programme:
    """A programme by its id or its exact name; the only one when nothing is said.

    Raises:
        UnknownProgramme: nothing is called that, or there is none.
        Refused: several would do.
    """
    if typed and (programme_id := read_id(typed)):
        return known_programme(session, programme_id)
    known = every(lambda after: queries.programmes_after(session, after, limit=PAGE))
    found = [p for p in known if typed is None or p.name == " ".join(typed.split())]
    if len(found) > 1:
        message = "Plusieurs dispositifs conviennent : désignez-en un par --programme IDENTIFIANT."
        raise Refused(message)
    if not found:
        raise UnknownProgramme
    return found[0]


def vintage_named(session: Session, label: str) -> VintageTerms:
    """The vintage of that label.

    Raises:
        UnknownVintage.
    """
    terms = queries.vintage_by_label(session, label.strip().upper())
    if terms is None:
        raise UnknownVintage
    return terms
