"""Static files under names that change with their content, so that browsers keep them for ever.

`build` copies app/web/static, the one font and the reader of squares into app/web/build, which git
ignores, and leaves a manifest there: {"tokens.css": "tokens.1f0c9a3b5d.css"}. `static_url` reads it
for the templates.
Run as `python -m app.web.assets`; it needs nothing but the standard library.
"""

import gzip
import hashlib
import json
import posixpath
import re
import sys
from functools import lru_cache
from pathlib import Path, PurePosixPath

WEB = Path(__file__).parent
SOURCE = WEB / "static"
BUILD = WEB / "build"
MANIFEST = BUILD / "manifest.json"
URL_PREFIX = "/static/"

PACKAGES = WEB.parent.parent / "node_modules"
FONT_PACKAGE = PACKAGES / "@fontsource-variable" / "hanken-grotesk"
FONT_FILES = {
    "vendor/hanken-grotesk-latin-wght-normal.woff2": (
        FONT_PACKAGE / "files" / "hanken-grotesk-latin-wght-normal.woff2"
    ),
    "vendor/hanken-grotesk-LICENSE.txt": FONT_PACKAGE / "LICENSE",
}

READER_PACKAGE = PACKAGES / "zxing-wasm"
READER, READER_WASM = "vendor/zxing/reader/index.js", "vendor/zxing/zxing_reader.wasm"
READER_FILES = {
    READER: READER_PACKAGE / "dist" / "es" / "reader" / "index.js",
    "vendor/zxing/share.js": READER_PACKAGE / "dist" / "es" / "share.js",
    READER_WASM: READER_PACKAGE / "dist" / "reader" / "zxing_reader.wasm",
    "vendor/zxing/LICENSE.txt": READER_PACKAGE / "LICENSE",
}
"""What reads a square with the camera: a page asks for it once somebody opens the camera."""
VENDOR_FILES = FONT_FILES | READER_FILES

SQUEEZED = ".gz"
WORTH_SQUEEZING = (".css", ".js", ".svg", ".txt", ".wasm")
"""Endings of what shrinks; beside each such file stands its compressed form."""
IMPORT_IN_JS = re.compile(r"""\bfrom\s*"(?P<target>\.{1,2}/[^"]+)\"""")
URL_IN_CSS = re.compile(
    r"""url\(\s*(["']?)(?P<target>[^"')]+)\1\s*\)(?P<format>\s*format\([^)]*\))?"""
)
NOT_A_FILE = ("data:", "http:", "https:", "#", "/")


class StaticFilesNotBuilt(Exception):
    """A page was asked for before `python -m app.web.assets` had run."""

    def __init__(self) -> None:
        super().__init__("the static files are not built: python -m app.web.assets")


