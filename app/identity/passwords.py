"""Passwords as argon2id hashes, and the short list of those that everybody tries first."""

import hashlib
import hmac
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from app.identity.errors import WeakPassword
from app.identity.rules import password_is_strong

_hasher = PasswordHasher()

_WELL_KNOWN = (
    "password",
    "motdepasse",
    "azerty",
    "qwerty",
    "123456",
    "passnum",
    "martinique",
    "capnord",
)


def make_cheap() -> None:
    """Cheap hashing, for tests only: a real hash takes a quarter of a second on purpose."""
    global _hasher  # noqa: PLW0603 - one switch for the whole process, thrown by the tests
    _hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    _hash_of_nobody.cache_clear()


@cache
def _hash_of_nobody() -> str:
    """What the password of an unknown account is compared with.

    Made when first needed: a quarter of a second is long for a command that asks no password.
    """
    return _hasher.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """An argon2id hash.

    Raises:
        WeakPassword: too short, or built on a word that everybody tries first.
    """
    bare = "".join(c for c in password.lower() if c.isalnum())
    for word in _WELL_KNOWN:
        bare = bare.replace(word, "")
    if not password_is_strong(password) or len(bare) < 6:  # noqa: PLR2004 - what remains without the word
        raise WeakPassword
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one; as slow for an account that does not exist."""
    try:
        # Half a character has no bytes of its own, and must not crash what compares it.
        typed = password.encode(errors="surrogatepass")
        _hasher.verify(password_hash or _hash_of_nobody(), typed)
    except VerificationError:
        return False
    return password_hash is not None


def new_token() -> tuple[str, bytes]:
    """A bearer token and the hash that is kept of it. 256 random bits need no stretching."""
    token = f"passnum_{secrets.token_urlsafe(32)}"
    return token, token_hash(token)


def new_link_secret() -> tuple[str, bytes]:
    """The secret of a link sent by e-mail, and the hash that is kept of it."""
    secret = secrets.token_urlsafe(32)
    return secret, token_hash(secret)


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


def keyed_hash(key: bytes, text: str) -> bytes:
    """What the throttle keeps of an address: recognised again, and not read back."""
    return hmac.digest(key, text.encode(errors="replace"), "sha256")
