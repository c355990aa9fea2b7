"""Where the issuer pays mediators, no page has the authority pay what it paid with the order."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from app.clearing.payer_words import danger_among, state_labels
from app.clearing.rules import StatementState
from app.database.connections import Database
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from app.programmes.rules import Payer
from tests.api.house import House, token_of_form
from tests.beginnings import begin
from tests.databases import Databases
from tests.factories import Scheme

TAKEN = 3
OF_ORDERS = "reçus, le mandat manque"
"""The authority pays the order by a mandat of its own, and says so truly."""


def paid_by_the_issuer(database: Database, folder: Path) -> Scheme:
    """Passes that a mediator took, in a programme of which the issuer pays them."""
    with database.transaction() as session:
        scheme = Scheme.ready(session, folder, payer=Payer.ISSUER)
        for code in scheme.issued_booklet(session)[:TAKEN]:
            scheme.redeem(session, code, at="exo7").accepted()
    return scheme


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)])
def house(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[House]:
    url, scheme = begin(databases, request.param, tmp_path, paid_by_the_issuer)
    database = Database(url)
    made = House.on(database, tmp_path, scheme)
    # What a scheme clears is dated two days from now.
    made.clock.days = 2
    yield made
    database.close()
    databases.drop(url)


def words(text: str) -> str:
    """What a person reads of a page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u202f", " "))


def read(house: House, name: str, *paths: str) -> str:
    """The words of these pages: none speaks of a mandat or of the authority's accountant."""
    found = ""
    for path in paths:
        answer = house.signed_in(name).client.get(path)
        assert answer.status_code == 200, answer.text
        said = words(answer.text[answer.text.index("<main") :])
        found_in = re.search(r".{60}([Mm]andat|[Ll]e comptable).{60}", said.replace(OF_ORDERS, ""))
        assert found_in is None, (path, found_in)
        found += said
    return found


def press(house: House, name: str, path: str, **fields: str) -> str:
    """What the next page says after a form was sent."""
    client = house.signed_in(name).client
    form = {"id": str(new_id()), "csrf_token": token_of_form(client), **fields}
    return words(client.post(path, data=form, follow_redirects=True).text)


def test_no_page_has_the_authority_pay_what_the_issuer_pays(house: House) -> None:
    scheme, day = house.scheme, martinique_day(house.scheme.later).isoformat()
    run = f"/liquidations?dispositif={scheme.programme_id}&arrete={day}"
    assert "L’émetteur paie ces bordereaux" in read(house, "finance", run)
    run_id = scheme.clearing(house.database)
    with house.database.transaction(writing=False) as session:
        statement_id = scheme.draft(session, run_id, "exo7").id
    place = f"/bordereaux/{statement_id}"
    desk, own = "/aujourd-hui", ("/mon-guichet", "/bordereaux", place)

    # A run, and a draft: whoever approves it reads who pays.
    assert "L’émetteur paie ce bordereau" in read(house, "finance2", place, f"{place}/approuver")
    said = press(house, "finance2", f"{place}/approuver", net=f"{TAKEN * 10}", version="1")
    assert f"transmettez-le à l’émetteur, qui paie {TAKEN * 10} €" in said

    # Approved: it goes to the issuer, with the account to pay, and never to the finance software.
    listed = read(house, "finance", desk, "/bordereaux", place)
    assert "Transmettre à l’émetteur : EXO7" in listed
    assert "elle les paierait deux fois" in listed
    assert "À transmettre" in listed
    assert "Fichier de paiement" not in listed
    assert "le transmet maintenant à l’émetteur" in read(house, "exo7", *own)
    client = house.signed_in("finance").client
    [address] = re.findall(r'href="(/bordereaux/liste-pour-emetteur/[^"]+)"',
                           client.get("/bordereaux").text)  # fmt: skip
    assert "Pass numérique BR-" in client.get(address).text
    assert "Pass numérique BR-" not in client.get("/bordereaux/fichier-de-paiement.csv").text
    asked = client.get(f"{place}/mandater").text
    assert "Transmettre à l’émetteur" in read(house, "finance", f"{place}/mandater")
    [number] = re.findall(r'name="mandate_number"[^>]* value="([^"]+)"', asked)
    sent = {"mandate_number": number, "bordereau_number": "12", "issued_on": day}
    said = press(house, "finance", f"{place}/mandater", **sent)
    assert f"L’envoi est enregistré sous la référence {number}" in said
    assert "déjà demandé" in press(house, "finance", f"{place}/mandater", **sent)

    # Sent: the issuer pays, and a third person records it, or that its payment came back.
    read(house, "finance", "/bordereaux", place)
    assert "Enregistrer le paiement de l’émetteur : EXO7" in read(house, "accountant", desk)
    assert "L’émetteur le paie sur votre compte." in read(house, "exo7", *own)
    assert "L’émetteur paie." in read(house, "exo7", "/mon-guichet")
    told = read(house, "accountant", place, f"{place}/payer", f"{place}/rejeter")
    assert f"son avis de paiement porte la référence {number}" in told
    press(house, "accountant", f"{place}/rejeter", rejected_on=day, reason="Compte clos")
    assert "transmet de nouveau" in read(house, "finance", place, f"{place}/mandater")
    assert "Transmettre de nouveau à l’émetteur : EXO7" in read(house, "finance", desk)
    read(house, "exo7", *own)
    again = sent | {"mandate_number": f"{number}-2", "same_account_reason": "Rouvert"}
    said = press(house, "finance", f"{place}/mandater", **again)
    assert "L’envoi est enregistré" in said
    said = press(house, "accountant", f"{place}/payer", paid_on=day)
    assert f"Le paiement de {TAKEN * 10} € est enregistré" in said
    assert "deux fois" not in read(house, "finance", place)
    read(house, "exo7", *own)


def test_lists_of_two_payers_name_both() -> None:
    both = state_labels(Payer)

    assert both[StatementState.APPROVED] == "À mandater ou à transmettre"
    assert both[StatementState.ORDERED] == "Mandaté ou transmis"
    assert not danger_among([("Nord", Payer.AUTHORITY)])
    assert "paie ces bordereaux" in danger_among([("Sud", Payer.ISSUER)])
    assert "paie les bordereaux du dispositif « Sud » :" in danger_among(
        [("Nord", Payer.AUTHORITY), ("Sud", Payer.ISSUER)]
    )
