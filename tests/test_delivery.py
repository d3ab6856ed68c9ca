"""Messages leave over real SMTP conversations: what servers answer, what crashes leave behind, what limits hold."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from tests import postbox
from tests.factories import Row
from tests.postbox import (
    Clock,
    Server,
    attendee,
    clock,
    connected,
    day,
    listening,
    parsed,
    place,
    post,
    queue,
    server,
    tell,
    zoe,
)
from workshops import letters, outcomes, pauses, settings, transport
from workshops.claims import take, take_back_all
from workshops.database import Engine, fetch, utcnow
from workshops.delivery import deliver_due
from workshops.mail import Kind
from workshops.transport import Outbox, Smtp

__all__ = ["clock", "post", "production", "server", "zoe"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")


async def only() -> Row:
    [row] = await queue()
    return row


async def test_a_message_leaves_and_nothing_of_it_stays(zoe: Row, clock: Clock, server: Server, post: Smtp) -> None:
    assert await deliver_due(post) == 1
    row = await only()
    assert (row["state"], row["sent_at"], row["frozen"], row["attempts"]) == ("sent", clock.now, None, 1)
    [(sender, recipient, _)] = server.taken
    assert (sender, recipient) == (f"bounce+{row['id']}@pole.example", "zoe@example.org")
    [message] = server.messages()
    assert message["message-id"] == f"<{row['id']}@pole.example>"
    assert message["to"] == "zoe@example.org"
    assert await deliver_due(post) == 0


async def test_a_mailbox_that_says_later_gets_the_same_bytes_later(
    zoe: Row, clock: Clock, server: Server, post: Smtp
) -> None:
    server.rcpt = ["450 4.2.0 <zoe@example.org> greylisted", "451 4.7.1 try again"]
    frozen = []
    for slow in outcomes.SLOW[:2]:
        assert await deliver_due(post) == 0
        row = await only()
        frozen.append(bytes(row["frozen"]))
        waits = (row["not_before"] - clock.now).total_seconds()
        assert slow * 0.8 <= waits <= slow * 1.2
        assert row["state"] == "queued"
        assert "zoe" not in row["last_cause"]
        assert await deliver_due(post) == 0, "not before its time"
        clock.turn(seconds=waits)
    assert await deliver_due(post) == 1
    assert frozen == [server.taken[0][2]] * 2


async def test_an_address_that_does_not_exist_is_not_tried_again(
    zoe: Row, clock: Clock, server: Server, post: Smtp
) -> None:
    server.rcpt = ["550 5.1.1 <zoe@example.org>: no such user"]
    assert await deliver_due(post) == 0
    row = await only()
    assert (row["state"], row["last_code"], row["frozen"]) == ("failed", 550, None)
    assert row["last_cause"] == "SMTPRecipientRefused 5.1.1"
    assert [one["address_key"] for one in await fetch("SELECT address_key FROM suppression")] == [row["address_key"]]
    assert (await fetch("SELECT called_for FROM attendee"))[0]["called_for"] == "bounce"
    await tell(zoe)
    assert await deliver_due(post) == 0
    assert [one["last_cause"] for one in await queue() if one["id"] != row["id"]] == ["suppressed"]
    assert server.seen == []


@pytest.mark.parametrize("stage", ["rcpt", "data"])
async def test_a_refusal_for_another_reason_is_final_for_this_message_only(
    zoe: Row, server: Server, post: Smtp, stage: str
) -> None:
    setattr(server, stage, ["554 5.7.1 refused by policy"])
    assert await deliver_due(post) == 0
    assert (await only())["state"] == "failed"
    assert await fetch("SELECT id FROM suppression") == []
    await tell(zoe)
    assert await deliver_due(post) == 1


@pytest.mark.parametrize(
    ("stage", "answer"), [("data", "451 4.3.0 busy"), ("sender", "421 4.3.2 closing"), ("rcpt", "421 bye")]
)
async def test_a_server_that_says_later_is_tried_again_soon(
    zoe: Row, clock: Clock, server: Server, post: Smtp, stage: str, answer: str
) -> None:
    setattr(server, stage, [answer])
    assert await deliver_due(post) == 0
    assert timedelta(seconds=8) <= (await only())["not_before"] - clock.now <= timedelta(seconds=12)
    clock.turn(seconds=12)
    assert await deliver_due(post) == 1


async def test_a_full_mailbox_is_tried_again(zoe: Row, clock: Clock, server: Server, post: Smtp) -> None:
    server.rcpt = ["552 5.2.2 mailbox full"]
    assert await deliver_due(post) == 0
    assert (await only())["state"] == "queued"


async def test_a_connection_lost_after_the_words_brings_the_same_message_again(
    zoe: Row, clock: Clock, server: Server, post: Smtp
) -> None:
    server.drop_after_data = 1
    assert await deliver_due(post) == 0
    assert (await only())["state"] == "queued"
    await place(zoe, (await day())[1][0])
    clock.turn(seconds=15)
    assert await deliver_due(post) == 1
    first, second = server.seen
    assert first == second, "whoever got both can tell by the Message-ID, and nothing else differs"


async def test_a_wrong_password_stops_the_queue_and_costs_no_attempt(zoe: Row, clock: Clock, server: Server) -> None:
    async with listening(server, password="right") as where:
        assert await deliver_due(Smtp(where)) == 0
    row = await only()
    assert (row["state"], row["attempts"], row["last_code"]) == ("queued", 0, 535)
    pause = await pauses.current()
    assert pause == pauses.Pause("SMTPAuthenticationError 5.7.8", 535, clock.now, None)


async def test_while_the_server_refuses_us_one_message_a_minute_is_tried_by_one_worker(
    zoe: Row, clock: Clock, server: Server, post: Smtp
) -> None:
    event, slots = await day()
    await tell(await attendee(event, (slots[0], "confirmed"), email="ali@example.org"))
    server.sender = ["553 5.7.1 you may not send as that"] * 2
    assert await deliver_due(post) == 0
    assert [row["attempts"] for row in await queue()] == [0, 0]
    assert await deliver_due(post) == 0
    assert len(server.sender) == 1, "not tried at once"
    clock.turn(minutes=1)
    async with connected(server) as other:
        assert sum(await asyncio.gather(deliver_due(post), deliver_due(other))) == 0
    assert not server.sender, "one of both tried one message"
    assert not server.seen
    clock.turn(minutes=1)
    assert await deliver_due(post) == 1, "the server takes one again"
    assert await pauses.current() is None
    assert await deliver_due(post) == 1


async def test_what_a_person_paused_is_not_tried_and_only_a_person_lets_it_go_on(
    zoe: Row, clock: Clock, server: Server, post: Smtp
) -> None:
    assert await pauses.begin("server moves", clock.now, by="somebody")
    for _ in range(3):
        assert await deliver_due(post) == 0
        clock.turn(minutes=2)
    assert not await pauses.end(clock.now)
    assert await pauses.end(clock.now, by="somebody")
    assert await deliver_due(post) == 1
    assert await pauses.begin("SMTPAuthenticationError", clock.now, 535)
    assert await pauses.begin("server moves", clock.now, by="somebody"), (
        "what a person says replaces what the server does"
    )
    assert not await pauses.end(clock.now)


async def test_while_no_server_answers_one_message_a_round_is_tried(zoe: Row, clock: Clock, server: Server) -> None:
    async with listening(server) as where:
        pass
    event, slots = await day()
    await tell(await attendee(event, (slots[0], "confirmed"), email="ali@example.org"), stranger=False)
    assert await deliver_due(Smtp(where)) == 0
    assert sorted(row["attempts"] for row in await queue()) == [0, 1]


async def test_after_a_day_of_trying_it_is_given_up(zoe: Row, clock: Clock, server: Server) -> None:
    async with listening(server) as where:
        pass
    began = clock.now
    while (row := await only())["state"] == "queued":
        clock.now = row["not_before"]
        await deliver_due(Smtp(where))
    assert row["state"] == "failed"
    assert row["attempts"] == outcomes.ATTEMPTS
    assert timedelta(hours=18) < clock.now - began < timedelta(hours=31)
    assert (await fetch("SELECT called_for FROM attendee"))[0]["called_for"] == "bounce"


async def test_one_connection_serves_many_messages_and_not_for_ever(
    db: Engine, clock: Clock, server: Server, post: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, slots = await day()
    for number in range(5):
        await tell(await attendee(event, (slots[0], "confirmed"), email=f"p{number}@example.org"))
    assert await deliver_due(post) == 5
    assert server.connections == 1
    monkeypatch.setattr(transport, "MESSAGES_A_CONNECTION", 2)
    for number in range(5):
        await tell(await attendee(event, (slots[0], "confirmed"), email=f"q{number}@example.org"))
    assert await deliver_due(post) == 5
    assert server.connections == 1 + 3


async def test_a_message_whose_process_died_is_delivered_once_its_lease_is_over(
    zoe: Row, clock: Clock, server: Server, post: Smtp
) -> None:
    server.waiting = asyncio.Event()
    dying = asyncio.create_task(deliver_due(post))
    await server.arrived.wait()
    dying.cancel()
    with suppress(asyncio.CancelledError):
        await dying
    server.waiting = None
    row = await only()
    assert (row["state"], bytes(row["frozen"])) == ("sending", server.seen[0][2])
    clock.turn(minutes=1)
    assert await deliver_due(post) == 0, "it may still be on its way"
    clock.turn(minutes=1)
    assert await deliver_due(post) == 1
    assert server.seen[-1] == server.seen[0]


async def test_a_lone_worker_takes_back_at_once_what_an_earlier_one_left(
    zoe: Row, clock: Clock, server: Server, post: Smtp
) -> None:
    assert await take(clock.now, "mail")
    assert await deliver_due(post) == 0
    await take_back_all()
    assert await deliver_due(post) == 1


async def test_workers_side_by_side_send_each_message_once(db: Engine, clock: Clock, server: Server) -> None:
    event, slots = await day()
    for number in range(20):
        await tell(await attendee(event, (slots[0], "confirmed"), email=f"p{number}@example.org"))
    async with connected(server) as one, connected(server) as two, connected(server) as three:
        left = await asyncio.gather(deliver_due(one), deliver_due(two), deliver_due(three))
    assert sum(left) == 20
    assert sorted(recipient for _, recipient, _ in server.taken) == sorted(f"p{n}@example.org" for n in range(20))


async def test_no_more_than_the_setting_leave_in_any_minute(
    db: Engine, clock: Clock, server: Server, post: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PER_MINUTE", "3")
    settings.settings.cache_clear()
    event, slots = await day()
    for number in range(8):
        await tell(await attendee(event, (slots[0], "confirmed"), email=f"p{number}@example.org"))
    left = []
    for _ in range(13):
        left.append(await deliver_due(post))
        clock.turn(seconds=10)
    assert left == [3, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 2]


async def test_what_waits_for_one_address_leaves_as_one_message(
    db: Engine, clock: Clock, server: Server, post: Smtp
) -> None:
    event, slots = await day()
    people = [
        await attendee(event, (slots[0], "confirmed"), first_name=name) for name in ("Ada", "Bea", "Cyd", "Dan", "Eva")
    ]
    for person in people:
        await tell(person)
    assert await deliver_due(post) == 1
    rows = await queue()
    [sent] = [row for row in rows if row["state"] == "sent"]
    assert [row["carried_by"] for row in rows if row["state"] == "carried"] == [sent["id"]] * 4
    [message] = server.messages()
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for person in people:
        assert person["code"] in text
        assert f"{person['first_name']} Lefèvre" in text


async def test_whoever_has_another_address_by_now_is_told_apart(
    db: Engine, clock: Clock, server: Server, post: Smtp
) -> None:
    event, slots = await day()
    ada = await attendee(event, (slots[0], "confirmed"), first_name="Ada")
    bea = await attendee(event, (slots[0], "confirmed"), first_name="Bea")
    for person in (ada, bea):
        await tell(person)
    await fetch("UPDATE attendee SET email = 'bea@example.org' WHERE id = {}", bea["id"])
    assert await deliver_due(post) == 2
    texts = {recipient: str(parsed(raw).get_body(("plain",))) for _, recipient, raw in server.taken}
    assert ada["code"] in texts["zoe@example.org"]
    assert bea["code"] not in texts["zoe@example.org"]
    assert bea["code"] in texts["bea@example.org"]
    assert ada["code"] not in texts["bea@example.org"]


async def test_a_large_family_gets_several_messages_and_everybody_is_told(
    db: Engine, clock: Clock, server: Server, post: Smtp
) -> None:
    event, slots = await day()
    people = [
        await attendee(event, (slots[0], "confirmed"), first_name=f"P{n}") for n in range(letters.MOST_PEOPLE + 3)
    ]
    for person in people:
        await tell(person)
    while await fetch("SELECT id FROM message WHERE state = 'queued'"):
        await deliver_due(post)
        clock.turn(minutes=20)
    assert len(server.taken) == 2
    texts = "".join(str(message.get_body(("plain",))) for message in server.messages())
    assert all(person["code"] in texts for person in people)


async def test_whatever_strangers_do_an_address_gets_three_an_hour_and_eight_a_day(
    db: Engine, clock: Clock, server: Server, post: Smtp
) -> None:
    event, slots = await day(date=(clock.now + timedelta(days=30)).date())
    moments: list[datetime] = []
    for step in range(30 * 6):
        await tell(await attendee(event, (slots[0], "confirmed"), first_name=f"P{step}"))
        clock.turn(minutes=3)
        if not 20 <= step < 26:  # the mail server is away for an hour
            moments += [clock.now] * await deliver_due(post)
        clock.turn(minutes=7)
    for start in moments:
        assert sum(start <= moment < start + timedelta(hours=1) for moment in moments) <= 3
        assert sum(start <= moment < start + timedelta(days=1) for moment in moments) <= 8
    assert len(moments) >= 8
    assert not [row for row in await queue() if row["state"] in ("failed", "superseded", "expired")]


async def test_places_that_are_gone_are_not_told(db: Engine, clock: Clock, server: Server, post: Smtp) -> None:
    event, slots = await day()
    cancelled = await attendee(event, (slots[0], "confirmed"), email="a@example.org")
    anonymised = await attendee(event, (slots[0], "confirmed"), email="b@example.org")
    without = await attendee(event, (slots[0], "confirmed"), email="c@example.org")
    for person in (cancelled, anonymised, without):
        await tell(person)
    await fetch(
        "UPDATE registration SET status = 'cancelled', cancelled_at = {} WHERE attendee = {}", utcnow(), cancelled["id"]
    )
    await fetch("UPDATE attendee SET anonymised_at = {} WHERE id = {}", utcnow(), anonymised["id"])
    await fetch("UPDATE attendee SET email = NULL WHERE id = {}", without["id"])
    assert await deliver_due(post) == 0
    assert [row["state"] for row in await queue()] == ["superseded"] * 3
    assert server.seen == []


async def test_the_newest_state_is_told(zoe: Row, clock: Clock, server: Server, post: Smtp) -> None:
    first, second = zoe["places"]
    await fetch("UPDATE registration SET status = 'cancelled', cancelled_at = {} WHERE id = {}", utcnow(), first["id"])
    await fetch("UPDATE registration SET status = 'confirmed' WHERE id = {}", second["id"])
    await fetch("UPDATE attendee SET first_name = 'Zoë' WHERE id = {}", zoe["id"])
    await deliver_due(post)
    text = server.messages()[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Bonjour Zoë," in text
    assert "13\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}– 13" in text
    assert "9\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}– 9" not in text


async def test_a_corrected_address_gets_the_message_even_between_two_attempts(
    zoe: Row, clock: Clock, server: Server, post: Smtp
) -> None:
    server.rcpt = ["450 4.2.0 later"]
    await deliver_due(post)
    await fetch("UPDATE attendee SET email = 'zoe.lefevre@example.org' WHERE id = {}", zoe["id"])
    clock.turn(minutes=2)
    assert await deliver_due(post) == 1
    assert [recipient for _, recipient, _ in server.seen] == ["zoe.lefevre@example.org"]
    assert server.messages()[0]["to"] == "zoe.lefevre@example.org"


async def test_after_the_day_nothing_leaves(zoe: Row, clock: Clock, server: Server, post: Smtp) -> None:
    clock.turn(days=9)
    assert await deliver_due(post) == 0
    assert (await only())["state"] == "expired"


async def test_a_message_that_cannot_be_written_does_not_hold_up_the_others(
    zoe: Row, clock: Clock, server: Server, post: Smtp
) -> None:
    await fetch("UPDATE attendee SET manage_key = 'gone' WHERE id = {}", zoe["id"])
    event, slots = await day()
    await tell(await attendee(event, (slots[0], "confirmed"), email="ali@example.org"))
    assert await deliver_due(post) == 1
    [broken] = [row for row in await queue() if row["state"] == "queued"]
    assert broken["last_cause"] == "KeyGone"
    assert broken["not_before"] > clock.now


async def test_a_link_tells_everybody_of_the_address_and_nobody_else(
    zoe: Row, clock: Clock, server: Server, post: Smtp
) -> None:
    await fetch("DELETE FROM message")
    event = {"id": zoe["event"]}
    ana = await attendee(event, first_name="Ana")
    await attendee(event, first_name="Ivo", email="ivo@example.org")
    await attendee((await day())[0], first_name="Una")
    await tell(ana, Kind.YOUR_LINK)
    assert await deliver_due(post) == 1
    text = server.messages()[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Ana Lefèvre" in text
    assert "Zoé Lefèvre" in text
    assert "Ivo Lefèvre" not in text
    assert "Una Lefèvre" not in text
    assert text.count("/m/") == 2


async def test_a_message_takes_few_questions(zoe: Row, clock: Clock, db: Engine, server: Server, post: Smtp) -> None:
    await deliver_due(post)
    await tell(zoe)
    before = db.query_id
    await deliver_due(post)
    # Leases, pause, limit, take; two to read; freeze; BEGIN, done, COMMIT; take once more meanwhile and at the end.
    assert db.query_id - before <= 12


async def test_it_stops_between_two_messages(db: Engine, clock: Clock, server: Server, post: Smtp) -> None:
    event, slots = await day()
    for number in range(3):
        await tell(await attendee(event, (slots[0], "confirmed"), email=f"p{number}@example.org"))
    stop = asyncio.Event()
    server.waiting = asyncio.Event()
    task = asyncio.create_task(deliver_due(post, stop))
    await server.arrived.wait()
    stop.set()
    server.waiting.set()
    assert await task == 1
    assert sorted(row["state"] for row in await queue()) == ["queued", "queued", "sent"]


async def test_the_outbox_has_every_message_as_a_whole_file_and_no_limit(
    db: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("MAIL_PER_MINUTE", "1")
    settings.settings.cache_clear()
    folder = tmp_path_factory.mktemp("outbox") / "var" / "mail"
    event, slots = await day()
    for number in range(3):
        await tell(await attendee(event, (slots[0], "confirmed"), email=f"p{number}@example.org"))
    assert await deliver_due(Outbox(folder)) == 3
    assert {file.name for file in folder.iterdir()} == {f"{row['id']}.eml" for row in await queue()}
    assert all(parsed(file.read_bytes())["message-id"] for file in folder.iterdir())


async def test_the_outbox_passes_messages_on_where_there_is_a_server(
    zoe: Row, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("outbox")
    async with listening(server) as where:
        post = Outbox(folder, Smtp(where))
        assert await deliver_due(post) == 1
        await post.close()
    [file] = folder.iterdir()
    assert file.read_bytes() == server.taken[0][2]


def test_the_settings_choose_the_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(transport.transport(), Outbox)
    monkeypatch.setenv("DEBUG", "0")
    settings.settings.cache_clear()
    with pytest.raises(settings.WrongSetting):
        transport.transport()
    monkeypatch.setenv("SMTP_URL", "smtps://us:secret@mx.example")
    settings.settings.cache_clear()
    assert isinstance(transport.transport(), Smtp)
