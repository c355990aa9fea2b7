"""One good request for each operation that writes, on a scheme that has lived.

Each of them works, in this order; whoever spoils one of them in any way must be refused.
"""

from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from app.partners.queries import agreement_in_force
from app.partners.rules import AgreementRole
from app.takeover.rules import COLUMNS
from tests.api.a_device import Device
from tests.api.house import Answer, Caller, House
from tests.factories import ANSWERS
from tests.opening import IBAN
from tests.service.chain import PDF, SQUARE

Json = Any


@dataclass(frozen=True)
class Asking:
    """Who asks what, and how the same id would look with another request."""

    operation: str
    who: str
    path: str
    body: Json = None
    status: int = 201
    signed_in: bool = False
    otherwise: Json = None
    other_path: str | None = None
    after: tuple[str, ...] = ()
    """The operations whose requests come before: what they leave is what this one acts on."""

    def caller(self, house: House) -> Caller:
        return house.signed_in(self.who) if self.signed_in else house.by_token(self.who)

    def sent(self, house: House) -> Answer:
        return self.caller(house).post(self.path, self.body)

    def sent_otherwise(self, house: House) -> Answer:
        """Another request under the same id."""
        body = {**self.body, **(self.otherwise or {})}
        return self.caller(house).post(self.other_path or self.path, body)


def identified(**body: object) -> Json:
    return {"id": str(new_id()), **body}


def all_requests(house: House) -> list[Asking]:
    """A good request for each operation that writes."""
    return [
        *setting_up(house),
        *taking_places(house),
        *taking_over(house),
        *ordering(house),
        *handing_out(house),
        *redeeming(house),
        *clearing(house),
        *correcting(house),
        *ending(house),
        *losing(house),
        *managing_accounts(house),
        *equipping(house),
    ]


def equipping(house: House) -> list[Asking]:
    """A device is enrolled, another one offered, and one that was lost revoked."""
    return [
        Asking(
            "enrol_device",
            "square",
            "/devices",
            Device(house.nobody()).asks(SQUARE),
            otherwise={"name": "Un autre téléphone"},
        ),
        Asking(
            "offer_device",
            "exo7",
            "/devices/offers",
            identified(),
        ),
        Asking(
            "revoke_device",
            "coordinator",
            f"/devices/{house.lived.ids['spare device']}/revocation",
            {"reason": "lost"},
        ),
    ]


def managing_accounts(house: House) -> list[Asking]:
    """Somebody is invited; another one is invited again, changed, closed and opened again."""
    agent = f"/agents/{house.scheme.actors['lapsed'].agent_id}"

    def asked(
        operation: str, path: str, body: Json = None, *, status: int = 200, otherwise: Json = None
    ) -> Asking:
        return Asking(
            operation,
            "administrator",
            path,
            body,
            status=status,
            signed_in=True,
            otherwise=otherwise,
        )

    return [
        asked(
            "invite_agent",
            "/agents",
            identified(
                email="nouvelle@exemple.fr",
                name="Rosalie Exemple",
                role="prescriber",
                organisation_id=str(house.scheme.organisations["plie"]),
                manager=True,
            ),
            status=201,
            otherwise={"name": "Régine Exemple"},
        ),
        Asking(
            "invite_agent_again",
            "administrator",
            f"{agent}/invitations",
            identified(),
            signed_in=True,
            other_path=f"/agents/{house.scheme.actors['exo7'].agent_id}/invitations",
        ),
        asked("withdraw_invitation", f"{agent}/withdrawal"),
        asked("change_agent_role", f"{agent}/role", {"role": "prescriber", "manager": True}),
        asked("close_agent", f"{agent}/closure", {"reason": "Départ"}),
        asked("reopen_agent", f"{agent}/reopening"),
        Asking(
            "end_own_session",
            "exo7",
            f"/me/sessions/{house.lived.ids['agent session']}/end",
            status=200,
        ),
        Asking("end_other_sessions", "exo7", "/me/sessions/end-others", status=200),
        asked(
            "reset_agent_factors",
            f"/agents/{house.scheme.actors['exo7'].agent_id}/second-factors/reset",
            {"reason": "téléphone perdu"},
        ),
        asked(
            "end_agent_sessions",
            f"/agents/{house.scheme.actors['exo7'].agent_id}/sessions/end",
        ),
    ]


def taking_places(_house: House) -> list[Asking]:
    """A national file, and a place of it taken."""
    file_id = str(new_id())

    def of(place: str) -> Json:
        content = (
            "id,nom,commune,code_postal,adresse,services,date_maj\n"
            f"{place},Espace {place},Macouba,97218,Bourg,Utilisation sécurisée du numérique,"
            "2026-01-02\n"
        )
        return {"file": b64encode(content.encode()).decode()}

    return [
        Asking(
            "read_places",
            "coordinator",
            "/places/files",
            {"id": file_id} | of("Alizé"),
            otherwise=of("Balisier"),
        ),
        Asking(
            "take_places",
            "coordinator",
            f"/places/files/{file_id}/takings",
            identified(rows=[{"line": 2, "kind": "association"}]),
            otherwise={"rows": [{"line": 2, "kind": "company"}]},
            after=("read_places",),
        ),
    ]


