"""Whether the rules of the ledger are in place: triggers, constraints, privileges, and their text.

The view `fault` says what is missing or switched off; the fingerprint shows a rule that was
replaced by a tame one. Whoever owns the database can rewrite both: only seals kept outside reveal
that.
"""

import hashlib

from sqlalchemy import text
from sqlalchemy.orm import Session

FINGERPRINTS = {
    "sqlite": "e51a648565ab386ea7003d26cf387d0676275b2877747da68aa44370cada84a9",
    "postgresql 15": "7ad3c922166dc007c498dd18850f130e1a8d006ecd711e0d285f77047718063f",
    "postgresql 18": "f306ed48e2e1c848a87b51a0e44caa8c7da8f4d1ac90c0ab2a6ff3814841fc34",
}
"""The rules of this release as each database writes them down. PostgreSQL's wording changes with
its major version; tests/ledger/test_fingerprints.py recomputes those of the servers it meets."""


def faults(session: Session) -> list[str]:
    """What is wrong with the rules: French sentences, empty when all is well."""
    found = [
        f"Règle du registre en défaut ({what}) : {which or 'toutes'}."
        for what, which in session.execute(text("select what, which from fault"))
    ]
    expected = FINGERPRINTS.get(server(session))
    if expected is not None and fingerprint(session) != expected:
        found.append(
            "Les règles du registre ne sont pas celles de cette version de passnum : "
            "restaurez la base, ou relancez « passnum migrate » avec la bonne version."
        )
    return found


def server(session: Session) -> str:
    """The database and, for PostgreSQL, its major version."""
    connection = session.connection()
    name = connection.dialect.name
    if name != "postgresql":
        return name
    version = connection.dialect.server_version_info or (0,)
    return f"{name} {version[0]}"


def fingerprint(session: Session) -> str:
    """A digest of the rules as they stand in this database."""
    rules: str = session.execute(text("select * from fingerprint")).scalar_one()
    if server(session) == "sqlite":
        return hashlib.sha256(rules.encode()).hexdigest()
    return rules
