"""Opening balances by file: nothing unless it is whole, nothing before a second person."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.errors import VoucherUsedBefore
from app.database.lists import Place as ListPlace
from app.kernel import codes
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger import AccountKind
from app.orders.queries import ordered_voucher_count
from app.orders.rules import LineAsked
from app.orders.service import prepare_order
from app.programmes.errors import VintageTakenOver
from app.programmes.queries import vintage_by_label, vintages_of
from app.programmes.service import create_vintage
from app.takeover import errors, queries, service
from app.takeover.checking import check_takeover
from app.takeover.models import Takeover, TakeoverApproval, TakeoverRefusal
from app.takeover.rules import Place, first_serial
from app.vouchers.service import vintage_key, voucher_by_serial
from tests.factories import Scheme
from tests.opening import TEN_EUROS

HEAD = "Millésime;Premier carnet;Dernier carnet;Taille;Lieu;Prescripteur;Codes\n"
GOOD = (
    "25R;1;3;10;stock inerte;;\n"
    "25R;4;4;10;stock;;passnum\n"
    "25R;10;11;5;prescripteur;CCAS;fichier\n"
    "25R;12;12;5;Circulation;ccas;\n"
    "25R;20;29;10;non repris;;\n"
)
KEY = b"another printer's key, of 32 bytes"


def printed(*booklets: int) -> bytes:
    """A file of codes that somebody else printed, for booklets of five."""
    lines = [
        f"25R;{number};{position};{codes.written(codes.derive(KEY, 100 * number + position))}"
        for number in booklets
        for position in range(1, 6)
    ]
    return ("millesime;carnet;pass;code\n" + "\n".join(lines)).encode()


@pytest.fixture
def old(session: Session, scheme: Scheme) -> Scheme:
    """A scheme with a vintage that was printed before passnum."""
    create_vintage(
        session,
        actor=scheme.actors["coordinator"],
        programme_id=scheme.programme_id,
        label="25R",
        face_value_cents=TEN_EUROS,
        valid_from=scheme.today,
        valid_until=scheme.today,
        tolerance_days=31,
        keys=scheme.keys,
        now=scheme.now,
        taken_over=True,
    )
    return scheme


def check(
    session: Session, scheme: Scheme, lines: str, code_file: bytes | None = None
) -> list[str]:
    reading = check_takeover(
        session,
        today=scheme.today,
        actor=scheme.actors["coordinator"],
        programme_id=scheme.programme_id,
        content=(HEAD + lines).encode(),
        codes_content=code_file,
    )
    return [f"{fault.line} {fault.sentence}" for fault in reading.faults.kept]


def prepare(
    session: Session, scheme: Scheme, lines: str, code_file: bytes | None = None
) -> Takeover:
    return service.prepare_takeover(
        session,
        actor=scheme.actors["coordinator"],
        takeover_id=new_id(),
        programme_id=scheme.programme_id,
        content=(HEAD + lines).encode(),
        codes_content=code_file,
        counted_on=scheme.today,
        now=scheme.now,
    )


def approve(
    session: Session, scheme: Scheme, record: Takeover, count: int, who: str = "coordinator2"
) -> TakeoverApproval:
    return service.approve_takeover(
        session,
        actor=scheme.actors[who],
        takeover_id=record.id,
        voucher_count=count,
        keys=scheme.keys,
        now=scheme.now,
    )


def resting(session: Session) -> dict[AccountKind, int]:
    """How many passes rest in each kind of account; the issuer's are those that came from there."""
    found: dict[AccountKind, int] = {}
    for account, balance in ledger.balances(session).items():
        if balance.voucher_count:
            found[account.kind] = found.get(account.kind, 0) + balance.voucher_count
    return found


def test_a_whole_file_approved_by_another_opens_the_balances(session: Session, old: Scheme) -> None:
    record = prepare(session, old, GOOD, printed(10, 11))
    assert record.voucher_count == 55
    assert resting(session) == {}

    approve(session, old, record, 55)

    assert resting(session) == {
        AccountKind.ISSUER: -55,
        AccountKind.STOCK_INERT: 30,
        AccountKind.STOCK: 10,
        AccountKind.PRESCRIBER: 10,
        AccountKind.CIRCULATION: 5,
    }
    totals = service.takeover_totals(session, record)
    assert {(t.place, t.fives, t.tens) for t in totals} == {
        (Place.STOCK_INERT, 0, 3),
        (Place.STOCK, 0, 1),
        (Place.PRESCRIBER, 2, 0),
        (Place.CIRCULATION, 1, 0),
        (Place.ELSEWHERE, 0, 10),
    }
    given = voucher_by_serial(session, SerialNumber(BookletNumber("25R", 11), 5))
    found = ledger.lock_vouchers_by_code(session, [codes.digest(codes.derive(KEY, 1105))])
    assert [state.id for state in found] == [given.id]
    vintage = given.account.vintage_id
    assert ordered_voucher_count(session, vintage_ids=[vintage]) == {vintage: 55}
    assert ledger.verify(session).honest


