"""Leaving with one's data, coming with it, moving to PostgreSQL, and verifying all of it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy.orm import Session

from app import ledger
from app.database.migrations import migrate
from app.ledger import integrity
from app.ledger.verify import Verdict
from app.portability.archive import reading, writing
from app.portability.loose import without_rules
from app.portability.service import FromArchive, FromDatabase, Taken, export, take_in
from app.portability.views import claim_files
from app.reports import snapshots
from app.terminal.desk import Desk, Verb, open_database, operating, say
from app.terminal.french import REFUSED, Refused
from app.trust.cli import checkpoints_in
from app.trust.notes import SignedCheckpoint, VerifierKey, believe, known_keys
from app.trust.verify import SealVerdict, verify_seals
from app.web.format import count, plural

if TYPE_CHECKING:
    from app.database.connections import Database

a_path = click.Path(path_type=Path)


def tell(desk: Desk, sentence: str, taken: Taken) -> None:
    """What was taken out or in."""
    said = f"{count(taken.row_count)} lignes, {count(taken.movement_count)} mouvements, dont "
    desk.answer(
        f"{sentence} : {said}{count(taken.sealed_count)} scellés."
        + (f" Empreinte : {taken.checkpoint.checkpoint.fingerprint}." if taken.checkpoint else ""),
        tables=taken.table_count,
        rows=taken.row_count,
        movements=taken.movement_count,
        sealed=taken.sealed_count,
        fingerprint=taken.checkpoint.checkpoint.fingerprint if taken.checkpoint else None,
    )


@click.command("export", cls=Verb)
@click.argument("path", type=a_path, metavar="FICHIER")
@click.option("--identity", is_flag=True, help="Avec les noms des personnes et des agents.")
@operating
def export_(desk: Desk, *, path: Path, identity: bool) -> None:
    """Écrit tout le registre dans des formats ouverts : un .zip, ou un dossier.

    Un seul état de la base, même si d’autres écrivent pendant ce temps. Sans --identity, aucun nom
    de personne. Jamais de mot de passe ni de jeton ; les IBAN restent scellés. Un LISEZ-MOI.txt
    explique tout, et le dossier « creances » suffit à une déclaration de créances.

    Exemple : passnum export registre.zip
    """
    if path.exists():
        message = f"{path} existe déjà : choisissez un autre nom, rien n’est écrasé."
        raise Refused(message)
    with writing(path) as out, desk.transaction(writing=False) as session:
        taken = export(session, out, now=desk.now, identity=identity, papers=claim_files)
    tell(desk, f"Export écrit dans {path}", taken)


@click.command("import", cls=Verb)
@click.argument("path", type=a_path, metavar="FICHIER")
@click.option(
    "--key", type=a_path, metavar="FICHIER", help="La clé publique des points de contrôle."
)
@operating
def import_(desk: Desk, *, path: Path, key: Path | None) -> None:
    """Reprend un export dans une base neuve, et vérifie chaque sceau avant de rien garder.

    La base est préparée par « passnum migrate » ; se connecte comme propriétaire
    (PASSNUM_OWNER_DATABASE_URL). Les mots de passe n’ont pas voyagé : redonnez-en avec
    « passnum agent password ».

    Exemple : passnum import registre.zip
    """
    with (
        reading(path) as archive,
        owned(desk.settings.owner_database_url) as session,
    ):
        taken = take_in(session, FromArchive(archive), keys=keys_in(key))
        told = VerifierKey.read(str(archive.manifest.get("verifier_key")))
    if told:
        believe(desk.settings, told)
    tell(desk, "Import fait, chaque sceau est vrai", taken)


@click.command("move", cls=Verb)
@click.argument("url", metavar="ADRESSE")
@operating
def move(desk: Desk, *, url: str) -> None:
    """Porte toute cette base dans une autre, neuve, et y vérifie chaque sceau.

    C’est ainsi qu’on passe de SQLite à PostgreSQL : arrêtez le serveur, donnez l’adresse du
    propriétaire de la base neuve, puis mettez PASSNUM_DATABASE_URL à jour. Tout voyage, mots de
    passe compris ; les clés restent dans le dossier des données. La base d’origine n’est pas
    changée.

    Exemple : passnum move postgresql://proprietaire@serveur/passnum
    """
    migrate(url)
    with desk.transaction(writing=False) as origin, owned(url) as session:
        taken = take_in(session, FromDatabase(origin), keys=known_keys(desk.settings))
    tell(desk, "La base est portée, chaque sceau est vrai", taken)


@contextmanager
def owned(url: str) -> Iterator[Session]:
    """A transaction of the owner of that database."""
    database: Database = open_database(url, as_owner=True)
    try:
        with database.transaction() as session:
            yield session
    finally:
        database.close()


def keys_in(file: Path | None) -> list[VerifierKey]:
    """The public keys that a file holds, a line each.

    Raises:
        Refused: it holds none.
    """
    if file is None:
        return []
    read = (VerifierKey.read(line) for line in file.read_text("utf-8", "replace").splitlines())
    keys = [key for key in read if key]
    if not keys:
        message = f"{file} ne contient pas de clé : prenez celle de la page « Confiance »."
        raise Refused(message)
    return keys


# ── Verifying ─────────────────────────────────────────────────────────────────────────────────────


@click.command("verify", cls=Verb)
@click.option(
    "--against", type=a_path, metavar="FICHIER", help="Des points de contrôle gardés ailleurs."
)
@click.option("--export", "exported", type=a_path, metavar="FICHIER", help="Un export, sans base.")
@click.option(
    "--key", type=a_path, metavar="FICHIER", help="La clé publique des points de contrôle."
)
@operating
def verify(desk: Desk, *, against: Path | None, exported: Path | None, key: Path | None) -> None:
    """Rejoue tous les mouvements depuis zéro, refait chaque sceau, et nomme ce qui ment.

    Dit si les règles du registre sont en place, et nomme la première ligne qui diffère, avec son
    bloc. Les sommes gardées pour aller vite sont comparées elles aussi : passnum snapshot rebuild
    les refait. Avec --against, compare avec des points de contrôle sortis de la base : eux seuls
    trahissent qui a tout réécrit, sceaux compris.

    Exemple : passnum verify --against points-de-controle.txt
    """
    outside = checkpoints_in(against) if against else []
    if exported:
        with (
            reading(exported) as archive,
            tempfile.TemporaryDirectory() as folder,
            without_rules(Path(folder), FromArchive(archive)) as session,
        ):
            finish(desk, session, [], outside, keys_in(key), live=False)
        return
    with desk.transaction(writing=False) as session:
        known = keys_in(key) or known_keys(desk.settings)
        finish(desk, session, integrity.faults(session), outside, known, live=True)


def finish(
    desk: Desk,
    session: Session,
    faults: list[str],
    outside: list[SignedCheckpoint],
    keys: list[VerifierKey],
    *,
    live: bool,
) -> None:
    """Verify everything and say what was found."""
    verdict = ledger.verify(session)
    if verdict.honest and live:
        verdict = replace(verdict, first_difference=snapshots.first_difference(session))
    sealed = verify_seals(session, against=outside, keys=keys)
    honest = verdict.honest and sealed.honest and not faults
    if desk.as_json:
        desk.dump(asdict(verdict) | {"faults": faults, "seals": asdict(sealed), "honest": honest})
    else:
        for fault in faults:
            say(fault)
        told(verdict, sealed)
    if not honest:
        click.get_current_context().exit(REFUSED)


def told(verdict: Verdict, sealed: SealVerdict) -> None:
    """Both verdicts, a line each; one alone where it lies."""
    lies = [said for said in (verdict.first_difference, sealed.first_difference) if said]
    for lie in lies:
        say(lie)
    if lies:
        return
    say(f"{count(verdict.movement_count)} mouvements rejoués, "
        f"{count(verdict.voucher_count)} pass comparés : tout concorde.")  # fmt: skip
    if sealed.sealed_count:
        blocks = counted(sealed.block_count, "bloc")
        moved = counted(sealed.sealed_count, "mouvement", "scellé")
        say(f"{blocks}, {moved} : chaque sceau est vrai.")
    if sealed.unsealed_count:
        say(f"{counted(sealed.unsealed_count, 'mouvement')} pas encore "
            f"scellé{plural(sealed.unsealed_count)}.")  # fmt: skip
    if sealed.agreed_count:
        kept = counted(sealed.agreed_count, "point")
        say(f"{kept} de contrôle gardé{plural(sealed.agreed_count)} ailleurs : même chose.")


def counted(number: int, *words: str) -> str:
    """« 2 blocs », « 1 mouvement scellé »."""
    return " ".join((count(number), *(f"{word}{plural(number)}" for word in words)))
