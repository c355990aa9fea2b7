"""The poster of the information kit: who may have passes, what one is worth, where to ask."""

from dataclasses import dataclass

from reportlab.lib.colors import Color, HexColor

from app.guides.rules import Kit
from app.papers.french import long_day, typeset
from app.papers.measures import A4, GREY, INK, MM, TEAL, TINT, WHITE
from app.papers.sheet import Sheet, clipped, strong, wrapped

MANGO: Color = HexColor("#F6B23C")
A3_TO_A4 = 2**0.5
HALF_WAY = 147.0
"""Where the poster turns from what to who and where."""
MOST_TOWNS = 6
TITLE = "Besoin d’aide avec l’ordinateur, le téléphone, vos démarches ?"
STEPS = (
    ("Demandez", "Un agent regarde avec vous ce dont vous avez besoin, et vous remet vos pass."),
    (
        "Choisissez un lieu",
        "Le plus proche, ou celui qui vous convient. Téléphonez avant d’y aller.",
    ),
    ("Apprenez", "Quelqu’un vous montre, à votre rythme. Une heure, un pass."),
)


@dataclass(frozen=True, slots=True)
class Wall:
    """A poster laid out as an A4, drawn larger or not."""

    s: Sheet
    k: float

    def text(self, x: float, y: float, words: str, size: float, **more: object) -> None:
        """One line; it never sticks out of the sheet."""
        self.s.text(x * self.k, y * self.k, typeset(words), size=size * self.k, **more)  # type: ignore[arg-type]

    def para(
        self,
        x: float,
        y: float,
        wide: float,
        words: str,
        size: float,
        *,
        font: str = "R",
        color: Color = INK,
        most: int = 9,
        lead: float | None = None,
    ) -> float:
        """A paragraph in the size asked for, or the first smaller one that keeps to its lines."""
        k, words = self.k, typeset(words)
        while len(wrapped(words, wide, size, font=font)) > most and size > 7:  # noqa: PLR2004 - nobody reads less on a wall
            size -= 0.5
        words = clipped(words, wide, most, size, font=font)
        step = (lead or size * 1.28 / MM) * k
        low = self.s.para(
            x * k, y * k, wide * k, words, size * k, step, font=font, color=color, most=most
        )
        return low / k

    def rect(self, x: float, y: float, wide: float, high: float, **more: Color | None) -> None:
        """A box."""
        k = self.k
        self.s.rect(x * k, y * k, wide * k, high * k, line=0.8 * k, **more)

    def disc(self, x: float, y: float, radius: float, color: Color) -> None:
        """A filled circle."""
        self.s.disc(x * self.k, y * self.k, radius * self.k, color)


def poster(kit: Kit, *, large: bool) -> bytes:
    """What hangs in a waiting room: who may have passes, what one is worth, where to ask."""
    k = A3_TO_A4 if large else 1.0
    s = Sheet(
        typeset(TITLE),
        specimen=kit.specimen,
        author=kit.sponsor,
        subject="Affiche du Pass numérique",
        size=(A4[0] * k, A4[1] * k),
    )
    wall = Wall(s, k)
    _banner(wall)
    _ticket(wall, kit)
    _for_whom(wall, kit)
    _where(wall, kit)
    _how(wall)
    _here(wall, kit)
    return s.finish()


def _banner(wall: Wall) -> None:
    wall.rect(10, 204, 190, 81, fill=TEAL)
    for place in range(32):
        wall.disc(12 + place * 6, 204, 1.7, WHITE)
    with wall.s.leaf("P"):
        wall.text(18, 271, "Le Pass numérique", 21, font="B", color=MANGO)
    with wall.s.leaf("H1"):
        wall.para(18, 252.5, 176, TITLE, 41, font="B", color=WHITE, most=3, lead=18)


def _ticket(wall: Wall, kit: Kit) -> None:
    low, high = 160.0, 37.0
    wall.rect(10, low, 190, high, fill=TINT)
    wall.rect(10, low, 62, high, fill=MANGO)
    for y in range(5):
        wall.disc(72, low + 4 + y * 7.25, 1.2, WHITE)
    value = kit.worth
    with wall.s.elem("Sect"):
        with wall.s.leaf("P"):
            wall.text(41, low + (23 if value else 15.5), "1 pass", 32, font="B", align="c")
            if value:
                wall.text(41, low + 9, value, 28 if len(value) < 9 else 17, font="B", align="c")  # noqa: PLR2004 - two values
        with wall.s.leaf("H2"):
            wall.text(80, low + 24.5, "= 1 heure d’aide environ", 25, font="B", color=TEAL)
        with wall.s.leaf("P"):
            wall.text(80, low + 14, "C’est gratuit pour vous.", 20, font="B")
            wall.text(80, low + 6, "Vous ne payez rien, ni avant, ni après.", 14.5)


