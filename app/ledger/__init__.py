"""The ledger: a voucher rests in exactly one account, and moves only by an immutable movement.

This module is its door. Everything else in passnum is a sum over what passes here.
"""

from app.ledger import chart
from app.ledger.chart import AccountKey, AccountKind, MovementKind
from app.ledger.errors import BookletCut, NoSuchMove, PostingRepeated, VouchersNotThere
from app.ledger.integrity import faults
from app.ledger.queries import (
    Account,
    Balance,
    Flow,
    HistoryEntry,
    VoucherState,
    accounts_by_id,
    all_accounts,
    balances,
    face_value,
    first_stray,
    flows,
    history,
    lock_vouchers,
    lock_vouchers_by_code,
    movements_after,
    next_voucher_id,
    ranges_in,
    voucher_states,
)
from app.ledger.rules import VoucherRange, contiguous
from app.ledger.service import (
    Act,
    Line,
    NewVoucher,
    account,
    accounts,
    add_vintage,
    add_vouchers,
    post,
    post_many,
    recorded_at,
    refusal_behind,
    reverse,
    rule_named_by,
)
from app.ledger.verify import Verdict, verify

__all__ = [
    "Account",
    "AccountKey",
    "AccountKind",
    "Act",
    "Balance",
    "BookletCut",
    "Flow",
    "HistoryEntry",
    "Line",
    "MovementKind",
    "NewVoucher",
    "NoSuchMove",
    "PostingRepeated",
    "Verdict",
    "VoucherRange",
    "VoucherState",
    "VouchersNotThere",
    "account",
    "accounts",
    "accounts_by_id",
    "add_vintage",
    "add_vouchers",
    "all_accounts",
    "balances",
    "chart",
    "contiguous",
    "face_value",
    "faults",
    "first_stray",
    "flows",
    "history",
    "lock_vouchers",
    "lock_vouchers_by_code",
    "movements_after",
    "next_voucher_id",
    "post",
    "post_many",
    "ranges_in",
    "recorded_at",
    "refusal_behind",
    "reverse",
    "rule_named_by",
    "verify",
    "voucher_states",
]
