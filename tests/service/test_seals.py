"""Seals: whoever rewrites the ledger, with every rule switched off, is named by block and row.

What its owner rewrites together with its seals, and signs again, only a checkpoint that left the
database tells.
"""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from app.ledger.models import Movement
from app.trust import merkle, proofs, queries
from app.trust.checkpoints import write_missing, written
from app.trust.errors import CheckpointsDisagree, CheckpointsReversed, NotSealedYet
from app.trust.leaves import leaf
from app.trust.models import SealBlock, SealedMovement, SealNode
from app.trust.notes import (
    CheckpointSigner,
    SignedCheckpoint,
    VerifierKey,
    origin_at,
    read_checkpoints,
)
from app.trust.service import seal
from app.trust.verify import verify_seals
from tests.service.conftest import World

ORIGIN = "pass.exemple.fr/registre"


def signer_of(world: World) -> CheckpointSigner:
    return CheckpointSigner(world.scheme.keys.folder, ORIGIN)


def checkpoints(session: Session) -> list[SignedCheckpoint]:
    return [s for b in queries.blocks_after(session, 0, limit=99) for s in read_checkpoints(b.note)]


# ── Sealing ───────────────────────────────────────────────────────────────────────────────────────


def test_what_waits_is_sealed_once_and_in_the_order_of_writing(world: World) -> None:
    before = verify_seals(world.session)

    block = seal(world.session, signer=signer_of(world), now=world.scheme.now)
    again = seal(world.session, signer=signer_of(world), now=world.scheme.now)

    assert before.honest
    assert before.block_count == 2
    assert before.unsealed_count > 0
    assert block is not None
    assert block.movement_count == before.unsealed_count
    assert again is None
    after = verify_seals(world.session, keys=[signer_of(world).verifier_key()])
    assert (after.first_difference, after.unsealed_count) == (None, 0)
    assert after.sealed_count == world.session.query(Movement).count()
    positions = [p.movement_id for p in queries.places(world.session, 1, after.sealed_count)]
    assert positions == sorted(positions)


def test_a_checkpoint_is_a_signed_note_that_names_the_one_before(world: World) -> None:
    first, second = checkpoints(world.session)
    key = signer_of(world).verifier_key()

    assert first.note.splitlines()[:2] == [ORIGIN, "20"]
    assert first.checkpoint.after is None
    assert second.checkpoint.after == first.checkpoint.digest
    assert first.signed_by(key)
    assert VerifierKey.read(key.text) == key
    assert re.fullmatch(r"([0-9a-f]{5} ){3}[0-9a-f]{5}", first.checkpoint.fingerprint)
    forged = SignedCheckpoint(first.checkpoint, first.note.replace("\n20\n", "\n21\n"))
    assert not forged.signed_by(key)
    assert not first.signed_by(VerifierKey("another.exemple.fr", key.public))
    assert VerifierKey.read(key.text[:-2]) is None


def test_an_origin_stays_whatever_the_address_becomes(world: World) -> None:
    moved = CheckpointSigner(world.scheme.keys.folder, origin_at("https://autre.exemple.fr/"))

    block = seal(world.session, signer=moved, now=world.scheme.now)

    assert moved.origin == "autre.exemple.fr/registre"
    assert block is not None
    assert proofs.checkpoint_of(block).origin == ORIGIN
    assert verify_seals(world.session, keys=[moved.verifier_key()]).honest


def test_a_leaf_holds_opaque_ids_only(world: World) -> None:
    places = queries.places(world.session, 1, 10_000)
    lines = [place.line for place in places if place.line]
    accounts = queries.accounts_of(world.session, lines)

    said = b"\n".join(leaf(line, accounts) for line in lines).decode()

    assert len(lines) > 30
    assert "Rosette" not in said
    assert "@exemple.fr" not in said
    assert not any(code in said for code in world.chain.codes)


# ── Whoever rewrites it ───────────────────────────────────────────────────────────────────────────


class Lie(NamedTuple):
    sentence: str
    statement: str
    expected: str


