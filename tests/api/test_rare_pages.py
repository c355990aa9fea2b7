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


@pytest.mark.parametrize("path", ["/remplacements", "/corrections/titres"])
def test_a_rare_list_leaves_as_a_file_of_its_rows(lived_in: House, path: str) -> None:
    client = lived_in.signed_in("finance", anew=True).client
    page, sheet = client.get(path), client.get(f"{path}.csv")
    rows = sheet.get_data().decode("utf-8-sig").splitlines()[1:]

    assert page.text.count('<th scope="row"') == len(rows) > 0
    for rule in RULES:
        rule(markup.read(page.text))
