"""What is stored about a person leaves with them, and goes when they say so: nothing of it stays anywhere."""

from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from tests.postbox import Server, connected
from workshops import mail_links, new_addresses, opt_ins
from workshops.actors import ANYONE, Actor
from workshops.attendees import by_manage_link, by_ticket
from workshops.database import Engine, fetch, fetch_one, transaction, utcnow
from workshops.delivery import deliver_due
from workshops.errors import NotFound
from workshops.ids import new_id
from workshops.mail_links import LinkPurpose
from workshops.papers import papers
from workshops.piccolo_app import APP_CONFIG
from workshops.privacy import erase, export
from workshops.registrations import register

GIVEN: dict[str, Any] = {
    "first_name": "Zébulon",
    "last_name": "Quidelskamp",
    "email": "zebulon@example.org",
    "phone": "+33639987654",
    "adult_name": "Ursuline Grandmaison",
    "adult_phone": "+33639987655",
    "commune": "62498",
    "accommodations": ("wheelchair",),
    "represented": "Amicale Xylophage",
    "aged_16_or_over": False,
}
TRACES = (
    "zébulon",
    "zebulon",
    "quidelskamp",
    "39987654",
    "39987655",
    "ursuline",
    "wheelchair",
    "xylophage",
    "dossier-77",
)


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event()


async def slot(event: Row, hour: float = 0, **given: Any) -> Row:
    return await factories.session(await factories.workshop(event), event, hour, **given)


def owner(attendee: str) -> Actor:
    return Actor(f"attendee:{attendee}")


async def everything() -> str:
    """All that any table holds, as text in lower case."""
    names = [one._meta.tablename for one in APP_CONFIG.table_classes]
    return " ".join([str(await fetch(f"SELECT * FROM {name}")) for name in names]).lower()


async def full_life(event: Row, *slots: Row) -> str:
    """Somebody of whom every table knows something."""
    attendee = (await register(factories.sign_up(event, *slots, if_full="wait", **GIVEN), ANYONE)).attendee
    await new_addresses.change(attendee, "zebulon.new@example.org", "+33639987654", owner(attendee))
    now, agency = utcnow(), (await factories.organisation())["id"]
    referral = {"id": new_id(), "agency": agency, "event": event["id"], "attendee": attendee, "mode": "invite"}
    referral |= {"first_name": "Zébulon", "last_name": "Quidelskamp", "reference": "dossier-77", "created_at": now}
    await factories.insert("referral", referral)
    news = {"id": new_id(), "email": "zebulon@example.org", "locale": "fr", "token_hash": new_id(), "created_at": now}
    await factories.insert("news_address", news)
    message = {"id": new_id(), "kind": "adviser_news", "channel": "mail", "dedup_key": new_id(), "state": "queued"}
    await factories.insert("message", {**message, "referral": referral["id"], "not_before": now, "created_at": now})
    await fetch("UPDATE registration SET attendance_why = 'Zébulon est venu', cancelled_why = 'Quidelskamp'")
    await fetch("UPDATE message SET frozen = {}", b"Zebulon")
    return attendee


async def first_message(attendee: str) -> str:
    return str(
        (await fetch("SELECT id FROM message WHERE attendee = {} ORDER BY created_at LIMIT 1", attendee))[0]["id"]
    )


async def test_erasing_leaves_no_trace_of_the_person(event: Row) -> None:
    attendee = await full_life(event, await slot(event), await slot(event, 2))
    before = await everything()
    assert not [trace for trace in TRACES if trace not in before]
    keys = [row["key"] for row in await fetch("SELECT key FROM attendee_key")]
    hashes = [row["address_key"] for row in await fetch("SELECT address_key FROM message WHERE referral IS NULL")]
    await erase(attendee, owner(attendee))
    after = await everything()
    assert not [trace for trace in TRACES if trace in after]
    assert not await fetch("SELECT id FROM attendee_key")
    assert not await fetch("SELECT id FROM message WHERE frozen IS NOT NULL")
    assert not [one for one in hashes if one in after]
    assert keys
    row = await fetch_one("SELECT * FROM attendee")
    assert row
    assert row["anonymised_at"]
    assert (row["commune"], row["aged_16_or_over"], row["event"]) == ("62498", False, event["id"])
    [entry] = await fetch("SELECT action, object_id, changes FROM audit_entry WHERE action = 'erase'")
    assert (entry["object_id"], entry["changes"]) == (attendee, None)


