"""Places at the terminal: a national file read and taken, ours written out."""

from pathlib import Path
from uuid import UUID

import click

from app.identity.rules import Right
from app.partners.rules import FRENCH_KIND, OrganisationKind
from app.places import service
from app.places.rules import CHOSEN_KINDS
from app.places.service import FRENCH_FATE, Fate, Judged
from app.places.views import as_csv, as_json, file_shown
from app.terminal.desk import Desk, Group, acting, repeatable, say
from app.web.format import plural

a_file = click.Path(path_type=Path)
KINDS = {FRENCH_KIND[kind].lower(): kind for kind in CHOSEN_KINDS}


@click.group("places", cls=Group)
def places() -> None:
    """Les lieux : un fichier national relu et repris, les nôtres en données ouvertes.

    Exemple : passnum places import lieux.csv
    """


@places.command("import")
@click.argument("file", type=a_file, metavar="FICHIER")
@click.option("--take", "take_all", is_flag=True, help="Reprend les lignes nouvelles.")
@click.option("--changes", is_flag=True, help="Reprend aussi celles qui diffèrent de l’annuaire.")
@click.option(
    "--kind",
    type=click.Choice(sorted(KINDS)),
    metavar="NATURE",
    help="Ce que sont les lieux dont le fichier ne le dit pas.",
)
@repeatable
@acting
def import_file(
    desk: Desk,
    *,
    file: Path,
    take_all: bool,
    changes: bool,
    kind: str | None,
    request_id: UUID,
) -> None:
    """Lit un fichier national ligne par ligne ; n’en reprend que ce que vous demandez.

    Exemple : passnum places import lieux.csv --take
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        record = service.read_places(
            session, actor=actor, file_id=request_id, content=file.read_bytes(), now=desk.now
        )
        judged = service.judged(session, record)
        chosen = KINDS[kind] if kind else None
        lines = _lines(judged, chosen, new=take_all, changes=changes)
        if lines:
            service.take_rows(
                session,
                actor=actor,
                request_id=record.id,
                file_id=record.id,
                lines=lines,
                now=desk.now,
            )
            judged = service.judged(session, record)
        told = file_shown(record, judged)
    if desk.as_json:
        desk.dump({key: told[key] for key in ("id", "row_count", "rows")})
        return
    for one in judged:
        name = one.row.fields.get("nom", "sans nom")
        say(f"Ligne {one.row.line} : {name} – {FRENCH_FATE[one.fate].lower()}")
        for remark in one.remarks:
            say(f"  {remark}")
    read, taken = record.row_count, len(lines)
    say(
        f"{read} ligne{plural(read)} lue{plural(read)}, dont {record.elsewhere_count} hors du "
        f"territoire ; {taken} ligne{plural(taken)} reprise{plural(taken)}. Les autres se cochent "
        "sur la page Lieux."
    )


def _lines(
    judged: list[Judged], kind: OrganisationKind | None, *, new: bool, changes: bool
) -> dict[int, OrganisationKind | None]:
    """The rows that were asked for: a new place of which nobody says what it is stays."""
    wanted: dict[int, OrganisationKind | None] = {}
    for one in judged:
        if one.fate is Fate.NEW and new and (one.kind or kind):
            wanted[one.row.line] = one.kind or kind
        elif one.fate is Fate.DIFFERENT and changes:
            wanted[one.row.line] = None
    return wanted


@places.command("export")
@click.argument("file", type=a_file, metavar="FICHIER")
@acting
def export(desk: Desk, *, file: Path) -> None:
    """Écrit nos lieux dans le schéma national : en JSON si le nom finit par .json, sinon en CSV.

    Exemple : passnum places export lieux.csv
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.SEE_PARTNERS)
        found = service.open_data(session, now=desk.now)
    write = as_json if file.suffix.lower() == ".json" else as_csv
    file.write_bytes(write(found.told))
    for place, missing in found.left_out:
        say(f"Non exporté : {place.organisation.name} ; il manque {', '.join(missing)}.")
    desk.answer(
        f"Lieux écrits dans {file} : {len(found.told)}.",
        place_count=len(found.told),
        left_out_count=len(found.left_out),
    )
