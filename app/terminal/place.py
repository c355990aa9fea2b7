"""Which installation a command works on: options first, then the environment, then the defaults."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from app.config import Settings
from app.terminal.french import Refused

REASONS = {
    errno.EACCES: "droits insuffisants",
    errno.EPERM: "droits insuffisants",
    errno.EROFS: "lecture seule",
    errno.ENOENT: "il n’existe pas",
    errno.ENOSPC: "disque plein",
    errno.ENOTDIR: "ce n’est pas un dossier",
    errno.EEXIST: "il existe déjà",
    errno.EISDIR: "c’est un dossier",
}


def reason(error: OSError) -> str:
    """Why the system refused, in French where it is a usual reason."""
    return REASONS.get(error.errno or 0) or error.strerror or type(error).__name__


@dataclass(frozen=True, slots=True)
class Place:
    """What was said on the command line; None leaves it to the environment."""

    data_dir: Path | None = None
    database_url: str | None = None

    def settings(self) -> Settings:
        """The settings of this installation; its data folder is made when it is missing.

        A database named on the command line is also the one that migrations go to, whatever the
        environment says of the owner's address.

        Raises:
            Refused: nothing can be written in the data folder.
        """
        said = {name: value for name, value in os.environ.items() if name != "PASSNUM_PORT"}
        if self.data_dir:
            said["PASSNUM_DATA_DIR"] = str(self.data_dir.expanduser())
        if self.database_url:
            said["PASSNUM_DATABASE_URL"] = self.database_url
            said.pop("PASSNUM_OWNER_DATABASE_URL", None)
        try:
            return Settings.from_environment(said)
        except OSError as error:
            folder = said.get("PASSNUM_DATA_DIR") or "var"
            message = (
                f"Impossible d’écrire dans le dossier de données {folder} ({reason(error)}) : "
                "changez ses droits, ou choisissez un autre dossier avec --data-dir."
            )
            raise Refused(message) from error
