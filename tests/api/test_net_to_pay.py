"""« Net à payer » has one value, wherever it is told: less what passes taken back hold back."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.clearing import cli, runs, standing_queries
from app.clearing.models import StatementApproval
from app.clearing.outlook import outlook_of
from app.clearing.rules import StatementState
from app.clearing.standing_queries import Filter
from app.database.connections import Database
from app.database.lists import Place
from app.desk import money, rules
from app.desk.queries import Day
from app.kernel.clock import martinique_day
from app.kernel.money import Cents
from app.ledger import AccountKind, balances
from tests.api.conftest import DIALECTS
from tests.api.house import House
from tests.beginnings import begin
from tests.databases import Databases
from tests.factories import Scheme


class Counters:
    """What mediators take of two booklets, what they are paid, and what is taken back of it."""

    def __init__(self, database: Database, scheme: Scheme) -> None:
        self.database, self.scheme = database, scheme
        with database.transaction(writing=False) as session:
            self.codes = [code for n in (1, 2) for code in scheme.codes(session, n)]

    def take(self, **counts: int) -> dict[str, list[UUID]]:
        """So many passes at each."""
        with self.database.transaction() as session:
            return {
                at: [
                    self.scheme.redeem(session, self.codes.pop(0), at=at).accepted().id
                    for _ in range(count)
                ]
                for at, count in counts.items()
            }

    def drafts(self, *names: str) -> list[UUID]:
        """The statements of what these have taken."""
        run_id = self.scheme.clearing(self.database)
        with self.database.transaction(writing=False) as session:
            return [self.scheme.draft(session, run_id, name).id for name in names]

    def pay(self, *statement_ids: UUID) -> None:
        """Approved, ordered, paid: unless nothing is to be paid."""
        with self.database.transaction() as session:
            for statement_id in statement_ids:
                [one] = standing_queries.standings(session, [statement_id]).values()
                self.scheme.approved(session, one.statement)
                if one.payable_cents:
                    self.scheme.paid(session, self.scheme.ordered(session, one.id))

    def take_back(self, redemption_ids: list[UUID]) -> None:
        """Two people say that these should not have been paid."""
        with self.database.transaction() as session:
            for redemption_id in redemption_ids:
                self.scheme.taken_back(session, redemption_id)


def owing(database: Database, folder: Path) -> Scheme:
    """Exo 7 was paid five passes, of which two are taken back; CARECOF three, and all three."""
    with database.transaction() as session:
        scheme = Scheme.ready(session, folder)
        scheme.mediator(session, "nobank", bank_details=False)
        for number in (1, 2):
            scheme.issued_booklet(session, number)
    counters = Counters(database, scheme)
    taken = counters.take(exo7=5, carecof=3)
    counters.pay(*counters.drafts("exo7", "carecof"))
    counters.take_back([*taken["exo7"][:2], *taken["carecof"]])
    return scheme


@pytest.fixture(params=DIALECTS)
def house(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[House]:
    url, scheme = begin(databases, request.param, tmp_path, owing)
    database = Database(url)
    made = House.on(database, tmp_path, scheme)
    # What a scheme clears is dated two days from now.
    made.clock.days = 2
    yield made
    database.close()
    databases.drop(url)


@pytest.fixture
def counters(house: House) -> Counters:
    made = Counters(house.database, house.scheme)
    del made.codes[:8]
    return made


def page(house: House, name: str, path: str) -> str:
    """The words of a page."""
    answer = house.signed_in(name).client.get(path)
    assert answer.status_code == 200, answer.text
    text = unescape(re.sub(r"<[^>]+>", " ", answer.text))
    return re.sub(r"\s+", " ", text.replace("\u202f", " "))


def rows(house: House, name: str, path: str) -> list[str]:
    """What the lines of a list of statements say to be paid, and then its foot."""
    answer = house.signed_in(name).client.get(path)
    cells = re.findall(r'<td[^>]*data-l="Net à payer">([^<]*)</td>', unescape(answer.text))
    return [" ".join(cell.split()) for cell in cells]


def asked(
    counters: Counters, who: str, source: Callable[..., list[rules.Task]]
) -> list[tuple[str, Cents | None]]:
    """What « Aujourd’hui » says that somebody is to do, and for how much."""
    actor = counters.scheme.actors[who]
    with counters.database.transaction(writing=False) as session:
        found = source(session, actor, Day(session, martinique_day(counters.scheme.later)))
    return [(task.title, task.amount_cents) for task in found]


def test_every_place_tells_the_same_net_to_pay(
    house: House, counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme, database = house.scheme, house.database
    counters.take(exo7=4, carecof=2, nobank=1)
    told = {"EXO7": 2000, "CARECOF": 0, "NOBANK": 1000}

    with database.transaction(writing=False) as session:
        expected = runs.preview_clearing(
            session,
            actor=scheme.actors["finance"],
            programme_id=scheme.programme_id,
            cut_off_on=martinique_day(scheme.later),
            now=scheme.later,
        )
    run_id = scheme.clearing(database)

    assert {one.mediator_name: one.payable_cents for one in expected} == told
    with database.transaction(writing=False) as session:
        ids = {name: scheme.draft(session, run_id, name.lower()).id for name in told}
        drafts = standing_queries.standings(session, ids.values())
        typed = {
            one["mediator"]: one["payable_cents"]
            for one in cli.summaries(session, [*drafts.values()])
        }
        listed = standing_queries.statements_listed(
            session, Place(10, by="net", descending=True), asked=Filter(run_id=run_id)
        )
        next_page = standing_queries.statements_listed(
            session,
            Place(10, by="net", descending=True, after=listed[1].id),
            asked=Filter(run_id=run_id),
        )
    assert typed == told
    assert [one.payable_cents for one in listed] == [2000, 1000, 0]
    assert [one.id for one in next_page] == [ids["CARECOF"]]
    run = house.by_token("finance").get(f"/clearing-runs/{run_id}").read()
    assert sorted(one["payable_cents"] for one in run["statements"]) == [0, 1000, 2000]
    for name, cents in told.items():
        assert f"Net à payer {cents // 100} €" in page(
            house, "finance2", f"/bordereaux/{ids[name]}"
        )

    # The lists, their feet and their files; what is retained is apart.
    assert rows(house, "finance2", "/bordereaux?tri=-net&etat=draft") == [
        "20 €",
        "0 €",
        "20 €",
    ]
    assert rows(house, "finance2", "/bordereaux?etat=retained") == ["10 €"] * 2
    words = page(house, "finance2", "/bordereaux")
    assert "reste à payer 30 € 7 pass, 3 bordereaux" in words
    assert "déjà payé 80 € 8 pass, 2 bordereaux, dont 50 € à rendre" in words
    assert "20 € de pass repris déduits" in words
    file = house.signed_in("finance2").client.get("/bordereaux.csv?etat=draft&tri=net")
    assert re.findall(r";(\d+,00);À approuver", file.text) == ["0,00", "20,00"]
    mine = page(house, "exo7", "/bordereaux")
    assert "sur un bordereau à payer 20 €" in mine
    assert "Vous serez payé 20 € au plus tard" in mine
    assert "Vous serez payé 20 € au plus tard" in page(house, "exo7", "/mon-guichet")

    # « Aujourd’hui », one by one and all in one line.
    waiting = asked(counters, "finance2", money.statements_unpaid)
    assert {name: cents for title, cents in waiting for name in told if name in title} == told
    monkeypatch.setattr(money, "told", partial(rules.told, few=1))
    assert asked(counters, "finance2", money.statements_unpaid)[0] == (
        "Approuver 2 bordereaux",
        2000,
    )


def test_a_sum_takes_off_once_what_two_drafts_could_recover(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme, exo7 = counters.scheme, counters.scheme.organisations["exo7"]
    counters.take(exo7=1)
    [first] = counters.drafts("exo7")
    counters.take(exo7=4)
    [later] = counters.drafts("exo7")
    monkeypatch.setattr(money, "told", partial(rules.told, few=1))

    with counters.database.transaction(writing=False) as session:
        alone = [
            one.payable_cents
            for one in standing_queries.standings(session, [first, later]).values()
        ]
        together = standing_queries.sums_by_state(session, asked=Filter(mediator_id=exo7))
        to_pay = outlook_of(session, exo7, today=martinique_day(scheme.later)).to_pay_cents
    waiting = asked(counters, "finance2", money.statements_unpaid)
    counters.pay(first, later)

    assert sorted(alone) == [0, 2000]
    with counters.database.transaction(writing=False) as session:
        approvals = session.scalars(
            select(StatementApproval.payable_cents).where(
                StatementApproval.statement_id.in_([first, later])
            )
        )
        paid = sum(approvals)
    assert paid == 3000
    assert together[StatementState.DRAFT].net_cents == to_pay == paid
    assert waiting == [("Approuver 2 bordereaux", paid)]


def test_what_was_compensated_is_told_apart_from_what_was_paid(
    house: House, counters: Counters
) -> None:
    counters.take(exo7=4, carecof=2)
    counters.pay(*counters.drafts("exo7", "carecof"))

    # Of Exo 7 two of four were held back: fifty euros were paid first, then twenty.
    stages = "Payé Sur votre compte. 7 70 € Compensés par des pass repris"
    assert stages in page(house, "exo7", "/mon-guichet")
    mine = page(house, "carecof", "/mon-guichet")
    assert "Payé Sur votre compte. 3 30 €" in mine
    assert re.search(r"Compensés par des pass repris [^€]* 2 20 €", mine)
    listed = page(house, "carecof", "/bordereaux")
    assert "déjà payé 30 € 3 pass" in listed
    assert "et 20 € compensés par des pass repris, jamais versés" in listed
    day = house.scheme.today.isoformat()
    assert "dont 0 payé et 2 compensés" in page(house, "carecof", f"/encaissements?jour={day}")
    totals = house.by_token("carecof").get("/redemption-days", day=day).read()
    [own] = totals["mediators"]
    assert {one["state"]: one["voucher_count"] for one in own["states"]} == {
        "offset": 2,
        "taken_back": 3,
    }
    for name, taken_back in (("exo7", 2), ("carecof", 3)):
        with house.database.transaction(writing=False) as session:
            held = balances(session)
            kinds = AccountKind.REDEEMED, AccountKind.CLAIMED, AccountKind.SETTLED
            identity = house.scheme.organisations[name]
            look = outlook_of(session, identity, today=martinique_day(house.scheme.later))
        kept = sum(
            there.voucher_count
            for account, there in held.items()
            if account.kind in kinds and account.party_id == identity
        )
        assert look.voucher_count == kept + taken_back
