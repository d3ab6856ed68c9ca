"""Who is calling: a partner's token, a door's phone, or anyone; and what they may do (product.md rights table)."""

import hashlib

from litestar import Request

from workshops.actors import ANYONE, Actor
from workshops.database import fetch_one, utcnow
from workshops.errors import NotAllowed, NotSignedIn
from workshops.tables.people import Role


async def token_actor(request: Request) -> Actor:  # type: ignore[type-arg]
    """The caller named by its bearer token, or anyone without one. A wrong, expired or revoked one is NotSignedIn."""
    header = request.headers.get("authorization")
    if header is None:
        return ANYONE
    scheme, _, token = header.partition(" ")
    row = await fetch_one(
        "SELECT id, role, organisation, expires_at, revoked_at FROM api_token WHERE token_hash = {}",
        token_hash(token.strip()),
    )
    now = utcnow()
    if scheme.lower() != "bearer" or row is None or row["revoked_at"] or (row["expires_at"] or now) < now:
        raise NotSignedIn
    return Actor(f"token:{row['id']}", Role(row["role"]), row["organisation"])


async def known_actor(request: Request) -> Actor:  # type: ignore[type-arg]
    """The caller named by its token. Raises NotSignedIn without one."""
    actor = await token_actor(request)
    if actor.is_anyone:
        raise NotSignedIn
    return actor


def require(actor: Actor, *roles: Role) -> None:
    """Raise NotAllowed unless the actor has one of these roles, or is an admin."""
    if actor.role not in (*roles, Role.ADMIN):
        raise NotAllowed


def token_hash(token: str) -> str:
    """What is kept of a bearer token."""
    return hashlib.sha256(token.encode()).hexdigest()
