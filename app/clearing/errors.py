"""What a redemption, a statement or a payment may not be."""

from app.kernel.errors import Conflict, NotFound, RuleBroken, Throttled
from app.mediators.errors import CashOfficeMissing, NoLabelInForce
from app.partners.errors import NoAgreementInForce, OrganisationSucceeded
from app.vouchers.errors import (
    CoverInsteadOfPass,
    NotATrainingPaper,
    TrainingPaper,
    UnknownVoucher,
)


class VoucherAlreadyRedeemed(Conflict):
    """The pass was taken before: says when, and whether it was here or elsewhere."""

    code = "voucher_already_redeemed"
    sentence = (
        "Ce pass a déjà été encaissé {where}, le {redeemed_on}. Demandez un autre pass ; "
        "si vous pensez à une erreur, appelez la coordination."
    )


class VoucherUsedBefore(Conflict):
    """The pass came into passnum as used: its booklet was taken over half empty."""

    code = "voucher_used_before"
    sentence = (
        "Ce pass a déjà servi avant passnum : la reprise de son carnet le dit utilisé. Demandez un "
        "autre pass ; si vous pensez à une erreur, appelez la coordination."
    )


class VoucherNotIssued(Conflict):
    """The pass has not been handed to anybody."""

    code = "voucher_not_issued"
    sentence = (
        "Ce pass n’a pas encore été remis à une personne : il ne vaut rien aujourd’hui. "
        "Notez son numéro et appelez la coordination."
    )


class VoucherBlocked(Conflict):
    """The pass was declared lost or stolen."""

    code = "voucher_blocked"
    sentence = (
        "Ce pass est en opposition depuis le {since} : il a été déclaré perdu, volé ou abîmé. "
        "Ne l’acceptez pas, gardez-le si la personne veut bien, et appelez la "
        "coordination."
    )


class VoucherVoid(Conflict):
    """The pass was voided, perhaps replaced by another."""

    code = "voucher_void"
    sentence = (
        "Ce pass est annulé, peut-être remplacé par un autre. "
        "Demandez son nouveau pass à la personne."
    )


class VoucherExpired(Conflict):
    """The pass has expired."""

    code = "voucher_expired"
    sentence = (
        "Ce pass a expiré. Orientez la personne vers son prescripteur pour un nouveau carnet."
    )


class OutsideValidity(RuleBroken):
    """The day of the session lies outside the validity of the pass."""

    code = "outside_validity"
    sentence = (
        "Ce pass est valable du {valid_from} au {valid_until}, et l’accompagnement est du {day}. "
        "Par tolérance, un accompagnement est accepté jusqu’au {last_redemption_on}. "
        "Vérifiez la date de l’accompagnement, ou demandez un autre pass."
    )


class SessionInTheFuture(RuleBroken):
    """The support session has not happened yet."""

    code = "session_in_the_future"
    sentence = (
        "L’accompagnement est daté du {day}, qui n’est pas encore arrivé. "
        "Corrigez sa date, ou l’heure de votre téléphone, puis recommencez."
    )


class SessionBeforeIssue(RuleBroken):
    """The support session is dated before the pass was handed to anybody."""

    code = "session_before_issue"
    sentence = (
        "L’accompagnement est daté du {day}, et ce pass a été remis le {issued_on}. "
        "Corrigez sa date, ou celle de votre téléphone, puis encaissez de nouveau."
    )


VERDICTS = {
    refusal.code: refusal
    for refusal in (
        UnknownVoucher,
        TrainingPaper,
        NotATrainingPaper,
        CoverInsteadOfPass,
        VoucherAlreadyRedeemed,
        VoucherNotIssued,
        VoucherBlocked,
        VoucherVoid,
        VoucherExpired,
        OutsideValidity,
        SessionInTheFuture,
        SessionBeforeIssue,
        NoLabelInForce,
        NoAgreementInForce,
        OrganisationSucceeded,
        CashOfficeMissing,
    )
}
"""Refusals that answer a scan for good: the same id gets the same answer ever after."""


