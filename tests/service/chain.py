"""A scheme that has lived: something rests at every stage, so that anything can be asked of it.

One such database serves many tests of a kind: each works in a transaction that is rolled back.

| booklets | size | rest                                                    |
|----------|------|---------------------------------------------------------|
| 1, 2     | 10   | handed to `person` by plie; passes of 1 redeemed, below |
| 3, 4     | 10   | plie's drawer                                           |
| 5        | 10   | on the way to plie                                      |
| 6        | 10   | ccas's drawer                                           |
| 7–9      | 10   | stock                                                   |
| 10       | 10   | on the way to ccas                                      |
| 11       | 5    | handed to `senior` by ccas                              |
| 12       | 5    | ccas's drawer                                           |
| 13       | 5    | stock: missing from an allocation, and come back        |
| 14       | 5    | on the way to ccas: missing from that allocation        |
| 15, 16   | 10   | delivered, inert: nothing is mandated                   |
| 17, 18   | 10   | delivered, inert: mandated for one of the two           |
| 19, 20   | 10   | delivered and mandated, inert                           |
| 21, 22   | 10   | sent, not delivered                                     |

| pass of booklet 1 | at      | its statement                     |
|-------------------|---------|-----------------------------------|
| 1                 | exo7    | paid                              |
| 2                 | carecof | ordered                           |
| 3                 | exo7    | approved                          |
| 4                 | carecof | draft                             |
| 5                 | nobank  | draft, held: no bank details      |
| 6                 | exo7    | none yet                          |
| 7                 | exo7    | none: undone, it circulates again |
| 8, 9, 10          |         | none: in circulation              |

Passes 1 and 2 of booklet 2 stand on sheets typed for exo7: one waits for its check, one is set
aside.

| pass of booklet 2 | at      | its statement                             |
|-------------------|---------|-------------------------------------------|
| 6                 | carecof | paid, sent back by the bank, to pay again |
| 7                 | exo7    | draft in its second version, certified    |
| 8                 | exo7    | withdrawn from it, waits for a run        |
| 3–5, 9, 10        |         | none: in circulation                      |
"""

import io
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clearing import queries as clearing
from app.clearing.documents import keep_digest
from app.clearing.redemption_models import TypedSheet
from app.clearing.rules import SessionKind, Topic
from app.clearing.sessions import link_redemptions, record_session
from app.clearing.sheets import prepare_sheet, set_aside_sheet
from app.closing.complements import draw_complement
from app.config import EXAMPLE_LINE, EXAMPLE_URL
from app.database import Model
from app.database.connections import Database
from app.identity.device_models import (
    Device,
    DeviceOffer,
    DeviceOfferEnd,
    DeviceRevocation,
    DeviceTaking,
)
from app.identity.device_rules import CREDENTIAL_PREFIX, OFFER_PREFIX
from app.identity.events import record_event
from app.identity.links import make_link
from app.identity.models import Agent, AgentManager
from app.identity.passwords import token_hash
from app.identity.rules import FROM_SERVER, AccountEventKind, LinkPurpose, Role
from app.identity.service import SignInKeys, begin_sign_in, create_token
from app.identity.session_models import (
    AgentSession,
    Passkey,
    ProviderIdentity,
    RecoveryCode,
    SpentChallenge,
    TotpSecret,
)
from app.identity.session_rules import Method
from app.identity.sessions import begin_session
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger.snapshots import Sizes
from app.mails.outbox import write_mail
from app.mails.rules import MailKind
from app.mails.wording import Letter
from app.mediators import holding
from app.mediators import service as mediators
from app.mediators.rules import CashOfficeKind, LabelStep, OpeningHours, Service
from app.mediators.service import apply_for_label
from app.orders import mandates
from app.orders import queries as orders
from app.orders import service as ordering
from app.orders.rules import LineAsked
from app.partners import agreements, contacts, sirets
from app.partners import service as partners
from app.partners.bank_details import refuse_bank_details
from app.partners.rules import AgreementRole, OrganisationKind
from app.places import service as places
from app.prescribers import booklet_requests, custody
from app.prescribers.allocations import BookletRange
from app.prescribers.custody_rules import Settlement
from app.prescribers.prescriptions import Reasons
from app.prescribers.rules import (
    DuplicateReason,
    ExceptionReason,
    LateReason,
    RenewalReason,
    UndoReason,
)
from app.prescribers.undoing import undo_prescription
from app.printing.looking import note_unknown
from app.printing.rules import PrintKind
from app.printing.service import Asked, Plan, PublicAddress, plan_batch, record_batch
from app.programmes.freezes import freeze_programme, lift_freeze
from app.programmes.rules import Entitled, Payer, Public, Share, Terms
from app.programmes.service import (
    change_settings,
    create_programme,
    create_vintage,
    mark_demonstration,
    withdraw_settings,
)
from app.reports import snapshots
from app.signals import service as signals
from app.signals.rules import Decision, Found, SignalKind
from app.stock import counts
from app.stock.count_rules import CountedLine
from app.stock.serial_files import Asked as SerialsAsked
from app.stock.serial_files import import_serials
from app.takeover import service as takeover
from app.trust.notes import CheckpointSigner
from app.trust.service import seal
from app.works import service as works
from app.works.models import WorkEnd, WorkFile, WorkLine, WorkProgress
from app.works.rules import WorkKind
from tests.factories import Scheme
from tests.opening import TEN_EUROS
from tests.service import lived_endings, lived_losses
from tests.service.lived_corrections import Corrected

