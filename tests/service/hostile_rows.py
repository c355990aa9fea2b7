"""Rows that break one rule of a table each: what tests/architecture/test_promises.py writes down.

Checks and keys of several columns are bent here by hand; the test bends the others as a matter of
course.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from app import ledger
from app.kernel.ids import new_id
from app.ledger import add_vintage, chart
from app.ledger.models import Voucher
from tests.service.hostile_agreements import AGREEMENTS
from tests.service.rows import Row, Rows

Bend = Row | Callable[[Rows, Row], Row]
A_YEAR = timedelta(days=366)
NOBODY = UUID(int=1)


def later(column: str) -> Callable[[Rows, Row], Row]:
    """A day that the row names, a year later."""
    return lambda _rows, row: {column: row[column] + A_YEAR}


def repeated(table: str, **where: str) -> Callable[[Rows, Row], Row]:
    """A row that is there, under a new id."""
    return lambda rows, row: (
        {**rows.any(table, **{k: rows.ids[v] for k, v in where.items()})}
        | ({"id": row["id"]} if "id" in row else {})
    )


def agreement_of(rows: Rows, name: str, role: str, party: str = "recipient_id") -> Row:
    """What a row says of an agreement of that organisation, in that role."""
    found = rows.any("agreement", organisation_id=rows.organisation(name), role=role)
    return {
        party: found["organisation_id"],
        "agreement_id": found["id"],
        "agreement_role": found["role"],
        "agreement_from": found["valid_from"],
        "agreement_until": found["valid_until"],
    }


def beside(rows: Rows, what: str, name: str) -> Row:
    """A label or an agreement of that organisation, in force once the one it has is over."""
    copied = rows.any(what, organisation_id=rows.organisation(name))
    day = copied["valid_until"] + timedelta(days=1)
    made = rows.copy(what, copied, valid_from=day, valid_until=day)
    rows.add(what, made)
    return {f"{what}_id": made["id"], f"{what}_from": day, f"{what}_until": day}


def of_another_value(column: str) -> Callable[[Rows, Row], Row]:
    """A vintage of the same programme whose passes are worth something else."""

    def bend(rows: Rows, row: Row) -> Row:
        terms = rows.copy(
            "vintage_terms",
            rows.any("vintage_terms", vintage_id=row["vintage_id"]),
            vintage_id=add_vintage(rows.session, face_value_cents=2000),
            label="98Z",
        )
        rows.add("vintage_terms", terms)
        return {column: terms["vintage_id"]}

    return bend


def met(rows: Rows, **changes: object) -> object:
    """A person like the one whom plie met."""
    made = rows.copy("beneficiary", rows.any("beneficiary", id=rows.ids["person"]), **changes)
    rows.add("beneficiary", made)
    return made["id"]


def signed_later(rows: Rows, row: Row) -> Row:
    """An agreement of the same prescriber, in force once the row's is over."""
    signed = rows.any("agreement", id=row["agreement_id"])
    day = signed["valid_until"] + timedelta(days=1)
    made = rows.copy("agreement", signed, valid_from=day, valid_until=day)
    rows.add("agreement", made)
    return {"agreement_id": made["id"], "agreement_from": day, "agreement_until": day}


def referral_beside(rows: Rows, what: str, row: Row) -> Row:
    """A label or an agreement of the place referred to, in force once the one it has is over."""
    copied = rows.any(what, organisation_id=row["referred_to_id"])
    day = copied["valid_until"] + timedelta(days=1)
    made = rows.copy(what, copied, valid_from=day, valid_until=day)
    rows.add(what, made)
    names = {"id": "id", "valid_from": "from", "valid_until": "until"}
    return {f"referral_{what}_{column}": made[key] for key, column in names.items()}


def referral_agreement_of_a_prescriber(rows: Rows) -> Row:
    """A referral to a prescriber that somehow has a label."""
    label = rows.copy("label", organisation_id=rows.organisation("plie"))
    rows.add("label", label)
    signed = agreement_of(rows, "plie", "prescriber", "referred_to_id")
    return {
        "referred_to_id": signed.pop("referred_to_id"),
        **{f"referral_{column}": value for column, value in signed.items()},
        "referral_label_id": label["id"],
        "referral_label_from": label["valid_from"],
        "referral_label_until": label["valid_until"],
    }


def prescribed_late(rows: Rows, row: Row) -> Row:
    """A booklet of a prescription made after the last day of the vintage."""
    day = row["valid_until"] + timedelta(days=1)
    late = rows.copy("prescription", prescribed_on=day)
    late |= {"beneficiary_id": row["beneficiary_id"], "public": row["public"]}
    rows.add("prescription", late)
    rows.add("prescription_late", {"prescription_id": late["id"], "reason": "person_asked"})
    return {"prescription_id": late["id"], "prescribed_on": day, "late_id": late["id"]}


def a_seniors_second(rows: Rows, _row: Row) -> Row:
    """The second booklet of a public whose entitlement is one, without a word of renewal."""
    first = rows.any("prescription_booklet", prescription_id=rows.ids["senior prescription"])
    return first | {"booklet_id": 106, "ordinal": 3, "undone_count": 1}


def undone_again(rows: Rows, _row: Row) -> Row:
    there = rows.any("prescription_undo")
    return {name: there[name] for name in ("prescription_id", "prescribed_by", "prescribed_on")}


def waiting_already(rows: Rows) -> Row:
    """The passes of a destruction that waits, in another of the same kind."""
    there = rows.any("write_off_range", write_off_id=rows.ids["to destroy"])
    other = rows.copy("write_off", rows.any("write_off", id=rows.ids["to destroy"]))
    rows.add("write_off", other)
    return there | {"write_off_id": other["id"]}


def a_prescribers(rows: Rows, _row: Row) -> Row:
    """A redemption by a prescriber that somehow has a label."""
    label = rows.copy("label", organisation_id=rows.organisation("plie"))
    rows.add("label", label)
    return {
        **agreement_of(rows, "plie", "prescriber", "mediator_id"),
        "label_id": label["id"],
        "label_from": label["valid_from"],
        "label_until": label["valid_until"],
    }


def payee(rows: Rows, name: str) -> Row:
    """Another mediator, and its account."""
    party = rows.organisation(name)
    approved = rows.any("bank_details_approval", organisation_id=party)["bank_details_id"]
    account = rows.any("bank_details", id=approved)
    return {
        "mediator_id": party,
        "bank_details_id": approved,
        "payee_name": account["holder"],
        "payee_iban_fingerprint": account["iban_fingerprint"],
        "payee_iban_masked": account["iban_masked"],
    }


def attempt_only(rows: Rows) -> Row:
    """An answered scan that moved nothing."""
    attempt = rows.copy("redemption_attempt")
    rows.add("redemption_attempt", attempt)
    return {"id": attempt["id"]}


def second_siret(rows: Rows, row: Row, **changes: object) -> Row:
    """A correction of that first SIRET, by another person."""
    rows.add("siret_entry", row)
    return {
        "id": new_id(),
        "version": 2,
        "siret": "40483304800022",
        "corrects_id": row["id"],
        "corrects_version": 1,
        "corrects_by": row["recorded_by"],
        "recorded_by": rows.agent("coordinator2"),
    } | changes


def registered_with(rows: Rows, siret: str) -> Row:
    """Another organisation, which came with that SIRET."""
    other = rows.copy("organisation", siret=siret)
    rows.add("organisation", other)
    return other


def with_siret(rows: Rows, _row: Row) -> Row:
    rows.add("organisation", rows.copy("organisation", siret="7" * 14))
    return {"siret": "7" * 14}


def next_version(rows: Rows, of: str, **changes: object) -> Row:
    """The version after the first one of a draft, by a withdrawal of its own."""
    last = rows.any("statement_version", statement_id=rows.ids[of], version=1)
    withdrawal = rows.withdrawal(rows.ids[of])
    rows.add("statement_withdrawal", withdrawal)
    return (
        last
        | {
            "version": last["version"] + 1,
            "follows_version": last["version"],
            "withdrawal_id": withdrawal["id"],
        }
        | changes
    )


def withdrawn_elsewhere(rows: Rows) -> Row:
    """A version made by the withdrawal from another draft."""
    withdrawal = rows.withdrawal(rows.ids["certified draft"])
    rows.add("statement_withdrawal", withdrawal)
    return next_version(rows, "draft", withdrawal_id=withdrawal["id"])


def withdrawn_from_the_first(rows: Rows, row: Row) -> Row:
    """A first version that somehow follows a withdrawal."""
    withdrawal = rows.withdrawal(row["statement_id"])
    rows.add("statement_withdrawal", withdrawal)
    return {"withdrawal_id": withdrawal["id"]}


def certified_unasked(rows: Rows) -> Row:
    """An approval that says the programme asks for what it has."""
    certification = rows.fresh("statement_certification")
    rows.add("statement_certification", certification)
    return {"certification_required": True, "certification_id": certification["id"]}


def emptied(rows: Rows) -> Row:
    """The approval of a version without passes."""
    approval = rows.worthless(versions=1)
    withdrawal = rows.withdrawal(approval["statement_id"])
    rows.add("statement_withdrawal", withdrawal)
    first = rows.any("statement_version", statement_id=approval["statement_id"], version=1)
    nothing = {
        "version": 2,
        "follows_version": 1,
        "withdrawal_id": withdrawal["id"],
        "voucher_count": 0,
    }
    rows.add("statement_version", first | nothing)
    return approval | {"version": 2, "voucher_count": 0}


def free_of_charge(rows: Rows, row: Row) -> Row:
    """The order to pay nothing, for a statement that comes to nothing."""
    approval = rows.fresh("statement_approval") | rows.worthless()
    rows.add("statement_approval", approval)
    return {
        **{name: approval[name] for name in row.keys() & approval.keys()},
        "amount_cents": 0,
    }


def clawed_back_again(rows: Rows) -> Row:
    """Another clawback, approved, of a redemption that was clawed back."""
    again = rows.copy("clawback", rows.any("clawback", id=rows.ids["clawback 1"]))
    rows.add("clawback", again)
    decided = rows.any("clawback_decision", clawback_id=rows.ids["clawback 1"])
    rows.add("clawback_decision", decided | {"clawback_id": again["id"]})
    return {"clawback_id": again["id"], "redemption_id": again["redemption_id"]}


def of_taken_back(rows: Rows) -> UUID:
    """A dispute about a pass whose first payment is owed back."""
    first = rows.any("redemption", id=rows.any("receivable")["redemption_id"])
    dispute = rows.copy(
        "dispute",
        rows.any("dispute", id=rows.ids["dispute 9"]),
        attempt_id=rows.ids["refused attempt"],
        redemption_id=first["id"],
        voucher_id=first["voucher_id"],
    )
    rows.add("dispute", dispute)
    return UUID(str(dispute["id"]))


