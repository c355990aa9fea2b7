"""Replaying every movement from zero, and comparing with what the database says.

Who lies is named by the first row that differs. The replay shares nothing with the triggers
but the chart: it is a second implementation on purpose.
"""

from array import array
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.ledger import queries
from app.ledger.chart import TRANSITIONS, AccountKind, MovementKind
from app.ledger.models import Movement, Posting, TransitionRow, Voucher

PAGE = 10_000


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
    """Replay all movements and compare each voucher with its replayed place.

    Memory: twenty bytes a voucher; movements are read page by page.
    """
    replay = _Replay(session)
    try:
        replay.chart()
        replay.movements()
        replay.vouchers()
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
        self.size = last
        self.movement_count = self.voucher_count = 0

    def chart(self) -> None:
        """The moves that the database allows are the release's."""
        rows = {
            (row.kind, row.from_account_kind, row.to_account_kind)
            for row in self.session.scalars(select(TransitionRow))
        }
        ours = {(str(kind), str(start), str(to)) for kind, start, to in TRANSITIONS}
        for kind, start, to in sorted(rows ^ ours):
            side = "en trop" if (kind, start, to) in rows else "absente"
            message = f"transition {kind} {start} → {to} : {side} dans la base."
            raise _Difference(message)

    def movements(self) -> None:
        """Each movement moves what rests where it says, and nothing else."""
        seen = 0
        while page := self.session.execute(
            select(Movement.__table__, Posting.id)
            .outerjoin(Posting, Posting.id == Movement.posting_id)
            .where(Movement.id > seen)
            .order_by(Movement.id)
            .limit(PAGE)
        ).all():
            for row in page:
                self._apply(row)
                self.movement_count += 1
            seen = page[-1][0]

    def _apply(self, row) -> None:  # noqa: ANN001 - a row of the statement above
        movement_id, posting_id, kind, first, last, count, span, vintage = row[:8]
        debit_id, debit_kind, credit_id, credit_kind, face, amount, reverses, posting = row[8:16]
        debit, credit = self.accounts.get(debit_id), self.accounts.get(credit_id)
        if debit is None or credit is None or posting is None or posting != posting_id:
            self._lie(movement_id, "nomme un compte ou une écriture qui n’existe pas")
        if (debit.kind, credit.kind) != (debit_kind, credit_kind):
            self._lie(movement_id, "nomme un compte sous une autre nature que la sienne")
        if {debit.vintage_id, credit.vintage_id} != {vintage} or debit.face_value_cents != face:
            self._lie(movement_id, "mêle deux millésimes ou deux valeurs faciales")
        move = (MovementKind(kind), AccountKind(debit_kind), AccountKind(credit_kind))
        if move not in TRANSITIONS:
            self._lie(movement_id, "fait un passage que le plan de comptes n’a pas")
        if count != last - first + 1 or amount != count * face or span != count.bit_length() - 1:
            self._lie(movement_id, "ne compte pas ce que porte sa plage de pass")
        if not 0 < first <= last < self.size:
            self._lie(movement_id, "porte sur des pass qui n’existent pas")
        # A voucher that never moved rests with its issuer.
        start = {debit_id, 0} if debit.kind is AccountKind.ISSUER else {debit_id}
        places, latest = self.place, self.latest
        for voucher in range(first, last + 1):
            if places[voucher] not in start:
                self._lie(movement_id, f"prend le pass n° {voucher} là où il n’est pas")
            if reverses is not None and latest[voucher] != reverses:
                self._lie(
                    movement_id,
                    f"annule pour le pass n° {voucher} autre chose que son dernier mouvement",
                )
            places[voucher] = credit_id
            latest[voucher] = movement_id
            self.steps[voucher] += 1

    def _lie(self, movement_id: int, what: str) -> None:
        message = f"movement n° {movement_id} {what}."
        raise _Difference(message)

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
            for voucher_id, account_id, sequence, last, vintage_id, face in page:
                self._compare(voucher_id, account_id, sequence, last, vintage_id, face)
                self.voucher_count += 1
            seen = page[-1][0]
        for voucher_id in range(1, self.size):
            if self.place[voucher_id] and voucher_id > seen:
                message = f"voucher n° {voucher_id} a disparu."
                raise _Difference(message)

    def _compare(  # noqa: PLR0913 - the six columns of one row
        self,
        voucher_id: int,
        account_id: int,
        sequence: int,
        last: int | None,
        vintage: int,
        face: int,
    ) -> None:
        account = self.accounts.get(account_id)
        if account is None or account.vintage_id != vintage or account.face_value_cents != face:
            message = f"voucher n° {voucher_id} repose sur un compte d’un autre millésime."
            raise _Difference(message)
        at_start = self.place[voucher_id] == 0
        if at_start and (account.kind is not AccountKind.ISSUER or sequence or last):
            message = f"voucher n° {voucher_id} a quitté l’émetteur sans mouvement."
            raise _Difference(message)
        if not at_start and (
            account_id != self.place[voucher_id]
            or last != self.latest[voucher_id]
            or sequence != self.steps[voucher_id]
        ):
            message = (
                f"voucher n° {voucher_id} ne repose pas là où ses mouvements l’ont mené "
                f"(compte {account_id} au lieu de {self.place[voucher_id]})."
            )
            raise _Difference(message)


def faults(session: Session) -> list[str]:
    """What the database itself finds missing among its rules; empty when all is well."""
    return [
        f"{what} : {which}"
        for what, which in session.execute(text("select what, which from fault"))
    ]
