"""What the rules of every part of the state machine draw from."""

from collections.abc import Mapping
from uuid import UUID

import hypothesis.strategies as st

ANY = st.integers(0, 10**6)
"""Which one of those there are."""
PRESCRIBERS = st.sampled_from(["plie", "ccas"])
MEDIATORS = st.sampled_from(["exo7", "exo7", "carecof", "nobank", "unlabelled"])
STAFF = st.sampled_from(["finance", "finance2", "coordinator"])
SERIALS = st.integers(1, 42)
SLIP = st.sampled_from([0, 0, 0, 0, 0, -1, 1])


def one_of(known: Mapping[UUID, object], pick: int) -> UUID:
    """Some id that is known; now and then the one that never is."""
    ids = list(known)
    return UUID(int=1) if not ids or pick % 9 == 8 else ids[pick % len(ids)]
