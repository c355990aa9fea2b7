"""The end of vintages as pages, papers and the API tell it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.closing import queries
from app.closing.calendar import schedule
from app.closing.complements import late_passes
from app.closing.endings import known_statement
from app.closing.papers import Account, Complement, Counted
from app.closing.rules import FRENCH_ABOUT, FRENCH_STEP, HELD, NEVER_HELD, Side, Step
from app.identity.queries import agent_name
from app.kernel.clock import martinique_day
from app.partners.queries import organisation_names
from app.programmes.models import VintageTerms
from app.programmes.rules import Payer
from app.programmes.service import known_programme, known_vintage
from app.web.api import Json, shown

FRENCH_PAYER = {Payer.AUTHORITY: "La collectivité", Payer.ISSUER: "L’émetteur"}


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step with its day, and when it was done."""

    step: Step
    label: str
    about: str
    due_on: date
    done_at: datetime | None
    voucher_count: int | None

    @property
    def late(self) -> bool:
        """Whether it was done after its day, as after a long stop."""
        return self.done_at is not None and (martinique_day(self.done_at) - self.due_on).days > 1


def steps_shown(session: Session, terms: VintageTerms, *, now: datetime) -> tuple[StepShown, ...]:
    """The calendar of a vintage: what was done, and what is to come by the settings of today."""
    done = {Step(step.step): step for step in queries.steps_of(session, terms.vintage_id)}
    held = queries.hold_of(session, terms.vintage_id) is not None

    def label(step: Step) -> str:
        if step is not Step.WITHHOLD or not (held or Step.EXPIRE in done):
            return FRENCH_STEP[step]
        return HELD if held else NEVER_HELD

    return tuple(
        StepShown(
            planned.step,
            label(planned.step),
            FRENCH_ABOUT[planned.step],
            done[planned.step].due_on if planned.step in done else planned.due_on,
            done[planned.step].done_at if planned.step in done else None,
            done[planned.step].voucher_count if planned.step in done else None,
        )
        for planned in schedule(session, terms, now=now)
    )


@dataclass(frozen=True, slots=True)
class CountedList:
    """The latest list that a step drew up, holder by holder, and what was in none of them."""

    lines: tuple[Counted, ...]
    listed_at: datetime
    alerted_at: datetime
    alert_count: int
    """The passes that could still expire at the alert."""
    apart_count: int
    """Of them, those blocked or withheld already: they were in nobody's line."""

    @property
    def total(self) -> Counted:
        """All holders together."""
        return Counted("En tout", *map(sum, zip(*(line[1:] for line in self.lines), strict=True)))


def counted_list(session: Session, vintage_id: int) -> CountedList | None:
    """The list of a vintage, frozen by its last step that draws one up; None before the alert."""
    done = {Step(step.step): step for step in queries.steps_of(session, vintage_id)}
    alert, last = done.get(Step.ALERT), done.get(Step.WITHHOLD) or done.get(Step.ALERT)
    counts = queries.counts_of(session, vintage_id, last.step) if last else []
    if alert is None or last is None or not counts:
        return None
    at_alert = queries.counts_of(session, vintage_id, Step.ALERT)
    names = organisation_names(session, {count.holder_id for count in counts})
    return CountedList(
        tuple(
            sorted(
                Counted(
                    names[count.holder_id],
                    count.kept_booklets,
                    count.kept_passes,
                    count.untouched_booklets,
                    count.begun_booklets,
                    count.finished_booklets,
                    count.unused_passes,
                )
                for count in counts
            )
        ),
        last.done_at,
        alert.done_at,
        alert.voucher_count,
        alert.voucher_count - sum(one.kept_passes + one.unused_passes for one in at_alert),
    )


def account_of(session: Session, vintage_id: int) -> Account:
    """The closed accounts of a vintage, as they are printed.

    Raises:
        UnknownVintage, UnknownJointStatement.
    """
    statement, terms = known_statement(session, vintage_id), known_vintage(session, vintage_id)
    programme = known_programme(session, terms.programme_id)
    names = organisation_names(session, {programme.sponsor_id, programme.issuer_id})
    signed = queries.signatures_of(session, vintage_id)
    settlement = queries.settlement_of(session, vintage_id)
    sponsor, issuer = (signed.get(side) for side in (Side.SPONSOR, Side.ISSUER))
    return Account(
        number=statement.number,
        label=terms.label,
        programme=programme.name,
        sponsor=names[programme.sponsor_id],
        issuer=names[programme.issuer_id],
        pays=FRENCH_PAYER[Payer(statement.payer)],
        credited=statement.payer == Payer.ISSUER,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        last_redemption_on=terms.last_redemption_on,
        closed_on=statement.closed_on,
        face_value_cents=statement.face_value_cents,
        received_count=statement.received_count,
        used_count=statement.used_count,
        expired_count=statement.expired_count,
        void_count=statement.void_count,
        free_count=statement.free_count,
        unused_count=statement.unused_count,
        inert_count=statement.inert_count,
        unpaid_count=statement.unpaid_count or 0,
        signed_on=(
            sponsor.signed_on if sponsor else None,
            issuer.signed_on if issuer else None,
        ),
        settlement=(settlement.number, settlement.reference or "", settlement.settled_on)
        if settlement
        else None,
    )


def complements_shown(session: Session, vintage_id: int) -> tuple[Complement, ...]:
    """What adds to the accounts of a vintage, as pages and papers tell it."""
    terms = known_vintage(session, vintage_id)
    programme = known_programme(session, terms.programme_id)
    names = organisation_names(session, {programme.sponsor_id, programme.issuer_id})
    return tuple(
        Complement(
            id=complement.id,
            number=complement.number,
            label=terms.label,
            sponsor=names[programme.sponsor_id],
            issuer=names[programme.issuer_id],
            statement=known_statement(session, vintage_id).number,
            credited=complement.payer == Payer.ISSUER,
            face_value_cents=complement.face_value_cents,
            voucher_count=complement.voucher_count,
            drawn_on=complement.drawn_on,
            drawn_by=agent_name(session, complement.drawn_by),
            signed_on=(settled.sponsor_signed_on, settled.issuer_signed_on) if settled else None,
            settlement=(settled.number, settled.reference or "", settled.settled_on)
            if settled
            else None,
        )
        for complement, settled in queries.complements_of(session, vintage_id)
    )


def closing_shown(session: Session, vintage_id: int, *, now: datetime) -> Json:
    """The end of a vintage, as far as it has come.

    Raises:
        UnknownVintage.
    """
    terms = known_vintage(session, vintage_id)
    held = queries.hold_of(session, vintage_id)
    statement = queries.joint_statement(session, vintage_id)
    settlement = queries.settlement_of(session, vintage_id)
    return {
        "vintage_id": vintage_id,
        "label": terms.label,
        "steps": [
            {
                "step": step.step,
                "due_on": step.due_on,
                "done_at": step.done_at,
                "voucher_count": step.voucher_count,
            }
            for step in steps_shown(session, terms, now=now)
        ],
        "held_count": held.voucher_count if held else None,
        "joint_statement": shown(
            statement, signed_by=sorted(queries.signatures_of(session, vintage_id))
        )
        if statement
        else None,
        "settlement": shown(settlement) if settlement else None,
        "late_count": len(late_passes(session, statement)) if statement else 0,
        "complements": [
            shown(
                complement,
                settlement_number=settled.number if settled else None,
                settled_on=settled.settled_on if settled else None,
            )
            for complement, settled in queries.complements_of(session, vintage_id)
        ],
    }
