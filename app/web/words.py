"""The words of the scheme as people read them: states of a pass, stages of the chain, acts.

One table for all pages, so that a state has one name. The keys are those of the ledger: kinds of
account for states and stages, kinds of movement for acts. Sentences take names by `str.format`,
after a colon; the templates escape the whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, Protocol

Tone = Literal["", "go", "ok", "warn", "bad"]
"""How a chip is drawn: at rest, on its way, fulfilled, needs care, refused."""


@dataclass(frozen=True, slots=True)
class State:
    """A state of one pass: its name, where the pass is, and what comes next.

    `place` may name `{holder}` and `{recipient}`; `then` also `{valid_until}`.
    """

    label: str
    tone: Tone
    place: str
    then: str


@dataclass(frozen=True, slots=True)
class Stage:
    """Where passes rest, in the plural: its name, and what the passes there have in common."""

    label: str
    why: str


@dataclass(frozen=True, slots=True)
class Act:
    """What happened to a pass: the icon, the title, who, and one sentence more.

    `who` may name `{giver}` and `{receiver}`, always after a colon or alone: French would want
    an article or an elision before half of the names.
    """

    icon: str
    title: str
    who: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error page: what happened, and what to do next."""

    title: str
    sentence: str


STATES: Mapping[str, State] = {
    "issuer": State(
        "À livrer",
        "",
        "Il n’est pas encore sorti de chez l’émetteur.",
        "Il doit être livré, puis compté à son arrivée.",
    ),
    "stock_inert": State(
        "Inactif",
        "warn",
        "Il est livré, pas encore actif.",
        "Il ne peut pas servir tant que le numéro de mandat de sa commande n’est pas saisi.",
    ),
    "stock": State(
        "En stock",
        "",
        "Il est dans l’armoire : {holder}.",
        "Il attend d’être confié à un prescripteur.",
    ),
    "transit": State(
        "En route",
        "go",
        "Il a été envoyé, et il est attendu ici : {recipient}.",
        "À l’arrivée, les carnets sont comptés et acceptés. Jusque-là, l’envoyeur en répond : "
        "{holder}.",
    ),
    "prescriber": State(
        "Chez le prescripteur",
        "go",
        "Il est chez un prescripteur : {holder}.",
        "Il attend d’être remis à une personne.",
    ),
    "circulation": State(
        "Remis",
        "go",
        "Il est chez une personne. Prescripteur : {holder}.",
        "Cette personne peut l’utiliser chez un médiateur jusqu’au {valid_until}.",
    ),
    "withheld": State(
        "Retenu",
        "warn",
        "Il ne doit plus être remis. Il est ici : {holder}.",
        "Il a été retenu avant la fin de validité. La coordination peut le libérer.",
    ),
    "redeemed": State(
        "Encaissé",
        "ok",
        "Il a été encaissé par un médiateur : {holder}.",
        "Il paraîtra sur le prochain bordereau de ce médiateur.",
    ),
    "claimed": State(
        "À payer",
        "ok",
        "Il a été encaissé, il est sur un bordereau : {holder}.",
        "Le bordereau doit être approuvé, puis payé.",
    ),
    "settled": State(
        "Payé",
        "ok",
        "Il a été encaissé, et le médiateur est payé : {holder}.",
        "Son voyage est terminé.",
    ),
    "blocked": State(
        "En opposition",
        "bad",
        "Il est refusé partout. Avant l’opposition, il était ici : {holder}.",
        "Si vous l’avez entre les mains, prévenez la coordination.",
    ),
    "void": State(
        "Annulé",
        "bad",
        "Il est refusé partout, pour toujours.",
        "Si vous l’avez entre les mains, prévenez la coordination.",
    ),
    "expired": State(
        "Expiré",
        "bad",
        "Il n’a pas servi à temps : il est refusé partout.",
        "Il ne peut plus servir.",
    ),
    "credited": State(
        "Crédité",
        "",
        "Il n’a jamais servi : l’émetteur en a rendu la valeur.",
        "Il ne peut plus servir.",
    ),
}

