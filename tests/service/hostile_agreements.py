"""Rows that break one rule of agreements, of their end, or of the right to hold."""

from collections.abc import Callable
from datetime import timedelta

from app.kernel.ids import new_id
from tests.service.rows import Row, Rows

Bend = Row | Callable[[Rows, Row], Row]
A_DAY, FAR_AWAY = timedelta(days=1), timedelta(days=4000)


def signed(rows: Rows, name: str, role: str) -> Row:
    """The agreement of that organisation, in that role."""
    return rows.any("agreement", organisation_id=rows.organisation(name), role=role)


def close(rows: Rows, agreement: Row) -> None:
    """End an agreement today."""
    rows.add("agreement_closure", rows.copy("agreement_closure") | rows.closing(agreement))


def named(agreement: Row, prefix: str = "") -> Row:
    """What a row says of the agreement that it names."""
    return {
        f"{prefix}agreement_id": agreement["id"],
        f"{prefix}agreement_from": agreement["valid_from"],
        f"{prefix}agreement_until": agreement["valid_until"],
    }


def without_right(rows: Rows) -> Row:
    """The CCAS has lost its mandate today; its agreement as a prescriber."""
    close(rows, signed(rows, "ccas", "mandate"))
    return signed(rows, "ccas", "prescriber")


def handed_over_without_right(rows: Rows, _row: Row) -> Row:
    agreement = without_right(rows)
    person = rows.copy(
        "beneficiary",
        rows.any("beneficiary", id=rows.ids["person"]),
        prescriber_id=agreement["organisation_id"],
    )
    rows.add("beneficiary", person)
    return {
        "prescriber_id": agreement["organisation_id"],
        "beneficiary_id": person["id"],
        **named(agreement),
    }


def sent_to_who_may_not_hold(rows: Rows, _row: Row) -> Row:
    agreement = without_right(rows)
    return {"recipient_id": agreement["organisation_id"], **named(agreement, "recipient_")}


def received_without_right(rows: Rows, _row: Row) -> Row:
    without_right(rows)
    return {"consignment_id": rows.ids["still going"], "answered_by": rows.agent("ccas")}


def found_without_right(rows: Rows, _row: Row) -> Row:
    without_right(rows)
    return {"settlement": "found"}


def closed(rows: Rows, row: Row, prefix: str = "") -> Row:
    """Nothing in the row itself: the agreement that it names has ended that day."""
    close(rows, rows.any("agreement", id=row[f"{prefix}agreement_id"]))
    return {}


def under_a_closed_cash_office(rows: Rows, row: Row) -> Row:
    """A redemption by a public body, of which somebody closed the régie that day."""
    party = rows.organisation("library")
    days = {"valid_from": row["label_from"], "valid_until": row["label_until"]}
    label = rows.copy("label", organisation_id=party, **days)
    agreement = rows.copy("agreement", organisation_id=party, role="mediator", **days)
    office = rows.any("cash_office", id=rows.ids["régie"])
    rows.add("label", label)
    rows.add("agreement", agreement)
    rows.add(
        "cash_office_closure",
        rows.copy("cash_office_closure")
        | {
            "cash_office_id": office["id"],
            **{name: office[name] for name in ("kind", "valid_from", "valid_until")},
        },
    )
    return {
        "mediator_id": party,
        "mediator_is_public": True,
        "label_id": label["id"],
        **named(agreement),
        "cash_office_id": office["id"],
        "cash_office_kind": office["kind"],
        "cash_office_from": office["valid_from"],
        "cash_office_until": office["valid_until"],
    }


def at_another_fee(rows: Rows, row: Row) -> Row:
    """A statement whose act moved a pass taken under an agreement that names its own fee."""
    party = rows.organisation("unsigned")
    label = rows.any("label", organisation_id=party)
    taken = rows.any("redemption", id=rows.ids["redemption"])
    agreement = rows.copy(
        "agreement",
        organisation_id=party,
        role="mediator",
        redemption_fee_basis_points=row["fee_basis_points"] + 1,
    )
    rows.add("agreement", agreement)
    attempt = rows.copy("redemption_attempt", id=rows.posting())
    rows.add("redemption_attempt", attempt)
    rows.add(
        "redemption",
        taken
        | {
            "id": attempt["id"],
            "mediator_id": party,
            "label_id": label["id"],
            "label_from": label["valid_from"],
            "label_until": label["valid_until"],
            **named(agreement),
        },
    )
    return {"id": taken["id"], "mediator_id": party}


