"""What oppositions, replacements and destructions refuse."""

from app.kernel.errors import Conflict, NotFound, RuleBroken


class UnknownBlock(NotFound):
    """No opposition has that id, or it is another organisation's."""

    code = "unknown_block"
    sentence = "Cette opposition est introuvable. Choisissez-la dans la liste des oppositions."


class NothingNamed(RuleBroken):
    """No pass was named."""

    code = "nothing_named"
    sentence = "Indiquez au moins un pass, un carnet ou un code."


class TooManyNamed(RuleBroken):
    """More passes were named at once than anybody loses."""

    code = "too_many_named"
    sentence = "Nommez {most} pass au plus à la fois : coupez la série en plusieurs déclarations."


class NamedReversed(RuleBroken):
    """A series ends before it begins, or in another vintage."""

    code = "named_reversed"
    sentence = (
        "De {first} à {last}, il n’y a pas de série : écrivez le premier puis le dernier numéro, "
        "du même millésime."
    )


class NamedTwice(RuleBroken):
    """A pass was named twice."""

    code = "named_twice"
    sentence = "Le pass {serial} figure deux fois : gardez-le une seule fois."


class NamedMissing(RuleBroken):
    """Some passes of a series were never delivered."""

    code = "named_missing"
    sentence = (
        "Entre {first} et {last}, {missing} pass n’ont jamais été livrés. "
        "Relisez les numéros, ou coupez la série."
    )


class NotYoursToDeclare(RuleBroken):
    """The pass was never this prescriber's: neither in its drawer nor handed over by it."""

    code = "not_yours_to_declare"
    sentence = (
        "Le pass {serial} n’est pas chez vous et vous ne l’avez pas remis : "
        "appelez la coordination, qui peut le mettre en opposition."
    )


class NothingBlockedStill(Conflict):
    """What was to be unblocked is blocked no longer, or was never by that declaration."""

    code = "nothing_blocked_still"
    sentence = (
        "Aucun de ces pass n’est encore bloqué par cette opposition. "
        "Rechargez la page pour voir où ils sont."
    )


class NotBlockedHere(Conflict):
    """A pass is not blocked by that declaration, or no longer."""

    code = "not_blocked_here"
    sentence = (
        "Le pass {serial} n’est pas, ou n’est plus, bloqué par cette opposition. "
        "Gardez seulement ceux de la liste."
    )


class UnknownWriteOff(NotFound):
    """No destruction has that id."""

    code = "unknown_write_off"
    sentence = "Cette destruction est introuvable. Choisissez-la dans la liste des destructions."


class NotBlockedToWriteOff(RuleBroken):
    """Only blocked passes are destroyed for good."""

    code = "not_blocked_to_write_off"
    sentence = (
        "Le pass {serial} n’est pas en opposition : mettez-le d’abord en opposition, "
        "puis préparez sa destruction."
    )


class MisprintHandedOver(RuleBroken):
    """A misprint is destroyed before its reprint is handed over to anybody."""

    code = "misprint_handed_over"
    sentence = (
        "Le pass {serial} n’est plus dans un stock : on détruit une feuille mal imprimée avant la "
        "remise. Après, remplacez le pass."
    )


class MisprintNotReprinted(RuleBroken):
    """Spoiled paper is destroyed once the same passes were printed again."""

    code = "misprint_not_reprinted"
    sentence = (
        "Le carnet {booklet} n’a pas été réimprimé dans {batch} : indiquez l’impression, faite "
        "avec un motif, qui le remplace."
    )


class WriteOffByTheSamePerson(RuleBroken):
    """Whoever prepared a destruction approves it."""

    code = "write_off_by_the_same_person"
    sentence = (
        "Vous avez préparé cette destruction : demandez à une autre personne de compter les pass, "
        "puis de l’approuver."
    )


class WriteOffApprovedAlready(Conflict):
    """Somebody else approved it."""

    code = "write_off_approved_already"
    sentence = "Cette destruction est déjà approuvée : vous n’avez rien à faire de plus."


class WriteOffAbandonedAlready(Conflict):
    """Somebody gave it up."""

    code = "write_off_abandoned_already"
    sentence = (
        "Cette destruction est abandonnée et reste sans effet. S’il reste des pass à détruire, "
        "préparez un autre procès-verbal."
    )


class WriteOffCountDiffers(Conflict):
    """The approver counted another number of passes."""

    code = "write_off_count_differs"
    sentence = (
        "Le procès-verbal nomme {voucher_count} pass et vous en avez compté {counted}. "
        "Recomptez ; s’il nomme un pass de trop, abandonnez-le, puis faites préparer un autre "
        "procès-verbal."
    )


class WriteOffPreparedAlready(Conflict):
    """Another destruction that waits for its approval names the pass."""

    code = "write_off_prepared_already"
    sentence = (
        "Le pass {serial} est déjà dans le procès-verbal {number}, qui attend son approbation : "
        "faites-le approuver ou abandonnez-le, ou retirez ce pass de votre liste."
    )


class UnknownReplacement(NotFound):
    """No replacement has that id, or it is another organisation's."""

    code = "unknown_replacement"
    sentence = "Ce remplacement est introuvable. Choisissez-le dans la liste des remplacements."


class NotInCirculation(RuleBroken):
    """Only what was handed to a person, and not used, is replaced."""

    code = "not_in_circulation"
    sentence = (
        "Le pass {serial} n’est pas entre les mains d’une personne : on remplace seulement un pass "
        "remis et pas encore utilisé. Cherchez-le pour voir où il est."
    )


class PassesOfSeveralPrescribers(RuleBroken):
    """Passes handed over by several prescribers are replaced one prescriber at a time."""

    code = "passes_of_several_prescribers"
    sentence = (
        "Ces pass ont été remis par plusieurs prescripteurs ou sont de plusieurs dispositifs : "
        "faites un remplacement pour chacun."
    )


class NotYoursToReplace(RuleBroken):
    """A prescriber replaces only what it handed over, from its own drawer."""

    code = "not_yours_to_replace"
    sentence = (
        "Vous n’avez pas remis le pass {serial} : adressez la personne au prescripteur qui l’a "
        "remis, ou à la coordination."
    )


class NothingToReplaceWith(Conflict):
    """There are not enough passes where the new ones would come from."""

    code = "nothing_to_replace_with"
    sentence = (
        "Il faut {needed} pass et il n’y en a que {available} d’utilisables à cet endroit. "
        "Prenez-les ailleurs, ou demandez des carnets."
    )


class TakenDoesNotFit(Conflict):
    """The booklets in hand have not as many passes there that may stand for the old ones."""

    code = "taken_does_not_fit"
    sentence = (
        "Il faut {needed} pass, et les carnets que vous prenez n’en ont ici que {available} qui "
        "conviennent. Scannez-en un autre, ou ne scannez rien : le registre choisit."
    )


class CompromisedAlready(Conflict):
    """The vintage was declared compromised with another vintage in its place."""

    code = "compromised_already"
    sentence = (
        "Le millésime {label} est déjà retiré et remplacé par le {replacement} : "
        "reprenez avec celui-ci."
    )


class VintagesDiffer(RuleBroken):
    """A vintage is replaced by one of the same programme and face value that still serves."""

    code = "vintages_differ"
    sentence = (
        "Le {replacement} ne remplace pas le {label} : choisissez un autre millésime du même "
        "dispositif, de même valeur, encore valable, et dont la clé est sûre."
    )
