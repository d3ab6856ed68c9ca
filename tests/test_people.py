"""The list of a day's people: who is found, in which order, and what an adviser never sees."""

from datetime import timedelta

import pytest

from tests import factories
from tests.door import attendee, books, today
from tests.factories import Row
from workshops import people
from workshops.actors import Actor
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.errors import NotFound
from workshops.ids import new_id
from workshops.people import Listing
from workshops.selection import Wanted, read_wanted
from workshops.tables.people import Role


async def listed(event: Row, actor: Actor | None = None, **wanted: object) -> Listing:
    lead = Actor("account:a1", Role.ORGANISER, event["lead"])
    row = await people.day(actor or lead, event["id"])
    return await people.listing(row, actor or lead, Wanted(**wanted))  # type: ignore[arg-type]


async def names(event: Row, actor: Actor | None = None, **wanted: object) -> list[str]:
    return [one.first_name for one in (await listed(event, actor, **wanted)).people]


async def slot_of(event: Row, hour: float = 0, title: str = "Maçon") -> Row:
    return await factories.session(await factories.workshop(event, title=title), event, hour)


@pytest.mark.parametrize(
    "text", ["lefevre", "LEFÈVRE zo", "zoé", "d hondt", "D’Hondt", "zoe@exa", "06 39 98 00 01", "39980001", "%", ""]
)
async def test_people_are_found_in_any_case_without_accents_by_the_beginning_of_words(db: Engine, text: str) -> None:
    event = await factories.event()
    await attendee(event, "Zoé", "Lefèvre-D’Hondt", email="zoe@example.org", phone="+33639980001")
    assert await names(event, search=text) == ["Zoé"]


@pytest.mark.parametrize("text", ["efevre", "zoe martin", "z_e", "0639980002", "zoe@example.net"])
async def test_others_are_not_found(db: Engine, text: str) -> None:
    event = await factories.event()
    await attendee(event, "Zoé", "Lefèvre", email="zoe@example.org", phone="+33639980001")
    await attendee(await factories.event(), "Zoé", "Martin")
    assert await names(event, search=text) == []


async def test_a_ticket_is_found_by_its_code_as_it_is_said_aloud(db: Engine) -> None:
    event = await factories.event()
    await attendee(event, "Paul")
    zoe = await attendee(event, "Zoé")
    for code in (zoe["code"], "7234-5678"):
        await fetch("UPDATE ticket SET code = {} WHERE id = {}", code, zoe["ticket"])
        assert await names(event, search=code.lower().replace("-", " ")) == ["Zoé"]


async def test_stand_hour_and_state_are_of_one_and_the_same_place(db: Engine) -> None:
    event = await factories.event()
    early, late = await slot_of(event), await slot_of(event, 1, "Plaquiste")
    await books(await attendee(event, "Ada"), early)
    both = await attendee(event, "Béa")
    await books(both, early, "waiting")
    await books(both, late)
    await books(await attendee(event, "Carl"), late, "cancelled")
    await books(await attendee(event, "Dora"), late, "offered")
    await attendee(event, "Eddy", origin="walk_in")
    assert await names(event) == ["Ada", "Béa", "Dora", "Eddy"]
    assert await names(event, status="any") == ["Ada", "Béa", "Carl", "Dora", "Eddy"]
    assert await names(event, stand=late["workshop"]) == ["Béa", "Dora"]
    assert await names(event, at="09:00") == ["Ada", "Béa"]
    assert await names(event, at="09:00", status="confirmed") == ["Ada"]
    assert await names(event, stand=late["workshop"], at="09:00") == []
    assert [await names(event, status=one) for one in ("waiting", "offered", "cancelled")] == [
        ["Béa"],
        ["Dora"],
        ["Carl"],
    ]


