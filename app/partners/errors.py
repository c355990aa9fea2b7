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


class SiretKnown(Conflict):
    """The organisation came with a SIRET, and nobody has told yet that it is false."""

    code = "siret_known"
    sentence = (
        "« {organisation} » est inscrite avec un SIRET. S’il est faux, signalez-le sur sa fiche, "
        "avec ce qui le montre ; une autre personne écrit ensuite le bon."
    )


class SiretWrittenMeanwhile(Conflict):
    """Another SIRET is the last one: not what whoever writes has read."""

    code = "siret_written_meanwhile"
    sentence = (
        "Le SIRET de « {organisation} » n’est plus celui que vous avez lu. Rouvrez sa fiche, "
        "vérifiez-le, puis corrigez-le s’il est faux."
    )


class SiretWriterCannotCorrect(RuleBroken):
    """Who wrote a SIRET does not correct it."""

    code = "siret_writer_cannot_correct"
    sentence = (
        "Vous avez écrit ce SIRET : une autre personne doit le corriger, après l’avoir vérifié "
        "auprès de la structure."
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


class AgreementOverlaps(Conflict):
    """An agreement of that role covers some of these days already."""

    code = "agreement_overlaps"
    sentence = (
        "« {organisation} » a déjà une convention de {role} sur une partie de ces jours : "
        "« {reference} », du {valid_from} au {valid_until}. Changez les jours, ou mettez d’abord "
        "fin à celle-là."
    )


class AgreementClosedAlready(Conflict):
    """Somebody closed that agreement before."""

    code = "agreement_closed_already"
    sentence = (
        "Cette convention a déjà pris fin avant son terme, à compter du {day} : ouvrez la fiche de "
        "la structure pour lire pourquoi."
    )


class UnknownAgreementFile(NotFound):
    """No file of that agreement has that id."""

    code = "unknown_agreement_file"
    sentence = "Ce document est introuvable. Ouvrez-le depuis la fiche de la structure."


class FileNotReadable(RuleBroken):
    """The bytes are of no kind that is kept, or the file was cut on the way."""

    code = "file_not_readable"
    sentence = (
        "Ce fichier n’est ni un PDF, ni un JPEG, ni un PNG entier, quel que soit son nom. "
        "Numérisez de nouveau le document, puis choisissez le fichier obtenu."
    )


class FileTooLarge(RuleBroken):
    """More than is kept of one file."""

    code = "file_too_large"
    sentence = (
        "Ce fichier dépasse {megabytes} Mo. Numérisez-le en noir et blanc ou en moins fin, "
        "ou en plusieurs fichiers."
    )


class FileIsAnother(Conflict):
    """The file is not the one whose fingerprint was typed with the agreement."""

    code = "file_is_another"
    sentence = (
        "Ce fichier n’est pas celui dont l’empreinte a été saisie avec la convention. "
        "Choisissez le fichier d’origine."
    )


class FileKeptAlready(Conflict):
    """The same bytes are kept with that agreement."""

    code = "file_kept_already"
    sentence = "Ce fichier est déjà joint à cette convention : il n’y a rien à faire."


class TooManyFiles(RuleBroken):
    """An agreement has its paper and a few annexes, not a drawer."""

    code = "too_many_files"
    sentence = (
        "Cette convention a déjà {count} documents, le plus qu’elle puisse garder. "
        "Réunissez le reste dans les archives de la collectivité."
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


class BankDetailsRefused(Conflict):
    """Somebody refused these bank details, or took them back."""

    code = "bank_details_refused"
    sentence = (
        "Ce compte bancaire est déjà refusé : rien n’y sera payé. S’il est le bon malgré tout, "
        "faites-le saisir de nouveau."
    )


class BankDetailsSuperseded(Conflict):
    """Another account, typed later, was confirmed while this one waited."""

    code = "bank_details_superseded"
    sentence = (
        "Un compte saisi après celui-ci est confirmé : celui-ci n’attend plus rien. S’il est le "
        "bon malgré tout, faites-le saisir de nouveau."
    )


class BankDetailsConfirmed(Conflict):
    """These bank details are confirmed: they are replaced, not refused."""

    code = "bank_details_confirmed"
    sentence = (
        "Ce compte bancaire est confirmé : il ne se refuse plus. S’il est faux, saisissez le bon "
        "et faites-le confirmer par une autre personne : les paiements suivants y vont."
    )


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


class BankDetailsDiffer(RuleBroken):
    """The second person typed another IBAN than the first."""

    code = "bank_details_differ"
    sentence = (
        "Cet IBAN n’est pas celui qui a été saisi. Relisez le vôtre sur le relevé d’identité "
        "bancaire ; s’il est juste, la saisie est fausse : refusez ce compte, puis faites saisir "
        "le bon."
    )


class BankDetailsPreparerCannotApprove(RuleBroken):
    """The person who typed the account approves it."""

    code = "bank_details_preparer_cannot_approve"
    sentence = (
        "Vous avez saisi ce compte bancaire : une autre personne doit le confirmer, "
        "après l’avoir vérifié auprès de la structure."
    )