LIES = [
    Lie(
        "a movement is of more money",
        "update movement set amount_cents = amount_cents + 1 where id = 25",
        "Bloc n° 2, place 25 : le mouvement n° 25 n’est plus celui qui a été scellé",
    ),
    Lie(
        "two movements are",
        "update movement set amount_cents = amount_cents + 1 where id in (25, 7)",
        "Bloc n° 1, place 7 : le mouvement n° 7 n’est plus",
    ),
    Lie(
        "an act was back-dated",
        "update posting set recorded_at = '2026-01-01T00:00:00.000000Z'"
        " where id = (select posting_id from movement where id = 22)",
        "Bloc n° 2, place 22 : le mouvement n° 22 n’est plus",
    ),
    Lie(
        "an account is another mediator's",
        "update account set party_id = (select party_id from account where kind = 'stock' limit 1)"
        " where id = (select credit_account_id from movement where kind = 'redeem'"
        " order by id limit 1)",
        r"Bloc n° 2, place \d+ : le mouvement n° \d+ n’est plus",
    ),
    Lie(
        "a movement has vanished",
        "delete from movement where id = 7",
        "Bloc n° 1, place 7 : le mouvement n° 7 a disparu",
    ),
    Lie(
        "an act has vanished",
        "delete from posting where id = (select posting_id from movement where id = 30)",
        r"Bloc n° 2, place \d+ : le mouvement n° \d+ a disparu",
    ),
    Lie(
        "a movement has vanished with its place",
        "delete from movement where id = 7; delete from sealed_movement where movement_id = 7",
        "Bloc n° 1, place 7 : cette place a disparu",
    ),
    Lie(
        "two movements were put the other way round",
        "update sealed_movement set movement_id = -3 where movement_id = 3;"
        "update sealed_movement set movement_id = 3 where movement_id = 4;"
        "update sealed_movement set movement_id = 4 where movement_id = -3",
        "Bloc n° 1, place 3 : le mouvement n° 4 n’est plus celui",
    ),
    Lie(
        "the last block has vanished",
        "delete from seal_block where number = 2",
        "Bloc n° 1, place 21 : une place suit le dernier bloc",
    ),
    Lie(
        "the first block has vanished",
        "delete from seal_block where number = 1",
        "Bloc n° 2 : il ne suit pas le bloc d’avant",
    ),
    Lie(
        "a block says another instant than its checkpoint",
        "update seal_block set sealed_at = '2026-01-01T00:00:00.000000Z' where number = 2",
        "Bloc n° 2 : son point de contrôle signé dit autre chose que le bloc",
    ),
    Lie(
        "a checkpoint was written by hand",
        "update seal_block set note = replace(note, 'sealed 2', 'sealed 1') where number = 1",
        "Bloc n° 1 : son point de contrôle n’est pas signé",
    ),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.sentence)
def test_the_first_block_and_row_that_lie_are_named(past_every_rule: Session, lie: Lie) -> None:
    for statement in lie.statement.split(";"):
        past_every_rule.execute(text(statement))

    verdict = verify_seals(past_every_rule)

    assert not verdict.honest
    assert re.match(lie.expected, verdict.first_difference or ""), verdict.first_difference
    if "place" in lie.expected.split(":", maxsplit=1)[0]:
        assert (verdict.block, verdict.position) != (None, None)


def with_its_digest(session: Session, movement_id: int) -> None:
    """A movement is of more money, and its place says so too."""
    session.execute(
        update(Movement)
        .where(Movement.id == movement_id)
        .values(amount_cents=Movement.amount_cents + 1)
    )
    position = queries.position_of(session, movement_id)
    assert position is not None
    [place] = queries.places(session, position, position)
    assert place.line is not None
    digest = merkle.leaf_hash(leaf(place.line, queries.accounts_of(session, [place.line])))
    session.execute(
        update(SealedMovement).where(SealedMovement.position == position).values(leaf_hash=digest)
    )


def test_a_digest_rewritten_with_its_movement_is_found_by_the_tree(
    past_every_rule: Session,
) -> None:
    with_its_digest(past_every_rule, 7)

    verdict = verify_seals(past_every_rule)

    assert verdict.first_difference is not None
    assert verdict.first_difference.startswith("Bloc n° 1 : les places 1 à 16 ne sont plus")


def rewritten(session: Session, signer: CheckpointSigner, now: datetime) -> None:
    """The owner, who has the key too, seals another history from the beginning."""
    for table in (SealBlock, SealNode, SealedMovement):
        session.execute(delete(table))
    session.expire_all()
    for most in (20, 1000):
        assert seal(session, signer=signer, now=now, most=most) is not None


def test_a_history_that_was_sealed_again_is_told_by_a_checkpoint_kept_outside(
    past_every_rule: Session, world: World
) -> None:
    signer, now = signer_of(world), world.scheme.now
    outside = checkpoints(past_every_rule)
    past_every_rule.execute(text("update movement set amount_cents = 1 where id = 25"))
    rewritten(past_every_rule, signer, now)

    alone = verify_seals(past_every_rule, keys=[signer.verifier_key()])
    told = verify_seals(past_every_rule, against=outside, keys=[signer.verifier_key()])

    assert alone.honest, "everything in the database agrees with itself"
    assert told.agreed_count == 1
    assert told.block == 2
    assert "l’un des mouvements des places 21 à" in (told.first_difference or "")


def test_a_checkpoint_of_one_movement_names_the_row(past_every_rule: Session, world: World) -> None:
    signer = signer_of(world)
    [last] = queries.unsealed(past_every_rule, above=0, most=1)
    seal(past_every_rule, signer=signer, now=world.scheme.now, most=1)
    outside = checkpoints(past_every_rule)
    past_every_rule.execute(
        text("update movement set amount_cents = 1 where id = :id"), {"id": last.movement_id}
    )
    rewritten(past_every_rule, signer, world.scheme.now)

    told = verify_seals(past_every_rule, against=outside)

    assert (told.movement_id, told.position) == (last.movement_id, outside[-1].checkpoint.size)
    assert f"le mouvement n° {last.movement_id} n’est plus celui d’alors" in (
        told.first_difference or ""
    )