def declared(rows: Rows, _row: Row) -> Row:
    """A file for an agreement whose paper has another fingerprint."""
    paper = rows.fresh("agreement") | {
        "document_title": "Convention",
        "document_sha256": b"another paper".ljust(32),
        "document_kept_at": "Archives",
    }
    rows.add("agreement", paper)
    return {"agreement_id": paper["id"]}


def one_more_than_ten(rows: Rows, row: Row) -> Row:
    paper = rows.fresh("agreement")
    rows.add("agreement", paper)
    for _ in range(10):
        rows.add(
            "agreement_file",
            {**row, "id": new_id(), "agreement_id": paper["id"], "sha256": new_id().bytes * 2},
        )
    return {"agreement_id": paper["id"]}


def handed_over_late(rows: Rows, row: Row) -> Row:
    """A booklet of a prescription made on the last day of the vintage, without a word of it."""
    late = rows.copy("prescription", prescribed_on=row["valid_until"])
    late |= {"beneficiary_id": row["beneficiary_id"], "public": row["public"]}
    rows.add("prescription", late)
    return {"prescription_id": late["id"], "prescribed_on": row["valid_until"]}


def closures(table: str) -> dict[str, Bend]:
    """The rules of ending something early."""
    return {
        f"{table}_is_closed_once": lambda rows, _: {
            name: value for name, value in rows.any(f"{table}_closure").items() if name != "id"
        },
        f"{table}_is_closed_within_its_days": lambda _, row: {
            "from_on": row["valid_until"] + A_DAY
        },
        f"{table}_is_not_closed_afterwards": lambda _, row: {"recorded_on": row["from_on"] + A_DAY},
        f"{table}_closure_says_why": {"reason": ""},
        f"{table}_closure_names_the_{table}": lambda _, row: {
            "valid_until": row["valid_until"] + A_DAY
        },
    }


AGREEMENTS: dict[str, Bend] = {
    **closures("agreement"),
    **closures("cash_office"),
    "agreement_fee_is_a_share": {"role": "mediator", "redemption_fee_basis_points": 10_001},
    "agreement_fee_is_a_mediators": {"role": "prescriber", "redemption_fee_basis_points": 100},
    "agreement_overlaps_none_of_its_kind": lambda _, row: {
        "valid_from": row["valid_from"] - FAR_AWAY
    },
    "agreement_file_is_of_a_known_type": {"media_type": "text/html"},
    "agreement_file_is_as_long_as_it_says": {"byte_count": 1},
    "agreement_file_has_a_sha256": {"sha256": b"short"},
    "agreement_file_is_the_one_declared": declared,
    "agreement_keeps_a_few_files": one_more_than_ten,
    "agreement_file_is_what_its_bytes_say": {"media_type": "image/png"},
    "redemption_agreement_is_not_closed": closed,
    "redemption_cash_office_is_not_closed": under_a_closed_cash_office,
    "redemption_mandate_is_in_force": lambda rows, _: {
        "mandate_id": signed(rows, "ccas", "mandate")["id"]
    },
    "statement_fee_is_its_agreements": at_another_fee,
    "prescription_agreement_is_not_closed": closed,
    "prescription_is_by_who_may_hold": handed_over_without_right,
    "consignment_agreement_is_not_closed": lambda rows, row: closed(rows, row, "recipient_"),
    "consignment_is_between_those_who_may_hold": sent_to_who_may_not_hold,
    "receipt_is_by_who_may_hold": received_without_right,
    "missing_is_found_by_who_may_hold": found_without_right,
    "booklet_request_agreement_is_not_closed": closed,
    "late_hand_over_is_accepted": handed_over_late,
    "late_reason_is_known": {"reason": "because"},
}
