"""Signing in and out: the first page that everybody meets."""

from functools import partial
from typing import cast
from unicodedata import category
from urllib.parse import unquote, urlsplit

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.identity import passkeys, passwords, queries
from app.identity.errors import SignInRefused, TooManyAttempts
from app.identity.models import Agent
from app.identity.passkeys import Asking
from app.identity.service import (
    KNOWN_FOR,
    Door,
    SignInKeys,
    begin_sign_in,
    begin_try,
    fail_sign_in,
    finish_sign_in,
)
from app.identity.session_errors import PasskeyRefused
from app.identity.session_models import Passkey
from app.identity.session_rules import Method, Second
from app.identity.sessions import begin_session
from app.identity.sessions import sign_out as end_here
from app.web import form_tokens
from app.web.auth import (
    ANONYMOUS,
    AWAITED,
    ENROLLING,
    allow_scripts,
    browser_of_request,
    check_csrf,
    current_agent,
    current_site,
    current_standing,
    origin,
    session_of_cookie,
    sign_in_keys,
    started_at,
)
from app.web.cookie import drop_cookie, keep_browser, keep_cookie
from app.web.pages import FieldError, SignInPage
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("identity_pages", __name__)
ANONYMOUS.update(
    {
        "identity_pages.sign_in",
        "identity_pages.try_to_sign_in",
        "identity_pages.sign_in_by_passkey",
    }
)
AWAITED.add("identity_pages.sign_out")
ENROLLING.add("identity_pages.sign_out")

REASONS = frozenset({"needed", "expired", "kept", "lost", "signed_out"})
WAIVES_SECOND_FACTOR = "passnum_waives_second_factor"
"""What the factory puts here says of a database whether it is a demonstration."""


@bp.get("/connexion")
def sign_in() -> ResponseReturnValue:
    """The sign-in form."""
    reason = request.args.get("reason", "")
    return shown(
        next=safe_next(request.args.get("next", "")),
        reason=reason if reason in REASONS else "",
    )


def shown(status: int = 200, **said: object) -> tuple[str, int]:
    """The page of the sign-in, with the ways in that this site has."""
    if passkeys_work():
        allow_scripts()
    page = SignInPage(
        passkey=to_show("sign in"),
        provider=current_settings().proconnect is not None,
        **said,  # type: ignore[arg-type]  # the fields of a page
    )
    return render_template("identity/sign_in.html", page=page), status


@bp.post("/connexion")
def try_to_sign_in() -> ResponseReturnValue:
    """Check the address and the password; a wrong pair says so without saying which."""
    check_csrf()
    email, password = request.form.get("email", ""), request.form.get("password", "")
    back = safe_next(request.form.get("next", ""))
    keys = sign_in_keys(email)
    try:
        agent = in_transaction(
            lambda database: begin_sign_in(database, email=email, keys=keys, now=started_at())
        )
    except TooManyAttempts as refusal:
        return shown(429, email=email[:254], next=back, pause=refusal.message)
    if not passwords.matches(agent.password_hash if agent else None, password) or agent is None:
        in_transaction(
            lambda database: fail_sign_in(
                database, agent=agent, keys=keys, origin=origin(), now=started_at()
            )
        )
        errors = (FieldError("password", SignInRefused().message),)
        return shown(422, email=email[:254], next=back, errors=errors)
    return let_in(agent, method=Method.PASSWORD, back=back, keys=keys)


@bp.post("/connexion/cle-d-acces")
def sign_in_by_passkey() -> ResponseReturnValue:
    """Let in whoever's device shows a key of theirs: no address, no password."""
    check_csrf()
    back, answer = safe_next(request.form.get("next", "")), request.form.get("answer", "")
    keys = sign_in_keys(
        passwords.token_hash(passkeys.credential_of(answer).hex()).hex(), Door.PASSKEY
    )
    try:
        in_transaction(lambda database: begin_try(database, keys=keys, now=started_at()))
        agent = in_transaction(partial(_holder, answer=answer))
    except TooManyAttempts as refusal:
        return shown(429, next=back, pause=refusal.message)
    except PasskeyRefused as refusal:
        return shown(422, next=back, errors=(FieldError("cle", refusal.message),))
    return let_in(agent, method=Method.PASSKEY, second=Second.PASSKEY, back=back, keys=keys)


