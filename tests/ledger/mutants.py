"""Every rule for movements, with an attack that only it refuses, and how it is taken away."""

from typing import Any

from tests.ledger.attacks import MOVEMENTS, REDEEM, WAY_BACK
from tests.ledger.hostile import Attack, Attempt, Move, Value, World
from tests.ledger.without import (
    Mutant,
    Rewrite,
    cut_check,
    cut_trigger,
    drop_constraint,
    drop_trigger,
    edit,
    in_trigger,
)

MOVEMENT_MUTANTS: list[Mutant] = []
GUARD_OFF = drop_trigger("voucher", "voucher_moves_by_a_movement")
SQLITE_GUARD_OFF = cut_trigger("voucher_moves_by_a_movement")
SQLITE_TRANSITION_OFF = edit(
    "       and transition.kind = new.kind and transition.from_account_kind = new.debit_kind"
    " and transition.to_account_kind = new.credit_kind\n"
)
ANY_ID = edit("where new.id <> 1 + coalesce(", "where 0 > coalesce(")
SQLITE_LATE_OFF = edit("and posting.ordinal >= ", "and 0 <= ")


def mutant(rule: str, sentence: str, **how: Any) -> None:  # noqa: ANN401 - the fields of Mutant
    """Add an experiment with an attack of the list."""
    MOVEMENT_MUTANTS.append(Mutant(rule, MOVEMENTS[sentence], **how))


# ── A movement's own checks ───────────────────────────────────────────────────────────────────────

for name, sentence in (
    ("movement_counts_its_range", "a count steps over a missing pass"),
    ("movement_span_is_the_size_of_its_range", "a span is one bit short"),
    ("movement_span_is_the_size_of_its_range", "a span is one bit long"),
    ("movement_span_is_the_size_of_its_range", "a span goes round the word"),
    ("movement_amount_is_count_times_face_value", "a movement is worth more than its passes"),
    ("movement_that_reverses_names_what", "a reversal names nothing"),
    ("movement_that_reverses_names_what", "a return claims to undo the allocation"),
):
    mutant(
        name,
        sentence,
        postgresql=drop_constraint("movement", name),
        sqlite=(cut_check(name),),
    )
mutant(
    "movement_goes_somewhere_else",
    "an account gives to itself",
    postgresql=drop_constraint("movement", "movement_goes_somewhere_else"),
    sqlite=(cut_check("movement_goes_somewhere_else"),),
    also_postgresql=drop_constraint("movement", "movement_transition"),
    also_sqlite=(SQLITE_TRANSITION_OFF,),
)

# ── Its keys ──────────────────────────────────────────────────────────────────────────────────────

for name, sentence, clause in (
    ("movement_debit_account", "stock calls itself circulation", "and debit.kind = new.debit_kind"),
    (
        "movement_credit_account",
        "an account of another vintage takes",
        "and credit.vintage_id = new.vintage_id",
    ),
    (
        "movement_face_value",
        "a pass has another vintage's face value",
        "and vintage.face_value_cents = new.face_value_cents\n       and transition",
    ),
):
    mutant(
        name,
        sentence,
        postgresql=drop_constraint("movement", name),
        sqlite=(edit(clause, "and transition" if clause.endswith("transition") else ""),),
    )
mutant(
    "movement_credit_account",
    "circulation calls itself transit",
    postgresql=drop_constraint("movement", "movement_credit_account"),
    sqlite=(edit("and credit.kind = new.credit_kind"),),
    also_postgresql=drop_trigger("movement", "movement_keeps_to_its_parties"),
    also_sqlite=(edit("       and (new.kind not in (", "       and (1 or new.kind not in ("),),
)
mutant(
    "movement_transition",
    "a pass goes from stock to a mediator",
    postgresql=drop_constraint("movement", "movement_transition"),
    sqlite=(SQLITE_TRANSITION_OFF,),
)
mutant(
    "movement_posting",
    "a movement belongs to no act",
    postgresql=drop_constraint("movement", "movement_posting"),
    sqlite=(
        edit("from posting, account debit", "from account debit"),
        edit("where posting.id = new.posting_id\n", "where 1\n"),
    ),
    also_postgresql=(Rewrite("move_vouchers", "if not exists", "if false and not exists"),),
    also_sqlite=(edit("and posting.ordinal >= coalesce(", "and 0 <= coalesce("),),
)
mutant(
    "posting_takes_no_late_lines",
    "a line is added to an act of the past",
    postgresql=(Rewrite("move_vouchers", "if not exists", "if false and not exists"),),
    sqlite=(SQLITE_LATE_OFF,),
)

# ── Exactly its vouchers move ─────────────────────────────────────────────────────────────────────

ALL = "movement_moves_all_its_vouchers"
mutant(
    ALL,
    "a range covers a missing pass",
    postgresql=(Rewrite("move_vouchers", "if moved <> new.voucher_count", "if false"),),
    sqlite=(edit("where changes() <> new.voucher_count", "where 0"),),
)
FROM_THE_DEBIT = "and account_id = new.debit_account_id"
FORWARDS = "and (last_movement_id is null or last_movement_id < new.id)"
THE_LATEST = "and (new.reverses_id is null or last_movement_id = new.reverses_id)"
for clause, sentence in (
    (FROM_THE_DEBIT, "a pass is redeemed out of another prescriber's circulation"),
    (FROM_THE_DEBIT, "a range lies inside one that has left"),
    (THE_LATEST, "a block lifted once is lifted in the place of the next"),
    (THE_LATEST, "an undoing reaches beyond what was done"),
    (
        THE_LATEST,
        "an allocation is undone though one booklet has come back and left since",
    ),
):
    mutant(
        ALL,
        sentence,
        clause=clause,
        postgresql=(Rewrite("move_vouchers", clause, ""),),
        sqlite=(edit(clause),),
        also_sqlite=(SQLITE_GUARD_OFF,),
    )


