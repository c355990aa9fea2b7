"""A place in the national schema « lieux de médiation numérique »: plain values, no database.

Fields and words are those of the standard 1.0.2 (https://github.com/LaMednum/standard-mediation-num)
as its reference library reads them (@gouvfr-anct/lieux-de-mediation-numerique): lists are parted by
a bar; older files part them by semicolons, and use longer words for some of the values.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Final

from app.kernel.communes import COMMUNES, Commune, Point, commune_named
from app.kernel.money import NO_BREAK
from app.kernel.text import clean, read_day, read_email, written_phone
from app.mediators.rules import FRENCH_SERVICE, OpeningHours, Service, week_in_words
from app.partners.rules import (
    MICRODEGREES,
    OrganisationKind,
    read_insee,
    read_phone,
    read_postcode,
    read_siret,
)
from app.places import osm

FIELDS: Final = (
    "id", "pivot", "nom", "commune", "code_postal", "code_insee", "adresse", "complement_adresse",
    "latitude", "longitude", "typologie", "telephone", "courriels", "site_web", "horaires",
    "presentation_resume", "presentation_detail", "source", "itinerance", "structure_parente",
    "date_maj", "services", "publics_specifiquement_adresses", "prise_en_charge_specifique",
    "frais_a_charge", "dispositif_programmes_nationaux", "formations_labels",
    "autres_formations_labels", "modalites_acces", "modalites_accompagnement", "fiche_acces_libre",
    "prise_rdv",
)  # fmt: skip
"""In the order of the standard."""

BAR: Final = "|"
LONGEST_SUMMARY: Final = 280
LONGEST_TEXT: Final = 2000
LONGEST_FIELD: Final = 500
MOST_ROWS: Final = 100_000
"""Twice the whole country."""
MOST_KEPT: Final = 5_000
NO_PIVOT: Final = "00000000000000"
"""What national files write where no SIRET is known."""
_RNA = re.compile(r"W[a-zA-Z0-9]{9}")
_URL = re.compile(r"https?://[A-Za-z0-9.-]+\.[A-Za-z]{2,}(?:[/?#][\w+~,%@/.&=;#?!:-]*)?")
_DECIMAL = re.compile(r"[-−]?\d{1,3}(?:[.,]\d{1,15})?")
_NEAR: Final = (14.3, 15.0, -61.4, -60.6)
"""South, north, west and east of Martinique: coordinates elsewhere are a slip."""

VOCABULARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "services": tuple(FRENCH_SERVICE.values()),
    "itinerance": ("Itinérant", "Fixe"),
    "publics_specifiquement_adresses": (
        "Jeunes", "Étudiants", "Familles et/ou enfants", "Seniors", "Femmes",
    ),
    "prise_en_charge_specifique": (
        "Surdité", "Handicaps moteurs", "Handicaps mentaux", "Illettrisme",
        "Langues étrangères (anglais)", "Langues étrangères (autres)", "Déficience visuelle",
    ),
    "frais_a_charge": ("Gratuit sous condition", "Gratuit", "Payant"),
    "dispositif_programmes_nationaux": (
        "Aidants Connect", "Bibliothèques numérique de référence", "Certification PIX",
        "Conseillers numériques", "Emmaüs Connect", "France Services",
        "Grande école du numérique", "La Croix Rouge", "Point d'accès numérique CAF",
        "Promeneurs du net", "Relais numérique (Emmaüs Connect)",
    ),
    "modalites_acces": (
        "Se présenter", "Téléphoner", "Contacter par mail", "Prendre un RDV en ligne",
        "Ce lieu n'accueille pas de public", "Envoyer un mail avec une fiche de prescription",
    ),
    "modalites_accompagnement": (
        "En autonomie", "Accompagnement individuel", "Dans un atelier collectif", "À distance",
    ),
}  # fmt: skip
"""Words of a closed list; a longer one that begins like one of these is an older way of it."""

SERVICE_OF: Final = {words: service for service, words in FRENCH_SERVICE.items()}

KIND_OF: Final[Mapping[str, OrganisationKind]] = {
    "ASSO": OrganisationKind.ASSOCIATION,
    "BIB": OrganisationKind.MEDIA_LIBRARY,
    "CAF": OrganisationKind.CAF,
    "CCAS": OrganisationKind.CCAS,
    "CIAS": OrganisationKind.CCAS,
    "FT": OrganisationKind.EMPLOYMENT_SERVICE,
    "LA_POSTE": OrganisationKind.LA_POSTE,
    "MUNI": OrganisationKind.TOWN,
    "OF": OrganisationKind.TRAINING_BODY,
    "PE": OrganisationKind.EMPLOYMENT_SERVICE,
    "PLIE": OrganisationKind.PLIE,
    "RFS": OrganisationKind.FRANCE_SERVICES,
}
"""What a national typology says of the nature of a body, where it says it without doubt."""
TYPOLOGY_OF: Final[Mapping[OrganisationKind, str]] = {
    OrganisationKind.ASSOCIATION: "ASSO",
    OrganisationKind.MEDIA_LIBRARY: "BIB",
    OrganisationKind.CYBER_BASE: "EPN",
    OrganisationKind.CAF: "CAF",
    OrganisationKind.CCAS: "CCAS",
    OrganisationKind.EMPLOYMENT_SERVICE: "FT",
    OrganisationKind.LA_POSTE: "LA_POSTE",
    OrganisationKind.TOWN: "MUNI",
    OrganisationKind.TRAINING_BODY: "OF",
    OrganisationKind.PLIE: "PLIE",
    OrganisationKind.FRANCE_SERVICES: "RFS",
    OrganisationKind.COMPANY: "Autre",
}
CHOSEN_KINDS: Final = tuple(TYPOLOGY_OF)
"""What a place that comes in by a file may be."""


class Verdict(StrEnum):
    """What became of a row when it was read."""

    TOLD = "told"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: where it stands, its fields as the standard writes them, what is said."""

    line: int
    verdict: Verdict
    fields: Mapping[str, str]
    remarks: tuple[str, ...]
    """Why it is put aside; or what of it is not taken."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a row that can be taken says of a place."""

    fields: Mapping[str, str]

    @property
    def siret(self) -> str | None:
        """The establishment, where the file names one that can be."""
        pivot = self.fields.get("pivot", "")
        return None if pivot == NO_PIVOT else read_siret(pivot)

    @property
    def commune(self) -> Commune | None:
        """One of the eighteen."""
        return commune_of(self.fields)

    @property
    def services(self) -> frozenset[Service]:
        """What it offers."""
        return frozenset(SERVICE_OF[one] for one in parted(self.fields.get("services", "")))

    @property
    def hours(self) -> tuple[OpeningHours, ...]:
        """When it is open, as far as a week says it."""
        return osm.read(self.fields.get("horaires", "")) or ()

    @property
    def kind(self) -> OrganisationKind | None:
        """Its nature, where its typology says so without doubt."""
        found = {KIND_OF.get(one) for one in parted(self.fields.get("typologie", ""))}
        return found.pop() if len(found) == 1 else None

    @property
    def microdegrees(self) -> tuple[int, int] | None:
        """Latitude and longitude."""
        latitude, longitude = self.fields.get("latitude"), self.fields.get("longitude")
        if not latitude or not longitude:
            return None
        return round(float(latitude) * MICRODEGREES), round(float(longitude) * MICRODEGREES)

    @property
    def point(self) -> Point | None:
        """Where it is."""
        found = self.microdegrees
        return Point(found[0] / MICRODEGREES, found[1] / MICRODEGREES) if found else None

    @property
    def phone(self) -> str:
        """Its telephone as it is dialled here."""
        return self.fields.get("telephone", "")

    @property
    def email(self) -> str:
        """The first of its addresses."""
        return next(iter(parted(self.fields.get("courriels", ""))), "")


