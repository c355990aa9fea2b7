"""Taking passes by command: one, a file, twice, and never a code on the screen."""

from pathlib import Path
from uuid import uuid4

import pytest

from app.clearing import redemption_cli
from app.kernel import codes
from tests.cli.terminals import plain
from tests.cli.town import TODAY, Town


def test_a_pass_taken_twice_under_one_id_is_owed_once(busy: Town) -> None:
    same = ("--id", str(uuid4()))

    assert busy.redeem(1, *same) == busy.redeem(1, *same)
    again = busy.by("mediateur").refusal("redeem", busy.codes[0])

    assert again.startswith("Ce pass a déjà été encaissé ici, le ")
    assert busy.codes[0] not in again


def test_an_undone_redemption_gives_the_pass_back(busy: Town) -> None:
    taken, here = busy.redeem(1), busy.by("mediateur")

    here("undo", taken["id"], "--reason", "Saisi deux fois")

    assert "déjà annulé" in here.refusal("undo", taken["id"], "--reason", "Encore")
    assert "annulé depuis" in here("redeem", busy.codes[0], "--id", taken["id"])
    assert busy.redeem(1)["id"] != taken["id"]


def test_a_file_is_taken_line_by_line_and_can_be_sent_again(busy: Town, tmp_path: Path) -> None:
    unissued, unknown = busy.codes[10], codes.derive(b"another key", 1)
    lines = [busy.codes[0], "", "pas un code", unissued, unknown, busy.codes[1], busy.codes[0]]
    file = tmp_path / "pass.txt"
    file.write_text("\n".join(lines), encoding="utf-8")
    sent = ("redeem", "--file", str(file), "--id", str(uuid4()))

    first = busy.by("mediateur").run(*sent)
    again = busy.by("mediateur").run(*sent)

    assert (first.exit_code, first.stderr) == (1, "")
    assert first.stdout == again.stdout
    sending, *shown = plain(first.stdout).splitlines()
    assert sending.startswith(f"Envoi {sent[-1]} : ")
    assert shown[0].startswith("1. Pass 26A 00001 01")
    assert shown[1].startswith("2. Il manque 7 des 16 caractères")
    assert shown[2].startswith("3. Ce pass n’a pas encore été remis")
    assert shown[3].startswith("4. Aucun pass ne correspond")
    assert shown[4].startswith("5. Pass 26A 00001 02")
    assert shown[5].startswith("6. Ce pass a déjà été encaissé ici")
    assert shown[6] == "2 pass encaissés sur 6 : 20 €."
    assert not [code for code in lines if len(code) == 16 and code in first.stdout]


def test_a_file_on_the_standard_input_is_answered_to_a_program(busy: Town) -> None:
    sent = "\n".join(busy.codes[:3])

    answers = busy.by("mediateur").json("redeem", "--file", "-", stdin=sent)

    assert [(a["accepted"], a["amount_cents"]) for a in answers] == [(True, 1000)] * 3
    assert all(a["receipt"].count(".") == 2 for a in answers)


def test_a_file_of_another_encoding_is_read_as_far_as_it_goes(busy: Town, tmp_path: Path) -> None:
    file = tmp_path / "pass.txt"
    file.write_bytes(b"\xef\xbb\xbf" + busy.codes[0].encode() + b"\r\n\xe9t\xe9\x00\r\n")

    sent = busy.by("mediateur").run("redeem", "--file", str(file))

    assert sent.exit_code == 1
    assert "1 pass encaissés sur 2 : 10 €." in plain(sent.stdout)


def test_what_was_taken_before_a_file_was_stopped_is_told(
    busy: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redemption_cli, "LARGEST_BATCH", 25)
    guesses = [codes.derive(b"another key", serial) for serial in range(1, 30)]
    file = tmp_path / "pass.txt"
    file.write_text("\n".join([busy.codes[0], *guesses, busy.codes[1]]), encoding="utf-8")

    stopped = busy.by("mediateur").run("redeem", "--file", str(file))

    assert stopped.exit_code == 1
    assert "1 pass encaissés sur" in plain(stopped.stdout)
    assert plain(stopped.stderr).startswith("Trop de codes inconnus")


def test_a_file_that_is_not_there_is_named(busy: Town, tmp_path: Path) -> None:
    nowhere = tmp_path / "nulle-part.txt"

    refused = busy.by("mediateur").refusal("redeem", "--file", str(nowhere))

    assert refused == f"{nowhere} : il n’existe pas."


def test_the_hour_of_the_session_is_that_of_martinique(busy: Town) -> None:
    midnight = busy.redeem(1, "--at", f"{TODAY:%d/%m/%Y} 0h01")

    assert midnight["redeemed_at"] == f"{TODAY}T04:01:00+00:00"
    refused = busy.by("mediateur").refusal("redeem", busy.codes[1], "--at", "2020-01-01T10:30")
    assert "l’accompagnement est du 01/01/2020" in refused


def test_the_printers_file_is_for_its_owner_alone_and_replaces_nothing(
    busy: Town, tmp_path: Path
) -> None:
    file, here = tmp_path / "codes.csv", busy.by("coordination")

    assert "sont déjà imprimés" in here.refusal("codes", busy.order, "--output", str(file))
    again = ("--reason", "Fichier perdu par l’imprimeur")
    held = here.refusal("codes", busy.order, "--output", str(file), *again)
    assert "Le carnet 1 est déjà remis à une personne" in held
    rest = ("--from", "2", *again)
    assert "25 codes écrits" in here("codes", busy.order, "--output", str(file), *rest)

    assert file.stat().st_mode & 0o777 == 0o600
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "serial;code;cover"
    assert [line.split(";")[1] for line in lines[1:]] == busy.codes[10:]
    assert "il existe déjà" in here.refusal("codes", busy.order, "--output", str(file))
    assert "Votre rôle" in busy.by("controle").refusal("codes", busy.order)


def test_codes_wait_until_the_order_has_left_and_need_the_key(busy: Town) -> None:
    here = busy.by("coordination")
    waiting = here.json("order", "prepare", "--vintage", "26A", "--tens", "1")["number"]
    assert "n’est pas encore partie" in here.refusal("codes", waiting)

    key = busy.terminal.data_dir / "keys" / "vintage-26A.key"
    again = ("codes", busy.order, "--from", "2", "--reason", "Essai")
    key.write_bytes(b"another" * 10)
    assert "n’est pas celle du millésime 26A" in here.refusal(*again)
    key.write_bytes(b"")
    assert "est vide ou abîmé" in here.refusal(*again)
    key.unlink()
    assert "n’est pas sur cette machine" in here.refusal(*again)
