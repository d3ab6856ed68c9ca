"""The journal as it is read: newest first, with names of what is nobody's, filtered, page by page."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests import factories
from tests.door import attendee, books
from tests.staff import make_staff
from workshops import audit, journal
from workshops.actors import Actor
from workshops.database import Engine, transaction, utcnow
from workshops.journal import Entry, Sought
from workshops.routes.office.audit_words import actor_words, field_words, value_words
from workshops.tables.people import Role


async def keep(
    actor: Actor, action: str, kind: str = "event", subject: str = "x", now: datetime | None = None, **given: object
) -> None:
    async with transaction():
        await audit.note(actor, action, kind, subject, now=now or utcnow(), **given)  # type: ignore[arg-type]


async def read(**sought: object) -> list[Entry]:
    found, _ = await journal.entries(Sought(**sought))  # type: ignore[arg-type]
    return found


async def test_an_entry_names_who_did_it_and_what_it_was_done_to(db: Engine) -> None:
    who, _ = await make_staff(Role.ORGANISER, name="Camille Duhamel")
    event = await factories.event(title="Lens")
    workshop = await factories.workshop(event, title="Maçon")
    slot = await factories.session(workshop, event)
    zoe = await attendee(event)
    place = await books(zoe, slot)
    for kind, subject in (("session", slot), ("workshop", workshop), ("registration", place), ("attendee", zoe)):
        await keep(who, "edit_day", kind, subject["id"], event=event["id"])
    person, at, stand, session = await read()
    assert (session.about, session.starts_at, stand.about) == ("Maçon", slot["starts_at"], "Maçon")
    assert (at.attendee, at.about, person.attendee, person.about) == (zoe["id"], "Maçon", zoe["id"], None)
    assert {(one.who, one.event_title, one.event_date) for one in (person, at, stand, session)} == {
        ("Camille Duhamel", "Lens", event["date"])
    }
    assert "Lefèvre" not in repr(person)


async def test_changes_say_names_and_not_ids_and_personal_values_were_never_kept(db: Engine) -> None:
    who, _ = await make_staff(Role.ADMIN)
    old, new = await factories.venue(name="Salle Léo"), await factories.venue(name="Halle")
    before = {"venue": old["id"], "capacity": 8, "email": "a@example.org"}
    await keep(who, "edit_day", before=before, after={"venue": new["id"], "capacity": 6, "email": "b@example.org"})
    (entry,) = await read()
    assert sorted(entry.changes, key=str) == [
        ("capacity", 8, 6),
        ("email", None, None),
        ("venue", "Salle Léo", "Halle"),
    ]


async def test_entries_are_found_by_day_actor_action_kind_and_date(db: Engine) -> None:
    one, two = Actor("account:a1"), Actor("device:d1")
    event = await factories.event()
    night = datetime(2027, 1, 11, 23, 30, tzinfo=UTC)  # the 12th in Paris
    await keep(one, "publish", event=event["id"], now=night)
    await keep(two, "edit_hall", "venue", now=night + timedelta(days=1))
    for sought in (
        {"event": event["id"]},
        {"actor": "account:a1"},
        {"action": "publish"},
        {"kind": "event"},
        {"last": date(2027, 1, 12)},
        {"first": date(2027, 1, 12), "last": date(2027, 1, 12)},
    ):
        assert [entry.action for entry in await read(**sought)] == ["publish"], sought
    assert [entry.action for entry in await read(first=date(2027, 1, 12))] == ["edit_hall", "publish"]
    assert [row["id"] for row in await journal.days()] == [event["id"]]


async def test_pages_follow_each_other(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "PAGE", 2)
    for number in range(3):
        await keep(Actor("worker"), "edit_day", subject=f"e{number}", now=utcnow() + timedelta(seconds=number))
    first, more = await journal.entries(Sought())
    second, end = await journal.entries(Sought(), 2)
    assert ([one.object for one in (*first, *second)], more, end) == (["e2", "e1", "e0"], True, False)


async def test_who_has_done_something_of_a_day(db: Engine) -> None:
    who, _ = await make_staff(Role.ORGANISER, name="Ada")
    other, _ = await make_staff(Role.ORGANISER, name="Béa")
    event = await factories.event()
    await keep(who, "publish", event=event["id"])
    await keep(other, "publish", event=(await factories.event())["id"])
    assert await journal.actors(event["id"]) == [(who.id, "Ada")]
    assert await journal.actors() == [(who.id, "Ada"), (other.id, "Béa")]


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        ("worker", "Le service lui-même"),
        ("attendee:x", "La personne elle-même"),
        ("account:gone", "Un compte qui n’existe plus"),
        ("link:x", "Quelqu’un, par un lien reçu"),
    ],
)
async def test_who_has_no_account_is_told_by_what_they_are(db: Engine, actor: str, said: str) -> None:
    await keep(Actor(actor), "publish")
    assert [actor_words(entry, "fr") for entry in await read()] == [said]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "rien"),
        ("", "rien"),
        (True, "oui"),
        (8, "8"),
        ("published", "publiée"),
        (["Maçon", "Plaquiste"], "Maçon, Plaquiste"),
        ([["s1", "confirmed"], ["s2", "waiting"]], "2 éléments"),
        ("2027-01-12T08:00:00+00:00", "mar. 12 janv. 9 h"),
        ("x" * 200, "x" * 120 + "…"),
    ],
)
def test_values_are_said_as_people_read_them(value: object, said: str) -> None:
    assert value_words(value, "fr").replace("\u00a0", " ") == said


def test_fields_have_names() -> None:
    assert (field_words("sign_up_opens_at", "fr"), field_words("sort_of_new", "fr")) == (
        "ouverture des inscriptions",
        "sort of new",
    )
