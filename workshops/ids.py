"""Opaque ids of rows and addresses: short enough for a poster, too many to guess or to collide."""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """60 random bits as 12 characters of Crockford's base 32, lower case."""
    number = secrets.randbits(60)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(55, -1, -5))
