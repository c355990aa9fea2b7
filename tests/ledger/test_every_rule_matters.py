"""Each named rule refuses its attack, and the attack succeeds as soon as the rule is taken away.

Without this, a rule that refuses nothing, or that another rule makes idle, would look like a
promise kept.
"""

import re

import pytest

from tests.ledger.hostile import World
from tests.ledger.mutants import MOVEMENT_MUTANTS
from tests.ledger.mutants_of_rows import ROW_MUTANTS
from tests.ledger.without import LEDGER, Mutant, attack_without, sqlite_world_without

MUTANTS = [*MOVEMENT_MUTANTS, *ROW_MUTANTS]
IDLE = {
    # Each holds a primary key, so it refuses nothing: foreign keys need it as their target.
    "vintage_has_one_face_value",
    "account_names_its_kind_and_vintage",
    "movement_mirror_target",
}
ACTS = {
    # It moves vouchers and refuses under names of its own.
    "movement_moves_vouchers",
}


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.postgresql], ids=str)
def test_on_postgresql_only_the_rule_refuses(postgresql_world: World, mutant: Mutant) -> None:
    world = postgresql_world

    assert attack_without(world, mutant, mutant.also_postgresql) == mutant.rule
    assert attack_without(world, mutant, (*mutant.also_postgresql, *mutant.postgresql)) is None


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.sqlite], ids=str)
def test_on_sqlite_only_the_rule_refuses(mutant: Mutant) -> None:
    with sqlite_world_without(*mutant.also_sqlite) as world:
        attempt = mutant.attack.prepare(world)
        world.begin_act()
        assert world.refusal_of(attempt) == mutant.rule

    with sqlite_world_without(*mutant.also_sqlite, *mutant.sqlite) as world:
        attempt = mutant.attack.prepare(world)
        world.begin_act()
        assert world.refusal_of(attempt) is None


def test_every_rule_of_postgresql_is_attacked(postgresql_world: World) -> None:
    constraints = postgresql_world.sql(
        "select conname from pg_constraint where connamespace = 'ledger'::regnamespace"
        " and conname !~ '_(pkey|fkey|not_null)$'"
    )
    triggers = postgresql_world.sql(
        "select tgname from pg_trigger join pg_class on pg_class.oid = tgrelid"
        " where not tgisinternal and relnamespace = 'ledger'::regnamespace"
    )
    named = {name for (name,) in constraints + triggers} | set(
        re.findall(r"constraint = '(\w+)'", LEDGER.script("ledger_postgresql.sql"))
    )

    assert named - IDLE - ACTS == {m.rule for m in MUTANTS if m.postgresql} - {"permission denied"}


def test_every_rule_of_sqlite_is_attacked() -> None:
    script = LEDGER.script("ledger_sqlite.sql")
    named = {
        *re.findall(r"\bconstraint (\w+) (?:check|unique|primary|foreign|references)", script),
        *re.findall(r"raise\(abort, '(\w+)'\)", script),
    }

    assert named - IDLE == {m.rule for m in MUTANTS if m.sqlite}
