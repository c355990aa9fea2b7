"""Partners and places: régies, takeovers, labels step by step, contacts, profiles, warnings."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from app.identity.errors import OtherOrganisation
from app.identity.rules import Role
from app.kernel.errors import DomainError, IdAlreadyUsed, InvalidInput
from app.kernel.ids import new_id
from app.mediators import queries
from app.mediators.errors import (
    CashOfficeMissing,
    CashOfficeOverlaps,
    LabelStepOutOfOrder,
    NotAPublicBody,
    NotReceiving,
    ProfileChanged,
    UnknownLabelApplication,
)
from app.mediators.holding import takes_until
from app.mediators.rules import CashOfficeKind, LabelStep, OpeningHours
from app.mediators.service import check_receives_people, grant_label, record_cash_office
from app.partners import queries as partners
from app.partners.errors import (
    AgreementRenewedAlready,
    ContactReplacedAlready,
    OrganisationSucceeded,
    SiretKnown,
    SiretTaken,
    SiretWriterCannotCorrect,
    SiretWrittenMeanwhile,
    SucceededAlready,
    UnknownAgreement,
    UnknownContact,
    UnknownOrganisation,
)
from app.partners.rules import AgreementRole, OrganisationKind, SignedDocument
from app.partners.service import agreement_in_force, sign_agreement, succeed
from app.programmes.rules import Terms
from app.programmes.service import change_settings
from tests.service.cases import (
    AFTER_ALL,
    LONG,
    NOBODY,
    YEAR_ONE,
    Case,
    case,
    days,
    invalid,
    names,
    see_refused,
    sentence,
)
from tests.service.conftest import World
from tests.service.scans import owed, redeem
from tests.service.steps import STEPS

SHA256 = "9F86D081 884c7d65" + "0" * 48


def run(world: World, name: str, /, **changes: object) -> Any:  # noqa: ANN401 - whatever the step makes
    return STEPS[name].run(world.session, world.chain, **changes)


def public_mediator(world: World, *, kind: CashOfficeKind, days: tuple[int, int]) -> None:
    """A town that redeems, with label and agreement, and a régie for some days."""
    scheme, session = world.scheme, world.session
    scheme.organisation(session, "town", OrganisationKind.TOWN)
    scheme.agent(session, "town", Role.MEDIATOR, "town")
    scheme.agreement(session, "town", AgreementRole.MEDIATOR)
    period = {
        "valid_from": scheme.today - timedelta(days=300),
        "valid_until": scheme.today + timedelta(days=300),
    }
    grant_label(
        session,
        actor=scheme.actors["coordinator"],
        label_id=new_id(),
        organisation_id=scheme.organisations["town"],
        reference="#APTIC",
        now=scheme.now,
        **period,
    )
    record_cash_office(
        session,
        actor=scheme.actors["coordinator"],
        cash_office_id=new_id(),
        organisation_id=scheme.organisations["town"],
        kind=kind,
        reference="Arrêté 1",
        held_by="Secrétariat",
        valid_from=scheme.today + timedelta(days=days[0]),
        valid_until=scheme.today + timedelta(days=days[1]),
        now=scheme.now,
    )


# ── Régies ────────────────────────────────────────────────────────────────────────────────────────


def test_a_regie_of_one_kind_gives_its_right_once_on_any_day(world: World) -> None:
    scheme = world.scheme

    def again(*_: object) -> object:
        return record_cash_office(
            world.session,
            actor=scheme.actors["coordinator"],
            cash_office_id=new_id(),
            organisation_id=scheme.organisations["library"],
            kind=CashOfficeKind.REVENUE,
            reference="Arrêté 2026-12",
            held_by="Direction",
            valid_from=scheme.today,
            valid_until=scheme.today,
            now=scheme.now,
        )

    world.refuses(CashOfficeOverlaps, again)


def test_a_public_body_takes_passes_until_the_last_day_of_its_regie_or_mandate(
    world: World,
) -> None:
    scheme = world.scheme
    public_mediator(world, kind=CashOfficeKind.REVENUE, days=(-9, 9))

    def last_day() -> date:
        return takes_until(world.session, scheme.organisations["town"], on=scheme.today)

    assert last_day() == scheme.today + timedelta(days=9)
    scheme.agreement(world.session, "town", AgreementRole.MANDATE, days=(-9, 40))
    assert last_day() == scheme.today + timedelta(days=40)


@pytest.mark.parametrize(
    ("kind", "days", "taken"),
    [
        (CashOfficeKind.REVENUE, (0, 0), True),
        (CashOfficeKind.EXTENDED_REVENUE, (-9, 9), True),
        (CashOfficeKind.REVENUE, (-9, -1), False),
        (CashOfficeKind.REVENUE, (1, 9), False),
        (CashOfficeKind.ADVANCES, (-9, 9), False),
    ],
)
def test_a_public_body_takes_passes_on_the_days_of_its_regie(
    world: World, kind: CashOfficeKind, days: tuple[int, int], *, taken: bool
) -> None:
    public_mediator(world, kind=kind, days=days)
    scan_id, code = new_id(), world.chain.codes[7]

    verdict = redeem(world, code, at="town", redemption_id=scan_id)

    if taken:
        assert verdict.accepted().cash_office_kind == kind
        check_receives_people(
            world.session, world.scheme.organisations["town"], on=world.scheme.today
        )
        return
    assert isinstance(verdict.refusal, CashOfficeMissing)
    assert "TOWN" in verdict.refusal.message
    replay = redeem(world, code, at="town", redemption_id=scan_id)
    assert isinstance(replay.refusal, CashOfficeMissing)
    assert owed(world, "town") == 0
    with pytest.raises(CashOfficeMissing):
        check_receives_people(
            world.session, world.scheme.organisations["town"], on=world.scheme.today
        )


# ── Takeovers ─────────────────────────────────────────────────────────────────────────────────────


def taken_over(world: World, name: str, *, in_days: int = 0) -> None:
    run(
        world,
        "succeed",
        organisation_id=world.scheme.organisations[name],
        successor_id=world.scheme.organisations["library"],
        from_on=world.scheme.today + timedelta(days=in_days),
    )


def test_who_was_taken_over_redeems_until_the_day_before(world: World) -> None:
    taken_over(world, "carecof", in_days=1)
    assert redeem(world, world.chain.codes[7], at="carecof").refusal is None

    before = owed(world)
    taken_over(world, "exo7")
    verdict = redeem(world, world.chain.codes[8], at="exo7")

    assert isinstance(verdict.refusal, OrganisationSucceeded)
    assert "LIBRARY" in verdict.refusal.message
    assert owed(world) == before


def test_who_was_taken_over_signs_and_is_labelled_no_more(world: World) -> None:
    today, exo7 = world.scheme.today, world.scheme.organisations["exo7"]
    taken_over(world, "exo7", in_days=5)
    kept = {"organisation_id": exo7, "valid_from": today}

    for step in ("sign_agreement", "grant_label"):
        run(world, step, **kept, valid_until=today + timedelta(days=4))
        with pytest.raises(OrganisationSucceeded), world.session.begin_nested():
            run(world, step, **kept, valid_until=today + timedelta(days=5))
    agreement_in_force(world.session, exo7, AgreementRole.MEDIATOR, on=today + timedelta(days=4))
    with pytest.raises(OrganisationSucceeded):
        agreement_in_force(
            world.session, exo7, AgreementRole.MEDIATOR, on=today + timedelta(days=5)
        )


def test_what_was_owed_is_still_paid_to_whom_it_was_owed(world: World) -> None:
    taken_over(world, "exo7")

    paid = run(world, "record_payment")

    assert paid.statement_id


def test_a_takeover_is_told_from_both_ends_and_happens_once(world: World) -> None:
    session, organisations = world.session, world.scheme.organisations
    taken_over(world, "exo7")

    told = partners.succession_of(session, organisations["exo7"])
    assert told is not None
    assert told.successor_id == organisations["library"]
    assert told in partners.succeeded_by_it(session, organisations["library"])
    for step in (("exo7", "carecof"), ("carecof", "exo7")):
        with pytest.raises(SucceededAlready), session.begin_nested():
            succeed(
                session,
                actor=world.scheme.actors["coordinator"],
                succession_id=new_id(),
                organisation_id=organisations[step[0]],
                successor_id=organisations[step[1]],
                from_on=world.scheme.today,
                reference="Délibération",
                now=world.scheme.now,
            )


# ── SIRETs ──────────────────────────────────────────────────────────────────────────────────────


def test_a_siret_is_completed_once_and_corrected_by_another_person(world: World) -> None:
    session, unsigned = world.session, world.scheme.organisations["unsigned"]
    wrong, right = "73282932000074", "552 032 534 00646"

    run(world, "record_siret", siret=wrong)
    for refused, by, changes in (
        (SiretWrittenMeanwhile, "coordinator2", {}),
        (SiretWrittenMeanwhile, "coordinator2", {"corrects": "44306184100047"}),
        (SiretWriterCannotCorrect, "coordinator", {"corrects": wrong}),
        (InvalidInput, "coordinator2", {"corrects": wrong, "siret": wrong}),
        (SiretTaken, "coordinator2", {"corrects": wrong, "siret": "43493312300029"}),
    ):
        with pytest.raises(refused), session.begin_nested():
            run(
                world,
                "record_siret",
                actor=world.scheme.actors[by],
                **{"siret": right} | changes,
            )
    run(
        world,
        "record_siret",
        actor=world.scheme.actors["coordinator2"],
        siret=right,
        corrects=wrong,
    )

    found = partners.organisation_by_siret(session, "55203253400646")
    assert found is not None
    assert (found.id, found.siret, found.siret_given) == (unsigned, "55203253400646", None)
    assert partners.organisation_by_siret(session, wrong) is None
    freed = run(world, "register_organisation", siret=wrong)
    assert freed.siret == wrong
    with pytest.raises(SiretTaken):
        run(world, "register_organisation", siret=right)


def test_a_siret_given_at_registration_is_told_false_by_one_and_corrected_by_another(
    world: World,
) -> None:
    session, right = world.session, "55203253400646"
    came = run(world, "register_organisation")
    given = came.siret

    def written(siret: str, corrects: str | None = None, *, by: str = "coordinator") -> int:
        made = run(
            world,
            "record_siret",
            actor=world.scheme.actors[by],
            organisation_id=came.id,
            siret=siret,
            corrects=corrects,
        )
        return int(made.version)

    for corrects in (None, given):
        with pytest.raises(SiretKnown):
            written(right, corrects)
    assert (written(given), came.siret) == (1, given)
    for refused, corrects, by in (
        (SiretWrittenMeanwhile, None, "coordinator2"),
        (SiretWriterCannotCorrect, given, "coordinator"),
    ):
        with pytest.raises(refused):
            written(right, corrects, by=by)
    with pytest.raises(SiretTaken):
        run(world, "register_organisation", siret=given)
    written(right, given, by="coordinator2")

    session.expire_all()
    assert (came.siret, came.siret_given) == (right, given)
    bearer = run(world, "register_organisation", siret=given)
    session.expire_all()
    assert (bearer.siret, bearer.siret_given) == (given, None)
    for siret in (given, right):
        with pytest.raises(SiretTaken):
            run(world, "register_organisation", siret=siret)


# ── Labels, agreements ────────────────────────────────────────────────────────────────────────────


def test_an_application_goes_forward_and_ends_with_its_label(world: World) -> None:
    unlabelled = world.scheme.organisations["unlabelled"]
    run(world, "note_label_progress", step=LabelStep.COMPLETE, label=None)
    granted = run(world, "note_label_progress")

    label = queries.label_in_force(world.session, unlabelled, on=world.scheme.today)
    assert label is not None
    assert granted.label_id == label.id
    for step in (LabelStep.UNDER_REVIEW, LabelStep.REFUSED):
        with pytest.raises(LabelStepOutOfOrder), world.session.begin_nested():
            run(world, "note_label_progress", step=step, label=None)


def test_an_agreement_is_renewed_once_by_one_of_its_kind(world: World) -> None:
    ccas = world.scheme.organisations["ccas"]
    former = partners.agreement_in_force(
        world.session, ccas, AgreementRole.PRESCRIBER, on=world.scheme.today
    )
    assert former is not None
    next_days = {
        "role": AgreementRole.PRESCRIBER,
        "valid_from": former.valid_until + timedelta(days=1),
        "valid_until": former.valid_until + timedelta(days=300),
    }

    renewed = run(
        world,
        "sign_agreement",
        **next_days,
        follows_id=former.id,
        document=SignedDocument("Convention", SHA256, "Archives"),
    )

    assert renewed.follows_id == former.id
    assert len(renewed.document_sha256) == 32
    for refusal, changes in (
        (AgreementRenewedAlready, {"follows_id": former.id}),
        (UnknownAgreement, {"follows_id": NOBODY}),
        (UnknownAgreement, {"follows_id": renewed.id, "role": AgreementRole.VENUE}),
    ):
        with pytest.raises(refusal), world.session.begin_nested():
            run(world, "sign_agreement", **(next_days | changes))


def test_what_ends_soon_and_is_not_followed_is_on_the_list(world: World) -> None:
    scheme = world.scheme

    def ending() -> list[tuple[str, str]]:
        return [
            (one.kind, one.organisation.name)
            for one in queries.renewals(world.session, on=scheme.today)
        ]

    scheme.agreement(world.session, "nobank", AgreementRole.VENUE, days=(-9, 60))
    scheme.agreement(world.session, "nobank", AgreementRole.PRESCRIBER, days=(-9, 61))
    assert ending() == [("agreement", "NOBANK")]

    scheme.agreement(world.session, "nobank", AgreementRole.VENUE, days=(61, 300))
    assert ending() == []


def test_the_settings_say_how_long_before_its_end_something_is_to_be_renewed(world: World) -> None:
    scheme, session = world.scheme, world.session
    scheme.agreement(session, "nobank", AgreementRole.VENUE, days=(-9, 90))
    assert queries.renewals(session, on=scheme.today) == []

    change_settings(
        session,
        actor=scheme.actors["coordinator"],
        settings_id=new_id(),
        programme_id=scheme.programme_id,
        applies_from=scheme.today,
        terms=Terms(agreement_warning_days=90),
        document=None,
        now=scheme.now,
    )

    assert [one.kind for one in queries.renewals(session, on=scheme.today)] == ["agreement"]


# ── Contacts, profiles, readiness ─────────────────────────────────────────────────────────────────


def test_a_contact_is_replaced_then_withdrawn_and_nothing_is_lost(world: World) -> None:
    exo7 = world.scheme.organisations["exo7"]
    changed = run(world, "record_contact", phone="+596 596 00 00 01", email=None)
    assert [c.id for c in partners.contacts_of(world.session, exo7)] == [changed.id]

    with pytest.raises(ContactReplacedAlready), world.session.begin_nested():
        run(world, "record_contact")
    ended = run(world, "record_contact", phone=None, email=None, replaces_id=changed.id)

    assert ended.ended
    assert partners.contacts_of(world.session, exo7) == []
    assert partners.contact(world.session, changed.id) is changed


@pytest.mark.parametrize("step", ["record_contact", "record_profile"])
def test_only_its_own_agents_and_the_coordination_correct_a_profile(
    world: World, step: str
) -> None:
    for name in ("carecof", "ccas"):
        with pytest.raises(OtherOrganisation), world.session.begin_nested():
            run(world, step, actor=name)
    run(world, step, actor="coordinator")


def test_two_people_who_correct_at_once_do_not_undo_each_other(world: World) -> None:
    run(world, "record_profile")

    with pytest.raises(ProfileChanged), world.session.begin_nested():
        run(world, "record_profile", hours=[])
    run(world, "record_profile", version=3, hours=[])
    exo7 = world.scheme.organisations["exo7"]
    assert queries.offers(world.session, [exo7])[exo7].hours == ()
    assert len(queries.profile_versions(world.session, exo7)) == 3


def test_people_are_sent_where_the_list_says_and_nowhere_else(world: World) -> None:
    session, scheme = world.session, world.scheme

    def able() -> Iterator[str]:
        for name, organisation_id in scheme.organisations.items():
            try:
                check_receives_people(session, organisation_id, on=scheme.today)
            except DomainError:
                continue
            yield name

    def listed() -> set[Any]:
        return {p.organisation.id for p in queries.places_receiving(session, on=scheme.today)}

    assert listed() == {scheme.organisations[name] for name in able()}

    run(world, "record_capacity", from_on=scheme.today)
    with pytest.raises(NotReceiving):
        check_receives_people(session, scheme.organisations["exo7"], on=scheme.today)
    taken_over(world, "carecof")
    assert listed() == {scheme.organisations[name] for name in able()}
    assert scheme.organisations["exo7"] not in listed()

    run(world, "record_capacity", from_on=scheme.today, ready=True)
    assert scheme.organisations["exo7"] in listed()


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────

PAST: date = date(2001, 1, 1)
BAD: list[Case] = [
    *(
        invalid("register_organisation", "insee", typed, name=f"{typed!r}")
        for typed in ("", "9721", "972140", "97a14", "97999\0")
    ),
    case("a code of another commune", "register_organisation", InvalidInput,
         {"insee": "97215"}, "insee"),
    case("a commune under another's code", "register_organisation", InvalidInput,
         {"commune": "Paris", "insee": "97215"}, "insee"),
    case("a document without place", "sign_agreement", InvalidInput,
         {"document": SignedDocument("Convention", SHA256, " ")}, "document.kept_at"),
    case("a document without fingerprint", "sign_agreement", InvalidInput,
         {"document": SignedDocument("Convention", "9f86", "Archives")}, "document.sha256"),
    *names("record_address", "street"),
    *(invalid("record_address", "postcode", typed) for typed in ("", "9721", "97A14", "972\0")),
    invalid("record_address", "complement", LONG),
    invalid("record_address", "latitude_microdegrees", 90_000_001),
    invalid("record_address", "latitude_microdegrees", None),
    invalid("record_address", "longitude_microdegrees", -180_000_001),
    case("an address of nobody", "record_address", UnknownOrganisation,
         {"organisation_id": NOBODY}),
    *names("record_contact", "position"),
    *(invalid("record_contact", "phone", typed)
      for typed in ("0", "12345", "0596", "+0", "0596 00 00 00 00 00 00", "05960000\0")),
    *(invalid("record_contact", "email", typed) for typed in ("x", "x@", "é" * 300, "a\0@x.fr")),
    case("nothing to call", "record_contact", InvalidInput,
         {"phone": None, "email": None, "replaces_id": None}, "phone"),
    case("another's contact", "record_contact", UnknownContact, {"replaces_id": NOBODY}),
    *names("succeed", "reference"),
    invalid("succeed", "from_on", YEAR_ONE),
    invalid("succeed", "from_on", AFTER_ALL),
    case("a takeover of the past", "succeed", InvalidInput,
         lambda c: {"from_on": c.scheme.today - timedelta(days=1)}, "from_on"),
    case("a takeover by itself", "succeed", InvalidInput,
         lambda c: {"successor_id": c.scheme.organisations["unsigned"]}, "successor_id"),
    case("a takeover by nobody", "succeed", UnknownOrganisation, {"successor_id": NOBODY}),
    invalid("note_label_progress", "note", LONG),
    case("a granted label that is not described", "note_label_progress", InvalidInput,
         {"label": None}, "reference"),
    case("a refusal with a label", "note_label_progress", InvalidInput,
         {"step": LabelStep.REFUSED}, "reference"),
    invalid("note_label_progress", "reached_on", AFTER_ALL),
    invalid("note_label_progress", "reached_on", PAST),
    case("an application of nobody", "note_label_progress", UnknownLabelApplication,
         {"application_id": NOBODY}),
    *names("record_cash_office", "reference"),
    *names("record_cash_office", "held_by"),
    *days("record_cash_office"),
    case("a régie of an association", "record_cash_office", NotAPublicBody,
         lambda c: {"organisation_id": c.scheme.organisations["exo7"]}),
    *(
        case(f"hours {what}", "record_profile", InvalidInput, {"hours": hours}, "hours")
        for what, hours in {
            "that overlap": [OpeningHours(0, 480, 720), OpeningHours(0, 700, 800)],
            "that touch": [OpeningHours(0, 480, 720), OpeningHours(0, 720, 800)],
            "on no day": [OpeningHours(7, 480, 720)],
            "past midnight": [OpeningHours(0, 480, 1441)],
            "the wrong way round": [OpeningHours(0, 720, 480)],
            "too many": [OpeningHours(0, n, n + 1) for n in range(0, 66, 3)],
        }.items()
    ),
    invalid("record_profile", "access_notes", "É" * 501),
    case("a version to come", "record_profile", ProfileChanged, {"version": 9}),
    invalid("record_capacity", "from_on", YEAR_ONE),
    case("the readiness of nobody", "record_capacity", UnknownOrganisation,
         {"organisation_id": NOBODY}),
]  # fmt: skip


@pytest.mark.parametrize("bent", BAD, ids=sentence)
def test_bad_input_is_refused_by_its_field(world: World, bent: Case) -> None:
    see_refused(world, bent)


def test_the_same_id_for_another_agreement_is_refused(world: World) -> None:
    agreement_id = new_id()
    run(world, "sign_agreement", agreement_id=agreement_id)

    with pytest.raises(IdAlreadyUsed), world.session.begin_nested():
        sign_agreement(
            world.session,
            actor=world.scheme.actors["coordinator"],
            agreement_id=agreement_id,
            organisation_id=world.scheme.organisations["ccas"],
            role=AgreementRole.VENUE,
            reference="Convention",
            valid_from=world.scheme.today,
            valid_until=world.scheme.today,
            now=world.scheme.now,
        )
