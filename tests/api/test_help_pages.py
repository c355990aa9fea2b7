"""« Aide » and the two statements: each guide opens what it names, and nothing is made up."""

import pytest

from app.guides import reading
from app.identity.rules import Role
from app.kernel.ids import new_id
from app.partners.contacts import record_contact
from tests.api.house import House
from tests.orders.test_order_pages import Desk, flat
from tests.papers import reading as papers

WHO = {
    Role.COORDINATOR: "coordinator",
    Role.FINANCE: "finance",
    Role.ACCOUNTANT: "accountant",
    Role.PRESCRIBER: "ccas",
    Role.MEDIATOR: "exo7",
    Role.AUDITOR: "auditor",
    Role.ADMINISTRATOR: "administrator",
}


ON_ONE = pytest.mark.parametrize(
    "lived_in", ["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)], indirect=True
)
"""The pages are asked of both databases elsewhere; here it matters that each one opens."""


@ON_ONE
def test_each_role_reads_its_guide_and_opens_every_page_that_it_names(lived_in: House) -> None:
    for role, name in reading.NAMES.items():
        desk, guide = Desk(lived_in, WHO[role]), reading.guide(name)

        said = desk.read("/aide")
        assert guide.title in said
        assert all(flat(section.title) in said for section in guide.sections)
        for path in {*guide.links, *(picture.path for picture in guide.pictures)}:
            desk.read(path)


@ON_ONE
def test_who_trains_others_reads_their_guides_and_nobody_unknown_does(lived_in: House) -> None:
    assert "Guide du médiateur" in Desk(lived_in, "coordinator").read("/aide/mediateur")
    for reader, led in (("coordinator", False), ("exo7", True)):
        page = lived_in.signed_in(reader).client.get("/aide/mediateur").text
        assert "Mon guichet" in page
        assert ('<a href="/encaisser">' in page) is led
    Desk(lived_in, "coordinator").read("/aide/personne", status=404)
    assert lived_in.app.test_client().get("/aide").status_code == 302


def test_the_statements_are_for_anybody_and_give_the_contact_of_the_directory(house: House) -> None:
    visitor = house.app.test_client()
    for path in ("/accessibilite", "/donnees-personnelles"):
        assert "ni téléphone, ni courriel" in flat(visitor.get(path).text)
    assert "Non conforme" in visitor.get("/accessibilite").text

    with house.database.transaction() as session:
        record_contact(
            session,
            actor=house.scheme.actors["coordinator"],
            contact_id=new_id(),
            organisation_id=house.scheme.organisations["sponsor"],
            position="Coordination",
            phone="+596596000000",
            email="pass@exemple.fr",
            replaces_id=None,
            now=house.scheme.now,
        )

    for path in ("/accessibilite", "/donnees-personnelles"):
        assert "pass@exemple.fr" in visitor.get(path).text
        assert 'href="/aide"' not in visitor.get(path).text


@ON_ONE
def test_the_poster_is_taken_from_the_page_of_the_kit(lived_in: House) -> None:
    desk = Desk(lived_in, "exo7")
    assert "Affiche" in desk.read("/kit-d-information")
    assert "Fiche du médiateur" in desk.read("/kit-d-information?dispositif=rien")

    address = f"/kit-d-information/{lived_in.scheme.programme_id}"
    answer = desk.client.get(f"{address}/affiche-a3.pdf")
    assert answer.mimetype == "application/pdf"
    assert "Besoin d’aide" in papers.words(answer.data)[0]
    desk.read(f"{address}/autre.pdf", status=404)

    public = flat(lived_in.app.test_client().get("/pass-numerique?commune=Le+Lorrain").text)
    assert "Où demander des pass" in public
    assert "CCAS" in public
