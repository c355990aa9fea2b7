"""A town with something at every stage, on either database, worked in by either pair of hands."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import select

from app.config import Settings
from app.database.connections import Database
from app.factory import create_app
from app.identity.rules import FROM_SERVER
from app.identity.service import known_agent
from app.identity.session_rules import Method, Second
from app.identity.sessions import begin_session
from app.kernel.codes import VoucherCode
from app.kernel.serials import BookletNumber
from app.ledger import AccountKind
from app.ledger.models import AccountRow, Voucher
from app.programmes.service import known_vintage
from app.vouchers.service import cover_of, known_booklet
from app.web.cookie import COOKIE
from tests.api.house import LASTING, Clock
from tests.beginnings import begin, lived
from tests.browser.conftest import served
from tests.browser.looking import DESK, PHONE
from tests.browser.walks.hands import Hands, Keyboard, Thumb
from tests.databases import Databases
from tests.service.chain import Chain

MANNERS: dict[str, tuple[type[Hands], dict[str, Any]]] = {
    "thumb": (Thumb, {"viewport": {"width": PHONE, "height": 800}, "has_touch": True}),
    "keyboard": (Keyboard, {"viewport": {"width": DESK, "height": 800}}),
}
"""A phone of 360 px under a thumb, and a desk of 1280 px with a keyboard alone."""

TOWNS = (
    pytest.param(("sqlite", "thumb"), id="sqlite-thumb"),
    pytest.param(("postgresql", "keyboard"), id="postgresql-keyboard"),
    pytest.param(("sqlite", "keyboard"), id="sqlite-keyboard", marks=pytest.mark.deep),
    pytest.param(("postgresql", "thumb"), id="postgresql-thumb", marks=pytest.mark.deep),
)
"""Each walk on each database and in each manner; the other two pairs of both in a deep run."""


@dataclass
class Town:
    """The application on a database of its own, and whoever sits before it."""

    browser: Browser
    manner: str
    url: str
    database: Database
    chain: Chain
    clock: Clock
    seats: dict[str, Hands] = field(default_factory=dict)

    def seat(self, name: str) -> Hands:
        """That agent, signed in, at the screen where they sit all day."""
        if name not in self.seats:
            context = self._context()
            cookie = {"name": COOKIE, "value": self._session(name), "url": self.url}
            context.add_cookies([cookie])  # type: ignore[list-item]  # what it needs of a cookie
            self.seats[name] = self._hands(context)
        return self.seats[name]

    def passer_by(self) -> Hands:
        """Somebody without an account."""
        return self._hands(self._context())

    def cover(self, number: int) -> VoucherCode:
        """What the square on the cover of a booklet says."""
        with self.database.transaction(writing=False) as session:
            booklet = known_booklet(session, BookletNumber(self.chain.scheme.label, number))
            terms = known_vintage(session, booklet.vintage_id)
            return cover_of(booklet, terms, self.chain.scheme.keys)

    def codes(self, number: int) -> list[VoucherCode]:
        """What the passes of a booklet say."""
        with self.database.transaction(writing=False) as session:
            return self.chain.scheme.codes(session, number)

    def rest(self, number: int) -> dict[AccountKind, int]:
        """Where the passes of a booklet are, and how many."""
        with self.database.transaction(writing=False) as session:
            booklet = known_booklet(session, BookletNumber(self.chain.scheme.label, number))
            kinds = session.scalars(
                select(AccountRow.kind)
                .join(Voucher, Voucher.account_id == AccountRow.id)
                .where(Voucher.booklet_id == booklet.id)
            )
            return dict(Counter(map(AccountKind, kinds)))

    def close(self) -> None:
        """Everybody goes home."""
        for hands in self.seats.values():
            hands.page.context.close()

    def _context(self) -> BrowserContext:
        _, screen = MANNERS[self.manner]
        return self.browser.new_context(locale="fr-FR", reduced_motion="reduce", **screen)

    def _hands(self, context: BrowserContext) -> Hands:
        kind, _ = MANNERS[self.manner]
        return kind.at(context, self.url)

    def _session(self, name: str) -> str:
        with self.database.transaction() as session:
            secret, _ = begin_session(
                session,
                agent=known_agent(session, f"{name}@exemple.fr"),
                method=Method.PASSWORD,
                second=Second.TOTP,
                browser="Tests",
                minutes=LASTING,
                origin=FROM_SERVER,
                now=self.clock(),
            )
        return secret


@pytest.fixture(scope="session", params=TOWNS)
def town(
    request: pytest.FixtureRequest,
    browser: Browser,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
    static_files: None,
) -> Iterator[Town]:
    """One a database and a manner, in which walks use different things."""
    del static_files
    dialect, manner = request.param
    folder = tmp_path_factory.mktemp("town")
    url, chain = begin(databases, dialect, folder, lived)
    database = Database(url)
    # What the chain ordered, approved and paid is dated two days from now.
    clock = Clock(days=2)
    settings = Settings(
        data_dir=folder,
        database_url=url,
        owner_database_url=url,
        secret_key=b"a key of the tests, of 32 octets!",
        session_minutes=LASTING,
    )
    with served(create_app(settings, database, clock=clock)) as address:
        town = Town(browser, manner, address, database, chain, clock)
        yield town
        town.close()
    database.close()
    databases.drop(url)
