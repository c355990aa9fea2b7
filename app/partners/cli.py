"""Partners, their agreements, their bank details, and the agents who work for them."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.partners import queries
from app.partners.agreements import close_agreement, keep_file
from app.partners.bank_details import (
    approve_bank_details,
    prepare_bank_details,
    refuse_bank_details,
)
from app.partners.errors import UnknownOrganisation
from app.partners.models import Organisation
from app.partners.rules import (
    FRENCH_AGREEMENT_ROLE,
    FRENCH_BANK_DETAILS_STATE,
    AgreementRole,
    OrganisationKind,
    read_siret,
    written_siret,
)
from app.partners.service import known_organisation, register_organisation, sign_agreement
from app.partners.sirets import record_siret
from app.partners.vault import BankVault
from app.terminal.desk import (
    PAGE,
    Desk,
    Group,
    acting,
    approving,
    every,
    in_french,
    repeatable,
)
from app.terminal.french import Refused
from app.terminal.values import Day, Id, OneOf, Percent, read_id

KIND = OneOf(
    "NATURE",
    {
        "commanditaire": OrganisationKind.SPONSOR,
        "émetteur": OrganisationKind.ISSUER,
        "comptable-public": OrganisationKind.ACCOUNTANT,
        "financeur": OrganisationKind.FUNDER,
        "commune": OrganisationKind.TOWN,
        "ccas": OrganisationKind.CCAS,
        "plie": OrganisationKind.PLIE,
        "conseiller-numérique": OrganisationKind.DIGITAL_ADVISER,
        "france-services": OrganisationKind.FRANCE_SERVICES,
        "france-travail": OrganisationKind.EMPLOYMENT_SERVICE,
        "caf": OrganisationKind.CAF,
        "cgss": OrganisationKind.CGSS,
        "la-poste": OrganisationKind.LA_POSTE,
        "association": OrganisationKind.ASSOCIATION,
        "entreprise": OrganisationKind.COMPANY,
        "cyber-base": OrganisationKind.CYBER_BASE,
        "médiathèque": OrganisationKind.MEDIA_LIBRARY,
        "organisme-de-formation": OrganisationKind.TRAINING_BODY,
    },
)
AGREEMENT_ROLE = OneOf(
    "RÔLE",
    {
        "prescripteur": AgreementRole.PRESCRIBER,
        "médiateur": AgreementRole.MEDIATOR,
        "relais-d-information": AgreementRole.INFORMATION_RELAY,
        "lieu-d-accueil": AgreementRole.VENUE,
        "mandat": AgreementRole.MANDATE,
    },
)
FRENCH_KIND = {kind: word for word, kind in KIND.words.items()}


def organisation_named(session: Session, typed: str) -> Organisation:
    """An organisation by its id, its SIRET or its exact name.

    Raises:
        UnknownOrganisation: nothing is called that.
        Refused: several have that name.
    """
    if organisation_id := read_id(typed):
        return known_organisation(session, organisation_id)
    siret = read_siret(typed)
    if siret and (organisation := queries.organisation_by_siret(session, siret)):
        return organisation
    found = queries.organisations_by_name(session, " ".join(typed.split()))
    if len(found) > 1:
        message = f"{len(found)} structures s’appellent « {typed} » : donnez le SIRET de la bonne."
        raise Refused(message)
    if not found:
        raise UnknownOrganisation
    return found[0]


# ── Partners ──────────────────────────────────────────────────────────────────────────────────────


@click.group("partner", cls=Group)
def partner() -> None:
    """Les structures du dispositif, leurs conventions et leurs labels.

    Une structure se désigne par son nom exact, son SIRET ou son identifiant.

    Exemple : passnum partner list --agent coordination@exemple.fr
    """


@partner.command("add")
@click.argument("name", metavar="NOM")
@click.option("--kind", type=KIND, required=True, help="Ce qu’elle est : ccas, association…")
@click.option("--commune", required=True, metavar="COMMUNE", help="Où elle est.")
@click.option("--siret", metavar="SIRET", help="Ses 14 chiffres.")
@repeatable
@acting
def add(
    desk: Desk,
    *,
    name: str,
    kind: OrganisationKind,
    commune: str,
    siret: str | None,
    request_id: UUID,
) -> None:
    """Ajoute une structure.

    Exemple : passnum partner add "CCAS du Lorrain" --kind ccas --commune "Le Lorrain"
    """
    with desk.transaction() as session:
        added = register_organisation(
            session,
            actor=desk.actor(session),
            organisation_id=request_id,
            kind=kind,
            name=name,
            commune=commune,
            siret=siret,
            now=desk.now,
        )
    desk.answer(f"« {added.name} » est ajoutée.", id=added.id, name=added.name)


@partner.command("list")
@click.option("--kind", type=KIND, help="Une nature seulement.")
@acting
def list_partners(desk: Desk, *, kind: OrganisationKind | None) -> None:
    """Montre les structures.

    Exemple : passnum partner list --kind association
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.SEE_PARTNERS)
        found = every(
            lambda after: queries.organisations_after(session, after, limit=PAGE, kind=kind)
        )
    desk.table(
        [
            {"id": o.id, "name": o.name, "kind": o.kind, "commune": o.commune, "siret": o.siret}
            for o in found
        ],
        {
            "Nom": lambda o: o["name"],
            "Nature": lambda o: FRENCH_KIND[OrganisationKind(o["kind"])],
            "Commune": lambda o: o["commune"],
            "SIRET": lambda o: o["siret"] or "–",
            "Identifiant": lambda o: o["id"],
        },
        none="Aucune structure.",
    )


