"""A real mail server for the tests, which refuses what it is told to refuse."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.config import MailServer, Security

SENDER = "ne-pas-repondre@capnord.example"
USER, PASSWORD = "passnum", "courrier"
TAKEN = "250 taken"


@dataclass
class PostOffice:
    """What was handed in, and what is answered next: each answer serves once."""

    answers: list[str] = field(default_factory=list)
    taken: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a letter, or refuse it as told."""
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append(message_from_bytes(content, policy=policy.default))
        return TAKEN


@contextmanager
def open_office(
    folder: Path, security: Security, *, offers_tls: bool = True
) -> Iterator[tuple[PostOffice, MailServer]]:
    """A server on a free port of this machine, with a certificate of its own."""
    office = PostOffice()
    authority, context = certificate(folder)

    def known(
        _server: SMTP, _session: Session, _envelope: Envelope, _how: str, said: object
    ) -> AuthResult:
        good = isinstance(said, LoginPassword) and said.password == PASSWORD.encode()
        return AuthResult(success=good, handled=False)

    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=free_port(),
        server_hostname="localhost",
        ssl_context=context if security is Security.TLS else None,
        tls_context=context if security is Security.STARTTLS and offers_tls else None,
        authenticator=known,
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield (
            office,
            MailServer(
                host="127.0.0.1",
                port=controller.port,
                security=security,
                sender=SENDER,
                user="" if security is Security.NONE else USER,
                password=PASSWORD,
                authority_file=authority,
            ),
        )
    finally:
        controller.stop()


def free_port() -> int:
    """A port on which nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that nobody trusts until told to."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "passnum tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "authority.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    return public, context
