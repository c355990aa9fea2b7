"""Who may do what at the door: a table that must be extended for every new operation."""

import pytest

from app.identity.rules import Role
from tests.api.house import API, House
from tests.api.requests import unknown

AGENTS = {
    "C": "coordinator",
    "F": "finance",
    "A": "accountant",
    "U": "auditor",
    "P": "plie",
    "M": "exo7",
    "D": "administrator",
}

# C coordination, F finance, A accountant, U auditor, P prescriber, M mediator, D administration.
# Lower case: only when signed in, never by token. x: only a device, by a credential of its own.
TABLE = """
who_am_i                C F A U P M D
list_own_sessions       C F A U P M D
read_own_factors        C F A U P M D
end_own_session         C F A U P M D
end_other_sessions      C F A U P M D
end_agent_sessions      . . . . . . d
reset_agent_factors     . . . . . . d

enrol_device            x x x x x x x
offer_device            . . . . . M .
list_devices            C . . . . M .
read_own_device         x x x x x x x
revoke_device           C . . . . M .
take_voucher_list       . . . . . x .

list_agents             C . . . P M D
read_agent              C . . . P M D
invite_agent            c . . . p m d
invite_agent_again      c . . . p m d
withdraw_invitation     c . . . p m d
change_agent_role       c . . . p m d
close_agent             c . . . p m d
reopen_agent            c . . . p m d
list_account_events     . . A U . . D
list_mails              . . . . . . D

create_programme        C . . . . . .
list_programmes         C F A U P M .
read_programme          C F A U P M .
change_settings         C . . . . . .
withdraw_settings       C . . . . . .
list_settings           C F A U P M .
check_takeover_file     C F . . . . .
prepare_takeover        C F . . . . .
list_takeovers          C F A U . . .
read_takeover           C F A U . . .
approve_takeover        c f . . . . .
refuse_takeover         C F . . . . .
list_funders            C F A U P M .
freeze_programme        C . . . . . .
lift_freeze             C . . . . . .
create_vintage          C . . . . . .
list_vintages           C F A U P M .

register_partner        C . . . . . .
list_partners           C F A U P M .
read_partner            C F A U P M .
sign_agreement          C . . . . . .
list_agreements         C F A U P M .
close_agreement         C . . . . . .
keep_agreement_file     C . . . . . .
list_agreement_files    C F A U P M .
read_agreement_file     C F A U P M .
prepare_bank_details    C F . . . M .
list_bank_details       C F A U P M .
approve_bank_details    c f . . . . .
refuse_bank_details     C F . . . M .
record_address          C . . . . . .
list_addresses          C F A U P M .
record_siret            C . . . . . .
list_sirets             C F A U P M .
record_contact          C . . . P M .
list_contacts           C F A U P M .
succeed                 C . . . . . .
list_successions        C F A U P M .
note_label_progress     C . . . . . .
record_cash_office      C . . . . . .
list_cash_offices       C F A U P M .
close_cash_office       C . . . . . .
record_profile          C . . . P M .
list_profiles           C F A U P M .
record_capacity         C . . . . . .
list_capacities         C F A U P M .
list_places             C F A U P M .
read_places             C . . . . . .
read_places_file        C . . . . . .
take_places             C . . . . . .
list_renewals           C . . . . . .
grant_label             C . . . . . .
list_labels             C F A U P M .
apply_for_label         C . . . . . .
list_label_applications C F A U P M .

prepare_order           C F . . . . .
list_orders             C F A U . . .
read_order              C F A U . . .
approve_order           c f . . . . .
plan_order              C F . . . . .
cancel_order            C F . . . . .
send_order              C F . . . . .
record_mandate          . F . . . . .
cancel_mandate          . F . . . . .
record_delivery         C . . . . . .
list_deliveries         C F A U . . .
read_delivery           C F A U . . .
activate_delivery       . F . . . . .
import_serial_file      C . . . . . .
list_serial_files       C F A U . . .
read_serial_file        C F A U . . .
list_quarantined_rows   C F A U . . .
create_print_batch      C F . . . . .
list_print_batches      C F A U . . .
read_print_batch        C F A U . . .

list_booklets           C F A U P M .
read_booklet            C F A U P M .
read_voucher            C F A U P M .
read_history            C F A U P M .
look_up_voucher         . . . . . M .

allocate_booklets       C . . . . . .
list_allocations        C F A U P . .
read_allocation         C F A U P . .
confirm_receipt         C . . . P . .
return_booklets         C . . . P . .
transfer_booklets       C . . . P . .
cancel_consignment      C . . . P . .
list_recalls            C F A U P . .
prepare_recall          C . . . P . .
open_stock_count        C F . . P . .
enter_counted_lines     C F . . P . .
strike_counted_line     C F . . P . .
close_stock_count       C F . . P . .
sign_stock_count        c f a . p . .
abandon_stock_count     C F . . P . .
list_stock_counts       C F A U P . .
read_stock_count        C F A U P . .

look_for_signals        C F . . . . .
list_signals            C F A U . . .
decide_signal           C F . . . . .
settle_shortfall        C . . . P . .
request_booklets        . . . . P . .
list_booklet_requests   C F A U P . .
read_booklet_request    C F A U P . .
decline_booklet_request C . . . . . .
register_beneficiary    . . . . P . .
list_beneficiaries      . . . . P . .
read_beneficiary        . . . . P . .
issue_booklets          . . . . P . .
rectify_beneficiary     . . . . P . .
list_duplicates         . . . . P . .
list_referrals          . . . . P . .
print_commitment        . . . . P . .
print_letter            . . . . P . .
list_prescriptions      C . . U P . .
read_prescription       C . . U P . .
undo_prescription       C . . . P . .

redeem_voucher          . . . . . M .
redeem_vouchers         . . . . . M .
list_redemptions        C F A U . M .
read_redemption         C F A U . M .
print_receipt           C F A U . M .
undo_redemption         C F . . . M .
record_session          . . . . . M .
list_sessions           C F A U . M .
read_session            C F A U . M .
link_redemptions        . . . . . M .
read_day                C F A U . M .
prepare_sheet           C F . . . . .
list_sheets             C F A U . M .
read_sheet              C F A U . M .
approve_sheet           c f . . . . .
set_aside_sheet         C F . . . . .

preview_clearing        . F . . . . .
run_clearing            . F . . . . .
list_clearing_runs      C F A U . M .
read_clearing_run       C F A U . M .
list_statements         C F A U . M .
read_statement          C F A U . M .
withdraw_passes         . F . . . . .
certify_statement       . . . . . m .
approve_statement       c f . . . . .
order_payment           . F . . . . .
list_payment_orders     C F A U . M .
read_payment_order      C F A U . M .
record_payment          . . A . . . .
reject_payment          . . A . . . .
print_statement         C F A U . M .
read_payment_file       . F . . . . .
prepare_clawback        C F . . . . .
list_clawbacks          C F A U . M .
read_clawback           C F A U . M .
approve_clawback        c f . . . . .
set_aside_clawback      C F . . . . .
issue_debit_note        . F . . . . .
list_debit_notes        C F A U . M .
read_debit_note         C F A U . M .
print_debit_note        C F A U . M .
collect_debit_note      . . A . . . .
open_dispute            C F . . . M .
list_disputes           C F A U . M .
read_dispute            C F A U . M .
decide_dispute          c f . . . . .

block_vouchers          C . . . P . .
lift_block              C . . . . . .
list_blocks             C F A U P . .
read_block              C F A U P . .
replace_passes          C . . . P . .
list_replacements       C F A U P . .
prepare_write_off       C F . . . . .
list_write_offs         C F A U . . .
approve_write_off       c f . . . . .
abandon_write_off       C F . . . . .
read_closing            C F A U . . .
validate_hold           c . . . . . .
release_held            C . . . . . .
sign_joint_statement    c f . . . . .
settle_closing          . F . . . . .
draw_complement         . F . . . . .
settle_complement       c f . . . . .

read_chain              C F A U . . .
list_holdings           C F A U . . .
read_register           C F A U . . .
read_register_file      C F A U . . .
read_account_of_use     C F A U . . .
read_account_of_use_file C F A U . . .
read_slip               C F A U . . .
read_slip_file          C F A U . . .
read_usage_file         C F A U . . .
read_council            C F A U . . .
read_council_file       C F A U . . .
read_usage              C F A U . . .
list_movements          C F A U . . .
list_balances           C F A U P M .
list_checkpoints        C F A U P M .
read_latest_checkpoint  C F A U P M .
prove_consistency       C F A U P M .
prove_movement          C F A U P M .
"""
DEVICE = "x"
MAY = {operation: marks for operation, *marks in map(str.split, filter(None, TABLE.splitlines()))}


