"""An export in a temporary file without a single rule, so that a lie in it can be looked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from sqlalchemy import Column, Index, MetaData, Table, create_engine, insert
from sqlalchemy.orm import Session

from app.portability import tables
from app.portability.service import Source
from app.portability.tables import CHUNK

VERIFIED = frozenset(
    {
        *("vintage", "account", "transition", "voucher", "posting", "movement"),
        *("sealed_movement", "seal_node", "seal_block"),
    }
)
"""What the ledger and its seals are made of; the other tables stay empty."""
KEYS = {"posting": "id", "movement": "id", "sealed_movement": "position", "voucher": "id"}


@contextmanager
def without_rules(folder: Path, source: Source) -> Iterator[Session]:
    """The ledger of an export, as it is told there, whatever it is worth."""
    engine = create_engine(f"sqlite:///{folder / 'export.db'}")
    bare = MetaData()
    for table in tables.all_tables():
        made = Table(table.name, bare, *(Column(c.name, c.type) for c in table.columns))
        if table.name in KEYS:
            Index(f"{table.name}_by_key", made.c[KEYS[table.name]])
    bare.create_all(engine)
    with Session(engine) as session:
        for table in (each for each in tables.all_tables() if each.name in VERIFIED):
            rows = iter(source.rows(table))
            while chunk := list(islice(rows, CHUNK)):
                session.execute(insert(bare.tables[table.name]), chunk)
        session.commit()
        yield session
    engine.dispose()
