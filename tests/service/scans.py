"""Sending passes to be taken, and looking at what is owed for them."""

from datetime import datetime, timedelta
from uuid import UUID

from app import ledger
from app.clearing.redemptions import Scan, Verdict, redeem_vouchers
from app.kernel import codes
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from app.ledger import chart
from tests.service.chain import State, everything
from tests.service.conftest import World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def redeem(
    world: World,
    code: str,
    *,
    at: str = "exo7",
    redemption_id: UUID | None = None,
    redeemed_at: datetime | None = None,
    now: datetime | None = None,
) -> Verdict:
    """One pass, sent by a mediator."""
    scan = Scan(redemption_id or new_id(), code, redeemed_at or world.scheme.now)
    [verdict] = batch(world, [scan], at=at, now=now)
    return verdict


def batch(
    world: World, scans: list[Scan], *, at: str = "exo7", now: datetime | None = None
) -> list[Verdict]:
    """Several passes at once."""
    return redeem_vouchers(
        world.session,
        actor=world.scheme.actors[at],
        scans=scans,
        signer=world.scheme.signer,
        now=now or world.scheme.now,
    )


def undo(world: World, redemption_id: UUID, *, at: str = "exo7") -> None:
    """Give a pass back."""
    world.scheme.undone(world.session, redemption_id, by=at)


def owed(world: World, mediator: str = "exo7") -> int:
    """How many passes rest with a mediator, on no statement yet."""
    account = ledger.account(
        world.session,
        chart.redeemed(world.scheme.organisations[mediator], world.scheme.vintage_id),
    )
    balance = ledger.balances(world.session).get(account)
    return balance.voucher_count if balance else 0


def unknown_code(number: int) -> VoucherCode:
    """A code that is well formed, and of another territory."""
    return codes.derive(b"another territory", number)


def without_attempts(world: World) -> State:
    """Every row but those that keep what was answered."""
    return {k: rows for k, rows in everything(world.session).items() if k != "redemption_attempt"}
