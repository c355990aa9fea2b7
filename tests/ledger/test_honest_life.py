"""What must remain possible: the rules refuse forgeries, not the life of a pass."""

import pytest

from tests.ledger.attacks import REDEEM, UNDO
from tests.ledger.hostile import World

PAID = (
    ("redeem", *REDEEM),
    ("claim", "redeemed21", "claimed21"),
    ("settle", "claimed21", "settled21"),
)
LIVES = {
    "a mediator is paid": (*PAID,),
    "a paid pass is clawed back and circulates again": (
        *PAID,
        ("clawback", "settled21", "circulation7"),
        *PAID,
    ),
    "a paid pass is clawed back after closing, and credited": (
        *PAID,
        ("clawback", "settled21", "expired7"),
        ("credit", "expired7", "credited7"),
    ),
    "a lost pass is void, and credited": (
        ("block", "circulation7", "blocked7"),
        ("void", "blocked7", "void7"),
        ("credit", "void7", "credited7"),
    ),
    "a blocked pass expires": (
        ("block", "circulation7", "blocked7"),
        ("expire", "blocked7", "expired7"),
    ),
    "a pass is forgotten in a pocket": (
        ("expire", "circulation7", "expired7"),
        ("credit", "expired7", "credited7"),
    ),
}
JOURNEYS = {
    "a booklet goes from one prescriber to another": (
        ("transfer", "prescriber7", "transit7to8"),
        ("accept", "transit7to8", "prescriber8"),
        ("issue", "prescriber8", "circulation8"),
    ),
    "a booklet comes back through transit and leaves again": (
        ("return", "prescriber7", "transit7back"),
        ("return", "transit7back", "stock"),
        ("allocate", "stock", "transit8"),
        ("accept", "transit8", "prescriber8"),
    ),
    "a transfer that nobody took comes back into stock": (
        ("transfer", "prescriber7", "transit7to8"),
        ("return", "transit7to8", "stock"),
    ),
    "a booklet is withheld and expires": (
        ("withhold", "prescriber7", "withheld7"),
        ("expire", "withheld7", "expired7"),
    ),
    "a booklet on its way is lost for good": (
        ("transfer", "prescriber7", "transit7to8"),
        ("expire", "transit7to8", "expired7"),
    ),
}


@pytest.mark.parametrize("life", LIVES)
def test_a_pass_lives(world: World, life: str) -> None:
    for kind, debit, credit in LIVES[life]:
        world.post(kind, 5, 5, debit, credit)

    last = LIVES[life][-1][2]
    assert world.where(5) == last.rstrip("0123456789")


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_booklet_travels(world: World, journey: str) -> None:
    for kind, debit, credit in JOURNEYS[journey]:
        world.post(kind, 101, 110, debit, credit)

    agreed(world)


@pytest.mark.parametrize(
    ("kind", "state", "pass_"),
    [
        ("block", "stock", 200),
        ("block", "transit7", 151),
        ("block", "prescriber7", 101),
        ("block", "circulation7", 5),
        ("withhold", "stock", 200),
        ("withhold", "transit7", 151),
        ("withhold", "prescriber7", 101),
    ],
)
def test_a_hold_is_lifted_pass_by_pass(world: World, kind: str, state: str, pass_: int) -> None:
    to = "blocked" if kind == "block" else "withheld"
    if state in {"prescriber7", "circulation7"}:
        to += "7"
    held = world.post(kind, pass_, pass_ + 4, state, to)

    world.post("reverse", pass_ + 1, pass_ + 2, to, state, reverses_id=held)

    places = [world.where(pass_ + step) for step in range(5)]
    home = state.rstrip("0123456789")
    held_as = to.rstrip("7")
    assert places == [held_as, home, home, held_as, held_as]


def test_what_expires_before_it_was_active_is_counted_too(world: World) -> None:
    world.post("receive", 901, 910, "issuer", "stock_inert")
    world.post("withhold", 901, 905, "stock_inert", "withheld")
    world.post("expire", 906, 910, "stock_inert", "expired")
    world.post("expire", 901, 905, "withheld", "expired")

    assert world.where(901) == world.where(910) == "expired"


def test_booklets_picked_by_hand_leave_in_one_statement(world: World) -> None:
    world.begin_act()

    world.insert(
        "movement",
        *(world.movement("allocate", n, n + 9, "stock", "transit8") for n in range(601, 800, 20)),
    )

    counted = world.sql(
        "select count(*), sum(voucher_count) from movement where posting_id = ?", world.act
    )
    assert counted == [(10, 100)]


