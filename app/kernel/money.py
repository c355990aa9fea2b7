"""Money is whole cents of euro."""

from typing import NewType

Cents = NewType("Cents", int)

NO_BREAK = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"


def euros(cents: int) -> str:
    """Cents as a French amount: 123050 is « 1 230,50 € », 1000 is « 10 € »."""
    sign, cents = ("\N{MINUS SIGN}" if cents < 0 else ""), abs(cents)
    whole, rest = divmod(cents, 100)
    amount = f"{whole:,}".replace(",", NARROW) + (f",{rest:02d}" if rest else "")
    return f"{sign}{amount}{NO_BREAK}€"
