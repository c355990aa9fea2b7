"""The papers' toolkit: fonts, French, QR codes, structure for screen readers, tables, sheets.

A feature writes its documents in `app/<feature>/papers.py`, as pure functions from frozen plain
values to bytes: same data, same bytes. What is ours and does not fit raises `DoesNotFit`; what
people type wraps, or is cut with « … » (`shortened`, `clipped`): any name makes a paper.
Lengths are millimetres from the lower left corner, type sizes points, amounts integer cents.

    from app.papers.flow import Paper
    from app.papers.french import euros_in_words, grouped, money
    from app.papers.parts import LEFT, card, fields, letterhead, signature
    from app.papers.sheet import strong
    from app.papers.table import Column, Row, Table

    def slip(data: Slip, *, specimen: bool) -> bytes:
        paper = Paper("Bordereau de remise", data.number, letterhead(data.sponsor),
                      subtitle="Carnets confiés à un prescripteur", specimen=specimen)
        s, y = paper.sheet, paper.top
        with s.elem("Sect"):
            low = card(s, LEFT, y, 80, 32, "Remis à")
            fields(s, LEFT + 2, low, 76, 23, (("Prescripteur", strong(data.prescriber)),))
        columns = (Column(("Du carnet",), 60, wrap=True), Column(("Pass",), 20, "r"))
        rows = [Row((lot.first, grouped(lot.count))) for lot in data.lots]
        y = Table(s, columns).run(paper, y - 40, rows, total="Total", sums=data.sums_after)
        y = paper.room(y, 60)                      # a new page when 60 mm are not left
        signature(s, LEFT, y, 80, 50, "Départ", "Je remets les carnets énumérés.")
        return paper.finish()

`Sheet` alone is for whatever has no letterhead (a letter, a booklet); `sheets` writes CSV and XLSX
from one description of columns.
"""
