"""The demonstration and real data never meet, and what was a demonstration says so for ever."""

import os
import signal

import pytest

from app.database.connections import Database
from app.demo.service import DEMONSTRATION_ACCOUNTS
from app.kernel.clock import utc_now
from app.programmes.service import mark_demonstration
from tests.cli.terminals import PASSWORD, Terminal, free_port
from tests.cli.test_serving import ended, first_line, serving
from tests.cli.town import Town

INIT = (
    *("init", "--sponsor", "CAP Nord", "--commune", "Le Marigot", "--password-stdin"),
    *("--administrator", "a@exemple.fr", "--administrator-name", "A"),
    *("--coordinator", "b@exemple.fr", "--coordinator-name", "B"),
)


def marked(terminal: Terminal) -> Terminal:
    """A database that held the demonstration."""
    database = Database(terminal.database_url)
    with database.transaction() as session:
        mark_demonstration(session, now=utc_now())
    database.close()
    return terminal


def test_real_data_keeps_the_demonstration_out(terminal: Terminal) -> None:
    terminal(*INIT, stdin=f"{PASSWORD}\n{PASSWORD}\n")

    assert terminal.refusal("demo").startswith("Cette base contient déjà des données")
    assert terminal("demo", "--if-empty").startswith("Cette base contient de vraies données")


def test_the_demonstration_keeps_real_data_out(terminal: Terminal) -> None:
    marked(terminal)

    assert terminal("demo", "--if-empty") == "La démonstration est déjà chargée.\n"
    refused = terminal.refusal(*INIT, stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert refused.startswith("Cette base a contenu la démonstration et porte SPÉCIMEN")


@pytest.mark.parametrize("report", [("report", "usage"), ("report", "chain"), ("balances",)])
def test_each_report_of_a_demonstration_says_so(busy: Town, report: tuple[str, ...]) -> None:
    before = busy.by("controle")(*report)
    marked(busy.terminal)
    after = busy.by("controle")(*report)

    assert not before.startswith("SPÉCIMEN")
    assert after.startswith("SPÉCIMEN : données de démonstration\n")


def test_a_demonstration_is_served_with_its_sign_ins(town: Town) -> None:
    with serving(marked(town.terminal), free_port()) as process:
        first_line(process)
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(len(DEMONSTRATION_ACCOUNTS) + 2)]
        os.killpg(process.pid, signal.SIGINT)
        assert ended(process) == (0, "Arrêté.\n")

    for account, line in zip(DEMONSTRATION_ACCOUNTS, told[1:-1], strict=True):
        assert line.startswith(account.email)
        assert account.role_name in line
        assert account.password in told[-1]
