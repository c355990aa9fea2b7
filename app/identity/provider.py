"""Signing in with ProConnect: OpenID Connect, authorization code with PKCE, state and nonce.

The provider says who somebody is; passnum decides whether that is one of its agents. It never opens
an account: the first time, a verified address names one; from then on the provider's own number for
the person does, whatever becomes of the address.
"""

import base64
import hmac
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.config import ProConnect
from app.database.locks import hold
from app.identity import queries
from app.identity.events import record_event
from app.identity.models import Agent
from app.identity.rules import AccountEventKind, Actor, Origin
from app.identity.session_errors import (
    ProviderAccountClosed,
    ProviderAnswerRefused,
    ProviderAway,
    ProviderLinkedOtherwise,
    ProviderUnknownHere,
)
from app.identity.session_models import ProviderIdentity
from app.kernel.text import read_email

PATIENCE_SECONDS: Final = 5
KNOWN_FOR_SECONDS: Final = 3600
CLOCKS_APART: Final = 30
"""Seconds by which the clock of a provider may be ahead of ours; what is over is over."""
ALGORITHMS: Final = ["RS256", "ES256"]
"""What a provider signs with: a key that only it has."""
SCOPE: Final = "openid email"
CLAIMS: Final = '{"id_token":{"amr":{"essential":true},"acr":null}}'
TWO_FACTORS: Final = frozenset(
    {
        "eidas2",
        "eidas3",
        "https://proconnect.gouv.fr/assurance/self-asserted-2fa",
        "https://proconnect.gouv.fr/assurance/consistency-checked-2fa",
    }
)
"""The levels of ProConnect at which two factors were shown."""

log = logging.getLogger(__name__)
Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Journey:
    """What this browser must bring back, and what proves that it left from here."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who the provider says it is."""

    subject: str
    email: str | None
    two_factors: bool
    id_token: str = field(repr=False)


