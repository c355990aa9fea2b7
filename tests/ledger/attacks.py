"""What the application's own connection could try against movements, on both databases."""

from functools import partial
from typing import Any

from tests.ledger.hostile import ALL_ITS_VOUCHERS, DENIED, Attacks, Attempt, Move, Value, World

MOVEMENTS = Attacks()
TRANSITION = "movement_transition"
WHOLE_BOOKLETS = "movement_moves_whole_booklets"
PARTIES = "movement_keeps_to_its_parties"
RANGE = "movement_counts_its_range"
SPAN = "movement_span_is_the_size_of_its_range"
AMOUNT = "movement_amount_is_count_times_face_value"
MIRROR = "movement_reverses_its_mirror"
NO_REVERSAL = "movement_reverses_no_reversal"
NAMES_WHAT = "movement_that_reverses_names_what"
LATE = "posting_takes_no_late_lines"
REDEEM = ("circulation7", "redeemed21")
UNDO = ("redeemed21", "circulation7")
BLOCK, UNBLOCK = ("circulation7", "blocked7"), ("blocked7", "circulation7")
WAY_BACK = "movement_undone_goes_back_where_it_came_from"

attack, move = MOVEMENTS.add, MOVEMENTS.movement

# ── A pass is redeemed once, by who holds it ──────────────────────────────────────────────────────


