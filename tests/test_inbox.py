"""Mail that comes in: calendars answer, servers give messages back, and whatever else is there stops nobody."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests import imap, postbox
from tests.factories import Row
from tests.imap import Mailboxes
from tests.planned import row
from tests.postbox import Clock, Server, attendee, clock, connected, day, queue, tell
from tests.returned import STAMP, reply, report
from workshops import calendar, mail, passing_on, reply_addresses, settings
from workshops.database import Engine, fetch
from workshops.delivery import deliver_due
from workshops.inbox import TRIES, Inbox
from workshops.incoming import MOST_BYTES, Reader, Told
from workshops.incoming.mailbox import ASIDE, TROUBLE
from workshops.incoming.reading import MOST_PARTS, told

__all__ = ["clock", "production"]
production = postbox.production
READ_APART = Reader.read


@pytest.fixture
def boxes() -> Mailboxes:
    return Mailboxes()


@pytest.fixture(autouse=True)
async def inbox(production: None, boxes: Mailboxes, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Inbox]:
    monkeypatch.setenv("INBOX_URL", "imap://us:secret@127.0.0.1:1")
    settings.settings.cache_clear()
    async with imap.mailbox(boxes) as where:
        yield Inbox(where)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are read in this process, which is quicker."""

    async def read(_: Reader, raw: bytes) -> Told:
        return told(raw)

    monkeypatch.setattr(Reader, "read", read)


