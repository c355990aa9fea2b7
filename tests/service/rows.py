"""A new row for any table of the domain, valid as it stands, written past the services.

Tests of the database's own promises bend it by one thing. `Rows.fresh(table)` copies a row that
the services wrote and gives it what must be new; where the row needs others, they come first.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Table, Text, func, insert, select
from sqlalchemy.orm import Session

from app.database import Model
from app.kernel.ids import new_id
from app.ledger import add_vintage
from app.ledger.models import Snapshot
from tests.service.chain import Chain

Row = dict[str, Any]


class Rows:
    """Rows of a chain that has lived, and new ones like them."""

    def __init__(self, session: Session, chain: Chain) -> None:
        self.session, self.chain, self.ids = session, chain, chain.ids

    def any(self, name: str, **where: object) -> Row:
        """A row that is there: the first that says so, else the usual one of its table."""
        table = table_named(name)
        if not where and name in USUAL:
            where = USUAL[name](self)
        query = select(table).where(*(table.c[column] == value for column, value in where.items()))
        query = query.order_by(*table.primary_key).limit(1)
        return dict(self.session.execute(query).mappings().one())

    def add(self, name: str, row: Row) -> None:
        """Write a row down, as the application would."""
        self.session.execute(insert(table_named(name)).values(row))

    def copy(self, name: str, like: Row | None = None, **changes: object) -> Row:
        """A row like one that is there, with an id, a number and the like of its own."""
        table, row = table_named(name), like or self.any(name)
        if "id" in row:
            if isinstance(table.c.id.type, Integer):
                del row["id"]
            else:
                row["id"] = new_id()
        for column in ("number", "email", "label", "mandate_number"):
            if column in row and isinstance(table.c[column].type, Text):
                row[column] = f"x-{new_id()}"
        if "token_hash" in row:
            row["token_hash"] = new_id().bytes * 2
        if name == "organisation":
            row["siret"] = None
        return row | changes

    def fresh(self, name: str) -> Row:
        """A valid new row of that table."""
        return NEW[name](self) if name in NEW else self.copy(name)

    def untaken(self) -> Row:
        """A taking of a row that nobody took."""
        row = self.copy("places_row", line=8, verdict="told")
        self.add("places_row", row)
        return self.copy("place_taking", line=8)

    def ended_link(self) -> Row:
        """The end of a link of its own."""
        link = self.copy("account_link")
        self.add("account_link", link)
        return self.copy("account_link_end", link_id=link["id"], expires_at=link["expires_at"])

    def offer(self) -> Row:
        """A square of its own."""
        return self.copy("device_offer", secret_hash=new_id().bytes * 2)

    def ended_offer(self) -> Row:
        """The end of such a square."""
        offer = self.offer()
        self.add("device_offer", offer)
        return self.copy(
            "device_offer_end", offer_id=offer["id"], expires_at=offer["expires_at"], reason="used"
        )

    def open_offer(self) -> UUID:
        """The id of a square that nobody has used."""
        offer = self.offer()
        self.add("device_offer", offer)
        return UUID(str(offer["id"]))

    def withdrawn_offer(self) -> UUID:
        """The id of one that was withdrawn."""
        end = self.ended_offer() | {"reason": "withdrawn"}
        self.add("device_offer_end", end)
        return UUID(str(end["offer_id"]))

    def device(self) -> Row:
        """A device that used such a square."""
        end = self.ended_offer()
        self.add("device_offer_end", end)
        return self.copy(
            "device",
            offer_id=end["offer_id"],
            public_key=new_id().bytes * 4 + b"x",
            credential_hash=new_id().bytes * 2,
        )

    def posting(self) -> UUID:
        """An act without lines."""
        row = self.copy("posting")
        self.add("posting", {key: value for key, value in row.items() if key != "recorded_at"})
        return row["id"]  # type: ignore[no-any-return]

    def agent(self, name: str) -> int:
        """The id of an agent."""
        return self.chain.scheme.actors[name].agent_id

    def organisation(self, name: str) -> UUID:
        """The id of an organisation."""
        return self.chain.scheme.organisations[name]

    def stretch(self) -> Row:
        """A snapshot of one movement after the last one."""
        latest = self.session.execute(
            select(Snapshot.generation, func.max(Snapshot.last_movement_id))
            .where(Snapshot.level == 0)
            .group_by(Snapshot.generation)
        ).one()
        return self.copy(
            "snapshot",
            generation=latest[0],
            level=0,
            after_movement_id=latest[1],
            last_movement_id=latest[1] + 1,
            movement_count=1,
            sum_count=1,
        )

    def stretch_without_sums(self) -> int:
        """The id of such a snapshot."""
        self.add("snapshot", self.stretch())
        return int(self.session.scalar(select(func.max(Snapshot.id))) or 0)

    def usage_without_sums(self) -> int:
        """The same with sums by public."""
        snapshot_id = self.stretch_without_sums()
        self.add("snapshot_usage", {"snapshot_id": snapshot_id, "sum_count": 1})
        return snapshot_id

    def planned(self) -> UUID:
        """A prepared order that has a plan without lines."""
        order_id = self.ids["prepared order"]
        self.add("order_plan", self.copy("order_plan", order_id=order_id))
        return order_id

    def booklet_id(self, number: int) -> int:
        """The id of a booklet."""
        return int(self.any("booklet", number=number)["id"])

    # ── Rows that need others ─────────────────────────────────────────────────────────────────────

    def sent_order(self) -> UUID:
        """The approved order, sent past the service: no serials are allotted to it."""
        order_id = self.ids["approved order"]
        self.add("order_dispatch", self.copy("order_dispatch", order_id=order_id))
        return order_id

    def empty_delivery(self, order: str) -> UUID:
        """A delivery that brought nothing yet."""
        row = self.copy("delivery", order_id=self.ids[order])
        self.add("delivery", row)
        return row["id"]  # type: ignore[no-any-return]

    def closing(self, agreement: Row) -> Row:
        """What the early end of that agreement says of it."""
        return {
            "agreement_id": agreement["id"],
            **{
                name: agreement[name]
                for name in ("organisation_id", "role", "valid_from", "valid_until")
            },
        }

    def closed_agreement(self) -> Row:
        """The early end of an agreement made for that."""
        agreement = self.agreement()
        self.add("agreement", agreement)
        days = {"from_on": agreement["valid_from"]}
        return self.copy("agreement_closure") | self.closing(agreement) | days

    def cash_office(self) -> Row:
        """A régie that begins once the one that is there is over."""
        there = self.any("cash_office")
        day = there["valid_until"] + timedelta(days=1)
        return self.copy("cash_office", there, valid_from=day, valid_until=day)

    def closed_cash_office(self) -> Row:
        """The early end of a régie made for that."""
        office = self.cash_office()
        self.add("cash_office", office)
        return self.copy("cash_office_closure") | {
            "cash_office_id": office["id"],
            "from_on": office["valid_from"],
            **{name: office[name] for name in ("kind", "valid_from", "valid_until")},
        }

    def agreement(self) -> Row:
        """An agreement of the far future, which overlaps none."""
        row = self.copy("agreement")
        years = timedelta(days=4000)
        return row | {name: row[name] + years for name in ("valid_from", "valid_until")}

    def person(self) -> UUID:
        """A person without identity."""
        row = self.copy("beneficiary")
        self.add("beneficiary", row)
        return row["id"]  # type: ignore[no-any-return]

    def statement(self) -> Row:
        """A statement of a new run, whose passes nobody has claimed."""
        run = self.copy("clearing_run", self.any("clearing_run", id=self.ids["run"]))
        self.add("clearing_run", run)
        like = self.any("statement", id=self.ids["draft"])
        return self.copy("statement", like, id=self.posting(), run_id=run["id"])

    def settings(self) -> Row:
        """A new version for a programme that has three, of which one is withdrawn."""
        return self.settings_after("changed settings")

    def settings_after(self, version: str | UUID, **changes: object) -> Row:
        """A version that says what that one says, after all those of its programme."""
        known = self.ids[version] if isinstance(version, str) else version
        like = self.any("programme_settings", id=known)
        table = table_named("programme_settings")
        last = self.session.execute(
            select(func.max(table.c.ordinal)).where(table.c.programme_id == like["programme_id"])
        ).scalar_one()
        return self.copy(
            "programme_settings", like, ordinal=last + 1, follows_ordinal=last, **changes
        )

    def settings_withdrawal(self) -> Row:
        """The withdrawal of a version that nobody has withdrawn."""
        row = self.any("settings_withdrawal")
        version = self.settings_after("changed settings", applies_from=row["applies_from"])
        self.add("programme_settings", version)
        return self.copy(
            "settings_withdrawal", settings_id=version["id"], ordinal=version["ordinal"]
        )

    @property
    def endings(self) -> dict[str, int]:
        """Vintages at each stage of their end."""
        return self.chain.closing

    def joint_statement(self) -> Row:
        """The accounts of a vintage whose last step is the statement, past the service."""
        vintage_id = self.endings["listed"]
        like = self.any("closing_step", vintage_id=self.endings["closed"], step="statement")
        for place, step in enumerate(("late", "refuse", "expire", "statement"), start=3):
            changes = {"vintage_id": vintage_id, "step": step, "place": place}
            self.add("closing_step", like | changes | {"follows_place": place - 1})
        return self.copy(
            "joint_statement",
            self.any("joint_statement", vintage_id=self.endings["closed"]),
            vintage_id=vintage_id,
        )

    def funder_share(self) -> Row:
        """The share of another funder in a version that has one."""
        funder = self.copy("organisation", self.any("organisation", kind="funder"))
        self.add("organisation", funder)
        return self.copy("funder_share", organisation_id=funder["id"], share_basis_points=1000)

    def redemption(self) -> Row:
        """A redemption that answers an attempt and is a posting, of a pass that has not moved."""
        attempt = self.copy("redemption_attempt", id=self.posting())
        self.add("redemption_attempt", attempt)
        return self.copy("redemption", id=attempt["id"])

    def statement_version(self, **changes: object) -> Row:
        """The first version of a new statement, `changes` being the statement's."""
        statement = self.statement() | changes
        self.add("statement", statement)
        like = self.any("statement_version", statement_id=self.ids["draft"], version=1)
        return self.copy("statement_version", like, statement_id=statement["id"])

    def statement_line(self) -> Row:
        """The line of a statement without lines."""
        version = self.statement_version()
        self.add("statement_version", version)
        return self.copy("statement_line", statement_id=version["statement_id"])

    def withdrawal(self, statement_id: UUID) -> Row:
        """Passes taken off a draft, though nothing moved."""
        return self.copy("statement_withdrawal", id=self.posting(), statement_id=statement_id)

    def worthless(self, *, versions: int = 1, made_by: int | None = None, **changes: object) -> Row:
        """The approval of a statement of passes without value, so that no sum is missing."""
        nothing = {"voucher_count": 1, "amount_cents": 0, "fee_cents": 0, "net_cents": 0}
        first = self.statement_version(**changes) | nothing
        self.add("statement_version", first)
        for number in range(2, versions + 1):
            withdrawal = self.withdrawal(first["statement_id"])
            self.add("statement_withdrawal", withdrawal)
            later = {
                "version": number,
                "follows_version": number - 1,
                "withdrawal_id": withdrawal["id"],
                "made_by": made_by or first["made_by"],
            }
            self.add("statement_version", first | later)
        paid = {"recovered_cents": 0, "payable_cents": 0}
        return nothing | paid | {"statement_id": first["statement_id"], "version": versions}

    def second_order(self) -> Row:
        """Another order for the statement that the bank sent back."""
        like = self.any("payment_order", id=self.ids["rejected order"])
        return self.copy(
            "payment_order",
            like,
            ordinal=2,
            follows_ordinal=1,
            same_account_reason="Le compte est rouvert",
        )

    # ── Corrections ───────────────────────────────────────────────────────────────────────────────

    def offset(self, **changes: object) -> Row:
        """The settlement of an approved statement that pays nothing."""
        approval = self.fresh("statement_approval") | self.worthless() | changes
        self.add("statement_approval", approval)
        return {
            "statement_id": approval["statement_id"],
            "payable_cents": 0,
            "posting_id": self.posting(),
            "settled_at": self.chain.scheme.later,
        }

    def clawed_back(self) -> Row:
        """What is owed for a pass that was taken back under the services."""
        clawback = self.any("clawback", id=self.ids["waiting clawback"])
        decision = self.copy(
            "clawback_decision",
            self.any("clawback_decision", clawback_id=self.ids["clawback 1"]),
            clawback_id=clawback["id"],
            redemption_id=clawback["redemption_id"],
        )
        self.add("clawback_decision", decision)
        return self.owed(clawback["id"])

    def owed(self, clawback_id: UUID) -> Row:
        """The receivable of a clawback whose decision is there."""
        clawback = self.any("clawback", id=clawback_id)
        redemption = self.any("redemption", id=clawback["redemption_id"])
        return self.any("receivable", clawback_id=self.ids["clawback 1"]) | {
            "clawback_id": clawback_id,
            "redemption_id": redemption["id"],
            "movement_id": self.taken_back(clawback_id, redemption),
        }

    def taken_back(self, clawback_id: UUID, redemption: Row) -> int:
        """The movement of a clawback; where it was made, that one."""
        like = self.any("posting", id=self.ids["clawback 1"])
        posting = {k: v for k, v in like.items() if k != "recorded_at"} | {
            "id": clawback_id,
            "document_id": clawback_id,
        }
        self.add("posting", posting)
        moved = self.any("movement", posting_id=self.ids["clawback 1"])
        voucher_id = redemption["voucher_id"]
        moved |= {"posting_id": clawback_id, "first_id": voucher_id, "last_id": voucher_id}
        del moved["id"]
        self.add("movement", moved)
        movement = table_named("movement")
        return int(self.session.scalar(select(func.max(movement.c.id))) or 0)

    def recovery(self) -> Row:
        """What is owed for pass 5, on a debit note that asks for it."""
        note = self.fresh("debit_note")
        self.add("debit_note", note)
        return self.any("recovery", receivable_id=self.ids["clawback 1"]) | {
            "receivable_id": self.ids["clawback 5"],
            "debit_note_id": note["id"],
        }

    def debit_note(self) -> Row:
        """The debit note after the last one."""
        table = table_named("debit_note")
        last = self.session.scalar(select(func.max(table.c.number))) or 0
        return self.copy("debit_note", number=last + 1, follows_number=last)

    def collection(self) -> Row:
        """The payment of a debit note that asks for what is owed for pass 5."""
        line = self.recovery()
        self.add("recovery", line)
        return self.copy("debit_note_collection", debit_note_id=line["debit_note_id"])

    def statement_approval(self) -> Row:
        """The approval of the draft."""
        table = table_named("statement_approval")
        last = self.session.scalar(select(func.max(table.c.number))) or 0
        statement = self.any("statement", id=self.ids["draft"])
        approved = self.any("bank_details_approval", organisation_id=statement["mediator_id"])
        account = self.any("bank_details", id=approved["bank_details_id"])
        return self.copy(
            "statement_approval",
            self.any("statement_approval", statement_id=self.ids["approved"]),
            statement_id=statement["id"],
            verification_code=f"x-{new_id()}",
            mediator_id=statement["mediator_id"],
            bank_details_id=account["id"],
            payee_name=account["holder"],
            payee_iban_fingerprint=account["iban_fingerprint"],
            payee_iban_masked=account["iban_masked"],
            number=last + 1,
            follows_number=last,
        )

    def frozen(self, programme_id: UUID | None = None) -> UUID:
        """A freeze that nobody has lifted, of the other programme unless told."""
        freeze = self.copy(
            "programme_freeze", programme_id=programme_id or self.ids["other programme"]
        )
        self.add("programme_freeze", freeze)
        return freeze["id"]  # type: ignore[no-any-return]

    def placed(self) -> Row:
        """The place of a movement that waits for its seal."""
        sealed, movement = table_named("sealed_movement"), table_named("movement")
        waiting = select(func.max(movement.c.id))
        last = self.session.scalar(select(func.max(sealed.c.position))) or 0
        return self.copy(
            "sealed_movement", position=last + 1, movement_id=self.session.scalar(waiting)
        )

    def seal_block(self) -> Row:
        """A third block, of one movement."""
        self.add("sealed_movement", self.placed())
        return self.block_after(2)

    def block_after(self, number: int) -> Row:
        """A block of one movement that follows the one of that number."""
        before = self.any("seal_block", number=number)
        return self.copy(
            "seal_block",
            number=number + 1,
            first_position=before["last_position"] + 1,
            last_position=before["last_position"] + 1,
            after_number=before["number"],
            after_position=before["last_position"],
            after_root=before["root"],
        )


