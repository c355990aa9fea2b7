"""Settings as people read them: each figure in a sentence, each change from what to what."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from app.kernel.money import NO_BREAK, Cents, euros
from app.programmes.rules import (
    FRENCH_PUBLIC,
    WHOLE_IN_BASIS_POINTS,
    Covers,
    Entitled,
    Payer,
    Public,
    Share,
    Terms,
)

T = TypeVar("T")

PAYER_SENTENCE = {
    Payer.AUTHORITY: (
        "La collectivité paie les médiateurs ; la commande ne paie que l’impression. "
        "Cela ne change pas tant que le dispositif dure."
    ),
    Payer.ISSUER: (
        "L’émetteur paie les médiateurs ; la commande paie la valeur des pass et ses frais. "
        "Cela ne change pas tant que le dispositif dure."
    ),
}

NAMES = {
    "order_fee_basis_points": "Frais sur les commandes",
    "redemption_fee_basis_points": "Frais retenus aux médiateurs",
    "payment_delay_days": "Délai de paiement",
    "budget_cents": "Budget",
    "alert_days_before_end": "Alerte avant la fin",
    "withhold_days_before_end": "Retenue des carnets non distribués",
    "late_days_before_end": "Remises tardives",
    "tolerance_days": "Tolérance après la fin",
    "statement_days_after_end": "État contradictoire",
    "offline_pass_count": "Pass acceptés hors connexion",
    "offline_list_hours": "Âge de la liste hors connexion",
    "offline_upload_days": "Délai d’envoi hors connexion",
    "certification_required": "Certification du médiateur",
    "session_required": "Accompagnement décrit",
    "label_warning_days": "Fin des labels",
    "agreement_warning_days": "Fin des conventions",
    "recovery_delay_days": "Reprises non compensées",
    "signal_sitting_minutes": "Carnet entier encaissé",
    "signal_burst_count": "Encaissements hors des heures",
    "signal_feeding_times": "Prescripteur et médiateur liés",
    "signal_failed_count": "Codes refusés",
    "signal_session_days": "Encaissements sans accompagnement",
}
"""What each figure is called."""

GROUPS = {
    "L’argent": (
        "redemption_fee_basis_points",
        "order_fee_basis_points",
        "payment_delay_days",
        "budget_cents",
    ),
    "La fin d’un millésime": (
        "alert_days_before_end",
        "withhold_days_before_end",
        "late_days_before_end",
        "tolerance_days",
        "statement_days_after_end",
    ),
    "Sans réseau": ("offline_pass_count", "offline_list_hours", "offline_upload_days"),
    "Ce qui est demandé, ce qui est rappelé": (
        "certification_required",
        "session_required",
        "label_warning_days",
        "agreement_warning_days",
        "recovery_delay_days",
    ),
    "Ce qui est signalé": (
        "signal_sitting_minutes",
        "signal_burst_count",
        "signal_feeding_times",
        "signal_failed_count",
        "signal_session_days",
    ),
}
"""The figures in the order in which people look for them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one version says otherwise than the one before."""

    name: str
    before: str
    after: str


def percent(basis_points: int) -> str:
    """A part of the whole: 450 is « 4,5 % »."""
    whole, rest = divmod(basis_points, 100)
    decimals = f",{rest:02d}".rstrip("0") if rest else ""
    return f"{whole}{decimals}{NO_BREAK}%"


def days(count: int) -> str:
    """A number of days."""
    return f"{count} jour{'s' if count > 1 else ''}"


def entitlement(entitled: Entitled) -> str:
    """What one person of a public receives."""
    s = "s" if entitled.booklet_count > 1 else ""
    said = f"{entitled.booklet_count} carnet{s} de {entitled.booklet_size} pass par personne"
    if not entitled.renewal_count:
        return said
    again = "une fois" if entitled.renewal_count == 1 else f"{entitled.renewal_count} fois"
    return f"{said}, renouvelable{s} {again} si nécessaire"


def value(name: str, terms: Terms) -> str:
    """One figure, short, as a change tells it."""
    figure = getattr(terms, name)
    if figure is None:
        return "aucun plafond"
    if isinstance(figure, bool):
        return "oui" if figure else "non"
    if name.endswith("_cents"):
        return euros(figure)
    if name.endswith("_basis_points"):
        return percent(figure)
    if name in UNITS:
        unit = UNITS[name]
        return f"{figure} {unit}{'s' if figure > 1 and not unit.endswith('s') else ''}"
    return days(figure)


UNITS = {
    "offline_list_hours": "heure",
    "offline_pass_count": "pass",
    "signal_sitting_minutes": "minute",
    "signal_burst_count": "pass",
    "signal_feeding_times": "fois",
    "signal_failed_count": "code",
}
"""What is counted in something else than days."""

SENTENCES = {
    "redemption_fee_basis_points": (
        (
            "{value} de la valeur des pass sont retenus sur ce que reçoit un médiateur, sauf si sa "
            "convention dit autre chose."
        ),
        "Un médiateur reçoit la valeur entière du pass : aucuns frais ne sont retenus.",
    ),
    "order_fee_basis_points": (
        "L’émetteur ajoute {value} de la valeur des pass à chaque commande.",
        "L’émetteur n’ajoute aucuns frais à une commande.",
    ),
    "payment_delay_days": (
        "Un bordereau est payé en {value} au plus ; des intérêts courent ensuite.",
        "",
    ),
    "budget_cents": (
        (
            "Commandes et pass peuvent engager {value} en tout : l’impression, les frais et la "
            "valeur de chaque pass qui peut encore servir ou a servi."
        ),
        "Aucun budget n’est fixé : seules les commandes bornent la dépense.",
    ),
    "alert_days_before_end": (
        (
            "{value} avant la fin de validité, une alerte liste les carnets remis, non remis, "
            "entamés et non entamés."
        ),
        "L’alerte vient le dernier jour de validité.",
    ),
    "withhold_days_before_end": (
        "{value} avant la fin, les carnets non distribués sont retenus.",
        "Les carnets non distribués sont retenus le dernier jour.",
    ),
    "late_days_before_end": (
        "Dans les derniers {value}, une remise demande un accord exprès.",
        "Une remise ne demande d’accord exprès à aucun moment.",
    ),
    "tolerance_days": (
        (
            "Un accompagnement compte encore {value} après la fin. Un millésime déjà ouvert garde "
            "la tolérance fixée à son ouverture."
        ),
        "Aucun accompagnement ne compte après la fin de validité.",
    ),
    "statement_days_after_end": (
        "L’état contradictoire est signé {value} après la fin.",
        "",
    ),
    "offline_pass_count": (
        "Un appareil sans réseau accepte {value} au plus avant de se reconnecter.",
        "Aucun pass n’est accepté sans réseau.",
    ),
    "offline_list_hours": (
        "La liste que garde un appareil sert {value} au plus.",
        "La liste que garde un appareil ne sert jamais sans réseau.",
    ),
    "offline_upload_days": (
        "Un encaissement fait sans réseau est envoyé au plus tard {value} après.",
        "Un encaissement fait sans réseau est envoyé le jour même.",
    ),
    "certification_required": (
        "Le médiateur certifie son bordereau avant qu’il soit approuvé.",
        "Un bordereau peut être approuvé sans que le médiateur l’ait certifié.",
    ),
    "session_required": (
        "Un encaissement demande l’accompagnement : date, durée, thèmes.",
        "L’accompagnement peut être décrit ; un encaissement ne le demande pas.",
    ),
    "recovery_delay_days": (
        "Ce qu’aucun bordereau n’a compensé après {value} peut être réclamé par un titre.",
        "Ce qu’un médiateur doit rendre peut être réclamé aussitôt par un titre.",
    ),
    "signal_sitting_minutes": (
        "Un carnet entier encaissé par un médiateur en moins de {value} est signalé.",
        "",
    ),
    "signal_burst_count": (
        "À partir de {value} encaissés un même jour hors des heures, un médiateur est signalé.",
        "",
    ),
    "signal_feeding_times": (
        "Un prescripteur dont un médiateur reçoit une part {value} celle des autres est signalé.",
        "",
    ),
    "signal_failed_count": (
        "À partir de {value} refusés un même jour à un compte, il est signalé.",
        "",
    ),
    "signal_session_days": (
        "Un encaissement à plus de {value} de tout accompagnement déclaré est signalé.",
        "Un encaissement sans accompagnement déclaré le jour même est signalé.",
    ),
    "label_warning_days": (
        "La fin d’un label est rappelée {value} avant.",
        "La fin d’un label est rappelée le jour même.",
    ),
    "agreement_warning_days": (
        "La fin d’une convention est rappelée {value} avant.",
        "La fin d’une convention est rappelée le jour même.",
    ),
}
"""What each figure means for people: when it says something, and when it is nothing."""


def sentence(name: str, terms: Terms) -> str:
    """One figure in a plain sentence."""
    something, nothing = SENTENCES[name]
    return something.format(value=value(name, terms)) if getattr(terms, name) else nothing


FRENCH_COVERS = {
    Covers.ALL: "tous les publics",
    Covers.AGREED: "les publics de la convention seulement",
    Covers.STATE: "au titre de l’État : les publics de la convention, la moitié au plus",
}


def funder(name: str, share: Share) -> str:
    """What one funder brings."""
    whose = "" if share.covers is Covers.ALL else " par les publics de la convention"
    state = ", au titre de l’État" if share.covers is Covers.STATE else ""
    return (
        f"{name} prend en charge {percent(share.share_basis_points)} de la valeur des pass utilisés"
        f"{whose}{state}."
    )


ONE_OF = {
    Public.PLIE: "Un participant du PLIE",
    Public.REGISTERED_JOB_SEEKER: "Un demandeur d’emploi inscrit",
    Public.UNREGISTERED_JOB_SEEKER: "Un demandeur d’emploi non inscrit",
    Public.SENIOR: "Une personne de 60 ans et plus",
    Public.OTHER: "Une personne d’un autre public",
}
"""One person of each public."""


def given(entitled: Entitled, face_value_cents: int) -> str:
    """What one person receives, worked out in euros."""
    count, size = entitled.booklet_count, entitled.booklet_size
    booklets = "un carnet" if count == 1 else f"{count} carnets"
    worth = euros(Cents(count * size * face_value_cents))
    times = "" if entitled.renewal_count == 1 else f"{entitled.renewal_count}{NO_BREAK}"
    again = (
        f", et peut recevoir encore autant {times or 'une '}fois" if entitled.renewal_count else ""
    )
    return f"{ONE_OF[entitled.public]} reçoit {booklets} de {size} pass, soit {worth}{again}."


def shared_out(terms: Terms, names: Mapping[UUID, str]) -> str:
    """Who brings what of a thousand euros of passes used by a public that everybody funds."""
    parts = [
        f"{names[share.organisation_id]} {euros(Cents(share.share_basis_points * 10))}"
        for share in terms.funders
    ]
    left = WHOLE_IN_BASIS_POINTS - sum(share.share_basis_points for share in terms.funders)
    if left:
        parts.append(f"la collectivité {euros(Cents(left * 10))}")
    return f"Pour {euros(Cents(100_000))} de pass utilisés : {', '.join(parts)}."


def kept_back(terms: Terms) -> str:
    """What a mediator receives of a hundred euros of passes."""
    kept = terms.redemption_fee_basis_points
    return (
        f"Pour {euros(Cents(10_000))} de pass encaissés, un médiateur reçoit "
        f"{euros(Cents(WHOLE_IN_BASIS_POINTS - kept))}."
    )


def end_of(terms: Terms, valid_until: date) -> tuple[tuple[date, str], ...]:
    """What happens on which day around the end of a vintage that serves until then."""
    tolerated = valid_until + timedelta(days=terms.tolerance_days)
    return (
        (valid_until - timedelta(days=terms.alert_days_before_end), "alerte"),
        (
            valid_until - timedelta(days=terms.withhold_days_before_end),
            "les carnets non remis sont retenus",
        ),
        (
            valid_until - timedelta(days=terms.late_days_before_end),
            "une remise demande un accord exprès",
        ),
        (valid_until, "dernier jour imprimé sur les pass"),
        (tolerated, "dernier jour où un accompagnement compte"),
        (
            tolerated + timedelta(days=terms.offline_upload_days),
            "ce qui n’a pas servi expire",
        ),
        (
            valid_until + timedelta(days=terms.statement_days_after_end),
            "l’état contradictoire est signé",
        ),
    )


def rest(terms: Terms) -> str:
    """What is left to the sponsor."""
    left = WHOLE_IN_BASIS_POINTS - sum(share.share_basis_points for share in terms.funders)
    if left == WHOLE_IN_BASIS_POINTS:
        return "Aucun financeur : la collectivité prend tout en charge."
    return f"La collectivité prend en charge le reste, {percent(left)}." if left else ""


def changes(before: Terms, after: Terms, names: Mapping[UUID, str]) -> list[Change]:
    """Which figures changed, from what to what."""
    found = [
        Change(NAMES[name], value(name, before), value(name, after))
        for group in GROUPS.values()
        for name in group
        if getattr(before, name) != getattr(after, name)
    ]
    was, now = ({e.public: e for e in terms.entitlements} for terms in (before, after))
    found += _compared(
        ((FRENCH_PUBLIC[p], was.get(p), now.get(p)) for p in Public), entitlement, "rien"
    )
    had, has = ({s.organisation_id: s for s in t.funders} for t in (before, after))
    parties = {**had, **has}
    found += _compared(((names[p], had.get(p), has.get(p)) for p in parties), _share, "aucune part")
    return found


def _share(share: Share) -> str:
    """A part and for whom, short."""
    part = percent(share.share_basis_points)
    return part if share.covers is Covers.ALL else f"{part}, {FRENCH_COVERS[share.covers]}"


def _compared(
    lines: Iterable[tuple[str, T | None, T | None]], told: Callable[[T], str], none: str
) -> list[Change]:
    return [
        Change(
            name,
            told(before) if before is not None else none,
            told(after) if after is not None else none,
        )
        for name, before, after in lines
        if before != after
    ]
