"""Text messages: first name, what is new, the code said aloud and the own link, in one message of 160 septets.

What has to give way gives way in this order: the end of a long name, the words; never the code or the link.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from workshops import database, offers
from workshops.database import fetch
from workshops.gsm import MOST, cut, fold, septets
from workshops.i18n import _, hour, translate
from workshops.letters.places import Slot, slots_of
from workshops.letters.waiting import STANDS
from workshops.mail import Kind
from workshops.tables.people import Offer
from workshops.tickets import Purpose, make_secret, manage_url

LONG_NAME, SHORT_NAME = 30, 12
WORDS = {
    Kind.YOUR_PLACES: _("your place is booked."),
    Kind.YOUR_CHANGES: _("the times of your day have changed."),
    Kind.PLACE_GIVEN: _("a place has come free: it is yours."),
    Kind.PLACE_OFFERED: _("a place is free. Your answer before %(until)s?"),
    Kind.OFFER_ENDED: _("the place offered has gone to somebody else."),
    Kind.COME: _("come: free places are given at the stand."),
    Kind.MORNING: _("it is today, at %(at)s. Show this code."),
}
WAITS = _("you are on the waiting list.")
OFF = _("this day is cancelled.")

Row = dict[str, Any]

# This row first, then what waits to tell the same person the same kind of news.
_TOLD = (
    "SELECT m.id AS message, a.id AS attendee, a.first_name, a.phone, a.locale, a.manage_revision, a.manage_key, "
    "t.code, e.zone, e.status AS event_status, e.ends_at, r.status, r.offer, s.starts_at, x.id AS suppressed "
    "FROM message o JOIN message m ON m.id = o.id OR (m.attendee = o.attendee AND m.kind = o.kind "
    "AND m.channel = 'sms' AND m.kind IN ('your_places', 'your_changes') AND m.state = 'queued' AND m.frozen IS NULL) "
    "JOIN attendee a ON a.id = o.attendee AND a.phone IS NOT NULL AND a.anonymised_at IS NULL "
    "JOIN ticket t ON t.attendee = a.id AND t.status = 'active' JOIN event e ON e.id = a.event "
    "LEFT JOIN registration r ON r.id = o.registration LEFT JOIN session s ON s.id = r.session "
    "LEFT JOIN suppression x ON x.address_key = o.address_key AND x.lifted_at IS NULL "
    "WHERE o.id = {} ORDER BY CASE WHEN m.id = o.id THEN 0 ELSE 1 END, m.id"
)


@dataclass(frozen=True, slots=True)
class Text:
    """One text to one phone (E.164), folded to the alphabet of `gsm`. `carries`: the other rows that it tells."""

    row: str
    kind: Kind
    address: str
    locale: str
    body: str
    ends_at: datetime | None
    suppressed: bool
    carries: tuple[str, ...]


async def load(message: Row) -> Text | None:
    """The text of a row of `message`; None once it is no longer true, or there is no phone any more. Raises KeyGone."""
    rows = await fetch(_TOLD, message["id"])
    if not rows:
        return None
    row, kind = rows[0], Kind(message["kind"])
    held = (await slots_of([row["attendee"]])).get(row["attendee"], ())
    words = _words(kind, row, held)
    if words is None:
        return None
    secret = make_secret(Purpose.MANAGE, row["attendee"], row["manage_revision"], row["manage_key"])
    return Text(
        row=message["id"],
        kind=kind,
        address=row["phone"],
        locale=row["locale"],
        body=compose(row["first_name"], words, row["code"], manage_url(secret.text), row["locale"]),
        ends_at=message["expires_at"],
        suppressed=bool(row["suppressed"]),
        carries=tuple(one["message"] for one in rows[1:]),
    )


def compose(name: str, words: str, code: str, link: str, locale: str) -> str:
    """One message, its link at the end so that phones make it one."""
    for text in _shorter_and_shorter(fold(name), fold(words), f"{fold(translate(locale, _('Code')))} {code}", link):
        if septets(text) <= MOST:
            return text
    return f"{code} {link}"


def _shorter_and_shorter(name: str, words: str, code: str, link: str) -> Iterator[str]:
    yield f"{cut(name, LONG_NAME)}, {words} {code}. {link}"
    yield f"{cut(name, SHORT_NAME)}, {words} {code}. {link}"
    yield f"{cut(name, SHORT_NAME)}, {words} {code} {link}"
    yield f"{cut(name, SHORT_NAME)}, {code} {link}"


def _words(kind: Kind, row: Row, held: tuple[Slot, ...]) -> str | None:
    """What is new, as it is now; None if it is no longer so."""
    locale, statuses = row["locale"], [slot.status for slot in held]
    if row["event_status"] == "cancelled":
        return translate(locale, OFF) if kind is Kind.YOUR_CHANGES else None
    if kind in STANDS and row["status"] != STANDS[kind]:
        return None
    if kind is Kind.YOUR_PLACES and "confirmed" not in statuses:
        return translate(locale, WAITS) if statuses else None
    if kind is Kind.MORNING and "confirmed" not in statuses:
        return None
    return translate(locale, WORDS[kind], _told(kind, row, held))


def _told(kind: Kind, row: Row, held: tuple[Slot, ...]) -> dict[str, str]:
    if kind is Kind.PLACE_OFFERED:
        until = offers.deadline(Offer(row["offer"]), row["starts_at"], database.utcnow(), row["zone"])
        return {"until": _moment(until, row)}
    if kind is Kind.MORNING:
        first = min(slot.starts_at for slot in held if slot.status == "confirmed")
        return {"at": hour(first, row["locale"], row["zone"])}
    return {}


def _moment(until: datetime, row: Row) -> str:
    """The hour, with its day where that is not today."""
    zone = ZoneInfo(row["zone"])
    local, said = until.astimezone(zone), hour(until, row["locale"], row["zone"])
    return said if local.date() == database.utcnow().astimezone(zone).date() else f"{local:%d/%m}, {said}"
