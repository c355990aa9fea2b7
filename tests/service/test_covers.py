"""The code on a cover finds the booklet, however it is scanned or typed, and nothing else."""

import pytest

from app.kernel import codes
from app.programmes.service import known_vintage
from app.vouchers import queries
from app.vouchers.errors import (
    MistypedCoverCode,
    NotASerialNumber,
    UnknownBooklet,
    UnknownCover,
    UnknownVoucher,
)
from app.vouchers.models import Booklet
from app.vouchers.service import (
    booklet_by_cover,
    codes_of,
    cover_of,
    read_booklet_or_cover,
    voucher_by_code,
)
from tests.service.conftest import World


@pytest.fixture
def booklet(world: World) -> Booklet:
    [found] = queries.booklets_between(world.session, world.scheme.vintage_id, 11, 11)
    assert found.size == 5
    return world.session.get_one(Booklet, found.id)


def test_a_cover_finds_its_booklet_and_no_pass(world: World, booklet: Booklet) -> None:
    terms = known_vintage(world.session, booklet.vintage_id)

    code = cover_of(booklet, terms, world.scheme.keys)

    for typed in (code, codes.written(code).lower(), f"HTTPS://PASS.EXAMPLE/C/{code}"):
        assert booklet_by_cover(world.session, typed).id == booklet.id
        assert read_booklet_or_cover(world.session, typed).id == booklet.id
    with pytest.raises(UnknownVoucher):
        voucher_by_code(world.session, code)


def test_a_booklet_is_found_by_its_number_and_by_its_passes_too(
    world: World, booklet: Booklet
) -> None:
    terms = known_vintage(world.session, booklet.vintage_id)
    (serial, pass_code), *_ = codes_of(booklet, terms, world.scheme.keys)

    for typed in (str(serial), str(serial.booklet), str(serial.booklet).lower()):
        assert read_booklet_or_cover(world.session, typed).id == booklet.id
    with pytest.raises(UnknownCover):
        read_booklet_or_cover(world.session, pass_code)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("0000 0000 0000 0001", MistypedCoverCode),
        ("HTTPS://PASS.EXAMPLE/C/", MistypedCoverCode),
        ("https://elsewhere.example/", MistypedCoverCode),
        ("0000 0000 0000 0000", UnknownCover),
        ("26Z 00001", UnknownBooklet),
        ("", NotASerialNumber),
        ("carnet", NotASerialNumber),
    ],
)
def test_what_is_no_booklet_is_told_apart(
    world: World, typed: str, refusal: type[Exception]
) -> None:
    assert world.scheme.label != "26Z"
    with pytest.raises(refusal):
        read_booklet_or_cover(world.session, typed)
