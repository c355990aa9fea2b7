"""Another booklet in two clicks, by the rules of every hand-over; and the letter that is sent."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id
from app.mails.models import Mail
from app.mails.outbox import opened_link
from app.prescribers import errors, letters
from app.prescribers.models import BeneficiaryIdentity, Prescription, PrescriptionRenewal
from app.prescribers.prescriptions import NO_REASON
from app.prescribers.renewals import COMMITMENT_LASTS, renewal_of
from app.programmes.rules import Public
from app.programmes.service import mark_demonstration
from tests.api.house import House
from tests.api.test_handover_steps import hidden, read, send

KEY = bytes(32)


def a_senior(house: House, *, used: int) -> UUID:
    """Somebody of the CCAS with a booklet of 5, of which so many passes were used."""
    scheme = house.scheme
    with house.database.transaction() as session:
        scheme.stock(session)
        scheme.allocation(session, 11, 13, to="ccas")
        person = scheme.beneficiary(session, public=Public.SENIOR, birth_year=1950, by="ccas")
        scheme.prescription(session, person, [11], by="ccas", reasons=NO_REASON)
        for code in scheme.codes(session, 11)[:used]:
            scheme.redeem(session, code).accepted()
    return person


def test_a_booklet_is_renewed_by_the_button_of_a_page_that_asks_nothing(house: House) -> None:
    person = a_senior(house, used=5)
    client = house.signed_in("ccas").client
    address = f"/mes-personnes/{person}/renouveler"
    assert f'{address}">' in read(client, "/mes-personnes?qui=fini")
    assert "Rosette Démonstration" in read(client, "/mes-personnes/feuille?qui=fini")

    with house.database.transaction(writing=False) as session:
        used = f"/remises/{session.scalars(select(Prescription.id)).one()}"
    for told in (read(client, used), read(client, f"{used}/annuler")):
        assert "ne s’annule plus, même par la coordination" in told
        assert 'name="raison"' not in told

    page = read(client, address)
    assert "Renouveler pour Rosette Démonstration</h1>" in page
    assert "Aucun pass" in page
    assert ">26A 00012<" in page
    assert "elle ne signe pas de nouveau" in page
    assert "<select" not in page.partition('id="formulaire"')[2]
    as_shown = {
        "carnets": "26A 00012",
        "lieu": str(house.scheme.organisations["exo7"]),
    }
    assert f'value="{as_shown["lieu"]}" checked' in page
    shown = send(client, address, page, as_shown)
    assert send(client, address, page, as_shown) == shown

    made = read(client, shown)
    assert "imprimez-la ou envoyez-la" in made
    assert f'{shown}/annuler">Annuler cette remise' in made
    assert 'name="raison"' in read(client, f"{shown}/annuler")
    people = read(client, "/mes-personnes")
    assert "Remettre par exception" not in people, "they have all of a booklet left"
    with house.database.transaction() as session:
        for code in house.scheme.codes(session, 12)[:3]:
            house.scheme.redeem(session, code).accepted()
    people = read(client, "/mes-personnes")
    assert f'{address}#exception">' in people
    # Said before the exception, and folded: the list is there to call.
    folded = people.partition('<details class="further"')[2].partition("</details>")[0]
    assert folded.index("Son droit est épuisé") < folded.index(f'{address}#exception">')
    with house.database.transaction(writing=False) as session:
        assert session.scalar(select(func.count()).select_from(Prescription)) == 2
        renewal = session.scalars(select(PrescriptionRenewal)).one()
        first, second = session.scalars(select(Prescription).order_by(Prescription.prescribed_at))
        assert (renewal.prescription_id, renewal.passes_left) == (second.id, 0)
        assert (second.answers, second.commitment) == (first.answers, first.commitment)


def proposed(people: str, *persons: UUID) -> list[bool]:
    """Whose renewal stands in sight, outside of what is folded."""
    before = [people.partition(f"{one}/renouveler")[0] for one in persons]
    return [one.count("<details") == one.count("</details>") for one in before]


def test_what_is_too_early_is_said_before_the_click_and_a_reason_goes_on(house: House) -> None:
    person = a_senior(house, used=2)
    client, scheme = house.signed_in("ccas").client, house.scheme
    address = f"/mes-personnes/{person}/renouveler"

    with house.database.transaction() as session:
        untouched = scheme.beneficiary(session, public=Public.SENIOR, birth_year=1951, by="ccas")
        scheme.prescription(session, untouched, [13], by="ccas", reasons=NO_REASON)
    # Whoever has used nothing needs a call: another booklet is not proposed in sight.
    assert proposed(read(client, "/mes-personnes"), person, untouched) == [True, False]
    # Their passes end on one day: on paper, who has most to lose comes first.
    paper = read(client, "/mes-personnes/feuille")
    assert paper.index("5 sur 5") < paper.index("3 sur 5")
    page = read(client, address)
    assert "Raison de renouveler maintenant" in page
    assert "Il lui reste 3 pass" in page
    typed = {"carnets": "26A 00012", "lieu": str(scheme.organisations["exo7"])}
    form = {"csrf_token": hidden(page, "csrf_token"), "id": hidden(page, "id"), **typed}
    refused = client.post(address, data=form)
    assert refused.status_code == 422
    assert "Il reste à cette personne des pass" in refused.text
    lost = client.post(address, data={**form, "renouvellement": "lost"})
    assert lost.status_code == 422
    assert "encore acceptés partout" in lost.text
    to_block = "/oppositions/nouvelle?pass=26A+00011"
    with house.database.transaction(writing=False) as session:
        given = session.scalars(
            select(Prescription.id).where(Prescription.beneficiary_id == person)
        ).one()
    before = read(client, f"/remises/{given}")
    assert f'{to_block}">Ce carnet est perdu ou volé' in before
    assert "Valables jusqu’au" in before
    assert f'{to_block}">mettre en opposition 26A 00011</a>' in lost.text
    assert "26A 00011</textarea>" in read(client, to_block)
    with house.database.transaction() as session:
        scheme.blocked(session, "26A 00011", by="ccas")
    after = read(client, f"/remises/{given}")
    assert "3 pass en opposition depuis le" in after
    assert "il n’y a pas de lettre à imprimer" in after
    assert "/remplacements/nouveau?pass=" in after
    for words in ("Valables jusqu’au", "Imprimer la lettre", "perdu ou volé"):
        assert words not in after
    assert "Plus aucun pass de cette remise" in client.get(f"/remises/{given}/lettre.pdf").text
    assert send(client, address, page, {**typed, "renouvellement": "lost"}).startswith("/remises/")

    with house.database.transaction() as session:
        ours = scheme.actors["ccas"]

        def known(days: int = 0, by: str = "ccas") -> bool:
            return renewal_of(
                session,
                actor=scheme.actors[by],
                beneficiary_id=person,
                now=scheme.now + timedelta(days=days),
            ).signature_holds

        assert (known(), known(COMMITMENT_LASTS.days)) == (True, False)
        with pytest.raises(errors.UnknownBeneficiary):
            known(by="plie")
        nobody = scheme.beneficiary(session, by="ccas")
        with pytest.raises(errors.NothingToRenew):
            renewal_of(session, actor=ours, beneficiary_id=nobody, now=scheme.now)
        session.delete(session.get_one(BeneficiaryIdentity, person))
        session.flush()
        with pytest.raises(errors.UnknownBeneficiary):
            known()


def test_a_letter_leaves_with_consent_alone_and_keeps_nobody(house: House) -> None:
    person = a_senior(house, used=0)
    scheme, client = house.scheme, house.signed_in("ccas").client
    with house.database.transaction() as session:
        made = session.scalars(select(Prescription.id)).one()

        def sent(*, agreed: bool, to: str = "Rosette@Exemple.fr", by: str = "ccas") -> Mail:
            return letters.send_letter(
                session,
                actor=scheme.actors[by],
                mail_id=mail_id,
                prescription_id=made,
                address=to,
                agreed=agreed,
                help_line="0596 00 00 00",
                key=KEY,
                now=scheme.now,
            )

        mail_id = new_id()
        for wrong in ({"agreed": False}, {"agreed": True, "to": "rosette"}):
            with pytest.raises(InvalidInput):
                sent(**wrong)
        with pytest.raises(errors.UnknownPrescription):
            sent(agreed=True, by="plie")
        mail = sent(agreed=True)
        assert sent(agreed=True) is mail
        assert opened_link(mail, KEY) == "rosette@exemple.fr"
        kept = f"{mail.address}{mail.subject}{mail.body}"
        assert "EXO7" in kept
        assert "osette" not in kept
        assert "26A" not in kept
        assert "Venez avec votre carnet." in kept
        assert "SPÉCIMEN" not in kept
        mark_demonstration(session, now=scheme.now)
        mail_id = new_id()
        assert sent(agreed=True).body.startswith("SPÉCIMEN")

    address = f"/remises/{made}/envoyer"
    page = read(client, address)
    assert "n’a pas de serveur de courriel" in page
    form = {"csrf_token": hidden(page, "csrf_token"), "id": hidden(page, "id"), "moyen": "sms"}
    assert "demandez" in client.post(address, data=form).text.lower()
    with house.database.transaction() as session:
        session.get_one(BeneficiaryIdentity, person).phone = "0596 00 00 01"
    assert "est un téléphone fixe" in read(client, address)
    fixed = client.post(address, data={**form, "accord_sms": "oui"}).text
    assert 'href="tel:0596000001"' in fixed
    assert 'href="sms:' not in fixed
    with house.database.transaction() as session:
        session.get_one(BeneficiaryIdentity, person).phone = "0696 00 00 01"
    told = client.post(address, data={**form, "accord_sms": "oui"})
    assert 'href="sms:0696000001?body=' in told.text
    assert "téléphone fixe" not in told.text
    assert "Dernier jour : " in told.text
    assert "Ce texte part en un seul SMS." in told.text
    assert str(person) not in told.text
