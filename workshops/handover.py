"""A hall changes hands: what every yes does, whoever says it, and whom each answer is written to.

All of it runs in the caller's transaction, under the hall's lock (`occupancy.lock`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from workshops import audit
from workshops.actors import Actor, Staff
from workshops.database import fetch, fetch_one
from workshops.errors import WorkshopsError
from workshops.i18n import _
from workshops.ids import new_id
from workshops.mail import Kind, enqueue_to
from workshops.mail_links import LinkPurpose, make
from workshops.occupancy import Stay, taken
from workshops.rights import touch
from workshops.sql import marks

Row = dict[str, Any]


class HallTaken(WorkshopsError):
    """The hall is promised to another day at these hours."""

    status = 409
    type = "hall-taken"
    title = _("This hall is already promised to another day at these hours")


class RequestAnswered(WorkshopsError):
    """The request is no longer open to what was tried."""

    status = 409
    type = "request-answered"
    title = _("This request has been answered or withdrawn in the meantime")


@dataclass(frozen=True, slots=True)
class Yes:
    """How a hall was promised: `how` is own, office, mail, proposal or phone; `who` said it, `at` (UTC) when."""

    how: str
    who: str | None
    at: datetime


async def write_request(event: str, venue: str, stay: Stay, actor: Actor, now: datetime) -> str:
    """Write that an event asks for a hall; its id. Nobody is told of it yet."""
    identity = new_id()
    asked_by = actor.account if isinstance(actor, Staff) else None
    await fetch(
        "INSERT INTO venue_request (id, event, venue, status, from_at, until_at, asked_by, asked_at) "
        "VALUES ({}, {}, {}, 'asked', {}, {}, {}, {})",
        *(identity, event, venue, stay.from_at, stay.until_at, asked_by, now),
    )
    after = {"venue": venue} | asdict(stay)
    await audit.note(actor, "ask_hall", "venue_request", identity, event=event, after=after, now=now)
    return identity


async def take_room(event: str, venue: str, stay: Stay, actor: Actor, now: datetime) -> str:
    """Promise an agency's own room to its event at once (product.md life cycles); the request's id.

    The caller knows that the room is theirs and holds its lock. Raises HallTaken.
    """
    request = await write_request(event, venue, stay, actor, now)
    await give({"id": request, "event": event, "venue": venue}, stay, Yes("own", None, now), actor, now)
    return request


async def give(request: Row, stay: Stay, yes: Yes, actor: Actor, now: datetime) -> None:
    """Promise the hall to the event (`request` has id, event, venue). Raises HallTaken, RequestAnswered.

    A draft without a promised hall takes it as its own; a day that has one keeps it until its organiser changes it,
    because its people have to be told. What others asked for at these hours is declined there and then: it could only
    be answered by a no, and they are told while they can still look elsewhere.
    """
    event, venue = request["event"], request["venue"]
    if await taken(venue, stay, event):
        raise HallTaken
    await fetch(
        "UPDATE venue_request SET status = 'withdrawn', answered_at = {} "
        "WHERE event = {} AND venue = {} AND status = 'accepted'",
        *(now, event, venue),
    )
    given = await fetch(
        "UPDATE venue_request SET status = 'accepted', from_at = {}, until_at = {}, answered_at = {}, "
        "answered_by = {}, answered_how = {} WHERE id = {} AND status = 'asked' RETURNING id",
        *(stay.from_at, stay.until_at, yes.at, yes.who, yes.how, request["id"]),
    )
    if not given:
        raise RequestAnswered
    await fetch(
        "UPDATE event SET venue = {} WHERE id = {} AND status = 'draft' AND NOT EXISTS (SELECT 1 FROM venue_request r "
        "WHERE r.event = event.id AND r.venue = event.venue AND r.status = 'accepted')",
        *(venue, event),
    )
    await touch(event, now)
    before, after = {"status": "asked"}, {"status": "accepted", "how": yes.how} | asdict(stay)
    about = {"event": event, "before": before, "after": after, "now": now}
    await audit.note(actor, "accept_hall", "venue_request", request["id"], **about)
    await _decline_others(event, venue, stay, actor, now)


async def tell_agencies(requests: Sequence[str], now: datetime, *, but: Actor | None = None) -> None:
    """Write to those who asked what has become of their requests: to the account, else to the lead agency's address.

    Nothing to an address that is not known, nor to `but`, who has done it.
    """
    told = isinstance(but, Staff) and but.account
    for row in await _facts(requests):
        address = row["account_email"] or row["agency_email"]
        if address and row["account"] != told:
            await enqueue_to(
                Kind.HALL_OUTCOME,
                dedup=f"hall-outcome:{row['id']}:{row['status']}",
                address=address,
                now=now,
                account=row["account"] if row["account_email"] else None,
                venue_request=row["id"],
                expires_at=row["until_at"],
            )


async def write_to_host(kind: Kind, request: str, now: datetime, turn: str = "") -> bool:
    """Write to whom the hall belongs, with a link good until the hall is free again; once for a `turn`.

    False where the organisation has no address.
    """
    (row,) = await _facts([request])
    if not row["host_email"]:
        return False
    await enqueue_to(
        kind,
        dedup=f"{kind.value}:{request}:{row['status']}{turn}",
        address=row["host_email"],
        now=now,
        link=await _link(row, now),
        venue_request=request,
        expires_at=row["until_at"] if kind is Kind.HALL_OUTCOME else row["from_at"],
    )
    return True


async def _decline_others(event: str, venue: str, stay: Stay, actor: Actor, now: datetime) -> None:
    declined = await fetch(
        "UPDATE venue_request SET status = 'declined', answered_at = {}, answered_how = 'taken' WHERE venue = {} "
        "AND status = 'asked' AND event <> {} AND from_at < {} AND until_at > {} RETURNING id, event",
        *(now, venue, event, stay.until_at, stay.from_at),
    )
    for row in declined:
        before, after = {"status": "asked"}, {"status": "declined", "how": "taken"}
        about = {"event": row["event"], "before": before, "after": after, "now": now}
        await audit.note(actor, "decline_hall", "venue_request", row["id"], **about)
    await tell_agencies([row["id"] for row in declined], now)


async def _facts(requests: Sequence[str]) -> list[Row]:
    if not requests:
        return []
    return await fetch(
        "SELECT r.id, r.status, r.from_at, r.until_at, h.email AS host_email, o.email AS agency_email, "
        "a.id AS account, a.email AS account_email FROM venue_request r JOIN venue v ON v.id = r.venue "
        "JOIN organisation h ON h.id = v.organisation JOIN event e ON e.id = r.event "
        "JOIN organisation o ON o.id = e.lead LEFT JOIN account a ON a.id = r.asked_by AND a.closed_at IS NULL "
        f"WHERE r.id IN ({marks(len(requests))})",
        *requests,
    )


async def _link(row: Row, now: datetime) -> str:
    """The link that this mailbox already has for the request, else a new one."""
    known = await fetch_one(
        "SELECT id FROM mail_link WHERE purpose = {} AND subject = {} AND email = {} AND expires_at > {}",
        *(LinkPurpose.HALL.value, row["id"], row["host_email"], now),
    )
    if known:
        return str(known["id"])
    return await make(LinkPurpose.HALL, row["id"], row["host_email"], row["until_at"] - now, now)
