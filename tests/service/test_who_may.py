"""Rights, tokens and own organisation: who may not is refused, whatever they send."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy.orm import Session

from app.clearing.errors import (
    PaymentByTheSamePerson,
    StatementPreparerCannotApprove,
    TypistCannotApprove,
    UnknownRedemption,
    UnknownStatement,
)
from app.clearing.lookups import check_voucher
from app.clearing.redemptions import known_redemption
from app.clearing.statements import known_statement
from app.identity.errors import OtherOrganisation, RightMissing, TokenCannotApprove
from app.identity.rules import RIGHTS, SEES_ALL_ORGANISATIONS, Role
from app.kernel.errors import DomainError
from app.orders.errors import PreparerCannotApprove
from app.partners.errors import BankDetailsPreparerCannotApprove
from app.prescribers.custody import known_consignment
from app.prescribers.errors import BookletNotYours, UnknownBeneficiary, UnknownConsignment
from app.prescribers.people import known_beneficiary
from tests.service.chain import Chain, everything
from tests.service.conftest import World
from tests.service.steps import STEPS


@pytest.mark.parametrize("name", STEPS)
def test_only_the_roles_that_may_take_a_step_take_it(world: World, name: str) -> None:
    step, request = STEPS[name], STEPS[name].request(world.chain)

    for role in set(Role) - step.roles:
        actor = replace(world.scheme.actors[step.by], role=role)
        with pytest.raises(RightMissing):
            step.run(world.session, world.chain, actor=actor, **request)

    assert everything(world.session) == world.as_lived


@pytest.mark.parametrize("name", [name for name in STEPS if STEPS[name].approves])
def test_a_token_approves_nothing(world: World, name: str) -> None:
    step = STEPS[name]
    actor = replace(world.scheme.actors[step.by], by_token=True)

    world.refuses(TokenCannotApprove, partial(step.run, actor=actor))


@pytest.mark.parametrize("name", [name for name in STEPS if not STEPS[name].approves])
def test_a_token_does_everything_else_that_its_agent_does(world: World, name: str) -> None:
    actor = replace(world.scheme.actors[STEPS[name].by], by_token=True)

    STEPS[name].run(world.session, world.chain, actor=actor)


def test_the_administration_of_accounts_sees_and_moves_nothing() -> None:
    assert {str(right) for right in RIGHTS[Role.ADMINISTRATOR]} == {
        "manage_accounts",
        "see_accounts",
        "invite_agents",
        "see_account_events",
        "see_mails",
    }
    assert Role.ADMINISTRATOR not in SEES_ALL_ORGANISATIONS


# ── Preparer ≠ approver ≠ payer ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "person", "refusal"),
    [
        ("approve_order", "coordinator", PreparerCannotApprove),
        ("approve_bank_details", "coordinator", BankDetailsPreparerCannotApprove),
        ("approve_statement", "finance", StatementPreparerCannotApprove),
        ("approve_sheet", "coordinator", TypistCannotApprove),
    ],
)
@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.FINANCE])
def test_who_prepared_does_not_approve_whatever_the_role(
    world: World, name: str, person: str, refusal: type[DomainError], role: Role
) -> None:
    actor = replace(world.scheme.actors[person], role=role)

    world.refuses(refusal, partial(STEPS[name].run, actor=actor))


@pytest.mark.parametrize("person", ["finance", "finance2"])
def test_who_prepared_approved_or_ordered_does_not_record_the_payment(
    world: World, person: str
) -> None:
    now_accountant = replace(world.scheme.actors[person], role=Role.ACCOUNTANT)

    world.refuses(
        PaymentByTheSamePerson, partial(STEPS["record_payment"].run, actor=now_accountant)
    )


# ── Own organisation only ─────────────────────────────────────────────────────────────────────────

Attempt = Callable[[Session, Chain], object]

ELSEWHERE: list[tuple[str, Attempt, type[DomainError]]] = [
    (
        "a prescriber signs for another's booklets",
        lambda s, c: STEPS["confirm_receipt"].run(s, c, actor="ccas"),
        OtherOrganisation,
    ),
    (
        "a prescriber looks at another's allocation",
        lambda s, c: known_consignment(
            s, actor=c.scheme.actors["ccas"], consignment_id=c.ids["on the way"]
        ),
        OtherOrganisation,
    ),
    (
        "a prescriber looks at another's person",
        lambda s, c: known_beneficiary(
            s, actor=c.scheme.actors["ccas"], beneficiary_id=c.ids["person"]
        ),
        UnknownBeneficiary,
    ),
    (
        "a prescriber issues to another's person",
        lambda s, c: STEPS["issue_booklets"].run(s, c, actor="ccas"),
        UnknownBeneficiary,
    ),
    (
        "a prescriber issues another's booklet",
        lambda s, c: STEPS["issue_booklets"].run(s, c, booklets=[c.scheme.booklet(6)]),
        BookletNotYours,
    ),
    (
        "the coordination looks at a person",
        lambda s, c: known_beneficiary(
            s, actor=c.scheme.actors["coordinator"], beneficiary_id=c.ids["person"]
        ),
        UnknownBeneficiary,
    ),
    (
        "a mediator types where another is paid",
        lambda s, c: STEPS["prepare_bank_details"].run(s, c, actor="carecof"),
        OtherOrganisation,
    ),
    (
        "a mediator undoes another's redemption",
        lambda s, c: STEPS["undo_redemption"].run(s, c, actor="carecof"),
        UnknownRedemption,
    ),
    (
        "a mediator looks at another's redemption",
        lambda s, c: known_redemption(
            s, actor=c.scheme.actors["carecof"], redemption_id=c.ids["redemption"]
        ),
        UnknownRedemption,
    ),
    (
        "a mediator looks at another's statement",
        lambda s, c: known_statement(s, actor=c.scheme.actors["exo7"], statement_id=c.ids["draft"]),
        UnknownStatement,
    ),
    (
        "an administrator looks at a statement",
        lambda s, c: known_statement(
            s, actor=c.scheme.actors["administrator"], statement_id=c.ids["draft"]
        ),
        UnknownStatement,
    ),
    (
        "a prescriber checks a pass as a mediator would",
        lambda s, c: check_voucher(
            s, actor=c.scheme.actors["plie"], code=c.codes[7], now=c.scheme.now
        ),
        RightMissing,
    ),
    (
        "an allocation that does not exist is nobody's",
        lambda s, c: known_consignment(
            s, actor=c.scheme.actors["plie"], consignment_id=c.ids["draft"]
        ),
        UnknownConsignment,
    ),
]


@pytest.mark.parametrize(
    ("attempt", "refusal"), [case[1:] for case in ELSEWHERE], ids=[case[0] for case in ELSEWHERE]
)
def test_what_concerns_another_organisation_is_refused(
    world: World, attempt: Attempt, refusal: type[DomainError]
) -> None:
    world.refuses(refusal, attempt)


def test_those_who_see_all_see_every_organisation(world: World) -> None:
    for name in ("coordinator", "finance", "accountant", "auditor"):
        actor, ids = world.scheme.actors[name], world.chain.ids

        known_statement(world.session, actor=actor, statement_id=ids["draft"])
        known_redemption(world.session, actor=actor, redemption_id=ids["redemption"])
        known_consignment(world.session, actor=actor, consignment_id=ids["allocation"])
