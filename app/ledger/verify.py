"""Replaying every movement from zero, and comparing with what the database says.

Who lies is named by the first row that differs. The replay shares nothing with the triggers
but the chart: it is a second implementation on purpose.
"""

from array import array
from dataclasses import dataclass
from typing import Any, NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger import queries
from app.ledger.chart import TRANSITIONS, AccountKind, MovementKind
from app.ledger.models import Movement, Posting, TransitionRow, Voucher
from app.ledger.verify_snapshots import SnapshotsReplayed

PAGE = 10_000
WAYS_BACK = {MovementKind.UNDO, MovementKind.CLAWBACK}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a replay found. `first_difference` is a French sentence, None when all agrees."""

    movement_count: int
    voucher_count: int
    first_difference: str | None

    @property
    def honest(self) -> bool:
        """Whether the replay and the database agree on everything."""
        return self.first_difference is None


class _Difference(Exception):
    """The replay met a row that cannot be true."""


def verify(session: Session) -> Verdict:
    """Replay all movements; compare each voucher with its place, each snapshot with its sums.

    Memory: thirty-two bytes a voucher; movements are read page by page.
    """
    replay = _Replay(session)
    try:
        replay.chart()
        replay.movements()
        replay.vouchers()
        replay.snapshots()
    except _Difference as difference:
        return Verdict(replay.movement_count, replay.voucher_count, str(difference))
    return Verdict(replay.movement_count, replay.voucher_count, None)


class _Replay:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.accounts = queries.all_accounts(session)
        last = queries.next_voucher_id(session)
        self.place = array("q", bytes(8 * (last + 1)))  # 0: has never moved
        self.latest = array("q", bytes(8 * (last + 1)))
        self.steps = array("l", bytes(array("l").itemsize * (last + 1)))
        self.giver = array("q", bytes(8 * (last + 1)))  # out of whose circulation it was redeemed
        self.size = last
        self.moves = {(str(kind), str(start), str(to)) for kind, start, to in TRANSITIONS}
        self.movement_count = self.voucher_count = 0
        self.summed = SnapshotsReplayed(session)

    def chart(self) -> None:
        """The moves that the database allows are the release's."""
        rows = {
            (row.kind, row.from_account_kind, row.to_account_kind)
            for row in self.session.scalars(select(TransitionRow))
        }
        for kind, start, to in sorted(rows ^ self.moves):
            side = "en trop" if (kind, start, to) in rows else "absente"
            message = f"transition {kind} {start} → {to} : {side} dans la base."
            raise _Difference(message)

    def movements(self) -> None:
        """Each movement moves what rests where it says, and nothing else."""
        seen = 0
        while page := self.session.execute(
            select(
                Movement.__table__,
                Posting.id.label("known_posting"),
                Posting.occurred_at,
                Posting.recorded_at,
            )
            .outerjoin(Posting, Posting.id == Movement.posting_id)
            .where(Movement.id > seen)
            .order_by(Movement.id)
            .limit(PAGE)
        ).all():
            for row in page:
                self._apply(row)
                self.summed.add(row)
                self.movement_count += 1
            seen = page[-1].id

    def _apply(self, row: Any) -> None:  # noqa: ANN401 - a row of the statement above
        movement_id = row.id
        debit, credit = (
            self.accounts.get(row.debit_account_id),
            self.accounts.get(row.credit_account_id),
        )
        if debit is None or credit is None or row.known_posting is None:
            self._lie(movement_id, "nomme un compte ou une écriture qui n’existe pas")
        if (debit.kind, credit.kind) != (row.debit_kind, row.credit_kind):
            self._lie(movement_id, "nomme un compte sous une autre nature que la sienne")
        vintages = {debit.vintage_id, credit.vintage_id, row.vintage_id}
        if len(vintages) > 1 or debit.face_value_cents != row.face_value_cents:
            self._lie(movement_id, "mêle deux millésimes ou deux valeurs faciales")
        if (row.kind, row.debit_kind, row.credit_kind) not in self.moves:
            self._lie(movement_id, "fait un passage que le plan de comptes n’a pas")
        count = row.last_id - row.first_id + 1
        if (row.voucher_count, row.amount_cents, row.span_bits) != (
            count,
            count * row.face_value_cents,
            count.bit_length() - 1,
        ):
            self._lie(movement_id, "ne compte pas ce que porte sa plage de pass")
        if not 0 < row.first_id <= row.last_id < self.size:
            self._lie(movement_id, "porte sur des pass qui n’existent pas")
        self._move(row, from_issuer=debit.kind is AccountKind.ISSUER)

    def _move(self, row: Any, *, from_issuer: bool) -> None:  # noqa: ANN401 - a row of the statement above
        """Each voucher of the range leaves the debit account; one that never moved, its issuer."""
        start = {row.debit_account_id, 0} if from_issuer else {row.debit_account_id}
        for voucher in range(row.first_id, row.last_id + 1):
            if self.place[voucher] not in start:
                self._lie(row.id, f"prend le pass n° {voucher} là où il n’est pas")
            if row.reverses_id is not None and self.latest[voucher] != row.reverses_id:
                self._lie(
                    row.id,
                    f"annule pour le pass n° {voucher} autre chose que son dernier mouvement",
                )
            if row.kind == MovementKind.REDEEM:
                self.giver[voucher] = row.debit_account_id
            elif row.kind in WAYS_BACK and not self._came_from(voucher, row.credit_account_id):
                self._lie(row.id, f"rend le pass n° {voucher} à un autre que celui qui l’a remis")
            self.place[voucher] = row.credit_account_id
            self.latest[voucher] = row.id
            self.steps[voucher] += 1

    def _came_from(self, voucher: int, account_id: int) -> bool:
        giver = self.accounts.get(self.giver[voucher])
        return giver is not None and giver.party_id == self.accounts[account_id].party_id

    def _lie(self, movement_id: int, what: str) -> NoReturn:
        message = f"movement n° {movement_id} {what}."
        raise _Difference(message)

    def snapshots(self) -> None:
        """Each snapshot sums the movements of its stretch."""
        if difference := self.summed.end():
            raise _Difference(difference)

    def vouchers(self) -> None:
        """Each voucher rests where the replay puts it."""
        seen = 0
        while page := self.session.execute(
            select(
                Voucher.id,
                Voucher.account_id,
                Voucher.sequence,
                Voucher.last_movement_id,
                Voucher.vintage_id,
                Voucher.face_value_cents,
            )
            .where(Voucher.id > seen)
            .order_by(Voucher.id)
            .limit(PAGE)
        ).all():
            for row in page:
                self._none_missing(range(seen + 1, row.id))
                self._compare(row)
                self.voucher_count += 1
                seen = row.id

    def _none_missing(self, between: range) -> None:
        """No voucher that ever moved is absent between two that are there."""
        for voucher_id in between:
            if self.place[voucher_id]:
                message = f"voucher n° {voucher_id} a disparu."
                raise _Difference(message)

    def _compare(self, row: Any) -> None:  # noqa: ANN401 - a row of the statement above
        account = self.accounts.get(row.account_id)
        if (
            account is None
            or account.vintage_id != row.vintage_id
            or account.face_value_cents != row.face_value_cents
        ):
            message = f"voucher n° {row.id} repose sur un compte d’un autre millésime."
            raise _Difference(message)
        place = self.place[row.id]
        if place == 0 and (
            account.kind is not AccountKind.ISSUER or row.sequence or row.last_movement_id
        ):
            message = f"voucher n° {row.id} a quitté l’émetteur sans mouvement."
            raise _Difference(message)
        if place and (row.account_id, row.last_movement_id, row.sequence) != (
            place,
            self.latest[row.id],
            self.steps[row.id],
        ):
            message = (
                f"voucher n° {row.id} ne repose pas là où ses mouvements l’ont mené "
                f"(compte {row.account_id} au lieu de {place})."
            )
            raise _Difference(message)
