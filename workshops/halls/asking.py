"""An agency looks for a hall: it asks, notes a yes said by phone, takes what a host proposes, gives a hall back."""

from datetime import datetime, timedelta
from typing import Any

from workshops import audit
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import Fault, Invalid, NotFound, WorkshopsError
from workshops.handover import (
    HallTaken,
    RequestAnswered,
    Yes,
    give,
    take_room,
    write_request,
    write_to_host,
)
from workshops.i18n import _
from workshops.ids import is_id
from workshops.mail import Kind
from workshops.occupancy import Stay, lock, taken
from workshops.rights import LEADS, led_event, touch
from workshops.tables.people import Role

LONGEST = timedelta(days=7)
WHO_LENGTH = 120

Row = dict[str, Any]


class AlreadyAsked(WorkshopsError):
    """The day has asked for this hall, and waits for the answer."""

    status = 409
    type = "already-asked"
    title = _("This day has already asked for this hall: wait for the answer, or withdraw the request first")


class HallInUse(WorkshopsError):
    """People are told that the day takes place in this hall."""

    status = 409
    type = "hall-in-use"
    title = _("The published day takes place in this hall: change its hall first, so that everybody is told")


class DayNotPlanned(WorkshopsError):
    """The day is over or cancelled."""

    status = 409
    type = "day-not-planned"
    title = _("This day is over or cancelled: it needs no hall any more")


async def request(event: str, venue: str, stay: Stay, actor: Actor) -> str:
    """Ask for a hall for a day of the actor's; the request's id, that of the same request if it was made before.

    The room of the actor's own agency is promised at once; whoever else it belongs to is written to. Raises NotFound,
    Invalid (hours that do not hold the day), DayNotPlanned, HallTaken, AlreadyAsked.
    """
    async with transaction():
        now = utcnow()
        day, hall = await _day_and_hall(event, venue, stay, actor, now)
        if known := await _open_request(event, venue):
            if known["status"] == "asked" and Stay(known["from_at"], known["until_at"]) != stay:
                raise AlreadyAsked
            if Stay(known["from_at"], known["until_at"]) == stay:
                return str(known["id"])
        own = day["lead"] if actor.role is Role.ADMIN else actor.organisation
        if hall["organisation"] == own:
            return await take_room(event, venue, stay, actor, now)
        if await taken(venue, stay, event):
            raise HallTaken
        identity = await write_request(event, venue, stay, actor, now)
        await write_to_host(Kind.HALL_REQUEST, identity, now)
        return identity


async def record_yes(event: str, venue: str, stay: Stay, who: str, at: datetime, actor: Actor) -> str:
    """Note that a host said yes by phone: `who` said it, and when (`at`, aware); the request's id.

    The host is written to, so that what was misunderstood is found. Raises as `request`, and Invalid for a yes said
    in the future.
    """
    async with transaction():
        now = utcnow()
        await _day_and_hall(event, venue, stay, actor, now)
        if at > now:
            raise Invalid(faults=(Fault("said_date", _("This is yet to come.")),))
        known = await _open_request(event, venue)
        if known and known["status"] == "asked":
            identity = str(known["id"])
        else:
            identity = await write_request(event, venue, stay, actor, now)
        asked = {"id": identity, "event": event, "venue": venue}
        await give(asked, stay, Yes("phone", who[:WHO_LENGTH], at), actor, now)
        await write_to_host(Kind.HALL_OUTCOME, identity, now)
        return identity


async def take_proposal(request: str, actor: Actor) -> str:
    """Take what the host proposed instead; the id of the request that is accepted by it, also the second time.

    Raises NotFound, RequestAnswered if nothing is proposed any more, HallTaken.
    """
    async with transaction():
        now, asked = utcnow(), await _own(request, actor)
        if asked["status"] != "declined" or not asked["proposed_venue"] or asked["proposed_from_at"] <= now:
            raise RequestAnswered
        if asked["event_status"] == "cancelled":
            raise DayNotPlanned
        event, venue = asked["event"], asked["proposed_venue"]
        stay = Stay(asked["proposed_from_at"], asked["proposed_until_at"])
        if (await lock(venue))["archived_at"]:
            raise RequestAnswered
        known = await _open_request(event, venue)
        if known and known["status"] == "accepted" and Stay(known["from_at"], known["until_at"]) == stay:
            return str(known["id"])
        identity = str(known["id"]) if known and known["status"] == "asked" else ""
        identity = identity or await write_request(event, venue, stay, actor, now)
        yes = Yes("proposal", asked["answered_by"], asked["answered_at"])
        await give({"id": identity, "event": event, "venue": venue}, stay, yes, actor, now)
        await write_to_host(Kind.HALL_OUTCOME, identity, now)
        return identity


