"""A change was taken back: who is to be called or written to, having been told of it or of something else since."""

from workshops.database import fetch
from workshops.rescheduling.restoring import Undone

CALL = "c.plan_change = {} AND c.attendee = attendee.id AND c.effect <> 'settled'"
NEWS = {
    "offer": "r.status = 'offered' AND r.offered_at >= {}",
    "given": "r.status = 'confirmed' AND r.offered_at >= {}",
    "offer_ended": "r.cancelled_why = 'offer_ended' AND r.cancelled_at >= {}",
}
"""What the waiting list may have brought somebody who was on the list "à appeler" for a change already."""


async def restore_calls(undone: Undone) -> None:
    """Who was to be called is as before, or is called for what else is new; who has been called is called again."""
    later = (
        "EXISTS (SELECT 1 FROM change_effect d JOIN plan_change p ON p.id = d.plan_change "
        "WHERE d.attendee = attendee.id AND d.effect <> 'settled' AND p.undone_at IS NULL AND p.created_at > {})"
    )
    told = "id IN (SELECT c.attendee FROM change_effect c WHERE c.plan_change = {} AND c.effect <> 'settled')"
    since = undone.created_at
    for why, news in NEWS.items():
        await fetch(
            f"UPDATE attendee SET called_for = {{}} WHERE called_for = 'change' AND called_at IS NULL AND {told} "
            f"AND NOT {later} AND EXISTS (SELECT 1 FROM registration r WHERE r.attendee = attendee.id AND {news})",
            *(why, undone.id, since, since),
        )
    columns = ("called_for", "called_at", "called_by")
    was = [f"{name} = (SELECT c.was_{name} FROM change_effect c WHERE {CALL} LIMIT 1)" for name in columns]
    await fetch(
        f"UPDATE attendee SET {', '.join(was)} WHERE called_for = 'change' AND called_at IS NULL AND {told} "
        f"AND NOT {later}",
        *(undone.id,) * 4,
        since,
    )
    await fetch(
        f"UPDATE attendee SET called_at = NULL, called_by = NULL WHERE {told} AND EXISTS "
        "(SELECT 1 FROM change_effect d JOIN plan_change p ON p.id = d.plan_change "
        "WHERE d.attendee = attendee.id AND d.effect <> 'settled' "
        "AND p.created_at < attendee.called_at AND p.undone_at >= attendee.called_at)",
        undone.id,
    )


async def told_otherwise(undone: Undone) -> list[tuple[str, str | None]]:
    """Who was sent their places since the change, or not sent because there were none: attendee, address.

    No address: they were sent a text.
    """
    rows = await fetch(
        "SELECT DISTINCT a.id, a.email FROM attendee a JOIN message m ON m.attendee = a.id "
        "LEFT JOIN message b ON b.id = m.carried_by WHERE (a.email IS NOT NULL OR m.channel = 'sms') "
        "AND (a.id IN (SELECT c.attendee FROM change_effect c WHERE c.plan_change = {} AND c.effect <> 'settled') "
        "OR ({} = 'change_hall' AND a.event = {})) "
        "AND (m.plan_change IS NULL OR m.plan_change <> {}) AND m.kind NOT IN ('your_link', 'bulletin') "
        "AND (m.sent_at >= {} OR m.frozen IS NOT NULL OR m.state = 'sending' "
        "OR b.sent_at >= {} OR b.frozen IS NOT NULL OR b.state = 'sending' "
        "OR (m.kind = 'your_places' AND m.state = 'superseded' AND NOT EXISTS (SELECT 1 FROM message l "
        "WHERE l.attendee = a.id AND l.kind = m.kind AND l.state <> 'superseded' AND l.created_at >= m.created_at)))",
        *(undone.id, undone.kind, undone.event, undone.id, undone.created_at, undone.created_at),
    )
    return [(row["id"], row["email"]) for row in rows]
