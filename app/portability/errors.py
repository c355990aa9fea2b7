"""What cannot be taken out or taken in."""

from app.kernel.errors import Conflict, RuleBroken


class ArchiveDamaged(RuleBroken):
    """A file of the export is missing, cut, or not what its manifest says."""

    code = "archive_damaged"
    sentence = (
        "L’export est abîmé : {file} n’est pas le fichier que le manifeste annonce. "
        "Rien n’est enregistré ; refaites l’export, ou reprenez une copie entière."
    )


class ArchiveOfAnotherRelease(RuleBroken):
    """The export was written by a release with other tables."""

    code = "archive_of_another_release"
    sentence = (
        "L’export vient de la version {revision} de la base, celle-ci est à la version {here}. "
        "Installez la version de passnum qui l’a écrit, importez, puis mettez à jour."
    )


class NotEmpty(Conflict):
    """There is something in the database already."""

    code = "database_not_empty"
    sentence = (
        "Cette base contient déjà des données, et un import ne mélange rien : choisissez une base "
        "neuve, préparée par « passnum migrate »."
    )


class ImportUntrue(RuleBroken):
    """What was taken in does not add up; nothing of it was kept."""

    code = "import_untrue"
    sentence = (
        "L’import est refusé, et rien n’en reste : {difference} "
        "Gardez l’export, et demandez-en un autre à qui l’a écrit."
    )


class RulesChanged(RuleBroken):
    """The rules of the database would not be those from before; nothing was kept."""

    code = "rules_changed"
    sentence = (
        "Les règles de la base ne se remettent pas en place à l’identique, et rien n’est "
        "enregistré. Vérifiez que la base vient d’être préparée par « passnum migrate »."
    )