@pytest.fixture
def apart(here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are read in a process of its own, as they are in truth."""
    monkeypatch.setattr(Reader, "read", READ_APART)


@pytest.fixture
def release(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A no in a calendar gives the place back."""
    monkeypatch.setenv("DECLINED", "release")
    settings.settings.cache_clear()
    return iter(())


@pytest.fixture
async def zoe(db: Engine, clock: Clock) -> Row:
    """Somebody with a place of which her calendar was told, and Ali who waits for it."""
    event, slots = await day()
    made = await attendee(event, (slots[0], "confirmed"))
    await fetch("UPDATE session SET confirmed = 1, waiting = 1, capacity = 1 WHERE id = {}", slots[0]["id"])
    made["waits"] = await attendee(event, (slots[0], "waiting"), email="ali@example.org")
    [place] = made["places"]
    token = reply_addresses.make(place["id"])
    await fetch(
        "UPDATE registration SET reply_hash = {}, reply_key = {}, invited = true, invited_sequence = 0 WHERE id = {}",
        *(token.hash, token.key, place["id"]),
    )
    return made | {"to": reply_addresses.written(token), "uid": calendar.uid("place", place["id"]), "place": place}


def says(zoe: Row, clock: Clock, **given: Any) -> bytes:
    """Her calendar's answer."""
    to, uid = given.pop("to", zoe["to"]), given.pop("uid", zoe["uid"])
    return reply(to, uid, clock.now + given.pop("after", timedelta()), **given)


async def outcomes() -> list[str]:
    return [one["outcome"] for one in await fetch("SELECT outcome FROM inbound ORDER BY received_at, id")]


async def sent(person: Row, **given: Any) -> str:
    """A message that has left."""
    await tell(person, **given)
    async with connected(Server()) as post:
        await deliver_due(post)
    return str((await fetch("SELECT id FROM message WHERE state = 'sent' ORDER BY created_at DESC, id"))[0]["id"])


async def test_a_no_is_asked_about_once_a_day(zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes) -> None:
    boxes.arrives(says(zoe, clock))
    assert await inbox.look() == 1
    now = await row("registration", zoe["place"]["id"])
    assert (now["status"], now["declined_at"], now["asked_at"]) == ("confirmed", clock.now, clock.now)
    server = Server()
    async with connected(server) as post:
        await deliver_due(post)
    [message] = server.messages()
    assert message["subject"] == "Vous venez\u202f? Soudeur, soudeuse, mardi 12 janvier 2027, 9\u00a0h"
    words = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Si vous venez, vous n’avez rien à faire." in words
    assert words.count("/m/") == 1
    clock.turn(hours=2)
    boxes.arrives(
        says(zoe, clock, answer="ACCEPTED", identity="2"), says(zoe, clock, after=timedelta(minutes=1), identity="3")
    )
    assert await inbox.look() == 2
    clock.turn(hours=23)
    boxes.arrives(says(zoe, clock, identity="4"))
    assert await inbox.look() == 1
    assert sorted(await outcomes()) == ["accepted", "asked", "asked", "declined"]
    assert (boxes.unread(), boxes.folders) == ([], {})


async def test_yes_after_no_takes_it_back(zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes) -> None:
    boxes.arrives(says(zoe, clock), says(zoe, clock, answer="TENTATIVE", after=timedelta(seconds=1), identity="9"))
    await inbox.look()
    assert (await row("registration", zoe["place"]["id"]))["declined_at"] is None
    async with connected(Server()) as post:
        assert await deliver_due(post) == 0, "there is nothing to ask any more"


@pytest.mark.usefixtures("release")
async def test_a_no_gives_the_place_back_where_that_is_wanted(
    zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes
) -> None:
    boxes.arrives(says(zoe, clock))
    await inbox.look()
    assert await outcomes() == ["released"]
    assert (await row("registration", zoe["place"]["id"]))["status"] == "cancelled"
    assert (await row("registration", zoe["waits"]["places"][0]["id"]))["status"] == "confirmed"
    assert sorted(one["kind"] for one in await queue()) == ["place_given", "you_cancelled"]


@pytest.mark.usefixtures("release")
async def test_a_machine_s_no_is_asked_about(zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes) -> None:
    boxes.arrives(says(zoe, clock, headers="Auto-Submitted: auto-replied\n"))
    await inbox.look()
    assert await outcomes() == ["asked"]


async def test_what_is_out_of_date_or_comes_again_changes_nothing(
    zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes
) -> None:
    first = says(zoe, clock, answer="ACCEPTED")
    boxes.arrives(first, says(zoe, clock, identity="old"), says(zoe, clock, sequence=1, identity="version"), first)
    assert await inbox.look() == 4
    assert sorted(await outcomes()) == ["accepted", "outdated", "outdated"]
    clock.turn(days=30)
    boxes.arrives(says(zoe, clock, identity="begun"))
    await inbox.look()
    assert (await row("registration", zoe["place"]["id"]))["declined_at"] is None
    assert (boxes.unread(), boxes.folders) == ([], {})


async def test_a_clock_that_runs_ahead_does_not_silence_its_owner(
    zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes
) -> None:
    ahead = says(zoe, clock, answer="ACCEPTED", after=timedelta(days=9000))
    boxes.arrives(ahead)
    await inbox.look()
    clock.turn(minutes=1)
    boxes.arrives(says(zoe, clock, identity="next"), ahead)
    assert await inbox.look() == 2
    assert await outcomes() == ["accepted", "asked"]
    now = await row("registration", zoe["place"]["id"])
    assert now["declined_at"] == clock.now, "the same message again is no newer answer"


async def test_a_message_that_comes_back_is_called_about(
    zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes
) -> None:
    message = await sent(zoe)
    boxes.arrives(report(f"bounce+{message}@pole.example"))
    assert await inbox.look() == 1
    now = await row("message", message)
    assert (now["state"], now["bounced_at"], now["last_cause"], now["last_code"]) == (
        "failed",
        clock.now,
        "bounce 5.1.1",
        550,
    )
    assert (await row("attendee", zoe["id"]))["called_for"] == "bounce"
    [dead] = await fetch("SELECT address_key, cause, lifted_at FROM suppression")
    assert dead == {"address_key": mail.address_key("zoe@example.org"), "cause": "bounce 5.1.1", "lifted_at": None}
    await fetch("UPDATE attendee SET called_at = {} WHERE id = {}", clock.now, zoe["id"])
    boxes.arrives(report(f"bounce+{message}@pole.example", identity="another"))
    await inbox.look()
    assert (await row("attendee", zoe["id"]))["called_at"] == clock.now, "a second report changes nothing"
    assert sorted(await outcomes()) == ["outdated", "suppressed"]


async def test_an_offer_that_comes_back_passes_on(zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes) -> None:
    await fetch(
        "UPDATE registration SET status = 'offered', offer = 'place', offered_at = {}, offered_until = {} "
        "WHERE id = {}",
        *(clock.now, clock.now + timedelta(days=2), zoe["place"]["id"]),
    )
    await fetch("UPDATE session SET confirmed = 0, offered = 1 WHERE id = {}", zoe["place"]["session"])
    await tell(zoe, mail.Kind.PLACE_OFFERED)
    await fetch("UPDATE message SET registration = {}", zoe["place"]["id"])
    async with connected(Server()) as post:
        assert await deliver_due(post) == 1
    [message] = [one["id"] for one in await queue() if one["kind"] == "place_offered"]
    boxes.arrives(report(f"bounce+{message}@pole.example", status="5.7.1"))
    await inbox.look()
    assert await passing_on.pass_on_due(clock.now) == 1
    assert (await row("registration", zoe["waits"]["places"][0]["id"]))["status"] == "confirmed"


async def test_a_mailbox_that_is_full_three_times_in_a_month_is_dead(
    zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes
) -> None:
    for number, (days, status) in enumerate([(0, "5.2.2"), (31, "5.2.2"), (5, "4.2.2"), (5, "5.2.2")]):
        clock.turn(days=days)
        await fetch("UPDATE event SET ends_at = {}", clock.now + timedelta(days=90))
        message = await sent(zoe, stranger=False)
        boxes.arrives(report(f"bounce+{message}@pole.example", status=status, identity=str(number)))
        await inbox.look()
    assert await outcomes() == ["failed", "failed", "failed", "suppressed"]


@pytest.mark.parametrize("status", ["5.7.1", "5.1.8", "5.3.4"])
async def test_what_is_wrong_with_us_is_not_the_address_s_fault(
    status: str, zoe: Row, inbox: Inbox, boxes: Mailboxes
) -> None:
    boxes.arrives(report(f"bounce+{await sent(zoe)}@pole.example", status=status))
    await inbox.look()
    assert await outcomes() == ["failed"]
    assert await fetch("SELECT id FROM suppression") == []


async def test_a_delay_and_a_holiday_note_are_no_bounce(zoe: Row, inbox: Inbox, boxes: Mailboxes) -> None:
    to = f"bounce+{await sent(zoe)}@pole.example"
    holiday = f"To: {to}\r\nMessage-ID: <h>\r\nAuto-Submitted: auto-replied\r\n\r\nAway until Monday\r\n"
    boxes.arrives(report(to, action="delayed", status="4.4.1"), holiday.encode())
    assert await inbox.look() == 2
    assert {one["state"] for one in await queue()} == {"sent"}
    assert (boxes.unread(), boxes.folders) == ([], {})


async def test_who_never_wrote_to_us_is_left_unread_and_asked_for_once(
    zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes
) -> None:
    human = b"To: inscription@pole.example\r\nFrom: zoe@example.org\r\nSubject: A question\r\n\r\nHello?\r\n"
    boxes.arrives(human, human.replace(b"inscription", b"rsvp+x"), says(zoe, clock))
    assert await inbox.look() == 1
    assert len(boxes.unread()) == 2
    boxes.asked.clear()
    assert await inbox.look() == 0
    assert not [one for one in boxes.asked if "FETCH" in one]
    assert [one["kind"] for one in await queue()] == ["declined"], "nothing is answered"


def _hostile(zoe: Row, clock: Clock) -> dict[str, bytes]:
    """Mail that is made to hurt, or that we make nothing of."""
    good, to = says(zoe, clock), zoe["to"].encode()
    head = b"To: " + to + b"\r\nMessage-ID: <%b>\r\nMIME-Version: 1.0\r\n"
    event = good[good.index(b"BEGIN:VEVENT") : good.index(b"END:VCALENDAR")]
    stamp = f"{clock.now:{STAMP}}".encode()
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(200))
    many = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 10_000 + b"--b--\r\n"
    return {
        "no calendar": head % b"a" + b"\r\nSee you!\r\n",
        "two events": good.replace(event, event * 2),
        "two calendars": good.replace(b"SEQUENCE:0", b"SEQUENCE:1", 1),
        "a token of nobody": good.replace(to, b"rsvp+" + b"a" * 26 + b"@pole.example"),
        "another place": says(zoe, clock, uid="place-aaaaaaaaaaaa@ateliers.example.org"),
        "a request": good.replace(b"METHOD:REPLY", b"METHOD:REQUEST"),
        "two attendees": good.replace(b"SEQUENCE:0", b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:b@c.example\r\nSEQUENCE:0"),
        "no time": good.replace(b"DTSTAMP:" + stamp, b"X-STAMP:" + stamp),
        "a time without zone": good.replace(b"DTSTAMP:" + stamp, b"DTSTAMP:20270104T100000"),
        "a version too far": good.replace(b"SEQUENCE:0", b"SEQUENCE:99999999999999999999"),
        "10,000 parts": head % b"b" + many,
        "nested 200 deep": head % b"c" + deep,
        "2 MB": good + b"x" * 2 * MOST_BYTES,
        "a bomb of headers": b"X-A: b\r\n" * 60_000 + good,
        "a charset that is none": good.replace(b"UTF-8", b"\xff\xfe-7"),
        "control characters": good.replace(b"VERSION:2.0", b"VERSION:\x00\x01\x1b2.0"),
        "a report without end": report("bounce+aaaaaaaaaaaa@pole.example")[:1200],
        "a report of nothing of ours": report("bounce+aaaaaaaaaaaa@pole.example"),
    }


@pytest.mark.usefixtures("apart")
async def test_hostile_mail_is_set_aside_and_the_rest_is_read(
    zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes
) -> None:
    hostile = _hostile(zoe, clock)
    boxes.arrives(*hostile.values(), says(zoe, clock, identity="last"))
    began = time.monotonic()
    assert await inbox.look() == len(hostile) + 1
    assert time.monotonic() - began < 60
    assert boxes.unread() == []
    aside = [name for name, raw in hostile.items() if raw in boxes.folders[ASIDE]]
    assert set(hostile) - set(aside) == {"a charset that is none", "control characters", "a bomb of headers"}
    assert (await row("registration", zoe["place"]["id"]))["asked_at"] == clock.now


async def test_what_is_too_large_is_not_even_fetched(zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes) -> None:
    boxes.arrives(says(zoe, clock) + b"x" * MOST_BYTES)
    assert await inbox.look() == 1
    assert not [one for one in boxes.asked if "BODY.PEEK[]" in one]
    assert len(boxes.folders[ASIDE]) == 1


async def test_a_size_that_lies_is_not_believed(zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes) -> None:
    boxes.claims = 100
    boxes.arrives(says(zoe, clock) + b"x" * 2 * MOST_BYTES)
    await inbox.look()
    assert len(boxes.folders[ASIDE]) == 1
    assert await outcomes() == []


async def test_a_server_that_hangs_up_loses_nothing(zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes) -> None:
    """Between what we do and the flag that says so, too."""
    boxes.arrives(says(zoe, clock))
    for command in ("LOGIN", "SEARCH", "RFC822.SIZE", "BODY.PEEK[]", "STORE"):
        boxes.drops = command
        with pytest.raises(TROUBLE):
            await inbox.look()
    assert await outcomes() == ["asked"]
    assert await inbox.look() == 1
    assert (await outcomes(), len(await queue()), boxes.unread()) == (["asked"], 1, [])


async def test_a_server_that_falls_silent_does_not_keep_the_worker(inbox: Inbox, boxes: Mailboxes) -> None:
    boxes.silent, stop = "SEARCH", asyncio.Event()
    watching = asyncio.create_task(inbox.watch(stop))
    await asyncio.wait_for(boxes.waits.wait(), 5)
    stop.set()
    await asyncio.wait_for(watching, 2)


async def test_two_readers_do_it_once(zoe: Row, clock: Clock, boxes: Mailboxes) -> None:
    boxes.arrives(says(zoe, clock))
    async with imap.mailbox(boxes) as where:
        assert sorted(await asyncio.gather(Inbox(where).look(), Inbox(where).look())) == [0, 1]
    assert await outcomes() == ["asked"]


async def test_what_we_fail_on_waits_and_is_set_aside_in_the_end(
    zoe: Row, clock: Clock, inbox: Inbox, boxes: Mailboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await sent(zoe)
    await fetch("UPDATE message SET state = 'sending' WHERE id = {}", message)
    boxes.arrives(report(f"bounce+{message}@pole.example"), says(zoe, clock))
    assert await inbox.look() == 1, "the next one is read"
    for _ in range(TRIES - 2):
        assert await inbox.look() == 0
    assert await inbox.look() == 1
    assert len(boxes.folders[ASIDE]) == 1


@hypothesis_settings(max_examples=150, deadline=2000)
@given(st.binary(max_size=400), st.integers(0, 3000), st.integers(0, 200))
@example(b"Content-Type: multipart/mixed; boundary=\r\n\r\n", 0, 0)
def test_whatever_bytes_arrive_are_told(noise: bytes, at: int, length: int) -> None:
    for good in (reply("rsvp+x@y", "u", datetime(2027, 1, 4, tzinfo=UTC)), report("bounce+x@y")):
        told(good[:at] + noise + good[at + length :])
    told(noise)


@pytest.mark.usefixtures("apart")
async def test_reading_apart_says_the_same(clock: Clock) -> None:
    raw = reply("rsvp+x@y", "u", clock.now)
    async with Reader() as reader:
        assert await reader.read(raw) == told(raw)
    assert told(raw).reply is not None
    parts = b"--b\r\n\r\nx\r\n" * MOST_PARTS
    assert told(b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + parts + b"--b--").fault == "parts"
