"""Signing in and out: the first page that everybody meets."""

from functools import partial
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user
from sqlalchemy.orm import Session

from app.identity import passwords
from app.identity.errors import SignInRefused, TooManyAttempts
from app.identity.events import record_event
from app.identity.rules import AccountEventKind
from app.identity.service import SignInKeys, begin_sign_in, fail_sign_in, finish_sign_in
from app.web.auth import ANONYMOUS, SignedIn, check_csrf, origin, sign_in_keys, started_at
from app.web.pages import FieldError, SignInPage
from app.web.transaction import in_transaction

bp = Blueprint("identity_pages", __name__)
ANONYMOUS.update({"identity_pages.sign_in", "identity_pages.try_to_sign_in"})

REASONS = frozenset({"needed", "expired", "kept", "signed_out"})


@bp.get("/connexion")
def sign_in() -> ResponseReturnValue:
    """The sign-in form."""
    reason = request.args.get("reason", "")
    page = SignInPage(
        next=safe_next(request.args.get("next", "")),
        reason=reason if reason in REASONS else "",  # type: ignore[arg-type]  # one of the literals
    )
    return render_template("identity/sign_in.html", page=page)


@bp.post("/connexion")
def try_to_sign_in() -> ResponseReturnValue:
    """Check the address and the password; a wrong pair says so without saying which."""
    check_csrf()
    email, password = request.form.get("email", ""), request.form.get("password", "")
    back = safe_next(request.form.get("next", ""))
    keys = sign_in_keys(email)
    try:
        agent = in_transaction(
            lambda session: begin_sign_in(session, email=email, keys=keys, now=started_at())
        )
    except TooManyAttempts as refusal:
        page = SignInPage(email=email[:254], next=back, pause=refusal.message)
        return render_template("identity/sign_in.html", page=page), 429
    if not passwords.matches(agent.password_hash if agent else None, password) or agent is None:
        in_transaction(
            lambda session: fail_sign_in(
                session, agent=agent, keys=keys, origin=origin(), now=started_at()
            )
        )
        errors = (FieldError("password", SignInRefused().message),)
        page = SignInPage(email=email[:254], next=back, errors=errors)
        return render_template("identity/sign_in.html", page=page), 422
    in_transaction(partial(_let_in, agent_id=agent.id, keys=keys))
    login_user(SignedIn(agent))
    return redirect(back or url_for("home"))


def _let_in(session: Session, *, agent_id: int, keys: SignInKeys) -> None:
    finish_sign_in(session, keys=keys, now=started_at())
    record_event(
        session,
        kind=AccountEventKind.SIGNED_IN,
        agent_id=agent_id,
        actor=agent_id,
        origin=origin(),
        now=started_at(),
    )


@bp.post("/deconnexion")
def sign_out() -> ResponseReturnValue:
    """End the session of this browser."""
    logout_user()
    return redirect(url_for("identity_pages.sign_in", reason="signed_out"))


def safe_next(path: str) -> str:
    """A path of this site to open after signing in, or nothing: never another site."""
    parts = urlsplit(path)
    inside = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if inside and not parts.scheme and not parts.netloc else ""
