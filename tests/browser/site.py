"""The running application as visitors know it: an address, people signed in, a pass in hand."""

from dataclasses import dataclass, field

from flask import Flask
from playwright.sync_api import Browser, Page, StorageState

from app.database.connections import Database
from app.demo.accounts import DEMONSTRATION_ACCOUNTS, PASSWORD
from app.identity.rules import Role
from app.kernel.codes import VoucherCode
from app.kernel.serials import SerialNumber
from app.programmes.keys import KeyStore
from app.programmes.models import VintageTerms
from app.vouchers import queries, service
from tests.browser.looking import PHONE, Screen, Window, press

PHONE_SCREEN = Screen(PHONE, "light")
EMAILS = {account.role: account.email for account in reversed(DEMONSTRATION_ACCOUNTS)}


@dataclass
class Site:
    """The application with the demonstration, and the sessions of those who have signed in."""

    browser: Browser
    app: Flask
    url: str
    database: Database
    keys: KeyStore
    sessions: dict[Role, StorageState] = field(default_factory=dict)
    windows: dict[Role, Window] = field(default_factory=dict)

    def window(self, role: Role) -> Window:
        """The phone on which a person of that role looks at page after page."""
        if role not in self.windows:
            self.windows[role] = Window.of(
                self.browser, PHONE_SCREEN, signed_in=self.signed_in(role)
            )
        return self.windows[role]

    def signed_in(self, role: Role) -> StorageState:
        """The cookies of a person of that role; each signs in once a run."""
        if role not in self.sessions:
            context = self.browser.new_context(locale="fr-FR")
            sign_in(context.new_page(), self.url, email=EMAILS[role])
            self.sessions[role] = context.storage_state()
            context.close()
        return self.sessions[role]

    def pass_in_hand(self) -> tuple[SerialNumber, VoucherCode]:
        """What is printed on the first pass of the demonstration."""
        with self.database.transaction(writing=False) as session:
            (booklet,) = queries.booklets_after(session, 0, limit=1)
            terms = session.get_one(VintageTerms, booklet.vintage_id)
            return next(service.codes_of(booklet, terms, self.keys))


def sign_in(page: Page, url: str, *, email: str, password: str = PASSWORD) -> None:
    """Type an address and a password on the page that asks for them; its answer is there."""
    page.goto(url)
    page.get_by_label("Adresse électronique").fill(email)
    page.get_by_label("Mot de passe").fill(password)
    press(page.get_by_role("button", name="Se connecter", exact=True))
