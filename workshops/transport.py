"""How a message leaves: by SMTP over connections that are kept, or into the demo outbox."""

import asyncio
import re
import time
from contextlib import suppress
from email.utils import parseaddr
from pathlib import Path
from typing import Protocol

import aiosmtplib as smtp
import structlog

from workshops import settings as environment
from workshops.settings import settings

SILENCE_SECONDS = 30
TOTAL_SECONDS = 60
MESSAGES_A_CONNECTION = 50
IDLE_SECONDS = 60
REFUSED_IN_A_ROW = 3
_FULL = (452, 552)
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
log = structlog.get_logger()


class Trouble(Exception):
    """A message did not leave. `code` is the server's, `cause` a few words without any address."""

    def __init__(self, cause: str, code: int | None = None) -> None:
        super().__init__(cause)
        self.code = code
        self.cause = cause[:60]


class Temporary(Trouble):
    """Try again, with the same bytes. `slow`: the mailbox is the cause; `unreachable`: the server, so for everyone."""

    def __init__(self, cause: str, code: int | None = None, *, slow: bool = False, unreachable: bool = False) -> None:
        super().__init__(cause, code)
        self.slow = slow
        self.unreachable = unreachable


class Permanent(Trouble):
    """It will never leave. `dead`: because the address does not exist (RFC 3463 X.1.x)."""

    def __init__(self, cause: str, code: int | None = None, *, dead: bool = False) -> None:
        super().__init__(cause, code)
        self.dead = dead


class Spent(Trouble):
    """It is not worth another try: what may leave today has left. Whoever it was for is told otherwise."""


class Misconfigured(Trouble):
    """The server refuses us, not this message: nothing will leave until somebody mends the settings."""


class Transport(Protocol):
    """What takes a message away. `limited`: MAIL_PER_MINUTE applies."""

    limited: bool

    async def send(self, identity: str, recipient: str, raw: bytes) -> None:
        """Hand over `raw`, the message of row `identity`. Raises Trouble."""

    async def close(self) -> None:
        """Take leave of the server."""


def transport() -> Transport:
    """The settings' transport: with DEBUG the outbox in var/mail and, if there is one, the server; else the server.

    Raises WrongSetting where neither is there.
    """
    chosen = settings()
    server = Smtp(chosen.smtp) if chosen.smtp else None
    if chosen.debug:
        return Outbox(Path("var/mail"), server)
    if server is None:
        raise environment.WrongSetting("SMTP_URL: a mail server is needed")
    return server


def mail_domain() -> str:
    """The domain of MAIL_FROM: that of Message-IDs, content ids and envelope senders."""
    return parseaddr(settings().mail_from)[1].rpartition("@")[2].lower()


class Outbox:
    """The demo's: every message a file of its own that appears whole; then `server` has it too."""

    limited = False

    def __init__(self, folder: Path, server: "Smtp | None" = None) -> None:
        self._folder = folder
        self._server = server

    async def send(self, identity: str, recipient: str, raw: bytes) -> None:
        await asyncio.to_thread(self._write, identity, raw)
        if self._server:
            await self._server.send(identity, recipient, raw)

    async def close(self) -> None:
        if self._server:
            await self._server.close()

    def _write(self, identity: str, raw: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f".{identity}.part"
        part.write_bytes(raw)
        part.replace(self._folder / f"{identity}.eml")


class Smtp:
    """A server that relays for us, over as many connections as there are calls at once; each is used again."""

    limited = True

    def __init__(self, server: environment.Smtp) -> None:
        self._server = server
        self._idle: list[_Connection] = []
        self._refused = 0

    async def send(self, identity: str, recipient: str, raw: bytes) -> None:
        connection = self._idle.pop() if self._idle else _Connection(self._server)
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                client = await connection.ready()
                await client.sendmail(f"bounce+{identity}@{mail_domain()}", [recipient], raw)
        except BaseException as error:
            connection.drop()
            self._count(error)
            if isinstance(error, (smtp.SMTPException, OSError, ValueError)):
                raise _trouble(error) from error
            raise
        connection.used()
        self._idle.append(connection)
        self._refused = 0

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().quit()

    def _count(self, error: BaseException) -> None:
        """Several messages refused for what they hold, one after the other: something is wrong with all of them."""
        if isinstance(error, smtp.SMTPDataError) and error.code >= 500:
            self._refused += 1
            if self._refused == REFUSED_IN_A_ROW:
                log.error("mail_refused_in_a_row", code=error.code, cause=_cause(error), messages=self._refused)


class _Connection:
    """One connection, kept for 50 messages, renewed after 60 s idle or an error."""

    def __init__(self, server: environment.Smtp) -> None:
        self._server = server
        self._client: smtp.SMTP | None = None
        self._sent = 0
        self._last = 0.0

    async def ready(self) -> smtp.SMTP:
        """The client, connected and signed in."""
        stale = self._sent >= MESSAGES_A_CONNECTION or time.monotonic() - self._last > IDLE_SECONDS
        if self._client and (stale or not self._client.is_connected):
            await self.quit()
        if not self._client:
            self._client, self._sent = (
                smtp.SMTP(
                    hostname=self._server.host,
                    port=self._server.port,
                    username=self._server.user,
                    password=self._server.password,
                    local_hostname=mail_domain(),
                    use_tls=self._server.security == "tls",
                    start_tls=self._server.security == "starttls",
                    timeout=SILENCE_SECONDS,
                ),
                0,
            )
            await self._client.connect()
        return self._client

    def used(self) -> None:
        """One more message has left."""
        self._sent += 1
        self._last = time.monotonic()

    async def quit(self) -> None:
        """Take leave of the server."""
        if self._client:
            with suppress(smtp.SMTPException, OSError):
                async with asyncio.timeout(5):
                    await self._client.quit()
        self.drop()

    def drop(self) -> None:
        """End it without a word."""
        if self._client:
            self._client.close()
        self._client = None


def _trouble(error: Exception) -> Trouble:
    """What an error means for the message and for the queue (evidence: servers' answers, RFC 5321 §4.2, RFC 3463)."""
    name = type(error).__name__
    match error:
        case smtp.SMTPRecipientsRefused():
            return _refused(error.recipients[0])
        case smtp.SMTPNotSupported():
            return Misconfigured(name)
        case smtp.SMTPAuthenticationError() | smtp.SMTPSenderRefused() if error.code >= 500:
            return Misconfigured(_cause(error), error.code)
        case smtp.SMTPDataError() if error.code >= 500 and error.code not in _FULL:
            return Permanent(_cause(error), error.code)
        case smtp.SMTPResponseException():
            return Temporary(_cause(error), error.code, unreachable=error.code == 421 or _at_the_door(error))
        case smtp.SMTPConnectError():
            return Temporary(name, unreachable=True)
        case ValueError():
            return Permanent(name)
    return Temporary(name)


def _at_the_door(error: Exception) -> bool:
    return isinstance(error, smtp.SMTPConnectError | smtp.SMTPHeloError | smtp.SMTPAuthenticationError)


def _refused(error: smtp.SMTPRecipientRefused) -> Trouble:
    if error.code >= 500 and error.code not in _FULL:
        return Permanent(_cause(error), error.code, dead=" 5.1." in _cause(error))
    return Temporary(_cause(error), error.code, slow=error.code != 421, unreachable=error.code == 421)


def _cause(error: smtp.SMTPResponseException) -> str:
    """The stage and the enhanced status code; never the server's words, which may repeat the address."""
    status = _ENHANCED.search(error.message)
    return f"{type(error).__name__} {status[0]}" if status else type(error).__name__
