"""A path of steps, and who a scheme needs so that nobody approves what they prepared."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.identity.rules import RIGHTS, Right, Role


class State(StrEnum):
    """How far a step has come."""

    DONE = "done"
    BEGUN = "begun"
    TO_DO = "to_do"
    BLOCKED = "blocked"
    NOT_NEEDED = "not_needed"


FRENCH_STATE = {
    State.DONE: "Fait",
    State.BEGUN: "Commencé",
    State.TO_DO: "À faire",
    State.BLOCKED: "Bloqué",
    State.NOT_NEEDED: "Facultatif",
}
TONE = {
    State.DONE: "ok",
    State.BEGUN: "go",
    State.TO_DO: "warn",
    State.BLOCKED: "",
    State.NOT_NEEDED: "",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A page that does something, in the words of its button."""

    label: str
    endpoint: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: what it is for, how far it is, what there is, and where it is done.

    `said` is what there is, or what blocks it. `more` are pages for single organisations.
    """

    title: str
    purpose: str
    state: State
    said: str
    act: Link | None
    more: tuple[Link, ...] = ()

    @property
    def open(self) -> bool:
        """Whether something is still to be done here."""
        return self.state in {State.BEGUN, State.TO_DO, State.BLOCKED}


@dataclass(frozen=True, slots=True)
class Chapter:
    """Steps that belong together."""

    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """Every step, in the order in which they are best done."""

    chapters: tuple[Chapter, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """All of them."""
        return tuple(step for chapter in self.chapters for step in chapter.steps)

    @property
    def done_count(self) -> int:
        """How many are done."""
        return sum(step.state is State.DONE for step in self.steps)

    @property
    def needed_count(self) -> int:
        """How many are done, or are to be done."""
        return sum(step.state is not State.NOT_NEEDED for step in self.steps)

    @property
    def next(self) -> Step | None:
        """The first that can be done now."""
        return next((s for s in self.steps if s.open and s.state is not State.BLOCKED), None)


# ── Who does what ─────────────────────────────────────────────────────────────────────────────────

OF_THE_SPONSOR = (Role.COORDINATOR, Role.FINANCE, Role.ACCOUNTANT)
"""Who prepares, approves and pays."""


@dataclass(frozen=True, slots=True)
class Duty:
    """An act that two people share: one begins it, another ends it."""

    title: str
    first: Right
    then: Right


DUTIES = (
    Duty("Préparer, puis approuver une commande", Right.PREPARE_ORDER, Right.APPROVE_ORDER),
    Duty(
        "Saisir, puis confirmer un compte bancaire",
        Right.PREPARE_BANK_DETAILS,
        Right.APPROVE_BANK_DETAILS,
    ),
    Duty("Préparer, puis approuver un bordereau", Right.PREPARE_CLEARING, Right.APPROVE_STATEMENT),
    Duty("Faire payer, puis noter le paiement", Right.ORDER_PAYMENT, Right.RECORD_PAYMENT),
)


@dataclass(frozen=True, slots=True)
class Shared:
    """Whether an act has its two people: their names, and who is missing."""

    title: str
    people: tuple[str, ...]
    missing: str


def shared(duty: Duty, people: Collection[tuple[str, Role]]) -> Shared:
    """Whether two people may share that act. People are names with their roles, each once."""
    begins, ends = (
        {name for name, role in people if right in RIGHTS[role]}
        for right in (duty.first, duty.then)
    )
    names = tuple(sorted(begins | ends))
    if not begins or not ends:
        right = duty.first if not begins else duty.then
        roles = [role for role in OF_THE_SPONSOR if right in RIGHTS[role]]
        return Shared(duty.title, names, f"Il manque une personne : {_either(roles)}.")
    if len(names) == 1:
        roles = [
            role
            for role in OF_THE_SPONSOR
            if duty.first in RIGHTS[role] or duty.then in RIGHTS[role]
        ]
        return Shared(duty.title, names, f"Il manque une deuxième personne : {_either(roles)}.")
    return Shared(duty.title, names, "")


_ROLE_OF_SOMEBODY = {
    Role.COORDINATOR: "à la coordination",
    Role.FINANCE: "au service financier",
    Role.ACCOUNTANT: "chez le comptable public",
}


def _either(roles: list[Role]) -> str:
    return " ou ".join(_ROLE_OF_SOMEBODY[role] for role in roles)
