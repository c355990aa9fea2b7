"""What a file of serials or a count may not be."""

from app.kernel.errors import Conflict, NotFound, RuleBroken


class SerialFileTooLong(RuleBroken):
    """More rows than can be read here."""

    code = "serial_file_too_long"
    sentence = (
        "Ce fichier dépasse {most} lignes : rien n’est reçu. Coupez-le en plusieurs, ou "
        "importez-le sur le serveur avec la commande passnum delivery import."
    )


class SerialFileNotOfThisOrder(RuleBroken):
    """So many rows are wrong that the file is another one's."""

    code = "serial_file_not_of_this_order"
    sentence = (
        "Plus de {most} lignes seraient écartées : ce fichier n’est sans doute pas celui de cette "
        "commande, et rien n’est reçu. Vérifiez la commande et les codes, puis recommencez."
    )


class SerialFileEmpty(RuleBroken):
    """A head and nothing under it."""

    code = "serial_file_empty"
    sentence = "Ce fichier n’a aucune ligne de pass. Vérifiez que c’est le bon, puis recommencez."


class SerialFileWithoutCodes(RuleBroken):
    """The issuer's codes are to be taken from a file that has none."""

    code = "serial_file_without_codes"
    sentence = (
        "Ce fichier n’a pas de colonne « code », alors que les codes seraient ceux de l’émetteur. "
        "Demandez-lui le fichier complet, ou choisissez les codes de passnum."
    )


class UnknownSerialFile(NotFound):
    """No file of serials has that id or number."""

    code = "unknown_serial_file"
    sentence = "Ce fichier est introuvable. Choisissez-le dans la liste des fichiers reçus."


class CountedRangeBroken(RuleBroken):
    """Two ends that make no range of booklets, or of passes of one booklet."""

    code = "counted_range_broken"
    sentence = (
        "Ces deux numéros ne font pas une suite. Écrivez deux carnets d’un même millésime, le plus "
        "petit d’abord, ou deux pass d’un même carnet."
    )


class HoldsNoBooklets(RuleBroken):
    """The organisation is neither the sponsor nor a prescriber."""

    code = "holds_no_booklets"
    sentence = (
        "Cette structure ne garde pas de carnets : comptez l’armoire de la collectivité, ou le "
        "tiroir d’un prescripteur."
    )


class UnknownStockCount(NotFound):
    """No count has that id or number, or it is another organisation's."""

    code = "unknown_stock_count"
    sentence = "Ce comptage est introuvable. Choisissez-le dans la liste des comptages."


class UnknownCountedLine(NotFound):
    """The line to strike is none of the count's."""

    code = "unknown_counted_line"
    sentence = "Cette ligne n’est pas de ce comptage. Rechargez la page, puis recommencez."


class CountClosed(Conflict):
    """The theory is known by now: nothing more is counted."""

    code = "count_closed"
    sentence = (
        "Ce comptage est clos : la théorie est connue et il ne change plus. "
        "Ouvrez un autre comptage s’il faut recompter."
    )


class CountAbandoned(Conflict):
    """Somebody gave the count up."""

    code = "count_abandoned"
    sentence = (
        "Ce comptage est abandonné et ne compare rien. Ouvrez un autre comptage s’il faut compter."
    )


class CountOpen(Conflict):
    """Nothing can be signed before the count is closed."""

    code = "count_open"
    sentence = "Ce comptage est encore en cours : terminez-le et fermez-le avant de le signer."


class CountEmptyUnsaid(RuleBroken):
    """Closing a count without a line is meant only when it is said."""

    code = "count_empty_unsaid"
    sentence = (
        "Rien n’est compté. Scannez les carnets, ou dites que rien ne se trouve là pour fermer "
        "ainsi."
    )


class CounterCannotSign(RuleBroken):
    """Whoever closed the count does not sign as the second person."""

    code = "counter_cannot_sign"
    sentence = "Vous avez fermé ce comptage : une autre personne doit le vérifier et le signer."


class SignerNotOfHolder(RuleBroken):
    """Neither of the two works for the holder."""

    code = "signer_not_of_holder"
    sentence = (
        "L’une des deux personnes doit être de la structure dont les carnets sont comptés. "
        "Un agent de cette structure doit signer."
    )


class CountSignedAlready(Conflict):
    """Somebody else has signed it."""

    code = "count_signed_already"
    sentence = "Ce comptage est déjà signé par quelqu’un d’autre : il n’y a plus rien à faire."
