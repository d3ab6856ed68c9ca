"""One person at one event, with all that signing up leaves behind: keys, ticket, referral. No message."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from workshops.communes import communes
from workshops.demo import cast
from workshops.demo.calendar import Kind
from workshops.demo.crowd import Someone
from workshops.demo.programme import Planned
from workshops.demo.rows import Draw, Row, lasting_id
from workshops.persons import ACCOMMODATIONS, ELSEWHERE, person_keys, search_name
from workshops.tickets import Purpose, make_secret, new_code

DEMO = "demo"
"""The caller of what the demo wrote where staff would have acted."""
ORIGINS = ("online", "invited", "on_behalf", "desk")
SHARES = (65, 10, 10, 15)
AGENCIES = ("maison-emploi-demo", "plie-bethune-demo", "mission-locale-demo") * 3 + (
    "ccas-demo",
    "accompagnement-justice-demo",
)


INVITING = ("mission-locale-demo", "accompagnement-justice-demo")
"""Agencies of which somebody can be signed in as: their invitations that wait can be seen."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """An attendee just made: what their places and their scan refer to."""

    attendee: str
    ticket: str
    made_by: str
    created_at: datetime


def attend(planned: Planned, person: Someone, created_at: datetime, draw: Draw) -> Visitor:
    """Add an attendee with keys and ticket, and the referral if an agency sent them."""
    origin = draw.random.choices(ORIGINS, SHARES)[0]
    agency = lasting_id(draw.random.choice(AGENCIES)) if origin in ("invited", "on_behalf") else None
    by_staff = origin in ("on_behalf", "desk")
    reachable = origin != "on_behalf" or draw.chance(0.9)
    email, phone = (person.email, person.phone) if reachable else (None, None)
    row = _row(planned, person, draw) | {
        "email": email,
        "phone": phone,
        "agency": agency,
        "origin": origin,
        "registered_by": DEMO if by_staff else None,
        "called_for": None if email else "no_email",
        "called_at": created_at + timedelta(days=1) if not email and created_at < draw.start - timedelta(8) else None,
        "network": None,
        "created_at": created_at,
        "updated_at": created_at,
    }
    draw.add("attendee", row)
    attendee = str(row["id"])
    for key in person_keys(person.first_name, person.last_name, email, phone, agency):
        draw.add("person_key", {"key": key, "locked_at": created_at})
        draw.add("attendee_key", {"id": draw.id(), "event": planned.id, "attendee": attendee, "key": key})
    if agency:
        draw.add("referral", _referral(row, draw))
    ticket = _ticket(row, draw)
    draw.add("ticket", ticket)
    return Visitor(attendee, str(ticket["id"]), DEMO if by_staff else "public", created_at)


def _row(planned: Planned, person: Someone, draw: Draw) -> Row:
    attendee, meeting = draw.id(), planned.day.kind is Kind.MEETING
    adult_name, adult_phone = person.adult if person.adult and not meeting else (None, None)
    manage = make_secret(Purpose.MANAGE, attendee)
    return {
        "id": attendee,
        "event": planned.id,
        "kind": "person",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "search_name": search_name(person.first_name, person.last_name),
        "aged_16_or_over": None if meeting else person.adult is None,
        "adult_name": adult_name,
        "adult_phone": adult_phone,
        "commune": _home(planned, draw),
        "accommodations": draw.random.choice(list(ACCOMMODATIONS)) if draw.chance(0.06) else None,
        "represented": draw.random.choice(cast.script()["represented"]) if meeting else None,
        "locale": "en" if draw.chance(0.03) else "fr",
        "manage_hash": manage.hash,
        "manage_key": manage.key,
    }


def _home(planned: Planned, draw: Draw) -> str | None:
    """Most come from the host commune or its agglomeration, some from elsewhere, some do not say."""
    kind, host = draw.random.random(), planned.day.town
    if kind < 0.35:
        return host.insee
    if kind < 0.75:
        return draw.random.choice([town for town in communes() if town.epci == host.epci]).insee
    return ELSEWHERE if kind < 0.83 else None


def _ticket(attendee: Row, draw: Draw) -> Row:
    secret = make_secret(Purpose.TICKET, str(attendee["id"]))
    return {
        "id": draw.id(),
        "event": attendee["event"],
        "attendee": attendee["id"],
        "status": "active",
        "secret_hash": secret.hash,
        "secret_key": secret.key,
        "code": new_code(draw.random.choice),
        "created_at": attendee["created_at"],
    }


def _referral(attendee: Row, draw: Draw) -> Row:
    on_behalf = attendee["origin"] == "on_behalf"
    return {
        "id": draw.id(),
        "agency": attendee["agency"],
        "event": attendee["event"],
        "attendee": attendee["id"],
        "mode": "on_behalf" if on_behalf else "invite",
        "first_name": attendee["first_name"],
        "email": attendee["email"],
        "phone": attendee["phone"],
        "reference": f"DEMO-{draw.random.randrange(10_000):04}",
        "told": on_behalf,
        "created_at": attendee["created_at"],
        "used_at": attendee["created_at"],
        "last_name": attendee["last_name"],
        "token_hash": None,
        "key_id": None,
    }


def invite(planned: Planned, person: Someone, by_mail: bool, draw: Draw) -> None:
    """Add somebody whom an agency has invited and who has not chosen yet."""
    identity = draw.id()
    made = make_secret(Purpose.INVITATION, identity)
    email = person.email if by_mail or not person.phone else None
    row: Row = {
        "id": identity,
        "agency": lasting_id(draw.random.choice(INVITING)),
        "event": planned.id,
        "attendee": None,
        "mode": "invite",
        "first_name": person.first_name,
        "email": email,
        "phone": None if email else person.phone,
        "reference": f"DEMO-{draw.random.randrange(10_000):04}",
        "told": False,
        "created_at": draw.start - timedelta(days=2),
        "used_at": None,
        "last_name": person.last_name,
        "token_hash": made.hash,
        "key_id": made.key,
    }
    draw.add("referral", row)
