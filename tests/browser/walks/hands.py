"""The hands of somebody at work: a thumb on a phone, or a keyboard on a desk and nothing else.

A walk is written once, in the words of the pages: `follow` a link, `press` a button, `write` in a
field. `Thumb` taps. `Keyboard` knows Tab, Shift+Tab, Enter, Space, arrows and letters: it never
clicks, never sets a value, never moves the focus by script; and at each stop it looks whether the
focus is seen, whether it goes on in the order of the page, and whether it comes out again.
"""

import mimetypes
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    BrowserContext,
    CDPSession,
    ElementHandle,
    Locator,
    Page,
    Route,
    expect,
)

Role = Literal["link", "button", "textbox", "combobox", "checkbox", "radio", "searchbox"]
Name = str | re.Pattern[str]

STOPS = 250
"""More presses of Tab than any page needs from its first stop to its last."""
STEPS = {"Tab": 9, "ArrowUp": 38, "ArrowDown": 40}
"""The keys that lead about, by the numbers that browsers know them by."""
PARTS_OF_A_DAY = 5
"""A field of a day holds the key for its day, month, year and little calendar."""

LOOKED_AT = """async () => {
  if (document.querySelector('[autofocus]') && document.activeElement === document.body)
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [document.querySelectorAll('h1').length,
    document.documentElement.scrollWidth - innerWidth];
}"""
"""How many titles a page has, and by how many pixels it is wider than its screen.

The focus that a page asks for comes with its first picture, a moment after the page.
"""
WHERE = """
target => {
  const led = document.getElementById(location.hash.slice(1));
  const here = document.activeElement === document.body && led || document.activeElement;
  return {
    what: target.outerHTML.slice(0, 160),
    shown: target.checkVisibility(),
    there: here === target,
    fresh: here === document.body,
    inside: target.closest('main') !== null,
    beyond: here === target ? false
      : Boolean(here.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING),
  };
}
"""
STOP = """
target => {
  const here = document.activeElement, was = window.stopped;
  const box = here.getBoundingClientRect(), style = getComputedStyle(here);
  const within = (least, value, most) => Math.min(Math.max(value, least), most);
  const above = document.elementFromPoint(
    within(0, (box.left + box.right) / 2, innerWidth - 1),
    within(0, (box.top + box.bottom) / 2, innerHeight - 1));
  const place = {left: box.left, top: box.top + scrollY, bottom: box.bottom + scrollY};
  const work = here.closest('main') !== null;
  window.stopped = {here, place, work};
  return {
    what: here.outerHTML.slice(0, 160),
    lost: here === document.body,
    reached: here === target || (target.type === 'radio' && here.type === 'radio'
      && here.name === target.name && here.form === target.form),
    same: was !== undefined && was.here === here,
    day: here.type === 'date',
    seen: here.checkVisibility() && box.width > 2 && box.height > 2 && box.right > 0
      && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight,
    covered: above !== null && !here.contains(above) && !above.contains(here)
      && ![...(here.labels || [])].some(label => label.contains(above)),
    ring: here.type === 'date' || here.matches('main')
      || (style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 3),
    back: was !== undefined && was.here !== here && was.work && work
      && place.bottom <= was.place.top && place.left <= was.place.left,
  };
}
"""
"""Where the key is, whether it can be seen there, and how that lies to the stop before."""


