"""What a programme is set to, from the command line: show it, change it, take a change back."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.programmes import queries, service, words
from app.programmes.errors import UnknownSettings
from app.programmes.models import ProgrammeSettings
from app.programmes.naming import programme_named, programme_option
from app.programmes.rules import FRENCH_PUBLIC, Covers, Public
from app.programmes.views import funders_named
from app.terminal.desk import Desk, Verb, acting, repeatable, say
from app.terminal.values import Count, Day, Euros, OneOf, Percent

COVERS = OneOf("COUVRE", {"tous": Covers.ALL, "convention": Covers.AGREED, "état": Covers.STATE})
PUBLIC = OneOf(
    "PUBLIC",
    {
        "plie": Public.PLIE,
        "inscrit": Public.REGISTERED_JOB_SEEKER,
        "non-inscrit": Public.UNREGISTERED_JOB_SEEKER,
        "senior": Public.SENIOR,
        "autre": Public.OTHER,
    },
)
FIGURES: dict[str, tuple[str, click.ParamType[Any], str]] = {
    "redemption_fee_basis_points": (
        "--mediator-fee", Percent(), "Frais retenus aux médiateurs, en pour cent."
    ),
    "order_fee_basis_points": (
        "--order-fee", Percent(), "Frais de l’émetteur sur les commandes, en pour cent."
    ),
    "payment_delay_days": ("--payment-days", Count(), "Délai de paiement d’un bordereau."),
    "budget_cents": ("--budget", Euros(), "Ce que commandes et pass peuvent engager en tout."),
    "alert_days_before_end": ("--alert-days", Count(), "Alerte, en jours avant la fin."),
    "withhold_days_before_end": ("--withhold-days", Count(), "Retenue, en jours avant la fin."),
    "late_days_before_end": ("--late-days", Count(), "Remises tardives, en jours avant la fin."),
    "tolerance_days": ("--tolerance-days", Count(), "Tolérance, en jours après la fin."),
    "statement_days_after_end": (
        "--statement-days", Count(), "État contradictoire, en jours après la fin."
    ),
    "offline_pass_count": ("--offline-passes", Count(), "Pass acceptés sans réseau."),
    "offline_list_hours": ("--offline-hours", Count(), "Âge de la liste sans réseau."),
    "offline_upload_days": ("--offline-days", Count(), "Délai d’envoi sans réseau."),
    "label_warning_days": ("--label-days", Count(), "Rappel avant la fin d’un label."),
    "agreement_warning_days": (
        "--agreement-days", Count(), "Rappel avant la fin d’une convention."
    ),
    "recovery_delay_days": (
        "--recovery-days", Count(), "Délai avant de réclamer ce qu’aucun bordereau n’a compensé."
    ),
    "signal_sitting_minutes": (
        "--signal-minutes", Count(), "Signale un carnet entier encaissé en si peu de minutes."
    ),
    "signal_burst_count": (
        "--signal-burst", Count(), "Signale tant d’encaissements d’un jour hors des heures."
    ),
    "signal_feeding_times": (
        "--signal-feeding", Count(), "Signale un couple tant de fois au-dessus des autres."
    ),
    "signal_failed_count": (
        "--signal-codes", Count(), "Signale tant de codes refusés un même jour à un compte."
    ),
    "signal_session_days": (
        "--signal-session-days", Count(), "Signale un encaissement loin de tout accompagnement."
    ),
    "certification_required": (
        "--certification/--no-certification", click.BOOL, "Le médiateur certifie son bordereau."
    ),
    "session_required": (
        "--session/--no-session", click.BOOL, "Un encaissement demande l’accompagnement."
    ),
}  # fmt: skip
"""The option that changes each figure; a figure without its option stays as it was."""


def figure_options(work: Callable[..., None]) -> Callable[..., None]:
    """One option for each figure of the settings."""
    for name, (option, kind, said) in reversed(FIGURES.items()):
        work = (
            click.option(option, name, default=None, help=said)
            if kind is click.BOOL
            else click.option(option, name, type=kind, help=said)
        )(work)
    return work


@click.command("settings", cls=Verb)
@click.option("--on", type=Day(), help="Ce qui s’applique ce jour-là (aujourd’hui).")
@programme_option
@acting
def show_settings(desk: Desk, *, on: date | None, programme: str | None) -> None:
    """Montre ce qui s’applique à un dispositif un jour donné, et ses versions.

    Exemple : passnum programme settings --on 01/03/2026
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.SEE_PROGRAMME)
        known = programme_named(session, programme)
        applied = service.settings_on(session, known.id, on or martinique_day(desk.now))
        terms = service.terms_of(session, applied)
        names = funders_named(session, terms)
        versions = [
            (version, queries.settings_withdrawal(session, version.id))
            for version in queries.settings_versions(session, known.id)
        ]
        if desk.as_json:
            desk.dump({"ordinal": applied.ordinal, "applies_from": applied.applies_from}
                      | asdict(terms))  # fmt: skip
            return
        say(f"{known.name} : version {applied.ordinal}, "
            f"à partir du {applied.applies_from:%d/%m/%Y}")  # fmt: skip
        for entitled in terms.entitlements:
            say(f"  {FRENCH_PUBLIC[entitled.public]} : {words.entitlement(entitled)}")
        for share in terms.funders:
            say(f"  {words.funder(names[share.organisation_id], share)}")
        for group in words.GROUPS.values():
            for name in group:
                say(f"  {words.NAMES[name]} : {words.value(name, terms)}")
        for version, withdrawal in versions:
            end = f", retirée : {withdrawal.reason}" if withdrawal else ""
            say(f"Version {version.ordinal} : à partir du {version.applies_from:%d/%m/%Y}{end}")


@click.command("withdraw", cls=Verb)
@click.argument("ordinal", type=Count(1, 2**31 - 1), metavar="VERSION")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@programme_option
@repeatable
@acting
def withdraw_settings(
    desk: Desk, *, ordinal: int, reason: str, programme: str | None, request_id: UUID
) -> None:
    """Retire une version des réglages avant son premier jour ; elle reste lisible.

    Exemple : passnum programme withdraw 3 --reason "Délibération reportée"
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        known = programme_named(session, programme)
        service.withdraw_settings(
            session,
            actor=actor,
            withdrawal_id=request_id,
            programme_id=known.id,
            settings_id=_version(session, known.id, ordinal).id,
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"Version {ordinal} des réglages retirée : elle ne s’appliquera pas.", id=request_id
    )


def _version(session: Session, programme_id: UUID, ordinal: int) -> ProgrammeSettings:
    """The version of that ordinal.

    Raises:
        UnknownSettings.
    """
    for version in queries.settings_versions(session, programme_id):
        if version.ordinal == ordinal:
            return version
    raise UnknownSettings