def disputed_again(rows: Rows) -> Row:
    """Another dispute about a pass that was awarded, decided alike."""
    again = rows.copy(
        "dispute",
        rows.any("dispute", id=rows.ids["dispute 8"]),
        attempt_id=rows.ids["refused attempt"],
    )
    rows.add("dispute", again)
    decided = rows.any("dispute_decision", dispute_id=rows.ids["dispute 8"])
    return decided | {"dispute_id": again["id"]}


def noted(rows: Rows, **changes: object) -> UUID:
    """A debit note without lines."""
    note = rows.fresh("debit_note") | changes
    rows.add("debit_note", note)
    return note["id"]  # type: ignore[no-any-return]


def recovering(rows: Rows, *, cents: int) -> Row:
    """The approval of carecof's draft of ten euros, with so much to recover and no line of it."""
    approval = rows.fresh("statement_approval")
    approval |= {"recovered_cents": cents, "payable_cents": approval["net_cents"] - cents}
    rows.add("statement_approval", approval)
    return approval


def another_account(rows: Rows, row: Row) -> Row:
    """Another account of the same mediator, confirmed like the first one."""
    account = rows.copy("bank_details", rows.any("bank_details", id=row["bank_details_id"]))
    rows.add("bank_details", account)
    confirmed = rows.any("bank_details_approval", bank_details_id=row["bank_details_id"])
    rows.add("bank_details_approval", confirmed | {"bank_details_id": account["id"]})
    return {"bank_details_id": account["id"]}


def account_named(rows: Rows, bank_details_id: object) -> Row:
    """What the confirmation of an account says of it."""
    account = rows.any("bank_details", id=bank_details_id)
    told = {name: account[name] for name in ("organisation_id", "prepared_by")}
    return told | {"bank_details_id": bank_details_id}


def typed_before(rows: Rows, name: str) -> object:
    """An account that waits still, typed before the one that is confirmed."""
    confirmed = rows.any("bank_details_approval", organisation_id=rows.organisation(name))
    account = rows.any("bank_details", id=confirmed["bank_details_id"])
    waits = rows.copy(
        "bank_details", account, prepared_at=account["prepared_at"] - timedelta(days=1)
    )
    rows.add("bank_details", waits)
    return waits["id"]


def of_a_spent_order(rows: Rows) -> Row:
    """The payment of an order that the accountant has sent back."""
    rows.add("payment_rejection", rows.fresh("payment_rejection"))
    return {}


def reversing(posting: UUID, **changes: object) -> Row:
    """A rejection whose act that is."""
    return {"id": posting, "posting_id": posting, **changes}


def on_an_empty_act(rows: Rows, _row: Row) -> Row:
    """The approval of a statement whose act moved nothing."""
    line = rows.statement_line()
    rows.add("statement_line", line)
    return {"statement_id": line["statement_id"]}


def mandated(rows: Rows, **changes: object) -> object:
    """The number of another mandate of the order that is ready."""
    there = rows.any("order_mandate", id=rows.ids["mandate of ready order"])
    made = rows.copy("order_mandate", there, **changes)
    rows.add("order_mandate", made)
    return made["mandate_number"]


def cancelled(rows: Rows, order: str) -> Row:
    """Nothing in the row itself: its order was given up."""
    rows.add("order_cancellation", rows.copy("order_cancellation", order_id=rows.ids[order]))
    return {}


def after_the_end(instant: str, order: str = "") -> Callable[[Rows, Row], Row]:
    """The same long after its passes serve; of another order, if one is told."""
    return lambda rows, row: (
        {instant: row[instant] + 2 * A_YEAR} | ({"order_id": rows.ids[order]} if order else {})
    )


def uncovering(rows: Rows) -> Row:
    """A mandat of an order of which nothing has come."""
    mandate = rows.copy("order_mandate", order_id=rows.ids["sent order"])
    rows.add("order_mandate", mandate)
    return {"mandate_id": mandate["id"], "order_id": mandate["order_id"]}


def another_line(rows: Rows, row: Row) -> Row:
    """Nothing in the row itself: its order has got a line that its total does not count."""
    rows.add("order_line", rows.copy("order_line", order_id=row["order_id"], booklet_size=5))
    return {}


ORDERS: dict[str, Bend] = {
    "order_payer_is_known": {"payer": "nobody"},
    "order_fee_is_a_share": {"fee_basis_points": 10_001},
    "order_fee_is_rounded_half_up": {"fee_cents": 1},
    "order_is_at_the_vintages_face_value": {"face_value_cents": 500},
    "order_plan_measures_are_not_negative": {"issued_count": -1},
    "order_plan_public_is_known": {"public": "everybody"},
    "order_plan_line_is_of_some_people": {"person_count": 0},
    "order_plan_line_is_in_booklets_of_5_or_10": {"booklet_size": 7},
    "order_plan_line_is_a_few_booklets": {"booklet_count": 21},
    "order_plan_stock_is_in_booklets_of_5_or_10": {"booklet_size": 7},
    "order_plan_stock_is_not_negative": {"inert_count": -1},
    "order_cancellation_has_a_reason": {"reason": ""},
    "order_total_is_the_sum_of_its_lines": another_line,
    "approved_order_gets_no_more_lines": lambda rows, _: {"order_id": rows.ids["approved order"]},
    "sent_order_is_not_cancelled": lambda rows, _: {"order_id": rows.ids["sent order"]},
    "cancelled_order_is_not_approved": lambda rows, _: cancelled(rows, "prepared order"),
    "cancelled_order_is_not_sent": lambda rows, _: cancelled(rows, "approved order"),
    "cancelled_order_gets_no_mandate": lambda rows, _: (
        cancelled(rows, "approved order") | {"order_id": rows.ids["approved order"]}
    ),
    "active_delivery_brings_no_more": lambda rows, _: {
        "delivery_id": rows.ids["stock delivery"],
        "order_id": rows.ids["stock order"],
        "first_serial": 11,
        "last_serial": 20,
        "allotted_first": 1,
        "allotted_last": 100,
        "allotted_booklet": 1,
    },
    "activation_costs_what_it_brings": {"cost_cents": 399},
    # ── Corrections and disputes ──────────────────────────────────────────────────────────────────
    "statement_session_was_paid_by_passes": {"voucher_count": 0},
    "offset_statement_pays_nothing": lambda rows, _: {
        "statement_id": rows.ids["approved"],
        "payable_cents": rows.any("statement_approval", statement_id=rows.ids["approved"])[
            "payable_cents"
        ],
    },
    "offset_names_what_the_statement_pays": lambda rows, _: {"statement_id": rows.ids["approved"]},
    "offset_waits_for_its_recoveries": lambda rows, _: {
        "statement_id": recovering(rows, cents=1000)["statement_id"]
    },
    "payment_order_waits_for_its_recoveries": lambda rows, row: {
        **{k: v for k, v in recovering(rows, cents=500).items() if k in row},
        "amount_cents": 500,
    },
    "clawback_decision_names_the_preparer": lambda rows, _: {"prepared_by": rows.agent("auditor")},
    "clawback_decision_is_known": {"decision": "perhaps", "reason": None},
    "clawback_is_approved_by_another": lambda _, row: {
        "decision": "approved",
        "reason": None,
        "decided_by": row["prepared_by"],
    },
    "clawback_is_set_aside_for_a_reason": {"reason": None},
    "receivable_follows_a_decision": lambda rows, _: {
        "redemption_id": rows.ids["paid for correction"]
    },
    "receivable_names_the_statement_that_was_paid": lambda rows, _: {
        "statement_id": rows.ids["ordered"]
    },
    "receivable_net_is_face_value_less_fee": {"fee_cents": 1},
    "receivable_is_what_was_clawed_back": lambda rows, _: {
        "movement_id": rows.any("redemption", id=rows.ids["paid redemption"])["movement_id"]
    },
    "receivable_needs_an_approval": lambda rows, _: rows.owed(rows.ids["clawback set aside"]),
    "movement_is_owed_back_once": lambda rows, _: {
        "movement_id": rows.any("receivable", clawback_id=rows.ids["clawback 1"])["movement_id"]
    },
    "redemption_is_clawed_back_once": lambda rows, _: clawed_back_again(rows),
    "debit_note_asks_for_some_money": {"amount_cents": 0},
    "debit_note_numbers_leave_no_gap": lambda _, row: {"number": row["number"] + 1},
    "debit_note_number_follows_the_last_one": {"number": 100, "follows_number": 99},
    "debit_note_number_is_one_note": {"number": 1, "follows_number": None},
    "recovery_is_of_a_whole_receivable": {"net_cents": 1},
    "recovery_is_on_the_mediators_statement": lambda rows, _: {
        "debit_note_id": None,
        "statement_id": recovering(rows, cents=1000)["statement_id"],
    },
    "recovery_is_on_the_mediators_debit_note": lambda rows, _: {
        "debit_note_id": noted(rows, mediator_id=rows.organisation("carecof"))
    },
    "recovery_is_on_one_paper": lambda rows, _: {"statement_id": rows.ids["certified draft"]},
    "recovery_is_within_what_was_told": lambda rows, row: {
        "debit_note_id": noted(rows, amount_cents=row["net_cents"] - 1)
    },
    "collection_names_its_debit_note": lambda rows, _: {"issued_by": rows.agent("auditor")},
    "collection_is_recorded_by_another": lambda _, row: {"recorded_by": row["issued_by"]},
    "collection_is_not_before_the_note": lambda _, row: {
        "collected_on": row["issued_on"] - timedelta(days=1)
    },
    "collection_waits_for_the_lines_of_its_note": lambda rows, _: {"debit_note_id": noted(rows)},
    "debit_note_is_collected_once": lambda rows, _: {
        name: rows.any("debit_note_collection")[name]
        for name in ("debit_note_id", "issued_by", "issued_on")
    },
    "dispute_is_of_a_refused_attempt": lambda rows, _: {"attempt_id": rows.ids["paid redemption"]},
    "dispute_is_the_only_open_claim": lambda rows, _: {
        name: rows.any("dispute", id=rows.ids["dispute 6"])[name]
        for name in ("voucher_id", "claimant_id", "redemption_id")
    },
    "dispute_decision_names_who_opened_it": lambda rows, _: {"opened_by": rows.agent("auditor")},
    "dispute_outcome_is_known": {"outcome": "both"},
    "dispute_awards_a_redemption": {"outcome": "awarded"},
    "dispute_is_decided_by_another": lambda _, row: {"decided_by": row["opened_by"]},
    "dispute_awards_the_claimant": lambda rows, _: {
        "outcome": "awarded",
        "redemption_id": rows.ids["paid redemption"],
    },
    "dispute_keeps_what_is_not_taken_back": lambda rows, _: {"dispute_id": of_taken_back(rows)},
    "dispute_award_is_a_redemption": {"outcome": "awarded", "redemption_id": NOBODY},
    "redemption_is_awarded_once": lambda rows, _: disputed_again(rows),
    "cancelled_mandate_covers_nothing": lambda rows, _: {
        "mandate_id": rows.ids["mandate of stock order"],
        "order_id": rows.ids["stock order"],
    },
    "mandate_number_is_used_once": lambda rows, _: {
        name: rows.any("payment_order", id=rows.ids["paid order"])[name]
        for name in ("mandate_number", "issued_on")
    },
    "payment_order_number_is_used_once": lambda rows, row: {
        "mandate_number": mandated(rows, issued_on=row["issued_on"])
    },
    "payment_order_to_the_same_account_says_why": lambda rows, _: (
        rows.second_order() | {"same_account_reason": None}
    ),
    "statement_is_received_when_first_certified": lambda _, row: {
        "received_on": row["received_on"] + timedelta(days=1)
    },
    "activation_is_covered_by_mandates": lambda rows, _: {
        "delivery_id": rows.ids["inert delivery"],
        "order_id": rows.ids["inert order"],
    },
}


