"""Who is calling: a partner's token, a door's phone, or anyone; and what they may do (product.md rights table)."""

from datetime import timedelta

from litestar import Request

from workshops import devices
from workshops.actors import ANYONE, Actor, Phone, Staff
from workshops.database import fetch, fetch_one, utcnow
from workshops.devices import make_door_link
from workshops.errors import NotAllowed, NotSignedIn
from workshops.ids import new_token, token_hash
from workshops.settings import settings
from workshops.sign_in import signed_in
from workshops.tables.people import Role

__all__ = [
    "adviser",
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
USED_EVERY = timedelta(hours=1)
"""How often it is noted at most that a token is in use."""


async def token_actor(request: Request) -> Actor:  # type: ignore[type-arg]
    """The caller named by its bearer token, or anyone without one. A wrong, expired or revoked one is NotSignedIn."""
    header = request.headers.get("authorization")
    if header is None:
        return ANYONE
    scheme, _, token = header.partition(" ")
    row = await fetch_one(
        "SELECT id, role, organisation, expires_at, revoked_at, last_used_at FROM api_token WHERE token_hash = {}",
        token_hash(token.strip()),
    )
    now = utcnow()
    if scheme.lower() != "bearer" or row is None or row["revoked_at"] or (row["expires_at"] or now) < now:
        raise NotSignedIn
    if row["last_used_at"] is None or row["last_used_at"] + USED_EVERY <= now:
        await fetch("UPDATE api_token SET last_used_at = {} WHERE id = {}", now, row["id"])
    return Actor(f"token:{row['id']}", Role(row["role"]), row["organisation"])


async def known_actor(request: Request) -> Actor:  # type: ignore[type-arg]
    """The caller named by its token. Raises NotSignedIn without one."""
    actor = await token_actor(request)
    if actor.is_anyone:
        raise NotSignedIn
    return actor


async def staff(request: Request, *roles: Role) -> Staff:  # type: ignore[type-arg]
    """Who is signed in on this browser with every factor that their role needs, as the account stands now.

    Raises SignInNeeded, and NotAllowed unless of one of these roles, or an admin; without roles, all staff may.
    """
    who = await signed_in(request.cookies.get(staff_cookie(), ""), active=_is_active(request))
    if roles:
        require(who, *roles)
    return who


async def adviser(request: Request) -> Staff:  # type: ignore[type-arg]
    """As `staff`, an adviser of an agency alone: an admin has sent nobody. Raises NotAllowed for anybody else."""
    who = await staff(request, Role.ADVISER)
    if who.role is not Role.ADVISER:
        raise NotAllowed
    return who


def _is_active(request: Request) -> bool:  # type: ignore[type-arg]
    """Whether somebody did something: not a page that looks by itself for what is new."""
    return request.method != "GET" or request.headers.get("sec-fetch-dest", "document") != "empty"


def staff_cookie() -> str:
    """The name of the cookie that keeps a member of staff signed in."""
    return "__Host-staff" if settings().secure else "staff"


async def door_actor(request: Request, hands_in: bool = False) -> Phone:  # type: ignore[type-arg]
    """The phone of the door that this browser is; `hands_in`: to hand in what it has read, as `devices.phone` says.

    Raises NotADevice, DeviceRevoked, DayOver.
    """
    return await devices.phone(token_hash(request.cookies.get(door_cookie(), "")), hands_in)


async def make_door_token(link: str) -> tuple[str, str]:
    """Use the link with this secret up; return what the browser's cookie is to hold, and the day's id.

    Raises as `invitation`.
    """
    token = new_token()
    return token, await devices.make_device(link, token_hash(token))


def door_cookie() -> str:
    """The name of the cookie that makes a browser a phone of the door."""
    return "__Host-door" if settings().secure else "door"


def require(actor: Actor, *roles: Role) -> None:
    """Raise NotAllowed unless the actor has one of these roles, or is an admin."""
    if actor.role not in (*roles, Role.ADMIN):
        raise NotAllowed
