"""Settings changed from the command line: here, where what is committed is known."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.orders.budget import committed_cents
from app.partners.cli import organisation_named
from app.programmes import queries, service
from app.programmes.cli import programme
from app.programmes.naming import programme_named, programme_option
from app.programmes.rules import Covers, Entitled, Public, Share, Terms
from app.programmes.settings_cli import COVERS, PUBLIC, figure_options
from app.terminal.desk import Desk, acting, repeatable
from app.terminal.values import Count, Day, Percent

__all__ = ["programme"]


@programme.command("change")
@click.option("--from", "applies_from", type=Day(), required=True, help="Le premier jour.")
@click.option("--document", metavar="ACTE", help="La délibération ou l’acte qui décide.")
@click.option("--accept-below", is_flag=True, help="Le budget est déjà dépassé, et c’est voulu.")
@click.option("--no-budget", is_flag=True, help="Aucun budget.")
@click.option(
    "--funder",
    "funders",
    type=(str, Percent(), COVERS),
    multiple=True,
    metavar="FINANCEUR PART COUVRE",
    help="Sa part en pour cent de tous, convention ou état ; 0 la retire.",
)
@click.option(
    "--entitlement",
    "entitlements",
    type=(PUBLIC, Count(), Count(), Count()),
    multiple=True,
    metavar="PUBLIC TAILLE NOMBRE RENOUVELLEMENTS",
    help="Pour plie, inscrit, non-inscrit, senior ou autre ; 0 carnet : rien.",
)
@figure_options
@programme_option
@repeatable
@acting
def change_settings(
    desk: Desk,
    *,
    applies_from: date,
    document: str | None,
    accept_below: bool,
    no_budget: bool,
    funders: tuple[tuple[str, int, Covers], ...],
    entitlements: tuple[tuple[Public, int, int, int], ...],
    programme: str | None,
    request_id: UUID,
    **figures: Any,  # noqa: ANN401 - click's own
) -> None:
    """Change les réglages à partir d’un jour : ce qui n’est pas dit reste comme avant.

    Exemple : passnum programme change --from 01/01/2027 --budget 250000 --document CC-11-2026-101
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        known = programme_named(session, programme)
        last = queries.standing_settings(session, known.id)[-1]
        terms = replace(
            service.terms_of(session, last),
            **{name: value for name, value in figures.items() if value is not None},
        )
        terms = replace(
            terms,
            budget_cents=None if no_budget else terms.budget_cents,
            funders=_funders(session, terms, funders),
            entitlements=_entitlements(terms, entitlements),
        )
        made = service.change_settings(
            session,
            actor=actor,
            settings_id=request_id,
            programme_id=known.id,
            applies_from=applies_from,
            terms=terms,
            document=document,
            committed=committed_cents,
            accept_below=accept_below,
            now=desk.now,
        )
    desk.answer(
        f"Version {made.ordinal} des réglages enregistrée : elle s’applique à partir du "
        f"{made.applies_from:%d/%m/%Y}.",
        id=made.id,
        ordinal=made.ordinal,
    )


def _funders(
    session: Session, terms: Terms, typed: tuple[tuple[str, int, Covers], ...]
) -> tuple[Share, ...]:
    """The shares with those that were typed; a share of nothing is taken away."""
    shares = {share.organisation_id: share for share in terms.funders}
    for name, part, covers in typed:
        funder = organisation_named(session, name)
        shares[funder.id] = Share(funder.id, part, covers)
    return tuple(share for share in shares.values() if share.share_basis_points)


def _entitlements(
    terms: Terms, typed: tuple[tuple[Public, int, int, int], ...]
) -> tuple[Entitled, ...]:
    """The entitlements with those that were typed; no booklet at all is no entitlement."""
    entitled = {e.public: e for e in terms.entitlements}
    for public, size, count, renewals in typed:
        entitled[public] = Entitled(public, size, count, renewals)
    return tuple(e for e in entitled.values() if e.booklet_count)
