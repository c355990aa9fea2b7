"""What scripts/test does: every check there is, in the order in which they are cheap.

The first tool that fails ends the run and is named. The tests come last, so that the closing line
is pytest's own.
"""

import argparse
import os
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from environment import ROOT, VENV, Progress, Stop, prepare, run_quietly, say

HELP = """\
Emploi : scripts/test [--deep] [arguments de pytest]

Vérifie le style, les types, les imports, puis lance les tests sur SQLite et sur PostgreSQL.

  --deep   ajoute ce qui dépasse les dix minutes d’une vérification ordinaire

Des arguments de pytest restreignent les tests, jamais les autres vérifications :
  scripts/test tests/unit -k money
"""
LIGHT_BROWSER = "chromium-headless-shell"
BROWSERS = (
    LIGHT_BROWSER,
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
)


def tool(name: str) -> str:
    """A program of the environment."""
    return str(VENV / "bin" / name)


def checks() -> list[list[str]]:
    """The tools that read the sources, fastest first."""
    templates = [str(path) for path in sorted(ROOT.glob("app/**/templates")) if any_page(path)]
    return [
        [tool("ruff"), "check"],
        [tool("ruff"), "format", "--check"],
        *([[tool("djlint"), "--lint", "--quiet", *templates]] if templates else []),
        [tool("lint-imports"), "--no-logo"],
        [tool("mypy"), "--num-workers", "auto"],
    ]


def any_page(folder: Path) -> bool:
    """Whether there is a template in that folder."""
    return next(folder.rglob("*.html"), None) is not None


def read_sources() -> None:
    """Run every tool that reads the sources.

    Raises:
        Stop: one of them found something; it has said what.
    """
    for command in checks():
        name = " ".join([Path(command[0]).name, *command[1:]]).replace(f"{ROOT}/", "")
        started = time.monotonic()
        with Progress(name):
            done = run_quietly(command)
        if done.returncode != 0:
            sys.stdout.write(done.stdout)
            message = f"Vérification refusée par {name}."
            raise Stop(message)
        say(f"✓ {name} ({time.monotonic() - started:.1f} s)")


class Browser:
    """Finds Chromium for the browser tests, or installs it where that is ours to do."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def look_for(self) -> None:
        """Begin to install the light one, while other things are installed."""
        if self._is_wanted() and os.geteuid() == 0 and shutil.which("apt-get"):
            self._thread = threading.Thread(target=self._install, daemon=True)
            self._thread.start()

    def make_sure(self) -> None:
        """Wait until there is one.

        Raises:
            Stop: there are browser tests, no browser, and no right to install one.
        """
        if self._thread is not None:
            with Progress("Installation de Chromium"):
                self._thread.join()
        if self._is_wanted() and not any(map(shutil.which, BROWSERS)):
            message = (
                "Les tests de pages demandent Chromium : installez-le "
                "(sous Debian ou Ubuntu : apt install chromium), puis recommencez."
            )
            raise Stop(message)

    def _is_wanted(self) -> bool:
        tests = any(ROOT.glob("tests/browser/**/test_*.py"))
        return tests and shutil.which(LIGHT_BROWSER) is None

    def _install(self) -> None:
        """The light one; where it is unknown, and there is no other, the whole one."""
        if self._installed(LIGHT_BROWSER) or any(map(shutil.which, BROWSERS)):
            return
        self._installed("chromium")

    def _installed(self, package: str) -> bool:
        install = ["apt-get", "install", "--yes", "--no-install-recommends", package]
        if run_quietly(install).returncode == 0:
            return True
        run_quietly(["apt-get", "update"])
        return run_quietly(install).returncode == 0


def main(arguments: Sequence[str]) -> NoReturn:
    """Install, read the sources, then become pytest."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--deep", action="store_true")
    given, for_pytest = parser.parse_known_args(arguments)
    if given.help:
        say(HELP)
        sys.exit(0)
    # The tests choose their own ports, folders and databases.
    for name in ("PASSNUM_PORT", "PASSNUM_DATA_DIR", "PASSNUM_DATABASE_URL"):
        os.environ.pop(name, None)
    # They start passnum many times: it is compiled once.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.chdir(ROOT)

    browser = Browser()
    browser.look_for()
    prepare("test")
    read_sources()
    browser.make_sure()

    # A process a core: with one more, the same run took 648 s instead of 564.
    # Groups go out in the order of collection: tests/conftest.py says what belongs together.
    command = [tool("pytest"), "--numprocesses", "auto", "--no-loadscope-reorder"]
    if given.deep:
        command += ["-m", "deep or not deep", "--hypothesis-profile", "deep"]
    sys.stdout.flush()
    os.execv(command[0], [*command, *for_pytest])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Stop as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        say("\nArrêté.")
        sys.exit(130)
