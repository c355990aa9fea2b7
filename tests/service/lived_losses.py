"""Oppositions and destructions of a scheme that has lived: of booklet 24R 00001, taken over.

| pass of 24R 00001 | rests                                        |
|-------------------|----------------------------------------------|
| 1                 | void: destroyed by a procès-verbal           |
| 2                 | blocked: a procès-verbal waits to be approved |
| 3                 | blocked                                      |
| 4                 | ccas's drawer: its opposition was lifted     |
| 5                 | ccas's drawer                                |

The opposition names pass 1 of booklet 1 of the scheme too, which is paid for: it came too late.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel.ids import new_id
from app.losses import blocks, write_offs
from app.losses.naming import Named
from app.losses.rules import BlockCause, Declarant
from tests.factories import Scheme

TAKEN_OVER = "24R 00001"


def one(serial: str) -> Named:
    """One pass, as typed."""
    return Named(serial, serial)


def lost(session: Session, scheme: Scheme) -> dict[str, UUID]:
    """Declare, lift and destroy; the ids of what was made, by name."""
    coordinator = scheme.actors["coordinator"]
    ids = {}
    ids["block"] = blocks.block_vouchers(
        session,
        actor=coordinator,
        block_id=new_id(),
        named=[Named(f"{TAKEN_OVER} 01", f"{TAKEN_OVER} 04"), one(scheme.serial(1, 1))],
        declarant=Declarant.PRESCRIBER,
        cause=BlockCause.STOLEN,
        happened_on=scheme.today,
        complaint="PV 2026/0123",
        now=scheme.now,
    ).id
    ids["lift"] = blocks.lift_block(
        session,
        actor=coordinator,
        lift_id=new_id(),
        block_id=ids["block"],
        reason="Retrouvé",
        named=[one(f"{TAKEN_OVER} 04")],
        now=scheme.now,
    ).id
    for name, place in (("destroyed", 1), ("to destroy", 2)):
        ids[name] = write_offs.prepare_write_off(
            session,
            actor=coordinator,
            write_off_id=new_id(),
            named=[one(f"{TAKEN_OVER} 0{place}")],
            reason="Abîmé par l’eau",
            now=scheme.now,
        ).id
    write_offs.approve_write_off(
        session,
        actor=scheme.actors["finance"],
        write_off_id=ids["destroyed"],
        voucher_count=1,
        now=scheme.now,
    )
    return ids
