"""The main jobs at a counter: of a prescriber, of a mediator, and of whoever holds a booklet."""

import re

import pytest

from app.ledger import AccountKind
from tests.browser.walks.conftest import Town
from tests.browser.walks.hands import Hands
from tests.printing.samples import edition

ANY = re.compile(".")
WHY_NOW = "Les pass restants sont promis à des séances déjà fixées"


def say_what_is_needed(agent: Hands) -> None:
    """The second step: seven answers, a commitment ticked on the screen, and what the agent saw."""
    for question in agent.page.locator("fieldset[id^=q] legend").all_inner_texts():
        agent.pick(ANY, of=question)
    agent.pick(re.compile("écran"), of="Comment signe-t-elle ?")
    for words in agent.page.locator("#engagement .option").all_inner_texts():
        agent.tick(words)
    agent.tick(re.compile("^J’atteste"))
    agent.press("Continuer")


def type_the_next_on_the_page_of(agent: Hands, draft_id: str) -> None:
    """Back, where a browser has kept the first step with its id: the next person is typed there."""
    agent.go("/remises/nouvelle")
    script = "id => document.querySelectorAll('main [name=id]').forEach(kept => kept.value = id)"
    agent.page.evaluate(script, draft_id)
    agent.write("Nom", "Wolof")
    agent.write("Prénom", "Yamile")
    agent.write("Année de naissance", "1957")
    agent.choose("Commune", "Le Lorrain")
    agent.pick(re.compile("^60 ans ou plus"), of="Sa situation")
    agent.press("Continuer")
    agent.sees("la remise de Célestine Démonstration (1990). Vous venez d’y écrire Yamile Wolof")
    agent.press(re.compile("^C’est une autre personne"))
    agent.sees("Celle de Célestine Démonstration vous attend dans « Remises »", "Yamile Wolof")
    agent.leave_steps()
    agent.sees("2 remises ne sont pas terminées")


def test_a_prescriber_confirms_hands_over_asks_and_reports(town: Town) -> None:
    agent = town.seat("plie")
    cover = edition().cover_address(town.cover(5))

    agent.go("/aujourd-hui")
    agent.follow(re.compile("^Compter : "))
    agent.scan("Carnets comptés, un par ligne", cover)
    agent.press("Signer la réception")
    agent.tick(re.compile("^J’ai compté ces carnets"))
    agent.press("Signer la réception")
    assert town.rest(5) == {AccountKind.PRESCRIBER: 10}

    agent.menu("Remises")
    agent.follow("Remettre un carnet")
    agent.press("Continuer")
    agent.sees("La personne n’est pas notée")
    agent.write("Nom", "Démonstration")
    agent.write("Prénom", "Célestine")
    agent.write("Année de naissance", "1990")
    agent.choose("Commune", "Le Lorrain")
    agent.pick(re.compile("^Participant du PLIE"), of="Sa situation")
    agent.unfold("Téléphone ou courriel")
    agent.write("Téléphone", "0696 00 00 00")
    agent.press("Continuer")
    type_the_next_on_the_page_of(agent, agent.page.url.split("/")[-2])
    agent.follow(re.compile("^Reprendre.*Célestine"))

    say_what_is_needed(agent)
    agent.scan("Carnet", cover)
    agent.pick(re.compile("EXO7"), of="Où ira-t-elle ?")
    agent.press("Remettre le carnet")
    assert town.rest(5) == {AccountKind.CIRCULATION: 10}
    assert agent.file("Imprimer la lettre") == "application/pdf"
    assert agent.file("La lettre en gros caractères") == "application/pdf"

    agent.menu("Demandes")
    agent.follow("Demander des carnets")
    agent.choose("Dispositif", "Pass numérique")
    agent.choose("Pour quel public", "Participants du PLIE")
    agent.write("Carnets de 10", "5")
    agent.write("Pourquoi", "Inscriptions de janvier")
    agent.press("Envoyer la demande")
    agent.sees("Inscriptions de janvier")

    agent.menu("Oppositions")
    agent.follow("Déclarer une perte")
    agent.scan("Quels pass", town.chain.scheme.booklet(4))
    agent.pick("Volé", of="Ce qui s’est passé")
    agent.pick("Le prescripteur", of="Qui le déclare")
    agent.press("Vérifier avant de bloquer")
    assert town.rest(4) == {AccountKind.PRESCRIBER: 10}
    agent.press("Mettre en opposition")
    assert town.rest(4) == {AccountKind.BLOCKED: 10}


