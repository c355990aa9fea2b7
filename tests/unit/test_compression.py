"""Pages and files travel compressed to whoever reads that, and tell nothing by their length."""

import gzip
from pathlib import Path

from flask import Flask

from app.web import assets, compression

PAGE = "<!doctype html>" + "<p>Remettre un carnet</p>" * 200
CSS = "a{color:red}" * 100
READS = {"Accept-Encoding": "gzip, br"}


def test_pages_and_files_are_compressed_for_whoever_reads_that(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "a.css").write_text(CSS)
    built = tmp_path / "built"
    css = assets.build(tmp_path / "from", built, {})["a.css"]
    app = Flask("site", static_folder=str(built), static_url_path="/static")
    app.view_functions["static"] = compression.static_file
    app.after_request(compression.compress)
    app.add_url_rule("/", "page", lambda: PAGE)
    app.add_url_rule("/small", "small", lambda: "<p>")
    client = app.test_client()

    for path, content in (("/", PAGE), (f"/static/{css}", CSS)):
        packed = client.get(path, headers=READS, buffered=True)
        whole = client.get(path, buffered=True)
        assert gzip.decompress(packed.data).decode() == whole.text == content
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.content_type == whole.content_type
        assert packed.content_length < whole.content_length
        assert "Accept-Encoding" in whole.headers["Vary"]
    assert client.get("/small", headers=READS).text == "<p>"
    assert client.get("/static/none.css", headers=READS).status_code == 404


def test_the_same_page_is_not_always_as_long() -> None:
    assert len({len(compression.squeezed(PAGE.encode())) for _ in range(40)}) > 5
