"""At the door: an invitation accepted, a forgotten password replaced."""

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts import entering
from app.identity.errors import LinkServesNoMore, WeakPassword
from app.identity.models import Agent
from app.identity.rules import LinkPurpose
from app.identity.service import Door, hashed, keys_at
from app.identity.session_rules import Method
from app.web.auth import ANONYMOUS, check_csrf, origin, started_at
from app.web.forms import Form
from app.web.sign_in import let_in
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("gate_pages", __name__)
ANONYMOUS.update(
    {"gate_pages.forgotten", "gate_pages.asked", "gate_pages.invited", "gate_pages.reset"}
)


@dataclass(frozen=True, slots=True)
class ForgottenPage:
    """The form that asks for a new password."""

    form: Form


@dataclass(frozen=True, slots=True)
class AskedPage:
    """What happens now. `kept`: there is no mail server, so somebody gives the link."""

    kept: bool


@dataclass(frozen=True, slots=True)
class ChoosePage:
    """The form that chooses a password; `email` is None once the link serves no more."""

    form: Form
    email: str | None
    invited: bool


@bp.route("/mot-de-passe-oublie", methods=["GET", "POST"])
def forgotten() -> ResponseReturnValue:
    """Ask for a link; the answer is the same whether or not the address has an account."""
    if request.method != "POST":
        form = Form.blank()
        return render_template("accounts/forgotten.html", page=ForgottenPage(form))
    check_csrf()
    form = Form.sent()
    if not form.text("email"):
        form.wrong("email", "Écrivez l’adresse de votre compte.")
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
    elif form.submit(partial(_ask, form)):
        return redirect(url_for(".asked"), HTTPStatus.SEE_OTHER)
    return render_template("accounts/forgotten.html", page=ForgottenPage(form)), form.status


def _ask(form: Form, session: Session) -> bool:
    entering.ask_for_reset(
        session,
        link_id=form.id,
        email=form.text("email"),
        secret_key=current_settings().secret_key,
        origin=origin(),
        now=started_at(),
    )
    return True


@bp.get("/mot-de-passe-oublie/demande")
def asked() -> ResponseReturnValue:
    """What happens now, for whoever asked."""
    return render_template(
        "accounts/asked.html", page=AskedPage(current_settings().mail_server is None)
    )


@bp.route("/invitation/<secret>", methods=["GET", "POST"])
def invited(secret: str) -> ResponseReturnValue:
    """Accept an invitation: choose a password, and be signed in."""
    return _choose(secret, LinkPurpose.INVITATION)


@bp.route("/mot-de-passe/<secret>", methods=["GET", "POST"])
def reset(secret: str) -> ResponseReturnValue:
    """Choose a new password, and be signed in; every other session ends."""
    return _choose(secret, LinkPurpose.RESET)


def _choose(secret: str, purpose: LinkPurpose) -> ResponseReturnValue:
    form = Form.sent() if request.method == "POST" else Form.blank()
    invited = purpose is LinkPurpose.INVITATION
    look = partial(entering.owner_of_link, secret=secret, purpose=purpose, now=started_at())
    if request.method == "POST":
        check_csrf()
    try:
        owner = in_transaction(look)
        if request.method == "POST" and (chosen := _chosen(form, owner)) is not None:
            agent = in_transaction(
                lambda session: entering.use_link(
                    session,
                    secret=secret,
                    purpose=purpose,
                    password_hash=chosen,
                    keys=keys_at(current_settings().secret_key, Door.SIGN_IN, owner.email),
                    origin=origin(),
                    now=started_at(),
                )
            )
            return _let_in(agent, invited=invited)
    except LinkServesNoMore:
        form.status = HTTPStatus.NOT_FOUND
        page = ChoosePage(form, None, invited)
        return render_template("accounts/choose.html", page=page), 404
    page = ChoosePage(form, owner.email, invited)
    return render_template("accounts/choose.html", page=page), form.status


def _chosen(form: Form, owner: Agent) -> str | None:
    """The hash of what was chosen, made outside any transaction; None once the form says why."""
    password = request.form.get("password", "")
    try:
        return hashed(password, owner.email, owner.name)
    except WeakPassword as refusal:
        form.wrong("password", refusal.message)
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
        return None


def _let_in(agent: Agent, *, invited: bool) -> ResponseReturnValue:
    """Whoever was signed in on this browser is not any more; the owner of the link is."""
    response = let_in(agent, method=Method.PASSWORD, back="")
    said = (
        "Bienvenue. Votre compte est ouvert : ce mot de passe vous y ramène."
        if invited
        else "Votre mot de passe est changé. Vos autres connexions sont fermées."
    )
    flash(said)
    return response
