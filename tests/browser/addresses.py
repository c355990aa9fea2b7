"""Every page of the site at an address where it has something to show, and who looks at it.

A feature that gets a page adds its addresses here: the page is then looked at on a phone and on a
desk, in light and dark, by axe-core, and read against the rules of `tests.pages.rules`.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Self
from uuid import UUID

from flask import template_rendered
from flask.testing import FlaskClient
from jinja2 import Template
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clearing import background, session_queries
from app.clearing import correction_queries as corrections
from app.clearing.redemption_models import Redemption, SessionRedemption
from app.clearing.rules import StatementState
from app.clearing.standing_queries import Filter, Standing, statements_listed
from app.config import secret_file
from app.database.lists import Place
from app.demo.accounts import PASSWORD
from app.devices.enrolments import offer_device
from app.guides.reading import NAMES
from app.identity import drafts
from app.identity.device_models import Device
from app.identity.models import Agent
from app.identity.rules import FROM_SERVER, Role
from app.identity.service import actor_of, known_agent
from app.kernel.clock import first_instant, martinique_day, utc_now
from app.kernel.ids import new_id
from app.kernel.serials import BookletNumber
from app.losses import queries as losses
from app.mails import queries as mails
from app.mails.models import Mail
from app.mails.outbox import opened_link
from app.mails.rules import MailKind
from app.mediators import queries as mediators
from app.orders import queries as orders
from app.orders.models import BookletOrder, OrderMandate
from app.orders.queries import orders_listed
from app.orders.rules import OrderState
from app.partners import queries as partners
from app.places import queries as places
from app.prescribers import custody_queries as custody
from app.prescribers.custody_rules import ConsignmentKind, ConsignmentState, RequestState
from app.prescribers.models import BeneficiaryIdentity, Prescription
from app.printing import queries as printing
from app.programmes import queries as programmes
from app.programmes.service import known_vintage
from app.reports import background as evidence
from app.signals import queries as signals
from app.stock import queries as stock
from app.stock.count_rules import CountState
from app.takeover import background as takeovers
from app.takeover import queries as takeover
from app.takeover.errors import TakeoverFileRefused
from app.vouchers.service import cover_of, known_booklet
from app.works import service as works
from app.works.models import Work, WorkEnd, WorkFile, WorkLine
from app.works.rules import WorkKind
from tests.browser.site import EMAILS, Site
from tests.pages import markup
from tests.pages.markup import Element


@dataclass(frozen=True)
class Address:
    """A page as somebody of that role opens it: a path, or what makes one from the site."""

    name: str
    path: str | Callable[[Site], str]
    role: Role = Role.COORDINATOR
    status: int = 200

    def __str__(self) -> str:
        return self.name

    def on(self, site: Site) -> str:
        """The path on that site."""
        return self.path if isinstance(self.path, str) else self.path(site)


def the_loss(where: str, place: int) -> Callable[[Site], str]:
    """An opposition or a destruction, counted from the latest."""

    def path(site: Site) -> str:
        with site.database.transaction(writing=False) as session:
            if where == "oppositions":
                blocks = losses.latest_blocks(session, Place(9), organisation_id=None, cause=None)
                return f"/oppositions/{blocks[place].number}"
            destructions = losses.latest_write_offs(session, Place(9))
            return f"/destructions/{destructions[place].number}"

    return path


def asked_for(session: Session, role: Role, kind: WorkKind, said: dict[str, object]) -> Work:
    """A long work that an agent of that role asks for."""
    agent = session.scalars(select(Agent).where(Agent.email == EMAILS[role])).one()
    return works.ask(
        session,
        actor=actor_of(agent, by_token=False),
        work_id=new_id(),
        kind=kind,
        asked=said,
        secret_key=bytes(32),
        now=utc_now(),
    )


def the_work(site: Site) -> str:
    """A long work of the finance department that waits for somebody to do it."""
    with site.database.transaction() as session:
        (programme,) = programmes.programmes_after(session, None, limit=1)
        said = background.asked_of(programme.id, martinique_day(utc_now()))
        work = asked_for(session, Role.FINANCE, WorkKind.CLEARING_RUN, said)
        return f"/travaux/{work.id}"


def an_archive(site: Site) -> str:
    """An archive that the accountant may take away."""
    today = martinique_day(utc_now())
    with site.database.transaction() as session:
        said = evidence.asked_of(today.replace(day=1), today, "")
        work = asked_for(session, Role.ACCOUNTANT, WorkKind.EVIDENCE, said)
        if session.get(WorkEnd, work.id) is None:
            address = {"work_id": str(work.id)}
            _ended(
                session,
                work,
                sentence=evidence.said(12, 1),
                endpoint="works_pages.shown",
                shown=address,
            )
            session.add(
                WorkFile(
                    work_id=work.id,
                    name=f"pieces-{today}.zip",
                    media_type="application/zip",
                    byte_count=5_400_000,
                    sha256=bytes(range(32)),
                    made_at=utc_now(),
                    kept_until=first_instant(today + timedelta(days=4)),
                )
            )
        return f"/travaux/{work.id}"


def a_refused_file(site: Site) -> str:
    """A file of takeover with lines to correct."""
    with site.database.transaction() as session:
        said = takeovers.asked_to_read(new_id(), martinique_day(utc_now()))
        work = asked_for(session, Role.FINANCE, WorkKind.TAKEOVER, said)
        refusal = TakeoverFileRefused(count=1, line_count=1)
        _ended(session, work, sentence=refusal.message, refusal_code=refusal.code)
        sentence = "Taille « 7 » : écrivez 5 ou 10."
        session.add(WorkLine(work_id=work.id, ordinal=1, line=3, sentence=sentence))
        return f"/travaux/{work.id}"


def _ended(session: Session, work: Work, **how: Any) -> None:  # noqa: ANN401 - columns
    session.add(WorkEnd(**{"work_id": work.id, "shown": {}, "ended_at": utc_now()} | how))
    session.flush()


def an_account(name: str, form: str = "") -> Callable[[Site], str]:
    """The page of an account of the demonstration, or one of its forms."""

    def path(site: Site) -> str:
        with site.database.transaction(writing=False) as session:
            agent = known_agent(session, f"{name}@exemple.fr")
            return f"/comptes/{agent.id}{form}"

    return path


def the_invitation(site: Site) -> Mail:
    """The latest letter that invites somebody."""
    with site.database.transaction(writing=False) as session:
        return mails.latest_mails(session, Place(1), kind=MailKind.INVITATION)[0]


def a_letter(site: Site) -> str:
    """A letter that is kept, for there is no mail server."""
    return f"/courriels/{the_invitation(site).id}"


def an_invitation(site: Site) -> str:
    """The page that an invitation opens."""
    key = secret_file(site.keys.folder.parent / "session.secret")
    path = opened_link(the_invitation(site), key)
    assert path is not None
    return path


def the_security(site: Site) -> str:
    """What protects the account of the finance officer."""
    with site.database.transaction(writing=False) as session:
        agent = session.scalars(select(Agent).where(Agent.email == EMAILS[Role.FINANCE])).one()
        return f"/comptes/{agent.id}/securite"


def the_vintage(site: Site) -> str:
    """The calendar of the vintage of the demonstration."""
    with site.database.transaction(writing=False) as session:
        (label,) = (
            terms.label
            for terms in programmes.all_vintages(session).values()
            if not terms.taken_over
        )
    return f"/cloture/{label}"


def the_takeover(site: Site) -> str:
    """The page of the procès-verbal that waits for a second person."""
    with site.database.transaction(writing=False) as session:
        (waiting,) = takeover.latest_takeovers(session, Place(9))
        return f"/reprise/{waiting.id}"


def the_programme(site: Site) -> str:
    """The page of the programme of the demonstration."""
    with site.database.transaction(writing=False) as session:
        (programme,) = programmes.programmes_after(session, None, limit=1)
        return f"/dispositifs/{programme.id}"


def the_freeze(site: Site) -> str:
    """Its freezes, and what a declaration of claims needs."""
    return f"{the_programme(site)}/gel"


def planned_settings(site: Site) -> str:
    """The page that withdraws the version of the settings that has not begun."""
    with site.database.transaction(writing=False) as session:
        (programme,) = programmes.programmes_after(session, None, limit=1)
        version = programmes.standing_settings(session, programme.id)[-1]
        return f"/dispositifs/{programme.id}/reglages/{version.id}/retrait"


def a_register(site: Site, path: str) -> str:
    """A page about what the sponsor holds of the vintage of the demonstration."""
    with site.database.transaction(writing=False) as session:
        (programme,) = programmes.programmes_after(session, None, limit=1)
        vintage = programmes.vintages_of(session, programme.id)[0]
        return path.format(holder=programme.sponsor_id, vintage=vintage.vintage_id)


def an_order(site: Site, path: str = "", *, state: OrderState = OrderState.PREPARED) -> str:
    """The page of the latest order in that state."""
    with site.database.transaction(writing=False) as session:
        (order,) = orders_listed(session, Place(1), state=state, programme_id=None)
        return f"/commandes/{order.number}{path}"


def a_planned_order(site: Site) -> str:
    """An order that the planner fills in."""
    with site.database.transaction(writing=False) as session:
        (programme,) = programmes.programmes_after(session, None, limit=1)
        return f"/commandes/nouvelle?dispositif={programme.id}&plie=30&senior=200"


def a_plan(site: Site) -> str:
    """The arithmetic of a need, with its two tables."""
    return a_planned_order(site).replace("nouvelle", "planifier")


def redeemed(site: Site) -> Redemption:
    """The latest pass that the mediator who signs in has taken."""
    with site.database.transaction(writing=False) as session:
        return session.scalars(
            select(Redemption)
            .join(Agent, Agent.organisation_id == Redemption.mediator_id)
            .where(Agent.email == EMAILS[Role.MEDIATOR])
            .order_by(Redemption.movement_id.desc())
            .limit(1)
        ).one()


def a_device(site: Site) -> str:
    """A device of the mediator who signs in, whose list is old."""
    with site.database.transaction(writing=False) as session:
        found = select(Device).where(Device.name == "Tablette des permanences")
        return f"/appareils/{session.scalars(found).one().id}"


def an_offer(site: Site) -> str:
    """A square that has just been made for another one."""
    with site.database.transaction() as session:
        agent = known_agent(session, EMAILS[Role.MEDIATOR])
        offer = offer_device(
            session,
            actor=actor_of(agent, by_token=False),
            offer_id=AN_OFFER,
            secret_key=secret_file(site.keys.folder.parent / "session.secret"),
            origin=FROM_SERVER,
            now=utc_now(),
        )
        return f"/appareils/ajout/{offer.id}"


AN_OFFER = new_id()


def session_of(site: Site) -> UUID:
    """The latest session that passes of that mediator paid for."""
    mediator_id = redeemed(site).mediator_id
    with site.database.transaction(writing=False) as session:
        return session.scalars(
            select(SessionRedemption.session_id)
            .join(Redemption, Redemption.id == SessionRedemption.redemption_id)
            .where(Redemption.mediator_id == mediator_id)
            .order_by(Redemption.movement_id.desc())
            .limit(1)
        ).one()


def waiting_sheet(site: Site) -> UUID:
    """The typed sheet that waits for its check."""
    with site.database.transaction(writing=False) as session:
        return session_queries.latest_sheets(session, Place(1))[0].id


def the_partner(name: str, form: str = "") -> Callable[[Site], str]:
    """The page of a partner of the demonstration, or one of its forms."""

    def path(site: Site) -> str:
        with site.database.transaction(writing=False) as session:
            (organisation,) = partners.organisations_by_name(session, name)
            return f"/partenaires/{organisation.id}{form}"

    return path


def the_awaited_account(form: str = "") -> Callable[[Site], str]:
    """The page where an account that waits is confirmed, or one of its forms."""

    def path(site: Site) -> str:
        with site.database.transaction(writing=False) as session:
            [account] = partners.bank_details_to_approve(session, limit=1)
            return f"/partenaires/{account.organisation_id}/compte/{account.id}{form}"

    return path


def the_agreement(form: str) -> Callable[[Site], str]:
    """A form of an agreement of the demonstration."""

    def path(site: Site) -> str:
        with site.database.transaction(writing=False) as session:
            (organisation,) = partners.organisations_by_name(session, "Exo 7")
            agreement = partners.agreements_of(session, organisation.id)[0]
            return f"/partenaires/{organisation.id}/convention/{agreement.id}{form}"

    return path


def the_cash_office(site: Site) -> str:
    """The early end of the régie of the library."""
    with site.database.transaction(writing=False) as session:
        (library,) = partners.organisations_by_name(session, "Médiathèque de démonstration")
        office = mediators.cash_offices_of(session, library.id)[0]
        return f"/partenaires/{library.id}/regie/{office.id}/fin"


def consignment_in(
    state: ConsignmentState, kind: ConsignmentKind | None = None, then: str = ""
) -> Callable[[Site], str]:
    """The latest consignment in that state, of that kind, and what follows its address."""

    def path(site: Site) -> str:
        with site.database.transaction(writing=False) as session:
            (row,) = custody.latest_consignments(session, Place(1), state=state, kind=kind)
            return f"/dotations/{row.id}{then}"

    return path


def the_application(site: Site) -> str:
    """The form that notes a step of the application that is under way."""
    address = the_partner("Association Cé Cédille")(site)
    with site.database.transaction(writing=False) as session:
        (application,) = mediators.applications_of(session, UUID(address.rpartition("/")[2]))
    return f"{address}/demande-de-label/{application.id}"


def the_print_batch(site: Site) -> tuple[str, str]:
    """The numbers of the order and of the batch of the booklets printed once more."""
    with site.database.transaction(writing=False) as session:
        batch = next(b for b in printing.latest_batches(session, Place(50)) if b.reason)
        order = orders.order(session, batch.order_id)
        assert order is not None
        return order.number, batch.number


def the_place(name: str, then: str = "") -> Callable[[Site], str]:
    """The page of a place, or what follows it."""

    def path(site: Site) -> str:
        with site.database.transaction(writing=False) as session:
            (found,) = partners.organisations_by_name(session, name)
            return f"/lieux/{found.id}{then}"

    return path


def the_places_file(site: Site) -> str:
    """The national file that the demonstration has read."""
    with site.database.transaction(writing=False) as session:
        (file,) = places.latest_files(session, limit=1)
        return f"/lieux/fichiers/{file.id}"


def the_public_cover(site: Site) -> str:
    """Where the square of the cover of the first booklet leads."""
    with site.database.transaction(writing=False) as session:
        booklet = known_booklet(session, BookletNumber("26A", 1))
        terms = known_vintage(session, booklet.vintage_id)
        return f"/C/{cover_of(booklet, terms, site.keys)}"


def request_in(state: RequestState) -> Callable[[Site], str]:
    """The latest request in that state."""

    def path(site: Site) -> str:
        with site.database.transaction(writing=False) as session:
            (row,) = custody.latest_requests(session, Place(1), state=state)
            return f"/demandes/{row.id}"

    return path


def handover_of_plie(site: Site) -> str:
    """A hand-over of the prescriber who looks."""
    with site.database.transaction(writing=False) as session:
        return f"/remises/{_prescription(session).id}"


def a_renewal(site: Site) -> str:
    """Another booklet for the person of that hand-over."""
    with site.database.transaction(writing=False) as session:
        return f"/mes-personnes/{_prescription(session).beneficiary_id}/renouveler"


def a_step(name: str = "", *, chosen: bool = True) -> Callable[[Site], str]:
    """A step of a hand-over under way, to a person of the prescriber who looks."""

    def path(site: Site) -> str:
        draft_id, now = new_id(), utc_now()
        with site.database.transaction() as session:
            agent = session.scalars(
                select(Agent).where(Agent.email == EMAILS[Role.PRESCRIBER])
            ).one()
            person = _prescription(session).beneficiary_id
            who = session.get_one(BeneficiaryIdentity, person)
            answers = {f"q{place}": [str(place % 3)] for place in range(7)}
            drafts.keep_draft(
                session,
                draft_id=draft_id,
                agent_id=agent.id,
                place="/remises/nouvelle",
                typed={
                    **({"personne": [str(person)]} if chosen else {}),
                    "surname": [who.surname],
                    "first_name": [who.first_name],
                    "birth_year": [str(who.birth_year)],
                    **answers,
                    "signature": ["paper"],
                    "declares": ["oui"],
                    "atteste": ["oui"],
                    "!booklet exception": ["Donnez la raison d’une exception."],
                },
                secret_key=site.app.config["SECRET_KEY"],
                now=now,
            )
        return f"/remises/nouvelle/{draft_id}{name}"

    return path


def somebody_else_typed(site: Site) -> str:
    """Another person, typed on the page of a hand-over under way."""
    first_id = UUID(a_step()(site).rpartition("/")[2])
    with site.database.transaction() as session:
        agent = session.scalars(select(Agent).where(Agent.email == EMAILS[Role.PRESCRIBER])).one()
        draft_id = new_id()
        drafts.keep_draft(
            session,
            draft_id=draft_id,
            agent_id=agent.id,
            place="/remises/nouvelle",
            typed={"surname": ["Wolof"], "first_name": ["Yamile"], "premiere": [str(first_id)]},
            secret_key=site.app.config["SECRET_KEY"],
            now=utc_now(),
        )
    return f"/remises/nouvelle/{draft_id}"


def _prescription(session: Session) -> Prescription:
    reader = select(Agent.organisation_id).where(Agent.email == EMAILS[Role.PRESCRIBER])
    query = select(Prescription).where(Prescription.prescriber_id == reader.scalar_subquery())
    query = query.order_by(Prescription.prescribed_at.desc()).limit(1)
    return session.scalars(query).one()


def the_statement(site: Site, state: StatementState) -> Standing:
    """The latest statement in that state; of drafts, one that nothing holds."""
    held = False if state is StatementState.DRAFT else None
    with site.database.transaction(writing=False) as session:
        return statements_listed(session, Place(1), asked=Filter(state=state, held=held))[0]


def a_statement(site: Site, state: StatementState, path: str = "") -> str:
    """The page of the latest statement in that state, or of an act on it."""
    return f"/bordereaux/{the_statement(site, state).id}{path}"


def clearing_of_today(site: Site) -> str:
    """What a run would take until this morning."""
    programme = the_programme(site).rpartition("/")[2]
    return f"/liquidations?dispositif={programme}&arrete={martinique_day(utc_now())}"


def going_on(site: Site) -> str:
    """Where passes are added to a session of today; of no session on a day without any."""
    return f"/encaisser?seance={session_of(site)}"


def verified_paper(site: Site) -> str:
    """What the code on a paper opens."""
    approval = the_statement(site, StatementState.PAID).approval
    assert approval is not None
    return f"/V/{approval.verification_code}"


def a_serial_file(site: Site) -> str:
    """The page of the file that came with a carton."""
    with site.database.transaction(writing=False) as session:
        (file,) = stock.serial_files_after(session, None, limit=1)
        order = orders.order(session, file.order_id)
        assert order is not None
        return f"/commandes/{order.number}/fichiers/{file.id}"


def a_count(site: Site, state: CountState, path: str = "") -> str:
    """The page of the latest count in that state, or of an act on it."""
    with site.database.transaction(writing=False) as session:
        (count,) = stock.latest_counts(session, Place(1), state=state)
        return f"/comptages/{count.id}{path}"


NOTHING = UUID(int=1)


def a_clawback(site: Site) -> str:
    """The page of the clawback that waits."""
    with site.database.transaction(writing=False) as session:
        one = corrections.latest_corrections(session, Place(1))[0]
    return f"/corrections/{one.id}"


def to_take_back(site: Site) -> str:
    """Where the same pass was prepared to be taken back."""
    with site.database.transaction(writing=False) as session:
        one = corrections.latest_corrections(session, Place(1))[0]
    return f"/encaissements/{one.clawback.redemption_id}/reprendre"


def a_dispute(site: Site) -> str:
    """The page of the dispute that waits."""
    with site.database.transaction(writing=False) as session:
        one = corrections.latest_disputes(session, Place(1))[0]
    return f"/litiges/{one.id}"


def a_mandate(site: Site) -> str:
    """Where a mandat of an order is cancelled."""
    with site.database.transaction(writing=False) as session:
        mandate, number = session.execute(
            select(OrderMandate.id, BookletOrder.number)
            .join(BookletOrder, BookletOrder.id == OrderMandate.order_id)
            .order_by(BookletOrder.number)
            .limit(1)
        ).one()
    return f"/commandes/{number}/mandats/{mandate}/annuler"


def a_signal(site: Site) -> str:
    """The form that decides the latest signal that waits."""
    with site.database.transaction(writing=False) as session:
        (signal,) = signals.latest_signals(session, Place(1), decided=False)
        return f"/signalements/{signal.id}"


ADDRESSES = (
    Address("chain", "/ou-sont-les-pass"),
    Address("chain-of-no-vintage", "/ou-sont-les-pass?millesime=99", status=422),
    Address("chain-on-no-day", "/ou-sont-les-pass?au=31/02/2026", status=422),
    Address("usage", "/taux-d-utilisation"),
    Address("usage-by-mediator", "/taux-d-utilisation?par=mediator&du=2026-01-01"),
    Address("usage-no-period", "/taux-d-utilisation?du=demain", status=422),
    Address("council", "/conseil"),
    Address("kit", "/kit-d-information"),
    Address("kit-read", "/kit-d-information", Role.MEDIATOR),
    *(Address(f"help-{name}", "/aide", role) for role, name in NAMES.items()),
    Address("help-of-others", "/aide/mediateur"),
    Address("accessibility", "/accessibilite"),
    Address("personal-data", "/donnees-personnelles"),
    Address("kit-public", "/pass-numerique"),
    Address("kit-public-near", "/pass-numerique?commune=Le+Lorrain"),
    Address("freeze", the_freeze),
    Address("freeze-read", the_freeze, Role.AUDITOR),
    Address("trust", "/confiance"),
    Address("trust-one", "/confiance?numero=1"),
    Address("trust-no-number", "/confiance?numero=douze", status=404),
    Address("orders", "/commandes"),
    Address("orders-none", "/commandes?etat=delivered"),
    Address("order-under-way", partial(an_order, state=OrderState.SENT)),
    Address("order-to-approve", partial(an_order, state=OrderState.PREPARED), Role.FINANCE),
    Address("order-approve", partial(an_order, path="/approuver"), Role.FINANCE),
    Address("order-cancel", partial(an_order, path="/annuler")),
    Address("order-delivery", partial(an_order, path="/livraison", state=OrderState.SENT)),
    Address("order-plan", "/commandes/planifier"),
    Address("order-planned", a_plan),
    Address("order-plan-of-nobody", "/commandes/planifier?dispositif=x", status=422),
    Address("order-new", a_planned_order),
    Address("search", "/pass"),
    Address("work", the_work, Role.FINANCE),
    Address("work-file", an_archive, Role.ACCOUNTANT),
    Address("work-refused", a_refused_file, Role.FINANCE),
    Address("works", "/travaux", Role.FINANCE),
    Address("movements", "/mouvements", Role.AUDITOR),
    Address("movements-empty", "/mouvements?nature=credit", Role.ACCOUNTANT),
    Address("evidence", "/pieces", Role.ACCOUNTANT),
    Address("today", "/aujourd-hui"),
    Address("today-finance", "/aujourd-hui", Role.FINANCE),
    Address("today-prescriber", "/aujourd-hui", Role.PRESCRIBER),
    Address("training", "/s-entrainer", Role.PRESCRIBER),
    Address("training-mediator", "/s-entrainer", Role.MEDIATOR),
    Address("voucher", "/pass/26A0000101"),
    Address("voucher-unknown", "/pass/26A9999901", status=404),
    Address("programmes", "/dispositifs"),
    Address("programme", the_programme),
    Address("programme-on-no-day", lambda site: f"{the_programme(site)}?le=31/02/2026", status=422),
    Address("settings", lambda site: f"{the_programme(site)}/reglages"),
    Address("settings-step", lambda site: f"{the_programme(site)}/reglages/fin"),
    Address("settings-review", "/dispositifs/nouveau/relire"),
    Address("settings-withdrawal", planned_settings),
    Address("setting-up", "/mise-en-route?dispositif=nouveau"),
    Address("registers", "/registres?du=2020-01-01"),
    Address("registers-of-nobody", "/registres?du=2020-01-01&au=2020-12-31"),
    Address("registers-of-no-day", "/registres?du=31/02/2026", status=422),
    Address("register", partial(a_register, path="/registres/{holder}/{vintage}?du=2020-01-01")),
    Address("account-of-use", partial(a_register, path="/compte-d-emploi/{vintage}")),
    Address("slip", partial(a_register, path="/bordereau-d-emploi/{holder}?du=2020-01-01")),
    Address("new-programme", "/dispositifs/nouveau"),
    Address("takeovers", "/reprise"),
    Address("takeover", the_takeover),
    Address("takeover-refusal", lambda site: f"{the_takeover(site)}/ecarter"),
    Address("blocks", "/oppositions"),
    Address("blocks-as-prescriber", "/oppositions", Role.PRESCRIBER),
    Address("block", the_loss("oppositions", 0)),
    Address("block-over", the_loss("oppositions", 1)),
    Address("new-block", "/oppositions/nouvelle"),
    Address("replacements", "/remplacements"),
    Address("new-replacement", "/remplacements/nouveau"),
    Address("new-replacement-as-prescriber", "/remplacements/nouveau", Role.PRESCRIBER),
    Address("write-offs", "/destructions"),
    Address("write-off", the_loss("destructions", 0), Role.FINANCE),
    Address("write-off-approved", the_loss("destructions", 1)),
    Address("new-write-off", "/destructions/nouvelle"),
    Address("write-off-abandon", lambda site: f"{the_loss('destructions', 0)(site)}/abandon"),
    Address("closings", "/cloture"),
    Address("closing", the_vintage),
    Address("new-vintage", lambda site: f"{the_programme(site)}/millesimes/nouveau"),
    Address("counter", "/mon-guichet", Role.MEDIATOR),
    Address("devices", "/appareils", Role.MEDIATOR),
    Address("devices-of-all", "/appareils?etat=liste-ancienne"),
    Address("device-new", "/appareils/nouveau", Role.MEDIATOR),
    Address("device", a_device, Role.MEDIATOR),
    Address("device-to-revoke", lambda site: f"{a_device(site)}/revoquer", Role.MEDIATOR),
    Address("device-offered", an_offer, Role.MEDIATOR),
    Address("device-arrives", "/appareil"),
    Address("own-account-and-label", "/ma-structure", Role.MEDIATOR),
    Address(
        "receipts",
        lambda site: f"/recus?mois={redeemed(site).redeemed_on:%Y-%m}",
        Role.MEDIATOR,
    ),
    Address("receipts-none", "/recus?mois=2020-01", Role.MEDIATOR),
    Address("take", "/encaisser", Role.MEDIATOR),
    Address("take-for-a-session", going_on, Role.MEDIATOR),
    Address("day", lambda site: f"/encaissements?jour={redeemed(site).redeemed_on}", Role.MEDIATOR),
    Address("day-of-all", lambda site: f"/encaissements?jour={redeemed(site).redeemed_on}"),
    Address("day-that-is-none", "/encaissements?jour=31/02/2026", status=422),
    Address("receipt", lambda site: f"/encaissements/{redeemed(site).id}", Role.MEDIATOR),
    Address("undo", lambda site: f"/encaissements/{redeemed(site).id}/annuler", Role.MEDIATOR),
    Address("sessions", "/seances", Role.MEDIATOR),
    Address(
        "new-session",
        lambda site: f"/seances/nouvelle?jour={redeemed(site).redeemed_on}",
        Role.MEDIATOR,
    ),
    Address("session", lambda site: f"/seances/{session_of(site)}", Role.MEDIATOR),
    Address("true-receipt", lambda site: f"/recu?r={redeemed(site).receipt}"),
    Address("false-receipt", "/recu?r=bonjour"),
    Address("sheets", "/saisies", Role.FINANCE),
    Address("new-sheet", "/saisies/nouvelle", Role.FINANCE),
    Address("sheet", lambda site: f"/saisies/{waiting_sheet(site)}", Role.FINANCE),
    Address("partners", "/partenaires"),
    Address("partners-filtered", "/partenaires?role=mediator&nom=nord"),
    Address("partners-none", "/partenaires?nom=personne"),
    Address("partners-to-renew", "/partenaires/a-renouveler"),
    Address("new-partner", "/partenaires/nouveau"),
    Address("partner", the_partner("Exo 7")),
    Address("partner-succeeded", the_partner("Cyber-base de démonstration")),
    Address("partner-public", the_partner("Médiathèque de démonstration")),
    Address("partner-applying", the_partner("Association Cé Cédille")),
    Address("partner-read-by-a-mediator", the_partner("Exo 7"), Role.MEDIATOR),
    Address("partner-read-by-a-prescriber", the_partner("CARECOF"), Role.PRESCRIBER),
    Address("partner-address", the_partner("Exo 7", "/adresse")),
    Address("partner-siret", the_partner("Exo 7", "/siret")),
    Address("partner-contact", the_partner("Exo 7", "/contact")),
    Address("partner-profile", the_partner("Exo 7", "/fiche"), Role.MEDIATOR),
    Address("partner-agreement", the_partner("Exo 7", "/convention")),
    Address("partner-agreement-end", the_agreement("/fin")),
    Address("partner-agreement-paper", the_agreement("/document")),
    Address("partner-cash-office-end", the_cash_office),
    Address("partner-without-right", the_partner("Ville prescriptrice (démonstration)")),
    Address("partner-application", the_partner("CARECOF", "/demande-de-label")),
    Address("partner-progress", the_application),
    Address("partner-label", the_partner("Exo 7", "/label")),
    Address("partner-cash-office", the_partner("Médiathèque de démonstration", "/regie")),
    Address("partner-capacity", the_partner("Exo 7", "/disponibilite")),
    Address("partner-bank-details", the_partner("Exo 7", "/compte")),
    Address("partner-accounts", the_partner("Médiateur de démonstration 2"), Role.FINANCE),
    Address("account-confirm", the_awaited_account(), Role.FINANCE),
    Address("account-refuse", the_awaited_account("/refuser"), Role.FINANCE),
    Address("account-withdraw", the_awaited_account("/refuser")),
    Address("partner-succession", the_partner("Exo 7", "/reprise")),
    Address("consignments", "/dotations"),
    Address("consignments-short", "/dotations?etat=avec-manque"),
    Address("consignments-own", "/dotations", Role.PRESCRIBER),
    Address("consignment", consignment_in(ConsignmentState.RECEIVED)),
    Address("consignment-short", consignment_in(ConsignmentState.RECEIVED_SHORT)),
    Address("consignment-on-the-way", consignment_in(ConsignmentState.IN_TRANSIT)),
    Address("consignment-cancelled", consignment_in(ConsignmentState.CANCELLED)),
    Address("allocate", "/dotations/nouvelle"),
    Address("give-back", "/dotations/retour", Role.PRESCRIBER),
    Address("transfer", "/dotations/transfert"),
    Address(
        "receive",
        consignment_in(ConsignmentState.IN_TRANSIT, ConsignmentKind.RETURN, "/reception"),
    ),
    Address(
        "cancel",
        consignment_in(ConsignmentState.IN_TRANSIT, ConsignmentKind.TRANSFER, "/annulation"),
    ),
    Address("settle", consignment_in(ConsignmentState.RECEIVED_SHORT, then="/manquants")),
    Address(
        "cancel-return",
        consignment_in(ConsignmentState.IN_TRANSIT, ConsignmentKind.RETURN, "/annulation"),
    ),
    Address("stock", "/stock"),
    Address("stock-filtered-by-nonsense", "/stock?chez=nulle-part"),
    Address("recalls", "/a-faire-rentrer"),
    Address("recalls-own", "/a-faire-rentrer", Role.PRESCRIBER),
    Address("stock-own", "/stock", Role.PRESCRIBER),
    Address("counts", "/comptages"),
    Address("counts-to-sign", "/comptages?etat=closed"),
    Address("counts-own", "/comptages", Role.PRESCRIBER),
    Address("new-count", "/comptages/nouveau"),
    Address("count-going-on", partial(a_count, state=CountState.OPEN), Role.PRESCRIBER),
    Address("count-close", partial(a_count, state=CountState.OPEN, path="/fermer")),
    Address("count-abandon", partial(a_count, state=CountState.OPEN, path="/abandon")),
    Address("count-to-sign", partial(a_count, state=CountState.CLOSED)),
    Address("count-signed", partial(a_count, state=CountState.SIGNED), Role.FINANCE),
    Address("signals", "/signalements"),
    Address("signals-decided", "/signalements?etat=decides"),
    Address("signal-decide", a_signal),
    Address("serial-files", lambda site: a_serial_file(site).rpartition("/")[0]),
    Address("serial-file", a_serial_file),
    Address("serial-file-one-reason", lambda site: f"{a_serial_file(site)}?raison=incomplete"),
    Address("requests", "/demandes"),
    Address("request", request_in(RequestState.PENDING)),
    Address("request-granted", request_in(RequestState.ALLOCATED)),
    Address("request-declined", request_in(RequestState.DECLINED)),
    Address("new-request", "/demandes/nouvelle", Role.PRESCRIBER),
    Address("printing", "/impression"),
    Address(
        "printing-of-an-order", lambda site: f"/impression?commande={the_print_batch(site)[0]}"
    ),
    Address("printing-of-no-order", "/impression?commande=BC-2020-0001"),
    Address("new-printing", lambda site: f"/impression/nouvelle/{the_print_batch(site)[0]}"),
    Address("print-batch", lambda site: f"/impression/{the_print_batch(site)[1]}"),
    Address("public-pass", lambda site: f"/P/{site.pass_in_hand()[1]}"),
    Address("public-cover", the_public_cover),
    Address(
        "public-english",
        lambda site: f"/P/{site.pass_in_hand()[1]}?commune=Le+Lorrain&langue=en",
    ),
    Address("places", "/lieux?commune=97214&service=safe_use"),
    Address("places-read", "/lieux", role=Role.PRESCRIBER),
    Address("place", the_place("Médiateur de démonstration 1")),
    Address("place-incomplete", the_place("Médiathèque de démonstration")),
    Address("place-complete", the_place("Médiathèque de démonstration", "/completer")),
    Address("place-files", "/lieux/fichiers"),
    Address("place-file", the_places_file),
    Address("public-unknown", "/P/0000000000000000", status=404),
    Address("handovers", "/remises", role=Role.PRESCRIBER),
    Address("handovers-of-all", "/remises?a-part=exception"),
    Address("people", "/mes-personnes", role=Role.PRESCRIBER),
    Address("people-to-lose", "/mes-personnes?qui=a-perdre", role=Role.PRESCRIBER),
    Address("people-on-paper", "/mes-personnes/feuille", role=Role.PRESCRIBER),
    Address("renewal", a_renewal, role=Role.PRESCRIBER),
    Address(
        "person-to-correct",
        lambda site: a_renewal(site).replace("/renouveler", "/corriger"),
        role=Role.PRESCRIBER,
    ),
    Address(
        "letter-to-send",
        lambda site: f"{handover_of_plie(site)}/envoyer",
        role=Role.PRESCRIBER,
    ),
    Address("handover-person", "/remises/nouvelle", role=Role.PRESCRIBER),
    Address("handover-person-alike", a_step(chosen=False), role=Role.PRESCRIBER),
    Address("handover-person-chosen", a_step(), role=Role.PRESCRIBER),
    Address("handover-person-another", somebody_else_typed, role=Role.PRESCRIBER),
    Address("handover-need", a_step("/besoin"), role=Role.PRESCRIBER),
    Address("handover-booklet", a_step("/carnet"), role=Role.PRESCRIBER),
    Address("handover", handover_of_plie, role=Role.PRESCRIBER),
    Address("handover-undo", lambda site: f"{handover_of_plie(site)}/annuler"),
    Address("corrections", "/corrections"),
    Address("corrections-own", "/corrections", role=Role.MEDIATOR),
    Address("debit-notes", "/corrections/titres"),
    Address("clawback", a_clawback),
    Address("clawback-new", to_take_back),
    Address("disputes", "/litiges"),
    Address("disputes-own", "/litiges", role=Role.MEDIATOR),
    Address("dispute", a_dispute),
    Address("dispute-new", f"/litiges/nouveau/{NOTHING}", role=Role.MEDIATOR),
    Address("order-mandate-cancel", a_mandate, role=Role.FINANCE),
    Address("statements", "/bordereaux"),
    Address("statements-held", "/bordereaux?etat=retained"),
    Address("statements-own", "/bordereaux", role=Role.MEDIATOR),
    Address("statement-draft", lambda site: a_statement(site, StatementState.DRAFT)),
    Address("statement-sent-back", lambda site: a_statement(site, StatementState.REJECTED)),
    Address(
        "statement-approve", lambda site: a_statement(site, StatementState.DRAFT, "/approuver")
    ),
    Address(
        "statement-withdraw",
        lambda site: a_statement(site, StatementState.DRAFT, "/retirer"),
        role=Role.FINANCE,
    ),
    Address(
        "statement-order",
        lambda site: a_statement(site, StatementState.REJECTED, "/mandater"),
        role=Role.FINANCE,
    ),
    Address(
        "statement-pay",
        lambda site: a_statement(site, StatementState.ORDERED, "/payer"),
        role=Role.ACCOUNTANT,
    ),
    Address(
        "statement-reject",
        lambda site: a_statement(site, StatementState.ORDERED, "/rejeter"),
        role=Role.ACCOUNTANT,
    ),
    Address("clearing-preview", "/liquidations", role=Role.FINANCE),
    Address("clearing-expected", clearing_of_today, role=Role.FINANCE),
    Address("statement-paper", verified_paper),
    Address("statement-paper-unknown", "/V/0000", status=404),
    Address("accounts", "/comptes", role=Role.ADMINISTRATOR),
    Address("accounts-at-home", "/comptes", role=Role.PRESCRIBER),
    Address("account-invite", "/comptes/inviter", role=Role.ADMINISTRATOR),
    Address("account-invite-at-home", "/comptes/inviter", role=Role.PRESCRIBER),
    Address("account-invited", an_account("jacqueline"), role=Role.ADMINISTRATOR),
    Address("account-close", an_account("jacqueline", "/fermer"), role=Role.ADMINISTRATOR),
    Address("account-role", an_account("jacqueline", "/role"), role=Role.ADMINISTRATOR),
    Address("account-mine", "/mon-compte", role=Role.MEDIATOR),
    Address("account-password", "/mon-compte/mot-de-passe", role=Role.MEDIATOR),
    Address("account-journal", "/journal-des-comptes", role=Role.AUDITOR),
    Address("account-journal-empty", "/journal-des-comptes?quoi=closed", role=Role.AUDITOR),
    Address("mails", "/courriels", role=Role.ADMINISTRATOR),
    Address("mail-kept", a_letter, role=Role.ADMINISTRATOR),
    Address("password-forgotten", "/mot-de-passe-oublie"),
    Address("password-asked", "/mot-de-passe-oublie/demande"),
    Address("invitation", an_invitation),
    Address("invitation-over", "/invitation/nothing", status=404),
    Address("second-factors", "/mon-compte/second-facteur", role=Role.FINANCE),
    Address("application", "/mon-compte/second-facteur/application", role=Role.FINANCE),
    Address("application-out", "/mon-compte/second-facteur/application/retirer", role=Role.FINANCE),
    Address("passkey", "/mon-compte/second-facteur/cle", role=Role.FINANCE),
    Address("connections", "/mon-compte/connexions", role=Role.MEDIATOR),
    Address("account-security", the_security, role=Role.ADMINISTRATOR),
    Address("nowhere", "/nulle-part", status=404),
)


@dataclass
class Walk:
    """What was seen on a walk through all addresses, without a browser."""

    pages: dict[Address, Element]
    templates: set[str | None]
    weights: dict[Address, int]
    """Bytes of each page as it travels, compressed."""

    @classmethod
    def through(cls, site: Site) -> Self:
        """Open every address as its reader."""
        walk = cls({}, set(), {})
        clients = {role: client_of(site, role) for role in Role}

        def note(_app: object, template: Template, **_more: object) -> None:
            walk.templates.add(template.name)

        with template_rendered.connected_to(note, site.app):
            for address in ADDRESSES:
                answer = clients[address.role].get(address.on(site))
                assert answer.status_code == address.status, address
                walk.pages[address] = markup.read(answer.text)
                walk.weights[address] = len(gzip.compress(answer.data, mtime=0))
        return walk


def client_of(site: Site, role: Role) -> FlaskClient:
    """A client without a browser, signed in as a person of that role."""
    client = site.app.test_client()
    form = markup.read(client.get("/connexion").text)
    token = next(
        field.attributes["value"]
        for field in form.all("input")
        if field.attributes.get("name") == "csrf_token"
    )
    typed = {"email": EMAILS[role], "password": PASSWORD, "csrf_token": token}
    client.post("/connexion", data=typed)
    return client
