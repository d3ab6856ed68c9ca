"""Where mail leaves and comes in, and texts leave: what SMTP_URL, INBOX_URL and SMS_URL name."""

import ipaddress
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from apprise import NotifyBase

OUTBOX = "outbox:"
"""SMS_URL of the demo: texts stay on this machine."""
TO = "{to}"
"""Where SMS_URL has the phone."""
NO_GATEWAY = f"SMS_URL: an address that apprise knows is needed, with {TO} where the phone goes"


class WrongSetting(Exception):
    """A setting is missing or malformed. The message names it and how to mend it, never its value."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """Where mail leaves: `security` is "tls" (implicit), "starttls" or "none" (loopback only)."""

    host: str
    port: int
    security: str
    user: str | None
    password: str | None


@dataclass(frozen=True, slots=True)
class Imap:
    """The mailbox that we read: `secure` by TLS from the first byte; without it on loopback only."""

    host: str
    port: int
    secure: bool
    user: str
    password: str


def smtp_server(url: str) -> Smtp | None:
    """What SMTP_URL says; None if it is empty. Raises WrongSetting."""
    if not url:
        return None
    ports = {"smtps": ("tls", 465), "smtp+starttls": ("starttls", 587), "smtp": ("none", 25)}
    parts = urlsplit(url)
    try:
        security, default_port = ports[parts.scheme]
        host, port = parts.hostname, parts.port or default_port
    except (KeyError, ValueError):
        host = None
    if not host:
        raise WrongSetting("SMTP_URL: smtps://user:password@host:465 or smtp+starttls://…:587 is needed")
    if security == "none" and not is_loopback(host):
        raise WrongSetting("SMTP_URL: smtp:// is for loopback addresses only; use smtps:// or smtp+starttls://")
    user = unquote(parts.username) if parts.username else None
    return Smtp(host, port, security, user, unquote(parts.password) if parts.password else None)


def inbox(url: str) -> Imap | None:
    """What INBOX_URL says; None if it is empty. Raises WrongSetting."""
    if not url:
        return None
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port or {"imaps": 993, "imap": 143}[parts.scheme]
    except (KeyError, ValueError):
        host = None
    if not host or not parts.username:
        raise WrongSetting("INBOX_URL: imaps://user:password@host:993 is needed")
    if parts.scheme == "imap" and not is_loopback(host):
        raise WrongSetting("INBOX_URL: imap:// is for loopback addresses only; use imaps://")
    return Imap(host, port, parts.scheme == "imaps", unquote(parts.username), unquote(parts.password or ""))


def text_gateway(url: str, debug: bool) -> str | None:
    """What SMS_URL says; None if it is empty. Raises WrongSetting. Whether apprise knows it, the worker finds out."""
    if not url:
        return None
    if url == OUTBOX:
        if not debug:
            raise WrongSetting(f"SMS_URL: {OUTBOX} keeps texts on this machine, with DEBUG=1 only")
    elif TO not in url or "://" not in url:
        raise WrongSetting(NO_GATEWAY)
    return url


def gateway_to(url: str, phone: str) -> "NotifyBase | None":
    """The gateway of SMS_URL for one phone (E.164; it stands in the address without its +); None if it is unknown."""
    from apprise import Apprise  # takes a second and 40 MB: in the worker only

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it would log addresses: secrets, phones
    found = Apprise.instantiate(url.replace(TO, phone.removeprefix("+")))
    return found or None


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
