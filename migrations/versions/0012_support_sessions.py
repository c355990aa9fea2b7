"""Support sessions and passes typed by staff for a mediator."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, JsonText, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, on_postgresql, refuse_insert, write_once

revision = "0012"
down_revision = "0011"

TABLES = (
    "support_session",
    "session_topic",
    "session_redemption",
    "typed_sheet",
    "typed_sheet_line",
    "typed_sheet_decision",
)

WHEN_ANOTHER_MEDIATOR_OR_DAY = """
          not exists (select 1 from redemption
                        join support_session on support_session.id = new.session_id
                       where redemption.id = new.redemption_id
                         and redemption.mediator_id = support_session.mediator_id
                         and redemption.redeemed_on = support_session.held_on)
          and exists (select 1 from redemption where id = new.redemption_id)
          and exists (select 1 from support_session where id = new.session_id)
"""
"""Where one of the two does not exist, its foreign key says so."""

TAKES_PASSES_WITH_THEIR_SESSION = "statement_takes_passes_with_their_session"
WHEN_A_SESSION_IS_MISSING = """
          exists (select 1 from programme_settings
                   where programme_id = new.programme_id and session_required)
          and exists (
            select 1 from movement m
              join redemption r on r.voucher_id between m.first_id and m.last_id
             where m.posting_id = new.id and m.kind = 'claim'
               and r.movement_id = (select max(l.movement_id) from redemption l
                                     where l.voucher_id = r.voucher_id)
               and (select s.session_required from programme_settings s
                     where s.programme_id = new.programme_id and s.applies_from <= r.redeemed_on
                       and not exists (select 1 from settings_withdrawal w
                                        where w.settings_id = s.id)
                     order by s.ordinal desc limit 1)
               and not exists (select 1 from session_redemption x where x.redemption_id = r.id))
