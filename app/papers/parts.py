"""The parts that administrative documents share: letterhead, feet, cards, fields, signatures."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.papers.fonts import width
from app.papers.measures import GREY, INK, NBSP, RULE, TEAL, TINT, DoesNotFit
from app.papers.sheet import Sheet, clipped, shortened, strong

LEFT = 16.0
"""Margin at both sides."""
FLOOR = 17.5
"""What is drawn lower meets the foot."""
_SIGNING_ROOM = 9
_SIGNED_LINE = 3.9


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who issues a document: its name, then at most three short lines (address, SIREN)."""

    name: str
    lines: tuple[str, ...] = ()


CAP_NORD = Letterhead(
    "CAP Nord Martinique",
    (
        "Communauté d’Agglomération",
        "du Pays Nord Martinique",
        f"SIREN 200{NBSP}041{NBSP}788",
    ),
)


def letterhead(name: str) -> Letterhead:
    """The letterhead of an authority, by its name; CAP Nord's has its address."""
    if name == CAP_NORD.name:
        return CAP_NORD
    return Letterhead(shortened(name or "Pass numérique", 80, "B", 13))


def masthead(s: Sheet, issuer: Letterhead, title: str, subtitle: str, number: str) -> float:
    """Issuer at left, title and number at right; returns the y under it."""
    wide, high = s.size
    right, half = wide - LEFT, (wide - 2 * LEFT) / 2
    s.rect(LEFT, high - 31, 1.6, 17, fill=TEAL)
    with s.leaf("P"):
        name = shortened(issuer.name, half - 4, "B", 13)
        s.text(LEFT + 4, high - 18.5, name, "B", 13, color=TEAL, fit=half - 4)
        for place, words in enumerate(issuer.lines):
            s.text(LEFT + 4, high - 23.4 - 3.9 * place, words, "T", 8.8, fit=half - 4)
    with s.leaf("H1"):
        s.text(right, high - 18.5, title, "B", 15, align="r", fit=half)
    with s.leaf("P"):
        told = shortened(subtitle, half + 12, "R", 10)
        s.text(right, high - 24, told, "R", 10, align="r", fit=half + 12)
        s.text(right, high - 29.8, f"N°{NBSP}{number}" if number else "", "TB", 11, align="r")
    s.rule((LEFT, high - 34.5), (right, high - 34.5), line=1.0, color=TEAL)
    return high - 34.5


def running_head(s: Sheet, issuer: Letterhead, title: str, number: str) -> float:
    """The first line of the pages that continue."""
    wide, high = s.size
    with s.artifact("Pagination"):
        words = f"{title} {number} (suite)" if number else f"{title} (suite)"
        room = wide - 2 * LEFT - width(words, "TB", 9.5) - 6
        s.text(LEFT, high - 15, shortened(issuer.name, room, "B", 9.5), "B", 9.5, color=TEAL)
        s.text(wide - LEFT, high - 15, words, "TB", 9.5, align="r")
        s.rule((LEFT, high - 17.5), (wide - LEFT, high - 17.5), line=1.0, color=TEAL)
    return high - 17.5


def foot(s: Sheet, words: str) -> None:
    """The foot of this page; « Page 1 sur 3 » is completed by `number_pages`."""
    wide, _ = s.size
    room = wide - 2 * LEFT - 32
    words = clipped(words, room, 2, 7.5, font="T")
    with s.leaf("P") if s.page == 1 else s.artifact("Pagination"):
        s.para(LEFT, 10.4, room, words, 7.5, 3.1, font="T", color=GREY, most=2)
    with s.artifact("Pagination"):
        s.rule((LEFT, 14.2), (wide - LEFT, 14.2))
        s.canvas.doForm(f"page{s.page}")


def number_pages(s: Sheet) -> None:
    """Say on each page how many there are, now that it is known."""
    wide, _ = s.size
    for page in range(1, s.page + 1):
        with s.form(f"page{page}"):
            s.text(wide - LEFT, 10.4, f"Page {page} sur {s.page}", "TB", 9, align="r")


