"""What anybody may check without an account, and what only those concerned may."""

from base64 import b64decode
from html import unescape

from sqlalchemy import select

from app.clearing.redemption_models import Redemption
from app.trust import merkle, proofs, queries
from app.trust.models import SealBlock
from app.trust.notes import CheckpointSigner, VerifierKey, read_checkpoints
from tests.api.house import House


def blocks(house: House) -> list[SealBlock]:
    with house.database.transaction(writing=False) as session:
        return queries.blocks_after(session, 0, limit=99)


def receipt_of(house: House, name: str) -> tuple[str, int]:
    """A receipt, and the line of the ledger that it names."""
    with house.database.transaction(writing=False) as session:
        redemption_id = house.lived.ids[name]
        found = session.scalars(select(Redemption).where(Redemption.id == redemption_id)).one()
        return found.receipt, found.movement_id


def text(house: House, path: str) -> str:
    """A page or a file, as a browser without an account gets it."""
    answer = house.app.test_client().get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text).replace("\u00a0", " ")


def test_the_latest_checkpoint_and_any_other_are_shown_to_everybody(lived_in: House) -> None:
    first, *_, last = blocks(lived_in)

    latest, asked = text(lived_in, "/confiance"), text(lived_in, "/confiance?numero=1")

    for page, block in ((latest, last), (asked, first)):
        for group in proofs.checkpoint_of(block).fingerprint.split():
            assert group in page
    assert "Le dernier point de contrôle" in latest
    assert "Point de contrôle n° 1" in asked
    client = lived_in.app.test_client()
    for wrong in ("0", "99", "douze", "9" * 40, "-1"):
        assert client.get(f"/confiance?numero={wrong}").status_code == 404
        assert client.get(f"/confiance/point-de-controle.txt?numero={wrong}").status_code == 404
        assert client.get(f"/confiance/coherence.txt?de={wrong}").status_code == 404


def test_notes_and_key_are_files_that_verify(lived_in: House) -> None:
    key = VerifierKey.read(text(lived_in, "/confiance/cle.txt"))
    notes = list(read_checkpoints(text(lived_in, "/confiance/points-de-controle.txt")))
    [alone] = read_checkpoints(text(lived_in, "/confiance/point-de-controle.txt?numero=1"))

    assert key is not None
    assert [note.checkpoint.size for note in notes] == [b.last_position for b in blocks(lived_in)]
    assert alone == notes[0]
    ours = CheckpointSigner(lived_in.scheme.keys.folder, notes[0].checkpoint.origin)
    assert all(note.signed_by(ours.verifier_key()) for note in notes)
    small, large = notes[0].checkpoint, notes[-1].checkpoint
    said = lived_in.by_token("exo7").get("/ledger/consistency", earlier=small.size).read()
    path = [b64decode(step) for step in said["path"]]
    assert merkle.extends(small.root, small.size, large.root, large.size, path)


def test_who_holds_a_receipt_gets_its_proof(lived_in: House) -> None:
    receipt, movement_id = receipt_of(lived_in, "paid redemption")
    page = text(lived_in, f"/recu?r={receipt}")
    proof = text(lived_in, f"/recu/preuve.tlog-proof?r={receipt}")

    [last] = blocks(lived_in)[-1:]
    signer = CheckpointSigner(
        lived_in.scheme.keys.folder, proofs.checkpoint_of(last).origin
    ).verifier_key()
    verdict = proofs.check_proof(proof, public_key=signer.public)

    assert "point de contrôle n°" in page
    assert verdict.honest, verdict.sentence
    assert verdict.movement is not None
    assert verdict.movement["movement"] == movement_id
    forged = lived_in.app.test_client().get(f"/recu/preuve.tlog-proof?r={receipt[:-3]}AAA")
    assert forged.status_code == 404


def test_the_proof_of_a_movement_is_for_those_whom_it_concerns(lived_in: House) -> None:
    _, movement_id = receipt_of(lived_in, "paid redemption")
    path = f"/ledger/proofs/{movement_id}"

    assert lived_in.by_token("exo7").get(path).read()["movement_id"] == movement_id
    last = blocks(lived_in)[-1]
    assert lived_in.by_token("auditor").get(path).read()["size"] == last.last_position
    lived_in.by_token("carecof").get(path).refused(403, "other_organisation")
    lived_in.by_token("auditor").get(path, size=20).refused(404, "not_sealed_yet")
    lived_in.by_token("auditor").get("/ledger/proofs/99999999").refused(404, "not_sealed_yet")
