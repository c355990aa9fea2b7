"""What an order, a delivery or an activation may not be."""

from app.kernel.errors import Conflict, NotFound, RuleBroken


class UnknownOrder(NotFound):
    """No order has that id."""

    code = "unknown_order"
    sentence = "Cette commande est introuvable. Choisissez-la dans la liste des commandes."


class EmptyOrder(RuleBroken):
    """An order without a line."""

    code = "empty_order"
    sentence = (
        "Une commande porte au moins une ligne : indiquez un nombre de carnets de 5 ou de 10."
    )


class VintageOfAnotherProgramme(RuleBroken):
    """The vintage is not one of the programme's."""

    code = "vintage_of_another_programme"
    sentence = "Ce millésime n’est pas celui du dispositif choisi. Prenez un de ses millésimes."


class PreparerCannotApprove(RuleBroken):
    """The person who prepared the order approves it."""

    code = "order_preparer_cannot_approve"
    sentence = "Vous avez préparé cette commande : une autre personne doit l’approuver."


class OrderApprovedAlready(Conflict):
    """Somebody else approved the order before."""

    code = "order_approved_already"
    sentence = "Cette commande est déjà approuvée : vous pouvez l’envoyer à l’émetteur."


class OrderNotApproved(Conflict):
    """The order waits for an approval."""

    code = "order_not_approved"
    sentence = (
        "Cette commande n’est pas encore approuvée. Faites-la approuver par une autre personne."
    )


class OrderNotSent(Conflict):
    """The order has not left for the issuer."""

    code = "order_not_sent"
    sentence = "Cette commande n’est pas encore partie chez l’émetteur. Envoyez-la d’abord."


class OrderCancelled(Conflict):
    """The order was cancelled: nothing more happens to it."""

    code = "order_cancelled"
    sentence = "Cette commande est annulée. Préparez-en une autre s’il faut encore des carnets."


class OrderCancelledAlready(Conflict):
    """The order was cancelled before."""

    code = "order_cancelled_already"
    sentence = "Cette commande est déjà annulée : il n’y a plus rien à faire."


class OrderLeftAlready(Conflict):
    """The order is with the issuer: it cannot be cancelled here any more."""

    code = "order_left_already"
    sentence = (
        "Cette commande est déjà partie chez l’émetteur : elle ne s’annule plus ici. "
        "Voyez avec lui, puis recevez ce qui arrive."
    )


class MandateBeyondOrder(RuleBroken):
    """A mandat is larger than what its order has left to cover, and nobody accepted that."""

    code = "mandate_beyond_order"
    sentence = (
        "Ce mandat est de {amount}, et il reste {left} à couvrir pour cette commande : relisez la "
        "somme, ou confirmez qu’elle dépasse la commande."
    )


class OverBudget(RuleBroken):
    """What is committed would pass the programme's budget."""

    code = "over_budget"
    sentence = (
        "L’engagement atteindrait {committed} pour un budget de {budget} : commandez moins, ou "
        "faites relever le budget par une nouvelle version des réglages."
    )


class NothingPlanned(RuleBroken):
    """A plan for nobody."""

    code = "nothing_planned"
    sentence = "Indiquez combien de personnes vous pensez accueillir, pour un public au moins."


class EmptyDelivery(RuleBroken):
    """A delivery without a range."""

    code = "empty_delivery"
    sentence = "Indiquez au moins une plage de numéros reçus, du premier au dernier."


class RangeReversed(RuleBroken):
    """The last serial comes before the first."""

    code = "range_reversed"
    sentence = (
        "La plage {first} à {last} est à l’envers ou hors limites : "
        "écrivez le plus petit numéro d’abord."
    )


class RangesOverlap(RuleBroken):
    """Two ranges of the same delivery share serials."""

    code = "ranges_overlap"
    sentence = "Deux plages se chevauchent autour du numéro {serial}. Corrigez l’une des deux."


class SerialsNotOfThisOrder(RuleBroken):
    """The range lies outside what the order may bring."""

    code = "serials_not_of_this_order"
    sentence = (
        "La plage {first} à {last} n’appartient pas à cette commande, qui attend {expected}. "
        "Vérifiez le bon de livraison."
    )


class BookletsNotOfThisOrder(RuleBroken):
    """Booklets that the order may not bring."""

    code = "booklets_not_of_this_order"
    sentence = (
        "Les carnets {first} à {last} ne sont pas tous de cette commande, qui attend {expected}. "
        "Vérifiez le bon de livraison, et mettez à part ce qui est en trop."
    )


