"""One search for everything a person may open: a document, a pass, a booklet, a person, a partner.

What is printed on papers has a form of its own, so what was typed says itself what it is: a number
of a document begins with its prefix, a code has sixteen letters, the rest is a name or a serial.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.clearing import correction_queries
from app.clearing import payment_queries as payments
from app.clearing import queries as clearing
from app.closing import queries as closing
from app.identity.rules import RIGHTS, Actor, Right
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.serials import BookletNumber, SerialNumber
from app.kernel.text import de
from app.losses import queries as losses
from app.losses import replacement_queries as replacements
from app.orders import queries as orders
from app.partners import queries as partners
from app.partners.rules import read_siret
from app.prescribers import custody_queries as custody
from app.prescribers import people
from app.prescribers import queries as prescribers
from app.prescribers.positions import used_up
from app.printing import queries as printing
from app.programmes import numbering
from app.programmes import queries as programmes
from app.reports.service import Found, looks_like_a_code, search_vouchers
from app.reports.told import Match
from app.stock import queries as stock
from app.takeover import queries as takeover
from app.vouchers.errors import MistypedCoverCode, UnknownCover
from app.vouchers.models import Booklet
from app.vouchers.service import booklet_by_cover
from app.web.format import day_short

LONGEST_MANDATE = 40
SHOWN = 20
"""Names found in one search: whoever sees more writes one letter more."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where something is shown."""

    endpoint: str
    values: Mapping[str, Any]


_Find = Callable[[Session, Actor, str], Page | None]
_NUMBER = re.compile(r"([A-Z]{2,4})[ -]*(\d{4})[ -]*(\d{1,9})")
_NOTHING = (
    "Rien de ce que vous pouvez ouvrir ne porte le numéro {number}. Relisez-le sur le document."
)
_NOBODY = (
    "Aucun organisme et aucune de vos personnes ne s’appelle ainsi. Écrivez le début du nom, ou "
    "le numéro d’un document."
)
_EMPTY = "Écrivez un numéro, un code ou le début d’un nom."


def page_of_document(session: Session, *, actor: Actor, typed: str) -> Page | None:
    """The page of the document of that number, if the actor may open it.

    Spaces for hyphens, missing zeros and small letters do not matter. A number that nobody gave,
    or that is another organisation's, looks like none.
    """
    read = _NUMBER.fullmatch(typed.strip().upper())
    if read is None or read[1] not in _DOCUMENTS:
        return None
    right, find = _DOCUMENTS[read[1]]
    if right not in RIGHTS[actor.role]:
        return None
    return find(session, actor, numbering.written(read[1], int(read[2]), int(read[3])))


def _order(session: Session, _actor: Actor, number: str) -> Page | None:
    found = orders.order_by_number(session, number)
    return Page("orders_pages.shown", {"number": number}) if found else None


def _delivery(session: Session, _actor: Actor, number: str) -> Page | None:
    found = orders.delivery_by_number(session, number)
    order = orders.order(session, found.order_id) if found else None
    return Page("orders_pages.shown", {"number": order.number}) if order else None


def _print_batch(session: Session, _actor: Actor, number: str) -> Page | None:
    found = printing.batch_by_number(session, number)
    return Page("printing_pages.batch", {"number": number}) if found else None


def _serial_file(session: Session, _actor: Actor, number: str) -> Page | None:
    found = stock.serial_file_by_number(session, number)
    order = orders.order(session, found.order_id) if found else None
    if found is None or order is None:
        return None
    return Page("file_pages.file", {"number": order.number, "file_id": found.id})


def _consignment(session: Session, actor: Actor, number: str) -> Page | None:
    found = custody.consignment_by_number(session, number)
    if found is None or not actor.sees(found.sender_id, found.recipient_id):
        return None
    return Page("custody_pages.consignment", {"consignment_id": found.id})


def _request(session: Session, actor: Actor, number: str) -> Page | None:
    found = custody.booklet_request_by_number(session, number)
    if found is None or not actor.sees(found.prescriber_id):
        return None
    return Page("request_pages.booklet_request", {"request_id": found.id})


def _count(session: Session, actor: Actor, number: str) -> Page | None:
    found = stock.stock_count_by_number(session, number)
    if found is None or not actor.sees(found.holder_id):
        return None
    return Page("count_pages.shown", {"count_id": found.id})


