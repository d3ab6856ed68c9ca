"""The ticket: its secret and what the QR holds, the code said aloud, the pictures; and values signed for a cookie.

Formats: contract.md "Secrets, QR and code".
"""

import base64
import hashlib
import hmac
import re
import secrets
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from html import escape
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode
from qrcode.util import MODE_ALPHA_NUM, QRData

from workshops.settings import settings

BORDER = 4
PIXELS = 8
MASK = 4
"""Any mask reads the same (ISO/IEC 18004 §7.8). A random secret has no patterns to break up: this one scores 7 % worse
than the best of eight, whose search takes 7 of the 8 ms that a picture costs."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_ALIKE = str.maketrans("OIL", "011", " -\t\u00a0\u2010\u2011\u2013")
_SECRET = re.compile(r"(?:(?P<host>HTTPS?://[^/?#]+)/[TM]/)?(?P<secret>[A-Z2-7]{26})(?:/?(?:[?#].*)?)?")


class Purpose(StrEnum):
    """What a key is for: each purpose has a key of its own, so that one secret never opens another's door."""

    TICKET = "ticket"
    MANAGE = "manage"
    DOOR = "door"
    COOKIE = "cookie"
    LINK = "link"
    INVITATION = "invitation"
    REPLY = "reply"


class KeyGone(Exception):
    """The key that made a secret is no longer in SECRET_KEY: it cannot be written again, only recognised."""


@dataclass(frozen=True, slots=True)
class Secret:
    """128 bits as 26 base32 characters, the hash that finds them again, and which key of SECRET_KEY made them."""

    text: str
    hash: str
    key: str


def make_secret(purpose: Purpose, subject: str, revision: int = 1, key: str | None = None) -> Secret:
    """The secret of `subject`, the same for the same key and revision: nothing secret is stored.

    `key`: the one that the row remembers; None takes the newest. Raises KeyGone.
    """
    known = _keys()
    made_by = key or next(iter(known), "")
    if made_by not in known:
        raise KeyGone(f"the key {made_by} is not in SECRET_KEY")
    message = f"{purpose.value}|1|{subject}|{revision}".encode()
    secret = hmac.digest(_derived(known[made_by], purpose.value), message, "sha256")[:16]
    return Secret(base64.b32encode(secret).decode().rstrip("="), _hash(secret), made_by)


def secret_hash(text: str) -> str | None:
    """The hash by which rows are found, of a QR text, a link or the bare 26 characters in any case; None if malformed.

    It is taken of the 16 bytes: 26 characters carry 130 bits, of which the last two must be zero.
    """
    found = _SECRET.fullmatch(text.strip().upper())
    if not found:
        return None
    secret = base64.b32decode(found["secret"] + "======")
    canonical = base64.b32encode(secret).decode().rstrip("=") == found["secret"]
    return _hash(secret) if canonical else None


def foreign(text: str) -> bool:
    """Whether `text` is a link to another host than PUBLIC_URL's: never one of our tickets, whatever follows."""
    link = re.match(r"[a-z][a-z0-9+.-]*://([^/?#]*)", text.strip().lower())
    return link is not None and link[1] != settings().public_host


def qr_text(secret: str) -> str:
    """What the QR holds, all upper case so that it fits alphanumeric mode (ISO/IEC 18004 §7.4.4)."""
    return ticket_url(secret).upper()


def ticket_url(secret: str) -> str:
    """The page that shows a ticket: no name, no action."""
    return f"{settings().public_url}/T/{secret}"


def manage_url(secret: str) -> str:
    """The page of the person's own places. Never in a calendar entry, a PDF or a QR."""
    return f"{settings().public_url}/m/{secret}"


def invitation_url(referral: str, revision: int, key: str) -> str:
    """The page of an agency's invitation, made again from its row. Raises KeyGone."""
    return f"{settings().public_url}/i/{make_secret(Purpose.INVITATION, referral, revision, key).text}"


def new_code(choose: Callable[[str], str] = secrets.choice) -> str:
    """A random human code such as K7QM-4RTT: seven characters of Crockford's 32 and a check. Unique only per event."""
    drawn = "".join(choose(ALPHABET) for _ in range(7))
    code = drawn + _check(drawn)
    return f"{code[:4]}-{code[4:]}"


def read_code(text: str) -> str | None:
    """The code as it is stored, from what was typed or heard (o for 0, i or l for 1, spaces); None if it is wrong."""
    code = text.strip().upper().translate(_READ_ALIKE)
    if len(code) != 8 or not set(code) <= set(ALPHABET) or _check(code[:7]) != code[7]:
        return None
    return f"{code[:4]}-{code[4:]}"


