"""What reports tell: plain frozen values that services fill and templates read.

A page computes no figure of the ledger: what can be added up from what is shown (a total, a running
sum) is a property here, so that it cannot disagree with the lines above it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

from app.kernel.money import Cents
from app.kernel.serials import SerialNumber
from app.web.charts import RiverColumn, river
from app.web.pages import Scope

RECORDED_LATE = timedelta(minutes=5)
"""From here on, a history tells both when a thing was done and when it was noted."""

CHART_MONTHS = 12
"""The chart shows the latest months; the table beside it shows all."""


# --- « Où sont les pass » -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChainStage:
    """What rests at one stage.

    `kind` is a kind of account, or `on_order` for what is not yet delivered and `undelivered` for
    what never will be; its words are in `app.web.words.STAGES`.
    """

    kind: str
    voucher_count: int
    amount_cents: Cents


@dataclass(frozen=True, slots=True)
class ChainPage:
    """Where the passes are at the end of `scope.on` (now, if that is today).

    `stages` come in the order of the chain: on_order, stock_inert, stock, transit, prescriber,
    circulation, redeemed, claimed, settled; `exits` are undelivered, blocked, withheld, void,
    expired, credited. All are given, zeros included. `ordered` counts the orders themselves, not
    the stages, so that the page can say whether the sum closes.
    """

    scope: Scope
    read_at: datetime
    ordered: ChainStage
    stages: tuple[ChainStage, ...]
    exits: tuple[ChainStage, ...]

    @property
    def in_chain_count(self) -> int:
        """Passes that are on their way or arrived."""
        return sum(stage.voucher_count for stage in self.stages)

    @property
    def in_chain_cents(self) -> Cents:
        """Their face value."""
        return Cents(sum(stage.amount_cents for stage in self.stages))

    @property
    def exit_count(self) -> int:
        """Passes that left the chain by the side."""
        return sum(stage.voucher_count for stage in self.exits)

    @property
    def exit_cents(self) -> Cents:
        """Their face value."""
        return Cents(sum(stage.amount_cents for stage in self.exits))

    @property
    def missing_count(self) -> int:
        """Ordered passes that rest nowhere; anything but 0 is a fault to report."""
        return self.ordered.voucher_count - self.in_chain_count - self.exit_count

    @property
    def missing_cents(self) -> Cents:
        """The same in face value."""
        return Cents(self.ordered.amount_cents - self.in_chain_cents - self.exit_cents)

    @property
    def columns(self) -> tuple[tuple[ChainStage, RiverColumn], ...]:
        """Each stage with its drawing."""
        counts = [stage.voucher_count for stage in self.stages]
        return tuple(zip(self.stages, river(counts, self.ordered.voucher_count), strict=True))


# --- one pass -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """One pass in a list: its number and its kind of account."""

    serial: SerialNumber
    state: str


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody or something whose name fits: what it is called, what tells it apart, its page."""

    name: str
    apart: str
    endpoint: str
    values: Mapping[str, Any]
    renews: UUID | None = None
    """The person to whom the reader may hand another booklet."""
    used_up: bool = False
    """Whether that one would be an exception."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The search. One field, sent by POST: `typed`, a number, a code or a name.

    A code buys an hour of support, so it never stands in an address: the form is a POST, and
    what is found is answered by a redirection to the page of its serial number. `error` says why
    nothing was found and what to write instead; `candidates` are shown when several passes fit,
    as those of a booklet do, `matches` when several names do.
    """

    typed: str = ""
    error: str | None = None
    candidates: tuple[VoucherLine, ...] = ()
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One act in the life of a pass: the posting and the movement that carried it.

    `act` is the kind of movement; for a reversal it is `reverse` and `undone_act` the kind that
    it reverses. `giver` and `receiver` are the parties of the debited and the credited account;
    for transit the giver is the sender, the receiver the recipient. The range says how many
    passes moved together.
    """

    act: str
    movement_id: int
    occurred_at: datetime
    recorded_at: datetime
    from_kind: str
    to_kind: str
    giver: str
    receiver: str
    undone_act: str | None = None
    undone_later: bool = False
    document: str | None = None
    """The paper behind it, as people call it: « Commande BC-2026-001 »."""
    first_serial: SerialNumber | None = None
    last_serial: SerialNumber | None = None
    voucher_count: int = 1

    @property
    def recorded_late(self) -> bool:
        """It was noted well after it was done."""
        return self.recorded_at - self.occurred_at >= RECORDED_LATE


@dataclass(frozen=True, slots=True)
class VoucherPage:
    """One pass, where it rests, and its whole history, newest first.

    `state` is its kind of account, `holder` the party of that account (the sender in transit,
    the former holder of a blocked or void pass, the mediator once redeemed) and `recipient` the
    counterparty in transit. `siblings` are all passes of its booklet, itself included.
    """

    serial: SerialNumber
    face_value_cents: Cents
    state: str
    since: datetime
    holder: str
    programme_name: str
    valid_until: date
    story: tuple[StoryStep, ...]
    siblings: tuple[VoucherLine, ...]
    recipient: str = ""
    read_at: datetime | None = None


# --- usage rate -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Passes issued, and how many of these are redeemed, for one prescriber or one public.

    `apart` marks a public outside the agreement with the State: allowed, counted apart.
    """

    name: str
    issued_count: int
    redeemed_count: int
    apart: bool = False


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Passes redeemed at one mediator, and their face value. `place` is its commune."""

    name: str
    place: str
    redeemed_count: int
    amount_cents: Cents


@dataclass(frozen=True, slots=True)
class MonthRow:
    """Passes issued and redeemed in one month, by the day of the act. `month` is its first day."""

    month: date
    issued_count: int
    redeemed_count: int


@dataclass(frozen=True, slots=True)
class RunningMonth:
    """A month with the sums since the first one."""

    row: MonthRow
    issued_so_far: int
    redeemed_so_far: int


@dataclass(frozen=True, slots=True)
class Denominator:
    """One way to count the passes that could have been used.

    `kind` is issued, entrusted, received or ordered; its words are in
    `app.web.words.DENOMINATORS`.
    """

    kind: str
    voucher_count: int


@dataclass(frozen=True, slots=True)
class UsagePage:
    """How many of the passes handed out were used, at the end of `scope.on`.

    `redeemed_count` counts passes that rest in redeemed, claimed or settled; `issued_count` is
    every pass that left a prescriber for a person and did not come back, whatever became of it.
    Each list adds up to the same two figures; `months` are without a gap from the first issue.
    """

    scope: Scope
    read_at: datetime
    issued_count: int
    redeemed_count: int
    redeemed_cents: Cents
    in_hand_count: int
    """Issued, neither used nor blocked nor expired: still with the people."""
    in_hand_cents: Cents
    denominators: tuple[Denominator, ...]
    prescribers: tuple[UsageRow, ...]
    publics: tuple[UsageRow, ...]
    places: tuple[PlaceRow, ...]
    months: tuple[MonthRow, ...] = ()

    @property
    def everything(self) -> UsageRow:
        """The last line of the tables by prescriber and by public."""
        return UsageRow("Ensemble", self.issued_count, self.redeemed_count)

    @property
    def agreed_publics(self) -> tuple[UsageRow, ...]:
        """The publics of the agreement."""
        return tuple(row for row in self.publics if not row.apart)

    @property
    def agreed_total(self) -> UsageRow:
        """Their sum, which is what the agreement looks at."""
        return UsageRow(
            "Publics de la convention",
            sum(row.issued_count for row in self.agreed_publics),
            sum(row.redeemed_count for row in self.agreed_publics),
        )

    @property
    def publics_apart(self) -> tuple[UsageRow, ...]:
        """The publics admitted beyond it."""
        return tuple(row for row in self.publics if row.apart)

    @property
    def running_months(self) -> tuple[RunningMonth, ...]:
        """Each month with the sums since the first one."""
        issued = accumulate(month.issued_count for month in self.months)
        redeemed = accumulate(month.redeemed_count for month in self.months)
        return tuple(
            RunningMonth(*line) for line in zip(self.months, issued, redeemed, strict=True)
        )

    @property
    def chart_months(self) -> tuple[MonthRow, ...]:
        """The latest months, for the chart."""
        return self.months[-CHART_MONTHS:]

    @property
    def fullest_month_count(self) -> int:
        """The tallest column of the chart."""
        return max(
            (max(month.issued_count, month.redeemed_count) for month in self.chart_months),
            default=0,
        )