SHORT = Sizes(least=1, most=8, fan=2, at_once=100)
"""Stretches so short that there are some of each level."""
SQUARE, CREDENTIAL = f"{OFFER_PREFIX}of_the_tests", f"{CREDENTIAL_PREFIX}of_the_tests_"
"""Of a square that still serves; and of two devices, which add their number."""
TAKING = UUID(int=1)
"""Of it come the ids of the place that was taken: they are the same each time, in any order."""
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
"""The least that is taken for a signed paper."""

FOR_ANYTHING = Reasons(
    DuplicateReason.ANOTHER_PERSON, RenewalReason.BOOKED_AHEAD, ExceptionReason.WORK_DEPENDS
)


@dataclass
class Chain:
    """The scheme, and the ids of what was made on the way, by name."""

    scheme: Scheme
    ids: dict[str, UUID] = field(default_factory=dict)
    codes: list[VoucherCode] = field(default_factory=list)
    """The codes of booklet 1."""
    corrected_codes: list[VoucherCode] = field(default_factory=list)
    """The codes of 22R 00001: see lived_corrections."""
    much_later_on: date = date.min
    """When a debit note was collected."""
    other_vintage_id: int = 0
    closing: dict[str, int] = field(default_factory=dict)
    """Vintages of the other programme by the stage of their end."""
    complements: dict[str, UUID] = field(default_factory=dict)
    """What adds to the accounts of the settled one: settled, and waiting."""

    @classmethod
    def lived(cls, database: Database, folder: Path) -> "Chain":
        """Walk the whole chain, through the services, in committed transactions."""
        with database.transaction() as session:
            chain = cls(Scheme.ready(session, folder))
            chain._partners(session)
            chain._other_programme(session)
            chain._orders(session)
            chain._printed(session)
            chain._prescribe(session)
            chain._lose(session)
        chain._redeem_and_clear(database)
        with database.transaction() as session:
            chain._freeze(session)
            chain._seal(session)
            chain._take_over(session)
        chain._read_a_file(database)
        with database.transaction() as session:
            chain.ids |= lived_losses.lost(session, chain.scheme, chain.ids["other programme"])
            chain.closing = lived_endings.ended(session, chain.scheme, chain.ids["other programme"])
            chain.complements = lived_endings.completed(
                session, chain.scheme, chain.closing["settled"]
            )
            for stage, label in (("expired late", "21G"), ("completed", "21H")):
                chain.closing[stage] = lived_endings.expired_late(
                    session, chain.scheme, chain.ids["other programme"], label
                )
            chain.complements["to settle"] = draw_complement(
                session,
                actor=chain.scheme.actors["finance"],
                complement_id=new_id(),
                vintage_id=chain.closing["completed"],
                now=chain.scheme.now,
            ).id
        with database.transaction() as session:
            corrected = Corrected(chain.scheme, chain.ids["other programme"])
            corrected.live(session)
            chain.ids |= corrected.ids
            chain.corrected_codes = corrected.codes
            chain.much_later_on = martinique_day(corrected.much_later)
            chain._count(session)
            chain._signals(session)
        with database.transaction() as session:
            snapshots.take_snapshot(session, now=chain.scheme.now, sizes=SHORT)
        return chain

    def at(self, folder: Path) -> "Chain":
        """The same with its keys in that folder."""
        return replace(self, scheme=self.scheme.at(folder))

    def _signals(self, session: Session) -> None:
        """Two days of passes taken out of hours; somebody has looked at one of them."""
        actor, exo7 = self.scheme.actors["coordinator"], self.scheme.organisations["exo7"]
        for name, days in (("signal", 1), ("decided signal", 2)):
            found = Found(
                SignalKind.OUT_OF_HOURS,
                self.scheme.today - timedelta(days=days),
                12,
                10,
                mediator_id=exo7,
            )
            self.ids[name] = found.id
            signals.tell(session, [found], now=self.scheme.now)
        signals.decide_signal(
            session,
            actor=actor,
            decision_id=new_id(),
            signal_id=self.ids["decided signal"],
            decision=Decision.EXPLAINED,
            note="Atelier du soir à la médiathèque",
            now=self.scheme.now,
        )

    def _count(self, session: Session) -> None:
        """Counts of plie's drawer: signed, closed, going on twice, and given up."""
        scheme, plie = self.scheme, self.scheme.actors["plie"]
        for name in (
            "signed count",
            "closed count",
            "open count",
            "count to give up",
            "given up count",
        ):
            count = counts.open_count(
                session,
                actor=plie,
                count_id=new_id(),
                holder_id=scheme.organisations["plie"],
                counted_on=scheme.today,
                now=scheme.now,
            )
            self.ids[name] = count.id
            # Booklet 3 is in the drawer and 7 in the stock, 4 is not found, 99 never arrived.
            self.ids[f"go of {name}"] = counts.enter_lines(
                session,
                actor=plie,
                entry_id=new_id(),
                count_id=count.id,
                lines=[CountedLine(scheme.label, n, n) for n in (3, 7, 9, 99)],
                now=scheme.now,
            ).id
            self.ids[f"correction of {name}"] = counts.strike_line(
                session,
                actor=plie,
                correction_id=new_id(),
                count_id=count.id,
                entry_id=self.ids[f"go of {name}"],
                place=3,
                now=scheme.now,
            ).id
            if name == "given up count":
                counts.abandon_count(
                    session,
                    actor=plie,
                    abandonment_id=new_id(),
                    count_id=count.id,
                    reason="Ouvert deux fois",
                    now=scheme.now,
                )
            elif name not in {"open count", "count to give up"}:
                counts.close_count(session, actor=plie, count_id=count.id, now=scheme.now)
        counts.sign_count(
            session,
            actor=scheme.actors["coordinator"],
            count_id=self.ids["signed count"],
            now=scheme.now,
        )

    def _read_a_file(self, database: Database) -> None:
        """A printer's file of one row, which is wrong: nothing arrives."""
        scheme = self.scheme
        booklet = BookletNumber(scheme.label, 21)
        rows = f"serial;code\n{SerialNumber(booklet, 1)};{self.codes[0]}\n"
        self.ids["serial file"] = import_serials(
            database,
            actor=scheme.actors["coordinator"],
            import_id=new_id(),
            asked=SerialsAsked(self.ids["sent order"], io.BytesIO(rows.encode())),
            keys=scheme.keys,
            now=scheme.now,
        ).record.id

    def _freeze(self, session: Session) -> None:
        """The other programme was frozen for a while."""
        said: dict[str, Any] = {
            "actor": self.scheme.actors["coordinator"],
            "programme_id": self.ids["other programme"],
            "now": self.scheme.now,
        }
        self.ids["freeze"] = freeze_programme(
            session, freeze_id=new_id(), reason="Redressement de l’émetteur", **said
        ).id
        self.ids["lift"] = lift_freeze(session, lift_id=new_id(), reason="Plan adopté", **said).id

    def _seal(self, session: Session) -> None:
        """Two checkpoints; what is taken over afterwards waits for the next."""
        signer = CheckpointSigner(self.scheme.keys.folder, "pass.exemple.fr/registre")
        for most in (20, 1000):
            seal(session, signer=signer, now=self.scheme.now, most=most)

    def _partners(self, session: Session) -> None:
        scheme = self.scheme
        scheme.mediator(session, "nobank", bank_details=False)
        scheme.mediator(session, "unlabelled", label=None)
        scheme.mediator(session, "unsigned", agreement=None)
        scheme.organisation(session, "lapsed", OrganisationKind.CCAS)
        scheme.agent(session, "lapsed", Role.PRESCRIBER, "lapsed")
        scheme.agreement(session, "lapsed", AgreementRole.PRESCRIBER, days=(-300, -1))
        self.ids["typed account"] = scheme.typed_account(session, "unlabelled")
        self.ids["false account"] = scheme.typed_account(session, "nobank")
        refuse_bank_details(
            session,
            actor=scheme.actors["finance"],
            refusal_id=new_id(),
            bank_details_id=self.ids["false account"],
            reason="La structure ne connaît pas ce compte",
            now=scheme.now,
        )
        self.ids["application"] = apply_for_label(
            session,
            actor=scheme.actors["coordinator"],
            application_id=new_id(),
            organisation_id=scheme.organisations["unlabelled"],
            applied_on=scheme.today,
            now=scheme.now,
        ).id
        self._directory(session)
        self._places(session)
        keys = SignInKeys(b"account", b"network")
        begin_sign_in(session, email="x@exemple.fr", keys=keys, now=scheme.now)
        self.ids["token"] = create_token(
            session, email="exo7@exemple.fr", label="caisse", now=scheme.now
        )[1].id
        self._accounts(session)
        self._long_work(session)
        mark_demonstration(session, now=scheme.now)

    def _long_work(self, session: Session) -> None:
        """A work that is under way, with its file."""
        work = works.ask(
            session,
            actor=self.scheme.actors["finance"],
            work_id=new_id(),
            kind=WorkKind.SERIAL_FILE,
            asked={},
            content=b"serial",
            secret_key=bytes(32),
            now=self.scheme.now,
        )
        ended = works.ask(
            session,
            actor=self.scheme.actors["finance"],
            work_id=new_id(),
            kind=WorkKind.CLEARING_RUN,
            asked={},
            secret_key=bytes(32),
            now=self.scheme.now,
        )
        session.add(
            WorkProgress(
                work_id=work.id,
                attempt_count=1,
                stage="",
                done_count=1,
                of_count=2,
                seen_at=self.scheme.now,
            )
        )
        session.add(
            WorkEnd(
                work_id=ended.id,
                refusal_code="nothing_to_clear",
                sentence="Rien.",
                endpoint=None,
                shown={},
                ended_at=self.scheme.now,
            )
        )
        session.add(
            WorkFile(
                work_id=ended.id,
                name="pieces.zip",
                media_type="application/zip",
                byte_count=1,
                sha256=bytes(32),
                made_at=self.scheme.now,
                kept_until=self.scheme.later,
            )
        )
        session.add(WorkLine(work_id=ended.id, ordinal=1, line=2, sentence="Écrivez un nombre."))
        self.ids["ended work"] = ended.id

    def _accounts(self, session: Session) -> None:
        """An invitation that was sent again, a letter, a manager, an event."""
        scheme, agent_id = self.scheme, self.scheme.actors["exo7"].agent_id
        for _ in range(2):
            make_link(
                session,
                link_id=new_id(),
                request_hash=bytes(32),
                purpose=LinkPurpose.INVITATION,
                agent_id=agent_id,
                made_by=scheme.actors["administrator"].agent_id,
                now=scheme.now,
            )
        session.add(AgentManager(agent_id=agent_id, appointed_at=scheme.now))
        record_event(
            session,
            kind=AccountEventKind.SIGNED_IN,
            agent_id=agent_id,
            actor=agent_id,
            origin=FROM_SERVER,
            now=scheme.now,
        )
        self._sessions(session)
        self._devices(session)
        write_mail(
            session,
            kind=MailKind.NOTICE,
            agent_id=agent_id,
            address="exo7@exemple.fr",
            letter=Letter("Un avis", "Bonjour."),
            now=scheme.now,
        )

    def _sessions(self, session: Session) -> None:
        """A session, and a second factor of each kind."""
        scheme, actor = self.scheme, self.scheme.actors["exo7"]
        now, made = scheme.now, {"agent_id": actor.agent_id, "enrolled_at": scheme.now}
        begin_session(
            session,
            agent=session.get_one(Agent, actor.agent_id),
            method=Method.PASSWORD,
            browser="Firefox, Android",
            minutes={},
            origin=FROM_SERVER,
            now=now,
        )
        self.ids["agent session"] = session.scalars(select(AgentSession.id)).one()
        session.add_all(
            [
                TotpSecret(
                    id=new_id(), sealed=bytes(48), key_id="none", last_step=1, used_at=now, **made
                ),
                Passkey(
                    id=new_id(),
                    credential_id=b"a key",
                    public_key=b"of a device",
                    sign_count=0,
                    name="Mon téléphone",
                    synced=True,
                    **made,
                ),
                RecoveryCode(
                    id=new_id(), agent_id=actor.agent_id, code_hash=bytes(32), made_at=now
                ),
                SpentChallenge(challenge_hash=bytes(32), spent_at=now),
                ProviderIdentity(
                    issuer="https://connect.example",
                    subject="a person",
                    agent_id=actor.agent_id,
                    linked_at=now,
                ),
            ]
        )
        session.flush()

    def _devices(self, session: Session) -> None:
        """A device that has taken a list, and one that was lost."""
        agent, now = self.scheme.actors["exo7"], self.scheme.now
        whose = {"agent_id": agent.agent_id, "mediator_id": agent.organisation_id}
        secrets = {"device": "1", "lost device": "2", "spare device": "3", "square": SQUARE}
        for place, (name, secret) in enumerate(secrets.items(), start=1):
            offer = DeviceOffer(
                id=new_id(),
                request_hash=bytes(32),
                secret_hash=token_hash(secret),
                made_at=now,
                expires_at=now + timedelta(days=9),
                **whose,
            )
            session.add(offer)
            session.flush()
            if name == "square":
                continue
            session.add(
                DeviceOfferEnd(
                    offer_id=offer.id, expires_at=offer.expires_at, reason="used", ended_at=now
                )
            )
            session.flush()
            self.ids[name] = new_id()
            session.add(
                Device(
                    id=self.ids[name],
                    request_hash=bytes(32),
                    offer_id=offer.id,
                    offer_ended="used",
                    name="Téléphone de l’accueil",
                    public_key=bytes([place] * 65),
                    credential_hash=token_hash(f"{CREDENTIAL}{place}"),
                    salt=bytes(16),
                    enrolled_at=now,
                    **whose,
                )
            )
            session.flush()
        session.add(
            DeviceTaking(
                device_id=self.ids["device"], version=0, since=None, pass_count=0, taken_at=now
            )
        )
        session.add(
            DeviceRevocation(
                device_id=self.ids["lost device"],
                reason="lost",
                revoked_by=agent.agent_id,
                revoked_at=now,
            )
        )
        session.flush()

    def _directory(self, session: Session) -> None:
        scheme, ids = self.scheme, self.ids
        coordinator: dict[str, Any] = {"actor": scheme.actors["coordinator"], "now": scheme.now}
        scheme.organisation(session, "library", OrganisationKind.MEDIA_LIBRARY)
        scheme.organisation(session, "former", OrganisationKind.ASSOCIATION)
        exo7, library = scheme.organisations["exo7"], scheme.organisations["library"]
        ids["régie"] = mediators.record_cash_office(
            session,
            cash_office_id=new_id(),
            organisation_id=library,
            kind=CashOfficeKind.REVENUE,
            reference="Arrêté 2026-12",
            held_by="Direction de la médiathèque",
            valid_from=scheme.today - timedelta(days=300),
            valid_until=scheme.today + timedelta(days=300),
            **coordinator,
        ).id
        ids["closed agreement"] = scheme.agreement(session, "library", AgreementRole.VENUE)
        ids["agreement closure"] = agreements.close_agreement(
            session,
            closure_id=new_id(),
            agreement_id=ids["closed agreement"],
            from_on=scheme.today,
            reason="La salle ferme pour travaux",
            **coordinator,
        ).id
        ids["closed régie"] = mediators.record_cash_office(
            session,
            cash_office_id=new_id(),
            organisation_id=library,
            kind=CashOfficeKind.ADVANCES,
            reference="Arrêté 2026-13",
            held_by="Direction de la médiathèque",
            valid_from=scheme.today - timedelta(days=300),
            valid_until=scheme.today + timedelta(days=300),
            **coordinator,
        ).id
        ids["régie closure"] = holding.close_cash_office(
            session,
            closure_id=new_id(),
            cash_office_id=ids["closed régie"],
            from_on=scheme.today,
            reason="Arrêté 2026-14",
            **coordinator,
        ).id
        ids["agreement file"] = agreements.keep_file(
            session,
            file_id=new_id(),
            agreement_id=ids["closed agreement"],
            content=PDF,
            **coordinator,
        ).id
        contacts.record_address(
            session,
            address_id=new_id(),
            organisation_id=exo7,
            street="1, rue du Bord de mer",
            complement=None,
            postcode="97222",
            latitude_microdegrees=14_642_000,
            longitude_microdegrees=-61_138_000,
            **coordinator,
        )
        ids["contact"] = contacts.record_contact(
            session,
            contact_id=new_id(),
            organisation_id=exo7,
            position="Accueil",
            phone="0596 00 00 00",
            email="accueil@exemple.fr",
            **coordinator,
        ).id
        former = scheme.organisations["former"]
        ids["siret"] = sirets.record_siret(
            session,
            entry_id=new_id(),
            organisation_id=former,
            siret="44306184100047",
            reason="Facture n° 12",
            **coordinator,
        ).id
        sirets.record_siret(
            session,
            entry_id=new_id(),
            organisation_id=former,
            siret="43493312300029",
            reason="Avis SIRENE du 4 mars",
            corrects="44306184100047",
            **coordinator | {"actor": scheme.actors["coordinator2"]},
        )
        ids["succession"] = partners.succeed(
            session,
            succession_id=new_id(),
            organisation_id=scheme.organisations["former"],
            successor_id=exo7,
            from_on=scheme.today,
            reference="Délibération 2026-3",
            **coordinator,
        ).id
        ids["profile"] = mediators.record_profile(
            session,
            profile_id=new_id(),
            organisation_id=exo7,
            version=1,
            services={Service.SAFE_USE, Service.FINDING_WORK},
            publics={Public.SENIOR},
            hours=[OpeningHours(0, 480, 720)],
            access_notes="Rez-de-chaussée",
            **coordinator,
        ).id
        mediators.record_capacity(
            session,
            capacity_id=new_id(),
            organisation_id=exo7,
            ready=True,
            from_on=scheme.today,
            **coordinator,
        )
        ids["other application"] = apply_for_label(
            session,
            application_id=new_id(),
            organisation_id=scheme.organisations["unsigned"],
            applied_on=scheme.today,
            **coordinator,
        ).id
        ids["progress"] = mediators.note_label_progress(
            session,
            progress_id=new_id(),
            application_id=ids["other application"],
            step=LabelStep.UNDER_REVIEW,
            reached_on=scheme.today,
            note=None,
            **coordinator,
        ).id

    def _places(self, session: Session) -> None:
        """A national file with a place that was taken, and one that was put aside."""
        coordinator: dict[str, Any] = {
            "actor": self.scheme.actors["coordinator"],
            "now": self.scheme.now,
        }
        content = (
            "id,nom,commune,code_postal,adresse,services,date_maj,typologie\n"
            "lieu-1,Espace du Bourg,Le Lorrain,97214,Bourg,Loisirs et créations numériques,"
            "2026-01-02,ASSO\n"
            "lieu-2,Espace du Bourg,Le Lorrain,97214,Bourg,Café,2026-01-02,ASSO\n"
        )
        file = places.read_places(
            session, file_id=new_id(), content=content.encode(), **coordinator
        )
        self.ids["places file"] = file.id
        places.take_rows(
            session, request_id=TAKING, file_id=file.id, lines={2: None}, **coordinator
        )

    def _other_programme(self, session: Session) -> None:
        scheme = self.scheme
        self.ids["other programme"] = create_programme(
            session,
            actor=scheme.actors["coordinator"],
            programme_id=new_id(),
            name="Autre dispositif",
            payer=Payer.ISSUER,
            sponsor_id=scheme.organisations["sponsor"],
            issuer_id=scheme.organisations["issuer"],
            now=scheme.now,
            entitlements=[Entitled(Public.SENIOR, booklet_size=5, booklet_count=2)],
        ).id
        funder = scheme.organisation(session, "funder", OrganisationKind.FUNDER)
        self.ids["changed settings"] = change_settings(
            session,
            actor=scheme.actors["coordinator"],
            settings_id=new_id(),
            programme_id=self.ids["other programme"],
            applies_from=scheme.today,
            terms=Terms(
                entitlements=(Entitled(Public.SENIOR, booklet_size=5, booklet_count=2),),
                funders=(Share(funder, 5000),),
                budget_cents=100_000,
            ),
            document="CC-01-2026-001",
            now=scheme.now,
        ).id
        self.ids["withdrawn settings"] = change_settings(
            session,
            actor=scheme.actors["coordinator"],
            settings_id=new_id(),
            programme_id=self.ids["other programme"],
            applies_from=scheme.today + timedelta(days=40),
            terms=Terms(),
            now=scheme.now,
        ).id
        withdraw_settings(
            session,
            actor=scheme.actors["coordinator"],
            withdrawal_id=new_id(),
            programme_id=self.ids["other programme"],
            settings_id=self.ids["withdrawn settings"],
            reason="Délibération reportée",
            now=scheme.now,
        )
        self.other_vintage_id = create_vintage(
            session,
            actor=scheme.actors["coordinator"],
            programme_id=self.ids["other programme"],
            label="26Z",
            face_value_cents=TEN_EUROS,
            valid_from=scheme.today,
            valid_until=scheme.today,
            tolerance_days=0,
            keys=scheme.keys,
            now=scheme.now,
        ).vintage_id

    def _take_over(self, session: Session) -> None:
        """One procès-verbal approved, one not: of another programme, so that figures stay."""
        scheme, coordinator = self.scheme, self.scheme.actors["coordinator"]
        for label in ("24R", "25R"):
            create_vintage(
                session,
                actor=coordinator,
                programme_id=self.ids["other programme"],
                label=label,
                face_value_cents=TEN_EUROS,
                valid_from=scheme.today,
                valid_until=scheme.today + timedelta(days=60),
                tolerance_days=0,
                keys=scheme.keys,
                now=scheme.now,
                taken_over=True,
            )
        head = "millesime;premier carnet;dernier carnet;taille;lieu;prescripteur;codes\n"
        printed = [codes.written(codes.derive(b"an older printer", place)) for place in range(1, 6)]
        listed = [f"25R;1;{place};{code}" for place, code in enumerate(printed, start=1)]
        for name, lines, code_lines in (
            ("taken over", "24R;1;1;5;prescripteur;CCAS;passnum\n", None),
            (
                "to take over",
                "25R;1;1;5;stock;;fichier\n",
                "\n".join(("millesime;carnet;pass;code", *listed)).encode(),
            ),
            ("not to take over", "24R;8;8;5;stock;;passnum\n", None),
        ):
            self.ids[name] = takeover.prepare_takeover(
                session,
                actor=coordinator,
                takeover_id=new_id(),
                programme_id=self.ids["other programme"],
                content=(head + lines).encode(),
                codes_content=code_lines,
                counted_on=scheme.today,
                now=scheme.now,
            ).id
        takeover.approve_takeover(
            session,
            actor=scheme.actors["coordinator2"],
            takeover_id=self.ids["taken over"],
            voucher_count=5,
            keys=scheme.keys,
            now=scheme.now,
        )
        takeover.refuse_takeover(
            session,
            actor=coordinator,
            refusal_id=new_id(),
            takeover_id=self.ids["not to take over"],
            reason="Un carnet manque",
            now=scheme.now,
        )

    def _orders(self, session: Session) -> None:
        scheme, ids = self.scheme, self.ids
        ids["stock order"] = scheme.stock(session)
        ids["mandate of stock order"] = orders.mandates_of(session, ids["stock order"])[0].id
        ids["inert order"] = scheme.sent_order(session, tens=2, fives=0)
        ids["inert delivery"] = self._delivered(session, ids["inert order"])
        ids["poor order"] = scheme.sent_order(session, tens=2, fives=0)
        ids["poor delivery"] = self._delivered(session, ids["poor order"])
        ids["ready order"] = scheme.sent_order(session, tens=2, fives=0)
        ids["ready delivery"] = self._delivered(session, ids["ready order"])
        for order, cents in (("poor order", 200), ("ready order", 400)):
            ids[f"mandate of {order}"] = scheme.mandate(
                session, ids[order], cents, number=f"M-1 {order}"
            ).id
        later = scheme.later  # in the year of the payments, which may be another
        ids["spare mandate"] = scheme.mandate(
            session, ids["stock order"], 4, number="M-1 spare", now=later
        ).id
        wrong = scheme.mandate(session, ids["ready order"], 4, number="M-0").id
        ids["mandate cancellation"] = mandates.cancel_mandate(
            session,
            actor=scheme.actors["finance"],
            cancellation_id=new_id(),
            mandate_id=wrong,
            reason="Somme mal recopiée",
            now=scheme.now,
        ).id
        ids["sent order"] = scheme.sent_order(session, tens=2, fives=0)
        for name in ("planned order", "prepared order", "approved order"):
            ids[name] = ordering.prepare_order(
                session,
                actor=scheme.actors["coordinator"],
                order_id=new_id(),
                programme_id=scheme.programme_id,
                vintage_id=scheme.vintage_id,
                lines=[LineAsked(10, 2, Cents(200))],
                planned={Public.PLIE: 7} if name == "planned order" else None,
                now=scheme.now,
            ).id
        ids["cancelled order"] = ids["planned order"]
        ids["cancellation"] = ordering.cancel_order(
            session,
            actor=scheme.actors["coordinator"],
            cancellation_id=new_id(),
            order_id=ids["cancelled order"],
            reason="Le besoin a été revu",
            now=scheme.now,
        ).id
        ordering.approve_order(
            session,
            actor=scheme.actors["coordinator2"],
            order_id=ids["approved order"],
            now=scheme.now,
        )

    def _printed(self, session: Session) -> None:
        """The codes of booklets 15 and 16 left for a printer."""
        actor, batch_id = self.scheme.actors["coordinator"], new_id()
        plan = plan_batch(
            session,
            actor=actor,
            batch_id=batch_id,
            asked=Asked(self.ids["inert order"], PrintKind.CODES),
            address=PublicAddress(EXAMPLE_URL, EXAMPLE_LINE),
            keys=self.scheme.keys,
            now=self.scheme.now,
        )
        assert isinstance(plan, Plan)
        files = [(carton, sha256(file).digest()) for carton, file in plan.files()]
        note_unknown(session, address_hash=b"somewhere", now=self.scheme.now)
        self.ids["print batch"] = record_batch(
            session, actor=actor, batch_id=batch_id, plan=plan, files=files, now=self.scheme.now
        ).id

    def _delivered(self, session: Session, order_id: UUID) -> UUID:
        ranges = [allotted.serials for allotted in orders.allotments(session, order_id)]
        return self.scheme.delivery(session, order_id, ranges)

    def _prescribe(self, session: Session) -> None:
        scheme, ids = self.scheme, self.ids
        ids["stock delivery"] = orders.deliveries_of(session, ids["stock order"])[0].id
        ids["allocation"] = scheme.allocation(session, 1, 4)
        ids["on the way"] = scheme.allocation(session, 5, 5, accept=False)
        scheme.allocation(session, 6, 6, to="ccas")
        scheme.allocation(session, 11, 12, to="ccas")
        ids["person"] = scheme.beneficiary(session)
        ids["seeker"] = scheme.beneficiary(session, public=Public.REGISTERED_JOB_SEEKER)
        ids["senior"] = scheme.beneficiary(
            session, public=Public.SENIOR, birth_year=1950, by="ccas"
        )
        ids["prescription"] = scheme.prescription(session, ids["person"], [1, 2])
        ids["senior prescription"] = scheme.prescription(session, ids["senior"], [11], by="ccas")
        self._undone(session)
        self.codes = scheme.codes(session, 1)

    def _lose(self, session: Session) -> None:
        """An allocation that arrives without its booklets, and two requests for more."""
        scheme, ids = self.scheme, self.ids
        ids["still going"] = scheme.allocation(session, 10, 10, to="ccas", accept=False)
        ids["short"] = scheme.allocation(session, 13, 14, to="ccas", accept=False)
        lost = [BookletRange(scheme.booklet(number), scheme.booklet(number)) for number in (13, 14)]
        custody.confirm_receipt(
            session,
            actor=scheme.actors["ccas"],
            receipt_id=new_id(),
            consignment_id=ids["short"],
            missing=lost,
            note="Carton vide",
            now=scheme.now,
        )
        custody.settle_shortfall(
            session,
            actor=scheme.actors["coordinator"],
            settlement_id=new_id(),
            consignment_id=ids["short"],
            settlement=Settlement.RETURNED,
            booklets=lost[:1],
            now=scheme.now,
        )
        for name in ("request", "declined request"):
            ids[name] = booklet_requests.request_booklets(
                session,
                actor=scheme.actors["plie"],
                request_id=new_id(),
                programme_id=scheme.programme_id,
                public=Public.PLIE,
                tens_count=3,
                fives_count=0,
                reason="Inscriptions de décembre",
                now=scheme.now,
            ).id
        booklet_requests.decline_request(
            session,
            actor=scheme.actors["coordinator"],
            answer_id=new_id(),
            request_id=ids["declined request"],
            reason="Le stock est réservé",
            now=scheme.now,
        )

    def _undone(self, session: Session) -> None:
        """An exception, a renewal and a hand-over to somebody alike: all three taken back."""
        scheme, ids = self.scheme, self.ids
        ids["alike"] = scheme.beneficiary(session, public=Public.SENIOR, birth_year=1950, by="ccas")
        for name, person, booklets, by in (
            ("exception", "person", [3, 4], "plie"),
            ("renewal", "senior", [12], "ccas"),
            ("duplicate", "alike", [12], "ccas"),
        ):
            ids[name] = scheme.prescription(
                session, ids[person], booklets, by=by, reasons=FOR_ANYTHING
            )
            undo_prescription(
                session,
                actor=scheme.actors[by],
                undo_id=new_id(),
                prescription_id=ids[name],
                reason=UndoReason.WRONG_BOOKLET,
                now=scheme.now,
            )
        self._late(session)

    def _late(self, session: Session) -> None:
        """Some days before the end of the vintage a booklet is handed over, and taken back."""
        scheme, ids, today = self.scheme, self.ids, self.scheme.now
        scheme.now = today + timedelta(days=55)
        ids["late"] = scheme.prescription(
            session, ids["person"], [3], reasons=replace(FOR_ANYTHING, late=LateReason.PERSON_ASKED)
        )
        undo_prescription(
            session,
            actor=scheme.actors["plie"],
            undo_id=new_id(),
            prescription_id=ids["late"],
            reason=UndoReason.BOOKLET_GIVEN_BACK,
            now=scheme.now,
        )
        scheme.now = today

    def _redeem_and_clear(self, database: Database) -> None:
        scheme, ids = self.scheme, self.ids
        ids["scan"] = new_id()
        ids["paid redemption"] = self._redeemed(database, 1, "exo7")
        self._redeemed(database, 2, "carecof")
        first_run = ids["first run"] = scheme.clearing(database)
        with database.transaction() as session:
            ids["paid"] = scheme.approved(session, scheme.draft(session, first_run, "exo7"))
            ids["ordered"] = scheme.approved(session, scheme.draft(session, first_run, "carecof"))
            ids["paid order"] = scheme.ordered(session, ids["paid"])
            ids["payment order"] = scheme.ordered(session, ids["ordered"])
            scheme.paid(session, ids["paid order"])
        ids["claimed redemption"] = self._redeemed(database, 3, "exo7")
        self._redeemed(database, 4, "carecof")
        self._redeemed(database, 5, "nobank")
        run = ids["run"] = scheme.clearing(database)
        with database.transaction() as session:
            ids["approved"] = scheme.approved(session, scheme.draft(session, run, "exo7"))
            ids["draft"] = scheme.draft(session, run, "carecof").id
            ids["held"] = scheme.draft(session, run, "nobank").id
        self._payments_that_fail(database)
        ids["redemption"] = self._redeemed(database, 6, "exo7")
        ids["undone redemption"] = self._redeemed(database, 7, "exo7")
        with database.transaction() as session:
            scheme.undone(session, ids["undone redemption"])

        with database.transaction() as session:
            self._support(session)

    def _support(self, session: Session) -> None:
        """A session that one pass paid for, a sheet that waits for its check, one set aside."""
        scheme, ids = self.scheme, self.ids
        ids["support session"] = record_session(
            session,
            actor=scheme.actors["exo7"],
            session_id=new_id(),
            held_on=scheme.today,
            duration_minutes=60,
            kind=SessionKind.INDIVIDUAL,
            people_count=1,
            topics=[Topic.EMAIL],
            now=scheme.now,
        ).id
        link_redemptions(
            session,
            actor=scheme.actors["exo7"],
            session_id=ids["support session"],
            redemption_ids=[ids["redemption"]],
            now=scheme.now,
        )
        for name, place in (("typed sheet", 1), ("sheet set aside", 2)):
            sheet = prepare_sheet(
                session,
                actor=scheme.actors["coordinator"],
                sheet_id=new_id(),
                mediator_id=scheme.organisations["exo7"],
                held_on=scheme.today,
                typed=[scheme.serial(2, place)],
                now=scheme.now,
            )
            assert isinstance(sheet, TypedSheet)
            ids[name] = sheet.id
        set_aside_sheet(
            session,
            actor=scheme.actors["finance"],
            sheet_id=ids["sheet set aside"],
            reason="Le pass n’est pas sur la feuille",
            now=scheme.now,
        )

    def _payments_that_fail(self, database: Database) -> None:
        scheme, ids = self.scheme, self.ids
        with database.transaction() as session:
            for code, at in zip(
                scheme.codes(session, 2)[5:8], ("carecof", "exo7", "exo7"), strict=True
            ):
                scheme.redeem(session, code, at=at).accepted()
        run = scheme.clearing(database)
        with database.transaction() as session:
            ids["rejected"] = scheme.approved(session, scheme.draft(session, run, "carecof"))
            ids["rejected order"] = scheme.ordered(session, ids["rejected"])
            ids["returned payment"] = scheme.paid(session, ids["rejected order"])
            ids["rejection"] = scheme.rejected(session, ids["rejected order"])
            ids["certified draft"] = scheme.draft(session, run, "exo7").id
            ids["withdrawal"] = scheme.withdrawn(
                session, ids["certified draft"], f"{scheme.booklet(2)} 08"
            )
            ids["certification"] = scheme.certified(session, ids["certified draft"])
            approval = clearing.approval_of(session, ids["paid"])
            assert approval is not None
            keep_digest(session, approval, "csv", b"x", address="HTTPS://X", now=scheme.later)

    def _redeemed(self, database: Database, place: int, at: str) -> UUID:
        with database.transaction() as session:
            verdict = self.scheme.redeem(session, self.codes[place - 1], at=at)
            return verdict.accepted().id


State = dict[str, list[str]]
Rows = dict[str, list[tuple[object, ...]]]


def everything(session: Session) -> State:
    """Every row of every table as its database writes it, to see that nothing changed.

    A thousand tests look twice. Past SQLAlchemy, and on PostgreSQL in one round trip, a look takes
    a tenth of the time; `every_row` has the same as values, which two databases have in common.
    """
    session.flush()
    connection = session.connection()
    write = connection.dialect.identifier_preparer.format_table
    names = {table.name: write(table) for table in Model.metadata.sorted_tables}
    cursor = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        return {
            table: sorted(map(repr, cursor.execute(f"select * from {name}")))  # noqa: S608 - our own table
            for table, name in names.items()
        }
    selects = [f"select whole::text from {name} whole" for name in names.values()]  # noqa: S608 - our own tables
    cursor.execute(";".join(selects))
    state = {}
    for table in names:
        state[table] = sorted(row for (row,) in cursor.fetchall())
        cursor.nextset()
    return state


def every_row(session: Session) -> Rows:
    """Every row of every table, as the application reads it."""
    return {
        table.name: [tuple(row) for row in session.execute(select(table))]
        for table in Model.metadata.sorted_tables
    }
