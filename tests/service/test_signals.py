"""Patterns are told once, from true rows, and decided once by a person."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.orm import Session

from app.clearing.redemptions import Scan, redeem_vouchers
from app.kernel import codes
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id
from app.signals import queries, service
from app.signals.errors import SignalDecidedAlready, UnknownSignal
from app.signals.rules import Decision, SignalKind
from tests.factories import Scheme


def test_what_passes_a_threshold_is_told_once_and_decided_once(
    session: Session, scheme: Scheme
) -> None:
    scheme.stock(session, tens=1, fives=0)
    scheme.allocation(session, 1, 1)
    scheme.prescription(session, scheme.beneficiary(session), [1])
    key = scheme.keys.key("26A")
    right = [codes.derive(key, serial) for serial in range(1, 11)]
    wrong = [codes.derive(b"elsewhere", serial) for serial in range(19)]
    for chosen, minutes in ((right, 0), (wrong, 0), (wrong[:1], 20)):
        now = scheme.now + timedelta(minutes=minutes)
        scans = [Scan(new_id(), code, now) for code in chosen]
        redeem_vouchers(
            session, actor=scheme.actors["exo7"], scans=scans, signer=scheme.signer, now=now
        )
    coordinator = scheme.actors["coordinator"]
    later = scheme.now + timedelta(days=9)
    look = partial(service.look_for_signals, session, actor=coordinator)

    told = look(now=scheme.now + timedelta(hours=1))

    seen = {SignalKind(s.kind): s for s in queries.signals_after(session, None, limit=9)}
    assert {SignalKind.WHOLE_BOOKLET, SignalKind.FAILED_CODES} <= set(seen)
    assert told == len(seen)
    assert seen[SignalKind.WHOLE_BOOKLET].mediator_id == scheme.organisations["exo7"]
    assert seen[SignalKind.FAILED_CODES].agent_id == scheme.actors["exo7"].agent_id
    assert seen[SignalKind.FAILED_CODES].measured == 20
    assert look(now=scheme.now + timedelta(hours=1)) == 0
    assert look(now=later) == 1, "nine days later there is still no session"

    decide = partial(
        service.decide_signal,
        session,
        actor=coordinator,
        signal_id=seen[SignalKind.WHOLE_BOOKLET].id,
        decision=Decision.EXPLAINED,
        now=later,
    )
    with pytest.raises(InvalidInput):
        decide(decision_id=new_id(), note=" ")
    decide(decision_id=new_id(), note="Stage d’une journée")
    with pytest.raises(SignalDecidedAlready):
        decide(decision_id=new_id(), note="Autre chose")
    with pytest.raises(UnknownSignal):
        service.known_signal(session, actor=coordinator, signal_id=new_id())
