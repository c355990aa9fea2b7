"""What a person takes home: the orientation letter, and the commitment to sign.

Plain language: one idea a sentence, the days and the telephone in bold, no word that a neighbour
would not use. The large edition only changes the size. Same values, same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.papers.french import long_day, plural, typeset
from app.papers.measures import GREY, INK, MM, NBSP, RULE, TEAL, WHITE
from app.papers.parts import blank, tick
from app.papers.sheet import Sheet, clipped, strong, wrapped
from app.prescribers.rules import ENGAGEMENTS

LEFT = 20.0
FLOOR = 22.0
TOP = 297 - 22.0
GAP = 6.0
"""Between the boxes of two places."""
CENTS = 100
HOURS_FROM = 0.27
"""Where the hours begin in the box of a place: after « Mercredi »."""

SIZES, LARGE_SIZES = (11.5, 11.0, 10.5, 10.0), (17.0, 16.0)
PAGES, LARGE_PAGES = 1, 2
"""A letter is one sheet, two in large print: it is set in the first size in which it is."""


@dataclass(frozen=True, slots=True)
class LetterPlace:
    """A place of mediation as the letter tells it. What is not known is left out."""

    name: str
    street: str
    town: str
    phone: str
    far: str
    hours: tuple[tuple[str, str], ...]
    access: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that an orientation letter says."""

    number: str
    person: str
    prescriber: str
    town: str
    day: date
    agent: str
    agent_phone: str
    booklets: tuple[str, ...]
    passes_each: int
    face_value_cents: int
    last_day: date
    places: tuple[LetterPlace, ...]
    help_line: str
    specimen: bool
    left_count: int | None = None
    """Passes that can be used still, where some were declared lost; None where none was."""

    @property
    def passes_count(self) -> int:
        """How many passes the letter is about."""
        whole = len(self.booklets) * self.passes_each
        return whole if self.left_count is None else self.left_count


@dataclass(frozen=True, slots=True)
class CommitmentForm:
    """Everything that a commitment form says before it is signed."""

    person: str
    birth_year: int
    prescriber: str
    town: str
    day: date
    agent: str
    declares_no_other_pass: bool
    specimen: bool
    kept_for: str
    """How long after the last contact it is known who the person is."""


