"""Looking programmes, vintages and entitlements up."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.programmes.models import DemonstrationMark, Entitlement, Programme, VintageTerms


def programme(session: Session, programme_id: UUID) -> Programme | None:
    """The programme of that id."""
    return session.get(Programme, programme_id)


def programmes_after(session: Session, after: UUID | None, *, limit: int) -> list[Programme]:
    """Programmes in the order of their ids, from after that one."""
    query = select(Programme).order_by(Programme.id).limit(limit)
    return list(session.scalars(query if after is None else query.where(Programme.id > after)))


def vintage(session: Session, vintage_id: int) -> VintageTerms | None:
    """The terms of that vintage."""
    return session.get(VintageTerms, vintage_id)


def vintage_by_label(session: Session, label: str) -> VintageTerms | None:
    """The terms of the vintage of that label."""
    return session.scalar(select(VintageTerms).where(VintageTerms.label == label))


def vintages_of(session: Session, programme_id: UUID) -> list[VintageTerms]:
    """The vintages of a programme, oldest first."""
    return list(
        session.scalars(
            select(VintageTerms)
            .where(VintageTerms.programme_id == programme_id)
            .order_by(VintageTerms.vintage_id)
        )
    )


def all_vintages(session: Session) -> dict[int, VintageTerms]:
    """Every vintage by its number."""
    return {terms.vintage_id: terms for terms in session.scalars(select(VintageTerms))}


def entitlement(session: Session, programme_id: UUID, public: str) -> Entitlement | None:
    """What that programme gives to that public."""
    return session.get(Entitlement, (programme_id, public))


def entitlements_of(session: Session, programme_id: UUID) -> list[Entitlement]:
    """What a programme gives to each public."""
    return list(
        session.scalars(
            select(Entitlement)
            .where(Entitlement.programme_id == programme_id)
            .order_by(Entitlement.public)
        )
    )


def is_demonstration(session: Session) -> bool:
    """Whether this database has ever held demonstration data."""
    return session.get(DemonstrationMark, 1) is not None
