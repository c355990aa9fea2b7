"""Devices: enrolled once by a square, holding a list that tells what happened to each pass."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.closing.calendar import expire
from app.devices import rules
from app.devices.enrolments import secret_of
from app.identity.device_models import DeviceOffer
from app.identity.models import AccountEvent
from app.identity.service import disable_agent
from app.kernel.ids import new_id
from app.losses import blocks, compromises
from app.losses.naming import Named, without_codes
from app.partners.agreements import close_agreement
from app.partners.queries import agreement_in_force
from app.partners.rules import AgreementRole
from app.programmes import queries as programmes
from app.programmes.models import VintageTerms
from app.programmes.service import create_vintage
from app.trust.keeper import seal_all
from app.trust.notes import CheckpointSigner
from tests.api.a_device import Device, enrolled
from tests.api.house import House
from tests.opening import TEN_EUROS
from tests.orders.test_order_pages import Desk
from tests.settling import wait_until_settled


def seal(house: House, folder: Path) -> None:
    """What the server does every few seconds."""
    signer = CheckpointSigner(house.scheme.keys.folder, "pass.exemple.fr/registre")
    seal_all(house.database, signer=signer, folder=folder)
    wait_until_settled(house.database)


def leaked(house: House) -> VintageTerms:
    """The key of the vintage leaked: it is withdrawn, and another stands for what people hold."""
    scheme, coordinator = house.scheme, house.scheme.actors["coordinator"]
    with house.database.transaction() as session:
        [old] = programmes.vintages_of(session, scheme.programme_id)
        scheme.label = "26B"
        scheme.vintage_id = create_vintage(
            session,
            actor=coordinator,
            programme_id=scheme.programme_id,
            label="26B",
            face_value_cents=TEN_EUROS,
            valid_from=scheme.today,
            valid_until=scheme.today + timedelta(days=90),
            tolerance_days=31,
            keys=scheme.keys,
            now=scheme.now,
        ).vintage_id
        scheme.stock(session, tens=3, fives=0)
    progress = compromises.withdraw_vintage(
        house.database,
        actor=coordinator,
        compromise_id=new_id(),
        vintage_id=old.vintage_id,
        replacement_id=scheme.vintage_id,
        reason="Clé copiée sur un poste volé",
        now=scheme.now,
    )
    assert progress.left_count == 0
    return old


def test_what_happens_to_a_pass_is_in_a_devices_list_at_its_next_refresh(
    house: House, tmp_path: Path
) -> None:
    """« Blocked passes reach devices' lists at their next refresh », and so does all else."""
    scheme = house.scheme
    with house.database.transaction() as session:
        codes = {1: scheme.issued_booklet(session, 1)}
        for number in (2, 3, 4):
            codes[number] = scheme.issued_booklet(session, number)
        codes[5] = scheme.codes(session, 5)
    seal(house, tmp_path)
    device = enrolled(house)

    def says(number: int, place: int) -> str | None:
        return device.state(codes[number][place - 1])

    assert device.refresh() == "whole"
    assert (says(1, 1), says(5, 1)) == ("issued", "unissued")
    assert device.state("0000000000000000") is None
    assert device.refresh() == "same"

    with house.database.transaction() as session:
        by_range = scheme.blocked(session, Named(scheme.serial(1, 3), scheme.serial(1, 5))).id
    with house.database.transaction() as session:
        scheme.blocked(session, scheme.booklet(2))
        [by_code], _ = without_codes(
            session,
            actor=scheme.actors["coordinator"],
            named=[Named(codes[3][6], codes[3][6])],
            now=scheme.now,
        )
        scheme.blocked(session, by_code)
    assert device.refresh() == "changes"
    assert [says(1, place) for place in range(1, 7)] == ["issued"] * 2 + ["blocked"] * 3 + [
        "issued"
    ]
    assert {says(2, place) for place in range(1, 11)} == {"blocked"}
    assert (says(3, 6), says(3, 7), says(3, 8)) == ("issued", "blocked", "issued")
    assert device.size < 2_000

    seal(house, tmp_path)
    with house.database.transaction() as session:
        blocks.lift_block(
            session,
            actor=scheme.actors["coordinator"],
            lift_id=new_id(),
            block_id=by_range,
            reason="Retrouvé",
            now=scheme.now,
        )
        scheme.redeem(session, codes[4][0], at="carecof")
    assert device.refresh() == "changes"
    assert {says(1, place) for place in range(3, 6)} == {"issued"}
    assert (says(4, 1), says(4, 2), says(2, 1)) == ("used", "issued", "blocked")

    withdrawn = leaked(house)
    assert device.refresh() == "changes"
    assert (says(5, 1), says(1, 1), says(4, 1)) == ("blocked", "void", "used")
    assert len(device.tags[scheme.vintage_id, "issued"]) == 28, "as many as people held"
    with house.database.transaction() as session:
        expire(session, withdrawn, actor_id=scheme.actors["coordinator"].agent_id, now=scheme.now)
    assert device.refresh() == "changes"
    assert (says(5, 1), says(2, 1), says(1, 1), says(4, 1)) == (
        "expired",
        "expired",
        "void",
        "used",
    )

    everything = {section: list(tags) for section, tags in device.tags.items()}
    device.known_as, device.header = "", {}
    assert device.refresh() == "whole"
    assert device.tags == everything


