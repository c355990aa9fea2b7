"""Balances summed up to a movement: derived, rebuildable, compared with a replay."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Day, UtcDateTime
from migrations.steps import as_owner, drop_refusal, refuse_insert, write_once

revision = "0015"
down_revision = "0014"

FOLLOWS = "snapshot_follows_what_is_there"
WRITTEN_ONCE = ("snapshot", "snapshot_sum", "snapshot_usage", "snapshot_usage_sum")


def upgrade() -> None:
    """Make the tables: the application adds to them, and nobody changes what is there."""
    with as_owner():
        op.create_table(
            "snapshot",
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("generation", sa.Integer(), nullable=False),
            sa.Column("level", sa.Integer(), nullable=False),
            sa.Column("after_movement_id", BigInt, nullable=False),
            sa.Column("last_movement_id", BigInt, nullable=False),
            sa.Column("movement_count", BigInt, nullable=False),
            sa.Column("sum_count", sa.Integer(), nullable=False),
            sa.Column("recorded_from", UtcDateTime(), nullable=False),
            sa.Column("recorded_until", UtcDateTime(), nullable=False),
            sa.Column("acted_from", UtcDateTime(), nullable=False),
            sa.Column("acted_until", UtcDateTime(), nullable=False),
            sa.Column("taken_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("generation >= 1", name="snapshot_generation_counts_from_1"),
            sa.CheckConstraint("level between 0 and 30", name="snapshot_level_is_a_small_number"),
            sa.CheckConstraint(
                "after_movement_id >= 0 and movement_count between 1 and"
                " last_movement_id - after_movement_id",
                name="snapshot_counts_the_movements_of_its_stretch",
            ),
            sa.CheckConstraint(
                "sum_count between 1 and movement_count",
                name="snapshot_has_no_more_sums_than_movements",
            ),
            sa.CheckConstraint(
                "recorded_from <= recorded_until and acted_from <= acted_until",
                name="snapshot_begins_before_it_ends",
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "generation", "after_movement_id", "level", name="snapshot_of_a_stretch_is_one"
            ),
            sa.UniqueConstraint("id", "sum_count", name="snapshot_names_how_many_sums_it_has"),
            sqlite_strict=True,
        )
        op.create_table(
            "snapshot_sum",
            sa.Column("snapshot_id", sa.Integer(), nullable=False),
            sa.Column("ordinal", sa.Integer(), nullable=False),
            sa.Column("sum_count", sa.Integer(), nullable=False),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("vintage_id", sa.Integer(), nullable=False),
            sa.Column("debit_account_id", sa.Integer(), nullable=False),
            sa.Column("debit_kind", sa.Text(), nullable=False),
            sa.Column("credit_account_id", sa.Integer(), nullable=False),
            sa.Column("credit_kind", sa.Text(), nullable=False),
            sa.Column("acted_in", Day(), nullable=False),
            sa.Column("voucher_count", BigInt, nullable=False),
            sa.CheckConstraint(
                "ordinal between 1 and sum_count", name="snapshot_sum_is_numbered_within_so_many"
            ),
            sa.CheckConstraint("voucher_count >= 1", name="snapshot_sum_counts_vouchers"),
            sa.ForeignKeyConstraint(
                ["snapshot_id", "sum_count"],
                ["snapshot.id", "snapshot.sum_count"],
                name="snapshot_sum_is_one_of_so_many",
            ),
            sa.ForeignKeyConstraint(
                ["debit_account_id", "debit_kind", "vintage_id"],
                ["account.id", "account.kind", "account.vintage_id"],
                name="snapshot_sum_debit_account",
            ),
            sa.ForeignKeyConstraint(
                ["credit_account_id", "credit_kind", "vintage_id"],
                ["account.id", "account.kind", "account.vintage_id"],
                name="snapshot_sum_credit_account",
            ),
            sa.ForeignKeyConstraint(
                ["kind", "debit_kind", "credit_kind"],
                ["transition.kind", "transition.from_account_kind", "transition.to_account_kind"],
                name="snapshot_sum_transition",
            ),
            sa.PrimaryKeyConstraint("snapshot_id", "ordinal"),
            sqlite_strict=True,
        )
        op.create_table(
            "snapshot_usage",
            sa.Column("snapshot_id", sa.Integer(), nullable=False),
            sa.Column("sum_count", sa.Integer(), nullable=False),
            sa.CheckConstraint("sum_count >= 0", name="snapshot_usage_has_sums_or_none"),
            sa.ForeignKeyConstraint(
                ["snapshot_id"], ["snapshot.id"], name="snapshot_usage_is_a_snapshots"
            ),
            sa.PrimaryKeyConstraint("snapshot_id"),
            sa.UniqueConstraint(
                "snapshot_id", "sum_count", name="snapshot_usage_names_how_many_sums_it_has"
            ),
            sqlite_strict=True,
        )
        op.create_table(
            "snapshot_usage_sum",
            sa.Column("snapshot_id", sa.Integer(), nullable=False),
            sa.Column("ordinal", sa.Integer(), nullable=False),
            sa.Column("sum_count", sa.Integer(), nullable=False),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("vintage_id", sa.Integer(), nullable=False),
            sa.Column("debit_kind", sa.Text(), nullable=False),
            sa.Column("credit_kind", sa.Text(), nullable=False),
            sa.Column("public", sa.Text(), nullable=False),
            sa.Column("acted_in", Day(), nullable=False),
            sa.Column("voucher_count", BigInt, nullable=False),
            sa.CheckConstraint(
                "ordinal between 1 and sum_count", name="usage_sum_is_numbered_within_so_many"
            ),
            sa.CheckConstraint("voucher_count >= 1", name="usage_sum_counts_vouchers"),
            sa.CheckConstraint(
                "public in ('', 'plie', 'registered_job_seeker', 'unregistered_job_seeker',"
                " 'senior', 'other')",
                name="usage_sum_public_is_known",
            ),
            sa.ForeignKeyConstraint(
                ["snapshot_id", "sum_count"],
                ["snapshot_usage.snapshot_id", "snapshot_usage.sum_count"],
                name="usage_sum_is_one_of_so_many",
            ),
            sa.ForeignKeyConstraint(
                ["vintage_id"], ["vintage.id"], name="usage_sum_is_of_a_vintage"
            ),
            sa.ForeignKeyConstraint(
                ["kind", "debit_kind", "credit_kind"],
                ["transition.kind", "transition.from_account_kind", "transition.to_account_kind"],
                name="usage_sum_transition",
            ),
            sa.PrimaryKeyConstraint("snapshot_id", "ordinal"),
            sqlite_strict=True,
        )
        write_once(*WRITTEN_ONCE)
        # A stretch begins where the one before it ended, or joins several that are there.
        refuse_insert(
            FOLLOWS,
            "snapshot",
            when="""not exists (select 1 from snapshot where id = new.id) and (
              (new.level = 0 and new.after_movement_id <> coalesce((
                select max(last_movement_id) from snapshot
                 where generation = new.generation and level = 0), 0))
              or (new.level > 0 and not (
                exists (select 1 from snapshot
                         where generation = new.generation and level = new.level - 1
                           and after_movement_id = new.after_movement_id
                           and last_movement_id < new.last_movement_id)
                and exists (select 1 from snapshot
                             where generation = new.generation and level = new.level - 1
                               and last_movement_id = new.last_movement_id))))""",
        )


def downgrade() -> None:
    """Take the sums away: they can be made again."""
    with as_owner():
        for table in reversed(WRITTEN_ONCE):
            op.drop_table(table)
        drop_refusal(FOLLOWS)
