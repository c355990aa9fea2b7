"""What an import of places refuses, each with a French sentence that says what to do next."""

from app.kernel.errors import Conflict, NotFound, RuleBroken


class PlacesFileUnreadable(RuleBroken):
    """It is neither a table nor a list of the national schema."""

    code = "places_file_unreadable"
    sentence = (
        "Ce fichier n’est pas lu : {reason}. Donnez le CSV ou le JSON des lieux de médiation "
        "numérique."
    )


class UnknownPlacesFile(NotFound):
    """No file was read under that id."""

    code = "unknown_places_file"
    sentence = "Ce fichier de lieux n’a pas été lu ici. Ouvrez la liste des fichiers."


class PlaceRowNotToTake(RuleBroken):
    """The row is wrong, or says nothing new."""

    code = "place_row_not_to_take"
    sentence = (
        "La ligne {line} n’est pas à reprendre : elle est écartée, ou ne change rien. "
        "Rechargez la page."
    )


class PlaceRowTakenAlready(Conflict):
    """Somebody took that row meanwhile."""

    code = "place_row_taken_already"
    sentence = "La ligne {line} est déjà reprise. Rechargez la page pour voir la suite."
