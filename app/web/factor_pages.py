"""One's own second factors: an application of codes, keys, and codes on paper.

Whoever must have one and has none sees these pages before any other, without the menu.
"""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.identity import factors, passkeys
from app.identity.factors import Factors, Proposal
from app.identity.rules import Role
from app.identity.session_models import Passkey
from app.identity.session_rules import MUST_HAVE_SECOND_FACTOR, Second
from app.identity.sessions import confirm_session
from app.papers import qr
from app.web.auth import (
    ENROLLING,
    allow_scripts,
    check_signed_in_lately,
    current_actor,
    current_agent,
    current_standing,
    origin,
    started_at,
)
from app.web.cookie import keep_cookie
from app.web.forms import Form, done
from app.web.second_factor import factor_vault
from app.web.sign_in import asking, passkeys_work, where_they_wanted_to_go
from app.web.transaction import current_settings, request_session

bp = Blueprint("factor_pages", __name__, url_prefix="/mon-compte/second-facteur")
ENROLLING.update({"factor_pages.factors", "factor_pages.application", "factor_pages.passkey"})

GATE, DESK = "layout/gate.html", "layout/desk.html"


@dataclass(frozen=True, slots=True)
class FactorsPage:
    """What protects the account of the person who reads."""

    layout: str
    known: Factors
    must: bool
    waived: bool
    passkeys_work: bool


@dataclass(frozen=True, slots=True)
class ApplicationPage:
    """A secret to be scanned or typed, and the first code. `side` is in modules of the square."""

    layout: str
    form: Form
    proposal: Proposal
    side: int
    path: str


@dataclass(frozen=True, slots=True)
class PasskeyPage:
    """A key to be made, or one to be renamed or taken away."""

    layout: str
    form: Form
    options: str = ""
    passkey: Passkey | None = None


@dataclass(frozen=True, slots=True)
class CodesPage:
    """Recovery codes: how many are left, or ten new ones, shown this once."""

    form: Form
    left: int = 0
    codes: tuple[str, ...] = ()
    onward: str = ""


def layout() -> str:
    """The page has a menu once the sign-in is finished."""
    return DESK if current_standing().is_whole else GATE


@bp.get("", endpoint="factors")
def factors_page() -> ResponseReturnValue:
    """What there is, and what can be added."""
    agent, standing = current_agent(), current_standing()
    page = FactorsPage(
        layout=layout(),
        known=factors.factors_of(request_session(), agent.id),
        must=Role(agent.role) in MUST_HAVE_SECOND_FACTOR,
        waived=standing.second is Second.WAIVED,
        passkeys_work=passkeys_work(),
    )
    return render_template("identity/factors.html", page=page)


# ── An application of codes ───────────────────────────────────────────────────────────────────────


@bp.route("/application", methods=["GET", "POST"])
def application() -> ResponseReturnValue:
    """Show a secret once, and keep it when a code shows that the application has it."""
    check_signed_in_lately()
    agent, vault = current_agent(), factor_vault()
    form = Form.sent() if request.method == "POST" else Form.blank()
    proposal = factors.proposed_again(agent, form.id, form.text("sealed"), vault)
    if proposal is None:
        proposal = factors.propose_application(agent, form.id, vault)
        if request.method == "POST":
            form.wrong(
                "code", "Cette page a trop attendu : scannez le nouveau carré, puis un code."
            )
    if request.method == "POST" and not form.errors:
        code = form.text("code")

        def enrol(database: Session) -> str | None:
            factors.enrol_application(
                database,
                actor=current_actor(),
                proposal=proposal,
                code=code,
                vault=vault,
                origin=origin(),
                now=started_at(),
                session_id=current_standing().id,
            )
            return confirmed(database, Second.TOTP)

        secret = form.submit(lambda database: (enrol(database),))
        if secret is not None:
            return enrolled(secret[0], "L’application de codes est enregistrée.")
    side, path = qr.on_screen(proposal.address, "L")
    page = ApplicationPage(layout(), form, proposal, side, path)
    return render_template("identity/application.html", page=page), form.status


@bp.route("/application/retirer", methods=["GET", "POST"])
def remove_application() -> ResponseReturnValue:
    """Take the application away, once the person has read what that means."""
    check_signed_in_lately()
    form = Form.sent() if request.method == "POST" else Form.blank()
    if (
        request.method == "POST"
        and form.submit(
            lambda database: factors.remove_application(
                database, actor=current_actor(), origin=origin(), now=started_at()
            )
        )
        is not None
    ):
        return done(
            url_for("factor_pages.factors"),
            "L’application est retirée : ses codes n’ouvrent plus rien. "
            "Supprimez aussi « passnum » de votre téléphone.",
        )
    page = PasskeyPage(layout(), form)
    return render_template("identity/remove_factor.html", page=page), form.status


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────────


