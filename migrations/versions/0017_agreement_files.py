"""Files of agreements, agreements and régies closed early, and who may hold passes."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, on_postgresql, refuse_insert, write_once

revision = "0017"
down_revision = "0016"

WRITTEN_ONCE = ("agreement_closure", "cash_office_closure", "agreement_file")

CLOSED = """
  exists (select 1 from agreement_closure
           where agreement_id in ({agreements}) and from_on <= new.{day})
"""
LACKS_A_RIGHT = """
  exists (
    select 1 from organisation o
     where o.id = {party} and o.public_body
       and not exists (
         select 1 from cash_office c
          where c.organisation_id = o.id and {day} between c.valid_from and c.valid_until{kinds}
            and not exists (select 1 from cash_office_closure x
                             where x.cash_office_id = c.id and x.from_on <= {day}))
       and not exists (
         select 1 from agreement a
          where a.organisation_id = o.id and a.role = 'mandate'
            and {day} between a.valid_from and a.valid_until
            and not exists (select 1 from agreement_closure x
                             where x.agreement_id = a.id and x.from_on <= {day})))
"""
LATE = """
  new.late_id is null
  and new.prescribed_on >= (
    select {late_from} from programme_settings s where s.id = new.settings_id)
"""
NOT_OF_ADVANCES = " and c.kind <> 'advances'"
RECIPIENT = "(select recipient_id from consignment where id = new.consignment_id)"
SENDER = "(select sender_id from consignment where id = new.consignment_id)"


def lacks_a_right(*, party: str, day: str, kinds: str = "") -> str:
    """That a public body has neither a régie of those kinds nor a mandate on that day."""
    return LACKS_A_RIGHT.format(party=party, day=day, kinds=kinds)


REFUSALS = {
    "agreement_overlaps_none_of_its_kind": (
        "agreement",
        """
          exists (
            select 1 from agreement a
              left join agreement_closure x on x.agreement_id = a.id
             where a.organisation_id = new.organisation_id and a.role = new.role and a.id <> new.id
               and a.valid_from <= new.valid_until and a.valid_until >= new.valid_from
               and (x.from_on is null or x.from_on > new.valid_from))
        """,
        "",
    ),
    "agreement_file_is_the_one_declared": (
        "agreement_file",
        """
          exists (select 1 from agreement
                   where id = new.agreement_id and document_sha256 <> new.sha256)
        """,
        "",
    ),
    "agreement_keeps_a_few_files": (
        "agreement_file",
        "(select count(*) from agreement_file where agreement_id = new.agreement_id) >= 10",
        "",
    ),
    "redemption_agreement_is_not_closed": (
        "redemption",
        CLOSED.format(agreements="new.agreement_id", day="redeemed_on"),
        "",
    ),
    "redemption_cash_office_is_not_closed": (
        "redemption",
        """
          exists (select 1 from cash_office_closure
                   where cash_office_id = new.cash_office_id and from_on <= new.redeemed_on)
        """,
        "new.cash_office_id is not null",
    ),
    "redemption_mandate_is_in_force": (
        "redemption",
        """
          exists (
            select 1 from agreement a
             where a.id = new.mandate_id
               and (a.organisation_id <> new.mediator_id or a.role <> 'mandate'
                 or new.redeemed_on not between a.valid_from and a.valid_until
                 or exists (select 1 from agreement_closure x
                             where x.agreement_id = a.id and x.from_on <= new.redeemed_on)))
        """,
        "new.mandate_id is not null",
    ),
    "statement_fee_is_its_agreements": (
        "statement",
        """
          exists (select 1 from agreement where organisation_id = new.mediator_id
                                            and redemption_fee_basis_points is not null)
          and exists (
            select 1 from movement m
              join redemption r on r.voucher_id between m.first_id and m.last_id
              join agreement a on a.id = r.agreement_id
             where m.posting_id = new.id and a.redemption_fee_basis_points <> new.fee_basis_points
               and not exists (select 1 from redemption_reversal x where x.redemption_id = r.id)
               and not exists (select 1 from redemption later
                                where later.voucher_id = r.voucher_id
                                  and later.movement_id > r.movement_id))
        """,
        "",
    ),
    "prescription_agreement_is_not_closed": (
        "prescription",
        CLOSED.format(
            agreements="new.agreement_id, new.referral_agreement_id", day="prescribed_on"
        ),
        "",
    ),
    "referral_to_a_public_body_needs_a_right": (
        "prescription",
        lacks_a_right(party="new.referred_to_id", day="new.prescribed_on", kinds=NOT_OF_ADVANCES),
        "",
    ),
    "prescription_is_by_who_may_hold": (
        "prescription",
        lacks_a_right(party="new.prescriber_id", day="new.prescribed_on"),
        "",
    ),
    "consignment_agreement_is_not_closed": (
        "consignment",
        CLOSED.format(
            agreements="new.sender_agreement_id, new.recipient_agreement_id", day="sent_on"
        ),
        "",
    ),
    "consignment_is_between_those_who_may_hold": (
        "consignment",
        "(new.kind <> 'return' and "
        + lacks_a_right(party="new.recipient_id", day="new.sent_on")
        + ") or (new.kind = 'transfer' and "
        + lacks_a_right(party="new.sender_id", day="new.sent_on")
        + ")",
        "",
    ),
    "cancellation_is_by_who_sent_it": (
        "consignment_answer",
        """
          new.answer = 'cancelled' and exists (
            select 1 from consignment c join agent a on a.id = new.answered_by
             where c.id = new.consignment_id and a.organisation_id <> c.sponsor_id
               and not (c.kind = 'return' and a.organisation_id = c.sender_id))
        """,
        "",
    ),
    "receipt_is_by_who_may_hold": (
        "consignment_answer",
        "(new.answer = 'received' and new.kind <> 'return' and "
        + lacks_a_right(party=RECIPIENT, day="new.answered_on")
        + ") or (new.answer = 'cancelled' and new.kind = 'return' and "
        + lacks_a_right(party=SENDER, day="new.answered_on")
        + ")",
        "",
    ),
    "missing_is_found_by_who_may_hold": (
        "shortfall_settlement",
        "new.settlement = 'found' and " + lacks_a_right(party=RECIPIENT, day="new.settled_on"),
        "",
    ),
    "booklet_request_agreement_is_not_closed": (
        "booklet_request",
        CLOSED.format(agreements="new.agreement_id", day="requested_on"),
        "",
    ),
}


def other_bytes(sign: str) -> str:
    """That the content of a file begins with other bytes than these, written in hexadecimal."""
    if on_postgresql():
        return f"substring(new.content from 1 for {len(sign) // 2}) <> '\\x{sign}'::bytea"
    return f"substr(new.content, 1, {len(sign) // 2}) <> x'{sign}'"


def late_from() -> str:
    """The first day on which a hand-over is late, by the settings that it names."""
    if on_postgresql():
        return "new.valid_until - s.late_days_before_end"
    return "date(new.valid_until, '-' || s.late_days_before_end || ' days')"


def upgrade() -> None:
    """Make the tables, all written once, and what they refuse elsewhere."""
    with as_owner():
        _closure(
            "agreement",
            "role",
            names="agreement_closure_names_the_agreement",
            by="agreement_was_closed_by_an_agent",
        )
        _closure(
            "cash_office",
            "kind",
            names="cash_office_closure_names_the_cash_office",
            by="cash_office_was_closed_by_an_agent",
        )
        _files()
        write_once(*WRITTEN_ONCE)
        for rule, (table, when, only_if) in REFUSALS.items():
            refuse_insert(rule, table, when=when, only_if=only_if)
        refuse_insert(
            "agreement_file_is_what_its_bytes_say",
            "agreement_file",
            when=(
                f"(new.media_type = 'application/pdf' and {other_bytes('255044462d')})"
                f" or (new.media_type = 'image/jpeg' and {other_bytes('ffd8ff')})"
                f" or (new.media_type = 'image/png' and {other_bytes('89504e470d0a1a0a')})"
            ),
        )
        refuse_insert(
            "late_hand_over_is_accepted",
            "prescription_booklet",
            when=LATE.format(late_from=late_from()),
        )


def _closure(table: str, nature: str, *, names: str, by: str) -> None:
    key = ("organisation_id", nature, "valid_from", "valid_until")
    op.create_table(
        f"{table}_closure",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column(f"{table}_id", Uuid16(), nullable=False),
        sa.Column("organisation_id", Uuid16(), nullable=False),
        sa.Column(nature, sa.Text(), nullable=False),
        sa.Column("valid_from", Day(), nullable=False),
        sa.Column("valid_until", Day(), nullable=False),
        sa.Column("from_on", Day(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", BigInt, nullable=False),
        sa.Column("recorded_on", Day(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "from_on between valid_from and valid_until", name=f"{table}_is_closed_within_its_days"
        ),
        sa.CheckConstraint("from_on >= recorded_on", name=f"{table}_is_not_closed_afterwards"),
        sa.CheckConstraint("length(reason) between 1 and 500", name=f"{table}_closure_says_why"),
        sa.ForeignKeyConstraint(
            [f"{table}_id", *key], [f"{table}.{name}" for name in ("id", *key)], name=names
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["agent.id"], name=by),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(f"{table}_id", name=f"{table}_is_closed_once"),
        sqlite_strict=True,
    )


def _files() -> None:
    op.create_table(
        "agreement_file",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("agreement_id", Uuid16(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("sha256", Bytes(), nullable=False),
        sa.Column("content", Bytes(), nullable=False),
        sa.Column("recorded_by", BigInt, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "media_type in ('application/pdf', 'image/jpeg', 'image/png')",
            name="agreement_file_is_of_a_known_type",
        ),
        sa.CheckConstraint(
            "byte_count between 1 and 5242880 and length(content) = byte_count",
            name="agreement_file_is_as_long_as_it_says",
        ),
        sa.CheckConstraint("length(sha256) = 32", name="agreement_file_has_a_sha256"),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name="agreement_file_is_an_agreements"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["agent.id"], name="agreement_file_was_recorded_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agreement_id", "sha256", name="agreement_file_is_kept_once"),
        sqlite_strict=True,
    )


LATER = ("agreement_file_is_what_its_bytes_say", "late_hand_over_is_accepted")


def downgrade() -> None:
    """Take the rules away, then the tables."""
    with as_owner():
        for rule, table in [
            *((rule, table) for rule, (table, _, _) in REFUSALS.items()),
            (LATER[0], "agreement_file"),
            (LATER[1], "prescription_booklet"),
        ]:
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)
        for table in reversed(WRITTEN_ONCE):
            op.drop_table(table)
