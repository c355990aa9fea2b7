"""The order form, as it goes to the issuer: drawn from frozen values, the same bytes each time."""

from app.kernel.serials import BOOKLET_SIZES
from app.orders.rules import FormLine, OrderForm
from app.papers.flow import Paper
from app.papers.french import euros_in_words, grouped, long_day, money, plural, typeset
from app.papers.parts import LEFT, field_card, letterhead, signature
from app.papers.sheet import strong
from app.papers.table import Column, Row, Table

GAP = 5.0
TO_WRITE = "…" * 14
COLUMNS = (
    Column(("Désignation",), 62, wrap=True),
    Column(("Carnets",), 17, "r"),
    Column(("Pass",), 17, "r"),
    Column(("Numéros",), 42),
    Column(("Prix d’un", "carnet"), 18, "r"),
    Column(("Montant",), 22, "r"),
)


def order_form(form: OrderForm) -> bytes:
    """The bon de commande: who orders what of whom, what it costs, where and when to deliver."""
    paper = Paper(
        "Bon de commande",
        form.number,
        letterhead(form.sponsor_name),
        subtitle=typeset(f"Carnets de pass numériques, millésime {form.vintage_label}"),
        subject=f"Commande de carnets, {form.programme_name}",
        foot=f"Bon de commande {form.number}, {form.programme_name}",
        specimen=form.specimen,
    )
    y = _parties(paper, form, paper.top)
    y = _purchase(paper, form, y)
    y = _lines(paper, form, y)
    y = _expectations(paper, form, y)
    _signatures(paper, form, paper.room(y, 46))
    return paper.finish()


def _parties(paper: Paper, form: OrderForm, y: float) -> float:
    half = (paper.wide - 2 * LEFT - GAP) / 2
    s = paper.sheet
    issuer = (
        ("Nom", strong(form.issuer_name)),
        ("Commune", form.issuer_commune),
        ("SIRET", form.issuer_siret or TO_WRITE),
    )
    sponsor = (
        ("Nom", strong(form.sponsor_name)),
        ("SIRET", form.sponsor_siret or TO_WRITE),
        ("Livrer à", form.deliver_to or f"{form.sponsor_name}, {form.sponsor_commune}"),
    )
    left = field_card(s, LEFT, y, half, "Fournisseur (émetteur)", issuer, label=19, least=30)
    right = field_card(
        s, LEFT + half + GAP, y, half, "Commande et lieu de livraison", sponsor, label=19, least=30
    )
    return min(left, right) - GAP


def _purchase(paper: Paper, form: OrderForm, y: float) -> float:
    rows = (
        ("Marché", form.market_number or TO_WRITE),
        ("N° d’engagement", form.engagement_number or TO_WRITE),
        ("Code service Chorus Pro", form.service_code or TO_WRITE),
        ("Préparé le", long_day(form.prepared_on)),
        ("Approuvé le", long_day(form.approved_on) if form.approved_on else TO_WRITE),
        ("État", _state(form)),
    )
    s, wide = paper.sheet, paper.wide - 2 * LEFT
    half = (wide - GAP) / 2
    left = field_card(s, LEFT, y, half, "Références de l’achat", rows[:3], label=40)
    right = field_card(s, LEFT + half + GAP, y, half, "Décision", rows[3:], label=25)
    return min(left, right) - GAP


def _state(form: OrderForm) -> str:
    if form.cancelled:
        return strong("ANNULÉ, sans valeur")
    if form.sent_on:
        return f"Envoyé le {long_day(form.sent_on)}"
    return "Approuvé, pas encore envoyé" if form.approved_on else "Projet, sans valeur"


