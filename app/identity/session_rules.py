"""Sessions and second factors: how long, for whom, and what stands for what. Plain values.

A person signs in with a password, a passkey or ProConnect. Whoever has a second factor shows it
then; finance and administration must have one, and nothing else opens before.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.identity.rules import Role
from app.kernel.codes import ALPHABET


class Method(StrEnum):
    """With what a person signed in."""

    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    PASSKEY = "passkey"
    PROVIDER = "provider"


class Second(StrEnum):
    """What was shown beside it."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY = "recovery"
    PROVIDER = "provider"
    WAIVED = "waived"
    """A demonstration asks for none: it holds nothing that anybody would want."""


class SessionEnd(StrEnum):
    """Why a session is over before its time."""

    SIGNED_OUT = "signed_out"
    ELSEWHERE = "elsewhere"
    """By the same person, from another browser."""
    ADMINISTRATOR = "administrator"
    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    FACTORS = "factors"
    CLOSED = "closed"


FRENCH_METHOD = {
    Method.PASSWORD: "Mot de passe",
    Method.PASSKEY: "Clé d’accès",
    Method.PROVIDER: "ProConnect",
}
FRENCH_SECOND = {
    Second.TOTP: "code de l’application",
    Second.PASSKEY: "clé d’accès",
    Second.RECOVERY: "code de secours",
    Second.PROVIDER: "second facteur de ProConnect",
    Second.WAIVED: "second facteur non exigé (démonstration)",
}

MUST_HAVE_SECOND_FACTOR = frozenset({Role.FINANCE, Role.ADMINISTRATOR})
"""Who moves money, and who opens doors: a password alone is not enough."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts: without anybody doing anything, and in all."""

    idle: timedelta
    whole: timedelta


_OFFICE = Limits(timedelta(hours=1), timedelta(hours=12))
_MONEY = Limits(timedelta(minutes=30), timedelta(hours=10))
_COUNTER = Limits(timedelta(hours=4), timedelta(hours=12))
LIMITS: Mapping[Role, Limits] = {
    Role.COORDINATOR: _OFFICE,
    Role.AUDITOR: _OFFICE,
    Role.FINANCE: _MONEY,
    Role.ACCOUNTANT: _MONEY,
    Role.ADMINISTRATOR: _MONEY,
    Role.PRESCRIBER: _COUNTER,
    Role.MEDIATOR: _COUNTER,
}
EVERY_ROLE = "all"


def limits_of(role: Role, minutes: Mapping[str, tuple[int, int]]) -> Limits:
    """How long a session of that role lasts here; `minutes` are those of the settings, by role."""
    said = minutes.get(role) or minutes.get(EVERY_ROLE)
    if said is None:
        return LIMITS[role]
    idle, whole = said
    return Limits(timedelta(minutes=idle), timedelta(minutes=whole))


SEEN_EVERY = timedelta(minutes=5)
"""How coarsely the last act of a session is noted: a write for each page would be waste."""
STEP_LIFE = timedelta(minutes=10)
"""How long a person has, after the password, to show a second factor."""
APART_FOR = timedelta(days=7)
"""Who reads the link of an account does not reset its factors within that time, nor the reverse."""
FRESH_FOR = timedelta(hours=1)
"""How long after signing in a person may change their second factors."""
KEPT_FOR = timedelta(days=365)
"""Sessions are traces of what people did: they go after twelve months, as logs do."""
REMEMBERED_FOR = timedelta(days=7)
"""How long after its end a session still tells whose unsent form this was."""


def is_over(
    *,
    seen_at: datetime,
    expires_at: datetime,
    ended_at: datetime | None,
    limits: Limits,
    now: datetime,
) -> bool:
    """Whether a session opens nothing any more."""
    return ended_at is not None or now >= expires_at or now >= seen_at + limits.idle


# ── Codes ─────────────────────────────────────────────────────────────────────────────────────────

STEP_SECONDS = 30
DIGITS = 6
RECOVERY_CODES = 10
_GROUPS, _GROUP = 3, 4


def step_of(now: datetime) -> int:
    """The interval of an authenticator in which that instant lies (RFC 6238)."""
    return int(now.timestamp()) // STEP_SECONDS


def new_recovery_code() -> str:
    """Sixty random bits that can be copied by hand: no O, I, L or U."""
    letters = [secrets.choice(ALPHABET) for _ in range(_GROUPS * _GROUP)]
    return "-".join("".join(letters[i : i + _GROUP]) for i in range(0, len(letters), _GROUP))


def read_recovery_code(typed: str) -> str | None:
    """The code behind what was typed, whatever its case and dashes; None when it cannot be one."""
    bare = re.sub(r"[\s-]", "", typed).upper().translate(str.maketrans("OIL", "011"))
    if len(bare) != _GROUPS * _GROUP or not set(bare) <= set(ALPHABET):
        return None
    return bare


# ── Browsers ──────────────────────────────────────────────────────────────────────────────────────

_SYSTEMS = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("mac os", "Mac"),
    ("cros", "Chromebook"),
    ("linux", "Linux"),
)


def system_of(user_agent: str) -> str:
    """The kind of machine that a browser says it runs on: enough to recognise one's own."""
    said = user_agent.lower()
    return next((name for word, name in _SYSTEMS if word in said), "")