def parted(value: str) -> list[str]:
    """The values of a list."""
    return [part for part in (one.strip() for one in value.split(BAR)) if part]


def commune_of(fields: Mapping[str, str]) -> Commune | None:
    """The commune of the territory that a row is in: by its code, else by its name."""
    code = read_insee(fields.get("code_insee", ""))
    if code is not None:
        return next((one for one in COMMUNES if one.insee == code), None)
    return commune_named(fields.get("commune", ""))


def read_row(line: int, typed: Mapping[str, str]) -> Row:
    """A row, field by field: what cannot stand puts it aside, what cannot be read is left out."""
    fields: dict[str, str] = {}
    wrong: list[str] = []
    remarks: list[str] = []
    given = {name: " ".join(typed.get(name, "").split()) for name in FIELDS}
    for name, sentence in (
        ("id", "Il manque l’identifiant du lieu (id)."),
        ("nom", "Il manque le nom du lieu (nom)."),
        ("adresse", "Il manque le numéro et la rue (adresse)."),
        ("commune", "Il manque la commune (commune)."),
    ):
        text = clean(given[name])
        if text is None:
            wrong.append(sentence)
        else:
            fields[name] = text
    postcode = read_postcode(given["code_postal"])
    if postcode is None:
        wrong.append("Le code postal a 5 chiffres (code_postal).")
    else:
        fields["code_postal"] = postcode
    told_on = read_day(given["date_maj"][:10])
    if told_on is None:
        wrong.append("La date de mise à jour s’écrit 2026-11-19 (date_maj).")
    else:
        fields["date_maj"] = told_on.isoformat()
    if (commune := commune_of(given)) is not None:
        fields["commune"], fields["code_insee"] = commune.name, commune.insee
    _pivot(given["pivot"], fields, remarks)
    _point(given["latitude"], given["longitude"], fields, remarks)
    _reach(given, fields, remarks)
    _words(given, fields, remarks)
    if not fields.get("services"):
        wrong.append("Il faut au moins un service de la liste nationale (services).")
    _texts(given, fields)
    if hours := given["horaires"]:
        if osm.read(hours) is None:
            remarks.append(f"Horaires non repris, à taper à la main : « {hours[:80]} ».")
        else:
            fields["horaires"] = hours
    verdict = Verdict.WRONG if wrong else Verdict.TOLD
    return Row(line, verdict, fields, tuple(wrong or remarks))


