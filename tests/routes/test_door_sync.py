"""What a phone keeps and hands in: the list for a thousand people, every read kept once, and told what it is."""

import gzip
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import factories
from tests.door import attendee, books, today
from tests.factories import Row
from tests.routes.test_api import client
from workshops import attendance, devices
from workshops.access import door_cookie, make_door_link, make_door_token
from workshops.actors import OPERATOR
from workshops.database import Engine, fetch, utcnow
from workshops.tickets import secret_hash

__all__ = ["client"]


class Door:
    """A day that is today, and a phone at its hall or at a stand."""

    def __init__(self, event: Row, client: httpx.AsyncClient, cookie: str) -> None:
        self.event, self.client, self.cookie = event, client, cookie
        self.path = f"/door/{event['id']}"

    async def listed(self, **headers: str) -> httpx.Response:
        return await self.client.get(f"{self.path}/list", headers={"Cookie": self.cookie, **headers})

    async def send(self, *scans: dict[str, Any], **envelope: Any) -> httpx.Response:
        body = {"device": "x", "client_now": 0, "queue": len(scans), "scans": list(scans), **envelope}
        headers = {"Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}
        return await self.client.post(f"{self.path}/scans", json=body, headers=headers)

    async def words(self, *scans: dict[str, Any]) -> list[str]:
        answer = await self.send(*scans)
        assert answer.status_code == 200, answer.text
        results = answer.json()["results"]
        assert [one["id"] for one in results] == [one["id"] for one in scans]
        return [one["outcome"] for one in results]


async def phone(event: Row, client: httpx.AsyncClient, workshop: Row | None = None, label: str = "") -> Door:
    link = await make_door_link(event["id"], workshop["id"] if workshop else None, label)
    token, _event = await make_door_token(link.rpartition("/")[2])
    return Door(event, client, f"{door_cookie()}={token}")


@pytest.fixture
async def hall(db: Engine, client: httpx.AsyncClient) -> Door:
    return await phone(await today(), client)


def key(person: Row) -> str:
    return str(secret_hash(person["text"]))


def scan(person: Row | None = None, **given: Any) -> dict[str, Any]:
    """An entry of a phone's queue, made now."""
    made = {"id": str(uuid4()), "seq": 1, "kind": "in", "place": "hall", "method": "qr", "off": 0, "local": "admitted"}
    made |= {"t": int(utcnow().timestamp() * 1000)} | ({"k": key(person)} if person else {})
    return made | given


async def test_the_list_knows_everybody_by_hash_and_first_name_and_is_asked_for_once(hall: Door) -> None:
    workshop = await factories.workshop(hall.event)
    slot = await factories.session(workshop, hall.event, 1)
    zoe = await attendee(hall.event)
    await books(zoe, slot)
    answer = await hall.listed()
    assert answer.status_code == 200
    told = answer.json()
    assert told["event"]["id"] == hall.event["id"]
    assert told["stands"][0]["slots"][0][0] == slot["id"]
    [row] = told["rows"]
    assert row == {"k": key(zoe), "c": zoe["code"], "n": "Zoé L.", "s": "ok", "p": [[0, "c"]]}
    assert "Lefèvre" not in answer.text
    assert zoe["text"].rpartition("/")[2] not in answer.text
    known = answer.headers["etag"]
    assert (await hall.listed(**{"If-None-Match": known})).status_code == 304
    assert (await hall.send(scan(zoe))).json()["list_version"] != told["list_version"]
    fresh = await hall.listed(**{"If-None-Match": known})
    assert fresh.json()["rows"][0]["in"][0][0] == -1


async def test_a_stands_phone_learns_names_of_its_own_people_only(hall: Door) -> None:
    own, other = await factories.workshop(hall.event), await factories.workshop(hall.event)
    zoe, max_ = await attendee(hall.event), await attendee(hall.event, "Max")
    await books(zoe, await factories.session(own, hall.event, 1))
    await books(max_, await factories.session(other, hall.event, 1))
    stand = await phone(hall.event, hall.client, own)
    told = (await stand.listed()).json()
    assert [one["id"] for one in told["stands"]] == [own["id"]]
    rows = {row["k"]: row for row in told["rows"]}
    assert rows[key(zoe)]["n"] == "Zoé L."
    assert rows[key(max_)] == {"k": key(max_), "s": "ok"}
    assert await stand.words(scan(zoe)) == ["refused_input"], "the hall is not its place"


async def test_the_list_of_a_thousand_people_is_small(hall: Door) -> None:
    workshop = await factories.workshop(hall.event)
    slots = [await factories.session(workshop, hall.event, hour / 2) for hour in range(8)]
    for number in range(1000):
        one = await attendee(hall.event, f"Prénom{number % 97}", f"Nom{number}")
        await books(one, slots[number % 8])
        await books(one, slots[(number + 3) % 8], "waiting" if number % 7 == 0 else "confirmed")
    answer = await hall.listed(**{"Accept-Encoding": "gzip"})
    assert len(answer.json()["rows"]) == 1000
    assert len(gzip.compress(answer.content, 6)) <= 40 * 1024


async def test_every_read_is_kept_once_and_told_what_it_is(hall: Door) -> None:
    zoe = await attendee(hall.event)
    first = scan(zoe)
    assert await hall.words(first) == ["admitted"]
    assert await hall.words(first, first | {"id": str(uuid4()), "seq": 2}) == ["admitted", "repeat"]
    other = await phone(hall.event, hall.client, label="Porte B")
    answer = (await other.send(scan(zoe))).json()["results"][0]
    assert (answer["outcome"], answer["first"]["by"]) == ("duplicate_other_phone", "Accueil")
    assert len(await fetch("SELECT id FROM scan")) == 3


async def test_the_earlier_read_counts_although_it_comes_later(hall: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    zoe = await attendee(hall.event)
    await fetch("UPDATE device SET made_at = {}", utcnow() - timedelta(hours=1))
    other = await phone(hall.event, hall.client, label="Porte B")
    now = int(utcnow().timestamp() * 1000)
    assert await other.words(scan(zoe, t=now)) == ["admitted"]
    assert await hall.words(scan(zoe, t=now - 60_000)) == ["admitted"]
    rows = (await hall.listed()).json()
    assert rows["rows"][0]["in"][0][1] == now - 60_000


async def test_an_undo_is_the_phones_own_and_the_next_read_counts(hall: Door) -> None:
    zoe = await attendee(hall.event)
    other = await phone(hall.event, hall.client)
    first = scan(zoe)
    assert await hall.words(first) == ["admitted"]
    undo = scan(kind="undo", undo_of=first["id"])
    assert await other.words(undo) == ["undone"]
    assert await hall.words(first) == ["admitted"], "somebody else's undo undoes nothing"
    assert await hall.words(scan(kind="undo", undo_of=first["id"]), first) == ["undone", "undone"]
    assert await hall.words(scan(zoe)) == ["admitted"]


async def test_a_refused_read_is_no_attendance_until_staff_let_the_person_in(hall: Door) -> None:
    workshop = await factories.workshop(hall.event)
    slot = await factories.session(workshop, hall.event, 1)
    zoe = await attendee(hall.event)
    await books(zoe, slot, "waiting")
    assert await hall.words(scan(zoe, local="waiting")) == ["refused"]
    assert await hall.words(scan(zoe, local="waiting", let_in=True)) == ["admitted"]


async def test_what_nobody_knows_is_kept_and_known_once_its_ticket_comes(hall: Door) -> None:
    zoe = await attendee(hall.event)
    away = await fetch("UPDATE ticket SET secret_hash = 'later' WHERE id = {} RETURNING id", zoe["ticket"])
    unknown = scan(zoe, local="not_on_list", let_in=True)
    assert await hall.words(unknown, scan(None, local="not_a_ticket")) == ["unmatched", "not_a_ticket"]
    await fetch("UPDATE ticket SET secret_hash = {} WHERE id = {}", key(zoe), away[0]["id"])
    assert await hall.words(unknown) == ["admitted"]


async def test_a_ticket_of_another_day_lets_nobody_in(hall: Door) -> None:
    stranger = await attendee(await factories.event())
    assert await hall.words(scan(stranger, local="other_event")) == ["refused"]
    assert (await fetch("SELECT attendee FROM scan"))[0]["attendee"] is None


async def test_a_walk_in_gets_the_ticket_that_the_phone_made(hall: Door) -> None:
    made = "ab" * 16
    sent = [
        scan(kind="walk_in", k=made, first_name="Sam"),
        scan(kind="walk_in", people=25),
        scan(kind="count", people=12),
    ]
    assert await hall.words(*sent) == ["admitted", "admitted", "counted"]
    assert await hall.words(*sent) == ["admitted", "admitted", "counted"]
    people = await fetch("SELECT first_name, kind, size, origin FROM attendee ORDER BY size")
    assert [tuple(row.values()) for row in people] == [
        ("Sam", "person", 1, "walk_in"),
        ("Visiteur", "group", 25, "walk_in"),
    ]
    again = scan(None, k=made)
    assert (await hall.words(again))[0] in ("repeat", "duplicate_same_phone")


async def test_a_clock_or_a_thief_moves_no_read_before_the_phone_or_after_now(hall: Door) -> None:
    zoe, max_ = await attendee(hall.event), await attendee(hall.event, "Max")
    [device] = await fetch("SELECT made_at FROM device")
    before, after = utcnow() - timedelta(days=2), utcnow() + timedelta(hours=2)
    moments = [int(one.timestamp() * 1000) for one in (before, after)]
    assert await hall.words(scan(zoe, t=moments[0]), scan(max_, t=moments[1])) == ["admitted", "admitted"]
    rows = await fetch("SELECT effective_at, received_at FROM scan ORDER BY effective_at")
    assert rows[0]["effective_at"] == device["made_at"]
    assert rows[1]["effective_at"] == rows[1]["received_at"]
    behind = scan(zoe, t=int(utcnow().timestamp() * 1000) - 7_200_000, off=7_200_000)
    assert (await hall.words(behind))[0] != "refused_input"


async def test_a_revoked_phone_hands_in_what_is_kept_apart(hall: Door) -> None:
    zoe = await attendee(hall.event)
    [device] = await fetch("SELECT id FROM device")
    await devices.revoke(device["id"], OPERATOR)
    assert (await hall.listed()).json()["type"].endswith("device-revoked")
    assert await hall.words(scan(zoe)) == ["refused"]
    assert (await fetch("SELECT after_revocation FROM scan"))[0]["after_revocation"]
    assert await attendance.of_day(hall.event["id"]) == {}
    over = {"ends_at": utcnow() - timedelta(days=8), "starts_at": utcnow() - timedelta(days=9)}
    await fetch("UPDATE event SET ends_at = {}, starts_at = {}", over["ends_at"], over["starts_at"])
    answer = await hall.send(scan(zoe))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/day-over")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"[]", 422, None),
        (b"{}", 422, "scans"),
        (json.dumps({"scans": [1]}).encode(), 422, "scans"),
        (json.dumps({"scans": [{}]}).encode(), 422, "scans"),
        (json.dumps({"scans": [{"id": str(n)} for n in range(201)]}).encode(), 422, "scans"),
        (json.dumps({"scans": [], "queue": -1}).encode(), 422, "queue"),
        (json.dumps({"scans": [{"id": "x" * 60}] * 1200}).encode(), 413, None),
    ],
)
async def test_a_bad_envelope_is_said(hall: Door, body: bytes, status: int, field: str | None) -> None:
    headers = {"Cookie": hall.cookie, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    answer = await hall.client.post(f"{hall.path}/scans", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    if field:
        assert [fault["field"] for fault in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "no-uuid"},
        {"kind": "dance"},
        {"kind": []},
        {"place": "elsewhere"},
        {"place": 7},
        {"k": "x"},
        {"t": "now"},
        {"t": 1e30},
        {"t": -5},
        {"off": 10**15},
        {"people": 0},
        {"people": 501},
        {"seq": 2**40},
        {"kind": "undo"},
        {"kind": "undo", "undo_of": "\0"},
        {"first_name": 3},
        {"c": {}},
    ],
)
async def test_an_entry_that_makes_no_sense_holds_up_no_other(hall: Door, wrong: dict[str, Any]) -> None:
    zoe = await attendee(hall.event)
    assert await hall.words(scan(zoe) | wrong, scan(zoe)) == ["refused_input", "admitted"]


async def test_no_phone_no_list(hall: Door) -> None:
    nobody = Door(hall.event, hall.client, "door=x")
    for answer in (await nobody.listed(), await nobody.send()):
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-a-device")
    elsewhere = Door(await factories.event(), hall.client, hall.cookie)
    for answer in (await elsewhere.listed(), await elsewhere.send()):
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("application/problem+json")


async def test_the_heartbeat_says_how_many_wait(hall: Door) -> None:
    await hall.send(queue=17)
    assert (await fetch("SELECT queue_length FROM device"))[0]["queue_length"] == 17
