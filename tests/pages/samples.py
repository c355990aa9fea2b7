"""Plain data to show every page with: a usual day, nothing at all, and far too much.

The figures of the usual day agree with each other, as they must on a page that closes.
Organisations with troubles are plainly invented ones.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from app.identity.errors import TooManyAttempts
from app.identity.factors import Factors
from app.identity.session_errors import CodeRefused
from app.identity.session_models import Passkey
from app.kernel.money import Cents
from app.kernel.serials import BookletNumber, SerialNumber
from app.reports.told import (
    ChainPage,
    ChainStage,
    Denominator,
    MonthRow,
    PlaceRow,
    SearchPage,
    StoryStep,
    UsagePage,
    UsageRow,
    VoucherLine,
    VoucherPage,
)
from app.web.factor_pages import CodesPage, FactorsPage, PasskeyPage
from app.web.forms import Form
from app.web.pages import Choice, ErrorPage, FieldError, Frame, Reader, Scope, SignInPage
from app.web.second_factor import SecondFactorPage

TODAY = date(2026, 11, 19)
NOW = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)
"""8 h 00 in Martinique."""

HOSTILE = "<script>alert('x')</script>&\"'"
LONG = "Établissement public de coopération intercommunale " * 4
UNBROKEN = "Saint-Pierre" + "é" * 188

OURS = "CAP Nord Martinique"
DESK = Frame(Reader("Agent de démonstration", "Coordination", OURS), OURS, specimen=True)
REAL = Frame(Reader("Agent de démonstration", "Coordination", OURS), OURS)
LONG_DESK = Frame(
    Reader(UNBROKEN, "Administration des comptes", LONG + HOSTILE), LONG + HOSTILE, specimen=True
)
NO_PAGE_DESK = Frame(
    Reader("Agent de démonstration", "Médiateur", "Médiateur de démonstration 1", frozenset()),
    specimen=True,
)
GATE = Frame(specimen=True)
REAL_GATE = Frame()

PROGRAMMES = (Choice("p1", "Pass numérique 2026"), Choice("p2", "Pass numérique 2027"))
VINTAGES = (Choice("26A", "26A, 10 €, jusqu’au 31/03/2027"), Choice("26B", "26B, 10 €"))
SCOPE = Scope(
    on=TODAY,
    today=TODAY,
    programme="p1",
    programmes=PROGRAMMES,
    vintages=VINTAGES,
)
PAST = replace(SCOPE, on=date(2026, 6, 1), vintage="26A")
BAD_DAY = replace(
    SCOPE,
    typed_on="2027-02-29",
    errors=(FieldError("au", "Ce jour n’existe pas : février 2027 a 28 jours."),),
)


# --- « Où sont les pass » -------------------------------------------------------------------

CHAIN_KINDS = (
    "on_order",
    "stock_inert",
    "stock",
    "transit",
    "prescriber",
    "circulation",
    "redeemed",
    "claimed",
    "settled",
)
EXIT_KINDS = ("undelivered", "blocked", "withheld", "void", "expired", "credited")


def stage(kind: str, voucher_count: int) -> ChainStage:
    """Passes of 10 €."""
    return ChainStage(kind, voucher_count, Cents(1000 * voucher_count))


def chain(chain_counts: tuple[int, ...], exit_counts: tuple[int, ...], scope: Scope) -> ChainPage:
    """A chain that closes."""
    return ChainPage(
        scope=scope,
        read_at=NOW,
        ordered=stage("ordered", sum(chain_counts) + sum(exit_counts)),
        stages=tuple(map(stage, CHAIN_KINDS, chain_counts)),
        exits=tuple(map(stage, EXIT_KINDS, exit_counts)),
    )


CHAIN = chain((2_000, 500, 1_640, 150, 1_385, 3_120, 412, 596, 2_152), (0, 40, 0, 5, 0, 0), SCOPE)
EMPTY_CHAIN = chain((0,) * 9, (0,) * 6, SCOPE)
EARLY_CHAIN = chain((12_000, *(0,) * 8), (0,) * 6, PAST)
ENDED_CHAIN = chain((0, 0, 0, 0, 0, 0, 0, 0, 6_940), (250, 10, 0, 50, 1_200, 3_550), SCOPE)
HUGE_CHAIN = chain((12_345_678,) * 9, (9_999_999,) * 6, SCOPE)
OPEN_CHAIN = replace(CHAIN, ordered=stage("ordered", 12_007))
LONG_CHAIN = replace(
    CHAIN,
    scope=replace(
        SCOPE, programmes=(Choice("p1", LONG + HOSTILE),), vintages=(Choice("v", UNBROKEN),)
    ),
)


BAD_DAY_CHAIN = replace(CHAIN, scope=BAD_DAY)


# --- one pass -------------------------------------------------------------------------------


def serial(booklet: int, position: int, label: str = "26A") -> SerialNumber:
    """A serial number with its right key."""
    return SerialNumber(BookletNumber(label, booklet), position)


def at(day: date, hour: int, minute: int) -> datetime:
    """That hour on the clocks of Martinique."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) + timedelta(hours=4)


