"""« /confiance »: what the ledger is, sealed, for whoever asks; and the files to check it with.

Everything here is public: a checkpoint is worth something only where others keep it. It says how
many movements there are and holds no name, no place, no sum.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.text import read_number
from app.trust import proofs, queries
from app.trust.errors import UnknownCheckpoint
from app.trust.models import SealBlock
from app.trust.notes import Checkpoint, CheckpointSigner
from app.trust.views import consistency_text
from app.web.auth import ANONYMOUS, KNOWING_THEIR_READER
from app.web.downloads import download
from app.web.forms import number_asked
from app.web.pages import FieldError
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("trust_pages", __name__)
ANONYMOUS.update(
    f"trust_pages.{page}" for page in ("trust", "checkpoint", "checkpoints", "key", "consistency")
)
KNOWING_THEIR_READER.add("trust_pages.trust")

TEXT = "text/plain; charset=utf-8"
NOTES = 1000
"""Checkpoints of one file: the latest, unless `avant` asks for older ones."""
LONGEST_NUMBER = 12


@dataclass(frozen=True, slots=True)
class TrustPage:
    """The latest checkpoint, the one that was asked for, and what waits."""

    latest: SealBlock | None
    asked: SealBlock | None
    waiting_count: int
    verifier_key: str
    typed: str
    errors: tuple[FieldError, ...] = ()

    @property
    def shown(self) -> SealBlock | None:
        """The block that the page tells."""
        return self.asked or self.latest

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Its checkpoint."""
        return proofs.checkpoint_of(self.shown) if self.shown else None

    @property
    def is_latest(self) -> bool:
        """Whether what is told is the latest."""
        return self.shown is self.latest


@bp.get("/confiance")
def trust() -> ResponseReturnValue:
    """Tell the latest checkpoint, or the one whose number was printed somewhere."""
    typed = request.args.get("numero", "").strip()[:LONGEST_NUMBER]
    key = CheckpointSigner.of(current_settings()).verifier_key()

    def read(session: Session) -> TrustPage:
        latest, asked = queries.last_block(session), _numbered(session, typed)
        errors = () if asked or not typed else (FieldError("numero", _unknown(latest)),)
        return TrustPage(
            latest,
            asked,
            queries.unsealed_count(session),
            latest.verifier_key if latest else key.text,
            typed,
            errors,
        )

    page = in_transaction(read)
    status = HTTPStatus.NOT_FOUND if page.errors else HTTPStatus.OK
    return render_template("trust/trust.html", page=page), status


def _numbered(session: Session, typed: str) -> SealBlock | None:
    number = read_number("".join(typed.split()))
    return None if number is None else queries.block(session, number)


def _unknown(latest: SealBlock | None) -> str:
    until = f"de 1 à {latest.number}" if latest else "quand il y en aura un"
    return f"Écrivez le numéro d’un point de contrôle, {until}."


@bp.get("/confiance/point-de-controle.txt")
def checkpoint() -> ResponseReturnValue:
    """The latest checkpoint, or the one of that number, as a signed note."""
    typed = request.args.get("numero", "").strip()[:LONGEST_NUMBER]
    block = in_transaction(
        lambda session: proofs.latest(session) if not typed else _known(session, typed)
    )
    return download(block.note.encode(), f"point-de-controle-{block.number}.txt", TEXT)


def _known(session: Session, typed: str) -> SealBlock:
    block = _numbered(session, typed)
    if block is None:
        raise UnknownCheckpoint
    return block


@bp.get("/confiance/points-de-controle.txt")
def checkpoints() -> ResponseReturnValue:
    """Many checkpoints, the smallest first: what « passnum verify --against » reads."""
    before = number_asked("avant")
    blocks = in_transaction(lambda session: queries.blocks_before(session, before, limit=NOTES))
    return download("".join(_notes(blocks)).encode(), "points-de-controle.txt", TEXT)


def _notes(blocks: list[SealBlock]) -> Iterator[str]:
    for block in reversed(blocks):
        yield f"{block.note}\n"


@bp.get("/confiance/cle.txt")
def key() -> ResponseReturnValue:
    """The public key of checkpoints, as C2SP writes it."""
    signer = CheckpointSigner.of(current_settings())
    latest = in_transaction(queries.last_block)
    origin = proofs.checkpoint_of(latest).origin if latest else None
    return download(f"{signer.verifier_key(origin).text}\n".encode(), "cle-publique.txt", TEXT)


@bp.get("/confiance/coherence.txt")
def consistency() -> ResponseReturnValue:
    """What shows that a smaller checkpoint (`de`) begins a larger one (`a`, or the latest)."""
    earlier, later = number_asked("de"), number_asked("a")
    if earlier is None or (request.args.get("a") and later is None):
        raise UnknownCheckpoint
    proof = in_transaction(
        lambda session: proofs.consistency_proof(session, earlier=earlier, later=later)
    )
    return Response(consistency_text(proof), content_type=TEXT)
