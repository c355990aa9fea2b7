"""Losses, replacements, destructions and the end of a vintage, by commands."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.kernel.clock import utc_now
from app.terminal import desk
from tests.cli.terminals import PASSWORD
from tests.cli.town import LATER, TODAY, Town
from tests.papers.reading import words


def test_what_is_lost_is_blocked_replaced_found_and_destroyed(busy: Town, tmp_path: Path) -> None:
    busy.redeem(1)
    holder, office, slip = busy.by("prescripteur"), busy.by("coordination"), tmp_path / "slip.pdf"

    in_hand = "26A 00002"
    declared = holder.json(
        *("block", "declare", "--pass", "26A 00001", "--cause", "perdu", "--by", "personne")
    )
    swap = ("replace", "--pass", busy.codes[1], "--cause", "perdu", "--pdf", str(slip))
    elsewhere = holder.refusal(*swap, "--with", "26A 00003")
    replaced = holder.json(*swap, "--with", in_hand)
    office("block", "lift", declared["number"], "--pass", "26A 00001 03", "--reason", "Retrouvé")

    assert [serial[:12] for serial in declared["too_late"]] == ["26A 00001 01"]
    assert replaced["passes"][0]["old"][:12] == "26A 00001 02"
    assert replaced["passes"][0]["new"][:9] == in_hand
    assert "n’en ont ici que 0 qui conviennent" in elsewhere
    assert replaced["passes"][0]["new"] in words(slip.read_bytes())[0]
    assert "7" in holder("block", "list")
    prepared = office.json("write-off", "prepare", "--pass", "26A 00001 04", "--reason", "Brûlé")
    paper = tmp_path / "pv.pdf"
    busy.by("finances")(
        *("write-off", "approve", prepared["number"], "--passes", "1", "--pdf", str(paper)),
        "--password-stdin",
        stdin=PASSWORD,
    )
    assert "Arrêté à 1 pass, pour une valeur faciale de dix euros" in words(paper.read_bytes())[0]
    assert "tout concorde" in busy.terminal("verify")


def test_the_calendar_is_run_by_a_command_that_may_be_sent_twice(
    busy: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "Rien à faire" in busy.terminal("tick")
    office, after = busy.by("coordination"), utc_now() + (LATER - TODAY) + timedelta(days=40)
    monkeypatch.setattr(desk, "utc_now", lambda: after)

    assert [step["step"] for step in busy.terminal.json("tick")][-2:] == ["expire", "statement"]
    assert "Rien à faire" in busy.terminal("tick")

    for who, side in (("coordination", "commanditaire"), ("finances", "émetteur")):
        busy.by(who)(
            "closing", "sign", "26A", "--side", side, "--password-stdin", stdin=f"{PASSWORD}\n"
        )
    settled = busy.by("finances").json("closing", "settle", "26A")
    assert (settled["number"][:3], settled["amount_cents"]) == ("LIB", 35_000)
    paper = tmp_path / "etat.pdf"
    office("closing", "show", "26A", "--pdf", str(paper))
    [page] = words(paper.read_bytes())
    assert "Jamais utilisés : crédit à dégager" in page
    assert "trois cent cinquante euros" in page
    assert settled["number"] in page
