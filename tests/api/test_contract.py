"""The published contract: valid, complete, and kept whatever a machine thinks of sending.

schemathesis is used here as a library: its pytest plugin, which setup.cfg switches off, would cost
every run of the suite several seconds.
"""

import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.house import API, Caller, House
from tests.api.requests import BY_DEVICES, all_requests, readings
from tests.api.test_who_may import AGENTS, DEVICE, MAY

Json = Any
Operation = APIOperation[Any, Any, Any, Any]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
FEW, MANY = 6, 100


ONES_OWN = {
    "who_am_i",
    "list_own_sessions",
    "read_own_factors",
    "end_own_session",
    "end_other_sessions",
    "enrol_device",
    "read_own_device",
}
"""What concerns only the one who asks needs no right; a device shows a secret of its own."""


@pytest.fixture(scope="module")
def document(used_up: House) -> Json:
    return used_up.contract.document


def properties(document: Json) -> dict[str, Json]:
    """Every property of every schema, by its full name."""
    return {
        f"{name}.{field}": described
        for name, schema in document["components"]["schemas"].items()
        for field, described in schema.get("properties", {}).items()
    }


def test_the_contract_is_valid_openapi(used_up: House, document: Json) -> None:
    assert document["openapi"] == "3.1.0"

    schema = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", used_up.app)

    schema.validate()
    assert len(list(schema.get_all_operations())) == len(MAY)


def test_each_operation_says_what_it_is_in_french(used_up: House) -> None:
    for name, (_, path, operation) in used_up.contract.operations.items():
        assert re.fullmatch(r"[A-ZÀÉÊ].{3,60}[^.]", operation["summary"]), name
        assert path.startswith(f"{API}/")
        assert "Droit : `" in operation["description"] or name in ONES_OWN
        for parameter in operation.get("parameters", ()):
            assert "$ref" in parameter or parameter["schema"], name


def test_each_operation_announces_its_refusals(used_up: House) -> None:
    for name, (method, path, operation) in used_up.contract.operations.items():
        statuses = {int(status) for status in operation["responses"]}
        expected = {401, 403}
        if "{" in path:
            expected |= {404}
        if "requestBody" in operation:
            expected |= {400, 413, 415, 422}
        assert expected <= statuses, name
        assert len({status for status in statuses if status < 300}) == 1, name
        assert method in {"GET", "POST"}
        assert not {status for status in statuses if status >= 500}


def test_money_is_whole_cents_and_nothing_is_a_float(document: Json) -> None:
    for name, described in properties(document).items():
        assert described.get("type") != "number", name
        if name.endswith("_cents"):
            assert described["type"] in ("integer", ["integer", "null"]), name


def test_texts_and_lists_that_are_sent_have_their_bounds(document: Json) -> None:
    for name, described in properties(document).items():
        if not name.partition(".")[0].endswith("Request"):
            continue
        kinds = described.get("type", [])
        if "string" in kinds and not {"enum", "format"} & set(described):
            assert {"minLength", "maxLength"} <= set(described), name
        if "array" in kinds:
            assert "maxItems" in described, name
        if "integer" in kinds:
            assert {"minimum", "maximum"} <= set(described), name


def test_what_people_read_on_paper_has_an_example(document: Json) -> None:
    shown = {
        name
        for name, described in properties(document).items()
        if re.search(r"\.(id|code|serial|number|booklet|first_serial|\w+_id)$", name)
        and "string" in described.get("type", ())
    }

    assert len(shown) > 60
    for name in shown:
        assert properties(document)[name].get("examples"), name


def test_what_approves_is_not_for_tokens(used_up: House) -> None:
    for name, (_, _, operation) in used_up.contract.operations.items():
        approves = any(mark.islower() and mark != DEVICE for mark in MAY[name])
        assert operation.get("security", []) == ([{"session": [], "csrf": []}] if approves else [])


def caller_for(house: House, operation: str) -> Caller:
    """The first agent that may, the way it may."""
    if operation in BY_DEVICES:
        return house.by_token(BY_DEVICES[operation])
    for name, mark in zip(AGENTS.values(), MAY[operation], strict=True):
        if mark != ".":
            return house.signed_in(name) if mark.islower() else house.by_token(name)
    raise AssertionError(operation)


@pytest.fixture(scope="module")
def addresses(used_up: House) -> dict[str, dict[str, str]]:
    """What stands in the address of each operation, for something that exists."""
    paths = readings(used_up) | {asked.operation: asked.path for asked in all_requests(used_up)}
    found = {}
    for name, (_, template, _) in used_up.contract.operations.items():
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        match = re.fullmatch(pattern, f"{API}{paths[name]}".partition("?")[0])
        assert match is not None
        found[name] = match.groupdict()
    return found


@pytest.fixture(scope="module")
def operations(used_up: House) -> dict[str, Operation]:
    """The operations of the contract as a machine reads them."""
    config = SchemathesisConfig()
    schema = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", used_up.app, config=config)
    found: dict[str, Operation] = {}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        found[operation.definition.raw["operationId"]] = operation
    return found


def send_what_a_machine_thinks_of(
    house: House, operation: Operation, mode: GenerationMode, examples: int, address: dict[str, str]
) -> None:
    caller = caller_for(house, operation.definition.raw["operationId"])
    cookie = caller.client.get_cookie("passnum")
    cookies = {"passnum": cookie.value} if cookie else {}

    @settings(
        max_examples=examples,
        database=None,
        # The same requests for every submission; others each time somebody has patience.
        derandomize=examples == FEW,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode, path_parameters=address or None))
    def send(case: Case[Any]) -> None:
        response = case.call_and_validate(headers=caller.headers, cookies=cookies, checks=CHECKS)
        assert response.status_code != 401

    send()


def look_everywhere(
    house: House, operation: Operation, address: dict[str, str], *, examples: int
) -> None:
    """Good requests about something that exists, then requests that are wrong anywhere."""
    _, path, documented = house.contract.operations[operation.definition.raw["operationId"]]
    good, wrong = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
    send_what_a_machine_thinks_of(house, operation, good, examples, address)
    if "{" in path or "parameters" in documented or "requestBody" in documented:
        send_what_a_machine_thinks_of(house, operation, wrong, examples, {})


# The other database is for the patient machine: what an address or a body may hold is read before.
@pytest.mark.parametrize("used_up", ["sqlite"], indirect=True)
@pytest.mark.parametrize("operation", MAY)
def test_a_machine_finds_nothing_that_breaks_the_contract(
    used_up: House,
    operations: dict[str, Operation],
    addresses: dict[str, dict[str, str]],
    operation: str,
) -> None:
    look_everywhere(used_up, operations[operation], addresses[operation], examples=FEW)


@pytest.mark.deep
@pytest.mark.parametrize("operation", MAY)
def test_a_patient_machine_finds_nothing_either(
    used_up: House,
    operations: dict[str, Operation],
    addresses: dict[str, dict[str, str]],
    operation: str,
) -> None:
    look_everywhere(used_up, operations[operation], addresses[operation], examples=MANY)
