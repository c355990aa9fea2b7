"""What can be told of the scheme: reports, one pass, balances, and whether the ledger is true."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from app import ledger
from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.kernel.money import euros
from app.partners.queries import organisation_names
from app.programmes import queries as programmes
from app.programmes.naming import programme_named, programme_option, vintage_named
from app.reports import papers
from app.reports.register_cli import account, register, slip
from app.reports.rules import FRENCH_BY, By, UsageTable
from app.reports.service import ChainReport, UsageReport, chain_report, usage_report, voucher_report
from app.reports.told import ChainStage, StoryStep, VoucherPage
from app.reports.usage import usage_by
from app.terminal.desk import (
    Desk,
    Group,
    Verb,
    acting,
    in_french,
    say,
    show_table,
)
from app.terminal.french import Refused
from app.terminal.values import Day, Instant, OneOf
from app.web import words
from app.web.format import count, percent


@click.group("report", cls=Group)
def report() -> None:
    """Les états : le taux d’utilisation, et où sont les pass.

    Exemple : passnum report usage --on 30/11/2026 --agent controle@exemple.fr
    """


def perimeter(work: Callable[..., None]) -> Callable[..., None]:
    """The options that say what a report counts."""
    for option in (
        click.option("--on", type=Day(), help="À la fin de ce jour (aujourd’hui)."),
        click.option("--vintage", metavar="REPÈRE", help="Un millésime seulement."),
        programme_option,
    ):
        work = option(work)
    return work


def read(desk: Desk, report: Any, asked: dict[str, Any]) -> Any:  # noqa: ANN401 - either report
    """One report of the service, on what was asked."""
    vintage, programme = asked["vintage"], asked["programme"]
    with desk.transaction(writing=False) as session:
        warn_of_specimen(desk, session)
        return report(
            session,
            actor=desk.actor(session),
            programme_id=programme_named(session, programme).id if programme else None,
            vintage_id=vintage_named(session, vintage).vintage_id if vintage else None,
            on=asked["on"] or martinique_day(desk.now),
            now=desk.now,
        )


def warn_of_specimen(desk: Desk, session: Session) -> None:
    """What comes from a database that held the demonstration says so, wherever it is shown."""
    if programmes.is_demonstration(session) and not desk.as_json:
        say("SPÉCIMEN : données de démonstration")


BY = OneOf(
    "PAR",
    {
        "dispositif": By.PROGRAMME,
        "millésime": By.VINTAGE,
        "prescripteur": By.PRESCRIBER,
        "commune-prescripteur": By.PRESCRIBER_COMMUNE,
        "médiateur": By.MEDIATOR,
        "commune-médiateur": By.MEDIATOR_COMMUNE,
        "public": By.PUBLIC,
        "mois": By.MONTH,
    },
)


@report.command("usage")
@perimeter
@click.option("--by", type=BY, help="Un tableau qui distingue ses lignes ainsi.")
@click.option("--since", type=Day(), help="Avec --by : les actes faits depuis ce jour.")
@click.option(
    "--to",
    "file",
    type=click.Path(path_type=Path),
    metavar="FICHIER",
    help="Avec --by : l’écrit en .csv, .xlsx ou .pdf.",
)
@acting
def usage(
    desk: Desk,
    *,
    by: By | None,
    since: date | None,
    file: Path | None,
    **asked: Any,  # noqa: ANN401 - as perimeter
) -> None:
    """Le taux d’utilisation, avec ses dénominateurs nommés, ou un tableau qui le détaille.

    Exemple : passnum report usage --by prescripteur --since 01/01/2026 --on 30/11/2026
    """
    if by is not None:
        tell_usage_by(desk, read(desk, partial(usage_by, by=by, since=since), asked), file)
        return
    if since or file:
        message = "--since et --to vont avec --by : dites ce qui distingue les lignes."
        raise Refused(message)
    found: UsageReport = read(desk, usage_report, asked)
    if desk.as_json:
        desk.dump(asdict(found))
        return
    used = found.redeemed_count
    say(f"Taux d’utilisation au {in_french(found.read_at)}")
    say(f"{count(used)} pass utilisés ({euros(found.redeemed_cents)}), "
        f"{count(found.in_hand_count)} encore chez les bénéficiaires.")  # fmt: skip
    section(
        ["Dénominateur", "Pass", "Taux"],
        [
            [named.label, count(d.voucher_count), percent(used, d.voucher_count)]
            for d in found.denominators
            for named in [words.DENOMINATORS[d.kind]]
        ],
    )
    for title, rows in (("Prescripteur", found.prescribers), ("Public", found.publics)):
        section(
            [title, "Remis", "Utilisés", "Taux"],
            [
                [
                    row.name,
                    count(row.issued_count),
                    count(row.redeemed_count),
                    percent(row.redeemed_count, row.issued_count),
                ]
                for row in rows
            ],
        )
    section(
        ["Médiateur", "Commune", "Encaissés", "Somme"],
        [[p.name, p.place, count(p.redeemed_count), euros(p.amount_cents)] for p in found.places],
    )


def tell_usage_by(desk: Desk, table: UsageTable, file: Path | None) -> None:
    """A table of usage on the terminal, and in a file when one is named."""
    if file is not None:
        ending = file.suffix.lower().removeprefix(".")
        if ending not in papers.USAGE_FILES:
            message = "Le nom du fichier finit par .csv, .xlsx ou .pdf."
            raise Refused(message)
        file.write_bytes(papers.USAGE_FILES[ending](table))
    if desk.as_json:
        desk.dump(asdict(table))
        return
    say(f"Taux d’utilisation par {FRENCH_BY[table.by]}. Taux : {table.rate_of}.")
    lines = (*table.lines, table.total)
    given = table.total.issued_count is not None
    section(
        [table.heading, *(["Remis"] if given else []), "Utilisés", "Valeur", "Taux"],
        [
            [
                line.name,
                *([count(line.issued_count or 0)] if given else []),
                count(line.redeemed_count),
                euros(line.redeemed_cents),
                papers.rate(line),
            ]
            for line in lines
        ],
    )


def section(headings: list[str], rows: list[list[str]]) -> None:
    """A table of a report, after an empty line; nothing when it would be empty."""
    if rows:
        click.echo()
        show_table(headings, rows)


@report.command("chain")
@perimeter
@acting
def chain(desk: Desk, **asked: Any) -> None:  # noqa: ANN401 - as perimeter
    """Où sont les pass : ce qui repose à chaque étape, jusqu’au total commandé.

    Exemple : passnum report chain --on 30/11/2026
    """
    found: ChainReport = read(desk, chain_report, asked)
    if desk.as_json:
        desk.dump(asdict(found))
        return
    say(f"Où sont les pass au {in_french(found.read_at)}")
    resting = [*found.stages, *(stage for stage in found.exits if stage.voucher_count)]
    section(
        ["Étape", "Pass", "Somme"],
        [
            *([words.STAGES[s.kind].label, *figures(s)] for s in resting),
            ["Commandés", *figures(found.ordered)],
        ],
    )


for verb in (register, account, slip):
    report.add_command(verb)


def figures(stage: ChainStage) -> tuple[str, str]:
    """A stage in passes and in euros."""
    return count(stage.voucher_count), euros(stage.amount_cents)


@click.command("voucher", cls=Verb)
@click.argument("serial", nargs=-1, required=True, metavar="NUMÉRO")
@acting
def voucher(desk: Desk, *, serial: tuple[str, ...]) -> None:
    """Où est un pass, et tout ce qui lui est arrivé, par son numéro de série.

    Exemple : passnum voucher 26A 00442 07 91
    """
    with desk.transaction(writing=False) as session:
        page = voucher_report(session, actor=desk.actor(session), typed_serial=" ".join(serial))
    if desk.as_json:
        desk.dump(as_data(page))
        return
    state = words.STATES[page.state]
    place = state.place.format(holder=page.holder, recipient=page.recipient)
    say(f"Pass {page.serial}, {euros(page.face_value_cents)}, {page.programme_name} : "
        f"{state.label}. {place}")  # fmt: skip
    for step in reversed(page.story):
        say(f"  {in_french(step.occurred_at)} : {in_words(step)}")


def as_data(page: VoucherPage) -> dict[str, Any]:
    """A pass as a program reads it, its history oldest first."""
    return {
        "serial": str(page.serial),
        "state": page.state,
        "face_value_cents": page.face_value_cents,
        "holder": page.holder,
        "valid_until": page.valid_until,
        "history": [
            {
                "movement_id": step.movement_id,
                "act": step.act,
                "from": step.from_kind,
                "to": step.to_kind,
                "giver": step.giver,
                "receiver": step.receiver,
                "document": step.document,
                "occurred_at": step.occurred_at,
                "recorded_at": step.recorded_at,
            }
            for step in reversed(page.story)
        ],
    }


def in_words(step: StoryStep) -> str:
    """One act of a history, in one line."""
    act = words.act_of(step)
    who = act.who.format(giver=step.giver, receiver=step.receiver)
    said = (act.title, who, step.document or "", "Annulé depuis" if step.undone_later else "")
    return " ".join(f"{part.rstrip('.')}." for part in said if part)


# ── The ledger ────────────────────────────────────────────────────────────────────────────────────


@click.command("balances", cls=Verb)
@click.option("--at", type=Instant(day_ends=True), help="À cet instant, ou à la fin de ce jour.")
@acting
def balances(desk: Desk, *, at: datetime | None) -> None:
    """Le solde de chaque compte du registre, en pass et en euros.

    Le compte de l’émetteur est négatif de tout ce qui a été reçu : le total est nul. Les comptes
    vides ne sont donnés qu’en JSON.

    Exemple : passnum balances --at 31/12/2026 --agent controle@exemple.fr
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.SEE_LEDGER)
        warn_of_specimen(desk, session)
        rows = resting(session, at)
    desk.table(
        rows if desk.as_json else [row for row in rows if row["voucher_count"]],
        {
            "Compte": lambda b: words.STATES[b["kind"]].label,
            "Structure": lambda b: " → ".join(filter(None, (b["party"], b["counterparty"]))),
            "Millésime": lambda b: b["vintage"],
            "Pass": lambda b: count(b["voucher_count"]),
            "Somme": lambda b: euros(b["amount_cents"]),
        },
        none="Aucun pass n’a encore bougé.",
    )


def resting(session: Session, at: datetime | None) -> list[dict[str, Any]]:
    """What rests in each account, in the order of the chain."""
    found = ledger.balances(session, at=at)
    names = organisation_names(
        session, {party for a in found for party in (a.party_id, a.counterparty_id)}
    )
    labels = {number: terms.label for number, terms in programmes.all_vintages(session).items()}
    order = {kind: place for place, kind in enumerate(ledger.AccountKind)}
    return [
        {
            "account_id": account.id,
            "kind": account.kind,
            "party": names.get(account.party_id),
            "counterparty": names.get(account.counterparty_id)
            if account.counterparty_id != account.party_id
            else None,
            "vintage": labels.get(account.vintage_id),
            "voucher_count": balance.voucher_count,
            "amount_cents": balance.amount_cents,
        }
        for account, balance in sorted(
            found.items(), key=lambda item: (item[0].vintage_id, order[item[0].kind], item[0].id)
        )
    ]
