"""Devices of mediators: one in use, one that has not been heard of, one that was lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.config import secret_file
from app.demo.calendar import Timeline, instant
from app.demo.world import Act, World
from app.devices.enrolments import Asked, enrol_device, offer_device, revoke_device, secret_of
from app.devices.lists import Taken, note_taking
from app.devices.rules import proof_text
from app.devices.signing import PAIR, written_base64
from app.identity.device_rules import CREDENTIAL_PREFIX, RevocationReason
from app.identity.passwords import keyed_hash, token_hash
from app.identity.rules import FROM_SERVER


@dataclass(frozen=True, slots=True)
class Equipment:
    """A device, and how many days ago it was added, last took its list, and was lost."""

    mediator: str
    name: str
    added: int
    taken: int
    lost: int | None = None


EVERYTHING: Final = (
    Equipment("exo7", "Ancien téléphone", 70, 22, lost=21),
    Equipment("exo7", "Tablette des permanences", 60, 9),
    Equipment("exo7", "Téléphone de l’accueil", 20, 1),
)


def acts(timeline: Timeline) -> Iterator[Act]:
    """What mediators did with their devices."""
    for one in EVERYTHING:
        yield Act(instant(timeline.ago(one.added), 9), partial(_add, one))


def _add(one: Equipment, world: World, at: datetime) -> None:
    """Enrol it, let it take its lists, and lose it where it is said to be lost."""
    actor, session = world.actors[one.mediator], world.session
    secret_key = secret_file(world.keys.folder.parent / "session.secret")
    offer = offer_device(
        session,
        actor=actor,
        offer_id=world.new_id(at),
        secret_key=secret_key,
        origin=FROM_SERVER,
        now=at,
    )
    secret, device_id = secret_of(secret_key, offer.id), world.new_id(at)
    seed = keyed_hash(secret_key, f"device {one.name}")
    key = derive_private_key(int.from_bytes(seed[:31], "big") + 1, SECP256R1())
    credential = CREDENTIAL_PREFIX + written_base64(sha256(seed).digest())
    signature = key.sign(proof_text(secret, device_id, token_hash(credential)), ECDSA(SHA256()))
    pair = b"".join(part.to_bytes(PAIR // 2, "big") for part in decode_dss_signature(signature))
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    asked = Asked(device_id, one.name, written_base64(point), credential, written_base64(pair))
    enrol_device(session, secret=secret, asked=asked, origin=FROM_SERVER, now=at)
    taken_at = instant(world.timeline.ago(one.taken), 8)
    taken = Taken("", taken_at, 0, None, 0, None)
    note_taking(session, device_id=device_id, taken=taken, now=taken_at)
    if one.lost is not None:
        revoke_device(
            session,
            actor=actor,
            device_id=device_id,
            reason=RevocationReason.LOST,
            origin=FROM_SERVER,
            now=instant(world.timeline.ago(one.lost), 8),
        )