def renewed(rows: Rows, row: Row) -> Row:
    """A second renewal of an agreement that has one."""
    first = {**row, "id": new_id()}
    rows.add("agreement", first)
    days = {name: row[name] + 3 * A_YEAR for name in ("valid_from", "valid_until")}
    rows.add("agreement", {**row, **days, "id": new_id(), "follows_id": first["id"]})
    days = {name: row[name] + 6 * A_YEAR for name in ("valid_from", "valid_until")}
    return {**days, "follows_id": first["id"]}


def replaced(rows: Rows, row: Row) -> Row:
    """A second contact in the place of one."""
    rows.add("partner_contact", {**row, "id": new_id(), "replaces_id": rows.ids["contact"]})
    return {"replaces_id": rows.ids["contact"]}


def a_librarys(rows: Rows, row: Row) -> Row:
    """A redemption by a public body that has label and agreement."""
    party = rows.organisation("library")
    days = {"valid_from": row["label_from"], "valid_until": row["label_until"]}
    label = rows.copy("label", organisation_id=party, **days)
    agreement = rows.copy("agreement", organisation_id=party, role="mediator", **days)
    rows.add("label", label)
    rows.add("agreement", agreement)
    return {
        "mediator_id": party,
        "mediator_is_public": True,
        "label_id": label["id"],
        "agreement_id": agreement["id"],
        "agreement_from": agreement["valid_from"],
        "agreement_until": agreement["valid_until"],
    }


def taken_over(rows: Rows, row: Row) -> Row:
    """The mediator of a redemption was taken over that very day."""
    rows.add(
        "succession",
        rows.copy(
            "succession", organisation_id=row["mediator_id"], from_on=row["redeemed_on"],
            successor_id=rows.organisation("library"),
        ),
    )  # fmt: skip
    return {}


PRINTING: dict[str, Bend] = {
    "print_batch_kind_is_known": {"kind": "posters"},
    "print_batch_is_some_booklets": {"first_booklet": 22, "last_booklet": 21},
    "print_batch_reason_is_said": {"reason": ""},
    "print_batch_is_of_its_orders_booklets": {"last_booklet": 23},
    "print_batch_again_says_why": lambda rows, _: {
        "order_id": rows.ids["inert order"],
        "first_booklet": 16,
        "last_booklet": 16,
    },
    "print_file_is_some_booklets": {"first_booklet": 17},
    "print_file_has_a_fingerprint": {"sha256": b"short"},
}

