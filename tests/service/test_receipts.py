"""What a mediator keeps of each redemption: verified with the public key alone, and not forged."""

import base64
import json
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.clearing.receipts import ALGORITHM, ReceiptSigner
from app.kernel.serials import BookletNumber, SerialNumber
from tests.service.conftest import World
from tests.service.scans import redeem


def published(signer: ReceiptSigner) -> KeySet:
    """The public key as anybody finds it: text that went over a wire."""
    return KeySet.import_key_set(json.loads(json.dumps(signer.public_keys)))


def verified(receipt: str, keys: KeySet) -> dict[str, object]:
    """What a receipt says, if its signature holds."""
    said: dict[str, object] = json.loads(
        jws.deserialize_compact(receipt, keys, algorithms=[ALGORITHM]).payload
    )
    return said


@pytest.fixture
def receipt(world: World) -> str:
    """The receipt of a pass just taken."""
    return redeem(world, world.chain.codes[7]).accepted().receipt


def test_a_receipt_says_what_was_taken_to_whoever_has_the_public_key(world: World) -> None:
    redemption = redeem(world, world.chain.codes[7]).accepted()

    said = verified(redemption.receipt, published(world.scheme.signer))

    assert said == {
        "redemption": str(redemption.id),
        "mediator": str(world.scheme.organisations["exo7"]),
        "serial": str(SerialNumber(BookletNumber("26A", 1), 8)),
        "amount_cents": 1000,
        "currency": "EUR",
        "redeemed_at": world.scheme.now.isoformat(),
        "movement": redemption.movement_id,
    }


def test_the_published_key_holds_nothing_secret(world: World) -> None:
    [key] = published(world.scheme.signer).keys

    assert not key.is_private
    assert "d" not in key.as_dict()


def test_a_receipt_holds_neither_code_nor_person(world: World, receipt: str) -> None:
    said = json.dumps(verified(receipt, published(world.scheme.signer)))

    assert world.chain.codes[7] not in said
    assert "Démonstration" not in said
    assert "Rosette" not in said


def test_any_byte_changed_makes_a_receipt_worthless(world: World, receipt: str) -> None:
    keys = published(world.scheme.signer)
    parts = [base64.urlsafe_b64decode(part + "==") for part in receipt.split(".")]

    for number, part in enumerate(parts):
        for place in range(len(part)):
            changed = bytearray(part)
            changed[place] ^= 1
            forged = [*parts[:number], bytes(changed), *parts[number + 1 :]]
            text = ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in forged)
            with pytest.raises((JoseError, ValueError)):
                verified(text, keys)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_receipt_without_our_signature_is_worthless(
    world: World, receipt: str, algorithm: str
) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).decode().rstrip("=")
    forged = ".".join([header, receipt.split(".")[1], ""])

    with pytest.raises((JoseError, ValueError)):
        verified(forged, published(world.scheme.signer))


def test_another_installation_cannot_sign_ours(receipt: str, tmp_path: Path) -> None:
    with pytest.raises(JoseError):
        verified(receipt, published(ReceiptSigner(tmp_path)))


def test_the_key_survives_a_restart(world: World, receipt: str) -> None:
    restarted = ReceiptSigner(world.scheme.keys.folder)

    assert verified(receipt, published(restarted))


def test_the_private_key_is_readable_by_its_owner_alone(world: World) -> None:
    [path] = world.scheme.keys.folder.glob("receipts.pem")

    assert path.stat().st_mode & 0o077 == 0
