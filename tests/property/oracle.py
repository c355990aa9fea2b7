"""The scheme once more, in dictionaries: what each move should answer, and what should rest where.

Nothing here is shared with the application but the words. A move returns the code of the refusal,
or None when it is accepted; only an accepted move changes anything. Each part knows one field of
the work; what they share is where each pass rests.
"""

from collections import Counter
from dataclasses import dataclass

from tests.property.clearing_oracle import Statement
from tests.property.closing_oracle import ClosingOracle
from tests.property.correction_oracle import CorrectionOracle
from tests.property.count_oracle import CountOracle
from tests.property.custody_oracle import Place
from tests.property.loss_oracle import LossOracle
from tests.property.order_oracle import OrderOracle

HELD = {"stock_inert", "stock", "transit", "prescriber", "withheld"}
"""Where passes lie that a holder's register counts."""


@dataclass
class Oracle(OrderOracle, LossOracle, CountOracle, CorrectionOracle, ClosingOracle):
    """Everything that there is."""

    def balances(self) -> Counter[Place]:
        """How many passes should rest where."""
        return Counter(self.place.values())

    def registers(self) -> Counter[str]:
        """How many passes the register of each holder should close with."""
        return Counter(party for kind, party, _ in self.place.values() if kind in HELD)

    def use(self, *, ended: bool) -> Counter[str]:
        """What the account of use should say of each pass that was ordered."""
        told = {
            "settled": "Payés",
            "redeemed": "À payer",
            "claimed": "À payer",
            "blocked": "Rejetés",
            "void": "Rejetés",
            "credited": "Remboursés",
            "expired": "Périmés",
            "circulation": "Restants chez des personnes",
        }
        found = Counter(
            "Échangés"
            if kind == "void" and serial in self.stood_for
            else told.get(kind, "Restants chez les détenteurs")
            for serial, (kind, _, _) in self.place.items()
        )
        allotted = {
            order: sum(size * count for size, count in known.lines.items())
            for order, known in self.orders.items()
            if known.allotted is not None
        }
        found["Commandés"] = sum(allotted.values())
        to_come = "Jamais livrés" if ended else "Restants à livrer"
        found[to_come] = found["Commandés"] - len(self.place)
        return found

    def money(self, mediator: str) -> tuple[int, int, int]:
        """What was paid to a mediator, collected back, and is owed back still, in cents."""
        paid = sum(s.payable for s in self._of(mediator) if s.paid and not s.rejected)
        collected = sum(n.cents for n in self.notes.values() if n.mediator == mediator and n.paid)
        open_cents = sum(
            1000
            for one in self.owed
            if one.mediator == mediator and not self._back(one.recovered_on)
        )
        return paid, collected, open_cents

    def _of(self, mediator: str) -> list[Statement]:
        return [s for s in self.statements.values() if s.mediator == mediator]

    def _back(self, paper: object) -> bool:
        """Whether what a paper recovers has come back: the note is paid, the statement too."""
        for note_id, note in self.notes.items():
            if note_id == paper:
                return note.paid
        for statement_id, statement in self.statements.items():
            if statement_id == paper:
                return (statement.paid and not statement.rejected) or not statement.payable
        return False
