"""A device as docs/devices.md describes it: its own keys, its list, and nothing of ours inside.

It reads the list by the document alone, so what it knows is what a client of others would know.
"""

import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.kernel.ids import new_id
from tests.api.house import Answer, Caller, House


def base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """A telephone of a mediator. `tags` are its list: by vintage and state, sorted."""

    caller: Caller
    id: str = field(default_factory=lambda: str(new_id()))
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    credential: str = field(
        default_factory=lambda: f"passnum_device_{base64(secrets.token_bytes(32))}"
    )
    list_key: bytes = b""
    header: dict[str, Any] = field(default_factory=dict)
    tags: dict[tuple[int, str], list[bytes]] = field(default_factory=dict)
    known_as: str = ""
    size: int = 0

    def asks(self, secret: str, name: str = "Téléphone de l’accueil") -> dict[str, str]:
        """What it sends to be enrolled."""
        kept = sha256(self.credential.encode()).hexdigest()
        said = f"passnum device v1\n{secret}\n{self.id}\n{kept}".encode()
        r, s = decode_dss_signature(self.key.sign(said, ECDSA(SHA256())))
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "id": self.id,
            "name": name,
            "public_key": base64(point),
            "credential": self.credential,
            "proof": base64(r.to_bytes(32, "big") + s.to_bytes(32, "big")),
        }

    def enrol(self, secret: str, **changes: str) -> Answer:
        """Ask to be taken in, with the secret of a square."""
        self.caller.headers = {"Authorization": f"Bearer {secret}"}
        answer = self.caller.post("/devices", self.asks(secret) | changes)
        self.caller.headers = {"Authorization": f"Bearer {self.credential}"}
        if answer.status == 201:
            self.list_key = from_base64(answer.body["list_key"]["x"])
        return answer

    def ask(self, since: int | None = None) -> Answer:
        """Ask for the list."""
        query = {} if since is None else {"since": since}
        headers = {"If-None-Match": self.known_as} if self.known_as else {}
        return self.caller.send("GET", "/devices/me/voucher-list", query=query, headers=headers)

    def refresh(self) -> str:
        """Bring the list up to date; « same », « changes » or « whole »."""
        answer = self.ask(self.header.get("version"))
        if answer.status == 304:
            return "same"
        self.take(answer.found())
        self.known_as = answer.response.headers["ETag"]
        return str(self.header["kind"])

    def take(self, content: bytes) -> None:
        """Verify a list, and take it in."""
        body, signature = content[:-64], content[-64:]
        said = b"passnum voucher list v1\n" + sha256(body).digest()
        Ed25519PublicKey.from_public_bytes(self.list_key).verify(signature, said)
        assert body[:6] == b"PNVL1\n"
        [length] = struct.unpack(">I", body[6:10])
        header = json.loads(body[10 : 10 + length])
        assert header["device"] == self.id
        sections = dict(_sections(header, body[10 + length :]))
        if header["kind"] == "changes":
            assert header["since"] == self.header["version"]
            changed = {tag for tags in sections.values() for tag in tags}
            for section, tags in self.tags.items():
                left = [tag for tag in tags if tag not in changed]
                sections[section] = sorted([*left, *sections.get(section, [])])
        self.header, self.size = header, len(content)
        self.tags = {
            section: tags for section, tags in sections.items() if tags and section[1] != "gone"
        }

    def state(self, code: str) -> str | None:
        """What it says of a pass, without any network."""
        salt = from_base64(self.header["salt"])
        tag = sha256(salt + sha256(code.encode()).digest()).digest()[:8]
        for (_, state), tags in self.tags.items():
            place = bisect_left(tags, tag)
            if tags[place : place + 1] == [tag]:
                return state
        return None


def _sections(header: Any, body: bytes) -> Iterator[tuple[tuple[int, str], list[bytes]]]:  # noqa: ANN401 - JSON
    start = 0
    for section in header["sections"]:
        end = start + 8 * section["count"]
        tags = [body[at : at + 8] for at in range(start, end, 8)]
        assert tags == sorted(tags)
        yield (section["vintage"], section["state"]), tags
        start = end
    assert start == len(body)


def enrolled(house: House, by: str = "exo7") -> Device:
    """A device of that mediator, by the square of its agent."""
    offer = house.by_token(by).post("/devices/offers", {"id": str(new_id())}).made()
    device = Device(house.nobody())
    device.enrol(offer["secret"]).made()
    return device
