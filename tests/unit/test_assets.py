"""Static files get names that change with their content, and style sheets follow."""

import json
from pathlib import Path

import pytest

from app.web import assets

FONT = "vendor/hanken-grotesk-latin-wght-normal.woff2"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "icons").mkdir(parents=True)
    (folder / "icons" / "pass.svg").write_text("<svg/>")
    (folder / "app.css").write_text('a { background: url("icons/pass.svg") }')
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "build"


def test_a_name_changes_with_its_content_and_with_nothing_else(source: Path, target: Path) -> None:
    first = assets.build(source, target, {})
    assert assets.build(source, target, {}) == first

    (source / "icons" / "pass.svg").write_text("<svg></svg>")
    second = assets.build(source, target, {})

    assert second["icons/pass.svg"] != first["icons/pass.svg"]
    assert second["app.css"] != first["app.css"]


def test_a_style_sheet_names_the_hashed_file(source: Path, target: Path) -> None:
    manifest = assets.build(source, target, {})

    css = (target / manifest["app.css"]).read_text()

    assert css == f'a {{ background: url("{manifest["icons/pass.svg"]}") }}'
    assert (target / manifest["icons/pass.svg"]).is_file()


def test_a_style_sheet_in_a_folder_finds_files_beside_it(source: Path, target: Path) -> None:
    (source / "icons" / "icons.css").write_text("a{background:url(pass.svg)}")

    manifest = assets.build(source, target, {})

    css = (target / manifest["icons/icons.css"]).read_text()
    assert css == f'a{{background:url("../{manifest["icons/pass.svg"]}")}}'


def test_a_font_that_is_not_installed_is_not_asked_for(source: Path, target: Path) -> None:
    (source / "tokens.css").write_text(f'@font-face{{src:url("{FONT}") format("woff2");}}')

    manifest = assets.build(source, target, {FONT: source / "absent.woff2"})

    css = (target / manifest["tokens.css"]).read_text()
    assert css == '@font-face{src:local("Hanken Grotesk");}'


def test_a_file_that_a_style_sheet_invents_is_refused(source: Path, target: Path) -> None:
    (source / "app.css").write_text("a{background:url(icons/pas.svg)}")

    with pytest.raises(assets.UnknownStaticFile, match=r"icons/pas\.svg"):
        assets.build(source, target, {})


def test_data_and_anchors_in_a_style_sheet_stay(source: Path, target: Path) -> None:
    css = "a{background:url(data:image/svg+xml;base64,AA==)} b{mask:url(#wave)}"
    (source / "app.css").write_text(css)

    manifest = assets.build(source, target, {})

    assert (target / manifest["app.css"]).read_text() == css


def test_files_of_an_earlier_build_go(source: Path, target: Path) -> None:
    assets.build(source, target, {})
    (source / "app.css").unlink()

    manifest = assets.build(source, target, {})

    left = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    squeezed = {f"{name}.gz" for name in manifest.values() if name.endswith(".svg")}
    assert left == {*manifest.values(), *squeezed, "manifest.json"}
    assert json.loads((target / "manifest.json").read_text()) == manifest


def test_a_module_imports_the_hashed_file(source: Path, target: Path) -> None:
    (source / "page.js").write_text('import { a } from "./shared/a.js";\n')
    (source / "shared").mkdir()
    (source / "shared" / "a.js").write_text('export { a } from "../b.js";')
    (source / "b.js").write_text("export const a = 1;")

    manifest = assets.build(source, target, {})

    read = {name: (target / manifest[name]).read_text() for name in ("page.js", "shared/a.js")}
    assert read == {
        "page.js": f'import {{ a }} from "./{manifest["shared/a.js"]}";\n',
        "shared/a.js": f'export {{ a }} from "../{manifest["b.js"]}";',
    }
    (source / "b.js").unlink()
    with pytest.raises(assets.UnknownStaticFile, match=r"b\.js"):
        assets.build(source, target, {})
