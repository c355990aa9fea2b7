"""What exists before the first pass: partners, accounts, the programme, agreements and labels."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from stdnum import iban

from app.demo.accounts import DEMONSTRATION_ACCOUNTS
from app.demo.calendar import TOLERANCE_DAYS, Timeline, instant, working_day_before
from app.demo.partners import (
    ACCOUNTANT,
    APPLICANT,
    CYBER_BASE,
    FUNDER,
    ISSUER,
    LAPSED,
    LIBRARY,
    MEDIATORS,
    NEWCOMER,
    PRESCRIBERS,
    SPONSOR,
    WITH_A_CASH_OFFICE,
    MediatorPartner,
    Partner,
)
from app.demo.places import COMMUNES, FIRST_NAMES, SURNAME
from app.demo.world import Act, World
from app.identity.rules import Role
from app.identity.service import actor_of, create_agent
from app.kernel.clock import martinique_day
from app.kernel.money import Cents
from app.mediators.service import apply_for_label, grant_label
from app.partners.bank_details import (
    approve_bank_details,
    prepare_bank_details,
    refuse_bank_details,
)
from app.partners.models import BankDetails
from app.partners.rules import PUBLIC_BODIES, AgreementRole, OrganisationKind
from app.partners.service import register_organisation, sign_agreement
from app.programmes.queries import entitlements_of, programme
from app.programmes.rules import Covers, Payer, Share
from app.programmes.service import (
    change_settings,
    create_programme,
    create_vintage,
    settings_on,
    terms_of,
)
from app.takeover.rules import COLUMNS
from app.takeover.service import prepare_takeover
from app.vouchers.service import vintage_key

FACE_VALUE = Cents(1000)
STATE_SHARE = 5_000
"""Half, in basis points: what the call for projects of 2020 allows at most."""
BUDGET = Cents(16_000_000)
"""The face value of what is ordered."""
TOWNS = tuple(
    Partner(f"town_of_{place}", OrganisationKind.TOWN, commune.town, commune.name)
    for place, commune in enumerate(COMMUNES)
)
INVENTED_BANK = "99999"
"""A bank code that no bank bears."""
FALSE_ACCOUNT, TRUE_ACCOUNT = 101, 102


def acts(timeline: Timeline) -> Iterator[Act]:
    """Everything that prepares the deployment."""
    before = timeline.prepared_on
    yield Act(instant(before, 8), register_partners)
    yield Act(instant(before, 9), open_accounts)
    yield Act(instant(before, 10), open_programme)
    yield Act(instant(timeline.opening(-38), 10), record_labels)
    yield Act(instant(working_day_before(timeline.ago(6)), 14), count_the_pilot)
    yield Act(instant(working_day_before(timeline.ago(100)), 15), take_a_funder_in)
    yield Act(instant(working_day_before(timeline.ago(8)), 15), plan_quicker_payments)
    yield Act(instant(timeline.opening(-34), 14), sign_agreements)
    yield Act(instant(timeline.opening(-31), 9), type_bank_details)
    yield Act(instant(timeline.ago(4), 10), refuse_a_false_account)
    yield Act(instant(timeline.ago(2), 10), type_another_account)
    yield Act(
        instant(working_day_before(timeline.newcomer_from - timedelta(3)), 11), welcome_newcomer
    )


def register_partners(world: World, at: datetime) -> None:
    """Every body, each in the kind that it is."""
    for partner in (
        SPONSOR,
        ISSUER,
        FUNDER,
        ACCOUNTANT,
        *TOWNS,
        *PRESCRIBERS,
        *MEDIATORS,
        APPLICANT,
        LIBRARY,
        CYBER_BASE,
    ):
        organisation = register_organisation(
            world.session,
            actor=None,
            organisation_id=world.new_id(at),
            kind=partner.kind,
            name=partner.name,
            commune=partner.commune,
            siret=None,
            now=at,
            demonstration=partner.invented,
        )
        world.organisations[partner.key] = organisation.id
        world.kept.append(organisation)


def open_accounts(world: World, at: datetime) -> None:
    """The agents who sign in, then one without password for every other partner that acts."""
    signing_in = [
        (a.key, a.email, a.name, a.role, a.partner, a.password) for a in DEMONSTRATION_ACCOUNTS
    ]
    acting = [
        *((prescriber.key, Role.PRESCRIBER) for prescriber in PRESCRIBERS),
        *((mediator.key, Role.MEDIATOR) for mediator in MEDIATORS if mediator.ready),
    ]
    others = [
        (key, _address(key), f"{FIRST_NAMES[place * 3]} {SURNAME}", role, key, None)
        for place, (key, role) in enumerate(acting)
        if key not in {account.key for account in DEMONSTRATION_ACCOUNTS}
    ]
    for key, email, name, role, partner, password in [*signing_in, *others]:
        agent = create_agent(
            world.session,
            actor=None,
            email=email,
            name=name,
            role=role,
            organisation_id=world.organisations[partner],
            password=password,
            now=at,
        )
        world.actors[key] = actor_of(agent, by_token=False)


def _address(key: str) -> str:
    return f"{key.replace('_', '-')}@exemple.fr"


def open_programme(world: World, at: datetime) -> None:
    """The programme with the recommended entitlements, and its vintage with a key of its own."""
    timeline = world.timeline
    world.programme_id = create_programme(
        world.session,
        actor=world.actors["coordinator"],
        programme_id=world.new_id(at),
        name="Pass numérique CAP Nord",
        payer=Payer.AUTHORITY,
        sponsor_id=world.organisations[SPONSOR.key],
        issuer_id=world.organisations[ISSUER.key],
        now=at,
    ).id
    terms = create_vintage(
        world.session,
        actor=world.actors["coordinator"],
        programme_id=world.programme_id,
        label=timeline.vintage_label,
        face_value_cents=FACE_VALUE,
        valid_from=timeline.opens_on,
        valid_until=timeline.closes_on,
        tolerance_days=TOLERANCE_DAYS,
        keys=world.keys,
        now=at,
    )
    world.vintage_id, world.key = terms.vintage_id, vintage_key(world.keys, terms)
    world.kept += [
        terms,
        programme(world.session, world.programme_id),
        *entitlements_of(world.session, world.programme_id),  # the first version has its id
    ]


def take_a_funder_in(world: World, at: datetime) -> None:
    """The second version of the settings: the State funds half of what is used, within a budget."""
    first = settings_on(world.session, world.programme_id, martinique_day(at))
    change_settings(
        world.session,
        actor=world.actors["coordinator"],
        settings_id=world.new_id(at),
        programme_id=world.programme_id,
        applies_from=martinique_day(at) + timedelta(days=1),
        terms=replace(
            terms_of(world.session, first),
            funders=(Share(world.organisations[FUNDER.key], STATE_SHARE, Covers.STATE),),
            budget_cents=BUDGET,
            label_warning_days=90,
        ),
        document="Avenant de démonstration n° 1",
        now=at,
    )


def plan_quicker_payments(world: World, at: datetime) -> None:
    """A version that has not begun: it can still be withdrawn."""
    before = settings_on(world.session, world.programme_id, martinique_day(at))
    change_settings(
        world.session,
        actor=world.actors["coordinator"],
        settings_id=world.new_id(at),
        programme_id=world.programme_id,
        applies_from=martinique_day(at) + timedelta(days=120),
        terms=replace(terms_of(world.session, before), payment_delay_days=20),
        document="Avenant de démonstration n° 2",
        now=at,
    )


def count_the_pilot(world: World, at: datetime) -> None:
    """Booklets of a pilot, from before passnum: counted by one, not yet approved by another."""
    timeline = world.timeline
    label = f"{timeline.vintage_label[:2]}R"
    create_vintage(
        world.session,
        actor=world.actors["coordinator"],
        programme_id=world.programme_id,
        label=label,
        face_value_cents=FACE_VALUE,
        valid_from=timeline.opens_on,
        valid_until=timeline.closes_on,
        tolerance_days=TOLERANCE_DAYS,
        keys=world.keys,
        now=at,
        taken_over=True,
    )
    prescriber = PRESCRIBERS[0].name
    lines = (
        f"{label};1;24;10;stock;;passnum",
        f"{label};25;30;10;stock inerte;;passnum",
        f"{label};31;38;10;prescripteur;{prescriber};passnum",
        f"{label};39;44;10;circulation;{prescriber};passnum",
        f"{label};45;60;10;non repris;;",
        f"{label};61;72;5;stock;;passnum",
    )
    prepare_takeover(
        world.session,
        actor=world.actors["coordinator2"],
        takeover_id=world.new_id(at),
        programme_id=world.programme_id,
        content="\n".join((";".join(COLUMNS), *lines)).encode(),
        counted_on=martinique_day(at),
        now=at,
    )


def record_labels(world: World, at: datetime) -> None:
    """The labels of the mediators that have one, and the application of the one that asks."""
    timeline = world.timeline
    for mediator in MEDIATORS:
        if mediator.key == LAPSED:
            _label(world, mediator, timeline.prepared_on, timeline.label_lapses_on, at)
        elif mediator.key != NEWCOMER:
            _label(world, mediator, timeline.prepared_on, _long_after(timeline), at)
    apply_for_label(
        world.session,
        actor=world.actors["coordinator"],
        application_id=world.new_id(at),
        organisation_id=world.organisations[APPLICANT.key],
        applied_on=timeline.opening(-40),
        now=at,
    )


def _long_after(timeline: Timeline) -> date:
    return timeline.last_redemption_on + timedelta(365)


def _label(world: World, mediator: MediatorPartner, first: date, last: date, at: datetime) -> None:
    grant_label(
        world.session,
        actor=world.actors["coordinator"],
        label_id=world.new_id(at),
        organisation_id=world.organisations[mediator.key],
        reference="#APTIC (démonstration)",
        valid_from=first,
        valid_until=last,
        now=at,
    )


def sign_agreements(world: World, at: datetime) -> None:
    """Towns spread the word, prescribers prescribe, mediators that are ready receive people."""
    first = world.timeline.opening(-34)
    for partner in TOWNS:
        _sign(world, partner, AgreementRole.INFORMATION_RELAY, first, at)
    for prescriber in PRESCRIBERS:
        _sign(world, prescriber, AgreementRole.PRESCRIBER, first, at)
        if prescriber.kind in PUBLIC_BODIES and prescriber.key != WITH_A_CASH_OFFICE:
            _sign(world, prescriber, AgreementRole.MANDATE, first, at)
    for mediator in MEDIATORS:
        if mediator.ready and mediator.key != NEWCOMER:
            _sign(world, mediator, AgreementRole.MEDIATOR, first, at)


def _sign(world: World, partner: Partner, role: AgreementRole, first: date, at: datetime) -> None:
    world.done["agreements"] += 1
    sign_agreement(
        world.session,
        actor=world.actors["coordinator"],
        agreement_id=world.new_id(at),
        organisation_id=world.organisations[partner.key],
        role=role,
        reference=f"Convention de démonstration n° {world.done['agreements']}",
        valid_from=first,
        valid_until=world.timeline.last_redemption_on,
        now=at,
    )


def type_bank_details(world: World, at: datetime) -> None:
    """Invented accounts, typed by one person and confirmed the next day by another."""
    typed = {
        invented_iban(place): prepare_bank_details(
            world.session,
            actor=world.actors["coordinator"],
            bank_details_id=world.new_id(at),
            organisation_id=world.organisations[mediator.key],
            holder=f"{mediator.name} (Démonstration)",
            iban=invented_iban(place),
            vault=world.vault,
            now=at,
        )
        for place, mediator in enumerate(MEDIATORS, start=1)
        if mediator.ready and mediator.has_account
    }
    for number, details in typed.items():
        approve_bank_details(
            world.session,
            actor=world.actors["finance"],
            bank_details_id=details.id,
            iban=number,
            vault=world.vault,
            now=at + timedelta(days=1),
        )


def refuse_a_false_account(world: World, at: datetime) -> None:
    """After a rejection somebody sends a paper that the mediator, called back, knows nothing of."""
    refuse_bank_details(
        world.session,
        actor=world.actors["finance"],
        refusal_id=world.new_id(at),
        bank_details_id=_type_account(world, FALSE_ACCOUNT, at).id,
        reason="Rappelé à son numéro connu, le médiateur ne connaît pas ce compte",
        now=at + timedelta(hours=4),
    )


def type_another_account(world: World, at: datetime) -> None:
    """The account that the mediator reads out, which waits for its second person."""
    _type_account(world, TRUE_ACCOUNT, at)


def _type_account(world: World, number: int, at: datetime) -> BankDetails:
    [lapsed] = [mediator for mediator in MEDIATORS if mediator.key == LAPSED]
    return prepare_bank_details(
        world.session,
        actor=world.actors["coordinator"],
        bank_details_id=world.new_id(at),
        organisation_id=world.organisations[lapsed.key],
        holder=f"{lapsed.name} (Démonstration)",
        iban=invented_iban(number),
        vault=world.vault,
        now=at,
    )


def invented_iban(number: int) -> str:
    """An IBAN with right keys at a bank that does not exist."""
    branch, account = 1, number
    key = 97 - (89 * int(INVENTED_BANK) + 15 * branch + 3 * account) % 97
    rest = f"{INVENTED_BANK}{branch:05d}{account:011d}{key:02d}"
    return f"FR{iban.calc_check_digits(f'FR00{rest}')}{rest}"


def welcome_newcomer(world: World, at: datetime) -> None:
    """The mediator who joins late: label and agreement from its first day, no bank details yet."""
    [newcomer] = [mediator for mediator in MEDIATORS if mediator.key == NEWCOMER]
    first = world.timeline.newcomer_from
    _label(world, newcomer, first, _long_after(world.timeline), at)
    _sign(world, newcomer, AgreementRole.MEDIATOR, first, at)
