"""What the forms of settings and vintages hold: the fields of a page, to and from plain values."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app.programmes.rules import FIGURES, Covers, Entitled, Public, Share, Terms
from app.web.forms import Form

A_RATE = "Écrivez un pourcentage, par exemple 4 ou 4,5."
FLAGS = ("certification_required", "session_required")


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
