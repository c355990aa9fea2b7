"""Printing: pages for the printer, the file of codes, and what was printed."""

import os
import sys
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.ids import new_id
from app.orders.cli import order_named
from app.orders.service import known_order
from app.printing import queries
from app.printing.errors import UnknownPrintBatch
from app.printing.models import PrintBatch
from app.printing.rules import FRENCH_KIND, PrintKind
from app.printing.service import Asked, PublicAddress, file_again, known_batch, print_booklets
from app.printing.views import file_name
from app.programmes.keys import KeyStore
from app.terminal.desk import PAGE, Desk, Group, Verb, acting, every, in_french, repeatable
from app.terminal.values import Count, read_id

folder = click.Path(path_type=Path, file_okay=False)
reason = click.option("--reason", default="", metavar="TEXTE", help="Pourquoi une fois de plus.")


def batch_named(session: Session, typed: str) -> PrintBatch:
    """A batch by its number or its id.

    Raises:
        UnknownPrintBatch.
    """
    if batch_id := read_id(typed):
        return known_batch(session, batch_id)
    found = queries.batch_by_number(session, typed.strip().upper())
    if found is None:
        raise UnknownPrintBatch
    return found


from_booklet = click.option(
    "--from", "first", type=Count(1), help="Le premier carnet (sinon, le premier)."
)
to_booklet = click.option(
    "--to", "last", type=Count(1), help="Le dernier carnet (sinon, le dernier)."
)


@click.group("print", cls=Group)
def print_() -> None:
    """L’impression des carnets d’une commande envoyée, avant leur livraison.

    Un fichier vaut de l’argent une fois les carnets remis : confiez-le à l’imprimeur seul, puis
    effacez-le. Il se refait à l’identique tant que la clé du millésime est là.

    Exemple : passnum print booklets BC-2026-0001 --from 1 --to 500 --output impression
    """


@print_.command("booklets")
@click.argument("order", metavar="COMMANDE")
@from_booklet
@to_booklet
@click.option("--large", is_flag=True, help="En gros caractères.")
@reason
@click.option("--output", type=folder, required=True, metavar="DOSSIER", help="Où les écrire.")
@repeatable
@acting
def booklets(
    desk: Desk,
    *,
    order: str,
    first: int | None,
    last: int | None,
    large: bool,
    reason: str,
    output: Path,
    request_id: UUID,
) -> None:
    """Compose les carnets d’une commande : un PDF par carton de cent, et le note.

    Exemple : passnum print booklets BC-2026-0001 --from 1 --to 500 --output impression
    """
    with desk.transaction(writing=False) as session:
        order_id = order_named(session, order).id
    asked = Asked(order_id, PrintKind.BOOKLETS, first, last, large, reason)
    batch = printed(desk, asked, request_id)
    count = write_files(desk, batch, output)
    desk.answer(
        f"Impression {batch.number} : {count} fichiers écrits dans {output}.",
        id=batch.id,
        number=batch.number,
        files=count,
    )


@print_.command("again")
@click.argument("batch", metavar="IMPRESSION")
@click.option("--output", type=folder, required=True, metavar="DOSSIER", help="Où les écrire.")
@acting
def again(desk: Desk, *, batch: str, output: Path) -> None:
    """Refait les fichiers d’une impression déjà notée, à l’identique.

    Exemple : passnum print again IMP-2026-0001 --output impression
    """
    with desk.transaction(writing=False) as session:
        named = batch_named(session, batch)
    count = write_files(desk, named, output)
    desk.answer(f"Impression {named.number} : {count} fichiers écrits dans {output}.", files=count)


@print_.command("list")
@acting
def list_batches(desk: Desk) -> None:
    """Montre ce qui a été imprimé, quand, et pourquoi une fois de plus.

    Exemple : passnum print list
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.SEE_ORDERS)
        found = every(lambda after: queries.batches_after(session, after, limit=PAGE))
        rows = [
            {
                "id": batch.id,
                "number": batch.number,
                "order": known_order(session, batch.order_id).number,
                "kind": batch.kind,
                "first_booklet": batch.first_booklet,
                "last_booklet": batch.last_booklet,
                "large": batch.large,
                "reason": batch.reason,
                "printed_at": batch.printed_at,
                "sha256": [file.sha256.hex() for file in queries.files_of(session, batch.id)],
            }
            for batch in found
        ]
    desk.table(
        rows,
        {
            "Impression": lambda b: b["number"],
            "Commande": lambda b: b["order"],
            "Carnets": lambda b: f"{b['first_booklet']} à {b['last_booklet']}",
            "Sortie": lambda b: FRENCH_KIND[PrintKind(b["kind"])],
            "Faite": lambda b: in_french(b["printed_at"]),
            "Motif": lambda b: b["reason"] or "–",
        },
        none="Rien n’est encore imprimé.",
    )


@click.command("codes", cls=Verb)
@click.argument("order", metavar="COMMANDE")
@from_booklet
@to_booklet
@click.option("--output", type=click.Path(path_type=Path), metavar="FICHIER", help="Où l’écrire.")
@reason
@acting
def codes(
    desk: Desk,
    *,
    order: str,
    first: int | None,
    last: int | None,
    output: Path | None,
    reason: str,
) -> None:
    """Écrit le fichier de l’imprimeur : numéro de série, code, code de couverture, en CSV.

    Ce fichier vaut de l’argent une fois les carnets remis : confiez-le à l’imprimeur seul, puis
    effacez-le. Il est noté comme une impression ; l’écrire de nouveau demande un motif.

    Exemple : passnum codes BC-2026-0001 --output commande.csv
    """
    if output is not None and output.exists():
        raise FileExistsError(17, "", str(output))
    with desk.transaction(writing=False) as session:
        order_id = order_named(session, order).id
    batch = printed(desk, Asked(order_id, PrintKind.CODES, first, last, reason=reason), new_id())
    file = file_of(desk, batch, 1)
    if output is None:
        sys.stdout.write(file.decode())
        return
    write_secret(output, file)
    count = file.count(b"\n") - 1
    desk.answer(
        f"{count} codes écrits dans {output}.", id=batch.id, number=batch.number, count=count
    )


def printed(desk: Desk, asked: Asked, request_id: UUID) -> PrintBatch:
    """The batch, recorded."""
    with desk.transaction(writing=False) as session:
        actor = desk.actor(session)
    return print_booklets(
        desk.database,
        actor=actor,
        batch_id=request_id,
        asked=asked,
        address=PublicAddress(desk.settings.public_url, desk.settings.help_line),
        keys=KeyStore(desk.settings.key_dir),
        now=desk.now,
    )


def file_of(desk: Desk, batch: PrintBatch, ordinal: int) -> bytes:
    """One file of a batch."""
    with desk.transaction(writing=False) as session:
        return file_again(
            session,
            actor=desk.actor(session),
            batch=batch,
            ordinal=ordinal,
            keys=KeyStore(desk.settings.key_dir),
        )


def write_files(desk: Desk, batch: PrintBatch, output: Path) -> int:
    """The files of a batch, one after the other; returns how many."""
    with desk.transaction(writing=False) as session:
        ordinals = [file.ordinal for file in queries.files_of(session, batch.id)]
    output.mkdir(parents=True, exist_ok=True, mode=0o700)
    for ordinal in ordinals:
        write_secret(output / file_name(batch, ordinal), file_of(desk, batch, ordinal))
    return len(ordinals)


def write_secret(path: Path, content: bytes) -> None:
    """For the owner's eyes only, and never over another file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
