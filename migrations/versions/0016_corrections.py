"""Clawbacks with their receivables, debit notes, disputes; numbers of mandates used once."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, JsonText, UtcDateTime, Uuid16
from migrations.steps import (
    as_owner,
    drop_refusal,
    on_postgresql,
    refuse_insert,
    write_once,
    year_of,
)

revision = "0016"
down_revision = "0015"

NUMBER_IS_USED = """
          exists (select 1 from payment_order p
                    join statement s on s.id = p.statement_id
                    join programme g on g.id = s.programme_id
                   where p.mandate_number = new.mandate_number
                     and {year_of_order} = {year}
                     and g.sponsor_id = ({sponsor})
                     {but_for})
          or exists (select 1 from order_mandate m
                       join booklet_order o on o.id = m.order_id
                       join programme g on g.id = o.programme_id
                      where m.mandate_number = new.mandate_number
                        and m.id <> new.id
                        and {year_of_mandate} = {year}
                        and g.sponsor_id = ({sponsor})
                        and not exists (select 1 from order_mandate_cancellation c
                                         where c.mandate_id = m.id))
"""
SPONSOR_OF_ORDER = """
            select g.sponsor_id from booklet_order o join programme g on g.id = o.programme_id
             where o.id = new.order_id
"""
SPONSOR_OF_STATEMENT = """
            select g.sponsor_id from statement s join programme g on g.id = s.programme_id
             where s.id = new.statement_id
"""
NUMBERS = (
    ("mandate_number_is_used_once", "order_mandate", SPONSOR_OF_ORDER, ""),
    (
        "payment_order_number_is_used_once",
        "payment_order",
        SPONSOR_OF_STATEMENT,
        # The accountant pays the same mandat again when the bank has sent the money back.
        "and p.statement_id <> new.statement_id",
    ),
)

WHEN_IT_IS_NOT_WHAT_WAS_CLAWED_BACK = """
          exists (select 1 from movement m join account a on a.id = m.debit_account_id
                   where m.id = new.movement_id
                     and (m.kind <> 'clawback' or m.amount_cents <> new.amount_cents
                          or a.party_id <> new.mediator_id))
"""
WHEN_NOBODY_APPROVED = """
          exists (select 1 from clawback_decision
                   where clawback_id = new.clawback_id and decision <> 'approved')
"""
WHEN_MORE_THAN_WAS_TOLD = """
          new.net_cents + (select coalesce(sum(net_cents), 0) from recovery
                            where (statement_id = new.statement_id
                                   or debit_note_id = new.debit_note_id)
                              and receivable_id <> new.receivable_id)
          > coalesce((select recovered_cents from statement_approval
                       where statement_id = new.statement_id),
                     (select amount_cents from debit_note where id = new.debit_note_id), -1)
"""
WHEN_LINES_ARE_MISSING = """
          (select recovered_cents from statement_approval where statement_id = new.statement_id)
          <> (select coalesce(sum(net_cents), 0) from recovery
               where statement_id = new.statement_id)
"""
WHEN_LINES_OF_THE_NOTE_ARE_MISSING = """
          (select amount_cents from debit_note where id = new.debit_note_id)
          <> (select coalesce(sum(net_cents), 0) from recovery
               where debit_note_id = new.debit_note_id)
"""
WHEN_THE_ATTEMPT_WAS_NOT_REFUSED = """
          exists (select 1 from redemption_attempt
                   where id = new.attempt_id
                     and (verdict <> 'voucher_already_redeemed'
                          or mediator_id <> new.claimant_id))
          or exists (select 1 from redemption
                      where id = new.redemption_id
                        and (voucher_id <> new.voucher_id or mediator_id = new.claimant_id))
"""
WHEN_IT_IS_CLAIMED_ALREADY = """
          exists (select 1 from dispute d
                   where d.voucher_id = new.voucher_id and d.claimant_id = new.claimant_id
                     and d.id <> new.id
                     and not exists (select 1 from dispute_decision x where x.dispute_id = d.id))
"""
WHEN_ANOTHER_GETS_IT = """
          exists (select 1 from redemption r join dispute d on d.id = new.dispute_id
                   where r.id = new.redemption_id
                     and (r.voucher_id <> d.voucher_id or r.mediator_id <> d.claimant_id))
