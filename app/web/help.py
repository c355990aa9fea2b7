"""What is said to whoever asks « Aide »: beside a field, and from a page to its guide.

One table of short texts, each with an example where one helps; templates name its keys (`about`).
A test holds that each key is used, and each that is used is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.identity.rules import Role


@dataclass(frozen=True, slots=True)
class Help:
    """What a field means: a question as people ask it, one or two sentences, an example."""

    title: str
    text: str
    example: str = ""


HELP: Mapping[str, Help] = {
    # ── Partners ──────────────────────────────────────────────────────────────────────────────────
    "siret": Help(
        "Où trouver un SIRET ?",
        (
            "Le numéro d’un établissement : 14 chiffres, sur ses factures ou sur "
            "annuaire-entreprises.data.gouv.fr. Les 9 premiers seuls sont le SIREN : ils ne "
            "suffisent pas."
        ),
        "200\u00a0041\u00a0788\u00a000015",
    ),
    "insee": Help(
        "Qu’est-ce que le code Insee ?",
        "Le code officiel de la commune : ce n’est pas son code postal.",
        "pour Saint-Pierre, en Martinique, le code Insee est 97225 et le code postal 97250",
    ),
    "organisation_kind": Help(
        "Quelle nature choisir ?",
        (
            "Ce que la structure est, quoi qu’elle fasse ensuite : son rôle vient de sa "
            "convention. Une commune, un CCAS, une médiathèque ou une cyber-base sont publics : "
            "il leur faut une régie ou un mandat pour tenir des pass."
        ),
    ),
    "agreement_role": Help(
        "Quel rôle choisir ?",
        (
            "Un prescripteur remet les carnets. Un médiateur accompagne et encaisse les pass. "
            "Un lieu d’accueil prête une salle, un relais d’information fait savoir. Le mandat "
            "permet à un organisme public sans régie de tenir des pass en votre nom. Une "
            "structure qui a deux rôles signe deux conventions."
        ),
    ),
    "agreement_fee": Help(
        "Faut-il écrire des frais ?",
        (
            "Seulement si cette convention dit autre chose que le dispositif. Sans rien écrire, "
            "ceux du dispositif s’appliquent ; 0 veut dire : aucuns frais pour ce médiateur."
        ),
        "4 retient 4 € sur 100 € de pass",
    ),
    "fingerprint": Help(
        "D’où vient cette empreinte ?",
        (
            "D’un outil de signature, ou d’une commande comme sha256sum. Le plus simple : "
            "laissez ces trois champs vides, et joignez le document après ; passnum calcule "
            "l’empreinte."
        ),
    ),
    "iban": Help(
        "Où trouver l’IBAN ?",
        (
            "Sur le relevé d’identité bancaire (RIB). En France il commence par FR et compte 27 "
            "caractères ; les espaces ne comptent pas. Une faute de frappe est vue aussitôt."
        ),
        "FR76\u00a03000\u00a06000\u00a00112\u00a03456\u00a07890\u00a0189",
    ),
    "cash_office": Help(
        "Quelle régie ?",
        (
            "Une régie de recettes encaisse des pass ; une régie d’avances permet seulement "
            "d’en tenir. L’arrêté qui la crée dit laquelle. Ici n’est écrite que la fonction du "
            "régisseur, jamais son nom."
        ),
    ),
    "act": Help(
        "Quel acte citer ?",
        (
            "Celui qui décide, avec son numéro, pour qu’on le retrouve : délibération, arrêté, "
            "avenant, traité."
        ),
        "Délibération CC-04-2023-095",
    ),
    "label": Help(
        "Quelle référence de label ?",
        (
            "Le numéro de la décision qui accorde le label à ce lieu. Sans label en cours, un "
            "médiateur n’encaisse pas."
        ),
    ),
    "hours": Help(
        "Comment écrire les heures ?",
        (
            "Début, tiret, fin, et une virgule entre deux plages ; trois plages au plus. Un "
            "jour fermé reste vide."
        ),
        "8h-12h30, 14h-17h",
    ),
    "coordinates": Help(
        "Où trouver la latitude et la longitude ?",
        (
            "Sur une carte en ligne, par un clic droit sur le lieu : le premier nombre est la "
            "latitude, le second la longitude, négative en Martinique. Elles servent à dire "
            "quel lieu est le plus proche."
        ),
        "14,801 et −61,074",
    ),
    # ── Programme ─────────────────────────────────────────────────────────────────────────────────
    "issuer": Help(
        "Qui est l’émetteur ?",
        (
            "Celui qui garantit les pass et les fait imprimer. Ce peut être une entreprise, une "
            "association, ou votre collectivité elle-même, enregistrée une seconde fois parmi "
            "les partenaires avec la nature « Émetteur »."
        ),
    ),
    "payer": Help(
        "Qui paie les médiateurs : comment choisir ?",
        (
            "Si votre collectivité rembourse elle-même les pass, choisissez la collectivité : "
            "la commande ne paie alors que l’impression. Si l’émetteur rembourse, la commande "
            "lui paie aussi la valeur des pass. Ce choix ne change plus."
        ),
    ),
    "public": Help(
        "Quel public choisir ?",
        (
            "La situation de la personne le jour de la remise. Si plusieurs conviennent, prenez "
            "la première de la liste qui est vraie : c’est elle qui dit le nombre de carnets. "
            "Une année de naissance suffit pour 60 ans et plus."
        ),
    ),
    "entitlement": Help(
        "Comment se comptent les carnets et les renouvellements ?",
        (
            "Le nombre est ce qu’une personne reçoit la première fois. Un renouvellement lui "
            "redonne la même chose, s’il le faut. Au-delà, le prescripteur dit pourquoi, et "
            "l’exception est comptée à part."
        ),
        "1 carnet de 5, 1 renouvellement : au plus 10 pass, en deux fois",
    ),
    "share": Help(
        "Comment écrire une part ?",
        (
            "En pour cent de la valeur des pass utilisés, pas de ceux qui sont commandés. Les "
            "parts ne dépassent pas 100 ensemble, et ce qui manque à 100 est à la collectivité. "
            "L’État finance la moitié au plus."
        ),
        "50 pour l’État : sur 1\u00a0000 € de pass utilisés, il apporte 500 €",
    ),
    "fees": Help(
        "Qui paie ces frais ?",
        (
            "Le médiateur : ils sont retenus sur ce qu’il reçoit, une fois par bordereau. Une "
            "convention peut dire autre chose pour un médiateur."
        ),
        "4 retient 4 € sur un bordereau de 100 €",
    ),
    "payment_delay": Help(
        "D’où vient ce délai ?",
        (
            "Du code de la commande publique : un organisme public paie en 30 jours au plus, et "
            "des intérêts courent ensuite. C’est la date annoncée à chaque médiateur."
        ),
    ),
    "budget": Help(
        "Qu’est-ce qui compte dans le budget ?",
        (
            "Ce que coûtent les commandes et la valeur de chaque pass qui peut encore servir ou "
            "a servi. Ce qui ne se paiera plus est rendu au budget : un pass expiré ou jamais "
            "livré, ou que l’émetteur rend par un avoir si c’est lui qui paie."
        ),
    ),
    "withholding": Help(
        "Pourquoi retenir des carnets ?",
        (
            "Un carnet remis trop tard ne sert pas. Les jours dits, ceux qui sont encore dans "
            "les armoires ne se remettent plus ; vous pouvez en libérer, un par un."
        ),
    ),
    "tolerance": Help(
        "À quoi sert la tolérance ?",
        (
            "À payer un accompagnement donné peu après le dernier jour imprimé. Plus aucun carnet "
            "n’est remis, mais le médiateur encaisse encore."
        ),
        "31 jours après le 31 octobre mènent au 1er décembre",
    ),
    "joint_statement": Help(
        "Qu’est-ce que l’état contradictoire ?",
        (
            "Le compte de ce qui a servi et de ce qui n’a pas servi, signé par la collectivité "
            "et par l’émetteur. Il vient après la tolérance et après le délai d’envoi sans "
            "réseau."
        ),
        "avec 31 et 5 jours, au plus tôt le 37e",
    ),
    "offline": Help(
        "Quel risque prend-on sans réseau ?",
        (
            "Un pass perdu ou déjà utilisé ailleurs peut être pris une fois de trop ; il est "
            "alors refusé à l’envoi, et le litige est tranché. Plus le nombre est petit, plus "
            "le risque l’est aussi."
        ),
        "50 pass de 10 € : 500 € au plus par appareil",
    ),
    "certification": Help(
        "Que change la certification ?",
        (
            "Le médiateur relit son bordereau et le certifie avant que vous l’approuviez. Un "
            "médiateur qui oublie retarde son paiement."
        ),
    ),
    "recovery": Help(
        "Quand un médiateur doit-il rendre de l’argent ?",
        (
            "Quand un pass payé à tort est repris. La somme est d’abord retenue sur ses "
            "bordereaux ; après ce délai, ce qui reste peut être réclamé par un titre de "
            "recette."
        ),
    ),
    "vintage_label": Help(
        "Comment choisir le repère ?",
        (
            "Deux chiffres pour l’année et une lettre. Il commence chaque numéro de pass et ne "
            "sert qu’une fois."
        ),
        "27A pour le premier millésime de 2027",
    ),
    "face_value": Help(
        "Quelle valeur donner à un pass ?",
        (
            "Ce qui est payé au médiateur pour environ une heure. Elle est imprimée et ne "
            "change plus ; une autre valeur demande un autre millésime."
        ),
        "10 : un carnet de 10 pass vaut 100 €",
    ),
    "valid_until": Help(
        "Combien de temps laisser ?",
        (
            "Les pass servent mieux quand ils finissent vite : quatre mois est une bonne durée. "
            "Après ce jour, plus de remise ; la tolérance laisse encore finir les accompagnements."
        ),
    ),
    # ── Orders ────────────────────────────────────────────────────────────────────────────────────
    "price": Help(
        "Quel prix écrire ?",
        (
            "Ce que l’émetteur demande pour fabriquer un carnet, sans la valeur des pass : elle "
            "est comptée à part, et n’est due à l’émetteur que s’il paie les médiateurs."
        ),
        "2,20 pour un carnet de 10",
    ),
    "purchase": Help(
        "À quoi servent ces numéros ?",
        (
            "À rapprocher la facture de la commande. Le service des marchés et les finances les "
            "donnent ; la facture arrive par Chorus Pro avec le code service et l’engagement."
        ),
        "engagement E26-0417, code service FIN",
    ),
    "order_mandate": Help(
        "Quel numéro de mandat ?",
        (
            "Celui du mandat de paiement de la facture de l’émetteur, dans le logiciel de "
            "finances. Tant qu’il manque, les pass livrés sont inertes : volés, ils ne valent "
            "rien."
        ),
        "M-2027-1184",
    ),
    "delivery_ranges": Help(
        "Comment compter un carton ?",
        (
            "Écrivez le premier et le dernier carnet d’une plage sans trou. Un carnet manquant "
            "ou abîmé la coupe en deux : il reste attendu, et arrive dans une autre livraison."
        ),
        "26A 00001 à 26A 00119, puis 26A 00121 à 26A 00240",
    ),
    # ── Passes by numbers ─────────────────────────────────────────────────────────────────────────
    "serials": Help(
        "Comment écrire des numéros ?",
        (
            "Le repère du millésime, puis le numéro du carnet ; pour un seul pass, ajoutez son "
            "rang et sa clé. Une suite s’écrit avec « à ». Les espaces ne comptent pas, et une "
            "douchette peut tout taper."
        ),
        "26A 00442 est un carnet, 26A 00442 07 91 un pass, 26A 00442 à 26A 00445 quatre carnets",
    ),
    "declarant": Help(
        "Quelle qualité choisir ?",
        (
            "Qui est venu le dire : la personne, un proche, le prescripteur, un médiateur… "
            "jamais son nom. Elle dit à qui demander si les pass reparaissent."
        ),
    ),
    # ── Hand-overs ────────────────────────────────────────────────────────────────────────────────
    "commitment": Help(
        "Comment la personne s’engage-t-elle ?",
        (
            "Sur papier, elle signe la feuille que vous gardez ; à l’écran, elle coche "
            "elle-même devant vous, et vous l’attestez. Sans engagement, pas de carnet."
        ),
    ),
    "exception": Help(
        "Quand remettre plus que prévu ?",
        (
            "Quand une raison de la liste est vraie. L’exception est comptée à part, et relue. "
            "Sinon, remettez ce qui est prévu."
        ),
    ),
    # ── Payments ──────────────────────────────────────────────────────────────────────────────────
    "cut_off": Help(
        "Que prend la date d’arrêté ?",
        (
            "Tout ce qui a été enregistré avant ce jour à 0 h. Un accompagnement d’avant, "
            "enregistré après, va au bordereau suivant : rien ne se perd."
        ),
        "le 1er décembre prend tout novembre",
    ),
    "payment_numbers": Help(
        "Quels numéros de mandat et de bordereau ?",
        (
            "Ceux du logiciel de finances : le mandat paie un médiateur, le bordereau de "
            "mandats réunit ceux d’un même envoi au comptable. Ce n’est pas le numéro du "
            "bordereau du médiateur."
        ),
        "mandat 1184, bordereau 57",
    ),
    "sent_numbers": Help(
        "Quelles références écrire ?",
        (
            "La référence est celle que l’émetteur rappelle quand il paie ce bordereau. Le numéro "
            "de l’envoi est celui de votre courrier : il réunit les bordereaux envoyés le même "
            "jour."
        ),
        "référence BR-2026-0033, envoi 12",
    ),
    # ── Accounts ──────────────────────────────────────────────────────────────────────────────────
    "role": Help(
        "Quel rôle donner ?",
        (
            "Ce que la personne fait chaque jour. Qui prépare n’approuve jamais ce qu’il a "
            "préparé : il faut deux personnes pour commander, et deux pour payer."
        ),
    ),
}


def help_about(key: str) -> Help:
    """The text of that key; a template that names another one is wrong."""
    return HELP[key]


_FOR_THE_COUNTER = {
    "training": "s-entrainer-d-abord",
    "handovers": "remettre-un-carnet",
    "people": "suivre-vos-personnes",
    "stock": "votre-stock",
    "requests": "votre-stock",
    "consignments": "votre-stock",
    "counts": "votre-stock",
    "losses": "un-carnet-perdu-ou-vole",
    "accounts": "vos-collegues-et-votre-compte",
    "mine": "vos-collegues-et-votre-compte",
}
_FOR_THE_MEDIATOR = {
    "training": "s-entrainer-d-abord",
    "counter": "prendre-un-pass",
    "take": "prendre-un-pass",
    "redemptions": "corriger-une-erreur",
    "statements": "etre-paye",
    "corrections": "etre-paye",
    "disputes": "corriger-une-erreur",
    "partners": "label-convention-regie",
    "places": "label-convention-regie",
}
_FOR_THE_COORDINATION = {
    "setup": "mettre-en-route",
    "programme": "preparer-le-dispositif",
    "kit": "preparer-le-dispositif",
    "partners": "tenir-les-partenaires-a-jour",
    "places": "tenir-les-partenaires-a-jour",
    "orders": "commander-des-carnets",
    "consignments": "confier-des-carnets-aux-prescripteurs",
    "requests": "confier-des-carnets-aux-prescripteurs",
    "stock": "confier-des-carnets-aux-prescripteurs",
    "counts": "confier-des-carnets-aux-prescripteurs",
    "chain": "suivre-l-usage",
    "usage": "suivre-l-usage",
    "council": "suivre-l-usage",
    "signals": "suivre-l-usage",
    "losses": "un-carnet-perdu-vole-abime",
    "sheets": "les-feuilles-de-papier",
    "closing": "finir-un-millesime",
    "accounts": "les-comptes-des-agents",
}
_FOR_THE_FINANCES = {
    "orders": "approuver-une-commande-et-saisir-son-mandat",
    "statements": "liquider-ce-qui-est-du-aux-mediateurs",
    "partners": "verifier-un-compte-bancaire",
    "corrections": "corriger-ce-qui-a-ete-paye",
    "disputes": "corriger-ce-qui-a-ete-paye",
    "closing": "fin-de-millesime-et-destructions",
    "losses": "fin-de-millesime-et-destructions",
    "registers": "rendre-compte",
    "evidence": "rendre-compte",
    "movements": "rendre-compte",
    "usage": "rendre-compte",
    "chain": "rendre-compte",
}
_FOR_THE_ACCOUNTANT = {
    "statements": "noter-un-paiement",
    "registers": "tenir-les-registres",
    "evidence": "tenir-les-registres",
    "counts": "compter-une-armoire",
    "stock": "compter-une-armoire",
    "movements": "retrouver-un-mouvement",
    "search": "retrouver-un-mouvement",
}
_FOR_THE_AUDITOR = {
    "chain": "commencer-par-la-somme",
    "search": "suivre-un-pass-un-acte-une-periode",
    "movements": "suivre-un-pass-un-acte-une-periode",
    "evidence": "suivre-un-pass-un-acte-une-periode",
    "registers": "suivre-un-pass-un-acte-une-periode",
    "orders": "verifier-la-separation-des-taches",
    "statements": "verifier-la-separation-des-taches",
    "journal": "verifier-la-separation-des-taches",
    "signals": "regarder-ce-qui-surprend",
}
_FOR_THE_ADMINISTRATION = {
    "accounts": "inviter-une-personne",
    "journal": "surveiller",
    "mails": "quelqu-un-ne-peut-plus-entrer",
}
SECTIONS: Mapping[Role, Mapping[str, str]] = {
    Role.COORDINATOR: _FOR_THE_COORDINATION,
    Role.FINANCE: _FOR_THE_FINANCES,
    Role.ACCOUNTANT: _FOR_THE_ACCOUNTANT,
    Role.PRESCRIBER: _FOR_THE_COUNTER,
    Role.MEDIATOR: _FOR_THE_MEDIATOR,
    Role.AUDITOR: _FOR_THE_AUDITOR,
    Role.ADMINISTRATOR: _FOR_THE_ADMINISTRATION,
}
"""Which section of a reader's guide is about the pages behind an entry of the menu. Where none is,
« Aide » opens the guide at its beginning."""
