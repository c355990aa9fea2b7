"""« Gel » of a programme: stop it while its issuer is in doubt, let it go on, read both."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import RIGHTS, Right
from app.programmes import freezes, queries, service
from app.programmes.models import FreezeLift, Programme, ProgrammeFreeze
from app.web.auth import check, current_actor, started_at
from app.web.forms import Form, done
from app.web.transaction import in_transaction

bp = Blueprint("freeze_pages", __name__)


@dataclass(frozen=True, slots=True)
class FreezePage:
    """A programme, its freezes, and the form that begins or ends one."""

    programme: Programme
    form: Form
    freezes: tuple[tuple[ProgrammeFreeze, FreezeLift | None], ...]
    may_manage: bool
    may_see_claims: bool

    @property
    def frozen(self) -> ProgrammeFreeze | None:
        """The freeze that holds now."""
        return next((freeze for freeze, lift in self.freezes if lift is None), None)


@bp.route("/dispositifs/<uuid:programme_id>/gel", methods=["GET", "POST"])
def freeze(programme_id: UUID) -> ResponseReturnValue:
    """Freeze a programme, or lift its freeze, with a reason."""
    check(Right.SEE_PROGRAMME if request.method == "GET" else Right.MANAGE_PROGRAMME)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST" and (
        said := form.submit(lambda session: _act(session, form, programme_id))
    ):
        return done(url_for(".freeze", programme_id=programme_id), said)

    def read(session: Session) -> FreezePage:
        rights = RIGHTS[current_actor().role]
        return FreezePage(
            service.known_programme(session, programme_id),
            form,
            tuple(queries.freezes_of(session, programme_id)),
            Right.MANAGE_PROGRAMME in rights,
            Right.SEE_LEDGER in rights,
        )

    return render_template("programmes/freeze.html", page=in_transaction(read)), form.status


def _act(session: Session, form: Form, programme_id: UUID) -> str:
    """Begin or end a freeze, as the form says which; the sentence that tells it."""
    asked: dict[str, Any] = {
        "actor": current_actor(),
        "programme_id": programme_id,
        "now": started_at(),
    }
    if form.text("geste") == "lever":
        freezes.lift_freeze(session, lift_id=form.id, reason=form.text("reason"), **asked)
        return "Le gel est levé : commandes, livraisons et dotations reprennent."
    if not form.checked("sure"):
        form.wrong("sure", "Cochez cette case : tout ce qui engage encore s’arrête aussitôt.")
        if not form.text("reason"):
            form.wrong("reason", "Dites pourquoi.")
    form.check()
    freezes.freeze_programme(session, freeze_id=form.id, reason=form.text("reason"), **asked)
    return (
        "Le dispositif est gelé : plus de commande, de livraison ni de dotation. Les pass remis "
        "servent encore. Préparez maintenant la déclaration de créances, ci-dessous."
    )
