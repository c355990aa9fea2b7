"""What the browser tests look at on any page, of the gallery or of the running application."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import Browser, Locator, Page, Request, StorageState

from app.web import assets

EXPERIMENTAL_RGAA = (
    "css-orientation-lock",
    "focus-order-semantics",
    "p-as-heading",
    "table-fake-caption",
    "td-has-header",
)
"""Rules with a tag of the RGAA that axe-core leaves out unless they are asked for; every other rule
with such a tag is among those that it runs by itself."""
AXE = assets.WEB.parent.parent / "node_modules" / "axe-core" / "axe.min.js"

PATIENCE = 30_000
"""Milliseconds in which what is awaited comes, on a machine that does other things too."""
PHONE, DESK = 360, 1280
Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Screen:
    """A width in CSS pixels and a preference for light or dark."""

    width: int
    scheme: Scheme

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


SCREENS = tuple(Screen(width, scheme) for width in (PHONE, DESK) for scheme in ("light", "dark"))


@dataclass
class Window:
    """A window of the browser, with the cookies of one person; it may show many pages."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, browser: Browser, screen: Screen, *, signed_in: StorageState | None = None
    ) -> "Window":
        """A new window on a screen."""
        context = browser.new_context(
            viewport={"width": screen.width, "height": 800},
            color_scheme=screen.scheme,
            locale="fr-FR",
            reduced_motion="reduce",
            storage_state=signed_in,
        )
        # The browser compiles it once; brought in page by page it takes a tenth of a second each.
        context.add_init_script(path=AXE)
        window = cls(context.new_page())
        window.page.on("console", lambda message: window.complaints.append(message.text))
        window.page.on("pageerror", lambda error: window.complaints.append(str(error)))
        window.page.on("requestfailed", window.hears_of)
        return window

    def hears_of(self, request: Request) -> None:
        """A page that is left before its icon has come gives the request up: nobody misses it."""
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure}: {request.url}")

    @contextmanager
    def showing(self, url: str, *, status: int = 200) -> Iterator[Page]:
        """A page; whatever else the browser complains about meanwhile fails the test."""
        self.complaints.clear()
        answer = self.page.goto(url)
        assert answer is not None
        assert answer.status == status
        yield self.page
        heard = [said for said in self.complaints if f"status of {status} " not in said]
        assert heard == [], heard


@contextmanager
def opened(
    browser: Browser,
    url: str,
    screen: Screen,
    *,
    signed_in: StorageState | None = None,
    status: int = 200,
) -> Iterator[Page]:
    """A page in a window of its own, closed afterwards."""
    window = Window.of(browser, screen, signed_in=signed_in)
    try:
        with window.showing(url, status=status) as page:
            yield page
    finally:
        window.page.context.close()


def press(target: Locator) -> None:
    """Press what leads to another page, or to the same one again, and wait until that is there.

    Without this, what is read next may still be of the page before, or of none.
    """
    with target.page.expect_navigation():
        target.click()