def _holder(database: Session, *, answer: str) -> Agent:
    shown = passkeys.shown_passkey(database, asking("sign in"), answer=answer, now=started_at())
    agent = queries.agent(database, shown.agent_id)
    if agent is None or agent.disabled_at is not None:
        raise PasskeyRefused
    return agent


def let_in(
    agent: Agent,
    *,
    method: Method,
    second: Second | None = None,
    back: str,
    keys: SignInKeys | None = None,
    provider_token: str | None = None,
) -> Response:
    """Begin the session of somebody who has proved who they are; what is lacking comes next.

    Whoever was signed in on this browser before is not any more.
    """

    def begin(database: Session) -> tuple[str, bool]:
        if (before := session_of_cookie()) is not None:
            end_here(
                database,
                agent_id=before[0].id,
                session_id=before[1].id,
                origin=origin(),
                now=started_at(),
            )
        if keys is not None:
            finish_sign_in(database, keys=keys, now=started_at())
        waived = bool(current_app.extensions[WAIVES_SECOND_FACTOR](database))
        return begin_session(
            database,
            agent=agent,
            method=method,
            second=second,
            waived=waived,
            browser=browser_of_request(),
            minutes=current_settings().session_minutes,
            origin=origin(),
            now=started_at(),
            provider_token=provider_token,
        )

    secret, was_waived = in_transaction(begin)
    # Whatever this browser held before somebody signed in is nobody's any more.
    session.clear()
    form_tokens.begin_for(agent.id)
    if was_waived:
        flash(
            "Base de démonstration : second facteur non exigé. "
            "Sur une vraie base, votre rôle en montre un à chaque connexion."
        )
    response = redirect(back or url_for("home"))
    keep_cookie(response, secret)
    if method is Method.PASSWORD:
        keep_browser(response, KNOWN_FOR)
    return response


@bp.post("/deconnexion")
def sign_out() -> ResponseReturnValue:
    """End the session of this browser, here and on the server."""
    standing, agent = current_standing(), current_agent()
    in_transaction(
        lambda database: end_here(
            database,
            agent_id=agent.id,
            session_id=standing.id,
            origin=origin(),
            now=started_at(),
        )
    )
    session.clear()
    leave = url_for("identity_pages.sign_in", reason="signed_out")
    if standing.provider_token is not None:
        leave = cast("str", current_app.extensions[LEAVES_PROVIDER](standing.provider_token, leave))
    response = redirect(leave)
    drop_cookie(response)
    return response


LEAVES_PROVIDER = "passnum_leaves_provider"
"""What makes the address that ends a session at the identity provider too."""


def asking(purpose: str) -> Asking:
    """This site, asking a device through this browser."""
    generate_csrf()
    site = current_site()
    return Asking(
        key=current_settings().secret_key,
        host=site.host,
        origin=site.origin,
        browser=str(session["csrf_token"]).encode(),
        purpose=purpose,
    )


def to_show(purpose: str, known: tuple[Passkey, ...] = ()) -> str:
    """What a device is asked, as JSON: one of these keys, or any; nothing where none would work."""
    return passkeys.options_to_show(asking(purpose), known, started_at()) if passkeys_work() else ""


def passkeys_work() -> bool:
    """Whether a browser would make or show a key here: it wants a name, and no bare number."""
    return not current_site().host.replace(".", "").isdigit()


def safe_next(path: str) -> str:
    """A path of this site to open after signing in, or nothing: never another site."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        return ""
    if any(category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in path):
        return ""
    try:
        parts = urlsplit(path)
        inside = not parts.scheme and not parts.netloc
        routes = current_app.create_url_adapter(request)
        opens = routes is not None and routes.test(unquote(parts.path), method="GET")
    except ValueError:
        return ""
    return path if inside and opens else ""


def where_they_wanted_to_go() -> str:
    """The address that was asked for before somebody had to show who they are."""
    return safe_next(str(session.pop("next", ""))) or url_for("home")
