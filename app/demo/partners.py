"""Who takes part: bodies that the deliberation names, each in its true role, and invented ones.

What would look bad on a real partner belongs to one that is plainly invented. The deliberation
says that six mediators are labelled and four ready, without saying which four: our choice covers
the territory, and the two others only wait for their agreement to be signed.
"""

from dataclasses import dataclass, field
from typing import Final

from app.kernel.communes import TERRITORY
from app.partners.rules import OrganisationKind as Kind
from app.programmes.rules import Public


@dataclass(frozen=True, slots=True)
class Partner:
    """A body that takes part. `invented` says that it exists nowhere else."""

    key: str
    kind: Kind
    name: str
    commune: str = TERRITORY
    invented: bool = False


SPONSOR: Final = Partner("cap_nord", Kind.SPONSOR, "CAP Nord Martinique", "Le Marigot")
ISSUER: Final = Partner("issuer", Kind.ISSUER, "Émetteur de démonstration", invented=True)
FUNDER: Final = Partner(
    "funder", Kind.FUNDER, "État, Agence nationale de la cohésion des territoires", "Paris"
)
ACCOUNTANT: Final = Partner(
    "accountant", Kind.ACCOUNTANT, "Service de gestion comptable de CAP Nord Martinique"
)
APPLICANT: Final = Partner("ce_cedille", Kind.ASSOCIATION, "Association Cé Cédille")
LIBRARY: Final = Partner(
    "library", Kind.MEDIA_LIBRARY, "Médiathèque de démonstration", "Le Morne-Rouge", invented=True
)
CYBER_BASE: Final = Partner(
    "cyber_base", Kind.CYBER_BASE, "Cyber-base de démonstration", "Le Morne-Rouge", invented=True
)
"""Taken over by the library: its agreement is near its end, and it has a régie."""


@dataclass(frozen=True, slots=True)
class MediatorPartner(Partner):
    """A mediator: when it receives people (0 is Monday), and whether its agreement is signed.

    `closes_at` is the hour at which the day's passes are scanned. `sends_late` scans on paper
    and notes everything in the evening.
    """

    open_weekdays: tuple[int, ...] = ()
    closes_at: int = 12
    ready: bool = True
    sends_late: bool = False
    has_account: bool = True
    """Whether its bank details are known."""


MEDIATORS: Final = (
    MediatorPartner(
        "exo7", Kind.ASSOCIATION, "Exo 7", "Case-Pilote", open_weekdays=(0, 1, 3), closes_at=12
    ),
    MediatorPartner(
        "carecof", Kind.ASSOCIATION, "CARECOF", "Sainte-Marie", open_weekdays=(1, 2, 4),
        closes_at=16,
    ),
    MediatorPartner(
        "nord_media", Kind.ASSOCIATION, "Martinique Nord Média", "Le Lorrain",
        open_weekdays=(0, 2, 3), closes_at=11,
    ),
    MediatorPartner(
        "emergence", Kind.ASSOCIATION, "Association Émergence des quartiers", "Le Robert",
        open_weekdays=(1, 3, 4), closes_at=15,
    ),
    MediatorPartner(
        "nord_caraibe", Kind.ASSOCIATION, "Espace Ressources Nord Caraïbe", "Saint-Pierre",
        ready=False,
    ),
    MediatorPartner(
        "envol3", Kind.ASSOCIATION, "Envol 3 Martinique", "La Trinité", ready=False
    ),
    MediatorPartner(
        "mediator_1", Kind.ASSOCIATION, "Médiateur de démonstration 1", "Gros-Morne",
        invented=True, open_weekdays=(2, 4), closes_at=17, has_account=False,
    ),
    MediatorPartner(
        "mediator_2", Kind.COMPANY, "Médiateur de démonstration 2", "Basse-Pointe",
        invented=True, open_weekdays=(0, 4), closes_at=18, sends_late=True,
    ),
)  # fmt: skip

NEWCOMER: Final = "mediator_1"
"""Joined late, and its bank details are missing: its statements are held."""
LAPSED: Final = "mediator_2"
"""Its label lapsed; it also undid redemptions and scanned passes that were refused."""


