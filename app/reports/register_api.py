"""The register of inactive values, the account of use, and the slip of a régie."""

from dataclasses import asdict

from flask import Response
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.reports import register_papers, registers
from app.reports.accounts import account_of_use, slip_of
from app.reports.register_downloads import register_download
from app.reports.register_rules import AccountOfUse, Slip
from app.reports.register_schemas import (
    AccountOfUseSchema,
    AccountQuery,
    HoldingPageSchema,
    HoldingsQuery,
    RegisterFileQuery,
    RegisterQuery,
    RegisterSchema,
    SlipQuery,
    SlipSchema,
)
from app.web.api import Json, Routes
from app.web.auth import current_actor, started_at, started_on
from app.web.downloads import FORMATS, PDF, download
from app.web.transaction import in_transaction

routes = Routes("registers", "Registres des valeurs inactives, comptes d’emploi.")
bp = routes.blueprint
ON_PAPER = {"pdf": PDF}


def _period(query: Json) -> Json:
    """The days of a query: the year so far when nothing is said."""
    until = query.pop("until") or started_on()
    return {"since": query.pop("since") or until.replace(month=1, day=1), "until": until}


@routes.get(
    "/reports/register/holdings",
    "Qui détenait quoi",
    right=Right.SEE_LEDGER,
    query=HoldingsQuery,
    answer=HoldingPageSchema,
    refuses=(404,),
    description="Par détenteur et millésime : soldes d’ouverture et de clôture, entrées, sorties.",
)
def list_holdings(query: Json) -> Json:
    """Every holder and vintage that had passes in a period."""
    period = _period(query)
    found = in_transaction(
        lambda session: registers.holdings(
            session, actor=current_actor(), now=started_at(), **period, **query
        )
    )
    return {**period, "items": found}


@routes.get(
    "/reports/register",
    "Le registre d’un détenteur",
    right=Right.SEE_LEDGER,
    query=RegisterQuery,
    answer=RegisterSchema,
    refuses=(404,),
    description="Une ligne par mouvement et suite de séries ; l’instant d’enregistrement fait foi.",
)
def read_register(query: Json) -> Json:
    """A page of a register."""
    period, after, limit = _period(query), query.pop("after"), query.pop("limit")

    def work(session: Session) -> Json:
        register = registers.register_of(
            session, actor=current_actor(), now=started_at(), **period, **query
        )
        journal = registers.Journal.of(session, register)
        lines = registers.page_of_entries(session, journal, after=after, limit=limit + 1)
        return {
            "holding": register.holding,
            **period,
            "items": [
                {**asdict(e), "balance_cents": e.balance_cents, "document": e.document or None}
                for e in lines[:limit]
            ],
            "next": lines[limit - 1].number if len(lines) > limit else None,
        }

    return in_transaction(work)


@routes.file(
    "/reports/register/file",
    "Le registre d’un détenteur, en fichier",
    right=Right.SEE_LEDGER,
    query=RegisterFileQuery,
    formats=FORMATS,
    refuses=(404,),
    description="Entier, en CSV (`;`, UTF-8), XLSX ou, jusqu’à 20 000 lignes, PDF.",
)
def read_register_file(query: Json) -> Response:
    """A whole register as a file."""
    period = _period(query)
    ending = query.pop("format")
    return register_download(ending=ending, **period, **query)


@routes.get(
    "/reports/account-of-use",
    "Le compte d’emploi d’un millésime",
    right=Right.SEE_LEDGER,
    query=AccountQuery,
    answer=AccountOfUseSchema,
    refuses=(404,),
)
def read_account_of_use(query: Json) -> AccountOfUse:
    """What became of every pass ordered of a vintage."""
    return in_transaction(lambda session: _account(session, query))


@routes.file(
    "/reports/account-of-use/file",
    "Le compte d’emploi d’un millésime, en PDF",
    right=Right.SEE_LEDGER,
    query=AccountQuery,
    formats=ON_PAPER,
    refuses=(404,),
)
def read_account_of_use_file(query: Json) -> Response:
    """The same, to be signed."""
    account = in_transaction(lambda session: _account(session, query))
    name = f"compte-d-emploi-{account.vintage}-{account.on:%Y-%m-%d}.pdf"
    return download(register_papers.account_pdf(account), name, PDF)


def _account(session: Session, query: Json) -> AccountOfUse:
    return account_of_use(
        session,
        actor=current_actor(),
        vintage_id=query["vintage_id"],
        on=query["at"] or started_on(),
        now=started_at(),
    )


@routes.get(
    "/reports/slip",
    "Le bordereau d’emploi et de versement d’une régie",
    right=Right.SEE_LEDGER,
    query=SlipQuery,
    answer=SlipSchema,
    refuses=(404,),
)
def read_slip(query: Json) -> Json:
    """What a régie did with its passes, took in, and was paid."""
    slip = in_transaction(lambda session: _slip(session, query))
    return {**asdict(slip), "office": slip.office or None}


@routes.file(
    "/reports/slip/file",
    "Le bordereau d’emploi et de versement, en PDF",
    right=Right.SEE_LEDGER,
    query=SlipQuery,
    formats=ON_PAPER,
    refuses=(404,),
)
def read_slip_file(query: Json) -> Response:
    """The same, to be signed."""
    slip = in_transaction(lambda session: _slip(session, query))
    name = f"bordereau-d-emploi-{slip.since:%Y-%m-%d}-{slip.until:%Y-%m-%d}.pdf"
    return download(register_papers.slip_pdf(slip), name, PDF)


def _slip(session: Session, query: Json) -> Slip:
    return slip_of(
        session,
        actor=current_actor(),
        holder_id=query["holder_id"],
        now=started_at(),
        **_period(query),
    )
