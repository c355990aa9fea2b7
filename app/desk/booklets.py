"""What waits for a person about booklets: orders, what travels, requests, counts, destructions."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.lists import Place
from app.desk.queries import Day, look
from app.desk.rules import Task, Waiting, everything, told
from app.identity import queries as identity
from app.identity.rules import Actor
from app.losses import queries as losses
from app.losses.models import WriteOff
from app.losses.rules import WriteOffState
from app.orders import queries as orders
from app.orders.models import BookletOrder
from app.orders.rules import INERT, OrderState
from app.orders.service import totals_of
from app.partners import queries as partners
from app.prescribers import custody_queries as custody
from app.prescribers import holdings
from app.prescribers.custody_desk import FILTERS
from app.prescribers.custody_models import BookletRequest, Consignment
from app.prescribers.custody_rules import ConsignmentState, RequestState
from app.stock import queries as stock
from app.stock.count_rules import CountState
from app.stock.counts import one_is_of
from app.stock.models import StockCount
from app.web.format import day_long

SLOW = timedelta(days=7)
"""A consignment that nobody counted for that long is worth a call."""


def orders_to_approve(session: Session, actor: Actor, day: Day) -> list[Task]:
    """Orders that somebody else prepared, but for those of a vintage that is over."""
    return _of_orders(
        _ordered(
            session,
            OrderState.PREPARED,
            lambda one: one.prepared_by != actor.agent_id and one.vintage_id not in day.over,
        ),
        OrderState.PREPARED,
        title="Approuver la commande {number}",
        titles="Approuver {count} commandes",
        about="Une autre personne l’a préparée. Relisez les carnets et le prix.",
        action="Vérifier",
    )


def orders_to_send(session: Session, _actor: Actor, day: Day) -> list[Task]:
    """Approved orders that have not left, but for a frozen programme or a vintage that is over."""
    return _of_orders(
        _ordered(
            session,
            OrderState.APPROVED,
            lambda one: one.programme_id not in day.frozen and one.vintage_id not in day.over,
        ),
        OrderState.APPROVED,
        title="Envoyer la commande {number}",
        titles="Envoyer {count} commandes",
        about="Elle est approuvée : l’imprimeur l’attend.",
        action="Envoyer",
    )


def orders_to_cancel(session: Session, _actor: Actor, day: Day) -> list[Task]:
    """Orders that never left, of a vintage that is over: nobody could hand their booklets out."""
    if not day.over:
        return []
    return [
        task
        for state in (OrderState.PREPARED, OrderState.APPROVED)
        for task in _of_orders(
            _ordered(session, state, lambda one: one.vintage_id in day.over),
            state,
            title="Annuler la commande {number}",
            titles="Annuler {count} commandes",
            about="Son millésime n’est plus valable : ses carnets ne se remettraient plus.",
            action="Ouvrir la commande",
        )
    ]


def deliveries_to_activate(session: Session, _actor: Actor, day: Day) -> list[Task]:
    """What arrived and cannot serve yet: a mandat or the activation lacks."""
    found = look(
        lambda place: orders.orders_inert(session, place, of_vintages=day.serving),
        everything,
    )
    inert = {
        order_id: came.delivered_count - came.activated_count
        for order_id, came in orders.arrived(session, [one.id for one in found.things]).items()
    }

    def one_of(one: BookletOrder) -> Task:
        return Task(
            title=f"Mettre en service les pass de la commande {one.number}",
            about="Ils sont livrés, et ne peuvent pas encore servir : saisissez le mandat, ou "
            "activez la livraison qu’il couvre.",
            action="Ouvrir la commande",
            endpoint="orders_pages.shown",
            values={"number": one.number},
            count=inert[one.id],
            unit="pass inertes",
        )

    together = Task(
        title="Mettre en service les pass de {count} commandes",
        about="Ils sont livrés, et ne peuvent pas encore servir : saisissez les mandats, ou "
        "activez les livraisons qu’ils couvrent.",
        action="Voir la liste",
        endpoint="orders_pages.listed",
        values={"etat": INERT},
        unit="pass inertes",
    )
    return told(found, one_of, together, lambda one: inert[one.id])


def deliveries_to_chase(session: Session, _actor: Actor, day: Day) -> list[Task]:
    """Sent orders whose day has passed, and of which something has not arrived."""
    late = look(
        lambda place: orders.orders_overdue(session, place, before=day.today),
        lambda one: one.vintage_id not in day.over,
    )
    arrived = orders.arrived(session, [one.id for one in late.things])

    def missing(one: BookletOrder) -> int:
        return one.voucher_count - arrived[one.id].delivered_count

    def one_of(one: BookletOrder) -> Task:
        return Task(
            title=f"Relancer l’imprimeur de la commande {one.number}",
            about="Le jour de livraison est passé, et tout n’est pas là.",
            action="Ouvrir la commande",
            endpoint="orders_pages.shown",
            values={"number": one.number},
            count=missing(one),
            unit="pass à livrer",
            due_on=one.expected_on,
        )

    together = Task(
        title="Relancer l’imprimeur de {count} commandes",
        about="Leur jour de livraison est passé, et tout n’est pas là.",
        action="Voir la liste",
        endpoint="orders_pages.listed",
        values={"etat": str(OrderState.SENT)},
        unit="pass à livrer",
        due_on=min((one.expected_on for one in late.things if one.expected_on), default=None),
    )
    return told(late, one_of, together, missing)


def _ordered(
    session: Session, state: OrderState, wanted: Callable[[BookletOrder], bool]
) -> Waiting[BookletOrder]:
    return look(
        lambda place: orders.orders_listed(session, place, state=state, programme_id=None), wanted
    )


def _of_orders(
    found: Waiting[BookletOrder],
    state: OrderState,
    *,
    title: str,
    titles: str,
    about: str,
    action: str,
) -> list[Task]:
    def one_of(one: BookletOrder) -> Task:
        return Task(
            title=title.format(number=one.number),
            about=about,
            action=action,
            endpoint="orders_pages.shown",
            values={"number": one.number},
            count=one.voucher_count,
            unit="pass",
            amount_cents=totals_of(one).total_cents,
        )

    together = Task(
        title=titles,
        about="Elles sont ensemble dans la liste des commandes.",
        action="Voir la liste",
        endpoint="orders_pages.listed",
        values={"etat": str(state)},
        unit="commandes",
    )
    return told(found, one_of, together)


def consignments_to_receive(session: Session, actor: Actor, day: Day) -> list[Task]:
    """What was sent here and that nobody has counted, unless all its passes have expired."""
    found = look(
        lambda place: custody.latest_consignments(
            session,
            place,
            recipient_id=actor.organisation_id,
            state=ConsignmentState.IN_TRANSIT,
            of_vintages=day.serving,
        ),
        everything,
    )
    return _of_consignments(
        session,
        found,
        ConsignmentState.IN_TRANSIT,
        title="Compter les carnets du bordereau {number}",
        titles="Compter les carnets de {count} bordereaux",
        about="Envoyés par {sender} le {day}. Ils sont à vous dès que vous les avez comptés.",
        action="Compter",
        endpoint="custody_pages.receive",
    )


def consignments_to_chase(session: Session, actor: Actor, day: Day) -> list[Task]:
    """What was sent from here long ago, and that the other end has not counted."""
    found = look(
        lambda place: custody.latest_consignments(
            session,
            place,
            sender_id=actor.organisation_id,
            sent_by=day.today - SLOW,
            state=ConsignmentState.IN_TRANSIT,
            of_vintages=day.serving,
        ),
        everything,
    )
    return _of_consignments(
        session,
        found,
        ConsignmentState.IN_TRANSIT,
        title="Relancer {recipient}",
        titles="Relancer {count} destinataires",
        about="Le bordereau {number} est parti le {day} et n’est pas compté : vous en répondez.",
        action="Voir le bordereau",
        endpoint="custody_pages.consignment",
    )


def shortfalls_to_settle(session: Session, actor: Actor, day: Day) -> list[Task]:
    """Booklets that were missing at the count of what was sent from here."""
    found = look(
        lambda place: custody.latest_consignments(
            session,
            place,
            sender_id=actor.organisation_id,
            state=ConsignmentState.RECEIVED_SHORT,
            of_vintages=day.serving,
        ),
        everything,
    )
    return _of_consignments(
        session,
        found,
        ConsignmentState.RECEIVED_SHORT,
        title="Retrouver des carnets manquants",
        titles="Retrouver les carnets manquants de {count} bordereaux",
        about="Manquants au compte du bordereau {number} : {recipient}.",
        action="Voir le bordereau",
        endpoint="custody_pages.consignment",
        booklets={
            consignment_id: len(lost)
            for consignment_id, lost in custody.still_missing(
                session, [one.id for one in found.things]
            ).items()
        },
    )


def _of_consignments(
    session: Session,
    found: Waiting[Consignment],
    state: ConsignmentState,
    *,
    title: str,
    titles: str,
    about: str,
    action: str,
    endpoint: str,
    booklets: Mapping[UUID, int] | None = None,
) -> list[Task]:
    """`booklets` counts those that each is about, where it is not about all of them."""
    if not found.things:
        return []
    names = partners.organisation_names(
        session, {party for one in found.things for party in (one.sender_id, one.recipient_id)}
    )
    counts = booklets or custody.booklets_counted(session, [one.id for one in found.things])

    def one_of(one: Consignment) -> Task:
        said = {
            "number": one.number,
            "sender": names[one.sender_id],
            "recipient": names[one.recipient_id],
            "day": day_long(one.sent_on),
        }
        return Task(
            title=title.format(**said),
            about=about.format(**said),
            action=action,
            endpoint=endpoint,
            values={"consignment_id": one.id},
            count=counts[one.id],
            unit="carnet" if counts[one.id] == 1 else "carnets",
        )

    together = Task(
        title=titles,
        about="Ils sont ensemble dans la liste des dotations.",
        action="Voir la liste",
        endpoint="custody_pages.consignments",
        values={"etat": next(word for word, one in FILTERS.items() if one == state)},
        unit="carnets",
    )
    return told(found, one_of, together, lambda one: counts[one.id])


def requests_to_answer(session: Session, _actor: Actor, _day: Day) -> list[Task]:
    """Prescribers who ask for more."""
    found = look(
        lambda place: custody.latest_requests(session, place, state=RequestState.PENDING),
        everything,
    )
    names = partners.organisation_names(session, {one.prescriber_id for one in found.things})

    def one_of(one: BookletRequest) -> Task:
        count = one.tens_count + one.fives_count
        return Task(
            title=f"Répondre à {names[one.prescriber_id]}",
            about=f"Demande {one.number} : {one.reason}",
            action="Répondre",
            endpoint="request_pages.booklet_request",
            values={"request_id": one.id},
            count=count,
            unit="carnet demandé" if count == 1 else "carnets demandés",
        )

    together = Task(
        title="Répondre à {count} demandes de carnets",
        about="Les prescripteurs attendent votre réponse.",
        action="Voir les demandes",
        endpoint="request_pages.requests",
        values={"etat": "a-traiter"},
        unit="demandes",
    )
    return told(found, one_of, together)


def booklets_to_ask_for(session: Session, actor: Actor, day: Day) -> list[Task]:
    """Sizes of which a prescriber's drawer will soon be empty, and none is on the way."""
    rates = holdings.rates(session, actor=actor, prescriber_id=actor.organisation_id, on=day.today)
    return [
        Task(
            title=f"Demander des carnets de {rate.size}",
            about=f"Au rythme actuel, ce qui reste tient {rate.days_left} "
            f"jour{'' if rate.days_left == 1 else 's'}.",
            action="Demander",
            endpoint="request_pages.new_request",
            count=rate.in_hand,
            unit="carnet en stock" if rate.in_hand == 1 else "carnets en stock",
        )
        for rate in rates
        if rate.runs_out and not rate.on_the_way
    ]