async def test_places_to_come_are_freed_and_what_has_begun_stays(event: Row) -> None:
    begun, coming, full = await slot(event), await slot(event, 2), await slot(event, 4, capacity=0)
    attendee = await full_life(event, begun, coming, full)
    await fetch("UPDATE session SET starts_at = {} WHERE id = {}", utcnow(), begun["id"])
    await erase(attendee, owner(attendee))
    statuses = {row["session"]: row["status"] for row in await fetch("SELECT session, status FROM registration")}
    assert statuses == {begun["id"]: "confirmed", coming["id"]: "cancelled", full["id"]: "cancelled"}
    counters = {row["id"]: (row["confirmed"], row["waiting"]) for row in await fetch("SELECT * FROM session")}
    assert counters == {begun["id"]: (1, 0), coming["id"]: (0, 0), full["id"]: (0, 0)}


async def test_a_place_of_somebody_erased_goes_to_who_waits(event: Row) -> None:
    coming = await slot(event, 2, capacity=1)
    attendee = await full_life(event, coming)
    other = (await register(factories.sign_up(event, coming, if_full="wait"), ANYONE)).attendee
    await erase(attendee, owner(attendee))
    row = await fetch_one("SELECT status FROM registration WHERE attendee = {}", other)
    assert row == {"status": "confirmed"}


async def test_links_open_nothing_any_more_and_nothing_leaves(event: Row) -> None:
    attendee = await full_life(event, await slot(event))
    await fetch("UPDATE message SET frozen = NULL")
    held = await papers(attendee)
    [link] = await fetch("SELECT id, key_id FROM mail_link WHERE purpose = 'address'")
    secret = mail_links.secret(link["id"], link["key_id"])
    await erase(attendee, owner(attendee))
    for opened in (by_manage_link(held.manage_url.rpartition("/")[2]), by_ticket(held.ticket_url.rpartition("/")[2])):
        with pytest.raises(NotFound):
            await opened
    with pytest.raises(mail_links.MailLinkUsed):
        await new_addresses.confirm(secret)
    for again in (erase(attendee, owner(attendee)), export(attendee, owner(attendee))):
        with pytest.raises(NotFound):
            await again
    server = Server()
    async with connected(server) as post:
        assert await deliver_due(post) == 0
    assert not server.seen


async def test_the_same_person_signs_up_again_as_somebody_new(event: Row) -> None:
    place = await slot(event)
    attendee = await full_life(event, place)
    await erase(attendee, owner(attendee))
    again = await register(factories.sign_up(event, place, **GIVEN), ANYONE)
    assert again.created
    assert again.attendee != attendee


async def test_the_others_of_the_family_lose_nothing(event: Row) -> None:
    place = await slot(event)
    attendee = await full_life(event, place)
    other = (await register(factories.sign_up(event, place, **{**GIVEN, "first_name": "Léa"}), ANYONE)).attendee
    mine, theirs = await first_message(attendee), await first_message(other)
    carried = "UPDATE message SET state = 'carried', carried_by = {}, frozen = NULL WHERE id = {}"
    await fetch(carried, mine, theirs)
    await erase(attendee, owner(attendee))
    row = await fetch_one("SELECT state, carried_by FROM message WHERE id = {}", theirs)
    assert row == {"state": "queued", "carried_by": None}
    server = Server()
    async with connected(server) as post:
        assert await deliver_due(post) == 1
    assert b"L=C3=A9a" in server.taken[0][2]
    assert server.taken[0][1] == "zebulon@example.org"


