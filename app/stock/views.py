"""What is told of files of serials and of counts."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.identity.queries import agent_name
from app.kernel.clock import martinique_day
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger import AccountKind
from app.orders import queries as orders
from app.orders.deliveries import known_delivery
from app.orders.service import known_order
from app.partners.queries import organisation_names
from app.programmes import queries as programmes
from app.programmes.service import known_programme, known_vintage
from app.stock import queries
from app.stock.count_rules import NOT_COMPARED, CountState, DifferenceKind, Span
from app.stock.file_rules import CodesFrom, by_booklet, printed
from app.stock.models import SerialFile, StockCount
from app.stock.papers import CountReport, Difference, FileReport, ToldRow
from app.stock.queries import AsideRow, EnteredLine
from app.stock.serial_files import Imported
from app.web.api import Json, shown
from app.web.format import count
from app.web.words import STATES

# ── Files of a printer ────────────────────────────────────────────────────────────────────────────


def file_report(session: Session, record: SerialFile) -> FileReport:
    """A file with its reasons and what it leaves out."""
    order = known_order(session, record.order_id)
    programme = known_programme(session, order.programme_id)
    names = organisation_names(session, [programme.issuer_id, programme.sponsor_id])
    label = known_vintage(session, order.vintage_id).label
    delivery = known_delivery(session, record.delivery_id) if record.delivery_id else None
    gaps = by_booklet(
        queries.gaps_of(session, record.id), label, orders.allotments(session, order.id)
    )
    return FileReport(
        number=record.number,
        order_number=order.number,
        vintage_label=label,
        issuer=names[programme.issuer_id],
        sponsor=names[programme.sponsor_id],
        fingerprint=record.file_hash.hex(),
        codes_from=CodesFrom(record.codes_from),
        imported_at=record.imported_at,
        row_count=record.row_count,
        received_count=record.received_count,
        quarantined_count=record.quarantined_count,
        missing_count=record.missing_count,
        delivery_number=delivery.number if delivery else "",
        faults=tuple(queries.fault_counts(session, [record.id])[record.id]),
        gaps=tuple(gaps),
    )


def said_of_import(imported: Imported) -> str:
    """What became of a file, and what comes next."""
    record = imported.record
    if imported.again:
        return f"Ce fichier est déjà reçu ({record.number}) : rien n’a changé."
    if not record.received_count:
        return (
            f"Le fichier {record.number} est lu : rien n’arrive, toutes ses lignes sont écartées. "
            "Renvoyez le rapport d’écarts à l’imprimeur."
        )
    then = (
        "Renvoyez le rapport d’écarts à l’imprimeur."
        if record.quarantined_count or record.missing_count
        else "Ses pass restent inertes jusqu’à leur activation par le service financier."
    )
    came = f"{count(record.received_count)} pass sont arrivés"
    return f"Le fichier {record.number} est reçu : {came}. {then}"


def rows_told(session: Session, record: SerialFile, rows: Sequence[AsideRow]) -> Iterator[ToldRow]:
    """Rows put aside, for people."""
    order = known_order(session, record.order_id)
    label = known_vintage(session, order.vintage_id).label
    allotted = orders.allotments(session, order.id)
    for row in rows:
        yield ToldRow(
            row.line,
            row.typed,
            str(printed(row.serial, label, allotted)) if row.serial else "",
            row.fault,
            martinique_day(row.arrived_at) if row.arrived_at else None,
        )


def files_shown(session: Session, records: Sequence[SerialFile]) -> list[Json]:
    """Files for a program: counts, reasons, and the delivery that each brought."""
    faults = queries.fault_counts(session, [record.id for record in records])
    return [
        shown(
            record,
            sha256=record.file_hash.hex(),
            faults=[
                {
                    "fault": one.fault,
                    "row_count": one.row_count,
                    "mended_count": one.mended_count,
                }
                for one in faults[record.id]
            ],
        )
        for record in records
    ]


# ── Counts ────────────────────────────────────────────────────────────────────────────────────────


def count_report(session: Session, record: StockCount) -> CountReport:
    """A count with what is known of it by now."""
    closing = queries.closing_of(session, record.id)
    signature = queries.signature_of(session, record.id)
    known = programmes.programmes_after(session, None, limit=200)
    sponsors = {programme.sponsor_id for programme in known}
    sponsor_id = record.holder_id if record.holder_id in sponsors else min(sponsors)
    names = organisation_names(session, {record.holder_id, sponsor_id})
    state = CountState.OPEN
    abandonment = queries.abandonment_of(session, record.id)
    if closing:
        state = CountState.SIGNED if signature else CountState.CLOSED
    elif abandonment:
        state = CountState.ABANDONED
    return CountReport(
        id=record.id,
        number=record.number,
        holder_id=record.holder_id,
        holder=names[record.holder_id],
        sponsor=names[sponsor_id],
        is_cupboard=record.holder_id in sponsors,
        counted_on=record.counted_on,
        opened_at=record.opened_at,
        state=state,
        closed_at=closing.closed_at if closing else None,
        theory_at=closing.theory_at if closing else None,
        signed_at=signature.signed_at if signature else None,
        closed_by=closing.closed_by if closing else None,
        signed_by=signature.signed_by if signature else None,
        closed_by_name=agent_name(session, closing.closed_by if closing else None),
        signed_by_name=agent_name(session, signature.signed_by if signature else None),
        abandoned_at=abandonment.abandoned_at if abandonment else None,
        abandoned_by_name=agent_name(session, abandonment.abandoned_by if abandonment else None),
        abandonment_reason=abandonment.reason if abandonment else "",
        totals=tuple(queries.totals_of(session, record.id)),
        differences=tuple(_differences(session, record)),
        strangers=tuple(queries.strangers_of(session, record.id)),
    )


def _differences(session: Session, record: StockCount) -> Iterator[Difference]:
    rows = queries.differences_of(session, record.id)
    accounts = ledger.accounts_by_id(session, {row.account_id for row in rows})
    names = organisation_names(
        session,
        {party for a in accounts.values() for party in (a.party_id, a.counterparty_id)},
    )
    labels = {number: terms.label for number, terms in programmes.all_vintages(session).items()}
    for row in rows:
        account = accounts[row.account_id]
        span = Span(row.first_voucher_id, row.last_voucher_id)
        for booklet in queries.booklets_over(session, span):
            number = BookletNumber(labels[booklet.vintage_id], booklet.number)
            first = max(span.first, booklet.id) - booklet.id + 1
            last = min(span.last, booklet.id + booklet.size - 1) - booklet.id + 1
            yield Difference(
                DifferenceKind(row.kind),
                SerialNumber(number, first),
                SerialNumber(number, last),
                _place(account, names),
                account.face_value_cents,
            )


def _place(account: ledger.Account, names: dict[UUID, str]) -> str:
    """Where the register says that passes rest: their state, and who answers for them."""
    words = f"{STATES[account.kind].label}, {names[account.party_id]}"
    if account.kind is AccountKind.TRANSIT:
        return f"{words}, vers {names[account.counterparty_id]}"
    return words


def counts_listed(session: Session, records: Sequence[StockCount]) -> list[Json]:
    """Counts in a list: whose, of which day, how far, and what differs once that is known."""
    ids = [record.id for record in records]
    states, differing = queries.count_states(session, ids), queries.differing_in(session, ids)
    names = organisation_names(session, {record.holder_id for record in records})
    return [
        shown(
            record,
            holder=names[record.holder_id],
            state=states[record.id],
            missing_count=missing,
            excess_count=excess,
        )
        for record in records
        for missing, excess in [
            differing.get(record.id, (None, None) if states[record.id] in NOT_COMPARED else (0, 0))
        ]
    ]


def counts_shown(session: Session, records: Sequence[StockCount]) -> list[Json]:
    """Counts for a program: the theory only once they are closed."""

    def one(record: StockCount) -> Json:
        report = count_report(session, record)
        return shown(
            record,
            state=report.state,
            closed_at=report.closed_at,
            closed_by=report.closed_by,
            theory_at=report.theory_at,
            signed_at=report.signed_at,
            signed_by=report.signed_by,
            abandoned_at=report.abandoned_at,
            abandonment_reason=report.abandonment_reason or None,
            totals=[
                {
                    "vintage": total.label,
                    "theory_count": total.theory_count,
                    "counted_count": total.counted_count,
                    "missing_count": total.missing_count,
                    "excess_count": total.excess_count,
                    "difference_cents": total.difference_cents,
                }
                for total in report.totals
            ],
            differences=[
                {
                    "kind": difference.kind,
                    "serials": [str(serial) for serial in difference.serials],
                    "rests": difference.place,
                }
                for difference in report.differences
            ],
            strangers=[str(line) for line in report.strangers],
            lines=[line_shown(line) for line in queries.lines_entered(session, record.id)],
        )

    return [one(record) for record in records]


def line_shown(entered: EnteredLine) -> Json:
    """A line of a count for a program."""
    return {
        "entry_id": entered.entry_id,
        "place": entered.place,
        "line": str(entered.line),
        "entered_at": entered.entered_at,
        "struck_at": entered.struck_at,
    }
