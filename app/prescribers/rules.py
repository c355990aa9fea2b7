"""Assessment, order of mediators, place in the entitlement: plain values, no database."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.kernel.communes import Point, kilometres
from app.kernel.money import NO_BREAK
from app.mediators.hours import opening_said, opens_in
from app.mediators.rules import OpeningHours, Service
from app.programmes.rules import Public

# ── Assessment ────────────────────────────────────────────────────────────────────────────────────


class Need(StrEnum):
    """How much help somebody needs."""

    STRONG = "strong"
    MEDIUM = "medium"
    LIGHT = "light"


FRENCH_NEED = {
    Need.STRONG: "Besoin fort",
    Need.MEDIUM: "Besoin moyen",
    Need.LIGHT: "Besoin léger",
}

ANSWERS = ("0", "1", "2")
"""The three answers to each question: from « no help needed » to « not yet »."""
USUAL = ("Sans aide", "Avec aide", "Pas encore")


@dataclass(frozen=True, slots=True)
class Question:
    """One question in plain words, its three answers, and the service that it speaks for."""

    words: str
    service: Service
    answers: tuple[str, str, str] = USUAL


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A version of the questions. It is never edited: what was answered keeps its meaning.

    What is kept of the answers is one figure each, in the order of the questions: nobody writes a
    word about a person.
    """

    version: str
    questions: tuple[Question, ...]
    medium_from: int
    strong_from: int

    def readable(self, answers: str) -> bool:
        """Whether these are answers to every question, and nothing else."""
        return len(answers) == len(self.questions) and all(a in ANSWERS for a in answers)

    def need(self, answers: str) -> Need:
        """The answers added up."""
        points = sum(map(int, answers))
        if points >= self.strong_from:
            return Need.STRONG
        return Need.MEDIUM if points >= self.medium_from else Need.LIGHT

    def services(self, answers: str) -> tuple[Service, ...]:
        """The services that help with what was not « without help », most wanted first."""
        wanted: dict[Service, int] = {}
        for question, answer in zip(self.questions, answers, strict=True):
            if answer != "0":
                wanted[question.service] = wanted.get(question.service, 0) + int(answer)
        return tuple(sorted(wanted, key=lambda service: -wanted[service]))


QUESTIONS: Final = QuestionSet(
    version="2026-1",
    questions=(
        Question(
            "Se servir d’un téléphone ou d’un ordinateur",
            Service.USING_DIGITAL_TOOLS,
        ),
        Question("Chercher quelque chose sur internet", Service.USING_DIGITAL_TOOLS),
        Question("Lire et envoyer un courriel", Service.USING_DIGITAL_TOOLS),
        Question("Faire une démarche en ligne", Service.ADMINISTRATIVE_PROCEDURES),
        Question("Reconnaître un message trompeur", Service.SAFE_USE),
        Question(
            "Chercher du travail sur internet",
            Service.FINDING_WORK,
            ("Sans aide, ou pas concerné", "Avec aide", "Pas encore"),
        ),
        Question(
            "Avoir un appareil et internet chez soi",
            Service.ACCESS_TO_EQUIPMENT,
            ("Oui", "Pas toujours", "Non"),
        ),
    ),
    medium_from=5,
    strong_from=10,
)
"""The questions asked today."""

QUESTION_SETS: Final = {QUESTIONS.version: QUESTIONS}


# ── Commitment and reasons: codes, never words about a person ─────────────────────────────────────


class Commitment(StrEnum):
    """How the person committed to come: on the form, or ticked on screen before the agent."""

    PAPER = "paper"
    SCREEN = "screen"


FRENCH_COMMITMENT = {
    Commitment.PAPER: "Signé sur papier",
    Commitment.SCREEN: "Coché à l’écran devant l’agent, qui l’atteste",
}

ENGAGEMENTS: Final = (
    "J’utilise mes pass pour apprendre, chez un médiateur du dispositif.",
    "Je prends rendez-vous, et je préviens si je ne peux pas venir.",
    "Je garde mon carnet : je ne donne et ne vends aucun pass.",
)
"""What a person commits to. Each has its box on screen, and its line on the form."""


class DuplicateReason(StrEnum):
    """Why a hand-over goes on although somebody alike has received booklets."""

    ANOTHER_PERSON = "another_person"
    CHANGED_PRESCRIBER = "changed_prescriber"
    WITHIN_ENTITLEMENT = "within_entitlement"


FRENCH_DUPLICATE_REASON = {
    DuplicateReason.ANOTHER_PERSON: "C’est une autre personne, du même nom et de la même année",
    DuplicateReason.CHANGED_PRESCRIBER: (
        "C’est la même personne, qui change de prescripteur pour la suite de son parcours"
    ),
    DuplicateReason.WITHIN_ENTITLEMENT: (
        "C’est la même personne, inscrite deux fois, et elle reste dans ses droits"
    ),
}


