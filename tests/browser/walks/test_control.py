"""The main jobs of those who check: the accountant, the auditor, whoever keeps the accounts."""

import re

from tests.browser.walks.conftest import Town

PASSWORD = "quatre iguanes lisent sous deux flamboyants mauves"


def test_the_accountant_signs_reads_and_takes_the_evidence_away(town: Town) -> None:
    accountant = town.seat("accountant")

    accountant.go("/aujourd-hui")
    accountant.follow(re.compile("^Relire : Signer le comptage"))
    accountant.press(re.compile("^Signer"))
    accountant.menu("Registres")
    accountant.follow("SPONSOR")
    assert accountant.file(re.compile("PDF")) == "application/pdf"
    accountant.menu("Registres")
    accountant.follow("Compte d’emploi du millésime 26A")
    assert accountant.file(re.compile("PDF")) == "application/pdf"
    accountant.menu("Mouvements")
    accountant.unfold("Filtrer")
    accountant.choose("Opération", "Payé au médiateur")
    accountant.press("Afficher")
    assert accountant.file("CSV") == "text/csv"
    accountant.menu("Pièces")
    accountant.unfold("Changer la période")
    accountant.write("Du", f"{town.chain.scheme.today:%Y-%m}-01")
    accountant.press("Afficher")
    accountant.press(re.compile("^Préparer l’archive"))
    assert "/travaux/" in accountant.page.url


def test_an_auditor_compares_a_checkpoint_and_proves_a_receipt(town: Town) -> None:
    auditor = town.seat("auditor")

    auditor.go("/confiance")
    auditor.write("Numéro du point de contrôle", "douze")
    auditor.press("Comparer")
    auditor.write("Numéro du point de contrôle", "1")
    auditor.press("Comparer")
    assert auditor.file("la clé publique") == "text/plain"
    assert auditor.file(re.compile("^Ce point de contrôle")) == "text/plain"
    auditor.unfold("Refaire le calcul")
    auditor.follow("le reçu d’un encaissement")
    auditor.press("Vérifier")


def test_an_administrator_invites_ends_a_session_and_reads_the_journal(town: Town) -> None:
    administrator, invited = town.seat("administrator"), town.passer_by()

    administrator.go("/comptes")
    administrator.follow("Inviter une personne")
    administrator.press("Envoyer l’invitation")
    administrator.write("Nom de la personne", "Jeanne Démonstration")
    administrator.write("Son adresse électronique", "jeanne@exemple.fr")
    administrator.choose("Sa structure", "CCAS")
    administrator.choose("Son rôle", "Prescripteur")
    administrator.press("Envoyer l’invitation")
    administrator.menu("Courriels")
    administrator.follow("Invitation")
    administrator.press("Montrer le lien")
    invited.go(administrator.reads(".notice strong"))
    invited.write("Mot de passe à choisir", "court")
    invited.press("Ouvrir mon compte")
    invited.write("Mot de passe à choisir", PASSWORD)
    invited.press("Ouvrir mon compte")
    invited.sees("Votre compte est ouvert")

    administrator.menu("Comptes")
    administrator.follow("Jeanne Démonstration")
    administrator.follow("Connexions et second facteur")
    administrator.press("Mettre fin à toutes ses connexions")
    administrator.menu("Journal des comptes")
    administrator.unfold("Filtrer")
    administrator.choose("Quoi", "Toutes les sessions fermées")
    administrator.press("Afficher")
    administrator.sees("Jeanne Démonstration")

    invited.go("/remises")
    invited.write("Adresse électronique", "jeanne@exemple.fr")
    invited.write("Mot de passe", PASSWORD)
    invited.press("Se connecter")
    invited.sees("Remises de carnets")
    invited.page.context.close()
