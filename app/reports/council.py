"""One page for the council: where every pass and every euro is, closing to zero."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.money import Cents
from app.ledger import AccountKind, MovementKind
from app.orders.budget import budget_of
from app.orders.queries import spent_on
from app.partners.queries import authority_name, organisation_names
from app.programmes import queries as programmes
from app.programmes.models import Programme
from app.programmes.rules import Covers, Payer
from app.programmes.service import known_programme
from app.reports import queries
from app.reports.rules import By, CouncilSheet, FunderLine, KeyDay, Place, PublicLine
from app.reports.service import UNDELIVERED, chain_within, perimeter, usage_within
from app.reports.told import ChainStage
from app.reports.usage import lines_within
from app.web.words import STAGES

PAID = frozenset({str(AccountKind.SETTLED)})
OWED = frozenset({str(AccountKind.REDEEMED), str(AccountKind.CLAIMED)})
RELEASED = frozenset(map(str, (AccountKind.VOID, AccountKind.EXPIRED, AccountKind.CREDITED))) | {
    UNDELIVERED
}
WHOLE = 10_000
"""Basis points."""
MOST_FUNDERS = 3
"""Beyond it, the smaller ones are told together: the page stays one."""


def council_sheet(
    session: Session, *, actor: Actor, programme_id: UUID, on: date, now: datetime
) -> CouncilSheet:
    """Where every pass and every euro of a programme is, at the end of a day.

    Each pass ordered is at one stage or has left by the side; its face value is paid, owed to a
    mediator, committed while it can still be used, or released. Nothing is counted twice.

    Raises:
        RightMissing, UnknownProgramme, InvalidInput: as perimeter().
    """
    actor.check(Right.SEE_REPORTS)
    programme = known_programme(session, programme_id)
    within = perimeter(session, programme_id=programme_id, vintage_id=None, on=on, now=now)
    chain, usage = chain_within(session, within), usage_within(session, within)
    resting = {stage.kind: stage for stage in (*chain.stages, *chain.exits)}
    publics = lines_within(session, within, By.PUBLIC)
    agreed_cents = Cents(sum(line.redeemed_cents for line in publics if not line.apart))
    today = on == martinique_day(now)
    budget = budget_of(session, programme, on=on, reading=within.reading if today else None)
    spent = spent_on(session, programme_id, at=chain.read_at)
    committed = frozenset(resting) - PAID - OWED - RELEASED

    def together(label: str, why: str, kinds: frozenset[str]) -> Place:
        stages = [stage for kind, stage in resting.items() if kind in kinds]
        return Place(
            label,
            sum(stage.voucher_count for stage in stages),
            Cents(sum(stage.amount_cents for stage in stages)),
            why,
        )

    return CouncilSheet(
        sponsor=authority_name(session),
        programme_name=programme.name,
        on=on,
        read_at=chain.read_at,
        pays_by_issuer=programme.payer == Payer.ISSUER,
        ordered=Place("Commandés", chain.ordered.voucher_count, chain.ordered.amount_cents),
        stages=tuple(_place(stage) for stage in chain.stages),
        exits=tuple(
            _place(stage)
            for stage in chain.exits
            if stage.kind != UNDELIVERED or stage.voucher_count
        ),
        paid=together("Payé aux médiateurs", "pass utilisés et réglés", PAID),
        owed=together("Dû aux médiateurs", "pass utilisés, paiement à venir", OWED),
        committed=together("Engagé", "pass qui peuvent encore servir", committed),
        released=together("Dégagé", "pass qui ne serviront plus", RELEASED),
        printing_cents=spent.printing_cents,
        fee_cents=spent.fee_cents,
        mandated_cents=spent.mandated_cents,
        budget_cents=budget.budget_cents,
        budget_committed_cents=budget.committed_cents,
        budget_released_cents=budget.released_cents,
        issued_count=usage.issued_count,
        redeemed_count=usage.redeemed_count,
        agreed=tuple(
            PublicLine(row.name, row.issued_count, row.redeemed_count)
            for row in usage.publics
            if not row.apart
        ),
        beyond=tuple(
            PublicLine(row.name, row.issued_count, row.redeemed_count)
            for row in usage.publics
            if row.apart
        ),
        funders=_funders(session, programme, usage.redeemed_cents, agreed_cents, on),
        days=_days(session, programme_id, on),
        specimen=programmes.is_demonstration(session),
    )


def _place(stage: ChainStage) -> Place:
    words = STAGES[stage.kind]
    return Place(words.label, stage.voucher_count, stage.amount_cents, words.why)


def _funders(
    session: Session, programme: Programme, used_cents: Cents, agreed_cents: Cents, on: date
) -> tuple[FunderLine, ...]:
    """What each funder bears of what was used by the publics that it covers, rounded half up.

    The sponsor bears the rest.
    """
    settings = programmes.settings_on(session, programme.id, on)
    shares = programmes.shares_of(session, settings.id) if settings else []
    names = organisation_names(
        session, [programme.sponsor_id, *(share.organisation_id for share in shares)]
    )
    lines = [
        FunderLine(
            names[share.organisation_id],
            share.share_basis_points,
            Cents((of * share.share_basis_points + WHOLE // 2) // WHOLE),
            of,
        )
        for share in shares
        for of in [used_cents if share.covers == Covers.ALL else agreed_cents]
        if share.organisation_id != programme.sponsor_id
    ]
    if len(lines) > MOST_FUNDERS:
        others = lines[MOST_FUNDERS - 1 :]
        lines = [
            *lines[: MOST_FUNDERS - 1],
            FunderLine(
                "Autres financeurs",
                sum(line.share_basis_points for line in others),
                Cents(sum(line.amount_cents for line in others)),
                used_cents,
            ),
        ]
    rest_cents = Cents(used_cents - sum(line.amount_cents for line in lines))
    rest = FunderLine(
        names[programme.sponsor_id],
        (2 * rest_cents * WHOLE + used_cents) // (2 * used_cents)
        if used_cents
        else WHOLE - sum(line.share_basis_points for line in lines),
        rest_cents,
        used_cents,
    )
    return (*lines, rest)


def _days(session: Session, programme_id: UUID, on: date) -> tuple[KeyDay, ...]:
    """When things were first done, and until when passes serve."""
    vintages = programmes.vintages_of(session, programme_id)
    done = queries.key_days(session, [terms.vintage_id for terms in vintages])

    def first(label: str, kind: MovementKind) -> KeyDay:
        day = martinique_day(done[kind]) if kind in done else None
        return KeyDay(label, day if day is None or day <= on else None)

    return (
        first("Première livraison", MovementKind.RECEIVE),
        first("Premiers pass actifs", MovementKind.ACTIVATE),
        first("Première remise à une personne", MovementKind.ISSUE),
        first("Premier pass utilisé", MovementKind.REDEEM),
        first("Premier paiement", MovementKind.SETTLE),
        KeyDay("Fin de validité", max((t.valid_until for t in vintages), default=None)),
        KeyDay(
            "Derniers encaissements", max((t.last_redemption_on for t in vintages), default=None)
        ),
    )