def qr_svg(text: str, label: str | None = None) -> str:
    """An inline <svg> with its white border, one path, no style attribute; `label` names it, else it is decoration."""
    rows = _matrix(text)
    size = len(rows)
    path = "".join(f"M{start} {y}h{length}v1h-{length}z" for y, row in enumerate(rows) for start, length in _runs(row))
    named = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size * PIXELS}" height="{size * PIXELS}" '
        f'viewBox="0 0 {size} {size}" shape-rendering="crispEdges" {named}>'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path fill="#000" d="{path}"/></svg>'
    )


def qr_png(text: str) -> bytes:
    """A PNG of one bit a pixel, 8 pixels a module, its white border inside (ISO/IEC 18004 §6.3.8)."""
    rows = _matrix(text)
    size = len(rows) * PIXELS
    lines = bytearray()
    for row in rows:
        bits = "".join(("0" if dark else "1") * PIXELS for dark in row)
        lines += (b"\0" + int(bits, 2).to_bytes(size // 8, "big")) * PIXELS
    header = struct.pack(">IIBBBBB", size, size, 1, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(lines), 6)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def sign(purpose: str, payload: str) -> str:
    """`payload` with a proof that we wrote it for `purpose`; readable by anyone, so nothing secret goes in."""
    newest = next(iter(_keys().values()), b"")
    return f"{payload}.{_signature(newest, purpose, payload)}"


def unsign(purpose: str, signed: str) -> str | None:
    """The payload that `sign` was given for the same purpose under any key of SECRET_KEY, or None."""
    payload, _, proof = signed.rpartition(".")
    known = (_signature(key, purpose, payload) for key in _keys().values())
    return payload if any(hmac.compare_digest(proof.encode(), good.encode()) for good in known) else None


def keys_for(purpose: str) -> dict[str, bytes]:
    """A key of 32 bytes for `purpose` from each key of SECRET_KEY, by the id that rows remember, newest first."""
    return {identity: _derived(key, purpose) for identity, key in _keys().items()}


def _keys() -> dict[str, bytes]:
    """The keys of SECRET_KEY by their id, newest first."""
    return {_key_id(key): key for key in settings().secret_keys}


@cache
def _key_id(key: bytes) -> str:
    return _derived(key, "id")[:8].hex()


@cache
def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"workshops|1|" + purpose.encode()).derive(key)


def _hash(secret: bytes) -> str:
    return hashlib.sha256(b"door|1|" + secret).hexdigest()[:32]


def _signature(key: bytes, purpose: str, payload: str) -> str:
    message = b"\0".join((purpose.encode(), payload.encode()))
    proof = hmac.digest(_derived(key, Purpose.COOKIE.value), message, "sha256")[:16]
    return base64.urlsafe_b64encode(proof).decode().rstrip("=")


def _check(code: str) -> str:
    """The check character of the Luhn mod N algorithm, N = 32: finds every wrong character, most swaps."""
    total = 0
    for place, character in enumerate(reversed(code)):
        doubled = ALPHABET.index(character) * (2 - place % 2)
        total += doubled // 32 + doubled % 32
    return ALPHABET[-total % 32]


@lru_cache(maxsize=64)
def _matrix(text: str) -> list[list[bool]]:
    """Dark modules with the border: the smallest version at level M, then the best level that fits that version."""
    alphanumeric = QRData(text).mode == MODE_ALPHA_NUM
    code = _code(text, *_shape(("A" if alphanumeric else "a") * len(text)))
    code.make(fit=False)
    return code.get_matrix()


@cache
def _shape(text: str) -> tuple[int, int]:
    """Level and version for any text of this length in this mode: tickets are all as long as each other."""
    size = _code(text, ERROR_CORRECT_M).version
    levels = (ERROR_CORRECT_H, ERROR_CORRECT_Q, ERROR_CORRECT_M)
    return next((level, size) for level in levels if _code(text, level).version == size)


def _code(text: str, level: int, version: int | None = None) -> QRCode[Any]:
    code: QRCode[Any] = QRCode(version, error_correction=level, border=BORDER, mask_pattern=MASK)
    code.add_data(QRData(text))
    return code


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Where each stretch of dark modules begins and how long it is."""
    line = "".join("x" if dark else " " for dark in row)
    return [(run.start(), len(run[0])) for run in re.finditer("x+", line)]


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum
