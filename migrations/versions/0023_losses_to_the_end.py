"""What losses, counts and closings still had to say: what is given up, and what expires late.

An activation no longer asks for the budget: its order was committed when it was approved.
"""

from importlib import import_module

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, UtcDateTime, Uuid16
from migrations.steps import (
    as_owner,
    drop_refusal,
    martinique_day_of,
    on_postgresql,
    refuse_insert,
    write_once,
    year_of,
)

revision = "0023"
down_revision = "0022"

WRITTEN_ONCE = (
    "write_off_abandonment",
    "count_abandonment",
    "closing_complement",
    "complement_settlement",
)
OF_AN_AGE = "beneficiary_is_of_an_age"
YOUNGEST = 14
WITHIN_BUDGET = "activation_stays_within_the_budget"


REFUSALS = (
    # A rule, its table, what it refuses, and the row itself when it is there already.
    (
        "pass_waits_in_one_write_off",
        "write_off_range",
        (
            "exists (select 1 from write_off mine"
            " join write_off other on other.kind = mine.kind and other.id <> mine.id"
            " and (mine.kind = 'passes' or other.print_batch_id = mine.print_batch_id)"
            " join write_off_range r on r.write_off_id = other.id"
            " where mine.id = new.write_off_id and r.first_voucher_id <= new.last_voucher_id"
            " and r.last_voucher_id >= new.first_voucher_id"
            " and not exists (select 1 from write_off_approval a where a.write_off_id = other.id)"
            " and not exists (select 1 from write_off_abandonment b"
            " where b.write_off_id = other.id))"
        ),
        "t.write_off_id = new.write_off_id and t.first_voucher_id = new.first_voucher_id",
    ),
    (
        "abandoned_write_off_is_not_approved",
        "write_off_approval",
        "exists (select 1 from write_off_abandonment b where b.write_off_id = new.write_off_id)",
        "t.write_off_id = new.write_off_id",
    ),
    (
        "approved_write_off_is_not_abandoned",
        "write_off_abandonment",
        "exists (select 1 from write_off_approval a where a.write_off_id = new.write_off_id)",
        "t.id = new.id",
    ),
    (
        "abandoned_count_gets_no_more_goes",
        "count_entry",
        "exists (select 1 from count_abandonment b where b.count_id = new.count_id)",
        "t.id = new.id",
    ),
    (
        "abandoned_count_is_not_closed",
        "count_closing",
        "exists (select 1 from count_abandonment b where b.count_id = new.count_id)",
        "t.count_id = new.count_id",
    ),
    (
        "closed_count_is_not_abandoned",
        "count_abandonment",
        "exists (select 1 from count_closing c where c.count_id = new.count_id)",
        "t.id = new.id",
    ),
    (
        "cash_office_overlaps_none_of_its_kind",
        "cash_office",
        (
            "exists (select 1 from cash_office c where c.organisation_id = new.organisation_id"
            " and c.kind = new.kind and c.id <> new.id"
            " and c.valid_from <= new.valid_until and c.valid_until >= new.valid_from"
            " and not exists (select 1 from cash_office_closure k"
            " where k.cash_office_id = c.id and k.from_on <= new.valid_from))"
        ),
        "t.id = new.id",
    ),
)


def upgrade() -> None:
    """Make the tables, all written once, and the rules that only Python knew."""
    with as_owner():
        _abandonments()
        _complements()
        write_once(*WRITTEN_ONCE)
        for rule, table, when, itself in REFUSALS:
            there = f"select 1 from {table} t where {itself}"  # noqa: S608 - written above
            # A row that is there is never replaced, by a rule of its own.
            refuse_insert(rule, table, when=f"{when} and not exists ({there})")
        _ages()
        op.execute(f"drop trigger {WITHIN_BUDGET}" + (" on activation" if on_postgresql() else ""))
        drop_refusal(WITHIN_BUDGET)


