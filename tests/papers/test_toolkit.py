"""The papers' toolkit: what is drawn is read back, nothing is clipped, no name is a formula."""

import csv
import io
from datetime import UTC, date, datetime
from unicodedata import normalize

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as some
from python_calamine import CalamineWorkbook

from app.kernel.clock import MARTINIQUE
from app.kernel.text import is_latin
from app.papers.fonts import writable
from app.papers.french import euros_in_words, grouped, in_words, long_day, money
from app.papers.measures import DoesNotFit
from app.papers.sheet import SPECIMEN, Sheet, strong
from app.papers.sheets import Field, Kind, csv_bytes, xlsx_bytes
from app.papers.table import paginate
from tests.papers import reading
from tests.papers.example import ADDRESS, Lot, slip

LOTS = [Lot(f"26A {i:05d}", f"26A {i + 9:05d}", 100) for i in range(1, 41)]
LONG_NAME = "Association Émergence des quartiers du Nord " * 4 + "et de la Martinique toute"
HOSTILE = ("=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "  =HYPERLINK(1)", "＝1")  # noqa: RUF001 - the wide form


def test_a_paper_says_what_it_was_given_and_its_code_is_read_back() -> None:
    document = slip(LOTS[:3])

    text = reading.words(document)[0]

    assert "BD-2026-0031" in text
    assert "Soit trois mille euros." in " ".join(text.split())
    assert "Page 1 sur 1" in text
    assert [reading.codes(picture) for picture in reading.pictures(document)] == [{ADDRESS}]


def test_totals_are_carried_from_page_to_page_and_never_stand_alone() -> None:
    first, last = reading.words(slip(LOTS))

    assert "À reporter page 2" in first
    assert "Report de la page 1" in last
    assert "Page 2 sur 2" in last
    assert "26A 00039" in last
    assert "26A 00040" in last
    assert "Total remis" in last
    assert "40\u202f000,00" in last


def test_the_same_data_makes_the_same_bytes() -> None:
    assert slip(LOTS) == slip(LOTS)


def test_only_a_demonstration_is_marked() -> None:
    marked, real = slip(LOTS), slip(LOTS, specimen=False)

    assert all(page.count(SPECIMEN) == 2 for page in reading.words(marked))
    assert not any(SPECIMEN in page for page in reading.words(real))


def test_a_screen_reader_finds_a_structure() -> None:
    with pikepdf.open(io.BytesIO(slip(LOTS))) as pdf:
        tags = [str(tag) for tag in _tags(pdf.Root.StructTreeRoot.K)]

        assert str(pdf.Root.Lang) == "fr-FR"
        assert tags.count("/H1") == 1
        assert tags.count("/Table") == 1
        assert tags.count("/TR") == 1 + len(LOTS) + 1
        assert "/Figure" in tags


def _tags(element: pikepdf.Object) -> list[pikepdf.Object]:
    kids = [kid for kid in element.K if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]
    return [element.S, *(tag for kid in kids for tag in _tags(kid))]


@pytest.mark.parametrize("holder", [LONG_NAME[:200], "W" * 200, "Łukasz Nguyễn 王 🙂", "a\tb\nc"])
def test_a_long_or_foreign_name_is_printed_whole(holder: str) -> None:
    text = "".join(reading.words(slip(LOTS[:1], holder=holder))[0].split())

    if holder.isascii():
        assert "".join(holder.split()) in text
    else:
        assert holder[1:6].replace(" ", "")[:4] in text


def test_what_a_name_may_be_made_of_is_printed_whole_and_the_rest_never_as_a_question() -> None:
    assert writable("محمد علي 😀, 2002") == "… …, 2002"
    assert writable("Nguyễn Đỗ ٢") == "Nguyen Đo 2"
    for point in range(0x20, 0x1_0000):
        char = chr(point)
        told = writable(f"a{char}a")
        if not 0xD800 <= point < 0xE000 and is_latin(char):
            assert "…" not in told or "..." in normalize("NFKD", char), f"{point:x}"
        assert "?" not in told or "?" in normalize("NFKD", char), f"{point:x}"


def test_a_line_that_is_too_long_raises() -> None:
    sheet = Sheet("Essai", specimen=False, author="CAP Nord Martinique")
    with pytest.raises(DoesNotFit):
        sheet.text(10, 10, LONG_NAME, fit=100)
    with pytest.raises(DoesNotFit):
        sheet.para(10, 10, 60, LONG_NAME, most=2)


def test_what_people_type_never_turns_bold() -> None:
    assert reading.words(slip(LOTS[:1], holder="**Exo** 7"))[0].count("**Exo** 7") == 1
    assert strong("x") != "x"


@pytest.mark.parametrize("closing", [0.0, 40.0, 60.0, 90.0])
def test_every_row_is_on_one_page_and_fits(closing: float) -> None:
    for count in range(1, 60):
        plan = paginate([5.0] * count, 50.0, 100.0, closing)

        assert sum(plan) == count
        assert all(
            rows * 5 <= room for rows, room in zip(plan, (50.0, *[100.0] * 99), strict=False)
        )
        assert plan[-1] >= min(2, count)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zéro"),
        (21, "vingt et un"),
        (71, "soixante et onze"),
        (80, "quatre-vingts"),
        (81, "quatre-vingt-un"),
        (91, "quatre-vingt-onze"),
        (200, "deux cents"),
        (201, "deux cent un"),
        (80_000, "quatre-vingt mille"),
        (1_000, "mille"),
        (200_000_000, "deux cents millions"),
        (1_000_001, "un million un"),
    ],
)
def test_numbers_are_written_as_accountants_write_them(number: int, words: str) -> None:
    assert in_words(number) == words


