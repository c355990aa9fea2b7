"""What waits for a person about booklets: orders, what travels, requests, counts, destructions."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.database import Place
from app.desk.rules import MANY, Task, told
from app.identity.rules import Actor
from app.losses import queries as losses
from app.losses.rules import WriteOffState
from app.orders import queries as orders
from app.orders.models import BookletOrder
from app.orders.rules import OrderState
from app.orders.service import totals_of
from app.partners import queries as partners
from app.prescribers import custody_queries as custody
from app.prescribers import holdings
from app.prescribers.custody_models import BookletRequest, Consignment
from app.prescribers.custody_rules import ConsignmentState, RequestState
from app.programmes import queries as programmes
from app.stock import queries as stock
from app.stock.count_rules import CountState
from app.stock.counts import may_sign_for

SLOW = timedelta(days=7)
"""A consignment that nobody counted for that long is worth a call."""


def orders_to_approve(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Orders that somebody else prepared."""
    found = [
        one for one in _ordered(session, OrderState.PREPARED) if one.prepared_by != actor.agent_id
    ]
    return _of_orders(
        found,
        OrderState.PREPARED,
        title="Approuver la commande {number}",
        titles="Approuver {count} commandes",
        about="Une autre personne l’a préparée. Relisez les carnets et le prix.",
        action="Vérifier",
    )


def orders_to_send(session: Session, _actor: Actor, _today: date) -> list[Task]:
    """Approved orders that have not left, but for those of a frozen programme."""
    frozen = {freeze.programme_id for _, freeze in programmes.open_freezes(session)}
    return _of_orders(
        [one for one in _ordered(session, OrderState.APPROVED) if one.programme_id not in frozen],
        OrderState.APPROVED,
        title="Envoyer la commande {number}",
        titles="Envoyer {count} commandes",
        about="Elle est approuvée : l’imprimeur l’attend.",
        action="Envoyer",
    )


def deliveries_to_activate(session: Session, _actor: Actor, _today: date) -> list[Task]:
    """What arrived and cannot serve yet: a mandat or the activation lacks."""
    arrived = [
        *_ordered(session, OrderState.DELIVERED),
        *_ordered(session, OrderState.SENT),
    ]
    progress = orders.progress(session, [one.id for one in arrived])
    tasks = []
    for one in arrived:
        come = progress[one.id]
        inert = come.delivered_count - come.activated_count
        if not inert:
            continue
        tasks.append(
            Task(
                title=f"Mettre en service les pass de la commande {one.number}",
                about="Ils sont livrés, et ne peuvent pas encore servir : saisissez le mandat, ou "
                "activez la livraison qu’il couvre.",
                action="Ouvrir la commande",
                endpoint="orders_pages.shown",
                values={"number": one.number},
                count=inert,
                unit="pass inertes",
            )
        )
    return tasks


def deliveries_to_chase(session: Session, _actor: Actor, today: date) -> list[Task]:
    """Sent orders whose day has passed, and of which something has not arrived."""
    late = [
        one
        for one in _ordered(session, OrderState.SENT)
        if one.expected_on is not None and one.expected_on < today
    ]
    progress = orders.progress(session, [one.id for one in late])
    return [
        Task(
            title=f"Relancer l’imprimeur de la commande {one.number}",
            about=f"La livraison était attendue le {one.expected_on:%d/%m/%Y}.",
            action="Ouvrir la commande",
            endpoint="orders_pages.shown",
            values={"number": one.number},
            count=one.voucher_count - progress[one.id].delivered_count,
            unit="pass à livrer",
        )
        for one in late
    ]


def _ordered(session: Session, state: OrderState) -> list[BookletOrder]:
    return orders.orders_listed(session, Place(MANY), state=state, programme_id=None)


def _of_orders(
    found: Sequence[BookletOrder],
    state: OrderState,
    *,
    title: str,
    titles: str,
    about: str,
    action: str,
) -> list[Task]:
    if not found:
        return []

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

    def together(several: Sequence[BookletOrder]) -> Task:
        return Task(
            title=titles.format(count=len(several)),
            about="Elles sont ensemble dans la liste des commandes.",
            action="Voir la liste",
            endpoint="orders_pages.listed",
            values={"etat": str(state)},
            count=len(several),
            unit="commandes",
        )

    return told(found, one_of, together)


def consignments_to_receive(session: Session, actor: Actor, _today: date) -> list[Task]:
    """What was sent here and that nobody has counted."""
    found = custody.latest_consignments(
        session,
        Place(MANY),
        recipient_id=actor.organisation_id,
        state=ConsignmentState.IN_TRANSIT,
    )
    return _of_consignments(
        session,
        found,
        title="Compter les carnets du bordereau {number}",
        titles="Compter les carnets de {count} bordereaux",
        about="Envoyés par {sender} le {day}. Ils sont à vous dès que vous les avez comptés.",
        action="Compter",
        endpoint="custody_pages.receive",
    )


def consignments_to_chase(session: Session, actor: Actor, today: date) -> list[Task]:
    """What was sent from here long ago, and that the other end has not counted."""
    found = [
        one
        for one in custody.latest_consignments(
            session,
            Place(MANY),
            party_id=actor.organisation_id,
            state=ConsignmentState.IN_TRANSIT,
        )
        if one.sender_id == actor.organisation_id and one.sent_on <= today - SLOW
    ]
    return _of_consignments(
        session,
        found,
        title="Relancer {recipient}",
        titles="Relancer {count} destinataires",
        about="Le bordereau {number} est parti le {day} et n’est pas compté : vous en répondez.",
        action="Voir le bordereau",
        endpoint="custody_pages.consignment",
    )


def shortfalls_to_settle(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Booklets that were missing at the count of what was sent from here."""
    found = [
        one
        for one in custody.latest_consignments(
            session,
            Place(MANY),
            party_id=actor.organisation_id,
            state=ConsignmentState.RECEIVED_SHORT,
        )
        if one.sender_id == actor.organisation_id
    ]
    return _of_consignments(
        session,
        found,
        title="Retrouver des carnets manquants",
        titles="Retrouver les carnets manquants de {count} bordereaux",
        about="Au compte du bordereau {number}, {recipient} ne les a pas trouvés.",
        action="Voir le bordereau",
        endpoint="custody_pages.consignment",
        booklets={
            consignment_id: len(lost)
            for consignment_id, lost in custody.still_missing(
                session, [one.id for one in found]
            ).items()
        },
    )


def _of_consignments(
    session: Session,
    found: Sequence[Consignment],
    *,
    title: str,
    titles: str,
    about: str,
    action: str,
    endpoint: str,
    booklets: Mapping[UUID, int] | None = None,
) -> list[Task]:
    """`booklets` counts those that each is about, where it is not about all of them."""
    if not found:
        return []
    names = partners.organisation_names(
        session, {party for one in found for party in (one.sender_id, one.recipient_id)}
    )
    counts = booklets or custody.booklets_counted(session, [one.id for one in found])

    def one_of(one: Consignment) -> Task:
        said = {
            "number": one.number,
            "sender": names[one.sender_id],
            "recipient": names[one.recipient_id],
            "day": f"{one.sent_on:%d/%m/%Y}",
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

    def together(several: Sequence[Consignment]) -> Task:
        return Task(
            title=titles.format(count=len(several)),
            about="Ils sont ensemble dans la liste des dotations.",
            action="Voir la liste",
            endpoint="custody_pages.consignments",
            count=sum(counts[one.id] for one in several),
            unit="carnets",
        )

    return told(found, one_of, together)


def requests_to_answer(session: Session, _actor: Actor, _today: date) -> list[Task]:
    """Prescribers who ask for more."""
    found = custody.latest_requests(session, Place(MANY), state=RequestState.PENDING)
    names = partners.organisation_names(session, {one.prescriber_id for one in found})

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

    def together(several: Sequence[BookletRequest]) -> Task:
        return Task(
            title=f"Répondre à {len(several)} demandes de carnets",
            about="Les prescripteurs attendent votre réponse.",
            action="Voir les demandes",
            endpoint="request_pages.requests",
            count=len(several),
            unit="demandes",
        )

    return told(found, one_of, together)


def booklets_to_ask_for(session: Session, actor: Actor, today: date) -> list[Task]:
    """Sizes of which a prescriber's drawer will soon be empty, and none is on the way."""
    rates = holdings.rates(session, actor=actor, prescriber_id=actor.organisation_id, on=today)
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


def counts_to_sign(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Counts that are closed and want a second signature, which that very person may give."""
    closed = stock.latest_counts(
        session, Place(MANY), holder_id=actor.scope, state=CountState.CLOSED
    )
    found = [
        one
        for one in closed
        if (closing := stock.closing_of(session, one.id)) is not None
        and closing.closed_by != actor.agent_id
        and may_sign_for(session, actor, one.holder_id, closing.closed_by)
    ]
    return [
        Task(
            title=f"Signer le comptage {one.number}",
            about=f"Compté le {one.counted_on:%d/%m/%Y}. Relisez les écarts : une seconde personne "
            "signe.",
            action="Relire",
            endpoint="count_pages.shown",
            values={"count_id": one.id},
            count=1,
            unit="comptage",
        )
        for one in found
    ]


def counts_to_finish(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Counts of one's own cupboard that were begun and not closed."""
    found = stock.latest_counts(
        session, Place(MANY), holder_id=actor.organisation_id, state=CountState.OPEN
    )
    return [
        Task(
            title=f"Finir le comptage {one.number}",
            about=f"Commencé pour le {one.counted_on:%d/%m/%Y}. Notez le reste, puis fermez-le.",
            action="Continuer",
            endpoint="count_pages.shown",
            values={"count_id": one.id},
            count=1,
            unit="comptage",
        )
        for one in found
    ]


def write_offs_to_approve(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Destructions that somebody else prepared."""
    waiting = losses.latest_write_offs(session, Place(MANY), state=WriteOffState.WAITING)
    return [
        Task(
            title=f"Approuver la destruction {one.number}",
            about=one.reason,
            action="Vérifier",
            endpoint="write_off_pages.shown",
            values={"number": one.number},
            count=1,
            unit="procès-verbal",
        )
        for one in waiting
        if one.prepared_by != actor.agent_id
    ]
