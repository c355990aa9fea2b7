"""The counter's pages as people use them: nothing typed is lost, and a double click is harmless."""

import re
from html import unescape
from urllib.parse import urlencode
from uuid import UUID

import pytest

from app.clearing import session_queries
from app.clearing.receipts import serial_in
from tests.api.house import House
from tests.papers import reading
from tests.service.scans import unknown_code

Typed = dict[str, str | list[str]]


def blank(house: House, name: str, path: str) -> Typed:
    """The hidden fields of a page's last form, as a browser would send them."""
    page = house.signed_in(name).client.get(path)
    assert page.status_code == 200, page.text
    return hidden(page.text)


def hidden(text: str) -> Typed:
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
    return {name: unescape(value) for name, value in pairs}


def send(house: House, name: str, path: str, typed: Typed) -> tuple[int, str]:
    """Send a form; the page that answers, after a redirection too."""
    answer = house.signed_in(name).client.post(path, data=typed, follow_redirects=True)
    return answer.status_code, unescape(answer.text).replace("\u00a0", " ")


def kept(text: str) -> str:
    """What stands in the field of codes."""
    found = re.search(r'<textarea[^>]*name="codes"[^>]*>([^<]*)</textarea>', text)
    assert found is not None
    return found[1]


def total(house: House) -> int:
    """Passes of the mediator today that were not undone."""
    with house.database.transaction(writing=False) as session:
        totals = session_queries.day_totals(
            session, house.scheme.today, mediator_id=house.scheme.organisations["exo7"]
        )
    return sum(one.voucher_count for one in totals if one.state != "undone")


def test_a_code_to_correct_stays_typed_and_a_double_click_takes_once(used_up: House) -> None:
    codes, today = used_up.lived.codes, used_up.scheme.today
    before = total(used_up)
    form = blank(used_up, "exo7", "/encaisser")
    wrong, unknown = codes[8][:-1] + "*", unknown_code(7)
    form |= {
        "codes": f"{codes[7]}\r\n{wrong}\r\n{unknown}\r\n{codes[0]}",
        "jour": today.isoformat(),
        "duree": "90",
        "genre": "group",
        "personnes": "4",
        "sujets": ["email", "safety"],
    }

    (status, page), (_, again) = (send(used_up, "exo7", "/encaisser", form) for _ in range(2))

    assert status == 200
    assert "1 accepté, 3 refusés" in page
    assert kept(page).split() == [wrong, unknown] == kept(again).split()
    assert "Déjà" not in page
    assert "déjà été encaissé" in page
    assert "L’accompagnement est noté" in page
    assert total(used_up) == before + 1
    corrected = form | hidden(page) | {"codes": codes[8]}
    _, after = send(used_up, "exo7", "/encaisser", corrected)
    assert "Accepté" in after
    assert kept(after) == ""
    with used_up.database.transaction(writing=False) as session:
        [held] = [
            one
            for one in session_queries.sessions_after(session, None, limit=50, mediator_id=None)
            if one.duration_minutes == 90
        ]
        assert session_queries.passes_of(session, [held.id]) == {held.id: (2, 2000)}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"codes": ""}, "Tapez le code"),
        ({"jour": "31/02/2026"}, "Écrivez un jour"),
        ({"jour": "2099-01-01"}, "au plus tard aujourd’hui"),
        ({"duree": "60", "genre": "group", "personnes": ""}, "combien de personnes"),
        ({"duree": "60", "genre": "group", "personnes": "1"}, "combien de personnes"),
        ({"codes": "x\n" * 101}, "au plus 100"),
        ({"sujets": ["email"]}, "Choisissez la durée de l’accompagnement, ou effacez"),
    ],
)
def test_a_form_that_cannot_be_read_takes_nothing_and_loses_nothing(
    used_up: House, typed: Typed, said: str
) -> None:
    before = total(used_up)
    form = blank(used_up, "exo7", "/encaisser") | {
        "codes": used_up.lived.codes[9],
        "jour": used_up.scheme.today.isoformat(),
    }

    status, page = send(used_up, "exo7", "/encaisser", form | typed)

    assert status == 422
    assert said in page
    assert kept(page).split() == str((form | typed)["codes"]).split()
    assert total(used_up) == before


def test_a_serial_and_a_code_typed_twice_are_told_for_what_they_are(used_up: House) -> None:
    before, code = total(used_up), used_up.lived.codes[9]
    form = blank(used_up, "exo7", "/encaisser") | {"jour": used_up.scheme.today.isoformat()}
    serial = used_up.scheme.serial(1, 10)
    lines = f"{serial}\r\n{code}\r\n{code.lower()[:4]} {code[4:]}"

    _, page = send(used_up, "exo7", "/encaisser", form | {"codes": lines})

    assert "C’est le numéro du pass, et non son code" in page
    assert "déjà à la ligne 2 de votre liste" in page
    assert kept(page).split() == serial.split()
    assert total(used_up) == before + 1