def test_a_square_enrols_one_device_and_asking_again_is_harmless(house: House) -> None:
    offer = house.by_token("exo7").post("/devices/offers", {"id": str(new_id())}).made()
    first, second = Device(house.nobody()), Device(house.nobody())

    made = first.enrol(offer["secret"]).made()
    again = first.enrol(offer["secret"]).made()
    first.enrol(offer["secret"], name="Un autre nom").refused(409, "id_already_used")
    second.enrol(offer["secret"]).refused(409, "device_offer_serves_no_more")

    assert again == made
    assert offer["address"] == f"https://pass.capnord.example/appareil#{offer['secret']}"
    assert "credential" not in made
    [listed] = house.by_token("exo7").get("/devices").read()["items"]
    assert (listed["name"], listed["list_version"]) == ("Téléphone de l’accueil", None)
    assert first.caller.get("/devices/me").read() == listed
    assert house.by_token("carecof").get("/devices").read()["items"] == []
    assert house.by_token("coordinator").get("/devices").read()["items"] == [listed]


def test_a_square_serves_a_quarter_of_an_hour_and_the_last_one_only(house: House) -> None:
    exo7 = house.by_token("exo7")
    asked = {"id": str(new_id())}
    old = exo7.post("/devices/offers", asked).made()
    assert exo7.post("/devices/offers", asked).made() == old
    new = exo7.post("/devices/offers", {"id": str(new_id())}).made()

    device = Device(house.nobody())
    device.enrol(old["secret"]).refused(409, "device_offer_serves_no_more")
    forged = device.asks(new["secret"]) | {
        "proof": Device(house.nobody()).asks(new["secret"])["proof"]
    }
    device.enrol(new["secret"], **forged).refused(422, "device_proof_refused")
    blank = f"passnum_device_{' ' * 43}"
    bad = device.enrol(new["secret"], public_key="AAAA", credential=blank)
    assert set(bad.refused(422, "invalid_input")["details"]["fields"]) == {
        "public_key",
        "credential",
    }
    house.clock.days = 1
    device.enrol(new["secret"]).refused(409, "device_offer_serves_no_more")
    for _ in range(5):
        exo7.post("/devices/offers", {"id": str(new_id())}).made()
    exo7.post("/devices/offers", {"id": str(new_id())}).refused(429, "too_many_device_offers")


def test_a_device_takes_passes_for_its_mediator_and_does_nothing_else(
    house: House, tmp_path: Path
) -> None:
    with house.database.transaction() as session:
        code = house.scheme.issued_booklet(session)[0]
    seal(house, tmp_path)
    device = enrolled(house)

    taken = device.caller.post("/redemptions", {"id": str(new_id()), "code": code}).made()
    assert taken["mediator_id"] == str(house.scheme.organisations["exo7"])
    device.caller.get("/statements").refused(403, "device_cannot")
    device.caller.get("/devices").refused(403, "device_cannot")
    device.caller.post("/devices/offers", {"id": str(new_id())}).refused(403, "device_cannot")
    house.by_token("exo7").get("/devices/me/voucher-list").refused(403, "only_a_device")
    house.by_token("exo7").post("/devices", device.asks("passnum_offer_x")).refused(
        403, "only_a_device"
    )

    device.refresh()
    path = f"/devices/{device.id}/revocation"
    house.by_token("carecof").post(path, {"reason": "lost"}).refused(404, "unknown_device")
    ended = house.by_token("coordinator").post(path, {"reason": "lost"}).made()
    assert ended["revoked_for"] == "lost"
    assert house.by_token("exo7").post(path, {"reason": "lost"}).made() == ended
    house.by_token("exo7").post(path, {"reason": "stolen"}).refused(409, "device_revoked_already")
    device.ask().refused(401, "not_signed_in")
    device.caller.post("/redemptions", {"id": str(new_id()), "code": code}).refused(
        401, "not_signed_in"
    )
    with house.database.transaction(writing=False) as session:
        told = list(session.scalars(select(AccountEvent.kind).order_by(AccountEvent.id)))
    of_devices = [kind for kind in told if kind.startswith("device_")]
    assert of_devices == ["device_offered", "device_enrolled", "device_revoked"]