def taking_over(house: House) -> list[Asking]:
    """Opening balances: verdicts, a procès-verbal set aside, another one approved."""
    ids, prepared = house.lived.ids, str(new_id())

    def of(booklet: int) -> Json:
        lines = f"{';'.join(COLUMNS)}\n24R;{booklet};{booklet};5;stock;;passnum;\n"
        return {
            "programme_id": str(ids["other programme"]),
            "file": b64encode(lines.encode()).decode(),
        }

    return [
        Asking("check_takeover_file", "coordinator", "/takeovers/check", of(71), status=200),
        Asking(
            "prepare_takeover",
            "coordinator",
            "/takeovers",
            {"id": prepared, "counted_on": house.scheme.today.isoformat()} | of(71),
            otherwise=of(72),
        ),
        Asking(
            "refuse_takeover",
            "coordinator",
            f"/takeovers/{prepared}/refusal",
            identified(reason="Deux carnets manquent"),
            otherwise={"reason": "Mauvais fichier"},
            after=("prepare_takeover",),
        ),
        Asking(
            "approve_takeover",
            "coordinator2",
            f"/takeovers/{ids['to take over']}/approve",
            {"voucher_count": 5},
            signed_in=True,
        ),
    ]


def setting_up(house: House) -> list[Asking]:
    organisations, ids = house.scheme.organisations, house.lived.ids
    days = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}
    sponsor, issuer = str(organisations["sponsor"]), str(organisations["issuer"])
    planned, typed = str(new_id()), str(new_id())
    unsigned, unlabelled = (f"/partners/{organisations[n]}" for n in ("unsigned", "unlabelled"))
    return [
        Asking(
            "create_programme",
            "coordinator",
            "/programmes",
            identified(
                name="Été numérique",
                payer="authority",
                sponsor_id=sponsor,
                issuer_id=issuer,
                entitlements=[{"public": "plie", "booklet_size": 10, "booklet_count": 2}],
            ),
            otherwise={"name": "Hiver numérique"},
        ),
        Asking(
            "change_settings",
            "coordinator",
            f"/programmes/{ids['other programme']}/settings",
            {
                "id": planned,
                "applies_from": (house.scheme.today + timedelta(days=30)).isoformat(),
                "document": "CC-02-2026-007",
                "redemption_fee_basis_points": 400,
                "entitlements": [{"public": "senior", "booklet_size": 5, "booklet_count": 1}],
                "funders": [
                    {"organisation_id": str(organisations["funder"]), "share_basis_points": 4000}
                ],
            },
            otherwise={"payment_delay_days": 20},
        ),
        Asking(
            "withdraw_settings",
            "coordinator",
            f"/programmes/{ids['other programme']}/settings/{planned}/withdrawal",
            identified(reason="Délibération reportée"),
            otherwise={"reason": "Erreur de saisie"},
            after=("change_settings",),
        ),
        Asking(
            "freeze_programme",
            "coordinator",
            f"/programmes/{ids['other programme']}/freezes",
            identified(reason="Liquidation de l’émetteur"),
            otherwise={"reason": "Redressement de l’émetteur"},
        ),
        Asking(
            "lift_freeze",
            "coordinator",
            f"/programmes/{ids['other programme']}/freeze-lifts",
            identified(reason="Un autre opérateur a repris l’émission"),
            otherwise={"reason": "Une autre raison"},
            after=("freeze_programme",),
        ),
        Asking(
            "create_vintage",
            "coordinator",
            f"/programmes/{house.scheme.programme_id}/vintages",
            {"label": "27B", "face_value_cents": 1000, "tolerance_days": 31, **days},
        ),
        Asking(
            "register_partner",
            "coordinator",
            "/partners",
            identified(
                kind="association",
                name="Association Cé Cédille",
                commune="Le Marigot",
                siret="732 829 320 00074",
            ),
            otherwise={"name": "Association C"},
        ),
        Asking(
            "sign_agreement",
            "coordinator",
            f"{unsigned}/agreements",
            identified(
                role="mediator",
                reference="Convention n° 12",
                document={"title": "Convention", "sha256": "9f" * 32, "kept_at": "Boîte 12"},
                **days,
            ),
            otherwise={"role": "venue"},
        ),
        Asking(
            "prepare_bank_details",
            "coordinator",
            f"{unsigned}/bank-details",
            {"id": typed, "holder": "ASSOCIATION D’ICI", "iban": IBAN},
            otherwise={"holder": "ASSOCIATION D’AILLEURS"},
        ),
        Asking(
            "approve_bank_details",
            "finance",
            f"/bank-details/{ids['typed account']}/approve",
            {"iban": IBAN},
            status=200,
            signed_in=True,
        ),
        Asking(
            "refuse_bank_details",
            "coordinator",
            f"/bank-details/{typed}/refusal",
            identified(reason="Une faute de frappe"),
            otherwise={"reason": "Un autre compte"},
            after=("prepare_bank_details",),
        ),
        Asking(
            "record_address",
            "coordinator",
            f"{unsigned}/addresses",
            identified(
                street="12, rue Schœlcher",
                postcode="97214",
                latitude_microdegrees=14_801_000,
                longitude_microdegrees=-61_074_000,
            ),
            otherwise={"street": "14, rue Schœlcher"},
        ),
        Asking(
            "record_siret",
            "coordinator",
            f"{unsigned}/sirets",
            identified(siret="44306184100047", reason="Avis SIRENE du 4 mars"),
            otherwise={"reason": "Facture n° 12"},
        ),
        Asking(
            "record_contact",
            "exo7",
            f"/partners/{house.scheme.organisations['exo7']}/contacts",
            identified(position="Direction", email="Direction@exemple.fr"),
            otherwise={"position": "Comptabilité"},
        ),
        Asking(
            "succeed",
            "coordinator",
            f"{unsigned}/successions",
            identified(
                successor_id=str(house.scheme.organisations["exo7"]),
                from_on="2099-01-01",
                reference="Délibération 7",
            ),
            otherwise={"reference": "Délibération 8"},
        ),
        Asking(
            "note_label_progress",
            "coordinator",
            f"/label-applications/{ids['application']}/progress",
            identified(
                step="granted",
                reached_on=house.scheme.today.isoformat(),
                label={"reference": "#APTIC 7", **days},
            ),
            otherwise={"note": "Autre remarque"},
        ),
        Asking(
            "record_cash_office",
            "coordinator",
            f"/partners/{house.scheme.organisations['library']}/cash-offices",
            identified(kind="extended_revenue", reference="Arrêté 7", held_by="Direction", **days),
            otherwise={"kind": "advances"},
        ),
        Asking(
            "record_profile",
            "exo7",
            f"/partners/{house.scheme.organisations['exo7']}/profiles",
            identified(
                version=2,
                services=["safe_use"],
                publics=["plie"],
                hours=[{"weekday": 0, "opens": 480, "closes": 720}],
            ),
            otherwise={"services": []},
        ),
        Asking(
            "record_capacity",
            "coordinator",
            f"{unsigned}/capacities",
            identified(ready=True, from_on="2026-03-01"),
            otherwise={"ready": False},
        ),
        Asking(
            "grant_label",
            "coordinator",
            f"{unlabelled}/labels",
            identified(reference="#APTIC", **days),
            otherwise={"valid_until": "2027-12-30"},
        ),
        Asking(
            "apply_for_label",
            "coordinator",
            f"{unlabelled}/label-applications",
            identified(applied_on="2026-03-01"),
            otherwise={"applied_on": "2026-03-02"},
        ),
    ]