BENT: dict[str, Bend] = {
    **AGREEMENTS,
    # ── The directory of partners ─────────────────────────────────────────────────────────────────
    "agreement_document_has_a_sha256": {
        "document_title": "Convention",
        "document_sha256": b"short",
        "document_kept_at": "Archives",
    },
    "agreement_ends_with_its_organisation": lambda rows, _: {
        "organisation_id": rows.organisation("former")
    },
    "agreement_is_renewed_once": renewed,
    "agreement_names_its_whole_document": {"document_title": "Convention"},
    "agreement_renews_one_of_its_kind": lambda rows, _: {
        "organisation_id": rows.organisation("library"),
        "follows_id": rows.any("agreement")["id"],
    },
    "cash_office_ends_after_it_begins": lambda _, row: {
        "valid_until": row["valid_from"] - timedelta(days=1)
    },
    "cash_office_is_a_public_bodys": lambda rows, _: {
        "organisation_id": rows.organisation("exo7"),
        "public_body": False,
    },
    "cash_office_is_an_organisations": lambda rows, _: {
        "organisation_id": rows.organisation("exo7")
    },
    "cash_office_kind_is_known": {"kind": "pocket"},
    "label_ends_with_its_organisation": lambda rows, _: {
        "organisation_id": rows.organisation("former")
    },
    "label_progress_goes_forward": {"step": "complete", "place": 1},
    "label_progress_grants_a_label": {"step": "granted"},
    "label_progress_is_an_applications": lambda rows, _: {
        "organisation_id": rows.organisation("exo7")
    },
    "label_progress_is_one_a_step": {"step": "under_review", "place": 2},
    "label_progress_names_the_label": lambda *_: {"step": "granted", "label_id": new_id()},
    "label_progress_step_is_known": {"step": "lost"},
    "organisation_insee_has_5_characters": {"insee": "972"},
    "organisation_kind_says_its_nature": lambda _, row: {"public_body": not row["public_body"]},
    "partner_address_has_a_postcode": {"postcode": "972"},
    "partner_address_has_both_coordinates": {"latitude_microdegrees": None},
    "partner_address_is_on_earth": {"latitude_microdegrees": 90_000_001},
    "partner_address_versions_count_from_one": {"version": 0},
    "siret_entry_corrects_the_one_before": lambda rows, row: second_siret(rows, row, version=3),
    "siret_entry_has_14_digits": {"siret": "552032534006460"},
    "siret_entry_has_the_right_key": {"siret": "55203253400647"},
    "siret_entry_is_corrected_by_another": lambda rows, row: second_siret(
        rows, row, recorded_by=row["recorded_by"]
    ),
    "siret_entry_names_what_it_corrects": lambda rows, row: second_siret(
        rows, row, corrects_by=rows.agent("finance")
    ),
    "siret_entry_is_one_a_version": lambda rows, row: second_siret(
        rows, row, version=1, corrects_id=None, corrects_version=None, corrects_by=None
    ),
    "siret_entry_says_why": {"reason": ""},
    "siret_entry_begins_with_what_was_given": lambda rows, _: {
        "organisation_id": registered_with(rows, "73282932000074")["id"]
    },
    "siret_entry_is_one_organisation": lambda rows, row: {
        "siret": registered_with(rows, row["siret"])["siret"]
    },
    "organisation_siret_is_not_written_elsewhere": {"siret": "43493312300029"},
    "partner_contact_email_is_lower_case": {"email": "Accueil@exemple.fr"},
    "partner_contact_ends_another": {"phone": None, "email": None, "ended": True},
    "partner_contact_is_reached_until_it_ends": {"phone": None, "email": None},
    "partner_contact_is_replaced_once": replaced,
    "partner_contact_names_a_function": {"position": ""},
    "partner_contact_replaces_one_of_its_own": lambda rows, _: {
        "organisation_id": rows.organisation("carecof"),
        "replaces_id": rows.ids["contact"],
    },
    "place_capacity_versions_count_from_one": {"version": 0},
    "place_hours_are_on_a_weekday": {"weekday": 7},
    "place_hours_are_within_a_day": {"closes": 1441},
    "place_profile_versions_count_from_one": {"version": 0},
    "place_public_is_known": {"public": "everybody"},
    "place_service_is_known": {"service": "magic"},
    "redemption_by_a_public_body_needs_a_right": a_librarys,
    "redemption_is_not_by_a_succeeded_mediator": taken_over,
    "redemption_names_the_cash_office": lambda _, row: {
        "cash_office_id": new_id(),
        "cash_office_kind": "revenue",
        "cash_office_from": row["redeemed_on"],
        "cash_office_until": row["redeemed_on"],
    },
    "redemption_names_the_mediators_nature": lambda rows, row: {
        **a_librarys(rows, row),
        "mediator_is_public": False,
    },
    "succession_is_by_another": lambda _, row: {"successor_id": row["organisation_id"]},
    "successor_is_not_succeeded": lambda rows, _: {"successor_id": rows.organisation("former")},
    **ORDERS,
    **PRINTING,
    # ── What a row says of itself ─────────────────────────────────────────────────────────────────
    "agent_email_is_lower_case": {"email": "Agent@exemple.fr"},
    "agent_role_is_known": {"role": "emperor"},
    "agreement_ends_after_it_begins": lambda _, row: {
        "valid_until": row["valid_from"] - timedelta(days=1)
    },
    "agreement_role_is_known": {"role": "emperor"},
    "bank_details_have_a_sealed_iban": {"iban_sealed": b"FR14"},
    "bank_details_mask_their_iban": {"iban_masked": "FR1420041010050500013M02606"},
    "bank_details_have_a_fingerprint": {"iban_fingerprint": b"FR14"},
    "bank_details_are_approved_by_another": lambda _, row: {"approved_by": row["prepared_by"]},
    "bank_details_refusal_has_a_reason": {"reason": ""},
    "refused_bank_details_are_not_approved": lambda rows, _: account_named(
        rows, rows.ids["false account"]
    ),
    "approved_bank_details_are_not_refused": lambda rows, _: {
        "bank_details_id": rows.any(
            "bank_details_approval", organisation_id=rows.organisation("exo7")
        )["bank_details_id"]
    },
    "superseded_bank_details_are_not_approved": lambda rows, _: account_named(
        rows, typed_before(rows, "exo7")
    ),
    "superseded_bank_details_are_not_refused": lambda rows, _: {
        "bank_details_id": typed_before(rows, "exo7")
    },
    "beneficiary_public_is_known": {"public": "everybody"},
    "identity_birth_year_is_plausible": {"birth_year": 1899},
    "booklet_has_5_or_10_passes": {"size": 7},
    "booklet_number_has_six_digits_at_most": {"number": 1_000_000},
    "delivery_range_is_whole_booklets": {"last_serial": 189},
    "delivery_range_lies_in_its_allotment": {"last_serial": 210},
    "demonstration_mark_is_one_row": {"id": 2},
    "document_counter_counts_from_one": {"last_number": 0},
    "entitlement_is_a_few_booklets": {"booklet_count": 21},
    "entitlement_is_in_booklets_of_5_or_10": {"booklet_size": 7},
    "entitlement_public_is_known": {"public": "everybody"},
    "label_ends_after_it_begins": lambda _, row: {
        "valid_until": row["valid_from"] - timedelta(days=1)
    },
    "order_is_approved_by_another": lambda _, row: {"approved_by": row["prepared_by"]},
    "order_line_is_in_booklets_of_5_or_10": {"booklet_size": 7},
    "order_line_is_of_some_booklets": {"booklet_count": 0},
    "order_line_price_is_not_negative": {"unit_price_cents": -1},
    "mandate_amount_is_some_money": {"amount_cents": 0},
    "mandate_is_not_before_the_approval": lambda _, row: {
        "issued_on": row["approved_on"] - timedelta(days=1)
    },
    "payment_order_is_not_before_the_approval": lambda _, row: {
        "issued_on": row["approved_on"] - timedelta(days=1)
    },
    "payment_order_explains_a_second_attempt": {"same_account_reason": "Le compte est rouvert"},
    "payment_is_not_before_its_order": lambda _, row: {
        "paid_on": row["issued_on"] - timedelta(days=1)
    },
    "statement_pays_its_net_less_what_is_recovered": lambda _, row: {
        "payable_cents": row["payable_cents"] - 1
    },
    "organisation_has_a_name": {"name": ""},
    "organisation_kind_is_known": {"kind": "empire", "public_body": False},
    "organisation_siret_has_14_digits": {"siret": "1"},
    "payment_is_recorded_by_a_third": lambda _, row: {"recorded_by": row["approved_by"]},
    "prescription_is_a_prescribers": lambda rows, _: (
        agreement_of(rows, "exo7", "mediator", "prescriber_id")
        | {"beneficiary_id": met(rows, prescriber_id=rows.organisation("exo7"))}
    ),
    "prescription_needs_an_agreement_in_force": signed_later,
    "prescription_to_a_senior_is_at_60_or_over": lambda rows, _: {
        "beneficiary_id": met(rows, public="senior"),
        "public": "senior",
        "age_years": 59,
    },
    "registered_job_seeker_declares_no_other_pass": lambda rows, _: {
        "beneficiary_id": rows.ids["seeker"],
        "public": "registered_job_seeker",
        "declares_no_other_pass": False,
    },
    "prescription_is_within_the_entitlement": {"ordinal": 7},
    "entitlement_is_used_once": {"ordinal": 4},
    "prescription_is_undone_once": undone_again,
    "booklet_names_a_renewal": lambda _, row: {"renewal_id": row["prescription_id"]},
    "booklet_names_its_acceptance": lambda _, row: {"late_id": row["prescription_id"]},
    "booklet_names_an_exception": lambda _, row: {"exception_id": row["prescription_id"]},
    "prescription_is_within_the_validity": prescribed_late,
    "prescription_is_by_the_persons_own_prescriber": lambda rows, _: agreement_of(
        rows, "ccas", "prescriber", "prescriber_id"
    ),
    "prescription_refers_to_a_mediator": lambda rows, _: referral_agreement_of_a_prescriber(rows),
    "prescription_refers_to_a_labelled_mediator": later("referral_label_until"),
    "prescription_refers_to_a_mediator_by_its_agreement": later("referral_agreement_until"),
    "referral_needs_a_label_in_force": lambda rows, row: referral_beside(rows, "label", row),
    "referral_needs_an_agreement_in_force": lambda rows, row: referral_beside(
        rows, "agreement", row
    ),
    "prescription_question_set_is_known": {"question_set": "2019"},
    "prescription_answers_are_figures": {"answers": "3121010"},
    "prescription_need_is_known": {"need": "huge"},
    "prescription_commitment_is_known": {"commitment": "spoken"},
    "renewal_counts_what_is_left": {"passes_left": -1, "reason": "booked_ahead"},
    "renewal_before_the_end_has_a_reason": {"passes_left": 3, "reason": None},
    "renewal_reason_is_known": {"reason": "because"},
    "exception_reason_is_known": {"reason": "because"},
    "renewal_for_a_loss_leaves_nothing_accepted": lambda rows, _: {
        "prescription_id": rows.ids["late"],
        "reason": "lost",
    },
    "exception_for_a_loss_follows_a_block": {"reason": "lost"},
    "renewed_booklet_names_the_renewal": a_seniors_second,
    "prescribed_booklet_names_reasons_of_its_own": lambda rows, _: {
        "exception_id": rows.any("prescription_exception")["prescription_id"]
    },
    "prescribed_booklet_counts_what_was_undone": {"undone_count": 4},
    "prescribed_booklet_names_its_validity": later("valid_until"),
    "duplicate_counts_who_is_alike": {"alike_count": 0, "elsewhere_count": 0},
    "duplicate_reason_is_known": {"reason": "because"},
    "undo_reason_is_known": {"reason": "because"},
    "undo_is_the_coordinations_or_its_agents_that_day": lambda rows, _: {
        "by_coordination": False,
        "undone_by": rows.agent("ccas"),
    },
    "undo_names_the_prescriptions_agent_and_day": lambda rows, _: {
        "prescribed_by": rows.agent("ccas")
    },
    "programme_has_a_name": {"name": "x" * 201},
    "programme_payer_is_known": {"payer": "nobody"},
    "redemption_is_a_mediators": a_prescribers,
    "redemption_is_within_the_validity": lambda _, row: {
        "redeemed_on": row["vintage_last_day"] + timedelta(days=1)
    },
    "redemption_needs_a_label_in_force": lambda rows, _: beside(rows, "label", "exo7"),
    "redemption_needs_an_agreement_in_force": lambda rows, _: beside(rows, "agreement", "exo7"),
    "allotment_is_whole_booklets": {"last_serial": 219},
    "allotment_stays_within_six_digits": {
        "last_booklet": 1_000_000,
        "last_serial": 200 + 10 * (1_000_000 - 22),
    },
    "redemption_is_at_face_value": {"amount_cents": 1},
    "statement_freezes_the_approved_account": {"payee_iban_masked": "FR76 … 0189"},
    "allotment_leaves_no_gap": {"first_serial": 211, "last_serial": 230},
    "statement_owes_something": {"voucher_count": 0},
    "statement_fee_is_a_share": {"fee_basis_points": 10_001},
    "statement_fee_is_rounded_half_up": {"fee_cents": 1, "net_cents": 999},
    "statement_net_is_face_value_less_fee": {"net_cents": 999},
    "statement_versions_leave_no_gap": {"version": 2},
    "statement_version_follows_a_withdrawal": withdrawn_from_the_first,
    "statement_approves_some_passes": lambda rows, _: emptied(rows),
    "statement_is_certified_before_it_is_approved": lambda rows, _: {
        **rows.worthless(certification_required=True),
        "certification_required": True,
    },
    "statement_is_due_after_its_receipt": lambda _, row: {"due_on": row["received_on"]},
    "withdrawal_takes_some_passes": {"voucher_count": 0},
    "payment_order_pays_something": free_of_charge,
    "payment_orders_leave_no_gap": {"ordinal": 2},
    "payment_order_freezes_the_approved_account": {"payee_iban_masked": "FR76 … 0189"},
    "rejection_reverses_what_was_settled": lambda rows, _: {"posting_id": rows.posting()},
    "statement_document_form_is_known": {"form": "doc"},
    "statement_document_layout_counts_from_one": {"layout": 0},
    "statement_document_keeps_a_digest": {"sha256": b"x"},
    "statement_is_approved_by_another": lambda _, row: {"approved_by": row["prepared_by"]},
    "statement_numbers_leave_no_gap": lambda _, row: {"number": row["number"] + 1},
    "statement_line_amount_is_count_times_face_value": lambda _, row: {
        "amount_cents": row["amount_cents"] + 1
    },
    "vintage_ends_after_it_begins": lambda _, row: {
        "valid_until": row["valid_from"] - timedelta(days=1)
    },
    "vintage_label_is_two_digits_and_a_letter": {"label": "2026A"},
    "vintage_tolerance_comes_after_its_end": lambda _, row: {
        "last_redemption_on": row["valid_until"] - timedelta(days=1)
    },
    # Support sessions and typed sheets.
    "support_session_lasts_minutes_not_days": {"duration_minutes": 601},
    "support_session_kind_is_known": {"kind": "crowd", "people_count": 2},
    "support_session_is_for_one_or_for_a_group": {"people_count": 2},
    "session_topic_is_known": {"topic": "astrology"},
    "typed_sheet_line_has_a_place": {"place": 0},
    "typed_sheet_line_was_read_somewhere": {"read_from": "hearsay"},
    "typed_sheet_decision_is_known": {"decision": "perhaps", "reason": None},
    "typed_sheet_is_approved_by_another": lambda _, row: {
        "decision": "approved",
        "reason": None,
        "decided_by": row["typed_by"],
    },
    "typed_sheet_is_set_aside_for_a_reason": {"reason": None},
    # Oppositions and destructions.
    "block_declarant_is_known": {"declarant": "Rosette"},
    "block_cause_is_known": {"cause": "because"},
    "block_is_declared_after_the_loss": later("happened_on"),
    "block_complaint_has_a_name": {"complaint": ""},
    "block_finding_is_known": {"found": "circulation"},
    "block_is_lifted_for_a_reason": {"reason": ""},
    "write_off_kind_is_known": {"kind": "fire"},
    "write_off_of_misprints_names_the_reprint": {"kind": "misprints"},
    "write_off_names_a_print_batch": {"kind": "misprints", "print_batch_id": NOBODY},
    "write_off_says_why": {"reason": ""},
    "write_off_range_is_not_empty": {"last_voucher_id": 20},
    "write_off_begins_with_a_voucher": {"first_voucher_id": -1},
    "write_off_is_approved_by_another": lambda _, row: {"approved_by": row["prepared_by"]},
    "write_off_approval_names_the_preparer": lambda rows, _: {"prepared_by": rows.agent("auditor")},
    "write_off_ends_with_a_voucher": lambda rows, _: {
        # Past the last one, so that no other destruction waits with it.
        "first_voucher_id": rows.session.scalar(select(func.max(Voucher.id))),
        "last_voucher_id": 10**9,
    },
    "write_off_is_abandoned_for_a_reason": {"reason": ""},
    "pass_waits_in_one_write_off": lambda rows, _: waiting_already(rows),
    "abandoned_write_off_is_not_approved": lambda rows, _: {
        "write_off_id": rows.ids["given up write-off"]
    },
    "approved_write_off_is_not_abandoned": lambda rows, _: {"write_off_id": rows.ids["destroyed"]},
    "count_is_abandoned_for_a_reason": {"reason": ""},
    "abandoned_count_gets_no_more_goes": lambda rows, _: {"count_id": rows.ids["given up count"]},
    "abandoned_count_is_not_closed": lambda rows, _: {"count_id": rows.ids["given up count"]},
    "closed_count_is_not_abandoned": lambda rows, _: {"count_id": rows.ids["closed count"]},
    "cash_office_overlaps_none_of_its_kind": lambda _, row: {
        "valid_from": row["valid_from"] - timedelta(days=1)
    },
    "beneficiary_is_of_an_age": lambda _, row: {"birth_year": row["last_contact_on"].year - 13},
    # What expired late.
    "complement_adds_to_a_joint_statement": {"stated_count": 7},
    "complement_follows_the_one_before": {"ordinal": 9, "follows_ordinal": 8},
    "complements_leave_no_gap": {"ordinal": 4},
    "complement_is_one_of_its_place": {"ordinal": 2, "follows_ordinal": 1},
    "complement_is_of_some_passes": {"voucher_count": 0, "amount_cents": 0},
    "complement_is_at_face_value": {"amount_cents": 1},
    "complement_is_settled_by_who_pays": lambda _, row: {
        "kind": {"credit_note": "release", "release": "credit_note"}[row["kind"]]
    },
    "complement_is_settled_by_another": lambda _, row: {"settled_by": row["drawn_by"]},
    "complement_is_settled_once_signed": lambda _, row: {
        "issuer_signed_on": row["settled_on"] + timedelta(days=1)
    },
    "complement_settlement_names_who_drew_it_up": lambda _, row: {
        "drawn_on": row["drawn_on"] - timedelta(days=1)
    },
    # Replacements.
    "compromised_vintage_is_of_the_programme": lambda rows, _: {
        "vintage_id": rows.chain.scheme.vintage_id
    },
    "replacing_vintage_is_of_the_same_programme": lambda rows, _: {
        "replacement_id": rows.chain.scheme.vintage_id
    },
    "compromise_names_the_face_value": of_another_value("vintage_id"),
    "replacing_vintage_has_the_same_face_value": of_another_value("replacement_id"),
    "vintage_is_replaced_by_another": lambda _, row: {"replacement_id": row["vintage_id"]},
    "compromise_says_why": {"reason": ""},
    "replacement_cause_is_known": {"cause": "because"},
    "replacement_source_is_known": {"source": "issuer"},
    "replacement_of_a_vintage_names_the_compromise": {"cause": "compromised"},
    "replacement_names_a_compromise": {"cause": "compromised", "compromise_id": NOBODY},
    "pass_is_replaced_by_another": {"new_voucher_id": 8},
    # The end of vintages.
    "closing_step_follows_the_one_before": {"step": "withhold", "place": 2, "follows_place": 1},
    "closing_step_has_its_place": {"step": "expire"},
    "closing_steps_leave_no_gap": {"step": "late", "place": 3},
    "closing_step_is_not_done_before_its_day": lambda _, row: {
        "due_on": row["done_on"] + timedelta(days=1)
    },
    "closing_step_counts_passes": {"voucher_count": -1},
    "closing_count_is_of_a_step": {"step": "late"},
    "closing_count_counts_from_zero": {"begun_booklets": -1},
    "hold_is_of_a_list_drawn_up": lambda rows, _: {"vintage_id": rows.chain.scheme.vintage_id},
    "hold_is_of_the_step_that_withholds": {"step": "alert"},
    "hold_counts_passes": {"voucher_count": -1},
    "release_says_why": {"reason": ""},
    "joint_statement_is_of_its_step": lambda rows, _: {"vintage_id": rows.chain.scheme.vintage_id},
    "joint_statement_is_at_face_value": {"face_value_cents": 999},
    "joint_statement_comes_at_its_step": {"step": "expire"},
    "joint_statement_payer_is_known": {"payer": "nobody"},
    "joint_statement_closes_to_zero": {"received_count": 99},
    "joint_statement_tells_what_was_never_used": {"unused_count": 99},
    "joint_statement_tells_what_was_paid": {"inert_count": 1, "unpaid_count": None},
    "joint_signature_side_is_known": {"side": "press"},
    "joint_signature_is_recorded_afterwards": later("signed_on"),
    "joint_statement_is_signed_once_by_each": {"side": "issuer"},
    "joint_statement_is_signed_by_two": lambda rows, row: {
        "recorded_by": rows.any("joint_signature", vintage_id=row["vintage_id"])["recorded_by"]
    },
    "settlement_is_what_the_statement_comes_to": {"voucher_count": 99, "amount_cents": 99_000},
    "settlement_needs_the_sponsors_signature": lambda rows, _: {
        "vintage_id": rows.endings["closed"]
    },
    "settlement_needs_the_issuers_signature": lambda rows, _: {
        "vintage_id": rows.endings["half signed"]
    },
    "settlement_needs_both_signatures": {"sponsor_side": "issuer"},
    "settlement_is_by_who_pays": {"kind": "release"},
    "settlement_is_at_face_value": {"amount_cents": 1},
    # ── What a row says of another ────────────────────────────────────────────────────────────────
    "mandate_is_of_an_approved_order": lambda _, row: {
        "approved_on": row["approved_on"] - timedelta(days=1)
    },
    "mandate_cancellation_names_its_order": lambda rows, _: {"order_id": rows.ids["inert order"]},
    "mandate_is_cancelled_once": lambda rows, _: {
        name: rows.any("order_mandate_cancellation")[name] for name in ("mandate_id", "order_id")
    },
    "activation_is_of_a_confirmed_delivery": lambda rows, _: {"order_id": rows.ids["stock order"]},
    "bank_details_approval_names_the_preparer": lambda rows, _: {
        "prepared_by": rows.agent("auditor")
    },
    "order_is_of_a_vintage_of_its_programme": lambda rows, _: {
        "programme_id": rows.ids["other programme"]
    },
    "delivery_range_is_of_the_deliverys_order": lambda rows, _: {
        "delivery_id": rows.ids["poor delivery"]
    },
    "delivery_range_names_its_allotment": {"allotted_last": 1000},
    "order_approval_names_the_preparer": lambda rows, row: {
        "prepared_by": rows.agent("auditor"),
        "approved_by": row["prepared_by"],
    },
    "payment_names_its_order": lambda rows, _: {"approved_by": rows.agent("auditor")},
    "payment_order_names_the_approved_statement": {"amount_cents": 1},
    "payment_order_pays_on_the_mediators_approved_details": lambda rows, _: (
        rows.second_order() | payee(rows, "exo7") | {"mediator_id": rows.organisation("carecof")}
    ),
    "rejection_names_its_order": {"ordinal": 2},
    "rejection_names_the_payment_of_its_order": lambda rows, _: reversing(
        rows.posting(), payment_id=rows.ids["returned payment"]
    ),
    "rejection_is_a_posting": lambda rows, _: reversing(
        new_id(),
        payment_order_id=rows.ids["paid order"],
        statement_id=rows.ids["paid"],
        payment_id=rows.any("payment", payment_order_id=rows.ids["paid order"])["id"],
    ),
    "statement_version_names_the_fee": {
        "fee_basis_points": 100,
        "fee_cents": 10,
        "net_cents": 990,
    },
    "statement_version_follows_the_last_one": lambda rows, _: next_version(
        rows, "draft", version=6, follows_version=5
    ),
    "statement_version_names_its_withdrawal": lambda rows, _: withdrawn_elsewhere(rows),
    "statement_line_is_a_versions": {"version": 9},
    "certification_is_of_the_mediators_statement": lambda rows, _: {
        "mediator_id": rows.organisation("exo7"),
        "certified_by": rows.agent("exo7"),
    },
    "certification_is_of_a_version": {"version": 9},
    "statement_approval_knows_whether_to_certify": lambda rows, _: certified_unasked(rows),
    "statement_approval_names_the_certification": lambda rows, _: {
        "certification_id": rows.ids["certification"]
    },
    "prescription_names_the_agreement": later("agreement_until"),
    "prescription_names_the_public": {"public": "other"},
    "prescribed_booklet_is_of_its_prescription": lambda rows, _: {
        "beneficiary_id": rows.ids["seeker"],
        "ordinal": 1,
        "undone_count": 0,
    },
    "prescribed_booklet_names_its_entitlement": {"entitled_count": 20},
    "prescribed_booklet_names_its_size_and_vintage": {"booklet_id": 111},
    "redemption_answers_an_attempt": lambda rows, _: {"id": rows.posting()},
    "redemption_is_a_posting": lambda rows, _: attempt_only(rows),
    "redemption_names_the_agreement": later("agreement_until"),
    "redemption_names_the_label": later("label_until"),
    "redemption_names_the_vintage": later("vintage_last_day"),
    "allotment_follows_the_last_one": {
        "follows_serial": 300,
        "follows_booklet": 30,
        "first_serial": 301,
        "last_serial": 320,
        "first_booklet": 31,
        "last_booklet": 32,
    },
    "allotment_is_of_a_sent_order": lambda rows, _: {"order_id": rows.ids["prepared order"]},
    "allotment_is_of_an_order_line": {"booklet_size": 5, "last_serial": 210},
    "allotment_is_of_the_orders_vintage": lambda rows, _: {
        "vintage_id": rows.chain.other_vintage_id,
        "follows_serial": None,
        "follows_booklet": None,
        "first_serial": 1,
        "last_serial": 20,
        "first_booklet": 1,
        "last_booklet": 2,
    },
    "statement_names_the_preparer_of_its_run": lambda rows, _: {
        "prepared_by": rows.agent("auditor")
    },
    "statement_approval_names_the_preparer": lambda rows, _: {"prepared_by": rows.agent("auditor")},
    "statement_approval_names_the_total": {"voucher_count": 2},
    "statement_approval_names_the_mediator": lambda rows, _: payee(rows, "exo7"),
    "statement_is_paid_on_its_mediators_approved_details": lambda rows, row: (
        payee(rows, "exo7") | {"mediator_id": row["mediator_id"]}
    ),
    "statement_number_follows_the_last_one": {"number": 100, "follows_number": 99},
    "statement_line_is_at_face_value": lambda _, row: {
        "face_value_cents": 500,
        "amount_cents": row["voucher_count"] * 500,
    },
    "typed_sheet_decision_names_the_typist": lambda rows, _: {"typed_by": rows.agent("auditor")},
    # ── What is there once, where repeating takes more than the columns of the key ────────────────
    "delivery_is_activated_once": lambda rows, _: {
        "delivery_id": rows.ids["stock delivery"],
        "order_id": rows.ids["stock order"],
        "cost_cents": 2800,
    },
    "delivery_range_arrives_once": lambda rows, _: {
        **rows.any("delivery_range", delivery_id=rows.ids["ready delivery"]),
        "delivery_id": rows.empty_delivery("ready order"),
    },
    "organisation_siret_is_one_organisation": with_siret,
    "payment_order_is_paid_once": repeated("payment"),
    "payment_order_is_one_a_round": repeated("payment_order", statement_id="ordered"),
    "payment_order_is_rejected_once": lambda rows, _: {
        **rows.any("payment_rejection"),
        **reversing(rows.posting()),
    },
    "withdrawal_makes_one_version": lambda rows, _: {
        **rows.any("statement_version", statement_id=rows.ids["certified draft"], version=2),
        "version": 3,
        "follows_version": 2,
    },
    "statement_version_is_certified_once": repeated("statement_certification"),
    "allotment_first_serial_is_one_allotment": {
        "follows_serial": None,
        "follows_booklet": None,
        "first_serial": 1,
        "last_serial": 30,
        "first_booklet": 1,
        "last_booklet": 3,
    },
    "allotment_last_serial_is_one_allotment": {
        "follows_serial": 180,
        "follows_booklet": 20,
        "first_serial": 181,
        "last_serial": 200,
        "first_booklet": 21,
        "last_booklet": 22,
    },
    "statement_is_one_a_mediator_and_run": lambda rows, _: {"run_id": rows.ids["run"]},
    "statement_number_is_one_statement": {"number": 1, "follows_number": None},
    # ── What sums of other rows say ───────────────────────────────────────────────────────────────
    "statement_total_is_the_sum_of_its_claims": on_an_empty_act,
    "redemption_is_not_before_the_issue": lambda _, row: {
        "redeemed_on": row["redeemed_on"] - timedelta(days=1)
    },
    "session_is_of_the_mediator_and_day_of_its_passes": lambda rows, _: {
        "redemption_id": rows.any("redemption", mediator_id=rows.organisation("carecof"))["id"]
    },
    # ── What other tables say ─────────────────────────────────────────────────────────────────────
    "statement_is_approved_at_its_last_version": lambda rows, _: (
        rows.worthless(versions=2) | {"version": 1}
    ),
    "statement_is_approved_by_who_withdrew_nothing": lambda rows, row: rows.worthless(
        versions=2, made_by=row["approved_by"]
    ),
    "withdrawal_comes_before_approval": lambda rows, _: {"statement_id": rows.ids["paid"]},
    "certification_is_by_the_mediators_own_agent": lambda rows, _: {
        "certified_by": rows.agent("exo7")
    },
    "first_payment_order_pays_the_account_approved": another_account,
    "payment_order_follows_a_rejection": {"ordinal": 2, "follows_ordinal": 1},
    "payment_is_of_a_live_order": lambda rows, _: of_a_spent_order(rows),
    "rejection_names_the_payment": lambda rows, _: {
        "payment_order_id": rows.ids["paid order"],
        "statement_id": rows.ids["paid"],
    },
}

