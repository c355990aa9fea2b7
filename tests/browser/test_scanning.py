"""The camera, the hand scanner and the keyboard at a counter: printed passes, in a real browser."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import func, select

from app.clearing.redemption_models import Redemption
from app.identity.rules import Role
from app.kernel.codes import VoucherCode, written
from app.ledger import AccountKind
from app.ledger.models import AccountRow, Voucher
from app.printing.press import PrintedBooklet, booklets
from app.programmes.models import VintageTerms
from app.vouchers.models import Booklet
from app.vouchers.service import codes_of, cover_of
from tests.browser import camera, looking
from tests.browser.conftest import NAMES
from tests.browser.looking import press
from tests.browser.site import PHONE_SCREEN, Site
from tests.printing.samples import edition

SIZE = 5


@dataclass(frozen=True)
class Paper:
    """A booklet in somebody's hands: its passes, all unused, and its cover."""

    cover: VoucherCode
    passes: tuple[VoucherCode, ...]
    leaves: bytes

    @property
    def cover_address(self) -> str:
        return edition().cover_address(self.cover)

    def address(self, place: int) -> str:
        return edition().pass_address(self.passes[place])


@pytest.fixture(scope="module")
def paper(site: Site) -> Paper:
    """A booklet that a person holds, printed with the codes of its vintage."""
    with site.database.transaction(writing=False) as session:
        unused = (
            select(Voucher.booklet_id)
            .join(AccountRow, AccountRow.id == Voucher.account_id)
            .where(AccountRow.kind == AccountKind.CIRCULATION)
            .group_by(Voucher.booklet_id)
            .having(func.count() == SIZE)
        )
        booklet = session.scalars(
            select(Booklet).where(Booklet.size == SIZE, Booklet.id.in_(unused)).limit(1)
        ).one()
        terms = session.get_one(VintageTerms, booklet.vintage_id)
        passes = tuple((str(serial), code) for serial, code in codes_of(booklet, terms, site.keys))
        cover = cover_of(booklet, terms, site.keys)
    printed = PrintedBooklet(passes[0][0][:9], cover, passes)
    leaves = booklets(edition(), SIZE, [printed], large=False)
    return Paper(cover, tuple(code for _, code in passes), leaves)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, paper: Paper) -> Path:
    """A pass, another one, and the cover of their booklet, held up in turn for ever."""
    path = tmp_path_factory.mktemp("video") / "passes.y4m"
    wanted = (paper.address(0), paper.address(1), paper.cover_address)
    camera.film(path, camera.held_up(paper.leaves, wanted))
    return path


@pytest.fixture(scope="module")
def phone(browser: Browser, video: Path) -> Iterator[Browser]:
    """A browser with a camera."""
    program = next(filter(None, map(shutil.which, NAMES)))
    with camera.looking_at(browser.browser_type, program, video) as chromium:
        yield chromium


LISTEN = """() => {
  const place = document.querySelector('[data-part="said"]');
  window.heard = [];
  new MutationObserver(() => heard.push(place.textContent.replace(/\\s+/g, ' ')))
    .observe(place, { childList: true });
}"""


def scans(page: Page, button: str) -> None:
    """Open the camera, and listen to what it says: the next square takes the words away."""
    page.evaluate(LISTEN)
    page.get_by_role("button", name=button).click()


def hears(page: Page, sentence: str) -> None:
    """What the camera says, sooner or later."""
    page.wait_for_function("said => heard.some(one => one.includes(said))", arg=sentence)


def taken(site: Site) -> int:
    """Redemptions in the whole demonstration."""
    with site.database.transaction(writing=False) as session:
        return session.scalar(select(func.count()).select_from(Redemption)) or 0