async def test_the_other_filters(db: Engine) -> None:
    event, now = await today(), utcnow()
    await attendee(event, "Ada", accommodations="wheelchair easy_read", origin="desk")
    await attendee(event, "Béa", accommodations="easy_read", called_for="no_email")
    inside = await attendee(event, "Carl", called_for="bounce", called_at=now)
    scan = {"id": new_id(), "event": event["id"], "caller": "c", "kind": "in", "attendee": inside["id"], "method": "qr"}
    scan |= {"outcome": "admitted", "taken_at": now, "effective_at": now, "received_at": now}
    await factories.insert("scan", scan)
    await attendee(event, "Gone", anonymised_at=now)
    assert await names(event, arrangement="easy_read") == ["Ada", "Béa"]
    assert await names(event, arrangement="wheelchair") == ["Ada"]
    assert await names(event, arrangement="any") == ["Ada", "Béa"]
    assert await names(event, origin="desk") == ["Ada"]
    assert await names(event, to_call=True) == ["Béa"]
    assert (await names(event, presence="in"), await names(event, presence="out")) == (["Carl"], ["Ada", "Béa"])
    assert [one.inside for one in (await listed(event)).people] == [False, False, True]


async def test_the_order_is_by_name_first_slot_or_latest_sign_up(db: Engine) -> None:
    event, now = await factories.event(), utcnow()
    early, middle, late = [await slot_of(event, hour) for hour in (0, 1, 2)]
    for name, last, slots, days in (
        ("Ada", "Éluard", (late, early), 1),
        ("Béa", "Dupont", (middle,), 3),
        ("Carl", "Zola", (), 2),
    ):
        person = await attendee(event, name, last, created_at=now - timedelta(days=days))
        for slot in slots:
            await books(person, slot)
    assert await names(event) == ["Béa", "Ada", "Carl"]
    assert await names(event, sort="slot") == ["Ada", "Béa", "Carl"]
    assert await names(event, sort="new") == ["Ada", "Carl", "Béa"]


async def test_pages_hold_50_people_or_1000(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "PAGE", 2)
    event = await factories.event()
    for name in ("Ada", "Béa", "Carl"):
        await attendee(event, name)
    assert (await names(event), await names(event, page=2)) == (["Ada", "Béa"], ["Carl"])
    assert (await listed(event, page=2)).total == 3
    assert await names(event, all=True) == ["Ada", "Béa", "Carl"]
    lead = Actor("account:a1", Role.ORGANISER, event["lead"])
    whole = await people.listing(await people.day(lead, event["id"]), lead, Wanted(page=2), whole=True)
    assert len(whole.people) == 3


async def test_an_adviser_sees_whom_the_own_agency_sent_and_nobody_else(db: Engine) -> None:
    event = await factories.event()
    ours, theirs = await factories.organisation(), await factories.organisation()
    adviser = Actor("account:a2", Role.ADVISER, ours["id"])
    await attendee(event, "Ada", agency=ours["id"])
    sent = await attendee(event, "Béa", agency=theirs["id"])
    await attendee(event, "Carl", agency=theirs["id"])
    await attendee(event, "Dora")
    referral = {"id": new_id(), "agency": ours["id"], "event": event["id"], "attendee": sent["id"], "mode": "invite"}
    await factories.insert("referral", {**referral, "created_at": utcnow()})
    assert await names(event, adviser) == ["Ada", "Béa"]
    for wanted in ({"agency": theirs["id"]}, {"search": "Carl"}, {"agency": "none"}, {"status": "any"}):
        assert not {"Carl", "Dora"} & set(await names(event, adviser, **wanted))
    row = await people.day(adviser, event["id"])
    assert (await people.pulse(row, adviser, Wanted()))[0] == 2
    assert [one.first_name for one in (await people.listing(row, adviser, Wanted(), whole=True)).people] == [
        "Ada",
        "Béa",
    ]


async def test_a_day_is_somebody_elses_or_not_there_yet(db: Engine) -> None:
    event = await factories.event()
    stranger = (await factories.organisation())["id"]
    with pytest.raises(NotFound):
        await people.day(Actor("account:a1", Role.ORGANISER, stranger), event["id"])
    for identity in ((await factories.event(status="draft"))["id"], "nothing", "'"):
        with pytest.raises(NotFound):
            await people.day(Actor("account:a2", Role.ADVISER, stranger), identity)


