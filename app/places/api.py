"""Places: the directory by distance, and files of the national schema taken row by row."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.clock import MARTINIQUE
from app.kernel.communes import COMMUNES
from app.places import queries, service
from app.places.queries import Asked
from app.places.schemas import (
    PlacePageSchema,
    PlacesFileRequestSchema,
    PlacesFileSchema,
    PlacesQuery,
    PlacesTakingRequestSchema,
)
from app.places.views import file_shown, place_shown
from app.web.api import Json, Routes, id_of_request, whole
from app.web.auth import current_actor, started_at
from app.web.transaction import in_transaction

routes = Routes("places", "Les lieux de médiation, et le schéma national.")
bp = routes.blueprint


@routes.get(
    "/places",
    "Lister les lieux, le plus proche d’abord",
    right=Right.SEE_PARTNERS,
    query=PlacesQuery,
    answer=PlacePageSchema,
)
def list_places(query: Json) -> Json:
    """Every place of the directory, or those that were asked for."""
    near = next((one.centre for one in COMMUNES if one.insee == query.get("commune")), None)
    asked = Asked(near=near, service=query.get("service"), public=query.get("public"))
    at = started_at().astimezone(MARTINIQUE)
    return in_transaction(
        lambda session: whole(
            [place_shown(one) for one in queries.find_places(session, asked, at=at)]
        )
    )


@routes.post(
    "/places/files",
    "Lire un fichier national de lieux",
    right=Right.MANAGE_PARTNERS,
    body=PlacesFileRequestSchema,
    answer=PlacesFileSchema,
    description="Ligne par ligne, comparé à l’annuaire ; rien n’y entre encore.",
)
def read_places(body: Json) -> Json:
    """Read a file; the same content again finds the first reading."""
    file_id = id_of_request(body)

    def work(session: Session) -> Json:
        record = service.read_places(
            session,
            actor=current_actor(),
            file_id=file_id,
            content=body["file"],
            now=started_at(),
        )
        return file_shown(record, service.judged(session, record))

    return in_transaction(work)


@routes.get(
    "/places/files/<uuid:file_id>",
    "Relire un fichier de lieux",
    right=Right.MANAGE_PARTNERS,
    answer=PlacesFileSchema,
)
def read_places_file(file_id: UUID) -> Json:
    """A file against the directory as it is now."""
    return in_transaction(lambda session: _told(session, file_id))


def _told(session: Session, file_id: UUID) -> Json:
    record = service.known_places_file(session, actor=current_actor(), file_id=file_id)
    return file_shown(record, service.judged(session, record))


@routes.post(
    "/places/files/<uuid:file_id>/takings",
    "Reprendre des lignes dans l’annuaire",
    right=Right.MANAGE_PARTNERS,
    body=PlacesTakingRequestSchema,
    answer=PlacesFileSchema,
    description="Un lieu repris ne reçoit de pass qu’avec une convention et un label.",
)
def take_places(body: Json, file_id: UUID) -> Json:
    """Take rows, all of them or none."""
    request_id = id_of_request(body)

    def work(session: Session) -> Json:
        service.take_rows(
            session,
            actor=current_actor(),
            request_id=request_id,
            file_id=file_id,
            lines={row["line"]: row["kind"] for row in body["rows"]},
            now=started_at(),
        )
        return _told(session, file_id)

    return in_transaction(work)