def _lines(paper: Paper, form: OrderForm, y: float) -> float:
    s = paper.sheet
    rows = [_line(form, line) for line in form.lines]
    rows += _what_is_added(form)
    table = Table(s, COLUMNS, row=6.4, size=8.6)
    total = form.total_cents
    y = table.run(paper, y, rows, total="Total à payer", sums=lambda _: (money(total),)) - 7
    with s.leaf("P"):
        y = s.para(
            LEFT,
            y,
            paper.wide - 2 * LEFT,
            typeset(f"Arrêté le présent bon à la somme de {strong(euros_in_words(total))}."),
            10.5,
        )
    with s.leaf("P"):
        y = s.para(LEFT, y - 1, paper.wide - 2 * LEFT, typeset(_who_pays(form)), 9)
    return y - 2


def _line(form: OrderForm, line: FormLine) -> Row:
    cost = line.booklet_count * line.unit_price_cents
    first, last = line.booklets or ("attribués à l’envoi", "")
    what = f"Carnets de {line.booklet_size} pass de {money(form.face_value_cents)}, impression"
    return Row(
        (
            typeset(what),
            grouped(line.booklet_count),
            grouped(line.booklet_count * line.booklet_size),
            (first, f"à {last}") if last else first,
            money(line.unit_price_cents),
            money(cost),
        )
    )


def _what_is_added(form: OrderForm) -> list[Row]:
    if not form.pays_face_value:
        return []
    rate = f"{form.fee_basis_points / 100:.2f}".rstrip("0").rstrip(".").replace(".", ",")
    face = typeset(f"Valeur faciale, {money(form.face_value_cents)} par pass")
    rows = [Row((face, "", grouped(form.voucher_count), "", "", money(form.face_cents)))]
    if form.fee_basis_points:
        fee = typeset(f"Frais de l’émetteur, {rate} % de la valeur faciale")
        rows.append(Row((fee, "", "", "", "", money(form.fee_cents))))
    return rows


def _who_pays(form: OrderForm) -> str:
    if form.pays_face_value:
        return (
            "L’émetteur paie les médiateurs : cette commande lui verse la valeur faciale et ses "
            "frais, comptés à part. La valeur jamais utilisée revient par un avoir."
        )
    return (
        f"Cette commande paie l’impression seulement. {form.sponsor_name} paie elle-même les "
        "médiateurs, au fur et à mesure des pass encaissés."
    )


def _expectations(paper: Paper, form: OrderForm, y: float) -> float:
    count = sum(line.booklet_count for line in form.lines)
    sizes = " et ".join(
        f"{grouped(line.booklet_count)} de {line.booklet_size}"
        for size in BOOKLET_SIZES
        for line in form.lines
        if line.booklet_size == size
    )
    when = f"au plus tard le {long_day(form.expected_on)}" if form.expected_on else "sans délai"
    rows = (
        ("Quoi", typeset(f"{grouped(count)} carnet{plural(count)} ({sizes}), sous scellés")),
        ("Quand", f"Livraison attendue {when}, en une ou plusieurs fois"),
        (
            "Comment",
            (
                "Cartons par numéros consécutifs, bordereau joint : premier et dernier numéro de "
                "chaque carton"
            ),
        ),
        (
            "Réception",
            (
                "Comptée numéro par numéro. Un pass ne vaut rien avant son activation ; un carnet "
                "incomplet, en double ou hors commande est refusé"
            ),
        ),
    )
    y = paper.room(y, 40)
    wide = paper.wide - 2 * LEFT
    return field_card(paper.sheet, LEFT, y, wide, "Livraison", rows, label=22) - GAP


def _signatures(paper: Paper, form: OrderForm, y: float) -> None:
    half = (paper.wide - 2 * LEFT - GAP) / 2
    s = paper.sheet
    signature(
        s,
        LEFT,
        y,
        half,
        40,
        "Pour la collectivité",
        "Bon pour commande aux conditions ci-dessus.",
        form.sponsor_name,
    )
    signature(
        s,
        LEFT + half + GAP,
        y,
        half,
        40,
        "Pour l’émetteur",
        "Commande reçue et acceptée.",
        form.issuer_name,
    )
