"""Every request that changes something, once each and valid, for tests that bend it a little.

`STEPS[name].run(session, chain, **changes)` sends it; `changes` replace arguments, and `actor` is
the name of the one who asks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import payments, redemptions, runs, sessions, sheets, statements
from app.clearing.rules import SessionKind, Topic
from app.clearing.statements import PassRange
from app.clearing.undoing import undo_redemption
from app.closing import endings
from app.closing.rules import Side
from app.identity import service as identity
from app.identity.rules import Actor, Role
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError, IdAlreadyUsed
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.losses import blocks, replacements, write_offs
from app.losses.naming import Named
from app.losses.rules import BlockCause, Declarant, ReplacementCause
from app.mediators import service as mediators
from app.mediators.rules import (
    CashOfficeKind,
    GrantedLabel,
    LabelStep,
    OpeningHours,
    Service,
)
from app.orders import deliveries, mandates
from app.orders import service as orders
from app.orders.rules import LineAsked, SerialRange
from app.partners import bank_details, contacts, sirets
from app.partners import service as partners
from app.partners.rules import AgreementRole, OrganisationKind
from app.prescribers import (
    allocations,
    booklet_requests,
    custody,
    people,
    prescriptions,
    undoing,
)
from app.prescribers.allocations import BookletRange
from app.prescribers.custody_rules import Settlement
from app.prescribers.people import Person
from app.prescribers.rules import Commitment, UndoReason
from app.programmes import service as programmes
from app.programmes.errors import VintageLabelTaken
from app.programmes.rules import Payer, Public
from app.signals import service as signals
from app.signals.rules import Decision
from app.stock import counts
from app.stock.count_rules import CountedLine
from tests.factories import ALIKE, ANSWERS
from tests.opening import IBAN, TEN_EUROS
from tests.service.chain import Chain

SIRET = "73282932000074"
Request = Mapping[str, Any]
Made = Callable[[Chain], Request]

C, F, A, P, M, ADMIN = (
    Role.COORDINATOR,
    Role.FINANCE,
    Role.ACCOUNTANT,
    Role.PRESCRIBER,
    Role.MEDIATOR,
    Role.ADMINISTRATOR,
)


@dataclass(frozen=True)
class Step:
    """One service, who sends it, and a request that is accepted in the chain as it stands.

    `other` is another body under the same id; `otherwise` is what that is told, None where the
    request has no id of its own and no other body.
    """

    service: Callable[..., Any]
    by: str
    roles: frozenset[Role]
    request: Made
    other: Made | None = None
    otherwise: type[DomainError] = IdAlreadyUsed
    approves: bool = False
    days_later: int = 0

    def run(self, session: Session, chain: Chain, **changes: object) -> object:
        """Send the request, with these changes."""
        actor = changes.pop("actor", self.by)
        sent = {
            "actor": actor if isinstance(actor, Actor) else chain.scheme.actors[str(actor)],
            "now": chain.scheme.now + timedelta(days=self.days_later),
            **self.request(chain),
            **changes,
        }
        return self.service(session, **sent)


def order_body(chain: Chain) -> Request:
    return {
        "order_id": new_id(),
        "programme_id": chain.scheme.programme_id,
        "vintage_id": chain.scheme.vintage_id,
        "lines": [LineAsked(10, 3, Cents(200)), LineAsked(5, 1, Cents(150))],
    }


def period(chain: Chain) -> Request:
    today = chain.scheme.today
    return {"valid_from": today, "valid_until": today + timedelta(days=30)}


def one_booklet(chain: Chain, number: int) -> BookletRange:
    return BookletRange(chain.scheme.booklet(number), chain.scheme.booklet(number))


def prescription_body(chain: Chain) -> Request:
    scheme = chain.scheme
    return {
        "prescription_id": new_id(),
        "programme_id": scheme.programme_id,
        "beneficiary_id": chain.ids["person"],
        "booklets": [scheme.booklet(3)],
        "referred_to_id": scheme.organisations["exo7"],
        "answers": ANSWERS,
        "commitment": Commitment.PAPER,
        "reasons": ALIKE,
        "declares_no_other_pass": True,
    }


def scan_of(
    chain: Chain,
    place: int,
    *,
    redemption_id: UUID | None = None,
    redeemed_at: datetime | None = None,
) -> redemptions.Scan:
    """A scan of one pass of booklet 1, made just now unless told otherwise."""
    return redemptions.Scan(
        redemption_id or new_id(), chain.codes[place - 1], redeemed_at or chain.scheme.now
    )


STEPS: dict[str, Step] = {
    "register_organisation": Step(
        partners.register_organisation,
        "coordinator",
        frozenset({C}),
        lambda _: {
            "organisation_id": new_id(),
            "kind": OrganisationKind.TOWN,
            "name": "Ville du Lorrain",
            "commune": "Le Lorrain",
            "siret": SIRET,
        },
        other=lambda _: {"name": "Ville du Robert"},
    ),
    "sign_agreement": Step(
        partners.sign_agreement,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "agreement_id": new_id(),
            "organisation_id": chain.scheme.organisations["ccas"],
            "role": AgreementRole.INFORMATION_RELAY,
            "reference": "Convention 2",
            **period(chain),
        },
        other=lambda _: {"role": AgreementRole.MEDIATOR},
    ),
    "prepare_bank_details": Step(
        bank_details.prepare_bank_details,
        "finance",
        frozenset({C, F, M}),
        lambda chain: {
            "bank_details_id": new_id(),
            "organisation_id": chain.scheme.organisations["nobank"],
            "holder": "Association",
            "iban": IBAN,
            "vault": chain.scheme.vault,
        },
        other=lambda _: {"iban": "DE89370400440532013000"},
    ),
    "approve_bank_details": Step(
        bank_details.approve_bank_details,
        "finance",
        frozenset({C, F}),
        lambda chain: {
            "bank_details_id": chain.ids["typed account"],
            "iban": IBAN,
            "vault": chain.scheme.vault,
        },
        approves=True,
    ),
    "refuse_bank_details": Step(
        bank_details.refuse_bank_details,
        "finance",
        frozenset({C, F}),
        lambda chain: {
            "refusal_id": new_id(),
            "bank_details_id": chain.ids["typed account"],
            "reason": "Ce n’est pas leur compte",
        },
        other=lambda _: {"reason": "Une faute de frappe"},
        approves=True,
    ),
    "create_agent": Step(
        identity.create_agent,
        "administrator",
        frozenset({ADMIN}),
        lambda chain: {
            "email": "nouvel.agent@exemple.fr",
            "name": "Agent",
            "role": Role.MEDIATOR,
            "organisation_id": chain.scheme.organisations["exo7"],
            "password": "Caravelle-9-Prêcheur",
        },
        approves=True,
    ),
    "create_programme": Step(
        programmes.create_programme,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "programme_id": new_id(),
            "name": "Pass 2027",
            "payer": Payer.AUTHORITY,
            "sponsor_id": chain.scheme.organisations["sponsor"],
            "issuer_id": chain.scheme.organisations["issuer"],
        },
        other=lambda _: {"payer": Payer.ISSUER},
    ),
    "create_vintage": Step(
        programmes.create_vintage,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "programme_id": chain.scheme.programme_id,
            "label": "27A",
            "face_value_cents": TEN_EUROS,
            "tolerance_days": 31,
            "keys": chain.scheme.keys,
            **period(chain),
        },
        other=lambda _: {"face_value_cents": 500},
        otherwise=VintageLabelTaken,
    ),
    "apply_for_label": Step(
        mediators.apply_for_label,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "application_id": new_id(),
            "organisation_id": chain.scheme.organisations["unlabelled"],
            "applied_on": chain.scheme.today,
        },
        other=lambda chain: {"applied_on": chain.scheme.today - timedelta(days=1)},
    ),
    "note_label_progress": Step(
        mediators.note_label_progress,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "progress_id": new_id(),
            "application_id": chain.ids["application"],
            "step": LabelStep.GRANTED,
            "reached_on": chain.scheme.today,
            "note": "Commission de novembre",
            "label": GrantedLabel("#APTIC", **period(chain)),
        },
        other=lambda _: {"note": "Autre remarque"},
    ),
    "record_cash_office": Step(
        mediators.record_cash_office,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "cash_office_id": new_id(),
            "organisation_id": chain.scheme.organisations["library"],
            "kind": CashOfficeKind.EXTENDED_REVENUE,
            "reference": "Arrêté 2026-13",
            "held_by": "Direction",
            **period(chain),
        },
        other=lambda _: {"kind": CashOfficeKind.ADVANCES},
    ),
    "record_profile": Step(
        mediators.record_profile,
        "exo7",
        frozenset({C, P, M}),
        lambda chain: {
            "profile_id": new_id(),
            "organisation_id": chain.scheme.organisations["exo7"],
            "version": 2,
            "services": {Service.ADMINISTRATIVE_PROCEDURES},
            "publics": {Public.PLIE},
            "hours": [OpeningHours(1, 480, 720)],
            "access_notes": "Au fond de la cour",
        },
        other=lambda _: {"hours": []},
    ),
    "record_capacity": Step(
        mediators.record_capacity,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "capacity_id": new_id(),
            "organisation_id": chain.scheme.organisations["exo7"],
            "ready": False,
            "from_on": chain.scheme.today + timedelta(days=9),
        },
        other=lambda _: {"ready": True},
    ),
    "record_address": Step(
        contacts.record_address,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "address_id": new_id(),
            "organisation_id": chain.scheme.organisations["exo7"],
            "street": "2, rue du Bord de mer",
            "complement": "Bâtiment B",
            "postcode": "97222",
            "latitude_microdegrees": 14_642_000,
            "longitude_microdegrees": -61_138_000,
        },
        other=lambda _: {"street": "3, rue du Bord de mer"},
    ),
    "record_contact": Step(
        contacts.record_contact,
        "exo7",
        frozenset({C, P, M}),
        lambda chain: {
            "contact_id": new_id(),
            "organisation_id": chain.scheme.organisations["exo7"],
            "position": "Direction",
            "phone": "0596000001",
            "email": "direction@exemple.fr",
            "replaces_id": chain.ids["contact"],
        },
        other=lambda _: {"phone": "0596000002"},
    ),
    "record_siret": Step(
        sirets.record_siret,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "entry_id": new_id(),
            "organisation_id": chain.scheme.organisations["unsigned"],
            "siret": SIRET,
            "reason": "Avis SIRENE du 4 mars",
        },
        other=lambda _: {"reason": "Facture n° 12"},
    ),
    "succeed": Step(
        partners.succeed,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "succession_id": new_id(),
            "organisation_id": chain.scheme.organisations["unsigned"],
            "successor_id": chain.scheme.organisations["exo7"],
            "from_on": chain.scheme.today,
            "reference": "Délibération 2026-4",
        },
        other=lambda _: {"reference": "Délibération 2026-5"},
    ),
    "grant_label": Step(
        mediators.grant_label,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "label_id": new_id(),
            "organisation_id": chain.scheme.organisations["unlabelled"],
            "reference": "#APTIC",
            **period(chain),
        },
        other=lambda _: {"reference": "#AUTRE"},
    ),
    "prepare_order": Step(
        orders.prepare_order,
        "finance",
        frozenset({C, F}),
        order_body,
        other=lambda _: {"lines": [LineAsked(10, 4, Cents(200))]},
    ),
    "approve_order": Step(
        orders.approve_order,
        "finance",
        frozenset({C, F}),
        lambda chain: {"order_id": chain.ids["prepared order"]},
        approves=True,
    ),
    "cancel_order": Step(
        orders.cancel_order,
        "coordinator",
        frozenset({C, F}),
        lambda chain: {
            "cancellation_id": new_id(),
            "order_id": chain.ids["approved order"],
            "reason": "Le besoin a été revu",
        },
        other=lambda _: {"reason": "Autre raison"},
    ),
    "send_order": Step(
        orders.send_order,
        "coordinator",
        frozenset({C, F}),
        lambda chain: {"order_id": chain.ids["approved order"]},
    ),
    "record_delivery": Step(
        deliveries.record_delivery,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "delivery_id": new_id(),
            "order_id": chain.ids["sent order"],
            "ranges": [SerialRange(181, 190)],
            "keys": chain.scheme.keys,
        },
        other=lambda _: {"ranges": [SerialRange(191, 200)]},
    ),
    "record_mandate": Step(
        mandates.record_mandate,
        "finance",
        frozenset({F}),
        lambda chain: {
            "mandate_id": new_id(),
            "order_id": chain.ids["inert order"],
            "mandate_number": "M-7",
            "amount_cents": Cents(400),
        },
        other=lambda _: {"amount_cents": Cents(500)},
    ),
    "cancel_mandate": Step(
        mandates.cancel_mandate,
        "finance",
        frozenset({F}),
        lambda chain: {
            "cancellation_id": new_id(),
            "mandate_id": chain.ids["mandate of ready order"],
            "reason": "Somme mal recopiée",
        },
        other=lambda _: {"reason": "Autre raison"},
    ),
    "activate_delivery": Step(
        deliveries.activate_delivery,
        "finance",
        frozenset({F}),
        lambda chain: {
            "activation_id": new_id(),
            "delivery_id": chain.ids["ready delivery"],
        },
        other=lambda chain: {"delivery_id": chain.ids["inert delivery"]},
    ),
    "allocate_booklets": Step(
        allocations.allocate_booklets,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "allocation_id": new_id(),
            "programme_id": chain.scheme.programme_id,
            "recipient_id": chain.scheme.organisations["plie"],
            "booklets": [BookletRange(chain.scheme.booklet(7), chain.scheme.booklet(8))],
        },
        other=lambda chain: {
            "booklets": [BookletRange(chain.scheme.booklet(9), chain.scheme.booklet(9))]
        },
    ),
    "confirm_receipt": Step(
        custody.confirm_receipt,
        "plie",
        frozenset({C, P}),
        lambda chain: {"receipt_id": new_id(), "consignment_id": chain.ids["on the way"]},
        other=lambda chain: {"missing": [one_booklet(chain, 5)]},
    ),
    "return_booklets": Step(
        custody.return_booklets,
        "plie",
        frozenset({C, P}),
        lambda chain: {
            "consignment_id": new_id(),
            "programme_id": chain.scheme.programme_id,
            "sender_id": chain.scheme.organisations["plie"],
            "booklets": [one_booklet(chain, 3)],
            "reason": "Fin de la convention",
        },
        other=lambda chain: {"booklets": [one_booklet(chain, 4)]},
    ),
    "transfer_booklets": Step(
        custody.transfer_booklets,
        "plie",
        frozenset({C, P}),
        lambda chain: {
            "consignment_id": new_id(),
            "programme_id": chain.scheme.programme_id,
            "sender_id": chain.scheme.organisations["plie"],
            "recipient_id": chain.scheme.organisations["ccas"],
            "booklets": [one_booklet(chain, 3)],
            "reason": "Plus de demandes au Lorrain",
        },
        other=lambda chain: {"booklets": [one_booklet(chain, 4)]},
    ),
    "cancel_consignment": Step(
        custody.cancel_consignment,
        "coordinator",
        frozenset({C, P}),
        lambda chain: {
            "cancellation_id": new_id(),
            "consignment_id": chain.ids["on the way"],
            "reason": "Mauvais destinataire",
        },
        other=lambda _: {"reason": "Une autre raison"},
    ),
    "settle_shortfall": Step(
        custody.settle_shortfall,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "settlement_id": new_id(),
            "consignment_id": chain.ids["short"],
            "settlement": Settlement.RETURNED,
            "booklets": [one_booklet(chain, 14)],
        },
        other=lambda chain: {"booklets": [one_booklet(chain, 13)]},
    ),
    "request_booklets": Step(
        booklet_requests.request_booklets,
        "plie",
        frozenset({P}),
        lambda chain: {
            "request_id": new_id(),
            "programme_id": chain.scheme.programme_id,
            "public": Public.PLIE,
            "tens_count": 20,
            "fives_count": 0,
            "reason": "Inscriptions de janvier",
        },
        other=lambda _: {"tens_count": 21},
    ),
    "decide_signal": Step(
        signals.decide_signal,
        "coordinator",
        frozenset({C, F}),
        lambda chain: {
            "decision_id": new_id(),
            "signal_id": chain.ids["signal"],
            "decision": Decision.FOLLOWED,
            "note": "Le médiateur est appelé",
        },
        other=lambda _: {"note": "Autre chose"},
    ),
    "open_count": Step(
        counts.open_count,
        "plie",
        frozenset({C, F, P}),
        lambda chain: {
            "count_id": new_id(),
            "holder_id": chain.scheme.organisations["plie"],
            "counted_on": chain.scheme.today,
        },
        other=lambda chain: {"counted_on": chain.scheme.today - timedelta(days=1)},
    ),
    "enter_lines": Step(
        counts.enter_lines,
        "plie",
        frozenset({C, F, P}),
        lambda chain: {
            "entry_id": new_id(),
            "count_id": chain.ids["open count"],
            "lines": [CountedLine("26A", 4, 4)],
        },
        other=lambda _: {"lines": [CountedLine("26A", 5, 5)]},
    ),
    "strike_line": Step(
        counts.strike_line,
        "plie",
        frozenset({C, F, P}),
        lambda chain: {
            "correction_id": new_id(),
            "count_id": chain.ids["open count"],
            "entry_id": chain.ids["go of open count"],
            "place": 1,
        },
        other=lambda _: {"place": 2},
    ),
    "close_count": Step(
        counts.close_count,
        "plie",
        frozenset({C, F, P}),
        lambda chain: {"count_id": chain.ids["open count"]},
    ),
    "sign_count": Step(
        counts.sign_count,
        "coordinator",
        frozenset({C, F, A, P}),
        lambda chain: {"count_id": chain.ids["closed count"]},
        approves=True,
    ),
    "decline_request": Step(
        booklet_requests.decline_request,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "answer_id": new_id(),
            "request_id": chain.ids["request"],
            "reason": "Le stock est réservé",
        },
        other=lambda _: {"reason": "Une autre raison"},
    ),
    "register_beneficiary": Step(
        people.register_beneficiary,
        "plie",
        frozenset({P}),
        lambda _: {
            "beneficiary_id": new_id(),
            "public": Public.PLIE,
            "person": Person("Démonstration", "Éloïse", 1990, "Sainte-Marie"),
        },
        other=lambda _: {"person": Person("Démonstration", "Éloïse", 1991, "Sainte-Marie")},
    ),
    "rectify_beneficiary": Step(
        people.rectify_beneficiary,
        "plie",
        frozenset({P}),
        lambda chain: {
            "beneficiary_id": chain.ids["person"],
            "person": Person("Démonstration", "Rosita", 1985, "Sainte-Marie"),
        },
    ),
    "undo_prescription": Step(
        undoing.undo_prescription,
        "coordinator",
        frozenset({C, P}),
        lambda chain: {
            "undo_id": new_id(),
            "prescription_id": chain.ids["senior prescription"],
            "reason": UndoReason.WRONG_BOOKLET,
        },
        other=lambda _: {"reason": UndoReason.WRONG_PERSON},
    ),
    "issue_booklets": Step(
        prescriptions.issue_booklets,
        "plie",
        frozenset({P}),
        prescription_body,
        other=lambda chain: {"booklets": [chain.scheme.booklet(4)]},
    ),
    "redeem_voucher": Step(
        redemptions.redeem_voucher,
        "exo7",
        frozenset({M}),
        lambda chain: {
            "scan": scan_of(chain, 8, redemption_id=chain.ids["scan"]),
            "signer": chain.scheme.signer,
        },
        other=lambda chain: {"scan": scan_of(chain, 9, redemption_id=chain.ids["scan"])},
    ),
    "undo_redemption": Step(
        undo_redemption,
        "exo7",
        frozenset({C, F, M}),
        lambda chain: {
            "reversal_id": new_id(),
            "redemption_id": chain.ids["redemption"],
            "reason": "Erreur de scan",
        },
        other=lambda _: {"reason": "Autre raison"},
    ),
    "record_session": Step(
        sessions.record_session,
        "exo7",
        frozenset({M}),
        lambda chain: {
            "session_id": new_id(),
            "held_on": chain.scheme.today,
            "duration_minutes": 90,
            "kind": SessionKind.GROUP,
            "people_count": 6,
            "topics": [Topic.EMAIL, Topic.SAFETY],
        },
        other=lambda _: {"topics": [Topic.EMAIL]},
    ),
    "link_redemptions": Step(
        sessions.link_redemptions,
        "exo7",
        frozenset({M}),
        lambda chain: {
            "session_id": chain.ids["support session"],
            "redemption_ids": [chain.ids["claimed redemption"]],
        },
    ),
    "prepare_sheet": Step(
        sheets.prepare_sheet,
        "coordinator",
        frozenset({C, F}),
        lambda chain: {
            "sheet_id": new_id(),
            "mediator_id": chain.scheme.organisations["exo7"],
            "held_on": chain.scheme.today,
            "typed": [chain.codes[7], chain.scheme.serial(1, 9)],
        },
        other=lambda chain: {"typed": [chain.codes[7]]},
    ),
    "approve_sheet": Step(
        sheets.approve_sheet,
        "finance",
        frozenset({C, F}),
        lambda chain: {"sheet_id": chain.ids["typed sheet"], "signer": chain.scheme.signer},
        approves=True,
    ),
    "set_aside_sheet": Step(
        sheets.set_aside_sheet,
        "coordinator",
        frozenset({C, F}),
        lambda chain: {"sheet_id": chain.ids["typed sheet"], "reason": "Mauvais jour"},
    ),
    "open_clearing_run": Step(
        runs.open_clearing_run,
        "finance",
        frozenset({F}),
        lambda chain: {
            "run_id": new_id(),
            "programme_id": chain.scheme.programme_id,
            "cut_off_on": martinique_day(chain.scheme.later),
        },
        other=lambda chain: {"cut_off_on": martinique_day(chain.scheme.later) - timedelta(days=1)},
        days_later=2,
    ),
    "withdraw_passes": Step(
        statements.withdraw_passes,
        "finance",
        frozenset({F}),
        lambda chain: {
            "withdrawal_id": new_id(),
            "statement_id": chain.ids["certified draft"],
            "version": 2,
            "passes": [PassRange(f"{chain.scheme.booklet(2)} 07", f"{chain.scheme.booklet(2)} 07")],
            "reason": "Séance saisie deux fois",
        },
        other=lambda _: {"reason": "Autre raison"},
        days_later=2,
    ),
    "certify_statement": Step(
        statements.certify_statement,
        "carecof",
        frozenset({M}),
        lambda chain: {
            "certification_id": new_id(),
            "statement_id": chain.ids["draft"],
            "version": 1,
        },
        other=lambda chain: {"statement_id": chain.ids["approved"]},
        approves=True,
        days_later=2,
    ),
    "approve_statement": Step(
        statements.approve_statement,
        "finance2",
        frozenset({C, F}),
        lambda chain: {
            "statement_id": chain.ids["draft"],
            "version": 1,
            "net_cents": TEN_EUROS,
        },
        approves=True,
        days_later=2,
    ),
    "order_payment": Step(
        payments.order_payment,
        "finance",
        frozenset({F}),
        lambda chain: {
            "payment_order_id": new_id(),
            "statement_id": chain.ids["approved"],
            "mandate_number": "M-28",
            "bordereau_number": "B-28",
            "issued_on": martinique_day(chain.scheme.later),
        },
        other=lambda _: {"mandate_number": "M-29"},
        days_later=2,
    ),
    "record_payment": Step(
        payments.record_payment,
        "accountant",
        frozenset({A}),
        lambda chain: {
            "payment_id": new_id(),
            "payment_order_id": chain.ids["payment order"],
            "paid_on": martinique_day(chain.scheme.later),
        },
        other=lambda chain: {"paid_on": chain.scheme.today},
        days_later=2,
    ),
    "reject_payment": Step(
        payments.reject_payment,
        "accountant",
        frozenset({A}),
        lambda chain: {
            "rejection_id": new_id(),
            "payment_order_id": chain.ids["paid order"],
            "rejected_on": martinique_day(chain.scheme.later),
            "reason": "Compte clos",
        },
        other=lambda _: {"reason": "Autre motif"},
        days_later=2,
    ),
    "block_vouchers": Step(
        blocks.block_vouchers,
        "plie",
        frozenset({C, P}),
        lambda chain: {
            "block_id": new_id(),
            "named": [Named(chain.scheme.booklet(3), chain.scheme.booklet(3))],
            "declarant": Declarant.PRESCRIBER,
            "cause": BlockCause.LOST,
            "happened_on": chain.scheme.today,
        },
        other=lambda _: {"cause": BlockCause.STOLEN},
    ),
    "lift_block": Step(
        blocks.lift_block,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "lift_id": new_id(),
            "block_id": chain.ids["block"],
            "reason": "Retrouvé",
        },
        other=lambda _: {"reason": "Autre motif"},
    ),
    "replace_passes": Step(
        replacements.replace_passes,
        "coordinator",
        frozenset({C, P}),
        lambda _: {
            "replacement_id": new_id(),
            "named": [Named("23R 00001 02", "23R 00001 02")],
            "cause": ReplacementCause.LOST,
        },
        other=lambda _: {"cause": ReplacementCause.DAMAGED},
    ),
    "prepare_write_off": Step(
        write_offs.prepare_write_off,
        "coordinator",
        frozenset({C, F}),
        lambda _: {
            "write_off_id": new_id(),
            "named": [Named("24R 00001 03", "24R 00001 03")],
            "reason": "Brûlé",
        },
        other=lambda _: {"reason": "Autre motif"},
    ),
    "approve_write_off": Step(
        write_offs.approve_write_off,
        "finance",
        frozenset({C, F}),
        lambda chain: {"write_off_id": chain.ids["to destroy"], "voucher_count": 1},
        approves=True,
    ),
    "validate_hold": Step(
        endings.validate_hold,
        "coordinator",
        frozenset({C}),
        lambda chain: {"hold_id": new_id(), "vintage_id": chain.closing["listed"]},
        other=lambda chain: {"vintage_id": chain.closing["held"]},
        approves=True,
    ),
    "release_held": Step(
        endings.release_held,
        "coordinator",
        frozenset({C}),
        lambda chain: {
            "release_id": new_id(),
            "vintage_id": chain.closing["held"],
            "booklets": [BookletRange("21B 00002", "21B 00002")],
            "reason": "Rendez-vous pris",
        },
        other=lambda _: {"reason": "Autre motif"},
    ),
    "sign_statement": Step(
        endings.sign_statement,
        "finance",
        frozenset({C, F}),
        lambda chain: {
            "signature_id": new_id(),
            "vintage_id": chain.closing["closed"],
            "side": Side.SPONSOR,
            "signed_on": chain.scheme.today,
        },
        other=lambda _: {"side": Side.ISSUER},
        approves=True,
    ),
    "settle_closing": Step(
        endings.settle_closing,
        "finance",
        frozenset({F}),
        lambda chain: {"settlement_id": new_id(), "vintage_id": chain.closing["signed"]},
        other=lambda _: {"reference": "AV-1"},
    ),
}
