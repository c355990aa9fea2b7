"""The page that the square of a pass or of a cover opens, on anybody's telephone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.config import EXAMPLE_LINE
from app.identity import passwords
from app.kernel.clock import MARTINIQUE
from app.kernel.communes import COMMUNES, Commune, Point, commune_named
from app.mediators.hours import standing
from app.printing.errors import TooManyLooks
from app.printing.languages import MODEL, Language, language, languages
from app.printing.looking import (
    Look,
    Usable,
    WhereTo,
    is_to_practise,
    look_at_cover,
    look_at_pass,
)
from app.programmes.queries import is_demonstration
from app.web.auth import ANONYMOUS, SECURITY_HEADERS, started_at
from app.web.maps import Map, drawn
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transactions_of_its_own, request_session

bp = Blueprint("public_pass", __name__)
ANONYMOUS.update({"public_pass.voucher", "public_pass.cover"})

LONGEST_CODE = 60
AT_FIRST = 4
"""Places in sight; the others are one touch away, so that a small screen is not a long list."""
NEAR_ZOOM = 16
READS_ALOUD = f"{SECURITY_HEADERS['Content-Security-Policy']}; script-src 'self'"
"""This page alone has a script: a button that reads it aloud."""


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place of the list, in the reader's language; its number is that of the map."""

    number: int
    name: str
    commune: str
    street: str
    distance: str
    opening: str
    is_open: bool
    week: Sequence[tuple[str, str]]
    phone: str
    access: str
    way: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first thing that is said: a tone with its shape, a few words, and what to do."""

    tone: str
    drawing: str
    words: str
    lines: tuple[str, ...]
    advice: str
    day: str = ""
    """Until when it is good, as a line says it: what one looks for on the page."""


@dataclass(frozen=True, slots=True)
class PublicPage:
    """What the page shows; no look when no pass bears the code."""

    look: Look | None
    words: Language
    languages: tuple[tuple[Language, str], ...]
    """Each with the address of this page in it."""
    verdict: Verdict
    help_line: str
    """Empty where nobody answers one: an invented number helps nobody."""
    commune: str
    communes: tuple[Choice, ...]
    places: tuple[PlaceLine, ...]
    map: Map | None
    wait: int
    """Minutes for which nothing is looked up from there."""
    at_first: int = AT_FIRST


@bp.get("/P/<code>")
@bp.get("/p/<code>")
def voucher(code: str) -> ResponseReturnValue:
    """Whether a pass can be used, until when, and where."""
    return _answer(look_at_pass, code)


@bp.get("/C/<code>")
@bp.get("/c/<code>")
def cover(code: str) -> ResponseReturnValue:
    """The same of a booklet, and how many passes remain in it."""
    return _answer(look_at_cover, code)


def _answer(look_at: Callable[..., Look | None], code: str) -> Response:
    settings = current_settings()
    asker = f"public look {request.remote_addr or ''}"
    near = commune_named(request.args.get("commune", "")[:LONGEST_CODE])
    look, wait = None, 0
    try:
        look = in_transactions_of_its_own(
            partial(
                look_at,
                typed=code[:LONGEST_CODE],
                address_hash=passwords.keyed_hash(settings.secret_key, asker),
                now=started_at(),
                near=near.centre if near else None,
            )
        )
    except TooManyLooks as refused:
        # Others behind the same address may have guessed: whoever holds a pass is told in the
        # words of this page, and whom to call.
        wait = int(str(refused.details["minutes"]))
    practising = look is None and not wait and is_to_practise(code[:LONGEST_CODE])
    page = _page(look, near, practising=practising, wait=wait)
    answer = make_response(render_template("printing/public.html", page=page))
    answer.status_code = HTTPStatus.OK if look else HTTPStatus.NOT_FOUND
    if wait:
        answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
        answer.headers["Retry-After"] = str(60 * wait)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Content-Security-Policy"] = READS_ALOUD
    return answer


def _page(
    look: Look | None, near: Commune | None, *, practising: bool, wait: int = 0
) -> PublicPage:
    words = language(request.args.get("langue", ""))
    places = look.places if look else ()
    return PublicPage(
        look=look,
        words=words,
        languages=tuple((one, _in(one)) for one in languages().values()),
        verdict=verdict(look, words, practising=practising, wait=wait),
        wait=wait,
        help_line=_help_line(),
        commune=near.name if near else "",
        communes=tuple(Choice(one.name, one.name) for one in COMMUNES),
        places=tuple(
            place_line(number, one, words, started_at()) for number, one in enumerate(places, 1)
        ),
        map=drawn(
            [(number, one.where) for number, one in enumerate(places, 1)],
            near.centre if near else None,
        ),
    )


def _in(words: Language) -> str:
    """This page in a language: only what follows its address, so the code is not in the page."""
    asked = {key: value for key, value in request.args.items() if key == "commune" and value}
    if words.code != MODEL:
        asked["langue"] = words.code
    return f"?{urlencode(asked)}"


def _help_line() -> str:
    """The line of the settings; the example is shown to whoever reads a demonstration only."""
    line = current_settings().help_line
    return "" if line == EXAMPLE_LINE and not is_demonstration(request_session()) else line


def place_line(number: int, one: WhereTo, words: Language, now: datetime) -> PlaceLine:
    """A place as a list for anybody tells it."""
    found = standing(one.hours, now.astimezone(MARTINIQUE))
    return PlaceLine(
        number=number,
        name=one.name,
        commune=one.commune,
        street=one.street,
        distance="" if one.distance_km is None else words.distance(one.distance_km),
        opening=words.opening(found),
        is_open=found is not None and found.is_open,
        week=words.week(one.hours),
        phone=one.phone,
        access=one.access,
        way=way_to(one.exactly) if one.exactly else "",
    )


def way_to(point: Point) -> str:
    """Where the way to a place is shown, by others: a plain link, nothing is fetched from there."""
    at = f"{point.latitude:.5f}/{point.longitude:.5f}"
    mark = f"mlat={point.latitude:.5f}&mlon={point.longitude:.5f}"
    return f"https://www.openstreetmap.org/?{mark}#map={NEAR_ZOOM}/{at}"


def verdict(
    look: Look | None, words: Language, *, practising: bool = False, wait: int = 0
) -> Verdict:
    """What is said first of a pass or of a booklet, in calm words, and what to do."""
    lines: tuple[str, ...]

    def said(name: str, day: date | None = None) -> str:
        sentence = words[f"verdict.{name}"]
        return words.say(f"verdict.{name}", day=words.day(day)) if day else sentence

    if wait:
        advice = words.say("verdict.wait_do", minutes=wait)
        return Verdict("warn", "hourglass", said("wait"), (said("wait_why"),), advice)
    if practising:
        lines = (said("training_why"),)
        return Verdict("warn", "ask", said("training"), lines, said("training_do"))
    if look is None:
        return Verdict("warn", "ask", said("unknown"), (said("unknown_why"),), said("unknown_do"))
    what, last = ("booklet" if look.size else "pass"), look.last_day
    until = said("until", last)
    match look.usable:
        case Usable.YES:
            lines = (until,) if look.size else (said("worth"), until)
            tone, drawing, name, advice = "", "check", "yes", ""
        case Usable.USED:
            used = (said("used_on", look.used_on),) if look.used_on else ()
            lines = (said("used_booklet"),) if look.size else used
            tone, drawing, name = "done", "torn", "used"
            advice = "" if look.size else said("used_do")
        case Usable.OVER:
            lines = (said("over_on", last),)
            tone, drawing, name, advice = "warn", "clock", "over", said("over_do")
        case Usable.NOT_YET:
            lines = (said("not_yet_why"),)
            tone, drawing, name, advice = "warn", "hourglass", "not_yet", said("not_yet_do")
        case _:  # blocked, or annulled
            tone, drawing = "bad", "cross"
            name = "blocked" if look.blocked_on else "void"
            since = (said("blocked_since", look.blocked_on),) if look.blocked_on else ()
            lines, advice = (*since, said(f"{name}_why")), said(f"{name}_do")
    day = words.day(last) if look.usable is Usable.YES else ""
    return Verdict(tone, drawing, said(f"{what}_{name}"), lines, advice, day)