BENT |= {
    # ── Settings in versions, and who funds them ──────────────────────────────────────────────────
    "settings_are_a_programmes": lambda _, __: {
        "programme_id": new_id(),
        "ordinal": 1,
        "follows_ordinal": None,
    },
    "settings_ordinals_leave_no_gap": lambda _, row: {"ordinal": row["ordinal"] + 1},
    "settings_apply_after_those_before": lambda _, row: {
        "applies_from": row["applies_from"] - timedelta(days=1),
        "made_on": row["applies_from"] - timedelta(days=1),
    },
    "settings_are_not_changed_afterwards": lambda _, row: {
        "made_on": row["applies_from"] + timedelta(days=1)
    },
    "settings_fees_are_parts_of_the_whole": {"order_fee_basis_points": 10_001},
    "settings_delays_are_a_year_at_most": {"payment_delay_days": 0},
    "settings_calendar_is_in_order": {"withhold_days_before_end": 31},
    "settings_uploads_end_before_the_joint_statement": {"offline_upload_days": 7},
    "settings_signals_are_bounded": {"signal_burst_count": 1},
    "settings_offline_policy_is_bounded": {"offline_pass_count": 1001},
    "settings_budget_is_some_money": {"budget_cents": 0},
    "settings_document_has_a_name": {"document": ""},
    "settings_follow_the_version_before": {"ordinal": 99, "follows_ordinal": 98},
    "settings_ordinal_is_one_version": {"ordinal": 2, "follows_ordinal": 1},
    "settings_withdrawal_names_the_settings": lambda _, row: {"ordinal": row["ordinal"] + 1},
    "first_settings_are_not_withdrawn": lambda rows, _: first_settings(rows),
    "settings_are_withdrawn_before_they_apply": lambda _, row: {
        "withdrawn_on": row["applies_from"]
    },
    "settings_withdrawal_has_a_reason": {"reason": ""},
    "settings_are_withdrawn_once": lambda rows, _: {
        column: value
        for column, value in rows.any("settings_withdrawal").items()
        if column in {"settings_id", "programme_id", "ordinal", "applies_from"}
    },
    "entitlement_is_renewed_a_few_times": {"renewal_count": 10},
    "share_names_the_kind_of_its_funder": lambda rows, _: {
        "organisation_id": rows.organisation("ccas")
    },
    "share_is_a_funders": lambda rows, _: {
        "organisation_id": rows.organisation("ccas"),
        "organisation_kind": "ccas",
    },
    "share_is_a_part_of_the_whole": {"share_basis_points": 10_001},
    "shares_are_one_whole_at_most": {"share_basis_points": 5_001},
    "share_says_for_whom": {"covers": "nobody"},
    "share_of_the_state_is_half_at_most": lambda rows, _: {
        "settings_id": rows.ids["other programme"],
        "covers": "state",
        "share_basis_points": 5_001,
    },
    "approval_stays_within_the_budget": lambda rows, row: a_small_budget(rows, row["order_id"]),
    "prescription_needs_settings_that_apply": lambda rows, row: _settings_later(rows, row, 1),
    "prescription_names_the_settings": lambda _, row: {
        "settings_from": row["settings_from"] - timedelta(days=1)
    },
    "prescription_names_the_settings_in_force": lambda rows, row: _settings_later(rows, row, 0),
}