def ordering(house: House) -> list[Asking]:
    ids = house.lived.ids
    order = f"/orders/{ids['sent order']}"
    [allotted] = house.by_token("auditor").get(order).read()["allotments"]
    serials = {"first": allotted["first_serial"], "last": allotted["last_serial"]}
    half = {**serials, "last": serials["last"] - allotted["booklet_size"]}
    return [
        Asking(
            "prepare_order",
            "coordinator",
            "/orders",
            identified(
                programme_id=str(house.scheme.programme_id),
                vintage_id=house.scheme.vintage_id,
                lines=[{"booklet_size": 10, "booklet_count": 3, "unit_price_cents": 250}],
            ),
            otherwise={
                "lines": [{"booklet_size": 10, "booklet_count": 4, "unit_price_cents": 250}]
            },
        ),
        Asking(
            "approve_order",
            "coordinator2",
            f"/orders/{ids['prepared order']}/approve",
            status=200,
            signed_in=True,
        ),
        Asking(
            "plan_order",
            "coordinator",
            "/orders/plan",
            {
                "programme_id": str(house.scheme.programme_id),
                "people": [{"public": "plie", "person_count": 3}],
            },
            status=200,
        ),
        Asking(
            "cancel_order",
            "coordinator",
            f"/orders/{ids['prepared order']}/cancel",
            identified(reason="Le besoin a été revu"),
            otherwise={"reason": "Autre raison"},
        ),
        Asking("send_order", "coordinator", f"/orders/{ids['approved order']}/send", status=200),
        Asking(
            "record_mandate",
            "finance",
            f"{order}/mandates",
            identified(mandate_number="2026-1187", amount_cents=400),
            otherwise={"amount_cents": 500},
        ),
        Asking(
            "cancel_mandate",
            "finance",
            f"/mandates/{ids['spare mandate']}/cancellation",
            identified(reason="Somme mal recopiée"),
            otherwise={"reason": "Une autre raison"},
        ),
        Asking(
            "record_delivery",
            "coordinator",
            "/deliveries",
            identified(order_id=str(ids["sent order"]), ranges=[serials]),
            otherwise={"ranges": [half]},
        ),
        Asking(
            "activate_delivery",
            "finance",
            "/activations",
            identified(delivery_id=str(ids["ready delivery"])),
            otherwise={"delivery_id": str(ids["inert delivery"])},
        ),
        Asking(
            "import_serial_file",
            "coordinator",
            f"/orders/{ids['sent order']}/serial-files",
            identified(file=b64encode(b"serial;code\n26A 00022 01;ABC\n").decode()),
            otherwise={"codes_from": "issuer"},
        ),
        Asking(
            "create_print_batch",
            "coordinator",
            "/print-batches",
            identified(order_id=str(ids["ready order"]), first_booklet=19, last_booklet=19),
            otherwise={"large": True},
        ),
    ]


