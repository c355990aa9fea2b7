"""A form on a page: what was typed, read once, given back whole when it is refused.

A form carries a hidden `id`, made when the page was first shown. It becomes the id of the record,
so a double click, or a form sent again after a lost answer, does the act once.
"""

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

from flask import flash, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.kernel.clock import LAST_DAY
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.kernel.text import read_day, read_number
from app.web import drafts
from app.web.pages import FieldError
from app.web.problems import status_of
from app.web.transaction import in_transaction

T = TypeVar("T")
V = TypeVar("V")
ChoiceT = TypeVar("ChoiceT", bound=StrEnum)

LONGEST_TEXT = 60_000
"""A thousand scanned covers, a line each."""

NOT_CHECKED = frozenset({"csrf_token", "step", "sure"})
"""Fields that belong to the sending of a form, and not to what it would do."""
ELSEWHERE = "formulaire"
"""Where a refusal that names no field leads: the form itself, whose HTML id this is."""


LISTS = {
    "detenteur": "qui a les carnets",
    "dispositif": "le dispositif",
    "genre": "pour qui c’était : une personne ou un groupe",
    "kind": "la nature",
    "role": "le rôle",
    "sponsor_id": "le commanditaire",
    "issuer_id": "l’émetteur",
    "payer": "qui paie les médiateurs",
    "step": "l’étape",
    "successor_id": "qui prend la suite",
}
"""What is chosen in lists that several forms have, as a summary of errors names it."""


def what_to_choose(name: str) -> str:
    """The sentence for a list in which nothing was chosen."""
    return f"Choisissez {LISTS[name]}." if name in LISTS else "Choisissez dans la liste."