"""
"""A pass was taken on a day whose settings ask for the session, and none is noted."""


def upgrade() -> None:
    """Make the tables, all written once."""
    with as_owner():
        op.create_table(
            "support_session",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("held_on", Day(), nullable=False),
            sa.Column("duration_minutes", sa.Integer(), nullable=False),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("people_count", sa.Integer(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "duration_minutes between 5 and 600",
                name="support_session_lasts_minutes_not_days",
            ),
            sa.CheckConstraint(
                "kind in ('individual', 'group')", name="support_session_kind_is_known"
            ),
            sa.CheckConstraint(
                "(kind = 'individual') = (people_count = 1) and people_count between 1 and 100",
                name="support_session_is_for_one_or_for_a_group",
            ),
            sa.ForeignKeyConstraint(
                ["mediator_id"], ["organisation.id"], name="support_session_is_a_mediators"
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="support_session_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sqlite_strict=True,
        )
        op.create_index(
            "support_session_by_day", "support_session", ["mediator_id", "held_on"], unique=False
        )
        op.create_table(
            "session_topic",
            sa.Column("session_id", Uuid16(), nullable=False),
            sa.Column("topic", sa.Text(), nullable=False),
            sa.CheckConstraint(
                "topic in ('computer', 'phone', 'internet', 'email', 'formalities', 'employment',"
                " 'documents', 'safety')",
                name="session_topic_is_known",
            ),
            sa.ForeignKeyConstraint(
                ["session_id"], ["support_session.id"], name="topic_is_a_sessions"
            ),
            sa.PrimaryKeyConstraint("session_id", "topic"),
            sqlite_strict=True,
        )
        op.create_table(
            "session_redemption",
            sa.Column("redemption_id", Uuid16(), nullable=False),
            sa.Column("session_id", Uuid16(), nullable=False),
            sa.Column("linked_by", BigInt, nullable=False),
            sa.Column("linked_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["linked_by"], ["agent.id"], name="session_was_linked_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["redemption_id"], ["redemption.id"], name="session_is_paid_by_a_redemption"
            ),
            sa.ForeignKeyConstraint(
                ["session_id"], ["support_session.id"], name="redemption_pays_for_a_session"
            ),
            sa.PrimaryKeyConstraint("redemption_id"),
            sqlite_strict=True,
        )
        op.create_index(
            "session_redemption_by_session", "session_redemption", ["session_id"], unique=False
        )
        op.create_table(
            "typed_sheet",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("held_on", Day(), nullable=False),
            sa.Column("told_session", JsonText(), nullable=True),
            sa.Column("typed_by", BigInt, nullable=False),
            sa.Column("typed_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["mediator_id"], ["organisation.id"], name="typed_sheet_is_a_mediators"
            ),
            sa.ForeignKeyConstraint(
                ["typed_by"], ["agent.id"], name="typed_sheet_was_typed_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("id", "typed_by", name="typed_sheet_names_its_typist"),
            sqlite_strict=True,
        )
        op.create_index("typed_sheet_by_mediator", "typed_sheet", ["mediator_id"], unique=False)
        op.create_table(
            "typed_sheet_line",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("sheet_id", Uuid16(), nullable=False),
            sa.Column("place", sa.Integer(), nullable=False),
            sa.Column("voucher_id", BigInt, nullable=False),
            sa.Column("read_from", sa.Text(), nullable=False),
            sa.CheckConstraint("place > 0", name="typed_sheet_line_has_a_place"),
            sa.CheckConstraint(
                "read_from in ('code', 'serial')", name="typed_sheet_line_was_read_somewhere"
            ),
            sa.ForeignKeyConstraint(
                ["sheet_id"], ["typed_sheet.id"], name="typed_sheet_line_is_a_sheets"
            ),
            sa.ForeignKeyConstraint(
                ["voucher_id"], ["voucher.id"], name="typed_sheet_line_is_of_a_pass"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("sheet_id", "place", name="typed_sheet_place_is_one_line"),
            sa.UniqueConstraint("sheet_id", "voucher_id", name="typed_sheet_names_a_pass_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "typed_sheet_decision",
            sa.Column("sheet_id", Uuid16(), nullable=False),
            sa.Column("typed_by", BigInt, nullable=False),
            sa.Column("decision", sa.Text(), nullable=False),
            sa.Column("decided_by", BigInt, nullable=False),
            sa.Column("decided_at", UtcDateTime(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=True),
            sa.CheckConstraint(
                "decision in ('approved', 'set_aside')", name="typed_sheet_decision_is_known"
            ),
            sa.CheckConstraint(
                "decision <> 'approved' or decided_by <> typed_by",
                name="typed_sheet_is_approved_by_another",
            ),
            sa.CheckConstraint(
                "(decision = 'set_aside') = (reason is not null)",
                name="typed_sheet_is_set_aside_for_a_reason",
            ),
            sa.ForeignKeyConstraint(
                ["sheet_id", "typed_by"],
                ["typed_sheet.id", "typed_sheet.typed_by"],
                name="typed_sheet_decision_names_the_typist",
            ),
            sa.ForeignKeyConstraint(
                ["decided_by"], ["agent.id"], name="typed_sheet_was_decided_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("sheet_id"),
            sqlite_strict=True,
        )
        write_once(*TABLES)
        refuse_insert(
            "session_is_of_the_mediator_and_day_of_its_passes",
            "session_redemption",
            when=WHEN_ANOTHER_MEDIATOR_OR_DAY,
        )
        refuse_insert(TAKES_PASSES_WITH_THEIR_SESSION, "statement", when=WHEN_A_SESSION_IS_MISSING)


def downgrade() -> None:
    """Drop them, leaves first."""
    with as_owner():
        on_table = " on statement" if on_postgresql() else ""
        op.execute(f"drop trigger {TAKES_PASSES_WITH_THEIR_SESSION}{on_table}")
        drop_refusal(TAKES_PASSES_WITH_THEIR_SESSION)
        for table in reversed(TABLES):
            op.drop_table(table)
        drop_refusal("session_is_of_the_mediator_and_day_of_its_passes")
