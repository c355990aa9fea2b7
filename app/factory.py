"""Wiring: what an application is made of. No rule lives here."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING

from flask import Flask, current_app, get_flashed_messages, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import DBAPIError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, ValidationError
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import api as accounts_api
from app.accounts import gate_pages, journal_pages
from app.accounts import pages as accounts_pages
from app.clearing import api as clearing_api
from app.clearing import (
    correction_api,
    correction_pages,
    counter_pages,
    debit_note_pages,
    dispute_pages,
    mediator_pages,
    public_keys,
    receipt_pages,
    redemption_pages,
    session_pages,
    sheet_pages,
    statement_pages,
    support_api,
)
from app.closing import api as closing_api
from app.closing import pages as closing_pages
from app.config import Settings
from app.database.connections import Database
from app.desk import pages as desk_pages
from app.devices import api as devices_api
from app.devices import pages as devices_pages
from app.guides import help_pages, kit_pages
from app.identity.errors import RightMissing
from app.identity.rules import FRENCH_ROLE, RIGHTS, Right, Role
from app.kernel.clock import utc_now
from app.kernel.ids import LARGEST_INTEGER
from app.losses import api as losses_api
from app.losses import pages as losses_pages
from app.losses import replacement_pages, write_off_pages
from app.mediators import api as mediators_api
from app.mediators import ending_pages, profile_pages, signing_pages
from app.mediators import pages as partners_pages
from app.orders import api as orders_api
from app.orders import pages as orders_pages
from app.orders import preparing_pages
from app.orders.budget import committed_cents
from app.partners import api as partners_api
from app.partners import queries as partners
from app.places import api as places_api
from app.places import file_pages as place_file_pages
from app.places import pages as places_pages
from app.portability import pages as claims_pages
from app.prescribers import api as prescribers_api
from app.prescribers import (
    custody_api,
    custody_pages,
    handover_pages,
    handover_steps,
    holding_pages,
    letter_pages,
    people_pages,
    renewal_pages,
    request_pages,
    sending_pages,
)
from app.printing import api as printing_api
from app.printing import pages as printing_pages
from app.printing import public_pages
from app.programmes import api as programmes_api
from app.programmes import freeze_api, freeze_pages, setting_steps
from app.programmes import pages as programmes_pages
from app.programmes import queries as programmes
from app.programmes.service import COMMITTED
from app.reports import api as reports_api
from app.reports import (
    evidence_pages,
    ledger_api,
    movement_pages,
    register_api,
    register_pages,
    voucher_pages,
)
from app.reports import pages as reports_pages
from app.setup import pages as setup_pages
from app.signals import api as signals_api
from app.signals import pages as signal_pages
from app.stock import api as stock_api
from app.stock import count_pages, file_pages
from app.takeover import api as takeover_api
from app.takeover import pages as takeover_pages
from app.training import door as training_door
from app.training import pages as training_pages
from app.training.copies import Copies
from app.training.mount import Training, is_for
from app.training.rules import COOKIE as TRAINING_COOKIE
from app.training.rules import PAGE_COOKIE, PREFIX, folder_of, settings_of
from app.trust import api as trust_api
from app.trust import pages as trust_pages
from app.vouchers import api as vouchers_api
from app.web import (
    api,
    assets,
    auth,
    compression,
    connection_pages,
    factor_pages,
    forms,
    health,
    lists,
    me,
    problems,
    provider_pages,
    rendering,
    second_factor,
    security_api,
    sign_in,
    transaction,
)
from app.web.cookie import NAMED_BY
from app.web.help import SECTIONS
from app.web.pages import MEDIATOR_THUMBS, MENU, PRESCRIBER_THUMBS, Frame, Reader
from app.works import pages as works_pages
from app.works.long_lists import have_made

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LARGEST_BODY = 8 * 1024 * 1024
"""A signed paper of 5 MB, as the API sends it; a batch of a thousand redemptions is far less."""

API_PARTS = (
    me,
    security_api,
    accounts_api,
    partners_api,
    mediators_api,
    places_api,
    programmes_api,
    freeze_api,
    takeover_api,
    orders_api,
    vouchers_api,
    custody_api,
    printing_api,
    stock_api,
    signals_api,
    devices_api,
    prescribers_api,
    losses_api,
    closing_api,
    clearing_api,
    support_api,
    correction_api,
    reports_api,
    register_api,
    ledger_api,
    trust_api,
)
PAGE_PARTS = (
    health,
    public_keys,
    public_pages,
    trust_pages,
    works_pages,
    sign_in,
    gate_pages,
    accounts_pages,
    journal_pages,
    second_factor,
    provider_pages,
    factor_pages,
    connection_pages,
    desk_pages,
    reports_pages,
    register_pages,
    evidence_pages,
    movement_pages,
    voucher_pages,
    setup_pages,
    setting_steps,
    programmes_pages,
    kit_pages,
    help_pages,
    freeze_pages,
    claims_pages,
    takeover_pages,
    orders_pages,
    preparing_pages,
    file_pages,
    count_pages,
    signal_pages,
    devices_pages,
    mediator_pages,
    counter_pages,
    redemption_pages,
    session_pages,
    receipt_pages,
    handover_pages,
    handover_steps,
    people_pages,
    letter_pages,
    renewal_pages,
    sheet_pages,
    printing_pages,
    partners_pages,
    ending_pages,
    profile_pages,
    signing_pages,
    places_pages,
    place_file_pages,
    custody_pages,
    losses_pages,
    replacement_pages,
    write_off_pages,
    closing_pages,
    sending_pages,
    request_pages,
    holding_pages,
    statement_pages,
    correction_pages,
    debit_note_pages,
    dispute_pages,
    training_door,
)

RIGHT_OF_DOOR: dict[str, Right] = {
    "counter": Right.REDEEM,
    "today": Right.SEE_ALLOCATIONS,
    "take": Right.REDEEM,
    "chain": Right.SEE_REPORTS,
    "usage": Right.SEE_REPORTS,
    "council": Right.SEE_REPORTS,
    "registers": Right.SEE_LEDGER,
    "handovers": Right.SEE_PRESCRIPTIONS,
    "people": Right.SEE_BENEFICIARIES,
    "search": Right.SEE_VOUCHERS,
    "partners": Right.SEE_PARTNERS,
    "places": Right.SEE_PARTNERS,
    "setup": Right.MANAGE_PROGRAMME,
    "programme": Right.SEE_PROGRAMME,
    "kit": Right.SEE_PROGRAMME,
    "orders": Right.SEE_ORDERS,
    "consignments": Right.SEE_ALLOCATIONS,
    "stock": Right.SEE_ALLOCATIONS,
    "counts": Right.SEE_ALLOCATIONS,
    "signals": Right.SEE_SIGNALS,
    "requests": Right.SEE_ALLOCATIONS,
    "losses": Right.SEE_LOSSES,
    "closing": Right.SEE_LEDGER,
    "evidence": Right.SEE_LEDGER,
    "movements": Right.SEE_LEDGER,
    "redemptions": Right.SEE_REDEMPTIONS,
    "sheets": Right.TYPE_SHEETS,
    "statements": Right.SEE_STATEMENTS,
    "corrections": Right.SEE_STATEMENTS,
    "disputes": Right.SEE_REDEMPTIONS,
    "takeover": Right.SEE_LEDGER,
    "devices": Right.SEE_DEVICES,
    "accounts": Right.SEE_ACCOUNTS,
    "journal": Right.SEE_ACCOUNT_EVENTS,
    "mails": Right.SEE_MAILS,
    "training": Right.PRACTISE,
}

THUMBS = {Role.MEDIATOR: MEDIATOR_THUMBS, Role.PRESCRIBER: PRESCRIBER_THUMBS}

NOT_IN_TRAINING = frozenset({"training", "accounts", "journal", "mails", "devices"})
"""Doors that lead where nobody practises."""

HOMES = ("counter", "today", "search", "accounts")
"""With which page a day begins: the first of these that a person may open."""


class Ordinal(IntegerConverter):
    """`<int:…>` in an address: a number that a database holds; a larger one names nothing."""

    def to_python(self, value: str) -> int:
        """The number; refused before it is read where it has more digits than any of ours."""
        if len(value) > len(str(LARGEST_INTEGER)):
            raise ValidationError
        number = int(super().to_python(value))
        if number > LARGEST_INTEGER:
            raise ValidationError
        return number


class Site(Flask):
    """The application, which answers a second time under a path of its own to those who practise.

    That one is made by the same hands, and is never asked for there.
    """

    def wsgi_app(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Each request to the one that it is for."""
        if training_door.TRAINING in self.extensions and is_for(environ):
            answer: Iterable[bytes] = self.extensions[training_door.TRAINING](
                environ, start_response
            )
            return answer
        return super().wsgi_app(environ, start_response)


