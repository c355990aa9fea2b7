"""Support sessions, the day of a mediator, and passes typed by staff."""

from functools import partial
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from app.clearing import session_queries, sessions, sheets
from app.clearing.api import signer_of
from app.clearing.receipt_files import receipt_file
from app.clearing.rules import ToldSession
from app.clearing.sheets import LineProblem
from app.clearing.support_schemas import (
    DayQuery,
    DaySchema,
    LinkRequestSchema,
    SessionPageSchema,
    SessionRequestSchema,
    SetAsideRequestSchema,
    SheetPageSchema,
    SheetRequestSchema,
    WholeSessionSchema,
    WholeSheetSchema,
)
from app.clearing.support_views import (
    day_shown,
    session_shown,
    sessions_shown,
    sheet_shown,
    sheets_shown,
)
from app.identity.rules import Right
from app.kernel.errors import InvalidInput
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page
from app.web.auth import current_actor, started_at, started_on
from app.web.downloads import PDF
from app.web.transaction import current_settings, in_transaction

routes = Routes("support", "Accompagnements, journées des médiateurs, saisies par la coordination.")
bp = routes.blueprint


@routes.post(
    "/sessions",
    "Noter un accompagnement",
    right=Right.REDEEM,
    body=SessionRequestSchema,
    answer=WholeSessionSchema,
    refuses=(404, 409),
    description="Ce qui a été donné contre les pass : jour, durée, sujets, une ou plusieurs "
    "personnes. Les pass peuvent être rattachés maintenant ou plus tard.",
)
def record_session(body: Json) -> Json:
    """Write a session down, with the passes that paid for it."""
    redemption_ids = body.pop("redemption_ids")

    def work(session: Session) -> Json:
        held = sessions.record_session(
            session,
            actor=current_actor(),
            session_id=id_of_request(body),
            now=started_at(),
            **body,
        )
        sessions.link_redemptions(
            session,
            actor=current_actor(),
            session_id=held.id,
            redemption_ids=redemption_ids,
            now=started_at(),
        )
        return session_shown(session, held)

    return in_transaction(work)


@routes.get(
    "/sessions",
    "Lister les accompagnements",
    right=Right.SEE_REDEMPTIONS,
    query=UuidPageQuery,
    answer=SessionPageSchema,
)
def list_sessions(query: Json) -> Json:
    """Sessions in the order of their ids; a mediator's own."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                session_queries.sessions_after,
                session,
                query["after"],
                mediator_id=current_actor().scope,
            ),
            partial(sessions_shown, session),
        )
    )


@routes.get(
    "/sessions/<uuid:session_id>",
    "Lire un accompagnement",
    right=Right.SEE_REDEMPTIONS,
    answer=WholeSessionSchema,
)
def read_session(session_id: UUID) -> Json:
    """One session, with the redemptions that paid for it."""
    return in_transaction(
        lambda session: session_shown(
            session, sessions.known_session(session, actor=current_actor(), session_id=session_id)
        )
    )


@routes.post(
    "/sessions/<uuid:session_id>/redemptions",
    "Rattacher des encaissements à un accompagnement",
    right=Right.REDEEM,
    body=LinkRequestSchema,
    answer=WholeSessionSchema,
    status=200,
    refuses=(409,),
    description="Un encaissement paie un seul accompagnement, du même jour.",
)
def link_redemptions(body: Json, session_id: UUID) -> Json:
    """Say which passes paid for a session."""
    return in_transaction(
        lambda session: session_shown(
            session,
            sessions.link_redemptions(
                session, actor=current_actor(), session_id=session_id, now=started_at(), **body
            ),
        )
    )


@routes.get(
    "/redemption-days",
    "Lire une journée",
    right=Right.SEE_REDEMPTIONS,
    query=DayQuery,
    answer=DaySchema,
    description="Par médiateur : pass, euros et accompagnements du jour, ce qui s’annule encore et "
    "ce qui est déjà sur un bordereau.",
)
def read_day(query: Json) -> Json:
    """What was taken for a day; a mediator's own."""
    day = query["day"] or started_on()
    mediator_id = current_actor().scope or query["mediator_id"]
    return in_transaction(
        lambda session: day_shown(
            day,
            session_queries.day_totals(session, day, mediator_id=mediator_id),
            session_queries.sessions_of_day(session, day, mediator_id=mediator_id),
        )
    )


