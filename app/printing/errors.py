"""What a batch of printing may not be."""

from app.kernel.errors import Conflict, NotFound, RuleBroken, Throttled


class NothingToPrint(RuleBroken):
    """The last booklet comes before the first."""

    code = "nothing_to_print"
    sentence = "Le dernier carnet vient avant le premier : écrivez le plus petit numéro d’abord."


class BookletsNotToPrint(RuleBroken):
    """The range goes beyond what the order brings."""

    code = "booklets_not_to_print"
    sentence = (
        "Cette commande apporte les carnets {first} à {last}. "
        "Choisissez des carnets entre ces deux numéros."
    )


class PrintBatchTooLarge(RuleBroken):
    """More booklets than one batch takes."""

    code = "print_batch_too_large"
    sentence = "Une impression compte {largest} carnets au plus. Imprimez la suite dans une autre."


class PrintedAlready(Conflict):
    """Some of these booklets were printed before, and nobody says why again."""

    code = "printed_already"
    sentence = (
        "Des carnets entre {first} et {last} sont déjà imprimés ({number}). "
        "Pour les imprimer de nouveau, écrivez le motif ; il est gardé."
    )


class PrintingNotSettled(RuleBroken):
    """The public address or the help line is missing, reserved for examples, or unprintable."""

    code = "printing_not_settled"
    sentence = (
        "Rien n’est imprimé : le réglage {setting} de l’installation manque ou ne convient pas. "
        "Demandez à l’administrateur de le régler, puis recommencez."
    )


class UnknownPrintBatch(NotFound):
    """No batch has that number or that file."""

    code = "unknown_print_batch"
    sentence = "Cette impression est introuvable. Choisissez-la dans la liste des impressions."


class PrintedAndHandedOver(Conflict):
    """A booklet that a person holds is not printed a second time."""

    code = "printed_and_handed_over"
    sentence = (
        "Le carnet {booklet} est déjà remis à une personne, ou hors d’usage : ne l’imprimez pas. "
        "Remplacez ses pass, ou imprimez les autres carnets."
    )


class CodesNotOurs(RuleBroken):
    """The booklet was delivered with the issuer's codes, of which only hashes are kept."""

    code = "codes_not_ours"
    sentence = (
        "Les codes du carnet {booklet} viennent du fichier de l’émetteur : passnum n’en garde que "
        "l’empreinte, et des codes qu’il calculerait seraient refusés. Faites-le réimprimer par "
        "l’émetteur ; s’il est inutilisable, mettez-le en opposition, puis remplacez-le ou "
        "détruisez-le."
    )


class PrintFileDiffers(Conflict):
    """The file made again is not the one that was recorded."""

    code = "print_file_differs"
    sentence = (
        "Ce fichier ne peut plus être refait à l’identique : son empreinte n’est plus celle de "
        "l’impression {number}. Imprimez de nouveau ces carnets, avec un motif."
    )


class TooManyLooks(Throttled):
    """Too many codes that nothing bears, from one address."""

    code = "too_many_looks"
    sentence = "Trop de codes inconnus en peu de temps. Revenez dans {minutes} minutes."
