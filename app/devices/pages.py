"""« Mes appareils »: a square for one more, what each of them holds, and the end of a lost one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.database.lists import Place
from app.devices import enrolments, queries
from app.devices.enrolments import secret_of
from app.devices.rules import OLD_AFTER
from app.devices.views import DeviceTold, address_of, devices_told
from app.identity.device_models import Device, DeviceOffer, DeviceRevocation
from app.identity.device_rules import CHOSEN_REASONS, FRENCH_REASON, RevocationReason
from app.identity.rules import LinkEnd, Right
from app.kernel.communes import key_of
from app.papers import qr
from app.papers.sheets import Kind
from app.programmes.queries import is_demonstration
from app.web.auth import ANONYMOUS, check, current_actor, may, origin, started_at
from app.web.forms import Form, done
from app.web.lists import Column, Listed, Listing, piece_of
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction, request_session

bp = Blueprint("devices_pages", __name__)
ANONYMOUS.add("devices_pages.arrive")

REASONS = tuple(Choice(str(reason), FRENCH_REASON[reason]) for reason in CHOSEN_REASONS)


class Shown(StrEnum):
    """Which devices a list shows, as its address says it."""

    SERVING = "en-service"
    LATE = "liste-ancienne"
    REVOKED = "revoques"


FRENCH_SHOWN = {
    Shown.SERVING: "En service",
    Shown.LATE: "En service, liste ancienne",
    Shown.REVOKED: "Révoqués",
}
END_WORDS = {
    str(LinkEnd.WITHDRAWN): "Il a été retiré.",
    str(LinkEnd.REPLACED): "Un autre carré, plus récent, l’a remplacé.",
    "expired": "Ses quinze minutes sont passées.",
}
"""What became of a square that no device used."""
STATES = tuple(Choice(str(one), words) for one, words in FRENCH_SHOWN.items())


@dataclass(frozen=True, slots=True)
class DevicesPage:
    """Devices of a mediator, or of all of them."""

    list: Listed[DeviceTold]
    is_own: bool
    may_offer: bool
    states: tuple[Choice, ...]
    old_after: timedelta = OLD_AFTER


@dataclass(frozen=True, slots=True)
class OfferPage:
    """A square, for as long as it serves; then what became of it."""

    form: Form
    offer: DeviceOffer | None = None
    device: Device | None = None
    left: timedelta = timedelta(0)
    end: str = ""
    side: int = 0
    path: str = ""

    @property
    def end_words(self) -> str:
        """The same in words, of a square that no device used."""
        return END_WORDS.get(self.end, "")


@dataclass(frozen=True, slots=True)
class DevicePage:
    """One device; with a form where it is to be revoked."""

    told: DeviceTold
    form: Form
    is_own: bool
    may_revoke: bool
    reasons: tuple[Choice, ...] = REASONS
    old_after: timedelta = OLD_AFTER


def _is_own() -> bool:
    return current_actor().scope is not None


# ── The list ──────────────────────────────────────────────────────────────────────────────────────


def _found(session: Session, form: Form, place: Place) -> list[Device]:
    """A few dozen devices, held whole: their order is that of what is told of them."""
    asked = form.among("etat", {str(one): str(one) for one in Shown})
    revoked = None if not asked else asked == Shown.REVOKED
    scope = current_actor().scope
    found = session.scalars(
        queries.devices(mediator_id=scope, revoked=revoked).order_by(Device.id.desc())
    ).all()
    told = {one.device.id: one for one in devices_told(session, found, now=started_at())}
    if asked == Shown.LATE:
        found = [one for one in found if told[one.id].is_late]
    never = timedelta(days=36_500)
    return piece_of(
        found,
        place,
        {
            "ajout": lambda one: one.enrolled_at,
            "structure": lambda one: key_of(told[one.id].mediator_name),
            "age": lambda one: told[one.id].age or never,
        },
    )


def _told(session: Session, found: Sequence[Device]) -> list[DeviceTold]:
    return devices_told(session, found, now=started_at())


def _state(line: DeviceTold) -> str:
    if line.revoked_at is not None:
        return f"{line.state} : {line.reason.lower()}"
    return line.state


DEVICES = Listing(
    "devices_pages.listed",
    name="appareils",
    title="Appareils",
    columns=(
        # Somebody may have named it after the person who carries it.
        Column[DeviceTold]("Appareil", None),
        Column("Structure", lambda line: line.mediator_name, sort="structure", width=36),
        Column("Ajouté le", lambda line: line.device.enrolled_at, Kind.MOMENT, "ajout"),
        Column(
            "Liste prise le",
            lambda line: line.taken_at,
            Kind.MOMENT,
            "age",
            ways=("de la plus récente à la plus ancienne", "de la plus ancienne à la plus récente"),
        ),
        Column("État", _state, width=28),
    ),
    filters=("etat",),
    found=_found,
    told=_told,
    first="-ajout",
)


@bp.get("/appareils")
def listed() -> ResponseReturnValue:
    """Devices; a mediator's own, or everybody's by mediator with the age of their list."""
    check(Right.SEE_DEVICES)
    hidden = frozenset({"Structure"}) if _is_own() else frozenset()
    page = in_transaction(
        lambda session: DevicesPage(
            DEVICES.page(session, hidden=hidden), _is_own(), may(Right.OFFER_DEVICE), STATES
        )
    )
    return render_template("devices/list.html", page=page)


@bp.get("/appareils.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The devices of the address, without their names."""
    check(Right.SEE_DEVICES)
    return DEVICES.file(ending, is_demonstration)


