"""Atkinson Hyperlegible, with what French asks for and reportlab cannot ask of OpenType.

Drawn by the Braille Institute for weak eyesight, under the SIL Open Font License. The copies made
here live in memory; only the embedded subset of a document leaves. They have other names than the
original, which the licence wants.

    R text · B bold · I italic · T and TB tabular figures · C codes (bold, one width, barred zero)
"""

import io
import re
from functools import cache
from threading import Lock
from typing import Any
from unicodedata import combining, decimal, normalize

import fontpkg
from fontTools.ttLib import TTFont as FontFile
from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphCoordinates
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from app.kernel.codes import ALPHABET
from app.papers.measures import MM

REGULAR, BOLD = 400, 700
CODE_WIDTH = 740
"""Units of the em that each character of a code takes."""
_LAYOUT_TABLES = ("GSUB", "GPOS", "GDEF", "DSIG")
_POSTSCRIPT_NAME = 6
_loading = Lock()


def load_fonts() -> None:
    """Make the six faces known to reportlab, once a process."""
    with _loading:
        _load()


@cache
def _load() -> None:
    for name, made in (
        ("R", _derived(REGULAR, "AtkinsonPass-Regular")),
        ("B", _derived(BOLD, "AtkinsonPass-Bold")),
        ("I", _derived(REGULAR, "AtkinsonPass-Italic", style="italic")),
        ("T", _derived(REGULAR, "AtkinsonPass-Tabular", tabular=True)),
        ("TB", _derived(BOLD, "AtkinsonPass-TabularBold", tabular=True)),
        ("C", _derived(BOLD, "AtkinsonPass-Code", one_width=True)),
    ):
        pdfmetrics.registerFont(TTFont(name, made))


def width(text: str, font: str, size: float) -> float:
    """How long a line of text is, in millimetres."""
    return float(pdfmetrics.stringWidth(text, font, size)) / MM


@cache
def _drawn() -> frozenset[int]:
    load_fonts()
    return frozenset(pdfmetrics.getFont("R").face.charToGlyph)


def writable(text: str) -> str:
    """The text in characters that the font draws: a name from elsewhere is still printed.

    A letter that the font lacks becomes its base letter; letters of another script, which names
    typed today have none of (`app.kernel.text.is_latin`), become one « … »; emoji are left out.
    Tabs and line ends become spaces.
    """
    drawn = _drawn()
    if all(ord(c) in drawn for c in text):
        return text
    nearest = "".join(_nearest(c, drawn) for c in normalize("NFC", text))
    return re.sub(" +(?=[ ,.])", "", re.sub(f"{_LOST}+", "…", nearest))


_LOST = "\x04"
"""Stands for a letter that cannot be written, until those beside it are one with it."""


def _nearest(character: str, drawn: frozenset[int]) -> str:
    if ord(character) in drawn or character in "\x02\x03":
        return character
    if character.isspace():
        return " "
    if character.isdecimal():
        return str(decimal(character))
    parts = normalize("NFKD", character)
    base = "".join(c for c in parts if ord(c) in drawn and not combining(c))
    return base or (_LOST if character.isalnum() else "")


def _derived(
    weight: int,
    name: str,
    *,
    style: str = "normal",
    tabular: bool = False,
    one_width: bool = False,
) -> io.BytesIO:
    """One face: U+202F, U+2009 and U+2011 added, figures as its use asks for."""
    path = fontpkg.path("Atkinson Hyperlegible", weight=weight, style=style)
    # The time in the file is left alone: the same font twice has the same digest.
    font = FontFile(path, recalcTimestamp=False)
    glyphs, metrics, cmap = font["glyf"], font["hmtx"], font.getBestCmap()
    glyphs["nnbsp"], metrics["nnbsp"] = Glyph(), (round(metrics["space"][0] * 0.8), 0)
    extra = {0x202F: "nnbsp", 0x2009: "nnbsp", 0x2011: cmap[0x2D]}
    if tabular:
        extra |= _tabular_figures(font, cmap)
    if one_width:
        _give_one_width(glyphs, metrics, cmap)
    elif style == "normal":
        _plain_zero(glyphs)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap.update(extra)
    for tag in _LAYOUT_TABLES:
        if tag in font:
            del font[tag]
    for record in font["name"].names:
        if record.nameID == _POSTSCRIPT_NAME:
            record.string = name
    out = io.BytesIO()
    font.save(out)
    out.seek(0)
    return out


def _tabular_figures(font: Any, cmap: dict[int, str]) -> dict[int, str]:  # noqa: ANN401 - fontTools has no types
    """The font's own figures of one width, which OpenType keeps behind its feature « tnum »."""
    gsub = font["GSUB"].table
    wanted = {
        index
        for record in gsub.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
    }
    found: dict[int, str] = {}
    for index in sorted(wanted):
        for entry in gsub.LookupList.Lookup[index].SubTable:
            mapping = getattr(entry, "ExtSubTable", entry).mapping
            found |= {ord(d): mapping.get(cmap[ord(d)], cmap[ord(d)]) for d in "0123456789"}
    return found


def _give_one_width(glyphs: Any, metrics: Any, cmap: dict[int, str]) -> None:  # noqa: ANN401 - fontTools has no types
    """Codes are compared character by character: each takes the same place."""
    for character in ALPHABET:
        name = cmap[ord(character)]
        glyph = glyphs[name]
        glyph.recalcBounds(glyphs)
        drawn = glyph.xMax - glyph.xMin
        squeeze = min(1.0, (CODE_WIDTH - 40) / drawn)
        glyph.coordinates.translate((-glyph.xMin, 0))
        glyph.coordinates.scale((squeeze, 1))
        glyph.coordinates.translate(((CODE_WIDTH - drawn * squeeze) / 2, 0))
        glyph.coordinates.toInt()
        glyph.recalcBounds(glyphs)
        metrics[name] = (CODE_WIDTH, glyph.xMin)


def _plain_zero(glyphs: Any) -> None:  # noqa: ANN401 - fontTools has no types
    """Give amounts and days a zero without its bar: the O, narrowed, its stems kept.

    The barred zero earns its place in codes; in « 10 € » a poor copy turns it into an 8.
    """
    zero, letter = glyphs["zero"], glyphs["O"]
    cut = letter.endPtsOfContours[0] + 1
    outer, inner = letter.coordinates[:cut], letter.coordinates[cut:]
    ends = min(p[0] for p in outer), max(p[0] for p in outer)
    holes = min(p[0] for p in inner), max(p[0] for p in inner)
    stems = holes[0] - ends[0], ends[1] - holes[1]
    room = (zero.xMin, zero.xMax)
    points = _squeezed(outer, ends, room)
    points += _squeezed(inner, holes, (room[0] + stems[0], room[1] - stems[1]))
    zero.coordinates = GlyphCoordinates(points)
    zero.flags, zero.endPtsOfContours = letter.flags[:], letter.endPtsOfContours[:]
    zero.numberOfContours, zero.program = 2, letter.program
    zero.recalcBounds(glyphs)


def _squeezed(
    points: Any,  # noqa: ANN401 - fontTools has no types
    old: tuple[float, float],
    new: tuple[float, float],
) -> list[tuple[int, int]]:
    rate = (new[1] - new[0]) / (old[1] - old[0])
    return [(round(new[0] + (x - old[0]) * rate), y) for x, y in points]
