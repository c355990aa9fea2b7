"""An administrative paper that may run over pages: letterhead, running heads, numbered feet."""

from app.papers.measures import A4
from app.papers.parts import (
    FLOOR,
    Letterhead,
    foot,
    masthead,
    number_pages,
    running_head,
)
from app.papers.sheet import Sheet


class Paper:
    """A tagged document under a letterhead; `top` is where the first page is free.

    `foot` is said at the foot of each page: number, holder, total, checkpoint.
    """

    def __init__(
        self,
        title: str,
        number: str,
        issuer: Letterhead,
        *,
        specimen: bool,
        subtitle: str = "",
        subject: str = "",
        foot: str = "",
        size: tuple[float, float] = A4,
    ) -> None:
        self.title, self.number, self.issuer = title, number, issuer
        self.foot = foot or f"{title} {number}".strip()
        name = f"{title} {number}".strip()
        self.sheet = Sheet(name, specimen=specimen, author=issuer.name, subject=subject, size=size)
        self.top = masthead(self.sheet, issuer, title, subtitle, number) - 5

    @property
    def wide(self) -> float:
        """The width of the page."""
        return self.sheet.size[0]

    def turn(self) -> float:
        """End this page and begin the next; returns where it is free."""
        foot(self.sheet, self.foot)
        self.sheet.next_page()
        return running_head(self.sheet, self.issuer, self.title, self.number) - 3

    def room(self, y: float, needed: float) -> float:
        """The same y, or the top of a new page when `needed` millimetres are not left under y."""
        return y if y - needed >= FLOOR else self.turn()

    def finish(self) -> bytes:
        """The whole document."""
        foot(self.sheet, self.foot)
        number_pages(self.sheet)
        return self.sheet.finish()
