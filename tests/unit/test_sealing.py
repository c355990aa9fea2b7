"""What earlier releases sealed opens for ever, and nothing else does."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from app.identity.session_errors import FactorKeyMissing
from app.identity.vault import FactorVault
from app.kernel.sealing import Box, Unopened
from app.mails.models import Mail
from app.mails.outbox import opened_link
from app.partners.errors import BankDetailsDamaged
from app.partners.vault import BankVault, SealedIban

SECRET = bytes(range(32))
ID, OTHER = UUID(int=7), UUID(int=8)
NONCE = "00" * 12
"""Drawn once, for these examples alone."""


@pytest.mark.parametrize(
    ("purpose", "bound", "sealed", "content"),
    [
        ("form drafts", ID.bytes + b" 3 /p", "cd76ce9924b3361818a9b950c8cda67e142f", b"{}"),
        ("long work", ID.bytes, "01df40e9bae18df820c9e5f5a062ec28601296", b"abc"),
    ],
)
def test_boxes_of_the_site_open_what_they_sealed_before(
    purpose: str, bound: bytes, sealed: str, content: bytes
) -> None:
    box = Box.of_site(SECRET, f"passnum {purpose}")
    kept = bytes.fromhex(NONCE + sealed)

    assert box.open(kept, bound=bound) == content
    assert box.seal(content, bound=bound) != box.seal(content, bound=bound)
    for wrong, whose in ((box, b"another"), (Box.of_site(SECRET, "another"), bound)):
        with pytest.raises(Unopened):
            wrong.open(kept, bound=whose)
    with pytest.raises(Unopened):
        box.open(b"short", bound=bound)


def test_the_link_of_a_letter_opens_with_its_letter_alone() -> None:
    kept = bytes.fromhex(f"{NONCE}eaeaaf48e927e8fec25cf976364e537db4bfd164f5")

    assert opened_link(Mail(id=ID, sealed_link=kept), SECRET) == "/lien"
    assert opened_link(Mail(id=OTHER, sealed_link=kept), SECRET) is None


def test_the_secret_of_an_application_of_codes_opens(tmp_path: Path) -> None:
    (tmp_path / "second-factors.key").write_bytes(SECRET)
    vault = FactorVault(tmp_path)
    kept = bytes.fromhex(f"{NONCE}6907ff47cf0fde2eeb7c991b5b762569d45865cf6796")

    assert vault.open(kept, agent_id=3, factor_id=ID) == b"secret"
    assert vault.fingerprint("code", agent_id=3).hex().startswith("183152216d5899e968b10de7")
    with pytest.raises(FactorKeyMissing):
        vault.open(kept, agent_id=4, factor_id=ID)


def test_an_iban_opens_in_its_own_row(tmp_path: Path) -> None:
    (tmp_path / "bank-details.key").write_bytes(SECRET)
    vault, iban = BankVault(tmp_path), "FR7630006000011234567890189"
    kept = SealedIban(
        bytes.fromhex(
            f"{NONCE}c84bcef7db5864a644de57d0273d3524593ec4cac7117ecf2d118d2c4bcc3793"
            "3030c0f82d2302a6f5522a"
        ),
        "835ee862c7bbd669",
        b"",
        "",
    )

    assert vault.open(kept, organisation_id=ID, bank_details_id=OTHER) == iban
    assert vault.fingerprint(iban).hex().startswith("e21644875645766ef27286cfefcc590f")
    with pytest.raises(BankDetailsDamaged):
        vault.open(kept, organisation_id=OTHER, bank_details_id=OTHER)
    with pytest.raises(BankDetailsDamaged):
        vault.open(replace(kept, ciphertext=b"cut"), organisation_id=ID, bank_details_id=OTHER)
