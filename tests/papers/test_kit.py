"""The information kit: each paper says what the settings say, on one page, and invents nothing."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from app.config import EXAMPLE_URL
from app.guides.papers import kit_paper
from app.guides.rules import Kit, KitPaper, KitVintage, Spot
from app.guides.service import kit_of, public_page
from app.identity.errors import RightMissing
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.programmes.rules import RECOMMENDED, Entitled, Public, Terms
from app.programmes.service import change_settings
from tests.factories import Scheme
from tests.papers import reading

PAGE = "https://pass.capnord.example/pass-numerique"
KIT = Kit(
    programme_name="Pass numérique 2026",
    sponsor="CAP Nord Martinique",
    on=date(2026, 3, 2),
    vintages=(KitVintage("26A", Cents(1000), date(2026, 12, 31), date(2027, 1, 31)),),
    entitlements=RECOMMENDED,
    pays="CAP Nord Martinique",
    payment_delay_days=30,
    fee_basis_points=0,
    withhold_days_before_end=15,
    late_days_before_end=7,
    certification_required=False,
    session_required=False,
    prescribers=(Spot("CCAS du Lorrain", "Le Lorrain"), Spot("CGSS", "Nord Martinique")),
    places=(Spot("CARECOF", "Sainte-Marie"),),
    reached=(),
    page=PAGE,
    specimen=False,
)


def said(kit: Kit, paper: KitPaper) -> str:
    """The words of a paper, which is one page."""
    [page] = reading.words(kit_paper(kit, paper))
    return " ".join(page.split())


def test_the_poster_says_who_what_and_where_and_its_square_is_read_on_both_sizes() -> None:
    for paper in (KitPaper.POSTER_A3, KitPaper.POSTER_A4):
        words = said(KIT, paper)
        for part in ("Besoin d’aide avec", "10 €", "60 ans ou plus", "Le Lorrain", "gratuit"):
            assert part in words, part
        assert "Nord Martinique," not in words.replace("CAP Nord Martinique", "")
        [picture] = reading.pictures(kit_paper(KIT, paper), dpi=60)
        assert reading.codes(picture) == {PAGE}

    assert not any(c.isdigit() for c in said(KIT, KitPaper.POSTER_A4).split("Demandez ici")[1][:30])


def test_figures_follow_the_settings() -> None:
    changed = replace(
        KIT,
        vintages=(KitVintage("27A", Cents(1250), date(2027, 6, 30), date(2027, 7, 10)),),
        entitlements=(Entitled(Public.SENIOR, booklet_size=5, booklet_count=2, renewal_count=3),),
        payment_delay_days=21,
        fee_basis_points=400,
        pays="Émetteur",
        certification_required=True,
    )

    words = said(changed, KitPaper.PRESCRIBER)
    for part in ("2 carnets de 5 pass", "125 €", "3 fois", "15 juin 2027", "23 juin 2027"):
        assert part in words, part
    assert "PLIE" not in said(changed, KitPaper.POSTER_A4)
    words = said(changed, KitPaper.MEDIATOR)
    for part in ("12,50 €", "21 jours au plus", "4 %", "Émetteur", "certifiez", "10 juillet 2027"):
        assert part in words, part


def test_the_sheets_tell_each_their_own() -> None:
    assert "Sans lui, le pass n’est pas payé" not in said(KIT, KitPaper.MEDIATOR)
    asked = replace(KIT, session_required=True)
    assert "Sans lui, le pass n’est pas payé" in said(asked, KitPaper.MEDIATOR)
    for part in ("CCAS du Lorrain (Le Lorrain)", "CARECOF (Sainte-Marie)", "300 €"):
        assert part in said(KIT, KitPaper.PARTNER)
    assert "régie" in said(KIT, KitPaper.MEDIATOR)


@pytest.mark.parametrize("paper", KitPaper)
def test_nothing_known_and_too_much_known_both_stay_on_one_page(paper: KitPaper) -> None:
    nothing = replace(KIT, vintages=(), entitlements=(), prescribers=(), places=(), page="")
    assert "None" not in said(nothing, paper)

    spots = tuple(Spot(f"Établissement public du Nord {n}", "Basse-Pointe") for n in range(60))
    much = replace(
        KIT,
        programme_name="Dispositif " * 18,
        sponsor="Communauté d’agglomération du Pays Nord Martinique et de ses environs",
        pays="Communauté d’agglomération du Pays Nord Martinique et de ses environs",
        reached=("0536 49 00 00", "coordination@capnord.example"),
        prescribers=spots,
        places=spots,
        specimen=True,
    )
    assert "SPÉCIMEN" in said(much, paper)
    assert kit_paper(much, paper) == kit_paper(much, paper)


def test_without_an_address_of_its_own_an_installation_prints_no_square() -> None:
    assert public_page(EXAMPLE_URL, specimen=False) == ""
    assert public_page(EXAMPLE_URL, specimen=True) == PAGE
    [picture] = reading.pictures(kit_paper(replace(KIT, page=""), KitPaper.POSTER_A4))
    assert reading.codes(picture) == set()


def test_the_kit_is_that_of_the_day(session: Session, usual_scheme: Scheme) -> None:
    def kit(who: str = "exo7", days: int = 0) -> Kit:
        return kit_of(
            session,
            actor=usual_scheme.actors[who],
            programme_id=usual_scheme.programme_id,
            public_url="https://pass.example.org/",
            now=usual_scheme.now + timedelta(days=days),
        )

    change_settings(
        session,
        actor=usual_scheme.actors["coordinator"],
        settings_id=new_id(),
        programme_id=usual_scheme.programme_id,
        applies_from=usual_scheme.today + timedelta(days=2),
        terms=Terms(payment_delay_days=12),
        document=None,
        now=usual_scheme.now,
    )

    made = kit()
    assert made.on == martinique_day(usual_scheme.now)
    assert (made.payment_delay_days, kit(days=3).payment_delay_days) == (30, 12)
    assert [one.public for one in made.entitlements] == list(Public)
    assert made.worth == "10\u00a0€"
    assert {spot.name for spot in made.places} == {"CARECOF", "EXO7"}
    assert len(made.prescribers) == 2
    assert made.page == "https://pass.example.org/pass-numerique"
    with pytest.raises(RightMissing):
        kit("administrator")