def _pivot(typed: str, fields: dict[str, str], remarks: list[str]) -> None:
    plain = "".join(typed.split())
    if plain in {"", NO_PIVOT}:
        remarks.append("Sans SIRET : le lieu est reconnu à son identifiant, ou à son nom.")
    elif siret := read_siret(plain):
        fields["pivot"] = siret
    elif _RNA.fullmatch(plain):
        fields["pivot"] = plain
    else:
        remarks.append("SIRET non repris : sa clé est fausse.")


def _point(latitude: str, longitude: str, fields: dict[str, str], remarks: list[str]) -> None:
    if not latitude and not longitude:
        return
    south, north, west, east = _NEAR
    if _DECIMAL.fullmatch(latitude) and _DECIMAL.fullmatch(longitude):
        lat, long = (
            float(one.replace(",", ".").replace("−", "-")) for one in (latitude, longitude)
        )
        if south <= lat <= north and west <= long <= east:
            fields["latitude"], fields["longitude"] = f"{lat:.6f}", f"{long:.6f}"
            return
    remarks.append("Coordonnées non reprises : elles ne sont pas en Martinique.")


def _reach(given: Mapping[str, str], fields: dict[str, str], remarks: list[str]) -> None:
    if phone := given["telephone"]:
        number = read_phone(
            phone if not re.match(r"(33|590|594|596|262)\d", phone) else f"+{phone}"
        )
        if number is None:
            remarks.append("Téléphone non repris : il ne se lit pas.")
        else:
            fields["telephone"] = number
    emails = [read_email(one) for one in re.split(r"[|;,\s]+", given["courriels"]) if one]
    if found := [one for one in emails if one]:
        fields["courriels"] = BAR.join(found)
    for name in ("site_web", "fiche_acces_libre", "prise_rdv"):
        urls = [one for one in re.split(r"[|;\s]+", given[name]) if _URL.fullmatch(one)]
        if urls:
            fields[name] = BAR.join(urls)[:LONGEST_FIELD] if name == "site_web" else urls[0]


