"""Moves between people: registering, handing over, taking at a mediator's, undoing."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy.orm import Session

from app.clearing.redemptions import Scan, redeem_vouchers
from app.clearing.undoing import undo_redemption
from app.kernel import codes
from app.kernel.ids import new_id
from app.prescribers import people, prescriptions
from app.prescribers.people import Person
from app.prescribers.rules import Commitment, LateReason
from app.programmes.rules import Public
from tests.factories import ALIKE, ANSWERS
from tests.property.hand_over_oracle import Person as KnownPerson
from tests.property.moves import ANY, MEDIATORS, PRESCRIBERS, SERIALS, SLIP, one_of
from tests.property.world import World


class HandOverMoves(World):
    """People, prescriptions, redemptions."""

    @rule(
        public=st.sampled_from([Public.PLIE, Public.SENIOR, Public.REGISTERED_JOB_SEEKER]),
        by=PRESCRIBERS,
    )
    def person(self, public: Public, by: str) -> None:
        new = new_id()
        self.oracle.people[new] = KnownPerson(str(public), by)
        self.both(
            None,
            lambda session: people.register_beneficiary(
                session,
                actor=self.actor(by),
                beneficiary_id=new,
                public=public,
                person=Person("Démonstration", "Rosette", 1950, "Le Lorrain"),
                now=self.scheme.now,
            ),
        )

    @rule(
        pick=ANY,
        by=PRESCRIBERS,
        numbers=st.lists(st.integers(1, 9), max_size=3),
        declares=st.booleans(),
        accepts_late=st.booleans(),
    )
    def prescribe(
        self,
        pick: int,
        by: str,
        numbers: list[int],
        *,
        declares: bool,
        accepts_late: bool = False,
    ) -> None:
        person_id = one_of(self.oracle.people, pick)
        self.both(
            self.oracle.prescribe(
                person_id, by, numbers, declares=declares, accepts_late=accepts_late
            ),
            lambda session: prescriptions.issue_booklets(
                session,
                actor=self.actor(by),
                prescription_id=new_id(),
                programme_id=self.scheme.programme_id,
                beneficiary_id=person_id,
                booklets=[self.scheme.booklet(number) for number in numbers],
                referred_to_id=self.scheme.organisations["exo7"],
                answers=ANSWERS,
                commitment=Commitment.SCREEN,
                reasons=replace(ALIKE, late=LateReason.SESSIONS_BOOKED if accepts_late else None),
                declares_no_other_pass=declares,
                now=self.scheme.now,
            ),
        )

    # ── Mediators ─────────────────────────────────────────────────────────────────────────────────

    def scanned(self, at: str, scans: list[tuple[UUID, int]], *, back: int = 0) -> None:
        """Passes sent at once: the oracle takes them one after the other.

        The session may have been held some days before.
        """
        held_at, on = self.scheme.now - timedelta(days=back), self.oracle.day - back
        throttled = self.oracle.throttled(at, [scan_id for scan_id, _ in scans])
        expected = [] if throttled else [self.oracle.redeem(*scan, at, on=on) for scan in scans]
        undone = [
            not refused and (self.oracle.attempts[i].undone or self.oracle.attempts[i].taken_back)
            for (i, _), refused in zip(scans, expected, strict=False)
        ]

        def move(session: Session) -> None:
            verdicts = redeem_vouchers(
                session,
                actor=self.actor(at),
                scans=[Scan(i, codes.derive(self.key, n), held_at) for i, n in scans],
                signer=self.scheme.signer,
                now=self.scheme.now,
            )
            assert [v.refusal.code if v.refusal else None for v in verdicts] == expected
            assert [v.undone for v in verdicts] == undone

        self.both("too_many_guesses" if throttled else None, move)

    @rule(serial=SERIALS, at=MEDIATORS, back=st.sampled_from([0, 0, 0, 10]))
    def redeem(self, serial: int, at: str, back: int = 0) -> None:
        self.scanned(at, [(new_id(), serial)], back=back)

    @rule(at=MEDIATORS, scans=st.lists(st.tuples(SERIALS, st.booleans()), min_size=1, max_size=6))
    def redeem_a_batch(self, at: str, scans: list[tuple[int, bool]]) -> None:
        """Some scans of a batch bear the id of the one before."""
        batch: list[tuple[UUID, int]] = []
        for serial, again in scans:
            batch.append((batch[-1][0] if again and batch else new_id(), serial))
        self.scanned(at, batch)

    @precondition(lambda self: self.oracle.attempts)
    @rule(picks=st.lists(ANY, min_size=1, max_size=4), slip=SLIP, at=st.none() | MEDIATORS)
    def scan_again(self, picks: list[int], slip: int, at: str | None) -> None:
        """The same ids; now and then with another pass, or from elsewhere."""
        known = list(self.oracle.attempts.items())
        again = [known[pick % len(known)] for pick in picks]
        self.scanned(at or again[0][1].mediator, [(i, max(1, a.serial + slip)) for i, a in again])

    @rule(pick=ANY, at=st.none() | MEDIATORS | st.sampled_from(["finance", "accountant"]))
    def undo(self, pick: int, at: str | None) -> None:
        scan_id = one_of(self.oracle.attempts, pick)
        known = self.oracle.attempts.get(scan_id)
        by = at or (known.mediator if known else "exo7")
        self.both(
            self.oracle.undo(scan_id, by),
            lambda session: undo_redemption(
                session,
                actor=self.actor(by),
                reversal_id=new_id(),
                redemption_id=scan_id,
                reason="Erreur",
                now=self.scheme.now,
            ),
        )
