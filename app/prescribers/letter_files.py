"""What a person takes home or signs, as files: the same by a page and by the API."""

from uuid import UUID

from flask import Response

from app.prescribers import letters
from app.prescribers.papers import commitment_form, orientation_letter
from app.web.auth import current_actor, started_at
from app.web.downloads import PDF, download
from app.web.transaction import current_settings, in_transaction


def letter_file(prescription_id: UUID, *, large: bool) -> Response:
    """The orientation letter, named by the number of its hand-over.

    Raises:
        UnknownPrescription.
    """
    values = in_transaction(
        lambda session: letters.letter_of(
            session,
            actor=current_actor(),
            prescription_id=prescription_id,
            help_line=current_settings().help_line,
            now=started_at(),
        )
    )
    name = letters.file_name(values.number, large=large)
    return download(orientation_letter(values, large=large), name, PDF)


def commitment_file(beneficiary_id: UUID) -> Response:
    """The form that a person signs before booklets are handed over; named by nobody.

    Raises:
        UnknownBeneficiary.
    """
    values = in_transaction(
        lambda session: letters.commitment_of(
            session,
            actor=current_actor(),
            beneficiary_id=beneficiary_id,
            now=started_at(),
            months=current_settings().identity_months,
        )
    )
    return download(commitment_form(values), "engagement.pdf", PDF)