def _words(given: Mapping[str, str], fields: dict[str, str], remarks: list[str]) -> None:
    """Lists whose values are a vocabulary; a value that is not in it is said and left out."""
    for name, known in VOCABULARIES.items():
        found: list[str] = []
        for part in filter(None, (one.strip() for one in re.split(r"[|;]", given[name]))):
            plain = part.replace("’", "'").casefold()
            value = next((one for one in known if plain.startswith(one.casefold())), None)
            if value is None:
                remarks.append(f"Valeur non reprise ({name}) : « {part[:60]} ».")
            elif value not in found:
                found.append(value)
        if found:
            fields[name] = BAR.join(found)
    typologies = [one for one in re.split(r"[|;,\s]+", given["typologie"]) if one]
    if typologies:
        fields["typologie"] = BAR.join(typologies)[:LONGEST_FIELD]


def _texts(given: Mapping[str, str], fields: dict[str, str]) -> None:
    for name, longest in (
        ("complement_adresse", 200),
        ("presentation_resume", LONGEST_SUMMARY),
        ("presentation_detail", LONGEST_TEXT),
        ("source", 200),
        ("structure_parente", 200),
        ("formations_labels", LONGEST_FIELD),
        ("autres_formations_labels", LONGEST_FIELD),
    ):
        if text := clean(given[name][:longest], longest=longest):
            fields[name] = text


# ── Against what the directory says ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Known:
    """What the directory says of a place, as far as the schema says it too."""

    name: str = ""
    commune: str = ""
    street: str = ""
    complement: str = ""
    postcode: str = ""
    microdegrees: tuple[int, int] | None = None
    phone: str = ""
    email: str = ""
    services: frozenset[Service] = frozenset()
    hours: tuple[OpeningHours, ...] = ()
    told_on: date | None = None


class Aspect(StrEnum):
    """A part of a place that is said, and replaced, as a whole."""

    ADDRESS = "address"
    CONTACT = "contact"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Difference:
    """What the directory says and what a file says instead."""

    aspect: Aspect
    label: str
    ours: str
    theirs: str


def differences(told: Told, known: Known) -> list[Difference]:
    """What a file would change. What it does not say changes nothing."""
    fields = told.fields

    one_line = partial(written_phone, gap=NO_BREAK)

    def place(point: tuple[int, int] | None) -> str:
        return "" if point is None else ", ".join(f"{one / MICRODEGREES:.5f}" for one in point)

    pairs = (
        (Aspect.ADDRESS, "Rue", known.street, fields["adresse"]),
        (Aspect.ADDRESS, "Complément", known.complement, fields.get("complement_adresse", "")),
        (Aspect.ADDRESS, "Code postal", known.postcode, fields["code_postal"]),
        (Aspect.ADDRESS, "Coordonnées", place(known.microdegrees), place(told.microdegrees)),
        (Aspect.CONTACT, "Téléphone", one_line(known.phone), one_line(told.phone)),
        (Aspect.CONTACT, "Courriel", known.email, told.email),
        (Aspect.PROFILE, "Services", _listed(known.services), _listed(told.services)),
        (Aspect.PROFILE, "Horaires", _week(known.hours), _week(told.hours)),
    )
    return [
        Difference(aspect, label, ours, theirs)
        for aspect, label, ours, theirs in pairs
        if theirs and ours != theirs
    ]


