"""The server as people start it, and clients that cost next to nothing beside it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.error import URLError

from benchmarks.machine import descendants, processor_seconds

HOST = "127.0.0.1"
PATIENCE = 60
OF_A_CONNECTION = 10
PASSNUM = Path(sys.executable).with_name("passnum")


def free_port() -> int:
    """A port where nothing listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def first_page(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the sign-in page answers.

    Raises:
        RuntimeError: the server stopped, or took more than a minute.
    """
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/connexion", timeout=PATIENCE):
                return
        except URLError:
            time.sleep(0.02)
    message = f"no page at port {port}"
    raise RuntimeError(message)


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers."""

    port: int
    process_id: int

    def processor_seconds(self) -> float:
        """What all its processes have used so far."""
        return processor_seconds(descendants(self.process_id))

    def post_all(self, path: str, token: str, bodies: Sequence[Sequence[object]]) -> float:
        """Seconds that clients take, each with bodies and connections of its own.

        A connection carries a few requests, like a device's: with one for ever, all clients may
        meet at one worker while the other has nothing to do.

        Raises:
            RuntimeError: something was refused.
        """
        requests = [[request(path, token, body) for body in own] for own in bodies]
        with ThreadPoolExecutor(len(bodies)) as clients:
            started = time.perf_counter()
            list(clients.map(self._send, requests))
            return time.perf_counter() - started

    def _send(self, requests: Sequence[bytes]) -> None:
        for start in range(0, len(requests), OF_A_CONNECTION):
            with socket.create_connection((HOST, self.port)) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with connection.makefile("rb") as answers:
                    for sent in requests[start : start + OF_A_CONNECTION]:
                        connection.sendall(sent)
                        check(answers)


def check(answers: BinaryIO) -> None:
    """Read one answer.

    Raises:
        RuntimeError: it is a refusal.
    """
    status, length = int(answers.readline().split()[1]), 0
    while line := answers.readline().strip().lower():
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    answer = answers.read(length)
    if status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
        message = f"refused: {answer.decode()}"
        raise RuntimeError(message)


def request(path: str, token: str, body: object) -> bytes:
    """A whole request, ready to be sent."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@contextmanager
def serving(database_url: str, data_dir: Path, *, workers: int) -> Iterator[Served]:
    """`passnum serve` on a database, until the block ends."""
    port = free_port()
    process = subprocess.Popen(
        [PASSNUM, "serve", f"--port={port}", f"--workers={workers}"],
        env=os.environ | {"PASSNUM_DATABASE_URL": database_url, "PASSNUM_DATA_DIR": str(data_dir)},
        stdout=subprocess.DEVNULL,
    )
    try:
        first_page(port, process)
        yield Served(port, process.pid)
    finally:
        process.terminate()
        process.wait()
