"""Messages leave: taken from the queue one at a time, written, frozen, handed over, marked. At least once each."""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any

import structlog

from workshops import database, deadlines, invited, letters, mime
from workshops.database import fetch, fetch_one, for_update_skip_locked, transaction
from workshops.ids import new_id
from workshops.letters import Letter, Notice
from workshops.mail import DAY, Kind, address_key, allowed_at, counted_with
from workshops.settings import settings
from workshops.tables.post import MessageState
from workshops.transport import Misconfigured, Permanent, Temporary, Transport, Trouble

LEASE = timedelta(minutes=2)
QUICK = (10, 30, 60, 300, 900)
SLOW = (60, 300, 600, 1200, 1800)
HOURLY = 3600
ATTEMPTS = 29
"""Five as in QUICK or SLOW, then hourly for a day."""

Row = dict[str, Any]
log = structlog.get_logger()
_random = random.SystemRandom()


async def deliver_due(transport: Transport, stop: asyncio.Event | None = None) -> int:
    """Deliver what is due, until nothing is, MAIL_PER_MINUTE is reached or `stop` is set; how many messages left.

    A message whose bytes are frozen leaves unchanged, with the same Message-ID, however often it is tried.
    Raises Misconfigured if the server refuses us; then the message waits as if it had not been tried.
    """
    left = 0
    await _take_back(database.utcnow())
    while not (stop and stop.is_set()) and not await _limit_reached(transport):
        row = await _claim(database.utcnow())
        if row is None:
            break
        try:
            left += await _deliver(row, transport)
        except Temporary as trouble:
            await _try_later(row, trouble)
            if trouble.unreachable:
                break
    return left


async def take_back_all() -> None:
    """Let what an earlier process was sending be sent again at once. For a lone worker that starts."""
    await _take_back(database.utcnow() + LEASE)


async def _take_back(now: datetime) -> None:
    await fetch("UPDATE message SET state = 'queued' WHERE state = 'sending' AND lease_until <= {}", now)


async def _limit_reached(transport: Transport) -> bool:
    if not transport.limited:
        return False
    row = await fetch_one(
        "SELECT (SELECT count(*) FROM message WHERE sent_at > {}) "
        "+ (SELECT count(*) FROM message WHERE state = 'sending') AS total",
        database.utcnow() - timedelta(minutes=1),
    )
    return row is not None and row["total"] >= settings().mail_per_minute


async def _claim(now: datetime) -> Row | None:
    return await fetch_one(
        "UPDATE message SET state = 'sending', claim = {}, lease_until = {}, attempts = attempts + 1 WHERE id = "
        "(SELECT id FROM message WHERE state = 'queued' AND not_before <= {} AND channel = 'mail' "
        f"ORDER BY priority, not_before LIMIT 1{for_update_skip_locked()}) "
        "RETURNING id, kind, attendee, event, workshop, venue_request, account, mail_link, plan_change, bulletin, "
        "referral, "
        "address_key, stranger, attempts, claim, frozen, not_before, expires_at, created_at",
        *(new_id(), now + LEASE, now),
    )


async def _deliver(row: Row, transport: Transport) -> bool:
    """Whether the message left. Raises Temporary, and Misconfigured once the row waits again."""
    if row["expires_at"] and row["expires_at"] <= database.utcnow():
        return await _close(row, MessageState.EXPIRED)
    try:
        letter = await letters.load(row)
        if letter is None:
            return await _close(row, MessageState.SUPERSEDED)
        if letter.suppressed:
            raise Permanent("suppressed")
        raw = await _frozen(row, letter)
        if raw is None:
            return False
        await transport.send(row["id"], letter.address, raw)
    except Misconfigured as trouble:
        await _wait_again(row, database.utcnow(), trouble)
        raise
    except Permanent as trouble:
        return await _fail(row, trouble)
    except Temporary:
        raise
    except Exception as error:
        log.error("message_broken", message=row["id"], kind=row["kind"], exc_info=error)
        raise Temporary(type(error).__name__, slow=True) from error
    return await _close(row, MessageState.SENT, departed=database.utcnow())


async def _frozen(row: Row, letter: Letter | Notice) -> bytes | None:
    """The bytes kept from an earlier attempt if the address is still the same, else new ones, kept before they leave.

    None if they must not leave now: the limit on what strangers trigger, or another process took part of it.
    """
    address = address_key(letter.address)
    if row["frozen"] and row["address_key"] == address:
        return bytes(row["frozen"])
    row["address_key"], now = address, database.utcnow()
    if row["stranger"] and (moment := await _limit_allows(row, now)) > now:
        await _put_off(row, moment)
        return None
    raw = await asyncio.to_thread(mime.render, letter, now)
    if await _freeze(row, letter, raw):
        return raw
    await _wait_again(row, now)
    return None