@dataclass
class Hands(ABC):
    """Whoever works at a screen; what differs between a thumb and a keyboard is left to them."""

    page: Page
    url: str
    complaints: list[str]

    @classmethod
    def at(cls, context: BrowserContext, url: str) -> "Hands":
        """These hands at a new page, which must not complain."""
        hands = cls(context.new_page(), url, [])
        hands.page.on("console", lambda message: hands.complaints.append(message.text))
        hands.page.on("pageerror", lambda error: hands.complaints.append(str(error)))
        return hands

    def go(self, path: str) -> None:
        """Type an address, as after signing in or from a letter."""
        self.page.goto(path if "://" in path else self.url + path)
        self._looks()

    @abstractmethod
    def menu(self, entry: str) -> None:
        """Open an entry of the menu."""

    def leave_steps(self) -> None:
        """Quit the steps of an act by the top of the page; what was typed waits."""
        top = self.page.get_by_role("banner")
        self._leave(top.get_by_role("link", name="Quitter", exact=True), "Enter")

    def follow(self, name: Name, *, row: str = "") -> None:
        """Follow a link, in the row or the item that says so."""
        self._leave(self._one("link", name, row), "Enter")

    def press(self, name: Name, *, row: str = "") -> None:
        """Press a button that leads to another page."""
        self._leave(self._one("button", name, row), "Enter")

    def push(self, name: Name) -> None:
        """Press a button of this page."""
        self._touch(self._one("button", name), "Space")

    def unfold(self, words: Name) -> None:
        """Open what is folded under these words; a desk may show it at once."""
        summary = self.page.locator("main summary").filter(has_text=words).first
        assert summary.count(), (words, self.page.url)
        if summary.is_visible():
            self._touch(summary, "Enter")

    def tick(self, name: Name) -> None:
        """Tick a box."""
        box = self._one("checkbox", name)
        self._touch(box, "Space")
        expect(box).to_be_checked()

    @abstractmethod
    def pick(self, name: Name, *, of: str = "") -> None:
        """Take one of several choices."""

    @abstractmethod
    def choose(self, label: Name, option: str) -> None:
        """Take a line of a list."""

    @abstractmethod
    def write(self, label: Name, text: str) -> None:
        """Write in a field, over whatever stands there."""

    def scan(self, label: Name, *codes: str) -> None:
        """Put the mark into a field and read codes with a hand scanner: it types, then Enter."""
        self._touch(self._field(label), "")
        for code in codes:
            self.page.keyboard.type(f"{code}\n")

    def sees(self, *sentences: str) -> None:
        """Read these words on the page."""
        shown = " ".join(self.page.locator("body").inner_text().split())
        for sentence in sentences:
            assert sentence in shown, (sentence, self.page.url, shown[:3000])

    def hears(self, sentence: str) -> None:
        """What a page says by itself after a moment, to whoever looks and to whoever listens."""
        said = self.page.locator("[role=status], [aria-live]").filter(has_text=sentence)
        expect(said.first).to_be_visible()

    def reads(self, selector: str) -> str:
        """What one place of the page says."""
        return " ".join(self.page.locator(selector).first.inner_text().split())

    def fact(self, name: str) -> str:
        """What stands beside that name."""
        (row,) = self.page.locator(".facts > div").filter(has_text=name).all()
        return " ".join(row.locator("dd").inner_text().split())

    def file(self, name: Name) -> str:
        """Open or keep what a link gives, and say of what kind it is."""
        link, kinds = self._one("link", name), []

        def keep(route: Route) -> None:
            answer = route.fetch()
            assert answer.ok, answer.text()
            kinds.append(answer.headers["content-type"].partition(";")[0])
            route.fulfill(status=204)

        self._reach(link)
        if link.get_attribute("download") is not None:
            with self.page.expect_download() as coming:
                self._act(link, "Enter")
            return str(mimetypes.guess_type(coming.value.suggested_filename)[0])
        address = link.evaluate("link => link.href")
        self.page.route(address, keep, times=1)
        with self.page.expect_event("requestfailed", lambda asked: asked.url == address):
            self._act(link, "Enter")
        return kinds[0]

    # ── what differs ──────────────────────────────────────────────────────────────────────────────

    @abstractmethod
    def _reach(self, target: Locator) -> ElementHandle:
        """Come to where one can act."""

    @abstractmethod
    def _act(self, target: Locator, key: str) -> None:
        """Act there: with a thumb, or with that key."""

    def _touch(self, target: Locator, key: str) -> None:
        self._reach(target)
        self._act(target, key)

    def _leave(self, target: Locator, key: str) -> None:
        self._reach(target)
        with self.page.expect_navigation():
            self._act(target, key)
        self._looks()

    def _looks(self) -> None:
        """What is looked at on each page that comes."""
        titles, wider = self.page.evaluate(LOOKED_AT)
        assert titles == 1, self.page.url
        assert wider <= 0, self.page.url
        heard = [said for said in self.complaints if "status of 4" not in said]
        assert heard == [], heard

    def _one(self, role: Role, name: Name, row: str = "") -> Locator:
        place = self.page.locator("main")
        if row:
            place = place.locator("tr, li").filter(has_text=row).last
        return place.get_by_role(role, name=name, exact=True).first

    def _field(self, label: Name) -> Locator:
        return self.page.locator("main").get_by_label(label, exact=True).first

    def _choice(self, name: Name, of: str) -> Locator:
        place = self.page.locator("main")
        if of:
            place = place.get_by_role("group", name=of)
        return place.get_by_role("radio", name=name).first


