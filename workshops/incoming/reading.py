"""A message's bytes become the few fields that we act on. Called in a process of its own, which has limits.

Nothing is taken from display names, subjects or texts, and no address but the two kinds that we have given out.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from typing import Any

import msgspec
from icalendar import Calendar

MOST_BYTES = 1024 * 1024
MOST_PARTS = 50
MOST_ADDRESSES = 20
RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
_OURS = re.compile(r"(?:rsvp|bounce)\+[a-z0-9]{12,36}@[a-z0-9.-]{1,253}", re.IGNORECASE)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_CODE = re.compile(r"\b[245]\d\d\b")
_ANSWERS = {"ACCEPTED", "TENTATIVE", "DECLINED"}


class Reply(msgspec.Struct, frozen=True):
    """A calendar's answer (RFC 5546 §3.2.3). `stamp` is its DTSTAMP, aware; `answer` a PARTSTAT in capitals."""

    uid: str
    sequence: int
    stamp: datetime
    answer: str


class Failure(msgspec.Struct, frozen=True):
    """What a server says of one recipient whom it could not reach (RFC 3464): `status` as 5.1.1, `code` of SMTP."""

    status: str
    code: int | None


class Told(msgspec.Struct, frozen=True):
    """What a message says. `digest`: of its Message-ID, or of its bytes; `recipients`: those of our two kinds only.

    `automatic`: no human hand sent it (RFC 3834). `delayed`: a report that gives nobody up. `fault`: why there is
    none of all this.
    """

    digest: str
    recipients: list[str]
    automatic: bool
    reply: Reply | None = None
    failure: Failure | None = None
    delayed: bool = False
    fault: str = ""


class Faulty(Exception):
    """What a message holds is not what it should. The text is one of a few words, none of the message's own."""


def told(raw: bytes) -> Told:
    """What the message `raw` says. It bounds itself by nothing but the number of parts: call it within limits."""
    message = message_from_bytes(raw)
    identity = str(message.get("Message-ID") or "").strip()
    digest = hashlib.sha256(identity.encode("utf-8", "replace") or raw).hexdigest()
    common = digest, ours(message), _is_automatic(message)
    try:
        parts = list(_parts(message))
        reports = [part for part in parts if part.get_content_type() == "message/delivery-status"]
        if reports:
            failure = _failure(reports[0])
            return Told(*common, failure=failure, delayed=failure is None)
        return Told(*common, reply=_reply(parts))
    except Faulty as why:
        return Told(*common, fault=str(why))


def ours(message: Message) -> list[str]:
    """The addresses that we have given out (a calendar's, an envelope's) among those it was sent to, lower case."""
    found: dict[str, None] = {}
    for name in RECIPIENTS:
        for value in message.get_all(name, ())[:MOST_ADDRESSES]:
            found |= dict.fromkeys(one.lower() for one in _OURS.findall(str(value)))
    return list(found)[:MOST_ADDRESSES]


def _parts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            raise Faulty("parts")
        yield part


def _is_automatic(message: Message) -> bool:
    """RFC 3834 §5, and what came before it."""
    submitted = str(message.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
    precedence = str(message.get("Precedence") or "").strip().lower()
    return submitted != "no" or precedence in ("bulk", "auto_reply", "junk") or "X-Autoreply" in message


def _failure(report: Message) -> Failure | None:
    """The first recipient that the report gives up; a delay is none."""
    blocks: Any = report.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        action, status = str(block.get("Action") or ""), _STATUS.search(str(block.get("Status") or "")[:200])
        if action.strip().lower() == "failed" and status:
            code = _CODE.search(str(block.get("Diagnostic-Code") or "")[:200])
            return Failure(status[0], int(code[0]) if code else None)
    return None


def _reply(parts: list[Message]) -> Reply:
    """The one calendar object; programs that write it twice, inside and attached, write the same."""
    kinds = ("text/calendar", "application/ics")
    contents = {_content(part) for part in parts if part.get_content_type() in kinds}
    if not contents:
        raise Faulty("no calendar")
    if len(contents) > 1:
        raise Faulty("several calendars")
    try:
        calendar = Calendar.from_ical(contents.pop())
    except Exception:  # whatever the library makes of what a stranger wrote
        raise Faulty("calendar") from None
    events = calendar.walk("VEVENT")
    if str(calendar.get("METHOD", "")).upper() != "REPLY" or len(events) != 1:
        raise Faulty("no reply")
    return _answer(events[0])


def _content(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise Faulty("calendar")
    return payload.replace(b"\r\n", b"\n").strip()


def _answer(event: Any) -> Reply:
    attendee = event.get("ATTENDEE")
    if attendee is None or isinstance(attendee, list):
        raise Faulty("attendee")
    answer = str(attendee.params.get("PARTSTAT", "")).upper()
    if answer not in _ANSWERS:
        raise Faulty("answer")
    try:
        sequence, stamp = int(event.get("SEQUENCE", 0)), event["DTSTAMP"].dt
        stamp = stamp.astimezone(UTC) if stamp.tzinfo else None  # a date has none either
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        stamp = None
    if not isinstance(stamp, datetime) or not 0 <= sequence < 2**31:
        raise Faulty("version")
    return Reply(str(event.get("UID", ""))[:200], sequence, stamp, answer)
