"""Places on pages: a list by distance with a plain map, one place, and our places as open data."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.clock import MARTINIQUE
from app.kernel.communes import COMMUNES, Point
from app.kernel.text import written_phone
from app.mediators import forms
from app.mediators import queries as mediators
from app.mediators.asking import FormPage, known
from app.mediators.hours import standing, standing_said
from app.mediators.queries import Offer
from app.mediators.rules import FRENCH_SERVICE, Service, week_in_words
from app.partners import queries as partners
from app.partners.rules import (
    FRENCH_KIND,
    MICRODEGREES,
    OrganisationKind,
    read_degrees,
    written_degrees,
)
from app.places import queries, service
from app.places.queries import Asked, Found, PlaceInDirectory
from app.places.rules import VOCABULARIES, Aspect
from app.places.views import as_csv, as_json
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.web.auth import ANONYMOUS, check, current_actor, may, started_at, started_on
from app.web.downloads import CSV
from app.web.forms import Form, done, number_asked
from app.web.maps import Map, drawn
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("places_pages", __name__)
ANONYMOUS.update({"places_pages.open_csv", "places_pages.open_json"})

LINES = 40
LAST_PAGE = 999
JSON = "application/json; charset=utf-8"
AN_HOUR = "public, max-age=3600"
SERVICES = forms.choices(FRENCH_SERVICE)
PUBLICS = tuple(Choice(str(one), words) for one, words in FRENCH_PUBLIC.items())
ACCESS = tuple(Choice(words, words) for words in VOCABULARIES["modalites_acces"])
COMMUNE_CHOICES = tuple(Choice(one.insee, one.name) for one in COMMUNES)


@dataclass(frozen=True, slots=True)
class Line:
    """A place of the list; its number is that of the map."""

    number: int
    id: UUID
    name: str
    commune: str
    distance: str
    opening: str
    receives: bool
    ours: bool
    missing: str


@dataclass(frozen=True, slots=True)
class PlacesPage:
    """The list of places, the map, and what was asked."""

    form: Form
    used: bool
    near: str
    """From where distances are told, in words."""
    lines: tuple[Line, ...]
    map: Map | None
    found_count: int
    more: str
    left_out_count: int
    may_manage: bool
    services: tuple[Choice, ...] = SERVICES
    publics: tuple[Choice, ...] = PUBLICS
    access: tuple[Choice, ...] = ACCESS
    communes: tuple[Choice, ...] = COMMUNE_CHOICES


@dataclass(frozen=True, slots=True)
class PlacePage:
    """One place: what is known of it, and what is not."""

    id: UUID
    name: str
    kind: str
    commune: str
    receives: bool
    ours: bool
    opening: str
    week: tuple[tuple[str, str], ...]
    services: tuple[str, ...]
    publics: tuple[str, ...]
    address: tuple[str, ...]
    coordinates: str
    phone: str
    dialled: str
    email: str
    access_notes: str
    ways_in: str
    national: tuple[tuple[str, str], ...]
    siret: str
    told_on: str
    missing: tuple[str, ...]
    not_exported: tuple[str, ...]
    map: Map | None
    may_manage: bool


# ── The list ──────────────────────────────────────────────────────────────────────────────────────


@bp.get("/lieux")
def places() -> ResponseReturnValue:
    """Every place of the directory, or those that were asked for, the nearest first."""
    check(Right.SEE_PARTNERS)
    return render_template("places/list.html", page=in_transaction(_places_page))


def _places_page(session: Session) -> PlacesPage:
    form = Form.asked(
        "commune", "latitude", "longitude", "service", "public", "acces", "ouvert", "pass", "manque"
    )
    near, from_where = _from_where(form)
    asked = Asked(
        near=near,
        service=form.among("service", {str(one): one for one in Service}),
        public=form.among("public", {str(one): one for one in Public}),
        access=form.among("acces", {one.value: one.value for one in ACCESS}),
        open_now=form.checked("ouvert"),
        receiving=form.checked("pass"),
        incomplete=form.checked("manque"),
    )
    now = started_at().astimezone(MARTINIQUE)
    places = queries.all_places(session, on=now.date())
    found = queries.find_places(session, asked, at=now, places=places)
    start = min(number_asked("page") or 0, LAST_PAGE) * LINES
    shown = list(enumerate(found, 1))[start : start + LINES]
    kept: dict[str, Any] = {k: v for k, v in request.args.items() if v and k != "page"}
    may_manage = may(Right.MANAGE_PARTNERS)
    return PlacesPage(
        form=form,
        used=bool(kept),
        near=from_where,
        lines=tuple(_line(number, one) for number, one in shown),
        map=drawn([(number, one.place.where) for number, one in shown], near),
        found_count=len(found),
        more=(
            url_for(".places", page=start // LINES + 1, **kept)
            if len(found) > start + LINES
            else ""
        ),
        left_out_count=(
            len(service.open_data(session, now=started_at(), places=places).left_out)
            if may_manage
            else 0
        ),
        may_manage=may_manage,
    )


def _from_where(form: Form) -> tuple[Point | None, str]:
    """The point from which distances are told: coordinates where both are typed, else a commune."""
    read = [read_degrees(form.text(name)) for name in ("latitude", "longitude")]
    if form.text("latitude") or form.text("longitude"):
        if read[0] is not None and read[1] is not None:
            point = Point(read[0] / MICRODEGREES, read[1] / MICRODEGREES)
            return point, "ce point"
        form.wrong("latitude", "Donnez la latitude et la longitude, par exemple 14,801 et −61,074.")
    commune = form.among("commune", {one.insee: one for one in COMMUNES})
    return (commune.centre, commune.name) if commune else (None, "")


def _line(number: int, found: Found) -> Line:
    one = found.place.organisation
    far = found.distance_km
    missing = ", ".join(found.place.to_complete)
    return Line(
        number=number,
        id=one.id,
        name=one.name,
        commune=one.commune,
        distance="" if far is None else "tout près" if far == 0 else f"{far}\u00a0km",
        opening=standing_said(found.standing, started_at().astimezone(MARTINIQUE)),
        receives=found.place.receives,
        ours=found.place.ours,
        missing=missing[:1].upper() + missing[1:],
    )


# ── One place ─────────────────────────────────────────────────────────────────────────────────────


@bp.get("/lieux/<uuid:place_id>")
def place(place_id: UUID) -> ResponseReturnValue:
    """What is known of a place, and what is missing."""
    check(Right.SEE_PARTNERS)
    known(place_id)
    return render_template(
        "places/place.html", page=in_transaction(lambda session: _place_page(session, place_id))
    )


def _one(session: Session, place_id: UUID) -> PlaceInDirectory:
    on = started_on()
    receiving = {one.organisation.id for one in mediators.places_receiving(session, on=on)}
    ours = partners.roles_by_organisation(session, queries.OURS, on=on)
    (found,) = queries.places_of(session, [place_id], receiving=receiving, ours=ours)
    return found


def _place_page(session: Session, place_id: UUID) -> PlacePage:
    found = _one(session, place_id)
    one, said, now = found.organisation, found.known(), started_at().astimezone(MARTINIQUE)
    left = {kept.organisation.id: why for kept, why in _open_data(session).left_out}
    told = standing(found.offer.hours, now)
    street = (said.street, said.complement, f"{said.postcode} {one.commune}".strip())
    return PlacePage(
        id=one.id,
        name=one.name,
        kind=FRENCH_KIND[OrganisationKind(one.kind)],
        commune=one.commune,
        receives=found.receives,
        ours=found.ours,
        opening=standing_said(told, now).capitalize(),
        week=week_in_words(found.offer.hours),
        services=tuple(FRENCH_SERVICE[each] for each in sorted(found.offer.services)),
        publics=tuple(FRENCH_PUBLIC[each] for each in sorted(found.offer.publics)),
        address=tuple(filter(None, street)) if said.street else (),
        coordinates=(
            f"{written_degrees(said.microdegrees[0])} ; {written_degrees(said.microdegrees[1])}"
            if said.microdegrees
            else ""
        ),
        phone=written_phone(said.phone),
        dialled=said.phone,
        email=said.email,
        access_notes=found.offer.access_notes or "",
        ways_in=", ".join(found.ways_in),
        national=tuple(
            (label, str(found.imported[name]).replace("|", ", "))
            for name, label in NATIONAL_WORDS.items()
            if found.imported.get(name)
        ),
        siret=one.siret or "",
        told_on=found.told_on.isoformat(),
        missing=found.missing,
        not_exported=left.get(one.id, ()),
        map=drawn([(1, found.where)], None),
        may_manage=may(Right.MANAGE_PARTNERS),
    )


NATIONAL_WORDS = {
    "presentation_resume": "Présentation",
    "site_web": "Site",
    "modalites_accompagnement": "Accompagnement",
    "frais_a_charge": "Frais",
    "publics_specifiquement_adresses": "Publics particuliers",
    "prise_en_charge_specifique": "Besoins particuliers",
    "dispositif_programmes_nationaux": "Programmes nationaux",
    "prise_rdv": "Rendez-vous en ligne",
    "source": "Source",
    "date_maj": "Mis à jour le",
}
"""What a national file says beyond our directory, and how a page calls it."""

COMPLETE = forms.Sheet(
    "Compléter le lieu",
    "Tout est sur cette page. Ce que vous laissez comme c’était n’est pas réécrit ; ce qui change "
    "est daté, et ce qui était dit avant reste lisible.",
    "Le lieu n’est pas enregistré",
    "Enregistrer le lieu",
    (
        *forms.ADDRESS.asked,
        *(asked for asked in forms.CONTACT.asked if asked.name != "position"),
        *forms.PROFILE.asked,
    ),
)


@bp.route("/lieux/<uuid:place_id>/completer", methods=["GET", "POST"])
def complete(place_id: UUID) -> ResponseReturnValue:
    """Say where a place is, how to reach it, what it offers and when, on one page."""
    check(Right.MANAGE_PARTNERS)
    organisation = known(place_id)
    if request.method == "POST":
        form = Form.sent()
        if form.submit(lambda session: _completed(session, form, place_id)) is not None:
            return done(
                url_for(".place", place_id=place_id),
                "Le lieu est à jour : les prescripteurs et les pages publiques le lisent.",
            )
    else:
        form = in_transaction(lambda session: Form.blank(**_typed(session, place_id)))
    page = FormPage(COMPLETE, form, url_for(".place", place_id=place_id), organisation.name)
    return render_template("partners/form.html", page=page), form.status


def _typed(session: Session, place_id: UUID) -> dict[str, str | list[str]]:
    found = _one(session, place_id)
    profile = mediators.profile_of(session, place_id)
    return {
        **forms.typed_address(found.address),
        "phone": written_phone(found.phone),
        "email": found.known().email,
        **forms.typed_offer(found.offer),
        "version": str(profile.version + 1 if profile else 1),
    }


def _completed(session: Session, form: Form, place_id: UUID) -> list[Aspect]:
    hours = forms.hours(form)
    offer = Offer(
        services=frozenset(map(Service, forms.several(form, "services", Service))),
        publics=frozenset(map(Public, forms.several(form, "publics", Public))),
        hours=tuple(sorted(hours)),
        access_notes=" ".join(form.text("access_notes").split()) or None,
    )
    point = (
        forms.degrees(form, "latitude_microdegrees"),
        forms.degrees(form, "longitude_microdegrees"),
    )
    version = form.integer("version", "Rechargez la page, puis recommencez.")
    form.check()
    return service.complete_place(
        session,
        actor=current_actor(),
        request_id=form.id,
        organisation_id=place_id,
        said=service.Said(
            street=form.text("street"),
            complement=form.text("complement"),
            postcode=form.text("postcode"),
            microdegrees=point,
            phone=form.text("phone"),
            email=form.text("email"),
            offer=offer,
            version=version,
        ),
        now=started_at(),
    )


# ── Open data ─────────────────────────────────────────────────────────────────────────────────────


@bp.get("/lieux.json")
def open_json() -> Response:
    """Our places in the national schema, for everybody."""
    return _told(as_json(in_transaction(_open_data).told), JSON)


@bp.get("/lieux.csv")
def open_csv() -> Response:
    """The same as a table."""
    return _told(as_csv(in_transaction(_open_data).told), CSV)


def _open_data(session: Session) -> queries.OpenData:
    return service.open_data(session, now=started_at())


def _told(content: bytes, kind: str) -> Response:
    answer = Response(content, content_type=kind)
    answer.headers["Cache-Control"] = AN_HOUR
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
