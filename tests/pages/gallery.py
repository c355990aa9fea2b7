"""Every page with every kind of data, rendered as the application renders it, without database.

`SHEETS` names each; template tests read them, browser tests look at them.
"""

from dataclasses import dataclass

from flask import Flask
from jinja2 import Environment, FileSystemLoader
from werkzeug.routing import MapAdapter

from app.factory import PAGE_PARTS, home
from app.web import assets, rendering
from app.web.pages import Frame
from tests.pages import samples

TEMPLATES = assets.WEB / "templates"


def addresses() -> MapAdapter:
    """The endpoints that the templates name, at the addresses that people see."""
    site = Flask("gallery", static_folder=None)
    for part in PAGE_PARTS:
        site.register_blueprint(part.bp)
    site.add_url_rule("/", "home", home)
    return site.url_map.bind("passnum.test")


ADDRESSES = addresses()

CSRF_TOKEN = "IjZkM2I"


@dataclass(frozen=True)
class Sheet:
    """One page to look at."""

    template: str
    page: object
    frame: Frame


SHEETS: dict[str, Sheet] = {
    "sign-in": Sheet("identity/sign_in.html", samples.SIGN_IN, samples.GATE),
    "sign-in-real": Sheet("identity/sign_in.html", samples.SIGN_IN, samples.REAL_GATE),
    "sign-in-needed": Sheet("identity/sign_in.html", samples.SIGN_IN_NEEDED, samples.GATE),
    "sign-in-expired": Sheet("identity/sign_in.html", samples.SIGN_IN_EXPIRED, samples.GATE),
    "signed-out": Sheet("identity/sign_in.html", samples.SIGNED_OUT, samples.GATE),
    "sign-in-refused": Sheet("identity/sign_in.html", samples.SIGN_IN_REFUSED, samples.GATE),
    "sign-in-empty": Sheet("identity/sign_in.html", samples.SIGN_IN_EMPTY, samples.GATE),
    "sign-in-paused": Sheet("identity/sign_in.html", samples.SIGN_IN_PAUSED, samples.GATE),
    "sign-in-hostile": Sheet("identity/sign_in.html", samples.SIGN_IN_HOSTILE, samples.GATE),
    "sign-in-all-ways": Sheet("identity/sign_in.html", samples.SIGN_IN_ALL_WAYS, samples.REAL_GATE),
    "second-factor": Sheet("identity/second_factor.html", samples.SECOND_FACTOR, samples.GATE),
    "second-factor-key": Sheet(
        "identity/second_factor.html", samples.SECOND_FACTOR_KEY, samples.GATE
    ),
    "second-factor-refused": Sheet(
        "identity/second_factor.html", samples.SECOND_FACTOR_REFUSED, samples.GATE
    ),
    "second-factor-paused": Sheet(
        "identity/second_factor.html", samples.SECOND_FACTOR_PAUSED, samples.GATE
    ),
    "recovery": Sheet("identity/recovery.html", samples.RECOVERY, samples.GATE),
    "factors-first": Sheet("identity/factors.html", samples.GATE_FACTORS, samples.REAL_GATE),
    "recovery-codes": Sheet("identity/codes.html", samples.CODES, samples.DESK),
    "passkey-renamed": Sheet("identity/rename_passkey.html", samples.NAMED_PASSKEY, samples.DESK),
    "passkey-removed": Sheet("identity/remove_factor.html", samples.NAMED_PASSKEY, samples.DESK),
    "no-page": Sheet("identity/no_page.html", None, samples.NO_PAGE_DESK),
    "chain": Sheet("reports/chain.html", samples.CHAIN, samples.DESK),
    "chain-real": Sheet("reports/chain.html", samples.CHAIN, samples.REAL),
    "chain-empty": Sheet("reports/chain.html", samples.EMPTY_CHAIN, samples.DESK),
    "chain-early": Sheet("reports/chain.html", samples.EARLY_CHAIN, samples.DESK),
    "chain-ended": Sheet("reports/chain.html", samples.ENDED_CHAIN, samples.DESK),
    "chain-open": Sheet("reports/chain.html", samples.OPEN_CHAIN, samples.DESK),
    "chain-huge": Sheet("reports/chain.html", samples.HUGE_CHAIN, samples.LONG_DESK),
    "chain-long": Sheet("reports/chain.html", samples.LONG_CHAIN, samples.LONG_DESK),
    "chain-bad-day": Sheet("reports/chain.html", samples.BAD_DAY_CHAIN, samples.DESK),
    "search": Sheet("vouchers/search.html", samples.SEARCH, samples.DESK),
    "search-empty": Sheet("vouchers/search.html", samples.SEARCH_EMPTY, samples.DESK),
    "search-refused": Sheet("vouchers/search.html", samples.SEARCH_REFUSED, samples.DESK),
    "search-several": Sheet("vouchers/search.html", samples.SEARCH_SEVERAL, samples.DESK),
    "search-hostile": Sheet("vouchers/search.html", samples.SEARCH_HOSTILE, samples.LONG_DESK),
    "search-many": Sheet("vouchers/search.html", samples.SEARCH_MANY, samples.LONG_DESK),
    "voucher": Sheet("vouchers/voucher.html", samples.VOUCHER, samples.DESK),
    "voucher-undone": Sheet("vouchers/voucher.html", samples.UNDONE_VOUCHER, samples.DESK),
    "voucher-new": Sheet("vouchers/voucher.html", samples.NEW_VOUCHER, samples.REAL),
    "voucher-long": Sheet("vouchers/voucher.html", samples.LONG_VOUCHER, samples.LONG_DESK),
    "usage": Sheet("reports/usage.html", samples.USAGE, samples.DESK),
    "usage-empty": Sheet("reports/usage.html", samples.EMPTY_USAGE, samples.REAL),
    "usage-unused": Sheet("reports/usage.html", samples.UNUSED_USAGE, samples.DESK),
    "usage-long": Sheet("reports/usage.html", samples.LONG_USAGE, samples.LONG_DESK),
    "usage-bad-day": Sheet("reports/usage.html", samples.BAD_DAY_USAGE, samples.DESK),
    **{
        f"error-{status}": Sheet("errors/error.html", page, samples.GATE)
        for status, page in samples.ERRORS.items()
    },
    "error-of-the-domain": Sheet("errors/error.html", samples.ERROR_OF_THE_DOMAIN, samples.GATE),
}


def environment() -> Environment:
    """The templates with what the application gives them."""
    loaded = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    rendering.prepare(loaded)
    loaded.globals.update(
        csrf_token=lambda: CSRF_TOKEN,
        here=lambda: "/ici",
        static_url=assets.URL_PREFIX.__add__,
        url_for=lambda endpoint, **values: ADDRESSES.build(endpoint, values),
    )
    return loaded


def render(name: str) -> str:
    """The HTML of one sheet."""
    sheet = SHEETS[name]
    template = environment().get_template(sheet.template)
    return template.render(page=sheet.page, frame=sheet.frame)
