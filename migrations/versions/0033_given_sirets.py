"""A SIRET that was given at registration: told to be false by one person, corrected by another.

Its first entry is that same number, written by whoever tells that it is false; what corrects it is
the next one, by the rules that hold for all. The number is free again for who truly bears it.

And who manages the accounts of a partner invites to roles for which the partner signed.
"""

from importlib import import_module

from alembic import op

from migrations.steps import as_owner, drop_refusal, on_postgresql, refuse_insert

revision = "0033"
down_revision = "0032"

BEFORE = import_module("migrations.versions.0031_siret_entries")
NONE_GIVEN = "siret_entry_is_where_none_was_given"
BEGINS = "siret_entry_begins_with_what_was_given"
ONE = "siret_entry_is_one_organisation"
OTHER_THAN_GIVEN = """
          new.version = 1
          and exists (select 1 from organisation
                       where id = new.organisation_id and siret <> new.siret)
"""
IN_FORCE = f"""
          exists (select 1 from organisation o
                   where o.siret = new.siret and o.id <> new.organisation_id
                     and not exists (select 1 from siret_entry e where e.organisation_id = o.id))
          or {BEFORE.IN_FORCE_ELSEWHERE}
"""  # noqa: S608 - our own two tables
INVITES = "manager_invites_to_what_was_agreed"
NOT_AGREED = """
          new.kind = 'invited'
          and exists (select 1 from agent by_whom join agent a on a.id = new.agent_id
                       where by_whom.id = new.actor_id
                         and by_whom.role in ('prescriber', 'mediator')
                         and (a.organisation_id <> by_whom.organisation_id
                              or a.role <> by_whom.role
                                 and not exists (select 1 from agreement g
                                                  where g.organisation_id = a.organisation_id
                                                    and g.role = a.role)))
"""


def upgrade() -> None:
    """Let what was given be told to be false, then be corrected; and judge who invites whom."""
    with as_owner():
        refuse_insert(INVITES, "account_event", when=NOT_AGREED, only_if="new.kind = 'invited'")
        _drop(NONE_GIVEN)
        _drop(ONE)
        refuse_insert(BEGINS, "siret_entry", when=OTHER_THAN_GIVEN)
        refuse_insert(ONE, "siret_entry", when=IN_FORCE)


def downgrade() -> None:
    """Keep what was given as it is; entries that corrected it stay true."""
    with as_owner():
        _drop(INVITES, "account_event")
        _drop(ONE)
        _drop(BEGINS)
        for rule in (NONE_GIVEN, ONE):
            table, when, only_if = BEFORE.REFUSALS[rule]
            refuse_insert(rule, table, when=when, only_if=only_if)


def _drop(rule: str, table: str = "siret_entry") -> None:
    op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
    drop_refusal(rule)
