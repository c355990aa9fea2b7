"""Settings shown, changed and withdrawn; usage told apart; registers, accounts and slips."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.kernel.clock import martinique_day
from tests.cli.town import Town


def test_settings_are_shown_changed_in_per_cent_and_withdrawn(town: Town) -> None:
    here = town.by("coordination")
    later = martinique_day(datetime.now(UTC)) + timedelta(days=30)
    day = f"{later:%d/%m/%Y}"

    made = here.json(
        *("programme", "change", "--from", day, "--order-fee", "4,5", "--budget", "250000"),
        *("--entitlement", "senior", "10", "2", "0", "--certification"),
    )

    assert made["ordinal"] == 2
    told = here.json("programme", "settings", "--on", day)
    assert (told["order_fee_basis_points"], told["budget_cents"]) == (450, 25_000_000)
    assert told["certification_required"] is True
    assert {e["public"]: e["booklet_count"] for e in told["entitlements"]}["senior"] == 2
    assert "4,5" in here("programme", "settings", "--on", day)
    assert here.json("programme", "settings")["ordinal"] == 1
    assert "pourcentage" in here.refusal(
        *("programme", "change", "--from", day, "--order-fee", "400"), status=2
    )
    assert "ne s’appliquera pas" in here("programme", "withdraw", "2", "--reason", "Reporté")
    assert here.json("programme", "settings", "--on", day)["ordinal"] == 1
    assert "introuvable" in here.refusal("programme", "withdraw", "9", "--reason", "Reporté")


def test_usage_registers_accounts_and_slips_are_told_and_written(
    busy: Town, tmp_path: Path
) -> None:
    here = busy.by("coordination")
    usage, register = tmp_path / "usage.csv", tmp_path / "register.xlsx"

    table = here("report", "usage", "--by", "prescripteur", "--to", str(usage))

    assert "Ensemble" in table
    assert usage.read_bytes().startswith("\ufeffPrescripteur".encode())
    assert "--by" in here.refusal("report", "usage", "--since", "01/01/2026")
    held = here.json("report", "register")
    [first] = [h for h in held if h["holder"] == "CCAS du Lorrain"]
    lines = here.json("report", "register", "CCAS du Lorrain", "--vintage", first["vintage"])
    assert lines[-1]["balance_count"] == first["closing_count"]
    written = ("report", "register", "CCAS du Lorrain", "--vintage", first["vintage"])
    assert "est écrit" in here(*written, "--to", str(register))
    assert register.read_bytes().startswith(b"PK")
    assert "Écart" in here("report", "account", first["vintage"])
    paper = tmp_path / "slip.pdf"
    assert "Détenus à la fin" in here("report", "slip", "CCAS du Lorrain", "--pdf", str(paper))
    assert paper.read_bytes().startswith(b"%PDF")