def under_an_older_number(*move: *Move) -> Attack:
    """The owner moves passes under a number smaller than that of their last movement."""

    def prepare(world: World) -> Attempt:
        how = "overriding system value" if world.is_postgresql else ""
        return lambda: world.insert("movement", world.movement(*move, id=0), how=how)

    return Attack(f"{move[1]}–{move[2]} move under an older number", (), prepare)


MOVEMENT_MUTANTS.extend(
    Mutant(
        ALL,
        attack,
        clause=FORWARDS,
        role="passnum_owner",
        postgresql=(Rewrite("move_vouchers", FORWARDS, ""),),
        sqlite=(edit(FORWARDS),),
        also_postgresql=GUARD_OFF,
        also_sqlite=(SQLITE_GUARD_OFF, ANY_ID),
    )
    for attack in (
        under_an_older_number("redeem", 30, 30, *REDEEM),
        under_an_older_number("redeem", 31, 40, *REDEEM),
    )
)
mutant(
    "movement_takes_the_next_id",
    "a movement has a number of the attacker's choice",
    sqlite=(ANY_ID,),
)


def in_the_place_of_the_first(world: World) -> Attempt:
    """Replace the movement number 1, on SQLite."""
    row: dict[str, Value] = world.movement("redeem", 50, 50, *REDEEM, id=1)
    return lambda: world.insert(
        "movement", row | {"posting_id": world.act}, verb="insert or replace"
    )


MOVEMENT_MUTANTS.append(
    Mutant(
        "movement_is_never_changed",
        Attack("a movement is replaced", (), in_the_place_of_the_first),
        sqlite=(cut_trigger("movement_is_never_replaced"),),
        also_sqlite=(
            cut_trigger("movement_is_never_deleted"),
            SQLITE_GUARD_OFF,
            edit(FORWARDS),
        ),
    )
)

# ── Whole booklets, and the parties ───────────────────────────────────────────────────────────────

FIRST_EDGE = "select from voucher where id = new.first_id and booklet_id <> id"
LAST_EDGE = "select from voucher where id = new.last_id + 1 and booklet_id <> id"
WHOLE = "movement_moves_whole_booklets"
for edge, sentence in (
    (FIRST_EDGE, "an allocation begins inside a booklet"),
    (LAST_EDGE, "an allocation ends inside a booklet"),
):
    mutant(
        WHOLE,
        sentence,
        clause=edge,
        postgresql=(Rewrite("check_booklet_edges", edge, f"{edge} and false"),),
        sqlite=(edit(edge.replace("select", "select 1"), "select 1 where 0"),),
    )
for sentence, attack in MOVEMENTS.by_sentence.items():
    if attack.promises == (WHOLE,):
        mutant(
            WHOLE,
            sentence,
            postgresql=drop_trigger("movement", WHOLE),
            sqlite=(edit(f"'{WHOLE}')\n   where (", f"'{WHOLE}')\n   where 0 and ("),),
        )
    elif attack.promises == ("movement_keeps_to_its_parties",):
        mutant(
            "movement_keeps_to_its_parties",
            sentence,
            postgresql=drop_trigger("movement", "movement_keeps_to_its_parties"),
            sqlite=(edit("       and (new.kind not in (", "       and (1 or new.kind not in ("),),
        )

for sentence, attack in MOVEMENTS.by_sentence.items():
    if attack.promises == (WAY_BACK,):
        mutant(
            WAY_BACK,
            sentence,
            postgresql=drop_trigger("movement", WAY_BACK),
            sqlite=(edit("where new.kind in ('undo', 'clawback') and", "where 0 and"),),
        )

# ── Reversals ─────────────────────────────────────────────────────────────────────────────────────

mutant(
    "movement_reverses_its_mirror",
    "a block is lifted to another prescriber",
    postgresql=drop_constraint("movement", "movement_reverses_its_mirror"),
    sqlite=(
        in_trigger(
            "movement_follows_the_chart",
            "and debit_account_id = new.credit_account_id"
            " and credit_account_id = new.debit_account_id))",
            "))",
        ),
    ),
)
mutant(
    "movement_reverses_no_reversal",
    "a reversal is undone",
    postgresql=drop_trigger("movement", "movement_reverses_no_reversal"),
    sqlite=(
        edit(
            "where id = new.reverses_id and reverses_id is null\n", "where id = new.reverses_id\n"
        ),
    ),
    # Even where the chart would allow it.
    also_postgresql=(
        *drop_trigger("transition", "transition_is_never_changed"),
        "insert into transition values ('reverse', 'circulation', 'blocked')",
    ),
    also_sqlite=(
        edit(
            "('reverse', 'blocked', 'circulation'),",
            "('reverse', 'blocked', 'circulation'), ('reverse', 'circulation', 'blocked'),",
        ),
    ),
)