class RenewalReason(StrEnum):
    """Why an entitlement is renewed before the earlier booklets are used up."""

    BOOKED_AHEAD = "booked_ahead"
    LOST = "lost"
    MEDIATOR_CHANGED = "mediator_changed"


FRENCH_RENEWAL_REASON = {
    RenewalReason.BOOKED_AHEAD: "Les pass restants sont promis à des séances déjà fixées",
    RenewalReason.LOST: "Les pass restants sont perdus ou abîmés, et mis en opposition",
    RenewalReason.MEDIATOR_CHANGED: "La personne change de lieu et commence un nouveau parcours",
}


class ExceptionReason(StrEnum):
    """Why somebody receives more than the programme gives to their public."""

    COURSE_UNFINISHED = "course_unfinished"
    WORK_DEPENDS = "work_depends"
    LOST = "lost"
    COORDINATION_AGREED = "coordination_agreed"


FRENCH_EXCEPTION_REASON = {
    ExceptionReason.COURSE_UNFINISHED: (
        "Le médiateur demande quelques heures de plus pour finir le parcours"
    ),
    ExceptionReason.WORK_DEPENDS: "Une embauche ou une formation en dépend",
    ExceptionReason.LOST: "Un carnet reçu est perdu ou abîmé, et mis en opposition",
    ExceptionReason.COORDINATION_AGREED: "La coordination a donné son accord",
}


class LateReason(StrEnum):
    """Why a booklet is handed over although its passes end within days."""

    SESSIONS_BOOKED = "sessions_booked"
    PERSON_ASKED = "person_asked"
    COORDINATION_AGREED = "coordination_agreed"


FRENCH_LATE_REASON = {
    LateReason.SESSIONS_BOOKED: "Des séances sont déjà fixées avant le dernier jour",
    LateReason.PERSON_ASKED: "La personne connaît le dernier jour et veut essayer",
    LateReason.COORDINATION_AGREED: "La coordination a donné son accord",
}


def is_late(valid_until: date, *, late_days: int, on: date) -> bool:
    """Whether passes that end that day are handed over within days of it."""
    return on >= valid_until - timedelta(days=late_days)


class UndoReason(StrEnum):
    """Why a hand-over is undone."""

    WRONG_BOOKLET = "wrong_booklet"
    WRONG_PERSON = "wrong_person"
    BOOKLET_GIVEN_BACK = "booklet_given_back"


FRENCH_UNDO_REASON = {
    UndoReason.WRONG_BOOKLET: "Un autre carnet a été donné à la personne",
    UndoReason.WRONG_PERSON: "La remise est notée pour une autre personne",
    UndoReason.BOOKLET_GIVEN_BACK: "La personne rend son carnet, sans l’avoir utilisé",
}


# ── Likely duplicates ─────────────────────────────────────────────────────────────────────────────


def likeness(surname: str, first_name: str) -> str:
    """A name as two agents would both have typed it: letters and figures, no accent, no case.

    Two people with the same likeness and year of birth may be one. Kept beside the name, in the
    one table that knows who people are, and purged with it.
    """
    return "|".join(map(_letters, (surname, first_name)))


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in plain if c.isalnum())


KEPT_OF_A_NAME = 0.75
"""How much of its letters a name keeps, in their order, when only its spelling is put right."""


def is_slip(*, known: tuple[str, str, str], typed: tuple[str, str, str]) -> bool:
    """Whether somebody typed again (surname, first name, year) is the same person put right.

    Only one of the three differs, and a name only by its spelling, or by what was added to it; or
    surname and first name had changed places. A field left empty says nothing. Two people behind
    one another at a counter may share a name, or a year: hardly ever all but one.
    """
    before, after = [tuple(map(_letters, three)) for three in (known, typed)]
    if after == (before[1], before[0], before[2]):
        return True
    changed = [i for i in range(3) if after[i] and after[i] != before[i]]
    return not changed or (
        len(changed) == 1
        and (changed == [2] or _spelt_alike(before[changed[0]], after[changed[0]]))
    )


def _spelt_alike(one: str, other: str) -> bool:
    if one.startswith(other) or other.startswith(one):
        return True
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= KEPT_OF_A_NAME


# ── Entitlement ───────────────────────────────────────────────────────────────────────────────────


class Tier(StrEnum):
    """What a booklet is of a person's rights."""

    ENTITLEMENT = "entitlement"
    RENEWAL = "renewal"
    EXCEPTION = "exception"


@dataclass(frozen=True, slots=True)
class Rights:
    """What one person may receive: some booklets, and the same again a few times."""

    booklet_count: int
    renewal_count: int

    @property
    def most(self) -> int:
        """Every booklet that is no exception."""
        return self.booklet_count * (1 + self.renewal_count)

    def tier(self, nth: int) -> Tier:
        """What the nth booklet of a person is, counted from 1."""
        if nth <= self.booklet_count:
            return Tier.ENTITLEMENT
        return Tier.RENEWAL if nth <= self.most else Tier.EXCEPTION

    def tiers(self, received: int, more: int) -> frozenset[Tier]:
        """What so many more booklets would be."""
        return frozenset(self.tier(nth) for nth in range(received + 1, received + more + 1))


