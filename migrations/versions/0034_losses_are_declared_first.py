"""A loss is declared before a booklet is given for it: what was lost would be accepted still.

Of booklets that the person received in the programme and that were not taken back: an exception
for a loss finds a pass that was blocked or voided, a renewal for a loss finds none that is in
circulation, nor among those that stand for what was replaced.
"""

from alembic import op

from migrations.steps import as_owner, drop_refusal, on_postgresql, refuse_insert

revision = "0034"
down_revision = "0033"

RECEIVED = """
            from prescription p
            join prescription_booklet b
              on b.beneficiary_id = p.beneficiary_id and b.programme_id = p.programme_id
             and b.prescription_id <> p.id
            join voucher v on v.id between b.booklet_id and b.booklet_id + b.booklet_size - 1
"""
STANDS = """
             and not exists (select 1 from prescription_undo u
                              where u.prescription_id = b.prescription_id)
"""
NOTHING_BLOCKED = f"""
          new.reason = 'lost'
          and not exists (
            select 1 {RECEIVED}
              join account a on a.id = v.account_id
             where p.id = new.prescription_id and a.kind in ('blocked', 'void') {STANDS})
"""
ACCEPTED_STILL = f"""
          new.reason = 'lost'
          and exists (
            with recursive given(id) as (
              select v.id {RECEIVED}
               where p.id = new.prescription_id {STANDS}
              union
              select r.new_voucher_id from given
                join replaced_voucher r on r.old_voucher_id = given.id)
            select 1 from given
              join voucher v on v.id = given.id
              join account a on a.id = v.account_id
             where a.kind = 'circulation')
"""  # noqa: S608 - our own tables
REFUSALS = {
    "exception_for_a_loss_follows_a_block": ("prescription_exception", NOTHING_BLOCKED),
    "renewal_for_a_loss_leaves_nothing_accepted": ("prescription_renewal", ACCEPTED_STILL),
}


def upgrade() -> None:
    """Look at what the person holds when the reason is a loss."""
    with as_owner():
        for rule, (table, when) in REFUSALS.items():
            refuse_insert(rule, table, when=when, only_if="new.reason = 'lost'")


def downgrade() -> None:
    """Take the reason at its word again."""
    with as_owner():
        for rule, (table, _) in REFUSALS.items():
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)
