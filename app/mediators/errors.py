"""What a label may not be."""

from app.kernel.errors import Conflict, NotFound, RuleBroken


class NoLabelInForce(RuleBroken):
    """No label covers that day."""

    code = "no_label_in_force"
    sentence = (
        "« {organisation} » n’a pas de label en vigueur le {day}, et ne peut pas encaisser de pass "
        "ce jour-là. Vérifiez les dates du label auprès de la coordination."
    )


class CashOfficeMissing(RuleBroken):
    """A public body takes passes on a day when neither a régie nor a mandate lets it."""

    code = "cash_office_missing"
    sentence = (
        "« {organisation} » est un organisme public et n’a ni régie de recettes ni convention de "
        "mandat en vigueur le {day} : elle ne peut pas encaisser de pass ce jour-là. Faites "
        "enregistrer l’une ou l’autre par la coordination."
    )


class NoRightToHold(RuleBroken):
    """A public body without régie or mandate would hold passes, or hand them over."""

    code = "no_right_to_hold"
    sentence = (
        "« {organisation} » est un organisme public et n’a ni régie ni convention de mandat en "
        "vigueur le {day} : elle ne peut ni recevoir ni remettre de carnets ce jour-là, seulement "
        "rendre les siens. Faites enregistrer l’une ou l’autre par la coordination."
    )


class UnknownCashOffice(NotFound):
    """No régie has that id."""

    code = "unknown_cash_office"
    sentence = "Cette régie est introuvable. Cherchez-la sur la fiche de la structure."


class CashOfficeClosedAlready(Conflict):
    """Somebody closed that régie before."""

    code = "cash_office_closed_already"
    sentence = (
        "Cette régie a déjà pris fin avant son terme, à compter du {day} : ouvrez la fiche de la "
        "structure pour lire pourquoi."
    )


class CashOfficeOverlaps(Conflict):
    """A régie of that kind covers some of these days already."""

    code = "cash_office_overlaps"
    sentence = (
        "« {organisation} » a déjà cette régie sur une partie de ces jours : « {reference} », du "
        "{valid_from} au {valid_until}. Changez les jours, ou mettez d’abord fin à celle-là."
    )


class NotAPublicBody(RuleBroken):
    """A régie for a body that needs none."""

    code = "not_a_public_body"
    sentence = (
        "« {organisation} » n’est pas un organisme public local : elle n’a pas besoin de régie. "
        "Vérifiez la structure choisie."
    )


class NotReceiving(RuleBroken):
    """The place said that it receives nobody for now."""

    code = "not_receiving"
    sentence = (
        "« {organisation} » a fait savoir qu’elle n’est pas prête à recevoir le {day}. "
        "Choisissez un autre médiateur."
    )


class UnknownLabelApplication(NotFound):
    """No application for a label has that id."""

    code = "unknown_label_application"
    sentence = "Cette demande de label est introuvable. Cherchez-la sur la fiche de la structure."


class LabelStepOutOfOrder(RuleBroken):
    """The application has come as far as that step, or has been decided."""

    code = "label_step_out_of_order"
    sentence = (
        "La demande de label a déjà franchi cette étape, ou elle est terminée : "
        "ouvrez la fiche de la structure pour voir où elle en est."
    )


class ProfileChanged(Conflict):
    """Somebody recorded another version meanwhile."""

    code = "profile_changed"
    sentence = (
        "La fiche a été changée par quelqu’un d’autre entre-temps. Rechargez-la, "
        "puis reportez vos corrections."
    )
