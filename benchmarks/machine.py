"""What the figures were measured on, and the processor time that processes have used."""

import os
import platform
import time
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


def machine() -> str:
    """The processor, its cores, the system, and how busy they are."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in read(PROC / "cpuinfo").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    )


def load() -> str:
    """How many processes wanted a core during the last minute."""
    return f"load {os.getloadavg()[0]:.1f}"


def flush_time(folder: Path, *, times: int = 50) -> float:
    """Seconds to bring one page to the disk that holds a folder."""
    with (folder / "flushed").open("wb", buffering=0) as file:
        started = time.perf_counter()
        for _ in range(times):
            file.write(bytes(8192))
            os.fdatasync(file.fileno())
        return (time.perf_counter() - started) / times


def descendants(process_id: int) -> list[int]:
    """A process and what it has started, down to the last."""
    parents: dict[int, list[int]] = {}
    for stat in PROC.glob("[0-9]*/stat"):
        if content := read(stat):
            parent = int(after_name(content)[1])
            parents.setdefault(parent, []).append(int(stat.parent.name))
    found = [process_id]
    for known in found:
        found += parents.get(known, [])
    return found


def parent_of(process_id: int) -> int:
    """The process that started another one."""
    return int(after_name(read(PROC / str(process_id) / "stat"))[1])


def processor_seconds(process_ids: Iterable[int]) -> float:
    """Processor time that these processes have used so far, in user and in system mode."""
    fields = [after_name(read(PROC / str(p) / "stat")) for p in process_ids]
    return sum(int(f[11]) + int(f[12]) for f in fields) / TICKS


def after_name(stat: str) -> list[str]:
    """The fields of /proc/…/stat after the name, which may hold spaces and brackets."""
    return stat.rpartition(")")[2].split()


def read(path: Path) -> str:
    """A file of /proc; empty when its process has gone."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
