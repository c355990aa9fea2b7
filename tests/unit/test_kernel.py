"""Figures, names and numbers as they are printed: examples that a person can check."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import RFC_4122

import pytest
from sqlalchemy import text

from app.database import Day, UtcDateTime, Uuid16
from app.database.connections import Database, UnknownDatabase, read_url
from app.kernel import codes
from app.kernel.clock import day_asked, end_of_day, first_instant, martinique_day
from app.kernel.ids import LARGEST_INTEGER, new_id, request_hash
from app.kernel.money import euros
from app.kernel.serials import BookletNumber, SerialNumber, WrongKey, read
from app.kernel.sms import message_count, plainly
from app.kernel.text import clean, read_email
from app.programmes.errors import KeyMissing
from app.programmes.keys import KeyStore
from app.programmes.numbering import written

PRINTED = ["FSTD FB0Y R6M2 NXQ7", "7ZCY 94X1 7VRV KS6A", "922C KQCC MJBE BWJ4"]
DIGEST = "8e669d0e4bb4042c"


@pytest.mark.parametrize(
    ("cents", "expected"),
    [
        (0, "0\u00a0€"),
        (1000, "10\u00a0€"),
        (123_050, "1\u202f230,50\u00a0€"),
        (-5, "−0,05\u00a0€"),
        (100_000_000_00, "100\u202f000\u202f000\u00a0€"),
        (LARGEST_INTEGER, "92\u202f233\u202f720\u202f368\u202f547\u202f758,07\u00a0€"),
    ],
)
def test_amounts_are_written_as_in_french(cents: int, expected: str) -> None:
    assert euros(cents) == expected


def test_the_serial_that_people_are_shown_as_an_example_is_a_serial() -> None:
    example = "26A 00442 07 91"

    assert str(SerialNumber(BookletNumber("26A", 442), 7)) == example
    assert read(example) == SerialNumber(BookletNumber("26A", 442), 7)
    with pytest.raises(WrongKey):
        read("26A 00442 07 92")


def test_a_booklet_beyond_99999_has_six_digits() -> None:
    serial = SerialNumber(BookletNumber("26A", 123_456), 10)

    assert str(serial).startswith("26A 123456 10 ")
    assert read(str(serial)) == serial


def test_codes_that_were_printed_stay_what_they_were() -> None:
    """Whoever changes this makes every printed pass worthless."""
    key = bytes(range(32))

    printed = [codes.written(codes.derive(key, serial)) for serial in (1, 2, 10**9)]

    assert printed == PRINTED
    assert codes.digest(codes.read(printed[0])).hex().startswith(DIGEST)


def test_a_check_character_can_be_worked_out_by_hand() -> None:
    assert codes.check_character("0" * 15) == "0"
    assert codes.check_character("0" * 14 + "1") == "Y", "1 doubled is 2, and 30 more make 32"
    assert codes.check_character("0" * 14 + "Z") == "1", "31 doubled is 1 and 30: 31, and 1 more"


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  Le \u00a0 Lorrain\t", "Le Lorrain"),
        ("E\u0301cole", "École"),
        ("x" * 200, "x" * 200),
        ("É" * 200, "É" * 200),
        ("E\u0301" * 200, "É" * 200),
        ("ma\nligne", "ma ligne"),
        ("👩‍👧", "👩‍👧"),
        ("", None),
        (" \n ", None),
        ("x" * 201, None),
        ("a\0b", None),
        ("\x1b[31m", None),
        ("Rosalie \u202eeilasoR", None),
        ("\ud800", None),
        ("\ue000", None),
        ("\uffff", None),
        ("L’accom\u00adpagnement", "L’accompagnement"),
        ("\ufeffFort-de-\u200bFrance", "Fort-de-France"),
        ("\u200b", None),
        ("fatigué \U0001fae9", "fatigué \U0001fae9"),
    ],
)
def test_a_name_is_one_clean_line_or_none(typed: str, cleaned: str | None) -> None:
    assert clean(typed) == cleaned


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("Prenom.Nom@Exemple.FR", "prenom.nom@exemple.fr"),
        (" a+b@x-y.co.uk ", "a+b@x-y.co.uk"),
        ("hélène@exemple.fr", "hélène@exemple.fr"),
        ("a@b", None),
        ("a@b.f", None),
        ("a b@c.fr", None),
        ("a@b@c.fr", None),
        ("a..b@c.fr", None),
        ("<a@b.fr>", None),
        ("a@b.fr\0", None),
        ("x" * 65 + "@exemple.fr", None),
        ("x@" + "y" * 250 + ".fr", None),
    ],
)
def test_an_address_is_one_that_can_receive_or_none(typed: str, read_as: str | None) -> None:
    assert read_email(typed) == read_as


def test_midnight_in_martinique_is_four_in_the_morning_utc() -> None:
    assert first_instant(date(2027, 1, 1)) == datetime(2027, 1, 1, 4, tzinfo=UTC)
    assert end_of_day(date(2026, 12, 31)) == datetime(2027, 1, 1, 4, tzinfo=UTC)
    assert martinique_day(datetime(2027, 1, 1, 3, 59, 59, tzinfo=UTC)) == date(2026, 12, 31)
    assert martinique_day(datetime(2027, 1, 1, 4, tzinfo=UTC)) == date(2027, 1, 1)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar_have_a_day(day: date) -> None:
    for hour in (0, 12, 23):
        instant = datetime.combine(day, time(hour), UTC)

        assert abs(martinique_day(instant) - day) <= timedelta(days=1)


def test_a_hash_tells_values_apart_that_look_alike() -> None:
    assert request_hash("act", a=1) != request_hash("act", a="2")
    assert request_hash("act", a="12", b="") != request_hash("act", a="1", b="2")
    assert request_hash("act", on=date(2026, 1, 1)) == request_hash("act", on=date(2026, 1, 1))


def test_documents_are_numbered_by_year() -> None:
    assert written("BR", 2026, 28) == "BR-2026-0028"
    assert written("BR", 2026, 12_345) == "BR-2026-12345"


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_key_of_a_vintage_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys")

    made = store.create("26A")

    assert store.create("26A") == store.key("26A") == made
    assert len(made) == 32
    assert store.create("26B") != made
    [path] = (tmp_path / "keys").glob("*26A*")
    assert path.stat().st_mode & 0o077 == 0


def test_a_key_in_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = KeyStore(tmp_path)
    store.create("26A")
    monkeypatch.setenv("PASSNUM_VINTAGE_KEY_26A", "ab" * 32)

    assert store.key("26A") == bytes([0xAB]) * 32


def test_a_missing_key_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match="26A"):
        KeyStore(tmp_path).key("26A")


@pytest.mark.parametrize("label", ["../26A", "26a", "", "26A/", "٢٦A", "26A\0"])
def test_a_label_names_no_other_file(tmp_path: Path, label: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - a mistake of the program, not of a person
        KeyStore(tmp_path).create(label)


# ── What columns hold ─────────────────────────────────────────────────────────────────────────────


class Dialect:
    """As far as column types look at one."""

    def __init__(self, name: str) -> None:
        self.name = name


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_an_instant_without_zone_is_never_stored(name: str) -> None:
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), Dialect(name))  # type: ignore[arg-type]  # noqa: DTZ001


def test_instants_on_sqlite_sort_as_text() -> None:
    kind, sqlite = UtcDateTime(), Dialect("sqlite")
    instants = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=n) for n in (0, 1, 10**6)]

    texts = [kind.process_bind_param(instant, sqlite) for instant in instants]  # type: ignore[arg-type]

    assert texts == sorted(texts)
    assert {len(text) for text in texts} == {27}
    assert [kind.process_result_value(text, sqlite) for text in texts] == instants  # type: ignore[arg-type]


def test_days_and_ids_come_back_from_sqlite_as_they_went() -> None:
    sqlite = Dialect("sqlite")
    day, made = date(2024, 2, 29), new_id()

    kept = Day().process_bind_param(day, sqlite)  # type: ignore[arg-type]
    assert Day().process_result_value(kept, sqlite) == day  # type: ignore[arg-type]
    blob = Uuid16().process_bind_param(made, sqlite)  # type: ignore[arg-type]
    assert len(blob) == 16
    assert Uuid16().process_result_value(blob, sqlite) == made  # type: ignore[arg-type]


def test_ids_sort_as_they_were_made_within_a_millisecond_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = 1_700_000_000_000_000_000
    instants = [start, start + 500, start + 999_900, start + 1_000_000, start + 1_000_400]
    clock = iter(instants)
    monkeypatch.setattr("app.kernel.ids.time", SimpleNamespace(time_ns=lambda: next(clock)))

    made = [new_id() for _ in instants]

    assert made == sorted(made)
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}
    assert [one.int >> 80 for one in made] == [instant // 10**6 for instant in instants]


@pytest.mark.parametrize(
    "url", ["", "sqlite://", "sqlite:///:memory:", "mysql://x/y", "passnum.db", "postgresql:/"]
)
def test_an_address_that_names_no_database_is_refused(url: str) -> None:
    with pytest.raises(UnknownDatabase):
        read_url(url)


def test_a_day_is_asked_for_without_an_interval_of_one_day() -> None:
    today = date(2026, 11, 22)
    assert "entre le 20/11/2026 et aujourd’hui" in day_asked(date(2026, 11, 20), today)
    assert "entre" not in day_asked(today, today)


def test_the_file_of_the_database_is_its_owners_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'passnum.db'}")
    with database.transaction() as session:
        session.execute(text("create table thing (id integer)"))
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    database.close()

    assert set(modes.values()) == {0o600}, modes
    assert "passnum.db-wal" in modes


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("", 1),
        ("é" * 160, 1),
        ("é" * 161, 2),
        ("à" * 306, 2),
        ("à" * 307, 3),
        ("€" * 80, 1),
        (f"{'a' * 152}€{'a' * 152}", 3),
        ("ê" * 70, 1),
        ("ê" + "a" * 70, 2),
        ("’" + "a" * 134, 3),
        (plainly("’" + "\u00a0" * 134), 1),
        ("\N{GRINNING FACE}" * 36, 2),
    ],
)
def test_a_text_message_is_counted_as_telephones_do(words: str, count: int) -> None:
    assert message_count(words) == count
