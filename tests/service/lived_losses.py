"""Oppositions, destructions and replacements of a scheme that has lived, of its other programme.

| pass of 24R 00001 | rests                                         |
|-------------------|-----------------------------------------------|
| 1                 | void: destroyed by a procès-verbal            |
| 2                 | blocked: a procès-verbal waits to be approved |
| 3                 | blocked; a procès-verbal of it was given up   |
| 5                 | blocked; another waits to be given up         |
| 4                 | ccas's drawer: its opposition was lifted      |

The opposition names pass 1 of booklet 1 of the scheme too, which is paid for: it came too late.

| passes of 23R, taken over | rest                                                     |
|---------------------------|----------------------------------------------------------|
| 00001 01                  | void: replaced by 00002 01                               |
| 00001 02–05               | in circulation, handed over by ccas                      |
| 00002 01                  | in circulation, in the place of 00001 01                 |
| 00002 02–05               | stock: the pool of what replaces others                  |

The key of 24R is said to have leaked, with 23R in its place: nothing is withheld yet.
"""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel.ids import new_id
from app.losses import blocks, write_offs
from app.losses.compromises import declare_compromise
from app.losses.naming import Named
from app.losses.replacements import replace_passes
from app.losses.rules import BlockCause, Declarant, ReplacementCause
from app.programmes import queries as programmes
from app.programmes.service import create_vintage
from tests.factories import Scheme
from tests.opening import TEN_EUROS

TAKEN_OVER, IN_POCKETS = "24R 00001", "23R 00001"


def one(serial: str) -> Named:
    """One pass, as typed."""
    return Named(serial, serial)


def lost(session: Session, scheme: Scheme, programme_id: UUID) -> dict[str, UUID]:
    """Declare, lift, destroy and replace; the ids of what was made, by name."""
    asked: dict[str, Any] = {"actor": scheme.actors["coordinator"], "now": scheme.now}
    ids = {}
    ids["block"] = blocks.block_vouchers(
        session,
        block_id=new_id(),
        named=[Named(f"{TAKEN_OVER} 01", f"{TAKEN_OVER} 05"), one(scheme.serial(1, 1))],
        declarant=Declarant.PRESCRIBER,
        cause=BlockCause.STOLEN,
        happened_on=scheme.today,
        complaint="PV 2026/0123",
        **asked,
    ).id
    ids["lift"] = blocks.lift_block(
        session,
        lift_id=new_id(),
        block_id=ids["block"],
        reason="Retrouvé",
        named=[one(f"{TAKEN_OVER} 04")],
        **asked,
    ).id
    for name, place in (("destroyed", 1), ("to destroy", 2), ("to give up", 5)):
        ids[name] = write_offs.prepare_write_off(
            session,
            write_off_id=new_id(),
            named=[one(f"{TAKEN_OVER} 0{place}")],
            reason="Abîmé par l’eau",
            **asked,
        ).id
    ids["given up write-off"] = write_offs.prepare_write_off(
        session,
        write_off_id=new_id(),
        named=[one(f"{TAKEN_OVER} 03")],
        reason="Abîmé par l’eau",
        **asked,
    ).id
    write_offs.abandon_write_off(
        session,
        abandonment_id=new_id(),
        write_off_id=ids["given up write-off"],
        reason="Un pass de trop",
        **asked,
    )
    write_offs.approve_write_off(
        session,
        actor=scheme.actors["finance"],
        write_off_id=ids["destroyed"],
        voucher_count=1,
        now=scheme.now,
    )
    return ids | replaced(session, scheme, programme_id)


def replaced(session: Session, scheme: Scheme, programme_id: UUID) -> dict[str, UUID]:
    """A booklet in a pocket and one in stock, one pass replaced, and a key that leaked."""
    asked: dict[str, Any] = {"actor": scheme.actors["coordinator"], "now": scheme.now}
    label, taken_over = IN_POCKETS[:3], programmes.vintage_by_label(session, TAKEN_OVER[:3])
    assert taken_over is not None
    other = create_vintage(
        session,
        programme_id=programme_id,
        label=label,
        face_value_cents=TEN_EUROS,
        valid_from=scheme.today,
        valid_until=scheme.today,
        tolerance_days=0,
        keys=scheme.keys,
        taken_over=True,
        **asked,
    )
    scheme.taken_over(
        session,
        f"{label};1;1;5;circulation;CCAS;passnum",
        f"{label};2;2;5;stock;;passnum",
        voucher_count=10,
        programme_id=programme_id,
    )
    replacement = replace_passes(
        session,
        replacement_id=new_id(),
        named=[one(f"{IN_POCKETS} 01")],
        cause=ReplacementCause.DAMAGED,
        **asked,
    )
    leaked = declare_compromise(
        session,
        compromise_id=new_id(),
        vintage_id=taken_over.vintage_id,
        replacement_id=other.vintage_id,
        reason="Clé copiée",
        **asked,
    )
    return {"replacement": replacement.id, "compromise": leaked.id}