@bp.route("/cle", methods=["GET", "POST"])
def passkey() -> ResponseReturnValue:
    """Let a device make a key, and keep what recognises it."""
    check_signed_in_lately()
    allow_scripts()
    agent = current_agent()
    form = Form.sent() if request.method == "POST" else Form.blank(name="Mon téléphone")
    if request.method == "POST":
        answer, typed = request.form.get("answer", ""), form.text("name")

        def enrol(database: Session) -> str | None:
            made = passkeys.new_passkey(
                database,
                asking("enrol"),
                agent=agent,
                passkey_id=form.id,
                answer=answer,
                name=factors.passkey_name(typed),
                now=started_at(),
            )
            factors.keep_passkey(
                database,
                actor=current_actor(),
                passkey=made,
                origin=origin(),
                now=started_at(),
                session_id=current_standing().id,
            )
            return confirmed(database, Second.PASSKEY)

        secret = form.submit(lambda database: (enrol(database),))
        if secret is not None:
            return enrolled(secret[0], f"La clé d’accès « {typed} » est enregistrée.")
    known = factors.factors_of(request_session(), agent.id).passkeys
    options = (
        passkeys.options_to_enrol(asking("enrol"), agent, known, started_at())
        if passkeys_work()
        else ""
    )
    page = PasskeyPage(layout(), form, options)
    return render_template("identity/passkey.html", page=page), form.status


@bp.route("/cles/<uuid:passkey_id>", methods=["GET", "POST"])
def rename_passkey(passkey_id: UUID) -> ResponseReturnValue:
    """Give a key another name."""
    kept = factors.own_passkey(request_session(), actor=current_actor(), passkey_id=passkey_id)
    form = Form.sent() if request.method == "POST" else Form.blank(name=kept.name)
    typed = form.text("name")
    if (
        request.method == "POST"
        and form.submit(
            lambda database: factors.rename_passkey(
                database, actor=current_actor(), passkey_id=passkey_id, name=typed
            )
        )
        is not None
    ):
        return done(url_for("factor_pages.factors"), f"La clé s’appelle maintenant « {typed} ».")
    page = PasskeyPage(layout(), form, passkey=kept)
    return render_template("identity/rename_passkey.html", page=page), form.status


@bp.route("/cles/<uuid:passkey_id>/retirer", methods=["GET", "POST"])
def remove_passkey(passkey_id: UUID) -> ResponseReturnValue:
    """Take a key away, once the person has read what that means."""
    check_signed_in_lately()
    kept = factors.own_passkey(request_session(), actor=current_actor(), passkey_id=passkey_id)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if (
        request.method == "POST"
        and form.submit(
            lambda database: factors.remove_passkey(
                database,
                actor=current_actor(),
                passkey_id=passkey_id,
                origin=origin(),
                now=started_at(),
            )
        )
        is not None
    ):
        return done(
            url_for("factor_pages.factors"),
            f"La clé « {kept.name} » est retirée : elle n’ouvre plus rien ici.",
        )
    page = PasskeyPage(layout(), form, passkey=kept)
    return render_template("identity/remove_factor.html", page=page), form.status


# ── Codes on paper ────────────────────────────────────────────────────────────────────────────────


@bp.route("/codes-de-secours", methods=["GET", "POST"])
def codes() -> ResponseReturnValue:
    """Make ten recovery codes and show them, this once."""
    check_signed_in_lately()
    form = Form.sent() if request.method == "POST" else Form.blank()
    known = factors.factors_of(request_session(), current_agent().id)
    if not known.count:
        return redirect(url_for("factor_pages.factors"))
    made: list[str] | None = None
    if request.method == "POST":
        made = form.submit(
            lambda database: factors.make_recovery_codes(
                database,
                actor=current_actor(),
                vault=factor_vault(),
                origin=origin(),
                now=started_at(),
            )
        )
    onward = where_they_wanted_to_go() if made else ""
    page = CodesPage(form, known.codes_left, tuple(made or ()), onward)
    return render_template("identity/codes.html", page=page), form.status


# ── What both kinds share ─────────────────────────────────────────────────────────────────────────


def confirmed(database: Session, second: Second) -> str | None:
    """A factor that was just enrolled was shown too: a session without one has it now."""
    standing = current_standing()
    if standing.second not in {None, Second.WAIVED}:
        return None
    return confirm_session(
        database,
        agent=current_agent(),
        session_id=standing.id,
        second=second,
        minutes=current_settings().session_minutes,
        origin=origin(),
        now=started_at(),
    )


def enrolled(secret: str | None, sentence: str) -> Response:
    """After a factor is enrolled: recovery codes, unless there are some."""
    left = factors.factors_of(request_session(), current_agent().id).codes_left
    if left:
        response = done(url_for("factor_pages.factors"), sentence)
    else:
        response = done(url_for("factor_pages.codes"), f"{sentence} Il reste à noter vos codes.")
    if secret is not None:
        keep_cookie(response, secret)
    return response
