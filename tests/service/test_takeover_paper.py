"""The procès-verbal of a taking over, read back from the paper."""

from datetime import UTC, date, datetime

import pypdfium2

from app.takeover.papers import Report, report
from app.takeover.rules import Place, Total


def paper(count: int, *, specimen: bool = False) -> bytes:
    totals = [Total("25R", Place.PRESCRIBER, str(n), n, 2 * n, 1000) for n in range(1, count + 1)]
    return report(
        Report(
            number="PVR-2026-0001",
            sponsor="CAP Nord Martinique",
            programme="Pass numérique",
            counted_on=date(2026, 11, 22),
            prepared_at=datetime(2026, 11, 22, 14, tzinfo=UTC),
            approved_on=None,
            refused_on=None,
            reason="",
            fingerprint="38557c0ae3508b51",
            line_count=count,
            totals=(*totals, Total("25R", Place.ELSEWHERE, "", 0, 7, 1000)),
            holders={str(n): f"Prescripteur n° {n}" for n in range(1, count + 1)},
        ),
        specimen=specimen,
    )


def words(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return " ".join(" ".join(pages).split())


def test_the_paper_adds_up_over_pages_and_has_room_for_two_signatures() -> None:
    content = paper(60)

    said = words(content).replace("\u00a0", " ").replace("\u202f", " ")

    passes = sum(25 * n for n in range(1, 61))
    assert f"{passes:,}".replace(",", " ") in said
    assert "quatre cent cinquante-sept mille cinq cents euros" in said
    assert said.count("Date, signature et cachet") == 2
    assert "À reporter" in said
    assert content == paper(60)


def test_the_paper_of_a_demonstration_says_so() -> None:
    assert "SPÉCIMEN" in words(paper(1, specimen=True))
    assert "SPÉCIMEN" not in words(paper(1))
