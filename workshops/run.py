"""The demo in one command: the season, the web process and the worker, together from the first word to the last."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from typing import Any
from zoneinfo import ZoneInfo

import click
from tqdm import tqdm

from workshops import schema, server
from workshops.access import make_door_link
from workshops.database import fetch, fetch_one, utcnow
from workshops.i18n import PARIS
from workshops.mailboxes import OUTBOX
from workshops.papers import papers
from workshops.settings import Settings, WrongSetting, settings

READY_SECONDS = 30
STOP_SECONDS = server.GRACE_SECONDS + 5
POLL_SECONDS = 0.05
EVENTS = 6


async def run() -> int:
    """Migrate, load the demo where there is nothing or a past one, serve until a signal; return the exit code.

    0 if it was told to stop, 1 if one of its processes ended by itself. Raises WrongSetting.
    """
    chosen = settings()
    if not chosen.debug:
        raise WrongSetting("DEBUG: `workshops run` is the demo and needs DEBUG=1")
    server.listen(chosen).close()
    await server.require_database()
    await schema.migrate()
    await _load_if_needed()
    click.echo(await _where_to_look(chosen))
    async with _told_to_stop() as stop, _children() as (web, worker):
        ready = asyncio.create_task(_until_ready(chosen))
        ends: list[asyncio.Future[Any]] = [stop, *(asyncio.create_task(child.wait()) for child in (web, worker))]
        await asyncio.wait([ready, *ends], return_when=asyncio.FIRST_COMPLETED)
        if ready.done() and ready.result():
            click.echo(f"Ready: {chosen.public_url} (Ctrl-C ends it)")
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if stop.done():
            return 0
        name = "worker" if worker.returncode is not None else "serve"
        click.echo(f"Stopped: `workshops {name}` does not run, see above.", err=True)
        return 1


async def load_demo(seed: int, events: int) -> None:
    """Load a demo season, with a progress bar. Raises DemoRefused, ValueError."""
    from workshops import demo

    with tqdm(total=events, desc="Demo season", unit=" events", leave=False) as bar:

        def show(done: int, _all: int) -> None:
            bar.update(done - bar.n)

        await demo.load(seed=seed, events=events, progress=show)


async def _load_if_needed() -> None:
    from workshops.demo import is_stale

    empty = not await fetch("SELECT id FROM event LIMIT 1")
    if empty or await is_stale(utcnow()):
        await load_demo(seed=1, events=EVENTS)


async def _where_to_look(chosen: Settings) -> str:
    """The addresses of what there is to see."""
    paths = {
        "The programme": "/",
        "The office": "/sign-in",
        "Who signs in": "/dev/logins",
        "The outbox": "/dev/outbox",
        "Every message": "/dev/messages",
        "The pieces": "/dev/pieces",
        "The API": "/api/docs",
        "Figures": "/metrics",
    }
    links = {name: chosen.public_url + path for name, path in paths.items()} | await _today() | await _offer()
    return "\n".join(["", *(f"  {name:<16} {link}" for name, link in links.items()), "", *await _logins(), ""])


async def _logins() -> list[str]:
    """Whom one can sign in as; a code is good for a minute, /dev/logins and `workshops account code` show the next."""
    from workshops.demo.accounts import PASSWORD, demo_logins

    lines = [
        f"  {login.email:<28} {login.role:<10} {f'code {login.code}' if login.code else 'no code needed':<15}"
        for login in await demo_logins()
    ]
    told = f"Sign in with the password « {PASSWORD} » and the code of the moment (the next: /dev/logins):"
    return [told, *lines] if lines else []


async def _today() -> dict[str, str]:
    """The day that runs now, a ticket of it, and links for its door: one works once, within 30 minutes."""
    now = utcnow()
    day = await fetch_one(
        "SELECT id FROM event WHERE status = 'published' AND date = {} AND ends_at > {} ORDER BY starts_at LIMIT 1",
        *(now.astimezone(ZoneInfo(PARIS)).date(), now),
    )
    if day is None:
        return {}
    links = {
        "Today": f"{settings().public_url}/events/{day['id']}",
        "Door of the hall": await make_door_link(day["id"]),
    }
    booked = await fetch_one(
        "SELECT r.attendee, s.workshop FROM registration r JOIN session s ON s.id = r.session "
        "JOIN workshop w ON w.id = s.workshop WHERE w.event = {} AND r.status = 'confirmed' "
        "ORDER BY s.starts_at DESC, r.id LIMIT 1",
        day["id"],
    )
    if booked:
        held = await papers(booked["attendee"])
        links["Door of a stand"] = await make_door_link(day["id"], booked["workshop"])
        links |= {"A ticket": held.ticket_url, "Its places": held.manage_url}
    return links


async def _offer() -> dict[str, str]:
    """A place that is kept for somebody who waited."""
    kept = await fetch_one(
        "SELECT id, attendee FROM registration WHERE status = 'offered' AND offered_until > {} ORDER BY id LIMIT 1",
        utcnow(),
    )
    if kept is None:
        return {}
    return {"A place offered": f"{(await papers(kept['attendee'])).manage_url}/offers/{kept['id']}"}


@asynccontextmanager
async def _children() -> AsyncIterator[tuple[Process, Process]]:
    """`workshops serve` and `workshops worker`, in groups of their own, so that Ctrl-C reaches them by us alone."""
    started: list[Process] = []
    try:
        for name in ("serve", "worker"):
            command = (sys.executable, "-m", "workshops.cli", name)
            env = {**os.environ, "SMS_URL": settings().sms_url or OUTBOX}
            started.append(await asyncio.create_subprocess_exec(*command, process_group=0, env=env))
        yield started[0], started[1]
    finally:
        await asyncio.gather(*(_end(child) for child in started))


async def _end(child: Process) -> None:
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


@asynccontextmanager
async def _told_to_stop() -> AsyncIterator["asyncio.Task[bool]"]:
    """A task that is done once somebody asks this process to stop."""
    told = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(one, told.set)
    stop = asyncio.create_task(told.wait())
    yield stop
    stop.cancel()


async def _until_ready(chosen: Settings) -> bool:
    """Whether the web process answers, at most 30 s from now."""
    with suppress(TimeoutError):
        async with asyncio.timeout(READY_SECONDS):
            while not await _answers(chosen):  # noqa: ASYNC110 - another process, which sends no event
                await asyncio.sleep(POLL_SECONDS)
            return True
    return False


async def _answers(chosen: Settings) -> bool:
    try:
        reader, writer = await asyncio.open_connection(chosen.host, chosen.port)
        with closing(writer):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return b" 200 " in await reader.readline()
    except OSError:
        return False