async def test_a_sensitive_agency_has_no_name_and_is_found_with_the_others_only(db: Engine) -> None:
    event = await factories.event()
    plain = await factories.organisation(name="Mission locale")
    secret, other = [await factories.organisation(name=f"Justice {number}", sensitive=True) for number in (1, 2)]
    for name, agency in (("Ada", plain), ("Béa", secret), ("Carl", other)):
        await attendee(event, name, agency=agency["id"])
    found = await listed(event)
    assert "Justice" not in repr(found)
    assert secret["id"] not in repr(found)
    assert [(one.id, one.name) for one in found.agencies] == [(plain["id"], "Mission locale"), (None, "")]
    assert await names(event, agency=plain["id"]) == ["Ada"]
    assert await names(event, agency="other") == ["Béa", "Carl"]
    assert await names(event, agency=secret["id"]) == []
    own = Actor("account:a3", Role.ADMIN, secret["id"])
    assert (await names(event, own, agency=secret["id"]), await names(event, own, agency="other")) == (
        ["Béa"],
        ["Carl"],
    )


async def test_places_come_in_order_of_time_and_one_taken_again_is_not_told_as_given_back(db: Engine) -> None:
    event = await factories.event()
    early, late = await slot_of(event), await slot_of(event, 1, "Plaquiste")
    zoe = await attendee(event)
    for slot, status in ((late, "confirmed"), (early, "cancelled"), (early, "cancelled"), (late, "cancelled")):
        await books(zoe, slot, status)
    (one,) = (await listed(event)).people
    assert [(place.title, place.status) for place in one.places] == [("Maçon", "cancelled"), ("Plaquiste", "confirmed")]
    assert one.places[0].starts_at == early["starts_at"]


async def test_the_pulse_changes_with_anything_about_the_people_and_with_nothing_else(db: Engine) -> None:
    event = await factories.event()
    lead, slot = Actor("account:a1", Role.ORGANISER, event["lead"]), await slot_of(event)
    zoe = await attendee(event)
    place = await books(zoe, slot)

    async def pulse() -> tuple[int, str]:
        row = await fetch_one("SELECT * FROM event WHERE id = {}", event["id"])
        assert row
        return await people.pulse(row, lead, Wanted())

    before = await pulse()
    await books(await attendee(await factories.event()), slot)
    assert await pulse() == before
    later = utcnow() + timedelta(seconds=1)
    for change, subject in (
        ("UPDATE registration SET updated_at = {} WHERE id = {}", place["id"]),
        ("UPDATE attendee SET updated_at = {} WHERE id = {}", zoe["id"]),
        ("UPDATE event SET version = version + 1, updated_at = {} WHERE id = {}", event["id"]),
    ):
        await fetch(change, later, subject)
        assert await pulse() != before
        before = await pulse()
    await attendee(event, "Paul")
    assert (await pulse())[0] == 2


@pytest.mark.parametrize(
    "given",
    [
        {
            "stand": "'; DROP",
            "at": "25:00",
            "status": "x",
            "sort": "a.email",
            "page": "0",
            "agency": "%",
            "origin": "?",
        },
        {"at": "9:00", "page": "1e9", "arrangement": "diabetes", "presence": "maybe", "to_call": ""},
    ],
)
def test_what_makes_no_sense_is_not_asked(given: dict[str, str]) -> None:
    assert read_wanted(given) == Wanted()


def test_what_is_asked_for_travels_without_the_name_searched_for() -> None:
    wanted = Wanted(search="Lefèvre", status="waiting", to_call=True, page=3, all=True)
    assert wanted.filters(page=1) == {"status": "waiting", "to_call": "1", "all": "1"}
    assert read_wanted(wanted.filters()) == Wanted(status="waiting", to_call=True, page=3, all=True)
