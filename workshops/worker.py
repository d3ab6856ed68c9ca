"""The loop beside the web process: deliver what is due, forget what is old. No logic of its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta

import structlog

from workshops import lost_links, mail_links, reminders
from workshops.after import thank_due
from workshops.claims import take_back_all
from workshops.database import exclusive, fetch, is_embedded, utcnow
from workshops.days_told import tell_news_due
from workshops.delivery import deliver_due
from workshops.digests import digest_due
from workshops.gateway import gateway
from workshops.halls import release_cancelled, remind_due
from workshops.handing_in import match_late_due
from workshops.holds import release_due
from workshops.inbox import Inbox
from workshops.morning_texts import text_morning_due
from workshops.passing_on import expire_due, pass_on_due, promote_due, tell_waiting_due
from workshops.planning import publish_due
from workshops.settings import settings
from workshops.transport import Transport, transport

IDLE_SECONDS = 1.0
DEBUG_IDLE_SECONDS = 0.3
CLOCK_SECONDS = 20.0
PLACES_SECONDS = 1.0
PURGE_SECONDS = 600.0
DUE = (
    *(release_due, publish_due, remind_due, release_cancelled, tell_waiting_due, digest_due, thank_due),
    *(*reminders.DUE, text_morning_due, tell_news_due, match_late_due),
)
"""What happens by itself once its time has come: each is told the time, and says how often it did something."""
PLACES_DUE = (expire_due, pass_on_due, promote_due, lost_links.answer_due)
"""The same, where somebody waits for it."""
Due = Callable[[datetime], Awaitable[int]]
KEPT = timedelta(hours=24)
RECEIVED_KEPT = timedelta(days=40)
"""Longer than the 30 days over which a full mailbox is counted."""
log = structlog.get_logger()


async def work(stop: asyncio.Event) -> None:
    """Work until `stop`, finishing the message in flight. Raises WrongSetting where mail has no way to leave."""
    post = transport()
    async with _alone(stop):
        if stop.is_set():
            return
        if is_embedded():
            await take_back_all()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_pass_places_on(stop))
            tasks.create_task(_work(post, stop))
            if server := settings().inbox:
                tasks.create_task(Inbox(server).watch(stop))
            if texts := gateway():
                tasks.create_task(_text(texts, stop))


@asynccontextmanager
async def _alone(stop: asyncio.Event) -> AsyncIterator[None]:
    """On SQLite one worker works: another one says so, and waits for its end or for `stop`."""
    async with AsyncExitStack() as stack:
        if is_embedded():
            turn = asyncio.create_task(stack.enter_async_context(exclusive("worker")))
            stopping = asyncio.create_task(stop.wait())
            done, _ = await asyncio.wait({turn, stopping}, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                log.warning("waits_for_the_other_worker", why="one worker at a time on SQLite")
                await asyncio.wait({turn, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (turn, stopping):
                task.cancel()
            await asyncio.wait({turn, stopping})
        yield


async def _work(post: Transport, stop: asyncio.Event) -> None:
    looked = purged = 0.0
    try:
        while not stop.is_set():
            seconds = await _deliver(post, stop)
            if time.monotonic() > looked + CLOCK_SECONDS:
                await _look_at_the_clock(DUE, utcnow())
                looked = time.monotonic()
            if time.monotonic() > purged + PURGE_SECONDS:
                await _purge(utcnow())
                purged = time.monotonic()
            await _sleep(stop, seconds)
    finally:
        await post.close()


async def _text(gateway: Transport, stop: asyncio.Event) -> None:
    """Texts leave beside mail, so that a slow gateway holds up no mail."""
    while not stop.is_set():
        await _sleep(stop, await _deliver(gateway, stop, "sms"))


async def _pass_places_on(stop: asyncio.Event) -> None:
    """A place whose offer is over goes to the next at once, however much mail there is to send."""
    while not stop.is_set():
        await _look_at_the_clock(PLACES_DUE, utcnow())
        await _sleep(stop, PLACES_SECONDS)


async def _deliver(post: Transport, stop: asyncio.Event, channel: str = "mail") -> float:
    """The seconds to wait until the next look. A database that is away for a while does not end the worker."""
    try:
        await deliver_due(post, stop, channel)
    except Exception:
        log.error("delivery_failed", exc_info=True)
    return DEBUG_IDLE_SECONDS if settings().debug else IDLE_SECONDS


async def _look_at_the_clock(what: Iterable[Due], now: datetime) -> None:
    for due in what:
        try:
            if done := await due(now):
                log.info("done_when_due", what=due.__name__, number=done)
        except Exception:
            log.error("due_failed", what=due.__name__, exc_info=True)


async def _purge(now: datetime) -> None:
    """Idempotency records, counters and where sign-ups came from serve for a day (contract.md), what came in longer."""
    try:
        await fetch("DELETE FROM idempotency_record WHERE created_at < {}", now - KEPT)
        await fetch("DELETE FROM counter WHERE window_starts_at < {}", now - KEPT)
        await fetch("UPDATE attendee SET network = NULL WHERE network IS NOT NULL AND created_at < {}", now - KEPT)
        await fetch("DELETE FROM inbound WHERE received_at < {}", now - RECEIVED_KEPT)
        await mail_links.forget_expired(now)
    except Exception:
        log.error("purge_failed", exc_info=True)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
