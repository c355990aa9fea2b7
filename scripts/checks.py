"""What scripts/test does: every check there is, in the order in which they are cheap.

The first tool that fails ends the run and is named. The tests come last, so that the closing line
is pytest's own.
"""

import argparse
import os
import shutil
import sys
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
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


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
        [tool("mypy")],
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


def make_sure_of_a_browser() -> None:
    """Find Chromium for the browser tests, or install it where that is ours to do.

    Raises:
        Stop: there are browser tests, no browser, and no right to install one.
    """
    if not any(ROOT.glob("tests/browser/**/test_*.py")) or any(map(shutil.which, BROWSERS)):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with Progress("Installation de Chromium"):
            run_quietly(["apt-get", "update"])
            run_quietly(["apt-get", "install", "--yes", "--no-install-recommends", "chromium"])
        if shutil.which("chromium"):
            return
    message = (
        "Les tests de pages demandent Chromium : installez-le "
        "(sous Debian ou Ubuntu : apt install chromium), puis recommencez."
    )
    raise Stop(message)


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
    os.chdir(ROOT)

    prepare("test")
    make_sure_of_a_browser()
    read_sources()

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
