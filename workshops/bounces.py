"""Messages that come back: the address in their envelope says which one it was, so nobody else's word counts."""

import re
from datetime import datetime, timedelta

from workshops import received, undeliverable
from workshops.database import fetch, fetch_one, for_update, transaction
from workshops.incoming import Failure
from workshops.received import Outcome
from workshops.tables.post import MessageState
from workshops.transport import mail_domain

FULL = 3
FULL_DAYS = timedelta(days=30)
_ADDRESS = re.compile(r"bounce\+([0-9a-z]{12})@(.+)")
_DEAD = re.compile(r"5\.1\.(?!7$|8$)\d+")
"""RFC 3463 §3.2, without what it says of the sender's address."""
_IS_FULL = re.compile(r"[45]\.2\.2")


class NotYet(Exception):
    """It came back before we have noted that it left: look again later."""


def named(address: str) -> str | None:
    """The message that left with `address` as its envelope's; None for any other address."""
    found = _ADDRESS.fullmatch(address)
    return found[1] if found and found[2] == mail_domain() else None


async def take_back(message: str, failure: Failure, digest: str, now: datetime) -> Outcome:
    """A server says that a message never arrived: its people are to be called, and its offers pass on by themselves.

    An address that does not exist is dead at once, one that is full once it was three times in 30 days. What never
    left, or has failed already, stays as it is. Raises NotYet.
    """
    async with transaction():
        row = await fetch_one(f"SELECT id, state, address_key FROM message WHERE id = {{}}{for_update()}", message)
        if row is None:
            return Outcome.UNKNOWN
        if row["state"] == MessageState.SENDING:
            raise NotYet
        key, status = row["address_key"], failure.status
        inbound = await received.first(digest, "bounce", now, message=message, address_key=key, status=status)
        if inbound is None:
            return Outcome.REPEATED
        if row["state"] != MessageState.SENT or not (status.startswith("5.") or _IS_FULL.fullmatch(status)):
            return await received.conclude(inbound, Outcome.OUTDATED)
        cause = f"bounce {status}"
        await fetch(
            "UPDATE message SET state = 'failed', bounced_at = {}, last_code = {}, last_cause = {} WHERE id = {}",
            *(now, failure.code, cause, message),
        )
        is_dead = _DEAD.fullmatch(status) is not None or (
            _IS_FULL.fullmatch(status) is not None and await _often_full(key, now)
        )
        await undeliverable.give_up(message, key, now, cause if is_dead else None)
        return await received.conclude(inbound, Outcome.SUPPRESSED if is_dead else Outcome.FAILED)


async def _often_full(address_key: str | None, now: datetime) -> bool:
    """Counted since staff last said that the address is good again."""
    rows = await fetch(
        "SELECT i.id FROM inbound i WHERE i.address_key = {} AND i.received_at > {} "
        "AND i.status IN ('4.2.2', '5.2.2') AND NOT EXISTS (SELECT 1 FROM suppression x "
        f"WHERE x.address_key = i.address_key AND x.lifted_at >= i.received_at) LIMIT {FULL}",
        *(address_key, now - FULL_DAYS),
    )
    return len(rows) >= FULL
