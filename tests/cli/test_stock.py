"""A printer's file and a count from the command line."""

from pathlib import Path

import pytest

from tests.cli.terminals import PASSWORD, Terminal
from tests.cli.town import Town


@pytest.fixture
def town(terminal: Terminal) -> Town:
    return Town(terminal).open()


def test_the_printers_own_file_comes_back_and_the_drawer_is_counted(
    town: Town, tmp_path: Path
) -> None:
    here = town.by("coordination")
    prepared = ("order", "prepare", "--vintage", "26A", "--tens", "3", "--ten-price", "2,20")
    order = here.json(*prepared)["number"]
    town.by("coordination2")("order", "approve", order, "--password-stdin", stdin=f"{PASSWORD}\n")
    here("order", "send", order)
    lines = here("codes", order).splitlines()
    lines[15] = lines[15][:-1] + ("0" if lines[15][-1] != "0" else "1")  # a cover of booklet 2
    file = tmp_path / "serials.csv"
    file.write_text("\r\n".join(lines))

    told = here("delivery", "import", str(file), "--order", order)
    again = here.json("delivery", "import", str(file), "--order", order)

    assert "20 pass reçus" in told
    assert "10 lignes écartées" in told
    assert (again["again"], again["received_count"]) == (True, 20)
    sheet, pdf = tmp_path / "aside.csv", tmp_path / "aside.pdf"
    said = here(
        "delivery", "discrepancies", again["number"], "--csv", str(sheet), "--pdf", str(pdf)
    )
    assert "Code de couverture d’un autre carnet" in said
    assert pdf.read_bytes().startswith(b"%PDF")
    assert not any(line.split(";")[1] in sheet.read_text() for line in lines[1:])

    number = here.json("count", "open", "CAP Nord")["number"]
    here("count", "enter", number, "--line", "26A 00001", "--line", "26A 00002 01 à 26A 00002 03")
    closed = here("count", "close", number)
    assert "théorie 20, compté 10, écart -10 pass" in closed.replace("\N{MINUS SIGN}", "-")
    town.by("coordination2")("count", "sign", number, "--password-stdin", stdin=f"{PASSWORD}\n")
    assert "signé" in here("count", "list")
    here("count", "show", number, "--pdf", str(pdf), "--csv", str(sheet))
    assert "26A 00003 01" in sheet.read_text("utf-8-sig")
