"""Papers of statements: rendered on demand from what is frozen, and the same each time."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.clearing import correction_queries, queries, session_queries
from app.clearing.correction_models import DebitNote, Receivable
from app.clearing.debit_notes import note_number, paid_to
from app.clearing.errors import DocumentDiffers
from app.clearing.models import StatementApproval, StatementDocument
from app.clearing.recoveries import recoveries_of
from app.clearing.rules import (
    DebitNotePaper,
    PaperLine,
    PaperRecovery,
    PaperSession,
    SessionKind,
    StatementPaper,
    ToldSession,
    Total,
)
from app.clearing.standing_queries import Standing
from app.clearing.statements import printed_today, sessions_paid_by
from app.database.locks import hold
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.money import Cents
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.rules import Payer
from app.trust.proofs import fingerprint_before
from app.vouchers import queries as vouchers

LAYOUT = 4
"""Raised when a release draws the paper differently: its first digest is then kept anew."""


def number_of(standing: Standing) -> str:
    """The number of a statement, once approved."""
    approval = standing.approval
    if approval is None:
        return ""
    return numbering.written(numbering.STATEMENT, approval.year, approval.number)


def statement_document(
    session: Session,
    standing: Standing,
    form: str,
    *,
    render: Callable[[StatementPaper], bytes],
    address: str,
    now: datetime,
) -> bytes:
    """The paper of a statement in a form (pdf, csv), as it was the first time.

    What a draft says is not kept. `address` is the site's, for a paper that names none yet.

    Raises:
        DocumentDiffers: it was rendered before, and was another one.
    """
    approval = standing.approval
    if approval is None:
        return render(paper_of(session, standing, address=address))
    hold(session, "statement document", approval.statement_id, form)
    kept = queries.document_of(session, approval.statement_id, form, LAYOUT)
    named = kept.address if kept else address
    content = render(paper_of(session, standing, address=named))
    keep_digest(session, approval, form, content, address=named, now=now)
    return content


def keep_digest(
    session: Session,
    approval: StatementApproval,
    form: str,
    content: bytes,
    *,
    address: str,
    now: datetime,
) -> None:
    """Keep the digest of a paper, or compare it with the one kept.

    Raises:
        DocumentDiffers: it was rendered before, and was another one.
    """
    digest = hashlib.sha256(content).digest()
    kept = queries.document_of(session, approval.statement_id, form, LAYOUT)
    if kept is None:
        session.add(
            StatementDocument(
                statement_id=approval.statement_id,
                form=form,
                layout=LAYOUT,
                address=address,
                sha256=digest,
                rendered_at=now,
            )
        )
        session.flush()
    elif kept.sha256 != digest:
        raise DocumentDiffers(
            number=numbering.written(numbering.STATEMENT, approval.year, approval.number),
            rendered_on=f"{martinique_day(kept.rendered_at):%d/%m/%Y}",
        )


def paper_of(session: Session, standing: Standing, *, address: str) -> StatementPaper:
    """Everything that the paper of a statement says; a draft's as of today."""
    statement, version, approval = standing.statement, standing.version, standing.approval
    said = approval.printed if approval else printed_today(session, statement)
    certification = queries.certification_of(session, statement.id, version.version)
    code = approval.verification_code if approval else ""
    versions = queries.versions_of(session, statement.id)
    return StatementPaper(
        number=numbering.written(numbering.STATEMENT, approval.year, approval.number)
        if approval
        else "",
        mediator=said["mediator"] or "",
        commune=said["commune"] or "",
        siret=said["siret"] or "",
        programme=said["programme"] or "",
        sponsor=said["sponsor"] or "",
        debtor=said["debtor"] or "",
        payer_is_issuer=said["payer"] == Payer.ISSUER,
        payee_name=approval.payee_name if approval else "",
        payee_iban_masked=approval.payee_iban_masked if approval else "",
        cut_off_on=standing.run.cut_off_on,
        version=version.version,
        withdrawn_count=versions[0].voucher_count - version.voucher_count,
        fee_basis_points=statement.fee_basis_points,
        total=Total(
            version.voucher_count,
            Cents(version.amount_cents),
            Cents(version.fee_cents),
            Cents(version.net_cents),
        ),
        lines=tuple(lines_of(session, statement.id)),
        recoveries=tuple(recoveries_shown(session, recoveries_of(session, standing))),
        sessions=tuple(sessions_of(session, standing)),
        prepared_at=standing.run.prepared_at,
        approved_at=approval.approved_at if approval else None,
        certified_at=certification.certified_at if certification else None,
        received_on=approval.received_on if approval else None,
        due_on=approval.due_on if approval and approval.payable_cents else None,
        code=code,
        address=f"{address}/V/{code}",
        specimen=programmes.is_demonstration(session),
        checkpoint=fingerprint_before(session, approval.approved_at) if approval else "",
    )


