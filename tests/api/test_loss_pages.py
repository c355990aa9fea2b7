"""Losses and the end of vintages by their pages alone, as their people work."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger import AccountKind
from app.ledger.models import AccountRow, Voucher
from app.losses.models import Block, WriteOff
from app.losses.naming import serials_of
from tests.api.house import House
from tests.orders.test_order_pages import Desk
from tests.pages import markup
from tests.papers.reading import words


def again(
    desk: Desk, path: str, typed: dict[str, str], *, then: dict[str, str], status: int = 200
) -> str:
    """Send the form of a page, then the form of the page that asks to confirm."""
    asked = markup.read(desk.client.get(path).text)
    token = {
        e.attributes["name"]: e.attributes["value"]
        for e in asked.all("input")
        if e.attributes.get("name") in {"csrf_token", "id"}
    }
    sent = desk.client.post(path, data=token | typed)
    assert sent.status_code == 303, sent.text
    check = sent.location
    shown = desk.client.get(check)
    confirm = {
        e.attributes["name"]: e.attributes.get("value", "")
        for e in markup.read(shown.text).all("input")
        if "name" in e.attributes
    }
    assert "26A 00002 09" in " ".join(shown.text.split())
    answer = desk.client.post(check, data=confirm | then, follow_redirects=True)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert desk.client.get(check).location == answer.request.path, "Back leads to what was done"
    return answer.text


def test_a_code_is_typed_and_never_stands_in_an_address_or_on_the_page_that_confirms(
    used_up: House,
) -> None:
    plie = Desk(used_up, "plie")
    with used_up.database.session(writing=False) as session:
        code = str(used_up.scheme.codes(session, 2)[8])
    today = used_up.scheme.today.isoformat()

    said = again(
        plie,
        "/oppositions/nouvelle",
        {
            "passes": code,
            "cause": "lost",
            "declarant": "holder",
            "happened_on": today,
            "step": "verifier",
        },
        then={"step": "faire"},
    )

    assert code not in said
    assert re.search(r"L’opposition.OPP-\d{4}-\d{4}.est posée", said.replace("\xa0", " "))


def test_a_declaration_that_makes_no_sense_says_why_beside_its_field(used_up: House) -> None:
    plie = Desk(used_up, "plie")

    typed = {"passes": "", "happened_on": "x", "declarant": "", "cause": ""}
    said = plie.sends("/oppositions/nouvelle", typed, status=422)

    for sentence in ("Écrivez au moins un numéro", "Choisissez qui déclare", "Écrivez un jour"):
        assert sentence in said


def test_a_vintage_is_held_signed_and_settled_on_its_page(used_up: House) -> None:
    office, other = Desk(used_up, "coordinator"), Desk(used_up, "finance")
    assert "retenue à valider" in office.read("/cloture")
    assert "Relisez la liste" in office.sends(
        "/cloture/21A", {"sure": ""}, to="/cloture/21A/retenue", status=422
    )

    held = office.sends("/cloture/21A", {"sure": "oui"}, to="/cloture/21A/retenue")
    signed = other.sends("/cloture/21D", {"side": "issuer"}, to="/cloture/21D/signature")
    settled = other.sends(
        "/cloture/21D", {"sure": "oui", "reference": "AV-12"}, to="/cloture/21D/solde"
    )

    assert "Pass retenus 10" in held
    assert "Retenue validée" in held
    assert "En tout" in held
    assert "Chez" in office.client.get("/cloture/21A/liste-arretee.csv").text
    assert office.client.get("/cloture/21A/liste-arretee.xlsx").data.startswith(b"PK")
    assert "Les deux signatures y sont : relisez" in signed.replace("\xa0", " ")
    settled_as = r"Avoir de l’émetteur, à la valeur faciale, n° AV-12, enregistré sous AV-\d{4}-\d+"
    assert re.search(settled_as, settled.replace("\xa0", " "))
    paper = other.client.get("/cloture/21D/etat-contradictoire.pdf")
    assert re.search(settled_as, " ".join(words(paper.data)[0].split()))


def test_a_replacement_is_seen_before_it_is_made(used_up: House) -> None:
    desk, path = Desk(used_up, "plie"), "/remplacements/nouveau"
    typed = {"passes": "26A 00002 09", "cause": "damaged"}

    unfit = desk.sends(path, typed | {"taken": "26A 00002"}, status=422)
    assert "Il faut 1 pass, et les carnets que vous prenez n’en ont ici que 0" in unfit
    forgotten = again(desk, path, typed, then={"sure": ""}, status=422)
    said = again(desk, path, typed, then={"sure": "oui"})

    assert "Cochez cette case" in forgotten
    assert "Voici ce qui va se passer" in forgotten

    assert "prenez les pass indiqués" in said


def test_a_destruction_and_a_count_are_given_up_with_a_reason(used_up: House) -> None:
    office, ids = Desk(used_up, "coordinator"), used_up.lived.ids
    with used_up.database.session(writing=False) as session:
        number = session.get_one(WriteOff, ids["to give up"]).number
    pages = (f"/destructions/{number}", f"/comptages/{ids['count to give up']}")

    for page in pages:
        assert "Dites pourquoi" in office.sends(f"{page}/abandon", {"reason": ""}, status=422)
        assert "abandonné" in office.sends(f"{page}/abandon", {"reason": "Une liste de trop"})
        assert "Une liste de trop" in office.read(page)
    assert "abandonné" in office.read("/destructions")
    assert "abandonné" in office.read("/comptages?etat=abandoned")
    assert "5 pass ont expiré après l’arrêté" in office.read("/cloture/21G")


def test_an_allocation_names_the_line_and_takes_a_cover_scanned_twice_once(used_up: House) -> None:
    desk, path = Desk(used_up, "coordinator"), "/dotations/nouvelle"
    scheme = used_up.scheme
    whom = {
        "dispositif": str(scheme.programme_id),
        "destinataire": str(scheme.organisations["plie"]),
    }
    wrong = desk.sends(path, whom | {"carnets": "26A 00013\nbonjour"}, status=422)
    assert "Ligne 2 : " in wrong
    far = desk.sends(path, whom | {"carnets": "26A 00013 a 26A 12999"}, status=422)
    assert re.search(r"carnets jamais livrés : 12 \d{3}\.", far)
    typed = "26A 00015\n26A 00013\nbonjour\n26A 00002\n26A 00013 à 26A 00013\n26A 00012 à 26A 00013"
    many = desk.sends(path, whom | {"carnets": typed}, status=422)
    for sentence in (
        r"Ligne 1 : Le carnet 26A 00015 [^:]+ : il n’est pas encore activé",
        r"Ligne 3 : ",
        r"Ligne 4 : Le carnet 26A 00002 [^:]+ : il est déjà remis à une personne",
        r"Ligne 6 : Le carnet 26A 00013 figure deux fois",
    ):
        assert re.search(sentence, many)
    assert "Ligne 2" not in many
    assert "Ligne 5" not in many, "scanned twice, it counts once"
    assert typed.splitlines()[-1] in many
    said = desk.sends(path, whom | {"carnets": "26A 00013\n26A 00013"})
    assert "est en route" in said
    assert "1 carnet scanné deux fois" in said


def test_an_opposition_says_what_became_of_its_passes(used_up: House) -> None:
    plie, office = Desk(used_up, "plie"), Desk(used_up, "coordinator")
    with used_up.database.session(writing=False) as session:
        one, two = serials_of(session, handed_over_by(session, used_up)).values()
    declared = {"cause": "lost", "declarant": "holder", "step": "faire"} | {
        "happened_on": used_up.scheme.today.isoformat(),
        "passes": f"{one}\n{two}",
    }
    plie.sends("/oppositions/nouvelle", declared)
    with used_up.database.session(writing=False) as session:
        number = session.scalars(select(Block.number).order_by(Block.number.desc())).first()
        other = session.get_one(Block, used_up.lived.ids["block"]).number
    page, swap = f"/oppositions/{number}", {"cause": "lost", "step": "faire", "sure": "oui"}

    office.sends("/remplacements/nouveau", swap | {"passes": one})
    half = plie.read(page)
    office.sends("/remplacements/nouveau", swap | {"passes": two})
    whole = plie.read(page)

    assert re.search(r"1 pass est refusé partout\. 1 pass est annulé et remplacé \( RPL-", half)
    assert re.search(
        r"terminée Ses 2 pass sont annulés et remplacés \( RPL-\S+ , RPL-\S+ \)\.", whole
    )
    assert re.search(
        r"1 pass est détruit \( \S+ \)\. 1 pass n’est plus bloqué par elle\.",
        office.read(f"/oppositions/{other}"),
    )


def handed_over_by(session: Session, house: House) -> list[int]:
    """Two passes that people hold of the PLIE."""
    return list(
        session.scalars(
            select(Voucher.id)
            .join(AccountRow, AccountRow.id == Voucher.account_id)
            .where(
                AccountRow.kind == AccountKind.CIRCULATION,
                AccountRow.party_id == house.scheme.organisations["plie"],
            )
            .order_by(Voucher.id)
            .limit(2)
        )
    )
