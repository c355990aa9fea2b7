"""Where the passes are, and how many are used."""

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.reports.rules import By
from app.reports.schemas import ChainSchema, ReportQuery, UsageQuery, UsageSchema
from app.reports.service import ChainReport, chain_report, usage_report
from app.reports.usage import usage_by
from app.reports.views import usage_shown
from app.web.api import Json, Routes
from app.web.auth import current_actor, started_at
from app.web.transaction import in_transaction

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
    on = query.pop("at") or martinique_day(started_at())
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
    on = query.pop("at") or martinique_day(started_at())
    by, since = query.pop("by"), query.pop("since")
    asked = {"actor": current_actor(), "on": on, "now": started_at(), **query}

    def work(session: Session) -> Json:
        table = usage_by(session, by=By(by), since=since, **asked) if by else None
        return usage_shown(usage_report(session, **asked), table)

    return in_transaction(work)
