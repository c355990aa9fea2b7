"""The end of vintages on pages: the calendar, what each step found, and what people decide."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.closing import complements, endings, queries
from app.closing.errors import UnknownComplement
from app.closing.models import ClosingHold, ComplementSettlement
from app.closing.papers import (
    Account,
    Complement,
    complement_statement,
    counted_sheet,
    joint_statement,
)
from app.closing.rules import FRENCH_SIDE, Side, Step
from app.closing.views import (
    CountedList,
    StepShown,
    account_of,
    complements_shown,
    counted_list,
    steps_shown,
)
from app.identity.naming import named_to
from app.identity.rules import Right
from app.prescribers.allocations import BookletRange
from app.programmes import queries as programmes
from app.programmes.errors import UnknownVintage
from app.programmes.models import VintageTerms
from app.programmes.queries import is_demonstration
from app.programmes.service import known_programme
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.downloads import FORMATS, PDF, download
from app.web.format import count
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("closing_pages", __name__)


@dataclass(frozen=True, slots=True)
class VintageLine:
    """A vintage and the next step of its end."""

    label: str
    programme: str
    valid_until: date
    following: StepShown | None
    tone: str
    state: str


@dataclass(frozen=True, slots=True)
class ClosingsPage:
    """Every vintage, the one that ends first on top."""

    lines: tuple[VintageLine, ...]


@bp.get("/cloture")
def listed() -> ResponseReturnValue:
    """Vintages and where their end stands."""
    check(Right.SEE_LEDGER)

    def work(session: Session) -> ClosingsPage:
        found = sorted(
            programmes.all_vintages(session).values(), key=lambda t: (t.valid_until, t.label)
        )
        return ClosingsPage(tuple(_line(session, terms) for terms in found))

    return render_template("closing/list.html", page=in_transaction(work))


def _line(session: Session, terms: VintageTerms) -> VintageLine:
    steps = steps_shown(session, terms, now=started_at())
    following = next((step for step in steps if step.done_at is None), None)
    begun = any(step.done_at for step in steps)
    if queries.settlement_of(session, terms.vintage_id):
        tone, state = "ok", "soldé"
    elif following is None:
        tone, state = "warn", "à signer et à solder"
    elif _waits_for_hold(session, terms.vintage_id, steps):
        tone, state = "warn", "retenue à valider"
    else:
        tone, state = ("go", "en cours") if begun else ("", "à venir")
    programme = known_programme(session, terms.programme_id).name
    return VintageLine(terms.label, programme, terms.valid_until, following, tone, state)


def _waits_for_hold(session: Session, vintage_id: int, steps: tuple[StepShown, ...]) -> bool:
    done = {step.step for step in steps if step.done_at}
    listed = Step.WITHHOLD in done and Step.EXPIRE not in done
    return listed and queries.hold_of(session, vintage_id) is None


@dataclass(frozen=True, slots=True)
class ClosingPage:
    """The end of one vintage."""

    terms: VintageTerms
    programme: str
    steps: tuple[StepShown, ...]
    counted: CountedList | None
    hold: ClosingHold | None
    validated_by: str
    released_by: str
    signed_by: tuple[str, str]
    """Who recorded the signature of the sponsor, and of the issuer."""
    settled_by: str
    released_count: int
    waits_for_hold: bool
    over: bool
    account: Account | None
    complements: tuple[Complement, ...]
    late_count: int
    """Passes that expired since, and that no complement counts."""
    form: Form
    sides: tuple[Choice, ...]
    account_lines: list[tuple[str, str]]
    """What was received, where it went, and what comes back, in words and figures."""
    may_hold: bool
    may_release: bool
    may_sign: bool
    may_settle: bool


def _known(session: Session, label: str) -> VintageTerms:
    terms = programmes.vintage_by_label(session, label)
    if terms is None:
        raise UnknownVintage
    return terms


@bp.get("/cloture/<label>")
def shown(label: str) -> ResponseReturnValue:
    """A vintage's calendar, what was found, and what is to be decided."""
    check(Right.SEE_LEDGER)
    return _shown(label, Form.blank(signed_on=started_on().isoformat()))


def _shown(label: str, form: Form) -> ResponseReturnValue:
    page = in_transaction(lambda session: _page(session, label, form))
    return render_template("closing/vintage.html", page=page), form.status


