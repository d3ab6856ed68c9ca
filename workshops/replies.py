"""A calendar answers for its owner: yes is noted, no is asked about, or gives the place back where that is wanted."""

from datetime import datetime, timedelta
from typing import Any

from workshops import advisers, calendar, freed, kept, mail, promotion, received
from workshops.actors import Actor
from workshops.database import fetch, fetch_one
from workshops.incoming import Reply
from workshops.mail import Kind
from workshops.received import Outcome
from workshops.settings import settings
from workshops.turns import Turn, in_turn

Row = dict[str, Any]
ASKED_EVERY = timedelta(days=1)
_PLACE = (
    "SELECT r.id, r.attendee, r.session, r.status, r.replied_at, r.declined_at, r.asked_at, r.invited_sequence, "
    "r.sequence + s.sequence AS sequence, s.starts_at, s.status AS slot, a.email, a.event FROM registration r "
    "JOIN session s ON s.id = r.session JOIN attendee a ON a.id = r.attendee WHERE r.reply_hash = {}"
)


async def answer(token: str, reply: Reply, automatic: bool, digest: str, now: datetime) -> Outcome:
    """What a calendar says of the place whose reply address hashes to `token`, which is all that proves who wrote it.

    It counts if it is about this place in its last version, newer than the last answer, before the slot begins. A no
    (`DECLINED` says `ask`, or a machine said it) is kept and asked about once a day at most; else (`release`) it gives
    the place back as its owner would. What a calendar says later counts instead.
    """

    async def attempt(turn: Turn) -> Outcome:
        row = await fetch_one(_PLACE, token)
        if row is None or reply.uid != calendar.uid("place", row["id"]):
            return Outcome.UNKNOWN
        await freed.lock_person(row["attendee"], now, turn.also)
        await kept.lock_sessions([row["session"]])
        row = await fetch_one(_PLACE, token)
        if row is None:
            return Outcome.UNKNOWN
        inbound = await received.first(digest, "reply", now, registration=row["id"])
        if inbound is None:
            return Outcome.REPEATED
        if not _counts(row, reply, now):
            return await received.conclude(inbound, Outcome.OUTDATED)
        return await received.conclude(inbound, await _noted(row, reply, automatic, turn, now))

    return await in_turn(attempt)


def _counts(row: Row, reply: Reply, now: datetime) -> bool:
    stands = row["status"] == "confirmed" and row["slot"] == "open" and now < row["starts_at"]
    is_newer = row["replied_at"] is None or reply.stamp > row["replied_at"]
    return bool(stands and is_newer and reply.sequence == row["invited_sequence"])


async def _noted(row: Row, reply: Reply, automatic: bool, turn: Turn, now: datetime) -> Outcome:
    declined = reply.answer == "DECLINED"
    await fetch(
        "UPDATE registration SET replied_at = {}, declined_at = {} WHERE id = {}",
        *(min(reply.stamp, now), now if declined else None, row["id"]),
    )
    if not declined:
        return Outcome.ACCEPTED
    if settings().release_declined and not automatic and row["sequence"] == row["invited_sequence"]:
        await _release(row, turn, now)
        return Outcome.RELEASED
    return await _ask(row, now)


async def _release(row: Row, turn: Turn, now: datetime) -> None:
    owner = Actor(f"attendee:{row['attendee']}")
    place = await freed.visible(row["id"], owner)
    await freed.free(place, owner, now)
    await promotion.fill([row["session"]], turn, now)
    await freed.tell(place, owner, now)
    await advisers.tell([row["attendee"]], now)


async def _ask(row: Row, now: datetime) -> Outcome:
    if not row["email"] or (row["asked_at"] and row["asked_at"] > now - ASKED_EVERY):
        return Outcome.DECLINED
    await fetch("UPDATE registration SET asked_at = {} WHERE id = {}", now, row["id"])
    await mail.enqueue(
        Kind.DECLINED,
        dedup=f"declined:{row['id']}:{now:%Y%m%d%H%M%S}",
        attendee=row["attendee"],
        event=row["event"],
        registration=row["id"],
        address=row["email"],
        stranger=False,
        now=now,
    )
    return Outcome.ASKED