BENT |= {
    # ── After the end of a vintage ────────────────────────────────────────────────────────────────
    "order_is_not_of_an_ended_vintage": after_the_end("prepared_at"),
    "order_of_an_ended_vintage_is_not_approved": after_the_end("approved_at"),
    "order_of_an_ended_vintage_is_not_sent": after_the_end("sent_at"),
    "delivery_brings_passes_that_serve": after_the_end("received_at"),
    "activation_is_of_passes_that_serve": after_the_end("activated_at"),
    "mandate_is_recorded_before_the_end": after_the_end("recorded_at", order="sent order"),
    "mandate_is_cancelled_before_the_end": lambda rows, row: (
        uncovering(rows) | after_the_end("cancelled_at")(rows, row)
    ),
}


BENT |= {
    # ── Taking over ───────────────────────────────────────────────────────────────────────────────
    "takeover_file_hash_is_a_digest": {"file_hash": b"short"},
    "takeover_counts_passes": {"voucher_count": -1},
    "lot_place_is_known": {"place": "attic", "holder_id": None},
    "lot_is_of_some_booklets": lambda _, row: {"last_booklet": row["first_booklet"] - 1},
    "lot_is_in_booklets_of_5_or_10": {"booklet_size": 7},
    "lot_has_a_holder_out_of_the_cupboard": {"holder_id": None},
    "lot_begun_is_one_booklet_with_a_person": {"used_places": 1},
    "takeover_refusal_has_a_reason": {"reason": ""},
    "refused_takeover_is_not_approved": lambda rows, _: {
        "takeover_id": rows.ids["not to take over"]
    },
    "approved_takeover_is_not_refused": lambda rows, _: {"takeover_id": rows.ids["taken over"]},
    "takeover_opens_no_ended_vintage": lambda _, row: {
        "approved_at": row["approved_at"] + timedelta(days=400)
    },
    "lot_is_of_a_vintage_to_take_over": lambda rows, _: {"vintage_id": rows.chain.other_vintage_id},
    "order_is_not_of_a_taken_over_vintage": lambda rows, _: {
        "programme_id": rows.ids["other programme"],
        "vintage_id": rows.any("takeover_lot")["vintage_id"],
    },
    "taken_code_is_a_digest": {"code_hash": b"short"},
    "taken_code_is_one_pass": lambda rows, _: {"code_hash": rows.any("takeover_code")["code_hash"]},
    "takeover_approval_names_the_total": {"voucher_count": 6},
    "takeover_is_approved_by_another": lambda _, row: {"approved_by": row["prepared_by"]},
}


def first_settings(rows: Rows) -> Row:
    """The first version of a programme, as a withdrawal names it."""
    first = rows.any("programme_settings", id=rows.ids["other programme"])
    return {
        "settings_id": first["id"],
        "ordinal": first["ordinal"],
        "applies_from": first["applies_from"],
        "withdrawn_on": first["applies_from"] - timedelta(days=1),
    }


def a_small_budget(rows: Rows, order_id: UUID) -> Row:
    """From now on the programme of an order may commit one cent."""
    programme_id = rows.any("booklet_order", id=order_id)["programme_id"]
    rows.add("programme_settings", rows.settings_after(programme_id, budget_cents=1))
    return {}


def _settings_later(rows: Rows, row: Row, days: int) -> Row:
    """The next version of a prescription's settings; named when it comes too late."""
    made = rows.settings_after(
        row["settings_id"], applies_from=row["prescribed_on"] + timedelta(days=days)
    )
    rows.add("programme_settings", made)
    if not days:
        return {}
    return {
        "settings_id": made["id"],
        "settings_ordinal": made["ordinal"],
        "settings_from": made["applies_from"],
    }


# ── Custody ───────────────────────────────────────────────────────────────────────────────────────


def ends(rows: Rows, sender: str, recipient: str, **more: object) -> Row:
    """A consignment between those two, with the agreement of each that has one."""
    row: Row = {}
    for end, name in (("sender", sender), ("recipient", recipient)):
        row[f"{end}_id"] = rows.organisation(name)
        row |= dict.fromkeys(f"{end}_agreement_{part}" for part in ("id", "from", "until"))
        if name not in {"sponsor", "issuer"}:
            found = agreement_of(rows, name, str(more.get("agreement_role", "prescriber")))
            row |= {
                f"{end}_{key}": found[key]
                for key in ("agreement_id", "agreement_from", "agreement_until")
            }
    return row | more


def never_signed(rows: Rows, _row: Row) -> Row:
    """The count of a consignment that nobody has answered."""
    return {"consignment_id": rows.ids["on the way"], "booklet_id": rows.booklet_id(5)}


def on_its_way(kind: str, **more: object) -> Callable[[Rows, Row], Row]:
    """The answer to a new consignment of that kind."""

    def bend(rows: Rows, _row: Row) -> Row:
        sender, recipient = ("ccas", "sponsor") if kind == "return" else ("sponsor", "plie")
        row = rows.fresh("consignment") | ends(rows, sender, recipient, kind=kind)
        rows.add("consignment", row)
        return {"consignment_id": row["id"], "kind": kind, **more}

    return bend


