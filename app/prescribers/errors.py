"""What an allocation or a prescription may not be."""

from app.kernel.errors import Conflict, NotFound, NotPermitted, RuleBroken
from app.kernel.money import NO_BREAK


class EmptyAllocation(RuleBroken):
    """An allocation without a booklet."""

    code = "empty_allocation"
    sentence = "Indiquez au moins un carnet à confier, par son numéro ou par une plage de numéros."


class BookletsReversed(RuleBroken):
    """The last booklet of a range comes before the first, or is of another vintage."""

    code = "booklets_reversed"
    sentence = (
        "De {first} à {last}, la plage est à l’envers ou change de millésime : "
        "écrivez le plus petit numéro d’abord."
    )


class BookletsOverlap(RuleBroken):
    """A booklet is named twice."""

    code = "booklets_overlap"
    sentence = "Le carnet {booklet} figure deux fois. Retirez-le d’une des deux lignes."


class BookletsMissing(RuleBroken):
    """Some booklets of a range were never delivered."""

    code = "booklets_missing"
    sentence = (
        "De {first} à {last}, carnets jamais livrés : {missing}. "
        "Écrivez des plages de carnets reçus."
    )

    @property
    def message(self) -> str:
        """The sentence, the thousands of the count apart."""
        missing = self.details["missing"]
        told = f"{missing:,}".replace(",", NO_BREAK) if isinstance(missing, int) else missing
        return self.sentence.format(**self.details | {"missing": told})


class BookletOfAnotherProgramme(RuleBroken):
    """The booklet belongs to another programme."""

    code = "booklet_of_another_programme"
    sentence = "Le carnet {booklet} appartient à un autre dispositif. Retirez-le de la liste."


class BookletNotInStock(Conflict):
    """A booklet does not rest, whole and active, in the sponsor's stock."""

    code = "booklet_not_in_stock"
    sentence = (
        "Le carnet {booklet} n’est pas, entier, dans le stock actif de la collectivité : {where}. "
        "Retirez-le de la liste."
    )


class BookletNotHeld(Conflict):
    """A booklet does not rest, whole, with the one who would send it."""

    code = "booklet_not_held"
    sentence = (
        "Le carnet {booklet} n’est pas, entier, chez l’envoyeur ({holder}) : {where}. "
        "Retirez-le de la liste."
    )


class BookletNotOnTheWay(Conflict):
    """A booklet of a consignment has left the road in another way."""

    code = "booklet_not_on_the_way"
    sentence = (
        "Le carnet {booklet} n’est plus en route : il est en opposition, retenu ou expiré. "
        "Comptez-le comme manquant, et prévenez la coordination."
    )


class SentToItself(RuleBroken):
    """A transfer from a prescriber to itself."""

    code = "sent_to_itself"
    sentence = "L’envoyeur et le destinataire sont la même structure. Choisissez-en une autre."


class UnknownConsignment(NotFound):
    """No consignment has that id."""

    code = "unknown_consignment"
    sentence = "Cet envoi est introuvable. Choisissez-le dans la liste des dotations."


class NotTheRecipient(NotPermitted):
    """Somebody who is not the recipient would sign for booklets."""

    code = "not_the_recipient"
    sentence = (
        "Seul le destinataire compte et signe : {recipient}. "
        "Demandez-lui de confirmer ce qu’il a reçu."
    )


class ConsignmentReceivedAlready(Conflict):
    """Somebody signed for the consignment before."""

    code = "consignment_received_already"
    sentence = (
        "La réception de l’envoi {number} est déjà signée. "
        "Ouvrez-le pour voir ce qui a été accepté et ce qui manque encore."
    )


class ConsignmentCancelled(Conflict):
    """The consignment was called back before anybody signed for it."""

    code = "consignment_cancelled"
    sentence = (
        "L’envoi {number} a été annulé : ses carnets sont restés chez l’envoyeur. "
        "S’ils sont chez vous, appelez la coordination."
    )


class NotTheSender(NotPermitted):
    """Somebody else would call a consignment back."""

    code = "not_the_sender"
    sentence = (
        "Un prescripteur n’annule que ses propres retours, tant que le stock ne les a pas comptés. "
        "Pour une dotation ou un transfert, demandez-le à la coordination."
    )


class BookletNotInConsignment(RuleBroken):
    """The booklet was not sent with this consignment."""

    code = "booklet_not_in_consignment"
    sentence = "Le carnet {booklet} n’est pas sur le bordereau {number}. Relisez son numéro."


class BookletNotMissing(Conflict):
    """The booklet is not, or no longer, missing from this consignment."""

    code = "booklet_not_missing"
    sentence = (
        "Le carnet {booklet} ne manque pas, ou plus, à l’envoi {number}. Retirez-le de la liste."
    )


