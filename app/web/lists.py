"""Lists: sorted by their heads, read page after page, and taken away as a file.

A feature describes a list once, as a `Listing`: its columns, the filters of its address, how its
records are found from a place on, and what is told of them. The page shows one page of the rows;
the file holds all of them, by the same functions, so that it is exactly what the filters show.

    /dotations?etat=en-route&tri=-depart&apres=0190…

`tri` names the order, `-` before it the greatest first; `apres` is the id of the last row read, and
`avant` that of the first one, for whoever goes back. No file names a person that passes are for:
rows that do tell something else there (DOMAIN, personal data).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Generic, Protocol, TypeVar, cast
from uuid import UUID

from flask import Response, current_app, g, request, url_for
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.kernel.text import read_day, read_number
from app.papers.sheets import Field, Kind, Values, csv_chunks, write_xlsx
from app.web.downloads import FORMATS, download_written
from app.web.forms import Form
from app.web.pages import Choice
from app.web.transaction import in_transaction

SPECIMEN = "passnum_is_specimen"
"""Where the application keeps what says whether its data is a demonstration."""
LONG_LIST = "passnum_long_list"
"""Where the application keeps who has a long file made in the background, if anybody has."""
MAKER = "list_maker"
"""What a request that nobody waits for carries: who takes the file, and hears how far it is."""
ROWS_AT_ONCE = 5_000
"""Rows that a request holds and writes while a person waits: some two seconds at the most."""
PIECE = 500
"""Rows of a file that are read at once."""
FILE_WORDS = {"csv": "CSV", "xlsx": "Excel"}
WAYS = {
    Kind.TEXT: ("de A à Z", "de Z à A"),
    Kind.DAY: ("de l’ancien au récent", "du récent à l’ancien"),
    Kind.MOMENT: ("de l’ancien au récent", "du récent à l’ancien"),
}
NUMBERS = ("du plus petit au plus grand", "du plus grand au plus petit")
WAITING_FIRST = ("ce qui est décidé d’abord", "ce qui attend d’abord")
"""The ways of a column that says whether somebody has to decide."""


class Known(Protocol):
    """A record: rows are told apart by their ids."""

    @property
    def id(self) -> UUID | int:
        """Its own."""


class Maker(Protocol):
    """Who writes the file of a long list, in the background."""

    def write(self, write: Callable[[BinaryIO], None], name: str, media_type: str) -> Response:
        """Write the file, and keep it."""

    def told(self, row_count: int) -> None:
        """Hear how many rows are read."""


class TooLong(Exception):
    """The list goes on after what is written while a person waits."""


RecordT = TypeVar("RecordT", bound=Known)
RowT = TypeVar("RowT")


@dataclass(frozen=True)  # without slots: Column[Row](…) notes its type on the instance
class Column(Generic[RowT]):
    """A column: its head, what a row puts into the file, and the order its head asks for."""

    head: str
    value: Callable[[RowT], Any] | None
    """None for what only the page tells: no file names a person."""
    kind: Kind = Kind.TEXT
    sort: str = ""
    width: float | None = None
    shown: bool = True
    """Whether the page has it too; a file may tell more."""
    ways: tuple[str, str] | None = None
    """Its orders in words, where its kind has none that fit: upwards, downwards."""

    @property
    def is_number(self) -> bool:
        """Whether its cells stand at the right."""
        return self.kind in {Kind.NUMBER, Kind.EUROS, Kind.RATE}

    @property
    def from_the_top(self) -> bool:
        """Whether it is asked for downwards first: all but words, which are read from A."""
        return self.kind is not Kind.TEXT or self.ways is not None

    def way(self, *, descending: bool) -> str:
        """The order in words, for those who have no head to press."""
        ways = self.ways or WAYS.get(self.kind, NUMBERS)
        return f"{self.head.removesuffix(' (€)')}, {ways[descending]}"


@dataclass(frozen=True, slots=True)
class Head:
    """A head of the table: pressed, it sorts; `sorted_now` is what a screen reader is told."""

    words: str
    is_number: bool
    address: str = ""
    sorted_now: str = ""


@dataclass(frozen=True, slots=True)
class Listed(Generic[RowT]):
    """One page of a list, and the addresses around it."""

    endpoint: str
    rows: tuple[RowT, ...]
    form: Form
    heads: tuple[Head, ...]
    kept: dict[str, str]
    """The filters that were asked for, and understood."""
    sort: str
    """The order that was asked for, when it is not the first."""
    orders: tuple[Choice, ...]
    chosen: str
    more: str
    """The address of the lines that follow."""
    previous: str
    """The address of the lines before."""
    start: str
    """The address of the first lines, for whoever has left them."""
    whole: str
    """The address of the list without a filter."""
    files: tuple[tuple[str, str], ...]
    """What the list may be taken away as, and where from."""

    @property
    def filtered(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.kept)

    def beside(self, **filters: str) -> str:
        """The address of the list with other filters, in the same order."""
        return _address(self.endpoint, **(self.kept | filters | {"tri": self.sort}))

    @property
    def caption(self) -> str:
        """The order of the lines, in words."""
        return next((one.label for one in self.orders if one.value == self.chosen), "")


@dataclass(frozen=True, slots=True)
class Listing(Generic[RecordT, RowT]):
    """A list: `endpoint` is its page, `endpoint` and `_file` its file under `name`."""

    endpoint: str
    name: str
    title: str
    columns: tuple[Column[RowT], ...]
    filters: tuple[str, ...]
    found: Callable[[Session, Form, Place], Sequence[RecordT]]
    told: Callable[[Session, Sequence[RecordT]], Sequence[RowT]]
    first: str = ""
    """The order of a list that nobody sorted: a column's, `-` before it the greatest first."""
    lines: int = 25
    numbered: bool = False
    """Whether its records are told apart by numbers."""

    def page(self, session: Session, *, hidden: frozenset[str] = frozenset()) -> Listed[RowT]:
        """The page of the address; without the columns of these heads."""
        form = Form.asked(*self.filters, "tri", "apres", "avant")
        place = self._place(form, self.lines + 1)
        found = self.found(session, form, place)
        if place.back and len(found) <= self.lines:
            place = Place(place.limit, place.by, place.descending)
            found = self.found(session, form, place)
        going_on = place.back or len(found) > self.lines
        shown = found[: self.lines]
        if place.back:
            shown = shown[::-1]
        earlier = bool(place.after and shown)
        wrong = {error.field for error in form.errors}
        asked = {name: form.text(name) for name in self.filters if name not in wrong}
        kept = {name: value for name, value in asked.items() if value}
        chosen = f"{'-' if place.descending else ''}{place.by}" if place.by else ""
        sort = {} if chosen == self.first else {"tri": chosen}

        def beside(**place: str) -> str:
            return _address(self.endpoint, **kept, **sort, **place)

        return Listed(
            self.endpoint,
            rows=tuple(self.told(session, shown)),
            form=form,
            heads=tuple(
                self._head(column, place, kept)
                for column in self.columns
                if column.shown and column.head not in hidden
            ),
            kept=kept,
            sort=sort.get("tri", ""),
            orders=tuple(
                Choice(value, column.way(descending=value.startswith("-")))
                for value, column in self._orders().items()
                if column.head not in hidden
            ),
            chosen=chosen,
            more=beside(apres=str(shown[-1].id)) if going_on else "",
            previous=beside(avant=str(shown[0].id)) if earlier else "",
            start=beside() if place.after else "",
            whole=_address(self.endpoint, **sort),
            files=tuple(
                (words, _address(f"{self.endpoint}_file", ending=ending, **kept, **sort))
                for ending, words in FILE_WORDS.items()
            ),
        )

    def file(self, ending: str, is_specimen: Callable[[Session], bool] | None = None) -> Response:
        """Every line that the filters of the address let through, in its order.

        A feature below the programmes does not know whether this is a demonstration: the
        application does. A list of more rows than a person waits for is made in the background:
        the answer leads to the page of that work, which reads the same address again.

        Raises:
            InvalidInput: a filter makes no sense; a file could not say so, as the page does.
        """
        maker: Maker | None = g.get(MAKER)
        have_made = None if maker else current_app.extensions.get(LONG_LIST)

        def write(session: Session, out: BinaryIO) -> None:
            fields = [Field(one.head, one.kind, one.width) for one in self.columns if one.value]
            specimen = (is_specimen or current_app.extensions[SPECIMEN])(session)
            values = self._values(session, maker)
            if have_made:
                known = list(islice(values, ROWS_AT_ONCE + 1))
                if len(known) > ROWS_AT_ONCE:
                    raise TooLong
                values = iter(known)
            if ending == "xlsx":
                write_xlsx(out, fields, values, title=self.title, specimen=specimen)
            else:
                out.writelines(csv_chunks(fields, values, specimen=specimen))

        try:
            return (maker.write if maker else download_written)(
                lambda out: in_transaction(lambda session: write(session, out)),
                f"{'-'.join((self.name, *self._days()))}.{ending}",
                FORMATS[ending],
            )
        except TooLong:
            if have_made is None:
                raise
            return cast("Response", have_made(self, FILE_WORDS[ending]))

    def _days(self) -> list[str]:
        """The period of the address, for the name of a file."""
        form = Form.asked("du", "au")
        days = (read_day(form.text(name)) for name in ("du", "au") if name in self.filters)
        return [day.isoformat() for day in days if day is not None]

    def _values(self, session: Session, maker: Maker | None) -> Iterator[Values]:
        form = Form.asked(*self.filters, "tri")
        told = [column.value for column in self.columns if column.value]
        place = self._place(form, PIECE)
        found = self.found(session, form, place)
        form.check()
        row_count = 0
        while found:
            row_count += len(found)
            if maker:
                maker.told(row_count)
            for row in self.told(session, found):
                yield [value(row) for value in told]
            place = Place(PIECE, place.by, place.descending, found[-1].id)
            found = self.found(session, form, place) if len(found) == PIECE else ()

    def _orders(self) -> dict[str, Column[RowT]]:
        """The orders of the address."""
        found = {}
        for column in self.columns:
            if column.sort:
                ways = (column.sort, f"-{column.sort}")
                for way in reversed(ways) if column.from_the_top else ways:
                    found[way] = column
        return found

    def _place(self, form: Form, limit: int) -> Place:
        chosen = form.among("tri", {value: value for value in self._orders()}) or self.first
        before = self._id(form.text("avant"))
        after = self._id(form.text("apres")) if before is None else before
        by = chosen.removeprefix("-")
        return Place(limit, by, chosen.startswith("-"), after, before is not None)

    def _id(self, typed: str) -> UUID | int | None:
        if self.numbered:
            return read_number(typed)
        try:
            return UUID(typed)
        except ValueError:
            return None

    def _head(self, column: Column[RowT], place: Place, kept: dict[str, str]) -> Head:
        words = column.head.removesuffix(" (€)")
        if not column.sort:
            return Head(words, column.is_number)
        here = column.sort == place.by
        down = not place.descending if here else column.from_the_top
        asked = f"{'-' if down else ''}{column.sort}"
        return Head(
            words,
            column.is_number,
            _address(self.endpoint, **kept, tri="" if asked == self.first else asked),
            ("descending" if place.descending else "ascending") if here else "",
        )


def _address(endpoint: str, **asked: str) -> str:
    """The same list in another order or at another place; what its path names stays."""
    values: dict[str, Any] = {name: value for name, value in asked.items() if value}
    return url_for(endpoint, **{**(request.view_args or {}), **values})


def piece_of(
    rows: Iterable[RecordT], place: Place, orders: Mapping[str, Callable[[RecordT], Any]]
) -> list[RecordT]:
    """What is read from a place of a list that is short, and held whole.

    It is sorted here, where accents are known (`key_of`); equals stay as they came.
    """
    found = sorted(rows, key=orders[place.by], reverse=place.descending)
    if place.back:
        found.reverse()
    start = next((n for n, one in enumerate(found, 1) if one.id == place.after), 0)
    if place.after is not None and not start:
        return []
    return found[start : start + place.limit]
