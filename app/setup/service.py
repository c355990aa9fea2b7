"""How far a beginning has come: each step is read from what the database holds, none is ticked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.lists import Place
from app.identity.rules import Actor, Right, Role
from app.kernel.money import euros
from app.kernel.text import de
from app.mediators import queries as mediators
from app.orders import queries as orders
from app.orders.rules import FRENCH_STATE as FRENCH_ORDER_STATE
from app.orders.rules import OrderState
from app.partners import queries as partners
from app.partners.models import Organisation
from app.partners.rules import AgreementRole, OrganisationKind
from app.programmes import queries as programmes
from app.programmes import words
from app.programmes.models import Programme, VintageTerms
from app.programmes.rules import FRENCH_PUBLIC, Payer, Terms
from app.programmes.service import known_programme, terms_of
from app.setup import queries
from app.setup.rules import (
    DUTIES,
    OF_THE_SPONSOR,
    Chapter,
    Link,
    Path,
    Shared,
    State,
    Step,
    shared,
)
from app.web.format import day_long

FEW = 4
"""So many organisations are named in a line, each with its page; the others are counted."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """A programme's beginning, or that of none yet."""

    programme: Programme | None
    path: Path
    duties: tuple[Shared, ...]


@dataclass(frozen=True, slots=True)
class _Scheme:
    """What the steps are read from."""

    session: Session
    on: date
    programme: Programme | None
    terms: Terms
    answered: frozenset[str]
    issuers: tuple[str, ...]
    funders: tuple[str, ...]
    vintage: VintageTerms | None


def set_up(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID | None,
    answered: frozenset[str],
    on: date,
    begin: bool = False,
) -> SetUp:
    """The path of a programme, of the latest one, or with `begin` of one that is not open yet.

    `answered` are the pages that a draft of the new programme holds.

    Raises:
        RightMissing, UnknownProgramme.
    """
    actor.check(Right.MANAGE_PROGRAMME)
    programme = None
    if programme_id:
        programme = known_programme(session, programme_id)
    elif not begin:
        programme = queries.latest_programme(session)
    terms, vintage = Terms(), None
    if programme:
        applied = programmes.settings_applied(session, [programme.id], on)[programme.id]
        terms = terms_of(session, applied)
        vintage = next(
            (
                one
                for one in reversed(programmes.vintages_of(session, programme.id))
                if one.valid_until >= on and not one.taken_over
            ),
            None,
        )
    scheme = _Scheme(
        session,
        on,
        programme,
        terms,
        answered,
        tuple(partners.names_of_kind(session, OrganisationKind.ISSUER)),
        tuple(partners.names_of_kind(session, OrganisationKind.FUNDER)),
        vintage,
    )
    people = [
        (agent.name, Role(agent.role)) for agent in queries.agents_in(session, OF_THE_SPONSOR)
    ]
    duties = tuple(shared(duty, people) for duty in DUTIES)
    return SetUp(
        programme,
        Path(
            (
                Chapter("Le dispositif", (*_before(scheme), *_settings(scheme), _vintage(scheme))),
                Chapter("Les partenaires", tuple(_partners(scheme))),
                Chapter("Les personnes", (_team(scheme, duties), _agents(scheme))),
                Chapter("Les premiers carnets", (_order(scheme), _kit(scheme))),
            )
        ),
        duties,
    )


def steps_left(session: Session, *, actor: Actor, on: date) -> int:
    """How many steps are open before the first order; nothing once anything was ordered."""
    if queries.any_order(session):
        return 0
    found = set_up(session, actor=actor, programme_id=None, answered=frozenset(), on=on)
    return sum(step.open for step in found.path.steps)


# ── The programme ─────────────────────────────────────────────────────────────────────────────────