class TooManyGuesses(Throttled):
    """Too many codes that no pass bears."""

    code = "too_many_guesses"
    sentence = (
        "Trop de codes inconnus en peu de temps. Patientez {minutes} minutes, ou appelez la "
        "coordination : rien n’est perdu."
    )


class BatchTooLarge(RuleBroken):
    """More than a thousand passes at once."""

    code = "batch_too_large"
    sentence = "Un envoi compte de 1 à {largest} pass. Coupez-le en plusieurs envois."


class UnknownRedemption(NotFound):
    """No redemption has that id, or another mediator made it."""

    code = "unknown_redemption"
    sentence = (
        "Cet encaissement est introuvable parmi ceux de votre structure. "
        "Choisissez-le dans la liste des encaissements."
    )


class RedemptionUndoneAlready(Conflict):
    """The redemption was undone before."""

    code = "redemption_undone_already"
    sentence = "Cet encaissement est déjà annulé : la personne peut utiliser son pass."


class RedemptionClaimedAlready(Conflict):
    """A statement has claimed the redemption."""

    code = "redemption_claimed_already"
    sentence = (
        "Cet encaissement figure déjà sur un bordereau : il ne s’annule plus ici. "
        "Appelez la coordination avec le numéro du pass."
    )


class UnknownSupportSession(NotFound):
    """No session has that id, or another mediator held it."""

    code = "unknown_support_session"
    sentence = (
        "Cet accompagnement est introuvable parmi ceux de votre structure. "
        "Choisissez-le dans la liste des accompagnements."
    )


class SessionOfAnotherDay(RuleBroken):
    """The pass was taken for another day than the session's."""

    code = "session_of_another_day"
    sentence = (
        "L’accompagnement est du {day}, et ce pass a été encaissé pour le {redeemed_on}. "
        "Choisissez un accompagnement du même jour."
    )


class RedemptionInAnotherSession(Conflict):
    """The pass pays for another session already."""

    code = "redemption_in_another_session"
    sentence = "Ce pass est déjà rattaché à un autre accompagnement. Choisissez un autre pass."


class CodeTypedTwice(RuleBroken):
    """The same code twice in one list."""

    code = "code_typed_twice"
    sentence = (
        "Ce code est déjà à la ligne {line} de votre liste : son pass n’est compté qu’une fois. "
        "Ne le tapez plus."
    )


class UnknownTypedSheet(NotFound):
    """No typed sheet has that id, or it is another mediator's."""

    code = "unknown_typed_sheet"
    sentence = "Cette saisie est introuvable. Choisissez-la dans la liste des saisies."


class TypistCannotApprove(RuleBroken):
    """The person who typed the sheet approves it."""

    code = "typist_cannot_approve"
    sentence = "Vous avez saisi cette feuille : une autre personne doit la vérifier."


class TypedSheetDecidedAlready(Conflict):
    """Somebody approved the sheet before, or set it aside."""

    code = "typed_sheet_decided_already"
    sentence = "Cette saisie est déjà vérifiée ou écartée. Rechargez la page pour voir la suite."


class UnknownClearingRun(NotFound):
    """No run has that id."""

    code = "unknown_clearing_run"
    sentence = "Cette liquidation est introuvable. Choisissez-la dans la liste."


class CutOffInTheFuture(RuleBroken):
    """The cut-off has not come yet."""

    code = "cut_off_in_the_future"
    sentence = (
        "Les encaissements enregistrés avant la date d’arrêté à 0 h sont pris, et cette date est "
        "à venir. Choisissez au plus tard aujourd’hui."
    )


class NothingToClear(RuleBroken):
    """No redemption waits for a statement: a run would be empty."""

    code = "nothing_to_clear"
    sentence = (
        "Aucun encaissement enregistré avant le {cut_off_on} n’attend de bordereau. "
        "Choisissez une date plus récente, ou attendez de nouveaux encaissements."
    )


