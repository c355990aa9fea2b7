"""Booklets between the stock and prescribers: allocation, receipt, return, transfer, requests."""

from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.identity.rules import Actor
from app.kernel.clock import martinique_day
from app.kernel.money import euros
from app.kernel.serials import BookletNumber
from app.ledger import AccountKind
from app.partners import queries as partners
from app.partners.cli import organisation_named
from app.prescribers import custody_queries as queries
from app.prescribers.allocations import BookletRange, allocate_booklets
from app.prescribers.booklet_requests import decline_request, known_request, request_booklets
from app.prescribers.cli import PUBLIC
from app.prescribers.custody import (
    cancel_consignment,
    confirm_receipt,
    known_consignment,
    return_booklets,
    settle_shortfall,
    transfer_booklets,
)
from app.prescribers.custody_models import BookletRequest, Consignment
from app.prescribers.custody_rules import (
    FRENCH_RECALL_REASON,
    ConsignmentKind,
    Settlement,
    read_lines,
)
from app.prescribers.errors import UnknownBookletRequest, UnknownConsignment
from app.prescribers.holdings import booklets_held
from app.prescribers.recalls import prepare_recall, recalls
from app.programmes.naming import programme_named, programme_option
from app.programmes.rules import Public
from app.terminal.desk import Desk, Group, Verb, acting, repeatable
from app.terminal.values import Count, OneOf, read_id
from app.vouchers.queries import booklet_numbers

SETTLEMENT = OneOf(
    "SUITE", {"retrouvés": Settlement.FOUND, "revenus-au-stock": Settlement.RETURNED}
)
PLACES = {
    AccountKind.STOCK_INERT: "stock, inactifs",
    AccountKind.STOCK: "stock",
    AccountKind.TRANSIT: "en route",
    AccountKind.PRESCRIBER: "prescripteur",
}

booklets_option = click.option(
    "--booklets",
    multiple=True,
    metavar="PREMIER-DERNIER",
    help="Un carnet, ou une plage de carnets ; à répéter.",
)


def consignment_named(session: Session, typed: str, *, actor: Actor) -> Consignment:
    """A consignment by its number or its id, for those whose business it is.

    Raises:
        UnknownConsignment, OtherOrganisation.
    """
    consignment_id = read_id(typed)
    if consignment_id is None:
        found = queries.consignment_by_number(session, typed.strip().upper())
        if found is None:
            raise UnknownConsignment
        consignment_id = found.id
    return known_consignment(session, actor=actor, consignment_id=consignment_id)


def request_named(session: Session, typed: str, *, actor: Actor) -> BookletRequest:
    """A request by its number or its id, for those whose business it is.

    Raises:
        UnknownBookletRequest, OtherOrganisation.
    """
    request_id = read_id(typed)
    if request_id is None:
        found = queries.booklet_request_by_number(session, typed.strip().upper())
        if found is None:
            raise UnknownBookletRequest
        request_id = found.id
    return known_request(session, actor=actor, request_id=request_id)


def read_ranges(typed: tuple[str, ...]) -> list[BookletRange]:
    """« 26A00001-26A00020 », or one booklet alone; the service reads the numbers."""
    return [BookletRange(first, last) for one in typed for first, last in read_lines(one)]


