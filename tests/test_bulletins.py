"""A message to a group: counted as it is sent, put off, taken back until the first has left, read as it was written."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from tests import factories, postbox, truths
from tests.factories import Row
from tests.postbox import Clock, Server, parsed, post, queue, server
from workshops import bulletins, database, mime, registrations
from workshops.actors import Actor
from workshops.bulletins import Audience, AudienceChanged, BulletinGone, Draft, NobodyMeant
from workshops.contacts import correct_contact
from workshops.database import Engine, fetch, fetch_one, transaction
from workshops.delivery import deliver_due
from workshops.errors import NotFound
from workshops.fields import Answers
from workshops.ids import new_id
from workshops.letters import Notice
from workshops.letters.bulletins import load_bulletin
from workshops.mail import Kind
from workshops.persons import search_name
from workshops.registrations import register
from workshops.selection import Wanted
from workshops.sql import rows
from workshops.tables.people import Role
from workshops.transport import Smtp

__all__ = ["post", "server"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")
EVERYBODY = Wanted(status="confirmed")
TEXT = "Bonjour à tous,\n\nLe parking est fermé.\nVenez en bus : https://www.tadao.fr/ <la ligne 7>"


class Day:
    """A led day with two stands; `now` can be turned."""

    def __init__(self, event: Row, slots: list[Row], clock: Clock) -> None:
        self.event, self.slots, self.clock = event, slots, clock
        self.organiser = Actor("account:organiser", Role.ORGANISER, event["lead"])

    async def book(self, slot: int, name: str, **given: Any) -> str:
        person = {"first_name": name, "email": f"{search_name(name, '')}@example.org", **given}
        sign_up = factories.sign_up(self.event, self.slots[slot], if_full="wait", **person)
        return (await register(sign_up, self.organiser)).attendee

    async def send(self, people: int, wanted: Wanted = EVERYBODY, **given: Any) -> str:
        draft = Draft(**{"subject": "Le parking", "body": TEXT, "wanted": wanted, **given})
        return await bulletins.send(self.event["id"], draft, people, self.organiser)


@pytest.fixture
async def day(db: Engine, monkeypatch: pytest.MonkeyPatch) -> Day:
    clock = Clock()
    clock.now = database.utcnow()
    for module in (database, bulletins, registrations):
        monkeypatch.setattr(module, "utcnow", clock)
    event = await factories.event()
    slots = [await factories.session(await factories.workshop(event), event, hour, capacity=2) for hour in (0, 2)]
    return Day(event, slots, clock)


async def mails() -> list[Row]:
    return await fetch("SELECT * FROM message WHERE kind = 'bulletin' ORDER BY id")


async def test_a_family_at_one_address_reads_one_message(day: Day) -> None:
    for name in ("Ali", "Léa"):
        await day.book(0, name, email="famille@example.org")
    await day.book(1, "Zoé")
    await day.book(1, "Nadia", email=None, phone="+33639980000")
    assert await bulletins.audience(day.event, EVERYBODY, day.organiser) == Audience(4, 3 - 1, 1)
    bulletin = await day.send(4)
    rows = await mails()
    assert len(rows) == len({row["address_key"] for row in rows}) == 2
    assert {row["bulletin"] for row in rows} == {bulletin}
    assert {row["not_before"] for row in rows} == {day.clock.now + timedelta(minutes=10)}
    assert await truths.offenders() == {}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted(status="confirmed"), {"Ali", "Léa", "Zoé"}),
        (Wanted(status="waiting"), {"Max"}),
        (Wanted(status="confirmed", stand="first"), {"Ali", "Léa"}),
        (Wanted(status="confirmed", stand="second"), {"Zoé"}),
        (Wanted(agency="ours"), {"Zoé"}),
        (Wanted(arrangement="any"), {"Léa", "Max"}),
        (Wanted(arrangement="wheelchair"), {"Léa"}),
    ],
)
async def test_the_group_that_is_meant(day: Day, wanted: Wanted, names: set[str]) -> None:
    agency = (await factories.organisation())["id"]
    stands = {"first": day.slots[0]["workshop"], "second": day.slots[1]["workshop"]}
    meant = replace(wanted, stand=stands.get(wanted.stand, ""), agency=agency if wanted.agency else "")
    await day.book(0, "Ali")
    await day.book(0, "Léa", accommodations=("wheelchair",))
    await day.book(0, "Max", accommodations=("sign_language",))
    await day.book(1, "Zoé", agency=agency)
    other = await factories.event(lead=day.event["lead"])
    slot = await factories.session(await factories.workshop(other), other)
    await register(factories.sign_up(other, slot, first_name="Tim", email="tim@example.org"), day.organiser)
    await day.send(len(names), meant)
    rows = await fetch(
        "SELECT a.first_name FROM message m JOIN attendee a ON a.id = m.attendee WHERE m.bulletin IS NOT NULL"
    )
    assert {row["first_name"] for row in rows} == names


async def test_another_number_than_was_read_sends_nothing(day: Day) -> None:
    await day.book(0, "Ali")
    with pytest.raises(AudienceChanged) as refused:
        await day.send(2)
    assert refused.value.people == 1
    with pytest.raises(NobodyMeant):
        await day.send(0, Wanted(status="waiting"))
    assert await fetch("SELECT id FROM bulletin") == await mails() == []


async def test_who_has_no_address_is_called_if_wanted(day: Day) -> None:
    nadia = await day.book(0, "Nadia", email=None, phone="+33639980000")
    await fetch("UPDATE attendee SET called_at = {}, called_by = 'account:x'", day.clock.now)
    await day.send(1)
    assert (await person(nadia))["called_at"] is not None
    bulletin = await day.send(1, call=True)
    assert await person(nadia) == {"called_for": "message", "called_at": None, "called_by": None}
    await bulletins.take_back(bulletin, day.organiser)
    before = {"called_for": "no_email", "called_at": day.clock.now, "called_by": "account:x"}
    assert await person(nadia) == before


@pytest.mark.parametrize(("graver", "kept"), [("change", "change"), ("bounce", "bounce"), ("no_email", "message")])
async def test_a_graver_reason_to_call_stays(day: Day, graver: str, kept: str) -> None:
    nadia = await day.book(0, "Nadia", email=None, phone="+33639980000")
    await fetch("UPDATE attendee SET called_for = {}", graver)
    bulletin = await day.send(1, call=True)
    assert (await person(nadia))["called_for"] == kept
    await bulletins.take_back(bulletin, day.organiser)
    assert (await person(nadia))["called_for"] == graver


async def person(attendee: str) -> Row:
    row = await fetch_one("SELECT called_for, called_at, called_by FROM attendee WHERE id = {}", attendee)
    assert row is not None
    return row


async def test_on_the_day_it_waits_two_minutes(day: Day) -> None:
    await day.book(0, "Ali")
    day.clock.now = day.event["starts_at"]
    await day.send(1)
    assert (await mails())[0]["not_before"] == day.clock.now + timedelta(minutes=2)


async def test_taken_back_in_time_nobody_gets_it(day: Day, post: Smtp, server: Server) -> None:
    for name in ("Ali", "Zoé"):
        await day.book(0, name)
    await deliver_due(post)
    server.taken.clear()
    bulletin = await day.send(2)
    assert await deliver_due(post) == 0
    await bulletins.take_back(bulletin, day.organiser)
    await bulletins.take_back(bulletin, day.organiser)
    day.clock.turn(hours=1)
    assert await deliver_due(post) == 0
    assert {row["state"] for row in await mails()} == {"superseded"}
    (shown,) = await bulletins.sent(day.event["id"])
    assert (shown["undone_at"] is not None, shown["departed"], shown["wait"], shown["failed"]) == (True, 0, 0, 0)
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'undo_bulletin'")) == 1


async def test_once_the_first_has_left_it_is_too_late(day: Day, post: Smtp, server: Server) -> None:
    for name in ("Ali", "Zoé"):
        await day.book(0, name)
    bulletin = await day.send(2)
    day.clock.turn(minutes=10)
    server.data = ["250 OK"] * 3 + ["451 later"] * 9
    await deliver_due(post)
    assert sorted(row["state"] for row in await mails()) == ["queued", "sent"]
    with pytest.raises(BulletinGone):
        await bulletins.take_back(bulletin, day.organiser)
    assert sorted(row["state"] for row in await mails()) == ["queued", "sent"]


async def test_a_message_by_telephone_alone_can_be_taken_back_for_a_while(day: Day) -> None:
    await day.book(0, "Nadia", email=None, phone="+33639980000")
    first, second = [await day.send(1, call=True) for _ in range(2)]
    await bulletins.take_back(second, day.organiser)
    day.clock.turn(minutes=10)
    with pytest.raises(BulletinGone):
        await bulletins.take_back(first, day.organiser)


async def test_send_now_waits_no_longer(day: Day, post: Smtp, server: Server) -> None:
    await day.book(0, "Ali")
    await deliver_due(post)
    bulletin = await day.send(1)
    await bulletins.send_now(bulletin, day.organiser)
    assert await deliver_due(post) == 1
    row = await fetch_one("SELECT leaves_at FROM bulletin")
    assert row == {"leaves_at": day.clock.now}
    await bulletins.send_now(bulletin, day.organiser)
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'send_bulletin_now'")) == 1


async def test_what_was_taken_back_is_not_sent_now(day: Day, post: Smtp, server: Server) -> None:
    await day.book(0, "Ali")
    await deliver_due(post)
    bulletin = await day.send(1)
    await bulletins.take_back(bulletin, day.organiser)
    await bulletins.send_now(bulletin, day.organiser)
    day.clock.turn(hours=1)
    assert await deliver_due(post) == 0


async def test_taking_back_and_leaving_at_the_same_moment(day: Day, post: Smtp, server: Server) -> None:
    """Ten times: either nobody got it, or it was too late."""
    for name in ("Ali", "Zoé"):
        await day.book(0, name)
    await deliver_due(post)
    for _ in range(10):
        server.taken.clear()
        bulletin = await day.send(2)
        day.clock.turn(minutes=10)
        left, undone = await asyncio.gather(
            deliver_due(post), bulletins.take_back(bulletin, day.organiser), return_exceptions=True
        )
        assert (left, type(undone)) in ((0, type(None)), (2, BulletinGone)), (left, undone)
        assert len(server.taken) == left


async def test_one_that_begins_to_leave_meanwhile_keeps_all_of_them(day: Day) -> None:
    """The worker has taken the first of two, and is about to say so."""
    for name in ("Ali", "Zoé"):
        await day.book(0, name)
    bulletin, taken = await day.send(2), asyncio.Event()

    async def worker() -> None:
        async with transaction():
            await fetch(
                "UPDATE message SET state = 'sending', claim = {} WHERE id = {}", new_id(), (await mails())[0]["id"]
            )
            taken.set()
            await asyncio.sleep(0.3)

    async def organiser() -> None:
        async with asyncio.timeout(5):
            await taken.wait()
        await bulletins.take_back(bulletin, day.organiser)

    _, undone = await asyncio.gather(worker(), organiser(), return_exceptions=True)
    assert isinstance(undone, BulletinGone)
    assert sorted(row["state"] for row in await mails()) == ["queued", "sending"]


async def test_it_reads_as_it_was_written_and_says_who_writes(day: Day) -> None:
    await fetch("UPDATE organisation SET name = {} WHERE id = {}", "Maison de l’emploi", day.event["lead"])
    await day.book(0, "Ali")
    await day.send(1)
    (row,) = await mails()
    for locale, says in (
        ("fr", "Maison de l’emploi vous écrit au sujet de la journée"),
        ("en", "Maison de l’emploi writes to you about the day"),
    ):
        await fetch("UPDATE attendee SET locale = {}", locale)
        letter = await load_bulletin(row)
        assert isinstance(letter, Notice)
        message = parsed(mime.render(letter, day.clock.now))
        assert message["subject"] == "Le parking"
        plain, html = (cast(Any, message.get_body((kind,))).get_content() for kind in ("plain", "html"))
        assert TEXT in plain.replace("\r\n", "\n")
        assert says in plain
        assert "&lt;la ligne 7&gt;" in html
        assert "Le parking est fermé.<br />" in html
        assert 'href="https://www.tadao.fr' not in html
        assert "{{" not in html + plain
        assert "None" not in html + plain
        assert "\n\n\n\n" not in plain


async def test_it_follows_the_person_to_another_address(day: Day, post: Smtp, server: Server) -> None:
    ali = await day.book(0, "Ali")
    await day.send(1)
    await correct_contact(ali, "new@example.org", None, day.organiser)
    day.clock.turn(minutes=10)
    await deliver_due(post)
    assert [message["to"] for message in server.messages() if message["subject"] == "Le parking"] == ["new@example.org"]


@pytest.mark.parametrize("what", ["anonymised", "without an address", "suppressed"])
async def test_nothing_goes_where_nothing_may(day: Day, post: Smtp, server: Server, what: str) -> None:
    await day.book(0, "Ali")
    await deliver_due(post)
    server.taken.clear()
    await day.send(1)
    if what == "anonymised":
        await fetch("UPDATE attendee SET anonymised_at = {}", day.clock.now)
    elif what == "without an address":
        await fetch("UPDATE attendee SET email = NULL")
    else:
        (row,) = await mails()
        dead = {"id": new_id(), "address_key": row["address_key"], "cause": "550", "created_at": day.clock.now}
        await factories.insert("suppression", dead)
    day.clock.turn(minutes=10)
    await deliver_due(post)
    assert server.taken == []
    assert [row["kind"] for row in await queue() if row["state"] in ("queued", "sending")] == []


def test_faulty_texts_are_named() -> None:
    for given, fields in (
        ({}, {"subject", "body"}),
        ({"subject": "x" * 121, "body": "x" * 2001}, {"subject", "body"}),
        ({"subject": "Deux\nlignes", "body": "Mon numéro : 1 85 05 78 006 084 36"}, {"subject", "body"}),
        ({"subject": "Bien", "body": "Une ligne\r\n\r\nune autre"}, set()),
    ):
        answers = Answers(given)
        read = bulletins.read_text(answers)
        assert {fault.name for fault in answers.faults} == fields
        assert fields or read == ("Bien", "Une ligne\n\nune autre")


async def test_the_journal_keeps_the_group_and_the_number(day: Day) -> None:
    await day.book(0, "Ali")
    await day.send(1, Wanted(status="confirmed", stand=day.slots[0]["workshop"]))
    (entry,) = await fetch("SELECT * FROM audit_entry WHERE action = 'send_bulletin'")
    assert (entry["people"], entry["event"]) == (1, day.event["id"])
    assert json.loads(entry["changes"])["messages"] == [None, 1]
    (shown,) = await bulletins.sent(day.event["id"])
    assert shown["chosen"] == {"stand": day.slots[0]["workshop"], "status": "confirmed"}
    assert (shown["people"], shown["messages"], shown["body"]) == (1, 1, TEXT)


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.ADVISER, Role.HOST, Role.EXHIBITOR, Role.DOOR])
async def test_only_who_leads_the_day_may(day: Day, role: Role) -> None:
    await day.book(0, "Ali")
    bulletin = await day.send(1)
    stranger = Actor("account:x", role, (await factories.organisation())["id"])
    draft = Draft("Le parking", TEXT, EVERYBODY)
    for attempt in (
        bulletins.send(day.event["id"], draft, 1, stranger),
        bulletins.take_back(bulletin, stranger),
        bulletins.send_now(bulletin, stranger),
        bulletins.find(bulletin, stranger),
        bulletins.find("nothing", day.organiser),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_a_thousand_people_take_few_statements(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    attendee = await day.book(0, "Ali")
    row = await fetch_one("SELECT * FROM attendee WHERE id = {}", attendee)
    place = await fetch_one("SELECT * FROM registration")
    assert row is not None
    assert place is not None
    ids = [new_id() for _ in range(999)]
    people = [{**row, "id": one, "email": f"{one}@example.org", "manage_hash": one} for one in ids]
    await insert_all("attendee", people)
    await insert_all("registration", [{**place, "id": new_id(), "attendee": one} for one in ids])
    statements: list[str] = []
    engine, run = database.engine(), database.engine().run

    async def counted(sql: str, values: Any) -> Any:
        statements.append(sql)
        return await run(sql, values)

    monkeypatch.setattr(engine, "run", counted)
    await day.send(1000)
    assert len(statements) <= 8
    assert len(await mails()) == 1000
    assert {row["kind"] for row in await queue()} == {Kind.YOUR_PLACES, Kind.BULLETIN}


async def insert_all(table: str, made: list[Row]) -> None:
    columns = ", ".join(made[0])
    for some in (made[:500], made[500:]):
        values = (value for row in some for value in row.values())
        await fetch(f"INSERT INTO {table} ({columns}) VALUES {rows(len(some), len(made[0]))}", *values)
