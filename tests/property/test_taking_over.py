"""Whatever somebody sends as a file: lots that are sound, or sentences; never a stumble."""

import io
import itertools

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from app.takeover.errors import UnreadableFile
from app.takeover.reading import read_table
from app.takeover.rules import COLUMNS, LAST_BOOKLET, REQUIRED, SIZES, Faults, Lot, read_lots

HEAD = "Millésime;Premier_carnet;Dernier carnet;Taille;Lieu;Prescripteur;Codes"
HOSTILE = (
    "",
    "25R",
    "1",
    "10",
    "10.0",
    "5",
    "-3",
    str(2**63),
    "١٢",
    "1e3",
    "\0",
    "=1+1",
    "@SUM(A1)",
    "stock",
    "Prescripteur",
    "non repris",
    '"',
    "é" * 600,
    "\u202e25R",
    "peut-être",
)


def lots_of(content: bytes) -> tuple[list[Lot], Faults]:
    faults = Faults()
    return read_lots(read_table(content, COLUMNS, REQUIRED, faults), faults), faults


def check_sound(lots: list[Lot], faults: Faults) -> None:
    assert lots or faults.count
    assert all(1 <= lot.first <= lot.last <= LAST_BOOKLET and lot.size in SIZES for lot in lots)
    assert all(fault.sentence.endswith(".") and "\0" not in fault.sentence for fault in faults.kept)
    if not faults.count:
        numbers = sorted((lot.vintage, lot.first, lot.last) for lot in lots)
        for before, after in itertools.pairwise(numbers):
            assert before[0] != after[0] or before[2] < after[1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(HOSTILE), min_size=0, max_size=9), max_size=12),
    st.sampled_from([";", ",", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_a_hostile_table_is_read_or_refused(
    rows: list[list[str]], delimiter: str, encoding: str
) -> None:
    text = "\r\n".join([HEAD.replace(";", delimiter), *(delimiter.join(row) for row in rows)])
    try:
        lots, faults = lots_of(text.encode(encoding, "replace"))
    except UnreadableFile:
        return
    check_sound(lots, faults)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_bytes_that_are_no_table_are_refused(noise: bytes, packed: bool) -> None:  # noqa: FBT001 - drawn
    with pytest.raises(UnreadableFile):
        lots_of((b"PK\x03\x04" if packed else b"") + noise)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_each_way_of_saving_a_table_reads_the_same(encoding: str, delimiter: str) -> None:
    text = f"{HEAD}\r\n25R;1;2;10;Stock;;\r\n".replace(";", delimiter)

    lots, faults = lots_of(text.encode(encoding))

    assert (faults.kept, [(lot.first, lot.last) for lot in lots]) == ([], [(1, 2)])


def test_a_workbook_reads_like_a_text() -> None:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD.split(";"))
        sheet.write_row(1, 0, ["25R", 1, 120, 10, "stock", "", "passnum"])
        sheet.write_row(3, 0, ["25R", 121, 9, 10, "stock", "", "passnum"])

    lots, faults = lots_of(packed.getvalue())

    assert [(lot.first, lot.last, lot.line) for lot in lots] == [(1, 120, 2)]
    assert [fault.line for fault in faults.kept] == [4]


def test_a_hundred_thousand_lines_are_read_and_one_more_is_not() -> None:
    lines = (f"25R;{n};{n};10;stock;;" for n in range(1, 100_002))
    lots, faults = lots_of("\n".join([HEAD, *lines]).encode())

    assert len(lots) == 100_000
    assert [fault.line for fault in faults.kept] == [100_002]
