"""The morning after a day: thanks, other dates, absences; each person once, and nobody who nothing is known of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import factories, postbox
from tests.factories import Row
from tests.postbox import Clock, attendee, clock, day, parsed, place, queue
from tests.staff import make_staff
from tests.test_mime import body
from workshops import letters, mime
from workshops.after import thank_due
from workshops.attendance import Reads, Word, came, word
from workshops.database import Engine, fetch
from workshops.ids import new_id
from workshops.tables.people import Role

__all__ = ["clock", "production"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")
MORNING = datetime(2027, 1, 13, 8, tzinfo=UTC)
START = datetime(2027, 1, 12, 9, tzinfo=UTC)


async def read(who: Row, slot: Row | None = None, **given: Any) -> Row:
    """A ticket read at the hall, or at the stand of a slot."""
    row = {"id": new_id(), "event": who["event"], "session": slot and slot["id"], "caller": "device:1", "kind": "in"}
    row |= {"attendee": who["id"], "method": "qr", "taken_at": START, "effective_at": START, "received_at": START}
    return await factories.insert("scan", row | {"outcome": "admitted", **given})


async def told() -> dict[str, str]:
    """Which kind each person is written."""
    rows = await fetch("SELECT a.first_name, m.kind FROM message m JOIN attendee a ON a.id = m.attendee")
    assert len(rows) == len({row["first_name"] for row in rows})
    return {row["first_name"]: row["kind"] for row in rows}


async def words_of(kind: str) -> str:
    """What its reader reads first, in one line."""
    [row] = [one for one in await queue() if one["kind"] == kind]
    letter = await letters.load(row)
    assert letter is not None
    return " ".join(body(parsed(mime.render(letter, MORNING)), "plain").split())


async def test_who_came_is_thanked_who_was_missed_is_offered_other_dates_once(db: Engine, clock: Clock) -> None:
    event, [early, late, garden] = await day()
    next_day, _ = await day(date=datetime(2027, 1, 26, tzinfo=UTC).date())
    came_in = await attendee(event, (early, "confirmed"), first_name="Ana", email="a@example.org")
    await attendee(event, (late, "confirmed"), first_name="Bob", email="b@example.org")
    await attendee(event, (garden, "confirmed"), first_name="Cid", email="c@example.org")
    gave_back = await attendee(event, first_name="Dea", email="d@example.org")
    await place(gave_back, early, "cancelled", cancelled_at=START - timedelta(days=1))
    await attendee(event, (late, "waiting"), first_name="Eve", email="e@example.org")
    await attendee(event, (late, "confirmed"), first_name="Fay", email=None, phone="+33612345678")
    await read(came_in, early)

    assert await thank_due(MORNING - timedelta(minutes=1)) == 0, "9:00 in Paris"
    assert await thank_due(MORNING) == 2
    assert await told() == {"Ana": "thank_you", "Bob": "missed_you"}
    assert await thank_due(MORNING) == 0
    clock.now = MORNING

    thanks = await words_of("thank_you")
    assert f"/events/{event['id']}/workshops/{early['workshop']}" in thanks
    missed = await words_of("missed_you")
    assert f"/events/{next_day['id']}/workshops/" in missed, "the same job, on another day"
    assert "mardi 26 janvier 2027" in missed
    assert all(row["expires_at"] == MORNING + timedelta(days=5) for row in await queue())


async def test_nobody_is_written_to_where_nothing_was_read_or_the_day_is_long_over(db: Engine, clock: Clock) -> None:
    event, [early, *_] = await day()
    await attendee(event, (early, "confirmed"))
    assert await thank_due(MORNING) == 0
    later, [slot, *_] = await day()
    await read(await attendee(later, (slot, "confirmed")), slot)
    assert await thank_due(MORNING + timedelta(days=3)) == 0
    assert await queue() == []


async def test_a_message_is_void_once_the_door_is_corrected(db: Engine, clock: Clock) -> None:
    event, [early, *_] = await day()
    there = await attendee(event, (early, "confirmed"), first_name="Ana")
    missed = await attendee(event, (early, "confirmed"), first_name="Bob")
    scan = await read(there, early)
    await thank_due(MORNING)
    await read(missed, early)
    await fetch("UPDATE scan SET set_aside_at = {} WHERE id = {}", MORNING, scan["id"])
    assert [await letters.load(row) for row in await queue()] == [None, None]


async def test_advisers_read_who_of_their_people_did_not_come(db: Engine, clock: Clock) -> None:
    event, [early, *_] = await day()
    who, _cookie = await make_staff(Role.ADVISER)
    other, _cookie = await make_staff(Role.ADVISER)
    for name, status, of in (
        ("Ana", "confirmed", who),
        ("Bob", "confirmed", who),
        ("Cid", "cancelled", who),
        ("Dea", "confirmed", other),
    ):
        given = {"cancelled_at": START - timedelta(days=2)} if status == "cancelled" else {}
        one = await attendee(event, first_name=name, email=None)
        await place(one, early, status, **given)
        made = {"id": new_id(), "agency": of.organisation, "account": of.account, "event": event["id"]}
        made |= {"mode": "on_behalf", "attendee": one["id"], "created_at": START}
        await factories.insert("referral", made)
        if name in ("Ana", "Dea"):
            await read(one, early)
    assert await thank_due(MORNING) == 1, "whose people all came reads nothing"
    words = await words_of("adviser_absences")
    assert "Des personnes que vous avez envoyées, 1 est venue" in words
    assert "1 personne n’est pas venue * Bob Lefèvre" in words
    assert "1 personne avait annulé * Cid Lefèvre" in words
    assert "Ana Lefèvre" not in words
    assert "Dea Lefèvre" not in words


def test_attendance_is_a_fact_about_a_place() -> None:
    """Rule 10: its stand's scan; where a stand read nobody the hall; missing only where others were read."""
    place: Row = {"attendee": "a", "session": "s", "workshop": "w", "status": "confirmed", "attendance": None}
    place |= {"starts_at": START, "cancelled_at": None}
    nothing, hall, other_hall = Reads(), Reads(hall={"a"}), Reads(hall={"b"})
    stand, other_stand = Reads(slots={("a", "s")}), Reads(hall={"a"})
    stand.stands["w"], other_stand.stands["w"] = {"a"}, {"b"}
    expected = {Word.UNKNOWN: nothing, Word.ATTENDED: hall, Word.NO_SHOW: other_hall}
    assert {said: word(place, reads) for said, reads in expected.items()} == {said: said for said in expected}
    assert word(place, stand) is Word.ATTENDED
    assert word(place, other_stand) is Word.NO_SHOW
    assert came([place], other_stand).word is Word.ATTENDED, "they were in the hall"
    assert word(place | {"attendance": "excused"}, other_hall) is Word.EXCUSED
    late = place | {"status": "cancelled", "cancelled_at": START + timedelta(minutes=1)}
    assert word(late, nothing) is Word.UNKNOWN
    assert word(late | {"cancelled_at": START - timedelta(minutes=1)}, nothing) is Word.EXCUSED
