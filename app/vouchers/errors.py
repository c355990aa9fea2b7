"""What a serial number or a code may not be."""

from app.kernel.errors import NotFound, RuleBroken


class UnknownVoucher(NotFound):
    """No pass has that number or that code."""

    code = "unknown_voucher"
    sentence = (
        "Aucun pass ne correspond. Vérifiez chaque caractère ; si le pass semble vrai, "
        "gardez-le et appelez la coordination."
    )


class TrainingPaper(NotFound):
    """A pass, a booklet or a cover made to practise with, where money is at stake."""

    code = "training_paper"
    sentence = (
        "C’est un papier d’entraînement : il ne vaut rien. Rangez-le avec les carnets "
        "d’entraînement, et prenez-en un vrai."
    )


class NotATrainingPaper(NotFound):
    """Anything else, where people practise: whether it exists is not looked up."""

    code = "not_a_training_paper"
    sentence = (
        "Ce papier n’est pas un carnet d’entraînement. Ici, prenez-en un de la page « Carnets "
        "d’entraînement » ; si vous en tenez un vrai, gardez-le : rien ne lui est arrivé."
    )


class VoucherNotShown(NotFound):
    """A mediator looks for a pass that it never took: whether it exists is not told."""

    code = "voucher_not_shown"
    sentence = (
        "Vous ne pouvez pas voir ce pass. Pour savoir s’il peut être pris, tapez son code à "
        "« Encaisser »."
    )


class UnknownBooklet(NotFound):
    """No booklet has that number."""

    code = "unknown_booklet"
    sentence = "Aucun carnet ne porte le numéro {booklet}. Relisez-le sur la couverture."


class BookletNotShown(NotFound):
    """A prescriber looks for a booklet that it does not hold: whether it exists is not told."""

    code = "booklet_not_shown"
    sentence = (
        "Ce carnet n’est pas chez vous, ou n’existe pas. Relisez son numéro ; s’il est bien écrit, "
        "appelez la coordination."
    )


class MistypedCoverCode(RuleBroken):
    """What was typed has the length of the code of a cover, and cannot be one."""

    code = "mistyped_cover_code"
    sentence = (
        "Ce code de couverture ne peut pas exister : un caractère est faux. "
        "Relisez les seize caractères sous le carré de la couverture."
    )


class UnknownCover(NotFound):
    """No booklet bears that code on its cover."""

    code = "unknown_cover"
    sentence = (
        "Aucun carnet reçu ne porte ce code de couverture. Scannez la couverture, pas un pass, "
        "ou tapez le numéro du carnet."
    )


class MistypedSerial(RuleBroken):
    """What was typed has the form of a serial number, and its key is wrong."""

    code = "mistyped_serial"
    sentence = (
        "La clé de contrôle ne correspond pas à ce numéro de série : un caractère est faux. "
        "Relisez-le sur le pass."
    )


class NotASerialNumber(RuleBroken):
    """What was typed is not a serial number."""

    code = "not_a_serial_number"
    sentence = (
        "Ce n’est pas un numéro de série. Il s’écrit comme 26A 00442 07 91 : "
        "le millésime, le carnet, le pass et la clé."
    )


class MistypedVoucherCode(RuleBroken):
    """What was typed cannot be a code."""

    code = "mistyped_code"
    sentence = (
        "Ce code ne peut pas exister : un caractère est faux. "
        "Relisez-le sur le pass, quatre caractères à la fois."
    )


class VoucherCodeTooShort(MistypedVoucherCode):
    """Characters of a code are missing, or were not read."""

    code = "code_too_short"
    sentence = (
        "Il manque {missing_count} des 16 caractères de ce code. "
        "Relisez-le sur le pass, quatre caractères à la fois."
    )


class VoucherCodeTooLong(MistypedVoucherCode):
    """More was typed than a code has."""

    code = "code_too_long"
    sentence = (
        "Ce code a {typed_count} caractères au lieu de 16, soit {beyond_count} de trop. "
        "Relisez-le sur le pass, quatre caractères à la fois."
    )


class SerialInsteadOfCode(MistypedVoucherCode):
    """The number of a pass or of a booklet, where its secret code is asked for."""

    code = "serial_instead_of_code"
    sentence = (
        "C’est le numéro du pass, et non son code. "
        "Le code a seize lettres et chiffres, sous le carré noir : tapez-le à la place."
    )


class CoverInsteadOfPass(RuleBroken):
    """The code of a cover, where that of a pass is asked for."""

    code = "cover_instead_of_pass"
    sentence = (
        "C’est le code de la couverture, et non celui d’un pass. "
        "Tapez le code du pass détaché, sous son carré noir."
    )


class NotABookletNumber(NotASerialNumber):
    """What was typed is not the number of a booklet."""

    code = "not_a_booklet_number"
    sentence = (
        "Ce n’est pas un numéro de carnet. Il s’écrit comme 26A 00442, sur la couverture : "
        "le millésime, puis le carnet."
    )


class VintageKeyMismatch(RuleBroken):
    """The key on this machine is not the one of the vintage."""

    code = "vintage_key_mismatch"
    sentence = (
        "La clé présente sur cette machine n’est pas celle du millésime {label}. "
        "Remettez la bonne sauvegarde avant de recevoir ou d’imprimer des pass."
    )
