"""What is refused about long work."""

from app.kernel.errors import NotFound


class UnknownWork(NotFound):
    """There is no such work, or somebody else asked for it: both look alike."""

    code = "unknown_work"
    sentence = "Ce travail n’existe pas, ou une autre personne l’a demandé. Vérifiez l’adresse."
