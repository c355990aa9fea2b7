"""Opening an installation, programmes and vintages."""

from datetime import date
from uuid import UUID

import click

from app.identity.rules import Right
from app.kernel.money import Cents, euros
from app.partners.cli import organisation_named
from app.programmes import queries
from app.programmes.freeze_cli import freeze, lift
from app.programmes.installation import FirstAgent, FirstProgramme, open_installation
from app.programmes.keys import KeyStore
from app.programmes.naming import programme_named, programme_option
from app.programmes.rules import Payer
from app.programmes.service import create_programme, create_vintage
from app.programmes.settings_cli import show_settings, withdraw_settings
from app.terminal.desk import (
    PAGE,
    Desk,
    Group,
    Verb,
    acting,
    every,
    new_password,
    operating,
    password_on_stdin,
    repeatable,
)
from app.terminal.french import Refused
from app.terminal.values import Count, Day, Euros, OneOf

PAYER = OneOf("PAYEUR", {"collectivité": Payer.AUTHORITY, "émetteur": Payer.ISSUER})

# ── Opening ───────────────────────────────────────────────────────────────────────────────────────


@click.command("init", cls=Verb)
@click.option("--sponsor", required=True, metavar="NOM", help="La collectivité qui commandite.")
@click.option("--commune", required=True, metavar="COMMUNE", help="Où elle siège.")
@click.option("--siret", metavar="SIRET", help="Ses 14 chiffres.")
@click.option("--administrator", required=True, metavar="ADRESSE", help="Qui gère les comptes.")
@click.option("--administrator-name", required=True, metavar="NOM", help="Son nom.")
@click.option("--coordinator", required=True, metavar="ADRESSE", help="Qui coordonne.")
@click.option("--coordinator-name", required=True, metavar="NOM", help="Son nom.")
@click.option("--programme", metavar="NOM", help="Le premier dispositif, aux réglages préconisés.")
@click.option("--issuer", metavar="NOM", help="L’émetteur de ce dispositif.")
@click.option("--issuer-commune", metavar="COMMUNE", help="Où il siège.")
@click.option("--payer", type=PAYER, default="collectivité", help="Qui paie les médiateurs.")
@password_on_stdin
@operating
def init(
    desk: Desk,
    *,
    sponsor: str,
    commune: str,
    siret: str | None,
    administrator: str,
    administrator_name: str,
    coordinator: str,
    coordinator_name: str,
    programme: str | None,
    issuer: str | None,
    issuer_commune: str | None,
    payer: Payer,
    password_on_stdin: bool,
) -> None:
    """Ouvre une vraie base : la collectivité, ses deux premiers agents, un dispositif.

    Les mots de passe sont demandés deux fois chacun ; avec --password-stdin, une ligne pour
    l’administration, puis une pour la coordination. Une base qui a contenu la démonstration est
    refusée.

    Exemple : passnum init --sponsor "Communauté du Pays" --commune "Le Marigot"
    --administrator comptes@exemple.fr --administrator-name "Mélissa Exemple"
    --coordinator coordination@exemple.fr --coordinator-name "Nadège Exemple"
    """
    first_programme = None
    if programme or issuer or issuer_commune:
        if not (programme and issuer and issuer_commune):
            message = "Donnez --programme, --issuer et --issuer-commune ensemble, ou aucun."
            raise Refused(message)
        first_programme = FirstProgramme(programme, issuer, issuer_commune, payer)
    people = ((administrator, administrator_name), (coordinator, coordinator_name))
    first, second = (
        FirstAgent(email, name, new_password(on_stdin=password_on_stdin, of=email))
        for email, name in people
    )
    with desk.transaction() as session:
        opened = open_installation(
            session,
            name=sponsor,
            commune=commune,
            siret=siret,
            administrator=first,
            coordinator=second,
            programme=first_programme,
            now=desk.now,
        )
    began = f" Dispositif « {opened.programme.name} » ouvert." if opened.programme else ""
    desk.answer(
        f"« {opened.sponsor.name} » est ouverte : {opened.administrator.email} gère les comptes, "
        f"{opened.coordinator.email} coordonne.{began} La suite se fait sur ses pages, "
        "de « Mise en route » à la première commande.",
        id=opened.sponsor.id,
    )


# ── Programmes and vintages ───────────────────────────────────────────────────────────────────────


