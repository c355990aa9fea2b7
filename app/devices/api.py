"""Devices over HTTP: offered, enrolled, listed, revoked, and the list that each one holds."""

from functools import cache, partial
from pathlib import Path
from uuid import UUID

from flask import Response, request
from sqlalchemy.orm import Session

from app.devices import enrolments, lists, queries, rules
from app.devices.schemas import (
    DeviceOfferRequestSchema,
    DeviceOfferSchema,
    DevicePageSchema,
    DeviceRequestSchema,
    DeviceSchema,
    EnrolledDeviceSchema,
    RevocationRequestSchema,
    VoucherListQuery,
)
from app.devices.signing import ListSigner
from app.devices.views import devices_shown, offer_shown
from app.identity.rules import Right
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page
from app.web.auth import (
    FOR_DEVICES,
    FOR_OFFERS,
    current_actor,
    current_device_id,
    offer_secret,
    origin,
    started_at,
)
from app.web.downloads import download
from app.web.transaction import (
    current_settings,
    in_transaction,
    in_transactions_of_its_own,
    request_session,
)

routes = Routes("devices", "Appareils des médiateurs : ajout, liste des pass, révocation.")
bp = routes.blueprint
FOR_OFFERS.add("devices.enrol_device")
FOR_DEVICES.update({"devices.read_own_device", "devices.take_voucher_list"})


@cache
def list_signer_of(key_dir: Path) -> ListSigner:
    """Who signs lists with the key of that folder; the file is read once."""
    return ListSigner(key_dir)


@routes.post(
    "/devices/offers",
    "Proposer d’ajouter un appareil",
    right=Right.OFFER_DEVICE,
    body=DeviceOfferRequestSchema,
    answer=DeviceOfferSchema,
    refuses=(429,),
    description="Vaut quinze minutes, pour un appareil ; le carré d’avant ne sert plus.",
)
def offer_device(body: Json) -> Json:
    """A square for one more device of one's own organisation."""
    settings = current_settings()
    offer = in_transaction(
        lambda session: enrolments.offer_device(
            session,
            actor=current_actor(),
            offer_id=id_of_request(body),
            secret_key=settings.secret_key,
            origin=origin(),
            now=started_at(),
        )
    )
    return offer_shown(offer, secret_key=settings.secret_key, public_url=settings.public_url)


@routes.post(
    "/devices",
    "Enrôler un appareil",
    right=None,
    body=DeviceRequestSchema,
    answer=EnrolledDeviceSchema,
    refuses=(409,),
    description="Par l’appareil lui-même, avec le secret du carré comme jeton « Bearer ». "
    "Aucune réponse ne contient de secret : la redemander après une coupure est sans risque.",
)
def enrol_device(body: Json) -> Json:
    """Take in the device that asks."""
    secret = offer_secret()
    asked = enrolments.Asked(
        body["id"], body["name"], body["public_key"], body["credential"], body["proof"]
    )

    def work(session: Session) -> Json:
        device = enrolments.enrol_device(
            session, secret=secret, asked=asked, origin=origin(), now=started_at()
        )
        return devices_shown(session, [device])[0]

    return in_transaction(work) | {
        "list_key": list_signer_of(current_settings().key_dir).public_key
    }


@routes.get(
    "/devices",
    "Lister les appareils",
    right=Right.SEE_DEVICES,
    query=UuidPageQuery,
    answer=DevicePageSchema,
)
def list_devices(query: Json) -> Json:
    """Devices in the order of their ids; a mediator's own."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                queries.devices_after, session, query["after"], mediator_id=current_actor().scope
            ),
            partial(devices_shown, session),
        )
    )


@routes.get("/devices/me", "Lire l’appareil qui demande", answer=DeviceSchema)
def read_own_device() -> Json:
    """The device whose credential was shown."""
    session = request_session()
    device = queries.device(session, current_device_id())
    return devices_shown(session, [device] if device else [])[0]


@routes.post(
    "/devices/<uuid:device_id>/revocation",
    "Révoquer un appareil",
    right=Right.REVOKE_DEVICE,
    body=RevocationRequestSchema,
    answer=DeviceSchema,
    refuses=(409,),
    description="Il n’ouvre plus rien, dès cet instant. Ce qu’il a envoyé reste.",
)
def revoke_device(body: Json, device_id: UUID) -> Json:
    """A device opens nothing any more."""

    def work(session: Session) -> Json:
        enrolments.revoke_device(
            session,
            actor=current_actor(),
            device_id=device_id,
            reason=body["reason"],
            origin=origin(),
            now=started_at(),
        )
        device = enrolments.known_device(session, actor=current_actor(), device_id=device_id)
        return devices_shown(session, [device])[0]

    return in_transaction(work)


@routes.file(
    "/devices/me/voucher-list",
    "Prendre la liste des pass",
    right=Right.TAKE_VOUCHER_LIST,
    query=VoucherListQuery,
    formats={"list": rules.CONTENT_TYPE},
    refuses=(404, 429),
    description="Seul un appareil la demande. Huit octets par pass, signée, propre à l’appareil : "
    "voir docs/devices.md. Avec `since`, les seuls changements, ou toute la liste quand cette "
    "version est trop vieille.",
    unless_held="L’appareil a envoyé `If-None-Match` avec l’`ETag` de sa liste : rien n’a changé.",
)
def take_voucher_list(query: Json) -> Response:
    """The list of the device that asks, whole or what changed."""
    device_id, settings = current_device_id(), current_settings()
    actor, now = current_actor(), started_at()
    taken = in_transactions_of_its_own(
        lambda database: lists.take_list(
            database,
            actor=actor,
            device_id=device_id,
            since=query["since"],
            held=frozenset(request.if_none_match.as_set(include_weak=True)),
            signer=list_signer_of(settings.key_dir),
            now=now,
        )
    )
    if taken.content is None:
        answer = Response(status=304)
    else:
        name = f"liste-{taken.version}.pnvl"
        answer = download(taken.content, name, rules.CONTENT_TYPE)
    answer.set_etag(taken.tag, weak=True)
    # What a list says holds at this instant, also when it is the one that the device has.
    answer.headers["Passnum-As-Of"] = taken.as_of.isoformat()
    return answer
