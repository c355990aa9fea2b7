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


class OrganisationSucceeded(RuleBroken):
    """Another organisation has taken over since that day."""

    code = "organisation_succeeded"
    sentence = (
        "« {organisation} » est reprise par « {successor} » depuis le {day} : ce jour-là et après, "
        "c’est elle qui agit. Choisissez la structure qui a repris."
    )


class SucceededAlready(Conflict):
    """The organisation is, or has been, succeeded."""

    code = "succeeded_already"
    sentence = (
        "« {organisation} » a déjà été reprise par une autre structure : ouvrez sa fiche pour voir "
        "laquelle, et depuis quel jour."
    )


class UnknownAgreement(NotFound):
    """No agreement of that organisation has that id."""

    code = "unknown_agreement"
    sentence = "Cette convention est introuvable. Cherchez-la sur la fiche de la structure."


class AgreementRenewedAlready(Conflict):
    """Another agreement follows that one."""

    code = "agreement_renewed_already"
    sentence = (
        "Cette convention a déjà été renouvelée : renouvelez plutôt celle qui l’a suivie, "
        "sur la fiche de la structure."
    )


class UnknownContact(NotFound):
    """No contact of that organisation has that id."""

    code = "unknown_contact"
    sentence = "Ce contact est introuvable. Cherchez-le sur la fiche de la structure."


class ContactReplacedAlready(Conflict):
    """Somebody replaced that contact before."""

    code = "contact_replaced_already"
    sentence = "Ce contact a été changé entre-temps. Rechargez la fiche, puis recommencez."


class UnknownBankDetails(NotFound):
    """No bank details have that id."""

    code = "unknown_bank_details"
    sentence = "Ce compte bancaire est introuvable. Vérifiez son identifiant."


class BankDetailsApprovedAlready(Conflict):
    """Somebody approved these bank details before."""

    code = "bank_details_approved_already"
    sentence = "Ce compte bancaire est déjà confirmé : il n’y a plus rien à faire."


class BankKeyMissing(RuleBroken):
    """The key that seals IBANs is not on this machine, or is not the one that sealed this one."""

    code = "bank_key_missing"
    sentence = (
        "La clé qui protège les comptes bancaires manque sur cette machine, ou a changé : les IBAN "
        "ne peuvent être ni lus ni écrits. Remettez la sauvegarde du fichier bank-details.key "
        "dans le dossier des clés, puis recommencez."
    )


class BankDetailsDamaged(RuleBroken):
    """A sealed IBAN does not open: its row is not as it was written."""

    code = "bank_details_damaged"
    sentence = (
        "Le compte {account} n’est plus tel qu’il a été enregistré : rien n’y est payé. "
        "Faites-le saisir et confirmer de nouveau, et prévenez qui administre cette machine."
    )


class BankDetailsPreparerCannotApprove(RuleBroken):
    """The person who typed the account approves it."""

    code = "bank_details_preparer_cannot_approve"
    sentence = (
        "Vous avez saisi ce compte bancaire : une autre personne doit le confirmer, "
        "après l’avoir vérifié auprès de la structure."
    )
