"""Taking the next message of a long queue looks at a few rows, however many wait and whoever they are for."""

import json
from datetime import timedelta

from tests import factories
from tests.factories import Row
from tests.postbox import Clock, attendee, clock
from tests.test_bench import looked_at
from workshops import claims
from workshops.database import Engine, fetch, is_embedded, transaction
from workshops.ids import new_id
from workshops.mail import Kind, address_key, enqueue_all

__all__ = ["clock"]
WAITING = 10_000


async def test_the_next_of_10_000_is_found_by_an_index(db: Engine, clock: Clock) -> None:
    """A bulletin to many, of which half waits for a server that said later, and one ticket made last."""
    event = await factories.event()
    people = [(await attendee(event))["id"] for _ in range(20)]
    async with transaction():
        for start in range(0, WAITING, len(people)):
            await enqueue_all(
                Kind.BULLETIN,
                [(one, f"{start}-{place}@example.org") for place, one in enumerate(people)],
                dedup=f"{start}",
                event=event["id"],
                expires_at=clock.now + timedelta(days=1),
                not_before=clock.now + timedelta(hours=start % 40 and 1),
                now=clock.now,
            )
    last: Row = {"id": new_id(), "kind": "your_places", "channel": "mail", "dedup_key": "last", "state": "queued"}
    last |= {"attendee": people[0], "event": event["id"], "address_key": address_key("zoe@example.org"), "priority": 1}
    await factories.insert("message", last | {"not_before": clock.now, "created_at": clock.now})
    await fetch("ANALYZE")
    asked: list[tuple[str, tuple[object, ...]]] = []
    run = db.run

    async def noted(sql: str, values: tuple[object, ...] = (), in_pool: bool = True) -> object:
        asked.append((sql, tuple(values)))
        return await run(sql, values, in_pool)

    db.run = noted  # type: ignore[method-assign,assignment]
    try:
        taken = await claims.take(clock.now, "mail")
    finally:
        db.run = run  # type: ignore[method-assign]
    assert taken
    assert taken["id"] == last["id"]
    [(sql, values)] = asked
    if is_embedded():
        plan = [str(dict(row)["detail"]) for row in await db.run(f"EXPLAIN QUERY PLAN {sql}", values)]
        assert not [step for step in plan if step.startswith("SCAN")], plan
    else:
        plan = await db.run(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
        assert looked_at(json.loads(plan[0][0])[0]["Plan"]) <= 20