class NotYetCounted(Conflict):
    """Nobody has counted the consignment, so nothing of it is missing."""

    code = "not_yet_counted"
    sentence = (
        "L’envoi {number} n’est pas encore compté. "
        "Demandez au destinataire de signer sa réception d’abord."
    )


class UnknownBookletRequest(NotFound):
    """No request for booklets has that id."""

    code = "unknown_booklet_request"
    sentence = "Cette demande est introuvable. Choisissez-la dans la liste des demandes de carnets."


class BookletRequestAnswered(Conflict):
    """The request has its answer."""

    code = "booklet_request_answered"
    sentence = "La demande {request} a déjà sa réponse. Ouvrez-la pour la lire."


class RequestOfAnother(RuleBroken):
    """The allocation goes to another prescriber, or programme, than the request's."""

    code = "request_of_another"
    sentence = (
        "Cette demande vient d’un autre prescripteur, ou vaut pour un autre dispositif. "
        "Confiez les carnets à la structure qui les a demandés."
    )


class UnknownBeneficiary(NotFound):
    """No person has that id, or another prescriber met them."""

    code = "unknown_beneficiary"
    sentence = (
        "Cette personne est introuvable parmi celles de votre structure. "
        "Cherchez-la dans votre liste, ou enregistrez-la."
    )


class UnknownPrescription(NotFound):
    """No prescription has that id, or another prescriber made it."""

    code = "unknown_prescription"
    sentence = (
        "Cette remise est introuvable parmi celles de votre structure. "
        "Choisissez-la dans la liste des remises."
    )


class NothingToRenew(RuleBroken):
    """The person has received no booklet yet, or the only hand-over was undone."""

    code = "nothing_to_renew"
    sentence = (
        "Cette personne n’a encore reçu aucun carnet : il n’y a rien à renouveler. "
        "Faites-lui une première remise."
    )


class NotASenior(RuleBroken):
    """The person is too young for the public of 60 and over."""

    code = "not_a_senior"
    sentence = (
        "Cette personne aura {age} ans cette année : le public « 60 ans et plus » ne convient pas. "
        "Choisissez un autre public."
    )


class DeclarationMissing(RuleBroken):
    """A registered job seeker has not declared to have no pass of the employment service."""

    code = "declaration_missing"
    sentence = (
        "Un demandeur d’emploi inscrit déclare qu’il n’a pas déjà le Pass numérique de "
        "France Travail. Posez-lui la question et cochez sa déclaration."
    )


class CommitmentMissing(RuleBroken):
    """The person has not committed to come."""

    code = "commitment_missing"
    sentence = (
        "La personne s’engage à suivre l’accompagnement : faites-lui signer son engagement, "
        "sur papier ou à l’écran, puis dites comment."
    )


class AssessmentMissing(RuleBroken):
    """The answers of the assessment are missing, or are not answers to its questions."""

    code = "assessment_missing"
    sentence = (
        "L’évaluation du besoin a {count} questions, à trois réponses : "
        "posez-les toutes, puis cochez une réponse à chacune."
    )


class NothingToRecall(RuleBroken):
    """The holder may hold booklets, or has none."""

    code = "nothing_to_recall"
    sentence = (
        "« {organisation} » n’a rien à faire rentrer : elle a le droit de détenir ses carnets, "
        "ou n’en a plus. Rechargez la page."
    )


class LateHandOver(RuleBroken):
    """The passes end within days, and nobody accepted that for a reason."""

    code = "late_hand_over"
    sentence = (
        "Les pass de ce carnet finissent le {valid_until}, dans {days} jours : une remise tardive "
        "demande votre accord. Choisissez pourquoi vous l’acceptez, ou proposez une autre "
        "solution à la personne."
    )


class LikelyDuplicate(RuleBroken):
    """Somebody of the same name and year has received booklets: say why to go on."""

    code = "likely_duplicate"
    sentence = (
        "Une personne du même nom et de la même année a déjà reçu des carnets : {alike}. "
        "Vérifiez, puis donnez la raison de continuer, ou ne remettez rien."
    )


class RenewalTooEarly(RuleBroken):
    """The earlier booklets are not used up, and no reason was given."""

    code = "renewal_too_early"
    sentence = (
        "Il reste à cette personne des pass de ses carnets précédents : {passes_left}. "
        "Renouvelez quand ils sont utilisés, ou donnez la raison de le faire maintenant."
    )


class PassesStillAccepted(RuleBroken):
    """A renewal because the passes left are lost, while some of them are accepted still."""

    code = "passes_still_accepted"
    sentence = (
        "Pass de cette personne encore acceptés partout : {passes_left} ({booklets}). "
        "S’ils sont perdus ou abîmés, déclarez d’abord la perte dans « Oppositions », puis "
        "renouvelez ; « Remplacer » lui en donne d’autres sans compter un renouvellement."
    )