@pytest.mark.deep
def test_a_prescriber_gives_the_next_booklet_in_two_presses(town: Town) -> None:
    agent, scheme = town.seat("ccas"), town.chain.scheme
    for code in town.codes(11)[:4]:
        with town.database.transaction() as session:
            scheme.redeem(session, code).accepted()

    agent.go("/aujourd-hui")
    agent.menu("Mes personnes")
    agent.follow(re.compile("^Renouveler"))
    agent.write("Carnet", scheme.booklet(12))
    agent.press("Remettre le carnet")
    agent.sees("donnez la raison de le faire maintenant")
    agent.choose("Raison de renouveler maintenant", WHY_NOW)
    agent.press("Remettre le carnet")
    assert town.rest(12) == {AccountKind.CIRCULATION: 5}


def test_a_mediator_takes_passes_and_follows_what_is_owed(town: Town) -> None:
    mediator, finance = town.seat("exo7"), town.seat("finance")
    codes = town.codes(2)

    mediator.go("/mon-guichet")
    mediator.follow("Encaisser un pass")
    mediator.push("Scanner un pass")
    mediator.hears("appareil photo")
    mediator.write("Code du pass", "0000 0000 0000 0000")
    mediator.press("Encaisser")
    mediator.sees("Refusé")
    mediator.write("Code du pass", "")
    mediator.scan("Code du pass", codes[2], codes[3])
    mediator.press("Encaisser")
    mediator.sees("2 acceptés")
    assert town.rest(2)[AccountKind.REDEEMED] == 3

    mediator.follow(re.compile(r"^Noter l’accompagnement \(2"))
    mediator.choose("Durée", "1 h")
    mediator.tick("Courriel")
    mediator.press("Noter l’accompagnement")
    mediator.sees("20 €")

    mediator.menu("Encaisser")
    mediator.scan("Code du pass", codes[4])
    mediator.unfold(re.compile("^Aujourd’hui. Un autre jour"))
    mediator.choose("Durée", "1 h")
    mediator.press("Encaisser")
    mediator.sees("Accepté", "L’accompagnement est noté")
    mediator.follow(town.chain.scheme.serial(2, 5))
    assert mediator.file("Reçu à imprimer (PDF)") == "application/pdf"
    mediator.follow("Annuler")
    mediator.write("Pourquoi", "La personne a repris son pass")
    mediator.press("Annuler l’encaissement")
    assert town.rest(2)[AccountKind.REDEEMED] == 3

    mediator.menu("Bordereaux")
    mediator.follow(re.compile("^BR-[0-9]{4}-0001"))
    assert mediator.file("PDF") == "application/pdf"
    mediator.menu("Mon guichet")
    mediator.follow("Mes coordonnées bancaires")
    mediator.follow("Changer de compte")
    mediator.write("Titulaire du compte", "Exo 7")
    mediator.write("IBAN", "FR76 3000 6000 0112 3456 7890 189")
    mediator.press("Saisir le compte")

    finance.go("/aujourd-hui")
    finance.menu("Partenaires")
    finance.follow("EXO7")
    finance.follow(re.compile("^Vérifier et confirmer"))
    finance.write("IBAN, en entier", "FR76 3000 6000 0112 3456 7890 189")
    finance.tick(ANY)
    finance.press("Confirmer le compte")
    finance.sees("Le compte est confirmé")


def test_somebody_with_a_booklet_learns_where_to_go(town: Town) -> None:
    person = town.passer_by()

    person.go(f"/P/{town.codes(1)[8]}")
    person.sees("Ce pass est")
    person.choose(re.compile("commune"), "Le Lorrain")
    person.press(ANY)
    person.sees("Le Lorrain")
    person.follow("English")
    person.sees("This pass is")
    person.follow("Français")
    person.go(f"/C/{town.cover(1)}")
    person.sees("Il reste")
    person.page.context.close()