def test_printed_passes_are_read_and_each_is_taken_once_though_an_answer_was_lost(
    phone: Browser, site: Site
) -> None:
    signed_in = site.signed_in(Role.MEDIATOR)
    before, sent = taken(site), []

    def lose_the_first_answer(route: Route) -> None:
        sent.append((route.request.post_data_json or {})["id"])
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    window = looking.Window.of(phone, PHONE_SCREEN, signed_in=signed_in)
    page = window.page
    page.route("**/api/v1/redemptions", lose_the_first_answer)
    page.add_init_script(
        "window.notes = []; const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (...at)"
        " { notes.push(this.frequency.value); return start.apply(this, at); };"
    )
    page.goto(f"{site.url}/encaisser")
    sounds = page.get_by_label("Entendre un son à chaque lecture")
    expect(sounds).not_to_be_checked()
    sounds.check()
    page.reload()
    expect(sounds).to_be_checked()
    assert page.evaluate("notes") == []
    scans(page, "Scanner un pass")

    expect(page.get_by_role("heading", name="Accepté")).to_be_visible()
    page.wait_for_function("notes.includes(1320)")
    expect(page.locator('[data-part="taken"] li')).to_have_count(2)
    expect(page.get_by_text("Noter l’accompagnement (2")).to_be_visible()
    hears(page, "C’est la couverture du carnet")
    expect(page.get_by_text("Vous venez de l’encaisser")).to_be_visible()
    assert taken(site) == before + 2
    assert sent[0] == sent[1]
    assert len(set(sent)) == 2
    expect(page).to_have_title(re.compile("^Accepté"))
    looking.keeps_to_every_screen(page, [PHONE_SCREEN])
    page.get_by_role("button", name="Fermer l’appareil photo").click()
    expect(page.locator("video")).to_be_hidden()

    press(page.get_by_text("Noter l’accompagnement (2"))
    passes = page.get_by_role("checkbox", name="26A")
    expect(passes).to_have_count(2)
    for box in passes.all():
        expect(box).to_be_checked()
    page.context.close()
    assert [said for said in window.complaints if "ERR_FAILED" not in said] == []


def test_covers_join_the_lines_of_their_field_and_a_pass_does_not(
    phone: Browser, site: Site, paper: Paper
) -> None:
    signed_in = site.signed_in(Role.PRESCRIBER)
    with looking.opened(
        phone, f"{site.url}/dotations/retour", PHONE_SCREEN, signed_in=signed_in
    ) as page:
        page.get_by_label("Carnets, un par ligne").fill("26A 00001")
        scans(page, "Scanner les couvertures")

        hears(page, "C’est le carré d’un pass")
        hears(page, "2 lignes dans la liste")
        hears(page, "Lu tout à l’heure")
        typed = page.get_by_label("Carnets, un par ligne").input_value()

    assert typed == f"26A 00001\n{written(paper.cover)}\n"


def test_a_field_of_one_line_holds_the_pass_that_was_read_last(
    phone: Browser, site: Site, paper: Paper
) -> None:
    signed_in, refused = site.signed_in(Role.MEDIATOR), f"/litiges/nouveau/{UUID(int=0)}"
    with looking.opened(phone, f"{site.url}{refused}", PHONE_SCREEN, signed_in=signed_in) as page:
        page.get_by_label("Code du pass").fill("illisible")
        scans(page, "Scanner le pass")

        hears(page, "Le code est dans le champ")
        typed = page.get_by_label("Code du pass").input_value()

    assert typed in {written(code) for code in paper.passes[:2]}


REFUSE = """Object.defineProperty(navigator, 'mediaDevices', {value: {
    getUserMedia: () => Promise.reject(new DOMException('', 'NotAllowedError'))}})"""


def test_a_hand_scanner_collects_lines_where_the_camera_is_refused_and_sends_nothing_half_done(
    browser: Browser, site: Site, paper: Paper
) -> None:
    signed_in, before = site.signed_in(Role.MEDIATOR), taken(site)
    window = looking.Window.of(browser, PHONE_SCREEN, signed_in=signed_in)
    page = window.page
    page.add_init_script(REFUSE)
    page.goto(f"{site.url}/encaisser")

    scans(page, "Scanner un pass")
    hears(page, "L’appareil photo est refusé sur ce site")

    page.evaluate("document.activeElement.blur()")
    for place in (2, 3, 2):
        page.keyboard.type(f"{paper.address(place)}\n")
    assert page.url == f"{site.url}/encaisser"
    assert taken(site) == before
    assert page.get_by_label("Code du pass").input_value().count("\n") == 3

    press(page.get_by_role("button", name="Encaisser", exact=True))

    expect(page.get_by_role("heading", name="2 acceptés, 1 refusé")).to_be_visible()
    assert taken(site) == before + 2
    looking.keeps_to_every_screen(page, [PHONE_SCREEN])
    page.get_by_label("Code du pass").fill("")
    page.get_by_label("Code du pass").focus()
    page.keyboard.type(f"{paper.address(2)}\n\n")
    expect(page.get_by_role("heading", name="Refusé")).to_be_visible()
    page.context.close()