def test_the_same_file_twice_changes_nothing(session: Session, old: Scheme) -> None:
    record = prepare(session, old, "25R;1;3;10;stock;;\n")

    assert prepare(session, old, "25R;1;3;10;stock;;\n") is record
    approval = approve(session, old, record, 30)
    assert approve(session, old, record, 30) is approval
    assert prepare(session, old, "25R;1;3;10;stock;;\n") is record
    assert len(queries.latest_takeovers(session, ListPlace(9))) == 1


def test_one_person_prepares_and_another_approves_the_total_that_was_read(
    session: Session, old: Scheme
) -> None:
    record = prepare(session, old, "25R;1;3;10;stock;;\n")

    with pytest.raises(errors.TakeoverPreparerCannotApprove):
        approve(session, old, record, 30, "coordinator")
    with pytest.raises(errors.TakeoverChanged):
        approve(session, old, record, 31)
    approve(session, old, record, 30)
    with pytest.raises(errors.TakeoverApprovedAlready):
        approve(session, old, record, 30, "finance")
    twin = prepare(session, old, "25R;4;4;10;stock;;\n")
    late = prepare(session, old, "25R;4;5;10;stock;;\n")
    approve(session, old, twin, 10)
    with pytest.raises(errors.TakenOverMeanwhile):
        approve(session, old, late, 20)


def test_each_line_is_told_what_to_write_instead_and_nothing_is_kept(
    session: Session, old: Scheme
) -> None:
    lines = (
        "25R;9;3;10;stock;;\n"
        "25R;1;3;7;étagère;;\n"
        ";0;x;10;stock;CCAS;peut-être\n"
        "25R;40;45;10;prescripteur;Personne;\n"
        "25R;41;42;10;circulation;;\n"
    )

    told = check(session, old, lines)

    assert told[0] == "2 Le premier carnet (9) vient après le dernier (3) : échangez-les."
    assert any(said.startswith("3 Taille « 7 »") for said in told)
    assert any(said.startswith("3 Lieu « étagère »") for said in told)
    assert any(said.startswith("4 Codes « peut-être »") for said in told)
    assert any(said.startswith("6 Prescripteur : écrivez") for said in told)
    with pytest.raises(errors.TakeoverFileRefused) as refused:
        prepare(session, old, lines)
    assert (refused.value.count, refused.value.line_count) == (len(told), 5)
    assert refused.value.count > refused.value.line_count
    assert queries.latest_takeovers(session, ListPlace(9)) == []


@pytest.mark.parametrize(
    ("lines", "code_file", "said"),
    [
        ("25R;1;3;10;stock;;\n25R;3;3;10;stock;;\n", None, "3 Les carnets 3 à 3 de 25R sont déjà"),
        ("26A;1;3;10;stock;;\n", None, "2 Les carnets du millésime 26A se commandent"),
        ("24B;1;3;10;stock;;\n", None, "2 Le millésime 24B n’existe pas"),
        ("25R;1;1;5;prescripteur;Personne;\n", None, "2 Prescripteur « Personne » inconnu"),
        ("25R;1;1;5;prescripteur;ISSUER;\n", None, "2 « ISSUER » ne peut pas être prescripteur"),
        ("25R;1;1;5;stock;;fichier\n", None, "2 Le fichier des codes manque"),
        ("25R;1;2;5;stock;;fichier\n", printed(1), "1 Fichier des codes : il manque 5 code(s)"),
        ("25R;1;1;5;stock;;fichier\n", printed(1, 2), "7 Fichier des codes : aucune ligne"),
        ("25R;1;1;5;stock;;fichier\n", printed(1, 1), "7 Fichier des codes : 25R 00001"),
        ("", None, "1 Le fichier n’a aucune ligne"),
    ],
)
def test_what_does_not_fit_the_scheme_is_told(
    session: Session, old: Scheme, lines: str, code_file: bytes | None, said: str
) -> None:
    assert check(session, old, lines, code_file)[0].startswith(said)


