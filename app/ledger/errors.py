"""What the ledger refuses. Most people never meet these: the features above refuse earlier."""

from app.kernel.errors import Conflict, RuleBroken


class VouchersNotThere(Conflict):
    """Some voucher of the range is missing, rests elsewhere, or has just moved."""

    code = "vouchers_not_there"
    sentence = (
        "Certains de ces pass ne sont plus là où l’opération les attend. "
        "Cherchez-les par leur numéro de série, puis recommencez avec ceux qui y sont."
    )


class NoSuchMove(RuleBroken):
    """The chart has no such move between such accounts."""

    code = "no_such_move"
    sentence = (
        "Un pass ne peut pas passer directement de cet état à l’autre. Vérifiez où il repose."
    )


class BookletCut(RuleBroken):
    """The range would cut a booklet in two."""

    code = "booklet_cut"
    sentence = (
        "Un carnet ne se coupe pas : indiquez des carnets entiers, du premier au dernier pass."
    )


class PostingRepeated(Conflict):
    """A posting with that id exists already."""

    code = "posting_repeated"
    sentence = (
        "Cette opération est déjà enregistrée. Rechargez la page pour voir son résultat "
        "avant d’en faire une autre."
    )
