"""The two processes of the service, web and worker: what they refuse to start on, and how they stop."""

import asyncio
import signal
import socket
import sys

import structlog
import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from workshops import database, logs, schema
from workshops.settings import Settings, WrongSetting, require_production, settings

log = structlog.get_logger()

GRACE_SECONDS = 10
KEEP_ALIVE_SECONDS = 75  # longer than a proxy keeps a connection, so that it never sends into a closing one
BACKLOG = 2048
HEAD_BYTES = 64 * 1024


def serve(application: str = "workshops.app:application") -> None:
    """Serve until SIGTERM or SIGINT, then let requests in flight end, for 10 s at most. Raises WrongSetting."""
    chosen = settings()
    asyncio.run(require_fit("serve"))
    listener = listen(chosen)
    logs.configure(chosen.debug)
    config = uvicorn.Config(
        application,
        factory=True,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # it would tell paths and addresses
        proxy_headers=False,  # the edge believes TRUSTED_PROXIES only
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: sys.exit(0))  # uvicorn raises the signal again once it has stopped
    log.info("serving", host=chosen.host, port=chosen.port)
    uvicorn.Server(config).run(sockets=[listener])


class Protocol(HttpToolsProtocol):
    """HTTP/1.1, refusing a request line with headers of more than 64 KB: httptools would collect them without end."""

    in_head, head = True, 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.head = self.head + len(data) if self.in_head else 0
        if self.head > HEAD_BYTES:
            self.send_400_response("Headers too long.")

    def on_message_begin(self) -> None:
        self.in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self.in_head = False
        super().on_headers_complete()


def work() -> None:
    """Run the worker until SIGTERM or SIGINT, then let it end what it has begun. Raises WrongSetting."""
    asyncio.run(require_fit("worker"))
    logs.configure(settings().debug)
    uvloop.run(_work())


async def _work() -> None:
    from workshops import worker

    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    log.info("working")
    async with database.connected():
        await worker.work(stop)


async def require_fit(what: str) -> None:
    """Raise WrongSetting unless `what` ("serve", "worker") may start here: settings, database, schema, no demo."""
    chosen = settings()
    require_production(chosen, what)
    await require_schema()
    if not chosen.debug:
        from workshops.demo import holds_demo

        if await holds_demo():
            raise WrongSetting(f"DATABASE_URL: this database holds the demo season; {what} needs another one")


async def require_schema() -> None:
    """Raise WrongSetting unless the database answers, with a schema that is at least the code's."""
    await require_database()
    if not await schema.is_current():
        raise WrongSetting("DATABASE_URL: this database is older than the code; run `workshops migrate` first")


async def require_database() -> None:
    """Raise WrongSetting unless the database answers."""
    try:
        await database.fetch("SELECT 1")
    except WrongSetting:
        raise
    except Exception as error:  # whatever a driver raises; its words may hold the URL
        raise WrongSetting(f"DATABASE_URL: this database does not answer ({type(error).__name__})") from None


def listen(chosen: Settings) -> socket.socket:
    """A socket that listens on HOST and PORT. Raises WrongSetting."""
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    try:
        return socket.create_server((chosen.host, chosen.port), family=family, backlog=BACKLOG)
    except socket.gaierror:
        raise WrongSetting("HOST: this machine has no such address") from None
    except OSError:
        raise WrongSetting("PORT: another program listens there, or it may not be used; try PORT=8001") from None
