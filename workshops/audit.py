"""Who did what, when, before and after (product.md rule 11): rows in the transaction of what they tell of."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from workshops.actors import Actor
from workshops.database import fetch, in_transaction, utcnow
from workshops.ids import new_id

PERSONAL = frozenset(
    {
        "first_name",
        "last_name",
        "name",
        "email",
        "phone",
        "adult_name",
        "adult_phone",
        "commune",
        "accommodations",
        "represented",
        "facilitator",
        "answered_by",
        "reference",
    }
)
"""Fields whose values are personal: that they changed is kept, what they held is not."""


async def note(
    actor: Actor,
    action: str,
    kind: str,
    object_id: str,
    *,
    event: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    people: int | None = None,
    now: datetime,
) -> None:
    """Keep that `actor` did `action` ("publish", "move_session") to the object `object_id` of this kind.

    Of `before` and `after`, what differs is kept, personal fields by name alone; `people` says how many were
    concerned. Raises RuntimeError outside a transaction.
    """
    if not in_transaction():
        raise RuntimeError("an audit entry is written in the transaction of what it tells of")
    await _keep(actor, action, kind, object_id, event, _differences(before or {}, after or {}), people, now)


async def listed(actor: Actor, what: str, event: str | None, people: int) -> None:
    """Keep that a list of names was opened or exported ("people", "people_csv"), and of how many. A log, no change."""
    await _keep(actor, f"list_{what}", "list", event or what, event, None, people, utcnow())


async def _keep(
    actor: Actor,
    action: str,
    kind: str,
    object_id: str,
    event: str | None,
    changes: str | None,
    people: int | None,
    now: datetime,
) -> None:
    await fetch(
        "INSERT INTO audit_entry (id, at, actor, action, object_kind, object_id, event, changes, people) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})",
        *(new_id(), now, actor.id, action, kind, object_id, event, changes, people),
    )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    """{"field": [before, after]} as JSON; {"field": null} where the values are personal; None where nothing differs."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    told = {name: None if name in PERSONAL else [before.get(name), after.get(name)] for name in names}
    return json.dumps(told, ensure_ascii=False, default=_plain) if told else None


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
