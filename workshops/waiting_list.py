"""What becomes of a place that is offered: it is taken or refused. What the clock does to it: see `passing_on`.

A deadline is judged by the database's own clock in the very statement that takes the place, never by a sweep.
"""

from datetime import datetime
from typing import Any

from workshops import advisers, audit, database, freed, kept, overlaps, promotion, texts
from workshops.actors import Actor
from workshops.database import fetch, utcnow
from workshops.errors import NotFound
from workshops.freed import Found, Row
from workshops.overlaps import Booked, Wanted
from workshops.places import Place
from workshops.refusals import CannotCancel, OfferEnded, TooManyPlaces
from workshops.tables.people import Offer
from workshops.turns import Turn, in_turn


async def accept(registration: str, actor: Actor) -> Found:
    """Take an offered place; what it is exchanged for is given back in the same transaction. Again: the same answer.

    Raises NotFound; OfferEnded after its deadline or once it was refused; TooManyPlaces for who has as many as can be
    booked online and does not give one back; CannotCancel where the other place has begun.
    """

    async def attempt(turn: Turn) -> Found:
        row = await freed.visible(registration, actor)
        await freed.lock_person(row["attendee"], utcnow(), turn.also)
        row = await freed.visible(registration, actor)  # its slot may just have been moved, which locks its people too
        swapped = _swapped(row, held := await overlaps.booked([row["attendee"]]))
        await kept.lock_sessions(sorted({row["session"], *(place.session for place in swapped)}))
        row, now = await freed.visible(registration, actor), utcnow()  # it may have been offered while this one waited
        if row["status"] != "confirmed":
            _check(row, swapped, held, actor, now)
            await _take(row, now)
            for place in swapped:
                await freed.free(await freed.visible(place.id, freed.CLOCK), actor, now, "exchanged")
            await overlaps.settle([row["attendee"]], now)
            await promotion.fill([place.session for place in swapped], turn, now)
            dedup = f"accepted:{row['id']}:{now:%Y%m%d%H%M%S%f}"
            await texts.tell_places(row["attendee"], row["event"], row["email"], dedup, now)
            await _note("accept_offer", row, "confirmed", actor, now)
            await advisers.tell([row["attendee"]], now, actor)
        return Found(Place(row["id"], row["session"], "confirmed"), row["attendee"], row["event"])

    return await in_turn(attempt)


async def refuse(registration: str, actor: Actor) -> Found:
    """Leave an offered place to the next. Again: the same answer. Raises NotFound, OfferEnded once it was taken."""
    now = utcnow()

    async def attempt(turn: Turn) -> Found:
        row = await freed.visible(registration, actor)
        await freed.lock_person(row["attendee"], now, turn.also)
        await kept.lock_sessions([row["session"]])
        row = await freed.visible(registration, actor)
        if row["status"] in ("confirmed", "waiting"):
            raise OfferEnded([row["session"]])
        if row["status"] == "offered":
            await freed.free(row, actor, now, "refused")
            await promotion.fill([row["session"]], turn, now)
            await _note("refuse_offer", row, "cancelled", actor, now)
            await advisers.tell([row["attendee"]], now, actor)
        return Found(Place(row["id"], row["session"], "cancelled"), row["attendee"], row["event"])

    return await in_turn(attempt)


def _swapped(row: Row, held: list[Booked]) -> list[Booked]:
    """What an offered place is exchanged for: what it was asked instead of, and what it clashes with (rule 3)."""
    wanted = Wanted(row["workshop"], row["starts_at"], row["ends_at"], row["replaces"])
    return [place for place in held if place.id != row["id"] and place.gives_way(wanted)]


def _check(row: Row, swapped: list[Booked], held: list[Booked], actor: Actor, now: datetime) -> None:
    if row["offer"] == Offer.PROOF:
        raise NotFound  # what waits for a proof is confirmed by `proofs`
    if row["status"] != "offered" or row["starts_at"] <= now:
        raise OfferEnded([row["session"]])
    if begun := [place.session for place in swapped if place.starts_at <= now]:
        raise CannotCancel(begun)
    kept_here = sum(place.attendee == row["attendee"] for place in held if place not in swapped)
    if actor.is_anyone and kept_here >= row["max_places"]:
        raise TooManyPlaces([row["session"]])


async def _take(row: Row, now: datetime) -> None:
    taken = await fetch(
        "UPDATE registration SET status = 'confirmed', offered_until = NULL, updated_at = {} WHERE id = {} "
        f"AND status = 'offered' AND offered_until > {database.clock()} RETURNING id",
        *(now, row["id"]),
    )
    if not taken:
        raise OfferEnded([row["session"]])
    await fetch(
        "UPDATE session SET offered = offered - 1, confirmed = confirmed + 1, updated_at = {} WHERE id = {}",
        *(now, row["session"]),
    )


async def _note(action: str, row: Row, status: str, actor: Actor, now: datetime) -> None:
    """What staff and programs do is kept; what people do with their own place is told by the place itself."""
    if not actor.is_anyone:
        after: dict[str, Any] = {**row, "status": status}
        await audit.note(actor, action, "registration", row["id"], event=row["event"], before=row, after=after, now=now)
