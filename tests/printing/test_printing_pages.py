"""Printing by its pages alone, and what a telephone opens afterwards."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from app.config import EXAMPLE_LINE
from app.database.connections import Database
from app.database.lists import Place
from app.kernel.ids import new_id
from app.kernel.serials import BookletNumber
from app.orders.queries import order as order_of
from app.partners.contacts import record_contact
from app.printing import queries
from app.programmes.service import known_vintage, mark_demonstration
from app.vouchers.service import cover_of, known_booklet
from tests.api.house import House
from tests.factories import Scheme
from tests.orders.test_order_pages import Desk
from tests.papers import reading


@pytest.fixture
def house(database: Database, usual_scheme: Scheme, tmp_path: Path) -> House:
    with database.transaction() as session:
        usual_scheme.mediator(session, "exo8")
        mark_demonstration(session, now=usual_scheme.now)
    return House.on(database, tmp_path, usual_scheme)


def test_booklets_leave_by_a_page_and_each_square_leads_to_another(house: House) -> None:
    with house.database.transaction() as session:
        order_id = house.scheme.sent_order(session, tens=2, fives=1)
        sent = order_of(session, order_id)
        assert sent is not None
        order = sent.number
    clerk, form = Desk(house, "coordinator"), f"/impression/nouvelle/{order}"
    typed = {"kind": "booklets", "large": "non", "first": "2", "last": "3"}

    assert "Rien n’est encore imprimé" in clerk.read("/impression")
    assert "les carnets 1 à 3. Aucun n’est encore imprimé" in clerk.read(form)
    assert "apporte les carnets 1 à 3" in clerk.sends(form, {**typed, "last": "4"}, status=422)
    said = clerk.sends(form, typed)
    assert "est notée. Téléchargez ses fichiers" in said
    assert "sont déjà imprimés" in clerk.sends(form, typed, status=409)
    assert "Bourrage" in clerk.sends(form, {**typed, "large": "oui", "reason": "Bourrage"})

    with house.database.transaction(writing=False) as session:
        first, _ = sorted(queries.latest_batches(session, Place(9)), key=lambda b: b.number)
        files = queries.files_of(session, first.id)
    # Two lines, and the filter.
    assert clerk.read("/impression").count("Carnets composés (PDF)") == 3
    codes: set[str] = set()
    for file in files:
        answer = clerk.client.get(f"/impression/{first.number}/{file.ordinal}")
        assert sha256(answer.data).digest() == file.sha256
        assert answer.headers["Cache-Control"] == "no-store"
        codes |= set().union(*(reading.codes(page) for page in reading.pictures(answer.data)))
    assert len(codes) == 2 + 10 + 5
    auditor = Desk(house, "auditor")
    assert "IMP-" in auditor.read(f"/impression/{first.number}")
    auditor.read(f"/impression/{first.number}/1", status=403)
    clerk.read(f"/impression/{first.number}/9", status=404)
    clerk.read("/impression/IMP-2020-0001", status=404)

    # Nothing is delivered: squares lead to a page that knows no such pass, like any other.
    stranger = house.app.test_client()
    told = {stranger.get(code.partition("EXAMPLE")[2]).text for code in sorted(codes)[:3]}
    told |= {stranger.get(path).text for path in ("/P/nothing", "/c/0000000000000000")}
    assert len(told) == 1
    assert "Aucun pass ne correspond" in told.pop()


def test_who_looks_where_others_guessed_is_told_so_in_easy_words_and_whom_to_call(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.printing.looking.LOOKS_ALLOWED", 1)
    stranger = house.app.test_client()
    assert stranger.get("/P/nothing").status_code == 404

    french, english = stranger.get("/P/nothing"), stranger.get("/C/nothing?langue=en")

    assert (french.status_code, french.headers["Retry-After"]) == (429, "900")
    assert "<title>Attendez un peu" in french.text
    assert "Wait a little" in english.text
    for page in (french.text, english.text):
        assert f"tel:{EXAMPLE_LINE.replace(' ', '')}" in page
        assert "/connexion" not in page


def test_the_public_page_is_kept_by_nobody_and_names_nobody(house: House) -> None:
    with house.database.transaction() as session:
        house.scheme.stock(session)
        code = house.scheme.codes(session, 1)[0]
        cover = cover_of(
            known_booklet(session, BookletNumber("26A", 1)),
            known_vintage(session, house.scheme.vintage_id),
            house.scheme.keys,
        )

    stranger = house.app.test_client()

    early = stranger.get(f"/p/{code.lower()}")
    closed = stranger.get(f"/c/{cover}").text
    assert "Ce carnet n’est pas encore remis" in closed
    assert "Il ne reste aucun pass" not in closed
    with house.database.transaction() as session:
        house.scheme.allocation(session, 1, 1)
        house.scheme.prescription(session, house.scheme.beneficiary(session), [1])
        record_contact(
            session,
            actor=house.scheme.actors["coordinator"],
            contact_id=new_id(),
            organisation_id=house.scheme.organisations["exo7"],
            position="Accueil",
            phone="0596123456",
            email=None,
            now=house.scheme.now,
        )
    answer = stranger.get(f"/p/{code.lower()}?commune=Le+Robert")

    assert "pas encore remis" in early.text
    assert "On vous l’a donné" in early.text
    assert "exo8" not in early.text.lower()
    assert answer.status_code == 200
    assert "Ce pass est bon" in answer.text
    assert "exo8" in answer.text.lower()
    assert 'href="tel:0596123456"' in answer.text
    assert "km environ</span>" in answer.text
    assert re.search(
        r"Jusqu’au <strong>[^<]* 20\d\d</strong>\.", answer.text.replace("\u00a0", " ")
    )
    assert "Set-Cookie" not in answer.headers
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    english = stranger.get(f"/p/{code.lower()}?commune=Le+Robert&langue=en").text
    assert 'lang="en"' in english
    assert "This pass is good" in english
    assert "km away" in english
    assert EXAMPLE_LINE.replace(" ", "\u00a0") in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert code not in answer.text.upper()
    assert house.scheme.booklet(1) not in answer.text
