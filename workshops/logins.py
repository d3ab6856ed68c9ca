"""Signed-in browsers: rows that are made, proved and revoked in the transaction of a sign-in, and read by every page.

A browser gets a new token at each step, so that what anybody knew before a step opens nothing after it.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from workshops.database import fetch, in_transaction
from workshops.ids import new_id, new_token, token_hash
from workshops.tables.people import Role
from workshops.throttle import Place

PENDING, IDLE, ABSOLUTE = timedelta(minutes=15), timedelta(hours=8), timedelta(days=14)
"""How long the second factor may take, how long nobody may be seen, and how long anything lasts at most."""
LIST_PEOPLE = frozenset({Role.ADVISER, Role.ORGANISER, Role.ADMIN})
"""Who can list people signs in with a second factor (product.md "Who may do what"); others may set one up."""
BROWSERS = (
    ("Edge", r"Edge?A?(?:iOS)?/"),
    ("Opera", r"OPR/|OPT/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
SYSTEMS = (
    ("Android", r"Android"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Windows", r"Windows"),
    ("ChromeOS", r"CrOS"),
    ("macOS", r"Mac OS X"),
    ("Linux", r"Linux|X11"),
)


class Step(StrEnum):
    """What stands between a password and the office."""

    NONE = "none"
    CODE = "code"
    SET_UP = "set_up"


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that signs in. `token` is what it holds already; it has signed in to `account` before as `known`."""

    network: str
    label: str
    token: str = ""
    account: str = ""
    known: str = ""

    def place(self, account: str | None) -> Place:
        """Where its tries at `account` come from."""
        return Place(self.network, self.known if account and account == self.account else "")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a browser holds after a step: a token that is shown nowhere else, and what comes next."""

    token: str
    step: Step
    account: str
    locale: str


def step_after_password(role: Role, has_second_factor: bool) -> Step:
    """What is asked for after the password."""
    if has_second_factor:
        return Step.CODE
    return Step.SET_UP if role in LIST_PEOPLE else Step.NONE


async def begin(account: dict[str, Any], browser: Browser, now: datetime) -> Signed:
    """Let a browser in that has shown the password of `account` (id, role, totp_step, locale); its old token ends.

    Raises RuntimeError outside a transaction.
    """
    _require_transaction()
    step, token = step_after_password(Role(account["role"]), account["totp_step"] is not None), new_token()
    await revoke_token(browser.token, now)
    row = {
        "id": new_id(),
        "account": account["id"],
        "token_hash": token_hash(token),
        "label": browser.label,
        "created_at": now,
        "last_seen_at": now,
        "expires_at": now + (ABSOLUTE if step is Step.NONE else PENDING),
        "proved_at": now if step is Step.NONE else None,
    }
    await fetch(
        f"INSERT INTO login ({', '.join(row)}) VALUES ({', '.join(['{}'] * len(row))})",
        *row.values(),
    )
    return Signed(token, step, account["id"], account["locale"])


async def renew(login: str, old: str, now: datetime) -> str | None:
    """The new token of a login that has shown everything; None if `old` is no longer its token. In a transaction."""
    _require_transaction()
    token = new_token()
    renewed = await fetch(
        "UPDATE login SET token_hash = {}, proved_at = {}, last_seen_at = {}, expires_at = {} "
        "WHERE id = {} AND token_hash = {} AND revoked_at IS NULL AND expires_at > {} RETURNING id",
        *(token_hash(token), now, now, now + ABSOLUTE, login, token_hash(old), now),
    )
    return token if renewed else None


async def revoke_token(token: str, now: datetime) -> None:
    """End the login that holds `token`, if there is one."""
    await fetch("UPDATE login SET revoked_at = {} WHERE token_hash = {} AND revoked_at IS NULL", now, token_hash(token))


async def revoke_all(account: str, now: datetime, but: str = "") -> int:
    """End every login of an account but one, and return how many were alive."""
    ended = await fetch(
        "UPDATE login SET revoked_at = {} WHERE account = {} AND id <> {} AND revoked_at IS NULL AND expires_at > {} "
        "AND last_seen_at > {} RETURNING id",
        *(now, account, but, now, now - IDLE),
    )
    return len(ended)


def is_over(login: dict[str, Any], now: datetime) -> bool:
    """Whether a row of `login` with its account's `closed_at` lets nobody in any more."""
    ended = login["revoked_at"] or login["closed_at"] or login["expires_at"] <= now
    return bool(ended) or login["last_seen_at"] + IDLE <= now


def label(user_agent: str) -> str:
    """A browser in words, such as "Firefox on Windows"; what else its User-Agent says is not kept."""
    browser = next((name for name, mark in BROWSERS if re.search(mark, user_agent)), "")
    system = next((name for name, mark in SYSTEMS if re.search(mark, user_agent)), "")
    return " on ".join(part for part in (browser, system) if part)


def _require_transaction() -> None:
    if not in_transaction():
        raise RuntimeError("a login changes in the transaction of what is proved")