def lines_of(session: Session, statement_id: UUID) -> list[PaperLine]:
    """The passes that a statement claims, by day and by series of one booklet."""
    passes = queries.redeemed_on_of(session, statement_id)
    serials = vouchers.serial_numbers(session, [(one.voucher_id, one.booklet_id) for one in passes])
    by_series = groupby(
        sorted(passes, key=lambda one: (one.day, one.voucher_id)),
        key=lambda one: (one.day, one.amount_cents, one.booklet_id),
    )
    return [
        PaperLine(
            day,
            str(serials[series.first]),
            str(serials[series.last]),
            series.count,
            Cents(series.count * face),
        )
        for (day, face, _), group in by_series
        for series in ledger.contiguous(one.voucher_id for one in group)
    ]


def recoveries_shown(session: Session, receivables: Sequence[Receivable]) -> list[PaperRecovery]:
    """What is owed back, by the number of the pass and of the statement that paid it."""
    serials = session_queries.serials_of(session, [one.redemption_id for one in receivables])
    shown = []
    for one in receivables:
        paid, clawback = (
            queries.approval_of(session, one.statement_id),
            correction_queries.clawback(session, one.clawback_id),
        )
        shown.append(
            PaperRecovery(
                serials[one.redemption_id],
                numbering.written(numbering.STATEMENT, paid.year, paid.number) if paid else "",
                clawback.reason if clawback else "",
                Cents(one.net_cents),
            )
        )
    return shown


def sessions_of(session: Session, standing: Standing) -> list[PaperSession]:
    """The sessions that a paper prints: as frozen by the approval, a draft's as of now."""
    if standing.approval is not None:
        held = correction_queries.frozen_sessions_of(session, standing.id)
    else:
        counts = sessions_paid_by(session, standing.id)
        known = correction_queries.sessions_by_id(session, counts)
        held = [(known[session_id], count) for session_id, count in counts.items()]
    topics = session_queries.topics_of(session, [one.id for one, _ in held])
    return [
        PaperSession(
            one.held_on,
            ToldSession(
                one.duration_minutes,
                SessionKind(one.kind),
                one.people_count,
                tuple(topics[one.id]),
            ),
            count,
        )
        for one, count in sorted(held, key=lambda item: (item[0].held_on, item[0].id))
    ]


def debit_note_paper(session: Session, note: DebitNote) -> DebitNotePaper:
    """Everything that the paper of a debit note says."""
    said = note.printed
    return DebitNotePaper(
        number=note_number(note),
        mediator=said["mediator"] or "",
        commune=said["commune"] or "",
        siret=said["siret"] or "",
        programme=said["programme"] or "",
        sponsor=said["sponsor"] or "",
        issued_on=note.issued_on,
        recoveries=tuple(
            recoveries_shown(session, correction_queries.recovered_by_note(session, note.id))
        ),
        specimen=programmes.is_demonstration(session),
        paid_to=paid_to(note),
    )


def verified(session: Session, code: str) -> tuple[str, Cents, date] | None:
    """What anybody may know of a paper by its code, however typed: number, net, day of approval."""
    try:
        approval = queries.approval_by_code(session, codes.read(code))
    except codes.MistypedCode:
        return None
    if approval is None:
        return None
    return (
        numbering.written(numbering.STATEMENT, approval.year, approval.number),
        Cents(approval.payable_cents),
        martinique_day(approval.approved_at),
    )