def _page(session: Session, label: str, form: Form) -> ClosingPage:
    terms = _known(session, label)
    steps = steps_shown(session, terms, now=started_at())
    hold = queries.hold_of(session, terms.vintage_id)
    closed = queries.joint_statement(session, terms.vintage_id) is not None
    account = account_of(session, terms.vintage_id) if closed else None
    signed = queries.signatures_of(session, terms.vintage_id)
    settlement = queries.settlement_of(session, terms.vintage_id)
    releases = queries.releases_of(session, hold.id) if hold else []
    named = named_to(
        session,
        current_actor(),
        [
            hold.validated_by if hold else None,
            *(released.released_by for released, _ in releases),
            *(one.recorded_by for one in signed.values()),
            settlement.settled_by if settlement else None,
        ],
    )
    recorded = {side: named(one.recorded_by) for side, one in signed.items()}
    return ClosingPage(
        terms,
        known_programme(session, terms.programme_id).name,
        steps,
        counted_list(session, terms.vintage_id),
        hold,
        named(hold.validated_by if hold else None),
        ", ".join(dict.fromkeys(filter(None, (named(one.released_by) for one, _ in releases)))),
        (recorded.get(Side.SPONSOR, ""), recorded.get(Side.ISSUER, "")),
        named(settlement.settled_by if settlement else None),
        sum(len(booklets) for _, booklets in releases),
        _waits_for_hold(session, terms.vintage_id, steps),
        started_on() > terms.valid_until,
        account,
        complements_shown(session, terms.vintage_id) if closed else (),
        _late_count(session, terms.vintage_id),
        form,
        tuple(Choice(str(s), words) for s, words in FRENCH_SIDE.items() if s not in signed),
        [(words, count(number)) for words, number in account.lines] if account else [],
        may(Right.VALIDATE_HOLD),
        may(Right.RELEASE_HELD),
        may(Right.SIGN_CLOSING),
        may(Right.SETTLE_CLOSING),
    )


def _late_count(session: Session, vintage_id: int) -> int:
    statement = queries.joint_statement(session, vintage_id)
    if statement is None:
        return 0
    waiting = sum(
        complement.voucher_count
        for complement, settlement in queries.complements_of(session, vintage_id)
        if settlement is None
    )
    return max(0, len(complements.late_passes(session, statement)) - waiting)


@bp.get("/cloture/<label>/liste-arretee.<any(csv, xlsx):ending>")
def counted_file(label: str, ending: str) -> Response:
    """The list that the latest step drew up, as a sheet."""
    check(Right.SEE_LEDGER)

    def work(session: Session) -> bytes:
        found = counted_list(session, _known(session, label).vintage_id)
        lines = found.lines if found else ()
        return counted_sheet(lines, ending=ending, specimen=is_demonstration(session))

    return download(in_transaction(work), f"liste-arretee-{label}.{ending}", FORMATS[ending])


@bp.post("/cloture/<label>/retenue")
def hold(label: str) -> ResponseReturnValue:
    """Validate the hold."""
    check(Right.VALIDATE_HOLD)
    form = Form.sent()

    def work(session: Session) -> object:
        if not form.checked("sure"):
            form.wrong("sure", "Relisez la liste, puis cochez cette case.")
        form.check()
        return endings.validate_hold(
            session,
            actor=current_actor(),
            hold_id=form.id,
            vintage_id=_known(session, label).vintage_id,
            now=started_at(),
        )

    if form.submit(work) is None:
        return _shown(label, form)
    return done(
        url_for(".shown", label=label),
        f"La retenue du {label} est validée : ce qui n’est pas remis ne part plus, sauf ce que "
        "vous libérez pour une remise tardive.",
    )


@bp.post("/cloture/<label>/liberation")
def release(label: str) -> ResponseReturnValue:
    """Let held booklets go for a late hand-over."""
    check(Right.RELEASE_HELD)
    form = Form.sent()

    def work(session: Session) -> object:
        named = [typed.strip() for typed in form.text("booklets").splitlines() if typed.strip()]
        if not named:
            form.wrong("booklets", "Écrivez le numéro d’un carnet.")
        form.check()
        return endings.release_held(
            session,
            actor=current_actor(),
            release_id=form.id,
            vintage_id=_known(session, label).vintage_id,
            booklets=[BookletRange(number, number) for number in named],
            reason=form.text("reason"),
            now=started_at(),
        )

    if form.submit(work) is None:
        return _shown(label, form)
    return done(
        url_for(".shown", label=label),
        "Ces carnets sont libérés : ils sont de nouveau là où ils étaient, et peuvent être remis "
        "avec une acceptation.",
    )