def counting(house: House) -> list[Asking]:
    """A drawer that is counted, by one and by another."""
    scheme, ids = house.scheme, house.lived.ids
    going_on = f"/stock-counts/{ids['open count']}"
    return [
        Asking(
            "open_stock_count",
            "plie",
            "/stock-counts",
            identified(
                holder_id=str(scheme.organisations["plie"]), counted_on=scheme.today.isoformat()
            ),
            otherwise={"counted_on": (scheme.today - timedelta(days=1)).isoformat()},
        ),
        Asking(
            "enter_counted_lines",
            "plie",
            f"{going_on}/entries",
            identified(lines=[f"{scheme.booklet(3)} à 4"]),
            otherwise={"lines": [scheme.booklet(5)]},
        ),
        Asking(
            "strike_counted_line",
            "plie",
            f"{going_on}/corrections",
            identified(entry_id=str(ids["go of open count"]), place=1),
            otherwise={"place": 2},
        ),
        Asking(
            "abandon_stock_count",
            "plie",
            f"/stock-counts/{ids['count to give up']}/abandonment",
            identified(reason="Ouvert deux fois"),
            otherwise={"reason": "Autre motif"},
        ),
        Asking("close_stock_count", "plie", f"{going_on}/close", {}, status=200),
        Asking(
            "sign_stock_count",
            "coordinator",
            f"/stock-counts/{ids['closed count']}/sign",
            status=200,
            signed_in=True,
        ),
        Asking("look_for_signals", "coordinator", "/signals/look", status=200),
        Asking(
            "decide_signal",
            "coordinator",
            f"/signals/{ids['signal']}/decision",
            identified(decision="followed", note="Le médiateur est appelé"),
            otherwise={"note": "Autre chose"},
        ),
    ]


def custody(house: House) -> list[Asking]:
    """Booklets that go back or on, get lost, or are asked for."""
    scheme, ids = house.scheme, house.lived.ids
    plie, ccas = (str(scheme.organisations[name]) for name in ("plie", "ccas"))

    def one(number: int) -> list[Json]:
        return [{"first": scheme.booklet(number), "last": scheme.booklet(number)}]

    sent = {"programme_id": str(scheme.programme_id), "reason": "Fin de la convention"}
    return [
        Asking(
            "return_booklets",
            "coordinator",
            "/returns",
            identified(sender_id=ccas, booklets=one(6), **sent),
            otherwise={"booklets": one(12)},
        ),
        Asking(
            "transfer_booklets",
            "plie",
            "/transfers",
            identified(sender_id=plie, recipient_id=ccas, booklets=one(4), **sent),
            otherwise={"booklets": one(3)},
        ),
        Asking(
            "cancel_consignment",
            "coordinator",
            f"/allocations/{ids['still going']}/cancellation",
            identified(reason="Mauvais destinataire"),
            otherwise={"reason": "Une autre raison"},
        ),
        Asking(
            "settle_shortfall",
            "ccas",
            f"/allocations/{ids['short']}/settlements",
            identified(settlement="found", booklets=one(14)),
            otherwise={"booklets": one(13)},
        ),
        Asking(
            "request_booklets",
            "plie",
            "/booklet-requests",
            identified(
                programme_id=str(scheme.programme_id),
                public="plie",
                tens_count=20,
                reason="Inscriptions de janvier",
            ),
            otherwise={"tens_count": 21},
        ),
        Asking(
            "decline_booklet_request",
            "coordinator",
            f"/booklet-requests/{ids['request']}/decline",
            identified(reason="Le stock est réservé"),
            otherwise={"reason": "Une autre raison"},
        ),
    ]


def handing_out(house: House) -> list[Asking]:
    scheme, ids = house.scheme, house.lived.ids
    return [
        Asking(
            "allocate_booklets",
            "coordinator",
            "/allocations",
            identified(
                programme_id=str(scheme.programme_id),
                recipient_id=str(scheme.organisations["ccas"]),
                booklets=[{"first": scheme.booklet(7), "last": scheme.booklet(8)}],
            ),
            otherwise={"booklets": [{"first": scheme.booklet(7), "last": scheme.booklet(7)}]},
        ),
        Asking(
            "confirm_receipt",
            "plie",
            f"/allocations/{ids['on the way']}/receipt",
            identified(),
            otherwise={"note": "Carton ouvert"},
        ),
        *custody(house),
        *counting(house),
        Asking(
            "register_beneficiary",
            "plie",
            "/beneficiaries",
            identified(
                public="plie",
                surname="Démonstration",
                first_name="Éloïse",
                birth_year=1990,
                commune="Le Lorrain",
                phone="0696 00 00 00",
                email="eloise@exemple.fr",
            ),
            otherwise={"birth_year": 1991},
        ),
        Asking(
            "rectify_beneficiary",
            "plie",
            f"/beneficiaries/{ids['person']}/rectification",
            {
                "surname": "Démonstration",
                "first_name": "Rosita",
                "birth_year": 1985,
                "commune": "Le Lorrain",
            },
            status=200,
        ),
        Asking(
            "undo_prescription",
            "coordinator",
            f"/prescriptions/{ids['senior prescription']}/undo",
            identified(reason="booklet_given_back"),
            otherwise={"reason": "wrong_person"},
        ),
        Asking(
            "issue_booklets",
            "plie",
            "/prescriptions",
            identified(
                programme_id=str(scheme.programme_id),
                beneficiary_id=str(ids["person"]),
                booklets=[scheme.booklet(3)],
                referred_to_id=str(scheme.organisations["exo7"]),
                answers=ANSWERS,
                commitment="screen",
                duplicate_reason="another_person",
                declares_no_other_pass=True,
            ),
            otherwise={"booklets": [scheme.booklet(4)]},
        ),
    ]


