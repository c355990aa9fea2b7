"""Booklets leave for the printer by carton; what left is listed, and made again identically."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.town import Town
from tests.papers import reading


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSNUM_PUBLIC_URL", "https://pass.capnord.fr")
    monkeypatch.setenv("PASSNUM_HELP_LINE", "0596 00 00 00")


def test_nothing_is_printed_that_leads_nowhere(
    busy: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["print", "booklets", busy.order, "--from", "2", "--output", str(tmp_path)]
    asked += ["--reason", "Essai"]

    for setting in ("PASSNUM_PUBLIC_URL", "PASSNUM_HELP_LINE"):
        with monkeypatch.context() as without:
            without.delenv(setting)
            assert setting in busy.by("coordination").refusal(*asked)


def test_booklets_are_printed_listed_and_made_again(busy: Town, tmp_path: Path) -> None:
    here = busy.by("coordination")
    first, second = tmp_path / "first", tmp_path / "second"
    asked = ("print", "booklets", busy.order, "--from", "3", "--to", "4", "--large")
    assert "sont déjà imprimés" in here.refusal(*asked, "--output", str(first))

    made = here.json(*asked, "--output", str(first), "--reason", "Gros caractères demandés")
    here("print", "again", made["number"], "--output", str(second))

    names = [f"{made['number']}-01.pdf", f"{made['number']}-02.pdf"]
    assert sorted(path.name for path in first.iterdir()) == names
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
        assert (first / name).stat().st_mode & 0o777 == 0o600
    assert "26A 00003" in reading.words((first / names[0]).read_bytes())[0]
    codes, booklets = here.json("print", "list")
    assert (codes["kind"], booklets["kind"]) == ("codes", "booklets")
    assert booklets["reason"] == "Gros caractères demandés"
    assert booklets["sha256"] == [sha256((first / n).read_bytes()).hexdigest() for n in names]
    assert "Gros caractères demandés" in here("print", "list")
    refused = here.refusal("print", "again", made["number"], "--output", str(second))
    assert "il existe déjà" in refused


def test_only_what_the_order_brings_is_printed(busy: Town, tmp_path: Path) -> None:
    asked = (
        "print",
        "booklets",
        busy.order,
        "--output",
        str(tmp_path / "out"),
        "--reason",
        "Essai",
    )

    here = busy.by("coordination")
    assert "les carnets 1 à 4" in here.refusal(*asked, "--to", "5")
    assert "vient avant" in here.refusal(*asked, "--from", "3", "--to", "2")
    assert "Votre rôle" in busy.by("controle").refusal(*asked)
    assert "introuvable" in here.refusal("print", "again", "IMP-2020-0001", "--output", "x")
    assert not (tmp_path / "out").exists()
