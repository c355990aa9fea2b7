"""What the machine and the database refuse, as one French sentence that says what to do next."""

import re

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from app import ledger
from app.kernel.errors import Conflict, DomainError, InvalidInput


def refusal(error: DomainError) -> str:
    """A refusal of the scheme; for a form that cannot be read, what to write in each field."""
    if isinstance(error, InvalidInput):
        fields = error.details.get("fields")
        if isinstance(fields, dict) and fields:
            return " ".join(str(said) for said in fields.values())
    return error.message


NOT_MIGRATED = (
    "Cette base n’a pas le schéma que le programme attend : lancez d’abord « passnum migrate »."
)
NOT_A_MEMBER = (
    "Le compte de connexion n’est pas membre du rôle qu’il lui faut (passnum_app pour le service, "
    "passnum_owner pour les migrations) : demandez-le à qui administre le serveur."
)
NOT_ALLOWED = (
    "Le compte de connexion n’a pas les droits qu’il faut : connectez-vous avec le propriétaire "
    "de la base (PASSNUM_OWNER_DATABASE_URL)."
)
REFUSED_LOGIN = (
    "Le serveur refuse ce compte de connexion ({server}) : vérifiez le nom et le mot de passe "
    "dans l’adresse de la base."
)
NO_SUCH_DATABASE = (
    "Le serveur ne connaît pas de base « {database} » ({server}) : créez-la, "
    "ou corrigez --database-url."
)
NOT_A_DATABASE = "Le fichier {database} n’est pas une base SQLite : indiquez-en un autre."
DOES_NOT_OPEN = "Le fichier {database} ne s’ouvre pas : vérifiez son dossier et ses droits."
READ_ONLY = "La base {database} est en lecture seule : changez ses droits."
BUSY = "La base est occupée par un autre travail : recommencez dans un instant."
DISK_FULL = "Le disque est plein : faites de la place, puis recommencez."

DATABASE_SAYS = (
    (r"no such (table|column)|UndefinedTable|UndefinedColumn", NOT_MIGRATED),
    (r"parameter \"role\"|role \"passnum_(app|owner)\" does not exist", NOT_MIGRATED),
    (r"permission denied to set role", NOT_A_MEMBER),
    (r"InsufficientPrivilege|permission denied", NOT_ALLOWED),
    (r"authentication failed|no password supplied|no pg_hba\.conf", REFUSED_LOGIN),
    (r"role \"[^\"]*\" does not exist", REFUSED_LOGIN),
    (r"database \"[^\"]*\" does not exist", NO_SUCH_DATABASE),
    (r"not a database|file is encrypted", NOT_A_DATABASE),
    (r"unable to open database", DOES_NOT_OPEN),
    (r"readonly database", READ_ONLY),
    (r"database is locked|deadlock detected|LockNotAvailable", BUSY),
    (r"disk is full|DiskFull", DISK_FULL),
)
"""What a database says, in text because a connection that failed has no state, and its meaning."""

SILENT_SERVER = (
    "La base de données ne répond pas ({server}) : vérifiez son adresse et qu’elle tourne."
)


def database_refusal(error: DBAPIError, url: str) -> str | None:
    """Why the database refused; None when it is a fault of ours, which nobody can mend there."""
    if told := ledger.refusal_behind(error):
        return told.message
    if isinstance(error, IntegrityError):
        return Conflict().message
    parsed = make_url(url)
    text = f"{type(error.orig).__name__} {error.orig}"
    for pattern, said in DATABASE_SAYS:
        if re.search(pattern, text):
            return said.format(server=server(parsed), database=parsed.database)
    if error.connection_invalidated or "connection" in text:
        return SILENT_SERVER.format(server=server(parsed))
    return None


def server(url: URL) -> str:
    """Where a server listens, without the account and its password."""
    host = url.host or url.query.get("host") or "ce serveur"
    return f"{host}, port {url.port or 5432}" if url.host else str(host)


def unknown_database(url: str) -> str:
    """The address is neither a file nor a server."""
    try:
        named = make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        named = url
    return (
        f"L’adresse « {named} » n’est pas celle d’une base : écrivez "
        "sqlite:///chemin/du/fichier ou postgresql://compte@serveur/base."
    )
