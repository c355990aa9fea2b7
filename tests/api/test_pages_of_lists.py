"""Lists: page by page without a gap, and a page costs the same however long it is."""

import pytest

from tests.api.house import House, Json, statements_counted
from tests.api.requests import reader_of, readings

PAGED = (
    "list_programmes",
    "list_settings",
    "list_partners",
    "list_orders",
    "list_deliveries",
    "list_serial_files",
    "list_quarantined_rows",
    "list_stock_counts",
    "list_signals",
    "list_agents",
    "list_account_events",
    "list_mails",
    "list_print_batches",
    "list_booklets",
    "list_allocations",
    "list_booklet_requests",
    "list_beneficiaries",
    "list_prescriptions",
    "list_redemptions",
    "list_sessions",
    "list_sheets",
    "list_clearing_runs",
    "list_statements",
    "list_payment_orders",
    "list_movements",
    "list_blocks",
    "list_checkpoints",
    "list_clawbacks",
    "list_debit_notes",
    "list_devices",
    "list_disputes",
    "list_replacements",
    "list_takeovers",
    "list_write_offs",
)


def test_each_list_that_may_be_long_is_read_here(lived_in: House) -> None:
    paged = {
        name
        for name, (_, _, operation) in lived_in.contract.operations.items()
        if any(parameter.get("name") == "after" for parameter in operation.get("parameters", ()))
    }

    # A register has an opening and a closing besides: tests/reports reads its pages.
    assert paged - {"read_register"} == set(PAGED)


@pytest.mark.parametrize("operation", PAGED)
def test_pages_put_together_are_the_whole_list(lived_in: House, operation: str) -> None:
    caller, path = lived_in.by_token(reader_of(operation)), readings(lived_in)[operation]
    whole = caller.get(path, limit=200).read()

    pages = list(caller.pages(path, limit=2))

    together: list[Json] = [row for page in pages for row in page]
    assert (together, whole["next"]) == (whole["items"], None)
    assert {len(page) for page in pages[:-1]} <= {2}
    if last := together[-1].get("ordinal" if operation == "list_settings" else "id"):
        assert caller.get(path, after=last).read() == {"items": [], "next": None}


@pytest.mark.parametrize("operation", PAGED)
def test_a_page_costs_the_same_however_long(lived_in: House, operation: str) -> None:
    caller, path = lived_in.by_token(reader_of(operation)), readings(lived_in)[operation]

    with statements_counted(lived_in.database) as short:
        assert len(caller.get(path, limit=1).read()["items"]) == 1
    with statements_counted(lived_in.database) as long:
        caller.get(path, limit=200).read()

    assert len(short) == len(long) <= 12
