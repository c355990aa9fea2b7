"""From an order to a payment by commands alone, on both databases."""

import re
from datetime import timedelta

import pytest

from app.kernel.clock import utc_now
from app.terminal import desk
from tests.cli.terminals import PASSWORD, Terminal
from tests.cli.town import TODAY, Town

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def town(terminal: Terminal) -> Town:
    return Town(terminal).open().supply().issue()


def a_day_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a night pass: a clearing run takes what was recorded on the days before it."""
    later = utc_now() + timedelta(days=1)
    monkeypatch.setattr(desk, "utc_now", lambda: later)


def test_a_pass_travels_from_order_to_payment(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = town.redeem(1)
    assert taken["serial"].startswith("26A 00001 01")
    assert taken["amount_cents"] == 1000
    town.bank_details()
    a_day_later(monkeypatch)

    money = town.by("finances")
    run = money("clearing", "run", "--cut-off", f"{TOMORROW}")
    assert "1 bordereaux" in run
    assert "Exo 7" in run
    [draft] = money.json("clearing", "list")
    assert (draft["state"], draft["number"], draft["amount_cents"]) == ("draft", None, 1000)
    approved = town.by("coordination")(
        *("clearing", "approve", draft["id"], "--amount", "10 €", "--password-stdin"),
        stdin=PASSWORD,
    )
    number = re.search(r"BR-\d{4}-0001", approved)
    assert number
    money(
        *("clearing", "order-payment", number[0], "--mandate", "M-210"),
        *("--bordereau", "B-12", "--issued-on", f"{TOMORROW:%d/%m/%Y}"),
    )
    paid = town.by("comptable")("clearing", "pay", number[0], "--paid-on", f"{TOMORROW}")
    assert "Paiement de 10 € enregistré." in paid

    assert [row["state"] for row in money.json("clearing", "list")] == ["paid"]
    control = town.by("controle")
    story = control("voucher", *taken["serial"].split())
    assert "Payé" in story
    assert "Bordereau BR-" in story
    usage = control.json("report", "usage")
    assert (usage["redeemed_count"], usage["issued_count"]) == (1, 10)
    assert "10,0 %" in control("report", "usage", "--vintage", "26A", "--programme", "Pass")
    chain = control("report", "chain")
    assert re.search(r"Payés +1 +10 €\n", chain)
    assert re.search(r"Commandés +35 +350 €\n", chain)
    balances = control.json("balances")
    assert sum(row["voucher_count"] for row in balances) == 0
    assert "Rien à résumer" in town.terminal("snapshot", "take")
    assert "Sommes enregistrées" in town.terminal("snapshot", "rebuild")
    assert balances == control.json("balances")
    assert "tout concorde" in town.terminal("verify")