def test_a_device_ends_with_the_account_that_added_it(house: House) -> None:
    device = enrolled(house)
    with house.database.transaction() as session:
        agent = disable_agent(session, email="exo7@exemple.fr", now=house.clock())
    device.ask().refused(401, "not_signed_in")
    with house.database.transaction() as session:
        agent.disabled_at = None
        session.merge(agent)
    device.ask().refused(401, "not_signed_in")
    [listed] = house.by_token("coordinator").get("/devices").read()["items"]
    assert listed["revoked_for"] == "account"


def test_nobody_needs_a_list_where_no_pass_is_taken_today(house: House) -> None:
    device = enrolled(house)
    house.clock.days = 800
    device.ask().refused(422, "no_label_in_force")


def test_a_list_says_until_when_its_mediator_takes_passes(house: House) -> None:
    scheme, device = house.scheme, enrolled(house)
    mediator_id = scheme.organisations["exo7"]
    device.refresh()
    assert device.header["takes_until"] > scheme.today.isoformat()

    with house.database.transaction() as session:
        agreement = agreement_in_force(
            session, mediator_id, AgreementRole.MEDIATOR, on=scheme.today
        )
        assert agreement is not None
        close_agreement(
            session,
            actor=scheme.actors["coordinator"],
            closure_id=new_id(),
            agreement_id=agreement.id,
            from_on=scheme.today + timedelta(days=1),
            reason="Fusion",
            now=scheme.now,
        )

    assert device.refresh() != "same"
    assert device.header["takes_until"] == scheme.today.isoformat()


def test_too_much_and_too_old_is_told_whole(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.database.transaction() as session:
        house.scheme.issued_booklet(session, 1)
    seal(house, tmp_path)
    device = enrolled(house)
    device.refresh()
    version = device.header["version"]

    device.known_as = ""
    for never in (version - 1, version + 1_000):
        device.take(device.ask(never).found())
        assert device.header["kind"] == "whole"
    with house.database.transaction() as session:
        house.scheme.issued_booklet(session, 2)
    monkeypatch.setattr(rules, "MOST_CHANGES", 9)
    assert device.refresh() == "whole"
    seal(house, tmp_path)
    monkeypatch.setattr(rules, "MOST_CHANGES", 50_000)
    house.clock.days = 62
    assert device.refresh() == "changes"
    assert device.header["version"] > version
    assert device.refresh() == "same"
    device.known_as = ""
    device.take(device.ask(version).found())
    assert device.header["kind"] == "whole", "what it took long ago is forgotten"
    monkeypatch.setattr(rules, "LISTS_AN_HOUR", 3)
    told = device.ask()
    assert "minutes" in told.refused(429, "too_many_lists")["detail"]
    assert int(told.response.headers["Retry-After"]) % 60 == 0


def test_a_device_is_added_and_revoked_on_its_pages(house: House) -> None:
    exo7, office = Desk(house, "exo7"), Desk(house, "coordinator")
    assert "Aucun appareil" in exo7.read("/appareils")
    assert "pour un seul appareil" in exo7.sends("/appareils/nouveau", {})
    offer_id = latest_offer(house)

    device = Device(house.nobody())
    device.enrol(secret_of(b"a key of the tests, of 32 octets!", offer_id)).made()
    assert "L’appareil est ajouté" in exo7.read(f"/appareils/ajout/{offer_id}")
    assert "pas encore de liste" in office.read("/appareils")
    assert "pas encore de liste" not in office.read("/appareils?etat=liste-ancienne")
    assert "n’a pas encore pris sa première liste" in exo7.read(f"/appareils/{device.id}")
    assert "EXO7;" in office.read("/appareils.csv")
    assert "Téléphone" not in office.read("/appareils.csv")
    path = f"/appareils/{device.id}/revoquer"
    assert "Choisissez un motif" in office.sends(path, {"reason": ""}, status=422)
    assert "n’ouvre plus rien" in office.sends(path, {"reason": "lost"})
    assert "Perdu" in exo7.read(f"/appareils/{device.id}")
    device.ask().refused(401, "not_signed_in")

    exo7.sends("/appareils/nouveau", {})
    exo7.sends("/appareils/nouveau", {}, to="/appareils/ajout/retrait")
    assert "Il a été retiré" in exo7.read(f"/appareils/ajout/{latest_offer(house)}")


def latest_offer(house: House) -> UUID:
    with house.database.transaction(writing=False) as session:
        made = select(DeviceOffer.id).order_by(DeviceOffer.made_at.desc()).limit(1)
        return session.scalars(made).one()
