"""SIRETs written for organisations that came without one, and corrected by a second person.

And files of long lists among the long works; and attempts to sign in, which have their time.
"""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, UtcDateTime, Uuid16
from migrations.steps import (
    as_owner,
    change_check,
    drop_refusal,
    free_to_change,
    let_be_forgotten,
    never_forget,
    on_postgresql,
    refuse_insert,
    write_once,
)

revision = "0031"
down_revision = "0030"


def _digit(place: int) -> str:
    return f"cast(substr(siret, {place}, 1) as integer)"


def _key(length: int) -> str:
    """Luhn's sum over the first digits: every second one from the end is doubled."""
    return " + ".join(
        f"cast(substr('0246813579', {_digit(place)} + 1, 1) as integer)"
        if (length - place) % 2
        else _digit(place)
        for place in range(1, length + 1)
    )


KEY_IS_RIGHT = (
    f"substr(siret, 1, 9) <> '000000000' and ({_key(9)}) % 10 = 0"
    f" and case when substr(siret, 1, 9) <> '356000000' then ({_key(14)}) % 10 = 0"
    f" else ({' + '.join(map(_digit, range(1, 15)))}) % 5 = 0"
    " or siret = '35600000000048' end"
)
IN_FORCE_ELSEWHERE = """
          exists (select 1 from siret_entry e
                   where e.siret = new.siret
                     and not exists (select 1 from siret_entry later
                                      where later.organisation_id = e.organisation_id
                                        and later.version > e.version))
"""
REFUSALS = {
    "siret_entry_is_where_none_was_given": (
        "siret_entry",
        """
          exists (select 1 from organisation
                   where id = new.organisation_id and siret is not null)
""",
        "",
    ),
    "siret_entry_is_one_organisation": (
        "siret_entry",
        f"""
          exists (select 1 from organisation where siret = new.siret) or {IN_FORCE_ELSEWHERE}
""",  # noqa: S608 - our own two tables
        "",
    ),
    "organisation_siret_is_not_written_elsewhere": (
        "organisation",
        IN_FORCE_ELSEWHERE,
        "new.siret is not null",
    ),
}


KINDS = (
    "clearing_run", "serial_file", "evidence", "printing", "takeover", "takeover_approval",
    "places",
)  # fmt: skip
KNOWN = f"kind in {KINDS}"
KNOWN_SINCE = f"kind in {(*KINDS, 'list')}"


def upgrade() -> None:
    """Make the table, written once, and let no SIRET belong to two organisations."""
    with as_owner():
        change_check("work", "work_kind_is_known", before=KNOWN, after=KNOWN_SINCE)
        let_be_forgotten("sign_in_attempt")
    with as_owner():
        op.create_table(
            "siret_entry",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("siret", sa.Text(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("corrects_id", Uuid16(), nullable=True),
            sa.Column("corrects_version", sa.Integer(), nullable=True),
            sa.Column("corrects_by", BigInt, nullable=True),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "(version = 1) = (corrects_id is null)"
                " and (corrects_id is null) = (corrects_version is null)"
                " and (corrects_id is null) = (corrects_by is null)"
                " and (corrects_version is null or corrects_version = version - 1)",
                name="siret_entry_corrects_the_one_before",
            ),
            sa.CheckConstraint(
                "corrects_by <> recorded_by", name="siret_entry_is_corrected_by_another"
            ),
            sa.CheckConstraint(
                "length(siret) = 14 and ltrim(siret, '0123456789') = ''",
                name="siret_entry_has_14_digits",
            ),
            sa.CheckConstraint(KEY_IS_RIGHT, name="siret_entry_has_the_right_key"),
            sa.CheckConstraint("length(reason) between 1 and 500", name="siret_entry_says_why"),
            sa.ForeignKeyConstraint(
                ["organisation_id"], ["organisation.id"], name="siret_entry_is_an_organisations"
            ),
            sa.ForeignKeyConstraint(
                ["corrects_id", "organisation_id", "corrects_version", "corrects_by"],
                [
                    "siret_entry.id",
                    "siret_entry.organisation_id",
                    "siret_entry.version",
                    "siret_entry.recorded_by",
                ],
                name="siret_entry_names_what_it_corrects",
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="siret_entry_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("organisation_id", "version", name="siret_entry_is_one_a_version"),
            sa.UniqueConstraint(
                "id",
                "organisation_id",
                "version",
                "recorded_by",
                name="siret_entry_names_who_wrote_it",
            ),
            sqlite_strict=True,
        )
        op.create_index("siret_entry_by_siret", "siret_entry", ["siret"])
        write_once("siret_entry")
        for rule, (table, when, only_if) in REFUSALS.items():
            refuse_insert(rule, table, when=when, only_if=only_if)


def downgrade() -> None:
    """Forget what was written, and let SIRETs be given at registration only."""
    with as_owner():
        for rule, (table, _, _) in REFUSALS.items():
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)
        op.drop_table("siret_entry")
        _forget_lists()
        change_check("work", "work_kind_is_known", before=KNOWN_SINCE, after=KNOWN)
        never_forget("sign_in_attempt")


def _forget_lists() -> None:
    """The works that an earlier release does not know: their files are swept by it."""
    parts = ("work_input", "work_progress", "work_file", "work_line", "work_end")
    with free_to_change("work", "work_end"):
        for part in parts:
            op.execute(
                f"delete from {part}"  # noqa: S608 - our own tables
                " where work_id in (select id from work where kind = 'list')"
            )
        op.execute("delete from work where kind = 'list'")
