"""Halls in the office: whose they are, what is asked, the hall of a day, the calendar; what each role may."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests import factories
from tests.staff import make_staff
from tests.visitor import Visitor
from workshops import halls
from workshops.actors import Staff
from workshops.database import Engine, engine, fetch, fetch_one, utcnow
from workshops.halls.answering import Proposal
from workshops.occupancy import Stay
from workshops.tables.people import Role

Row = dict[str, Any]
HALL = {"name": "Salle Basse", "commune": "lens", "address": "3 rue Basse", "capacity": "180"}


async def enter(visitor: Visitor, role: Role, organisation: str | None = None) -> Staff:
    """Sign in."""
    who, cookie = await make_staff(role, organisation)
    visitor.client.cookies.clear()
    visitor.client.cookies.set(*cookie.split("=", 1))
    return who


async def draft(who: Staff, **given: Any) -> Row:
    """A day that is being planned."""
    return await factories.event(**{"status": "draft", "venue": None, "lead": who.organisation, **given})


async def town(**given: Any) -> Row:
    """A hall of a municipality with an address."""
    owner = await factories.organisation("municipality", email="mairie@example.org", name="Mairie de Lens")
    return await factories.venue(organisation=owner["id"], **{"name": "Salle Basse", "capacity": 180, **given})


def hours(event: Row) -> Stay:
    return Stay(event["starts_at"] - timedelta(hours=1), event["ends_at"] + timedelta(hours=1))


async def requests() -> list[Row]:
    return await fetch("SELECT * FROM venue_request ORDER BY asked_at, id")


async def the_hall(venue: str) -> Row:
    row = await fetch_one("SELECT * FROM venue WHERE id = {}", venue)
    assert row is not None
    return row


@pytest.mark.parametrize("role", [Role.ADVISER, Role.EXHIBITOR, Role.DOOR])
@pytest.mark.parametrize(
    "path", ["/office/halls", "/office/halls/new", "/office/halls/calendar", "/office/halls/requests/x"]
)
async def test_other_roles_have_no_halls(visitor: Visitor, role: Role, path: str) -> None:
    await enter(visitor, role)
    assert (await visitor.open(path)).status == 403


async def test_nobody_sees_halls_without_signing_in(visitor: Visitor) -> None:
    answer = await visitor.client.get("/office/halls")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/office/halls")


async def test_a_host_adds_corrects_and_takes_a_hall_off_the_list(visitor: Visitor) -> None:
    host = await enter(visitor, Role.HOST)
    page = await visitor.press(
        await visitor.open("/office/halls/new"), "Enregistrer", **HALL, latitude="50,43", longitude="2.83"
    )
    assert page.status == 200
    venue = page.path.rsplit("/", 1)[1]
    row = await the_hall(venue)
    assert (row["organisation"], row["commune"], row["capacity"]) == (host.organisation, "62498", 180)
    assert (row["latitude"], row["longitude"]) == (50.43, 2.83)
    form = await visitor.open(f"/office/halls/{venue}/edit")
    assert ("commune", "Lens") in form.forms[1].fields
    await visitor.press(form, "Enregistrer", access="Une rampe\r\nà gauche")
    assert (await the_hall(venue))["access"] == "Une rampe\nà gauche"
    page = await visitor.press(await visitor.open(f"/office/halls/{venue}"), "Retirer de la liste")
    assert "Retirée de la liste" in page.text
    assert f"/office/halls/{venue}" not in (await visitor.open("/office/halls")).links
    assert f"/office/halls/{venue}" in (await visitor.open("/office/halls?archived=1")).links
    await visitor.press(page, "Remettre")
    assert (await the_hall(venue))["archived_at"] is None
    actions = [
        row["action"] for row in await fetch("SELECT action FROM audit_entry WHERE object_id = {} ORDER BY at", venue)
    ]
    assert actions == ["add_hall", "edit_hall", "archive_hall", "restore_hall"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("commune", "Atlantis"),
        ("address", " "),
        ("capacity", "many"),
        ("capacity", "0"),
        ("latitude", "2.83"),
        ("latitude", ""),
        ("longitude", "50.43"),
        ("longitude", "NaN"),
        ("equipment", "x" * 1001),
        ("bus_stop", "1 85 05 59 350 123 45"),
    ],
)
async def test_every_faulty_field_is_named_and_what_was_typed_kept(visitor: Visitor, field: str, value: str) -> None:
    await enter(visitor, Role.HOST)
    filled = {**HALL, "latitude": "50.43", "longitude": "2.83", field: value}
    page = await visitor.press(await visitor.open("/office/halls/new"), "Enregistrer", **filled)
    assert page.status == 422
    assert f"#{field}" in page.links
    assert "3 rue Basse" in page.html or field == "address"
    assert await fetch("SELECT id FROM venue") == []


async def test_a_commune_outside_the_artois_is_known_by_its_code(visitor: Visitor) -> None:
    await enter(visitor, Role.HOST)
    page = await visitor.press(await visitor.open("/office/halls/new"), "Enregistrer", **{**HALL, "commune": "59350"})
    assert "59350" in page.text
    assert "Avion" not in (await visitor.open("/office/halls")).text


async def test_an_admin_says_whose_a_hall_is(visitor: Visitor) -> None:
    await enter(visitor, Role.ADMIN)
    owner, firm = await factories.organisation("municipality"), await factories.organisation("exhibitor")
    form = await visitor.open("/office/halls/new")
    assert (await visitor.press(form, "Enregistrer", **HALL, owner=firm["id"])).status == 404
    assert (await visitor.press(form, "Enregistrer", **HALL)).status == 404
    page = await visitor.press(form, "Enregistrer", **HALL, owner=owner["id"])
    assert (await the_hall(page.path.rsplit("/", 1)[1]))["organisation"] == owner["id"]


async def test_an_owner_that_is_typed_in_changes_nothing_for_others(visitor: Visitor) -> None:
    host = await enter(visitor, Role.HOST)
    other = await factories.organisation("municipality")
    page = await visitor.press(await visitor.open("/office/halls/new"), "Enregistrer", **HALL, owner=other["id"])
    assert (await the_hall(page.path.rsplit("/", 1)[1]))["organisation"] == host.organisation


async def test_somebody_elses_hall_is_404(visitor: Visitor) -> None:
    hall = await town()
    await enter(visitor, Role.HOST)
    for path in ("", "/edit"):
        assert (await visitor.open(f"/office/halls/{hall['id']}{path}")).status == 404
    for path in ("/edit", "/archive", "/restore"):
        assert (await visitor.send(f"/office/halls/{hall['id']}{path}", list(HALL.items()))).status == 404
    await enter(visitor, Role.ORGANISER)
    assert (await visitor.open(f"/office/halls/{hall['id']}")).status == 200
    assert (await visitor.open(f"/office/halls/{hall['id']}/edit")).status == 404
    assert (await visitor.send(f"/office/halls/{hall['id']}/archive", [])).status == 404
    assert (await the_hall(hall["id"]))["archived_at"] is None


async def test_agencies_find_halls_by_commune_and_size(visitor: Visitor) -> None:
    await enter(visitor, Role.ORGANISER)
    small, large = await town(name="Petite", capacity=50), await town(name="Grande", capacity=300, commune="62119")
    await town(name="Fermée", archived_at=utcnow())
    page = await visitor.open("/office/halls")
    assert page.text.index("Béthune") < page.text.index("Petite")
    assert "Fermée" not in page.text
    links = (await visitor.open("/office/halls?people=200")).links
    assert (f"/office/halls/{large['id']}" in links, f"/office/halls/{small['id']}" in links) == (True, False)
    links = (await visitor.open("/office/halls?commune=62498&people=x")).links
    assert (f"/office/halls/{large['id']}" in links, f"/office/halls/{small['id']}" in links) == (False, True)
    assert (await visitor.open("/office/halls?archived=1")).text.count("Fermée") == 0


async def test_a_host_sees_counts_and_no_names(db: Engine, visitor: Visitor) -> None:
    hall = await town()
    organiser, _cookie = await make_staff(Role.ORGANISER)
    event = await draft(organiser)
    session = await factories.session(await factories.workshop(event), event, 0, capacity=40, confirmed=12)
    host = await enter(visitor, Role.HOST, hall["organisation"])
    request = await halls.request(event["id"], hall["id"], hours(event), organiser)
    waiting = await visitor.open("/office/halls")
    assert f"/office/halls/requests/{request}" in waiting.links
    await halls.accept(request, host)
    await fetch("UPDATE event SET status = 'published' WHERE id = {}", event["id"])
    person = {"id": "p1", "event": event["id"], "kind": "person", "first_name": "Zoé", "last_name": "Lefèvre"}
    person |= {"search_name": "lefevre zoe", "locale": "fr", "origin": "online", "manage_hash": "h", "manage_key": "k"}
    await factories.insert("attendee", {**person, "created_at": utcnow(), "updated_at": utcnow()})
    place = {"id": "r1", "attendee": "p1", "session": session["id"], "status": "confirmed"}
    await factories.insert("registration", {**place, "created_at": utcnow(), "updated_at": utcnow()})
    for path in (
        "/office/halls",
        f"/office/halls/{hall['id']}",
        f"/office/halls/requests/{request}",
        "/office/halls/calendar",
    ):
        page = await visitor.open(path)
        assert page.status == 200
        assert "Lefèvre" not in page.html
    assert "12 places prises sur 40" in (await visitor.open("/office/halls")).text


async def test_a_request_is_answered_signed_in(visitor: Visitor) -> None:
    hall = await town()
    organiser, _cookie = await make_staff(Role.ORGANISER)
    event = await draft(organiser)
    request = await halls.request(event["id"], hall["id"], hours(event), organiser)
    path = f"/office/halls/requests/{request}"
    for role in (Role.HOST, Role.ORGANISER):
        await enter(visitor, role)
        assert (await visitor.open(path)).status == 404
        assert (await visitor.send(path, [("answer", "yes")])).status == 404
    host = await enter(visitor, Role.HOST, hall["organisation"])
    page = await visitor.press(await visitor.open(path), "Oui")
    assert (page.path, host.name in page.text) == (path, True)
    assert (await visitor.send(path, [("answer", "no"), ("reason", "Non")])).status == 409
    assert (await visitor.press(page, "Reprendre", back_reason="Inondation")).status == 200
    assert [row["status"] for row in await requests()] == ["revoked"]


async def test_a_hall_is_asked_for_at_the_hours_of_the_day(visitor: Visitor) -> None:
    who = await enter(visitor, Role.ORGANISER)
    event, hall = await draft(who), await town()
    path = f"/office/events/{event['id']}/venue"
    page = await visitor.open(path)
    assert "Pas encore de salle" in page.text
    page = await visitor.press(page, "La demander")
    assert (page.path, page.status) == (path, 200)
    (row,) = await requests()
    assert (row["venue"], Stay(row["from_at"], row["until_at"])) == (hall["id"], hours(event))
    assert "En attente de réponse" in page.text
    await visitor.press(page, "Retirer la demande")
    assert [row["status"] for row in await requests()] == ["withdrawn"]


async def test_hours_are_chosen_and_faulty_ones_named(visitor: Visitor) -> None:
    who = await enter(visitor, Role.ORGANISER)
    event, hall = await draft(who), await town()
    path = f"/office/events/{event['id']}/venue"
    day = event["starts_at"].astimezone(ZoneInfo("Europe/Paris")).date()
    page = await visitor.press(
        await visitor.open(path), "Afficher", from_date=f"{day - timedelta(days=1)}", from_time="18h"
    )
    assert page.status == 200
    await visitor.press(page, "La demander")
    (row,) = await requests()
    assert row["venue"] == hall["id"]
    assert row["from_at"].astimezone(ZoneInfo("Europe/Paris")).hour == 18
    for given, field in (
        ({"until_time": "midi"}, "until_time"),
        ({"from_date": f"{day + timedelta(9)}"}, "until_time"),
    ):
        wrong = await visitor.press(await visitor.open(path), "Afficher", **given)
        assert wrong.status == 422
        assert f"#{field}" in wrong.links
    values = [("venue", hall["id"]), ("from_date", str(day)), ("from_time", "12:00")]
    short = await visitor.send(f"{path}/requests", [*values, ("until_date", str(day)), ("until_time", "13:00")])
    assert short.status == 422
    assert {"#from_time", "#until_time"} <= set(short.links)
    assert "12:00" in short.html


async def test_the_own_room_is_taken_at_once_and_a_taken_hall_is_said_to_be(visitor: Visitor) -> None:
    who = await enter(visitor, Role.ORGANISER)
    room = await factories.venue(organisation=who.organisation, name="Notre salle")
    event, other = await draft(who), await draft(who)
    page = await visitor.press(await visitor.open(f"/office/events/{event['id']}/venue"), "Prendre notre salle")
    assert "L’édition a lieu ici" in page.text
    path = f"/office/events/{other['id']}/venue"
    page = await visitor.open(path)
    assert "Promise à une autre édition" in page.text
    assert "Prendre notre salle" not in page.text
    values = [
        ("venue", room["id"]),
        *((name, value) for name, value in page.forms[1].fields if name.endswith(("date", "time"))),
    ]
    late = await visitor.send(f"{path}/requests", values)
    assert (late.status, "déjà promise" in late.text) == (409, True)


async def test_halls_that_are_free_and_large_enough_come_first(visitor: Visitor) -> None:
    who = await enter(visitor, Role.ORGANISER)
    event, rival = await draft(who), await draft(who)
    await town(name="Trop petite", capacity=20)
    taken, free = await town(name="Prise", capacity=100), await town(name="Libre", capacity=200)
    await halls.record_yes(rival["id"], taken["id"], hours(rival), "Mme B.", utcnow(), who)
    page = await visitor.open(f"/office/events/{event['id']}/venue?people=60")
    names = [page.html.index(f">{name}</a>, Lens") for name in ("Libre", "Prise", "Trop petite")]
    assert names == sorted(names)
    assert free["name"] in page.text
    assert page.text.count("La demander") == 2


async def test_a_yes_by_phone_is_noted(visitor: Visitor) -> None:
    who = await enter(visitor, Role.ORGANISER)
    event, hall = await draft(who), await town()
    page = await visitor.open(f"/office/events/{event['id']}/venue")
    wrong = await visitor.press(page, "Noter ce oui")
    assert wrong.status == 422
    assert {"#venue", "#said_by"} <= set(wrong.links)
    tomorrow = f"{utcnow().date() + timedelta(days=2)}"
    late = await visitor.press(page, "Noter ce oui", venue=hall["id"], said_by="Mme Brasseur", said_date=tomorrow)
    assert (late.status, "#said_date" in late.links) == (422, True)
    page = await visitor.press(page, "Noter ce oui", venue=hall["id"], said_by="Mme Brasseur")
    assert "Mme Brasseur a dit oui au téléphone" in page.text
    (row,) = await requests()
    assert (row["status"], row["answered_how"]) == ("accepted", "phone")


async def test_a_proposal_is_taken_in_one_press_and_free_days_are_shown(visitor: Visitor) -> None:
    who = await enter(visitor, Role.ORGANISER)
    event, hall = await draft(who), await town()
    host, _cookie = await make_staff(Role.HOST, hall["organisation"])
    path = f"/office/events/{event['id']}/venue"
    request = await halls.request(event["id"], hall["id"], hours(event), who)
    await halls.decline(request, None, host, Proposal(hall["id"], hours(event).later(1, "Europe/Paris")))
    page = await visitor.press(await visitor.open(path), "Prendre cette proposition")
    assert "L’édition dépasse les heures de sa salle" in page.text
    other = await draft(who)
    lost = await halls.request(other["id"], (await town(name="Salle Haute"))["id"], hours(other), who)
    await fetch("UPDATE venue_request SET status = 'declined', answered_how = 'taken' WHERE id = {}", lost)
    assert (
        "Quand Salle Haute est libre aux mêmes heures"
        in (await visitor.open(f"/office/events/{other['id']}/venue")).text
    )


async def test_a_hall_taken_back_is_said_loudly(visitor: Visitor) -> None:
    who = await enter(visitor, Role.ORGANISER)
    event, hall = await draft(who), await town()
    host, _cookie = await make_staff(Role.HOST, hall["organisation"])
    request = await halls.request(event["id"], hall["id"], hours(event), who)
    await halls.accept(request, host)
    await fetch("UPDATE event SET status = 'published' WHERE id = {}", event["id"])
    path = f"/office/events/{event['id']}/venue"
    assert "Rendre la salle" not in (await visitor.open(path)).text
    used = await visitor.send(f"{path}/withdrawals", [("request", request)])
    assert (used.status, "changez d’abord sa salle" in used.text) == (409, True)
    await halls.revoke(request, "Inondation", host)
    page = await visitor.open(path)
    assert "Cette salle n’est plus promise" in page.text
    assert {f"/office/events/{event['id']}/hall", f"/office/events/{event['id']}/cancel"} <= set(page.links)


async def test_another_agencys_day_is_404(visitor: Visitor) -> None:
    stranger, _cookie = await make_staff(Role.ORGANISER)
    event, hall = await draft(stranger), await town()
    request = await halls.request(event["id"], hall["id"], hours(event), stranger)
    await enter(visitor, Role.ORGANISER)
    path = f"/office/events/{event['id']}/venue"
    assert (await visitor.open(path)).status == 404
    for end in ("requests", "phone", "withdrawals", "proposals", "choices"):
        values = [("request", request), ("venue", hall["id"])]
        assert (await visitor.send(f"{path}/{end}", values)).status == 404
    mine = await draft(await enter(visitor, Role.ORGANISER))
    own = f"/office/events/{mine['id']}/venue"
    assert (await visitor.send(f"{own}/withdrawals", [("request", request)])).status == 404
    await enter(visitor, Role.HOST, hall["organisation"])
    assert (await visitor.open(path)).status == 403
    assert [row["status"] for row in await requests()] == ["asked"]


async def test_the_calendar_shows_what_is_taken_asked_and_free(visitor: Visitor) -> None:
    who = await enter(visitor, Role.ORGANISER)
    stranger, _cookie = await make_staff(Role.ORGANISER)
    hall = await town()
    host, _cookie = await make_staff(Role.HOST, hall["organisation"])
    mine, theirs = (
        await draft(who, date=date(2030, 4, 9)),
        await draft(stranger, date=date(2030, 4, 11), title="Secret"),
    )
    await halls.accept(await halls.request(mine["id"], hall["id"], hours(mine), who), host)
    await halls.request(theirs["id"], hall["id"], hours(theirs), stranger)
    page = await visitor.open("/office/halls/calendar?month=2030-04")
    assert "Les salles en avril 2030" in page.text
    assert (page.html.count('class="taken"'), page.html.count('class="asked"')) == (2, 2)  # one each in the legend
    assert "promise, 8 h – 18 h" in page.text.replace("\u00a0", " ")
    assert page.html.count('<span class="vh">libre</span>') == 28
    assert "Secret" not in page.text
    assert mine["title"] in page.text
    for wrong in ("2030-13", "x", "1999-01", ""):
        assert (await visitor.open(f"/office/halls/calendar?month={wrong}")).status == 200


async def test_a_month_ends_at_midnight_in_paris(visitor: Visitor) -> None:
    who = await enter(visitor, Role.ORGANISER)
    hall = await town()
    event = await draft(who, date=date(2030, 4, 30))
    stay = Stay(hours(event).from_at, hours(event).until_at.replace(hour=22))
    await halls.record_yes(event["id"], hall["id"], stay, "Mme B.", utcnow(), who)
    assert (await visitor.open("/office/halls/calendar?month=2030-04")).html.count('class="taken"') == 2
    assert (await visitor.open("/office/halls/calendar?month=2030-05")).html.count('class="taken"') == 1
    await fetch("UPDATE venue_request SET until_at = {}", stay.until_at + timedelta(minutes=1))
    assert (await visitor.open("/office/halls/calendar?month=2030-05")).html.count('class="taken"') == 2


@pytest.mark.parametrize("path", ["/office/halls", "/office/halls/calendar", "venue"])
async def test_a_page_asks_the_database_little_however_much_there_is(visitor: Visitor, path: str) -> None:
    who = await enter(visitor, Role.ORGANISER)
    event, counts = await draft(who), []
    path = f"/office/events/{event['id']}/venue" if path == "venue" else path
    for _ in range(2):
        for _hall in range(4):
            hall = await town()
            await halls.request(event["id"], hall["id"], hours(event), who)
        before = engine().query_id
        assert (await visitor.open(path)).status == 200
        counts.append(engine().query_id - before)
    assert counts[0] == counts[1] <= 12
