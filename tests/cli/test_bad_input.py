"""What cannot be understood, or makes no sense: one French sentence, and nothing done."""

from uuid import uuid4

import pytest

from tests.cli.terminals import PASSWORD, Terminal
from tests.cli.town import COORDINATOR, Town

AGENT = ("--agent", COORDINATOR)
PREPARE = ("order", "prepare", "--vintage", "26A")
RECORD = ("delivery", "record", "BC-2026-0001", "--serials")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((*PREPARE, "--tens", "-1"), "--tens : « -1 » ne va pas"),
        ((*PREPARE, "--tens", "9" * 30), "--tens : « 999"),
        ((*PREPARE, "--tens", "٣"), "--tens : « ٣ » ne va pas"),
        ((*PREPARE, "--ten-price", "1,234"), "--ten-price : « 1,234 » n’est pas une somme"),
        ((*PREPARE, "--ten-price", "-1"), "n’est pas une somme"),
        ((*PREPARE, "--ten-price", "9" * 19), "n’est pas une somme"),
        ((*PREPARE, "--id", "12"), "--id : « 12 » n’est pas un identifiant"),
        (("order", "prepare"), "Il manque --vintage"),
        (("order", "show"), "Il manque COMMANDE"),
        (("order", "show", "a", "b"), "porte un mot de trop"),
        (("order", "sho"), "La commande « sho » n’existe pas ; vouliez-vous écrire show ?"),
        (("ordre",), "La commande « ordre » n’existe pas ; vouliez-vous écrire order ?"),
        (("order", "list", "--jsno"), "L’option --jsno n’existe pas"),
        (("order", "list", "--json=1"), "L’option --json est mal employée"),
        ((*RECORD, "1-b"), "--serials : « b » ne va pas"),
        ((*RECORD, ""), "--serials : «  » ne va pas"),
        (("clearing", "run", "--cut-off", "29/02/2026"), "« 29/02/2026 » n’est pas un jour"),
        (("clearing", "run", "--cut-off", "0001-01-01"), "« 0001-01-01 » n’est pas un jour"),
        (("clearing", "run", "--cut-off", "9999-12-31"), "n’est pas un jour"),
        (("report", "usage", "--on", "hier"), "--on : « hier » n’est pas un jour"),
        (("balances", "--at", "2026-11-19T25:00"), "n’est pas un moment"),
        (("redeem",), "Donnez un code, ou un fichier"),
        (("redeem", "x", "--file", "y"), "Donnez un code, ou un fichier"),
        (("token", "revoke", "x"), "« x » n’est pas un identifiant"),
        (("serve", "--port", "0"), "--port : « 0 » ne va pas"),
        (("serve", "--port", "65536"), "--port : « 65536 » ne va pas"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_what_is_not_understood(
    terminal_alone: Terminal, words: tuple[str, ...], expected: str
) -> None:
    said = terminal_alone.misuse(*words)

    assert expected in said
    assert "Voyez « passnum" in said


@pytest.fixture
def terminal_alone(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Nothing is looked up before it is understood: no database is needed."""
    folder = tmp_path_factory.mktemp("alone")
    return Terminal(folder, f"sqlite:///{folder}/none.db", agent=COORDINATOR)


@pytest.mark.parametrize(
    ("kind", "expected"), [("église", "écrivez l’un de commanditaire, émetteur"), ("", "« »")]
)
def test_a_word_that_is_not_of_the_scheme_is_answered_with_those_that_are(
    terminal_alone: Terminal, kind: str, expected: str
) -> None:
    said = terminal_alone.misuse("partner", "add", "X", "--kind", kind, "--commune", "Y")

    assert expected in said.replace("«  »", "« »")


@pytest.mark.parametrize("word", ["Mediateur", "MÉDIATEUR", "mediator"])
def test_a_word_is_read_without_its_accents_and_in_english_too(town: Town, word: str) -> None:
    account = ("agent", "create", "x@exemple.fr", "--name", "X", "--role", word, "--no-password")

    assert "Médiateur" in town.terminal(*account, "--organisation", "Exo 7")


# ── Refused by the scheme ─────────────────────────────────────────────────────────────────────────


def test_rows_are_named_by_number_or_id_and_unknown_ones_are_said_so(busy: Town) -> None:
    control = busy.by("controle")
    shown = control.json("order", "show", busy.order.lower())
    assert control.json("order", "show", shown["id"]) == shown

    for words in (
        ("order", "show", "BC-2026-9999"),
        ("order", "show", str(uuid4())),
        ("order", "show", "\0"),
    ):
        assert control.refusal(*words).startswith("Cette commande est introuvable.")
    money, coordination = busy.by("finances"), busy.by("coordination")
    assert "livraison est introuvable" in money.refusal("activate", "LIV-2026-9999")
    assert "envoi est introuvable" in busy.by("prescripteur").refusal("accept", "DOT-1")
    order = ("--mandate", "1", "--bordereau", "1", "--issued-on", "2026-01-01")
    assert "bordereau est introuvable" in money.refusal(
        "clearing", "order-payment", "BR-2026-0001", *order
    )
    assert "millésime est introuvable" in coordination.refusal("order", "prepare", "--vintage", "Z")
    lost = ("allocate", "CCAS du Lorrain", "--programme", "Autre")
    assert "dispositif est introuvable" in coordination.refusal(*lost)


def test_a_form_is_answered_with_what_to_write_instead(busy: Town) -> None:
    refused = busy.by("coordination").refusal(
        "bank-details", "add", "Exo 7", "--holder", "Exo 7", "--iban", "FR00"
    )

    assert refused.startswith("Cet IBAN ne peut pas exister")


def test_an_account_is_refused_with_a_reason_and_says_so(busy: Town) -> None:
    false = busy.by("coordination").json(
        "bank-details", "add", "Exo 7", "--holder", "Exo 7", "--iban", "DE89370400440532013000"
    )
    money, why = busy.by("finances"), "Ce n’est pas leur compte"
    refuse = ("bank-details", "refuse", false["id"], "--reason", why, "--password-stdin")
    assert "Compte refusé" in money(*refuse, stdin=f"{PASSWORD}\n")
    last = money.json("bank-details", "list", "Exo 7")[-1]
    assert (last["state"], last["refused_because"]) == ("refused", why)


def test_the_same_request_twice_does_it_once_and_another_under_its_id_is_refused(
    busy: Town,
) -> None:
    here, same = busy.by("coordination"), ("--id", str(uuid4()))

    first = here.json("order", "prepare", "--vintage", "26A", "--tens", "1", *same)
    again = here.json("order", "prepare", "--vintage", "26A", "--tens", "1", *same)
    other = here.refusal("order", "prepare", "--vintage", "26A", "--tens", "2", *same)

    assert first == again
    assert first["id"] == same[1]
    assert other.startswith("Cet identifiant a déjà servi")


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        (("5-1",), "est à l’envers"),
        (("1-10", "5-20"), "se chevauchent"),
        (("0-10",), "est à l’envers ou hors limites"),
        (("31-40",), "dépasse la commande"),
        (("1000-1009",), "n’appartient pas à cette commande"),
        (("1-15",), "coupe un carnet"),
        (("1-10",), "déjà reçus"),
        ((), "Indiquez au moins une plage"),
    ],
)
def test_serials_that_make_no_sense(busy: Town, ranges: tuple[str, ...], expected: str) -> None:
    options = [word for typed in ranges for word in ("--serials", typed)]

    refused = busy.by("coordination").refusal("delivery", "record", busy.order, *options)

    assert expected in refused


def test_two_organisations_of_one_name_are_told_apart(busy: Town) -> None:
    here = busy.by("coordination")
    twin = ("partner", "add", "Exo 7", "--kind", "association", "--commune", "Case-Pilote")
    twin_id = here.json(*twin)["id"]

    assert "2 structures s’appellent « Exo 7 »" in here.refusal("bank-details", "list", "Exo 7")
    said = here("partner", "siret", twin_id, "73282932000074", "--reason", "Avis SIRENE")
    assert said.startswith("Le SIRET de « Exo 7 » est désormais 732 829 320 00074.\n")
    assert here("bank-details", "list", "73282932000074") == (
        "Cette structure n’a pas donné de compte.\n"
    )


def test_an_installation_is_opened_once(busy: Town) -> None:
    refused = busy.terminal.refusal(
        *("init", "--sponsor", "X", "--commune", "Y", "--password-stdin"),
        *("--administrator", "a@exemple.fr", "--administrator-name", "A"),
        *("--coordinator", "b@exemple.fr", "--coordinator-name", "B"),
        stdin=f"{PASSWORD}\n{PASSWORD}\n",
    )

    assert refused.startswith("Cette base est déjà ouverte")


def test_a_pass_and_a_statement_of_another_are_not_shown(busy: Town) -> None:
    stranger = busy.by("mediateur")

    assert "Aucun pass ne correspond" in stranger.refusal("voucher", "26A", "00002", "01")
    assert stranger("clearing", "list") == "Aucun bordereau.\n"


@pytest.mark.parametrize(
    ("serial", "expected"),
    [
        ("26A 00001 01 99", "La clé de contrôle ne correspond pas"),
        ("bonjour", "Ce n’est pas un numéro de série"),
        ("26A 09999 01", "Aucun pass ne correspond"),
    ],
)
def test_a_serial_that_is_none(busy: Town, serial: str, expected: str) -> None:
    assert expected in busy.by("controle").refusal("voucher", *serial.split())