class Writer:
    """Flows blocks down the page at one body size."""

    def __init__(
        self,
        title: str,
        *,
        author: str,
        large: bool,
        specimen: bool,
        subject: str,
        size: float = 11.5,
    ) -> None:
        self.title, self.large = title, large
        self.size = size
        self.lead = self.size * 1.36 / MM
        self.wide = 210 - 2 * LEFT
        edition = " (gros caractères)" if large else ""
        self.s = Sheet(title + edition, specimen=specimen, author=author, subject=subject)
        self.y = TOP
        self.places_from = 1
        """The page on which the places begin."""
        self.closed_before_places = True
        """Whether the letter is signed before the page of its places, or after them."""

    def need(self, height: float) -> None:
        """Turn the page when so much is not left."""
        if self.y - height < FLOOR:
            self.turn()

    def turn(self) -> None:
        """Go on at the top of the next page."""
        self._foot()
        self.s.next_page()
        self.y = TOP

    def head(self, name: str, line: str, day: str, person: str) -> None:
        """Letterhead, person, place and day, title."""
        s, big = self.s, self.large
        line = clipped(line, 80, 3, 14 if big else 9.5)
        person = clipped(person, 85, 4, 16 if big else 11.5)
        s.rect(LEFT, 297 - 31, 1.6, 14, fill=TEAL)
        with s.leaf("P"):
            s.para(LEFT + 4, 297 - 21, 80, name, 16 if big else 13, font="B", color=TEAL, most=2)
            left = s.para(LEFT + 4, 297 - 30, 80, line, 14 if big else 9.5)
        with s.leaf("P"):
            low = s.para(105, 297 - 38, 85, person, 16 if big else 11.5)
        with s.leaf("P"):
            low = s.para(105, min(low, 297 - 46) - 1, 85, day, 14 if big else 10.5)
        self.y = min(297 - (76 if big else 66), left - 4, low - 4)
        with s.leaf("H1"):
            self.y = s.para(
                LEFT,
                self.y,
                self.wide,
                self.title,
                21 if big else 18,
                9.5 if big else 8,
                font="B",
                color=TEAL,
            )
        self.y -= 3

    def height(self, words: str, size: float) -> float:
        """How high a paragraph is."""
        return len(wrapped(typeset(words), self.wide, size)) * size * 1.36 / MM

    def para(self, words: str, *, after: float = 0.5, size: float | None = None) -> None:
        """A paragraph."""
        size = size or self.size
        lead = size * 1.36 / MM
        self.need(self.height(words, size))
        with self.s.leaf("P"):
            self.y = self.s.para(LEFT, self.y, self.wide, typeset(words), size, lead)
        self.y -= self.lead * after

    def heading(self, words: str, room: float) -> None:
        """A heading that stays with what follows."""
        self.need(room)
        size = self.size * 1.22
        self.y -= self.lead * 0.25
        with self.s.leaf("H2"):
            self.y = self.s.para(
                LEFT,
                self.y,
                self.wide,
                typeset(words),
                size,
                size * 1.25 / MM,
                font="B",
                color=TEAL,
                most=2,
            )
        self.y -= self.lead * 0.25

    def steps(self, items: Sequence[str]) -> None:
        """What to do, one after the other."""
        s, r = self.s, self.size * 0.24
        inner = self.wide - 3.6 * r
        with s.elem("L", numbering="Decimal"):
            for place, words in enumerate(map(typeset, items), 1):
                self.need(len(wrapped(words, inner, self.size)) * self.lead)
                with s.elem("LI"):
                    s.disc(LEFT + r, self.y + self.size * 0.118, r)
                    with s.leaf("Lbl"):
                        s.text(
                            LEFT + r,
                            self.y,
                            str(place),
                            "B",
                            self.size - 1,
                            align="c",
                            color=WHITE,
                        )
                    with s.leaf("LBody"):
                        self.y = s.para(LEFT + 3.6 * r, self.y, inner, words, self.size, self.lead)
                self.y -= self.lead * 0.3
        self.y -= self.lead * 0.2

    def place(self, rank: int, place: LetterPlace, x: float, wide: float) -> float:
        """A place with its hours, from the present y down; returns its lower edge."""
        s, z, lead = self.s, self.size, self.lead
        pad = z * 0.28
        inner = wide - 2 * pad
        y = self.y - pad - z * 0.25
        name, where = self._told(rank, place, inner)
        with s.elem("Sect"):
            with s.leaf("H3"):
                y = s.para(x + pad, y, inner, name, z * 1.08, lead, font="B")
            with s.leaf("P"):
                for words in filter(None, (where, place.far)):
                    y = s.para(x + pad, y, inner, typeset(words), z, lead)
            if place.phone:
                with s.leaf("P"):
                    told = f"Téléphone{NBSP}: {strong(place.phone)}"
                    y = s.para(x + pad, y, inner, told, z, lead)
            y = self._hours(place, x + pad, y - lead * 0.2, inner)
            if place.access:
                with s.leaf("P"):
                    y = s.para(x + pad, y, inner, typeset(place.access), z, lead)
        return y + lead - pad - z * 0.1

    def _hours(self, place: LetterPlace, x: float, y: float, wide: float) -> float:
        s, z, lead = self.s, self.size, self.lead
        if not place.hours:
            with s.leaf("P"):
                return s.para(x, y, wide, "Horaires : demandez-les en téléphonant.", z, lead)
        with s.elem("Table"):
            with s.elem("TR"):
                for shift, words in ((0.0, "Jour"), (HOURS_FROM, "Horaires")):
                    with s.leaf("TH", scope="Column"):
                        s.text(x + wide * shift, y, words, "B", z * 0.92, color=TEAL)
            s.rule((x, y - lead * 0.32), (x + wide, y - lead * 0.32))
            y -= lead * 1.08
            for day, when in place.hours:
                with s.elem("TR"):
                    with s.leaf("TD"):
                        low_a = s.para(x, y, wide * HOURS_FROM, day, z * 0.96, lead * 0.98)
                    with s.leaf("TD"):
                        low_b = s.para(
                            x + wide * HOURS_FROM,
                            y,
                            wide * (1 - HOURS_FROM),
                            typeset(when),
                            z * 0.96,
                            lead * 0.98,
                        )
                y = min(low_a, low_b)
        return y

    def room_of(self, places: Sequence[LetterPlace]) -> float:
        """How high the boxes of places side by side may be."""
        wide = self._wide(places)
        return max((self._lines(place, wide) for place in places), default=10) * self.lead

    def _wide(self, places: Sequence[LetterPlace]) -> float:
        """How wide the box of each is."""
        return self.wide if self.large or len(places) == 1 else (self.wide - GAP) / 2

    def _lines(self, place: LetterPlace, wide: float) -> int:
        """How many lines a place takes, and some to spare."""
        inner = wide - 0.56 * self.size
        name, where = self._told(1, place, inner)
        said = (name, where, place.far, place.access)
        told = sum(len(wrapped(words, inner, self.size * 1.08, font="B")) for words in said)
        return max(10, told + 5) + len(place.hours)

    def _told(self, rank: int, place: LetterPlace, inner: float) -> tuple[str, str]:
        """Its name and its address, cut to four lines each."""
        where = ", ".join(filter(None, (place.street, strong(place.town))))
        name = clipped(f"{rank}. {place.name}", inner, 4, self.size * 1.08, font="B")
        return name, clipped(where, inner, 4, self.size)

    def places(self, places: Sequence[LetterPlace]) -> None:
        """Two side by side; one under the other in large print."""
        self.places_from = self.s.page
        if self.large or len(places) == 1:
            for rank, place in enumerate(places, 1):
                self.need(self.room_of([place]))
                top = self.y + self.size * 0.1
                self.y = top
                low = self.place(rank, place, LEFT, self.wide)
                self.s.rect(LEFT, low, self.wide, top - low, stroke=INK, line=1.2)
                self.y = low - self.lead * 1.2
            return
        self.need(self.room_of(places))
        gap, wide = GAP, self._wide(places)
        self.y = top = self.y + 3.2
        lows = [
            self.place(rank, place, LEFT + (rank - 1) * (wide + gap), wide)
            for rank, place in enumerate(places, 1)
        ]
        for column in range(len(places)):
            x = LEFT + column * (wide + gap)
            self.s.rect(x, min(lows), wide, top - min(lows), stroke=RULE, line=0.9)
        self.y = min(lows) - self.lead * 1.25

    def finish(self) -> bytes:
        """The whole document, its pages numbered."""
        self._foot()
        for page in range(1, self.s.page + 1):
            with self.s.form(f"page{page}"):
                words = f"Page {page} sur {self.s.page}"
                self.s.text(210 - LEFT, 10, words, "B", 14 if self.large else 9.5, align="r")
        return self.s.finish()

    def _foot(self) -> None:
        with self.s.artifact("Pagination"):
            self.s.rule((LEFT, 16), (210 - LEFT, 16))
            self.s.canvas.doForm(f"page{self.s.page}")


