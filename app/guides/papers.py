"""The information kit on paper: the poster, and three sheets of one page.

Pure functions from a `Kit` to bytes; every figure comes from it. Same values, same bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.guides.posters import poster
from app.guides.rules import Kit, KitPaper, Spot
from app.kernel.money import euros
from app.papers.flow import Paper
from app.papers.french import long_day, plural, typeset
from app.papers.measures import (
    INK,
    MM,
    NBSP,
    RULE,
    TEAL,
    WHITE,
    DoesNotFit,
)
from app.papers.parts import FLOOR, LEFT, letterhead
from app.papers.sheet import Sheet, shortened, strong
from app.papers.table import Column, Row, Table
from app.programmes.rules import FRENCH_PUBLIC, Entitled
from app.programmes.words import percent

SIZES = (11.6, 11.1, 10.6, 10.2, 9.8, 9.4, 9.0, 8.6, 8.2)
"""A sheet is one page: it is set in the first of these in which it is."""
GAP = 8.0

FRENCH_PAPER = {
    KitPaper.POSTER_A3: "Affiche, A3",
    KitPaper.POSTER_A4: "Affiche, A4",
    KitPaper.PARTNER: "Le Pass numérique en une page",
    KitPaper.PRESCRIBER: "Fiche du prescripteur",
    KitPaper.MEDIATOR: "Fiche du médiateur",
}


def kit_paper(kit: Kit, paper: KitPaper) -> bytes:
    """One paper of the kit.

    Raises:
        DoesNotFit: something is too long for its place; no second page is begun.
    """
    if paper in (KitPaper.POSTER_A3, KitPaper.POSTER_A4):
        return poster(kit, large=paper is KitPaper.POSTER_A3)
    write = {
        KitPaper.PARTNER: _partner,
        KitPaper.PRESCRIBER: _prescriber,
        KitPaper.MEDIATOR: _mediator,
    }[paper]
    for told in (kit, _cut(kit)):
        for size in SIZES:
            made, low = write(told, size)
            if low >= FLOOR:
                return made.finish()
    message = f"{paper} is more than a page"
    raise DoesNotFit(message)


def _cut(kit: Kit) -> Kit:
    """The kit with its names cut to a line: where even the smallest size is more than a page."""

    def cut(name: str) -> str:
        return shortened(name, 80, "R", 9)

    return replace(
        kit,
        programme_name=cut(kit.programme_name),
        sponsor=cut(kit.sponsor),
        pays=cut(kit.pays),
        reached=tuple(map(cut, kit.reached)),
    )


def booklets(entitled: Entitled) -> str:
    """« 3 carnets de 10 pass »."""
    return (
        f"{entitled.booklet_count} carnet{plural(entitled.booklet_count)} "
        f"de {entitled.booklet_size}{NBSP}pass"
    )


# ── Sheets of one page ────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Flow:
    """Blocks one under the other in a column."""

    s: Sheet
    x: float
    y: float
    wide: float
    size: float

    @property
    def lead(self) -> float:
        """From a baseline to the next."""
        return self.size * 1.3 / MM

    def heading(self, words: str) -> None:
        """What the blocks below are about."""
        size = self.size * 1.22
        self.y -= self.lead * 0.45
        with self.s.leaf("H2"):
            self.y = self.s.para(
                self.x,
                self.y,
                self.wide,
                typeset(words),
                size,
                size * 1.25 / MM,
                font="B",
                color=TEAL,
            )
        self.y -= self.lead * 0.12

    def para(self, words: str) -> None:
        """A paragraph."""
        with self.s.leaf("P"):
            self.y = self.s.para(self.x, self.y, self.wide, typeset(words), self.size, self.lead)
        self.y -= self.lead * 0.3

    def listed(self, items: Sequence[str], mark: Callable[[float, float, int], None]) -> None:
        """Items, each after its mark."""
        shift = self.size * 0.5
        with self.s.elem("L", numbering="None"):
            for place, words in enumerate(items, 1):
                mark(self.x, self.y, place)
                with self.s.elem("LI"), self.s.leaf("LBody"):
                    self.y = self.s.para(
                        self.x + shift,
                        self.y,
                        self.wide - shift,
                        typeset(words),
                        self.size,
                        self.lead,
                    )
                self.y -= self.lead * 0.22
        self.y -= self.lead * 0.1

    def bullets(self, items: Sequence[str]) -> None:
        """Things in no order."""
        self.listed(
            items, lambda x, y, _: self.s.disc(x + 1.3, y + self.size * 0.11, self.size * 0.09)
        )

    def steps(self, items: Sequence[str]) -> None:
        """What to do, one after the other."""

        def mark(x: float, y: float, place: int) -> None:
            radius = self.size * 0.2
            self.s.disc(x + radius, y + self.size * 0.115, radius)
            with self.s.artifact():
                self.s.text(x + radius, y, str(place), "B", self.size - 1, align="c", color=WHITE)

        self.listed(items, mark)

    def never(self, items: Sequence[str]) -> None:
        """What is not done: a cross and the word say it, not a colour."""

        def mark(x: float, y: float, _: int) -> None:
            arm = self.size * 0.2
            for down in (0.0, arm):
                self.s.rule((x, y + down), (x + arm, y + arm - down), line=1.3, color=INK)

        self.listed(items, mark)

    def framed(self, write: Callable[["Flow"], None]) -> None:
        """Blocks in a frame."""
        top = self.y
        inside = Flow(self.s, self.x + 4, top - self.lead * 0.9, self.wide - 8, self.size)
        write(inside)
        low = inside.y + self.lead * 0.4
        self.s.rect(self.x, low, self.wide, top - low, stroke=RULE, line=0.8)
        self.y = low - self.lead * 0.8


def _paper(kit: Kit, title: str, size: float) -> tuple[Paper, Flow]:
    reached = f" Pour nous joindre : {', '.join(kit.reached)}." if kit.reached else ""
    paper = Paper(
        title,
        "",
        letterhead(kit.sponsor),
        subtitle=f"ce qui s’applique le {long_day(kit.on)}",
        subject=f"{title} : {kit.programme_name}",
        foot=typeset(
            f"{shortened(kit.programme_name, 80, 'T', 7.5)}. Chiffres des réglages en vigueur le "
            f"{long_day(kit.on)}.{reached}"
        ),
        specimen=kit.specimen,
    )
    return paper, Flow(paper.sheet, LEFT, paper.top - 2.5, paper.wide - 2 * LEFT, size)


def _columns(flow: Flow) -> tuple[Flow, Flow]:
    half = (flow.wide - GAP) / 2
    left = Flow(flow.s, flow.x, flow.y, half, flow.size)
    return left, Flow(flow.s, flow.x + half + GAP, flow.y, half, flow.size)


def _entitlements(paper: Paper, kit: Kit, flow: Flow) -> None:
    """Who may receive what, and what that is worth."""
    columns = (
        Column(("Public",), 62, wrap=True),
        Column(("Carnets par personne",), 46),
        Column(("Pass",), 16, "r"),
        Column(("Valeur",), 26, "r"),
        Column(("À nouveau",), 28, "r"),
    )
    value_cents = kit.vintage.face_value_cents if kit.vintage else None
    rows = []
    for one in kit.entitlements:
        count = one.booklet_count * one.booklet_size
        again = {0: "non", 1: "une fois"}.get(one.renewal_count, f"{one.renewal_count} fois")
        rows.append(
            Row(
                (
                    FRENCH_PUBLIC[one.public],
                    booklets(one),
                    str(count),
                    euros(count * value_cents) if value_cents else "–",
                    again,
                )
            )
        )
    table = Table(paper.sheet, columns, size=max(flow.size - 0.8, 8.2), row=5.6, left=flow.x)
    flow.y = table.run(paper, flow.y + 2, rows) - flow.lead * 1.25


def _until(kit: Kit) -> str:
    if not kit.vintages:
        return "Aucun millésime n’est ouvert aujourd’hui : les dates seront dites à son ouverture."
    ends = {one.valid_until for one in kit.vintages}
    if len(ends) == 1:
        return f"Les pass servent {strong(f'jusqu’au {long_day(ends.pop())} inclus')}."
    each = " ; ".join(
        f"{strong(one.label)}, {strong(f'jusqu’au {long_day(one.valid_until)} inclus')}"
        for one in kit.vintages
    )
    return f"Jusqu’à quand servent les pass, par millésime : {each}."


def _spots(spots: Sequence[Spot], most: int) -> str:
    said = [f"{spot.name} ({spot.commune})" for spot in spots[:most]]
    rest = len(spots) - most
    return ", ".join(said) + (f", et {rest} autre{plural(rest)}" if rest > 0 else "") + "."


def _partner(kit: Kit, size: float) -> tuple[Paper, float]:
    paper, flow = _paper(kit, FRENCH_PAPER[KitPaper.PARTNER], size)
    value = kit.worth
    of = f" de {strong(value)}" if value else ""
    flow.para(
        f"Le Pass numérique est un chèque{of} qui paie environ {strong('une heure d’aide')} pour "
        "apprendre à se servir d’un ordinateur, d’un téléphone ou d’internet. La personne ne paie "
        "rien. Le lieu qui l’accompagne est payé pour chaque pass."
    )
    flow.para(_until(kit))
    flow.heading("Qui peut en recevoir, et combien")
    flow.y -= 1.5
    _entitlements(paper, kit, flow)
    left, right = _columns(flow)
    left.heading("Qui fait quoi")
    left.bullets(
        (
            (
                f"{strong(kit.sponsor)} pilote : commande les carnets, signe les conventions, "
                "confie les carnets, suit leur usage."
            ),
            (
                f"{strong('Le prescripteur')} (CCAS, PLIE, France Travail, France Services, "
                "commune…) regarde le besoin, remet le carnet, oriente."
            ),
            f"{strong('Le lieu de médiation')} accompagne et prend un pass par heure.",
            f"{strong(kit.pays)} paie le lieu de médiation.",
            (
                f"{strong('Le relais d’information')} affiche, explique et oriente vers un "
                "prescripteur."
            ),
        )
    )
    left.heading("Ce qu’un relais peut faire dès aujourd’hui")
    left.bullets(
        (
            "Accrocher l’affiche, et y écrire à qui demander.",
            "Dire que c’est gratuit, et que personne ne sera jugé sur ce qu’il ne sait pas.",
            "Orienter vers le prescripteur le plus proche.",
        )
    )
    right.heading("Le parcours d’une personne")
    right.steps(
        (
            "Elle demande à un prescripteur, ou le prescripteur le lui propose.",
            "Quelques questions disent ce qu’elle veut apprendre. Elle signe un engagement.",
            "Elle reçoit son carnet, et une lettre qui dit où aller et quand.",
            "Elle prend rendez-vous, et donne un pass par heure.",
            "Le lieu enregistre le pass : il est payé, et le pass ne sert plus.",
        )
    )
    right.heading("Les données des personnes")
    right.para(
        "Nom, prénom, année de naissance et commune, rien de plus sans utilité. Le lieu de "
        "médiation ne voit jamais de nom. L’identité est effacée deux ans après le dernier contact."
    )
    flow.y = min(left.y, right.y)
    if kit.prescribers:
        flow.heading("Où demander")
        flow.para(_spots(kit.prescribers, 10))
    if kit.places:
        flow.heading("Où apprendre")
        flow.para(_spots(kit.places, 10))
    return paper, flow.y


def _prescriber(kit: Kit, size: float) -> tuple[Paper, float]:
    paper, flow = _paper(kit, FRENCH_PAPER[KitPaper.PRESCRIBER], size)
    flow.para(_until(kit))
    flow.heading("Qui a droit à quoi")
    flow.y -= 1.5
    _entitlements(paper, kit, flow)
    flow.para(
        "Donner davantage est possible avec un motif, que passnum demande et garde. « 60 ans et "
        "plus » se compte en années : l’année en cours moins l’année de naissance. Un demandeur "
        "d’emploi inscrit déclare ne pas avoir déjà le Pass numérique de France Travail."
    )
    left, right = _columns(flow)
    left.heading("Remettre un carnet, en trois pas")
    left.steps(
        (
            (
                f"{strong('La personne.')} Nom, prénom, année de naissance, commune, public. "
                "passnum dit si quelqu’un de semblable a déjà reçu des carnets."
            ),
            (
                f"{strong('Le besoin.')} Quelques questions courtes, puis l’engagement, lu à voix "
                "haute et signé à l’écran ou sur papier."
            ),
            (
                f"{strong('Le carnet et le lieu.')} Scannez la couverture. Choisissez le lieu avec "
                "la personne : le plus proche et le plus adapté vient en premier."
            ),
        )
    )
    left.para(
        "Imprimez la lettre d’orientation (il y en a une en gros caractères). Appelez avec la "
        "personne pour le premier rendez-vous : c’est ce qui fait le plus servir les pass."
    )
    right.framed(_never_for_prescribers)
    left.heading("Après")
    left.bullets(
        (
            "« Mes personnes » dit qui n’a pas commencé et qui va perdre des pass : appelez.",
            "« Stock » dit ce que vous avez. Comptez et signez chaque livraison.",
            "Carnet perdu ou volé : déclarez-le aussitôt dans « Oppositions ».",
        )
    )
    right.heading("Avant la fin de validité")
    right.bullets(_last_days(kit))
    flow.y = min(left.y, right.y)
    return paper, flow.y


def _never_for_prescribers(box: Flow) -> None:
    box.heading("Jamais")
    box.never(
        (
            "Remettre un carnet sans engagement signé, ou à quelqu’un d’autre que la personne.",
            "Détacher un pass, ou noter ou photographier un code.",
            "Demander de l’argent, ou un service en échange.",
            (
                "Noter un numéro de sécurité sociale, une information de santé, ou garder une "
                "copie de pièce d’identité."
            ),
            "Prêter votre compte : chaque remise porte le nom de qui l’a faite.",
            "Donner un carnet à un autre guichet sans passer par un transfert dans passnum.",
        )
    )


def _last_days(kit: Kit) -> tuple[str, ...]:
    withheld, late = (
        kit.before_end(days) for days in (kit.withhold_days_before_end, kit.late_days_before_end)
    )
    if kit.vintage is None or withheld is None or late is None:
        return ("Les dates seront dites à l’ouverture d’un millésime.",)
    return (
        (
            f"{strong(long_day(withheld))} : les carnets qui ne sont remis à personne peuvent être "
            "retenus. Rendez avant ceux qui ne serviront pas."
        ),
        f"À partir du {strong(long_day(late))} : une remise demande un accord exprès.",
        f"{strong(long_day(kit.vintage.valid_until))} : dernier jour pour les personnes.",
    )


def _mediator(kit: Kit, size: float) -> tuple[Paper, float]:
    paper, flow = _paper(kit, FRENCH_PAPER[KitPaper.MEDIATOR], size)
    value = kit.worth
    flow.para(
        f"Un pass{f' vaut {strong(value)} et' if value else ''} paie environ "
        f"{strong('une heure d’aide')}. La personne ne paie rien de plus. {_until(kit)}"
        + (
            " Un accompagnement compte encore jusqu’au "
            f"{strong(long_day(kit.vintage.last_redemption_on))}."
            if kit.vintage and kit.vintage.last_redemption_on > kit.vintage.valid_until
            else ""
        )
    )
    left, right = _columns(flow)
    _taking_passes(left, kit)
    _being_paid(right, kit)
    _keeping_in_order(right, kit)
    left.framed(_never_for_mediators)
    flow.y = min(left.y, right.y)
    return paper, flow.y


def _taking_passes(column: Flow, kit: Kit) -> None:
    """With a screen, on paper, and what to do with a pass that is refused."""
    column.heading("Avec un téléphone ou un ordinateur")
    column.steps(
        (
            "Ouvrez « Encaisser ». Scannez le carré du pass, ou tapez ses 16 lettres et chiffres.",
            (
                f"L’écran dit {strong('Accepté')} ou {strong('Refusé')}, et pourquoi. Accepté : "
                "détachez le pass, laissez la souche."
            ),
            "Notez l’accompagnement : durée, ce qui a été fait. "
            + (
                "Sans lui, le pass n’est pas payé."
                if kit.session_required
                else "Un même accompagnement peut porter sur plusieurs pass."
            ),
            "Erreur ? Annulez tant que le pass n’est pas sur un bordereau.",
        )
    )
    column.heading("Sur papier")
    column.para(
        "Notez sur une feuille, une par jour : la date, et pour chaque pass son code ou son numéro "
        f"de série. Signez-la et envoyez-la à {kit.sponsor} : une personne la saisit, une autre la "
        "compare au papier. Gardez les pass et une copie de la feuille."
    )
    column.heading("Un pass refusé")
    column.para(
        "Gardez-le et ne promettez rien. Si la personne vous l’a vraiment remis, touchez « Ce pass "
        "m’a été remis » : un litige s’ouvre, et quelqu’un le tranche."
    )


def _being_paid(column: Flow, kit: Kit) -> None:
    """By which paper, what is kept, and when."""
    column.heading("Être payé")
    fee = (
        f" {percent(kit.fee_basis_points)} sont retenus, sauf si votre convention dit autre chose."
        if kit.fee_basis_points
        else " Vous recevez la valeur entière, sauf si votre convention dit autre chose."
    )
    column.bullets(
        (
            "Les pass d’un mois vont sur un bordereau le mois suivant.",
            *(
                ("Relisez-le et certifiez-le dans « Bordereaux » : sans cela, rien n’avance.",)
                if kit.certification_required
                else ()
            ),
            f"{kit.pays} le paie en "
            f"{strong(f'{kit.payment_delay_days} jour{plural(kit.payment_delay_days)} au plus')}."
            + fee,
            (
                "Il faut vos coordonnées bancaires, vérifiées par une deuxième personne. Un "
                "changement vous est annoncé par courriel."
            ),
            "« Mon guichet » dit combien vous serez payé, pour quel jour, ou ce qui bloque.",
        )
    )


def _keeping_in_order(column: Flow, kit: Kit) -> None:
    """What proves that a pass was taken, and what lets a place take any."""
    column.heading("Ce qu’il faut garder")
    column.bullets(
        (
            "Les pass détachés, jusqu’au paiement du bordereau qui les compte.",
            "Le reçu de chaque encaissement (« Reçus ») : il prouve ce qui vous est dû.",
            "Les feuilles signées.",
        )
    )
    column.heading("Pour prendre des pass, il faut")
    column.bullets(
        (
            f"une {strong('convention')} en cours avec {kit.sponsor} ;",
            f"le {strong('label')} #APTIC en cours ;",
            (
                f"pour une commune ou un établissement public, une {strong('régie')} ou un mandat "
                "qui autorise à les encaisser."
            ),
        )
    )
    column.para(
        "« Ma structure » dit quand chacun finit. Renouvelez avant : après, tout est refusé."
    )


def _never_for_mediators(box: Flow) -> None:
    box.heading("Jamais")
    box.never(
        (
            "Prendre un pass pour une aide qui n’a pas eu lieu, ou garder le carnet de quelqu’un.",
            "Rendre de l’argent sur un pass, ou demander un supplément.",
            "Photographier un code, ou l’écrire ailleurs que sur la feuille signée.",
            "Demander qui est la personne : le pass suffit.",
        )
    )
