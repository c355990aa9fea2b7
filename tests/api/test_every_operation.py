"""Each operation once, on a scheme that has lived: it works, twice is once, and it is announced."""

from urllib.parse import parse_qsl

import pytest

from tests.api.house import House
from tests.api.requests import Asking, all_requests, reader_of, readings
from tests.service.chain import everything

WRITING = (
    "create_programme",
    "change_settings",
    "withdraw_settings",
    "freeze_programme",
    "lift_freeze",
    "create_vintage",
    "register_partner",
    "sign_agreement",
    "prepare_bank_details",
    "approve_bank_details",
    "refuse_bank_details",
    "record_address",
    "record_siret",
    "record_contact",
    "succeed",
    "note_label_progress",
    "record_cash_office",
    "record_profile",
    "record_capacity",
    "grant_label",
    "apply_for_label",
    "read_places",
    "take_places",
    "check_takeover_file",
    "prepare_takeover",
    "refuse_takeover",
    "approve_takeover",
    "prepare_order",
    "approve_order",
    "plan_order",
    "cancel_order",
    "send_order",
    "record_mandate",
    "cancel_mandate",
    "record_delivery",
    "activate_delivery",
    "import_serial_file",
    "create_print_batch",
    "allocate_booklets",
    "confirm_receipt",
    "return_booklets",
    "transfer_booklets",
    "cancel_consignment",
    "settle_shortfall",
    "request_booklets",
    "decline_booklet_request",
    "open_stock_count",
    "enter_counted_lines",
    "strike_counted_line",
    "abandon_stock_count",
    "close_stock_count",
    "sign_stock_count",
    "look_for_signals",
    "decide_signal",
    "register_beneficiary",
    "rectify_beneficiary",
    "undo_prescription",
    "issue_booklets",
    "look_up_voucher",
    "redeem_voucher",
    "redeem_vouchers",
    "undo_redemption",
    "record_session",
    "link_redemptions",
    "prepare_sheet",
    "approve_sheet",
    "set_aside_sheet",
    "preview_clearing",
    "run_clearing",
    "withdraw_passes",
    "certify_statement",
    "approve_statement",
    "order_payment",
    "record_payment",
    "reject_payment",
    "prepare_clawback",
    "approve_clawback",
    "set_aside_clawback",
    "collect_debit_note",
    "issue_debit_note",
    "open_dispute",
    "decide_dispute",
    "keep_agreement_file",
    "close_agreement",
    "close_cash_office",
    "prepare_recall",
    "block_vouchers",
    "lift_block",
    "replace_passes",
    "prepare_write_off",
    "abandon_write_off",
    "approve_write_off",
    "validate_hold",
    "release_held",
    "sign_joint_statement",
    "draw_complement",
    "settle_complement",
    "settle_closing",
    "invite_agent",
    "invite_agent_again",
    "withdraw_invitation",
    "change_agent_role",
    "close_agent",
    "reopen_agent",
    "end_own_session",
    "end_other_sessions",
    "reset_agent_factors",
    "end_agent_sessions",
    "enrol_device",
    "offer_device",
    "revoke_device",
)

NAMED_OTHERWISE = {
    "withdraw_invitation": "by its address",
    "change_agent_role": "by its address",
    "close_agent": "by its address",
    "reopen_agent": "by its address",
    "end_own_session": "by its address",
    "end_other_sessions": "what is over stays over",
    "reset_agent_factors": "by its address",
    "end_agent_sessions": "by its address",
    "revoke_device": "by its address",
    "offer_device": "only its agent and its organisation are told of it",
    "approve_clawback": "by its address",
    "set_aside_clawback": "by its address",
    "decide_dispute": "by its address",
    "close_stock_count": "by its address",
    "look_for_signals": "what it tells is told once",
    "sign_stock_count": "by its address",
    "check_takeover_file": "it changes nothing",
    "approve_takeover": "by its address",
    "approve_write_off": "by its address",
    "settle_complement": "by its address",
    "rectify_beneficiary": "it writes the same words again",
    "create_vintage": "by its label",
    "approve_bank_details": "by its address",
    "approve_order": "by its address",
    "send_order": "by its address",
    "plan_order": "it changes nothing",
    "preview_clearing": "it changes nothing",
    "approve_statement": "by its address",
    "link_redemptions": "by its address",
    "approve_sheet": "by its address",
    "set_aside_sheet": "by its address",
    "look_up_voucher": "it changes nothing",
    "redeem_vouchers": "each of its passes has an id",
}
IDENTIFIED = tuple(operation for operation in WRITING if operation not in NAMED_OTHERWISE)


@pytest.fixture(scope="module")
def requests(used_up: House) -> dict[str, Asking]:
    return {asking.operation: asking for asking in all_requests(used_up)}


def ready(house: House, requests: dict[str, Asking], operation: str) -> Asking:
    """The request of an operation, once those before it were made: twice is once."""
    asking = requests[operation]
    for before in asking.after:
        ready(house, requests, before).sent(house).made(requests[before].status)
    return asking


def test_each_operation_of_the_contract_is_asked_here(
    used_up: House, requests: dict[str, Asking]
) -> None:
    assert tuple(requests) == WRITING
    assert {*requests, *readings(used_up)} == set(used_up.contract.operations)


@pytest.mark.parametrize("operation", WRITING)
def test_a_request_that_arrives_twice_is_done_once(
    used_up: House, requests: dict[str, Asking], operation: str
) -> None:
    asking = ready(used_up, requests, operation)
    once = asking.sent(used_up).made(asking.status)
    with used_up.database.session(writing=False) as session:
        done = everything(session)

    twice = asking.sent(used_up).made(asking.status)

    assert twice == once
    with used_up.database.session(writing=False) as session:
        assert everything(session) == done


@pytest.mark.parametrize("operation", IDENTIFIED)
def test_another_request_under_the_same_id_is_refused(
    used_up: House, requests: dict[str, Asking], operation: str
) -> None:
    asking = ready(used_up, requests, operation)
    asking.sent(used_up).made(asking.status)

    refused = asking.sent_otherwise(used_up).refused(409, "id_already_used")

    assert "identifiant" in refused["detail"]


def test_each_reading_answers_as_announced(used_up: House) -> None:
    for operation, path in readings(used_up).items():
        where, _, query = path.partition("?")
        used_up.by_token(reader_of(operation)).get(where, **dict(parse_qsl(query))).found()


def test_a_label_names_one_vintage(used_up: House, requests: dict[str, Asking]) -> None:
    asking = requests["create_vintage"]
    asking.sent(used_up).made()

    changed = asking.body | {"face_value_cents": 2000}

    asking.caller(used_up).post(asking.path, changed).refused(409, "vintage_label_taken")


def test_the_header_is_an_id_as_good_as_the_field(house: House) -> None:
    coordinator = house.by_token("coordinator")
    body = {"kind": "town", "name": "Le Robert", "commune": "Le Robert"}
    key = "0192f0c1-6b7a-7cc0-8d3e-5f1b2a3c4d5e"

    first = coordinator.post("/partners", body, key=key).made()

    assert first["id"] == key
    assert coordinator.post("/partners", body, key=f'"{key}"').made() == first
    assert coordinator.post("/partners", body | {"id": key}, key=key).made() == first
    other = coordinator.post("/partners", body | {"id": key}, key=house.scheme.programme_id)
    assert "id" in other.refused(422, "invalid_input")["details"]["fields"]
    assert (
        "id"
        in coordinator.post("/partners", body, key="1").refused(422, "invalid_input")["details"][
            "fields"
        ]
    )