@click.group("programme", cls=Group)
def programme() -> None:
    """Les dispositifs : qui commande, qui émet, qui paie.

    Exemple : passnum programme list
    """


@programme.command("create")
@click.argument("name", metavar="NOM")
@click.option("--sponsor", required=True, metavar="STRUCTURE", help="La collectivité.")
@click.option("--issuer", required=True, metavar="STRUCTURE", help="Qui garantit et imprime.")
@click.option("--payer", type=PAYER, default="collectivité", help="Qui paie les médiateurs.")
@repeatable
@acting
def create(
    desk: Desk, *, name: str, sponsor: str, issuer: str, payer: Payer, request_id: UUID
) -> None:
    """Ouvre un dispositif, avec les droits préconisés pour chaque public.

    Exemple : passnum programme create "Pass 2026" --sponsor "Communauté du Pays" --issuer Émetteur
    """
    with desk.transaction() as session:
        made = create_programme(
            session,
            actor=desk.actor(session),
            programme_id=request_id,
            name=name,
            payer=payer,
            sponsor_id=organisation_named(session, sponsor).id,
            issuer_id=organisation_named(session, issuer).id,
            now=desk.now,
        )
    desk.answer(f"Dispositif « {made.name} » ouvert.", id=made.id)


@programme.command("list")
@acting
def list_programmes(desk: Desk) -> None:
    """Montre les dispositifs et leurs millésimes.

    Exemple : passnum programme list
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.SEE_PROGRAMME)
        found = every(lambda after: queries.programmes_after(session, after, limit=PAGE))
        rows = [
            {
                "id": p.id,
                "name": p.name,
                "payer": p.payer,
                "vintages": [terms.label for terms in queries.vintages_of(session, p.id)],
            }
            for p in found
        ]
    desk.table(
        rows,
        {
            "Nom": lambda p: p["name"],
            "Payeur": lambda p: "collectivité" if p["payer"] == Payer.AUTHORITY else "émetteur",
            "Millésimes": lambda p: ", ".join(p["vintages"]) or "–",
            "Identifiant": lambda p: p["id"],
        },
        none="Aucun dispositif : ouvrez-en un avec « passnum programme create ».",
    )


for verb in (show_settings, withdraw_settings, freeze, lift):
    programme.add_command(verb)


@click.group("vintage", cls=Group)
def vintage() -> None:
    """Les millésimes : la valeur d’un pass et les jours où il sert.

    Exemple : passnum vintage create 26A --face-value 10 --from 01/03/2026 --until 31/10/2026
    """


@vintage.command("create")
@click.argument("label", metavar="REPÈRE")
@click.option("--face-value", type=Euros(), required=True, help="La valeur d’un pass.")
@click.option("--from", "valid_from", type=Day(), required=True, help="Le premier jour.")
@click.option("--until", "valid_until", type=Day(), required=True, help="Le dernier jour.")
@click.option(
    "--tolerance", type=Count(), default="31", help="Jours de tolérance pour encaisser (31)."
)
@click.option(
    "--taken-over",
    is_flag=True,
    help="Carnets d’avant passnum, repris par « passnum takeover » ; rien n’y est commandé.",
)
@programme_option
@acting
def create_one(
    desk: Desk,
    *,
    label: str,
    face_value: Cents,
    valid_from: date,
    valid_until: date,
    tolerance: int,
    taken_over: bool,
    programme: str | None,
) -> None:
    """Ouvre un millésime et fabrique sa clé, gardée dans le dossier des clés.

    Le repère est deux chiffres et une lettre. Sauvegardez la clé à part de la base.

    Exemple : passnum vintage create 26A --face-value 10 --from 01/03/2026 --until 31/10/2026
    """
    with desk.transaction() as session:
        terms = create_vintage(
            session,
            actor=desk.actor(session),
            programme_id=programme_named(session, programme).id,
            label=label.strip().upper(),
            face_value_cents=face_value,
            valid_from=valid_from,
            valid_until=valid_until,
            tolerance_days=tolerance,
            taken_over=taken_over,
            keys=KeyStore(desk.settings.key_dir),
            now=desk.now,
        )
    desk.answer(
        f"Millésime {terms.label} ouvert : {euros(face_value)} le pass, "
        f"du {terms.valid_from:%d/%m/%Y} au {terms.valid_until:%d/%m/%Y} ; "
        f"sa clé est dans {desk.settings.key_dir}.",
        label=terms.label,
        vintage_id=terms.vintage_id,
    )
