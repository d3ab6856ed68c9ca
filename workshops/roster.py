"""Accounts as an admin sees them: who may do what, who was seen when, who takes over from whom."""

from typing import Any

from workshops import audit
from workshops.actors import Actor
from workshops.database import fetch, fetch_one
from workshops.errors import NotAllowed, NotFound
from workshops.ids import is_id
from workshops.tables.people import Role

Row = dict[str, Any]


async def everyone(actor: Actor) -> list[Row]:
    """Every account, open ones first, by organisation and address; `state` is open, invited or closed.

    Raises NotAllowed unless the actor is an admin.
    """
    _require_admin(actor)
    rows = await fetch(
        "SELECT a.id, a.email, a.name, a.role, o.name AS organisation, a.last_seen_at, a.closed_at, s.name AS "
        "successor, s.email AS successor_email, a.password_hash, a.totp_step FROM account a "
        "LEFT JOIN organisation o ON o.id = a.organisation LEFT JOIN account s ON s.id = a.successor"
    )
    await audit.listed(actor, "accounts", None, len(rows))
    return sorted(
        (_shown(row) for row in rows),
        key=lambda row: (row["state"] == "closed", row["organisation"] or "", row["name"], row["email"]),
    )


async def one(account: str, actor: Actor) -> Row:
    """One account, with the name and `slug` of its organisation and the `successors` who could take it over.

    Raises NotAllowed, NotFound.
    """
    _require_admin(actor)
    row = is_id(account) and await fetch_one(
        "SELECT a.id, a.email, a.name, a.role, a.organisation AS owner, a.created_at, a.last_seen_at, a.closed_at, "
        "a.password_hash, a.totp_step, o.name AS organisation, o.slug, s.name AS successor, s.email AS successor_email "
        "FROM account a LEFT JOIN organisation o ON o.id = a.organisation "
        "LEFT JOIN account s ON s.id = a.successor WHERE a.id = {}",
        account,
    )
    if not row:
        raise NotFound
    return _shown(row) | {"successors": await _successors(row)}


async def organisations() -> list[Row]:
    """Who can have accounts: slug, name and kind of each, by kind and name."""
    return await fetch("SELECT slug, name, kind FROM organisation WHERE archived_at IS NULL ORDER BY kind, name")


async def _successors(row: Row) -> list[Row]:
    """Open accounts of the same organisation; of an admin without one, the other admins without one."""
    same, value = ("organisation = {}", row["owner"]) if row["owner"] else ("role = {}", Role.ADMIN.value)
    found = await fetch(
        f"SELECT id, name, email, organisation FROM account WHERE {same} AND id <> {{}} AND closed_at IS NULL "
        "ORDER BY name, email",
        *(value, row["id"]),
    )
    return [other for other in found if other["organisation"] == row["owner"]]


def _shown(row: Row) -> Row:
    """Nothing secret leaves this module."""
    has_password = row.pop("password_hash") is not None
    state = "closed" if row["closed_at"] else "open" if has_password else "invited"
    return row | {"state": state, "has_second_factor": row.pop("totp_step") is not None}


def _require_admin(actor: Actor) -> None:
    if actor.role is not Role.ADMIN:
        raise NotAllowed
