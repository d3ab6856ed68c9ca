"""The mailbox that our messages come from is looked at every minute: calendars answer, servers give messages back.

Everything else stays there unread, for humans: nothing is ever answered.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import datetime

import structlog

from workshops import bounces, database, replies, reply_addresses
from workshops.incoming import MOST_BYTES, Arrived, Mailbox, Reader, Told, Unreadable
from workshops.mailboxes import Imap
from workshops.received import FOR_HUMANS, Outcome
from workshops.settings import settings

SECONDS = 60.0
DEBUG_SECONDS = 2.0
LOOK_SECONDS = 300.0
TRIES = 5
log = structlog.get_logger()


class Inbox:
    """One mailbox. It remembers what is not ours, and how often we failed on what is."""

    def __init__(self, server: Imap) -> None:
        self._server = server
        self._others: set[str] = set()
        self._tries: Counter[str] = Counter()

    async def watch(self, stop: asyncio.Event) -> None:
        """Look every minute until `stop`, which ends a look at once."""
        while not stop.is_set():
            look, stopping = asyncio.create_task(self._looked()), asyncio.create_task(stop.wait())
            await asyncio.wait({look, stopping}, return_when=asyncio.FIRST_COMPLETED)
            look.cancel()
            await asyncio.wait({look})
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping, DEBUG_SECONDS if settings().debug else SECONDS)

    async def _looked(self) -> None:
        try:
            await self.look()
        except Exception as error:  # a mailbox or a database that is away does not end the worker
            log.error("inbox_away", cause=type(error).__name__)

    async def look(self) -> int:
        """Deal with what is unread and ours, one process at a time; how many messages are done with.

        What one message makes fail is tried again at the next look, five times in all, and keeps no other one waiting.
        Raises one of `mailbox.TROUBLE`, TimeoutError after 5 minutes.
        """
        box, done = Mailbox(self._server), 0
        try:
            async with asyncio.timeout(LOOK_SECONDS), database.exclusive("inbox"), Reader() as reader:
                for one in await asyncio.to_thread(box.unread, self._others):
                    done += await self._is_done(box, one, reader)
                await asyncio.to_thread(box.leave)
        finally:
            box.drop()
        return done

    async def _is_done(self, box: Mailbox, one: Arrived, reader: Reader) -> bool:
        raw = b"" if one.size > MOST_BYTES else await asyncio.to_thread(box.raw, one.uid)
        try:
            outcome = await _acted(raw, reader) if 0 < len(raw) <= MOST_BYTES else Outcome.TOO_LARGE
        except Exception as error:
            self._tries[box.key(one.uid)] += 1
            log.warning("mail_kept", cause=type(error).__name__, tries=self._tries[box.key(one.uid)])
            if self._tries[box.key(one.uid)] < TRIES:
                return False
            outcome = Outcome.UNREADABLE
        await asyncio.to_thread(box.set_aside if outcome in FOR_HUMANS else box.done, one.uid)
        log.info("mail_came_in", outcome=outcome.value, bytes=one.size)
        return True


async def _acted(raw: bytes, reader: Reader) -> Outcome:
    try:
        told = await reader.read(raw)
    except Unreadable:
        return Outcome.UNREADABLE
    now = database.utcnow()
    for address in told.recipients:
        if message := bounces.named(address):
            return await _returned(message, told, now)
        if token := reply_addresses.read(address):
            return await _answered(token, told, now)
    return Outcome.UNKNOWN


async def _returned(message: str, told: Told, now: datetime) -> Outcome:
    """Holiday notes come to the envelope's address too (RFC 3834 §4)."""
    if told.failure:
        return await bounces.take_back(message, told.failure, told.digest, now)
    return Outcome.NOTHING if told.delayed or told.automatic else Outcome.FAULTY


async def _answered(token: str, told: Told, now: datetime) -> Outcome:
    if told.reply:
        return await replies.answer(token, told.reply, told.automatic, told.digest, now)
    return Outcome.NOTHING if told.automatic else Outcome.FAULTY
