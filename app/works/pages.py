"""The page of a long work: how far it is, and where it leads when it is done."""

from datetime import date
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.web.auth import SECURITY_HEADERS, current_actor
from app.web.transaction import in_transaction
from app.works.rules import FRENCH_KIND, WorkKind
from app.works.service import standing

bp = Blueprint("works_pages", __name__)

LOOKS_AGAIN = (
    f"{SECURITY_HEADERS['Content-Security-Policy']}; script-src 'self'; connect-src 'self'"
)
"""The only script of this page reads this page again."""


@bp.get("/travaux/<uuid:work_id>")
def shown(work_id: UUID) -> ResponseReturnValue:
    """One's own work; the page may be left, reloaded, and opened again."""
    found = in_transaction(
        lambda session: standing(session, actor=current_actor(), work_id=work_id)
    )
    kind, asked = WorkKind(found.work.kind), found.work.asked
    title, back = FRENCH_KIND[kind], "Liquidation"
    if "number" in asked:
        title, back = f"{title}, commande {asked['number']}", f"Fichiers de {asked['number']}"
    elif "arrete" in asked:
        title = f"{title} arrêtée le {date.fromisoformat(asked['arrete']):%d/%m/%Y}"
    page = render_template("works/work.html", page=found, title=title, back=back)
    return page, {"Content-Security-Policy": LOOKS_AGAIN}