def test_each_operation_and_each_role_has_its_place_in_the_table(house: House) -> None:
    rules = {
        rule.endpoint.rpartition(".")[2]
        for rule in house.app.url_map.iter_rules()
        if rule.rule.startswith(API) and rule.endpoint != "api-docs.openapi_json"
    }

    assert set(MAY) == rules == set(house.contract.operations)
    assert all(len(marks) == len(Role) == len(AGENTS) for marks in MAY.values())


@pytest.mark.parametrize("operation", MAY)
def test_an_operation_opens_to_those_who_may(lived_in: House, operation: str) -> None:
    method, path = unknown(lived_in, operation)
    body: dict[str, object] | None = {} if method == "POST" else None

    for name, mark in zip(AGENTS.values(), MAY[operation], strict=True):
        caller = lived_in.by_token(name)
        answer = caller.post(path, body) if method == "POST" else caller.get(path)
        if mark == ".":
            answer.refused(403, "right_missing")
        elif mark == DEVICE:
            answer.refused(403, "only_a_device")
        elif mark.islower():
            answer.refused(403, "token_cannot_approve")
        else:
            assert answer.status not in {401, 403}, answer.response.text


READ: dict[str, dict[str, object]] = {
    "approve_takeover": {"voucher_count": 5},
    "approve_write_off": {"voucher_count": 5},
    "validate_hold": {},
    "invite_agent": {
        "email": "nouvelle@exemple.fr",
        "name": "Nouvelle",
        "role": "prescriber",
        "organisation_id": "00000000-0000-0000-0000-000000000001",
    },
    "invite_agent_again": {},
    "change_agent_role": {"role": "prescriber"},
    "close_agent": {"reason": "Départ"},
    "approve_bank_details": {"iban": "FR1420041010050500013M02606"},
    "decide_dispute": {"outcome": "kept", "reason": "D’après la feuille"},
    "settle_complement": {"sponsor_signed_on": "2026-11-22", "issuer_signed_on": "2026-11-22"},
    "sign_joint_statement": {"side": "issuer", "signed_on": "2026-11-22"},
}
"""What approvals name, where it is not a version and its total."""


