"""Passwords of staff: which are strong enough, and argon2id hashes made off the event loop, few at a time.

Cost: OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane). What counts as common: NIST SP 800-63B §5.1.1.2.
"""

import asyncio
import re
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workshops.errors import Fault, Invalid, WorkshopsError
from workshops.i18n import _

T = TypeVar("T")
FEWEST, MOST_BYTES = 12, 256
AT_ONCE, MOST_WAITING = 2, 20
JUDGED = 72
GUESSES = 10**8
"""Fewer than this are tried by anybody who has stolen the hashes, and by patient strangers (zxcvbn's score of 3)."""
COMMON_HERE = (
    "motdepasse azerty bonjour soleil doudou chouchou loulou jetaime marseille rclens racing lens lievin henin "
    "beaumont bethune carvin bruay artois osons talents atelier ateliers emploi mission locale maison formation "
    "inscription plie"
)
"""What people here think of first; zxcvbn's own lists are English."""
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$MDAwMDAwMDAwMDAwMDAwMA$i5lU5Uct7m7K2g+tyzsnWZ6uzq/jyu/Z1FVwgsowlB4"
_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
_taken: set[Future[Any]] = set()
_judging = threading.Lock()


class TooBusy(WorkshopsError):
    """Too many passwords are being checked: more would only make everybody wait longer."""

    status = 429
    type = "too-busy"
    title = _("Many people are signing in just now. Try again in a few seconds")
    retry_after = 5


async def new_hash(password: str, *own: str) -> str:
    """What is kept of a new password: 12 characters to 256 bytes, hard to guess even for who knows the texts `own`.

    `own` are the person's address, name and organisation. Raises Invalid, naming `password`, and TooBusy.
    """
    normal = _normal(password)
    if len(normal) < FEWEST:
        raise _refused(_("Use at least %(min)s characters."), min=FEWEST)
    if len(normal.encode()) > MOST_BYTES:
        raise _refused(_("This is too long: at most %(max)s characters."), max=MOST_BYTES)
    if not await _off_the_loop(lambda: _is_strong(normal, own)):
        raise _refused(
            _("This password is easy to guess. Put together four words that have nothing to do with each other.")
        )
    return await hash_of(normal)


async def hash_of(password: str) -> str:
    """The hash of a password that is strong enough already. Raises TooBusy."""
    normal = _normal(password)
    return await _off_the_loop(lambda: _HASHER.hash(normal))


async def matches(password: str, stored: str | None) -> bool:
    """Whether `password` is the one of the hash `stored`; where there is none, as much work for a no.

    Raises TooBusy.
    """
    normal = _normal(password)
    found = await _off_the_loop(lambda: _verify(stored or _NOBODYS, normal))
    return found and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a hash was made at another cost than today's."""
    return _HASHER.check_needs_rehash(stored)


async def _off_the_loop(work: Callable[[], T]) -> T:
    """Do `work` in one of two threads; at most 20 others may wait, whoever comes then is told so. Raises TooBusy."""
    if len(_taken) >= AT_ONCE + MOST_WAITING:
        raise TooBusy
    future = _pool.submit(work)
    _taken.add(future)
    future.add_done_callback(_taken.discard)
    return await asyncio.wrap_future(future)


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _is_strong(password: str, own: tuple[str, ...]) -> bool:
    """Whether what remains without the words that anybody would try for this person is still hard to guess."""
    rest = _plain(password)
    for word in sorted({*_words(COMMON_HERE), *(word for text in own for word in _words(text))}, key=len, reverse=True):
        rest = rest.replace(word, "")
    return bool(rest) and _guesses(rest[:JUDGED]) >= GUESSES


def _guesses(text: str) -> float:
    from zxcvbn import zxcvbn  # its lists of words are for those processes alone that need them

    with _judging:  # it writes into dictionaries that all its callers share
        return float(zxcvbn(text)["guesses"])


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]{3,}", _plain(text).casefold())


def _plain(text: str) -> str:
    """Without accents, lower case."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _normal(password: str) -> str:
    """The one spelling of what was typed, whatever keyboard it was typed on (RFC 8265 §4.2)."""
    return unicodedata.normalize("NFC", password)


def _refused(message: str, **limits: object) -> Invalid:
    return Invalid(faults=(Fault("password", message, limits),))
