"""Booklets to print without a database: codes of a key that opens nothing."""

from collections.abc import Iterator
from datetime import date

from app.kernel import codes
from app.kernel.serials import BookletNumber, SerialNumber
from app.printing.leaves import Edition
from app.printing.press import PrintedBooklet

KEY = b"a key for tests"
LONG_NAME = "Communauté d’Agglomération du Pays Nord Martinique et de ses dix-huit communes " * 2

PLACES = (
    ("Exo 7", "Case-Pilote"),
    ("CARECOF", "Sainte-Marie"),
    ("Martinique Nord Média", "Le Lorrain"),
    ("Association Émergence des quartiers", "Le Robert"),
    ("Espace Ressources Nord Caraïbe", "Saint-Pierre"),
    ("Envol 3 Martinique", "La Trinité"),
)


def edition(
    *,
    specimen: bool = True,
    places: tuple[tuple[str, str], ...] = PLACES,
    sponsor: str = "CAP Nord Martinique",
    face_value_cents: int = 1_000,
) -> Edition:
    return Edition(
        label="26A",
        face_value_cents=face_value_cents,
        last_day=date(2027, 3, 31),
        issuer="CAP Nord Martinique, régie Pass numérique",
        sponsor=sponsor,
        help_line="05\xa036\xa049\xa000\xa000",
        address="https://pass.capnord.example",
        places=places,
        specimen=specimen,
    )


def printed(first: int, count: int, size: int) -> Iterator[PrintedBooklet]:
    for number in range(first, first + count):
        named = BookletNumber("26A", number)
        yield PrintedBooklet(
            number=str(named),
            cover=codes.derive_cover(KEY, number),
            passes=tuple(
                (str(SerialNumber(named, place)), codes.derive(KEY, number * 10 + place))
                for place in range(1, size + 1)
            ),
        )
