"""What a declaration of claims needs: who is owed what, and who holds passes of which value."""

from collections import Counter
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.kernel.money import Cents
from app.partners.queries import authority_name, organisation_names
from app.portability.rules import OUTSTANDING, OWED, ClaimLine, Claims
from app.programmes import queries as programmes


def read_claims(session: Session, *, now: datetime, programme_id: UUID | None = None) -> Claims:
    """What mediators took and were not paid, and what everybody holds, by structure."""
    resting = {
        account: balance
        for account, balance in ledger.balances(session).items()
        if balance.voucher_count and account.kind in {*OWED, *OUTSTANDING}
    }
    names = organisation_names(session, {account.party_id for account in resting})
    vintages = programmes.all_vintages(session)
    titles = {
        programme_id: named.name
        for programme_id in {terms.programme_id for terms in vintages.values()}
        if (named := programmes.programme(session, programme_id)) is not None
    }
    counted: Counter[tuple[str, str, str, ledger.AccountKind]] = Counter()
    worth: Counter[tuple[str, str, str, ledger.AccountKind]] = Counter()
    for account, balance in resting.items():
        terms = vintages[account.vintage_id]
        if programme_id in {None, terms.programme_id}:
            key = (
                names.get(account.party_id, ""),
                titles.get(terms.programme_id, ""),
                terms.label,
                account.kind,
            )
            counted[key] += balance.voucher_count
            worth[key] += balance.amount_cents
    lines = [
        ClaimLine(name, programme, vintage, kind, counted[key], Cents(worth[key]))
        for key in sorted(counted)
        for name, programme, vintage, kind in [key]
    ]
    return Claims(
        now,
        programmes.is_demonstration(session),
        authority_name(session),
        tuple(line for line in lines if line.kind in OWED),
        tuple(line for line in lines if line.kind in OUTSTANDING),
    )
