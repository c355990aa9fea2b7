"""Places as the API reads and writes them."""

from marshmallow import Schema

from app.mediators.rules import Service
from app.partners.rules import FARTHEST_LATITUDE, FARTHEST_LONGITUDE, OrganisationKind
from app.places.rules import LONGEST_FIELD, MOST_KEPT
from app.places.service import Fate
from app.programmes.rules import Public
from app.web.api import Body, Identified, Query, page_of
from app.web.fields import Choice, File, Flag, Instant, Many, Part, Text, Uuid, Whole


class PlacesQuery(Query):
    """Which places, and from where."""

    commune = Text(5, about="Code Insee de la commune d’où comptent les distances.")
    service = Choice(Service, about="Un service qu’ils proposent.")
    public = Choice(Public, about="Un public qu’ils accueillent.")


class PlaceSchema(Schema):
    """A place of the directory, with its distance where one was asked for."""

    organisation_id = Uuid(required=True)
    name = Text(required=True)
    kind = Choice(OrganisationKind, required=True)
    siret = Text(14, required=True, allow_none=True)
    commune = Text(required=True)
    insee = Text(5, required=True, allow_none=True)
    street = Text(required=True, allow_none=True)
    postcode = Text(5, required=True, allow_none=True)
    latitude_microdegrees = Whole(
        -FARTHEST_LATITUDE, FARTHEST_LATITUDE, required=True, allow_none=True
    )
    longitude_microdegrees = Whole(
        -FARTHEST_LONGITUDE, FARTHEST_LONGITUDE, required=True, allow_none=True
    )
    phone = Text(30, required=True, allow_none=True)
    services = Many(Choice(Service), required=True)
    publics = Many(Choice(Public), required=True, about="Aucun : tout le monde.")
    opening_hours = Text(
        LONGEST_FIELD,
        required=True,
        allow_none=True,
        about="Comme OpenStreetMap les écrit.",
        example="Mo-Fr 08:00-12:00",
    )
    open_now = Flag(required=True, allow_none=True)
    receives_passes = Flag(required=True)
    distance_km = Whole(0, required=True, allow_none=True, about="À vol d’oiseau.")
    missing = Many(Text(), required=True, about="Ce que personne n’a dit encore.")


PlacePageSchema = page_of(PlaceSchema)


class PlacesFileRequestSchema(Identified):
    """A file of the national schema."""

    file = File(required=True, about="Le CSV ou le JSON, en base64 ; 1,5 Mo au plus.")


class PlaceChangeSchema(Schema):
    """What the directory says, and what the file says instead."""

    label = Text(required=True)
    ours = Text(LONGEST_FIELD, required=True)
    theirs = Text(LONGEST_FIELD, required=True)


class PlacesRowSchema(Schema):
    """A row of a file against the directory."""

    line = Whole(required=True)
    national_id = Text(required=True, example="mediation-numerique_exo-7")
    name = Text(required=True, allow_none=True)
    fate = Choice(Fate, required=True)
    organisation_id = Uuid(required=True, allow_none=True)
    kind = Choice(OrganisationKind, required=True, allow_none=True)
    remarks = Many(Text(LONGEST_FIELD), required=True)
    differences = Many(Part(PlaceChangeSchema), required=True)


class PlacesFileSchema(Schema):
    """A file as it was read, with its rows of the eighteen communes."""

    id = Uuid(required=True)
    row_count = Whole(required=True)
    elsewhere_count = Whole(0, required=True)
    wrong_count = Whole(0, required=True)
    recorded_at = Instant(required=True)
    rows = Many(Part(PlacesRowSchema), required=True)


class RowToTakeSchema(Body):
    """A row to take; `kind` says what a new place is, where the file does not."""

    line = Whole(1, 10_000_000, required=True)
    kind = Choice(OrganisationKind, load_default=None, allow_none=True)


class PlacesTakingRequestSchema(Identified):
    """Rows to take, all of them or none."""

    rows = Many(Part(RowToTakeSchema), MOST_KEPT, shortest=1, required=True)