@click.command("allocate", cls=Verb)
@click.argument("recipient", metavar="PRESCRIPTEUR")
@booklets_option
@click.option(
    "--request", "asked", metavar="DEMANDE", help="La demande à laquelle cette dotation répond."
)
@programme_option
@repeatable
@acting
def allocate(
    desk: Desk,
    *,
    recipient: str,
    booklets: tuple[str, ...],
    asked: str | None,
    programme: str | None,
    request_id: UUID,
) -> None:
    """Confie des carnets entiers à un prescripteur ; ils sont en route jusqu’à sa signature.

    Exemple : passnum allocate "CCAS du Lorrain" --booklets 26A00001-26A00020
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        named = organisation_named(session, recipient)
        made = allocate_booklets(
            session,
            actor=actor,
            allocation_id=request_id,
            programme_id=programme_named(session, programme).id,
            recipient_id=named.id,
            booklets=read_ranges(booklets),
            request_id=request_named(session, asked, actor=actor).id if asked else None,
            now=desk.now,
        )
    desk.answer(
        f"Dotation {made.number} en route vers « {named.name} », qui en confirmera la réception.",
        id=made.id,
        number=made.number,
    )


@click.command("accept", cls=Verb)
@click.argument("consignment", metavar="ENVOI")
@click.option(
    "--missing", multiple=True, metavar="CARNET", help="Un carnet ou une plage absents ; à répéter."
)
@click.option(
    "--damaged", multiple=True, metavar="CARNET", help="Un carnet ou une plage abîmés ; à répéter."
)
@click.option("--note", metavar="TEXTE", help="Une remarque.")
@repeatable
@acting
def accept(
    desk: Desk,
    *,
    consignment: str,
    missing: tuple[str, ...],
    damaged: tuple[str, ...],
    note: str | None,
    request_id: UUID,
) -> None:
    """Signe, chez le destinataire, ce qui est arrivé d’une dotation, d’un transfert ou d’un retour.

    Exemple : passnum accept DOT-2026-0001 --missing 26A00007 --agent prescripteur@exemple.fr
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        named = consignment_named(session, consignment, actor=actor)
        made = confirm_receipt(
            session,
            actor=actor,
            receipt_id=request_id,
            consignment_id=named.id,
            missing=read_ranges(missing),
            damaged=read_ranges(damaged),
            note=note,
            now=desk.now,
        )
    said = "ce qui manque reste en route" if missing else "ses carnets sont dans votre stock"
    desk.answer(f"Réception de l’envoi {named.number} confirmée : {said}.", id=made.id)


@click.command("return", cls=Verb)
@click.argument("sender", metavar="PRESCRIPTEUR")
@booklets_option
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi ils reviennent.")
@programme_option
@repeatable
@acting
def give_back(
    desk: Desk,
    *,
    sender: str,
    booklets: tuple[str, ...],
    reason: str,
    programme: str | None,
    request_id: UUID,
) -> None:
    """Renvoie au stock des carnets qu’un prescripteur a encore.

    Exemple : passnum return "CCAS du Lorrain" --booklets 26A00001 --reason "Fin de convention"
    """
    with desk.transaction() as session:
        named = organisation_named(session, sender)
        made = return_booklets(
            session,
            actor=desk.actor(session),
            consignment_id=request_id,
            programme_id=programme_named(session, programme).id,
            sender_id=named.id,
            booklets=read_ranges(booklets),
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"Retour {made.number} en route vers le stock, qui en comptera les carnets.",
        id=made.id,
        number=made.number,
    )


@click.command("transfer", cls=Verb)
@click.argument("sender", metavar="ENVOYEUR")
@click.argument("recipient", metavar="DESTINATAIRE")
@booklets_option
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi ils changent de mains.")
@programme_option
@repeatable
@acting
def transfer(
    desk: Desk,
    *,
    sender: str,
    recipient: str,
    booklets: tuple[str, ...],
    reason: str,
    programme: str | None,
    request_id: UUID,
) -> None:
    """Transfère des carnets d’un prescripteur à un autre ; les deux conventions sont en cours.

    Exemple : passnum transfer "CCAS du Lorrain" "CCAS du Robert" --booklets 26A00001
    --reason "Plus de demandes au Robert"
    """
    with desk.transaction() as session:
        named = organisation_named(session, recipient)
        made = transfer_booklets(
            session,
            actor=desk.actor(session),
            consignment_id=request_id,
            programme_id=programme_named(session, programme).id,
            sender_id=organisation_named(session, sender).id,
            recipient_id=named.id,
            booklets=read_ranges(booklets),
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"Transfert {made.number} en route vers « {named.name} », qui en confirmera la réception.",
        id=made.id,
        number=made.number,
    )