class Thumb(Hands):
    """A finger on a phone."""

    def menu(self, entry: str) -> None:
        """By the button at the top or at the bottom of the phone."""
        button = self.page.get_by_role("button", name=re.compile("^(Menu|Plus)$"))
        button.locator("visible=true").first.tap()
        link = self.page.locator("#menu").get_by_role("link", name=entry, exact=True)
        self._leave(link, "")

    def pick(self, name: Name, *, of: str = "") -> None:
        """The finger hits the words as well."""
        self._choice(name, of).locator("xpath=ancestor::label").tap()

    def choose(self, label: Name, option: str) -> None:
        """The phone shows its own list."""
        self._field(label).select_option(label=option)

    def write(self, label: Name, text: str) -> None:
        """The phone has its own keys."""
        self._field(label).fill(text)

    def _reach(self, target: Locator) -> ElementHandle:
        return target.element_handle()

    def _act(self, target: Locator, key: str) -> None:  # noqa: ARG002 - a thumb has none
        target.tap()


class Keyboard(Hands):
    """Keys, and nothing else."""

    @cached_property
    def _keys(self) -> CDPSession:
        return self.page.context.new_cdp_session(self.page)

    def _step(self, key: str) -> None:
        """One stop or one line further: the key goes down, which is a third of a whole press."""
        name = key.removeprefix("Shift+")
        self._keys.send(
            "Input.dispatchKeyEvent",
            {
                "type": "rawKeyDown",
                "key": name,
                "code": name,
                "windowsVirtualKeyCode": STEPS[name],
                "modifiers": 8 if key != name else 0,
            },
        )

    def menu(self, entry: str) -> None:
        """It lies beside the page."""
        link = self.page.locator("#menu").get_by_role("link", name=entry, exact=True)
        self._leave(link, "Enter")

    def pick(self, name: Name, *, of: str = "") -> None:
        """Tab leads to a group, arrows from one choice to the next, Space takes the first."""
        radio = self._choice(name, of)
        handle = self._reach(radio)
        for _ in range(STOPS):
            if handle.evaluate("radio => document.activeElement === radio"):
                break
            self._step("ArrowDown")
        if not radio.is_checked():
            self.page.keyboard.press("Space")
        expect(radio).to_be_checked()

    def choose(self, label: Name, option: str) -> None:
        """Arrows, as often as it takes."""
        field = self._field(label)
        handle = self._reach(field)
        steps: int = handle.evaluate(
            "(list, words) => [...list.options].findIndex("
            "  one => one.label.trim().replace(/\\s+/g, ' ') === words) - list.selectedIndex",
            option,
        )
        for _ in range(abs(steps)):
            self._step("ArrowDown" if steps > 0 else "ArrowUp")
        shown = field.evaluate("list => list.selectedOptions[0].label.trim().replace(/\\s+/g, ' ')")
        assert shown == option, (shown, option)

    def write(self, label: Name, text: str) -> None:
        """Letters, over what stands there; a day as the browser writes it: month first."""
        field = self._field(label)
        self._reach(field)
        if field.get_attribute("type") == "date":
            year, month, day = text.split("-")
            self.page.keyboard.type(f"{month}{day}{year}")
        else:
            self.page.keyboard.press("Control+A")
            self.page.keyboard.press("Delete")
            self.page.keyboard.type(text)
        assert field.input_value() == text, (field.input_value(), text)

    def _act(self, target: Locator, key: str) -> None:  # noqa: ARG002 - it is where the key is
        if key:
            self.page.keyboard.press(key)

    def _reach(self, target: Locator) -> ElementHandle:
        """Press Tab until the key is there, looking at every stop."""
        handle = target.element_handle()
        where = handle.evaluate(WHERE)
        assert where["shown"], (self.page.url, where["what"])
        if where["fresh"] and where["inside"]:
            self._skip()
        elif where["there"]:
            return handle
        key, again = "Shift+Tab" if where["beyond"] else "Tab", 0
        for _ in range(STOPS):
            self._step(key)
            stop = handle.evaluate(STOP)
            again = again + 1 if stop["same"] else 0
            self._judge(stop, again, backwards=key != "Tab")
            if stop["reached"]:
                return handle
        pytest.fail(f"no key leads there: {handle.evaluate('e => e.outerHTML')[:160]}")

    def _skip(self) -> None:
        """The first stop of a page leads past the menu."""
        self._step("Tab")
        stop = self.page.evaluate(f"({STOP})(document.activeElement)")
        assert 'class="skip"' in stop["what"], (self.page.url, stop["what"])
        self._judge(stop, 0, backwards=False)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#contenu")).to_be_focused()

    def _judge(self, stop: dict[str, Any], again: int, *, backwards: bool) -> None:
        here = (self.page.url, stop["what"])
        assert not stop["lost"], ("the key fell off the page", *here)
        assert again < (PARTS_OF_A_DAY if stop["day"] else 1), ("no way out", *here)
        assert stop["seen"], ("out of sight", *here)
        assert stop["ring"], ("nothing shows where the key is", *here)
        assert not stop["covered"], ("something lies on it", *here)
        assert backwards or not stop["back"], ("the order goes back up", *here)
