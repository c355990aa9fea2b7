"""A debit note as its people meet it: who is asked to act, and what the mediator reads."""

import re

from sqlalchemy import select

from app.identity.models import Agent
from app.kernel.ids import new_id
from app.mails.models import Mail
from app.partners.contacts import record_address, record_contact
from app.partners.rules import OrganisationKind
from app.partners.service import register_organisation
from tests.api.house import House
from tests.orders.test_order_pages import Desk, flat
from tests.pages import markup
from tests.papers.reading import words
from tests.service.test_corrections import Corrections

TODAY = "/aujourd-hui"


def known_accountant(house: House) -> None:
    """A treasury that the scheme knows, with its address and its telephone."""
    scheme, coordinator = house.scheme, house.scheme.actors["coordinator"]
    with house.database.transaction() as session:
        body = register_organisation(
            session,
            actor=None,
            organisation_id=new_id(),
            kind=OrganisationKind.ACCOUNTANT,
            name="Trésorerie du Nord",
            commune="La Trinité",
            siret=None,
            now=scheme.now,
        )
        record_address(
            session,
            actor=coordinator,
            address_id=new_id(),
            organisation_id=body.id,
            street="1 rue de la Paix",
            complement=None,
            postcode="97220",
            latitude_microdegrees=None,
            longitude_microdegrees=None,
            now=scheme.now,
        )
        record_contact(
            session,
            actor=coordinator,
            contact_id=new_id(),
            organisation_id=body.id,
            position="Recouvrement",
            phone="0536490099",
            email=None,
            now=scheme.now,
        )


def letters(house: House) -> list[Mail]:
    with house.database.transaction(writing=False) as session:
        asked = select(Mail).join(Agent, Agent.id == Mail.agent_id)
        told = session.scalars(asked.where(Agent.email == "exo7@exemple.fr"))
        return [mail for mail in told if mail.subject.startswith("Titre de recette")]


def test_a_debit_note_calls_who_issues_who_collects_and_who_pays(house: House) -> None:
    scheme, corrections = house.scheme, Corrections(house.database, house.scheme)
    known_accountant(house)
    taken = corrections.take(2)
    corrections.paid()
    corrections.taken_back(*taken)
    path = f"/corrections/titres/{scheme.programme_id}/{scheme.organisations['exo7']}/nouveau"
    finance = Desk(house, "finance")
    assert "Émettre un titre" not in finance.read(TODAY)

    house.clock.days = 65
    finance, other, accountant = (Desk(house, n) for n in ("finance", "finance2", "accountant"))
    assert f'href="{path}"' in finance.client.get(TODAY).text
    stale = markup.read(other.client.get(path).text)
    told = finance.sends(path, {})
    late = other.client.post(
        path,
        data={
            e.attributes["name"]: e.attributes["value"]
            for e in stale.all("input")
            if e.attributes.get("name") in {"csrf_token", "id"}
        },
    )

    [number] = {*re.findall(r"TR-\d{4}-0001", told)}
    note = other.client.get(path).location
    assert late.status_code == 409
    assert f"Le titre {number} réclame déjà" in flat(late.text)
    assert f'href="{note}"' in late.text
    assert "Émettre un titre" not in other.read(TODAY)
    assert f"Encaisser le titre {number}" in accountant.read(TODAY)
    assert f'href="{note}"' in accountant.client.get(TODAY).text
    where = ("Trésorerie du Nord", "1 rue de la Paix, 97220 La Trinité", "0536 49 00 99")
    [letter] = letters(house)
    paper = " ".join(words(accountant.client.get(f"{note}/titre.pdf").data)[0].split())
    for place in (flat(letter.body), paper, Desk(house, "exo7").read(note)):
        assert all(one in place for one in (*where, "Le comptable public vous dira comment"))
    assert flat(letter.subject) == f"Titre de recette {number} : 20 € à rendre"

    accountant.sends(note, {}, to=f"{note}/encaisser")

    assert "Encaisser" not in accountant.read(TODAY)
    assert len(letters(house)) == 1
