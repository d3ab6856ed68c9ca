"""The second factor of an account: kept, spent and replaced in the transaction of a sign-in or a change."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog

from workshops import totp
from workshops.database import fetch, fetch_one, in_transaction
from workshops.ids import new_id
from workshops.sql import rows

log = structlog.get_logger()


class Shown(StrEnum):
    """What proved that somebody holds the second factor."""

    APP = "app"
    RECOVERY_CODE = "recovery_code"


async def spend(account: dict[str, Any], code: str, now: datetime) -> Shown | None:
    """What `code` is of `account` (id, totp_secret, totp_step), each working once; None if it is wrong.

    Of two at once with the same code one is right. Raises RuntimeError outside a transaction.
    """
    _require_transaction()
    if recovery := totp.recovery_hash(code, account["id"]):
        spent = await fetch(
            "UPDATE recovery_code SET used_at = {} WHERE account = {} AND code_hash = {} AND used_at IS NULL "
            "RETURNING id",
            *(now, account["id"], recovery),
        )
        return Shown.RECOVERY_CODE if spent else None
    secret = totp.unseal(bytes(account["totp_secret"] or b""), account["id"])
    if secret is None:
        log.error("second_factor_unreadable", account=account["id"])  # its key has left SECRET_KEY
        return None
    step = totp.step_of(secret, code, now, account["totp_step"])
    if step is None:
        return None
    spent = await fetch(
        "UPDATE account SET totp_step = {}, totp_secret = {} WHERE id = {} AND totp_step < {} RETURNING id",
        *(step, totp.seal(secret, account["id"]), account["id"], step),
    )
    return Shown.APP if spent else None


async def set_up(account: str, sealed: bytes, code: str, now: datetime, *, first: bool) -> list[str] | None:
    """Make a sealed secret the account's, once a code proves that the app has it; return ten new recovery codes.

    None if the code is wrong, or if there is a second factor already and this should be the `first`.
    Raises RuntimeError outside a transaction.
    """
    _require_transaction()
    secret = totp.unseal(sealed, account)
    step = totp.step_of(secret, code, now) if secret else None
    if step is None:
        return None
    kept = await fetch(
        f"UPDATE account SET totp_secret = {{}}, totp_step = {{}} WHERE id = {{}}{_NONE_YET if first else ''} "
        "RETURNING id",
        *(sealed, step, account),
    )
    return await new_recovery_codes(account) if kept else None


async def new_recovery_codes(account: str) -> list[str]:
    """Ten new codes in place of the old ones, readable now and never again. As above outside a transaction."""
    _require_transaction()
    codes = [totp.new_recovery_code() for _ in range(totp.RECOVERY_CODES)]
    await fetch("DELETE FROM recovery_code WHERE account = {}", account)
    values = [(new_id(), account, totp.recovery_hash(code, account)) for code in codes]
    await fetch(
        f"INSERT INTO recovery_code (id, account, code_hash) VALUES {rows(len(values), 3)}",
        *(value for row in values for value in row),
    )
    return codes


async def remove(account: str) -> None:
    """Forget the second factor: the next sign-in sets one up. Raises RuntimeError outside a transaction."""
    _require_transaction()
    await fetch("UPDATE account SET totp_secret = NULL, totp_step = NULL WHERE id = {}", account)
    await fetch("DELETE FROM recovery_code WHERE account = {}", account)


async def codes_left(account: str) -> int:
    """How many recovery codes are unused."""
    row = await fetch_one(
        "SELECT count(*) AS unused FROM recovery_code WHERE account = {} AND used_at IS NULL", account
    )
    return int(row["unused"]) if row else 0


def _require_transaction() -> None:
    if not in_transaction():
        raise RuntimeError("a second factor changes in the transaction of what it proves")


_NONE_YET = " AND totp_step IS NULL"