def keeps_to_every_screen(page: Page, screens: Iterable[Screen]) -> None:
    """On each screen in turn: nothing sticks out, fingers hit, axe-core has nothing to say."""
    for screen in screens:
        page.set_viewport_size({"width": screen.width, "height": 800})
        page.emulate_media(color_scheme=screen.scheme)
        assert overflow(page) == 0, screen
        assert small_targets(page) == [], screen
        assert axe_violations(page) == [], screen


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds against its default rules and all that carry a criterion of the RGAA.

    The debugger brings the script in, so the page keeps its policy. To say where each thing is that
    is right would take half of the time.
    """
    if not page.evaluate("'axe' in window"):
        debugger = page.context.new_cdp_session(page)
        debugger.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    found: list[dict[str, Any]] = page.evaluate(
        "rules => axe.run({ preload: false, resultTypes: ['violations'], selectors: false, rules })"
        ".then(results => results.violations)",
        {rule: {"enabled": True} for rule in EXPERIMENTAL_RGAA},
    )
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found
        for node in violation["nodes"]
    ]


FAINT = """() => {
  const parts = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(part => part / 255)
    .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [.2126, .7152, .0722][place], 0);
  const laid = (over, under) => [0, 1, 2].map(
    part => over[part] * (over[3] ?? 1) + under[part] * (1 - (over[3] ?? 1)));
  const grounds = new Map();
  const ground = element => {
    if (element === null) return [255, 255, 255];
    if (grounds.has(element)) return grounds.get(element);
    const style = getComputedStyle(element), own = parts(style.backgroundColor);
    const found = style.backgroundImage.includes('gradient') ? null
      : own.length === 3 ? own : ground(element.parentElement);
    const told = found && own.length === 4 && own[3] > 0 ? laid(own, found) : found;
    grounds.set(element, told);
    return told;
  };
  const worded = element => element.matches('input:not([type=hidden]), select, textarea')
    || [...element.childNodes].some(one => one.nodeType === 3 && one.data.trim());
  return [...document.body.querySelectorAll('*')].filter(worded)
    .filter(e => e.checkVisibility() && !e.matches('option, :disabled') && !e.closest('svg'))
    .map(element => {
      const style = getComputedStyle(element), under = ground(element);
      if (!under || style.clipPath !== 'none') return null;
      const [one, other] = [laid(parts(style.color), under), under].map(light);
      const ratio = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
      const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
      const least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
      const what = `${ratio.toFixed(2)}: ${element.outerHTML.slice(0, 120)}`;
      return ratio + .005 < least ? what : null;
    }).filter(Boolean);
}"""
"""Words too close to the colour that lies under them, as WCAG reckons it."""


def faint(page: Page) -> list[str]:
    """Words that are hard to see; what axe-core takes a third of a second for, in a hundredth.

    It knows less: nothing of gradients, nor of pictures. axe-core has the last word, in deep runs.
    """
    found: list[str] = page.evaluate(FAINT)
    return found


def overflow(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(0, wide)


def squeezed(page: Page) -> list[str]:
    """Cells of a table whose words are broken letter by letter, and tables wider than their place.

    A region that scrolls hides its last column from whoever does not know: on a desk none should.
    """
    found: list[str] = page.evaluate(
        """() => [
            ...[...document.querySelectorAll('main :is(th, td)')].filter(cell => {
              const { fontSize, paddingLeft, paddingRight } = getComputedStyle(cell);
              const [size, left, right] = [fontSize, paddingLeft, paddingRight].map(parseFloat);
              const box = cell.getBoundingClientRect();
              return cell.checkVisibility() && cell.innerText.trim().length > 4
                && box.width - left - right < 2.2 * size && box.height > 4 * size;
            }),
            ...[...document.querySelectorAll('main .table')].filter(
              place => place.scrollWidth > place.clientWidth + 2),
          ].map(e => e.outerHTML.slice(0, 120))"""
    )
    return found


def small_targets(page: Page) -> list[str]:
    """Visible controls that a finger would miss: lower than 44 px, links in a text excepted.

    A finger reaches a box to tick by the whole label around it.
    """
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(`button, input:not([type=hidden]), select, summary,
                                              a.btn, nav a, .siblings a`)]
            .filter(e => e.checkVisibility())
            .filter(e => Math.round((e.closest('label') || e).getBoundingClientRect().height) < 44)
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    return found


def focus_stop(page: Page) -> dict[str, Any]:
    """Where the keyboard is: what, whether it can be seen, and whether it wears its ring."""
    stop: dict[str, Any] = page.evaluate(
        """() => {
            const e = document.activeElement, box = e.getBoundingClientRect();
            const style = getComputedStyle(e);
            return {
                what: e === document.body ? '' : e.outerHTML.slice(0, 120),
                seen: e.checkVisibility() && box.width > 2 && box.height > 2
                    && box.right > 0 && box.left < innerWidth && box.bottom > 0
                    && box.top < innerHeight,
                ring: style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 3,
            };
        }"""
    )
    return stop
