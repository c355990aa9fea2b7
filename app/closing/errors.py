"""What the end of a vintage refuses."""

from app.kernel.errors import Conflict, NotFound, RuleBroken


class HoldNotDue(RuleBroken):
    """The list of what is not handed out has not been drawn up yet."""

    code = "hold_not_due"
    sentence = (
        "La liste des carnets non remis du {label} n’est pas encore arrêtée : elle le sera le "
        "{day}. Revenez ce jour-là pour valider la retenue."
    )


class HoldTooLate(Conflict):
    """The vintage has expired: there is nothing to hold any more."""

    code = "hold_too_late"
    sentence = (
        "Le {label} a déjà expiré : il n’y a plus rien à retenir. Consultez l’état contradictoire."
    )


class HeldAlready(Conflict):
    """Somebody validated the hold."""

    code = "held_already"
    sentence = "La retenue du {label} est déjà validée : vous n’avez rien à faire de plus."


class NotHeld(Conflict):
    """The booklet is not held by the calendar, whole."""

    code = "booklet_not_held_back"
    sentence = (
        "Le carnet {booklet} n’est pas retenu par le calendrier de clôture. "
        "Cherchez-le pour voir où il est."
    )


class ReleaseTooLate(RuleBroken):
    """Nothing is handed out after the last day of validity."""

    code = "release_too_late"
    sentence = (
        "Le {label} n’est plus valable depuis le {day} : un carnet libéré ne pourrait plus être "
        "remis. Remettez un carnet d’un autre millésime."
    )


class UnknownJointStatement(NotFound):
    """The accounts of that vintage are not drawn up yet."""

    code = "unknown_joint_statement"
    sentence = (
        "L’état contradictoire de ce millésime n’est pas encore arrêté. "
        "Revenez au jour indiqué par le calendrier de clôture."
    )


class SideSignedAlready(Conflict):
    """That party has signed."""

    code = "side_signed_already"
    sentence = "Cette partie a déjà signé l’état {number} : vous n’avez rien à faire de plus."


class SignedByTheSamePerson(RuleBroken):
    """One person records both signatures."""

    code = "signed_by_the_same_person"
    sentence = (
        "Vous avez enregistré l’autre signature de l’état {number} : demandez à une autre personne "
        "d’enregistrer celle-ci."
    )


class NotYetSigned(RuleBroken):
    """Both parties sign before anything is settled."""

    code = "joint_statement_not_signed"
    sentence = (
        "L’état {number} n’est pas signé par les deux parties : faites-le signer, puis enregistrez "
        "les deux signatures."
    )


class SettledAlready(Conflict):
    """The end of that vintage is settled."""

    code = "closing_settled_already"
    sentence = "La clôture du {label} est déjà soldée par {number}. Consultez ce document."


class ClosingNotSettled(Conflict):
    """The joint statement is not settled: nothing comes after it yet."""

    code = "closing_not_settled"
    sentence = (
        "L’état contradictoire {number} n’est pas soldé : faites-le signer et soldez-le avant d’en "
        "dresser un complémentaire."
    )


class NothingExpiredLate(Conflict):
    """No pass has expired since the accounts were closed, or they are all settled."""

    code = "nothing_expired_late"
    sentence = (
        "Aucun pass n’a expiré depuis l’arrêté de l’état {number} : il n’y a rien à compléter. "
        "Vérifiez le millésime."
    )


class ComplementWaits(Conflict):
    """A complement is drawn up and not settled."""

    code = "complement_waits"
    sentence = (
        "Le complément {number} attend d’être signé et soldé : soldez-le avant d’en arrêter un "
        "autre."
    )


class UnknownComplement(NotFound):
    """No complement has that id."""

    code = "unknown_complement"
    sentence = "Ce complément est introuvable. Choisissez-le sur la page de clôture du millésime."


class ComplementByTheSamePerson(RuleBroken):
    """Whoever drew a complement up settles it."""

    code = "complement_by_the_same_person"
    sentence = (
        "Vous avez arrêté le complément {number} : demandez à une autre personne de vérifier les "
        "deux signatures, puis de le solder."
    )


class ComplementSettledAlready(Conflict):
    """Somebody else settled it."""

    code = "complement_settled_already"
    sentence = "Ce complément est déjà soldé par {number}. Consultez ce document."
