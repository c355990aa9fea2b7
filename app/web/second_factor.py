"""The second step of a sign-in: a code, a key, or a recovery code for a bad day."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity import factors, passkeys
from app.identity.errors import TooManyAttempts
from app.identity.events import record_event
from app.identity.rules import AccountEventKind
from app.identity.service import Door, SignInKeys, begin_try, finish_sign_in
from app.identity.session_rules import Method, Second
from app.identity.sessions import confirm_session
from app.identity.vault import FactorVault
from app.kernel.errors import DomainError
from app.web.auth import (
    AWAITED,
    allow_scripts,
    current_agent,
    current_standing,
    is_signed_in,
    origin,
    sign_in_keys,
    started_at,
)
from app.web.cookie import keep_cookie
from app.web.forms import Form
from app.web.sign_in import asking, to_show, where_they_wanted_to_go
from app.web.transaction import current_settings, in_transaction, request_session

bp = Blueprint("second_factor", __name__)
AWAITED.update({"second_factor.show", "second_factor.key", "second_factor.recover"})


@bp.before_request
def nothing_is_lacking() -> ResponseReturnValue | None:
    """Whoever has finished signing in has nothing to show here."""
    if is_signed_in():
        return redirect(where_they_wanted_to_go())
    return None


@dataclass(frozen=True, slots=True)
class SecondFactorPage:
    """What the person can show. Fields sent back: `code`, or `answer` of a device."""

    form: Form
    application: bool = False
    passkey: str = ""
    has_codes: bool = False
    pause: str = ""
    by_provider: bool = False
    """Whether ProConnect stood in for the password."""


@bp.route("/connexion/second-facteur", methods=["GET", "POST"])
def show() -> ResponseReturnValue:
    """Ask for a code of the application, or a key; a right one finishes the sign-in."""
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        code, vault = form.text("code"), factor_vault()
        return try_factor(
            form,
            Second.TOTP,
            lambda session: factors.accept_code(
                session, agent_id=current_agent().id, code=code, vault=vault, now=started_at()
            ),
        )
    return page_of(form)


@bp.post("/connexion/second-facteur/cle")
def key() -> ResponseReturnValue:
    """A device shows a key of this agent's."""
    form = Form.sent()
    return try_factor(
        form,
        Second.PASSKEY,
        lambda session: passkeys.shown_passkey(
            session,
            asking("second factor"),
            answer=request.form.get("answer", ""),
            agent_id=current_agent().id,
            now=started_at(),
        ),
        field="cle",
    )


@bp.route("/connexion/code-de-secours", methods=["GET", "POST"])
def recover() -> ResponseReturnValue:
    """Ask for one of the codes on paper."""
    if request.method != "POST":
        return recovery_page(Form.blank())
    form = Form.sent()

    def use(session: Session) -> None:
        left = factors.use_recovery_code(
            session,
            agent=current_agent(),
            typed=form.text("code"),
            vault=factor_vault(),
            origin=origin(),
            now=started_at(),
        )
        flash(
            f"Ce code de secours a servi et ne servira plus. Il vous en reste {left}. "
            "Téléphone perdu ? Retirez-le de vos seconds facteurs."
        )

    return try_factor(form, Second.RECOVERY, use, shown=recovery_page)


def try_factor(
    form: Form,
    second: Second,
    accept: Callable[[Session], object],
    *,
    field: str = "code",
    shown: "Callable[..., ResponseReturnValue] | None" = None,
) -> ResponseReturnValue:
    """One try, counted before it is made; accepted, the session is whole and has a new secret."""
    shown = shown or page_of
    agent, keys = current_agent(), keys_of_second_step()
    try:
        in_transaction(lambda session: begin_try(session, keys=keys, now=started_at()))
    except TooManyAttempts as refusal:
        return shown(form, status=HTTPStatus.TOO_MANY_REQUESTS, pause=refusal.message)

    def finish(session: Session) -> str:
        accept(session)
        finish_sign_in(session, keys=keys, now=started_at())
        return confirm_session(
            session,
            agent=agent,
            session_id=current_standing().id,
            second=second,
            minutes=current_settings().session_minutes,
            origin=origin(),
            now=started_at(),
        )

    try:
        secret = in_transaction(finish)
    except DomainError as refusal:
        in_transaction(lambda session: note_failure(session, second))
        form.wrong(field, refusal.message)
        return shown(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    response = redirect(where_they_wanted_to_go(), HTTPStatus.SEE_OTHER)
    keep_cookie(response, secret)
    return response


def note_failure(session: Session, second: Second) -> None:
    """Tell the journal of the account that a second factor was refused."""
    record_event(
        session,
        kind=AccountEventKind.FACTOR_FAILED,
        agent_id=current_agent().id,
        actor=None,
        origin=origin(),
        now=started_at(),
        detail=second,
    )


def page_of(form: Form, *, status: int = HTTPStatus.OK, pause: str = "") -> ResponseReturnValue:
    """The page that asks for a second factor."""
    allow_scripts()
    known = factors.factors_of(request_session(), current_agent().id)
    page = SecondFactorPage(
        form=form,
        application=known.application is not None,
        passkey=to_show("second factor", known.passkeys) if known.passkeys else "",
        has_codes=known.codes_left > 0,
        pause=pause,
        by_provider=current_standing().method is Method.PROVIDER,
    )
    return render_template("identity/second_factor.html", page=page), status


def recovery_page(
    form: Form, *, status: int = HTTPStatus.OK, pause: str = ""
) -> ResponseReturnValue:
    """The page that asks for a recovery code."""
    page = SecondFactorPage(form=form, pause=pause)
    return render_template("identity/recovery.html", page=page), status


def keys_of_second_step() -> SignInKeys:
    """What the throttle recognises: this account's second step, and the network address."""
    return sign_in_keys(current_agent().id, Door.SECOND_STEP)


def factor_vault() -> FactorVault:
    """Where the secrets of authenticators are opened."""
    return FactorVault(current_settings().key_dir)
