"""What the demonstration refuses."""

from app.kernel.errors import Conflict


class DatabaseInUse(Conflict):
    """The database holds real partners: demonstration data would brand it for ever."""

    code = "database_in_use"
    sentence = (
        "Cette base contient déjà des données : la démonstration la marquerait SPÉCIMEN pour "
        "toujours. Chargez-la dans une base vide, par exemple avec un autre dossier de données."
    )
