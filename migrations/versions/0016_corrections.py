"""Clawbacks with their receivables, debit notes, disputes; numbers of mandates used once."""

from alembic import op

from migrations.steps import as_owner, drop_refusal, on_postgresql, refuse_insert, year_of

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


def upgrade() -> None:
    """Make the tables, written once; a number of a mandat serves once a year and sponsor."""
    with as_owner():
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
        for rule, table, _, _ in NUMBERS:
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)
