"""News of the next days: to who asked for them, each day once, all in one message, a week apart, and ended by a tap."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests import factories, postbox
from tests.factories import Row
from tests.postbox import Clock, clock, parsed, queue
from tests.test_mime import body
from workshops import letters, mime, unsubscribe
from workshops.database import Engine, fetch
from workshops.days_told import tell_news_due
from workshops.ids import new_id

__all__ = ["clock", "production"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")
TEN = datetime(2026, 12, 7, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


async def public_day(on: date, **given: object) -> Row:
    """A day that became public the evening before TEN."""
    return await factories.event(date=on, published_at=TEN - timedelta(hours=15), **given)


async def reader(email: str = "ana@example.org", **given: object) -> Row:
    row = {"id": new_id(), "email": email, "locale": "fr", "token_hash": new_id(), "created_at": TEN - WEEK}
    return await factories.insert("news_address", row | given)


async def words() -> str:
    """What the last message says."""
    letter = await letters.load((await queue())[-1])
    assert letter is not None
    return " ".join(body(parsed(mime.render(letter, TEN)), "plain").split())


async def test_new_days_are_told_once_together_between_ten_and_six(db: Engine, clock: Clock) -> None:
    clock.now = TEN
    first, second = await public_day(date(2027, 1, 12)), await public_day(date(2027, 2, 9))
    hidden = await public_day(date(2027, 1, 20), listed=False)
    await reader()
    await reader("bob@example.org", withdrawn_at=TEN - timedelta(days=1))
    assert await tell_news_due(TEN - timedelta(minutes=1)) == 0, "10:00 in Paris"
    assert await tell_news_due(TEN + timedelta(hours=8)) == 0, "18:00 in Paris"
    assert await tell_news_due(TEN) == 1
    assert await tell_news_due(TEN) == 0
    [row] = await queue()
    assert (row["kind"], row["priority"]) == ("next_days", 7)
    told = await words()
    for event in (first, second):
        assert f"/events/{event['id']}" in told
    assert hidden["id"] not in told
    assert "2 nouvelles journées" in told


async def test_the_next_news_come_a_week_later_and_tell_what_is_new_only(db: Engine, clock: Clock) -> None:
    clock.now = TEN
    old = await public_day(date(2027, 1, 12))
    await reader()
    await tell_news_due(TEN)
    new = await public_day(date(2027, 2, 9))
    clock.now = TEN + timedelta(days=6)
    assert await tell_news_due(clock.now) == 0
    clock.now = TEN + WEEK
    assert await tell_news_due(clock.now) == 1
    told = await words()
    assert f"/events/{new['id']}" in told
    assert f"/events/{old['id']}" not in told


async def test_a_day_of_this_hour_or_of_tomorrow_morning_is_not_told(db: Engine) -> None:
    await reader()
    await factories.event(date=date(2027, 1, 12), published_at=TEN - timedelta(minutes=59))
    await public_day(TEN.date())
    assert await tell_news_due(TEN) == 0
    assert await queue() == []


async def test_it_is_ended_by_its_own_address_and_void_where_nothing_is_left_to_tell(db: Engine, clock: Clock) -> None:
    clock.now = TEN
    event = await public_day(date(2027, 1, 12))
    await reader()
    await tell_news_due(TEN)
    [row] = await queue()
    letter = await letters.load(row)
    assert isinstance(letter, letters.Notice)
    assert letter.unsubscribe
    assert "List-Unsubscribe-Post" in parsed(mime.render(letter, TEN))
    await fetch("UPDATE event SET status = 'cancelled' WHERE id = {}", event["id"])
    assert await letters.load(row) is None
    await fetch("UPDATE event SET status = 'published' WHERE id = {}", event["id"])
    assert await letters.load(row)
    await unsubscribe.stop(letter.unsubscribe.rpartition("/")[2])
    assert await letters.load(row) is None
