"""Pages for which the demonstration has nothing to show: the same rules as for all the others."""

from collections.abc import Callable

import pytest

from tests.api.house import House
from tests.pages import markup
from tests.pages.rules import RULES

RARE: dict[str, Callable[[House], str]] = {
    "a replacement": lambda house: "/remplacements/{number}".format(
        **house.by_token("auditor").get("/replacements").read()["items"][0]
    ),
    "a debit note": lambda house: f"/corrections/titres/{house.lived.ids['debit note']}",
}


@pytest.mark.parametrize("name", RARE)
def test_a_rare_page_keeps_every_rule(lived_in: House, name: str) -> None:
    answer = lived_in.signed_in("finance", anew=True).client.get(RARE[name](lived_in))

    assert answer.status_code == 200
    for rule in RULES:
        rule(markup.read(answer.text))
