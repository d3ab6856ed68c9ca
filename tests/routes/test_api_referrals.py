"""What an agency's program does for its people: it invites, registers, and reads what became of them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests import factories
from tests.factories import Row
from tests.routes.test_api import PERSON, problem, token
from workshops.app import create_app
from workshops.database import Engine, fetch, fetch_one


@pytest.fixture
async def client(db: Engine) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app())  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as opened:
        yield opened


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event()


async def test_an_adviser_s_program_invites_by_mail_and_by_a_link(client: httpx.AsyncClient, event: Row) -> None:
    agency = (await factories.organisation())["id"]
    headers, path = await token("adviser", agency), f"/api/v1/events/{event['id']}/invitations"
    mailed = await client.post(path, json={"first_name": "Zoé", "email": "zoe@example.org"}, headers=headers)
    assert (mailed.status_code, list(mailed.json())) == (201, ["id"])
    phoned = await client.post(path, json={"first_name": "Ali", "phone": "06 39 98 11 22"}, headers=headers)
    assert phoned.json()["url"].startswith("http://127.0.0.1:8000/i/")
    again = await client.post(path, json={"first_name": "Zoé", "email": "zoe@example.org"}, headers=headers)
    assert problem(again)[:2] == (409, "already-invited")
    listed = (await client.get(f"/api/v1/events/{event['id']}/referrals", headers=headers)).json()
    assert {one["first_name"] for one in listed["invitations"]} == {"Zoé", "Ali"}
    assert listed["people"] == []


async def test_a_key_makes_it_once(client: httpx.AsyncClient, event: Row) -> None:
    headers = await token("adviser") | {"Idempotency-Key": "1"}
    path, body = f"/api/v1/events/{event['id']}/invitations", {"first_name": "Ali", "phone": "06 39 98 11 22"}
    first, again = [await client.post(path, json=body, headers=headers) for _ in range(2)]
    assert first.json() == again.json()
    assert len(await fetch("SELECT id FROM referral")) == 1


async def test_every_faulty_field_is_named(client: httpx.AsyncClient, event: Row) -> None:
    path, headers = f"/api/v1/events/{event['id']}/invitations", await token("adviser")
    answer = await client.post(path, json={"email": "x", "phone": "06", "reference": "x" * 21, "y": 1}, headers=headers)
    assert problem(answer) == (422, "invalid", ["y", "first_name", "email", "phone", "reference"])
    answer = await client.post(path, json={"first_name": "Zoé"}, headers=headers)
    assert problem(answer) == (422, "invalid", ["email"])


@pytest.mark.parametrize("role", ["organiser", "door", "host", "exhibitor", "admin"])
async def test_other_programs_neither_invite_nor_read(client: httpx.AsyncClient, event: Row, role: str) -> None:
    headers, path = await token(role), f"/api/v1/events/{event['id']}"
    answer = await client.post(f"{path}/invitations", json={"first_name": "Zoé", "email": "z@e.fr"}, headers=headers)
    assert problem(answer)[0] == 403
    assert problem(await client.get(f"{path}/referrals", headers=headers))[0] == 403


async def test_without_a_token_nobody_is_invited(client: httpx.AsyncClient, event: Row) -> None:
    path = f"/api/v1/events/{event['id']}"
    assert problem(await client.post(f"{path}/invitations", json={"first_name": "Zoé"}))[0] == 401
    assert problem(await client.get(f"{path}/referrals"))[0] == 401


async def test_own_people_are_listed_with_what_became_of_each_place(client: httpx.AsyncClient, event: Row) -> None:
    slot = await factories.session(await factories.workshop(event), event, capacity=1)
    agency = (await factories.organisation())["id"]
    headers, path = await token("adviser", agency), f"/api/v1/events/{event['id']}"
    told = {"told": True, "reference": "D-204"}
    await client.post(f"{path}/registrations", json={**PERSON, **told, "sessions": [slot["id"]]}, headers=headers)
    waiting = {**PERSON, "first_name": "Ali", "email": "ali@example.org", "sessions": [slot["id"]], "if_full": "wait"}
    await client.post(f"{path}/registrations", json=waiting, headers=headers)
    others = {**PERSON, "first_name": "Max", "email": "max@example.org", "sessions": [slot["id"]], "if_full": "wait"}
    await client.post(f"{path}/registrations", json=others)
    people = (await client.get(f"{path}/referrals", headers=headers)).json()["people"]
    shown = [
        (one["first_name"], one["reference"], [(r["status"], r["ahead"]) for r in one["registrations"]])
        for one in people
    ]
    assert sorted(shown) == [("Ali", None, [("waiting", 0)]), ("Zoé", "D-204", [("confirmed", None)])]
    assert (await client.get(f"{path}/referrals", headers=await token("adviser"))).json()["people"] == []
    (entry, *_more) = await fetch("SELECT people FROM audit_entry WHERE action = 'list_referred' ORDER BY at")
    assert entry["people"] == 2


async def test_what_was_said_is_kept_as_it_was_said(client: httpx.AsyncClient, event: Row) -> None:
    slot = await factories.session(await factories.workshop(event), event)
    path, headers = f"/api/v1/events/{event['id']}/registrations", await token("adviser")
    body = {**PERSON, "sessions": [slot["id"]]}
    assert problem(await client.post(path, json={**body, "told": False}, headers=headers))[2] == ["told"]
    assert (await client.post(path, json=body, headers=headers)).status_code == 201
    assert await fetch_one("SELECT told FROM referral") == {"told": False}
    for others in ({}, await token("organiser", event["lead"])):
        answer = await client.post(path, json={**body, "told": True, "reference": "x"}, headers=others)
        assert problem(answer)[2] == ["reference", "told"]
