"""The sign-ins of the demonstration: one agent for each role, and those who approve."""

from dataclasses import dataclass
from typing import Final

from app.demo.partners import ACCOUNTANT, NAMES, SPONSOR
from app.demo.places import SURNAME
from app.identity.rules import FRENCH_ROLE, Role

PASSWORD: Final = "quatre colibris boivent dans deux hibiscus rouges"  # noqa: S105 - opens the demonstration alone
"""Seven words. One for all, because whoever tries the demonstration changes roles all the time."""


@dataclass(frozen=True, slots=True)
class Account:
    """An agent of the demonstration who can sign in. `partner` is a key of `partners.NAMES`."""

    key: str
    email: str
    first_name: str
    role: Role
    partner: str
    password: str = PASSWORD

    @property
    def name(self) -> str:
        """The name of an invented person."""
        return f"{self.first_name} {SURNAME}"

    @property
    def organisation(self) -> str:
        """For whom the agent works."""
        return NAMES[self.partner]

    @property
    def role_name(self) -> str:
        """The role in French."""
        return FRENCH_ROLE[self.role]


DEMONSTRATION_ACCOUNTS: Final = tuple(
    Account(key, f"{address}@exemple.fr", first_name, role, partner)
    for key, address, first_name, role, partner in (
        ("coordinator", "coordination", "Nadège", Role.COORDINATOR, SPONSOR.key),
        ("coordinator2", "coordination2", "Julien", Role.COORDINATOR, SPONSOR.key),
        ("finance", "finances", "Solange", Role.FINANCE, SPONSOR.key),
        ("finance2", "finances2", "Fabrice", Role.FINANCE, SPONSOR.key),
        ("accountant", "comptable", "Hortense", Role.ACCOUNTANT, ACCOUNTANT.key),
        ("plie", "prescripteur", "Rosalie", Role.PRESCRIBER, "plie"),
        ("exo7", "mediateur", "Ludovic", Role.MEDIATOR, "exo7"),
        ("auditor", "controle", "Théodore", Role.AUDITOR, SPONSOR.key),
        ("administrator", "administration", "Mélissa", Role.ADMINISTRATOR, SPONSOR.key),
    )
)
"""What `passnum demo` prints. The other prescribers and mediators have agents without password."""
