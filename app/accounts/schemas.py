"""Accounts, their journal and letters as the API reads and writes them."""

from marshmallow import Schema

from app.accounts.rules import AccountState
from app.accounts.service import LONGEST_REASON
from app.identity.rules import AccountEventKind, Browser, Role, Way
from app.mails.rules import MailKind, MailState
from app.web.api import Body, Identified, NumberPageQuery, UuidPageQuery, page_of
from app.web.fields import Choice, Flag, Instant, QueryWhole, Text, Uuid, Whole

ABOUT_MANAGER = "Responsable : invite et ferme les comptes de sa structure."


class AgentsQuery(NumberPageQuery):
    """A page of accounts."""

    organisation_id = Uuid(load_default=None, about="Ceux de cette structure.")


class InvitationRequestSchema(Identified):
    """Who is invited, where, in which role."""

    email = Text(254, required=True, example="prenom.nom@exemple.fr")
    name = Text(required=True, example="Nadège Exemple")
    role = Choice(Role, required=True)
    organisation_id = Uuid(required=True)
    manager = Flag(load_default=False, about=ABOUT_MANAGER)


class InvitationAgainSchema(Identified):
    """A new link for somebody who was invited."""


class RoleRequestSchema(Body):
    """What the account becomes."""

    role = Choice(Role, required=True)
    manager = Flag(load_default=False, about=ABOUT_MANAGER)


class ClosingRequestSchema(Body):
    """Why an account is closed."""

    reason = Text(LONGEST_REASON, required=True, example="Départ de la structure")


class AgentSchema(Schema):
    """An account."""

    id = Whole(required=True)
    email = Text(254, required=True)
    name = Text(required=True)
    role = Choice(Role, required=True)
    organisation_id = Uuid(required=True)
    manager = Flag(required=True, about=ABOUT_MANAGER)
    state = Choice(AccountState, required=True)
    invited_until = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)
    closed_at = Instant(required=True, allow_none=True)


class AccountEventsQuery(NumberPageQuery):
    """A page of the journal."""

    agent_id = QueryWhole(load_default=None, about="Ce qui concerne ce compte, ou vient de lui.")


class AccountEventSchema(Schema):
    """What happened to an account. Nobody edits it."""

    id = Whole(required=True)
    kind = Choice(AccountEventKind, required=True)
    agent_id = Whole(required=True, allow_none=True, about="Le compte concerné.")
    actor_id = Whole(required=True, allow_none=True, about="Qui a agi.")
    way = Choice(Way, required=True)
    browser = Choice(Browser, required=True, allow_none=True)
    detail = Text(required=True, allow_none=True)
    happened_at = Instant(required=True)


class MailsQuery(UuidPageQuery):
    """A page of letters."""


class MailSchema(Schema):
    """A letter, without its link."""

    id = Uuid(required=True)
    kind = Choice(MailKind, required=True)
    agent_id = Whole(required=True)
    subject = Text(required=True)
    state = Choice(MailState, required=True)
    attempt_count = Whole(0, required=True)
    answer = Text(required=True, allow_none=True, about="Ce que le serveur a répondu.")
    queued_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)


AgentPageSchema = page_of(AgentSchema)
AccountEventPageSchema = page_of(AccountEventSchema)
MailPageSchema = page_of(MailSchema)
