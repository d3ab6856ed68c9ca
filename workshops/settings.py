"""The environment, read once into a frozen object; a wrong value stops the start and is named, never shown."""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from workshops.mailboxes import Imap, Smtp, WrongSetting, inbox, is_loopback, smtp_server, text_gateway

__all__ = ["SETTINGS", "Imap", "Settings", "Smtp", "WrongSetting", "bundled", "read", "require_production", "settings"]

PACKAGE = Path(__file__).parent
ROOT = PACKAGE.parent

SETTINGS = {
    "DATABASE_URL": "`sqlite:///path` or `postgresql://…`; default `sqlite:///var/workshops.db`",
    "SECRET_KEY": "≥ 32 bytes; `new,old`: the first makes secrets, all of them read",
    "PUBLIC_URL": "the https address people type; every link is built from it",
    "HOST": "the address `serve` listens on; default 127.0.0.1",
    "PORT": "the port `serve` listens on; default 8000",
    "TRUSTED_PROXIES": "networks whose forwarded headers are believed, comma separated; empty: none",
    "SMTP_URL": "`smtps://user:pass@host:465` or `smtp+starttls://…:587`; `smtp://` on loopback only",
    "MAIL_FROM": "the sender's address, or `Name <address>`",
    "MAIL_PER_MINUTE": "how many messages leave in a minute at most; default 25",
    "MAIL_CONNECTIONS": "how many connections to the mail server a worker keeps; default 1",
    "INBOX_URL": "`imaps://user:pass@host:993`; with it mail carries real invitations, without it published entries",
    "DECLINED": "what a no in a calendar does: `ask` the person (default), or `release` the place at once",
    "SMS_URL": "the text message gateway, as apprise names it, with `{to}` for the phone; in the demo `outbox:`",
    "SMS_PER_DAY": "how many text messages leave in a day at most; default 200",
    "SMS_MORNING": "`1`: in the morning of the day everybody with a mobile gets a text message",
    "HELP_PHONE": "the one telephone number shown on every page and in every message",
    "METRICS_TOKEN": "bearer token of `/metrics`",
    "RETENTION_MONTHS": "months until personal data is anonymised after an event; default 6, at most 24",
    "CONTROLLER": "who answers for personal data: name and address",
    "DPO": "how to reach the data protection officer",
    "DEBUG": "`1`: demo outbox, `/dev` pages, printed links; loopback only, never in production",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked. Names are the environment's in lower case."""

    database_url: str
    secret_keys: tuple[bytes, ...]
    public_url: str
    host: str
    port: int
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    smtp: Smtp | None
    mail_from: str
    mail_per_minute: int
    mail_connections: int
    inbox: Imap | None
    release_declined: bool
    sms_url: str | None
    sms_per_day: int
    sms_morning: bool
    help_phone: str
    metrics_token: str | None
    retention_months: int
    controller: str
    dpo: str
    debug: bool

    @property
    def public_host(self) -> str:
        """Host and port of PUBLIC_URL, lower case."""
        return urlsplit(self.public_url).netloc.lower()

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https, so that cookies carry the `__Host-` prefix."""
        return self.public_url.startswith("https://")


def bundled(name: str) -> Path:
    """The folder `name` (templates, static, locales, data): the source tree's if there is one, else the wheel's."""
    source = ROOT / name
    return source if (ROOT / "pyproject.toml").exists() and source.is_dir() else PACKAGE / "bundled" / name


@cache
def settings() -> Settings:
    """The settings of this process, read from its environment once."""
    return read(os.environ)


def read(env: Mapping[str, str]) -> Settings:
    """Check `env` and freeze it. Raises WrongSetting. Emptied values count as absent."""
    debug = env.get("DEBUG", "") not in ("", "0")
    host = env.get("HOST") or "127.0.0.1"
    port = _number(env, "PORT", 8000, 1, 65535)
    if debug and not is_loopback(host):
        raise WrongSetting("HOST: with DEBUG=1 the service listens on a loopback address only")
    return Settings(
        database_url=_database_url(env.get("DATABASE_URL") or "sqlite:///var/workshops.db"),
        secret_keys=_secret_keys(env.get("SECRET_KEY") or "", debug),
        public_url=_public_url(env.get("PUBLIC_URL") or f"http://{_in_url(host)}:{port}"),
        host=host,
        port=port,
        trusted_proxies=_networks(env.get("TRUSTED_PROXIES") or ""),
        smtp=smtp_server(env.get("SMTP_URL") or ""),
        mail_from=env.get("MAIL_FROM") or ("Osons nos talents <inscription@example.org>" if debug else ""),
        mail_per_minute=_number(env, "MAIL_PER_MINUTE", 25, 1, 100_000),
        mail_connections=_number(env, "MAIL_CONNECTIONS", 1, 1, 10),
        inbox=inbox(env.get("INBOX_URL") or ""),
        release_declined=_choice(env, "DECLINED", "ask", "release") == "release",
        sms_url=text_gateway(env.get("SMS_URL") or "", debug),
        sms_per_day=_number(env, "SMS_PER_DAY", 200, 0, 100_000),
        sms_morning=env.get("SMS_MORNING", "") not in ("", "0"),
        help_phone=env.get("HELP_PHONE") or "03 53 01 00 00",
        metrics_token=env.get("METRICS_TOKEN") or None,
        retention_months=_number(env, "RETENTION_MONTHS", 6, 1, 24),
        controller=env.get("CONTROLLER") or "Pôle métropolitain de l’Artois",
        dpo=env.get("DPO") or "",
        debug=debug,
    )


def require_production(chosen: Settings, what: str) -> None:
    """Refuse to start `what` ("serve", "worker") without DEBUG unless everything that production needs is there."""
    if chosen.debug:
        return
    if not chosen.secret_keys:
        raise WrongSetting(f"SECRET_KEY: {what} needs a key of at least 32 bytes")
    if not chosen.secure:
        raise WrongSetting(f"PUBLIC_URL: {what} needs the https address that people use")
    if chosen.smtp is None:
        raise WrongSetting(f"SMTP_URL: {what} needs a mail server")
    if not chosen.mail_from:
        raise WrongSetting(f"MAIL_FROM: {what} needs the sender's address")


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    try:
        number = int(env.get(name) or default)
    except ValueError:
        raise WrongSetting(f"{name}: a whole number is needed") from None
    if not low <= number <= high:
        raise WrongSetting(f"{name}: a number from {low} to {high} is needed")
    return number


def _database_url(url: str) -> str:
    if not url.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise WrongSetting("DATABASE_URL: sqlite:///path or postgresql://… is needed")
    return url


def _secret_keys(text: str, debug: bool) -> tuple[bytes, ...]:
    keys = tuple(part.strip().encode() for part in text.split(",") if part.strip())
    if any(len(key) < 32 for key in keys):
        raise WrongSetting("SECRET_KEY: every key needs at least 32 bytes")
    return keys or ((_demo_key(),) if debug else ())


def _demo_key() -> bytes:
    """A random key kept in var/, so that demo links outlive a restart."""
    path = Path("var/secret_key")
    path.parent.mkdir(exist_ok=True)
    try:
        with path.open("x") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_bytes()


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise WrongSetting("PUBLIC_URL: an address such as https://ateliers.example.org without a path is needed")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise WrongSetting("PUBLIC_URL: http is for loopback addresses only; use https")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise WrongSetting("TRUSTED_PROXIES: networks such as 10.0.0.0/8, comma separated, are needed") from None


def _choice(env: Mapping[str, str], name: str, *choices: str) -> str:
    chosen = env.get(name) or choices[0]
    if chosen not in choices:
        raise WrongSetting(f"{name}: one of {', '.join(choices)} is needed")
    return chosen


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