def _before(scheme: _Scheme) -> tuple[Step, Step]:
    return (
        Step(
            "L’émetteur",
            "Qui garantit les pass et les fait imprimer.",
            State.DONE if scheme.issuers else State.TO_DO,
            ", ".join(scheme.issuers) or "Aucun émetteur n’est enregistré.",
            Link("Enregistrer l’émetteur", "partner_profile.new_partner", {"nature": "issuer"})
            if not scheme.issuers
            else None,
        ),
        Step(
            "Les financeurs",
            "Qui rembourse une part des pass utilisés : l’État, la Région…",
            State.DONE if scheme.funders else State.NOT_NEEDED,
            ", ".join(scheme.funders) or "Aucun : la collectivité prend tout en charge.",
            Link("Ajouter un financeur", "partner_profile.new_partner", {"nature": "funder"}),
        ),
    )


_SETTINGS = (
    ("dispositif", "Nom et payeur", "Qui commande, qui garantit, qui paie les médiateurs."),
    (
        "publics",
        "Publics et carnets",
        "Combien de carnets reçoit une personne, et combien de fois.",
    ),
    ("financeurs", "Parts des financeurs", "Qui paie quelle part de ce qui sert."),
    ("argent", "Frais, délai, budget", "Ce que reçoit un médiateur pour 100 €, et quand."),
    ("fin", "Calendrier de la fin", "Quand alerter, retenir, cesser de payer, et solder."),
    ("sans-reseau", "Sans réseau", "Le risque accepté là où le réseau manque."),
    ("controles", "Demandes et rappels", "Ce qu’un médiateur doit écrire, ce qui est rappelé."),
    ("signalements", "Signalements", "Ce qui surprend assez pour qu’une personne regarde."),
)


def _settings(scheme: _Scheme) -> Iterable[Step]:
    if scheme.programme:
        said = _said_of_settings(scheme, scheme.programme)
        for name, title, purpose in _SETTINGS:
            act = (
                Link("Voir le dispositif", "programmes_pages.programme", _id(scheme.programme))
                if name == "dispositif"
                else Link(
                    "Relire ou changer",
                    "setting_steps.step",
                    {**_id(scheme.programme), "name": name},
                )
            )
            yield Step(title, purpose, State.DONE, said[name], act)
        return
    for name, title, purpose in _SETTINGS:
        answered = name in scheme.answered
        if name == "dispositif" and not scheme.issuers:
            state, said_here = State.BLOCKED, "Il faut d’abord enregistrer l’émetteur."
        elif answered:
            state, said_here = State.BEGUN, "Répondu, et gardé jusqu’à l’ouverture du dispositif."
        else:
            state, said_here = State.TO_DO, "La réponse préconisée est déjà écrite : relisez-la."
            if name == "dispositif":
                said_here = "Rien n’est encore écrit."
        link = (
            Link("Répondre", "setting_steps.start")
            if name == "dispositif"
            else Link("Répondre", "setting_steps.new_step", {"name": name})
        )
        yield Step(
            title,
            purpose,
            state,
            said_here,
            Link("Changer", link.endpoint, link.values)
            if answered
            else None
            if state is State.BLOCKED
            else link,
        )
    ready = "dispositif" in scheme.answered
    yield Step(
        "Relire et ouvrir",
        "Toutes les réponses sur une page, puis le dispositif est ouvert.",
        State.TO_DO if ready else State.BLOCKED,
        "Une page non relue garde ce qui est préconisé."
        if ready
        else "Il faut d’abord le nom et le payeur.",
        Link("Relire", "setting_steps.review_new") if ready else None,
    )


def _said_of_settings(scheme: _Scheme, programme: Programme) -> Mapping[str, str]:
    terms = scheme.terms
    end = scheme.vintage.valid_until if scheme.vintage else date(scheme.on.year + 1, 12, 31)
    *_, (last, _) = words.end_of(terms, end)
    paid = "La collectivité" if programme.payer == Payer.AUTHORITY else "L’émetteur"
    first = terms.entitlements[0] if terms.entitlements else None
    others = len(terms.entitlements) - 1
    return {
        "dispositif": f"{programme.name}. {paid} paie les médiateurs.",
        "publics": f"{FRENCH_PUBLIC[first.public]} : {words.entitlement(first)}"
        + (
            f", et {others} autre{'s' if others > 1 else ''} public{'s' if others > 1 else ''}."
            if others
            else "."
        )
        if first
        else "Rien n’est prévu pour personne.",
        "financeurs": words.rest(terms) or "Les financeurs prennent tout en charge.",
        "argent": words.kept_back(terms),
        "fin": f"Pour des pass valables jusqu’au {day_long(end)}, tout est soldé à partir du "
        f"{day_long(last)}.",
        "sans-reseau": words.sentence("offline_pass_count", terms),
        "controles": words.sentence("session_required", terms),
        "signalements": words.sentence("signal_sitting_minutes", terms),
    }


