"""What is refused about reports."""

from app.kernel.errors import RuleBroken


class NothingToArchive(RuleBroken):
    """Nothing of that period justifies anything."""

    code = "nothing_to_archive"
    sentence = "Cette période n’a aucune pièce. Choisissez-en une autre."


class TooManyPieces(RuleBroken):
    """One archive would hold more documents than anybody handles."""

    code = "too_many_pieces"
    sentence = (
        "Cette période a {count} pièces, et une archive en tient {most} au plus. "
        "Demandez-en plusieurs, une par trimestre par exemple."
    )


class ArchiveTooLarge(RuleBroken):
    """The archive outgrew what is kept of one."""

    code = "archive_too_large"
    sentence = (
        "Cette archive dépasse 2 Go : elle n’est pas gardée. "
        "Demandez-en plusieurs, une par trimestre par exemple."
    )