def counts_to_sign(session: Session, actor: Actor, _day: Day) -> list[Task]:
    """Counts that are closed and want a second signature, which that very person may give."""
    closers: dict[UUID, int] = {}
    works_for: dict[int, UUID] = {}

    def closed(place: Place) -> list[StockCount]:
        counts = stock.latest_counts(session, place, holder_id=actor.scope, state=CountState.CLOSED)
        closers.update(stock.closers_of(session, [one.id for one in counts]))
        works_for.update(identity.organisations_of(session, set(closers.values())))
        return counts

    def may_sign(one: StockCount) -> bool:
        closed_by = closers[one.id]
        return closed_by != actor.agent_id and one_is_of(one.holder_id, actor, works_for[closed_by])

    return _of_counts(
        look(closed, may_sign),
        CountState.CLOSED,
        title="Signer le comptage {number}",
        titles="Signer {count} comptages",
        about="Compté le {day}. Relisez les écarts : une seconde personne signe.",
        action="Relire",
    )


def counts_to_finish(session: Session, actor: Actor, _day: Day) -> list[Task]:
    """Counts of one's own cupboard that were begun and not closed."""
    return _of_counts(
        look(
            lambda place: stock.latest_counts(
                session, place, holder_id=actor.organisation_id, state=CountState.OPEN
            ),
            everything,
        ),
        CountState.OPEN,
        title="Finir le comptage {number}",
        titles="Finir {count} comptages",
        about="Commencé pour le {day}. Notez le reste, puis fermez-le.",
        action="Continuer",
    )


