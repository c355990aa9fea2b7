"""What the pages are told: plain frozen values that features fill and templates read.

A template receives one `page`, one of the classes below; the layout also reads `frame`, the same
for all pages of a request. Counts are passes unless the name says otherwise, money is whole
cents, instants are aware UTC, days are days of Martinique. Names and labels are the words people
read; nothing here is a person's name but `Reader.name`. A page computes no figure of the ledger:
what can be added up from what is shown (a total, a running sum) is a property here, so that it
cannot disagree with the lines above it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu: the page it opens, its drawing, its words."""

    door: str
    endpoint: str
    drawing: str
    label: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """Lines of the menu that belong together, under a word that says to what."""

    title: str
    entries: tuple[Entry, ...]


CHAPTERS = (
    Chapter(
        "Ma journée",
        (
            Entry("counter", "mediator_pages.counter", "home", "Mon guichet"),
            Entry("today", "desk_pages.today", "home", "Aujourd’hui"),
            Entry("take", "counter_pages.take", "scan", "Encaisser"),
            Entry("redemptions", "counter_pages.day", "clock", "Encaissements"),
            Entry("handovers", "handover_pages.listed", "give", "Remises"),
            Entry("people", "people_pages.people", "user", "Mes personnes"),
            Entry("training", "training_door.door", "flag", "S’entraîner"),
        ),
    ),
    Chapter(
        "Suivre",
        (
            Entry("chain", "reports_pages.chain", "chain", "Où sont les pass"),
            Entry("usage", "reports_pages.usage", "chart", "Taux d’utilisation"),
            Entry("council", "reports_pages.council", "page", "Page du conseil"),
            Entry("search", "desk_pages.search_form", "search", "Chercher"),
            Entry("registers", "registers_pages.holdings", "bill", "Registres"),
            Entry("movements", "movement_pages.listed", "swap", "Mouvements"),
            Entry("evidence", "evidence_pages.listed", "inbox", "Pièces"),
            Entry("closing", "closing_pages.listed", "hourglass", "Clôture"),
        ),
    ),
    Chapter(
        "Carnets",
        (
            Entry("orders", "orders_pages.listed", "truck", "Commandes"),
            Entry("consignments", "custody_pages.consignments", "swap", "Dotations"),
            Entry("stock", "holding_pages.stock", "box", "Stock"),
            Entry("requests", "request_pages.requests", "ask", "Demandes"),
            Entry("counts", "count_pages.listed", "check", "Comptages"),
            Entry("losses", "losses_pages.listed", "stop", "Oppositions"),
            Entry("takeover", "takeover_pages.takeovers", "inbox", "Reprise"),
        ),
    ),
    Chapter(
        "Paiements",
        (
            Entry("sheets", "sheet_pages.list_sheets", "pen", "Saisies"),
            Entry("statements", "statement_pages.listed", "euro", "Bordereaux"),
            Entry("corrections", "correction_pages.listed", "undo", "Corrections"),
            Entry("signals", "signal_pages.listed", "warn", "Signalements"),
            Entry("disputes", "dispute_pages.listed", "ask", "Litiges"),
        ),
    ),
    Chapter(
        "Comptes",
        (
            Entry("devices", "devices_pages.listed", "phone", "Appareils"),
            Entry("accounts", "accounts_pages.listed", "user", "Comptes"),
            Entry("journal", "journal_pages.journal", "page", "Journal des comptes"),
            Entry("mails", "journal_pages.listed", "mail", "Courriels"),
        ),
    ),
    Chapter(
        "Cadre",
        (
            Entry("partners", "partners_pages.directory", "home", "Partenaires"),
            Entry("places", "places_pages.places", "pin", "Lieux"),
            Entry("setup", "setup_pages.path", "steps", "Mise en route"),
            Entry("programme", "programmes_pages.programmes", "flag", "Dispositif"),
            Entry("kit", "kit_pages.kit", "inbox", "Kit d’information"),
        ),
    ),
)
"""The menu in its order; `app.factory` says who may open what, and which page is whose home."""

MENU = tuple(entry for chapter in CHAPTERS for entry in chapter.entries)

DOORS = frozenset(entry.door for entry in MENU)

MEDIATOR_THUMBS = (
    Entry("counter", "mediator_pages.counter", "home", "Accueil"),
    Entry("take", "counter_pages.take", "scan", "Encaisser"),
    Entry("statements", "statement_pages.listed", "euro", "Paiements"),
)
PRESCRIBER_THUMBS = (
    Entry("today", "desk_pages.today", "home", "Accueil"),
    Entry("handovers", "handover_pages.listed", "give", "Remettre"),
    Entry("people", "people_pages.people", "user", "Personnes"),
)
"""Under the thumb, at the bottom of the phone of whoever works at a counter; « Plus » comes last
and opens the menu, where everything is."""


# --- around each page -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reader:
    """The agent who is signed in: own name, role in French, organisation, menu entries."""

    name: str
    role_name: str
    organisation_name: str
    may_open: frozenset[str] = DOORS
    thumbs: tuple[Entry, ...] = ()
    """The entries at the bottom of the phone, for those who work at a counter."""
    sections: Mapping[str, str] = field(default_factory=dict)
    """Which section of the reader's guide is about the pages of an entry of the menu."""


@dataclass(frozen=True, slots=True)
class Practice:
    """Said at the top of every page of a training: where the real pages are, and what comes next.

    Without a step nobody is signed in. `hints` are what may be typed on this very page.
    """

    outside: str
    step: int = 0
    words: str = ""
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds each page. `reader` is None on gate pages (sign-in, errors).

    `said` are the sentences about the act that led here, each shown once.
    """

    reader: Reader | None = None
    authority: str = ""
    """The name of the sponsor, whose scheme it is."""
    specimen: bool = False
    """The database once held demonstration data: every page says so, for ever."""
    said: tuple[str, ...] = ()
    practice: Practice | None = None
    """Set where people practise; nothing on these pages is real."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What to write instead, for the field whose HTML `name` this is. A French sentence."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a list: the value sent back, and what people read.

    `hint` is what a card says of it under its label.
    """

    value: str
    label: str
    hint: str = ""


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
    reason: Literal["", "needed", "expired", "kept", "lost", "signed_out"] = ""
    errors: tuple[FieldError, ...] = ()
    pause: str | None = None
    """Set after too many attempts: the sentence that says how long to wait, and whom to ask."""
    passkey: str = ""
    """What a device is asked, as JSON; nothing where this site has no name of its own."""
    provider: bool = False
    """Whether ProConnect is set."""


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


# --- refusals -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """A page that could not be given. `status` chooses the words (`app.web.words.REFUSALS`).

    `sentence` replaces the usual one, for a refusal of the domain that says better what to do, and
    `code` the title where that is of something else.
    `reference` is the number under which the logs know this request, `back` the form to try again.
    """

    status: int
    sentence: str | None = None
    reference: str | None = None
    signed_in: bool = False
    code: str = ""
    back: str = ""
