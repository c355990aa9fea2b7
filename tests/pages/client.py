"""The client through which tests fetch pages: it judges each one that comes, whatever was asked.

`tests.pages.rules` reads pages as trees and knows more; this reads them as text, so that it costs
next to nothing and nobody needs to think of it.
"""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PART = re.compile(r"<(/?)(html|title|h1|form|label|input|select|textarea)\b([^>]*)>")
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
POLICY = ("default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'")
LANGUAGES = {"fr", "en"}
LEAD_ELSEWHERE = range(300, 400)
"""Answers that nobody reads: the browser goes on by itself."""


class PageClient(FlaskClient):
    """A browser without a screen, whose every page keeps what all pages keep."""

    def open(self, *args: Any, **more: Any) -> TestResponse:  # noqa: ANN401 - as werkzeug has it
        """Fetch, and judge what came if it is a page."""
        answer = super().open(*args, **more)
        if answer.mimetype == "text/html" and answer.status_code not in LEAD_ELSEWHERE:
            judge(answer)
        return answer


def judge(answer: TestResponse) -> None:
    """Language, title, one h1, forms that say where they lead, names of fields, strict policy."""
    where = (answer.request.method, answer.request.path, answer.status_code)
    policy = answer.headers.get("Content-Security-Policy", "")
    assert all(line in policy for line in POLICY), where
    assert "unsafe-inline" not in policy, where
    assert "'unsafe-eval'" not in policy, where
    text = answer.text
    assert re.search(r"<title>[^<]*\w[^<]* · passnum", text), where

    seen = [
        (closing, tag, dict(ATTRIBUTE.findall(attributes)))
        for closing, tag, attributes in PART.findall(text)
    ]
    opened = [(tag, attributes) for closing, tag, attributes in seen if not closing]
    assert [one["lang"] in LANGUAGES for tag, one in opened if tag == "html"] == [True], where
    assert [tag for tag, _ in opened].count("h1") == 1, where
    for tag, form in opened:
        if tag == "form":
            assert form["method"] in {"get", "post"}, where
            assert form["action"].startswith(("/", "#")), (where, form)
    unnamed = without_a_label(seen)
    assert not unnamed, (where, unnamed)


def without_a_label(seen: list[tuple[str, str, dict[str, str]]]) -> list[dict[str, str]]:
    """Fields that say nobody what belongs there."""
    named = {one.get("for") for _, tag, one in seen if tag == "label"}
    found, inside = [], False
    for closing, tag, one in seen:
        if tag == "label":
            inside = not closing
        is_field = tag in {"input", "select", "textarea"} and not closing
        if is_field and one.get("type") != "hidden" and not inside and one.get("id") not in named:
            found.append(one)
    return found
