"""Orders, deliveries and activation over HTTP."""

import pytest

from app.kernel.ids import new_id
from tests.api.house import Answer, Caller, House, Json


@pytest.fixture
def coordinator(house: House) -> Caller:
    return house.by_token("coordinator")


@pytest.fixture
def order(house: House, coordinator: Caller) -> Json:
    """Twenty passes: one booklet of ten and two of five, not yet approved."""
    lines = [
        {"booklet_size": 5, "booklet_count": 2, "unit_price_cents": 150},
        {"booklet_size": 10, "booklet_count": 1, "unit_price_cents": 250},
    ]
    body = {
        "programme_id": str(house.scheme.programme_id),
        "vintage_id": house.scheme.vintage_id,
        "lines": lines,
    }
    return coordinator.post("/orders", body).made()


@pytest.fixture
def sent(house: House, coordinator: Caller, order: Json) -> Json:
    """The same order, on its way."""
    house.signed_in("coordinator2").post(f"/orders/{order['id']}/approve").read()
    return coordinator.post(f"/orders/{order['id']}/send").read()


def delivered(coordinator: Caller, order: Json, *ranges: tuple[int, int]) -> Answer:
    body = {
        "id": str(new_id()),
        "order_id": order["id"],
        "ranges": [{"first": first, "last": last} for first, last in ranges],
    }
    return coordinator.post("/deliveries", body)


def test_an_order_is_approved_by_another_and_then_sent(
    house: House, coordinator: Caller, order: Json
) -> None:
    path = f"/orders/{order['id']}"
    assert (order["state"], order["allotments"]) == ("prepared", [])
    assert [line["booklet_size"] for line in order["lines"]] == [10, 5]

    house.by_token("coordinator2").post(f"{path}/approve").refused(403, "token_cannot_approve")
    approved = house.signed_in("coordinator2").post(f"{path}/approve").read()
    sent = coordinator.post(f"{path}/send").read()

    assert approved["state"] == "approved"
    assert sent["state"] == "sent"
    assert [(a["first_serial"], a["last_serial"]) for a in sent["allotments"]] == [
        (1, 10),
        (11, 20),
    ]
    assert house.signed_in("coordinator2").post(f"{path}/approve").read() == sent
    assert coordinator.post(f"{path}/send").read() == sent
    late = house.signed_in("finance").post(f"{path}/approve")
    late.refused(409, "order_approved_already")
    assert coordinator.get("/orders").read()["items"] == [sent] == [coordinator.get(path).read()]


@pytest.mark.parametrize(
    ("ranges", "status", "code"),
    [
        ([(10, 1)], 422, "range_reversed"),
        ([(1, 10), (5, 15)], 422, "ranges_overlap"),
        ([(101, 110)], 422, "serials_not_of_this_order"),
        ([(11, 25)], 422, "delivery_exceeds_order"),
        ([(1, 9)], 422, "range_cuts_a_booklet"),
    ],
)
def test_a_delivery_that_makes_no_sense_is_refused(
    coordinator: Caller, sent: Json, ranges: list[tuple[int, int]], status: int, code: str
) -> None:
    delivered(coordinator, sent, *ranges).refused(status, code)

    assert coordinator.get("/deliveries").read()["items"] == []
    assert coordinator.get("/booklets").read()["items"] == []


def test_a_delivery_waits_for_its_order(coordinator: Caller, order: Json) -> None:
    delivered(coordinator, order, (1, 10)).refused(409, "order_not_sent")


def test_serials_arrive_once(coordinator: Caller, sent: Json) -> None:
    first = delivered(coordinator, sent, (1, 10)).made()

    delivered(coordinator, sent, (1, 15)).refused(409, "serials_received_already")
    second = delivered(coordinator, sent, (11, 20)).made()

    assert first["activated_at"] is None
    listed = coordinator.get("/deliveries").read()["items"]
    assert listed == sorted([first, second], key=lambda delivery: str(delivery["id"]))
    booklets = coordinator.get("/booklets").read()["items"]
    assert [booklet["size"] for booklet in booklets] == [10, 5, 5]
    assert [booklet["states"] for booklet in booklets] == [
        {"stock_inert": 10},
        {"stock_inert": 5},
        {"stock_inert": 5},
    ]


def test_passes_are_active_while_the_mandates_cover_them(
    house: House, coordinator: Caller, sent: Json
) -> None:
    finance = house.by_token("finance")
    tens = delivered(coordinator, sent, (1, 10)).made()
    fives = delivered(coordinator, sent, (11, 20)).made()
    mandates = f"/orders/{sent['id']}/mandates"
    finance.post("/activations", {"delivery_id": tens["id"]}).refused(422, "mandate_missing")
    finance.post(mandates, {"mandate_number": "M-1", "amount_cents": 250}).made()

    finance.post("/activations", {"delivery_id": tens["id"]}).made()
    again = finance.post("/activations", {"delivery_id": tens["id"]})
    again.refused(409, "delivery_activated_already")
    short = finance.post("/activations", {"delivery_id": fives["id"]})
    assert "5,50" in short.refused(422, "mandate_does_not_cover")["detail"]

    taken = finance.post(mandates, {"mandate_number": "M-1", "amount_cents": 300})
    taken.refused(409, "mandate_taken")
    finance.post(mandates, {"mandate_number": "M-2", "amount_cents": 300}).made()
    finance.post("/activations", {"delivery_id": fives["id"]}).made()
    beyond = {"mandate_number": "M-3", "amount_cents": 10_000}
    finance.post(mandates, beyond).refused(422, "mandate_beyond_order")
    finance.post(mandates, beyond | {"accept_beyond": True}).made()
    active = coordinator.get(f"/deliveries/{fives['id']}").read()
    assert active["activated_at"]
    assert active["activated_by"] == house.scheme.actors["finance"].agent_id
    order = coordinator.get(f"/orders/{sent['id']}").read()
    assert [mandate["amount_cents"] for mandate in order["mandates"]] == [250, 300, 10_000]
