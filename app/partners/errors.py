"""What a partner may not be, sign or be paid on."""

from app.kernel.errors import Conflict, NotFound, RuleBroken


class UnknownOrganisation(NotFound):
    """No organisation has that id."""

    code = "unknown_organisation"
    sentence = "Cette structure est introuvable. Cherchez-la dans la liste des partenaires."


class SiretTaken(Conflict):
    """Another organisation has that SIRET."""

    code = "siret_taken"
    sentence = (
        "Une structure a déjà ce SIRET. Cherchez-la dans la liste avant d’en créer une autre."
    )


class NoAgreementInForce(RuleBroken):
    """No agreement of that role covers that day."""

    code = "no_agreement_in_force"
    sentence = (
        "« {organisation} » n’a pas de convention de {role} en vigueur le {day}. "
        "Vérifiez les dates de sa convention, ou faites-en signer une."
    )


class UnknownBankDetails(NotFound):
    """No bank details have that id."""

    code = "unknown_bank_details"
    sentence = "Ce compte bancaire est introuvable. Vérifiez son identifiant."


class BankDetailsApprovedAlready(Conflict):
    """Somebody approved these bank details before."""

    code = "bank_details_approved_already"
    sentence = "Ce compte bancaire est déjà confirmé : il n’y a plus rien à faire."


class BankDetailsPreparerCannotApprove(RuleBroken):
    """The person who typed the account approves it."""

    code = "bank_details_preparer_cannot_approve"
    sentence = (
        "Vous avez saisi ce compte bancaire : une autre personne doit le confirmer, "
        "après l’avoir vérifié auprès de la structure."
    )
