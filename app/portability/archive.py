"""The export as files: one zip, or a folder of the same files.

`tables/NAME.jsonl` holds one row a line; `manifeste.json` names every file with its SHA-256 and is
written last. Files are written and read as streams: memory does not grow with the ledger.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson

from app.portability.errors import ArchiveDamaged

MANIFEST = "manifeste.json"
FORMAT = "passnum-export/1"
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The hour that a zip gives its files: the same content gives the same file."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a manifest says of a file."""

    name: str
    sha256: str
    row_count: int | None = None


@dataclass
class ArchiveWriter:
    """Writes files, and remembers what the manifest must say of them."""

    open: Callable[[str], Any]
    files: list[Told] = field(default_factory=list)

    def add(self, name: str, chunks: Iterable[bytes], *, rows: bool = False) -> int:
        """Write a file; returns how many chunks, which are its rows where it has some."""
        digest, count = hashlib.sha256(), 0
        with self.open(name) as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                count += 1
        self.files.append(Told(name, digest.hexdigest(), count if rows else None))
        return count

    def finish(self, **said: object) -> None:
        """Write the manifest: an export without one is not whole."""
        manifest = {
            "format": FORMAT,
            **said,
            "files": [
                {"name": told.name, "sha256": told.sha256, "rows": told.row_count}
                for told in self.files
            ],
        }
        with self.open(MANIFEST) as file:
            file.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z))


@contextmanager
def writing(path: Path) -> Iterator[ArchiveWriter]:
    """An export at that path: a zip where it ends in .zip, a folder otherwise.

    It takes its name once it is whole; what was begun and failed is taken away.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(draft, "x", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                yield ArchiveWriter(lambda name: archive.open(_entry(name), "w", force_zip64=True))
            draft.chmod(0o600)
        else:
            draft.mkdir(mode=0o700)
            yield ArchiveWriter(lambda name: _made(draft / name))
        if path.exists():
            raise FileExistsError(17, "exists", str(path))
        draft.rename(path)
    finally:
        if draft.is_dir():
            shutil.rmtree(draft)
        else:
            draft.unlink(missing_ok=True)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _made(path: Path) -> IO[bytes]:
    path.parent.mkdir(exist_ok=True)
    return path.open("xb")


class Archive:
    """An export that is read; each file is compared with its digest as it passes."""

    def __init__(self, opened: Callable[[str], Any]) -> None:
        self._open = opened
        try:
            with opened(MANIFEST) as file:
                self.manifest: dict[str, Any] = orjson.loads(file.read())
            self.files = {
                told["name"]: Told(told["name"], told["sha256"], told["rows"])
                for told in self.manifest["files"]
            }
        except (OSError, KeyError, ValueError, TypeError):
            raise ArchiveDamaged(file=MANIFEST) from None
        if self.manifest.get("format") != FORMAT:
            raise ArchiveDamaged(file=MANIFEST)

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file.

        Raises:
            ArchiveDamaged: at its end at the latest, when it is not the file that was written.
        """
        told, digest, count = self.files.get(name), hashlib.sha256(), 0
        if told is None:
            raise ArchiveDamaged(file=name)
        try:
            with self._open(name) as file:
                for text in file:
                    digest.update(text)
                    count += 1
                    yield text
        except (OSError, KeyError, zipfile.BadZipFile):
            raise ArchiveDamaged(file=name) from None
        if digest.hexdigest() != told.sha256 or told.row_count not in {None, count}:
            raise ArchiveDamaged(file=name)


@contextmanager
def reading(path: Path) -> Iterator[Archive]:
    """The export at that path, zip or folder.

    Raises:
        ArchiveDamaged: it is neither, or has no manifest.
    """
    if path.is_dir():
        yield Archive(lambda name: (path / name).open("rb"))
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, FileNotFoundError):
        raise ArchiveDamaged(file=path.name) from None
    with archive:
        yield Archive(archive.open)
