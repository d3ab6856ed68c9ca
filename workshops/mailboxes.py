"""Where mail leaves and comes in: the servers that SMTP_URL and INBOX_URL name."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


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


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
