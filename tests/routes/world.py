"""One of everything that an address can name, of one organisation or of strangers."""

import re
from dataclasses import dataclass
from datetime import timedelta

from tests import factories
from tests.staff import make_staff
from workshops.actors import Staff
from workshops.database import fetch_one, utcnow
from workshops.ids import new_id
from workshops.mail import address_key
from workshops.tables.people import Role

OPEN_TO = {
    Role.ADVISER: re.compile(
        r"/office/events/\{event\}/(people\b.*|calls)|/api/v1/events/\{event\}/(invitations|referrals)"
    ),
    Role.ORGANISER: re.compile(r"/office/halls/\{venue\}"),
}
"""Where a role may look at what is others': an adviser for its own people, an organiser for a hall to ask for."""


@dataclass(frozen=True, slots=True)
class World:
    """Ids by the names that addresses give them."""

    ids: dict[str, str]

    def path(self, template: str) -> str:
        """The address of a route in this world."""
        return re.sub(r"\{(\w+)\}", lambda found: self.ids[found[1]], template)

    def is_open_to(self, role: Role, template: str) -> bool:
        """Whether a role may look there at other agencies' days too, and sees its own people only."""
        return role in OPEN_TO and OPEN_TO[role].fullmatch(template) is not None


async def make_world(organisation: str | None, staff: Staff | None) -> World:
    """A published day: led by `organisation` in its own room, or in its hall, or with its stand; or nothing of it."""
    row = organisation and await fetch_one("SELECT kind FROM organisation WHERE id = {}", organisation)
    kind = row["kind"] if row else ""
    agency = organisation if kind == "agency" else (await factories.organisation())["id"]
    host = organisation if kind in ("municipality", "agency") else (await factories.organisation("municipality"))["id"]
    company = organisation if kind == "exhibitor" else (await factories.organisation("exhibitor"))["id"]
    assert agency
    assert host
    assert company
    venue = await factories.venue(organisation=host)
    event = await factories.event(lead=agency, venue=venue["id"])
    workshop = await factories.workshop(event, exhibitor=company)
    session = await factories.session(workshop, event, hour=1, confirmed=1)
    attendee, registration = await _attendee(event["id"], session["id"], agency)
    account, _ = await make_staff(Role.ADVISER, agency)
    now = utcnow()
    hours = {"from_at": event["starts_at"], "until_at": event["ends_at"], "asked_at": now, "answered_at": now}
    request = await factories.insert(
        "venue_request",
        {"id": new_id(), "event": event["id"], "venue": venue["id"], "status": "accepted", **hours},
    )
    hold = await factories.insert(
        "hold",
        {
            "id": new_id(),
            "session": (await factories.session(workshop, event, hour=3, held=2))["id"],
            "organisation": agency,
            "places": 2,
            "status": "active",
            "until_at": now + timedelta(days=1),
            "created_at": now,
        },
    )
    change = {"id": new_id(), "event": event["id"], "actor": "account:1", "kind": "move_session", "before": "{}"}
    change |= {"after": "{}", "people": 0, "created_at": now, "leaves_at": now + timedelta(minutes=10)}
    bulletin = {"id": new_id(), "event": event["id"], "actor": "account:1", "subject": "A", "body": "B"}
    bulletin |= {
        "chosen": "{}",
        "people": 0,
        "messages": 0,
        "created_at": now,
        "leaves_at": now + timedelta(minutes=10),
    }
    message, suppression = await _message(event["id"], attendee)
    run = {"id": new_id(), "event": event["id"], "actor": "account:1", "rows": "[]", "created_at": now}
    return World(
        {
            "event": event["id"],
            "workshop": workshop["id"],
            "session": session["id"],
            "exhibitor": company,
            "venue": venue["id"],
            "request_id": request["id"],
            "attendee": attendee,
            "registration": registration,
            "burst": attendee,
            "hold": hold["id"],
            "change": (await factories.insert("plan_change", change))["id"],
            "bulletin": (await factories.insert("bulletin", bulletin))["id"],
            "run": (await factories.insert("import_run", run))["id"],
            "message": message,
            "suppression": suppression,
            "device": (phone := await _phone(event["id"])),
            "scan": await _read(event["id"], phone),
            "account": account.account,
            "referral": (await _invitation(event["id"], agency))["id"],
            "login": await _second_login(staff.account) if staff else account.login,
            "other_session": (await factories.session(workshop, event, hour=5))["id"],
        }
    )


async def _message(event: str, attendee: str) -> tuple[str, str]:
    """A message that bounced, and its address, given up."""
    key = address_key(f"{attendee}@example.org")
    row: factories.Row = {
        "id": new_id(),
        "event": event,
        "attendee": attendee,
        "kind": "your_places",
        "channel": "mail",
    }
    row |= {"dedup_key": new_id(), "address_key": key, "stranger": False, "state": "failed", "priority": 1}
    times = {"created_at": utcnow(), "not_before": utcnow()}
    await factories.insert("message", {**row, **times})
    given_up = {"id": new_id(), "address_key": key, "cause": "bounce 5.1.1", "created_at": utcnow()}
    return str(row["id"]), str((await factories.insert("suppression", given_up))["id"])


async def _phone(event: str) -> str:
    """A phone of the door."""
    now = utcnow()
    row = {"id": new_id(), "event": event, "label": "Accueil", "link_hash": new_id(), "link_expires_at": now}
    row |= {"token_hash": new_id(), "made_at": now, "last_seen_at": now, "created_at": now}
    return str((await factories.insert("device", row))["id"])


async def _read(event: str, phone: str) -> str:
    """A read of nobody at the hall."""
    row = {"id": new_id(), "event": event, "device": phone, "caller": f"device:{phone}", "kind": "in", "method": "qr"}
    times = dict.fromkeys(("taken_at", "effective_at", "received_at"), utcnow())
    return str((await factories.insert("scan", {**row, **times, "outcome": "not_a_ticket"}))["id"])


async def _invitation(event: str, agency: str) -> factories.Row:
    """Somebody whom the agency has invited by mail."""
    identity = new_id()
    row = {"id": identity, "agency": agency, "event": event, "mode": "invite", "first_name": "Zoé"}
    row |= {"email": "zoe@example.org", "token_hash": identity, "key_id": "k"}
    return await factories.insert("referral", {**row, "created_at": utcnow()})


async def _second_login(account: str) -> str:
    now = utcnow()
    row = {"id": new_id(), "account": account, "token_hash": new_id(), "label": "Firefox", "created_at": now}
    later = now + timedelta(days=1)
    return str((await factories.insert("login", {**row, "last_seen_at": now, "expires_at": later}))["id"])


async def _attendee(event: str, session: str, agency: str) -> tuple[str, str]:
    """Somebody with a ticket and a confirmed place, sent by the agency."""
    identity, registration, now = new_id(), new_id(), utcnow()
    row = {"id": identity, "event": event, "kind": "person", "first_name": "Zoé", "last_name": "Lefèvre"}
    row |= {"search_name": "lefevre zoe", "locale": "fr", "origin": "on_behalf", "agency": agency}
    row |= {"manage_hash": identity, "manage_key": "k", "called_for": "no_email"}
    await factories.insert("attendee", {**row, "created_at": now, "updated_at": now})
    ticket = {"id": new_id(), "event": event, "attendee": identity, "status": "active", "secret_hash": identity}
    await factories.insert("ticket", {**ticket, "secret_key": "k", "code": identity[:9], "created_at": now})
    place = {"id": registration, "attendee": identity, "session": session, "status": "confirmed"}
    await factories.insert("registration", {**place, "created_at": now, "updated_at": now})
    return identity, registration