@pytest.mark.parametrize("operation", [name for name, marks in MAY.items() if "c" in marks])
def test_a_person_who_signed_in_may_approve(lived_in: House, operation: str) -> None:
    _, path = unknown(lived_in, operation)
    read = READ.get(operation, {"version": 1, "net_cents": 1000})

    for mark, name in (("c", "coordinator"), ("f", "finance")):
        answer = lived_in.signed_in(name, anew=True).post(path, read)
        assert answer.status == (404 if mark in MAY[operation] else 403), answer.response.text


def test_nobody_enters_without_a_name(lived_in: House) -> None:
    strangers = [lived_in.nobody(), lived_in.nobody(), lived_in.nobody()]
    strangers[1].headers = {"Authorization": "Bearer passnum_of_somebody_else"}
    strangers[2].headers = {"Authorization": "Basic Y29vcmQ6eA=="}

    for operation in MAY:
        method, path = unknown(lived_in, operation)
        for stranger in strangers:
            answer = stranger.send(method, path, b"{}" if method == "POST" else None)
            answer.refused(401, "not_signed_in")
            assert answer.response.headers["WWW-Authenticate"] == "Bearer"
    strangers[0].get("/nowhere").refused(401, "not_signed_in")


def test_the_contract_and_the_key_of_receipts_are_public(lived_in: House) -> None:
    client = lived_in.nobody().client

    assert client.get(f"{API}/openapi.json").status_code == 200
    keys = client.get("/.well-known/jwks.json")
    assert keys.status_code == 200
    receipts, lists = keys.get_json()["keys"]
    assert receipts["kty"] == lists["kty"] == "OKP"
    assert receipts["x"] != lists["x"]
    assert not {"d"} & {*receipts, *lists}


def test_a_form_of_another_site_does_nothing(house: House) -> None:
    finance = house.signed_in("finance")
    path = "/bank-details/00000000-0000-0000-0000-000000000001/approve"

    finance.send("POST", path, headers={"X-CSRFToken": "x"}).refused(403, "form_expired")

    finance.post(path, READ["approve_bank_details"]).refused(404, "unknown_bank_details")


def test_a_token_that_has_expired_opens_nothing(house: House) -> None:
    finance = house.by_token("finance")
    house.clock.days = 400

    finance.get("/me").refused(401, "not_signed_in")


def test_whoever_prepared_approves_nothing(house: House) -> None:
    coordinator = house.by_token("coordinator")
    order = coordinator.post(
        "/orders",
        {
            "programme_id": str(house.scheme.programme_id),
            "vintage_id": house.scheme.vintage_id,
            "lines": [{"booklet_size": 10, "booklet_count": 1, "unit_price_cents": 200}],
        },
    ).made()

    path = f"/orders/{order['id']}/approve"
    alone = house.signed_in("coordinator").post(path)

    alone.refused(422, "order_preparer_cannot_approve")
    coordinator.post(f"/orders/{order['id']}/send").refused(409, "order_not_approved")
    assert house.signed_in("coordinator2").post(path).read()["state"] == "approved"
