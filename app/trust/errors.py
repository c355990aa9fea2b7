"""What cannot be proved or compared."""

from app.kernel.errors import NotFound, RuleBroken


class NothingSealedYet(NotFound):
    """No movement has been sealed so far."""

    code = "nothing_sealed_yet"
    sentence = (
        "Aucun mouvement n’est encore scellé. Attendez quelques secondes, "
        "ou lancez « passnum seal »."
    )


class NotSealedYet(NotFound):
    """There is no such movement, or it waits for the next seal."""

    code = "not_sealed_yet"
    sentence = (
        "Ce mouvement n’est pas scellé. S’il vient d’être fait, attendez quelques secondes, "
        "puis recommencez."
    )


class UnknownCheckpoint(NotFound):
    """No checkpoint has that size."""

    code = "unknown_checkpoint"
    sentence = (
        "Aucun point de contrôle n’a cette taille. Prenez-en une dans la liste des points "
        "de contrôle."
    )


class CheckpointsReversed(RuleBroken):
    """Consistency goes from the smaller checkpoint to the larger one."""

    code = "checkpoints_reversed"
    sentence = (
        "Le premier point de contrôle doit être le plus petit des deux. Échangez-les, "
        "puis recommencez."
    )


class NoCheckpointInFile(RuleBroken):
    """The file holds no checkpoint."""

    code = "no_checkpoint_in_file"
    sentence = (
        "Ce fichier ne contient aucun point de contrôle entier. Choisissez un fichier du dossier "
        "« checkpoints », ou celui que la page « Confiance » donne."
    )


class CheckpointsDisagree(RuleBroken):
    """What was written outside says another thing than the database."""

    code = "checkpoints_disagree"
    sentence = (
        "Le fichier {file} porte un point de contrôle ({size} mouvements) que la base ne connaît "
        "pas : la base a été changée ou remplacée. Gardez ce fichier, lancez « passnum verify »."
    )