def redeeming(house: House) -> list[Asking]:
    codes = house.lived.codes
    now = house.clock().isoformat()
    return [
        Asking("look_up_voucher", "exo7", "/vouchers/lookup", {"code": codes[8]}, status=200),
        Asking(
            "redeem_voucher",
            "exo7",
            "/redemptions",
            identified(code=codes[8], redeemed_at=now),
            otherwise={"code": codes[7]},
        ),
        Asking(
            "redeem_vouchers",
            "exo7",
            "/redemptions/batch",
            {"redemptions": [identified(code=codes[9], redeemed_at=now)]},
            status=200,
        ),
        Asking(
            "undo_redemption",
            "exo7",
            f"/redemptions/{house.lived.ids['redemption']}/reversal",
            identified(reason="Pris deux fois par erreur"),
            otherwise={"reason": "Autre raison"},
        ),
        *supporting(house),
    ]


def supporting(house: House) -> list[Asking]:
    ids, today = house.lived.ids, house.scheme.today.isoformat()
    return [
        Asking(
            "record_session",
            "exo7",
            "/sessions",
            identified(
                held_on=today,
                duration_minutes=120,
                kind="group",
                people_count=5,
                topics=["email", "safety"],
                redemption_ids=[str(ids["claimed redemption"])],
            ),
            otherwise={"duration_minutes": 90},
        ),
        Asking(
            "link_redemptions",
            "exo7",
            f"/sessions/{ids['support session']}/redemptions",
            {"redemption_ids": [str(ids["paid redemption"])]},
            status=200,
        ),
        Asking(
            "prepare_sheet",
            "coordinator",
            "/typed-sheets",
            identified(
                mediator_id=str(house.scheme.organisations["carecof"]),
                held_on=today,
                lines=[house.scheme.serial(2, 3), house.scheme.serial(2, 4)],
                session={"duration_minutes": 60, "kind": "individual", "topics": ["email"]},
            ),
            otherwise={"lines": [house.scheme.serial(2, 3)]},
        ),
        Asking(
            "approve_sheet",
            "finance",
            f"/typed-sheets/{ids['typed sheet']}/approve",
            status=200,
            signed_in=True,
        ),
        Asking(
            "set_aside_sheet",
            "finance",
            f"/typed-sheets/{ids['sheet set aside']}/set-aside",
            {"reason": "Le pass n’est pas sur la feuille"},
            status=200,
        ),
    ]


def clearing(house: House) -> list[Asking]:
    ids, today = house.lived.ids, martinique_day(house.clock())
    return [
        Asking(
            "preview_clearing",
            "finance",
            "/clearing-runs/preview",
            {"programme_id": str(house.scheme.programme_id), "cut_off_on": today.isoformat()},
            status=200,
        ),
        Asking(
            "run_clearing",
            "finance",
            "/clearing-runs",
            identified(programme_id=str(house.scheme.programme_id), cut_off_on=today.isoformat()),
            otherwise={"cut_off_on": "2026-01-01"},
        ),
        Asking(
            "withdraw_passes",
            "finance",
            f"/statements/{ids['certified draft']}/withdrawals",
            identified(
                version=2,
                passes=[{"first": house.scheme.serial(2, 7), "last": house.scheme.serial(2, 7)}],
                reason="Séance saisie deux fois",
            ),
            otherwise={"reason": "Autre raison"},
        ),
        Asking(
            "certify_statement",
            "carecof",
            f"/statements/{ids['draft']}/certification",
            identified(version=1),
            signed_in=True,
            other_path=f"/statements/{ids['ordered']}/certification",
        ),
        Asking(
            "approve_statement",
            "finance2",
            f"/statements/{ids['draft']}/approve",
            {"version": 1, "net_cents": 1000},
            status=200,
            signed_in=True,
        ),
        Asking(
            "order_payment",
            "finance",
            "/payment-orders",
            identified(
                statement_id=str(ids["approved"]),
                mandate_number="2026-2044",
                bordereau_number="118",
                issued_on=today.isoformat(),
            ),
            otherwise={"bordereau_number": "119"},
        ),
        Asking(
            "record_payment",
            "accountant",
            f"/payment-orders/{ids['payment order']}/payment",
            identified(paid_on=today.isoformat()),
            other_path=f"/payment-orders/{ids['paid order']}/payment",
        ),
        Asking(
            "reject_payment",
            "accountant",
            f"/payment-orders/{ids['paid order']}/rejection",
            identified(rejected_on=today.isoformat(), reason="Compte clos"),
            otherwise={"reason": "Autre motif"},
        ),
    ]


