"""Whether the rules of the ledger are in place: triggers, constraints, privileges, and their text.

The view `fault` says what is missing or switched off; the fingerprint shows a rule that was
replaced by a tame one. Whoever owns the database can rewrite both: only seals kept outside reveal
that.
"""

import hashlib

from sqlalchemy import text
from sqlalchemy.orm import Session

FINGERPRINTS = {
    "sqlite": "002676a2fab6128aab4ad761a3ebf8d3b59426f385cf36eabbba8cec2ce854b6",
    "postgresql": "9a0b07d8f0237b6115330f0da55f4f5b7336f9354d312c2bbd9f1e1389064d63",
}
"""The rules of this release as each database tells them. PostgreSQL 15 and 18 tell them alike;
tests/ledger/test_fingerprints.py recomputes the digest on whichever server it meets."""


def faults(session: Session) -> list[str]:
    """What is wrong with the rules: French sentences, empty when all is well."""
    found = [
        f"Règle du registre en défaut ({what}) : {which or 'toutes'}."
        for what, which in session.execute(text("select what, which from fault"))
    ]
    if fingerprint(session) != FINGERPRINTS[dialect(session)]:
        found.append(
            "Les règles du registre ne sont pas celles de cette version de passnum : "
            "restaurez la base, ou relancez « passnum migrate » avec la bonne version."
        )
    return found


def fingerprint(session: Session) -> str:
    """A digest of the rules as they stand in this database."""
    rules: str = session.execute(text("select * from fingerprint")).scalar_one()
    if dialect(session) == "sqlite":
        return hashlib.sha256(rules.encode()).hexdigest()
    return rules


def dialect(session: Session) -> str:
    """Which of the two databases this is."""
    return session.get_bind().dialect.name
