"""What the forms of settings and vintages hold: the fields of a page, to and from plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.programmes.rules import FIGURES, Covers, Entitled, Public, Share, Terms
from app.programmes.words import GROUPS
from app.web.forms import Form

A_RATE = "Écrivez un pourcentage, par exemple 4 ou 4,5."
FLAGS = ("certification_required", "session_required")


@dataclass(frozen=True, slots=True)
class Question:
    """One figure as a form asks for it. `about` is its text in the table of help, if it has one."""

    label: str
    hint: str = ""
    about: str = ""
    typed_as: str = "numeric"
    longest: int = 4


QUESTIONS = {
    "redemption_fee_basis_points": Question(
        "Frais retenus aux médiateurs, en pour cent",
        "Par exemple 4 ou 4,5. Avec 0, un médiateur reçoit la valeur entière.",
        "fees",
        "decimal",
        6,
    ),
    "order_fee_basis_points": Question(
        "Frais de l’émetteur sur les commandes, en pour cent",
        "Par exemple 4 ou 4,5. Avec 0, l’émetteur n’ajoute rien.",
        typed_as="decimal",
        longest=6,
    ),
    "payment_delay_days": Question(
        "Un bordereau est payé en combien de jours",
        "De 1 à 30. La loi donne 30 jours au plus.",
        "payment_delay",
    ),
    "budget_cents": Question(
        "Budget du dispositif, en euros (facultatif)",
        (
            "Une commande qui engagerait davantage, impression, frais et valeur des pass ensemble, "
            "ne s’approuve pas."
        ),
        "budget",
        "decimal",
        16,
    ),
    "alert_days_before_end": Question(
        "Alerte : combien de jours avant la fin",
        "Vous recevez la liste des carnets pas encore remis et pas encore utilisés.",
    ),
    "withhold_days_before_end": Question(
        "Retenue : combien de jours avant la fin",
        "Les carnets encore dans les armoires ne se remettent plus, sauf si vous les libérez.",
        "withholding",
    ),
    "late_days_before_end": Question(
        "Remises tardives : combien de derniers jours",
        "Dans ces jours, le prescripteur dit pourquoi il remet un carnet qui finit si vite.",
    ),
    "tolerance_days": Question(
        "Tolérance : combien de jours après la fin",
        "Un accompagnement donné dans ces jours est encore payé.",
        "tolerance",
    ),
    "statement_days_after_end": Question(
        "État contradictoire : combien de jours après la fin",
        "Les deux parties signent alors ce qui a servi et ce qui n’a pas servi.",
        "joint_statement",
    ),
    "offline_pass_count": Question(
        "Pass qu’un appareil accepte sans réseau",
        "Au-delà, il se reconnecte d’abord. Avec 0, rien ne s’encaisse sans réseau.",
        "offline",
    ),
    "offline_list_hours": Question(
        "Âge de sa liste de pass, en heures au plus",
        "Une vieille liste ignore les pass perdus depuis. 72 heures font trois jours.",
    ),
    "offline_upload_days": Question(
        "Délai pour envoyer ce qu’il a encaissé, en jours",
        "Il retarde d’autant l’expiration et l’état contradictoire.",
    ),
    "certification_required": Question(
        "Le médiateur certifie son bordereau avant qu’il soit approuvé", about="certification"
    ),
    "session_required": Question("Un encaissement demande l’accompagnement : date, durée, thèmes"),
    "label_warning_days": Question("Fin d’un label : rappelée combien de jours avant"),
    "agreement_warning_days": Question(
        "Fin d’une convention ou d’une régie : rappelée combien de jours avant"
    ),
    "recovery_delay_days": Question(
        "Ce qu’un médiateur doit rendre : réclamé par un titre après combien de jours",
        "Avant, c’est repris sur ses prochains bordereaux.",
        "recovery",
    ),
    "signal_sitting_minutes": Question("Un carnet entier encaissé en moins de (minutes)"),
    "signal_burst_count": Question(
        "Un même jour, hors des heures d’ouverture, à partir de (encaissements)"
    ),
    "signal_feeding_times": Question(
        "Un prescripteur qui oriente vers un médiateur plus que les autres (fois)",
        "Avec 5 : ce médiateur reçoit de lui une part 5 fois plus grande que des autres.",
    ),
    "signal_failed_count": Question("Des codes refusés à un compte, un même jour, à partir de"),
    "signal_session_days": Question("Un encaissement loin de tout accompagnement (jours)"),
}
"""Each figure as it is asked for, on the long form as step by step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One group of questions, on a page of its own."""

    name: str
    title: str
    lead: str
    figures: tuple[str, ...] = ()

    def holds(self, field: str) -> bool:
        """Whether that field of the form is asked for here."""
        match self.name:
            case "dispositif":
                return field in {"name", "sponsor_id", "issuer_id", "payer"}
            case "date":
                return field in {"applies_from", "document"}
            case "publics":
                return field == "entitlements" or field in PUBLIC_FIELDS
            case "financeurs":
                return field == "funders" or field.startswith(("share_", "covers_"))
            case _:
                return field in self.figures


PUBLIC_FIELDS = frozenset(
    f"{public}_{part}" for public in Public for part in ("size", "count", "renewals")
)
STEPS = (
    Step(
        "dispositif",
        "Le dispositif",
        "Ces quatre réponses ne changent plus ensuite ; toutes les autres pourront changer.",
    ),
    Step(
        "publics",
        "Ce que reçoit une personne",
        "Un carnet contient 5 ou 10 pass. Un pass paie environ une heure d’accompagnement.",
    ),
    Step(
        "financeurs",
        "Qui finance",
        (
            "Chaque financeur rembourse une part de la valeur des pass utilisés. Le reste est à la "
            "collectivité."
        ),
    ),
    Step(
        "argent",
        "L’argent",
        "Ce qui s’ajoute à la valeur des pass, ou s’en retranche, et ce qui ne peut être dépassé.",
        GROUPS["L’argent"],
    ),
    Step(
        "fin",
        "La fin d’un millésime",
        (
            "Les pass ont un dernier jour. Ces délais disent ce qui se passe autour de lui, et "
            "quand."
        ),
        GROUPS["La fin d’un millésime"],
    ),
    Step(
        "sans-reseau",
        "Sans réseau",
        (
            "Un appareil sans réseau encaisse sans pouvoir demander si un pass est bloqué. Ces "
            "bornes disent le risque que vous acceptez."
        ),
        GROUPS["Sans réseau"],
    ),
    Step(
        "controles",
        "Ce qui est demandé, ce qui est rappelé",
        "Plus vous demandez, plus c’est sûr, et plus c’est long pour ceux qui travaillent.",
        GROUPS["Ce qui est demandé, ce qui est rappelé"],
    ),
    Step(
        "signalements",
        "Ce qui est signalé",
        "Un signalement ne bloque rien : une personne regarde et décide.",
        GROUPS["Ce qui est signalé"],
    ),
    Step(
        "date",
        "À partir de quand",
        "Ce qui s’appliquait avant ce jour reste lisible, et reste vrai pour ce qui s’est fait.",
    ),
)
"""The settings, a page at a time; a new programme has no date, a change leaves the programme."""


def typed_from(terms: Terms) -> dict[str, str]:
    """Settings as the fields of the form show them."""
    typed = {name: _typed(name, getattr(terms, name)) for name in FIGURES}
    for entitled in terms.entitlements:
        typed |= {
            f"{entitled.public}_size": str(entitled.booklet_size),
            f"{entitled.public}_count": str(entitled.booklet_count),
            f"{entitled.public}_renewals": str(entitled.renewal_count),
        }
    for share in terms.funders:
        typed |= {
            f"share_{share.organisation_id}": _rate(share.share_basis_points),
            f"covers_{share.organisation_id}": str(share.covers),
        }
    return typed


def read_terms(form: Form, funders: Iterable[UUID]) -> Terms:
    """Settings as they were typed; the form notes what cannot be read."""
    figures: dict[str, Any] = {name: _figure(form, name) for name in FIGURES}
    return Terms(
        entitlements=tuple(_entitlements(form)),
        funders=tuple(
            Share(
                funder,
                form.cents(f"share_{funder}", A_RATE),
                form.choice(f"covers_{funder}", Covers),
            )
            for funder in funders
            if form.text(f"share_{funder}")
        ),
        **figures,
    )


def _entitlements(form: Form) -> Iterable[Entitled]:
    for public in Public:
        if not form.text(f"{public}_size"):
            continue
        yield Entitled(
            public,
            form.integer(f"{public}_size"),
            form.integer(f"{public}_count"),
            form.integer(f"{public}_renewals"),
        )


def _figure(form: Form, name: str) -> int | bool | None:
    if name in FLAGS:
        return form.checked(name)
    if name == "budget_cents":
        return form.cents(name) if form.text(name) else None
    if name.endswith("_basis_points"):
        return form.cents(name, A_RATE)
    return form.integer(name)


def _typed(name: str, value: int | bool | None) -> str:  # noqa: FBT001 - a figure or a flag
    if isinstance(value, bool):
        return "oui" if value else ""
    if value is None:
        return ""
    return _rate(value) if name.endswith(("_cents", "_basis_points")) else str(value)


def _rate(hundredths: int) -> str:
    """Hundredths as people type them: cents as euros, basis points as a percentage."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole},{rest:02d}" if rest else str(whole)