STAGES: Mapping[str, Stage] = {
    "on_order": Stage("À livrer", "commandés, pas encore reçus"),
    "undelivered": Stage("Jamais livrés", "commandés, trop tard pour être reçus"),
    "stock_inert": Stage("Inertes", "reçus, le mandat manque"),
    "stock": Stage("En stock", "prêts à être confiés"),
    "transit": Stage("En route", "à compter à l’arrivée"),
    "prescriber": Stage("Prescripteurs", "prêts à être remis"),
    "circulation": Stage("Bénéficiaires", "remis, pas encore utilisés"),
    "redeemed": Stage("Encaissés", "pas encore sur un bordereau"),
    "claimed": Stage("À payer", "sur un bordereau"),
    "settled": Stage("Payés", "aux médiateurs"),
    "blocked": Stage("En opposition", "perdus ou volés"),
    "withheld": Stage("Retenus", "avant la fin de validité"),
    "void": Stage("Annulés", "ne serviront plus"),
    "expired": Stage("Expirés", "pas utilisés à temps"),
    "credited": Stage("Crédités", "rendus par l’émetteur"),
}

AWAITING_THE_SPONSOR = frozenset({"stock_inert", "claimed"})
"""Stages where passes wait for an act of the sponsor: a mandat number, an approval, a payment."""

FROM_TO = "De : {giver}. À : {receiver}."
RECEIVER = "{receiver}"
GIVER = "{giver}"

ACTS: Mapping[str, Act] = {
    "receive": Act("box", "Livré par l’émetteur", FROM_TO, "Compté à l’arrivée."),
    "activate": Act(
        "unlock",
        "Activé",
        sentence="Le mandat de la commande est saisi et la livraison confirmée : il peut servir.",
    ),
    "allocate": Act("truck", "Envoyé à un prescripteur", FROM_TO),
    "accept": Act("check", "Compté et accepté à l’arrivée", RECEIVER),
    "transfer": Act("truck", "Envoyé à un autre prescripteur", FROM_TO),
    "return": Act("truck", "Renvoyé par le prescripteur", FROM_TO),
    "replace": Act(
        "give",
        "Remis à la place d’un pass perdu ou abîmé",
        "Par : {receiver}.",
        "Il remplace un pass annulé au même instant.",
    ),
    "issue": Act(
        "give",
        "Remis à une personne",
        "Par : {giver}.",
        "Le nom de la personne n’est visible que du prescripteur.",
    ),
    "redeem": Act("scan", "Encaissé par un médiateur", RECEIVER),
    "undo": Act("undo", "Encaissement annulé", GIVER, "Le pass peut de nouveau servir."),
    "claim": Act("bill", "Porté sur un bordereau de remboursement", RECEIVER),
    "settle": Act("euro", "Payé au médiateur", RECEIVER),
    "block": Act("stop", "Mis en opposition", GIVER, "Refusé partout depuis cet instant."),
    "void": Act("cross", "Annulé", sentence="Refusé partout, pour toujours."),
    "withhold": Act("lock", "Retenu", GIVER, "Il ne doit plus être remis."),
    "expire": Act("clock", "Expiré", sentence="La date limite et sa tolérance sont passées."),
    "credit": Act("euro", "Crédité", sentence="L’émetteur en a rendu la valeur."),
    "clawback": Act(
        "undo", "Paiement repris au médiateur", GIVER, "La somme est à rendre ou à retenir."
    ),
}

RETURN_COUNTED = Act("check", "Retour compté à l’arrivée", RECEIVER)
"""A return has two ends under one kind of movement; this is the second, out of transit."""

UNDOINGS: Mapping[str, Act] = {
    "receive": Act("undo", "Livraison annulée"),
    "activate": Act("undo", "Activation annulée"),
    "allocate": Act("undo", "Envoi annulé", "De retour ici : {receiver}."),
    "accept": Act("undo", "Acceptation annulée"),
    "issue": Act("undo", "Remise annulée", "De retour ici : {receiver}."),
    "claim": Act("undo", "Retiré du bordereau", GIVER, "Il paraîtra sur un autre bordereau."),
    "settle": Act("undo", "Paiement annulé", GIVER, "Le bordereau est de nouveau à payer."),
    "block": Act("unlock", "Opposition levée", "De retour ici : {receiver}."),
    "withhold": Act("unlock", "Libéré", "De retour ici : {receiver}."),
}
"""What the reversal of an act is called. Nothing is erased: both remain in the history."""


class Step(Protocol):
    """One step of a history, as a report tells it."""

    @property
    def act(self) -> str:
        """The kind of movement."""
        ...

    @property
    def from_kind(self) -> str:
        """Where the pass rested before."""
        ...

    @property
    def undone_act(self) -> str | None:
        """What a reversal takes back."""
        ...