def _prescription(session: Session, actor: Actor, number: str) -> Page | None:
    found = prescribers.prescription_by_number(session, number)
    if found is None or not actor.sees(found.prescriber_id):
        return None
    return Page("handover_pages.shown", {"prescription_id": found.id})


def _statement(session: Session, actor: Actor, number: str) -> Page | None:
    _, year, ordinal = number.split("-")
    found = clearing.statement_by_number(session, int(year), int(ordinal))
    if found is None or not actor.sees(found.mediator_id):
        return None
    return Page("statement_pages.shown", {"statement_id": found.id})


def _debit_note(session: Session, actor: Actor, number: str) -> Page | None:
    _, year, ordinal = number.split("-")
    found = correction_queries.debit_note_by_number(session, int(year), int(ordinal))
    if found is None or not actor.sees(found.mediator_id):
        return None
    return Page("debit_note_pages.shown", {"debit_note_id": found.id})


def _block(session: Session, actor: Actor, number: str) -> Page | None:
    found = losses.block_by_number(session, number)
    if found is None or not actor.sees(found.organisation_id):
        return None
    return Page("losses_pages.shown", {"number": number})


def _replacement(session: Session, actor: Actor, number: str) -> Page | None:
    found = replacements.replacement_by_number(session, number)
    if found is None or not actor.sees(found.prescriber_id):
        return None
    return Page("replacement_pages.shown", {"number": number})


def _write_off(session: Session, actor: Actor, number: str) -> Page | None:
    if not actor.sees() or losses.write_off_by_number(session, number) is None:
        return None
    return Page("write_off_pages.shown", {"number": number})


def _takeover(session: Session, _actor: Actor, number: str) -> Page | None:
    found = takeover.takeover_by_number(session, number)
    return Page("takeover_pages.takeover", {"takeover_id": found.id}) if found else None


def _ending(session: Session, _actor: Actor, number: str) -> Page | None:
    vintage_id = closing.vintage_of_number(session, number)
    if vintage_id is None:
        return None
    return Page(
        "closing_pages.shown", {"label": programmes.all_vintages(session)[vintage_id].label}
    )


_DOCUMENTS: Mapping[str, tuple[Right, _Find]] = {
    numbering.ORDER: (Right.SEE_ORDERS, _order),
    numbering.DELIVERY: (Right.SEE_ORDERS, _delivery),
    numbering.PRINTING: (Right.SEE_ORDERS, _print_batch),
    numbering.SERIAL_FILE: (Right.SEE_ORDERS, _serial_file),
    numbering.ALLOCATION: (Right.SEE_ALLOCATIONS, _consignment),
    numbering.RETURN: (Right.SEE_ALLOCATIONS, _consignment),
    numbering.TRANSFER: (Right.SEE_ALLOCATIONS, _consignment),
    numbering.BOOKLET_REQUEST: (Right.SEE_ALLOCATIONS, _request),
    numbering.STOCK_COUNT: (Right.SEE_ALLOCATIONS, _count),
    numbering.PRESCRIPTION: (Right.SEE_PRESCRIPTIONS, _prescription),
    numbering.STATEMENT: (Right.SEE_STATEMENTS, _statement),
    numbering.DEBIT_NOTE: (Right.SEE_STATEMENTS, _debit_note),
    numbering.BLOCK: (Right.SEE_LOSSES, _block),
    numbering.REPLACEMENT: (Right.SEE_LOSSES, _replacement),
    numbering.WRITE_OFF: (Right.SEE_LOSSES, _write_off),
    numbering.TAKEOVER: (Right.SEE_LEDGER, _takeover),
    numbering.JOINT_STATEMENT: (Right.SEE_LEDGER, _ending),
    numbering.CREDIT_NOTE: (Right.SEE_LEDGER, _ending),
    numbering.RELEASE: (Right.SEE_LEDGER, _ending),
}
"""Which right opens a document, and how it is found; the prefixes are those of `numbering`."""


def why_nothing(typed: str) -> str | None:
    """What to write instead, where what was typed says itself what it should have been."""
    if not typed:
        return _EMPTY
    read = _NUMBER.fullmatch(typed.strip().upper())
    if read is not None and read[1] in _DOCUMENTS:
        return _NOTHING.format(number=numbering.written(read[1], int(read[2]), int(read[3])))
    # A code of sixteen letters and no digit is rare, and is tried like any other.
    letters = sum(map(str.isalnum, typed))
    return _NOBODY if is_a_name(typed) and letters != codes.LENGTH else None


