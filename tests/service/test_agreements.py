"""What an agreement allows, until when, at what fee, and the paper that is kept of it."""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.clearing import queries as clearing
from app.clearing import runs
from app.clearing.models import Statement
from app.identity.errors import OtherOrganisation
from app.identity.rules import Role
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.ids import new_id
from app.mediators.errors import CashOfficeMissing, NoRightToHold
from app.mediators.holding import close_cash_office
from app.mediators.service import grant_label
from app.partners import agreements
from app.partners import queries as partners
from app.partners.errors import (
    AgreementClosedAlready,
    AgreementOverlaps,
    FileIsAnother,
    FileKeptAlready,
    FileNotReadable,
    FileTooLarge,
    NoAgreementInForce,
    OrganisationSucceeded,
)
from app.partners.models import AgreementClosure, AgreementFile
from app.partners.rules import LARGEST_FILE, AgreementRole, SignedDocument
from app.partners.service import sign_agreement, succeed
from app.prescribers.allocations import BookletRange
from app.prescribers.custody import confirm_receipt, return_booklets
from app.prescribers.errors import LateHandOver
from app.prescribers.prescriptions import Reasons
from app.prescribers.rules import LateReason
from tests.factories import ALIKE
from tests.service.chain import PDF, Chain
from tests.service.conftest import World
from tests.service.scans import DAY, owed, redeem


def in_force(world: World, name: str, role: AgreementRole) -> UUID:
    """The agreement of that organisation, in that role, today."""
    found = partners.agreement_in_force(
        world.session, world.scheme.organisations[name], role, on=world.scheme.today
    )
    assert found is not None
    return found.id


def close(world: World, agreement_id: UUID, *, days: int = 0) -> AgreementClosure:
    """End an agreement so many days from today."""
    return agreements.close_agreement(
        world.session,
        actor=world.scheme.actors["coordinator"],
        closure_id=new_id(),
        agreement_id=agreement_id,
        from_on=world.scheme.today + timedelta(days=days),
        reason="Départ du régisseur",
        now=world.scheme.now,
    )


def fields_of(refusal: InvalidInput) -> set[str]:
    """The fields that a refusal names."""
    fields = refusal.details["fields"]
    assert isinstance(fields, dict)
    return set(fields)


# ── Twice the same, and ends before the end ───────────────────────────────────────────────────────


def test_two_agreements_for_one_role_never_cover_one_day(world: World) -> None:
    scheme, session = world.scheme, world.session
    for days in ((-300, 300), (300, 400), (0, 0)):
        with pytest.raises(AgreementOverlaps) as told, session.begin_nested():
            scheme.agreement(session, "exo7", AgreementRole.MEDIATOR, days=days)
        assert "Convention exo7" in told.value.message
    scheme.agreement(session, "exo7", AgreementRole.MEDIATOR, days=(301, 400))

    close(world, in_force(world, "exo7", AgreementRole.MEDIATOR), days=10)

    with pytest.raises(AgreementOverlaps), session.begin_nested():
        scheme.agreement(session, "exo7", AgreementRole.MEDIATOR, days=(9, 300))
    scheme.agreement(session, "exo7", AgreementRole.MEDIATOR, days=(10, 300))


def test_an_agreement_that_ends_early_gives_no_right_from_that_day_and_keeps_what_was(
    world: World,
) -> None:
    session, codes = world.session, world.chain.codes
    agreement_id = in_force(world, "exo7", AgreementRole.MEDIATOR)
    before = owed(world, "exo7")

    close(world, agreement_id)

    assert isinstance(redeem(world, codes[7]).refusal, NoAgreementInForce)
    assert owed(world, "exo7") == before
    with pytest.raises(AgreementClosedAlready), session.begin_nested():
        close(world, agreement_id)


def test_what_ends_in_ten_days_serves_until_then(world: World) -> None:
    close(world, in_force(world, "exo7", AgreementRole.MEDIATOR), days=10)

    redeem(world, world.chain.codes[7]).accepted()


@pytest.mark.parametrize("days", [-1, 301])
def test_an_end_is_neither_past_nor_after_the_last_day(world: World, days: int) -> None:
    with pytest.raises(InvalidInput) as told:
        close(world, in_force(world, "exo7", AgreementRole.MEDIATOR), days=days)

    assert fields_of(told.value) == {"from_on"}


# ── The right to hold ─────────────────────────────────────────────────────────────────────────────


