"""Files of printers, and counts of cupboards and drawers."""

import io
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.programmes.keys import KeyStore
from app.stock import counts, queries, serial_files
from app.stock.file_rules import MOST_ROWS_OF_A_PAGE
from app.stock.models import StockCount
from app.stock.schemas import (
    CountAbandonmentRequestSchema,
    CountClosingRequestSchema,
    CountCorrectionRequestSchema,
    CountEntryRequestSchema,
    ListedCountPageSchema,
    QuarantinedRowPageSchema,
    QuarantinedRowsQuery,
    SerialFilePageSchema,
    SerialFileRequestSchema,
    SerialFileSchema,
    SerialFilesQuery,
    StockCountRequestSchema,
    StockCountSchema,
)
from app.stock.views import counts_listed, counts_shown, files_shown, rows_told
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page
from app.web.auth import current_actor, started_at
from app.web.transaction import current_settings, in_transaction, in_transactions_of_its_own

routes = Routes("stock", "Fichiers d’imprimeur et comptages.")
bp = routes.blueprint


@routes.post(
    "/orders/<uuid:order_id>/serial-files",
    "Recevoir le fichier d’un imprimeur",
    right=Right.RECEIVE_DELIVERY,
    body=SerialFileRequestSchema,
    answer=SerialFileSchema,
    description="Ce qui est juste arrive par une livraison ; le reste est écarté avec sa raison. "
    "Le même fichier renvoyé ne change rien.",
)
def import_serial_file(body: Json, order_id: UUID) -> Json:
    """Receive what is right in a file; the same file again changes nothing."""
    actor, now, settings = current_actor(), started_at(), current_settings()
    done = in_transactions_of_its_own(
        lambda database: serial_files.import_serials(
            database,
            actor=actor,
            import_id=id_of_request(body),
            asked=serial_files.Asked(
                order_id, io.BytesIO(body["file"]), body["codes_from"], MOST_ROWS_OF_A_PAGE
            ),
            keys=KeyStore(settings.key_dir),
            now=now,
        )
    )
    return in_transaction(lambda session: files_shown(session, [done.record]))[0]