class UnknownStatement(NotFound):
    """No statement has that id, or it is another mediator's."""

    code = "unknown_statement"
    sentence = "Ce bordereau est introuvable. Choisissez-le dans la liste des bordereaux."


class StatementPreparerCannotApprove(RuleBroken):
    """The person who prepared the run approves a statement of it."""

    code = "statement_preparer_cannot_approve"
    sentence = "Vous avez préparé ce bordereau : une autre personne doit l’approuver."


class StatementWithdrawerCannotApprove(RuleBroken):
    """Whoever took passes off a draft has made what is to be approved."""

    code = "statement_withdrawer_cannot_approve"
    sentence = "Vous avez retiré des pass de ce bordereau : une autre personne doit l’approuver."


class StatementEmptied(Conflict):
    """Every pass was withdrawn."""

    code = "statement_emptied"
    sentence = (
        "Tous les pass de ce bordereau ont été retirés : il n’y a plus rien à faire ici. "
        "Attendez la prochaine liquidation, qui les reprendra."
    )


class StatementNotADraft(Conflict):
    """The statement is approved: its passes are frozen."""

    code = "statement_not_a_draft"
    sentence = (
        "Ce bordereau est approuvé : aucun pass ne s’en retire plus et il ne se certifie plus. "
        "Signalez l’erreur à la coordination, qui la corrigera sur un prochain."
    )


class VoucherNotOnStatement(Conflict):
    """A pass to withdraw is not on the statement, or no longer."""

    code = "voucher_not_on_statement"
    sentence = (
        "Le pass {serial} n’est pas sur ce bordereau, ou n’y est plus. "
        "Relisez le détail, puis choisissez parmi ses lignes."
    )


class StatementCertifiedAlready(Conflict):
    """The mediator certified this version before."""

    code = "statement_certified_already"
    sentence = "Ce bordereau est déjà certifié : il n’y a plus rien à faire."


class StatementApprovedAlready(Conflict):
    """Somebody else approved the statement before."""

    code = "statement_approved_already"
    sentence = "Ce bordereau est déjà approuvé : son paiement peut être demandé."


class StatementChanged(Conflict):
    """The statement is not the one that was read."""

    code = "statement_changed"
    sentence = (
        "Le bordereau n’est plus celui que vous avez lu : il a changé depuis, ou son total est mal "
        "recopié. Relisez-le, puis recommencez."
    )


class StatementHeld(RuleBroken):
    """No approved account: the statement waits, and no other statement waits with it."""

    code = "statement_held"
    sentence = (
        "« {mediator} » n’a pas de compte bancaire confirmé : le bordereau attend. "
        "Saisissez son compte, faites-le confirmer par une autre personne, puis approuvez."
    )


class StatementNotCertified(RuleBroken):
    """The programme asks for the mediator's certification, and it is missing."""

    code = "statement_not_certified"
    sentence = (
        "« {mediator} » n’a pas encore certifié ce bordereau : il attend. "
        "Demandez-lui de le certifier depuis sa page « Bordereaux », puis approuvez."
    )


class StatementNotApproved(Conflict):
    """The statement waits for an approval."""

    code = "statement_not_approved"
    sentence = "Ce bordereau n’est pas approuvé. Faites-le approuver, puis demandez son paiement."


class StatementOrderedAlready(Conflict):
    """A payment order exists for the statement."""

    code = "statement_ordered_already"
    sentence = "Le paiement de ce bordereau est déjà demandé : enregistrez-le quand il est fait."


class UnknownPaymentOrder(NotFound):
    """No payment order has that id."""

    code = "unknown_payment_order"
    sentence = "Cet ordre de paiement est introuvable. Choisissez-le dans la liste."