class Form:
    """What a person typed, by the HTML names of the fields; a name may have several values.

    The readers below note what cannot be read and return a harmless value; `check` then refuses
    everything at once. What the service refuses joins them (`submit`).
    """

    def __init__(self, typed: Mapping[str, list[str]], record_id: UUID) -> None:
        self.typed = dict(typed)
        self.id = record_id
        self.status = HTTPStatus.OK
        self._wrong: dict[str, str] = {}

    @classmethod
    def blank(cls, **values: str | list[str]) -> "Form":
        """A form not yet typed in, with what is proposed; or what an expired sign-in cut short."""
        typed = {name: [v] if isinstance(v, str) else v for name, v in values.items()}
        kept = drafts.taken_up()
        if kept is None:
            return cls(typed, new_id())
        flash("Ce que vous aviez écrit est là. Relisez, puis envoyez de nouveau.")
        return cls.of({**typed, **kept})

    @classmethod
    def sent(cls) -> "Form":
        """The form of this request; one without an id of ours gets a new one."""
        return cls.of(request.form.to_dict(flat=False))

    @classmethod
    def to_check(cls) -> "Form | None":
        """What is to be checked at this address; None when it is done, or kept no longer."""
        kept = drafts.taken_up(drafts.CHECK)
        return None if kept is None else cls.of(kept)

    @classmethod
    def of(cls, typed: Mapping[str, list[str]]) -> "Form":
        """A form with what was typed before."""
        try:
            record_id = UUID((typed.get("id") or [""])[0])
        except ValueError:
            record_id = new_id()
        return cls(typed, record_id)

    @classmethod
    def asked(cls, *names: str) -> "Form":
        """The filters of the address, by these names."""
        return cls({name: [request.args.get(name, "")[:100]] for name in names}, UUID(int=0))

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """What to write instead, in the order in which it was found."""
        return tuple(FieldError(name, sentence) for name, sentence in self._wrong.items())

    def wrong(self, name: str, sentence: str) -> None:
        """Note what to write instead; the first sentence about a field stays."""
        self._wrong.setdefault(name, sentence)

    def note(self, wrong: Mapping[str, str]) -> None:
        """Note what to write instead, field by field."""
        for name, sentence in wrong.items():
            self.wrong(name, sentence)

    def text(self, name: str) -> str:
        """What was typed, without the spaces around it; nothing when the field is missing."""
        values = self.typed.get(name) or [""]
        return values[0].strip()[:LONGEST_TEXT]

    def texts(self, name: str) -> list[str]:
        """Every value of a field that may be there several times, the empty ones left out."""
        return [value.strip()[:LONGEST_TEXT] for value in self.typed.get(name, []) if value.strip()]

    def checked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.text(name))

    def integer(self, name: str, sentence: str = "Écrivez un nombre entier, en chiffres.") -> int:
        """A whole number; spaces between thousands do not matter."""
        number = read_number("".join(self.text(name).split()))
        if number is None:
            self.wrong(name, sentence)
        return number or 0

    def cents(
        self, name: str, sentence: str = "Écrivez une somme en euros, par exemple 12,50."
    ) -> Cents:
        """A sum typed in euros, with a comma or a point; in cents."""
        typed = "".join(self.text(name).replace("€", "").split()).replace(",", ".")
        whole, _, rest = typed.partition(".")
        readable = f"{whole}{rest}"
        if not whole or read_number(readable) is None or len(rest) > 2:  # noqa: PLR2004 - cents
            self.wrong(name, sentence)
            return Cents(0)
        return Cents(int(whole) * 100 + int(rest.ljust(2, "0")))

    def day(self, name: str, sentence: str = "Écrivez un jour, par exemple 19/11/2026.") -> date:
        """A day as a date field sends it, or as people write it."""
        day = read_day(self.text(name))
        if day is None:
            self.wrong(name, sentence)
            return date.min
        return day

    def day_asked(self, name: str) -> date | None:
        """The day of a filter of the address; None when it says none, or none that can be read."""
        typed = self.text(name)
        day = read_day(typed)
        if day is None or day >= LAST_DAY:
            if typed:
                self.wrong(
                    name,
                    f"Ce jour n’est pas compris : « {typed} ». Écrivez-le comme 19/11/2026. La "
                    "liste est montrée sans lui.",
                )
            return None
        return day

    def choice(self, name: str, among: type[ChoiceT], sentence: str = "") -> ChoiceT:
        """One of the values of a list."""
        try:
            return among(self.text(name))
        except ValueError:
            self.wrong(name, sentence or what_to_choose(name))
            return next(iter(among))

    def uuid(self, name: str, sentence: str = "") -> UUID:
        """The id behind the line chosen in a list."""
        try:
            return UUID(self.text(name))
        except ValueError:
            self.wrong(name, sentence or what_to_choose(name))
            return UUID(int=0)

    def among(self, name: str, known: Mapping[str, V]) -> V | None:
        """What a filter of the address stands for; None when it is empty, or not understood.

        A filter that makes no sense is said: nobody should read a whole list as a part of it.
        """
        typed = self.text(name)
        if typed and typed not in known:
            self.wrong(
                name, f"Ce filtre n’est pas compris : « {typed} ». La liste est montrée sans lui."
            )
        return known.get(typed)

    def check(self) -> None:
        """Refuse what could not be read.

        Raises:
            InvalidInput: names each field.
        """
        if self._wrong:
            raise InvalidInput(**self._wrong)

    def submit(self, act: Callable[[Session], T]) -> T | None:
        """Do the act in one transaction; None when it is refused, and `errors` then say why."""
        try:
            return in_transaction(act)
        except DomainError as refusal:
            self.refuse(refusal)
            return None

    def submit_apart(self, act: Callable[[], T]) -> T | None:
        """Do an act that opens its own transactions; None when it is refused, as `submit`."""
        try:
            return act()
        except DomainError as refusal:
            self.refuse(refusal)
            return None

    def refuse(self, refusal: DomainError) -> None:
        """Keep what a service refused: beside its fields, or at the top when it names none."""
        self.status = status_of(refusal)
        fields = refusal.details.get("fields") if isinstance(refusal, InvalidInput) else None
        if not isinstance(fields, dict):
            self.wrong(ELSEWHERE, refusal.message)
            return
        for name, sentence in fields.items():
            self.wrong(name, str(sentence))


def check_first(form: Form) -> Response | None:
    """Go to the page that shows what a form would do; Back and reload open its address again.

    What was typed rests in a draft (decision 0030) until it is done. None when it is too long for
    one: the page is then the answer itself.
    """
    kept = {name: values for name, values in form.typed.items() if name not in NOT_CHECKED}
    address = drafts.keep_to_check(form.id, kept | {"id": [str(form.id)]})
    return redirect(address, HTTPStatus.SEE_OTHER) if address else None


def checked_id() -> UUID | None:
    """The id of what is to be checked, when the address asks for that."""
    return drafts.named_here(drafts.CHECK)


def done_after_check(form: Form, address: str, sentence: str) -> Response:
    """As `done`, and what was typed to be checked is forgotten."""
    drafts.forget_checked(form.id)
    return done(address, sentence)


def here() -> str:
    """Where a form of this page is sent: to the page itself.

    A form without an address is sent to that of its page with what follows the #. Whoever skipped
    the menu by the keyboard has one there, and the browser, led by it, would not bring them to the
    summary of errors.
    """
    return request.script_root + request.full_path.removesuffix("?")


def number_asked(name: str) -> int | None:
    """The whole number that the address says under that name; None when it says none."""
    return read_number(request.args.get(name, "").strip())


def done(address: str, sentence: str) -> Response:
    """After an act: open the page of its result, which says what happened and what comes next."""
    drafts.forget_taken_up()
    flash(sentence)
    return redirect(address, HTTPStatus.SEE_OTHER)