def _for_whom(wall: Wall, kit: Kit) -> None:
    y = HALF_WAY
    with wall.s.elem("Sect"):
        with wall.s.leaf("H2"):
            wall.text(10, y, "C’est pour vous si…", 20, font="B", color=TEAL)
        y -= 12
        with wall.s.elem("L", numbering="None"):
            for words in kit.publics:
                wall.disc(13, y + 1.8, 2.2, MANGO)
                with wall.s.elem("LI"), wall.s.leaf("LBody"):
                    y = wall.para(19, y, 94, words, 16.5, font="B", most=2, lead=7) - 3
        if kit.vintage:
            with wall.s.leaf("P"):
                until = f"Les pass servent jusqu’au {long_day(kit.vintage.valid_until)}."
                wall.para(10, y, 106, until, 13, most=2)


def _where(wall: Wall, kit: Kit) -> None:
    x, wide, side = 122.0, 78.0, 34.0
    with wall.s.elem("Sect"):
        with wall.s.leaf("H2"):
            wall.text(x, HALF_WAY, "Où demander ?", 20, font="B", color=TEAL)
        with wall.s.leaf("P"):
            y = wall.para(x, HALF_WAY - 9.5, wide, _asked_at(kit), 13, most=3)
        if not kit.page:
            return
        k, low = wall.k, y - side
        alt = "Code à scanner : la page publique, avec les lieux et leurs horaires"
        wall.s.qr(x * k, low * k, side * k, kit.page, alt)
        more = f"{strong('Scannez :')} où demander, où apprendre, et à quelle heure."
        with wall.s.leaf("P"):
            wall.para(x + side + 6, low + side - 5, wide - side - 6, more, 13, most=6)
        with wall.s.leaf("P"):
            wall.para(x, low - 5.5, wide, kit.page.removeprefix("https://"), 10, most=1)


def _asked_at(kit: Kit) -> str:
    """Where one asks: the communes of those who hand passes out, as many as fit."""
    if not kit.towns:
        return "Demandez à votre CCAS, ou à la personne qui vous suit."
    more = " et ailleurs" if len(kit.towns) > MOST_TOWNS else ""
    return f"Des agents vous reçoivent : {', '.join(kit.towns[:MOST_TOWNS])}{more}."


def _how(wall: Wall) -> None:
    y, third = 71.5, 190 / 3
    with wall.s.elem("L", numbering="Decimal"):
        for place, (name, words) in enumerate(STEPS):
            x = 10 + place * third
            wall.disc(x + 4.5, y + 1.9, 4.5, TEAL)
            with wall.s.elem("LI"):
                with wall.s.leaf("Lbl"):
                    wall.text(
                        x + 4.5, y + 0.1, str(place + 1), 15, font="B", align="c", color=WHITE
                    )
                with wall.s.leaf("LBody"):
                    wall.text(x + 12, y, name, 15, font="B")
                    wall.para(x, y - 9, third - 7, words, 12.5, most=3)


def _here(wall: Wall, kit: Kit) -> None:
    wall.rect(10, 19, 190, 25, stroke=TEAL)
    with wall.s.elem("Sect"), wall.s.leaf("P"):
        wall.text(14, 34.5, "Demandez ici :", 16, font="B", color=TEAL)
        wall.text(14, 26, "qui, quand, à quel guichet", 9.5, color=GREY)
    for y in (33.5, 24.5):
        k = wall.k
        wall.s.rule((62 * k, y * k), (196 * k, y * k), line=0.5 * k)
    foot = f"{kit.sponsor}. Informations du {long_day(kit.on)}."
    if kit.reached:
        foot = f"{kit.sponsor}, {', '.join(kit.reached)}. Informations du {long_day(kit.on)}."
    with wall.s.leaf("P"):
        wall.para(10, 12, 190, foot, 10.5, color=GREY, most=1)
