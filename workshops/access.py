"""Who is calling: a partner's token, a door's phone, or anyone; and what they may do (product.md rights table)."""

import secrets

from litestar import Request

from workshops import devices
from workshops.actors import ANYONE, Actor, Phone, Staff
from workshops.credentials import token_hash
from workshops.database import fetch_one, utcnow
from workshops.devices import make_door_link
from workshops.errors import NotAllowed, NotSignedIn, SignInNeeded
from workshops.settings import settings
from workshops.tables.people import Role

__all__ = [
    "door_actor",
    "door_cookie",
    "known_actor",
    "make_door_link",
    "make_door_token",
    "require",
    "staff",
    "staff_cookie",
    "token_actor",
    "token_hash",
]


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


async def staff(request: Request, *roles: Role) -> Staff:  # type: ignore[type-arg]
    """Who is signed in on this browser. Raises SignInNeeded, and NotAllowed unless of one of these roles, or an admin.

    Without roles, every member of staff may.
    """
    row = await fetch_one(
        "SELECT l.id AS login, l.expires_at, l.revoked_at, l.proved_at, a.id, a.role, a.organisation, a.name, a.email, "
        "a.locale, a.closed_at FROM login l JOIN account a ON a.id = l.account WHERE l.token_hash = {}",
        token_hash(request.cookies.get(staff_cookie(), "")),
    )
    if row is None or row["revoked_at"] or row["closed_at"] or not row["proved_at"] or row["expires_at"] <= utcnow():
        raise SignInNeeded
    who = Staff(
        f"account:{row['id']}",
        Role(row["role"]),
        row["organisation"],
        account=row["id"],
        login=row["login"],
        name=row["name"],
        email=row["email"],
        locale=row["locale"],
    )
    if roles:
        require(who, *roles)
    return who


def staff_cookie() -> str:
    """The name of the cookie that keeps a member of staff signed in."""
    return "__Host-staff" if settings().secure else "staff"


async def door_actor(request: Request) -> Phone:  # type: ignore[type-arg]
    """The phone of the door that this browser is. Raises NotADevice, DeviceRevoked, DayOver."""
    return await devices.phone(token_hash(request.cookies.get(door_cookie(), "")))


async def make_door_token(link: str) -> str:
    """Use the link with this secret up, and return what the browser's cookie is to hold. Raises as `invitation`."""
    token = secrets.token_urlsafe(32)
    await devices.make_device(link, token_hash(token))
    return token


def door_cookie() -> str:
    """The name of the cookie that makes a browser a phone of the door."""
    return "__Host-door" if settings().secure else "door"


def require(actor: Actor, *roles: Role) -> None:
    """Raise NotAllowed unless the actor has one of these roles, or is an admin."""
    if actor.role not in (*roles, Role.ADMIN):
        raise NotAllowed
