"""Vintages at each stage of their end, in the other programme of a scheme that has lived.

| label | its end                                                               |
|-------|-----------------------------------------------------------------------|
| 21A   | alerted, its list drawn up: the hold waits to be validated            |
| 21B   | held: two booklets of 5 in ccas's drawer, one of which was let go     |
| 21C   | accounts closed, signed by the issuer                                 |
| 21D   | accounts closed, signed by the sponsor                                |
| 21E   | accounts closed, signed by both                                       |
| 21F   | settled; two complements, past the service, one of them settled       |
| 21G   | accounts closed, then five passes of the stock expired                |
| 21H   | the same, and a complement drawn up                                   |
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.closing import endings, queries
from app.closing.calendar import do_next, expire, settings_for
from app.closing.models import (
    ClosingComplement,
    ClosingStep,
    ComplementSettlement,
    JointStatement,
)
from app.closing.rules import SettlementKind, Side, Step
from app.kernel.ids import new_id
from app.prescribers.allocations import BookletRange
from app.programmes.rules import Payer
from app.programmes.service import create_vintage, known_programme
from tests.factories import Scheme
from tests.opening import TEN_EUROS

STAGES = {
    "21A": "listed",
    "21B": "held",
    "21C": "closed",
    "21D": "half signed",
    "21E": "signed",
    "21F": "settled",
}
ENDING = {"21A", "21B"}


def ended(session: Session, scheme: Scheme, programme_id: UUID) -> dict[str, int]:
    """Open vintages, let the calendar run, decide; the vintages by their stage."""
    asked: dict[str, Any] = {"actor": scheme.actors["coordinator"], "now": scheme.now}
    found = {}
    for label, stage in STAGES.items():
        end = scheme.today + timedelta(days=10 if label in ENDING else -100)
        found[stage] = create_vintage(
            session,
            programme_id=programme_id,
            label=label,
            face_value_cents=TEN_EUROS,
            valid_from=scheme.today - timedelta(days=300),
            valid_until=end,
            tolerance_days=0,
            keys=scheme.keys,
            taken_over=True,
            **asked,
        ).vintage_id
    in_a_drawer(session, scheme, programme_id)
    for vintage_id in found.values():
        while do_next(session, vintage_id, now=scheme.now):
            pass
    endings.validate_hold(session, hold_id=new_id(), vintage_id=found["held"], **asked)
    endings.release_held(
        session,
        release_id=new_id(),
        vintage_id=found["held"],
        booklets=[BookletRange("21B 00001", "21B 00001")],
        reason="Rendez-vous pris",
        **asked,
    )
    for stage, sides in (
        ("closed", [Side.ISSUER]),
        ("half signed", [Side.SPONSOR]),
        ("signed", list(Side)),
        ("settled", list(Side)),
    ):
        for side in sides:
            who = "coordinator" if side is Side.SPONSOR else "coordinator2"
            endings.sign_statement(
                session,
                actor=scheme.actors[who],
                signature_id=new_id(),
                vintage_id=found[stage],
                side=side,
                signed_on=scheme.today,
                now=scheme.now,
            )
    endings.settle_closing(
        session,
        actor=scheme.actors["finance"],
        settlement_id=new_id(),
        vintage_id=found["settled"],
        reference="AV-77",
        now=scheme.now,
    )
    return found


def completed(session: Session, scheme: Scheme, vintage_id: int) -> dict[str, UUID]:
    """Two complements of a settled vintage, one settled: past the service, no pass came back."""
    like = queries.joint_statement(session, vintage_id)
    assert like is not None
    made: dict[str, UUID] = {}
    for ordinal, name in enumerate(("settled", "waiting"), start=1):
        record = ClosingComplement(
            id=(made.setdefault(name, new_id())),
            request_hash=bytes(32),
            vintage_id=vintage_id,
            ordinal=ordinal,
            follows_ordinal=ordinal - 1 or None,
            number=f"ECT-2026-900{ordinal}",
            payer=like.payer,
            stated_count=like.unused_count,
            face_value_cents=like.face_value_cents,
            voucher_count=1,
            amount_cents=like.face_value_cents,
            drawn_on=scheme.today,
            drawn_by=scheme.actors["finance"].agent_id,
            drawn_at=scheme.now,
        )
        session.add(record)
        session.flush()
    credited = like.payer == Payer.ISSUER
    session.add(
        ComplementSettlement(
            complement_id=made["settled"],
            payer=like.payer,
            drawn_on=scheme.today,
            drawn_by=scheme.actors["finance"].agent_id,
            kind=SettlementKind.CREDIT_NOTE if credited else SettlementKind.RELEASE,
            number="AV-2026-9001",
            sponsor_signed_on=scheme.today,
            issuer_signed_on=scheme.today,
            settled_on=scheme.today,
            settled_by=scheme.actors["coordinator"].agent_id,
            settled_at=scheme.now,
        )
    )
    session.flush()
    return made


def expired_late(session: Session, scheme: Scheme, programme_id: UUID, label: str) -> int:
    """A vintage whose accounts say used what expired since: the statement is past the service."""
    asked: dict[str, Any] = {"actor": scheme.actors["coordinator"], "now": scheme.now}
    terms = create_vintage(
        session,
        programme_id=programme_id,
        label=label,
        face_value_cents=TEN_EUROS,
        valid_from=scheme.today - timedelta(days=300),
        valid_until=scheme.today + timedelta(days=10),
        tolerance_days=0,
        keys=scheme.keys,
        taken_over=True,
        **asked,
    )
    scheme.taken_over(
        session, f"{label};1;1;5;stock;;passnum", voucher_count=5, programme_id=programme_id
    )
    settings = settings_for(session, terms, now=scheme.now)
    for place, step in enumerate(Step, start=1):
        session.add(
            ClosingStep(
                vintage_id=terms.vintage_id,
                step=step,
                place=place,
                follows_place=place - 1 or None,
                due_on=scheme.today,
                settings_id=settings.id,
                voucher_count=0,
                done_for=settings.made_by,
                done_on=scheme.today,
                done_at=scheme.now,
            )
        )
        session.flush()
    session.add(
        JointStatement(
            vintage_id=terms.vintage_id,
            step=Step.STATEMENT,
            number=f"ECT-2026-{label}",
            payer=known_programme(session, programme_id).payer,
            face_value_cents=TEN_EUROS,
            received_count=5,
            used_count=5,
            expired_count=0,
            void_count=0,
            free_count=0,
            unused_count=0,
            closed_on=scheme.today,
            closed_at=scheme.now - timedelta(hours=1),
        )
    )
    session.flush()
    for side, who in zip(Side, ("coordinator", "coordinator2"), strict=True):
        endings.sign_statement(
            session,
            actor=scheme.actors[who],
            signature_id=new_id(),
            vintage_id=terms.vintage_id,
            side=side,
            signed_on=scheme.today,
            now=scheme.now,
        )
    endings.settle_closing(
        session,
        actor=scheme.actors["finance"],
        settlement_id=new_id(),
        vintage_id=terms.vintage_id,
        now=scheme.now,
    )
    expire(session, terms, actor_id=settings.made_by, now=scheme.now)
    return terms.vintage_id


def in_a_drawer(session: Session, scheme: Scheme, programme_id: UUID) -> None:
    """Two booklets of 5 of 21A, and three of 21B, in ccas's drawer."""
    scheme.taken_over(
        session,
        "21A;1;2;5;prescripteur;CCAS;passnum",
        "21B;1;3;5;prescripteur;CCAS;passnum",
        voucher_count=25,
        programme_id=programme_id,
    )
