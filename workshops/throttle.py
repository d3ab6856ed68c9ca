"""How often something was tried, counted together by all processes (`counter`): no address or network in clear.

Guessing is slowed down so that nobody can lock a colleague out (OWASP "device cookies"). Tries at an account count

- strictly for the account *from one network*, 5 in a quarter of an hour: who guesses elsewhere stops nobody here;
- loosely for the network over all accounts, and more loosely for the account from all networks together, so that
  many accounts or many networks help little. One browser that goes on after its 5 adds nothing to those two;
- for a browser that has signed in to this account before, and proves it by its cookie, on a counter of its own
  instead of all these: no stranger's tries, from however many networks, keep it out.
"""

import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from workshops.database import fetch, fetch_one, in_transaction
from workshops.errors import WorkshopsError
from workshops.i18n import _
from workshops.tickets import keys_for

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in `window`, which begins with the first and is at most 24 hours. `name`: of what."""

    name: str
    most: int
    window: timedelta


ACCOUNT_HERE = Limit("account_here", 5, QUARTER)
NETWORK = Limit("network", 100, QUARTER)
ACCOUNT = Limit("account", 200, HOUR)


class TooManyTries(WorkshopsError):
    """Something was tried too often from here; `retry_after` seconds from now it may be again."""

    status = 429
    type = "too-many-tries"
    title = _("Too many tries. Wait a little, then try again")
    retry_after = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where tries come from: a network (see `network`), and the id of a browser if it has signed in there before."""

    network: str
    known: str = ""


async def count(limit: Limit, *who: str, now: datetime) -> None:
    """Count one more for `who`, at once and for all processes. Raises TooManyTries beyond the limit.

    Raises RuntimeError inside a transaction, which would hide the count from others, or undo it.
    """
    if in_transaction():
        raise RuntimeError("a try is counted by itself: what it leads to may fail")
    row = await fetch_one(_COUNT, _key(limit, who), now, *[now - limit.window] * 2)
    if row is not None and row["total"] > limit.most:
        error = TooManyTries()
        error.retry_after = int((row["window_starts_at"] + limit.window - now).total_seconds()) + 1
        raise error


async def forget(limit: Limit, *who: str) -> None:
    """Begin again for `who`."""
    await fetch("DELETE FROM counter WHERE id = {}", _key(limit, who))


async def give_back(limit: Limit, *who: str) -> None:
    """Take one count back: it was no guess."""
    await fetch("UPDATE counter SET total = total - 1 WHERE id = {} AND total > 0", _key(limit, who))


async def count_try(what: str, account: str, place: Place, now: datetime) -> None:
    """Count a try at `what` ("password", "code") of an account, before it is judged. Raises TooManyTries."""
    await count(ACCOUNT_HERE, what, account, place.known or place.network, now=now)
    if not place.known:
        await count(NETWORK, what, place.network, now=now)
        await count(ACCOUNT, what, account, now=now)


async def forget_tries(what: str, account: str, place: Place) -> None:
    """The last try was right: it and those before it from this place no longer count."""
    await forget(ACCOUNT_HERE, what, account, place.known or place.network)
    if not place.known:
        await give_back(NETWORK, what, place.network)
        await give_back(ACCOUNT, what, account)


def network(address: str) -> str:
    """The network that one household or office has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None)
    if parsed.version == 4 or mapped:
        return str(mapped or parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def blurred(*who: str) -> str:
    """A keyed hash that stands for `who`; without SECRET_KEY nobody finds out who it is."""
    key = next(iter(keys_for("throttle").values()))
    return hmac.digest(key, chr(0).join(who).encode(), "sha256").hex()


def _key(limit: Limit, who: tuple[str, ...]) -> str:
    return f"{limit.name}:{blurred(*who)}"


_COUNT = (
    "INSERT INTO counter (id, window_starts_at, total) VALUES ({}, {}, 1) ON CONFLICT (id) DO UPDATE SET "
    "total = CASE WHEN counter.window_starts_at <= {} THEN 1 ELSE counter.total + 1 END, window_starts_at = CASE "
    "WHEN counter.window_starts_at <= {} THEN excluded.window_starts_at ELSE counter.window_starts_at END "
    "RETURNING window_starts_at, total"
)
