"""A mandat that the accountant sent back unpaid is not paid under its number: another is issued.

One that was paid, and whose money the bank sent back, is the same mandat still.
"""

from alembic import op

from migrations.steps import as_owner, drop_refusal, on_postgresql, refuse_insert, year_of

revision = "0036"
down_revision = "0035"

RULE, TABLE = "payment_order_number_is_used_once", "payment_order"
ANOTHER_STATEMENT = "and p.statement_id <> new.statement_id"
OR_SENT_BACK_UNPAID = """and (p.statement_id <> new.statement_id
                          or exists (select 1 from payment_rejection r
                                      where r.payment_order_id = p.id and r.payment_id is null))"""
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
SPONSOR_OF_STATEMENT = """
            select g.sponsor_id from statement s join programme g on g.id = s.programme_id
             where s.id = new.statement_id
"""


def upgrade() -> None:
    """Count the numbers of mandats that came back unpaid."""
    _look_again(OR_SENT_BACK_UNPAID)


def downgrade() -> None:
    """Let a statement bear any of its numbers again."""
    _look_again(ANOTHER_STATEMENT)


def _look_again(but_for: str) -> None:
    with as_owner():
        op.execute(f"drop trigger {RULE}" + (f" on {TABLE}" if on_postgresql() else ""))
        drop_refusal(RULE)
        refuse_insert(
            RULE,
            TABLE,
            when=NUMBER_IS_USED.format(
                year_of_order=year_of("p.issued_on"),
                year_of_mandate=year_of("m.issued_on"),
                year=year_of("new.issued_on"),
                sponsor=SPONSOR_OF_STATEMENT,
                but_for=but_for,
            ),
        )