class PaymentByTheSamePerson(RuleBroken):
    """The payment is recorded by somebody who prepared, approved or ordered it."""

    code = "payment_by_the_same_person"
    sentence = (
        "Vous avez préparé ou approuvé ce bordereau, ou demandé son paiement : "
        "une troisième personne doit enregistrer le paiement."
    )


class PaymentRecordedAlready(Conflict):
    """The payment was recorded before."""

    code = "payment_recorded_already"
    sentence = "Ce paiement est déjà enregistré : il n’y a plus rien à faire."


class NothingToPay(RuleBroken):
    """The fee takes everything: there is no payment to order."""

    code = "nothing_to_pay"
    sentence = "Le net à payer de ce bordereau est nul : il n’y a rien à faire de plus."


class SameAccountAgain(RuleBroken):
    """The bank refused that account, and nothing says why it should take it now."""

    code = "same_account_again"
    sentence = (
        "Le paiement précédent sur le compte {account} est revenu, et c’est encore ce compte qui "
        "serait payé. Faites confirmer un autre compte, ou écrivez pourquoi celui-ci convient "
        "maintenant."
    )


class PaymentOrderRejected(Conflict):
    """The order came back: only another one can be paid."""

    code = "payment_order_rejected"
    sentence = (
        "Ce paiement est rejeté : il ne s’enregistre plus. "
        "Faites demander de nouveau le paiement du bordereau."
    )


class PaymentRejectedAlready(Conflict):
    """The rejection was recorded before."""

    code = "payment_rejected_already"
    sentence = "Ce rejet est déjà enregistré : le paiement peut être demandé de nouveau."


class PaymentCorrected(Conflict):
    """Passes that the payment settled were clawed back since."""

    code = "payment_corrected"
    sentence = (
        "Des pass de ce bordereau ont été repris depuis son paiement : le rejet ne s’enregistre "
        "plus. Faites refaire le même paiement par celui qui l’a fait."
    )


class UnknownClawback(NotFound):
    """No clawback has that id, or it is none of the agent's business."""

    code = "unknown_clawback"
    sentence = "Cette reprise est introuvable. Choisissez-la dans la liste des corrections."


class RedemptionNotPaid(Conflict):
    """The pass does not rest settled by that redemption."""

    code = "redemption_not_paid"
    sentence = (
        "Cet encaissement n’est pas payé, ou ne l’est plus : il ne se reprend pas. Annulez-le s’il "
        "n’est sur aucun bordereau, retirez-le d’un projet, ou attendez le paiement du bordereau."
    )


class ClawbackWaitsAlready(Conflict):
    """Somebody has prepared the clawback before."""

    code = "clawback_waits_already"
    sentence = (
        "La reprise de ce pass est déjà préparée. "
        "Faites-la approuver ou écarter depuis la liste des corrections."
    )


class ClawbackPreparerCannotApprove(RuleBroken):
    """The person who prepared the clawback approves it."""

    code = "clawback_preparer_cannot_approve"
    sentence = "Vous avez préparé cette reprise : une autre personne doit l’approuver."


class ClawbackDecidedAlready(Conflict):
    """Somebody approved the clawback before, or set it aside."""

    code = "clawback_decided_already"
    sentence = "Cette reprise est déjà approuvée ou écartée. Rechargez la page pour voir la suite."


class NothingToCollect(RuleBroken):
    """The mediator owes nothing back, or not for long enough."""

    code = "nothing_to_collect"
    sentence = (
        "Rien n’est à réclamer à « {mediator} » : une reprise se compense d’abord sur ses "
        "bordereaux. Attendez {days} jours après elle."
    )


class DebitNoteIssuedAlready(Conflict):
    """Another debit note asks for everything that the mediator owes back."""

    code = "debit_note_issued_already"
    sentence = (
        "Le titre {number} réclame déjà à « {mediator} » tout ce qui est à rendre : n’en émettez "
        "pas d’autre. Ouvrez-le pour l’imprimer ou suivre son encaissement."
    )