def test_an_undoing_asks_why_then_says_what_comes_next(used_up: House) -> None:
    redemption_id = used_up.lived.ids["redemption"]
    path = f"/encaissements/{redemption_id}/annuler"
    form = blank(used_up, "exo7", path)

    refused = send(used_up, "exo7", path, form | {"raison": " "})
    done = send(used_up, "exo7", path, form | {"raison": "Pris deux fois"})
    again = send(used_up, "exo7", path, form | {"raison": "Pris deux fois"})

    assert refused[0] == 422
    assert "Écrivez en quelques mots" in refused[1]
    assert "est annulé. Rendez le pass" in done[1]
    assert again[0] == 200
    with used_up.database.transaction(writing=False) as session:
        held = session_queries.links_among(session, [redemption_id])[redemption_id]
    of_session = used_up.signed_in("exo7").client.get(f"/seances/{held}").text
    assert "; 1&nbsp;annulé" in of_session
    other = used_up.signed_in("carecof").client.get(f"/encaissements/{redemption_id}")
    assert other.status_code == 404
    claimed = used_up.lived.ids["claimed redemption"]
    page = used_up.signed_in("exo7").client.get(f"/encaissements/{claimed}/annuler").text
    assert "Annuler l’encaissement</button>" not in page


def test_one_types_a_sheet_and_another_takes_its_passes(used_up: House) -> None:
    scheme = used_up.scheme
    form = blank(used_up, "coordinator", "/saisies/nouvelle") | {
        "mediateur": str(scheme.organisations["exo7"]),
        "jour": scheme.today.isoformat(),
        "lignes": f"{scheme.serial(2, 5)}\r\nbonjour",
    }
    status, page = send(used_up, "coordinator", "/saisies/nouvelle", form)
    assert status == 422
    assert "Ligne 2 :" in page
    assert scheme.serial(2, 5) in page

    typed = used_up.signed_in("coordinator").client.post(
        "/saisies/nouvelle", data=form | {"lignes": scheme.serial(2, 5)}
    )
    path = typed.location
    own = used_up.signed_in("coordinator").client.get(path).text
    assert "une autre personne doit la vérifier" in own
    check = blank(used_up, "finance", path)
    assert send(used_up, "coordinator", f"{path}/verifier", check | {"compare": "oui"})[0] != 200
    assert send(used_up, "finance", f"{path}/verifier", check)[0] == 422
    _, taken = send(used_up, "finance", f"{path}/verifier", check | {"compare": "oui"})

    assert "1 pass sur 1 sont encaissés" in taken
    assert "Accepté" in taken


def test_a_sheet_that_is_wrong_is_set_aside_with_a_reason(used_up: House) -> None:
    path = f"/saisies/{used_up.lived.ids['typed sheet']}"
    form = blank(used_up, "finance", path)

    assert send(used_up, "finance", f"{path}/ecarter", form | {"raison": ""})[0] == 422
    _, page = send(used_up, "finance", f"{path}/ecarter", form | {"raison": "Mauvais jour"})

    assert "est écartée : aucun pass n’est encaissé" in page
    assert "Mauvais jour" in page


def test_a_session_is_noted_after_its_passes(used_up: House) -> None:
    ids = used_up.lived.ids
    path = f"/seances/nouvelle?jour={used_up.scheme.today}"
    form = blank(used_up, "exo7", path) | {
        "jour": used_up.scheme.today.isoformat(),
        "genre": "individual",
        "duree": "60",
        "pass": [str(ids["claimed redemption"]), "x"],
    }

    _, page = send(used_up, "exo7", "/seances/nouvelle", form)

    assert "est noté" in page
    assert "1 pass, 10 €" in page


def test_anybody_checks_a_receipt_and_a_forged_letter_shows(used_up: House) -> None:
    taken = used_up.by_token("exo7").get(f"/redemptions/{used_up.lived.ids['paid redemption']}")
    receipt = taken.read()["receipt"]
    client = used_up.app.test_client()

    def asked(text: str) -> str:
        return client.get(f"/recu?{urlencode({'r': text})}").text

    true = asked(receipt)
    assert "Reçu vrai" in true
    assert serial_in(receipt) in true
    assert "EXO7" in true
    assert "rien n’est dû" not in true
    broken = receipt[:200] + " \r\n" + receipt[200:]
    assert "Reçu vrai" in asked(f"https://exemple.fr/recu?r={broken}")
    forged = receipt.replace(".", "A.", 1), receipt[:-1], receipt + "A", "é", "." * 3000
    for text in (*forged, receipt[:150] + ("A" if receipt[150] != "A" else "B") + receipt[151:]):
        assert "Reçu faux" in asked(text), text
    assert "Reçu" not in re.sub(r"(?s)<title>.*</title>", "", asked("")).split("<h1>")[0]
    undone = used_up.lived.ids["undone redemption"]
    old = used_up.by_token("exo7").get(f"/redemptions/{undone}").read()["receipt"]
    assert "rien n’est dû" in asked(old)


