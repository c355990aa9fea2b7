"""What the application's own connection could try against everything that is not a movement."""

from functools import partial
from typing import Any

from tests.ledger.hostile import DENIED, Attacks, Attempt, Value, World, code_hash

ROWS = Attacks()
ISSUER_FIRST = "voucher_starts_with_the_issuer"
IN_ITS_BOOKLET = "voucher_is_in_its_booklet"
attack = ROWS.add


def new_voucher(
    sentence: str, *promises: str, id_: int = 5001, account: str = "issuer", **other: Value
) -> None:
    """An attack that prints one voucher."""

    @attack(sentence, *promises)
    def _(world: World) -> Attempt:
        row = world.voucher(id_, account=account) | other
        return partial(world.insert, "voucher", row)


# ── New vouchers lie with their issuer and have never moved ───────────────────────────────────────

for state in ("stock_inert", "stock", "prescriber7", "circulation7", "redeemed21"):
    new_voucher(f"a pass is printed straight into {state}", ISSUER_FIRST, account=state)
new_voucher("a pass is printed at another face value", ISSUER_FIRST, face_value_cents=5000)
new_voucher(
    "a pass is printed with a history", ISSUER_FIRST, DENIED, sequence=1, last_movement_id=1
)
new_voucher(
    "a pass is printed with a code in use", "voucher_code_is_one_voucher", code_hash=code_hash(1)
)
new_voucher("a pass is printed with a serial in use", "voucher_serial_is_one_voucher", serial=1)
new_voucher(
    "a pass is printed twice",
    "voucher_id_is_one_voucher",
    id_=1,
    serial=5001,
    code_hash=code_hash(5001),
)
new_voucher(
    "a pass has the id 0",
    "voucher_id_is_positive",
    IN_ITS_BOOKLET,
    id_=0,
    serial=5001,
    booklet_id=0,
)
new_voucher("a pass has the serial 0", "voucher_serial_is_positive", serial=0)
new_voucher(
    "a pass keeps its code in clear", "voucher_code_is_a_digest", code_hash=b"0123456789ABCDEF"
)
new_voucher("a booklet begins after its pass", IN_ITS_BOOKLET, booklet_id=5002)
new_voucher("a booklet has eleven passes", IN_ITS_BOOKLET, id_=5011, booklet_id=5001)
new_voucher(
    "a booklet begins before the first pass", IN_ITS_BOOKLET, id_=1003, serial=5001, booklet_id=-1
)


for face_value_cents in (500, 1000):

    @attack(
        f"a pass of {face_value_cents} cents is printed with another vintage's issuer", ISSUER_FIRST
    )
    def _(world: World, face_value_cents: int = face_value_cents) -> Attempt:
        forged = {"account_id": world.account["issuer", 1], "face_value_cents": face_value_cents}
        return partial(world.insert, "voucher", world.voucher(5001, vintage=2) | forged)


# ── Accounts, vintages, the chart ─────────────────────────────────────────────────────────────────

for sentence, promise, *account in (
    ("an account is opened twice", "account_is_one_per_kind_parties_vintage", "stock", 2, 2, 1),
    ("an account has an invented kind", "account_kind_is_known", "gold", 1, 1, 1),
    ("an account has an unknown vintage", "account_vintage_is_known", "stock", 9, 9, 99),
    ("what is on its way has one party", "account_of_transit_has_two_parties", "transit", 9, 9, 1),
    ("a stock has two parties", "account_of_transit_has_two_parties", "stock", 9, 8, 1),
):

    @attack(str(sentence), str(promise))
    def _(world: World, account: list[Any] = account) -> Attempt:
        return partial(world.open_account, *account)


for sentence, statement, *promises in (
    (
        "a vintage is worth nothing",
        "insert into vintage (face_value_cents) values (0)",
        "vintage_is_worth_something",
    ),
    (
        "a new move is listed",
        "insert into transition values ('redeem', 'stock', 'redeemed')",
        *("transition_is_never_changed", DENIED),
    ),
    (
        "a new kind of account is made",
        "insert into account_kind values ('gold')",
        *("account_kind_is_never_changed", DENIED),
    ),
):

    @attack(sentence, *promises)
    def _(world: World, statement: str = statement) -> Attempt:
        return partial(world.sql, statement)


# ── Acts ──────────────────────────────────────────────────────────────────────────────────────────


@attack("an act is sent twice", "posting_is_sent_once")
def _(world: World) -> Attempt:
    again = world.posting(id=world.begin_act())
    return partial(world.insert, "posting", again)


@attack("an act is sent twice with other words", "posting_is_sent_once")
def _(world: World) -> Attempt:
    again = world.posting(id=world.begin_act(), kind="other", actor_id=2)
    return partial(world.insert, "posting", again)


for column in ("kind", "document_type", "document_id", "actor_id", "occurred_at"):

    @attack(f"an act has no {column}", f"not null {column}")
    def _(world: World, column: str = column) -> Attempt:
        return partial(world.insert, "posting", world.posting(**{column: None}))
