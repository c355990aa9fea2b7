"""What a label may not be."""

from app.kernel.errors import RuleBroken


class NoLabelInForce(RuleBroken):
    """No label covers that day."""

    code = "no_label_in_force"
    sentence = (
        "« {organisation} » n’a pas de label en vigueur le {day}, et ne peut pas encaisser de pass "
        "ce jour-là. Vérifiez les dates du label auprès de la coordination de CAP Nord."
    )
