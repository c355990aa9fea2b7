"""Asking for more booklets, and saying no; saying yes is an allocation (`allocations`)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.locks import earlier
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.partners.rules import AgreementRole
from app.partners.service import agreement_in_force
from app.prescribers import custody_queries as queries
from app.prescribers.allocations import open_request
from app.prescribers.custody import read_words
from app.prescribers.custody_models import BookletRequest, BookletRequestAnswer
from app.prescribers.custody_rules import LONGEST_WORDS, MOST_REQUESTED, RequestAnswer
from app.prescribers.errors import UnknownBookletRequest
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.rules import Public
from app.programmes.service import known_programme

SIZES = {10: "tens_count", 5: "fives_count"}
"""The field that counts booklets of a size."""


def request_booklets(
    session: Session,
    *,
    actor: Actor,
    request_id: UUID,
    programme_id: UUID,
    public: Public,
    tens_count: int,
    fives_count: int,
    reason: str,
    now: datetime,
) -> BookletRequest:
    """Ask, for one's own prescriber, for so many booklets of 10 and of 5, for a public.

    Raises:
        InvalidInput: no booklet, too many, of a size that the public does not get, or no reason.
        UnknownProgramme.
        NoAgreementInForce: a prescriber whose agreement has ended only returns booklets.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.REQUEST_BOOKLETS)
    counts = (tens_count, fives_count)
    if wrong := what_is_wrong(counts, reason):
        raise InvalidInput(**wrong)
    said = read_words("reason", reason)
    digest = request_hash(
        "booklet request",
        programme=programme_id,
        public=public,
        counts=counts,
        reason=said,
        by=actor.organisation_id,
    )
    if record := earlier(session, BookletRequest, request_id, digest):
        return record
    known_programme(session, programme_id)
    today = martinique_day(now)
    _check_sizes(session, programme_id, public, {10: tens_count, 5: fives_count}, on=today)
    agreement = agreement_in_force(
        session, actor.organisation_id, AgreementRole.PRESCRIBER, on=today
    )
    record = BookletRequest(
        id=request_id,
        request_hash=digest,
        number=numbering.next_document_number(session, numbering.BOOKLET_REQUEST, today.year),
        programme_id=programme_id,
        prescriber_id=actor.organisation_id,
        agreement_id=agreement.id,
        agreement_role=agreement.role,
        agreement_from=agreement.valid_from,
        agreement_until=agreement.valid_until,
        public=public,
        tens_count=tens_count,
        fives_count=fives_count,
        reason=said,
        requested_on=today,
        requested_by=actor.agent_id,
        requested_at=now,
    )
    session.add(record)
    session.flush()
    return record


def what_is_wrong(counts: Sequence[int], reason: str) -> dict[str, str]:
    """Everything that cannot be asked for, by field, for a form to show at once."""
    wrong = {}
    if min(counts) < 0 or not 0 < sum(counts) <= MOST_REQUESTED:
        wrong["tens_count"] = f"Demandez de 1 à {MOST_REQUESTED} carnets, de 10 et de 5 ensemble."
    if clean(reason, longest=LONGEST_WORDS) is None:
        wrong["reason"] = f"Dites pourquoi, en {LONGEST_WORDS} caractères au plus."
    return wrong


def _check_sizes(
    session: Session, programme_id: UUID, public: Public, counts: Mapping[int, int], *, on: date
) -> None:
    """Booklets that the public does not receive would be refused at the hand-over."""
    settings = programmes.settings_on(session, programme_id, on)
    given = settings and programmes.entitlement(session, settings.id, public)
    if not given:
        return
    for size, name in SIZES.items():
        if counts[size] and size != given.booklet_size:
            raise InvalidInput(
                **{
                    name: f"Ce public reçoit des carnets de {given.booklet_size} pass : "
                    f"demandez des carnets de {given.booklet_size}."
                }
            )


def known_request(session: Session, *, actor: Actor, request_id: UUID) -> BookletRequest:
    """The request of that id, for those whose business it is.

    Raises:
        UnknownBookletRequest, OtherOrganisation.
    """
    asked = queries.booklet_request(session, request_id)
    if asked is None:
        raise UnknownBookletRequest
    actor.check_sees(asked.prescriber_id)
    return asked


def decline_request(
    session: Session,
    *,
    actor: Actor,
    answer_id: UUID,
    request_id: UUID,
    reason: str,
    now: datetime,
) -> BookletRequestAnswer:
    """Say no to a request, and why.

    Raises:
        InvalidInput: no reason.
        UnknownBookletRequest, BookletRequestAnswered.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.ALLOCATE)
    said = read_words("reason", reason)
    digest = request_hash("decline", request=request_id, reason=said)
    if record := earlier(session, BookletRequestAnswer, answer_id, digest):
        return record
    asked = open_request(session, request_id)
    record = BookletRequestAnswer(
        id=answer_id,
        request_hash=digest,
        request_id=request_id,
        prescriber_id=asked.prescriber_id,
        answer=RequestAnswer.DECLINED,
        reason=said,
        answered_by=actor.agent_id,
        answered_at=now,
    )
    session.add(record)
    session.flush()
    return record
