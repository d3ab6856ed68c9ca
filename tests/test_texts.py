"""People without e-mail are told by text, within limits; whom none reaches is on the list to call (rule 9)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import factories, truths
from tests.factories import Row
from tests.gateways import PUBLIC_URL, Phones, answering, texts_on
from tests.planned import clock, organiser, row, somebody
from tests.postbox import Clock
from tests.waited import ADMIN, at, full, own, place, slot_of, statuses, told
from workshops import changes, gateway, passing_on, text_budget
from workshops.contacts import correct_contact
from workshops.database import Engine, fetch
from workshops.delivery import deliver_due
from workshops.gateway import Gateway
from workshops.gsm import MOST, septets
from workshops.mailboxes import WrongSetting
from workshops.morning_texts import text_morning_due
from workshops.registrations import Registered
from workshops.rescheduling import moving, undoing

__all__ = ["clock"]
PHONE = "+33612345678"
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture(autouse=True)
def on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with texts_on(monkeypatch):
        yield


@pytest.fixture(autouse=True)
async def nothing_is_wrong(db: Engine, on: None, clock: Clock) -> AsyncIterator[None]:
    yield
    assert await truths.offenders() == {}


@pytest.fixture
def phones() -> Phones:
    return Phones()


@pytest.fixture
async def post(phones: Phones) -> AsyncIterator[Gateway]:
    async with answering(phones) as made:
        yield made


async def by_phone(event: Row, *slots: Row, phone: str = PHONE, **given: Any) -> Registered:
    return await somebody(event, *slots, email=None, phone=phone, **given)


async def to_call(who: Registered) -> str | None:
    person = await row("attendee", who.attendee)
    return person["called_for"] if person["called_at"] is None else None


async def texts() -> list[tuple[str, str]]:
    rows = await fetch("SELECT kind, state FROM message WHERE channel = 'sms' ORDER BY created_at, id")
    return [(one["kind"], one["state"]) for one in rows]


async def test_a_ticket_is_one_text_with_name_code_and_link(clock: Clock, phones: Phones, post: Gateway) -> None:
    event = await factories.event(**at(clock.now, 240))
    who = await by_phone(event, await slot_of(event), first_name="Zoé")
    assert await to_call(who) is None
    assert await deliver_due(post, channel="mail") == 0
    assert await deliver_due(post, channel="sms") == 1
    [(phone, text)] = phones.taken
    code = (await fetch("SELECT code FROM ticket"))[0]["code"]
    assert phone == PHONE
    assert text.startswith(f"Zoé, votre place est réservée. Code {code}. {PUBLIC_URL}/m/")
    assert septets(text) <= MOST
    assert await deliver_due(post, channel="sms") == 0
    assert [one["frozen"] for one in await fetch("SELECT frozen FROM message")] == [None]


@pytest.mark.parametrize("phone", ["+33321123456", "+33690123456", "+32470123456", "+33700123456"])
async def test_who_has_no_french_mobile_is_called(clock: Clock, phone: str) -> None:
    event = await factories.event(**at(clock.now, 240))
    assert await to_call(await by_phone(event, await slot_of(event), phone=phone)) == "no_email"
    assert await texts() == []


async def test_a_place_offered_by_text_counts_from_when_it_left(clock: Clock, phones: Phones, post: Gateway) -> None:
    day = await full(waits=0, hours=24)
    who = await by_phone(day.event, day.slot)
    await deliver_due(post, channel="sms")
    await day.give_back()
    clock.turn(minutes=30)
    await deliver_due(post, channel="sms")
    assert [text.split(". ")[0].split(", ", 1)[1] for _, text in phones.taken] == [
        "vous etes sur la liste d'attente",
        "une place est libre",
    ]
    assert (await place(who))["offered_until"] == clock.now + timedelta(hours=2)
    clock.turn(hours=2)
    assert await passing_on.expire_due(clock.now) == 1
    assert await told(who) == ["place_offered", "offer_ended"]
    await deliver_due(post, channel="sms")
    assert await to_call(who) is None


async def test_an_offer_whose_text_never_left_ends_with_a_call(clock: Clock) -> None:
    day = await full(waits=0, hours=24)
    who = await by_phone(day.event, day.slot)
    await day.give_back()
    clock.turn(hours=2)
    assert await passing_on.expire_due(clock.now) == 1
    assert (await told(who), await to_call(who)) == (["place_offered"], "offer_ended")


async def test_a_gateway_that_says_no_for_an_hour_means_a_call_and_passes_the_place_on(
    clock: Clock, phones: Phones, post: Gateway
) -> None:
    day = await full(waits=0, hours=24)
    who, other = await by_phone(day.event, day.slot), await somebody(day.event, day.slot, email="next@example.org")
    await fetch("UPDATE message SET state = 'superseded'")
    await day.give_back()
    phones.answers = [500] * 6
    for _ in range(6):
        assert await deliver_due(post, channel="sms") == 0
        clock.turn(minutes=40)
    assert (phones.asked, await to_call(who)) == (6, "no_sms")
    assert (await text_budget.spent(clock.now))[0] == 0, "a no costs nothing"
    clock.turn(hours=-4)
    assert await passing_on.pass_on_due(clock.now) == 1
    assert await statuses([who, other]) == ["cancelled", "offered"]


async def test_silence_is_bounded_counted_and_tried_again(
    clock: Clock, phones: Phones, post: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "ANSWER_SECONDS", 0.2)
    event = await factories.event(**at(clock.now, 240))
    await by_phone(event, await slot_of(event))
    phones.answers = [None]
    async with asyncio.timeout(3):
        assert await deliver_due(post, channel="sms") == 0
    assert (await text_budget.spent(clock.now))[0] == 1
    clock.turn(minutes=2)
    assert await deliver_due(post, channel="sms") == 1
    assert (await text_budget.spent(clock.now))[0] == 2


async def test_the_fifth_text_of_a_day_is_a_call(clock: Clock, phones: Phones, post: Gateway) -> None:
    event = await factories.event(**at(clock.now, 240))
    family = [await by_phone(event, await slot_of(event), first_name=f"Ada{'abcd'[n]}") for n in range(4)]
    assert await deliver_due(post, channel="sms") == 4
    await changes.add(family[0].attendee, [(await slot_of(event, 5))["id"]], "refuse", ADMIN)
    assert await deliver_due(post, channel="sms") == 0
    assert [await to_call(one) for one in family] == ["no_email", None, None, None]
    assert sorted(state for _, state in await texts()) == ["expired"] + ["sent"] * 4
    clock.turn(days=1)
    await changes.add(family[0].attendee, [(await slot_of(event, 6))["id"]], "refuse", ADMIN)
    assert await deliver_due(post, channel="sms") == 1


async def test_a_spent_budget_stops_all_texts_tells_once_and_keeps_offers(
    clock: Clock, phones: Phones, post: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_of: list[str] = []
    monkeypatch.setattr(gateway.log, "error", lambda event, **_: told_of.append(event))
    with texts_on(monkeypatch, SMS_PER_DAY=2):
        event = await factories.event(**at(clock.now, 240))
        crowd = [await by_phone(event, await slot_of(event), phone=f"+3361200000{n}") for n in range(4)]
        assert await deliver_due(post, channel="sms") == 2
        assert sorted([str(await to_call(one)) for one in crowd]) == ["None", "None", "no_email", "no_email"]
        assert (await text_budget.spent(clock.now), told_of) == ((2, 2), ["sms_budget_spent"])
        day = await full(waits=0, hours=24)
        who = await by_phone(day.event, day.slot, phone="+33612000009")
        await day.give_back()
        await deliver_due(post, channel="sms")
        assert (await to_call(who), await statuses([who])) == ("offer", ["offered"])
        assert await passing_on.pass_on_due(clock.now) == 0, "somebody calls: the place is kept meanwhile"


async def test_counting_together_never_exceeds_the_budget(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    with texts_on(monkeypatch, SMS_PER_DAY=5):
        taken = await asyncio.gather(*(text_budget.take(f"phone{n}", clock.now) for n in range(12)))
    assert sorted(map(str, taken)) == ["None"] * 5 + ["day"] * 7


async def test_a_change_is_one_text_and_undone_none(clock: Clock, phones: Phones, post: Gateway) -> None:
    event = await factories.event(**at(clock.now, 240))
    slot, who = await slot_of(event), await organiser(event)
    person = await by_phone(event, slot)
    landline = await by_phone(event, slot, phone="+33321123456", first_name="Bob")
    await deliver_due(post, channel="sms")
    clock.turn(minutes=1)
    later = slot["starts_at"] + timedelta(hours=1)
    first = await moving.move_slot(slot["id"], later, later + timedelta(minutes=45), who)
    assert [await to_call(one) for one in (person, landline)] == [None, "change"]
    await undoing.undo(first, who)
    assert [await to_call(one) for one in (person, landline)] == [None, "no_email"]
    clock.turn(minutes=11)
    assert await deliver_due(post, channel="sms") == 0
    await moving.move_slot(slot["id"], later, later + timedelta(minutes=45), who)
    clock.turn(minutes=1)
    await moving.move_slot(slot["id"], later + timedelta(hours=1), later + timedelta(hours=2), who)
    clock.turn(minutes=11)
    assert await deliver_due(post, channel="sms") == 1, "both changes, one text"
    assert "les horaires de votre journ" in phones.taken[-1][1]
    assert sorted(await texts())[:3] == [
        ("your_changes", "carried"),
        ("your_changes", "sent"),
        ("your_changes", "superseded"),
    ]


async def test_a_mind_changed_within_a_minute_ends_in_one_true_text(
    clock: Clock, phones: Phones, post: Gateway
) -> None:
    event = await factories.event(**at(clock.now, 240))
    slot = await slot_of(event)
    person = await by_phone(event, slot)
    await changes.cancel(person.places[0].id, own(person))
    assert await deliver_due(post, channel="sms") == 0, "nothing to tell"
    clock.turn(seconds=10)
    await by_phone(event, slot)
    await changes.cancel((await fetch("SELECT id FROM registration WHERE status = 'confirmed'"))[0]["id"], ADMIN)
    await by_phone(event, slot)
    assert await deliver_due(post, channel="sms") == 1
    assert len(phones.taken) == 1


async def test_a_number_mended_gets_a_new_link_and_the_old_one_nothing(
    clock: Clock, phones: Phones, post: Gateway
) -> None:
    event = await factories.event(**at(clock.now, 240))
    person = await by_phone(event, await slot_of(event))
    await correct_contact(person.attendee, None, "+33787654321", own(person))
    assert await deliver_due(post, channel="sms") == 1
    assert [phone for phone, _ in phones.taken] == ["+33787654321"]
    await correct_contact(person.attendee, None, "+33321123456", own(person))
    assert await to_call(person) == "no_email"


async def test_the_morning_is_told_once_to_everybody_with_a_mobile(
    clock: Clock, phones: Phones, post: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await factories.event(**at(clock.now, 3))
    slot = await slot_of(event)
    await somebody(event, slot, phone="+33612000001")
    await somebody(event, slot, email="only@example.org")
    await deliver_due(post, channel="sms")
    assert await text_morning_due(clock.now) == 0, "a setting"
    with texts_on(monkeypatch, SMS_MORNING=1):
        assert [await text_morning_due(clock.now) for _ in range(2)] == [1, 0]
    assert await deliver_due(post, channel="sms") == 1
    assert ", c'est aujourd'hui, à 13 h. Montrez ce code." in phones.taken[-1][1]


async def test_the_demo_keeps_texts_as_files_that_appear_whole(clock: Clock, tmp_path: Path) -> None:
    event = await factories.event(**at(clock.now, 240))
    await by_phone(event, await slot_of(event))
    assert await deliver_due(Gateway(None, tmp_path / "mail"), channel="sms") == 1
    [file] = (tmp_path / "mail").iterdir()
    assert file.suffix == ".sms"
    assert file.read_text().startswith(f"{PHONE}\n\n")


def test_a_gateway_that_nobody_knows_stops_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("hunter2://gate/{to}", "json://127.0.0.1/hunter2", "hunter2"):
        with pytest.raises(WrongSetting, match=r"^SMS_URL: (?!.*hunter2)"), texts_on(monkeypatch, SMS_URL=url):
            gateway.gateway()


def test_the_demo_outbox_is_no_gateway_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongSetting, match="DEBUG"), texts_on(monkeypatch, SMS_URL="outbox:", DEBUG="0"):
        gateway.gateway()
