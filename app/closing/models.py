"""Steps of the calendar as they were done, what they found, and how a vintage was settled."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.closing.rules import PLACE, Side
from app.database import BigInt, Day, Model, Record, UtcDateTime, Uuid16
from app.losses.models import among
from app.programmes.rules import Payer

_PLACES = " or ".join(f"(step = '{step}' and place = {place})" for step, place in PLACE.items())


class ClosingStep(Model):
    """A step of a vintage's end, done once, after the one before it and not before its day."""

    __tablename__ = "closing_step"
    __table_args__ = (
        ForeignKeyConstraint(
            ["vintage_id", "follows_place"],
            ["closing_step.vintage_id", "closing_step.place"],
            name="closing_step_follows_the_one_before",
        ),
        CheckConstraint(_PLACES, name="closing_step_has_its_place"),
        CheckConstraint(
            "place = coalesce(follows_place, 0) + 1 and (follows_place is null) = (place = 1)",
            name="closing_steps_leave_no_gap",
        ),
        CheckConstraint("done_on >= due_on", name="closing_step_is_not_done_before_its_day"),
        CheckConstraint("voucher_count >= 0", name="closing_step_counts_passes"),
        UniqueConstraint("vintage_id", "place", name="closing_step_is_one_of_its_place"),
        {"sqlite_strict": True},
    )

    vintage_id: Mapped[int] = mapped_column(
        Integer,
        ForeignKey("vintage_terms.vintage_id", name="closing_step_is_of_a_vintage"),
        primary_key=True,
        autoincrement=False,
    )
    step: Mapped[str] = mapped_column(Text, primary_key=True)
    place: Mapped[int] = mapped_column(Integer)
    follows_place: Mapped[int | None] = mapped_column(Integer)
    due_on: Mapped[date] = mapped_column(Day)
    settings_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("programme_settings.id", name="closing_step_is_dated_by_settings")
    )
    voucher_count: Mapped[int] = mapped_column(BigInt)
    done_for: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="closing_step_is_done_for_an_agent")
    )
    done_on: Mapped[date] = mapped_column(Day)
    done_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClosingCount(Model):
    """What a step found with one holder: booklets handed out or not, begun or not."""

    __tablename__ = "closing_count"
    __table_args__ = (
        ForeignKeyConstraint(
            ["vintage_id", "step"],
            ["closing_step.vintage_id", "closing_step.step"],
            name="closing_count_is_of_a_step",
        ),
        CheckConstraint(
            "kept_booklets >= 0 and kept_passes >= 0 and untouched_booklets >= 0"
            " and begun_booklets >= 0 and finished_booklets >= 0 and unused_passes >= 0",
            name="closing_count_counts_from_zero",
        ),
        {"sqlite_strict": True},
    )

    vintage_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    step: Mapped[str] = mapped_column(Text, primary_key=True)
    holder_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("organisation.id", name="closing_count_is_of_an_organisation"),
        primary_key=True,
    )
    kept_booklets: Mapped[int] = mapped_column(Integer)
    kept_passes: Mapped[int] = mapped_column(Integer)
    untouched_booklets: Mapped[int] = mapped_column(Integer)
    begun_booklets: Mapped[int] = mapped_column(Integer)
    finished_booklets: Mapped[int] = mapped_column(Integer)
    unused_passes: Mapped[int] = mapped_column(Integer)


class ClosingHold(Record):
    """The sponsor validated the hold: what was not handed out is withheld."""

    __tablename__ = "closing_hold"
    __table_args__ = (
        ForeignKeyConstraint(
            ["vintage_id", "step"],
            ["closing_step.vintage_id", "closing_step.step"],
            name="hold_is_of_a_list_drawn_up",
        ),
        CheckConstraint("step = 'withhold'", name="hold_is_of_the_step_that_withholds"),
        CheckConstraint("voucher_count >= 0", name="hold_counts_passes"),
        UniqueConstraint("vintage_id", name="vintage_is_held_once"),
        {"sqlite_strict": True},
    )

    vintage_id: Mapped[int] = mapped_column(Integer)
    step: Mapped[str] = mapped_column(Text)
    voucher_count: Mapped[int] = mapped_column(BigInt)
    validated_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="hold_was_validated_by_an_agent")
    )
    validated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HeldRelease(Record):
    """Held booklets let go for a late hand-over, which somebody answers for."""

    __tablename__ = "held_release"
    __table_args__ = (
        CheckConstraint("length(reason) between 1 and 200", name="release_says_why"),
        {"sqlite_strict": True},
    )

    hold_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("closing_hold.id", name="release_is_of_a_hold")
    )
    reason: Mapped[str] = mapped_column(Text)
    released_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="release_was_made_by_an_agent")
    )
    released_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReleasedBooklet(Model):
    """A held booklet that a release let go, once."""

    __tablename__ = "released_booklet"
    __table_args__ = ({"sqlite_strict": True},)

    booklet_id: Mapped[int] = mapped_column(
        BigInt,
        ForeignKey("booklet.id", name="release_names_a_booklet"),
        primary_key=True,
        autoincrement=False,
    )
    release_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("held_release.id", name="booklet_is_let_go_by_a_release")
    )


