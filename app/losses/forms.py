"""What the pages about losses share: passes as people type them."""

from app.losses.naming import Named, read_lines, without_codes
from app.vouchers.errors import UnknownVoucher
from app.web.auth import current_actor, started_at
from app.web.forms import Form
from app.web.transaction import in_transaction

LINES = 40
"""Lines of a page of a list."""
NOT_KEPT = "Ce que vous vérifiiez n’est gardé qu’un jour : recommencez."
"""Said instead of a check whose draft is gone."""


def named_in(form: Form, field: str = "passes") -> list[Named]:
    """What was typed in a field, its codes replaced by serial numbers; a code that is none counts.

    Raises:
        TooManyGuesses, MistypedVoucherCode, UnknownVoucher.
    """
    told, known = in_transaction(
        lambda session: without_codes(
            session,
            actor=current_actor(),
            named=read_lines(form.text(field)),
            now=started_at(),
        )
    )
    if not known:
        raise UnknownVoucher
    form.typed[field] = [
        "\n".join(n.first if n.first == n.last else f"{n.first} à {n.last}" for n in told)
    ]
    return told
