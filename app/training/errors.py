"""What a training refuses."""

from app.kernel.errors import NotPermitted


class ClosedInTraining(NotPermitted):
    """A page about accounts: whoever practises has none of their own there."""

    code = "closed_in_training"
    sentence = (
        "Cette page n’existe pas à l’entraînement, où les comptes sont inventés. "
        "Revenez à passnum pour ouvrir la vôtre."
    )