def ending(house: House) -> list[Asking]:
    """What a public body loses with its mandate, and how it gives back what it holds."""
    scheme, ids = house.scheme, house.lived.ids
    ccas = str(scheme.organisations["ccas"])
    today = martinique_day(house.clock()).isoformat()
    with house.database.session(writing=False) as session:
        mandate = agreement_in_force(
            session, scheme.organisations["ccas"], AgreementRole.MANDATE, on=scheme.today
        )
    assert mandate is not None
    return [
        Asking(
            "keep_agreement_file",
            "coordinator",
            f"/agreements/{mandate.id}/files",
            identified(content=b64encode(PDF).decode()),
            otherwise={"content": b64encode(PDF + b"%%EOF").decode()},
        ),
        Asking(
            "close_agreement",
            "coordinator",
            f"/agreements/{mandate.id}/closure",
            identified(from_on=today, reason="Départ du régisseur"),
            otherwise={"reason": "Autre motif"},
        ),
        Asking(
            "close_cash_office",
            "coordinator",
            f"/cash-offices/{ids['régie']}/closure",
            identified(from_on=today, reason="Départ du régisseur"),
            otherwise={"reason": "Autre motif"},
        ),
        Asking(
            "prepare_recall",
            "ccas",
            "/recalls",
            identified(holder_id=ccas, programme_id=str(scheme.programme_id)),
            otherwise={"programme_id": str(ids["other programme"])},
            after=("close_agreement", "close_cash_office"),
        ),
    ]


def losing(house: House) -> list[Asking]:
    """Losses declared and lifted, passes replaced and destroyed, vintages that end."""
    scheme, ids, ends = house.scheme, house.lived.ids, house.lived.closing
    today = martinique_day(house.clock()).isoformat()
    taken_over, in_pockets = "24R 00001", "23R 00001"
    return [
        Asking(
            "block_vouchers",
            "plie",
            "/blocks",
            identified(
                passes=[{"first": scheme.serial(2, 9), "last": scheme.serial(2, 10)}],
                declarant="holder",
                cause="lost",
                happened_on=today,
                complaint="PV 2026/0124",
            ),
            otherwise={"cause": "stolen"},
        ),
        Asking(
            "lift_block",
            "coordinator",
            f"/blocks/{ids['block']}/lifts",
            identified(reason="Retrouvé", passes=[{"first": f"{taken_over} 05"}]),
            otherwise={"reason": "Autre motif"},
        ),
        Asking(
            "replace_passes",
            "coordinator",
            "/replacements",
            identified(passes=[{"first": f"{in_pockets} 02"}], cause="damaged"),
            otherwise={"cause": "lost"},
            after=("approve_takeover",),
        ),
        Asking(
            "prepare_write_off",
            "coordinator",
            "/write-offs",
            identified(passes=[{"first": f"{taken_over} 03"}], reason="Abîmé par l’eau"),
            otherwise={"reason": "Autre motif"},
        ),
        Asking(
            "abandon_write_off",
            "coordinator",
            f"/write-offs/{ids['to give up']}/abandonment",
            identified(reason="Un pass de trop"),
            otherwise={"reason": "Autre motif"},
        ),
        Asking(
            "approve_write_off",
            "finance",
            f"/write-offs/{ids['to destroy']}/approve",
            {"voucher_count": 1},
            signed_in=True,
        ),
        Asking(
            "validate_hold",
            "coordinator",
            f"/vintages/{ends['listed']}/hold",
            identified(),
            signed_in=True,
            other_path=f"/vintages/{ends['held']}/hold",
        ),
        Asking(
            "release_held",
            "coordinator",
            f"/vintages/{ends['held']}/releases",
            identified(booklets=[{"first": "21B 00002", "last": "21B 00002"}], reason="RDV pris"),
            otherwise={"reason": "Autre motif"},
        ),
        Asking(
            "sign_joint_statement",
            "coordinator",
            f"/vintages/{ends['closed']}/signatures",
            identified(side="sponsor", signed_on=scheme.today.isoformat()),
            signed_in=True,
            otherwise={"side": "issuer"},
        ),
        Asking(
            "draw_complement",
            "finance",
            f"/vintages/{ends['expired late']}/complements",
            identified(),
            other_path=f"/vintages/{ends['settled']}/complements",
        ),
        Asking(
            "settle_complement",
            "coordinator",
            f"/complements/{house.lived.complements['to settle']}/settlement",
            {
                "sponsor_signed_on": scheme.today.isoformat(),
                "issuer_signed_on": scheme.today.isoformat(),
            },
            signed_in=True,
        ),
        Asking(
            "settle_closing",
            "finance",
            f"/vintages/{ends['signed']}/settlement",
            identified(reference="AV-88"),
            otherwise={"reference": "AV-89"},
        ),
    ]


