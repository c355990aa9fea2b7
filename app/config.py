"""Settings: read once from the environment, then passed around as a value."""

import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_PORT = 8000
EXAMPLE_URL = "https://pass.capnord.example"
"""A reserved name: a demonstration never leads to a real site."""
EXAMPLE_LINE = "0536 49 00 00"
"""A telephone number reserved for fiction."""
SHORTEST_SECRET = 32
"""Bytes: 256 bits."""


class SettingRefused(Exception):
    """A variable of the environment says what cannot be."""

    def __init__(self, *, name: str, advice: str) -> None:
        super().__init__(f"{name} n’est pas compris : {advice}")


class Security(StrEnum):
    """How the road to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


MAIL_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
GREATEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed in, and in whose name.

    Attributes:
        sender: the address that letters come from.
        authority_file: certificates to trust besides those of the machine, for a server of one's
            own.
    """

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    authority_file: Path | None = None

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "MailServer | None":
        """The server that PASSNUM_SMTP_… names, or none.

        Raises:
            SettingRefused: a variable says what cannot be.
        """
        host = env.get("PASSNUM_SMTP_HOST") or ""
        if not host:
            return None
        try:
            security = Security(env.get("PASSNUM_SMTP_SECURITY") or Security.STARTTLS)
        except ValueError:
            raise SettingRefused(
                name="PASSNUM_SMTP_SECURITY", advice="écrivez starttls, tls ou none."
            ) from None
        port = env.get("PASSNUM_SMTP_PORT") or str(MAIL_PORTS[security])
        if not (port.isascii() and port.isdigit() and 0 < int(port) <= GREATEST_PORT):
            raise SettingRefused(name="PASSNUM_SMTP_PORT", advice="écrivez un numéro de port.")
        sender = env.get("PASSNUM_SMTP_SENDER") or ""
        if "@" not in sender or any(c.isspace() for c in sender):
            raise SettingRefused(
                name="PASSNUM_SMTP_SENDER", advice="écrivez l’adresse qui envoie les courriels."
            )
        if not env.get("PASSNUM_PUBLIC_URL"):
            raise SettingRefused(
                name="PASSNUM_PUBLIC_URL",
                advice="les liens des courriels y mènent ; écrivez l’adresse du site, en https.",
            )
        user, authority = env.get("PASSNUM_SMTP_USER") or "", env.get("PASSNUM_SMTP_AUTHORITY_FILE")
        if user and security is Security.NONE:
            raise SettingRefused(
                name="PASSNUM_SMTP_USER",
                advice="un mot de passe ne part pas en clair ; prenez starttls ou tls.",
            )
        return cls(
            host=host,
            port=int(port),
            security=security,
            sender=sender,
            user=user,
            password=env.get("PASSNUM_SMTP_PASSWORD") or "",
            authority_file=Path(authority) if authority else None,
        )


@dataclass(frozen=True, slots=True)
class ProConnect:
    """Where agents of public bodies may sign in, and how this site is known there."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)

    @property
    def origin(self) -> str:
        """Where its pages are."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "ProConnect | None":
        """The three PASSNUM_PROCONNECT_… variables, or nothing when none is set."""
        names = [f"PASSNUM_PROCONNECT_{name}" for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")]
        issuer, client_id, secret = values = [env.get(name, "").strip() for name in names]
        if not any(values):
            return None
        if not all(values):
            missing = ", ".join(
                name for name, value in zip(names, values, strict=True) if not value
            )
            raise SettingRefused(name="PASSNUM_PROCONNECT_…", advice=f"donnez aussi {missing}.")
        parts = urlsplit(issuer)
        here = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if not parts.hostname or parts.scheme not in {"https", *({"http"} if here else ())}:
            raise SettingRefused(
                name="PASSNUM_PROCONNECT_ISSUER",
                advice="donnez une adresse qui commence par https:// ; "
                "http:// n’est admis que pour un fournisseur d’essai sur cette machine.",
            )
        return cls(issuer.rstrip("/"), client_id, secret)


IDENTITY_MONTHS = 24
"""DOMAIN 3: who a person is, is forgotten two years after the last contact."""


def identity_months(said: str) -> int:
    """How many months after the last contact it is known who a person is: two years at most.

    Raises:
        SettingRefused: no number of months, or more than people were promised.
    """
    if not said.strip():
        return IDENTITY_MONTHS
    if not said.strip().isdecimal() or not 1 <= int(said) <= IDENTITY_MONTHS:
        raise SettingRefused(
            name="PASSNUM_IDENTITY_MONTHS",
            advice=f"écrivez un nombre de mois, de 1 à {IDENTITY_MONTHS} : c’est la promesse "
            "faite à chaque personne.",
        )
    return int(said)


def session_minutes(said: str) -> dict[str, tuple[int, int]]:
    """« finance=30/600 all=60/720 »: minutes without any act, and in all, by role.

    Raises:
        SettingRefused: another shape, or no time at all.
    """
    limits: dict[str, tuple[int, int]] = {}
    for part in said.split():
        role, _, times = part.partition("=")
        idle, _, whole = times.partition("/")
        if not (role and idle.isdecimal() and whole.isdecimal() and 0 < int(idle) <= int(whole)):
            raise SettingRefused(
                name="PASSNUM_SESSION_MINUTES",
                advice="écrivez « finance=30/600 all=60/720 » : pour un rôle, les minutes sans "
                "geste, puis en tout.",
            )
        limits[role] = int(idle), int(whole)
    return limits


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
        mail_server: where letters are handed in; without it they are kept and shown.
        session_minutes: how long a session lasts, by role, where it is not as usual.
        proconnect: where agents of public bodies may sign in as well.
        identity_months: how long after the last contact it is known who a person is.
    """

    data_dir: Path
    database_url: str
    owner_database_url: str
    port: int = DEFAULT_PORT
    secure_cookies: bool = False
    public_url: str = EXAMPLE_URL
    help_line: str = EXAMPLE_LINE
    mail_server: MailServer | None = None
    secret_key: bytes = field(default=b"", repr=False)
    session_minutes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    proconnect: ProConnect | None = None
    identity_months: int = IDENTITY_MONTHS

    @property
    def key_dir(self) -> Path:
        """Where the keys of vintages and of receipts are kept, apart from the database."""
        return self.data_dir / "keys"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the PASSNUM_… variables; make the data folder and its secret where they miss.

        They are PASSNUM_DATA_DIR, PASSNUM_DATABASE_URL, PASSNUM_OWNER_DATABASE_URL,
        PASSNUM_PORT, PASSNUM_SECURE_COOKIES, PASSNUM_PUBLIC_URL, PASSNUM_HELP_LINE and
        PASSNUM_SESSION_MINUTES and PASSNUM_IDENTITY_MONTHS; for letters PASSNUM_SMTP_HOST,
        …_PORT, …_SECURITY, …_USER, …_PASSWORD, …_SENDER and …_AUTHORITY_FILE; for ProConnect
        PASSNUM_PROCONNECT_ISSUER, …_CLIENT_ID and …_CLIENT_SECRET.

        Raises:
            SettingRefused: a variable says what cannot be.
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
            mail_server=MailServer.from_environment(env),
            secret_key=secret_file(data_dir / "session.secret"),
            session_minutes=session_minutes(env.get("PASSNUM_SESSION_MINUTES", "")),
            proconnect=ProConnect.from_environment(env),
            identity_months=identity_months(env.get("PASSNUM_IDENTITY_MONTHS", "")),
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
