"""Second factors: an authenticator application, passkeys, and recovery codes for a bad day.

A code of an application is accepted once, in its own thirty seconds or those beside it. Whoever
must have a second factor cannot take the last one away; who lost them all is helped by another
administrator, for a reason, and is told by letter.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.database.locks import hold
from app.identity import queries
from app.identity.errors import UnknownAgent
from app.identity.events import record_event
from app.identity.models import Agent
from app.identity.rules import AccountEventKind, Actor, Origin, Right
from app.identity.session_errors import (
    ApplicationKnown,
    CodeRefused,
    FactorKeyMissing,
    LastFactorStays,
    LinkShownBySame,
    OwnFactors,
    RecoveryCodeRefused,
    UnknownFactor,
)
from app.identity.session_models import Passkey, RecoveryCode, TotpSecret
from app.identity.session_rules import (
    APART_FOR,
    DIGITS,
    MUST_HAVE_SECOND_FACTOR,
    RECOVERY_CODES,
    SessionEnd,
    new_recovery_code,
    read_recovery_code,
    step_of,
)
from app.identity.sessions import end_because
from app.identity.vault import FactorVault
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id
from app.kernel.text import clean
from app.mails.outbox import write_mail
from app.mails.rules import FRENCH_MAIL, MailKind
from app.mails.wording import written

ISSUER = "passnum"
LONGEST_REASON = 150
APPLICATION, PASSKEY = "application de codes", "clé d’accès"


@dataclass(frozen=True, slots=True)
class Factors:
    """What an agent can show beside a password."""

    application: TotpSecret | None
    passkeys: tuple[Passkey, ...]
    codes_left: int
    codes_made: int
    """Recovery codes in all, those that served or were replaced too."""

    @property
    def count(self) -> int:
        """How many ways in; recovery codes are for a bad day and are not one."""
        return len(self.passkeys) + (self.application is not None)


def factors_of(session: Session, agent_id: int) -> Factors:
    """The second factors of an agent that still serve."""
    serves = RecoveryCode.used_at.is_(None) & RecoveryCode.dropped_at.is_(None)
    made, left = session.execute(
        select(func.count(), func.count().filter(serves)).where(RecoveryCode.agent_id == agent_id)
    ).one()
    return Factors(
        application=session.scalars(
            select(TotpSecret).where(
                TotpSecret.agent_id == agent_id, TotpSecret.removed_at.is_(None)
            )
        ).first(),
        passkeys=tuple(
            session.scalars(
                select(Passkey)
                .where(Passkey.agent_id == agent_id, Passkey.removed_at.is_(None))
                .order_by(Passkey.enrolled_at, Passkey.id)
            )
        ),
        codes_left=left,
        codes_made=made,
    )


# ── An authenticator application ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Proposal:
    """A secret that is shown and not yet kept; `sealed` comes back with the first code."""

    factor_id: UUID
    secret: str
    sealed: str
    address: str

    @property
    def groups(self) -> str:
        """The secret as people copy it."""
        return " ".join(self.secret[i : i + 4] for i in range(0, len(self.secret), 4))


def propose_application(agent: Agent, factor_id: UUID, vault: FactorVault) -> Proposal:
    """A new secret for the application of an agent. Nothing is kept until a code proves it."""
    raw = base64.b32decode(pyotp.random_base32())
    return _proposal(agent, factor_id, raw, vault.seal(raw, agent_id=agent.id, factor_id=factor_id))


def proposed_again(
    agent: Agent, factor_id: UUID, sealed: str, vault: FactorVault
) -> Proposal | None:
    """The same proposal, as the form brought it back; None when it is not one of ours."""
    try:
        kept = base64.urlsafe_b64decode(sealed)
        raw = vault.open(kept, agent_id=agent.id, factor_id=factor_id)
    except (ValueError, FactorKeyMissing):
        return None
    return _proposal(agent, factor_id, raw, kept)


def _proposal(agent: Agent, factor_id: UUID, raw: bytes, sealed: bytes) -> Proposal:
    secret = base64.b32encode(raw).decode()
    return Proposal(
        factor_id,
        secret,
        base64.urlsafe_b64encode(sealed).decode(),
        pyotp.TOTP(secret).provisioning_uri(name=agent.email, issuer_name=ISSUER),
    )


def enrol_application(
    session: Session,
    *,
    actor: Actor,
    proposal: Proposal,
    code: str,
    vault: FactorVault,
    origin: Origin,
    now: datetime,
    session_id: UUID | None = None,
) -> TotpSecret:
    """Keep the secret of an application, once a code shows that the application has it.

    Raises:
        ApplicationKnown: the agent has one already.
        CodeRefused: not a code of that secret, at this moment.
    """
    hold(session, "second factors", actor.agent_id)
    earlier = session.get(TotpSecret, proposal.factor_id)
    if earlier is not None and earlier.removed_at is None and earlier.agent_id == actor.agent_id:
        return earlier
    if factors_of(session, actor.agent_id).application is not None:
        raise ApplicationKnown
    step = _matching_step(base64.b32decode(proposal.secret), code, after=0, now=now)
    if step is None:
        raise CodeRefused
    made = TotpSecret(
        id=proposal.factor_id,
        agent_id=actor.agent_id,
        sealed=base64.urlsafe_b64decode(proposal.sealed),
        key_id=vault.key_id,
        last_step=step,
        enrolled_at=now,
        used_at=now,
    )
    _enrolled(session, actor, made, origin=origin, now=now, session_id=session_id)
    return made


def accept_code(
    session: Session, *, agent_id: int, code: str, vault: FactorVault, now: datetime
) -> None:
    """Accept a code of the application of an agent, and never that one again.

    Raises:
        CodeRefused: not the code of this moment, used already, or there is no application.
        FactorKeyMissing: the secret cannot be opened on this machine.
    """
    hold(session, "second factors", agent_id)
    kept = factors_of(session, agent_id).application
    if kept is None:
        raise CodeRefused
    secret = vault.open(kept.sealed, agent_id=agent_id, factor_id=kept.id)
    step = _matching_step(secret, code, after=kept.last_step, now=now)
    if step is None:
        raise CodeRefused
    kept.last_step, kept.used_at = step, now
    session.flush()


def _matching_step(secret: bytes, typed: str, *, after: int, now: datetime) -> int | None:
    """The interval of which this is the code: this one or one beside it, later than the last."""
    digits = "".join(typed.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    here = step_of(now)
    maker = pyotp.TOTP(base64.b32encode(secret).decode())
    for step in (here, here - 1, here + 1):
        if step > after and hmac.compare_digest(maker.generate_otp(step), digits):
            return step
    return None


def remove_application(
    session: Session, *, actor: Actor, origin: Origin, now: datetime
) -> TotpSecret:
    """Take one's own application away.

    Raises:
        UnknownFactor: there is none.
        LastFactorStays: the role wants one, and this is the last.
    """
    hold(session, "second factors", actor.agent_id)
    kept = factors_of(session, actor.agent_id)
    if kept.application is None:
        raise UnknownFactor
    _check_not_last(actor, kept)
    kept.application.removed_at = now
    _removed(session, actor, APPLICATION, origin, now)
    return kept.application


# ── Passkeys ──────────────────────────────────────────────────────────────────────────────────────


def keep_passkey(
    session: Session,
    *,
    actor: Actor,
    passkey: Passkey,
    origin: Origin,
    now: datetime,
    session_id: UUID | None = None,
) -> Passkey:
    """Keep a key whose answer has been verified."""
    hold(session, "second factors", actor.agent_id)
    _enrolled(session, actor, passkey, origin=origin, now=now, session_id=session_id)
    return passkey


def own_passkey(session: Session, *, actor: Actor, passkey_id: UUID) -> Passkey:
    """A key of the agent who asks.

    Raises:
        UnknownFactor: it is somebody else's, nobody's, or was taken away.
    """
    found = session.get(Passkey, passkey_id)
    if found is None or found.agent_id != actor.agent_id or found.removed_at is not None:
        raise UnknownFactor
    return found


def rename_passkey(session: Session, *, actor: Actor, passkey_id: UUID, name: str) -> Passkey:
    """Give a key another name.

    Raises:
        UnknownFactor: not one of one's own.
        InvalidInput: no name, or a long one.
    """
    kept = own_passkey(session, actor=actor, passkey_id=passkey_id)
    kept.name = passkey_name(name)
    session.flush()
    return kept


def passkey_name(typed: str) -> str:
    """The name of a key.

    Raises:
        InvalidInput: empty, or more than 60 characters.
    """
    name = clean(typed, longest=60)
    if name is None:
        raise InvalidInput(name="Donnez à la clé un nom court, par exemple « Mon téléphone ».")
    return name


def remove_passkey(
    session: Session, *, actor: Actor, passkey_id: UUID, origin: Origin, now: datetime
) -> Passkey:
    """Take one of one's own keys away: it opens nothing any more.

    Raises:
        UnknownFactor: not one of one's own.
        LastFactorStays: the role wants one, and this is the last.
    """
    hold(session, "second factors", actor.agent_id)
    kept = own_passkey(session, actor=actor, passkey_id=passkey_id)
    _check_not_last(actor, factors_of(session, actor.agent_id))
    kept.removed_at = now
    _removed(session, actor, PASSKEY, origin, now)
    return kept


# ── Recovery codes ────────────────────────────────────────────────────────────────────────────────


def make_recovery_codes(
    session: Session, *, actor: Actor, vault: FactorVault, origin: Origin, now: datetime
) -> list[str]:
    """Ten new codes, to be shown once; those made before serve no more."""
    hold(session, "second factors", actor.agent_id)
    _drop_codes(session, actor.agent_id, now)
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(
            id=new_id(),
            agent_id=actor.agent_id,
            code_hash=vault.fingerprint(code.replace("-", ""), agent_id=actor.agent_id),
            made_at=now,
        )
        for code in codes
    )
    record_event(
        session,
        kind=AccountEventKind.RECOVERY_CODES_MADE,
        agent_id=actor.agent_id,
        actor=actor,
        origin=origin,
        now=now,
    )
    return codes


def use_recovery_code(
    session: Session,
    *,
    agent: Agent,
    typed: str,
    vault: FactorVault,
    origin: Origin,
    now: datetime,
) -> int:
    """Accept a recovery code, once; how many remain.

    Raises:
        RecoveryCodeRefused: none of that agent's, or it has served.
    """
    hold(session, "second factors", agent.id)
    code = read_recovery_code(typed)
    used = code is not None and session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.agent_id == agent.id,
            RecoveryCode.code_hash == vault.fingerprint(code, agent_id=agent.id),
            RecoveryCode.used_at.is_(None),
            RecoveryCode.dropped_at.is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if not used or used.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has one
        raise RecoveryCodeRefused
    record_event(
        session,
        kind=AccountEventKind.RECOVERY_CODE_USED,
        agent_id=agent.id,
        actor=agent.id,
        origin=origin,
        now=now,
    )
    return factors_of(session, agent.id).codes_left


def _drop_factors(session: Session, agent_id: int, now: datetime) -> None:
    """Secrets, passkeys and codes: none of them opens anything any more."""
    for model in (TotpSecret, Passkey):
        session.execute(
            update(model)
            .where(model.agent_id == agent_id, model.removed_at.is_(None))
            .values(removed_at=now)
            .execution_options(synchronize_session=False)
        )
    _drop_codes(session, agent_id, now)


def _drop_codes(session: Session, agent_id: int, now: datetime) -> None:
    session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.agent_id == agent_id,
            RecoveryCode.used_at.is_(None),
            RecoveryCode.dropped_at.is_(None),
        )
        .values(dropped_at=now)
        .execution_options(synchronize_session=False)
    )


# ── When everything is lost ───────────────────────────────────────────────────────────────────────


def reset_factors(
    session: Session,
    *,
    actor: Actor | None,
    agent_id: int,
    reason: str,
    origin: Origin,
    now: datetime,
) -> Agent:
    """Take every second factor of an agent away, for a reason; their sessions end.

    `actor` is None for the operator of the machine. The agent is told by letter. Whoever must have
    a second factor enrols a new one at the next sign-in.

    Raises:
        RightMissing, TokenCannotApprove: an administrator does it, in person.
        OwnFactors: one's own, never.
        LinkShownBySame: with a link read lately, that would open the account.
        InvalidInput: no reason.
        UnknownAgent: there is no such agent.
    """
    if actor is not None:
        actor.check(Right.MANAGE_ACCOUNTS)
        if actor.agent_id == agent_id:
            raise OwnFactors
    why = clean(reason, longest=LONGEST_REASON)
    if why is None:
        raise InvalidInput(reason="Dites pourquoi, par exemple « téléphone perdu ».")
    agent = queries.agent(session, agent_id)
    if agent is None:
        raise UnknownAgent
    hold(session, "second factors", agent_id)
    known = factors_of(session, agent_id)
    if not (known.count or known.codes_left):
        return agent
    if actor is not None and queries.has_done(
        session,
        AccountEventKind.LINK_SHOWN,
        actor_id=actor.agent_id,
        agent_id=agent_id,
        since=now - APART_FOR,
        detail=FRENCH_MAIL[MailKind.RESET],
    ):
        raise LinkShownBySame
    _drop_factors(session, agent_id, now)
    end_because(session, agent_id=agent_id, why=SessionEnd.FACTORS, now=now)
    record_event(
        session,
        kind=AccountEventKind.FACTOR_REMOVED,
        agent_id=agent_id,
        actor=actor,
        origin=origin,
        now=now,
        detail=f"tous : {why}",
    )
    _write(
        session,
        agent,
        "Vos seconds facteurs ont été réinitialisés",
        "L’administration des comptes a retiré les seconds facteurs de votre compte passnum. "
        f"Raison donnée : {why}.\n\nVos connexions ont pris fin. À la prochaine, votre mot de "
        "passe suffit pour entrer ; ajoutez alors un nouveau second facteur.\n\nVous n’avez rien "
        "demandé ? Prévenez tout de suite l’administration des comptes.",
        now,
    )
    return agent


# ── What both kinds share ─────────────────────────────────────────────────────────────────────────


def _enrolled(
    session: Session,
    actor: Actor,
    made: TotpSecret | Passkey,
    *,
    origin: Origin,
    now: datetime,
    session_id: UUID | None,
) -> None:
    """Keep a new factor; the first one ends every other session, which never showed any."""
    name = PASSKEY if isinstance(made, Passkey) else APPLICATION
    first = factors_of(session, actor.agent_id).count == 0
    session.add(made)
    session.flush()
    if first:
        end_because(
            session, agent_id=actor.agent_id, why=SessionEnd.FACTORS, now=now, but=session_id
        )
    record_event(
        session,
        kind=AccountEventKind.FACTOR_ADDED,
        agent_id=actor.agent_id,
        actor=actor,
        origin=origin,
        now=now,
        detail=name,
    )
    agent = queries.agent(session, actor.agent_id)
    assert agent is not None  # noqa: S101 - a foreign key says so
    _write(
        session,
        agent,
        "Un second facteur a été ajouté à votre compte",
        f"Une {name} protège désormais votre compte passnum.\n\nCe n’était pas vous ? Prévenez "
        "tout de suite l’administration des comptes.",
        now,
    )


def _removed(session: Session, actor: Actor, name: str, origin: Origin, now: datetime) -> None:
    session.flush()
    if factors_of(session, actor.agent_id).count == 0:
        _drop_codes(session, actor.agent_id, now)
    record_event(
        session,
        kind=AccountEventKind.FACTOR_REMOVED,
        agent_id=actor.agent_id,
        actor=actor,
        origin=origin,
        now=now,
        detail=name,
    )
    agent = queries.agent(session, actor.agent_id)
    assert agent is not None  # noqa: S101 - a foreign key says so
    _write(
        session,
        agent,
        "Un second facteur a été retiré de votre compte",
        f"Une {name} ne protège plus votre compte passnum.\n\nCe n’était pas vous ? Prévenez "
        "tout de suite l’administration des comptes.",
        now,
    )


def _check_not_last(actor: Actor, kept: Factors) -> None:
    if actor.role in MUST_HAVE_SECOND_FACTOR and kept.count == 1:
        raise LastFactorStays


def _write(session: Session, agent: Agent, subject: str, sentence: str, now: datetime) -> None:
    write_mail(
        session,
        kind=MailKind.NOTICE,
        agent_id=agent.id,
        address=agent.email,
        letter=written(MailKind.NOTICE, subject=subject, sentence=sentence),
        now=now,
    )
