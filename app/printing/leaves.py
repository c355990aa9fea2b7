"""What every leaf of a booklet shares: an edition, its measures, and the forms drawn once a file.

A sheet of A4 carries the leaves between a binding margin and cut marks, in one of two type sizes.
"""

from dataclasses import dataclass
from datetime import date

from app.kernel.codes import VoucherCode
from app.kernel.money import euros
from app.papers import drawing, qr
from app.papers.fonts import width
from app.papers.french import euros_in_words, long_day
from app.papers.measures import (
    A4,
    GREY,
    INK,
    MM,
    NBSP,
    TEAL,
    TINT,
    WHITE,
    DoesNotFit,
)
from app.papers.sheet import SPECIMEN_NOTE, Sheet, shortened, slanted, strong

BIND, TEAR, RIGHT = 12.0, 38.0, 203.0
"""Staples left of BIND; the stub from BIND to TEAR; the cheque from TEAR to RIGHT."""
START, END = TEAR + 5, RIGHT - 4
"""Where the words of a cheque begin and end."""
QR_SIDE = 25.0
QR_LEFT = END - 3.5 - QR_SIDE
QUIET = QR_SIDE * qr.QUIET_MODULES / qr.VERSION_3_MODULES


@dataclass(frozen=True, slots=True)
class Edition:
    """What the booklets of one batch say beside their numbers: frozen when the batch is made."""

    label: str
    face_value_cents: int
    last_day: date
    issuer: str
    sponsor: str
    help_line: str
    address: str
    places: tuple[tuple[str, str], ...]
    """Mediators able to receive, each with its commune."""
    specimen: bool

    @property
    def face(self) -> str:
        """« 10 € »."""
        return euros(self.face_value_cents)

    @property
    def site(self) -> str:
        """The address as people read it."""
        return self.address.partition("://")[2].lower()

    def pass_address(self, code: VoucherCode) -> str:
        """What the square of a pass opens; upper case keeps the square small."""
        return f"{self.address.upper()}/P/{code}"

    def cover_address(self, code: VoucherCode) -> str:
        """What the square of a cover opens."""
        return f"{self.address.upper()}/C/{code}"


@dataclass(frozen=True, slots=True)
class Look:
    """An edition's measures: what is small in one is never small in the other."""

    large: bool
    slots: int
    """Leaves on a sheet."""
    height: float
    """Of a leaf, in millimetres."""
    title: float
    value: float
    day: float
    body: float
    code: float
    serial: float
    small: float
    issuer: float
    strip: tuple[float, float]
    """Foot and height of the strip that carries the code."""
    qr: float
    """Foot of the square of a pass."""
    cover_qr: float
    ring: float
    ring_y: float
    box: tuple[float, float]
    """Foot and height of the mediator's box."""

    @property
    def head(self) -> float:
        """The baseline of titles."""
        return self.height - 6.2 - self.title * 0.24


NORMAL = Look(
    large=False,
    slots=4,
    height=70.0,
    title=17,
    value=28,
    day=14,
    body=9.5,
    code=19,
    serial=10.5,
    small=8,
    issuer=7.6,
    strip=(9.1, 7.6),
    qr=25.3,
    cover_qr=23.4,
    ring=17.4,
    ring_y=35.6,
    box=(18.2, 19.0),
)
LARGE = Look(
    large=True,
    slots=3,
    height=93.0,
    title=22,
    value=36,
    day=19,
    body=14,
    code=21,
    serial=14,
    small=12,
    issuer=9,
    strip=(11.0, 9.6),
    qr=44.7,
    cover_qr=33.0,
    ring=22,
    ring_y=47.5,
    box=(25.5, 19.8),
)


def fitting(words: str, face: str, size: float, room: float) -> float:
    """The size, or the largest one at which the words fit."""
    return min(size, room / width(words, face, 1.0))


