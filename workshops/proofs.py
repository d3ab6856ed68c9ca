"""Places that wait for one tap in the mail (see `limits`): confirmed by whoever reads that mail, or by staff.

The deadline is judged by the database's own clock in the very statement that confirms, never by a sweep.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from workshops import advisers, audit, database, freed, kept, overlaps, rights, texts
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import NotFound
from workshops.i18n import _
from workshops.overlaps import Booked
from workshops.persons import contact_keys
from workshops.refusals import Refused
from workshops.sql import marks

Row = dict[str, Any]
UNPROVED = "r.status = 'offered' AND r.offer = 'proof'"
"""SQL: the place `r` waits for a proof."""


class ProofEnded(Refused):
    """The places waited for half an hour, and have gone to others."""

    type = "proof-ended"
    title = _("These places are no longer kept for you. You can book again")


class ProofByTelephone(Refused):
    """Somebody without an address cannot prove it: staff confirm, on the telephone."""

    type = "proof-by-telephone"
    title = _("Call us: we confirm your places with you")


async def confirm(attendee: str, actor: Actor) -> list[str]:
    """Confirm every place of a person that waits for a proof; the ids of those confirmed now, none where all were.

    Raises NotFound, ProofEnded, and ProofByTelephone for a person themselves who has no address.
    """
    now = utcnow()
    async with transaction():
        person = await _person(attendee, actor)
        if actor.is_anyone and not person["email"]:
            raise ProofByTelephone
        await freed.lock_person(attendee, now, contact_keys(person["email"], None))
        asked = await fetch(f"{_ASKED} ORDER BY s.starts_at, r.id", attendee)
        await kept.lock_sessions([row["session"] for row in asked] or [""])
        wanted = _without_clashes(asked, await overlaps.booked([attendee]))
        confirmed = await _confirm(wanted, now)
        if not confirmed:
            if await fetch("SELECT id FROM registration WHERE attendee = {} AND status = 'confirmed'", attendee):
                return []
            raise ProofEnded
        await fetch("UPDATE attendee SET proved_at = {}, updated_at = {} WHERE id = {}", now, now, attendee)
        await texts.tell_places(attendee, person["event"], person["email"], f"proved:{confirmed[0]}", now)
        await advisers.tell([attendee], now, actor)
        if not actor.is_anyone:
            told = {"places": [[row["session"], "confirmed"] for row in wanted if row["id"] in confirmed]}
            await audit.note(
                actor, "confirm_places", "attendee", attendee, event=person["event"], after=told, people=1, now=now
            )
    return confirmed


async def _person(attendee: str, actor: Actor) -> Row:
    if not actor.is_anyone:
        return await rights.seen_attendee(actor, attendee)
    row = await fetch_one("SELECT id, event, email FROM attendee WHERE id = {} AND anonymised_at IS NULL", attendee)
    if row is None or actor.id != f"attendee:{attendee}":
        raise NotFound
    return row


def _without_clashes(asked: Sequence[Row], held: Sequence[Booked]) -> list[Row]:
    """Nobody holds two confirmed places at once (rule 3): what was confirmed meanwhile, by whatever way, goes first.

    Two that were asked for may be at one hour since one of them was moved.
    """
    taken = [(one.workshop, one.starts_at, one.ends_at) for one in held]
    wanted = []
    for row in asked:
        workshop, starts_at, ends_at = row["workshop"], row["starts_at"], row["ends_at"]
        if not any(workshop == one[0] or (one[1] < ends_at and starts_at < one[2]) for one in taken):
            taken.append((workshop, starts_at, ends_at))
            wanted.append(row)
    return wanted


async def _confirm(wanted: Sequence[Row], now: datetime) -> list[str]:
    if not wanted:
        return []
    done = await fetch(
        "UPDATE registration SET status = 'confirmed', offered_until = NULL, sequence = sequence + 1, updated_at = {} "
        f"WHERE id IN ({marks(len(wanted))}) AND status = 'offered' AND offer = 'proof' "
        f"AND offered_until > {database.clock()} RETURNING id, session",
        *(now, *(row["id"] for row in wanted)),
    )
    if done:
        await fetch(
            "UPDATE session SET offered = offered - 1, confirmed = confirmed + 1, updated_at = {} "
            f"WHERE id IN ({marks(len(done))})",
            *(now, *(row["session"] for row in done)),
        )
    ids = {row["id"] for row in done}
    return [row["id"] for row in wanted if row["id"] in ids]


_ASKED = (
    "SELECT r.id, r.session, s.starts_at, s.ends_at, s.workshop FROM registration r JOIN session s ON s.id = r.session "
    f"WHERE r.attendee = {{}} AND {UNPROVED}"
)