BENT |= {
    "consignment_kind_is_known": lambda rows, _: ends(rows, "plie", "ccas", kind="gift"),
    "consignment_ends_fit_its_kind": lambda rows, _: ends(rows, "plie", "ccas"),
    "consignment_is_for_prescribers": lambda rows, _: ends(
        rows, "sponsor", "exo7", agreement_role="mediator"
    ),
    "consignment_needs_its_recipients_agreement_in_force": later("sent_on"),
    "transfer_needs_its_senders_agreement_in_force": lambda rows, _: ends(
        rows, "plie", "ccas", kind="transfer", sender_agreement_id=None
    ),
    "consignment_names_its_recipients_agreement": later("recipient_agreement_until"),
    "consignment_names_its_senders_agreement": lambda rows, row: ends(
        rows,
        "plie",
        "ccas",
        kind="transfer",
        sender_agreement_until=row["recipient_agreement_until"] + A_YEAR,
    ),
    "consignment_names_the_sponsor": lambda rows, _: ends(
        rows, "issuer", "plie", sponsor_id=rows.organisation("issuer")
    ),
    "consignment_has_a_sender": lambda rows, _: ends(
        rows, "sponsor", "sponsor", kind="return", sender_id=NOBODY
    ),
    "consignment_range_is_not_empty": {"last_voucher_id": 9990},
    "consignment_answer_is_known": {"answer": "lost"},
    "consignment_answer_names_the_kind": {"kind": "transfer"},
    "cancellation_is_by_who_sent_it": {"answer": "cancelled"},
    "consignment_finding_is_known": {"finding": "wet"},
    "finding_is_of_a_counted_consignment": never_signed,
    "finding_is_about_a_booklet": {"booklet_id": 32},
    "finding_is_about_a_booklet_sent": lambda rows, _: {"booklet_id": rows.booklet_id(7)},
    "shortfall_settlement_is_known": {"settlement": "lost"},
    "settled_booklet_was_missing": lambda rows, _: damaged(rows),
    "settled_booklet_was_found_missing": {"booklet_id": 31},
    "settled_booklet_is_of_its_settlement": {"settlement_id": NOBODY},
    "booklet_request_is_a_prescribers": lambda rows, _: agreement_of(
        rows, "exo7", "mediator", "prescriber_id"
    ),
    "booklet_request_needs_an_agreement_in_force": later("requested_on"),
    "booklet_request_names_the_agreement": later("agreement_until"),
    "booklet_request_public_is_known": {"public": "everybody"},
    "booklet_request_is_for_some_booklets": {"tens_count": 0},
    "booklet_request_says_why": {"reason": ""},
    "request_answer_is_known": {"answer": "later", "reason": None},
    "request_is_granted_by_an_allocation": {"answer": "allocated", "reason": None},
    "request_is_declined_for_a_reason": {"reason": None},
    "request_answer_names_the_prescriber": lambda rows, _: {
        "prescriber_id": rows.organisation("ccas")
    },
    "request_is_answered_by_what_its_prescriber_receives": lambda rows, _: {
        "answer": "allocated",
        "reason": None,
        "consignment_id": rows.ids["short"],
    },
    "allocation_answers_one_request": lambda rows, _: granted(rows),
    # ── Freezes and seals ──
    "programme_freeze_says_why": {"reason": ""},
    "freeze_lift_says_why": {"reason": ""},
    "programme_is_frozen_once": lambda rows, row: frozen(rows, row["programme_id"]),
    "frozen_programme_gets_no_order": lambda rows, row: frozen(rows, row["programme_id"]),
    "frozen_programme_sends_no_order": lambda rows, _: frozen(rows, rows.chain.scheme.programme_id),
    "frozen_programme_gets_no_delivery": lambda rows, _: frozen(
        rows, rows.chain.scheme.programme_id
    ),
    "frozen_programme_gets_no_allocation": lambda rows, row: frozen(rows, row["programme_id"]),
    "sealed_positions_begin_at_one": {"position": 0},
    "sealed_movement_has_a_digest": {"leaf_hash": b"short"},
    "sealed_positions_leave_no_gap": lambda _, row: {"position": row["position"] + 1},
    "seal_node_is_in_the_tree": {"level": 0},
    "seal_node_has_a_digest": {"hash": b"short"},
    "seal_block_follows_the_one_before": {"after_root": bytes(32)},
    "seal_blocks_leave_no_gap": lambda _, row: {"number": row["number"] + 1},
    "seal_block_seals_some_movements": lambda rows, _: turned_round(rows),
    "seal_block_has_a_root": {"root": b"short"},
    "seal_block_has_a_checkpoint": {"note": ""},
    "seal_block_seals_what_is_placed": lambda _, row: {"last_position": row["last_position"] + 1},
}


def frozen(rows: Rows, programme_id: UUID) -> Row:
    """The same row, once its programme is frozen."""
    rows.frozen(programme_id)
    return {}


def turned_round(rows: Rows) -> Row:
    """A block that ends where it begins, once more: nothing is between."""
    return {"last_position": rows.any("seal_block", number=2)["last_position"]}


def damaged(rows: Rows) -> Row:
    """A booklet that is there, and damaged."""
    finding = rows.copy(
        "consignment_finding",
        consignment_id=rows.ids["allocation"],
        booklet_id=31,
        finding="damaged",
    )
    rows.add("consignment_finding", finding)
    settlement = rows.copy("shortfall_settlement", consignment_id=finding["consignment_id"])
    rows.add("shortfall_settlement", settlement)
    return finding | {"settlement_id": settlement["id"]}


def granted(rows: Rows) -> Row:
    """The allocation that answers another request already."""
    other = rows.copy("booklet_request")
    rows.add("booklet_request", other)
    answer: Row = {"answer": "allocated", "reason": None, "consignment_id": rows.ids["on the way"]}
    rows.add(
        "booklet_request_answer",
        rows.copy("booklet_request_answer", request_id=other["id"], **answer),
    )
    return answer


# ── Hand-overs and support sessions ───────────────────────────────────────────────────────────────


def referred_to_a_public_body(rows: Rows, row: Row) -> Row:
    """A referral to a public body that has label and agreement, and neither régie nor mandate."""
    party = rows.organisation("lapsed")
    days = {"valid_from": row["referral_label_from"], "valid_until": row["referral_label_until"]}
    label = rows.copy("label", organisation_id=party, **days)
    signed = rows.copy("agreement", organisation_id=party, role="mediator", **days)
    rows.add("label", label)
    rows.add("agreement", signed)
    return {
        "referred_to_id": party,
        "referral_label_id": label["id"],
        "referral_agreement_id": signed["id"],
        "referral_agreement_from": signed["valid_from"],
        "referral_agreement_until": signed["valid_until"],
    }


def claimed_without_session(rows: Rows, row: Row) -> Row:
    """The statement of a pass without a session, taken on a day whose settings ask for one."""
    today = rows.chain.scheme.today
    last = rows.any("programme_settings", programme_id=row["programme_id"])
    asking = rows.copy(
        "programme_settings",
        last,
        ordinal=last["ordinal"] + 1,
        follows_ordinal=last["ordinal"],
        applies_from=today,
        session_required=True,
    )
    rows.add("programme_settings", asking)
    told = rows.any("redemption", id=rows.ids["redemption"])["voucher_id"]
    taken = next(
        state
        for state in ledger.voucher_states(rows.session, Voucher.id != told)
        if state.account.kind is ledger.AccountKind.REDEEMED
    )
    claimed = ledger.account(
        rows.session, chart.claimed(taken.account.party_id, taken.account.vintage_id)
    )
    act = ledger.Act(
        posting_id=new_id(),
        kind=ledger.MovementKind.CLAIM,
        document_type="statement",
        document_id=new_id(),
        actor_id=rows.agent("finance"),
        occurred_at=rows.chain.scheme.now,
    )
    line = ledger.Line(
        ledger.MovementKind.CLAIM, ledger.VoucherRange.one(taken.id), taken.account, claimed
    )
    ledger.post(rows.session, act, [line])
    return {"id": act.posting_id}


BENT |= {
    "form_draft_is_sealed": {"sealed": b"in clear"},
    "receipt_is_signed_by_its_recipient": lambda rows, _: {"answered_by": rows.agent("ccas")},
    "referral_to_a_public_body_needs_a_right": referred_to_a_public_body,
    "statement_takes_passes_with_their_session": claimed_without_session,
}

# ── Stock ─────────────────────────────────────────────────────────────────────────────────────────


def delivered(rows: Rows, order_id: object) -> Row:
    """A file that brought the delivery of the stock, for that order."""
    ranges = rows.any("delivery_range", delivery_id=rows.ids["stock delivery"], booklet_size=10)
    fives = rows.any("delivery_range", delivery_id=rows.ids["stock delivery"], booklet_size=5)
    count = sum(r["last_serial"] - r["first_serial"] + 1 for r in (ranges, fives))
    return {
        "order_id": order_id,
        "delivery_id": rows.ids["stock delivery"],
        "received_count": count,
        "quarantined_count": 0,
        "row_count": count,
    }


def read_before(rows: Rows, row: Row) -> Row:
    """The delivery that another file brought."""
    bent = delivered(rows, rows.ids["stock order"])
    rows.add("serial_file", rows.copy("serial_file", {**row}, file_hash=new_id().bytes * 2, **bent))
    return bent


BENT |= {
    "signal_kind_is_known": {"kind": "odd"},
    "signal_measures_something": {"measured": -1},
    "signal_says_what_it_is_about": {"mediator_id": None},
    "signal_is_about_a_prescriber": {"kind": "feeding", "prescriber_id": NOBODY},
    "signal_is_about_a_booklet": {"kind": "whole_booklet", "booklet_id": 32},
    "signal_is_about_an_agent": {
        "kind": "failed_codes",
        "agent_id": 10**9,
        "mediator_id": None,
    },
    "signal_decision_is_known": {"decision": "later"},
    "signal_decision_has_a_note": {"note": ""},
    "serial_file_hash_is_a_digest": {"file_hash": b"short"},
    "serial_file_codes_are_known": {"codes_from": "nobody"},
    "serial_file_rows_add_up": {"row_count": 2},
    "serial_file_misses_some_or_none": {"missing_count": -1},
    "serial_file_brings_a_delivery_or_nothing": {"received_count": 1, "quarantined_count": 0},
    "serial_file_delivery_is_of_its_order": lambda rows, _: delivered(
        rows, rows.ids["inert order"]
    ),
    "serial_file_delivery_is_one_files": read_before,
    "serial_file_counts_what_arrived": lambda rows, _: (
        delivered(rows, rows.ids["stock order"]) | {"row_count": 1, "received_count": 1}
    ),
    "quarantined_row_has_a_line": {"line": 0},
    "quarantined_row_is_short": {"typed": "x" * 41},
    "quarantined_row_fault_is_known": {"fault": "ugly"},
    "serial_gap_is_some_serials": {"last_serial": 1},
    "counted_booklets_are_some": {"last_number": 0},
    "counted_passes_are_of_one_booklet": {"first_position": 3, "last_position": 2},
    "count_correction_strikes_a_line": {"place": 98},
    "counted_line_is_struck_once": {"place": 3},
    "closed_count_gets_no_more_goes": lambda rows, _: {"count_id": rows.ids["closed count"]},
    "closed_count_gets_no_more_lines": lambda rows, _: {"entry_id": rows.ids["go of closed count"]},
    "closed_count_strikes_no_line": lambda rows, _: {"entry_id": rows.ids["go of closed count"]},
    "count_total_is_at_the_vintages_face_value": {"face_value_cents": 500},
    "count_total_is_not_negative": {"counted_count": -1, "theory_count": 0, "missing_count": 11},
    "count_total_is_its_theory_and_its_differences": {"counted_count": 1},
    "count_difference_is_of_a_total": lambda rows, _: {"vintage_id": rows.chain.other_vintage_id},
    "count_difference_kind_is_known": {"kind": "odd"},
    "count_difference_is_of_some": {"last_voucher_id": 9990},
    "count_stranger_is_some_booklets": {"last_number": 97},
    "count_signature_names_the_counter": lambda rows, _: {
        "closed_by": rows.agent("ccas"),
        "signed_by": rows.agent("plie"),
    },
    "count_is_signed_by_another": lambda _, row: {"signed_by": row["closed_by"]},
    "count_is_signed_by_its_holder": lambda rows, _: of_the_sponsors_count(rows),
}