def _id(programme: Programme) -> Mapping[str, object]:
    return {"programme_id": programme.id}


def _vintage(scheme: _Scheme) -> Step:
    title, purpose = (
        "Valeur et validité des pass",
        "Un millésime : ce que vaut un pass et ses jours. C’est imprimé, et ne change plus.",
    )
    if scheme.programme is None:
        said = "Il faut d’abord ouvrir le dispositif."
        return Step(title, purpose, State.BLOCKED, said, None)
    act = Link("Ouvrir un millésime", "programmes_pages.new_vintage", _id(scheme.programme))
    if scheme.vintage is None:
        said = "Aucun millésime ne peut être commandé."
        return Step(title, purpose, State.TO_DO, said, act)
    worth = euros(ledger.face_value(scheme.session, scheme.vintage.vintage_id))
    return Step(
        title,
        purpose,
        State.DONE,
        f"{scheme.vintage.label} : {worth} le pass, du "
        f"{day_long(scheme.vintage.valid_from)} au {day_long(scheme.vintage.valid_until)}.",
        Link("Voir le dispositif", "programmes_pages.programme", _id(scheme.programme)),
    )


# ── Partners ──────────────────────────────────────────────────────────────────────────────────────


def _partners(scheme: _Scheme) -> Iterable[Step]:
    session, on = scheme.session, scheme.on
    in_role = {
        role: partners.directory(session, role=role, on=on)
        for role in (AgreementRole.PRESCRIBER, AgreementRole.MEDIATOR, AgreementRole.VENUE)
    }
    unsigned = queries.unsigned(session)
    prescribers, takers = in_role[AgreementRole.PRESCRIBER], in_role[AgreementRole.MEDIATOR]
    yield _signed(
        "Les prescripteurs",
        "Qui reçoit les personnes et remet les carnets : CCAS, France Services, missions locales…",
        AgreementRole.PRESCRIBER,
        prescribers,
        [] if prescribers else unsigned,
    )
    yield _signed(
        "Les médiateurs",
        "Qui accompagne les personnes et encaisse les pass.",
        AgreementRole.MEDIATOR,
        takers,
        [] if takers else unsigned,
    )
    if prescribers and takers and unsigned:
        yield Step(
            "Les autres structures",
            "Sans convention, une structure ne remet ni n’encaisse.",
            State.NOT_NEEDED,
            f"Sans convention : {_named(unsigned)}",
            None,
            _each("Signer avec {name}", unsigned, "partner_signing.agreement"),
        )
    yield _labels(session, takers, on)
    yield _cash_offices(session, prescribers, takers, on)
    yield _accounts(scheme, takers)
    venues = in_role[AgreementRole.VENUE]
    yield Step(
        "Les lieux d’accueil",
        "Qui prête une salle pour des accompagnements.",
        State.DONE if venues else State.NOT_NEEDED,
        _named(venues) or "Aucun pour l’instant.",
        Link("Ajouter une structure", "partner_profile.new_partner"),
    )


def _signed(
    title: str,
    purpose: str,
    role: AgreementRole,
    found: Sequence[Organisation],
    unsigned: Sequence[Organisation],
) -> Step:
    said = _named(found) or "Aucune convention n’est en cours."
    if unsigned:
        said += f" Déjà enregistré : {_named(unsigned)}"
    return Step(
        title,
        purpose,
        State.DONE if found else State.BEGUN if unsigned else State.TO_DO,
        said,
        Link("Ajouter une structure", "partner_profile.new_partner"),
        _each("Signer avec {name}", unsigned, "partner_signing.agreement", role=role),
    )


