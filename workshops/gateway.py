"""How a text message leaves: through a gateway that apprise knows, or into the demo outbox."""

import asyncio
import time
from pathlib import Path

import structlog

from workshops import database, text_budget
from workshops.mail import address_key
from workshops.mailboxes import NO_GATEWAY, OUTBOX, WrongSetting, gateway_to
from workshops.settings import settings
from workshops.transport import Spent, Temporary, Transport

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 20.0
log = structlog.get_logger()


def gateway() -> Transport | None:
    """The settings' gateway: with DEBUG also the outbox in var/mail; None without SMS_URL.

    Raises WrongSetting.
    """
    chosen = settings()
    if not chosen.sms_url:
        return None
    url = None if chosen.sms_url == OUTBOX else chosen.sms_url
    if url and gateway_to(url, "+33600000000") is None:
        raise WrongSetting(NO_GATEWAY)
    return Gateway(url, Path("var/mail") if chosen.debug else None)


class Gateway:
    """What takes a text to one phone, within `text_budget`; with `folder` a file of its own that appears whole, too.

    apprise tells yes or no only, so that every no is tried again. A no costs nothing and is not counted. Silence is
    counted: the text may have left, and leaves again, for a ticket told twice is better than one never told.
    """

    limited = False

    def __init__(self, url: str | None, folder: Path | None = None) -> None:
        self._url = url
        self._folder = folder

    async def send(self, identity: str, recipient: str, raw: bytes) -> None:
        phone, now = address_key(recipient), database.utcnow()
        await _count(phone)
        if self._folder:
            await asyncio.to_thread(self._keep, self._folder, identity, recipient, raw)
        began = time.monotonic()
        if self._url and not await asyncio.to_thread(_ask, self._url, recipient, raw.decode()):
            if time.monotonic() - began >= ANSWER_SECONDS:
                raise Temporary("no answer", slow=True)
            await text_budget.give_back(phone, now)
            raise Temporary("refused", slow=True)

    async def close(self) -> None:
        """There is no connection to end."""

    def _keep(self, folder: Path, identity: str, recipient: str, raw: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{identity}.part"
        part.write_bytes(f"{recipient}\n\n".encode() + raw)
        part.replace(folder / f"{identity}.sms")


async def _count(phone: str) -> None:
    now = database.utcnow()
    spent = await text_budget.take(phone, now)
    if spent == "day" and await text_budget.first_alarm(now):
        log.error("sms_budget_spent", limit=settings().sms_per_day)
    if spent:
        raise Spent(f"enough for the {spent}")


def _ask(url: str, recipient: str, text: str) -> bool:
    service = gateway_to(url, recipient)
    if service is None:
        return False
    service.socket_connect_timeout, service.socket_read_timeout = CONNECT_SECONDS, ANSWER_SECONDS
    return bool(service.notify(body=text))
