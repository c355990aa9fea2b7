"""Runs, statements, payments, reports and the ledger over HTTP, on a scheme that has lived."""

from datetime import timedelta

import pytest

from app.kernel.clock import martinique_day
from tests.api.house import House, Json


def test_a_run_sent_again_finds_its_drafts(house: House) -> None:
    with house.database.transaction() as session:
        passes = house.scheme.issued_booklet(session)
    for who, code in zip(("exo7", "carecof", "exo7"), passes, strict=False):
        house.by_token(who).post("/redemptions", {"code": code}).made()
    finance = house.by_token("finance")
    house.clock.days = 1
    body = {
        "id": "0192f0c1-6b7a-7cc0-8d3e-5f1b2a3c4d5e",
        "programme_id": str(house.scheme.programme_id),
        "cut_off_on": str(martinique_day(house.clock())),
    }

    run = finance.post("/clearing-runs", body).made()

    assert sorted(s["amount_cents"] for s in run["statements"]) == [1000, 2000]
    assert (run["statement_count"], run["voucher_count"], run["amount_cents"]) == (2, 3, 3000)
    assert finance.post("/clearing-runs", body).made() == run
    assert finance.get(f"/clearing-runs/{run['id']}").read() == run
    late = {**body, "id": None, "cut_off_on": str(martinique_day(house.clock()) + timedelta(1))}
    del late["id"]
    finance.post("/clearing-runs", late).refused(422, "cut_off_in_the_future")
    empty = finance.post("/clearing-runs", {k: body[k] for k in body if k != "id"})
    empty.refused(422, "nothing_to_clear")


def test_a_statement_is_approved_at_the_total_that_was_read(lived_in: House) -> None:
    path = f"/statements/{lived_in.lived.ids['draft']}/approve"
    finance2 = lived_in.signed_in("finance2", anew=True)

    finance2.post(path, {"version": 1, "net_cents": 999}).refused(409, "statement_changed")
    approved = finance2.post(path, {"version": 1, "net_cents": 1000}).read()

    assert (approved["state"], approved["payee_name"]) == ("approved", "CARECOF")
    assert finance2.post(path, {"version": 1, "net_cents": 1000}).read() == approved
    late = lived_in.signed_in("coordinator", anew=True).post(
        path, {"version": 1, "net_cents": 1000}
    )
    late.refused(409, "statement_approved_already")


def test_a_statement_without_an_account_waits(lived_in: House) -> None:
    path = f"/statements/{lived_in.lived.ids['held']}/approve"

    held = lived_in.signed_in("finance2", anew=True).post(path, {"version": 1, "net_cents": 1000})

    assert "NOBANK" in held.refused(422, "statement_held")["detail"]


def test_each_statement_tells_how_far_it_has_come(lived_in: House) -> None:
    auditor, ids = lived_in.by_token("auditor"), lived_in.lived.ids

    for name in ("paid", "ordered", "approved"):
        statement = auditor.get(f"/statements/{ids[name]}").read()
        assert statement["state"] == name
        assert statement["number"].startswith("BR-")
        assert [line["amount_cents"] for line in statement["lines"]] == [1000]
    held = auditor.get(f"/statements/{ids['held']}").read()
    assert (held["state"], held["number"], held["payee_iban"]) == ("draft", None, None)


def test_a_third_person_records_the_payment(lived_in: House) -> None:
    ids, paid_on = lived_in.lived.ids, str(martinique_day(lived_in.clock()))
    accountant = lived_in.by_token("accountant")

    early = accountant.post(
        f"/payment-orders/{ids['payment order']}/payment", {"paid_on": "2026-01-01"}
    )
    assert "paid_on" in early.refused(422, "invalid_input")["details"]["fields"]
    again = accountant.post(f"/payment-orders/{ids['paid order']}/payment", {"paid_on": paid_on})
    again.refused(409, "payment_recorded_already")
    order = accountant.get(f"/payment-orders/{ids['paid order']}").read()
    people = [order[name] for name in ("prepared_by", "approved_by", "ordered_by", "recorded_by")]
    assert len({people[0], people[1], people[3]}) == 3


def test_what_a_statement_claims_is_undone_no_more(lived_in: House) -> None:
    path = f"/redemptions/{lived_in.lived.ids['claimed redemption']}/reversal"

    undone = lived_in.by_token("exo7").post(path, {"reason": "Erreur"})

    undone.refused(409, "redemption_claimed_already")


