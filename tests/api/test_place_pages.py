"""Places on pages: a national file taken, a place completed, and what everybody may read."""

import re
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient

from tests.api.house import House
from tests.orders.test_order_pages import flat
from tests.pages import markup

FILE = (
    "id,nom,commune,code_postal,adresse,services,date_maj,latitude,longitude\n"
    "a,Espace du Bourg,Macouba,97218,Bourg,Utilisation sécurisée du numérique,2026-01-02,"
    "14.87,-61.14\n"
)


def sent(
    client: FlaskClient, path: str, typed: dict[str, Any], status: int = 200
) -> tuple[str, str]:
    """Fill what is hidden of a form and what is typed; where that leads, and what it says."""
    (form,) = (f for f in markup.read(client.get(path).text).all("form") if _acts(f.attributes))
    hidden = {
        one.attributes["name"]: one.attributes["value"]
        for one in form.all("input")
        if one.attributes.get("type") == "hidden"
    }
    answer = client.post(path, data=hidden | typed, follow_redirects=True)
    assert answer.status_code == status, answer.text
    return answer.request.path, flat(answer.text)


def _acts(attributes: dict[str, str]) -> bool:
    return attributes.get("id") == "formulaire"


def test_a_place_of_a_file_is_taken_and_completed_on_pages(house: House) -> None:
    client = house.signed_in("coordinator").client
    address, said = sent(client, "/lieux/fichiers", {"file": (BytesIO(FILE.encode()), "lieux.csv")})
    assert "Nouveau lieu 1" in said
    assert "Cochez au moins une ligne" in sent(client, address, {}, 422)[1]
    assert "lieu de la ligne 2" in sent(client, address, {"lines": "2"}, 422)[1]
    _, said = sent(client, address, {"lines": "2", "kind_2": "company"})
    assert "L’annuaire a repris 1 ligne" in said

    listed = client.get("/lieux?commune=97215&manque=oui").text
    place = re.search(r'href="(/lieux/[^"]+)">Espace du Bourg', listed)
    assert place is not None
    told = flat(client.get(place[1]).text)
    assert "pas d’horaires, pas de téléphone" in told
    assert "est une ligne de l’annuaire" in told
    form = f"{place[1]}/completer"
    typed = {
        "street": "Bourg",
        "postcode": "97218",
        "latitude_microdegrees": "14,87",
        "longitude_microdegrees": "−61,14",
        "services": ["safe_use", "finding_work"],
        "phone": "0596 00 11 22",
        "hours_0": "8h-12h",
    }
    wrong = sent(client, form, {**typed, "hours_0": "le matin", "latitude_microdegrees": "x"}, 422)
    assert "par exemple 8h-12h30" in wrong[1]
    assert "Le lieu est à jour" in sent(client, form, typed)[1]
    told = flat(client.get(place[1]).text)
    assert "Ce qui manque" not in told
    assert "Lundi : 8 h à 12 h" in told

    stranger = house.app.test_client()
    answer = stranger.get("/lieux.json")
    assert (answer.status_code, answer.get_json()) == (200, [])
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert stranger.get("/lieux.csv").text.startswith("\ufeffid,pivot,nom")
    assert stranger.get("/lieux").status_code == 302
