"""The forms of the directory: what each asks for, and how what was typed is read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from app.kernel.communes import COMMUNES
from app.mediators.queries import Offer
from app.mediators.rules import (
    FRENCH_CASH_OFFICE,
    FRENCH_LABEL_STEP,
    FRENCH_SERVICE,
    FRENCH_WEEKDAY,
    LONGEST_NOTES,
    GrantedLabel,
    LabelStep,
    OpeningHours,
    Service,
    hours_overlap,
    read_hours,
    written_hours,
)
from app.partners.models import PartnerAddress
from app.partners.rules import (
    FRENCH_AGREEMENT_ROLE,
    FRENCH_KIND,
    LONGEST_CLOSING_REASON,
    LONGEST_REFUSAL_REASON,
    LONGEST_SIRET_REASON,
    SignedDocument,
    read_degrees,
    written_degrees,
)
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.web.forms import Form
from app.web.pages import Choice

ONE_DAY = timedelta(days=1)
Kind = Literal["text", "day", "choice", "radio", "checkbox", "check", "area", "file"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of a form; `about` is its text in the table of help, if it has one."""

    kind: Kind
    name: str
    label: str
    hint: str | None = None
    choices: tuple[Choice, ...] = ()
    longest: int = 200
    typed_as: str = "text"
    accepts: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form: its words, and what it asks for. `lead` says what happens when it is sent."""

    title: str
    lead: str
    refused: str
    act: str
    asked: tuple[Asked, ...]

    @property
    def sends_a_file(self) -> bool:
        """Whether the form must be sent in parts."""
        return any(asked.kind == "file" for asked in self.asked)


def choices(words: dict[StrEnum, str] | dict[Service, str]) -> tuple[Choice, ...]:
    """A choice for each of the words."""
    return tuple(Choice(str(value), _capital(label)) for value, label in words.items())


def _capital(label: str) -> str:
    return label[0].upper() + label[1:]


def _choices_of(pairs: Iterable[tuple[StrEnum, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(str(value), _capital(label)) for value, label in pairs)


KINDS = _choices_of(FRENCH_KIND.items())
ROLES = _choices_of(FRENCH_AGREEMENT_ROLE.items())
COMMUNE_CHOICES = tuple(Choice(one.insee, one.name) for one in COMMUNES)
FROM = Asked("day", "valid_from", "Premier jour")
UNTIL = Asked("day", "valid_until", "Dernier jour, inclus")
DECIMAL = "En degrés, par exemple {}. Laissez vide si vous ne la connaissez pas."

NEW_PARTNER = Sheet(
    "Ajouter une structure",
    "Elle entre dans l’annuaire. Ses conventions, son label et ses contacts s’ajoutent ensuite sur "
    "sa fiche.",
    "La structure n’est pas ajoutée",
    "Ajouter la structure",
    (
        Asked("text", "name", "Nom"),
        Asked("choice", "kind", "Nature", choices=KINDS, about="organisation_kind"),
        Asked("text", "commune", "Commune", "Par exemple Le Lorrain", longest=100),
        Asked(
            "text",
            "insee",
            "Code Insee de la commune",
            "5 chiffres ; inutile pour les 18 communes du nord de la Martinique.",
            longest=5,
            about="insee",
        ),
        Asked(
            "text",
            "siret",
            "SIRET",
            "14 chiffres, sur l’avis SIRENE, s’il y en a un.",
            longest=20,
            about="siret",
        ),
    ),
)

ADDRESS = Sheet(
    "Changer l’adresse",
    "L’adresse d’avant reste lisible dans l’historique.",
    "L’adresse n’est pas enregistrée",
    "Enregistrer l’adresse",
    (
        Asked("text", "street", "Numéro et rue, ou lieu-dit"),
        Asked("text", "complement", "Complément", "Bâtiment, étage, quartier"),
        Asked("text", "postcode", "Code postal", longest=5, typed_as="numeric"),
        Asked(
            "text",
            "latitude_microdegrees",
            "Latitude",
            DECIMAL.format("14,801"),
            longest=12,
            about="coordinates",
        ),
        Asked("text", "longitude_microdegrees", "Longitude", DECIMAL.format("−61,074"), longest=12),
    ),
)

SIRET = Sheet(
    "Compléter le SIRET",
    "Il paraît ensuite sur les papiers, les paiements et les fichiers à venir. Ce qui est déjà "
    "imprimé ou approuvé reste tel quel. Un SIRET faux est corrigé par une autre personne.",
    "Le SIRET n’est pas enregistré",
    "Enregistrer le SIRET",
    (
        Asked(
            "text",
            "siret",
            "SIRET",
            "14 chiffres, sur l’avis SIRENE.",
            longest=20,
            typed_as="numeric",
            about="siret",
        ),
        Asked(
            "text",
            "reason",
            "D’où il vient",
            "Par exemple avis SIRENE du 4 mars 2026, facture n° 12. Jamais le nom d’une personne.",
            longest=LONGEST_SIRET_REASON,
        ),
        Asked("check", "sure", "J’ai relu les 14 chiffres : c’est le SIRET de cette structure"),
    ),
)
FALSE_SIRET = Sheet(
    "Signaler un SIRET faux",
    "Ce SIRET a été donné à l’enregistrement. Une fois signalé, une autre personne écrit le bon ; "
    "d’ici là, rien ne change.",
    "Le SIRET n’est pas signalé",
    "Signaler ce SIRET",
    (
        replace(
            SIRET.asked[1],
            label="Ce qui montre qu’il est faux",
            hint="Par exemple avis SIRENE du 4 mars 2026, avec le bon numéro. Jamais le nom d’une "
            "personne.",
        ),
        Asked("check", "sure", "J’ai comparé les 14 chiffres : ce n’est pas son SIRET"),
    ),
)
CORRECTED_SIRET = replace(
    SIRET,
    title="Corriger le SIRET",
    lead="Le SIRET d’avant reste lisible sur la fiche. Ce qui est déjà imprimé ou approuvé reste "
    "tel quel.",
    act="Corriger le SIRET",
)

CONTACT = Sheet(
    "Ajouter un contact",
    "Des coordonnées professionnelles, lues par les prescripteurs et les médiateurs : une "
    "fonction, jamais le nom d’une personne.",
    "Le contact n’est pas enregistré",
    "Enregistrer le contact",
    (
        Asked("text", "position", "Fonction", "Accueil, direction, comptabilité…", longest=100),
        Asked(
            "text",
            "phone",
            "Téléphone",
            "Par exemple 0596\u00a000\u00a000\u00a000",
            longest=30,
            typed_as="tel",
        ),
        Asked("text", "email", "Adresse électronique", longest=254, typed_as="email"),
    ),
)

AGREEMENT = Sheet(
    "Enregistrer une convention",
    "Elle donne à la structure son rôle, du premier au dernier jour. Rien n’y est changé ensuite : "
    "on la renouvelle.",
    "La convention n’est pas enregistrée",
    "Enregistrer la convention",
    (
        Asked("choice", "role", "Rôle", choices=ROLES, about="agreement_role"),
        Asked("text", "reference", "Référence", "Par exemple Convention 2026-04"),
        FROM,
        UNTIL,
        Asked(
            "text",
            "redemption_fee_basis_points",
            "Frais propres à cette convention, en pour cent",
            "Pour un médiateur seulement. Rien d’écrit : les frais du dispositif.",
            longest=6,
            about="agreement_fee",
        ),
        Asked(
            "text",
            "document.title",
            "Titre du document signé",
            "Les trois champs du document vont ensemble ; laissez-les vides s’il manque.",
        ),
        Asked(
            "text",
            "document.sha256",
            "Empreinte SHA-256 du document",
            "64 chiffres et lettres, qui prouvent que le fichier n’a pas changé.",
            longest=80,
            about="fingerprint",
        ),
        Asked("text", "document.kept_at", "Où l’original est conservé"),
    ),
)

RENEWAL = replace(
    AGREEMENT,
    title="Renouveler une convention",
    lead="Une nouvelle convention, pour le même rôle, suit celle qui se termine.",
    act="Renouveler la convention",
)
CHANGED_CONTACT = replace(
    CONTACT,
    title="Changer un contact",
    lead="Effacez le téléphone et l’adresse électronique pour retirer ce contact. "
    "Jamais le nom d’une personne.",
)

CLOSING = (
    Asked(
        "day",
        "from_on",
        "Premier jour sans droit",
        "Ce qui s’est fait avant reste valable. Si c’est aujourd’hui, la fin vaut dès maintenant, "
        "et ce qui s’est fait plus tôt dans la journée reste valable aussi.",
    ),
    Asked("area", "reason", "Motif", "Sans nom de personne.", longest=LONGEST_CLOSING_REASON),
    Asked("check", "sure", "J’ai relu le jour : cette fin est définitive"),
)
CLOSED_AGREEMENT = Sheet(
    "Mettre fin à une convention avant son terme",
    "À compter du jour dit, elle ne donne plus aucun droit : ni recevoir, ni remettre, ni "
    "encaisser. Rien ne permet de revenir en arrière ; une nouvelle convention peut suivre.",
    "La convention ne prend pas fin",
    "Mettre fin à la convention",
    CLOSING,
)
CLOSED_CASH_OFFICE = Sheet(
    "Mettre fin à une régie avant son terme",
    "À compter du jour dit, elle ne permet plus de détenir ni d’encaisser des pass. Rien ne permet "
    "de revenir en arrière ; une nouvelle régie peut suivre.",
    "La régie ne prend pas fin",
    "Mettre fin à la régie",
    CLOSING,
)
SIGNED_PAPER = Sheet(
    "Joindre le document signé",
    "Il est gardé tel quel, avec son empreinte, et ne peut plus être changé. La structure et la "
    "coordination peuvent le lire.",
    "Le document n’est pas joint",
    "Joindre le document",
    (
        Asked(
            "file",
            "file",
            "Fichier",
            "PDF, JPEG ou PNG, 5 Mo au plus.",
            accepts=".pdf,.jpg,.jpeg,.png",
        ),
    ),
)

APPLICATION = Sheet(
    "Enregistrer une demande de label",
    "La structure n’encaisse pas encore : les étapes se notent ensuite, une à une.",
    "La demande n’est pas enregistrée",
    "Enregistrer la demande",
    (Asked("day", "applied_on", "Jour du dépôt"),),
)

PROGRESS = Sheet(
    "Noter une étape de la demande",
    "Chaque étape est datée et reste écrite. Si le label est accordé, il est enregistré en même "
    "temps.",
    "L’étape n’est pas notée",
    "Noter l’étape",
    (
        Asked("radio", "step", "Étape", choices=_choices_of(FRENCH_LABEL_STEP.items())),
        Asked("day", "reached_on", "Jour de l’étape"),
        Asked("text", "note", "Remarque", "Qui accompagne le dossier, pièces attendues…"),
        Asked("text", "reference", "Référence du label", "Seulement si le label est accordé."),
        Asked("day", "valid_from", "Premier jour du label", "Seulement si le label est accordé."),
        Asked("day", "valid_until", "Dernier jour du label", "Seulement si le label est accordé."),
    ),
)

LABEL = Sheet(
    "Enregistrer un label",
    "Pour un label accordé sans que la demande ait été suivie ici, ou pour son renouvellement.",
    "Le label n’est pas enregistré",
    "Enregistrer le label",
    (Asked("text", "reference", "Référence", about="label"), FROM, UNTIL),
)

CASH_OFFICE = Sheet(
    "Enregistrer une régie",
    "Un organisme public n’encaisse de pass que les jours où une régie de recettes est en vigueur.",
    "La régie n’est pas enregistrée",
    "Enregistrer la régie",
    (
        Asked(
            "radio",
            "kind",
            "Nature",
            choices=_choices_of(FRENCH_CASH_OFFICE.items()),
            about="cash_office",
        ),
        Asked("text", "reference", "Référence de l’arrêté"),
        Asked(
            "text", "held_by", "Fonction du régisseur", "Une fonction, jamais un nom.", longest=100
        ),
        FROM,
        UNTIL,
    ),
)

CAPACITY = Sheet(
    "Dire si le lieu est prêt à recevoir",
    "Les prescripteurs n’orientent personne vers un lieu qui n’est pas prêt.",
    "La disponibilité n’est pas enregistrée",
    "Enregistrer",
    (
        Asked(
            "radio",
            "ready",
            "Prêt à recevoir",
            choices=(
                Choice("oui", "Oui, le lieu reçoit"),
                Choice("non", "Non, pas pour l’instant"),
            ),
        ),
        Asked("day", "from_on", "À partir du"),
    ),
)

BANK_DETAILS = Sheet(
    "Saisir un compte bancaire",
    "Une autre personne le confirme avant tout paiement. L’IBAN est chiffré : les pages n’en "
    "montrent plus que les deux bouts.",
    "Le compte n’est pas enregistré",
    "Saisir le compte",
    (
        Asked("text", "holder", "Titulaire du compte", longest=70),
        Asked(
            "text",
            "iban",
            "IBAN",
            "Recopié du relevé d’identité bancaire.",
            longest=50,
            about="iban",
        ),
    ),
)

APPROVAL = Sheet(
    "Confirmer un compte bancaire",
    "Les prochains bordereaux seront payés sur ce compte.",
    "Le compte n’est pas confirmé",
    "Confirmer le compte",
    (
        Asked(
            "text",
            "iban",
            "IBAN, en entier",
            "Retapez-le du relevé d’identité bancaire : il doit être celui qui a été saisi.",
            longest=50,
            about="iban",
        ),
        Asked(
            "check",
            "sure",
            "J’ai vérifié ce compte auprès de la structure, autrement que par le document reçu",
        ),
    ),
)

WHY_NOT = Asked(
    "text",
    "reason",
    "Pourquoi",
    "Par exemple : rappelée à son numéro connu, la structure ne connaît pas ce compte. Elle lit "
    "cette raison.",
    longest=LONGEST_REFUSAL_REASON,
)
REFUSAL = Sheet(
    "Ce compte n’est pas le bon",
    "Refusé, il ne peut plus être confirmé et rien n’y sera payé. La structure en est avertie par "
    "courriel. Cela ne se défait pas : le bon compte se saisit à part.",
    "Le compte n’est pas refusé",
    "Refuser ce compte",
    (WHY_NOT,),
)
WITHDRAWAL = Sheet(
    "Retirer un compte que vous avez saisi",
    "Retiré, il ne peut plus être confirmé et rien n’y sera payé. La structure en est avertie par "
    "courriel. Cela ne se défait pas : le bon compte se saisit à part.",
    "Le compte n’est pas retiré",
    "Retirer ce compte",
    (replace(WHY_NOT, hint="Par exemple : faute de frappe. La structure lit cette raison."),),
)

PROFILE = Sheet(
    "Corriger la fiche du lieu",
    "Les prescripteurs s’en servent pour choisir où envoyer une personne. La fiche d’avant reste "
    "lisible.",
    "La fiche n’est pas enregistrée",
    "Enregistrer la fiche",
    (
        Asked("checkbox", "services", "Services proposés", choices=choices(FRENCH_SERVICE)),
        Asked(
            "checkbox",
            "publics",
            "Publics accueillis",
            "Ne cochez rien si tout le monde est le bienvenu.",
            choices=_choices_of(FRENCH_PUBLIC.items()),
        ),
        *(
            Asked(
                "text",
                f"hours_{weekday}",
                f"Heures du {name}",
                "Par exemple 8h-12h30, 14h-17h ; rien si c’est fermé." if weekday == 0 else None,
                longest=60,
                about="hours" if weekday == 0 else "",
            )
            for weekday, name in enumerate(FRENCH_WEEKDAY)
        ),
        Asked(
            "area",
            "access_notes",
            "Pour venir",
            "Étage, rampe, arrêt de bus, langue parlée… Rien sur une personne.",
            longest=LONGEST_NOTES,
        ),
    ),
)


def succession_sheet(name: str, others: Sequence[Choice]) -> Sheet:
    """The form by which another organisation takes over from that one."""
    return Sheet(
        "Enregistrer une reprise",
        f"À partir du jour dit, « {name} » n’encaisse plus, ne signe plus et n’a plus de label. "
        "Ce qui lui est dû lui reste dû. Rien ne permet de revenir en arrière.",
        "La reprise n’est pas enregistrée",
        "Enregistrer la reprise",
        (
            Asked("choice", "successor_id", "Structure qui reprend", choices=tuple(others)),
            Asked("day", "from_on", "À partir du"),
            Asked(
                "text", "reference", "Acte", "Délibération, traité de fusion, arrêté…", about="act"
            ),
            Asked("check", "sure", "J’ai relu la structure et le jour : la reprise est définitive"),
        ),
    )


# ── Reading what was typed ────────────────────────────────────────────────────────────────────────


def typed_address(address: PartnerAddress | None) -> dict[str, str | list[str]]:
    """The address as a form shows it."""
    if address is None:
        return {}
    return {
        "street": address.street,
        "complement": address.complement or "",
        "postcode": address.postcode,
        "latitude_microdegrees": written_degrees(address.latitude_microdegrees),
        "longitude_microdegrees": written_degrees(address.longitude_microdegrees),
    }


def degrees(form: Form, name: str) -> int | None:
    """Millionths of a degree, from degrees with decimals; None when nothing was typed."""
    typed = form.text(name)
    if not typed:
        return None
    read = read_degrees(typed)
    if read is None:
        form.wrong(name, "Écrivez des degrés avec des décimales, par exemple 14,801.")
    return read


def document(form: Form) -> SignedDocument | None:
    """The paper behind an agreement, if any of its fields was typed."""
    title, sha256, kept_at = map(
        form.text, ("document.title", "document.sha256", "document.kept_at")
    )
    return SignedDocument(title, sha256, kept_at) if title or sha256 or kept_at else None


def fee(form: Form) -> int | None:
    """A fee by agreement, in basis points, from per cent; None when nothing was typed."""
    typed = form.text("redemption_fee_basis_points")
    if not typed:
        return None
    # As many decimals as euros have: one per cent is a hundred basis points.
    return form.cents("redemption_fee_basis_points", "Écrivez des pour cent, par exemple 4 ou 2,5.")


def granted_label(form: Form, step: LabelStep) -> GrantedLabel | None:
    """The label, when the step grants it."""
    if step is not LabelStep.GRANTED:
        return None
    return GrantedLabel(form.text("reference"), form.day("valid_from"), form.day("valid_until"))


def typed_offer(offer: Offer) -> dict[str, str | list[str]]:
    """What a place offers as the form shows it."""
    return {
        "services": sorted(offer.services),
        "publics": sorted(offer.publics),
        "access_notes": offer.access_notes or "",
        **{
            f"hours_{weekday}": written_hours(offer.hours, weekday)
            for weekday in range(len(FRENCH_WEEKDAY))
        },
    }


def hours(form: Form) -> list[OpeningHours]:
    """The hours of the week; what cannot be read is noted beside its day."""
    found: list[OpeningHours] = []
    for weekday in range(len(FRENCH_WEEKDAY)):
        name = f"hours_{weekday}"
        read = read_hours(form.text(name), weekday)
        if read is None:
            form.wrong(name, "Écrivez par exemple 8h-12h30, 14h-17h : trois plages au plus.")
        elif hours_overlap(read):
            form.wrong(name, "Deux plages se recouvrent ou se touchent : réunissez-les.")
        else:
            found += read
    return found


def several(form: Form, name: str, among: type[Service] | type[Public]) -> set[str]:
    """The boxes that were ticked."""
    known = {str(one) for one in among}
    ticked = set(form.texts(name))
    if not ticked <= known:
        form.wrong(name, "Choisissez parmi les cases proposées.")
    return ticked & known
