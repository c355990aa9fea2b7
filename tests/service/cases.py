"""One valid request of `STEPS`, bent by one thing: how tests of bad input are written down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.kernel.errors import DomainError, InvalidInput
from tests.service.chain import Chain
from tests.service.conftest import World
from tests.service.steps import STEPS

NOBODY = UUID(int=1)
LONG = "É" * 201
YEAR_ONE, AFTER_ALL = date(1, 1, 1), date(2100, 1, 1)
TOO_LARGE = 2**63
Changes = Mapping[str, object] | Callable[[Chain], Mapping[str, object]]


@dataclass(frozen=True)
class Case:
    """A step, how it is bent, and what it is told; for invalid input, about which fields."""

    name: str
    step: str
    refusal: type[DomainError]
    changes: Changes
    fields: frozenset[str] = frozenset()


def case(name: str, step: str, refusal: type[DomainError], changes: Changes, *fields: str) -> Case:
    """A case; `fields` are those that invalid input names."""
    return Case(name, step, refusal, changes, frozenset(fields))


def invalid(step: str, field: str, value: object, *, name: str | None = None) -> Case:
    """A value that its field refuses."""
    said = name or repr(value)[:24]
    return case(f"{field} {said}", step, InvalidInput, {field: value}, field)


def names(step: str, field: str) -> list[Case]:
    """What no name may be, whatever it names."""
    return [
        invalid(step, field, "", name="empty"),
        invalid(step, field, " \u00a0\t ", name="spaces"),
        invalid(step, field, "Le\0Lorrain", name="with NUL"),
        invalid(step, field, LONG, name="of 201 characters"),
        invalid(step, field, "a\ud800", name="with half a character"),
    ]


def days(step: str) -> list[Case]:
    """What no period may be."""
    return [
        invalid(step, "valid_from", YEAR_ONE),
        invalid(step, "valid_until", AFTER_ALL),
        case(
            "a period the wrong way round",
            step,
            InvalidInput,
            lambda c: {"valid_until": c.scheme.today - timedelta(days=1)},
            "valid_until",
        ),
    ]


def sentence(bent: Case) -> str:
    """What a test of a case is called."""
    return f"{bent.step}: {bent.name}"


def see_refused(world: World, bent: Case) -> None:
    """Send a bent request: its code, the fields that it names, and nothing has changed."""
    changes = bent.changes(world.chain) if callable(bent.changes) else bent.changes

    refusal = world.refuses(
        bent.refusal, lambda session, chain: STEPS[bent.step].run(session, chain, **changes)
    )

    fields = refusal.details.get("fields", {})
    assert isinstance(fields, dict)
    assert fields.keys() == bent.fields