class MediatorIsStillOwed(Conflict):
    """A statement will recover what is owed back: no debit note is needed."""

    code = "mediator_is_still_owed"
    sentence = (
        "« {mediator} » a encore {owed} à recevoir : la reprise se compensera sur son prochain "
        "bordereau. Liquidez et approuvez ce bordereau d’abord."
    )


class UnknownDebitNote(NotFound):
    """No debit note has that id, or it is another mediator's."""

    code = "unknown_debit_note"
    sentence = "Ce titre est introuvable. Choisissez-le dans la liste des corrections."


class DebitNoteCollectedAlready(Conflict):
    """The debit note was paid before."""

    code = "debit_note_collected_already"
    sentence = "L’encaissement de ce titre est déjà enregistré : il n’y a plus rien à faire."


class CollectionBySamePerson(RuleBroken):
    """The person who issued the debit note records that it was paid."""

    code = "collection_by_the_same_person"
    sentence = "Vous avez émis ce titre : une autre personne doit enregistrer son encaissement."


class UnknownDispute(NotFound):
    """No dispute has that id, or it is another mediator's."""

    code = "unknown_dispute"
    sentence = "Ce litige est introuvable. Choisissez-le dans la liste des litiges."


class AttemptNotDisputable(Conflict):
    """The attempt was not refused because the pass was taken elsewhere, or the code is another."""

    code = "attempt_not_disputable"
    sentence = (
        "Seul un pass refusé parce qu’il est « déjà encaissé ailleurs » ouvre un litige, avec le "
        "même code. Retapez le code du pass, puis signalez le refus."
    )


class AttemptDisputedAlready(Conflict):
    """The refused attempt began a dispute before."""

    code = "attempt_disputed_already"
    sentence = "Ce refus est déjà signalé : suivez le litige dans la liste des litiges."


class PassDisputedAlready(Conflict):
    """The mediator claims the pass already, after another refused attempt."""

    code = "pass_disputed_already"
    sentence = "Vous réclamez déjà ce pass : suivez le litige ouvert dans la liste des litiges."


class DisputeOpenerCannotDecide(RuleBroken):
    """The person who opened the dispute decides it."""

    code = "dispute_opener_cannot_decide"
    sentence = "Vous avez ouvert ce litige : une autre personne doit le trancher."


class DisputeDecidedAlready(Conflict):
    """The dispute was decided before."""

    code = "dispute_decided_already"
    sentence = "Ce litige est déjà tranché : il n’y a plus rien à faire."


class DisputedPassOnStatement(Conflict):
    """The first redemption is on an approved statement that is not paid: nothing moves."""

    code = "disputed_pass_on_statement"
    sentence = (
        "Le premier encaissement est sur un bordereau approuvé qui n’est pas encore payé. "
        "Attendez son paiement, préparez la reprise du pass, puis tranchez."
    )


class DisputedPassPaid(Conflict):
    """The first redemption is paid: it is clawed back first, by two people."""

    code = "disputed_pass_paid"
    sentence = (
        "Le premier encaissement est déjà payé. Préparez la reprise du pass, faites-la approuver "
        "par une autre personne, puis attribuez le pass."
    )


class DisputedPaymentTakenBack(Conflict):
    """The first mediator owes its payment back: the pass cannot be left to it."""

    code = "disputed_payment_taken_back"
    sentence = (
        "Le paiement du premier est repris : il ne garde plus le pass. "
        "Attribuez le pass à l’autre médiateur."
    )


class DocumentDiffers(Conflict):
    """A paper rendered again is not the one that was rendered first."""

    code = "document_differs"
    sentence = (
        "Le document du bordereau {number} ne ressemble plus à celui qui a été établi le "
        "{rendered_on}. Ne l’utilisez pas et prévenez l’administration de passnum."
    )
