"""Rows drawn but not written yet, and how many of them are written at once."""

from collections.abc import Sequence
from datetime import datetime
from random import Random

from workshops import sql
from workshops.database import fetch
from workshops.ids import spell

TABLES = (
    "organisation",
    "venue",
    "event",
    "co_lead",
    "venue_request",
    "workshop",
    "session",
    "hold",
    "attendee",
    "person_key",
    "attendee_key",
    "ticket",
    "registration",
    "referral",
    "scan",
    "account",
)
"""In the order in which they refer to each other."""

SHARED = {"organisation", "venue", "person_key", "account"}
"""Tables whose rows may be there already: kept from the demo before, or drawn for an earlier day."""

MOST_AT_ONCE = 100

Row = dict[str, object]


class Draw:
    """The one source of chance of a season, its start hour (UTC), and what has been drawn from it."""

    def __init__(self, seed: int, start: datetime) -> None:
        self.start = start
        self.random = Random(f"{seed} {start:%Y-%m-%dT%H}")  # noqa: S311 - a demo, the same for the same seed
        self.rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        self.counts = dict.fromkeys(TABLES, 0)

    def id(self) -> str:
        """A new id, as `workshops.ids` makes them, but the same for the same seed."""
        return spell(self.random.getrandbits(60))

    def chance(self, share: float) -> bool:
        """True in `share` of all cases."""
        return self.random.random() < share

    def add(self, table: str, row: Row) -> None:
        """Keep a row for `write`. All rows of one table have the same columns, in the same order."""
        self.rows[table].append(row)
        self.counts[table] += 1

    async def write(self) -> None:
        """Insert what has been added since the last time."""
        for table, rows in self.rows.items():
            for first in range(0, len(rows), MOST_AT_ONCE):
                await _insert(table, rows[first : first + MOST_AT_ONCE])
            rows.clear()


def lasting_id(*names: str) -> str:
    """The id of something that every season has: an organisation, a hall."""
    return spell(Random(" ".join(names)).getrandbits(60))  # noqa: S311 - a name, not a secret


async def _insert(table: str, rows: Sequence[Row]) -> None:
    columns = list(rows[0])
    present = " ON CONFLICT DO NOTHING" if table in SHARED else ""
    await fetch(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {sql.rows(len(rows), len(columns))}{present}",
        *(value for row in rows for value in row.values()),
    )
