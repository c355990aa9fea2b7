"""Passes at a mediator's counter: each is owed once, and every answer can be asked for again."""

from collections.abc import Iterator

import pytest

from app.clearing.redemptions import GUESSES_ALLOWED
from app.database.connections import Database
from app.kernel import codes
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from tests.api.house import Caller, House, Json, statements_counted

STATEMENTS_OF_A_REDEMPTION = 8


@pytest.fixture
def passes(house: House) -> list[VoucherCode]:
    """The codes of a booklet that a person holds."""
    with house.database.transaction() as session:
        return house.scheme.issued_booklet(session)


@pytest.fixture
def exo7(house: House) -> Caller:
    return house.by_token("exo7")


def scan(code: str, **more: object) -> Json:
    return {"id": str(new_id()), "code": code, **more}


def no_pass() -> Iterator[VoucherCode]:
    """Codes with a right check character that no pass bears."""
    return (codes.derive(b"another key", serial) for serial in range(1, 100))


def test_a_scan_that_arrives_twice_is_owed_once(exo7: Caller, passes: list[VoucherCode]) -> None:
    sent = scan(passes[0])

    first = exo7.post("/redemptions", sent).made()
    again = exo7.post("/redemptions", sent).made()

    assert again == first
    assert first["serial"].startswith("26A 00001 01")
    assert first["amount_cents"] == 1000
    [balance] = exo7.get("/ledger/balances").read()["items"]
    assert (balance["account"]["kind"], balance["voucher_count"]) == ("redeemed", 1)


def test_a_code_is_read_as_people_write_it(exo7: Caller, passes: list[VoucherCode]) -> None:
    written = codes.written(passes[0]).lower().replace("0", "o")

    exo7.post("/redemptions", scan(written)).made()


def test_a_taken_pass_says_when_and_where(
    house: House, exo7: Caller, passes: list[VoucherCode]
) -> None:
    exo7.post("/redemptions", scan(passes[0])).made()

    here = exo7.post("/redemptions", scan(passes[0]))
    elsewhere = house.by_token("carecof").post("/redemptions", scan(passes[0]))

    for answer, where in ((here, "ici"), (elsewhere, "ailleurs")):
        problem = answer.refused(409, "voucher_already_redeemed")
        assert problem["details"]["where"] == where
        assert problem["details"]["redeemed_at"]
        assert f"encaissé {where}" in problem["detail"]


def test_a_refusal_stands_for_its_id(house: House, exo7: Caller) -> None:
    with house.database.transaction() as session:
        house.scheme.stock(session)
        house.scheme.allocation(session, 1, 1)
        person = house.scheme.beneficiary(session)
        [code, *_] = house.scheme.codes(session, 1)
    sent = scan(code)
    exo7.post("/redemptions", sent).refused(409, "voucher_not_issued")
    with house.database.transaction() as session:
        house.scheme.prescription(session, person, [1])

    exo7.post("/redemptions", sent).refused(409, "voucher_not_issued")
    exo7.post("/redemptions", scan(code)).made()


def test_an_undone_redemption_says_so_when_it_is_sent_again(
    exo7: Caller, passes: list[VoucherCode]
) -> None:
    sent = scan(passes[0])
    first = exo7.post("/redemptions", sent).made()
    path = f"/redemptions/{first['id']}"

    exo7.post(f"{path}/reversal", {"reason": "Pris par erreur"}).made()

    undone = exo7.post("/redemptions", sent).made()
    assert undone == first | {"undone": True}
    assert exo7.get(path).read() == undone
    exo7.post(f"{path}/reversal", {"reason": "Encore"}).refused(409, "redemption_undone_already")
    exo7.post("/redemptions", scan(passes[0])).made()


def test_a_batch_has_a_verdict_for_each_pass(exo7: Caller, passes: list[VoucherCode]) -> None:
    unknown, *_ = no_pass()
    sent = {
        "redemptions": [
            scan(passes[0]),
            scan(passes[1]),
            scan(passes[0]),
            scan(unknown),
            scan("AAAA AAAA AAAA AAAA"),
            scan(passes[2], redeemed_at="2020-01-01T10:00:00-04:00"),
        ]
    }

    first = exo7.post("/redemptions/batch", sent).read()
    again = exo7.post("/redemptions/batch", sent).read()

    assert [verdict["verdict"] for verdict in first["verdicts"]] == [
        "accepted",
        "accepted",
        "voucher_already_redeemed",
        "unknown_voucher",
        "mistyped_code",
        "outside_validity",
    ]
    assert [v["id"] for v in first["verdicts"]] == [s["id"] for s in sent["redemptions"]]
    assert again == first
    assert [bool(v["redemption"]) for v in first["verdicts"]] == [True, True, *[False] * 4]
    assert [v["detail"] is None for v in first["verdicts"]] == [True, True, *[False] * 4]


