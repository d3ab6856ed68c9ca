"""An agency's invitations: the link by which somebody chooses their slots themselves, attributed to the agency.

Nothing secret is stored: the link is made again from the row. It ends with the day. Never opens a transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops.database import fetch, fetch_one, utcnow
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.tickets import Purpose, Secret, make_secret, secret_hash

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is invited to which day. `agency` is None where it is not named here; `attendee`: who came of it.

    state: open | used | withdrawn | over.
    """

    id: str
    event: str
    agency: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    attendee: str | None
    state: str


async def by_link(secret: str) -> Invitation:
    """The invitation whose link holds `secret`, in any case, used up or not. Raises NotFound."""
    found = secret_hash(secret)
    row = found and await fetch_one(f"{_INVITATION} f.token_hash = {{}}", found)
    if not row:
        raise NotFound
    return _invitation(row)


async def open_one(identity: str, event: str) -> Invitation | None:
    """The invitation of this id to this day, if it can still be used."""
    row = is_id(identity) and await fetch_one(f"{_INVITATION} f.id = {{}} AND f.event = {{}}", identity, event)
    found = _invitation(row) if row else None
    return found if found and found.state == "open" else None


async def use(identity: str | None, event: str, attendee: str, created: bool, now: datetime) -> bool:
    """The invited person has chosen: attribute them to the agency; False without an invitation that can be used.

    `created`: this very request made the attendee. Somebody who was there before is attributed only if the invitation
    went to the very address that is stored: else whoever knows a name could have the agency see that person's places.
    """
    used = identity and await fetch(
        "UPDATE referral SET used_at = {} WHERE id = {} AND event = {} AND mode = 'invite' AND used_at IS NULL "
        "AND withdrawn_at IS NULL RETURNING agency, email",
        *(now, identity, event),
    )
    if not used:
        return False
    agency, email = used[0]["agency"], used[0]["email"]
    own = created or (email and await fetch("SELECT id FROM attendee WHERE id = {} AND email = {}", attendee, email))
    if own:
        await fetch("UPDATE referral SET attendee = {} WHERE id = {}", attendee, identity)
        await fetch(
            "UPDATE attendee SET agency = COALESCE(agency, {}), origin = CASE WHEN {} THEN 'invited' ELSE origin END "
            "WHERE id = {}",
            *(agency, created, attendee),
        )
    return True


def new_secret(identity: str, revision: int = 1) -> Secret:
    """The secret of an invitation that is being written."""
    return make_secret(Purpose.INVITATION, identity, revision)


def _invitation(row: Row) -> Invitation:
    over = row.pop("ends_at") <= utcnow() or row.pop("event_status") == "cancelled"
    row.pop("event_status", None)
    used, withdrawn = row.pop("used_at"), row.pop("withdrawn_at")
    state = "withdrawn" if withdrawn else "used" if used else "over" if over else "open"
    hidden = row.pop("sensitive")
    return Invitation(**row | {"agency": None if hidden else row["agency"]}, state=state)


_INVITATION = (
    "SELECT f.id, f.event, o.name AS agency, o.sensitive, f.first_name, f.last_name, f.email, f.phone, f.attendee, "
    "f.used_at, f.withdrawn_at, e.ends_at, e.status AS event_status FROM referral f "
    "JOIN organisation o ON o.id = f.agency JOIN event e ON e.id = f.event WHERE f.mode = 'invite' AND"
)