class DeliveryExceedsOrder(RuleBroken):
    """More booklets than were ordered."""

    code = "delivery_exceeds_order"
    sentence = (
        "La plage {first} à {last} dépasse la commande, qui attend {expected}. "
        "Mettez à part ce qui est en trop et prévenez l’émetteur."
    )


class RangeCutsABooklet(RuleBroken):
    """The range begins or ends inside a booklet."""

    code = "range_cuts_a_booklet"
    sentence = (
        "La plage {first} à {last} coupe un carnet de {size}. Recevez des carnets entiers ; "
        "un carnet incomplet reste de côté."
    )


class SerialsReceivedAlready(Conflict):
    """Some of these serials arrived before."""

    code = "serials_received_already"
    sentence = "Des numéros de la plage {first} à {last} sont déjà reçus. Retirez-les de la saisie."


class UnknownDelivery(NotFound):
    """No delivery has that id."""

    code = "unknown_delivery"
    sentence = "Cette livraison est introuvable. Choisissez-la dans la liste de la commande."


class DeliveryActivatedAlready(Conflict):
    """The delivery was activated before."""

    code = "delivery_activated_already"
    sentence = "Cette livraison est déjà active : ses carnets peuvent être confiés."


class MandateMissing(RuleBroken):
    """No mandat number is recorded for the order."""

    code = "mandate_missing"
    sentence = (
        "Aucun numéro de mandat n’est saisi pour cette commande : "
        "ses pass restent inertes. Saisissez le mandat d’abord."
    )


class MandateDoesNotCover(RuleBroken):
    """What is activated would cost more than what was mandated."""

    code = "mandate_does_not_cover"
    sentence = (
        "Les mandats saisis ({mandated}) ne couvrent pas ce qui serait actif ({cost}). "
        "Saisissez le mandat qui manque, puis activez."
    )


class MandateTaken(Conflict):
    """The sponsor has used that mandat number in the year, for an order or a statement."""

    code = "mandate_taken"
    sentence = (
        "Ce numéro a déjà servi cette année, pour le mandat d’une commande ou le paiement d’un "
        "bordereau. Relisez-le, puis saisissez-le de nouveau."
    )


class UnknownMandate(NotFound):
    """No mandat of an order has that id."""

    code = "unknown_mandate"
    sentence = "Ce mandat est introuvable. Choisissez-le sur la page de la commande."


class MandateCancelledAlready(Conflict):
    """The mandat was cancelled before."""

    code = "mandate_cancelled_already"
    sentence = "Ce mandat est déjà annulé : saisissez celui qui le remplace."


class MandateCoversActivation(RuleBroken):
    """What is active would no longer be covered by the mandates that are left."""

    code = "mandate_covers_activation"
    sentence = (
        "Des livraisons sont actives pour {active}, et il ne resterait que {left} de mandats. "
        "Saisissez d’abord le mandat qui remplace celui-ci, puis annulez-le."
    )


class VintageFull(RuleBroken):
    """The vintage has no number left for so many booklets."""

    code = "vintage_full"
    sentence = (
        "Un millésime compte {last} carnets au plus, et cette commande irait au-delà. "
        "Ouvrez un nouveau millésime, puis commandez-y."
    )


class OrderOfEndedVintage(RuleBroken):
    """The last day of validity is over: nobody could hand these booklets out."""

    code = "order_of_ended_vintage"
    sentence = (
        "Le {label} n’est plus valable depuis le {day} : ses carnets ne se remettent plus. "
        "Annulez cette commande, ou commandez un autre millésime."
    )


class PassesServeNoMore(RuleBroken):
    """The tolerance is over: passes that arrive or are put in service now could serve nobody."""

    code = "passes_serve_no_more"
    sentence = (
        "Les pass du {label} ne servent plus depuis le {day} : ils ne se reçoivent plus et ne se "
        "mettent plus en service. Rendez ces carnets à l’émetteur, ou faites-les détruire."
    )


class MandateAfterTheEnd(RuleBroken):
    """The tolerance is over: a mandat would pay for what expired, or for what never came."""

    code = "mandate_after_the_end"
    sentence = (
        "Les pass du {label} ne servent plus depuis le {day} : leurs comptes s’arrêtent avec les "
        "mandats d’alors, qui ne changent plus. Voyez celui-ci avec le comptable public."
    )
