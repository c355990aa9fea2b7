"""The information kit of a programme, gathered from its settings and from the directory."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.config import EXAMPLE_URL
from app.guides.rules import Kit, KitVintage, Reached, Spot
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.text import written_phone
from app.mediators import queries as mediators
from app.partners import queries as partners
from app.partners.models import Organisation
from app.partners.rules import AgreementRole
from app.programmes import queries as programmes
from app.programmes.rules import Payer, Public
from app.programmes.service import known_programme, settings_on, terms_of

PUBLIC_PAGE = "/pass-numerique"


def kit_of(
    session: Session, *, actor: Actor, programme_id: UUID, public_url: str, now: datetime
) -> Kit:
    """What the papers of the kit say today.

    Raises:
        RightMissing, UnknownProgramme: not for this person, or there is no such programme.
    """
    actor.check(Right.SEE_PROGRAMME)
    on = martinique_day(now)
    programme = known_programme(session, programme_id)
    terms = terms_of(session, settings_on(session, programme_id, on))
    names = partners.organisation_names(session, [programme.sponsor_id, programme.issuer_id])
    specimen = programmes.is_demonstration(session)
    reached = how_to_reach(session, programme.sponsor_id)
    payer = programme.issuer_id if programme.payer == Payer.ISSUER else programme.sponsor_id
    return Kit(
        programme_name=programme.name,
        sponsor=names[programme.sponsor_id],
        on=on,
        vintages=_vintages(session, programme_id, on),
        entitlements=tuple(
            sorted(terms.entitlements, key=lambda one: list(Public).index(one.public))
        ),
        pays=names[payer],
        payment_delay_days=terms.payment_delay_days,
        fee_basis_points=terms.redemption_fee_basis_points,
        withhold_days_before_end=terms.withhold_days_before_end,
        late_days_before_end=terms.late_days_before_end,
        certification_required=terms.certification_required,
        session_required=terms.session_required,
        prescribers=where_to_ask(session, on=on),
        places=_spots(
            session, [one.organisation for one in mediators.places_receiving(session, on=on)]
        ),
        reached=tuple(filter(None, (written_phone(reached.phone), reached.email))),
        page=public_page(public_url, specimen=specimen),
        specimen=specimen,
    )


def where_to_ask(session: Session, *, on: date) -> tuple[Spot, ...]:
    """Who hands passes out under an agreement in force that day, by commune."""
    ids = partners.roles_by_organisation(session, [AgreementRole.PRESCRIBER], on=on)
    return _spots(session, list(partners.organisations_by_id(session, ids).values()))


def public_page(public_url: str, *, specimen: bool) -> str:
    """Where anybody reads about the scheme; nothing while only the example address is known.

    A demonstration shows the example: a reserved name that leads nowhere.
    """
    if public_url == EXAMPLE_URL and not specimen:
        return ""
    return f"{public_url.rstrip('/')}{PUBLIC_PAGE}"


def _spots(session: Session, organisations: list[Organisation]) -> tuple[Spot, ...]:
    phones = partners.phones_of(session, [one.id for one in organisations])
    return tuple(
        sorted(
            (Spot(one.name, one.commune, phones.get(one.id, "")) for one in organisations),
            key=lambda spot: (spot.commune, spot.name),
        )
    )


def _vintages(session: Session, programme_id: UUID, on: date) -> tuple[KitVintage, ...]:
    return tuple(
        KitVintage(
            one.label,
            ledger.face_value(session, one.vintage_id),
            one.valid_until,
            one.last_redemption_on,
        )
        # What was taken over is handed out no more.
        for one in sorted(
            programmes.vintages_of(session, programme_id),
            key=lambda one: (one.taken_over, one.valid_until, one.label),
        )
        if on <= one.valid_until
    )


def how_to_reach(session: Session, sponsor_id: UUID | None = None) -> Reached:
    """How a sponsor is reached; without one named, that of the first programme."""
    if sponsor_id is None:
        first = programmes.programmes_after(session, None, limit=1)
        if not first:
            return Reached()
        sponsor_id = first[0].sponsor_id
    sponsor = partners.organisation(session, sponsor_id)
    address = partners.address_of(session, sponsor_id)
    contacts = partners.contacts_of(session, sponsor_id)
    commune = sponsor.commune if sponsor else ""
    return Reached(
        name=sponsor.name if sponsor else "",
        address=tuple(
            filter(
                None, (address.street, address.complement, f"{address.postcode} {commune}".strip())
            )
        )
        if address and address.street
        else (),
        phone=next((one.phone for one in contacts if one.phone), ""),
        email=next((one.email for one in contacts if one.email), ""),
    )
