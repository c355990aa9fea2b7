"""Who asks: a person with a session, or a program with a token. No rule of the scheme is here."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID

from flask import Request, Response, current_app, g, redirect, request, session, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response as AnyResponse

from app.identity import devices, passwords, queries, sessions
from app.identity.device_rules import CREDENTIAL_PREFIX, OFFER_PREFIX
from app.identity.errors import DeviceCannot, OnlyADevice
from app.identity.models import Agent
from app.identity.rules import RIGHTS, Actor, Browser, Origin, Right, Way, browser_family
from app.identity.service import Door, SignInKeys, actor_of, keys_at
from app.identity.session_errors import SecondFactorNeeded, SignInTooOld
from app.identity.session_rules import FRESH_FOR, SEEN_EVERY, system_of
from app.identity.sessions import SignedIn
from app.kernel.clock import martinique_day
from app.kernel.errors import NotPermitted, NotSignedIn
from app.web import drafts, form_tokens
from app.web.cookie import browser_nonce, secret_of_cookie
from app.web.transaction import (
    SAFE_METHODS,
    current_database,
    current_settings,
    request_session,
    unless_others_write,
)

API_PREFIX = "/api/"
OPEN_TO_ALL = frozenset({"/api/v1/openapi.json"})
"""The contract of the API holds no data: whoever wants to write a client may read it."""

csrf = CSRFProtect()


class FormExpired(NotPermitted):
    """The form was opened too long ago, or came from another site."""

    code = "form_expired"
    sentence = (
        "Il vient d’une session finie : rien n’a été enregistré. Revenez à sa page, rechargez-la, "
        "puis recommencez."
    )


@dataclass(frozen=True, slots=True)
class Site:
    """This site as the browser that asks knows it."""

    host: str
    origin: str


def current_site() -> Site:
    """The name of this site and its origin, as the person typed or clicked them."""
    scheme = "https" if current_settings().secure_cookies else "http"
    return Site(request.host.partition(":")[0], f"{scheme}://{request.host}")


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
    return actor_of(
        current_agent(), by_token=g.get("by_token", False), device_id=g.get("device_id")
    )


def may(right: Right) -> bool:
    """Whether whoever looks has a right, for pages that offer what it opens."""
    return right in RIGHTS[current_actor().role]


def authenticate() -> AnyResponse | None:
    """Before each request: find out who asks, and let nobody into the API without a name."""
    in_api = request.path.startswith(API_PREFIX)
    if not in_api and request.endpoint in {None, "static", *ANONYMOUS}:
        if request.endpoint in KNOWING_THEIR_READER:
            recognise()
        return None
    if in_api and (token := bearer_token(request)) is not None:
        know_bearer(token)
        return None
    if (found := session_of_cookie()) is not None:
        check_is_for_people()
        g.agent, g.standing = found
        if not found[1].is_whole and request.endpoint not in way_on(found[1]):
            if in_api:
                raise SecondFactorNeeded
            return go_on_signing_in(found[1])
        if request.method not in SAFE_METHODS:
            check_csrf()
        note_that_somebody_is_there()
        return None
    if in_api:
        if request.path in OPEN_TO_ALL:
            return None
        raise NotSignedIn
    return ask_to_sign_in()


FOR_DEVICES: set[str] = set()
"""Endpoints that open to the credential of a device: no other does, whatever its agent may."""
FOR_OFFERS: set[str] = set()
"""Endpoints that open to the secret of an offer to enrol one."""


def know_bearer(token: str) -> None:
    """Know who asks by what an Authorization header carries: a program, a device, or a square.

    Raises:
        NotSignedIn: unknown, revoked, expired or of a closed account: all look alike.
        DeviceCannot: the credential is good, and opens something else.
    """
    session, token_hash = request_session(), passwords.token_hash(token)
    opens: set[str] | None = None
    if token.startswith(CREDENTIAL_PREFIX):
        opens = FOR_DEVICES
        agent = devices.holder_of_credential(session, token_hash)
        g.device_id = devices.device_of_credential(session, token_hash)
    elif token.startswith(OFFER_PREFIX):
        opens = FOR_OFFERS
        agent = devices.holder_of_offer(session, token_hash)
        g.offer_secret = token
    else:
        agent = queries.agent_by_token(session, token_hash, now=started_at())
    if agent is None:
        raise NotSignedIn
    check_is_for_people()
    if opens is not None and request.endpoint not in opens:
        raise DeviceCannot
    g.agent, g.by_token = agent, True


def check_is_for_people() -> None:
    """Refuse to whoever has no square what only a square opens.

    Raises:
        OnlyADevice.
    """
    if request.endpoint in FOR_OFFERS and "offer_secret" not in g:
        raise OnlyADevice


def current_device_id() -> UUID:
    """The enrolled device that asks.

    Raises:
        OnlyADevice: somebody else does.
    """
    if g.get("device_id") is None:
        raise OnlyADevice
    return cast("UUID", g.device_id)


def offer_secret() -> str:
    """The secret of the offer with which a device asks to be enrolled.

    Raises:
        OnlyADevice: somebody else asks.
    """
    if "offer_secret" not in g:
        raise OnlyADevice
    return cast("str", g.offer_secret)


def session_of_cookie() -> tuple[Agent, SignedIn] | None:
    """The agent whose session this browser has, and how far it opens; one statement."""
    secret = secret_of_cookie()
    if not secret:
        return None
    return sessions.agent_by_session(
        request_session(), secret, minutes=current_settings().session_minutes, now=started_at()
    )


def current_standing() -> SignedIn:
    """The session of the browser that asks.

    Raises:
        NotSignedIn: nobody's, or a token's.
    """
    if "standing" not in g:
        raise NotSignedIn
    return cast("SignedIn", g.standing)


def standing_or_none() -> SignedIn | None:
    """The session of the browser that asks; None when a token does."""
    return cast("SignedIn | None", g.get("standing"))


def recognise() -> None:
    """Know who asks where no address does: what went wrong is said with the way on from there."""
    if "agent" in g:
        return
    with suppress(DBAPIError):
        if (found := session_of_cookie()) is not None:
            g.agent, g.standing = found


def is_signed_in() -> bool:
    """Whether somebody asks whose sign-in is finished."""
    return "agent" in g and ("standing" not in g or g.standing.is_whole)


def check_signed_in_lately() -> None:
    """Refuse to change what protects an account hours after signing in.

    Raises:
        SignInTooOld.
    """
    confirmed_at = current_standing().confirmed_at
    if confirmed_at is None or started_at() - confirmed_at >= FRESH_FOR:
        raise SignInTooOld


def note_that_somebody_is_there() -> None:
    """Every five minutes, note that this session is in use; a page never waits for that."""
    standing, now = current_standing(), started_at()
    if now - standing.seen_at < SEEN_EVERY:
        return
    if request.method not in SAFE_METHODS:
        # The request's own transaction: on SQLite there is one writer, and that is this one.
        sessions.note_seen(request_session(), standing, now=now)
        return
    with suppress(DBAPIError), unless_others_write(current_database()) as session:
        sessions.note_seen(session, standing, now=now)


SIGNS_OUT = "identity_pages.sign_out"
"""The one act that nobody has to do again once their session is over."""

AWAITED: set[str] = set()
"""Endpoints that open while a second factor is awaited."""
ENROLLING: set[str] = set()
"""Endpoints that open while somebody must still enrol one."""


def way_on(standing: SignedIn) -> set[str]:
    """Which endpoints open to a sign-in that is not finished."""
    return AWAITED if standing.awaits_second else ENROLLING


def go_on_signing_in(standing: SignedIn) -> AnyResponse:
    """Lead to what is still lacking, and from there to what was asked."""
    if request.method in SAFE_METHODS:
        session["next"] = request.full_path.rstrip("?")
    step = "second_factor.show" if standing.awaits_second else "factor_pages.factors"
    return redirect(url_for(step))


ANONYMOUS: set[str] = set()
"""Endpoints that a person may open before signing in: each blueprint names its own."""
KNOWING_THEIR_READER: set[str] = set()
"""Those of them that people at work open too: whoever is signed in keeps the menu there."""


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


def form_of_before() -> str:
    """The address that opens this form again, when an earlier session of the same agent showed it.

    They signed in anew in another tab: what they typed in this one is not lost for that.
    """
    maker = form_tokens.made_for(request.form.get(form_tokens.FIELD, ""))
    is_theirs = "agent" in g and g.agent.id == maker
    return drafts.address_to_go_on(maker) if is_theirs else ""


def ask_to_sign_in() -> AnyResponse:
    """Send a person to the sign-in page, and back afterwards, to what they had typed."""
    reason = "expired" if secret_of_cookie() else "needed"
    here = request.full_path.rstrip("?")
    if request.method in SAFE_METHODS:
        asked = here
    elif asked := drafts.address_to_go_on(drafts.lately_signed_in()):
        reason = "kept"
    elif request.endpoint != SIGNS_OUT:
        page, reason = drafts.page_of_form(), "lost"
        asked = here if page == request.path else page
    return redirect(url_for("identity_pages.sign_in", next=asked or None, reason=reason))


def check(right: Right) -> None:
    """Refuse a page to whoever has not that right.

    Raises:
        RightMissing.
    """
    current_actor().check(right)


def sign_in_keys(who: object, door: Door = Door.SIGN_IN) -> SignInKeys:
    """What the throttle recognises of this request: who tries at which door, and from where."""
    key = current_settings().secret_key
    browser = browser_nonce() if door is Door.SIGN_IN else ""
    return keys_at(key, door, who, place=request.remote_addr or "", browser=browser)


def browser_of_request() -> str:
    """What a person would recognise their browser by: « Firefox, Windows »."""
    said = request.user_agent.string
    family = browser_family(said)
    name = "Autre navigateur" if family is Browser.OTHER else str(family)
    return ", ".join(filter(None, (name, system_of(said))))


def origin() -> Origin:
    """From where this request comes, as the journal of accounts keeps it."""
    key = current_settings().secret_key
    return Origin(
        Way.TOKEN if g.get("by_token", False) else Way.PAGE,
        passwords.keyed_hash(key, request.remote_addr or ""),
        browser_family(request.user_agent.string),
    )


POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": POLICY,
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


def allow_scripts() -> None:
    """Let the page that answers this request run the modules of this site, and no others."""
    g.allows_scripts = True


def secure(response: Response) -> Response:
    """After each request: what a browser may do with the answer, and that nobody keeps it."""
    headers = dict(SCANNING_HEADERS if g.get("scans") else SECURITY_HEADERS)
    policy = headers["Content-Security-Policy"]
    if g.get("allows_scripts") and "script-src" not in policy:
        policy += "; script-src 'self'"
    if "standing" in g and g.standing.provider_token and (to := current_settings().proconnect):
        # Signing out ends at the provider, and a browser follows a form only where this says.
        policy = policy.replace("form-action 'self'", f"form-action 'self' {to.origin}")
    headers["Content-Security-Policy"] = policy
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


def started_on() -> date:
    """The day in Martinique of this request."""
    return martinique_day(started_at())
