"""Whoever gets past the rules is found out by the replay, which names the first row that lies.

Each test is the owner of the file, or PostgreSQL's superuser: every trigger, key and check is
switched off in a transaction that is rolled back.
"""

import re
from typing import NamedTuple

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import ledger
from app.ledger.models import Voucher
from tests.service.conftest import World


class Lie(NamedTuple):
    """What somebody did behind everybody's back, and how the replay must begin to say so."""

    sentence: str
    statement: str
    expected: str


LIES = [
    Lie(
        "a settled pass circulates again",
        "update voucher set account_id = (select id from account where kind ="
        " 'circulation' order by id limit 1) where id = 1",
        r"voucher n° 1 ne repose pas là où ses mouvements l’ont mené \(compte \d+ au lieu de \d+\)",
    ),
    Lie(
        "a pass has moved once more than it did",
        "update voucher set sequence = sequence + 1 where id = 12",
        "voucher n° 12 ne repose pas",
    ),
    Lie(
        "a pass remembers another movement",
        "update voucher set last_movement_id = 1 where id = 30",
        "voucher n° 30 ne repose pas",
    ),
    Lie(
        "a pass is worth more",
        "update voucher set face_value_cents = 2000 where id = 40",
        "voucher n° 40 repose sur un compte d’un autre millésime",
    ),
    Lie(
        "a pass has vanished from the middle",
        "delete from voucher where id = 33",
        "voucher n° 33 a disparu",
    ),
    Lie(
        "the last pass has vanished",
        "delete from voucher where id = (select max(id) from voucher)",
        r"movement n° \d+ porte sur des pass qui n’existent pas",
    ),
    Lie(
        "all passes have vanished",
        "delete from voucher",
        "movement n° 1 porte sur des pass qui n’existent pas",
    ),
    Lie(
        "a pass was forged into a pocket",
        "insert into voucher (id, vintage_id, serial, booklet_id, face_value_cents,"
        " code_hash, account_id, sequence) select top.id, vintage_id, 999, top.id,"
        " face_value_cents, cast('forged' as BYTES), (select id from account where"
        " kind = 'circulation' order by id limit 1), 0 from voucher,"
        " (select max(id) + 1 as id from voucher) as top where voucher.id = 2",
        r"voucher n° \d+ a quitté l’émetteur sans mouvement",
    ),
    Lie(
        "a movement is of more money",
        "update movement set amount_cents = amount_cents + 1 where id = 5",
        "movement n° 5 ne compte pas ce que porte sa plage",
    ),
    Lie(
        "a movement is of more passes",
        "update movement set voucher_count = voucher_count + 1 where id = 5",
        "movement n° 5 ne compte pas ce que porte sa plage",
    ),
    Lie(
        "a movement hides from histories",
        "update movement set span_bits = span_bits + 1 where id = 5",
        "movement n° 5 ne compte pas ce que porte sa plage",
    ),
    Lie(
        "a movement took the next booklet too",
        "update movement set last_id = 60, voucher_count = 20, amount_cents = 20000,"
        " span_bits = 4 where kind = 'allocate' and first_id = 41",
        r"movement n° \d+ prend le pass n° 51 là où il n’est pas",
    ),
    Lie(
        "a redemption was for another mediator",
        "update movement set credit_account_id = (select id from account where kind"
        " = 'redeemed' and id <> credit_account_id order by id limit 1) where kind ="
        " 'redeem' and first_id = 1",
        r"movement n° \d+ prend le pass n° 1 là où il n’est pas",
    ),
    Lie(
        "a redemption under another name",
        "update movement set kind = 'expire' where kind = 'redeem' and first_id = 1",
        r"movement n° \d+ fait un passage que le plan de comptes n’a pas",
    ),
    Lie(
        "a movement has vanished from the middle",
        "delete from movement where kind = 'issue' and first_id = 1",
        r"movement n° \d+ prend le pass n° 1 là où il n’est pas",
    ),
    Lie(
        "the last movement has vanished",
        "delete from movement where id = (select max(id) from movement)",
        r"voucher n° \d+ ne repose pas",
    ),
    Lie(
        "a reversal undoes something else",
        "update movement set reverses_id = reverses_id - 1 where reverses_id is not null",
        r"movement n° \d+ annule pour le pass n° \d+ autre chose que son dernier mouvement",
    ),
    Lie(
        "an act has vanished",
        "delete from posting where id = (select posting_id from movement where id = 3)",
        "movement n° 3 nomme un compte ou une écriture qui n’existe pas",
    ),
    Lie(
        "an account has vanished",
        "delete from account where kind = 'transit'",
        r"movement n° \d+ nomme un compte ou une écriture qui n’existe pas",
    ),
    Lie(
        "an account is of another kind",
        "update account set kind = 'expired' where kind = 'stock_inert' and vintage_id = 1",
        "movement n° 1 nomme un compte sous une autre nature que la sienne",
    ),
    Lie(
        "a vintage is worth more",
        "update vintage set face_value_cents = 2000 where id = 1",
        "movement n° 1 mêle deux millésimes ou deux valeurs faciales",
    ),
    Lie(
        "a move was added to the chart",
        "insert into transition values ('redeem', 'stock', 'redeemed')",
        "transition redeem stock → redeemed : en trop dans la base",
    ),
    Lie(
        "a move was taken from the chart",
        "delete from transition where kind = 'void'",
        "transition void blocked → void : absente dans la base",
    ),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.sentence)
def test_a_replay_names_the_first_row_that_lies(past_every_rule: Session, lie: Lie) -> None:
    bytes_here = "bytea" if past_every_rule.get_bind().dialect.name == "postgresql" else "blob"
    past_every_rule.execute(text(lie.statement.replace("BYTES", bytes_here)))

    verdict = ledger.verify(past_every_rule)

    assert not verdict.honest
    assert re.match(lie.expected, verdict.first_difference or ""), verdict.first_difference


def test_a_chain_that_has_lived_is_honest(world: World) -> None:
    verdict = ledger.verify(world.session)

    assert verdict.first_difference is None
    assert verdict.voucher_count == world.session.scalar(select(func.count(Voucher.id)))
    assert verdict.movement_count >= 30


def test_an_empty_ledger_is_honest(session: Session) -> None:
    assert ledger.verify(session) == ledger.Verdict(0, 0, None)
