"""Who acts: an agent who is named, with the rights of a token, and in person to approve."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminals import PASSWORD, Terminal, plain
from tests.cli.town import Town


@pytest.fixture
def prepared(town: Town) -> str:
    """The number of an order that waits for an approval."""
    asked = ("--vintage", "26A", "--tens", "1")
    number: str = town.by("coordination").json("order", "prepare", *asked)["number"]
    return number


def test_a_verb_asks_for_whom_it_acts(town: Town) -> None:
    asked = town.terminal.misuse("order", "list")

    assert asked == (
        "Dites pour qui vous agissez : --agent ADRESSE (ou PASSNUM_AGENT). "
        "Voyez « passnum order list --help »."
    )


def test_an_option_names_the_agent_before_the_environment(town: Town, prepared: str) -> None:
    here = town.by("mediateur")

    assert "Votre rôle ne permet pas" in here.refusal("order", "list")
    assert prepared in here("order", "list", "--agent", "Controle@Exemple.fr")


def test_the_role_of_the_agent_decides(town: Town) -> None:
    refused = town.by("finances").refusal("partner", "add", "X", "--kind", "caf", "--commune", "Y")

    assert refused.startswith("Votre rôle ne permet pas ce geste.")


def test_nobody_acts_for_a_stranger_or_for_a_closed_account(town: Town) -> None:
    assert "Aucun agent n’a cette adresse" in town.by("personne").refusal("order", "list")

    town.terminal("agent", "disable", "controle@exemple.fr")

    assert "est fermé" in town.by("controle").refusal("order", "list")


def test_an_approval_without_a_password_is_a_tokens(town: Town, prepared: str) -> None:
    refused = town.by("coordination2").refusal("order", "approve", prepared)

    assert refused.startswith("Un jeton ne peut rien approuver")
    assert state(town, prepared) == "prepared"


def state(town: Town, number: str) -> str:
    """Where an order stands."""
    found: str = town.by("controle").json("order", "show", number)["state"]
    return found


@pytest.mark.parametrize("password", ["", "un autre mot de passe, en sept mots au moins", "\0"])
def test_an_approval_with_a_wrong_password_is_refused(
    town: Town, prepared: str, password: str
) -> None:
    refused = town.by("coordination2").refusal(
        "order", "approve", prepared, "--password-stdin", stdin=password
    )

    assert refused.startswith("L’adresse ou le mot de passe ne convient pas.")
    assert state(town, prepared) == "prepared"


def test_wrong_passwords_are_throttled_as_on_the_sign_in_page(town: Town, prepared: str) -> None:
    approval = ("order", "approve", prepared, "--password-stdin")
    for _ in range(5):
        town.by("coordination2").refusal(*approval, stdin="faux")

    refused = town.by("coordination2").refusal(*approval, stdin=PASSWORD)

    assert refused.startswith("Trop d’essais ont échoué : attendez jusqu’à")
    assert state(town, prepared) == "prepared"


def test_whoever_prepared_does_not_approve_even_with_the_password(
    town: Town, prepared: str
) -> None:
    refused = town.by("coordination").refusal(
        "order", "approve", prepared, "--password-stdin", stdin=PASSWORD
    )

    assert refused == "Vous avez préparé cette commande : une autre personne doit l’approuver."


def test_a_password_typed_at_a_terminal_approves_and_is_not_shown(
    town: Town, prepared: str
) -> None:
    shown, status = at_a_terminal(
        town.terminal, [PASSWORD], "order", "approve", prepared,
        "--agent", "coordination2@exemple.fr",
    )  # fmt: skip

    assert status == 0, shown
    assert "Mot de passe de coordination2@exemple.fr" in shown
    assert f"Commande {prepared} approuvée" in shown
    assert PASSWORD not in shown


def test_a_new_password_typed_twice_must_be_the_same(town: Town) -> None:
    shown, status = at_a_terminal(
        town.terminal, [PASSWORD, "autre chose"], "agent", "password", "controle@exemple.fr"
    )

    assert status == 1
    assert "ne sont pas les mêmes" in shown
    assert PASSWORD not in shown


def at_a_terminal(terminal: Terminal, answers: list[str], *words: str) -> tuple[str, int]:
    """Answer at a real terminal; what it showed, and how the command ended."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [Path(sys.executable).with_name("passnum"), *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=os.environ
        | {
            "PASSNUM_DATA_DIR": str(terminal.data_dir),
            "PASSNUM_DATABASE_URL": terminal.database_url,
        },
    ) as process:
        os.close(theirs)
        shown = b""
        while part := read_some(ours):
            shown += part
            # What is typed before the question is thrown away with the echo.
            if shown.endswith(b": ") and answers:
                os.write(ours, f"{answers.pop(0)}\n".encode())
    os.close(ours)
    return plain(shown.decode()), process.returncode