class JointStatement(Model):
    """The accounts of a vintage, closed: what was received is used, expired or void."""

    __tablename__ = "joint_statement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["vintage_id", "step"],
            ["closing_step.vintage_id", "closing_step.step"],
            name="joint_statement_is_of_its_step",
        ),
        ForeignKeyConstraint(
            ["vintage_id", "face_value_cents"],
            ["vintage.id", "vintage.face_value_cents"],
            name="joint_statement_is_at_face_value",
        ),
        CheckConstraint("step = 'statement'", name="joint_statement_comes_at_its_step"),
        CheckConstraint(among("payer", Payer), name="joint_statement_payer_is_known"),
        CheckConstraint(
            "received_count = used_count + expired_count + void_count",
            name="joint_statement_closes_to_zero",
        ),
        CheckConstraint(
            "used_count >= 0 and expired_count >= 0 and free_count between 0 and void_count"
            " and unused_count = expired_count + void_count - free_count"
            " - coalesce(unpaid_count, 0)",
            name="joint_statement_tells_what_was_never_used",
        ),
        CheckConstraint(
            "(inert_count is null) = (unpaid_count is null)"
            " and inert_count between 0 and expired_count"
            " and unpaid_count between 0 and inert_count + void_count - free_count"
            " and (payer = 'issuer' or unpaid_count = 0)",
            name="joint_statement_tells_what_was_paid",
        ),
        UniqueConstraint("number", name="joint_statement_number_is_one"),
        UniqueConstraint(
            "vintage_id",
            "payer",
            "unused_count",
            "face_value_cents",
            name="joint_statement_names_what_it_comes_to",
        ),
        {"sqlite_strict": True},
    )

    vintage_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    step: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    payer: Mapped[str] = mapped_column(Text)
    face_value_cents: Mapped[int] = mapped_column(Integer)
    received_count: Mapped[int] = mapped_column(BigInt)
    used_count: Mapped[int] = mapped_column(BigInt)
    expired_count: Mapped[int] = mapped_column(BigInt)
    void_count: Mapped[int] = mapped_column(BigInt)
    free_count: Mapped[int] = mapped_column(BigInt)
    """Of the void ones, those that were replaced free of charge."""
    unused_count: Mapped[int] = mapped_column(BigInt)
    """What was never used and comes back: where the issuer pays, only what it was paid for."""
    inert_count: Mapped[int | None] = mapped_column(BigInt)
    """Of the expired ones, those never put in service. None: closed before this was told."""
    unpaid_count: Mapped[int | None] = mapped_column(BigInt)
    """Never put in service nor paid to the issuer. Where the authority pays there are none."""
    closed_on: Mapped[date] = mapped_column(Day)
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JointSignature(Record):
    """A party signed the joint statement on paper; each signature is recorded by another person."""

    __tablename__ = "joint_signature"
    __table_args__ = (
        CheckConstraint(among("side", Side), name="joint_signature_side_is_known"),
        CheckConstraint("signed_on <= recorded_on", name="joint_signature_is_recorded_afterwards"),
        UniqueConstraint("vintage_id", "side", name="joint_statement_is_signed_once_by_each"),
        UniqueConstraint("vintage_id", "recorded_by", name="joint_statement_is_signed_by_two"),
        {"sqlite_strict": True},
    )

    vintage_id: Mapped[int] = mapped_column(
        Integer,
        ForeignKey("joint_statement.vintage_id", name="joint_signature_is_of_a_statement"),
    )
    side: Mapped[str] = mapped_column(Text)
    signed_on: Mapped[date] = mapped_column(Day)
    recorded_on: Mapped[date] = mapped_column(Day)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="joint_signature_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClosingSettlement(Record):
    """What was never used comes back: by a credit note, or as money no longer committed."""

    __tablename__ = "closing_settlement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["vintage_id", "payer", "voucher_count", "face_value_cents"],
            [
                "joint_statement.vintage_id",
                "joint_statement.payer",
                "joint_statement.unused_count",
                "joint_statement.face_value_cents",
            ],
            name="settlement_is_what_the_statement_comes_to",
        ),
        ForeignKeyConstraint(
            ["vintage_id", "sponsor_side"],
            ["joint_signature.vintage_id", "joint_signature.side"],
            name="settlement_needs_the_sponsors_signature",
        ),
        ForeignKeyConstraint(
            ["vintage_id", "issuer_side"],
            ["joint_signature.vintage_id", "joint_signature.side"],
            name="settlement_needs_the_issuers_signature",
        ),
        CheckConstraint(
            "sponsor_side = 'sponsor' and issuer_side = 'issuer'",
            name="settlement_needs_both_signatures",
        ),
        CheckConstraint(
            "(kind = 'credit_note' and payer = 'issuer')"
            " or (kind = 'release' and payer = 'authority')",
            name="settlement_is_by_who_pays",
        ),
        CheckConstraint(
            "amount_cents = voucher_count * face_value_cents", name="settlement_is_at_face_value"
        ),
        UniqueConstraint("vintage_id", name="vintage_is_settled_once"),
        UniqueConstraint("number", name="settlement_number_is_one"),
        {"sqlite_strict": True},
    )

    vintage_id: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    payer: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    """The issuer's own number of its credit note, or the finance software's of the release."""
    voucher_count: Mapped[int] = mapped_column(BigInt)
    face_value_cents: Mapped[int] = mapped_column(Integer)
    amount_cents: Mapped[int] = mapped_column(BigInt)
    sponsor_side: Mapped[str] = mapped_column(Text)
    issuer_side: Mapped[str] = mapped_column(Text)
    settled_on: Mapped[date] = mapped_column(Day)
    settled_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="closing_was_settled_by_an_agent")
    )
    settled_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClosingComplement(Record):
    """What expired after the accounts were closed, or since the complement before: it adds to them.

    A redemption undone or paid for in error gives its pass back; it is too late for the pass.
    """

    __tablename__ = "closing_complement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["vintage_id", "payer", "stated_count", "face_value_cents"],
            [
                "joint_statement.vintage_id",
                "joint_statement.payer",
                "joint_statement.unused_count",
                "joint_statement.face_value_cents",
            ],
            name="complement_adds_to_a_joint_statement",
        ),
        ForeignKeyConstraint(
            ["vintage_id", "follows_ordinal"],
            ["closing_complement.vintage_id", "closing_complement.ordinal"],
            name="complement_follows_the_one_before",
        ),
        CheckConstraint(
            "ordinal = coalesce(follows_ordinal, 0) + 1 and (follows_ordinal is null) = "
            "(ordinal = 1)",
            name="complements_leave_no_gap",
        ),
        CheckConstraint("voucher_count >= 1", name="complement_is_of_some_passes"),
        CheckConstraint(
            "amount_cents = voucher_count * face_value_cents", name="complement_is_at_face_value"
        ),
        UniqueConstraint("number", name="complement_number_is_one"),
        UniqueConstraint("vintage_id", "ordinal", name="complement_is_one_of_its_place"),
        UniqueConstraint(
            "id", "payer", "drawn_on", "drawn_by", name="complement_names_who_drew_it_up"
        ),
        {"sqlite_strict": True},
    )

    vintage_id: Mapped[int] = mapped_column(Integer)
    ordinal: Mapped[int] = mapped_column(Integer)
    follows_ordinal: Mapped[int | None] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(Text)
    payer: Mapped[str] = mapped_column(Text)
    stated_count: Mapped[int] = mapped_column(BigInt)
    """What the joint statement came to."""
    face_value_cents: Mapped[int] = mapped_column(Integer)
    voucher_count: Mapped[int] = mapped_column(BigInt)
    amount_cents: Mapped[int] = mapped_column(BigInt)
    drawn_on: Mapped[date] = mapped_column(Day)
    drawn_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="complement_was_drawn_up_by_an_agent")
    )
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ComplementSettlement(Model):
    """Both parties signed a complement: a credit note more, or money no longer committed."""

    __tablename__ = "complement_settlement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["complement_id", "payer", "drawn_on", "drawn_by"],
            [
                "closing_complement.id",
                "closing_complement.payer",
                "closing_complement.drawn_on",
                "closing_complement.drawn_by",
            ],
            name="complement_settlement_names_who_drew_it_up",
        ),
        CheckConstraint(
            "(kind = 'credit_note' and payer = 'issuer')"
            " or (kind = 'release' and payer = 'authority')",
            name="complement_is_settled_by_who_pays",
        ),
        CheckConstraint("settled_by <> drawn_by", name="complement_is_settled_by_another"),
        CheckConstraint(
            "sponsor_signed_on between drawn_on and settled_on"
            " and issuer_signed_on between drawn_on and settled_on",
            name="complement_is_settled_once_signed",
        ),
        UniqueConstraint("number", name="complement_settlement_number_is_one"),
        {"sqlite_strict": True},
    )

    complement_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    payer: Mapped[str] = mapped_column(Text)
    drawn_on: Mapped[date] = mapped_column(Day)
    drawn_by: Mapped[int] = mapped_column(BigInt)
    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    sponsor_signed_on: Mapped[date] = mapped_column(Day)
    issuer_signed_on: Mapped[date] = mapped_column(Day)
    settled_on: Mapped[date] = mapped_column(Day)
    settled_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="complement_was_settled_by_an_agent")
    )
    settled_at: Mapped[datetime] = mapped_column(UtcDateTime)
