"""A small scheme opened by commands alone: who is who, and the way from an order to a payment."""

import shutil
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.kernel.clock import martinique_day, utc_now
from tests.cli.terminals import PASSWORD, Terminal

TODAY = martinique_day(utc_now())
LONG_AGO, LATER = TODAY - timedelta(days=200), TODAY + timedelta(days=100)
IBAN = "FR1420041010050500013M02606"
COORDINATOR, ADMINISTRATOR = "coordination@exemple.fr", "comptes@exemple.fr"
AGENTS = {
    "coordination2@exemple.fr": ("coordination", "CAP Nord"),
    "finances@exemple.fr": ("finances", "CAP Nord"),
    "comptable@exemple.fr": ("comptable", "CAP Nord"),
    "controle@exemple.fr": ("contrôle", "CAP Nord"),
    "prescripteur@exemple.fr": ("prescripteur", "CCAS du Lorrain"),
    "mediateur@exemple.fr": ("médiateur", "Exo 7"),
}
PARTNERS = {
    "Émetteur": "émetteur",
    "CCAS du Lorrain": "ccas",
    "Exo 7": "association",
    "Envol 3": "association",
}


@dataclass
class Town:
    """An installation at work; each method is one step, as its agent types it."""

    terminal: Terminal
    order: str = ""
    delivery: str = ""
    codes: list[str] = field(default_factory=list)

    def by(self, who: str) -> Terminal:
        """A terminal for the agent of that short address."""
        return self.terminal.as_(f"{who}@exemple.fr")

    def open(self) -> "Town":
        """Organisations, agents, programme and vintage, from an empty database."""
        self.terminal(
            *("init", "--sponsor", "CAP Nord", "--commune", "Le Marigot", "--password-stdin"),
            *("--administrator", ADMINISTRATOR, "--administrator-name", "Mélissa"),
            *("--coordinator", COORDINATOR, "--coordinator-name", "Nadège"),
            stdin=f"{PASSWORD}\n{PASSWORD}\n",
        )
        here = self.by("coordination")
        for name, kind in PARTNERS.items():
            here("partner", "add", name, "--kind", kind, "--commune", "Le Lorrain")
        for email, (role, organisation) in AGENTS.items():
            self.terminal(
                *("agent", "create", email, "--name", role, "--role", role),
                *("--organisation", organisation, "--password-stdin"),
                stdin=PASSWORD,
            )
        days = ("--from", f"{LONG_AGO}", "--until", f"{LATER:%d/%m/%Y}")
        signed = ("--reference", "2026-12", *days)
        for role in ("prescripteur", "mandat"):
            here("partner", "agreement", "CCAS du Lorrain", "--role", role, *signed)
        here("partner", "agreement", "Exo 7", "--role", "médiateur", *signed)
        here("partner", "label", "Exo 7", *signed)
        here("programme", "create", "Pass", "--sponsor", "CAP Nord", "--issuer", "Émetteur")
        here("vintage", "create", "26A", "--face-value", "10", *days)
        return self

    def supply(self) -> "Town":
        """Three booklets of 10 and one of 5, ordered, delivered, activated."""
        here = self.by("coordination")
        asked = ("--tens", "3", "--ten-price", "2,20", "--fives", "1", "--five-price", "1.40")
        self.order = here.json("order", "prepare", "--vintage", "26a", *asked)["number"]
        self.by("coordination2")(
            "order", "approve", self.order, "--password-stdin", stdin=f"{PASSWORD}\n"
        )
        here("order", "send", self.order)
        lines = here("codes", self.order).splitlines()
        self.codes = [line.split(";")[1] for line in lines[1:]]
        self.delivery = here.json("delivery", "record", self.order, "--serials", "1-35")["number"]
        money = self.by("finances")
        money("mandate", "record", self.order, "--number", "M-114", "--amount", "8")
        money("activate", self.delivery)
        return self

    def issue(self) -> "Town":
        """Two booklets at the prescriber's, one of them in a person's pocket."""
        booklets = ("--booklets", "26A00001-26A00002")
        sent = self.by("coordination").json("allocate", "CCAS du Lorrain", *booklets)
        here = self.by("prescripteur")
        here("accept", sent["number"])
        who = ("--surname", "Démonstration", "--first-name", "Rose", "--commune", "Le Lorrain")
        person = here.json("beneficiary", "add", "--public", "plie", "--birth-year", "1990", *who)
        here(
            *("prescribe", person["id"], "--booklet", "26A 00001", "--mediator", "Exo 7"),
            *("--answers", "0121010", "--commitment", "papier"),
        )
        return self

    def bank_details(self) -> None:
        """Where Exo 7 is paid: typed by one, confirmed by another."""
        typed = self.by("coordination").json(
            "bank-details", "add", "Exo 7", "--holder", "Exo 7", "--iban", IBAN
        )
        self.by("finances")(
            "bank-details",
            "approve",
            typed["id"],
            "--iban",
            IBAN,
            "--password-stdin",
            stdin=f"{PASSWORD}\n",
        )

    def copy(self, folder: Path) -> "Town":
        """The same SQLite installation again, for a test to do what it likes with."""
        shutil.copytree(self.terminal.data_dir, folder)
        url = f"sqlite:///{folder / 'passnum.db'}"
        shutil.copyfile(
            self.terminal.database_url.removeprefix("sqlite:///"), folder / "passnum.db"
        )
        return replace(self, terminal=Terminal(folder, url))

    def redeem(self, place: int, *options: str) -> Any:  # noqa: ANN401 - what JSON may hold
        """Exo 7 takes the pass of that serial."""
        return self.by("mediateur").json("redeem", self.codes[place - 1], *options)