def step(
    act: str, movement_id: int, when: datetime, kinds: tuple[str, str], parties: tuple[str, str]
) -> StoryStep:
    """One step, noted when it was done, for one pass alone."""
    return StoryStep(
        act=act,
        movement_id=movement_id,
        occurred_at=when,
        recorded_at=when,
        from_kind=kinds[0],
        to_kind=kinds[1],
        giver=parties[0],
        receiver=parties[1],
    )


CAP_NORD = "CAP Nord Martinique"
PLIE = "PLIE de CAP Nord Martinique"
PRINTER = "Imprimeur de démonstration"
CARECOF = "CARECOF"

STORY = (
    replace(
        step(
            "redeem",
            48_302,
            at(date(2026, 11, 6), 10, 2),
            ("circulation", "redeemed"),
            (PLIE, CARECOF),
        ),
        recorded_at=at(date(2026, 11, 6), 17, 48),
    ),
    replace(
        step(
            "issue",
            21_077,
            at(date(2026, 10, 5), 14, 25),
            ("prescriber", "circulation"),
            (PLIE, PLIE),
        ),
        voucher_count=30,
        first_serial=serial(442, 1),
        last_serial=serial(444, 10),
        document="Remise RM-2026-0412",
    ),
    replace(
        step(
            "accept",
            9_004,
            at(date(2026, 9, 10), 9, 5),
            ("transit", "prescriber"),
            (CAP_NORD, PLIE),
        ),
        voucher_count=1_410,
        first_serial=serial(441, 1),
        last_serial=serial(581, 10),
        document="Dotation DOT-2026-008",
    ),
    replace(
        step(
            "allocate",
            8_990,
            at(date(2026, 9, 9), 10, 40),
            ("stock", "transit"),
            (CAP_NORD, PLIE),
        ),
        voucher_count=1_410,
        first_serial=serial(441, 1),
        last_serial=serial(581, 10),
        document="Dotation DOT-2026-008",
    ),
    replace(
        step(
            "activate",
            12,
            at(date(2026, 6, 1), 8, 30),
            ("stock_inert", "stock"),
            (CAP_NORD, CAP_NORD),
        ),
        voucher_count=9_500,
        document="Commande BC-2026-001, mandat 0917",
    ),
    replace(
        step(
            "receive",
            3,
            at(date(2026, 5, 28), 9, 12),
            ("issuer", "stock_inert"),
            (PRINTER, CAP_NORD),
        ),
        voucher_count=9_500,
        document="Livraison LIV-2026-001",
    ),
)

SIBLING_STATES = ("settled", "settled", "redeemed", "circulation", "circulation", "blocked")


def siblings(booklet: int, size: int, states: tuple[str, ...]) -> tuple[VoucherLine, ...]:
    """The passes of one booklet, in their order."""
    return tuple(
        VoucherLine(serial(booklet, place + 1), states[place % len(states)])
        for place in range(size)
    )


VOUCHER = VoucherPage(
    serial=serial(442, 3),
    face_value_cents=Cents(1000),
    state="redeemed",
    since=at(date(2026, 11, 6), 10, 2),
    holder=CARECOF,
    programme_name="Pass numérique 2026",
    valid_until=date(2027, 3, 31),
    story=STORY,
    siblings=siblings(442, 10, SIBLING_STATES),
    read_at=NOW,
)

