"""The communes of the territory, and how far they are from each other."""

import pytest

from app.kernel.communes import COMMUNES, commune_named


def test_the_territory_has_eighteen_communes_each_with_its_code() -> None:
    assert (
        len({c.insee for c in COMMUNES}) == len({c.name for c in COMMUNES}) == len(COMMUNES) == 18
    )


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("le lorrain", "Le Lorrain"),
        ("Lorrain", "Le Lorrain"),
        ("AJOUPA BOUILLON", "L’Ajoupa-Bouillon"),
        ("l'ajoupa-bouillon", "L’Ajoupa-Bouillon"),
        ("Trinite", "La Trinité"),
        ("grand'riviere", "Grand’Rivière"),
    ],
)
def test_a_commune_is_known_however_it_is_spelt(typed: str, name: str) -> None:
    found = commune_named(typed)

    assert found is not None
    assert found.name == name


def test_a_commune_of_elsewhere_is_not_known() -> None:
    assert commune_named("Fort-de-France") is None


def test_a_distance_is_the_same_both_ways_and_about_right() -> None:
    north, south = commune_named("Grand’Rivière"), commune_named("Le Robert")
    assert north is not None
    assert south is not None

    there, back = north.centre.distance_km(south.centre), south.centre.distance_km(north.centre)

    assert there == pytest.approx(back)
    assert 30 < there < 40
    assert north.centre.distance_km(north.centre) == 0
