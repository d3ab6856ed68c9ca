"""Every role at every route: what is not allowed is refused and changes nothing, what is not one's own is not there.

The table is rights.txt; a route that is missing from it fails.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from litestar.routes import HTTPRoute

from tests.routes.conftest import ADDRESS
from tests.routes.world import World, make_world
from tests.staff import make_staff
from workshops import credentials
from workshops.app import application, create_app
from workshops.database import Engine, fetch, fetch_one
from workshops.piccolo_app import APP_CONFIG
from workshops.tables.people import Role

Call = tuple[str, str]
TABLE = Path(__file__).with_name("rights.txt")
REFUSED = {403, 404}
KEPT_APART = {"audit_entry", "login", "counter", "api_token"}
"""Tables in which being refused may leave a trace."""
BODIES = {
    ("PATCH", "/api/v1/registrations/{registration}"): {"session": "{other_session}", "if_full": "refuse"},
    ("POST", "/api/v1/events/{event}/check-ins"): {"ticket": "no ticket at all"},
    ("POST", "/api/v1/events/{event}/invitations"): {"first_name": "Ali", "email": "ali@example.org"},
}
"""What a program sends."""
FORMS = {
    "/office/events/{event}/stands": {"letter": "reminders"},
    "/office/events/{event}/plan/publish": {"do": "ready"},
    "/office/events/{event}/venue/choices": {"request": "{request_id}"},
    "/office/events/{event}/venue/proposals": {"request": "{request_id}"},
    "/office/events/{event}/venue/withdrawals": {"request": "{request_id}"},
    "/office/events/{event}/venue/requests": {"venue": "{venue}"},
    "/office/stands/{event}/answer": {"answer": "confirmed"},
}
"""What a browser sends: the little that says what is meant, else an empty form."""


def table() -> dict[Call, tuple[str, ...]]:
    """Method and path → who may."""
    rows: dict[Call, tuple[str, ...]] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            methods, path, who = re.fullmatch(r"([A-Z ]+?) +(/\S*) +(.+)", line).groups()  # type: ignore[union-attr]
            for method in methods.split():
                assert (method, path) not in rows, line
                rows[method, path] = tuple(who.split())
    return rows


def routes() -> set[Call]:
    """Method and path of every route there is."""
    found: set[Call] = set()
    for route in create_app().routes:
        if isinstance(route, HTTPRoute):
            path = re.sub(r":\w+}", "}", route.path_format)
            found |= {(str(method), path) for method in route.route_handler_map if method != "OPTIONS"}
    return found


RIGHTS = table()
ROLES = set(Role)
STAFF = {call: who for call, who in RIGHTS.items() if who[0] == "account" or set(who) <= {*ROLES, "only"}}
PROGRAMS = {call: who[1:] for call, who in RIGHTS.items() if who[0] == "program"}


def may(who: tuple[str, ...], role: Role) -> bool:
    """Whether the table lets a role do this."""
    return "account" in who or role in who or (role is Role.ADMIN and "only" not in who)


def test_the_table_has_every_route_and_no_other() -> None:
    assert routes() == set(RIGHTS)
    words = {"public", "link", "phone", "account", "program", "only", *ROLES}
    assert {word for who in RIGHTS.values() for word in who} <= words


@dataclass(slots=True)
class Caller:
    """A browser or program of a role, its own world, and somebody else's."""

    client: httpx.AsyncClient
    role: Role
    own: World
    foreign: World

    async def call(self, call: Call, world: World) -> httpx.Response:
        """Ask with the ids of a world."""
        method, path = call
        headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        if body := BODIES.get(call):
            content = {name: value.format(**world.ids) for name, value in body.items()}
            return await self.client.request(method, world.path(path), json=content)
        filled = {name: value.format(**world.ids) for name, value in FORMS.get(path, {}).items()}
        return await self.client.request(method, world.path(path), headers=headers, content=urlencode(filled))


