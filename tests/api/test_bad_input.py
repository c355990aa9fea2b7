"""Whatever is wrong with a request: a code and a French sentence, and nothing has changed."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import orjson
import pytest

from app.factory import LARGEST_BODY
from tests.api.house import Answer, House
from tests.api.requests import Asking, all_requests, reader_of, readings, unknown
from tests.service.chain import everything

Json = Any

WITH_A_BODY = (
    "create_programme",
    "create_vintage",
    "register_partner",
    "sign_agreement",
    "prepare_bank_details",
    "grant_label",
    "apply_for_label",
    "prepare_order",
    "record_mandate",
    "cancel_mandate",
    "record_delivery",
    "activate_delivery",
    "allocate_booklets",
    "confirm_receipt",
    "register_beneficiary",
    "issue_booklets",
    "look_up_voucher",
    "redeem_voucher",
    "redeem_vouchers",
    "undo_redemption",
    "record_session",
    "link_redemptions",
    "prepare_sheet",
    "set_aside_sheet",
    "run_clearing",
    "approve_statement",
    "order_payment",
    "record_payment",
)

ENGLISH = re.compile(
    r"\b(the|not|must|may|missing|unknown|invalid|fields?|required|data)\b", re.IGNORECASE
)

NOT_A_TEXT: list[Json] = [7, True, [], {}, ["a"]]
WRONG: dict[str, list[Json]] = {
    "string": ["", "a\0b", "\x1b[31m", "a" * 6000, *NOT_A_TEXT],
    "uuid": ["", "1", "0192f0c1", "{0192f0c1-6b7a-7cc0-8d3e-5f1b2a3c4d5e}", "\0", *NOT_A_TEXT],
    "date": [
        *("", "0001-01-01", "2027-02-29", "9999-12-31", "2026-1-1", "20260101", "\0"),
        *("2026-01-01T00:00:00Z", *NOT_A_TEXT),
    ],
    "date-time": [
        *("", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-29T10:00:00Z", "\0"),
        *("2026-11-22T10:00:00", "2026-11-22", "2026-11-22T10:00:00+99:99", *NOT_A_TEXT),
    ],
    "integer": ["", "1", 1.5, -1, 2**63, 2**64, 2**70, -(2**63) - 1, True, [], {}, ["a"]],
    "boolean": ["", "true", "oui", 0, 1, [], {}],
    "array": ["", "a", 7, True, {}, {"0": "a"}, [None], [[]], [7]],
    "object": ["", "a", 7, True, [], [[]]],
}


@pytest.fixture(scope="module")
def requests(lived_in: House) -> dict[str, Asking]:
    return {asking.operation: asking for asking in all_requests(lived_in)}


def properly_refused(answer: Answer) -> Json:
    """A problem of 4xx with a stable code and sentences in French."""
    assert 400 <= answer.status < 500, answer.response.text
    assert answer.response.mimetype == "application/problem+json"
    assert re.fullmatch(r"[a-z_]{3,50}", answer.body["code"])
    for sentence in (answer.body["detail"], *fields_of(answer.body).values()):
        assert re.fullmatch(r"[A-ZÀÉÊ«].*\.", sentence, re.DOTALL), sentence
        assert not ENGLISH.search(sentence), sentence
    return answer.body


def fields_of(body: Json) -> dict[str, str]:
    fields: dict[str, str] = body.get("details", {}).get("fields", {})
    return fields


def schema_of(house: House, operation: str) -> Json:
    _, _, documented = house.contract.operations[operation]
    return documented["requestBody"]["content"]["application/json"]["schema"]


def resolved(house: House, schema: Json) -> Json:
    reference = schema.get("$ref", "")
    return house.contract.document["components"]["schemas"][reference.rpartition("/")[2]] or schema


def places(house: House, schema: Json, body: Json, path: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Every place of a good body, with what the contract says may stand there."""
    if "$ref" in schema:
        schema = resolved(house, schema)
    if "anyOf" in schema:  # an object, or nothing
        [inner] = (choice for choice in schema["anyOf"] if "$ref" in choice)
        schema = {**resolved(house, inner), "type": ["object", "null"]}
    yield path, schema
    if isinstance(body, dict):
        for name, inner in schema["properties"].items():
            yield from places(house, inner, body.get(name), (*path, name))
    elif isinstance(body, list):
        yield from places(house, schema["items"], body[0], (*path, 0))


