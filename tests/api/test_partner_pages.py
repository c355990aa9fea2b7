"""The pages of partners as people use them: each form acts once, and says what to write instead."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest

from app.factory import LARGEST_BODY
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from app.partners.agreements import close_agreement
from app.partners.queries import agreement_in_force
from app.partners.rules import AgreementRole
from tests.api.house import House
from tests.opening import IBAN
from tests.service.chain import PDF

Typed = dict[str, str | list[str]]


def sent(house: House, who: str, path: str, /, **typed: str | list[str]) -> tuple[int, str]:
    """Open a form, fill it in and send it; the page that answers, after a redirection too."""
    client = house.signed_in(who).client
    page = client.get(path)
    assert page.status_code == 200, page.text
    form: Typed = {}
    for field, value in re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text
    ):
        form[field] = unescape(value)
    answer = client.post(path, data=form | typed, follow_redirects=True)
    return answer.status_code, unescape(answer.text).replace("\u00a0", " ")


@pytest.fixture
def exo7(house: House) -> str:
    return f"/partenaires/{house.scheme.organisations['exo7']}"


def test_an_organisation_is_added_and_found_by_its_name(house: House) -> None:
    status, page = sent(
        house,
        "coordinator",
        "/partenaires/nouveau",
        name="Médiathèque du Prêcheur",
        kind="media_library",
        commune="prêcheur",
        siret="732 829 320 00074",
    )

    assert (status, "est ajoutée" in page) == (200, True)
    assert "Enregistrez maintenant sa convention" in page
    issuer = {"name": "Imprimerie", "kind": "issuer", "commune": "Le Lorrain"}
    _, page = sent(house, "coordinator", "/partenaires/nouveau", **issuer)
    assert "pas besoin de convention" in page
    found = house.signed_in("plie").client.get("/partenaires?nom=MEDIATHEQUE&commune=97219")
    assert "Médiathèque du Prêcheur" in found.text
    assert "1 structure" in unescape(found.text).replace("\u00a0", " ")


def test_a_siret_is_completed_by_one_and_corrected_by_another(house: House) -> None:
    unsigned = f"/partenaires/{house.scheme.organisations['carecof']}"
    said = {"reason": "Avis SIRENE du 4 mars", "sure": "oui"}

    status, page = sent(house, "coordinator", f"{unsigned}/siret", siret="73282932000075", **said)
    assert (status, "14 chiffres, dont une clé" in page) == (422, True)
    _, page = sent(house, "coordinator", f"{unsigned}/siret", siret="73282932000074", **said)
    assert "732 829 320 00074" in page
    assert "Avis SIRENE du 4 mars" in page
    assert "Corriger le SIRET" not in page

    _, page = sent(house, "coordinator2", f"{unsigned}/siret", siret="552 032 534 00646", **said)
    assert "552 032 534 00646" in page
    assert "Avant : 732 829 320 00074" in page
    assert "Joindre la structure" in sent(house, "coordinator", "/pass", typed="55203253400646")[1]
    client = house.signed_in("coordinator").client
    assert ";55203253400646;" in client.get("/partenaires.csv?nom=552 032 534 00646").text
    assert unsigned in client.get("/partenaires?nom=55203253400646").text
    assert unsigned not in client.get("/partenaires?nom=73282932000074").text


def test_a_siret_given_at_registration_is_told_false_before_it_is_corrected(house: House) -> None:
    new = {"name": "Imprimerie", "kind": "issuer", "commune": "Le Lorrain"}
    said = {"reason": "Avis SIRENE du 4 mars", "sure": "oui"}
    _, page = sent(house, "coordinator", "/partenaires/nouveau", siret="73282932000074", **new)
    [act] = re.findall(r"/partenaires/[0-9a-f-]{36}/siret", page)

    status, page = sent(house, "coordinator", act, **said | {"reason": ""})
    assert (status, "Le SIRET n’est pas signalé" in page) == (422, True)
    _, page = sent(house, "coordinator", act, **said)
    assert "Signalé faux" in page
    assert "Corriger le SIRET" not in page

    _, page = sent(house, "coordinator2", act, siret="443 061 841 00047", **said)
    assert "443 061 841 00047" in page
    assert "Avant : 732 829 320 00074, signalé faux" in page


def test_what_cannot_be_read_is_given_back_with_a_sentence(house: House, exo7: str) -> None:
    status, page = sent(
        house,
        "exo7",
        f"{exo7}/fiche",
        hours_0="8h-12h, 11h-13h",
        hours_1="le matin",
        services=["safe_use"],
    )

    assert status == 422
    assert "se recouvrent" in page
    assert 'value="le matin"' in page
    assert re.search(r'value="safe_use" checked', page)


def test_a_partner_corrects_its_own_profile_and_no_other(house: House, exo7: str) -> None:
    status, page = sent(
        house, "exo7", f"{exo7}/fiche", hours_2="9h-12h30, 14h-17h", services=["safe_use"]
    )
    assert (status, "9 h – 12 h 30, 14 h – 17 h" in page) == (200, True)
    status, page = sent(house, "exo7", f"{exo7}/contact", position="Direction", phone="0596000009")
    assert (status, "0596 00 00 09" in page) == (200, True)

    carecof = house.scheme.organisations["carecof"]
    for form in ("fiche", "contact"):
        answer = house.signed_in("exo7").client.get(f"/partenaires/{carecof}/{form}")
        assert answer.status_code == 403
    assert house.signed_in("exo7").client.get(f"{exo7}/convention").status_code == 403


def test_an_account_is_typed_by_one_and_confirmed_by_another(house: House, exo7: str) -> None:
    status, page = sent(house, "coordinator", f"{exo7}/compte", holder="EXO 7", iban=IBAN)
    assert (status, "À confirmer" in page) == (200, True)
    assert IBAN not in page
    assert "Vérifier et confirmer" not in page

    page = house.signed_in("finance").client.get(exo7).text
    [confirm] = re.findall(rf'href="({exo7}/compte/[^"/]+)"', page)
    status, page = sent(house, "finance", confirm)
    assert (status, "cochez la case" in page) == (422, True)
    again = {"sure": "oui", "iban": "FR14 2004 1010 0505 0001 3M02 606"}
    status, page = sent(house, "coordinator", confirm, **again)
    assert (status, "une autre personne doit le confirmer" in page) == (422, True)
    told = house.signed_in("coordinator").client.get(confirm).text
    assert "une autre personne doit le confirmer" in unescape(told)
    assert 'id="formulaire"' not in told
    for wrong, said in (
        ("FR14", "ne peut pas exister"),
        ("DE89370400440532013000", "la saisie est fausse"),
    ):
        status, page = sent(house, "finance", confirm, **again | {"iban": wrong})
        assert (status, said in page) == (422, True)
    status, page = sent(house, "finance", confirm, **again)
    assert (status, "Le compte est confirmé" in page) == (200, True)
    assert "déjà confirmé" in unescape(house.signed_in("finance").client.get(confirm).text)
    assert "FR14 … 2606" in unescape(house.signed_in("exo7").client.get(exo7).text).replace(
        "\u00a0", " "
    )


def test_an_account_that_is_not_the_right_one_is_refused_and_its_own_people_read_why(
    house: House, exo7: str
) -> None:
    def typed(by: str) -> str:
        with house.database.transaction() as session:
            made = house.scheme.typed_account(session, "exo7", by=by, now=house.scheme.later)
        return f"{exo7}/compte/{made}"

    def read(who: str, path: str) -> str:
        return unescape(house.signed_in(who).client.get(path).text).replace("\u00a0", " ")

    false = typed("coordinator")
    assert f"{false}/refuser" in read("finance", false)
    assert f"{false}/refuser" in read("coordinator", exo7), "who typed it takes it back"
    assert 'id="formulaire"' not in read("exo7", f"{false}/refuser")
    status, page = sent(house, "finance", f"{false}/refuser", reason="")
    assert (status, "Dites pourquoi" in page) == (422, True)
    reason = "Rappelée, l’association ne le connaît pas"
    status, page = sent(house, "finance", f"{false}/refuser", reason=reason)
    assert (status, "Le compte est refusé" in page, reason in page) == (200, True, True)
    assert "déjà refusé" in read("finance", false)
    assert reason in read("exo7", "/ma-structure")

    slip = typed("exo7")
    assert f"{slip}/refuser" in read("exo7", "/ma-structure")
    status, page = sent(house, "exo7", f"{slip}/refuser", reason="Une faute de frappe")
    assert (status, "Le compte est retiré" in page) == (200, True)
    assert "Une faute de frappe" in read("exo7", "/ma-structure")


def test_accounts_and_agreements_are_told_to_their_own_organisation(
    house: House, exo7: str
) -> None:
    told = house.signed_in("exo7").client.get(exo7).text
    hidden = house.signed_in("carecof").client.get(exo7).text

    assert "Comptes bancaires" in told
    assert "Comptes bancaires" not in hidden
    assert "Conventions" not in hidden


def test_each_other_form_acts(used_up: House) -> None:
    house, today = used_up, used_up.scheme.today
    exo7 = f"/partenaires/{house.scheme.organisations['exo7']}"
    in_nine_days = (today + timedelta(days=9)).isoformat()
    period = {
        "valid_from": today.isoformat(),
        "valid_until": (today + timedelta(days=30)).isoformat(),
    }
    library = f"/partenaires/{house.scheme.organisations['library']}"
    unlabelled = f"/partenaires/{house.scheme.organisations['unlabelled']}"
    application = house.lived.ids["application"]
    for path, typed, said in (
        (f"{exo7}/adresse", {"street": "1, rue Haute", "postcode": "97222",
                             "latitude_microdegrees": "14,656",
                             "longitude_microdegrees": "−61,129"}, "14,656 ; −61,129"),
        (f"{exo7}/convention", {"role": "venue", "reference": "C 7", **period}, "À renouveler"),
        (f"{library}/regie", {"kind": "advances", "reference": "A 7", "held_by": "Direction",
                              **period}, "La régie est enregistrée"),
        (f"{unlabelled}/demande-de-label", {"applied_on": today.isoformat()}, "Demande déposée"),
        (f"{unlabelled}/demande-de-label/{application}",
         {"step": "granted", "reached_on": today.isoformat(), "reference": "#APTIC 7", **period},
         "Label accordé"),
        (f"{exo7}/label", {"reference": "#APTIC 8", **period}, "Le label est enregistré"),
        (f"{exo7}/disponibilite", {"ready": "non", "from_on": today.isoformat()},
         "Ne reçoit pas"),
        (f"{exo7}/reprise", {"successor_id": library.rpartition("/")[2],
                             "from_on": in_nine_days,
                             "reference": "D 7", "sure": "oui"},
         "Reprise par"),
    ):  # fmt: skip
        status, page = sent(house, "coordinator", path, **typed)
        assert status == 200, page
        if said != "À renouveler":
            assert said in page, path
    renewals = house.signed_in("coordinator").client.get("/partenaires/a-renouveler")
    assert renewals.status_code == 200
    assert house.signed_in("coordinator").client.get(
        f"/partenaires/{new_id()}"
    ).status_code == 404  # fmt: skip


def test_a_signed_paper_is_attached_and_read_by_those_who_signed_it(
    house: House, exo7: str
) -> None:
    client = house.signed_in("coordinator").client
    [address] = set(
        re.findall(rf'href="({exo7}/convention/[^"]+/document)"', client.get(exo7).text)
    )
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
    form = {"csrf_token": token.group(1) if token else "", "id": str(new_id())}

    def send(content: bytes) -> tuple[int, str]:
        answer = client.post(
            address,
            data={**form, "file": (BytesIO(content), "Rosette Démonstration.pdf")},
            follow_redirects=True,
        )
        return answer.status_code, unescape(answer.text)

    assert send(b"MZ not a paper")[0] == 422
    page = client.post(
        address,
        data={**form, "file": (BytesIO(PDF), "scan.pdf")},
        environ_overrides={"CONTENT_LENGTH": str(LARGEST_BODY + 1)},
    ).text
    assert "Ce fichier dépasse 5 Mo. Numérisez-le" in unescape(page).replace("\u00a0", " ")
    assert f'href="{address}">Revenir au formulaire' in page
    status, page = send(PDF)
    assert (status, "est joint" in page, "Rosette" in page) == (200, True, False)

    [paper] = set(re.findall(rf'href="({exo7}/document/[^"]+)"', page))
    own = house.signed_in("exo7").client.get(paper)
    assert (own.data, own.mimetype) == (PDF, "application/pdf")
    assert re.fullmatch(
        r'inline; filename="convention-[0-9a-f]{12}\.pdf"', own.headers["Content-Disposition"]
    )
    assert house.signed_in("carecof").client.get(paper).status_code == 403


def test_an_agreement_ends_early_after_a_confirmation(house: House, exo7: str) -> None:
    page = house.signed_in("coordinator").client.get(exo7).text
    [address] = set(re.findall(rf'href="({exo7}/convention/[^"]+/fin)"', page))
    day = (martinique_day(house.clock()) + timedelta(days=30)).isoformat()

    status, page = sent(house, "coordinator", address, from_on=day, reason="Fusion")
    assert (status, "Relisez le jour" in page) == (422, True)

    status, page = sent(house, "coordinator", address, from_on=day, reason="Fusion", sure="oui")
    assert (status, "Prend fin le" in page) == (200, True)
    assert not re.search(rf"{exo7}/convention/[^\"]+/fin", page)


def test_ending_an_agreement_today_says_what_was_taken_today(house: House, exo7: str) -> None:
    with house.database.transaction() as session:
        for code in house.scheme.issued_booklet(session)[:2]:
            house.scheme.redeem(session, code)
    page = house.signed_in("coordinator").client.get(exo7).text
    [address] = set(re.findall(rf'href="({exo7}/convention/[^"]+/fin)"', page))

    asked = unescape(house.signed_in("coordinator").client.get(address).text)
    assert "2, qui restent valables et seront payés" in asked

    today = martinique_day(house.clock()).isoformat()
    _, page = sent(house, "coordinator", address, from_on=today, reason="Fusion", sure="oui")
    assert "Les pass encaissés jusque-là seront payés, avec 2 pass d’aujourd’hui." in page


def test_what_is_to_come_back_leaves_by_one_press(house: House) -> None:
    scheme, coordinator = house.scheme, house.signed_in("coordinator").client
    with house.database.transaction() as session:
        scheme.stock(session)
        scheme.allocation(session, 1, 2, to="ccas")
        mandate = agreement_in_force(
            session, scheme.organisations["ccas"], AgreementRole.MANDATE, on=scheme.today
        )
        assert mandate is not None
        close_agreement(
            session,
            actor=scheme.actors["coordinator"],
            closure_id=new_id(),
            agreement_id=mandate.id,
            from_on=martinique_day(house.clock()),
            reason="Départ du régisseur",
            now=house.clock(),
        )

    assert "CCAS" in house.signed_in("ccas").client.get("/a-faire-rentrer").text
    assert "CCAS" in coordinator.get("/a-faire-rentrer.csv").text
    assert coordinator.get("/a-faire-rentrer.xlsx").data.startswith(b"PK")
    assert "Rien à faire rentrer" in house.signed_in("plie").client.get("/a-faire-rentrer").text
    refused = house.signed_in("ccas").client.get("/demandes/nouvelle").text
    assert "Vous ne pouvez pas recevoir" in refused
    assert 'id="formulaire"' not in refused

    status, page = sent(house, "ccas", "/a-faire-rentrer")

    assert (status, "est préparé" in page) == (200, True)
    assert "à compter à l’arrivée" in coordinator.get("/a-faire-rentrer").text


def test_a_filter_that_makes_no_sense_is_said(house: House) -> None:
    client = house.signed_in("coordinator").client
    for address in (
        "/partenaires?nature=x",
        "/dotations?etat=x",
        "/demandes?etat=x",
        "/stock?chez=x",
        "/commandes?etat=x",
    ):
        assert "Ce filtre n’est pas compris" in unescape(client.get(address).text)
