"""The information kit on pages: its four papers, and the page that the poster leads to."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.guides import service
from app.guides.papers import FRENCH_PAPER, booklets, kit_paper
from app.guides.rules import ASKED, Kit, KitPaper, Spot
from app.identity.rules import Right
from app.kernel.communes import COMMUNES, commune_named
from app.kernel.money import NO_BREAK
from app.printing.languages import MODEL, Language, language
from app.printing.looking import where_to
from app.printing.public_pages import PlaceLine, place_line
from app.programmes import queries as programmes
from app.programmes.rules import FRENCH_PUBLIC
from app.web.auth import ANONYMOUS, check, current_actor, started_at, started_on
from app.web.downloads import PDF, download
from app.web.format import day_long
from app.web.maps import Map, drawn
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("kit_pages", __name__)
ANONYMOUS.add("kit_pages.public")

MANY = 100
"""Programmes in the list of choices; an authority has a handful."""
LONGEST = 60
NAMES = ", ".join(f"'{one}'" for one in KitPaper)


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One paper of the kit: for whom it is, and what it says."""

    label: str
    whom: str
    says: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    """The name of each file, and what its button says."""


@dataclass(frozen=True, slots=True)
class KitPage:
    """The papers of the kit of a programme; none where no programme is open."""

    programme: str
    programmes: tuple[Choice, ...]
    kit: Kit | None
    papers: tuple[PaperLine, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


@bp.get("/kit-d-information")
def kit() -> ResponseReturnValue:
    """The papers that tell about the scheme, as its settings are today."""
    check(Right.SEE_PROGRAMME)
    return render_template("guides/kit.html", page=in_transaction(_kit_page))


def _kit_page(session: Session) -> KitPage:
    found = programmes.programmes_after(session, None, limit=MANY)
    choices = tuple(Choice(str(one.id), one.name) for one in found)
    asked = request.args.get("dispositif", "")
    known = [one for one in choices if one.value == asked] or list(choices[:1])
    if not known:
        return KitPage("", choices, None)
    made = _kit(session, UUID(known[0].value))
    return KitPage(known[0].value, choices, made, _papers(made), _facts(made))


def _kit(session: Session, programme_id: UUID) -> Kit:
    return service.kit_of(
        session,
        actor=current_actor(),
        programme_id=programme_id,
        public_url=current_settings().public_url,
        now=started_at(),
    )


def _facts(made: Kit) -> tuple[tuple[str, str], ...]:
    ends = f"{NO_BREAK}; ".join(
        f"{one.label}, le {day_long(one.valid_until)}" for one in made.vintages
    )
    return (
        ("Valeur d’un pass", made.worth or "aucun millésime n’est ouvert"),
        ("Dernier jour", ends or "aucun millésime n’est ouvert"),
        *((FRENCH_PUBLIC[one.public], booklets(one)) for one in made.entitlements),
        ("Paiement d’un lieu", f"{made.payment_delay_days} jours au plus, par {made.pays}"),
        ("Où demander", _count(len(made.prescribers), "structure")),
        ("Où apprendre", _count(len(made.places), "lieu", "lieux")),
        ("Pour joindre le commanditaire", ", ".join(made.reached) or "rien dans sa fiche"),
        ("Code à scanner", made.page or f"aucun{NO_BREAK}: l’adresse publique n’est pas réglée"),
    )


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _papers(made: Kit) -> tuple[PaperLine, ...]:
    value = made.worth
    return (
        PaperLine(
            "Affiche",
            "pour une salle d’attente, une mairie, une vitrine",
            (
                f"Ce que vaut un pass{f', {value}' if value else ''}, qui peut en demander, et où.",
                "Deux lignes à remplir à la main : qui demander ici, et quand.",
            ),
            ((KitPaper.POSTER_A3, "A3"), (KitPaper.POSTER_A4, "A4")),
        ),
        PaperLine(
            FRENCH_PAPER[KitPaper.PARTNER],
            "pour un maire, un relais d’information, un futur partenaire",
            ("Le parcours d’une personne, qui fait quoi, ce que devient un pass.",),
            ((KitPaper.PARTNER, "PDF"),),
        ),
        PaperLine(
            FRENCH_PAPER[KitPaper.PRESCRIBER],
            "pour l’agent qui remet des carnets",
            ("Qui a droit à quoi, les trois pas d’une remise, ce qu’on ne fait jamais.",),
            ((KitPaper.PRESCRIBER, "PDF"),),
        ),
        PaperLine(
            FRENCH_PAPER[KitPaper.MEDIATOR],
            "pour le lieu qui prend les pass",
            (
                "Prendre un pass au téléphone ou sur papier, ce qu’il faut garder, label et régie.",
                f"Être payé : {made.payment_delay_days} jours au plus.",
            ),
            ((KitPaper.MEDIATOR, "PDF"),),
        ),
    )


@bp.get(f"/kit-d-information/<uuid:programme_id>/<any({NAMES}):name>.pdf")
def paper(programme_id: UUID, name: str) -> ResponseReturnValue:
    """One paper of the kit."""
    check(Right.SEE_PROGRAMME)
    made = in_transaction(lambda session: _kit(session, programme_id))
    return download(
        kit_paper(made, KitPaper(name)), f"pass-numerique-{name}-{made.on:%Y-%m-%d}.pdf", PDF
    )


# ── For anybody ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PublicPage:
    """What the poster leads to: who may ask, where to ask, where to learn."""

    words: Language
    publics: tuple[str, ...]
    commune: str
    communes: tuple[Choice, ...]
    prescribers: tuple[Spot, ...]
    places: tuple[PlaceLine, ...]
    map: Map | None
    at_first: int = 4


@bp.get(service.PUBLIC_PAGE)
def public() -> ResponseReturnValue:
    """Who may have passes, where to ask for them, and where they are used."""
    return render_template("guides/public.html", page=in_transaction(_public_page))


def _public_page(session: Session) -> PublicPage:
    near = commune_named(request.args.get("commune", "")[:LONGEST])
    words, on = language(MODEL), started_on()
    found = where_to(session, on, near.centre if near else None)
    asked = service.where_to_ask(session, on=on)
    applied = programmes.settings_applied(
        session, [one.id for one in programmes.programmes_after(session, None, limit=MANY)], on
    )
    given = {
        entitled.public
        for version in applied.values()
        for entitled in programmes.entitlements_of(session, version.id)
    }
    return PublicPage(
        words=words,
        publics=tuple(dict.fromkeys(said for public, said in ASKED.items() if public in given)),
        commune=near.name if near else "",
        communes=tuple(Choice(one.name, one.name) for one in COMMUNES),
        # Those of the commune first: the others are not far.
        prescribers=tuple(
            sorted(asked, key=lambda spot: near is None or spot.commune != near.name)
        ),
        places=tuple(
            place_line(number, one, words, started_at()) for number, one in enumerate(found, 1)
        ),
        map=drawn(
            [(number, one.where) for number, one in enumerate(found, 1)],
            near.centre if near else None,
        ),
    )
