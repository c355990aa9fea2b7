"""Publics, entitlements and validity: plain values, no database."""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from app.kernel.serials import BOOKLET_SIZES

SENIOR_AGE = 60
MOST_BOOKLETS = 20
"""One person receives a few booklets; more is a slip of the keyboard."""
MOST_RENEWALS = 9


class Payer(StrEnum):
    """Who pays the mediators: never both."""

    AUTHORITY = "authority"
    ISSUER = "issuer"


class Public(StrEnum):
    """Whom the scheme is for (seed: deliberation CC-04-2023-095, I b)."""

    PLIE = "plie"
    REGISTERED_JOB_SEEKER = "registered_job_seeker"
    UNREGISTERED_JOB_SEEKER = "unregistered_job_seeker"
    SENIOR = "senior"
    OTHER = "other"


class Covers(StrEnum):
    """Whose passes a funder takes its share of.

    The State's agreement is for the publics that it names: the others are counted apart, and so are
    passes taken over, whose public nobody wrote down. It funds half at most.
    """

    ALL = "all"
    AGREED = "agreed"
    STATE = "state"


FRENCH_PUBLIC = {
    Public.PLIE: "Participants du PLIE",
    Public.REGISTERED_JOB_SEEKER: "Demandeurs d’emploi inscrits",
    Public.UNREGISTERED_JOB_SEEKER: "Demandeurs d’emploi non inscrits",
    Public.SENIOR: "60 ans et plus",
    Public.OTHER: "Autres publics (comptés à part)",
}
FRENCH_ONE_OF = {
    Public.PLIE: "Participant du PLIE",
    Public.REGISTERED_JOB_SEEKER: "Demandeur d’emploi inscrit",
    Public.UNREGISTERED_JOB_SEEKER: "Cherche un emploi, non inscrit",
    Public.SENIOR: "60 ans ou plus",
    Public.OTHER: "Autre difficulté avec le numérique",
}
"""One person of a public, to whoever has them in front of the desk."""


@dataclass(frozen=True, slots=True)
class Entitled:
    """How many booklets of which size one person of a public may receive, and how often again.

    `renewal_count` says how many further times the same entitlement may be given.
    """

    public: Public
    booklet_size: int
    booklet_count: int
    renewal_count: int = 0

    @property
    def in_bounds(self) -> bool:
        """A few booklets of a size that is printed, a few times."""
        return (
            self.booklet_size in BOOKLET_SIZES
            and 1 <= self.booklet_count <= MOST_BOOKLETS
            and 0 <= self.renewal_count <= MOST_RENEWALS
        )


RECOMMENDED = (
    Entitled(Public.PLIE, booklet_size=10, booklet_count=3),
    Entitled(Public.REGISTERED_JOB_SEEKER, booklet_size=10, booklet_count=1),
    Entitled(Public.UNREGISTERED_JOB_SEEKER, booklet_size=10, booklet_count=1),
    Entitled(Public.SENIOR, booklet_size=5, booklet_count=1, renewal_count=1),
    Entitled(Public.OTHER, booklet_size=5, booklet_count=1),
)
"""PLIE and senior are the deliberation's; the three others are our assumption, and a setting."""

