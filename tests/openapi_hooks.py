"""What schemathesis cannot draw from the description alone: people and time slots that exist (SCHEMATHESIS_HOOKS)."""

import os
from itertools import count
from typing import Any

import schemathesis

SESSIONS = os.environ["TEST_SESSIONS"].split(",")
OPTIONAL = ("accommodations", "locale", "share_with_exhibitor", "news", "if_full")
INVITEE = {"first_name", "last_name", "email", "phone", "reference"}
turns = count(1)


@schemathesis.hook
def map_body(_context: object, body: Any) -> Any:
    """Every second well-formed sign-up or invitation is of a real person, every well-formed move to a real slot."""
    if not isinstance(body, dict):
        return body
    if isinstance(body.get("session"), str):
        body = {**body, "session": SESSIONS[0]}
    if set(body) <= INVITEE and isinstance(body.get("first_name"), str) and (turn := next(turns)) % 2:
        return {"first_name": "Zoé", "email": f"invited.{turn}@example.org"}
    wanted = body.get("sessions")
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted) or (turn := next(turns)) % 2:
        return body
    person = {"first_name": "Zoé", "last_name": "Le Fèvre", "email": f"zoe.{turn}@example.org", "aged_16_or_over": True}
    start = turn % len(SESSIONS)
    kept = {name: body[name] for name in OPTIONAL if name in body}
    return {**person, **kept, "sessions": SESSIONS[start : start + max(1, len(wanted))]}
