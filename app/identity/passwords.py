"""Passwords as argon2id hashes, and those that everybody tries first."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from unicodedata import combining, normalize

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from app.identity.errors import GuessablePassword, WeakPassword
from app.identity.rules import password_is_strong

_hasher = PasswordHasher()

LEAST_REST = 6
"""Characters that are to be left of a password once the words that everybody tries are gone."""
LEAST_ABOUT = 4
LEAST_RUN = 4

_WELL_KNOWN = (
    "motdepasse",
    "password",
    "numerique",
    "martinique",
    "administrateur",
    "administration",
    "coordination",
    "bienvenue",
    "capnord",
    "passnum",
    "admin",
    "aptic",
    "pass",
)
"""The product, the organisation, its land, and the words that stand for « password » itself."""
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
    "01234567890123456789",
)
_DISGUISES = str.maketrans("@4$5017!3", "aassoitie")
"""Signs that stand for letters in « P@ssw0rd »."""


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


def hash_password(password: str, *, about: Iterable[str] = ()) -> str:
    """An argon2id hash. `about` are names that others know: of the person, of where they work.

    Raises:
        WeakPassword: it does not follow the rule.
        GuessablePassword: it is built on what everybody tries first.
    """
    if not password_is_strong(password):
        raise WeakPassword
    if is_guessable(password, about=about):
        raise GuessablePassword
    return _hasher.hash(password)


def is_guessable(password: str, *, about: Iterable[str] = ()) -> bool:
    """Whether little is left once common passwords, known names and rows of keys are taken out."""
    known = (*_WELL_KNOWN, *(word for name in about for word in _words(name)))
    bare = _bare(password)
    for spelling in {bare, _bare(password.translate(_DISGUISES))}:
        rest = spelling
        for word in sorted(known, key=len, reverse=True):
            rest = rest.replace(word, "")
        letters = "".join(c for c in rest if c.isalpha())
        if (
            len(_without_runs(rest)) < LEAST_REST
            or len(set(rest)) < LEAST_REST
            or {spelling, rest, letters} & _common()
        ):
            return True
    return False


def _words(name: str) -> list[str]:
    """The words of a name or of an address that are long enough to be recognised."""
    parts = "".join(c if c.isalnum() else " " for c in name).split()
    return [word for part in parts if len(word := _bare(part)) >= LEAST_ABOUT]


def _bare(text: str) -> str:
    """Letters and digits alone, without case and accents."""
    plain = normalize("NFKD", text.lower())
    return "".join(c for c in plain if c.isalnum() and not combining(c))


def _without_runs(text: str) -> str:
    """The text without rows of the keyboard or of the alphabet, either way, and repetitions."""
    left, at = [], 0
    while at < len(text):
        end = at + 1
        while end < len(text) and _in_a_row(text[at : end + 1]):
            end += 1
        if end - at < LEAST_RUN:
            left.append(text[at])
            end = at + 1
        at = end
    return "".join(left)


def _in_a_row(run: str) -> bool:
    return len(set(run)) == 1 or any(run in row or run[::-1] in row for row in _ROWS)


@cache
def _common() -> frozenset[str]:
    """The 30,000 passwords that leaks hold most often, as zxcvbn lists them."""
    lists = import_module("zxcvbn.frequency_lists")  # two megabytes, when needed

    return frozenset(lists.FREQUENCY_LISTS["passwords"])


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
