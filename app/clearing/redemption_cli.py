"""The command line for redemptions: one pass, a file of them, and undoing one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid5

import click
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.receipts import ReceiptSigner
from app.clearing.redemptions import LARGEST_BATCH, Scan, Verdict, redeem_voucher, redeem_vouchers
from app.clearing.undoing import undo_redemption
from app.kernel.money import euros
from app.ledger.models import Voucher
from app.terminal.desk import (
    Desk,
    Verb,
    acting,
    repeatable,
    say,
)
from app.terminal.french import REFUSED, Misused
from app.terminal.values import Id, Instant
from app.vouchers import queries as vouchers


@click.command("redeem", cls=Verb)
@click.argument("code", required=False, metavar="[CODE]")
@click.option("--file", metavar="FICHIER", help="Un code par ligne ; - lit l’entrée standard.")
@click.option(
    "--at", "redeemed_at", type=Instant(), help="Quand l’accompagnement a eu lieu (maintenant)."
)
@repeatable
@acting
def redeem(
    desk: Desk,
    *,
    code: str | None,
    file: str | None,
    redeemed_at: datetime | None,
    request_id: UUID,
) -> None:
    """Encaisse un pass, ou tous ceux d’un fichier, pour le médiateur de l’agent.

    Avec un fichier, un pass refusé n’empêche pas les autres ; le même fichier sous le même --id
    donne les mêmes réponses. Un code passé en argument reste dans l’historique des commandes :
    préférez « --file - ».

    Exemple : passnum redeem --file pass.txt --agent mediateur@exemple.fr
    """
    at = redeemed_at or desk.now
    if (code is None) == (file is None):
        message = "Donnez un code, ou un fichier avec --file."
        raise Misused(message, click.get_current_context())
    if code is not None:
        redeem_one(desk, Scan(request_id, code, at))
        return
    with click.open_file(file or "-", encoding="utf-8-sig", errors="replace") as lines:
        if not desk.as_json:
            say(f"Envoi {request_id} : le répéter avec ce --id n’encaisse rien deux fois.")
        if not redeem_many(desk, scans_of(lines, batch_id=request_id, at=at)):
            click.get_current_context().exit(REFUSED)


def redeem_one(desk: Desk, scan: Scan) -> None:
    """One pass: accepted, or refused with its sentence."""
    with desk.transaction() as session:
        verdict = redeem_voucher(
            session, actor=desk.actor(session), scan=scan, signer=signer(desk), now=desk.now
        )
        [told] = as_data(session, [verdict])
    verdict.accepted()
    undone = " ; il a été annulé depuis" if told["undone"] else ""
    desk.answer(f"Pass {told['serial']} encaissé : {euros(told['amount_cents'])}{undone}.", **told)


def redeem_many(desk: Desk, scans: Iterator[Scan]) -> bool:
    """A thousand at a time, each thousand one transaction; whether all were accepted.

    When a thousand cannot be judged, those before it are told all the same: they are taken.
    """
    told: list[dict[str, Any]] = []
    try:
        while batch := list(islice(scans, LARGEST_BATCH)):
            with desk.transaction() as session:
                verdicts = redeem_vouchers(
                    session,
                    actor=desk.actor(session),
                    scans=batch,
                    signer=signer(desk),
                    now=desk.now,
                )
                told += as_data(session, verdicts)
    except Exception:
        if told:
            show_answers(desk, told)
        raise
    show_answers(desk, told)
    return all(answer["accepted"] for answer in told)


def show_answers(desk: Desk, told: Sequence[dict[str, Any]]) -> None:
    """A line for each pass of a file, and their total."""
    if desk.as_json:
        desk.dump(told)
        return
    for place, answer in enumerate(told, start=1):
        say(f"{place}. {in_words(answer)}")
    cents = [answer["amount_cents"] for answer in told if answer["accepted"]]
    say(f"{len(cents)} pass encaissés sur {len(told)} : {euros(sum(cents))}.")


def signer(desk: Desk) -> ReceiptSigner:
    """Who signs receipts on this installation."""
    return ReceiptSigner(desk.settings.key_dir)


def scans_of(lines: Iterable[str], *, batch_id: UUID, at: datetime) -> Iterator[Scan]:
    """One scan for each line that is not empty. Ids follow from the batch's and the code.

    The same code twice in a file is two scans: the second one is told that the first came.
    """
    seen: Counter[str] = Counter()
    for line in lines:
        if code := line.strip():
            seen[code] += 1
            yield Scan(uuid5(batch_id, f"{code} {seen[code]}"), code, at)


def as_data(session: Session, verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Verdicts as a program reads them. A pass is named by its serial number, never by its code."""
    ids = {v.redemption.voucher_id for v in verdicts if v.redemption}
    states = ledger.voucher_states(session, Voucher.id.in_(ids)) if ids else []
    serials = vouchers.serial_numbers(session, [(s.id, s.booklet_id) for s in states])
    return [
        {
            "id": v.redemption_id,
            "accepted": True,
            "serial": str(serials[v.redemption.voucher_id]),
            "amount_cents": v.redemption.amount_cents,
            "redeemed_at": v.redemption.redeemed_at,
            "receipt": v.redemption.receipt,
            "undone": v.undone,
        }
        if v.redemption
        else {
            "id": v.redemption_id,
            "accepted": False,
            "code": v.refusal.code if v.refusal else None,
            "sentence": v.refusal.message if v.refusal else None,
        }
        for v in verdicts
    ]


def in_words(answer: dict[str, Any]) -> str:
    """One line of the answer to a file."""
    if not answer["accepted"]:
        return str(answer["sentence"])
    return f"Pass {answer['serial']} encaissé : {euros(answer['amount_cents'])}."


@click.command("undo", cls=Verb)
@click.argument("redemption_id", type=Id(), metavar="ENCAISSEMENT")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@repeatable
@acting
def undo(desk: Desk, *, redemption_id: UUID, reason: str, request_id: UUID) -> None:
    """Annule un encaissement tant qu’aucun bordereau ne le porte.

    La personne peut de nouveau utiliser son pass.

    Exemple : passnum undo 0199f2a0-1b2c-7d3e-8f40-123456789abc --reason "Saisi deux fois"
    """
    with desk.transaction() as session:
        made = undo_redemption(
            session,
            actor=desk.actor(session),
            reversal_id=request_id,
            redemption_id=redemption_id,
            reason=reason,
            now=desk.now,
        )
    desk.answer("Encaissement annulé : la personne peut utiliser son pass.", id=made.id)
