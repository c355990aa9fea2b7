"""The words of paying a statement, by who pays it: the authority by a mandat, or the issuer.

The records are the same (`PaymentOrder`, `Payment`, `PaymentRejection`), so are the rules. Where
the issuer pays, the authority has paid it the value of the passes with the order: a page that spoke
of a mandat there would have it pay twice. Whatever tells a person about paying a statement asks
here for its words.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.clearing.rules import StatementState
from app.programmes.rules import Payer


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerWords:
    """What is said of paying one statement, or several that the same one pays."""

    danger: str = ""
    """Why nobody else may pay it; nothing where the authority itself pays."""
    danger_of_all: str = ""
    """The same of all that this one pays, `which` says which."""

    # ── States and steps ──────────────────────────────────────────────────────────────────────────
    to_order: str
    ordered: str
    step: str
    reference: str
    """Before the number in a line of a list."""
    order_told: str
    """A step of the story."""

    # ── What it waits for ─────────────────────────────────────────────────────────────────────────
    waits_approved: str
    waits_ordered: str
    waits_rejected: str
    waits_rejected_elsewhere: str
    """The money came back, and another account is confirmed."""
    own_approved: str
    own_ordered: str
    pays: str
    """To the mediator, of all that is on its way."""

    # ── The acts ──────────────────────────────────────────────────────────────────────────────────
    order_title: str
    order_button: str
    order_how: str = ""
    """What to do outside before it is noted here."""
    order_refused: str
    pay_title: str
    approved: str
    """Said once it is approved: how much, and by when."""
    order_done: str
    rejected_done: str
    not_ordered: str
    not_waiting: str
    number: str
    number_proposed: bool = False
    """The number of the statement will do."""
    number_hint: str
    number_hint_again: str
    """Where the last one serves no more."""
    batch: str
    batch_help: str
    day: str
    pay_told: str
    reject_told: str
    reject_hint: str
    account_rejected: str
    account_next: str
    account_paid: str
    """The account that this very order pays."""

    # ── The paper ─────────────────────────────────────────────────────────────────────────────────
    paper_order: str
    paper_frame: str
    paper_blanks: tuple[str, ...]


WORDS = {
    Payer.AUTHORITY: PayerWords(
        to_order="À mandater",
        ordered="Mandaté",
        step="Mandat",
        reference="mandat",
        order_told="Mandat {number}, bordereau {batch}, du {day}, sur le compte {account}.",
        waits_approved="Le service financier émet le mandat.",
        waits_ordered="Le comptable paie, puis une troisième personne l’enregistre ici.",
        waits_rejected=(
            "L’argent est revenu. Vérifiez le compte du médiateur, puis le service financier émet "
            "un autre mandat."
        ),
        waits_rejected_elsewhere=(
            "L’argent est revenu. Un autre compte du médiateur est confirmé : le service "
            "financier émet un autre mandat, qui paie celui-là."
        ),
        own_approved="La collectivité l’a approuvé et demande maintenant son paiement.",
        own_ordered="Le comptable public le paie sur votre compte.",
        pays="Le comptable public paie.",
        order_title="Émettre le mandat",
        order_button="Émettre le mandat",
        order_refused="Le mandat n’est pas émis",
        pay_title="Enregistrer le paiement",
        approved="Le bordereau est approuvé : {amount} à mandater avant le {day}.",
        order_done="Le mandat {number} est émis. Le comptable peut payer.",
        rejected_done=(
            "Le rejet est enregistré. Vérifiez le compte du médiateur, puis émettez un autre "
            "mandat."
        ),
        not_ordered="aucun mandat n’est émis",
        not_waiting="le mandat n’attend pas cet acte",
        number="Numéro du mandat",
        number_hint="",
        number_hint_again="Un autre que le {number}, que le comptable a rejeté",
        batch="Numéro du bordereau de mandats",
        batch_help="payment_numbers",
        day="Jour du mandat",
        pay_told="Le mandat {number} de {amount} est payé par le comptable.",
        reject_told=(
            "Le mandat {number} est rejeté par la banque ou par le comptable. Un autre mandat "
            "pourra être émis pour le même bordereau."
        ),
        reject_hint="Tel que la banque ou le comptable le donne.",
        account_rejected="Compte du mandat rejeté",
        account_next="Compte du prochain mandat",
        account_paid="Compte que paiera ce mandat",
        paper_order="Bon à mandater.",
        paper_frame="Cadre réservé au comptable public",
        paper_blanks=(
            "Mandat n°",
            "Bordereau n°",
            "Imputation",
            "Pris en charge le",
            "Payé le",
            "Rejet, motif",
        ),
    ),
    Payer.ISSUER: PayerWords(
        danger=(
            "L’émetteur paie ce bordereau : la commande lui a déjà payé la valeur de ces pass. "
            "Si la collectivité le payait aussi, elle le paierait deux fois."
        ),
        danger_of_all=(
            "L’émetteur paie {which} : les commandes lui ont déjà payé la valeur des pass. "
            "Si la collectivité les payait aussi, elle les paierait deux fois."
        ),
        to_order="À transmettre",
        ordered="Transmis",
        step="Envoi à l’émetteur",
        reference="référence",
        order_told="Référence {number}, envoi {batch}, du {day}, sur le compte {account}.",
        waits_approved="Le service financier l’envoie à l’émetteur, qui le paie, et note l’envoi.",
        waits_ordered="L’émetteur le paie, puis une troisième personne l’enregistre ici.",
        waits_rejected=(
            "L’argent est revenu. Vérifiez le compte du médiateur, puis le service financier "
            "transmet de nouveau le bordereau à l’émetteur."
        ),
        waits_rejected_elsewhere=(
            "L’argent est revenu. Un autre compte du médiateur est confirmé : le service "
            "financier le donne à l’émetteur avec le bordereau, qu’il transmet de nouveau."
        ),
        own_approved=(
            "La collectivité l’a approuvé et le transmet maintenant à l’émetteur, qui vous paie."
        ),
        own_ordered="L’émetteur le paie sur votre compte.",
        pays="L’émetteur paie.",
        order_title="Transmettre à l’émetteur",
        order_button="Enregistrer l’envoi",
        order_how=(
            "Envoyez à l’émetteur le PDF du bordereau, et le compte à payer par la « Liste pour "
            "l’émetteur » de la page « Bordereaux ». Notez ensuite l’envoi ici."
        ),
        order_refused="L’envoi n’est pas enregistré",
        pay_title="Enregistrer le paiement de l’émetteur",
        approved=(
            "Le bordereau est approuvé : transmettez-le à l’émetteur, qui paie {amount} avant le "
            "{day}."
        ),
        order_done=(
            "L’envoi est enregistré sous la référence {number}. Quand l’émetteur a payé, une "
            "troisième personne l’enregistre."
        ),
        rejected_done=(
            "Le rejet est enregistré. Vérifiez le compte du médiateur, puis transmettez de nouveau "
            "le bordereau à l’émetteur."
        ),
        not_ordered="le bordereau n’est pas transmis",
        not_waiting="le paiement de l’émetteur n’attend pas cet acte",
        number="Référence chez l’émetteur",
        number_proposed=True,
        number_hint=(
            "Celle que son avis de paiement portera ; s’il n’en donne pas, le numéro du bordereau"
        ),
        number_hint_again=(
            "Une autre que {number}, que l’émetteur a renvoyée sans payer ; par exemple {number}-2"
        ),
        batch="Numéro de l’envoi",
        batch_help="sent_numbers",
        day="Jour de l’envoi",
        pay_told=(
            "L’émetteur a payé {amount} au médiateur. Vérifiez que son avis de paiement porte la "
            "référence {number}, puis écrivez le jour où il a payé."
        ),
        reject_told=(
            "Le paiement de référence {number} est revenu de la banque, ou l’émetteur a renvoyé le "
            "bordereau sans le payer. Le même bordereau pourra lui être transmis de nouveau."
        ),
        reject_hint="Tel que la banque ou l’émetteur le donne.",
        account_rejected="Compte du paiement rejeté",
        account_next="Compte du prochain paiement",
        account_paid="Compte que paiera l’émetteur",
        paper_order="Bon à payer par l’émetteur.",
        paper_frame="Cadre réservé à l’émetteur",
        paper_blanks=(
            "Référence",
            "Envoi n°",
            "Reçu le",
            "Pris en charge le",
            "Payé le",
            "Rejet, motif",
        ),
    ),
}
"""By who pays the mediators of the programme, which never changes."""


def state_labels(payers: Iterable[Payer]) -> dict[StatementState, str]:
    """What the states of payment are called where statements of these payers stand together."""
    said = [WORDS[payer] for payer in sorted(set(payers))] or [WORDS[Payer.AUTHORITY]]
    return {
        StatementState.APPROVED: _either([one.to_order for one in said]),
        StatementState.ORDERED: _either([one.ordered for one in said]),
    }


def who_pays(payers: Iterable[Payer]) -> str:
    """To the mediator: who pays what is on its way."""
    asked = set(payers)
    if len(asked) > 1:
        return "Le comptable public, ou l’émetteur, paie."
    return WORDS[asked.pop() if asked else Payer.AUTHORITY].pays


def danger_among(payers: Iterable[tuple[str, Payer]]) -> str:
    """Why the authority must not pay what an issuer pays, of these programmes by their names."""
    known = list(payers)
    names = [f"« {name} »" for name, payer in known if payer is Payer.ISSUER]
    which = "ces bordereaux"
    if len(names) < len(known):
        which = f"les bordereaux {'des dispositifs' if names[1:] else 'du dispositif'} "
        which += ", ".join(names)
    return WORDS[Payer.ISSUER].danger_of_all.format(which=which) if names else ""


def _either(words: list[str]) -> str:
    first, *others = words
    return " ou ".join([first, *(one[0].lower() + one[1:] for one in others)])
