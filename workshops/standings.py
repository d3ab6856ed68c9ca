"""How each exhibitor of a day stands: written to, answered, ready. What a button counts is what it does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workshops.database import fetch
from workshops.stand_links import links_of, subject

REMINDED_AFTER = timedelta(hours=20)
TOLD_AFTER = timedelta(minutes=10)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """An exhibitor on a day with its workshops that are not cancelled (rows of `workshop`).

    `email` is where its mail goes; `letters`: when it was written to, the oldest first (UTC); `told_at`: when it was
    last sent its hours; `failed`: the last message did not arrive.
    """

    exhibitor: str
    name: str
    email: str | None
    website: str | None
    workshops: tuple[Row, ...]
    letters: tuple[datetime, ...]
    told_at: datetime | None
    failed: bool

    @property
    def written_at(self) -> datetime | None:
        """When it was last written to, or invited in another way (UTC)."""
        invited = (row["invited_at"] for row in self.workshops if row["invited_at"])
        return self.letters[-1] if self.letters else max(invited, default=None)

    @property
    def to_invite(self) -> bool:
        """Whether it has an address, was never written to, and has a page to complete."""
        return bool(self.email and not self.written_at and self._lags)

    def to_remind(self, now: datetime) -> bool:
        """Whether it has yet to answer or to finish a page, and was not written to in the last 20 hours."""
        return bool(self.email and self._lags and self.written_at and self.written_at <= now - REMINDED_AFTER)

    @property
    def _lags(self) -> bool:
        return any(row["status"] == "draft" and row["answer"] != "declined" for row in self.workshops)

    def to_tell(self, now: datetime) -> bool:
        """Whether its hours stand on the published day, and were not sent to it in the last 10 minutes."""
        ready = any(row["status"] == "ready" and row["answer"] != "declined" for row in self.workshops)
        return bool(self.email and ready and (self.told_at is None or self.told_at <= now - TOLD_AFTER))


def state_of(row: Row) -> str:
    """How a row of a workshop stands: cancelled, declined, proposed (edits wait), ready, confirmed, invited or new."""
    if row["status"] == "cancelled":
        return "cancelled"
    if row["answer"] == "declined":
        return "declined"
    if row["proposed_at"]:
        return "proposed"
    return row["status"] if row["status"] == "ready" else row["answer"] or ("invited" if row["invited_at"] else "new")


async def standings(event: str) -> list[Standing]:
    """Every exhibitor of an event that has a workshop which is not cancelled, in the order of their workshops."""
    rows = await fetch(
        "SELECT w.*, o.name, o.email, o.website FROM workshop w JOIN organisation o ON o.id = w.exhibitor "
        "WHERE w.event = {} AND w.kind = 'stand' AND w.status <> 'cancelled' ORDER BY w.position, w.id",
        event,
    )
    links = await links_of([subject(event, one) for one in {row["exhibitor"] for row in rows}])
    return [_standing(one, rows, links) for one in dict.fromkeys(row["exhibitor"] for row in rows)]


def _standing(exhibitor: str, rows: list[Row], links: list[Row]) -> Standing:
    own = tuple(row for row in rows if row["exhibitor"] == exhibitor)
    sent = [link for link in links if link["subject"].endswith(f":{exhibitor}")]
    told = [link["created_at"] for link in sent if link["kind"] == "stand_programme"]
    return Standing(
        exhibitor=exhibitor,
        name=own[0]["name"],
        email=sent[-1]["email"] if sent else own[0]["email"],
        website=own[0]["website"],
        workshops=own,
        letters=tuple(link["created_at"] for link in sent if link["kind"] != "stand_changes"),
        told_at=told[-1] if told else None,
        failed=bool(sent) and sent[-1]["state"] == "failed",
    )
