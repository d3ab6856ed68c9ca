"""Accounts as people have them: a password, an authenticator app, a browser; and a clock for all that they do."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import factories
from workshops import account_links, accounts, mail_links, own_account, passwords, sign_in, totp
from workshops.database import utcnow
from workshops.ids import new_id
from workshops.logins import Browser, Signed
from workshops.tables.people import Role

PASSWORD = "gaufre terril tandem nuage"
HOME, ELSEWHERE = Browser("192.0.2.1", "Firefox on Windows"), Browser("198.51.100.7", "Chrome on Android")
KINDS = {Role.HOST: "municipality", Role.EXHIBITOR: "exhibitor"}


class Clock:
    """What time it is for sign-ins, until a test turns it."""

    def __init__(self) -> None:
        self.now = utcnow()

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **delta: float) -> None:
        """Let time pass."""
        self.now += timedelta(**delta)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of everything about accounts."""
    turned = Clock()
    for module in (sign_in, own_account, accounts, account_links, mail_links):
        monkeypatch.setattr(module, "utcnow", turned)
    return turned


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff. `secret` is what their app holds, if they have one."""

    id: str
    email: str
    role: Role
    organisation: str | None
    secret: str

    def code(self, now: datetime | None = None) -> str:
        """What their app shows."""
        return totp.next_code(self.secret, now or datetime.now(UTC))


async def colleague(
    role: Role = Role.ORGANISER, *, password: str | None = PASSWORD, app: bool = True, **given: Any
) -> Colleague:
    """Somebody with an account; of a new organisation unless one is given."""
    identity, secret = new_id(), totp.new_secret()
    if "organisation" not in given and role is not Role.ADMIN:
        given["organisation"] = (await factories.organisation(KINDS.get(role, "agency")))["id"]
    row = {
        "id": identity,
        "email": f"{identity}@example.org",
        "name": f"Camille {identity}",
        "role": role.value,
        "organisation": None,
        "locale": "fr",
        "password_hash": await passwords.hash_of(password) if password else None,
        "totp_secret": totp.seal(secret, identity) if app else None,
        "totp_step": 0 if app else None,
        "created_at": utcnow(),
        **given,
    }
    await factories.insert("account", row)
    return Colleague(identity, row["email"], role, row["organisation"], secret if app else "")


async def signed_in(who: Colleague, browser: Browser = HOME, now: datetime | None = None) -> Signed:
    """Sign in with every step."""
    first = await sign_in.with_password(who.email, PASSWORD, browser)
    if not who.secret:
        return first
    held = Browser(browser.network, browser.label, first.token, browser.account, browser.known)
    return await sign_in.with_code(who.code(now), held)
