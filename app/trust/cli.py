"""Seals from the command line: seal now, list checkpoints, take them out, prove one movement."""

from pathlib import Path

import click

from app.terminal.desk import Desk, Group, Verb, in_french, operating
from app.terminal.values import Count
from app.trust import proofs, queries
from app.trust.checkpoints import folder_in
from app.trust.keeper import seal_all
from app.trust.notes import CheckpointSigner, SignedCheckpoint, read_checkpoints
from app.web.format import count, plural

SHOWN = 20
LARGEST = 2**63 - 1


@click.command("seal", cls=Verb)
@operating
def seal(desk: Desk) -> None:
    """Scelle les mouvements qui ne le sont pas encore, et écrit les points de contrôle.

    Le serveur le fait de lui-même toutes les quelques secondes ; cette commande sert quand il ne
    tourne pas. Rien à sceller : rien ne change.

    Exemple : passnum seal
    """
    blocks = seal_all(
        desk.database,
        signer=CheckpointSigner.of(desk.settings),
        folder=folder_in(desk.settings.data_dir),
    )
    with desk.transaction(writing=False) as session:
        last = queries.last_block(session)
    size = last.last_position if last else 0
    more = f"{count(blocks)} bloc{plural(blocks)} de plus"
    said = more if blocks else "Rien de nouveau à sceller"
    desk.answer(
        f"{said} : {count(size)} mouvements scellés en tout.", blocks=blocks, movements=size
    )


@click.group("checkpoint", cls=Group)
def checkpoint() -> None:
    """Les points de contrôle : ce que le registre était, signé, hors de la base.

    Exemple : passnum checkpoint list
    """


@checkpoint.command("list")
@operating
def list_(desk: Desk) -> None:
    """Les derniers points de contrôle, du plus récent au plus ancien.

    Exemple : passnum checkpoint list
    """
    with desk.transaction(writing=False) as session:
        blocks = queries.blocks_before(session, None, limit=SHOWN)
    desk.table(
        [
            {
                "number": block.number,
                "size": block.last_position,
                "sealed_at": block.sealed_at,
                "fingerprint": proofs.checkpoint_of(block).fingerprint,
            }
            for block in blocks
        ],
        {
            "Numéro": lambda b: count(b["number"]),
            "Mouvements": lambda b: count(b["size"]),
            "Scellé le": lambda b: in_french(b["sealed_at"]),
            "Empreinte": lambda b: b["fingerprint"],
        },
        none="Aucun mouvement n’est encore scellé.",
    )


@checkpoint.command("export")
@click.argument("file", type=click.Path(path_type=Path), metavar="FICHIER")
@operating
def export(desk: Desk, *, file: Path) -> None:
    """Écrit tous les points de contrôle dans un fichier de texte, à garder ailleurs.

    Avec ce fichier, « passnum verify --against » dit plus tard si quelqu’un a réécrit le registre.

    Exemple : passnum checkpoint export points-de-controle.txt
    """
    written, after = 0, 0
    with desk.transaction(writing=False) as session, file.open("w", encoding="utf-8") as notes:
        while page := queries.blocks_after(session, after, limit=500):
            notes.writelines(f"{block.note}\n" for block in page)
            written, after = written + len(page), page[-1].number
    key = CheckpointSigner.of(desk.settings).verifier_key().text
    desk.answer(
        f"{count(written)} point{plural(written)} de contrôle dans {file}. "
        f"Clé pour vérifier : {key}",
        checkpoints=written,
        key=key,
    )


@checkpoint.command("prove")
@click.argument("movement", type=Count(1, LARGEST), metavar="MOUVEMENT")
@click.argument("file", type=click.Path(path_type=Path), metavar="FICHIER")
@operating
def prove(desk: Desk, *, movement: int, file: Path) -> None:
    """Écrit la preuve qu’un mouvement est scellé, vérifiable sans nous (docs/seals.md).

    Exemple : passnum checkpoint prove 57 preuve.tlog-proof
    """
    with desk.transaction(writing=False) as session:
        proof = proofs.inclusion_proof(session, movement_id=movement)
    file.write_text(proof.text, "utf-8")
    desk.answer(
        f"Le mouvement n° {movement} est à la place {count(proof.position)} de "
        f"{count(proof.checkpoint.size)}. Preuve écrite dans {file}.",
        position=proof.position,
        size=proof.checkpoint.size,
    )


@checkpoint.command("check")
@click.argument("file", type=click.Path(path_type=Path), metavar="FICHIER")
@operating
def check(desk: Desk, *, file: Path) -> None:
    """Vérifie une preuve, sans la base : la feuille, le chemin, la signature.

    Exemple : passnum checkpoint check preuve.tlog-proof
    """
    key = CheckpointSigner.of(desk.settings).verifier_key()
    verdict = proofs.check_proof(file.read_text("utf-8"), public_key=key.public)
    desk.answer(verdict.sentence, honest=verdict.honest)
    if not verdict.honest:
        click.get_current_context().exit(1)


def checkpoints_in(file: Path) -> list[SignedCheckpoint]:
    """The checkpoints of a file.

    Raises:
        NoCheckpointInFile.
    """
    return proofs.at_least_one(read_checkpoints(file.read_text("utf-8", errors="replace")))
