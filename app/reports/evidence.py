"""The supporting documents of a period, in one archive: what an accountant files or hands over.

Each document is the one that its own page gives, rendered from what is frozen; beside them stand
the registers and accounts of use of the period, and a table of contents with every SHA-256.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import ColumnElement, and_, func, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.clearing import documents, standing_queries
from app.clearing.correction_models import DebitNote
from app.clearing.files import RENDER
from app.clearing.models import StatementApproval
from app.clearing.papers import debit_note_pdf
from app.closing.models import ClosingComplement, JointStatement
from app.closing.papers import complement_statement, joint_statement
from app.closing.views import account_of, complements_shown
from app.database.connections import Database
from app.identity.rules import Actor, Right
from app.kernel.clock import first_instant, martinique_day
from app.kernel.errors import DomainError
from app.kernel.text import file_word
from app.ledger.models import Movement, Posting
from app.losses.models import Block, WriteOff, WriteOffApproval
from app.losses.papers import destruction_report, replacement_slip
from app.losses.replacement_models import Replacement
from app.losses.views import blocked_series, destruction_of, swap_of
from app.orders.models import BookletOrder, OrderApproval
from app.orders.papers import order_form
from app.orders.service import form_of
from app.papers.sheets import Field, Kind, csv_bytes
from app.prescribers.custody_models import Consignment
from app.prescribers.custody_papers import slip
from app.prescribers.holdings import slip_of
from app.programmes import numbering
from app.reports import register_papers, registers
from app.reports.accounts import account_of_use
from app.reports.errors import ArchiveTooLarge, NothingToArchive, TooManyPieces
from app.reports.register_rules import Holding
from app.stock.models import CountSignature, SerialFile, StockCount
from app.stock.papers import count_paper, discrepancy_sheet
from app.stock.queries import every_row_aside
from app.stock.views import count_report, file_report, rows_told
from app.takeover.models import Takeover, TakeoverApproval
from app.takeover.papers import report
from app.takeover.views import report_of
from app.works.rules import nobody

MADE_AT = (2000, 1, 1, 0, 0, 0)
"""Nothing in the archive says when it was made: the same documents make the same file."""


MOST_PIECES = 20_000
MOST_BYTES = 2 * 10**9
"""Ten years of a scheme like this one are a tenth of either."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for which period, and the site's address, which some papers print."""

    actor: Actor
    since: date
    until: date
    address: str
    now: datetime
    specimen: bool

    def holds(self, column: InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
        """Whether an instant is within the period: days of Martinique, both included."""
        end = first_instant(self.until + timedelta(days=1))
        return and_(column >= first_instant(self.since), column < end)


@dataclass(frozen=True, slots=True)
class Piece:
    """One document: in which folder, under which name, of which day, and what makes it."""

    folder: str
    name: str
    on: date
    render: Callable[[Session], bytes]
    keeps: bool = False
    """Whether making it may write down its digest."""
    whose: str = ""
    """The organisation whose register it is."""


FOLDERS = {
    "01-commandes": "Bons de commande approuvés",
    "02-livraisons": "Écarts des fichiers d’imprimeur",
    "03-dotations": "Bordereaux de dotation, retour et transfert",
    "04-comptages": "Procès-verbaux de vérification signés",
    "05-remplacements": "Bordereaux de remplacement",
    "06-destructions": "Procès-verbaux de destruction approuvés",
    "07-bordereaux": "Bordereaux de remboursement approuvés",
    "08-titres": "Titres de recette émis",
    "09-reprises": "Procès-verbaux de reprise approuvés",
    "10-cloture": "États contradictoires et leurs compléments",
    "11-registres": "Registres des valeurs inactives",
    "12-comptes-d-emploi": "Comptes d’emploi",
    "13-oppositions": "Pass bloqués par chaque opposition",
}


def pieces_of(session: Session, asking: Asking) -> list[Piece]:
    """Every document of a period, folder by folder.

    Raises:
        RightMissing.
    """
    asking.actor.check(Right.SEE_LEDGER)
    found = [piece for kind in DOCUMENTS for piece in kind.pieces(session, asking)]
    return [*found, *_registers(session, asking)]


def pieces_to_archive(session: Session, asking: Asking) -> list[Piece]:
    """Every document of a period that makes an archive.

    Raises:
        RightMissing.
        NothingToArchive, TooManyPieces.
    """
    found = pieces_of(session, asking)
    if not found:
        raise NothingToArchive
    if len(found) > MOST_PIECES:
        raise TooManyPieces(count=len(found), most=MOST_PIECES)
    return found


def state_of(session: Session, asking: Asking, pieces: Iterable[Piece], *, today: date) -> str:
    """Changes where what the archive of a period holds has changed.

    Papers are frozen, so their names tell; what a period that still goes on adds up to moves with
    the ledger.
    """
    said = hashlib.sha256()
    for piece in pieces:
        said.update(f"{piece.folder}/{piece.name} {piece.on}\n".encode())
    if asking.until >= today:
        said.update(f"{session.scalar(select(func.max(Movement.id)))}".encode())
    return said.hexdigest()


def counted(session: Session, asking: Asking) -> dict[str, int]:
    """How many documents of a period each folder holds, empty ones included.

    Raises:
        RightMissing.
    """
    asking.actor.check(Right.SEE_LEDGER)
    counts = dict.fromkeys(FOLDERS, 0)
    for kind in DOCUMENTS:
        counts[kind.folder] += kind.count(session, asking)
    for piece in _registers(session, asking):
        counts[piece.folder] += 1
    return counts


def write_archive(
    out: BinaryIO,
    database: Database,
    pieces: Sequence[Piece],
    *,
    specimen: bool,
    told: Callable[[str, int], None] = nobody,
) -> int:
    """Write the documents one by one, each read in a transaction of its own, then their table.

    Between two of them nothing is held: whoever else reads or writes waits for one at most. One
    that is refused (a digest that differs, a key that is not here) is missed by name in the table;
    how many are.

    Raises:
        ArchiveTooLarge: the archive outgrows what is kept of it.
    """
    rows: list[tuple[object, ...]] = []
    missing = 0
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for done, piece in enumerate(pieces):
            told(FOLDERS[piece.folder], done)
            path = f"{piece.folder}/{piece.name}"
            try:
                with database.transaction(writing=piece.keeps) as session:
                    content = piece.render(session)
            except DomainError as refusal:
                missing += 1
                rows.append(
                    (FOLDERS[piece.folder], path, piece.whose, piece.on, 0, "", refusal.message)
                )
                continue
            archive.writestr(_entry(path), content)
            if out.tell() > MOST_BYTES:
                raise ArchiveTooLarge
            digest = hashlib.sha256(content).hexdigest()
            rows.append(
                (FOLDERS[piece.folder], path, piece.whose, piece.on, len(content), digest, "")
            )
        archive.writestr(_entry("sommaire.csv"), csv_bytes(CONTENTS, rows, specimen=specimen))
    return missing


CONTENTS = (
    Field("Nature", width=40),
    Field("Fichier", width=50),
    Field("Détenteur", width=40),
    Field("Jour", Kind.DAY),
    Field("Octets", Kind.NUMBER),
    Field("Empreinte SHA-256", width=64),
    Field("Pourquoi la pièce manque", width=64),
)


def _entry(path: str) -> ZipInfo:
    entry = ZipInfo(path, MADE_AT)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


# ── Where documents come from ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Document:
    """A kind of document: which there are (id, number, instant), and what makes one.

    With a `prefix`, the number is written from a year and a number.
    """

    folder: str
    ending: str
    found: Any
    """A select."""
    at: InstrumentedAttribute[datetime]
    render: Callable[[Session, Asking, Any], bytes]
    prefix: str = ""
    keeps: bool = False
    """Whether the digest of a paper is written down when it is first made."""

    def count(self, session: Session, asking: Asking) -> int:
        """How many of the period there are."""
        of_period = self.found.where(asking.holds(self.at)).order_by(None).subquery()
        return session.scalar(select(func.count()).select_from(of_period)) or 0

    def pieces(self, session: Session, asking: Asking) -> Iterator[Piece]:
        """Those of the period, by number."""
        rows = session.execute(self.found.where(asking.holds(self.at))).all()
        for key, *numbered, at in rows:
            number = numbering.written(self.prefix, *numbered) if self.prefix else numbered[0]
            yield Piece(
                self.folder,
                f"{number}.{self.ending}",
                martinique_day(at),
                lambda session, key=key: self.render(session, asking, key),  # type: ignore[misc]
                self.keeps,
            )


def _order(session: Session, _asking: Asking, key: UUID) -> bytes:
    return order_form(form_of(session, session.get_one(BookletOrder, key)))


def _serial_file(session: Session, asking: Asking, key: UUID) -> bytes:
    record = session.get_one(SerialFile, key)
    rows = rows_told(session, record, list(every_row_aside(session, record)))
    return discrepancy_sheet(file_report(session, record), rows, specimen=asking.specimen)


def _consignment(session: Session, asking: Asking, key: UUID) -> bytes:
    told = slip_of(session, actor=asking.actor, consignment_id=key)
    return slip(told, specimen=asking.specimen)


def _count(session: Session, asking: Asking, key: UUID) -> bytes:
    told = count_report(session, session.get_one(StockCount, key))
    return count_paper(told, specimen=asking.specimen)


def _replacement(session: Session, asking: Asking, key: UUID) -> bytes:
    told = swap_of(session, session.get_one(Replacement, key))
    return replacement_slip(told, specimen=asking.specimen)


BLOCKED = (
    Field("Opposition", width=16),
    Field("Premier pass", width=16),
    Field("Dernier pass", width=16),
    Field("Pass", Kind.NUMBER),
    Field("Valeur (€)", Kind.EUROS),
    Field("Détenus par", width=36),
)


def _block(session: Session, asking: Asking, key: UUID) -> bytes:
    number = session.get_one(Block, key).number
    rows = [
        (number, one.first, one.last, one.voucher_count, one.amount_cents, one.holder)
        for one in blocked_series(session, key)
    ]
    return csv_bytes(BLOCKED, rows, specimen=asking.specimen)


def _write_off(session: Session, asking: Asking, key: UUID) -> bytes:
    told = destruction_of(session, session.get_one(WriteOff, key))
    return destruction_report(told, specimen=asking.specimen)


def _statement(form: str) -> Callable[[Session, Asking, UUID], bytes]:
    return lambda session, asking, key: documents.statement_document(
        session,
        standing_queries.standings(session, [key])[key],
        form,
        render=RENDER[form],
        address=asking.address,
        now=asking.now,
    )


def _debit_note(session: Session, _asking: Asking, key: UUID) -> bytes:
    return debit_note_pdf(documents.debit_note_paper(session, session.get_one(DebitNote, key)))


def _takeover(session: Session, asking: Asking, key: UUID) -> bytes:
    return report(report_of(session, session.get_one(Takeover, key)), specimen=asking.specimen)


def _closing(session: Session, asking: Asking, key: int) -> bytes:
    return joint_statement(account_of(session, key), specimen=asking.specimen)


def _complement(session: Session, asking: Asking, key: UUID) -> bytes:
    of = session.get_one(ClosingComplement, key).vintage_id
    told = next(one for one in complements_shown(session, of) if one.id == key)
    return complement_statement(told, specimen=asking.specimen)


def _papers(
    folder: str,
    record: type[Any],
    at: InstrumentedAttribute[datetime],
    render: Callable[[Session, Asking, Any], bytes],
    *,
    by: InstrumentedAttribute[Any] | None = None,
    ending: str = "pdf",
) -> _Document:
    """Papers that bear the number of their record; `by` is what joins the act that dates them."""
    (key,) = inspect(record).primary_key
    found = select(key, record.number, at).order_by(record.number)
    if by is not None:
        found = found.join(at.class_, by == key)
    return _Document(folder, ending, found, at, render)


def _yearly(
    folder: str,
    key: InstrumentedAttribute[UUID],
    at: InstrumentedAttribute[datetime],
    render: Callable[[Session, Asking, UUID], bytes],
    prefix: str,
    *,
    ending: str = "pdf",
    keeps: bool = False,
) -> _Document:
    """Papers whose number is made of a year and a number."""
    record = key.class_
    found = select(key, record.year, record.number, at).order_by(record.year, record.number)
    return _Document(folder, ending, found, at, render, prefix, keeps)


DOCUMENTS = (
    _papers(
        "01-commandes", BookletOrder, OrderApproval.approved_at, _order, by=OrderApproval.order_id
    ),
    _papers("02-livraisons", SerialFile, SerialFile.imported_at, _serial_file, ending="csv"),
    _papers("03-dotations", Consignment, Consignment.prepared_at, _consignment),
    _papers(
        "04-comptages", StockCount, CountSignature.signed_at, _count, by=CountSignature.count_id
    ),
    _papers("05-remplacements", Replacement, Posting.recorded_at, _replacement, by=Posting.id),
    _papers(
        "06-destructions",
        WriteOff,
        WriteOffApproval.approved_at,
        _write_off,
        by=WriteOffApproval.write_off_id,
    ),
    _papers("13-oppositions", Block, Block.declared_at, _block, ending="csv"),
    *(
        _yearly(
            "07-bordereaux",
            StatementApproval.statement_id,
            StatementApproval.approved_at,
            _statement(form),
            numbering.STATEMENT,
            ending=form,
            keeps=True,
        )
        for form in ("pdf", "csv")
    ),
    _yearly("08-titres", DebitNote.id, DebitNote.issued_at, _debit_note, numbering.DEBIT_NOTE),
    _papers(
        "09-reprises",
        Takeover,
        TakeoverApproval.approved_at,
        _takeover,
        by=TakeoverApproval.takeover_id,
    ),
    _papers("10-cloture", JointStatement, JointStatement.closed_at, _closing),
    _papers("10-cloture", ClosingComplement, ClosingComplement.drawn_at, _complement),
)


def _registers(session: Session, asking: Asking) -> Iterator[Piece]:
    """The register of each holder and vintage, and the account of use of each vintage."""
    period: dict[str, Any] = {"since": asking.since, "until": asking.until, "now": asking.now}
    held = registers.holdings(session, actor=asking.actor, **period)

    def sheet(one: Holding, session: Session) -> bytes:
        known = registers.register_of(
            session,
            actor=asking.actor,
            holder_id=one.holder_id,
            vintage_id=one.vintage_id,
            **period,
        )
        out = BytesIO()
        register_papers.write_register(out, known, registers.entries(session, known), ending="csv")
        return out.getvalue()

    def account(vintage_id: int, session: Session) -> bytes:
        return register_papers.account_pdf(
            account_of_use(
                session,
                actor=asking.actor,
                vintage_id=vintage_id,
                on=asking.until,
                now=asking.now,
            )
        )

    for place, one in enumerate(held, start=1):
        name = f"registre-{one.vintage}-{place:03d}-{file_word(one.holder)}.csv"
        yield Piece("11-registres", name, asking.until, partial(sheet, one), whose=one.holder)
    for vintage_id, label in sorted({(one.vintage_id, one.vintage) for one in held}):
        yield Piece(
            "12-comptes-d-emploi",
            f"compte-{label}.pdf",
            asking.until,
            partial(account, vintage_id),
        )
