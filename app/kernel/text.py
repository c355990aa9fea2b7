"""What people type: names and addresses, cleaned or refused before they reach a table."""

import re
import unicodedata
from datetime import date

LONGEST_NAME = 200
_EMAIL = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}@[^\s@<>(),;:\\\"\[\]]{1,185}\.[^\s@.]{2,63}")
JOINERS = "\u200c\u200d"
"""Format characters that some scripts and signs are spelled with."""
PASTED = dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u2060\ufeff"))
"""What word processors and web pages leave in what is copied: it shows nothing and means nothing.

Soft hyphen, zero width space, marks of direction, word joiner, mark of the order of bytes.
"""


def clean(typed: str, *, longest: int = LONGEST_NAME) -> str | None:
    """One line of text in composed Unicode (NFC), spaces folded; None when it cannot be one.

    Refused: nothing but spaces, control and format characters (NUL, U+202E), surrogates, too long.
    Dropped: what was pasted along and shows nothing.
    """
    text = " ".join(unicodedata.normalize("NFC", typed.translate(PASTED)).split())
    if not 0 < len(text) <= longest:
        return None
    if any(_is_hidden(c) for c in text if c not in JOINERS):
        return None
    return text


NOT_LATIN = "Écrivez en lettres latines, sans dessin : le papier n’imprime pas les autres signes."
_ALSO_PRINTED = frozenset("ÆæŒœØøŁłĐđÐðÞþĦħıß’‘“”„«»–—·•€£")


def is_latin(text: str) -> bool:
    """Whether papers can print a text: Latin letters, with any accents, and usual signs."""
    return all(
        (" " <= char <= "~") or char in _ALSO_PRINTED or "\u0300" <= char <= "\u036f"
        for char in unicodedata.normalize("NFKD", text)
    )


def not_latin(**typed: str | None) -> dict[str, str]:
    """What to write instead, by field, of names that would be missing on paper."""
    said = {field: clean(text, longest=len(text)) for field, text in typed.items() if text}
    return {field: NOT_LATIN for field, text in said.items() if text and not is_latin(text)}


def _is_hidden(char: str) -> bool:
    """Whether a character shows nothing of its own, or nothing that everybody reads alike.

    What Unicode has not assigned in our tables may be next year's emoji, but for those that it
    never will: the last two of each plane, and U+FDD0 to U+FDEF (Unicode 23.7).
    """
    category, point = unicodedata.category(char), ord(char)
    if category == "Cn":
        return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF  # noqa: PLR2004
    return category in {"Cc", "Cf", "Cs", "Co"}


def read_email(typed: str) -> str | None:
    """An address in lower case, or None when nobody could receive anything there."""
    text = clean(typed, longest=254)
    if text is None or not _EMAIL.fullmatch(text) or ".." in text:
        return None
    return text.lower()


WIDEST_NUMBER = 15
"""Digits that no count, no amount and no id needs; more is a slip, and would not fit a column."""


def read_number(typed: str) -> int | None:
    """A whole number in plain digits; None for everything else that Python would take for one."""
    fits = typed.isascii() and typed.isdigit() and len(typed) <= WIDEST_NUMBER
    return int(typed) if fits else None


def read_day(typed: str) -> date | None:
    """A day written 2026-11-19 or 19/11/2026; None when there is no such day."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        pass
    try:
        day, month, year = map(int, typed.split("/"))
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


FRENCH_NUMBER = 10
"""Digits of a telephone number in France."""
OVERSEAS = frozenset({"262", "508", "590", "594", "596"})
"""What is dialled from abroad before a number of the overseas departments, besides 33."""
MOBILE = ("06", "07")
"""How mobiles begin in France, overseas too: 0690, 0694, 0696…"""


def written_phone(number: str, gap: str = " ") -> str:
    """A telephone number as people of the Antilles read it: « 0596 12 34 56 »."""
    if (digits := _french(number)) is None:
        return gap.join(number.split())
    return gap.join([digits[:4], *(digits[i : i + 2] for i in range(4, FRENCH_NUMBER, 2))])


def is_landline(number: str) -> bool:
    """Whether a number of France certainly receives no text message; of others nobody knows."""
    digits = _french(number)
    return digits is not None and not digits.startswith(MOBILE)


def _french(number: str) -> str | None:
    """The ten digits of a number of France, as they are dialled there."""
    digits = "".join(char for char in number if char.isdigit())
    abroad = number.strip().startswith("+")
    if digits.startswith("00"):
        digits, abroad = digits[2:], True
    if abroad:
        code = next((c for c in ("33", *OVERSEAS) if digits.startswith(c)), None)
        if code is None:
            return None
        digits = "0" + digits.removeprefix(code).removeprefix("0")
    return digits if len(digits) == FRENCH_NUMBER and digits.startswith("0") else None


_VOWELS = frozenset("aeiouœæ")
_SILENT_H = (
    "habit",
    "halieu",
    "harmon",
    "hebdo",
    "helen",
    "helio",
    "henri",
    "herit",
    "heure",
    "hibisc",
    "hippo",
    "histoire",
    "hiver",
    "homm",
    "honor",
    "hopit",
    "horizon",
    "horlog",
    "horti",
    "hospi",
    "hotel",
    "hubert",
    "huma",
    "humid",
    "hydr",
    "hygien",
)
"""How the words begin whose h is known to be silent; before another, nothing is elided."""

_NOT_ELIDED = frozenset({"onze", "onzieme", "oui"})


def de(name: str) -> str:
    """« de » and a name: « d’Exo 7 », « de Hauts de Case-Pilote », « du Lorrain », « de 11 »."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return contracted + name.removeprefix(article)
    return f"d’{name}" if _is_elided(name) else f"de {name}"


def que(name: str) -> str:
    """« que » and a name: « qu’Anaïs », « que Luc »."""
    return f"qu’{name}" if _is_elided(name) else f"que {name}"


def _is_elided(name: str) -> bool:
    """Whether the name is heard with a vowel first; « y » is one before a consonant only."""
    plain = "".join(
        c for c in unicodedata.normalize("NFD", name.lower()) if not unicodedata.combining(c)
    )
    word = re.match(r"[a-zœæ]*", plain)
    first = word.group() if word else ""
    if first in _NOT_ELIDED:
        return False
    if first.startswith("y"):
        return len(first) > 1 and first[1] not in _VOWELS
    return first[:1] in _VOWELS or first.startswith(_SILENT_H)


LONGEST_FILE_WORD = 60


def file_word(name: str) -> str:
    """An organisation's name as part of a file's: `referents-du-plie` for « Référents du PLIE ».

    Two names may come to the same word, and a name without a Latin letter to a hyphen.
    """
    plain = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    word = re.sub(r"[^a-z0-9]+", "-", "".join(c for c in plain if not unicodedata.combining(c)))
    return word.strip("-")[:LONGEST_FILE_WORD].rstrip("-") or "-"
