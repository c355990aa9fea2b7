"""The list of passes that a device holds: whole, or what changed since the one that it has.

A version is the number of a movement below which none can appear any more (see app.trust). The
passes are read after it: they are at least as new, and what is newer is told again next time, as
it is then. So nothing is ever missed, however many write at the same moment.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from app import ledger
from app.database.connections import Database
from app.database.locks import hold
from app.devices import queries, rules
from app.devices.errors import TooManyLists, UnknownDevice
from app.devices.rules import PassState, Section, Tags
from app.devices.signing import ListSigner, written_base64
from app.identity.device_models import Device, DeviceTaking
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.mediators.holding import takes_until
from app.programmes import queries as programmes
from app.programmes.rules import Validity
from app.trust.queries import settling

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a device is answered; without content it holds it already."""

    tag: str
    as_of: datetime
    version: int
    since: int | None
    pass_count: int
    content: bytes | None


def take_list(
    database: Database,
    *,
    actor: Actor,
    device_id: UUID,
    since: int | None,
    held: frozenset[str],
    signer: ListSigner,
    now: datetime,
) -> Taken:
    """The list of that device, and a note that it took it, in two transactions.

    `since` is the version that it holds, `held` the tags of the states that it knows.

    Raises:
        RightMissing: the agent is no mediator's any more.
        UnknownDevice: revoked at this very moment.
        NoLabelInForce, NoAgreementInForce, OrganisationSucceeded, CashOfficeMissing: its mediator
            takes no pass today, so nobody needs the list; what it took before is sent all the same.
        TooManyLists: sixty in an hour.
    """
    actor.check(Right.TAKE_VOUCHER_LIST)
    with database.transaction(writing=False) as session:
        made = make_list(
            session, device_id=device_id, since=since, held=held, signer=signer, now=now
        )
    with database.transaction() as session:
        note_taking(session, device_id=device_id, taken=made, now=now)
    return made


def make_list(
    session: Session,
    *,
    device_id: UUID,
    since: int | None,
    held: frozenset[str],
    signer: ListSigner,
    now: datetime,
) -> Taken:
    """The list as it is now.

    Raises:
        UnknownDevice, TooManyLists, and what refuses passes to its mediator today.
    """
    device = queries.device(session, device_id)
    if device is None:
        raise UnknownDevice
    taken_count, first_at = queries.takings_since(session, device_id, now - HOUR)
    if taken_count >= rules.LISTS_AN_HOUR:
        left = (first_at or now) + HOUR - now
        # Two at least: the sentence says « minutes ».
        raise TooManyLists(
            count=rules.LISTS_AN_HOUR, minutes=max(2, ceil(left / timedelta(minutes=1)))
        )
    version = settling(session)
    above = queries.movements_above(session, version)
    header = _header(session, device, signer, now=now)
    said = sha256(orjson.dumps([version, above, header])).hexdigest()[:32]
    if said in held and _may_follow(session, device_id, version, version):
        return Taken(said, now, version, version, 0, None)
    if since is not None and not _may_follow(session, device_id, since, version):
        since = None
    vintages = frozenset(one["vintage"] for one in header["vintages"])
    sections = rules.in_order(_sections(session, device.salt, vintages, since=since))
    told: dict[str, Any] = {
        **header,
        "kind": "whole" if since is None else "changes",
        "since": since,
        "version": version,
        "as_of": now.isoformat(),
        "sections": [
            {"vintage": vintage, "state": state, "count": tags.count}
            for (vintage, state), tags in sections
        ],
    }
    content = rules.written(orjson.dumps(told), [tags for _, tags in sections])
    content += signer.sign(content)
    count = sum(tags.count for _, tags in sections)
    return Taken(said, now, version, since, count, bytes(content))


def _may_follow(session: Session, device_id: UUID, since: int, version: int) -> bool:
    """Whether a device may be told only what changed since a version.

    It must have been given that version, by this ledger (one put back from a copy may have gone
    another way since), lately, and little enough must have changed.
    """
    return (
        since <= version
        and queries.has_taken(session, device_id, since)
        and queries.changes_since(session, since) <= rules.MOST_CHANGES
    )


def note_taking(session: Session, *, device_id: UUID, taken: Taken, now: datetime) -> None:
    """Which list a device holds from now on; what it held long ago is forgotten.

    Raises:
        UnknownDevice: it was revoked meanwhile.
    """
    hold(session, "device", device_id)
    if queries.revocation(session, device_id) is not None:
        raise UnknownDevice
    queries.forget_takings(session, device_id, before=now - rules.TAKINGS_KEPT)
    session.add(
        DeviceTaking(
            device_id=device_id,
            version=taken.version,
            since=taken.since,
            pass_count=taken.pass_count,
            taken_at=now,
        )
    )
    session.flush()


def _header(
    session: Session, device: Device, signer: ListSigner, *, now: datetime
) -> dict[str, Any]:
    """What the list says beside the passes: for whom, until when, and what may be risked."""
    today = martinique_day(now)
    vintages = [
        (terms, Validity(terms.valid_from, terms.valid_until, terms.tolerance_days))
        for terms in programmes.all_vintages(session).values()
    ]
    told = [
        (terms, validity)
        for terms, validity in sorted(vintages, key=lambda each: each[0].vintage_id)
        if validity.last_redemption_on + rules.KEPT_AFTER_END >= today
    ]
    worth = ledger.face_values(session)
    applied = programmes.settings_applied(session, {terms.programme_id for terms, _ in told}, today)
    return {
        "format": rules.FORMAT,
        "key": signer.key_id,
        "device": device.id,
        "mediator": device.mediator_id,
        "takes_until": takes_until(session, device.mediator_id, on=today),
        "salt": written_base64(device.salt),
        "tag_bytes": rules.TAG,
        "programmes": [
            {
                "programme": programme_id,
                "offline_pass_count": settings.offline_pass_count,
                "offline_list_hours": settings.offline_list_hours,
                "offline_upload_days": settings.offline_upload_days,
            }
            for programme_id, settings in sorted(applied.items())
        ],
        "vintages": [
            {
                "vintage": terms.vintage_id,
                "label": terms.label,
                "programme": terms.programme_id,
                "face_value_cents": worth[terms.vintage_id],
                "valid_from": validity.valid_from,
                "last_day": validity.last_redemption_on,
            }
            for terms, validity in told
        ],
    }


def _sections(
    session: Session, salt: bytes, vintages: frozenset[int], *, since: int | None
) -> dict[Section, Tags]:
    """The tags of the passes, by vintage and state; those of a whole list are all held."""
    sections: dict[Section, Tags] = {}
    of_account: dict[int, Tags | None] = {}

    def learn() -> None:
        for number, account in ledger.all_accounts(session).items():
            vintage, state = section = account.vintage_id, rules.STATE_OF[account.kind]
            told = vintage in vintages and (since is not None or state is not PassState.GONE)
            of_account[number] = sections.setdefault(section, Tags()) if told else None

    learn()
    for account_id, one in rules.tagger(salt, queries.passes(session, since=since)):
        if account_id not in of_account:
            learn()  # it was opened since
        if (tags := of_account[account_id]) is not None:
            tags.add(one)
    return {section: tags for section, tags in sections.items() if tags.count}
