"""What ends with a vintage: its orders, then what comes of them, then the mandats that paid them.

Each row is judged by the day in Martinique of its own instant, as the application does. And the
budget no longer counts as committed what nothing will be paid for any more.
"""

from importlib import import_module

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
WITHIN_BUDGET, OF_APPROVALS = "approval_stays_within_the_budget", "order_approval"
COST = "o.printing_cents + o.fee_cents + o.voucher_count * o.face_value_cents"
MANDATED = """
coalesce((select sum(m.amount_cents) from order_mandate m
           where m.order_id = o.id
             and not exists (select 1 from order_mandate_cancellation c
                              where c.mandate_id = m.id)), 0)
"""
CAME = """
coalesce((select sum(r.last_serial - r.first_serial + 1) from delivery_range r
           where r.order_id = o.id), 0)
"""
CAME_PRINTING = """
coalesce((select sum((r.last_serial - r.first_serial + 1) / r.booklet_size * l.unit_price_cents)
            from delivery_range r
            join order_line l on l.order_id = r.order_id and l.booklet_size = r.booklet_size
           where r.order_id = o.id), 0)
"""
KEPT = f"""
case when o.payer = 'issuer' then {{least}}({COST}, {MANDATED})
     else {{least}}(o.printing_cents, {{greatest}}({MANDATED}, {CAME_PRINTING}))
          + {CAME} * o.face_value_cents end
"""
"""What of an order is paid, or may be still, once its passes serve no more."""
ORDERED = f"""
select sum(case when t.last_redemption_on < {{day}} then {KEPT} else {COST} end)
from booklet_order o
where o.vintage_id = t.vintage_id
  and (o.id = mine.id or exists (select 1 from order_approval a where a.order_id = o.id))
  and not exists (select 1 from order_cancellation c where c.order_id = o.id)
"""  # noqa: S608 - four queries written above
TAKEN = """
select sum((l.last_booklet - l.first_booklet + 1) * l.booklet_size * v.face_value_cents)
from takeover_lot l
join takeover_approval a on a.takeover_id = l.takeover_id
join vintage v on v.id = l.vintage_id
where l.vintage_id = t.vintage_id and l.place <> 'elsewhere'
"""
RELEASED = """
select sum(v.face_value_cents)
from account a
join voucher v on v.account_id = a.id
where a.vintage_id = t.vintage_id
  and (a.kind = 'credited' or (p.payer = 'authority' and a.kind in ('void', 'expired')))
"""
OVER_BUDGET = f"""
exists (
  select 1 from booklet_order mine
  join programme p on p.id = mine.programme_id
  join programme_settings s on s.programme_id = mine.programme_id
  where mine.id = new.order_id and s.ordinal = ({{latest}})
    and s.budget_cents < (
      select coalesce(sum({{greatest}}(0, coalesce(({ORDERED}), 0) + coalesce(({TAKEN}), 0)
                                          - coalesce(({RELEASED}), 0))), 0)
      from vintage_terms t where t.programme_id = mine.programme_id)
)
"""  # noqa: S608 - as above
"""What an order commits together with what each vintage keeps, beyond the budget of a day."""


def upgrade() -> None:
    """Look at the last days of the vintage."""
    before = import_module("migrations.versions.0014_taking_over")
    day = martinique_day_of("approved_at")
    least, greatest = ("least", "greatest") if on_postgresql() else ("min", "max")
    _within_budget(
        OVER_BUDGET.format(
            latest=before.LATEST_SETTINGS.format(day=day), day=day, least=least, greatest=greatest
        )
    )
    with as_owner():
        for rule, (table, instant, when, last_day) in REFUSALS.items():
            day = martinique_day_of(instant)
            refuse_insert(rule, table, when=when.format(day=day, last_day=last_day))


def downgrade() -> None:
    """Leave it to the application again, and keep every commitment."""
    before = import_module("migrations.versions.0014_taking_over")
    _within_budget(before.OVER_BUDGET.format(day=martinique_day_of("approved_at")))
    with as_owner():
        for rule, (table, *_) in REFUSALS.items():
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)


def _within_budget(when: str) -> None:
    """What approvals are compared with."""
    with as_owner():
        op.execute(
            f"drop trigger {WITHIN_BUDGET}" + (f" on {OF_APPROVALS}" if on_postgresql() else "")
        )
        drop_refusal(WITHIN_BUDGET)
        refuse_insert(WITHIN_BUDGET, OF_APPROVALS, when=when)