async def test_bytes_that_name_the_person_beside_others_are_written_anew(event: Row) -> None:
    place = await slot(event)
    attendee = await full_life(event, place)
    other = (await register(factories.sign_up(event, place, **{**GIVEN, "first_name": "Léa"}), ANYONE)).attendee
    mine, theirs = await first_message(attendee), await first_message(other)
    await fetch("UPDATE message SET frozen = {} WHERE id = {}", b"Zebulon", theirs)
    await fetch("UPDATE message SET state = 'carried', carried_by = {} WHERE id = {}", theirs, mine)
    await erase(attendee, owner(attendee))
    server = Server()
    async with connected(server) as post:
        await deliver_due(post)
    [(_, _, raw)] = server.taken
    assert b"L=C3=A9a" in raw
    assert b"bulon" not in raw.replace(b"zebulon@example.org", b"")


async def test_nobody_reads_or_erases_somebody_else(event: Row) -> None:
    attendee = await full_life(event, await slot(event))
    before = await everything()
    for stranger in (ANYONE, owner("somebody"), owner("")):
        for act in (erase(attendee, stranger), export(attendee, stranger)):
            with pytest.raises(NotFound):
                await act
    assert await everything() == before


async def test_everything_stored_is_in_the_export(event: Row) -> None:
    attendee = await full_life(event, await slot(event), await slot(event, 2))
    stored = await export(attendee, owner(attendee))
    text = str(stored).lower()
    assert not [trace for trace in TRACES if trace not in text]
    assert len(stored["places"]) == 2
    assert stored["tickets"][0]["code"] == (await papers(attendee)).code
    assert {one["kind"] for one in stored["messages"]} == {"your_places"}
    assert stored["waiting_addresses"][0]["email"] == "zebulon.new@example.org"
    assert [one["email"] for one in stored["news_of_the_next_days"]] == ["zebulon@example.org"]
    assert "hash" not in text
    assert "secret" not in text


async def shared(attendee: str) -> list[bool]:
    rows = await fetch("SELECT share_with_exhibitor FROM registration WHERE attendee = {} ORDER BY id", attendee)
    return [row["share_with_exhibitor"] for row in rows]


async def test_people_agree_and_take_back_for_their_own_places_alone(event: Row) -> None:
    place = await slot(event)
    zoe = (await register(factories.sign_up(event, place, await slot(event, 2)), ANYONE)).attendee
    lea = (await register(factories.sign_up(event, place, first_name="Léa", email="lea@example.org"), ANYONE)).attendee
    own = [row["id"] for row in await fetch("SELECT id FROM registration WHERE attendee = {} ORDER BY id", zoe)]
    foreign = (await fetch("SELECT id FROM registration WHERE attendee = {}", lea))[0]["id"]
    await opt_ins.choose(zoe, [own[1], foreign, "nothing"], True, owner(zoe))
    assert await shared(zoe) == [False, True]
    assert await shared(lea) == [False]
    assert await opt_ins.wants_news("zoe@example.org")
    await opt_ins.choose(zoe, [], True, owner(zoe))
    assert len(await fetch("SELECT id FROM news_address WHERE withdrawn_at IS NULL")) == 1
    await opt_ins.choose(zoe, [], False, owner(zoe))
    assert await shared(zoe) == [False, False]
    assert not await opt_ins.wants_news("zoe@example.org")
    with pytest.raises(NotFound):
        await opt_ins.choose(zoe, own, True, owner(lea))


async def test_under_16_nobody_agrees_to_anything(event: Row) -> None:
    attendee = (await register(factories.sign_up(event, await slot(event), **GIVEN), ANYONE)).attendee
    own = [row["id"] for row in await fetch("SELECT id FROM registration")]
    await opt_ins.choose(attendee, own, True, owner(attendee))
    assert await shared(attendee) == [False]
    assert not await opt_ins.wants_news("zebulon@example.org")


async def test_an_address_in_no_use_is_forgotten_alone(event: Row) -> None:
    async with transaction():
        kept = await mail_links.make(LinkPurpose.HALL, "x", "mairie@example.org", new_addresses.LASTS * -1, utcnow())
        await mail_links.make(LinkPurpose.TOLD, "y", "zoe@example.org", new_addresses.LASTS * -1, utcnow())
    await mail_links.forget_expired(utcnow())
    assert [row["id"] for row in await fetch("SELECT id FROM mail_link WHERE email <> ''")] == [kept]
