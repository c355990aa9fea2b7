"""The eighteen communes of CAP Nord: official code, name, and about where the middle of each is.

Codes and names are those of the EPCI 200041788 in the official division of France (all eighteen
compared with @etalab/decoupage-administratif 6.0). Latitude and longitude (WGS 84) are about the
middle of the territory, not of the town: each lies within 5 km of where another list puts the town.
They are good enough to say which of two places is nearer; nobody should find the way with them.
"""

import unicodedata
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Final

EARTH_RADIUS_KM = 6371.0


TERRITORY: Final = "Nord Martinique"
"""Stands for the commune of a body that has none of its own, or whose seat is not known."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the map, in degrees."""

    latitude: float
    longitude: float

    def distance_km(self, other: "Point") -> float:
        """As the crow flies; the road is longer, most of all between the two coasts."""
        lat, other_lat = radians(self.latitude), radians(other.latitude)
        half_lat = (other_lat - lat) / 2
        half_long = radians(other.longitude - self.longitude) / 2
        chord = sin(half_lat) ** 2 + cos(lat) * cos(other_lat) * sin(half_long) ** 2
        return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))


def kilometres(one: Point | None, other: Point | None) -> int | None:
    """How far apart, in whole kilometres: nobody chooses a place for a few steps.

    The one distance by which places are told and ordered; None when either is not known.
    """
    return None if one is None or other is None else round(one.distance_km(other))


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune of the territory."""

    insee: str
    name: str
    centre: Point


COMMUNES: Final = tuple(
    Commune(insee, name, Point(latitude, longitude))
    for insee, name, latitude, longitude in (
        ("97201", "L’Ajoupa-Bouillon", 14.814, -61.127),
        ("97203", "Basse-Pointe", 14.838, -61.126),
        ("97234", "Bellefontaine", 14.675, -61.146),
        ("97204", "Le Carbet", 14.712, -61.158),
        ("97205", "Case-Pilote", 14.656, -61.129),
        ("97208", "Fonds-Saint-Denis", 14.727, -61.115),
        ("97211", "Grand’Rivière", 14.851, -61.180),
        ("97212", "Gros-Morne", 14.706, -61.019),
        ("97214", "Le Lorrain", 14.801, -61.074),
        ("97215", "Macouba", 14.852, -61.153),
        ("97216", "Le Marigot", 14.777, -61.051),
        ("97218", "Le Morne-Rouge", 14.768, -61.126),
        ("97233", "Le Morne-Vert", 14.704, -61.139),
        ("97219", "Le Prêcheur", 14.825, -61.202),
        ("97222", "Le Robert", 14.678, -60.920),
        ("97225", "Saint-Pierre", 14.767, -61.163),
        ("97228", "Sainte-Marie", 14.773, -61.008),
        ("97230", "La Trinité", 14.746, -60.934),
    )
)
"""In the order of the alphabet, articles left aside."""


def key_of(name: str) -> str:
    """A name without case, accents, article or punctuation: « le lorrain » is « Lorrain »."""
    plain = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "Oe")).casefold()
    words = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(word for word in words.split() if word not in {"le", "la", "les", "l"})


_BY_KEY: Final = {key_of(commune.name): commune for commune in COMMUNES}


def commune_named(name: str) -> Commune | None:
    """The commune of that name, however it is spelt; None outside the territory."""
    return _BY_KEY.get(key_of(name))
