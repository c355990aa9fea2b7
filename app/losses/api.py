"""Oppositions, replacements and destructions: declared, read, decided."""

from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.losses import blocks, queries, replacements, write_offs
from app.losses import replacement_queries as replaced
from app.losses.naming import Named, without_codes
from app.losses.schemas import (
    BlockPageSchema,
    BlockRequestSchema,
    BlockSchema,
    LiftRequestSchema,
    ReplacementPageSchema,
    ReplacementRequestSchema,
    ReplacementSchema,
    WriteOffAbandonmentRequestSchema,
    WriteOffApprovalRequestSchema,
    WriteOffPageSchema,
    WriteOffRequestSchema,
    WriteOffSchema,
)
from app.losses.views import blocks_shown, replacements_shown, write_offs_shown
from app.vouchers.errors import UnknownVoucher
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page
from app.web.auth import current_actor, started_at
from app.web.transaction import in_transaction

routes = Routes("losses", "Oppositions, remplacements et destructions.")
bp = routes.blueprint


def _named(typed: list[Json]) -> list[Named]:
    """What was sent, its codes replaced by serial numbers; a code that is none is counted first.

    Raises:
        TooManyGuesses, MistypedVoucherCode, UnknownVoucher.
    """
    asked = [Named(one["first"], one["last"] or one["first"]) for one in typed]
    told, known = in_transaction(
        lambda session: without_codes(session, actor=current_actor(), named=asked, now=started_at())
    )
    if not known:
        raise UnknownVoucher
    return told


@routes.post(
    "/blocks",
    "Mettre des pass en opposition",
    right=Right.DECLARE_LOSS,
    body=BlockRequestSchema,
    answer=BlockSchema,
    refuses=(404, 429),
    description="Effet immédiat. Ce qui est déjà encaissé est signalé pass par pass dans "
    "`too_late` et n’est pas bloqué.",
)
def block_vouchers(body: Json) -> Json:
    """Declare a loss."""
    named = _named(body.pop("passes"))

    def work(session: Session) -> Json:
        record = blocks.block_vouchers(
            session,
            actor=current_actor(),
            block_id=id_of_request(body),
            named=named,
            now=started_at(),
            **body,
        )
        return blocks_shown(session, [record])[0]

    return in_transaction(work)


@routes.get(
    "/blocks",
    "Lister les oppositions",
    right=Right.SEE_LOSSES,
    query=UuidPageQuery,
    answer=BlockPageSchema,
)
def list_blocks(query: Json) -> Json:
    """Oppositions in the order of their ids; a prescriber's own."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                queries.blocks_after,
                session,
                query["after"],
                organisation_id=current_actor().scope,
            ),
            partial(blocks_shown, session),
        )
    )


@routes.get(
    "/blocks/<uuid:block_id>",
    "Lire une opposition",
    right=Right.SEE_LOSSES,
    answer=BlockSchema,
)
def read_block(block_id: UUID) -> Json:
    """One opposition."""

    def work(session: Session) -> Json:
        record = blocks.known_block(session, actor=current_actor(), block_id=block_id)
        return blocks_shown(session, [record])[0]

    return in_transaction(work)


@routes.post(
    "/blocks/<uuid:block_id>/lifts",
    "Lever une opposition",
    right=Right.LIFT_BLOCK,
    body=LiftRequestSchema,
    answer=BlockSchema,
    refuses=(404, 429),
    description="Les pass reviennent là où ils étaient : tous, ou ceux de la liste.",
)
def lift_block(body: Json, block_id: UUID) -> Json:
    """Lift an opposition, whole or in part."""
    named = _named(body.pop("passes"))

    def work(session: Session) -> Json:
        blocks.lift_block(
            session,
            actor=current_actor(),
            lift_id=id_of_request(body),
            block_id=block_id,
            named=named,
            now=started_at(),
            **body,
        )
        record = blocks.known_block(session, actor=current_actor(), block_id=block_id)
        return blocks_shown(session, [record])[0]

    return in_transaction(work)


@routes.post(
    "/replacements",
    "Remplacer des pass remis",
    right=Right.REPLACE_PASSES,
    body=ReplacementRequestSchema,
    answer=ReplacementSchema,
    refuses=(404, 429),
    description="Les anciens sont annulés et autant de nouveaux prennent leur place, du tiroir du "
    "prescripteur ou, pour la coordination, du stock.",
)
def replace_passes(body: Json) -> Json:
    """Void passes, and give as many others."""
    named, taken = _named(body.pop("passes")), _named(body.pop("taken"))

    def work(session: Session) -> Json:
        record = replacements.replace_passes(
            session,
            actor=current_actor(),
            replacement_id=id_of_request(body),
            named=named,
            taken=taken,
            now=started_at(),
            **body,
        )
        return replacements_shown(session, [record])[0]

    return in_transaction(work)


@routes.get(
    "/replacements",
    "Lister les remplacements",
    right=Right.SEE_LOSSES,
    query=UuidPageQuery,
    answer=ReplacementPageSchema,
)
def list_replacements(query: Json) -> Json:
    """Replacements in the order of their ids; a prescriber's own."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                replaced.replacements_after,
                session,
                query["after"],
                prescriber_id=current_actor().scope,
            ),
            partial(replacements_shown, session),
        )
    )


