"""What is stored against a request: another place at the same time, a person who is somebody else.

Who may not see the person is told the same whatever it is (rule 3, contract.md "Without a token").
"""

from dataclasses import dataclass
from typing import Any

from workshops import sql
from workshops.actors import Actor
from workshops.database import fetch
from workshops.errors import WorkshopsError
from workshops.places import Slot
from workshops.refusals import AlreadyRegistered, OverlappingSessions, SameWorkshop, TooManyPlaces
from workshops.tables.people import Role


@dataclass(slots=True)
class Known:
    """What is stored about a person: the attendees of this event, their keys there, every active place anywhere."""

    attendees: dict[str, dict[str, Any]]
    keys: set[str]
    places: list[dict[str, Any]]
    clashing: dict[str, Any] | None = None

    @property
    def is_nobody(self) -> bool:
        """Whether nothing at all is stored about the person."""
        return not self.attendees and not self.places

    @property
    def attendee(self) -> dict[str, Any] | None:
        """The person's one attendee of this event."""
        return next(iter(self.attendees.values()), None)


async def known_people(keys: list[str], event: str, attendee: str | None = None) -> Known:
    """Everything stored about the person with these keys, in whatever event, in one query.

    Without any key, what is stored of `attendee` alone.
    """
    known = Known({}, set(), [])
    if not keys and attendee is None:
        return known
    if keys:
        people = "attendee_key k JOIN attendee a ON a.id = k.attendee"
        where, values = f"k.key IN ({sql.marks(len(keys))}) AND k.active", keys
    else:
        people = "attendee a LEFT JOIN attendee_key k ON k.attendee = a.id AND k.active"
        where, values = "a.id = {}", [str(attendee)]
    rows = await fetch(
        "SELECT k.key, a.id, a.event, a.email, a.agency, r.id AS registration, r.status, r.session, s.starts_at, "
        f"s.ends_at, s.workshop FROM {people} LEFT JOIN registration r ON r.attendee = a.id "
        f"AND r.status <> 'cancelled' LEFT JOIN session s ON s.id = r.session WHERE {where}",
        *values,
    )
    for row in rows:
        if row["event"] == event:
            known.attendees[row["id"]] = row
            known.keys.add(row["key"])
        if row["registration"]:
            known.places.append(row)
    return known


async def leads(actor: Actor, event: str) -> bool:
    """Whether the actor's agency leads the event, alone or with others; an admin leads all."""
    if actor.role is Role.ADMIN:
        return True
    return actor.role is Role.ORGANISER and bool(
        await fetch(
            "SELECT id FROM event WHERE id = {} AND (lead = {} OR EXISTS "
            "(SELECT 1 FROM co_lead c WHERE c.event = event.id AND c.organisation = {}))",
            *(event, actor.organisation, actor.organisation),
        )
    )


def check_stored(
    known: Known, keys: list[str], slots: list[Slot], actor: Actor, leads_event: bool
) -> WorkshopsError | None:
    """What is stored against the request; who may not see it is told the same whatever it is (rule 3, contract.md)."""
    refusal = _stored_refusal(known, keys, slots, actor)
    if refusal is not None and not (leads_event or _is_own(known.clashing, actor)):
        return AlreadyRegistered()
    return refusal


def _stored_refusal(known: Known, keys: list[str], slots: list[Slot], actor: Actor) -> WorkshopsError | None:
    if len(known.attendees) > 1 or (known.attendee and not set(keys) <= known.keys):
        known.clashing = known.attendee
        return AlreadyRegistered()
    confirmed = [place for place in known.places if place["status"] == "confirmed"]
    for slot in slots:
        for place in known.places:
            refusal = _clash(slot, place)
            if refusal is not None:
                known.clashing = place
                return refusal
    here = {place["registration"] for place in confirmed if known.attendee and place["id"] == known.attendee["id"]}
    if actor.is_anyone and len(here) + len(slots) > slots[0].max_places:
        known.clashing = known.attendee
        return TooManyPlaces()
    return None


def _is_own(clashing: dict[str, Any] | None, actor: Actor) -> bool:
    if clashing is None:
        return False
    of_agency = actor.role is Role.ADVISER and clashing["agency"] == actor.organisation
    return of_agency or actor.id == f"attendee:{clashing['id']}"


def _clash(slot: Slot, place: dict[str, Any]) -> WorkshopsError | None:
    if place["session"] == slot.id:
        return AlreadyRegistered([slot.id])
    if place["status"] != "confirmed" or not slot.is_free:
        return None
    if place["workshop"] == slot.workshop:
        return SameWorkshop([slot.id])
    return OverlappingSessions([slot.id]) if slot.overlaps(place["starts_at"], place["ends_at"]) else None
