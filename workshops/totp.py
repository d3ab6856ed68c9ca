"""The second factor: one-time codes of an authenticator app (RFC 6238: SHA-1, 30 s, 6 digits), and recovery codes.

Secrets are kept sealed with AES-SIV (RFC 5297) under a key from SECRET_KEY, bound to their account: who reads the
database has no codes. Recovery codes have 80 random bits, so that their bare hash tells nothing.
"""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from workshops.tickets import ALPHABET, keys_for, qr_svg

ISSUER = "Osons nos talents"
SECONDS = 30
DRIFT = 1
RECOVERY_CODES = 10
_PURPOSE = "totp"
_READ_ALIKE = str.maketrans("OIL", "011", " -\t\u00a0\u2010\u2011\u2013")


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return pyotp.random_base32()


def seal(secret: str, account: str) -> bytes:
    """What is kept of a secret: the id of the newest key of SECRET_KEY, and the secret under it."""
    identity, key = next(iter(keys_for(_PURPOSE).items()))
    return bytes.fromhex(identity) + AESSIV(key).encrypt(secret.encode(), [account.encode()])


def unseal(sealed: bytes, account: str) -> str | None:
    """The secret that was sealed for this account; None for anything else, and where its key has left SECRET_KEY."""
    key = keys_for(_PURPOSE).get(sealed[:8].hex())
    try:
        return AESSIV(key).decrypt(sealed[8:], [account.encode()]).decode() if key else None
    except (InvalidTag, ValueError):
        return None


def uri(secret: str, email: str) -> str:
    """What the QR code tells the authenticator app."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def picture(secret: str, email: str, label: str) -> str:
    """The QR code as inline SVG, named `label`; takes about 30 ms of CPU: call it off the event loop."""
    return qr_svg(uri(secret, email), label)


def step_of(secret: str, code: str, now: datetime, after: int | None = None) -> int | None:
    """The step of 30 s whose code this is: the one of `now` (aware), the one before or the next; None if it is wrong.

    Steps up to `after` are spent (RFC 6238 §5.2).
    """
    typed = re.sub(r"\s", "", code)
    present = int(now.timestamp()) // SECONDS
    for step in range(present - DRIFT, present + DRIFT + 1):
        is_fresh = after is None or step > after
        if is_fresh and hmac.compare_digest(pyotp.HOTP(secret).at(step).encode(), typed.encode()):
            return step
    return None


def next_code(secret: str, now: datetime, after: int | None = None) -> str:
    """A code that is taken now, though those up to the step `after` are spent; None is left for 30 s after two."""
    return pyotp.HOTP(secret).at(max(int(now.timestamp()) // SECONDS, (after or 0) + 1))


def new_recovery_code() -> str:
    """A code such as k7qm-4rtt-0wyz-9hvn, which replaces a code of the app once."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(16)).lower()
    return "-".join(drawn[start : start + 4] for start in range(0, 16, 4))


def recovery_hash(code: str, account: str) -> str | None:
    """What is kept of a recovery code, however it was typed; None if it cannot be one."""
    typed = code.strip().upper().translate(_READ_ALIKE)
    if len(typed) != 16 or not set(typed) <= set(ALPHABET):
        return None
    return hashlib.sha256(f"{account} {typed}".encode()).hexdigest()


def as_text(sealed: bytes) -> str:
    """A sealed secret for a hidden field."""
    return base64.urlsafe_b64encode(sealed).decode()


def from_text(text: str) -> bytes:
    """What `as_text` gave; nothing for what it did not give."""
    try:
        return base64.urlsafe_b64decode(text.encode())
    except ValueError:
        return b""