def test_a_public_prescriber_without_right_neither_receives_nor_hands_over_and_may_return(
    world: World,
) -> None:
    scheme, session, ids = world.scheme, world.session, world.chain.ids
    close(world, in_force(world, "ccas", AgreementRole.MANDATE))

    def receive(session: Session, _chain: Chain) -> object:
        return confirm_receipt(
            session,
            actor=scheme.actors["ccas"],
            receipt_id=new_id(),
            consignment_id=ids["still going"],
            now=scheme.now,
        )

    for attempt in (
        lambda session, _: scheme.allocation(session, 7, 7, to="ccas", accept=False),
        receive,
        lambda session, _: scheme.prescription(session, ids["senior"], [12], by="ccas"),
    ):
        with pytest.raises(NoRightToHold), session.begin_nested():
            attempt(session, world.chain)

    returned = return_booklets(
        session,
        actor=scheme.actors["ccas"],
        consignment_id=new_id(),
        programme_id=scheme.programme_id,
        sender_id=scheme.organisations["ccas"],
        booklets=[BookletRange(scheme.booklet(6), scheme.booklet(6))],
        reason="La régie a pris fin",
        now=scheme.now,
    )
    assert returned.kind == "return"


def test_a_public_mediator_takes_passes_under_a_mandate_until_its_day(world: World) -> None:
    scheme, session, codes = world.scheme, world.session, world.chain.codes
    scheme.agreement(session, "library", AgreementRole.MEDIATOR)
    library = labelled(world, "library")
    close_cash_office(
        session,
        actor=scheme.actors["coordinator"],
        closure_id=new_id(),
        cash_office_id=world.chain.ids["régie"],
        from_on=scheme.today,
        reason="Fin de la régie",
        now=scheme.now,
    )
    assert isinstance(redeem(world, codes[7], at=library).refusal, CashOfficeMissing)

    mandate_id = scheme.agreement(session, "library", AgreementRole.MANDATE)
    taken = redeem(world, codes[7], at=library).accepted()
    assert (taken.mandate_id, taken.cash_office_id) == (mandate_id, None)

    close(world, mandate_id)
    assert isinstance(redeem(world, codes[8], at=library).refusal, CashOfficeMissing)


def labelled(world: World, name: str) -> str:
    """Give an organisation a label and an agent who takes passes."""
    scheme = world.scheme
    grant_label(
        world.session,
        actor=scheme.actors["coordinator"],
        label_id=new_id(),
        organisation_id=scheme.organisations[name],
        reference="#APTIC",
        valid_from=scheme.today - 300 * DAY,
        valid_until=scheme.today + 300 * DAY,
        now=scheme.now,
    )
    scheme.agent(world.session, name, Role.MEDIATOR, name)
    return name


# ── Fees ──────────────────────────────────────────────────────────────────────────────────────────


def test_each_pass_is_paid_at_the_fee_of_the_agreement_of_its_day_rounded_once(
    world: World,
) -> None:
    scheme, session, codes = world.scheme, world.session, world.chain.codes
    sign(world, "unsigned", (-300, 0), fee=333)
    sign(world, "unsigned", (1, 300), fee=None)
    for code, day in zip(codes[7:10], (0, 0, 1), strict=True):
        at = scheme.now + day * DAY
        redeem(world, code, at="unsigned", redeemed_at=at, now=at).accepted()
    run = scheme.opened_run(session)
    expected = runs.preview_clearing(
        session,
        actor=scheme.actors["finance"],
        programme_id=scheme.programme_id,
        cut_off_on=run.cut_off_on,
        now=scheme.later,
    )

    drafts = scheme.drafted(session, run, "unsigned")

    def comes_to(statement: Statement) -> tuple[int, int, int]:
        version = clearing.latest_version(session, statement.id)
        return statement.fee_basis_points, version.voucher_count, version.fee_cents

    # 3,33 % of 20 € is 66,6 cents: rounded once, half up. Of each pass it would be 2 × 33.
    assert sorted(map(comes_to, drafts)) == [(0, 1, 0), (333, 2, 67)]
    assert sorted(
        (one.total.voucher_count, one.total.fee_cents)
        for one in expected
        if one.mediator_id == scheme.organisations["unsigned"]
    ) == [(1, 0), (2, 67)]
    again = scheme.drafted(session, run, "unsigned")
    assert {one.id for one in again} == {one.id for one in drafts}


def sign(world: World, name: str, days: tuple[int, int], *, fee: int | None) -> UUID:
    scheme = world.scheme
    return sign_agreement(
        world.session,
        actor=scheme.actors["coordinator"],
        agreement_id=new_id(),
        organisation_id=scheme.organisations[name],
        role=AgreementRole.MEDIATOR,
        reference="Convention",
        valid_from=scheme.today + days[0] * DAY,
        valid_until=scheme.today + days[1] * DAY,
        redemption_fee_basis_points=fee,
        now=scheme.now,
    ).id


@pytest.mark.parametrize(
    ("role", "fee"), [(AgreementRole.MEDIATOR, 10_001), (AgreementRole.VENUE, 100)]
)
def test_a_fee_is_a_share_and_a_mediators(world: World, role: AgreementRole, fee: int) -> None:
    scheme = world.scheme
    with pytest.raises(InvalidInput) as told:
        sign_agreement(
            world.session,
            actor=scheme.actors["coordinator"],
            agreement_id=new_id(),
            organisation_id=scheme.organisations["nobank"],
            role=role,
            reference="Convention",
            valid_from=scheme.today + 900 * DAY,
            valid_until=scheme.today + 900 * DAY,
            redemption_fee_basis_points=fee,
            now=scheme.now,
        )
    assert fields_of(told.value) == {"redemption_fee_basis_points"}


# ── Successors ────────────────────────────────────────────────────────────────────────────────────


def test_what_a_succeeded_mediator_is_owed_is_still_paid_to_it(world: World) -> None:
    scheme, session = world.scheme, world.session
    before = owed(world, "exo7")
    redeem(world, world.chain.codes[7]).accepted()

    succeed(
        session,
        actor=scheme.actors["coordinator"],
        succession_id=new_id(),
        organisation_id=scheme.organisations["exo7"],
        successor_id=scheme.organisations["carecof"],
        from_on=scheme.today,
        reference="Traité de fusion",
        now=scheme.now,
    )

    assert isinstance(redeem(world, world.chain.codes[8]).refusal, OrganisationSucceeded)
    assert owed(world, "exo7") == before + 1
    [draft] = scheme.drafted(session, scheme.opened_run(session), "exo7")
    approved = clearing.statement(session, scheme.approved(session, draft))
    assert approved is not None
    assert approved.mediator_id == scheme.organisations["exo7"]


# ── Signed papers ─────────────────────────────────────────────────────────────────────────────────


def keep(world: World, agreement_id: UUID, content: bytes) -> AgreementFile:
    return agreements.keep_file(
        world.session,
        actor=world.scheme.actors["coordinator"],
        file_id=new_id(),
        agreement_id=agreement_id,
        content=content,
        now=world.scheme.now,
    )


def test_a_signed_paper_is_kept_as_it_was_and_read_by_those_who_signed_it(world: World) -> None:
    session, actors = world.session, world.scheme.actors
    agreement_id = in_force(world, "exo7", AgreementRole.MEDIATOR)

    file = keep(world, agreement_id, PDF)

    assert (file.media_type, file.sha256) == ("application/pdf", sha256(PDF).digest())
    for reader in ("exo7", "coordinator", "auditor"):
        found = agreements.known_file(session, actor=actors[reader], file_id=file.id)
        assert found.content == PDF
    with pytest.raises(OtherOrganisation):
        agreements.known_file(session, actor=actors["carecof"], file_id=file.id)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", FileNotReadable),
        (b"MZ" + PDF, FileNotReadable),
        (b"<html>%PDF-1.7 %%EOF", FileNotReadable),
        (PDF[:-8], FileNotReadable),
        (b"\xff\xd8\xff" + b"0" * 9, FileNotReadable),
        (b"\x89PNG\r\n\x1a\n" + PDF, FileNotReadable),
        (b"%PDF-" + b" " * LARGEST_FILE + b"%%EOF", FileTooLarge),
        (PDF, FileKeptAlready),
    ],
)
def test_only_whole_papers_of_three_kinds_are_kept_each_once(
    world: World, content: bytes, refusal: type[DomainError]
) -> None:
    agreement_id = in_force(world, "exo7", AgreementRole.MEDIATOR)
    keep(world, agreement_id, PDF)

    with pytest.raises(refusal):
        keep(world, agreement_id, content)


def test_a_paper_is_the_one_whose_fingerprint_was_declared(world: World) -> None:
    scheme = world.scheme
    declared = sign_agreement(
        world.session,
        actor=scheme.actors["coordinator"],
        agreement_id=new_id(),
        organisation_id=scheme.organisations["exo7"],
        role=AgreementRole.VENUE,
        reference="Convention",
        valid_from=scheme.today,
        valid_until=scheme.today,
        document=SignedDocument("Convention", sha256(PDF).hexdigest(), "Archives"),
        now=scheme.now,
    )

    with pytest.raises(FileIsAnother), world.session.begin_nested():
        keep(world, declared.id, PDF + b"\n%%EOF")
    assert keep(world, declared.id, PDF).sha256 == declared.document_sha256


# ── Late hand-overs ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("ahead", "late"), [(52, False), (53, True), (60, True)])
def test_a_hand_over_of_the_last_week_is_accepted_for_a_reason(
    world: World, ahead: int, *, late: bool
) -> None:
    scheme, session, now = world.scheme, world.session, world.scheme.now
    person = world.chain.ids["person"]
    scheme.now = now + ahead * DAY
    try:
        if not late:
            scheme.prescription(session, person, [3])
            return
        with pytest.raises(LateHandOver) as told, session.begin_nested():
            scheme.prescription(session, person, [3])
        assert told.value.details["days"] == 60 - ahead
        scheme.prescription(
            session,
            person,
            [3],
            reasons=Reasons(duplicate=ALIKE.duplicate, late=LateReason.SESSIONS_BOOKED),
        )
    finally:
        scheme.now = now
