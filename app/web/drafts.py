"""What was typed outlives an expired sign-in, for the agent who typed it and nobody else.

A form that arrives after the sign-in has ended is kept (app.identity.drafts), for the agent whose
session the cookie still names: not older than a week, and never sent by another site (SameSite).
So is one that an earlier session of whoever is signed in has shown (app.web.form_tokens). Once that
same agent has signed in again, its page opens with what was typed. Somebody else who signs in there
meets an empty form. Who signed out has no name left, and nothing is kept.
"""

from urllib.parse import urlencode
from uuid import UUID

from flask import current_app, g, has_request_context, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.identity import drafts, queries, sessions
from app.identity.drafts import Typed
from app.kernel.ids import new_id
from app.web import form_tokens
from app.web.cookie import secret_of_cookie
from app.web.transaction import current_settings, in_transaction

AGAIN = "repris"
"""The field of an address that names the draft to go on with."""
CHECK = "verifier"
"""The field of an address that names what was typed and is to be checked before it is done."""
NEVER_KEPT = frozenset({form_tokens.FIELD, "password", "current_password"})


def typed_in_request() -> Typed:
    """Every field of the form that was sent, but those that are nobody's to keep."""
    fields = request.form.to_dict(flat=False)
    return {name: values for name, values in fields.items() if name not in NEVER_KEPT}


def address_to_go_on(agent_id: int | None) -> str:
    """Keep the form of this request for whoever typed it; the address that opens it, or nothing."""
    place, typed = page_of_form(), typed_in_request()
    written = place == request.path or typed.keys() - {"id"}
    if agent_id is None or request.files or not (place and written):
        return ""
    draft_id, now = new_id(), current_app.extensions["passnum_clock"]()
    kept = in_transaction(
        lambda database: (
            queries.agent(database, agent_id) is not None
            and drafts.keep_draft(
                database,
                draft_id=draft_id,
                agent_id=agent_id,
                place=place,
                typed=typed,
                secret_key=current_settings().secret_key,
                now=now,
            )
        )
    )
    asked = {**(request.args.to_dict() if place == request.path else {}), AGAIN: str(draft_id)}
    return f"{place}?{urlencode(asked)}" if kept else ""


def page_of_form() -> str:
    """The page that the form of this request stands on: its own address, or the nearest above it.

    Nothing for an address that does not exist, and where no page is above.
    """
    return page_of(request.path) if request.endpoint else ""


def page_of(path: str) -> str:
    """That address when it shows a page, or the nearest above it that does; nothing when none does.

    « /commandes/BC-2026-0001/mandats » only takes what is sent to it, and its form stands on the
    page of the order.
    """
    while path.strip("/"):
        if opens(path):
            return path
        path = path.rpartition("/")[0]
    return ""


def opens(path: str) -> bool:
    """Whether that address shows a page, and does not only take what is sent to it."""
    adapter = current_app.create_url_adapter(request)
    try:
        return adapter is not None and bool(adapter.match(path, method="GET"))
    except (HTTPException, RequestRedirect):
        return False


def keep_to_check(form_id: UUID, typed: Typed) -> str:
    """Keep what was typed on this page until it is done; the address that checks it, or nothing."""
    kept = in_transaction(
        lambda database: drafts.keep_draft(
            database,
            draft_id=form_id,
            agent_id=g.agent.id,
            place=request.path,
            typed=typed,
            secret_key=current_settings().secret_key,
            now=current_app.extensions["passnum_clock"](),
        )
    )
    return f"{request.path}?{urlencode({CHECK: str(form_id)})}" if kept else ""


def forget_checked(form_id: UUID) -> None:
    """What was checked is done."""
    in_transaction(
        lambda database: drafts.forget_draft(database, draft_id=form_id, agent_id=g.agent.id)
    )


def taken_up(name: str = AGAIN) -> Typed | None:
    """What the agent who asks had typed on this page, when its address names it."""
    draft_id = named_here(name)
    if draft_id is None:
        return None
    return in_transaction(
        lambda database: drafts.kept_draft(
            database,
            draft_id=draft_id,
            agent_id=g.agent.id,
            place=request.path,
            secret_key=current_settings().secret_key,
            now=current_app.extensions["passnum_clock"](),
        )
    )


def forget_taken_up() -> None:
    """The form that was taken up has been sent for good.

    An address that only takes what is sent to it does not name the draft: whatever its page kept of
    this agent's is over then.
    """
    draft_id, place = named_here(), page_of_form()
    if draft_id is not None:
        in_transaction(
            lambda database: drafts.forget_draft(database, draft_id=draft_id, agent_id=g.agent.id)
        )
    elif place not in {"", request.path} and "agent" in g:
        in_transaction(
            lambda database: drafts.forget_drafts_of(database, agent_id=g.agent.id, place=place)
        )


def named_here(name: str = AGAIN) -> UUID | None:
    """The draft that the address names."""
    if not has_request_context() or "agent" not in g:
        return None
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def lately_signed_in() -> int | None:
    """Whose session this browser had until it grew old, or was ended from elsewhere."""
    secret = secret_of_cookie()
    if not secret:
        return None
    now = current_app.extensions["passnum_clock"]()
    return in_transaction(lambda database: sessions.lately_of(database, secret, now=now))
