"""The pictures of the guides, taken of the demonstration.

    PASSNUM_GUIDE_DIR=build/guide .venv/bin/python -m pytest -m deep tests/browser/test_guides.py

makes them where the guides look for them; without the variable they are taken and thrown away.
"""

import os
from pathlib import Path

import pytest

from app.guides import reading
from app.identity.rules import Role
from tests.browser.site import Site

WIDE, HIGH = 1280, 800
COUNTER = (Role.MEDIATOR, Role.PRESCRIBER)
"""Who works on a phone: their pictures are taken of one."""


@pytest.mark.deep
@pytest.mark.parametrize("role", Role, ids=str)
def test_the_pictures_of_a_guide_are_taken(site: Site, role: Role, tmp_path: Path) -> None:
    folder = Path(os.environ.get("PASSNUM_GUIDE_DIR") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    for picture in reading.guide(reading.NAMES[role]).pictures:
        with site.window(role).showing(site.url + picture.path) as page:
            if role not in COUNTER:
                page.set_viewport_size({"width": WIDE, "height": HIGH})
            page.screenshot(path=folder / picture.file)
        assert (folder / picture.file).stat().st_size > 0
