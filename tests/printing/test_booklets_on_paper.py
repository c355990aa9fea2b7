"""Printed booklets: each code is read back from the page, also from a poor copy of it."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pikepdf
import pytest
from PIL import ImageFilter
from PIL.Image import Image, Resampling

from app.kernel import codes
from app.papers import qr
from app.papers.sheet import SPECIMEN
from app.printing.leaves import NORMAL, Edition
from app.printing.press import booklets
from tests.papers import reading
from tests.printing.samples import LONG_NAME, PLACES, edition, printed

SHAPES = [(5, False), (5, True), (10, False), (10, True)]
WHITE = 255


def greyed(picture: Image) -> Image:
    return picture.point(lambda shade: int(60 + shade * 0.6))


def blurred(picture: Image) -> Image:
    return picture.filter(ImageFilter.GaussianBlur(0.9))


def turned(degrees: float) -> Callable[[Image], Image]:
    return lambda picture: picture.rotate(degrees, Resampling.BICUBIC, expand=True, fillcolor=WHITE)


def poor(picture: Image) -> Image:
    return turned(3)(greyed(blurred(picture)))


COPIES: dict[str, Callable[[Image], Image]] = {
    "clean": lambda picture: picture,
    "greyed": greyed,
    "blurred": blurred,
    "turned left": turned(3),
    "turned right": turned(-3),
    "all at once": poor,
}


def addresses(made: Edition, size: int) -> set[str]:
    (booklet,) = printed(442, 1, size)
    return {
        made.cover_address(booklet.cover),
        *(made.pass_address(code) for _, code in booklet.passes),
    }


@pytest.fixture(scope="module", params=SHAPES, ids=lambda shape: f"{shape[0]}-{shape[1]}")
def scanned(request: pytest.FixtureRequest) -> tuple[int, list[Image]]:
    """The pages of one booklet as a scanner at 150 dpi sees them."""
    size, large = request.param
    document = booklets(edition(), size, printed(442, 1, size), large=large)
    return size, list(reading.pictures(document, dpi=150))


@pytest.mark.parametrize("copy", COPIES)
def test_every_code_is_read_back_and_no_other(scanned: tuple[int, list[Image]], copy: str) -> None:
    size, pages = scanned

    read = set[str]().union(*(reading.codes(COPIES[copy](page)) for page in pages))

    assert read == addresses(edition(), size)


@pytest.mark.parametrize(("size", "large"), SHAPES)
def test_what_people_type_is_printed_beside(size: int, *, large: bool) -> None:
    document = booklets(edition(), size, printed(442, 1, size), large=large)

    said = " ".join(" ".join(reading.words(document)).split())

    (booklet,) = printed(442, 1, size)
    for serial, code in booklet.passes:
        assert said.count(serial) == 2, "on the pass and on its stub"
        assert codes.written(code) in said
    assert codes.written(booklet.cover) in said
    assert "31\xa0mars\xa02027" in " ".join(reading.words(document)).replace(" ", "\xa0")
    assert all(name in said for name, _ in PLACES)


@pytest.mark.parametrize("large", [False, True])
def test_the_longest_day_of_the_year_has_its_place(*, large: bool) -> None:
    made = replace(edition(), last_day=date(2027, 9, 30))

    document = booklets(made, 5, printed(442, 1, 5), large=large)

    said = " ".join(" ".join(reading.words(document)).split())
    assert said.count("30 septembre 2027 inclus") >= 5


def test_leaves_are_in_order_once_the_piles_are_stacked() -> None:
    document = booklets(edition(), 10, printed(442, 1, 10), large=False)

    slots = NORMAL.slots
    with reading.opened(document) as pdf:
        piles: list[list[str]] = [[] for _ in range(slots)]
        for page in pdf:
            text = page.get_textpage()
            for slot in range(slots):
                top = (297 - 8.5 - slot * NORMAL.height) * 72 / 25.4
                bottom = top - NORMAL.height * 72 / 25.4
                words = text.get_text_bounded(left=0, right=33, top=top, bottom=bottom)
                piles[slot].append(words.split()[0])

    assert [leaf for pile in piles for leaf in pile] == [f"{n}/12" for n in range(1, 13)]


def test_the_same_booklets_make_the_same_bytes_and_others_do_not() -> None:
    made = [booklets(edition(), 5, printed(n, 2, 5), large=False) for n in (1, 1, 2)]

    assert made[0] == made[1] != made[2]


def test_only_a_demonstration_says_specimen_and_each_leaf_says_it() -> None:
    marked, real = (
        booklets(edition(specimen=specimen), 10, printed(1, 1, 10), large=False)
        for specimen in (True, False)
    )

    assert all(page.count(SPECIMEN) == 2 * NORMAL.slots + 1 for page in reading.words(marked))
    assert not any(SPECIMEN in page for page in reading.words(real))


def test_everything_is_drawn_with_vectors() -> None:
    document = booklets(edition(), 10, printed(1, 1, 10), large=False)

    with pikepdf.open(io.BytesIO(document)) as pdf:
        subtypes = {str(o.get("/Subtype")) for o in pdf.objects if isinstance(o, pikepdf.Stream)}

    assert "/Image" not in subtypes


def test_an_address_of_ours_keeps_the_squares_large() -> None:
    address = edition().pass_address(codes.derive(b"key", 1))

    assert len(address) <= qr.LONGEST_VERSION_3
    assert len(qr.matrix(address)) == qr.VERSION_3_MODULES
    assert 25 / qr.VERSION_3_MODULES > 0.8, "millimetres a module"


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("count", [0, 1, 6, 7, 12, 40])
def test_any_number_of_mediators_and_any_name_find_room(count: int, *, large: bool) -> None:
    places = tuple((f"{place} {LONG_NAME}", LONG_NAME) for place in range(count))
    long = edition(places=places, sponsor=LONG_NAME)

    document = booklets(long, 5, printed(1, 1, 5), large=large)

    back = " ".join(reading.words(document))
    assert ("autres, sur" in back) == (count == 40)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("cents", [1, 1_250, 99_999, 100_000])
def test_any_face_value_finds_room(cents: int, *, large: bool) -> None:
    worth = edition(face_value_cents=cents)

    said = " ".join(reading.words(booklets(worth, 10, printed(1, 1, 10), large=large)))

    assert " ".join(said.split()).count(" ".join(worth.face.split())) >= 10