SMALL = {in_words(n): n for n in range(1_000)}


@given(some.integers(0, 999_999_999_999))
def test_the_words_of_a_number_mean_that_number(number: int) -> None:
    assert _meant(in_words(number)) == number


def _meant(words: str) -> int:
    total = 0
    for scale, name in ((10**9, "milliard"), (10**6, "million"), (10**3, "mille")):
        head, found, rest = words.partition(name)
        if found and (not head or head.endswith(" ")):
            total += scale * (_small(head) if head.strip() else 1)
            words = rest.removeprefix("s")
    return total + (_small(words) if words.strip() else 0)


def _small(words: str) -> int:
    words = words.strip()
    # « quatre-vingt mille », « deux cent mille »: before mille the s goes.
    return SMALL[words] if words in SMALL else SMALL[f"{words}s"]


@given(some.integers(0, 10**13))
def test_amounts_say_their_cents(cents: int) -> None:
    words = euros_in_words(cents)

    assert ("centime" in words) == (cents % 100 != 0)
    assert money(cents).replace("\u202f", "").replace("\xa0€", "").replace(",", "") == (
        f"{cents // 100}{cents % 100:02d}"
    )


def test_figures_and_days_are_french() -> None:
    assert money(-123_050) == "−1\u202f230,50\xa0€"
    assert grouped(12_000) == "12\u202f000"
    assert long_day(date(2026, 6, 1)) == "1er\xa0juin\xa02026"
    assert euros_in_words(200_000_000) == "deux millions d’euros"


FIELDS = (
    Field("Nom"),
    Field("Montant (€)", Kind.EUROS),
    Field("Jour", Kind.DAY),
    Field("Reçu", Kind.MOMENT),
    Field("Pass", Kind.NUMBER),
    Field("Taux", Kind.RATE),
)
# 02:30 UTC is still the day before in Martinique.
RECEIVED = datetime(2026, 11, 3, 2, 30, tzinfo=UTC)
ROWS = [(name, -123_050, date(2026, 11, 3), RECEIVED, 1_200, 0.5012) for name in HOSTILE]


def test_a_csv_opens_in_a_french_spreadsheet_and_runs_nothing() -> None:
    content = csv_bytes(FIELDS, ROWS, specimen=False)

    text = content.decode("utf-8-sig")
    head, *rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))

    assert content.startswith(b"\xef\xbb\xbf")
    assert text.count("\r\n") == 1 + len(ROWS)
    assert head == [field.head for field in FIELDS]
    assert [row[0] for row in rows] == [f"'{name}" for name in HOSTILE]
    assert rows[0][1:] == ["-1230,50", "03/11/2026", "02/11/2026 22:30", "1200", "50,1"]


def test_a_number_is_found_in_a_sheet_with_the_spaces_that_people_type() -> None:
    row = ["26A\u00a000405, 1\u202f200 pass"]

    written = csv_bytes(FIELDS[:1], [row], specimen=False).decode("utf-8-sig")
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(xlsx_bytes(FIELDS[:1], [row], title="Essai", specimen=False))
    )

    assert "26A 00405, 1 200 pass" in written
    assert book.get_sheet_by_index(0).to_python()[1] == ["26A 00405, 1 200 pass"]


def test_an_xlsx_has_typed_cells_and_no_formula() -> None:
    content = xlsx_bytes(FIELDS, iter(ROWS), title="Essai", specimen=True)

    (tab,) = CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
    head, *rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(tab).to_python()
    )

    assert head == [*(field.head for field in FIELDS), "Mention"]
    assert [row[0] for row in rows] == list(HOSTILE)
    assert rows[0][1:] == [
        -1230.5,
        date(2026, 11, 3),
        RECEIVED.astimezone(MARTINIQUE).replace(tzinfo=None),
        1200,
        0.5012,
        SPECIMEN,
    ]
    assert content == xlsx_bytes(FIELDS, iter(ROWS), title="Essai", specimen=True)