def read_some(terminal: int) -> bytes:
    """What a terminal shows; nothing once its program has gone."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


# ── Accounts and tokens ───────────────────────────────────────────────────────────────────────────


def test_a_role_that_sees_all_is_not_given_to_a_partners_agent(town: Town) -> None:
    refused = town.terminal.refusal(
        *("agent", "create", "x@exemple.fr", "--name", "X", "--role", "coordination"),
        *("--organisation", "Exo 7", "--no-password"),
    )

    assert refused.startswith("Ce rôle n’existe pas dans cette structure")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--organisation", "Personne"), "Cette structure est introuvable"),
        (("--organisation", "Exo 7", "--password-stdin"), "Ce mot de passe est trop simple"),
    ],
)
def test_an_account_that_cannot_be_opened_is_not(
    town: Town, options: tuple[str, ...], expected: str
) -> None:
    account = ("agent", "create", "x@exemple.fr", "--name", "X", "--role", "médiateur")
    without = () if "--password-stdin" in options else ("--no-password",)

    assert expected in town.terminal.refusal(*account, *options, *without, stdin="azerty")
    assert "x@exemple.fr" not in town.terminal("agent", "list")


def test_a_new_password_opens_and_the_old_one_no_more(town: Town, prepared: str) -> None:
    fresh = "Huit crabes verts dansent au bord du lagon"
    town.terminal("agent", "password", "coordination2@exemple.fr", "--password-stdin", stdin=fresh)
    approval = ("order", "approve", prepared, "--password-stdin")

    town.by("coordination2").refusal(*approval, stdin=PASSWORD)
    town.by("coordination2")(*approval, stdin=fresh)


def test_a_password_needs_a_terminal_or_the_standard_input(town: Town) -> None:
    asked = town.terminal.misuse("agent", "password", "controle@exemple.fr")

    assert "--password-stdin" in asked


def test_a_token_is_shown_once_listed_and_revoked(town: Town) -> None:
    of_agent = ("--agent", "mediateur@exemple.fr")
    shown = town.terminal("token", "create", *of_agent, "--label", "Caisse")
    secret = shown.splitlines()[-1]
    assert secret.startswith("passnum_")

    listed = town.terminal.json("token", "list", *of_agent)
    assert [(t["label"], t["state"]) for t in listed] == [("Caisse", "valid")]
    assert secret not in town.terminal("token", "list", *of_agent)

    town.terminal("token", "revoke", listed[0]["id"])
    assert "révoqué" in town.terminal("token", "list", *of_agent)


def test_sessions_and_second_factors_of_an_agent_are_ended_by_the_operator(town: Town) -> None:
    who = "mediateur@exemple.fr"

    assert "connectée nulle part" in town.terminal("agent", "sessions", who)
    assert town.terminal.json("agent", "end-sessions", who)["ended"] == 0
    assert who in town.terminal("agent", "reset-factors", who, "--reason", "téléphone perdu")
    assert town.terminal.refusal("agent", "reset-factors", "personne@exemple.fr", "--reason", "x")


def test_a_token_is_not_made_for_a_closed_account(town: Town) -> None:
    town.terminal("agent", "disable", "mediateur@exemple.fr")

    refused = town.terminal.refusal("token", "create", "--agent", "mediateur@exemple.fr")

    assert refused


def test_devices_are_listed_and_revoked_by_who_may(town: Town) -> None:
    office = town.by("coordination")

    assert office.json("device", "list", "--late", "--mediator", "Exo 7") == []
    assert "Aucun appareil" in office("device", "list")
    gone = "0199f2a0-1b2c-7d3e-8f40-123456789abc"
    assert "introuvable" in office.refusal("device", "revoke", gone, "--reason", "lost")
