"""Clips for Chromium's fake camera: tickets held before it one after the other, and nothing between them.

A clip of `.mjpeg` is JPEGs one after the other, shown at 30 a second, from the first again after the last.
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image

from workshops.tickets import qr_png

PER_SECOND = 30
TABLE = 110
"""The grey behind the tickets."""


def write(
    file: Path,
    texts: Sequence[str],
    blank: float = 1.5,
    shown: float = 2.5,
    size: tuple[int, int] = (640, 480),
    turned: float = 5,
) -> Path:
    """Write to `file`, which ends in .mjpeg: before each ticket `blank` seconds of nothing, then it for `shown`.

    `turned` is by how many degrees a ticket stands askew. Use `chromium.camera(file)` to have it looked at.
    """
    assert file.suffix == ".mjpeg", "Chromium tells the format by the name"
    nothing = _jpeg(Image.new("L", size, TABLE)) * round(blank * PER_SECOND)
    file.write_bytes(b"".join(nothing + _jpeg(frame(one, size, turned)) * round(shown * PER_SECOND) for one in texts))
    return file


def frame(text: str, size: tuple[int, int] = (640, 480), turned: float = 5) -> Image.Image:
    """The QR code of a ticket, as its mail shows it, held before the camera: two thirds of the height, grey."""
    picture = Image.open(BytesIO(qr_png(text))).convert("L")
    side = size[1] * 2 // 3
    picture = picture.resize((side, side), Image.Resampling.LANCZOS)
    shape = Image.new("L", picture.size, 255).rotate(turned, Image.Resampling.BICUBIC, expand=True)
    picture = picture.rotate(turned, Image.Resampling.BICUBIC, expand=True)
    whole = Image.new("L", size, TABLE)
    whole.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2), shape)
    return whole


def _jpeg(picture: Image.Image) -> bytes:
    written = BytesIO()
    picture.convert("RGB").save(written, "JPEG", quality=85)
    return written.getvalue()