class UnknownStaticFile(LookupError):
    """A template or a style sheet names a static file that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no static file {name!r}")


def static_url(name: str) -> str:
    """The address of a static file, named as in app/web/static.

    Raises:
        StaticFilesNotBuilt: the build has not run.
        UnknownStaticFile: no such file was there when it ran.
    """
    try:
        return URL_PREFIX + read_manifest()[name]
    except KeyError:
        raise UnknownStaticFile(name) from None


def can_scan() -> bool:
    """Whether the reader of squares was installed when the build ran; else people type."""
    return READER in read_manifest()


@lru_cache(maxsize=1)
def read_manifest() -> dict[str, str]:
    """What the build wrote; read once, since a server does not outlive its release."""
    try:
        manifest: dict[str, str] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StaticFilesNotBuilt from None
    return manifest


def build(
    source: Path = SOURCE, target: Path = BUILD, vendor: dict[str, Path] | None = None
) -> dict[str, str]:
    """Write every static file under its hashed name and return the manifest.

    A server that is running keeps its pages meanwhile: new files come first, then the manifest
    in one step, and files that no manifest names any more go last.
    """
    files = gather(source, VENDOR_FILES if vendor is None else vendor)
    manifest: dict[str, str] = {}

    def place(name: str) -> None:
        content = files[name].read_bytes()
        if name.endswith(".css"):
            content = with_hashed_urls(name, content.decode(), manifest).encode()
        if name.endswith(".js"):
            text = content.decode()
            for imported in imports_of(name, text):
                if imported not in files:
                    raise UnknownStaticFile(imported)
                if imported not in manifest:
                    place(imported)
            content = with_hashed_imports(name, text, manifest).encode()
        hashed = hashed_name(name, content)
        write_once(target / hashed, content)
        if name.endswith(WORTH_SQUEEZING):
            write_once(target / f"{hashed}{SQUEEZED}", gzip.compress(content, 9, mtime=0))
        manifest[name] = hashed

    # Style sheets come last: they name the other files, by names that are known by then.
    for name in sorted(files, key=lambda name: (name.endswith(".css"), name)):
        if name not in manifest:
            place(name)
    write_manifest(target / MANIFEST.name, manifest)
    served = manifest.values()
    sweep(target, keep={*served, *(f"{name}{SQUEEZED}" for name in served), MANIFEST.name})
    return manifest


def gather(source: Path, vendor: dict[str, Path]) -> dict[str, Path]:
    """Every file to serve by its public name; a package that is not installed is left out."""
    files = {
        path.relative_to(source).as_posix(): path
        for path in source.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    return files | {name: path for name, path in vendor.items() if path.is_file()}


def with_hashed_urls(sheet: str, css: str, manifest: dict[str, str]) -> str:
    """The style sheet with each url() pointing at the hashed file, relative to the sheet.

    A font that is not there becomes a font the reader may have: no page asks for what would
    answer 404. Any other missing file is a mistake of ours and is refused.
    """
    folder = PurePosixPath(sheet).parent

    def hashed(found: re.Match[str]) -> str:
        target = found["target"]
        if target.startswith(NOT_A_FILE):
            return found[0]
        name = (folder / target).as_posix()
        if name in manifest:
            up = "../" * len(folder.parts)
            return f'url("{up}{manifest[name]}"){found["format"] or ""}'
        if name in FONT_FILES:
            return 'local("Hanken Grotesk")'
        raise UnknownStaticFile(name)

    return URL_IN_CSS.sub(hashed, css)


def imports_of(module: str, text: str) -> list[str]:
    """The files that a module imports, by their public names."""
    return [
        posixpath.normpath(posixpath.join(posixpath.dirname(module), found["target"]))
        for found in IMPORT_IN_JS.finditer(text)
    ]


def with_hashed_imports(module: str, text: str, manifest: dict[str, str]) -> str:
    """The module with each import pointing at the hashed file, relative to the module."""
    folder = posixpath.dirname(module)

    def hashed(found: re.Match[str]) -> str:
        name = posixpath.normpath(posixpath.join(folder, found["target"]))
        path = posixpath.relpath(manifest[name], folder or ".")
        return f'from "{path if path.startswith(".") else f"./{path}"}"'

    return IMPORT_IN_JS.sub(hashed, text)


def hashed_name(name: str, content: bytes) -> str:
    """vendor/font.woff2 → vendor/font.0123456789.woff2."""
    path = PurePosixPath(name)
    digest = hashlib.sha256(content).hexdigest()[:10]
    return path.with_name(f"{path.stem}.{digest}{path.suffix}").as_posix()


def write_once(path: Path, content: bytes) -> None:
    """Write a file whose name says its content, unless it is already there."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_manifest(path: Path, manifest: dict[str, str]) -> None:
    """Replace the manifest in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    unfinished.replace(path)


def sweep(target: Path, keep: set[str]) -> None:
    """Remove the files of earlier builds."""
    for path in target.rglob("*"):
        if path.is_file() and path.relative_to(target).as_posix() not in keep:
            path.unlink()


if __name__ == "__main__":
    sys.stdout.write(f"{len(build())} fichiers statiques\n")