@partner.command("siret")
@click.argument("organisation", metavar="STRUCTURE")
@click.argument("siret", metavar="SIRET")
@click.option("--reason", required=True, metavar="TEXTE", help="D’où il vient.")
@click.option("--corrects", metavar="SIRET", help="Le SIRET faux, écrit par une autre personne.")
@repeatable
@acting
def siret(
    desk: Desk,
    *,
    organisation: str,
    siret: str,
    reason: str,
    corrects: str | None,
    request_id: UUID,
) -> None:
    """Écrit le SIRET d’une structure qui n’en a pas, ou corrige celui d’une autre personne.

    Le SIRET donné à l’enregistrement, écrit de nouveau, est signalé faux : une autre personne le
    corrige ensuite, par --corrects.

    Exemple : passnum partner siret "CCAS du Lorrain" 73282932000074 --reason "Avis SIRENE"
    """
    with desk.transaction() as session:
        named = organisation_named(session, organisation)
        made = record_siret(
            session,
            actor=desk.actor(session),
            entry_id=request_id,
            organisation_id=named.id,
            siret=siret,
            reason=reason,
            corrects=corrects,
            now=desk.now,
        )
        name, told_false = named.name, made.siret == named.siret_given
    said = f"Le SIRET de « {name} » est désormais {written_siret(made.siret)}."
    if told_false:
        said = f"Le SIRET de « {name} » est signalé faux. Une autre personne écrit le bon."
    desk.answer(said, id=made.id)


@partner.command("agreement")
@click.argument("organisation", metavar="STRUCTURE")
@click.option("--role", type=AGREEMENT_ROLE, required=True, help="Pour quoi elle a signé.")
@click.option("--reference", required=True, metavar="TEXTE", help="La référence de la convention.")
@click.option("--from", "valid_from", type=Day(), required=True, help="Le premier jour.")
@click.option("--until", "valid_until", type=Day(), required=True, help="Le dernier jour.")
@click.option(
    "--fee",
    "redemption_fee_basis_points",
    type=Percent(),
    help="Les frais propres à la convention d’un médiateur.",
)
@repeatable
@acting
def agreement(desk: Desk, *, organisation: str, request_id: UUID, **signed: Any) -> None:  # noqa: ANN401 - as sign_agreement
    """Enregistre une convention signée, du premier au dernier jour inclus.

    Exemple : passnum partner agreement "CCAS du Lorrain" --role prescripteur --reference 2026-12
    --from 01/01/2026 --until 31/12/2027
    """
    with desk.transaction() as session:
        made = sign_agreement(
            session,
            actor=desk.actor(session),
            agreement_id=request_id,
            organisation_id=organisation_named(session, organisation).id,
            now=desk.now,
            **signed,
        )
    desk.answer(
        f"Convention « {made.reference} » enregistrée du {made.valid_from:%d/%m/%Y} "
        f"au {made.valid_until:%d/%m/%Y}.",
        id=made.id,
    )


