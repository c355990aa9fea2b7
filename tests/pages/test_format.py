"""French numbers, rates and times."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.text import de, is_landline, que, written_phone
from app.web import format as french

NO_BREAK = "\u00a0"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (999, "999"),
        (12_000, f"12{NO_BREAK}000"),
        (1_234_567, f"1{NO_BREAK}234{NO_BREAK}567"),
        (-45, "−45"),
    ],
)
def test_thousands_stay_together(number: int, written: str) -> None:
    assert french.count(number) == written


def test_an_amount_shows_its_cents_when_it_has_any() -> None:
    assert french.euros(12_305_000) == f"123{NO_BREAK}050{NO_BREAK}€"
    assert french.euros(-123_050) == f"−1{NO_BREAK}230,50{NO_BREAK}€"


@pytest.mark.parametrize(
    ("part", "whole", "written"),
    [
        (3_160, 6_310, f"50,1{NO_BREAK}%"),
        (0, 10, f"0,0{NO_BREAK}%"),
        (10, 10, f"100,0{NO_BREAK}%"),
        (1, 2_000, f"0,1{NO_BREAK}%"),
        (1, 2_001, f"0,0{NO_BREAK}%"),
        (0, 0, "–"),
        (-3, 19, "–"),
    ],
)
def test_a_rate_has_one_decimal_rounded_half_up(part: int, whole: int, written: str) -> None:
    assert french.percent(part, whole) == written


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_rate_is_never_further_than_half_a_tenth_from_the_truth(part: int, whole: int) -> None:
    shown = french.percent(part, whole).removesuffix(f"{NO_BREAK}%").replace(NO_BREAK, "")
    tenths = int(shown.replace(",", ""))

    # Half up: the truth lies in [shown − 0.05, shown + 0.05[.
    error = Fraction(1000 * part, whole) - tenths
    assert Fraction(-1, 2) <= error < Fraction(1, 2)


def test_a_month_in_which_more_was_undone_than_used_has_no_column() -> None:
    assert french.share(3, 6) == "50.00"
    assert french.share(-3, 6) == "0"


def test_days_and_months_are_french() -> None:
    assert french.day_long(date(2026, 11, 6)) == f"6{NO_BREAK}novembre 2026"
    assert french.day_long(date(2026, 6, 1)) == f"1er{NO_BREAK}juin 2026"
    assert french.day_short(date(2028, 2, 29)) == f"29{NO_BREAK}févr. 2028"
    assert french.month_long(date(2026, 8, 1)) == "août 2026"


def test_an_instant_is_told_on_the_clocks_of_martinique() -> None:
    new_year = datetime(2027, 1, 1, 3, 59, tzinfo=UTC)

    assert french.moment(new_year) == f"31{NO_BREAK}déc. 2026, 23{NO_BREAK}h{NO_BREAK}59"


def test_an_instant_without_zone_and_an_instant_taken_for_a_day_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        french.moment(datetime(2026, 11, 6, 10, 2))  # noqa: DTZ001 - that is the point
    with pytest.raises(TypeError):
        french.day_long(datetime(2026, 11, 6, 1, 0, tzinfo=UTC))


def test_french_signs_are_never_parted_from_their_word() -> None:
    typed = "Attention : « 10 € » ou 4 % ? Oui ; non !"
    set_ = french.typeset(typed)

    assert set_.replace(NO_BREAK, " ") == typed
    assert set_.split(" ") == [
        f"Attention{NO_BREAK}:",
        f"«{NO_BREAK}10{NO_BREAK}€{NO_BREAK}»",
        "ou",
        f"4{NO_BREAK}%{NO_BREAK}?",
        f"Oui{NO_BREAK};",
        f"non{NO_BREAK}!",
    ]


def test_a_length_of_nothing_is_nothing() -> None:
    assert french.share(3, 0) == "0"
    assert french.share(1, 3) == "33.33"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("0596123456", "0596 12 34 56"),
        ("05 96 12 34 56", "0596 12 34 56"),
        ("+596 596 12 34 56", "0596 12 34 56"),
        ("+33596.12.34.56", "0596 12 34 56"),
        ("00 596 0596 12 34 56", "0596 12 34 56"),
        ("+1 758 555 0100", "+1 758 555 0100"),
    ],
)
def test_telephone_numbers_are_written_in_one_way(typed: str, written: str) -> None:
    assert written_phone(typed) == written


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Association Émergence", "d’Association Émergence"),
        ("Émergence", "d’Émergence"),
        ("Œuvre du Carbet", "d’Œuvre du Carbet"),
        ("UDAF", "d’UDAF"),
        ("Ylang", "d’Ylang"),
        ("Yole", "de Yole"),
        ("Hôpital du Nord", "d’Hôpital du Nord"),
        ("Hauts du Morne", "de Hauts du Morne"),
        ("Le Lorrain", "du Lorrain"),
        ("Les Abeilles", "des Abeilles"),
        ("L’Escale", "de L’Escale"),
        ("Onze de cœur", "de Onze de cœur"),
        ("11 boulevard", "de 11 boulevard"),
        ("CMD-2026-0001", "de CMD-2026-0001"),
        ("août 2026", "d’août 2026"),
    ],
)
def test_de_is_elided_before_what_is_heard_as_a_vowel(name: str, written: str) -> None:
    assert de(name) == written


def test_que_is_elided_and_keeps_its_article() -> None:
    assert [que("Anaïs"), que("Le Gall")] == ["qu’Anaïs", "que Le Gall"]


def test_a_label_within_a_sentence_keeps_its_acronyms() -> None:
    labels = ("Participants du PLIE", "CAF du Nord", "60 ans et plus")
    assert list(map(french.inside, labels)) == [
        "participants du PLIE",
        "CAF du Nord",
        "60 ans et plus",
    ]


def test_a_landline_receives_no_text_message() -> None:
    mobiles = ("0696 12 34 56", "+596 696 12 34 56", "06 12 34 56 78", "+337 12 34 56 78")
    assert not any(is_landline(one) for one in (*mobiles, "+1 758 555 0100", "3960"))
    assert all(is_landline(one) for one in ("0596 12 34 56", "+596596123456", "09.72.12.34.56"))


def test_one_takes_no_s() -> None:
    assert [french.plural(n) for n in (0, 1, 2)] == ["", "", "s"]