def test_an_end_that_was_cut_off_is_told_by_a_checkpoint_kept_outside(
    past_every_rule: Session,
) -> None:
    outside = checkpoints(past_every_rule)
    for statement in (
        "delete from seal_block where number = 2",
        "delete from seal_node where ordinal > 0",
        "delete from sealed_movement where position > 20",
    ):
        past_every_rule.execute(text(statement))

    alone = verify_seals(past_every_rule)
    told = verify_seals(past_every_rule, against=outside)

    assert alone.honest
    assert (told.block, told.position) == (2, 21)
    assert "la fin a disparu" in (told.first_difference or "")


def test_a_checkpoint_that_another_signed_is_no_witness(world: World, tmp_path: Path) -> None:
    [real, _] = checkpoints(world.session)
    stranger = CheckpointSigner(tmp_path, ORIGIN)

    told = verify_seals(
        world.session,
        against=[stranger.sign(real.checkpoint)],
        keys=[signer_of(world).verifier_key()],
    )

    assert "n’est pas signé par une clé connue" in (told.first_difference or "")
    assert not verify_seals(world.session, keys=[stranger.verifier_key()]).honest


# ── Proofs ────────────────────────────────────────────────────────────────────────────────────────


def test_a_proof_is_checked_with_nothing_but_its_text_and_the_key(world: World) -> None:
    public_key = signer_of(world).verifier_key().public

    for movement_id in (1, 7, 20, 21, 33):
        proof = proofs.inclusion_proof(world.session, movement_id=movement_id)
        verdict = proofs.check_proof(proof.text, public_key=public_key)
        assert verdict.honest, verdict.sentence
        assert verdict.movement is not None
        assert verdict.movement["movement"] == movement_id
    first = proofs.inclusion_proof(world.session, movement_id=7, size=20)
    assert first.checkpoint.size == 20
    assert proofs.check_proof(first.text, public_key=public_key).honest


def test_a_proof_that_was_touched_proves_nothing(world: World) -> None:
    public_key = signer_of(world).verifier_key().public
    proof = proofs.inclusion_proof(world.session, movement_id=7)
    other = proofs.inclusion_proof(world.session, movement_id=8)

    for touched in (
        proof.text.replace("index 6", "index 7"),
        proof.text.replace(proof.text.splitlines()[1], other.text.splitlines()[1]),
        proof.text.replace("sealed 2", "sealed 1"),
        proof.text[:-20],
        "",
    ):
        assert touched != proof.text
        assert not proofs.check_proof(touched, public_key=public_key).honest
    assert not proofs.check_proof(proof.text, public_key=bytes(32)).honest


def test_what_waits_or_does_not_exist_has_no_proof(world: World) -> None:
    [waiting] = queries.unsealed(world.session, above=0, most=1)

    for movement_id, size in ((waiting.movement_id, None), (10**9, None), (21, 20)):
        with pytest.raises(NotSealedYet):
            proofs.inclusion_proof(world.session, movement_id=movement_id, size=size)


def test_a_checkpoint_is_shown_to_begin_a_later_one(world: World) -> None:
    first, last = (queries.block(world.session, n) for n in (1, 2))
    assert first is not None
    assert last is not None

    proof = proofs.consistency_proof(world.session, earlier=first.last_position, later=None)

    assert merkle.extends(
        first.root, first.last_position, last.root, last.last_position, proof.path
    )
    with pytest.raises(CheckpointsReversed):
        proofs.consistency_proof(
            world.session, earlier=last.last_position, later=first.last_position
        )


# ── Files outside ─────────────────────────────────────────────────────────────────────────────────


def test_checkpoints_are_added_to_the_files_once(world: World, tmp_path: Path) -> None:
    assert write_missing(world.session, tmp_path) == 2
    assert write_missing(world.session, tmp_path) == 0
    seal(world.session, signer=signer_of(world), now=world.scheme.now + timedelta(days=40))
    assert write_missing(world.session, tmp_path) == 1

    assert [s.note for s in written(tmp_path)] == [s.note for s in checkpoints(world.session)]
    assert len(list(tmp_path.glob("*.txt"))) == 2


def test_files_that_say_another_thing_stop_the_writing(
    past_every_rule: Session, world: World, tmp_path: Path
) -> None:
    write_missing(past_every_rule, tmp_path)
    past_every_rule.execute(text("update movement set amount_cents = 1 where id = 25"))
    rewritten(past_every_rule, signer_of(world), world.scheme.now)

    with pytest.raises(CheckpointsDisagree):
        write_missing(past_every_rule, tmp_path)