def kinds(schema: Json) -> tuple[str, bool]:
    """What may stand in a place, and whether nothing may."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    [kind] = [name for name in types if name != "null"]
    return schema.get("format", kind), "null" in types


def replaced(body: Json, path: tuple[Any, ...], value: Json) -> Json:
    """A copy of a body with another value in one place."""
    if not path:
        return value
    changed = deepcopy(body)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def without(body: Json, path: tuple[Any, ...]) -> Json:
    changed = deepcopy(body)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed


# A body is read before any database is asked: the other one is for the nights.
@pytest.mark.parametrize(
    "lived_in",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)],
    indirect=True,
)
@pytest.mark.parametrize("operation", WITH_A_BODY)
def test_nothing_wrong_gets_through(
    lived_in: House, requests: dict[str, Asking], operation: str
) -> None:
    asking = requests[operation]
    caller = asking.caller(lived_in)
    with lived_in.database.session(writing=False) as session:
        before = everything(session)
    named = 0

    for path, schema in places(lived_in, schema_of(lived_in, operation), asking.body):
        kind, may_be_null = kinds(schema)
        for value in WRONG[kind] + ([] if may_be_null or not path else [None]):
            answer = caller.post(asking.path, replaced(asking.body, path, value))
            if path[-1:] == ("code",) and answer.status == 200:
                # A batch has a verdict for each pass, and one bad code spoils no other.
                assert answer.body["verdicts"][0]["verdict"] == "mistyped_code"
                continue
            problem = properly_refused(answer)
            if problem["code"] == "invalid_input" and path:
                place = ".".join(map(str, path))
                assert any(field.startswith(place) for field in fields_of(problem)), problem
                named += 1
        if kind == "object":
            assert set(schema.get("required", ())) <= set(schema["properties"])
            for name in schema.get("required", ()):
                properly_refused(caller.post(asking.path, without(asking.body, (*path, name))))
            odd = replaced(asking.body, (*path, "colour"), "blue")
            assert "colour" in str(fields_of(properly_refused(caller.post(asking.path, odd))))

    assert named
    with lived_in.database.session(writing=False) as session:
        assert everything(session) == before


NOT_JSON = (400, "not_json")
NOT_AN_OBJECT = (422, "invalid_input")
NOT_ANNOUNCED = (415, "not_announced_as_json")
STRANGE_BODIES: list[tuple[bytes, str | None, tuple[int, str]]] = [
    (b"{", "application/json", NOT_JSON),
    (b"{'a': 1}", "application/json", NOT_JSON),
    (b'{"a": NaN}', "application/json", NOT_JSON),
    (b'{"a": "\\ud800"}', "application/json", NOT_JSON),
    (b'{"a": "\xff"}', "application/json", NOT_JSON),
    (b"\0", "application/json", NOT_JSON),
    (b"[" * 100_000, "application/json", NOT_JSON),
    (b"null", "application/json", NOT_AN_OBJECT),
    (b"[]", "application/json", NOT_AN_OBJECT),
    (b'"a"', "application/json", NOT_AN_OBJECT),
    (b"7", "application/json", NOT_AN_OBJECT),
    (b"{}", "text/plain", NOT_ANNOUNCED),
    (b"{}", None, NOT_ANNOUNCED),
    (b"a=1", "application/x-www-form-urlencoded", NOT_ANNOUNCED),
    (b"<a/>", "application/xml", NOT_ANNOUNCED),
    (b"x" * (LARGEST_BODY + 1), "application/json", (413, "body_too_large")),
]


@pytest.mark.parametrize("operation", WITH_A_BODY)
def test_what_is_not_a_json_object_is_refused(
    lived_in: House, requests: dict[str, Asking], operation: str
) -> None:
    asking = requests[operation]
    for data, content_type, refusal in STRANGE_BODIES:
        answer = asking.caller(lived_in).send("POST", asking.path, data, content_type=content_type)
        properly_refused(answer)
        answer.refused(*refusal)


def test_an_empty_body_lacks_its_fields(lived_in: House, requests: dict[str, Asking]) -> None:
    asking = requests["register_partner"]

    answer = asking.caller(lived_in).send("POST", asking.path, b"")

    fields = fields_of(answer.refused(422, "invalid_input"))
    assert fields == dict.fromkeys(("kind", "name", "commune"), "Ce champ est obligatoire.")


def test_each_wrong_field_is_named_with_what_to_write(
    lived_in: House, requests: dict[str, Asking]
) -> None:
    asking = requests["prepare_order"]
    lines = [{"booklet_size": 7, "booklet_count": 0}, "x"]

    answer = asking.caller(lived_in).post(asking.path, {"vintage_id": "1", "lines": lines})

    assert fields_of(answer.refused(422, "invalid_input")) == {
        "programme_id": "Ce champ est obligatoire.",
        "vintage_id": "Écrivez un nombre entier, sans guillemets.",
        "lines.0.booklet_size": "Un carnet a 5 ou 10 pass.",
        "lines.0.booklet_count": "Écrivez un nombre de 1 à 100\u202f000.",
        "lines.0.unit_price_cents": "Ce champ est obligatoire.",
        "lines.1": "Écrivez un objet JSON, entre accolades.",
    }


LONG = "Ô" * 200


def test_accents_and_two_hundred_characters_are_welcome(house: House) -> None:
    coordinator = house.by_token("coordinator")
    body = {"kind": "town", "commune": "Le Prêcheur"}

    assert coordinator.post("/partners", body | {"name": LONG}).made()["name"] == LONG
    refused = coordinator.post("/partners", body | {"name": f"{LONG}!"})
    assert fields_of(refused.refused(422, "invalid_input")) == {
        "name": "Écrivez de 1 à 200 caractères."
    }


WRONG_QUERIES = [
    {"limit": "0"},
    {"limit": "201"},
    {"limit": "abc"},
    {"limit": "1_0"},
    {"limit": "٣"},
    {"limit": ""},
    {"limit": str(2**70)},
    {"after": "\0"},
    {"after": "x"},
    {"after": "-1"},
    {"after": str(2**63)},
    {"at": "0001-01-01"},
    {"at": "2027-02-29"},
    {"at": "demain"},
    {"programme_id": "1"},
    {"vintage_id": "0"},
    {"vintage_id": str(2**63)},
    {"kind": "roi"},
]


@pytest.mark.parametrize(
    "lived_in",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)],
    indirect=True,
)
def test_a_wrong_query_is_refused_wherever_it_means_something(lived_in: House) -> None:
    refused = 0
    for operation, path in readings(lived_in).items():
        _, _, documented = lived_in.contract.operations[operation]
        known = {parameter["name"] for parameter in documented.get("parameters", ())}
        asked = {name for query in WRONG_QUERIES for name in query}
        caller = lived_in.by_token(reader_of(operation))
        caller.get(path, **dict.fromkeys(asked - known, "x")).found()
        for query in WRONG_QUERIES:
            [name] = query
            if name in known:
                answer = caller.get(path, **query)
                assert name in fields_of(properly_refused(answer)), (operation, query)
                refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    "text", ["\0", "%00", "x" * 3000, "٢٦A 00001 01", "26A 00001 01 99", "é", "26A", "1' or 1=1"]
)
def test_a_strange_serial_is_refused(lived_in: House, text: str) -> None:
    for path in (f"/vouchers/{text}", f"/vouchers/{text}/history", f"/booklets/{text}"):
        properly_refused(lived_in.by_token("auditor").get(path))


def test_what_does_not_exist_is_not_found(lived_in: House) -> None:
    for operation, path in readings(lived_in).items():
        method, nowhere = unknown(lived_in, operation)
        if nowhere == path.partition("?")[0]:
            continue
        answer = lived_in.by_token(reader_of(operation)).send(method, nowhere)
        assert answer.status == 404, answer.response.text
        properly_refused(answer)
    administrator = lived_in.by_token("auditor")
    for path in ("/nothing", "/orders/1", f"/orders/{2**63}", "/orders/", "/vouchers/"):
        administrator.get(path).refused(404, "no_such_address")


def test_another_method_is_refused_and_told_which_ones_exist(lived_in: House) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        answer = lived_in.by_token("coordinator").send(method, "/orders")
        answer.refused(405, "method_not_allowed")
        assert set(answer.response.headers["Allow"].split(", ")) == {
            "GET",
            "HEAD",
            "OPTIONS",
            "POST",
        }


def test_nothing_that_was_sent_comes_back_in_a_refusal(
    lived_in: House, requests: dict[str, Asking]
) -> None:
    asking = requests["register_beneficiary"]
    body = asking.body | {"birth_year": 1850, "surname": "Secrète", "email": "secrete@"}

    answer = asking.caller(lived_in).post(asking.path, body)

    properly_refused(answer)
    assert "secr" not in answer.response.text.lower()


def test_a_code_that_was_mistyped_is_no_guess(house: House) -> None:
    exo7 = house.by_token("exo7")
    for _ in range(30):
        exo7.post("/vouchers/lookup", {"code": "AAAA AAAA AAAA AAAA"}).refused(422, "mistyped_code")
    assert orjson.loads(exo7.get("/me").response.data)["role"] == "mediator"
