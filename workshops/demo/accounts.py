"""Accounts of the demo's staff: one password, and fixed authenticator secrets so that a code can always be shown."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher

from workshops import totp
from workshops.database import fetch, fetch_one, utcnow
from workshops.demo import cast
from workshops.demo.rows import Draw, Row, lasting_id
from workshops.errors import NotFound
from workshops.logins import LIST_PEOPLE
from workshops.sql import marks
from workshops.tables.people import Role

PASSWORD = "trois terrils sous la neige"  # noqa: S105 - printed by `make run`, and of no use elsewhere


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """Whom one can sign in as; `code` is what their app shows now, if they need one."""

    email: str
    name: str
    role: str
    organisation: str | None
    code: str | None


def add_accounts(draw: Draw, exhibitor: str) -> None:
    """Add the accounts of data/demo.toml; the exhibitor's belongs to `exhibitor`, an organisation's id."""
    for one in cast.script()["account"]:
        slug, is_exhibitor = one.get("organisation"), one["role"] == Role.EXHIBITOR
        owner = lasting_id(slug) if slug else exhibitor if is_exhibitor else None
        draw.add("account", _row(one, owner, draw.start))


def account_ids() -> list[str]:
    """The ids of the demo's accounts, the same in every season."""
    return [_id(one["email"]) for one in cast.script()["account"]]


async def demo_logins() -> list[DemoLogin]:
    """Those of the demo's accounts that one can sign in to, with a code that works now."""
    now, ids = utcnow(), account_ids()
    rows = await fetch(
        "SELECT a.id, a.email, a.name, a.role, a.totp_step, o.name AS organisation FROM account a "
        f"LEFT JOIN organisation o ON o.id = a.organisation WHERE a.id IN ({marks(len(ids))}) "
        "AND a.closed_at IS NULL AND a.password_hash IS NOT NULL",
        *ids,
    )
    rows.sort(key=lambda row: ids.index(row["id"]))
    return [
        DemoLogin(row["email"], row["name"], row["role"], row["organisation"], _code(row, _secret(row["email"]), now))
        for row in rows
    ]


async def code_of(email: str) -> str:
    """A code of an account's authenticator app that works now. Raises NotFound where it has none."""
    row = await fetch_one(
        "SELECT id, totp_secret, totp_step FROM account WHERE email = {} AND totp_step IS NOT NULL", email.lower()
    )
    secret = totp.unseal(bytes(row["totp_secret"]), row["id"]) if row else None
    if row is None or secret is None:
        raise NotFound("there is no account of this address with a second factor")
    return _code(row, secret, utcnow()) or ""


def _row(one: dict[str, Any], owner: str | None, start: datetime) -> Row:
    identity, state = _id(one["email"]), one.get("state", "open")
    has_factor = state == "open" and Role(one["role"]) in LIST_PEOPLE
    return {
        "id": identity,
        "email": one["email"],
        "name": one["name"],
        "role": one["role"],
        "organisation": owner,
        "locale": "fr",
        "password_hash": None if state == "invited" else _password_hash(),
        "totp_secret": totp.seal(_secret(one["email"]), identity) if has_factor else None,
        "totp_step": 0 if has_factor else None,
        "created_at": start - timedelta(days=60),
        "last_seen_at": None if state == "invited" else start - timedelta(days=40 if state == "closed" else 1),
        "closed_at": start - timedelta(days=30) if state == "closed" else None,
        "successor": _id("conseil@demo.example.org") if state == "closed" else None,
    }


def _code(row: dict[str, Any], secret: str, now: datetime) -> str | None:
    return totp.next_code(secret, now, row["totp_step"]) if row["totp_step"] is not None else None


def _id(email: str) -> str:
    return lasting_id("account", email)


def _secret(email: str) -> str:
    return base64.b32encode(hashlib.sha256(f"demo {email}".encode()).digest()[:20]).decode()


@cache
def _password_hash() -> str:
    """The same for the same demo: its salt is no secret."""
    return PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(PASSWORD, salt=b"the demo's salt.")