def test_another_code_under_the_id_of_a_batch_is_one_verdict(
    exo7: Caller, passes: list[VoucherCode]
) -> None:
    sent = scan(passes[0])
    exo7.post("/redemptions", sent).made()

    batch = {"redemptions": [sent | {"code": passes[1]}, scan(passes[2])]}
    verdicts = exo7.post("/redemptions/batch", batch).read()["verdicts"]

    assert [v["verdict"] for v in verdicts] == ["id_already_used", "accepted"]


def test_a_batch_takes_a_thousand_passes_at_most(exo7: Caller) -> None:
    batch = {"redemptions": [scan("AAAA AAAA AAAA AAAA")] * 1001}

    problem = exo7.post("/redemptions/batch", batch).refused(422, "invalid_input")

    assert problem["details"]["fields"] == {"redemptions": "La liste compte de 1 à 1000 éléments."}
    exo7.post("/redemptions/batch", {"redemptions": []}).refused(422, "invalid_input")


def test_a_look_moves_nothing(exo7: Caller, passes: list[VoucherCode]) -> None:
    looked = exo7.post("/vouchers/lookup", {"code": passes[0]}).read()

    assert (looked["redeemable"], looked["verdict"]) == (True, "redeemable")
    assert looked["detail"] is None
    assert exo7.get("/ledger/balances").read()["items"] == []
    exo7.post("/redemptions", scan(passes[0])).made()
    taken = exo7.post("/vouchers/lookup", {"code": passes[0]}).read()
    assert (taken["redeemable"], taken["verdict"]) == (False, "voucher_already_redeemed")
    assert "déjà été encaissé ici" in taken["detail"]


def test_guesses_are_counted_although_they_are_refused(
    house: House, exo7: Caller, passes: list[VoucherCode]
) -> None:
    guesses = no_pass()
    for _ in range(GUESSES_ALLOWED // 2):
        looked = exo7.post("/vouchers/lookup", {"code": next(guesses)})
        looked.refused(404, "unknown_voucher")
        exo7.post("/redemptions", scan(next(guesses))).refused(404, "unknown_voucher")

    for path in ("/vouchers/lookup", "/redemptions"):
        sent = {"code": passes[0]} if path == "/vouchers/lookup" else scan(passes[0])
        assert "minutes" in exo7.post(path, sent).refused(429, "too_many_guesses")["detail"]
    batch = {"redemptions": [scan(passes[0])]}
    exo7.post("/redemptions/batch", batch).refused(429, "too_many_guesses")
    house.by_token("carecof").post("/redemptions", scan(passes[0])).made()


def test_redemptions_are_listed_page_by_page_without_a_gap(
    exo7: Caller, passes: list[VoucherCode]
) -> None:
    made = {exo7.post("/redemptions", scan(code)).made()["id"] for code in passes}

    pages = list(exo7.pages("/redemptions", limit=3))

    assert [len(page) for page in pages] == [3, 3, 3, 1]
    listed = [row["id"] for page in pages for row in page]
    assert listed == sorted(made)


def test_a_redemption_costs_few_statements(
    house: House, database: Database, exo7: Caller, passes: list[VoucherCode]
) -> None:
    exo7.post("/redemptions", scan(passes[0])).made()

    with statements_counted(database) as told:
        exo7.post("/redemptions", scan(passes[1])).made()

    assert len(told) <= STATEMENTS_OF_A_REDEMPTION, "\n".join(told)
    assert house.database is database


def test_a_batch_costs_as_many_statements_as_one(
    database: Database, exo7: Caller, passes: list[VoucherCode]
) -> None:
    exo7.post("/redemptions", scan(passes[0])).made()

    with statements_counted(database) as told:
        batch = {"redemptions": [scan(code) for code in passes[1:]]}
        exo7.post("/redemptions/batch", batch).read()

    assert len(told) <= STATEMENTS_OF_A_REDEMPTION, "\n".join(told)


def test_a_page_of_redemptions_costs_the_same_however_long(
    database: Database, exo7: Caller, passes: list[VoucherCode]
) -> None:
    for code in passes:
        exo7.post("/redemptions", scan(code)).made()

    with statements_counted(database) as one:
        exo7.get("/redemptions", limit=1).read()
    with statements_counted(database) as ten:
        exo7.get("/redemptions", limit=10).read()

    assert len(ten) == len(one) == 3