def of_the_sponsors_count(rows: Rows) -> Row:
    """Two people of a prescriber sign the count of the cupboard."""
    count = rows.copy("stock_count", holder_id=rows.organisation("ccas"))
    rows.add("stock_count", count)
    closing = rows.fresh("count_closing") | {"count_id": count["id"]}
    rows.add("count_closing", closing)
    return {"count_id": count["id"], "closed_by": closing["closed_by"]}


def joined_again(rows: Rows, _: Row) -> Row:
    """A snapshot that joins others, as it is there already."""
    there = rows.any("snapshot", level=1)
    return {key: value for key, value in there.items() if key != "id"}


BENT |= {
    # ── Sums of the journal ───────────────────────────────────────────────────────────────────────
    "snapshot_generation_counts_from_1": {
        "generation": 0,
        "after_movement_id": 0,
        "last_movement_id": 1,
    },
    "snapshot_level_is_a_small_number": {"level": -1},
    "snapshot_counts_the_movements_of_its_stretch": {"movement_count": 2},
    "snapshot_has_no_more_sums_than_movements": {"sum_count": 2},
    "snapshot_begins_before_it_ends": lambda _, row: {
        "recorded_until": row["recorded_from"] - A_YEAR
    },
    "snapshot_of_a_stretch_is_one": joined_again,
    "snapshot_follows_what_is_there": lambda _, row: {
        "after_movement_id": row["after_movement_id"] - 1
    },
    "snapshot_sum_is_one_of_so_many": {"sum_count": 2},
    "snapshot_sum_is_numbered_within_so_many": {"ordinal": 0},
    "snapshot_sum_counts_vouchers": {"voucher_count": 0},
    "snapshot_sum_debit_account": {"debit_account_id": 10**9},
    "snapshot_sum_credit_account": {"credit_account_id": 10**9},
    "snapshot_sum_transition": {"kind": "steal"},
    "snapshot_usage_has_sums_or_none": {"sum_count": -1},
    "usage_sum_is_one_of_so_many": {"sum_count": 2},
    "usage_sum_is_numbered_within_so_many": {"ordinal": 0},
    "usage_sum_counts_vouchers": {"voucher_count": 0},
    "usage_sum_transition": {"kind": "steal"},
    "usage_sum_public_is_known": {"public": "nobody"},
}
BENT |= {
    # ── Long work ─────────────────────────────────────────────────────────────────────────────────
    "work_kind_is_known": {"kind": "nap"},
    "work_input_is_sealed": {"sealed": b"serial;code"},
    "work_progress_counts_attempts_from_one": {"attempt_count": 0},
    "work_progress_counts_what_is_done": {"done_count": -1},
    "work_file_has_a_digest": {"sha256": b"short"},
    "work_file_holds_something": {"byte_count": 0},
    "work_file_is_kept_for_a_while": {"kept_until": datetime(2020, 1, 1, tzinfo=UTC)},
    "work_lines_are_counted_from_one": {"ordinal": 0},
    "work_line_says_what_to_write": {"sentence": ""},
    "work_ends_with_a_page_or_a_refusal": {"endpoint": "statement_pages.listed"},
    "work_end_says_how": {"sentence": ""},
}
BENT |= {
    # ── Devices ───────────────────────────────────────────────────────────────────────────────────
    "device_offer_secret_is_hashed": {"secret_hash": b"short"},
    "device_offer_serves_for_a_while": lambda _, row: {"expires_at": row["made_at"]},
    "device_offer_end_reason_is_known": {"reason": "forgotten"},
    "device_offer_is_used_in_time": lambda _, row: {
        "reason": "used",
        "ended_at": row["expires_at"] + A_YEAR,
    },
    "device_offer_end_is_of_an_offer": {"offer_id": NOBODY},
    "device_uses_its_offer": lambda rows, _: {
        "offer_id": rows.withdrawn_offer(),
        "offer_ended": "withdrawn",
    },
    "device_has_a_name": {"name": ""},
    "device_key_is_a_point": {"public_key": b"short"},
    "device_credential_is_hashed": {"credential_hash": b"short"},
    "device_salt_is_16_bytes": {"salt": b"short"},
    "device_ends_its_offer": lambda rows, _: {"offer_id": rows.open_offer()},
    "device_is_whose_offer_it_was": {"mediator_id": NOBODY},
    "device_revocation_reason_is_known": {"reason": "bored"},
    "device_taking_has_a_version": {"version": -1},
    "device_taking_goes_forward": lambda _, row: {"since": row["version"] + 1},
    "device_taking_counts_its_passes": {"pass_count": -1},
    "revoked_device_takes_no_list": lambda rows, _: {"device_id": rows.ids["lost device"]},
    "device_is_offered_by_a_mediators_agent": lambda rows, _: {
        "agent_id": rows.agent("administrator")
    },
    # ── Accounts ──────────────────────────────────────────────────────────────────────────────────
    "last_second_factor_stays": lambda rows, _: {
        "kind": "factor_removed",
        "agent_id": rows.agent("finance"),
        "actor_id": rows.agent("finance"),
    },
    "agent_manager_is_a_partners": lambda rows, _: {"agent_id": rows.agent("auditor")},
    "account_link_purpose_is_known": {"purpose": "backdoor"},
    "account_link_secret_is_hashed": {"token_hash": b"short"},
    "account_link_serves_for_a_while": lambda _, row: {"expires_at": row["made_at"]},
    "account_link_of_a_reset_is_nobodys": lambda rows, _: {
        "purpose": "reset",
        "made_by": rows.agent("administrator"),
    },
    "account_link_is_made_by_another": lambda _, row: {"made_by": row["agent_id"]},
    "account_link_end_is_of_a_link": {"link_id": NOBODY},
    "account_link_end_reason_is_known": {"reason": "forgotten"},
    "account_link_is_used_in_time": lambda _, row: {
        "reason": "used",
        "ended_at": row["expires_at"] + A_YEAR,
    },
    "agent_manager_is_appointed_by_another": lambda _, row: {"appointed_by": row["agent_id"]},
    "account_event_kind_is_known": {"kind": "impersonated"},
    "account_event_way_is_known": {"way": "dream"},
    "account_event_browser_is_a_family": {"browser": "Firefox 145.0.1 on somebody's machine"},
    "account_event_address_is_hashed": {"address_hash": b"192.0.2.1"},
    "account_event_detail_is_short": {"detail": ""},
    "manager_invites_to_what_was_agreed": lambda rows, _: {
        "kind": "invited",
        "agent_id": rows.agent("exo7"),
        "actor_id": rows.agent("plie"),
    },
    "account_event_is_by_another": lambda _, row: {
        "kind": "role_changed",
        "actor_id": row["agent_id"],
    },
    "last_administrator_stays": lambda rows, _: {
        "kind": "closed",
        "agent_id": rows.agent("administrator"),
    },
    "mail_kind_is_known": {"kind": "advertisement"},
    "mail_state_is_known": {"state": "lost", "ended_at": datetime(2026, 1, 1, tzinfo=UTC)},
    "mail_has_a_subject": {"subject": ""},
    "mail_has_a_body": {"body": ""},
    "mail_link_is_sealed": {"sealed_link": b"/invitation/in-clear"},
    "mail_forgets_its_link": {
        "state": "sent",
        "ended_at": datetime(2026, 1, 1, tzinfo=UTC),
        "sealed_link": bytes(40),
    },
    "mail_ends_once": {"state": "sent"},
    "mail_counts_its_attempts": {"attempt_count": -1},
}
BENT |= {
    # ── Sessions and second factors ───────────────────────────────────────────────────────────────
    "agent_session_secret_is_hashed": {"token_hash": b"short"},
    "agent_session_method_is_known": {"method": "guess"},
    "agent_session_second_is_known": {"second": "smile"},
    "agent_session_second_confirms": {"second": "totp", "confirmed_at": None},
    "agent_session_lasts_a_while": lambda _, row: {"expires_at": row["begun_at"]},
    "agent_session_end_says_why": lambda _, row: {"ended_at": row["seen_at"]},
    "agent_session_end_is_known": lambda _, row: {
        "ended_at": row["seen_at"],
        "ended_why": "bored",
    },
    "agent_session_end_forgets_the_rest": lambda _, row: {
        "ended_at": row["seen_at"],
        "ended_why": "signed_out",
        "provider_token": "kept",
    },
    "agent_session_browser_is_a_family": {"browser": ""},
    "totp_secret_is_sealed": {"sealed": b"in clear"},
    "totp_secret_was_shown_once": {"last_step": 0},
    "passkey_has_an_id": {"credential_id": b""},
    "passkey_has_a_public_key": {"public_key": b""},
    "passkey_counts_from_zero": {"sign_count": -1},
    "passkey_has_a_short_name": {"name": "x" * 61},
    "recovery_code_is_one_code": lambda rows, _: {
        "code_hash": rows.any("recovery_code")["code_hash"],
        "agent_id": rows.any("recovery_code")["agent_id"],
    },
    "recovery_code_is_hashed": {"code_hash": b"7K2M-04QX-9TRB"},
    "recovery_code_ends_once": lambda _, row: {
        "used_at": row["made_at"],
        "dropped_at": row["made_at"],
    },
    "spent_challenge_is_hashed": {"challenge_hash": b"question"},
    "provider_identity_has_a_subject": {"subject": ""},
    "provider_identity_is_one_an_agent": lambda rows, _: {
        "agent_id": rows.any("provider_identity")["agent_id"]
    },
}

BENT |= {
    # ── Places from national files ────────────────────────────────────────────────────────────────
    "places_file_hash_is_a_digest": {"file_hash": b"short"},
    "places_file_rows_add_up": {"wrong_count": 3},
    "places_file_is_read_once": lambda rows, _: {"file_hash": rows.any("places_file")["file_hash"]},
    "places_row_verdict_is_known": {"verdict": "maybe"},
    "places_row_stands_somewhere": {"line": 0},
    "places_row_told_has_an_identifier": {"verdict": "told", "national_id": ""},
    "place_taking_is_of_a_row_that_reads": {"verdict": "wrong", "line": 3},
    "place_taking_is_of_a_row": {"line": 99},
    "places_row_is_taken_once": {"line": 2},
}

TOGETHER = {
    "allotment_last_serial_is_one_allotment": "allotment_first_serial_is_one_allotment",
    "closing_step_is_one_of_its_place": "closing_step_pkey",
}
"""Rules of which the second refuses whatever the first does: serials follow one another, and a step
of the calendar has one place."""