def act_of(step: Step) -> Act:
    """The words for one step of a history."""
    if step.undone_act is not None:
        return UNDOINGS[step.undone_act]
    if step.act == "return" and step.from_kind == "transit":
        return RETURN_COUNTED
    return ACTS[step.act]


DENOMINATORS: Mapping[str, Stage] = {
    "issued": Stage("Pass remis", "à des bénéficiaires"),
    "entrusted": Stage("Pass confiés", "aux prescripteurs, remis ou non"),
    "received": Stage("Pass reçus", "de l’émetteur, confiés ou non"),
    "ordered": Stage("Pass commandés", "à l’émetteur, reçus ou non"),
}

REFUSALS: Mapping[int, Refusal] = {
    400: Refusal(
        "Cette demande est illisible",
        "Revenez à la page précédente, rechargez-la, puis recommencez. Rien n’a été enregistré.",
    ),
    403: Refusal(
        "Cette page n’est pas pour votre compte",
        "Votre rôle ne permet pas de la voir. Si c’est une erreur, demandez à la personne qui "
        "gère les comptes passnum dans la collectivité.",
    ),
    404: Refusal(
        "Cette page n’existe pas",
        "L’adresse est peut-être incomplète, ou la page a changé de place. "
        "Rien n’a été perdu ni enregistré.",
    ),
    405: Refusal(
        "Cette adresse ne s’ouvre pas ainsi",
        "Elle sert à envoyer un formulaire. Revenez à l’accueil, puis refaites le geste depuis "
        "sa page. Rien n’a été enregistré.",
    ),
    409: Refusal(
        "La situation a changé entre-temps",
        "Revenez à la page précédente et rechargez-la pour voir où en sont les choses.",
    ),
    413: Refusal(
        "Cet envoi est trop gros",
        "Le texte ou le fichier dépasse 8 Mo. Coupez une liste en plusieurs fichiers ; numérisez "
        "un document en noir et blanc ou en moins fin. Rien n’a été enregistré.",
    ),
    422: Refusal(
        "Cette demande ne peut pas être acceptée",
        "Revenez à la page précédente et corrigez ce qui est indiqué. Rien n’a été enregistré.",
    ),
    429: Refusal(
        "Trop d’essais à la suite",
        "Par sécurité, cette page fait une pause. Attendez un peu, puis recommencez.",
    ),
    500: Refusal(
        "La page n’a pas pu s’afficher",
        "La panne vient de passnum, pas de vous. Attendez une minute, puis recommencez. "
        "Un geste interrompu peut être refait sans risque : rien n’est compté deux fois.",
    ),
    503: Refusal(
        "passnum est à l’arrêt",
        "Le service est arrêté pour un contrôle ou une mise à jour. Revenez dans quelques minutes.",
    ),
}


TITLES: Mapping[str, str] = {"form_expired": "Ce formulaire a expiré"}
"""What went wrong where the number of the error says something else, by the code of a refusal."""


def refusal_of(status: int) -> Refusal:
    """The words for an error, whatever its number: somebody's slip, or else ours."""
    usual = 400 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 500
    return REFUSALS.get(status, REFUSALS[usual])


SCANNING = {
    "opening": "L’appareil photo s’ouvre…",
    "refused": "L’appareil photo est refusé sur ce site. Autorisez-le dans les réglages du "
    "navigateur (le cadenas à côté de l’adresse), ou tapez.",
    "none": "Aucun appareil photo n’est trouvé sur cet appareil. Tapez, ou branchez une douchette.",
    "busy": "L’appareil photo est pris par une autre application. Fermez-la, puis recommencez.",
    "insecure": "L’appareil photo ne s’ouvre que sur une adresse qui commence par https. Tapez.",
    "unread": "La lecture n’a pas pu être chargée. Vérifiez le réseau, puis recommencez, ou tapez.",
    "other": "Ce carré n’est ni celui d’un pass, ni celui d’un carnet.",
    "pass": "C’est le carré d’un pass. Visez celui de la couverture du carnet.",
    "cover": "C’est la couverture du carnet. Visez le carré d’un pass.",
    "already": "Lu tout à l’heure : il est dans la liste. Passez au suivant.",
    "single": "Lu. Le code est dans le champ.",
    "one": "Lu. Une ligne dans la liste.",
    "many": "Lu. {n} lignes dans la liste.",
}
"""What the camera says; `{n}` is a number of lines."""
