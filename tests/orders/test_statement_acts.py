"""An act on a mandat where none is out: the page says what the statement waits for."""

import pytest

from tests.api.house import House
from tests.orders.test_order_pages import Desk, flat
from tests.pages import markup
from tests.service.test_clearing import redeemed


@pytest.mark.parametrize("act", ["payer", "rejeter"])
def test_a_draft_is_neither_paid_nor_sent_back(house: House, act: str) -> None:
    redeemed(house.database, house.scheme, exo7=1)
    run_id = house.scheme.clearing(house.database)
    with house.database.transaction(writing=False) as session:
        page = f"/bordereaux/{house.scheme.draft(session, run_id, 'exo7').id}/{act}"

    desk = Desk(house, "accountant")
    said = desk.read(page, status=409)

    assert "aucun mandat n’est émis" in said
    assert "Une autre personne que celle qui l’a préparé l’approuve" in said
    assert "Jour du" not in said
    inputs = markup.read(desk.client.get(page).text).all("input")
    [token] = {
        one.attributes["value"] for one in inputs if one.attributes.get("name") == "csrf_token"
    }
    sent = desk.client.post(page, data={"csrf_token": token, "paid_on": "2026-11-20"})
    assert sent.status_code == 409
    assert "aucun mandat n’est émis" in flat(sent.text)