@partner.command("agreements")
@click.argument("organisation", metavar="STRUCTURE")
@acting
def list_agreements(desk: Desk, *, organisation: str) -> None:
    """Montre les conventions d’une structure, avec leur identifiant et leurs documents.

    Exemple : passnum partner agreements "CCAS du Lorrain"
    """
    with desk.transaction(writing=False) as session:
        named = organisation_named(session, organisation)
        actor = desk.actor(session, Right.SEE_PARTNERS)
        actor.check_sees(named.id)
        found = queries.agreements_of(session, named.id)
        closures = queries.closures_of(session, named.id)
        files = queries.files_of(session, [one.id for one in found])
        rows = [
            {
                "id": one.id,
                "role": one.role,
                "reference": one.reference,
                "valid_from": one.valid_from,
                "valid_until": one.valid_until,
                "ends_from": closures[one.id].from_on if one.id in closures else None,
                "file_count": len(files[one.id]),
            }
            for one in found
        ]
    desk.table(
        rows,
        {
            "Rôle": lambda a: FRENCH_AGREEMENT_ROLE[AgreementRole(a["role"])],
            "Référence": lambda a: a["reference"],
            "Du": lambda a: f"{a['valid_from']:%d/%m/%Y}",
            "Au": lambda a: f"{a['valid_until']:%d/%m/%Y}",
            "Sans droit dès le": lambda a: f"{a['ends_from']:%d/%m/%Y}" if a["ends_from"] else "–",
            "Documents": lambda a: a["file_count"],
            "Identifiant": lambda a: a["id"],
        },
        none="Cette structure n’a rien signé.",
    )


@partner.command("close-agreement")
@click.argument("agreement_id", type=Id(), metavar="IDENTIFIANT")
@click.option("--from", "from_on", type=Day(), required=True, help="Le premier jour sans droit.")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi elle prend fin.")
@repeatable
@acting
def end_agreement(
    desk: Desk, *, agreement_id: UUID, from_on: date, reason: str, request_id: UUID
) -> None:
    """Met fin à une convention avant son terme ; ce qui s’est fait avant reste.

    Exemple : passnum partner close-agreement 0199f2a0-1b2c-7d3e-8f40-123456789abc
    --from 01/12/2026 --reason "Départ du régisseur"
    """
    with desk.transaction() as session:
        made = close_agreement(
            session,
            actor=desk.actor(session),
            closure_id=request_id,
            agreement_id=agreement_id,
            from_on=from_on,
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"Cette convention ne donne plus de droit à compter du {made.from_on:%d/%m/%Y}.", id=made.id
    )


@partner.command("attach")
@click.argument("agreement_id", type=Id(), metavar="IDENTIFIANT")
@click.argument("file", type=click.Path(path_type=Path), metavar="FICHIER")
@repeatable
@acting
def attach(desk: Desk, *, agreement_id: UUID, file: Path, request_id: UUID) -> None:
    """Joint à une convention son document signé : PDF, JPEG ou PNG.

    Exemple : passnum partner attach 0199f2a0-1b2c-7d3e-8f40-123456789abc convention.pdf
    """
    with desk.transaction() as session:
        made = keep_file(
            session,
            actor=desk.actor(session),
            file_id=request_id,
            agreement_id=agreement_id,
            content=file.read_bytes(),
            now=desk.now,
        )
    desk.answer(f"Document joint. Empreinte SHA-256 : {made.sha256.hex()}", id=made.id)


# ── Bank details ──────────────────────────────────────────────────────────────────────────────────


@click.group("bank-details", cls=Group)
def bank_details() -> None:
    """Les comptes bancaires : une personne les saisit, une autre les confirme ou les refuse.

    Exemple : passnum bank-details list "Exo 7"
    """


