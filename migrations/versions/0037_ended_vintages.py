"""What ends with a vintage: its orders, then what comes of them, then the mandats that paid them.

Each row is judged by the day in Martinique of its own instant, as the application does.
"""

from alembic import op

from migrations.steps import (
    as_owner,
    drop_refusal,
    martinique_day_of,
    on_postgresql,
    refuse_insert,
)

revision = "0037"
down_revision = "0036"

OF_THE_VINTAGE = """
          exists (select 1 from vintage_terms t
                   where t.vintage_id = new.vintage_id and t.valid_until < {day})
"""
OF_THE_ORDER = """
          exists (select 1 from booklet_order o
                    join vintage_terms t on t.vintage_id = o.vintage_id
                   where o.id = new.order_id and t.{last_day} < {day})
"""
BUT_FOR_PRINTING = """
          exists (select 1 from booklet_order o
                    join vintage_terms t on t.vintage_id = o.vintage_id
                   where o.id = new.order_id and t.last_redemption_on < {day}
                     and not (o.payer = 'authority'
                              and exists (select 1 from delivery d where d.order_id = o.id)))
"""
VALID, SERVING = "valid_until", "last_redemption_on"
REFUSALS = {
    "order_is_not_of_an_ended_vintage": ("booklet_order", "prepared_at", OF_THE_VINTAGE, VALID),
    "order_of_an_ended_vintage_is_not_approved": (
        "order_approval",
        "approved_at",
        OF_THE_ORDER,
        VALID,
    ),
    "order_of_an_ended_vintage_is_not_sent": ("order_dispatch", "sent_at", OF_THE_ORDER, VALID),
    "delivery_brings_passes_that_serve": ("delivery", "received_at", OF_THE_ORDER, SERVING),
    "activation_is_of_passes_that_serve": ("activation", "activated_at", OF_THE_ORDER, SERVING),
    "mandate_is_recorded_before_the_end": (
        "order_mandate",
        "recorded_at",
        BUT_FOR_PRINTING,
        SERVING,
    ),
    "mandate_is_cancelled_before_the_end": (
        "order_mandate_cancellation",
        "cancelled_at",
        BUT_FOR_PRINTING,
        SERVING,
    ),
}


def upgrade() -> None:
    """Look at the last days of the vintage."""
    with as_owner():
        for rule, (table, instant, when, last_day) in REFUSALS.items():
            day = martinique_day_of(instant)
            refuse_insert(rule, table, when=when.format(day=day, last_day=last_day))


def downgrade() -> None:
    """Leave it to the application again."""
    with as_owner():
        for rule, (table, *_) in REFUSALS.items():
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)