@bp.post("/cloture/<label>/signature")
def sign(label: str) -> ResponseReturnValue:
    """Record that a party signed."""
    check(Right.SIGN_CLOSING)
    form = Form.sent()

    def work(session: Session) -> int:
        side = form.choice("side", Side, "Choisissez qui a signé.")
        signed_on = form.day("signed_on")
        form.check()
        made = endings.sign_statement(
            session,
            actor=current_actor(),
            signature_id=form.id,
            vintage_id=_known(session, label).vintage_id,
            side=side,
            signed_on=signed_on,
            now=started_at(),
        )
        return len(queries.signatures_of(session, made.vintage_id))

    signed_count = form.submit(work)
    if signed_count is None:
        return _shown(label, form)
    if signed_count < len(Side):
        then = (
            "La signature est enregistrée. Une autre personne enregistre celle de l’autre partie ; "
            "quand les deux y sont, les finances soldent."
        )
    elif may(Right.SETTLE_CLOSING):
        then = "Les deux signatures y sont : relisez les comptes, puis soldez le millésime."
    else:
        then = "Les deux signatures y sont : les finances soldent maintenant."
    return done(url_for(".shown", label=label), then)


@bp.post("/cloture/<label>/solde")
def settle(label: str) -> ResponseReturnValue:
    """Settle: a credit note, or the release of the commitment."""
    check(Right.SETTLE_CLOSING)
    form = Form.sent()

    def work(session: Session) -> object:
        if not form.checked("sure"):
            form.wrong("sure", "Relisez les comptes, puis cochez cette case.")
        form.check()
        return endings.settle_closing(
            session,
            actor=current_actor(),
            settlement_id=form.id,
            vintage_id=_known(session, label).vintage_id,
            reference=form.text("reference") or None,
            now=started_at(),
        )

    if form.submit(work) is None:
        return _shown(label, form)
    return done(
        url_for(".shown", label=label),
        f"Le {label} est soldé. Imprimez l’état contradictoire et joignez-le aux pièces.",
    )


@bp.get("/cloture/<label>/etat-contradictoire.pdf")
def statement_pdf(label: str) -> Response:
    """The joint statement, to be signed by both."""
    check(Right.SEE_LEDGER)

    def work(session: Session) -> tuple[Account, bool]:
        terms = _known(session, label)
        return account_of(session, terms.vintage_id), is_demonstration(session)

    account, specimen = in_transaction(work)
    return download(joint_statement(account, specimen=specimen), f"{account.number}.pdf", PDF)


@bp.post("/cloture/<label>/complement")
def complement(label: str) -> ResponseReturnValue:
    """Draw up what expired since the accounts were closed."""
    check(Right.SETTLE_CLOSING)
    form = Form.sent()
    made = form.submit(
        lambda session: complements.draw_complement(
            session,
            actor=current_actor(),
            complement_id=form.id,
            vintage_id=_known(session, label).vintage_id,
            now=started_at(),
        )
    )
    if made is None:
        return _shown(label, form)
    return done(
        url_for(".shown", label=label),
        f"Le complément {made.number} est arrêté. Faites-le signer par les deux parties ; une "
        "autre personne le solde ensuite.",
    )


@bp.post("/cloture/<label>/complement/<uuid:complement_id>/solde")
def settle_complement(label: str, complement_id: UUID) -> ResponseReturnValue:
    """Settle a complement that both parties have signed."""
    check(Right.SIGN_CLOSING)
    form = Form.sent()

    def work(session: Session) -> ComplementSettlement:
        sponsor_on, issuer_on = form.day("sponsor_signed_on"), form.day("issuer_signed_on")
        form.check()
        return complements.settle_complement(
            session,
            actor=current_actor(),
            complement_id=complement_id,
            sponsor_signed_on=sponsor_on,
            issuer_signed_on=issuer_on,
            reference=form.text("reference") or None,
            now=started_at(),
        )

    made = form.submit(work)
    if made is None:
        return _shown(label, form)
    return done(url_for(".shown", label=label), f"Le complément est soldé par {made.number}.")


@bp.get("/cloture/<label>/complement/<uuid:complement_id>.pdf")
def complement_pdf(label: str, complement_id: UUID) -> Response:
    """The complement, to be signed by both."""
    check(Right.SEE_LEDGER)

    def work(session: Session) -> tuple[Complement, bool]:
        told = complements_shown(session, _known(session, label).vintage_id)
        found = next((one for one in told if one.id == complement_id), None)
        if found is None:
            raise UnknownComplement
        return found, is_demonstration(session)

    data, specimen = in_transaction(work)
    return download(complement_statement(data, specimen=specimen), f"{data.number}.pdf", PDF)
