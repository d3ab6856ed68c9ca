"""Messages leave: taken from the queue, written, frozen, handed over, marked. At least once each.

One is written while others leave: MAIL_CONNECTIONS at a time are at the server, a few more in hand.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from workshops import claims, database, letters, mime, outcomes, pauses
from workshops.claims import LEASE, Allowance, Row
from workshops.database import fetch, transaction
from workshops.letters import Letter, Notice, Text
from workshops.mail import DAY, address_key, allowed_at, counted_with
from workshops.settings import settings
from workshops.tables.post import MessageState
from workshops.transport import Misconfigured, Permanent, Spent, Temporary, Transport

AHEAD = 2
"""How many messages are read and written while others leave."""
FRESH = LEASE / 4
"""A lease as young as this needs no renewal: it outlasts every call of the transport."""
log = structlog.get_logger()


async def deliver_due(transport: Transport, stop: asyncio.Event | None = None, channel: str = "mail") -> int:
    """Deliver what is due, until nothing is, MAIL_PER_MINUTE is reached or `stop` is set; how many messages left.

    A message whose bytes are frozen leaves unchanged, with the same Message-ID, however often it is tried. Where the
    server refuses us, nothing leaves any more until one message, tried once a minute by one worker, is accepted; the
    one that met it waits as if it had not been tried.
    """
    now = database.utcnow()
    await claims.take_back(now)
    probing = await pauses.current(channel) is not None
    if probing and not await pauses.probe(now, channel):
        return 0
    post = _Round(transport, stop or asyncio.Event(), channel, probing)
    await post.deliver()
    if probing and post.left and await pauses.end(database.utcnow(), channel=channel):
        log.warning("mail_resumed", channel=channel)
    return post.left


@dataclass
class _Round:
    """One call of `deliver_due`. `over`: the server cannot be reached or refuses us; `tried`: it has seen a message."""

    transport: Transport
    stop: asyncio.Event
    channel: str
    probing: bool
    left: int = 0
    over: bool = False
    tried: bool = False
    in_hand: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        connections = 1 if self.probing else settings().mail_connections
        self._line = asyncio.Semaphore(connections)
        self._most = 1 if self.probing else connections + AHEAD
        self._allowance = Allowance(self.channel)

    async def deliver(self) -> None:
        """Take messages and let them leave, a few at a time, until there are no more, nor any that waited for those."""
        async with asyncio.TaskGroup() as group:
            try:
                while not self._ends():
                    row = await self._next() if len(self.in_hand) < self._most else None
                    if row:
                        self.in_hand.add(task := group.create_task(self._tell(row)))
                        task.add_done_callback(self.in_hand.discard)
                    elif self.in_hand:
                        await asyncio.wait(self.in_hand, return_when=asyncio.FIRST_COMPLETED)
                    else:
                        break
            except Exception as error:  # those in hand leave all the same
                log.error("delivery_failed", exc_info=error)

    def _ends(self) -> bool:
        return self.over or self.stop.is_set() or (self.probing and self.tried)

    async def _next(self) -> Row | None:
        limited = self.transport.limited
        if limited and await self._allowance.used_up():
            return None
        row = await claims.take(database.utcnow(), self.channel, paused=self.probing)
        if row and limited and await self._allowance.exceeded():
            await outcomes.wait_again(row, row["not_before"])
            return None
        return row

    async def _tell(self, row: Row) -> None:
        try:
            state = await self._deliver(row)
            if state:
                departed = database.utcnow() if state is MessageState.SENT else None
                await outcomes.close(row, state, departed)
                self.left += departed is not None
        except Exception as error:  # the database: the row comes back once its lease is over
            self.over = True
            log.error("delivery_failed", message=row["id"], exc_info=error)

    async def _deliver(self, row: Row) -> MessageState | None:
        """What the message is now; None where it waits, or has failed."""
        try:
            return await self._hand_over(row)
        except Misconfigured as trouble:
            self.over, now = True, database.utcnow()
            await outcomes.wait_again(row, now, trouble)
            if await pauses.begin(trouble.cause, now, trouble.code, channel=self.channel):
                log.error("mail_paused", channel=self.channel, code=trouble.code, cause=trouble.cause)
        except Spent:
            return MessageState.EXPIRED
        except Permanent as trouble:
            await outcomes.fail(row, trouble)
        except Temporary as trouble:
            self.over |= trouble.unreachable
            await outcomes.try_later(row, trouble)
        except Exception as error:
            log.error("message_broken", message=row["id"], kind=row["kind"], exc_info=error)
            await outcomes.try_later(row, Temporary(type(error).__name__, slow=True))
        return None

    async def _hand_over(self, row: Row) -> MessageState | None:
        if row["expires_at"] and row["expires_at"] <= database.utcnow():
            return MessageState.EXPIRED
        letter = await letters.load(row)
        if letter is None:
            return MessageState.SUPERSEDED
        if letter.suppressed:
            raise Permanent("suppressed")
        frozen = bytes(row["frozen"]) if row["frozen"] and row["address_key"] == address_key(letter.address) else None
        raw = frozen or await _written(row, letter)
        if raw is None:
            return None
        ours = frozen is not None or await _freeze(row, letter, raw)
        since = database.utcnow()
        async with self._line:
            if self._ends():
                await outcomes.wait_again(row, row["not_before"])
                return None
            now = database.utcnow()
            if not ours or (now > since + FRESH and not await claims.renew(row, now)):
                await outcomes.wait_again(row, now)
                return None
            self.tried = True
            await self.transport.send(row["id"], letter.address, raw)
        return MessageState.SENT


async def _written(row: Row, letter: Letter | Notice | Text) -> bytes | None:
    """The bytes that tell the newest state; None, and the row put off, beyond the limit on what strangers trigger."""
    row["address_key"], now = address_key(letter.address), database.utcnow()
    if row["stranger"] and (moment := await _limit_allows(row, now)) > now:
        await _put_off(row, moment)
        return None
    return await asyncio.to_thread(mime.render, letter, now)


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
    await outcomes.wait_again(row, moment)
    await fetch(
        f"UPDATE message SET not_before = {{}} WHERE address_key = {{}} AND {counted_with(row['kind'])} "
        "AND state = 'queued' AND attempts = 0 AND not_before < {}",
        *(moment, row["address_key"], moment),
    )


async def _freeze(row: Row, letter: Letter | Notice | Text, raw: bytes) -> bool:
    """Keep the bytes for two minutes that are ours, and take along the rows that they tell besides.

    False, changing nothing, if one of them is gone.
    """
    if not letter.carries:
        return await _kept(row, letter, raw)
    marks = ", ".join(["{}"] * len(letter.carries))
    try:
        async with transaction():
            carried = await fetch(
                f"UPDATE message SET state = 'carried', carried_by = {{}} WHERE id IN ({marks}) "
                "AND state = 'queued' RETURNING id",
                *(row["id"], *letter.carries),
            )
            if len(carried) != len(letter.carries) or not await _kept(row, letter, raw):
                raise _Gone
    except _Gone:
        return False
    return True


class _Gone(Exception):
    """Another process changed a row first."""


async def _kept(row: Row, letter: Letter | Notice | Text, raw: bytes) -> bool:
    mine = await fetch(
        "UPDATE message SET frozen = {}, address_key = {}, expires_at = {}, lease_until = {} WHERE id = {} "
        "AND claim = {} AND state = 'sending' RETURNING id",
        *(raw, row["address_key"], letter.ends_at, database.utcnow() + LEASE, row["id"], row["claim"]),
    )
    return bool(mine)