def test_the_receipt_on_paper_is_read_back_by_eye_and_by_telephone(used_up: House) -> None:
    redemption_id = used_up.lived.ids["paid redemption"]
    client = used_up.signed_in("exo7").client
    receipt = used_up.by_token("exo7").get(f"/redemptions/{redemption_id}").read()["receipt"]

    paper = client.get(f"/encaissements/{redemption_id}/recu.pdf")

    assert paper.mimetype == "application/pdf"
    [page] = reading.words(paper.data)
    assert serial_in(receipt) in page.replace("\u00a0", " ")
    assert "SPÉCIMEN" in page
    assert receipt in "".join(page.split())
    [picture] = reading.pictures(paper.data)
    [code] = reading.codes(picture)
    assert code.endswith(f"/recu?r={receipt}")
    assert "Reçu vrai" in used_up.app.test_client().get(code.partition("localhost")[2]).text
    assert client.get(f"/encaissements/{redemption_id}/recu.pdf").data == paper.data


@pytest.mark.parametrize(
    "path",
    [
        f"/encaissements?avant={'9' * 30}&mediateur=x&jour=",
        "/encaissements?jour=0001-01-01",
        "/encaissements?jour=%00",
        "/seances?du=9999-12-31&au=x",
        "/seances/nouvelle?jour=99999-01-01",
        f"/recu?r={'%F0%9F' * 50}.{'A' * 40}.{'A' * 86}",
    ],
)
def test_an_address_that_makes_no_sense_is_answered_all_the_same(used_up: House, path: str) -> None:
    for name in ("exo7", "auditor"):
        answer = used_up.signed_in(name).client.get(path)
        assert answer.status_code in {200, 403, 422}, answer.text


def test_passes_taken_for_a_session_under_way_are_added_to_it(used_up: House) -> None:
    today = used_up.scheme.today
    noted = blank(used_up, "exo7", f"/seances/nouvelle?jour={today}")
    told: Typed = {"jour": today.isoformat(), "duree": "60", "genre": "individual"}
    answer = used_up.signed_in("exo7").client.post("/seances/nouvelle", data=noted | told)
    held_id = UUID(answer.location.rpartition("/")[2])
    path = f"/encaisser?seance={held_id}"
    form = blank(used_up, "exo7", path)

    _, page = send(used_up, "exo7", "/encaisser", form | {"codes": used_up.lived.codes[6]})

    assert "Accompagnement " in page
    assert "Accepté" in page
    with used_up.database.transaction(writing=False) as session:
        assert len(session_queries.redemptions_of_session(session, held_id)) == 1
    carecof = used_up.signed_in("carecof").client
    assert carecof.get(path).status_code == 404
    sheet = used_up.signed_in("exo7").client.get("/seances.csv").get_data(as_text=True)
    # Whose they are; and a space that a keyboard has, where the page keeps words together.
    assert f"{today:%d/%m/%Y};EXO7;Individuel;1 h;" in sheet


def test_all_that_a_claim_lacks_is_said_at_once(used_up: House) -> None:
    path = f"/litiges/nouveau/{UUID(int=0)}"
    form = blank(used_up, "exo7", path)

    status, page = send(used_up, "exo7", path, form | {"redeemed_at": "2999-01-01"})

    assert status == 422
    for asked in ("Tapez de nouveau le code", "Racontez en quelques mots", "être à venir"):
        assert asked in page


def test_the_receipts_of_a_month_leave_as_a_file_that_proves_itself(used_up: House) -> None:
    exo7 = used_up.signed_in("exo7").client
    month = f"{used_up.scheme.today:%Y-%m}"

    rows = exo7.get(f"/recus.csv?mois={month}").text.splitlines()[1:]
    page = unescape(exo7.get(f"/recus?mois={month}").text)

    assert rows
    for row in rows:
        *_, serial, _, state, receipt, address = row.split(";")[:8]
        assert serial in page
        assert receipt in address
        told = unescape(used_up.app.test_client().get(address).text)
        assert "Reçu vrai" in told or (state, "La signature est vraie" in told) == ("Annulé", True)
    assert exo7.get("/recus.xlsx?mois=2099-13").data.startswith(b"PK")