@dataclass(slots=True)
class Provider:
    """An identity provider, as its own discovery document describes it."""

    known_as: ProConnect
    _described: dict[str, Any] = field(default_factory=dict)
    _keys: KeySet | None = None
    _asked_at: float = 0

    def address_to_leave(self, back: str) -> tuple[str, Journey]:
        """Where the person goes to sign in, and what they must bring back.

        Raises:
            ProviderAway: it does not say where that is.
        """
        described = self._description()
        journey = Journey(*(secrets.token_urlsafe(48) for _ in range(3)))
        # A provider that does not announce PKCE may refuse what it does not know (RFC 8414).
        proof = "S256" in described.get("code_challenge_methods_supported", [])
        url, _ = self._client(back, proof=proof).create_authorization_url(
            described["authorization_endpoint"],
            state=journey.state,
            nonce=journey.nonce,
            claims=CLAIMS,
            **({"code_verifier": journey.verifier} if proof else {}),
        )
        return str(url), journey

    def person(self, journey: Journey, *, code: str, back: str, now: datetime) -> Person:
        """Who came back with that code.

        Raises:
            ProviderAway: it does not answer.
            ProviderAnswerRefused: what it says is not signed by it, not for us, not for this
                journey, or too old.
        """
        described = self._description()
        proof = "S256" in described.get("code_challenge_methods_supported", [])
        try:
            token = self._client(back, proof=proof).fetch_token(
                described["token_endpoint"],
                code=code,
                timeout=PATIENCE_SECONDS,
                **({"code_verifier": journey.verifier} if proof else {}),
            )
            id_token, access = str(token["id_token"]), str(token["access_token"])
        except requests.RequestException as error:
            raise _away(error) from None
        except (AuthlibBaseError, ValueError, KeyError, TypeError) as error:
            raise _refused(error) from None
        said = self._read(
            id_token,
            now,
            iss={"essential": True, "value": self.known_as.issuer},
            aud={"essential": True, "value": self.known_as.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": journey.nonce},
        )
        _check_belongs(said, access, self.known_as.client_id)
        info = self._user_info(access, str(said["sub"]), now)
        methods = said.get("amr")
        return Person(
            subject=str(said["sub"]),
            email=_verified_email(info),
            two_factors=(isinstance(methods, list) and "mfa" in methods)
            or said.get("acr") in TWO_FACTORS,
            id_token=id_token,
        )

    def address_to_end(self, id_token: str, back: str) -> str | None:
        """Where the provider's own session ends; None when it does not say."""
        try:
            end = self._description().get("end_session_endpoint")
        except ProviderAway:
            return None
        asked = {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": back,
            "state": secrets.token_urlsafe(32),
        }
        return f"{end}?{urlencode(asked)}" if end else None

    def _client(self, back: str, *, proof: bool) -> OAuth2Session:
        return OAuth2Session(
            self.known_as.client_id,
            self.known_as.client_secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
            scope=SCOPE,
            redirect_uri=back,
            **({"code_challenge_method": "S256"} if proof else {}),
        )

    def _user_info(self, access: str, subject: str, now: datetime) -> Claims:
        """What the provider tells of the person, signed or over the same secure line."""
        try:
            answer = requests.get(
                self._description()["userinfo_endpoint"],
                headers={"Authorization": f"Bearer {access}"},
                timeout=PATIENCE_SECONDS,
            )
            answer.raise_for_status()
            kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
            if kind == "application/jwt":
                info: Claims = self._read(
                    answer.text,
                    now,
                    iss={"value": self.known_as.issuer},
                    aud={"value": self.known_as.client_id},
                )
            else:
                info = dict(orjson.loads(answer.content))
        except requests.RequestException as error:
            raise _away(error) from None
        except (ValueError, KeyError, TypeError) as error:
            raise _refused(error) from None
        if info.get("sub") != subject:
            raise ProviderAnswerRefused
        return info

    def _read(self, token: str, now: datetime, **expected: Any) -> Claims:  # noqa: ANN401 - joserfc's options
        """The claims of a token that the provider signed, none of them late."""
        for keys in (self._known_keys(), None):
            try:
                read = jwt.decode(
                    token, keys or self._known_keys(again=True), algorithms=ALGORITHMS
                )
            except (JoseError, ValueError) as error:
                if keys is None:
                    raise _refused(error) from None
                continue  # its keys may have changed: they are asked for once more
            try:
                instant = int(now.timestamp())
                registry = jwt.JWTClaimsRegistry(now=instant, leeway=CLOCKS_APART, **expected)
                registry.validate(read.claims)
            except JoseError as error:
                raise _refused(error) from None
            if read.claims.get("exp", instant) < instant:
                raise _refused(ValueError("over"))
            return read.claims
        raise ProviderAnswerRefused

    def _description(self) -> dict[str, Any]:
        """Its discovery document, an hour old at most."""
        if not self._described or time.monotonic() - self._asked_at > KNOWN_FOR_SECONDS:
            found = self._get(f"{self.known_as.issuer}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != self.known_as.issuer:
                raise _away(ValueError("another issuer"))
            # What is secret travels to these: none of them may be less protected than the issuer.
            scheme = urlsplit(self.known_as.issuer).scheme
            for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint"):
                if urlsplit(str(found.get(name, ""))).scheme != scheme:
                    raise _away(ValueError(name))
            self._described, self._keys, self._asked_at = found, None, time.monotonic()
        return self._described

    def _known_keys(self, *, again: bool = False) -> KeySet:
        if self._keys is None or again:
            try:
                self._keys = KeySet.import_key_set(
                    self._get(str(self._description()["jwks_uri"]))  # type: ignore[arg-type]  # as joserfc reads it
                )
            except (KeyError, ValueError, JoseError) as error:
                raise _away(error) from None
        return self._keys

    @staticmethod
    def _get(address: str) -> dict[str, Any]:
        try:
            answer = requests.get(address, timeout=PATIENCE_SECONDS)
            answer.raise_for_status()
            found = orjson.loads(answer.content)
        except (requests.RequestException, ValueError) as error:
            raise _away(error) from None
        if not isinstance(found, dict):
            raise _away(ValueError(address))
        return found


def _check_belongs(said: Claims, access: str, client_id: str) -> None:
    """Refuse a token made for another client, or for another access."""
    if isinstance(said["aud"], list) and len(said["aud"]) > 1 and said.get("azp") != client_id:
        raise ProviderAnswerRefused
    half = sha256(access.encode()).digest()[:16]
    expected = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    if not hmac.compare_digest(str(said.get("at_hash", expected)), expected):
        raise ProviderAnswerRefused


def _verified_email(info: Claims) -> str | None:
    """The address that the provider vouches for.

    ProConnect says nothing of its verification: each identity provider speaks for the addresses
    of its own domain. One that is said not to be verified names nobody.
    """
    if info.get("email_verified", True) is not True:
        return None
    email = info.get("email")
    return read_email(email) if isinstance(email, str) else None


def _away(error: Exception) -> ProviderAway:
    log.warning("the identity provider does not answer as agreed: %s", type(error).__name__)
    return ProviderAway()


def _refused(error: Exception) -> ProviderAnswerRefused:
    log.warning("an answer of the identity provider is refused: %s", type(error).__name__)
    return ProviderAnswerRefused()


# ── Who that is here ──────────────────────────────────────────────────────────────────────────────


def agent_of_person(
    session: Session, *, issuer: str, person: Person, origin: Origin, now: datetime
) -> Agent:
    """The agent whom the provider's person is; linked by the address the first time.

    Raises:
        ProviderUnknownHere: nobody here has that address.
        ProviderAccountClosed: the account is closed.
        ProviderLinkedOtherwise: that agent is linked to another person of the provider.
    """
    hold(session, "provider identity", issuer, person.subject)
    link = session.get(ProviderIdentity, (issuer, person.subject))
    agent = (
        queries.agent(session, link.agent_id)
        if link is not None
        else queries.agent_by_email(session, person.email or "")
    )
    if agent is None:
        raise ProviderUnknownHere
    if agent.disabled_at is not None:
        raise ProviderAccountClosed
    if link is not None:
        return agent
    if identity_of(session, agent.id, issuer) is not None:
        raise ProviderLinkedOtherwise
    session.add(
        ProviderIdentity(issuer=issuer, subject=person.subject, agent_id=agent.id, linked_at=now)
    )
    record_event(
        session,
        kind=AccountEventKind.PROVIDER_LINKED,
        agent_id=agent.id,
        actor=agent.id,
        origin=origin,
        now=now,
    )
    return agent


def identity_of(session: Session, agent_id: int, issuer: str) -> ProviderIdentity | None:
    """Which person of the provider an agent is."""
    return session.scalars(
        select(ProviderIdentity).where(
            ProviderIdentity.agent_id == agent_id, ProviderIdentity.issuer == issuer
        )
    ).first()


def unlink(session: Session, *, actor: Actor, issuer: str, origin: Origin, now: datetime) -> bool:
    """Forget which person of the provider one is; whether anything was forgotten."""
    gone = session.execute(
        delete(ProviderIdentity).where(
            ProviderIdentity.agent_id == actor.agent_id, ProviderIdentity.issuer == issuer
        )
    )
    if not gone.rowcount:  # type: ignore[attr-defined]  # a DELETE has one
        return False
    record_event(
        session,
        kind=AccountEventKind.PROVIDER_UNLINKED,
        agent_id=actor.agent_id,
        actor=actor,
        origin=origin,
        now=now,
    )
    return True