WHOLE_IN_BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Share:
    """What part of the value of the passes used an organisation funds, and for whom."""

    organisation_id: UUID
    share_basis_points: int
    covers: Covers = Covers.ALL


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that a version of a programme's settings says.

    Days before and after the end are counted from the last day of validity of a vintage. Face
    value and validity are a vintage's own; who pays the mediators is the programme's, for good.
    """

    entitlements: tuple[Entitled, ...] = RECOMMENDED
    funders: tuple[Share, ...] = ()
    order_fee_basis_points: int = 0
    redemption_fee_basis_points: int = 0
    payment_delay_days: int = 30
    alert_days_before_end: int = 30
    withhold_days_before_end: int = 15
    late_days_before_end: int = 7
    tolerance_days: int = 31
    statement_days_after_end: int = 38
    offline_pass_count: int = 50
    offline_list_hours: int = 72
    offline_upload_days: int = 5
    label_warning_days: int = 60
    agreement_warning_days: int = 60
    recovery_delay_days: int = 60
    signal_sitting_minutes: int = 60
    signal_burst_count: int = 10
    signal_feeding_times: int = 5
    signal_failed_count: int = 20
    signal_session_days: int = 7
    budget_cents: int | None = None
    certification_required: bool = False
    session_required: bool = False


BOUNDS: dict[str, tuple[int, int]] = {
    "order_fee_basis_points": (0, WHOLE_IN_BASIS_POINTS),
    "redemption_fee_basis_points": (0, WHOLE_IN_BASIS_POINTS),
    # Public bodies pay within thirty days (code de la commande publique, R. 2192-10).
    "payment_delay_days": (1, 30),
    "alert_days_before_end": (0, 366),
    "withhold_days_before_end": (0, 366),
    "late_days_before_end": (0, 366),
    "tolerance_days": (0, 366),
    "statement_days_after_end": (0, 366),
    "offline_pass_count": (0, 1000),
    "offline_list_hours": (0, 720),
    "offline_upload_days": (0, 60),
    "label_warning_days": (0, 366),
    "agreement_warning_days": (0, 366),
    "recovery_delay_days": (0, 366),
    "signal_sitting_minutes": (1, 1440),
    "signal_burst_count": (2, 1000),
    "signal_feeding_times": (2, 100),
    "signal_failed_count": (1, 1000),
    "signal_session_days": (0, 366),
    "budget_cents": (1, 10**12),
}
"""The least and the most of each figure; the database says the same."""

FIGURES = tuple(f.name for f in fields(Terms) if f.name not in {"entitlements", "funders"})
"""What a version says in one figure each."""

HIGHEST_STATE_SHARE = 5_000
"""The State funds half of the value of the passes used at most (call for projects of 2020)."""


def wrong_terms(terms: Terms) -> dict[str, str]:
    """What is wrong with settings, field by field, in French; nothing when they can be."""
    wrong = {}
    for name, (least, most) in BOUNDS.items():
        value = getattr(terms, name)
        if value is not None and not least <= value <= most:
            wrong[name] = f"Écrivez un nombre de {least} à {most}."
    if len({e.public for e in terms.entitlements}) < len(terms.entitlements):
        wrong["entitlements"] = "Chaque public ne figure qu’une fois : retirez le doublon."
    if not all(e.in_bounds for e in terms.entitlements):
        wrong["entitlements"] = (
            "Un public reçoit de 1 à 20 carnets, de 5 ou de 10 pass, renouvelables de 0 à 9 fois."
        )
    if len({f.organisation_id for f in terms.funders}) < len(terms.funders):
        wrong["funders"] = "Chaque financeur ne figure qu’une fois : retirez le doublon."
    if any(not 1 <= f.share_basis_points <= WHOLE_IN_BASIS_POINTS for f in terms.funders):
        wrong["funders"] = "La part d’un financeur va de 0,01 % à 100 %."
    elif any(
        f.covers == Covers.STATE and f.share_basis_points > HIGHEST_STATE_SHARE
        for f in terms.funders
    ):
        wrong["funders"] = (
            "L’État finance au plus la moitié de la valeur des pass utilisés : "
            "écrivez 50 % au plus."
        )
    elif sum(f.share_basis_points for f in terms.funders) > WHOLE_IN_BASIS_POINTS:
        wrong["funders"] = "Les parts des financeurs dépassent ensemble 100 % : baissez-en une."
    return wrong or _out_of_order(terms)


def _out_of_order(terms: Terms) -> dict[str, str]:
    """A calendar whose dates do not follow one another."""
    wrong = {}
    if terms.withhold_days_before_end > terms.alert_days_before_end:
        wrong["withhold_days_before_end"] = (
            "La retenue vient après l’alerte : écrivez moins de jours."
        )
    if terms.late_days_before_end > terms.withhold_days_before_end:
        wrong["late_days_before_end"] = (
            "Les remises tardives viennent après la retenue : écrivez moins de jours."
        )
    if terms.tolerance_days + terms.offline_upload_days >= terms.statement_days_after_end:
        wrong["statement_days_after_end"] = (
            "L’état contradictoire vient après la tolérance et le plus long délai d’envoi hors "
            f"connexion : {terms.tolerance_days + terms.offline_upload_days + 1} jours au moins."
        )
    return wrong


def is_senior(birth_year: int, *, on: date) -> bool:
    """With a birth year only, 60 and over means a difference of years of at least 60."""
    return on.year - birth_year >= SENIOR_AGE


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when the passes of a vintage serve, tolerance included."""

    valid_from: date
    valid_until: date
    tolerance_days: int

    @property
    def last_redemption_on(self) -> date:
        """The last day on which a support session counts."""
        return self.valid_until + timedelta(days=self.tolerance_days)

    def redeemable(self, *, on: date) -> bool:
        """Whether a session held that day may be paid with them."""
        return self.valid_from <= on <= self.last_redemption_on

    def issuable(self, *, on: date) -> bool:
        """Whether a booklet may be handed to a person that day."""
        return self.valid_from <= on <= self.valid_until
