"""Limits without cruelty: beyond one nobody is refused, the places wait until the address has proved itself.

Asked to prove themselves are sign-ups of a network that sends more than a school does, of a program that fills in
forms, and of a fifth person with one address or number. Whoever staff or a program vouches for is not counted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from workshops import throttle
from workshops.throttle import Limit

SIGN_UPS = Limit("sign_ups", 60, timedelta(minutes=10))
"""A class signs up within minutes, from one network."""
MOST_ATTENDEES = 4
"""People of one event with one address or number: a family, or whom a neighbour helps."""
PROOF = timedelta(minutes=30)
"""How long a place waits for the tap that proves its address."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a sign-up comes from: its network, blurred, and whether it must prove its address."""

    network: str | None = None
    doubtful: bool = False


VOUCHED = Source()
"""Somebody vouches for it, or it is no sign-up from outside."""


async def source_of(address: str, now: datetime, *, automatic: bool = False) -> Source:
    """Count a sign-up from this network address, for all processes; doubtful beyond SIGN_UPS, or if it is `automatic`.

    Raises RuntimeError inside a transaction.
    """
    network = throttle.network(address)
    if not network:
        return Source(None, automatic)
    try:
        await throttle.count(SIGN_UPS, network, now=now)
    except throttle.TooManyTries:
        automatic = True
    return Source(throttle.blurred(network), automatic)
