"""Papers of statements and of debit notes, drawn from frozen values: the same bytes each time."""

from collections.abc import Sequence
from itertools import accumulate

from app.clearing.payer_words import WORDS, PayerWords
from app.clearing.rules import (
    CERTIFIED,
    FRENCH_SESSION_KIND,
    FRENCH_TOPIC,
    DebitNotePaper,
    PaidTo,
    PaperRecovery,
    StatementPaper,
)
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.codes import VoucherCode
from app.papers.flow import Paper
from app.papers.french import (
    clock,
    euros_in_words,
    grouped,
    in_words,
    money,
    plural,
    short_day,
    typeset,
)
from app.papers.measures import INK, NBSP
from app.papers.parts import LEFT, blank, field_card, letterhead, signature, signatures
from app.papers.sheet import strong
from app.papers.sheets import Field, Kind, Values, csv_bytes
from app.papers.table import Column, Row, Table, note
from app.programmes.rules import Payer

GAP = 5.0
CLOSING = 62.0
"""What must stay with the total: the account and the sum in words."""
SIGNING = 50.0
TO_WRITE = "…" * 12
COLUMNS = (
    Column(("N°",), 12, "r"),
    Column(("Jour",), 26),
    Column(("Premier pass",), 46),
    Column(("Dernier pass",), 46),
    Column(("Pass",), 18, "r"),
    Column(("Valeur faciale",), 30, "r"),
)
SESSIONS = (
    Column(("Jour",), 24),
    Column(("Genre",), 24),
    Column(("Durée",), 20, "r"),
    Column(("Personnes",), 20, "r"),
    Column(("Sujets",), 74, wrap=True),
    Column(("Pass",), 16, "r"),
)
RECOVERED = (
    Column(("Pass",), 40),
    Column(("Payé sur",), 32),
    Column(("Motif",), 76, wrap=True),
    Column(("Net repris",), 30, "r"),
)
TABLE_BEGUN = 28.0
"""A title, a head and two rows: no table begins with less."""
SHEET = (
    Field("Bordereau", width=16),
    Field("Médiateur", width=32),
    Field("Jour", Kind.DAY),
    Field("Premier pass"),
    Field("Dernier pass"),
    Field("Pass", Kind.NUMBER),
    Field("Valeur faciale (€)", Kind.EUROS),
    Field("Nature", width=24),
    Field("Montant (€)", Kind.EUROS),
    Field("Payé sur", width=16),
    Field("Motif", width=40),
)
AMOUNT = [field.head for field in SHEET].index("Montant (€)")
"""Of which the sum is the net to pay."""


def percent(basis_points: int) -> str:
    """« 4,00 % »."""
    return f"{basis_points // 100},{basis_points % 100:02d}{NBSP}%"


def statement_pdf(paper: StatementPaper) -> bytes:
    """The état liquidatif, with its lines, its sums, its certification and its QR code."""
    passes, cents = paper.sums[-1]
    if (passes, cents) != (paper.total.voucher_count, paper.total.amount_cents):
        message = f"the lines come to {passes} passes and {cents} cents"
        raise ValueError(message)
    title = "Bordereau de remboursement" if paper.number else "Projet de bordereau"
    page = Paper(
        title,
        paper.number,
        letterhead(paper.sponsor),
        subtitle="État liquidatif des pass numériques acceptés",
        subject="État liquidatif, pièce justificative de la dépense",
        foot=typeset(
            f"{paper.number or 'Projet, sans valeur'} · {paper.mediator} · {paper.programme}"
        ),
        specimen=paper.specimen,
    )
    y = _parties(page, paper, page.top)
    y = _net(page, paper, y)
    y = _lines(page, paper, y)
    y = _sessions(page, paper, y)
    y = recovered(page, paper.recoveries, y, "Repris sur des bordereaux déjà payés")
    y = _account(page, paper, y)
    _signatures(page, paper, y)
    return page.finish()