def test_a_booklet_begun_before_comes_with_its_used_passes_already_paid(
    session: Session, old: Scheme
) -> None:
    begun = HEAD.strip() + ";Restants\n25R;7;7;10;circulation;CCAS;;4-6, 10\n"
    begun += "25R;8;8;10;circulation;CCAS;;4-6, 10\n25R;9;9;5;circulation;CCAS;;aucun\n"
    record = service.prepare_takeover(
        session,
        actor=old.actors["coordinator"],
        takeover_id=new_id(),
        programme_id=old.programme_id,
        content=begun.encode(),
        counted_on=old.today,
        now=old.now,
    )
    approve(session, old, record, 25)
    terms = vintage_by_label(session, "25R")
    assert terms is not None
    key = vintage_key(old.keys, terms)

    assert resting(session) == {
        AccountKind.ISSUER: -25,
        AccountKind.CIRCULATION: 8,
        AccountKind.SETTLED: 17,
    }
    kinds = {
        place: voucher_by_serial(session, SerialNumber(BookletNumber("25R", 7), place)).account.kind
        for place in (3, 4, 6, 7, 10)
    }
    assert {place for place, kind in kinds.items() if kind is AccountKind.CIRCULATION} == {4, 6, 10}
    [total] = service.takeover_totals(session, record)
    assert (total.voucher_count, total.used_count) == (25, 17)
    told = {
        place: old.redeem(session, VoucherCode(codes.derive(key, first_serial(7) + place - 1)))
        for place in (3, 4)
    }
    assert isinstance(told[3].refusal, VoucherUsedBefore)
    assert told[4].refusal is None
    assert ledger.verify(session).honest


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("25R;1;1;10;circulation;CCAS;;0-3\n", "Restants « 0-3 » : écrivez"),
        ("25R;1;1;5;circulation;CCAS;;4-6\n", "Restants « 4-6 » : écrivez"),
        ("25R;1;1;5;circulation;CCAS;;trois\n", "Restants « trois » : écrivez"),
        ("25R;1;2;5;circulation;CCAS;;1-4\n", "Restants : un carnet entamé"),
        ("25R;1;1;5;stock;;;1-4\n", "Restants : un carnet entamé"),
    ],
)
def test_what_is_left_of_a_booklet_is_said_by_its_passes(
    session: Session, old: Scheme, lines: str, said: str
) -> None:
    reading = check_takeover(
        session,
        actor=old.actors["coordinator"],
        programme_id=old.programme_id,
        content=(HEAD.strip() + ";Restants\n" + lines).encode(),
        today=old.today,
    )

    assert [fault.sentence.startswith(said) for fault in reading.faults.kept] == [True]


def test_a_proces_verbal_is_set_aside_with_a_reason_until_it_is_approved(
    session: Session, old: Scheme
) -> None:
    lines = "25R;1;3;10;stock;;\n"
    aside, kept = prepare(session, old, lines), prepare(session, old, "25R;4;4;10;stock;;\n")

    def refuse(record: Takeover) -> TakeoverRefusal:
        return service.refuse_takeover(
            session,
            actor=old.actors["coordinator2"],
            refusal_id=record.id,
            takeover_id=record.id,
            reason="Un carnet manque",
            now=old.now,
        )

    assert refuse(aside) is refuse(aside)
    with pytest.raises(errors.TakeoverRefusedAlready):
        approve(session, old, aside, 30)
    with pytest.raises(errors.TakeoverRefusedAlready, match="Un carnet manque"):
        prepare(session, old, lines)
    approve(session, old, kept, 10)
    with pytest.raises(errors.TakeoverApprovedAlready):
        refuse(kept)
    assert resting(session)[AccountKind.STOCK] == 10


def test_an_ended_vintage_is_not_opened(session: Session, old: Scheme) -> None:
    record = prepare(session, old, "25R;1;3;10;stock;;\n")
    old.now += timedelta(days=40)

    last = f"{old.today - timedelta(days=9):%d/%m/%Y}"
    assert check(session, old, "25R;4;4;10;stock;;\n25R;5;5;10;non repris;;\n") == [
        f"2 Le millésime 25R ne sert plus depuis le {last} : écrivez « non repris »."
    ]
    with pytest.raises(errors.VintageEnded):
        approve(session, old, record, 30)


def test_nothing_is_ordered_in_a_vintage_that_is_taken_over(session: Session, old: Scheme) -> None:
    vintage = {t.label: t.vintage_id for t in vintages_of(session, old.programme_id)}

    with pytest.raises(VintageTakenOver):
        prepare_order(
            session,
            actor=old.actors["coordinator"],
            order_id=new_id(),
            programme_id=old.programme_id,
            vintage_id=vintage["25R"],
            lines=[LineAsked(10, 2, Cents(200))],
            now=old.now,
        )
