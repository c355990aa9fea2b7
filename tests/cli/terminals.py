"""A terminal in an installation of the test's own: commands in, exit status and words out."""

import json
import re
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from app.cli import passnum

PASSWORD = "Sept colibris bleus boivent la rosée du matin"
NOW_HERE = {"PASSNUM_DEBUG": None, "PASSNUM_OWNER_DATABASE_URL": None, "PASSNUM_PORT": None}


@dataclass(frozen=True)
class Terminal:
    """Where commands are typed, for one agent."""

    data_dir: Path
    database_url: str
    agent: str | None = None

    def as_(self, agent: str) -> "Terminal":
        """The same installation, for another agent."""
        return replace(self, agent=agent)

    def run(self, *words: str, stdin: str = "") -> Result:
        """Type a command. Nothing is asked: there is no terminal behind the standard input."""
        env = NOW_HERE | {
            "PASSNUM_DATA_DIR": str(self.data_dir),
            "PASSNUM_DATABASE_URL": self.database_url,
            "PASSNUM_AGENT": self.agent,
        }
        return CliRunner(env=env).invoke(passnum, list(words), input=stdin, prog_name="passnum")

    def __call__(self, *words: str, stdin: str = "") -> str:
        """What an accepted command prints."""
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 0, result.stderr
        assert result.stderr == ""
        return plain(result.stdout)

    def json(self, *words: str, stdin: str = "") -> Any:  # noqa: ANN401 - what JSON may hold
        """What an accepted command answers to a program."""
        return json.loads(self(*words, "--json", stdin=stdin))

    def refusal(self, *words: str, stdin: str = "", status: int = 1) -> str:
        """The one sentence of a refused command."""
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == status, result.output
        assert result.stdout == ""
        assert re.fullmatch(r"[^\n]+\.\n", result.stderr), result.stderr
        assert "Traceback" not in result.stderr
        return plain(result.stderr).strip()

    def misuse(self, *words: str) -> str:
        """The one sentence that answers a command that cannot be understood."""
        return self.refusal(*words, status=2)


def plain(text: str) -> str:
    """The text with usual spaces, which tests can be read with."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def free_port() -> str:
    """A port where nothing answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
