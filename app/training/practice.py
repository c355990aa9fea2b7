"""How far somebody is who practises, and what they hold: read from their copy."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.redemption_models import Redemption, RedemptionReversal
from app.demo.places import SURNAME
from app.demo.training import SIGNS_IN, email_of
from app.identity import queries as agents
from app.identity import sessions
from app.identity.models import Agent
from app.identity.rules import FROM_SERVER, Role
from app.identity.session_models import AgentSession
from app.identity.session_rules import Method
from app.kernel import codes, training
from app.kernel.codes import VoucherCode
from app.kernel.money import NO_BREAK, Cents
from app.kernel.serials import BookletNumber, SerialNumber
from app.kernel.text import written_phone
from app.ledger import AccountKind
from app.ledger.models import Voucher
from app.partners import queries as partners
from app.prescribers import queries
from app.prescribers.models import Prescription, PrescriptionUndo
from app.printing import queries as printing
from app.printing.leaves import Edition
from app.printing.press import PrintedBooklet, booklets
from app.programmes.queries import vintage_by_label
from app.programmes.rules import Public
from app.programmes.service import known_programme
from app.training.errors import ClosedInTraining
from app.vouchers import queries as vouchers

SHOWN_OF_A_SIZE = 2
"""Booklets in the drawer whose covers are shown: each step needs one, three for some publics."""


@dataclass(frozen=True, slots=True)
class Invented:
    """A person who does not exist, to be typed: who they are, and what they receive."""

    first_name: str
    surname: str
    birth_year: int
    commune: str
    phone: str
    public: Public
    story: str


def invented_people(today: date) -> tuple[Invented, ...]:
    """Three people, one for each usual case; nobody has the telephone numbers of stories."""
    return (
        Invented(
            "Odile",
            SURNAME,
            today.year - 71,
            "Le Lorrain",
            "0639 98 11 01",
            Public.SENIOR,
            "Elle veut écrire à ses petits-enfants. Un carnet de 5.",
        ),
        Invented(
            "Fabrice",
            SURNAME,
            today.year - 34,
            "Sainte-Marie",
            "0536 49 11 02",
            Public.UNREGISTERED_JOB_SEEKER,
            "Il cherche du travail, sans inscription. Un carnet de 10.",
        ),
        Invented(
            "Solange",
            SURNAME,
            today.year - 46,
            "Saint-Pierre",
            "0536 49 11 03",
            Public.PLIE,
            "Elle est suivie par le PLIE. Jusqu’à trois carnets de 10.",
        ),
    )


def begin_as(session: Session, *, role: Role, browser: str, now: datetime) -> str:
    """Let somebody in as the agent of that role; the secret is for their cookie alone.

    Raises:
        ClosedInTraining: nobody practises in that role.
    """
    agent = agents.agent_by_email(session, email_of(SIGNS_IN.get(role, "")))
    if agent is None:
        raise ClosedInTraining
    secret, _ = sessions.begin_session(
        session,
        agent=agent,
        method=Method.PASSWORD,
        browser=browser,
        minutes={},
        origin=FROM_SERVER,
        now=now,
    )
    return secret


def began_as(session: Session) -> Role | None:
    """As whom somebody came into this copy, whoever they are there now."""
    role = session.scalar(
        select(Agent.role)
        .join(AgentSession, AgentSession.agent_id == Agent.id)
        .order_by(AgentSession.begun_at)
        .limit(1)
    )
    return Role(role) if role else None


# ── How far ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What the reader handed over, and until when it serves."""

    id: UUID
    number: str
    passes_count: int
    last_day: date


@dataclass(frozen=True, slots=True)
class Taken:
    """A pass that was taken, and where."""

    serial: SerialNumber
    amount_cents: Cents
    mediator: str
    from_own: bool
    """Whether it is of a booklet that the reader handed over."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The two acts of the gesture, each once it is done."""

    role: Role
    handed_over: HandedOver | None
    taken: Taken | None

    @property
    def step(self) -> int:
        """What comes next: 1 to hand over, 2 to take a pass, 3 to read what it means.

        Whoever begins as a mediator has a colleague who handed a booklet over.
        """
        if self.handed_over is None and self.role is Role.PRESCRIBER:
            return 1
        return 3 if self.taken else 2


def progress(session: Session, agent: Agent) -> Progress:
    """How far the reader of this copy is."""
    me = agents.agent_by_email(session, email_of(SIGNS_IN[Role.PRESCRIBER]))
    handed = _handed_over(session, me.id) if me else None
    return Progress(Role(agent.role), handed, _taken(session, handed))


