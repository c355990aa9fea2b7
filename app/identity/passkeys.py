"""Passkeys (WebAuthn): a key that a device keeps, opened by a finger, a face or a PIN.

A key is discoverable and its holder verified, so it stands for both factors at once. The question
that a device answers is signed by us, bound to one browser and one purpose, ten minutes old at most
and accepted once: nothing has to be remembered before it is answered.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.identity.models import Agent
from app.identity.passwords import keyed_hash
from app.identity.session_errors import PasskeyKnown, PasskeyRefused
from app.identity.session_models import Passkey, SpentChallenge

GOOD_FOR = timedelta(minutes=10)
_NONCE, _TIME, _MAC = 16, 8, 24
UNREADABLE = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
"""What a library says of an answer that no device would give."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks a device: this site, in one browser, for one purpose.

    `browser` is a random value that only this browser's own cookie holds.
    """

    key: bytes
    host: str
    origin: str
    browser: bytes
    purpose: str

    def question(self, now: datetime) -> bytes:
        """A question that this same asking will recognise."""
        head = secrets.token_bytes(_NONCE) + int(now.timestamp()).to_bytes(_TIME)
        return head + self._mac(head)

    def recognises(self, question: bytes, now: datetime) -> bool:
        """Whether it is one of ours, asked here, not too long ago."""
        head, mac = question[: _NONCE + _TIME], question[_NONCE + _TIME :]
        if not hmac.compare_digest(self._mac(head), mac):
            return False
        asked_at = int.from_bytes(head[_NONCE:])
        return 0 <= now.timestamp() - asked_at < GOOD_FOR.total_seconds() + 1

    def _mac(self, head: bytes) -> bytes:
        bound = b"%b %b %b %b" % (
            head,
            self.purpose.encode(),
            self.host.encode(),
            self.browser,
        )
        return hmac.digest(keyed_hash(self.key, "passkeys"), bound, sha256)[:_MAC]


def options_to_enrol(
    asking: Asking, agent: Agent, known: tuple[Passkey, ...], now: datetime
) -> str:
    """What a device is told to make a key for that agent, as JSON."""
    return options_to_json(
        generate_registration_options(
            rp_id=asking.host,
            rp_name="passnum",
            user_id=keyed_hash(asking.key, f"passkey holder {agent.id}"),
            user_name=agent.email,
            user_display_name=agent.name,
            challenge=asking.question(now),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_named(known),
        )
    )


def options_to_show(asking: Asking, known: tuple[Passkey, ...], now: datetime) -> str:
    """What a device is told to show a key: one of these, or any it has for this site, as JSON."""
    return options_to_json(
        generate_authentication_options(
            rp_id=asking.host,
            challenge=asking.question(now),
            allow_credentials=_named(known) or None,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def new_passkey(
    session: Session,
    asking: Asking,
    *,
    agent: Agent,
    passkey_id: UUID,
    answer: str,
    name: str,
    now: datetime,
) -> Passkey:
    """The key that a device has made, not kept yet.

    Raises:
        PasskeyRefused: the answer is not one to a question of ours.
        PasskeyKnown: the key is recorded already.
    """
    try:
        credential = parse_registration_credential_json(answer)
        made = verify_registration_response(
            credential=credential,
            expected_challenge=_question_of(session, asking, credential, now),
            expected_rp_id=asking.host,
            expected_origin=asking.origin,
            require_user_verification=True,
        )
    except UNREADABLE:
        raise PasskeyRefused from None
    if _by_credential(session, made.credential_id) is not None:
        raise PasskeyKnown
    return Passkey(
        id=passkey_id,
        agent_id=agent.id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name,
        synced=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        enrolled_at=now,
    )


def shown_passkey(
    session: Session, asking: Asking, *, answer: str, now: datetime, agent_id: int | None = None
) -> Passkey:
    """The key that a device has shown; that agent's, when we know already who it should be.

    Raises:
        PasskeyRefused: not known here, taken away, a copy, or not an answer to a question of ours.
    """
    try:
        credential = parse_authentication_credential_json(answer)
        kept = _by_credential(session, credential.raw_id)
        if (
            kept is None
            or kept.removed_at is not None
            or (agent_id is not None and kept.agent_id != agent_id)
        ):
            raise PasskeyRefused
        shown = verify_authentication_response(
            credential=credential,
            expected_challenge=_question_of(session, asking, credential, now),
            expected_rp_id=asking.host,
            expected_origin=asking.origin,
            credential_public_key=kept.public_key,
            credential_current_sign_count=kept.sign_count,
            require_user_verification=True,
        )
    except UNREADABLE:
        raise PasskeyRefused from None
    kept.sign_count, kept.used_at = shown.new_sign_count, now
    session.flush()
    return kept


def credential_of(answer: str) -> bytes:
    """The id of the key that an answer speaks of, for the throttle; nothing when it has none."""
    try:
        return parse_authentication_credential_json(answer).raw_id[:1023]
    except UNREADABLE:
        return b""


def forget_answered(session: Session, *, now: datetime) -> None:
    """Forget answered questions that are too old to be answered again."""
    session.execute(delete(SpentChallenge).where(SpentChallenge.spent_at < now - 2 * GOOD_FOR))


def _named(known: tuple[Passkey, ...]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known]


def _by_credential(session: Session, credential_id: bytes) -> Passkey | None:
    return session.scalars(select(Passkey).where(Passkey.credential_id == credential_id)).first()


def _question_of(
    session: Session,
    asking: Asking,
    credential: RegistrationCredential | AuthenticationCredential,
    now: datetime,
) -> bytes:
    """The question that was answered, spent by that.

    Raises:
        PasskeyRefused: not ours, too old, or answered before.
    """
    question = parse_client_data_json(credential.response.client_data_json).challenge
    if not asking.recognises(question, now):
        raise PasskeyRefused
    forget_answered(session, now=now)
    digest = sha256(question).digest()
    if session.get(SpentChallenge, digest) is not None:
        raise PasskeyRefused
    session.add(SpentChallenge(challenge_hash=digest, spent_at=now))
    session.flush()
    return question