@pytest.fixture
async def client(db: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that nobody has signed in on."""
    transport = httpx.ASGITransport(app=application())  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as made:
        yield made


@pytest.fixture(params=list(Role))
async def caller(client: httpx.AsyncClient, request: pytest.FixtureRequest) -> Caller:
    """A member of staff of each role in turn."""
    staff, cookie = await make_staff(request.param, totp_secret=b"x", totp_step=1)
    client.headers["Cookie"] = cookie
    return Caller(client, request.param, await make_world(staff.organisation, staff), await make_world(None, None))


@pytest.fixture(params=list(Role))
async def program(client: httpx.AsyncClient, request: pytest.FixtureRequest) -> Caller:
    """A partner's program of each role in turn."""
    staff, _ = await make_staff(request.param)
    own, foreign = await make_world(staff.organisation, staff), await make_world(None, None)
    row = await fetch_one("SELECT slug FROM organisation WHERE id = {}", staff.organisation or "")
    token = await credentials.add_token("program", request.param, row["slug"] if row else None)
    client.headers["Authorization"] = f"Bearer {token}"
    return Caller(client, request.param, own, foreign)


async def stored() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that a refusal must leave as it is."""
    names = [one._meta.tablename for one in APP_CONFIG.table_classes]
    return {name: await fetch(f"SELECT * FROM {name} ORDER BY 1") for name in names if name not in KEPT_APART}


async def test_what_a_role_may_not_do_is_refused_and_changes_nothing(caller: Caller) -> None:
    before, wrong = await stored(), []
    for call, who in STAFF.items():
        if not may(who, caller.role):
            for world in (caller.own, caller.foreign):
                answer = await caller.call(call, world)
                if answer.status_code not in REFUSED:
                    wrong.append((*call, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert await stored() == before


async def test_somebody_elses_is_not_there(caller: Caller) -> None:
    if caller.role is Role.ADMIN:
        return
    before, wrong = await stored(), []
    for call, who in STAFF.items():
        if may(who, caller.role) and "{" in call[1]:
            answer = await caller.call(call, caller.foreign)
            if answer.status_code != 404 and not caller.foreign.is_open_to(caller.role, call[1]):
                wrong.append((*call, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert await stored() == before


async def test_what_a_role_may_do_is_not_refused(caller: Caller) -> None:
    wrong = []
    for call, who in STAFF.items():
        if may(who, caller.role) and call[1] != "/account/sign-out-everywhere":
            answer = await caller.call(call, caller.own)
            sent_away = answer.headers.get("location", "").startswith("/sign-in")
            if answer.status_code in {401, *REFUSED} or answer.status_code >= 500 or sent_away:
                wrong.append((*call, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


async def test_nobody_gets_in_without_signing_in(client: httpx.AsyncClient) -> None:
    world = await make_world(None, None)
    nobody, before, wrong = Caller(client, Role.ADMIN, world, world), await stored(), []
    for call in STAFF:
        answer = await nobody.call(call, world)
        if answer.status_code != 303 or not answer.headers["location"].startswith("/sign-in"):
            wrong.append((*call, answer.status_code))
    for call in PROGRAMS:
        answer = await nobody.call(call, world)
        if answer.status_code != 401:
            wrong.append((*call, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert await stored() == before


async def test_a_program_does_what_its_role_may(program: Caller) -> None:
    before, wrong = await stored(), []
    for call, who in PROGRAMS.items():
        if not may(who, program.role):
            wrong += [
                (*call, (await program.call(call, world)).status_code) for world in (program.own, program.foreign)
            ]
    assert {status for *_, status in wrong} <= REFUSED
    for call, who in PROGRAMS.items():
        is_open = program.foreign.is_open_to(program.role, call[1])
        if may(who, program.role) and program.role is not Role.ADMIN and not is_open:
            assert (await program.call(call, program.foreign)).status_code == 404, call
    assert await stored() == before
    for call, who in PROGRAMS.items():
        if may(who, program.role):
            assert (await program.call(call, program.own)).status_code in {200, 201}, call


async def test_a_program_opens_no_page_of_staff(program: Caller) -> None:
    for call in STAFF:
        answer = await program.call(call, program.own)
        assert answer.status_code == 303, call
        assert answer.headers["location"].startswith("/sign-in"), call