@routes.post(
    "/write-offs",
    "Préparer une destruction",
    right=Right.PREPARE_WRITE_OFF,
    body=WriteOffRequestSchema,
    answer=WriteOffSchema,
    refuses=(404, 429),
    description="Rien ne bouge avant qu’une autre personne ait compté et approuvé.",
)
def prepare_write_off(body: Json) -> Json:
    """Prepare a destruction."""
    named = _named(body.pop("passes"))

    def work(session: Session) -> Json:
        record = write_offs.prepare_write_off(
            session,
            actor=current_actor(),
            write_off_id=id_of_request(body),
            named=named,
            now=started_at(),
            **body,
        )
        return write_offs_shown(session, [record])[0]

    return in_transaction(work)


@routes.get(
    "/write-offs",
    "Lister les destructions",
    right=Right.SEE_LEDGER,
    query=UuidPageQuery,
    answer=WriteOffPageSchema,
)
def list_write_offs(query: Json) -> Json:
    """Destructions in the order of their ids."""
    return in_transaction(
        lambda session: page(
            query,
            partial(queries.write_offs_after, session, query["after"]),
            partial(write_offs_shown, session),
        )
    )


@routes.post(
    "/write-offs/<uuid:write_off_id>/approve",
    "Approuver une destruction",
    right=Right.APPROVE_WRITE_OFF,
    body=WriteOffApprovalRequestSchema,
    answer=WriteOffSchema,
    refuses=(404,),
    description="Par une autre personne que celle qui a préparé. Sans retour.",
)
def approve_write_off(body: Json, write_off_id: UUID) -> Json:
    """Approve a destruction."""

    def work(session: Session) -> Json:
        write_offs.approve_write_off(
            session,
            actor=current_actor(),
            write_off_id=write_off_id,
            now=started_at(),
            **body,
        )
        return _write_off_told(session, write_off_id)

    return in_transaction(work)


@routes.post(
    "/write-offs/<uuid:write_off_id>/abandonment",
    "Abandonner une destruction",
    right=Right.PREPARE_WRITE_OFF,
    body=WriteOffAbandonmentRequestSchema,
    answer=WriteOffSchema,
    refuses=(404,),
    description="Avant son approbation : rien n’est annulé, et ses pass peuvent entrer dans un "
    "autre procès-verbal.",
)
def abandon_write_off(body: Json, write_off_id: UUID) -> Json:
    """Give a destruction up."""

    def work(session: Session) -> Json:
        write_offs.abandon_write_off(
            session,
            actor=current_actor(),
            abandonment_id=id_of_request(body),
            write_off_id=write_off_id,
            now=started_at(),
            **body,
        )
        return _write_off_told(session, write_off_id)

    return in_transaction(work)


def _write_off_told(session: Session, write_off_id: UUID) -> Json:
    record = write_offs.known_write_off(session, actor=current_actor(), write_off_id=write_off_id)
    return write_offs_shown(session, [record])[0]
