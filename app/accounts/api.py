"""Accounts, their journal, and the letters that leave: what administration reads and does."""

from collections.abc import Callable
from functools import partial

from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.schemas import (
    AccountEventPageSchema,
    AccountEventsQuery,
    AgentPageSchema,
    AgentSchema,
    AgentsQuery,
    ClosingRequestSchema,
    InvitationAgainSchema,
    InvitationRequestSchema,
    MailPageSchema,
    MailsQuery,
    RoleRequestSchema,
)
from app.accounts.views import accounts_shown, events_shown
from app.identity import queries as identity
from app.identity.models import Agent
from app.identity.queries import EventFilter
from app.identity.rules import Right
from app.mails import queries as mails
from app.web.api import Json, Routes, id_of_request, page, shown
from app.web.auth import current_actor, origin, started_at
from app.web.transaction import current_settings, in_transaction

routes = Routes("accounts", "Comptes : invitations, rôles, fermetures, journal, courriels.")
bp = routes.blueprint


def _answered(act: Callable[[Session], Agent]) -> Json:
    """Do an act, and tell the account as it is now."""
    return in_transaction(
        lambda session: accounts_shown(session, [act(session)], now=started_at())[0]
    )


def _ways() -> Json:
    return {"actor": current_actor(), "origin": origin(), "now": started_at()}


@routes.get(
    "/agents",
    "Lister les comptes",
    right=Right.SEE_ACCOUNTS,
    query=AgentsQuery,
    answer=AgentPageSchema,
    description="L’administration et la coordination voient tous les comptes ; les autres, ceux "
    "de leur structure.",
)
def list_agents(query: Json) -> Json:
    """Accounts in the order of their numbers."""

    def work(session: Session) -> Json:
        seen = service.manager_of(session, current_actor(), right=Right.SEE_ACCOUNTS).sees
        return page(
            query,
            partial(
                queries.accounts_after,
                session,
                query["after"],
                organisation_id=seen or query["organisation_id"],
            ),
            partial(accounts_shown, session, now=started_at()),
        )

    return in_transaction(work)


@routes.get(
    "/agents/<int:agent_id>",
    "Lire un compte",
    right=Right.SEE_ACCOUNTS,
    answer=AgentSchema,
    refuses=(404,),
)
def read_agent(agent_id: int) -> Json:
    """One account."""
    return _answered(
        lambda session: service.known_account(session, actor=current_actor(), agent_id=agent_id)
    )


@routes.post(
    "/agents",
    "Inviter une personne",
    right=Right.INVITE_AGENTS,
    body=InvitationRequestSchema,
    answer=AgentSchema,
    refuses=(404,),
    description="Son compte s’ouvre quand elle choisit son mot de passe, par un lien envoyé par "
    "courriel qui sert une fois, pendant 7 jours. Une personne responsable invite dans sa "
    "structure ; la coordination, chez les partenaires ; l’administration, partout.",
)
def invite_agent(body: Json) -> Json:
    """Open an account and send its link."""
    invitation_id = id_of_request(body)
    return _answered(
        lambda session: service.invite_agent(
            session,
            invitation_id=invitation_id,
            secret_key=current_settings().secret_key,
            **_ways(),
            **body,
        )
    )


@routes.post(
    "/agents/<int:agent_id>/invitations",
    "Renvoyer une invitation",
    right=Right.INVITE_AGENTS,
    body=InvitationAgainSchema,
    answer=AgentSchema,
    refuses=(404,),
    description="Le lien d’avant ne sert plus.",
)
def invite_agent_again(body: Json, agent_id: int) -> Json:
    """Send a new link."""
    invitation_id = id_of_request(body)
    return _answered(
        lambda session: service.invite_again(
            session,
            invitation_id=invitation_id,
            agent_id=agent_id,
            secret_key=current_settings().secret_key,
            **_ways(),
        )
    )


@routes.post(
    "/agents/<int:agent_id>/withdrawal",
    "Retirer une invitation",
    right=Right.INVITE_AGENTS,
    answer=AgentSchema,
    status=200,
    refuses=(404,),
)
def withdraw_invitation(agent_id: int) -> Json:
    """The link that waits serves no more."""
    return _answered(
        lambda session: service.withdraw_invitation(session, agent_id=agent_id, **_ways())
    )


@routes.post(
    "/agents/<int:agent_id>/role",
    "Changer le rôle d’un compte",
    right=Right.INVITE_AGENTS,
    body=RoleRequestSchema,
    answer=AgentSchema,
    status=200,
    refuses=(404,),
    description="Personne ne change le sien.",
)
def change_agent_role(body: Json, agent_id: int) -> Json:
    """Give an account another role, or the care of its organisation's accounts."""
    return _answered(
        lambda session: service.change_role(session, agent_id=agent_id, **_ways(), **body)
    )


@routes.post(
    "/agents/<int:agent_id>/closure",
    "Fermer un compte",
    right=Right.INVITE_AGENTS,
    body=ClosingRequestSchema,
    answer=AgentSchema,
    status=200,
    refuses=(404,),
    description="Il ne se connecte plus, ses jetons s’arrêtent, ses actes restent. Personne ne "
    "ferme le sien, et il reste toujours quelqu’un à l’administration.",
)
def close_agent(body: Json, agent_id: int) -> Json:
    """Close an account."""
    return _answered(
        lambda session: service.close_account(session, agent_id=agent_id, **_ways(), **body)
    )


@routes.post(
    "/agents/<int:agent_id>/reopening",
    "Rouvrir un compte",
    right=Right.INVITE_AGENTS,
    answer=AgentSchema,
    status=200,
    refuses=(404,),
)
def reopen_agent(agent_id: int) -> Json:
    """Open a closed account again."""
    return _answered(lambda session: service.reopen_account(session, agent_id=agent_id, **_ways()))


@routes.get(
    "/account-events",
    "Lire le journal des comptes",
    right=Right.SEE_ACCOUNT_EVENTS,
    query=AccountEventsQuery,
    answer=AccountEventPageSchema,
    description="Écrit une fois : personne ne le change ni ne l’efface.",
)
def list_account_events(query: Json) -> Json:
    """What happened to accounts, in the order in which it was told."""
    asked = EventFilter(agent_id=query["agent_id"])
    return in_transaction(
        lambda session: page(
            query,
            partial(identity.events_after, session, query["after"], asked=asked),
            events_shown,
        )
    )


@routes.get(
    "/mails",
    "Lister les courriels",
    right=Right.SEE_MAILS,
    query=MailsQuery,
    answer=MailPageSchema,
    description="Sans leurs liens.",
)
def list_mails(query: Json) -> Json:
    """Letters of the last twelve months, in the order in which they were written."""
    return in_transaction(
        lambda session: page(
            query,
            partial(mails.mails_after, session, query["after"]),
            lambda found: [shown(mail) for mail in found],
        )
    )
