"""Every refusal of the scheme: one stable code, and a French sentence that says what to do next."""

import ast
import importlib
import json
import pkgutil
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import app
from app.kernel.errors import (
    Conflict,
    DomainError,
    InvalidInput,
    NotFound,
    NotPermitted,
    NotSignedIn,
    RuleBroken,
    Throttled,
)

APP = Path(app.__file__).parent
FAMILIES = (NotFound, NotPermitted, NotSignedIn, RuleBroken, Conflict, Throttled)
for module in pkgutil.walk_packages(app.__path__, "app."):
    importlib.import_module(module.name)

PERSONAL = {"surname", "first_name", "birth_year", "phone", "email", "iban", "voucher_code"}
NO_ADVICE = {"avez", "assez", "chez", "avancez"}
ADVICE = re.compile(
    r"\b([a-zéèêç]+ez|faites|dites|doit|doivent|peut|peuvent)\b|rien à faire|s’écrit comme",
    re.IGNORECASE,
)
"""An order given politely; or who may do what now; or that nobody need do anything."""


def refusals() -> list[type[DomainError]]:
    """Every class of refusal, each once."""
    found: dict[type[DomainError], None] = {}
    waiting = [DomainError]
    while waiting:
        refusal = waiting.pop()
        found[refusal] = None
        waiting += refusal.__subclasses__()
    return sorted(
        (r for r in found if r.__module__.startswith("app.")), key=lambda r: (r.code, r.__name__)
    )


def places(refusal: type[DomainError]) -> set[str]:
    """The details that a sentence names."""
    return {field for _, field, _, _ in string.Formatter().parse(refusal.sentence) if field}


REFUSALS = refusals()
BY_NAME = {refusal.__name__: refusal for refusal in REFUSALS}


def uses() -> Iterator[tuple[str, type[DomainError], set[str] | None]]:
    """Where refusals are made: place, class, and the details given (None: told elsewhere)."""
    for path in sorted(APP.rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        place = path.relative_to(APP)
        for node in nodes:
            where = f"{place}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call) and (refusal := named(node.func)):
                given = {k.arg for k in node.keywords if k.arg}
                yield where, refusal, None if any(not k.arg for k in node.keywords) else given
            elif isinstance(node, ast.Raise) and node.exc and id(node.exc) not in called:
                if refusal := named(node.exc):
                    yield where, refusal, set()
            elif isinstance(node, ast.Name) and id(node) not in called and named(node):
                yield where, BY_NAME[node.id], None


def named(node: ast.expr) -> type[DomainError] | None:
    """The refusal that a name in the sources stands for."""
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return BY_NAME.get(name)


USES = list(uses())


def test_no_two_refusals_have_one_code() -> None:
    codes = [refusal.code for refusal in REFUSALS]

    assert sorted({code for code in codes if codes.count(code) > 1}) == []


def test_no_two_refusals_have_one_name() -> None:
    assert len(BY_NAME) == len(REFUSALS)


def of_each_refusal(check: Callable[[type[DomainError]], None]) -> Callable[[], None]:
    """One test for all of them, which names each that fails."""

    def test() -> None:
        failed = {}
        for refusal in REFUSALS:
            try:
                check(refusal)
            except AssertionError as error:
                failed[refusal.__name__] = str(error)
        assert failed == {}

    test.__name__ = check.__name__
    return test


@of_each_refusal
def test_belongs_to_one_family(refusal: type[DomainError]) -> None:
    families = [family for family in FAMILIES if issubclass(refusal, family)]

    assert len(families) == 1 or refusal is DomainError


@of_each_refusal
def test_has_a_code_that_programs_can_keep(refusal: type[DomainError]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", refusal.code)
    assert "code" in vars(refusal), "a code of its own, not its family's"


@of_each_refusal
def test_has_a_sentence_of_its_own(refusal: type[DomainError]) -> None:
    assert "sentence" in vars(refusal)


@of_each_refusal
def test_formats_with_its_details_and_travels_as_json(refusal: type[DomainError]) -> None:
    details = {place: f"<{place}>" for place in places(refusal)}
    made = refusal(**details)

    assert all(value in made.message for value in details.values())
    assert "{" not in made.message
    assert json.dumps(made.details)
    assert str(made) == made.message


@of_each_refusal
def test_is_written_as_french_is(refusal: type[DomainError]) -> None:
    sentence = refusal.sentence.replace("Authorization:", "")  # a header, as it is sent

    assert sentence[0].isupper() or sentence.startswith("« ")
    assert sentence.endswith((".", "?"))
    assert "'" not in sentence, "the apostrophe is ’"
    assert '"' not in sentence, "quotation marks are « »"
    assert "  " not in sentence
    assert not re.search(r"\S[;:?!](?= |$)", sentence), "a space goes before ; : ? !"


@of_each_refusal
def test_ends_by_saying_what_to_do(refusal: type[DomainError]) -> None:
    last = re.split(r"(?<=[.!?]) ", refusal.sentence)[-1]

    advice = {match.group(0).lower() for match in ADVICE.finditer(last)}

    assert advice - NO_ADVICE, last


@of_each_refusal
def test_is_made_somewhere(refusal: type[DomainError]) -> None:
    made = {used for _, used, _ in USES}

    assert refusal in made or refusal in {DomainError, *FAMILIES}


@pytest.mark.parametrize(
    ("refusal", "given"),
    [(refusal, given) for _, refusal, given in USES if given is not None],
    ids=[f"{where} {refusal.__name__}" for where, refusal, given in USES if given is not None],
)
def test_whoever_refuses_gives_every_detail_and_nothing_personal(
    refusal: type[DomainError], given: set[str]
) -> None:
    assert places(refusal) <= given
    if refusal is not InvalidInput:  # its details are sentences about fields, not their values
        assert not given & PERSONAL