@routes.get(
    "/serial-files",
    "Lister les fichiers d’imprimeur",
    right=Right.SEE_ORDERS,
    query=SerialFilesQuery,
    answer=SerialFilePageSchema,
)
def list_serial_files(query: Json) -> Json:
    """Files in the order of their ids."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                queries.serial_files_after, session, query["after"], order_id=query["order_id"]
            ),
            partial(files_shown, session),
        )
    )


@routes.get(
    "/serial-files/<uuid:file_id>",
    "Lire un fichier d’imprimeur",
    right=Right.SEE_ORDERS,
    answer=SerialFileSchema,
)
def read_serial_file(file_id: UUID) -> Json:
    """One file, with the reasons for which rows were put aside."""

    def work(session: Session) -> list[Json]:
        record = serial_files.known_serial_file(session, actor=current_actor(), file_id=file_id)
        return files_shown(session, [record])

    return in_transaction(work)[0]


@routes.get(
    "/serial-files/<uuid:file_id>/quarantined-rows",
    "Lister les lignes écartées d’un fichier",
    right=Right.SEE_ORDERS,
    query=QuarantinedRowsQuery,
    answer=QuarantinedRowPageSchema,
)
def list_quarantined_rows(query: Json, file_id: UUID) -> Json:
    """Rows put aside, in the order of the lines of the file."""

    def work(session: Session) -> Json:
        record = serial_files.known_serial_file(session, actor=current_actor(), file_id=file_id)
        return page(
            query,
            partial(queries.rows_aside, session, record, after=query["after"]),
            lambda rows: [
                {
                    "line": row.line,
                    "typed": row.typed,
                    "serial": row.serial or None,
                    "fault": row.fault,
                    "arrived_on": row.arrived_on,
                }
                for row in rows_told(session, record, rows)
            ],
            key=lambda row: row.line,
        )

    return in_transaction(work)


# ── Counts ────────────────────────────────────────────────────────────────────────────────────────


def count_told(session: Session, record: StockCount) -> Json:
    """One count."""
    return counts_shown(session, [record])[0]


def known(session: Session, count_id: UUID) -> StockCount:
    """The count of an address."""
    return counts.known_count(session, actor=current_actor(), count_id=count_id)


@routes.post(
    "/stock-counts",
    "Ouvrir un comptage",
    right=Right.COUNT_STOCK,
    body=StockCountRequestSchema,
    answer=StockCountSchema,
    description="L’armoire du commanditaire, ou le tiroir d’un prescripteur. La théorie n’est dite "
    "qu’une fois le comptage fermé.",
)
def open_stock_count(body: Json) -> Json:
    """Begin to count what lies with a holder."""

    def work(session: Session) -> Json:
        record = counts.open_count(
            session,
            actor=current_actor(),
            count_id=id_of_request(body),
            now=started_at(),
            **body,
        )
        return count_told(session, record)

    return in_transaction(work)


@routes.post(
    "/stock-counts/<uuid:count_id>/entries",
    "Noter ce qui est compté",
    right=Right.COUNT_STOCK,
    body=CountEntryRequestSchema,
    answer=StockCountSchema,
)
def enter_counted_lines(body: Json, count_id: UUID) -> Json:
    """Note what lies there, in one go of a count."""

    def work(session: Session) -> Json:
        counts.enter_lines(
            session,
            actor=current_actor(),
            entry_id=id_of_request(body),
            count_id=count_id,
            lines=counts.read_lines(session, "\n".join(body["lines"])),
            now=started_at(),
        )
        return count_told(session, known(session, count_id))

    return in_transaction(work)


@routes.post(
    "/stock-counts/<uuid:count_id>/corrections",
    "Retirer une ligne d’un comptage",
    right=Right.COUNT_STOCK,
    body=CountCorrectionRequestSchema,
    answer=StockCountSchema,
)
def strike_counted_line(body: Json, count_id: UUID) -> Json:
    """Take a line back before the count is closed."""

    def work(session: Session) -> Json:
        counts.strike_line(
            session,
            actor=current_actor(),
            correction_id=id_of_request(body),
            count_id=count_id,
            now=started_at(),
            **body,
        )
        return count_told(session, known(session, count_id))

    return in_transaction(work)


@routes.post(
    "/stock-counts/<uuid:count_id>/close",
    "Fermer un comptage",
    right=Right.COUNT_STOCK,
    body=CountClosingRequestSchema,
    answer=StockCountSchema,
    status=200,
    refuses=(409,),
    description="La théorie est lue à ce moment, et le comptage ne change plus.",
)
def close_stock_count(body: Json, count_id: UUID) -> Json:
    """Say that all is counted, and compare it with the register."""

    def work(session: Session) -> Json:
        counts.close_count(
            session, actor=current_actor(), count_id=count_id, now=started_at(), **body
        )
        return count_told(session, known(session, count_id))

    return in_transaction(work)


@routes.post(
    "/stock-counts/<uuid:count_id>/abandonment",
    "Abandonner un comptage",
    right=Right.COUNT_STOCK,
    body=CountAbandonmentRequestSchema,
    answer=StockCountSchema,
    description="Avant sa fermeture : rien n’est comparé, ce qui est noté reste lisible.",
)
def abandon_stock_count(body: Json, count_id: UUID) -> Json:
    """Give a count up before it is closed."""

    def work(session: Session) -> Json:
        counts.abandon_count(
            session,
            actor=current_actor(),
            abandonment_id=id_of_request(body),
            count_id=count_id,
            now=started_at(),
            **body,
        )
        return count_told(session, known(session, count_id))

    return in_transaction(work)


@routes.post(
    "/stock-counts/<uuid:count_id>/sign",
    "Signer un comptage",
    right=Right.SIGN_COUNT,
    answer=StockCountSchema,
    status=200,
    refuses=(409, 422),
    description="Une autre personne que celle qui l’a fermé ; l’une des deux est du détenteur.",
)
def sign_stock_count(count_id: UUID) -> Json:
    """Sign as the second person."""

    def work(session: Session) -> Json:
        counts.sign_count(session, actor=current_actor(), count_id=count_id, now=started_at())
        return count_told(session, known(session, count_id))

    return in_transaction(work)


@routes.get(
    "/stock-counts",
    "Lister les comptages",
    right=Right.SEE_ALLOCATIONS,
    query=UuidPageQuery,
    answer=ListedCountPageSchema,
)
def list_stock_counts(query: Json) -> Json:
    """Counts in the order of their ids; a prescriber's own."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                queries.stock_counts_after,
                session,
                query["after"],
                holder_id=current_actor().scope,
            ),
            partial(counts_listed, session),
        )
    )


@routes.get(
    "/stock-counts/<uuid:count_id>",
    "Lire un comptage",
    right=Right.SEE_ALLOCATIONS,
    answer=StockCountSchema,
)
def read_stock_count(count_id: UUID) -> Json:
    """One count, with its lines, and its theory once it is closed."""
    return in_transaction(lambda session: count_told(session, known(session, count_id)))
