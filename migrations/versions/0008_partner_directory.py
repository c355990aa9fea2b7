"""Contacts, hours, services, progress of labels and successors of partners."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, Flag, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, on_postgresql, refuse_insert, write_once

revision = "0008"
down_revision = "0007"

WRITTEN_ONCE = (
    "partner_address",
    "partner_contact",
    "succession",
    "label_progress",
    "place_profile",
    "place_service",
    "place_public",
    "place_hours",
    "place_capacity",
)

SUCCEEDED = """
          exists (select 1 from succession
                   where organisation_id = new.{party} and from_on <= new.{day})
"""
REFUSALS = {
    "agreement_ends_with_its_organisation": (
        "agreement",
        SUCCEEDED.format(party="organisation_id", day="valid_until"),
    ),
    "label_ends_with_its_organisation": (
        "label",
        SUCCEEDED.format(party="organisation_id", day="valid_until"),
    ),
    "redemption_is_not_by_a_succeeded_mediator": (
        "redemption",
        SUCCEEDED.format(party="mediator_id", day="redeemed_on"),
    ),
    "successor_is_not_succeeded": (
        "succession",
        "exists (select 1 from succession where organisation_id = new.successor_id)",
    ),
    "label_progress_goes_forward": (
        "label_progress",
        """
          exists (select 1 from label_progress
                   where application_id = new.application_id
                     and (place > new.place or reached_on > new.reached_on))