# ── One more ──────────────────────────────────────────────────────────────────────────────────────


@bp.route("/appareils/nouveau", methods=["GET", "POST"])
def offer() -> ResponseReturnValue:
    """Say what is going to happen, then make a square."""
    check(Right.OFFER_DEVICE)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        made = form.submit(
            lambda session: enrolments.offer_device(
                session,
                actor=current_actor(),
                offer_id=form.id,
                secret_key=current_settings().secret_key,
                origin=origin(),
                now=started_at(),
            )
        )
        if made is not None:
            return redirect(url_for("devices_pages.offered", offer_id=made.id), 303)
    return render_template("devices/new.html", page=OfferPage(form)), form.status


@bp.get("/appareils/ajout/<uuid:offer_id>")
def offered(offer_id: UUID) -> ResponseReturnValue:
    """The square and the time that is left; once it has served, the device that came by it."""
    session, now, settings = request_session(), started_at(), current_settings()
    one = enrolments.known_offer(session, actor=current_actor(), offer_id=offer_id)
    device = queries.device_of_offer(session, one.id)
    end = queries.offer_end(session, one.id)
    said = str(end.reason) if end else ("expired" if one.expires_at <= now else "")
    if device is not None or said:
        page = OfferPage(Form.blank(), one, device, end=said)
        return render_template("devices/offer.html", page=page)
    address = address_of(settings.public_url, secret_of(settings.secret_key, one.id))
    side, path = qr.on_screen(address)
    page = OfferPage(Form.blank(), one, left=one.expires_at - now, side=side, path=path)
    return render_template("devices/offer.html", page=page)


@bp.post("/appareils/ajout/retrait")
def withdraw() -> ResponseReturnValue:
    """A square that somebody else has seen serves no more."""
    check(Right.OFFER_DEVICE)
    in_transaction(
        lambda session: enrolments.withdraw_offers(session, actor=current_actor(), now=started_at())
    )
    return done(
        url_for("devices_pages.listed"),
        "Le carré ne sert plus. Faites-en un autre quand vous aurez l’appareil sous la main.",
    )


@bp.get("/appareil")
def arrive() -> Response | str:
    """Where a square leads a telephone that has not the application: what to do with it."""
    return render_template("devices/arrive.html", page=None)


# ── One of them ───────────────────────────────────────────────────────────────────────────────────


def _device(device_id: UUID, form: Form) -> DevicePage:
    session = request_session()
    device = enrolments.known_device(session, actor=current_actor(), device_id=device_id)
    [told] = devices_told(session, [device], now=started_at())
    may_revoke = told.revoked_at is None and may(Right.REVOKE_DEVICE)
    return DevicePage(told, form, _is_own(), may_revoke)


@bp.get("/appareils/<uuid:device_id>")
def shown(device_id: UUID) -> ResponseReturnValue:
    """What is known of a device."""
    return render_template("devices/device.html", page=_device(device_id, Form.blank()))


@bp.route("/appareils/<uuid:device_id>/revoquer", methods=["GET", "POST"])
def revoke(device_id: UUID) -> ResponseReturnValue:
    """Read what it means, say why, and end it."""
    check(Right.REVOKE_DEVICE)
    if request.method == "GET":
        form = Form.blank()
    else:
        form = Form.sent()
        reason = form.choice("reason", RevocationReason, "Choisissez un motif.")

        def end(session: Session) -> DeviceRevocation:
            form.check()
            return enrolments.revoke_device(
                session,
                actor=current_actor(),
                device_id=device_id,
                reason=reason,
                origin=origin(),
                now=started_at(),
            )

        ended = form.submit(end)
        if ended is not None:
            return done(
                url_for("devices_pages.shown", device_id=device_id),
                "L’appareil est révoqué : il n’ouvre plus rien et ne reçoit plus de liste. "
                "Ce qu’il avait déjà envoyé reste encaissé.",
            )
    page = _device(device_id, form)
    if page.told.revoked_at is not None:
        return redirect(url_for("devices_pages.shown", device_id=device_id))
    return render_template("devices/revoke.html", page=page), form.status