def _abandonments() -> None:
    for table, parent, column in (
        ("write_off_abandonment", "write_off", "write_off_id"),
        ("count_abandonment", "stock_count", "count_id"),
    ):
        what = parent.removeprefix("stock_")
        op.create_table(
            table,
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column(column, Uuid16(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("abandoned_by", BigInt, nullable=False),
            sa.Column("abandoned_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "length(reason) between 1 and 200", name=f"{what}_is_abandoned_for_a_reason"
            ),
            sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=f"abandonment_is_of_a_{what}"),
            sa.ForeignKeyConstraint(
                ["abandoned_by"], ["agent.id"], name=f"{what}_was_abandoned_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(column, name=f"{what}_is_abandoned_once"),
            sqlite_strict=True,
        )


def _complements() -> None:
    op.create_table(
        "closing_complement",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("vintage_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("follows_ordinal", sa.Integer(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("stated_count", BigInt, nullable=False),
        sa.Column("face_value_cents", sa.Integer(), nullable=False),
        sa.Column("voucher_count", BigInt, nullable=False),
        sa.Column("amount_cents", BigInt, nullable=False),
        sa.Column("drawn_on", Day(), nullable=False),
        sa.Column("drawn_by", BigInt, nullable=False),
        sa.Column("drawn_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "ordinal = coalesce(follows_ordinal, 0) + 1 and (follows_ordinal is null) = "
            "(ordinal = 1)",
            name="complements_leave_no_gap",
        ),
        sa.CheckConstraint("voucher_count >= 1", name="complement_is_of_some_passes"),
        sa.CheckConstraint(
            "amount_cents = voucher_count * face_value_cents",
            name="complement_is_at_face_value",
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "payer", "stated_count", "face_value_cents"],
            [
                "joint_statement.vintage_id",
                "joint_statement.payer",
                "joint_statement.unused_count",
                "joint_statement.face_value_cents",
            ],
            name="complement_adds_to_a_joint_statement",
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "follows_ordinal"],
            ["closing_complement.vintage_id", "closing_complement.ordinal"],
            name="complement_follows_the_one_before",
        ),
        sa.ForeignKeyConstraint(
            ["drawn_by"], ["agent.id"], name="complement_was_drawn_up_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number", name="complement_number_is_one"),
        sa.UniqueConstraint("vintage_id", "ordinal", name="complement_is_one_of_its_place"),
        sa.UniqueConstraint(
            "id", "payer", "drawn_on", "drawn_by", name="complement_names_who_drew_it_up"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "complement_settlement",
        sa.Column("complement_id", Uuid16(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("drawn_on", Day(), nullable=False),
        sa.Column("drawn_by", BigInt, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("sponsor_signed_on", Day(), nullable=False),
        sa.Column("issuer_signed_on", Day(), nullable=False),
        sa.Column("settled_on", Day(), nullable=False),
        sa.Column("settled_by", BigInt, nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'credit_note' and payer = 'issuer')"
            " or (kind = 'release' and payer = 'authority')",
            name="complement_is_settled_by_who_pays",
        ),
        sa.CheckConstraint("settled_by <> drawn_by", name="complement_is_settled_by_another"),
        sa.CheckConstraint(
            "sponsor_signed_on between drawn_on and settled_on"
            " and issuer_signed_on between drawn_on and settled_on",
            name="complement_is_settled_once_signed",
        ),
        sa.ForeignKeyConstraint(
            ["complement_id", "payer", "drawn_on", "drawn_by"],
            [
                "closing_complement.id",
                "closing_complement.payer",
                "closing_complement.drawn_on",
                "closing_complement.drawn_by",
            ],
            name="complement_settlement_names_who_drew_it_up",
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["agent.id"], name="complement_was_settled_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("complement_id"),
        sa.UniqueConstraint("number", name="complement_settlement_number_is_one"),
        sqlite_strict=True,
    )


def _ages() -> None:
    """A person is of an age: as recorded, and as put right later."""
    year = f"cast({year_of('new.last_contact_on')} as integer)"
    when = f"new.birth_year > {year} - {YOUNGEST}"
    refuse_insert(OF_AN_AGE, "beneficiary_identity", when=when)
    if on_postgresql():
        op.execute(f"drop trigger {OF_AN_AGE} on beneficiary_identity")
        op.execute(
            f"create trigger {OF_AN_AGE} before insert or update on beneficiary_identity"
            f" for each row execute function {OF_AN_AGE}()"
        )
        op.execute(f"alter table beneficiary_identity enable always trigger {OF_AN_AGE}")
    else:
        op.execute(
            f"create trigger {OF_AN_AGE}_still before update on beneficiary_identity"
            f" when {when} begin select raise(abort, '{OF_AN_AGE}'); end"
        )


def downgrade() -> None:
    """Take the rules and the tables away, leaves first; activations ask for the budget again."""
    with as_owner():
        over = import_module("migrations.versions.0014_taking_over").OVER_BUDGET
        refuse_insert(
            WITHIN_BUDGET,
            "activation",
            when=over.format(day=martinique_day_of("activated_at")),
        )
        there = {rule: table for rule, table, *_ in REFUSALS} | {OF_AN_AGE: "beneficiary_identity"}
        if not on_postgresql():
            op.execute(f"drop trigger {OF_AN_AGE}_still")
        for rule, table in there.items():
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)
        for table in reversed(WRITTEN_ONCE):
            op.drop_table(table)
