"""Signing in: the password, then the second factor of everyone who can list people; and who is signed in.

An address that nobody has gets the same answer as a wrong password, after the same work. Tries are counted before they
are judged (see `throttle`).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from workshops import audit, logins, passwords, second_factor, throttle
from workshops.actors import Actor, Staff
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import SignInNeeded, WorkshopsError
from workshops.i18n import _
from workshops.ids import token_hash
from workshops.logins import Browser, Signed, Step
from workshops.second_factor import Shown
from workshops.tables.people import Role

SEEN_EVERY = timedelta(minutes=1)
MOST_ADDRESS = 254


class NotRecognised(WorkshopsError):
    """Address and password do not belong together; which of them is wrong is not said."""

    status = 422
    type = "not-recognised"
    title = _("This address and this password do not go together. Check both, then try again")


class WrongCode(WorkshopsError):
    """The code is wrong, too old, or was used before."""

    status = 422
    type = "wrong-code"
    title = _("This code is not right, or was used already. Wait for the next one, then try again")


@dataclass(frozen=True, slots=True)
class Pending:
    """A browser that has shown a password alone; `step` is what is asked for now."""

    login: str
    account: str
    email: str
    step: Step


async def with_password(email: str, password: str, browser: Browser) -> Signed:
    """Begin a login, or complete it where no second factor is asked for.

    Raises NotRecognised, TooManyTries, TooBusy.
    """
    address, now = email.strip().lower()[:MOST_ADDRESS], utcnow()
    account = await fetch_one(
        "SELECT id, role, password_hash, totp_step, locale FROM account WHERE email = {} AND closed_at IS NULL", address
    )
    place = browser.place(account["id"] if account else None)
    await throttle.count_try("password", address, place, now)
    stored = account["password_hash"] if account else None
    if not await passwords.matches(password, stored) or account is None or stored is None:
        raise NotRecognised
    newer = await passwords.hash_of(password) if passwords.is_outdated(stored) else stored
    async with transaction():
        kept = await fetch(
            "UPDATE account SET password_hash = {} WHERE id = {} AND password_hash = {} AND closed_at IS NULL "
            "RETURNING id",
            *(newer, account["id"], stored),
        )
        signed = await logins.begin(account, browser, now) if kept else None
    if signed is None:  # changed or closed meanwhile
        raise NotRecognised
    await throttle.forget_tries("password", address, place)
    return signed


async def pending(token: str) -> Pending:
    """The login of a browser whose second step is due. Raises SignInNeeded."""
    row = await _login(token)
    if row is None or row["proved_at"] or logins.is_over(row, utcnow()):
        raise SignInNeeded
    step = logins.step_after_password(Role(row["role"]), row["totp_step"] is not None)
    return Pending(row["login"], row["id"], row["email"], step)


async def with_code(code: str, browser: Browser) -> Signed:
    """Complete a login by a code of the app, or by a recovery code. Raises SignInNeeded, WrongCode, TooManyTries."""
    begun, now = await pending(browser.token), utcnow()
    place = browser.place(begun.account)
    await throttle.count_try("code", begun.account, place, now)
    async with transaction():
        account = await _second_factor_of(begun.account)
        proved = await second_factor.spend(account, code, now)
        token = await logins.renew(begun.login, browser.token, now) if proved else None
        if proved is Shown.RECOVERY_CODE:
            await audit.note(Actor(f"account:{begun.account}"), "use_recovery_code", "account", begun.account, now=now)
    if not proved:
        raise WrongCode
    if token is None:
        raise SignInNeeded
    await throttle.forget_tries("code", begun.account, place)
    return Signed(token, Step.NONE, begun.account, account["locale"])


async def set_up(sealed: bytes, code: str, browser: Browser) -> tuple[Signed, list[str]]:
    """Complete a first login by setting up its second factor; return the recovery codes too, which are shown once.

    Raises SignInNeeded, WrongCode, TooManyTries.
    """
    begun, now = await pending(browser.token), utcnow()
    if begun.step is not Step.SET_UP:
        raise SignInNeeded
    place = browser.place(begun.account)
    await throttle.count_try("code", begun.account, place, now)
    async with transaction():
        account = await _second_factor_of(begun.account)
        codes = await second_factor.set_up(begun.account, sealed, code, now, first=True)
        token = await logins.renew(begun.login, browser.token, now) if codes else None
        if codes:
            await audit.note(
                Actor(f"account:{begun.account}"), "set_up_second_factor", "account", begun.account, now=now
            )
    if codes is None:
        raise WrongCode
    if token is None:
        raise SignInNeeded
    await throttle.forget_tries("code", begun.account, place)
    return Signed(token, Step.NONE, begun.account, account["locale"]), codes


async def signed_in(token: str, *, active: bool = True) -> Staff:
    """Who is signed in with every factor. Being `active` is noted once a minute at most. Raises SignInNeeded."""
    row, now = await _login(token), utcnow()
    if row is None or not row["proved_at"] or logins.is_over(row, now):
        raise SignInNeeded
    if active and row["last_seen_at"] + SEEN_EVERY <= now:
        seen = "SET last_seen_at = {} WHERE id = {}"
        await fetch(f"UPDATE login {seen}", now, row["login"])
        await fetch(f"UPDATE account {seen}", now, row["id"])
    return Staff(
        f"account:{row['id']}",
        Role(row["role"]),
        row["organisation"],
        account=row["id"],
        login=row["login"],
        name=row["name"],
        email=row["email"],
        locale=row["locale"],
    )


async def sign_out(token: str) -> None:
    """End the login of this browser; nothing where there is none."""
    await logins.revoke_token(token, utcnow())


async def _login(token: str) -> dict[str, Any] | None:
    return await fetch_one(
        "SELECT l.id AS login, l.expires_at, l.revoked_at, l.proved_at, l.last_seen_at, a.id, a.role, a.organisation, "
        "a.name, a.email, a.locale, a.closed_at, a.totp_step FROM login l JOIN account a ON a.id = l.account "
        "WHERE l.token_hash = {}",
        token_hash(token),
    )


async def _second_factor_of(account: str) -> dict[str, Any]:
    """The second factor as it is now. Raises SignInNeeded if the account was closed meanwhile."""
    row = await fetch_one(
        "SELECT id, totp_secret, totp_step, locale FROM account WHERE id = {} AND closed_at IS NULL", account
    )
    if row is None:
        raise SignInNeeded
    return row
