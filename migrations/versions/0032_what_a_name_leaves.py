"""A digest of a name goes with the name; and an attempt to sign in is never edited.

What tells a repeated registration from another held the name of the person, and stayed after the
name was forgotten: whoever has the database could confirm a guess. It moves beside the name, and
what stays is of the public and the prescriber alone. Those of people forgotten earlier go at once.
"""

import sqlalchemy as sa
from alembic import op

from app.database import Bytes, Uuid16
from app.kernel.ids import request_hash
from migrations.steps import as_owner, free_to_change, let_be_edited, never_edited

revision = "0032"
down_revision = "0031"

BENEFICIARY = sa.table(
    "beneficiary",
    sa.column("id", Uuid16()),
    sa.column("request_hash", Bytes()),
    sa.column("public", sa.Text()),
    sa.column("prescriber_id", Uuid16()),
)
IDENTITY = sa.table(
    "beneficiary_identity",
    sa.column("beneficiary_id", Uuid16()),
    sa.column("request_hash", Bytes()),
)


def upgrade() -> None:
    """Move the digests beside the names that they are of, and forget the others."""
    with as_owner():
        op.add_column("beneficiary_identity", sa.Column("request_hash", Bytes(), nullable=True))
        _move(BENEFICIARY, to=IDENTITY)
        with free_to_change("beneficiary", verb="update"):
            _say_without_a_name()
        never_edited("sign_in_attempt")


def downgrade() -> None:
    """Move them back, where the name is known still."""
    with as_owner():
        let_be_edited("sign_in_attempt")
        with free_to_change("beneficiary", verb="update"):
            _move(IDENTITY, to=BENEFICIARY)
        op.drop_column("beneficiary_identity", "request_hash")


def _move(source: sa.TableClause, *, to: sa.TableClause) -> None:
    """Write the digest of each person over there."""
    pair = BENEFICIARY.c.id == IDENTITY.c.beneficiary_id
    op.execute(
        sa.update(to)
        .values(request_hash=sa.select(source.c.request_hash).where(pair).scalar_subquery())
        .where(sa.exists().where(pair, source.c.request_hash.is_not(None)))
    )


def _say_without_a_name() -> None:
    """Each digest as who registers a person writes it since (app.prescribers.people)."""
    kinds = sa.select(BENEFICIARY.c.public, BENEFICIARY.c.prescriber_id).distinct()
    for public, prescriber_id in op.get_bind().execute(kinds).all():
        op.execute(
            sa.update(BENEFICIARY)
            .where(BENEFICIARY.c.public == public, BENEFICIARY.c.prescriber_id == prescriber_id)
            .values(request_hash=request_hash("beneficiary", public=public, by=prescriber_id))
        )