def orientation_letter(letter: Letter, *, large: bool) -> bytes:
    """Where to go, when, and how to use the passes."""
    sizes, most = (LARGE_SIZES, LARGE_PAGES) if large else (SIZES, PAGES)
    tried = []
    for size in sizes:
        tried.append(_letter_at(letter, size, large=large))
        if tried[-1].s.page <= most and tried[-1].closed_before_places:
            return tried[-1].finish()
    fits = [written for written in tried if written.s.page <= most]
    return (fits or tried[-1:])[0].finish()


def _letter_at(letter: Letter, size: float, *, large: bool) -> Writer:
    """The letter at one size; it says on which page its places begin, which is known afterwards."""
    written = _letter_in(letter, size, large=large, places_from=1)
    if written.places_from == 1:
        return written
    return _letter_in(letter, size, large=large, places_from=written.places_from)


def _letter_in(letter: Letter, size: float, *, large: bool, places_from: int) -> Writer:
    """When the places have a page of their own, who wrote signs before it."""
    title = typeset("Vos pass numériques : où aller, comment faire")
    subject = "Lettre d’orientation"
    w = Writer(
        title,
        author=letter.prescriber,
        large=large,
        specimen=letter.specimen,
        subject=subject,
        size=size,
    )
    w.head(
        "Pass numérique",
        letter.prescriber,
        f"{letter.town}, le {long_day(letter.day)}",
        letter.person,
    )
    booklets = len(letter.booklets)
    passes = letter.passes_count
    each = letter.face_value_cents // CENTS
    w.para("Bonjour,")
    given = (
        f"Vous avez reçu {strong(f'{booklets} carnet{plural(booklets)} de {letter.passes_each}')} "
        f"pass, soit {passes} pass de {each} €."
        if letter.left_count is None
        else f"Vous avez {strong(f'{passes} pass')} de {each} €. "
        "Les pass perdus sont bloqués : ne les donnez plus."
    )
    w.para(
        f"{given} Un pass paie environ {strong('une heure d’aide')} "
        "pour apprendre à utiliser un ordinateur, un téléphone ou internet. "
        f"C’est {strong('gratuit')}."
    )
    last = f"jusqu’au {long_day(letter.last_day)} inclus"
    w.para(f"Utilisez vos pass {strong(last)}. Après, ils ne servent plus.")
    w.heading("Comment faire", 4 * w.lead)
    one = len(letter.places) == 1
    where = "au lieu " if one else "à l’un des lieux "
    where += f"de la page{NBSP}{places_from}" if places_from > 1 else "ci-dessous"
    w.steps(
        (
            f"{strong('Téléphonez')} {where} et prenez rendez-vous.",
            (
                f"{strong('Venez avec ' + ('vos carnets.' if booklets > 1 else 'votre carnet.'))} "
                "Ne détachez rien avant."
            ),
            f"{strong('Donnez un pass par heure')} d’aide. Le médiateur le prend devant vous.",
            f"{strong('Gardez la souche :')} elle montre combien de pass il vous reste.",
        )
    )
    w.para(
        f"{strong('Carnet perdu ou volé ?')} Appelez vite le "
        f"{strong(letter.help_line.replace(' ', NBSP))}. Vos pass seront bloqués."
    )
    if places_from > 1:
        _close(w, letter)
        w.closed_before_places = w.s.page < places_from
        while w.s.page < places_from:
            w.turn()
    room = 3 * w.lead + w.room_of(letter.places[:1] if large else letter.places)
    w.heading("Où aller" if one else "Le lieu choisi avec vous, puis un autre", room)
    w.places(letter.places)
    if places_from == 1:
        _close(w, letter)
    w.para(
        f"Vos carnets : {', '.join(letter.booklets)}. Valeur : "
        f"{passes * each} €. Remise n°{NBSP}{letter.number}. "
        "Le médiateur ne voit pas votre nom quand il prend un pass.",
        size=14 if large else 9.5,
        after=0,
    )
    return w


