"""Where people practise, and how a browser is known there: plain values."""

import hashlib
import hmac
import re
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from app.config import Settings

PREFIX: Final = "/entrainement"
"""Under this path the application answers a second time, on copies."""
DOOR: Final = "/s-entrainer"
"""The page of the real application from which people go there."""
COOKIE: Final = "passnum_entrainement"
PAGE_COOKIE: Final = "passnum_entrainement_page"
"""Both are sent to that path only; the real ones have other names, and other keys."""

KEPT_FOR: Final = timedelta(days=3)
"""How long a copy that nobody opens any more is kept."""
MOST: Final = 100
"""Copies of one installation, of some 3 MB each; beyond, whoever was away longest begins anew."""
LARGEST: Final = 32 * 1024 * 1024
"""Bytes of one copy: nobody fills a disk by practising."""

WHY = "raison"
"""What the address of the door says of somebody who comes back to it by themselves or not."""


class Back(StrEnum):
    """Why somebody is at the door again."""

    LEFT = "quitte"
    GONE = "fini"
    FULL = "plein"


_NAME = re.compile(r"[0-9a-f]{32}-[0-9a-f]{32}")


def folder_of(settings: Settings) -> Path:
    """Where everything of it is: copies, and keys of their own."""
    return settings.data_dir / "entrainement"


def settings_of(settings: Settings, url: str) -> Settings:
    """The settings of the application that answers there.

    Its secrets come from the real one by a road that nobody walks back; no letter leaves it.
    """
    folder = folder_of(settings)
    return replace(
        settings,
        data_dir=folder,
        database_url=url,
        owner_database_url=url,
        secret_key=_derived(settings, "the key of a training"),
        mail_server=None,
        proconnect=None,
    )


def whose(settings: Settings, agent_id: int) -> str:
    """Under which name the copies of an agent lie: theirs alone, and it says nothing of them."""
    return _derived(settings, f"the copies of agent {agent_id}")[:16].hex()


def _derived(settings: Settings, purpose: str) -> bytes:
    key = hashlib.sha256(b"passnum training" + settings.secret_key).digest()
    return hmac.digest(key, purpose.encode(), "sha256")


def name_in(cookie: str) -> str:
    """The copy that a cookie names, or nothing: what a browser sends is never a path."""
    name = cookie.partition(".")[0]
    return name if _NAME.fullmatch(name) else ""