def _labels(session: Session, takers: Sequence[Organisation], on: date) -> Step:
    title, purpose = "Les labels", "Sans label en cours, un médiateur n’encaisse pas."
    if not takers:
        said = "Il faut d’abord un médiateur."
        return Step(title, purpose, State.BLOCKED, said, None)
    lacking = [one for one in takers if mediators.label_in_force(session, one.id, on=on) is None]
    if not lacking:
        return Step(title, purpose, State.DONE, "Chaque médiateur a le sien.", None)
    return Step(
        title,
        purpose,
        State.TO_DO,
        f"Sans label : {_named(lacking)}",
        None,
        _each("Label {of}", lacking, "partner_signing.label"),
    )


def _cash_offices(
    session: Session,
    prescribers: Sequence[Organisation],
    takers: Sequence[Organisation],
    on: date,
) -> Step:
    title = "Les régies"
    purpose = (
        "Un organisme public ne détient ni n’encaisse de pass sans régie, ou sans votre mandat."
    )
    ids = {one.id for one in (*prescribers, *takers)}
    if not ids:
        said = "Il faut d’abord une convention avec un prescripteur ou un médiateur."
        return Step(title, purpose, State.BLOCKED, said, None)
    hold = mediators.among_those_who(session, mediators.may_hold(on), [o.id for o in prescribers])
    cash = mediators.among_those_who(session, mediators.may_cash(on), [o.id for o in takers])
    lacking = {one.id: one for one in prescribers if one.id not in hold}
    lacking |= {one.id: one for one in takers if one.id not in cash}
    if not lacking:
        public = any(one.public_body for one in (*prescribers, *takers))
        return Step(
            title,
            purpose,
            State.DONE if public else State.NOT_NEEDED,
            "Chaque organisme public a la sienne, ou un mandat."
            if public
            else "Aucun partenaire n’est un organisme public.",
            None,
        )
    return Step(
        title,
        purpose,
        State.TO_DO,
        f"Sans régie ni mandat : {_named(list(lacking.values()))}",
        None,
        (
            *_each("Régie {of}", list(lacking.values()), "partner_signing.cash_office"),
            *_each(
                "Mandat pour {name}",
                list(lacking.values()),
                "partner_signing.agreement",
                role=AgreementRole.MANDATE,
            ),
        ),
    )


def _accounts(scheme: _Scheme, takers: Sequence[Organisation]) -> Step:
    title, purpose = "Les comptes bancaires", "Où chaque médiateur est payé ; deux personnes."
    if not takers:
        said = "Il faut d’abord un médiateur."
        return Step(title, purpose, State.BLOCKED, said, None)
    ready = queries.with_an_account_to_pay(scheme.session, [one.id for one in takers])
    lacking = [one for one in takers if one.id not in ready]
    if not lacking:
        return Step(title, purpose, State.DONE, "Chaque médiateur a un compte confirmé.", None)
    return Step(
        title,
        purpose,
        State.TO_DO,
        f"Sans compte confirmé : {_named(lacking)}",
        None,
        _each("Compte {of}", lacking, "partner_profile.bank_details"),
    )


def _named(found: Sequence[Organisation]) -> str:
    if not found:
        return ""
    names = ", ".join(one.name for one in found[:FEW])
    left = len(found) - FEW
    return f"{names} et {left} autre{'s' if left > 1 else ''}." if left > 0 else f"{names}."


def _each(
    act: str, found: Sequence[Organisation], endpoint: str, **values: object
) -> tuple[Link, ...]:
    """The same act for each of the first; « {of} » in its words is « de » and the name."""
    return tuple(
        Link(act.format(name=one.name, of=de(one.name)), endpoint, {"partner_id": one.id, **values})
        for one in found[:FEW]
    )


# ── People ────────────────────────────────────────────────────────────────────────────────────────


