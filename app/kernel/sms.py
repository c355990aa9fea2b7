"""Text messages: the characters that they carry cheaply, and how many a text takes.

A message holds 160 characters of the GSM alphabet (3GPP TS 23.038, 6.2.1), but 70 when one alone is
not of it; several that follow each other give up a few to be put together (TS 23.040, 9.2.3.24.1).
"""

from typing import Final

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€")
"""Two places each."""
_ALONE, _FOLLOWED = 160, 153
_WIDE_ALONE, _WIDE_FOLLOWED = 70, 67
_PLAINLY: Final = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " ", "–": "-", "…": "..."}
)


def plainly(words: str) -> str:
    """The same words with the marks and spaces of a telephone; letters keep their accents."""
    return words.translate(_PLAINLY)


def message_count(words: str) -> int:
    """How many messages a text takes, and is paid for."""
    in_alphabet = all(character in _BASIC or character in _ESCAPED for character in words)
    if in_alphabet:
        sizes = [1 + (character in _ESCAPED) for character in words]
        alone, followed = _ALONE, _FOLLOWED
    else:
        sizes = [len(character.encode("utf-16-le")) // 2 for character in words]
        alone, followed = _WIDE_ALONE, _WIDE_FOLLOWED
    if sum(sizes) <= alone:
        return 1
    count, room = 1, followed
    for size in sizes:  # what takes two places is never parted
        if size > room:
            count, room = count + 1, followed
        room -= size
    return count
