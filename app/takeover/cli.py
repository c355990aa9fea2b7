"""Taking over from before passnum: check a file, draw the procès-verbal up, approve it."""

from datetime import date
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.kernel.money import euros
from app.programmes.keys import KeyStore
from app.programmes.naming import programme_named, programme_option
from app.programmes.queries import is_demonstration
from app.takeover import queries, service
from app.takeover.checking import check_takeover
from app.takeover.errors import TakeoverFileRefused, UnknownTakeover
from app.takeover.models import Takeover
from app.takeover.papers import report
from app.takeover.rules import FRENCH_PLACE, Total
from app.takeover.views import report_of
from app.terminal.desk import Desk, Group, acting, approving, repeatable, say
from app.terminal.values import Count, Day, read_id

a_file = click.Path(path_type=Path)
code_file_option = click.option(
    "--codes", "code_file", type=a_file, metavar="FICHIER", help="Les codes imprimés par un autre."
)


def takeover_named(session: Session, typed: str) -> Takeover:
    """A procès-verbal by its number or its id.

    Raises:
        UnknownTakeover.
    """
    takeover_id = read_id(typed)
    found = (
        queries.takeover(session, takeover_id)
        if takeover_id
        else queries.takeover_by_number(session, typed.strip().upper())
    )
    if found is None:
        raise UnknownTakeover
    return found


@click.group("takeover", cls=Group)
def takeover() -> None:
    """La reprise des carnets d’avant passnum, par fichier et à deux.

    Le fichier (CSV ou XLSX) a une ligne par suite de carnets : millesime, premier carnet, dernier
    carnet, taille, lieu, prescripteur, codes, restants (les pass d’un carnet entamé).

    Exemple : passnum takeover check reprise.csv
    """


@takeover.command("check")
@click.argument("file", type=a_file, metavar="FICHIER")
@code_file_option
@programme_option
@acting
def check(desk: Desk, *, file: Path, code_file: Path | None, programme: str | None) -> None:
    """Lit un fichier et dit, ligne par ligne, ce qu’il faut corriger. N’enregistre rien.

    Exemple : passnum takeover check reprise.csv --codes codes.csv
    """
    with desk.transaction(writing=False) as session:
        reading = check_takeover(
            session,
            today=martinique_day(desk.now),
            actor=desk.actor(session),
            programme_id=programme_named(session, programme).id,
            content=file.read_bytes(),
            codes_content=code_file.read_bytes() if code_file else None,
        )
    faults = [{"line": f.line, "sentence": f.sentence} for f in reading.faults.kept]
    if reading.faults.count and not desk.as_json:
        tell_faults(faults)
        raise TakeoverFileRefused(count=reading.faults.count, line_count=reading.faults.line_count)
    if desk.as_json:
        desk.dump(
            {
                "fault_count": reading.faults.count,
                "line_count": reading.faults.line_count,
                "faults": faults,
            }
        )
        return
    tell_totals(desk, reading.totals, reading.holders)
    say(f"{reading.voucher_count} pass : le fichier peut être repris (passnum takeover import).")


@takeover.command("import")
@click.argument("file", type=a_file, metavar="FICHIER")
@click.option("--counted-on", type=Day(), help="Le jour du comptage (aujourd’hui).")
@code_file_option
@programme_option
@repeatable
@acting
def import_file(
    desk: Desk,
    *,
    file: Path,
    counted_on: date | None,
    code_file: Path | None,
    programme: str | None,
    request_id: UUID,
) -> None:
    """Dresse le procès-verbal d’un fichier entièrement juste ; une autre personne l’approuve.

    Exemple : passnum takeover import reprise.csv --counted-on 31/12/2026
    """
    try:
        with desk.transaction() as session:
            record = service.prepare_takeover(
                session,
                actor=desk.actor(session),
                takeover_id=request_id,
                programme_id=programme_named(session, programme).id,
                content=file.read_bytes(),
                codes_content=code_file.read_bytes() if code_file else None,
                counted_on=counted_on or martinique_day(desk.now),
                now=desk.now,
            )
    except TakeoverFileRefused as refusal:
        tell_faults(refusal.faults)
        raise
    desk.answer(
        f"Procès-verbal {record.number} préparé : {record.voucher_count} pass. Une autre personne "
        "compte les carnets, puis l’approuve (passnum takeover approve).",
        id=record.id,
        number=record.number,
        voucher_count=record.voucher_count,
    )


