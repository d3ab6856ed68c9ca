"""Calendar objects (RFC 5545): what a mail carries and what a feed serves. The same input gives the same bytes.

No personal data and nothing secret goes in: people share their calendars (product.md rule 11).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event
from icalendar.parser import Contentline

from workshops.i18n import PARIS
from workshops.settings import settings

PRODUCT = "-//Osons nos talents//Workshops//FR"
REFRESH = timedelta(hours=6)
ALARM = timedelta(hours=2)
# Outlook reads RRULE only: neither the library's RDATE lists nor a TZID without its zone will do (MS-STANOICAL 2.2.47).
PARIS_RULES = """\
BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
END:STANDARD
END:VTIMEZONE
"""
_ANY = datetime(1970, 1, 1, tzinfo=UTC)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a calendar. `stamp` is the stored time of this version, never now; `zone` is the event's own.

    `sequence` never falls; `geo` is latitude and longitude in degrees (WGS 84); times are aware. `organizer` and
    `attendee` are the two addresses of an invitation.
    """

    uid: str
    sequence: int
    stamp: datetime
    start: datetime
    end: datetime
    title: str
    location: str = ""
    description: str = ""
    url: str = ""
    geo: tuple[float, float] | None = None
    zone: str = PARIS
    cancelled: bool = False
    organizer: str = ""
    attendee: str = ""


def uid(kind: str, identity: str) -> str:
    """The UID of `kind` ("place", "session", "event") and a row's id: the same for ever, whatever host was asked."""
    return f"{kind}-{identity}@{urlsplit(settings().public_url).hostname}"


def published(entries: Iterable[Entry], name: str | None = None) -> bytes:
    """A calendar object to hand out, METHOD:PUBLISH: who publishes it, no attendee, no answer (RFC 5546 §3.2.1)."""
    calendar = _calendar(name)
    calendar.add("method", "PUBLISH")
    sender, address = parseaddr(settings().mail_from)
    return _filled(calendar, (replace(entry, organizer=address) for entry in entries), sender)


def invitation(entry: Entry, sender: str) -> bytes:
    """One slot for one person's calendar, METHOD:REQUEST, or CANCEL once it is gone (RFC 5546 §3.2.2, §3.2.5).

    `sender` names the organizer. The attendee has said yes by signing up; a no comes back to the organizer's address.
    """
    calendar = _calendar(None)
    calendar.add("method", "CANCEL" if entry.cancelled else "REQUEST")
    return _written(calendar, [_event(entry, sender)])


def feed(entries: Iterable[Entry], name: str) -> bytes:
    """A calendar to subscribe to, fetched again every 6 hours by those who listen to it (RFC 7986 §5.7).

    Takes about 1 ms an entry: render it off the event loop and keep it under a version.
    """
    calendar = _calendar(name)
    calendar.add("x-wr-timezone", PARIS)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    return _filled(calendar, entries)


def _calendar(name: str | None) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    if name:
        calendar.add("name", _line(name))
        calendar.add("x-wr-calname", _line(name))
    return calendar


def _filled(calendar: Calendar, entries: Iterable[Entry], sender: str = "") -> bytes:
    return _written(calendar, (_event(replace(entry, attendee=""), sender) for entry in entries))


def _written(calendar: Calendar, events: Iterable[bytes]) -> bytes:
    """The zone's rules are put in as they are, before what refers to them: writing them costs as ten entries do."""
    head, end, _ = bytes(calendar.to_ical()).partition(b"END:VCALENDAR\r\n")
    return b"".join((head, PARIS_RULES.replace("\n", "\r\n").encode(), *events, end))


def _event(entry: Entry, sender: str) -> bytes:
    """What is its own is written each time; what all who have the slot share, most of the cost, is kept."""
    shared = replace(entry, uid="", sequence=0, stamp=_ANY)
    if entry.attendee:
        shared = replace(shared, organizer="", attendee="")
    begin, end = b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n"
    return begin + _version(entry) + _shared(shared, sender) + (_asked(entry, sender) if entry.attendee else b"") + end


def _version(entry: Entry) -> bytes:
    stamp = f"{entry.stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    lines = f"UID:{entry.uid}", f"SEQUENCE:{entry.sequence}", f"DTSTAMP:{stamp}", f"LAST-MODIFIED:{stamp}"
    return b"".join(Contentline(line).to_ical() + b"\r\n" for line in lines)  # type: ignore[no-untyped-call]


def _asked(entry: Entry, sender: str) -> bytes:
    """Who answers to whom, and the alarm."""
    event = Event()
    event.add("organizer", f"mailto:{entry.organizer}", parameters={"CN": _name(sender) or entry.organizer})
    status = {} if entry.cancelled else {"PARTSTAT": "ACCEPTED"}
    parameters = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"} | status
    event.add("attendee", f"mailto:{entry.attendee}", parameters=parameters)
    if not entry.cancelled:
        event.add_component(_alarm(entry.title))
    return _lines(event)


@lru_cache(maxsize=256)
def _shared(entry: Entry, sender: str) -> bytes:
    event = Event()
    event.add("dtstart", _local(entry.start, entry.zone))
    event.add("dtend", _local(entry.end, entry.zone))
    event.add("summary", _line(entry.title))
    if entry.location:
        event.add("location", _line(entry.location))
    if entry.geo:
        event.add("geo", entry.geo)
    if entry.description:
        event.add("description", _text(entry.description))
    if entry.url:
        event.add("url", entry.url)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.cancelled else "OPAQUE")
    event.add("class", "PUBLIC")
    if entry.organizer:
        event.add("organizer", f"mailto:{entry.organizer}", parameters={"CN": _name(sender) or entry.organizer})
    return _lines(event)


def _lines(event: Event) -> bytes:
    return bytes(event.to_ical()).removeprefix(b"BEGIN:VEVENT\r\n").removesuffix(b"END:VEVENT\r\n")


def _alarm(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -ALARM)
    alarm.add("description", _line(title))
    return alarm


def _local(instant: datetime, zone: str) -> datetime:
    """In the one zone whose rules we write out, else in UTC, which needs none."""
    return instant.astimezone(ZoneInfo(PARIS) if zone == PARIS else UTC)


def _text(text: str) -> str:
    """Without the control characters that RFC 5545 §3.1 forbids and the library lets through."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def _name(text: str) -> str:
    """A CN that every program reads: several of them fail on a quoted one (evidence: node-ical, vobject)."""
    return re.sub(r'["^;:,]', "", _line(text))[:75]


def _line(text: str) -> str:
    return " ".join(_text(text).split())
