"""The files of a declaration of claims."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from app.portability.claims import read_claims
from app.portability.papers import claims_csv, claims_pdf, holders_csv


def claim_files(session: Session, now: datetime) -> Iterator[tuple[str, bytes]]:
    """The files of the declaration, with their names."""
    claims = read_claims(session, now=now)
    yield "creances/dus-aux-mediateurs.csv", claims_csv(claims)
    yield "creances/valeur-par-detenteur.csv", holders_csv(claims)
    yield "creances/declaration.pdf", claims_pdf(claims)
