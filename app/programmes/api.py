"""Programmes and their vintages."""

from functools import partial
from operator import attrgetter
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.programmes import queries, service
from app.programmes.keys import KeyStore
from app.programmes.models import SettingsWithdrawal
from app.programmes.rules import Entitled, Share, Terms
from app.programmes.schemas import (
    FunderPageSchema,
    OnDayQuery,
    ProgrammePageSchema,
    ProgrammeRequestSchema,
    ProgrammeSchema,
    SettingsPageQuery,
    SettingsPageSchema,
    SettingsRequestSchema,
    SettingsSchema,
    SettingsWithdrawalRequestSchema,
    SettingsWithdrawalSchema,
    VintagePageSchema,
    VintageRequestSchema,
    VintageSchema,
)
from app.programmes.views import (
    programmes_shown,
    settings_shown,
    shares_shown,
    vintages_shown,
)
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page, whole
from app.web.auth import current_actor, started_at, started_on
from app.web.transaction import current_settings, in_transaction

routes = Routes("programmes", "Dispositifs et millésimes.")
bp = routes.blueprint


@routes.post(
    "/programmes",
    "Ouvrir un dispositif",
    right=Right.MANAGE_PROGRAMME,
    body=ProgrammeRequestSchema,
    answer=ProgrammeSchema,
    refuses=(404,),
)
def create_programme(body: Json) -> Json:
    """Open a programme with what each public is entitled to."""
    if "entitlements" in body:
        body["entitlements"] = [Entitled(**entitled) for entitled in body["entitlements"]]

    def work(session: Session) -> list[Json]:
        programme = service.create_programme(
            session,
            actor=current_actor(),
            programme_id=id_of_request(body),
            now=started_at(),
            **body,
        )
        return programmes_shown(session, [programme], on=started_on())

    return in_transaction(work)[0]


@routes.get(
    "/programmes",
    "Lister les dispositifs",
    right=Right.SEE_PROGRAMME,
    query=UuidPageQuery,
    answer=ProgrammePageSchema,
)
def list_programmes(query: Json) -> Json:
    """Programmes in the order of their ids."""
    return in_transaction(
        lambda session: page(
            query,
            partial(queries.programmes_after, session, query["after"]),
            partial(programmes_shown, session, on=started_on()),
        )
    )


@routes.get(
    "/programmes/<uuid:programme_id>",
    "Lire un dispositif",
    right=Right.SEE_PROGRAMME,
    answer=ProgrammeSchema,
)
def read_programme(programme_id: UUID) -> Json:
    """One programme."""
    return in_transaction(
        lambda session: programmes_shown(
            session, [service.known_programme(session, programme_id)], on=started_on()
        )
    )[0]


@routes.post(
    "/programmes/<uuid:programme_id>/settings",
    "Changer les réglages à partir d’un jour",
    right=Right.MANAGE_PROGRAMME,
    body=SettingsRequestSchema,
    answer=SettingsSchema,
    refuses=(404,),
    description="Une version entière : ce qui s’appliquait avant reste lisible.",
)
def change_settings(body: Json, programme_id: UUID) -> Json:
    """Set a programme to something else from a day on."""
    settings_id = id_of_request(body)
    moment = {
        "applies_from": body.pop("applies_from"),
        "document": body.pop("document", None),
        "accept_below": body.pop("accept_below"),
    }
    if "entitlements" in body:
        body["entitlements"] = tuple(Entitled(**entitled) for entitled in body["entitlements"])
    body["funders"] = tuple(Share(**share) for share in body.get("funders", ()))

    def work(session: Session) -> list[Json]:
        settings = service.change_settings(
            session,
            actor=current_actor(),
            settings_id=settings_id,
            programme_id=programme_id,
            terms=Terms(**body),
            committed=current_app.extensions[service.COMMITTED],
            now=started_at(),
            **moment,
        )
        return settings_shown(session, [settings])

    return in_transaction(work)[0]


@routes.post(
    "/programmes/<uuid:programme_id>/settings/<uuid:settings_id>/withdrawal",
    "Retirer une version des réglages avant son premier jour",
    right=Right.MANAGE_PROGRAMME,
    body=SettingsWithdrawalRequestSchema,
    answer=SettingsWithdrawalSchema,
    refuses=(404, 409),
    description="Elle reste lisible et ne s’applique jamais.",
)
def withdraw_settings(body: Json, programme_id: UUID, settings_id: UUID) -> SettingsWithdrawal:
    """Take back a version that has not begun."""
    return in_transaction(
        lambda session: service.withdraw_settings(
            session,
            actor=current_actor(),
            withdrawal_id=id_of_request(body),
            programme_id=programme_id,
            settings_id=settings_id,
            now=started_at(),
            **body,
        )
    )


@routes.get(
    "/programmes/<uuid:programme_id>/settings",
    "Lister les versions des réglages",
    right=Right.SEE_PROGRAMME,
    query=SettingsPageQuery,
    answer=SettingsPageSchema,
)
def list_settings(query: Json, programme_id: UUID) -> Json:
    """Every version, oldest first; with a day, the one that applied on it."""

    def work(session: Session) -> Json:
        programme = service.known_programme(session, programme_id)
        if query["on"]:
            return whole(
                settings_shown(session, [service.settings_on(session, programme.id, query["on"])])
            )
        return page(
            query,
            partial(queries.settings_after, session, programme.id, query["after"]),
            partial(settings_shown, session),
            key=attrgetter("ordinal"),
        )

    return in_transaction(work)


@routes.get(
    "/programmes/<uuid:programme_id>/funders",
    "Lister les financeurs d’un dispositif",
    right=Right.SEE_PROGRAMME,
    query=OnDayQuery,
    answer=FunderPageSchema,
)
def list_funders(query: Json, programme_id: UUID) -> Json:
    """Who funds what part of the value of the passes used, on a day."""

    def work(session: Session) -> Json:
        day = query["on"] or started_on()
        return whole(shares_shown(session, service.settings_on(session, programme_id, day)))

    return in_transaction(work)


@routes.post(
    "/programmes/<uuid:programme_id>/vintages",
    "Ouvrir un millésime",
    right=Right.MANAGE_PROGRAMME,
    body=VintageRequestSchema,
    answer=VintageSchema,
    refuses=(409,),
    description="Le repère (26A) sert d’identifiant : renvoyer la même demande ne refait rien.",
)
def create_vintage(body: Json, programme_id: UUID) -> Json:
    """Open a vintage and make its key."""

    def work(session: Session) -> list[Json]:
        terms = service.create_vintage(
            session,
            actor=current_actor(),
            programme_id=programme_id,
            keys=KeyStore(current_settings().key_dir),
            now=started_at(),
            **body,
        )
        return vintages_shown(session, [terms])

    return in_transaction(work)[0]


@routes.get(
    "/programmes/<uuid:programme_id>/vintages",
    "Lister les millésimes d’un dispositif",
    right=Right.SEE_PROGRAMME,
    answer=VintagePageSchema,
)
def list_vintages(programme_id: UUID) -> Json:
    """Every vintage of a programme, oldest first."""

    def work(session: Session) -> Json:
        programme = service.known_programme(session, programme_id)
        return whole(vintages_shown(session, queries.vintages_of(session, programme.id)))

    return in_transaction(work)