@attack("a pass is redeemed twice at one mediator", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    world.post("redeem", 1, 1, *REDEEM)
    return partial(world.move, "redeem", 1, 1, *REDEEM)


@attack("a pass is redeemed again at another mediator", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    world.post("redeem", 1, 1, *REDEEM)
    return partial(world.move, "redeem", 1, 1, "circulation7", "redeemed22")


@attack("one pass is redeemed twice in one statement", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    return lambda: world.insert(
        "movement",
        *(world.movement("redeem", 3, 3, "circulation7", m) for m in ("redeemed21", "redeemed22")),
    )


@attack("a blocked pass is redeemed", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    world.post("block", 6, 6, "circulation7", "blocked7")
    return partial(world.move, "redeem", 6, 6, *REDEEM)


@attack("a withheld pass is issued", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    world.post("withhold", 101, 110, "prescriber7", "withheld7")
    return partial(world.move, "issue", 101, 110, "prescriber7", "circulation7")


move(
    "a pass is redeemed out of another prescriber's circulation",
    ALL_ITS_VOUCHERS,
    *("redeem", 2, 2, "circulation8", "redeemed21"),
)
move("a pass still in stock is redeemed", ALL_ITS_VOUCHERS, "redeem", 200, 200, *REDEEM)
move("a pass that does not exist is redeemed", ALL_ITS_VOUCHERS, "redeem", 99999, 99999, *REDEEM)
move(
    "passes in stock are activated again",
    ALL_ITS_VOUCHERS,
    *("activate", 200, 200, "stock_inert", "stock"),
)

# ── Nothing moves but along the chart, between accounts that are what they say ────────────────────

move("a pass goes from stock to a mediator", TRANSITION, "redeem", 200, 200, "stock", "redeemed21")
move("a redemption is called a claim", TRANSITION, "claim", 2, 2, *REDEEM)
move("a pass in circulation is withheld", TRANSITION, "withhold", 2, 2, "circulation7", "withheld")
move("a pass in stock is void without a block", TRANSITION, "void", 200, 200, "stock", "void")
move("a pass in circulation is credited", TRANSITION, "credit", 2, 2, "circulation7", "credited")
move("a prescriber returns past transit", TRANSITION, "return", 101, 110, "prescriber7", "stock")
move(
    "an account gives to itself",
    ("movement_goes_somewhere_else", TRANSITION),
    *("redeem", 3, 3, "circulation7", "circulation7"),
)
for sentence, states, kind in (
    ("a listed move is made backwards", UNDO, "redeem"),
    ("a redeemed pass is blocked", ("redeemed21", "blocked"), "block"),
    ("a redeemed pass expires", ("redeemed21", "expired"), "expire"),
    ("a redeemed pass is clawed back", UNDO, "clawback"),
):

    @attack(sentence, TRANSITION)
    def _(world: World, states: tuple[str, str] = states, kind: str = kind) -> Attempt:
        world.post("redeem", 5, 5, *REDEEM)
        return partial(world.move, kind, 5, 5, *states)


move(
    "stock calls itself circulation",
    "movement_debit_account",
    *("redeem", 200, 200, "stock", "redeemed21"),
    debit_kind="circulation",
)
move(
    "circulation calls itself transit",
    "movement_credit_account",
    *("allocate", 201, 210, "stock", "circulation7"),
    credit_kind="transit",
)
move(
    "an account that does not exist gives",
    "movement_debit_account",
    "redeem",
    2,
    2,
    *REDEEM,
    debit_account_id=987654,
)
move(
    "an account that does not exist takes",
    "movement_credit_account",
    *("redeem", 2, 2, *REDEEM),
    credit_account_id=987654,
)


@attack("an account of another vintage takes", "movement_credit_account")
def _(world: World) -> Attempt:
    return partial(
        world.move, "redeem", 2, 2, *REDEEM, credit_account_id=world.account["redeemed21", 2]
    )


move(
    "passes move under another vintage's name", ALL_ITS_VOUCHERS, "redeem", 2, 2, *REDEEM, vintage=2
)

# ── A movement counts its passes and their value ──────────────────────────────────────────────────

move("a movement is worth more than its passes", AMOUNT, "redeem", 2, 2, *REDEEM, amount_cents=2000)
move("a movement is worth less than nothing", AMOUNT, "redeem", 2, 2, *REDEEM, amount_cents=-1000)
move(
    "a pass has another vintage's face value",
    "movement_face_value",
    "redeem",
    2,
    2,
    *REDEEM,
    face_value_cents=500,
)
move(
    "a range covers two vintages",
    ALL_ITS_VOUCHERS,
    *("allocate", 891, 2020, "stock", "transit7"),
)
move("a range covers a missing pass", ALL_ITS_VOUCHERS, "allocate", 491, 510, "stock", "transit7")
move(
    "a count steps over a missing pass",
    RANGE,
    *("expire", 491, 510, "stock", "expired"),
    voucher_count=19,
)
for sentence, first, last, count in (
    ("a range runs backwards", 210, 201, -8),
    ("a range runs backwards and counts forwards", 210, 201, 10),
    ("a range is empty", 211, 210, 0),
):
    move(sentence, RANGE, "allocate", first, last, "stock", "transit7", voucher_count=count)
move(
    "a range is longer than a number can say",
    (RANGE, "bigint out of range"),
    *("redeem", -(2**63), 2**63 - 1, *REDEEM),
    voucher_count=1,
)
for sentence, bits in (
    ("a span is one bit short", 2),
    ("a span is one bit long", 4),
    ("a span is negative", -1),
    ("a span goes round the word", 67),
):
    move(sentence, SPAN, "expire", 201, 210, "stock", "expired", span_bits=bits)


@attack("a range overlaps one that has left", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    world.post("allocate", 201, 300, "stock", "transit7")
    return partial(world.move, "allocate", 291, 310, "stock", "transit8")


@attack("a range lies inside one that has left", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    world.post("allocate", 201, 300, "stock", "transit7")
    return partial(world.move, "allocate", 251, 260, "stock", "transit8")


@attack("two ranges of one statement overlap", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    ranges = ((301, 320), (311, 330))
    return lambda: world.insert(
        "movement", *(world.movement("allocate", *range_, "stock", "transit7") for range_ in ranges)
    )


# ── Paper travels by the booklet until it is issued ───────────────────────────────────────────────

move(
    "an allocation begins inside a booklet",
    WHOLE_BOOKLETS,
    "allocate",
    172,
    180,
    "stock",
    "transit7",
)
move(
    "an allocation ends inside a booklet", WHOLE_BOOKLETS, "allocate", 171, 179, "stock", "transit7"
)
move(
    "one pass of a booklet is allocated", WHOLE_BOOKLETS, "allocate", 175, 175, "stock", "transit7"
)
move("half a booklet is accepted", WHOLE_BOOKLETS, "accept", 151, 155, "transit7", "prescriber7")
move(
    "half a booklet is transferred",
    WHOLE_BOOKLETS,
    "transfer",
    101,
    105,
    "prescriber7",
    "transit7to8",
)
move(
    "half a booklet is sent back", WHOLE_BOOKLETS, "return", 106, 110, "prescriber7", "transit7back"
)
move(
    "half a booklet comes back into stock", WHOLE_BOOKLETS, "return", 156, 160, "transit7", "stock"
)
move("half a booklet is issued", WHOLE_BOOKLETS, "issue", 101, 105, "prescriber7", "circulation7")


@attack("a booklet with a blocked pass is issued whole", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    world.post("block", 103, 103, "prescriber7", "blocked7")
    return partial(world.move, "issue", 101, 110, "prescriber7", "circulation7")


@attack("a booklet with a blocked pass is issued but for that pass", WHOLE_BOOKLETS)
def _(world: World) -> Attempt:
    world.post("block", 101, 101, "prescriber7", "blocked7")
    return partial(world.move, "issue", 102, 110, "prescriber7", "circulation7")


for sentence, kind, ids, states in (
    ("the allocation of half a booklet is undone", "allocate", (171, 180), ("stock", "transit7")),
    ("the receipt of half a booklet is undone", "accept", (151, 160), ("transit7", "prescriber7")),
    ("the issue of half a booklet is undone", "issue", (101, 110), ("prescriber7", "circulation7")),
):

    @attack(sentence, WHOLE_BOOKLETS)
    def _(
        world: World,
        kind: str = kind,
        ids: tuple[int, int] = ids,
        states: tuple[str, str] = states,
    ) -> Attempt:
        done = world.post(kind, *ids, *states)
        return partial(world.move, "reverse", ids[0], ids[0] + 4, *states[::-1], reverses_id=done)


# ── What is on its way, issued or owed stays with the party it is for ─────────────────────────────

move(
    "a parcel is accepted by another prescriber",
    PARTIES,
    "accept",
    151,
    160,
    "transit7",
    "prescriber8",
)
move(
    "stock is sent in another sender's name", PARTIES, "allocate", 171, 180, "stock", "transit7to8"
)
move(
    "a transfer is sent in the sponsor's name",
    PARTIES,
    "transfer",
    101,
    110,
    "prescriber7",
    "transit8",
)
move(
    "a return is sent in the sponsor's name", PARTIES, "return", 101, 110, "prescriber7", "transit7"
)
move("another prescriber issues", PARTIES, "issue", 101, 110, "prescriber7", "circulation8")


@attack("a redemption is claimed for another mediator", PARTIES)
def _(world: World) -> Attempt:
    world.post("redeem", 7, 7, *REDEEM)
    return partial(world.move, "claim", 7, 7, "redeemed21", "claimed22")


for sentence, kind, ids, states in (
    (
        "a prescriber's loss is blocked with the sponsor",
        "block",
        (1, 5),
        ("circulation7", "blocked"),
    ),
    ("a drawer is withheld with the sponsor", "withhold", (101, 110), ("prescriber7", "withheld")),
    ("a forgotten pass expires with the sponsor", "expire", (1, 5), ("circulation7", "expired")),
    ("another prescriber replaces", "replace", (101, 101), ("prescriber7", "circulation8")),
):
    move(sentence, PARTIES, kind, *ids, *states)


@attack("a lost pass is void with the sponsor", PARTIES)
def _(world: World) -> Attempt:
    world.post("block", 8, 8, *BLOCK)
    return partial(world.move, "void", 8, 8, "blocked7", "void")


@attack("a forgotten pass is credited to the sponsor", PARTIES)
def _(world: World) -> Attempt:
    world.post("expire", 8, 8, "circulation7", "expired7")
    return partial(world.move, "credit", 8, 8, "expired7", "credited")


@attack("a claim is settled with another mediator", PARTIES)
def _(world: World) -> Attempt:
    world.post("redeem", 7, 7, *REDEEM)
    world.post("claim", 7, 7, "redeemed21", "claimed21")
    return partial(world.move, "settle", 7, 7, "claimed21", "settled22")


# ── An act is complete when it is recorded ────────────────────────────────────────────────────────


@attack("a line is added to an act of the past", LATE)
def _(world: World) -> Attempt:
    past = world.sql("select posting_id from movement where id = 1")[0][0]
    return partial(world.move, "redeem", 2, 2, *REDEEM, posting_id=past)


@attack("a movement belongs to no act", "movement_posting")
def _(world: World) -> Attempt:
    return partial(world.move, "redeem", 2, 2, *REDEEM, posting_id=world.uuid())


@attack(
    "a movement has a number of the attacker's choice",
    "movement_takes_the_next_id",
    *(DENIED, 'cannot insert a non-DEFAULT value into column "id"'),
)
def _(world: World) -> Attempt:
    return partial(world.move, "redeem", 3, 3, *REDEEM, id=10**12)


# ── A reversal undoes the latest movement of its passes, once ─────────────────────────────────────


def reversal(
    sentence: str, promise: str, *undo: *Move, also: Move | None = None, **other: Value
) -> None:
    """An attack after pass 1 was blocked: a movement that pretends to lift that block."""

    @attack(sentence, promise)
    def _(world: World) -> Attempt:
        changes: dict[str, Any] = {"reverses_id": world.post("block", 1, 1, *BLOCK)} | other
        if also:
            world.post(*also)
        return partial(world.move, *undo, **changes)


reversal(
    "another pass's block is lifted",
    ALL_ITS_VOUCHERS,
    *("reverse", 4, 4, *UNBLOCK),
    also=("block", 4, 4, *BLOCK),
)
reversal(
    "a block is lifted from another holder", MIRROR, "reverse", 1, 1, "blocked", "circulation7"
)
reversal(
    "a block is lifted to another prescriber", MIRROR, "reverse", 1, 1, "blocked7", "circulation8"
)
reversal("a reversal names nothing", NAMES_WHAT, "reverse", 1, 1, *UNBLOCK, reverses_id=None)
reversal(
    "a movement that does not exist is undone",
    MIRROR,
    *("reverse", 1, 1, *UNBLOCK),
    reverses_id=987654,
)
reversal("a reversal has another amount", AMOUNT, "reverse", 1, 1, *UNBLOCK, amount_cents=1)
reversal("a reversal has two passes for one", ALL_ITS_VOUCHERS, "reverse", 1, 2, *UNBLOCK)


@attack("a return claims to undo the allocation", NAMES_WHAT)
def _(world: World) -> Attempt:
    sent = world.post("allocate", 171, 180, "stock", "transit7")
    return partial(world.move, "return", 171, 180, "transit7", "stock", reverses_id=sent)


@attack("a block is lifted twice", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    blocked = world.post("block", 1, 1, *BLOCK)
    world.post("reverse", 1, 1, *UNBLOCK, reverses_id=blocked)
    return partial(world.move, "reverse", 1, 1, *UNBLOCK, reverses_id=blocked)


@attack("a block lifted once is lifted in the place of the next", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    blocked = world.post("block", 5, 5, *BLOCK)
    world.post("reverse", 5, 5, *UNBLOCK, reverses_id=blocked)
    world.post("block", 5, 5, *BLOCK)
    return partial(world.move, "reverse", 5, 5, *UNBLOCK, reverses_id=blocked)


@attack("a reversal is undone", NO_REVERSAL)
def _(world: World) -> Attempt:
    blocked = world.post("block", 1, 1, *BLOCK)
    lifted = world.post("reverse", 1, 1, *UNBLOCK, reverses_id=blocked)
    return partial(world.move, "reverse", 1, 1, *BLOCK, reverses_id=lifted)


@attack("an allocation is undone though one booklet has come back and left since", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    sent = world.post("allocate", 401, 420, "stock", "transit7")
    world.post("return", 401, 410, "transit7", "stock")
    world.post("allocate", 401, 410, "stock", "transit7")
    return partial(world.move, "reverse", 401, 420, "transit7", "stock", reverses_id=sent)


@attack("an undoing reaches beyond what was done", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    sent = world.post("allocate", 401, 410, "stock", "transit7")
    world.post("allocate", 411, 420, "stock", "transit7")
    return partial(world.move, "reverse", 401, 420, "transit7", "stock", reverses_id=sent)


@attack("a pass is unblocked to where it was not", MIRROR)
def _(world: World) -> Attempt:
    blocked = world.post("block", 6, 6, *BLOCK)
    return partial(world.move, "reverse", 6, 6, "blocked7", "prescriber7", reverses_id=blocked)


@attack("a pass is unblocked after it expired", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    blocked = world.post("block", 6, 6, *BLOCK)
    world.post("expire", 6, 6, "blocked7", "expired7")
    return partial(world.move, "reverse", 6, 6, *UNBLOCK, reverses_id=blocked)


# ── A redemption is undone by a move of its own, towards who handed the pass over ─────────────────


@attack("a redemption is reversed like a parcel", TRANSITION)
def _(world: World) -> Attempt:
    redeemed = world.post("redeem", 1, 1, *REDEEM)
    return partial(world.move, "reverse", 1, 1, *UNDO, reverses_id=redeemed)


@attack("a redemption is undone twice", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    world.post("redeem", 1, 1, *REDEEM)
    world.post("undo", 1, 1, *UNDO)
    return partial(world.move, "undo", 1, 1, *UNDO)


@attack("a claimed pass is undone", ALL_ITS_VOUCHERS)
def _(world: World) -> Attempt:
    world.post("redeem", 1, 1, *REDEEM)
    world.post("claim", 1, 1, "redeemed21", "claimed21")
    return partial(world.move, "undo", 1, 1, *UNDO)


@attack("a redemption is undone to another prescriber", WAY_BACK)
def _(world: World) -> Attempt:
    world.post("redeem", 1, 10, *REDEEM)
    return partial(world.move, "undo", 5, 6, "redeemed21", "circulation8")


for what, kind, ids, states in (
    ("an expiry", "expire", (201, 210), ("stock", "expired")),
    ("a transfer", "transfer", (101, 110), ("prescriber7", "transit7to8")),
    ("a return", "return", (101, 110), ("prescriber7", "transit7back")),
    ("a return into stock", "return", (151, 160), ("transit7", "stock")),
):

    @attack(f"{what} is undone", TRANSITION)
    def _(
        world: World,
        kind: str = kind,
        ids: tuple[int, int] = ids,
        states: tuple[str, str] = states,
    ) -> Attempt:
        done = world.post(kind, *ids, *states)
        return partial(world.move, "reverse", *ids, *states[::-1], reverses_id=done)


def last_of(world: World, life: tuple[tuple[str, str, str], ...], pass_: int) -> int:
    """Lead one pass through a life; returns its last movement."""
    return [world.post(kind, pass_, pass_, debit, credit) for kind, debit, credit in life][-1]


PAID = (
    ("redeem", *REDEEM),
    ("claim", "redeemed21", "claimed21"),
    ("settle", "claimed21", "settled21"),
)
for sentence, states in (
    ("a clawback enriches another prescriber", ("settled21", "circulation8")),
    ("a clawback after closing enriches another prescriber", ("settled21", "expired8")),
):

    @attack(sentence, WAY_BACK)
    def _(world: World, states: tuple[str, str] = states) -> Attempt:
        last_of(world, PAID, 8)
        return partial(world.move, "clawback", 8, 8, *states)


for sentence, life in (
    ("a clawback is undone", (*PAID, ("clawback", "settled21", "circulation7"))),
    ("a clawback after closing is undone", (*PAID, ("clawback", "settled21", "expired7"))),
    (
        "a credit note is undone",
        (("expire", "circulation7", "expired7"), ("credit", "expired7", "credited7")),
    ),
    ("a void is undone", (("block", *BLOCK), ("void", "blocked7", "void7"))),
    ("an undoing is undone", (("redeem", *REDEEM), ("undo", *UNDO))),
):

    @attack(sentence, TRANSITION)
    def _(world: World, life: tuple[tuple[str, str, str], ...] = life) -> Attempt:
        done = last_of(world, life, 8)
        _, debit, credit = life[-1]
        return partial(world.move, "reverse", 8, 8, credit, debit, reverses_id=done)
