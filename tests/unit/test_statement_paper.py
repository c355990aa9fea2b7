"""The paper of a statement, read back from what was printed: words, sums and QR code."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pypdfium2
import pytest
import zxingcpp

from app.clearing.papers import debit_note_pdf, statement_csv, statement_pdf
from app.clearing.rules import (
    DebitNotePaper,
    PaperLine,
    PaperRecovery,
    PaperSession,
    SessionKind,
    StatementPaper,
    ToldSession,
    Topic,
    Total,
    verification_code,
)
from app.kernel.money import Cents
from app.kernel.serials import BookletNumber, SerialNumber

AMOUNT = re.compile(r"(\d{1,3}(?:\s\d{3})*),(\d\d)\s€")
SERIAL = re.compile(r"26A \d{5} \d{2} \d{2}")
CODE = verification_code(UUID(int=5))


def serial(booklet: int, place: int) -> str:
    return str(SerialNumber(BookletNumber("26A", booklet), place))


LINES = tuple(
    PaperLine(
        date(2026, 10, day),
        serial(400 + day + more, 2),
        serial(400 + day + more, 2 + (day + more) % 3),
        1 + (day + more) % 3,
        Cents(1000 * (1 + (day + more) % 3)),
    )
    for day in range(1, 24)
    for more in range(3)
)
PASSES = sum(line.voucher_count for line in LINES)
PAPER = StatementPaper(
    number="BR-2026-0102",
    mediator="Association Émergence des quartiers",
    commune="Le Robert",
    siret="",
    programme="Pass numérique",
    sponsor="CAP Nord Martinique",
    debtor="CAP Nord Martinique",
    payer_is_issuer=False,
    payee_name="Association",
    payee_iban_masked="FR76 … 2606",
    cut_off_on=date(2026, 11, 1),
    version=2,
    withdrawn_count=2,
    fee_basis_points=425,
    total=Total.of(PASSES, PASSES * 1000, fee_basis_points=425),
    lines=LINES,
    prepared_at=datetime(2026, 11, 3, 12, tzinfo=UTC),
    approved_at=datetime(2026, 11, 5, 12, tzinfo=UTC),
    certified_at=datetime(2026, 11, 4, 13, 14, tzinfo=UTC),
    received_on=date(2026, 11, 4),
    due_on=date(2026, 12, 4),
    code=CODE,
    address=f"HTTPS://PASS.EXAMPLE/V/{CODE}",
    specimen=False,
)


def read(content: bytes) -> list[str]:
    """The words of each page."""
    with pypdfium2.PdfDocument(content) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def codes_on(content: bytes) -> list[str]:
    """What a camera reads on the pages."""
    with pypdfium2.PdfDocument(content) as document:
        images = [page.render(scale=2.5).to_pil() for page in document]
    return [code.text for image in images for code in zxingcpp.read_barcodes(image)]


@pytest.fixture(scope="module")
def printed() -> bytes:
    return statement_pdf(PAPER)


def cents_of(text: str) -> list[int]:
    return [int("".join(whole.split())) * 100 + int(rest) for whole, rest in AMOUNT.findall(text)]


def test_the_printed_lines_add_up_to_the_printed_total(printed: bytes) -> None:
    pages = read(printed)

    rows = [line for page in pages for line in page.splitlines() if len(SERIAL.findall(line)) == 2]
    assert len(rows) == len(LINES)
    assert sum(cents_of(row)[-1] for row in rows) == PASSES * 1000 == 138_000
    text = "\n".join(pages)
    assert "mille trois cent vingt et un euros et trente-cinq centimes" in " ".join(text.split())
    assert {138_000, 5865, 132_135} <= set(cents_of(text))


def test_what_is_carried_over_is_what_the_next_page_begins_with(printed: bytes) -> None:
    pages = read(printed)

    assert len(pages) == 3
    for page, following in pairwise(pages):
        [left] = re.findall(r"À reporter page \d\s+(\d+)\s+(\S+)", page)
        [taken] = re.findall(r"Report de la page \d\s+(\d+)\s+(\S+)", following)
        assert left == taken


def test_the_code_on_paper_is_the_address_to_verify_it(printed: bytes) -> None:
    assert codes_on(printed) == [PAPER.address]
    assert f"{CODE[:4]} {CODE[4:8]}" in "\n".join(read(printed))


def test_the_same_statement_gives_the_same_bytes(printed: bytes) -> None:
    assert statement_pdf(PAPER) == printed


def test_the_paper_says_who_certified_and_nothing_of_any_person(printed: bytes) -> None:
    text = " ".join("\n".join(read(printed)).replace("\u00a0", " ").split())

    assert "Je certifie que les accompagnements énumérés ont été réalisés" in text
    assert "Certifié en ligne le 04/11/2026 à 9 h 14" in text
    assert "2 pass, non comptés" in text
    assert "À payer avant : 04/12/2026" in text


def test_a_statement_that_the_issuer_pays_says_so() -> None:
    paper = replace(PAPER, lines=LINES[:1], debtor="Émetteur", payer_is_issuer=True,
                    total=Total.of(2, 2000, fee_basis_points=0))  # fmt: skip

    assert "Émetteur paie ce bordereau" in " ".join(read(statement_pdf(paper)))


def test_a_draft_has_no_code_and_a_demonstration_says_so() -> None:
    draft = replace(PAPER, number="", code="", address="", specimen=True)
    content = statement_pdf(draft)

    text = "\n".join(read(content))
    assert "Projet de bordereau" in text
    assert "SPÉCIMEN" in text
    assert codes_on(content) == []
    [_, first, *_] = statement_csv(draft).decode("utf-8-sig").splitlines()
    assert first.startswith("Projet;Association Émergence des quartiers;01/10/2026;26A 00401 02 ")
    assert first.endswith(";2;20,00;Pass acceptés;20,00;;;SPÉCIMEN")


def test_a_statement_that_is_compensated_whole_has_no_day_to_be_paid_by() -> None:
    approved = datetime(2026, 11, 5, 12, tzinfo=UTC)
    paper = replace(PAPER, lines=LINES[:1], approved_at=approved, due_on=None,
                    total=Total.of(2, 2000, fee_basis_points=0))  # fmt: skip

    assert "rien à payer" in " ".join(read(statement_pdf(paper))).replace("\u00a0", " ")


BACK = tuple(
    PaperRecovery(serial(500 + n, 1), "BR-2026-0028", "La séance n’a pas eu lieu", Cents(1000))
    for n in range(3)
)
HELD = tuple(
    PaperSession(
        date(2026, 10, day), ToldSession(90, SessionKind.GROUP, 5, (Topic.EMAIL, Topic.SAFETY)), 2
    )
    for day in range(1, 40 - 8)
)


def test_the_sheet_comes_to_the_net_with_what_was_recovered() -> None:
    paper = replace(PAPER, recoveries=BACK)

    lines = [line.split(";") for line in statement_csv(paper).decode("utf-8-sig").splitlines()]
    amount = lines[0].index("Montant (€)")
    euros = [Decimal(line[amount].replace(",", ".")) for line in lines[1:]]
    assert sum(euros) * 100 == paper.payable_cents == PAPER.total.net_cents - 3000
    assert [line[-2:] for line in lines if line[-4] == "Pass payé puis repris"] == [
        ["BR-2026-0028", "La séance n’a pas eu lieu"]
    ] * 3


def test_what_was_recovered_and_the_sessions_stand_on_the_paper() -> None:
    content = statement_pdf(replace(PAPER, recoveries=BACK, sessions=HELD))

    text = " ".join("\n".join(read(content)).replace("\u00a0", " ").split())
    assert text.count("BR-2026-0028") == 3
    assert {3000, -3000 + 132_135} <= set(cents_of(text))
    assert "mille deux cent quatre-vingt-onze euros et trente-cinq centimes" in text
    assert text.count("1 h 30") == len(HELD)
    assert f"{PASSES - 62} pass sans accompagnement noté" in text


def test_a_debit_note_asks_for_the_sum_of_its_passes() -> None:
    paper = DebitNotePaper(
        "TR-2026-0001", "Association", "Le Robert", "", "Pass numérique", "CAP Nord Martinique",
        date(2026, 11, 22), BACK, specimen=True,
    )  # fmt: skip
    content = debit_note_pdf(paper)

    text = " ".join("\n".join(read(content)).replace("\u00a0", " ").split())
    assert "trente euros (30,00 €)" in text
    assert "SPÉCIMEN" in text
    assert debit_note_pdf(paper) == content


def test_lines_that_do_not_add_up_are_not_printed() -> None:
    with pytest.raises(ValueError, match="the lines come to"):
        statement_pdf(replace(PAPER, lines=LINES[1:]))
