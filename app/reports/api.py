"""Where the passes are, and how many are used."""

from flask import Response
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.reports import papers
from app.reports.council import council_sheet
from app.reports.rules import By, CouncilSheet, UsageTable
from app.reports.schemas import (
    ChainSchema,
    CouncilQuery,
    CouncilSchema,
    ReportQuery,
    UsageFileQuery,
    UsageQuery,
    UsageSchema,
)
from app.reports.service import ChainReport, chain_report, usage_report
from app.reports.usage import usage_by
from app.reports.views import usage_shown
from app.web.api import Json, Routes
from app.web.auth import current_actor, started_at, started_on
from app.web.downloads import FORMATS, PDF, download
from app.web.transaction import in_transaction

FORMATS_OF_COUNCIL = {"pdf": PDF}
routes = Routes("reports", "Où sont les pass, et combien servent.")
bp = routes.blueprint


@routes.get(
    "/reports/chain",
    "Où sont les pass",
    right=Right.SEE_REPORTS,
    query=ReportQuery,
    answer=ChainSchema,
    refuses=(404,),
    description="Ce qui repose à chaque étape. Étapes et sorties font ensemble la commande.",
)
def read_chain(query: Json) -> ChainReport:
    """What rests at each stage at the end of a day."""
    on = query.pop("at") or started_on()
    return in_transaction(
        lambda session: chain_report(
            session, actor=current_actor(), on=on, now=started_at(), **query
        )
    )


@routes.get(
    "/reports/usage",
    "Taux d’utilisation",
    right=Right.SEE_REPORTS,
    query=UsageQuery,
    answer=UsageSchema,
    refuses=(404,),
    description="Le numérateur et ses dénominateurs nommés ; le détail par prescripteur, public, "
    "médiateur et mois ; et, avec `by`, un tableau ligne par ligne qui nomme son dénominateur.",
)
def read_usage(query: Json) -> Json:
    """The usage rate at the end of a day, over each of its denominators."""
    on = query.pop("at") or started_on()
    by, since = query.pop("by"), query.pop("since")
    asked = {"actor": current_actor(), "on": on, "now": started_at(), **query}

    def work(session: Session) -> Json:
        table = usage_by(session, by=By(by), since=since, **asked) if by else None
        return usage_shown(usage_report(session, **asked), table)

    return in_transaction(work)


@routes.file(
    "/reports/usage/file",
    "Taux d’utilisation, en fichier",
    right=Right.SEE_REPORTS,
    query=UsageFileQuery,
    formats=FORMATS,
    refuses=(404,),
    description="Le tableau de `/reports/usage?by=…` en CSV (`;`, UTF-8), XLSX ou PDF.",
)
def read_usage_file(query: Json) -> Response:
    """The table of usage as a file."""
    on = query.pop("at") or started_on()
    ending = query.pop("format")

    def work(session: Session) -> UsageTable:
        return usage_by(session, actor=current_actor(), on=on, now=started_at(), **query)

    table = in_transaction(work)
    content = papers.USAGE_FILES[ending](table)
    return download(content, papers.usage_file_name(table, ending), FORMATS[ending])


@routes.get(
    "/reports/council",
    "Une page pour le conseil",
    right=Right.SEE_REPORTS,
    query=CouncilQuery,
    answer=CouncilSchema,
    refuses=(404,),
    description="Où est chaque pass, où est chaque euro : les écarts sont nuls.",
)
def read_council(query: Json) -> CouncilSheet:
    """Where every pass and every euro of a programme is."""
    return in_transaction(lambda session: _council(session, query))


@routes.file(
    "/reports/council/file",
    "Une page pour le conseil, en PDF",
    right=Right.SEE_REPORTS,
    query=CouncilQuery,
    formats=FORMATS_OF_COUNCIL,
    refuses=(404,),
)
def read_council_file(query: Json) -> Response:
    """The same page to print."""
    sheet = in_transaction(lambda session: _council(session, query))
    return download(papers.council_pdf(sheet), f"conseil-{sheet.on:%Y-%m-%d}.pdf", PDF)


def _council(session: Session, query: Json) -> CouncilSheet:
    return council_sheet(
        session,
        actor=current_actor(),
        programme_id=query["programme_id"],
        on=query["at"] or started_on(),
        now=started_at(),
    )