def _parties(page: Paper, paper: StatementPaper, y: float) -> float:
    s, half = page.sheet, (page.wide - 2 * LEFT - GAP) / 2
    to_write = "rien à payer" if paper.approved_at else TO_WRITE
    creditor = (
        ("Nom", strong(paper.mediator)),
        ("Commune", paper.commune),
        ("SIRET", paper.siret or TO_WRITE),
        ("Titulaire", paper.payee_name or "compte à confirmer"),
        ("Compte", paper.payee_iban_masked or TO_WRITE),
    )
    spending = (
        ("Dispositif", paper.programme),
        ("Débiteur", strong(paper.debtor)),
        ("Arrêté", f"pass enregistrés avant le {short_day(paper.cut_off_on)}"),
        ("Reçu le", short_day(paper.received_on) if paper.received_on else TO_WRITE),
        ("À payer avant", strong(short_day(paper.due_on)) if paper.due_on else to_write),
    )
    left = field_card(s, LEFT, y, half, "Créancier (acteur de médiation)", creditor, label=20)
    right = field_card(s, LEFT + half + GAP, y, half, "Dépense", spending, label=26)
    return min(left, right) - GAP


def _net(page: Paper, paper: StatementPaper, y: float) -> float:
    """The answer first."""
    s, right = page.sheet, page.wide - LEFT
    with s.elem("Sect"):
        s.rect(LEFT, y - 15, right - LEFT, 15, stroke=INK, line=1.1)
        with s.leaf("H2"):
            s.text(LEFT + 3, y - 6, "Net à payer", "B", 11)
        with s.leaf("P"):
            count = paper.total.voucher_count
            s.text(LEFT + 3, y - 11.4, f"{grouped(count)} pass accepté{plural(count)}", "T", 9)
            s.text(right - 3, y - 9.6, money(paper.payable_cents), "TB", 20, align="r")
    y -= 20
    if paper.payer_is_issuer:
        words = f"{paper.debtor} paie ce bordereau. {paper.sponsor} l’établit et suit le paiement."
        with s.leaf("P"):
            y = s.para(LEFT, y, right - LEFT, typeset(words), 9.5)
        y -= 2
    return y


def _lines(page: Paper, paper: StatementPaper, y: float) -> float:
    s = page.sheet
    with s.leaf("H2"):
        s.text(LEFT, y - 2.6, "Détail par jour et série de pass", "B", 10.5)
    days = sorted({line.day for line in paper.lines})
    rows = [
        Row(
            (
                str(number),
                short_day(line.day),
                line.first,
                line.last,
                grouped(line.voucher_count),
                money(line.amount_cents),
            ),
            shade=days.index(line.day) % 2 == 1,
        )
        for number, line in enumerate(paper.lines, start=1)
    ]
    sums = paper.sums
    many = f"{grouped(len(rows))} ligne{plural(len(rows))}"
    return Table(s, COLUMNS, row=5.2, size=8.6).run(
        page,
        y - 5.6,
        rows,
        total=f"Total, {many}",
        sums=lambda after: (grouped(sums[after][0]), money(sums[after][1])),
        closing=0.0 if paper.sessions or paper.recoveries else CLOSING,
    )


def _sessions(page: Paper, paper: StatementPaper, y: float) -> float:
    """What was given for the passes, as noted when the statement was approved."""
    if not paper.sessions:
        return y
    s = page.sheet
    y = page.room(y - 6, TABLE_BEGUN)
    with s.leaf("H2"):
        s.text(LEFT, y - 2.6, "Accompagnements", "B", 10.5)
    rows = [
        Row(
            (
                short_day(one.day),
                FRENCH_SESSION_KIND[one.told.kind],
                duration(one.told.duration_minutes),
                str(one.told.people_count),
                ", ".join(FRENCH_TOPIC[topic] for topic in one.told.topics) or "–",
                grouped(one.voucher_count),
            )
        )
        for one in paper.sessions
    ]
    passes = list(accumulate((one.voucher_count for one in paper.sessions), initial=0))
    y = Table(s, SESSIONS, row=5.2, size=8.6).run(
        page,
        y - 5.6,
        rows,
        total=f"Total, {grouped(len(rows))} accompagnement{plural(len(rows))}",
        sums=lambda after: (grouped(passes[after]),),
        closing=0.0 if paper.recoveries else CLOSING,
    )
    if paper.untold_count:
        many = grouped(paper.untold_count)
        words = f"{many} pass sans accompagnement noté à l’approbation."
        y = note(s, y - 5, page.wide - 2 * LEFT, typeset(words))
    return y


