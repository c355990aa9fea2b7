"""A camera that looks at paper: printed leaves, held before Chromium's fake camera one by one."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserType

from tests.papers import reading

WIDTH, HEIGHT = 640, 480
FRAMES_A_SECOND = 5
GREY = 128


def held_up(document: bytes, addresses: Iterable[str]) -> list[Image.Image]:
    """What a camera sees of each of these squares on a printed sheet, and of the leaf around."""
    wanted = dict.fromkeys(addresses)
    seen: dict[str, Image.Image] = {}
    for page in reading.pictures(document, dpi=150):
        for code in zxingcpp.read_barcodes(page):
            if code.text in wanted and code.text not in seen:
                corner = code.position.top_left
                left, top = corner.x - WIDTH // 3, corner.y - HEIGHT // 3
                seen[code.text] = page.crop((left, top, left + WIDTH, top + HEIGHT)).convert("L")
    return [seen[address] for address in wanted]


def film(path: Path, scenes: Sequence[Image.Image], *, seconds: float = 1) -> None:
    """Write a video (YUV4MPEG2) that shows one scene after the other, over and over."""
    header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_A_SECOND}:1 Ip A1:1 C420jpeg\n".encode()
    chroma = bytes([GREY]) * (WIDTH * HEIGHT // 2)
    with path.open("wb") as video:
        video.write(header)
        for scene in scenes:
            for _ in range(round(seconds * FRAMES_A_SECOND)):
                video.write(b"FRAME\n" + scene.tobytes() + chroma)


@contextmanager
def looking_at(kind: BrowserType, program: str, video: Path) -> Iterator[Browser]:
    """Chromium with a camera that plays that video, and whose people say yes."""
    chromium = kind.launch(
        executable_path=program,
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={video}",
        ],
    )
    yield chromium
    chromium.close()
