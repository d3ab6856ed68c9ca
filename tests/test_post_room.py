"""What staff see of messages and do with them: stop all, send one again, write again to an address given up."""

import asyncio

import pytest

from tests import postbox
from tests.factories import Row
from tests.postbox import Clock, Server, attendee, clock, connected, day, queue, tell
from tests.staff import make_staff
from workshops import pauses, post_orders, post_room
from workshops.actors import Staff
from workshops.database import Engine, fetch
from workshops.delivery import deliver_due
from workshops.errors import Invalid, NotFound
from workshops.failures import Failure, failure_of
from workshops.mail import Kind, address_key
from workshops.post_orders import AddressGivenUp, NothingToTell, StillWaiting
from workshops.received import Outcome
from workshops.routes.office import message_words
from workshops.tables.people import Role

__all__ = ["clock", "production"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")


@pytest.fixture
async def admin(db: Engine, clock: Clock) -> Staff:
    return (await make_staff(Role.ADMIN))[0]


@pytest.fixture
async def zoe(db: Engine, clock: Clock) -> Row:
    event, slots = await day()
    made = await attendee(event, (slots[0], "confirmed"))
    await tell(made)
    return made


async def test_stopped_nothing_leaves_until_somebody_resumes(zoe: Row, admin: Staff, clock: Clock) -> None:
    with pytest.raises(Invalid):
        await post_orders.pause(" ", admin)
    await post_orders.pause("wrong hall in the tickets", admin)
    async with connected(Server()) as post:
        clock.turn(minutes=5)
        assert await deliver_due(post) == 0
        seen = await post_room.figures(admin)
        [pause] = seen.pauses
        assert (seen.due, pause["cause"], pause["name"]) == ({"mail": 1}, "wrong hall in the tickets", admin.name)
        await post_orders.resume(admin)
        assert await deliver_due(post) == 1
    seen = await post_room.figures(admin)
    assert (seen.due, seen.sent, seen.pauses) == ({}, (1, 1, 1), [])
    done = await fetch("SELECT action FROM audit_entry WHERE object_kind = 'message' ORDER BY at, action")
    assert [row["action"] for row in done] == ["pause_mail", "resume_mail"]


async def test_what_bounced_is_sent_again_once_the_address_is_right(zoe: Row, admin: Staff, clock: Clock) -> None:
    [message] = await queue()
    with pytest.raises(StillWaiting):
        await post_orders.send_again(message["id"], admin)
    async with connected(Server(rcpt=["550 5.1.1 no such user"])) as post:
        assert await deliver_due(post) == 0
        bag = await post_room.sent_to("Zoe@Example.org", admin)
        assert [failure_of(one["last_cause"]) for one in bag.messages] == [Failure.UNKNOWN_ADDRESS]
        assert bag.given_up
        with pytest.raises(AddressGivenUp):
            await post_orders.send_again(message["id"], admin)
        await post_orders.lift(bag.given_up["id"], admin)
        assert [await post_orders.send_again(message["id"], admin) for _ in range(2)] == [zoe["id"]] * 2
        assert await deliver_due(post) == 1
    assert (await post_room.figures(admin)).failed_week == {Failure.UNKNOWN_ADDRESS: 1}
    _, bag = await post_room.sent_about(zoe["id"], admin)
    assert sorted(one["state"] for one in bag.messages) == ["failed", "sent"]
    assert not {"frozen", "dedup_key", "mail_link"} & set(bag.messages[0])


async def test_what_is_no_longer_true_is_not_sent_again(zoe: Row, admin: Staff, clock: Clock) -> None:
    async with connected(Server()) as post:
        assert await deliver_due(post) == 1
    await fetch("UPDATE event SET status = 'cancelled'")
    [message] = await queue()
    with pytest.raises(NothingToTell):
        await post_orders.send_again(message["id"], admin)


async def test_by_ticket_code_by_phone_and_by_nothing_that_is_known(zoe: Row, admin: Staff) -> None:
    await fetch("UPDATE attendee SET phone = '+33612345678'")
    for sought in (zoe["code"], zoe["code"].lower().replace("-", " "), "06 12 34 56 78", "zoe@example.org"):
        assert len((await post_room.sent_to(sought, admin)).messages) == 1, sought
    with pytest.raises(Invalid):
        await post_room.sent_to("Zoé Lefèvre", admin)
    listed = await fetch("SELECT people FROM audit_entry WHERE action = 'list_messages'")
    assert [row["people"] for row in listed] == [1] * 4


async def test_only_who_leads_the_day_sees_its_messages(zoe: Row, admin: Staff) -> None:
    [message] = await queue()
    stranger, _ = await make_staff(Role.ORGANISER)
    for asked in (
        post_room.sent_about(zoe["id"], stranger),
        post_orders.send_again(message["id"], stranger),
        post_room.figures(stranger),
        post_room.sent_to("zoe@example.org", stranger),
        post_orders.pause("because I can", stranger),
    ):
        with pytest.raises(NotFound):
            await asked


async def test_who_stops_at_once_stops_once_and_what_a_person_says_replaces_what_the_server_did(
    admin: Staff, clock: Clock
) -> None:
    await pauses.begin("SMTPAuthenticationError 5.7.8", clock.now, 535)
    await asyncio.gather(*(post_orders.pause(f"wrong hall {number}", admin) for number in range(4)))
    seen = await post_room.figures(admin)
    [pause] = seen.pauses
    assert seen.stopped
    assert pause["cause"].startswith("wrong hall"), "what colleagues read"
    await asyncio.gather(*(post_orders.resume(admin) for _ in range(4)))
    assert (await post_room.figures(admin)).pauses == []
    done = await fetch("SELECT action FROM audit_entry WHERE object_kind = 'message' ORDER BY at, action")
    assert [row["action"] for row in done] == ["pause_mail", "resume_mail"]


async def test_a_message_goes_again_to_the_address_of_today_and_within_a_minute_once(
    zoe: Row, admin: Staff, clock: Clock
) -> None:
    async with connected(Server(rcpt=["550 5.1.1 no such user"])) as post:
        await deliver_due(post)
        await fetch("UPDATE attendee SET email = 'zoe@example.net'")
        [message] = await queue()
        clock.now = clock.now.replace(second=58)
        for seconds in (0, 4, 60):
            clock.turn(seconds=seconds)
            await post_orders.send_again(message["id"], admin)
        again = [row for row in await queue() if row["id"] != message["id"]]
        assert [row["address_key"] for row in again] == [address_key("zoe@example.net")] * 2
        assert await deliver_due(post) >= 1


def test_every_kind_cause_and_outcome_has_words() -> None:
    assert set(message_words.KINDS) == {kind.value for kind in Kind}
    assert set(message_words.FAILURES) == set(Failure)
    assert set(message_words.OUTCOMES) == {outcome.value for outcome in Outcome}


def test_causes_are_told_by_their_kind() -> None:
    for cause, kind in {
        "SMTPRecipientRefused 5.1.1": Failure.UNKNOWN_ADDRESS,
        "bounce 5.2.2": Failure.FULL,
        "SMTPDataError 5.7.1": Failure.REFUSED,
        "suppressed": Failure.SUPPRESSED,
        "SMTPConnectError": Failure.UNREACHABLE,
        "no answer": Failure.UNREACHABLE,
        "refused": Failure.REFUSED,
        "KeyError": Failure.OTHER,
    }.items():
        assert failure_of(cause) is kind, cause