def _close(w: Writer, letter: Letter) -> None:
    """Whom to ask, and who wrote: in one piece, so that no greeting stands alone on a page."""
    ask = f"Demandez à la structure qui vous a remis cette lettre : {letter.prescriber}."
    if letter.agent_phone:
        phone = letter.agent_phone.replace(" ", NBSP)
        ask = f"Appelez {letter.prescriber} au {strong(phone)}."
    ask, signed = f"{strong('Une question ?')} {ask}", f"Cordialement, {strong(letter.agent)}."
    w.need(w.height(ask, w.size) + w.lead / 2 + w.height(signed, w.size))
    w.para(ask)
    w.para(signed)


def commitment_form(form: CommitmentForm) -> bytes:
    """What the person commits to, to be signed on paper before the booklet is handed over."""
    w = Writer(
        "Mon engagement",
        author=form.prescriber,
        large=False,
        specimen=form.specimen,
        subject="Engagement du bénéficiaire d’un Pass numérique",
    )
    w.head(
        "Pass numérique",
        form.prescriber,
        f"{form.town}, le {long_day(form.day)}",
        f"{clipped(form.person, 85, 3, 11.5)}, {form.birth_year}",
    )
    w.para("Je reçois des pass numériques. Ils paient des heures d’aide, et ne me coûtent rien.")
    w.heading("Je m’engage", 4 * w.lead)
    lines = list(ENGAGEMENTS)
    if form.declares_no_other_pass:
        lines.append("Je déclare ne pas avoir déjà le Pass numérique de France Travail.")
    for words in lines:
        w.need(2 * w.lead)
        tick(w.s, LEFT, w.y, typeset(words), w.size)
        w.y -= w.lead * 1.6
    w.y -= w.lead * 0.4
    w.para(
        "Mes nom, prénom, année de naissance et commune servent à suivre mes carnets. "
        f"Ils sont effacés {form.kept_for} après notre dernier contact. "
        f"Je peux les lire et les faire corriger : je le demande à {form.prescriber}.",
        size=10,
    )
    w.y -= w.lead
    middle = LEFT + w.wide / 2
    top = w.y
    for x, who, name in (
        (LEFT, "La personne", form.person),
        (middle + 3, "L’agent", form.agent),
    ):
        wide = w.wide / 2 - 3
        w.s.rect(x, top - 46, wide, 46, stroke=RULE, line=0.7)
        with w.s.leaf("P"):
            w.s.text(x + 3, top - 6, who, "B", 11)
            low = w.s.para(x + 3, top - 12, wide - 6, clipped(name, wide - 6, 2, 10), 10)
        blank(w.s, x + 3, min(top - 24, low - 3), "Le", x + wide - 3, 10)
        with w.s.leaf("P"):
            w.s.text(x + 3, top - 32, "Signature", "R", 10, color=GREY)
    w.y = top - 54
    w.para("Le prescripteur garde cette feuille et en donne une copie.", size=9.5, after=0)
    return w.finish()
