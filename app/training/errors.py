"""What a training refuses."""

from app.kernel.errors import NotPermitted, RuleBroken


class ClosedInTraining(NotPermitted):
    """A page about accounts: whoever practises has none of their own there."""

    code = "closed_in_training"
    sentence = (
        "Cette page n’existe pas à l’entraînement, où les comptes sont inventés. "
        "Revenez à passnum pour ouvrir la vôtre."
    )


class OtherRoleInTraining(NotPermitted):
    """Whoever practises went over to the other side of the counter, in this window or another."""

    code = "other_role_in_training"
    sentence = (
        "Elle est pour un autre rôle que celui de votre entraînement. Pour changer de rôle, "
        "ouvrez l’étape en cours, en haut de cette page : le bouton y est."
    )


class TrainingFull(RuleBroken):
    """A copy has all the acts it has room for."""

    code = "training_full"
    sentence = (
        "Votre entraînement est plein : il a reçu beaucoup d’essais, et rien de vrai n’est touché. "
        "Ouvrez l’étape en cours, en haut de cette page, puis recommencez depuis le début."
    )