""",
    ),
}


def upgrade() -> None:
    """Make the tables, written once."""
    with as_owner():
        op.create_table(
            "partner_address",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("street", sa.Text(), nullable=False),
            sa.Column("complement", sa.Text(), nullable=True),
            sa.Column("postcode", sa.Text(), nullable=False),
            sa.Column("latitude_microdegrees", sa.Integer(), nullable=True),
            sa.Column("longitude_microdegrees", sa.Integer(), nullable=True),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("version > 0", name="partner_address_versions_count_from_one"),
            sa.CheckConstraint("length(postcode) = 5", name="partner_address_has_a_postcode"),
            sa.CheckConstraint(
                "(latitude_microdegrees is null) = (longitude_microdegrees is null)",
                name="partner_address_has_both_coordinates",
            ),
            sa.CheckConstraint(
                "latitude_microdegrees between -90000000 and 90000000"
                " and longitude_microdegrees between -180000000 and 180000000",
                name="partner_address_is_on_earth",
            ),
            sa.ForeignKeyConstraint(
                ["organisation_id"],
                ["organisation.id"],
                name="partner_address_is_an_organisations",
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="partner_address_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "organisation_id", "version", name="partner_address_is_one_a_version"
            ),
            sqlite_strict=True,
        )
        op.create_table(
            "partner_contact",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("position", sa.Text(), nullable=False),
            sa.Column("phone", sa.Text(), nullable=True),
            sa.Column("email", sa.Text(), nullable=True),
            sa.Column("replaces_id", Uuid16(), nullable=True),
            sa.Column("ended", Flag(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "length(position) between 1 and 100", name="partner_contact_names_a_function"
            ),
            sa.CheckConstraint(
                "(phone is not null or email is not null) <> ended",
                name="partner_contact_is_reached_until_it_ends",
            ),
            sa.CheckConstraint(
                "not ended or replaces_id is not null", name="partner_contact_ends_another"
            ),
            sa.CheckConstraint("email = lower(email)", name="partner_contact_email_is_lower_case"),
            sa.ForeignKeyConstraint(
                ["organisation_id"],
                ["organisation.id"],
                name="partner_contact_is_an_organisations",
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="partner_contact_was_recorded_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["replaces_id", "organisation_id"],
                ["partner_contact.id", "partner_contact.organisation_id"],
                name="partner_contact_replaces_one_of_its_own",
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "id", "organisation_id", name="partner_contact_names_its_organisation"
            ),
            sa.UniqueConstraint("replaces_id", name="partner_contact_is_replaced_once"),
            sqlite_strict=True,
        )
        op.create_index(
            "partner_contact_by_organisation", "partner_contact", ["organisation_id"], unique=False
        )
        op.create_table(
            "succession",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("successor_id", Uuid16(), nullable=False),
            sa.Column("from_on", Day(), nullable=False),
            sa.Column("reference", sa.Text(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("organisation_id <> successor_id", name="succession_is_by_another"),
            sa.ForeignKeyConstraint(
                ["organisation_id"], ["organisation.id"], name="succession_is_an_organisations"
            ),
            sa.ForeignKeyConstraint(
                ["successor_id"], ["organisation.id"], name="succession_names_the_successor"
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="succession_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("organisation_id", name="organisation_is_succeeded_once"),
            sqlite_strict=True,
        )
        op.create_index("succession_by_successor", "succession", ["successor_id"], unique=False)
        op.create_table(
            "label_progress",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("application_id", Uuid16(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("step", sa.Text(), nullable=False),
            sa.Column("place", sa.Integer(), nullable=False),
            sa.Column("reached_on", Day(), nullable=False),
            sa.Column("note", sa.Text(), nullable=True),
            sa.Column("label_id", Uuid16(), nullable=True),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "(step = 'complete' and place = 1) or (step = 'under_review' and place = 2)"
                " or (step = 'granted' and place = 3) or (step = 'refused' and place = 3)",
                name="label_progress_step_is_known",
            ),
            sa.CheckConstraint(
                "(step = 'granted') = (label_id is not null)", name="label_progress_grants_a_label"
            ),
            sa.ForeignKeyConstraint(
                ["application_id", "organisation_id"],
                ["label_application.id", "label_application.organisation_id"],
                name="label_progress_is_an_applications",
            ),
            sa.ForeignKeyConstraint(
                ["label_id", "organisation_id"],
                ["label.id", "label.organisation_id"],
                name="label_progress_names_the_label",
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="label_progress_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("application_id", "place", name="label_progress_is_one_a_step"),
            sqlite_strict=True,
        )
        op.create_table(
            "place_profile",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("access_notes", sa.Text(), nullable=True),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("version > 0", name="place_profile_versions_count_from_one"),
            sa.ForeignKeyConstraint(
                ["organisation_id"], ["organisation.id"], name="place_profile_is_an_organisations"
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="place_profile_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "organisation_id", "version", name="place_profile_is_one_a_version"
            ),
            sqlite_strict=True,
        )
        op.create_table(
            "place_service",
            sa.Column("profile_id", Uuid16(), nullable=False),
            sa.Column("service", sa.Text(), nullable=False),
            sa.CheckConstraint(
                "service in ('administrative_procedures', 'using_digital_tools', 'finding_work', "
                "'safe_use', 'parenting_and_education', 'leisure_and_creation', "
                "'understanding_the_digital_world', 'access_to_equipment', "
                "'equipment_at_a_fair_price')",
                name="place_service_is_known",
            ),
            sa.ForeignKeyConstraint(
                ["profile_id"], ["place_profile.id"], name="place_service_is_a_profiles"
            ),
            sa.PrimaryKeyConstraint("profile_id", "service"),
            sqlite_strict=True,
        )
        op.create_table(
            "place_public",
            sa.Column("profile_id", Uuid16(), nullable=False),
            sa.Column("public", sa.Text(), nullable=False),
            sa.CheckConstraint(
                "public in ('plie', 'registered_job_seeker', 'unregistered_job_seeker', 'senior', "
                "'other')",
                name="place_public_is_known",
            ),
            sa.ForeignKeyConstraint(
                ["profile_id"], ["place_profile.id"], name="place_public_is_a_profiles"
            ),
            sa.PrimaryKeyConstraint("profile_id", "public"),
            sqlite_strict=True,
        )
        op.create_table(
            "place_hours",
            sa.Column("profile_id", Uuid16(), nullable=False),
            sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("opens", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("closes", sa.Integer(), nullable=False),
            sa.CheckConstraint("weekday between 0 and 6", name="place_hours_are_on_a_weekday"),
            sa.CheckConstraint(
                "opens >= 0 and closes > opens and closes <= 1440",
                name="place_hours_are_within_a_day",
            ),
            sa.ForeignKeyConstraint(
                ["profile_id"], ["place_profile.id"], name="place_hours_are_a_profiles"
            ),
            sa.PrimaryKeyConstraint("profile_id", "weekday", "opens"),
            sqlite_strict=True,
        )
        op.create_table(
            "place_capacity",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("ready", Flag(), nullable=False),
            sa.Column("from_on", Day(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("version > 0", name="place_capacity_versions_count_from_one"),
            sa.ForeignKeyConstraint(
                ["organisation_id"], ["organisation.id"], name="place_capacity_is_an_organisations"
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="place_capacity_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "organisation_id", "version", name="place_capacity_is_one_a_version"
            ),
            sqlite_strict=True,
        )
        write_once(*WRITTEN_ONCE)
        for rule, (table, when) in REFUSALS.items():
            refuse_insert(rule, table, when=when)


def downgrade() -> None:
    """Take the tables away, leaves first, and the refusals that look into them."""
    with as_owner():
        for rule, (table, _) in REFUSALS.items():
            if on_postgresql():
                op.execute(f"drop trigger {rule} on {table}")
            else:
                op.execute(f"drop trigger {rule}")
            drop_refusal(rule)
        for table in reversed(WRITTEN_ONCE):
            if table != "place_profile":
                op.drop_table(table)
        op.drop_table("place_profile")
