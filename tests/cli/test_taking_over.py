"""Opening a real installation with its programme, and taking its cupboard over."""

from pathlib import Path

import pytest

from tests.cli.terminals import PASSWORD, Terminal
from tests.cli.town import Town

HEAD = "millesime;premier carnet;dernier carnet;taille;lieu;prescripteur;codes\n"


@pytest.fixture
def town(terminal: Terminal) -> Town:
    return Town(terminal).open()


def test_a_cupboard_is_taken_over_by_two(town: Town, tmp_path: Path) -> None:
    here = town.by("coordination")
    days = ("--from", "01/01/2026", "--until", "31/12/2030")
    here("vintage", "create", "25R", "--face-value", "10", "--taken-over", *days)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(HEAD + "25R;9;1;10;étagère;;\n", encoding="cp1252")
    told = here.run("takeover", "check", str(wrong))
    assert told.exit_code == 1
    assert "Ligne 2" in told.stdout
    assert "échangez-les" in told.stdout
    assert "Rien n’est repris" in told.stderr
    file = tmp_path / "cupboard.csv"
    file.write_text(HEAD + "25R;1;3;10;stock;;\n25R;4;5;5;prescripteur;CCAS du Lorrain;\n")

    assert "40 pass : le fichier peut être repris" in here("takeover", "check", str(file))
    made = here.json("takeover", "import", str(file))
    assert made["voucher_count"] == 40
    assert here.json("takeover", "import", str(file))["id"] == made["id"]
    approved = town.by("finances")(
        *("takeover", "approve", made["number"], "--passes", "40", "--password-stdin"),
        stdin=PASSWORD,
    )
    assert "40 pass sont dans passnum" in approved
    pdf = tmp_path / "report.pdf"
    assert "CCAS du Lorrain" in here("takeover", "show", made["number"], "--pdf", str(pdf))
    assert pdf.read_bytes().startswith(b"%PDF")
    assert "Reprise PVR-" in here("voucher", "25R", "00001", "01")
    places_come_and_go(here, tmp_path)


def places_come_and_go(here: Terminal, folder: Path) -> None:
    """A national file is read first, then taken; ours are written, and what they lack is said."""
    lieux = folder / "lieux.csv"
    lieux.write_text(
        "id,nom,commune,code_postal,adresse,services,date_maj\n"
        "a,Espace du Bourg,Macouba,97218,Bourg,Utilisation sécurisée du numérique,2026-01-02\n"
    )
    assert "Espace du Bourg – nouveau lieu" in here("places", "import", str(lieux))
    taken = ("places", "import", str(lieux), "--take", "--kind", "association")
    assert "1 ligne reprise" in here(*taken)
    assert "0 ligne reprise" in here(*taken)
    ours = folder / "ours.json"
    assert "Non exporté" in here("places", "export", str(ours))
    assert ours.read_text() == "[]"


def test_a_real_installation_begins_with_its_programme(terminal: Terminal) -> None:
    asked = (
        *("init", "--sponsor", "CAP Nord", "--commune", "Le Marigot", "--password-stdin"),
        *("--administrator", "a@exemple.fr", "--administrator-name", "Mélissa"),
        *("--coordinator", "b@exemple.fr", "--coordinator-name", "Nadège"),
        *("--programme", "Pass numérique 2027"),
    )
    stdin = f"{PASSWORD}\n{PASSWORD}\n"

    assert "--issuer" in terminal.refusal(*asked, stdin=stdin)
    said = terminal(*asked, "--issuer", "Imprimerie", "--issuer-commune", "Ducos", stdin=stdin)

    assert "Dispositif « Pass numérique 2027 » ouvert." in said.replace("\u00a0", " ")
    [programme] = terminal.as_("b@exemple.fr").json("programme", "list")
    assert programme["name"] == "Pass numérique 2027"