async def _limit_allows(row: Row, now: datetime) -> datetime:
    """Counted again here, because messages that were late have departed closer together than they were enqueued."""
    rows = await fetch(
        f"SELECT sent_at FROM message WHERE address_key = {{}} AND {counted_with(row['kind'])} AND id <> {{}} "
        "AND (sent_at > {} OR state = 'sending' OR (state = 'queued' AND attempts > 0)) "
        "ORDER BY not_before DESC LIMIT 20",
        *(row["address_key"], row["id"], now - DAY),
    )
    return allowed_at((other["sent_at"] or now for other in rows), now)


async def _put_off(row: Row, moment: datetime) -> None:
    """Let the row wait, and with it those that would be put off one by one after it."""
    await _wait_again(row, moment)
    await fetch(
        f"UPDATE message SET not_before = {{}} WHERE address_key = {{}} AND {counted_with(row['kind'])} "
        "AND state = 'queued' AND attempts = 0 AND not_before < {}",
        *(moment, row["address_key"], moment),
    )


async def _freeze(row: Row, letter: Letter | Notice, raw: bytes) -> bool:
    """Keep the bytes, and take along the rows that they tell besides; False, changing nothing, if one is gone."""
    marks = ", ".join(["{}"] * len(letter.carries))
    try:
        async with transaction():
            if letter.carries:
                await _all(
                    f"UPDATE message SET state = 'carried', carried_by = {{}} WHERE id IN ({marks}) "
                    "AND state = 'queued' RETURNING id",
                    len(letter.carries),
                    *(row["id"], *letter.carries),
                )
            await _all(
                "UPDATE message SET frozen = {}, address_key = {}, expires_at = {} WHERE id = {} AND claim = {} "
                "AND state = 'sending' RETURNING id",
                1,
                *(raw, row["address_key"], letter.ends_at, row["id"], row["claim"]),
            )
    except _Gone:
        return False
    return True


class _Gone(Exception):
    """Another process changed a row first."""


async def _all(sql: str, expected: int, *values: object) -> None:
    if len(await fetch(sql, *values)) != expected:
        raise _Gone


async def _close(row: Row, state: MessageState, departed: datetime | None = None) -> bool:
    """Nothing more to do for a row, but for what follows from it; its bytes are personal data and go."""
    async with transaction():
        mine = await fetch(
            "UPDATE message SET state = {}, sent_at = {}, frozen = NULL WHERE id = {} AND claim = {} RETURNING id",
            *(state.value, departed, row["id"], row["claim"]),
        )
        if mine and departed:
            await deadlines.begin(row["id"], row["kind"], departed)
        if mine and row["attendee"] and row["kind"] != Kind.SLOT:
            await invited.follow(row["id"], departed or database.utcnow())
    log.info("message_closed", message=row["id"], kind=row["kind"], state=state.value, attempts=row["attempts"])
    return departed is not None


async def _wait_again(row: Row, moment: datetime, trouble: Trouble | None = None) -> None:
    """Back into the queue as if it had not been tried."""
    await fetch(
        "UPDATE message SET state = 'queued', attempts = attempts - 1, not_before = {}, last_code = {}, "
        "last_cause = {} WHERE id = {} AND claim = {}",
        *(moment, trouble and trouble.code, trouble and trouble.cause, row["id"], row["claim"]),
    )


async def _try_later(row: Row, trouble: Temporary) -> None:
    if row["attempts"] >= ATTEMPTS:
        await _fail(row, Permanent(trouble.cause, trouble.code))
        return
    steps = SLOW if trouble.slow else QUICK
    seconds = steps[row["attempts"] - 1] if row["attempts"] <= len(steps) else HOURLY
    delay = timedelta(seconds=seconds * _random.uniform(0.8, 1.2))
    await fetch(
        "UPDATE message SET state = 'queued', not_before = {}, last_code = {}, last_cause = {} "
        "WHERE id = {} AND claim = {}",
        *(database.utcnow() + delay, trouble.code, trouble.cause, row["id"], row["claim"]),
    )
    log.warning("message_delayed", message=row["id"], code=trouble.code, cause=trouble.cause, attempts=row["attempts"])


async def _fail(row: Row, trouble: Permanent) -> bool:
    """It will never arrive: staff telephone (product.md rule 9), and nothing more goes to an address that is dead."""
    async with transaction():
        await fetch(
            "UPDATE message SET state = 'failed', frozen = NULL, last_code = {}, last_cause = {} "
            "WHERE id = {} AND claim = {}",
            *(trouble.code, trouble.cause, row["id"], row["claim"]),
        )
        await fetch(
            "UPDATE attendee SET called_for = 'bounce', called_at = NULL WHERE id IN "
            "(SELECT attendee FROM message WHERE address_key = {} AND (id = {} OR carried_by = {}))",
            *(row["address_key"], row["id"], row["id"]),
        )
        if trouble.dead:
            await fetch(
                "INSERT INTO suppression (id, address_key, cause, created_at) VALUES ({}, {}, {}, {}) "
                "ON CONFLICT DO NOTHING",
                *(new_id(), row["address_key"], trouble.cause, database.utcnow()),
            )
    log.warning("message_failed", message=row["id"], code=trouble.code, cause=trouble.cause, attempts=row["attempts"])
    return False
