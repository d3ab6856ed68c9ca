"""What people and programs send, read into what verbs take: every faulty field is named at once."""

from dataclasses import replace
from datetime import date
from typing import Any

from workshops import places, programme
from workshops.actors import Actor
from workshops.communes import commune
from workshops.errors import Fault, Invalid
from workshops.fields import Answers, line, yes_or_no
from workshops.i18n import _
from workshops.idempotency import Key, body_hash
from workshops.ids import is_id
from workshops.pasted import REFERENCE
from workshops.persons import FIELDS, Person, read_person
from workshops.registrations import SignUp
from workshops.tables.people import Role

BESIDES = {"sessions", "if_full", "share_with_exhibitor", "news"}
ON_BEHALF = {"told", "reference"}
"""What only an adviser's program may say."""


async def read_sign_up(event: str, values: dict[str, object], actor: Actor) -> SignUp:
    """What was sent, checked; raises Invalid with every faulty field."""
    answers = Answers(values)
    answers.faults += unknown_fields(values, FIELDS | ON_BEHALF | BESIDES)
    told, reference = _of_adviser(answers, actor)
    asks_age = "aged_16_or_over" in values or not await _is_meeting(event)
    person = read_person(answers, asks_age=asks_age, contact_optional=not actor.is_anyone)
    sessions = _session_ids(values, answers.faults)
    wish = if_full(values, answers.faults)
    share, news = answers.read("share_with_exhibitor", yes_or_no), answers.read("news", yes_or_no)
    person = await _with_agency(person, answers)
    if answers.faults:
        raise Invalid(faults=tuple(answers.faults))
    return SignUp(event, person, sessions, wish, bool(share), bool(news), told=told, reference=reference)


def read_key(key: str | None, call: str, actor: Actor, body: bytes) -> Key | None:
    """The Idempotency-Key: at most 64 visible ASCII characters. Raises Invalid."""
    if key is None:
        return None
    if not 1 <= len(key) <= 64 or not all("!" <= char <= "~" for char in key):
        raise Invalid(faults=(Fault("Idempotency-Key", _("Use 1 to 64 visible ASCII characters.")),))
    return Key(actor.id, call, key, body_hash(body))


def read_search(
    insee: str | None, first: str | None, last: str | None, domain: str | None, number: str | None
) -> dict[str, Any]:
    """The filters of the programme, checked; raises Invalid with every faulty one. Empty counts as absent."""
    faults: list[Fault] = []
    if insee and commune(insee) is None:
        faults.append(Fault("commune", _("Choose a commune from the list.")))
    if domain and domain not in tuple("ABCDEFGHIJKLMN"):
        faults.append(Fault("domain", _("Choose from the list only.")))
    days = {"from": _date(first, "from", faults), "to": _date(last, "to", faults)}
    if number and not (number.isascii() and number.isdigit() and 1 <= int(number[:6]) <= 1000 and len(number) < 5):
        faults.append(Fault("page", _("Write a page number from 1 to 1000.")))
    if faults:
        raise Invalid(faults=tuple(faults))
    return {
        "commune": insee or None,
        "first": days["from"],
        "last": days["to"],
        "domain": domain or None,
        "page": int(number or 1),
    }


def _of_adviser(answers: Answers, actor: Actor) -> tuple[bool, str | None]:
    """What an adviser's program says besides: the person asked and was told (rule 9), the agency's own reference."""
    if actor.role is not Role.ADVISER:
        answers.faults += [
            Fault(name, _("There is no such field.")) for name in sorted(ON_BEHALF) if name in answers.values
        ]
        return True, None
    told = answers.read("told", yes_or_no)
    if told is False:
        answers.fault("told", _("Ask the person first, and tell them: then tick this."))
    return bool(told), answers.read("reference", line(REFERENCE))


async def _is_meeting(event: str) -> bool:
    stands, _more = await programme.stands(await programme.day(event))
    return bool(stands) and all(stand.kind == "meeting" for stand in stands)


async def _with_agency(person: Person, answers: Answers) -> Person:
    if person.agency is None:
        return person
    ids = {agency["slug"]: agency["id"] for agency in await programme.agencies()}
    if person.agency not in ids:
        answers.fault("agency", _("Choose from the list only."))
        return person
    return replace(person, agency=ids[person.agency])


def _session_ids(values: dict[str, object], faults: list[Fault]) -> tuple[str, ...]:
    given = values.get("sessions")
    if not isinstance(given, list) or not given or not all(is_id(one) for one in given):
        faults.append(Fault("sessions", _("Choose at least one time slot of this day.")))
        return ()
    unique = tuple(dict.fromkeys(str(one) for one in given))
    if len(unique) > places.MOST_SESSIONS:
        faults.append(Fault("sessions", _("Choose at most %(max)s time slots."), {"max": places.MOST_SESSIONS}))
    return unique


def if_full(values: dict[str, object], faults: list[Fault]) -> str:
    """What to do with a full slot: "refuse" or "wait"."""
    given = values.get("if_full", "refuse")
    if given not in ("refuse", "wait"):
        faults.append(Fault("if_full", _("Write “refuse” or “wait”.")))
    return str(given)


def unknown_fields(values: dict[str, object], known: set[str]) -> list[Fault]:
    """A fault for each field that nobody asked for, such as a misspelt one."""
    return [Fault(name[:60], _("There is no such field.")) for name in values if name not in known]


def _date(text: str | None, name: str, faults: list[Fault]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        faults.append(Fault(name, _("Write a date as 2027-01-31.")))
        return None
