"""What is told of places: to everybody in the national schema, and to programs."""

import csv
import io
from collections.abc import Iterable

import orjson

from app.kernel.text import written_phone
from app.mediators.hours import OpenState
from app.places import osm
from app.places.models import PlacesFile
from app.places.queries import Found
from app.places.rules import FIELDS, Exported, national
from app.places.service import Judged
from app.web.api import Json, shown


def as_json(places: Iterable[Exported]) -> bytes:
    """Places in the national schema, one object each."""
    return orjson.dumps([national(one) for one in places], option=orjson.OPT_INDENT_2)


def as_csv(places: Iterable[Exported]) -> bytes:
    """The same as a table with every column of the standard, commas and UTF-8."""
    written = io.StringIO()
    table = csv.DictWriter(written, FIELDS, restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerows(national(one) for one in places)
    return written.getvalue().encode("utf-8-sig")


def place_shown(found: Found) -> Json:
    """A place of the directory, as a program reads it."""
    place, one = found.place, found.place.organisation
    known = place.known()
    return {
        "organisation_id": one.id,
        "name": one.name,
        "kind": one.kind,
        "siret": one.siret,
        "commune": one.commune,
        "insee": one.insee,
        "street": known.street or None,
        "postcode": known.postcode or None,
        "latitude_microdegrees": known.microdegrees[0] if known.microdegrees else None,
        "longitude_microdegrees": known.microdegrees[1] if known.microdegrees else None,
        "phone": written_phone(place.phone) if place.phone else None,
        "services": sorted(place.offer.services),
        "publics": sorted(place.offer.publics),
        "opening_hours": osm.written(place.offer.hours) or None,
        "open_now": _open(found.standing),
        "receives_passes": place.receives,
        "distance_km": found.distance_km,
        "missing": list(place.missing),
    }


def _open(standing: OpenState | None) -> bool | None:
    return standing.is_open if standing else None


def file_shown(file: PlacesFile, judged: Iterable[Judged]) -> Json:
    """A file with the fate of each row that was kept."""
    return shown(
        file,
        file_hash=file.file_hash.hex(),
        rows=[
            {
                "line": one.row.line,
                "national_id": one.row.national_id,
                "name": one.row.fields.get("nom"),
                "fate": str(one.fate),
                "organisation_id": one.place.organisation.id if one.place else None,
                "kind": one.kind,
                "remarks": list(one.remarks),
                "differences": [
                    {"label": change.label, "ours": change.ours, "theirs": change.theirs}
                    for change in one.differences
                ],
            }
            for one in judged
        ],
    )
