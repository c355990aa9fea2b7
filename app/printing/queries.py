"""Looking batches up, and the mediators that a booklet names."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.lists import Place, placed
from app.ledger import AccountKind
from app.ledger.models import AccountRow, Voucher
from app.mediators.models import Label
from app.mediators.queries import may_cash
from app.orders.models import BookletOrder
from app.partners.models import Agreement, Organisation
from app.partners.queries import agreement_covers
from app.partners.rules import AgreementRole
from app.printing.models import PrintBatch, PrintFile, PublicLook
from app.printing.rules import PrintKind
from app.vouchers.models import Booklet


def batch(session: Session, batch_id: UUID) -> PrintBatch | None:
    """The batch of that id."""
    return session.get(PrintBatch, batch_id)


def batch_by_number(session: Session, number: str) -> PrintBatch | None:
    """The batch of that number."""
    return session.scalar(select(PrintBatch).where(PrintBatch.number == number))


def batches_after(
    session: Session, after: UUID | None, *, limit: int, order_id: UUID | None = None
) -> list[PrintBatch]:
    """Batches in the order of their ids, from after that one."""
    query = select(PrintBatch).order_by(PrintBatch.id).limit(limit)
    if after is not None:
        query = query.where(PrintBatch.id > after)
    if order_id is not None:
        query = query.where(PrintBatch.order_id == order_id)
    return list(session.scalars(query))


BATCHES_BY = {
    "faite": (PrintBatch.printed_at,),
    "carnets": (PrintBatch.first_booklet,),
}


def latest_batches(
    session: Session,
    place: Place,
    *,
    order_id: UUID | None = None,
    kind: PrintKind | None = None,
) -> list[PrintBatch]:
    """Batches from that place of the list on, the latest first."""
    query = placed(select(PrintBatch), place, PrintBatch.id, BATCHES_BY)
    if order_id is not None:
        query = query.where(PrintBatch.order_id == order_id)
    if kind is not None:
        query = query.where(PrintBatch.kind == kind)
    return list(session.scalars(query))


def batch_over(session: Session, order_id: UUID, first: int, last: int) -> PrintBatch | None:
    """A batch made before that shares booklets with this range; the latest when several do."""
    return session.scalar(
        select(PrintBatch)
        .where(
            PrintBatch.order_id == order_id,
            PrintBatch.first_booklet <= last,
            PrintBatch.last_booklet >= first,
        )
        .order_by(PrintBatch.printed_at.desc(), PrintBatch.number.desc())
        .limit(1)
    )


UNISSUED = (
    AccountKind.ISSUER,
    AccountKind.STOCK_INERT,
    AccountKind.STOCK,
    AccountKind.TRANSIT,
    AccountKind.PRESCRIBER,
)


def handed_over_between(session: Session, order_id: UUID, first: int, last: int) -> int | None:
    """The first booklet of an order's vintage, in this range, that is no longer in a cupboard."""
    return session.scalar(
        select(func.min(Booklet.number))
        .join(BookletOrder, BookletOrder.vintage_id == Booklet.vintage_id)
        .join(Voucher, Voucher.booklet_id == Booklet.id)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .where(
            BookletOrder.id == order_id,
            Booklet.number.between(first, last),
            AccountRow.kind.not_in(UNISSUED),
        )
    )


def printed_up_to(session: Session, order_id: UUID) -> int | None:
    """The last booklet of an order that was ever printed."""
    return session.scalar(
        select(func.max(PrintBatch.last_booklet)).where(PrintBatch.order_id == order_id)
    )


def files_of(session: Session, batch_id: UUID) -> list[PrintFile]:
    """The files of a batch, in order."""
    return list(
        session.scalars(
            select(PrintFile).where(PrintFile.batch_id == batch_id).order_by(PrintFile.ordinal)
        )
    )


def file(session: Session, batch_id: UUID, ordinal: int) -> PrintFile | None:
    """One file of a batch."""
    return session.get(PrintFile, (batch_id, ordinal))


def mediators_receiving(session: Session, *, on: date) -> list[Organisation]:
    """Mediators that may take passes on that day: label and agreement in force; by commune."""
    labelled = select(Label.id).where(
        Label.organisation_id == Organisation.id, Label.valid_from <= on, Label.valid_until >= on
    )
    agreed = select(Agreement.id).where(
        Agreement.organisation_id == Organisation.id,
        Agreement.role == AgreementRole.MEDIATOR,
        *agreement_covers(on),
    )
    return list(
        session.scalars(
            select(Organisation)
            .where(labelled.exists(), agreed.exists(), may_cash(on))
            .order_by(Organisation.commune, Organisation.name, Organisation.id)
        )
    )


def looks_since(session: Session, address_hash: bytes, *, since: datetime) -> int:
    """How many codes that nothing bears were asked for from there."""
    return (
        session.scalar(
            select(func.count(PublicLook.id)).where(
                PublicLook.address_hash == address_hash, PublicLook.looked_at > since
            )
        )
        or 0
    )


def first_codes(
    session: Session, vintage_id: int, first: int, last: int
) -> list[tuple[int, int, bytes]]:
    """The first pass of each booklet that was delivered: booklet number, serial, hash of code."""
    rows = session.execute(
        select(Booklet.number, Voucher.serial, Voucher.code_hash)
        .join(Voucher, Voucher.id == Booklet.id)
        .where(Booklet.vintage_id == vintage_id, Booklet.number.between(first, last))
        .order_by(Booklet.number)
    )
    return [(number, serial, code_hash) for number, serial, code_hash in rows]
