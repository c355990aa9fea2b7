"""Registers, accounts of use and slips from the command line."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from app.kernel.clock import martinique_day
from app.kernel.money import euros
from app.partners.cli import organisation_named
from app.programmes.naming import vintage_named
from app.reports import register_papers, registers
from app.reports.accounts import account_of_use, slip_of
from app.reports.register_papers import MOST_PRINTED, write_register
from app.terminal.desk import Desk, Verb, acting, say, show_table
from app.terminal.french import Refused
from app.terminal.values import Day
from app.web.downloads import FORMATS
from app.web.format import count

a_file = click.Path(path_type=Path)


def period_options(work: Callable[..., None]) -> Callable[..., None]:
    """The options of a period."""
    for option in (
        click.option("--until", type=Day(), help="Le dernier jour, au soir (aujourd’hui)."),
        click.option("--since", type=Day(), help="Le premier jour (le 1er janvier de l’année)."),
    ):
        work = option(work)
    return work


def read_period(desk: Desk, since: date | None, until: date | None) -> tuple[date, date]:
    """The period asked for: the year so far when nothing is said."""
    last = until or martinique_day(desk.now)
    return since or last.replace(month=1, day=1), last


@click.command("register", cls=Verb)
@click.argument("holder", required=False, metavar="[STRUCTURE]")
@click.option("--vintage", metavar="REPÈRE", help="Avec une structure : son millésime.")
@click.option("--to", "file", type=a_file, metavar="FICHIER", help="En .csv, .xlsx ou .pdf.")
@period_options
@acting
def register(
    desk: Desk,
    *,
    holder: str | None,
    vintage: str | None,
    file: Path | None,
    since: date | None,
    until: date | None,
) -> None:
    """Le registre des valeurs inactives : qui détient quoi, ou une structure ligne par ligne.

    Exemple : passnum report register CCAS --vintage 26A --until 31/12/2026 --to registre.pdf
    """
    first, last = read_period(desk, since, until)
    if holder is None:
        tell_holdings(desk, first, last)
        return
    if vintage is None:
        message = "Dites le millésime : --vintage 26A par exemple."
        raise Refused(message)
    ending = file.suffix.lower().removeprefix(".") if file else ""
    if file and ending not in FORMATS:
        message = "Le nom du fichier finit par .csv, .xlsx ou .pdf."
        raise Refused(message)
    with desk.transaction(writing=False) as session:
        known = registers.register_of(
            session,
            actor=desk.actor(session),
            holder_id=organisation_named(session, holder).id,
            vintage_id=vintage_named(session, vintage).vintage_id,
            since=first,
            until=last,
            now=desk.now,
        )
        if file:
            journal = registers.Journal.of(session, known)
            if ending == "pdf" and registers.is_longer_than(session, journal, MOST_PRINTED):
                message = (
                    f"Ce registre a plus de {count(MOST_PRINTED)} lignes : trop pour du papier. "
                    "Prenez .csv ou .xlsx, ou une période plus courte."
                )
                raise Refused(message)
            with file.open("wb") as out:
                write_register(out, known, registers.entries(session, known), ending=ending)
            held = known.holding
            desk.answer(
                f"{file} est écrit : {count(held.opening_count)} pass à l’ouverture, "
                f"{count(held.closing_count)} à la clôture.",
                opening_count=held.opening_count,
                closing_count=held.closing_count,
            )
            return
        rows = [asdict(entry) for entry in registers.entries(session, known)]
    desk.table(
        rows,
        {
            "N°": lambda e: e["number"],
            "Date": lambda e: f"{martinique_day(e['recorded_at']):%d/%m/%Y}",
            "Opération": lambda e: e["operation"],
            "Série": lambda e: f"{e['first_serial']} à {e['last_serial']}",
            "Entrées": lambda e: count(e["in_count"]),
            "Sorties": lambda e: count(e["out_count"]),
            "Solde": lambda e: count(e["balance_count"]),
            "Pièce": lambda e: e["document"],
        },
        none="Aucun mouvement dans cette période.",
    )


def tell_holdings(desk: Desk, since: date, until: date) -> None:
    """Every holder and vintage of a period."""
    with desk.transaction(writing=False) as session:
        found = registers.holdings(
            session, actor=desk.actor(session), since=since, until=until, now=desk.now
        )
    desk.table(
        [asdict(h) | {"closing_count": h.closing_count} for h in found],
        {
            "Détenteur": lambda h: h["holder"],
            "Millésime": lambda h: h["vintage"],
            "Ouverture": lambda h: count(h["opening_count"]),
            "Entrées": lambda h: count(h["in_count"]),
            "Sorties": lambda h: count(h["out_count"]),
            "Clôture": lambda h: count(h["closing_count"]),
        },
        none="Personne n’avait de carnets dans cette période.",
    )


@click.command("account", cls=Verb)
@click.argument("vintage", metavar="REPÈRE")
@click.option("--on", type=Day(), help="À la fin de ce jour (aujourd’hui).")
@click.option("--pdf", type=a_file, metavar="FICHIER", help="L’écrit en PDF.")
@acting
def account(desk: Desk, *, vintage: str, on: date | None, pdf: Path | None) -> None:
    """Le compte d’emploi d’un millésime : ce que sont devenus les pass commandés.

    Exemple : passnum report account 26A --on 31/12/2026 --pdf compte.pdf
    """
    with desk.transaction(writing=False) as session:
        found = account_of_use(
            session,
            actor=desk.actor(session),
            vintage_id=vintage_named(session, vintage).vintage_id,
            on=on or martinique_day(desk.now),
            now=desk.now,
        )
    if pdf:
        pdf.write_bytes(register_papers.account_pdf(found))
    if desk.as_json:
        desk.dump(asdict(found))
        return
    show_table(
        ["Emploi", f"{found.before_on:%d/%m/%Y}", f"{found.on:%d/%m/%Y}", "Valeur"],
        [
            [line.label, count(line.before_count), count(line.count), euros(line.cents)]
            for line in (found.ordered, *found.lines, found.gap)
        ],
    )


@click.command("slip", cls=Verb)
@click.argument("holder", metavar="STRUCTURE")
@click.option("--pdf", type=a_file, metavar="FICHIER", help="L’écrit en PDF.")
@period_options
@acting
def slip(
    desk: Desk, *, holder: str, pdf: Path | None, since: date | None, until: date | None
) -> None:
    """Le bordereau d’emploi et de versement d’une régie, sur une période.

    Exemple : passnum report slip CCAS --since 01/09/2026 --until 30/09/2026 --pdf bordereau.pdf
    """
    first, last = read_period(desk, since, until)
    with desk.transaction(writing=False) as session:
        found = slip_of(
            session,
            actor=desk.actor(session),
            holder_id=organisation_named(session, holder).id,
            since=first,
            until=last,
            now=desk.now,
        )
    if pdf:
        pdf.write_bytes(register_papers.slip_pdf(found))
    if desk.as_json:
        desk.dump(asdict(found))
        return
    for title, lines in (("Emploi des carnets", found.held), ("Pass encaissés", found.taken)):
        say(title)
        show_table(
            ["Ligne", "Pass", "Valeur"],
            [[line.label, count(line.count), euros(line.cents)] for line in lines],
        )