def duration(minutes: int) -> str:
    """« 1 h 30 », « 45 min »."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}{NBSP}min"
    return f"{hours}{NBSP}h" + (f"{NBSP}{rest:02d}" if rest else "")


def recovered(page: Paper, recoveries: Sequence[PaperRecovery], y: float, title: str) -> float:
    """Passes that were paid and taken back: what they take off, or are asked for."""
    if not recoveries:
        return y
    s = page.sheet
    y = page.room(y - 6, TABLE_BEGUN)
    with s.leaf("H2"):
        s.text(LEFT, y - 2.6, typeset(title), "B", 10.5)
    cents = list(accumulate((one.net_cents for one in recoveries), initial=0))
    return Table(s, RECOVERED, row=5.2, size=8.6).run(
        page,
        y - 5.6,
        [Row((one.serial, one.statement, one.reason, money(one.net_cents))) for one in recoveries],
        total=f"Total, {grouped(len(recoveries))} pass repris",
        sums=lambda after: (money(cents[after]),),
        closing=CLOSING,
    )


def _account(page: Paper, paper: StatementPaper, y: float) -> float:
    s, total = page.sheet, paper.total
    wide = page.wide - 2 * LEFT
    rows = [
        ("Valeur faciale des pass", money(total.amount_cents)),
        (f"Frais ({percent(paper.fee_basis_points)})", money(-total.fee_cents)),
    ]
    if paper.recoveries:
        rows.append(("Pass payés puis repris", money(-paper.recovered_cents)))
    rows.append(("Net à payer", strong(money(paper.payable_cents))))
    if paper.withdrawn_count:
        withdrawn = f"{grouped(paper.withdrawn_count)} pass, non comptés ci-dessus"
        rows.append(("Retirés du projet", withdrawn))
    y = field_card(s, LEFT, y - 4, wide, "Décompte", rows, label=52) - 6
    words = (
        f"Arrêté le présent état à la somme de {strong(euros_in_words(paper.payable_cents))} "
        f"({money(paper.payable_cents)}), pour {in_words(total.voucher_count)} "
        f"pass numérique{plural(total.voucher_count)}."
    )
    with s.leaf("P"):
        return s.para(LEFT, y, wide, typeset(words), 10.5, 5.0) - 1


def _signatures(page: Paper, paper: StatementPaper, y: float) -> None:
    s = page.sheet
    y = page.room(y, SIGNING + 54)
    said = WORDS[Payer.ISSUER if paper.payer_is_issuer else Payer.AUTHORITY]
    certified = (
        f"{strong('Certifié en ligne')} le {short_day(martinique_day(paper.certified_at))} à "
        f"{clock(paper.certified_at)}."
        if paper.certified_at
        else ""
    )
    prepared = f"Préparé le {short_day(martinique_day(paper.prepared_at))}."
    approved = (
        f"{strong('Approuvé en ligne')} le {short_day(martinique_day(paper.approved_at))}."
        if paper.approved_at
        else ""
    )
    boxes = (
        ("Le médiateur", typeset(CERTIFIED), typeset(certified)),
        (
            "Préparé par",
            typeset("État établi d’après le registre des pass. Qui prépare n’approuve pas."),
            typeset(prepared),
        ),
        (
            "L’ordonnateur",
            typeset(f"Service fait certifié. {said.paper_order}"),
            typeset(approved),
        ),
    )
    with s.elem("Sect"):
        signatures(s, y, page.wide - 2 * LEFT, SIGNING, *boxes, gap=4)
    _payer(page, paper, said, y - SIGNING - GAP)


def _payer(page: Paper, paper: StatementPaper, said: PayerWords, y: float) -> None:
    """The frame of whoever pays, and the code by which anybody verifies the paper."""
    s, right = page.sheet, page.wide - LEFT
    wide = right - LEFT - (44 if paper.code else 0)
    with s.elem("Sect"):
        with s.leaf("H2"):
            s.text(LEFT, y - 4, said.paper_frame, "B", 9.5)
        for place, label in enumerate(said.paper_blanks):
            x = LEFT + place % 2 * wide / 2
            blank(s, x, y - 13 - place // 2 * 9, label, x + wide / 2 - 5)
    if not paper.code:
        return
    s.qr(right - 30, y - 29, 25, paper.address, f"Code QR de vérification{NBSP}: {paper.address}")
    with s.leaf("P"):
        s.text(right - 17.5, y - 35.5, "Vérifier ce bordereau", "B", 8.6, align="c")
        grouped_code = codes.written(VoucherCode(paper.code))
        words = f"Code de vérification{NBSP}: {grouped_code}. Aucun bénéficiaire n’est nommé ici."
        s.text(LEFT, y - 40.5, words, "T", 8.6)
        if paper.checkpoint:
            sealed = typeset(f"Registre scellé, point de contrôle {paper.checkpoint}")
            s.text(LEFT, y - 44.3, sealed, "T", 8.6)


def debit_note_pdf(paper: DebitNotePaper) -> bytes:
    """What a mediator is asked to pay back: passes, sums, and where each was paid."""
    page = Paper(
        "Demande de reversement",
        paper.number,
        letterhead(paper.sponsor),
        subtitle="Pass numériques payés puis repris",
        subject="Pièce justificative du titre de recette",
        foot=typeset(f"{paper.number} · {paper.mediator} · {paper.programme}"),
        specimen=paper.specimen,
    )
    s, wide = page.sheet, page.wide - 2 * LEFT
    half = (wide - GAP) / 2
    debtor = (
        ("Nom", strong(paper.mediator)),
        ("Commune", paper.commune),
        ("SIRET", paper.siret or TO_WRITE),
    )
    asked = (
        ("Créancier", strong(paper.sponsor)),
        ("Dispositif", paper.programme),
        ("Émis le", short_day(paper.issued_on)),
    )
    y = page.top
    left = field_card(s, LEFT, y, half, "Débiteur (acteur de médiation)", debtor, label=20)
    right = field_card(s, LEFT + half + GAP, y, half, "Titre", asked, label=22)
    y = min(left, right) - GAP
    if paper.paid_to:
        y = field_card(s, LEFT, y, wide, "À reverser à", _payee_rows(paper.paid_to), label=34) - GAP
    with s.elem("Sect"):
        s.rect(LEFT, y - 15, wide, 15, stroke=INK, line=1.1)
        with s.leaf("H2"):
            s.text(LEFT + 3, y - 6, "Somme à reverser", "B", 11)
        with s.leaf("P"):
            many = len(paper.recoveries)
            s.text(LEFT + 3, y - 11.4, f"{grouped(many)} pass repris", "T", 9)
            s.text(page.wide - LEFT - 3, y - 9.6, money(paper.amount_cents), "TB", 20, align="r")
    y = recovered(page, paper.recoveries, y - 18, "Pass payés puis repris")
    words = (
        f"Arrêté la présente demande à la somme de {strong(euros_in_words(paper.amount_cents))} "
        f"({money(paper.amount_cents)}). Le comptable public vous dira comment la reverser."
    )
    with s.leaf("P"):
        y = s.para(LEFT, y - 8, wide, typeset(words), 10.5, 5.0) - 4
    y = page.room(y, SIGNING)
    signature(
        s,
        LEFT + wide - 70,
        y,
        70,
        SIGNING - 8,
        "L’ordonnateur",
        "Bon à mettre en recouvrement.",
        "",
    )
    return page.finish()


def _payee_rows(paid_to: PaidTo) -> tuple[tuple[str, str], ...]:
    """The accountant and how to reach it; what is not known has no line."""
    known = (
        ("Comptable public", strong(paid_to.name)),
        ("Adresse", paid_to.address),
        ("Téléphone", paid_to.phone),
        ("Courriel", paid_to.email),
    )
    return tuple(row for row in known if row[1])


def statement_csv(paper: StatementPaper) -> bytes:
    """The lines of a statement, its fee and what it recovers, for a spreadsheet."""
    head = (paper.number or "Projet", paper.mediator)
    rows: list[Values] = [
        (
            *head,
            line.day,
            line.first,
            line.last,
            line.voucher_count,
            line.amount_cents,
            "Pass acceptés",
            line.amount_cents,
            "",
            "",
        )
        for line in paper.lines
    ]
    nothing = (None,) * 5
    if paper.total.fee_cents:
        fee = f"Frais ({percent(paper.fee_basis_points)})"
        rows.append((*head, *nothing, typeset(fee), -paper.total.fee_cents, "", ""))
    rows += [
        (
            *head,
            None,
            one.serial,
            one.serial,
            None,
            None,
            "Pass payé puis repris",
            -one.net_cents,
            one.statement,
            one.reason,
        )
        for one in paper.recoveries
    ]
    if sum(row[AMOUNT] for row in rows) != paper.payable_cents:
        message = f"the sheet does not come to {paper.payable_cents} cents"
        raise ValueError(message)
    return csv_bytes(SHEET, rows, specimen=paper.specimen)