async def use(request: str, actor: Actor) -> None:
    """Let a draft take place in another of the halls promised to it. Raises NotFound, RequestAnswered, HallInUse."""
    async with transaction():
        now, asked = utcnow(), await _own(request, actor)
        await lock(asked["venue"])
        taken_place = await fetch(
            "UPDATE event SET venue = {} WHERE id = {} AND status = 'draft' AND EXISTS "
            "(SELECT 1 FROM venue_request r WHERE r.id = {} AND r.status = 'accepted') RETURNING id",
            *(asked["venue"], asked["event"], request),
        )
        if not taken_place:
            raise HallInUse if (await _own(request, actor))["status"] == "accepted" else RequestAnswered
        await touch(asked["event"], now)
        before, after = {"venue": asked["event_venue"]}, {"venue": asked["venue"]}
        about = {"event": asked["event"], "before": before, "after": after, "now": now}
        await audit.note(actor, "choose_hall", "event", asked["event"], **about)


async def withdraw(request: str, actor: Actor) -> None:
    """Take a request back, or give back a hall that was promised; its host is told. Again: nothing more happens.

    Raises NotFound, RequestAnswered, and HallInUse while a published day takes place there.
    """
    async with transaction():
        now = utcnow()
        await lock((await _own(request, actor))["venue"])
        asked = await _own(request, actor)
        withdrawn = await fetch(
            "UPDATE venue_request SET status = 'withdrawn', answered_at = {} WHERE id = {} "
            "AND status IN ('asked', 'accepted') AND NOT (status = 'accepted' AND EXISTS (SELECT 1 FROM event e "
            "WHERE e.id = venue_request.event AND e.venue = venue_request.venue "
            "AND e.status IN ('published', 'closed') AND e.ends_at > {})) RETURNING id",
            *(now, request, now),
        )
        if not withdrawn:
            if asked["status"] == "withdrawn":
                return
            raise HallInUse if asked["status"] == "accepted" else RequestAnswered
        await fetch(
            "UPDATE event SET venue = NULL WHERE id = {} AND venue = {} AND status = 'draft'",
            *(asked["event"], asked["venue"]),
        )
        await touch(asked["event"], now)
        before, after = {"status": asked["status"]}, {"status": "withdrawn"}
        about = {"event": asked["event"], "before": before, "after": after, "now": now}
        await audit.note(actor, "withdraw_hall", "venue_request", request, **about)
        await write_to_host(Kind.HALL_OUTCOME, request, now)


async def _day_and_hall(event: str, venue: str, stay: Stay, actor: Actor, now: datetime) -> tuple[Row, Row]:
    """The event and the hall, locked. Raises NotFound, DayNotPlanned, Invalid."""
    day = await led_event(actor, event)
    if day["status"] not in ("draft", "published", "closed") or day["ends_at"] <= now:
        raise DayNotPlanned
    faults = _faults(stay, day, now)
    if faults:
        raise Invalid(faults=faults)
    hall = await lock(venue)
    if hall["archived_at"]:
        raise NotFound
    return day, hall


def _faults(stay: Stay, day: Row, now: datetime) -> tuple[Fault, ...]:
    if stay.until_at <= stay.from_at:
        return (Fault("until_time", _("The hall is needed until a later moment than it begins.")),)
    if stay.until_at - stay.from_at > LONGEST:
        return (Fault("until_date", _("Ask for a hall for at most 7 days.")),)
    if stay.from_at <= now:
        return (Fault("from_date", _("This is already past.")),)
    faults = []
    if stay.from_at > day["starts_at"]:
        faults.append(Fault("from_time", _("The day begins before: ask for the hall from then on, or earlier.")))
    if stay.until_at < day["ends_at"]:
        faults.append(Fault("until_time", _("The day ends after that: ask for the hall until then, or later.")))
    return tuple(faults)


async def _open_request(event: str, venue: str) -> Row | None:
    """What the event has asked of the hall or holds of it; what is asked comes first."""
    return await fetch_one(
        "SELECT id, status, from_at, until_at FROM venue_request WHERE event = {} AND venue = {} "
        "AND status IN ('asked', 'accepted') ORDER BY CASE WHEN status = 'asked' THEN 0 ELSE 1 END LIMIT 1",
        *(event, venue),
    )


async def _own(request: str, actor: Actor) -> Row:
    row = (
        is_id(request)
        and actor.role in (Role.ORGANISER, Role.ADMIN)
        and await fetch_one(
            "SELECT r.*, e.venue AS event_venue, e.status AS event_status FROM venue_request r "
            f"JOIN event e ON e.id = r.event WHERE r.id = {{}} AND ({{}} = 'admin' OR {LEADS})",
            *(request, actor.role, actor.organisation, actor.organisation),
        )
    )
    if not row:
        raise NotFound
    return row
