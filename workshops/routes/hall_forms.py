"""Forms about halls, read alike from staff and from those who come by a mailed link."""

import re
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from workshops import halls, occupancy
from workshops.actors import Actor
from workshops.errors import Fault, Invalid, WorkshopsError
from workshops.fields import Answers, Wrong, line
from workshops.halls import lists, requests
from workshops.halls.answering import Proposal
from workshops.halls.requests import Asked
from workshops.i18n import _
from workshops.occupancy import Stay
from workshops.routes import wording
from workshops.routes.forms import Form, MalformedForm

REASON_LENGTH = 300
YEARS = range(2020, 2100)
HOURS = ("from_date", "from_time", "until_date", "until_time")


def read_stay(form: Form, zone: str, prefix: str = "") -> Stay:
    """From when to when, by the clock of `zone`. Raises Invalid with every field that is missing or faulty."""
    answers = Answers({name: form.one(f"{prefix}{name}") for name in HOURS})
    stay = _read_stay(answers, zone)
    if stay is None:
        raise Invalid(faults=_prefixed(answers, prefix))
    return stay


def stay_fields(stay: Stay, zone: str, prefix: str = "") -> dict[str, str]:
    """What the fields of `read_stay` show for it."""
    begin, end = (moment.astimezone(ZoneInfo(zone)) for moment in (stay.from_at, stay.until_at))
    values = (f"{begin:%Y-%m-%d}", f"{begin:%H:%M}", f"{end:%Y-%m-%d}", f"{end:%H:%M}")
    return {f"{prefix}{name}": value for name, value in zip(HOURS, values, strict=True)}


def read_moment(form: Form, prefix: str, zone: str, now: datetime) -> datetime:
    """A date and time, each today's or now's where it is left empty. Raises Invalid."""
    answers = Answers({name: form.one(f"{prefix}_{name}") for name in ("date", "time")})
    day, hour, here = answers.read("date", local_date), answers.read("time", local_time), now.astimezone(ZoneInfo(zone))
    if answers.faults:
        raise Invalid(faults=_prefixed(answers, f"{prefix}_"))
    if day is None and hour is None:
        return now
    return _moment(day or here.date(), hour or time(), zone)


def read_reason(form: Form, name: str, missing: str | None = None) -> str | None:
    """Why, in a line. Raises Invalid, also for none where `missing` says so."""
    answers = Answers({name: " ".join(form.one(name).split())})
    reason = answers.read(name, line(REASON_LENGTH), missing)
    if answers.faults:
        raise Invalid(faults=tuple(answers.faults))
    return reason


async def answer(form: Form, asked: Asked, actor: Actor) -> None:
    """Do what the host's form says: yes, no, something else, or back. Raises Invalid and what the verbs raise."""
    match form.one("answer"):
        case "yes":
            await halls.accept(asked.id, actor)
        case "no":
            reason = read_reason(form, "reason", _("Say why: the agency can then look in the right place."))
            await halls.decline(asked.id, reason, actor)
        case "other":
            stay = read_stay(form, asked.zone, "proposed_")
            proposal = Proposal(form.one("proposed_venue"), stay)
            await halls.decline(asked.id, read_reason(form, "remark"), actor, proposal)
        case "back":
            reason = read_reason(form, "back_reason", _("Say why: people count on this hall."))
            await halls.revoke(asked.id, str(reason), actor)
        case _:
            raise MalformedForm


async def read_page(
    identity: str, actor: Actor, form: Form, refused: WorkshopsError | None, locale: str
) -> dict[str, Any]:
    """What the host's page shows of a request, by the link of the mail and signed in alike. Raises NotFound."""
    asked = await requests.request(identity, actor)
    places, at_once = await occupancy.crowd(asked.event)
    return {
        "errors": wording.errors_in(refused.faults, locale) if refused else [],
        "refusal": refused if refused and not refused.faults else None,
        "asked": asked,
        "halls": [hall for hall in await lists.listed(actor) if hall.organisation == asked.owner],
        "places": places,
        "at_once": at_once,
        "values": _answer_fields(form, asked),
        "wording": wording,
    }


def _answer_fields(form: Form, asked: Asked) -> dict[str, str]:
    """What was typed; for a proposal, what was asked until something else is."""
    shown = {"proposed_venue": asked.venue} | stay_fields(asked.stay, asked.zone, "proposed_")
    return {
        "answer": form.one("answer"),
        **{name: form.one(name) for name in ("reason", "remark", "back_reason")},
        **{name: form.one(name) or value for name, value in shown.items()},
    }


def local_date(given: object) -> date:
    """A date as a browser sends it or as people write it: 2027-01-31, 31/01/2027."""
    written = line(20)(given)
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", written)
    turned = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", written)
    parts = found.groups() if found else turned.groups()[::-1] if turned else ()
    try:
        day = date(*map(int, parts))
    except (TypeError, ValueError):
        raise Wrong(_("Write the date like 31/01/2027.")) from None
    if day.year not in YEARS:
        raise Wrong(_("Write the date like 31/01/2027."))
    return day


def local_time(given: object) -> time:
    """A time as a browser sends it or as people write it: 09:30, 9 h 30, 9h."""
    found = re.fullmatch(r"(\d{1,2})\s*[:hH.]\s*(\d{2})?(?::00)?", line(20)(given).replace("\u00a0", " "))
    try:
        return time(int(found[1]), int(found[2] or 0))  # type: ignore[index]
    except (TypeError, ValueError):
        raise Wrong(_("Write the time like 9:30.")) from None


def _read_stay(answers: Answers, zone: str) -> Stay | None:
    first = answers.read("from_date", local_date, _("Give the date."))
    start = answers.read("from_time", local_time, _("Give the time."))
    last = answers.read("until_date", local_date, _("Give the date."))
    end = answers.read("until_time", local_time, _("Give the time."))
    if first is None or start is None or last is None or end is None:
        return None
    return Stay(_moment(first, start, zone), _moment(last, end, zone))


def _moment(day: date, hour: time, zone: str) -> datetime:
    return datetime.combine(day, hour, ZoneInfo(zone)).astimezone(UTC)


def _prefixed(answers: Answers, prefix: str) -> tuple[Fault, ...]:
    return tuple(Fault(f"{prefix}{fault.name}", fault.message, fault.limits) for fault in answers.faults)
