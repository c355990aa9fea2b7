"""What a hand-over stands on: the person, the agreements, the label and the settings of its day."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Actor
from app.mediators import queries as mediators
from app.mediators.errors import NoLabelInForce
from app.mediators.holding import check_may_hold
from app.mediators.models import Label
from app.mediators.service import check_receives_people
from app.partners.models import Agreement
from app.partners.rules import AgreementRole
from app.partners.service import agreement_in_force
from app.prescribers import queries
from app.prescribers.errors import DeclarationMissing, NotASenior, UnknownBeneficiary
from app.prescribers.models import Beneficiary
from app.prescribers.people import known_beneficiary
from app.programmes import queries as programmes
from app.programmes.errors import NotEntitled
from app.programmes.models import Entitlement, ProgrammeSettings
from app.programmes.rules import Public, is_senior
from app.programmes.service import settings_on


@dataclass(frozen=True, slots=True)
class Referral:
    """What lets a mediator receive people on a day."""

    label: Label
    agreement: Agreement


def referral_to(session: Session, organisation_id: UUID, *, on: date) -> Referral:
    """The label and the agreement by which a mediator receives people that day.

    Raises:
        UnknownOrganisation, NoAgreementInForce, NoLabelInForce.
    """
    check_receives_people(session, organisation_id, on=on)
    label = mediators.label_in_force(session, organisation_id, on=on)
    if label is None:
        raise NoLabelInForce(organisation="", day=f"{on:%d/%m/%Y}")
    agreement = agreement_in_force(session, organisation_id, AgreementRole.MEDIATOR, on=on)
    return Referral(label, agreement)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a hand-over of that day stands on: who receives, by which right, and who may act."""

    public: str
    age_years: int
    agreement: Agreement
    referral: Referral
    settings: ProgrammeSettings
    entitlement: Entitlement

    def columns(self) -> dict[str, object]:
        """The same as a prescription keeps it, versions and ends of terms with it."""
        label, received_by = self.referral.label, self.referral.agreement
        return {
            "settings_id": self.settings.id,
            "settings_ordinal": self.settings.ordinal,
            "settings_from": self.settings.applies_from,
            "public": self.public,
            "age_years": self.age_years,
            "agreement_id": self.agreement.id,
            "agreement_role": self.agreement.role,
            "agreement_from": self.agreement.valid_from,
            "agreement_until": self.agreement.valid_until,
            "referral_label_id": label.id,
            "referral_label_from": label.valid_from,
            "referral_label_until": label.valid_until,
            "referral_agreement_id": received_by.id,
            "referral_agreement_role": received_by.role,
            "referral_agreement_from": received_by.valid_from,
            "referral_agreement_until": received_by.valid_until,
        }


def basis_on(
    session: Session,
    today: date,
    *,
    actor: Actor,
    programme_id: UUID,
    beneficiary_id: UUID,
    referred_to_id: UUID,
    declares_no_other_pass: bool,
) -> Basis:
    """What a hand-over may stand on that day; refused where a part of it is missing.

    Raises, in this order:
        UnknownBeneficiary, NotASenior.
        DeclarationMissing: a registered job seeker must declare to have no other pass.
        NoAgreementInForce, NoRightToHold, UnknownOrganisation, NoLabelInForce (of the mediator).
        SettingsNotYetApply, NotEntitled.
    """
    person = known_beneficiary(session, actor=actor, beneficiary_id=beneficiary_id)
    age = _age(session, person, today=today)
    if person.public == Public.REGISTERED_JOB_SEEKER and not declares_no_other_pass:
        raise DeclarationMissing
    agreement = agreement_in_force(
        session, actor.organisation_id, AgreementRole.PRESCRIBER, on=today
    )
    check_may_hold(session, actor.organisation_id, on=today)
    referral = referral_to(session, referred_to_id, on=today)
    settings = settings_on(session, programme_id, today)
    entitlement = programmes.entitlement(session, settings.id, person.public)
    if entitlement is None:
        raise NotEntitled
    return Basis(person.public, age, agreement, referral, settings, entitlement)


def _age(session: Session, person: Beneficiary, *, today: date) -> int:
    """Difference of years; a person whose identity was purged must be registered anew."""
    who = queries.identity(session, person.id)
    if who is None:
        raise UnknownBeneficiary
    if person.public == Public.SENIOR and not is_senior(who.birth_year, on=today):
        raise NotASenior(age=today.year - who.birth_year)
    return today.year - who.birth_year
