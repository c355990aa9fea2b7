"""Codes, serial numbers, money, days and names, for any input that hypothesis can think of."""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from string import ascii_uppercase

import hypothesis.strategies as st
import pytest
from hypothesis import assume, example, given
from stdnum.iso7064 import mod_97_10

from app.kernel import codes, serials
from app.kernel.clock import (
    FIRST_DAY,
    LAST_DAY,
    MARTINIQUE,
    end_of_day,
    first_instant,
    martinique_day,
)
from app.kernel.codes import ALPHABET, MistypedCode, VoucherCode
from app.kernel.ids import new_id, request_hash
from app.kernel.money import euros
from app.kernel.serials import BookletNumber, NotASerial, SerialNumber, WrongKey
from app.kernel.text import LONGEST_NAME, NOT_LATIN, clean, not_latin, read_email

CODES = st.builds(codes.derive, st.binary(min_size=1, max_size=40), st.integers(1, 2**63 - 1))
PLACES = st.integers(0, codes.LENGTH - 1)
LABELS = st.builds("{:02d}{}".format, st.integers(0, 99), st.sampled_from(ascii_uppercase))
BOOKLETS = st.builds(BookletNumber, LABELS, st.integers(1, 999_999))
SERIALS = st.builds(SerialNumber, BOOKLETS, st.integers(1, 10))
DAYS = st.dates(FIRST_DAY, LAST_DAY)
INSTANTS = st.builds(
    lambda day, time: datetime.combine(day, time, UTC),
    st.dates(FIRST_DAY + timedelta(days=1), LAST_DAY),
    st.times(),
)
UTC_MINUS_4 = timedelta(hours=-4)


# ── Codes ─────────────────────────────────────────────────────────────────────────────────────────


@given(CODES)
def test_a_code_is_read_back_as_it_was_printed(code: VoucherCode) -> None:
    assert codes.read(codes.written(code)) == code
    assert len(code) == 16
    assert set(code) <= set(ALPHABET)
    assert len(codes.digest(code)) == 32


@given(CODES, st.data())
def test_a_code_may_be_typed_as_it_comes(code: VoucherCode, data: st.DataObject) -> None:
    typed = ""
    for character in code:
        looks_like = {"0": "0Oo", "1": "1IiLl"}.get(character, character + character.lower())
        typed += data.draw(st.sampled_from(looks_like))
        typed += data.draw(st.sampled_from(["", "", "", " ", "-", "\u00a0", "\u202f", "."]))

    assert codes.read(typed) == code


