"""What the pages are told: plain frozen values that features fill and templates read.

A template receives one `page`, one of the classes below; the layout also reads `frame`, the same
for all pages of a request. Counts are passes unless the name says otherwise, money is whole
cents, instants are aware UTC, days are days of Martinique. Names and labels are the words people
read; nothing here is a person's name but `Reader.name`. A page computes no figure of the ledger:
what can be added up from what is shown (a total, a running sum) is a property here, so that it
cannot disagree with the lines above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Literal

from app.kernel.money import Cents
from app.kernel.serials import SerialNumber
from app.web.charts import RiverColumn, river


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu: the page it opens, its drawing, its words."""

    door: str
    endpoint: str
    drawing: str
    label: str


MENU = (
    Entry("take", "counter_pages.take", "scan", "Encaisser"),
    Entry("chain", "reports_pages.chain", "chain", "Où sont les pass"),
    Entry("usage", "reports_pages.usage", "chart", "Taux d’utilisation"),
    Entry("council", "reports_pages.council", "page", "Page du conseil"),
    Entry("handovers", "handover_pages.listed", "give", "Remises"),
    Entry("search", "vouchers_pages.search", "search", "Chercher un pass"),
    Entry("partners", "partners_pages.directory", "home", "Partenaires"),
    Entry("programme", "programmes_pages.programmes", "flag", "Dispositif"),
    Entry("orders", "orders_pages.listed", "truck", "Commandes"),
    Entry("consignments", "custody_pages.consignments", "swap", "Dotations"),
    Entry("stock", "custody_pages.stock", "box", "Stock"),
    Entry("requests", "custody_pages.requests", "ask", "Demandes"),
    Entry("redemptions", "counter_pages.day", "clock", "Encaissements"),
    Entry("sheets", "sheet_pages.list_sheets", "pen", "Saisies"),
    Entry("statements", "statement_pages.listed", "euro", "Bordereaux"),
    Entry("takeover", "takeover_pages.takeovers", "inbox", "Reprise"),
)
"""In the order of the menu. The first that a person may open is their home; `app.factory` says who
may open what."""

DOORS = frozenset(entry.door for entry in MENU)

RECORDED_LATE = timedelta(minutes=5)
"""From here on, a history tells both when a thing was done and when it was noted."""

CHART_MONTHS = 12
"""The chart shows the latest months; the table beside it shows all."""


# --- around each page -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reader:
    """The agent who is signed in: own name, role in French, organisation, menu entries."""

    name: str
    role_name: str
    organisation_name: str
    may_open: frozenset[str] = DOORS


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds each page. `reader` is None on gate pages (sign-in, errors).

    `said` are the sentences about the act that led here, each shown once.
    """

    reader: Reader | None = None
    specimen: bool = False
    """The database once held demonstration data: every page says so, for ever."""
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldError:
    """What to write instead, for the field whose HTML `name` this is. A French sentence."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a list: the value sent back, and what people read."""

    value: str
    label: str


def sentence_for(errors: Sequence[FieldError], name: str) -> str | None:
    """What is wrong with the field of that name, if anything is."""
    return next((error.sentence for error in errors if error.field == name), None)


# --- sign-in --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The sign-in form. Fields sent back: `email`, `password`, `next`.

    `email` is what was typed, given back after a refusal; the password never is. `next` is the
    path to open afterwards, checked by the caller to be one of ours. `reason` says why the
    person is here when it was not by choice.
    """

    email: str = ""
    next: str = ""
    reason: Literal["", "needed", "expired", "kept", "signed_out"] = ""
    errors: tuple[FieldError, ...] = ()
    pause: str | None = None
    """Set after too many attempts: the sentence that says how long to wait, and whom to ask."""


# --- what is looked at: programme, vintage, day ---------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope:
    """The criteria of a report. Fields sent by GET: `dispositif`, `millesime`, `au`; `par`, `du`.

    `par` and `du` are there where `apart` has choices: what lines are told apart by, since when.

    `on` is the last day counted, `today` the greatest that may be asked. `typed_on` is what was
    asked when it was refused; `errors` then says what to write, the page shows `on`, and the
    field takes 2026-11-19 as well as 19/11/2026. An empty `programme` or `vintage` means all.
    """

    on: date
    today: date
    programme: str = ""
    programmes: tuple[Choice, ...] = ()
    vintage: str = ""
    vintages: tuple[Choice, ...] = ()
    typed_on: str | None = None
    errors: tuple[FieldError, ...] = ()
    by: str = ""
    apart: tuple[Choice, ...] = ()
    typed_since: str = ""

    @property
    def asked_on(self) -> str:
        """What stands in the field of the day: nothing typed is lost."""
        return self.on.isoformat() if self.typed_on is None else self.typed_on

    @property
    def asked_as(self) -> Literal["date", "text"]:
        """A browser shows in a date field only what is a day; anything else needs plain text."""
        try:
            date.fromisoformat(self.asked_on)
        except ValueError:
            return "text"
        return "date"

    @property
    def programme_label(self) -> str:
        """The chosen programme as people read it."""
        return _label(self.programmes, self.programme)

    @property
    def vintage_label(self) -> str:
        """The chosen vintage as people read it, or nothing when all are counted."""
        return _label(self.vintages, self.vintage)


def _label(choices: tuple[Choice, ...], value: str) -> str:
    return next((choice.label for choice in choices if choice.value == value), "")


# --- « Où sont les pass » -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChainStage:
    """What rests at one stage.

    `kind` is a kind of account, or `on_order` for what is not yet delivered; its words are in
    `app.web.words.STAGES`.
    """

    kind: str
    voucher_count: int
    amount_cents: Cents


@dataclass(frozen=True, slots=True)
class ChainPage:
    """Where the passes are at the end of `scope.on` (now, if that is today).

    `stages` come in the order of the chain: on_order, stock_inert, stock, transit, prescriber,
    circulation, redeemed, claimed, settled; `exits` are blocked, withheld, void, expired,
    credited. All are given, zeros included. `ordered` counts the orders themselves, not the
    stages, so that the page can say whether the sum closes.
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
class SearchPage:
    """The search for a pass. One field, sent by POST: `typed`, a serial number or a code.

    A code buys an hour of support, so it never stands in an address: the form is a POST, and
    what is found is answered by a redirection to the page of its serial number. `error` says why
    nothing was found and what to write instead; `candidates` are shown when several passes fit,
    as those of a booklet do.
    """

    typed: str = ""
    error: str | None = None
    candidates: tuple[VoucherLine, ...] = ()


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


# --- refusals -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """A page that could not be given. `status` chooses the words (`app.web.words.REFUSALS`).

    `sentence` replaces the usual one, for a refusal of the domain that says better what to do.
    `reference` is the number under which the logs know this request.
    """

    status: int
    sentence: str | None = None
    reference: str | None = None
    signed_in: bool = False
