"""The command line for paying the mediators who took passes."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.clearing import payment_queries, queries, standing_queries
from app.clearing.errors import UnknownPaymentOrder, UnknownStatement
from app.clearing.models import PaymentOrder, Statement
from app.clearing.payer_words import WORDS, PayerWords
from app.clearing.payments import order_payment, record_payment, reject_payment
from app.clearing.runs import preview_clearing, run_clearing
from app.clearing.standing_queries import Filter, Standing
from app.clearing.statements import (
    PassRange,
    approve_statement,
    certify_statement,
    held_because,
    known_statement,
    withdraw_passes,
)
from app.database.lists import Place
from app.identity.rules import Actor, Right
from app.kernel.ids import new_id
from app.kernel.money import Cents, euros
from app.partners import queries as partners
from app.programmes import numbering
from app.programmes.naming import programme_named, programme_option
from app.programmes.rules import Payer
from app.programmes.service import known_programme
from app.terminal.desk import (
    Desk,
    Group,
    acting,
    approving,
    repeatable,
)
from app.terminal.values import Day, Euros, read_id

# ── Clearing ──────────────────────────────────────────────────────────────────────────────────────

STATES = {
    "draft": "à approuver",
    "empty": "vidé",
    "approved": "approuvé, paiement à demander",
    "ordered": "à payer",
    "paid": "payé",
    "rejected": "rejeté, paiement à demander de nouveau",
    "offset": "compensé par des reprises",
}
HELD = {"bank_details_missing": "compte à confirmer", "certification_missing": "à certifier"}
EVERYTHING = 1_000_000
"""Statements in one list: more than there will be."""


def statement_named(session: Session, typed: str, *, actor: Actor) -> Statement:
    """A statement by its number once approved, or its id, for those whose business it is.

    Raises:
        UnknownStatement.
    """
    statement_id = read_id(typed)
    form = rf"{numbering.STATEMENT}-(\d{{4}})-(\d{{1,9}})"
    if statement_id is None and (number := re.fullmatch(form, typed.strip().upper(), re.ASCII)):
        found = queries.statement_by_number(session, int(number[1]), int(number[2]))
        statement_id = found.id if found else None
    if statement_id is None:
        raise UnknownStatement
    return known_statement(session, actor=actor, statement_id=statement_id)


def words_of(session: Session, statement: Statement) -> PayerWords:
    """The words of whoever pays it."""
    return WORDS[Payer(known_programme(session, statement.programme_id).payer)]


def payment_order_named(session: Session, typed: str, *, actor: Actor) -> PaymentOrder:
    """A payment order by its id, or by the statement that it pays.

    Raises:
        UnknownStatement, UnknownPaymentOrder.
    """
    payment_order_id = read_id(typed)
    found = payment_queries.payment_order(session, payment_order_id) if payment_order_id else None
    if found is None:
        statement = statement_named(session, typed, actor=actor)
        found = payment_queries.payment_order_of(session, statement.id)
    if found is None:
        raise UnknownPaymentOrder
    return found


@click.group("clearing", cls=Group)
def clearing() -> None:
    """Les bordereaux des médiateurs : préparés, approuvés, mandatés ou transmis, payés.

    Quatre gestes, trois personnes au moins. Un bordereau se désigne par son identifiant, puis,
    une fois approuvé, par son numéro (BR-2026-0001).

    Exemple : passnum clearing list --agent finances@exemple.fr
    """


@clearing.command("run")
@click.option("--cut-off", type=Day(), required=True, help="Prend ce qui précède ce jour à 0 h.")
@programme_option
@repeatable
@acting
def run(desk: Desk, *, cut_off: date, programme: str | None, request_id: UUID) -> None:
    """Prépare un bordereau par médiateur avec tout ce qui est encaissé avant l’arrêté.

    Coupée en route, la même commande avec le même --id finit le travail.

    Exemple : passnum clearing run --cut-off 01/12/2026 --agent finances@exemple.fr
    """
    with desk.transaction(writing=False) as session:
        actor = desk.actor(session)
        programme_id = programme_named(session, programme).id
    made = run_clearing(
        desk.database,
        actor=actor,
        run_id=request_id,
        programme_id=programme_id,
        cut_off_on=cut_off,
        now=desk.now,
    )
    with desk.transaction(writing=False) as session:
        asked = Filter(run_id=made.id)
        drafts = summaries(
            session,
            standing_queries.statements_listed(session, Place(EVERYTHING), asked=asked),
        )
    desk.answer(f"Liquidation au {made.cut_off_on:%d/%m/%Y} : {len(drafts)} bordereaux.",
                id=made.id, statements=drafts)  # fmt: skip
    if drafts and not desk.as_json:
        show(desk, drafts)


@clearing.command("preview")
@click.option("--cut-off", type=Day(), required=True, help="Ce qui précède ce jour à 0 h.")
@programme_option
@acting
def preview(desk: Desk, *, cut_off: date, programme: str | None) -> None:
    """Montre ce qu’une liquidation prendrait, et ce qui serait retenu. Rien n’est écrit.

    Exemple : passnum clearing preview --cut-off 01/12/2026 --agent finances@exemple.fr
    """
    with desk.transaction(writing=False) as session:
        expected = preview_clearing(
            session,
            actor=desk.actor(session),
            programme_id=programme_named(session, programme).id,
            cut_off_on=cut_off,
            now=desk.now,
        )
    desk.table(
        [
            {
                "mediator": one.mediator_name,
                "voucher_count": one.total.voucher_count,
                "net_cents": one.total.net_cents,
                "recovered_cents": one.recovered_cents,
                "payable_cents": one.payable_cents,
                "held_because": [str(reason) for reason in one.held_because],
                "untold_count": one.untold_count,
            }
            for one in expected
        ],
        {
            "Médiateur": lambda row: row["mediator"],
            "Pass": lambda row: row["voucher_count"],
            "Repris": lambda row: euros(row["recovered_cents"]),
            "Net à payer": lambda row: euros(row["payable_cents"]),
            "Retenu": lambda row: ", ".join(HELD[reason] for reason in row["held_because"]),
            "Sans accompagnement": lambda row: row["untold_count"],
        },
        none="Rien n’attend de bordereau.",
    )


@clearing.command("list")
@acting
def list_statements(desk: Desk) -> None:
    """Montre les bordereaux et où ils en sont.

    Exemple : passnum clearing list
    """
    with desk.transaction(writing=False) as session:
        actor = desk.actor(session, Right.SEE_STATEMENTS)
        asked = Filter(mediator_id=actor.scope)
        found = standing_queries.statements_listed(session, Place(EVERYTHING), asked=asked)
        rows = summaries(session, found)
    show(desk, sorted(rows, key=by_number))


def summaries(session: Session, standings: Sequence[Standing]) -> list[dict[str, Any]]:
    """Statements in a list."""
    names = partners.organisation_names(session, [one.statement.mediator_id for one in standings])
    held = held_because(session, standings)
    return [
        {
            "id": one.statement.id,
            "number": numbering.written(numbering.STATEMENT, one.approval.year, one.approval.number)
            if one.approval
            else None,
            "mediator": names.get(one.statement.mediator_id),
            "version": one.version.version,
            "voucher_count": one.version.voucher_count,
            "amount_cents": one.version.amount_cents,
            "fee_cents": one.version.fee_cents,
            "net_cents": one.version.net_cents,
            "recovered_cents": one.recovered_cents,
            "payable_cents": one.payable_cents,
            "state": str(one.state),
            "held_because": [str(reason) for reason in held.get(one.statement.id, ())],
        }
        for one in standings
    ]


def by_number(row: dict[str, Any]) -> tuple[bool, str, str]:
    """In the order of approval, then what waits for it."""
    return row["number"] is None, row["number"] or "", row["mediator"] or ""


def show(desk: Desk, statements: Sequence[dict[str, Any]]) -> None:
    """Statements in columns."""
    desk.table(
        statements,
        {
            "Bordereau": lambda s: s["number"] or "–",
            "Médiateur": lambda s: s["mediator"],
            "Pass": lambda s: s["voucher_count"],
            "À payer": lambda s: euros(s["payable_cents"]),
            "État": state_in_words,
            "Version": lambda s: s["version"],
            "Identifiant": lambda s: s["id"],
        },
        none="Aucun bordereau.",
    )


def state_in_words(statement: dict[str, Any]) -> str:
    """How far it has come, and what holds it."""
    held = ", ".join(HELD[reason] for reason in statement["held_because"])
    return STATES[statement["state"]] + (f" (retenu : {held})" if held else "")


@clearing.command("withdraw")
@click.argument("statement", metavar="BORDEREAU")
@click.argument("passes", nargs=-1, required=True, metavar="PASS…")
@click.option(
    "--version", type=int, metavar="N", required=True, help="La version que vous avez lue."
)
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@repeatable
@acting
def withdraw(
    desk: Desk,
    *,
    statement: str,
    passes: tuple[str, ...],
    version: int,
    reason: str,
    request_id: UUID,
) -> None:
    """Retire des pass d’un projet de bordereau ; ils attendent la liquidation suivante.

    Chaque pass se désigne par son numéro ; « premier..dernier » désigne une série.

    Exemple : passnum clearing withdraw 0199f2a0-1b2c-7d3e-8f40-123456789abc "26A 00442 07 91"
    --version 1 --reason "Accompagnement saisi deux fois"
    """
    ranges = []
    for typed in passes:
        first, _, last = typed.partition("..")
        ranges.append(PassRange(first, last or first))
    with desk.transaction() as session:
        actor = desk.actor(session)
        made = withdraw_passes(
            session,
            actor=actor,
            withdrawal_id=request_id,
            statement_id=statement_named(session, statement, actor=actor).id,
            version=version,
            passes=ranges,
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"{made.voucher_count} pass retiré{'s' if made.voucher_count > 1 else ''} : relisez la "
        f"version {version + 1} du projet.",
        id=made.id,
    )


@clearing.command("certify")
@click.argument("statement", metavar="BORDEREAU")
@click.option(
    "--version", type=int, metavar="N", required=True, help="La version que vous avez lue."
)
@approving
def certify(desk: Desk, *, statement: str, version: int) -> None:
    """Certifie que les accompagnements ont été réalisés, pour le médiateur de l’agent.

    Demande votre mot de passe : c’est une signature.

    Exemple : passnum clearing certify 0199f2a0-1b2c-7d3e-8f40-123456789abc --version 1
    --agent mediateur@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        made = certify_statement(
            session,
            actor=actor,
            certification_id=new_id(),
            statement_id=statement_named(session, statement, actor=actor).id,
            version=version,
            now=desk.now,
        )
    desk.answer("Bordereau certifié : une autre personne peut l’approuver.", id=made.id)


