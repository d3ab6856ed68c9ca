"""A class that signed up together just before the demo was loaded: many people within minutes from one network."""

import hashlib
from datetime import timedelta

from workshops.demo.programme import Planned
from workshops.demo.rows import Draw

PEOPLE, PACE = 26, timedelta(seconds=20)
NETWORK = hashlib.sha256(b"a school of the demo").hexdigest()
"""It stands for the network of no one."""


def come_together(planned: Planned, draw: Draw) -> None:
    """Let some of those who signed up online for this day have come from one network, one after the other."""
    online = [row for row in draw.rows["attendee"] if row["event"] == planned.id and row["origin"] == "online"]
    at = {row["id"]: draw.start - PACE * number for number, row in enumerate(online[-PEOPLE:])}
    for row in online[-PEOPLE:]:
        row.update(network=NETWORK, created_at=at[row["id"]], updated_at=at[row["id"]])
    for table in ("ticket", "registration"):
        for row in draw.rows[table]:
            if (moment := at.get(row["attendee"])) and (table == "ticket" or row["status"] != "cancelled"):
                row["created_at"] = moment
                if table == "registration":
                    row["updated_at"] = moment
