"""What becomes of somebody who waited: a place is theirs, is offered, is no longer kept, or may be had at the stand."""

from dataclasses import asdict
from typing import Any

from workshops import database, offers, overlaps
from workshops.database import fetch, fetch_one
from workshops.i18n import _, translate
from workshops.letters.attendees import PERSON, WITH_DAY, Letter, days_of
from workshops.letters.places import slots_of
from workshops.mail import Kind
from workshops.overlaps import Booked, Wanted
from workshops.tables.people import Offer

Row = dict[str, Any]

_TOLD = (
    f"{PERSON.replace(' FROM message m ', ', m.registration FROM message m ')} "
    f"JOIN attendee a ON a.id = m.attendee {WITH_DAY} AND m.id = {{}}"
)
_PLACE = (
    "SELECT r.id, r.attendee, r.session, r.status, r.offer, r.offered_until, r.replaces, r.must_choose, r.sequence, "
    "r.updated_at, s.starts_at, s.ends_at, s.sequence AS session_sequence, s.updated_at AS session_updated_at, "
    "s.workshop, w.title, w.stand, o.name AS company FROM registration r JOIN session s ON s.id = r.session "
    "JOIN workshop w ON w.id = s.workshop LEFT JOIN organisation o ON o.id = w.exhibitor WHERE r.id = {}"
)
STANDS = {
    Kind.PLACE_GIVEN: "confirmed",
    Kind.PLACE_OFFERED: "offered",
    Kind.OFFER_ENDED: "cancelled",
    Kind.COME: "waiting",
}
"""What the place still has to be for its message to be true."""
HEADINGS = {
    Kind.PLACE_GIVEN: _("A place has come free: it is yours"),
    Kind.PLACE_OFFERED: _("A place is free for you"),
    Kind.OFFER_ENDED: _("The place has gone to somebody else"),
    Kind.COME: _("Come: places not taken are given at the stand"),
}


async def load(message: Row) -> Letter | None:
    """The letter of a row of `message`; None once it is no longer true, or was told otherwise meanwhile."""
    kind = Kind(message["kind"])
    row = await fetch_one(_TOLD, message["id"])
    place = await fetch_one(_PLACE, row["registration"]) if row else None
    if row is None or place is None or place["status"] != STANDS[kind] or await _is_told(kind, message, place):
        return None
    held = (await slots_of([row["attendee"]])).get(row["attendee"], ())
    return Letter(
        row=message["id"],
        kind=kind,
        address=row["email"],
        locale=row["locale"],
        days=days_of([row], {row["attendee"]: held}),
        carries=(),
        suppressed=bool(row["suppressed"]),
        more={
            "heading": translate(row["locale"], HEADINGS[kind]),
            "place": place,
            "until": place["offered_until"] and _until(place, row["zone"]),
            "instead": [asdict(one) for one in await _instead(row["attendee"], place)],
        },
    )


def _until(place: Row, zone: str) -> Any:
    """Until when it is kept if the message is accepted now: its time begins then."""
    return offers.deadline(Offer(place["offer"]), place["starts_at"], database.utcnow(), zone)


async def _instead(attendee: str, place: Row) -> list[Booked]:
    """What saying yes gives back, on whatever day."""
    if place["status"] != "offered":
        return []
    wanted = Wanted(place["workshop"], place["starts_at"], place["ends_at"], place["replaces"])
    return [one for one in await overlaps.booked([attendee]) if one.gives_way(wanted)]


async def _is_told(kind: Kind, message: Row, place: Row) -> bool:
    """Their places, as they are now, left since; or they have another place in the slot that is gone."""
    if kind is Kind.PLACE_GIVEN:
        return bool(
            await fetch(
                "SELECT id FROM message WHERE attendee = {} AND kind = 'your_places' AND sent_at >= {} LIMIT 1",
                *(place["attendee"], message["created_at"]),
            )
        )
    if kind is Kind.OFFER_ENDED:
        return bool(
            await fetch(
                "SELECT id FROM registration WHERE attendee = {} AND session = {} AND status <> 'cancelled'",
                *(place["attendee"], place["session"]),
            )
        )
    return False
