"""What is printed is what was ordered; printing it again has a reason; no file is ever kept."""

import csv
import io
from dataclasses import replace
from hashlib import sha256

import pytest

from app.config import EXAMPLE_LINE, EXAMPLE_URL
from app.database.lists import Place
from app.kernel.errors import IdAlreadyUsed, InvalidInput
from app.kernel.ids import new_id
from app.kernel.serials import SerialNumber
from app.orders.errors import OrderNotSent
from app.orders.rules import Allotted, SerialRange
from app.printing import queries
from app.printing.errors import (
    BookletsNotToPrint,
    NothingToPrint,
    PrintBatchTooLarge,
    PrintedAlready,
    PrintFileDiffers,
    PrintingNotSettled,
    UnknownPrintBatch,
)
from app.printing.models import PrintBatch, PrintFile
from app.printing.rules import PrintKind, cartons, check_range
from app.printing.service import (
    Asked,
    Plan,
    PublicAddress,
    file_again,
    known_batch,
    plan_batch,
    record_batch,
)
from app.vouchers.service import (
    booklet_by_cover,
    read_code,
    read_serial,
    voucher_by_code,
    voucher_by_serial,
)
from tests.papers import reading
from tests.service.conftest import World

ADDRESS = PublicAddress(EXAMPLE_URL, EXAMPLE_LINE)


def planned(world: World, asked: Asked, address: PublicAddress = ADDRESS) -> Plan:
    plan = plan_batch(
        world.session,
        actor=world.scheme.actors["coordinator"],
        batch_id=new_id(),
        asked=asked,
        address=address,
        keys=world.scheme.keys,
        now=world.scheme.now,
    )
    assert isinstance(plan, Plan)
    return plan


def recorded(world: World, asked: Asked) -> PrintBatch:
    plan = planned(world, asked)
    files = [(carton, sha256(file).digest()) for carton, file in plan.files()]
    return record_batch(
        world.session,
        actor=world.scheme.actors["coordinator"],
        batch_id=new_id(),
        plan=plan,
        files=files,
        now=world.scheme.now,
    )


def again(world: World, batch: PrintBatch, ordinal: int = 1) -> bytes:
    actor, keys = world.scheme.actors["coordinator"], world.scheme.keys
    return file_again(world.session, actor=actor, batch=batch, ordinal=ordinal, keys=keys)


def test_serials_and_codes_on_paper_are_those_of_the_database(world: World) -> None:
    asked = Asked(world.chain.ids["stock order"], first=10, last=11)
    tens, fives = (file for _, file in planned(world, asked).files())

    for document, number in ((tens, 10), (fives, 11)):
        read = set().union(*(reading.codes(page) for page in reading.pictures(document)))
        said = " ".join(" ".join(reading.words(document)).split())
        codes = world.scheme.codes(world.session, number)
        (cover,) = {address for address in read if "/C/" in address}
        assert read - {cover} == {f"{EXAMPLE_URL.upper()}/P/{code}" for code in codes}
        assert booklet_by_cover(world.session, cover).number == number
        for place, code in enumerate(codes, 1):
            serial = world.scheme.serial(number, place)
            typed = read_serial(serial)
            assert said.count(serial) == 2
            assert isinstance(typed, SerialNumber)
            by_serial = voucher_by_serial(world.session, typed)
            assert by_serial == voucher_by_code(world.session, code)


def test_what_is_made_again_is_what_was_recorded(world: World) -> None:
    batch = recorded(world, Asked(world.chain.ids["sent order"], first=21, last=21))
    (file,) = queries.files_of(world.session, batch.id)

    assert sha256(again(world, batch)).digest() == file.sha256
    assert batch.edition["specimen"] is True
    assert batch.edition["places"]
    with pytest.raises(UnknownPrintBatch):
        again(world, batch, ordinal=2)


def test_a_file_that_would_differ_is_not_given(world: World) -> None:
    batch = recorded(world, Asked(world.chain.ids["sent order"], PrintKind.CODES))
    world.session.add(
        PrintFile(batch_id=batch.id, ordinal=2, first_booklet=21, last_booklet=21, sha256=b"x" * 32)
    )
    world.session.flush()

    with pytest.raises(PrintFileDiffers):
        again(world, batch, ordinal=2)


