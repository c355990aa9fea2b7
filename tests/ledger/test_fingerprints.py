"""The release knows the text of its rules on each database that it is tested with."""

from app.database.connections import Database
from app.ledger import integrity


def test_the_release_knows_the_fingerprint_of_a_database_it_has_just_migrated(
    database: Database,
) -> None:
    with database.transaction(writing=False) as session:
        found = integrity.fingerprint(session)

        assert found == integrity.FINGERPRINTS[integrity.dialect(session)]