UNDONE_STORY = (
    step(
        "undo",
        48_977,
        at(date(2026, 11, 7), 9, 0),
        ("redeemed", "circulation"),
        (CARECOF, PLIE),
    ),
    replace(STORY[0], undone_later=True),
    *STORY[1:],
)
UNDONE_VOUCHER = replace(VOUCHER, state="circulation", holder=PLIE, story=UNDONE_STORY)
NEW_VOUCHER = replace(
    VOUCHER,
    state="issuer",
    holder=PRINTER,
    story=(),
    siblings=siblings(442, 5, ("issuer",)),
)
LONG_VOUCHER = replace(
    VOUCHER,
    serial=SerialNumber(BookletNumber("26A", 123_456), 10),
    face_value_cents=Cents(123_456_750),
    state="transit",
    holder=LONG + HOSTILE,
    recipient=UNBROKEN,
    programme_name=UNBROKEN,
    story=tuple(
        replace(
            past,
            giver=UNBROKEN,
            receiver=LONG + HOSTILE,
            document=LONG + HOSTILE,
            voucher_count=12_345_678,
            movement_id=9_223_372_036_854_775_807,
        )
        for past in STORY
    ),
)

SEARCH = SearchPage()
SEARCH_EMPTY = SearchPage(error="Écrivez le numéro de série ou le code du pass.")
SEARCH_REFUSED = SearchPage(
    "26A 00442 07 30",
    "La clé de contrôle ne correspond pas à ce numéro de série : un caractère est faux. "
    "Relisez-le sur le pass.",
)
SEARCH_SEVERAL = SearchPage("26A 00442", candidates=VOUCHER.siblings)
SEARCH_HOSTILE = SearchPage(HOSTILE, LONG + HOSTILE)
SEARCH_MANY = SearchPage(
    UNBROKEN,
    candidates=siblings(123_456, 50, tuple(EXIT_KINDS[1:])),
)


# --- usage rate -----------------------------------------------------------------------------


def months(counts: tuple[tuple[int, int], ...], first: date) -> tuple[MonthRow, ...]:
    """Months in a row, from that one."""
    return tuple(
        MonthRow(
            date(
                first.year + (first.month - 1 + place) // 12, (first.month - 1 + place) % 12 + 1, 1
            ),
            issued,
            redeemed,
        )
        for place, (issued, redeemed) in enumerate(counts)
    )


USAGE = UsagePage(
    scope=SCOPE,
    read_at=NOW,
    issued_count=6_310,
    redeemed_count=3_160,
    redeemed_cents=Cents(3_160_000),
    in_hand_count=3_120,
    in_hand_cents=Cents(3_120_000),
    denominators=(
        Denominator("issued", 6_310),
        Denominator("entrusted", 7_845),
        Denominator("received", 10_000),
        Denominator("ordered", 12_000),
    ),
    prescribers=(
        UsageRow("PLIE de CAP Nord Martinique", 3_000, 1_710),
        UsageRow("Conseillers numériques de CAP Nord", 430, 219),
        UsageRow("Espaces France Services", 640, 307),
        UsageRow("CCAS de démonstration", 1_180, 531),
        UsageRow("France Travail", 560, 266),
        UsageRow("Prescripteur de démonstration 1", 500, 127),
    ),
    publics=(
        UsageRow("Participants du PLIE", 3_000, 1_710),
        UsageRow("Demandeurs d’emploi inscrits", 1_190, 510),
        UsageRow("Demandeurs d’emploi non inscrits", 520, 214),
        UsageRow("60 ans et plus", 1_350, 640),
        UsageRow("Autres publics en difficulté", 250, 86, apart=True),
    ),
    places=(
        PlaceRow("CARECOF", "Sainte-Marie", 838, Cents(838_000)),
        PlaceRow("Envol 3 Martinique", "La Trinité", 652, Cents(652_000)),
        PlaceRow("Espace Ressources Nord Caraïbe", "Saint-Pierre", 561, Cents(561_000)),
        PlaceRow("Martinique Nord Média", "Le Lorrain", 512, Cents(512_000)),
        PlaceRow("Exo 7", "Case-Pilote", 388, Cents(388_000)),
        PlaceRow("Association Émergence des quartiers", "Le Robert", 209, Cents(209_000)),
    ),
    months=months(
        (
            (320, 20),
            (200, 64),
            (300, 80),
            (1_240, 482),
            (690, 371),
            (1_530, 665),
            (1_420, 1_066),
            (610, 412),
        ),
        date(2026, 4, 1),
    ),
)
EMPTY_USAGE = UsagePage(
    scope=PAST,
    read_at=NOW,
    issued_count=0,
    redeemed_count=0,
    redeemed_cents=Cents(0),
    in_hand_count=0,
    in_hand_cents=Cents(0),
    denominators=tuple(
        Denominator(kind, 0) for kind in ("issued", "entrusted", "received", "ordered")
    ),
    prescribers=(),
    publics=(),
    places=(),
)
UNUSED_USAGE = replace(
    EMPTY_USAGE,
    scope=SCOPE,
    issued_count=10,
    in_hand_count=10,
    in_hand_cents=Cents(10_000),
    denominators=(Denominator("issued", 10), Denominator("entrusted", 500)),
    prescribers=(UsageRow("CCAS de démonstration", 10, 0),),
    publics=(UsageRow("60 ans et plus", 10, 0),),
    months=months(((10, 0),), date(2026, 11, 1)),
)
LONG_USAGE = replace(
    USAGE,
    issued_count=123_456_789,
    redeemed_count=98_765_432,
    redeemed_cents=Cents(98_765_432_000),
    in_hand_count=24_691_357,
    in_hand_cents=Cents(24_691_357_000),
    denominators=tuple(
        Denominator(kind, 123_456_789) for kind in ("issued", "entrusted", "received", "ordered")
    ),
    prescribers=(UsageRow(UNBROKEN, 123_456_789, 98_765_432), UsageRow(HOSTILE, 0, 0)),
    publics=(UsageRow(LONG, 123_456_789, 98_765_432), UsageRow(UNBROKEN, 0, 0, apart=True)),
    places=(PlaceRow(UNBROKEN, HOSTILE, 98_765_432, Cents(98_765_432_000)),),
    months=months(((5_000_000, 4_000_000),) * 30, date(2024, 6, 1)),
)
BAD_DAY_USAGE = replace(USAGE, scope=BAD_DAY)