def fields(
    s: Sheet,
    x: float,
    y: float,
    wide: float,
    label: float,
    rows: Sequence[tuple[str, str]],
    size: float = 9.0,
    step: float = 4.9,
) -> float:
    """Labels and values, as a list that a screen reader walks; long values wrap.

    `label` is the width of the labels. Returns the next baseline.
    """
    with s.elem("L", numbering="None"):
        for name, value in rows:
            with s.elem("LI"):
                with s.leaf("Lbl"):
                    s.text(x, y, f"{name}{NBSP}:", "R", size, color=GREY, fit=label)
                with s.leaf("LBody"):
                    low = s.para(
                        x + label, y, wide - label, value, size, step - 0.6, font="T", bold="TB"
                    )
            y = min(y - step, low - 0.6)
    return y


def card(
    s: Sheet, x: float, y: float, wide: float, high: float, title: str, *, tag: str = "H2"
) -> float:
    """A framed box with its title; y is the top; returns the first baseline inside."""
    s.rect(x, y - 6.2, wide, 6.2, fill=TINT)
    s.rect(x, y - high, wide, high, stroke=RULE, line=0.7)
    with s.leaf(tag):
        s.text(x + 2, y - 4.4, title, "B", 9.5, fit=wide - 4)
    return y - 10.8


def field_card(
    s: Sheet,
    x: float,
    y: float,
    wide: float,
    title: str,
    rows: Sequence[tuple[str, str]],
    *,
    label: float,
    least: float = 0.0,
) -> float:
    """A card around fields, as high as they are (and at least `least`); returns its lower edge."""
    with s.elem("Sect"):
        top = y
        with s.leaf("H2"):
            s.rect(x, y - 6.2, wide, 6.2, fill=TINT)
            s.text(x + 2, y - 4.4, title, "B", 9.5, fit=wide - 4)
        y = fields(s, x + 2, y - 10.8, wide - 4, label, rows)
        low = min(y + 1.6, top - least)
        s.rect(x, low, wide, top - low, stroke=RULE, line=0.7)
    return low


def signature(
    s: Sheet,
    x: float,
    y: float,
    wide: float,
    high: float,
    who: str,
    words: str,
    name: str = "",
) -> None:
    """Role, what signing means, and room for date, signature and stamp; y is the top.

    Raises:
        DoesNotFit: the words leave no room to sign; a name is cut before.
    """
    low = card(s, x, y, wide, high, who)
    with s.leaf("P"):
        low = s.para(x + 2, low, wide - 4, words, 8.6, 3.9, font="T", bold="TB")
        if name:
            room = low - 0.8 - (y - high + _SIGNING_ROOM)
            most = max(int(room / _SIGNED_LINE), 1)
            told = clipped(name, wide - 4, most, 8.6, font="T", bold="TB")
            low = s.para(x + 2, low - 0.8, wide - 4, told, 8.6, _SIGNED_LINE, font="T", bold="TB")
    with s.leaf("P"):
        s.text(x + 2, y - high + 2.2, "Date, signature et cachet", "R", 7.8, color=GREY)
    if low < y - high + _SIGNING_ROOM:
        message = f"no room to sign: {who}"
        raise DoesNotFit(message)


def signatures(
    s: Sheet, y: float, wide: float, high: float, *signers: tuple[str, str, str], gap: float = 6.0
) -> None:
    """A frame for each who signs, side by side: role, what signing means, the name if known.

    Raises:
        DoesNotFit: the words leave somebody no room to sign.
    """
    each = (wide - gap * (len(signers) - 1)) / len(signers)
    for place, (who, words, name) in enumerate(signers):
        signature(s, LEFT + place * (each + gap), y, each, high, who, words, name)


def signatory(name: str) -> str:
    """The room for a name and a quality, the name filled in where it is known."""
    return f"Nom et qualité{NBSP}: {strong(name)}" if name else f"Nom et qualité{NBSP}:"


def tick(s: Sheet, x: float, y: float, words: str, size: float = 9.2) -> None:
    """A box to tick and its words."""
    s.rect(x, y - 0.6, 3.4, 3.4, stroke=INK, line=0.8)
    with s.leaf("P"):
        s.text(x + 5, y, words, "R", size)


def blank(s: Sheet, x: float, y: float, words: str, to: float, size: float = 9.2) -> None:
    """Words and a line to write on, up to `to`."""
    with s.leaf("P"):
        wide = s.text(x, y, words, "R", size, fit=to - x)
    s.rule((x + wide + 1.5, y - 0.8), (to, y - 0.8), color=INK)
