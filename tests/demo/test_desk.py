"""What waits for each person of the demonstration, and what the search of the top bar opens."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clearing import correction_queries as corrections
from app.clearing import session_queries
from app.clearing.models import StatementApproval
from app.clearing.rules import ClawbackState, SheetState
from app.config import Settings
from app.database.lists import Place
from app.desk import booklets, money, scheme, search
from app.desk.rules import FEW, Task, Waiting, in_order, told
from app.desk.service import waiting
from app.factory import create_app
from app.identity.models import Agent
from app.identity.rules import Actor
from app.identity.service import actor_of
from app.kernel.clock import LAST_DAY, martinique_day
from app.losses.models import Block
from app.orders import queries as orders
from app.orders.models import BookletOrder, Delivery
from app.orders.rules import OrderState
from app.partners.models import Organisation
from app.prescribers.custody_models import Consignment
from app.prescribers.models import BeneficiaryIdentity, Prescription
from app.programmes import numbering
from app.programmes.keys import KeyStore
from app.programmes.models import VintageTerms
from app.reports.service import Found
from app.signals import queries as signals
from app.stock.counts import may_sign_for
from app.stock.models import CountClosing, SerialFile, StockCount
from app.vouchers import queries as vouchers
from app.vouchers import service
from tests.demo.conftest import NOW, Loaded

TODAY = martinique_day(NOW)


@pytest.fixture
def session(loaded: Loaded) -> Iterator[Session]:
    with loaded.database.session(writing=False) as session:
        yield session


def actor(session: Session, name: str) -> Actor:
    agent = session.scalars(select(Agent).where(Agent.email == f"{name}@exemple.fr")).one()
    return actor_of(agent, by_token=False)


def titles(session: Session, name: str) -> set[str]:
    return {task.title for task in waiting(session, actor=actor(session, name), today=TODAY)}


def test_an_order_waits_for_another_than_who_prepared_it(session: Session) -> None:
    told_now = titles(session, "coordination")
    [order] = [
        one
        for one in session.scalars(select(BookletOrder))
        if f"Approuver la commande {one.number}" in told_now
    ]
    preparer = session.get_one(Agent, order.prepared_by)

    assert preparer.email != "coordination@exemple.fr"
    assert f"Approuver la commande {order.number}" not in titles(
        session, preparer.email.partition("@")[0]
    )


def test_what_arrived_and_what_is_late_are_what_the_progress_of_each_order_says(
    session: Session,
) -> None:
    everything = Place(100)
    all_of_them = orders.orders_listed(session, everything, state=None, programme_id=None)
    progress = orders.progress(session, [one.id for one in all_of_them])
    vintages = {one.vintage_id for one in all_of_them}

    inert = orders.orders_inert(session, everything, of_vintages=vintages)
    late = orders.orders_overdue(session, everything, before=LAST_DAY)

    assert inert
    assert late
    assert inert == [
        one
        for one in all_of_them
        if progress[one.id].delivered_count > progress[one.id].activated_count
    ]
    assert late == [one for one in all_of_them if progress[one.id].state is OrderState.SENT]
    assert not orders.orders_inert(session, everything, of_vintages=())
    assert orders.orders_overdue(session, everything, before=TODAY) == [
        one for one in late if one.expected_on and one.expected_on < TODAY
    ]
    assert {
        order_id: (came.delivered_count, came.activated_count)
        for order_id, came in orders.arrived(session, progress).items()
    } == {
        order_id: (come.delivered_count, come.activated_count)
        for order_id, come in progress.items()
    }


def test_each_role_is_told_of_what_it_may_do_and_no_more(session: Session) -> None:
    assert any("Mandater" in title for title in titles(session, "finances"))
    assert not any("Mandater" in title for title in titles(session, "coordination"))
    assert any("paiement" in title for title in titles(session, "comptable"))
    assert any("Appeler" in title for title in titles(session, "prescripteur"))
    assert titles(session, "controle") == set()


def test_what_waits_alone_is_one_click_from_its_act(session: Session) -> None:
    sheets = session_queries.latest_sheets(session, Place(9), state=SheetState.WAITING)
    disputes = corrections.latest_disputes(session, Place(9), decided=False)
    clawbacks = corrections.latest_corrections(session, Place(9), state=ClawbackState.WAITING)
    suspected = signals.signals_after(session, None, limit=9, decided=False)
    waits = {
        "sheet_pages.sheet": [one.id for one in sheets],
        "dispute_pages.shown": [one.id for one in disputes],
        "correction_pages.shown": [one.id for one in clawbacks],
        "signal_pages.shown": [one.id for one in suspected],
    }
    told_now = {
        task.endpoint: task
        for name in ("coordination", "coordination2", "finances", "comptable")
        for task in waiting(session, actor=actor(session, name), today=TODAY)
    }

    for page, found in waits.items():
        if len(found) == 1:
            assert list(told_now[page].values.values()) == found
        else:
            assert page not in told_now


def test_things_told_together_lead_to_a_list_of_those_alone(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: dict[str, Task] = {}

    def together(
        found: Waiting[object], one: Callable[[object], Task], line: Task, *_: object, **__: int
    ) -> list[Task]:
        lines[line.title] = line
        return told(found, one, line)

    for module in (booklets, money, scheme):
        monkeypatch.setattr(module, "told", together)
    for name in ("coordination", "finances", "prescripteur"):
        waiting(session, actor=actor(session, name), today=TODAY)

    assert "Répondre à {count} demandes de carnets" in lines
    assert [one.title for one in lines.values() if not one.values] == [
        "Confirmer {count} comptes bancaires"
    ], "for which there is no such list: each has a line of its own"


def test_what_is_due_comes_first_and_many_of_a_kind_are_one_line() -> None:
    def task(title: str, due_on: date | None = None) -> Task:
        return Task(title=title, about="", action="", endpoint="", count=1, unit="", due_on=due_on)

    due = task("due", TODAY)
    several = told(Waiting((1,) * (FEW + 1)), lambda _: task("one"), task("{count}"))
    few = told(Waiting((1,) * FEW), lambda _: task("one"), task("together"))
    (unknown,) = told(Waiting((1,), more=True), lambda _: task("one"), task("{count}"))

    assert [one.title for one in in_order([*several, due])] == ["due", str(FEW + 1)]
    assert [one.title for one in few] == ["one"] * FEW
    assert unknown.title == "au moins 1"
    assert due.is_near(TODAY)


def test_a_document_opens_by_its_number_as_people_write_it(
    loaded: Loaded, session: Session
) -> None:
    staff = actor(session, "finances")
    pages = create_app(
        Settings.from_environment({"PASSNUM_DATA_DIR": str(loaded.folder)}), loaded.database
    )
    approval = session.scalars(select(StatementApproval)).first()
    assert approval is not None
    numbers = [
        *(
            session.scalars(select(model.number)).first()
            for model in (BookletOrder, Delivery, SerialFile, Consignment, StockCount, Block)
        ),
        numbering.written(numbering.STATEMENT, approval.year, approval.number),
    ]

    for number in numbers:
        assert number is not None
        page = search.page_of_document(session, actor=staff, typed=number)
        written = number.lower().replace("-", " ").replace(" 0", " ")
        assert page is not None
        with pages.test_request_context():
            assert url_for(page.endpoint, **page.values)
        assert search.page_of_document(session, actor=staff, typed=f" {written} ") == page

    assert search.page_of_document(session, actor=staff, typed="BC-2019-0001") is None
    assert search.page_of_document(session, actor=staff, typed="26A 00001 01") is None


def test_another_prescribers_documents_look_like_none(session: Session) -> None:
    agent = actor(session, "prescripteur")
    foreign = session.scalars(
        select(Prescription).where(Prescription.prescriber_id != agent.organisation_id)
    ).first()
    assert foreign is not None

    assert search.page_of_document(session, actor=agent, typed=foreign.number) is None


def test_a_name_finds_ones_own_people_and_the_partners_one_may_see(session: Session) -> None:
    agent, staff = actor(session, "prescripteur"), actor(session, "coordination")
    own = session.scalars(
        select(BeneficiaryIdentity)
        .join(Prescription, Prescription.beneficiary_id == BeneficiaryIdentity.beneficiary_id)
        .where(Prescription.prescriber_id == agent.organisation_id)
    ).first()
    assert own is not None
    typed = f"{own.surname[:5]} {own.first_name}"
    partner = session.scalars(select(Organisation).where(Organisation.name == "Exo 7")).one()

    mine = search.matches_of_name(session, actor=agent, typed=typed, now=NOW)
    theirs = search.matches_of_name(session, actor=staff, typed=typed, now=NOW)
    places = [
        search.matches_of_name(session, actor=anybody, typed="exo 7", now=NOW)
        for anybody in (staff, agent, actor(session, "carecof"))
    ]

    assert f"{own.first_name} {own.surname}" in {match.name for match in mine}
    assert not any(match.endpoint == "handover_pages.shown" for match in theirs)
    assert [[match.name for match in place] for place in places] == [[partner.name]] * 3
    assert search.may_be_a_name("exo 7")
    assert not any(map(search.may_be_a_name, ("26A 00442", "KD0F C8ZB C3VX 02NQ")))


def test_a_cover_opens_its_booklet_and_the_code_of_a_pass_that_pass(
    loaded: Loaded, session: Session
) -> None:
    staff, keys = actor(session, "coordination"), KeyStore(loaded.folder / "keys")
    (booklet,) = vouchers.booklets_after(session, 0, limit=1)
    terms = session.get_one(VintageTerms, booklet.vintage_id)
    serial, code = next(service.codes_of(booklet, terms, keys))

    passes = search.passes_found(
        session, actor=staff, typed=service.cover_of(booklet, terms, keys), now=NOW
    )
    one = search.passes_found(session, actor=staff, typed=code, now=NOW)

    assert isinstance(passes, Found)
    assert passes.lines[0].serial == serial == one
    assert len(passes.lines) == booklet.size


def test_what_cannot_be_found_is_told_apart(session: Session) -> None:
    staff = actor(session, "coordination")

    assert search.page_of_document(session, actor=staff, typed="BC-2026-9999") is None
    assert "BC-2026-9999" in (search.why_nothing("bc20269999") or "")
    assert "nom" in (search.why_nothing("Nadège Démonstration") or "")
    assert search.why_nothing("") is not None
    assert search.why_nothing("26A 00001 01 04") is None


def test_nobody_is_sent_to_sign_what_only_its_holder_may(session: Session) -> None:
    for name in ("coordination", "coordination2", "comptable"):
        for task in waiting(session, actor=actor(session, name), today=TODAY):
            if task.endpoint == "count_pages.shown" and task.title.startswith("Signer"):
                count = session.get_one(StockCount, task.values["count_id"])
                closing = session.get_one(CountClosing, count.id)
                assert may_sign_for(
                    session, actor(session, name), count.holder_id, closing.closed_by
                )
