"""Who asks: a person with a session, or a program with a token. No rule of the scheme is here."""

from datetime import datetime
from typing import cast

from flask import Request, Response, current_app, g, redirect, request, session, url_for
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from app.identity import passwords, queries
from app.identity.models import Agent
from app.identity.rules import Actor, Origin, Right, Way, browser_family
from app.identity.service import SignInKeys, actor_of
from app.kernel.errors import NotPermitted, NotSignedIn
from app.web import drafts
from app.web.transaction import SAFE_METHODS, current_settings, request_session

API_PREFIX = "/api/"
OPEN_TO_ALL = frozenset({"/api/v1/openapi.json"})
"""The contract of the API holds no data: whoever wants to write a client may read it."""

login_manager = LoginManager()
csrf = CSRFProtect()


class FormExpired(NotPermitted):
    """The form was opened too long ago, or came from another site."""

    code = "form_expired"
    sentence = (
        "Ce formulaire a expiré : rien n’a été enregistré. Rechargez la page, puis recommencez."
    )


class SignedIn(UserMixin):
    """The agent of a browser session, as Flask-Login wants it."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    def get_id(self) -> str:
        """The agent and a trace of the password: changing it ends every session."""
        return session_id(self.agent)


def session_id(agent: Agent) -> str:
    """What a session cookie says about its agent."""
    trace = passwords.keyed_hash(current_settings().secret_key, agent.password_hash or "")
    return f"{agent.id}:{trace.hex()[:16]}"


@login_manager.user_loader
def load_agent(stored: str) -> SignedIn | None:
    """The agent of a session cookie; nobody once the account is closed or its password changed."""
    agent_id, _, _ = stored.partition(":")
    agent = queries.agent(request_session(), int(agent_id)) if agent_id.isdigit() else None
    if agent is None or agent.disabled_at is not None or session_id(agent) != stored:
        return None
    return SignedIn(agent)


def current_agent() -> Agent:
    """The agent who asks.

    Raises:
        NotSignedIn: nobody does.
    """
    if "agent" not in g:
        raise NotSignedIn
    return cast("Agent", g.agent)


def current_actor() -> Actor:
    """The agent who asks, as services know it.

    Raises:
        NotSignedIn: nobody does.
    """
    return actor_of(current_agent(), by_token=g.get("by_token", False))


def authenticate() -> AnyResponse | None:
    """Before each request: find out who asks, and let nobody into the API without a name."""
    in_api = request.path.startswith(API_PREFIX)
    if not in_api and request.endpoint in {None, "static", *ANONYMOUS}:
        return None
    if in_api and (token := bearer_token(request)) is not None:
        agent = queries.agent_by_token(
            request_session(), passwords.token_hash(token), now=started_at()
        )
        if agent is None:
            raise NotSignedIn
        g.agent, g.by_token = agent, True
        return None
    user = cast("SignedIn | AnonymousUserMixin", current_user)
    if isinstance(user, SignedIn):
        g.agent = user.agent
        if request.method not in SAFE_METHODS:
            check_csrf()
        return None
    if in_api:
        if request.path in OPEN_TO_ALL:
            return None
        raise NotSignedIn
    return ask_to_sign_in()


ANONYMOUS: set[str] = set()
"""Endpoints that a person may open before signing in: each blueprint names its own."""


def bearer_token(asked: Request) -> str | None:
    """The token of an Authorization header, if there is one."""
    kind, _, token = asked.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def check_csrf() -> None:
    """Refuse a form that this site did not make for this session.

    Raises:
        FormExpired.
    """
    try:
        csrf.protect()
    except CSRFError:
        raise FormExpired from None


def ask_to_sign_in() -> AnyResponse:
    """Send a person to the sign-in page, and back afterwards, to what they had typed."""
    reason = "expired" if "_user_id" in session else "needed"
    if request.method in SAFE_METHODS:
        asked = request.full_path.rstrip("?")
    elif asked := drafts.address_to_go_on():
        reason = "kept"
    return redirect(url_for("identity_pages.sign_in", next=asked or None, reason=reason))


def check(right: Right) -> None:
    """Refuse a page to whoever has not that right.

    Raises:
        RightMissing.
    """
    current_actor().check(right)


def sign_in_keys(email: str) -> SignInKeys:
    """What the throttle recognises of this request."""
    key = current_settings().secret_key
    return SignInKeys(
        passwords.keyed_hash(key, email.strip().lower()[:254]),
        passwords.keyed_hash(key, request.remote_addr or ""),
    )


def account_keys(email: str) -> SignInKeys:
    """What the throttle recognises of an account, apart from any network address."""
    key = current_settings().secret_key
    return SignInKeys(
        passwords.keyed_hash(key, email.strip().lower()[:254]), passwords.keyed_hash(key, "nowhere")
    )


def origin() -> Origin:
    """From where this request comes, as the journal of accounts keeps it."""
    key = current_settings().secret_key
    return Origin(
        Way.TOKEN if g.get("by_token", False) else Way.PAGE,
        passwords.keyed_hash(key, request.remote_addr or ""),
        browser_family(request.user_agent.string),
    )


SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=()",
}
SCANNING_HEADERS = SECURITY_HEADERS | {
    "Content-Security-Policy": (
        SECURITY_HEADERS["Content-Security-Policy"]
        + "; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
    ),
    "Permissions-Policy": "camera=(self), microphone=()",
}
"""On pages that scan, and on no other: our own modules, the reader of squares, and the camera."""


def allow_camera() -> str:
    """Let the page of this request open the camera; templates call it where they scan."""
    g.scans = True
    return ""


def secure(response: Response) -> Response:
    """After each request: what a browser may do with the answer, and that nobody keeps it."""
    headers = SCANNING_HEADERS if g.get("scans") else SECURITY_HEADERS
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def started_at() -> datetime:
    """The instant of this request: every service it calls is told the same."""
    if "started_at" not in g:
        g.started_at = current_app.extensions["passnum_clock"]()
    return cast("datetime", g.started_at)
