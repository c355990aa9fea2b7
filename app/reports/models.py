"""Snapshots of use by public: derived from movements and prescriptions, made again at will.

They lie beside those of the ledger (app.ledger.snapshots), which knows accounts and no public.
"""

from datetime import date

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Day, Model
from app.ledger.models import Snapshot
from app.ledger.models import Vintage as LedgerVintage
from app.programmes.models import PUBLICS as KNOWN_PUBLICS

NO_PUBLIC = ""
"""The public of passes that were with people before passnum: nobody knows with whom."""
PUBLICS = f"'{NO_PUBLIC}', {KNOWN_PUBLICS}"


class UsageSnapshot(Model):
    """That a snapshot of the ledger has its sums by public, and how many: there may be none."""

    __tablename__ = "snapshot_usage"
    __table_args__ = (
        CheckConstraint("sum_count >= 0", name="snapshot_usage_has_sums_or_none"),
        UniqueConstraint(
            "snapshot_id", "sum_count", name="snapshot_usage_names_how_many_sums_it_has"
        ),
    )

    snapshot_id: Mapped[int] = mapped_column(
        Integer,
        ForeignKey(Snapshot.id, name="snapshot_usage_is_a_snapshots"),
        primary_key=True,
        autoincrement=False,
    )
    sum_count: Mapped[int] = mapped_column(Integer)


class UsageSum(Model):
    """Vouchers of a snapshot that were issued to a public or used by it, in a month."""

    __tablename__ = "snapshot_usage_sum"
    __table_args__ = (
        ForeignKeyConstraint(
            ["snapshot_id", "sum_count"],
            [UsageSnapshot.snapshot_id, UsageSnapshot.sum_count],
            name="usage_sum_is_one_of_so_many",
        ),
        ForeignKeyConstraint(
            ["kind", "debit_kind", "credit_kind"],
            ["transition.kind", "transition.from_account_kind", "transition.to_account_kind"],
            name="usage_sum_transition",
        ),
        CheckConstraint(
            "ordinal between 1 and sum_count", name="usage_sum_is_numbered_within_so_many"
        ),
        CheckConstraint("voucher_count >= 1", name="usage_sum_counts_vouchers"),
        CheckConstraint(f"public in ({PUBLICS})", name="usage_sum_public_is_known"),
    )

    snapshot_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True)
    sum_count: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    vintage_id: Mapped[int] = mapped_column(
        Integer, ForeignKey(LedgerVintage.id, name="usage_sum_is_of_a_vintage")
    )
    debit_kind: Mapped[str] = mapped_column(Text)
    credit_kind: Mapped[str] = mapped_column(Text)
    public: Mapped[str] = mapped_column(Text)
    acted_in: Mapped[date] = mapped_column(Day)
    """The first day of the month, in Martinique, in which it was done."""
    voucher_count: Mapped[int] = mapped_column(BigInt)