def test_the_file_of_codes_says_the_same(world: World) -> None:
    ((_, file),) = planned(world, Asked(world.chain.ids["ready order"], PrintKind.CODES)).files()

    rows = list(csv.DictReader(io.StringIO(file.decode()), delimiter=";"))

    assert len(rows) == 20
    for row in rows:
        found = voucher_by_code(world.session, read_code(row["code"]))
        assert found.booklet_id == booklet_by_cover(world.session, row["cover"]).id


def test_printing_again_has_a_reason_that_is_kept(world: World) -> None:
    order = world.chain.ids["sent order"]
    recorded(world, Asked(order, PrintKind.CODES, first=21, last=21))

    recorded(world, Asked(order, PrintKind.CODES, first=22, last=22))
    with pytest.raises(PrintedAlready):
        planned(world, Asked(order, first=21, last=22, large=True))
    with pytest.raises(PrintedAlready):
        planned(world, Asked(order, first=21, last=21, reason="  "))
    batch = recorded(world, Asked(order, PrintKind.CODES, reason="Bourrage papier"))

    assert batch.reason == "Bourrage papier"
    assert [b.number[:4] for b in queries.latest_batches(world.session, Place(3))] == ["IMP-"] * 3


def test_somebody_faster_is_noticed(world: World) -> None:
    asked = Asked(world.chain.ids["sent order"], PrintKind.CODES)
    plan = planned(world, asked)
    recorded(world, asked)

    with pytest.raises(PrintedAlready):
        record_batch(
            world.session,
            actor=world.scheme.actors["finance"],
            batch_id=new_id(),
            plan=plan,
            files=[],
            now=world.scheme.now,
        )


def test_a_request_sent_again_finds_its_batch(world: World) -> None:
    batch = known_batch(world.session, world.chain.ids["print batch"])
    asked = Asked(world.chain.ids["inert order"], PrintKind.CODES)

    def sent(changed: Asked) -> Plan | PrintBatch:
        return plan_batch(
            world.session,
            actor=world.scheme.actors["coordinator"],
            batch_id=batch.id,
            asked=changed,
            address=ADDRESS,
            keys=world.scheme.keys,
            now=world.scheme.now,
        )

    assert sent(asked) is batch
    with pytest.raises(IdAlreadyUsed):
        sent(replace(asked, reason="Une autre demande"))
    with pytest.raises(UnknownPrintBatch):
        known_batch(world.session, new_id())


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"first": 22, "last": 21}, NothingToPrint),
        ({"first": 20}, BookletsNotToPrint),
        ({"last": 23}, BookletsNotToPrint),
        ({"reason": "É" * 201}, InvalidInput),
        ({"reason": "a\0b"}, InvalidInput),
    ],
)
def test_what_is_asked_is_checked(
    world: World, changes: dict[str, int | str], refusal: type[Exception]
) -> None:
    asked = Asked(world.chain.ids["sent order"])
    with pytest.raises(refusal):
        planned(world, replace(asked, **changes))  # type: ignore[arg-type]


def test_an_order_that_has_not_left_has_nothing_to_print(world: World) -> None:
    with pytest.raises(OrderNotSent):
        planned(world, Asked(world.chain.ids["approved order"]))


@pytest.mark.parametrize(
    "address",
    [
        PublicAddress("", EXAMPLE_LINE),
        PublicAddress("pass.example", EXAMPLE_LINE),
        PublicAddress("https://pass.example/chemin", EXAMPLE_LINE),
        PublicAddress(f"https://{'a' * 40}.example", EXAMPLE_LINE),
        PublicAddress(EXAMPLE_URL, " "),
        PublicAddress(EXAMPLE_URL, "0" * 21),
    ],
)
def test_no_booklet_leads_nowhere(world: World, address: PublicAddress) -> None:
    with pytest.raises(PrintingNotSettled):
        planned(world, Asked(world.chain.ids["sent order"]), address)


def test_a_batch_is_cut_in_cartons_of_one_size() -> None:
    allotted = [Allotted(10, SerialRange(1, 2500), 1), Allotted(5, SerialRange(2501, 3000), 251)]

    made = list(cartons(95, 300, allotted))

    assert [(c.size, c.first, c.last) for c in made] == [
        (10, 95, 194),
        (10, 195, 250),
        (5, 251, 300),
    ]
    with pytest.raises(PrintBatchTooLarge):
        check_range(1, 350, allotted, largest=349)
