"""The days that the browser's tests need beside the demo season: one to live through, one that is crowded."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests import factories
from workshops.database import fetch_one, transaction, utcnow

PARIS = ZoneInfo("Europe/Paris")
Row = dict[str, Any]
JOBS = (
    "Installateur, installatrice de panneaux solaires et de pompes à chaleur",
    "Maçon, maçonne",
    "Aide-soignant, aide-soignante",
    "Cariste",
    "Conducteur, conductrice de ligne de production agroalimentaire",
)


@dataclass(frozen=True, slots=True)
class OwnDay:
    """A day of today that begins in two and a half hours. `mason` and `carer` are workshops, each with its slots."""

    event: Row
    mason: Row
    mason_slots: list[Row]
    carer: Row
    carer_slots: list[Row]


async def own_day(commune: str, capacity: int = 8) -> OwnDay:
    """Add such a day: the carer's first slot overlaps the mason's first, her second touches none of his."""
    async with transaction():
        now = utcnow()
        start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=3, minutes=30)
        venue = await factories.venue(commune=commune, name="Salle des fêtes", address="12 rue des Galibots")
        event = await factories.event(
            date=now.astimezone(PARIS).date(),
            starts_at=start,
            ends_at=start + timedelta(hours=5),
            venue=venue["id"],
            description="Venez essayer un métier près de chez vous.",
        )
        mason = await factories.workshop(event, description="Vous montez un petit mur.", openings=3, position=1)
        carer = await factories.workshop(event, title="Aide-soignant, aide-soignante", rome_code="J1501", position=2)
        return OwnDay(
            event,
            mason,
            [await factories.session(mason, event, hour=hour, capacity=capacity) for hour in (0, 1, 3)],
            carer,
            [await factories.session(carer, event, hour=hour, capacity=capacity) for hour in (0.5, 2)],
        )


async def crowded_day(commune: str) -> tuple[Row, list[Row], list[Row]]:
    """A day of 20 workshops with 8 slots each, in three weeks; the event, its workshops, the first one's slots."""
    async with transaction():
        day = (utcnow() + timedelta(days=21)).date()
        start = datetime(day.year, day.month, day.day, 9, tzinfo=PARIS).astimezone(UTC)
        venue = await factories.venue(
            commune=commune, name="Halle du Carreau, grande salle", address="1 place du Kiosque"
        )
        event = await factories.event(date=day, starts_at=start, ends_at=start + timedelta(hours=8), venue=venue["id"])
        workshops: list[Row] = []
        first: list[Row] = []
        for number in range(20):
            workshop = await factories.workshop(
                event,
                title=JOBS[number % len(JOBS)],
                eco_transition=number % 5 == 0,
                stand=str(number + 1),
                position=number,
            )
            slots = [await factories.session(workshop, event, hour=hour) for hour in range(8)]
            workshops, first = [*workshops, workshop], first or slots
    return event, workshops, first


async def known(condition: str) -> str:
    """The id of the demo season's first event of which this holds."""
    row = await fetch_one(f"SELECT e.id FROM event e WHERE e.demo = true AND {condition} ORDER BY e.date, e.id LIMIT 1")
    assert row is not None
    return str(row["id"])
