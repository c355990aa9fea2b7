"""What any telephone may know of a pass, and how often it may guess."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app import ledger
from app.database.connections import Database
from app.kernel import codes
from app.kernel.clock import end_of_day, martinique_day
from app.ledger import AccountKind
from app.ledger.models import Voucher
from app.printing import looking
from app.printing.errors import TooManyLooks
from app.printing.looking import LOOKS_ALLOWED, LOOKS_WINDOW, Look, Usable
from app.programmes.service import known_vintage
from app.vouchers.models import Booklet
from app.vouchers.queries import booklets_between
from app.vouchers.service import cover_of
from tests.factories import Scheme
from tests.service.chain import Chain, State
from tests.service.conftest import World

HOME, AWAY = b"home", b"away"


@pytest.mark.parametrize(
    ("number", "place", "usable"),
    [
        (1, 1, Usable.USED),
        (1, 8, Usable.YES),
        (2, 1, Usable.YES),
        (3, 1, Usable.NOT_YET),
        (5, 1, Usable.NOT_YET),
        (7, 1, Usable.NOT_YET),
        (15, 1, Usable.NOT_YET),
    ],
)
def test_a_pass_tells_whether_it_can_be_used_and_where(
    lived: tuple[Database, Chain, State], world: World, number: int, place: int, usable: Usable
) -> None:
    code = world.scheme.codes(world.session, number)[place - 1]
    world.session.rollback()

    look = look_at(lived[0], world.scheme, code)

    assert look is not None
    assert (look.usable, look.remaining_count) == (usable, None)
    assert bool(look.places) is (usable is Usable.YES)
    assert bool(look.used_on) is (usable is Usable.USED)
    assert not {"unlabelled", "unsigned", "lapsed"} & {place.name for place in look.places}


def test_a_cover_tells_how_many_passes_remain(
    lived: tuple[Database, Chain, State], world: World
) -> None:
    (found,) = booklets_between(world.session, world.scheme.vintage_id, 1, 1)
    booklet = world.session.get_one(Booklet, found.id)
    terms = known_vintage(world.session, booklet.vintage_id)
    code = cover_of(booklet, terms, world.scheme.keys)
    world.session.rollback()
    database, now = lived[0], world.scheme.now

    look = looking.look_at_cover(database, typed=code.lower(), address_hash=HOME, now=now)
    late = end_of_day(terms.valid_until)
    over = looking.look_at_cover(database, typed=code, address_hash=HOME, now=late)

    assert look is not None
    assert (look.usable, look.remaining_count, look.size) == (Usable.YES, 4, 10)
    assert over is not None
    assert (over.usable, over.remaining_count) == (Usable.OVER, 0)


def test_an_annulled_pass_does_not_speak_for_its_booklet(world: World) -> None:
    (found,) = booklets_between(world.session, world.scheme.vintage_id, 1, 1)
    states = ledger.voucher_states(world.session, Voucher.booklet_id == found.id)
    used = [s for s in states if s.account.kind is not AccountKind.CIRCULATION]
    void = replace(used[0], account=replace(used[0].account, kind=AccountKind.VOID))
    on = martinique_day(world.scheme.now)

    finished = looking.told(world.session, [void, *used[1:]], on, None, size=10)
    annulled = looking.told(world.session, [void], on, None, size=None)

    assert (finished.usable, annulled.usable) == (Usable.USED, Usable.BLOCKED)


def test_guesses_are_counted_where_they_come_from_and_forgotten(
    database: Database, scheme: Scheme
) -> None:
    unknown = codes.derive(b"another territory", 1)
    for _ in range(LOOKS_ALLOWED - 1):
        with database.transaction() as session:
            looking.note_unknown(session, address_hash=HOME, now=scheme.now)

    assert look_at(database, scheme, unknown) is None
    for typed in (unknown, "0" * 16, "no code"):
        with pytest.raises(TooManyLooks):
            look_at(database, scheme, typed)
    assert look_at(database, scheme, unknown, from_=AWAY) is None
    later = scheme.now + LOOKS_WINDOW
    assert looking.look_at_pass(database, typed=unknown, address_hash=HOME, now=later) is None


def look_at(database: Database, scheme: Scheme, typed: str, *, from_: bytes = HOME) -> Look | None:
    now = scheme.now + timedelta(seconds=1)
    return looking.look_at_pass(database, typed=typed, address_hash=from_, now=now)
