"""What cannot be decided of a signal."""

from app.kernel.errors import Conflict, NotFound


class UnknownSignal(NotFound):
    """No signal has that id."""

    code = "unknown_signal"
    sentence = "Ce signalement est introuvable. Choisissez-le dans la liste des signalements."


class SignalDecidedAlready(Conflict):
    """Somebody has decided; a signal is decided once."""

    code = "signal_decided_already"
    sentence = "Ce signalement est déjà décidé par quelqu’un d’autre : il n’y a plus rien à faire."
