"""Accounts by e-mail from the command line: as an agent in person, and what the machine sends."""

import pytest

from tests.cli.terminals import PASSWORD
from tests.cli.town import ADMINISTRATOR, Town

NEW = ("nouvelle@exemple.fr", "--name", "Régine", "--role", "prescripteur")
WHERE = ("--organisation", "CCAS du Lorrain")


def test_an_agent_invites_in_person_and_the_machine_keeps_the_letter(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, typed = town.terminal.as_(ADMINISTRATOR), "--password-stdin"

    assert "Un jeton ne peut rien approuver" in admin.refusal("agent", "invite", *NEW, *WHERE)
    said = admin("agent", "invite", *NEW, *WHERE, typed, stdin=PASSWORD)
    [letter] = town.terminal.json("mails", "list")
    kinds = [event["what"] for event in town.terminal.json("agent", "events", "--of", NEW[0])]

    assert "/invitation/" in town.terminal("mails", "link", letter["id"])
    assert "donnez le lien depuis « Courriels »" in said
    assert (letter["kind"], letter["state"], letter["attempt_count"]) == (
        "Invitation",
        "gardé ici",
        0,
    )
    assert kinds == ["Invitation envoyée", "Compte créé"]
    assert "PASSNUM_SMTP_HOST" in town.terminal.refusal("mails", "send")
    changed = ("agent", "role", ADMINISTRATOR, "--role", "finances", typed)
    assert "son propre rôle" in admin.refusal(*changed, stdin=PASSWORD)
    assert "retirée" in admin("agent", "withdraw", NEW[0], typed, stdin=PASSWORD)
    again = admin("agent", "resend", NEW[0], typed, stdin=PASSWORD)
    assert "l’ancien lien ne sert plus : son lien sert une fois, pendant 7 jours. Aucun" in again
    assert "levé" in town.terminal("agent", "unlock", NEW[0])
    town.terminal("agent", "disable", NEW[0])
    assert "rouvert" in admin("agent", "reopen", NEW[0], typed, stdin=PASSWORD)

    for name, value in {
        "PASSNUM_SMTP_HOST": "127.0.0.1",
        "PASSNUM_SMTP_PORT": "1",
        "PASSNUM_SMTP_SENDER": "ne-pas-repondre@capnord.example",
        "PASSNUM_PUBLIC_URL": "https://pass.capnord.example",
    }.items():
        monkeypatch.setenv(name, value)
    # A withdrawn letter is torn up; the account was closed, so the second one was as well.
    assert town.terminal.json("mails", "send") == {"sent": 0, "put_off": 0, "failed": 0}
    admin("agent", "resend", NEW[0], typed, stdin=PASSWORD)
    assert town.terminal.json("mails", "send") == {"sent": 0, "put_off": 1, "failed": 0}
    assert "Connection" in town.terminal.json("mails", "list")[0]["answer"]
