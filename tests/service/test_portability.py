"""Leaving with everything, and coming with it: the same balances on either database."""

import json
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.database.connections import Database
from app.portability import tables
from app.portability.archive import MANIFEST, reading, writing
from app.portability.errors import (
    ArchiveDamaged,
    ArchiveOfAnotherRelease,
    ImportUntrue,
    NotEmpty,
)
from app.portability.loose import without_rules
from app.portability.service import FromArchive, FromDatabase, Taken, export, take_in
from app.portability.views import claim_files
from app.trust.notes import CheckpointSigner
from app.trust.service import seal
from app.trust.verify import verify_seals
from tests.databases import Databases
from tests.service.chain import Chain, Rows, State, every_row

Lived = tuple[Database, Chain, State]
NAMES = ("Rosette", "@exemple.fr", "Démonstration")
HERS = ("agent", *tables.SECRETS, *tables.IDENTITY)
"""Tables of which not all leaves by a file."""


def taken_out(lived: Lived, path: Path, *, identity: bool = False) -> Taken:
    with writing(path) as out, lived[0].transaction(writing=False) as session:
        now = lived[1].scheme.now
        return export(session, out, now=now, identity=identity, papers=claim_files)


@pytest.fixture
def elsewhere(databases: Databases, lived: Lived) -> Iterator[Database]:
    """A new database of the other kind, opened by its owner."""
    url = databases.clone("sqlite" if lived[0].is_postgresql else "postgresql")
    database = Database(url, as_owner=True)
    yield database
    database.close()
    databases.drop(url)


def without_horizon(rows: Rows) -> Rows:
    """What another database's transactions mean nothing in."""
    return rows | {"seal_block": [row[:-1] for row in rows["seal_block"]]}