@routes.post(
    "/typed-sheets",
    "Saisir la feuille d’un médiateur",
    right=Right.TYPE_SHEETS,
    body=SheetRequestSchema,
    answer=WholeSheetSchema,
    refuses=(404, 409, 429),
    description="Pour un médiateur sans téléphone. Une autre personne vérifie ; les pass sont "
    "alors encaissés au nom du médiateur. Une ligne illisible fait tout refuser.",
)
def prepare_sheet(body: Json) -> Json:
    """Type a paper list. What names no pass is told line by line; unknown codes are guesses."""

    def work(session: Session) -> Json | list[LineProblem]:
        typed = sheets.prepare_sheet(
            session,
            actor=current_actor(),
            sheet_id=id_of_request(body),
            mediator_id=body["mediator_id"],
            held_on=body["held_on"],
            typed=body["lines"],
            told=ToldSession.of_json(body["session"]) if body["session"] else None,
            now=started_at(),
        )
        return typed if isinstance(typed, list) else sheet_shown(session, typed)

    told = in_transaction(work)
    if isinstance(told, list):
        raise InvalidInput(**{f"lines.{one.place - 1}": one.sentence for one in told})
    return told


@routes.get(
    "/typed-sheets",
    "Lister les saisies",
    right=Right.SEE_REDEMPTIONS,
    query=UuidPageQuery,
    answer=SheetPageSchema,
)
def list_sheets(query: Json) -> Json:
    """Sheets in the order of their ids; a mediator's own."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                session_queries.sheets_after,
                session,
                query["after"],
                mediator_id=current_actor().scope,
            ),
            partial(sheets_shown, session),
        )
    )


@routes.get(
    "/typed-sheets/<uuid:sheet_id>",
    "Lire une saisie",
    right=Right.SEE_REDEMPTIONS,
    answer=WholeSheetSchema,
)
def read_sheet(sheet_id: UUID) -> Json:
    """One sheet, with the verdict of each of its passes once it is approved."""
    return in_transaction(
        lambda session: sheet_shown(
            session, sheets.known_sheet(session, actor=current_actor(), sheet_id=sheet_id)
        )
    )


@routes.post(
    "/typed-sheets/<uuid:sheet_id>/approve",
    "Approuver une saisie",
    right=Right.APPROVE_SHEET,
    answer=WholeSheetSchema,
    status=200,
    refuses=(409, 422),
    description="Par une autre personne que celle qui a saisi. Les pass sont encaissés, une fois.",
)
def approve_sheet(sheet_id: UUID) -> Json:
    """Approve what somebody else typed, and take its passes."""

    def work(session: Session) -> Json:
        actor = current_actor()
        sheets.approve_sheet(
            session,
            actor=actor,
            sheet_id=sheet_id,
            signer=signer_of(current_settings().key_dir),
            now=started_at(),
        )
        return sheet_shown(session, sheets.known_sheet(session, actor=actor, sheet_id=sheet_id))

    return in_transaction(work)


@routes.post(
    "/typed-sheets/<uuid:sheet_id>/set-aside",
    "Écarter une saisie",
    right=Right.TYPE_SHEETS,
    body=SetAsideRequestSchema,
    answer=WholeSheetSchema,
    status=200,
    refuses=(409,),
    description="Quand elle ne dit pas ce que dit la feuille : aucun pass n’est encaissé.",
)
def set_aside_sheet(body: Json, sheet_id: UUID) -> Json:
    """Set a sheet aside."""

    def work(session: Session) -> Json:
        actor = current_actor()
        sheets.set_aside_sheet(session, actor=actor, sheet_id=sheet_id, now=started_at(), **body)
        return sheet_shown(session, sheets.known_sheet(session, actor=actor, sheet_id=sheet_id))

    return in_transaction(work)


@routes.file(
    "/redemptions/<uuid:redemption_id>/receipt",
    "Imprimer le reçu d’un encaissement",
    formats={"pdf": PDF},
    right=Right.SEE_REDEMPTIONS,
    description="Le reçu signé, avec le code QR de la page qui le vérifie.",
)
def print_receipt(redemption_id: UUID) -> Response:
    """The signed receipt of a redemption, on paper."""
    return receipt_file(redemption_id)
