"""The SIRET of an organisation that came without one, and its correction by a second person.

One that was given at registration was written by nobody who is known: whoever finds it false writes
it once more and says why, and a second person corrects that.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.partners import queries
from app.partners.errors import SiretKnown, SiretWriterCannotCorrect, SiretWrittenMeanwhile
from app.partners.models import Organisation, SiretEntry
from app.partners.rules import LONGEST_SIRET_REASON, NO_SIRET, read_siret
from app.partners.service import check_siret_is_free, known_organisation


def record_siret(
    session: Session,
    *,
    actor: Actor,
    entry_id: UUID,
    organisation_id: UUID,
    siret: str,
    reason: str,
    now: datetime,
    corrects: str | None = None,
) -> SiretEntry:
    """Write the SIRET of an organisation that has none, or correct what somebody else wrote.

    `corrects` is the wrong number as it was read. Without it none may be known, or it is the number
    itself, given at registration, that is told to be false. What was printed or approved before
    keeps the number that it bears.

    Raises:
        UnknownOrganisation: nobody has that id.
        InvalidInput: the SIRET cannot be one or is the one that it would correct; or no reason.
        SiretKnown: the organisation was registered with one that nobody told to be false.
        SiretWrittenMeanwhile: the last one is not what `corrects` says.
        SiretWriterCannotCorrect: the same person wrote the wrong one.
        SiretTaken: another organisation has it.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    number, said = read_siret(siret), clean(reason, longest=LONGEST_SIRET_REASON)
    wrong_number = read_siret(corrects) if corrects is not None else None
    wrong = {}
    if number is None:
        wrong["siret"] = NO_SIRET
    elif number == wrong_number:
        wrong["siret"] = "C’est déjà son SIRET : écrivez celui qui le corrige."
    if corrects is not None and wrong_number is None:
        wrong["corrects"] = NO_SIRET
    if said is None:
        wrong["reason"] = f"Dites d’où il vient, en {LONGEST_SIRET_REASON} caractères au plus."
    if number is None or said is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "siret", organisation=organisation_id, siret=number, reason=said, corrects=wrong_number
    )
    if record := earlier(session, SiretEntry, entry_id, digest):
        return record
    hold(session, "organisation", organisation_id)
    organisation = known_organisation(session, organisation_id)
    last = next(reversed(queries.siret_entries(session, organisation_id)), None)
    told_false = _check_may_be_written(organisation, last, number, wrong_number, by=actor)
    if not told_false:
        check_siret_is_free(session, number)
    record = SiretEntry(
        id=entry_id,
        request_hash=digest,
        organisation_id=organisation_id,
        version=last.version + 1 if last else 1,
        siret=number,
        reason=said,
        corrects_id=last.id if last else None,
        corrects_version=last.version if last else None,
        corrects_by=last.recorded_by if last else None,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    set_committed_value(organisation, "siret", number)
    return record


def _check_may_be_written(
    organisation: Organisation,
    last: SiretEntry | None,
    number: str,
    corrects: str | None,
    *,
    by: Actor,
) -> bool:
    """Whether the number is the one given at registration, told now to be false.

    Raises:
        SiretKnown, SiretWrittenMeanwhile, SiretWriterCannotCorrect.
    """
    if last is None and organisation.siret_given is not None:
        if corrects is None and number == organisation.siret_given:
            return True
        raise SiretKnown(organisation=organisation.name)
    if (last.siret if last else None) != corrects:
        raise SiretWrittenMeanwhile(organisation=organisation.name)
    if last is not None and last.recorded_by == by.agent_id:
        raise SiretWriterCannotCorrect
    return False
