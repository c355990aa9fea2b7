"""Booklets that arrive: covers are scanned one after the other, and what is missing is found."""

from uuid import uuid4

from tests.api.house import House
from tests.api.test_counter_pages import Typed, blank, send


def test_what_is_not_scanned_is_named_and_looked_at_again_before_anybody_signs(
    house: House,
) -> None:
    scheme = house.scheme
    with house.database.transaction() as session:
        scheme.stock(session)
        consignment = scheme.allocation(session, 1, 4, accept=False)
    path = f"/dotations/{consignment}/reception"
    form: Typed = blank(house, "plie", path) | {"compte": "oui"}

    status, first = send(house, "plie", path, form | {"comptes": "26A 00001\n26A 00003"})
    _, stranger = send(house, "plie", path, form | {"comptes": "26A 00005"})
    found: Typed = form | {"comptes": "26A 00001\n26A 00003\n26A 00004", "id": str(uuid4())}
    _, both = send(house, "plie", path, found | {"manquants": "26A 00002\n26A 00004"})
    _, whole = send(house, "plie", path, form | {"comptes": "26A 00001 à 26A 00004"})

    assert status == 422
    assert "2 carnets de ce bordereau ne sont pas comptés" in first
    assert "26A 00001\n26A 00003</textarea>" in first, "what was counted stays"
    assert "26A 00002\n26A 00004</textarea>" in first
    assert "Le carnet 26A 00004 est compté et nommé manquant" in both
    assert 'id="compte" name="compte" value="oui" checked' not in first
    assert "n’est pas sur le bordereau" in stranger
    assert "les carnets sont dans votre stock" in whole