def create_app(
    settings: Settings,
    database: Database | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
) -> Flask:
    """An application on a database that keeps its promises, by that clock.

    Under a path of its own it answers a second time, to those who practise.

    Raises:
        NotReady: the database is missing, behind, or without its rules: nothing is served.
    """
    database = database or Database(settings.database_url)
    health.refuse_unless_ready(database)
    app = made(settings, database, clock, API_PARTS)
    app.extensions[training_door.TRAINING] = training(settings, clock)
    app.extensions[lists.LONG_LIST] = have_made
    return app


def training(settings: Settings, clock: Callable[[], datetime]) -> Training:
    """What answers those who practise: nothing of it is made before somebody does."""
    copies = Copies(folder_of(settings))
    return Training(copies, lambda: training_app(settings, copies, clock=clock))


def training_app(settings: Settings, copies: Copies, *, clock: Callable[[], datetime]) -> Flask:
    """The same pages for those who practise: each request works in the copy that it brings.

    Of the API it has what pages call by themselves; it sends no letter, and nothing runs beside it.
    """
    database = Database(f"sqlite:///{copies.template}")
    inside = settings_of(settings, database.url)
    app = made(inside, database, clock, (clearing_api,), first=training_pages.come_in)
    app.config.update(
        SESSION_COOKIE_NAME=PAGE_COOKIE,
        SESSION_COOKIE_PATH=PREFIX,
        **{NAMED_BY: TRAINING_COOKIE},
    )
    app.register_blueprint(training_pages.bp)
    app.register_error_handler(RightMissing, training_pages.refused)
    app.register_error_handler(DBAPIError, training_pages.no_room)
    app.extensions[PRACTICE] = training_pages.practice
    return app


