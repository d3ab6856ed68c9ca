"""Opaque ids of rows and addresses: short enough for a poster, too many to guess or to collide; tokens of browsers."""

import hashlib
import re
import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def is_id(text: object) -> bool:
    """Whether this can be an id of ours at all; what cannot never reaches the database."""
    return isinstance(text, str) and re.fullmatch(r"[0-9A-Za-z-]{1,36}", text) is not None


def new_id() -> str:
    """60 random bits as 12 characters of Crockford's base 32, lower case."""
    return spell(secrets.randbits(60))


def spell(number: int) -> str:
    """The id of a number below 2 to the power of 60."""
    return "".join(ALPHABET[number >> shift & 31] for shift in range(55, -1, -5))


def new_token() -> str:
    """256 random bits for a cookie or a program, of which only `token_hash` is kept."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