@click.command("cancel", cls=Verb)
@click.argument("consignment", metavar="ENVOI")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi il est annulé.")
@repeatable
@acting
def cancel(desk: Desk, *, consignment: str, reason: str, request_id: UUID) -> None:
    """Annule un envoi que personne n’a reçu ; un retour annulé est de nouveau chez l’envoyeur.

    Exemple : passnum cancel DOT-2026-0001 --reason "Mauvais destinataire"
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        named = consignment_named(session, consignment, actor=actor)
        made = cancel_consignment(
            session,
            actor=actor,
            cancellation_id=request_id,
            consignment_id=named.id,
            reason=reason,
            now=desk.now,
        )
    where = "chez l’envoyeur" if named.kind == ConsignmentKind.RETURN else "au stock"
    desk.answer(f"Envoi {named.number} annulé : ses carnets sont {where}.", id=made.id)


@click.command("settle", cls=Verb)
@click.argument("consignment", metavar="ENVOI")
@click.argument("settlement", type=SETTLEMENT)
@booklets_option
@repeatable
@acting
def settle(
    desk: Desk,
    *,
    consignment: str,
    settlement: Settlement,
    booklets: tuple[str, ...],
    request_id: UUID,
) -> None:
    """Dit ce que sont devenus des carnets comptés absents : retrouvés, ou revenus au stock.

    Exemple : passnum settle DOT-2026-0001 retrouvés --booklets 26A00007
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        named = consignment_named(session, consignment, actor=actor)
        made = settle_shortfall(
            session,
            actor=actor,
            settlement_id=request_id,
            consignment_id=named.id,
            settlement=settlement,
            booklets=read_ranges(booklets),
            now=desk.now,
        )
        left = queries.still_missing(session, [named.id])[named.id]
        numbers = booklet_numbers(session, left)
    waits = ", ".join(str(numbers[booklet_id]) for booklet_id in left) or "plus rien"
    desk.answer(f"C’est noté. Il manque encore à l’envoi {named.number} : {waits}.", id=made.id)


@click.group("request", cls=Group)
def request() -> None:
    """Les demandes de carnets : le prescripteur demande, la coordination accorde ou refuse.

    Accorder, c’est confier des carnets : passnum allocate … --request DEM-2026-0001

    Exemple : passnum request make --tens 20 --public plie --reason "Douze inscriptions"
    """


@request.command("make")
@click.option("--public", type=PUBLIC, required=True, help="Le public attendu.")
@click.option("--tens", type=Count(), default="0", help="Combien de carnets de 10.")
@click.option("--fives", type=Count(), default="0", help="Combien de carnets de 5.")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi il en faut.")
@programme_option
@repeatable
@acting
def make(
    desk: Desk,
    *,
    public: Public,
    tens: int,
    fives: int,
    reason: str,
    programme: str | None,
    request_id: UUID,
) -> None:
    """Demande des carnets pour le prescripteur pour qui vous agissez.

    Exemple : passnum request make --tens 20 --public plie --reason "Douze inscriptions"
    """
    with desk.transaction() as session:
        made = request_booklets(
            session,
            actor=desk.actor(session),
            request_id=request_id,
            programme_id=programme_named(session, programme).id,
            public=public,
            tens_count=tens,
            fives_count=fives,
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"Demande {made.number} envoyée à la coordination, qui y répondra.",
        id=made.id,
        number=made.number,
    )


@request.command("decline")
@click.argument("asked", metavar="DEMANDE")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi elle est refusée.")
@repeatable
@acting
def decline(desk: Desk, *, asked: str, reason: str, request_id: UUID) -> None:
    """Refuse une demande, et dit pourquoi.

    Exemple : passnum request decline DEM-2026-0001 --reason "Le stock est réservé"
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        named = request_named(session, asked, actor=actor)
        made = decline_request(
            session,
            actor=actor,
            answer_id=request_id,
            request_id=named.id,
            reason=reason,
            now=desk.now,
        )
    desk.answer(f"Demande {named.number} refusée ; le prescripteur en lit la raison.", id=made.id)


@click.command("holdings", cls=Verb)
@acting
def holdings(desk: Desk) -> None:
    """Qui a quels carnets ; un prescripteur lit les siens.

    Exemple : passnum holdings --agent coordination@exemple.fr
    """
    with desk.transaction(writing=False) as session:
        held = booklets_held(session, actor=desk.actor(session))
        names = {
            party: organisation.name
            for party in {h.party_id for h in held} | {h.counterparty_id for h in held}
            if (organisation := partners.organisation(session, party)) is not None
        }
    rows = [
        {
            "place": h.kind,
            "holder": names[h.party_id],
            "recipient": names[h.counterparty_id] if h.counterparty_id != h.party_id else None,
            "booklet_size": h.size,
            "first": str(BookletNumber(h.label, h.first_number)),
            "last": str(BookletNumber(h.label, h.last_number)),
            "booklet_count": h.count,
        }
        for h in held
    ]
    desk.table(
        rows,
        {
            "Où": lambda h: PLACES[AccountKind(h["place"])],
            "Chez": lambda h: h["holder"],
            "Vers": lambda h: h["recipient"] or "",
            "Carnets de": lambda h: h["booklet_size"],
            "Du": lambda h: h["first"],
            "Au": lambda h: h["last"],
            "Carnets": lambda h: h["booklet_count"],
        },
        none="Aucun carnet entier.",
    )


@click.group("recall", cls=Group)
def recall() -> None:
    """Ce qui est à faire rentrer : les carnets de qui ne peut plus en détenir.

    Exemple : passnum recall list
    """


@recall.command("list")
@acting
def list_recalls(desk: Desk) -> None:
    """Montre ce qui est à faire rentrer, chez qui et pourquoi ; un prescripteur lit le sien.

    Exemple : passnum recall list --agent coordination@exemple.fr
    """
    with desk.transaction(writing=False) as session:
        rows = [
            {
                "holder": one.holder,
                "programme": one.programme,
                "reason": one.reason,
                "since": one.since,
                "booklet_count": one.booklet_count,
                "voucher_count": one.voucher_count,
                "amount_cents": one.amount_cents,
            }
            for one in recalls(session, actor=desk.actor(session), on=martinique_day(desk.now))
        ]
    desk.table(
        rows,
        {
            "Chez": lambda r: r["holder"],
            "Dispositif": lambda r: r["programme"],
            "Pourquoi": lambda r: FRENCH_RECALL_REASON[r["reason"]],
            "Depuis le": lambda r: f"{r['since']:%d/%m/%Y}" if r["since"] else "–",
            "Carnets": lambda r: r["booklet_count"],
            "Pass": lambda r: r["voucher_count"],
            "Valeur": lambda r: euros(r["amount_cents"]),
        },
        none="Rien n’est à faire rentrer.",
    )


@recall.command("return")
@click.argument("holder", metavar="PRESCRIPTEUR")
@programme_option
@repeatable
@acting
def return_recalled(desk: Desk, *, holder: str, programme: str | None, request_id: UUID) -> None:
    """Prépare le retour de tout ce qu’une structure doit rendre d’un dispositif.

    Exemple : passnum recall return "CCAS du Lorrain"
    """
    with desk.transaction() as session:
        made = prepare_recall(
            session,
            actor=desk.actor(session),
            consignment_id=request_id,
            programme_id=programme_named(session, programme).id,
            holder_id=organisation_named(session, holder).id,
            now=desk.now,
        )
    desk.answer(
        f"Retour {made.number} en route vers le stock, qui en comptera les carnets.",
        id=made.id,
        number=made.number,
    )
