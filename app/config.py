"""Settings: read once from the environment, then passed around as a value."""

import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_PORT = 8000
EXAMPLE_URL = "https://pass.capnord.example"
"""A reserved name: a demonstration never leads to a real site."""
EXAMPLE_LINE = "05 36 49 00 00"
"""A telephone number reserved for fiction."""
SHORTEST_SECRET = 32
"""Bytes: 256 bits."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one installation needs to know.

    Attributes:
        data_dir: folder of everything that is not in the database: keys, and the SQLite file.
        database_url: where the application connects, as the application.
        owner_database_url: where migrations connect, as the owner; the same place with a login
            that is a member of passnum_owner. Equal to `database_url` unless told otherwise.
        port: TCP port on 127.0.0.1.
        secure_cookies: cookies travel by HTTPS only; to be set behind a TLS proxy.
        public_url: where the squares of passes and covers lead, without a path.
        help_line: the telephone number that booklets give for a lost one.
    """

    data_dir: Path
    database_url: str
    owner_database_url: str
    port: int = DEFAULT_PORT
    secure_cookies: bool = False
    public_url: str = EXAMPLE_URL
    help_line: str = EXAMPLE_LINE
    secret_key: bytes = field(default=b"", repr=False)

    @property
    def key_dir(self) -> Path:
        """Where the keys of vintages and of receipts are kept, apart from the database."""
        return self.data_dir / "keys"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the PASSNUM_… variables; make the data folder and its secret where they miss.

        They are PASSNUM_DATA_DIR, PASSNUM_DATABASE_URL, PASSNUM_OWNER_DATABASE_URL,
        PASSNUM_PORT, PASSNUM_SECURE_COOKIES, PASSNUM_PUBLIC_URL and PASSNUM_HELP_LINE.
        """
        env = os.environ if environment is None else environment
        data_dir = Path(env.get("PASSNUM_DATA_DIR") or "var").absolute()
        url = env.get("PASSNUM_DATABASE_URL") or f"sqlite:///{data_dir / 'passnum.db'}"
        # What lies there is people's: names in the database, keys beside it.
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(
            data_dir=data_dir,
            database_url=url,
            owner_database_url=env.get("PASSNUM_OWNER_DATABASE_URL") or url,
            port=int(env.get("PASSNUM_PORT") or DEFAULT_PORT),
            secure_cookies=env.get("PASSNUM_SECURE_COOKIES", "") == "1",
            public_url=env.get("PASSNUM_PUBLIC_URL") or EXAMPLE_URL,
            help_line=env.get("PASSNUM_HELP_LINE") or EXAMPLE_LINE,
            secret_key=secret_file(data_dir / "session.secret"),
        )


class SecretDamaged(Exception):
    """A file of secrets is empty or cut: restore its backup, for what it protects needs it."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Le fichier secret {path} est vide ou abîmé : "
            "remettez sa sauvegarde, puis recommencez."
        )


def secret_file(path: Path, make: Callable[[], bytes] = lambda: secrets.token_bytes(32)) -> bytes:
    """The secret in that file, made the first time, readable by its owner alone.

    It is written elsewhere and takes its name once it is whole: a full disk or a crash leaves no
    half secret behind, and of two who make it at once both read the same.

    Raises:
        SecretDamaged: the file is there and shorter than any secret.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, draft = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            Path(draft).unlink()
    secret = path.read_bytes()
    if len(secret) < SHORTEST_SECRET:
        raise SecretDamaged(path)
    return secret