@takeover.command("show")
@click.argument("takeover", metavar="PROCÈS-VERBAL")
@click.option("--pdf", type=click.Path(path_type=Path), metavar="FICHIER", help="L’écrit en PDF.")
@acting
def show(desk: Desk, *, takeover: str, pdf: Path | None) -> None:
    """Montre les totaux d’un procès-verbal, et l’écrit en PDF si on le demande.

    Exemple : passnum takeover show PVR-2026-0001 --pdf reprise.pdf
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.SEE_LEDGER)
        data = report_of(session, takeover_named(session, takeover))
        specimen = is_demonstration(session)
    if pdf:
        pdf.write_bytes(report(data, specimen=specimen))
    tell_totals(desk, data.totals, data.holders)


@takeover.command("approve")
@click.argument("takeover", metavar="PROCÈS-VERBAL")
@click.option(
    "--passes", type=Count(), required=True, help="Le total de pass que vous avez lu et compté."
)
@approving
def approve(desk: Desk, *, takeover: str, passes: int) -> None:
    """Approuve un procès-verbal préparé par quelqu’un d’autre. Demande votre mot de passe.

    Exemple : passnum takeover approve PVR-2026-0001 --passes 1250
    """
    actor = desk.approver()
    with desk.transaction() as session:
        record = takeover_named(session, takeover)
        service.approve_takeover(
            session,
            actor=actor,
            takeover_id=record.id,
            voucher_count=passes,
            keys=KeyStore(desk.settings.key_dir),
            now=desk.now,
        )
    desk.answer(
        f"Procès-verbal {record.number} approuvé : {record.voucher_count} pass sont dans passnum.",
        id=record.id,
        number=record.number,
    )


@takeover.command("refuse")
@click.argument("takeover", metavar="PROCÈS-VERBAL")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@repeatable
@acting
def refuse(desk: Desk, *, takeover: str, reason: str, request_id: UUID) -> None:
    """Écarte un procès-verbal qui n’est pas approuvé, avec une raison : rien n’en est repris.

    Exemple : passnum takeover refuse PVR-2026-0001 --reason "Deux carnets manquent"
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        record = takeover_named(session, takeover)
        service.refuse_takeover(
            session,
            actor=actor,
            refusal_id=request_id,
            takeover_id=record.id,
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"Procès-verbal {record.number} écarté : rien n’en est repris.",
        id=request_id,
        number=record.number,
    )


def tell_faults(faults: list[dict[str, object]]) -> None:
    """Each wrong line, as the spreadsheet numbers it."""
    for fault in faults:
        say(f"Ligne {fault['line']} : {fault['sentence']}")


def tell_totals(desk: Desk, totals: list[Total] | tuple[Total, ...], names: dict[str, str]) -> None:
    """Totals by vintage, place and holder."""
    desk.table(
        [
            {
                "vintage": t.vintage,
                "place": t.place,
                "holder": names.get(t.holder),
                "tens": t.tens,
                "fives": t.fives,
                "voucher_count": t.voucher_count,
                "used_count": t.used_count,
                "amount_cents": t.amount_cents,
            }
            for t in totals
        ],
        {
            "Millésime": lambda row: row["vintage"],
            "Où": lambda row: FRENCH_PLACE[row["place"]],
            "Chez": lambda row: row["holder"] or "–",
            "Carnets de 10": lambda row: row["tens"],
            "Carnets de 5": lambda row: row["fives"],
            "Pass": lambda row: row["voucher_count"],
            "Déjà utilisés": lambda row: row["used_count"],
            "Valeur": lambda row: euros(row["amount_cents"]),
        },
        none="Aucun carnet.",
    )