def correcting(house: House) -> list[Asking]:
    """Passes that were paid and taken back, notes, and passes that two mediators claim."""
    ids, codes = house.lived.ids, house.lived.corrected_codes
    much_later = house.lived.much_later_on.isoformat()
    return [
        Asking(
            "prepare_clawback",
            "finance",
            "/clawbacks",
            identified(
                redemption_id=str(ids["paid for correction"]), reason="La séance n’a pas eu lieu"
            ),
            otherwise={"reason": "Une autre raison"},
        ),
        Asking(
            "approve_clawback",
            "finance2",
            f"/clawbacks/{ids['waiting clawback']}/approve",
            status=200,
            signed_in=True,
        ),
        Asking(
            "set_aside_clawback",
            "coordinator",
            f"/clawbacks/{ids['clawback set aside']}/set-aside",
            {"reason": "La séance a bien eu lieu"},
            status=200,
        ),
        Asking(
            "collect_debit_note",
            "accountant",
            f"/debit-notes/{ids['debit note']}/collection",
            {"id": str(ids["collection"]), "collected_on": much_later},
            otherwise={"collected_on": "2026-01-01"},
        ),
        Asking(
            "issue_debit_note",
            "finance",
            "/debit-notes",
            {
                "id": str(ids["debit note"]),
                "mediator_id": str(house.scheme.organisations["exo7"]),
                "programme_id": str(ids["other programme"]),
            },
            otherwise={"programme_id": str(house.scheme.programme_id)},
        ),
        Asking(
            "open_dispute",
            "carecof",
            "/disputes",
            identified(
                attempt_id=str(ids["refused attempt"]),
                code=codes[9],
                redeemed_at=house.scheme.now.isoformat(),
                story="La personne a remis ce pass à notre atelier",
            ),
            otherwise={"story": "Une autre histoire"},
        ),
        Asking(
            "decide_dispute",
            "finance",
            f"/disputes/{ids['dispute 6']}/decide",
            {"outcome": "kept", "reason": "D’après la feuille d’émargement"},
            status=200,
            signed_in=True,
        ),
    ]