@clearing.command("approve")
@click.argument("statement", metavar="BORDEREAU")
@click.option("--amount", type=Euros(), required=True, help="Le net à payer que vous avez lu.")
@click.option(
    "--version", type=int, metavar="N", default=1, help="La version que vous avez lue (1)."
)
@approving
def approve(desk: Desk, *, statement: str, amount: Cents, version: int) -> None:
    """Approuve un bordereau préparé par quelqu’un d’autre. Demande votre mot de passe.

    Le net que vous avez lu est à redonner : un bordereau qui a changé entre-temps n’est pas
    approuvé par mégarde.

    Exemple : passnum clearing approve 0199f2a0-1b2c-7d3e-8f40-123456789abc --amount 1230
    --agent coordination@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        named = statement_named(session, statement, actor=actor)
        approval = approve_statement(
            session,
            actor=actor,
            statement_id=named.id,
            version=version,
            net_cents=amount,
            now=desk.now,
        )
        words = words_of(session, named)
    number = numbering.written(numbering.STATEMENT, approval.year, approval.number)
    desk.answer(
        f"Bordereau {number} approuvé : {euros(approval.payable_cents)} "
        f"{words.to_order[0].lower()}{words.to_order[1:]}.",
        id=named.id,
        number=number,
    )


@clearing.command("order-payment")
@click.argument("statement", metavar="BORDEREAU")
@click.option(
    "--mandate",
    required=True,
    metavar="NUMÉRO",
    help="Le numéro du mandat, ou la référence de l’émetteur qui paie.",
)
@click.option(
    "--bordereau",
    required=True,
    metavar="NUMÉRO",
    help="Celui du bordereau de mandats, ou de l’envoi à l’émetteur.",
)
@click.option("--issued-on", type=Day(), required=True, help="Le jour du mandat, ou de l’envoi.")
@click.option(
    "--same-account",
    "same_account_reason",
    metavar="TEXTE",
    help="Après un rejet, pourquoi le même compte convient maintenant.",
)
@repeatable
@acting
def order(
    desk: Desk,
    *,
    statement: str,
    mandate: str,
    bordereau: str,
    issued_on: date,
    same_account_reason: str | None,
    request_id: UUID,
) -> None:
    """Émet le mandat d’un bordereau approuvé, ou note son envoi à l’émetteur.

    Quand l’émetteur paie les médiateurs, la commande lui a déjà payé la valeur des pass : le
    bordereau lui est transmis, et la collectivité ne mandate rien.

    Exemple : passnum clearing order-payment BR-2026-0001 --mandate M-210 --bordereau B-12
    --issued-on 08/12/2026
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        named = statement_named(session, statement, actor=actor)
        made = order_payment(
            session,
            actor=actor,
            payment_order_id=request_id,
            statement_id=named.id,
            mandate_number=mandate,
            bordereau_number=bordereau,
            issued_on=issued_on,
            same_account_reason=same_account_reason,
            now=desk.now,
        )
        words = words_of(session, named)
    desk.answer(
        f"{words.order_done.format(number=made.mandate_number)} "
        f"Montant : {euros(made.amount_cents)}.",
        id=made.id,
    )