def _week(hours: Iterable[OpeningHours]) -> str:
    """The hours of a week, in words."""
    return " ; ".join(f"{day.lower()} {said}" for day, said in week_in_words(hours))


def _listed(services: Iterable[Service]) -> str:
    return ", ".join(FRENCH_SERVICE[one] for one in sorted(services))


# ── Out ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Exported:
    """A place of ours as it is told to everybody."""

    id: str
    siret: str
    kind: OrganisationKind
    name: str
    commune: str
    insee: str
    postcode: str
    street: str
    complement: str
    microdegrees: tuple[int, int] | None
    phone: str
    email: str
    services: tuple[Service, ...]
    hours: tuple[OpeningHours, ...]
    only_seniors: bool
    takes_passes: bool
    told_on: date
    source: str
    imported: Mapping[str, str]
    """What a national file said of it beyond our directory, told on as it was."""


KEPT_ON: Final = (
    "typologie", "site_web", "presentation_resume", "presentation_detail", "itinerance",
    "structure_parente", "publics_specifiquement_adresses", "prise_en_charge_specifique",
    "frais_a_charge", "dispositif_programmes_nationaux", "formations_labels",
    "autres_formations_labels", "modalites_acces", "modalites_accompagnement", "fiche_acces_libre",
    "prise_rdv",
)  # fmt: skip


def ways_in(imported: Mapping[str, str], *, phone: str, email: str) -> list[str]:
    """How one is received, in national words: what a file said, else what can be called."""
    return parted(imported.get("modalites_acces", "")) or [
        *(["Téléphoner"] if phone else []),
        *(["Contacter par mail"] if email else []),
    ]


def national(place: Exported) -> dict[str, str | float]:
    """A place in the fields of the standard, those that are known, in its order."""
    told: dict[str, str | float] = {name: place.imported.get(name, "") for name in KEPT_ON}
    told |= {
        "id": place.id,
        "pivot": place.siret,
        "nom": place.name,
        "commune": place.commune,
        "code_postal": place.postcode,
        "code_insee": place.insee,
        "adresse": place.street,
        "complement_adresse": place.complement,
        "typologie": told["typologie"] or TYPOLOGY_OF.get(place.kind, ""),
        "telephone": _international(place.phone),
        "courriels": place.email,
        "horaires": osm.written(place.hours),
        "source": place.source,
        "date_maj": place.told_on.isoformat(),
        "services": BAR.join(FRENCH_SERVICE[one] for one in place.services),
        "publics_specifiquement_adresses": (
            "Seniors" if place.only_seniors else told["publics_specifiquement_adresses"]
        ),
        "frais_a_charge": (
            "Gratuit sous condition" if place.takes_passes else told["frais_a_charge"]
        ),
        "modalites_acces": BAR.join(ways_in(place.imported, phone=place.phone, email=place.email)),
    }
    if place.microdegrees is not None:
        latitude, longitude = place.microdegrees
        told |= {"latitude": latitude / MICRODEGREES, "longitude": longitude / MICRODEGREES}
    return {name: told[name] for name in FIELDS if told.get(name) not in {"", None}}


def _international(phone: str) -> str:
    """A number as the standard wants it: +596596123456."""
    if not phone.startswith("0"):
        return phone
    overseas = {"0590": "+590", "0690": "+590", "0596": "+596", "0696": "+596", "0594": "+594"}
    return overseas.get(phone[:4], "+33") + phone[1:]


def missing_to_export(place: Exported) -> list[str]:
    """What the standard asks for and the directory does not say, in words."""
    return [
        words
        for words, said in (
            ("SIRET", place.siret),
            ("rue", place.street),
            ("code postal", place.postcode),
            ("services", place.services),
        )
        if not said
    ]
