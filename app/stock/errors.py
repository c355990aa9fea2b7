"""What a file of serials or a count may not be."""

from app.kernel.errors import NotFound, RuleBroken


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
