"""To ProConnect and back: the button is there when the settings name a provider."""

import hmac
from functools import cache

from flask import Blueprint, abort, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.config import ProConnect
from app.identity import provider as openid
from app.identity.models import Agent
from app.identity.provider import Journey, Person, Provider
from app.identity.session_errors import ProviderAnswerRefused, ProviderGaveUp
from app.identity.session_rules import Method, Second
from app.kernel.errors import DomainError
from app.web.auth import ANONYMOUS, current_actor, current_site, origin, started_at
from app.web.forms import Form, done
from app.web.pages import FieldError
from app.web.sign_in import let_in, safe_next, shown
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("provider_pages", __name__)
ANONYMOUS.update({"provider_pages.leave", "provider_pages.arrive"})


@cache
def _known(settings: ProConnect) -> Provider:
    """One for each: it remembers for an hour what the provider says of itself."""
    return Provider(settings)


def current_provider() -> Provider:
    """The provider of the settings; without one there is no such page."""
    settings = current_settings().proconnect
    if settings is None:
        abort(404)
    return _known(settings)


@bp.get("/connexion/proconnect")
def leave() -> ResponseReturnValue:
    """Send the person to the provider, with what they must bring back."""
    back = safe_next(request.args.get("next", ""))
    try:
        address, journey = current_provider().address_to_leave(way_back())
    except DomainError as refusal:
        return refused(refusal, back)
    session["provider"] = [journey.state, journey.nonce, journey.verifier, back]
    return redirect(address)


@bp.get("/connexion/proconnect/retour")
def arrive() -> ResponseReturnValue:
    """Let in whoever comes back with the provider's word, if it is one of our agents."""
    provider = current_provider()
    state, nonce, verifier, back = session.pop("provider", None) or ("", "", "", "")
    try:
        if not state or not hmac.compare_digest(state, request.args.get("state", "")):
            raise ProviderAnswerRefused
        if "code" not in request.args:
            raise ProviderGaveUp
        person = provider.person(
            Journey(state, nonce, verifier),
            code=request.args["code"],
            back=way_back(),
            now=started_at(),
        )
        agent = in_transaction(lambda database: _agent(database, provider, person))
    except DomainError as refusal:
        return refused(refusal, back)
    return let_in(
        agent,
        method=Method.PROVIDER,
        second=Second.PROVIDER if person.two_factors else None,
        back=safe_next(back),
        provider_token=person.id_token,
    )


def _agent(database: Session, provider: Provider, person: Person) -> Agent:
    return openid.agent_of_person(
        database,
        issuer=provider.known_as.issuer,
        person=person,
        origin=origin(),
        now=started_at(),
    )


def refused(refusal: DomainError, back: str) -> ResponseReturnValue:
    """The sign-in page, which says why ProConnect did not open it."""
    return shown(422, next=safe_next(back), errors=(FieldError("proconnect", refusal.message),))


def way_back() -> str:
    """Where the provider sends people back to; registered there, to the letter."""
    return current_site().origin + url_for("provider_pages.arrive")


def address_to_leave(id_token: str, home: str) -> str:
    """Where a sign-out goes on: through the provider, whose session ends too."""
    if current_settings().proconnect is None:
        return home
    return current_provider().address_to_end(id_token, current_site().origin + home) or home


@bp.post("/mon-compte/proconnect/detacher")
def unlink() -> ResponseReturnValue:
    """Forget which person of the provider the agent is."""
    issuer = current_provider().known_as.issuer
    form = Form.sent()
    form.submit(
        lambda database: openid.unlink(
            database, actor=current_actor(), issuer=issuer, origin=origin(), now=started_at()
        )
    )
    return done(
        url_for("connection_pages.connections"),
        "ProConnect est détaché de votre compte. La prochaine connexion par ProConnect le reliera "
        "de nouveau, par votre adresse électronique.",
    )