def chain_at(house: House, day: str | None = None) -> Json:
    query = {"at": day} if day else {}
    return house.by_token("auditor").get("/reports/chain", **query).read()


def test_the_chain_closes_to_what_was_ordered(lived_in: House) -> None:
    programme_id = str(lived_in.scheme.programme_id)
    report = lived_in.by_token("auditor").get("/reports/chain", programme_id=programme_id).read()

    stages = {stage["kind"]: stage["voucher_count"] for stage in report["stages"]}
    assert stages == {
        "on_order": 20,
        "stock_inert": 60,
        "stock": 35,
        "transit": 25,
        "prescriber": 35,
        "circulation": 16,
        "redeemed": 2,
        "claimed": 6,
        "settled": 1,
    }
    assert report["ordered"]["voucher_count"] == sum(stages.values()) == 200
    assert report["ordered"]["amount_cents"] == 200_000


def test_reports_are_of_any_day_that_has_come(lived_in: House) -> None:
    auditor = lived_in.by_token("auditor")
    tomorrow = str(martinique_day(lived_in.clock()) + timedelta(days=1))

    assert chain_at(lived_in, "2026-01-01")["ordered"]["voucher_count"] == 0
    empty = auditor.get("/reports/usage", at="2026-01-01").read()
    assert [d["rate_basis_points"] for d in empty["denominators"]] == [None] * 4
    assert empty["months"] == []
    for report in ("chain", "usage"):
        late = auditor.get(f"/reports/{report}", at=tomorrow)
        assert "at" in late.refused(422, "invalid_input")["details"]["fields"]


def test_the_usage_rate_names_its_denominators(lived_in: House) -> None:
    programme_id = str(lived_in.scheme.programme_id)
    usage = lived_in.by_token("auditor").get("/reports/usage", programme_id=programme_id).read()

    rates = {d["kind"]: (d["voucher_count"], d["rate_basis_points"]) for d in usage["denominators"]}
    assert usage["redeemed_count"] == 9
    assert rates == {
        "issued": (25, 3600),
        "entrusted": (60, 1500),
        "received": (180, 500),
        "ordered": (200, 450),
    }
    assert sum(row["redeemed_count"] for row in usage["places"]) == 9
    assert [row["apart"] for row in usage["publics"]].count(True) == 1


def test_reports_keep_to_a_programme(lived_in: House) -> None:
    auditor, other = lived_in.by_token("auditor"), lived_in.lived.ids["other programme"]

    report = auditor.get("/reports/chain", programme_id=other).read()

    # Nothing was ordered there: what rests there was taken over.
    stages = {s["kind"]: s["voucher_count"] for s in report["stages"]}
    assert report["ordered"]["voucher_count"] >= sum(stages.values()) > 0
    assert not any(stages[kind] for kind in ("on_order", "stock_inert", "transit"))
    nowhere = auditor.get("/reports/chain", programme_id="00000000-0000-0000-0000-000000000000")
    nowhere.refused(404, "unknown_programme")
    auditor.get("/reports/usage", vintage_id=999).refused(404, "unknown_vintage")


@pytest.mark.parametrize("limit", [3, 200])
def test_the_journal_adds_up_to_the_balances(lived_in: House, limit: int) -> None:
    auditor = lived_in.by_token("auditor")
    counted: dict[str, int] = {}

    movements = [row for page in auditor.pages("/ledger/movements", limit=limit) for row in page]
    for movement in movements:
        for side, sign in (("debit", -1), ("credit", 1)):
            place = str(movement[side])
            counted[place] = counted.get(place, 0) + sign * movement["voucher_count"]

    assert [m["id"] for m in movements] == sorted({m["id"] for m in movements})
    balances = auditor.get("/ledger/balances").read()["items"]
    assert {str(row["account"]): row["voucher_count"] for row in balances} == counted
    assert all(row["amount_cents"] == 1000 * row["voucher_count"] for row in balances)


def test_balances_are_of_an_instant_or_of_the_end_of_a_day(lived_in: House) -> None:
    auditor = lived_in.by_token("auditor")
    now = lived_in.clock()

    for at in ("2026-01-01", "2026-01-01T12:00:00-04:00"):
        assert auditor.get("/ledger/balances", at=at).read()["items"] == []
    for later in (now.isoformat(), str(martinique_day(now)), "2099-12-31"):
        everything = auditor.get("/ledger/balances", at=later).read()
        assert everything == auditor.get("/ledger/balances").read()
