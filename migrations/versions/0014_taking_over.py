"""Opening balances taken over from before passnum."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, Flag, UtcDateTime, Uuid16
from migrations.steps import (
    as_owner,
    drop_refusal,
    martinique_day_of,
    on_postgresql,
    refuse_insert,
    write_once,
)

revision = "0014"
down_revision = "0013"

LATEST_SETTINGS = """
select max(t.ordinal) from programme_settings t
where t.programme_id = mine.programme_id and t.applies_from <= {day}
  and not exists (select 1 from settings_withdrawal w where w.settings_id = t.id)
"""
ORDERED = """
select coalesce(sum(o.printing_cents + o.fee_cents + o.voucher_count * o.face_value_cents), 0)
from booklet_order o
where o.programme_id = mine.programme_id
  and (o.id = mine.id or exists (select 1 from order_approval a where a.order_id = o.id))
  and not exists (select 1 from order_cancellation c where c.order_id = o.id)
"""
TAKEN = """
select coalesce(sum((l.last_booklet - l.first_booklet + 1) * l.booklet_size
                    * v.face_value_cents), 0)
from takeover_lot l
join takeover_approval a on a.takeover_id = l.takeover_id
join vintage_terms t on t.vintage_id = l.vintage_id
join vintage v on v.id = l.vintage_id
where t.programme_id = mine.programme_id and l.place <> 'elsewhere'
"""
RELEASED = """
select coalesce(sum(v.face_value_cents), 0)
from account a
join vintage_terms t on t.vintage_id = a.vintage_id
join voucher v on v.account_id = a.id
where t.programme_id = mine.programme_id
  and (a.kind = 'credited' or (p.payer = 'authority' and a.kind in ('void', 'expired')))
"""
OVER_BUDGET = f"""
exists (
  select 1 from booklet_order mine
  join programme p on p.id = mine.programme_id
  join programme_settings s on s.programme_id = mine.programme_id
  where mine.id = new.order_id and s.ordinal = ({LATEST_SETTINGS})
    and s.budget_cents < ({ORDERED}) + ({TAKEN}) - ({RELEASED})
)
"""  # noqa: S608 - four queries written above
"""What an order commits together with all that is committed, beyond the budget of a day."""

ENDED = """
exists (select 1 from takeover_lot l join vintage_terms v on v.vintage_id = l.vintage_id
        where l.takeover_id = new.takeover_id and l.place <> 'elsewhere'
          and v.last_redemption_on < {day})