# --- doors ----------------------------------------------------------------------------------

SIGN_IN = SignInPage()
SIGN_IN_NEEDED = SignInPage(next="/taux-d-utilisation?au=2026-06-01", reason="needed")
SIGN_IN_EXPIRED = SignInPage(next="/", reason="expired")
SIGNED_OUT = SignInPage(reason="signed_out")
SIGN_IN_REFUSED = SignInPage(
    email="agent.demonstration@exemple.fr",
    next="/",
    errors=(
        FieldError(
            "password",
            "L’adresse ou le mot de passe ne convient pas. Vérifiez les deux, puis recommencez.",
        ),
    ),
)
SIGN_IN_EMPTY = SignInPage(
    errors=(
        FieldError("email", "Écrivez votre adresse électronique."),
        FieldError("password", "Écrivez votre mot de passe."),
    )
)
SIGN_IN_PAUSED = SignInPage(
    email="agent.demonstration@exemple.fr",
    pause=TooManyAttempts(until="09 h 30").message,
)
SIGN_IN_HOSTILE = SignInPage(
    email=HOSTILE,
    next=HOSTILE,
    errors=(FieldError("email", f"{HOSTILE} n’est pas une adresse : il manque un @."),),
)

ERRORS = {
    status: ErrorPage(status, signed_in=status not in {403, 429})
    for status in (400, 403, 404, 405, 409, 413, 422, 429, 500, 503)
}
ERROR_OF_THE_DOMAIN = ErrorPage(409, sentence=HOSTILE, reference="4K7Q-19", signed_in=True)
SECOND_FACTOR = SecondFactorPage(Form({}, UUID(int=0)), application=True, has_codes=True)
SECOND_FACTOR_KEY = SecondFactorPage(Form({}, UUID(int=0)), passkey="{}")
SECOND_FACTOR_REFUSED = SecondFactorPage(
    Form({"code": ["000 000"]}, UUID(int=0)), application=True, passkey="{}", has_codes=True
)
SECOND_FACTOR_REFUSED.form.wrong("code", CodeRefused.sentence)
SECOND_FACTOR_PAUSED = SecondFactorPage(
    Form({}, UUID(int=0)), application=True, pause=TooManyAttempts(until="09 h 30").message
)
RECOVERY = SecondFactorPage(Form({}, UUID(int=0)))
GATE_FACTORS = FactorsPage(
    layout="layout/gate.html",
    known=Factors(None, (), 0, 0),
    must=True,
    waived=False,
    passkeys_work=True,
)
CODES = CodesPage(
    Form({}, UUID(int=0)),
    codes=tuple(f"7K2M-04QX-9TR{n}" for n in range(10)),
    onward="/commandes",
)
NAMED_PASSKEY = PasskeyPage(
    "layout/desk.html",
    Form({"name": [UNBROKEN[:60]]}, UUID(int=0)),
    passkey=Passkey(name=UNBROKEN[:60]),
)
SIGN_IN_ALL_WAYS = SignInPage(passkey="{}", provider=True)
