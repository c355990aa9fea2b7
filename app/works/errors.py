"""What is refused about long work."""

from app.kernel.errors import NotFound


class UnknownWork(NotFound):
    """There is no such work, or somebody else asked for it: both look alike."""

    code = "unknown_work"
    sentence = "Ce travail n’existe pas, ou une autre personne l’a demandé. Vérifiez l’adresse."


class WorkFileGone(NotFound):
    """The file that a work made is not kept any more."""

    code = "work_file_gone"
    sentence = "Ce fichier n’est plus gardé. Demandez-le de nouveau."