def _handed_over(session: Session, agent_id: int) -> HandedOver | None:
    undone = exists().where(PrescriptionUndo.prescription_id == Prescription.id)
    made = session.scalars(
        select(Prescription)
        .where(Prescription.prescribed_by == agent_id, ~undone)
        .order_by(Prescription.prescribed_at.desc())
        .limit(1)
    ).first()
    if made is None:
        return None
    given = queries.booklets_of(session, made.id)
    return HandedOver(
        made.id,
        made.number,
        sum(one.booklet_size for one in given),
        min(one.valid_until for one in given),
    )


def _taken(session: Session, handed: HandedOver | None) -> Taken | None:
    """The pass taken last, of a booklet of the reader's rather than of another."""
    undone = exists().where(RedemptionReversal.redemption_id == Redemption.id)
    found = session.execute(
        select(Redemption, Voucher.booklet_id)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .where(~undone)
        .order_by(Redemption.movement_id.desc())
    ).all()
    own = set(_booklet_ids(session, handed.id)) if handed else set()
    if not found:
        return None
    taken, booklet_id = next((row for row in found if row[1] in own), found[0])
    names = partners.organisation_names(session, {taken.mediator_id})
    return Taken(
        vouchers.serial_numbers(session, [(taken.voucher_id, booklet_id)])[taken.voucher_id],
        Cents(taken.amount_cents),
        names[taken.mediator_id],
        from_own=booklet_id in own,
    )


def _booklet_ids(session: Session, prescription_id: UUID) -> list[int]:
    return [one.booklet_id for one in queries.booklets_of(session, prescription_id)]


# ── Paper ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Cover:
    """A booklet in the drawer, to be scanned on screen or printed."""

    number: BookletNumber
    size: int
    code: VoucherCode


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass that somebody holds, to be taken."""

    serial: SerialNumber
    code: VoucherCode
    from_own: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """What the reader may show to a camera: covers in the drawer, passes in people's hands."""

    covers: tuple[Cover, ...]
    passes: tuple[Pass, ...]


def paper(session: Session) -> Paper:
    """The next booklets of each size, and the next pass of each booklet handed over, own first."""
    me = agents.agent_by_email(session, email_of(SIGNS_IN[Role.PRESCRIBER]))
    handed = _handed_over(session, me.id) if me else None
    own = set(_booklet_ids(session, handed.id)) if handed else set()
    covers: list[Cover] = []
    passes: list[Pass] = []
    resting: dict[int, list[ledger.VoucherState]] = defaultdict(list)
    for state in ledger.voucher_states(session):
        resting[state.booklet_id].append(state)
    for booklet in vouchers.booklets_after(session, 0, limit=sum(training.BOOKLETS.values())):
        states = resting[booklet.id]
        number = BookletNumber(training.LABEL, booklet.number)
        if all(state.account.kind is AccountKind.PRESCRIBER for state in states):
            code = codes.derive_cover(training.KEY, booklet.number)
            covers.append(Cover(number, booklet.size, code))
        for state in states:
            if state.account.kind is AccountKind.CIRCULATION:
                serial = SerialNumber(number, state.id - booklet.id + 1)
                code = codes.derive(training.KEY, state.serial)
                passes.append(Pass(serial, code, from_own=booklet.id in own))
                break
    shown = [
        cover
        for size in training.BOOKLETS
        for cover in [one for one in covers if one.size == size][:SHOWN_OF_A_SIZE]
    ]
    return Paper(tuple(shown), tuple(sorted(passes, key=lambda one: not one.from_own)))


def printed(
    session: Session, number: int, *, address: str, help_line: str, on: date
) -> bytes | None:
    """A booklet to practise with on paper, SPÉCIMEN across each leaf; None when there is none."""
    terms = vintage_by_label(session, training.LABEL)
    named = BookletNumber(training.LABEL, number)
    booklet = vouchers.booklet_by_number(session, named)
    if terms is None or booklet is None:
        return None
    programme = known_programme(session, terms.programme_id)
    names = partners.organisation_names(session, {programme.issuer_id, programme.sponsor_id})
    receiving = printing.mediators_receiving(session, on=on)
    edition = Edition(
        label=terms.label,
        face_value_cents=ledger.face_value(session, terms.vintage_id),
        last_day=terms.valid_until,
        issuer=names[programme.issuer_id],
        sponsor=names[programme.sponsor_id],
        help_line=written_phone(help_line, NO_BREAK),
        address=address.rstrip("/"),
        places=tuple((one.name, one.commune) for one in receiving),
        specimen=True,
    )
    leaves = tuple(
        (
            str(SerialNumber(named, place + 1)),
            codes.derive(training.KEY, booklet.first_serial + place),
        )
        for place in range(booklet.size)
    )
    cover = codes.derive_cover(training.KEY, number)
    return booklets(edition, booklet.size, [PrintedBooklet(str(named), cover, leaves)], large=False)
