"""Renewals, exceptions, likely duplicates, taking back: what a hand-over asks and keeps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.config import SettingRefused, identity_months
from app.identity.models import AccountEvent
from app.kernel.clock import martinique_day, months_before
from app.kernel.errors import Conflict, DomainError, IdAlreadyUsed
from app.kernel.ids import new_id
from app.losses.blocks import block_vouchers
from app.losses.naming import read_lines, serials_of
from app.losses.replacement_queries import pairs_of
from app.losses.replacements import replace_passes
from app.losses.rules import BlockCause, Declarant, ReplacementCause
from app.papers.french import long_day
from app.prescribers import errors, letters, people, queries, referrals, undoing
from app.prescribers.follow_up import ToCall, Whom, call_sheet
from app.prescribers.forgetting import forget_identities
from app.prescribers.in_hand import Reached
from app.prescribers.models import (
    Beneficiary,
    BeneficiaryIdentity,
    Prescription,
    PrescriptionBooklet,
    PrescriptionDuplicate,
    PrescriptionException,
    PrescriptionRenewal,
)
from app.prescribers.papers import Letter, LetterPlace, commitment_form, orientation_letter
from app.prescribers.people import Person
from app.prescribers.prescriptions import NO_REASON, Reasons, what_stands_in_the_way
from app.prescribers.rules import (
    DuplicateReason,
    ExceptionReason,
    RenewalReason,
    UndoReason,
)
from app.prescribers.whereabouts import fate_of
from app.programmes.rules import Public
from app.reports.service import usage_report
from tests.factories import ANSWERS, Scheme
from tests.papers import reading


@pytest.fixture
def session(session: Session, scheme: Scheme) -> Session:
    """Booklets of 10 with plie, of 5 with the CCAS."""
    scheme.stock(session)
    scheme.allocation(session, 1, 6)
    scheme.allocation(session, 11, 14, to="ccas")
    return session


def undo(session: Session, scheme: Scheme, made: UUID, *, by: str = "plie", days: int = 0) -> None:
    undoing.undo_prescription(
        session,
        actor=scheme.actors[by],
        undo_id=new_id(),
        prescription_id=made,
        reason=UndoReason.WRONG_BOOKLET,
        now=scheme.now + timedelta(days=days),
    )


def senior(session: Session, scheme: Scheme) -> UUID:
    return scheme.beneficiary(session, public=Public.SENIOR, birth_year=1950, by="ccas")


def refused(refusal: type[DomainError], session: Session, act: object) -> DomainError:
    with pytest.raises(refusal) as told, session.begin_nested():
        act()  # type: ignore[operator]
    return told.value


def test_a_renewal_waits_for_the_last_pass_or_a_reason(session: Session, scheme: Scheme) -> None:
    person = senior(session, scheme)
    scheme.prescription(session, person, [11], by="ccas", reasons=NO_REASON)

    early = refused(
        errors.RenewalTooEarly,
        session,
        lambda: scheme.prescription(session, person, [12], by="ccas", reasons=NO_REASON),
    )
    for code in scheme.codes(session, 11):
        scheme.redeem(session, code).accepted()
    made = scheme.prescription(session, person, [12], by="ccas", reasons=NO_REASON)

    assert early.details == {"passes_left": 5}
    renewal = session.get_one(PrescriptionRenewal, made)
    assert (renewal.passes_left, renewal.reason) == (0, None)
    [booklet] = queries.booklets_of(session, made)
    assert (booklet.ordinal, booklet.renewal_id, booklet.exception_id) == (2, made, None)


def test_a_reason_renews_early_and_another_goes_beyond(session: Session, scheme: Scheme) -> None:
    person = senior(session, scheme)
    scheme.prescription(session, person, [11], by="ccas")
    early = Reasons(renewal=RenewalReason.BOOKED_AHEAD)
    renewed = scheme.prescription(session, person, [12], by="ccas", reasons=early)

    refused(
        errors.EntitlementExceeded,
        session,
        lambda: scheme.prescription(session, person, [13], by="ccas", reasons=early),
    )
    beyond = Reasons(exception=ExceptionReason.WORK_DEPENDS)
    made = scheme.prescription(session, person, [13], by="ccas", reasons=beyond)

    kept = session.get_one(PrescriptionRenewal, renewed)
    assert (kept.passes_left, kept.reason) == (5, "booked_ahead")
    assert session.get_one(PrescriptionException, made).reason == "work_depends"
    assert session.get(PrescriptionRenewal, made) is None


def test_a_loss_is_declared_before_a_booklet_is_given_for_it(
    session: Session, scheme: Scheme
) -> None:
    person, lost = senior(session, scheme), Reasons(renewal=RenewalReason.LOST)
    scheme.prescription(session, person, [11], by="ccas")

    def again(number: int, reasons: Reasons) -> Callable[[], UUID]:
        return lambda: scheme.prescription(session, person, [number], by="ccas", reasons=reasons)

    early = refused(errors.PassesStillAccepted, session, again(12, lost))
    standing = lose(session, scheme, 11, replaced=True)
    replaced = refused(errors.PassesStillAccepted, session, again(12, lost))
    lose(session, scheme, *standing)
    renewed = again(12, lost)()

    assert early.details == {"passes_left": 5, "booklets": "26A 00011"}
    assert "26A 00014 01" in replaced.message, "those that stand for them are accepted too"
    kept = session.get_one(PrescriptionRenewal, renewed)
    assert (kept.passes_left, kept.reason) == (0, "lost")

    other = scheme.beneficiary(session)
    scheme.prescription(session, other, [1, 2, 3])
    beyond = Reasons(exception=ExceptionReason.LOST)
    told = refused(
        errors.LossNotDeclared,
        session,
        lambda: scheme.prescription(session, other, [4], reasons=beyond),
    )
    lose(session, scheme, 2, by="plie")
    made = scheme.prescription(session, other, [4], reasons=beyond)

    assert told.details == {"booklets": "26A 00001, 26A 00002, 26A 00003"}
    assert session.get_one(PrescriptionException, made).reason == "lost"


def lose(
    session: Session, scheme: Scheme, *lost: int | str, replaced: bool = False, by: str = "ccas"
) -> list[str]:
    """Declare booklets or passes lost, and replace them or not; tells what stands for them."""
    typed = "\n".join(scheme.booklet(one) if isinstance(one, int) else one for one in lost)
    named = read_lines(typed)
    asked: dict[str, Any] = {"actor": scheme.actors[by], "named": named, "now": scheme.now}
    if not replaced:
        block_vouchers(
            session,
            **asked,
            block_id=new_id(),
            declarant=Declarant.HOLDER,
            cause=BlockCause.LOST,
            happened_on=scheme.today,
        )
        return []
    made = replace_passes(session, **asked, replacement_id=new_id(), cause=ReplacementCause.LOST)
    pairs = pairs_of(session, made.id)
    return list(serials_of(session, [pair.new_voucher_id for pair in pairs]).values())


def test_a_booklet_that_is_not_there_says_what_to_do(session: Session, scheme: Scheme) -> None:
    person = scheme.beneficiary(session)
    made = queries.prescription(session, scheme.prescription(session, person, [1]))
    scheme.allocation(session, 7, 7, accept=False)
    lose(session, scheme, scheme.serial(2, 1), by="plie")
    lose(session, scheme, scheme.serial(1, 1), by="plie", replaced=True)

    def told(number: int, by: str = "plie", whom: UUID = person) -> str:
        with pytest.raises(Conflict) as why, session.begin_nested():
            scheme.prescription(session, whom, [number], by=by)
        foreseen, *_alike = what_stands_in_the_way(
            session,
            actor=scheme.actors[by],
            beneficiary_id=whom,
            booklets=[scheme.booklet(number)],
            reasons=NO_REASON,
            now=scheme.now,
        )
        assert foreseen.message == why.value.message
        return why.value.message

    assert made is not None
    assert f"déjà remis le {scheme.today:%d/%m/%Y} ({made.number})" in told(1)
    assert "Confirmez d’abord la réception" in told(7)
    assert "en opposition" in told(2)
    assert "n’est plus entier" in told(6)
    elsewhere = "n’est pas confié à votre structure"
    assert elsewhere in told(8)
    # Another's is not told apart from what is in the stock.
    other = scheme.beneficiary(session, by="ccas")
    assert {told(number, "ccas", other).partition(" n’")[2] for number in (1, 7, 9)} == {
        told(8).partition(" n’")[2]
    }


def test_somebody_alike_is_shown_without_a_name(session: Session, scheme: Scheme) -> None:
    scheme.prescription(session, senior(session, scheme), [11], by="ccas")
    again = people.register_beneficiary(
        session,
        actor=scheme.actors["plie"],
        beneficiary_id=new_id(),
        public=Public.PLIE,
        person=Person(" DEMONSTRATION ", "rosette", 1950, "Le Robert"),
        now=scheme.now,
    ).id

    [alike] = people.likely_duplicates(session, actor=scheme.actors["plie"], beneficiary_id=again)
    told = refused(
        errors.LikelyDuplicate,
        session,
        lambda: scheme.prescription(session, again, [1], reasons=NO_REASON),
    )
    going_on = Reasons(duplicate=DuplicateReason.CHANGED_PRESCRIBER)
    made = scheme.prescription(session, again, [1], reasons=going_on)

    assert (alike.public, alike.booklet_count, alike.last_on) == (Public.SENIOR, 1, scheme.today)
    assert alike.elsewhere
    assert alike.beneficiary_id is None
    assert "rosette" not in told.message.lower()
    kept = session.get_one(PrescriptionDuplicate, made)
    assert (kept.alike_count, kept.elsewhere_count, kept.reason) == (1, 1, "changed_prescriber")


def by_public(session: Session, scheme: Scheme) -> list[tuple[str, int, int]]:
    """What each public received and used."""
    report = usage_report(
        session, actor=scheme.actors["coordinator"], on=scheme.today, now=scheme.later
    )
    return [(p.name, p.issued_count, p.redeemed_count) for p in report.publics if p.issued_count]


def test_a_hand_over_taken_back_counts_for_nothing(session: Session, scheme: Scheme) -> None:
    person = scheme.beneficiary(session)
    wrong = scheme.prescription(session, person, [1, 2, 3])

    undo(session, scheme, wrong)
    made = scheme.prescription(session, person, [1, 2, 3])

    assert queries.received(session, scheme.programme_id, person).count == 3
    assert [b.ordinal for b in queries.booklets_of(session, made)] == [4, 5, 6]
    assert by_public(session, scheme) == [("Participants du PLIE", 30, 0)]
    scheme.redeem(session, scheme.codes(session, 1)[0]).accepted()
    assert by_public(session, scheme) == [("Participants du PLIE", 30, 1)]
    assert session.scalar(select(func.count()).select_from(PrescriptionBooklet)) == 6


def test_taking_back_is_for_that_agent_that_day_or_for_the_coordination(
    session: Session, scheme: Scheme
) -> None:
    person = scheme.beneficiary(session)
    made = scheme.prescription(session, person, [1])

    refused(errors.UndoTooLate, session, lambda: undo(session, scheme, made, days=1))
    refused(errors.UnknownPrescription, session, lambda: undo(session, scheme, made, by="ccas"))
    scheme.redeem(session, scheme.codes(session, 1)[0]).accepted()
    refused(errors.PrescriptionUsed, session, lambda: undo(session, scheme, made))
    # The coordination is not named where it cannot help.
    refused(errors.PrescriptionUsed, session, lambda: undo(session, scheme, made, days=1))

    unused = scheme.prescription(session, person, [2])
    undo(session, scheme, unused, by="coordinator", days=1)
    refused(
        errors.PrescriptionUndoneAlready,
        session,
        lambda: undo(session, scheme, unused, by="coordinator"),
    )
    undone = queries.undo_of(session, unused)
    assert undone is not None
    assert undone.by_coordination


def test_an_identity_is_put_right_and_found_under_its_new_name(
    session: Session, scheme: Scheme
) -> None:
    person = scheme.beneficiary(session)

    people.rectify_beneficiary(
        session,
        actor=scheme.actors["plie"],
        beneficiary_id=person,
        person=Person("Œuvré", "Élise", 1986, "Le Robert"),
        now=scheme.now,
    )

    def found(typed: str) -> list[UUID]:
        rows = people.found_by_name(session, actor=scheme.actors["plie"], typed=typed)
        return [who.beneficiary_id for _, who in rows]

    assert found("oeuv") == found("elise OEUVRE") == [person]
    assert found("Rosette") == found(" ") == []


def test_mediators_are_offered_with_their_reason(session: Session, scheme: Scheme) -> None:
    order = referrals.ranked(
        session,
        actor=scheme.actors["plie"],
        beneficiary_id=scheme.beneficiary(session),
        answers=ANSWERS,
        now=scheme.now,
    )

    assert [one.place.organisation.name for one in order] == ["CARECOF", "EXO7"]
    assert "par ordre alphabétique" in order[1].reason


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_the_letter_says_where_to_go_and_how(
    session: Session, scheme: Scheme, *, large: bool
) -> None:
    made = scheme.prescription(session, scheme.beneficiary(session), [1, 2])
    values = letters.letter_of(
        session,
        actor=scheme.actors["plie"],
        prescription_id=made,
        help_line="0596 00 00 00",
        now=scheme.now,
    )

    paper = orientation_letter(values, large=large)

    assert paper == orientation_letter(values, large=large)
    read = " ".join(" ".join(reading.words(paper)).split())
    for words in (
        "Rosette Démonstration",
        "2 carnets de 10",
        "1. EXO7",
        "2. CARECOF",
        "26A 00001, 26A 00002",
        "0596 00 00 00",
        values.number,
    ):
        assert words in read.replace("\N{NO-BREAK SPACE}", " ")
    pages = [
        " ".join(page.replace("\N{NO-BREAK SPACE}", " ").split()) for page in reading.words(paper)
    ]
    assert len(pages) == (2 if large else 1)
    told = "à l’un des lieux de la page 2" if large else "à l’un des lieux ci-dessous"
    assert told in pages[0]
    assert "1. EXO7" in pages[-1], "the places begin where the first page says"


LONG_NAME = (
    "Centre communal d’action sociale de la Ville de Grand’Rivière, service de l’insertion et de "
    "l’accompagnement numérique des publics éloignés du nord de la Martinique"
)


@pytest.mark.parametrize("length", [57, 100, 138, 165])
def test_a_large_letter_never_carries_its_greeting_alone_to_another_page(length: int) -> None:
    week = tuple((day, "8 h à 12 h, 13 h 30 à 17 h") for day in ("Lundi", "Mardi", "Jeudi"))
    place = LetterPlace(
        "EXO7", "3 rue de la Mairie", "Sainte-Marie", "0596 00 00 00", "À 9 km", week, ""
    )
    letter = Letter(
        number="RE-2026-00012",
        person="Rosette Démonstration",
        prescriber=LONG_NAME[:length],
        town="Le Lorrain",
        day=date(2026, 11, 22),
        agent="Marie-Josèphe Démonstration",
        agent_phone="0596 00 00 00",
        booklets=("26A 00001", "26A 00002"),
        passes_each=10,
        face_value_cents=1000,
        last_day=date(2027, 3, 31),
        places=(place, place),
        help_line="0596 00 00 00",
        specimen=False,
    )

    pages = [
        " ".join(page.split()) for page in reading.words(orientation_letter(letter, large=True))
    ]

    [closing] = [page for page in pages if "Cordialement, Marie-Josèphe" in page]
    assert "Une question" in closing
    assert len(pages) == 2


def test_after_a_loss_the_letter_names_what_is_accepted_still(
    session: Session, scheme: Scheme
) -> None:
    made = scheme.prescription(session, scheme.beneficiary(session), [1, 2])
    [first, second] = queries.booklets_of(session, made)

    def letter() -> Letter:
        return letters.letter_of(
            session,
            actor=scheme.actors["plie"],
            prescription_id=made,
            help_line="0596 00 00 00",
            now=scheme.now,
        )

    lose(session, scheme, scheme.serial(1, 1), scheme.serial(1, 2), by="plie")
    lose(session, scheme, 2, by="plie")
    partly, paper = letter(), orientation_letter(letter(), large=False)
    since = f"en opposition depuis le {long_day(scheme.today)}"
    assert fate_of(session, first).told == (f"2 pass {since}",)
    assert (fate_of(session, second).told, fate_of(session, second).to_block) == ((since,), ())
    assert (partly.booklets, partly.passes_count) == (("26A 00001",), 8)
    read = " ".join(" ".join(reading.words(paper)).split()).replace("\N{NO-BREAK SPACE}", " ")
    assert "Vous avez 8 pass de 10 €. Les pass perdus sont bloqués" in read
    assert "26A 00002" not in read
    assert "Venez avec votre carnet" in letters.short_message(partly)
    assert "Vous avez 8 pass" in letters.mail_of(partly).body.replace("\N{NO-BREAK SPACE}", " ")

    [lost] = fate_of(session, second).to_replace
    lose(session, scheme, lost, by="plie", replaced=True)
    assert fate_of(session, second).told == ("remplacé par 26A 00006",)
    assert letter().booklets == ("26A 00001", "26A 00006")
    lose(session, scheme, 1, 6, by="plie")
    assert fate_of(session, second).told == ("remplacé par 26A 00006", f"dont 10 pass {since}")
    refused(errors.NothingLeftToUse, session, letter)


def test_the_commitment_is_a_sheet_to_sign(session: Session, scheme: Scheme) -> None:
    person = scheme.beneficiary(session, public=Public.REGISTERED_JOB_SEEKER)
    values = letters.commitment_of(
        session, actor=scheme.actors["plie"], beneficiary_id=person, now=scheme.now
    )

    [read] = reading.words(commitment_form(values))

    assert "Je m’engage" in read
    assert "France Travail" in read
    assert "Rosette Démonstration" in read


def test_whom_to_call_is_who_has_not_started_or_will_lose_passes(
    session: Session, scheme: Scheme
) -> None:
    waiting, started = (scheme.beneficiary(session) for _ in range(2))
    scheme.prescription(session, started, [1, 2])
    scheme.prescription(session, waiting, [3])
    undo(session, scheme, scheme.prescription(session, scheme.beneficiary(session), [4]))
    scheme.prescription(session, senior(session, scheme), [11], by="ccas")
    scheme.redeem(session, scheme.codes(session, 1)[0]).accepted()

    def called(whom: Whom, *, after: int | None = None, days: int = 0) -> list[ToCall]:
        reached = None
        if after is not None:
            before = called(Whom.ALL, days=days)[after].held
            reached = Reached(before.last_day, before.left_count, before.beneficiary_id)
        return call_sheet(
            session,
            actor=scheme.actors["plie"],
            whom=whom,
            after=reached,
            limit=10,
            now=scheme.now + timedelta(days=days),
        )

    everybody = called(Whom.ALL)
    assert [one.held.beneficiary_id for one in everybody] == [started, waiting], (
        "most to lose first"
    )
    assert [one.held for one in called(Whom.ALL, after=0)] == [everybody[1].held]
    [idle] = called(Whom.UNUSED)
    assert (idle.held.beneficiary_id, idle.held.left_count, idle.started) == (waiting, 10, False)
    [other] = [one for one in everybody if one.held.beneficiary_id == started]
    assert (other.held.left_count, other.held.used_count, other.held.voucher_count) == (19, 1, 20)
    assert other.who is not None
    assert called(Whom.ENDING) == []
    late = other.days_left - 3
    assert len(called(Whom.ENDING, days=late)) == 2
    assert called(Whom.ALL, days=other.days_left + 1) == []
    assert called(Whom.DONE) == []
    for code in scheme.codes(session, 3):
        scheme.redeem(session, code).accepted()
    [done] = called(Whom.DONE)
    assert (done.held.beneficiary_id, done.held.left_count, done.renewable) == (waiting, 0, True)


def test_who_somebody_is_goes_two_years_after_the_last_contact_and_nothing_else(
    session: Session, scheme: Scheme
) -> None:
    old, lately = (scheme.beneficiary(session) for _ in range(2))
    made = scheme.prescription(session, old, [1])
    before = by_public(session, scheme)
    today = martinique_day(scheme.now)
    session.get_one(BeneficiaryIdentity, old).last_contact_on = months_before(today, 24)
    session.flush()

    def forgotten(days: int) -> int:
        return forget_identities(session, months=24, now=scheme.now + timedelta(days=days))

    assert [forgotten(0), forgotten(1), forgotten(1)] == [0, 1, 0]

    session.expire_all()
    assert queries.identity(session, old) is None
    assert queries.identity(session, lately) is not None
    assert session.get_one(Prescription, made).beneficiary_id == old
    told = session.scalars(select(AccountEvent).where(AccountEvent.kind == "identities_forgotten"))
    assert [(one.agent_id, one.way, str(one.detail)[:2]) for one in told] == [
        (None, "server", "1,")
    ]
    assert by_public(session, scheme) == before
    assert months_before(date(2026, 3, 31), 13) == date(2025, 2, 28)
    assert [identity_months(said) for said in ("", "6")] == [24, 6]
    for wrong in ("25", "0", "deux"):
        with pytest.raises(SettingRefused):
            identity_months(wrong)


def test_no_guess_of_a_name_can_be_tried_against_what_stays(
    session: Session, scheme: Scheme
) -> None:
    person, somebody = new_id(), Person("Démonstration", "Rosette", 1950, "Le Robert")

    def sent(who: Person = somebody, public: Public = Public.SENIOR) -> UUID:
        return people.register_beneficiary(
            session,
            actor=scheme.actors["ccas"],
            beneficiary_id=person,
            public=public,
            person=who,
            now=scheme.now,
        ).id

    other, righted = replace(somebody, surname="Autre"), replace(somebody, surname="Dè")
    sent()
    people.rectify_beneficiary(
        session,
        actor=scheme.actors["ccas"],
        beneficiary_id=person,
        person=righted,
        now=scheme.now,
    )
    assert sent() == person
    refused(IdAlreadyUsed, session, lambda: sent(other))
    alike = senior(session, scheme)

    forget_identities(session, months=1, now=scheme.now + timedelta(days=70))
    session.expire_all()

    kept = session.get_one(Beneficiary, person)
    assert kept.request_hash == session.get_one(Beneficiary, alike).request_hash
    assert queries.identity(session, person) is None
    assert sent() == sent(other) == person
    assert queries.identity(session, person) is None
    refused(IdAlreadyUsed, session, lambda: sent(public=Public.OTHER))


def test_nothing_of_a_name_leaves_the_identity(session: Session, scheme: Scheme) -> None:
    made = scheme.prescription(session, scheme.beneficiary(session), [1])

    shown = repr(vars(session.get_one(Prescription, made)))
    likeness = session.scalars(select(BeneficiaryIdentity.likeness)).all()

    assert "osette" not in shown
    assert likeness == ["demonstration|rosette"]