@dataclass(frozen=True, slots=True)
class PrescriberPartner(Partner):
    """A prescriber, and how many people of each public it meets."""

    people: dict[Public, int] = field(default_factory=dict, hash=False)
    low_usage: bool = False


_P = Public
PRESCRIBERS: Final = (
    PrescriberPartner(
        "plie", Kind.PLIE, "Référents de parcours du PLIE de CAP Nord", people={_P.PLIE: 72}
    ),
    PrescriberPartner(
        "france_travail", Kind.EMPLOYMENT_SERVICE, "France Travail (ex-Pôle emploi)",
        people={_P.REGISTERED_JOB_SEEKER: 95, _P.UNREGISTERED_JOB_SEEKER: 5},
    ),
    PrescriberPartner(
        "advisers", Kind.DIGITAL_ADVISER, "Conseillers numériques de CAP Nord",
        people={_P.SENIOR: 30, _P.UNREGISTERED_JOB_SEEKER: 22, _P.OTHER: 12},
    ),
    PrescriberPartner(
        "town_advisers", Kind.DIGITAL_ADVISER, "Conseillers numériques des villes (démonstration)",
        invented=True, people={_P.SENIOR: 18, _P.UNREGISTERED_JOB_SEEKER: 10, _P.OTHER: 6},
    ),
    PrescriberPartner(
        "ccas_1", Kind.CCAS, "CCAS 1 (démonstration)", "Le Robert", invented=True,
        people={_P.SENIOR: 40, _P.UNREGISTERED_JOB_SEEKER: 10, _P.OTHER: 10},
    ),
    PrescriberPartner(
        "ccas_2", Kind.CCAS, "CCAS 2 (démonstration)", "Sainte-Marie", invented=True,
        people={_P.SENIOR: 34, _P.UNREGISTERED_JOB_SEEKER: 8, _P.OTHER: 8},
    ),
    PrescriberPartner(
        "ccas_3", Kind.CCAS, "CCAS 3 (démonstration)", "Le Morne-Rouge", invented=True,
        people={_P.SENIOR: 26, _P.UNREGISTERED_JOB_SEEKER: 6, _P.OTHER: 6},
    ),
    PrescriberPartner(
        "france_services", Kind.FRANCE_SERVICES, "Espace France Services (démonstration)",
        "La Trinité", invented=True,
        people={_P.REGISTERED_JOB_SEEKER: 14, _P.UNREGISTERED_JOB_SEEKER: 14, _P.SENIOR: 16,
                _P.OTHER: 8},
    ),
    PrescriberPartner(
        "town", Kind.TOWN, "Ville prescriptrice (démonstration)", "Gros-Morne", invented=True,
        people={_P.SENIOR: 18, _P.OTHER: 8},
    ),
    PrescriberPartner(
        "caf", Kind.CAF, "CAF", people={_P.UNREGISTERED_JOB_SEEKER: 16, _P.OTHER: 12}
    ),
    PrescriberPartner("cgss", Kind.CGSS, "CGSS", people={_P.SENIOR: 34, _P.OTHER: 4}),
    PrescriberPartner("la_poste", Kind.LA_POSTE, "La Poste", people={_P.SENIOR: 18, _P.OTHER: 4}),
    PrescriberPartner(
        "prescriber_1", Kind.ASSOCIATION, "Prescripteur de démonstration 1", "Fonds-Saint-Denis",
        invented=True, low_usage=True,
        people={_P.UNREGISTERED_JOB_SEEKER: 20, _P.SENIOR: 16, _P.OTHER: 8},
    ),
)  # fmt: skip

WITH_A_CASH_OFFICE: Final = "town"
"""A public body that holds booklets by a régie; the other ones have a mandate."""

NAMES: Final = {
    partner.key: partner.name
    for partner in (
        SPONSOR,
        ISSUER,
        ACCOUNTANT,
        APPLICANT,
        LIBRARY,
        CYBER_BASE,
        *MEDIATORS,
        *PRESCRIBERS,
    )
}