@given(CODES, PLACES, st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(code: str, place: int, wrong: str) -> None:
    assume(code[place] != wrong)

    with pytest.raises(MistypedCode):
        codes.read(code[:place] + wrong + code[place + 1 :])


@given(CODES, st.integers(0, codes.LENGTH - 2))
def test_two_neighbours_swapped_are_noticed_unless_they_are_0_and_z(code: str, place: int) -> None:
    left, right = code[place], code[place + 1]
    assume(left != right)
    swapped = code[:place] + right + left + code[place + 2 :]

    if {left, right} == {"0", "Z"}:
        assert codes.read(swapped) == swapped, "the one pair that Luhn mod 32 overlooks"
    else:
        with pytest.raises(MistypedCode):
            codes.read(swapped)


@given(CODES, PLACES)
def test_a_character_too_few_or_too_many_is_noticed(code: str, place: int) -> None:
    for typed in (code[:place] + code[place + 1 :], code[:place] + "7" + code[place:]):
        with pytest.raises(MistypedCode):
            codes.read(typed)


@given(st.text())
@example("\0" * 16)
@example("ﬁ" * 8)
@example("0" * 16)
def test_whatever_is_typed_is_a_code_or_mistyped(typed: str) -> None:
    try:
        read = codes.read(typed)
    except MistypedCode:
        return
    assert codes.check_character(read[:-1]) == read[-1]


@given(st.binary(min_size=32, max_size=32), st.sets(st.integers(1, 10**9), min_size=2))
def test_each_serial_has_a_code_of_its_own_under_its_key(key: bytes, numbers: set[int]) -> None:
    derived = {codes.derive(key, number) for number in numbers}

    assert len(derived) == len(numbers)
    assert derived == {codes.derive(key, number) for number in numbers}
    assert not derived & {codes.derive(key[::-1] + b"x", number) for number in numbers}


# ── Serial numbers ────────────────────────────────────────────────────────────────────────────────


@given(serial=SERIALS)
def test_the_key_is_that_of_the_standard(serial: SerialNumber) -> None:
    body = f"{serial.booklet.vintage_label}{serial.booklet.number:05d}{serial.position:02d}"

    assert serial.key == mod_97_10.calc_check_digits(body)


@given(SERIALS)
def test_a_serial_is_read_back_with_its_key_without_it_and_as_it_comes(
    serial: SerialNumber,
) -> None:
    printed = str(serial)

    assert serials.read(printed) == serial
    assert serials.read(printed.rsplit(" ", 1)[0]) == serial
    assert serials.read(printed.lower().replace(" ", "")) == serial
    assert serials.read(printed.replace(" ", "-")) == serial
    assert serials.read(f"\t{printed.replace(' ', chr(0x202F))}\n") == serial
    assert serials.read(str(serial.booklet)) == serial.booklet


@given(SERIALS, st.data())
def test_one_wrong_character_of_a_serial_is_always_noticed(
    serial: SerialNumber, data: st.DataObject
) -> None:
    printed = str(serial).replace(" ", "")
    place = data.draw(st.integers(0, len(printed) - 1))
    alphabet = ascii_uppercase if printed[place].isalpha() else "0123456789"
    wrong = data.draw(st.sampled_from(alphabet))
    assume(wrong != printed[place])

    with pytest.raises((WrongKey, NotASerial)):
        serials.read(printed[:place] + wrong + printed[place + 1 :])


@given(SERIALS, st.data())
def test_two_neighbours_of_a_serial_swapped_are_always_noticed(
    serial: SerialNumber, data: st.DataObject
) -> None:
    printed = str(serial).replace(" ", "")
    place = data.draw(st.integers(0, len(printed) - 2))
    left, right = printed[place], printed[place + 1]
    assume(left != right)

    with pytest.raises((WrongKey, NotASerial)):
        serials.read(printed[:place] + right + left + printed[place + 2 :])


@given(LABELS, st.integers(1, 9_999), st.integers(1, 10))
def test_a_serial_cut_short_names_no_other_booklet(label: str, number: int, place: int) -> None:
    """From 10,000 on, « 26A 10000 0 » may be meant as booklet 100,000: nobody can tell."""
    serial = SerialNumber(BookletNumber(label, number), place)
    printed = str(serial)
    for length in range(len(printed)):
        try:
            read = serials.read(printed[:length])
        except (NotASerial, WrongKey):
            continue
        assert read in {serial, serial.booklet}


@given(st.text())
@example("٢٦A ٠٠٤٤٢")
@example("26A 00000")
@example("26A 00442 00")
@example("26A 00442 11")
def test_whatever_is_typed_is_a_serial_or_none(typed: str) -> None:
    try:
        read = serials.read(typed)
    except (NotASerial, WrongKey):
        return
    assert serials.read(str(read)) == read


# ── Money ─────────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(-(2**63), 2**63 - 1))
@example(123_050)
@example(-5)
def test_an_amount_is_written_in_full_and_loses_no_cent(cents: int) -> None:
    written = euros(cents)

    number, unit = written.split("\u00a0")
    assert unit == "€"
    whole, _, rest = number.replace("\u202f", "").replace("−", "-").partition(",")
    sign = -1 if whole.startswith("-") else 1
    assert int(whole) * 100 + sign * int(rest or 0) == cents
    assert len(rest) in {0, 2}
    assert " " not in written, "an amount is never cut at the end of a line"


# ── Days ──────────────────────────────────────────────────────────────────────────────────────────


@given(DAYS)
def test_a_day_is_from_its_first_instant_to_the_last_before_the_next(day: date) -> None:
    tick = timedelta(microseconds=1)

    assert martinique_day(first_instant(day)) == day
    assert martinique_day(end_of_day(day) - tick) == day
    assert martinique_day(first_instant(day) - tick) == day - timedelta(days=1)
    assert end_of_day(day) - first_instant(day) == timedelta(hours=24), "there is no summer time"
    assert first_instant(day).utcoffset() == timedelta(0)


@given(INSTANTS)
def test_an_instant_lies_within_its_day_four_hours_behind_utc(instant: datetime) -> None:
    day = martinique_day(instant)

    assert first_instant(day) <= instant < end_of_day(day)
    assert instant.astimezone(MARTINIQUE).utcoffset() == UTC_MINUS_4
    assert martinique_day(instant.astimezone(MARTINIQUE)) == day


@given(st.datetimes(timezones=st.timezones()))
def test_every_instant_has_a_day(instant: datetime) -> None:
    assert abs(martinique_day(instant).toordinal() - instant.toordinal()) <= 2


# ── Names, addresses, ids ─────────────────────────────────────────────────────────────────────────


@given(st.text(max_size=300))
@example("É" * 200)
@example("E\u0301" * 200)
@example("a\0b")
def test_a_name_is_cleaned_once_for_all_or_refused(typed: str) -> None:
    cleaned = clean(typed)
    if cleaned is None:
        return
    assert clean(cleaned) == cleaned
    assert 0 < len(cleaned) <= LONGEST_NAME
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in cleaned)
    assert cleaned.encode()


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=100))
def test_letters_and_figures_of_any_script_make_a_name(name: str) -> None:
    assert clean(name) == unicodedata.normalize("NFC", name)


@given(st.text("AÉßñçœŁ -’«»", min_size=1))
@example("Nguyễn Łukasz Žižek Œdipe d’Orléans")
def test_latin_letters_make_a_name_for_papers(name: str) -> None:
    assert not not_latin(name=f"{name}\u200b")


@pytest.mark.parametrize("name", ["محمد", "Ольга", "王", "Zoé 😀", "Ŋ"])
def test_what_papers_cannot_write_is_said_beside_its_field(name: str) -> None:
    assert not_latin(name=name, commune="Le Lorrain") == {"name": NOT_LATIN}


@given(st.emails())
def test_an_address_that_exists_is_read_in_lower_case(address: str) -> None:
    read = read_email(f"  {address} ")

    assert read in {address.lower(), None}
    if read is not None:
        assert read_email(read) == read


@given(st.text())
def test_whatever_is_typed_is_an_address_or_none(typed: str) -> None:
    read = read_email(typed)

    if read is not None:
        assert read.count("@") == 1
        assert read == read.lower()
        assert not any(c.isspace() for c in read)


def test_ids_are_of_version_7_and_sort_by_time() -> None:
    ids = [new_id() for _ in range(1000)]

    assert {made.version for made in ids} == {7}
    assert len(set(ids)) == 1000
    instants = [made.int >> 80 for made in ids]
    assert instants == sorted(instants)


@given(st.dictionaries(st.text(min_size=1), st.integers() | st.text() | st.dates(), min_size=1))
def test_the_same_request_has_one_hash_in_whatever_order(content: dict[str, object]) -> None:
    assume("what" not in content)
    backwards = dict(reversed(content.items()))

    assert request_hash("act", **content) == request_hash("act", **backwards)
    assert request_hash("act", **content) != request_hash("another act", **content)