class Forms:
    """What all leaves of a kind share, drawn once a file."""

    def __init__(self, sheet: Sheet, edition: Edition, size: int, look: Look, base: float) -> None:
        self.s, self.edition, self.size, self.look, self.base = sheet, edition, size, look, base

    def frame(self) -> None:
        """Cut marks, staple marks, and the note of a demonstration: the whole sheet."""
        s, look = self.s, self.look
        top = self.base + look.slots * look.height
        for place in range(look.slots + 1):
            y = self.base + place * look.height
            s.rule((RIGHT + 1, y), (A4[0] - 1.5, y), line=0.4, color=INK)
            s.rule((4.2, y), (BIND - 3, y), line=0.4, color=INK)
            if 0 < place < look.slots:
                s.rule((BIND - 3, y), (RIGHT + 1, y), line=0.25, dash=(1, 3))
        s.rule((RIGHT, top + 1.2), (RIGHT, A4[1] - 2), line=0.4, color=INK)
        s.rule((RIGHT, 2), (RIGHT, self.base - 1.2), line=0.4, color=INK)
        for place in range(look.slots):
            for at in (0.28, 0.72):
                y = self.base + look.height * (place + at)
                s.rule((7, y - 3.5), (7, y + 3.5), line=1.1)
        if self.edition.specimen:
            s.text(BIND, 3.4, SPECIMEN_NOTE, "R", 7, color=GREY)

    def _leaf(self) -> None:
        """The ground of a leaf: SPÉCIMEN in a demonstration, and the line to tear along."""
        s, high = self.s, self.look.height
        if self.edition.specimen:
            slanted(s, (TEAR + RIGHT) / 2 - 8, high / 2 + 2, 118, turn=17)
            slanted(s, (BIND + TEAR) / 2, high / 2, high * 0.72, turn=90)
        s.rule((TEAR, 1), (TEAR, high - 1), line=0.9, color=INK, dash=(0.1, 2.6))

    def _microtext(self) -> None:
        edition = self.edition
        words = drawing.microtext(
            f"PASS NUMÉRIQUE {euros_in_words(edition.face_value_cents).upper()} "
            f"{edition.sponsor.upper()} {edition.label}",
            END - START,
        )
        room = END - START - width(words, "R", drawing.MICROTEXT_SIZE)
        for y in (self.look.height - 3.3, 3.0):
            self.s.text(START, y, words, "R", drawing.MICROTEXT_SIZE, spread=room * MM / len(words))

    def _band(self, y: float) -> None:
        self.s.strokes(drawing.band(START * MM, END * MM, y * MM, 2.6 * MM, 24 * MM, 7), line=0.22)

    def _square(self, y: float) -> None:
        """White under a square and its margin: nothing may lie there."""
        side = QR_SIDE + 2 * QUIET
        self.s.rect(QR_LEFT - QUIET, y - QUIET, side, side, fill=WHITE)

    # The cheque.

    def cheque(self) -> None:
        """What all passes of a vintage share."""
        s, look, big = self.s, self.look, self.look.large
        self._leaf()
        self._stub()
        self._microtext()
        s.text(START, look.head, "Pass numérique", "B", look.title, color=TEAL)
        if not big:
            x = START + width("Pass numérique", "B", look.title) + 4
            room = 100 - (x - START)
            sponsor = shortened(self.edition.sponsor, room, "B", look.body + 1.5)
            s.text(x, look.head, sponsor, "B", look.body + 1.5)
        self._band(look.head - 4)
        self._square(look.qr)
        self._value()
        self._middle()
        s.text(
            QR_LEFT + QR_SIDE / 2,
            look.qr - 5.8 - (look.small - 8) * 0.25,
            "À scanner ici",
            "R",
            look.small,
            align="c",
        )
        self._strip()
        self._parties(5.7 if not big else 6.2, END - START)

    def _stub(self) -> None:
        s, look, big = self.s, self.look, self.look.large
        high = look.height
        s.canvas.saveState()
        s.canvas.translate((TEAR + 2.1) * MM, high / 2 * MM)
        s.canvas.rotate(90)
        s.text(0, 0, "détacher devant le médiateur", "R", 6.5, align="c", color=GREY)
        s.canvas.restoreState()
        s.text(BIND + 1, high - 8, "Souche", "B", look.body, fit=TEAR - BIND - 2)
        s.text(BIND + 1, high - 8 - look.small * 0.46, "à garder", "R", look.small)
        y = high - (46 if big else 34)
        for label in ("Utilisé le", "chez", "Durée"):
            s.text(BIND + 1, y, label, "R", look.small)
            low = y - 6.2 - big
            s.rule((BIND + 1, low), (TEAR - 5.5, low), line=0.8, color=INK)
            y -= 11.2 + 2.4 * big

    def _value(self) -> None:
        s, look, big = self.s, self.look, self.look.large
        x, y = START + look.ring, look.ring_y
        ring = drawing.rosette((x * MM, y * MM), (look.ring - 4.4) * MM, look.ring * MM)
        s.strokes(ring, line=0.2)
        room = 2 * (look.ring - 4.4) - 1
        face = self.edition.face
        s.text(x, y - 1.4, face, "B", fitting(face, "B", look.value, room), align="c")
        words = euros_in_words(self.edition.face_value_cents)
        size = fitting(words, "B", 15 if big else 11.5, room)
        if size >= look.issuer:  # a sum with cents has more words than place: figures suffice
            s.text(x, y - 7.2 - big, words, "B", size, align="c")

    def _middle(self) -> None:
        s, look, big = self.s, self.look, self.look.large
        x = START + 2 * look.ring + (3 if big else 4)
        wide = QR_LEFT - 4.5 - x
        y = look.head - (13 if big else 10.4)
        first, day = "Valable jusqu’au ", f"{long_day(self.edition.last_day)} inclus"
        s.text(x, y, first, "R", look.body)
        lead = width(first, "R", look.body)
        if big:
            s.text(x, y - 7.4, day, "B", fitting(day, "B", look.day, wide))
            y -= 15.2
        else:
            s.text(x + lead, y, day, "B", fitting(day, "B", look.day, wide - lead))
            y -= 5.4
        where = (
            f"{strong(f'Où{NBSP}?')} Chez un médiateur{NBSP}: liste en fin de carnet."
            if big
            else f"{strong(f'Où l’utiliser{NBSP}:')} chez un médiateur du dispositif. "
            "La liste est à la fin du carnet, ou en scannant le code."
        )
        low = s.para(x, y, wide, where, look.body, look.body * 1.2 / MM, most=2)
        foot, high = look.box
        if foot + high > low + look.body * 1.2 / MM - look.body * 0.09:
            message = "the mediator's box touches the words above it"
            raise DoesNotFit(message)
        s.rect(x, foot, wide, high, stroke=INK, line=0.8)
        s.text(x + 1.5, foot + high - look.small * 0.4, "Cachet du médiateur", "R", look.small)
        self._day_boxes(x, foot, wide)

    def _day_boxes(self, x: float, foot: float, wide: float) -> None:
        s, look = self.s, self.look
        s.text(x + 1.5, foot + 2.0, "Date", "R", look.small)
        here = x + 2.5 + width("Date ", "R", look.small)
        cell = 4.0 if look.large else 3.7
        for group in (2, 2, 4):
            for _ in range(group):
                s.rect(here, foot + 1.2, cell, 4.6, stroke=GREY, line=0.7)
                here += cell
            here += 1.3
        if here > x + wide:
            message = "the boxes of the day leave their frame"
            raise DoesNotFit(message)

    def _strip(self) -> None:
        s, look, big = self.s, self.look, self.look.large
        foot, high = look.strip
        s.rect(START, foot, END - START, high, fill=TINT)
        s.text(START + 2, foot + high / 2 - look.body * 0.17, "Code", "R", look.body)
        hint = (
            ("Usage", "unique.")
            if big
            else (f"À taper si le code{NBSP}carré", "ne se lit pas. Usage unique.")
        )
        for place, words in enumerate(hint):
            y = foot + high / 2 + look.small * (0.06 - 0.41 * place)
            s.text(END - 2, y, words, "R", look.small, align="r")

    def _parties(self, y: float, wide: float) -> None:
        """Who guarantees and who pays, on one line, or shortened to it."""
        size = self.look.issuer
        words = (
            f"Émetteur{NBSP}: {self.edition.issuer}. Commanditaire{NBSP}: {self.edition.sponsor}."
        )
        self.s.text(START, y, shortened(words, wide, "R", size), "R", size)

    # The cover.

    def cover(self) -> None:
        """What all covers of a batch share."""
        s, look, big, edition = self.s, self.look, self.look.large, self.edition
        self._leaf()
        ring = ((BIND + 12.2) * MM, look.height / 2 * MM)
        s.strokes(drawing.rosette(ring, 4 * MM, 11.6 * MM, 9, 7), line=0.25)
        self._microtext()
        size = 15 if big else 11
        y = look.height - 6.4 - look.title * 0.27
        title = f"Mon carnet de {self.size} pass" + ("" if big else " numériques")
        long = s.text(START, y, title, "B", look.title + 2, color=TEAL)
        issued = 12 if big else look.body
        sponsor = shortened(edition.sponsor, END - START - long - 4, "B", issued)
        s.text(END, y, sponsor, "B", issued, align="r")
        self._band(y - 4.4)
        self._square(look.cover_qr)
        y -= 12.4 if big else 10.6
        total = edition.face_value_cents * self.size
        worth = (
            f"{self.size} pass de {edition.face}, soit {euros(total)} ({euros_in_words(total)})."
        )
        s.text(START, y, worth, "R", fitting(worth, "R", size, END - START))
        y -= size * 1.28 / MM
        s.text(START, y, f"À utiliser jusqu’au {long_day(edition.last_day)} inclus.", "B", size)
        self._steps(y - (8.6 if big else 7.4), size)
        room, issued = QR_LEFT + QR_SIDE - START - 40, look.issuer
        for y, words in (
            (9.4 if big else 8.9, f"Émetteur{NBSP}: {edition.issuer}."),
            (5.4 if big else 5.6, f"Commanditaire{NBSP}: {edition.sponsor}."),
        ):
            s.text(START, y, shortened(words, room, "R", issued), "R", issued)
        middle, low = QR_LEFT + QR_SIDE / 2, look.cover_qr - 13.2 - 3.4 * big
        s.text(middle, low, "réservé aux agents", "R", look.small - big, align="c")

    def _steps(self, y: float, size: float) -> None:
        s, big, line = self.s, self.look.large, strong(self.edition.help_line)
        long = (
            "Choisissez un médiateur (liste à la fin). Prenez rendez-vous.",
            "Apportez ce carnet. Détachez un pass sur place, pas avant.",
            "Un pass = une heure d’aide environ. Vous n’avez rien à payer.",
            f"Carnet perdu ou volé{NBSP}? Appelez vite le {line}.",
        )
        short = (
            "Choisissez un médiateur (liste à la fin).",
            "Apportez ce carnet, sans rien détacher.",
            f"Un pass{NBSP}= une heure d’aide. Rien à payer.",
            f"Perdu, volé{NBSP}? Appelez le {line}.",
        )
        lead, radius = size * 1.2 / MM, size * 0.225
        x = START + 2 * radius + 2
        for number, step in enumerate(short if big else long, 1):
            s.disc(START + radius, y + size * 0.118, radius)
            s.text(START + radius, y, str(number), "B", size - 1, align="c", color=WHITE)
            y = s.para(x, y, QR_LEFT - 5 - x, step, size, lead, most=1) - (3.4 if big else 1.8)
        if y + lead < 10:  # noqa: PLR2004 - where issuer and sponsor stand
            message = f"the steps leave the cover: {y:.1f}"
            raise DoesNotFit(message)

    # The last leaves.

    def back(self) -> None:
        """Where passes are taken, as it was on the day of printing."""
        s, look, big, edition = self.s, self.look, self.look.large, self.edition
        self._leaf()
        self._microtext()
        s.text(START, look.head, f"Où utiliser mes pass{NBSP}?", "B", look.title, color=TEAL)
        y = look.head - (10 if big else 8.5)
        low = self._places(y, rows=6 if big else 3, step=7.4 if big else 9.4)
        s.rule((START, low + 3.4), (END, low + 3.4))
        words = (
            f"{strong(f'Horaires et liste à jour{NBSP}:')} scannez un pass, ou {edition.site}. "
            f"{strong(f'Téléphone{NBSP}:')}{NBSP}{edition.help_line}. Le médiateur voit si le pass "
            f"est valable{NBSP}; il ne voit pas votre nom. Un pass ne s’échange pas contre de "
            "l’argent et ne sert qu’une fois."
        )
        s.para(START, low - 1.6, END - START, words, 12.5 if big else 10.5, most=4)

    def _places(self, y: float, *, rows: int, step: float) -> float:
        """The mediators: two lines each while they are few, one line each when they are many."""
        s, big, places = self.s, self.look.large, self.edition.places
        half = (END - START) / 2
        low = y - rows * step - (-0.4 if big else 1.0)
        if not places:
            s.para(
                START,
                y,
                END - START,
                f"La liste des médiateurs est à l’adresse {strong(self.edition.site)}.",
                self.look.body + 1,
            )
            return low
        few = len(places) <= (rows if big else 2 * rows)
        if few and not big:
            across = -(-len(places) // 2)
            for place, (name, town) in enumerate(places):
                column, row = divmod(place, across)
                x, here = START + column * half, y - row * step
                size = self.look.body + 1
                s.text(x, here, shortened(name, half - 3, "B", size), "B", size)
                s.text(x, here - 4.2, shortened(town, half - 3, "R", size), "R", size)
            return low
        size, step = (self.look.body, step) if few else ((10.5, 5.2) if big else (9, 4.4))
        wide, lines = (END - START, len(places)) if few else (half, int((y - low) / step))
        shown = places if len(places) <= 2 * lines else places[: 2 * lines - 1]
        named = [f"{name}, {town}" for name, town in shown]
        if len(shown) < len(places):
            named.append(f"et {len(places) - len(shown)} autres, sur {self.edition.site}")
        for place, words in enumerate(named):
            column, row = divmod(place, lines)
            x, here = START + column * half, y - row * step
            s.text(x, here, shortened(words, wide - 3, "R", size), "R", size)
        return low

    def spare(self) -> None:
        """A blank slot becomes a leaf for notes."""
        s, look = self.s, self.look
        self._leaf()
        s.text(START, look.head, "Mes questions pour le médiateur", "B", look.title, color=TEAL)
        y = look.head - 13
        while y > 8:  # noqa: PLR2004 - above the words at the foot
            s.rule((START, y), (END, y))
            y -= 10
        s.text(START, 3, "Feuillet sans valeur", "R", look.small, color=GREY)