def _of_counts(
    found: Waiting[StockCount],
    state: CountState,
    *,
    title: str,
    titles: str,
    about: str,
    action: str,
) -> list[Task]:
    def one_of(one: StockCount) -> Task:
        return Task(
            title=title.format(number=one.number),
            about=about.format(day=day_long(one.counted_on)),
            action=action,
            endpoint="count_pages.shown",
            values={"count_id": one.id},
            unit="comptage",
        )

    together = Task(
        title=titles,
        about="Ils sont ensemble dans la liste des comptages.",
        action="Voir la liste",
        endpoint="count_pages.listed",
        values={"etat": str(state)},
        unit="comptages",
    )
    return told(found, one_of, together)


def write_offs_to_approve(session: Session, actor: Actor, _day: Day) -> list[Task]:
    """Destructions that somebody else prepared."""
    found = look(
        lambda place: losses.latest_write_offs(session, place, state=WriteOffState.WAITING),
        lambda one: one.prepared_by != actor.agent_id,
    )

    def one_of(one: WriteOff) -> Task:
        return Task(
            title=f"Approuver la destruction {one.number}",
            about=one.reason,
            action="Vérifier",
            endpoint="write_off_pages.shown",
            values={"number": one.number},
            unit="procès-verbal",
        )

    together = Task(
        title="Approuver {count} destructions",
        about="D’autres personnes les ont préparées : comptez les pass, puis approuvez.",
        action="Voir la liste",
        endpoint="write_off_pages.listed",
        values={"etat": str(WriteOffState.WAITING)},
        unit="procès-verbaux",
    )
    return told(found, one_of, together)