class NothingLeftToUse(RuleBroken):
    """The letter of a hand-over of which no pass can be used any more."""

    code = "nothing_left_to_use"
    sentence = (
        "Plus aucun pass de cette remise ne peut servir : ils sont utilisés, en opposition ou "
        "expirés. Remplacez ceux qui sont en opposition, puis imprimez la lettre."
    )


class PrescriptionUndoneAlready(Conflict):
    """The hand-over was taken back before."""

    code = "prescription_undone_already"
    sentence = (
        "Cette remise est déjà annulée, et ses carnets sont dans le stock du prescripteur : "
        "rechargez la page pour le voir."
    )


class PrescriptionUsed(Conflict):
    """A pass of the hand-over has moved on since."""

    code = "prescription_used"
    sentence = (
        "Un pass de cette remise a déjà servi, ou n’est plus dans les mains de la personne : "
        "la remise reste comptée et ne s’annule plus, même par la coordination. Si des pass qui "
        "restent ne doivent plus servir, bloquez-les dans « Oppositions »."
    )


class UndoTooLate(NotPermitted):
    """Another agent, or another day: only the coordination may undo it."""

    code = "undo_too_late"
    sentence = (
        "Une remise s’annule tant qu’aucun de ses pass n’a servi : le jour même par l’agent qui "
        "l’a faite, à tout moment par la coordination. Demandez-lui de l’annuler, avec son numéro "
        "{number}."
    )


class NoBookletGiven(RuleBroken):
    """A prescription without a booklet."""

    code = "no_booklet_given"
    sentence = "Scannez ou tapez le numéro d’au moins un carnet à remettre."


class WrongBookletSize(RuleBroken):
    """The public is entitled to booklets of the other size."""

    code = "wrong_booklet_size"
    sentence = (
        "Ce public reçoit des carnets de {expected} pass, et le carnet {booklet} en a {size}. "
        "Prenez un autre carnet."
    )


class EntitlementExceeded(RuleBroken):
    """The person would have more booklets than the programme gives, and no reason was given."""

    code = "entitlement_exceeded"
    sentence = (
        "Carnets déjà reçus par cette personne : {received} sur {entitled} prévus ; "
        "encore possibles : {left}. N’en remettez pas davantage, "
        "ou donnez la raison d’une exception."
    )


class LossNotDeclared(RuleBroken):
    """An exception because a booklet is lost, while no pass of the person's was blocked."""

    code = "loss_not_declared"
    sentence = (
        "Aucun pass reçu par cette personne n’est en opposition ; encore acceptés : {booklets}. "
        "Déclarez d’abord la perte dans « Oppositions », puis revenez ici ; « Remplacer » lui "
        "donne d’autres pass sans compter une exception."
    )


class BookletHandedOver(Conflict):
    """One's own structure has handed the booklet over, to this person or to another."""

    code = "booklet_handed_over"
    sentence = "Carnet {booklet} : déjà remis le {day} ({number}). Prenez-en un autre."


class BookletOnItsWay(Conflict):
    """The booklet was sent to the prescriber, who has not signed for it."""

    code = "booklet_on_its_way"
    sentence = (
        "Le carnet {booklet} est encore noté en route vers votre structure. "
        "Confirmez d’abord la réception de votre dotation, puis remettez-le."
    )


class BookletBlocked(Conflict):
    """A pass of the booklet is blocked, withheld, void or expired where it was."""

    code = "booklet_blocked"
    sentence = (
        "Le carnet {booklet} a un pass au moins en opposition, retenu, annulé ou expiré : il ne se "
        "remet plus. Mettez-le de côté et prévenez la coordination."
    )


class BookletIncomplete(Conflict):
    """Some passes of the booklet were given in the place of others."""

    code = "booklet_incomplete"
    sentence = (
        "Le carnet {booklet} n’est plus entier : des pass en ont été pris pour des remplacements. "
        "Prenez-en un autre."
    )


class BookletNotYours(Conflict):
    """The booklet was not entrusted to the prescriber; with whom it is, is not told."""

    code = "booklet_not_yours"
    sentence = (
        "Le carnet {booklet} n’est pas confié à votre structure : mettez-le de côté et prévenez "
        "la coordination. Prenez-en un de votre stock."
    )


class VintageOver(RuleBroken):
    """The passes of the booklet are not valid that day."""

    code = "vintage_over"
    sentence = (
        "Le carnet {booklet} est valable du {valid_from} au {valid_until} : "
        "il ne peut pas être remis aujourd’hui. Prenez un carnet d’un millésime en cours."
    )
