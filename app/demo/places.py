"""The eighteen communes of CAP Nord, and the mediator that people of each are sent to.

The weights only say that large communes have more people than small ones: they are rough, ours,
and no statistics. Which mediator serves which commune is an assumption too.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune, how its town hall is called, its weight, and the mediator next to it."""

    name: str
    town: str
    weight: int
    mediator: str


COMMUNES: Final = (
    Commune("L’Ajoupa-Bouillon", "Ville de L’Ajoupa-Bouillon", 2, "nord_media"),
    Commune("Basse-Pointe", "Ville de Basse-Pointe", 3, "nord_media"),
    Commune("Bellefontaine", "Ville de Bellefontaine", 2, "exo7"),
    Commune("Le Carbet", "Ville du Carbet", 4, "exo7"),
    Commune("Case-Pilote", "Ville de Case-Pilote", 4, "exo7"),
    Commune("Fonds-Saint-Denis", "Ville de Fonds-Saint-Denis", 1, "exo7"),
    Commune("Grand’Rivière", "Ville de Grand’Rivière", 1, "nord_media"),
    Commune("Gros-Morne", "Ville du Gros-Morne", 9, "emergence"),
    Commune("Le Lorrain", "Ville du Lorrain", 7, "nord_media"),
    Commune("Macouba", "Ville de Macouba", 1, "nord_media"),
    Commune("Le Marigot", "Ville du Marigot", 3, "carecof"),
    Commune("Le Morne-Rouge", "Ville du Morne-Rouge", 5, "nord_media"),
    Commune("Le Morne-Vert", "Ville du Morne-Vert", 2, "exo7"),
    Commune("Le Prêcheur", "Ville du Prêcheur", 1, "exo7"),
    Commune("Le Robert", "Ville du Robert", 20, "emergence"),
    Commune("Saint-Pierre", "Ville de Saint-Pierre", 4, "exo7"),
    Commune("Sainte-Marie", "Ville de Sainte-Marie", 15, "carecof"),
    Commune("La Trinité", "Ville de La Trinité", 11, "carecof"),
)

FIRST_NAMES: Final = (
    "Aimée", "Alain", "Alexandra", "Amédée", "Anaïs", "André", "Angèle", "Arsène", "Augustine",
    "Aurélie", "Bertrand", "Brigitte", "Camille", "Célestin", "Chantal", "Christiane", "Claudette",
    "Clément", "Danielle", "David", "Denise", "Désiré", "Édith", "Élodie", "Émile", "Eugénie",
    "Fabrice", "Félicité", "Fernand", "Firmine", "Francette", "Gérard", "Germaine", "Gilberte",
    "Guylène", "Hector", "Hortense", "Huguette", "Inès", "Jacqueline", "Jérémie", "Joachim",
    "Jocelyne", "Joël", "Josette", "Julien", "Karine", "Laurent", "Léonce", "Lise", "Lucette",
    "Ludovic", "Marcelle", "Marie-Ange", "Marius", "Mathilde", "Maxime", "Mélissa", "Michel",
    "Monique", "Nadège", "Noémie", "Odile", "Olivier", "Pascale", "Patrick", "Paulette",
    "Philomène", "Raymond", "Régine", "Rosalie", "Rosette", "Sabrina", "Serge", "Siméon",
    "Solange", "Sylvie", "Théodore", "Thierry", "Ursule", "Valérie", "Victor", "Yolande", "Yves",
)  # fmt: skip
"""Common first names; every surname is « Démonstration »."""

SURNAME: Final = "Démonstration"