USUAL: dict[str, Callable[[Rows], Row]] = {
    "agreement": lambda rows: {"organisation_id": rows.organisation("plie")},
    "cash_office": lambda rows: {"id": rows.ids["régie"]},
    "closing_complement": lambda rows: {"id": rows.chain.complements["waiting"]},
    "consignment": lambda rows: {"id": rows.ids["allocation"]},
    "consignment_answer": lambda rows: {"consignment_id": rows.ids["allocation"]},
    "partner_address": lambda rows: {"organisation_id": rows.organisation("exo7")},
    "payment": lambda rows: {"payment_order_id": rows.ids["paid order"]},
    "place_profile": lambda rows: {"id": rows.ids["profile"]},
    "place_service": lambda rows: {"profile_id": rows.ids["profile"]},
    "prescription": lambda rows: {"id": rows.ids["prescription"]},
    "redemption": lambda rows: {"id": rows.ids["paid redemption"]},
    "statement_line": lambda rows: {"statement_id": rows.ids["draft"]},
    "support_session": lambda rows: {"id": rows.ids["support session"]},
    "takeover_approval": lambda rows: {"takeover_id": rows.ids["taken over"]},
}
"""Which row is copied of a table whose rows differ in what its rules are about."""

NEW: dict[str, Callable[[Rows], Row]] = {
    "snapshot": Rows.stretch,
    "snapshot_sum": lambda rows: rows.copy(
        "snapshot_sum", snapshot_id=rows.stretch_without_sums(), sum_count=1, ordinal=1
    ),
    "snapshot_usage": lambda rows: {"snapshot_id": rows.stretch_without_sums(), "sum_count": 1},
    "snapshot_usage_sum": lambda rows: rows.copy(
        "snapshot_usage_sum", snapshot_id=rows.usage_without_sums(), sum_count=1, ordinal=1
    ),
    "agreement": Rows.agreement,
    "agreement_closure": Rows.closed_agreement,
    "places_file": lambda rows: rows.copy("places_file", file_hash=new_id().bytes * 2),
    "places_row": lambda rows: rows.copy("places_row", line=7, verdict="told"),
    "place_taking": lambda rows: rows.untaken(),
    "agreement_file": lambda rows: rows.copy("agreement_file", sha256=new_id().bytes * 2),
    "cash_office": Rows.cash_office,
    "cash_office_closure": Rows.closed_cash_office,
    "partner_address": lambda rows: rows.copy("partner_address", version=2),
    "siret_entry": lambda rows: rows.copy(
        "siret_entry",
        rows.any("siret_entry", version=1),
        organisation_id=rows.organisation("nobank"),
        siret="55203253400646",
    ),
    "succession": lambda rows: rows.copy("succession", organisation_id=rows.organisation("nobank")),
    "label_progress": lambda rows: rows.copy("label_progress", step="refused", place=3),
    "place_profile": lambda rows: rows.copy("place_profile", version=2),
    "place_service": lambda rows: rows.copy("place_service", service="leisure_and_creation"),
    "place_public": lambda rows: rows.copy("place_public", public="other"),
    "place_hours": lambda rows: rows.copy("place_hours", weekday=4),
    "place_capacity": lambda rows: rows.copy("place_capacity", version=2),
    "bank_details_approval": lambda rows: rows.copy(
        "bank_details_approval",
        bank_details_id=rows.ids["typed account"],
        organisation_id=rows.organisation("unlabelled"),
    ),
    "bank_details_refusal": lambda rows: rows.copy(
        "bank_details_refusal", bank_details_id=rows.ids["typed account"]
    ),
    "programme_settings": Rows.settings,
    "settings_withdrawal": Rows.settings_withdrawal,
    "takeover": lambda rows: rows.copy("takeover", file_hash=new_id().bytes * 2),
    "takeover_lot": lambda rows: rows.copy(
        "takeover_lot", rows.any("takeover_lot", takeover_id=rows.ids["taken over"]), line=99
    ),
    "takeover_code": lambda rows: rows.copy(
        "takeover_code", serial=99, code_hash=new_id().bytes * 2
    ),
    "takeover_refusal": lambda rows: rows.copy(
        "takeover_refusal", takeover_id=rows.ids["to take over"]
    ),
    "takeover_approval": lambda rows: rows.copy(
        "takeover_approval", takeover_id=rows.ids["to take over"]
    ),
    "entitlement": lambda rows: rows.copy(
        "entitlement", settings_id=rows.ids["other programme"], public="plie"
    ),
    "funder_share": Rows.funder_share,
    "vintage_terms": lambda rows: rows.copy(
        "vintage_terms", vintage_id=add_vintage(rows.session, face_value_cents=1000), label="99Z"
    ),
    "document_counter": lambda rows: rows.copy("document_counter", prefix="XX"),
    "order_line": lambda rows: rows.copy(
        "order_line", order_id=rows.ids["prepared order"], booklet_size=5
    ),
    "order_plan": lambda rows: rows.copy("order_plan", order_id=rows.ids["prepared order"]),
    "order_plan_line": lambda rows: rows.copy("order_plan_line", order_id=rows.planned()),
    "order_plan_stock": lambda rows: rows.copy("order_plan_stock", order_id=rows.planned()),
    "order_cancellation": lambda rows: rows.copy(
        "order_cancellation", order_id=rows.ids["prepared order"]
    ),
    "order_approval": lambda rows: rows.copy("order_approval", order_id=rows.ids["prepared order"]),
    "order_dispatch": lambda rows: rows.copy("order_dispatch", order_id=rows.ids["approved order"]),
    "serial_allotment": lambda rows: rows.copy(
        "serial_allotment",
        order_id=rows.sent_order(),
        booklet_size=10,
        follows_serial=200,
        follows_booklet=22,
        first_serial=201,
        last_serial=220,
        first_booklet=23,
        last_booklet=24,
    ),
    "delivery_range": lambda rows: rows.copy(
        "delivery_range",
        delivery_id=rows.empty_delivery("sent order"),
        order_id=rows.ids["sent order"],
        booklet_size=10,
        first_serial=181,
        last_serial=190,
        allotted_first=181,
        allotted_last=200,
        allotted_booklet=21,
        first_voucher_id=181,
    ),
    "order_mandate_cancellation": lambda rows: rows.copy(
        "order_mandate_cancellation",
        mandate_id=rows.ids["mandate of ready order"],
        order_id=rows.ids["ready order"],
    ),
    "activation": lambda rows: rows.copy(
        "activation",
        delivery_id=rows.ids["ready delivery"],
        order_id=rows.ids["ready order"],
        cost_cents=400,
    ),
    "serial_file": lambda rows: rows.copy("serial_file", file_hash=new_id().bytes * 2),
    "quarantined_row": lambda rows: rows.copy("quarantined_row", line=99),
    "serial_gap": lambda rows: rows.copy("serial_gap", first_serial=199, last_serial=200),
    "work_input": lambda rows: rows.copy("work_input", work_id=rows.ids["ended work"]),
    "work_progress": lambda rows: rows.copy("work_progress", work_id=rows.ids["ended work"]),
    "work_file": lambda rows: rows.copy("work_file", work_id=rows.any("work_progress")["work_id"]),
    "work_line": lambda rows: rows.copy("work_line", ordinal=99),
    "work_end": lambda rows: rows.copy("work_end", work_id=rows.any("work_progress")["work_id"]),
    "signal": lambda rows: rows.copy("signal", rows.any("signal", id=rows.ids["signal"])),
    "signal_decision": lambda rows: rows.copy("signal_decision", signal_id=rows.ids["signal"]),
    "count_entry": lambda rows: rows.copy("count_entry", count_id=rows.ids["open count"]),
    "counted_booklets": lambda rows: rows.copy(
        "counted_booklets", entry_id=rows.ids["go of open count"], place=99
    ),
    "count_correction": lambda rows: rows.copy(
        "count_correction", entry_id=rows.ids["go of open count"], place=1
    ),
    "count_closing": lambda rows: rows.copy("count_closing", count_id=rows.ids["open count"]),
    "count_total": lambda rows: rows.copy(
        "count_total",
        count_id=rows.ids["signed count"],
        vintage_id=rows.chain.other_vintage_id,
    ),
    "count_difference": lambda rows: rows.copy(
        "count_difference", first_voucher_id=9991, last_voucher_id=10_000
    ),
    "count_stranger": lambda rows: rows.copy("count_stranger", first_number=98),
    "count_signature": lambda rows: rows.copy("count_signature", count_id=rows.ids["closed count"]),
    "print_batch": lambda rows: rows.copy(
        "print_batch", order_id=rows.ids["sent order"], first_booklet=21, last_booklet=22
    ),
    "print_file": lambda rows: rows.copy("print_file", ordinal=2),
    "public_look": lambda rows: {"address_hash": b"somewhere", "looked_at": rows.chain.scheme.now},
    "device_offer": Rows.offer,
    "device_offer_end": Rows.ended_offer,
    "device": Rows.device,
    "device_revocation": lambda rows: rows.copy(
        "device_revocation", device_id=rows.ids["spare device"]
    ),
    "account_link": lambda rows: rows.copy("account_link", made_by=None),
    "account_link_end": Rows.ended_link,
    "agent_manager": lambda rows: rows.copy(
        "agent_manager", agent_id=rows.agent("plie"), appointed_by=rows.agent("administrator")
    ),
    "totp_secret": lambda rows: rows.copy("totp_secret", agent_id=rows.agent("plie")),
    "passkey": lambda rows: rows.copy("passkey", credential_id=new_id().bytes),
    "recovery_code": lambda rows: rows.copy("recovery_code", code_hash=new_id().bytes * 2),
    "spent_challenge": lambda rows: rows.copy("spent_challenge", challenge_hash=new_id().bytes * 2),
    "provider_identity": lambda rows: rows.copy(
        "provider_identity", subject="another person", agent_id=rows.agent("plie")
    ),
    "form_draft": lambda rows: {
        "id": new_id(),
        "agent_id": rows.any("agent")["id"],
        "place": "/remises/nouvelle",
        "sealed": bytes(40),
        "kept_at": rows.chain.scheme.now,
    },
    "booklet": lambda rows: {
        **rows.any("booklet"),
        "id": 9991,
        "number": 999,
        "first_serial": 9991,
        "cover_hash": b"another cover",
    },
    "consignment_range": lambda rows: rows.copy(
        "consignment_range", first_voucher_id=9991, last_voucher_id=10_000
    ),
    "consignment_answer": lambda rows: rows.copy(
        "consignment_answer",
        consignment_id=rows.ids["on the way"],
        answered_by=rows.agent("plie"),
    ),
    "consignment_finding": lambda rows: rows.copy(
        "consignment_finding", consignment_id=rows.ids["allocation"], booklet_id=31
    ),
    "settled_booklet": lambda rows: rows.copy("settled_booklet", booklet_id=rows.booklet_id(14)),
    "booklet_request_answer": lambda rows: rows.copy(
        "booklet_request_answer", request_id=rows.ids["request"]
    ),
    "beneficiary_identity": lambda rows: rows.copy(
        "beneficiary_identity", beneficiary_id=rows.person()
    ),
    "prescription_booklet": lambda rows: rows.copy(
        "prescription_booklet",
        rows.any("prescription_booklet", prescription_id=rows.ids["prescription"]),
        booklet_id=21,
        ordinal=6,
        undone_count=3,
    ),
    **{
        table: lambda rows, table=table: rows.copy(  # type: ignore[misc]
            table, prescription_id=rows.ids["prescription"]
        )
        for table in (
            "prescription_renewal",
            "prescription_exception",
            "prescription_late",
            "prescription_duplicate",
        )
    },
    "prescription_undo": lambda rows: rows.copy(
        "prescription_undo",
        prescription_id=rows.ids["prescription"],
        prescribed_by=rows.agent("plie"),
        prescribed_on=rows.chain.scheme.today,
        by_coordination=True,
    ),
    "closing_step": lambda rows: (
        rows.copy("closing_step", vintage_id=rows.chain.scheme.vintage_id, step="alert", place=1)
        | {"follows_place": None}
    ),
    "closing_count": lambda rows: rows.copy(
        "closing_count", holder_id=rows.organisation("carecof")
    ),
    "closing_hold": lambda rows: rows.copy("closing_hold", vintage_id=rows.endings["listed"]),
    "released_booklet": lambda rows: rows.copy("released_booklet", booklet_id=21),
    "joint_statement": lambda rows: rows.joint_statement(),
    "joint_signature": lambda rows: rows.copy(
        "joint_signature",
        vintage_id=rows.endings["closed"],
        side="sponsor",
        recorded_by=rows.agent("auditor"),
    ),
    "closing_settlement": lambda rows: rows.copy(
        "closing_settlement", vintage_id=rows.endings["signed"]
    ),
    "vintage_compromise": lambda rows: rows.copy(
        "vintage_compromise", vintage_id=rows.chain.other_vintage_id
    ),
    "replaced_voucher": lambda rows: rows.copy(
        "replaced_voucher", old_voucher_id=8, new_voucher_id=9
    ),
    "block_finding": lambda rows: rows.copy("block_finding", voucher_id=21),
    "write_off_range": lambda rows: rows.copy(
        "write_off_range", first_voucher_id=21, last_voucher_id=22
    ),
    "write_off_abandonment": lambda rows: rows.copy(
        "write_off_abandonment", write_off_id=rows.ids["to destroy"]
    ),
    "count_abandonment": lambda rows: rows.copy(
        "count_abandonment", count_id=rows.ids["open count"]
    ),
    "closing_complement": lambda rows: rows.copy(
        "closing_complement", ordinal=3, follows_ordinal=2
    ),
    "complement_settlement": lambda rows: rows.copy(
        "complement_settlement", complement_id=rows.chain.complements["waiting"]
    ),
    "write_off_approval": lambda rows: rows.copy(
        "write_off_approval", write_off_id=rows.ids["to destroy"]
    ),
    "redemption": Rows.redemption,
    "freeze_lift": lambda rows: rows.copy("freeze_lift", freeze_id=rows.frozen()),
    "sealed_movement": Rows.placed,
    "seal_node": lambda rows: rows.copy("seal_node", level=9),
    "seal_block": Rows.seal_block,
    "redemption_reversal": lambda rows: rows.copy(
        "redemption_reversal", redemption_id=rows.ids["redemption"]
    ),
    "session_topic": lambda rows: rows.copy("session_topic", topic="safety"),
    "session_redemption": lambda rows: rows.copy(
        "session_redemption", redemption_id=rows.ids["claimed redemption"]
    ),
    "typed_sheet_line": lambda rows: rows.copy("typed_sheet_line", place=9, voucher_id=19),
    "typed_sheet_decision": lambda rows: rows.copy(
        "typed_sheet_decision", sheet_id=rows.ids["typed sheet"]
    ),
    "statement": Rows.statement,
    "statement_version": Rows.statement_version,
    "statement_line": Rows.statement_line,
    "statement_withdrawal": lambda rows: rows.withdrawal(rows.ids["draft"]),
    "statement_certification": lambda rows: rows.copy(
        "statement_certification",
        statement_id=rows.ids["draft"],
        version=1,
        mediator_id=rows.organisation("carecof"),
        certified_by=rows.agent("carecof"),
    ),
    "statement_document": lambda rows: rows.copy(
        "statement_document", statement_id=rows.ids["approved"]
    ),
    "statement_session": lambda rows: rows.copy(
        "statement_session", statement_id=rows.ids["approved"]
    ),
    "statement_offset": Rows.offset,
    "clawback_decision": lambda rows: rows.copy(
        "clawback_decision",
        rows.any("clawback_decision", clawback_id=rows.ids["clawback set aside"]),
        clawback_id=rows.ids["waiting clawback"],
        redemption_id=rows.any("clawback", id=rows.ids["waiting clawback"])["redemption_id"],
    ),
    "receivable": Rows.clawed_back,
    "debit_note": Rows.debit_note,
    "recovery": Rows.recovery,
    "debit_note_collection": Rows.collection,
    "dispute": lambda rows: rows.copy(
        "dispute",
        rows.any("dispute", id=rows.ids["dispute 9"]),
        attempt_id=rows.ids["refused attempt"],
    ),
    "dispute_decision": lambda rows: rows.copy(
        "dispute_decision",
        rows.any("dispute_decision", dispute_id=rows.ids["dispute 9"]),
        dispute_id=rows.ids["dispute 6"],
    ),
    "payment_rejection": lambda rows: rows.copy(
        "payment_rejection",
        payment_order_id=rows.ids["payment order"],
        statement_id=rows.ids["ordered"],
        payment_id=None,
        posting_id=None,
    ),
    "statement_approval": Rows.statement_approval,
    "payment_order": lambda rows: rows.copy(
        "payment_order",
        rows.any("payment_order", statement_id=rows.ids["paid"]),
        statement_id=rows.ids["approved"],
    ),
    "payment": lambda rows: {
        **rows.any("payment"),
        **{
            column: value
            for column, value in rows.any("payment_order", id=rows.ids["payment order"]).items()
            if column in {"statement_id", "prepared_by", "approved_by", "ordered_by", "issued_on"}
        },
        "id": rows.posting(),
        "payment_order_id": rows.ids["payment order"],
    },
}


def table_named(name: str) -> Table:
    """A table as the models know it."""
    return Model.metadata.tables[name]
