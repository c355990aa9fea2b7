"""What benchmarks/run does: install what scripts/test installs, then measure in there."""

import os
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from environment import PYTHON, Stop, prepare  # noqa: E402 - found through the line above


def main(arguments: list[str]) -> NoReturn:
    """Prepare, then become the benchmarks."""
    prepare("test")
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), "-m", "benchmarks", *arguments])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Stop as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(1)