@clearing.command("pay")
@click.argument("payment_order", metavar="BORDEREAU")
@click.option("--paid-on", type=Day(), required=True, help="Le jour du paiement.")
@repeatable
@acting
def pay(desk: Desk, *, payment_order: str, paid_on: date, request_id: UUID) -> None:
    """Enregistre que le comptable, ou l’émetteur, a payé un bordereau.

    Ni qui l’a préparé, ni qui l’a approuvé, ni qui a demandé son paiement ne peut le faire.

    Exemple : passnum clearing pay BR-2026-0001 --paid-on 15/12/2026 --agent comptable@exemple.fr
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        named = payment_order_named(session, payment_order, actor=actor)
        made = record_payment(
            session,
            actor=actor,
            payment_id=request_id,
            payment_order_id=named.id,
            paid_on=paid_on,
            now=desk.now,
        )
    desk.answer(f"Paiement de {euros(named.amount_cents)} enregistré.", id=made.id)


@clearing.command("reject")
@click.argument("payment_order", metavar="BORDEREAU")
@click.option("--on", "rejected_on", type=Day(), required=True, help="Le jour du rejet.")
@click.option("--reason", required=True, metavar="TEXTE", help="Le motif donné par la banque.")
@repeatable
@acting
def reject(
    desk: Desk, *, payment_order: str, rejected_on: date, reason: str, request_id: UUID
) -> None:
    """Enregistre qu’un paiement est revenu, ou que le comptable ou l’émetteur l’a refusé.

    Le bordereau est de nouveau à payer : « order-payment » le demande une autre fois.

    Exemple : passnum clearing reject BR-2026-0001 --on 17/12/2026 --reason "Compte clos"
    --agent comptable@exemple.fr
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        named = payment_order_named(session, payment_order, actor=actor)
        made = reject_payment(
            session,
            actor=actor,
            rejection_id=request_id,
            payment_order_id=named.id,
            rejected_on=rejected_on,
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"Rejet enregistré : {euros(named.amount_cents)} restent à payer, le paiement peut être "
        "demandé de nouveau.",
        id=made.id,
    )