def plain(rows: Rows, *, but: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Rows as text: each database has its own way to hand bytes over."""
    return {
        name: sorted(repr([bytes(v) if isinstance(v, memoryview) else v for v in r]) for r in found)
        for name, found in without_horizon(rows).items()
        if name not in but
    }


def test_an_export_rebuilds_everything_in_the_other_database(
    lived: Lived, elsewhere: Database, tmp_path: Path
) -> None:
    out = taken_out(lived, tmp_path / "all.zip", identity=True)

    with reading(tmp_path / "all.zip") as archive, elsewhere.transaction() as session:
        came = take_in(session, FromArchive(archive))

    assert came.movement_count == out.movement_count > 30
    assert came.sealed_count == out.sealed_count > 20
    as_application = Database(elsewhere.url)
    with as_application.transaction() as session, lived[0].transaction(writing=False) as origin:
        but = (*tables.SECRETS, "agent")
        assert plain(every_row(session), but=but) == plain(every_row(origin), but=but)
        assert ledger.balances(session) == ledger.balances(origin)
        assert ledger.faults(session) == []
        goes_on(session, lived[1])
    as_application.close()


def goes_on(session: Session, chain: Chain) -> None:
    """The next act and the next seal follow the last ones."""
    scheme = chain.scheme
    scheme.redeem(session, chain.codes[8]).accepted()
    scheme.allocation(session, 7, 7, accept=False)
    signer = CheckpointSigner(scheme.keys.folder, "another.exemple.fr")
    assert seal(session, signer=signer, now=scheme.now) is not None
    assert verify_seals(session).first_difference is None


def test_a_move_carries_passwords_too(lived: Lived, elsewhere: Database) -> None:
    with (
        lived[0].transaction(writing=False) as origin,
        elsewhere.transaction() as session,
    ):
        take_in(session, FromDatabase(origin))
        assert plain(every_row(session)) == plain(every_row(origin))


def test_no_name_leaves_unless_it_is_asked_for(lived: Lived, tmp_path: Path) -> None:
    taken_out(lived, tmp_path / "plain")
    taken_out(lived, tmp_path / "named", identity=True)

    plainly, named = (
        {path.name: path.read_bytes() for path in (tmp_path / which).rglob("*.*")}
        for which in ("plain", "named")
    )
    assert not any(name.encode() in file for file in plainly.values() for name in NAMES[:1])
    assert b"@exemple.fr" not in plainly["agent.jsonl"]
    assert any(b"Rosette" in file for file in named.values())
    for files in (plainly, named):
        assert not {f"{table}.jsonl" for table in tables.SECRETS} & files.keys()
        assert b"argon2" not in files["agent.jsonl"]
        assert not any(code.encode() in f for f in files.values() for code in lived[1].codes)


def test_the_same_state_is_the_same_file(lived: Lived, tmp_path: Path) -> None:
    taken_out(lived, tmp_path / "one.zip")
    taken_out(lived, tmp_path / "two.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_sealed_list_is_what_the_readme_says(lived: Lived, tmp_path: Path) -> None:
    """The recipe of LISEZ-MOI.txt, as it is printed there."""
    taken_out(lived, tmp_path / "all")
    readme = (tmp_path / "all" / "LISEZ-MOI.txt").read_text("utf-8")
    recipe = "\n".join(line[2:] for line in readme.splitlines() if line.startswith("  "))
    recipe = recipe[recipe.index("import base64") :]
    recipe = recipe.replace('"sceaux/', f'"{tmp_path}/all/sceaux/')

    found: list[str] = []
    exec(recipe, {"print": found.append})  # noqa: S102 - our own recipe

    note = (tmp_path / "all" / "sceaux" / "points-de-controle.txt").read_text("utf-8")
    roots = [line for line in note.splitlines() if line.endswith("=") and " " not in line]
    assert found == roots[-1:]


# ── What is refused ───────────────────────────────────────────────────────────────────────────────


def changed(path: Path, name: str, old: bytes, new: bytes, *, manifest: bool) -> None:
    """Rewrite a file of an export in a folder, and its digest if whoever does it is careful."""
    file = path / name
    before = file.read_bytes()
    assert old in before
    file.write_bytes(before.replace(old, new, 1))
    if manifest:
        said = json.loads((path / MANIFEST).read_text())
        for told in said["files"]:
            if told["name"] == name:
                told["sha256"] = sha256(file.read_bytes()).hexdigest()
        (path / MANIFEST).write_text(json.dumps(said))


def test_a_damaged_export_is_refused_and_leaves_nothing(
    lived: Lived, elsewhere: Database, tmp_path: Path
) -> None:
    taken_out(lived, tmp_path / "all")
    changed(
        tmp_path / "all",
        "tables/movement.jsonl",
        b'"amount_cents":1000,',
        b'"amount_cents":9000,',
        manifest=False,
    )

    with (
        reading(tmp_path / "all") as archive,
        pytest.raises(ArchiveDamaged) as refused,
        elsewhere.transaction() as session,
    ):
        take_in(session, FromArchive(archive))

    assert refused.value.details == {"file": "tables/movement.jsonl"}
    with elsewhere.transaction() as session:
        assert not every_row(session)["organisation"]


def test_a_forged_export_is_refused_and_its_lie_is_named(
    lived: Lived, elsewhere: Database, tmp_path: Path
) -> None:
    taken_out(lived, tmp_path / "all")
    changed(
        tmp_path / "all",
        "tables/posting.jsonl",
        b'"recorded_at":"20',
        b'"recorded_at":"19',
        manifest=True,
    )

    with reading(tmp_path / "all") as archive:
        with pytest.raises(ImportUntrue) as refused, elsewhere.transaction() as session:
            take_in(session, FromArchive(archive))
        with without_rules(tmp_path, FromArchive(archive)) as session:
            told = verify_seals(session).first_difference

    assert told is not None
    assert "n’est plus celui qui a été scellé" in told
    assert told in refused.value.message


def test_an_import_never_mixes(lived: Lived, tmp_path: Path) -> None:
    taken_out(lived, tmp_path / "all.zip")

    with reading(tmp_path / "all.zip") as archive, lived[0].session() as session:
        with pytest.raises(NotEmpty):
            take_in(session, FromArchive(archive))
        archive.manifest["revision"] = "0001"
        with pytest.raises(ArchiveOfAnotherRelease):
            take_in(session, FromArchive(archive))
    with pytest.raises(ArchiveDamaged), reading(tmp_path / "nothing.zip"):
        pass
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(ArchiveDamaged), reading(tmp_path / "empty.zip"):
        pass
