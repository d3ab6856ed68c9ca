"""Tokens of partners' programs, of which only the hash is kept."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops import audit
from workshops.actors import OPERATOR, Actor
from workshops.database import fetch, fetch_one, is_unique_violation, transaction, utcnow
from workshops.errors import WorkshopsError
from workshops.i18n import PARIS
from workshops.ids import new_id, new_token, token_hash
from workshops.tables.people import Role

PREFIX = "ont_"
NAME_LENGTH = 60


class CredentialRefused(WorkshopsError):
    """No token is made, or revoked; the detail says why."""

    status = 409
    type = "credential-refused"
    title = "This token cannot be made or revoked"


async def add_token(
    name: str, role: Role, organisation: str | None, expires: date | None = None, actor: Actor = OPERATOR
) -> str:
    """Return a new token (256 random bits), which nobody can read again; it works until the end of `expires` in Paris.

    `organisation` is a slug; every role but admin needs one (contract.md). Raises CredentialRefused.
    """
    if not 1 <= len(name.strip()) <= NAME_LENGTH or not name.isprintable():
        raise CredentialRefused(f"a token's name has 1 to {NAME_LENGTH} printable characters")
    now, until = utcnow(), _end_of(expires) if expires else None
    if until and until <= now:
        raise CredentialRefused("the date of expiry is past")
    token, identity = PREFIX + new_token(), new_id()
    owner = await _owner(role, organisation)
    try:
        async with transaction():
            await fetch(
                "INSERT INTO api_token (id, name, token_hash, role, organisation, created_at, expires_at) "
                "VALUES ({}, {}, {}, {}, {}, {}, {})",
                *(identity, name.strip(), token_hash(token), role.value, owner, now, until),
            )
            made = {"role": role.value, "organisation": owner, "expires_at": until}
            await audit.note(actor, "add_token", "api_token", identity, after=made, now=now)
    except Exception as error:
        if is_unique_violation(error):
            raise CredentialRefused(
                "there is, or was, a token of this name: choose another, so that records stay clear"
            ) from None
        raise
    return token


async def tokens() -> list[dict[str, Any]]:
    """Every token ever made, by name: role, slug of its organisation, when it was made, expires, was revoked, used.

    `last_used_at` is right to the hour.
    """
    return await fetch(
        "SELECT t.name, t.role, o.slug AS organisation, t.created_at, t.expires_at, t.revoked_at, t.last_used_at "
        "FROM api_token t LEFT JOIN organisation o ON o.id = t.organisation ORDER BY t.name"
    )


async def revoke_token(name: str, actor: Actor = OPERATOR) -> None:
    """End a token at once. Raises CredentialRefused if none of this name is left to revoke."""
    now = utcnow()
    async with transaction():
        revoked = await fetch_one(
            "UPDATE api_token SET revoked_at = {} WHERE name = {} AND revoked_at IS NULL RETURNING id", now, name
        )
        if revoked:
            await audit.note(actor, "revoke_token", "api_token", revoked["id"], now=now)
    if not revoked:
        raise CredentialRefused("there is no such token, or it is revoked already")


async def _owner(role: Role, slug: str | None) -> str | None:
    """The id of the organisation with this slug."""
    if slug is None and role is Role.ADMIN:
        return None
    if slug is None:
        raise CredentialRefused("every role but admin needs an organisation")
    row = await fetch_one("SELECT id FROM organisation WHERE slug = {} AND archived_at IS NULL", slug)
    if row is None:
        raise CredentialRefused("there is no organisation of this slug")
    return str(row["id"])


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(PARIS)).astimezone(UTC)