def _team(scheme: _Scheme, duties: Sequence[Shared]) -> Step:
    title = "Deux personnes pour chaque décision"
    purpose = (
        "Qui prépare n’approuve pas : sans une deuxième personne, rien ne part et rien n’est payé."
    )
    missing = list(dict.fromkeys(one.missing for one in duties if one.missing))
    act = Link("Voir les comptes", "accounts_pages.listed")
    if not missing:
        return Step(title, purpose, State.DONE, "Personne ne manque.", act)
    managers = queries.agents_in(scheme.session, [Role.ADMINISTRATOR])
    asked = ", ".join(agent.name for agent in managers)
    who = f" L’administration des comptes les invite : {asked}." if asked else ""
    return Step(title, purpose, State.TO_DO, " ".join(missing) + who, act)


def _agents(scheme: _Scheme) -> Step:
    title = "Les agents des partenaires"
    purpose = "Chaque prescripteur et chaque médiateur se connecte avec un compte à lui."
    roles = {
        AgreementRole.PRESCRIBER: Role.PRESCRIBER,
        AgreementRole.MEDIATOR: Role.MEDIATOR,
    }
    signed = {role: partners.directory(scheme.session, role=role, on=scheme.on) for role in roles}
    everybody = [one for found in signed.values() for one in found]
    if not everybody:
        said = "Il faut d’abord une convention avec un prescripteur ou un médiateur."
        return Step(title, purpose, State.BLOCKED, said, None)
    ready = queries.with_agents(scheme.session, [one.id for one in everybody])
    lacking = {one.id: one for one in everybody if one.id not in ready}
    if not lacking:
        return Step(title, purpose, State.DONE, "Chacun a au moins un compte.", None)
    links = [
        Link(
            f"Inviter pour {one.name}",
            "accounts_pages.invite",
            {"structure": one.id, "role": roles[role]},
        )
        for role, found in signed.items()
        for one in found
        if one.id in lacking
    ]
    return Step(
        title,
        purpose,
        State.TO_DO,
        f"Sans compte : {_named(list(lacking.values()))}",
        None,
        tuple(links[:FEW]),
    )


# ── Booklets ──────────────────────────────────────────────────────────────────────────────────────


def _order(scheme: _Scheme) -> Step:
    title = "La première commande"
    purpose = "Vous la préparez, une autre personne l’approuve, l’émetteur imprime."
    if scheme.programme is None or scheme.vintage is None:
        said = "Il faut d’abord un millésime."
        return Step(title, purpose, State.BLOCKED, said, None)
    found = [
        one
        for one in orders.orders_listed(
            scheme.session, Place(FEW), state=None, programme_id=scheme.programme.id
        )
        if orders.cancellation(scheme.session, one.id) is None
    ]
    if not found:
        return Step(
            title,
            purpose,
            State.TO_DO,
            "Calculez d’abord combien de carnets il faut : le calcul reste avec la commande.",
            Link("Calculer le besoin", "order_preparing.planned"),
        )
    first = found[-1]
    state = orders.progress(scheme.session, [first.id])[first.id].state
    waits = " Une autre personne l’approuve." if state is OrderState.PREPARED else ""
    return Step(
        title,
        purpose,
        State.DONE,
        f"Commande {first.number}, {FRENCH_ORDER_STATE[state]}.{waits}",
        Link("Voir la commande", "orders_pages.shown", {"number": first.number}),
    )


def _kit(scheme: _Scheme) -> Step:
    title, purpose = (
        "Le kit d’information",
        "L’affiche et les fiches que reçoivent les partenaires.",
    )
    if scheme.programme is None or scheme.vintage is None:
        said = "Il faut d’abord un millésime : la valeur d’un pass y figure."
        return Step(title, purpose, State.BLOCKED, said, None)
    return Step(
        title,
        purpose,
        State.DONE,
        "Prêt à imprimer, avec les chiffres d’aujourd’hui.",
        Link("Ouvrir le kit", "kit_pages.kit", {"dispositif": scheme.programme.id}),
    )