PRACTICE = "passnum_practice"
"""What the training puts here says, of a page of its own, what comes next."""


def made(
    settings: Settings,
    database: Database,
    clock: Callable[[], datetime],
    api_parts: Sequence[ModuleType],
    *,
    first: Callable[[], AnyResponse | None] | None = None,
) -> Flask:
    """What the real application and that of the training have in common: every page.

    `first` comes before it is asked who asks.
    """
    app = Site(
        __name__,
        root_path=str(assets.WEB),
        static_folder=str(assets.BUILD),
        static_url_path=assets.URL_PREFIX.rstrip("/"),
    )
    app.url_map.converters["int"] = Ordinal
    _configure(app, settings)
    app.extensions["passnum_database"] = database
    app.extensions["passnum_settings"] = settings
    app.extensions["passnum_clock"] = clock
    app.extensions[COMMITTED] = committed_cents
    app.extensions[sign_in.WAIVES_SECOND_FACTOR] = programmes.is_demonstration
    app.extensions[sign_in.LEAVES_PROVIDER] = provider_pages.address_to_leave
    auth.csrf.init_app(app)
    if first is not None:
        app.before_request(first)
    app.before_request(auth.authenticate)
    app.after_request(auth.secure)
    app.after_request(compression.compress)
    app.view_functions["static"] = compression.static_file
    app.teardown_request(transaction.close_session)
    problems.register(app)
    rendering.prepare(app.jinja_env)
    app.jinja_env.globals.update(
        static_url=assets.static_url,
        can_scan=assets.can_scan,
        allow_camera=auth.allow_camera,
        csrf_token=generate_csrf,
        here=forms.here,
    )
    app.context_processor(lambda: {"frame": frame()})
    contract = api.register(app)
    for part in api_parts:
        contract.register_blueprint(part.bp)
    app.extensions[lists.SPECIMEN] = programmes.is_demonstration
    for page_part in PAGE_PARTS:
        app.register_blueprint(page_part.bp)
    app.add_url_rule("/", "home", home)
    return app


def _configure(app: Site, settings: Settings) -> None:
    """What Flask itself is told: cookies, sizes, and how near the proxy is."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_NAME="passnum_page",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        PROPAGATE_EXCEPTIONS=False,
    )
    if settings.secure_cookies:
        # Behind the TLS proxy everybody comes from one address: the throttle needs the person's.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=0)  # type: ignore[method-assign]


def frame() -> Frame:
    """What surrounds a page: who reads it, and whether its data is a demonstration.

    Without a database there is still a page that says so.
    """
    session = transaction.request_session()
    practice = None
    try:
        specimen = programmes.is_demonstration(session)
        authority = partners.authority_name(session)
        if PRACTICE in current_app.extensions:
            practice = current_app.extensions[PRACTICE](session)
        if not auth.is_signed_in():
            return Frame(authority=authority, specimen=specimen, practice=practice)
        agent = auth.current_agent()
        organisation = partners.organisation(session, agent.organisation_id)
    except DBAPIError:
        return Frame()
    return Frame(
        Reader(
            name=agent.name,
            role_name=FRENCH_ROLE[Role(agent.role)],
            organisation_name=organisation.name if organisation else "",
            may_open=frozenset(
                door
                for door, right in RIGHT_OF_DOOR.items()
                if right in rights() and not (practice and door in NOT_IN_TRAINING)
            ),
            thumbs=THUMBS.get(Role(agent.role), ()),
            sections=SECTIONS[Role(agent.role)],
        ),
        authority=authority,
        specimen=specimen,
        said=tuple(map(str, get_flashed_messages())),
        practice=practice,
    )


def rights() -> frozenset[Right]:
    """What the person who asks may do."""
    return RIGHTS[auth.current_actor().role]


def home() -> ResponseReturnValue:
    """The page with which this person's day begins: setting up, while there is no programme."""
    endpoints = {entry.door: entry.endpoint for entry in MENU}
    if RIGHT_OF_DOOR["setup"] in rights() and not transaction.in_transaction(
        lambda session: programmes.programmes_after(session, None, limit=1)
    ):
        return redirect(url_for(endpoints["setup"]))
    for door in HOMES:
        if RIGHT_OF_DOOR[door] in rights():
            return redirect(url_for(endpoints[door]))
    return render_template("identity/no_page.html", page=None)