def readings(house: House) -> dict[str, str]:
    """An address for each operation that reads, of something that exists."""
    ids, scheme = house.lived.ids, house.scheme
    exo7 = scheme.organisations["exo7"]
    serial = f"{scheme.booklet(1)} 01".replace(" ", "")
    register = f"holder_id={scheme.organisations['plie']}&vintage_id={scheme.vintage_id}"
    return {
        "who_am_i": "/me",
        "list_own_sessions": "/me/sessions",
        "read_own_factors": "/me/second-factors",
        "list_devices": "/devices",
        "read_own_device": "/devices/me",
        "take_voucher_list": "/devices/me/voucher-list",
        "list_programmes": "/programmes",
        "read_programme": f"/programmes/{scheme.programme_id}",
        "list_vintages": f"/programmes/{scheme.programme_id}/vintages",
        "list_places": "/places?commune=97214",
        "read_places_file": f"/places/files/{ids['places file']}",
        "list_takeovers": "/takeovers",
        "read_takeover": f"/takeovers/{ids['taken over']}",
        "list_settings": f"/programmes/{scheme.programme_id}/settings",
        "list_funders": f"/programmes/{scheme.programme_id}/funders",
        "list_partners": "/partners",
        "read_partner": f"/partners/{exo7}",
        "list_agreements": f"/partners/{exo7}/agreements",
        "list_agreement_files": f"/agreements/{ids['closed agreement']}/files",
        "read_agreement_file": f"/agreement-files/{ids['agreement file']}",
        "list_recalls": "/recalls",
        "list_bank_details": f"/partners/{exo7}/bank-details",
        "list_addresses": f"/partners/{exo7}/addresses",
        "list_sirets": f"/partners/{exo7}/sirets",
        "list_contacts": f"/partners/{exo7}/contacts",
        "list_successions": f"/partners/{exo7}/successions",
        "list_cash_offices": f"/partners/{scheme.organisations['library']}/cash-offices",
        "list_profiles": f"/partners/{exo7}/profiles",
        "list_capacities": f"/partners/{exo7}/capacities",
        "list_renewals": "/partner-renewals",
        "list_labels": f"/partners/{exo7}/labels",
        "list_label_applications": f"/partners/{exo7}/label-applications",
        "list_blocks": "/blocks",
        "read_block": f"/blocks/{ids['block']}",
        "list_replacements": "/replacements",
        "list_write_offs": "/write-offs",
        "read_closing": f"/vintages/{house.lived.closing['settled']}/closing",
        "list_orders": "/orders",
        "read_order": f"/orders/{ids['stock order']}",
        "list_deliveries": "/deliveries",
        "read_delivery": f"/deliveries/{ids['stock delivery']}",
        "list_serial_files": "/serial-files",
        "read_serial_file": f"/serial-files/{ids['serial file']}",
        "list_quarantined_rows": f"/serial-files/{ids['serial file']}/quarantined-rows",
        "list_stock_counts": "/stock-counts",
        "list_signals": "/signals",
        "list_agents": "/agents",
        "read_agent": f"/agents/{scheme.actors['exo7'].agent_id}",
        "list_account_events": "/account-events",
        "list_mails": "/mails",
        "read_stock_count": f"/stock-counts/{ids['signed count']}",
        "list_print_batches": "/print-batches",
        "read_print_batch": f"/print-batches/{ids['print batch']}",
        "list_booklets": "/booklets",
        "read_booklet": f"/booklets/{scheme.booklet(1)}",
        "read_voucher": f"/vouchers/{serial}",
        "read_history": f"/vouchers/{serial}/history",
        "print_receipt": f"/redemptions/{ids['paid redemption']}/receipt",
        "print_letter": f"/prescriptions/{ids['prescription']}/letter?edition=large",
        "print_commitment": f"/beneficiaries/{ids['person']}/commitment",
        "list_allocations": "/allocations",
        "read_allocation": f"/allocations/{ids['allocation']}",
        "list_booklet_requests": "/booklet-requests",
        "read_booklet_request": f"/booklet-requests/{ids['request']}",
        "list_beneficiaries": "/beneficiaries",
        "read_beneficiary": f"/beneficiaries/{ids['person']}",
        "list_duplicates": f"/beneficiaries/{ids['person']}/duplicates",
        "list_referrals": f"/referrals?beneficiary_id={ids['person']}&answers={ANSWERS}",
        "list_prescriptions": "/prescriptions",
        "read_prescription": f"/prescriptions/{ids['prescription']}",
        "list_redemptions": "/redemptions",
        "read_redemption": f"/redemptions/{ids['redemption']}",
        "list_sessions": "/sessions",
        "read_session": f"/sessions/{ids['support session']}",
        "read_day": "/redemption-days",
        "list_sheets": "/typed-sheets",
        "read_sheet": f"/typed-sheets/{ids['typed sheet']}",
        "list_clearing_runs": "/clearing-runs",
        "read_clearing_run": f"/clearing-runs/{ids['run']}",
        "list_statements": "/statements",
        "read_statement": f"/statements/{ids['paid']}",
        "list_payment_orders": "/payment-orders",
        "print_statement": f"/statements/{ids['corrected']}/document?format=csv",
        "read_payment_file": "/payment-orders/file",
        "list_clawbacks": "/clawbacks",
        "read_clawback": f"/clawbacks/{ids['clawback 1']}",
        "list_debit_notes": "/debit-notes",
        "read_debit_note": f"/debit-notes/{ids['debit note']}",
        "print_debit_note": f"/debit-notes/{ids['debit note']}/document",
        "list_disputes": "/disputes",
        "read_dispute": f"/disputes/{ids['dispute 8']}",
        "read_payment_order": f"/payment-orders/{ids['paid order']}",
        "read_chain": "/reports/chain",
        "list_holdings": "/reports/register/holdings",
        "read_register": f"/reports/register?{register}",
        "read_register_file": f"/reports/register/file?{register}&format=xlsx",
        "read_account_of_use": f"/reports/account-of-use?vintage_id={scheme.vintage_id}",
        "read_account_of_use_file": f"/reports/account-of-use/file?vintage_id={scheme.vintage_id}",
        "read_slip": f"/reports/slip?holder_id={scheme.organisations['plie']}",
        "read_slip_file": f"/reports/slip/file?holder_id={scheme.organisations['plie']}",
        "read_usage_file": "/reports/usage/file?format=csv",
        "read_council": f"/reports/council?programme_id={scheme.programme_id}",
        "read_council_file": f"/reports/council/file?programme_id={scheme.programme_id}",
        "read_usage": "/reports/usage",
        "list_movements": "/ledger/movements",
        "list_checkpoints": "/ledger/checkpoints",
        "read_latest_checkpoint": "/ledger/checkpoints/latest",
        "prove_consistency": "/ledger/consistency?earlier=20",
        "prove_movement": "/ledger/proofs/7",
        "list_balances": "/ledger/balances",
    }


BY_DEVICES = {
    "read_own_device": "device",
    "take_voucher_list": "device",
    "enrol_device": "square",
}
"""What no agent asks."""


def reader_of(operation: str) -> str:
    """Somebody who may read that: people are told to their own prescriber only."""
    alone = {
        *("list_beneficiaries", "read_beneficiary", "list_prescriptions", "read_prescription"),
        *("list_duplicates", "list_referrals", "print_letter", "print_commitment"),
    }
    if operation in BY_DEVICES:
        return BY_DEVICES[operation]
    if operation == "list_devices":
        return "coordinator"
    if operation == "read_payment_file":
        return "finance"
    if operation in {"list_agents", "read_agent", "list_mails"}:
        return "administrator"
    if operation in {"list_renewals", "read_places_file"}:
        return "coordinator"
    return "plie" if operation in alone else "auditor"


def unknown(house: House, operation: str) -> tuple[str, str]:
    """The method of an operation and an address where nothing is."""
    method, path, _ = house.contract.operations[operation]
    path = path.removeprefix("/api/v1")
    for text in ("{number}", "{serial}"):
        path = path.replace(text, "26A 99999 01")
    path = path.replace("{movement_id}", "999999999")
    path = path.replace("{vintage_id}", "999999").replace("{agent_id}", "999999999")
    while "{" in path:
        start, end = path.index("{"), path.index("}")
        path = path[:start] + str(UUID(int=1)) + path[end + 1 :]
    return method, path