# ── The order of mediators ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may receive people today. No publics: it says to welcome everybody."""

    id: UUID
    name: str
    services: frozenset[Service] = frozenset()
    publics: frozenset[Public] = frozenset()
    where: Point | None = None
    openings: tuple[OpeningHours, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person needs, who they are, and from where and when they set out."""

    services: tuple[Service, ...]
    public: Public
    home: Point | None
    at: datetime
    """Local time, so that « tomorrow at 8 » is tomorrow at 8."""


class Criterion(StrEnum):
    """What decides between two places, in this order."""

    SERVICES = "services"
    PUBLIC = "public"
    DISTANCE = "distance"
    HOURS = "hours"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place in the order, with what put it there.

    `behind` is what first sets it behind the place before it; None for the first.
    """

    place: Candidate
    fitting: tuple[Service, ...]
    welcomes: bool
    distance_km: int | None
    opens_in_minutes: int | None
    behind: Criterion | None = None


def rank(candidates: Iterable[Candidate], wanted: Wanted) -> list[Ranked]:
    """Every place once: services that fit, public, distance, next opening, then its name.

    Distances are compared in whole kilometres: nobody chooses a place for a few steps. What is not
    known of a place puts it behind those of which it is known.
    """
    found = sorted((_looked_at(one, wanted) for one in candidates), key=_in_order)
    return [_behind(found[place - 1], one) if place else one for place, one in enumerate(found)]


def _looked_at(one: Candidate, wanted: Wanted) -> Ranked:
    return Ranked(
        place=one,
        fitting=tuple(service for service in wanted.services if service in one.services),
        welcomes=not one.publics or wanted.public in one.publics,
        distance_km=kilometres(one.where, wanted.home),
        opens_in_minutes=opens_in(one.openings, wanted.at),
    )


def _in_order(one: Ranked) -> tuple[int, bool, tuple[bool, int], tuple[bool, int], str, bytes]:
    return (
        -len(one.fitting),
        not one.welcomes,
        _unknown_last(one.distance_km),
        _unknown_last(one.opens_in_minutes),
        one.place.name.casefold(),
        one.place.id.bytes,
    )


def _unknown_last(value: int | None) -> tuple[bool, int]:
    return (True, 0) if value is None else (False, value)


def _behind(before: Ranked, one: Ranked) -> Ranked:
    pairs = zip(Criterion, _in_order(before), _in_order(one), strict=False)
    decided = next((c for c, earlier, own in pairs if earlier != own), Criterion.NAME)
    return Ranked(
        one.place, one.fitting, one.welcomes, one.distance_km, one.opens_in_minutes, decided
    )


def reason(one: Ranked, wanted: Wanted) -> str:
    """Why a place stands where it does, in one sentence."""
    said = ", ".join(
        (
            *_fits_said(one, wanted),
            "distance inconnue" if one.distance_km is None else _distance_said(one.distance_km),
            hours_said(one, wanted),
        )
    )
    return f"{said[0].upper()}{said[1:]}{_BEHIND[one.behind] if one.behind else ''}."


def fit_said(one: Ranked, wanted: Wanted) -> str:
    """Whether a place suits the person, without how far it is and when it opens."""
    said = ", ".join(_fits_said(one, wanted))
    return f"{said[0].upper()}{said[1:]}"


def _fits_said(one: Ranked, wanted: Wanted) -> tuple[str, str]:
    return (
        _services_said(one, wanted),
        "accueille ce public" if one.welcomes else "n’annonce pas ce public",
    )


def _services_said(one: Ranked, wanted: Wanted) -> str:
    if not wanted.services:
        return "aucun service particulier n’est demandé"
    if len(one.fitting) == len(wanted.services):
        return "propose tout ce qu’il faut"
    if not one.fitting:
        return "n’annonce aucun des services utiles"
    return f"propose {len(one.fitting)} des {len(wanted.services)} services utiles"


def _distance_said(far: int) -> str:
    return (
        "dans la commune ou tout près"
        if far == 0
        else f"à {far}{NO_BREAK}km environ à vol d’oiseau"
    )


def hours_said(one: Ranked, wanted: Wanted) -> str:
    """When a place opens next."""
    minutes = one.opens_in_minutes
    return "horaires à demander" if minutes is None else opening_said(minutes, wanted.at)


_BEHIND = {
    Criterion.SERVICES: " ; moins de services utiles que le précédent",
    Criterion.PUBLIC: " ; le précédent accueille ce public",
    Criterion.DISTANCE: " ; plus loin que le précédent",
    Criterion.HOURS: " ; ouvre après le précédent",
    Criterion.NAME: " ; à égalité avec le précédent, par ordre alphabétique",
}