"""
REFUSALS = (
    (
        "receivable_is_what_was_clawed_back",
        "receivable",
        WHEN_IT_IS_NOT_WHAT_WAS_CLAWED_BACK,
    ),
    ("receivable_needs_an_approval", "receivable", WHEN_NOBODY_APPROVED),
    ("recovery_is_within_what_was_told", "recovery", WHEN_MORE_THAN_WAS_TOLD),
    ("payment_order_waits_for_its_recoveries", "payment_order", WHEN_LINES_ARE_MISSING),
    ("offset_waits_for_its_recoveries", "statement_offset", WHEN_LINES_ARE_MISSING),
    (
        "collection_waits_for_the_lines_of_its_note",
        "debit_note_collection",
        WHEN_LINES_OF_THE_NOTE_ARE_MISSING,
    ),
    ("dispute_is_of_a_refused_attempt", "dispute", WHEN_THE_ATTEMPT_WAS_NOT_REFUSED),
    ("dispute_is_the_only_open_claim", "dispute", WHEN_IT_IS_CLAIMED_ALREADY),
    ("dispute_awards_the_claimant", "dispute_decision", WHEN_ANOTHER_GETS_IT),
)
TABLES = (
    "statement_session",
    "statement_offset",
    "clawback",
    "clawback_decision",
    "receivable",
    "debit_note",
    "recovery",
    "debit_note_collection",
    "dispute",
    "dispute_decision",
)


def upgrade() -> None:
    """Make the tables, written once; a number of a mandat serves once a year and sponsor."""
    with as_owner():
        op.create_table(
            "statement_session",
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("session_id", Uuid16(), nullable=False),
            sa.Column("voucher_count", sa.Integer(), nullable=False),
            sa.CheckConstraint("voucher_count > 0", name="statement_session_was_paid_by_passes"),
            sa.ForeignKeyConstraint(
                ["session_id"], ["support_session.id"], name="statement_session_is_a_session"
            ),
            sa.ForeignKeyConstraint(
                ["statement_id"],
                ["statement_approval.statement_id"],
                name="session_is_of_an_approved_statement",
            ),
            sa.PrimaryKeyConstraint("statement_id", "session_id"),
            sqlite_strict=True,
        )
        op.create_table(
            "statement_offset",
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("payable_cents", BigInt, nullable=False),
            sa.Column("posting_id", Uuid16(), nullable=False),
            sa.Column("settled_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("payable_cents = 0", name="offset_statement_pays_nothing"),
            sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name="offset_is_a_posting"),
            sa.ForeignKeyConstraint(
                ["statement_id", "payable_cents"],
                ["statement_approval.statement_id", "statement_approval.payable_cents"],
                name="offset_names_what_the_statement_pays",
            ),
            sa.PrimaryKeyConstraint("statement_id"),
            sqlite_strict=True,
        )
        op.create_table(
            "clawback",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("redemption_id", Uuid16(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("prepared_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["mediator_id"], ["organisation.id"], name="clawback_is_from_a_mediator"
            ),
            sa.ForeignKeyConstraint(
                ["prepared_by"], ["agent.id"], name="clawback_was_prepared_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["redemption_id"], ["redemption.id"], name="clawback_is_of_a_redemption"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "id", "redemption_id", "prepared_by", name="clawback_names_its_preparer"
            ),
            sqlite_strict=True,
        )
        op.create_index("clawback_by_redemption", "clawback", ["redemption_id"], unique=False)
        op.create_table(
            "clawback_decision",
            sa.Column("clawback_id", Uuid16(), nullable=False),
            sa.Column("redemption_id", Uuid16(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("decision", sa.Text(), nullable=False),
            sa.Column("decided_by", BigInt, nullable=False),
            sa.Column("decided_at", UtcDateTime(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=True),
            sa.CheckConstraint(
                "(decision = 'set_aside') = (reason is not null)",
                name="clawback_is_set_aside_for_a_reason",
            ),
            sa.CheckConstraint(
                "decision <> 'approved' or decided_by <> prepared_by",
                name="clawback_is_approved_by_another",
            ),
            sa.CheckConstraint(
                "decision in ('approved', 'set_aside')", name="clawback_decision_is_known"
            ),
            sa.ForeignKeyConstraint(
                ["clawback_id", "redemption_id", "prepared_by"],
                ["clawback.id", "clawback.redemption_id", "clawback.prepared_by"],
                name="clawback_decision_names_the_preparer",
            ),
            sa.ForeignKeyConstraint(
                ["decided_by"], ["agent.id"], name="clawback_was_decided_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("clawback_id"),
            sa.UniqueConstraint(
                "clawback_id", "redemption_id", name="clawback_decision_names_its_pass"
            ),
            sqlite_strict=True,
        )
        op.create_table(
            "receivable",
            sa.Column("clawback_id", Uuid16(), nullable=False),
            sa.Column("redemption_id", Uuid16(), nullable=False),
            sa.Column("movement_id", BigInt, nullable=False),
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("amount_cents", BigInt, nullable=False),
            sa.Column("fee_cents", BigInt, nullable=False),
            sa.Column("net_cents", BigInt, nullable=False),
            sa.Column("owed_since", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "net_cents = amount_cents - fee_cents and net_cents >= 0 and fee_cents >= 0",
                name="receivable_net_is_face_value_less_fee",
            ),
            sa.ForeignKeyConstraint(
                ["clawback_id", "redemption_id"],
                ["clawback_decision.clawback_id", "clawback_decision.redemption_id"],
                name="receivable_follows_a_decision",
            ),
            sa.ForeignKeyConstraint(
                ["movement_id"], ["movement.id"], name="receivable_is_a_movement"
            ),
            sa.ForeignKeyConstraint(
                ["programme_id"], ["programme.id"], name="receivable_is_a_programmes"
            ),
            sa.ForeignKeyConstraint(
                ["statement_id", "mediator_id"],
                ["statement.id", "statement.mediator_id"],
                name="receivable_names_the_statement_that_was_paid",
            ),
            sa.PrimaryKeyConstraint("clawback_id"),
            sa.UniqueConstraint(
                "clawback_id", "mediator_id", "net_cents", name="receivable_names_what_is_owed"
            ),
            sa.UniqueConstraint("movement_id", name="movement_is_owed_back_once"),
            sa.UniqueConstraint("redemption_id", name="redemption_is_clawed_back_once"),
            sqlite_strict=True,
        )
        op.create_index(
            "receivable_by_mediator", "receivable", ["mediator_id", "programme_id"], unique=False
        )
        op.create_index("receivable_by_statement", "receivable", ["statement_id"], unique=False)
        op.create_table(
            "debit_note",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("year", sa.Integer(), nullable=False),
            sa.Column("number", sa.Integer(), nullable=False),
            sa.Column("follows_number", sa.Integer(), nullable=True),
            sa.Column("amount_cents", BigInt, nullable=False),
            sa.Column("issued_by", BigInt, nullable=False),
            sa.Column("issued_at", UtcDateTime(), nullable=False),
            sa.Column("issued_on", Day(), nullable=False),
            sa.Column("printed", JsonText(), nullable=False),
            sa.CheckConstraint("amount_cents > 0", name="debit_note_asks_for_some_money"),
            sa.CheckConstraint(
                "number = coalesce(follows_number, 0) + 1", name="debit_note_numbers_leave_no_gap"
            ),
            sa.ForeignKeyConstraint(
                ["issued_by"], ["agent.id"], name="debit_note_was_issued_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["mediator_id"], ["organisation.id"], name="debit_note_is_to_a_mediator"
            ),
            sa.ForeignKeyConstraint(
                ["programme_id"], ["programme.id"], name="debit_note_is_a_programmes"
            ),
            sa.ForeignKeyConstraint(
                ["year", "follows_number"],
                ["debit_note.year", "debit_note.number"],
                name="debit_note_number_follows_the_last_one",
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("id", "issued_by", "issued_on", name="debit_note_names_its_issuer"),
            sa.UniqueConstraint("id", "mediator_id", name="debit_note_names_its_mediator"),
            sa.UniqueConstraint("year", "number", name="debit_note_number_is_one_note"),
            sqlite_strict=True,
        )
        op.create_table(
            "recovery",
            sa.Column("receivable_id", Uuid16(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("net_cents", BigInt, nullable=False),
            sa.Column("statement_id", Uuid16(), nullable=True),
            sa.Column("debit_note_id", Uuid16(), nullable=True),
            sa.CheckConstraint(
                "(statement_id is null) <> (debit_note_id is null)", name="recovery_is_on_one_paper"
            ),
            sa.ForeignKeyConstraint(
                ["debit_note_id", "mediator_id"],
                ["debit_note.id", "debit_note.mediator_id"],
                name="recovery_is_on_the_mediators_debit_note",
            ),
            sa.ForeignKeyConstraint(
                ["receivable_id", "mediator_id", "net_cents"],
                ["receivable.clawback_id", "receivable.mediator_id", "receivable.net_cents"],
                name="recovery_is_of_a_whole_receivable",
            ),
            sa.ForeignKeyConstraint(
                ["statement_id", "mediator_id"],
                ["statement.id", "statement.mediator_id"],
                name="recovery_is_on_the_mediators_statement",
            ),
            sa.PrimaryKeyConstraint("receivable_id"),
            sqlite_strict=True,
        )
        op.create_index("recovery_by_debit_note", "recovery", ["debit_note_id"], unique=False)
        op.create_index("recovery_by_statement", "recovery", ["statement_id"], unique=False)
        op.create_table(
            "debit_note_collection",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("debit_note_id", Uuid16(), nullable=False),
            sa.Column("issued_by", BigInt, nullable=False),
            sa.Column("issued_on", Day(), nullable=False),
            sa.Column("collected_on", Day(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "collected_on >= issued_on", name="collection_is_not_before_the_note"
            ),
            sa.CheckConstraint(
                "recorded_by <> issued_by", name="collection_is_recorded_by_another"
            ),
            sa.ForeignKeyConstraint(
                ["debit_note_id", "issued_by", "issued_on"],
                ["debit_note.id", "debit_note.issued_by", "debit_note.issued_on"],
                name="collection_names_its_debit_note",
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="collection_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("debit_note_id", name="debit_note_is_collected_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "dispute",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("attempt_id", Uuid16(), nullable=False),
            sa.Column("voucher_id", BigInt, nullable=False),
            sa.Column("redemption_id", Uuid16(), nullable=False),
            sa.Column("claimant_id", Uuid16(), nullable=False),
            sa.Column("redeemed_at", UtcDateTime(), nullable=False),
            sa.Column("story", sa.Text(), nullable=False),
            sa.Column("opened_by", BigInt, nullable=False),
            sa.Column("opened_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["attempt_id"], ["redemption_attempt.id"], name="dispute_begins_with_an_attempt"
            ),
            sa.ForeignKeyConstraint(
                ["opened_by"], ["agent.id"], name="dispute_was_opened_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["redemption_id"], ["redemption.id"], name="dispute_is_against_a_redemption"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("attempt_id", name="attempt_is_disputed_once"),
            sa.UniqueConstraint("id", "opened_by", name="dispute_names_who_opened_it"),
            sqlite_strict=True,
        )
        op.create_index("dispute_by_claimant", "dispute", ["claimant_id"], unique=False)
        op.create_index("dispute_by_redemption", "dispute", ["redemption_id"], unique=False)
        op.create_table(
            "dispute_decision",
            sa.Column("dispute_id", Uuid16(), nullable=False),
            sa.Column("opened_by", BigInt, nullable=False),
            sa.Column("outcome", sa.Text(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("redemption_id", Uuid16(), nullable=True),
            sa.Column("decided_by", BigInt, nullable=False),
            sa.Column("decided_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "(outcome = 'awarded') = (redemption_id is not null)",
                name="dispute_awards_a_redemption",
            ),
            sa.CheckConstraint("outcome in ('kept', 'awarded')", name="dispute_outcome_is_known"),
            sa.CheckConstraint("decided_by <> opened_by", name="dispute_is_decided_by_another"),
            sa.ForeignKeyConstraint(
                ["decided_by"], ["agent.id"], name="dispute_was_decided_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["dispute_id", "opened_by"],
                ["dispute.id", "dispute.opened_by"],
                name="dispute_decision_names_who_opened_it",
            ),
            sa.ForeignKeyConstraint(
                ["redemption_id"], ["redemption.id"], name="dispute_award_is_a_redemption"
            ),
            sa.PrimaryKeyConstraint("dispute_id"),
            sa.UniqueConstraint("redemption_id", name="redemption_is_awarded_once"),
            sqlite_strict=True,
        )
        write_once(*TABLES)
        for rule, table, when in REFUSALS:
            refuse_insert(rule, table, when=when)
        for rule, table, sponsor, but_for in NUMBERS:
            refuse_insert(
                rule,
                table,
                when=NUMBER_IS_USED.format(
                    year_of_order=year_of("p.issued_on"),
                    year_of_mandate=year_of("m.issued_on"),
                    year=year_of("new.issued_on"),
                    sponsor=sponsor,
                    but_for=but_for,
                ),
            )


def downgrade() -> None:
    """Take them away, leaves first."""
    with as_owner():
        elsewhere = [(rule, table) for rule, table, _ in REFUSALS if table not in TABLES]
        for rule, table in (*elsewhere, *((rule, table) for rule, table, _, _ in NUMBERS)):
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
        for table in reversed(TABLES):
            op.drop_table(table)
        for rule in (*(rule for rule, _, _ in REFUSALS), *(rule for rule, *_ in NUMBERS)):
            drop_refusal(rule)
