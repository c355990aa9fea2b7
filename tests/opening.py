"""What stands before a scheme begins: a programme, its vintage, its partners and their agents."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Self
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing.receipts import ReceiptSigner
from app.identity.models import Agent
from app.identity.rules import Actor, Role
from app.identity.service import actor_of, create_agent
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.mediators.service import grant_label
from app.partners.bank_details import approve_bank_details, prepare_bank_details
from app.partners.rules import AgreementRole, OrganisationKind
from app.partners.service import register_organisation, sign_agreement
from app.partners.vault import BankVault
from app.programmes.keys import KeyStore
from app.programmes.rules import Payer
from app.programmes.service import create_programme, create_vintage

TEN_EUROS = Cents(1000)
IBAN = "FR1420041010050500013M02606"


@dataclass
class Opening:
    """One programme and the people who make it live, each an Actor."""

    keys: KeyStore
    now: datetime
    actors: dict[str, Actor] = field(default_factory=dict)
    organisations: dict[str, UUID] = field(default_factory=dict)
    programme_id: UUID = field(default_factory=new_id)
    vintage_id: int = 0
    label: str = "26A"

    @classmethod
    def ready(
        cls,
        session: Session,
        folder: Path,
        *,
        now: datetime | None = None,
        payer: Payer = Payer.AUTHORITY,
    ) -> Self:
        """CAP Nord, an issuer, two prescribers, two labelled mediators, and a vintage."""
        scheme = cls(KeyStore(folder / "keys"), now or datetime.now(UTC))
        scheme.organisation(session, "sponsor", OrganisationKind.SPONSOR)
        scheme.organisation(session, "issuer", OrganisationKind.ISSUER)
        for role in (Role.COORDINATOR, Role.FINANCE, Role.ACCOUNTANT, Role.AUDITOR):
            scheme.agent(session, str(role), role, "sponsor")
        scheme.agent(session, "coordinator2", Role.COORDINATOR, "sponsor")
        scheme.agent(session, "finance2", Role.FINANCE, "sponsor")
        scheme.agent(session, "administrator", Role.ADMINISTRATOR, "sponsor")
        create_programme(
            session,
            actor=scheme.actors["coordinator"],
            programme_id=scheme.programme_id,
            name="Pass numérique",
            payer=payer,
            sponsor_id=scheme.organisations["sponsor"],
            issuer_id=scheme.organisations["issuer"],
            now=scheme.now,
        )
        scheme.vintage_id = create_vintage(
            session,
            actor=scheme.actors["coordinator"],
            programme_id=scheme.programme_id,
            label=scheme.label,
            face_value_cents=TEN_EUROS,
            valid_from=scheme.today - timedelta(days=300),
            valid_until=scheme.today + timedelta(days=60),
            tolerance_days=31,
            keys=scheme.keys,
            now=scheme.now,
        ).vintage_id
        for name in ("ccas", "plie"):
            scheme.organisation(session, name, OrganisationKind(name))
            scheme.agent(session, name, Role.PRESCRIBER, name)
            scheme.agreement(session, name, AgreementRole.PRESCRIBER)
        scheme.agreement(session, "ccas", AgreementRole.MANDATE)
        for name in ("exo7", "carecof"):
            scheme.mediator(session, name)
        return scheme

    def at(self, folder: Path) -> Self:
        """The same with its keys in that folder."""
        return replace(self, keys=KeyStore(folder / "keys"))

    @cached_property
    def signer(self) -> ReceiptSigner:
        """Who signs receipts, with the key in that folder."""
        return ReceiptSigner(self.keys.folder)

    def __getstate__(self) -> dict[str, object]:
        """What is written down: the keys stay in their folder."""
        return {name: value for name, value in vars(self).items() if name != "signer"}

    @property
    def vault(self) -> BankVault:
        """Where IBANs are sealed."""
        return BankVault(self.keys.folder)

    @property
    def today(self) -> date:
        """The day in Martinique."""
        return martinique_day(self.now)

    def organisation(self, session: Session, name: str, kind: OrganisationKind) -> UUID:
        """Register an organisation under a short name."""
        self.organisations[name] = register_organisation(
            session,
            actor=None,
            organisation_id=new_id(),
            kind=kind,
            name=name.upper(),
            commune="Le Lorrain",
            siret=None,
            now=self.now,
        ).id
        return self.organisations[name]

    def agent(self, session: Session, name: str, role: Role, organisation: str) -> Agent:
        """Open an account for that organisation; the actor is kept under the same name."""
        agent = create_agent(
            session,
            actor=None,
            email=f"{name}@exemple.fr",
            name=f"Agent {name}",
            role=role,
            organisation_id=self.organisations[organisation],
            password=None,
            now=self.now,
        )
        self.actors[name] = actor_of(agent, by_token=False)
        return agent

    def agreement(
        self,
        session: Session,
        name: str,
        role: AgreementRole,
        *,
        days: tuple[int, int] = (-300, 300),
    ) -> UUID:
        """Sign an agreement from and to so many days from today."""
        return sign_agreement(
            session,
            actor=self.actors["coordinator"],
            agreement_id=new_id(),
            organisation_id=self.organisations[name],
            role=role,
            reference=f"Convention {name}",
            valid_from=self.today + timedelta(days=days[0]),
            valid_until=self.today + timedelta(days=days[1]),
            now=self.now,
        ).id

    def mediator(
        self,
        session: Session,
        name: str,
        *,
        label: tuple[int, int] | None = (-300, 300),
        agreement: tuple[int, int] | None = (-300, 300),
        bank_details: bool = True,
    ) -> None:
        """A mediator with its agent; label and agreement in force unless told otherwise."""
        self.organisation(session, name, OrganisationKind.ASSOCIATION)
        self.agent(session, name, Role.MEDIATOR, name)
        if agreement:
            self.agreement(session, name, AgreementRole.MEDIATOR, days=agreement)
        if label:
            grant_label(
                session,
                actor=self.actors["coordinator"],
                label_id=new_id(),
                organisation_id=self.organisations[name],
                reference="#APTIC",
                valid_from=self.today + timedelta(days=label[0]),
                valid_until=self.today + timedelta(days=label[1]),
                now=self.now,
            )
        if bank_details:
            self.bank_details(session, name)

    def bank_details(
        self,
        session: Session,
        name: str,
        *,
        iban: str = IBAN,
        by: str = "finance",
        now: datetime | None = None,
    ) -> UUID:
        """The account of a mediator, typed by one and approved by another; its id."""
        typed = self.typed_account(session, name, iban=iban, now=now)
        self.confirmed_account(session, typed, iban=iban, by=by, now=now)
        return typed

    def typed_account(
        self,
        session: Session,
        name: str,
        *,
        iban: str = IBAN,
        by: str = "coordinator",
        now: datetime | None = None,
    ) -> UUID:
        """An account that one person typed for an organisation."""
        return prepare_bank_details(
            session,
            actor=self.actors[by],
            bank_details_id=new_id(),
            organisation_id=self.organisations[name],
            holder=name.upper(),
            iban=iban,
            vault=self.vault,
            now=now or self.now,
        ).id

    def confirmed_account(
        self,
        session: Session,
        typed: UUID,
        *,
        iban: str = IBAN,
        by: str = "finance",
        now: datetime | None = None,
    ) -> None:
        """Another person types the same IBAN."""
        approve_bank_details(
            session,
            actor=self.actors[by],
            bank_details_id=typed,
            iban=iban,
            vault=self.vault,
            now=now or self.now,
        )
