"""The receipt on paper: what, when, how much, and the signature as a code and as text."""

from dataclasses import dataclass
from datetime import date

from app.kernel.money import Cents
from app.papers.flow import Paper
from app.papers.french import long_day, money
from app.papers.measures import GREY
from app.papers.parts import LEFT, field_card, letterhead
from app.papers.sheet import strong

QR_SIDE = 62
"""Millimetres: 85 modules that a telephone reads at arm's length."""
LETTERS_A_LINE = 88


@dataclass(frozen=True, slots=True)
class ReceiptPaper:
    """A redemption as its mediator keeps it. `address` is the public page that checks it."""

    mediator_name: str
    serial: str
    amount_cents: Cents
    redeemed_on: date
    clock: str
    movement_id: int
    receipt: str
    address: str
    checking_page: str
    undone: bool
    sponsor: str
    specimen: bool


def receipt_pdf(one: ReceiptPaper) -> bytes:
    """One page that proves one redemption, with us or without us."""
    paper = Paper(
        "Reçu d’encaissement",
        one.serial,
        letterhead(one.sponsor),
        subtitle="Preuve gardée par le médiateur",
        specimen=one.specimen,
        subject=f"Encaissement du pass {one.serial}",
    )
    s, wide = paper.sheet, paper.wide - 2 * LEFT
    rows = [
        ("Médiateur", strong(one.mediator_name)),
        ("Pass", strong(one.serial)),
        ("Valeur", strong(money(one.amount_cents))),
        ("Jour de l’accompagnement", f"{long_day(one.redeemed_on)}, {one.clock}"),
        ("Ligne du registre", str(one.movement_id)),
    ]
    if one.undone:
        rows.append(("Depuis", strong("annulé : la personne a repris son pass")))
    y = field_card(s, LEFT, paper.top, wide, "L’encaissement", rows, label=46) - 9
    with s.leaf("H2"):
        s.text(LEFT, y, "Le vérifier", "B", 12)
    right = LEFT + QR_SIDE + 12
    s.qr(LEFT + 3, y - 8 - QR_SIDE, QR_SIDE, one.address, "Code QR : la page qui vérifie ce reçu")
    with s.leaf("P"):
        low = s.para(
            right,
            y - 11,
            wide - QR_SIDE - 12,
            "Visez le carré avec un téléphone. La page qui s’ouvre dit si le reçu est vrai et ce "
            "qu’il prouve. Personne n’a besoin de se connecter.",
            10.5,
        )
    with s.leaf("P"):
        low = s.para(
            right,
            low - 2,
            wide - QR_SIDE - 12,
            f"Ou ouvrez {strong(one.checking_page)} et recopiez-y la signature ci-dessous.",
            10.5,
        )
    with s.leaf("P"):
        s.para(
            right,
            low - 2,
            wide - QR_SIDE - 12,
            "Sans nous : la signature est un JWS (RFC 7515) Ed25519 ; les clés publiques sont "
            "à /.well-known/jwks.json et se gardent avec les reçus.",
            10.5,
        )
    y -= QR_SIDE + 20
    with s.leaf("H2"):
        s.text(LEFT, y, "La signature", "B", 12)
    y -= 6
    with s.leaf("P"):
        for start in range(0, len(one.receipt), LETTERS_A_LINE):
            s.text(LEFT, y, one.receipt[start : start + LETTERS_A_LINE], "T", 8.2, fit=wide)
            y -= 4
    with s.leaf("P"):
        s.para(
            LEFT,
            y - 3,
            wide,
            "Ce reçu ne porte le nom d’aucune personne aidée. Il reste vrai tant que "
            "l’encaissement n’est pas annulé.",
            9,
            color=GREY,
        )
    return paper.finish()
