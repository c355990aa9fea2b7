"""The command `passnum`: a table of what it does, each part imported when it is called."""

import io
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from app.terminal.french import Entry, LazyGroup
from app.terminal.place import Place

SECTIONS = {
    "L’installation": {
        "migrate": Entry("app.terminal.upkeep:migrate", "Met la base à la version du programme."),
        "init": Entry("app.programmes.cli:init", "Ouvre une vraie base, vide."),
        "demo": Entry("app.demo.cli:demo", "Charge la démonstration."),
        "serve": Entry("app.server:serve", "Sert les pages et l’API sur 127.0.0.1."),
        "agent": Entry("app.accounts.cli:agent", "Les comptes des personnes."),
        "mails": Entry("app.accounts.mails_cli:mails", "Les courriels aux agents."),
        "device": Entry("app.devices.cli:device", "Les appareils des médiateurs."),
        "token": Entry("app.accounts.token_cli:token", "Les jetons des programmes."),
        "verify": Entry("app.portability.cli:verify", "Rejoue le registre et dit s’il est vrai."),
        "snapshot": Entry(
            "app.reports.snapshots_cli:snapshot", "Les sommes qui gardent les états rapides."
        ),
    },
    "Les partenaires et le dispositif": {
        "partner": Entry("app.mediators.cli:partner", "Structures, conventions, labels."),
        "bank-details": Entry("app.partners.cli:bank_details", "Les comptes bancaires."),
        "programme": Entry("app.orders.settings_cli:programme", "Les dispositifs."),
        "vintage": Entry("app.losses.cli:vintage", "Les millésimes."),
        "places": Entry("app.places.cli:places", "Les lieux, et leur schéma national."),
        "takeover": Entry("app.takeover.cli:takeover", "La reprise des carnets d’avant passnum."),
    },
    "De la commande au stock": {
        "order": Entry("app.orders.cli:order", "Les commandes de carnets."),
        "print": Entry("app.printing.cli:print_", "Les carnets, prêts à imprimer."),
        "codes": Entry("app.printing.cli:codes", "Le fichier de l’imprimeur."),
        "delivery": Entry("app.stock.cli:delivery", "Les livraisons, comptées ou par fichier."),
        "mandate": Entry("app.orders.cli:mandate", "Les mandats des commandes."),
        "count": Entry("app.stock.cli:count", "Les comptages d’armoire et de tiroir."),
        "activate": Entry("app.orders.cli:activate", "Active une livraison mandatée."),
    },
    "Du stock aux personnes": {
        "allocate": Entry(
            "app.prescribers.custody_cli:allocate", "Confie des carnets à un prescripteur."
        ),
        "accept": Entry(
            "app.prescribers.custody_cli:accept",
            "Signe la réception d’un envoi de carnets.",
        ),
        "return": Entry("app.prescribers.custody_cli:give_back", "Renvoie des carnets au stock."),
        "transfer": Entry(
            "app.prescribers.custody_cli:transfer", "Transfère des carnets à un autre prescripteur."
        ),
        "cancel": Entry(
            "app.prescribers.custody_cli:cancel", "Annule un envoi que personne n’a reçu."
        ),
        "settle": Entry(
            "app.prescribers.custody_cli:settle", "Dit ce que sont devenus des carnets manquants."
        ),
        "request": Entry(
            "app.prescribers.custody_cli:request", "Les demandes de carnets des prescripteurs."
        ),
        "holdings": Entry("app.prescribers.custody_cli:holdings", "Qui a quels carnets."),
        "recall": Entry(
            "app.prescribers.custody_cli:recall", "Ce qui est à faire rentrer, et son retour."
        ),
        "beneficiary": Entry("app.prescribers.cli:beneficiary", "Les personnes rencontrées."),
        "prescribe": Entry("app.prescribers.cli:prescribe", "Remet des carnets à une personne."),
        "undo-prescription": Entry("app.prescribers.cli:undo", "Annule une remise."),
        "questions": Entry("app.prescribers.cli:questions", "Les questions de l’évaluation."),
    },
    "Quand le papier va mal, et à la fin": {
        "block": Entry("app.losses.cli:block", "Les oppositions : pass perdus ou volés."),
        "replace": Entry("app.losses.cli:replace", "Remplace des pass remis."),
        "write-off": Entry("app.losses.cli:write_off", "Les destructions par procès-verbal."),
        "closing": Entry("app.closing.cli:closing", "La clôture d’un millésime."),
        "tick": Entry("app.closing.cli:tick", "Fait ce que le calendrier a prévu."),
    },
    "De l’encaissement au paiement": {
        "redeem": Entry(
            "app.clearing.redemption_cli:redeem", "Encaisse un pass, ou tout un fichier."
        ),
        "undo": Entry("app.clearing.redemption_cli:undo", "Annule un encaissement."),
        "clearing": Entry("app.clearing.cli:clearing", "Les bordereaux des médiateurs."),
        "clawback": Entry(
            "app.clearing.correction_cli:clawback", "Les pass payés puis repris, les titres."
        ),
        "dispute": Entry(
            "app.clearing.correction_cli:dispute", "Les pass que deux médiateurs réclament."
        ),
    },
    "La preuve": {
        "seal": Entry("app.trust.cli:seal", "Scelle les mouvements."),
        "checkpoint": Entry("app.trust.cli:checkpoint", "Les points de contrôle du registre."),
        "export": Entry("app.portability.cli:export_", "Écrit tout en formats ouverts."),
        "import": Entry("app.portability.cli:import_", "Reprend un export dans une base neuve."),
        "move": Entry("app.portability.cli:move", "Porte la base dans une autre, PostgreSQL."),
    },
    "Les états": {
        "signal": Entry("app.signals.cli:signal", "Ce qui est à regarder, et ce qui en est dit."),
        "report": Entry("app.reports.cli:report", "Taux d’utilisation, et où sont les pass."),
        "voucher": Entry("app.reports.cli:voucher", "Un pass et toute son histoire."),
        "balances": Entry("app.reports.cli:balances", "Le solde de chaque compte."),
    },
}
HELP = """passnum tient les pass numériques, de la commande au paiement des médiateurs.

Chaque geste est celui d’un agent, nommé par --agent (ou PASSNUM_AGENT), avec les droits de son
rôle. Une approbation demande en plus son mot de passe.

Codes de sortie : 0, c’est fait ; 1, c’est refusé, et une phrase dit pourquoi ; 2, la commande
n’est pas comprise.

Exemple : passnum report usage --agent coordination@exemple.fr
"""


