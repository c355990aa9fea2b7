"""An order by its pages alone, from the plan to the activation, as its people work."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from app.programmes.service import known_vintage
from tests.api.house import House
from tests.pages import markup
from tests.papers.reading import words

if TYPE_CHECKING:
    from flask.testing import FlaskClient


class Desk:
    """One agent at the pages: opens them, fills their form, reads what they say next."""

    def __init__(self, house: House, name: str) -> None:
        self.client: FlaskClient = house.signed_in(name).client

    def read(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return flat(answer.text)

    def sends(self, path: str, typed: Mapping[str, str], *, to: str = "", status: int = 200) -> str:
        """Fill the form that acts on a page, and read what follows."""
        page = markup.read(self.client.get(path).text)
        form = next(
            f
            for f in page.all("form")
            if f.attributes["method"] == "post" and f.attributes.get("id") == "formulaire"
        )
        filled = {
            e.attributes["name"]: e.attributes.get("value", "")
            for e in form.all("input")
            if "name" in e.attributes
        }
        filled |= {
            choice.attributes["name"]: option.attributes["value"]
            for choice in form.all("select")
            for option in choice.all("option")
            if "selected" in option.attributes
        }
        answer = self.client.post(to or path, data=filled | dict(typed), follow_redirects=True)
        assert answer.status_code == status, answer.text
        return flat(answer.text)


def flat(html: str) -> str:
    """What a person reads, on one line, with plain spaces."""
    text = re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<head>.*?</head>", "", html))
    for space in ("&nbsp;", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"):
        text = text.replace(space, " ")
    return " ".join(text.split())


ANY_FORM = "/commandes/nouvelle"
"""Whose hidden fields a request to another page carries, where that page shows no form."""
NEW = {
    "tens": "6",
    "ten_price": "2,20",
    "fives": "2",
    "five_price": "1,40",
    "market_number": "2026-PN-1",
    "deliver_to": "Le Marigot",
}


@pytest.fixture
def number(house: House) -> str:
    """An order that was planned, prepared, approved by another and sent."""
    programme = house.scheme.programme_id
    clerk, other = Desk(house, "coordinator"), Desk(house, "finance")
    planned = clerk.read(f"/commandes/planifier?dispositif={programme}&plie=2&senior=2")
    assert "2 × 3 = 6 de 10" in planned
    assert "Préparer cette commande" in planned
    assert "2 × participants du PLIE" in clerk.read(
        f"/commandes/nouvelle?dispositif={programme}&plie=2"
    )

    said = clerk.sends(f"/commandes/nouvelle?dispositif={programme}&plie=2&senior=2", NEW)
    found = re.search(r"La commande (BC-\d+-\d+) est préparée", said)
    assert found is not None
    order = found[1]
    assert "vous ne pouvez pas l’approuver" in said
    approval = f"/commandes/{order}/approuver"
    assert "Vous l’avez préparée" in clerk.read(approval, status=409)
    assert "une autre personne doit l’approuver" in clerk.sends(
        ANY_FORM, {}, to=approval, status=422
    )
    assert "Préparée par Agent coordinator" in other.read(f"/commandes/{order}")
    assert "est approuvée" in other.sends(f"/commandes/{order}/approuver", {})
    assert "est envoyée" in clerk.sends(f"/commandes/{order}/envoyer", {})
    return order


def test_an_order_goes_through_its_pages_to_active_passes(house: House, number: str) -> None:
    clerk, finance = Desk(house, "coordinator"), Desk(house, "finance")
    page = f"/commandes/{number}"
    assert "Ce qui était prévu" in clerk.read(page)

    part = {f"{end}_{n}": "" for n in range(1, 7) for end in ("first", "last")}
    wrong = part | {"first_1": "26A 00004", "last_1": "26A 00002", "first_2": "9", "last_2": "12"}
    refused = clerk.sends(f"{page}/livraison", wrong, status=422)
    assert "La plage 4 à 2 est à l’envers" in refused
    assert "Les carnets 9 à 12 ne sont pas tous de cette commande" in refused

    came = clerk.sends(f"{page}/livraison", part | {"first_1": "26A 00001", "last_1": "4"})
    assert "4 sur 6" in came
    assert "26A 00005 à 26A 00006" in came
    assert "Il manque 16 € de mandats" in came

    assert "inerte aucun mandat n’est saisi" in finance.read(page)
    assert f"{number} " in finance.read("/commandes?etat=inert")
    mandate = {"mandate_number": "M-1", "amount_cents": "8,80"}
    said = finance.sends(page, mandate, to=f"{page}/mandats")
    assert "Il manque encore 7,20 € de mandats" in said
    [delivery] = set(re.findall(r"LIV-\d+-\d+", said))
    assert "est active" in finance.sends(f"{page}/activer/{delivery}", {})
    assert f"{number} " not in finance.read("/commandes?etat=inert")

    told = clerk.read(page)
    assert re.search(r"reçue le \S+ \S+ \d{4}, par vous", told)
    assert re.search(r"active depuis le [^,]+, par Agent finance \(service financier\)", told)

    rest = clerk.sends(f"{page}/livraison", {})
    assert "6 sur 6" in rest
    assert "Tout est livré" in rest


def test_a_stock_that_suffices_leads_to_no_order(house: House, number: str) -> None:
    programme, clerk = house.scheme.programme_id, Desk(house, "coordinator")

    plan = clerk.read(f"/commandes/planifier?dispositif={programme}&plie=1")
    blank = house.signed_in("coordinator").client.get(
        f"/commandes/nouvelle?dispositif={programme}&plie=1"
    )

    assert number
    assert "Rien à commander : le stock suffit" in plan
    assert "Préparer cette commande" not in plan
    assert 'name="tens" value="0"' not in blank.text


def test_the_list_keeps_its_filters_and_says_what_is_missing(house: House, number: str) -> None:
    reader = Desk(house, "auditor")

    listed = reader.read("/commandes?etat=sent")
    assert f"{number} " in listed
    assert "Il manque 16 € de mandats" in listed
    assert "Aucune commande ne répond" in reader.read("/commandes?etat=active")
    assert "Préparer une commande" not in reader.read("/commandes")

    # Once its passes serve no more, nothing is missing or expected: it is too late.
    with house.database.transaction(writing=False) as session:
        terms = known_vintage(session, house.scheme.vintage_id)
    house.clock.days += (terms.last_redemption_on - house.scheme.today).days + 1
    listed, page = reader.read("/commandes?etat=sent"), reader.read(f"/commandes/{number}")
    assert "envoyée trop tard pour le reste" in listed
    assert "Il manque" not in listed + page
    assert "Livrée trop tard Activée trop tard" in page
    assert "Jamais arrivés" in page
    assert "Encore attendus" not in page
    assert "envoyée, trop tard pour le reste" in reader.client.get("/commandes.csv").text


def test_an_order_that_has_not_left_is_cancelled_with_a_reason_and_a_sent_one_is_not(
    house: House, number: str
) -> None:
    clerk = Desk(house, "coordinator")
    typed, to = {"reason": "Trop tard"}, f"/commandes/{number}/annuler"
    assert "La commande est envoyée" in clerk.read(to, status=409)
    assert "déjà partie chez l’émetteur" in clerk.sends(ANY_FORM, typed, to=to, status=409)
    said = clerk.sends("/commandes/nouvelle", NEW)
    order = re.findall(r"BC-\d+-\d+", said)[0]

    assert "Dites pourquoi" in clerk.sends(f"/commandes/{order}/annuler", {}, status=422)
    gone = clerk.sends(f"/commandes/{order}/annuler", {"reason": "Le stock suffit"})

    assert "est annulée" in gone
    assert "Le stock suffit" in gone
    finance = Desk(house, "finance")
    assert "La commande est annulée" in finance.read(f"/commandes/{order}/approuver", status=409)


def test_a_new_order_names_all_that_is_wrong_with_it(house: House) -> None:
    wrong = {"tens": "", "fives": "", "market_number": "M" * 51, "expected_on": "2020-01-01"}
    said = Desk(house, "coordinator").sends("/commandes/nouvelle", NEW | wrong, status=422)

    assert "indiquez un nombre de carnets" in said
    assert "Écrivez un jour à venir" in said


def test_freezing_is_confirmed_and_its_orders_say_so(house: House, number: str) -> None:
    clerk = Desk(house, "coordinator")
    page = f"/dispositifs/{house.scheme.programme_id}/gel"
    why = {"reason": "L’émetteur est en redressement", "geste": "geler"}
    assert "Cochez cette case" in clerk.sends(page, why | {"sure": ""}, status=422)
    assert "Le dispositif est gelé" in clerk.sends(page, why | {"sure": "oui"})
    for place in ("/commandes", f"/commandes/{number}"):
        assert "est gelé depuis le" in clerk.read(place)


def test_the_order_form_says_what_the_page_says(house: House, number: str) -> None:
    path = f"/commandes/{number}/bon-de-commande.pdf"
    client = house.signed_in("coordinator").client

    first, again = client.get(path).data, client.get(path).data

    assert first == again
    [text] = words(first)
    said = flat(text)
    for part in (number, "2026-PN-1", "Le Marigot", "26A 00001", "13,20 €", "16,00 €"):
        assert part in said
    assert "seize euros" in said


def test_a_mandate_beyond_the_order_asks_for_a_tick(house: House, number: str) -> None:
    finance, page = Desk(house, "finance"), f"/commandes/{number}"
    typed = {"mandate_number": "M-2", "amount_cents": "999999"}
    refused = finance.sends(page, typed, to=f"{page}/mandats", status=422)
    assert "Ce mandat est de 999 999 €, et il reste 16 € à couvrir" in refused
    assert "Ce montant dépasse la commande, je confirme" in refused
    assert "M-2 du" not in finance.read(page)

    ticked = finance.sends(page, typed | {"beyond_order": "oui"}, to=f"{page}/mandats")
    assert "Les mandats couvrent toute la commande" in ticked


def test_a_budget_below_what_is_committed_asks_for_a_tick(house: House, number: str) -> None:
    desk, reader = Desk(house, "coordinator"), Desk(house, "auditor")
    page = f"/dispositifs/{house.scheme.programme_id}/reglages"
    refused = desk.sends(page, {"budget_cents": "1"}, status=422)
    assert "Le budget serait de 1 €, et 716 € sont déjà engagés" in refused
    assert "Ce budget est déjà dépassé, je confirme" in refused

    ticked = desk.sends(page, {"budget_cents": "1", "below_committed": "oui"})
    assert "Les réglages de la version 2 s’appliquent" in ticked
    assert "Budget dépassé de 715 €" in reader.read(f"/commandes/{number}")

    # What was committed when it was approved is activated all the same.
    desk.sends(f"/commandes/{number}/livraison", {})
    finance, order = Desk(house, "finance"), f"/commandes/{number}"
    paid = {"mandate_number": "M-1", "amount_cents": "16"}
    said = finance.sends(order, paid, to=f"{order}/mandats")
    assert "Activer la livraison LIV" in said