@bank_details.command("add")
@click.argument("organisation", metavar="STRUCTURE")
@click.option("--holder", required=True, metavar="NOM", help="Le titulaire du compte.")
@click.option("--iban", required=True, metavar="IBAN", help="Recopié du relevé d’identité.")
@repeatable
@acting
def add_details(desk: Desk, *, organisation: str, holder: str, iban: str, request_id: UUID) -> None:
    """Saisit un compte ; rien n’y est payé avant qu’une autre personne le confirme.

    Exemple : passnum bank-details add "Exo 7" --holder "Exo 7" --iban FR7612345678901234567890185
    """
    with desk.transaction() as session:
        made = prepare_bank_details(
            session,
            actor=desk.actor(session),
            bank_details_id=request_id,
            organisation_id=organisation_named(session, organisation).id,
            holder=holder,
            iban=iban,
            vault=BankVault(desk.settings.key_dir),
            now=desk.now,
        )
    desk.answer(
        f"Compte {made.iban_masked} saisi : une autre personne doit le confirmer.",
        id=made.id,
    )


@bank_details.command("approve")
@click.argument("bank_details_id", type=Id(), metavar="IDENTIFIANT")
@click.option("--iban", required=True, metavar="IBAN", help="Le même, tapé de nouveau.")
@approving
def approve_details(desk: Desk, *, bank_details_id: UUID, iban: str) -> None:
    """Confirme un compte saisi par quelqu’un d’autre. Demande votre mot de passe.

    Exemple : passnum bank-details approve 0199f2a0-1b2c-7d3e-8f40-123456789abc
    --iban FR1420041010050500013M02606 --agent finances@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        approval = approve_bank_details(
            session,
            actor=actor,
            bank_details_id=bank_details_id,
            iban=iban,
            vault=BankVault(desk.settings.key_dir),
            now=desk.now,
        )
    desk.answer("Compte confirmé : les bordereaux peuvent y être payés.",
                id=approval.bank_details_id)  # fmt: skip


@bank_details.command("refuse")
@click.argument("bank_details_id", type=Id(), metavar="IDENTIFIANT")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi ; la structure le lit.")
@repeatable
@approving
def refuse_details(desk: Desk, *, bank_details_id: UUID, reason: str, request_id: UUID) -> None:
    """Refuse un compte qui n’est pas le bon, avant sa confirmation. Demande votre mot de passe.

    Qui l’a saisi peut aussi le retirer ainsi. Rien n’y sera payé.

    Exemple : passnum bank-details refuse 0199f2a0-1b2c-7d3e-8f40-123456789abc
    --reason "La structure ne connaît pas ce compte" --agent finances@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        refuse_bank_details(
            session,
            actor=actor,
            refusal_id=request_id,
            bank_details_id=bank_details_id,
            reason=reason,
            now=desk.now,
        )
    desk.answer("Compte refusé : rien n’y sera payé, et la structure est avertie.",
                id=bank_details_id)  # fmt: skip


@bank_details.command("list")
@click.argument("organisation", metavar="STRUCTURE")
@acting
def list_details(desk: Desk, *, organisation: str) -> None:
    """Montre les comptes d’une structure, et ce que chacun est devenu.

    Exemple : passnum bank-details list "Exo 7"
    """
    with desk.transaction(writing=False) as session:
        named = organisation_named(session, organisation)
        actor = desk.actor(session, Right.SEE_PARTNERS)
        actor.check_sees(named.id)
        rows = [
            {
                "id": one.details.id,
                "holder": one.details.holder,
                "iban": one.details.iban_masked,
                "prepared_at": one.details.prepared_at,
                "state": one.state,
                "approved_at": one.approval.approved_at if one.approval else None,
                "refused_at": one.refusal.refused_at if one.refusal else None,
                "refused_because": one.refusal.reason if one.refusal else None,
            }
            for one in queries.bank_details_of(session, named.id)
        ]
    desk.table(
        rows,
        {
            "Titulaire": lambda d: d["holder"],
            "Compte": lambda d: d["iban"],
            "Saisi": lambda d: in_french(d["prepared_at"]),
            "État": lambda d: FRENCH_BANK_DETAILS_STATE[d["state"]],
            "Le": lambda d: in_french(d["approved_at"] or d["refused_at"]),
            "Raison": lambda d: d["refused_because"] or "",
            "Identifiant": lambda d: d["id"],
        },
        none="Cette structure n’a pas donné de compte.",
    )