class Passnum(LazyGroup):
    """The first level, with the options that say which installation."""

    def __init__(self) -> None:
        super().__init__("passnum", sections=SECTIONS)
        self.help = HELP
        self.callback = settle
        self.no_args_is_help = True
        self.params = [
            click.Option(
                ["--data-dir"],
                type=click.Path(path_type=Path),
                metavar="DOSSIER",
                help="Le dossier des données et des clés (PASSNUM_DATA_DIR, sinon var).",
            ),
            click.Option(
                ["--database-url"],
                metavar="URL",
                help="sqlite:///fichier ou postgresql://… (PASSNUM_DATABASE_URL, sinon un "
                "fichier SQLite dans le dossier des données).",
            ),
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=show_version,
                help="Affiche la version.",
            ),
        ]


def settle(data_dir: Path | None, database_url: str | None) -> None:
    """Note which installation the command is about."""
    click.get_current_context().obj = Place(data_dir, database_url)


def show_version(ctx: click.Context, _option: click.Parameter, asked: Any) -> None:  # noqa: ANN401 - click's
    """The release."""
    if asked:
        click.echo(f"passnum {version('passnum')}")
        ctx.exit()


passnum = Passnum()


def main() -> None:
    """Where the command `passnum` begins."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a narrow space shows another character, and nothing stops.
            stream.reconfigure(errors="replace")
    passnum.main(prog_name="passnum")
