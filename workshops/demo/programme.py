"""One day of the season: the event, its hall, its workshops and their slots."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from workshops.demo import cast
from workshops.demo.answers import NOTHING, answer
from workshops.demo.calendar import Day, Kind, slots
from workshops.demo.rows import Draw, Row, lasting_id
from workshops.i18n import PARIS

CAPACITIES = (4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 8, 10)
APPEALS = (1, 1, 1, 2, 2, 3, 6)
SETTING_UP = timedelta(hours=1)
MEETING_PLACES = 120
CANCELLED_WHY = "La salle est fermée pour des travaux urgents. Une nouvelle date sera annoncée."
DAY_TEXT = (
    "Venez essayer un métier près de chez vous. Des entreprises qui recrutent et des centres de formation vous "
    "accueillent à leur stand. Vous essayez le geste, vous posez vos questions, vous repartez avec un contact. "
    "C’est gratuit et ouvert à toutes et à tous."
)
MEETING_TEXT = (
    "Le Grand Forum réunit les communes, les entreprises, les centres de formation et les associations qui "
    "préparent les prochaines journées. Au programme, le bilan des dernières journées, les métiers qui recrutent "
    "et le calendrier."
)


@dataclass(slots=True)
class Slot:
    """A session that fills. `appeal` weighs how much its workshop is wanted."""

    id: str
    workshop: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    min_age: int | None
    appeal: int
    confirmed: int = 0
    offered: int = 0
    held: int = 0
    waiting: int = 0
    queue_tail: int = 0
    cancelled_at: datetime | None = None

    @property
    def free(self) -> int:
        return self.capacity - self.confirmed - self.offered - self.held

    def overlaps(self, other: "Slot") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def row(self, now: datetime) -> Row:
        """The session as it is stored. Who waits counts as told: nobody of the season is written to by the clock."""
        return {
            "id": self.id,
            "workshop": self.workshop,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "capacity": self.capacity,
            "confirmed": self.confirmed,
            "offered": self.offered,
            "held": self.held,
            "waiting": self.waiting,
            "queue_tail": self.queue_tail,
            "status": "cancelled" if self.cancelled_at else "open",
            "cancelled_at": self.cancelled_at,
            "sequence": 1 if self.cancelled_at else 0,
            "updated_at": self.cancelled_at or now,
            "waiting_told_at": self.starts_at,
        }


@dataclass(slots=True)
class Planned:
    """An event as it stands before anybody signs up: its workshops, each a list of slots.

    `until`: when the last one signed up, or the day was cancelled. `has_offer`: a place is kept for who waited.
    """

    id: str
    day: Day
    lead: str
    until: datetime
    has_offer: bool = False
    workshops: list[list[Slot]] = field(default_factory=list)

    @property
    def slots(self) -> list[Slot]:
        return [slot for workshop in self.workshops for slot in workshop]


def plan(day: Day, draw: Draw) -> Planned:
    """Add the event, its hall or the request for one, its workshops and their slots."""
    if day.kind is Kind.MEETING:
        lead, venue = cast.add_room(draw)
    else:
        lead, venue = cast.lead(day.town), cast.add_hall(draw, day.town)
    planned = Planned(draw.id(), day, lead, _until(day, draw))
    draw.add("event", _event(planned, venue, draw))
    draw.add("venue_request", _venue_request(planned, venue, draw))
    if day.kind is Kind.TODAY:
        invited = lasting_id("mission-locale-demo")
        draw.add("co_lead", {"id": draw.id(), "event": planned.id, "organisation": invited})
    if day.kind is Kind.DRAFT and lead != lasting_id("maison-emploi-demo"):
        draw.add("co_lead", {"id": draw.id(), "event": planned.id, "organisation": lasting_id("maison-emploi-demo")})
    if day.kind is Kind.MEETING:
        _add_meeting(planned, draw)
    else:
        chosen = draw.random.sample(cast.script()["stand"], draw.random.randint(12, 16))
        for position, stand in enumerate(chosen, 1):
            _add_stand(planned, stand, position, draw)
    return planned


def _until(day: Day, draw: Draw) -> datetime:
    if day.kind is Kind.CANCELLED:
        return draw.start - timedelta(days=2)
    return min(draw.start, day.starts_at - timedelta(hours=2))


def _event(planned: Planned, venue: str, draw: Draw) -> Row:
    """The day as it is stored; its reminders count as written: nobody of the season is written to by the clock."""
    day, meeting = planned.day, planned.day.kind is Kind.MEETING
    cancelled = day.kind is Kind.CANCELLED
    status = {Kind.CANCELLED: "cancelled", Kind.DRAFT: "draft"}.get(day.kind, "published")
    return {
        "id": planned.id,
        "title": f"Grand Forum à {day.town.name}" if meeting else f"Osons nos talents à {day.town.name}",
        "description": MEETING_TEXT if meeting else DAY_TEXT,
        "date": day.date,
        "zone": PARIS,
        "starts_at": day.starts_at,
        "ends_at": day.ends_at,
        "status": status,
        "lead": planned.lead,
        "venue": None if day.kind is Kind.DRAFT else venue,
        "published_at": None if day.kind is Kind.DRAFT else draw.start,
        "funded_by_eu": planned.lead == lasting_id("plie-bethune-demo"),
        "cancelled_at": planned.until if cancelled else None,
        "cancelled_why": CANCELLED_WHY if cancelled else None,
        "reminded_at": draw.start,
        "morning_told_at": draw.start,
        "thanked_at": draw.start,
        "demo": True,
        "created_at": draw.start,
        "updated_at": draw.start,
    }


def _venue_request(planned: Planned, venue: str, draw: Draw) -> Row:
    day = planned.day
    status = {Kind.DRAFT: "asked", Kind.CANCELLED: "revoked"}.get(day.kind, "accepted")
    asked = draw.start - timedelta(days=3 if day.kind is Kind.DRAFT else 40)
    own_room, answered = day.kind is Kind.MEETING, day.kind is not Kind.DRAFT
    return {
        "id": draw.id(),
        "event": planned.id,
        "venue": venue,
        "status": status,
        "from_at": day.starts_at - SETTING_UP,
        "until_at": day.ends_at + SETTING_UP,
        "asked_at": asked,
        "answered_at": (asked if own_room else asked + timedelta(days=2)) if answered else None,
        "answered_by": "Service des salles (démo)" if answered and not own_room else None,
        "reason": CANCELLED_WHY if day.kind is Kind.CANCELLED else None,
    }


def _add_meeting(planned: Planned, draw: Draw) -> None:
    workshop = _workshop(planned, draw, "Grand Forum", 1) | {
        "kind": "meeting",
        "description": MEETING_TEXT,
        "asks_represented": True,
    }
    draw.add("workshop", workshop)
    hours = planned.day.windows[0]
    planned.workshops.append([Slot(draw.id(), str(workshop["id"]), *hours, MEETING_PLACES, min_age=None, appeal=1)])


def _add_stand(planned: Planned, stand: dict[str, Any], position: int, draw: Draw) -> None:
    waits = planned.day.kind is Kind.DRAFT and position % 2 == 0
    workshop = _workshop(planned, draw, stand["title"], position) | {
        "status": "draft" if waits else "ready",
        "exhibitor": lasting_id(stand["slug"]),
        "rome_code": stand["rome"],
        "description": stand["description"],
        "prerequisites": stand["prerequisites"],
        "openings": stand["openings"],
        "contract_kinds": stand["contracts"],
        "access": stand["access"],
        "min_age": stand.get("min_age"),
        "eco_transition": stand.get("eco", False),
        "training_title": stand["training"],
        "training_by": lasting_id(stand["training_by"]),
        "stand": str(position),
    }
    workshop |= answer(planned.day.kind, position, workshop, draw)
    draw.add("workshop", workshop)
    windows, most = planned.day.windows, draw.random.randint(6, 8)
    hours = slots(windows, draw.random.choice((30, 45)), most, draw.random)
    if len(hours) < most:
        hours = slots(windows, 30, most, draw.random)
    capacity, appeal = draw.random.choice(CAPACITIES), draw.random.choice(APPEALS)
    identity, min_age = str(workshop["id"]), stand.get("min_age")
    planned.workshops.append(
        [Slot(draw.id(), identity, *hour, capacity, min_age=min_age, appeal=appeal) for hour in hours]
    )


def _workshop(planned: Planned, draw: Draw, title: str, position: int) -> Row:
    return NOTHING | {
        "id": draw.id(),
        "event": planned.id,
        "kind": "stand",
        "status": "ready",
        "exhibitor": None,
        "rome_code": None,
        "title": title,
        "description": "",
        "prerequisites": "",
        "openings": None,
        "contract_kinds": None,
        "access": "",
        "min_age": None,
        "eco_transition": False,
        "training_title": None,
        "training_by": None,
        "asks_represented": False,
        "stand": None,
        "position": position,
        "created_at": draw.start,
        "updated_at": draw.start,
    }