def matches_of_mandate(session: Session, *, actor: Actor, typed: str) -> tuple[Match, ...]:
    """The orders and the statements that a mandat of that number pays, as far as one sees them.

    The number is the accountant's, or the issuer's who pays a statement: it begins anew each
    year, and each authority has its own.
    """
    number = typed.strip()
    if not number or len(number) > LONGEST_MANDATE:
        return ()
    found = []
    if Right.SEE_ORDERS in RIGHTS[actor.role]:
        found += [
            Match(
                f"Mandat {mandate.mandate_number} du {day_short(mandate.issued_on)}",
                f"commande {order}",
                "orders_pages.shown",
                {"number": order},
            )
            for mandate, order in orders.mandates_of_number(session, number, limit=SHOWN)
        ]
    if Right.SEE_STATEMENTS in RIGHTS[actor.role]:
        paid = payments.payment_orders_of_number(
            session, number, mediator_id=actor.scope, limit=SHOWN
        )
        names = partners.organisation_names(session, {one.mediator_id for one in paid})
        found += [
            Match(
                f"Paiement {one.mandate_number} du {day_short(one.issued_on)}",
                f"bordereau {de(names[one.mediator_id])}",
                "statement_pages.shown",
                {"statement_id": one.statement_id},
            )
            for one in paid
        ]
    return tuple(found[:SHOWN])


def is_a_name(typed: str) -> bool:
    """Whether what was typed can be a name: letters, and no digit. Codes and numbers have some."""
    return len(typed) > 1 and any(map(str.isalpha, typed)) and not any(map(str.isdigit, typed))


def may_be_a_name(typed: str) -> bool:
    """Whether to look among names too: some have a digit after their first word, as « Exo 7 ».

    A SIRET is looked up there as well.
    """
    letters_first = typed[:2].isalpha() and not looks_like_a_code(typed)
    return is_a_name(typed) or letters_first or read_siret(typed) is not None


def matches_of_name(
    session: Session, *, actor: Actor, typed: str, now: datetime
) -> tuple[Match, ...]:
    """One's own people, and partners whose name fits: the directory shows each to everybody."""
    found = []
    if Right.SEE_BENEFICIARIES in RIGHTS[actor.role]:
        named = people.found_by_name(session, actor=actor, typed=typed, limit=SHOWN)
        last = prescribers.last_hand_overs(session, [person.id for person, _ in named])
        spent = used_up(session, last, on=martinique_day(now))
        found += [
            Match(
                f"{who.first_name} {who.surname}",
                f"née ou né en {who.birth_year}, {who.commune}",
                "handover_pages.shown",
                {"prescription_id": last[person.id]},
                person.id if Right.ISSUE_BOOKLETS in RIGHTS[actor.role] else None,
                used_up=person.id in spent,
            )
            for person, who in named
            if person.id in last
        ]
    if Right.SEE_PARTNERS in RIGHTS[actor.role]:
        found += [
            Match(one.name, one.commune, "partners_pages.partner", {"partner_id": one.id})
            for one in partners.directory(session, name=typed, on=martinique_day(now))
        ]
    return tuple(found[:SHOWN])


def passes_found(
    session: Session, *, actor: Actor, typed: str, now: datetime
) -> SerialNumber | Found | DomainError:
    """A pass, or those of a booklet, by what is printed on it; a cover opens its booklet.

    Raises:
        as app.reports.service.search_vouchers.
    """
    booklet = _booklet_of_cover(session, typed) if looks_like_a_code(typed) else None
    if booklet is None:
        return search_vouchers(session, actor=actor, typed=typed, now=now)
    label = programmes.all_vintages(session)[booklet.vintage_id].label
    number = str(BookletNumber(label, booklet.number))
    return search_vouchers(session, actor=actor, typed=number, now=now)


def _booklet_of_cover(session: Session, typed: str) -> Booklet | None:
    """The booklet whose cover bears that code: a pass's code looks the same, and is tried next.

    A miss is therefore counted as a guess, there.
    """
    try:
        return booklet_by_cover(session, typed)
    except (MistypedCoverCode, UnknownCover):
        return None
