"""Seals, checkpoints, exports and a move, typed as an operator types them."""

from pathlib import Path

from tests.cli.terminals import Terminal, plain
from tests.cli.town import Town
from tests.databases import Databases


def test_what_is_sealed_leaves_the_database_and_is_verified_against(
    busy: Town, tmp_path: Path
) -> None:
    terminal, kept = busy.terminal, str(tmp_path / "kept.txt")
    sealed = terminal.json("seal")
    again = terminal.json("seal")
    busy.redeem(1)
    terminal("checkpoint", "export", kept)
    terminal("seal")

    told = plain(terminal("verify", "--against", kept))

    assert sealed["blocks"] == 1
    assert again == {"blocks": 0, "movements": sealed["movements"]}
    assert "chaque sceau est vrai" in told
    assert "1 point de contrôle gardé ailleurs : même chose" in told
    [latest, first] = terminal.json("checkpoint", "list")
    assert latest["size"] > first["size"] == sealed["movements"]
    [file] = (terminal.data_dir / "checkpoints").glob("*.txt")
    assert file.read_text("utf-8").count("\n— ") == 2
    refused = terminal.run("verify", "--against", str(tmp_path))
    assert refused.exit_code == 1


def test_a_proof_is_written_and_checked(busy: Town, tmp_path: Path) -> None:
    file = str(tmp_path / "seven.tlog-proof")
    busy.terminal("seal")
    busy.terminal("checkpoint", "prove", "2", file)

    told = busy.terminal.json("checkpoint", "check", file)
    Path(file).write_text(Path(file).read_text("utf-8").replace("index 1\n", "index 0\n"), "utf-8")
    forged = busy.terminal.run("checkpoint", "check", file)

    assert told == {"honest": True}
    assert forged.exit_code == 1
    assert "ne mène pas" in plain(forged.stdout)


def test_an_export_is_taken_in_elsewhere_and_a_move_carries_everything(
    busy: Town, databases: Databases, tmp_path: Path
) -> None:
    archive = str(tmp_path / "all.zip")
    busy.terminal("seal")
    out = busy.terminal.json("export", archive)
    balances = busy.by("controle").json("balances")
    target = databases.clone("postgresql")
    other = Terminal(tmp_path / "other", databases.clone("sqlite"))

    came = other.json("import", archive)
    moved = busy.terminal.json("move", target)

    assert came["movements"] == moved["movements"] == out["movements"] > 0
    assert came["fingerprint"] == moved["fingerprint"] == out["fingerprint"]
    assert other.run("import", archive).exit_code == 1
    assert "chaque sceau est vrai" in plain(other("verify"))
    assert "chaque sceau est vrai" in plain(busy.terminal("verify", "--export", archive))
    there = Terminal(busy.terminal.data_dir, target, "controle@exemple.fr")
    assert there.json("balances") == balances
    databases.drop(target)