def test_part_of_an_allocation_is_undone_and_the_rest_arrives(world: World) -> None:
    sent = world.post("allocate", 401, 430, "stock", "transit8")

    world.post("reverse", 411, 420, "transit8", "stock", reverses_id=sent)
    world.post("accept", 401, 410, "transit8", "prescriber8")
    world.post("reverse", 421, 430, "transit8", "stock", reverses_id=sent)

    assert [world.where(n) for n in (401, 411, 421)] == ["prescriber", "stock", "stock"]
    agreed(world)


def test_a_booklet_beside_a_missing_pass_travels(world: World) -> None:
    world.post("allocate", 491, 499, "stock", "transit8")
    world.post("allocate", 501, 510, "stock", "transit8")

    assert world.where(499) == world.where(501) == "transit"


def test_the_last_booklet_that_exists_travels(world: World) -> None:
    world.post("allocate", 2011, 2100, "stock", "transit8", vintage=2)

    assert world.where(2100) == "transit"


def test_a_bank_rejection_reverses_the_settlement_only(world: World) -> None:
    settled = [world.post(kind, 5, 5, debit, credit) for kind, debit, credit in PAID][-1]

    world.post("reverse", 5, 5, "settled21", "claimed21", reverses_id=settled)

    assert world.where(5) == "claimed"


def test_a_redemption_is_undone_and_made_elsewhere(world: World) -> None:
    world.post("redeem", 5, 5, *REDEEM)

    world.post("undo", 5, 5, *UNDO)
    world.post("redeem", 5, 5, "circulation7", "redeemed22")

    assert world.where(5) == "redeemed"


def test_a_redemption_withdrawn_from_its_statement_is_undone(world: World) -> None:
    world.post("redeem", 1, 20, *REDEEM)
    claimed = world.post("claim", 1, 20, "redeemed21", "claimed21")
    world.post("reverse", 5, 6, "claimed21", "redeemed21", reverses_id=claimed)

    world.post("undo", 5, 6, *UNDO)

    assert [world.where(n) for n in (4, 5, 6, 7)] == [
        "claimed",
        "circulation",
        "circulation",
        "claimed",
    ]


def test_a_lost_pass_is_replaced_one_by_one(world: World) -> None:
    world.post("block", 5, 5, "circulation7", "blocked7")
    world.begin_act()
    world.move("void", 5, 5, "blocked7", "void7")
    world.move("replace", 171, 171, "stock", "circulation7")
    world.move("replace", 105, 105, "prescriber7", "circulation7")

    assert [world.where(n) for n in (5, 171, 172, 105)] == [
        "void",
        "circulation",
        "stock",
        "circulation",
    ]


def test_an_act_sent_twice_is_done_once_by_who_looks_first(world: World) -> None:
    row = world.posting()
    world.insert("posting", row)

    if world.is_postgresql:
        world.insert("posting", row, then="on conflict do nothing")
    seen = world.sql("select count(*) from posting where id = ?", row["id"])

    assert seen == [(1,)]


def test_no_listed_reversal_faces_another_and_each_mirrors_a_move(world: World) -> None:
    moves = {tuple(row) for row in world.sql("select * from transition")}
    undone = {(start, to) for kind, start, to in moves if kind == "reverse"}
    made = {(start, to) for kind, start, to in moves if kind != "reverse"}

    assert not {pair for pair in undone if pair[::-1] in undone}
    assert {pair[::-1] for pair in undone} <= made


def test_nothing_leaves_expired_but_a_credit(world: World) -> None:
    leaving = world.sql(
        "select kind, to_account_kind from transition where from_account_kind = 'expired'"
    )

    assert leaving == [("credit", "credited")]


def test_nothing_is_astray_and_no_fault_is_reported(world: World) -> None:
    agreed(world)
    assert world.sql("select what, which from fault") == []


def agreed(world: World) -> None:
    """A replay of all movements in the order of ids finds every voucher where it rests."""
    at = dict.fromkeys(
        (id_ for (id_,) in world.sql("select id from voucher")), world.account["issuer", 1]
    )
    at |= dict.fromkeys(range(2001, 2101), world.account["issuer", 2])
    for first, last, debit, credit in world.sql(
        "select first_id, last_id, debit_account_id, credit_account_id from movement order by id"
    ):
        for id_ in range(first, last + 1):
            assert at[id_] == debit
            at[id_] = credit
    assert at == dict(world.sql("select id, account_id from voucher"))
    assert world.sql("select * from voucher_astray") == []
