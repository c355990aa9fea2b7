"""Settings in versions: what applied on a day stays answerable, and nothing changes afterwards."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id
from app.partners.rules import OrganisationKind
from app.programmes import errors, words
from app.programmes.models import ProgrammeSettings, SettingsWithdrawal
from app.programmes.queries import settings_versions
from app.programmes.rules import BOUNDS, FIGURES, Covers, Share, Terms, wrong_terms
from app.programmes.service import (
    change_settings,
    settings_on,
    terms_of,
    withdraw_settings,
)
from app.programmes.views import versions_shown
from tests.factories import Scheme

A_DAY = timedelta(days=1)


def change(session: Session, scheme: Scheme, on: date, **figures: object) -> ProgrammeSettings:
    return change_settings(
        session,
        actor=scheme.actors["coordinator"],
        settings_id=new_id(),
        programme_id=scheme.programme_id,
        applies_from=on,
        terms=replace(Terms(), **figures),  # type: ignore[arg-type]
        now=scheme.now,
    )


def test_what_applied_on_a_day_is_the_latest_version_that_had_begun(
    session: Session, scheme: Scheme
) -> None:
    today, tomorrow = scheme.today, scheme.today + A_DAY
    change(session, scheme, tomorrow, payment_delay_days=20)
    change(session, scheme, tomorrow, payment_delay_days=25)

    def delay(day: date) -> int:
        return settings_on(session, scheme.programme_id, day).payment_delay_days

    assert [delay(day) for day in (today, tomorrow, tomorrow + A_DAY)] == [30, 25, 25]
    with pytest.raises(errors.SettingsNotYetApply):
        settings_on(session, scheme.programme_id, today - A_DAY)


def test_nothing_changes_for_days_that_have_passed(session: Session, scheme: Scheme) -> None:
    with pytest.raises(errors.SettingsChangedAfterwards):
        change(session, scheme, scheme.today - A_DAY, payment_delay_days=20)
    change(session, scheme, scheme.today + 9 * A_DAY, payment_delay_days=20)
    with pytest.raises(errors.SettingsChangedAfterwards):
        change(session, scheme, scheme.today + 8 * A_DAY, payment_delay_days=25)
    with pytest.raises(errors.SettingsUnchanged):
        change(session, scheme, scheme.today + 9 * A_DAY, payment_delay_days=20)


def test_a_version_dated_far_ahead_is_withdrawn_and_what_comes_before_it_can_change_again(
    session: Session, scheme: Scheme
) -> None:
    far, soon = scheme.today + 300 * A_DAY, scheme.today + A_DAY
    slip = change(session, scheme, far, payment_delay_days=20)
    with pytest.raises(errors.SettingsChangedAfterwards, match="peut d’abord être retirée"):
        change(session, scheme, soon, payment_delay_days=25)
    withdrawal_id = new_id()

    def withdraw(settings_id: UUID, reason: str = "Année mal tapée") -> SettingsWithdrawal:
        return withdraw_settings(
            session,
            actor=scheme.actors["coordinator"],
            withdrawal_id=withdrawal_id,
            programme_id=scheme.programme_id,
            settings_id=settings_id,
            reason=reason,
            now=scheme.now,
        )

    assert withdraw(slip.id) is withdraw(slip.id)
    meant = change(session, scheme, soon, payment_delay_days=25)

    assert meant.ordinal == slip.ordinal + 1
    assert settings_on(session, scheme.programme_id, far).id == meant.id
    [_, withdrawn, told] = versions_shown(session, settings_versions(session, scheme.programme_id))
    assert withdrawn.withdrawal is not None
    assert [(c.before, c.after) for c in told.changes] == [("30 jours", "25 jours")]
    withdrawal_id = new_id()
    with pytest.raises(errors.SettingsWithdrawnAlready):
        withdraw(slip.id)
    for begun in (settings_on_first(session, scheme), change(session, scheme, soon)):
        with pytest.raises(InvalidInput):
            withdraw(begun.id, reason=" ")
    with pytest.raises(errors.SettingsApplyAlready):
        withdraw(settings_on_first(session, scheme).id)
    with pytest.raises(errors.UnknownSettings):
        withdraw(new_id())


def test_the_state_funds_half_at_most_and_only_the_publics_of_its_agreement() -> None:
    said = {
        covers: wrong_terms(Terms(funders=(Share(new_id(), 5001, covers),))) for covers in Covers
    }

    assert said[Covers.ALL] == said[Covers.AGREED] == {}
    assert "la moitié" in said[Covers.STATE]["funders"]


def test_a_version_says_what_it_changed_and_who_made_it(session: Session, scheme: Scheme) -> None:
    funder = scheme.organisation(session, "funder", OrganisationKind.FUNDER)
    made = change(
        session,
        scheme,
        scheme.today,
        redemption_fee_basis_points=450,
        entitlements=Terms().entitlements[:3],
        funders=(Share(funder, 6000),),
    )

    first, second = versions_shown(session, [settings_on_first(session, scheme), made])

    assert first.changes == []
    assert [(c.name, c.before, c.after) for c in second.changes] == [
        ("Frais retenus aux médiateurs", "0\u00a0%", "4,5\u00a0%"),
        (
            "60 ans et plus",
            "1 carnet de 5 pass par personne, renouvelable une fois si nécessaire",
            "rien",
        ),
        ("Autres publics (comptés à part)", "1 carnet de 5 pass par personne", "rien"),
        ("FUNDER", "aucune part", "60\u00a0%"),
    ]
    assert terms_of(session, made).funders == (Share(funder, 6000),)


def settings_on_first(session: Session, scheme: Scheme) -> ProgrammeSettings:
    return session.get_one(ProgrammeSettings, scheme.programme_id)


def test_a_share_is_a_funders_and_all_shares_are_one_whole_at_most(
    session: Session, scheme: Scheme
) -> None:
    with pytest.raises(errors.NotAFunder), session.begin_nested():
        change(
            session,
            scheme,
            scheme.today,
            funders=(Share(scheme.organisations["ccas"], 5000),),
        )
    shares = (Share(new_id(), 5000), Share(new_id(), 5001))
    with pytest.raises(InvalidInput):
        change(session, scheme, scheme.today, funders=shares)


@pytest.mark.parametrize("name", BOUNDS)
def test_each_figure_has_bounds(name: str) -> None:
    for figure in (BOUNDS[name][0] - 1, BOUNDS[name][1] + 1):
        assert name in wrong_terms(replace(Terms(), **{name: figure}))  # type: ignore[arg-type]


def test_the_calendar_keeps_its_order() -> None:
    assert wrong_terms(Terms()) == {}
    assert "withhold_days_before_end" in wrong_terms(Terms(withhold_days_before_end=31))
    assert "late_days_before_end" in wrong_terms(Terms(late_days_before_end=16))
    assert "statement_days_after_end" in wrong_terms(Terms(offline_upload_days=7))


def test_each_figure_has_a_name_a_place_and_two_sentences() -> None:
    assert {name for group in words.GROUPS.values() for name in group} == {*FIGURES}
    assert {*words.NAMES} == {*words.SENTENCES} == {*FIGURES}
    for name in FIGURES:
        assert "{" not in words.sentence(name, Terms())
