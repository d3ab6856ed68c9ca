"""What is stored against a request: another place at the same time, a person who is somebody else.

Who may not see the person is told the same whatever it is (rule 3, contract.md "Without a token").
"""

from dataclasses import dataclass, replace
from typing import Any

from workshops import sql
from workshops.actors import Actor
from workshops.database import fetch
from workshops.errors import WorkshopsError
from workshops.ids import is_id
from workshops.limits import MOST_ATTENDEES, VOUCHED, Source
from workshops.places import Slot
from workshops.refusals import AlreadyRegistered, OverlappingSessions, SameWorkshop, TooManyPlaces
from workshops.tables.people import Role


@dataclass(slots=True)
class Known:
    """What is stored about a person: the attendees of this event, their keys there, every active place anywhere.

    `sharing`: how many people signed up for this event themselves with one of their contacts, at most.
    """

    attendees: dict[str, dict[str, Any]]
    keys: set[str]
    places: list[dict[str, Any]]
    clashing: dict[str, Any] | None = None
    sharing: int = 0

    @property
    def is_nobody(self) -> bool:
        """Whether nothing at all is stored about the person."""
        return not self.attendees and not self.places

    @property
    def attendee(self) -> dict[str, Any] | None:
        """The person's one attendee of this event."""
        return next(iter(self.attendees.values()), None)


async def known_people(
    keys: list[str], event: str, attendee: str | None = None, contacts: tuple[str | None, str | None] = (None, None)
) -> Known:
    """Everything stored about the person with these keys, in whatever event, in one query.

    Without any key, what is stored of `attendee` alone. `sharing` is counted for `contacts`, e-mail and phone.
    """
    known = Known({}, set(), [])
    if not keys and attendee is None:
        return known
    if keys:
        of_keys = f"attendee_key k ON k.key IN ({sql.marks(len(keys))}) AND k.active"
        whose, values = f"{of_keys} LEFT JOIN attendee a ON a.id = k.attendee", keys
    else:
        whose = "attendee a ON a.id = {} LEFT JOIN attendee_key k ON k.attendee = a.id AND k.active"
        values = [str(attendee)]
    (email, phone), day = contacts, event if is_id(event) else ""
    rows = await fetch(
        "SELECT n.by_email, n.by_phone, k.key, a.id, a.event, a.email, a.agency, a.doubted_at, a.proved_at, "
        "r.id AS registration, r.status, r.offer, r.session, s.starts_at, s.ends_at, s.workshop "
        f"FROM (SELECT {_sharing('email')} AS by_email, {_sharing('phone')} AS by_phone) n "
        f"LEFT JOIN {whose} LEFT JOIN registration r ON r.attendee = a.id "
        "AND r.status <> 'cancelled' LEFT JOIN session s ON s.id = r.session",
        *(day, email, day, phone, *values),
    )
    for row in rows:
        known.sharing = max(row["by_email"], row["by_phone"])
        if row["id"] is None:
            continue
        if row["event"] == event:
            known.attendees[row["id"]] = row
            known.keys.add(row["key"])
        if row["registration"]:
            known.places.append(row)
    return known


def judged(source: Source, known: Known, actor: Actor) -> Source:
    """Whether a sign-up is to prove its address, once for a browser that the address was given to.

    To a stranger it is the same whether the very person is stored or not: nobody learns it from the answer.
    """
    stored = known.attendee
    if not actor.is_anyone:
        return VOUCHED
    if stored and actor.id == f"attendee:{stored['id']}":
        doubtful = not stored["proved_at"] and bool(source.doubtful or stored["doubted_at"])
    else:
        doubtful = source.doubtful or known.sharing >= MOST_ATTENDEES
    return replace(source, doubtful=doubtful)


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
    booked = [place for place in known.places if _is_booked(place)]
    for slot in slots:
        for place in known.places:
            refusal = _clash(slot, place)
            if refusal is not None:
                known.clashing = place
                return refusal
    here = {place["registration"] for place in booked if known.attendee and place["id"] == known.attendee["id"]}
    if actor.is_anyone and len(here) + len(slots) > slots[0].max_places:
        known.clashing = known.attendee
        return TooManyPlaces()
    return None


def _is_own(clashing: dict[str, Any] | None, actor: Actor) -> bool:
    if clashing is None:
        return False
    of_agency = actor.role is Role.ADVISER and clashing["agency"] == actor.organisation
    return of_agency or actor.id == f"attendee:{clashing['id']}"


def _is_booked(place: dict[str, Any]) -> bool:
    """Confirmed, or only waiting for its address to prove itself."""
    return (place["status"], place["offer"]) == ("offered", "proof") or bool(place["status"] == "confirmed")


def _sharing(contact: str) -> str:
    """SQL: the people of an event who signed up themselves with this contact; whom staff register are not limited."""
    return (
        f"(SELECT COUNT(*) FROM attendee c WHERE c.event = {{}} AND c.{contact} = {{}} "
        "AND c.registered_by IS NULL AND c.anonymised_at IS NULL)"
    )


def _clash(slot: Slot, place: dict[str, Any]) -> WorkshopsError | None:
    if place["session"] == slot.id:
        return AlreadyRegistered([slot.id])
    if not _is_booked(place) or not slot.is_free:
        return None
    if place["workshop"] == slot.workshop:
        return SameWorkshop([slot.id])
    return OverlappingSessions([slot.id]) if slot.overlaps(place["starts_at"], place["ends_at"]) else None
