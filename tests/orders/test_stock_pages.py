"""A printer's file and a count by their pages alone."""

import io
from collections.abc import Mapping

import pytest

from app.kernel import codes
from app.kernel.serials import BookletNumber, SerialNumber
from app.orders import queries as orders
from tests.api.house import House
from tests.orders.test_order_pages import Desk, flat
from tests.pages import markup


@pytest.fixture
def order(house: House) -> str:
    """Two booklets of 10, sent and awaited."""
    with house.database.transaction() as session:
        order_id = house.scheme.sent_order(session, tens=2, fives=0)
        found = orders.order(session, order_id)
        assert found
        return found.number


def test_the_model_of_a_file_has_heads_that_are_read(house: House, order: str) -> None:
    desk, path = Desk(house, "coordinator"), f"/commandes/{order}/fichiers"
    heads = desk.client.get(f"{path}/modele.csv").data.decode()

    filled = heads + printed(house, 1, 2).decode().partition("\n")[2].replace("\n", ";\n") + ";"

    assert heads == "\ufeffnuméro de série;code du pass;code de couverture\r\n"
    status, said = upload(desk, path, filled.encode(), {"codes_from": "passnum"})
    assert (status, "20 pass sont arrivés" in said) == (200, True)


def printed(house: House, *booklets: int) -> bytes:
    """What the printer says of these booklets."""
    key = house.scheme.keys.key("26A")
    lines = [
        f"{SerialNumber(BookletNumber('26A', number), place)};"
        f"{codes.derive(key, (number - 1) * 10 + place)}"
        for number in booklets
        for place in range(1, 11)
    ]
    return "\n".join(["serial;code", *lines]).encode()


def upload(desk: Desk, path: str, content: bytes, typed: Mapping[str, str]) -> tuple[int, str]:
    """Send a file by the form of a page."""
    page = markup.read(desk.client.get(path).text)
    form = next(f for f in page.all("form") if f.attributes.get("id") == "formulaire")
    hidden = {
        e.attributes["name"]: e.attributes.get("value", "")
        for e in form.all("input")
        if e.attributes.get("type") == "hidden"
    }
    sent = {**hidden, **typed, "file": (io.BytesIO(content), "numeros.csv")}
    answer = desk.client.post(
        path, data=sent, content_type="multipart/form-data", follow_redirects=True
    )
    return answer.status_code, flat(answer.text)


def test_a_file_is_sent_read_and_answered_on_pages(house: House, order: str) -> None:
    desk, path = Desk(house, "coordinator"), f"/commandes/{order}/fichiers"
    chosen = {"codes_from": "passnum"}
    wrong = printed(house, 1, 2).replace(b"26A 00002 03", b"26A 00002 04")

    status, said = upload(desk, path, wrong, chosen)

    assert (status, "10 pass sont arrivés" in said) == (200, True)
    assert "Clé de contrôle fausse" in said
    assert "rien n’a changé" in upload(desk, path, wrong, chosen)[1]
    mended = upload(desk, path, printed(house, 2), chosen)[1]
    assert "Tout est arrivé comme annoncé" in mended
    assert "n’attend aucune livraison" in desk.read(path)


def test_a_file_that_cannot_be_read_says_why(house: House, order: str) -> None:
    desk, path = Desk(house, "coordinator"), f"/commandes/{order}/fichiers"

    status, said = upload(desk, path, b"numero\n1\n", {"codes_from": "issuer"})

    assert (status, "Rien n’est reçu" in said) == (422, True)
    assert "colonne « code »" in said


def test_a_drawer_is_counted_blind_and_signed_by_another(house: House) -> None:
    with house.database.transaction() as session:
        house.scheme.stock(session, tens=3, fives=0)
        house.scheme.allocation(session, 1, 2)
    plie, coordinator = Desk(house, "plie"), Desk(house, "coordinator")
    said = plie.sends("/comptages/nouveau", {"counted_on": house.scheme.today.isoformat()})
    assert "est ouvert" in said
    (path,) = {
        link.attributes["href"]
        for link in markup.read(plie.client.get("/comptages").text).all("a")
        if "/comptages/0" in link.attributes.get("href", "")
    }

    refused = plie.sends(
        path, {"lines": "26A 00001\n26A 00001 01 00"}, to=f"{path}/saisie", status=422
    )
    assert "Ligne 2" in refused
    noted = plie.sends(path, {"lines": "26A 00001 à 3\n26A 00002"}, to=f"{path}/saisie")
    assert "3 carnets sont notés" in noted
    assert "Théorie" not in noted
    closed = plie.sends(f"{path}/fermer", {})
    assert "10 en trop" in closed
    assert "En stock, SPONSOR" in closed
    assert "une autre personne vérifie" in closed
    signed = coordinator.sends(path, {"seen": "oui"}, to=f"{path}/signer")
    assert "signé par deux personnes" in signed
    paper = coordinator.client.get(f"{path}/proces-verbal.pdf")
    assert (paper.status_code, paper.mimetype) == (200, "application/pdf")
    assert Desk(house, "ccas").client.get(path).status_code == 404


def test_the_settings_are_saved_as_their_form_shows_them(house: House) -> None:
    path = f"/dispositifs/{house.scheme.programme_id}/reglages"
    applies_from = f"{house.scheme.today:%Y-%m-%d}"

    said = Desk(house, "coordinator").sends(path, {"applies_from": applies_from})

    assert "Les réglages ne sont pas changés" not in said
    assert "Les réglages de la version" in said
