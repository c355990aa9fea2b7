"""A real browser, and the gallery of pages served to it under the policy of the application."""

import mimetypes
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from app.clearing.receipts import ReceiptSigner
from app.config import Settings
from app.database.connections import Database
from app.demo import service as demonstration
from app.factory import create_app
from app.identity import passwords
from app.kernel.clock import utc_now
from app.programmes.keys import KeyStore
from app.web import assets
from app.web.auth import POLICY, SECURITY_HEADERS
from tests.browser.looking import PATIENCE
from tests.browser.site import Site
from tests.databases import Databases
from tests.pages import gallery
from tests.pages.client import PageClient

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
)
"""The first has no windows to draw around a page, and takes two thirds of the time."""
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as the distribution ships it."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.fail("Chromium est introuvable : installez-le (apt install chromium).")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def gallery_url() -> Iterator[str]:
    """The address under which every sheet of the gallery is served by its name."""
    files = assets.gather(assets.SOURCE, assets.VENDOR_FILES)
    server = make_server(
        "127.0.0.1", 0, _application(files), threaded=True, request_handler=_Silent
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def static_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give this run static files of its own: a build beside it would sweep those it serves."""
    folder = tmp_path_factory.mktemp("built") / "static"
    assets.build(target=folder)
    assets.BUILD, assets.MANIFEST = folder, folder / assets.MANIFEST.name
    assets.read_manifest.cache_clear()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """An application that answers; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def demonstrated(database: Database, folder: Path) -> None:
    """The demonstration as it stands now: loaded once a run, however many processes look at it."""
    passwords.make_cheap()
    demonstration.load(
        database,
        keys=KeyStore(folder / "keys"),
        signer=ReceiptSigner(folder / "keys"),
        now=utc_now(),
        progress=lambda _: None,
    )


@pytest.fixture(scope="session")
def site(
    tmp_path_factory: pytest.TempPathFactory,
    databases: Databases,
    browser: Browser,
    static_files: None,
) -> Iterator[Site]:
    """The real application, on its own SQLite file with the demonstration in it."""
    del static_files
    folder = tmp_path_factory.mktemp("site")
    made = databases.filled("sqlite", demonstrated)
    shutil.copytree(made.files, folder, dirs_exist_ok=True)
    settings = Settings.from_environment(
        {"PASSNUM_DATA_DIR": str(folder), "PASSNUM_DATABASE_URL": databases.clone("sqlite", made)}
    )
    keys = KeyStore(settings.key_dir)
    database = Database(settings.database_url)
    app = create_app(settings, database)
    app.test_client_class = PageClient
    with served(app) as url:
        yield Site(browser, app, url, database, keys)
    database.close()


def _application(files: dict[str, Path]) -> "WSGIApplication":
    @Request.application
    def answer(request: Request) -> Response:
        name = request.path.removeprefix("/")
        if name in gallery.SHEETS:
            page = gallery.render(name)
            headers = dict(SECURITY_HEADERS)
            if "<script type" in page:
                headers["Content-Security-Policy"] = f"{POLICY}; script-src 'self'"
            return Response(page, headers=headers, mimetype="text/html")
        file = files.get(name.removeprefix("static/"))
        if file is None:
            return Response("", 404)
        answer = Response(file.read_bytes(), mimetype=mimetypes.guess_type(file.name)[0])
        answer.cache_control.max_age = 600
        return answer

    return answer


class _Silent(WSGIRequestHandler):
    """A test prints what failed, not what was asked."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""
