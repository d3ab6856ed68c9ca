"""What the merge leaves to staff, from what phones handed in."""

from datetime import timedelta

from tests import factories
from tests.door import attendee, books
from tests.routes.test_door_sync import Door, client, hall, phone, scan
from workshops import attendance, conflicts
from workshops.conflicts import Doubt
from workshops.database import fetch, utcnow

__all__ = ["client", "hall"]


async def test_an_old_ticket_lets_nobody_in_though_the_phone_did_not_know(hall: Door) -> None:
    zoe = await attendee(hall.event)
    before = int(utcnow().timestamp() * 1000)
    await fetch("UPDATE ticket SET status = 'replaced', replaced_at = {} WHERE id = {}", utcnow(), zoe["ticket"])
    old = scan(zoe)
    assert await hall.words(old) == ["replaced_ticket"]
    assert await attendance.of_day(hall.event["id"]) == {}
    listed = await conflicts.of_day(hall.event)
    assert [(one.scan, one.doubts, one.first_at) for one in listed] == [(old["id"], (Doubt.REPLACED,), None)]
    assert await hall.words(scan(zoe, t=before)) == ["admitted"], "it was read before it was replaced"
    assert await hall.words(scan(zoe, let_in=True)) == ["repeat"], "staff let the person in"


async def test_what_is_left_to_staff_is_listed(hall: Door) -> None:
    zoe, max_ = await attendee(hall.event), await attendee(hall.event, "Max")
    slot = await factories.session(await factories.workshop(hall.event), hall.event, 1)
    await books(zoe, slot, "cancelled", cancelled_at=utcnow() - timedelta(minutes=5))
    other = await phone(hall.event, hall.client, label="Porte B")
    unknown, undone = scan(k="cd" * 16, local="not_on_list"), scan(k="ef" * 16, local="not_on_list")
    sent = [scan(zoe), unknown, undone, scan(kind="undo", undo_of=undone["id"]), scan(max_)]
    words = ["admitted_after_cancel", "unmatched", "undone", "undone", "admitted"]
    assert await hall.words(*sent) == words
    assert await other.words(scan(max_)) == ["duplicate_other_phone"]
    listed = await conflicts.of_day(hall.event)
    assert sorted((*one.doubts, one.by, one.first_by) for one in listed) == [
        ("after_cancel", "Accueil", ""),
        ("other_phone", "Porte B", "Accueil"),
        ("unmatched", "Accueil", ""),
    ]