"""
WITHIN_BUDGET = {
    "approval_stays_within_the_budget": ("order_approval", "approved_at"),
    "activation_stays_within_the_budget": ("activation", "activated_at"),
}
WRITTEN_ONCE = (
    "takeover",
    "takeover_lot",
    "takeover_code",
    "takeover_refusal",
    "takeover_approval",
)


def upgrade() -> None:
    """Make the tables, written once; a vintage is ordered or taken over, never both."""
    with as_owner():
        op.create_table(
            "takeover",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("number", sa.Text(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("file_hash", Bytes(), nullable=False),
            sa.Column("counted_on", Day(), nullable=False),
            sa.Column("voucher_count", BigInt, nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("prepared_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("length(file_hash) = 32", name="takeover_file_hash_is_a_digest"),
            sa.CheckConstraint("voucher_count >= 0", name="takeover_counts_passes"),
            sa.ForeignKeyConstraint(
                ["programme_id"], ["programme.id"], name="takeover_is_a_programmes"
            ),
            sa.ForeignKeyConstraint(
                ["prepared_by"], ["agent.id"], name="takeover_was_prepared_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("number", name="takeover_number_is_one_takeover"),
            sa.UniqueConstraint("file_hash", name="takeover_file_is_taken_over_once"),
            sa.UniqueConstraint(
                "id",
                "prepared_by",
                "voucher_count",
                name="takeover_names_its_preparer_and_total",
            ),
            sqlite_strict=True,
        )
        op.create_table(
            "takeover_lot",
            sa.Column("takeover_id", Uuid16(), nullable=False),
            sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("vintage_id", sa.Integer(), nullable=False),
            sa.Column("first_booklet", sa.Integer(), nullable=False),
            sa.Column("last_booklet", sa.Integer(), nullable=False),
            sa.Column("booklet_size", sa.Integer(), nullable=False),
            sa.Column("place", sa.Text(), nullable=False),
            sa.Column("holder_id", Uuid16(), nullable=True),
            sa.Column("codes_in_file", Flag(), nullable=False),
            sa.Column("used_places", sa.Integer(), nullable=False),
            sa.CheckConstraint(
                "place in ('stock_inert', 'stock', 'prescriber', 'circulation', 'elsewhere')",
                name="lot_place_is_known",
            ),
            sa.CheckConstraint(
                "1 <= first_booklet and first_booklet <= last_booklet and last_booklet <= 999999",
                name="lot_is_of_some_booklets",
            ),
            sa.CheckConstraint("booklet_size in (5, 10)", name="lot_is_in_booklets_of_5_or_10"),
            sa.CheckConstraint(
                "(holder_id is not null) = (place in ('prescriber', 'circulation'))",
                name="lot_has_a_holder_out_of_the_cupboard",
            ),
            sa.CheckConstraint(
                "used_places = 0 or place = 'circulation' and first_booklet = last_booklet"
                " and used_places between 1 and case booklet_size when 5 then 31 else 1023 end",
                name="lot_begun_is_one_booklet_with_a_person",
            ),
            sa.ForeignKeyConstraint(["takeover_id"], ["takeover.id"], name="lot_is_of_a_takeover"),
            sa.ForeignKeyConstraint(
                ["vintage_id"], ["vintage_terms.vintage_id"], name="lot_is_of_a_vintage"
            ),
            sa.ForeignKeyConstraint(
                ["holder_id"], ["organisation.id"], name="lot_is_with_an_organisation"
            ),
            sa.PrimaryKeyConstraint("takeover_id", "line"),
            sqlite_strict=True,
        )
        op.create_table(
            "takeover_code",
            sa.Column("takeover_id", Uuid16(), nullable=False),
            sa.Column("vintage_id", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("serial", BigInt, autoincrement=False, nullable=False),
            sa.Column("code_hash", Bytes(), nullable=False),
            sa.CheckConstraint("length(code_hash) = 32", name="taken_code_is_a_digest"),
            sa.ForeignKeyConstraint(
                ["takeover_id"], ["takeover.id"], name="taken_code_is_of_a_takeover"
            ),
            sa.ForeignKeyConstraint(
                ["vintage_id"], ["vintage_terms.vintage_id"], name="taken_code_is_of_a_vintage"
            ),
            sa.PrimaryKeyConstraint("takeover_id", "vintage_id", "serial"),
            sa.UniqueConstraint("takeover_id", "code_hash", name="taken_code_is_one_pass"),
            sqlite_strict=True,
        )
        op.create_table(
            "takeover_refusal",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("takeover_id", Uuid16(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("refused_by", BigInt, nullable=False),
            sa.Column("refused_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "length(reason) between 1 and 200", name="takeover_refusal_has_a_reason"
            ),
            sa.ForeignKeyConstraint(
                ["takeover_id"], ["takeover.id"], name="refusal_is_of_a_takeover"
            ),
            sa.ForeignKeyConstraint(
                ["refused_by"], ["agent.id"], name="takeover_was_refused_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("takeover_id", name="takeover_is_refused_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "takeover_approval",
            sa.Column("takeover_id", Uuid16(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("voucher_count", BigInt, nullable=False),
            sa.Column("approved_by", BigInt, nullable=False),
            sa.Column("approved_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "approved_by <> prepared_by", name="takeover_is_approved_by_another"
            ),
            sa.ForeignKeyConstraint(
                ["takeover_id", "prepared_by", "voucher_count"],
                ["takeover.id", "takeover.prepared_by", "takeover.voucher_count"],
                name="takeover_approval_names_the_total",
            ),
            sa.ForeignKeyConstraint(
                ["approved_by"], ["agent.id"], name="takeover_was_approved_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("takeover_id"),
            sqlite_strict=True,
        )
        write_once(*WRITTEN_ONCE)
        refuse_insert(
            "lot_is_of_a_vintage_to_take_over",
            "takeover_lot",
            when=(
                "exists (select 1 from vintage_terms v"
                " where v.vintage_id = new.vintage_id and not v.taken_over)"
            ),
        )
        refuse_insert(
            "refused_takeover_is_not_approved",
            "takeover_approval",
            when="exists (select 1 from takeover_refusal where takeover_id = new.takeover_id)",
        )
        refuse_insert(
            "approved_takeover_is_not_refused",
            "takeover_refusal",
            when="exists (select 1 from takeover_approval where takeover_id = new.takeover_id)",
        )
        refuse_insert(
            "takeover_opens_no_ended_vintage",
            "takeover_approval",
            when=ENDED.format(day=martinique_day_of("approved_at")),
        )
        refuse_insert(
            "order_is_not_of_a_taken_over_vintage",
            "booklet_order",
            when=(
                "exists (select 1 from vintage_terms v"
                " where v.vintage_id = new.vintage_id and v.taken_over)"
            ),
        )
        for rule, (table, instant) in WITHIN_BUDGET.items():
            refuse_insert(rule, table, when=OVER_BUDGET.format(day=martinique_day_of(instant)))
        op.create_index("takeover_lot_by_vintage", "takeover_lot", ["vintage_id"], unique=False)


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        elsewhere = {rule: table for rule, (table, _) in WITHIN_BUDGET.items()} | {
            "order_is_not_of_a_taken_over_vintage": "booklet_order"
        }
        for rule, table in elsewhere.items():
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)
        for table in reversed(WRITTEN_ONCE):
            op.drop_table(table)
        for rule in (
            "lot_is_of_a_vintage_to_take_over",
            "refused_takeover_is_not_approved",
            "approved_takeover_is_not_refused",
            "takeover_opens_no_ended_vintage",
        ):
            drop_refusal(rule)
