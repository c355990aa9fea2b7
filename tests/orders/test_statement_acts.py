"""An act on a mandat where none is out: the page says what the statement waits for."""

import pytest

from app.identity.queries import agent_names
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


def test_who_acted_on_a_statement_is_named_to_those_who_control_it(house: House) -> None:
    scheme = house.scheme
    redeemed(house.database, scheme, exo7=1)
    run_id = scheme.clearing(house.database)
    with house.database.transaction() as session:
        paid = scheme.approved(session, scheme.draft(session, run_id, "exo7"))
        scheme.paid(session, scheme.ordered(session, paid))
        names = agent_names(
            session, [scheme.actors[who].agent_id for who in ("finance", "finance2", "accountant")]
        )

    said = Desk(house, "auditor").read(f"/bordereaux/{paid}")
    own = Desk(house, "exo7").read(f"/bordereaux/{paid}")

    for name in names.values():
        assert f"Par {name} (" in said
        assert name not in own
    assert "Par vous." in Desk(house, "finance2").read(f"/bordereaux/{paid}")
