"""Every promise of the ledger that somebody could break from the application's own connection."""

import pytest

from tests.ledger.attacks import MOVEMENTS
from tests.ledger.attacks_on_rows import ROWS
from tests.ledger.hostile import Attack, World


@pytest.mark.parametrize("attack", [*MOVEMENTS, *ROWS], ids=lambda attack: attack.sentence)
def test_refused_by_its_promise(world: World, attack: Attack) -> None:
    world.refuses(attack)
