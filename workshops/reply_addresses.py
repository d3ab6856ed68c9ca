"""The address to which somebody's calendar answers about one place: its token alone says which (evidence: iMIP §1.3).

The token is the same for the request, every update and the cancellation, also under a new SECRET_KEY.
"""

import re

from workshops.tickets import Purpose, Secret, make_secret, secret_hash
from workshops.transport import mail_domain

_ADDRESS = re.compile(r"rsvp\+([a-z2-7]{26})@(.+)")


def make(registration: str, key: str | None = None) -> Secret:
    """The token of a place; `key`: the one that its row remembers. Raises KeyGone."""
    return make_secret(Purpose.REPLY, registration, key=key)


def written(token: Secret) -> str:
    """The address for ORGANIZER, in the domain of MAIL_FROM."""
    return f"rsvp+{token.text.lower()}@{mail_domain()}"


def read(address: str) -> str | None:
    """The hash under which a place keeps the token of `address`; None for any other address."""
    found = _ADDRESS.fullmatch(address.strip().lower())
    return secret_hash(found[1]) if found and found[2] == mail_domain() else None
