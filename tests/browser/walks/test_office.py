"""The main jobs of coordination and finance, end to end: from an order to a payment."""

import re

import pytest

from app.kernel.clock import martinique_day
from app.ledger import AccountKind
from tests.browser.walks.conftest import Town
from tests.printing.samples import edition


def test_a_coordinator_orders_receives_prints_and_entrusts(town: Town) -> None:
    coordinator, other, finance = map(town.seat, ("coordinator", "coordinator2", "finance"))

    coordinator.go("/aujourd-hui")
    coordinator.menu("Commandes")
    coordinator.follow("Préparer une commande")
    coordinator.choose("Millésime", "26A, Pass numérique")
    coordinator.write("Carnets de 10 pass", "2")
    coordinator.press("Préparer la commande")
    coordinator.sees("La commande n’est pas préparée")
    coordinator.write("Prix d’un carnet de 10", "2,20")
    coordinator.press("Préparer la commande")
    number = coordinator.reads("h1").removeprefix("Commande ")
    coordinator.sees("Vous l’avez préparée : vous ne pouvez pas l’approuver.")

    other.go("/aujourd-hui")
    other.menu("Commandes")
    other.follow(number)
    other.follow("Approuver")
    other.press("Approuver")

    coordinator.menu("Commandes")
    coordinator.follow(number)
    coordinator.follow("Envoyer à l’émetteur")
    coordinator.press("Envoyer à l’émetteur")
    coordinator.follow("Impressions de cette commande")
    coordinator.follow(re.compile("^Imprimer des carnets"))
    coordinator.pick(re.compile("^Gros caractères"), of="Taille des caractères")
    coordinator.press("Imprimer ces carnets")
    assert coordinator.file(re.compile(r"\.pdf$")) == "application/pdf"

    coordinator.menu("Commandes")
    coordinator.follow(number)
    coordinator.follow("Recevoir une livraison")
    first = int(coordinator.page.get_by_label("Premier carnet").first.input_value()[-5:])
    coordinator.press("Enregistrer la livraison")
    assert town.rest(first) == {AccountKind.STOCK_INERT: 10}

    finance.go("/aujourd-hui")
    finance.menu("Commandes")
    finance.follow(number)
    finance.write("Numéro du mandat", "M-2026-77")
    finance.write("Somme mandatée", "4,40")
    finance.press("Saisir ce mandat")
    finance.follow(re.compile("^Activer la livraison"))
    finance.press("Activer")
    assert town.rest(first) == {AccountKind.STOCK: 10}

    coordinator.menu("Dotations")
    coordinator.follow("Confier des carnets")
    coordinator.choose("Dispositif", "Pass numérique")
    coordinator.choose("Destinataire", "CCAS")
    covers = [edition().cover_address(town.cover(first + place)) for place in range(2)]
    coordinator.scan("Carnets, un par ligne", *covers)
    coordinator.press("Envoyer")
    coordinator.sees("CCAS")
    assert town.rest(first + 1) == {AccountKind.TRANSIT: 10}


@pytest.mark.deep
def test_a_coordinator_decides_what_looks_odd(town: Town) -> None:
    coordinator = town.seat("coordinator")

    coordinator.go("/aujourd-hui")
    coordinator.follow(re.compile("^Regarder : "))
    coordinator.follow("Hors des heures")
    coordinator.press("Noter la décision")
    coordinator.sees("La décision n’est pas notée")
    coordinator.pick("Expliqué, sans suite", of="Ce qui suit")
    coordinator.write("Ce que vous avez vu", "Atelier du soir, annoncé en mairie")
    coordinator.press("Noter la décision")
    coordinator.unfold("Filtrer")
    coordinator.choose("État", "Décidés")
    coordinator.press("Afficher")
    coordinator.sees("Expliqué, sans suite")


def test_finance_prepares_approves_and_orders_and_the_accountant_pays(town: Town) -> None:
    finance, other, accountant = map(town.seat, ("finance", "coordinator2", "accountant"))

    finance.go("/aujourd-hui")
    finance.menu("Bordereaux")
    finance.follow("Liquider")
    finance.choose("Dispositif", "Pass numérique")
    finance.write("Date d’arrêté", f"{martinique_day(town.clock()):%Y-%m-%d}")
    finance.press("Voir ce qui serait pris")
    finance.press(re.compile("^Faire ce"))

    other.go("/aujourd-hui")
    other.menu("Bordereaux")
    other.follow(re.compile("^Projet.*CARECOF"))
    net = other.fact("Net à payer")
    other.follow("Approuver")
    other.write("Net à payer que vous avez lu", net)
    other.press("Approuver ce total")
    number = other.reads("h1").removeprefix("Bordereau ")

    finance.menu("Bordereaux")
    finance.follow(re.compile(f"^{number}"))
    finance.follow("Émettre le mandat")
    finance.write("Numéro du mandat", "M-2026-78")
    finance.write("Numéro du bordereau de mandats", "B-12")
    finance.press("Émettre le mandat")

    accountant.go("/aujourd-hui")
    accountant.menu("Bordereaux")
    accountant.follow(re.compile(f"^{number}"))
    accountant.follow("Enregistrer le paiement")
    accountant.press("Enregistrer le paiement")
    accountant.sees("payé")
